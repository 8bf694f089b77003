//! Matching of adjacent grids, weighted, beside petgraph's maximum matching, which knows no weights.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use evengrid::staffing::matching::matching;
use petgraph::algo::maximum_matching;
use petgraph::graph::UnGraph;
use std::hint::black_box;

/// Grids as neighbours have them: a square lattice with one diagonal in each cell, of which a third is missing.
fn neighbours(side: usize, seed: u64) -> (usize, Vec<(usize, usize, i64)>) {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let mut edges = Vec::new();
    for at in 0..side * side {
        for (step, fits) in
            [(1, at % side + 1 < side), (side, at / side + 1 < side), (side + 1, at % side + 1 < side && at / side + 1 < side)]
        {
            if fits && random() % 3 > 0 {
                edges.push((at, at + step, (random() % 10_000) as i64));
            }
        }
    }
    (side * side, edges)
}

fn by_size(c: &mut Criterion) {
    let mut group = c.benchmark_group("matching");
    group.sample_size(10);
    for side in [6, 30, 55] {
        let (n, edges) = neighbours(side, 7);
        let pairs: Vec<(u32, u32)> = edges.iter().map(|e| (e.0 as u32, e.1 as u32)).collect();
        let graph = UnGraph::<(), ()>::from_edges(&pairs);
        assert_eq!(matching(n, &edges, usize::MAX, &()).unwrap().pairs(), maximum_matching(&graph).len());
        group.bench_with_input(BenchmarkId::new("cheapest", n), &edges, |b, edges| {
            b.iter(|| matching(n, black_box(edges), usize::MAX, &()).unwrap())
        });
        group
            .bench_with_input(BenchmarkId::new("petgraph, any", n), &graph, |b, graph| b.iter(|| maximum_matching(black_box(graph)).len()));
    }
    let zones: Vec<_> = (0..695).map(|seed| neighbours(6, seed)).collect();
    group.bench_function("25,020 grids in zones of 36", |b| {
        b.iter(|| zones.iter().map(|(n, edges)| matching(*n, edges, usize::MAX, &()).unwrap().pairs()).sum::<usize>())
    });
    group.finish();
}

criterion_group!(benches, by_size);
criterion_main!(benches);
