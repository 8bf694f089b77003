//! The least load that must pass between touching grids: a minimum-cost flow.

use super::super::net::Net;
use super::super::score::Goal;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

/// An arc and, at the next odd or even place, its reverse.
#[derive(Clone, Copy, Debug)]
struct Arc {
    to: u32,
    /// What may still flow.
    room: i64,
    cost: i64,
}

/// Dearer than any way: what stays out of band.
const OUT: i64 = 1 << 32;

/// Grids of a component as the flow sees them.
pub(super) struct Picture {
    pub loads: Vec<i64>,
    /// Grids beside each.
    pub beside: Vec<Vec<u32>>,
    /// Most that each may carry: the band's high end, or its heaviest unit.
    high: Vec<i64>,
    low: i64,
    /// Load that is in no grid yet and may go into any.
    pub free: i64,
    /// Load that leaves a grid which has too much, at least: the least sum of its units that is enough.
    leaving: Vec<i64>,
}

impl Picture {
    /// The picture of contiguous sets of units; `place` tells the set of a unit, if any. O(units and their borders).
    pub fn of(net: &Net, goal: &Goal, sets: &[&[u32]], place: impl Fn(usize) -> Option<u32>) -> Picture {
        let load = |&u: &u32| net.loads(u as usize)[0];
        let beside = |(p, units): (usize, &&[u32])| {
            let next = units.iter().flat_map(|&u| net.neighbours(u as usize)).filter_map(|(v, _)| place(v));
            let mut next: Vec<u32> = next.filter(|&q| q != p as u32).collect();
            next.sort_unstable();
            next.dedup();
            next
        };
        let loads: Vec<Vec<i64>> = sets.iter().map(|units| units.iter().map(load).collect()).collect();
        let high: Vec<i64> = loads.iter().map(|l| l.iter().copied().max().unwrap_or(0).max(goal.high)).collect();
        let leaving = loads.iter().zip(&high).map(|(l, high)| least_sum(l, l.iter().sum::<i64>() - high)).collect();
        Picture {
            loads: loads.iter().map(|l| l.iter().sum()).collect(),
            beside: sets.iter().enumerate().map(beside).collect(),
            high,
            low: goal.low,
            free: 0,
            leaving,
        }
    }

    /// Makes grids neighbours.
    pub fn link(&mut self, p: u32, q: u32) {
        for (p, q) in [(p, q), (q, p)] {
            if let (true, Err(at)) = (p != q, self.beside[p as usize].binary_search(&q)) {
                self.beside[p as usize].insert(at, q);
            }
        }
    }

    /// Load that must leave a grid wherever it may go: what is too much and finds room, or what lacks and can be had. `more` grids are
    /// born with the low end of the band at least, or so many with the least load retire. O(k log k).
    pub fn any_destination(&self, more: i64) -> i64 {
        let over = |p: usize| self.loads[p] - self.high[p];
        let (mut excess, mut room, mut lack, mut spare) = (0i64, 0i64, 0i64, 0i64);
        for p in 0..self.loads.len() {
            (excess, room) = (excess + over(p).max(0), room + (-over(p)).max(0));
            let short = self.low - self.loads[p];
            (lack, spare) = (lack + short.max(0), spare + (-short).max(0));
        }
        let born = more.max(0).saturating_mul(self.low);
        let mut loads = self.loads.clone();
        loads.sort_unstable();
        let retired = loads.iter().take((-more).max(0) as usize).sum::<i64>();
        let room = if more > 0 { i64::MAX } else { room - self.free };
        let given = (lack + born - self.free).min(spare).max(0);
        // what finds room leaves in whole units
        let left = if excess <= room { self.leaving.iter().sum() } else { room.max(0) };
        retired.max(left).max(if more < 0 { 0 } else { given })
    }

    /// Load that stays out of band whatever passes, and the load that passes between grids until no more does, counted at every border.
    ///
    /// The network has a hub that keeps what grids take or give within their bands; load that no flow brings in stays where it is, at a
    /// cost above any way. Primal–dual method (Ford & Fulkerson 1957) with blocking flows (Dinic 1970): a phase for every length of a
    /// way, and all costs of ways are small integers. O(phases · k · √k) in practice for k grids of bounded degree.
    pub fn least_flow(&self) -> (i64, i64) {
        let k = self.loads.len();
        let (hub, free) = (k, k + 1);
        let mut net = Network { arcs: Vec::new(), out: vec![Vec::new(); k + 2], excess: vec![0; k + 2], height: vec![0; k + 2] };
        let all: i64 = self.loads.iter().map(|l| l.abs()).sum::<i64>() + self.free + self.low.saturating_mul(k as i64).min(1 << 60);
        for (p, list) in self.beside.iter().enumerate() {
            list.iter().for_each(|&q| net.arc(p, q as usize, all, 1));
        }
        let between = net.arcs.len();
        for (p, &load) in self.loads.iter().enumerate() {
            let inside = load.clamp(self.low, self.high[p]);
            net.excess[p] = load - inside;
            net.excess[hub] -= load - inside;
            for (from, to, room) in [(p, hub, self.high[p] - inside), (hub, p, inside - self.low)] {
                net.arc(from, to, room, 0);
                net.arc(from, to, all, OUT);
            }
            if self.free > 0 {
                net.arc(free, p, all, 0);
            }
        }
        net.excess[free] = self.free;
        net.excess[hub] -= self.free;
        while net.raise() {
            net.block();
        }
        let flow = |cost: i64, arcs: &[Arc]| arcs.chunks(2).filter(|a| a[0].cost == cost).map(|a| a[1].room).sum();
        (flow(OUT, &net.arcs[between..]), flow(1, &net.arcs[..between]))
    }
}

/// Most sums that are looked at for one grid.
const SUMS: usize = 20_000;

/// The least sum of some of `loads` that is at least `need`; `need` itself where there are too many sums to try.
fn least_sum(loads: &[i64], need: i64) -> i64 {
    if need <= 0 {
        return 0;
    }
    let mut sums = BTreeSet::from([0]);
    let mut least = i64::MAX;
    for &l in loads.iter().filter(|l| **l > 0) {
        let more: Vec<i64> = sums.iter().map(|s| s + l).collect();
        for s in more {
            if s >= need {
                least = least.min(s)
            } else {
                sums.insert(s);
            };
        }
        if sums.len() > SUMS {
            return need;
        }
    }
    least.max(need)
}

struct Network {
    arcs: Vec<Arc>,
    out: Vec<Vec<u32>>,
    /// What a node has too much, negative: lacks.
    excess: Vec<i64>,
    /// Dual prices.
    height: Vec<i64>,
}

impl Network {
    fn arc(&mut self, from: usize, to: usize, room: i64, cost: i64) {
        self.out[from].push(self.arcs.len() as u32);
        self.arcs.push(Arc { to: to as u32, room, cost });
        self.out[to].push(self.arcs.len() as u32);
        self.arcs.push(Arc { to: from as u32, room: 0, cost: -cost });
    }

    /// Prices under which a shortest way from an excess to a lack costs nothing (Dijkstra); false if nothing is in excess.
    fn raise(&mut self) -> bool {
        let n = self.out.len();
        let mut distance = vec![i64::MAX; n];
        let mut heap: BinaryHeap<Reverse<(i64, u32)>> = BinaryHeap::new();
        for u in (0..n).filter(|&u| self.excess[u] > 0) {
            distance[u] = 0;
            heap.push(Reverse((0, u as u32)));
        }
        let mut end = None;
        while let Some(Reverse((d, u))) = heap.pop() {
            let u = u as usize;
            if d > distance[u] {
                continue;
            }
            if self.excess[u] < 0 {
                end = Some(d);
                break;
            }
            for &a in &self.out[u] {
                let arc = self.arcs[a as usize];
                let next = d + arc.cost + self.height[u] - self.height[arc.to as usize];
                if arc.room > 0 && next < distance[arc.to as usize] {
                    distance[arc.to as usize] = next;
                    heap.push(Reverse((next, arc.to)));
                }
            }
        }
        let Some(end) = end else { return false };
        for (height, d) in self.height.iter_mut().zip(distance) {
            *height += d.min(end);
        }
        true
    }

    fn free(&self, from: usize, a: u32) -> bool {
        let arc = self.arcs[a as usize];
        arc.room > 0 && arc.cost + self.height[from] - self.height[arc.to as usize] == 0
    }

    /// As much as can flow where it costs nothing (Dinic).
    fn block(&mut self) {
        let n = self.out.len();
        loop {
            let mut level = vec![u32::MAX; n];
            let mut queue: VecDeque<usize> = (0..n).filter(|&u| self.excess[u] > 0).collect();
            let sources: Vec<usize> = queue.iter().copied().collect();
            sources.iter().for_each(|&u| level[u] = 0);
            let mut found = false;
            while let Some(u) = queue.pop_front() {
                found |= self.excess[u] < 0;
                for &a in &self.out[u] {
                    let to = self.arcs[a as usize].to as usize;
                    if level[to] == u32::MAX && self.free(u, a) {
                        level[to] = level[u] + 1;
                        queue.push_back(to);
                    }
                }
            }
            if !found {
                return;
            }
            let mut next = vec![0usize; n];
            for s in sources {
                while self.excess[s] > 0 && self.augment(s, &level, &mut next) {}
            }
        }
    }

    /// Sends what it can along one way from `s`; false if there is none left.
    fn augment(&mut self, s: usize, level: &[u32], next: &mut [usize]) -> bool {
        let mut way: Vec<u32> = Vec::new();
        let mut u = s;
        while self.excess[u] >= 0 {
            let step = self.out[u][next[u]..].iter().position(|&a| {
                let to = self.arcs[a as usize].to as usize;
                level[to] == level[u] + 1 && self.free(u, a)
            });
            match step {
                Some(at) => {
                    next[u] += at;
                    let a = self.out[u][next[u]];
                    way.push(a);
                    u = self.arcs[a as usize].to as usize;
                }
                None => {
                    next[u] = self.out[u].len();
                    let Some(a) = way.pop() else { return false };
                    u = self.arcs[(a ^ 1) as usize].to as usize;
                    next[u] += 1;
                }
            }
        }
        let room = way.iter().map(|&a| self.arcs[a as usize].room).min().unwrap_or(0);
        let sent = room.min(self.excess[s]).min(-self.excess[u]);
        for a in way {
            self.arcs[a as usize].room -= sent;
            self.arcs[(a ^ 1) as usize].room += sent;
        }
        self.excess[s] -= sent;
        self.excess[u] += sent;
        sent > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(loads: &[i64], edges: &[(u32, u32)]) -> (i64, i64) {
        let mut picture = Picture {
            loads: loads.to_vec(),
            beside: vec![Vec::new(); loads.len()],
            high: vec![110; loads.len()],
            low: 90,
            free: 0,
            leaving: Vec::new(),
        };
        edges.iter().for_each(|&(a, b)| picture.link(a, b));
        picture.least_flow()
    }

    #[test]
    fn every_border_counts() {
        assert_eq!(flow(&[100, 105], &[(0, 1)]), (0, 0));
        assert_eq!(flow(&[130, 100], &[(0, 1)]), (10, 10));
        // the one beside takes ten, the next the other ten over two borders
        assert_eq!(flow(&[130, 100, 100], &[(0, 1), (1, 2)]), (0, 10 + 20));
        assert_eq!(flow(&[130, 110, 90], &[(0, 1), (1, 2)]), (0, 20 + 20));
        assert_eq!(flow(&[120, 100, 80], &[(0, 1), (1, 2), (0, 2)]), (0, 10));
        assert_eq!(flow(&[80, 100, 100], &[(0, 1), (1, 2)]), (0, 10));
    }

    #[test]
    fn what_leaves_is_whole_units() {
        assert_eq!(least_sum(&[18, 25, 40], 3), 18);
        assert_eq!(least_sum(&[18, 25, 40], 26), 40);
        assert_eq!(least_sum(&[18, 25, 40], 41), 43);
        assert_eq!(least_sum(&[18, 25, 40], 0), 0);
        assert_eq!(least_sum(&[1, 1], 9), i64::MAX);
    }

    #[test]
    fn what_no_flow_brings_in_stays() {
        assert_eq!(flow(&[150, 100], &[(0, 1)]), (30, 10));
        assert_eq!(flow(&[150, 150], &[(0, 1)]), (80, 0));
        assert_eq!(flow(&[150, 90], &[]), (40, 0));
        assert_eq!(flow(&[85, 85, 120], &[(0, 1), (1, 2)]), (0, 15));
    }
}
