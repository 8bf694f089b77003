//! How a caller follows long work, and stops it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Follows work from outside, and may stop it.
///
/// Work is told in steps: one is the handling of one record, point, segment or unit once, so that a million of them take about a second on
/// one core, be it more or less by a factor of ten. Every call comes from whichever thread does the work.
pub trait Watch: Sync {
    /// A stage begins.
    fn stage(&self, stage: &'static str) {
        let _ = stage;
    }

    /// `done` of `total` zones are partitioned.
    fn zones(&self, done: usize, total: usize) {
        let _ = (done, total);
    }

    /// Asked again and again, `work` steps after it was asked last: whether to go on. Who says no has to say so from then on; the work
    /// then ends soon, with this error and without a result.
    fn go_on(&self, work: u64) -> Result<(), Stopped> {
        let _ = work;
        Ok(())
    }
}

/// Watches nothing.
impl Watch for () {}

/// Why work was stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Stopped {
    /// The caller did not want it any more.
    #[error("cancelled by the caller")]
    Cancelled,
    /// It took more steps than were allowed.
    #[error("stopped after {limit} steps of work, the most that the caller allowed")]
    Work {
        /// Steps.
        limit: u64,
    },
    /// It took longer than was allowed.
    #[error("stopped after {:.1} s, the most that the caller allowed", limit.as_secs_f64())]
    Time {
        /// Time allowed.
        limit: Duration,
    },
}

/// Limits of one call, around another watch: a flag that cancels it, a budget of steps, and a time.
///
/// Only here a clock is read, so that time decides whether there is a result and never what it is.
///
/// ```
/// use evengrid::watch::{Guard, Stopped, Watch};
/// use std::time::Duration;
///
/// let guard = Guard::new(&()).work(1_000_000).time(Duration::from_secs(60));
/// assert_eq!(guard.go_on(1_000_000), Ok(()));
/// assert_eq!(guard.go_on(1), Err(Stopped::Work { limit: 1_000_000 }));
/// ```
pub struct Guard<'w> {
    inner: &'w dyn Watch,
    cancel: Option<&'w AtomicBool>,
    work: u64,
    spent: AtomicU64,
    time: Option<(Instant, Duration)>,
}

impl<'w> Guard<'w> {
    /// Without limits; `inner` is told of everything.
    pub fn new(inner: &'w dyn Watch) -> Guard<'w> {
        Guard { inner, cancel: None, work: u64::MAX, spent: AtomicU64::new(0), time: None }
    }

    /// Stops the work once `flag` is set.
    pub fn cancelled_by(self, flag: &'w AtomicBool) -> Guard<'w> {
        Guard { cancel: Some(flag), ..self }
    }

    /// Allows so many steps in all. With one thread, and in all stages that do not stop early, the same call takes the same number of them.
    pub fn work(self, steps: u64) -> Guard<'w> {
        Guard { work: steps, ..self }
    }

    /// Allows so much time from now on.
    pub fn time(self, limit: Duration) -> Guard<'w> {
        Guard { time: Some((Instant::now(), limit)), ..self }
    }

    /// Steps taken so far.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }
}

impl Watch for Guard<'_> {
    fn stage(&self, stage: &'static str) {
        self.inner.stage(stage);
    }

    fn zones(&self, done: usize, total: usize) {
        self.inner.zones(done, total);
    }

    fn go_on(&self, work: u64) -> Result<(), Stopped> {
        let spent = self.spent.fetch_add(work, Ordering::Relaxed).saturating_add(work);
        if self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(Stopped::Cancelled);
        }
        if spent > self.work {
            return Err(Stopped::Work { limit: self.work });
        }
        if let Some((_, limit)) = self.time.filter(|(begun, limit)| begun.elapsed() > *limit) {
            return Err(Stopped::Time { limit });
        }
        self.inner.go_on(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_stops_and_stays() {
        let flag = AtomicBool::new(false);
        let guard = Guard::new(&()).cancelled_by(&flag);
        assert_eq!(guard.go_on(7), Ok(()));
        flag.store(true, Ordering::Relaxed);
        assert_eq!([guard.go_on(0), guard.go_on(0)], [Err(Stopped::Cancelled); 2]);
        assert_eq!(guard.spent(), 7);
        let limit = Duration::ZERO;
        let late = Guard::new(&()).time(limit);
        while late.go_on(0).is_ok() {}
        assert_eq!(late.go_on(0), Err(Stopped::Time { limit }));
        // the innermost limit holds as well
        let inner = Guard::new(&()).work(2);
        let outer = Guard::new(&inner).work(5);
        assert_eq!([outer.go_on(2), outer.go_on(1)], [Ok(()), Err(Stopped::Work { limit: 2 })]);
    }
}
