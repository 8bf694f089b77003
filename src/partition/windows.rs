//! Large-neighbourhood search: windows of a few neighbouring grids are taken out and split anew.
//!
//! A window's score concerns nothing outside of it, so windows without a common grid are solved in
//! parallel and put back in a fixed order.

use super::aim::Aim;
use super::bounds::{Bounds, ComponentBounds};
use super::contiguity::pieces;
use super::cover::{LOADED, Search, cover};
use super::net::Net;
use super::problem::Effort;
use super::recombine::Pool;
use super::refine::Refine;
use super::rng::Rng;
use super::score::{Goal, penalty};
use super::split::split;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A partition with the members of each part at hand.
#[derive(Clone)]
pub(super) struct Draft {
    part: Vec<u32>,
    /// Position of each unit in the list of its part.
    rank: Vec<u32>,
    members: Vec<Vec<u32>>,
    /// When each part last changed.
    changed: Vec<u32>,
    /// When each kind of sweep last began, see [`Sweep::place`].
    swept: [u32; 3],
    clock: u32,
    /// Violation that a part with this unit has at least, by unit.
    floors: BTreeMap<u32, i64>,
    /// Windows that were searched exhaustively in vain, each with when it had last changed.
    vain: BTreeMap<Vec<u32>, u32>,
    /// Parts of components that are proven to be as close to their bands as they can be.
    proven: Vec<bool>,
}

/// Rounds of sweeps that settle a draft, none of which draws more than a few windows anew.
const SETTLE: usize = 6;
/// Passes without gain, one after the other, that end the search.
const PATIENCE: usize = 4;
/// Passes for nets in which a grid may still get closer to its band: what the passes before leave of better shapes is little beside its cost, and
/// comes after these.
const REPAIRS: std::ops::Range<usize> = 2..8;
/// Grids of a window that is solved by MILP.
const RECOMBINED: usize = 5;
/// Most windows that are solved by MILP in one pass.
const SOLVED: usize = 24;
/// Windows between two looks at the budget.
const CHUNK: usize = 1024;
/// Passes of local search in a window, and moves without gain that end one.
const FM: usize = 3;
const IDLE: usize = 10;
/// Grids in band are not drawn anew where the borders between them are shorter than this, in the cost of all borders of their units over the
/// root of the number of units: a straight line through a square of even units has 0.5.
const SHORT: f64 = 0.7;
/// Most steps of an exhaustive search of a window.
const STEPS: u64 = 4_000;
/// Most steps of an exhaustive search of a component.
pub(super) const PROOF: u64 = 100_000;
/// Components with more units are not searched exhaustively.
const PROVABLE: usize = 8 * LOADED;

/// Windows solved in one sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sweep {
    /// Every two grids with a common border.
    Pairs,
    /// Every three grids that border each other.
    Triples,
    /// The same, also drawn anew.
    Redraw,
    /// So many grids around each one that is out of its band, drawn anew several times.
    Repair(usize),
    /// The same, searched exhaustively.
    Cover(usize),
    /// A few grids around each one that is out of its band, chosen from many searches by MILP.
    Recombine,
}

impl Sweep {
    /// Where [`Draft::swept`] notes it; repairs are tried again whether something changed or not.
    fn place(self) -> Option<usize> {
        [Sweep::Pairs, Sweep::Triples, Sweep::Redraw].iter().position(|&s| s == self)
    }

    /// How often each window is drawn anew.
    fn draws(self, starts: u32) -> u32 {
        match self {
            Sweep::Pairs | Sweep::Triples | Sweep::Cover(_) => 0,
            Sweep::Redraw => 1,
            Sweep::Repair(_) | Sweep::Recombine => starts,
        }
    }
}

impl Draft {
    pub fn new(part: Vec<u32>, parts: usize, floors: BTreeMap<u32, i64>) -> Draft {
        let mut members = vec![Vec::new(); parts];
        let mut rank = vec![0; part.len()];
        for (u, &p) in part.iter().enumerate() {
            rank[u] = members[p as usize].len() as u32;
            members[p as usize].push(u as u32);
        }
        Draft {
            part,
            rank,
            members,
            changed: vec![1; parts],
            swept: [0; 3],
            clock: 1,
            floors,
            vain: BTreeMap::new(),
            proven: vec![false; parts],
        }
    }

    pub fn into_part(self) -> Vec<u32> {
        self.part
    }

    /// Part of every unit.
    pub fn part(&self) -> &[u32] {
        &self.part
    }

    /// Number of parts.
    pub fn parts(&self) -> usize {
        self.members.len()
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
        self.clock += 1;
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

    /// When the last of these parts changed.
    fn state(&self, parts: &[u32]) -> u32 {
        parts.iter().map(|&p| self.changed[p as usize]).max().unwrap_or(0)
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

    /// Violation of part `p`.
    fn violation(&self, net: &Net, aim: &Aim, p: usize) -> i64 {
        penalty(&aim.goals, &net.sum(self.members[p].iter().map(|&u| u as usize))).violation
    }

    /// True if the load of these parts is so much or so little that they cannot be less out of band together.
    pub fn is_tight(&self, net: &Net, aim: &Aim, parts: &[u32]) -> bool {
        let loads: Vec<Vec<i64>> = parts.iter().map(|&p| net.sum(self.members[p as usize].iter().map(|&u| u as usize))).collect();
        let violation: i64 = loads.iter().map(|l| penalty(&aim.goals, l).violation).sum();
        let k = parts.len() as i64;
        let together = aim.goals.iter().enumerate().map(|(r, goal)| {
            let all: i64 = loads.iter().map(|l| l[r]).sum();
            let over = all.saturating_sub(goal.high.saturating_mul(k)).max(goal.low.saturating_mul(k) - all).max(0);
            // each part's violation is rounded up
            goal.violation(over) + k
        });
        violation <= together.sum()
    }

    /// True if part `p` is farther out of band than one of its units makes necessary, and nothing proves that it has to be.
    pub fn can_gain(&self, net: &Net, aim: &Aim, p: usize) -> bool {
        if self.proven[p] {
            return false;
        }
        let violation = self.violation(net, aim, p);
        violation > 0 && violation > self.members[p].iter().filter_map(|u| self.floors.get(u)).copied().max().unwrap_or(0)
    }
}

/// Improves `draft` by sweeps over windows; true if the search ended while it was still gaining.
///
/// First the draft settles; then come passes that draw windows anew, as long as the budget lasts, and now and then an exhaustive search
/// of `wholes`. What comes next depends on nothing but what came before, so that more effort goes on where less has stopped.
pub(super) fn improve(net: &Net, draft: &mut Draft, wholes: &mut [Whole], aim: &Aim, effort: &Effort) -> bool {
    let mut gained = true;
    for round in 0..SETTLE {
        gained = false;
        for kind in [Sweep::Pairs, Sweep::Triples, Sweep::Repair(3 + round), Sweep::Cover(2 + round)] {
            gained |= sweep(net, draft, aim, kind, &mut u32::MAX.into()) == Some(true);
        }
        if !gained {
            break;
        }
    }
    let mut budget = u64::from(effort.windows);
    let mut idle = 0;
    for pass in 0..effort.passes as usize {
        if !aim.goes_on(0) {
            return true;
        }
        if REPAIRS.contains(&pass) && !(0..draft.parts()).any(|p| draft.can_gain(net, aim, p)) {
            continue;
        }
        gained = false;
        if pass == 0 || pass.is_power_of_two() {
            wholes.iter_mut().for_each(|whole| gained |= whole.search(net, draft, aim, PROOF));
        }
        for kind in
            [Sweep::Redraw, Sweep::Pairs, Sweep::Repair(4 + pass), Sweep::Cover(4), Sweep::Cover(5), Sweep::Cover(6), Sweep::Recombine]
        {
            if kind == Sweep::Recombine && gained {
                break;
            }
            let Some(gain) = sweep(net, draft, aim, kind, &mut budget) else { return true };
            gained |= gain;
        }
        if gained {
            idle = 0;
            continue;
        }
        idle += 1;
        if idle == PATIENCE {
            return false;
        }
        // all windows get another chance
        draft.swept = [0; 3];
    }
    gained
}

/// All grids of a component, to be searched exhaustively.
pub(super) struct Whole {
    parts: Vec<u32>,
    /// What no plan can beat by the bounds known before.
    bound: i64,
    /// Violation below which the last search looked in vain.
    tried: i64,
    /// Violation that is proven to be the least.
    pub least: Option<i64>,
}

impl Whole {
    /// The components of a draft.
    pub fn all(draft: &Draft, component: &[u32], bounds: &Bounds) -> Vec<Whole> {
        let mut parts = vec![BTreeSet::new(); bounds.components.len()];
        component.iter().zip(&draft.part).for_each(|(&c, &p)| {
            parts[c as usize].insert(p);
        });
        let whole = |(parts, b): (BTreeSet<u32>, &ComponentBounds)| Whole {
            parts: parts.into_iter().collect(),
            bound: b.violation.value.iter().sum(),
            tried: 0,
            least: None,
        };
        parts.into_iter().zip(&bounds.components).map(whole).collect()
    }

    /// Its grids.
    pub fn parts(&self) -> &[u32] {
        &self.parts
    }

    /// Violation of its grids.
    pub fn violation(&self, net: &Net, draft: &Draft, aim: &Aim) -> i64 {
        self.parts.iter().map(|&p| draft.violation(net, aim, p as usize)).sum()
    }

    fn prove(&mut self, violation: i64, draft: &mut Draft) {
        self.least = Some(violation);
        self.parts.iter().for_each(|&p| draft.proven[p as usize] = true);
    }

    /// Puts partitions with less violation in place until there are none or the search of `steps` gives up; true if that gained.
    pub fn search(&mut self, net: &Net, draft: &mut Draft, aim: &Aim, steps: u64) -> bool {
        let mut gained = false;
        loop {
            let violation = self.violation(net, draft, aim);
            // every violation is rounded up by itself
            if violation <= self.bound + (self.parts.len() * aim.goals.len()) as i64 {
                self.prove(violation, draft);
            }
            let units = || self.parts.iter().map(|&p| draft.members[p as usize].len()).sum::<usize>();
            if self.least.is_some() || violation == self.tried || steps == 0 || units() > PROVABLE || !aim.goes_on(units()) {
                return gained;
            }
            let (units, sub, _) = draft.window(net, &self.parts);
            match cover(&sub, self.parts.len() as u32, &aim.goals, violation, steps) {
                Search::Found(part) => {
                    let mut rng = Rng::at(aim.seed, u64::from(self.parts[0]));
                    let (goals, least) = grids(aim, self.parts.len());
                    let labels = Refine::new(&sub, &goals, &least).refined(part, FM, IDLE, &mut rng).1;
                    draft.put(&self.parts, &units, &labels);
                    gained = true;
                }
                Search::Exhausted => self.prove(violation, draft),
                Search::GaveUp => self.tried = violation,
            }
        }
    }
}

/// Solves all windows of a kind in which something changed since its last sweep, and tells whether that gained; `None` if the
/// budget of windows drawn anew did not last.
fn sweep(net: &Net, draft: &mut Draft, aim: &Aim, kind: Sweep, budget: &mut u64) -> Option<bool> {
    let since = kind.place().map_or(0, |at| std::mem::replace(&mut draft.swept[at], draft.clock));
    draft.clock += 1;
    let windows = windows(net, draft, aim, kind, since);
    let mut gained = false;
    for chunk in windows.chunks(CHUNK) {
        *budget = budget.checked_sub(chunk.len() as u64 * u64::from(kind.draws(aim.starts)))?;
        gained |= run(net, draft, aim, kind, chunk);
    }
    Some(gained)
}

/// Solves windows in rounds and puts back what is better.
fn run(net: &Net, draft: &mut Draft, aim: &Aim, sweep: Sweep, windows: &[Vec<u32>]) -> bool {
    let mut gained = false;
    for round in rounds(windows) {
        let solved: Vec<_> = round.par_iter().map(|parts| solve(net, draft, parts, aim, sweep)).collect();
        for (parts, better) in round.iter().zip(solved) {
            if let Some((units, labels)) = better {
                draft.put(parts, &units, &labels);
                gained = true;
            } else if let Sweep::Cover(_) = sweep {
                draft.vain.insert(parts.to_vec(), draft.state(parts));
            }
        }
    }
    gained
}

/// The windows of a sweep, but only those in which something changed since the clock showed `since`.
fn windows(net: &Net, draft: &Draft, aim: &Aim, sweep: Sweep, since: u32) -> Vec<Vec<u32>> {
    let beside = draft.neighbours(net);
    let fresh = |window: &[u32]| draft.state(window) > since;
    let mut windows = Vec::new();
    for p in 0..beside.len() {
        let after = |&&q: &&u32| q as usize > p;
        match sweep {
            Sweep::Pairs => windows.extend(beside[p].iter().filter(after).map(|&q| vec![p as u32, q]).filter(|w| fresh(w))),
            Sweep::Triples | Sweep::Redraw => {
                for &q in beside[p].iter().filter(after) {
                    let third = beside[q as usize].iter().filter(|r| **r > q && beside[p].contains(r));
                    windows.extend(third.map(|&r| vec![p as u32, q, r]).filter(|w| fresh(w)));
                }
            }
            Sweep::Repair(_) | Sweep::Cover(_) | Sweep::Recombine => {
                let size = if let Sweep::Repair(size) | Sweep::Cover(size) = sweep { size } else { RECOMBINED };
                if !beside[p].is_empty() && draft.can_gain(net, aim, p) {
                    let window = surround(p as u32, size, &beside, &mut Rng::at(aim.seed ^ u64::from(draft.clock), p as u64));
                    let vain = matches!(sweep, Sweep::Cover(_)) && draft.vain.get(&window) == Some(&draft.state(&window));
                    windows.extend(Some(window).filter(|w| !vain && !draft.is_tight(net, aim, w)));
                }
            }
        }
    }
    match sweep {
        // where the budget ends no region shall be better off than another
        Sweep::Redraw => Rng::at(aim.seed, u64::from(draft.clock)).shuffle(&mut windows),
        Sweep::Recombine => windows.truncate(SOLVED),
        _ => {}
    }
    windows
}

/// `p` and grids around it, up to `size`, connected, in rising order.
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
    window.sort_unstable();
    window
}

/// Windows dealt to rounds in which no grid occurs twice.
fn rounds(windows: &[Vec<u32>]) -> Vec<Vec<&[u32]>> {
    let mut next: BTreeMap<u32, usize> = BTreeMap::new();
    let mut rounds: Vec<Vec<&[u32]>> = Vec::new();
    for window in windows {
        let round = window.iter().filter_map(|p| next.get(p)).copied().max().unwrap_or(0);
        for &p in window {
            next.insert(p, round + 1);
        }
        if round == rounds.len() {
            rounds.push(Vec::new());
        }
        rounds[round].push(window);
    }
    rounds
}

/// Goals and fewest units of `k` grids.
fn grids(aim: &Aim, k: usize) -> (Vec<Goal>, Vec<u32>) {
    (aim.goals.repeat(k), vec![1; k])
}

/// The window's units with better labels, if local search from the present or from new splits finds any.
fn solve(net: &Net, draft: &Draft, parts: &[u32], aim: &Aim, sweep: Sweep) -> Option<(Vec<u32>, Vec<u32>)> {
    let (units, sub, labels) = draft.window(net, parts);
    let k = parts.len();
    if !aim.goes_on(units.len()) {
        return None;
    }
    if pieces(&sub, &vec![0; sub.len()]).1 > 1 {
        // An earlier round has drawn its grids apart.
        return None;
    }
    let place = parts.iter().fold(u64::from(draft.clock), |h, &p| h.wrapping_mul(0x1_0000_01b3) ^ u64::from(p));
    let mut rng = Rng::at(aim.seed, place);
    let (goals, least) = grids(aim, k);
    let mut refine = Refine::new(&sub, &goals, &least);
    let idle = IDLE.min(4 + sub.len() / 8);
    let before = refine.begin(labels.clone());
    let is_short = || (before.cut as f64) < SHORT * sub.borders() as f64 / (sub.len() as f64).sqrt();
    if before.violation == 0 && (before.cut == 0 || sweep == Sweep::Redraw && is_short()) {
        return None;
    }
    if let Sweep::Cover(_) = sweep {
        let Search::Found(part) = cover(&sub, k as u32, &aim.goals, before.violation, STEPS) else { return None };
        return Some(refine.refined(part, FM, idle, &mut rng)).filter(|better| better.0 < before).map(|better| (units, better.1));
    }
    // sweeps of the same windows have refined what is there
    let mut best = if sweep == Sweep::Redraw { (before, labels) } else { refine.run(FM, idle, &mut rng) };
    let mut pool = Pool::new(&sub, &aim.goals);
    for t in 0..u64::from(sweep.draws(aim.starts)) {
        let fresh = split(&sub, k as u32, &Aim { seed: Rng::at(aim.seed ^ place, t).next(), ..aim.clone() });
        let drawn = refine.begin(fresh);
        if sweep == Sweep::Redraw && drawn.violation >= before.violation && drawn.cut >= before.cut {
            // most often the same grids again, and hardly ever better ones nearby
            continue;
        }
        let fresh = refine.run(FM, idle, &mut rng);
        if sweep == Sweep::Recombine {
            pool.add(&fresh.1, k);
        }
        best = best.min(fresh);
        if matches!(sweep, Sweep::Repair(_)) && best.0.violation == 0 {
            break;
        }
    }
    if sweep == Sweep::Recombine {
        pool.add(&best.1, k);
        pool.vary();
        if let Some(part) = pool.best(&best.1, k) {
            best = best.min(refine.refined(part, FM, idle, &mut rng));
        }
    }
    (best.0 < before).then_some((units, best.1))
}
