//! Places: points that follow one another at one position, such as the households of a building. Where one of them is, there are the others.

use crate::measure::Load;
use crate::territory::lattice::Pt;
use crate::territory::{DemandPoint, Territory};
use rayon::prelude::*;

/// Neighbouring points at one position.
pub(super) struct Place {
    pub at: Pt,
    /// How many there are.
    pub points: u32,
    /// How many of them have a load.
    pub loaded: u32,
    pub load: Load,
    pub balanced: Load,
}

/// Places of all points in their order. O(n).
pub(super) fn places(t: &Territory) -> Vec<Place> {
    let place = |points: &[DemandPoint]| Place {
        at: points[0].at,
        points: points.len() as u32,
        loaded: points.iter().filter(|p| p.load > Load::ZERO).count() as u32,
        load: points.iter().map(|p| p.load).sum(),
        balanced: points.iter().map(|p| t.balanced(p)).sum(),
    };
    t.points.par_chunk_by(|p, q| p.at == q.at).map(place).collect()
}
