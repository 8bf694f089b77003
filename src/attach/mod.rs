//! Attachment of entities to grids, with the rule that decided and its evidence.

mod attacher;
mod halls;
mod kinds;
mod land;
mod nearest;
mod overlay;
mod sites;
mod tally;
mod volumes;

pub use attacher::{Attacher, Decision, Given, GridNames, MOST_SIGNALS, Signal, Silence, Verdict};
pub use halls::{GridHalls, halls};
pub use kinds::{characters, class_counts};
use land::Borders;
pub use land::{Border, Land, Nearest};
pub use overlay::Overlay;
pub use sites::{Sites, served};
pub use tally::{Counted, Tally};
pub use volumes::{Volumes, digest};

use crate::cut::{Fabric, FabricEdge};
use crate::measure::{GridId, UnitId};
use crate::recipe::Recipe;
use crate::territory::Territory;
use crate::watch::{Stopped, Watch};
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

/// Points attached in one go.
const CHUNK: usize = 4096;

/// Attaches every point by location; those outside go to the nearest grid within `attach.nearest_m` (R14).
/// O(log n) per point.
pub fn attach(
    territory: &Territory,
    fabric: &Fabric,
    grid_of_unit: &[GridId],
    recipe: &Recipe,
    watch: &dyn Watch,
) -> Result<Vec<Attachment>, Stopped> {
    let _span = tracing::info_span!("attach", points = territory.points.len()).entered();
    let grid = |u: Option<UnitId>| u.map(|u| grid_of_unit[u.at()]);
    let border = |e: &FabricEdge| Border { a: e.a, b: e.b, left: grid(e.left), right: grid(e.right) };
    // unit by unit: what is near to one point is near to the next
    let (borders, (order, place)) = rayon::join(|| Borders::new(territory.plane, fabric.edges.iter().map(border)), || by_unit(fabric));
    let one = |unit: Option<UnitId>, near: Option<Nearest>| {
        let distance_m = near.map_or(f64::NAN, |n| n.distance_m);
        match (grid(unit), near) {
            (Some(g), near) => Attachment { grid: Some(g), rule: Rule::Location, distance_m, runner_up: near.and_then(|n| n.beyond(g)) },
            (None, Some(near)) if distance_m <= recipe.attach.nearest_m => {
                Attachment { grid: near.grids.into_iter().flatten().next(), rule: Rule::Nearest, distance_m, runner_up: None }
            }
            (None, _) => Attachment { grid: None, rule: Rule::Unassigned, distance_m, runner_up: None },
        }
    };
    let unit = |point: u32| fabric.unit_of_point[point as usize];
    let at = |point: u32| territory.points[point as usize].at;
    let chunk = |points: &[u32]| {
        watch.go_on(points.len() as u64)?;
        let (mut near, mut found) = (0, Vec::with_capacity(points.len()));
        for own in points.chunk_by(|x, y| unit(*x).is_some() && unit(*x) == unit(*y)) {
            let piles: Vec<&[u32]> = own.chunk_by(|x, y| at(*x) == at(*y)).collect();
            let nearest = borders.nearest_each(piles.iter().map(|pile| at(pile[0])), &mut near);
            for (pile, near) in piles.into_iter().zip(nearest) {
                found.extend(std::iter::repeat_n(one(unit(own[0]), near), pile.len()));
            }
        }
        Ok(found)
    };
    let found = order.par_chunks(CHUNK).map(chunk).collect::<Result<Vec<Vec<Attachment>>, Stopped>>()?;
    Ok(place.par_iter().map(|&at| found[at as usize / CHUNK][at as usize % CHUNK]).collect())
}

/// Points in the order of their units, those outside first, and the place of each among them.
fn by_unit(fabric: &Fabric) -> (Vec<u32>, Vec<u32>) {
    let unit = |u: &Option<UnitId>| u.map_or(0, |u| u.at() + 1);
    let mut next = vec![0u32; fabric.units.len() + 2];
    fabric.unit_of_point.iter().for_each(|u| next[unit(u) + 1] += 1);
    for u in 1..next.len() {
        next[u] += next[u - 1];
    }
    let mut order = vec![0; fabric.unit_of_point.len()];
    let take = |(p, u): (u32, &Option<UnitId>)| {
        let place = next[unit(u)];
        next[unit(u)] += 1;
        order[place as usize] = p;
        place
    };
    let place = (0..).zip(&fabric.unit_of_point).map(take).collect();
    (order, place)
}
