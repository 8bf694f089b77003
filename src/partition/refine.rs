//! Local search: k-way Fiduccia–Mattheyses (1982) on the lexicographic score, contiguity kept.

use super::contiguity::Contiguity;
use super::moves::{Move, Moves};
use super::net::Net;
use super::rng::Rng;
use super::score::{Goal, Score, penalty};

/// Up to this many vertices a change of balance re-values every vertex of the parts concerned.
const REVALUE: usize = 600;

/// A partition of a net that is being improved. Every part is contiguous and keeps at least
/// `least` units; both hold before and after every move.
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
    contiguity: Contiguity,
    /// Cost from the vertex at hand to each part beside it.
    beside: Vec<(u32, i64)>,
}

impl<'a> Refine<'a> {
    pub fn new(net: &'a Net, goals: &'a [Goal], least: &'a [u32], part: Vec<u32>) -> Refine<'a> {
        let r = net.resources();
        let (mut loads, mut units) = (vec![0; least.len() * r], vec![0; least.len()]);
        for (u, &p) in part.iter().enumerate() {
            units[p as usize] += net.units(u);
            for (s, l) in loads[p as usize * r..].iter_mut().zip(net.loads(u)) {
                *s += l;
            }
        }
        let penalties = goals.chunks(r).zip(loads.chunks(r)).map(|(g, l)| penalty(g, l)).collect();
        Refine { net, goals, least, part, loads, penalties, units, contiguity: Contiguity::new(net.len()), beside: Vec::with_capacity(8) }
    }

    /// Score of the partition. O(n + m).
    pub fn score(&self) -> Score {
        let mut score = self.penalties.iter().fold(Score::default(), |sum, &p| sum + p);
        for u in 0..self.net.len() {
            score.cut += self.net.neighbours(u).filter(|&(v, _)| v > u && self.part[v] != self.part[u]).map(|(_, c)| c).sum::<i64>();
        }
        score
    }

    pub fn into_part(self) -> Vec<u32> {
        self.part
    }

    /// Passes of FM until one gains nothing, at most `passes`. Each makes the best move at hand, good
    /// or bad, every vertex once at most, stops after `patience` moves without a new best, and returns
    /// to the best partition seen. Moves that only shift a violation to the next part are followed on,
    /// which makes ejection chains.
    ///
    /// O(moves · d · log n) for degree d, plus the contiguity tests.
    pub fn run(&mut self, passes: usize, patience: usize, rng: &mut Rng) {
        if passes == 0 {
            return;
        }
        let (mut moves, mut locked, mut done) = (Moves::new(self.net.len()), vec![false; self.net.len()], Vec::new());
        for _ in 0..passes {
            if self.pass(patience, &mut moves, &mut locked, &mut done, rng) >= Score::default() {
                break;
            }
        }
    }

    /// One pass, with memory that is used again: moves, vertices that have moved, and where they came from.
    fn pass(&mut self, patience: usize, moves: &mut Moves, locked: &mut [bool], done: &mut Vec<(u32, u32)>, rng: &mut Rng) -> Score {
        locked.fill(false);
        done.clear();
        (0..self.net.len()).for_each(|u| moves.set(u, self.offer(u, rng)));
        let (mut sum, mut best, mut kept) = (Score::default(), Score::default(), 0);
        while let Some((u, m)) = moves.best() {
            let Some((change, to)) = self.best_move(u) else {
                moves.set(u, None);
                continue;
            };
            if change > m.change {
                moves.set(u, Some(Move { change, to, ..m }));
                continue;
            }
            moves.set(u, None);
            if !self.contiguity.holds_without(self.net, &self.part, u) {
                continue;
            }
            let from = self.part[u];
            self.shift(u, to);
            locked[u] = true;
            done.push((u as u32, from));
            sum += change;
            if sum < best {
                (best, kept) = (sum, done.len());
            } else if done.len() - kept > patience {
                break;
            }
            let balance_moved = change.violation != 0 || self.is_out(from) || self.is_out(to);
            if balance_moved && self.net.len() <= REVALUE {
                for v in 0..self.net.len() {
                    if !locked[v] && (self.part[v] == from || self.part[v] == to || self.touches(v, from, to)) {
                        moves.set(v, self.offer(v, rng));
                    }
                }
            } else {
                for (v, _) in self.net.neighbours(u).filter(|&(v, _)| !locked[v]) {
                    moves.set(v, self.offer(v, rng));
                }
            }
        }
        for &(u, from) in done[kept..].iter().rev() {
            self.shift(u as usize, from);
        }
        best
    }

    fn touches(&self, v: usize, a: u32, b: u32) -> bool {
        self.net.neighbours(v).any(|(w, _)| self.part[w] == a || self.part[w] == b)
    }

    fn is_out(&self, p: u32) -> bool {
        self.penalties[p as usize] != Score::default()
    }

    fn offer(&mut self, u: usize, rng: &mut Rng) -> Option<Move> {
        let (change, to) = self.best_move(u)?;
        Some(Move { change, tie: rng.next() as u32, to })
    }

    /// The best part beside `u` to move to, with the change of the score.
    fn best_move(&mut self, u: usize) -> Option<(Score, u32)> {
        let from = self.part[u];
        if self.units[from as usize] < self.least[from as usize] + self.net.units(u) {
            return None;
        }
        let mut beside = std::mem::take(&mut self.beside);
        beside.clear();
        let mut own = 0;
        for (v, c) in self.net.neighbours(u) {
            let p = self.part[v];
            if p == from {
                own += c;
            } else if let Some(b) = beside.iter_mut().find(|b| b.0 == p) {
                b.1 += c;
            } else {
                beside.push((p, c));
            }
        }
        let leave = if beside.is_empty() { Score::default() } else { self.change(from, u, -1) };
        let best = beside.iter().map(|&(p, c)| (leave + self.change(p, u, 1) + Score { cut: own - c, ..Score::default() }, p)).min();
        self.beside = beside;
        best
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
    }
}
