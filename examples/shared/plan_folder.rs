//! The files of a plan, written whole.

use crate::cli::Failure;
use evengrid::io::changes_files::{changes_json, moved_csv};
use evengrid::io::map::SheetBefore;
use evengrid::io::{Staged, map, plan_files, sheet, sheet_before};
use evengrid::pipeline::Drawn;
use evengrid::plan::{Changes, Plan, StageRecord, moved_land};
use std::sync::Mutex;
use std::time::Instant;

/// Takes the time of every stage.
#[derive(Default)]
pub struct Stages(Mutex<Vec<(&'static str, Instant)>>);

impl Stages {
    pub fn begin(&self, stage: &'static str) {
        if let Ok(mut stages) = self.0.lock() {
            stages.push((stage, Instant::now()));
        }
    }

    pub fn records(&self) -> Vec<StageRecord> {
        let mut stages = self.0.lock().map(|s| s.clone()).unwrap_or_default();
        stages.push(("", Instant::now()));
        let record = |w: &[(&'static str, Instant)]| StageRecord { stage: w[0].0.into(), seconds: (w[1].1 - w[0].1).as_secs_f64() };
        stages.windows(2).map(record).collect()
    }
}

/// What is written beside a plan that comes after another one.
#[derive(Default)]
pub struct Later {
    /// The earlier plan on the map.
    pub before: Option<SheetBefore>,
    /// Further files.
    pub files: Vec<(&'static str, String)>,
}

impl Later {
    /// Files and map of what changed.
    #[allow(dead_code, reason = "not every example changes a plan")]
    pub fn of(old: &Plan, new: &Plan, changes: &Changes) -> Result<Later, Failure> {
        let reasons = changes.moves.iter().map(|m| (m.unit.clone(), m.why.name().to_string())).collect();
        let before = sheet_before::before(old, new, &moved_land(old, new, &reasons));
        Ok(Later { before: Some(before), files: vec![("changes.json", changes_json(changes)?), ("moved.csv", moved_csv(changes))] })
    }
}

/// Writes all files of a plan and what is `later` in it; an older plan is replaced only when the new one is whole.
pub fn write(mut staged: Staged, drawn: &Drawn, title: &str, later: Later, stages: Vec<StageRecord>) -> Result<(), Failure> {
    let Drawn { plan, report, territory, coverage, .. } = drawn;
    let mut sheet = sheet::sheet(plan, report, territory, title);
    sheet.before = later.before;
    let files = [
        ("grids.geojson", plan_files::grids_geojson(plan)?),
        ("zones.geojson", plan_files::zones_geojson(plan)?),
        ("attachments.csv", plan_files::attachments_csv(plan)),
        ("map.html", map::html(&sheet)),
        ("map.svg", map::svg(&sheet)),
        ("plan.json", plan_files::plan_json(plan)?),
    ];
    for (name, text) in files.iter().chain(&later.files) {
        staged.write(name, text.as_bytes())?;
    }
    if let Some(coverage) = coverage {
        let cells = coverage.cells(territory).into_iter().map(|c| (c.station, c.land, c.reached_m2));
        staged.write("coverage.geojson", plan_files::coverage_geojson(plan, cells.collect())?.as_bytes())?;
        staged.write("stations.csv", plan_files::stations_csv(plan).as_bytes())?;
    }
    if !plan.levels.is_empty() {
        staged.write("levels.csv", plan_files::levels_csv(plan).as_bytes())?;
    }
    let mut report = report.clone();
    report.stages = stages;
    staged.write("report.json", plan_files::report_json(&report)?.as_bytes())?;
    staged.commit()?;
    Ok(())
}
