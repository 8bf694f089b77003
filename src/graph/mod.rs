//! The adjacency of units: topology and integer loads, no coordinates beyond an optional centre.

mod unit_graph;

pub use unit_graph::{Edge, GraphError, UnitGraph};
