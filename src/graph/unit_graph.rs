use crate::measure::Load;
use serde::{Deserialize, Serialize};

/// One border between two units, as given to [`UnitGraph::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// One unit.
    pub a: u32,
    /// The other unit.
    pub b: u32,
    /// What it costs to let a grid's border run here, ≥ 0; for land the border's length in
    /// millimetres, discounted along barriers.
    pub cost: u32,
}

/// Why a graph was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphError {
    /// An edge names a unit that does not exist.
    #[error("edge {edge} joins unit {unit}, but there are {units} units")]
    NoSuchUnit {
        /// Position of the edge, from 0.
        edge: usize,
        /// The unit named.
        unit: u32,
        /// How many there are.
        units: usize,
    },
    /// The table of loads does not have a row per unit.
    #[error("{got} loads given for {units} units × {resources} resources")]
    LoadCount {
        /// Values given.
        got: usize,
        /// Units.
        units: usize,
        /// Resources per unit.
        resources: usize,
    },
    /// A load is negative.
    #[error("unit {unit} has a negative load {load}")]
    NegativeLoad {
        /// The unit.
        unit: usize,
        /// Its load.
        load: Load,
    },
}

/// A graph as its parts, which [`UnitGraph::new`] checks.
#[derive(Serialize, Deserialize)]
struct Parts {
    resources: usize,
    loads: Vec<Load>,
    edges: Vec<Edge>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    centres: Option<Vec<[f32; 2]>>,
}

impl TryFrom<Parts> for UnitGraph {
    type Error = GraphError;

    fn try_from(p: Parts) -> Result<UnitGraph, GraphError> {
        UnitGraph::new(p.resources, p.loads, &p.edges, p.centres)
    }
}

impl From<UnitGraph> for Parts {
    fn from(g: UnitGraph) -> Parts {
        let row = |u: usize| g.neighbours(u).filter(move |(v, _)| u < *v).map(move |(v, cost)| Edge { a: u as u32, b: v as u32, cost });
        let edges = (0..g.len()).flat_map(row).collect();
        Parts { resources: g.resources, edges, loads: g.loads, centres: g.centres }
    }
}

/// Units and their borders in compressed sparse rows: `targets[offsets[u]..offsets[u + 1]]` are the
/// neighbours of `u` in rising order. Symmetric, without loops or parallel edges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Parts", try_from = "Parts")]
pub struct UnitGraph {
    offsets: Vec<u32>,
    targets: Vec<u32>,
    costs: Vec<u32>,
    resources: usize,
    loads: Vec<Load>,
    centres: Option<Vec<[f32; 2]>>,
}

impl UnitGraph {
    /// Builds the graph of `loads.len() / resources` units. `loads` is row-major: unit by unit, each
    /// with `resources` values. Parallel edges are added up, loops ignored.
    ///
    /// O(n + m log d) for the largest degree d.
    pub fn new(resources: usize, loads: Vec<Load>, edges: &[Edge], centres: Option<Vec<[f32; 2]>>) -> Result<UnitGraph, GraphError> {
        let resources = resources.max(1);
        let n = loads.len() / resources;
        if loads.len() != n * resources || centres.as_ref().is_some_and(|c| c.len() != n) {
            return Err(GraphError::LoadCount { got: loads.len(), units: n, resources });
        }
        if let Some(i) = loads.iter().position(|l| l.0 < 0) {
            return Err(GraphError::NegativeLoad { unit: i / resources, load: loads[i] });
        }
        let mut degree = vec![0u32; n + 1];
        for (i, e) in edges.iter().enumerate() {
            for unit in [e.a, e.b] {
                if unit as usize >= n {
                    return Err(GraphError::NoSuchUnit { edge: i, unit, units: n });
                }
            }
            if e.a != e.b {
                degree[e.a as usize + 1] += 1;
                degree[e.b as usize + 1] += 1;
            }
        }
        for i in 0..n {
            degree[i + 1] += degree[i];
        }
        let mut fill = degree.clone();
        let mut rows = vec![(0u32, 0u32); *degree.last().unwrap_or(&0) as usize];
        for e in edges.iter().filter(|e| e.a != e.b) {
            for (u, v) in [(e.a, e.b), (e.b, e.a)] {
                rows[fill[u as usize] as usize] = (v, e.cost);
                fill[u as usize] += 1;
            }
        }
        let (mut offsets, mut targets, mut costs) = (vec![0u32; n + 1], Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for u in 0..n {
            let row = &mut rows[degree[u] as usize..degree[u + 1] as usize];
            row.sort_unstable_by_key(|r| r.0);
            for &(v, c) in row.iter() {
                if targets.len() > offsets[u] as usize && targets.last() == Some(&v) {
                    let last: &mut u32 = costs.last_mut().expect("a target has a cost");
                    *last = last.saturating_add(c);
                } else {
                    targets.push(v);
                    costs.push(c);
                }
            }
            offsets[u + 1] = targets.len() as u32;
        }
        Ok(UnitGraph { offsets, targets, costs, resources, loads, centres })
    }

    /// Number of units.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// True without a single unit.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of borders.
    pub fn edge_count(&self) -> usize {
        self.targets.len() / 2
    }

    /// How many resources each unit carries.
    pub fn resources(&self) -> usize {
        self.resources
    }

    /// Neighbours of `u` with the cost of a grid border between, by rising neighbour.
    pub fn neighbours(&self, u: usize) -> impl ExactSizeIterator<Item = (usize, u32)> + Clone + '_ {
        let r = self.offsets[u] as usize..self.offsets[u + 1] as usize;
        self.targets[r.clone()].iter().zip(&self.costs[r]).map(|(&v, &c)| (v as usize, c))
    }

    /// First resource of `u`: the load that is balanced.
    pub fn load(&self, u: usize) -> Load {
        self.loads[u * self.resources]
    }

    /// All resources of `u`.
    pub fn loads(&self, u: usize) -> &[Load] {
        &self.loads[u * self.resources..(u + 1) * self.resources]
    }

    /// The same units and borders with the first `count` resources only. O(n + m).
    pub fn with_resources(&self, count: usize) -> UnitGraph {
        let count = count.clamp(1, self.resources);
        let loads = self.loads.chunks(self.resources).flat_map(|row| &row[..count]).copied().collect();
        UnitGraph { resources: count, loads, ..self.clone() }
    }

    /// The graph of some of its units, in rising order, with the borders between them. O(n + m log d).
    pub fn piece(&self, units: &[usize]) -> UnitGraph {
        let mut place = vec![u32::MAX; self.len()];
        units.iter().enumerate().for_each(|(i, &u)| place[u] = i as u32);
        let mut piece = UnitGraph {
            offsets: vec![0],
            targets: Vec::new(),
            costs: Vec::new(),
            resources: self.resources,
            loads: units.iter().flat_map(|&u| self.loads(u)).copied().collect(),
            centres: self.centres.as_ref().map(|c| units.iter().map(|&u| c[u]).collect()),
        };
        for &u in units {
            for (v, cost) in self.neighbours(u).filter(|(v, _)| place[*v] != u32::MAX) {
                piece.targets.push(place[v]);
                piece.costs.push(cost);
            }
            piece.offsets.push(piece.targets.len() as u32);
        }
        piece
    }

    /// Centre of `u` in metres, where the caller gave one.
    pub fn centre(&self, u: usize) -> Option<[f32; 2]> {
        self.centres.as_ref().map(|c| c[u])
    }

    /// Connected component of every unit, numbered by first unit. O(n + m).
    pub fn components(&self) -> (Vec<u32>, usize) {
        let mut of = vec![u32::MAX; self.len()];
        let (mut count, mut stack) = (0, Vec::new());
        for s in 0..self.len() {
            if of[s] != u32::MAX {
                continue;
            }
            of[s] = count;
            stack.push(s);
            while let Some(u) = stack.pop() {
                for (v, _) in self.neighbours(u) {
                    if of[v] == u32::MAX {
                        of[v] = count;
                        stack.push(v);
                    }
                }
            }
            count += 1;
        }
        (of, count as usize)
    }
}
