//! Kinds of grid and customers by class (R5, R33), halls and landmarks (R2), on small land.

mod land;

use evengrid::attach::{characters, class_counts, halls};
use evengrid::cut::Fabric;
use evengrid::finding::Finding;
use evengrid::measure::{GridId, UnitId};
use evengrid::pipeline::draw;
use evengrid::plan::explain;
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::layers::{AreaRecord, Layers, Numbers, Origin, PointRecord};
use evengrid::territory::{BarrierLayer, Territory};
use evengrid::zones::{Dedicated, dedicated, pull};
use land::{Corner, config, division, home, jitter, lake, line, made, place};
use petgraph::unionfind::UnionFind;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn recipe(text: &str) -> Recipe {
    Draft::from_toml(&format!("[grid]\ntarget = 20\n[cut]\nsplit_above = 1\n{text}")).unwrap().build().unwrap()
}

const CLASSES: &str = "[classes.campus]\nkinds = [\"dormitory\"]\n[classes.firm]\nkinds = [\"office\"]\n";

fn customer(i: usize, at: Corner, class: &str) -> PointRecord {
    PointRecord { class: (!class.is_empty()).then(|| class.into()), ..home(i, at, 1.0) }
}

fn land_use(i: usize, kind: &str, name: Option<&str>, corners: &[Corner]) -> AreaRecord {
    AreaRecord { kind: kind.into(), name: name.map(str::to_string), ..lake(i, corners) }
}

fn square(x: i32, y: i32, side: i32) -> [Corner; 4] {
    [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
}

/// A division of 60 by 60 cells, with streets every 20: nine blocks of about 140 m by 220 m.
fn blocks() -> Layers {
    let mut streets = Vec::new();
    for k in [20, 40] {
        streets.push(line(streets.len(), "residential", &[(k, -5), (k, 65)]));
        streets.push(line(streets.len(), "residential", &[(-5, k), (65, k)]));
    }
    Layers { divisions: vec![division(0, &square(0, 0, 60))], roads: streets, ..Layers::default() }
}

/// Customers of a class in the block of that column and row.
fn fill(layers: &mut Layers, (column, row): Corner, n: usize, class: &str) {
    let at = |i: i32| (column * 20 + 3 + i % 5 * 3, row * 20 + 3 + i / 5 % 5 * 3);
    let first = layers.households.len();
    layers.households.extend((0..n).map(|i| customer(first + i, at(i as i32), class)));
}

fn told<'a>(findings: &'a [Finding], code: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|f| f.code == code).collect()
}

fn unit_at(fabric: &Fabric, c: Corner) -> UnitId {
    use evengrid::territory::lattice::{Pt, Side, side_of_ring};
    let p = Pt::from_lon_lat(place(c)[0], place(c)[1]).unwrap();
    let inside = |u: &evengrid::cut::Unit| u.rings.iter().filter(|r| side_of_ring(r, p) == Side::Inside).count() % 2 == 1;
    UnitId::new(fabric.units.iter().position(inside).unwrap())
}

fn area(fabric: &Fabric, units: &[UnitId]) -> f64 {
    units.iter().map(|u| fabric.units[u.at()].area_m2).sum()
}

/// Area and perimeter of a square of cells.
fn measures(t: &Territory, side: i32) -> (f64, f64) {
    let [sx, sy] = t.plane.step_m().map(|m| m * 1e5 * f64::from(side));
    (sx * sy, 2.0 * (sx + sy))
}

const PARKS: &str = "[kinds.industrial-park]\nlanduse = [\"industrial\"]\nnamed = true\ncarve = true\n";

#[test]
fn named_land_is_a_grid_of_exactly_its_land() {
    let recipe = recipe(PARKS);
    // in the middle of a block; beside streets on two sides; over a street's middle; and along the edge of the division
    for (at, side) in [((24, 24), 12), ((21, 21), 12), ((15, 24), 10), ((1, 1), 15), ((0, 44), 10)] {
        let mut layers = blocks();
        fill(&mut layers, (2, 2), 3, "");
        let (x, y) = at;
        layers.landuse =
            vec![land_use(0, "industrial", Some("North Works"), &square(x, y, side)), land_use(1, "industrial", None, &square(45, 5, 9))];
        let (t, fabric) = made(&layers, &recipe);
        let (found, findings) = dedicated(&t, &fabric, &recipe);
        assert_eq!(found.len(), 1, "{at:?} {findings:?}");
        let (asked, perimeter) = measures(&t, side);
        let has = area(&fabric, &found[0].units);
        assert!((has - asked).abs() <= recipe.cut.snap_m * perimeter, "{at:?}: {has} of {asked}");
        // land off the streets is kept to the square metre
        assert!(at != (24, 24) || (has - asked).abs() < 1.0, "{has} of {asked}");
        assert_eq!(found[0].name.as_deref(), Some("North Works"));
        assert!(fabric.units.iter().all(|u| u.area_m2 > 400.0), "{at:?}: no slivers beside the outline");
        let outline = fabric.borders.iter().filter(|b| t.classes[b.class as usize].layer == BarrierLayer::Land).count();
        assert!(outline > 0, "{at:?}: its outline is a border");
    }
}

#[test]
fn an_outline_beside_a_street_snaps_to_it() {
    // one cell is 7 m wide, and 12 m are a sliver: the park takes the strip along the street, and not one of 14 m
    let recipe = recipe(PARKS);
    let has = |gap: i32| {
        let mut layers = blocks();
        layers.landuse = vec![land_use(0, "industrial", Some("W"), &[(20 + gap, 24), (35, 24), (35, 36), (20 + gap, 36)])];
        let (t, fabric) = made(&layers, &recipe);
        let (found, _) = dedicated(&t, &fabric, &recipe);
        let whole = measures(&t, 1).0 * f64::from(12 * 15);
        let own = measures(&t, 1).0 * f64::from(12 * (15 - gap));
        (area(&fabric, &found[0].units), whole, own)
    };
    let (taken, whole, own) = has(1);
    assert!((taken - whole).abs() < 0.1 * (whole - own), "{taken}: {whole} with the strip, {own} without");
    let (taken, _, own) = has(3);
    assert!((taken - own).abs() < 1.0, "{taken} of {own}");
}

#[test]
fn without_a_rule_that_carves_nothing_is_cut_or_set_aside() {
    let mut layers = blocks();
    fill(&mut layers, (1, 1), 25, "campus");
    let (_, plain) = made(&layers, &recipe(""));
    layers.landuse = vec![land_use(0, "industrial", Some("N"), &square(24, 24, 12))];
    let named = recipe(&format!("{CLASSES}{}", PARKS.replace("carve = true", "carve = false")));
    let (t, fabric) = made(&layers, &named);
    assert_eq!(plain.units, fabric.units);
    assert!(dedicated(&t, &fabric, &named).0.is_empty() && t.outlines.is_empty() && t.land_use.len() == 1);
}

#[test]
fn a_concentration_just_below_the_threshold_is_not_carved() {
    let rule = |min: u32, share: f64| {
        recipe(&format!("{CLASSES}[kinds.campus]\nclasses = [\"campus\"]\nmin_count = {min}\nshare = {share}\ncarve = true\n"))
    };
    let mut layers = blocks();
    fill(&mut layers, (1, 1), 4, "campus");
    fill(&mut layers, (1, 1), 1, "firm");
    fill(&mut layers, (2, 1), 3, "campus");
    fill(&mut layers, (0, 0), 9, "");
    let run = |recipe: &Recipe| {
        let (t, fabric) = made(&layers, recipe);
        let (found, findings) = dedicated(&t, &fabric, recipe);
        (found.iter().map(|d| d.units.len()).collect::<Vec<_>>(), findings)
    };
    // two neighbouring blocks, one of them with 4 of 5
    assert_eq!(run(&rule(7, 0.8)).0, [2]);
    let (found, findings) = run(&rule(8, 0.8));
    assert!(found.is_empty());
    let small = told(&findings, "kind-too-small");
    assert_eq!((small.len(), small[0].measured, small[0].limit), (1, Some(7.0), Some(8.0)));
    assert!(small[0].place.is_some());
    assert_eq!(run(&rule(3, 0.81)).0, [1]);
    assert!(run(&rule(4, 0.81)).0.is_empty());
}

#[test]
fn empty_land_between_joins_and_load_does_not() {
    let rule = recipe(&format!("{CLASSES}[kinds.campus]\nclasses = [\"campus\"]\nmin_count = 6\ncarve = true\n"));
    let mut layers = blocks();
    fill(&mut layers, (0, 1), 3, "campus");
    fill(&mut layers, (2, 1), 3, "campus");
    fill(&mut layers, (1, 0), 9, "");
    fill(&mut layers, (1, 2), 9, "");
    let run = |layers: &Layers| {
        let (t, fabric) = made(layers, &rule);
        dedicated(&t, &fabric, &rule)
    };
    let (found, findings) = run(&layers);
    assert_eq!(found.iter().map(|d| d.units.len()).collect::<Vec<_>>(), [3]);
    // which parts the north from the south
    assert_eq!(told(&findings, "remainder-parted").len(), 1);
    let f = told(&findings, "remainder-parted")[0];
    assert!((f.measured.unwrap() - 0.45).abs() < 1e-9 && (f.limit.unwrap() - 0.9).abs() < 1e-9 && f.place.is_some());
    fill(&mut layers, (1, 1), 1, "");
    assert!(run(&layers).0.is_empty(), "a home lies between");
}

#[test]
fn pockets_without_load_join_the_grid_around_them() {
    let rule = recipe(PARKS);
    let mut layers = blocks();
    layers.landuse = vec![
        land_use(0, "industrial", Some("A"), &square(0, 20, 20)),
        land_use(1, "industrial", Some("B"), &[(20, 0), (40, 0), (40, 20), (20, 20)]),
    ];
    // the corner between them is empty; everything else has load
    for block in [(1, 1), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2)] {
        fill(&mut layers, block, 9, "");
    }
    let run = |layers: &Layers| {
        let (t, fabric) = made(layers, &rule);
        let (found, findings) = dedicated(&t, &fabric, &rule);
        let corner = unit_at(&fabric, (10, 10));
        let holders: Vec<String> = found.iter().filter(|d| d.units.contains(&corner)).filter_map(|d| d.name.clone()).collect();
        (holders, findings, area(&fabric, &[corner]).round())
    };
    // its border with B is the longer one: cells are higher than wide
    let (holders, findings, corner) = run(&layers);
    assert_eq!(holders, ["B"]);
    let joined = told(&findings, "remainder-joined");
    assert_eq!((joined.len(), joined[0].measured), (1, Some(corner)));
    assert!(told(&findings, "remainder-parted").is_empty());
    fill(&mut layers, (0, 0), 3, "");
    let (holders, findings, _) = run(&layers);
    assert!(holders.is_empty() && told(&findings, "remainder-joined").is_empty());
    assert_eq!(told(&findings, "remainder-parted").len(), 1);
}

#[test]
fn named_land_within_other_land_is_a_grid_of_its_own_or_is_told() {
    let park = |i: usize, name: &str, corners: &[Corner]| land_use(i, "industrial", Some(name), corners);
    let around = [[(20, 0), (40, 0), (40, 20), (20, 20)], [(0, 20), (20, 20), (20, 40), (0, 40)], [(40, 20), (60, 20), (60, 40), (40, 40)]];
    let mut layers = blocks();
    fill(&mut layers, (0, 0), 19, "");
    layers.landuse = around.iter().enumerate().map(|(i, c)| park(i, "A", c)).collect();
    layers.landuse.push(park(3, "A", &square(20, 40, 20)));
    layers.landuse.push(park(4, "B", &square(20, 20, 20)));
    let run = |layers: &Layers, rule: &str| {
        let rule = recipe(rule);
        let (t, fabric) = made(layers, &rule);
        let (found, findings) = dedicated(&t, &fabric, &rule);
        let holder =
            |c: Corner| found.iter().filter(|d| d.units.contains(&unit_at(&fabric, c))).filter_map(|d| d.name.clone()).collect::<Vec<_>>();
        assert!(found.iter().all(|d| !d.units.is_empty()));
        (holder((30, 30)), findings)
    };
    // all around it is A
    let (holder, findings) = run(&layers, PARKS);
    assert_eq!(holder, ["B"]);
    assert!(told(&findings, "kind-without-land").is_empty());
    // an earlier rule has its land, or nobody has
    let first = "[kinds.works]\nrank = 1\nlanduse = [\"industrial\"]\ncarve = true\nlogical = true\n[kinds.park]\nrank = 2\nlanduse = [\"park\"]\ncarve = true\n";
    layers.landuse.push(land_use(5, "park", Some("C"), &square(25, 25, 10)));
    layers.landuse.push(land_use(6, "park", Some("D"), &square(90, 25, 10)));
    layers.landuse.push(land_use(7, "park", None, &square(90, 25, 10)));
    layers.divisions.push(division(1, &square(80, 0, 60)));
    let (_, findings) = run(&layers, &format!("{first}min_area_m2 = 20000\n"));
    let without = told(&findings, "kind-without-land");
    let shown: Vec<_> = without.iter().map(|f| (f.subject.id.as_deref().unwrap(), f.subject.record, f.place.is_some())).collect();
    assert_eq!(shown, [("park", Some(8), true), ("C", Some(6), true), ("D", Some(7), true)]);
    assert!(without[1].message.contains("is in works"), "{}", without[1].message);
    assert!(without[2].message.contains("ordinary grids"), "{}", without[2].message);
}

/// Three blocks of customers in a row part the north from the south.
fn parted(south: &[(&str, usize)]) -> Layers {
    let mut layers = blocks();
    (0..3).for_each(|column| fill(&mut layers, (column, 1), [10, 10, 3][column as usize], "campus"));
    (0..3).for_each(|column| fill(&mut layers, (column, 2), 12, ""));
    south.iter().for_each(|(class, n)| fill(&mut layers, (1, 0), *n, class));
    layers
}

#[test]
fn pockets_with_little_load_join_a_concentration_or_are_connected_again() {
    let run = |layers: &Layers, min: u32| {
        let text = format!("{CLASSES}[kinds.campus]\nclasses = [\"campus\"]\nshare = 0.8\nmin_count = {min}\ncarve = true\n");
        let rule = recipe(&text);
        let d = draw(layers, &rule, &()).unwrap();
        let (found, findings) = dedicated(&d.territory, &d.fabric, &rule);
        let of = |code: &str| told(&findings, code).len();
        (found[0].units.len(), [of("remainder-joined"), of("remainder-connected"), of("remainder-parted")], d)
    };
    // 23 of 27 points are of the class: the three blocks in the south join
    let (units, codes, _) = run(&parted(&[("", 4)]), 20);
    assert_eq!((units, codes[1..].to_vec()), (6, vec![0, 0]));
    assert!(codes[0] > 0);
    // 23 of 32 are not enough; one block at the end goes back, with the fewest of them
    let (units, codes, _) = run(&parted(&[("", 9)]), 20);
    assert_eq!((units, codes), (2, [0, 1, 0]));
    // which it cannot do without
    let (units, codes, d) = run(&parted(&[("", 9)]), 23);
    assert_eq!((units, codes), (3, [0, 0, 1]));
    let campus = d.plan.grids.iter().find(|g| g.kind == "campus").unwrap();
    let light = d.plan.grids.iter().find(|g| g.households == 9.0).unwrap();
    let reasons = explain(&d.plan, &light.grid_id).unwrap().reasons;
    assert!(reasons[0].contains("cut off") && reasons[0].contains(&campus.grid_id), "{reasons:?}");
    for g in d.plan.grids.iter().filter(|g| g.households != 9.0) {
        assert!(!explain(&d.plan, &g.grid_id).unwrap().reasons.iter().any(|r| r.contains("cut off")));
    }
    let f = told(&d.report.findings, "remainder-parted")[0];
    assert!(f.message.contains("by campus"), "{}", f.message);
    // enough for a grid
    assert_eq!(run(&parted(&[("", 18)]), 20).1, [0, 0, 1]);
}

#[test]
fn land_in_parts_makes_several_grids_or_a_logical_one() {
    let rule = |more: &str| recipe(&format!("[kinds.site]\nlanduse = [\"construction\"]\ncarve = true\n{more}"));
    let mut layers = blocks();
    fill(&mut layers, (1, 1), 9, "");
    let site = |i, name, x, load| AreaRecord { expected_load: load, ..land_use(i, "construction", name, &square(x, 44, 10)) };
    layers.landuse = vec![site(0, Some("Quay"), 5, Some(100.0)), site(1, Some("Quay"), 45, Some(50.5))];
    let run = |layers: &Layers, recipe: &Recipe| {
        let (t, fabric) = made(layers, recipe);
        dedicated(&t, &fabric, recipe)
    };
    let shown =
        |found: &[Dedicated]| found.iter().map(|d| (d.name.clone(), d.expected_load.map(|l| l.units()), d.logical)).collect::<Vec<_>>();
    let (found, _) = run(&layers, &rule(""));
    assert_eq!(shown(&found), [(Some("Quay 1".into()), Some(100.0), false), (Some("Quay 2".into()), Some(50.5), false)]);
    let (found, _) = run(&layers, &rule("logical = true"));
    assert_eq!(shown(&found), [(None, Some(150.5), true)]);
    // missing is not zero
    layers.landuse[1].expected_load = None;
    let (found, findings) = run(&layers, &rule("logical = true"));
    assert_eq!(shown(&found), [(None, None, true)]);
    assert_eq!(told(&findings, "expected-load-missing")[0].subject.record, Some(2));
    // each part must be large enough by itself: 10 by 10 cells have about 8,000 m²
    layers.landuse[1] = site(1, Some("Quay"), 25, Some(1.0));
    let wide = |x: i32| [(x, 44), (x + 20, 44), (x + 20, 54), (x, 54)];
    layers.landuse.push(land_use(2, "construction", Some("Quay"), &wide(25)));
    let (found, findings) = run(&layers, &rule("min_area_m2 = 12000"));
    assert_eq!(found.iter().map(|d| d.name.as_deref()).collect::<Vec<_>>(), [Some("Quay 2")]);
    let small = told(&findings, "kind-too-small");
    assert_eq!((small[0].subject.id.as_deref(), small[0].limit, small[0].subject.record), (Some("Quay 1"), Some(12000.0), Some(1)));
    // land that lies nowhere, and kinds that no land has
    layers.landuse.push(land_use(3, "construction", None, &square(100, 100, 5)));
    let (t, _) = made(&layers, &recipe("[kinds.site]\nlanduse = [\"construction\", \"quarry\"]\ncarve = true\n"));
    assert_eq!(told(&t.findings, "landuse-outside")[0].measured, Some(1.0));
    assert_eq!(told(&t.findings, "landuse-absent")[0].subject.id.as_deref(), Some("quarry"));
}

#[test]
fn a_unit_goes_to_the_rule_of_the_first_rank() {
    let text = format!(
        "{CLASSES}[kinds.b]\nrank = 1\nlanduse = [\"industrial\"]\ncarve = true\n[kinds.a]\nrank = 2\nclasses = [\"campus\"]\ncarve = true\n"
    );
    let mut layers = blocks();
    fill(&mut layers, (1, 1), 9, "campus");
    layers.landuse = vec![land_use(0, "industrial", None, &square(20, 20, 20))];
    let kinds = |text: &str| {
        let recipe = recipe(text);
        let (t, fabric) = made(&layers, &recipe);
        dedicated(&t, &fabric, &recipe).0.iter().map(|d| recipe.kinds[d.rule].kind.clone()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&text), ["b"]);
    assert_eq!(kinds(&text.replace("rank = 1", "rank = 3")), ["a"]);
    // customers beside land use: enough of them must be there
    let both =
        |min: u32| format!("{CLASSES}[kinds.c]\nlanduse = [\"industrial\"]\nclasses = [\"campus\"]\nmin_count = {min}\ncarve = true\n");
    assert_eq!(kinds(&both(9)), ["c"]);
    assert!(kinds(&both(10)).is_empty());
}

#[test]
fn points_say_their_class_or_have_that_of_their_kind() {
    let recipe = recipe("[classes.shop]\nkinds = [\"shop\"]\n[classes.bakery]\nkinds = [\"shop:bakery\"]\n[load]\nkinds = [\"all\"]\n");
    let mut layers = blocks();
    let kinds = [
        ("shop:bakery", ""),
        ("shop", ""),
        ("shop:book", ""),
        ("shopping", ""),
        ("shop", "bakery"),
        ("shop", "cafe"),
        ("house", "cafe"),
        ("", ""),
    ];
    for (i, (kind, class)) in kinds.iter().enumerate() {
        let kind = (!kind.is_empty()).then(|| (*kind).into());
        layers.households.push(PointRecord { kind, ..customer(i, (30, 3 + i as i32), class) });
    }
    let (t, fabric) = made(&layers, &recipe);
    let name = |c: Option<u16>| c.map(|c| recipe.classes[c as usize].name.as_str());
    let got: Vec<Option<&str>> = t.points.iter().map(|p| name(p.class)).collect();
    assert_eq!(got, [Some("bakery"), Some("shop"), Some("shop"), None, Some("bakery"), None, None, None]);
    let unknown = told(&t.findings, "class-unknown");
    assert_eq!((unknown.len(), unknown[0].measured, unknown[0].subject.id.as_deref()), (1, Some(2.0), Some("cafe")));
    let counts = class_counts(&t, &fabric, &vec![GridId(0); fabric.units.len()], 1, &recipe);
    assert_eq!(counts, [BTreeMap::from([("bakery".to_string(), 2), ("shop".to_string(), 2)])]);
}

#[test]
fn ordinary_grids_have_the_character_of_the_first_rule_they_are_like() {
    let recipe = recipe(&format!(
        "{CLASSES}[kinds.campus]\nrank = 1\nclasses = [\"campus\"]\nshare = 0.6\nmin_count = 5\n[kinds.works]\nrank = 2\nlanduse = [\"industrial\"]\nshare = 0.5\n[kinds.both]\nrank = 3\nclasses = [\"firm\"]\nlanduse = [\"retail\"]\n"
    ));
    let mut layers = blocks();
    fill(&mut layers, (0, 0), 6, "campus");
    fill(&mut layers, (0, 0), 4, "firm");
    fill(&mut layers, (1, 0), 4, "campus");
    fill(&mut layers, (2, 0), 4, "firm");
    fill(&mut layers, (2, 1), 4, "firm");
    layers.landuse = vec![
        land_use(0, "industrial", None, &[(0, 40), (12, 40), (12, 60), (0, 60)]),
        land_use(1, "industrial", None, &[(20, 40), (29, 40), (29, 60), (20, 60)]),
        land_use(2, "retail", None, &square(40, 0, 20)),
    ];
    let (t, fabric) = made(&layers, &recipe);
    let one_each: Vec<GridId> = (0..fabric.units.len()).map(GridId::new).collect();
    let counts = class_counts(&t, &fabric, &one_each, fabric.units.len(), &recipe);
    let found = characters(&t, &fabric, &one_each, &counts, &recipe);
    let of = |column: i32, row: i32| found[unit_at(&fabric, (column * 20 + 10, row * 20 + 10)).at()].as_deref();
    assert_eq!([of(0, 0), of(1, 0), of(2, 0), of(2, 1)], [Some("campus"), None, Some("both"), None]);
    assert_eq!([of(0, 2), of(1, 2), of(2, 2)], [Some("works"), None, None]);
}

fn hall(i: usize, at: Corner) -> PointRecord {
    PointRecord {
        id: Some(format!("s{i}").into()),
        kind: Some("shop:mobile_phone".into()),
        origin: Origin { source: 0, record: i as u32 + 1 },
        ..home(i, at, 1.0)
    }
}

const HALLS: &str = "[halls]\nkinds = [\"shop:mobile_phone\"]\nradius_m = 150\npull = 0.25\n";

/// Two halls in the blocks at the west and the east end of the middle row; the second has a radius of its own.
fn with_halls(radius: f64) -> Layers {
    let mut layers = blocks();
    for block in [(0, 1), (1, 1), (2, 1), (1, 2)] {
        fill(&mut layers, block, 9, "");
    }
    layers.pois = vec![hall(0, (10, 30)), hall(1, (50, 30)), PointRecord { kind: Some("shop:book".into()), ..hall(2, (30, 50)) }];
    layers.numbers = vec![Numbers { layer: "pois".into(), property: "radius_m".into(), values: vec![None, Some(radius), None] }];
    layers
}

#[test]
fn borders_cost_more_around_a_hall_and_less_between_two() {
    let recipe = recipe(HALLS);
    assert_eq!(recipe.layers.pois.numbers, ["radius_m"]);
    let of = |layers: &Layers, recipe: &Recipe, x: Corner, y: Corner| {
        let (t, fabric) = made(layers, recipe);
        let (x, y) = (unit_at(&fabric, x), unit_at(&fabric, y));
        let at = fabric.borders.iter().position(|b| (b.a, b.b) == (x.min(y), Some(x.max(y)))).unwrap();
        pull(&t, &fabric, recipe)[at]
    };
    let [west, middle, east, south] = [(10, 30), (30, 30), (50, 30), (50, 10)];
    // the middle is about 140 m from either hall
    let near = with_halls(120.0);
    assert_eq!(of(&near, &recipe, west, middle), 1250);
    assert_eq!(of(&near, &recipe, middle, east), 750);
    assert_eq!(of(&near, &recipe, east, south), 1000);
    assert_eq!(of(&near, &self::recipe(&HALLS.replace("0.25", "0")), west, middle), 1000);
    // a landmark beside it pulls as well
    let both = self::recipe(&format!("{HALLS}[landmarks]\nkinds = [\"shop:book\"]\nradius_m = 500\npull = 0.2\n"));
    assert_eq!(of(&near, &both, west, middle), 1500);
    let (t, fabric) = made(&near, &both);
    assert!(fabric.borders.iter().zip(pull(&t, &fabric, &both)).all(|(b, f)| b.b.is_some() || f == 1000));
}

#[test]
fn grids_tell_the_halls_in_reach() {
    let recipe = recipe(HALLS);
    let layers = with_halls(20.0);
    let (t, fabric) = made(&layers, &recipe);
    let one_each: Vec<GridId> = (0..fabric.units.len()).map(GridId::new).collect();
    let found = halls(&t, &fabric, &one_each, fabric.units.len(), &recipe);
    let of = |c: Corner| found[unit_at(&fabric, c).at()].clone();
    assert_eq!((of((10, 30)).reached, of((10, 30)).share), (1, 1.0));
    let east = of((50, 30));
    assert_eq!(east.nearest.as_deref(), Some("s1"));
    assert!(east.reached == 0 || east.share < 1.0, "{east:?}");
    let (far, empty) = (of((30, 50)), of((50, 50)));
    assert_eq!((far.reached, far.share), (0, 0.0));
    assert!(far.distance_m.unwrap() > 150.0 && empty.distance_m.is_some());
    let drawn = draw(&layers, &recipe, &()).unwrap();
    let without = drawn.plan.grids.iter().filter(|g| g.halls.as_ref().unwrap().reached == 0).count();
    let indicator = |name: &str| drawn.report.indicators.iter().find(|i| i.name == name).unwrap().value;
    assert_eq!(indicator("without-hall"), without as f64);
    assert_eq!(told(&drawn.report.findings, "grid-without-hall").len(), without);
    // by hand: every point against every hall
    let reached = t.points.iter().filter(|p| t.anchors.iter().any(|a| t.plane.distance_m(a.at, p.at) <= a.radius_m)).count();
    assert!((indicator("hall-share") - reached as f64 / t.points.len() as f64).abs() < 1e-3);
    for g in drawn.plan.grids.iter().filter(|g| g.halls.as_ref().unwrap().reached == 0) {
        assert!(explain(&drawn.plan, &g.grid_id).unwrap().reasons.last().unwrap().contains("radius of a hall"));
    }
    // recipes without halls say nothing of them
    let plain = draw(&layers, &self::recipe(""), &()).unwrap();
    assert!(plain.plan.grids.iter().all(|g| g.halls.is_none()) && plain.report.indicators.iter().all(|i| i.name != "hall-share"));
    // a radius that cannot be is told
    let (t, _) = made(&with_halls(-1.0), &recipe);
    assert_eq!((t.anchors[1].radius_m, told(&t.findings, "radius-not-usable").len()), (150.0, 1));
    let (t, _) = made(&Layers { pois: vec![], ..layers }, &recipe);
    assert_eq!(told(&t.findings, "anchors-absent").len(), 1);
}

/// Components of `units`, and of all that is not taken, over borders within divisions.
fn parts(fabric: &Fabric, units: &BTreeSet<UnitId>) -> usize {
    let mut sets = UnionFind::<u32>::new(fabric.units.len());
    for b in &fabric.borders {
        if let Some(o) =
            b.b.filter(|o| units.contains(o) && units.contains(&b.a) && fabric.units[o.at()].division == fabric.units[b.a.at()].division)
        {
            sets.union(b.a.0, o.0);
        }
    }
    units.iter().map(|u| sets.find(u.0)).collect::<BTreeSet<_>>().len()
}

const RULES: &str = "[kinds.works]\nrank = 1\nlanduse = [\"industrial\"]\nnamed = true\nmin_area_m2 = 3000\ncarve = true\n\
    [kinds.campus]\nrank = 2\nclasses = [\"campus\"]\nshare = 0.5\nmin_count = 3\ncarve = true\n\
    [kinds.sites]\nrank = 3\nlanduse = [\"construction\"]\ncarve = true\nlogical = true\n\
    [kinds.firms]\nrank = 4\nclasses = [\"firm\"]\nmin_count = 4\ncarve = true\nlogical = true\n";

prop_compose! {
    fn rectangle()(x in -5..60i32, y in -5..60i32, w in 2..25i32, h in 2..25i32) -> [Corner; 4] {
        [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    }
}

prop_compose! {
    fn places()(
        lands in prop::collection::vec((rectangle(), 0..4u8, prop::option::of(0.0..99.0f64)), 0..6),
        homes in prop::collection::vec(((-2..62i32, -2..62i32), 0..4u8), 0..80),
        split in 10..50i32,
        seed in any::<u64>(),
    ) -> Layers {
        let mut layers = blocks();
        layers.divisions = vec![division(0, &[(0, 0), (split, 0), (split, 60), (0, 60)]), division(1, &[(split, 0), (60, 0), (60, 60), (split, 60)])];
        layers.landuse = lands.into_iter().enumerate().map(|(i, (corners, sort, expected_load))| {
            let (kind, name) = [("industrial", Some("A")), ("industrial", Some("B")), ("industrial", None), ("construction", None)][sort as usize];
            AreaRecord { expected_load, ..land_use(i, kind, name, &corners) }
        }).collect();
        layers.households = homes.into_iter().enumerate().map(|(i, (at, class))| customer(i, at, ["", "campus", "firm", "campus"][class as usize])).collect();
        jitter(&mut layers, seed);
        layers
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn dedicated_grids_keep_their_word(layers in places()) {
        let recipe = recipe(&format!("{CLASSES}{RULES}"));
        let (t, fabric) = made(&layers, &recipe);
        let (found, findings) = dedicated(&t, &fabric, &recipe);
        let mut taken: BTreeSet<UnitId> = BTreeSet::new();
        for d in &found {
            prop_assert!(!d.units.is_empty());
            for u in &d.units {
                prop_assert!(taken.insert(*u), "a unit is in two");
                prop_assert_eq!(fabric.units[u.at()].division, d.division);
            }
            if !d.logical {
                prop_assert_eq!(parts(&fabric, &d.units.iter().copied().collect()), 1);
            }
        }
        // the remainder of every piece is in one part, or that is told; what has no load is never left in pieces
        for piece in fabric.units.iter().map(|u| u.piece).collect::<BTreeSet<_>>() {
            let all: BTreeSet<UnitId> = (0..fabric.units.len()).map(UnitId::new).filter(|u| fabric.units[u.at()].piece == piece).collect();
            let left: BTreeSet<UnitId> = all.difference(&taken).copied().collect();
            let division = &t.division(fabric.units[all.first().unwrap().at()].division).id;
            let parted = told(&findings, "remainder-parted");
            let told = parted.iter().filter(|f| f.subject.id.as_ref() == Some(division)).count();
            prop_assert_eq!(parts(&fabric, &left).saturating_sub(1), told, "{:?}", findings);
            prop_assert!(parted.iter().all(|f| f.measured.unwrap() > 0.0 && f.place.is_some()));
        }
        // counts over all grids are the points inside
        let mut grid_of_unit = vec![GridId(0); fabric.units.len()];
        found.iter().enumerate().for_each(|(i, d)| d.units.iter().for_each(|u| grid_of_unit[u.at()] = GridId::new(i + 1)));
        let counts = class_counts(&t, &fabric, &grid_of_unit, found.len() + 1, &recipe);
        let inside = t.points.iter().zip(&fabric.unit_of_point).filter(|(p, u)| p.class.is_some() && u.is_some()).count();
        prop_assert_eq!(counts.iter().flat_map(|c| c.values()).sum::<u32>() as usize, inside);
        // and each dedicated grid has what its rule asks for
        for (d, counts) in found.iter().zip(&counts[1..]) {
            let rule = &recipe.kinds[d.rule];
            let own: u32 = counts.iter().filter(|(c, _)| rule.classes.contains(c)).map(|c| c.1).sum();
            prop_assert!(rule.classes.is_empty() || (own >= rule.min_count && f64::from(own) >= rule.share * f64::from(counts.values().sum::<u32>())));
        }
    }

    #[test]
    fn the_order_of_land_does_not_matter(layers in places()) {
        let recipe = recipe(&format!("{CLASSES}{RULES}"));
        let run = |layers: &Layers| {
            let (t, fabric) = made(layers, &recipe);
            let keys = |d: &Dedicated| (d.rule, d.name.clone(), d.expected_load, d.units.iter().map(|u| fabric.units[u.at()].key.clone()).collect::<Vec<_>>());
            dedicated(&t, &fabric, &recipe).0.iter().map(keys).collect::<Vec<_>>()
        };
        let mut turned = layers.clone();
        turned.landuse.reverse();
        prop_assert_eq!(run(&layers), run(&turned));
    }
}

#[test]
fn alleys_between_pieces_of_one_name_join_them() {
    let recipe = recipe(PARKS);
    let run = |name: &str, home: bool| {
        let mut layers = blocks();
        fill(&mut layers, (2, 2), 9, "");
        // 3 cells apart in one block, which is too wide for a sliver
        let piece = |i, name, x: i32| land_use(i, "industrial", Some(name), &[(x, 20), (x + 8, 20), (x + 8, 40), (x, 40)]);
        layers.landuse = vec![piece(0, "A", 20), piece(1, name, 31)];
        layers.households.extend(home.then(|| customer(99, (29, 30), "")));
        layers.households.extend([customer(98, (39, 30), "")].into_iter().filter(|_| home));
        let (t, fabric) = made(&layers, &recipe);
        let found = dedicated(&t, &fabric, &recipe).0;
        found.iter().map(|d| d.name.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(run("A", false), ["A"]);
    assert_eq!(run("B", false), ["A", "B"]);
    assert_eq!(run("A", true), ["A 1", "A 2"]);
    // a blank is no name
    assert_eq!(run("  ", false), ["A"]);
}

#[test]
fn expected_load_counts_once_where_most_of_its_land_is() {
    let recipe = recipe("[kinds.site]\nlanduse = [\"construction\"]\ncarve = true\nmin_area_m2 = 2000\n");
    let mut layers = blocks();
    layers.divisions = [(0, 0, 30), (1, 30, 60)].map(|(k, x, y)| division(k, &[(x, 0), (y, 0), (y, 60), (x, 60)])).to_vec();
    for block in [(0, 0), (2, 2)] {
        fill(&mut layers, block, 9, "");
    }
    let site = |x: i32, y: i32| AreaRecord {
        expected_load: Some(80.0),
        ..land_use(0, "construction", None, &[(x, 24), (y, 24), (y, 36), (x, 36)])
    };
    for (west, east, expected) in [(23, 34, [Some(80.0), None]), (26, 37, [None, Some(80.0)])] {
        layers.landuse = vec![site(west, east)];
        let (t, fabric) = made(&layers, &recipe);
        let found = dedicated(&t, &fabric, &recipe).0;
        assert_eq!(found.iter().map(|d| d.expected_load.map(|l| l.units())).collect::<Vec<_>>(), expected);
    }
    // land that is too small for its rule divides nothing
    layers.landuse = vec![site(31, 33)];
    let (t, fabric) = made(&layers, &recipe);
    assert!(t.outlines.is_empty() && dedicated(&t, &fabric, &recipe).0.is_empty());
}
