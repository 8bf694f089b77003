//! Attachment of entities to grids, with the rule that decided and its evidence.

mod attacher;
mod halls;
mod kinds;
mod land;
mod overlay;
mod sites;
mod tally;
mod volumes;

pub use attacher::{Attacher, Decision, Given, GridNames, MOST_SIGNALS, Signal, Silence, Verdict};
pub use halls::{GridHalls, halls};
pub use kinds::{characters, class_counts};
pub use land::{Border, Land, Nearest};
pub use overlay::Overlay;
pub use sites::{Sites, served};
pub use tally::{Counted, Tally};
pub use volumes::{Volumes, digest};

use crate::cut::{Fabric, FabricEdge};
use crate::measure::{GridId, UnitId};
use crate::recipe::Recipe;
use crate::territory::{DemandPoint, Territory};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The rule that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// The entity lies in the grid.
    Location,
    /// The entity lies outside the territory, this grid is the nearest.
    Nearest,
    /// No grid is near enough; the entity has none and is told.
    Unassigned,
}

impl Rule {
    /// As written in `attachments.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Location => "location",
            Rule::Nearest => "nearest",
            Rule::Unassigned => "unassigned",
        }
    }
}

/// Entity → grid, in the order of the territory's points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its grid; `None` only for [`Rule::Unassigned`].
    pub grid: Option<GridId>,
    /// The rule that decided.
    pub rule: Rule,
    /// Distance to the nearest border of a grid in metres, the margin of the decision; NaN where there is no grid.
    #[serde(with = "crate::document::or_nan")]
    pub distance_m: f64,
    /// Grid on the other side of that border.
    pub runner_up: Option<GridId>,
}

/// Attaches every point by location; those outside go to the nearest grid within `attach.nearest_m` (R14).
/// O(log n) per point.
pub fn attach(territory: &Territory, fabric: &Fabric, grid_of_unit: &[GridId], recipe: &Recipe) -> Vec<Attachment> {
    let _span = tracing::info_span!("attach", points = territory.points.len()).entered();
    let grid = |u: Option<UnitId>| u.map(|u| grid_of_unit[u.at()]);
    let border = |e: &FabricEdge| Border { a: e.a, b: e.b, left: grid(e.left), right: grid(e.right) };
    let land = Land::new(territory.plane, fabric.edges.iter().map(border));
    let one = |(p, unit): (&DemandPoint, &Option<UnitId>)| {
        let near = land.nearest(p.at);
        let distance_m = near.map_or(f64::NAN, |n| n.distance_m);
        match (grid(*unit), near) {
            (Some(g), near) => Attachment { grid: Some(g), rule: Rule::Location, distance_m, runner_up: near.and_then(|n| n.beyond(g)) },
            (None, Some(near)) if distance_m <= recipe.attach.nearest_m => {
                Attachment { grid: near.grids.into_iter().flatten().next(), rule: Rule::Nearest, distance_m, runner_up: None }
            }
            (None, _) => Attachment { grid: None, rule: Rule::Unassigned, distance_m, runner_up: None },
        }
    };
    territory.points.par_iter().zip(&fabric.unit_of_point).map(one).collect()
}
