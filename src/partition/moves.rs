//! The best move at hand: a winner tree over the vertices of a net.

use super::score::Score;

/// What a vertex may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Move {
    pub change: Score,
    /// Decides between equals.
    pub tie: u32,
    /// Part that the vertex goes to.
    pub to: u32,
}

impl Move {
    /// No move: worse than any.
    const NONE: Move = Move { change: Score { violation: i64::MAX, spread: i64::MAX, cut: i64::MAX }, tie: u32::MAX, to: u32::MAX };
}

/// One change in so many leaves is looked at by itself.
const FEW: usize = 3;

/// At most one move per vertex. What changed is looked at when the best one is asked for: every change by itself, up to where another move is
/// and stays the better one, or all of the tree where many changed.
#[derive(Debug)]
pub(super) struct Moves {
    /// As many as the tree has leaves.
    at: Vec<Move>,
    /// The vertex with the better of two moves below, from the root at 1 down to the leaves, one per vertex.
    winner: Vec<u32>,
    changed: Vec<u32>,
}

impl Moves {
    /// No moves of `n` vertices.
    pub fn new(n: usize) -> Moves {
        let leaves = n.next_power_of_two().max(2);
        let mut winner = vec![0; leaves];
        winner.extend(0..leaves as u32);
        let mut changed = Vec::with_capacity(2 * n);
        changed.extend(0..n as u32);
        Moves { at: vec![Move::NONE; leaves], winner, changed }
    }

    pub fn set(&mut self, u: usize, m: Option<Move>) {
        if self.at[u] != Move::NONE || m.is_some() {
            self.at[u] = m.unwrap_or(Move::NONE);
            self.changed.push(u as u32);
        }
    }

    /// The least move, and of equals that of the first vertex. O(log n) for each change since the last call, O(n) at most.
    pub fn best(&mut self) -> Option<(usize, Move)> {
        let leaves = self.at.len();
        if self.changed.len() * FEW < leaves {
            for i in 0..self.changed.len() {
                let leaf = self.changed[i];
                let mut node = (leaves + leaf as usize) / 2;
                while node > 0 {
                    let before = self.winner[node];
                    self.decide(node);
                    if self.winner[node] == before && before != leaf {
                        break;
                    }
                    node /= 2;
                }
            }
        } else {
            (1..leaves).rev().for_each(|node| self.decide(node));
        }
        self.changed.clear();
        let best = self.winner[1] as usize;
        Some((best, self.at[best])).filter(|&(_, m)| m != Move::NONE)
    }

    fn decide(&mut self, node: usize) {
        let (a, b) = (self.winner[2 * node], self.winner[2 * node + 1]);
        let (x, y) = (&self.at[a as usize], &self.at[b as usize]);
        self.winner[node] = if (y.change, y.tie) < (x.change, x.tie) { b } else { a };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_best_is_the_least_of_all(n in 1usize..40, steps in prop::collection::vec((any::<usize>(), 0i64..9, 0u32..4, any::<bool>()), 1..80)) {
            let mut moves = Moves::new(n);
            let mut plain: Vec<Option<Move>> = vec![None; n];
            for (u, cut, tie, look) in steps {
                let m = (cut > 0).then_some(Move { change: Score { cut, ..Score::default() }, tie, to: 0 });
                plain[u % n] = m;
                moves.set(u % n, m);
                if look {
                    let least = plain.iter().enumerate().filter_map(|(u, m)| Some(((*m)?, u))).min().map(|(m, u)| (u, m));
                    prop_assert_eq!(moves.best(), least);
                }
            }
        }
    }
}
