//! Zones by coverage: a territory of 200,000 units and 20,000 stations from its fabric to zones with their problems and home stations.

mod streets;

use criterion::{Criterion, criterion_group, criterion_main};
use evengrid::cut::{Fabric, cut};
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::layers::{DivisionRecord, Layers, LineRecord, Origin, PointRecord, StationRecord};
use evengrid::territory::{Territory, territory};
use evengrid::zones::{coverage, homes, zones};
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Polygon};
use std::hint::black_box;

const SEGMENTS: usize = 1_600_000;
const STATIONS: usize = 20_000;
/// Divisions along each side.
const SIDE: usize = 7;

struct City {
    recipe: Recipe,
    territory: Territory,
    fabric: Fabric,
}

/// Streets from `streets`, 49 square divisions, 20 households in about every face, masts with three sectors and all-round ones.
fn city() -> City {
    let mut draft = Draft::from_toml("[zones]\nby = \"coverage\"\nload_min = 1200\nload_max = 3000").expect("a recipe");
    draft.effort.level = Some("standard".into());
    let recipe = draft.build().expect("a recipe");
    let lines = streets::streets(SEGMENTS);
    let size = lines.iter().flat_map(|l| &l.line).map(|p| p.lon_lat()[0]).fold(0.0, f64::max);
    let mut state = 7u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let origin = Origin { source: 0, record: 1 };
    let road = |l: &evengrid::territory::Barrier| {
        let course: LineString<f64> = l.line.iter().map(|p| Coord::from(p.lon_lat())).collect();
        let (class, line) =
            (["residential", "tertiary", "secondary", "primary"][l.class as usize % 4].to_string(), MultiLineString(vec![course]));
        LineRecord { origin, id: None, class, name: None, tunnel: false, bridge: false, line }
    };
    let division = |k: usize| {
        let step = size / SIDE as f64;
        let (x, y) = ((k % SIDE) as f64 * step, (k / SIDE) as f64 * step);
        let corners = [(x, y), (x + step, y), (x + step, y + step), (x, y + step), (x, y)];
        let land = MultiPolygon(vec![Polygon::new(corners.map(Coord::from).to_vec().into(), Vec::new())]);
        DivisionRecord {
            origin,
            id: format!("d{k:02}"),
            level: None,
            scheme: None,
            name: None,
            parent: None,
            code: None,
            reports_to: None,
            partial: false,
            land,
        }
    };
    let mut place = || [random() * size, random() * size];
    let household = |k: usize, at| PointRecord {
        origin,
        id: Some(format!("h{k}").into()),
        kind: None,
        weight: Some(20.0),
        settlement: None,
        class: None,
        visits: None,
        at,
    };
    let households = (0..200_000).map(|k| household(k, place())).collect();
    let station = |k: usize, azimuth, at| StationRecord {
        origin,
        id: Some(format!("s{k:05}")),
        name: None,
        azimuth,
        beam_width: None,
        radius_m: None,
        indoor: None,
        tunnel: None,
        at,
        land: MultiPolygon(Vec::new()),
    };
    let mut stations = Vec::with_capacity(STATIONS);
    while stations.len() < STATIONS {
        let (at, turn) = (place(), 10.0 * (stations.len() % 12) as f64);
        let sectors = if stations.len() % 4 == 0 { 1 } else { 3 };
        for i in 0..sectors.min(STATIONS - stations.len()) {
            let azimuth = (sectors > 1).then_some((turn + 120.0 * i as f64) % 360.0);
            stations.push(station(stations.len(), azimuth, at));
        }
    }
    let layers = Layers {
        divisions: (0..SIDE * SIDE).map(division).collect(),
        roads: lines.iter().map(road).collect(),
        households,
        stations,
        ..Layers::default()
    };
    let territory = territory(&layers, &recipe, &()).expect("a territory");
    let fabric = cut(&territory, &recipe, &()).expect("a fabric");
    println!("{} units, {} stations, {} divisions", fabric.units.len(), territory.stations.len(), territory.divisions.len());
    City { recipe, territory, fabric }
}

fn zoned(c: &City) -> (usize, usize) {
    let shares = coverage(&c.territory).shares(&c.fabric);
    let (zones, findings) = zones(&c.territory, &c.fabric, &[], Some(&shares), &c.recipe, &()).expect("zones");
    let homes = homes(&c.territory, &c.fabric, &shares, &zones, &[]);
    let out = findings.iter().filter(|f| f.code == "zone-out-of-range").count();
    assert!(homes.iter().all(|h| h.zone.is_some()));
    (zones.len(), out)
}

fn by_threads(c: &mut Criterion) {
    let city = city();
    let mut group = c.benchmark_group("zones by coverage");
    group.sample_size(10);
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let (zones, out) = pool.install(|| zoned(&city));
        println!("{zones} zones, {out} out of their range of load");
        group.bench_function(format!("{threads} threads"), |b| b.iter(|| pool.install(|| zoned(black_box(&city)))));
    }
    group.finish();
}

criterion_group!(benches, by_threads);
criterion_main!(benches);
