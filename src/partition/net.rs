//! The working graph of the search: a region, a window or a coarser picture of either.

use crate::graph::UnitGraph;

/// Vertices with their weights in compressed sparse rows. A vertex stands for one unit or, after
/// coarsening, for a contiguous group of them.
#[derive(Clone, Debug)]
pub(super) struct Net {
    offsets: Vec<u32>,
    targets: Vec<u32>,
    costs: Vec<i64>,
    resources: usize,
    loads: Vec<i64>,
    /// Units behind each vertex.
    units: Vec<u32>,
}

impl Net {
    /// The whole graph. O(n + m).
    pub fn of(graph: &UnitGraph) -> Net {
        let n = graph.len();
        let mut net = Net::with_capacity(n, 2 * graph.edge_count(), graph.resources());
        for u in 0..n {
            net.push(graph.loads(u).iter().map(|l| l.0), 1, graph.neighbours(u).map(|(v, c)| (v as u32, i64::from(c))));
        }
        net
    }

    /// A net without vertices, to be filled with [`Net::push`].
    pub fn with_capacity(n: usize, rows: usize, resources: usize) -> Net {
        let mut offsets = Vec::with_capacity(n + 1);
        offsets.push(0);
        Net {
            offsets,
            targets: Vec::with_capacity(rows),
            costs: Vec::with_capacity(rows),
            resources,
            loads: Vec::with_capacity(n * resources),
            units: Vec::with_capacity(n),
        }
    }

    /// Appends a vertex with its row of neighbours.
    pub fn push(&mut self, loads: impl Iterator<Item = i64>, units: u32, row: impl Iterator<Item = (u32, i64)>) {
        self.loads.extend(loads);
        self.units.push(units);
        for (v, c) in row {
            self.targets.push(v);
            self.costs.push(c);
        }
        self.offsets.push(self.targets.len() as u32);
    }

    /// The part of the net on `vertices`; `place` tells where a vertex went. O(sum of their degrees).
    pub fn induced(&self, vertices: &[u32], place: impl Fn(usize) -> Option<u32>) -> Net {
        let mut net = Net::with_capacity(vertices.len(), vertices.len() * 6, self.resources);
        for &u in vertices {
            let u = u as usize;
            net.push(self.loads(u).iter().copied(), self.units[u], self.neighbours(u).filter_map(|(v, c)| Some((place(v)?, c))));
        }
        net
    }

    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Neighbours of all vertices: every edge twice.
    pub fn rows(&self) -> usize {
        self.targets.len()
    }

    #[inline]
    pub fn resources(&self) -> usize {
        self.resources
    }

    /// Cost of all borders, each once.
    pub fn borders(&self) -> i64 {
        self.costs.iter().sum::<i64>() / 2
    }

    /// Where the neighbours of `u` are among those of all vertices.
    #[inline]
    pub fn row(&self, u: usize) -> std::ops::Range<usize> {
        self.offsets[u] as usize..self.offsets[u + 1] as usize
    }

    /// Neighbours of `u` with the cost of a border between.
    #[inline]
    pub fn neighbours(&self, u: usize) -> impl Iterator<Item = (usize, i64)> + Clone + '_ {
        let row = self.row(u);
        self.targets[row.clone()].iter().zip(&self.costs[row]).map(|(&v, &c)| (v as usize, c))
    }

    /// Loads of `u`, one per resource.
    #[inline]
    pub fn loads(&self, u: usize) -> &[i64] {
        &self.loads[u * self.resources..(u + 1) * self.resources]
    }

    /// Units behind `u`.
    #[inline]
    pub fn units(&self, u: usize) -> u32 {
        self.units[u]
    }

    /// Sum of the loads of `vertices`, one per resource.
    pub fn sum(&self, vertices: impl Iterator<Item = usize>) -> Vec<i64> {
        let mut sum = vec![0; self.resources];
        for u in vertices {
            for (s, l) in sum.iter_mut().zip(self.loads(u)) {
                *s += l;
            }
        }
        sum
    }
}
