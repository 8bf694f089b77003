//! All files of a plan, put in place together.

use super::changes_files::{changes_json, moved_csv};
use super::error::WriteError;
use super::folder::Staged;
use super::map::{self, SheetBefore};
use super::plan_files::{
    attachments_csv, coverage_geojson, grids_geojson, levels_csv, plan_json, report_json, stations_csv, zones_geojson,
};
use super::sheet::sheet;
use crate::plan::{Changes, Plan, Report};
use crate::territory::Territory;
use crate::territory::lattice::Rings;

/// What the files of a plan are made of.
#[derive(Clone, Debug)]
pub struct PlanFolder<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Its figures and findings.
    pub report: &'a Report,
    /// What it was drawn on, for the map.
    pub territory: &'a Territory,
    /// Title of the map.
    pub title: &'a str,
    /// Land of stations by their position, and the area of it within radius and beam, m²; where zones follow their coverage.
    pub cells: Option<Vec<(u32, Vec<Rings>, f64)>>,
    /// What changed, where it comes after another plan.
    pub changes: Option<&'a Changes>,
    /// That plan on the map.
    pub before: Option<SheetBefore>,
}

impl PlanFolder<'_> {
    /// Writes all files; an older plan in the folder of `staged` is replaced only when the new one is whole.
    pub fn write(self, mut staged: Staged) -> Result<(), WriteError> {
        let PlanFolder { plan, report, territory, title, cells, changes, before } = self;
        let mut put = |name: &str, text: serde_json::Result<String>| {
            let unfit = |e: serde_json::Error| WriteError::Unfit { file: name.to_string(), detail: e.to_string() };
            staged.write(name, text.map_err(unfit)?.as_bytes())
        };
        put("grids.geojson", grids_geojson(plan))?;
        put("zones.geojson", zones_geojson(plan))?;
        put("attachments.csv", Ok(attachments_csv(plan)))?;
        if let Some(changes) = changes {
            put("changes.json", changes_json(changes))?;
            put("moved.csv", Ok(moved_csv(changes)))?;
        }
        if let Some(cells) = cells {
            put("coverage.geojson", coverage_geojson(plan, cells))?;
            put("stations.csv", Ok(stations_csv(plan)))?;
        }
        if !plan.levels.is_empty() {
            put("levels.csv", Ok(levels_csv(plan)))?;
        }
        let mut sheet = sheet(plan, report, territory, title);
        sheet.before = before;
        put("map.html", Ok(map::html(&sheet)))?;
        put("map.svg", Ok(map::svg(&sheet)))?;
        put("report.json", report_json(report))?;
        put("plan.json", plan_json(plan))?;
        staged.commit()
    }
}
