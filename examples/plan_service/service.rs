//! What all requests and workers share: the jobs, their queue, the folders.

use crate::cli::Failure;
use crate::held::Held;
use crate::job::{Ask, Job, Place, State, Status};
use crate::queue::{Queue, Slot, locked};
use crate::refusal::Refusal;
use crate::store::{Incoming, Store};
use axum::http::StatusCode;
use evengrid::io::Limits;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// What the operator allows.
pub struct Settings {
    pub layers_root: Option<PathBuf>,
    pub limits: Limits,
    pub job_time: Duration,
    pub max_body: usize,
    pub queue: usize,
    pub held: usize,
}

pub struct Service {
    pub settings: Settings,
    pub store: Store,
    pub queue: Arc<Queue>,
    pub held: Held,
    /// Set when the service goes down.
    pub stopping: watch::Sender<bool>,
    jobs: Mutex<BTreeMap<u64, Arc<Job>>>,
}

impl Service {
    /// With the jobs that are in the state folder; those that had not ended are queued again.
    pub fn open(state: &Path, settings: Settings) -> Result<Service, Failure> {
        let (store, records) = Store::open(state)?;
        let queue = Arc::new(Queue::new(settings.queue));
        let jobs: BTreeMap<u64, Arc<Job>> = records.into_iter().map(|record| (record.id, Arc::new(Job::kept(record)))).collect();
        jobs.values().filter(|job| job.status().state == State::Queued).for_each(|job| queue.push(job.clone()));
        let held = Held::new(settings.held);
        Ok(Service { settings, store, queue, held, stopping: watch::Sender::new(false), jobs: Mutex::new(jobs) })
    }

    /// A place in the queue.
    pub fn reserve(&self) -> Result<Slot, Refusal> {
        let full = || Refusal::new(StatusCode::TOO_MANY_REQUESTS, "the queue is full; try again when a job has ended");
        self.queue.reserve().ok_or_else(full)
    }

    /// Accepts a job for good and queues it.
    pub fn accept(&self, slot: Slot, incoming: Incoming, ask: Ask) -> Result<Arc<Job>, Refusal> {
        let job = Arc::new(Job::new(incoming.id, ask));
        self.store.accept(&incoming, &job.record(&job.status()))?;
        locked(&self.jobs).insert(job.id, job.clone());
        slot.fill(job.clone());
        Ok(job)
    }

    pub fn job(&self, id: &str) -> Result<Arc<Job>, Refusal> {
        let found = id.parse().ok().and_then(|id: u64| locked(&self.jobs).get(&id).cloned());
        found.ok_or_else(|| Refusal::unknown(format!("no job {id}")))
    }

    /// Up to `most` jobs that come after one.
    pub fn jobs_after(&self, id: u64, most: usize) -> Vec<Arc<Job>> {
        locked(&self.jobs).range((Bound::Excluded(id), Bound::Unbounded)).take(most).map(|(_, job)| job.clone()).collect()
    }

    /// The job whose plan that is, which is done.
    pub fn done_plan(&self, id: impl ToString) -> Result<Arc<Job>, Refusal> {
        let job = self.job(&id.to_string()).ok().filter(|job| job.ask.makes_plan());
        let job = job.ok_or_else(|| Refusal::unknown(format!("no plan {}", id.to_string())))?;
        match job.status().state {
            State::Done => Ok(job),
            state => Err(Refusal::new(StatusCode::CONFLICT, format!("the job of plan {} is {state:?}, not done", job.id).to_lowercase())),
        }
    }

    /// Cancels a job: from then on it has no result, also after a restart.
    pub fn cancel(&self, job: &Job) -> Result<(), Refusal> {
        if !job.claim() {
            return match job.status().state {
                State::Cancelled => Ok(()),
                _ => Err(Refusal::new(StatusCode::CONFLICT, "the job has ended, or is just ending")),
            };
        }
        job.cancel.store(true, Ordering::Relaxed);
        self.queue.remove(job.id);
        self.end(job, Status::new(State::Cancelled)).map_err(Refusal::from)
    }

    /// Ends a job that the caller has claimed; it is kept before it is shown.
    pub fn end(&self, job: &Job, status: Status) -> std::io::Result<()> {
        let kept = self.store.keep(&job.record(&status));
        match &kept {
            Ok(()) => job.ended(status),
            Err(e) => job.ended(Status::failed(format!("state folder: {e}"))),
        }
        kept
    }

    /// A folder under the root of layers; its name is one plain word.
    pub fn root_of(&self, name: &str) -> Result<PathBuf, Refusal> {
        let root = self.settings.layers_root.as_ref().ok_or_else(|| Refusal::unfit("the service has no folder of layers; upload them"))?;
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let folder = Some(root.join(name)).filter(|folder| plain && folder.is_dir());
        folder.ok_or_else(|| Refusal::unfit(format!("no folder of layers is called '{name}'")))
    }

    /// The folder of the layers of a job.
    pub fn layers(&self, place: &Place) -> Result<PathBuf, Failure> {
        match place {
            Place::Root(name) => self.root_of(name).map_err(|refusal| refusal.to_string().into()),
            Place::Uploaded(id) => Ok(self.store.layers(*id)),
        }
    }
}
