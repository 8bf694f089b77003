//! Partition: units into evenly loaded, contiguous grids.
//!
//! ```text
//! Problem ─▶ components ─▶ counts ─▶ culprits carved out ─▶ split ─▶ windows ─▶ Assignment
//!               │                                        (regions,    (settle; draw anew
//!               └──▶ Bounds (before any search)           bisection)   as effort allows)
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `counts` | how many grids, by arithmetic |
//! | `bounds` | what no plan can beat |
//! | `relaxation` | a bound by linear programming over several resources |
//! | `regions` | components, their counts, and culprits set aside |
//! | `split`, `aim`, `tree`, `coarsen` | a first partition: regions on a coarser picture, then multilevel recursive bisection along random trees |
//! | `refine`, `beside`, `moves`, `contiguity` | Fiduccia–Mattheyses on the lexicographic score, contiguity kept |
//! | `windows` | a few neighbouring grids at a time, searched anew |
//! | `cover` | exhaustive search of windows, and of components that hold few loads, which proves what cannot be better |
//! | `exact` | components of up to 14 units by dynamic programming |
//! | `freely` | into as many parts as suit the band best |
//! | `given` | a partition that is given, judged |
//! | `locks` | frozen grids, units together and apart, taken out before and put back after |
//!
//! Everything is integer and seeded by position, so that a problem gives the same assignment on any number of threads.

mod adjust;
mod aim;
mod assignment;
mod beside;
mod bounds;
mod coarsen;
mod contiguity;
mod counts;
mod cover;
mod exact;
mod freely;
mod given;
mod locks;
mod moves;
mod net;
mod problem;
mod recombine;
mod refine;
mod regions;
mod relaxation;
mod rng;
mod score;
mod split;
mod tree;
mod windows;

pub use adjust::{Adjusted, Move, MoveBounds, adjust};
pub use assignment::{Assignment, Fault};
pub use bounds::{Assumes, Bound, Bounds, ComponentBounds, Culprit};
pub use freely::{Freely, Known, partition_freely};
pub use given::{given, pieces};
pub use locks::{LockFault, LockTrouble, Locks};
pub use problem::{Count, Effort, Problem};
pub use recombine::SOLVER;
pub use score::Score;

use crate::document::Document;
use crate::measure::{Band, Load, UnitId};
use crate::watch::{Stopped, Watch};
use aim::Aim;
use locks::Locked;
use net::Net;
use regions::Regions;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use windows::{Draft, Whole};

/// Why a problem was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartitionError {
    /// Nothing to divide.
    #[error("the graph has no units")]
    Empty,
    /// Not one band per resource.
    #[error("{bands} bands given for {resources} resources")]
    BandCount {
        /// Bands given.
        bands: usize,
        /// Resources of the graph.
        resources: usize,
    },
    /// A band without a load inside, or without a target.
    #[error(
        "band of resource {resource}: low {low}, target {target} and high {high} must be in rising order from 0 on, the target positive"
    )]
    Band {
        /// Position of the band.
        resource: usize,
        /// Its low end.
        low: Load,
        /// Its target.
        target: Load,
        /// Its high end.
        high: Load,
    },
    /// Loads whose sum is beyond the integers used.
    #[error("the loads of resource {resource} add up to more than {limit}")]
    TooHeavy {
        /// Position of the resource.
        resource: usize,
        /// The limit.
        limit: Load,
    },
    /// Fewer grids asked for than there are connected components.
    #[error("{asked} grids asked for, but the graph has {components} separate pieces and no grid may span two")]
    TooFewGrids {
        /// Grids asked for.
        asked: u32,
        /// Connected components.
        components: usize,
    },
    /// More grids asked for than there are units.
    #[error("{asked} grids asked for, but there are only {units} units and no grid may be empty")]
    TooManyGrids {
        /// Grids asked for.
        asked: u32,
        /// Units.
        units: usize,
    },
    /// A lock that cannot be kept; [`Locks::faults`] tells all of them.
    #[error("{0}")]
    Lock(LockFault),
    /// Not one grid of before for every unit.
    #[error("the previous partition has {got} units, the graph has {units}")]
    Previous {
        /// Units of the previous partition.
        got: usize,
        /// Units of the graph.
        units: usize,
    },
    /// So much has to move whatever the balance, because grids are in pieces or locked otherwise than before.
    #[error("a load of {needed} has to move to keep grids in one piece and locks as they are, more than the budget of {budget}")]
    Budget {
        /// Load that has to move.
        needed: Load,
        /// Most that may.
        budget: Load,
    },
    /// The caller stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The result broke the law of assignments: a defect of this crate.
    #[error("internal: {0}")]
    Law(#[from] Fault),
}

/// Why the search stopped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// No plan with these counts has a better score.
    Optimal,
    /// Nothing better was found in reach; the violation is within this share of all targets of the least
    /// possible (0: the balance cannot be better).
    WithinGap(f64),
    /// The budget ended while the search was still gaining.
    WorkLimit,
}

/// A partition with its judgement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Partitioned {
    /// Grid of every unit.
    pub assignment: Assignment,
    /// What no plan can beat.
    pub bounds: Bounds,
    /// Why the search stopped.
    pub outcome: Outcome,
    /// Score of the assignment.
    pub score: Score,
    /// Where every grid stands.
    pub standings: Vec<Standing>,
}

impl Document for Partitioned {
    const KIND: &'static str = "partition";
}

impl Partitioned {
    /// What there is of no units: no grids, and nothing better.
    pub fn nothing() -> Partitioned {
        let assignment = Assignment::default();
        Partitioned { assignment, bounds: Bounds::default(), outcome: Outcome::Optimal, score: Score::default(), standings: Vec::new() }
    }
}

/// Where a grid stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Every load is inside its band.
    InBand,
    /// Out of band, and no plan with as little violation could help it: it is frozen, it has a culprit, or the violation of its component
    /// is proven to be the least.
    Forced,
    /// Out of band, and not known to be forced.
    Unforced,
}

/// Standing of every grid; `component` tells for every unit which of the bounds concerns it, none where its grid is frozen.
fn standings(assignment: &Assignment, bounds: &Bounds, bands: &[Band], component: &[u32]) -> Vec<Standing> {
    let part_of = assignment.part_of();
    let mut standings: Vec<Standing> =
        (0..assignment.grids()).map(|p| if assignment.in_band(p, bands) { Standing::InBand } else { Standing::Unforced }).collect();
    let mut force = |u: usize| {
        let standing = &mut standings[part_of[u] as usize];
        if *standing == Standing::Unforced {
            *standing = Standing::Forced;
        }
    };
    for c in &bounds.culprits {
        force(c.unit.at());
        // a branch that stands alone
        let mut inside: BTreeMap<u32, u32> = BTreeMap::new();
        c.group.iter().for_each(|u| *inside.entry(part_of[u.at()]).or_default() += 1);
        let alone = |u: &&UnitId| inside[&part_of[u.at()]] == assignment.units(part_of[u.at()] as usize);
        c.group.iter().filter(alone).for_each(|u| force(u.at()));
    }
    let hopeless = |c: u32| bounds.components.get(c as usize).is_none_or(|c| c.searched.is_some());
    component.iter().enumerate().filter(|(_, c)| hopeless(**c)).for_each(|(u, _)| force(u));
    standings
}

/// Divides the units of `problem` into contiguous, non-empty grids with as little band violation as
/// possible, and then as little border cost.
///
/// Each connected component gets its own count. O(n log n) for the first partition and its settling; the search after it is bounded
/// by [`Effort`], which is an amount of work for the whole graph: a small graph is searched through, of a large one as much as the budget allows. `watch` may stop it.
pub fn partition(problem: &Problem, watch: &dyn Watch) -> Result<Partitioned, PartitionError> {
    let _span = tracing::debug_span!("partition", units = problem.graph.len()).entered();
    check(problem)?;
    if problem.locks.is_empty() { solve(problem, watch) } else { solve_locked(problem, watch) }
}

/// The search, without a look at locks.
fn solve(problem: &Problem, watch: &dyn Watch) -> Result<Partitioned, PartitionError> {
    let net = Net::of(&problem.graph);
    let aim = Aim::of(problem, watch);
    let mut regions = Regions::of(&net, problem)?;
    let (part, parts) = regions.split(&net, &aim);
    let component = problem.graph.components().0;
    watch.go_on(net.len() as u64)?;
    let mut draft = Draft::new(part, parts, std::mem::take(&mut regions.floors));
    let mut wholes = Whole::all(&draft, &component, &regions.bounds);
    let exhausted = !regions.optimal && windows::improve(&net, &mut draft, &mut wholes, &aim, &problem.effort);
    for (bounds, mut whole) in regions.bounds.components.iter_mut().zip(wholes) {
        watch.go_on(0)?;
        whole.search(&net, &mut draft, &aim, 0);
        // small components were enumerated
        bounds.searched = whole.least.or_else(|| regions.optimal.then(|| whole.violation(&net, &draft, &aim)));
    }
    watch.go_on(0)?;
    let assignment = Assignment::new(&problem.graph, &draft.into_part())?;
    let score = assignment.score(&problem.graph, &problem.bands);
    let gap = (score.violation - regions.bounds.violation()).max(0) as f64 / 1e6 / assignment.grids() as f64;
    let outcome = match (regions.optimal, exhausted) {
        (true, _) => Outcome::Optimal,
        (_, true) => Outcome::WorkLimit,
        _ => Outcome::WithinGap(gap),
    };
    let standings = standings(&assignment, &regions.bounds, &problem.bands, &component);
    Ok(Partitioned { assignment, bounds: regions.bounds, outcome, score, standings })
}

/// The search on what the locks leave; bounds hold for plans that keep the locks.
fn solve_locked(problem: &Problem, watch: &dyn Watch) -> Result<Partitioned, PartitionError> {
    let locked = Locked::of(problem)?;
    let (part_of, bounds, outcome) = match &locked.problem {
        Some(inner) => {
            let solved = solve(inner, watch).map_err(|e| locked.told(e))?;
            (solved.assignment.part_of().to_vec(), solved.bounds, solved.outcome)
        }
        None => (Vec::new(), Bounds::default(), Outcome::Optimal),
    };
    let (graph, bands) = (&problem.graph, &problem.bands);
    let assignment = Assignment::new(graph, &locked.labels(&part_of))?;
    let mut bounds = locked.bounds(bounds, graph.resources());
    let component = locked.components();
    // what was proven counts units that are to be apart as well: the loads violate least among plans that keep as much of the locks
    let mut own = vec![BTreeSet::new(); bounds.components.len()];
    for (&c, &p) in component.iter().zip(assignment.part_of()) {
        if let Some(own) = own.get_mut(c as usize) {
            own.insert(p);
        }
    }
    for (bounds, grids) in bounds.components.iter_mut().zip(own) {
        bounds.searched = bounds.searched.map(|_| grids.iter().map(|&p| assignment.violation(p as usize, bands)).sum());
    }
    let standings = standings(&assignment, &bounds, bands, &component);
    Ok(Partitioned { score: assignment.score(graph, bands), assignment, bounds, outcome, standings })
}

/// What no plan of `problem` can beat and how many grids [`partition`] would make of every component, without a search. O(n + m).
///
/// Frozen grids are beside these bounds and counts.
pub fn bounds(problem: &Problem) -> Result<Bounds, PartitionError> {
    check(problem)?;
    let of = |problem: &Problem| Ok(Regions::of(&Net::of(&problem.graph), problem)?.bounds);
    if problem.locks.is_empty() {
        return of(problem);
    }
    let locked = Locked::of(problem)?;
    let inner = locked.problem.as_ref().map_or(Ok(Bounds::default()), of)?;
    Ok(locked.bounds(inner, problem.graph.resources()))
}

fn check(problem: &Problem) -> Result<(), PartitionError> {
    let (graph, bands) = (&problem.graph, &problem.bands);
    if graph.is_empty() {
        return Err(PartitionError::Empty);
    }
    if bands.len() != graph.resources() {
        return Err(PartitionError::BandCount { bands: bands.len(), resources: graph.resources() });
    }
    for (resource, b) in bands.iter().enumerate() {
        if b.target <= Load::ZERO || b.low < Load::ZERO || b.low > b.target || b.high < b.target || b.high.0 > LIMIT {
            return Err(PartitionError::Band { resource, low: b.low, target: b.target, high: b.high });
        }
        let total = (0..graph.len()).try_fold(0i64, |sum, u| sum.checked_add(graph.loads(u)[resource].0));
        if total.is_none_or(|t| t > LIMIT) {
            return Err(PartitionError::TooHeavy { resource, limit: Load(LIMIT) });
        }
    }
    Ok(())
}

/// Totals up to here leave room for every sum and difference the search makes.
const LIMIT: i64 = i64::MAX / 16;
