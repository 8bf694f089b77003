//! The input: what to divide, into how many, how hard to try.

use crate::graph::UnitGraph;
use crate::measure::Band;

/// How many grids a problem wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// As many as the band asks for: the feasible count nearest to total / target.
    ForBand,
    /// Exactly this many.
    Exactly(u32),
}

/// Deterministic amount of search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Independent seeded starts per split, ≥ 1.
    pub starts: u32,
    /// Passes of local search, ≥ 1.
    pub passes: u32,
    /// Most windows of neighbouring grids to be solved by MILP; 0 switches the stage off.
    pub windows: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Effort { starts: 8, passes: 8, windows: 24 }
    }
}

/// The one input of every method of this room.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Units, their borders and loads.
    pub graph: UnitGraph,
    /// One band per resource of the graph; the first is the one that decides the count.
    pub bands: Vec<Band>,
    /// Number of grids.
    pub count: Count,
    /// Seed of every random choice.
    pub seed: u64,
    /// Deterministic amount of search.
    pub effort: Effort,
}
