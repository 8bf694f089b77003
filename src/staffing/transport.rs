//! Transport of supplies to sinks with capacities at least cost: successive shortest paths with potentials (Edmonds & Karp 1972), in
//! integers and exact.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A way from a source to a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub sink: u32,
    /// Cost of one step of supply, not negative.
    pub cost: i128,
}

/// What moves.
pub(super) struct Transport<'a> {
    /// Supply of every source.
    pub supply: &'a [i64],
    /// Ways of every source.
    pub ways: &'a [Vec<Way>],
    /// Most that a sink takes; none where it has no limit.
    pub capacity: &'a [Option<i64>],
    /// Cost of leaving one step of a source where it is; it must outweigh what any rerouting saves where as much as possible is to move.
    pub spill: &'a [i128],
}

/// A spill that outweighs every rerouting: a path visits each sink once and changes between two ways there.
pub(super) fn outweighing(ways: &[Vec<Way>], sinks: usize) -> i128 {
    let dearest = ways.iter().flatten().map(|w| w.cost).max().unwrap_or(0);
    (dearest + 1) * (2 * sinks as i128 + 2)
}

const NONE: u32 = u32::MAX;

impl Transport<'_> {
    /// Amounts by sink and source of a cheapest transport; what is left is spilled.
    ///
    /// O(a · m log m) for m ways and a augmentations. There are about as many as there are sources, and a search ends at the first sink
    /// with room, so that in practice time grows little faster than m where capacity is not scarce.
    pub fn solve(&self) -> Vec<BTreeMap<u32, i64>> {
        let (sources, sinks) = (self.supply.len(), self.capacity.len());
        // sources first, then sinks
        let mut flow: Vec<BTreeMap<u32, (i64, i128)>> = vec![BTreeMap::new(); sinks];
        let mut room: Vec<i64> = self.capacity.iter().map(|c| c.unwrap_or(i64::MAX)).collect();
        let mut potential = vec![0i128; sources + sinks];
        let mut distance = vec![i128::MAX; sources + sinks];
        let mut before = vec![NONE; sources + sinks];
        let mut touched: Vec<u32> = Vec::new();
        for source in 0..sources {
            let mut left = self.supply[source];
            while left > 0 {
                touched.drain(..).for_each(|v| (distance[v as usize], before[v as usize]) = (i128::MAX, NONE));
                let mut heap = BinaryHeap::from([Reverse((0i128, source as u32))]);
                distance[source] = 0;
                touched.push(source as u32);
                // cheapest way out so far, from a source (spill) or a sink with room
                let mut end = (i128::MAX, NONE);
                while let Some(Reverse((d, v))) = heap.pop() {
                    if d >= end.0 {
                        break;
                    }
                    let at = v as usize;
                    if d > distance[at] {
                        continue;
                    }
                    let mut reach = |to: usize, cost: i128, heap: &mut BinaryHeap<_>| {
                        let through = d + cost + potential[at] - potential[to];
                        if through < distance[to] {
                            if distance[to] == i128::MAX {
                                touched.push(to as u32);
                            }
                            (distance[to], before[to]) = (through, v);
                            heap.push(Reverse((through, to as u32)));
                        }
                    };
                    if at < sources {
                        self.ways[at].iter().for_each(|w| reach(sources + w.sink as usize, w.cost, &mut heap));
                        end = end.min((d + self.spill[at] + potential[at], v));
                    } else {
                        flow[at - sources].iter().for_each(|(&s, &(_, cost))| reach(s as usize, -cost, &mut heap));
                        if room[at - sources] > 0 {
                            end = end.min((d + potential[at], v));
                        }
                    }
                }
                for &v in touched.iter().filter(|v| distance[**v as usize] < end.0) {
                    potential[v as usize] += distance[v as usize] - end.0;
                }
                left -= push(self.ways, &mut flow, &mut room, &before, sources, end.1, left);
            }
        }
        flow.into_iter().map(|sink| sink.into_iter().map(|(s, (amount, _))| (s, amount)).collect()).collect()
    }
}

/// Sends up to `left` along the path that ends at `end`; how much.
fn push(
    ways: &[Vec<Way>],
    flow: &mut [BTreeMap<u32, (i64, i128)>],
    room: &mut [i64],
    before: &[u32],
    sources: usize,
    end: u32,
    left: i64,
) -> i64 {
    let mut amount = if (end as usize) < sources { left } else { left.min(room[end as usize - sources]) };
    let (mut v, mut path) = (end as usize, Vec::new());
    while before[v] != NONE {
        let u = before[v] as usize;
        if u >= sources {
            amount = amount.min(flow[u - sources][&(v as u32)].0);
        }
        path.push((u, v));
        v = u;
    }
    for (u, v) in path {
        if u < sources {
            let sink = v - sources;
            let cost = ways[u].iter().filter(|w| w.sink as usize == sink).map(|w| w.cost).min().unwrap_or(0);
            flow[sink].entry(u as u32).or_insert((0, cost)).0 += amount;
        } else if let Some(held) = flow[u - sources].get_mut(&(v as u32)) {
            held.0 -= amount;
            if held.0 == 0 {
                flow[u - sources].remove(&(v as u32));
            }
        }
    }
    if end as usize >= sources && room[end as usize - sources] != i64::MAX {
        room[end as usize - sources] -= amount;
    }
    amount
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Least cost by trying every sink for every step of supply, all capacities small.
    fn brute(t: &Transport<'_>, source: usize, used: i64, room: &mut Vec<i64>) -> i128 {
        if source == t.supply.len() {
            return 0;
        }
        if used == t.supply[source] {
            return brute(t, source + 1, 0, room);
        }
        let mut best = t.spill[source] + brute(t, source, used + 1, room);
        for w in &t.ways[source] {
            if room[w.sink as usize] > 0 {
                room[w.sink as usize] -= 1;
                best = best.min(w.cost + brute(t, source, used + 1, room));
                room[w.sink as usize] += 1;
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn cheapest_transport_is_that_of_brute_force(
            supply in prop::collection::vec(0i64..3, 1..5),
            costs in prop::collection::vec(prop::option::of(0i64..20), 12),
            capacity in prop::collection::vec(0i64..4, 3),
            dear in any::<bool>(),
        ) {
            let ways: Vec<Vec<Way>> = (0..supply.len()).map(|i| (0..3u32).filter_map(|j| Some(Way { sink: j, cost: costs[i * 3 + j as usize]?.into() })).collect()).collect();
            let capacity: Vec<Option<i64>> = capacity.into_iter().map(Some).collect();
            let spill = vec![if dear { outweighing(&ways, 3) } else { 9 }; supply.len()];
            let t = Transport { supply: &supply, ways: &ways, capacity: &capacity, spill: &spill };
            let flow = t.solve();
            let mut cost = 0i128;
            let mut left = supply.clone();
            for (j, sink) in flow.iter().enumerate() {
                prop_assert!(sink.values().sum::<i64>() <= capacity[j].unwrap());
                for (&i, &amount) in sink {
                    prop_assert!(amount > 0);
                    left[i as usize] -= amount;
                    cost += i128::from(amount) * ways[i as usize].iter().find(|w| w.sink as usize == j).unwrap().cost;
                }
            }
            prop_assert!(left.iter().all(|l| *l >= 0));
            cost += left.iter().zip(&spill).map(|(l, s)| i128::from(*l) * s).sum::<i128>();
            let mut room: Vec<i64> = capacity.iter().map(|c| c.unwrap()).collect();
            prop_assert_eq!(cost, brute(&t, 0, 0, &mut room));
        }
    }
}
