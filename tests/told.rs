//! What must not be silent, and what messages say (R23, R33, R41).

mod land;

use evengrid::finding::{Finding, Severity};
use evengrid::pipeline::{Drawn, draw};
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::layers::{AreaRecord, Layers, PointRecord};
use land::{area, division, home, lake, line};

/// A division with streets every ten cells and a home of 4 every five.
fn layers() -> Layers {
    let across = (0..=6).map(|k| [(0, 10 * k), (60, 10 * k)]);
    let along = (0..=6).map(|k| [(10 * k, 0), (10 * k, 60)]);
    let homes = (0..12).flat_map(|i| (0..12).map(move |j| (5 * i + 2, 5 * j + 2)));
    Layers {
        divisions: vec![division(0, &[(0, 0), (60, 0), (60, 60), (0, 60)])],
        roads: across.chain(along).enumerate().map(|(i, s)| line(i, "primary", &s)).collect(),
        households: homes.enumerate().map(|(i, at)| home(i, at, 4.0)).collect(),
        ..Layers::default()
    }
}

fn recipe(toml: &str) -> Recipe {
    Draft::from_toml(&format!("[effort]\nlevel = \"quick\"\n{toml}")).unwrap().build().unwrap()
}

fn drawn(layers: &Layers, toml: &str) -> Drawn {
    draw(layers, &recipe(toml), &()).unwrap()
}

fn told<'a>(d: &'a Drawn, code: &str) -> Vec<&'a Finding> {
    d.report.findings.iter().filter(|f| f.code == code).collect()
}

#[test]
fn points_none_of_which_is_load() {
    let mut layers = layers();
    for (i, h) in layers.households.iter_mut().enumerate() {
        h.kind = Some(if i < 100 { "shop" } else { "office" }.into());
    }
    let d = drawn(&layers, "[load]\nkinds = [\"hospital\", \"clinic\"]\n");
    let absent = told(&d, "load-absent");
    assert_eq!((absent.len(), absent[0].severity), (1, Severity::Warning));
    assert!(absent[0].message.contains("asks for hospital, clinic, and the layer has shop (100), office (44);"), "{}", absent[0]);
    assert!(told(&drawn(&layers, "[load]\nkinds = [\"shop\"]\n"), "load-absent").is_empty());
}

#[test]
fn kinds_of_hall_that_are_not_there() {
    let mut layers = layers();
    let hall = |k: usize, kind: &str| PointRecord { kind: Some(kind.into()), ..home(k, (5 + 10 * k as i32, 5), 1.0) };
    layers.pois = vec![hall(0, "use:bank"), hall(1, "use:post")];
    let absent = |kinds: &str| {
        let d = drawn(&layers, &format!("[halls]\nkinds = {kinds}\n"));
        told(&d, "anchors-absent").into_iter().map(|f| (f.severity, f.measured, f.message.clone())).collect::<Vec<_>>()
    };
    assert!(absent("[\"use:bank\", \"use\"]").is_empty());
    let some = absent("[\"use:bnak\", \"use:post\"]");
    assert_eq!((some.len(), some[0].0, some[0].1), (1, Severity::Info, Some(1.0)));
    assert!(some[0].2.contains("of 'use:bnak' (meant is use:bank?) of [halls] kinds"), "{}", some[0].2);
    assert_eq!(absent("[\"use:bnak\"]")[0].0, Severity::Warning);
}

#[test]
fn heavy_positions_are_held_against_their_limit() {
    let mut layers = layers();
    layers.households[0].weight = Some(90.0);
    layers.households[40].weight = Some(70.0);
    let d = drawn(&layers, "[grid]\ntarget = 160\ntolerance = 0.1\n");
    let heavy = told(&d, "stack-heavy");
    assert_eq!((heavy.len(), heavy[0].measured, heavy[0].limit), (1, Some(90.0 / 160.0), Some(0.5)));
    assert!(heavy[0].message.contains("56 % of a grid"), "{}", heavy[0]);
}

#[test]
fn wider_bands_hold_ordinary_grids_alone() {
    let mut layers = layers();
    let park = AreaRecord { kind: "industrial".into(), name: Some("Park".into()), ..lake(0, &[(0, 0), (20, 0), (20, 20), (0, 20)]) };
    layers.landuse = vec![AreaRecord { land: area(&[(0, 0), (20, 0), (20, 20), (0, 20)]), ..park }];
    let d = drawn(&layers, "[grid]\ntarget = 140\ntolerance = 0.01\n[kinds.park]\nlanduse = [\"industrial\"]\ncarve = true\n");
    let ordinary = d.plan.grids.iter().filter(|g| g.is_ordinary()).count() as u32;
    assert!(ordinary < d.plan.grids.len() as u32);
    assert_eq!(d.plan.zones[0].bound.relaxed.last().unwrap().in_band, ordinary);
}

#[test]
fn counts_that_do_not_fit_name_the_zone_and_what_was_asked_for() {
    let mut layers = layers();
    layers.stations = (0..2).map(|k| land::station(k, land::place((15 + 30 * k as i32, 30)))).collect();
    let d = drawn(&layers, "[zones]\nby = \"coverage\"\nload_min = 250\nload_max = 320\n[grid]\ntarget = 220\ntolerance = 0.1\n");
    let told = told(&d, "count-infeasible");
    assert_eq!(told.len(), d.plan.zones.len());
    for (f, z) in told.iter().zip(&d.plan.zones) {
        assert!(f.message.starts_with(&format!("zone {} of it: a load of 288 makes 1.31 grids", z.zone_id)), "{f}");
        assert!(!f.message.contains("any number of grids"), "{f}");
    }
}
