//! Which grids there are: those of before, as few born and retired as the counts force.

use super::super::PartitionError;
use super::super::aim::Aim;
use super::super::bounds::{Bounds, ComponentBounds, Culprit};
use super::super::contiguity::pieces;
use super::super::net::Net;
use super::super::problem::{Count, Problem};
use super::super::regions::Regions;
use super::super::split::split;
use super::flow::Picture;
use super::join::join;
use super::{MoveBounds, NONE};
use crate::measure::Load;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Grids of a component up to which births and retirements are tried out.
const TRIED: usize = 400;
/// Places tried for each.
const PLACES: usize = 5;

/// A partition close to that of before, with the number of grids that there are to be.
pub(super) struct Shape {
    /// Part of every unit; each is contiguous and has some.
    pub part: Vec<u32>,
    /// Part that every unit was in, [`NONE`] if it is gone or was none.
    pub home: Vec<u32>,
    /// What every part was called; none for one that is born.
    pub was: Vec<Option<u32>>,
    /// Bounds with these counts.
    pub bounds: Bounds,
    /// What has to move.
    pub moves: MoveBounds,
    /// Component of every unit.
    pub component: Vec<u32>,
    /// Violation that a grid with this unit has at least.
    pub floors: BTreeMap<u32, i64>,
    /// Grids of every component that would suit the band best.
    pub wished: Vec<u32>,
}

/// How many grids every component is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// As many as before, or the nearest count that makes less violation possible.
    Suit,
    /// As many as before.
    Before,
    /// These.
    Given(Vec<u32>),
}

/// A partition on its way to a shape; parts that are gone have no units.
struct Shaper<'a> {
    net: &'a Net,
    aim: &'a Aim<'a>,
    component: Vec<u32>,
    part: Vec<u32>,
    home: Vec<u32>,
    was: Vec<Option<u32>>,
}

impl Shape {
    /// The shape for `problem` after `previous`. O((n + m) log n), and for every grid born or retired O(units of its component).
    pub fn of(net: &Net, problem: &Problem, aim: &Aim, previous: &[u32], counts: Counts) -> Result<Shape, PartitionError> {
        let Regions { mut bounds, floors, .. } = Regions::of(net, problem)?;
        let mut shaper = Shaper::new(net, aim, previous);
        let before = shaper.counts(bounds.components.len());
        let wished: Vec<u32> = bounds.components.iter().map(|c| c.grids).collect();
        let mut members = vec![Vec::new(); before.len()];
        shaper.component.iter().enumerate().for_each(|(u, &c)| members[c as usize].push(u as u32));
        let mut culprits: Vec<Vec<Culprit>> = vec![Vec::new(); before.len()];
        bounds.culprits.iter().for_each(|c| culprits[shaper.component[c.unit.at()] as usize].push(c.clone()));
        let bound = |c: usize, k: u32| Bounds::component(net, &members[c], k, &problem.bands, &culprits[c]);
        let counts = if let Counts::Given(counts) = counts {
            counts
        } else {
            // new land has no grids to keep
            let mut kept: Vec<u32> = before.iter().zip(&wished).map(|(&b, &w)| if b == 0 { w } else { b }).collect();
            if counts == Counts::Suit {
                kept.iter_mut().enumerate().for_each(|(c, k)| *k = nearest(*k, wished[c], members[c].len() as u32, |k| bound(c, k)));
            }
            let loads: Vec<(i64, u32)> = bounds.components.iter().map(|c| (c.loads[0].0, c.units)).collect();
            hold(&mut kept, &loads, problem.count);
            kept
        };
        for (c, &k) in counts.iter().enumerate().filter(|(c, k)| **k != wished[*c]) {
            bounds.components[c] = bound(c, k);
        }
        let mut moves = MoveBounds::default();
        for (c, units) in members.iter().enumerate() {
            let more = i64::from(counts[c]) - i64::from(before[c]);
            let (any, adjacent) = shaper.must_move(units, more);
            moves.any_destination += Load(any);
            moves.adjacent += Load(adjacent);
            shaper.fill(units, more);
        }
        let component = std::mem::take(&mut shaper.component);
        let (part, home, was) = shaper.compact();
        Ok(Shape { part, home, was, bounds, moves, component, floors, wished })
    }

    /// Load that had a grid which is gone or elsewhere, so that it moves whatever the search does. `labels` are those of before.
    pub fn strays(&self, net: &Net, labels: &[u32]) -> i64 {
        let stray = (0..net.len()).filter(|&u| labels[u] != NONE && self.home[u] == NONE);
        stray.map(|u| net.loads(u)[0]).sum()
    }
}

/// The count nearest to `before` with the least violation that counts up to the `wished` one make possible.
fn nearest(before: u32, wished: u32, units: u32, bound: impl Fn(u32) -> ComponentBounds) -> u32 {
    let before = before.min(units);
    if before == wished {
        return wished;
    }
    let step: i64 = if wished > before { 1 } else { -1 };
    let far = before.abs_diff(wished).min(RANGE);
    let tried = (0..=i64::from(far)).map(|i| (i64::from(before) + step * i) as u32).chain([wished]);
    tried.min_by_key(|&k| (bound(k).least_violation().value, k.abs_diff(before))).unwrap_or(wished)
}

/// Counts tried beside the one of before.
const RANGE: u32 = 16;

/// Brings the sum of `counts` to what was asked for, where the load per grid suffers least.
fn hold(counts: &mut [u32], places: &[(i64, u32)], asked: Count) {
    let (fewest, most) = match asked {
        Count::ForBand => return,
        Count::Between(fewest, most) => (fewest, most),
        Count::Exactly(k) => (k, k),
    };
    let per = |c: usize, k: u32| (places[c].0 as f64 / f64::from(k)).to_bits();
    let mut sum: u32 = counts.iter().sum();
    while sum < fewest {
        let free = (0..counts.len()).filter(|&c| counts[c] < places[c].1);
        let Some(c) = free.max_by_key(|&c| (per(c, counts[c] + 1), Reverse(c))) else { return };
        (counts[c], sum) = (counts[c] + 1, sum + 1);
    }
    while sum > most {
        let Some(c) = (0..counts.len()).filter(|&c| counts[c] > 1).min_by_key(|&c| (per(c, counts[c] - 1), c)) else { return };
        (counts[c], sum) = (counts[c] - 1, sum - 1);
    }
}

impl<'a> Shaper<'a> {
    /// Every label where most of its load is in one piece.
    fn new(net: &'a Net, aim: &'a Aim, previous: &[u32]) -> Shaper<'a> {
        let component = pieces(net, &vec![0; net.len()]).0;
        let (piece, count) = pieces(net, previous);
        let (mut load, mut units) = (vec![0i64; count], vec![0u32; count]);
        piece.iter().enumerate().for_each(|(u, &p)| {
            load[p as usize] += net.loads(u)[0];
            units[p as usize] += 1;
        });
        let mut main: BTreeMap<u32, u32> = BTreeMap::new();
        let weight = |p: u32| (load[p as usize], units[p as usize], Reverse(p));
        for (&label, &p) in previous.iter().zip(&piece).filter(|(label, _)| **label != NONE) {
            let held = main.entry(label).or_insert(p);
            if weight(p) > weight(*held) {
                *held = p;
            }
        }
        let number: BTreeMap<u32, u32> = main.keys().enumerate().map(|(i, &label)| (label, i as u32)).collect();
        let home: Vec<u32> = previous.iter().map(|label| number.get(label).copied().unwrap_or(NONE)).collect();
        let own = |(u, &label): (usize, &u32)| if main.get(&label) == Some(&piece[u]) { home[u] } else { NONE };
        let part = previous.iter().enumerate().map(own).collect();
        Shaper { net, aim, component, part, home, was: main.into_keys().map(Some).collect() }
    }

    /// Parts of every component.
    fn counts(&self, components: usize) -> Vec<u32> {
        let mut at = vec![NONE; self.was.len()];
        self.part.iter().zip(&self.component).filter(|(p, _)| **p != NONE).for_each(|(&p, &c)| at[p as usize] = c);
        let mut counts = vec![0; components];
        at.into_iter().filter(|&c| c != NONE).for_each(|c| counts[c as usize] += 1);
        counts
    }

    /// Load that has to move in a component, whatever grid it may go to and between grids that touch, before anything is done to it.
    /// Land that is free, or whose grid lies elsewhere, may go into any; it also makes neighbours of those around it.
    fn must_move(&self, units: &[u32], more: i64) -> (i64, i64) {
        let own: BTreeSet<u32> = units.iter().map(|&u| self.part[u as usize]).filter(|&p| p != NONE).collect();
        let at: BTreeMap<u32, u32> = own.iter().enumerate().map(|(i, &p)| (p, i as u32)).collect();
        let place = |u: usize| at.get(&self.home[u]).copied();
        let mut sets = vec![Vec::new(); own.len()];
        let (mut free, mut elsewhere) = (Vec::new(), 0);
        for &u in units {
            match place(u as usize) {
                Some(i) => sets[i as usize].push(u),
                None => {
                    free.push(u);
                    elsewhere += if self.home[u as usize] == NONE { 0 } else { self.net.loads(u as usize)[0] };
                }
            }
        }
        let sets: Vec<&[u32]> = sets.iter().map(Vec::as_slice).collect();
        let mut picture = Picture::of(self.net, &self.aim.goals[0], &sets, place);
        picture.free = self.net.sum(free.iter().map(|&u| u as usize))[0];
        let inner: BTreeMap<u32, u32> = free.iter().enumerate().map(|(i, &u)| (u, i as u32)).collect();
        let sub = self.net.induced(&free, |v| inner.get(&(v as u32)).copied());
        let (piece, count) = pieces(&sub, &vec![0; free.len()]);
        let mut around = vec![BTreeSet::new(); count];
        free.iter().zip(piece).for_each(|(&u, p)| around[p as usize].extend(self.net.neighbours(u as usize).filter_map(|(v, _)| place(v))));
        for around in around {
            around.iter().for_each(|&p| around.range(p + 1..).for_each(|&q| picture.link(p, q)));
        }
        let any = picture.any_destination(more);
        let adjacent = if more == 0 { picture.least_flow().1.max(any) } else { any };
        (any + elsewhere, adjacent + elsewhere)
    }

    /// Gives all units of a component a part, with so many parts `more` than before.
    fn fill(&mut self, units: &[u32], more: i64) {
        let mut more = more - self.settle(units, more);
        join(self.net, self.aim, &mut self.part, self.was.len(), units);
        while more > 0 && self.bear(units) {
            more -= 1;
        }
        while more < 0 && self.retire(units) {
            more += 1;
        }
    }

    /// Free land with load for a grid gets its own, up to `more` of them; returns how many.
    fn settle(&mut self, units: &[u32], more: i64) -> i64 {
        let (mut made, band) = (0, &self.aim.goals[0]);
        let place: BTreeMap<u32, u32> = units.iter().enumerate().map(|(i, &u)| (u, i as u32)).collect();
        let labels: Vec<u32> = units.iter().map(|&u| self.part[u as usize]).collect();
        let empty = labels.iter().all(|&p| p == NONE);
        if more <= 0 || !labels.contains(&NONE) {
            return 0;
        }
        let sub = self.net.induced(units, |v| place.get(&(v as u32)).copied());
        let (piece, count) = pieces(&sub, &labels);
        let mut regions = vec![Vec::new(); count];
        piece.iter().zip(&labels).enumerate().filter(|(_, (_, p))| **p == NONE).for_each(|(i, (&p, _))| regions[p as usize].push(i as u32));
        let load = |region: &[u32]| sub.sum(region.iter().map(|&u| u as usize))[0];
        regions.retain(|r| !r.is_empty());
        regions.sort_by_key(|r| (Reverse(load(r)), r[0]));
        for region in regions {
            let all = load(&region);
            let wished = if empty { more } else { (2 * all + band.scale) / (2 * band.scale) };
            let parts = wished.min(more - made).min(region.len() as i64);
            if parts < 1 || (!empty && 2 * all < band.low) {
                break;
            }
            let inner: BTreeMap<u32, u32> = region.iter().enumerate().map(|(i, &u)| (u, i as u32)).collect();
            let net = sub.induced(&region, |v| inner.get(&(v as u32)).copied());
            let aim = Aim { seed: self.aim.seed ^ u64::from(units[region[0] as usize]), ..self.aim.clone() };
            for (&u, label) in region.iter().zip(split(&net, parts as u32, &aim)) {
                self.part[units[u as usize] as usize] = self.was.len() as u32 + label;
            }
            self.was.resize(self.was.len() + parts as usize, None);
            made += parts;
        }
        made
    }

    fn members(&self, units: &[u32]) -> BTreeMap<u32, Vec<u32>> {
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        units.iter().for_each(|&u| members.entry(self.part[u as usize]).or_default().push(u));
        members
    }

    fn picture(&self, members: &BTreeMap<u32, Vec<u32>>) -> Picture {
        let at: BTreeMap<u32, u32> = members.keys().enumerate().map(|(i, &p)| (p, i as u32)).collect();
        let lists: Vec<&[u32]> = members.values().map(Vec::as_slice).collect();
        Picture::of(self.net, &self.aim.goals[0], &lists, |v| at.get(&self.part[v]).copied())
    }

    /// What stays out of band and has to move from here.
    fn cost(&self, units: &[u32]) -> (i64, i64) {
        let (out, flow) = self.picture(&self.members(units)).least_flow();
        let away = units.iter().map(|&u| u as usize).filter(|&u| self.home[u] != NONE && self.part[u] != self.home[u]);
        (out, flow + away.map(|u| self.net.loads(u)[0]).sum::<i64>())
    }

    /// Splits a part in two, where the load around is largest; false if no part can be.
    fn bear(&mut self, units: &[u32]) -> bool {
        let members = self.members(units);
        let Picture { loads, beside, .. } = self.picture(&members);
        let over = |l: i64| (l - self.aim.goals[0].scale).max(0);
        let pressure = |i: usize| 2 * loads[i] + beside[i].iter().map(|&q| over(loads[q as usize])).sum::<i64>();
        let mut places: Vec<(i64, u32)> =
            members.iter().enumerate().filter(|(_, (_, units))| units.len() > 1).map(|(i, (&p, _))| (-pressure(i), p)).collect();
        places.sort_unstable();
        let new = self.was.len() as u32;
        self.was.push(None);
        let born = self.try_out(units, places.into_iter().map(|x| x.1).collect(), members.len(), |shaper, p| {
            let own = &members[&p];
            let place: BTreeMap<u32, u32> = own.iter().enumerate().map(|(i, &u)| (u, i as u32)).collect();
            let net = shaper.net.induced(own, |v| place.get(&(v as u32)).copied());
            let labels = split(&net, 2, &Aim { seed: shaper.aim.seed ^ u64::from(p), ..shaper.aim.clone() });
            let half = |label: u32| net.sum((0..own.len()).filter(|&i| labels[i] == label))[0];
            let lighter = u32::from(half(1) <= half(0));
            own.iter().zip(&labels).filter(|(_, l)| **l == lighter).for_each(|(&u, _)| shaper.part[u as usize] = new);
        });
        if !born {
            self.was.pop();
        }
        born
    }

    /// Gives the land of a part with little load to those beside it; false if there is but one.
    fn retire(&mut self, units: &[u32]) -> bool {
        let members = self.members(units);
        let Picture { loads, beside, .. } = self.picture(&members);
        if members.len() < 2 {
            return false;
        }
        let room = |l: i64| (self.aim.goals[0].high - l).max(0);
        let burden = |i: usize| loads[i] + (loads[i] - beside[i].iter().map(|&q| room(loads[q as usize])).sum::<i64>()).max(0);
        let mut places: Vec<(i64, u32)> = members.keys().enumerate().map(|(i, &p)| (burden(i), p)).collect();
        places.sort_unstable();
        let parts = self.was.len();
        self.try_out(units, places.into_iter().map(|x| x.1).collect(), members.len(), |shaper, p| {
            members[&p].iter().for_each(|&u| shaper.part[u as usize] = NONE);
            join(shaper.net, shaper.aim, &mut shaper.part, parts, &members[&p]);
        })
    }

    /// Does `change` at the best of the first `places`, the first one in large components.
    fn try_out(&mut self, units: &[u32], places: Vec<u32>, parts: usize, change: impl Fn(&mut Self, u32)) -> bool {
        let mut best: Option<((i64, i64), Vec<u32>)> = None;
        let before: Vec<u32> = units.iter().map(|&u| self.part[u as usize]).collect();
        let put = |part: &mut [u32], labels: &[u32]| units.iter().zip(labels).for_each(|(&u, &p)| part[u as usize] = p);
        for &p in places.iter().take(if parts > TRIED { 1 } else { PLACES }) {
            change(self, p);
            let cost = if parts > TRIED { (0, 0) } else { self.cost(units) };
            if best.as_ref().is_none_or(|b| cost < b.0) {
                best = Some((cost, units.iter().map(|&u| self.part[u as usize]).collect()));
            }
            put(&mut self.part, &before);
        }
        let Some((_, labels)) = best else { return false };
        put(&mut self.part, &labels);
        true
    }

    /// Numbers the parts that have units; units of those that are gone are at home nowhere.
    fn compact(self) -> (Vec<u32>, Vec<u32>, Vec<Option<u32>>) {
        let mut used = vec![false; self.was.len()];
        self.part.iter().for_each(|&p| used[p as usize] = true);
        let mut number = vec![NONE; used.len()];
        let mut was = Vec::new();
        for p in (0..used.len()).filter(|&p| used[p]) {
            number[p] = was.len() as u32;
            was.push(self.was[p]);
        }
        let of = |p: &u32| if *p == NONE { NONE } else { number[*p as usize] };
        (self.part.iter().map(of).collect(), self.home.iter().map(of).collect(), was)
    }
}
