//! Cuts a territory into units: the faces between barriers and division borders.
//!
//! Refinement in five steps, each of which only divides what the one before made: division outlines, water, roads
//! and railways, minor ways inside heavy faces, balanced power diagrams over the points of faces that are still too heavy. What is
//! narrower than `snap_m` or small and empty joins a neighbour of its division; the barrier it hid is inherited by the
//! division border beside it, so that a border digitised next to its street counts as running along the street.
//!
//! Guarantees: units tile the divisions (areas are sums of integers); each piece of border has the same vertices on both
//! sides and carries the strongest barrier on it; division outlines keep their vertices; each demand point lies
//! in exactly one unit or is told to be outside. A point on a border belongs to the unit north of it, on a
//! border that runs due north to the unit east of it, and at the outer edge to the unit inside.

mod arrangement;
mod cells;
mod chords;
mod divisions;
mod fabric;
mod grid;
mod locate;
mod mesh;
mod noding;
mod planar;
mod power;
pub mod rings;

pub use fabric::{Border, Fabric, FabricEdge, Unit};
pub use planar::{Faces, Side, faces};

use crate::finding::{Finding, Severity};
use crate::measure::{DivisionId, Load, UnitId};
use crate::recipe::Recipe;
use crate::territory::lattice::{self, Pt, side_of_ring};
use crate::territory::{Barrier, BarrierLayer, Territory, Water};
use arrangement::OUTSIDE;
use cells::Cells;
use mesh::{Divided, Divider, Mesh, NONE};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::BTreeMap;

/// Why a territory could not be cut.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CutError {
    /// A division whose outline crosses itself in more than a trifle.
    #[error(
        "{file} record {record} '{id}': the polygon crosses itself near {:.6},{:.6} ({area_m2:.0} m² are ambiguous, up to {limit_m2:.0} m² would be \
         repaired); repair it in a GIS (in QGIS: Fix geometries) and try again", place[0], place[1]
    )]
    CrossesItself {
        /// File of the division.
        file: String,
        /// Record in the file.
        record: u64,
        /// Id of the division.
        id: String,
        /// Longitude, latitude of a crossing.
        place: [f64; 2],
        /// Land that is inside by one rule and outside by another, m².
        area_m2: f64,
        /// What would be repaired, m².
        limit_m2: f64,
    },
}

/// Regions with what is known of them; index 0 is outside.
struct State {
    mesh: Mesh,
    division: Vec<DivisionId>,
    piece: Vec<u32>,
    water: Vec<bool>,
}

/// Cuts `territory` into units. O(n log n) for n segments and points.
pub fn cut(territory: &Territory, recipe: &Recipe) -> Result<Fabric, CutError> {
    let mut findings = Vec::new();
    let limit = (recipe.cut.split_above * territory.base.0 as f64) as i64;
    let first = divisions::pieces(territory, &mut findings)?;
    let regions = first.mesh.regions;
    let state = State { mesh: first.mesh, division: first.division, piece: (0..regions as u32).collect(), water: vec![false; regions] };
    let state = by_water(territory, state, &mut findings);
    let state = by_barriers(territory, recipe, state, &mut findings);
    let state = by_minor_ways(territory, state, limit, &mut findings);
    let (state, point_region) = by_chords(territory, state, limit, &mut findings);
    Ok(assemble(territory, state, &point_region, regions - 1, findings))
}

fn dividers<'a>(lines: impl IntoIterator<Item = &'a Barrier>) -> Vec<Divider> {
    let line = |b: &'a Barrier| b.line.windows(2).map(|w| Divider { a: w[0], b: w[1], class: b.class, only: NONE });
    lines.into_iter().flat_map(line).collect()
}

fn settle(divided: &Divided, findings: &mut Vec<Finding>) {
    if !divided.settled {
        findings.push(Finding::new(
            Severity::Warning,
            "noding-unsettled",
            "lines still cross within a lattice step; borders there may touch",
        ));
    }
}

/// Labels faces anew and carries over what is known of their regions.
fn next_state(
    before: &State,
    divided: &Divided,
    edges: Vec<mesh::Edge>,
    label: impl Fn(u32) -> u32,
    water: Option<Vec<bool>>,
) -> (State, Vec<u32>) {
    let faces = divided.parent.len();
    let (mesh, number) = Mesh::from_labels(edges, &label, faces);
    let mut after =
        State { division: vec![DivisionId(0); mesh.regions], piece: vec![0; mesh.regions], water: vec![false; mesh.regions], mesh };
    let mut region = vec![OUTSIDE; faces];
    for f in 0..faces as u32 {
        let n = number[label(f) as usize];
        let parent = divided.parent[f as usize] as usize;
        if n == NONE || n == OUTSIDE {
            continue;
        }
        region[f as usize] = n;
        after.division[n as usize] = before.division[parent];
        after.piece[n as usize] = before.piece[parent];
        after.water[n as usize] |= water.as_ref().map_or(before.water[parent], |w| w[f as usize]);
    }
    (after, region)
}

/// Water areas and lines divide land; faces inside a water area are marked.
fn by_water(t: &Territory, state: State, findings: &mut Vec<Finding>) -> State {
    let mut lines = dividers(&t.water_lines);
    for w in &t.water {
        for ring in &w.rings {
            lines.extend((0..ring.len()).map(|i| Divider { a: ring[i], b: ring[(i + 1) % ring.len()], class: w.class, only: NONE }));
        }
    }
    let divided = state.mesh.divide(&lines);
    settle(&divided, findings);
    let edges = divided.edges();
    let sides: Vec<_> = edges.iter().map(|e| (e.a, e.b, e.left, e.right)).collect();
    let inner: Vec<Option<Pt>> = rings::polygons(&sides, divided.parent.len()).iter().map(|p| p.first().map(rings::inner_point)).collect();
    let index = water_index(&t.water);
    let wet = |p: &Option<Pt>| p.is_some_and(|p| in_water(&index, &t.water, p));
    let water: Vec<bool> = inner.par_iter().map(wet).collect();
    let label = |f: u32| if divided.parent[f as usize] == OUTSIDE { OUTSIDE } else { f };
    next_state(&state, &divided, edges, label, Some(water)).0
}

type Boxes = RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>;

fn span(points: impl IntoIterator<Item = Pt>) -> [[f64; 2]; 2] {
    let start = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
    points.into_iter().fold(start, |[lo, hi], p| {
        let (x, y) = (p.x as f64, p.y as f64);
        [[lo[0].min(x), lo[1].min(y)], [hi[0].max(x), hi[1].max(y)]]
    })
}

fn water_index(water: &[Water]) -> Boxes {
    let item = |(i, w): (usize, &Water)| {
        let [lo, hi] = span(w.rings.iter().flatten().copied());
        GeomWithData::new(Rectangle::from_corners(lo, hi), i)
    };
    RTree::bulk_load(water.iter().enumerate().map(item).collect())
}

fn in_water(index: &Boxes, water: &[Water], p: Pt) -> bool {
    let at = [p.x as f64, p.y as f64];
    index
        .locate_in_envelope_intersecting(&AABB::from_corners(at, at))
        .any(|b| water[b.data].rings.iter().filter(|r| side_of_ring(r, p) == lattice::Side::Inside).count() % 2 == 1)
}

/// Face of every point and balanced load of every face.
fn loads(t: &Territory, divided: &Divided) -> (Vec<u32>, Vec<i64>) {
    let face: Vec<u32> = t.points.par_iter().map(|p| divided.arrangement.face_at(p.at)).collect();
    let mut load = vec![0i64; divided.parent.len()];
    for (p, &f) in t.points.iter().zip(&face) {
        load[f as usize] += t.balanced(p).0;
    }
    load[OUTSIDE as usize] = 0;
    (face, load)
}

/// Group of every face for [`Cells`]: its parent region seen through `of`, outside 0.
fn groups(divided: &Divided, of: impl Fn(u32) -> u32) -> Vec<u32> {
    divided.parent.iter().map(|&p| if p == OUTSIDE { 0 } else { of(p) + 1 }).collect()
}

/// Roads and railways divide land but not water; slivers and small empty faces join a neighbour.
fn by_barriers(t: &Territory, recipe: &Recipe, state: State, findings: &mut Vec<Finding>) -> State {
    let divided = state.mesh.divide(&dividers(&t.barriers));
    settle(&divided, findings);
    let (_, load) = loads(t, &divided);
    let mut cells = Cells::new(t, divided.edges(), load, groups(&divided, |p| state.division[p as usize].0));
    join(&mut cells, &divided, |region| !state.water[region as usize]);
    let (snap, small) = (recipe.cut.snap_m, recipe.cut.min_face_m2);
    let sliver = |c: &Cells, f: u32| c.width_m(f) < snap || (c.load[f as usize] == 0 && c.area_m2[f as usize] < small);
    let merges = cells.absorb(sliver, |_, _, _| true);
    let mut sums: BTreeMap<DivisionId, (usize, f64, f64)> = BTreeMap::new();
    for m in &merges {
        let parent = divided.parent[m.cell as usize];
        let s = sums.entry(state.division[parent as usize]).or_default();
        *s = (s.0 + 1, s.1 + m.area_m2, s.2.max(m.width_m));
    }
    for (d, (count, area, width)) in sums {
        let message = format!(
            "{count} slivers and small empty faces with {area:.0} m² in all joined a neighbour of their division (widest {width:.1} m)"
        );
        findings.push(Finding::new(Severity::Info, "slivers-absorbed", message).id(&t.division(d).id).measured(area).limit(small));
    }
    merged_state(&state, &divided, cells)
}

/// Merges faces of a region across every divider that does not count there.
fn join(cells: &mut Cells, divided: &Divided, counts: impl Fn(u32) -> bool) {
    for e in 0..cells.edges.len() {
        let (l, r) = (cells.edges[e].left, cells.edges[e].right);
        let same = divided.parent[l as usize] == divided.parent[r as usize] && divided.parent[l as usize] != OUTSIDE;
        let border = same && divided.divides(e).is_some_and(&counts);
        if same && !border && !divided.is_border(e) {
            cells.merge(l, r);
        }
    }
}

fn merged_state(before: &State, divided: &Divided, mut cells: Cells) -> State {
    let edges = std::mem::take(&mut cells.edges);
    let label = |f: u32| if divided.parent[f as usize] == OUTSIDE { OUTSIDE } else { cells.find(f) };
    next_state(before, divided, edges, label, None).0
}

/// Regions heavier than `limit`, by region.
fn heavy(t: &Territory, state: &State, limit: i64) -> Vec<bool> {
    let still = state.mesh.divide(&[]);
    let (_, load) = loads(t, &still);
    let mut sum = vec![0i64; state.mesh.regions];
    for (f, l) in load.iter().enumerate() {
        sum[still.parent[f] as usize] += l;
    }
    sum.iter().enumerate().map(|(r, &l)| r as u32 != OUTSIDE && l > limit).collect()
}

/// Divides heavy regions by `lines` and puts small pieces together again, up to `limit`.
fn refine(t: &Territory, state: &State, heavy: &[bool], lines: &[Divider], limit: i64, findings: &mut Vec<Finding>) -> State {
    let divided = state.mesh.divide(lines);
    settle(&divided, findings);
    let (_, load) = loads(t, &divided);
    let mut cells = Cells::new(t, divided.edges(), load, groups(&divided, |p| p));
    join(&mut cells, &divided, |region| heavy[region as usize]);
    let narrow = |c: &Cells, f: u32| c.width_m(f) < t.snap_m || c.load[f as usize] == 0;
    cells.absorb(
        |c, f| heavy[c.group[f as usize].saturating_sub(1) as usize] && (narrow(c, f) || c.load[f as usize] * 2 < limit),
        |c, f, g| c.load[f as usize] == 0 || c.load[f as usize] + c.load[g as usize] <= limit,
    );
    merged_state(state, &divided, cells)
}

fn by_minor_ways(t: &Territory, state: State, limit: i64, findings: &mut Vec<Finding>) -> State {
    let heavy = heavy(t, &state, limit);
    let mut corners: Vec<Vec<Pt>> = vec![Vec::new(); state.mesh.regions];
    for e in &state.mesh.edges {
        for r in [e.left, e.right] {
            if heavy[r as usize] {
                corners[r as usize].extend([e.a, e.b]);
            }
        }
    }
    let boxes: Boxes = RTree::bulk_load(
        (0..corners.len())
            .filter(|&r| !corners[r].is_empty())
            .map(|r| {
                let [lo, hi] = span(corners[r].iter().copied());
                GeomWithData::new(Rectangle::from_corners(lo, hi), r)
            })
            .collect(),
    );
    let near = |d: &Divider| {
        let [lo, hi] = span([d.a, d.b]);
        boxes.locate_in_envelope_intersecting(&AABB::from_corners(lo, hi)).next().is_some()
    };
    let lines: Vec<Divider> = dividers(&t.minor).into_iter().filter(near).collect();
    refine(t, &state, &heavy, &lines, limit, findings)
}

/// Cuts what is still too heavy between its points. Also returns the final region of every point.
fn by_chords(t: &Territory, state: State, limit: i64, findings: &mut Vec<Finding>) -> (State, Vec<u32>) {
    let heavy = heavy(t, &state, limit);
    let whole = state.mesh.divide(&[]);
    let (face, _) = loads(t, &whole);
    let mut inside: Vec<Vec<(Pt, i64)>> = vec![Vec::new(); state.mesh.regions];
    for (p, &f) in t.points.iter().zip(&face) {
        let r = whole.parent[f as usize] as usize;
        if heavy[r] && p.load > Load::ZERO {
            inside[r].push((p.at, t.balanced(p).0));
        }
    }
    let mut spans = vec![[[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]]; state.mesh.regions];
    for e in &state.mesh.edges {
        for r in [e.left as usize, e.right as usize] {
            for p in [e.a, e.b] {
                let m = t.plane.metres(p);
                for k in 0..2 {
                    spans[r][0][k] = spans[r][0][k].min(m[k]);
                    spans[r][1][k] = spans[r][1][k].max(m[k]);
                }
            }
        }
    }
    let lines: Vec<Divider> = (1..state.mesh.regions)
        .into_par_iter()
        .filter(|&r| heavy[r])
        .flat_map_iter(|r| {
            let mut stacks = chords::stacks(&t.plane, inside[r].iter().copied(), limit);
            chords::chords(&t.plane, r as u32, spans[r], &mut stacks, limit)
        })
        .collect();
    let pieces = refine(t, &state, &heavy, &lines, limit, findings);
    let divided = pieces.mesh.divide(&[]);
    let (face, _) = loads(t, &divided);
    let cut = heavy.iter().filter(|h| **h).count();
    if cut > 0 {
        let message = format!(
            "cut into compact pieces between their points, being heavier than split_above allows even after minor ways: {cut} units"
        );
        findings.push(Finding::new(Severity::Info, "units-cut-straight", message).measured(cut as f64));
    }
    (pieces, face.iter().map(|&f| divided.parent[f as usize]).collect())
}

/// Numbers units, measures borders, hands points to units.
fn assemble(t: &Territory, state: State, point_region: &[u32], pieces: usize, mut findings: Vec<Finding>) -> Fabric {
    let sides: Vec<_> = state.mesh.edges.iter().map(|e| (e.a, e.b, e.left, e.right)).collect();
    let mut polygons = rings::polygons(&sides, state.mesh.regions);
    let areas = state.mesh.areas2();
    let inner: Vec<Pt> = polygons.par_iter().map(|p| p.first().map_or(Pt::default(), rings::inner_point)).collect();
    let mut order: Vec<u32> = (1..state.mesh.regions as u32).collect();
    order.sort_by_key(|&r| (state.division[r as usize], inner[r as usize], r));
    let mut unit = vec![None; state.mesh.regions];
    let mut units = Vec::with_capacity(order.len());
    let mut keys: BTreeMap<String, u32> = BTreeMap::new();
    for (i, &r) in order.iter().enumerate() {
        let r = r as usize;
        unit[r] = Some(UnitId::new(i));
        let (division, p) = (state.division[r], inner[r]);
        let [lon, lat] = p.lon_lat();
        let mut key = format!("{}/{:.6},{:.6}", t.division(division).id, lon, lat);
        let twins = keys.entry(key.clone()).or_default();
        *twins += 1;
        if *twins > 1 {
            key = format!("{key}~{twins}");
        }
        // a region is connected through edges, so it has one outer ring
        let rings = polygons[r].drain(..).next().unwrap_or_default();
        let area_m2 = t.plane.area_m2(areas[r]);
        units.push(Unit { key, division, piece: state.piece[r] - 1, rings, area_m2, load: Load::ZERO, balanced: Load::ZERO, inner: p });
    }
    let unit_of_point: Vec<Option<UnitId>> = point_region.iter().map(|&r| unit[r as usize]).collect();
    for (p, u) in t.points.iter().zip(&unit_of_point) {
        if let Some(u) = u {
            units[u.at()].load += p.load;
            units[u.at()].balanced += t.balanced(p);
        }
    }
    let mut edges: Vec<FabricEdge> = state
        .mesh
        .edges
        .iter()
        .map(|e| FabricEdge { a: e.a, b: e.b, left: unit[e.left as usize], right: unit[e.right as usize], class: e.class })
        .collect();
    edges.sort_unstable_by_key(|e| (e.a, e.b));
    tell_points(t, &unit_of_point, &mut findings);
    tell_heavy(t, &units, &unit_of_point, &mut findings);
    Fabric { borders: borders(t, &edges), units, edges, unit_of_point, pieces, findings }
}

/// Share of its length that a border costs: little along a strong barrier, more than all of it where nothing is.
fn discount(t: &Territory, class: u16) -> f64 {
    let c = &t.classes[class as usize];
    if c.layer == BarrierLayer::None { 1.25 } else { (1.0 - 0.85 * c.strength as f64 / 100.0).max(0.15) }
}

/// A barrier is that of a whole border when it runs along this share of it: at a corner a border touches the stronger street it ends in.
const ALONG: f64 = 0.25;

/// Cost of a border, and its length by class.
type Along = (f64, BTreeMap<u16, f64>);

fn borders(t: &Territory, edges: &[FabricEdge]) -> Vec<Border> {
    let mut sums: BTreeMap<(UnitId, Option<UnitId>), Along> = BTreeMap::new();
    for e in edges {
        let (a, b) = match (e.left, e.right) {
            (Some(l), Some(r)) => (l.min(r), Some(l.max(r))),
            (Some(u), None) | (None, Some(u)) => (u, None),
            (None, None) => continue,
        };
        let length = t.plane.distance_m(e.a, e.b);
        let s = sums.entry((a, b)).or_default();
        s.0 += length * discount(t, e.class);
        *s.1.entry(e.class).or_default() += length;
    }
    let border = |((a, b), (cost, along)): ((UnitId, Option<UnitId>), Along)| {
        let length_m: f64 = along.values().sum();
        let strong = along.iter().rev().find(|(_, l)| **l >= ALONG * length_m);
        Border { a, b, length_m, class: strong.map_or(0, |(c, _)| *c), cost: (cost * 1000.0).round().max(1.0) as u64 }
    };
    sums.into_iter().map(border).collect()
}

/// Points named one by one; the rest are told in sum.
const NAMED: usize = 50;

fn tell_points(t: &Territory, unit_of_point: &[Option<UnitId>], findings: &mut Vec<Finding>) {
    let outside: Vec<_> = t.points.iter().zip(unit_of_point).filter(|(_, u)| u.is_none()).map(|(p, _)| p).collect();
    for p in outside.iter().take(NAMED) {
        let message =
            format!("the point (load {}) lies in no division; it is attached to the nearest grid or left out of the balance", p.load);
        findings.push(Finding::new(Severity::Warning, "point-outside", message).id(&p.id).at(p.at.lon_lat()).measured(p.load.units()));
    }
    if outside.len() > NAMED {
        let rest: Load = outside[NAMED..].iter().map(|p| p.load).sum();
        let message = format!("{} more points with load {rest} lie in no division", outside.len() - NAMED);
        findings.push(Finding::new(Severity::Warning, "point-outside", message).measured((outside.len() - NAMED) as f64));
    }
}

/// Stacked points and units that nothing can split.
fn tell_heavy(t: &Territory, units: &[Unit], unit_of_point: &[Option<UnitId>], findings: &mut Vec<Finding>) {
    let mut at: BTreeMap<Pt, (Load, Load, usize)> = BTreeMap::new();
    for (p, u) in t.points.iter().zip(unit_of_point) {
        if u.is_some() && p.load > Load::ZERO {
            let s = at.entry(p.at).or_default();
            *s = (s.0 + p.load, s.1 + t.balanced(p), s.2 + 1);
        }
    }
    let stacked = at.values().filter(|s| s.2 > 1);
    let (positions, points) = stacked.fold((0, 0), |(n, k), s| (n + 1, k + s.2));
    if positions > 0 {
        let message = format!("points that share their position stay together: {points} points on {positions} positions");
        findings.push(Finding::new(Severity::Info, "points-stacked", message).measured(positions as f64));
    }
    for (p, (load, balanced, count)) in &at {
        if balanced.0 * 2 > t.base.0 {
            let message = format!(
                "{count} points with load {load} on one position cannot be cut apart; split them by entrance or floor if they must be"
            );
            findings.push(
                Finding::new(Severity::Warning, "stack-heavy", message)
                    .at(p.lon_lat())
                    .measured(load.units())
                    .limit(t.settlements[0].target.units()),
            );
        }
    }
    for u in units {
        if u.balanced > t.base {
            let message =
                format!("the unit carries {:.0} % of a grid and could not be split further", 100.0 * u.balanced.0 as f64 / t.base.0 as f64);
            findings.push(
                Finding::new(Severity::Warning, "unit-heavier-than-grid", message)
                    .id(&u.key)
                    .at(u.inner.lon_lat())
                    .measured(u.load.units()),
            );
        }
    }
}
