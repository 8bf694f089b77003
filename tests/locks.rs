//! What a planner decides before a plan is drawn (R42): frozen grids, units together and apart, seeds, hard barriers.

use evengrid::finding::Finding;
use evengrid::io::read_layers;
use evengrid::measure::UnitId;
use evengrid::pipeline::{Drawn, draw};
use evengrid::plan::explain;
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::layers::{Layers, LockRecord, Origin};
use geo::{Coord, LineString, MultiPolygon, Polygon};
use petgraph::unionfind::UnionFind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

fn recipe(change: &dyn Fn(&mut Draft)) -> Recipe {
    let mut draft = Draft::default();
    (draft.division.level, draft.division.scheme) = (Some(8), Some("civil".into()));
    change(&mut draft);
    draft.build().unwrap()
}

static LAYERS: LazyLock<Layers> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");
    read_layers(folder.as_ref(), &recipe(&|_| ()).layers).unwrap()
});
static TOWN: LazyLock<Drawn> = LazyLock::new(|| draw(&LAYERS, &recipe(&|_| ()), &()).unwrap());

fn lock(kind: &str, id: &str, places: Vec<[f64; 2]>, land: MultiPolygon<f64>) -> LockRecord {
    LockRecord { origin: Origin { source: 0, record: 7 }, id: Some(id.into()), kind: kind.into(), group: None, places, land }
}

fn at(kind: &str, id: &str, places: &[[f64; 2]]) -> LockRecord {
    lock(kind, id, places.to_vec(), MultiPolygon(vec![]))
}

fn drawn(locks: Vec<LockRecord>) -> Drawn {
    draw(&Layers { locks, ..LAYERS.clone() }, &recipe(&|_| ()), &()).unwrap()
}

fn told<'a>(d: &'a Drawn, code: &str) -> Vec<&'a Finding> {
    d.report.findings.iter().filter(|f| f.code == code).collect()
}

fn units(d: &Drawn, grid: &str) -> BTreeSet<String> {
    let g = d.plan.grids.iter().position(|g| g.grid_id == grid).unwrap();
    d.plan.fabric.units.iter().filter(|u| u.grid as usize == g).map(|u| u.key.clone()).collect()
}

fn place(unit: usize) -> [f64; 2] {
    TOWN.fabric.units[unit].inner.lon_lat()
}

/// Land of a grid as a planner would copy it from `grids.geojson`.
fn land(grid: usize) -> MultiPolygon<f64> {
    let ring = |r: &Vec<_>| LineString(r.iter().map(|p: &evengrid::territory::lattice::Pt| Coord::from(p.lon_lat())).collect());
    let polygon = |rings: &Vec<_>| Polygon::new(ring(&rings[0]), rings[1..].iter().map(ring).collect());
    MultiPolygon(TOWN.plan.grid_land()[grid].iter().map(polygon).collect())
}

/// A grid of several units in one part, in a zone with three grids or more.
fn ordinary() -> usize {
    let zone = |id: &str| TOWN.plan.zones.iter().find(|z| z.zone_id == id).unwrap().grids.len();
    TOWN.plan.grids.iter().position(|g| g.units > 3 && g.parts == 1 && zone(&g.zone_id) > 2).unwrap()
}

#[test]
fn a_frozen_grid_stays_as_it_was() {
    let g = ordinary();
    let id = &TOWN.plan.grids[g].grid_id;
    // with another seed the search would come to other grids
    let other =
        |locks| draw(&Layers { locks, ..LAYERS.clone() }, &recipe(&|d| (d.seed, d.grid.target) = (Some(9), Some(250.0))), &()).unwrap();
    let keeps = |d: &Drawn| d.plan.grids.iter().any(|x| units(d, &x.grid_id) == units(&TOWN, id));
    assert!(!keeps(&other(vec![])));
    let kept = other(vec![lock("frozen", "town hall", vec![], land(g))]);
    assert!(keeps(&kept) && told(&kept, "lock-not-kept").is_empty() && told(&kept, "lock-redrawn").is_empty());
    let locked: Vec<_> = kept.plan.grids.iter().filter(|g| !g.locks.is_empty()).collect();
    assert_eq!(locked.len(), 1);
    assert_eq!(locked[0].locks, ["town hall"]);
    let why = explain(&kept.plan, &locked[0].grid_id).unwrap().reasons;
    assert!(why.iter().any(|r| r.contains("town hall")), "{why:?}");
    assert!(locked[0].frozen);
    for z in &kept.plan.zones {
        assert!(!z.bound.proven || (z.bound.possible_violation - z.bound.reached_violation).abs() < 1e-4, "{:?}", z.bound);
    }
}

#[test]
fn units_stay_together_or_apart() {
    let g = ordinary();
    let grid = |d: &Drawn, unit: usize| d.plan.fabric.units[unit].grid;
    let zone = |u: usize| &TOWN.plan.grids[TOWN.plan.fabric.units[u].grid as usize].zone_id;
    let all = 0..TOWN.fabric.units.len();
    let inside: Vec<usize> = all.clone().filter(|&u| grid(&TOWN, u) == g as u32 && TOWN.fabric.units[u].load.0 > 0).collect();
    let beside = all.clone().find(|&u| grid(&TOWN, u) != g as u32 && zone(u) == zone(inside[0])).unwrap();
    let together = drawn(vec![at("together", "school", &[place(inside[0]), place(beside)])]);
    assert_eq!(grid(&together, inside[0]), grid(&together, beside));
    let pair = [place(inside[0]), place(inside[1])];
    let apart = drawn(vec![at("apart", "rivals", &pair)]);
    assert_ne!(grid(&apart, inside[0]), grid(&apart, inside[1]));
    let seeds = drawn(vec![at("seed", "a", &pair[..1]), at("seed", "b", &pair[1..])]);
    assert_ne!(grid(&seeds, inside[0]), grid(&seeds, inside[1]));
    for d in [&together, &apart, &seeds] {
        assert!(told(d, "lock-not-kept").is_empty());
    }
}

#[test]
fn locks_that_cannot_be_kept_are_told_with_place() {
    let far = |u: usize| TOWN.fabric.units[u].division != TOWN.fabric.units[0].division;
    let other = (0..TOWN.fabric.units.len()).find(|&u| far(u)).unwrap();
    let cases: [(Vec<LockRecord>, &str, &str); 9] = [
        (vec![at("", "x", &[place(0)])], "lock-unknown", "no property lock"),
        (vec![at("seed", "x", &[place(0)]), at("seed", "y", &[place(0)])], "lock-not-kept", "in the same unit as another"),
        (vec![at("apart", "x", &[place(0)])], "lock-not-kept", "one unit only"),
        (vec![at("glued", "x", &[place(0)])], "lock-unknown", "frozen, together, apart or seed"),
        (vec![at("together", "x", &[place(0), [0.0, 0.0]])], "lock-not-kept", "outside the territory"),
        (vec![at("together", "x", &[place(0), place(other)])], "lock-not-kept", "from one division into another"),
        (vec![at("together", "x", &[place(0), place(1)]), at("apart", "y", &[place(0), place(1)])], "lock-not-kept", "by a further lock"),
        (vec![at("frozen", "x", &[place(0)]), at("frozen", "y", &[place(0)])], "lock-not-kept", "in another frozen grid"),
        (vec![lock("frozen", "x", vec![], square(place(0), 1e-6))], "lock-redrawn", "does not run along units"),
    ];
    for (locks, code, why) in cases {
        let d = drawn(locks);
        let found = told(&d, code);
        assert!(
            found.iter().any(|f| f.message.contains(why) && f.subject.file.is_some() && f.subject.record == Some(7)),
            "{why}: {found:?}"
        );
    }
    // seeds raise the number of grids, and that is told
    let first: Vec<usize> =
        (0..TOWN.fabric.units.len()).filter(|&u| TOWN.fabric.units[u].division == TOWN.fabric.units[0].division).take(9).collect();
    let raised = drawn(first.iter().map(|&u| at("seed", &u.to_string(), &[place(u)])).collect());
    assert_eq!(told(&raised, "count-raised")[0].measured, Some(raised.plan.zones[0].grids.len() as f64));
    assert!(raised.plan.zones[0].bound.assumes.iter().any(|a| a.contains("locks")));
    // more seeds than the division can have grids
    let own: Vec<usize> =
        (0..TOWN.fabric.units.len()).filter(|&u| TOWN.fabric.units[u].division == TOWN.fabric.units[0].division).collect();
    let many = draw(
        &Layers { locks: own.iter().map(|&u| at("seed", &u.to_string(), &[place(u)])).collect(), ..LAYERS.clone() },
        &recipe(&|d| d.grid.count_max = Some(2)),
        &(),
    );
    assert!(told(&many.unwrap(), "lock-not-kept").iter().any(|f| f.message.contains("not enough grids") && f.place.is_some()));
}

fn square([x, y]: [f64; 2], r: f64) -> MultiPolygon<f64> {
    let ring = [(-r, -r), (r, -r), (r, r), (-r, r)].map(|(a, b)| (x + a, y + b));
    MultiPolygon(vec![Polygon::new(LineString::from(ring.to_vec()), vec![])])
}

#[test]
fn hard_barriers_are_crossed_only_by_what_is_too_light() {
    let d = draw(&LAYERS, &recipe(&|d| d.barriers.hard_from = Some(60)), &()).unwrap();
    let hard = |b: &evengrid::cut::Border| d.territory.classes[b.class as usize].strength >= 60;
    let same = |a: UnitId, b: UnitId| d.fabric.units[a.at()].division == d.fabric.units[b.at()].division;
    let mut pieces = UnionFind::<u32>::new(d.fabric.units.len());
    for b in d.fabric.borders.iter().filter(|b| !hard(b)) {
        if let Some(o) = b.b.filter(|&o| same(b.a, o)) {
            pieces.union(b.a.0, o.0);
        }
    }
    let mut load: BTreeMap<u32, i64> = BTreeMap::new();
    let mut of_grid: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (u, unit) in d.fabric.units.iter().enumerate() {
        let piece = pieces.find(u as u32);
        *load.entry(piece).or_default() += unit.balanced.0;
        of_grid.entry(d.plan.fabric.units[u].grid).or_default().insert(piece);
    }
    let low = d.territory.base.0 as f64 * 0.9;
    let crossing = |(_, p): &(&u32, &BTreeSet<u32>)| p.len() > 1;
    for (grid, pieces) in of_grid.iter().filter(crossing) {
        let heavy = pieces.iter().filter(|p| load[p] as f64 >= low).count();
        assert!(heavy < pieces.len(), "grid {grid} crosses without need");
    }
    // and a light piece is no bridge between others: without hard borders a grid falls into one part of a heavy piece, and light ones
    let grid = |u: u32| d.plan.fabric.units[u as usize].grid;
    let mut inside = UnionFind::<u32>::new(d.fabric.units.len());
    for b in d.fabric.borders.iter().filter(|b| !hard(b)) {
        if let Some(o) = b.b.filter(|o| grid(b.a.0) == grid(o.0)) {
            inside.union(b.a.0, o.0);
        }
    }
    let mut heavy: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for u in (0..d.fabric.units.len() as u32).filter(|&u| load[&pieces.find(u)] as f64 >= low) {
        heavy.entry(grid(u)).or_default().insert(inside.find(u));
    }
    let torn: Vec<_> = heavy.iter().filter(|(g, parts)| parts.len() > 1 && d.plan.grids[**g as usize].parts == 1).collect();
    assert!(torn.is_empty(), "{torn:?}");
    let soft = |p: &&BTreeSet<u32>| p.iter().any(|p| load[p] > 0 && (load[p] as f64) < low) && p.len() > 1;
    assert_eq!(of_grid.values().any(|p| soft(&p)), !told(&d, "hard-barrier-crossed").is_empty());
    assert!(load.len() > d.plan.zones.len(), "some division is parted");
}
