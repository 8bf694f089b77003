//! Set partitioning: the best choice among many grids that different searches of one window have drawn.
//!
//! A window's units are covered once by as many grids as it has: min Σ costⱼ xⱼ with Σ_{j ∋ u} xⱼ = 1 for every
//! unit u, Σ xⱼ = k, x binary (Garfinkel & Nemhauser 1970; Mehrotra, Johnson & Nemhauser 1998). Every column is a contiguous
//! grid, so that contiguity needs no constraint. The solver works in floating point; what it returns is judged in integers by the caller.

use super::contiguity::Contiguity;
use super::net::Net;
use super::score::{Goal, Score, penalty};
#[cfg(feature = "highs")]
pub(super) use good_lp::highs as solver;
#[cfg(not(feature = "highs"))]
pub(super) use good_lp::microlp as solver;
use good_lp::{Expression, Solution, SolverModel, WithInitialSolution, constraint, variable, variables};
use std::collections::BTreeMap;

/// The solver behind the MILP windows: `microlp`, or `HiGHS` with the feature `highs`.
pub const SOLVER: &str = if cfg!(feature = "highs") { "HiGHS" } else { "microlp" };
/// Most grids to choose among.
const COLUMNS: usize = 400;

/// A set of vertices.
type Set = Vec<u64>;

fn has(set: &Set, u: usize) -> bool {
    set[u / 64] >> (u % 64) & 1 == 1
}

/// Grids to choose among, with the score of each; a border's cost is counted from both sides.
pub(super) struct Pool<'a> {
    net: &'a Net,
    goals: &'a [Goal],
    grids: BTreeMap<Set, Score>,
}

impl<'a> Pool<'a> {
    pub fn new(net: &'a Net, goals: &'a [Goal]) -> Pool<'a> {
        Pool { net, goals, grids: BTreeMap::new() }
    }

    /// Adds the `k` parts of a partition.
    pub fn add(&mut self, part: &[u32], k: usize) {
        let mut sets = vec![vec![0u64; self.net.len().div_ceil(64)]; k];
        part.iter().enumerate().for_each(|(u, &p)| sets[p as usize][u / 64] |= 1 << (u % 64));
        sets.into_iter().for_each(|set| self.insert(set));
    }

    fn insert(&mut self, set: Set) {
        if !self.grids.contains_key(&set) {
            let score = self.score(&set);
            self.grids.insert(set, score);
        }
    }

    fn score(&self, set: &Set) -> Score {
        let inside = || (0..self.net.len()).filter(|&u| has(set, u));
        let cut = inside().flat_map(|u| self.net.neighbours(u)).filter(|&(v, _)| !has(set, v)).map(|(_, c)| c).sum();
        penalty(self.goals, &self.net.sum(inside())) + Score { cut, ..Score::default() }
    }

    /// Adds every grid that differs from one of the pool in a single vertex and stays contiguous.
    pub fn vary(&mut self) {
        let net = self.net;
        let mut contiguity = Contiguity::new(net);
        let before: Vec<Set> = self.grids.keys().cloned().collect();
        for set in before {
            let label: Vec<u32> = (0..net.len()).map(|u| u32::from(!has(&set, u))).collect();
            for u in 0..net.len() {
                let own = label[u];
                let beside = net.neighbours(u).any(|(v, _)| label[v] != own);
                if beside && (own == 1 || contiguity.holds_without(net, &label, u)) {
                    let mut other = set.clone();
                    other[u / 64] ^= 1 << (u % 64);
                    self.insert(other);
                }
            }
        }
    }

    /// The best cover of all vertices by `k` grids of the pool, `start` being one.
    pub fn best(&self, start: &[u32], k: usize) -> Option<Vec<u32>> {
        let mut starts = Pool::new(self.net, self.goals);
        starts.add(start, k);
        let mut columns: Vec<(&Set, Score)> = self.grids.iter().map(|(s, c)| (s, *c)).collect();
        columns.sort_by_key(|(s, c)| (!starts.grids.contains_key(*s), *c));
        columns.truncate(COLUMNS);
        // vertices that no column tells apart share a row
        let mut rows: BTreeMap<Vec<u32>, ()> = BTreeMap::new();
        for u in 0..self.net.len() {
            rows.insert((0..columns.len() as u32).filter(|&j| has(columns[j as usize].0, u)).collect(), ());
        }
        let all: i64 = (0..self.net.len()).flat_map(|u| self.net.neighbours(u)).map(|(_, c)| c).sum();
        // a hundredth of a percent of violation outweighs every border
        let cost = |s: &Score| s.violation as f64 / 1e2 + s.spread as f64 / 1e1 + s.cut as f64 / all.max(1) as f64;
        let mut vars = variables!();
        let x = vars.add_vector(variable().binary(), columns.len());
        let objective: Expression = columns.iter().zip(&x).map(|((_, s), &x)| cost(s) * x).sum();
        let mut model = vars.minimise(objective).using(solver);
        for row in rows.keys() {
            let cover: Expression = row.iter().map(|&j| x[j as usize]).sum();
            model.add_constraint(constraint!(cover == 1.0));
        }
        let count: Expression = x.iter().sum();
        model.add_constraint(constraint!(count == k as f64));
        let warm: Vec<_> = columns.iter().zip(&x).map(|((s, _), &x)| (x, f64::from(u8::from(starts.grids.contains_key(*s))))).collect();
        let solution = model.with_initial_solution(warm).solve().ok()?;
        let chosen: Vec<&Set> = columns.iter().zip(&x).filter(|(_, x)| solution.value(**x) > 0.5).map(|(c, _)| c.0).collect();
        let owner = |u: usize| {
            let mut owners = chosen.iter().enumerate().filter(|(_, set)| has(set, u));
            owners.next().filter(|_| owners.next().is_none()).map(|(p, _)| p as u32)
        };
        let part: Option<Vec<u32>> = (0..self.net.len()).map(owner).collect();
        part.filter(|_| chosen.len() == k)
    }
}
