// Start: what selecting and hovering do, and the address behind the page.
const tip = document.getElementById('tip');

function go(bounds, share) {
  fit(bounds, share);
  view.moved = true;
}

function pick(grid, how) {
  const { zoom = false, address = true } = how || {};
  if (state.picked) state.picked.tr.classList.remove('picked');
  state.picked = grid;
  state.place = state.piece = null;
  card(grid);
  if (grid) {
    grid.tr.classList.add('picked');
    grid.tr.hidden = false;
    showTab('Grids');
    grid.tr.scrollIntoView({ block: 'center' });
    if (zoom && grid.shape.lists.length) go(grid.shape.bounds, 0.4);
  }
  if (address) {
    try {
      history.replaceState(null, '', grid ? '#grid=' + encodeURIComponent(grid.id) : location.pathname + location.search);
    } catch (e) { /* some browsers forbid this on local files */ }
  }
  last.view = null;
  redraw();
}

function leave() {
  tip.hidden = true;
  base.classList.remove('over');
  if (!state.hover) return;
  state.hover = state.over = null;
  drawOver();
}

function hover(px, py) {
  const grid = gridAt(...toPlane(px, py));
  if (!grid) return leave();
  const piece = state.moved ? movedAt(...toPlane(px, py)) : null;
  if (grid !== state.hover || piece !== state.over) {
    state.hover = grid;
    state.over = piece;
    base.classList.add('over');
    tip.replaceChildren(
      el('b', { text: grid.code || grid.id }),
      el('span', { text: `${whole(grid.households)} households · ${marked(grid)}` }),
      ...(grid.resources || []).map((r) => el('span', { text: `${r.name} ${resource(r)}` })),
      el('span', { text: grid.division }),
      el('span', { text: grid.officer ? `officer ${grid.officer}` : 'officer: vacant' }),
      ...(piece ? [el('em', { text: movedWords(piece) }), ...(piece.why ? [el('span', { text: piece.why })] : [])] : []));
    tip.hidden = false;
    drawOver();
  }
  const { offsetWidth: w, offsetHeight: h } = tip;
  tip.style.left = `${px + 16 + w > view.width ? Math.max(0, px - w - 12) : px + 16}px`;
  tip.style.top = `${py + 16 + h > view.height ? Math.max(0, py - h - 12) : py + 16}px`;
}

function follow() {
  const match = /^#grid=(.*)$/.exec(location.hash);
  if (!match) return false;
  let id = match[1];
  try {
    id = decodeURIComponent(id);
  } catch (e) { /* taken as it stands */ }
  const grid = gridById.get(id);
  if (grid) pick(grid, { zoom: true, address: false });
  return Boolean(grid);
}

buildPanel();
buildSwitches();
if (window.innerWidth <= 760) document.getElementById('legend').open = false;
listen({ hover, leave, click: (px, py) => pick(gridAt(...toPlane(px, py))), clear: () => pick(null) });
resize();
follow();
window.addEventListener('hashchange', follow);
document.getElementById('legend').addEventListener('toggle', () => { last.view = null; redraw(); });
