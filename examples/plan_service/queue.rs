//! The queue of jobs that wait: bounded, and a place in it is taken before anything is accepted.

use crate::job::Job;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A lock whose data every holder leaves valid at each step, so that a panic elsewhere does not spoil it.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub struct Queue {
    waiting: Mutex<Waiting>,
    more: Condvar,
    most: usize,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Arc<Job>>,
    /// Places of jobs that are still being received.
    reserved: usize,
}

impl Queue {
    pub fn new(most: usize) -> Queue {
        Queue { waiting: Mutex::default(), more: Condvar::new(), most }
    }

    /// A place in the queue; none where it is full.
    pub fn reserve(self: &Arc<Queue>) -> Option<Slot> {
        let mut waiting = locked(&self.waiting);
        if waiting.jobs.len() + waiting.reserved >= self.most {
            return None;
        }
        waiting.reserved += 1;
        Some(Slot(self.clone()))
    }

    /// Adds a job without asking for room: it was accepted before.
    pub fn push(&self, job: Arc<Job>) {
        locked(&self.waiting).jobs.push_back(job);
        self.more.notify_one();
    }

    /// The next job, once there is one.
    pub fn take(&self) -> Arc<Job> {
        let mut waiting = locked(&self.waiting);
        loop {
            match waiting.jobs.pop_front() {
                Some(job) => return job,
                None => waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Takes a job out that is not wanted any more.
    pub fn remove(&self, id: u64) {
        locked(&self.waiting).jobs.retain(|job| job.id != id);
    }
}

/// A place in the queue; given back when it is dropped.
pub struct Slot(Arc<Queue>);

impl Slot {
    pub fn fill(self, job: Arc<Job>) {
        self.0.push(job);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        locked(&self.0.waiting).reserved -= 1;
    }
}
