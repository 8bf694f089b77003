//! Which parts each vertex touches, kept while vertices move.

use super::net::Net;

/// What a vertex has in common with a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touch {
    pub part: u32,
    /// Neighbours there.
    edges: u32,
    /// Cost of the borders with them.
    pub cost: i64,
}

/// The parts of the neighbours of each vertex, in rows as long as those of the net.
#[derive(Debug)]
pub(super) struct Beside {
    rows: Vec<Touch>,
    len: Vec<u32>,
}

impl Beside {
    /// Rows that are empty.
    pub fn new(net: &Net) -> Beside {
        Beside { rows: vec![Touch::default(); net.rows()], len: vec![0; net.len()] }
    }

    /// Counts all anew. O(m · parts beside a vertex).
    pub fn begin(&mut self, net: &Net, part: &[u32]) {
        self.len.fill(0);
        for u in 0..net.len() {
            net.neighbours(u).for_each(|(v, c)| self.add(net, u, part[v], c));
        }
    }

    /// The parts that `u` touches, its own among them where it has neighbours there, in no order.
    #[inline]
    pub fn of(&self, net: &Net, u: usize) -> &[Touch] {
        let start = net.row(u).start;
        &self.rows[start..start + self.len[u] as usize]
    }

    /// Vertex `u` went from one part to another. O(d · parts beside a vertex).
    pub fn shift(&mut self, net: &Net, u: usize, from: u32, to: u32) {
        for (v, c) in net.neighbours(u) {
            let start = net.row(v).start;
            let row = &mut self.rows[start..start + self.len[v] as usize];
            if let Some(i) = row.iter().position(|t| t.part == from) {
                row[i].edges -= 1;
                row[i].cost -= c;
                if row[i].edges == 0 {
                    row[i] = row[row.len() - 1];
                    self.len[v] -= 1;
                }
            }
            self.add(net, v, to, c);
        }
    }

    fn add(&mut self, net: &Net, v: usize, part: u32, cost: i64) {
        let start = net.row(v).start;
        let end = start + self.len[v] as usize;
        if let Some(t) = self.rows[start..end].iter_mut().find(|t| t.part == part) {
            t.edges += 1;
            t.cost += cost;
        } else {
            self.rows[end] = Touch { part, edges: 1, cost };
            self.len[v] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn moves_leave_what_is_counted_anew(
            edges in prop::collection::btree_map((0usize..12, 0usize..12), 0i64..9, 0..40),
            part in prop::collection::vec(0u32..4, 12),
            moves in prop::collection::vec((0usize..12, 0u32..4), 0..30),
        ) {
            let mut net = Net::with_capacity(12, 80, 1);
            for u in 0..12 {
                let row = edges.iter().filter(|((a, b), _)| a < b).flat_map(|(&(a, b), &c)| [(a, b, c), (b, a, c)]);
                net.push([1].into_iter(), 1, row.filter(|e| e.0 == u).map(|e| (e.1 as u32, e.2)));
            }
            let mut part = part;
            let mut beside = Beside::new(&net);
            beside.begin(&net, &part);
            for (u, to) in moves {
                beside.shift(&net, u, part[u], to);
                part[u] = to;
            }
            let mut anew = Beside::new(&net);
            anew.begin(&net, &part);
            for u in 0..12 {
                let sorted = |b: &Beside| { let mut row = b.of(&net, u).to_vec(); row.sort_unstable(); row };
                prop_assert_eq!(sorted(&beside), sorted(&anew));
            }
        }
    }
}
