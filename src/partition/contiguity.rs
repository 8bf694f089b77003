//! May a vertex leave its part without tearing it?

use super::net::Net;

/// Nowhere to go.
const NONE: u32 = u32::MAX;

/// Reusable memory of the test.
#[derive(Clone, Debug)]
pub(super) struct Contiguity {
    /// Neighbours of each vertex as a set, in nets whose vertices fit in a word; else empty.
    beside: Vec<u64>,
    stamp: u32,
    seen: Vec<u32>,
    /// Which search reached a vertex.
    search: Vec<u32>,
    /// What is looked at after a vertex in the same search: no two have a vertex in common.
    next: Vec<u32>,
    /// First and last vertex of each search that are still to be looked at.
    heads: Vec<u32>,
    tails: Vec<u32>,
    root: Vec<usize>,
}

impl Contiguity {
    pub fn new(net: &Net) -> Contiguity {
        let n = net.len();
        let set = |u| net.neighbours(u).fold(0, |set, (v, _)| set | 1 << v);
        let beside = if n <= u64::BITS as usize { (0..n).map(set).collect() } else { Vec::new() };
        let n = if beside.is_empty() { n } else { 0 };
        let few = || Vec::with_capacity(8);
        let (heads, tails, root) = (few(), few(), Vec::with_capacity(8));
        Contiguity { beside, stamp: 0, seen: vec![0; n], search: vec![0; n], next: vec![NONE; n], heads, tails, root }
    }

    /// True if the part of `u` stays non-empty and connected without `u`.
    ///
    /// Where a word holds all vertices, one search starts at a neighbour of `u` in the part and looks for the others. Otherwise
    /// one starts at each neighbour of `u` in the part and all take turns, until they have met
    /// (connected) or one has nowhere to go (torn). Where the neighbours touch each other the answer
    /// comes after a few steps, as in the local tests of King, Jacobson & Sewell (2012); otherwise the
    /// cost is that of the smaller piece times the degree of `u`.
    pub fn holds_without(&mut self, net: &Net, part: &[u32], u: usize) -> bool {
        if !self.beside.is_empty() {
            return self.holds_in_words(part, u);
        }
        self.stamp += 1;
        self.seen[u] = self.stamp;
        self.heads.clear();
        self.tails.clear();
        self.root.clear();
        for (v, _) in net.neighbours(u) {
            if part[v] == part[u] {
                self.seen[v] = self.stamp;
                self.search[v] = self.heads.len() as u32;
                self.next[v] = NONE;
                self.root.push(self.heads.len());
                self.heads.push(v as u32);
                self.tails.push(v as u32);
            }
        }
        let searches = self.heads.len();
        let mut groups = searches;
        while groups > 1 {
            for i in 0..searches {
                let x = self.heads[i];
                if x == NONE {
                    continue;
                }
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
                        self.next[v] = NONE;
                        self.next[self.tails[i] as usize] = v as u32;
                        self.tails[i] = v as u32;
                    }
                }
                self.heads[i] = self.next[x as usize];
            }
            if (0..searches).any(|r| self.root[r] == r && self.is_exhausted(r, searches)) {
                return false;
            }
        }
        groups == 1
    }

    fn holds_in_words(&self, part: &[u32], u: usize) -> bool {
        let inside = part.iter().enumerate().fold(0u64, |set, (v, &p)| set | u64::from(p == part[u]) << v) & !(1 << u);
        let wanted = self.beside[u] & inside;
        let mut seen = wanted & wanted.wrapping_neg();
        let mut rim = seen;
        while wanted & !seen != 0 && rim != 0 {
            let fresh = self.beside[rim.trailing_zeros() as usize] & inside & !seen;
            seen |= fresh;
            rim = rim & (rim - 1) | fresh;
        }
        wanted != 0 && wanted & !seen == 0
    }

    fn find(&self, mut i: usize) -> usize {
        while self.root[i] != i {
            i = self.root[i];
        }
        i
    }

    fn is_exhausted(&self, group: usize, searches: usize) -> bool {
        (0..searches).all(|i| self.find(i) != group || self.heads[i] == NONE)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_vertex_may_leave_where_its_neighbours_are_one_piece_without_it(
            n in 1usize..100,
            edges in prop::collection::btree_set((0usize..100, 0usize..100), 0..400),
            part in prop::collection::vec(0u32..3, 100),
        ) {
            // over and under the vertices of a word
            let mut net = Net::with_capacity(n, 800, 1);
            for u in 0..n {
                let row = edges.iter().filter(|(a, b)| a < b && *b < n).flat_map(|&(a, b)| [(a, b), (b, a)]);
                net.push([1].into_iter(), 1, row.filter(|e| e.0 == u).map(|e| (e.1 as u32, 1)));
            }
            let mut contiguity = Contiguity::new(&net);
            for u in 0..n {
                let mut without = part[..n].to_vec();
                without[u] = 3;
                let (piece, _) = pieces(&net, &without);
                let mut beside: Vec<u32> = net.neighbours(u).filter(|&(v, _)| part[v] == part[u]).map(|(v, _)| piece[v]).collect();
                beside.sort_unstable();
                beside.dedup();
                prop_assert_eq!(contiguity.holds_without(&net, &part[..n], u), beside.len() == 1);
            }
        }
    }
}
