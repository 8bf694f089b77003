//! Tiny problems, by enumeration.

use super::net::Net;
use super::score::{Goal, Score, penalty};

/// Nets with more vertices are not enumerated.
pub(super) const TINY: usize = 14;

/// The best partition of a connected net into `k` contiguous parts, by dynamic programming over sets of vertices: the part of
/// a set's first vertex is each of its connected subsets in turn. What is left after i parts is without the first i vertices
/// at least, so that all rounds together look at O(3ⁿ⁻¹) pairs of sets.
///
/// `None` if the net is larger than [`TINY`] or has fewer vertices than parts.
pub(super) fn enumerate(net: &Net, k: u32, goals: &[Goal]) -> Option<Vec<u32>> {
    let n = net.len();
    if n > TINY || n < k as usize || k == 0 {
        return None;
    }
    let all = (1usize << n) - 1;
    let beside: Vec<usize> = (0..n).map(|u| net.neighbours(u).fold(0, |set, (v, _)| set | 1 << v)).collect();
    // Twice the cost of a border is counted, once from each side.
    let price = |set: usize| -> Option<Score> {
        connected(set, &beside).then(|| {
            let inside = || (0..n).filter(|u| set >> u & 1 == 1);
            let cut = inside().flat_map(|u| net.neighbours(u)).filter(|&(v, _)| set >> v & 1 == 0).map(|(_, c)| c).sum();
            penalty(goals, &net.sum(inside())) + Score { cut, ..Score::default() }
        })
    };
    let prices: Vec<Option<Score>> = (0..=all).map(|set| if set == 0 { None } else { price(set) }).collect();
    // best[set]: score and first part of the best partition of `set` into as many parts as rounds done.
    let mut rounds: Vec<Vec<Option<(Score, usize)>>> = vec![prices.iter().enumerate().map(|(set, p)| p.map(|p| (p, set))).collect()];
    for left in 2..=k {
        let before = &rounds[rounds.len() - 1];
        let mut best = vec![None; all + 1];
        let gone = (k - left) as usize;
        let sets = if gone == 0 { all..=all } else { 1..=all >> gone };
        for set in sets.map(|set| set << gone) {
            let first = set & set.wrapping_neg();
            let others = set ^ first;
            let mut rest = others;
            while rest != 0 {
                let part = set ^ rest;
                if let (Some(p), Some((q, _))) = (prices[part], before[rest]) {
                    let sum = p + q;
                    if best[set].is_none_or(|(b, _)| sum < b) {
                        best[set] = Some((sum, part));
                    }
                }
                rest = (rest - 1) & others;
            }
        }
        rounds.push(best);
    }
    let (mut part, mut set) = (vec![0; n], all);
    for (p, round) in rounds.iter().rev().enumerate() {
        let (_, first) = round[set]?;
        (0..n).filter(|u| first >> u & 1 == 1).for_each(|u| part[u] = p as u32);
        set ^= first;
    }
    Some(part)
}

fn connected(set: usize, beside: &[usize]) -> bool {
    let mut reached = set & set.wrapping_neg();
    let mut frontier = reached;
    while frontier != 0 {
        let u = frontier.trailing_zeros() as usize;
        frontier &= frontier - 1;
        let new = beside[u] & set & !reached;
        reached |= new;
        frontier |= new;
    }
    reached == set
}
