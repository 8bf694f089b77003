//! A job: what was asked for, and how far it is.

use evengrid::pipeline::Rebalance;
use evengrid::plan::series::Stamp;
use evengrid::recipe::{Draft, Recipe, RecipeErrors};
use evengrid::watch::Watch;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::UNIX_EPOCH;
use tokio::sync::watch::{Receiver, Sender};

use crate::plan_folder::Stages;

/// Where the layers of a job lie.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A folder of that name under the root of layers.
    Root(String),
    /// What was uploaded with a job.
    Uploaded(u64),
}

/// What a job is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Ask {
    Draw { layers: Place, recipe: String },
    Check { plan: u64, layers: Place },
    Rebalance { plan: u64, layers: Place, wishes: Wishes },
}

impl Ask {
    pub fn layers(&self) -> &Place {
        match self {
            Ask::Draw { layers, .. } | Ask::Check { layers, .. } | Ask::Rebalance { layers, .. } => layers,
        }
    }

    /// The plan that it is about.
    pub fn of_plan(&self) -> Option<u64> {
        match self {
            Ask::Draw { .. } => None,
            Ask::Check { plan, .. } | Ask::Rebalance { plan, .. } => Some(*plan),
        }
    }

    /// Whether a plan comes of it.
    pub fn makes_plan(&self) -> bool {
        !matches!(self, Ask::Check { .. })
    }
}

/// What a client may decide on a re-balance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wishes {
    budget_share: Option<f64>,
    freeze: Vec<String>,
    valid_from: Option<String>,
    effort: Option<String>,
}

impl Wishes {
    pub fn options(&self) -> Rebalance {
        let freeze = self.freeze.iter().cloned().collect();
        Rebalance { budget_share: self.budget_share, freeze, valid_from: self.valid_from.clone() }
    }

    /// What the engine would refuse of any plan.
    pub fn check(&self) -> Result<(), String> {
        if let Some(share) = self.budget_share.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(format!("budget_share is {share}; a share of the load from 0 to 1 is expected"));
        }
        match &self.valid_from {
            Some(date) if Stamp::parse(date).is_none_or(|stamp| stamp.month) => {
                Err(format!("valid_from is '{date}'; a day YYYY-MM-DD is expected"))
            }
            _ => Ok(()),
        }
    }

    /// The recipe of the old plan with the effort that is wished for.
    pub fn recipe(&self, of_plan: Draft) -> Result<Recipe, RecipeErrors> {
        let mut own = Draft::default();
        own.effort.level = self.effort.clone();
        own.or(of_plan).build()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl State {
    pub fn is_final(self) -> bool {
        !matches!(self, State::Queued | State::Running)
    }
}

/// How far a job is.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub state: State,
    stage: Option<&'static str>,
    zones_done: usize,
    zones_total: usize,
    pub error: Option<String>,
    pub outcome: Option<Value>,
    /// When it ended, in seconds since 1970.
    pub ended: Option<u64>,
}

impl Status {
    pub fn new(state: State) -> Status {
        let ended = state.is_final().then(|| UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs()));
        Status { state, stage: None, zones_done: 0, zones_total: 0, error: None, outcome: None, ended }
    }

    pub fn done(outcome: Value) -> Status {
        Status { outcome: Some(outcome), ..Status::new(State::Done) }
    }

    pub fn failed(error: impl Into<String>) -> Status {
        Status { error: Some(error.into()), ..Status::new(State::Failed) }
    }
}

/// A job as it is kept in the state folder. Of jobs that have not ended only the fact is kept: they begin anew.
#[derive(Serialize, Deserialize)]
pub struct Record {
    pub id: u64,
    pub ask: Ask,
    pub state: State,
    pub error: Option<String>,
    pub outcome: Option<Value>,
    pub ended: Option<u64>,
}

/// A job in memory.
pub struct Job {
    pub id: u64,
    pub ask: Ask,
    /// Set to stop it.
    pub cancel: AtomicBool,
    /// Whether somebody is ending it, or has.
    claimed: AtomicBool,
    status: Sender<Status>,
}

/// What clients are shown of a job.
#[derive(Serialize)]
pub struct View<'j> {
    id: u64,
    kind: &'static str,
    layers: &'j Place,
    of_plan: Option<u64>,
    #[serde(flatten)]
    status: Status,
}

impl Job {
    pub fn new(id: u64, ask: Ask) -> Job {
        let status = Sender::new(Status::new(State::Queued));
        Job { id, ask, cancel: AtomicBool::new(false), claimed: AtomicBool::new(false), status }
    }

    /// As it was kept; one that had begun is queued again.
    pub fn kept(record: Record) -> Job {
        let Record { id, ask, state, error, outcome, ended } = record;
        let job = Job::new(id, ask);
        let state = if state.is_final() { state } else { State::Queued };
        job.claimed.store(state.is_final(), Ordering::Release);
        job.status.send_replace(Status { error, outcome, ended, ..Status::new(state) });
        job
    }

    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    pub fn view(&self) -> View<'_> {
        let kind = match &self.ask {
            Ask::Draw { .. } => "draw",
            Ask::Check { .. } => "check",
            Ask::Rebalance { .. } => "rebalance",
        };
        View { id: self.id, kind, layers: self.ask.layers(), of_plan: self.ask.of_plan(), status: self.status() }
    }

    /// The record of the job, were it in that status.
    pub fn record(&self, status: &Status) -> Record {
        let Status { state, error, outcome, ended, .. } = status.clone();
        Record { id: self.id, ask: self.ask.clone(), state, error, outcome, ended }
    }

    /// Tells of every change of status, beginning with the one that it has.
    pub fn follow(&self) -> Receiver<Status> {
        let mut changes = self.status.subscribe();
        changes.mark_changed();
        changes
    }

    /// Claims to end the job, which only the first may do: worker or client.
    pub fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::AcqRel)
    }

    pub fn start(&self) {
        self.progress(State::Queued, |status| status.state = State::Running);
    }

    /// Shows how it ended.
    pub fn ended(&self, status: Status) {
        self.status.send_replace(status);
    }

    /// Changes the status, unless it is no longer in `state`.
    fn progress(&self, state: State, change: impl FnOnce(&mut Status)) {
        self.status.send_if_modified(|status| {
            let still = status.state == state;
            if still {
                change(status);
            }
            still
        });
    }
}

/// Shows the progress of a job to its followers, and takes the time of its stages.
pub struct Progress<'j> {
    job: &'j Job,
    pub stages: Stages,
}

impl<'j> Progress<'j> {
    pub fn of(job: &'j Job) -> Progress<'j> {
        Progress { job, stages: Stages::default() }
    }
}

impl Watch for Progress<'_> {
    fn stage(&self, stage: &'static str) {
        self.stages.begin(stage);
        self.job.progress(State::Running, |status| status.stage = Some(stage));
    }

    fn zones(&self, done: usize, total: usize) {
        // zones are told from many threads, not always in order
        self.job.progress(State::Running, |status| {
            (status.zones_done, status.zones_total) = (done.max(status.zones_done), total);
        });
    }
}
