//! Large-neighbourhood search: windows of a few neighbouring grids are taken out and split anew.
//!
//! A window's score concerns nothing outside of it, so windows without a common grid are solved in
//! parallel and put back in a fixed order.

use super::aim::Aim;
use super::contiguity::pieces;
use super::net::Net;
use super::problem::Effort;
use super::recombine::Pool;
use super::refine::Refine;
use super::rng::Rng;
use super::score::{Score, penalty};
use super::split::split;
use rayon::prelude::*;

/// A partition with the members of each part at hand.
pub(super) struct Draft {
    part: Vec<u32>,
    /// Position of each unit in the list of its part.
    rank: Vec<u32>,
    members: Vec<Vec<u32>>,
    /// When each part last changed.
    changed: Vec<u32>,
    clock: u32,
}

/// Grids of a window that is solved by MILP.
const RECOMBINED: usize = 5;

/// Windows solved in one sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sweep {
    /// Every two grids with a common border.
    Pairs,
    /// Every three grids that border each other.
    Triples,
    /// So many grids around each one that is out of its band.
    Repair(usize),
    /// A few grids around each one that is out of its band, chosen from many searches by MILP.
    Recombine,
}

impl Draft {
    pub fn new(part: Vec<u32>, parts: usize) -> Draft {
        let mut members = vec![Vec::new(); parts];
        let mut rank = vec![0; part.len()];
        for (u, &p) in part.iter().enumerate() {
            rank[u] = members[p as usize].len() as u32;
            members[p as usize].push(u as u32);
        }
        Draft { part, rank, members, changed: vec![1; parts], clock: 1 }
    }

    pub fn into_part(self) -> Vec<u32> {
        self.part
    }

    /// The net of the grids `parts`, and the part of each of its vertices as a position in `parts`.
    pub fn window(&self, net: &Net, parts: &[u32]) -> (Vec<u32>, Net, Vec<u32>) {
        let (mut units, mut labels, mut base) = (Vec::new(), Vec::new(), Vec::new());
        for (i, &p) in parts.iter().enumerate() {
            base.push(units.len() as u32);
            units.extend_from_slice(&self.members[p as usize]);
            labels.resize(units.len(), i as u32);
        }
        let sub = net.induced(&units, |v| parts.iter().position(|&p| p == self.part[v]).map(|i| base[i] + self.rank[v]));
        (units, sub, labels)
    }

    /// Puts a window back with new labels.
    pub fn put(&mut self, parts: &[u32], units: &[u32], labels: &[u32]) {
        for &p in parts {
            self.members[p as usize].clear();
            self.changed[p as usize] = self.clock;
        }
        for (&u, &l) in units.iter().zip(labels) {
            let p = parts[l as usize];
            self.part[u as usize] = p;
            self.rank[u as usize] = self.members[p as usize].len() as u32;
            self.members[p as usize].push(u);
        }
    }

    /// Parts beside each part, in rising order. O(m).
    pub fn neighbours(&self, net: &Net) -> Vec<Vec<u32>> {
        let mut beside = vec![Vec::new(); self.members.len()];
        for (p, units) in self.members.iter().enumerate() {
            let list: &mut Vec<u32> = &mut beside[p];
            for &u in units {
                for (v, _) in net.neighbours(u as usize) {
                    let q = self.part[v];
                    if q != p as u32 && !list.contains(&q) {
                        list.push(q);
                    }
                }
            }
            list.sort_unstable();
        }
        beside
    }

    fn penalty(&self, net: &Net, aim: &Aim, p: usize) -> Score {
        penalty(&aim.goals, &net.sum(self.members[p].iter().map(|&u| u as usize)))
    }
}

/// Improves `draft` by sweeps over windows, each as long as it gains; true if the last round of sweeps still found something.
pub(super) fn improve(net: &Net, draft: &mut Draft, aim: &Aim, effort: &Effort) -> bool {
    let mut last = [0; 3];
    let mut left = effort.windows as usize;
    for pass in 0..effort.passes.max(1) as usize {
        let mut gained = false;
        for (kind, sweep) in [Sweep::Pairs, Sweep::Repair(3 + pass), Sweep::Triples].into_iter().enumerate() {
            let since = last[kind];
            last[kind] = draft.clock;
            draft.clock += 1;
            let windows = windows(net, draft, aim, sweep, since);
            gained |= run(net, draft, aim, sweep, windows);
        }
        if !gained && left > 0 {
            draft.clock += 1;
            let mut windows = windows(net, draft, aim, Sweep::Recombine, 0);
            windows.truncate(left);
            left -= windows.len();
            gained = run(net, draft, aim, Sweep::Recombine, windows);
        }
        if !gained {
            return false;
        }
    }
    true
}

/// Solves windows in rounds and puts back what is better.
fn run(net: &Net, draft: &mut Draft, aim: &Aim, sweep: Sweep, windows: Vec<Vec<u32>>) -> bool {
    let mut gained = false;
    for round in rounds(windows, draft.members.len()) {
        let solved: Vec<_> = round.par_iter().map(|parts| solve(net, draft, parts, aim, sweep)).collect();
        for (parts, better) in round.iter().zip(solved) {
            if let Some((units, labels)) = better {
                draft.put(parts, &units, &labels);
                gained = true;
            }
        }
    }
    gained
}

/// The windows of a sweep, but only those in which something changed since the clock showed `since`.
fn windows(net: &Net, draft: &Draft, aim: &Aim, sweep: Sweep, since: u32) -> Vec<Vec<u32>> {
    let beside = draft.neighbours(net);
    let fresh = |window: &[u32]| window.iter().any(|&p| draft.changed[p as usize] > since);
    let mut windows = Vec::new();
    for p in 0..beside.len() {
        let after = |&&q: &&u32| q as usize > p;
        match sweep {
            Sweep::Pairs => windows.extend(beside[p].iter().filter(after).map(|&q| vec![p as u32, q]).filter(|w| fresh(w))),
            Sweep::Triples => {
                for &q in beside[p].iter().filter(after) {
                    let third = beside[q as usize].iter().filter(|r| **r > q && beside[p].contains(r));
                    windows.extend(third.map(|&r| vec![p as u32, q, r]).filter(|w| fresh(w)));
                }
            }
            Sweep::Repair(_) | Sweep::Recombine => {
                let size = if let Sweep::Repair(size) = sweep { size } else { RECOMBINED };
                if draft.members[p].len() + beside[p].len() > 1 && draft.penalty(net, aim, p).violation > 0 {
                    windows.push(surround(p as u32, size, &beside, &mut Rng::at(aim.seed ^ u64::from(draft.clock), p as u64)));
                }
            }
        }
    }
    windows
}

/// `p` and grids around it, up to `size`, each next to an earlier one.
fn surround(p: u32, size: usize, beside: &[Vec<u32>], rng: &mut Rng) -> Vec<u32> {
    let mut window = vec![p];
    let mut rim = beside[p as usize].clone();
    while window.len() < size && !rim.is_empty() {
        let q = rim.swap_remove(rng.below(rim.len()));
        window.push(q);
        for &r in &beside[q as usize] {
            if !window.contains(&r) && !rim.contains(&r) {
                rim.push(r);
            }
        }
    }
    window
}

/// Windows dealt to rounds in which no grid occurs twice.
fn rounds(windows: Vec<Vec<u32>>, parts: usize) -> Vec<Vec<Vec<u32>>> {
    let mut next = vec![0; parts];
    let mut rounds: Vec<Vec<Vec<u32>>> = Vec::new();
    for window in windows {
        let round = window.iter().map(|&p| next[p as usize]).max().unwrap_or(0);
        for &p in &window {
            next[p as usize] = round + 1;
        }
        if round == rounds.len() {
            rounds.push(Vec::new());
        }
        rounds[round].push(window);
    }
    rounds
}

/// The window's units with better labels, if local search from the present or from new splits finds any.
fn solve(net: &Net, draft: &Draft, parts: &[u32], aim: &Aim, sweep: Sweep) -> Option<(Vec<u32>, Vec<u32>)> {
    let (units, sub, labels) = draft.window(net, parts);
    let k = parts.len();
    if pieces(&sub, &vec![0; sub.len()]).1 > 1 {
        // An earlier round has drawn its grids apart.
        return None;
    }
    let goals: Vec<_> = std::iter::repeat_n(&aim.goals, k).flatten().copied().collect();
    let least = vec![1; k];
    let place = parts.iter().fold(u64::from(draft.clock), |h, &p| h.wrapping_mul(0x1_0000_01b3) ^ u64::from(p));
    let mut rng = Rng::at(aim.seed, place);
    let mut refined = |labels: Vec<u32>| {
        let mut refine = Refine::new(&sub, &goals, &least, labels);
        refine.run(4, 15, &mut rng);
        (refine.score(), refine.into_part())
    };
    let before = Refine::new(&sub, &goals, &least, labels.clone()).score();
    if before.violation == 0 && before.cut == 0 {
        return None;
    }
    let mut best = refined(labels);
    let tries = match sweep {
        Sweep::Pairs => 0,
        Sweep::Triples => 1,
        Sweep::Repair(_) => aim.starts,
        Sweep::Recombine => 4 * aim.starts,
    };
    let mut pool = Pool::new(&sub, &aim.goals);
    for t in 0..u64::from(tries) {
        let fresh = split(&sub, k as u32, &Aim { seed: Rng::at(aim.seed ^ place, t).next(), ..aim.clone() });
        let fresh = refined(fresh);
        if sweep == Sweep::Recombine {
            pool.add(&fresh.1, k);
        }
        best = best.min(fresh);
    }
    if sweep == Sweep::Recombine {
        pool.add(&best.1, k);
        pool.vary();
        if let Some(part) = pool.best(&best.1, k) {
            best = best.min(refined(part));
        }
    }
    (best.0 < before).then_some((units, best.1))
}
