//! Laws of series, stated totals, targets and visits (R8, R12, R19, R35, R37), and their files on the embedded town.

mod land;

use evengrid::finding::{Finding, Severity};
use evengrid::io::{read_layers, series_files as files};
use evengrid::measure::Load;
use evengrid::pipeline::draw;
use evengrid::plan::ledger::{Stated, reconcile};
use evengrid::plan::series::{Comparable, Entry, Heir, Lineage, NO_AREA, Series, SeriesRow, readings, series};
use evengrid::plan::targets::{Sale, TargetError, diversion, split_target};
use evengrid::plan::{GRID, Plan, TERRITORY, Tier, Tiers, ZONE, apportion};
use evengrid::recipe::{Draft, Period, Recipe};
use evengrid::territory::lattice::Pt;
use evengrid::territory::layers::PointRecord;
use land::{config, division, home};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

fn recipe(toml: &str) -> Recipe {
    Draft::from_toml(toml).unwrap().build().unwrap()
}

/// Grids g0, g1, … in zones as given, two zones in a quarter.
fn tiers(zones: &[u32]) -> Tiers {
    let of = |name: &str, size: u32| Tier::new(name, zones.iter().map(|z| format!("{name}{}", z / size)));
    Tiers::new((0..zones.len()).map(|g| format!("g{g}")).collect(), vec![of(ZONE, 1), of("quarter", 2)])
}

fn entries(rows: &[(&str, &str, &str, &str)]) -> Vec<Entry> {
    let entry = |(i, (level, area, date, value)): (usize, &(&str, &str, &str, &str))| Entry {
        record: i as u64 + 1,
        level: level.to_string(),
        area_id: area.to_string(),
        date: date.to_string(),
        indicator: "visits".into(),
        value: value.to_string(),
    };
    rows.iter().enumerate().map(entry).collect()
}

fn rolled(rows: &[Entry], tiers: &Tiers, lineage: &Lineage, recipe: &Recipe) -> (Series, Vec<Finding>) {
    let (numbers, told) = readings(rows, "numbers.csv", tiers, lineage, &recipe.series);
    (series(&numbers, recipe), told)
}

fn row<'a>(s: &'a Series, level: &str, area: &str, period: &str) -> &'a SeriesRow {
    let found = s.rows.iter().find(|r| r.level == level && r.area_id == area && r.span.to_string() == period);
    found.unwrap_or_else(|| panic!("no {level} {area} in {period}: {:?}", s.rows))
}

fn heirs(rows: &[(&str, &str, &str)]) -> Lineage {
    let heir = |(i, (old, new, share)): (usize, &(&str, &str, &str))| Heir {
        record: i as u64 + 1,
        old: old.to_string(),
        new: new.to_string(),
        share: share.to_string(),
    };
    let (lineage, told) = Lineage::default().shared(&rows.iter().enumerate().map(heir).collect::<Vec<_>>(), "shares.csv");
    assert!(told.is_empty(), "{told:?}");
    lineage
}

#[test]
fn missing_is_not_zero() {
    let rows = entries(&[
        ("", "g0", "2024-01-31", "100"),
        ("", "g1", "2024-01-10", "50"),
        ("", "g0", "2024-02-29", "80"),
        ("", "g0", "2024-04-01", "40"),
        ("", "g1", "2024-04-01", "0"),
        ("", "g0", "2023-02-28", "64"),
    ]);
    let t = tiers(&[0, 0]);
    let fall = recipe("[thresholds.fall]\nindicator = \"visits\"\nchange_below = -0.5\nlevel = \"zone\"");
    let (s, told) = rolled(&rows, &t, &Lineage::default(), &fall);
    assert!(told.is_empty(), "{told:?}");
    let february = row(&s, ZONE, "zone0", "2024-02");
    // g1 says nothing in February: the change is that of g0, not from 150 to 80
    assert_eq!((february.value, february.previous.sum), (Load(80_000), Some(Load(150_000))));
    assert_eq!((february.previous.change, february.previous.comparable), (Some(-0.2), Comparable::LikeForLike));
    assert_eq!((february.year_before.change, february.year_before.comparable), (Some(0.25), Comparable::Yes));
    let april = row(&s, TERRITORY, TERRITORY, "2024-04");
    assert_eq!((april.previous.sum, april.previous.change, april.previous.comparable), (None, None, Comparable::Missing));
    assert!(s.flags.is_empty(), "{:?}", s.flags);
    assert!(s.rows.iter().all(|r| r.previous.change != Some(-1.0)), "nobody fell by 100 %");
    let missing: Vec<&str> = s.findings.iter().filter(|f| f.code == "series-missing").filter_map(|f| f.subject.id.as_deref()).collect();
    assert_eq!(missing, ["2024-02"]);
}

#[test]
fn changes_are_those_of_the_same_grids_and_from_zero_there_is_none() {
    let rows = entries(&[("", "g0", "2024-01", "0"), ("", "g0", "2024-02", "7"), ("", "g0", "2024-03", "0")]);
    let (s, _) = rolled(&rows, &tiers(&[0]), &Lineage::default(), &Recipe::default());
    assert_eq!(row(&s, GRID, "g0", "2024-02").previous.change, None);
    assert_eq!(row(&s, GRID, "g0", "2024-02").previous.comparable, Comparable::Yes);
    assert_eq!(row(&s, GRID, "g0", "2024-03").previous.change, Some(-1.0), "0 is a number");
}

#[test]
fn what_cannot_be_taken_is_told_by_record() {
    let rows = entries(&[
        ("", "g0", "2024-01-01", "1"),
        ("", "g0", "2024-01-01", "2"),
        ("", "g9", "2024-01-01", "3"),
        ("", "g0", "2024-02-30", "4"),
        ("", "g0", "2024-01-02", "1,659"),
        ("street", "g0", "2024-01-02", "5"),
        ("", "g0", "2024-01", "6"),
        ("zone", "zone0", "2024-01-01", "7"),
    ]);
    let (s, told) = rolled(&rows, &tiers(&[0, 0]), &Lineage::default(), &recipe("[series]\nperiod = \"week\""));
    let codes: BTreeSet<(u64, &str)> = told.iter().map(|f| (f.subject.record.unwrap(), f.code.as_str())).collect();
    let expected = [
        (2, "row-duplicate"),
        (3, "grid-unknown"),
        (4, "date-unreadable"),
        (5, "value-unreadable"),
        (6, "level-unknown"),
        (7, "date-too-coarse"),
        (8, "counted-twice"),
    ];
    assert_eq!(codes, expected.into_iter().collect());
    assert_eq!(row(&s, TERRITORY, TERRITORY, "2024-W01").value, Load(8000));
    assert_eq!(row(&s, GRID, NO_AREA, "2024-W01").value, Load(7000), "a number of a zone is of no single grid");
}

#[test]
fn redrawn_grids_are_recast_or_not_comparable() {
    // old a went into g0 and g1 as 3:1, after b had become a
    let lineage = heirs(&[("a", "g0", "300"), ("a", "g1", "100"), ("b", "a", "")]);
    let rows = entries(&[
        ("", "b", "2024-01", "8"),
        ("", "a", "2024-02", "10"),
        ("", "g0", "2024-03", "9"),
        ("", "g1", "2024-03", "3"),
        ("", "g2", "2024-02", "5"),
        ("", "g2", "2024-03", "6"),
    ]);
    let t = tiers(&[0, 0, 1]);
    let (s, told) = rolled(&rows, &t, &lineage, &Recipe::default());
    assert!(told.is_empty(), "{told:?}");
    let march = row(&s, GRID, "g0", "2024-03").previous;
    assert_eq!((march.sum, march.change, march.comparable), (Some(Load(7500)), Some(0.2), Comparable::Recast));
    assert_eq!(row(&s, GRID, "g1", "2024-01").value, Load(2000), "over two generations");
    assert_eq!(row(&s, ZONE, "zone1", "2024-03").previous.comparable, Comparable::Yes);
    let (s, _) = rolled(&rows, &t, &lineage, &recipe("[series]\nredrawn = \"not-comparable\""));
    let march = row(&s, GRID, "g0", "2024-03").previous;
    assert_eq!((march.sum, march.change, march.comparable), (None, None, Comparable::NotComparable));
    assert_eq!(row(&s, GRID, "a", "2024-02").value, Load(10_000));
    let zone = row(&s, ZONE, "zone0", "2024-03").previous;
    assert_eq!((zone.sum, zone.change, zone.comparable), (Some(Load(10_000)), None, Comparable::NotComparable));
    let whole = row(&s, TERRITORY, TERRITORY, "2024-03").previous;
    assert_eq!((whole.sum, whole.change, whole.comparable), (Some(Load(15_000)), Some(0.2), Comparable::LikeForLike));
    // grids that come from each other reach nothing, and stay in the territory
    let circle = heirs(&[("a", "b", ""), ("b", "a", "")]);
    let (s, told) = rolled(&rows[..2], &t, &circle, &Recipe::default());
    assert_eq!(told.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["lineage-ends", "lineage-ends"]);
    assert_eq!(row(&s, TERRITORY, TERRITORY, "2024-02").value, Load(10_000));
}

#[test]
fn stocks_count_with_their_last_number() {
    let rows = entries(&[
        ("", "g0", "2024-01-05", "10"),
        ("", "g0", "2024-01-25", "14"),
        ("", "g1", "2024-01-07", "20"),
        ("", "g0", "2024-02-01", "15"),
    ]);
    let stock = recipe("[series]\nperiod = \"quarter\"\nlast = [\"visits\"]");
    let (s, _) = rolled(&rows, &tiers(&[0, 0]), &Lineage::default(), &stock);
    assert_eq!(row(&s, TERRITORY, TERRITORY, "2024-Q1").value, Load(35_000));
}

/// R37: 90 + 11 + 8 + 7 + 5 + 8 = 129 against a stated 135.
#[test]
fn r37_parts_that_do_not_add_up_are_told() {
    let parts = ["90", "11", "8", "7", "5", "8"];
    let names: Vec<String> = (0..6).map(|i| format!("g{i}")).collect();
    let rows: Vec<_> = names.iter().zip(parts).map(|(g, v)| ("", g.as_str(), "2024-03", v)).collect();
    let t = tiers(&[0; 6]);
    let lineage = Lineage::default();
    let rule = Recipe::default().series;
    let rows = entries(&rows);
    let (numbers, _) = readings(&rows, "parts.csv", &t, &lineage, &rule);
    let total = |record, level: &str, area: &str, period: &str, stated: &str| Stated {
        record,
        level: level.into(),
        area_id: area.into(),
        indicator: "visits".into(),
        period: period.into(),
        stated: stated.into(),
    };
    let stated = [
        total(1, TERRITORY, "", "", "135"),
        total(2, ZONE, "zone0", "2024-03", "129.000"),
        total(3, GRID, "g1", "2024", "11.001"),
        total(4, GRID, "g1", "2023", "0"),
        total(5, "street", "x", "", "1"),
        total(6, GRID, "g0", "March", "90"),
        total(7, GRID, "g0", "2024-03-01", "90"),
    ];
    let (ledger, told) = reconcile(&stated, "stated.csv", &numbers);
    assert_eq!((ledger[0].stated, ledger[0].sum, ledger[0].difference()), (Load(135_000), Some(Load(129_000)), Some(Load(-6000))));
    assert_eq!(ledger[2].difference(), Some(Load(-1)), "to the thousandth");
    assert_eq!((ledger[1].difference(), ledger[3].sum), (Some(Load::ZERO), None));
    let found = &told[0];
    assert_eq!((found.code.as_str(), found.severity, found.subject.record), ("ledger-difference", Severity::Violation, Some(1)));
    assert_eq!((found.measured, found.limit), (Some(129.0), Some(135.0)));
    assert!(found.message.contains("135") && found.message.contains("129") && found.message.contains("-6"), "{found}");
    let codes: Vec<(u64, &str)> = told[1..].iter().map(|f| (f.subject.record.unwrap(), f.code.as_str())).collect();
    let expected =
        [(3, "ledger-difference"), (4, "ledger-no-parts"), (5, "stated-unknown"), (6, "stated-unreadable"), (7, "stated-unreadable")];
    assert_eq!(codes, expected);
}

/// R19: a quarterly unit weighs 4, a monthly one 12.
#[test]
fn r19_visits_are_load() {
    let visited = |i: usize, at, visits: &str| PointRecord { visits: (!visits.is_empty()).then(|| visits.into()), ..home(i, at, 99.0) };
    let mut layers = evengrid::territory::layers::Layers {
        divisions: vec![division(0, &[(0, 0), (20, 0), (20, 20), (0, 20)]), division(1, &[(20, 0), (40, 0), (40, 20), (20, 20)])],
        ..Default::default()
    };
    layers.households = vec![
        visited(0, (3, 3), "quarterly"),
        visited(1, (9, 9), "monthly"),
        visited(2, (13, 5), ""),
        visited(3, (25, 5), "weekly"),
        visited(4, (33, 9), "monthy"),
    ];
    let recipe =
        recipe("[grid]\ntarget = 60\n[load]\nvisits = { yearly = 1, quarterly = 4, monthly = 12, weekly = 52 }\ndefault_weight = 2");
    let drawn = draw(&layers, &recipe, &()).unwrap();
    let mut loads: BTreeMap<&str, f64> = BTreeMap::new();
    drawn.plan.grids.iter().for_each(|g| *loads.entry(&g.division_id).or_default() += g.households);
    assert_eq!(loads, BTreeMap::from([("d0", 18.0), ("d1", 54.0)]));
    let unknown = drawn.report.findings.iter().find(|f| f.code == "visits-unknown").unwrap();
    assert_eq!(unknown.subject.record, Some(5));
    assert!(unknown.message.contains("did you mean 'monthly'"), "{unknown}");
    assert!(drawn.report.findings.iter().any(|f| f.code == "visits-missing" && f.measured == Some(1.0)));
    // without the table the weight counts, and the word is nothing
    let plain = draw(&layers, &Recipe::default(), &()).unwrap();
    assert_eq!(plain.plan.grids.iter().map(|g| g.households).sum::<f64>(), 5.0 * 99.0);
}

#[test]
fn targets_need_potential_and_whole_steps() {
    let t = tiers(&[0, 0, 1]);
    let split = |potential: [i64; 3], total: i64, step: i64| split_target(&t, &potential.map(Load), Load(total), Load(step));
    assert_eq!(split([0, 0, 0], 1000, 1000), Err(TargetError::NoPotential));
    assert_eq!(split([1, -1, 5], 1000, 1000), Err(TargetError::Potential));
    assert!(matches!(split([1, 1, 1], 1500, 1000), Err(TargetError::Step { .. })));
    // ties go to the lower id
    let even = split([1, 1, 0], 3000, 1000).unwrap();
    let of = |id: &str| even.iter().find(|t| t.area_id == id).unwrap().target;
    assert_eq!([of("g0"), of("g1"), of("g2"), of("zone0"), of(TERRITORY)], [2000, 1000, 0, 3000, 3000].map(Load));
}

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

fn town(preset: &str) -> Plan {
    let text = std::fs::read_to_string(Path::new(TOWN).join("recipes").join(preset).with_extension("toml")).unwrap();
    let recipe = recipe(&text);
    draw(&read_layers(TOWN.as_ref(), &recipe.layers).unwrap(), &recipe, &()).unwrap().plan
}

static BOARDS: LazyLock<Plan> = LazyLock::new(|| town("safety"));

/// R35: of 6, 2, 42, 494, 1659, 579, 193, 1196, 362, 9, 752 uploads (5,294 in all) the threshold flags exactly 6, 2 and 9; R37 beside it.
#[test]
fn r35_the_threshold_flags_exactly_three_boards_of_the_town() {
    let plan = &*BOARDS;
    let file = |name: &str| Path::new(TOWN).join(name);
    let (rows, told) = files::read_series(&file("uploads.csv")).unwrap();
    assert!(told.is_empty());
    let (tiers, lineage, recipe) = (Tiers::of(plan), Lineage::of(plan), &plan.provenance.recipe);
    let (numbers, told) = readings(&rows, "uploads.csv", &tiers, &lineage, &recipe.series);
    assert!(told.is_empty(), "{told:?}");
    let s = series(&numbers, recipe);
    let flagged: Vec<_> = s.flags.iter().map(|f| (f.area_id.as_str(), f.period.as_str(), f.number, f.limit)).collect();
    assert_eq!(flagged, [("sb01", "2024-03", 6.0, 10.0), ("sb02", "2024-03", 2.0, 10.0), ("sb10", "2024-03", 9.0, 10.0)]);
    let whole = s.rows.iter().find(|r| r.level == TERRITORY && r.span.to_string() == "2024-03" && r.indicator == "uploads").unwrap();
    assert_eq!(whole.value, Load(5_294_000));
    let (stated, _) = files::read_stated(&file("stated.csv")).unwrap();
    let (ledger, told) = reconcile(&stated, "stated.csv", &numbers);
    assert_eq!(ledger.iter().filter_map(|r| r.difference()).collect::<Vec<_>>(), [0, -6000, 0].map(Load));
    assert_eq!(told.len(), 1);
    let csv = files::series_csv(&s.rows);
    assert!(csv.starts_with(
        "\u{feff}level,area_id,period,indicator,value,previous,change,comparable,year_before,change_yoy,comparable_yoy,flags\r\n"
    ));
    assert!(csv.contains("\r\nboard,sb01,2024-03,uploads,6,12,-0.5,yes,11,-0.454545,yes,few-uploads\r\n"), "{csv}");
    assert!(csv.contains("\r\nboard,sb02,2024-03,uploads,2,,,missing,10,-0.8,yes,few-uploads\r\n"), "{csv}");
    assert!(files::flags_csv(&s.flags).contains("few-uploads,board,sb10,2024-03,uploads,below,9,10\r\n"));
    assert!(files::ledger_csv(&ledger).contains("2,territory,,inspectors,2024-03,135,129,-6\r\n"));
}

/// R12
#[test]
fn r12_targets_and_diversion_of_the_town() {
    let mut plan = town("pharma");
    let tiers = Tiers::of(&plan);
    let potential: Vec<Load> = plan.grids.iter().map(|g| Load::from_units(g.households).unwrap()).collect();
    let targets = split_target(&tiers, &potential, Load(10_000_000), Load(1000)).unwrap();
    for level in &tiers.all {
        let sum: Load = targets.iter().filter(|t| t.level == level.name).map(|t| t.target).sum();
        assert_eq!(sum, Load(10_000_000), "{}", level.name);
    }
    let (sales, _) = files::read_sales(&Path::new(TOWN).join("sales.csv")).unwrap();
    let found = diversion(&sales, "sales.csv", &plan);
    assert!(found.findings.is_empty());
    let ids: Vec<&str> = found.sales.iter().map(|s| s.sale_id.as_str()).collect();
    assert_eq!(ids, ["S0003", "S0005", "S0009"]);
    let first = &found.sellers[0];
    assert_eq!((first.seller.as_str(), first.sales, first.diverted), ("G000001", 4, 1));
    assert_eq!((first.amount, first.diverted_amount, first.received_amount), (Load(297_500), Load(80_000), Load(57_250)));
    // an officer's territory is all of the grids in his charge
    for g in &mut plan.grids[..2] {
        g.officer = Some("Wang".into());
    }
    let sale = |record, id: &str, seller: &str, grid: &str, amount: &str| Sale {
        record,
        sale_id: id.into(),
        seller: seller.into(),
        final_grid_id: grid.into(),
        amount: amount.into(),
        ..Sale::default()
    };
    // a place instead of a grid: just inside the third one
    let inside = place_in(&plan, 2);
    let sales = [
        sale(1, "a", "Wang", "G000002", "5"),
        sale(2, "b", "Wang", "G000003", "5"),
        sale(3, "b", "Wang", "G000003", "5"),
        sale(4, "c", "Li", "G000003", "5"),
        sale(5, "d", "Wang", "", "5"),
        sale(6, "e", "Wang", "G000001", "five"),
        Sale { lon: inside[0].to_string(), lat: inside[1].to_string(), ..sale(7, "f", "Wang", "", "5") },
    ];
    let found = diversion(&sales, "sales.csv", &plan);
    assert_eq!(found.sales.iter().map(|s| (s.record, s.final_grid_id.as_str())).collect::<Vec<_>>(), [(2, "G000003"), (7, "G000003")]);
    let codes: Vec<(u64, &str)> = found.findings.iter().map(|f| (f.subject.record.unwrap(), f.code.as_str())).collect();
    assert_eq!(codes, [(3, "sale-duplicate"), (4, "seller-unknown"), (5, "grid-unknown"), (6, "amount-unreadable")]);
}

/// A place in the grid at that position.
fn place_in(plan: &Plan, grid: u32) -> [f64; 2] {
    let land = plan.land();
    let corners = plan.fabric.arcs.iter().flat_map(|a| a.line()).map(|p| p.lon_lat());
    let near = corners.flat_map(|[x, y]| [[x + 1e-5, y + 1e-5], [x - 1e-5, y - 1e-5]]);
    let inside = |p: &[f64; 2]| land.grid_at(Pt::from_lon_lat(p[0], p[1]).unwrap()).is_some_and(|g| g.0 == grid);
    near.into_iter().find(inside).unwrap()
}

/// Parents and first days of validity as a plan tells them; an old plan whose entities say where they went.
#[test]
fn lineage_of_plans() {
    let old = &*BOARDS;
    let mut new = old.clone();
    // the first grid takes the second one's id and entities, in July
    let (kept, gone) = (new.grids[0].grid_id.clone(), new.grids[1].grid_id.clone());
    new.attachments.iter_mut().filter(|a| a.grid == Some(1)).for_each(|a| a.grid = Some(0));
    new.grids.remove(1);
    new.attachments.iter_mut().for_each(|a| a.grid = a.grid.map(|g| if g > 1 { g - 1 } else { g }));
    let rows: Vec<_> = [(&kept, "2024-06-30", "10"), (&gone, "2024-06-30", "4"), (&kept, "2024-07-01", "21")]
        .map(|(g, date, value)| ("", g.as_str(), date, value))
        .to_vec();
    let tiers = Tiers::of(&new);
    let since = evengrid::plan::series::Stamp::parse("2024-07-01").unwrap().from;
    let by_entities = Lineage::default().after(old, &new, since);
    (new.grids[0].parents, new.grids[0].valid_from) = (vec![kept.clone(), gone.clone()], Some("2024-07-01".into()));
    for lineage in [by_entities, Lineage::of(&new)] {
        let (s, told) = rolled(&entries(&rows), &tiers, &lineage, &Recipe::default());
        assert!(told.is_empty(), "{told:?}");
        let july = row(&s, GRID, &kept, "2024-07").previous;
        assert_eq!((july.sum, july.change, july.comparable), (Some(Load(14_000)), Some(0.5), Comparable::Recast));
    }
    // a grid that is the same in both plans is comparable, whenever
    let same = old.grids[4].grid_id.as_str();
    let rows = entries(&[("", same, "2024-06-30", "10"), ("", same, "2024-07-01", "5")]);
    let (s, _) = rolled(&rows, &tiers, &Lineage::default().after(old, &new, since), &Recipe::default());
    assert_eq!(row(&s, GRID, same, "2024-07").previous.comparable, Comparable::Yes);
}

/// A number: reporter (grids g0 … g5, then old ones o0 … o2, then zones), day of 2023 or 2024, value.
fn numbers() -> impl Strategy<Value = Vec<(u32, u32, i64)>> {
    proptest::collection::vec((0u32..12, 0u32..24, -5000i64..5_000_000), 1..60)
}

proptest! {
    #![proptest_config(config(128))]

    /// R8: on every level the areas of a period add up to the territory, whose sum is that of the rows, recast or not.
    #[test]
    fn sums_agree_on_every_level_and_period(
        numbers in numbers(),
        zones in proptest::collection::vec(0u32..4, 6),
        shares in proptest::collection::vec((0u32..3, 0u32..9, 0i64..50), 0..8),
        period in 0usize..3,
        recast in any::<bool>(),
    ) {
        let t = tiers(&zones);
        let name = |at: u32| if at < 6 { format!("g{at}") } else { format!("o{}", at - 6) };
        let table: Vec<(String, String, String)> =
            shares.iter().map(|(old, new, share)| (name(6 + old), name(*new), share.to_string())).collect();
        let lineage = heirs(&table.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect::<Vec<_>>());
        let period = [Period::Month, Period::Quarter, Period::Year][period];
        let redrawn = if recast { "recast" } else { "not-comparable" };
        let recipe = recipe(&format!("[series]\nperiod = \"{}\"\nredrawn = \"{redrawn}\"", period.name()));
        let rows: Vec<Entry> = numbers
            .iter()
            .enumerate()
            .map(|(i, (who, month, value))| Entry {
                record: i as u64 + 1,
                level: if *who < 9 { String::new() } else { ZONE.into() },
                area_id: if *who < 9 { name(*who) } else { format!("zone{}", who - 9) },
                date: format!("{}-{:02}", 2023 + month / 12, 1 + month % 12),
                indicator: "x".into(),
                value: Load(*value).to_string(),
            })
            .collect();
        let (numbers, told) = readings(&rows, "x.csv", &t, &lineage, &recipe.series);
        let s = series(&numbers, &recipe);
        let mut of_rows: BTreeMap<String, Load> = BTreeMap::new();
        let unknown: BTreeSet<&str> = told.iter().filter(|f| f.code == "grid-unknown").filter_map(|f| f.subject.id.as_deref()).collect();
        let duplicate: BTreeSet<u64> = told.iter().filter(|f| f.code == "row-duplicate").filter_map(|f| f.subject.record).collect();
        for r in rows.iter().filter(|r| !unknown.contains(r.area_id.as_str()) && !duplicate.contains(&r.record)) {
            let (year, month) = r.date.split_once('-').unwrap();
            let key = match period {
                Period::Month => r.date.clone(),
                Period::Quarter => format!("{year}-Q{}", month.parse::<u32>().unwrap().div_ceil(3)),
                _ => year.to_string(),
            };
            *of_rows.entry(key).or_default() += Load::from_decimal(&r.value).unwrap();
        }
        for level in &t.all {
            let mut sums: BTreeMap<String, Load> = BTreeMap::new();
            for r in s.rows.iter().filter(|r| r.level == level.name) {
                *sums.entry(r.span.to_string()).or_default() += r.value;
            }
            prop_assert_eq!(&sums, &of_rows, "{}", level.name);
        }
        // changes are those of grids with numbers in both periods: of a single grid all or nothing. The number of a zone with one grid is
        // that of the grid as well, and another reporter
        let alone = |id: &str| t.grid(id).is_some_and(|g| zones.iter().filter(|z| **z == zones[g as usize]).count() == 1);
        for r in s.rows.iter().filter(|r| r.level == GRID && r.area_id != NO_AREA && !alone(&r.area_id)) {
            let c = r.previous;
            let expected = c.sum.filter(|then| then.0 != 0).map(|then| ((r.value - then).units() / then.units().abs() * 1e6).round() / 1e6);
            prop_assert_eq!(c.change, expected.filter(|_| c.comparable != Comparable::NotComparable), "{:?}", r);
        }
    }

    #[test]
    fn largest_remainders_are_exact_and_within_one_step(
        steps in -100_000i64..100_000,
        step in 1i64..5000,
        weights in proptest::collection::vec(prop_oneof![Just(0), 1i64..1_000_000_000], 1..30),
    ) {
        let loads: Vec<Load> = weights.iter().map(|w| Load(*w)).collect();
        let sum: i64 = weights.iter().sum();
        let total = steps * step;
        match apportion(Load(total), Load(step), &loads) {
            None => prop_assert_eq!(sum, 0),
            Some(shares) => {
                prop_assert_eq!(shares.iter().map(|s| s.0).sum::<i64>(), total);
                for (share, weight) in shares.iter().zip(&weights) {
                    prop_assert_eq!(share.0 % step, 0);
                    // |share - total · weight / sum| < step, without rounding
                    let off = i128::from(share.0) * i128::from(sum) - i128::from(total) * i128::from(*weight);
                    prop_assert!(off.abs() < i128::from(step) * i128::from(sum), "{} of {}", share.0, weight);
                    prop_assert!(*weight > 0 || share.0 == 0);
                }
            }
        }
    }

    /// R12: sums agree on every level, zones and grids are within one step of their quotas.
    #[test]
    fn targets_agree_on_every_level(
        zones in proptest::collection::vec(0u32..5, 1..20),
        potential in proptest::collection::vec(0i64..1000, 20),
        steps in 0i64..10_000,
        step in 1i64..2000,
    ) {
        let t = tiers(&zones);
        let potential: Vec<Load> = potential[..zones.len()].iter().map(|p| Load(*p)).collect();
        let all: Load = potential.iter().copied().sum();
        match split_target(&t, &potential, Load(steps * step), Load(step)) {
            Err(e) => prop_assert!(e == TargetError::NoPotential && all == Load::ZERO),
            Ok(targets) => {
                for level in &t.all {
                    let of_level = || targets.iter().filter(|x| x.level == level.name);
                    prop_assert_eq!(of_level().map(|x| x.target.0).sum::<i64>(), steps * step);
                    prop_assert_eq!(of_level().map(|x| x.potential).sum::<Load>(), all);
                }
                let of = |level: &str, id: &str| targets.iter().find(|x| x.level == level && x.area_id == id).unwrap();
                let near = |x: i64, whole: i64, p: Load, of: Load| (x * of.0 - whole * p.0).abs() < step * of.0.max(1);
                for (g, z) in zones.iter().enumerate() {
                    let (grid, zone) = (of(GRID, &format!("g{g}")), of(ZONE, &format!("zone{z}")));
                    prop_assert!(near(zone.target.0, steps * step, zone.potential, all));
                    prop_assert!(near(grid.target.0, zone.target.0, grid.potential, zone.potential));
                }
            }
        }
    }
}
