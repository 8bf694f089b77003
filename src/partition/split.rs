//! A first partition of a connected region: regions of some grids, and these by multilevel recursive bisection.

use super::aim::Aim;
use super::coarsen::coarsen;
use super::net::Net;
use super::refine::Refine;
use super::rng::Rng;
use super::score::{Goal, Score};
use super::tree::{Bisection, Trees};
use rayon::prelude::*;
use std::cmp::Ordering;

/// More grids than twice this are not drawn before the net was cut into regions of so many.
const REGION: u32 = 24;
/// How often a net is coarsened before it is cut into regions.
const COARSER: usize = 2;
/// Regions with more vertices are bisected on a coarser picture first.
const COARSEST: usize = 120;
/// Bisections that are refined, of those drawn.
const REFINED: usize = 2;
/// No more are drawn when the best one has come so often.
const SURE: usize = 3;
/// From this many vertices on parts are worked on in parallel.
const PARALLEL: usize = 300;

/// Cuts a connected net into exactly `k` contiguous parts, 1 ≤ `k` ≤ units.
///
/// A large net is coarsened once and cut into regions there, whose borders are refined on the way back; then every region is cut by
/// itself. O(m) work with a large factor for the regions, O(m log k) with a small one for the coarse picture.
pub(super) fn split(net: &Net, k: u32, aim: &Aim) -> Vec<u32> {
    if k <= 2 * REGION {
        return bisected(net, k, 1, aim).0;
    }
    let mut rng = Rng::at(aim.seed, u64::from(k));
    let targets: Vec<i64> = aim.goals.iter().map(|g| g.scale).collect();
    let levels = pictures(net, &targets, net.len() >> COARSER, &mut rng);
    let (mut part, grids) = bisected(levels.last().map_or(net, |l| &l.0), k, REGION, &Aim { seed: rng.next(), ..aim.clone() });
    let total = net.sum(0..net.len());
    let goals: Vec<Goal> = grids.iter().flat_map(|&j| aim.side(&total, j, k)).collect();
    for at in (0..levels.len()).rev() {
        part = levels[at].1.iter().map(|&p| part[p as usize]).collect();
        part = refined(finer(net, &levels, at), &goals, &grids, part, &mut rng).1;
    }
    let seed = rng.next();
    each(net, &part, &grids, |p, sub| bisected(sub, grids[p], 1, &Aim { seed: Rng::at(seed, p as u64).next(), ..aim.clone() })).0
}

/// Parts of a net, each divided further by `solve`, in parallel: the new part of each vertex and the grids planned for each.
pub(super) fn each<F>(net: &Net, part: &[u32], grids: &[u32], solve: F) -> (Vec<u32>, Vec<u32>)
where
    F: Fn(usize, &Net) -> (Vec<u32>, Vec<u32>) + Sync,
{
    let mut place = vec![0; net.len()];
    let mut members = vec![Vec::new(); grids.len()];
    for (u, &p) in part.iter().enumerate() {
        place[u] = members[p as usize].len() as u32;
        members[p as usize].push(u as u32);
    }
    let divide = |p: usize| {
        if grids[p] == 1 {
            return (vec![0; members[p].len()], vec![1]);
        }
        solve(p, &net.induced(&members[p], |v| (part[v] as usize == p).then(|| place[v])))
    };
    let divided: Vec<_> =
        if net.len() >= PARALLEL { (0..grids.len()).into_par_iter().map(divide).collect() } else { (0..grids.len()).map(divide).collect() };
    let (mut labels, mut planned) = (vec![0; net.len()], Vec::new());
    for (list, (inner, grids)) in members.iter().zip(divided) {
        list.iter().zip(inner).for_each(|(&u, l)| labels[u as usize] = planned.len() as u32 + l);
        planned.extend(grids);
    }
    (labels, planned)
}

/// Bisections one after the other until no part is planned for more than `most` grids.
fn bisected(net: &Net, k: u32, most: u32, aim: &Aim) -> (Vec<u32>, Vec<u32>) {
    let mut rng = Rng::at(aim.seed, u64::from(k));
    let found = if k > most && aim.goes_on(net.len()) { bisect(net, k, aim, &mut rng) } else { None };
    let Some((side, grids)) = found else { return (vec![0; net.len()], vec![k]) };
    let seeds = [rng.next(), rng.next()];
    each(net, &side, &grids, |s, sub| bisected(sub, grids[s], most, &Aim { seed: seeds[s], ..aim.clone() }))
}

/// Two contiguous sides with so many grids each: the best of several tree cuts on the coarsest picture, refined by FM on the way back.
fn bisect(net: &Net, k: u32, aim: &Aim, rng: &mut Rng) -> Option<(Vec<u32>, [u32; 2])> {
    let total = net.sum(0..net.len());
    let heaviest: Vec<i64> = total.iter().map(|t| (t / 40).max(1)).collect();
    let levels = pictures(net, &heaviest, COARSEST, rng);
    let top = levels.last().map_or(net, |l| &l.0);
    let mut trees = Trees::new(top, k, aim);
    let (mut best, mut times): (Vec<(Bisection, Vec<u32>)>, usize) = (Vec::with_capacity(REFINED + 1), 0);
    for _ in 0..aim.starts {
        let drawn = trees.bisection(rng)?;
        times = match best.first().map(|b| drawn.cmp(&b.0)) {
            Some(Ordering::Greater) => times,
            Some(Ordering::Equal) => times + 1,
            Some(Ordering::Less) | None => 1,
        };
        let at = best.partition_point(|b| b.0 <= drawn);
        if at < REFINED {
            best.insert(at, (drawn, trees.side()));
            best.truncate(REFINED);
        }
        if times == SURE {
            break;
        }
    }
    best.dedup_by_key(|b| b.0);
    let mut refine = |net: &Net, side: Vec<u32>, grids: u32| {
        let (goals, least) = (aim.sides(&total, grids, k), [grids, k - grids]);
        refined(net, &goals, &least, side, rng)
    };
    let both = best.into_iter().map(|(b, side)| (refine(top, side, b.grids), b.grids));
    let ((_, mut side), grids) = both.min_by_key(|((score, _), _)| *score)?;
    for at in (0..levels.len()).rev() {
        side = levels[at].1.iter().map(|&p| side[p as usize]).collect();
        side = refine(finer(net, &levels, at), side, grids).1;
    }
    Some((side, [grids, k - grids]))
}

/// Ever coarser pictures of a net until one has `fewest` vertices or less, each with the place of the vertices of the one before.
fn pictures(net: &Net, heaviest: &[i64], fewest: usize, rng: &mut Rng) -> Vec<(Net, Vec<u32>)> {
    let mut levels: Vec<(Net, Vec<u32>)> = Vec::new();
    loop {
        let finest = levels.last().map_or(net, |l| &l.0);
        if finest.len() <= fewest {
            return levels;
        }
        let (coarse, place) = coarsen(finest, heaviest, rng);
        if coarse.len() * 20 > finest.len() * 19 {
            return levels;
        }
        levels.push((coarse, place));
    }
}

/// What `levels[at]` is a coarser picture of.
fn finer<'a>(net: &'a Net, levels: &'a [(Net, Vec<u32>)], at: usize) -> &'a Net {
    if at == 0 { net } else { &levels[at - 1].0 }
}

fn refined(net: &Net, goals: &[Goal], least: &[u32], part: Vec<u32>, rng: &mut Rng) -> (Score, Vec<u32>) {
    Refine::new(net, goals, least).refined(part, 3, 6 + net.len() / 20, rng)
}
