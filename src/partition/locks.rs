//! What was decided before the search (R42): the problem without its frozen grids, and with units that stay together as one.
//!
//! Units that are to be apart become a resource of their own: each carries 1, a grid may hold 1, and a violation outweighs all loads. So
//! every method of this room keeps them apart without knowing of them.

use super::problem::{Count, Problem};
use super::{Bounds, Culprit, PartitionError};
use crate::graph::{Edge, UnitGraph};
use crate::measure::{Band, Load, LockKind, UnitId};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// How much two units in one grid that are to be apart count, beside a grid without any load.
const APART: f64 = 100.0;

/// What the search may not change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locks {
    /// Grids that stay as they are; each is contiguous, no unit is in two.
    pub frozen: Vec<Vec<UnitId>>,
    /// Units of one grid. Where they do not touch, the units between go with them, as little load as possible.
    pub together: Vec<Vec<UnitId>>,
    /// Units of which no two are in one grid, unless there are fewer grids than units. Seeds are such units.
    pub apart: Vec<Vec<UnitId>>,
}

/// Why a lock cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("lock {lock} ({kind:?}): unit {unit} {why}")]
pub struct LockFault {
    /// Its kind.
    pub kind: LockKind,
    /// Its position among those of its kind.
    pub lock: usize,
    /// The unit.
    pub unit: UnitId,
    /// What is wrong with it.
    pub why: LockTrouble,
}

/// What is wrong with a unit of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockTrouble {
    /// There is no such unit.
    #[error("does not exist")]
    Unknown,
    /// The frozen grid is not contiguous.
    #[error("is apart from the rest of the frozen grid")]
    Torn,
    /// Another frozen grid has the unit.
    #[error("is in another frozen grid")]
    Taken,
    /// No way leads to the unit past frozen grids.
    #[error("cannot be reached from the others")]
    Unreachable,
    /// It must be apart from a unit that another lock puts into the same grid.
    #[error("is in one grid with another of these by a further lock")]
    Clash,
}

impl Locks {
    /// True without any lock.
    pub fn is_empty(&self) -> bool {
        self.frozen.is_empty() && self.together.is_empty() && self.apart.is_empty()
    }

    /// Everything that cannot be kept, lock by lock; the others can be kept all together. O((n + m) log n) per lock of units that do not touch.
    pub fn faults(&self, graph: &UnitGraph) -> Vec<LockFault> {
        Resolved::of(graph, self).faults
    }
}

/// Where no frozen grid has a unit.
const FREE: u32 = u32::MAX;

/// Locks by unit, without those that cannot be kept.
struct Resolved {
    /// Frozen grid of every unit, or [`FREE`].
    frozen: Vec<u32>,
    /// First unit of those that stay together, itself for most.
    head: Vec<u32>,
    /// Heads that are to be apart, two or more.
    apart: Vec<Vec<u32>>,
    faults: Vec<LockFault>,
}

impl Resolved {
    fn of(graph: &UnitGraph, locks: &Locks) -> Resolved {
        let n = graph.len();
        let mut r = Resolved { frozen: vec![FREE; n], head: (0..n as u32).collect(), apart: Vec::new(), faults: Vec::new() };
        let kinds = [(LockKind::Frozen, &locks.frozen), (LockKind::Together, &locks.together), (LockKind::Apart, &locks.apart)];
        for (kind, locks) in kinds {
            for (lock, units) in locks.iter().enumerate() {
                let units: BTreeSet<u32> = units.iter().map(|u| u.0).collect();
                let kept = match units.last() {
                    Some(&last) if last as usize >= n => Err((last, LockTrouble::Unknown)),
                    _ => match kind {
                        LockKind::Frozen => r.freeze(graph, lock as u32, &units),
                        LockKind::Together => r.unite(graph, &units),
                        LockKind::Apart => r.part(&units),
                    },
                };
                if let Err((unit, why)) = kept {
                    r.faults.push(LockFault { kind, lock, unit: UnitId(unit), why });
                }
            }
        }
        r
    }

    fn freeze(&mut self, graph: &UnitGraph, lock: u32, units: &BTreeSet<u32>) -> Result<(), (u32, LockTrouble)> {
        if let Some(&taken) = units.iter().find(|&&u| self.frozen[u as usize] != FREE) {
            return Err((taken, LockTrouble::Taken));
        }
        let reached = reach(graph, units);
        if let Some(&torn) = units.iter().find(|u| !reached.contains(u)) {
            return Err((torn, LockTrouble::Torn));
        }
        units.iter().for_each(|&u| self.frozen[u as usize] = lock);
        Ok(())
    }

    fn unite(&mut self, graph: &UnitGraph, units: &BTreeSet<u32>) -> Result<(), (u32, LockTrouble)> {
        let homes: BTreeSet<u32> = units.iter().map(|&u| self.frozen[u as usize]).collect();
        if homes.len() > 1 {
            let frozen = units.iter().find(|&&u| self.frozen[u as usize] != FREE);
            return Err((*frozen.unwrap_or(&0), LockTrouble::Taken));
        }
        let (Some(&first), false) = (units.first(), homes.iter().any(|&g| g != FREE)) else { return Ok(()) };
        let mut all = units.clone();
        loop {
            let reached = reach(graph, &all);
            let Some(&far) = all.iter().find(|u| !reached.contains(u)) else { break };
            all.extend(self.way(graph, &reached, &all).ok_or((far, LockTrouble::Unreachable))?);
        }
        let heads: BTreeSet<u32> = all.iter().map(|&u| self.head[u as usize]).collect();
        let head = heads.first().copied().unwrap_or(first);
        self.head.iter_mut().filter(|h| heads.contains(h)).for_each(|h| *h = head);
        Ok(())
    }

    /// Free units on the way of least load from `reached` to another unit of `all` (Dijkstra).
    fn way(&self, graph: &UnitGraph, reached: &BTreeSet<u32>, all: &BTreeSet<u32>) -> Option<Vec<u32>> {
        let mut from: BTreeMap<u32, u32> = BTreeMap::new();
        let mut heap: BinaryHeap<_> = reached.iter().map(|&u| Reverse((0i64, 0u32, u, u))).collect();
        while let Some(Reverse((load, steps, u, before))) = heap.pop() {
            if from.contains_key(&u) {
                continue;
            }
            from.insert(u, before);
            if all.contains(&u) && !reached.contains(&u) {
                let back = std::iter::successors(Some(before), |u| from.get(u).copied());
                return Some(back.take_while(|u| !reached.contains(u)).collect());
            }
            for (v, _) in graph.neighbours(u as usize).filter(|&(v, _)| self.frozen[v] == FREE) {
                if !from.contains_key(&(v as u32)) {
                    heap.push(Reverse((load + graph.load(v).0, steps + 1, v as u32, u)));
                }
            }
        }
        None
    }

    fn part(&mut self, units: &BTreeSet<u32>) -> Result<(), (u32, LockTrouble)> {
        let mut homes = BTreeSet::new();
        for &u in units {
            let frozen = self.frozen[u as usize];
            let home = if frozen == FREE { (FREE, self.head[u as usize]) } else { (frozen, 0) };
            if !homes.insert(home) {
                return Err((u, LockTrouble::Clash));
            }
        }
        // a frozen grid takes nobody in
        let free: Vec<u32> = homes.into_iter().filter(|h| h.0 == FREE).map(|h| h.1).collect();
        if free.len() > 1 {
            self.apart.push(free);
        }
        Ok(())
    }
}

/// Units of `units` that are connected to the first within them.
fn reach(graph: &UnitGraph, units: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut stack: Vec<u32> = units.first().copied().into_iter().collect();
    let mut reached: BTreeSet<u32> = stack.iter().copied().collect();
    while let Some(u) = stack.pop() {
        let next = graph.neighbours(u as usize).map(|(v, _)| v as u32).filter(|v| units.contains(v));
        stack.extend(next.filter(|&v| reached.insert(v)));
    }
    reached
}

/// A problem without locks that stands for one with them.
pub(super) struct Locked {
    /// What is left to be searched; `None` if all is frozen.
    pub problem: Option<Problem>,
    /// Frozen grids.
    frozen: u32,
    /// Vertex of every unit in the graph of `problem`; [`FREE`] for those of frozen grids.
    place: Vec<u32>,
    grid: Vec<u32>,
    /// Units behind every vertex.
    members: Vec<Vec<UnitId>>,
}

impl Locked {
    /// Takes the locks out. O(n + m) beside [`Locks::faults`].
    pub fn of(problem: &Problem) -> Result<Locked, PartitionError> {
        let graph = &problem.graph;
        let resolved = Resolved::of(graph, &problem.locks);
        if let Some(&fault) = resolved.faults.first() {
            return Err(PartitionError::Lock(fault));
        }
        let (mut place, mut members) = (vec![FREE; graph.len()], Vec::<Vec<UnitId>>::new());
        for u in (0..graph.len()).filter(|&u| resolved.frozen[u] == FREE) {
            let head = resolved.head[u] as usize;
            if place[head] == FREE {
                place[head] = members.len() as u32;
                members.push(Vec::new());
            }
            place[u] = place[head];
            members[place[u] as usize].push(UnitId::new(u));
        }
        let frozen = problem.locks.frozen.iter().filter(|units| !units.is_empty()).count() as u32;
        let grid = resolved.frozen;
        let least = frozen + u32::from(!members.is_empty());
        let inner = match problem.count {
            Count::Exactly(asked) if asked < least => return Err(PartitionError::TooFewGrids { asked, components: least as usize }),
            Count::Exactly(asked) if members.is_empty() && asked > frozen => {
                return Err(PartitionError::TooManyGrids { asked, units: frozen as usize });
            }
            _ => (!members.is_empty()).then(|| contracted(problem, &place, &members, &resolved.apart, frozen)),
        };
        Ok(Locked { problem: inner, frozen, place, grid, members })
    }

    /// Units behind every vertex.
    pub fn members(&self) -> &[Vec<UnitId>] {
        &self.members
    }

    /// Grid of every unit, of the grids of vertices; frozen grids come last.
    pub fn labels(&self, part_of: &[u32]) -> Vec<u32> {
        let grids = part_of.iter().max().map_or(0, |p| p + 1);
        let label = |(&v, &g): (&u32, &u32)| if v == FREE { grids + g } else { part_of[v as usize] };
        self.place.iter().zip(&self.grid).map(label).collect()
    }

    /// What was wrong with the inner problem in terms of the whole.
    pub fn told(&self, error: PartitionError) -> PartitionError {
        match error {
            PartitionError::TooFewGrids { asked, components } => {
                PartitionError::TooFewGrids { asked: asked + self.frozen, components: components + self.frozen as usize }
            }
            PartitionError::TooManyGrids { asked, units } => {
                PartitionError::TooManyGrids { asked: asked + self.frozen, units: units + self.frozen as usize }
            }
            other => other,
        }
    }

    /// Bounds in terms of units and of `resources` resources.
    pub fn bounds(&self, inner: Bounds, resources: usize) -> Bounds {
        let first = |v: UnitId| self.members[v.at()][0];
        let mut bounds = inner;
        let mut units = vec![0; bounds.components.len()];
        self.components().into_iter().filter(|&c| c != FREE).for_each(|c| units[c as usize] += 1);
        for (c, units) in bounds.components.iter_mut().zip(units) {
            (c.first, c.units) = (first(c.first), units);
            c.loads.truncate(resources);
            c.heavy_loads.truncate(resources);
            c.deviation.value.truncate(resources);
            if c.violation.value.len() > resources {
                c.relaxation = None;
            }
            c.violation.value.truncate(resources);
        }
        let culprit = |c: Culprit| {
            let mut group: Vec<UnitId> = c.group.iter().flat_map(|v| &self.members[v.at()]).copied().collect();
            group.sort_unstable();
            Culprit { unit: first(c.unit), group, loads: c.loads[..resources].to_vec() }
        };
        bounds.culprits = bounds.culprits.into_iter().map(culprit).collect();
        bounds
    }

    /// Component of every unit as the bounds count them; [`FREE`] where none is.
    pub fn components(&self) -> Vec<u32> {
        let of = self.problem.as_ref().map_or(Vec::new(), |p| p.graph.components().0);
        self.place.iter().map(|&v| if v == FREE { FREE } else { of[v as usize] }).collect()
    }
}

/// The problem of vertices, with a resource for each set of them that is to be apart.
fn contracted(problem: &Problem, place: &[u32], members: &[Vec<UnitId>], apart: &[Vec<u32>], frozen: u32) -> Problem {
    let (graph, r) = (&problem.graph, problem.graph.resources());
    let all = r + apart.len();
    let mut loads = vec![Load::ZERO; members.len() * all];
    for (v, units) in members.iter().enumerate() {
        for u in units {
            loads[v * all..].iter_mut().zip(graph.loads(u.at())).for_each(|(sum, &l)| *sum += l);
        }
    }
    for (i, heads) in apart.iter().enumerate() {
        heads.iter().for_each(|&u| loads[place[u as usize] as usize * all + r + i] = Load(1));
    }
    let mut edges = Vec::new();
    for u in (0..graph.len()).filter(|&u| place[u] != FREE) {
        let next = graph.neighbours(u).filter(|&(v, _)| v > u && place[v] != FREE && place[v] != place[u]);
        edges.extend(next.map(|(v, cost)| Edge { a: place[u], b: place[v], cost }));
    }
    let mut bands = problem.bands.clone();
    let one = Band { low: Load::ZERO, target: Load(1), high: Load(1), weight: 0 }.weighing(APART);
    bands.extend(apart.iter().map(|_| one));
    let most = apart.iter().map(|a| a.len() as u32).max().unwrap_or(1);
    let count = match problem.count {
        Count::ForBand => Count::Between(most, u32::MAX),
        Count::Between(fewest, limit) => {
            let limit = limit.saturating_sub(frozen).max(1);
            Count::Between(fewest.saturating_sub(frozen).max(most).min(limit), limit)
        }
        Count::Exactly(k) => Count::Exactly(k - frozen),
    };
    let graph = UnitGraph::new(all, loads, &edges, None).expect("edges name vertices, loads are sums of loads");
    Problem { graph, bands, count, locks: Locks::default(), ..problem.clone() }
}
