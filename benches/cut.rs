//! Noding, faces and neighbours of generated streets by size. `geos.py` in this folder runs GEOS on the same lines:
//! `cargo run --release --example make_streets -- --segments 100000 --out streets.geojson && python3 benches/geos.py streets.geojson`.

mod streets;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use evengrid::cut::faces;
use std::hint::black_box;

fn by_size(c: &mut Criterion) {
    for threads in [1, 2] {
        let mut group = c.benchmark_group(format!("faces on {threads} threads"));
        group.sample_size(10);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        for segments in [1_000, 10_000, 100_000, 1_000_000] {
            let lines = streets::streets(segments);
            let exact: usize = lines.iter().map(|l| l.line.len() - 1).sum();
            group.throughput(Throughput::Elements(exact as u64));
            group.bench_with_input(BenchmarkId::from_parameter(segments), &lines, |b, lines| {
                b.iter(|| pool.install(|| faces(black_box(lines), &()).map(|f| f.sides().len())));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, by_size);
criterion_main!(benches);
