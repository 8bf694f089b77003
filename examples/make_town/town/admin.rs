//! The study area, the town, its communities, and the police precincts that cut across them.

use super::Oddities;
use super::feature::{Geometry, Layer};
use super::lattice::{COLS, COMMUNITY, Lattice, Node, P, ROWS, Rng, beside, block, length, turning};
use super::schemes;
use serde_json::json;
use std::collections::BTreeMap;

/// The communities, in the order of their letters on the map.
pub const NAMES: [&str; 10] = [
    "临江社区 Linjiang",
    "南门社区 Nanmen",
    "东湖社区 Donghu",
    "西关社区 Xiguan",
    "鼓楼社区 Gulou",
    "江心洲社区 Jiangxinzhou",
    "东港社区 Donggang",
    "北山社区 Beishan",
    "新城社区 Xincheng",
    "望云社区 Wangyun",
];

const PRECINCTS: [&str; 3] = ["城南派出所辖区 South precinct", "城西派出所辖区 West precinct", "城东派出所辖区 East precinct"];

/// The edges of the border between the first two communities that were digitised apart from the street.
const WOBBLY: [(Node, Node); 4] = [((5, 1), (5, 2)), ((5, 2), (5, 3)), ((6, 3), (6, 4)), ((6, 4), (6, 5))];

/// The id of community `k`.
pub fn id(k: usize) -> String {
    format!("c{:02}", k + 1)
}

/// The community of a block.
pub fn community(i: usize, j: usize) -> usize {
    (block(&COMMUNITY, i, j) as u8 - b'a') as usize
}

fn precinct(i: usize, j: usize) -> usize {
    match (i, j) {
        (_, 0..4) => 0,
        (0..9, _) => 1,
        _ => 2,
    }
}

/// The layers `study_area` and `admin`, and the table of hierarchies.
pub fn layers(lattice: &Lattice, rng: &mut Rng, odd: &mut Oddities) -> (Layer, Layer, Vec<schemes::Row>) {
    let plain = |a: Node, b: Node| lattice.edge(a, b);
    let outline = shape(lattice, |_, _| true, plain);

    let mut study = Layer::new("study_area", "s");
    study.add_as("study", json!({ "name": "云渡镇 Yundu" }), &outline);

    let mut admin = Layer::new("admin", "a");
    admin.add_as("t1", json!({ "admin_level": 6, "scheme": "civil", "name": "云渡镇 Yundu", "code": schemes::code(0) }), &outline);

    let wobbly: BTreeMap<_, _> = WOBBLY.iter().map(|&(a, b)| ((a, b), wobble(lattice, rng, a, b))).collect();
    for (k, name) in NAMES.iter().enumerate() {
        let chain = |a: Node, b: Node| {
            if let Some(line) = wobbly.get(&(a, b)) {
                return line.clone();
            }
            if let Some(line) = wobbly.get(&(b, a)) {
                return line.iter().rev().copied().collect();
            }
            damaged(k, a, b, lattice.edge(a, b))
        };
        let geometry = shape(lattice, |i, j| community(i, j) == k, chain);
        let code = format!("{}{:03}", schemes::code(0), k + 1);
        admin.add_as(&id(k), json!({ "admin_level": 8, "scheme": "civil", "name": name, "parent": "t1", "code": code }), &geometry);
    }
    for (k, name) in PRECINCTS.iter().enumerate() {
        let properties = json!({ "admin_level": 8, "scheme": "police", "name": name, "parent": "t1" });
        admin.add_as(&format!("p{}", k + 1), properties, &shape(lattice, |i, j| precinct(i, j) == k, plain));
    }
    let properties = json!({ "admin_level": 8, "scheme": "civil", "name": "石岭村 Shiling", "partial": true });
    admin.add_as("n01", properties, &neighbour(lattice));
    notes(odd);
    let mut hierarchies = vec![
        schemes::row("civil", 6, 1, "t1", "the town, 9-digit `code`"),
        schemes::row("civil", 8, NAMES.len(), "c01–c10", "communities, 12-digit `code`"),
        schemes::row("police", 8, PRECINCTS.len(), "p1–p3", "police precincts"),
    ];
    hierarchies.extend(schemes::append(lattice, &mut admin, odd));
    (study, admin, hierarchies)
}

fn notes(odd: &mut Oddities) {
    let mut note = |what: &str, id: &str, expected: &str| odd.note(what, "admin", id, expected);
    note(
        "border digitised apart from the streets it follows, wobbling 0.3 to 2 m off their centre lines",
        "c01, c02",
        "noded onto the streets; no sliver units; the shift is reported",
    );
    note("overlap of 5 m² where c08 bulges into c09", "c08, c09", "reported with place and area; the land goes to one of the two");
    note(
        "gap of 5 m² between two communities",
        "c09, c10",
        "reported with place and area; the land goes to a neighbour, so that the grids tile the territory",
    );
    note(
        "community in two pieces: its exclave fills a hole of c04",
        "c08, c04",
        "told; grids of c08 do not reach across c04, so one of them may have to be in two parts",
    );
    note("vertex repeated", "c03", "dropped, reported");
    note("self-crossing (bow-tie) of under 1 m² on the outer border", "c03", "repaired, reported");
    note("spike of 3 m out and back, on the outer border", "c08", "removed, reported");
    note("piece of a neighbour, cut at the edge of the extract (partial=true)", "n01", "not part of the territory");
    note(
        "second scheme on the same level, whose borders cut through communities",
        "p1, p2, p3",
        "ignored unless the recipe asks for the scheme; with no scheme named, the ambiguity is reported",
    );
    note(
        "border along the middle of the main channel, crossing two of three bridges away from any vertex",
        "c01, c02, c03, c04, c05, c06, c07",
        "river faces become units without load or join a bank; the island stays whole in c06",
    );
    note("border along the median between two carriageways", "c04–c10", "no grids of median slivers");
    note(
        "load of 730, which cannot be cut into grids of 300 ± 10 %",
        "c07",
        "the best reachable deviation (2 × 365 or 3 × 243) stands beside the reached one",
    );
}

/// Polygons around a set of blocks, every hole with the shell it lies in.
pub fn shape(lattice: &Lattice, inside: impl Fn(usize, usize) -> bool, chain: impl Fn(Node, Node) -> Vec<P>) -> Geometry {
    let (mut shells, mut holes) = (Vec::new(), Vec::new());
    for nodes in lattice.rings(inside) {
        let mut ring = vec![lattice.node(nodes[0])];
        for pair in nodes.windows(2) {
            ring.extend(chain(pair[0], pair[1]).into_iter().skip(1));
        }
        if turning(&ring) > 0.0 {
            shells.push(vec![ring]);
        } else {
            holes.push(ring);
        }
    }
    shells.sort_by_key(|shell| std::cmp::Reverse(shell[0].len()));
    shells[0].extend(holes);
    if shells.len() == 1 { Geometry::Polygon(shells.remove(0)) } else { Geometry::MultiPolygon(shells) }
}

/// A line along an edge whose inner vertices lie 0.3 to 2 m off it.
fn wobble(lattice: &Lattice, rng: &mut Rng, a: Node, b: Node) -> Vec<P> {
    let street = lattice.edge(a, b);
    let mut line = vec![street[0]];
    for pair in street.windows(2) {
        for t in [0.25, 0.6, 0.9] {
            let off = rng.span(0.3, 2.0) * rng.pick(&[1.0, -1.0]);
            line.push(beside(pair[0], pair[1], t * length(pair[0], pair[1]), off));
        }
    }
    line.push(street[street.len() - 1]);
    line
}

/// The planted damage: vertices inserted after the first bend of some edges, as (metres along, metres to the left).
fn damaged(k: usize, a: Node, b: Node, mut line: Vec<P>) -> Vec<P> {
    let extra: &[P] = match (k, a, b) {
        (7, (7, 12), (7, 13)) => &[[5.0, 0.0], [10.0, -1.0], [15.0, 0.0]],
        (8, (13, 12), (13, 13)) => &[[5.0, 0.0], [10.0, 1.0], [15.0, 0.0]],
        (2, (18, 3), (18, 4)) => &[[0.0, 0.0], [5.0, 0.0], [6.5, 0.0], [6.5, 0.6], [5.7, 0.6], [5.7, -0.2], [7.2, 0.0]],
        (7, (0, 12), (0, 11)) => &[[8.0, 0.0], [8.0, -3.0], [8.0, 0.0]],
        _ => &[],
    };
    let inserted: Vec<P> = extra.iter().map(|e| beside(line[1], line[2], e[0], e[1])).collect();
    line.splice(2..2, inserted);
    line
}

/// A piece of the neighbour north of the town, which shares the town's border.
fn neighbour(lattice: &Lattice) -> Geometry {
    let (from, to) = (4, COLS - 4);
    let mut ring = vec![lattice.node((from, ROWS))];
    for i in from..to {
        ring.extend(lattice.edge((i, ROWS), (i + 1, ROWS)).into_iter().skip(1));
    }
    let (east, west) = (ring[ring.len() - 1], ring[0]);
    let top = east[1].max(west[1]) + 320.0;
    ring.extend([[east[0], top], [west[0], top], west]);
    Geometry::Polygon(vec![ring])
}
