//! Exhaustive search: parts are drawn one after the other, each around a vertex with few ways out, and what cannot be completed is not followed.

use super::net::Net;
use super::score::{Goal, excess, penalty};
use std::collections::{BTreeMap, VecDeque};

/// Nets with more loaded vertices are not searched.
pub(super) const LOADED: usize = 128;

/// Vertices that a walk sees in one step.
const WALKED: u64 = 8;
/// No part.
const FREE: u32 = u32::MAX;

/// How a search ended.
pub(super) enum Search {
    /// A partition with less violation.
    Found(Vec<u32>),
    /// There is none.
    Exhausted,
    /// Not known: too large or too many steps.
    GaveUp,
}

/// Looks for a partition of a connected net into `k` contiguous parts with a violation below `limit`, in at most `steps` steps.
///
/// Vertices without load only connect: while parts are drawn they may serve several, at the end each is given to one. Exponential in
/// the worst case; where loads are large beside the bands few sets of vertices fit.
pub(super) fn cover(net: &Net, k: u32, goals: &[Goal], limit: i64, steps: u64) -> Search {
    let loaded: Vec<u32> = (0..net.len() as u32).filter(|&u| net.loads(u as usize).iter().any(|&l| l > 0)).collect();
    if loaded.len() > LOADED || loaded.is_empty() || k as usize > loaded.len() {
        return Search::GaveUp;
    }
    let mut beside = vec![0u128; loaded.len()];
    let mut next = vec![0u128; loaded.len()];
    let mut place = vec![usize::MAX; net.len()];
    loaded.iter().enumerate().for_each(|(i, &u)| place[u as usize] = i);
    for around in connected_through(net, &place) {
        let all = around.iter().fold(0, |set, &i| set | 1u128 << i);
        around.iter().for_each(|&i| beside[i] |= all & !(1 << i));
    }
    for (i, &u) in loaded.iter().enumerate() {
        let touched = net.neighbours(u as usize).map(|(v, _)| place[v]).filter(|&j| j != usize::MAX);
        next[i] = touched.fold(0, |set, j| set | 1 << j);
    }
    let floor = loaded.iter().map(|&u| excess(goals, net.loads(u as usize)));
    let mut cover = Cover {
        net,
        goals,
        limit,
        floor: floor.collect(),
        loaded,
        beside,
        next,
        left: steps,
        torn: 0,
        parts: Vec::new(),
        failed: BTreeMap::new(),
        stamp: 0,
        seen: vec![0; net.len()],
        far: vec![0; net.len()],
        queue: Vec::with_capacity(net.len()),
    };
    let all = u128::MAX >> (LOADED - cover.loaded.len());
    match cover.rest(all, k, 0, vec![FREE; net.len()]) {
        Some(part) => Search::Found(part),
        // a part without any load is never drawn
        None if cover.left == 0 || penalty(goals, &vec![0; goals.len()]).violation + cover.floors(all) < limit => Search::GaveUp,
        None => Search::Exhausted,
    }
}

/// Sets of loaded vertices that touch each other, by an edge or by a connected group of vertices without load.
fn connected_through(net: &Net, place: &[usize]) -> Vec<Vec<usize>> {
    let mut groups = Vec::new();
    let mut seen = vec![false; net.len()];
    for u in 0..net.len() {
        if place[u] != usize::MAX {
            let next = net.neighbours(u).filter(|&(v, _)| v > u && place[v] != usize::MAX);
            groups.extend(next.map(|(v, _)| vec![place[u], place[v]]));
            continue;
        }
        if std::mem::replace(&mut seen[u], true) {
            continue;
        }
        let (mut stack, mut around) = (vec![u], Vec::new());
        while let Some(x) = stack.pop() {
            for (v, _) in net.neighbours(x) {
                if place[v] != usize::MAX {
                    around.push(place[v]);
                } else if !std::mem::replace(&mut seen[v], true) {
                    stack.push(v);
                }
            }
        }
        groups.push(around);
    }
    groups
}

struct Cover<'a> {
    net: &'a Net,
    goals: &'a [Goal],
    limit: i64,
    /// Vertices with load; all sets are sets of positions in this list.
    loaded: Vec<u32>,
    /// Least violation of the part that holds a vertex.
    floor: Vec<i64>,
    /// Loaded vertices that each one touches, also through vertices without load.
    beside: Vec<u128>,
    /// Those that it touches by an edge.
    next: Vec<u128>,
    /// Steps left.
    left: u64,
    /// Sets of parts that could not be connected.
    torn: u64,
    parts: Vec<u128>,
    /// Sets that cannot be divided into so many parts, with the least violation of the others seen.
    failed: BTreeMap<(u128, u32), i64>,
    /// Which walk saw a vertex last, how far from its start, the number of that walk, and what it saw.
    seen: Vec<u32>,
    far: Vec<u32>,
    stamp: u32,
    queue: Vec<u32>,
}

/// Positions in a set.
fn bits(mut set: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(at)
    })
}

/// A part that grows.
#[derive(Clone, Copy)]
struct Growth<'a> {
    free: u128,
    /// Labels that connect the parts before.
    label: &'a [u32],
    /// Parts to be drawn, this one included.
    k: u32,
    /// Violation of the parts drawn.
    used: i64,
    /// What this part may violate.
    room: i64,
}

impl Cover<'_> {
    fn loads(&self, i: usize) -> &[i64] {
        self.net.loads(self.loaded[i] as usize)
    }

    fn sum(&self, set: u128) -> Vec<i64> {
        self.net.sum(bits(set).map(|i| self.loaded[i] as usize))
    }

    fn floors(&self, set: u128) -> i64 {
        bits(set).map(|i| self.floor[i]).sum()
    }

    /// Divides what is `free` into `k` parts; `label` connects those drawn before.
    fn rest(&mut self, free: u128, k: u32, used: i64, label: Vec<u32>) -> Option<Vec<u32>> {
        if free == 0 {
            return if k == 0 { Some(self.filled(label)) } else { None };
        }
        let floors = self.floors(free);
        let slack = self.limit - 1 - used - floors;
        if slack < 0 || !self.fits(free, k, slack) || self.failed.get(&(free, k)).is_some_and(|&least| least <= used) {
            return None;
        }
        let tight = |i: &usize| ((self.beside[*i] & free).count_ones(), std::cmp::Reverse(self.loads(*i)[0]));
        let pivot = bits(free).min_by_key(tight)?;
        let before = self.torn;
        let found = self.grow(1 << pivot, !free, Growth { free, label: &label, k, used, room: slack });
        // what could not be connected may be so with other parts around it
        if found.is_none() && self.left > 0 && self.torn == before {
            self.failed.insert((free, k), used);
        }
        found
    }

    /// Every part that holds `set`, none of `banned`, and of the rest whatever is reached.
    fn grow(&mut self, set: u128, mut banned: u128, at: Growth<'_>) -> Option<Vec<u32>> {
        self.left = self.left.checked_sub(1)?;
        let (loads, room) = (self.sum(set), at.room + self.floors(set));
        if excess(self.goals, &loads) > room {
            return None;
        }
        let violation = penalty(self.goals, &loads).violation;
        if violation <= room {
            self.parts.push(set);
            let found = self.realised(at.label).and_then(|label| self.rest(at.free & !set, at.k - 1, at.used + violation, label));
            if found.is_some() || self.left == 0 {
                return found;
            }
            self.parts.pop();
        }
        let rim = bits(set).fold(0, |rim, i| rim | self.beside[i]) & !set & !banned;
        for next in bits(rim) {
            let found = self.grow(set | 1 << next, banned, at);
            if found.is_some() || self.left == 0 {
                return found;
            }
            banned |= 1 << next;
        }
        None
    }

    /// Whether numbers of parts exist for the pieces of `free` that add up to `k` and violate no more than `slack` beyond the floors.
    fn fits(&self, free: u128, k: u32, slack: i64) -> bool {
        let (mut rest, mut fewest, mut most) = (free, 0i64, 0i64);
        while rest != 0 {
            let mut piece = 1u128 << rest.trailing_zeros();
            let mut rim = piece;
            while rim != 0 {
                rim = bits(rim).fold(0, |next, i| next | self.beside[i]) & free & !piece;
                piece |= rim;
            }
            rest &= !piece;
            let (mut low, mut high) = (1i64, i64::from(piece.count_ones()));
            for (r, g) in self.goals.iter().enumerate() {
                let all: i64 = bits(piece).map(|i| self.loads(i)[r]).sum();
                let heavy = || bits(piece).map(|i| self.loads(i)[r]).filter(|&l| l > g.high);
                let (alone, heavies) = (heavy().sum::<i64>(), heavy().count() as i64);
                // load that may be missing or too much, rounded up
                let give = (i128::from(slack) * i128::from(g.scale) / i128::from(1000 * g.weight) + 1) as i64;
                if g.high > 0 {
                    low = low.max((all - (alone - heavies * g.high) - give + g.high - 1).div_euclid(g.high));
                }
                if g.low > 0 {
                    high = high.min(heavies + (all - alone + give) / g.low);
                }
            }
            if low > high {
                return false;
            }
            (fewest, most) = (fewest + low, most + high);
        }
        (fewest..=most).contains(&i64::from(k))
    }

    /// Labels that connect all parts drawn, as far as vertices without load are needed for it; those of `before` connect all but the last.
    fn realised(&mut self, before: &[u32]) -> Option<Vec<u32>> {
        let (last, set) = (self.parts.len() - 1, self.parts[self.parts.len() - 1]);
        // vertices that are not in any part yet connect others for the time being
        if bits(set).all(|i| before[self.loaded[i] as usize] == FREE) {
            let mut label = before.to_vec();
            self.name(last, &mut label);
            if self.reach(last, &label) && self.connected(last as u32, &mut label, &mut Vec::new()) {
                return Some(label);
            }
        }
        let mut label = vec![FREE; self.net.len()];
        // those before may give way
        (0..=last).for_each(|p| self.name(p, &mut label));
        let connected = self.reach(0, &label) && self.connected(0, &mut label, &mut Vec::new());
        self.torn += u64::from(!connected);
        connected.then_some(label)
    }

    fn name(&self, part: usize, label: &mut [u32]) {
        bits(self.parts[part]).for_each(|i| label[self.loaded[i] as usize] = part as u32);
    }

    /// Whether a set is connected by itself.
    fn holds(&self, set: u128) -> bool {
        let mut seen = set & set.wrapping_neg();
        let mut rim = seen;
        while rim != 0 {
            rim = bits(rim).fold(0, |next, i| next | self.next[i]) & set & !seen;
            seen |= rim;
        }
        seen == set
    }

    /// The other vertices without load go to whoever they touch.
    fn filled(&self, mut label: Vec<u32>) -> Vec<u32> {
        let mut queue: VecDeque<u32> = (0..label.len() as u32).filter(|&u| label[u as usize] != FREE).collect();
        while let Some(u) = queue.pop_front() {
            for (v, _) in self.net.neighbours(u as usize) {
                if label[v] == FREE {
                    label[v] = label[u as usize];
                    queue.push_back(v as u32);
                }
            }
        }
        label
    }

    /// Walks through the vertices that are `open`; what it saw stays until the next walk. Every few vertices are a step.
    fn walk(&mut self, starts: &[u32], open: impl Fn(usize) -> bool) {
        self.stamp += 1;
        self.queue.clear();
        for &u in starts {
            (self.seen[u as usize], self.far[u as usize]) = (self.stamp, 0);
            self.queue.push(u);
        }
        let mut at = 0;
        while let Some(&u) = self.queue.get(at) {
            at += 1;
            for (v, _) in self.net.neighbours(u as usize) {
                if self.seen[v] != self.stamp && open(v) {
                    (self.seen[v], self.far[v]) = (self.stamp, self.far[u as usize] + 1);
                    self.queue.push(v as u32);
                }
            }
        }
        self.left = self.left.saturating_sub(1 + at as u64 / WALKED);
    }

    fn saw(&self, u: u32) -> bool {
        self.seen[u as usize] == self.stamp
    }

    /// Whether each part from `first` on, by itself, can be connected through free vertices.
    fn reach(&mut self, first: usize, label: &[u32]) -> bool {
        (first..self.parts.len()).all(|p| {
            let set = self.parts[p];
            if self.holds(set) {
                return true;
            }
            self.walk(&[self.loaded[set.trailing_zeros() as usize]], |v| label[v] == p as u32 || label[v] == FREE);
            bits(set).all(|i| self.saw(self.loaded[i]))
        })
    }

    /// Gives free vertices to parts from `p` on until each is connected; `banned` ones are not for `p`. Tries all ways, short ones first.
    fn connected(&mut self, p: u32, label: &mut [u32], banned: &mut Vec<u32>) -> bool {
        let Some(&set) = self.parts.get(p as usize) else { return true };
        if self.left == 0 {
            return false;
        }
        // vertices of the part that its first one reaches, and how far the free ones beside are from the others
        self.walk(&[self.loaded[set.trailing_zeros() as usize]], |v| label[v] == p);
        let others: Vec<u32> = bits(set).map(|i| self.loaded[i]).filter(|&u| !self.saw(u)).collect();
        if others.is_empty() {
            return self.connected(p + 1, label, &mut Vec::new());
        }
        let mut next: Vec<u32> = self.queue.iter().flat_map(|&u| self.net.neighbours(u as usize)).map(|(v, _)| v as u32).collect();
        self.walk(&others, |v| label[v] == FREE && !banned.contains(&(v as u32)));
        next.retain(|&u| label[u as usize] == FREE && self.saw(u));
        next.sort_unstable_by_key(|&u| (self.far[u as usize], u));
        next.dedup();
        let before = banned.len();
        for u in next {
            label[u as usize] = p;
            // the parts before are in one piece already
            if self.reach(p as usize, label) && self.connected(p, label, banned) {
                return true;
            }
            label[u as usize] = FREE;
            banned.push(u);
        }
        banned.truncate(before);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::contiguity::pieces;
    use super::super::exact::enumerate;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn finds_the_least_and_proves_it(
            loads in prop::collection::vec(prop_oneof![2 => 1i64..300, 1 => Just(0)], 3..=11),
            up in prop::collection::vec(any::<usize>(), 10),
            more in prop::collection::vec((any::<usize>(), any::<usize>()), 0..6),
            k in 1u32..5,
            low in 50i64..300,
        ) {
            let n = loads.len();
            let mut edges: Vec<(usize, usize)> = (1..n).map(|v| (v, up[v - 1] % v)).collect();
            edges.extend(more.into_iter().map(|(a, b)| (a % n, b % n)).filter(|(a, b)| a != b));
            let mut net = Net::with_capacity(n, 4 * n, 1);
            for u in 0..n {
                let row = edges.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).filter(|e| e.0 == u).map(|e| (e.1 as u32, 1));
                net.push([loads[u]].into_iter(), 1, row);
            }
            let goals = [Goal { low, high: low + low / 5, scale: low, weight: 1000 }];
            let violation = |part: &[u32]| -> i64 {
                let sum = |p: u32| net.sum((0..n).filter(|&u| part[u] == p));
                (0..k).map(|p| penalty(&goals, &sum(p)).violation).sum()
            };
            let loaded = loads.iter().filter(|&&l| l > 0).count();
            prop_assume!(loaded >= k as usize);
            let best = violation(&enumerate(&net, k, &goals).unwrap());
            let part = match cover(&net, k, &goals, best + 1, u64::MAX) {
                Search::Found(part) => part,
                Search::GaveUp => {
                    prop_assert!(goals[0].penalty(0).violation <= best);
                    return Ok(());
                }
                Search::Exhausted => return Err(TestCaseError::fail("there is one")),
            };
            prop_assert_eq!(violation(&part), best);
            prop_assert_eq!(pieces(&net, &part).1, k as usize);
            prop_assert!(!matches!(cover(&net, k, &goals, best, u64::MAX), Search::Found(_)));
        }
    }
}
