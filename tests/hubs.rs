//! Hubs from tables to files (R20), and facilities of a drawn plan (R36, R38).

use evengrid::io::{hub_files, hub_tables, read_layers};
use evengrid::measure::Load;
use evengrid::pipeline::draw;
use evengrid::recipe::Draft;
use evengrid::staffing::facilities::{Demand, FacilityReport, GridName, facilities};
use evengrid::staffing::hubs::{HubError, HubOutcome, HubPlace, HubPlan, HubProblem, HubSite, great_circle_m, pair_distances, place_hubs};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

fn cities(file: &str) -> Vec<HubPlace> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/hubs").join(file);
    hub_tables::read_places(&path, file, true).unwrap().0
}

fn problem(places: Vec<HubPlace>, count: usize, pins: &[&str]) -> HubProblem {
    let site = |p: &HubPlace| HubSite { id: p.id.clone(), at: p.at, capacity: None, pinned: pins.contains(&p.id.as_str()) };
    let sites: Vec<HubSite> = places.iter().map(site).collect();
    let (distance_m, findings) = pair_distances(&places, &sites, None);
    assert!(findings.is_empty());
    HubProblem { places, sites, distance_m, count, max_distance_m: None, split: false }
}

fn hubs(plan: &HubPlan) -> Vec<&str> {
    plan.hubs.iter().map(|h| h.hub_id.as_str()).collect()
}

#[test]
fn changzhou_is_the_free_median_of_four_cities_and_nanjing_the_pinned_one() {
    // R20: about 251 km free, about 467 km pinned
    let report = place_hubs(&problem(cities("four_cities.csv"), 1, &["nanjing"]), &()).unwrap();
    let free = report.free.unwrap();
    assert_eq!((hubs(&report.plan), hubs(&free)), (vec!["nanjing"], vec!["changzhou"]));
    assert_eq!((report.plan.outcome, free.outcome), (HubOutcome::Optimal, HubOutcome::Optimal));
    assert!((report.plan.weighted_km / 467.0 - 1.0).abs() < 0.03, "{}", report.plan.weighted_km);
    assert!((free.weighted_km / 251.0 - 1.0).abs() < 0.03, "{}", free.weighted_km);
    assert_eq!(report.plan.distance_km, report.plan.weighted_km);
    assert_eq!(report.pins_cost_km, Some(report.plan.weighted_km - free.weighted_km));
    let told = report.findings.iter().find(|f| f.code == "pins-cost").unwrap();
    assert!(told.message.contains("nanjing") && told.message.contains("changzhou"), "{told}");
}

#[test]
fn great_circles_are_as_long_as_known() {
    // a degree of a great circle of the sphere, and half of one
    let degree = 6_371_008.8f64.to_radians();
    assert!((great_circle_m([0.0, 0.0], [0.0, 1.0]) - degree).abs() < 1e-3);
    assert!((great_circle_m([10.0, 0.0], [-170.0, 0.0]) - 180.0 * degree).abs() < 1e-3);
    assert!((great_circle_m([-179.5, 0.0], [179.5, 0.0]) - degree).abs() < 1e-3);
}

/// All sets of three hubs.
fn best_of_three(p: &HubProblem) -> f64 {
    let n = p.sites.len();
    let mut best = f64::MAX;
    for a in 0..n {
        for b in a + 1..n {
            for c in b + 1..n {
                let near = |i: usize| [a, b, c].iter().map(|s| p.distance_m[i * n + s]).fold(f64::MAX, f64::min);
                best = best.min(p.places.iter().enumerate().map(|(i, place)| place.weight.units() * near(i) / 1000.0).sum());
            }
        }
    }
    best
}

#[test]
fn three_hubs_for_the_delta_are_the_best_of_all_triples() {
    let p = problem(cities("cities.csv"), 3, &[]);
    let plan = place_hubs(&p, &()).unwrap().plan;
    assert_eq!(plan.outcome, HubOutcome::Optimal);
    // distances are taken to the decimetre
    assert!((plan.weighted_km / best_of_three(&p) - 1.0).abs() < 1e-6);
    assert_eq!((plan.gap, plan.weighted_km_at_least), (0.0, plan.weighted_km));
}

#[test]
fn maximum_distance_and_capacity_are_kept_or_told() {
    let mut p = problem(cities("cities.csv"), 3, &[]);
    p.max_distance_m = Some(150_000.0);
    let report = place_hubs(&p, &()).unwrap();
    let beyond: Vec<_> = report.plan.served.iter().filter(|s| s.beyond).collect();
    assert_eq!(beyond.len(), report.plan.beyond_places);
    assert!(report.plan.served.iter().all(|s| s.beyond == (s.distance_km > 150.0)));
    assert_eq!(report.findings.iter().filter(|f| f.code == "place-beyond").count(), beyond.len());
    assert_eq!((report.plan.outcome, report.plan.beyond_weight), (HubOutcome::Optimal, report.plan.beyond_weight_at_least));

    // 16,017 in all: three hubs of 6,000 hold it, three of 5,000 do not
    p.max_distance_m = None;
    p.sites.iter_mut().for_each(|s| s.capacity = Some(Load(6_000_000)));
    let held = place_hubs(&p, &()).unwrap();
    assert!(held.plan.overrun == 0.0 && held.plan.hubs.iter().all(|h| h.load <= 6000.0));
    assert_ne!(held.plan.outcome, HubOutcome::Infeasible);
    assert!(held.plan.weighted_km >= held.plan.weighted_km_at_least);
    p.sites.iter_mut().for_each(|s| s.capacity = Some(Load(5_000_000)));
    let short = place_hubs(&p, &()).unwrap();
    assert_eq!(short.plan.outcome, HubOutcome::Infeasible);
    let told = short.findings.iter().find(|f| f.code == "hubs-infeasible").unwrap();
    assert_eq!((told.measured, told.limit), (Some(16_017.0), Some(15_000.0)));
    assert!(short.plan.overrun >= 1017.0 && short.plan.overrun_at_least >= 1017.0);
    p.split = true;
    assert_eq!(place_hubs(&p, &()).unwrap().plan.overrun, 1017.0);
}

#[test]
fn given_distances_hold_and_gaps_in_them_are_told() {
    let places = cities("four_cities.csv");
    let p = problem(places.clone(), 1, &[]);
    let key = |a: &str, b: &str| (a.to_string(), b.to_string());
    // by road Wuxi is near everything
    let given = ["nanjing", "changzhou", "nantong"].map(|c| (key(c, "wuxi"), 10_000.0)).into();
    let (distance_m, findings) = pair_distances(&places, &p.sites, Some(&given));
    let plan = place_hubs(&HubProblem { distance_m, ..p.clone() }, &()).unwrap().plan;
    assert_eq!((hubs(&plan), plan.weighted_km), (vec!["wuxi"], 30.0));
    assert_eq!(findings.iter().map(|f| (f.code.as_str(), f.measured)).collect::<Vec<_>>(), [("distance-assumed", Some(6.0))]);
    let nowhere = |p: &HubPlace| HubPlace { at: None, ..p.clone() };
    let (distance_m, findings) = pair_distances(&places.iter().map(nowhere).collect::<Vec<_>>(), &p.sites, Some(&given));
    assert_eq!(findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["distance-missing"]);
    assert!(matches!(place_hubs(&HubProblem { distance_m, ..p }, &()), Err(HubError::Distance { .. })));
}

#[test]
fn what_cannot_be_asked_is_refused_with_numbers() {
    let p = problem(cities("four_cities.csv"), 1, &["nanjing", "wuxi"]);
    assert_eq!(place_hubs(&p, &()).unwrap_err(), HubError::Count { count: 1, pinned: 2, sites: 4 });
    assert!(place_hubs(&HubProblem { count: 5, ..p.clone() }, &()).unwrap_err().to_string().contains("2 to 4"));
    assert!(matches!(place_hubs(&HubProblem { places: Vec::new(), ..p.clone() }, &()), Err(HubError::Empty { .. })));
    let mut heavy = p.clone();
    heavy.places[0].weight = Load(-1);
    assert!(matches!(place_hubs(&HubProblem { count: 2, ..heavy }, &()), Err(HubError::Negative { .. })));
    let mut fine = p;
    fine.count = 2;
    fine.places[0].weight = Load(8_999_999_999_999_999);
    (fine.max_distance_m, fine.sites[0].capacity) = (Some(1e5), Some(Load(1)));
    assert!(matches!(place_hubs(&fine, &()), Err(HubError::TooLarge { .. })));
}

/// Points from a small generator.
fn scattered(n: usize, seed: u64) -> Vec<HubPlace> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    (0..n)
        .map(|i| HubPlace {
            id: format!("p{i}"),
            at: Some([119.0 + 2.0 * next(), 31.0 + 2.0 * next()]),
            weight: Load((1000.0 * (1.0 + 99.0 * next())) as i64),
        })
        .collect()
}

#[test]
fn many_places_have_a_small_gap_whatever_the_number_of_threads() {
    let p = problem(scattered(200, 3), 12, &["p7"]);
    let with = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| place_hubs(&p, &()).unwrap());
    let one = with(1);
    assert_eq!(one, with(3));
    assert!(one.plan.gap < 0.01 && hubs(&one.plan).contains(&"p7"), "{}", one.plan.gap);
    assert!(one.free.unwrap().weighted_km <= one.plan.weighted_km);
    // within capacities that bind
    let mut tight = problem(scattered(80, 4), 6, &[]);
    let all: f64 = tight.places.iter().map(|p| p.weight.units()).sum();
    let most = Load::from_units((all / 6.0 * 1.05).ceil());
    tight.sites.iter_mut().for_each(|s| s.capacity = most);
    let plan = place_hubs(&tight, &()).unwrap().plan;
    assert_eq!(plan.overrun, 0.0);
    assert!(plan.gap < 0.1 && plan.weighted_km >= plan.weighted_km_at_least, "{}", plan.gap);
}

#[test]
fn files_of_hubs_say_the_same_as_the_plan() {
    let p = problem(cities("cities.csv"), 2, &["nanjing"]);
    let plan = place_hubs(&p, &()).unwrap().plan;
    let csv = hub_files::hub_served_csv(&plan);
    assert!(csv.starts_with("\u{feff}place_id,hub_id,weight,distance_km,beyond\r\nnanjing,nanjing,931,0.000,false\r\n"), "{csv}");
    assert_eq!(csv.lines().count(), 23);
    assert_eq!(hub_files::hubs_csv(&plan).lines().count(), 3);
    let map: serde_json::Value = serde_json::from_str(&hub_files::hubs_geojson(&plan, &p.places, &p.sites).unwrap()).unwrap();
    // two hubs, 22 places, and a line for each but the two that are hubs themselves
    assert_eq!(map["features"].as_array().unwrap().len(), 2 + 22 + 20);
}

static PARKING: LazyLock<(FacilityReport, f64)> = LazyLock::new(|| {
    let town = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/town");
    let recipe = Draft::from_toml(&std::fs::read_to_string(town.join("recipes/parking.toml")).unwrap()).unwrap().build().unwrap();
    let drawn = draw(&read_layers(&town, &recipe.layers).unwrap(), &recipe, &()).unwrap();
    let rule = &recipe.facilities[0];
    let (parking, findings) = hub_tables::read_facilities(&town, &recipe.layers.pois, rule).unwrap();
    assert!(findings.is_empty() && parking.len() == 20, "{findings:?}");
    let points = drawn.territory.points.iter().zip(&drawn.plan.attachments);
    let demand: Vec<Demand> =
        points.map(|(p, a)| Demand { id: p.id.to_string(), at: p.at, load: p.load, grid: a.grid.map(|g| g as usize) }).collect();
    let grids: Vec<GridName> =
        drawn.plan.grids.iter().map(|g| GridName { grid_id: g.grid_id.clone(), division_id: g.division_id.clone() }).collect();
    let load = demand.iter().map(|d| d.load).sum::<Load>().units();
    (facilities(rule, &drawn.territory.plane, &parking, &demand, &grids, &[]), load)
});

#[test]
fn parking_of_the_town_adds_up_on_every_level() {
    let (r, load) = &*PARKING;
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    assert!(near(r.all.demand, 0.6 * load), "{} {load}", r.all.demand);
    let sum = |areas: &[evengrid::staffing::facilities::AreaNeed]| {
        areas.iter().fold([0.0; 3], |s, a| [s[0] + a.demand, s[1] + a.served, s[2] + a.deficit])
    };
    let all = [r.all.demand, r.all.served, r.all.deficit];
    assert!(sum(&r.grids).iter().zip(all).all(|(a, b)| near(*a, b)));
    // households outside the town that are in no grid count on both levels
    assert!(sum(&r.divisions).iter().zip(all).all(|(a, b)| near(*a, b)));
    assert!(r.all.served <= r.capacity.unwrap() && r.all.served <= r.all.reached && r.all.served > 0.0);
    assert!(near(r.served.iter().map(|s| s.amount).sum(), r.all.served));
    assert!(r.served.iter().all(|s| s.distance_m <= 150.05));
    assert!(r.facilities.iter().all(|f| f.served <= f.capacity.unwrap() && f.served <= f.in_reach + 1e-9));
    // a facility with room left has served everybody in its reach
    let full = |f: &evengrid::staffing::facilities::FacilityUse| f.served >= f.capacity.unwrap() - 1e-9;
    assert!(r.facilities.iter().any(full));
    assert_eq!(
        r.findings.iter().filter(|f| f.code == "grid-below-threshold").count(),
        r.grids.iter().filter(|g| g.below && !g.area_id.is_empty()).count()
    );
}

#[test]
fn proposed_parking_serves_what_lacked() {
    let (r, _) = &*PARKING;
    assert_eq!(r.proposed.len(), 20);
    assert!(r.proposed.windows(2).all(|w| w[0].serves >= w[1].serves && w[0].deficit_after > w[1].deficit_after));
    assert!(r.proposed.iter().all(|p| p.capacity == Some(60.0) && p.serves <= 60.0));
    assert!((r.all.deficit - r.proposed.iter().map(|p| p.serves).sum::<f64>() - r.proposed[19].deficit_after).abs() < 1e-6);
    assert_eq!(r.sites_at_least, Some((r.all.deficit / 60.0).ceil() as usize));
    assert_eq!(hub_files::proposed_csv(std::slice::from_ref(r)).lines().count(), 21);
    assert_eq!(hub_files::deficits_csv(std::slice::from_ref(r)).lines().count(), 1 + r.grids.len() + r.divisions.len());
}

/// A folder of its own for a test of the example.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hubs").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Exit code, screen and errors of `place_hubs` in a folder with these tables.
fn run(folder: &Path, tables: &[(&str, &str)], args: &[&str]) -> (Option<i32>, String, String) {
    let example = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join("place_hubs");
    assert!(example.exists(), "{} is missing: run the whole of cargo test, or cargo build --examples before", example.display());
    tables.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
    let done = Command::new(example).current_dir(folder).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

const PLACES: &str = "id,lon,lat,weight\na,120,31,5\nb,x,31,5\nc,120.2,31,5\nd,120.3,31,5\ne,31,120,5\n";

#[test]
fn a_place_without_position_is_named_and_left_out() {
    let here = folder("positions");
    let (code, screen, _) = run(&here, &[("p.csv", PLACES)], &["--places", "p.csv", "--count", "1"]);
    assert_eq!(code, Some(0), "{screen}");
    assert!(
        screen.contains("read         3 places, 3 sites\n") && screen.contains("p.csv record 2") && screen.contains("lon 'x'"),
        "{screen}"
    );
    let swapped: Vec<&str> = screen.lines().filter(|l| l.contains("swapped")).collect();
    assert!(matches!(&swapped[..], [line] if line.contains("p.csv record 5")), "{screen}");
    // so for sites
    let sites = ("s.csv", "id,lon,lat\ns,120,31\nt,31,120\n");
    let (code, screen, _) = run(&here, &[sites], &["--places", "p.csv", "--sites", "s.csv", "--count", "1"]);
    assert!(code == Some(0) && screen.contains("3 places, 1 sites\n") && screen.contains("s.csv record 2"), "{screen}");
    // nothing to place is an error beside the record to blame
    let (code, screen, error) = run(&here, &[("one.csv", "id,lon,lat\ne,31,120\n")], &["--places", "one.csv", "--count", "1"]);
    assert!(code == Some(2) && screen.contains("one.csv record 1") && error.contains("0 places"), "{screen}{error}");
    let (code, screen, error) = run(&here, &[], &["--places", "p.csv", "--pin", "e"]);
    assert!(code == Some(2) && screen.contains("p.csv record 5") && error.contains("--pin e"), "{screen}{error}");
    // no table of distances was given that could lack something
    for lacks in ["id,lon\na,120\n", "id,lon\na,120\nb,121\n"] {
        let (code, _, error) = run(&here, &[("lacks.csv", lacks)], &["--places", "lacks.csv", "--count", "1"]);
        assert!(code == Some(2) && error.contains("lat") && error.contains("lacks.csv") && !error.contains("distance"), "{error}");
    }
}

#[test]
fn a_table_of_distances_stands_in_for_positions() {
    let here = folder("distances");
    let roads = ("roads.csv", "from,to,distance_km\na,b,10\na,c,20\nb,c,30\n");
    let bare = ("bare.csv", "id,weight\na,1\nb,1\nc,1\n");
    let (code, screen, error) = run(&here, &[roads, bare], &["--places", "bare.csv", "--distances", "roads.csv", "--count", "1"]);
    assert!(code == Some(0) && screen.contains("distances    from roads.csv") && !screen.contains("position-missing"), "{screen}{error}");
    // roads and great circles together are said
    let args = ["--places", "p.csv", "--distances", "roads.csv", "--count", "1"];
    let placed = "id,lon,lat\na,120,31\nb,120.1,31\nc,120.2,31\nd,120.3,31\n";
    let (code, screen, _) = run(&here, &[("p.csv", placed)], &args);
    assert!(code == Some(0) && screen.contains("distances    6 of 16 along the great circle, the others from roads.csv"), "{screen}");
    assert!(screen.contains("warning      distance-assumed"), "{screen}");
    let (code, screen, error) = run(&here, &[("p.csv", PLACES)], &args);
    assert!(code == Some(2) && screen.contains("p.csv record 5") && error.contains("distance-missing"), "{screen}{error}");
}

#[test]
fn bad_numbers_are_on_screen_and_never_in_favour() {
    let here = folder("numbers");
    let places = "id,lon,lat,weight\na,120,31,5\nb,120.1,31,-4\nc,120.2,31,7\n";
    let sites = "id,lon,lat,capacity\nA,120,31,x\nB,120.1,31,1e300\nC,120.2,31,12\n";
    let args = ["--places", "p.csv", "--sites", "s.csv", "--count", "1", "--capacity", "50"];
    let (code, screen, error) = run(&here, &[("p.csv", places), ("s.csv", sites)], &args);
    assert!(code == Some(0) && screen.contains("hub          C: 3 places, load 12 of 12,"), "{screen}{error}");
    for told in ["p.csv record 2", "'-4'", "s.csv record 1", "s.csv record 2"] {
        assert!(screen.lines().any(|l| l.starts_with("warning ") && l.contains(told)), "{told}: {screen}");
    }
    // an id that is repeated is a violation, and so is the exit code
    let twice = ("twice.csv", "id,lon,lat\na,120,31\na,120.1,31\n");
    let (code, screen, _) = run(&here, &[twice], &["--places", "twice.csv", "--count", "1"]);
    assert!(code == Some(1) && screen.contains("violation    id-repeated"), "{screen}");
    let many = (0..25).map(|i| format!("p{i},120,31,x\n")).collect::<String>();
    let many = format!("id,lon,lat,weight\n{many}");
    let (_, screen, _) = run(&here, &[("many.csv", &many)], &["--places", "many.csv", "--count", "1"]);
    assert_eq!(screen.lines().filter(|l| l.starts_with("warning ")).count(), 20);
    assert!(screen.contains("… and 5 more\n"), "{screen}");
}

#[test]
fn capacity_that_lacks_is_told_in_all() {
    let (code, screen, _) = run(&folder("lacking"), &[], &["--count", "3", "--capacity", "3000"]);
    assert_eq!(code, Some(1));
    assert!(screen.contains("7017 of capacity lacks in all"), "{screen}");
    let over: Vec<&str> = screen.lines().filter(|l| l.contains("hub-overrun")).collect();
    assert!(!over.is_empty() && over.iter().all(|l| l.contains("over in all")), "{screen}");
}

#[test]
fn facilities_of_no_kind_are_told_with_the_kinds_there_are() {
    let town = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/town");
    let recipe = Draft::from_toml("[facilities.bins]\nkinds = [\"bin\"]\nradius_m = 100\n").unwrap().build().unwrap();
    let (bins, findings) = hub_tables::read_facilities(&town, &recipe.layers.pois, &recipe.facilities[0]).unwrap();
    assert!(bins.is_empty());
    let [told] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!((told.code.as_str(), told.subject.id.as_deref()), ("facilities-absent", Some("bins")));
    assert!(told.message.contains("of kind bin") && told.message.contains("parking"), "{told}");
}

#[test]
fn findings_of_facilities_are_where_the_screen_says() {
    let town = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/town");
    let recipe = Draft::from_toml(&std::fs::read_to_string(town.join("recipes/parking.toml")).unwrap()).unwrap().build().unwrap();
    let plan = draw(&read_layers(&town, &recipe.layers).unwrap(), &recipe, &()).unwrap().plan;
    let here = folder("plan");
    let text = evengrid::io::plan_files::plan_json(&plan).unwrap();
    let (code, screen, error) = run(&here, &[("plan.json", &text)], &["--plan", "."]);
    assert_eq!(code, Some(0), "{screen}{error}");
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(here.join("hubs/hubs.json")).unwrap()).unwrap();
    let warnings = told["findings"].as_array().unwrap().iter().filter(|f| f["severity"] == "warning").count();
    assert!(warnings > 0 && screen.contains(&format!(" {warnings} warnings")), "{screen}");
}
