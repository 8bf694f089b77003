//! The threads that do the jobs, each with a pool of its own, so that none waits for another and the server for none.

use crate::cli::{self, Failure};
use crate::job::{Ask, Job, Progress, Status, Wishes};
use crate::plan_folder;
use crate::service::Service;
use evengrid::finding::Severity;
use evengrid::io::{ReadError, Reader, Staged, plan_read};
use evengrid::pipeline::{Drawn, Rebalanced, draw, rebalance};
use evengrid::plan::{Changes, Plan, check};
use evengrid::recipe::{Draft, LayerMap};
use evengrid::territory::layers::Layers;
use evengrid::territory::territory;
use evengrid::watch::{Guard, Watch};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Findings that a status shows; all are in the report.
const SHOWN: usize = 50;

/// Starts a thread that does one job after another.
pub fn start(service: Arc<Service>, threads: usize) -> Result<(), Failure> {
    let pool = cli::pool(Some(threads))?;
    let work = move || {
        loop {
            let job = service.queue.take();
            pool.install(|| run(&service, &job));
        }
    };
    std::thread::Builder::new().name("jobs".into()).spawn(work)?;
    Ok(())
}

fn run(service: &Service, job: &Job) {
    // a defect in one job must not take the others down
    let made = || catch_unwind(AssertUnwindSafe(|| make(service, job))).unwrap_or_else(|_| Err("the job failed by a defect".into()));
    let result = service.begin(job).and_then(|()| made());
    if !job.claim() {
        return;
    }
    let put = |made: Made| catch_unwind(AssertUnwindSafe(|| made.put(service, job)));
    let ended = result.and_then(|made| put(made).unwrap_or_else(|_| Err("the plan could not be written, by a defect".into())));
    let status = ended.map_or_else(|e| Status::failed(e.to_string()), Status::done);
    if let Err(e) = service.end(job, status) {
        eprintln!("job {}: {e}", job.id);
    }
}

/// What came of a job, before it is in place.
struct Made<'j> {
    outcome: Value,
    plan: Option<(Drawn, Option<(Plan, Changes)>)>,
    title: String,
    progress: Progress<'j>,
}

impl Made<'_> {
    /// Puts a plan in place, whole.
    fn put(self, service: &Service, job: &Job) -> Result<Value, Failure> {
        if let Some((drawn, later)) = self.plan {
            self.progress.stage("write");
            let staged = Staged::begin(&service.store.plan(job.id))?;
            let later = later.as_ref().map(|(old, changes)| (old, changes));
            plan_folder::write(staged, &drawn, &self.title, later, self.progress.stages.records())?;
        }
        Ok(self.outcome)
    }
}

fn make<'j>(service: &Service, job: &'j Job) -> Result<Made<'j>, Failure> {
    let progress = Progress::of(job);
    let guard = Guard::new(&progress).cancelled_by(&job.cancel).time(service.settings.job_time);
    let folder = service.layers(job.ask.layers())?;
    let read = |map: &LayerMap| Reader::new(&guard).limits(service.settings.limits).layers(&folder, map);
    let (outcome, plan) = match &job.ask {
        Ask::Draw { recipe, .. } => {
            let recipe = Draft::from_toml(recipe)?.build()?;
            let drawn = draw(&read(&recipe.layers)?, &recipe, &guard)?;
            (figures(&drawn), Some((drawn, None)))
        }
        Ask::Check { plan, .. } => (judge(&service.store.plan(*plan), &guard, read)?, None),
        Ask::Rebalance { plan, wishes, .. } => {
            let (outcome, drawn, later) = adjust(&service.store.plan(*plan), wishes, &guard, read)?;
            (outcome, Some((drawn, Some(later))))
        }
    };
    let title = cli::title(&folder);
    Ok(Made { outcome, plan, title, progress })
}

fn figures(drawn: &Drawn) -> Value {
    let Drawn { plan, report, .. } = drawn;
    let of = |wanted: Severity| report.findings.iter().filter(move |f| f.severity == wanted);
    json!({
        "grids": plan.grids.len(),
        "zones": plan.zones.len(),
        "in_band": plan.grids.iter().filter(|g| g.in_band).count(),
        "violations": of(Severity::Violation).count(),
        "warnings": of(Severity::Warning).count(),
        "findings": of(Severity::Violation).chain(of(Severity::Warning)).take(SHOWN).map(|f| f.to_string()).collect::<Vec<_>>(),
    })
}

fn judge(plan: &Path, watch: &dyn Watch, read: impl Fn(&LayerMap) -> Result<Layers, ReadError>) -> Result<Value, Failure> {
    let recipe = plan_read::recipe(plan)?.unwrap_or_default().build()?;
    let found = plan_read::read_plan(plan)?;
    let layers = read(&recipe.layers)?;
    let judged = check(&found, &territory(&layers, &recipe, watch)?, recipe.grid.tolerance, watch)?;
    Ok(json!({
        "passed": judged.passed(),
        "checks": judged.checks,
        "findings": judged.findings.iter().take(SHOWN).map(|f| f.to_string()).collect::<Vec<_>>(),
    }))
}

fn adjust(
    folder: &Path,
    wishes: &Wishes,
    watch: &dyn Watch,
    read: impl Fn(&LayerMap) -> Result<Layers, ReadError>,
) -> Result<(Value, Drawn, (Plan, Changes)), Failure> {
    let plan = plan_read::whole(folder)?;
    let recipe = wishes.recipe(plan.provenance.recipe.clone().into())?;
    let layers = read(&recipe.layers)?;
    let Rebalanced { drawn, changes } = rebalance(&plan, &layers, &recipe, &wishes.options(), watch)?;
    let mut outcome = figures(&drawn);
    (outcome["moved"], outcome["share_moved"]) = (changes.moved.into(), changes.share.into());
    Ok((outcome, drawn, (plan, changes)))
}
