// Panel: summary, tables, findings, legend. Every text from the data goes through textContent.
function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (key === 'text') node.textContent = value;
    else if (key === 'style') Object.assign(node.style, value);
    else if (key.startsWith('on')) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

const act = (run) => ({ tabindex: 0, onclick: run, onkeydown: (e) => { if (e.key === 'Enter') run(); } });

// A table whose columns sort. A column is { name, of: row → sortable, show: row → text, num }.
function table(columns, rows, props) {
  const body = el('tbody'), heads = [];
  const lines = rows.map((row) => {
    const tr = el('tr', act(() => props.pick(row)));
    columns.forEach((column, i) => {
      const td = el('td', column.num ? { class: 'num' } : i === 0 ? { class: 'key' } : {});
      if (i === 0 && row.fill) td.append(el('span', { class: 'chip', style: { background: row.fill } }));
      td.append(column.show ? column.show(row) : String(column.of(row) ?? ''));
      tr.append(td);
    });
    row.tr = tr;
    return { row, tr };
  });
  const collator = new Intl.Collator('en', { numeric: true });
  const missing = (v) => v === null || v === undefined || v === '';
  // What is missing comes last, whichever way the column is sorted.
  const compare = (a, b, way) => missing(a) || missing(b) ? missing(a) - missing(b)
    : way * (typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(a, b));
  const sort = (column, head) => {
    const up = head.getAttribute('aria-sort') !== 'ascending';
    heads.forEach((h) => h.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    const keyed = lines.map((line) => ({ ...line, key: column.of(line.row) }));
    keyed.sort((a, b) => compare(a.key, b.key, up ? 1 : -1));
    body.append(...keyed.map((line) => line.tr));
  };
  const head = el('tr');
  for (const column of columns) {
    const th = el('th', column.num ? { class: 'num', scope: 'col' } : { scope: 'col' });
    th.append(el('button', { text: column.name, title: column.title || `Sort by ${column.name}`, onclick: () => sort(column, th) }));
    heads.push(th);
    head.append(th);
  }
  body.append(...lines.map((line) => line.tr));
  return el('table', {}, el('thead', {}, head), body);
}

const marked = (g) => `${percent(g.deviation, true)}${g.mark ? ' ' + g.mark : ''}`;
const resource = (r) => `${amount(r.amount)} (${percent(r.deviation, true)})`;

function gridTable() {
  return table([
    { name: 'Grid', of: (g) => g.code || g.id },
    { name: 'Division', of: (g) => g.division },
    { name: 'Load', title: 'Households', num: true, of: (g) => g.households, show: (g) => whole(g.households) },
    { name: 'Deviation', num: true, of: (g) => g.deviation, show: marked },
    ...resourceNames.map((name, i) => ({ name, title: `${name} in the grid`, num: true, of: (g) => g.resources[i].amount, show: (g) => amount(g.resources[i].amount) })),
    { name: 'Kind', of: (g) => g.name || g.character || g.kind },
    { name: 'Officer', of: (g) => g.officer },
  ], grids, { pick: (g) => pick(g, { zoom: true }) });
}

function zoneTable() {
  return table([
    { name: 'Zone', of: (z) => z.name || z.id },
    { name: 'Load', title: 'Households', num: true, of: (z) => z.households, show: (z) => whole(z.households) },
    { name: 'Grids', num: true, of: (z) => z.grids },
    { name: 'Possible', title: 'The best that any plan could reach', of: (z) => z.possible },
    { name: 'Reached', title: 'What this plan reached', of: (z) => z.reached },
    { name: 'Out', title: 'Grids out of the band / of these, how many are forced out', of: (z) => z.out },
    { name: 'Proven', title: 'No plan with this number of grids is better balanced', of: (z) => z.proven ? '✓' : '–' },
  ], zones, { pick: (z) => z.shape.lists.length && go(z.shape.bounds, 0.9) });
}

const movedWords = (m) => `${m.from ? `moved from ${m.from}` : 'new land'} to ${m.now}: ${whole(m.households)} households, ${area(m.area_m2)}`;

function movedTable() {
  if (!moved.length) return el('div', { class: 'empty', text: 'No land moved.' });
  return table([
    { name: 'From', title: 'Grid before', of: (m) => m.from, show: (m) => m.from || 'none' },
    { name: 'To', title: 'Grid now', of: (m) => m.now },
    { name: 'Load', title: 'Households that moved', num: true, of: (m) => m.households, show: (m) => whole(m.households) },
    { name: 'Area', num: true, of: (m) => m.area_m2, show: (m) => area(m.area_m2) },
    ...(moved.some((m) => m.why) ? [{ name: 'Why', of: (m) => m.why }] : []),
  ], moved, { pick: (m) => {
    state.piece = m;
    if (m.shape.lists.length) go(m.shape.bounds, 0.4);
  } });
}

// What an earlier plan shows can be put aside.
function buildSwitches() {
  const box = document.getElementById('switches');
  box.hidden = !before;
  for (const [key, text] of [['moved', 'moved land'], ['borders', 'borders before']]) {
    const input = el('input', { type: 'checkbox', onchange: () => {
      state[key] = input.checked;
      last.view = null;
      redraw();
    } });
    input.checked = true;
    box.append(el('label', {}, input, text));
  }
}

function findingList() {
  if (!sheet.findings.length) return el('div', { class: 'empty', text: 'No findings.' });
  const list = el('ul', { class: 'findings' });
  for (const f of sheet.findings) {
    const place = f.place && Number.isFinite(f.place[0]) && Number.isFinite(f.place[1]) ? [plane.x(f.place[0]), plane.y(f.place[1])] : null;
    const fly = () => {
      state.place = place;
      go([place[0] - 250, place[1] - 250, place[0] + 250, place[1] + 250], 0.8);
    };
    list.append(el('li', { ...(place ? act(fly) : {}), class: ['info', 'warning', 'violation'].includes(f.severity) ? f.severity : '' },
      el('b', { text: `${f.severity} · ${f.code}${place ? ' ◎' : ''}` }), el('span', { text: f.message })));
  }
  return list;
}

function summaryTable() {
  const body = el('tbody');
  for (const [label, value] of sheet.summary) body.append(el('tr', {}, el('td', { text: label }), el('td', { text: value })));
  return el('table', { class: 'facts' }, body);
}

const tabs = [];
function showTab(name) {
  tabs.shown = name;
  for (const tab of tabs) {
    tab.button.setAttribute('aria-selected', tab.name === name);
    tab.page.hidden = tab.name !== name;
  }
}

function card(grid) {
  const box = document.getElementById('card');
  box.hidden = !grid;
  if (!grid) return;
  const zone = zoneById.get(grid.zone), backup = grid.backup && gridById.get(grid.backup);
  const facts = [
    ...(grid.resources || []).map((r) => [r.name, resource(r)]),
    ['Id', grid.id], ['Zone', zone ? zone.name || zone.id : grid.zone], ['Division', grid.division], ['Kind', grid.character || grid.kind],
    ...(grid.name ? [['Name', grid.name]] : []), ...(grid.customers ? [['Customers', grid.customers]] : []),
    ['Settlement', grid.settlement], ['Light', grid.light], ['Units', whole(grid.units)], ['Parts', whole(grid.parts)],
    ['Area', area(grid.area_m2)], ['Compactness', grid.compactness === null ? '–' : grid.compactness.toFixed(2)],
    ['On barriers', percent(grid.barrier_share)], ['Officer', grid.officer || 'vacant'],
  ];
  const list = el('dl');
  for (const [label, value] of facts) list.append(el('dt', { text: label }), el('dd', { text: value || '–' }));
  if (grid.backup) {
    list.append(el('dt', { text: 'Backup' }), el('dd', {}, backup ? el('a', { ...act(() => pick(backup, { zoom: true })), text: backup.code || backup.id }) : grid.backup));
  }
  box.replaceChildren(
    el('h2', {}, el('span', { text: grid.code || grid.id }), el('button', { text: '×', title: 'Close (Esc)', 'aria-label': 'Close', onclick: () => pick(null) })),
    el('div', { class: 'big', text: `${whole(grid.households)} households, target ${whole(grid.target)}: ${marked(grid)}${grid.deviation === null ? '' : grid.in_band ? ', in band' : grid.deviation > 0 ? ', overload' : ', underload'}` }),
    list, ...(grid.why ? [el('p', { text: grid.why })] : []));
}

function legendSample(draw) {
  const canvas = el('canvas'), r = window.devicePixelRatio || 1;
  canvas.width = 28 * r;
  canvas.height = 14 * r;
  const ctx = canvas.getContext('2d');
  ctx.scale(r, r);
  draw(ctx);
  return canvas;
}

function legend() {
  const ramp = page.ramp, n = ramp.colors.length, band = ramp.band;
  const at = (i) => `${100 * i / n}%`;
  const tick = (edge, i) => el('span', {
    text: (edge > 0 ? '+' : '') + String(+(edge * 100).toFixed(1)).replace('-', '−'),
    style: { left: at(i + 1) }, class: i + 1 === band[0] || i === band[1] ? 'edge' : '',
  });
  const line = (color, width, dash, bare) => (ctx) => {
    for (const [c, w, d] of dash && !bare ? [[color, width, []], ['#fff', width / 2, dash]] : [[color, width, dash || []]]) {
      ctx.strokeStyle = c;
      ctx.lineWidth = w;
      ctx.setLineDash(d);
      ctx.beginPath();
      ctx.moveTo(0, 7);
      ctx.lineTo(28, 7);
      ctx.stroke();
    }
  };
  const box = (fill, stroke, width, lines) => (ctx) => {
    ctx.fillStyle = fill;
    ctx.fillRect(2, 1, 24, 12);
    if (lines) {
      ctx.save();
      ctx.beginPath();
      ctx.rect(2, 1, 24, 12);
      ctx.clip();
      ctx.beginPath();
      for (let x = -12; x < 28; x += 6) {
        ctx.moveTo(x, lines.falling ? 1 : 13);
        ctx.lineTo(x + 12, lines.falling ? 13 : 1);
      }
      ctx.strokeStyle = lines.color;
      ctx.lineWidth = lines.width;
      ctx.stroke();
      ctx.restore();
    }
    ctx.strokeStyle = stroke;
    ctx.lineWidth = width;
    ctx.strokeRect(2, 1, 24, 12);
  };
  const rows = [
    [box(ramp.colors[7], ramp.over, 2), 'overload ▲'], [box(ramp.colors[1], ramp.under, 2), 'underload ▼'],
    [box(ramp.none, ink.grid, 1, plainHatch), 'dedicated or empty'], [box(ramp.colors[4], ink.grid, 1), 'grid 网格'],
    [line(ink.zone, 2.6), 'zone 片区'],
  ];
  if (before) {
    rows.push([box(ramp.none, ink.grid, 1, movedHatch), 'moved land'], [line(ramp.before, 1.6, [5, 4], true), 'border before']);
  }
  if (water.length) rows.push([box(ink.water, ink.water, 0.1), 'water']);
  const seen = new Map();
  for (const b of [...barriers].reverse()) if (!seen.has(b.name)) seen.set(b.name, b);
  for (const b of [...seen.values()].slice(0, 8)) {
    const draw = b.stroke === 'rail' ? line(ink.rail, 3, [5, 5]) : b.stroke === 'water' ? line(ink.river, 2) : line(ink.road, roadWidth(b.strength));
    rows.push([draw, b.name]);
  }
  for (const kind of Object.keys(placeWords)) {
    if (places.some((p) => p.kind === kind)) rows.push([(ctx) => placeMark(ctx, kind, 14, 7, 4.5), placeWords[kind]]);
  }
  const list = el('ul');
  for (const [draw, text] of rows) list.append(el('li', {}, legendSample(draw), el('span', { text })));
  document.getElementById('legend-body').append(
    el('div', { class: 'what', text: 'Deviation of load 负荷 from target, %' }),
    el('div', { class: 'ramp' }, ...ramp.colors.map((c) => el('i', { style: { background: c } }))),
    el('div', { class: 'ticks' }, ...ramp.edges.map(tick)),
    el('div', { class: 'band' }, el('b', { style: { left: at(band[0]), width: at(band[1] + 1 - band[0]) } }), el('em', { text: 'in band', style: { left: at((band[0] + band[1] + 1) / 2) } })),
    el('div', { class: 'sides' }, el('span', { text: '◀ underload' }), el('span', { text: 'overload ▶' })),
    list,
    el('div', { class: 'terms', text: 'division 行政区划 · barrier 边界要素 · officer 网格员 · backup pair AB岗' }));
}

function search(words) {
  const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const among = (rows, name) => {
    const hits = wanted.length ? rows.filter((r) => wanted.every((w) => r.text.includes(w))) : null;
    const set = new Set(hits || rows), tab = tabs.find((t) => t.name === name);
    for (const r of rows) r.tr.hidden = !set.has(r);
    if (tab) tab.count.textContent = hits ? `${hits.length} of ${rows.length}` : rows.length;
    return hits;
  };
  const hits = among(grids, 'Grids');
  among(moved, 'Moved');
  state.found = hits && hits.length < grids.length ? hits : null;
  if (hits && tabs.shown !== 'Moved') showTab('Grids');
  redraw();
  return hits;
}

function buildPanel() {
  document.getElementById('title').textContent = sheet.title;
  document.getElementById('attribution').textContent = sheet.attribution;
  const pages = document.getElementById('pages'), nav = document.getElementById('tabs');
  const parts = [['Summary', '', summaryTable], ['Grids', grids.length, gridTable], ...(before ? [['Moved', moved.length, movedTable]] : []), ['Zones', zones.length, zoneTable], ['Findings', sheet.findings.length, findingList]];
  for (const [name, size, build] of parts) {
    const count = el('small', { text: size });
    const tab = { name, count, page: el('div', { role: 'tabpanel' }, build()), button: el('button', { role: 'tab', onclick: () => showTab(name) }, name + ' ', count) };
    tabs.push(tab);
    pages.append(tab.page);
    nav.append(tab.button);
  }
  const box = document.getElementById('search');
  box.oninput = () => search(box.value);
  box.onkeydown = (e) => {
    if (e.key === 'Escape') { box.value = ''; search(''); }
    if (e.key !== 'Enter') return;
    const hits = search(box.value);
    if (hits && hits.length) pick(hits[0], { zoom: true });
  };
  legend();
  showTab(sheet.summary.length ? 'Summary' : 'Grids');
}
