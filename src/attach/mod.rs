//! Attachment of entities to grids, with the rule that decided and its evidence.

mod halls;
mod kinds;

pub use halls::{GridHalls, halls};
pub use kinds::{characters, class_counts};

use crate::cut::Fabric;
use crate::measure::GridId;
use crate::recipe::Recipe;
use crate::territory::Territory;
use crate::territory::lattice::Pt;
use rayon::prelude::*;
use rstar::{AABB, PointDistance, RTree, RTreeObject};
use serde::{Deserialize, Serialize};

/// The rule that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// The entity lies in the grid.
    Location,
    /// The entity lies outside the territory, this grid is the nearest.
    Nearest,
    /// No grid is near enough; the entity has none and is told.
    Unassigned,
}

impl Rule {
    /// As written in `attachments.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Location => "location",
            Rule::Nearest => "nearest",
            Rule::Unassigned => "unassigned",
        }
    }
}

/// Entity → grid, in the order of the territory's points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attachment {
    /// Its grid; `None` only for [`Rule::Unassigned`].
    pub grid: Option<GridId>,
    /// The rule that decided.
    pub rule: Rule,
    /// Distance to the nearest border of a grid in metres, the margin of the decision; NaN where there is no grid.
    pub distance_m: f64,
    /// Grid on the other side of that border.
    pub runner_up: Option<GridId>,
}

#[derive(Clone, Copy)]
struct Side {
    a: [f64; 2],
    b: [f64; 2],
    grids: [Option<GridId>; 2],
}

impl RTreeObject for Side {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.a, self.b)
    }
}

impl PointDistance for Side {
    fn distance_2(&self, p: &[f64; 2]) -> f64 {
        let d = [self.b[0] - self.a[0], self.b[1] - self.a[1]];
        let q = [p[0] - self.a[0], p[1] - self.a[1]];
        let len2 = d[0] * d[0] + d[1] * d[1];
        let t = if len2 > 0.0 { ((q[0] * d[0] + q[1] * d[1]) / len2).clamp(0.0, 1.0) } else { 0.0 };
        (q[0] - t * d[0]).powi(2) + (q[1] - t * d[1]).powi(2)
    }
}

/// Attaches every point by location; those outside go to the nearest grid within `attach.nearest_m` (R14).
/// O(log n) per point.
pub fn attach(territory: &Territory, fabric: &Fabric, grid_of_unit: &[GridId], recipe: &Recipe) -> Vec<Attachment> {
    let plane = &territory.plane;
    let grid = |u: Option<crate::measure::UnitId>| u.map(|u| grid_of_unit[u.at()]);
    let sides = fabric.edges.iter().filter_map(|e| {
        let grids = [grid(e.left), grid(e.right)];
        (grids[0] != grids[1]).then(|| Side { a: plane.metres(e.a), b: plane.metres(e.b), grids })
    });
    let tree = RTree::bulk_load(sides.collect());
    let nearest = |p: Pt| {
        // of equally near borders the one with the lowest grids, so that the order in the tree does not matter
        let mut found = tree.nearest_neighbor_iter_with_distance_2(&plane.metres(p));
        let (first, d2) = found.next()?;
        let best = found.take_while(|(_, d)| *d <= d2).map(|(s, _)| s).chain([first]).min_by_key(|s| s.grids)?;
        Some((best.grids, d2.sqrt()))
    };
    let one = |(p, unit): (&crate::territory::DemandPoint, &Option<crate::measure::UnitId>)| {
        let near = nearest(p.at);
        let distance_m = near.map_or(f64::NAN, |n| n.1);
        match (grid(*unit), near) {
            (Some(g), near) => {
                let other = near.and_then(|n| n.0.into_iter().flatten().find(|&o| o != g));
                Attachment { grid: Some(g), rule: Rule::Location, distance_m, runner_up: other }
            }
            (None, Some((grids, d))) if d <= recipe.attach.nearest_m => {
                Attachment { grid: grids.into_iter().flatten().next(), rule: Rule::Nearest, distance_m, runner_up: None }
            }
            (None, _) => Attachment { grid: None, rule: Rule::Unassigned, distance_m, runner_up: None },
        }
    };
    territory.points.par_iter().zip(&fabric.unit_of_point).map(one).collect()
}
