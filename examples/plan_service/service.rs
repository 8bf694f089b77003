//! What all requests and workers share: the jobs, their queue, the folders.

use crate::cli::Failure;
use crate::held::Held;
use crate::job::{Ask, Job, Place, State, Status};
use crate::queue::{Queue, Slot, locked};
use crate::refusal::Refusal;
use crate::store::{Incoming, Store};
use axum::http::StatusCode;
use evengrid::io::Limits;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// Starts after which a job is taken to be what kills the service.
const STARTS: u64 = 3;

/// What the operator allows.
pub struct Settings {
    pub layers_root: Option<PathBuf>,
    pub limits: Limits,
    pub job_time: Duration,
    pub max_body: usize,
    pub queue: usize,
    pub held: usize,
    /// Jobs that have ended, of which the oldest are removed.
    pub keep: usize,
    /// How long a client may be silent while it sends a request.
    pub patience: Duration,
}

pub struct Service {
    pub settings: Settings,
    pub store: Store,
    pub queue: Arc<Queue>,
    pub held: Held,
    /// Set when the service goes down.
    pub stopping: watch::Sender<bool>,
    jobs: Mutex<BTreeMap<u64, Arc<Job>>>,
    /// Held while a job is accepted or removed, so that no job is accepted that needs what is just going.
    changing: Mutex<()>,
}

impl Service {
    /// With the jobs that are in the state folder; those that had not ended are queued again.
    pub fn open(state: &Path, settings: Settings) -> Result<Service, Failure> {
        let (store, records) = Store::open(state)?;
        let queue = Arc::new(Queue::new(settings.queue));
        let jobs: BTreeMap<u64, Arc<Job>> = records.into_iter().map(|record| (record.id, Arc::new(Job::kept(record)))).collect();
        jobs.values().filter(|job| job.status().state == State::Queued).for_each(|job| queue.push(job.clone()));
        let held = Held::new(settings.held);
        let (stopping, jobs) = (watch::Sender::new(false), Mutex::new(jobs));
        let service = Service { settings, store, queue, held, stopping, jobs, changing: Mutex::default() };
        service.trim(0)?;
        Ok(service)
    }

    /// Leaves the jobs that run: they begin anew with the next start, and are not to blame.
    pub fn leave(&self) {
        for job in locked(&self.jobs).values().filter(|job| job.status().state == State::Running) {
            // otherwise it has a start less than others
            let _ = self.store.forget_starts(job.id);
        }
    }

    /// A place in the queue.
    pub fn reserve(&self) -> Result<Slot, Refusal> {
        let full = || Refusal::new(StatusCode::TOO_MANY_REQUESTS, "the queue is full; try again when a job has ended");
        self.queue.reserve().ok_or_else(full)
    }

    /// Accepts a job for good and queues it.
    pub fn accept(&self, slot: Slot, incoming: Incoming, ask: Ask) -> Result<Arc<Job>, Refusal> {
        let _changing = locked(&self.changing);
        if let Some(plan) = ask.of_plan() {
            // it was there when the request began to arrive
            self.done_plan(plan)?;
        }
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
            state => Err(Refusal::conflict(format!("the job of plan {} is {state:?}, not done", job.id).to_lowercase())),
        }
    }

    /// Cancels a job that has not ended: from then on it has no result, also after a restart. False where it has ended.
    pub fn cancel(&self, job: &Job) -> Result<bool, Refusal> {
        if !job.claim() {
            let ended = job.status().state.is_final();
            return if ended { Ok(false) } else { Err(Refusal::conflict("the job is just ending")) };
        }
        job.cancel.store(true, Ordering::Relaxed);
        self.queue.remove(job.id);
        self.end(job, Status::new(State::Cancelled))?;
        Ok(true)
    }

    /// Begins a job, unless the service went down too often while it was at it.
    pub fn begin(&self, job: &Job) -> Result<(), Failure> {
        if self.store.count_start(job.id)? > STARTS {
            let why = format!("given up: the service was killed {STARTS} times while it did this job, perhaps for want of memory");
            return Err(format!("{why}; ask for it again with smaller layers, or give the service more memory").into());
        }
        job.start();
        Ok(())
    }

    /// Ends a job that the caller has claimed; it is kept before it is shown.
    pub fn end(&self, job: &Job, status: Status) -> std::io::Result<()> {
        let kept = self.store.keep(&job.record(&status));
        let trimmed = self.trim(1);
        match &kept {
            Ok(()) => job.ended(status),
            Err(e) => job.ended(Status::failed(format!("state folder: {e}"))),
        }
        kept.and(trimmed)
    }

    /// Removes a job that has ended, with its plan.
    pub fn remove(&self, job: &Job) -> Result<(), Refusal> {
        let _changing = locked(&self.changing);
        if self.needed().contains(&job.id) {
            return Err(Refusal::conflict(format!("jobs that have not ended need plan {}", job.id)));
        }
        Ok(self.discard(job.id)?)
    }

    /// Removes the oldest jobs that have ended where they are too many with `more`; plans that others need stay.
    fn trim(&self, more: usize) -> std::io::Result<()> {
        let _changing = locked(&self.changing);
        let ended = |job: &Arc<Job>| Some((job.status().ended?, job.id));
        let mut ended: Vec<(u64, u64)> = locked(&self.jobs).values().filter_map(ended).collect();
        ended.sort_unstable();
        let (needed, over) = (self.needed(), (ended.len() + more).saturating_sub(self.settings.keep));
        ended.iter().filter(|(_, id)| !needed.contains(id)).take(over).try_for_each(|(_, id)| self.discard(*id))
    }

    /// Plans that jobs need which have not ended.
    fn needed(&self) -> BTreeSet<u64> {
        locked(&self.jobs).values().filter(|job| !job.status().state.is_final()).filter_map(|job| job.ask.of_plan()).collect()
    }

    fn discard(&self, id: u64) -> std::io::Result<()> {
        // a client may have been faster
        if locked(&self.jobs).contains_key(&id) {
            self.store.remove(id)?;
            locked(&self.jobs).remove(&id);
            self.held.forget(id);
        }
        Ok(())
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
