//! Balance and shape of one plan, measured alike for both.

use super::land::Land;
use super::table::Sum;
use crate::measure::Load;
use crate::plan::check::PART_M2;
use crate::recipe::ORDINARY;
use geo::{Area, Euclidean, Length};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Figures of a plan. Dedicated grids are as large as what they are for and count for shape alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Grids.
    pub grids: u32,
    /// Grids that are meant to have the target's load.
    pub ordinary: u32,
    /// Load in grids.
    pub households: f64,
    /// Area of the grids, m².
    pub area_m2: f64,
    /// Whether grids say their targets; else the mean of the ordinary grids is taken for it.
    pub own_targets: bool,
    /// Ordinary grids within the tolerance; none where nothing is known of loads.
    pub in_band: Option<u32>,
    /// Largest deviation of an ordinary grid from its target, a share.
    pub largest_deviation: Option<f64>,
    /// Standard deviation of the loads of ordinary grids over their mean.
    pub coefficient_of_variation: Option<f64>,
    /// Polsby–Popper, of polygons as they were read.
    pub compactness_median: f64,
    /// Grids in several parts of more than 1 m².
    pub in_several_parts: u32,
    /// Mean share of borders along barriers, where grids say it.
    pub barrier_share_mean: Option<f64>,
}

/// Load and target of a grid, none where nothing is known of it.
pub(super) struct Loaded {
    pub load: Option<f64>,
    pub target: Option<f64>,
}

impl Loaded {
    /// Signed share of the target.
    pub fn deviation(&self) -> Option<f64> {
        self.load.zip(self.target.filter(|t| *t > 0.0)).map(|(load, target)| (load - target) / target)
    }
}

/// Loads and targets of grids: loads as counted, or as claimed where nothing was counted; the mean where no target is claimed.
pub(super) fn loaded(land: &Land<'_>, counted: Option<&[Sum]>) -> Vec<Loaded> {
    let load = |i: usize| counted.map(|c| c[i].load.units()).or(land.grids[i].households);
    let ordinary: Vec<f64> = (0..land.grids.len()).filter(|&i| is_ordinary(&land.grids[i].kind)).filter_map(load).collect();
    let mean = (!ordinary.is_empty()).then(|| ordinary.iter().sum::<f64>() / ordinary.len() as f64);
    (0..land.grids.len()).map(|i| Loaded { load: load(i), target: land.grids[i].target.or(mean) }).collect()
}

pub(super) fn is_ordinary(kind: &str) -> bool {
    kind.is_empty() || kind == ORDINARY
}

/// Polsby–Popper of every grid, in their order.
pub(super) fn compactness(land: &Land<'_>) -> Vec<f64> {
    let of = |l: &geo::MultiPolygon<f64>| {
        let rings = l.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        let perimeter: f64 = rings.map(|r| Euclidean.length(r)).sum();
        if perimeter > 0.0 { 4.0 * PI * l.unsigned_area() / (perimeter * perimeter) } else { 0.0 }
    };
    land.land.iter().map(of).collect()
}

/// Parts of every grid of more than 1 m², in their order.
pub(super) fn parts(land: &Land<'_>) -> Vec<u32> {
    use rayon::prelude::*;
    let of = |l: &geo::MultiPolygon<f64>| match l.0.len() {
        0 | 1 => l.0.len() as u32,
        _ => geo::unary_union(l.iter()).iter().filter(|p| p.unsigned_area() > PART_M2).count() as u32,
    };
    land.land.par_iter().map(of).collect()
}

/// Figures of a plan with the loads of its grids. O(n log n).
pub(super) fn figures(land: &Land<'_>, loads: &[Loaded], tolerance: f64) -> Figures {
    let ordinary: Vec<usize> = (0..land.grids.len()).filter(|&i| is_ordinary(&land.grids[i].kind)).collect();
    let deviations: Vec<f64> = ordinary.iter().filter_map(|&i| loads[i].deviation()).map(f64::abs).collect();
    let known: Vec<f64> = ordinary.iter().filter_map(|&i| loads[i].load).collect();
    let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
    let variance = known.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / known.len().max(1) as f64;
    let some = |x: f64| (!deviations.is_empty()).then_some(x);
    let mut shapes = compactness(land);
    shapes.sort_by(f64::total_cmp);
    let shares: Vec<f64> = land.grids.iter().filter_map(|g| g.barrier_share).collect();
    Figures {
        grids: land.grids.len() as u32,
        ordinary: ordinary.len() as u32,
        households: loads.iter().filter_map(|l| l.load).sum(),
        area_m2: land.area_m2.iter().sum(),
        own_targets: ordinary.iter().any(|&i| land.grids[i].target.is_some()),
        in_band: (!deviations.is_empty()).then(|| deviations.iter().filter(|d| **d <= tolerance + ROUNDING).count() as u32),
        largest_deviation: some(deviations.iter().copied().fold(0.0, f64::max)),
        coefficient_of_variation: some(if mean > 0.0 { variance.sqrt() / mean } else { 0.0 }),
        compactness_median: shapes.get(shapes.len() / 2).copied().unwrap_or(0.0),
        in_several_parts: parts(land).iter().filter(|p| **p > 1).count() as u32,
        barrier_share_mean: (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64),
    }
}

/// Of deviations.
const ROUNDING: f64 = 1e-9;

/// Nothing where no grid has any.
pub(super) fn counted(sums: &[Sum]) -> Option<&[Sum]> {
    sums.iter().any(|s| s.load > Load::ZERO).then_some(sums)
}
