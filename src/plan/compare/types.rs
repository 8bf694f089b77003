//! What a comparison tells.

use super::{Agreement, Class, Figures};
use crate::finding::Finding;
use crate::plan::MovedLand;
use crate::territory::lattice::Plane;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the load of the overlap was counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Points with weights.
    Points,
    /// Entities that both plans attach, each counting 1.
    Entities,
    /// Nothing: land alone.
    Land,
}

/// What two grids share, or what a grid has outside of the other plan. Load is what [`Basis`] says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// Grid of the plan before; none outside of it.
    pub before: Option<String>,
    /// Grid of the plan after; none outside of it.
    pub after: Option<String>,
    /// Load.
    pub households: f64,
    /// Area, m².
    pub area_m2: f64,
    /// Share of the load of the grid before, of its land where it has no load.
    pub share_of_before: Option<f64>,
    /// Share of the load of the grid after, of its land where it has no load.
    pub share_of_after: Option<f64>,
}

/// A grid of the plan after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridChange {
    /// Its id.
    pub grid_id: String,
    /// What became of it.
    pub class: Class,
    /// The grid before that it is under another name, or goes on from; none for one that goes on from none.
    pub was: Option<String>,
    /// The grid before from which most of its load comes, of its land where it has no load.
    pub mostly_from: Option<String>,
    /// How much of it comes from there, a share.
    pub share: f64,
    /// Load before, of the grid that it was: as counted at points, else as the plan says.
    pub households_before: f64,
    /// Load: as counted at points, else as the plan says.
    pub households: f64,
    /// Load it should have, as it says or as the mean of the plan.
    pub target: Option<f64>,
    /// Signed share of the target, where one is known.
    pub deviation: Option<f64>,
    /// Polsby–Popper.
    pub compactness: f64,
    /// Parts of more than 1 m².
    pub parts: u32,
    /// Area, m².
    pub area_m2: f64,
}

/// A grid of the plan before that no grid goes on from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridGone {
    /// Its id.
    pub grid_id: String,
    /// Merged or retired.
    pub class: Class,
    /// The grid that has most of its load now, of its land where it had no load.
    pub mostly_into: Option<String>,
    /// How much of it went there, a share.
    pub share: f64,
}

/// How much changed grids, of what lies in both plans.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    /// Load.
    pub households: f64,
    /// Share of the load.
    pub share: f64,
    /// Area, m².
    pub area_m2: f64,
    /// Share of the area.
    pub area_share: f64,
}

/// What moved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Load in both plans.
    pub households_in_both: f64,
    /// Land in both plans, m².
    pub area_in_both_m2: f64,
    /// What is in a grid of another id; none where the plans have no id in common.
    pub by_ids: Option<Amount>,
    /// What is not in the partner of its grid in a matching that leaves as much load as possible where it was: no way to name the grids after like the
    /// grids before moves less.
    pub by_matching: Amount,
    /// Whether ids mean the same: by them at least 90 % stays of what stays by matching. Moved land follows ids then, else the matching.
    pub ids_hold: bool,
}

/// Outcome of [`compare`](super::compare()).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Version of the format.
    pub schema: u32,
    /// What the load was counted from.
    pub basis: Basis,
    /// Plane of lengths and areas.
    pub plane: Plane,
    /// Band that figures hold loads against, as a share of the target.
    pub tolerance: f64,
    /// The plan before.
    pub before: Figures,
    /// The plan after.
    pub after: Figures,
    /// What moved.
    pub moved: Moved,
    /// How much the plans agree, by load, without load by land; none where nothing is in both.
    pub agreement: Option<Agreement>,
    /// Number of grids of every class; merged grids are counted once, as what they became.
    pub classes: BTreeMap<Class, u32>,
    /// Grids of the plan after, in file order.
    pub grids: Vec<GridChange>,
    /// Grids of the plan before without one that goes on from them, in file order.
    pub gone: Vec<GridGone>,
    /// What is amiss with the land or load of either plan.
    pub findings: Vec<Finding>,
    /// Every pair of grids that share load or land, and what lies in one plan alone.
    #[serde(skip)]
    pub overlap: Vec<Overlap>,
    /// Land whose grid is another one.
    #[serde(skip)]
    pub moved_land: Vec<MovedLand>,
}
