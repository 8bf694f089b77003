//! Where the grids lie: the grid at a place, and the nearest border.

use super::nearest::{Side, Sides};
use crate::cut::Labels;
use crate::measure::GridId;
use crate::territory::lattice::{Plane, Pt};
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

impl Border {
    /// Whether it has two ends and not the same on both sides.
    fn parts(&self) -> bool {
        self.left != self.right && self.a != self.b
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

/// Borders of grids by place: which is the nearest.
pub(super) struct Borders {
    plane: Plane,
    sides: Sides,
}

impl Borders {
    /// Of borders between two grids. O(n log n) for n borders.
    pub fn new(plane: Plane, between: impl Iterator<Item = Border>) -> Borders {
        let side = |b: Border| Side { a: plane.metres(b.a), b: plane.metres(b.b), grids: [b.left, b.right] };
        Borders { plane, sides: Sides::new(between.filter(Border::parts).map(side).collect()) }
    }

    /// The nearest border of every one of some places that are best close together, of equally near ones the one with the lowest grids; `near` as in
    /// [`Sides::nearest`]. O(log n) each.
    pub fn nearest_each(&self, places: impl Iterator<Item = Pt>, near: &mut usize) -> Vec<Option<Nearest>> {
        let places: Vec<[f64; 2]> = places.map(|p| self.plane.metres(p)).collect();
        let found = self.sides.nearest_each(&places, near, |s| Some(s.grids));
        found.into_iter().map(|found| found.map(|(d2, grids)| Nearest { grids, distance_m: d2.sqrt() })).collect()
    }
}

/// Land of grids, indexed by its borders. Reading takes no lock.
pub struct Land {
    borders: Borders,
    labels: Labels<GridId>,
}

impl Land {
    /// Indexes borders; those with the same grid on both sides do not matter. O(n log n) for n borders.
    pub fn new(plane: Plane, borders: impl Iterator<Item = Border>) -> Land {
        let between: Vec<Border> = borders.filter(Border::parts).collect();
        let labels = Labels::new(between.iter().map(|b| (b.a, b.b, [b.left, b.right])));
        Land { borders: Borders::new(plane, between.into_iter()), labels }
    }

    /// The plane in which distances are taken.
    pub fn plane(&self) -> &Plane {
        &self.borders.plane
    }

    /// The grid at a place, see [`Labels::at`].
    pub fn grid_at(&self, p: Pt) -> Option<GridId> {
        self.labels.at(p)
    }

    /// The nearest border, of equally near ones the one with the lowest grids. O(log n).
    pub fn nearest(&self, p: Pt) -> Option<Nearest> {
        self.borders.nearest_each(std::iter::once(p), &mut 0).pop()?
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
        let of = |s: &Side| s.grids.iter().filter_map(wanted).min();
        Some(self.borders.sides.nearest(self.borders.plane.metres(p), &mut 0, of)?.1)
    }
}
