//! What a bisection aims at: shares of the load that leave both sides divisible.

use super::problem::Problem;
use super::score::Goal;
use crate::watch::Watch;

/// What every grid of a region should carry, and how hard to look for it.
#[derive(Clone)]
pub(super) struct Aim<'w> {
    /// One goal per resource.
    pub goals: Vec<Goal>,
    /// Random trees per bisection.
    pub starts: u32,
    /// Seed of the region.
    pub seed: u64,
    /// Asked whether to go on.
    pub watch: &'w dyn Watch,
}

impl<'w> Aim<'w> {
    /// What a problem aims at.
    pub fn of(problem: &Problem, watch: &'w dyn Watch) -> Aim<'w> {
        let goals = problem.bands.iter().map(Goal::of).collect();
        Aim { goals, starts: problem.effort.starts.max(1), seed: problem.seed, watch }
    }

    /// Whether to go on, `work` steps after it was asked last. Whoever is told not to ends in any valid state, which nobody will see.
    pub fn goes_on(&self, work: usize) -> bool {
        self.watch.go_on(work as u64).is_ok()
    }

    /// Fewest and most grids that side 0 of a bisection of `k` grids may plan.
    pub fn shares(k: u32) -> (u32, u32) {
        ((k / 3).max(1), (k - k / 3).min(k - 1))
    }

    /// Goals of a part with `j` of `k` grids in a region that carries `total`: within reach of the band
    /// on both sides, and the closer to the proportional share the more bisections are to come.
    pub fn side(&self, total: &[i64], j: u32, k: u32) -> Vec<Goal> {
        let (j, k) = (i64::from(j), i64::from(k));
        let narrow = (1.0 / j as f64).sqrt();
        let goal = |(g, &t): (&Goal, &i64)| {
            let share = (i128::from(t) * i128::from(j) / i128::from(k)) as i64;
            let low = g.low.saturating_mul(j).max(t.saturating_sub(g.high.saturating_mul(k - j)));
            let high = g.high.saturating_mul(j).min(t.saturating_sub(g.low.saturating_mul(k - j)));
            if low > high {
                return Goal { low: share - g.scale / 100, high: share + g.scale / 100, ..*g };
            }
            let share = share.clamp(low, high);
            let (below, above) = ((share - low) as f64 * narrow, (high - share) as f64 * narrow);
            Goal { low: share - below as i64, high: share + above as i64, ..*g }
        };
        self.goals.iter().zip(total).map(goal).collect()
    }

    /// Goals of both sides; what side 1 carries follows from side 0.
    pub fn sides(&self, total: &[i64], j: u32, k: u32) -> Vec<Goal> {
        let mut goals = self.side(total, j, k);
        goals.extend(total.iter().map(|_| Goal { low: i64::MIN / 4, high: i64::MAX / 4, scale: 1, weight: 1000 }));
        goals
    }
}
