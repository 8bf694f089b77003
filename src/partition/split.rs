//! A first partition of a connected region: multilevel recursive bisection.

use super::aim::Aim;
use super::coarsen::coarsen;
use super::net::Net;
use super::refine::Refine;
use super::rng::Rng;
use super::tree::{Bisection, tree_bisection};

/// Regions with more vertices are bisected on a coarser picture first.
const COARSEST: usize = 120;
/// Bisections that are refined, of those drawn.
const REFINED: usize = 2;
/// From this many vertices on the two sides are worked on in parallel.
const PARALLEL: usize = 300;

/// Cuts a connected net into exactly `k` contiguous parts, 1 ≤ `k` ≤ units. O(m log k) bisection work.
pub(super) fn split(net: &Net, k: u32, aim: &Aim) -> Vec<u32> {
    let mut part = vec![0; net.len()];
    if k <= 1 {
        return part;
    }
    let mut rng = Rng::at(aim.seed, u64::from(k));
    let Some(bisection) = bisect(net, k, aim, &mut rng) else {
        return part;
    };
    let mut place = vec![0; net.len()];
    let mut sides = [Vec::new(), Vec::new()];
    for (u, &s) in bisection.side.iter().enumerate() {
        place[u] = sides[s as usize].len() as u32;
        sides[s as usize].push(u as u32);
    }
    let seeds = [rng.next(), rng.next()];
    let grids = [bisection.grids, k - bisection.grids];
    let solve = |s: usize| {
        if grids[s] == 1 {
            return vec![0; sides[s].len()];
        }
        let sub = net.induced(&sides[s], |v| (bisection.side[v] as usize == s).then(|| place[v]));
        split(&sub, grids[s], &Aim { seed: seeds[s], ..aim.clone() })
    };
    let (left, right) = if net.len() >= PARALLEL { rayon::join(|| solve(0), || solve(1)) } else { (solve(0), solve(1)) };
    for (u, &s) in bisection.side.iter().enumerate() {
        let at = place[u] as usize;
        part[u] = if s == 0 { left[at] } else { grids[0] + right[at] };
    }
    part
}

/// Two contiguous sides with `grids` and `k − grids` grids: the best of several tree cuts on the coarsest
/// picture, refined by FM on the way back.
fn bisect(net: &Net, k: u32, aim: &Aim, rng: &mut Rng) -> Option<Bisection> {
    let total = net.sum(0..net.len());
    let heaviest = (total[0] / 40).max(1);
    let mut levels: Vec<(Net, Vec<u32>)> = Vec::new();
    loop {
        let finest = levels.last().map_or(net, |l| &l.0);
        if finest.len() <= COARSEST {
            break;
        }
        let (coarse, place) = coarsen(finest, heaviest, rng);
        if coarse.len() * 20 > finest.len() * 19 {
            break;
        }
        levels.push((coarse, place));
    }
    let top = levels.last().map_or(net, |l| &l.0);
    let mut drawn: Vec<Bisection> = (0..aim.starts.max(1)).filter_map(|_| tree_bisection(top, k, aim, rng)).collect();
    drawn.sort_by_key(|b| b.score);
    drawn.truncate(REFINED);
    let refine = |net: &Net, b: Bisection, rng: &mut Rng| {
        let goals = aim.sides(&total, b.grids, k);
        let least = [b.grids, k - b.grids];
        let mut refine = Refine::new(net, &goals, &least, b.side);
        refine.run(3, 30 + net.len() / 20, rng);
        Bisection { grids: b.grids, score: refine.score(), side: refine.into_part() }
    };
    let mut best = drawn.into_iter().map(|b| refine(top, b, rng)).min_by_key(|b| b.score)?;
    for at in (0..levels.len()).rev() {
        let finer = if at == 0 { net } else { &levels[at - 1].0 };
        best.side = levels[at].1.iter().map(|&p| best.side[p as usize]).collect();
        best = refine(finer, best, rng);
    }
    Some(best)
}
