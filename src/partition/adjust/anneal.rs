//! Simulated annealing of a few neighbouring grids, with a price on every unit that is not at home.

use super::super::contiguity::Contiguity;
use super::super::net::Net;
use super::super::rng::Rng;
use super::super::score::Goal;
use super::NONE;

/// Beside that a grid out of its band counts as much as this share of its target.
const STEP: f64 = 0.03;
/// A border of mean cost counts as this share of a mean load.
const CUT: f64 = 0.02;

/// What is lexicographically less is better: violation, load not at home, cost of borders.
pub(super) type Worth = (i64, i64, i64);

/// Some grids on their own, with labels as positions among them.
pub(super) struct Block<'a> {
    pub net: &'a Net,
    pub goals: &'a [Goal],
    /// What load out of band counts in each resource, see [`prices`].
    pub prices: &'a [i64],
    /// Where a unit was; [`NONE`] for new land and units whose grid is not in the block.
    pub home: &'a [u32],
    /// What a violation of each grid counts beside others, in thousandths.
    pub urgency: &'a [i64],
    /// Grids that stay out of band whatever is done: what they violate counts as [`NEARER`] times the load moved.
    pub given_up: &'a [bool],
    /// Most load that may be away from home.
    pub budget: i64,
}

/// Load that may move to bring a load of 1 nearer to a band that it does not reach.
const NEARER: i64 = 2;

/// How hot and how long to search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// Temperature at first, in mean loads of a unit.
    pub hot: f64,
    /// Temperature at last.
    pub cold: f64,
    /// Steps for every unit.
    pub sweeps: usize,
    /// What load out of band counts beside load moved.
    pub out: f64,
    /// Only around grids that are out of band.
    pub mend: bool,
    /// A violation far from help counts more, so that it comes nearer.
    pub far: bool,
}

impl Schedule {
    /// Rounds from hot to cold, after each a harder look at what is still out of band, and ever harder ones at the end.
    pub fn all(rounds: u32) -> Vec<Schedule> {
        let polish = |i: u32| Schedule {
            hot: if i.is_multiple_of(3) { 1.0 } else { 0.5 },
            cold: 0.05,
            sweeps: 110,
            out: 1.5,
            mend: false,
            far: i < rounds / 3,
        };
        let mend = Schedule { hot: 1.0, cold: 0.05, sweeps: 1000, out: 6.0, mend: true, far: false };
        let harder = |i: u32| Schedule {
            hot: 2.0 * f64::from(1 + i % 3),
            sweeps: mend.sweeps << (i % 4).min(2),
            out: mend.out * f64::from(1 + i % 2),
            ..mend
        };
        let first = (0..rounds).flat_map(|i| [polish(i), mend]);
        first.chain((0..rounds / 2 + 1).map(harder)).chain((1..4).map(|i| polish(rounds + i))).collect()
    }

    /// Rounds that only bring units home.
    pub fn calm(rounds: u32) -> Vec<Schedule> {
        Schedule::all(rounds).into_iter().filter(|s| !s.mend).map(|s| Schedule { far: false, ..s }).collect()
    }

    /// The same, those rounds first that bring most for the load that they move.
    pub fn frugal(rounds: u32) -> Vec<Schedule> {
        let all = Schedule::all(rounds);
        let out = |i: usize| 1.1 * 6f64.powf(i as f64 / all.len() as f64);
        all.iter().enumerate().map(|(i, s)| Schedule { out: out(i), mend: false, sweeps: s.sweeps.min(110), ..*s }).collect()
    }
}

struct State<'a> {
    block: &'a Block<'a>,
    part: Vec<u32>,
    /// Loads of parts, by resource.
    loads: Vec<i64>,
    units: Vec<u32>,
    worth: Worth,
    contiguity: Contiguity,
    step: f64,
    out: f64,
}

impl<'a> Block<'a> {
    /// What the labels are worth. O(n + m).
    pub fn worth(&self, part: &[u32]) -> Worth {
        State::new(self, part.to_vec(), 1.0).worth
    }

    /// Better labels, if some are found; worth counts, and of plans with equal worth the first.
    pub fn anneal(&self, part: &[u32], schedule: Schedule, rng: &mut Rng) -> Option<(Vec<u32>, Worth)> {
        let n = self.net.len();
        let mut state = State::new(self, part.to_vec(), schedule.out);
        let (start, mut best) = (state.worth, state.worth);
        // what was done since the best state
        let mut journal: Vec<(u32, u32)> = Vec::new();
        let mean = self.mean();
        let borders: (i64, i64) = (0..n).flat_map(|u| self.net.neighbours(u)).fold((0, 0), |(sum, m), (_, c)| (sum + c, m + 1));
        let cut = CUT * mean * borders.1 as f64 / borders.0.max(1) as f64;
        let steps = (schedule.sweeps * n).max(LEAST);
        let cooling = (schedule.cold / schedule.hot).powf(1.0 / (steps / STEPS).max(1) as f64);
        let mut heat = schedule.hot * mean;
        for step in 0..steps {
            if step % STEPS == STEPS - 1 {
                heat *= cooling;
            }
            let u = rng.below(n);
            let Some(to) = state.beside(u, rng) else { continue };
            let change = state.change(u, to, cut);
            if change > 0.0 && (change > 12.0 * heat || (rng.next() >> 11) as f64 / (1u64 << 53) as f64 >= (-change / heat).exp()) {
                continue;
            }
            if state.worth.1 + state.away(u, to) > self.budget.max(state.worth.1)
                || !state.contiguity.holds_without(self.net, &state.part, u)
            {
                continue;
            }
            journal.push((u as u32, state.part[u]));
            state.shift(u, to);
            if state.worth < best {
                best = state.worth;
                journal.clear();
            }
        }
        for (u, from) in journal.into_iter().rev() {
            state.part[u as usize] = from;
        }
        (best < start).then_some((state.part, best))
    }

    /// Load out of band, weighed, in thousandths of the first resource, and what it costs beside load moved. Both are linear, so that what one
    /// grid gains of another counts nothing.
    fn violation(&self, p: usize, loads: &[i64]) -> (i64, i64) {
        let off = |(g, &l): (&Goal, &i64)| (g.low - l).max(l - g.high).max(0);
        let sum = |sum: i64, (x, price): (i64, &i64)| sum.saturating_add(x.saturating_mul(*price));
        let off = self.goals.iter().zip(loads).map(off).zip(self.prices).fold(0, sum);
        if self.given_up[p] { (0, NEARER * (off / 1000)) } else { (off.saturating_mul(self.urgency[p]), 0) }
    }

    /// Mean load of a unit that carries some.
    fn mean(&self) -> f64 {
        let loads = (0..self.net.len()).map(|u| self.net.loads(u)[0]).filter(|&l| l > 0);
        let (sum, n) = loads.fold((0i64, 0u32), |(sum, n), l| (sum + l, n + 1));
        sum.max(1) as f64 / f64::from(n.max(1))
    }
}

/// Steps at one temperature.
const STEPS: usize = 64;
/// Fewest steps.
const LEAST: usize = 8192;

impl<'a> State<'a> {
    fn new(block: &'a Block<'a>, part: Vec<u32>, out: f64) -> State<'a> {
        let (net, r, k) = (block.net, block.net.resources(), block.urgency.len());
        let (mut loads, mut units, mut worth) = (vec![0; k * r], vec![0; k], (0, 0, 0));
        for (u, &p) in part.iter().enumerate() {
            units[p as usize] += 1;
            loads[p as usize * r..].iter_mut().zip(net.loads(u)).for_each(|(sum, l)| *sum += l);
            worth.1 += if p == block.home[u] { 0 } else { price(net, block.home, u) };
            worth.2 += net.neighbours(u).filter(|&(v, _)| v > u && part[v] != p).map(|(_, c)| c).sum::<i64>();
        }
        for p in 0..k {
            let (violation, price) = block.violation(p, &loads[p * r..(p + 1) * r]);
            (worth.0, worth.1) = (worth.0 + violation, worth.1 + price);
        }
        let step = STEP * out * block.goals[0].scale as f64;
        State { block, part, loads, units, worth, contiguity: Contiguity::new(net), step, out }
    }

    /// Another part beside `u`, at random.
    fn beside(&self, u: usize, rng: &mut Rng) -> Option<u32> {
        let row = self.block.net.neighbours(u);
        let (v, _) = row.clone().nth(rng.below(row.count()))?;
        let from = self.part[u];
        (self.part[v] != from && self.units[from as usize] > 1).then_some(self.part[v])
    }

    /// How much more load is away from home when `u` goes to part `to`.
    fn away(&self, u: usize, to: u32) -> i64 {
        let home = self.block.home[u];
        let price = price(self.block.net, self.block.home, u);
        price * (i64::from(to != home) - i64::from(self.part[u] != home))
    }

    fn cut(&self, u: usize, to: u32) -> i64 {
        let from = self.part[u];
        let cost = |(v, c): (usize, i64)| {
            if self.part[v] == from {
                c
            } else if self.part[v] == to {
                -c
            } else {
                0
            }
        };
        self.block.net.neighbours(u).map(cost).sum()
    }

    /// Energy of `load` of a part in resource `r`.
    fn energy(&self, p: usize, r: usize, load: i64) -> f64 {
        let goal = &self.block.goals[r];
        let off = (goal.low - load).max(load - goal.high) as f64 * self.block.prices[r] as f64 / 1e3;
        if off <= 0.0 {
            0.0
        } else if self.block.given_up[p] {
            NEARER as f64 * off
        } else {
            self.block.urgency[p] as f64 / 1000.0 * (self.out * off + self.step)
        }
    }

    fn change(&self, u: usize, to: u32, cut: f64) -> f64 {
        let (r, from, to_) = (self.block.goals.len(), self.part[u] as usize, to as usize);
        let mut change = self.away(u, to) as f64 + cut * self.cut(u, to) as f64;
        for (i, &l) in self.block.net.loads(u).iter().enumerate().filter(|l| *l.1 != 0) {
            let (a, b) = (self.loads[from * r + i], self.loads[to_ * r + i]);
            change += self.energy(from, i, a - l) - self.energy(from, i, a) + self.energy(to_, i, b + l) - self.energy(to_, i, b);
        }
        change
    }

    fn shift(&mut self, u: usize, to: u32) {
        let (r, from) = (self.block.goals.len(), self.part[u] as usize);
        self.worth.1 += self.away(u, to);
        self.worth.2 += self.cut(u, to);
        for (p, sign) in [(from, -1), (to as usize, 1)] {
            let loads = &mut self.loads[p * r..(p + 1) * r];
            let before = self.block.violation(p, loads);
            loads.iter_mut().zip(self.block.net.loads(u)).for_each(|(sum, l)| *sum += sign * l);
            let after = self.block.violation(p, loads);
            self.worth.0 += after.0 - before.0;
            self.worth.1 += after.1 - before.1;
        }
        self.units[from] -= 1;
        self.units[to as usize] += 1;
        self.part[u] = to;
    }
}

/// What load out of band counts in each resource, in thousandths of load of the first.
pub(super) fn prices(goals: &[Goal]) -> Vec<i64> {
    let price = |g: &Goal| (goals[0].scale as f64 / g.scale as f64 * g.weight as f64).round().clamp(1.0, 1e9) as i64;
    goals.iter().map(price).collect()
}

/// What it costs that `u` is not at home: its load, and a little that land without load stays as well.
fn price(net: &Net, home: &[u32], u: usize) -> i64 {
    if home[u] == NONE { 0 } else { net.loads(u)[0] + 1 }
}
