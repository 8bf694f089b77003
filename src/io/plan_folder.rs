//! All files of a plan, put in place together.

use super::changes_files::{changes_json, moved_csv};
use super::error::WriteError;
use super::folder::{Fill, Staged};
use super::map::{self, SheetBefore, Spots};
use super::plan_files::{coverage_geojson, levels_csv, put_attachments_csv, put_collection, put_plan_json, report_json, stations_csv};
use super::sheet::sheet_on;
use crate::plan::{Changes, Plan, Report};
use crate::territory::Territory;
use crate::territory::lattice::Rings;
use std::io::Write;

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
        // the largest file first: the disk takes it while the others are made
        let (put, ground) = rayon::join(
            || staged.fill(vec![("plan.json", Box::new(|out: &mut dyn Write| put_plan_json(out, plan)))]),
            || {
                let (grids, zones) = rayon::join(|| plan.grid_land(), || plan.zone_land());
                let mut sheet = sheet_on(plan, report, territory, title, [&grids, &zones]);
                sheet.before = before;
                (Spots::new(&sheet), sheet, grids, zones)
            },
        );
        put?;
        let (spots, sheet, grids, zones) = ground;
        let mut files: Vec<(&str, Fill<'_>)> = vec![
            ("attachments.csv", Box::new(|out| put_attachments_csv(out, plan))),
            ("map.html", Box::new(|out| out.write_all(map::html_with(&sheet, &spots).as_bytes()))),
            ("map.svg", Box::new(|out| out.write_all(map::svg_with(&sheet, &spots).as_bytes()))),
            ("grids.geojson", Box::new(|out| put_collection(out, "grids", &plan.grids, &grids, |g| &g.grid_id))),
            ("zones.geojson", Box::new(|out| put_collection(out, "zones", &plan.zones, &zones, |z| &z.zone_id))),
            ("report.json", Box::new(|out| out.write_all(report_json(report)?.as_bytes()))),
        ];
        if let Some(changes) = changes {
            files.push(("changes.json", Box::new(|out| out.write_all(changes_json(changes)?.as_bytes()))));
            files.push(("moved.csv", Box::new(|out| out.write_all(moved_csv(changes).as_bytes()))));
        }
        if let Some(cells) = cells {
            files.push(("coverage.geojson", Box::new(|out| out.write_all(coverage_geojson(plan, cells)?.as_bytes()))));
            files.push(("stations.csv", Box::new(|out| out.write_all(stations_csv(plan).as_bytes()))));
        }
        if !plan.levels.is_empty() {
            files.push(("levels.csv", Box::new(|out| out.write_all(levels_csv(plan).as_bytes()))));
        }
        staged.fill(files)?;
        staged.commit()
    }
}
