//! What examples that make a plan share: progress with times, a plan folder written whole, figures of a plan on screen.

use super::cli;
use evengrid::io::changes_files::{changes_json, moved_csv};
use evengrid::io::map::SheetBefore;
use evengrid::io::{Staged, map, plan_files, sheet, sheet_before};
use evengrid::pipeline::Drawn;
use evengrid::plan::{Changes, Plan, StageRecord, moved_land};
use evengrid::watch::Watch;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Shows progress on a terminal and takes the time of every stage.
pub struct Clock {
    bar: ProgressBar,
    stages: Mutex<Vec<(&'static str, Instant)>>,
}

impl Watch for Clock {
    fn stage(&self, stage: &'static str) {
        if let Ok(mut stages) = self.stages.lock() {
            stages.push((stage, Instant::now()));
        }
        self.bar.set_message(stage);
    }
    fn zones(&self, done: usize, total: usize) {
        self.bar.set_message(format!("partition {done}/{total} zones"));
    }
}

impl Clock {
    pub fn new() -> Clock {
        // draws nothing unless standard error is a terminal
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
        bar.enable_steady_tick(Duration::from_millis(100));
        Clock { bar, stages: Mutex::new(Vec::new()) }
    }

    pub fn records(&self) -> Vec<StageRecord> {
        let mut stages = self.stages.lock().map(|s| s.clone()).unwrap_or_default();
        stages.push(("", Instant::now()));
        let record = |w: &[(&'static str, Instant)]| StageRecord { stage: w[0].0.into(), seconds: (w[1].1 - w[0].1).as_secs_f64() };
        stages.windows(2).map(record).collect()
    }

    /// The times in one line.
    pub fn told(&self) -> String {
        self.records().iter().map(|s| format!("{} {:.2} s", s.stage, s.seconds)).collect::<Vec<_>>().join(", ")
    }

    /// Takes progress off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
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
    pub fn of(old: &Plan, new: &Plan, changes: &Changes) -> Result<Later, cli::Failure> {
        let reasons = changes.moves.iter().map(|m| (m.unit.clone(), m.why.name().to_string())).collect();
        let before = sheet_before::before(old, new, &moved_land(old, new, &reasons));
        Ok(Later { before: Some(before), files: vec![("changes.json", changes_json(changes)?), ("moved.csv", moved_csv(changes))] })
    }
}

/// Begins the folder of a plan, which is no folder of layers.
pub fn begin(out: &Path, layers: &Path) -> Result<Staged, cli::Failure> {
    if out.canonicalize().is_ok_and(|out| layers.canonicalize().is_ok_and(|layers| layers == out)) {
        return Err(format!("{}: the layers lie here; give another folder for the plan with --out", out.display()).into());
    }
    Ok(Staged::begin(out)?)
}

/// Writes all files of a plan and what is `later` in it; an older plan is replaced only when the new one is whole.
pub fn write(mut staged: Staged, drawn: &Drawn, layers: &Path, later: Later, clock: &Clock) -> Result<(), cli::Failure> {
    let Drawn { plan, report, territory, coverage, .. } = drawn;
    let mut sheet = sheet::sheet(plan, report, territory, &cli::title(layers));
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
    report.stages = clock.records();
    staged.write("report.json", plan_files::report_json(&report)?.as_bytes())?;
    staged.commit()?;
    Ok(())
}

/// A line of figures on screen.
pub fn say(name: &str, text: String) {
    cli::say!("{name:<12} {text}");
}

/// Value of an indicator, 0 where there is none.
pub fn value(d: &Drawn, name: &str) -> f64 {
    d.report.indicators.iter().find(|i| i.name == name).map_or(0.0, |i| i.value)
}
