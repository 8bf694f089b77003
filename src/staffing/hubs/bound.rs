//! What no choice of hubs can beat: the Lagrangean of "every place is served once" (Cornuejols, Fisher & Nemhauser 1977), improved by
//! subgradient steps, with capacities as fractional knapsacks; then a depth-first search over sites that the bound prunes.
//!
//! Multipliers are integers, so that every bound is exact.

use super::assign::{Assigned, assign};
use super::costs::Costs;
use rayon::prelude::*;
use std::cmp::Ordering;

/// Most subgradient steps.
const STEPS: usize = 600;
/// Steps without a better bound after which they get half as long.
const PATIENCE: usize = 15;
/// Shorter steps are not worth while.
const SHORTEST: f64 = 1e-3;
/// Sets of sites that are kept for a closer look.
const SETS: usize = 12;
/// Most looks at a place in the depth-first search.
const LOOKS: u64 = 400_000_000;
/// Most hub sets whose assignment within capacities is solved in it.
const LEAVES: u64 = 300;
/// Pairs up to which the search knows the cheapest site of every place among those left.
const SUFFIXES: usize = 4_000_000;

/// A bound with what it rests on.
pub(super) struct Dual {
    pub value: i128,
    multipliers: Vec<i128>,
    /// What opening a site adds, not above 0.
    reduced: Vec<i128>,
    /// Sets of sites that the bound would open, the latest first.
    pub sets: Vec<Vec<usize>>,
    /// Weight over capacities that is counted in `value` beside the rest.
    over: i128,
}

/// Most weight that `count` sites with the pinned ones can hold; none where there is no limit.
pub(super) fn room(costs: &Costs, pinned: &[bool], count: usize) -> Option<i64> {
    let mut free: Vec<i64> = Vec::new();
    let (mut room, mut left) = (0i64, count);
    for (capacity, pinned) in costs.capacity.iter().zip(pinned) {
        match pinned {
            true => (room, left) = (room.saturating_add((*capacity)?), left.saturating_sub(1)),
            false => free.push(capacity.unwrap_or(i64::MAX)),
        }
    }
    free.sort_unstable_by(|a, b| b.cmp(a));
    let most = free.iter().take(left).fold(room, |sum, c| sum.saturating_add(*c));
    (most < i64::MAX).then_some(most)
}

/// Least cost of serving some of the places from a site, each at its cost less its multiplier; the places that are taken.
fn subproblem(costs: &Costs, multipliers: &[i128], site: usize, limited: bool, mut taken: Option<&mut Vec<usize>>) -> i128 {
    let gains = costs.of_site(site).iter().zip(multipliers).enumerate().filter(|(_, (c, v))| c < v);
    let Some(capacity) = costs.capacity[site].filter(|_| limited) else {
        return gains.map(|(i, (c, v))| (taken.iter_mut().for_each(|t| t.push(i)), c - v).1).sum();
    };
    let mut gains: Vec<(i128, usize)> = gains.map(|(i, (c, v))| (v - c, i)).collect();
    let all: i64 = gains.iter().map(|g| costs.weight[g.1]).sum();
    if all > capacity {
        gains.sort_by(|a, b| by_ratio(costs, a, b));
    }
    let (mut room, mut value) = (capacity, 0i128);
    for (gain, i) in gains {
        let w = costs.weight[i];
        let fits = w.min(room);
        // a part of a place is worth that part of its gain, rounded up
        value -= if fits == w { gain } else { (gain * i128::from(fits)).div_euclid(i128::from(w)) + 1 };
        // beyond the capacity only what is worth an overrun
        value -= (gain - costs.over * i128::from(w)).max(0) * i128::from(u8::from(fits < w));
        room -= fits;
        if let Some(taken) = taken.as_mut().filter(|_| fits > 0 || w == 0) {
            taken.push(i);
        }
    }
    value
}

/// Places by falling gain per weight, exactly; those without weight first.
fn by_ratio(costs: &Costs, a: &(i128, usize), b: &(i128, usize)) -> Ordering {
    let (wa, wb) = (i128::from(costs.weight[a.1]), i128::from(costs.weight[b.1]));
    if wa == 0 || wb == 0 {
        return wa.cmp(&wb).then(a.1.cmp(&b.1));
    }
    let whole = (b.0 / wb).cmp(&(a.0 / wa));
    whole.then_with(|| (b.0 % wb * wa).cmp(&(a.0 % wa * wb))).then(a.1.cmp(&b.1))
}

impl Dual {
    /// A bound of `count` hubs with the pinned ones, `value` being the cost of a known solution and `served` the cost of every place in it.
    ///
    /// O(places · sites) per step, times the logarithm of the places with capacities.
    pub fn of(costs: &Costs, pinned: &[bool], count: usize, value: i128, served: &[i128]) -> Dual {
        let over = room(costs, pinned, count).map_or(0, |room| i128::from((costs.weight() - room).max(0)) * costs.over);
        // where capacities cannot hold, what is over them is known, and the rest is bounded without them
        let limited = costs.limited() && over == 0;
        let kept = pinned.iter().filter(|p| **p).count();
        let evaluate = |v: &[i128]| {
            let reduced: Vec<i128> = (0..costs.sites).into_par_iter().map(|s| subproblem(costs, v, s, limited, None)).collect();
            let mut set: Vec<usize> = (0..costs.sites).collect();
            set.sort_by_key(|&s| (!pinned[s], reduced[s], s));
            set.truncate(count.max(kept));
            let value = v.iter().sum::<i128>() + set.iter().map(|&s| reduced[s]).sum::<i128>() + over;
            (value, reduced, set)
        };
        let mut v = served.to_vec();
        let (first, reduced, set) = evaluate(&v);
        let mut best = Dual { value: first, multipliers: v.clone(), reduced, sets: vec![set.clone()], over };
        let (mut latest, mut set, mut length, mut idle) = (first, set, 1.5f64, 0);
        let mut taken = Vec::new();
        for _ in 0..STEPS {
            if best.value >= value || length < SHORTEST || !costs.goes_on() {
                break;
            }
            let mut served = vec![1i64; costs.places];
            for &site in &set {
                taken.clear();
                subproblem(costs, &v, site, limited, Some(&mut taken));
                taken.iter().for_each(|&i| served[i] -= 1);
            }
            let norm: i64 = served.iter().map(|s| s * s).sum();
            if norm == 0 {
                break;
            }
            let step = length * (value - latest).max(1) as f64 / norm as f64;
            v.iter_mut().zip(&served).for_each(|(v, &s)| *v = (*v + (step * s as f64).round() as i128).clamp(0, value));
            let (next, reduced, chosen) = evaluate(&v);
            (latest, set) = (next, chosen);
            if next > best.value {
                (best.value, best.multipliers, best.reduced) = (next, v.clone(), reduced);
                if !best.sets.contains(&set) {
                    best.sets.insert(0, set.clone());
                    best.sets.truncate(SETS);
                }
                idle = 0;
                continue;
            }
            idle += 1;
            if idle == PATIENCE {
                (length, idle) = (length / 2.0, 0);
                (latest, v) = (best.value, best.multipliers.clone());
                set = evaluate(&v).2;
            }
        }
        best.value = best.value.min(value);
        best
    }
}

/// Depth-first search over sites by rising reduced cost, for a solution that costs less than `best`.
pub(super) struct Tree<'a> {
    costs: &'a Costs<'a>,
    dual: &'a Dual,
    order: Vec<usize>,
    count: usize,
    /// Cheapest cost of every place among the sites from each position on; empty where that would be too much.
    rest: Vec<Vec<i128>>,
    looks: u64,
    leaves: u64,
    /// The best so far, if better than what was known.
    pub found: Option<(Vec<usize>, Assigned)>,
    value: i128,
    /// Least bound of what was not settled.
    unsettled: i128,
}

impl<'a> Tree<'a> {
    /// Searches; the tree knows what was found, and the result what is proven of every solution.
    pub fn search(costs: &'a Costs<'a>, dual: &'a Dual, pinned: &[bool], count: usize, value: i128) -> (Tree<'a>, i128) {
        let open: Vec<usize> = (0..costs.sites).filter(|&s| pinned[s]).collect();
        let mut order: Vec<usize> = (0..costs.sites).filter(|&s| !pinned[s]).collect();
        order.sort_by_key(|&s| (dual.reduced[s], s));
        let mut rest = Vec::new();
        if costs.places * costs.sites <= SUFFIXES {
            rest = vec![vec![i128::MAX; costs.places]; order.len() + 1];
            for (at, &s) in order.iter().enumerate().rev() {
                rest[at] = rest[at + 1].iter().zip(costs.of_site(s)).map(|(r, c)| *r.min(c)).collect();
            }
        }
        let mut least = vec![i128::MAX; costs.places];
        open.iter().for_each(|&s| least.iter_mut().zip(costs.of_site(s)).for_each(|(l, c)| *l = (*l).min(*c)));
        let fixed = dual.multipliers.iter().sum::<i128>() + open.iter().map(|&s| dual.reduced[s]).sum::<i128>() + dual.over;
        let mut tree = Tree { costs, dual, order, count, rest, looks: 0, leaves: 0, found: None, value, unsettled: i128::MAX };
        let mut open = open;
        let proven = if tree.run(0, &mut open, &least, fixed) { tree.value.min(tree.unsettled) } else { dual.value };
        let proven = proven.max(dual.value).min(tree.value);
        (tree, proven)
    }

    /// Whether all below was searched.
    fn run(&mut self, from: usize, open: &mut Vec<usize>, least: &[i128], bound: i128) -> bool {
        let missing = self.count - open.len();
        if missing == 0 {
            return self.leaf(open, least);
        }
        for at in from..(self.order.len() + 1).saturating_sub(missing) {
            let next = |k: usize| self.dual.reduced[self.order[at + k]];
            if bound + (0..missing).map(next).sum::<i128>() >= self.value {
                // sites further on are no better
                return true;
            }
            self.looks += self.costs.places as u64;
            if self.looks > LOOKS {
                return false;
            }
            if let Some(rest) = self.rest.get(at) {
                let cheapest: i128 = least.iter().zip(rest).map(|(l, r)| *l.min(r)).sum();
                if cheapest + self.dual.over >= self.value {
                    return true;
                }
            }
            let site = self.order[at];
            let closer: Vec<i128> = least.iter().zip(self.costs.of_site(site)).map(|(l, c)| *l.min(c)).collect();
            open.push(site);
            let done = self.run(at + 1, open, &closer, bound + self.dual.reduced[site]);
            open.pop();
            if !done {
                return false;
            }
        }
        true
    }

    fn leaf(&mut self, open: &[usize], least: &[i128]) -> bool {
        if least.iter().sum::<i128>() >= self.value {
            return true;
        }
        self.leaves += u64::from(self.costs.limited());
        if self.leaves > LEAVES {
            return false;
        }
        let mut open = open.to_vec();
        open.sort_unstable();
        let assigned = assign(self.costs, &open, true);
        if assigned.least < assigned.value.min(self.value) {
            self.unsettled = self.unsettled.min(assigned.least);
        }
        if assigned.value < self.value {
            self.value = assigned.value;
            self.found = Some((open, assigned));
        }
        true
    }
}
