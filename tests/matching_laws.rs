//! Laws of weighted matching, against all matchings of small graphs.

use evengrid::staffing::matching::{Matching, matching};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Edges = Vec<(usize, usize, i64)>;

/// Least cost by number of pairs, over all matchings.
fn all(edges: &Edges, taken: u32, from: usize, pairs: usize, cost: i64, out: &mut BTreeMap<usize, i64>) {
    let least = out.entry(pairs).or_insert(cost);
    *least = cost.min(*least);
    for (i, &(u, v, c)) in edges.iter().enumerate().skip(from) {
        if u != v && taken & (1 << u | 1 << v) == 0 {
            all(edges, taken | 1 << u | 1 << v, i + 1, pairs + 1, cost + c, out);
        }
    }
}

/// Its cost; every pair is an edge and mutual.
fn cost(edges: &Edges, m: &Matching) -> i64 {
    let mut sum = 0;
    for (u, v) in m.mate.iter().enumerate().filter_map(|(u, v)| Some((u, (*v)?))) {
        assert_eq!(m.mate[v], Some(u));
        if u < v {
            let between = edges.iter().filter(|e| (e.0, e.1) == (u, v) || (e.1, e.0) == (u, v));
            sum += between.map(|e| e.2).min().expect("an edge");
        }
    }
    sum
}

/// Pieces with an odd number of vertices once some are gone.
fn odd_pieces(n: usize, edges: &Edges, gone: &[usize]) -> usize {
    let mut left: BTreeSet<usize> = (0..n).filter(|v| !gone.contains(v)).collect();
    let mut odd = 0;
    while let Some(first) = left.pop_first() {
        let (mut queue, mut size) = (vec![first], 0);
        while let Some(u) = queue.pop() {
            size += 1;
            let next = edges.iter().filter_map(|e| if e.0 == u { Some(e.1) } else { (e.1 == u).then_some(e.0) });
            queue.extend(next.filter(|v| left.remove(v)));
        }
        odd += size % 2;
    }
    odd
}

/// A graph, sparse or dense, with few different costs or many.
fn graph() -> impl Strategy<Value = (usize, Edges)> {
    let sizes = (2usize..=10, 0usize..=26, prop_oneof![Just(0i64), Just(1), Just(3), Just(1_000_000)]);
    sizes.prop_flat_map(|(n, m, high)| (Just(n), prop::collection::vec((0..n, 0..n, -high..=high), 0..=m)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn of_every_size_the_cheapest_and_as_many_as_possible((n, edges) in graph()) {
        let mut least = BTreeMap::new();
        all(&edges, 0, 0, 0, 0, &mut least);
        let most = *least.keys().last().unwrap();
        for k in 0..=most + 1 {
            let found = matching(n, &edges, k, &()).unwrap();
            prop_assert_eq!(found.pairs(), k.min(most));
            prop_assert_eq!(cost(&edges, &found), least[&k.min(most)]);
            prop_assert!(k > most || found.between.is_empty());
        }
        let found = matching(n, &edges, usize::MAX, &()).unwrap();
        prop_assert_eq!(&found, &matching(n, &edges, usize::MAX, &()).unwrap());
        prop_assert_eq!(cost(&edges, &found), least[&most]);
        // the proof that no matching has more pairs
        if 2 * most < n {
            prop_assert_eq!(odd_pieces(n, &edges, &found.between) - found.between.len(), n - 2 * most);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Larger graphs, full of nested blossoms: the size is proven by the witness, the cost by another order of the same edges.
    #[test]
    fn larger_graphs_prove_their_size((n, edges) in (30usize..90).prop_flat_map(|n| {
        (Just(n), prop::collection::vec((0..n, 0..n, 0i64..50), n..3 * n))
    })) {
        let found = matching(n, &edges, usize::MAX, &()).unwrap();
        let total = cost(&edges, &found);
        let free = n - 2 * found.pairs();
        prop_assert!(free == 0 || odd_pieces(n, &edges, &found.between) - found.between.len() == free);
        let mirrored: Edges = edges.iter().rev().map(|&(u, v, c)| (n - 1 - v, n - 1 - u, c)).collect();
        let other = matching(n, &mirrored, usize::MAX, &()).unwrap();
        prop_assert_eq!((other.pairs(), cost(&mirrored, &other)), (found.pairs(), total));
    }
}

#[test]
fn a_star_leaves_two_and_its_centre_proves_it() {
    let found = matching(4, &[(0, 1, 5), (0, 2, 3), (0, 3, 4)], usize::MAX, &()).unwrap();
    assert_eq!((found.mate, found.between), (vec![Some(2), None, Some(0), None], vec![0]));
}

#[test]
fn size_comes_before_cost() {
    let found = matching(4, &[(0, 1, 100), (1, 2, 1), (2, 3, 100)], usize::MAX, &()).unwrap();
    assert_eq!(found.mate, [Some(1), Some(0), Some(3), Some(2)]);
    assert_eq!(matching(4, &[(0, 1, 100), (1, 2, 1), (2, 3, 100)], 1, &()).unwrap().mate, [None, Some(2), Some(1), None]);
}
