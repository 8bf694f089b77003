//! The input: what to divide, into how many, how hard to try.

use super::locks::Locks;
use crate::document::Document;
use crate::graph::UnitGraph;
use crate::measure::Band;
pub use crate::recipe::Effort;
use serde::{Deserialize, Serialize};

/// How many grids a problem wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Count {
    /// As many as the band asks for: the feasible count nearest to total / target.
    ForBand,
    /// As for the band, but at least and at most this many, as far as components and units allow.
    Between(u32, u32),
    /// Exactly this many.
    Exactly(u32),
}

impl Document for Problem {
    const KIND: &'static str = "problem";
}

/// The one input of every method of this room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// Units, their borders and loads.
    pub graph: UnitGraph,
    /// One band per resource of the graph; the first is the one that decides the count.
    pub bands: Vec<Band>,
    /// Number of grids.
    pub count: Count,
    /// What the search may not change.
    pub locks: Locks,
    /// Seed of every random choice.
    pub seed: u64,
    /// Deterministic amount of search.
    pub effort: Effort,
}
