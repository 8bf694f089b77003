//! Single cases of the cut that a planner would draw on paper.

mod land;

use evengrid::cut::{Border, Fabric};
use evengrid::finding::Severity;
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::Territory;
use evengrid::territory::layers::Layers;
use land::{Corner, division, home, lake, line, made};

fn class_of<'a>(land: &'a Territory, b: &Border) -> &'a str {
    &land.classes[b.class as usize].name
}

fn bridges_join(join: bool) -> Recipe {
    let mut draft = Draft::default();
    draft.barriers.bridges_join = Some(join);
    draft.build().unwrap()
}

/// Two divisions, one above the other, and a street a cell above their border that turns north half-way.
fn street_beside_a_border() -> Layers {
    Layers {
        divisions: vec![division(0, &[(0, 0), (40, 0), (40, 20), (0, 20)]), division(1, &[(0, 20), (40, 20), (40, 40), (0, 40)])],
        roads: vec![line(0, "primary", &[(-1, 21), (20, 21), (20, 41)])],
        households: vec![home(0, (5, 30), 10.0), home(1, (30, 30), 10.0), home(2, (5, 10), 10.0)],
        ..Layers::default()
    }
}

#[test]
fn a_street_beside_a_border_becomes_the_border() {
    let (land, fabric) = made(&street_beside_a_border(), &Recipe::default());
    // without the rung the strip would hang on the eastern unit
    assert_eq!(fabric.units.len(), 3);
    assert_eq!(fabric.absorbed.len(), 1);
    let strip = fabric.absorbed[0];
    assert!((strip.width_m - 11.0).abs() < 1.0 && (strip.area_m2 / (20.0 * 7.17 * 11.12) - 1.0).abs() < 0.1, "{strip:?}");
    let area: Vec<f64> = (0..2).map(|d| fabric.units.iter().filter(|u| u.division.at() == d).map(|u| u.area_m2).sum()).collect();
    assert!((area[0] - area[1]).abs() < 1.0, "no land changes its division: {area:?}");
    let west = |b: &&Border| {
        b.b.is_some_and(|o| fabric.units[b.a.at()].division != fabric.units[o.at()].division && class_of(&land, b) == "primary")
    };
    let along: f64 = fabric.borders.iter().filter(west).map(|b| b.length_m).sum();
    assert!((along / (20.0 * 7.17) - 1.0).abs() < 0.1, "the western half of the border runs along the street: {along}");
}

#[test]
fn a_street_that_crosses_a_border_leaves_no_notch() {
    for end in [(20, 40), (24, 40), (30, 40), (39, 40)] {
        let mut layers = street_beside_a_border();
        layers.roads = vec![line(0, "primary", &[(20, 0), end])];
        let (_, fabric) = made(&layers, &Recipe::default());
        assert_eq!((fabric.units.len(), fabric.absorbed.len()), (4, 0));
    }
}

/// A lake from side to side, or a river, with a road over it.
fn water_with_a_bridge(river: bool) -> Layers {
    let mut bridge = line(0, "secondary", &[(20, -1), (20, 41)]);
    bridge.bridge = true;
    Layers {
        divisions: vec![division(0, &[(0, 0), (40, 0), (40, 40), (0, 40)])],
        roads: vec![bridge],
        water_lines: if river { vec![line(0, "river", &[(-1, 20), (41, 20)])] } else { vec![] },
        water_areas: if river { vec![] } else { vec![lake(0, &[(0, 15), (40, 15), (40, 25), (0, 25)])] },
        households: vec![home(0, (5, 5), 10.0), home(1, (30, 30), 10.0)],
        ..Layers::default()
    }
}

/// Cost per metre of the borders along water.
fn costs(land: &Territory, fabric: &Fabric) -> Vec<f64> {
    let wet = |b: &&Border| b.b.is_some() && ["lake", "river"].contains(&class_of(land, b));
    fabric.borders.iter().filter(wet).map(|b| b.cost as f64 / 1000.0 / b.length_m).collect()
}

#[test]
fn banks_are_joined_over_a_bridge_only_where_the_recipe_says_so() {
    let (land, apart) = made(&water_with_a_bridge(false), &bridges_join(false));
    assert_eq!((apart.units.len(), apart.units.iter().filter(|u| u.water).count()), (5, 1));
    assert!(costs(&land, &apart).iter().all(|&c| c < 0.5));
    let (land, joined) = made(&water_with_a_bridge(false), &bridges_join(true));
    assert_eq!((joined.units.len(), joined.units.iter().filter(|u| u.water).count()), (6, 2));
    assert!(costs(&land, &joined).iter().all(|&c| c > 1.0));
    let (land, apart) = made(&water_with_a_bridge(true), &bridges_join(false));
    assert_eq!((apart.units.len(), costs(&land, &apart).len()), (4, 2));
    assert!(costs(&land, &apart).iter().all(|&c| c < 0.5));
    let (land, joined) = made(&water_with_a_bridge(true), &bridges_join(true));
    assert_eq!(joined.units.len(), 4);
    assert!(costs(&land, &joined).iter().all(|&c| c > 1.0));
}

#[test]
fn what_bridges_did_and_lines_of_another_place_are_told() {
    let told = |fabric: &Fabric| fabric.findings.iter().find(|f| f.code == "bridges-join").and_then(|f| f.measured);
    let mut layers = water_with_a_bridge(false);
    assert_eq!(told(&made(&layers, &bridges_join(false)).1), None);
    // two banks left and two right of the bridge
    assert_eq!(told(&made(&layers, &bridges_join(true)).1), Some(4.0));
    layers.roads = vec![line(0, "primary", &[(100, 100), (140, 100)])];
    let (land, _) = made(&layers, &Recipe::default());
    let outside: Vec<_> = land.findings.iter().filter(|f| f.code == "lines-outside").map(|f| (f.severity, f.measured)).collect();
    assert_eq!(outside, [(Severity::Warning, Some(1.0))]);
}

#[test]
fn a_road_in_a_tunnel_does_not_divide() {
    let mut layers = water_with_a_bridge(true);
    layers.roads[0].tunnel = true;
    let (_, fabric) = made(&layers, &Recipe::default());
    assert_eq!(fabric.units.len(), 2);
}

#[test]
fn load_on_water_is_told() {
    let mut layers = water_with_a_bridge(false);
    layers.households.push(home(2, (10, 20), 7.0));
    let (_, fabric) = made(&layers, &Recipe::default());
    let told: Vec<_> = fabric.findings.iter().filter(|f| f.code == "load-on-water").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].measured, Some(7.0));
    assert_eq!(fabric.units.iter().map(|u| u.load.units()).sum::<f64>(), 27.0);
}

#[test]
fn islands_and_lakes_nest() {
    let ring = |lo: i32, hi: i32| -> Vec<Corner> { vec![(lo, lo), (hi, lo), (hi, hi), (lo, hi)] };
    let mut layers = water_with_a_bridge(true);
    layers.roads.clear();
    layers.water_lines.clear();
    layers.water_areas = vec![lake(0, &ring(5, 35))];
    layers.water_areas[0].land.0[0].interiors_push(land::ring(&ring(10, 30)));
    layers.water_areas.push(lake(1, &ring(15, 25)));
    let (_, fabric) = made(&layers, &Recipe::default());
    let mut found: Vec<(bool, usize)> = fabric.units.iter().map(|u| (u.water, u.rings.len())).collect();
    found.sort_unstable();
    assert_eq!(found, [(false, 2), (false, 2), (true, 1), (true, 2)]);
}

#[test]
fn enclaves_and_exclaves_keep_their_division() {
    let square = |lo: i32, hi: i32| -> Vec<Corner> { vec![(lo, lo), (hi, lo), (hi, hi), (lo, hi)] };
    // d0 with a hole that holds d1, inside which lies a piece of d0
    let mut outer = division(0, &square(0, 40));
    outer.land.0[0].interiors_push(land::ring(&square(10, 30)));
    outer.land.0.push(division(0, &square(15, 25)).land.0.remove(0));
    let mut inner = division(1, &square(10, 30));
    inner.land.0[0].interiors_push(land::ring(&square(15, 25)));
    let households = vec![home(0, (2, 2), 1.0), home(1, (12, 12), 2.0), home(2, (20, 20), 4.0)];
    let layers = Layers { divisions: vec![outer, inner], households, ..Layers::default() };
    let (_, fabric) = made(&layers, &Recipe::default());
    assert_eq!((fabric.units.len(), fabric.pieces), (3, 3));
    let load = |d: usize| fabric.units.iter().filter(|u| u.division.at() == d).map(|u| u.load.units()).sum::<f64>();
    assert_eq!((load(0), load(1)), (5.0, 2.0));
    let holes: usize = fabric.units.iter().map(|u| u.rings.len() - 1).sum();
    assert_eq!((holes, fabric.findings.iter().filter(|f| f.code.starts_with("division-")).count()), (2, 0));
}
