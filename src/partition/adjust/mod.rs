//! Adjustment: the balance of an earlier partition restored with little load moved (R31, R40).

use super::{PartitionError, Partitioned, Problem};
use crate::measure::{Load, UnitId};

/// A unit that changes its grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The unit.
    pub unit: UnitId,
    /// Its grid before, as numbered by the previous partition.
    pub from: u32,
    /// Its grid now, as numbered by the assignment.
    pub to: u32,
}

/// No adjustment that keeps all surviving grids moves less load of the deciding resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoveBounds {
    /// Whatever grid a unit may go to.
    pub any_destination: Load,
    /// Where load passes only between grids that touch today, and through a grid counts at every border; where grids are born or
    /// retired, as for any destination.
    pub adjacent: Load,
}

/// An adjusted partition.
#[derive(Clone, Debug)]
pub struct Adjusted {
    /// The partition, with what no plan can beat in balance.
    pub partitioned: Partitioned,
    /// For every grid of the assignment the number that it had before; none for a grid that is born.
    pub was: Vec<Option<u32>>,
    /// Units that had another grid before, by unit.
    pub moves: Vec<Move>,
    /// Their load in the deciding resource.
    pub moved: Load,
    /// What nobody can beat in load moved.
    pub bounds: MoveBounds,
}

/// Adjusts the partition `previous` (a grid for every unit, none for new land) to the loads of `problem`.
pub fn adjust(problem: &Problem, previous: &[Option<u32>], budget: Option<Load>) -> Result<Adjusted, PartitionError> {
    let _ = (problem, previous, budget);
    todo!()
}
