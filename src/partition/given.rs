//! A partition that was not searched for: kept from an earlier plan, or drawn by hand.

use super::locks::Locked;
use super::net::Net;
use super::regions::Regions;
use super::{Assignment, Bounds, Culprit, Outcome, PartitionError, Partitioned, Problem, check, contiguity, standings};
use crate::graph::UnitGraph;
use std::collections::BTreeSet;

/// Judges the partition `part_of` of the units of a problem as [`super::partition`] judges its own, without searching for a better one; bounds are
/// those of as many grids in every component as it has. Grids must be contiguous and not empty. O(n + m).
pub fn given(problem: &Problem, part_of: &[u32]) -> Result<Partitioned, PartitionError> {
    check(problem)?;
    let assignment = Assignment::new(&problem.graph, part_of)?;
    let (bounds, component) = if problem.locks.is_empty() {
        (bounds(problem, part_of)?, problem.graph.components().0)
    } else {
        let locked = Locked::of(problem)?;
        let part_of: Vec<u32> = locked.members().iter().map(|units| part_of[units[0].at()]).collect();
        let inner = locked.problem.as_ref().map_or(Ok(Bounds::default()), |inner| bounds(inner, &part_of))?;
        (locked.bounds(inner, problem.graph.resources()), locked.components())
    };
    let score = assignment.score(&problem.graph, &problem.bands);
    let gap = (score.violation - bounds.violation()).max(0) as f64 / 1e6 / assignment.grids().max(1) as f64;
    let standings = standings(&assignment, &bounds, &problem.bands, &component);
    Ok(Partitioned { assignment, bounds, outcome: Outcome::WithinGap(gap), score, standings })
}

/// Bounds of a problem without locks for as many grids in every component as `part_of` has.
fn bounds(problem: &Problem, part_of: &[u32]) -> Result<Bounds, PartitionError> {
    let (net, component) = (Net::of(&problem.graph), problem.graph.components().0);
    let mut bounds = Regions::of(&net, problem)?.bounds;
    let mut grids = vec![BTreeSet::new(); bounds.components.len()];
    component.iter().zip(part_of).for_each(|(&c, p)| {
        grids[c as usize].insert(*p);
    });
    for (c, grids) in grids.into_iter().map(|g| g.len() as u32).enumerate() {
        if bounds.components[c].grids == grids {
            continue;
        }
        let units: Vec<u32> = (0..component.len() as u32).filter(|&u| component[u as usize] as usize == c).collect();
        let culprits: Vec<Culprit> = bounds.culprits.iter().filter(|x| component[x.unit.at()] as usize == c).cloned().collect();
        bounds.components[c] = Bounds::component(&net, &units, grids, &problem.bands, &culprits);
    }
    Ok(bounds)
}

/// Connected piece of every unit, where `part_of` divides the graph into parts that need not be contiguous; numbered by first unit. O(n + m).
pub fn pieces(graph: &UnitGraph, part_of: &[u32]) -> Vec<u32> {
    contiguity::pieces(&Net::of(graph), part_of).0
}
