//! Attachment of single entities, beside an R-tree of polygons with geo's `Contains`, which is how it is done without borders.

use criterion::{Criterion, criterion_group, criterion_main};
use evengrid::attach::{Attacher, Signal, Sites};
use evengrid::io::read_layers;
use evengrid::pipeline::draw;
use evengrid::plan::Plan;
use evengrid::recipe::{Draft, SignalRule};
use evengrid::territory::lattice::Pt;
use geo::{Contains, Coord, LineString, MultiPolygon, Point, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::hint::black_box;

/// The town in small grids, 1,200 about.
fn plan() -> Plan {
    let mut draft = Draft::default();
    (draft.division.level, draft.division.scheme) = (Some(8), Some("civil".into()));
    (draft.grid.target, draft.effort.level) = (Some(4.0), Some("quick".into()));
    let recipe = draft.build().expect("a recipe");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");
    let layers = read_layers(folder.as_ref(), &recipe.layers).expect("the town");
    draw(&layers, &recipe, &()).expect("a plan").plan
}

/// Places all over the land, the same every time.
fn places(plan: &Plan) -> Vec<[f64; 2]> {
    let corners: Vec<[f64; 2]> = plan.fabric.arcs.iter().flat_map(|a| a.line()).map(Pt::lon_lat).collect();
    let end = |pick: fn(f64, f64) -> f64, k: usize| corners.iter().map(|c| c[k]).reduce(pick).unwrap_or(0.0);
    let (low, high) = ([end(f64::min, 0), end(f64::min, 1)], [end(f64::max, 0), end(f64::max, 1)]);
    let mut state = 1u64;
    let mut share = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..10_000).map(|_| [0, 1].map(|k| low[k] + (high[k] - low[k]) * share())).collect()
}

/// A grid by its box.
type Boxed = GeomWithData<Rectangle<[f64; 2]>, MultiPolygon<f64>>;

/// Grids as polygons in an R-tree of their boxes.
fn polygons(plan: &Plan) -> RTree<Boxed> {
    let row = |land: Vec<Vec<Vec<Pt>>>| {
        let line = |ring: &Vec<Pt>| LineString(ring.iter().map(|p| Coord::from(p.lon_lat())).collect());
        let polygon = |rings: &Vec<Vec<Pt>>| Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect());
        let land = MultiPolygon(land.iter().map(polygon).collect());
        let ends = |pick: fn(f64, f64) -> f64, start: f64| {
            let all = || land.iter().flat_map(|p| &p.exterior().0);
            [all().map(|c| c.x).fold(start, pick), all().map(|c| c.y).fold(start, pick)]
        };
        let boxed = Rectangle::from_corners(ends(f64::min, f64::INFINITY), ends(f64::max, f64::NEG_INFINITY));
        GeomWithData::new(boxed, land)
    };
    RTree::bulk_load(plan.grid_land().into_iter().map(row).collect())
}

fn attach(c: &mut Criterion) {
    let plan = plan();
    let places = places(&plan);
    let rule = SignalRule::location(100.0);
    let attacher = Attacher::new(plan.land(), &plan.grid_names(), vec![(rule, Sites::default())]);
    let tree = polygons(&plan);
    let mut group = c.benchmark_group(format!("{} grids, 10,000 places", plan.grids.len()));
    group.bench_function("locate", |b| b.iter(|| places.iter().filter(|p| attacher.locate(black_box(**p)).is_some()).count()));
    group.bench_function("attach with distance and runner-up", |b| {
        b.iter(|| places.iter().filter(|p| attacher.attach(&[Signal::Place(black_box(**p))]).grid.is_some()).count())
    });
    let contains = |p: &&[f64; 2]| {
        let (at, point) = (AABB::from_corners(**p, **p), Point::new(p[0], p[1]));
        tree.locate_in_envelope_intersecting(&at).any(|g| g.data.contains(&point))
    };
    group.bench_function("R-tree of polygons, geo", |b| b.iter(|| places.iter().filter(contains).count()));
    group.finish();
}

criterion_group!(benches, attach);
criterion_main!(benches);
