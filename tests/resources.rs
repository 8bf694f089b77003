//! Further resources through the whole chain: what is told adds up, what is balanced gets even, and what is neither changes no grid.

mod land;

use evengrid::cut::Fabric;
use evengrid::io::{plan_files, plan_read, read_layers};
use evengrid::measure::Load;
use evengrid::pipeline::{Drawn, draw};
use evengrid::plan::{check, explain};
use evengrid::recipe::{Draft, PointLayer, Recipe};
use evengrid::territory::layers::{Layers, Numbers};
use evengrid::territory::{Carrier, Territory};
use land::{config, division, home, line, place, station};
use proptest::prelude::*;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

fn recipe(resources: &str) -> Recipe {
    let mut draft = Draft::from_toml(resources).unwrap();
    (draft.division.level, draft.division.scheme) = (Some(8), Some("civil".into()));
    draft.build().unwrap()
}

fn town(resources: &str) -> Drawn {
    let recipe = recipe(resources);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");
    draw(&read_layers(folder.as_ref(), &recipe.layers).unwrap(), &recipe, &()).unwrap()
}

const SHOPS: &str = "[resources.shops]\nlayer = \"pois\"\nkinds = [\"shop\"]\nweight = 0\n";
const REACH: &str = "[resources.reach]\nlayer = \"base_stations\"\nproperty = \"radius_m\"\nweight = 0\n";
const FIRMS: &str =
    "[resources.firms]\nproperty = \"weight\"\nkinds = [\"commercial\", \"industrial\", \"public\"]\ntolerance = 0.3\nweight = ";

static PLAIN: LazyLock<Drawn> = LazyLock::new(|| town(""));
static TOLD: LazyLock<Drawn> = LazyLock::new(|| town(&format!("{SHOPS}{REACH}{FIRMS}0")));
static EVEN: LazyLock<Drawn> = LazyLock::new(|| town(&format!("{SHOPS}{FIRMS}1")));

fn indicator(d: &Drawn, name: &str) -> f64 {
    d.report.indicators.iter().find(|i| i.name == name).unwrap_or_else(|| panic!("no {name}")).value
}

/// What is told to lie outside of a resource.
fn outside(findings: &[evengrid::finding::Finding], name: &str) -> f64 {
    let told = findings.iter().filter(|f| f.code == "resource-outside" && f.subject.id.as_deref() == Some(name));
    told.filter_map(|f| f.measured).sum()
}

#[test]
fn all_that_counts_is_in_a_grid_or_told_to_be_outside() {
    let d = &*TOLD;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");
    let layers = read_layers(folder.as_ref(), &d.plan.provenance.recipe.layers).unwrap();
    let is = |kind: &Option<SmolStr>, part: &str| kind.as_ref().is_some_and(|k| k.starts_with(part));
    let firms = |kind: &Option<SmolStr>| ["commercial", "industrial", "public"].iter().any(|k| is(kind, k));
    let counted = [
        ("shops", layers.pois.iter().filter(|p| is(&p.kind, "shop:")).count() as f64),
        ("reach", layers.stations.iter().filter_map(|s| s.radius_m).sum()),
        ("firms", layers.households.iter().filter(|h| firms(&h.kind)).filter_map(|h| h.weight).sum()),
    ];
    for (name, all) in counted {
        let inside = all - outside(&d.report.findings, name);
        let r = d.territory.resources.iter().position(|r| r.name == name).unwrap();
        assert_eq!(d.plan.grids.iter().map(|g| g.load[name]).sum::<f64>(), inside, "{name}");
        assert_eq!(d.plan.fabric.units.iter().map(|u| u.resources[name]).sum::<f64>(), inside, "{name}");
        assert_eq!(d.fabric.units.iter().map(|u| u.resources[r]).sum::<Load>().units(), inside, "{name}");
        assert_eq!(indicator(d, &format!("{name}:total")), inside);
        assert!(inside > 0.0 && inside <= all);
    }
    assert!(outside(&d.report.findings, "reach") > 0.0, "a station stands outside the town");
    assert!(d.report.findings.iter().any(|f| f.code == "resource-missing" && f.measured == Some(2.0)), "two stations have no radius");
    // firms are demand points as well, and lie where these lie
    let mut by_grid = vec![0.0; d.plan.grids.len()];
    for (h, u) in layers.households.iter().zip(&d.fabric.unit_of_point).filter(|(h, _)| firms(&h.kind)) {
        if let Some(u) = u {
            by_grid[d.plan.fabric.units[u.at()].grid as usize] += h.weight.unwrap();
        }
    }
    assert_eq!(by_grid, d.plan.grids.iter().map(|g| g.load["firms"]).collect::<Vec<_>>());
}

#[test]
fn what_is_told_changes_no_grid() {
    let mut plan = TOLD.plan.clone();
    plan.provenance.recipe = PLAIN.plan.provenance.recipe.clone();
    // further numbers were read, and are in the digests
    plan.provenance.inputs = PLAIN.plan.provenance.inputs.clone();
    for g in &mut plan.grids {
        g.load.retain(|name, _| name == "households");
        g.deviations.clear();
    }
    plan.fabric.units.iter_mut().for_each(|u| u.resources.clear());
    plan.zones.iter_mut().for_each(|z| z.bound.resources.clear());
    assert!(plan == PLAIN.plan);
    let text = serde_json::to_string(&PLAIN.plan).unwrap();
    assert!(!text.contains("resource") && !text.contains("deviations"));
}

#[test]
fn what_is_balanced_gets_even() {
    let figure = |what: &str| (indicator(&TOLD, &format!("firms:{what}")), indicator(&EVEN, &format!("firms:{what}")));
    // the greatest is the grid of a unit with a business building: 72 firms on two positions, which stay together
    for (what, share) in [("max-over-mean", 0.95), ("coefficient-of-variation", 0.9)] {
        let (told, even) = figure(what);
        assert!(even < share * told, "{what}: {even} where it was {told}");
    }
    let (told, even) = figure("in-band");
    assert!(even > told, "{even} where it was {told}");
    for (a, b) in PLAIN.plan.zones.iter().zip(&EVEN.plan.zones) {
        assert_eq!(a.grids.len(), b.grids.len(), "the load decides how many");
    }
}

#[test]
fn figures_of_resources_are_recounts() {
    for d in [&*TOLD, &*EVEN] {
        let recipe = &d.plan.provenance.recipe;
        for z in &d.plan.zones {
            let own: Vec<_> = d.plan.grids.iter().filter(|g| g.zone_id == z.zone_id).collect();
            for r in &recipe.resources {
                let mean = own.iter().map(|g| g.load[&r.name]).sum::<f64>() / own.len() as f64;
                let row = z.bound.resources[&r.name];
                assert!((row.mean - mean).abs() < 1e-3, "{} {mean}", row.mean);
                for g in &own {
                    let deviation = if mean > 0.0 { g.load[&r.name] / mean - 1.0 } else { 0.0 };
                    assert!((g.deviations[&r.name] - deviation).abs() < 1e-2, "{} {deviation}", g.deviations[&r.name]);
                }
                assert!(row.reached_deviation >= row.possible_deviation - 1e-6, "{} {}: {row:?}", z.zone_id, r.name);
            }
        }
        for g in &d.plan.grids {
            let off: Vec<_> = g.off(recipe).collect();
            assert_eq!(g.in_band, g.load_in_band(recipe) && off.is_empty(), "{}", g.grid_id);
            assert_eq!(g.in_band, g.standing == evengrid::partition::Standing::InBand, "{}", g.grid_id);
            assert_eq!(g.in_band, g.light == "green");
            let told = d.report.findings.iter().find(|f| f.code == "grid-out-of-band" && f.subject.id.as_ref() == Some(&g.grid_id));
            assert_eq!(told.is_none(), g.in_band);
            let reasons = explain(&d.plan, &g.grid_id).unwrap().reasons;
            for (r, deviation) in off {
                let names = |text: &str| text.contains(&format!("of {}", r.name)) && text.contains(&format!("{:+.1} %", 100.0 * deviation));
                assert!(names(&told.unwrap().message) && reasons.iter().any(|t| names(t)), "{reasons:?}");
            }
        }
    }
    let recipe = &EVEN.plan.provenance.recipe;
    assert!(EVEN.plan.grids.iter().any(|g| g.load_in_band(recipe) && !g.in_band), "some grid is uneven in firms alone");
    let units: BTreeMap<_, _> = EVEN.plan.fabric.units.iter().map(|u| (u.key.as_str(), u)).collect();
    for c in EVEN.plan.zones.iter().flat_map(|z| z.bound.culprits.iter().map(move |c| (z, c))).filter(|(_, c)| c.units == 1) {
        let (unit, mean) = (units[c.1.unit.as_str()], |name: &str| c.0.bound.resources[name].mean);
        let worth = c.1.resource.as_ref().map_or(unit.worth, |r| unit.resources[r] / mean(r));
        assert!((c.1.worth - worth).abs() < 1e-2, "{:?}", c.1);
    }
}

#[test]
fn the_judge_recounts_resources() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("resources");
    std::fs::create_dir_all(&folder).unwrap();
    let text = plan_files::grids_geojson(&EVEN.plan).unwrap();
    let judged = |text: &str| {
        std::fs::write(folder.join("grids.geojson"), text).unwrap();
        let checked = check(&plan_read::read_plan(&folder).unwrap(), &EVEN.territory, 0.1, &()).unwrap();
        let rule = |name: &str| checked.checks.iter().find(|c| c.name == name).unwrap().ok;
        (rule("loads"), rule("loads:firms"), rule("loads:shops"))
    };
    assert_eq!(judged(&text), (true, true, true));
    let some = EVEN.plan.grids.iter().find(|g| g.load["firms"] > 0.0).unwrap().load["firms"];
    let claim = |firms: f64| format!("\"load\":{{\"firms\":{firms:?},");
    assert_eq!(judged(&text.replace(&claim(some), &claim(some + 500.0))), (true, false, true));
    let silent = text.replace("\"load\":{", "\"was\":{");
    assert_eq!(judged(&silent), (true, true, true));
}

fn land_recipe() -> Recipe {
    let toml = "[grid]\ntarget = 200\n[resources.flats]\nproperty = \"flats\"\n[resources.halls]\nlayer = \"pois\"\nproperty = \"halls\"\n\
                [resources.masts]\nlayer = \"base_stations\"";
    Draft::from_toml(toml).unwrap().build().unwrap()
}

/// A square of two divisions and four streets, with a home, a hall and a mast at every place, which may lie on a border or outside.
fn land(places: &[(i32, i32, u8)]) -> Layers {
    let homes: Vec<_> = places.iter().enumerate().map(|(i, &(x, y, _))| home(i, (x, y), 1.0)).collect();
    let mast = |(i, p): (usize, &(i32, i32, u8))| station(i, place((p.0, p.1)));
    let numbers = |layer: PointLayer, property: &str| {
        let values = places.iter().map(|p| (p.2 > 0).then_some(f64::from(p.2))).collect();
        Numbers { layer: layer.name().into(), property: property.into(), values }
    };
    let streets = [[(0, 20), (60, 20)], [(0, 45), (60, 45)], [(15, 0), (15, 60)], [(40, 0), (40, 60)]];
    Layers {
        divisions: vec![division(0, &[(0, 0), (30, 0), (30, 60), (0, 60)]), division(1, &[(30, 0), (60, 0), (60, 60), (30, 60)])],
        roads: streets.iter().enumerate().map(|(i, s)| line(i, "primary", s)).collect(),
        pois: homes.clone(),
        households: homes,
        stations: places.iter().enumerate().map(mast).collect(),
        numbers: vec![numbers(PointLayer::Households, "flats"), numbers(PointLayer::Pois, "halls")],
        ..Layers::default()
    }
}

fn made(layers: &Layers) -> (Territory, Fabric) {
    land::made(layers, &land_recipe())
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn points_of_all_layers_lie_where_demand_points_lie(
        places in prop::collection::vec((prop_oneof![-3i32..64, Just(0), Just(15), Just(30), Just(60)], prop_oneof![-3i32..64, Just(0), Just(20), Just(60)], 0u8..9), 1..60)
    ) {
        let (land, fabric) = made(&land(&places));
        let (mut amount, mut count) = (vec![Load::ZERO; fabric.units.len()], vec![Load::ZERO; fabric.units.len()]);
        let (mut lost, mut masts) = (0.0, 0.0);
        for (u, p) in fabric.unit_of_point.iter().zip(&places) {
            let load = Load::from_units(f64::from(p.2)).unwrap();
            match u {
                Some(u) => (amount[u.at()] += load, count[u.at()] += Load(Load::PER_UNIT)),
                None => (lost += load.units(), masts += 1.0),
            };
        }
        for (u, unit) in fabric.units.iter().enumerate() {
            prop_assert_eq!(&unit.resources, &[amount[u], amount[u], count[u]]);
        }
        for (name, all) in [("flats", lost), ("halls", lost), ("masts", masts)] {
            prop_assert_eq!(outside(&fabric.findings, name), all);
        }
        prop_assert!(land.carriers.iter().all(|c: &Carrier| c.amount > Load::ZERO));
    }
}

#[test]
fn amounts_that_cannot_count_are_told() {
    let mut layers = land(&[(5, 5, 1), (6, 6, 2), (7, 7, 3), (8, 8, 0)]);
    layers.numbers[0].values[..2].copy_from_slice(&[Some(-1.0), Some(f64::INFINITY)]);
    layers.pois[2].at = [500.0, 0.0];
    layers.stations.clear();
    let (land, _) = made(&layers);
    let told = |code: &str| {
        let of = land.findings.iter().filter(|f| f.code == code);
        of.map(|f| (f.measured, f.message.as_str())).collect::<Vec<_>>()
    };
    let unusable = "2 points have a negative amount or one too large and count 0 for flats; the first has -1";
    assert_eq!(told("amount-not-usable"), [(Some(2.0), unusable)]);
    assert_eq!(told("carrier-dropped"), [(Some(1.0), "1 points lie at no longitude and latitude and count 0 for halls; the first has 3")]);
    let missing = ["1 of 4 points have no 'flats' and count 0 for flats", "1 of 4 points have no 'halls' and count 0 for halls"];
    assert_eq!(told("resource-missing"), missing.map(|text| (Some(1.0), text)));
    assert_eq!(told("resource-empty")[0].1, "nothing carries masts: 0 points of the layer count; correct [resources.masts]");
    assert_eq!(land.carriers.iter().map(|c| c.amount.units()).collect::<Vec<_>>(), [3.0, 1.0, 2.0]);
    // columns of other points than there are do not count
    layers.households.pop();
    assert_eq!(made(&layers).0.carriers.len(), 2);
}
