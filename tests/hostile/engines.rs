//! Stages called by themselves with what no earlier stage would hand them, and the tables beside a plan.

use crate::kit::{Expect, FINE, Refused, Row, Seen, Told, row, run};
use crate::land::{blocks, blocks_recipe, home, made, place};
use evengrid::attach::{Attacher, Border, GridNames, Land, Signal, Sites};
use evengrid::finding::Finding;
use evengrid::graph::{Edge, UnitGraph};
use evengrid::io::{hub_tables, metis, series_files, staffing_files, table};
use evengrid::measure::{Band, GridId, Load, UnitId};
use evengrid::partition::{Count, Locks, Problem, partition};
use evengrid::pipeline::draw;
use evengrid::recipe::{Effort, KeyOf, Seen as SeenAt, SignalBy, SignalRule, Ties};
use evengrid::staffing::hubs::{HubPlace, HubProblem, HubSite, pair_distances, place_hubs};
use evengrid::territory::lattice::{Plane, Pt};
use std::path::Path;

/// A row of units with these loads.
fn chain(loads: &[i64], count: Count, band: Band) -> Problem {
    let edges: Vec<Edge> = (1..loads.len() as u32).map(|b| Edge { a: b - 1, b, cost: 1000 }).collect();
    let graph = UnitGraph::new(1, loads.iter().map(|l| Load(*l)).collect(), &edges, None).expect("a graph");
    Problem { graph, bands: vec![band], count, locks: Locks::default(), seed: 1, effort: Effort::LEVELS[0].1 }
}

fn band(low: i64, target: i64, high: i64) -> Band {
    Band { low: Load(low), target: Load(target), high: Load(high), weight: 1000 }
}

fn divided(problem: Problem) -> Seen {
    let units = problem.graph.len();
    let solved = partition(&problem, &()).map_err(|e| e.to_string())?;
    assert_eq!(solved.assignment.part_of().len(), units);
    Ok(Vec::new())
}

#[test]
fn problems_that_are_none() {
    let ten = band(8, 10, 12);
    let row = |name: &str, problem: Problem, expect: Expect| row(name, expect, move |_| divided(problem));
    let locked = |locks: Locks| Problem { locks, ..chain(&[10; 4], Count::ForBand, ten) };
    let unit = |u: u32| UnitId(u);
    let huge = i64::MAX / 16;
    let rows = vec![
        row("no units", chain(&[], Count::ForBand, ten), Refused(&["no units"])),
        row("one unit", chain(&[10], Count::ForBand, ten), FINE),
        row("no load", chain(&[0; 9], Count::ForBand, ten), FINE),
        row("one load among nothing", chain(&[0, 0, i64::MAX / 32, 0], Count::ForBand, ten), FINE),
        row("a sum that is too large", chain(&[i64::MAX / 2; 4], Count::ForBand, ten), Refused(&["add up to more than"])),
        row("the largest sum", chain(&[huge], Count::ForBand, ten), FINE),
        row("a step more than the largest sum", chain(&[huge, 1], Count::ForBand, ten), Refused(&["add up to more than"])),
        row("no grids", chain(&[10; 4], Count::Exactly(0), ten), Refused(&["0 grids asked for"])),
        row("more grids than units", chain(&[10; 4], Count::Exactly(5), ten), Refused(&["5 grids asked for", "4 units"])),
        row("most grids that can be asked for", chain(&[10; 4], Count::Exactly(u32::MAX), ten), Refused(&["4294967295 grids"])),
        row("between more and fewer", chain(&[10; 4], Count::Between(4, 1), ten), FINE),
        row("between none and most", chain(&[10; 4], Count::Between(0, u32::MAX), ten), FINE),
        row("a target of nothing", chain(&[10; 4], Count::ForBand, band(0, 0, 0)), Refused(&["target positive"])),
        row("a negative target", chain(&[10; 4], Count::ForBand, band(-3, -2, -1)), Refused(&["target positive"])),
        row("a band the wrong way round", chain(&[10; 4], Count::ForBand, band(12, 10, 8)), Refused(&["rising order"])),
        row("a band without end", chain(&[10; 4], Count::ForBand, band(0, 1, i64::MAX)), Refused(&["rising order"])),
        row("a band of all", chain(&[10; 4], Count::ForBand, band(0, 1, huge)), FINE),
        row("a band from below nothing", chain(&[10; 4], Count::ForBand, band(i64::MIN, 10, 12)), Refused(&["rising order from 0"])),
        row("no band", Problem { bands: Vec::new(), ..chain(&[10; 4], Count::ForBand, ten) }, Refused(&["0 bands given for 1 resources"])),
        row("no effort", Problem { effort: Effort { starts: 0, passes: 0, windows: 0 }, ..chain(&[7; 30], Count::ForBand, ten) }, FINE),
        row(
            "frozen units that are not there",
            locked(Locks { frozen: vec![vec![unit(9)]], ..Locks::default() }),
            Refused(&["lock 0", "unit 9"]),
        ),
        row("a frozen grid of nothing", locked(Locks { frozen: vec![vec![]], ..Locks::default() }), FINE),
        row(
            "a frozen grid in two pieces",
            locked(Locks { frozen: vec![vec![unit(0), unit(3)]], ..Locks::default() }),
            Refused(&["lock 0"]),
        ),
        row("a unit frozen twice", locked(Locks { frozen: vec![vec![unit(0)], vec![unit(0)]], ..Locks::default() }), Refused(&["lock 1"])),
        row(
            "together and apart",
            locked(Locks { together: vec![vec![unit(0), unit(3)]], apart: vec![vec![unit(0), unit(3)]], ..Locks::default() }),
            Refused(&["lock 0"]),
        ),
        row(
            "units apart that are not there",
            locked(Locks { apart: vec![vec![unit(7), unit(8)]], ..Locks::default() }),
            Refused(&["unit 8"]),
        ),
        row("a unit apart from itself", locked(Locks { apart: vec![vec![unit(1), unit(1)]], ..Locks::default() }), FINE),
    ];
    run("partition", rows);
}

#[test]
fn graphs_in_text() {
    let graph = |name: &str, text: &str, expect: Expect| {
        let text = text.to_string();
        row(name, expect, move |_| metis::parse_graph(&text, None).map(|_| Vec::new()).map_err(|e| e.to_string()))
    };
    let rows = vec![
        graph("nothing", "", Refused(&["no header"])),
        graph("comments", "% a\n% b\n", Refused(&["no header"])),
        graph("a word", "x", Refused(&["line 1", "expected"])),
        graph("negative units", "-1 0\n", Refused(&["line 1"])),
        graph("units beyond number", "99999999999999999999 0\n", Refused(&["line 1"])),
        graph("most units", "4294967295 0\n", Refused(&["line 1"])),
        graph("many units, no lines", "1000000 0\n", Refused(&["1000000 units", "cut off"])),
        graph("many weights", "5 0 010 999999999999\n", Refused(&["line 1"])),
        graph("sixty-five weights", "2 0 010 65\n", Refused(&["line 1"])),
        graph("edges beyond number", "1 18446744073709551615\n\n", Refused(&["edges"])),
        graph("a neighbour that is not there", "2 1\n3\n1\n", Refused(&["neighbour 3"])),
        graph("a neighbour 0", "2 1\n0\n1\n", Refused(&["neighbour 0"])),
        graph("an edge on one side", "2 1\n2 2\n\n", Refused(&["2 does not list 1"])),
        graph("a unit beside itself", "1 1\n1 1\n", FINE),
        graph("too many lines", "1 0\n\nx\n", Refused(&["1 units"])),
        graph("a weight beyond number", "1 0 010 1\n99999999999999999999\n", Refused(&["line 2"])),
    ];
    run("graphs", rows);
}

fn attacher(by: SignalBy, sites: Sites, change: impl Fn(&mut SignalRule)) -> Attacher {
    let at = |x: i64, y: i64| Pt { x: 113_000_000_000 + x, y: 30_000_000_000 + y };
    let (a, b, c, d) = (at(0, 0), at(10_000_000, 0), at(10_000_000, 10_000_000), at(0, 10_000_000));
    let side = |(a, b)| Border { a, b, left: Some(GridId(0)), right: None };
    let land = Land::new(Plane::around(113.0, 30.0), [(a, b), (b, c), (c, d), (d, a)].into_iter().map(side));
    let mut rule = SignalRule { by, ..SignalRule::location(100.0) };
    change(&mut rule);
    let grid = GridNames { grid_id: "g".into(), code: "c".into(), zone_id: "z".into(), division_id: "d".into() };
    Attacher::new(land, &[grid], vec![(rule, sites)])
}

/// What an attacher says of one signal, as a finding: the grid, or why there is none.
fn said(name: &str, attacher: Attacher, signal: Signal<'static>, expect: &'static str) -> Row {
    row(name, Told(expect), move |_| {
        let decision = attacher.attach(&[signal, signal]);
        assert!(decision.share.is_finite() && decision.margin.is_finite());
        let word = decision.grid.map_or_else(|| decision.why.map_or("nothing", |w| w.name()), |_| "grid");
        Ok(vec![format!("{word}: {decision:?}")])
    })
}

#[test]
fn signals_that_say_nothing() {
    let by_place = || SignalBy::Place { lon: "lon".into(), lat: "lat".into(), nearest_m: 100.0 };
    let by_site = || SignalBy::Site { sites: None, site_id: "id".into(), seen: SeenAt::Column("site".into()) };
    let by_key = || SignalBy::Key { column: "key".into(), names: KeyOf::Grid };
    let at = |place: [f64; 2]| (attacher(by_place(), Sites::default(), |_| {}), Signal::Place(place));
    let sites = |share: f64| Sites::new([("s".to_string(), vec![(GridId(0), share)])].into_iter());
    let seen = |share: f64, what: &'static [(u32, f64)]| (attacher(by_site(), sites(share), |_| {}), Signal::Seen(what));
    let row = |name: &str, (attacher, signal): (Attacher, Signal<'static>), expect: &'static str| said(name, attacher, signal, expect);
    let nowhere = Attacher::new(
        Land::new(Plane::around(0.0, 0.0), std::iter::empty()),
        &[],
        vec![(SignalRule::location(f64::INFINITY), Sites::default())],
    );
    let rows = vec![
        row("a place inside", at([113.005, 30.005]), "grid"),
        row("a place of NaN", at([f64::NAN, 30.005]), "missing"),
        row("a place of infinity", at([f64::INFINITY, 30.005]), "missing"),
        row("a place of 1e300", at([1e300, -1e300]), "missing"),
        row("a place far off", at([-67.0, -30.0]), "outside"),
        row("a pole", at([180.0, 90.0]), "outside"),
        row("a corner", at([113.0, 30.0]), "grid"),
        row("a place of a land without grids", (nowhere, Signal::Place([0.0, 0.0])), "outside"),
        row("no sites", seen(1.0, &[]), "missing"),
        row("a site that is not there", seen(1.0, &[(7, 1.0)]), "outside"),
        row("the last site that could be", seen(1.0, &[(u32::MAX, 1.0)]), "outside"),
        row("a volume of nothing", seen(1.0, &[(0, 0.0)]), "outside"),
        row("a negative volume", seen(1.0, &[(0, -5.0)]), "outside"),
        row("a volume of NaN", seen(1.0, &[(0, f64::NAN)]), "outside"),
        row("a volume of infinity", seen(1.0, &[(0, f64::INFINITY)]), "tied"),
        row("volumes that overflow", seen(1.0, &[(0, 1e308), (0, 1e308)]), "tied"),
        row("a share of NaN", seen(f64::NAN, &[(0, 1.0)]), "outside"),
        row("a share of two", seen(2.0, &[(0, 1.0)]), "grid"),
        row("a key of nothing", (attacher(by_key(), Sites::default(), |_| {}), Signal::Key("")), "missing"),
        row(
            "a key of a megabyte",
            (attacher(by_key(), Sites::default(), |_| {}), Signal::Key(Box::leak("k".repeat(1 << 20).into_boxed_str()))),
            "unknown",
        ),
        row("a key of a place", (attacher(by_place(), Sites::default(), |_| {}), Signal::Key("g")), "missing"),
        row("a weight of nothing", (attacher(by_key(), Sites::default(), |r| r.weight = 0.0), Signal::Key("g")), "missing"),
        row("a weight of NaN", (attacher(by_key(), Sites::default(), |r| r.weight = f64::NAN), Signal::Key("g")), "missing"),
        row("a least share of two", (attacher(by_site(), sites(1.0), |r| r.min_share = 2.0), Signal::Seen(&[(0, 1.0)])), "weak"),
        row("ties to the first", (attacher(by_key(), Sites::default(), |r| r.ties = Ties::First), Signal::Key("g")), "grid"),
    ];
    run("attacher", rows);
}

fn hubs(places: &[i64], sites: usize, distance: f64) -> HubProblem {
    let place = |(i, w): (usize, &i64)| HubPlace { id: format!("p{i}"), at: None, weight: Load(*w) };
    HubProblem {
        places: places.iter().enumerate().map(place).collect(),
        sites: (0..sites).map(|i| HubSite { id: format!("s{i}"), at: None, capacity: None, pinned: false }).collect(),
        distance_m: vec![distance; places.len() * sites],
        count: 1,
        max_distance_m: None,
        split: false,
    }
}

#[test]
fn hubs_of_nothing() {
    let row = |name: &str, problem: HubProblem, expect: Expect| {
        row(name, expect, move |_| {
            let report = place_hubs(&problem, &()).map_err(|e| e.to_string())?;
            assert!(report.plan.weighted_km.is_finite() && report.plan.gap.is_finite());
            Ok(codes(&report.findings))
        })
    };
    let with = |change: fn(&mut HubProblem)| {
        let mut problem = hubs(&[1000; 3], 2, 5.0);
        change(&mut problem);
        problem
    };
    let rows = vec![
        row("no places", hubs(&[], 2, 1.0), Refused(&["0 places and 2 sites"])),
        row("no sites", hubs(&[1], 0, 1.0), Refused(&["1 places and 0 sites"])),
        row("one of each", hubs(&[1], 1, 0.0), FINE),
        row("no weight", hubs(&[0; 5], 3, 7.0), FINE),
        row("a negative weight", hubs(&[1, -1], 2, 1.0), Refused(&["'p1'", "0 or more"])),
        row("largest weights", hubs(&[i64::MAX; 3], 2, 1e9), FINE),
        row("weights without a common part", hubs(&[i64::MAX, i64::MAX - 1, i64::MAX - 2], 2, 1e9), Refused(&["too much for exact sums"])),
        row("a distance of NaN", hubs(&[1; 2], 2, f64::NAN), Refused(&["'p0' to 's0'", "NaN"])),
        row("a negative distance", hubs(&[1; 2], 2, -1.0), Refused(&["'p0' to 's0'"])),
        row("a distance without end", hubs(&[1; 2], 2, f64::INFINITY), Refused(&["'p0' to 's0'"])),
        row("no hubs", with(|p| p.count = 0), Refused(&["0 hubs are asked for"])),
        row("more hubs than sites", with(|p| p.count = 3), Refused(&["3 hubs are asked for"])),
        row("more hubs than there are numbers", with(|p| p.count = usize::MAX), Refused(&["hubs are asked for"])),
        row("more pins than hubs", with(|p| p.sites.iter_mut().for_each(|s| s.pinned = true)), Refused(&["2 pinned"])),
        row("too few distances", with(|p| p.distance_m.clear()), Refused(&["0 distances"])),
        row("no capacity", with(|p| p.sites.iter_mut().for_each(|s| s.capacity = Some(Load(0)))), Told("hubs-infeasible")),
        row("a negative capacity", with(|p| p.sites[1].capacity = Some(Load(-1))), Refused(&["'s1'"])),
        row("the largest capacity", with(|p| p.sites[1].capacity = Some(Load(i64::MAX))), FINE),
        row("nobody may be far", with(|p| p.max_distance_m = Some(0.0)), Told("place-beyond")),
        row("a greatest distance of NaN", with(|p| p.max_distance_m = Some(f64::NAN)), Refused(&["NaN"])),
        row("a negative greatest distance", with(|p| p.max_distance_m = Some(-1.0)), Refused(&["maximum distance is -1 m"])),
        row("a greatest distance without end", with(|p| p.max_distance_m = Some(f64::INFINITY)), FINE),
        row(
            "places without a position",
            {
                let mut p = with(|_| {});
                p.distance_m = pair_distances(&p.places, &p.sites, None).0;
                p
            },
            Refused(&["distance from"]),
        ),
    ];
    run("hubs", rows);
}

fn codes(findings: &[Finding]) -> Vec<String> {
    crate::city::told(findings)
}

/// Layers that no file could hold.
#[test]
fn layers_made_by_hand() {
    let row = |name: &str, change: fn(&mut evengrid::territory::layers::Layers), expect: Expect| {
        let mut layers = blocks(&[10.0; 24], 6, 12);
        change(&mut layers);
        row(name, expect, move |_| {
            let drawn = draw(&layers, &blocks_recipe(), &()).map_err(|e| e.to_string())?;
            Ok(codes(&drawn.report.findings))
        })
    };
    let rows = vec![
        row("as they are", |_| {}, FINE),
        row("nothing", |l| *l = Default::default(), Refused(&["no land"])),
        row("no divisions", |l| l.divisions.clear(), Refused(&["no land"])),
        row("no homes", |l| l.households.clear(), FINE),
        row("a home at NaN", |l| l.households[0].at = [f64::NAN; 2], Told("point-dropped")),
        row("a home at infinity", |l| l.households[0].at = [f64::INFINITY, 0.0], Told("point-dropped")),
        row("a weight of NaN", |l| l.households[0].weight = Some(f64::NAN), Told("weight-not-usable")),
        row("a weight of infinity", |l| l.households[0].weight = Some(f64::INFINITY), Told("weight-not-usable")),
        row(
            "land at NaN",
            |l| l.divisions[0].land.0[0].exterior_mut(|r| r.0.iter_mut().for_each(|c| c.x = f64::NAN)),
            Told("ring-dropped"),
        ),
        row("a road at NaN", |l| l.roads[0].line.0[0].0.iter_mut().for_each(|c| c.y = f64::NAN), Told("line-without-length")),
        row("a road of nothing", |l| l.roads[0].line.0.clear(), FINE),
        row("land of nothing", |l| l.divisions[0].land.0.clear(), FINE),
        row("an origin that is not there", |l| l.households[0].origin.source = u16::MAX, FINE),
        row("10,000 homes in one place", |l| l.households = (0..10_000).map(|i| home(i, (2, 2), 1.0)).collect(), Told("stack-heavy")),
    ];
    run("by-hand", rows);
}

#[test]
fn stages_by_themselves() {
    let (land, fabric) = made(&blocks(&[10.0; 24], 6, 12), &blocks_recipe());
    assert!(!fabric.units.is_empty() && place((0, 0)) == [10.0, 50.0]);
    let rows = vec![
        row("a recipe of other divisions", Refused(&["9", "3"]), |_| {
            let mut recipe = blocks_recipe();
            recipe.division.level = Some(3);
            draw(&blocks(&[10.0; 24], 6, 12), &recipe, &()).map(|_| Vec::new()).map_err(|e| e.to_string())
        }),
        row("a territory without points", FINE, move |_| {
            let bare = evengrid::territory::Territory { points: Vec::new(), ..land };
            let fabric = evengrid::cut::cut(&bare, &blocks_recipe(), &()).map_err(|e| e.to_string())?;
            assert!(fabric.units.iter().all(|u| u.load == Load::ZERO));
            Ok(codes(&fabric.findings))
        }),
        row("a recipe that cuts everything", FINE, |_| {
            let mut recipe = blocks_recipe();
            recipe.cut.split_above = f64::MIN_POSITIVE;
            draw(&blocks(&[10.0; 24], 6, 12), &recipe, &()).map(|d| codes(&d.report.findings)).map_err(|e| e.to_string())
        }),
    ];
    run("stages", rows);
}

/// Tables beside the layers.
#[test]
fn tables_of_other_things() {
    type Reader = fn(&Path) -> Seen;
    fn of<T>(read: Result<(T, Vec<Finding>), evengrid::io::ReadError>) -> Seen {
        read.map(|(_, findings)| codes(&findings)).map_err(|e| e.to_string())
    }
    let hub_places: Reader = |p| of(hub_tables::read_places(p, "t.csv", true));
    let hub_sites: Reader = |p| of(hub_tables::read_sites(p, "t.csv", false));
    let distances: Reader = |p| of(hub_tables::read_distances(p, "t.csv"));
    let staff: Reader = |p| of(staffing_files::read_staff(p, "t.csv"));
    let officers: Reader = |p| of(staffing_files::read_officers(p, "t.csv"));
    let series: Reader = |p| of(series_files::read_series(p));
    let sales: Reader = |p| of(series_files::read_sales(p));
    let lineage: Reader = |p| of(series_files::read_lineage(p));
    let areas: Reader = |p| of(table::read_areas(p, "t.geojson", "id"));
    let read = |name: &str, reader: Reader, bytes: &[u8], expect: Expect| {
        let bytes = bytes.to_vec();
        row(name, expect, move |folder| {
            std::fs::write(folder.join("t.csv"), bytes).expect("a file");
            reader(&folder.join("t.csv"))
        })
    };
    let mut rows = Vec::new();
    for (what, reader) in [
        ("places", hub_places),
        ("sites", hub_sites),
        ("distances", distances),
        ("staff", staff),
        ("officers", officers),
        ("series", series),
        ("sales", sales),
        ("lineage", lineage),
    ] {
        rows.push(read(&format!("{what}: empty"), reader, b"", Refused(&["no column"])).naming("t.csv"));
        rows.push(read(&format!("{what}: noise"), reader, &[0xff, 0x00, 0x81, 0x0a], Refused(&["t.csv"])));
        rows.push(read(&format!("{what}: UTF-16"), reader, b"\xff\xfei\0d\0", Refused(&["UTF-16"])).naming("t.csv"));
        rows.push(read(&format!("{what}: one quote"), reader, b"\"", Refused(&["t.csv"])));
        rows.push(read(&format!("{what}: other columns"), reader, b"a,b\n1,2\n", Refused(&["no column", "a, b"])).naming("t.csv"));
    }
    rows.extend([
        read("places: NaN", hub_places, b"id,lon,lat,weight\na,NaN,30,1\n", Told("position-missing")),
        read("places: swapped", hub_places, b"id,lon,lat\na,30,113\n", Told("position-missing")),
        read("places: a weight of 1e300", hub_places, b"id,lon,lat,weight\na,113,30,1e300\n", Told("value-unreadable")),
        read("places: a weight of NaN", hub_places, b"id,lon,lat,weight\na,113,30,NaN\n", Told("value-unreadable")),
        read("places: an id twice", hub_places, b"id,lon,lat\na,113,30\na,113,30\n", Told("id-repeated")),
        read("places: no id", hub_places, b"id,lon,lat\n,113,30\n", Told("id-missing")),
        read("areas: empty", areas, b"", Refused(&["t.geojson", "empty"])),
        read("areas: points", areas, br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Point","coordinates":[1,2]}}]}"#, Told("area-dropped")),
    ]);
    run("tables", rows);
}
