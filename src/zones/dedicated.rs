//! placeholder until merge

use crate::measure::{DivisionId, Load, UnitId};

/// A grid that is set aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Dedicated {
    /// Position of its rule in the recipe's kinds.
    pub rule: usize,
    /// Its name.
    pub name: Option<String>,
    /// Division it lies in.
    pub division: DivisionId,
    /// Its units.
    pub units: Vec<UnitId>,
    /// Not meant to be contiguous.
    pub logical: bool,
    /// Load it will have.
    pub expected_load: Option<Load>,
}
