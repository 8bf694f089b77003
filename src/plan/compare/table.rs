//! How much of every grid lies in which grid of the other plan.

use super::land::Cell;
use crate::measure::Load;
use std::collections::BTreeMap;

/// What a grid has, or two grids share.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sum {
    pub load: Load,
    pub area_m2: f64,
}

/// What two grids share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shared {
    pub before: usize,
    pub after: usize,
    pub load: Load,
    pub area_m2: f64,
}

/// The overlap of two plans.
pub(super) struct Table {
    /// Sums of the grids before.
    pub before: Vec<Sum>,
    /// Sums of the grids after.
    pub after: Vec<Sum>,
    /// Pairs that share load or land, by position before, then after.
    pub cells: Vec<Shared>,
}

impl Table {
    /// From land laid over one another and points with their grids on both sides. O(n log n).
    pub fn new(area_before: &[f64], area_after: &[f64], land: &[Cell], points: &[(Option<usize>, Option<usize>, Load)]) -> Table {
        let empty = |areas: &[f64]| areas.iter().map(|&area_m2| Sum { area_m2, load: Load::ZERO }).collect::<Vec<_>>();
        let (mut before, mut after) = (empty(area_before), empty(area_after));
        let mut cells: BTreeMap<(usize, usize), Sum> =
            land.iter().map(|c| ((c.before, c.after), Sum { area_m2: c.area_m2, load: Load::ZERO })).collect();
        for &(i, j, load) in points {
            if let Some(i) = i {
                before[i].load += load;
            }
            if let Some(j) = j {
                after[j].load += load;
            }
            if let Some(pair) = i.zip(j).filter(|_| load > Load::ZERO) {
                cells.entry(pair).or_default().load += load;
            }
        }
        let shared = |((before, after), s): ((usize, usize), Sum)| Shared { before, after, load: s.load, area_m2: s.area_m2 };
        Table { before, after, cells: cells.into_iter().map(shared).collect() }
    }

    /// Share of the load of the grid before, of its land where it has no load.
    pub fn share_of_before(&self, c: &Shared) -> f64 {
        share(c, &self.before[c.before])
    }

    /// Share of the load of the grid after, of its land where it has no load.
    pub fn share_of_after(&self, c: &Shared) -> f64 {
        share(c, &self.after[c.after])
    }

    /// Load and land of all cells that `wanted` admits.
    pub fn sum(&self, wanted: impl Fn(&Shared) -> bool) -> Sum {
        let add = |s: Sum, c: &Shared| Sum { load: s.load + c.load, area_m2: s.area_m2 + c.area_m2 };
        self.cells.iter().filter(|c| wanted(c)).fold(Sum::default(), add)
    }

    /// What the grids have beyond `cells`: before, and after.
    pub fn rest(&self) -> (Vec<Sum>, Vec<Sum>) {
        let (mut before, mut after) = (self.before.clone(), self.after.clone());
        for c in &self.cells {
            for s in [&mut before[c.before], &mut after[c.after]] {
                s.load -= c.load;
                s.area_m2 -= c.area_m2;
            }
        }
        (before, after)
    }
}

fn share(c: &Shared, of: &Sum) -> f64 {
    if of.load > Load::ZERO { c.load.0 as f64 / of.load.0 as f64 } else { c.area_m2 / of.area_m2.max(f64::MIN_POSITIVE) }
}
