//! Local search: k-way Fiduccia–Mattheyses (1982) on the lexicographic score, contiguity kept.

use super::beside::Beside;
use super::contiguity::Contiguity;
use super::moves::{Move, Moves};
use super::net::Net;
use super::rng::Rng;
use super::score::{Goal, Score, penalty};

/// Up to this many vertices a change of balance re-values every vertex of the parts concerned.
const REVALUE: usize = 600;

/// A partition of a net that is being improved. Every part is contiguous and keeps at least
/// `least` units; both hold before and after every move. The memory serves one partition after the other.
pub(super) struct Refine<'a> {
    net: &'a Net,
    /// `goals[part * resources + resource]`.
    goals: &'a [Goal],
    /// Fewest units of each part.
    least: &'a [u32],
    part: Vec<u32>,
    loads: Vec<i64>,
    /// Penalty of the loads of each part.
    penalties: Vec<Score>,
    units: Vec<u32>,
    beside: Beside,
    contiguity: Contiguity,
    moves: Moves,
    /// Vertices that have moved in this pass.
    locked: Vec<bool>,
    /// The same in order, each with the part it came from.
    done: Vec<(u32, u32)>,
}

impl<'a> Refine<'a> {
    /// Of a net into parts with these goals, without a partition.
    pub fn new(net: &'a Net, goals: &'a [Goal], least: &'a [u32]) -> Refine<'a> {
        let (n, k) = (net.len(), least.len());
        Refine {
            net,
            goals,
            least,
            part: Vec::new(),
            loads: vec![0; k * net.resources()],
            penalties: vec![Score::default(); k],
            units: vec![0; k],
            beside: Beside::new(net),
            contiguity: Contiguity::new(net),
            moves: Moves::new(n),
            locked: vec![false; n],
            done: Vec::with_capacity(n),
        }
    }

    /// A partition with its score after [`run`](Refine::run).
    pub fn refined(&mut self, part: Vec<u32>, passes: usize, patience: usize, rng: &mut Rng) -> (Score, Vec<u32>) {
        self.begin(part);
        self.run(passes, patience, rng)
    }

    /// Begins with a partition, and tells its score. O(m · parts beside a vertex).
    pub fn begin(&mut self, part: Vec<u32>) -> Score {
        let r = self.net.resources();
        self.loads.fill(0);
        self.units.fill(0);
        for (u, &p) in part.iter().enumerate() {
            self.units[p as usize] += self.net.units(u);
            for (s, l) in self.loads[p as usize * r..].iter_mut().zip(self.net.loads(u)) {
                *s += l;
            }
        }
        let loads = self.goals.chunks(r).zip(self.loads.chunks(r));
        self.penalties.iter_mut().zip(loads).for_each(|(p, (g, l))| *p = penalty(g, l));
        self.beside.begin(self.net, &part);
        self.part = part;
        self.score()
    }

    /// Score of the partition. O(n · parts beside a vertex).
    fn score(&self) -> Score {
        let score = self.penalties.iter().fold(Score::default(), |sum, &p| sum + p);
        let cut = |u: usize| self.beside.of(self.net, u).iter().filter(|t| t.part != self.part[u]).map(|t| t.cost).sum::<i64>();
        // every border from both sides
        score + Score { cut: (0..self.net.len()).map(cut).sum::<i64>() / 2, ..Score::default() }
    }

    /// Passes of FM until one gains nothing, at most `passes`. Each makes the best move at hand, good
    /// or bad, every vertex once at most, stops after `patience` moves without a new best, and returns
    /// to the best partition seen. Moves that only shift a violation to the next part are followed on,
    /// which makes ejection chains. Gives the partition with its score.
    ///
    /// O(moves · d · log n) for degree d, plus the contiguity tests.
    pub fn run(&mut self, passes: usize, patience: usize, rng: &mut Rng) -> (Score, Vec<u32>) {
        for _ in 0..passes {
            if self.pass(patience, rng) >= Score::default() {
                break;
            }
        }
        (self.score(), std::mem::take(&mut self.part))
    }

    /// One pass, with the change of the score that it made.
    fn pass(&mut self, patience: usize, rng: &mut Rng) -> Score {
        self.locked.fill(false);
        self.done.clear();
        (0..self.net.len()).for_each(|u| self.offer(u, rng));
        let (mut sum, mut best, mut kept) = (Score::default(), Score::default(), 0);
        while let Some((u, m)) = self.moves.best() {
            let Some((change, to)) = self.best_move(u) else {
                self.moves.set(u, None);
                continue;
            };
            if change > m.change {
                self.moves.set(u, Some(Move { change, to, ..m }));
                continue;
            }
            self.moves.set(u, None);
            if !self.contiguity.holds_without(self.net, &self.part, u) {
                continue;
            }
            let from = self.part[u];
            self.shift(u, to);
            self.locked[u] = true;
            self.done.push((u as u32, from));
            sum += change;
            if sum < best {
                (best, kept) = (sum, self.done.len());
            } else if self.done.len() - kept > patience {
                break;
            }
            let balance_moved = change.violation != 0 || self.is_out(from) || self.is_out(to);
            if balance_moved && self.net.len() <= REVALUE {
                for v in 0..self.net.len() {
                    if !self.locked[v] && (self.part[v] == from || self.part[v] == to || self.touches(v, from, to)) {
                        self.offer(v, rng);
                    }
                }
            } else {
                let net = self.net;
                for (v, _) in net.neighbours(u) {
                    if !self.locked[v] {
                        self.offer(v, rng);
                    }
                }
            }
        }
        for i in (kept..self.done.len()).rev() {
            let (u, from) = self.done[i];
            self.shift(u as usize, from);
        }
        best
    }

    fn touches(&self, v: usize, a: u32, b: u32) -> bool {
        self.beside.of(self.net, v).iter().any(|t| t.part == a || t.part == b)
    }

    fn is_out(&self, p: u32) -> bool {
        self.penalties[p as usize] != Score::default()
    }

    /// Values the best move of `u` anew.
    fn offer(&mut self, u: usize, rng: &mut Rng) {
        let best = self.best_move(u);
        self.moves.set(u, best.map(|(change, to)| Move { change, tie: rng.next() as u32, to }));
    }

    /// The best part beside `u` to move to, with the change of the score.
    fn best_move(&self, u: usize) -> Option<(Score, u32)> {
        let from = self.part[u];
        let beside = self.beside.of(self.net, u);
        let own = beside.iter().find(|t| t.part == from).map_or(0, |t| t.cost);
        let mut others = beside.iter().filter(|t| t.part != from).peekable();
        others.peek()?;
        if self.units[from as usize] < self.least[from as usize] + self.net.units(u) {
            return None;
        }
        let leave = self.change(from, u, -1) + Score { cut: own, ..Score::default() };
        others.map(|t| (leave + self.change(t.part, u, 1) + Score { cut: -t.cost, ..Score::default() }, t.part)).min()
    }

    /// Change of the penalty of `p` when it gains (`sign` = 1) or loses (-1) vertex `u`.
    fn change(&self, p: u32, u: usize, sign: i64) -> Score {
        let base = p as usize * self.net.resources();
        let loads = self.net.loads(u).iter().enumerate();
        loads.fold(-self.penalties[p as usize], |sum, (i, &l)| sum + self.goals[base + i].penalty(self.loads[base + i] + sign * l))
    }

    fn shift(&mut self, u: usize, to: u32) {
        let (r, from) = (self.net.resources(), self.part[u] as usize);
        for (i, &l) in self.net.loads(u).iter().enumerate() {
            self.loads[from * r + i] -= l;
            self.loads[to as usize * r + i] += l;
        }
        for p in [from, to as usize] {
            let at = p * r..(p + 1) * r;
            self.penalties[p] = penalty(&self.goals[at.clone()], &self.loads[at]);
        }
        self.units[from] -= self.net.units(u);
        self.units[to as usize] += self.net.units(u);
        self.part[u] = to;
        self.beside.shift(self.net, u, from as u32, to);
    }
}
