//! Hubs and facilities by size. Gaps are printed once, beside the time of criterion.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use evengrid::measure::Load;
use evengrid::recipe::Draft;
use evengrid::staffing::facilities::{Demand, Facility, GridName, facilities};
use evengrid::staffing::hubs::{HubPlace, HubProblem, HubSite, pair_distances, place_hubs};
use evengrid::territory::lattice::{Plane, Pt};
use std::hint::black_box;

/// Numbers from 0 to 1.
fn numbers(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    }
}

/// Places in a square of two degrees, a site every few.
fn scattered(places: usize, sites: usize, count: usize, tight: bool) -> HubProblem {
    let mut next = numbers(7);
    let places: Vec<HubPlace> = (0..places)
        .map(|i| HubPlace {
            id: format!("p{i}"),
            at: Some([119.0 + 2.0 * next(), 31.0 + 2.0 * next()]),
            weight: Load(1000 * (1 + (99.0 * next()) as i64)),
        })
        .collect();
    let all: i64 = places.iter().map(|p| p.weight.0).sum();
    let capacity = tight.then(|| Load((all as f64 * 1.2 / count as f64 / 1000.0).ceil() as i64 * 1000));
    let step = places.len() / sites;
    let sites: Vec<HubSite> =
        places.iter().step_by(step).take(sites).map(|p| HubSite { id: p.id.clone(), at: p.at, capacity, pinned: false }).collect();
    let (distance_m, _) = pair_distances(&places, &sites, None);
    HubProblem { places, sites, distance_m, count, max_distance_m: None, split: false }
}

fn hubs(c: &mut Criterion) {
    let mut group = c.benchmark_group("hubs");
    group.sample_size(10);
    for (places, sites, count, tight) in [(100, 100, 10, false), (1_000, 100, 10, false), (10_000, 200, 20, false), (200, 50, 8, true)] {
        let problem = scattered(places, sites, count, tight);
        let name = format!("{places} places, {sites} sites, {count} hubs{}", if tight { ", capacities" } else { "" });
        let plan = place_hubs(&problem, &()).expect("a good problem").plan;
        eprintln!("{name}: {:?}, gap {:.4} %", plan.outcome, 100.0 * plan.gap);
        group.bench_with_input(BenchmarkId::from_parameter(name), &problem, |b, p| b.iter(|| place_hubs(black_box(p), &())));
    }
    group.finish();
}

fn parking(c: &mut Criterion) {
    let mut group = c.benchmark_group("facilities");
    group.sample_size(10);
    let rule =
        "[facilities.parking]\nkinds = [\"x\"]\nradius_m = 150\ncapacity = \"capacity\"\ndemand = 0.6\nsites = 50\nsite_capacity = 60";
    let rule = Draft::from_toml(rule).expect("TOML").build().expect("a good recipe").facilities.remove(0);
    let plane = Plane::around(120.0, 31.0);
    for households in [5_000usize, 25_000, 100_000] {
        let mut next = numbers(9);
        // 3,000 households and 20 parking places a km²
        let side = (households as f64 / 3_000.0).sqrt() * 1000.0;
        let mut at = || -> Pt { plane.lattice([side * next(), side * next()]) };
        let demand: Vec<Demand> =
            (0..households).map(|i| Demand { id: format!("h{i}"), at: at(), load: Load(1000), grid: Some(i % 100) }).collect();
        let all: Vec<Facility> = (0..households / 150)
            .map(|i| Facility { id: format!("f{i}"), at: at(), capacity: Some(Load(60_000)), in_service: None })
            .collect();
        let grids: Vec<GridName> = (0..100).map(|i| GridName { grid_id: format!("g{i}"), division_id: "d".into() }).collect();
        group.bench_function(BenchmarkId::new("parking", households), |b| {
            b.iter(|| facilities(&rule, &plane, black_box(&all), &demand, &grids, &[]));
        });
    }
    group.finish();
}

criterion_group!(benches, hubs, parking);
criterion_main!(benches);
