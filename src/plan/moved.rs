//! Land whose grid is another one than in the plan before, for the map.

use super::Plan;
use super::boxes::Boxes;
use crate::cut::rings;
use crate::territory::lattice::{Plane, Pt, Rings};
use geo::{Area, BooleanOps, BoundingRect, Line, LineString, MultiPolygon, Polygon};
use rayon::prelude::*;
use rstar::RTree;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Land that went from one grid to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovedLand {
    /// Id of its grid before; none for land that was in none.
    pub from: Option<String>,
    /// Id of its grid now.
    pub to: String,
    /// Load on it now.
    pub households: f64,
    /// Area, m².
    pub area_m2: f64,
    /// Why it moved, where that is known.
    pub why: String,
    /// The land, longitude and latitude.
    pub land: MultiPolygon<f64>,
}

/// Units of `new` whose grid in `old` has another id, by pair of grids. `reasons` says of units, by their keys, why they moved.
///
/// The plans may have different units: one of the same key and area is the same, another one was in the old grid that has most of its land. Near-linear in
/// positions, with the overlay of every unit that is not in the old plan with the old grids whose boxes it meets.
pub fn moved_land(old: &Plan, new: &Plan, reasons: &BTreeMap<String, String>) -> Vec<MovedLand> {
    let was = former_grids(old, new);
    let units = &new.fabric.units;
    let id = |grid: Option<u32>| grid.map(|g| old.grids[g as usize].grid_id.as_str());
    let pair = |u: usize| (id(was[u]), new.grids[units[u].grid as usize].grid_id.as_str());
    let pairs: BTreeSet<(Option<&str>, &str)> = (0..units.len()).map(pair).filter(|(from, to)| *from != Some(*to)).collect();
    let label: BTreeMap<(Option<&str>, &str), u32> = pairs.iter().zip(1..).map(|(p, n)| (*p, n)).collect();
    let of_unit: Vec<u32> = (0..units.len()).map(|u| label.get(&pair(u)).copied().unwrap_or(0)).collect();
    let land = rings::polygons(&new.sides(|u| of_unit[u as usize]), label.len() + 1).split_off(1);
    let blank = |((from, to), land): (&(Option<&str>, &str), Vec<Rings>)| MovedLand {
        from: from.map(str::to_string),
        to: to.to_string(),
        households: 0.0,
        area_m2: 0.0,
        why: String::new(),
        land: degrees(&land),
    };
    let mut out: Vec<MovedLand> = pairs.iter().zip(land).map(blank).collect();
    let mut why: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); out.len()];
    for (u, n) in units.iter().zip(&of_unit) {
        let Some(at) = n.checked_sub(1).map(|n| n as usize) else { continue };
        out[at].households += u.households;
        out[at].area_m2 += u.area_m2;
        why[at].extend(reasons.get(&u.key).map(String::as_str));
    }
    for (piece, why) in out.iter_mut().zip(why) {
        piece.why = why.into_iter().collect::<Vec<_>>().join("; ");
    }
    out
}

/// The old grid of every new unit.
fn former_grids(old: &Plan, new: &Plan) -> Vec<Option<u32>> {
    let known: BTreeMap<&str, (u32, f64)> = old.fabric.units.iter().map(|u| (u.key.as_str(), (u.grid, u.area_m2))).collect();
    let same = |u: &super::PlanUnit| known.get(u.key.as_str()).filter(|k| (k.1 - u.area_m2).abs() <= 1e-6 * u.area_m2).map(|k| k.0);
    let mut was: Vec<Option<u32>> = new.fabric.units.iter().map(same).collect();
    let open: Vec<usize> = (0..was.len()).filter(|&u| was[u].is_none()).collect();
    if open.is_empty() {
        return was;
    }
    let mut label = vec![0; was.len()];
    open.iter().zip(1..).for_each(|(&u, n)| label[u] = n);
    let land = rings::polygons(&new.sides(|u| label[u as usize]), open.len() + 1).split_off(1);
    let grids: Vec<MultiPolygon<f64>> = old.grid_land().iter().map(|l| degrees(l)).collect();
    let boxes = Boxes::new(grids.iter());
    let grid = |land: &Vec<Rings>| {
        let land = degrees(land);
        let near = boxes.meeting(land.bounding_rect()).into_iter();
        let mut shares: Vec<(usize, f64)> = near.map(|g| (g, grids[g].intersection(&land).unsigned_area())).collect();
        // of equal ones the first grid, and none where most of the land was in none
        shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let inside: f64 = shares.iter().map(|s| s.1).sum();
        shares.first().filter(|_| 2.0 * inside > land.unsigned_area()).map(|s| s.0 as u32)
    };
    let found: Vec<Option<u32>> = land.par_iter().map(grid).collect();
    open.into_iter().zip(found).for_each(|(u, g)| was[u] = g);
    was
}

fn degrees(land: &[Rings]) -> MultiPolygon<f64> {
    let ring = |r: &Vec<Pt>| LineString::from_iter(r.iter().chain(r.first()).map(|p| p.lon_lat()));
    let polygon = |rings: &Rings| {
        let mut rings = rings.iter().map(ring);
        Polygon::new(rings.next().unwrap_or(LineString::new(Vec::new())), rings.collect())
    };
    MultiPolygon(land.iter().map(polygon).collect())
}

/// Pieces of border this near to a border after are the same border, m.
const SAME_M: f64 = 0.5;

/// The borders of `before` that are no borders `after`, given as pieces in any order: as lines, each once and as long as no other joins it. A piece whose
/// ends and middle lie within 0.5 m of borders after is one of them. O(n log n).
pub fn former_borders(before: Vec<(Pt, Pt)>, after: Vec<(Pt, Pt)>, plane: &Plane) -> Vec<Vec<Pt>> {
    let direct = |(a, b): (Pt, Pt)| if a < b { (a, b) } else { (b, a) };
    let now: BTreeSet<(Pt, Pt)> = after.into_iter().map(direct).collect();
    let tree = RTree::bulk_load(now.iter().map(|(a, b)| Line::new(plane.metres(*a), plane.metres(*b))).collect());
    let on = |p: Pt| tree.locate_within_distance(plane.metres(p).into(), SAME_M * SAME_M).next().is_some();
    let middle = |a: Pt, b: Pt| Pt { x: a.x + (b.x - a.x) / 2, y: a.y + (b.y - a.y) / 2 };
    let stays = |p: &(Pt, Pt)| now.contains(p) || [p.0, middle(p.0, p.1), p.1].into_iter().all(on);
    let pieces: BTreeSet<(Pt, Pt)> = before.into_iter().map(direct).filter(|p| p.0 != p.1).collect();
    let pieces: Vec<(Pt, Pt)> = pieces.into_iter().collect::<Vec<_>>().into_par_iter().filter(|p| !stays(p)).collect();
    lines(&pieces)
}

/// Lines of pieces, from one end or junction to the next.
fn lines(pieces: &[(Pt, Pt)]) -> Vec<Vec<Pt>> {
    let mut at: BTreeMap<Pt, Vec<usize>> = BTreeMap::new();
    for (i, (a, b)) in pieces.iter().enumerate() {
        at.entry(*a).or_default().push(i);
        at.entry(*b).or_default().push(i);
    }
    let mut used = vec![false; pieces.len()];
    let mut lines = Vec::new();
    // ends and junctions first, then what is closed
    let starts = at.iter().filter(|(_, p)| p.len() != 2).chain(at.iter().filter(|(_, p)| p.len() == 2));
    for (&start, around) in starts {
        for &first in around {
            if used[first] {
                continue;
            }
            let (mut line, mut piece) = (vec![start], first);
            loop {
                used[piece] = true;
                let (a, b) = pieces[piece];
                let end = if a == line[line.len() - 1] { b } else { a };
                line.push(end);
                match at[&end].as_slice() {
                    [x, y] if !used[*x] || !used[*y] => piece = if used[*x] { *y } else { *x },
                    _ => break,
                }
            }
            lines.push(line);
        }
    }
    lines
}

impl Plan {
    /// Pieces of the borders of its grids.
    pub fn grid_borders(&self) -> Vec<(Pt, Pt)> {
        self.sides(|u| self.fabric.units[u as usize].grid + 1).into_iter().map(|(a, b, ..)| (a, b)).collect()
    }
}
