//! The search: a good choice of hubs, a bound, and a proof where it can be had.

use super::assign::{Assigned, assign};
use super::bound::{Dual, Tree, room};
use super::costs::Costs;
use super::swap::{fill, interchange};
use rayon::prelude::*;

/// Looks at pairs that exchanges under capacities may take.
const LOOKS: usize = 10_000_000;

/// A cost by its three aims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Levels {
    /// Grains over capacities.
    pub over: i64,
    /// Grains beyond the maximum distance.
    pub beyond: i64,
    /// Grains times steps.
    pub distance: i128,
}

impl Levels {
    /// The aims of a cost: each is less than one step of the one above.
    fn of(costs: &Costs, value: i128) -> Levels {
        let over = if costs.over > 0 { value / costs.over } else { 0 };
        let rest = value - over * costs.over;
        let beyond = if costs.beyond > 0 { rest / costs.beyond } else { 0 };
        Levels { over: over as i64, beyond: beyond as i64, distance: rest - beyond * costs.beyond }
    }
}

/// What a search ends with.
pub(super) struct Found {
    /// Sites in rising order.
    pub open: Vec<usize>,
    pub shares: Vec<(u32, u32, i64)>,
    pub value: Levels,
    /// No choice has less of one where it has no more of those before it.
    pub least: Levels,
    /// Nothing is better.
    pub proven: bool,
}

/// The best `count` hubs that can be found, the pinned ones among them.
pub(super) fn search(costs: &Costs, pinned: &[bool], count: usize) -> Found {
    let mut open: Vec<usize> = (0..costs.sites).filter(|&s| pinned[s]).collect();
    let kept = open.len();
    fill(costs, &mut open, count);
    interchange(costs, &mut open, kept);
    let mut best = settled(costs, open, kept);
    let dual = Dual::of(costs, pinned, count, best.1.value, &served(costs, &best.1));
    // sets that the bound would open are good beginnings
    for set in &dual.sets {
        if dual.value >= best.1.value || !costs.goes_on() {
            break;
        }
        let mut open = set.clone();
        interchange(costs, &mut open, kept);
        let other = settled(costs, open, kept);
        if other.1.value < best.1.value {
            best = other;
        }
    }
    let mut least = dual.value.min(best.1.value);
    if least < best.1.value {
        let (tree, proven) = Tree::search(costs, &dual, pinned, count, best.1.value);
        least = proven;
        best = tree.found.unwrap_or(best);
    }
    let (open, assigned) = best;
    let value = Levels::of(costs, assigned.value);
    Found { least: bounds(costs, pinned, &open, least, value), open, shares: assigned.shares, value, proven: least == assigned.value }
}

/// Cost of every place in a solution.
fn served(costs: &Costs, assigned: &Assigned) -> Vec<i128> {
    let mut cost = vec![0; costs.places];
    assigned.shares.iter().for_each(|&(i, s, w)| cost[i as usize] += costs.unit(i as usize, s as usize) * i128::from(w));
    cost
}

/// What no choice can beat, aim by aim: a lower aim is bounded among choices that are as good in those above.
fn bounds(costs: &Costs, pinned: &[bool], open: &[usize], least: i128, value: Levels) -> Levels {
    let mut bound = Levels::of(costs, least.max(0));
    let short = room(costs, pinned, open.len()).map_or(0, |room| (costs.weight() - room).max(0));
    bound.over = bound.over.max(short);
    if bound.over == value.over && bound.beyond == value.beyond {
        return bound;
    }
    if bound.over != value.over {
        bound.beyond = 0;
    }
    // the distance of any choice whatever
    let plain = costs.plain();
    let near = assign(&plain, open, false);
    bound.distance = Dual::of(&plain, pinned, open.len(), near.value, &served(&plain, &near)).value.clamp(0, value.distance);
    bound
}

/// The best assignment to hubs; where capacities are in the way, to those that exchanges lead to.
fn settled(costs: &Costs, mut open: Vec<usize>, kept: usize) -> (Vec<usize>, Assigned) {
    let mut quick = assign(costs, &open, false);
    let mut looks = 0;
    // without capacities the nearest hubs are the best, and exchanges are done
    while quick.value > quick.least && looks < LOOKS && costs.goes_on() {
        let pairs: Vec<(usize, usize)> =
            (kept..open.len()).flat_map(|at| (0..costs.sites).map(move |s| (at, s))).filter(|(_, s)| !open.contains(s)).collect();
        looks += pairs.len().max(1) * costs.places * open.len();
        let tried = pairs.into_par_iter().map(|(at, site)| {
            let mut other = open.clone();
            other[at] = site;
            (assign(costs, &other, false).value, at, site)
        });
        let Some((value, at, site)) = tried.min() else { break };
        if value >= quick.value {
            break;
        }
        open[at] = site;
        quick = assign(costs, &open, false);
    }
    open.sort_unstable();
    let assigned = assign(costs, &open, true);
    (open, assigned)
}
