//! Laws of the cut: units tile the divisions, every point lies in exactly one of them, loads are recounts, heavy land is
//! split as far as its points allow, and the order of records changes nothing.

mod land;

use evengrid::cut::{Fabric, Faces, faces};
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::lattice::{Pt, Side, cross, ring_area2, side_of_ring};
use evengrid::territory::layers::Layers;
use evengrid::territory::{Barrier, Territory};
use land::{config, division, home, jitter, lake, line};
use petgraph::unionfind::UnionFind;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Side of the test land in cells.
const SIDE: i32 = 60;

/// A square cut into strips of divisions by broken lines that neighbours share, with roads, some of them beside a border, a railway, ponds and points.
#[derive(Clone, Debug)]
struct City {
    borders: Vec<Vec<i32>>,
    /// Streets a cell beside a border, which turn away at its end, by border.
    beside: Vec<bool>,
    roads: Vec<Vec<(i32, i32)>>,
    minor: Vec<Vec<(i32, i32)>>,
    rail: Vec<(i32, i32)>,
    ponds: Vec<(i32, i32, i32)>,
    homes: Vec<(i32, i32, u8)>,
    /// Nothing in line with anything.
    jitter: Option<u64>,
}

fn cell() -> impl Strategy<Value = (i32, i32)> {
    // beyond the edge as well: lines and homes may lie outside
    (-4..=SIDE + 4, -4..=SIDE + 4)
}

fn city() -> impl Strategy<Value = City> {
    let line = || prop::collection::vec(cell(), 2..5);
    let borders = prop::collection::vec(prop::collection::vec(0i32..9, 4), 0..3);
    let ponds = prop::collection::vec((0..SIDE - 12, 0..SIDE - 12, 3i32..12), 0..3);
    let homes = prop::collection::vec((0..=SIDE, 0..=SIDE, prop_oneof![4 => 0u8..6, 1 => 20u8..120]), 1..80);
    let beside = prop::collection::vec(any::<bool>(), 3);
    (borders, beside, prop::collection::vec(line(), 0..8), prop::collection::vec(line(), 0..4), line(), ponds, homes, any::<Option<u64>>())
        .prop_map(|(borders, beside, roads, minor, rail, ponds, homes, jitter)| City {
            borders,
            beside,
            roads,
            minor,
            rail,
            ponds,
            homes,
            jitter,
        })
}

impl City {
    /// Corners of strip `k`: its lower border from west to east, its upper one back.
    fn strip(&self, k: usize) -> Vec<(i32, i32)> {
        self.border(k).into_iter().chain(self.border(k + 1).into_iter().rev()).collect()
    }

    fn border(&self, k: usize) -> Vec<(i32, i32)> {
        let n = self.borders.len() + 1;
        let base = SIDE * k as i32 / n as i32;
        let wobble = |i: usize| if k == 0 || k == n { 0 } else { self.borders[k - 1][i] };
        (0..4).map(|i| (SIDE * i as i32 / 3, base + wobble(i))).collect()
    }

    fn streets_beside(&self) -> Vec<Vec<(i32, i32)>> {
        let street = |k: usize| {
            let mut line: Vec<_> = self.border(k).into_iter().take(3).map(|c| (c.0, c.1 + 1)).collect();
            line.push((line[2].0, line[2].1 + 12));
            line
        };
        (1..=self.borders.len()).filter(|&k| self.beside[k - 1]).map(street).collect()
    }

    fn layers(&self) -> Layers {
        let classes = ["primary", "residential"];
        let beside = self.streets_beside();
        let roads = self.roads.iter().chain(&beside).enumerate().map(|(i, l)| line(i, classes[i % 2], l));
        let ponds = self.ponds.iter().enumerate();
        let mut layers = Layers {
            divisions: (0..=self.borders.len()).map(|k| division(k, &self.strip(k))).collect(),
            roads: roads.chain(self.minor.iter().enumerate().map(|(i, l)| line(i, "footway", l))).collect(),
            rail: vec![line(0, "rail", &self.rail)],
            water_areas: ponds.map(|(i, &(x, y, s))| lake(i, &[(x, y), (x + s, y), (x + s, y + s), (x, y + s)])).collect(),
            households: self.homes.iter().enumerate().map(|(i, &(x, y, weight))| home(i, (x, y), f64::from(weight))).collect(),
            ..Layers::default()
        };
        if let Some(seed) = self.jitter {
            jitter(&mut layers, seed);
        }
        layers
    }
}

fn recipe() -> Recipe {
    let mut draft = Draft::default();
    draft.grid.target = Some(200.0);
    draft.build().unwrap()
}

fn made(layers: &Layers) -> (Territory, Fabric) {
    land::made(layers, &recipe())
}

/// Side of `p` relative to a polygon with holes.
fn side_of(rings: &[Vec<Pt>], p: Pt) -> Side {
    let sides: Vec<Side> = rings.iter().map(|r| side_of_ring(r, p)).collect();
    if sides.contains(&Side::On) {
        Side::On
    } else if sides.iter().filter(|s| **s == Side::Inside).count() % 2 == 1 {
        Side::Inside
    } else {
        Side::Outside
    }
}

/// Whether all around `p` is on that side: a line that meets a border may move it by a lattice step, and with it points exactly on the border.
fn deep(rings: &[Vec<Pt>], p: Pt, side: Side) -> bool {
    [(0, 0), (3, 0), (-3, 0), (0, 3), (0, -3)].iter().all(|d| side_of(rings, Pt { x: p.x + d.0, y: p.y + d.1 }) == side)
}

/// Twice the area between a piece of border and the origin.
fn turn(a: Pt, b: Pt) -> i128 {
    cross(Pt::default(), a, b)
}

fn area2(rings: &[Vec<Pt>]) -> i128 {
    rings.iter().map(|r| ring_area2(r)).sum()
}

/// Units by what the order of records cannot change: their land, their loads and the entities in them.
fn content(land: &Territory, fabric: &Fabric) -> BTreeMap<Vec<Vec<Pt>>, (i64, BTreeSet<String>)> {
    let mut out: BTreeMap<_, _> = fabric.units.iter().map(|u| (u.rings.clone(), (u.load.0, BTreeSet::new()))).collect();
    for (p, u) in land.points.iter().zip(&fabric.unit_of_point) {
        if let Some(u) = u {
            out.get_mut(&fabric.units[u.at()].rings).unwrap().1.insert(p.id.to_string());
        }
    }
    out
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn units_tile_the_divisions(city in city()) {
        let (land, fabric) = made(&city.layers());
        for (d, division) in land.divisions.iter().enumerate() {
            let sum: f64 = fabric.units.iter().filter(|u| u.division.at() == d).map(|u| u.area_m2).sum();
            let stated = land.plane.area_m2(division.area2);
            // noding rounds crossings to the lattice, a tenth of a millimetre
            prop_assert!((sum - stated).abs() < 0.5, "division {}: units have {} m² of {}", d, sum, stated);
        }
        let all: i128 = fabric.units.iter().map(|u| area2(&u.rings)).sum();
        // to the last step what lies inside the outer border
        let outer = |e: &evengrid::cut::FabricEdge| match (e.left, e.right) {
            (Some(_), None) => turn(e.a, e.b),
            (None, Some(_)) => -turn(e.a, e.b),
            _ => 0,
        };
        prop_assert_eq!(all, fabric.edges.iter().map(outer).sum::<i128>());
    }

    #[test]
    fn borders_are_shared_vertex_by_vertex(city in city()) {
        let (land, fabric) = made(&city.layers());
        let mut from_edges: BTreeMap<(Pt, Pt), usize> = BTreeMap::new();
        let mut around = vec![0i128; fabric.units.len()];
        for e in &fabric.edges {
            prop_assert!(e.a < e.b && e.left != e.right);
            *from_edges.entry((e.a, e.b)).or_default() += 1;
            let turn = turn(e.a, e.b);
            if let Some(u) = e.left { around[u.at()] += turn; }
            if let Some(u) = e.right { around[u.at()] -= turn; }
        }
        prop_assert!(from_edges.values().all(|&n| n == 1));
        let mut seen: BTreeMap<(Pt, Pt), usize> = BTreeMap::new();
        for (u, unit) in fabric.units.iter().enumerate() {
            prop_assert_eq!(around[u], area2(&unit.rings));
            prop_assert!(around[u] > 0);
            for r in &unit.rings {
                for i in 0..r.len() {
                    let (a, b) = (r[i], r[(i + 1) % r.len()]);
                    *seen.entry((a.min(b), a.max(b))).or_default() += 1;
                }
            }
        }
        prop_assert!(seen.iter().all(|(k, &n)| n <= 2 && from_edges.contains_key(k)));
        prop_assert_eq!(seen.len(), from_edges.len());
        // and every border is the sum of its pieces, with the strongest barrier on it
        let length: f64 = fabric.edges.iter().map(|e| land.plane.distance_m(e.a, e.b)).sum();
        let told: f64 = fabric.borders.iter().map(|b| b.length_m).sum();
        prop_assert!((length - told).abs() < 1e-6 * length);
        for b in &fabric.borders {
            let between = |e: &&evengrid::cut::FabricEdge| [e.left, e.right].contains(&Some(b.a)) && [e.left, e.right].contains(&b.b);
            let along = |wanted: &dyn Fn(u16) -> bool| -> f64 {
                fabric.edges.iter().filter(between).filter(|e| wanted(e.class)).map(|e| land.plane.distance_m(e.a, e.b)).sum()
            };
            prop_assert!(along(&|c| c == b.class) >= 0.249 * b.length_m);
            for stronger in b.class + 1..land.classes.len() as u16 {
                prop_assert!(along(&|c| c == stronger) <= 0.251 * b.length_m);
            }
        }
    }

    #[test]
    fn every_point_lies_in_exactly_one_unit(city in city()) {
        let (land, fabric) = made(&city.layers());
        let mut load = vec![0; fabric.units.len()];
        for (p, unit) in land.points.iter().zip(&fabric.unit_of_point) {
            let Some(unit) = unit else {
                prop_assert!(!land.divisions.iter().any(|d| deep(&d.rings, p.at, Side::Inside)), "{} is in no unit", p.id);
                continue;
            };
            load[unit.at()] += p.load.0;
            let holder = &fabric.units[unit.at()];
            prop_assert_ne!(side_of(&holder.rings, p.at), Side::Outside);
            prop_assert!(!deep(&land.division(holder.division).rings, p.at, Side::Outside));
            for (u, other) in fabric.units.iter().enumerate() {
                prop_assert!(u == unit.at() || side_of(&other.rings, p.at) != Side::Inside);
            }
        }
        prop_assert_eq!(load, fabric.units.iter().map(|u| u.load.0).collect::<Vec<_>>());
    }

    #[test]
    fn heavy_units_hold_one_position(city in city()) {
        let (land, fabric) = made(&city.layers());
        let limit = recipe().cut.split_above * land.base.0 as f64;
        for unit in &fabric.units {
            let mut positions: BTreeMap<Pt, i64> = BTreeMap::new();
            for p in land.points.iter().filter(|p| p.load.0 > 0 && deep(&unit.rings, p.at, Side::Inside)) {
                *positions.entry(p.at).or_default() += land.balanced(p).0;
            }
            let load: i64 = positions.values().sum();
            prop_assert!(load as f64 <= limit || positions.len() == 1, "{} positions, load {}", positions.len(), load);
        }
    }

    #[test]
    fn the_order_of_records_changes_nothing(city in city(), turn in 0usize..50) {
        let (land, fabric) = made(&city.layers());
        let mut other = city.layers();
        other.roads.reverse();
        other.water_areas.reverse();
        let n = other.households.len();
        other.households.rotate_left(turn % n);
        for r in &mut other.roads {
            r.line.0[0].0.reverse();
        }
        let (land2, fabric2) = made(&other);
        prop_assert_eq!(content(&land, &fabric), content(&land2, &fabric2));
    }
}

/// Lines on a small lattice: many crossings, overlaps, common ends and near misses.
fn linework() -> impl Strategy<Value = Vec<Vec<(i64, i64)>>> {
    let near = prop_oneof![Just(30i64), Just(1_000), Just(50_000_000)];
    near.prop_flat_map(|size| prop::collection::vec(prop::collection::vec((-size..size, -size..size), 2..6), 1..14))
}

fn barriers(lines: &[Vec<(i64, i64)>]) -> Vec<Barrier> {
    let line = |(i, l): (usize, &Vec<(i64, i64)>)| Barrier { class: i as u16 % 5, line: l.iter().map(|&(x, y)| Pt { x, y }).collect() };
    lines.iter().enumerate().map(line).collect()
}

fn table(f: &Faces) -> Vec<(Pt, Pt, u16)> {
    f.sides().map(|s| (s.a, s.b, s.class)).collect()
}

proptest! {
    #![proptest_config(config(4000))]

    #[test]
    fn faces_obey_euler_and_tile(lines in linework()) {
        let f = faces(&barriers(&lines), &()).unwrap();
        prop_assert!(f.settled);
        let sides: Vec<_> = f.sides().collect();
        let points: BTreeSet<Pt> = sides.iter().flat_map(|s| [s.a, s.b]).collect();
        let number = |p: Pt| points.range(..p).count();
        let mut sets = UnionFind::<usize>::new(points.len());
        sides.iter().for_each(|s| { sets.union(number(s.a), number(s.b)); });
        let components = sets.into_labeling().into_iter().collect::<BTreeSet<_>>().len();
        // V − E + F = 1 + C with the outside among the faces
        prop_assert_eq!(points.len() + f.count() + 1, sides.len() + 1 + components);
        let land = f.land();
        let mut around = vec![0i128; f.count() + 1];
        for s in &sides {
            prop_assert!(s.left != s.right && s.a < s.b);
            let turn = turn(s.a, s.b);
            around[s.left as usize] += turn;
            around[s.right as usize] -= turn;
        }
        prop_assert_eq!(around.iter().sum::<i128>(), 0);
        for (face, rings) in land.iter().enumerate().skip(1) {
            prop_assert!(around[face] > 0);
            prop_assert_eq!(around[face], area2(rings));
        }
    }

    #[test]
    fn faces_know_their_points(lines in linework(), places in prop::collection::vec((-40i64..40, -40i64..40), 1..20)) {
        let f = faces(&barriers(&lines), &()).unwrap();
        let land = f.land();
        for p in places.into_iter().map(|(x, y)| Pt { x, y }) {
            let face = f.face_at(p) as usize;
            for (i, rings) in land.iter().enumerate().skip(1) {
                match side_of(rings, p) {
                    Side::Inside => prop_assert_eq!(face, i),
                    Side::Outside => prop_assert_ne!(face, i),
                    Side::On => prop_assert_ne!(face, 0, "a point on a border is in a face"),
                }
            }
        }
    }

    #[test]
    fn order_direction_and_splitting_change_no_face(lines in linework(), turn in 0usize..14) {
        let one = faces(&barriers(&lines), &()).unwrap();
        let mut other = barriers(&lines);
        let n = other.len();
        other.rotate_left(turn % n);
        other.iter_mut().for_each(|b| b.line.reverse());
        let split: Vec<Barrier> =
            other.iter().flat_map(|b| b.line.windows(2).map(|w| Barrier { class: b.class, line: w.to_vec() })).collect();
        let two = faces(&split, &()).unwrap();
        prop_assert_eq!(table(&one), table(&two));
        prop_assert_eq!((one.count(), one.loose), (two.count(), two.loose));
        // and what is noded stays as it is
        let again: Vec<Barrier> = one.sides().map(|s| Barrier { class: s.class, line: vec![s.a, s.b] }).collect();
        prop_assert_eq!(table(&one), table(&faces(&again, &()).unwrap()));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        prop_assert_eq!(table(&one), table(&pool.install(|| faces(&barriers(&lines), &()).unwrap())));
    }
}
