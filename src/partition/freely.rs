//! Into as many parts as suit the band best: where one number of parts leaves loads out of it, others are tried as well.

use super::score::Goal;
use super::{Count, PartitionError, Partitioned, Problem, bounds, partition};
use crate::measure::Load;
use crate::watch::Watch;
use serde::{Deserialize, Serialize};

/// Other numbers of parts that are looked at for one component, the nearest to load / target first.
const MOST: usize = 16;

/// Units in as many parts as suit the band best.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Freely {
    /// Part of every unit.
    pub part_of: Vec<u32>,
    /// What is known of every part.
    pub parts: Vec<Known>,
}

/// How far a part is known to be as good as can be; `units` and `parts` are those of its component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// In its band.
    InBand,
    /// Too heavy, and a single unit.
    Alone,
    /// Out of band, and no other grouping violates less in all, whatever the number of parts.
    Least {
        /// Units that hang together.
        units: usize,
    },
    /// Out of band, and no other grouping into as many parts violates less in all; of other numbers none is known to.
    LeastOf {
        /// Units that hang together.
        units: usize,
        /// Parts they are grouped into.
        parts: u32,
    },
    /// Out of band, and nothing better was found.
    Open,
}

impl Known {
    /// What may be said of a part out of band, for units and parts that are called so.
    pub fn told(&self, units: &str, parts: &str) -> String {
        match self {
            Known::InBand => String::new(),
            Known::Alone => format!("; one of the {units} alone is as heavy"),
            Known::Least { units: 1 } => format!("; it is one of the {units} alone, and nothing hangs together with it here"),
            Known::Least { units: n } => format!("; no grouping of the {n} {units} that hang together here does better"),
            Known::LeastOf { units: n, parts: k } => {
                format!(
                    "; no grouping of the {n} {units} that hang together here into {k} {parts} does better, and none into others was found"
                )
            }
            Known::Open => format!("; no better grouping of whole {units} was found"),
        }
    }
}

/// Divides every connected component by itself into the number of parts that violates the band least, of equal ones the nearest to load /
/// target. The number for the band comes first, and others only where it leaves loads out of band; counts and locks of `problem` are
/// not looked at.
///
/// At most 17 partitions of every component; numbers that bounds exclude cost O(n + m).
pub fn partition_freely(problem: &Problem, watch: &dyn Watch) -> Result<Freely, PartitionError> {
    let (component, count) = problem.graph.components();
    let mut members = vec![Vec::new(); count];
    component.iter().enumerate().for_each(|(u, &c)| members[c as usize].push(u));
    let mut out = Freely { part_of: vec![0; component.len()], parts: Vec::new() };
    for units in members {
        let (solved, proof) = best(Problem { graph: problem.graph.piece(&units), count: Count::ForBand, ..problem.clone() }, watch)?;
        let first = out.parts.len() as u32;
        units.iter().zip(solved.assignment.part_of()).for_each(|(&u, &p)| out.part_of[u] = first + p);
        let known = |p: usize| match solved.assignment.in_band(p, &problem.bands) {
            true => Known::InBand,
            false if solved.assignment.units(p) == 1 && solved.assignment.loads(p)[0] > problem.bands[0].high => Known::Alone,
            false => proof,
        };
        out.parts.extend((0..solved.assignment.grids()).map(known));
    }
    Ok(out)
}

/// The best partition of one component, and what is known of its parts out of band.
fn best(mut problem: Problem, watch: &dyn Watch) -> Result<(Partitioned, Known), PartitionError> {
    let (units, band) = (problem.graph.len(), problem.bands[0]);
    let total: Load = (0..units).map(|u| problem.graph.load(u)).sum();
    let goal = Goal::of(&band);
    // what no grouping into k parts can beat, by its total alone
    let arithmetic = |k: usize| {
        let k = k as i64;
        let (short, over) = (band.low.0.saturating_mul(k).saturating_sub(total.0), total.0.saturating_sub(band.high.0.saturating_mul(k)));
        goal.violation(short.max(over).max(0))
    };
    let rank = |violation: i64, k: usize| (violation, (i128::from(total.0) - i128::from(band.target.0) * k as i128).abs());
    let mut best = partition(&problem, watch)?;
    // what no grouping into the numbers that were looked at can beat
    let mut least = best.bounds.violation();
    let own = best.assignment.grids();
    let mut others: Vec<usize> = (1..=units).filter(|&k| k != own && arithmetic(k) < best.score.violation).collect();
    others.sort_by_key(|&k| rank(0, k));
    let mut left = MOST;
    for k in others {
        let now = rank(best.score.violation, best.assignment.grids());
        if now.0 == 0 || rank(arithmetic(k), k) >= now {
            continue;
        }
        if left == 0 {
            least = 0;
            break;
        }
        left -= 1;
        problem.count = Count::Exactly(k as u32);
        if rank(bounds(&problem)?.violation(), k) >= now {
            continue;
        }
        let other = partition(&problem, watch)?;
        least = least.min(other.bounds.violation());
        if rank(other.score.violation, k) < now {
            best = other;
        }
    }
    let violation = best.score.violation;
    let known = if violation <= least {
        Known::Least { units }
    } else if violation <= best.bounds.violation() {
        Known::LeastOf { units, parts: best.assignment.grids() as u32 }
    } else {
        Known::Open
    };
    Ok((best, known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Edge, UnitGraph};
    use crate::measure::Band;
    use crate::partition::{Effort, Locks};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn problem(loads: &[i64], edges: &[(u32, u32)], target: i64, tolerance: f64) -> Problem {
        let edges: Vec<Edge> = edges.iter().map(|&(a, b)| Edge { a, b, cost: 1 }).collect();
        Problem {
            graph: UnitGraph::new(1, loads.iter().map(|&l| Load(l)).collect(), &edges, None).unwrap(),
            bands: vec![Band::around(Load(target), tolerance)],
            count: Count::ForBand,
            locks: Locks::default(),
            seed: 1,
            effort: Effort::level("quick").unwrap(),
        }
    }

    fn path(n: u32) -> Vec<(u32, u32)> {
        (1..n).map(|v| (v - 1, v)).collect()
    }

    /// Violation of a grouping in all.
    fn violation(problem: &Problem, part_of: &[u32]) -> i64 {
        let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
        part_of.iter().enumerate().for_each(|(u, &p)| *sums.entry(p).or_default() += problem.graph.load(u).0);
        sums.values().map(|&l| Goal::of(&problem.bands[0]).penalty(l).violation).sum()
    }

    /// Least violation of any grouping of a path: a border or none between any two neighbours.
    fn by_force(problem: &Problem) -> i64 {
        let n = problem.graph.len();
        let grouping = |borders: u32| (0..n).map(|u| (borders & ((1 << u) - 1)).count_ones()).collect::<Vec<u32>>();
        (0..1u32 << (n - 1)).map(|borders| violation(problem, &grouping(borders))).min().unwrap()
    }

    #[test]
    fn another_number_is_taken_where_that_of_the_band_leaves_loads_out() {
        // 2,160 are nearest to two of 900, but only three of 720 are in band
        let three = problem(&[720, 720, 720], &path(3), 900, 0.3);
        let (two, done) = (partition(&three, &()).unwrap(), partition_freely(&three, &()).unwrap());
        assert_eq!((two.assignment.grids(), two.standings.iter().any(|s| *s != super::super::Standing::InBand)), (2, true));
        assert_eq!(done.parts, [Known::InBand; 3]);
        // what is too heavy by itself, and what stays too light beside it
        let done = partition_freely(&problem(&[100, 2000], &path(2), 900, 0.3), &()).unwrap();
        let heavy = done.part_of[1] as usize;
        assert!(done.parts.iter().enumerate().all(|(p, k)| p == heavy || *k == Known::Least { units: 2 }), "{done:?}");
        // components are grouped by themselves
        let done = partition_freely(&problem(&[720, 720, 720, 900], &path(3), 900, 0.3), &()).unwrap();
        assert_eq!((done.part_of.len(), done.parts), (4, vec![Known::InBand; 4]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_said_to_be_least_is_so(loads in prop::collection::vec(1i64..60, 1..9), target in 20i64..90, percent in 5u32..40) {
            let problem = problem(&loads, &path(loads.len() as u32), target, f64::from(percent) / 100.0);
            let done = partition_freely(&problem, &()).unwrap();
            let (reached, possible) = (violation(&problem, &done.part_of), by_force(&problem));
            let parts = done.parts.len() as i64;
            // so few units are searched through; violations are rounded up one by one
            prop_assert!(reached <= possible + parts, "{reached} for {possible}: {done:?}");
            prop_assert!(!done.parts.contains(&Known::Open));
        }
    }
}
