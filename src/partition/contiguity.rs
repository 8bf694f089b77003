//! May a vertex leave its part without tearing it?

use super::net::Net;

/// Reusable memory of the test.
#[derive(Clone, Debug)]
pub(super) struct Contiguity {
    stamp: u32,
    seen: Vec<u32>,
    /// Which search reached a vertex.
    search: Vec<u32>,
    queues: Vec<Vec<u32>>,
    heads: Vec<usize>,
    root: Vec<usize>,
}

impl Contiguity {
    pub fn new(n: usize) -> Contiguity {
        Contiguity { stamp: 0, seen: vec![0; n], search: vec![0; n], queues: Vec::new(), heads: Vec::new(), root: Vec::new() }
    }

    /// True if the part of `u` stays non-empty and connected without `u`.
    ///
    /// One search starts at each neighbour of `u` in the part and all take turns, until they have met
    /// (connected) or one has nowhere to go (torn). Where the neighbours touch each other the answer
    /// comes after a few steps, as in the local tests of King, Jacobson & Sewell (2012); otherwise the
    /// cost is that of the smaller piece times the degree of `u`.
    pub fn holds_without(&mut self, net: &Net, part: &[u32], u: usize) -> bool {
        self.stamp += 1;
        self.seen[u] = self.stamp;
        let mut searches = 0;
        for (v, _) in net.neighbours(u) {
            if part[v] == part[u] {
                if searches == self.queues.len() {
                    self.queues.push(Vec::new());
                    self.heads.push(0);
                    self.root.push(0);
                }
                self.queues[searches].clear();
                self.queues[searches].push(v as u32);
                self.heads[searches] = 0;
                self.root[searches] = searches;
                self.seen[v] = self.stamp;
                self.search[v] = searches as u32;
                searches += 1;
            }
        }
        let mut groups = searches;
        while groups > 1 {
            for i in 0..searches {
                let Some(&x) = self.queues[i].get(self.heads[i]) else { continue };
                self.heads[i] += 1;
                for (v, _) in net.neighbours(x as usize) {
                    if part[v] != part[u] || v == u {
                        continue;
                    }
                    if self.seen[v] == self.stamp {
                        let (a, b) = (self.find(i), self.find(self.search[v] as usize));
                        if a != b {
                            self.root[a.max(b)] = a.min(b);
                            groups -= 1;
                            if groups == 1 {
                                return true;
                            }
                        }
                    } else {
                        self.seen[v] = self.stamp;
                        self.search[v] = i as u32;
                        self.queues[i].push(v as u32);
                    }
                }
            }
            if (0..searches).any(|r| self.root[r] == r && self.is_exhausted(r, searches)) {
                return false;
            }
        }
        groups == 1
    }

    fn find(&self, mut i: usize) -> usize {
        while self.root[i] != i {
            i = self.root[i];
        }
        i
    }

    fn is_exhausted(&self, group: usize, searches: usize) -> bool {
        (0..searches).all(|i| self.find(i) != group || self.heads[i] == self.queues[i].len())
    }
}

/// Connected pieces of each part: `piece[u]`, numbered by first vertex, and their number. O(n + m).
pub(super) fn pieces(net: &Net, part: &[u32]) -> (Vec<u32>, usize) {
    let mut piece = vec![u32::MAX; net.len()];
    let (mut count, mut stack) = (0, Vec::new());
    for s in 0..net.len() {
        if piece[s] != u32::MAX {
            continue;
        }
        piece[s] = count;
        stack.push(s);
        while let Some(u) = stack.pop() {
            for (v, _) in net.neighbours(u) {
                if piece[v] == u32::MAX && part[v] == part[s] {
                    piece[v] = count;
                    stack.push(v);
                }
            }
        }
        count += 1;
    }
    (piece, count as usize)
}
