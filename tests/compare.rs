//! Comparing two plans: laws on random partitions of a lattice, and cases by hand.

mod land;

use evengrid::io::plan_read::read_any;
use evengrid::io::{compare_files, map, sheet_before};
use evengrid::measure::Load;
use evengrid::pipeline::draw;
use evengrid::plan::compare::{Agreement, Basis, Class, Comparison, compare};
use evengrid::plan::{AsFound, MovedLand, former_borders, moved_land};
use evengrid::recipe::Draft;
use evengrid::territory::DemandPoint;
use evengrid::territory::lattice::{Plane, Pt};
use evengrid::territory::layers::{Layers, PointRecord};
use geo::{MapCoordsInPlace, MultiPolygon, unary_union};
use land::{CELL, area, config, grid, place};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Cells from west to east and from south to north.
const WIDE: i32 = 5;
const HIGH: i32 = 4;

fn cell(x: i32, y: i32) -> MultiPolygon<f64> {
    area(&[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)])
}

/// A plan from a label of every cell, none for a cell in no grid.
fn plan(labels: &[Option<u8>]) -> AsFound {
    let mut cells: BTreeMap<u8, Vec<MultiPolygon<f64>>> = BTreeMap::new();
    for (i, label) in labels.iter().enumerate() {
        if let Some(label) = label {
            cells.entry(*label).or_default().push(cell(i as i32 % WIDE, i as i32 / WIDE));
        }
    }
    let grids = cells.into_iter().map(|(label, land)| grid(&format!("g{label}"), unary_union(land.iter().flatten()))).collect();
    AsFound { grids, ..AsFound::default() }
}

/// A household at a quarter of a cell, on its border where `part` is 0.
fn home(i: usize, at: usize, part: (u8, u8), load: i64) -> DemandPoint {
    let [x, y] = place((at as i32 % WIDE, at as i32 / WIDE));
    let off = |q: u8| f64::from(q) * CELL / 4.0;
    DemandPoint {
        id: format!("h{i}").into(),
        at: Pt::from_lon_lat(x + off(part.0), y + off(part.1)).unwrap(),
        load: Load(load),
        settlement: 0,
        class: None,
    }
}

prop_compose! {
    fn labels()(most in 1..7u8)(cells in prop::collection::vec(prop::option::weighted(0.95, 0..most), (WIDE * HIGH) as usize)) -> Vec<Option<u8>> {
        cells
    }
}

prop_compose! {
    fn homes()(all in prop::collection::vec((0..(WIDE * HIGH) as usize, (0..4u8, 0..4u8), 1..9000i64), 0..60)) -> Vec<DemandPoint> {
        all.into_iter().enumerate().map(|(i, (at, part, load))| home(i, at, part, load)).collect()
    }
}

/// How much two plans agree; where nothing is in both there is nothing to disagree on, and the figures say that they do not know.
fn agreed(c: &Comparison) -> Agreement {
    let nothing = if c.basis == Basis::Land { c.moved.area_in_both_m2 } else { c.moved.households_in_both } == 0.0;
    assert_eq!(c.agreement.is_none(), nothing);
    c.agreement.unwrap_or(Agreement { adjusted_rand: 1.0, variation_of_information: 0.0 })
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
}

/// Sums of the overlap by the id on one side.
fn sums(c: &Comparison, after: bool) -> BTreeMap<String, (f64, f64)> {
    let mut out: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for o in &c.overlap {
        if let Some(id) = if after { &o.after } else { &o.before } {
            let sum = out.entry(id.clone()).or_default();
            *sum = (sum.0 + o.households, sum.1 + o.area_m2);
        }
    }
    out
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn nothing_moves_between_a_plan_and_itself(labels in labels(), homes in homes()) {
        let own = plan(&labels);
        let c = compare(&own, &own, &homes, 0.1, &()).unwrap();
        prop_assert!(near(c.moved.by_matching.households, 0.0) && near(c.moved.by_matching.area_m2, 0.0), "{:?}", c.moved);
        prop_assert!(c.moved.by_ids.is_none_or(|a| near(a.households, 0.0) && near(a.area_m2, 0.0)));
        let a = agreed(&c);
        prop_assert!(near(a.adjusted_rand, 1.0) && near(a.variation_of_information, 0.0), "{a:?}");
        prop_assert!(c.grids.iter().all(|g| g.class == Class::Unchanged) && c.gone.is_empty() && c.moved_land.is_empty());
        prop_assert!(c.findings.iter().all(|f| f.code == "households-in-no-plan"), "{:?}", c.findings);
    }

    #[test]
    fn swapping_the_plans_changes_no_figure(a in labels(), b in labels(), homes in homes()) {
        let (a, b) = (plan(&a), plan(&b));
        let (there, back) = (compare(&a, &b, &homes, 0.1, &()).unwrap(), compare(&b, &a, &homes, 0.1, &()).unwrap());
        prop_assert!(near(agreed(&there).adjusted_rand, agreed(&back).adjusted_rand));
        prop_assert!(near(agreed(&there).variation_of_information, agreed(&back).variation_of_information));
        prop_assert_eq!(there.moved.by_matching.households, back.moved.by_matching.households);
        prop_assert_eq!(there.moved.by_ids.map(|m| m.households), back.moved.by_ids.map(|m| m.households));
        prop_assert_eq!(there.moved.ids_hold, back.moved.ids_hold);
        prop_assert_eq!(&there.before, &back.after);
        prop_assert!(agreed(&there).adjusted_rand <= 1.0 + 1e-9 && agreed(&there).variation_of_information >= 0.0);
    }

    #[test]
    fn overlaps_add_up_to_the_grids(a in labels(), b in labels(), homes in homes()) {
        let (a, b) = (plan(&a), plan(&b));
        let c = compare(&a, &b, &homes, 0.1, &()).unwrap();
        let own = |plan: &AsFound| compare(plan, plan, &homes, 0.1, &()).unwrap().overlap;
        for (plan, sums) in [(&a, sums(&c, false)), (&b, sums(&c, true))] {
            for o in own(plan).iter().filter(|o| o.before.is_some()) {
                let sum = sums[o.before.as_ref().unwrap()];
                prop_assert!(near(sum.0, o.households) && near(sum.1, o.area_m2), "{o:?} {sum:?}");
            }
        }
        let shared = c.overlap.iter().filter(|o| o.before.is_some() && o.after.is_some());
        prop_assert!(near(shared.map(|o| o.households).sum(), c.moved.households_in_both));
        // moved land is what the map hatches: all of what moved, by ids or by matching
        let told = if c.moved.ids_hold { c.moved.by_ids.unwrap() } else { c.moved.by_matching };
        let hatched: f64 = c.moved_land.iter().filter(|m| m.from.is_some()).map(|m| m.area_m2).sum();
        prop_assert!((hatched - told.area_m2).abs() < 1.0, "{hatched} {told:?}");
    }

    #[test]
    fn names_matter_to_ids_alone(a in labels(), b in labels(), homes in homes()) {
        let (a, b) = (plan(&a), plan(&b));
        let mut renamed = b.clone();
        renamed.grids.iter_mut().for_each(|g| g.grid_id = format!("other {}", g.grid_id));
        let (c, r) = (compare(&a, &b, &homes, 0.1, &()).unwrap(), compare(&a, &renamed, &homes, 0.1, &()).unwrap());
        prop_assert!(r.moved.by_ids.is_none() && !r.moved.ids_hold);
        prop_assert_eq!(c.moved.by_matching, r.moved.by_matching);
        prop_assert_eq!(c.agreement, r.agreement);
        prop_assert_eq!((&c.before, &c.after), (&r.before, &r.after));
        let plain = |c: Class| if c == Class::Renamed { Class::Unchanged } else { c };
        for (g, h) in c.grids.iter().zip(&r.grids) {
            prop_assert_eq!((plain(g.class), &g.was, &g.mostly_from), (plain(h.class), &h.was, &h.mostly_from));
        }
        let gone = |c: &Comparison| c.gone.iter().map(|g| (g.grid_id.clone(), g.class, g.share)).collect::<Vec<_>>();
        prop_assert_eq!(gone(&c), gone(&r));
    }
}

/// Labels of a row of five cells, the other rows empty.
fn row(labels: [Option<u8>; 5]) -> AsFound {
    let mut all = vec![None; (WIDE * HIGH) as usize];
    all[..5].copy_from_slice(&labels);
    plan(&all)
}

/// A household in the middle of every cell of the row.
fn one_each() -> Vec<DemandPoint> {
    (0..5).map(|i| home(i, i, (2, 2), 1000)).collect()
}

fn classes(c: &Comparison) -> Vec<(&str, Class)> {
    c.grids.iter().map(|g| (g.grid_id.as_str(), g.class)).chain(c.gone.iter().map(|g| (g.grid_id.as_str(), g.class))).collect()
}

#[test]
fn grids_are_born_split_merged_and_retired() {
    let of = |a, b| {
        let c = compare(&row(a), &row(b), &one_each(), 0.1, &()).unwrap();
        classes(&c).into_iter().map(|(id, class)| (id.to_string(), class)).collect::<Vec<_>>()
    };
    let named = |all: &[(&str, Class)]| all.iter().map(|(id, class)| (id.to_string(), *class)).collect::<Vec<_>>();
    let (a, b, d) = (Some(1), Some(2), Some(4));
    assert_eq!(of([a, a, b, b, b], [a, a, a, b, b]), named(&[("g1", Class::Grown), ("g2", Class::Shrunk)]));
    assert_eq!(of([a, a, b, b, b], [b, b, a, a, a]), named(&[("g1", Class::Renamed), ("g2", Class::Renamed)]));
    assert_eq!(of([a, a, b, b, b], [a, a, b, d, d]), named(&[("g1", Class::Unchanged), ("g2", Class::Split), ("g4", Class::Split)]));
    assert_eq!(
        of([a, a, b, d, d], [a, a, b, b, b]),
        named(&[("g1", Class::Unchanged), ("g2", Class::Merged), ("g4", Class::Merged)][..2])
            .into_iter()
            .chain(named(&[("g2", Class::Merged)]))
            .collect::<Vec<_>>()
    );
    assert_eq!(of([a, a, None, None, None], [a, a, b, b, b]), named(&[("g1", Class::Unchanged), ("g2", Class::Born)]));
    assert_eq!(of([a, a, b, b, b], [a, a, None, None, None]), named(&[("g1", Class::Unchanged), ("g2", Class::Retired)]));
    assert_eq!(of([None, b, b, b, None], [None, None, b, b, b]), named(&[("g2", Class::Shifted)]));
}

#[test]
fn figures_are_those_by_hand() {
    let (a, b) = (Some(1), Some(2));
    let c = compare(&row([a, a, b, b, b]), &row([a, a, a, b, b]), &one_each(), 0.1, &()).unwrap();
    assert_eq!((c.basis, c.moved.households_in_both), (Basis::Points, 5.0));
    let moved = c.moved.by_ids.unwrap();
    assert_eq!((moved.households, moved.share, c.moved.ids_hold), (1.0, 0.2, true));
    // pairs together: 1 + 1 in both, 1 + 3 before, 3 + 1 after, 10 in all
    let chance = 16.0 / 10.0;
    assert!(near(agreed(&c).adjusted_rand, (2.0 - chance) / (4.0 - chance)));
    // targets are the mean: 2 and 3 of 2.5
    assert_eq!((c.before.in_band, c.before.largest_deviation), (Some(0), Some(0.2)));
    assert_eq!(c.moved_land.len(), 1);
    assert_eq!((c.moved_land[0].from.as_deref(), c.moved_land[0].to.as_str(), c.moved_land[0].households), (Some("g2"), "g1", 1.0));
    let table = compare_files::overlap_csv(&c);
    assert!(table.starts_with("\u{feff}before_id,after_id,households,area_m2,share_of_before,share_of_after\r\n"));
    assert_eq!(table.lines().count(), 4);
}

#[test]
fn without_points_land_counts() {
    let (a, b) = (Some(1), Some(2));
    let c = compare(&row([a, a, b, b, b]), &row([a, a, a, b, b]), &[], 0.1, &()).unwrap();
    assert_eq!((c.basis, c.before.in_band, c.moved.households_in_both), (Basis::Land, None, 0.0));
    let moved = c.moved.by_matching;
    assert!((moved.area_share - 0.2).abs() < 1e-3 && moved.share == 0.0, "{moved:?}");
    assert!(agreed(&c).adjusted_rand > 0.0 && agreed(&c).adjusted_rand < 1.0);
}

#[test]
fn attachments_of_both_plans_count_entities() {
    let (a, b) = (Some(1), Some(2));
    let attached = |plan: AsFound, of: [&str; 3]| {
        let rows = of.iter().enumerate().map(|(i, grid)| [format!("e{i}"), grid.to_string(), "location".to_string()]).collect();
        AsFound { attachments: Some(rows), ..plan }
    };
    let (old, new) = (attached(row([a, a, b, b, b]), ["g1", "g2", "g2"]), attached(row([a, a, a, b, b]), ["g1", "g1", "g2"]));
    let c = compare(&old, &new, &[], 0.1, &()).unwrap();
    assert_eq!((c.basis, c.moved.households_in_both, c.moved.by_ids.unwrap().households), (Basis::Entities, 3.0, 1.0));
    // a house that was built since makes no grid another one, and loads are those that the plans tell
    let mut later = attached(row([a, a, b, b, b]), ["g1", "g2", "g2"]);
    later.attachments.as_mut().unwrap().push(["e9".into(), "g2".into(), "location".into()]);
    later.grids.iter_mut().for_each(|g| g.households = Some(40.0));
    let c = compare(&old, &later, &[], 0.1, &()).unwrap();
    assert_eq!(classes(&c), [("g1", Class::Unchanged), ("g2", Class::Unchanged)]);
    assert!(c.grids.iter().all(|g| (g.households_before, g.households) == (0.0, 40.0)), "{:?}", c.grids);
    assert_eq!(c.agreement.map(|a| a.adjusted_rand), Some(1.0));
}

#[test]
fn plans_of_other_places_have_nothing_in_common() {
    let mut far = row([Some(1), Some(1), Some(2), Some(2), Some(2)]);
    far.grids.iter_mut().for_each(|g| g.land.map_coords_in_place(|c| geo::Coord { x: c.x + 1.0, ..c }));
    let c = compare(&row([Some(1), Some(1), Some(2), Some(2), Some(2)]), &far, &[], 0.1, &()).unwrap();
    assert!(c.agreement.is_none() && c.findings.iter().any(|f| f.code == "nothing-in-both"), "{:?}", c.findings);
}

#[test]
fn gaps_and_overlaps_are_told_with_their_place() {
    let (a, b) = (Some(1), Some(2));
    let gap = compare(&row([a, a, b, b, b]), &row([a, a, b, b, None]), &one_each(), 0.1, &()).unwrap();
    let codes = |c: &Comparison| c.findings.iter().map(|f| f.code.clone()).collect::<Vec<_>>();
    assert_eq!(codes(&gap), ["households-in-one-plan", "land-in-one-plan"]);
    let at = gap.findings[1].place.unwrap();
    assert!((at[0] - place((4, 0))[0] - CELL / 2.0).abs() < 1e-9 && gap.findings.iter().all(|f| f.measured.is_some()));

    let mut twice = row([a, a, b, b, b]);
    twice.grids[0].land.0.push(cell(2, 0).0.remove(0));
    let over = compare(&row([a, a, b, b, b]), &twice, &one_each(), 0.1, &()).unwrap();
    assert!(
        codes(&over).contains(&"grids-overlap".to_string()) && codes(&over).contains(&"households-in-two-grids".to_string()),
        "{:?}",
        codes(&over)
    );
    assert!(over.findings.iter().all(|f| f.place.is_some()));
}

#[test]
fn plans_of_other_tools_are_read() {
    let folder = std::env::temp_dir().join(format!("evengrid-compare-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("districts.geojson");
    let feature = |properties: &str, x: f64| {
        let ring = format!("[[[{x},50],[{},50],[{},51],[{x},51],[{x},50]]]", x + 1.0, x + 1.0);
        format!("{{\"type\":\"Feature\",\"properties\":{properties},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":{ring}}}}}")
    };
    let write = |features: &[String]| {
        std::fs::write(&file, format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))).unwrap();
    };
    write(&[
        feature("{\"name\":\"North\"}", 1.0),
        feature("{\"name\":\"South\",\"OBJ\":7}", 2.0),
        feature("{\"name\":\"North\"}", 3.0),
        feature("null", 4.0),
    ]);
    let (found, findings) = read_any(&file, None).unwrap();
    let ids = |found: &AsFound| found.grids.iter().map(|g| (g.grid_id.clone(), g.land.0.len())).collect::<Vec<_>>();
    assert_eq!(ids(&found), [("North".into(), 2), ("South".into(), 1), ("record-4".into(), 1)]);
    assert_eq!(findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["grid-joined", "id-made"]);
    assert_eq!(ids(&read_any(&file, Some("OBJ")).unwrap().0)[1].0, "7");
    let unknown = read_any(&file, Some("GRID")).unwrap_err().to_string();
    assert!(unknown.contains("GRID") && unknown.contains("name"), "{unknown}");
    write(&[feature("{}", 500_000.0)]);
    let metres = read_any(&file, None).unwrap_err().to_string();
    assert!(metres.contains("500000") && metres.contains("WGS 84"), "{metres}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn former_borders_are_lines_each_once() {
    let (step, plane) = (1_000_000, Plane::around(0.0, 0.0));
    let p = |x: i64, y: i64| Pt { x: x * step, y: y * step };
    let before = [
        (p(0, 0), p(1, 0)),
        (p(2, 0), p(1, 0)),
        (p(1, 0), p(0, 0)),
        (p(2, 0), p(3, 0)),
        (p(5, 5), p(6, 5)),
        (p(6, 5), p(6, 6)),
        (p(6, 6), p(5, 5)),
    ];
    let lines = former_borders(before.to_vec(), vec![(p(3, 0), p(2, 0))], &plane);
    assert_eq!(lines, [vec![p(0, 0), p(1, 0), p(2, 0)], vec![p(5, 5), p(6, 5), p(6, 6), p(5, 5)]]);
}

/// A block of eight by eight cells with streets around every four, and a household in every cell.
fn streets(skip: Option<i32>) -> Layers {
    let line = |i: i32, across: bool| {
        let at = if across { [(0, 2 * i), (8, 2 * i)] } else { [(2 * i, 0), (2 * i, 8)] };
        land::line(i as usize, "secondary", &at)
    };
    let roads =
        (1..4).flat_map(|i| [line(i, true), line(i, false)].into_iter().enumerate().filter(move |(k, _)| *k == 0 || Some(i) != skip));
    let homes = (0..64).map(|i| PointRecord { at: place((i % 8, i / 8)).map(|c| c + CELL / 2.0), ..land::home(i as usize, (0, 0), 1.0) });
    let divisions = vec![land::division(0, &[(0, 0), (8, 0), (8, 8), (0, 8)])];
    Layers { divisions, roads: roads.map(|r| r.1).collect(), households: homes.collect(), ..Layers::default() }
}

fn drawn(layers: &Layers) -> evengrid::plan::Plan {
    let mut draft = Draft::default();
    (draft.division.level, draft.grid.target) = (Some(9), Some(16.0));
    (draft.cut.min_face_m2, draft.cut.snap_m) = (Some(10.0), Some(1.0));
    draw(layers, &draft.build().unwrap(), &()).unwrap().plan
}

#[test]
fn moved_units_are_told_with_their_reasons() {
    let old = drawn(&streets(None));
    assert!(old.grids.len() == 4 && old.fabric.units.len() >= 16);
    assert!(moved_land(&old, &old, &BTreeMap::new()).is_empty());
    let mut new = old.clone();
    let grid_of = |u: u32| old.fabric.units[u as usize].grid as usize;
    let between = old.fabric.arcs.iter().filter_map(|a| a.left.zip(a.right)).find(|(l, r)| grid_of(*l) != grid_of(*r)).unwrap();
    let (unit, from, to) = (between.0 as usize, grid_of(between.0), grid_of(between.1));
    new.fabric.units[unit].grid = to as u32;
    let moved = moved_land(&old, &new, &BTreeMap::from([(old.fabric.units[unit].key.clone(), "a census".to_string())]));
    let [m] = moved.as_slice() else { panic!("{moved:?}") };
    assert_eq!((m.from.as_ref(), &m.to), (Some(&old.grids[from].grid_id), &old.grids[to].grid_id));
    assert_eq!((m.households, m.why.as_str(), m.land.0.len()), (old.fabric.units[unit].households, "a census", 1));
    let before = sheet_before::before(&old, &new, &moved);
    assert!(!before.borders.is_empty() && before.moved.len() == 1);
    // a grid that is renamed has moved as a whole
    new.grids[from].grid_id = "G9".into();
    assert_eq!(moved_land(&old, &new, &BTreeMap::new()).iter().map(|m| m.households).sum::<f64>(), 16.0);
}

#[test]
fn land_that_was_cut_anew_goes_by_most_of_it() {
    let (old, mut new) = (drawn(&streets(None)), drawn(&streets(Some(2))));
    assert!(new.fabric.units.len() < old.fabric.units.len());
    let here = moved_land(&old, &new, &BTreeMap::new());
    let load = |all: &[MovedLand]| all.iter().map(|m| m.households).sum::<f64>();
    assert!(here.iter().all(|m| m.from.is_some() && m.from.as_ref() != Some(&m.to)) && load(&here) < 64.0);
    // in one grid of another name everything moved, from all grids, and adds up
    new.fabric.units.iter_mut().for_each(|u| u.grid = 0);
    new.grids[0].grid_id = "one".into();
    let all = moved_land(&old, &new, &BTreeMap::new());
    assert!(all.len() > 1 && load(&all) == 64.0 && all.iter().all(|m| m.to == "one"));
    let km2: f64 = all.iter().map(|m| m.area_m2).sum();
    assert!((km2 - new.fabric.units.iter().map(|u| u.area_m2).sum::<f64>()).abs() < 1e-6);
    // new land was in no grid
    let mut half = old.clone();
    half.fabric.arcs.clear();
    half.fabric.units.clear();
    assert!(moved_land(&half, &old, &BTreeMap::new()).iter().all(|m| m.from.is_none()));
}

#[test]
fn the_map_shows_names_as_text() {
    let hostile = "</script><img src=x onerror=alert(1)>";
    let (mut old, mut new) = (row([Some(1), Some(1), Some(2), Some(2), Some(2)]), row([Some(1), Some(1), Some(1), Some(2), Some(2)]));
    for plan in [&mut old, &mut new] {
        plan.grids.iter_mut().for_each(|g| g.grid_id = format!("{hostile}{}", g.grid_id));
    }
    let c = compare(&old, &new, &one_each(), 0.1, &()).unwrap();
    let sheet = sheet_before::compared(&old, &new, &c, &c.findings, None, "two plans");
    let before = sheet.before.as_ref().unwrap();
    assert_eq!((before.moved.len(), before.borders.len()), (1, 1));
    let page = map::html(&sheet);
    assert!(page.matches("</script").count() == 2 && !page.contains("<img"));
    let print = map::svg(&sheet);
    assert!(print.contains("moved land") && print.contains("border before") && !print.contains("<img"));
}
