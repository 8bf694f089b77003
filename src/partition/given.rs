//! A partition that was not searched for: kept from an earlier plan, or drawn by hand.

use super::locks::Locked;
use super::net::Net;
use super::{Assignment, Outcome, PartitionError, Partitioned, Problem, bounds, contiguity, standings};
use crate::graph::UnitGraph;

/// Judges the partition `part_of` of the units of a problem as [`super::partition`] judges its own, without searching for a better one. Grids must be
/// contiguous and not empty. O(n + m) beside [`bounds`].
pub fn given(problem: &Problem, part_of: &[u32]) -> Result<Partitioned, PartitionError> {
    let bounds = bounds(problem)?;
    let assignment = Assignment::new(&problem.graph, part_of)?;
    let score = assignment.score(&problem.graph, &problem.bands);
    let component = if problem.locks.is_empty() { problem.graph.components().0 } else { Locked::of(problem)?.components() };
    let gap = (score.violation - bounds.violation()).max(0) as f64 / 1e6 / assignment.grids().max(1) as f64;
    let standings = standings(&assignment, &bounds, &problem.bands, &component);
    Ok(Partitioned { assignment, bounds, outcome: Outcome::WithinGap(gap), score, standings })
}

/// Connected piece of every unit, where `part_of` divides the graph into parts that need not be contiguous; numbered by first unit. O(n + m).
pub fn pieces(graph: &UnitGraph, part_of: &[u32]) -> Vec<u32> {
    contiguity::pieces(&Net::of(graph), part_of).0
}
