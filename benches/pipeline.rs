//! A made city from its files to its plan: every stage by itself and all of them together, at 10⁴, 10⁵ and 10⁶ households.

#[path = "../examples/make_metropolis/city/mod.rs"]
mod city;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use evengrid::attach::attach;
use evengrid::cut::cut;
use evengrid::io::{PlanFolder, Staged, read_layers};
use evengrid::partition::{Partitioned, partition};
use evengrid::pipeline::draw;
use evengrid::plan::Parts;
use evengrid::recipe::Draft;
use evengrid::territory::territory;
use evengrid::zones::zones;
use rayon::prelude::*;
use std::hint::black_box;
use std::path::PathBuf;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

fn pipeline(c: &mut Criterion) {
    let mut draft = Draft::default();
    draft.division.level = Some(10);
    let recipe = draft.build().expect("a recipe");
    let mut group = c.benchmark_group("pipeline");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for n in SIZES {
        let folder: PathBuf = std::env::temp_dir().join(format!("evengrid-pipeline-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        city::write(n, 1, &folder).expect("a city");
        let plan_folder = folder.join("plan");
        group.throughput(Throughput::Elements(n as u64));
        let id = |stage: &str| BenchmarkId::new(stage, n);

        let layers = read_layers(&folder, &recipe.layers).expect("layers");
        let found = territory(&layers, &recipe, &()).expect("a territory");
        let fabric = cut(&found, &recipe, &()).expect("units");
        let (zoned, _) = zones(&found, &fabric, &[], None, &recipe, &()).expect("zones");
        let solve = || -> Vec<Partitioned> { zoned.par_iter().map(|z| partition(&z.problem, &()).expect("grids")).collect() };
        let solved = solve();
        let parts = Parts::new(&fabric, &zoned, &[], &solved);
        let drawn = draw(&layers, &recipe, &()).expect("a plan");
        let write = || {
            let files = PlanFolder {
                plan: &drawn.plan,
                report: &drawn.report,
                territory: &drawn.territory,
                title: "city",
                cells: None,
                changes: None,
                before: None,
            };
            files.write(Staged::begin(&plan_folder).expect("a folder")).expect("files");
        };

        group.bench_function(id("read"), |b| b.iter(|| black_box(read_layers(&folder, &recipe.layers).expect("layers"))));
        group.bench_function(id("territory"), |b| b.iter(|| black_box(territory(&layers, &recipe, &()).expect("a territory"))));
        group.bench_function(id("cut"), |b| b.iter(|| black_box(cut(&found, &recipe, &()).expect("units"))));
        group.bench_function(id("zones"), |b| b.iter(|| black_box(zones(&found, &fabric, &[], None, &recipe, &()).expect("zones"))));
        group.bench_function(id("partition"), |b| b.iter(|| black_box(solve())));
        group.bench_function(id("attach"), |b| {
            b.iter(|| black_box(attach(&found, &fabric, &parts.grid_of_unit, &recipe, &()).expect("attachments")))
        });
        group.bench_function(id("write"), |b| b.iter(write));
        group.bench_function(id("files to plan"), |b| {
            b.iter(|| black_box(draw(&read_layers(&folder, &recipe.layers).expect("layers"), &recipe, &()).expect("a plan")))
        });
        std::fs::remove_dir_all(&folder).expect("the folder of the city");
    }
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
