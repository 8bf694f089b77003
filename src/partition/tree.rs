//! Bisections along the edges of random spanning trees.

use super::aim::Aim;
use super::net::Net;
use super::rng::Rng;
use super::score::{Goal, Score, penalty};

/// No place yet.
const NONE: u32 = u32::MAX;

/// A net cut in two contiguous sides; of two the lesser one is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bisection {
    /// Penalty of side 0 under [`Aim::sides`], and the cut.
    pub score: Score,
    /// Grids planned on side 0.
    pub grids: u32,
}

/// What all bisections of one net have in common.
pub(super) struct Trees<'a> {
    net: &'a Net,
    k: u32,
    aim: &'a Aim<'a>,
    total: Vec<i64>,
    /// Units of the net.
    all: u32,
    /// Each border once, with its cost.
    edges: Vec<(u32, u32, i64)>,
    /// Goals of side 0 with so many grids.
    goals: Vec<Option<Vec<Goal>>>,
    /// Random keys of the edges in rising order, the place of the edge in the last bits of its key.
    keys: Vec<u64>,
    root: Vec<u32>,
    /// The tree in rows: where each begins, and its neighbours.
    row: Vec<u32>,
    tree: Vec<u32>,
    /// Vertices from the root down, and the place of each among them.
    order: Vec<u32>,
    place: Vec<u32>,
    /// Place of the parent of the vertex at each place: before its own.
    up: Vec<u32>,
    /// What the tree carries from each place down, and the cost of the borders it has there.
    loads: Vec<i64>,
    units: Vec<u32>,
    cut: Vec<i64>,
    /// Place of the vertex below the edge that was cut last.
    top: usize,
}

impl<'a> Trees<'a> {
    /// Trees of a connected net that is to have `k` grids. O(m).
    pub fn new(net: &'a Net, k: u32, aim: &'a Aim<'a>) -> Trees<'a> {
        let n = net.len();
        let mut edges = Vec::with_capacity(net.rows() / 2);
        for u in 0..n {
            edges.extend(net.neighbours(u).filter(|&(v, _)| v > u).map(|(v, c)| (u as u32, v as u32, c)));
        }
        Trees {
            net,
            k,
            aim,
            total: net.sum(0..n),
            all: (0..n).map(|u| net.units(u)).sum(),
            goals: vec![None; k as usize],
            keys: Vec::with_capacity(edges.len()),
            edges,
            root: Vec::with_capacity(n),
            row: Vec::with_capacity(n + 1),
            tree: Vec::with_capacity(2 * n),
            order: Vec::with_capacity(n),
            place: Vec::with_capacity(n),
            up: Vec::with_capacity(n),
            loads: Vec::with_capacity(n * net.resources()),
            units: Vec::with_capacity(n),
            cut: Vec::with_capacity(n),
            top: 0,
        }
    }

    /// Draws a random spanning tree in which strong borders are likely to be inside, and cuts the edge
    /// that splits `k` grids best: both sides of a tree edge are contiguous, and the load and the cut of each
    /// side come from one walk over the tree. `None` for a net that cannot be split.
    ///
    /// O(m log m + m · depth of the tree).
    pub fn bisection(&mut self, rng: &mut Rng) -> Option<Bisection> {
        self.span(rng);
        let Trees { net, k, aim, total, all, edges, goals, order, place, up, loads, units, cut, .. } = self;
        let (n, r, k, all) = (net.len(), net.resources(), *k, *all);
        loads.clear();
        units.clear();
        cut.clear();
        cut.resize(n, 0);
        for &u in order.iter() {
            loads.extend_from_slice(net.loads(u as usize));
            units.push(net.units(u as usize));
        }
        for &(u, v, c) in edges.iter() {
            let (mut a, mut b) = (place[u as usize], place[v as usize]);
            cut[a as usize] += c;
            cut[b as usize] += c;
            // the later of two is not above the other
            while a != b {
                (a, b) = (a.min(b), up[a.max(b) as usize]);
            }
            cut[a as usize] -= 2 * c;
        }
        let (lean, stout) = Aim::shares(k);
        let mut best: Option<(Score, u32, usize)> = None;
        for u in (1..n).rev() {
            let p = up[u] as usize;
            for i in 0..r {
                loads[p * r + i] += loads[u * r + i];
            }
            units[p] += units[u];
            cut[p] += cut[u];
            let below = &loads[u * r..(u + 1) * r];
            let (fewest, most) = ((k + units[u]).saturating_sub(all).max(1), units[u].min(k - 1));
            let ideal = if total[0] > 0 {
                match below[0].checked_mul(i64::from(k)) {
                    Some(product) => (product / total[0]) as u32,
                    None => (i128::from(below[0]) * i128::from(k) / i128::from(total[0])) as u32,
                }
            } else {
                (u64::from(units[u]) * u64::from(k) / u64::from(all)) as u32
            };
            let mut last = 0;
            for j in [ideal, ideal + 1] {
                let j = j.clamp(lean, stout).clamp(fewest, most.max(fewest));
                if std::mem::replace(&mut last, j) == j {
                    continue;
                }
                let goals = goals[j as usize].get_or_insert_with(|| aim.side(total, j, k));
                let score = penalty(goals, below) + Score { cut: cut[u], ..Score::default() };
                if best.is_none_or(|(s, ..)| score < s) {
                    best = Some((score, j, u));
                }
            }
        }
        let (score, grids, top) = best?;
        self.top = top;
        Some(Bisection { score, grids })
    }

    /// Side of each vertex in the last bisection. O(n).
    pub fn side(&self) -> Vec<u32> {
        let n = self.net.len();
        let mut below = vec![false; n];
        let mut side = vec![1; n];
        for u in self.top..n {
            below[u] = u == self.top || below[self.up[u] as usize];
            side[self.order[u] as usize] = u32::from(!below[u]);
        }
        side
    }

    /// Kruskal on random keys that favour costly borders: vertices from the root down, and the parent of each.
    fn span(&mut self, rng: &mut Rng) {
        let Trees { net, edges, keys, root, row, tree, order, place, up, .. } = self;
        let n = net.len();
        keys.clear();
        let place_bits = edges.len().next_power_of_two() as u64 - 1;
        let key = |(i, &(_, _, c)): (usize, &(u32, u32, i64))| ((rng.next() >> 1) / (c.max(0) as u64 + 1)) & !place_bits | i as u64;
        keys.extend(edges.iter().enumerate().map(key));
        keys.sort_unstable();
        root.clear();
        root.extend(0..n as u32);
        let of = |key: u64| edges[(key & place_bits) as usize];
        let mut missing = n - 1;
        keys.retain(|&key| {
            if missing == 0 {
                return false;
            }
            let (u, v, _) = of(key);
            let (a, b) = (find(root, u), find(root, v));
            root[a as usize] = b;
            missing -= usize::from(a != b);
            a != b
        });
        // rows of the tree's neighbours, filled from their ends
        row.clear();
        row.resize(n + 1, 0);
        let kept = || keys.iter().map(|&key| of(key));
        kept().flat_map(|(u, v, _)| [u, v]).for_each(|u| row[u as usize] += 1);
        (0..n).for_each(|u| row[u + 1] += row[u]);
        tree.clear();
        tree.resize(2 * keys.len(), 0);
        for (u, v) in kept().flat_map(|(u, v, _)| [(u, v), (v, u)]) {
            row[u as usize] -= 1;
            tree[row[u as usize] as usize] = v;
        }
        let start = rng.below(n) as u32;
        order.clear();
        order.push(start);
        place.clear();
        place.resize(n, NONE);
        place[start as usize] = 0;
        up.clear();
        up.push(0);
        let mut at = 0;
        while at < order.len() {
            let u = order[at] as usize;
            for &v in &tree[row[u] as usize..row[u + 1] as usize] {
                if place[v as usize] == NONE {
                    place[v as usize] = order.len() as u32;
                    order.push(v);
                    up.push(at as u32);
                }
            }
            at += 1;
        }
    }
}

/// Root of `u` in a union-find forest, halving the path.
fn find(root: &mut [u32], mut u: u32) -> u32 {
    while root[u as usize] != u {
        root[u as usize] = root[root[u as usize] as usize];
        u = root[u as usize];
    }
    u
}
