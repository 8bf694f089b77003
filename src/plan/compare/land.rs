//! The land of two plans laid over one another, and what is amiss in it.

use super::super::boxes::Boxes;
use super::super::check::{AREA_SHARE, PART_M2, mended, united};
use crate::finding::{Finding, Severity};
use crate::plan::GridAsFound;
use crate::territory::lattice::{Plane, Pt};
use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::{Area, BooleanOps, BoundingRect, Coord, MapCoords, MultiPolygon};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Findings of one kind named one by one.
const NAMED: usize = 50;
/// A point on a border is looked for this far above it, and half as far to the east, degrees: two steps of the lattice.
const NUDGE: f64 = 2e-9;

/// The grids of one plan, indexed.
pub(super) struct Land<'a> {
    pub grids: &'a [GridAsFound],
    /// Which plan it is, in words.
    pub which: &'static str,
    /// Metres, valid.
    pub land: Vec<MultiPolygon<f64>>,
    pub area_m2: Vec<f64>,
    boxes: Boxes,
    degrees: Boxes,
}

/// Where a point lies.
pub(super) struct Place {
    pub grid: Option<usize>,
    /// Inside more than one.
    pub doubled: bool,
}

/// What two grids share.
pub(super) struct Cell {
    pub before: usize,
    pub after: usize,
    pub area_m2: f64,
    /// Metres.
    pub land: MultiPolygon<f64>,
}

impl<'a> Land<'a> {
    /// Indexes grids; land that crosses itself is mended and told (`geometry-invalid`). O(n log n) for n positions.
    pub fn new(grids: &'a [GridAsFound], which: &'static str, plane: &Plane, findings: &mut Vec<Finding>) -> Land<'a> {
        let mended: Vec<(MultiPolygon<f64>, Option<String>)> = grids.par_iter().map(|g| mended(&g.land, plane)).collect();
        let faults = grids.iter().zip(&mended).filter_map(|(g, m)| Some((g, m.1.as_ref()?)));
        findings.extend(faults.take(NAMED).map(|(g, fault)| {
            let message = format!("plan {which}: {fault}; the grid was taken as the union of its polygons");
            let finding = Finding::new(Severity::Warning, "geometry-invalid", message).id(&g.grid_id);
            Finding { place: g.land.bounding_rect().map(|r| r.center().into()), ..finding }
        }));
        let land: Vec<MultiPolygon<f64>> = mended.into_iter().map(|m| m.0).collect();
        let area_m2 = land.iter().map(|l| l.unsigned_area()).collect();
        let (boxes, degrees) = (Boxes::new(land.iter()), Boxes::new(grids.iter().map(|g| &g.land)));
        Land { grids, which, land, area_m2, boxes, degrees }
    }

    /// The grid at a place. On a border it is the one above, on a vertical one that to the east; where that is outside, or where several
    /// overlap, the first. O(log n + v) for v positions of the grids around.
    pub fn at(&self, p: Pt) -> Place {
        let [x, y] = p.lon_lat();
        let near = self.degrees.around([x, y]);
        let is = |g: usize, dx: f64, dy: f64, wanted: CoordPos| {
            let at = Coord { x: x + dx * NUDGE, y: y + dy * NUDGE };
            self.grids[g].land.coordinate_position(&at) == wanted
        };
        let inside: Vec<usize> = near.iter().copied().filter(|&g| is(g, 0.0, 0.0, CoordPos::Inside)).collect();
        if let [grid] = inside[..] {
            return Place { grid: Some(grid), doubled: false };
        }
        // a border with rounded positions is no overlap
        let deep = |g: &usize| [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)].iter().all(|d| is(*g, d.0, d.1, CoordPos::Inside));
        if inside.iter().filter(|g| deep(g)).count() > 1 {
            return Place { grid: inside.first().copied(), doubled: true };
        }
        let above = near.iter().copied().find(|&g| is(g, 0.5, 1.0, CoordPos::Inside));
        let on = || near.iter().copied().find(|&g| is(g, 0.0, 0.0, CoordPos::OnBoundary));
        Place { grid: above.or_else(|| inside.first().copied()).or_else(on), doubled: false }
    }

    /// Grids whose boxes meet that of some land.
    fn near(&self, land: &MultiPolygon<f64>) -> Vec<usize> {
        self.boxes.meeting(land.bounding_rect())
    }

    fn limit_m2(&self, grid: usize) -> f64 {
        PART_M2.max(AREA_SHARE * self.area_m2[grid])
    }
}

/// Degrees of positions in metres.
pub(super) fn degrees(land: &MultiPolygon<f64>, plane: &Plane) -> MultiPolygon<f64> {
    land.map_coords(|c| Coord { x: c.x / plane.metres_per_lon + plane.lon0, y: c.y / plane.metres_per_lat + plane.lat0 })
}

fn pieces(land: MultiPolygon<f64>) -> MultiPolygon<f64> {
    MultiPolygon(land.into_iter().filter(|p| p.unsigned_area() > PART_M2).collect())
}

/// What the grids of two plans share, by position before, then after; pieces up to 1 m² are left out. O(n log n + k·v log v) for k pairs whose boxes
/// meet and v positions of each.
pub(super) fn overlay(before: &Land<'_>, after: &Land<'_>) -> Vec<Cell> {
    let row = |i: usize| {
        let cell = |j: usize| {
            let land = pieces(before.land[i].intersection(&after.land[j]));
            Cell { before: i, after: j, area_m2: land.unsigned_area(), land }
        };
        after.near(&before.land[i]).into_iter().map(cell).filter(|c| c.area_m2 > 0.0).collect::<Vec<_>>()
    };
    (0..before.land.len()).into_par_iter().flat_map_iter(row).collect()
}

/// Land of `own` that lies in no grid of `other`, by grid; told as `land-in-one-plan`. Only grids whose land does not add up are looked at.
pub(super) fn alone(
    own: &Land<'_>,
    other: &Land<'_>,
    shared_m2: &[f64],
    plane: &Plane,
    findings: &mut Vec<Finding>,
) -> Vec<(usize, MultiPolygon<f64>)> {
    let rest = |i: usize| {
        let around: Vec<&MultiPolygon<f64>> = other.near(&own.land[i]).into_iter().map(|j| &other.land[j]).collect();
        (i, pieces(own.land[i].difference(&united(&around))))
    };
    let short: Vec<usize> = (0..own.land.len()).filter(|&i| own.area_m2[i] - shared_m2[i] > own.limit_m2(i)).collect();
    let found: Vec<(usize, MultiPolygon<f64>)> = short.into_par_iter().map(rest).filter(|(_, land)| !land.0.is_empty()).collect();
    for (i, land) in found.iter().take(NAMED) {
        let m2 = land.unsigned_area();
        let message = format!("{m2:.1} m² of the plan {} lie in no grid of the plan {}", own.which, other.which);
        let finding =
            Finding::new(Severity::Warning, "land-in-one-plan", message).id(&own.grids[*i].grid_id).measured(m2).limit(own.limit_m2(*i));
        findings.push(Finding { place: place(land, plane), ..finding });
    }
    found
}

/// Tells pairs of grids of `own` that overlap (`grids-overlap`) inside grids of the other plan whose land is counted more than once.
pub(super) fn doubled(
    own: &Land<'_>,
    other: &Land<'_>,
    cells: &[(usize, usize)],
    shared_m2: &[f64],
    plane: &Plane,
    findings: &mut Vec<Finding>,
) {
    let over: BTreeSet<usize> = (0..other.land.len()).filter(|&j| shared_m2[j] - other.area_m2[j] > other.limit_m2(j)).collect();
    let there: Vec<(usize, usize)> = cells.iter().copied().filter(|(_, j)| over.contains(j)).collect();
    let mut inside: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    there.iter().for_each(|&(i, j)| inside.entry(j).or_default().push(i));
    let pairs = inside.values().flat_map(|all| all.iter().flat_map(|&a| all.iter().filter(move |b| a < **b).map(move |&b| (a, b))));
    let pairs: Vec<(usize, usize)> = pairs.collect::<BTreeSet<_>>().into_iter().collect();
    let both = |&(a, b): &(usize, usize)| (a, b, pieces(own.land[a].intersection(&own.land[b])));
    let found: Vec<(usize, usize, MultiPolygon<f64>)> = pairs.par_iter().map(both).filter(|f| !f.2.0.is_empty()).collect();
    for (a, b, land) in found.iter().take(NAMED) {
        let m2 = land.unsigned_area();
        let message = format!("{m2:.1} m² of the plan {} belong to grid {} as well and count twice", own.which, own.grids[*b].grid_id);
        let finding = Finding::new(Severity::Warning, "grids-overlap", message).id(&own.grids[*a].grid_id).measured(m2).limit(PART_M2);
        findings.push(Finding { place: place(land, plane), ..finding });
    }
}

/// The middle of the box of the largest piece, degrees.
fn place(land: &MultiPolygon<f64>, plane: &Plane) -> Option<[f64; 2]> {
    let largest = land.iter().max_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()))?;
    let c = degrees(&MultiPolygon(vec![largest.clone()]), plane).bounding_rect()?.center();
    Some([c.x, c.y])
}
