//! Adjustment: the balance of an earlier partition restored with little load moved (R31, R40).
//!
//! | file | what it does |
//! |---|---|
//! | `shape` | which grids there are: as few born and retired as the counts force |
//! | `join` | land without a grid joins those beside it |
//! | `flow` | the load that must pass between grids, a minimum-cost flow |
//! | `search` | blocks of grids around those that are out of band, each searched on its own |
//! | `anneal` | the search of a block: simulated annealing with a price on units that are not at home |

mod anneal;
mod flow;
mod join;
mod search;
mod shape;

use super::aim::Aim;
use super::locks::Locked;
use super::net::Net;
use super::windows::Whole;
use super::{Assignment, Bounds, Outcome, PartitionError, Partitioned, Problem, check, given, standings};
use crate::measure::{Load, UnitId};
use crate::watch::Watch;
use anneal::{Schedule, Worth};
use search::Search;
use serde::{Deserialize, Serialize};
use shape::{Counts, Shape};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// No grid, no home.
const NONE: u32 = u32::MAX;

/// A unit that changes its grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The unit.
    pub unit: UnitId,
    /// Its grid before, as numbered by the previous partition.
    pub from: u32,
    /// Its grid now, as numbered by the assignment.
    pub to: u32,
}

/// What must move, in the deciding resource, of a plan that brings every grid as near to its band as load that can be divided at will.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveBounds {
    /// Whatever grid a unit may go to.
    pub any_destination: Load,
    /// Where load passes only between grids that touch today, and counts at every border it passes; where the number of grids
    /// changes, as for any destination.
    pub adjacent: Load,
}

/// An adjusted partition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adjusted {
    /// The partition, with what no plan can beat in balance.
    pub partitioned: Partitioned,
    /// For every grid of the assignment the number that it had before; none for a grid that is born.
    pub was: Vec<Option<u32>>,
    /// Units that had another grid before, by unit.
    pub moves: Vec<Move>,
    /// Their load in the deciding resource.
    pub moved: Load,
    /// What has to move.
    pub bounds: MoveBounds,
}

impl Adjusted {
    /// A partition that nothing moves for; `was` as in [`Adjusted::was`].
    pub fn unmoved(partitioned: Partitioned, was: Vec<Option<u32>>) -> Adjusted {
        Adjusted { partitioned, was, moves: Vec::new(), moved: Load::ZERO, bounds: MoveBounds::default() }
    }

    /// Units in grids as they are labelled, judged by [`given`]; `was` has the label of every grid. O(n log n).
    pub fn labelled(problem: &Problem, labels: &[u32]) -> Result<Adjusted, PartitionError> {
        let (mut number, mut was) = (BTreeMap::new(), Vec::new());
        let of_label = |l: &u32| {
            // by first unit, as assignments are numbered
            *number.entry(*l).or_insert_with(|| {
                was.push(Some(*l));
                was.len() as u32 - 1
            })
        };
        let part_of: Vec<u32> = labels.iter().map(of_label).collect();
        let partitioned = if labels.is_empty() { Partitioned::nothing() } else { given(problem, &part_of)? };
        Ok(Adjusted::unmoved(partitioned, was))
    }
}

/// Adjusts the partition `previous` (a number of a grid for every unit, none for new land) to the loads of `problem`: as little violation
/// as can be found, with that as little load moved, and then little border cost (R31, R40). For grids that stay out of band all the same,
/// load moves only where that brings them much nearer.
///
/// A grid is born or retired only where the number of grids of before makes more violation necessary than another, or was not found to
/// fill the band, or [`Problem::count`] forbids it; a grid in several pieces stays where most of its load is. `budget` is the most load of
/// the deciding resource that moves; the balance is the best found within it.
///
/// O(n log n) for what is given, then a fixed number of rounds (by [`Effort`](super::Effort)) of simulated annealing (Kirkpatrick, Gelatt
/// & Vecchi 1983) around the grids that are out of band, with a price on what leaves its grid; components of few units are
/// searched exhaustively for less violation. `watch` may stop it. A birth or retirement costs O(units of its component).
pub fn adjust(problem: &Problem, previous: &[Option<u32>], budget: Option<Load>, watch: &dyn Watch) -> Result<Adjusted, PartitionError> {
    let _span = tracing::debug_span!("adjust", units = problem.graph.len()).entered();
    check(problem)?;
    let (graph, units) = (&problem.graph, problem.graph.len());
    if previous.len() != units {
        return Err(PartitionError::Previous { got: previous.len(), units });
    }
    let labels: Vec<u32> = previous.iter().map(|p| p.unwrap_or(NONE)).collect();
    let solved = if problem.locks.is_empty() {
        solve(problem, &labels, budget.map(|b| b.0), watch)?
    } else {
        solve_locked(problem, &labels, budget.map(|b| b.0), watch)?
    };
    let assignment = Assignment::new(graph, &solved.part)?;
    let mut was = vec![None; assignment.grids()];
    solved.part.iter().zip(assignment.part_of()).for_each(|(&p, &g)| was[g as usize] = solved.was[p as usize]);
    let mut moves = Vec::new();
    for (u, (&from, &to)) in labels.iter().zip(assignment.part_of()).enumerate() {
        if from != NONE && was[to as usize] != Some(from) {
            moves.push(Move { unit: UnitId::new(u), from, to });
        }
    }
    let score = assignment.score(graph, &problem.bands);
    let gap = (score.violation - solved.bounds.violation()).max(0) as f64 / 1e6 / assignment.grids() as f64;
    let standings = standings(&assignment, &solved.bounds, &problem.bands, &solved.component);
    Ok(Adjusted {
        was,
        moved: moves.iter().map(|m| graph.load(m.unit.at())).sum(),
        moves,
        bounds: solved.moves,
        partitioned: Partitioned { assignment, bounds: solved.bounds, outcome: Outcome::WithinGap(gap), score, standings },
    })
}

/// Labels of units, before they are numbered anew.
#[derive(Default)]
struct Solved {
    part: Vec<u32>,
    was: Vec<Option<u32>>,
    bounds: Bounds,
    moves: MoveBounds,
    /// Component of every unit, as the bounds count them.
    component: Vec<u32>,
}

/// Takes the locks out, solves what is left, and puts them back.
fn solve_locked(problem: &Problem, labels: &[u32], budget: Option<i64>, watch: &dyn Watch) -> Result<Solved, PartitionError> {
    let (graph, locked) = (&problem.graph, Locked::of(problem)?);
    // the label of most load, of units that are together
    let main = |units: &[UnitId], taken: &BTreeSet<u32>| {
        let mut load: BTreeMap<u32, i64> = BTreeMap::new();
        units.iter().for_each(|u| *load.entry(labels[u.at()]).or_default() += graph.load(u.at()).0 + 1);
        let own = load.into_iter().filter(|(l, _)| *l != NONE && !taken.contains(l));
        own.max_by_key(|&(l, load)| (load, Reverse(l))).map_or(NONE, |x| x.0)
    };
    let mut taken = BTreeSet::from([NONE]);
    let mut frozen = Vec::with_capacity(problem.locks.frozen.len());
    for units in &problem.locks.frozen {
        let label = main(units, &taken);
        taken.insert(label);
        frozen.push(label);
    }
    let homes: Vec<u32> = locked.members().iter().map(|units| main(units, &taken)).collect();
    let stray = |units: &[UnitId], home: u32| {
        let away = units.iter().filter(|u| labels[u.at()] != NONE && labels[u.at()] != home);
        away.map(|u| graph.load(u.at()).0).sum::<i64>()
    };
    let sets = problem.locks.frozen.iter().zip(&frozen).chain(locked.members().iter().zip(&homes));
    let moved: i64 = sets.map(|(units, &home)| stray(units, home)).sum();
    let left = budget.map(|b| b - moved);
    if let (Some(budget), Some(..0)) = (budget, left) {
        return Err(PartitionError::Budget { needed: Load(moved), budget: Load(budget) });
    }
    let inner = match &locked.problem {
        Some(inner) => solve(inner, &homes, left, watch).map_err(|e| locked.told(e))?,
        None => Solved::default(),
    };
    let mut was = inner.was;
    was.extend(frozen.into_iter().map(|l| Some(l).filter(|&l| l != NONE)));
    let mut moves = inner.moves;
    moves.any_destination += Load(moved);
    moves.adjacent += Load(moved);
    let bounds = locked.bounds(inner.bounds, graph.resources());
    Ok(Solved { part: locked.labels(&inner.part), was, bounds, moves, component: locked.components() })
}

/// The adjustment of a problem without locks.
fn solve(problem: &Problem, labels: &[u32], budget: Option<i64>, watch: &dyn Watch) -> Result<Solved, PartitionError> {
    let net = Net::of(&problem.graph);
    let aim = Aim::of(problem, watch);
    let rounds = ROUNDS + problem.effort.passes.min(PASSES);
    let most = budget.unwrap_or(UNLIMITED);
    let mut needed = i64::MAX;
    let mut attempt = |counts: Counts| -> Result<Option<Attempt>, PartitionError> {
        let shape = Shape::of(&net, problem, &aim, labels, counts)?;
        watch.go_on(net.len() as u64)?;
        let mut search = Search::new(&net, &aim, &shape);
        let start = search.worth();
        // what is moved whatever the search does
        let moved = shape.strays(&net, labels);
        needed = needed.min(moved + start.1);
        if moved + start.1 > most {
            return Ok(None);
        }
        search.improve(&Schedule::all(rounds), UNLIMITED);
        if moved + search.away() > most {
            search.settle(&Schedule::calm(rounds), start.0, most - moved);
        }
        if moved + search.away() > most {
            search = Search::new(&net, &aim, &shape);
            search.improve(&Schedule::frugal(rounds), most - moved);
        }
        watch.go_on(net.len() as u64)?;
        Ok(Some(Attempt { worth: search.worth(), before: start.0, shape, search }))
    };
    let mut best = attempt(Counts::Suit)?;
    if let Some(first) = best.as_mut().filter(|first| first.other_counts().is_some()) {
        // grids are neither born nor retired where a longer search would have done
        prove(&mut first.search, &mut first.shape, &Schedule::all(rounds), budget.is_none());
        first.worth = first.search.worth();
    }
    // a count that arithmetic allows may be one that no units fill
    while let Some(next) = best.as_ref().and_then(Attempt::other_counts) {
        match attempt(Counts::Given(next))? {
            Some(other) if best.as_ref().is_none_or(|b| other.worth.0 < b.worth.0) => best = Some(other),
            _ => break,
        }
    }
    if budget.is_some() {
        // where to bear or to retire grids moves too much
        let kept = attempt(Counts::Before)?;
        best = [best, kept].into_iter().flatten().min_by_key(|a| a.worth);
    }
    let Some(Attempt { mut shape, mut search, before, .. }) = best else {
        return Err(PartitionError::Budget { needed: Load(needed), budget: Load(most) });
    };
    prove(&mut search, &mut shape, &Schedule::all(rounds), budget.is_none());
    search.settle(&Schedule::calm(rounds), before, most.saturating_sub(shape.strays(&net, labels)));
    watch.go_on(0)?;
    Ok(Solved { part: search.draft.into_part(), was: shape.was, bounds: shape.bounds, moves: shape.moves, component: shape.component })
}

/// A partition with some number of grids.
struct Attempt<'a> {
    worth: Worth,
    /// Violation before the search.
    before: i64,
    shape: Shape,
    search: Search<'a>,
}

impl Attempt<'_> {
    /// Counts one nearer to those that suit the band best, in components with grids that might be helped; none if there are no others,
    /// or the graph is large.
    fn other_counts(&self) -> Option<Vec<u32>> {
        if self.shape.was.len() > SMALL {
            return None;
        }
        let mut counts: Vec<u32> = self.shape.bounds.components.iter().map(|c| c.grids).collect();
        let before = counts.clone();
        let helpless = self.search.helpless(&self.shape);
        for (c, count) in counts.iter_mut().enumerate().filter(|(c, _)| !helpless[*c]) {
            *count = match self.shape.wished[c] {
                wished if wished > *count => *count + 1,
                wished if wished < *count => *count - 1,
                wished => wished,
            };
        }
        (counts != before).then_some(counts)
    }
}

/// Most grids of a graph in which other counts are tried.
const SMALL: usize = 400;
/// Rounds of the search, beside those by effort.
const ROUNDS: u32 = 6;
/// Most further rounds.
const PASSES: u32 = 64;
/// More than any load moved.
const UNLIMITED: i64 = i64::MAX / 4;

/// Searches every component that violates more than its bounds exhaustively, notes what is proven, and goes on from what is better.
fn prove(search: &mut Search, shape: &mut Shape, schedules: &[Schedule], free: bool) {
    let mut wholes = Whole::all(&search.draft, &shape.component, &shape.bounds);
    for (bounds, whole) in shape.bounds.components.iter_mut().zip(&mut wholes) {
        whole.search(search.net, &mut search.draft, search.aim, 0);
        if whole.least.is_none() && free {
            whole.least = search.exhaust(whole.parts(), bounds, schedules);
        }
        bounds.searched = whole.least;
    }
}
