//! Which unit belongs to which grid.

use super::contiguity::pieces;
use super::net::Net;
use super::score::{Goal, Score};
use crate::graph::UnitGraph;
use crate::measure::{Band, GridId, Load, UnitId};
use serde::{Deserialize, Serialize};

/// A grid for every unit, with tallies that equal a recount; no grid is empty, each is contiguous.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Assignment {
    part_of: Vec<u32>,
    resources: usize,
    /// Row-major: grid by grid.
    loads: Vec<Load>,
    units: Vec<u32>,
}

/// An assignment that nobody has checked.
#[derive(Deserialize)]
struct Raw {
    part_of: Vec<u32>,
    resources: usize,
    loads: Vec<Load>,
    units: Vec<u32>,
}

impl TryFrom<Raw> for Assignment {
    type Error = &'static str;

    /// Its tables fit each other; whether they fit a graph tells [`Assignment::check`].
    fn try_from(raw: Raw) -> Result<Assignment, Self::Error> {
        let Raw { part_of, resources, loads, units } = raw;
        let mut found: Vec<u32> = Vec::new();
        for &p in &part_of {
            if p as usize == found.len() {
                found.push(0);
            }
            *found.get_mut(p as usize).ok_or("grids are not numbered by their first unit")? += 1;
        }
        if found != units {
            return Err("grids do not have as many units as they say");
        }
        if units.len().checked_mul(resources) != Some(loads.len()) {
            return Err("there is not one load for every grid and resource");
        }
        Ok(Assignment { part_of, resources, loads, units })
    }
}

/// How an assignment breaks its law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The number of units is not the graph's.
    #[error("{got} units assigned, the graph has {units}")]
    UnitCount {
        /// Units assigned.
        got: usize,
        /// Units of the graph.
        units: usize,
    },
    /// A grid without a unit.
    #[error("grid {grid} is empty")]
    Empty {
        /// The grid.
        grid: GridId,
    },
    /// A grid in several pieces.
    #[error("grid {grid} is not contiguous: unit {unit} is apart")]
    Torn {
        /// The grid.
        grid: GridId,
        /// First unit of a further piece.
        unit: UnitId,
    },
    /// A tally differs from the recount.
    #[error("the tally of grid {grid} is not what its units carry")]
    Tally {
        /// The grid.
        grid: GridId,
    },
}

impl Assignment {
    /// Numbers grids by their first unit, counts and checks. O(n + m).
    pub fn new(graph: &UnitGraph, parts: &[u32]) -> Result<Assignment, Fault> {
        let most = parts.iter().max().map_or(0, |&p| p as usize + 1);
        let mut number = vec![u32::MAX; most];
        let mut assignment =
            Assignment { part_of: Vec::with_capacity(parts.len()), resources: graph.resources(), loads: Vec::new(), units: Vec::new() };
        for (u, &p) in parts.iter().enumerate().take(graph.len()) {
            if number[p as usize] == u32::MAX {
                number[p as usize] = assignment.units.len() as u32;
                assignment.units.push(0);
                assignment.loads.resize(assignment.units.len() * graph.resources(), Load::ZERO);
            }
            let p = number[p as usize];
            assignment.part_of.push(p);
            assignment.units[p as usize] += 1;
            for (sum, &l) in assignment.loads[p as usize * graph.resources()..].iter_mut().zip(graph.loads(u)) {
                *sum += l;
            }
        }
        if parts.len() != graph.len() {
            return Err(Fault::UnitCount { got: parts.len(), units: graph.len() });
        }
        assignment.check(graph)?;
        Ok(assignment)
    }

    /// Recounts everything the type promises. O(n + m).
    pub fn check(&self, graph: &UnitGraph) -> Result<(), Fault> {
        if self.part_of.len() != graph.len() {
            return Err(Fault::UnitCount { got: self.part_of.len(), units: graph.len() });
        }
        let r = self.resources;
        let (mut loads, mut units) = (vec![Load::ZERO; self.loads.len()], vec![0u32; self.units.len()]);
        for (u, &p) in self.part_of.iter().enumerate() {
            units[p as usize] += 1;
            for (sum, &l) in loads[p as usize * r..].iter_mut().zip(graph.loads(u)) {
                *sum += l;
            }
        }
        let (piece, _) = pieces(&Net::of(graph), &self.part_of);
        let mut first = vec![u32::MAX; self.units.len()];
        for (u, &p) in self.part_of.iter().enumerate() {
            if first[p as usize] == u32::MAX {
                first[p as usize] = piece[u];
            } else if first[p as usize] != piece[u] {
                return Err(Fault::Torn { grid: GridId(p), unit: UnitId::new(u) });
            }
        }
        for p in 0..self.units.len() {
            let grid = GridId::new(p);
            if units[p] == 0 {
                return Err(Fault::Empty { grid });
            }
            if units[p] != self.units[p] || loads[p * r..(p + 1) * r] != self.loads[p * r..(p + 1) * r] {
                return Err(Fault::Tally { grid });
            }
        }
        Ok(())
    }

    /// Number of grids.
    pub fn grids(&self) -> usize {
        self.units.len()
    }

    /// Grid of each unit, numbered by first unit.
    pub fn part_of(&self) -> &[u32] {
        &self.part_of
    }

    /// Loads of a grid, one per resource.
    pub fn loads(&self, grid: usize) -> &[Load] {
        &self.loads[grid * self.resources..(grid + 1) * self.resources]
    }

    /// Number of units of a grid.
    pub fn units(&self, grid: usize) -> u32 {
        self.units[grid]
    }

    /// True if the grid is inside the band of every resource.
    pub fn in_band(&self, grid: usize, bands: &[Band]) -> bool {
        bands.iter().zip(self.loads(grid)).all(|(b, &l)| b.violation(l) == Load::ZERO)
    }

    fn penalty(&self, grid: usize, bands: &[Band]) -> Score {
        bands.iter().zip(self.loads(grid)).fold(Score::default(), |sum, (b, l)| sum + Goal::of(b).penalty(l.0))
    }

    /// [`Score::violation`] of one grid.
    pub fn violation(&self, grid: usize, bands: &[Band]) -> i64 {
        self.penalty(grid, bands).violation
    }

    /// Score under `bands`. O(n + m).
    pub fn score(&self, graph: &UnitGraph, bands: &[Band]) -> Score {
        let mut score = (0..self.grids()).fold(Score::default(), |sum, p| sum + self.penalty(p, bands));
        for u in 0..graph.len() {
            let across = graph.neighbours(u).filter(|&(v, _)| v > u && self.part_of[v] != self.part_of[u]);
            score.cut += across.map(|(_, c)| i64::from(c)).sum::<i64>();
        }
        score
    }
}
