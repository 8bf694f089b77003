//! Where the grids lie: the grid at a place, and the nearest border.

use crate::cut::Labels;
use crate::measure::GridId;
use crate::territory::lattice::{Plane, Pt};
use rstar::{AABB, PointDistance, RTree, RTreeObject};
use serde::{Deserialize, Serialize};

/// A piece of border between two grids, or of a grid and outside.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Border {
    /// One end.
    pub a: Pt,
    /// The other.
    pub b: Pt,
    /// Grid on the left of the way from `a` to `b`; none outside.
    pub left: Option<GridId>,
    /// Grid on the right.
    pub right: Option<GridId>,
}

/// A border in metres.
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

/// The nearest border of a place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nearest {
    /// Grids on its two sides, one of them at least.
    pub grids: [Option<GridId>; 2],
    /// Distance, metres.
    pub distance_m: f64,
}

impl Nearest {
    /// The grid beyond it, seen from `own`.
    pub fn beyond(&self, own: GridId) -> Option<GridId> {
        self.grids.into_iter().flatten().find(|g| *g != own)
    }
}

/// Borders of grids, indexed. Reading takes no lock.
pub struct Land {
    plane: Plane,
    labels: Labels<GridId>,
    tree: RTree<Side>,
}

impl Land {
    /// Indexes borders; those with the same grid on both sides do not matter. O(n log n) for n borders.
    pub fn new(plane: Plane, borders: impl Iterator<Item = Border>) -> Land {
        let between: Vec<Border> = borders.filter(|b| b.left != b.right && b.a != b.b).collect();
        let side = |b: &Border| Side { a: plane.metres(b.a), b: plane.metres(b.b), grids: [b.left, b.right] };
        let tree = RTree::bulk_load(between.iter().map(side).collect());
        let labels = Labels::new(between.into_iter().map(|b| (b.a, b.b, [b.left, b.right])));
        Land { plane, labels, tree }
    }

    /// The plane in which distances are taken.
    pub fn plane(&self) -> &Plane {
        &self.plane
    }

    /// The grid at a place, see [`Labels::at`].
    pub fn grid_at(&self, p: Pt) -> Option<GridId> {
        self.labels.at(p)
    }

    /// The nearest border, of equally near ones the one with the lowest grids. O(log n).
    pub fn nearest(&self, p: Pt) -> Option<Nearest> {
        // so that the order in the tree does not matter
        let mut found = self.tree.nearest_neighbor_iter_with_distance_2(&self.plane.metres(p));
        let (first, d2) = found.next()?;
        let grids = found.take_while(|(_, d)| *d <= d2).map(|(s, _)| s).chain([first]).map(|s| s.grids).min()?;
        Some(Nearest { grids, distance_m: d2.sqrt() })
    }

    /// The grid nearest to a place outside all, if it is within this distance in metres. O(log n).
    pub fn nearest_grid(&self, p: Pt, within_m: f64) -> Option<GridId> {
        self.nearest(p).filter(|n| n.distance_m <= within_m)?.grids.into_iter().flatten().next()
    }

    /// Whichever of `grids` comes nearest to a place; it is the one that it lies in, if that is among them. O(k log n) for k borders
    /// that are nearer.
    pub fn nearest_of(&self, p: Pt, grids: &[GridId]) -> Option<GridId> {
        let wanted = |g: &Option<GridId>| g.filter(|g| grids.contains(g));
        if let Some(own) = wanted(&self.grid_at(p)) {
            return Some(own);
        }
        let mut found = self.tree.nearest_neighbor_iter_with_distance_2(&self.plane.metres(p));
        let of = |s: &Side| s.grids.iter().filter_map(wanted).min();
        let (first, d2) = found.by_ref().find_map(|(s, d2)| Some((of(s)?, d2)))?;
        found.take_while(|(_, d)| *d <= d2).filter_map(|(s, _)| of(s)).chain([first]).min()
    }
}
