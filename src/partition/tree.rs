//! Bisections along the edges of random spanning trees.

use super::aim::Aim;
use super::net::Net;
use super::rng::Rng;
use super::score::{Goal, Score, penalty};

/// A net cut in two contiguous sides.
pub(super) struct Bisection {
    /// Grids planned on side 0.
    pub grids: u32,
    /// Penalty of side 0 under [`Aim::sides`], and the cut.
    pub score: Score,
    /// Side of each vertex.
    pub side: Vec<u32>,
}

/// Draws a random spanning tree in which strong borders are likely to be inside, and cuts the edge
/// that splits `k` grids best: both sides of a tree edge are contiguous, and the load and the cut of each
/// side come from one walk over the tree. `None` for a net that cannot be split.
///
/// O(m log m + m · depth of the tree).
pub(super) fn tree_bisection(net: &Net, k: u32, aim: &Aim, rng: &mut Rng) -> Option<Bisection> {
    let n = net.len();
    let (order, parent, depth) = spanning_tree(net, rng);
    let r = net.resources();
    let (mut loads, mut units, mut cut) = (Vec::with_capacity(n * r), Vec::with_capacity(n), vec![0i64; n]);
    for u in 0..n {
        loads.extend_from_slice(net.loads(u));
        units.push(net.units(u));
        for (v, c) in net.neighbours(u).filter(|&(v, _)| v > u) {
            cut[u] += c;
            cut[v] += c;
            let (mut a, mut b) = (u, v);
            while a != b {
                let deeper = if depth[a] >= depth[b] { &mut a } else { &mut b };
                *deeper = parent[*deeper] as usize;
            }
            cut[a] -= 2 * c;
        }
    }
    let (total, all) = (net.sum(0..n), units.iter().sum::<u32>());
    let mut best: Option<(Score, u32, usize)> = None;
    let mut goals: Vec<Option<Vec<Goal>>> = vec![None; k as usize];
    for &u in order[1..].iter().rev() {
        let u = u as usize;
        let p = parent[u] as usize;
        for i in 0..r {
            loads[p * r + i] += loads[u * r + i];
        }
        units[p] += units[u];
        cut[p] += cut[u];
        let below = &loads[u * r..(u + 1) * r];
        let (fewest, most) = ((k + units[u]).saturating_sub(all).max(1), units[u].min(k - 1));
        let ideal = if total[0] > 0 {
            (i128::from(below[0]) * i128::from(k) / i128::from(total[0])) as u32
        } else {
            (u64::from(units[u]) * u64::from(k) / u64::from(all)) as u32
        };
        let (lean, stout) = Aim::shares(k);
        for j in [ideal, ideal + 1] {
            let j = j.clamp(lean, stout).clamp(fewest, most.max(fewest));
            let goals = goals[j as usize].get_or_insert_with(|| aim.side(&total, j, k));
            let score = penalty(goals, below) + Score { cut: cut[u], ..Score::default() };
            if best.is_none_or(|(s, ..)| score < s) {
                best = Some((score, j, u));
            }
        }
    }
    let (score, grids, top) = best?;
    let mut side = vec![1; n];
    for &u in &order {
        let u = u as usize;
        if u == top || (u != order[0] as usize && side[parent[u] as usize] == 0) {
            side[u] = 0;
        }
    }
    Some(Bisection { grids, score, side })
}

/// Kruskal on random keys that favour costly borders: vertices from the root down, parents, depths.
fn spanning_tree(net: &Net, rng: &mut Rng) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    let n = net.len();
    let mut edges: Vec<(u64, u32, u32)> = Vec::new();
    for u in 0..n {
        for (v, c) in net.neighbours(u).filter(|&(v, _)| v > u) {
            edges.push(((rng.next() >> 1) / (c.max(0) as u64 + 1), u as u32, v as u32));
        }
    }
    edges.sort_unstable();
    let mut root: Vec<u32> = (0..n as u32).collect();
    edges.retain(|&(_, u, v)| {
        let (a, b) = (find(&mut root, u), find(&mut root, v));
        root[a as usize] = b;
        a != b
    });
    // rows of the tree's neighbours, filled from their ends
    let mut row = vec![0; n + 1];
    edges.iter().flat_map(|&(_, u, v)| [u, v]).for_each(|u| row[u as usize] += 1);
    (0..n).for_each(|u| row[u + 1] += row[u]);
    let mut tree = vec![0; 2 * edges.len()];
    for (u, v) in edges.iter().flat_map(|&(_, u, v)| [(u, v), (v, u)]) {
        row[u as usize] -= 1;
        tree[row[u as usize]] = v;
    }
    let start = rng.below(n) as u32;
    let (mut order, mut parent, mut depth) = (vec![start], vec![start; n], vec![0; n]);
    let mut at = 0;
    while at < order.len() {
        let u = order[at];
        at += 1;
        for &v in &tree[row[u as usize]..row[u as usize + 1]] {
            if v != parent[u as usize] {
                parent[v as usize] = u;
                depth[v as usize] = depth[u as usize] + 1;
                order.push(v);
            }
        }
    }
    (order, parent, depth)
}

/// Root of `u` in a union-find forest, halving the path.
fn find(root: &mut [u32], mut u: u32) -> u32 {
    while root[u as usize] != u {
        root[u as usize] = root[root[u as usize] as usize];
        u = root[u as usize];
    }
    u
}
