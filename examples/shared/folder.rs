//! What examples that make a plan share: progress with times, a plan folder written whole, figures of a plan on screen.

#[path = "plan_folder.rs"]
mod plan_folder;

use super::cli;
use evengrid::io::Staged;
use evengrid::io::plan_files::plan_json;
use evengrid::pipeline::Drawn;
use evengrid::plan::Plan;
use evengrid::watch::Watch;
use indicatif::{ProgressBar, ProgressStyle};
use plan_folder::{Later, Stages};
use std::path::Path;
use std::time::Duration;

/// Shows progress on a terminal and takes the time of every stage.
pub struct Clock {
    bar: ProgressBar,
    stages: Stages,
}

impl Watch for Clock {
    fn stage(&self, stage: &'static str) {
        self.stages.begin(stage);
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
        Clock { bar, stages: Stages::default() }
    }

    /// The times in one line.
    pub fn told(&self) -> String {
        self.stages.records().iter().map(|s| format!("{} {:.3} s", s.stage, s.seconds)).collect::<Vec<_>>().join(", ")
    }

    /// Takes progress off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Begins the folder of a plan, which is no folder of layers.
pub fn begin(out: &Path, layers: &Path) -> Result<Staged, cli::Failure> {
    if out.canonicalize().is_ok_and(|out| layers.canonicalize().is_ok_and(|layers| layers == out)) {
        return Err(format!("{}: the layers lie here; give another folder for the plan with --out", out.display()).into());
    }
    Ok(Staged::begin(out)?)
}

/// Whether a plan that goes into the folder of the one before is the same: what was told of the change that made it stays there.
#[allow(dead_code, reason = "not every example changes a plan")]
pub fn is_done(old: &Plan, drawn: &Drawn, plan: &Path, out: &Path) -> bool {
    let same = plan_json(old).is_ok_and(|old| plan_json(&drawn.plan).is_ok_and(|new| new == old));
    same && out.canonicalize().is_ok_and(|out| plan.canonicalize().is_ok_and(|plan| plan == out))
}

/// Writes all files of a plan and what is `later` in it; an older plan is replaced only when the new one is whole.
pub fn write(staged: Staged, drawn: &Drawn, layers: &Path, later: Later<'_>, clock: &Clock) -> Result<(), cli::Failure> {
    Ok(plan_folder::write(staged, drawn, &cli::title(layers), later, clock.stages.records())?)
}

/// A line of figures on screen.
pub fn say(name: &str, text: String) {
    cli::say!("{name:<12} {text}");
}

/// Value of an indicator, 0 where there is none.
pub fn value(d: &Drawn, name: &str) -> f64 {
    d.report.indicators.iter().find(|i| i.name == name).map_or(0.0, |i| i.value)
}
