//! The best move at hand: a winner tree over the vertices of a net.

use super::score::Score;

/// No vertex.
const NONE: u32 = u32::MAX;

/// What a vertex may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Move {
    pub change: Score,
    /// Decides between equals.
    pub tie: u32,
    /// Part that the vertex goes to.
    pub to: u32,
}

/// At most one move per vertex. What changed is looked at when the best one is asked for: every change by itself, or all of the tree where
/// that is less.
#[derive(Debug)]
pub(super) struct Moves {
    at: Vec<Option<Move>>,
    /// The better of two below, from the root at 1 down; the leaves, one per vertex, are not stored.
    winner: Vec<u32>,
    changed: Vec<u32>,
}

impl Moves {
    /// No moves of `n` vertices.
    pub fn new(n: usize) -> Moves {
        Moves { at: vec![None; n], winner: vec![NONE; n.next_power_of_two().max(2)], changed: Vec::with_capacity(n) }
    }

    pub fn set(&mut self, u: usize, m: Option<Move>) {
        if self.at[u].is_some() || m.is_some() {
            self.at[u] = m;
            self.changed.push(u as u32);
        }
    }

    /// The least move, and of equals that of the first vertex. O(log n) for each change since the last call, O(n) at most.
    pub fn best(&mut self) -> Option<(usize, Move)> {
        let leaves = self.winner.len();
        if self.changed.len() * (leaves.trailing_zeros() as usize) < leaves {
            for i in 0..self.changed.len() {
                let mut node = (leaves + self.changed[i] as usize) / 2;
                while node > 0 {
                    self.decide(node);
                    node /= 2;
                }
            }
        } else {
            (1..leaves).rev().for_each(|node| self.decide(node));
        }
        self.changed.clear();
        let best = self.winner[1] as usize;
        Some((best, (*self.at.get(best)?)?))
    }

    fn decide(&mut self, node: usize) {
        let leaves = self.winner.len();
        let below = |child: usize| if child < leaves { self.winner[child] } else { (child - leaves) as u32 };
        let (a, b) = (below(2 * node), below(2 * node + 1));
        let of = |u: u32| self.at.get(u as usize).copied().flatten();
        self.winner[node] = match (of(a), of(b)) {
            (Some(x), Some(y)) => {
                if (y.change, y.tie) < (x.change, x.tie) {
                    b
                } else {
                    a
                }
            }
            (Some(_), None) => a,
            (None, _) => b,
        };
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
