//! Grids that a planner redrew in a GIS, put back on units (R41).
//!
//! | file | what it does |
//! |---|---|
//! | `features` | which grid every polygon of the file is |
//! | `overlay` | the grid of every unit, from the polygons over it |
//! | `tell` | gaps, overlaps, slivers and units that were cut, with place and number |
//! | `redrawn` | dedicated grids with other land |
//! | `settle`, `mend` | what no plan may have: grids across zones, in pieces, against locks |
//!
//! A *label* is the position of an old grid, or, from their number on, of a grid that is new in the file.

mod features;
mod mend;
mod overlay;
mod redrawn;
mod settle;
mod tell;

pub use redrawn::redraw;
pub use settle::{Drawing, Settled, settle};

use super::{AsFound, IdOf, Plan};
use crate::cut::Fabric;
use crate::finding::{Finding, Severity};
use crate::territory::Territory;

/// An edited file on units.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// Label of every unit; none on land that no grid has or had.
    pub label: Vec<Option<u32>>,
    /// What the grids that are new are called in the file, in order of their labels.
    pub fresh: Vec<String>,
    /// What was told.
    pub findings: Vec<Finding>,
}

/// The grid of every unit: the one that holds most of the load of its points, most of its land where it has none. Land in no grid counts for the grid
/// that it had, land in several for the one among them that had it, or else for the one with most of the unit.
///
/// `before` is the old grid of every unit. O(n log n), with the overlay of the units beside borders that are not borders of units, each with the grids
/// whose boxes it meets. Findings:
///
/// | code | measured | limit |
/// |---|---|---|
/// | `unit-cut`: a border runs through a unit, which goes to one side whole | share of it there | 0.9 |
/// | `land-in-no-grid`: land returns to the grid that it had | m² | 0.5, mean width in m up to which it is a sliver |
/// | `grids-overlap`: land of two grids goes to one | m² | the same |
/// | `land-outside`: land outside the territory is left out | m² | the same |
/// | `edit-slivers`: all slivers of these kinds | m² | 0.5 |
/// | `edit-strays`: what is left on the other side of units that are not cut | m² | share of a unit, 0.1 |
/// | `grid-empty`: a grid has most of no unit | m² | – |
/// | `grid-joined`: several features of one id are one grid | features | 1 |
/// | `geometry-invalid`: a grid crosses itself and was taken as the union of its polygons | – | – |
/// | `id-retired`, `id-not-given`: an id that was or will be another grid's | number in it | next number |
pub fn edited(old: &Plan, found: &AsFound, territory: &Territory, fabric: &Fabric, before: &[Option<u32>]) -> Edited {
    let mut findings = Vec::new();
    let features = features::Features::new(old, found, &territory.plane, &mut findings);
    let over = overlay::overlay(&features, territory, fabric, before);
    let label: Vec<Option<u32>> = over.iter().zip(before).map(|(o, before)| o.label.or(*before)).collect();
    tell::tell(old, &features, territory, fabric, before, &over, &mut findings);
    Edited { label, fresh: features.fresh, findings }
}

/// Tells what became of grids that are new in the file, once they have ids.
pub fn tell_born(old: &Plan, fresh: &[String], id_of: impl Fn(u32) -> Option<String>) -> Vec<Finding> {
    let one = |(i, name): (usize, &String)| {
        let id = id_of((old.grids.len() + i) as u32)?;
        let serial = IdOf::Grid.serial(name);
        let (severity, code, why) = match serial {
            Some(s) if s < old.next_serial => {
                (Severity::Warning, "id-retired", "is that of a grid that is no more, and such ids are not used again")
            }
            Some(_) => (Severity::Warning, "id-not-given", "is a number that was not given yet"),
            None => (Severity::Info, "grid-born", "is none of this plan"),
        };
        let finding = Finding::new(severity, code, format!("the id {why}: the grid is a new one, {id}")).id(name);
        Some(match serial {
            Some(s) => finding.measured(s.into()).limit(old.next_serial.into()),
            None => finding,
        })
    };
    fresh.iter().enumerate().filter_map(one).collect()
}
