//! Large-neighbourhood search: blocks of neighbouring grids around those that are out of band or have units of others.

use super::super::aim::Aim;
use super::super::bounds::{Bounds, ComponentBounds};
use super::super::net::Net;
use super::super::rng::Rng;
use super::super::score::penalty;
use super::super::windows::{Draft, PROOF, Whole};
use super::anneal::{Block, Schedule, Worth, prices};
use super::shape::Shape;
use super::{NONE, UNLIMITED};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

/// Grids of a block.
const GRIDS: usize = 12;
/// A violation counts so much more, in thousandths, for every grid that lies between it and help.
const FAR: i64 = 300;

/// A partition on its way.
#[derive(Clone)]
pub(super) struct Search<'a> {
    pub net: &'a Net,
    pub aim: &'a Aim<'a>,
    pub draft: Draft,
    /// Part that every unit was in.
    home: Vec<u32>,
    prices: Vec<i64>,
    /// Parts that stay out of band whatever is done.
    given_up: Vec<bool>,
}

impl<'a> Search<'a> {
    /// Begins with a shape.
    pub fn new(net: &'a Net, aim: &'a Aim<'a>, shape: &Shape) -> Search<'a> {
        Search {
            net,
            aim,
            draft: Draft::new(shape.part.clone(), shape.was.len(), shape.floors.clone()),
            home: shape.home.clone(),
            prices: prices(&aim.goals),
            given_up: vec![false; shape.was.len()],
        }
    }

    /// Violation, load not at home and cost of borders of all. O(n + m).
    pub fn worth(&self) -> Worth {
        self.judged(&self.given_up)
    }

    fn judged(&self, given_up: &[bool]) -> Worth {
        self.block(self.net, &self.home, &vec![1; given_up.len()], given_up).worth(self.draft.part())
    }

    /// Load not at home.
    pub fn away(&self) -> i64 {
        self.worth().1
    }

    /// By component: whether it violates no more than its bounds.
    pub fn helpless(&self, shape: &Shape) -> Vec<bool> {
        let wholes = Whole::all(&self.draft, &shape.component, &shape.bounds);
        let least = |(whole, b): (&Whole, &ComponentBounds)| {
            whole.violation(self.net, &self.draft, self.aim)
                <= b.least_violation().value + (whole.parts().len() * self.aim.goals.len()) as i64
        };
        wholes.iter().zip(&shape.bounds.components).map(least).collect()
    }

    /// Brings units home again that moved for grids which are out of band all the same, unless that brought them much nearer. Taken back
    /// if all violate more than `before`, or more than `most` is away from home.
    pub fn settle(&mut self, schedules: &[Schedule], before: i64, most: i64) {
        let (violation, _) = self.troubles(&self.loads());
        self.given_up = violation.iter().map(|&v| v > 0).collect();
        if !self.given_up.contains(&true) {
            return;
        }
        let draft = self.draft.clone();
        self.improve(schedules, UNLIMITED);
        let worth = self.judged(&vec![false; violation.len()]);
        if worth.0 > before || worth.1 > most {
            self.draft = draft;
        }
        self.given_up.fill(false);
    }

    fn block<'b>(&'b self, net: &'b Net, home: &'b [u32], urgency: &'b [i64], given_up: &'b [bool]) -> Block<'b> {
        Block { net, goals: &self.aim.goals, prices: &self.prices, home, urgency, given_up, budget: i64::MAX }
    }

    /// Rounds of blocks, each block searched on its own and put back where that is better. `budget` is the most load away from home.
    ///
    /// O(n + m) for a round and as many steps for every unit of an active block as the schedule has.
    pub fn improve(&mut self, schedules: &[Schedule], budget: i64) {
        let before = (self.worth(), self.draft.clone());
        let settling = self.given_up.contains(&true);
        for (round, &schedule) in schedules.iter().enumerate() {
            let mut rng = Rng::at(self.aim.seed, round as u64);
            let loads = self.loads();
            let (violation, away) = self.troubles(&loads);
            let active = |p: usize| {
                if settling {
                    self.given_up[p]
                } else if schedule.mend {
                    violation[p] > 0 && self.draft.can_gain(self.net, self.aim, p)
                } else {
                    violation[p] > 0 || away[p] > 0
                }
            };
            let active: Vec<u32> = (0..violation.len()).filter(|&p| active(p)).map(|p| p as u32).collect();
            if active.is_empty() {
                continue;
            }
            let beside = self.draft.neighbours(self.net);
            let mut blocks = blocks(&beside, &violation, active, &mut rng);
            // together these cannot be less out of band
            blocks.retain(|parts| !schedule.mend || !self.draft.is_tight(self.net, self.aim, parts));
            let urgency = if schedule.far { self.urgency(&loads, &beside) } else { vec![1000; beside.len()] };
            let left = budget - away.iter().sum::<i64>();
            let all: i64 = violation.iter().sum::<i64>().max(1);
            let one = |(i, parts): (usize, &Vec<u32>)| {
                let (units, sub, labels) = self.draft.window(self.net, parts);
                if !self.aim.goes_on(units.len() * schedule.sweeps) {
                    return None;
                }
                let place = |u: &u32| parts.iter().position(|&p| p == self.home[*u as usize]).map_or(NONE, |at| at as u32);
                let home: Vec<u32> = units.iter().map(place).collect();
                let urgency: Vec<i64> = parts.iter().map(|&p| urgency[p as usize]).collect();
                let own = parts.iter().map(|&p| violation[p as usize]).sum::<i64>();
                let given_up: Vec<bool> = parts.iter().map(|&p| self.given_up[p as usize]).collect();
                let mut block = self.block(&sub, &home, &urgency, &given_up);
                block.budget = block.worth(&labels).1 + (left as f64 * own as f64 / all as f64) as i64;
                let mut rng = Rng::at(self.aim.seed ^ 0x5eed, ((round as u64) << 32) + i as u64);
                let found = block.anneal(&labels, schedule, &mut rng);
                found.map(|(labels, _)| (units, labels))
            };
            let found: Vec<_> = blocks.par_iter().enumerate().map(one).collect();
            for (parts, found) in blocks.iter().zip(found) {
                if let Some((units, labels)) = found {
                    self.draft.put(parts, &units, &labels);
                }
            }
        }
        if self.worth() > before.0 {
            self.draft = before.1;
        }
    }

    /// Searches the `parts` of a component exhaustively; where that finds less violation, goes on from there as close to home as can
    /// be. Returns the least violation if it is proven and reached.
    pub fn exhaust(&mut self, parts: &[u32], bounds: &ComponentBounds, schedules: &[Schedule]) -> Option<i64> {
        let (units, sub, labels) = self.draft.window(self.net, parts);
        let mut draft = Draft::new(labels, parts.len(), BTreeMap::new());
        let alone = Bounds { components: vec![bounds.clone()], culprits: Vec::new() };
        let mut whole = Whole::all(&draft, &vec![0; units.len()], &alone).pop()?;
        if whole.search(&sub, &mut draft, self.aim, PROOF) {
            let labels = self.called(parts, &units, draft.part());
            let mut other = self.clone();
            other.draft.put(parts, &units, &labels);
            other.improve(schedules, UNLIMITED);
            if other.worth() < self.worth() {
                self.draft = other.draft;
            }
        }
        whole.least.filter(|&least| whole.violation(self.net, &self.draft, self.aim) == least)
    }

    /// Labels with the numbers of the parts that most of their load comes from.
    fn called(&self, parts: &[u32], units: &[u32], labels: &[u32]) -> Vec<u32> {
        let mut common: BTreeMap<(u32, u32), i64> = BTreeMap::new();
        for (&u, &label) in units.iter().zip(labels) {
            if let Some(at) = parts.iter().position(|&p| p == self.home[u as usize]) {
                *common.entry((label, at as u32)).or_default() += self.net.loads(u as usize)[0] + 1;
            }
        }
        let mut common: Vec<_> = common.into_iter().map(|(pair, load)| (Reverse(load), pair)).collect();
        common.sort_unstable();
        let (mut name, mut taken) = (vec![NONE; parts.len()], vec![false; parts.len()]);
        for (_, (label, at)) in common {
            if name[label as usize] == NONE && !taken[at as usize] {
                (name[label as usize], taken[at as usize]) = (at, true);
            }
        }
        let mut free = (0..parts.len() as u32).filter(|&at| !taken[at as usize]);
        name.iter_mut().filter(|n| **n == NONE).for_each(|n| *n = free.next().unwrap_or(0));
        labels.iter().map(|&l| name[l as usize]).collect()
    }

    /// Loads of parts, by resource.
    pub fn loads(&self) -> Vec<i64> {
        let r = self.net.resources();
        let mut loads = vec![0; self.draft.parts() * r];
        for (u, &p) in self.draft.part().iter().enumerate() {
            loads[p as usize * r..].iter_mut().zip(self.net.loads(u)).for_each(|(sum, l)| *sum += l);
        }
        loads
    }

    /// By part: its violation, and what it holds of units that were in another.
    fn troubles(&self, loads: &[i64]) -> (Vec<i64>, Vec<i64>) {
        let violation = loads.chunks(self.net.resources()).map(|l| penalty(&self.aim.goals, l).violation).collect();
        let mut away = vec![0; self.draft.parts()];
        for (u, (&p, &home)) in self.draft.part().iter().zip(&self.home).enumerate() {
            if home != p && home != NONE {
                away[p as usize] += self.net.loads(u)[0] + 1;
            }
        }
        (violation, away)
    }

    /// What a violation of a part counts, by how many grids lie between it and one with room for more, or with something to give.
    fn urgency(&self, loads: &[i64], beside: &[Vec<u32>]) -> Vec<i64> {
        let (r, goal) = (self.net.resources(), &self.aim.goals[0]);
        let load = |p: usize| loads[p * r];
        let k = beside.len();
        let far = |help: &dyn Fn(usize) -> bool| {
            let mut distance = vec![u32::MAX; k];
            let mut queue: VecDeque<usize> = (0..k).filter(|&p| help(p)).collect();
            queue.iter().for_each(|&p| distance[p] = 0);
            while let Some(p) = queue.pop_front() {
                for &q in &beside[p] {
                    if distance[q as usize] == u32::MAX {
                        distance[q as usize] = distance[p] + 1;
                        queue.push_back(q as usize);
                    }
                }
            }
            distance
        };
        let (room, spare) = (far(&|p| load(p) < goal.high), far(&|p| load(p) > goal.low));
        let hops = |p: usize| if load(p) > goal.high { room[p] } else { spare[p] };
        // where there is no help at all nothing comes nearer
        (0..k).map(|p| 1000 + FAR * if hops(p) == u32::MAX { 0 } else { i64::from(hops(p).clamp(1, 20) - 1) }).collect()
    }
}

/// Disjoint blocks of neighbouring parts around every `active` part, those out of band first.
fn blocks(beside: &[Vec<u32>], violation: &[i64], mut active: Vec<u32>, rng: &mut Rng) -> Vec<Vec<u32>> {
    rng.shuffle(&mut active);
    active.sort_by_key(|&p| violation[p as usize] == 0);
    let mut taken = vec![false; beside.len()];
    let mut blocks = Vec::new();
    for start in active {
        if std::mem::replace(&mut taken[start as usize], true) {
            continue;
        }
        let (mut block, mut at) = (vec![start], 0);
        while at < block.len() && block.len() < GRIDS {
            let mut next: Vec<u32> = beside[block[at] as usize].iter().copied().filter(|&q| !taken[q as usize]).collect();
            rng.shuffle(&mut next);
            next.truncate(GRIDS - block.len());
            next.iter().for_each(|&q| taken[q as usize] = true);
            block.extend(next);
            at += 1;
        }
        blocks.push(block);
    }
    // alone none can give or take
    blocks.retain(|b| b.len() > 1);
    blocks
}
