//! How good a plan is: integers, compared lexicographically.

use crate::measure::Band;
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Neg, Sub};

/// Violation of one grid is counted in millionths of the target, up to this much.
const MOST: i64 = 1_000_000_000_000;
/// Violations are the same to `spread` when they differ by less than this (2 % of the target).
const STEP: i64 = 20_000;

/// The value of a plan; less is better, earlier fields first. All fields are sums over grids, so
/// that a change is judged by the grids it touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Score {
    /// Distance of loads to their bands, in millionths of the target times the weight of the band, over all grids and resources.
    pub violation: i64,
    /// Sum of squared violations in steps of 2 % of the target: of two plans with equal violation
    /// the one that spreads it evenly is better.
    pub spread: i64,
    /// Cost of the borders between grids, each counted once.
    pub cut: i64,
}

impl Add for Score {
    type Output = Score;
    fn add(self, o: Score) -> Score {
        Score { violation: self.violation + o.violation, spread: self.spread + o.spread, cut: self.cut + o.cut }
    }
}
impl AddAssign for Score {
    fn add_assign(&mut self, o: Score) {
        *self = *self + o;
    }
}
impl Neg for Score {
    type Output = Score;
    fn neg(self) -> Score {
        Score { violation: -self.violation, spread: -self.spread, cut: -self.cut }
    }
}
impl Sub for Score {
    type Output = Score;
    fn sub(self, o: Score) -> Score {
        self + -o
    }
}

/// What one resource of a part should carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    pub low: i64,
    pub high: i64,
    /// What a violation is measured against: the target of one grid.
    pub scale: i64,
    /// What it counts, in thousandths.
    pub weight: i64,
}

impl Goal {
    pub fn of(band: &Band) -> Goal {
        Goal { low: band.low.0, high: band.high.0, scale: band.target.0.max(1), weight: band.weight.into() }
    }

    /// What it counts to be `off` the band by so much, rounded up; at most [`MOST`].
    pub fn violation(&self, off: i64) -> i64 {
        let (times, scale) = (1000 * self.weight, self.scale);
        if let Some(sum) = off.checked_mul(times).and_then(|p| p.checked_add(scale - 1)) {
            return (sum / scale).min(MOST);
        }
        let sum = i128::from(off) * i128::from(times) + i128::from(scale - 1);
        (sum / i128::from(scale)).min(i128::from(MOST)) as i64
    }

    /// What carrying `load` costs: zero inside the band.
    #[inline]
    pub fn penalty(&self, load: i64) -> Score {
        let off = (self.low - load).max(load - self.high);
        if off <= 0 {
            return Score::default();
        }
        let violation = self.violation(off);
        let steps = (violation / STEP).min(1 << 20);
        Score { violation, spread: steps * steps, cut: 0 }
    }
}

/// Violation of `loads` (one per resource) above their bands: what no further load can mend.
pub(super) fn excess(goals: &[Goal], loads: &[i64]) -> i64 {
    goals.iter().zip(loads).map(|(g, &l)| g.violation((l - g.high).max(0))).sum()
}

/// Sum of the penalties of `loads` (one per resource).
pub(super) fn penalty(goals: &[Goal], loads: &[i64]) -> Score {
    goals.iter().zip(loads).fold(Score::default(), |sum, (g, &l)| sum + g.penalty(l))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Load;

    #[test]
    fn violation_goes_before_cut() {
        let goal = Goal::of(&Band::around(Load(300_000), 0.1));
        assert_eq!(goal.penalty(270_000), Score::default());
        assert_eq!(goal.penalty(330_000), Score::default());
        assert_eq!(goal.penalty(330_001).violation, 4);
        assert_eq!(goal.penalty(360_000), Score { violation: 100_000, spread: 25, cut: 0 });
        assert!(Score { violation: 1, spread: 0, cut: 0 } > Score { violation: 0, spread: 0, cut: 9 });
        let heavier = Goal::of(&Band::around(Load(300_000), 0.1).weighing(2.0));
        assert_eq!(heavier.penalty(360_000).violation, 200_000);
        let even = goal.penalty(365_000) + goal.penalty(365_000);
        let uneven = goal.penalty(400_000) + goal.penalty(330_000);
        assert!(even.violation <= uneven.violation + 1 && even.spread < uneven.spread);
    }
}
