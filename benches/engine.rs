//! Figures by size: the partition of square blocks and its adjustment to other loads, and the chain of reading, cutting and drawing on the embedded town.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use evengrid::graph::{Edge, UnitGraph};
use evengrid::io::read_layers;
use evengrid::measure::{Band, Load};
use evengrid::partition::{Count, Effort, Locks, Problem, adjust, partition};
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::territory;
use evengrid::{cut::cut, pipeline::draw};
use std::hint::black_box;
use std::path::Path;

/// A square of blocks, about ten to a grid.
fn blocks(side: u32, effort: Effort) -> Problem {
    let n = side * side;
    let loads = (0..n).map(|i| Load(i64::from(i.wrapping_mul(2_654_435_761) >> 24) * 314)).collect();
    let right = (0..n).filter(|i| i % side + 1 < side).map(|i| Edge { a: i, b: i + 1, cost: 80 + i % 7 });
    let down = (0..n - side).map(|i| Edge { a: i, b: i + side, cost: 90 + i % 5 });
    let edges: Vec<Edge> = right.chain(down).collect();
    let graph = UnitGraph::new(1, loads, &edges, None).expect("edges name existing units");
    let bands = vec![Band::around(Load(400_000), 0.1)];
    Problem { graph, bands, count: Count::ForBand, locks: Locks::default(), seed: 1, effort }
}

fn partition_by_size(c: &mut Criterion) {
    let mut group = c.benchmark_group("partition");
    group.sample_size(10);
    for (name, effort) in Effort::LEVELS.into_iter().take(2) {
        for side in [10, 30, 60, 120] {
            let problem = blocks(side, effort);
            group.bench_with_input(BenchmarkId::new(name, side * side), &problem, |b, p| b.iter(|| partition(black_box(p), &())));
        }
    }
    group.finish();
}

/// The plan of `blocks` after every tenth block lost or gained half of its load.
fn adjust_by_size(c: &mut Criterion) {
    let mut group = c.benchmark_group("adjust");
    group.sample_size(10);
    for side in [30, 60, 120] {
        let before = blocks(side, Effort::LEVELS[0].1);
        let drawn = partition(&before, &()).expect("a good problem");
        let previous: Vec<Option<u32>> = drawn.assignment.part_of().iter().map(|&p| Some(p)).collect();
        let g = &before.graph;
        let changed = |u: usize| match u % 20 {
            0 => Load(g.load(u).0 / 2),
            10 => Load(g.load(u).0 * 3 / 2),
            _ => g.load(u),
        };
        let row = |u: usize| g.neighbours(u).filter(move |n| n.0 > u).map(move |(v, cost)| Edge { a: u as u32, b: v as u32, cost });
        let edges: Vec<Edge> = (0..g.len()).flat_map(row).collect();
        let graph = UnitGraph::new(1, (0..g.len()).map(changed).collect(), &edges, None).expect("edges name existing units");
        let problem = Problem { graph, effort: Effort::default(), ..before.clone() };
        group.bench_function(BenchmarkId::from_parameter(side * side), |b| b.iter(|| adjust(black_box(&problem), &previous, None, &())));
    }
    group.finish();
}

fn town_recipe() -> Recipe {
    let mut draft = Draft::default();
    (draft.division.level, draft.division.scheme) = (Some(8), Some("civil".into()));
    draft.build().expect("a good recipe")
}

fn town_by_stage(c: &mut Criterion) {
    let mut group = c.benchmark_group("town");
    group.sample_size(20);
    let (recipe, folder) = (town_recipe(), Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town")));
    let layers = read_layers(folder, &recipe.layers).expect("the embedded town");
    let land = territory(&layers, &recipe, &()).expect("divisions of level 8");
    group.bench_function("read", |b| b.iter(|| read_layers(black_box(folder), &recipe.layers)));
    group.bench_function("territory", |b| b.iter(|| territory(black_box(&layers), &recipe, &())));
    group.bench_function("cut", |b| b.iter(|| cut(black_box(&land), &recipe, &())));
    group.bench_function("draw", |b| b.iter(|| draw(black_box(&layers), &recipe, &())));
    group.finish();
}

criterion_group!(benches, partition_by_size, adjust_by_size, town_by_stage);
criterion_main!(benches);
