// Draw: the map on one canvas, highlights on another above it.
const state = { hover: null, picked: null, found: null, place: null, over: null, piece: null, moved: true, borders: true };
const ink = { grid: '#66717b', zone: '#20262b', water: '#b9e0ea', river: '#1f93b5', rail: '#4b4f54', road: '#80868c', station: '#6a1b9a', hall: '#00695c', landmark: '#5d4037' };
const font = 'system-ui, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

const roadWidth = (strength) => 0.5 + 2.3 * Math.min(100, strength) / 100;
// Lines grow a little as the map is zoomed in, so that neither a city nor a street looks wrong.
const lineFactor = () => Math.min(1.8, Math.max(0.6, Math.sqrt(view.scale / fitScale(plane.bounds, 0.92)) * 0.8)) * Math.min(1, Math.max(0.5, middling() / 7));
// Free half height of the middling grid on screen: tells whether grids are big enough for labels and strong lines.
const middling = () => byRoom.length ? byRoom[byRoom.length >> 1].spot.room * view.scale : 0;

function onPlane(ctx) {
  const k = view.scale * view.ratio;
  ctx.setTransform(k, 0, 0, k, view.width * view.ratio / 2 - view.x * k, view.height * view.ratio / 2 - view.y * k);
}

// Lines from the lower left to the upper right, or the other way.
function hatch(ctx, { color, width, gap, falling = false }) {
  const tile = document.createElement('canvas'), size = Math.round(gap * view.ratio);
  tile.width = tile.height = size;
  const t = tile.getContext('2d');
  t.strokeStyle = color;
  t.lineWidth = width * view.ratio;
  t.lineCap = 'square';
  t.beginPath();
  for (const shift of [-size, 0, size]) {
    t.moveTo(shift, falling ? 0 : size);
    t.lineTo(shift + size, falling ? size : 0);
  }
  t.stroke();
  const pattern = ctx.createPattern(tile, 'repeat');
  const unit = 1 / (view.scale * view.ratio);
  pattern.setTransform(new DOMMatrix([unit, 0, 0, unit, 0, 0]));
  return pattern;
}
const plainHatch = { color: '#4a545c80', width: 1, gap: 8 }, movedHatch = { color: page.ramp.moved, width: 1.7, gap: 7, falling: true };

function strokeBarrier(ctx, group, px) {
  const path = group.shape.at(view.scale), factor = lineFactor();
  ctx.lineCap = 'butt';
  if (group.stroke === 'rail') {
    ctx.strokeStyle = ink.rail;
    ctx.lineWidth = 2.6 * factor * px;
    ctx.stroke(path);
    ctx.strokeStyle = '#fff';
    ctx.lineWidth = 1.3 * factor * px;
    ctx.setLineDash([7 * px, 7 * px]);
    ctx.stroke(path);
    ctx.setLineDash([]);
  } else {
    ctx.strokeStyle = group.stroke === 'water' ? ink.river : ink.road;
    ctx.lineWidth = (group.stroke === 'water' ? 2 : roadWidth(group.strength)) * factor * px;
    ctx.stroke(path);
  }
}

function strokeBefore(ctx, px) {
  const path = oldBorders.at(view.scale);
  for (const [color, width, dash] of [['#ffffffc0', 3, []], [page.ramp.before, 1.6, [5, 4]]]) {
    ctx.strokeStyle = color;
    ctx.lineWidth = width * px;
    ctx.setLineDash(dash.map((d) => d * px));
    ctx.stroke(path);
  }
  ctx.setLineDash([]);
}

function strokeOutside(ctx, grid, px) {
  if (!grid.mark) return;
  ctx.strokeStyle = grid.mark === '▲' ? page.ramp.over : page.ramp.under;
  ctx.lineWidth = 2 * lineFactor() * px;
  ctx.stroke(grid.shape.at(view.scale));
}

// Labels: the larger first, each in the fullest form that fits, none over another.
class Labels {
  constructor(ctx) {
    this.ctx = ctx;
    // No label runs under what lies above the map.
    const map = base.getBoundingClientRect();
    this.taken = ['tools', 'switches', 'north', 'legend', 'scale', 'attribution'].map((id) => {
      const b = document.getElementById(id).getBoundingClientRect();
      return { x: (b.left + b.right) / 2 - map.left, y: (b.top + b.bottom) / 2 - map.top, w: b.width / 2, h: b.height / 2, lines: [] };
    });
  }

  // A form is a list of lines: { text, size, weight, color }.
  place(spot, forms, force) {
    const [x, y] = toScreen(spot.x, spot.y);
    if (x < -60 || y < -30 || x > view.width + 60 || y > view.height + 30) return false;
    for (const lines of forms) for (const shift of [0, -0.4, 0.4]) if (this.fit(lines, x, y, spot.room * view.scale, shift, force)) return true;
    return false;
  }

  // Shifted up or down by a share of the free room, a smaller ellipse of room is left.
  fit(lines, x, middle, room, shift, force) {
    const y = middle + shift * room, b = room * (1 - Math.abs(shift)), a = b / page.label_aspect;
    const height = lines.reduce((sum, l) => sum + l.size * 1.15, 0);
    let width = 0;
    for (const line of lines) {
      this.ctx.font = `${line.weight} ${line.size}px ${font}`;
      width = Math.max(width, this.ctx.measureText(line.text).width);
    }
    const w = width / 2 + 2, h = height / 2 + 1;
    if (!force && (w / a) ** 2 + (h / b) ** 2 > 1.7) return false;
    if (this.taken.some((t) => Math.abs(t.x - x) < t.w + w && Math.abs(t.y - y) < t.h + h)) return false;
    this.taken.push({ x, y, w, h, lines, top: y - height / 2 });
    return true;
  }

  writeAll(ctx) {
    ctx.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    for (const label of this.taken) this.write(ctx, label);
  }

  write(ctx, { lines, x, top }) {
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.lineJoin = 'round';
    for (const line of lines) {
      const y = top + line.size * 0.575;
      ctx.font = `${line.weight} ${line.size}px ${font}`;
      ctx.strokeStyle = '#ffffffd8';
      ctx.lineWidth = 3;
      ctx.strokeText(line.text, x, y);
      ctx.fillStyle = line.color;
      ctx.fillText(line.text, x, y);
      top += line.size * 1.15;
    }
  }
}

const isOnly = (zone) => zone && zone.grids === 1 && zone.name;
const nameOfOnly = (grid) => isOnly(zoneById.get(grid.zone));

function gridForms(grid, factor) {
  const color = grid.mark === '▲' ? page.ramp.over : grid.mark ? page.ramp.under : '#1f2a33';
  const size = Math.round(11 * factor);
  const code = { text: grid.mark ? `${grid.short} ${grid.mark}` : grid.short, size, weight: 600, color };
  const load = { text: whole(grid.households), size, weight: 400, color: '#38434c' };
  const forms = [[code, load], [code]];
  // The whole code once there is plenty of room.
  if (factor > 1 && grid.code && grid.code !== grid.short) forms.unshift([{ ...code, text: grid.code + (grid.mark && ' ' + grid.mark) }, load]);
  // The only grid of a zone goes by the zone's name where that fits.
  const name = nameOfOnly(grid);
  if (name) forms.unshift(...[14, 12].map((size) => [{ ...code, text: grid.mark ? `${name} ${grid.mark}` : name, size, weight: 700 }, load]));
  if (grid.mark) forms.push([{ text: grid.mark, size: 9, weight: 400, color }]);
  return forms;
}

function drawLabels(ctx) {
  ctx.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  const labels = new Labels(ctx);
  const size = middling();
  const names = () => {
    for (const zone of zonesByRoom.filter((z) => !isOnly(z))) {
      const style = { weight: 700, color: '#3b2a55' };
      labels.place(zone.spot, [14, 12].map((size) => [{ text: zone.name || zone.id, size, ...style }]));
    }
  };
  if (state.picked && state.picked.spot) labels.place(state.picked.spot, gridForms(state.picked, 1.15), true);
  if (size < 9) names();
  const factor = Math.min(1.3, Math.max(1, size / 40));
  for (const grid of byRoom) if (grid !== state.picked) labels.place(grid.spot, gridForms(grid, factor));
  if (size >= 9) names();
  labels.writeAll(ctx);
  last.labels = labels;
}

// A station is a triangle, a hall a square, a landmark a diamond.
function placeMark(ctx, kind, x, y, r) {
  const corners = { station: [[0, -1.2], [1.1, 0.9], [-1.1, 0.9]], hall: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]], landmark: [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]] }[kind];
  ctx.beginPath();
  corners.forEach(([dx, dy], i) => ctx[i ? 'lineTo' : 'moveTo'](x + r * dx, y + r * dy));
  ctx.closePath();
  ctx.fillStyle = ink[kind];
  ctx.strokeStyle = '#ffffff';
  ctx.lineWidth = 1.2;
  ctx.fill();
  ctx.stroke();
}

function drawPlaces(ctx) {
  ctx.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  const r = Math.min(6, Math.max(2, 4 * lineFactor()));
  for (const p of places) {
    const [x, y] = toScreen(p.x, p.y);
    if (x > -9 && y > -9 && x < view.width + 9 && y < view.height + 9) placeMark(ctx, p.kind, x, y, r);
  }
}

function drawMap(ctx) {
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, base.width, base.height);
  onPlane(ctx);
  const box = onScreen(), px = 1 / view.scale;
  const seen = grids.filter((g) => g.shape.meets(box));
  ctx.lineJoin = 'round';
  ctx.fillStyle = ink.water;
  for (const w of water) if (w.meets(box)) ctx.fill(w.at(view.scale), 'evenodd');
  ctx.globalAlpha = 0.8;
  for (const g of seen) {
    ctx.fillStyle = g.fill;
    ctx.fill(g.shape.at(view.scale), 'evenodd');
  }
  ctx.globalAlpha = 1;
  ctx.fillStyle = hatch(ctx, plainHatch);
  for (const g of seen) if (g.hatched) ctx.fill(g.shape.at(view.scale), 'evenodd');
  if (state.moved) {
    ctx.fillStyle = hatch(ctx, movedHatch);
    for (const m of moved) if (m.shape.meets(box)) ctx.fill(m.shape.at(view.scale), 'evenodd');
  }
  for (const group of barriers) if (group.shape.meets(box)) strokeBarrier(ctx, group, px);
  if (oldBorders && state.borders) strokeBefore(ctx, px);
  ctx.strokeStyle = ink.grid;
  ctx.lineWidth = 0.9 * lineFactor() * px;
  for (const g of seen) ctx.stroke(g.shape.at(view.scale));
  for (const g of seen) strokeOutside(ctx, g, px);
  ctx.strokeStyle = ink.zone;
  ctx.lineWidth = 2.4 * lineFactor() * px;
  for (const z of zones) if (z.shape.meets(box)) ctx.stroke(z.shape.at(view.scale));
  drawPlaces(ctx);
  drawLabels(ctx);
}

function drawOver() {
  const ctx = over.getContext('2d');
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, over.width, over.height);
  onPlane(ctx);
  ctx.lineJoin = 'round';
  const px = 1 / view.scale;
  const outline = (grid, color, width) => {
    ctx.strokeStyle = '#ffffff';
    ctx.lineWidth = (width + 2.5) * px;
    ctx.stroke(grid.shape.at(view.scale));
    ctx.strokeStyle = color;
    ctx.lineWidth = width * px;
    ctx.stroke(grid.shape.at(view.scale));
  };
  if (state.found) for (const g of state.found) outline(g, '#6a1b9a', 2);
  if (state.piece) outline(state.piece, page.ramp.moved, 2.5);
  const backup = state.picked && state.picked.backup && gridById.get(state.picked.backup);
  if (backup) {
    ctx.setLineDash([6 * px, 4 * px]);
    outline(backup, '#111111', 2);
    ctx.setLineDash([]);
  }
  if (state.picked) outline(state.picked, '#111111', 3.5);
  if (state.hover && state.hover !== state.picked) outline(state.hover, '#111111', 2);
  // Outlines do not strike labels through.
  if ((state.found || state.picked || state.hover) && still()) last.labels.writeAll(ctx);
  if (state.place) {
    ctx.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    const [x, y] = toScreen(...state.place);
    for (const [color, width] of [['#fff', 5], ['#b00020', 2.5]]) {
      ctx.strokeStyle = color;
      ctx.lineWidth = width;
      ctx.beginPath();
      ctx.arc(x, y, 13, 0, 2 * Math.PI);
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        ctx.moveTo(x + 8 * dx, y + 8 * dy);
        ctx.lineTo(x + 20 * dx, y + 20 * dy);
      }
      ctx.stroke();
    }
  }
}

function drawScale() {
  const metres = 110 / view.scale, power = 10 ** Math.floor(Math.log10(metres));
  const round = [5, 2, 1].find((f) => f * power <= metres) * power;
  document.querySelector('#scale span').textContent = round >= 1000 ? `${round / 1000} km` : `${round} m`;
  document.querySelector('#scale i').style.width = `${round * view.scale}px`;
}

// Redrawing in full may take long on a big plan: then the last picture is moved along and redrawn once the hand rests.
const last = { canvas: document.createElement('canvas'), view: null, labels: null, millis: 0 };
const still = () => last.view && last.view.x === view.x && last.view.y === view.y && last.view.scale === view.scale;
let waiting = 0, resting = 0;

function fullDraw() {
  const start = performance.now();
  drawMap(base.getContext('2d'));
  last.millis = performance.now() - start;
  last.view = { ...view };
  if (last.millis > 12) {
    last.canvas.width = base.width;
    last.canvas.height = base.height;
    last.canvas.getContext('2d').drawImage(base, 0, 0);
  }
}

function quickDraw() {
  const ctx = base.getContext('2d'), was = last.view, k = view.scale / was.scale, r = view.ratio;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, base.width, base.height);
  const x = ((was.x - view.x) * view.scale + view.width / 2 - k * was.width / 2) * r;
  const y = ((was.y - view.y) * view.scale + view.height / 2 - k * was.height / 2) * r;
  ctx.drawImage(last.canvas, x, y, last.canvas.width * k, last.canvas.height * k);
}

function drawAll() {
  clearTimeout(resting);
  fullDraw();
  drawOver();
  drawScale();
}

function redraw() {
  if (waiting) return;
  waiting = requestAnimationFrame(() => {
    waiting = 0;
    clearTimeout(resting);
    const same = last.view && last.view.width === view.width && last.view.height === view.height && last.view.ratio === view.ratio;
    if (same && !still() && last.millis > 12) {
      quickDraw();
      drawOver();
      drawScale();
      resting = setTimeout(drawAll, 120);
    } else {
      drawAll();
    }
  });
}
