//! What a re-balance or an edit by hand changed: law, `apply(old) = new` (R31, R40).

use super::Plan;
use crate::document::schema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Version of the file format.
pub const CHANGES_SCHEMA: u32 = schema::<Changes>();

/// Everything that differs between two plans of the same land, as written to `changes.json`. Loads are those of the new plan, units of the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// Version of the format, [`CHANGES_SCHEMA`].
    pub schema: u32,
    /// The membership that they apply to, see [`Membership::digest`].
    pub before: String,
    /// The membership that they lead to.
    pub after: String,
    /// First day of the new plan.
    pub valid_from: Option<String>,
    /// Load of the new plan.
    pub households: f64,
    /// Load on land whose grid is another now.
    pub moved: f64,
    /// Its share of the load.
    pub share: f64,
    /// It by reason.
    pub moved_by: BTreeMap<Why, f64>,
    /// What nobody can beat in load moved, each with what it takes for granted.
    pub bounds: Vec<MovedBound>,
    /// What may move, where that was limited.
    pub budget: Option<Budget>,
    /// Land whose grid is another now, by unit and old grid.
    pub moves: Vec<UnitMove>,
    /// Units of the old plan that the new one does not have, with their old grids.
    pub gone: Vec<UnitAt>,
    /// Units that the old plan did not have, with their new grids.
    pub new: Vec<UnitAt>,
    /// New grids.
    pub born: Vec<Born>,
    /// Grids that are no more.
    pub retired: Vec<Retired>,
    /// Grids from which others were born.
    pub split: Vec<Split>,
    /// Grids that took in retired ones.
    pub merged: Vec<Merged>,
    /// Ids of new zones.
    pub zones_born: Vec<String>,
    /// Ids of zones that are no more.
    pub zones_retired: Vec<String>,
    /// Zones of the new plan.
    pub zones: Vec<ZoneChange>,
    /// Ordinary grids that are out of band all the same.
    pub left_out: Vec<LeftOut>,
    /// Entities whose grid is another now, and those that are new or gone, by id.
    pub entities: Vec<EntityChange>,
}

/// Why load moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// So that grids are in their bands and whole.
    Balance,
    /// The land is cut otherwise now: it is in one unit with land of another grid.
    ReCut,
    /// The land lies in another division than its old grid.
    DivisionBorder,
    /// The land is set aside for a dedicated grid now, or no longer is.
    Kind,
    /// The entity itself went elsewhere.
    Relocated,
    /// Its attachment changed, not the grid of the place.
    Attachment,
    /// The entity was not there before.
    New,
    /// The entity is no longer there.
    Gone,
    /// A planner drew it so.
    Edited,
}

impl Why {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Why::Balance => "balance",
            Why::ReCut => "re-cut",
            Why::DivisionBorder => "division-border",
            Why::Kind => "kind",
            Why::Relocated => "relocated",
            Why::Attachment => "attachment",
            Why::New => "new",
            Why::Gone => "gone",
            Why::Edited => "edited",
        }
    }
}

/// A lower bound of the load moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovedBound {
    /// Its name: `any-destination` or `adjacent`.
    pub name: String,
    /// At least this load moves, units of the input.
    pub households: f64,
    /// Its share of the load.
    pub share: f64,
    /// What it takes for granted, in words.
    pub assumes: String,
}

/// How much may move.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Share of the load.
    pub share: f64,
    /// Load.
    pub households: f64,
    /// Load that moves by itself: land cut otherwise, division borders, kinds of grid.
    pub by_itself: f64,
    /// Load that moves without a budget.
    pub wanted: f64,
}

/// Load of a unit that lay in another grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitMove {
    /// Key of the unit in the new plan.
    pub unit: String,
    /// Id of the old grid.
    pub from: String,
    /// Id of the new one.
    pub to: String,
    /// Load of the unit on land of the old grid.
    pub households: f64,
    /// The reason.
    pub why: Why,
}

/// A unit in a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitAt {
    /// Its key.
    pub unit: String,
    /// Id of the grid.
    pub grid: String,
}

/// Load that went from or to a grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kin {
    /// Id of the grid.
    pub grid_id: String,
    /// The load.
    pub households: f64,
    /// The land, m².
    pub area_m2: f64,
}

/// A new grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Born {
    /// Its id.
    pub grid_id: String,
    /// Old grids that its land comes from, the one with most load first.
    pub parents: Vec<Kin>,
}

/// A grid that is no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retired {
    /// Its id, which is never used again.
    pub grid_id: String,
    /// Grids that have its land now, the one with most load first.
    pub heirs: Vec<Kin>,
    /// Its last day, where the first one of the new plan is known.
    pub last_day: Option<String>,
    /// Who was in charge.
    pub officer: Option<String>,
}

/// A grid from which others were born.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Its id, which the part with most load keeps.
    pub grid_id: String,
    /// Ids of the new grids.
    pub into: Vec<String>,
}

/// A grid that took in retired ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// Its id.
    pub grid_id: String,
    /// Ids of the retired grids.
    pub from: Vec<String>,
}

/// What changed in a zone. Loads in units of the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneChange {
    /// Its id.
    pub zone_id: String,
    /// Id of its division.
    pub division_id: String,
    /// Its load.
    pub households: f64,
    /// Load in it that came from another grid.
    pub moved: f64,
    /// Load among it that moved by itself.
    pub by_itself: f64,
    /// Least load moved, whatever grid a unit may go to.
    pub possible_any_destination: f64,
    /// Least load moved, where load passes only between grids that touch.
    pub possible_adjacent: f64,
    /// What balance may move in it, where that was limited.
    pub budget: Option<f64>,
    /// Ordinary grids with land in it before.
    pub grids_before: u32,
    /// Ordinary grids now.
    pub grids: u32,
    /// Ordinary grids of the old plan that are out of band by the new numbers.
    pub out_before: u32,
    /// Those among them that are in band now.
    pub brought_back: u32,
    /// Those among them that are no more.
    pub out_retired: u32,
    /// Ordinary grids out of band now.
    pub out_of_band: u32,
}

/// A grid that stayed or came out of band.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its id.
    pub grid_id: String,
    /// Its load.
    pub households: f64,
    /// What it should carry.
    pub target: f64,
    /// Signed share of the target.
    pub deviation: f64,
    /// Why it was left.
    pub why: LeftWhy,
}

/// Why a grid is out of band after a re-balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftWhy {
    /// No plan with as little violation and as many grids could help it.
    Forced,
    /// It was to stay as it is.
    Frozen,
    /// Nothing changed in its zone.
    Unchanged,
    /// The budget of its zone did not suffice.
    Budget,
    /// No way was found.
    Search,
    /// A planner drew it so.
    Edited,
}

/// An entity whose grid is another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityChange {
    /// Id of the entity.
    pub entity: String,
    /// Id of its old grid, if any.
    pub from: Option<String>,
    /// Id of the new one, if any.
    pub to: Option<String>,
    /// The reason.
    pub why: Why,
}

/// Which grids there are, and which of them has each unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Id of the grid by key of the unit.
    pub units: BTreeMap<String, String>,
    /// Ids of the grids.
    pub grids: BTreeSet<String>,
}

/// Changes were applied to what they were not made from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangesError {
    /// The plan is not the one before.
    #[error("the changes are of the plan with digest {expected}, this one has {found}; apply them to the plan that they were made from")]
    OtherPlan {
        /// Digest of the plan before.
        expected: String,
        /// Digest of the plan given.
        found: String,
    },
    /// They do not lead where they say; the file was altered.
    #[error("applied, the changes give a plan with digest {found} instead of {expected}; the file is not what was written")]
    Altered {
        /// Digest of the plan after.
        expected: String,
        /// Digest of what came out.
        found: String,
    },
}

impl Membership {
    /// SHA-256 over grids and units in order, lower-case hex.
    pub fn digest(&self) -> String {
        let mut sha = Sha256::new();
        for id in &self.grids {
            sha.update(format!("{id}\n"));
        }
        for (unit, grid) in &self.units {
            sha.update(format!("{unit}\t{grid}\n"));
        }
        sha.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl Plan {
    /// Which of its grids has each unit. O(n log n).
    pub fn membership(&self) -> Membership {
        let id = |g: u32| self.grids[g as usize].grid_id.clone();
        Membership {
            units: self.fabric.units.iter().map(|u| (u.key.clone(), id(u.grid))).collect(),
            grids: self.grids.iter().map(|g| g.grid_id.clone()).collect(),
        }
    }
}

impl Changes {
    /// The membership after, from the one before. O(n log n).
    pub fn apply(&self, before: &Membership) -> Result<Membership, ChangesError> {
        let found = before.digest();
        if found != self.before {
            return Err(ChangesError::OtherPlan { expected: self.before.clone(), found });
        }
        let mut after = before.clone();
        self.gone.iter().for_each(|u| {
            after.units.remove(&u.unit);
        });
        after.units.extend(self.new.iter().map(|u| (u.unit.clone(), u.grid.clone())));
        for m in &self.moves {
            after.units.insert(m.unit.clone(), m.to.clone());
        }
        self.retired.iter().for_each(|r| {
            after.grids.remove(&r.grid_id);
        });
        after.grids.extend(self.born.iter().map(|b| b.grid_id.clone()));
        let found = after.digest();
        if found == self.after { Ok(after) } else { Err(ChangesError::Altered { expected: self.after.clone(), found }) }
    }
}
