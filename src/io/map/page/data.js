// Data: decodes the sheet into shapes on a flat plane (metres east and south of the middle of the map).
const page = JSON.parse(document.getElementById('data').textContent);
const sheet = page.sheet;

const plane = (() => {
  const [west, south, east, north] = page.extent;
  const lon = (west + east) / 2, lat = (south + north) / 2;
  const perLat = page.metres_per_degree, perLon = perLat * Math.max(0.01, Math.cos(lat * Math.PI / 180));
  const x = (v) => (v - lon) * perLon, y = (v) => (lat - v) * perLat;
  return { x, y, bounds: [x(west), y(north), x(east), y(south)] };
})();

// A flat list of differences becomes a flat list of plane coordinates.
function decode(flat) {
  const out = new Float64Array(flat.length);
  let lon = 0, lat = 0;
  for (let i = 0; i < flat.length; i += 2) {
    lon += flat[i];
    lat += flat[i + 1];
    out[i] = plane.x(lon / page.steps);
    out[i + 1] = plane.y(lat / page.steps);
  }
  return out;
}

// Something to draw: rings (closed) or lines, with bounds and a path per level of detail.
class Shape {
  constructor(lists, closed) {
    this.lists = lists;
    this.closed = closed;
    this.level = null;
    this.path = null;
    const b = [Infinity, Infinity, -Infinity, -Infinity];
    for (const list of lists) {
      for (let i = 0; i < list.length; i += 2) {
        if (list[i] < b[0]) b[0] = list[i];
        if (list[i] > b[2]) b[2] = list[i];
        if (list[i + 1] < b[1]) b[1] = list[i + 1];
        if (list[i + 1] > b[3]) b[3] = list[i + 1];
      }
    }
    this.bounds = b;
  }

  static polygons(polygons) {
    return new Shape(polygons.flat().map(decode), true);
  }

  // The path without the vertices that could not be told apart at this scale (pixels per metre).
  at(scale) {
    const level = Math.floor(Math.log2(0.5 / scale));
    if (this.level !== level) {
      this.level = level;
      this.path = this.build(2 ** level);
    }
    return this.path;
  }

  build(tolerance) {
    const path = new Path2D(), near = tolerance * tolerance;
    for (const list of this.lists) {
      let x = list[0], y = list[1];
      path.moveTo(x, y);
      for (let i = 2; i < list.length; i += 2) {
        const dx = list[i] - x, dy = list[i + 1] - y;
        if (dx * dx + dy * dy < near && (this.closed || i < list.length - 2)) continue;
        x = list[i];
        y = list[i + 1];
        path.lineTo(x, y);
      }
      if (this.closed) path.closePath();
    }
    return path;
  }

  meets(b) {
    return this.bounds[0] <= b[2] && this.bounds[2] >= b[0] && this.bounds[1] <= b[3] && this.bounds[3] >= b[1];
  }

  contains(x, y) {
    const b = this.bounds;
    if (x < b[0] || x > b[2] || y < b[1] || y > b[3]) return false;
    let inside = false;
    for (const r of this.lists) {
      for (let i = 0, j = r.length - 2; i < r.length; j = i, i += 2) {
        if ((r[i + 1] > y) !== (r[j + 1] > y) && x < (r[j] - r[i]) * (y - r[i + 1]) / (r[j + 1] - r[i + 1]) + r[i]) inside = !inside;
      }
    }
    return inside;
  }
}

const spotOf = (s) => s && { x: plane.x(s[0] / page.steps), y: plane.y(s[1] / page.steps), room: s[2] / 10 };

const zones = sheet.zones.map((zone, i) => ({ ...zone, shape: Shape.polygons(zone.polygons), spot: spotOf(page.zone_spots[i]) }));
const zoneById = new Map(zones.map((z) => [z.id, z]));

const grids = sheet.grids.map((grid, i) => {
  const look = page.looks[i];
  const text = [grid.id, grid.code, grid.division, grid.officer, (zoneById.get(grid.zone) || {}).name].filter(Boolean).join(' ').toLowerCase();
  return { ...grid, ...look, spot: spotOf(look.spot), shape: Shape.polygons(grid.polygons), text, fill: look.step === null ? page.ramp.none : page.ramp.colors[look.step] };
});
const resourceNames = grids.length ? (grids[0].resources || []).map((r) => r.name) : [];
const gridById = new Map(grids.map((g) => [g.id, g]));
const zonesByRoom = zones.filter((z) => z.spot).sort((a, b) => b.spot.room - a.spot.room);
const byRoom = grids.filter((g) => g.spot).sort((a, b) => b.spot.room - a.spot.room);

// Land that went from one grid to another, the heaviest first.
const before = sheet.before || null;
const moved = (before ? before.moved : []).map((m) => {
  const to = gridById.get(m.to), now = to && to.code && to.code !== m.to ? `${to.code} (${m.to})` : m.to;
  return { ...m, now, shape: Shape.polygons(m.polygons), text: [m.from || 'none', now, m.why].filter(Boolean).join(' ').toLowerCase() };
}).sort((a, b) => b.households - a.households || b.area_m2 - a.area_m2);
const oldBorders = before && new Shape(before.borders.map(decode), false);
const movedAt = (x, y) => moved.find((m) => m.shape.contains(x, y)) || null;

const water = sheet.water.map((w) => Shape.polygons(w));

const placeWords = { station: 'station 基站', hall: 'hall 营业厅', landmark: 'landmark' };
const places = (sheet.places || []).filter((p) => p.at.length === 2).map((p) => ({ ...p, x: plane.x(p.at[0] / page.steps), y: plane.y(p.at[1] / page.steps) }));

// Barriers that look the same are drawn as one shape; the weakest first.
const barriers = (() => {
  const groups = new Map();
  sheet.barriers.forEach((line, i) => {
    if (line.points.length < 4) return;
    const key = [page.strokes[i], line.class, line.strength].join('\n');
    if (!groups.has(key)) groups.set(key, { stroke: page.strokes[i], name: line.class, strength: line.strength, lists: [] });
    groups.get(key).lists.push(decode(line.points));
  });
  const all = [...groups.values()].sort((a, b) => a.strength - b.strength);
  for (const group of all) group.shape = new Shape(group.lists, false);
  return all;
})();

const gridAt = (x, y) => grids.find((g) => g.shape.contains(x, y)) || null;

// Numbers as people read them.
const whole = (v) => v === null ? '–' : Math.round(v).toLocaleString('en');
const amount = (v) => v === null ? '–' : v.toLocaleString('en', { maximumFractionDigits: 1 });
const percent = (v, sign) => v === null ? '–' : (sign && v > 0 ? '+' : '') + (v * 100).toFixed(1).replace('-', '−') + ' %';
const area = (v) => v === null ? '–' : v >= 1e6 ? (v / 1e6).toFixed(2) + ' km²' : (v / 1e4).toFixed(1) + ' ha';
