//! Lines that bound grids, or only seem to: roads, railways and waters.

use super::Oddities;
use super::feature::{Geometry, Layer};
use super::lattice::{COLS, DUAL, HALF_MEDIAN, LAND, Lattice, Node, P, RIVER, ROWS, Rng, beside, block, oval};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Street names of the row lines, then of the column lines.
pub const ROW_NAMES: [&str; ROWS + 1] = [
    "",
    "南环路",
    "南渠路",
    "建设路",
    "青石路",
    "滨江南路",
    "",
    "滨江北路",
    "文昌路",
    "鼓楼街",
    "云渡大道",
    "新城路",
    "北山路",
    "望云路",
    "",
];
/// See [`ROW_NAMES`].
pub const COL_NAMES: [&str; COLS + 1] = [
    "",
    "西堤路",
    "杨柳路",
    "石桥路",
    "西关路",
    "槐树路",
    "学府路",
    "书院路",
    "和平路",
    "中山路",
    "解放路",
    "工农路",
    "东风路",
    "纺织路",
    "铁道路",
    "东港路",
    "湖滨路",
    "东环路",
    "",
];

const ROUNDABOUT: Node = (4, 3);
const RADIUS: f64 = 17.0;
/// Columns with a bridge over the river, and the class of the road.
const BRIDGES: [(usize, &str); 3] = [(4, "secondary"), (9, "primary"), (15, "tertiary")];
/// Streets that were never built: superblocks, the lake, and one compound on both sides of a street line.
const UNBUILT: [(Node, Node); 10] = [
    ((6, 8), (6, 9)),
    ((10, 7), (10, 8)),
    ((8, 3), (8, 4)),
    ((7, 4), (7, 5)),
    ((13, 8), (13, 9)),
    ((13, 9), (13, 10)),
    ((16, 1), (16, 2)),
    ((16, 2), (16, 3)),
    ((15, 2), (16, 2)),
    ((16, 2), (17, 2)),
];

fn class(a: Node, b: Node) -> &'static str {
    match (a, b) {
        _ if a.0 == b.0 && a.0 == 9 => "primary",
        _ if a.0 == b.0 && a.0 == 4 || a.1 == b.1 && a.1 == 3 => "secondary",
        _ if a.0 == b.0 && matches!(a.0, 12 | 15) || a.1 == b.1 && matches!(a.1, 5 | 7 | 12) => "tertiary",
        _ if a.0 == b.0 && matches!(a.0, 1 | 17) => "unclassified",
        _ => "residential",
    }
}

/// The line of a street along an edge: it ends at the roundabout's ring, and crosses both carriageways in shared vertices.
fn street(lattice: &Lattice, a: Node, b: Node) -> Vec<P> {
    let mut line = lattice.edge(a, b);
    let last = line.len() - 1;
    if a == ROUNDABOUT {
        line[0] = beside(line[0], line[1], RADIUS, 0.0);
    }
    if b == ROUNDABOUT {
        line[last] = beside(line[last], line[last - 1], RADIUS, 0.0);
    }
    if a.0 == b.0 && b.1 == DUAL {
        line[last][1] -= HALF_MEDIAN;
    }
    if a.0 == b.0 && a.1 == DUAL {
        let node = line[0];
        line.splice(0..1, [[node[0], node[1] - HALF_MEDIAN], [node[0], node[1] + HALF_MEDIAN]]);
    }
    line
}

struct Net<'a> {
    lattice: &'a Lattice,
    layer: Layer,
    built: BTreeSet<(Node, Node)>,
}

impl Net<'_> {
    fn way(&mut self, properties: Value, line: Vec<P>) -> String {
        self.layer.add(properties, &Geometry::Line(line))
    }

    /// All streets along one line of the lattice: ways of at most four edges, cut where the class changes or the street is missing.
    fn line(&mut self, rng: &mut Rng, nodes: &[Node], name: &str) {
        let mut way: Option<(&str, usize, Vec<P>)> = None;
        for (k, pair) in nodes.windows(2).enumerate() {
            let (a, b) = (pair[0], pair[1]);
            let crosses_river = a.0 == b.0 && (a.1 == RIVER || b.1 == RIVER);
            let outermost = k == 0 || k + 2 == nodes.len();
            let fate = if outermost && class(a, b) == "residential" { rng.below(10) } else { 0 };
            let built = !crosses_river && fate < 5 && !UNBUILT.contains(&(a, b));
            let cut = a == ROUNDABOUT || way.as_ref().is_some_and(|w| w.0 != class(a, b) || w.1 == 4);
            if !built || cut {
                self.flush(&mut way, name);
            }
            if built {
                self.built.insert((a, b));
                let line = street(self.lattice, a, b);
                let (_, edges, points) = way.get_or_insert((class(a, b), 0, line[..1].to_vec()));
                *edges += 1;
                points.extend(&line[1..]);
            } else if (5..8).contains(&fate) {
                let mut stub = street(self.lattice, a, b);
                if k == 0 {
                    stub.reverse();
                }
                stub.truncate(3);
                self.way(json!({ "class": "residential", "name": name }), stub);
            }
        }
        self.flush(&mut way, name);
    }

    fn flush(&mut self, way: &mut Option<(&str, usize, Vec<P>)>, name: &str) {
        if let Some((class, _, mut line)) = way.take() {
            line.dedup();
            self.way(json!({ "class": class, "name": name }), line);
        }
    }

    /// Service ways and footways inside a compound; where the block has no street on a side they end inside.
    fn compound(&mut self, i: usize, j: usize) {
        let lattice = self.lattice;
        let centre = lattice.at(i as f64 + 0.5, j as f64 + 0.5);
        let gate = |row: usize, inner: f64, shift: f64| {
            let (a, b) = ((i, row), (i + 1, row));
            let middle = lattice.middle(a, b);
            match row {
                DUAL => [middle[0], middle[1] + shift],
                _ if self.built.contains(&(a, b)) => middle,
                _ => lattice.at(i as f64 + 0.5, inner),
            }
        };
        let south = gate(j, j as f64 + 0.15, HALF_MEDIAN);
        let north = gate(j + 1, j as f64 + 0.85, -HALF_MEDIAN);
        let through = block(&LAND, i, j) == 'T' || (i + j).is_multiple_of(3);
        let line = if through { vec![south, centre, north] } else { vec![south, centre] };
        self.way(json!({ "class": "service" }), line);
        let west = ((i, j), (i, j + 1));
        let to = if (i + j).is_multiple_of(2) && self.built.contains(&west) && j != DUAL {
            lattice.middle(west.0, west.1)
        } else {
            lattice.at(i as f64 + 0.12, j as f64 + 0.5)
        };
        self.way(json!({ "class": "footway" }), vec![centre, to]);
    }
}

/// The layer `roads`.
pub fn roads(lattice: &Lattice, rng: &mut Rng, odd: &mut Oddities) -> Layer {
    let mut net = Net { lattice, layer: Layer::new("roads", "r"), built: BTreeSet::new() };
    for (i, name) in COL_NAMES.iter().enumerate().take(COLS).skip(1) {
        let nodes: Vec<Node> = (0..=ROWS).map(|j| (i, j)).collect();
        net.line(rng, &nodes, name);
    }
    for j in (1..ROWS).filter(|&j| j != RIVER && j != DUAL) {
        let nodes: Vec<Node> = (0..=COLS).map(|i| (i, j)).collect();
        net.line(rng, &nodes, ROW_NAMES[j]);
    }
    for j in (0..ROWS).filter(|&j| j != RIVER && j != RIVER - 1) {
        for i in (0..COLS).filter(|&i| matches!(block(&LAND, i, j), 'T' | 'S')) {
            net.compound(i, j);
        }
    }
    major(&mut net, odd);
    bridges(&mut net, odd);
    odd_roads(&mut net, odd);
    net.layer
}

/// The dual carriageway, the roundabout, and an elevated motorway over a corner of the town.
fn major(net: &mut Net, odd: &mut Oddities) {
    let lattice = net.lattice;
    let mut ids = Vec::new();
    for (shift, east) in [(-HALF_MEDIAN, true), (HALF_MEDIAN, false)] {
        for part in 0..3 {
            let mut line = vec![lattice.node((part * 6, DUAL))];
            for i in part * 6..part * 6 + 6 {
                line.extend(lattice.edge((i, DUAL), (i + 1, DUAL)).into_iter().skip(1));
            }
            let (first, last) = (line[0], line[line.len() - 1]);
            match part {
                0 => line.insert(0, [first[0] - 250.0, first[1]]),
                2 => line.push([last[0] + 250.0, last[1]]),
                _ => {}
            }
            line.iter_mut().for_each(|p| p[1] += shift);
            if !east {
                line.reverse();
            }
            ids.push(net.way(json!({ "class": "trunk", "name": ROW_NAMES[DUAL], "oneway": "yes" }), line));
        }
    }
    let ids = format!("{}–{}", ids[0], ids[ids.len() - 1]);
    odd.note("dual carriageway: two one-way lines 15 m apart", "roads", &ids, "one barrier; the strip between is no grid");

    let (i, j) = ROUNDABOUT;
    let centre = lattice.node(ROUNDABOUT);
    let mut ring: Vec<P> = [(i + 1, j), (i, j + 1), (i - 1, j), (i, j - 1)].map(|n| street(lattice, ROUNDABOUT, n)[0]).to_vec();
    ring.extend(
        (0..12)
            .map(|k| (std::f64::consts::TAU * (f64::from(k) + 0.5) / 12.0).sin_cos())
            .map(|(s, c)| [centre[0] + RADIUS * c, centre[1] + RADIUS * s]),
    );
    let angle = |p: &P| (p[1] - centre[1]).atan2(p[0] - centre[0]);
    ring.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    ring.push(ring[0]);
    let id = net.way(json!({ "class": "secondary", "oneway": "yes", "junction": "roundabout" }), ring);
    odd.note("roundabout of 34 m across", "roads", &id, "its inner face joins a neighbouring unit");

    let line = vec![lattice.at(13.6, 14.6), lattice.at(15.4, 13.3), lattice.at(16.6, 11.6), lattice.at(17.4, 9.2), lattice.at(18.8, 8.4)];
    let id = net.way(json!({ "class": "motorway", "name": "江北高速", "bridge": "yes", "layer": "1", "oneway": "no" }), line);
    odd.note("elevated motorway over streets without common vertices", "roads", &id, "a barrier: crossings are noded");
}

fn bridges(net: &mut Net, odd: &mut Oddities) {
    let lattice = net.lattice;
    let mut ids = Vec::new();
    for (i, class) in BRIDGES {
        let mut line = vec![lattice.node((i, RIVER - 1)), lattice.node((i, RIVER + 1))];
        if i == 9 {
            line.insert(1, lattice.node((i, RIVER)));
        }
        ids.push(net.way(json!({ "class": class, "name": COL_NAMES[i], "bridge": "yes", "layer": "1" }), line));
    }
    odd.note("bridges over the river", "roads", &ids.join(", "), "land on both banks is adjacent across water only, not contiguous");
    let from = lattice.node((11, RIVER + 1));
    let axis = lattice.river(from[0]).0;
    let head = [from[0] + 4.0, axis + 52.0];
    let id = net.way(json!({ "class": "residential", "name": "江心桥", "bridge": "yes", "layer": "1" }), vec![from, head]);
    let west = vec![head, [head[0] - 20.0, axis + 30.0], [head[0] - 80.0, axis + 24.0]];
    net.way(json!({ "class": "residential", "name": "洲上路" }), west);
    let east = vec![[head[0] - 20.0, axis + 30.0], [head[0] + 70.0, axis + 26.0]];
    net.way(json!({ "class": "residential", "name": "洲上路" }), east);
    odd.note("the only way to the inhabited island", "roads", &id, "the island's unit is told as an island; its households are in a grid");
}

fn odd_roads(net: &mut Net, odd: &mut Oddities) {
    let lattice = net.lattice;
    let tunnel = vec![lattice.at(1.5, 11.6), lattice.at(2.4, 12.4), lattice.at(3.5, 13.4)];
    let id = net.way(json!({ "class": "secondary", "name": "北山隧道", "tunnel": "yes", "layer": "-1" }), tunnel);
    odd.note("road in a tunnel under streets", "roads", &id, "no barrier");

    let line = vec![lattice.at(5.3, 2.4), lattice.at(6.7, 2.8), lattice.at(7.2, 3.3)];
    let id = net.way(json!({ "class": "path" }), line);
    odd.note("path across streets without common vertices", "roads", &id, "crossings are noded where the recipe takes paths as cut lines");

    let cross = vec![lattice.at(10.35, 8.2), lattice.at(10.4, 9.8)];
    let id = net.way(json!({ "class": "residential", "name": "鼓楼巷" }), cross);
    odd.note("street across another without a common vertex, dead ends on both sides", "roads", &id, "noded; the dead ends bound nothing");

    let (from, to) = (lattice.middle((2, 8), (3, 8)), lattice.middle((2, 9), (3, 9)));
    let short = beside(to, from, 0.4, 0.0);
    let id = net.way(json!({ "class": "residential", "name": "西关巷" }), vec![from, short]);
    odd.note("street that ends 0.4 m before its junction", "roads", &id, "snapped within the tolerance, so that it divides the block");

    let line = street(lattice, (11, 11), (12, 11));
    let id = net.way(json!({ "class": "residential", "name": ROW_NAMES[11] }), line);
    odd.note("line drawn twice (also part of a longer street)", "roads", &id, "counted once, reported");
    let copy = vec![lattice.at(8.2, 12.4), lattice.at(8.5, 12.6), lattice.at(8.8, 12.4)];
    let first = net.way(json!({ "class": "service" }), copy.clone());
    let second = net.way(json!({ "class": "service" }), copy);
    odd.note("whole feature repeated under another id", "roads", &format!("{first}, {second}"), "counted once, reported");
    let p = lattice.node((13, 4));
    let id = net.way(json!({ "class": "residential", "name": COL_NAMES[13] }), vec![p, p]);
    odd.note("line without length", "roads", &id, "dropped, reported");
    for (i, j) in [(0, 2), (12, 0), (14, 0), (17, 13), (13, 13)] {
        let (x, y) = (i as f64, j as f64);
        net.way(
            json!({ "class": "track" }),
            vec![lattice.at(x + 0.2, y + 0.3), lattice.at(x + 0.6, y + 0.5), lattice.at(x + 0.8, y + 0.9)],
        );
    }
    odd.note("dead ends at the edge of the town, ways inside compounds that touch no street", "roads", "many", "bound nothing; no slivers");
}

/// The layer `rail`.
pub fn rail(lattice: &Lattice, odd: &mut Oddities) -> Layer {
    let mut layer = Layer::new("rail", "t");
    let run = |from: f64, to: f64| Geometry::Line((0..=12).map(|k| lattice.at(14.45, from + (to - from) * f64::from(k) / 12.0)).collect());
    let name = "云渡线";
    layer.add(json!({ "kind": "rail", "name": name }), &run(-1.5, 5.1));
    let bridge = layer.add(json!({ "kind": "rail", "name": name, "bridge": "yes", "layer": "1" }), &run(5.1, 6.9));
    layer.add(json!({ "kind": "rail", "name": name }), &run(6.9, 11.2));
    let tunnel = layer.add(json!({ "kind": "rail", "name": name, "tunnel": "yes", "layer": "-1" }), &run(11.2, 13.0));
    layer.add(json!({ "kind": "rail", "name": name }), &run(13.0, 15.0));
    let metro = Geometry::Line((0..=14).map(|k| lattice.at(9.12, f64::from(k) + 0.5)).collect());
    let subway = layer.add(json!({ "kind": "subway", "name": "地铁1号线", "tunnel": "yes", "layer": -1 }), &metro);
    odd.note("railway across streets at grade, without common vertices", "rail", "t0001, t0003, t0005", "a barrier, crossings noded");
    odd.note("railway on a bridge over the river", "rail", &bridge, "adds nothing on the water");
    odd.note("railway in a tunnel", "rail", &tunnel, "no barrier");
    odd.note("subway in a tunnel, `layer` a number where other features have text", "rail", &subway, "no barrier; both spellings are read");
    layer
}

/// The layer `water`.
pub fn water(lattice: &Lattice, rng: &mut Rng, odd: &mut Oddities) -> Layer {
    let mut layer = Layer::new("water", "w");
    let (west, east) = (lattice.node((0, RIVER))[0] - 300.0, lattice.node((COLS, RIVER))[0] + 300.0);
    let mut bank = |side: f64| -> Vec<P> {
        let step = |k: i32| west + (east - west) * f64::from(k) / 90.0;
        (0..=90)
            .map(step)
            .map(|x| (x, lattice.river(x)))
            .map(|(x, (axis, widening))| [x, axis + side * (58.0 + 66.0 * widening + rng.span(-3.0, 3.0))])
            .collect()
    };
    let (mut ring, mut north) = (bank(-1.0), bank(1.0));
    north.reverse();
    ring.extend(north);
    ring.push(ring[0]);
    let mut island = lattice.island(rng);
    island.reverse();
    let id = layer.add(json!({ "kind": "river", "name": "云水 Yun" }), &Geometry::Polygon(vec![ring, island]));
    odd.note("river as an area beyond the town on both sides, an inhabited island as its hole", "water", &id, "clipped to the territory");

    let mut axis = vec![lattice.channel(west)];
    axis.push(lattice.node((0, RIVER)));
    for i in 0..COLS {
        axis.extend(lattice.edge((i, RIVER), (i + 1, RIVER)).into_iter().skip(1));
    }
    axis.push(lattice.channel(east));
    let id = layer.add(json!({ "kind": "river", "name": "云水 Yun" }), &Geometry::Line(axis));
    odd.note("the same river once more, as a line inside its area", "water", &id, "one barrier, no double count");

    let canal = [(-0.5, 2.45), (1.5, 2.5), (3.5, 2.6), (5.5, 2.5), (6.4, 2.7), (6.45, 3.6), (6.4, 4.6), (6.5, 5.9)];
    layer.add(json!({ "kind": "canal", "name": "南渠" }), &path(lattice, &canal));
    let stream = |layer: &mut Layer, points: &[P], tunnel: Option<&str>| {
        let deep = tunnel.map(|_| "-1");
        layer.add(json!({ "kind": "stream", "name": "北溪", "tunnel": tunnel, "layer": deep }), &path(lattice, points))
    };
    stream(&mut layer, &[(3.2, 14.5), (3.6, 13.4), (3.7, 12.4), (3.75, 11.2)].map(P::from), None);
    let culvert = stream(&mut layer, &[(3.75, 11.2), (3.7, 10.0), (3.6, 8.8)].map(P::from), Some("culvert"));
    stream(&mut layer, &[(3.6, 8.8), (3.5, 7.6), (3.4, 6.3)].map(P::from), None);
    odd.note("stream in a culvert", "water", &culvert, "no barrier");
    layer.add(json!({ "kind": "stream", "name": "石岭溪" }), &path(lattice, &[(17.8, 13.8), (17.3, 12.6), (17.6, 11.4), (18.4, 10.6)]));

    let pond = oval(rng, lattice.at(7.5, 7.5), 48.0, 34.0, 18);
    let mut islet = oval(rng, lattice.at(7.5, 7.52), 11.0, 8.0, 10);
    islet.reverse();
    let id = layer.add(json!({ "kind": "pond", "name": "荷花池" }), &Geometry::Polygon(vec![pond, islet]));
    odd.note("pond with an uninhabited island", "water", &id, "no unit of its own without load");
    let lake = oval(rng, lattice.at(16.0, 2.0), 125.0, 95.0, 26);
    let id = layer.add(json!({ "kind": "lake", "name": "东湖 Donghu" }), &Geometry::Polygon(vec![lake]));
    odd.note("lake over several blocks, no streets across", "water", &id, "in the territory, without load");
    layer
}

fn path<Q: Copy + Into<P>>(lattice: &Lattice, points: &[Q]) -> Geometry {
    Geometry::Line(points.iter().map(|&q| q.into()).map(|[col, row]| lattice.at(col, row)).collect())
}
