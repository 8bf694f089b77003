//! The plan: grids, zones, their land and their proof; self-contained and free of timings, so that equal inputs give
//! equal bytes.

mod ancestry;
mod attaching;
mod boxes;
mod changes;
mod check;
mod codes;
pub mod compare;
mod difference;
mod documents;
pub mod edited;
mod explain;
mod identity;
pub mod ledger;
mod levels;
mod make;
mod moved;
mod nesting;
mod past;
mod report;
pub mod series;
mod staff;
pub mod targets;
mod tiers;
mod validity;

pub use crate::staffing::{StaffRow, apportion};
pub use ancestry::{Ancestry, ancestry, matched};
pub use changes::*;
pub use check::{AsFound, Check, Checked, GridAsFound, check};
pub use codes::add_codes;
pub use difference::{Difference, Flows, ZoneFigures, changes, flows};
pub use explain::{Explanation, GridBorder, GridOption, MadeBy, explain};
pub use identity::{GridPast, IdOf, Identity, Ids};
pub use levels::{LevelError, PlanArea, PlanLevel, add_levels};
pub use make::{Parts, make};
pub use moved::{MovedLand, former_borders, moved_land};
pub use past::Past;
pub use report::{Indicator, InputFile, Report, StageRecord, report};
pub use staff::*;
pub use tiers::{DIVISION, GRID, TERRITORY, Tier, Tiers, ZONE};

use crate::attach::{GridHalls, Rule};
use crate::document::schema;
use crate::partition::Standing;
use crate::recipe::{ORDINARY, Recipe, ResourceRule};
use crate::territory::BarrierClass;
use crate::territory::lattice::{Plane, Pt};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What bounds take for granted where locks hold.
const LOCKED: &str = "any plan that keeps the locks";

/// Version of the file format.
pub const SCHEMA: u32 = schema::<Plan>();

/// A whole plan as written to `plan.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of the format, [`SCHEMA`].
    pub schema: u32,
    /// What it was made from.
    pub provenance: Provenance,
    /// Number of the next new grid; numbers are never reused.
    pub next_serial: u32,
    /// Number of the next new zone; 0 in a file that does not tell it.
    #[serde(default)]
    pub next_zone_serial: u32,
    /// Zones in division order.
    pub zones: Vec<PlanZone>,
    /// Levels above the grids, by tree and in each the top first (R13).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<PlanLevel>,
    /// Grids by zone, in each from west to east and then from north to south.
    pub grids: Vec<PlanGrid>,
    /// Stations in file order, where zones follow their coverage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stations: Vec<PlanStation>,
    /// Grids that every station serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<Vec<PlanShare>>,
    /// Units and their borders.
    pub fabric: PlanFabric,
    /// Entities in file order.
    pub attachments: Vec<PlanAttachment>,
}

/// What a plan was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Name and version of the engine.
    pub engine: String,
    /// Solver of the MILP windows.
    pub solver: String,
    /// The checked recipe, with its seed.
    pub recipe: Recipe,
    /// Layers read, with digests.
    pub inputs: Vec<Input>,
    /// The metric plane by name.
    pub plane_name: String,
    /// The metric plane.
    pub plane: Plane,
}

/// One layer read; `report.json` has the file that it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Layer it was read as.
    pub layer: String,
    /// [`content`](crate::territory::content()): the same for the same features in any format.
    #[serde(default)]
    pub content: String,
    /// Features read.
    pub features: u64,
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanZone {
    /// Immutable id.
    pub zone_id: String,
    /// Display name.
    pub name: String,
    /// Division it lies in.
    pub division_id: String,
    /// Ids of the stations whose home it is, the one that serves most first (R1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stations: Vec<String>,
    /// Ids of its grids.
    pub grids: Vec<String>,
    /// Ids of the dedicated ones among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dedicated: Vec<String>,
    /// Load, units of the input.
    pub households: f64,
    /// Load among it in dedicated grids.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dedicated_households: f64,
    /// Area in m².
    pub area_m2: f64,
    /// The best that any plan could reach beside what this one reached (R43).
    pub bound: ZoneBound,
}

impl PlanZone {
    /// Number of grids that are meant to have the target's load.
    pub fn ordinary(&self) -> usize {
        self.grids.len() - self.dedicated.len().min(self.grids.len())
    }
}

/// A station and its home.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanStation {
    /// Its id.
    pub station_id: String,
    /// Display name.
    pub name: String,
    /// Its one home zone; none where it serves nothing of the territory.
    pub zone_id: Option<String>,
    /// Share of what it serves that lies in its home zone.
    pub share: f64,
    /// Load of the land it serves.
    pub households: f64,
    /// Area of the land it serves, m².
    pub area_m2: f64,
}

/// Part of what a station serves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanShare {
    /// Position of the grid.
    pub grid: u32,
    /// Share of the load that the station serves, of the land where it serves no load.
    pub share: f64,
}

/// The best that any plan of a zone could reach beside what this one reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneBound {
    /// Load in grids: Σ load / target.
    pub grids_worth: f64,
    /// Whether some number of grids fits the band in every connected piece.
    pub count_feasible: bool,
    /// No plan has a smaller largest deviation than this share of the target.
    pub possible_deviation: f64,
    /// Largest deviation of this plan.
    pub reached_deviation: f64,
    /// No plan has less violation: distance of loads to their bands, weighed, over all grids, in grids' worth of load.
    #[serde(default)]
    pub possible_violation: f64,
    /// Violation of this plan.
    #[serde(default)]
    pub reached_violation: f64,
    /// Whether the balance is proven: no plan with this number of grids violates less.
    #[serde(default)]
    pub proven: bool,
    /// Grids out of the band in this plan.
    pub out_of_band: u32,
    /// Grids among them that no plan could bring in.
    pub forced: u32,
    /// How the search ended.
    pub outcome: String,
    /// What the bound holds for, in words.
    pub assumes: Vec<String>,
    /// Units that no grid in the band can hold.
    pub culprits: Vec<PlanCulprit>,
    /// Every further resource of the territory.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, ZoneResource>,
    /// How many grids of this plan a wider band of the load would hold, by rising tolerance up to the largest deviation.
    pub relaxed: Vec<Relaxed>,
}

impl ZoneBound {
    /// Whether the load fits some whole number of grids in the band.
    pub fn some_count_fits(&self, tolerance: f64) -> bool {
        let (fewest, most) = (self.grids_worth / (1.0 + tolerance), self.grids_worth / (1.0 - tolerance));
        (fewest - 1e-9).ceil().max(1.0) <= (most + 1e-9).floor()
    }
}

/// How even the grids of a zone are in a further resource.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneResource {
    /// What its grids have on average, units of the resource.
    pub mean: f64,
    /// No plan with this number of grids has a smaller largest deviation than this share of the mean: a unit carries so much.
    pub possible_deviation: f64,
    /// Largest deviation of this plan.
    pub reached_deviation: f64,
}

/// A unit that puts the grid it is in out of the band, whatever one does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanCulprit {
    /// Key of the unit.
    pub unit: String,
    /// Longitude, latitude of a point inside it.
    pub place: [f64; 2],
    /// Units that must go with it, itself included.
    pub units: u32,
    /// The further resource that they have too much of; none = the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What they carry, as a share of what a grid should.
    pub worth: f64,
    /// Grids that hold them.
    pub grids: Vec<String>,
}

/// What a wider band would hold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relaxed {
    /// Share of the target.
    pub tolerance: f64,
    /// Grids in the band then.
    pub in_band: u32,
}

/// A grid with everything that `grids.geojson` says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanGrid {
    /// Immutable id.
    pub grid_id: String,
    /// Display code; its id until [`add_codes`] gives one.
    pub code: String,
    /// Zone it belongs to.
    pub zone_id: String,
    /// Division it lies in.
    pub division_id: String,
    /// Id of its area of every level.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub areas: BTreeMap<String, String>,
    /// `ordinary` or a dedicated kind.
    pub kind: String,
    /// Settlement class that carries most of its load, if any.
    pub settlement: Option<String>,
    /// Load, units of the input.
    pub households: f64,
    /// Load per resource.
    pub load: BTreeMap<String, f64>,
    /// What it should carry, given its mix of settlement classes.
    pub target: f64,
    /// Signed share of the target.
    pub deviation: f64,
    /// Signed share of the mean of its zone, in whole thousandths, for every further resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<String, f64>,
    /// Name of the land it is dedicated to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Kind of the recipe that an ordinary grid is like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub character: Option<String>,
    /// Customers by class; points without class are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, u32>,
    /// Load that its land will have once it is built, units of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_load: Option<f64>,
    /// Halls in reach, where the recipe has halls (R2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halls: Option<GridHalls>,
    /// Inside the tolerance of the load and of every further resource that is balanced.
    pub in_band: bool,
    /// Whether a plan exists that could bring it in, as far as the bounds tell.
    pub standing: Standing,
    /// A lock keeps it as it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
    /// Locks that concern it, by their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<String>,
    /// green, yellow (up to twice every tolerance), red (R27).
    pub light: String,
    /// Number of units.
    pub units: u32,
    /// Number of connected parts.
    pub parts: u32,
    /// Not meant to be contiguous.
    pub logical: bool,
    /// Area in m².
    pub area_m2: f64,
    /// Polsby–Popper: 4π·area / perimeter².
    pub compactness: f64,
    /// Area² / (2π · moment of inertia about its centre): 1 for a disc, 0.95 for a square; blind to a ragged border.
    pub inertia: f64,
    /// Share of its border that runs along a barrier (R2).
    pub barrier_share: f64,
    /// Person in charge.
    pub officer: Option<String>,
    /// The grid it stands in for and is stood in by (R29).
    pub backup_grid_id: Option<String>,
    /// In the middle of a triple, the grid that joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_backup_grid_id: Option<String>,
    /// First day of validity.
    pub valid_from: Option<String>,
    /// Grids that it comes from.
    pub parents: Vec<String>,
}

fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

/// Of rounded deviations.
const ROUNDING: f64 = 1e-9;

impl PlanGrid {
    /// Whether it is meant to have the target's load; a dedicated grid is as large as what it is for.
    pub fn is_ordinary(&self) -> bool {
        self.kind == ORDINARY
    }

    /// Its kind, or the kind that it is like.
    pub fn called(&self) -> &str {
        self.character.as_deref().unwrap_or(&self.kind)
    }

    /// Balanced resources in which it is out of band, with its deviations.
    pub fn off<'a>(&'a self, recipe: &'a Recipe) -> impl Iterator<Item = (&'a ResourceRule, f64)> + 'a {
        let balanced = recipe.resources.iter().filter(|r| r.weight > 0.0);
        let deviation = balanced.filter_map(|r| Some((r, *self.deviations.get(&r.name)?)));
        deviation.filter(|(r, d)| d.abs() > r.tolerance + ROUNDING)
    }

    /// Whether its load is inside the tolerance, however even it is in the rest.
    pub fn load_in_band(&self, recipe: &Recipe) -> bool {
        self.in_band || (self.off(recipe).next().is_some() && self.deviation.abs() <= recipe.grid.tolerance + ROUNDING)
    }
}

/// The land of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanFabric {
    /// Barrier classes that arcs refer to.
    pub classes: Vec<BarrierClass>,
    /// Units.
    pub units: Vec<PlanUnit>,
    /// Borders of units.
    pub arcs: Vec<Arc>,
}

/// A unit of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanUnit {
    /// Name that survives a re-cut.
    pub key: String,
    /// Position of its grid.
    pub grid: u32,
    /// Load, units of the input.
    pub households: f64,
    /// Further resources that it carries.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, f64>,
    /// Its share of a grid, by the targets of its settlement classes.
    pub worth: f64,
    /// Area in m².
    pub area_m2: f64,
}

/// A run of border between the same two units with the same barrier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arc {
    /// Unit on the left, from the first to the last position; none = outside.
    pub left: Option<u32>,
    /// Unit on the right.
    pub right: Option<u32>,
    /// Position in [`PlanFabric::classes`].
    pub class: u16,
    /// Positions: the first in 10⁻⁹ degree, the others as steps from the one before, x and y in turn.
    pub steps: Vec<i64>,
}

impl Arc {
    /// Positions along the arc.
    pub fn line(&self) -> Vec<Pt> {
        let mut at = Pt::default();
        self.steps
            .chunks_exact(2)
            .map(|d| {
                at = Pt { x: at.x.wrapping_add(d[0]), y: at.y.wrapping_add(d[1]) };
                at
            })
            .collect()
    }
}

/// An entity and its grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanAttachment {
    /// Id of the entity.
    pub entity: SmolStr,
    /// Position of its grid, if any.
    pub grid: Option<u32>,
    /// The rule that decided.
    pub rule: Rule,
    /// Distance to the nearest border of a grid, m, to the centimetre.
    pub distance_m: Option<f64>,
    /// Position of the grid on the other side of that border.
    pub runner_up: Option<u32>,
}

impl Plan {
    /// Border pieces with the label left and right: `label(unit)`, 0 for outside.
    pub fn sides(&self, label: impl Fn(u32) -> u32) -> Vec<(Pt, Pt, u32, u32)> {
        let side = |u: Option<u32>| u.map_or(0, &label);
        let arc = |a: &Arc| {
            let (l, r) = (side(a.left), side(a.right));
            let line = if l == r { Vec::new() } else { a.line() };
            (0..line.len().saturating_sub(1)).map(move |i| (line[i], line[i + 1], l, r)).collect::<Vec<_>>()
        };
        self.fabric.arcs.iter().flat_map(arc).collect()
    }
}
