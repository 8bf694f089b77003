//! The files of a plan, written whole, with the time of every stage.

use evengrid::io::{PlanFolder, Staged, WriteError, sheet_before};
use evengrid::pipeline::Drawn;
use evengrid::plan::{Changes, Plan, Report, StageRecord, moved_land};
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

/// What a plan comes after.
pub type Later<'a> = Option<(&'a Plan, &'a Changes)>;

/// Writes all files of a plan; an older plan is replaced only when the new one is whole.
pub fn write(staged: Staged, drawn: &Drawn, title: &str, later: Later<'_>, stages: Vec<StageRecord>) -> Result<(), WriteError> {
    let Drawn { plan, territory, coverage, .. } = drawn;
    let before = |(old, changes): (&Plan, &Changes)| {
        let reasons = changes.moves.iter().map(|m| (m.unit.clone(), m.why.name().to_string())).collect();
        sheet_before::before(old, plan, &moved_land(old, plan, &reasons))
    };
    PlanFolder {
        plan,
        report: &Report { stages, ..drawn.report.clone() },
        territory,
        title,
        cells: coverage.as_ref().map(|c| c.cells(territory).into_iter().map(|c| (c.station, c.land, c.reached_m2)).collect()),
        changes: later.map(|l| l.1),
        before: later.map(before),
    }
    .write(staged)
}
