//! Who is served by which hub, the hubs being given: the nearest, or within capacities.
//!
//! Places that may be shared are a transport problem, solved exactly. Whole places are the generalised assignment problem: largest regret
//! first, then shifts and exchanges of places, beside the bound of the transport; where the two differ a depth-first search of limited
//! length may settle it.

use super::costs::Costs;
use crate::staffing::transport::{Transport, Way};

/// Steps of the depth-first search.
const STEPS: u64 = 20_000;
/// Most rounds of shifts and exchanges.
const ROUNDS: usize = 50;
/// Places up to which pairs of them are exchanged.
const EXCHANGED: usize = 500;
/// Places up to which the depth-first search is tried.
const SEARCHED: usize = 500;

/// An assignment with its cost.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Assigned {
    /// Place, site and weight in grains; by place.
    pub shares: Vec<(u32, u32, i64)>,
    pub value: i128,
    /// No assignment to these hubs costs less.
    pub least: i128,
}

/// The best assignment to `open`; without `exact` the quickest good one, whose `least` is only that of the nearest hubs.
pub(super) fn assign(costs: &Costs, open: &[usize], exact: bool) -> Assigned {
    let near: Vec<usize> = (0..costs.places).map(|i| nearest(costs, open, i)).collect();
    let state = State::of(costs, open, near);
    let least: i128 = (0..costs.places).map(|i| costs.of_site(open[state.hub[i]])[i]).sum();
    if state.over() == 0 {
        return state.assigned(least);
    }
    if costs.split {
        return shared(costs, open);
    }
    let mut whole = by_regret(costs, open);
    whole.improve();
    if !exact {
        return whole.assigned(least);
    }
    let least = shared(costs, open).value;
    if whole.value == least || costs.places > SEARCHED {
        return whole.assigned(least);
    }
    let mut search = Search::new(costs, open, whole);
    let done = search.run(0);
    let least = if done { search.best.value } else { least };
    search.best.assigned(least)
}

/// Position among `open` of the cheapest hub; of equal ones the nearer, then the first.
fn nearest(costs: &Costs, open: &[usize], place: usize) -> usize {
    let key = |at: &usize| (costs.of_site(open[*at])[place], costs.distance(place, open[*at]), *at);
    (0..open.len()).min_by_key(key).unwrap_or_default()
}

/// Places shared by hubs: what fits nowhere is an overrun of the cheapest hub.
fn shared(costs: &Costs, open: &[usize]) -> Assigned {
    let ways: Vec<Vec<Way>> = (0..costs.places)
        .map(|i| open.iter().enumerate().map(|(at, &s)| Way { sink: at as u32, cost: costs.unit(i, s) }).collect())
        .collect();
    let capacity: Vec<Option<i64>> = open.iter().map(|&s| costs.capacity[s]).collect();
    let near: Vec<usize> = (0..costs.places).map(|i| nearest(costs, open, i)).collect();
    let spill: Vec<i128> = near.iter().enumerate().map(|(i, &at)| costs.over + costs.unit(i, open[at])).collect();
    let flow = Transport { supply: &costs.weight, ways: &ways, capacity: &capacity, spill: &spill }.solve();
    let mut left = costs.weight.clone();
    let (mut shares, mut value) = (Vec::new(), 0);
    for (at, sink) in flow.iter().enumerate() {
        for (&place, &amount) in sink {
            left[place as usize] -= amount;
            value += i128::from(amount) * costs.unit(place as usize, open[at]);
            shares.push((place, open[at] as u32, amount));
        }
    }
    for (i, &rest) in left.iter().enumerate().filter(|(i, rest)| **rest > 0 || costs.weight[*i] == 0) {
        value += i128::from(rest) * spill[i];
        let site = open[near[i]] as u32;
        match shares.iter_mut().find(|s| (s.0, s.1) == (i as u32, site)) {
            Some(share) => share.2 += rest,
            None => shares.push((i as u32, site, rest)),
        }
    }
    shares.sort_unstable();
    Assigned { shares, value, least: value }
}

/// Whole places on hubs.
#[derive(Clone)]
struct State<'a> {
    costs: &'a Costs<'a>,
    open: &'a [usize],
    /// Position among the hubs.
    hub: Vec<usize>,
    load: Vec<i64>,
    value: i128,
}

impl<'a> State<'a> {
    fn of(costs: &'a Costs, open: &'a [usize], hub: Vec<usize>) -> State<'a> {
        let mut state = State { costs, open, hub: Vec::new(), load: vec![0; open.len()], value: 0 };
        for (i, &at) in hub.iter().enumerate() {
            state.value += state.change(i, at);
            state.load[at] += costs.weight[i];
        }
        state.hub = hub;
        state
    }

    fn over(&self) -> i64 {
        self.load.iter().zip(self.open).map(|(&l, &s)| self.costs.overrun(s, l)).sum()
    }

    /// What place `i` costs at hub `at` beside those that are there.
    fn change(&self, i: usize, at: usize) -> i128 {
        let (site, load) = (self.open[at], self.load[at]);
        let over = self.costs.overrun(site, load + self.costs.weight[i]) - self.costs.overrun(site, load);
        self.costs.of_site(site)[i] + self.costs.over * i128::from(over)
    }

    /// What hub `at` costs less without place `i`.
    fn relief(&self, i: usize, at: usize) -> i128 {
        let (site, load) = (self.open[at], self.load[at]);
        let over = self.costs.overrun(site, load) - self.costs.overrun(site, load - self.costs.weight[i]);
        self.costs.of_site(site)[i] + self.costs.over * i128::from(over)
    }

    fn put(&mut self, i: usize, at: usize) {
        let w = self.costs.weight[i];
        self.value -= self.relief(i, self.hub[i]);
        self.load[self.hub[i]] -= w;
        self.value += self.change(i, at);
        self.load[at] += w;
        self.hub[i] = at;
    }

    /// Shifts places and exchanges pairs of them as long as that gains.
    fn improve(&mut self) {
        for _ in 0..ROUNDS {
            let before = self.value;
            for i in 0..self.hub.len() {
                let relief = self.relief(i, self.hub[i]);
                let best = (0..self.open.len()).filter(|at| *at != self.hub[i]).map(|at| (self.change(i, at), at)).min();
                if let Some((cost, at)) = best
                    && cost < relief
                {
                    self.put(i, at);
                }
            }
            if self.hub.len() <= EXCHANGED {
                self.exchange();
            }
            if self.value == before {
                return;
            }
        }
    }

    fn exchange(&mut self) {
        for i in 0..self.hub.len() {
            for k in i + 1..self.hub.len() {
                let (a, b) = (self.hub[i], self.hub[k]);
                if a == b {
                    continue;
                }
                let (site, other) = (self.costs.of_site(self.open[a]), self.costs.of_site(self.open[b]));
                // moves that lose distance and cannot gain capacity are most of them
                if site[k] + other[i] >= site[i] + other[k] && self.over() == 0 {
                    continue;
                }
                let before = self.value;
                self.put(i, b);
                self.put(k, a);
                if self.value >= before {
                    self.put(i, a);
                    self.put(k, b);
                }
            }
        }
    }

    fn assigned(&self, least: i128) -> Assigned {
        let shares = self.hub.iter().enumerate().map(|(i, &at)| (i as u32, self.open[at] as u32, self.costs.weight[i])).collect();
        Assigned { shares, value: self.value, least }
    }
}

/// Places one by one to the hub that then costs least, those first that would lose most by their second choice.
fn by_regret<'a>(costs: &'a Costs, open: &'a [usize]) -> State<'a> {
    let regret = |i: usize| {
        let mut of: Vec<i128> = open.iter().map(|&s| costs.of_site(s)[i]).collect();
        of.sort_unstable();
        of.get(1).map_or(0, |second| second - of[0])
    };
    let mut order: Vec<usize> = (0..costs.places).collect();
    order.sort_by_cached_key(|&i| (-regret(i), -costs.weight[i], i));
    let mut state = State { costs, open, hub: vec![0; costs.places], load: vec![0; open.len()], value: 0 };
    for i in order {
        let at = (0..open.len()).min_by_key(|&at| (state.change(i, at), costs.distance(i, open[at]), at)).unwrap_or_default();
        state.value += state.change(i, at);
        state.load[at] += costs.weight[i];
        state.hub[i] = at;
    }
    state
}

/// Depth-first search over places, the heaviest first.
struct Search<'a> {
    order: Vec<usize>,
    /// Cheapest cost of the places from each position on.
    rest: Vec<i128>,
    state: State<'a>,
    best: State<'a>,
    /// Weight that is over some capacity whatever one does.
    over: i64,
    steps: u64,
}

impl<'a> Search<'a> {
    fn new(costs: &'a Costs, open: &'a [usize], best: State<'a>) -> Search<'a> {
        let mut order: Vec<usize> = (0..costs.places).collect();
        order.sort_by_key(|&i| (-costs.weight[i], i));
        let mut rest = vec![0i128; order.len() + 1];
        for (k, &i) in order.iter().enumerate().rev() {
            rest[k] = rest[k + 1] + open.iter().map(|&s| costs.of_site(s)[i]).min().unwrap_or(0);
        }
        let room = open.iter().map(|&s| costs.capacity[s]).sum::<Option<i64>>();
        let over = room.map_or(0, |room| (costs.weight() - room).max(0));
        let state = State { costs, open, hub: vec![0; costs.places], load: vec![0; open.len()], value: 0 };
        Search { order, rest, state, best, over, steps: 0 }
    }

    /// Whether all was searched.
    fn run(&mut self, depth: usize) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            return false;
        }
        let Some(&i) = self.order.get(depth) else {
            self.best = self.state.clone();
            return true;
        };
        let mut ways: Vec<(i128, usize)> = (0..self.state.open.len()).map(|at| (self.state.change(i, at), at)).collect();
        ways.sort_unstable();
        for (cost, at) in ways {
            let (value, w) = (self.state.value, self.state.costs.weight[i]);
            self.state.load[at] += w;
            let missing = (self.over - self.state.over()).max(0);
            let bound = value + cost + self.rest[depth + 1] + self.state.costs.over * i128::from(missing);
            let mut done = true;
            if bound < self.best.value {
                self.state.value = value + cost;
                self.state.hub[i] = at;
                done = self.run(depth + 1);
            }
            (self.state.value, self.state.load[at]) = (value, self.state.load[at] - w);
            if !done {
                return false;
            }
        }
        true
    }
}
