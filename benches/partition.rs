//! Figures of the partition by size: towns of square blocks, about ten units per grid.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use evengrid::graph::{Edge, UnitGraph};
use evengrid::measure::{Band, Load};
use evengrid::partition::{Count, Effort, Problem, partition};
use std::hint::black_box;

fn town(side: u32) -> Problem {
    let n = side * side;
    let loads = (0..n).map(|i| Load(i64::from(i.wrapping_mul(2_654_435_761) >> 24) * 314)).collect();
    let right = (0..n).filter(|i| i % side + 1 < side).map(|i| Edge { a: i, b: i + 1, cost: 80 + i % 7 });
    let down = (0..n - side).map(|i| Edge { a: i, b: i + side, cost: 90 + i % 5 });
    let edges: Vec<Edge> = right.chain(down).collect();
    let graph = UnitGraph::new(1, loads, &edges, None).expect("edges name existing units");
    let bands = vec![Band::around(Load(400_000), 0.1)];
    Problem { graph, bands, count: Count::ForBand, seed: 1, effort: Effort::default() }
}

fn by_size(c: &mut Criterion) {
    let mut group = c.benchmark_group("partition");
    group.sample_size(10);
    for side in [10, 30, 60] {
        let problem = town(side);
        group.bench_with_input(BenchmarkId::from_parameter(side * side), &problem, |b, p| b.iter(|| partition(black_box(p))));
    }
    group.finish();
}

criterion_group!(benches, by_size);
criterion_main!(benches);
