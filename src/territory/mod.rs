//! From layers as found to a valid territory on one metric plane.

mod areas;
mod build;
mod content;
mod cover;
mod customers;
mod divisions;
mod documents;
pub mod lattice;
pub mod layers;
mod shifted;
mod stations;
mod weights;

pub use build::{TerritoryError, demand, territory};
pub use content::content;
pub use cover::{Uses, covered};

use crate::finding::Finding;
use crate::measure::{DivisionId, Load, LockKind};
use lattice::{Plane, Pt};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Layer that a barrier comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BarrierLayer {
    /// A road.
    Road,
    /// A river, canal, lake …
    Water,
    /// A railway.
    Rail,
    /// The outline of land that is to become a grid of its own.
    Land,
    /// No barrier: a cut made to divide a heavy unit.
    None,
}

/// A class of barriers. Classes are sorted by strength, so that of two the higher index is stronger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarrierClass {
    /// Its layer.
    pub layer: BarrierLayer,
    /// Class or kind, without `_link`.
    pub name: String,
    /// 0 (none) … 100.
    pub strength: u8,
}

/// A line that may become a border of units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Barrier {
    /// Position in [`Territory::classes`].
    pub class: u16,
    /// Its course, two positions or more.
    pub line: Vec<Pt>,
}

/// A water area that is a barrier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Water {
    /// Position in [`Territory::classes`].
    pub class: u16,
    /// All rings; inside by even-odd rule.
    pub rings: Vec<Vec<Pt>>,
}

/// An administrative area that is cut into grids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Division {
    /// Its id.
    pub id: String,
    /// Display name, the id where none was given.
    pub name: String,
    /// Administrative level.
    pub level: Option<i32>,
    /// Hierarchy it belongs to.
    pub scheme: Option<String>,
    /// Id of the division above.
    pub parent: Option<String>,
    /// Its official code.
    pub code: Option<String>,
    /// Whom it reports to, where that is not the division above.
    pub reports_to: Option<String>,
    /// All rings; inside by even-odd rule.
    pub rings: Vec<Vec<Pt>>,
    /// Twice the area that its outline states: outer rings less holes, steps².
    #[serde(with = "crate::document::digits")]
    pub area2: i128,
    /// A place where the outline crosses itself.
    pub crossing: Option<Pt>,
    /// File it was read from.
    pub file: String,
    /// Record in that file, counted from 1.
    pub record: u64,
}

/// Settlement class with its target (R22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Name, empty for the general target.
    pub name: String,
    /// Load of a grid of this class.
    pub target: Load,
    /// Shares of a grid per unit of load: `base / target`, exact.
    pub factor: i64,
}

/// A household or another entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemandPoint {
    /// Unique id.
    pub id: SmolStr,
    /// Where it is.
    pub at: Pt,
    /// Its load; 0 for entities that are no load.
    pub load: Load,
    /// Position in [`Territory::settlements`].
    pub settlement: u16,
    /// Customer class, as a position in the recipe's classes; none: it is no customer.
    pub class: Option<u16>,
}

/// Land of a use that some kind of grid is about (R5, R33).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LandUse {
    /// Its kind.
    pub kind: String,
    /// Its name; pieces of one name belong together.
    pub name: Option<String>,
    /// All rings; inside by even-odd rule.
    pub rings: Vec<Vec<Pt>>,
    /// Load that it will have; missing is not zero.
    pub expected_load: Option<Load>,
    /// File it was read from.
    pub file: String,
    /// Record in that file, counted from 1.
    pub record: u64,
}

/// What grids gather around (R2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorKind {
    /// A service outlet.
    Hall,
    /// A building that all know.
    Landmark,
}

/// A hall or a landmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// Unique id among its kind.
    pub id: String,
    /// Which of the two.
    pub kind: AnchorKind,
    /// Where it is.
    pub at: Pt,
    /// Service radius, metres.
    pub radius_m: f64,
}

/// A resource that grids should be even in beside the load, or are told to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// Share of the mean of its zone by which a grid may differ.
    pub tolerance: f64,
    /// What a violation counts beside one of the load; 0: told, not balanced.
    pub weight: f64,
}

/// A point that carries some of a resource; a point that carries several is there once for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// Where it is.
    pub at: Pt,
    /// What it carries, more than 0.
    pub amount: Load,
    /// Position in [`Territory::resources`].
    pub resource: u32,
}

/// A base station, or one sector or carrier of it (R1); missing is not zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Station {
    /// Unique id.
    pub id: String,
    /// Display name, the id where none was given.
    pub name: String,
    /// Where it is; the centre of its land where that was given.
    pub at: Pt,
    /// Degrees clockwise from north, 0 ≤ azimuth < 360; `None` = all round.
    pub azimuth: Option<f64>,
    /// Degrees that it covers around its azimuth, 0 < width ≤ 360.
    pub beam_width: Option<f64>,
    /// Metres that it reaches, more than 0.
    pub radius_m: Option<f64>,
    /// Serves the inside of a building or tunnel and owns no land.
    pub inside: bool,
    /// Land that it was said to cover, by even-odd rule; empty where a point was given.
    pub rings: Vec<Vec<Pt>>,
    /// File it was read from.
    pub file: String,
    /// Record in that file, counted from 1.
    pub record: u64,
}

/// A decision that the plan must keep (R42). Seeds are places to be apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    /// What it asks for.
    pub kind: LockKind,
    /// Group, id or record number.
    pub id: String,
    /// Its places are seeds: each gets a grid of its own.
    pub seeds: bool,
    /// Places whose units are meant.
    pub places: Vec<Pt>,
    /// Rings of the areas, by even-odd rule, whose units are meant.
    pub rings: Vec<Vec<Pt>>,
    /// File it was read from.
    pub file: String,
    /// First record in that file, counted from 1.
    pub record: u64,
}

/// Valid, finite data on one lattice and one metric plane.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Territory {
    /// The metric plane.
    pub plane: Plane,
    /// Divisions to be cut, in file order; areas made of others stand where the first of these stood.
    pub divisions: Vec<Division>,
    /// Further divisions of the levels and schemes that the recipe's levels name, in file order, also those cut off at the edge of the data.
    pub above: Vec<Division>,
    /// Outline of the whole area, even-odd; may be empty.
    pub study_area: Vec<Vec<Pt>>,
    /// Classes by rising strength; the first is "none".
    pub classes: Vec<BarrierClass>,
    /// Roads and railways that bound units.
    pub barriers: Vec<Barrier>,
    /// Water lines that bound units.
    pub water_lines: Vec<Barrier>,
    /// Water areas that bound units.
    pub water: Vec<Water>,
    /// Outlines of land that may become a dedicated grid; they bound units as well.
    pub outlines: Vec<Barrier>,
    /// Minor ways that may divide a heavy unit.
    pub minor: Vec<Barrier>,
    /// Road bridges that join the banks of water below them; none unless the recipe says so.
    pub bridges: Vec<Barrier>,
    /// Settlement classes; the first is the general target.
    pub settlements: Vec<Settlement>,
    /// Balanced load that makes one grid: the least common multiple of the targets.
    pub base: Load,
    /// Households and other entities in file order.
    pub points: Vec<DemandPoint>,
    /// Land of the uses that kinds of grid are about, in file order.
    pub land_use: Vec<LandUse>,
    /// Halls, then landmarks, in file order; they may lie outside.
    pub anchors: Vec<Anchor>,
    /// Further resources by name (R3).
    pub resources: Vec<Resource>,
    /// What carries them, by resource and in file order.
    pub carriers: Vec<Carrier>,
    /// Base stations in file order.
    pub stations: Vec<Station>,
    /// Decisions on grids and units.
    pub locks: Vec<Lock>,
    /// A strip narrower than this is a sliver, metres (copied from the recipe).
    pub snap_m: f64,
    /// What was repaired, dropped or noticed.
    pub findings: Vec<Finding>,
}

impl Territory {
    /// Balanced load of a point: its share of a grid × [`Territory::base`].
    pub fn balanced(&self, point: &DemandPoint) -> Load {
        Load(point.load.0 * self.settlements[point.settlement as usize].factor)
    }

    /// Division by id number.
    pub fn division(&self, id: DivisionId) -> &Division {
        &self.divisions[id.at()]
    }
}
