//! The chain from layers to a plan folder on the embedded town: equal bytes on any number of threads, a plan that survives
//! being written and read, figures that are recounts, and a judge that sees every kind of damage.

use evengrid::io::{Staged, plan_files, plan_read, read_layers};
use evengrid::partition::Standing;
use evengrid::pipeline::{Drawn, draw};
use evengrid::plan::{AsFound, Checked, Plan, check, explain};
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::lattice::{Pt, Side, side_of_ring};
use evengrid::territory::layers::Layers;
use geo::{MapCoords, MultiPolygon};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn recipe() -> Recipe {
    let mut draft = Draft::default();
    (draft.division.level, draft.division.scheme) = (Some(8), Some("civil".into()));
    draft.build().unwrap()
}

fn layers() -> Layers {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");
    read_layers(folder.as_ref(), &recipe().layers).unwrap()
}

static TOWN: LazyLock<Drawn> = LazyLock::new(|| draw(&layers(), &recipe(), &()).unwrap());

/// `name` as a plan folder, written as a service would.
fn written(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("whole_chain").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut staged = Staged::begin(&folder).unwrap();
    for (name, text) in [
        ("grids.geojson", plan_files::grids_geojson(&TOWN.plan).unwrap()),
        ("attachments.csv", plan_files::attachments_csv(&TOWN.plan)),
        ("plan.json", plan_files::plan_json(&TOWN.plan).unwrap()),
    ] {
        staged.write(name, text.as_bytes()).unwrap();
    }
    staged.commit().unwrap();
    folder
}

fn judged(found: &AsFound) -> Checked {
    check(found, &TOWN.territory, recipe().grid.tolerance, &()).unwrap()
}

#[test]
fn threads_and_reruns_change_no_byte() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let plan = pool.install(|| draw(&layers(), &recipe(), &()).unwrap().plan);
        (plan_files::plan_json(&plan).unwrap(), plan_files::grids_geojson(&plan).unwrap(), plan_files::attachments_csv(&plan))
    };
    let one = on(1);
    for threads in [1, 2, 7] {
        assert!(one == on(threads), "the plan differs on {threads} threads");
    }
}

#[test]
fn a_written_plan_is_the_same_plan() {
    let text = plan_files::plan_json(&TOWN.plan).unwrap();
    let again: Plan = serde_json::from_str(&text).unwrap();
    assert!(again == TOWN.plan);
    assert!(plan_files::plan_json(&again).unwrap() == text);
    let folder = written("same");
    let recipe_again = plan_read::recipe(&folder).unwrap().unwrap().build().unwrap();
    assert_eq!(recipe_again, recipe());
    let found = plan_read::read_plan(&folder).unwrap();
    let loads = |p: &Plan| p.grids.iter().map(|g| (g.grid_id.clone(), Some(g.households))).collect::<Vec<_>>();
    assert_eq!(found.grids.iter().map(|g| (g.grid_id.clone(), g.households)).collect::<Vec<_>>(), loads(&TOWN.plan));
}

#[test]
fn figures_are_recounts() {
    let (plan, fabric) = (&TOWN.plan, &TOWN.fabric);
    let all: f64 = fabric.units.iter().map(|u| u.load.units()).sum();
    assert_eq!(plan.grids.iter().map(|g| g.households).sum::<f64>(), all);
    assert_eq!(plan.zones.iter().map(|z| z.households).sum::<f64>(), all);
    assert_eq!(plan.zones.iter().map(|z| z.grids.len()).sum::<usize>(), plan.grids.len());
    assert_eq!(plan.attachments.len(), TOWN.territory.points.len());
    for g in &plan.grids {
        assert!((g.deviation - (g.households - g.target) / g.target).abs() < 1e-6, "{}", g.grid_id);
        let back = g.backup_grid_id.as_ref().map(|b| plan.grids.iter().find(|o| &o.grid_id == b).unwrap());
        assert!(back.is_none_or(|o| o.backup_grid_id.as_ref() == Some(&g.grid_id)), "pairs are mutual");
    }
    for z in &plan.zones {
        let b = &z.bound;
        assert!(b.reached_deviation >= b.possible_deviation - 1e-6, "{}: better than the best possible", z.zone_id);
        assert!(b.out_of_band == 0 || b.reached_deviation > recipe().grid.tolerance);
    }
}

#[test]
fn inertia_is_that_of_many_points_in_the_land() {
    let (plan, plane) = (&TOWN.plan, TOWN.plan.provenance.plane);
    for (g, land) in plan.grids.iter().zip(plan.grid_land()) {
        let corners: Vec<_> = land.iter().flatten().flatten().copied().collect();
        let span = |of: fn(&Pt) -> i64| (corners.iter().map(of).min().unwrap(), corners.iter().map(of).max().unwrap());
        let ((x0, x1), (y0, y1)) = (span(|p| p.x), span(|p| p.y));
        let at = |low: i64, high: i64, k: i64| low + (high - low) * (2 * k + 1) / 240;
        let all = (0..120 * 120).map(|i| Pt { x: at(x0, x1, i % 120), y: at(y0, y1, i / 120) });
        let rings = |p: &Pt| land.iter().flatten().filter(|r| side_of_ring(r, *p) == Side::Inside).count();
        let inside: Vec<[f64; 2]> = all.filter(|p| rings(p) % 2 == 1).map(|p| plane.metres(p)).collect();
        let mean = |of: &dyn Fn(&[f64; 2]) -> f64| inside.iter().map(of).sum::<f64>() / inside.len() as f64;
        let centre = [mean(&|p| p[0]), mean(&|p| p[1])];
        let spread = mean(&|p| (p[0] - centre[0]).powi(2) + (p[1] - centre[1]).powi(2));
        let expected = g.area_m2 / (2.0 * std::f64::consts::PI * spread);
        assert!((g.inertia / expected - 1.0).abs() < 0.05, "{}: {} where points say {expected}", g.grid_id, g.inertia);
    }
}

#[test]
fn the_judge_passes_what_the_maker_made() {
    let judged = judged(&plan_read::read_plan(&written("whole")).unwrap());
    assert!(judged.passed(), "{:?}", judged.checks);
}

/// What the judge says is broken after `damage`.
fn broken(damage: impl Fn(&mut AsFound)) -> (Vec<String>, Vec<String>) {
    static FOUND: LazyLock<AsFound> = LazyLock::new(|| plan_read::read_plan(&written("damaged")).unwrap());
    let mut found = FOUND.clone();
    damage(&mut found);
    let judged = judged(&found);
    let names = judged.checks.iter().filter(|c| !c.ok && c.hard).map(|c| c.name.clone()).collect();
    (names, judged.findings.iter().map(|f| f.code.clone()).collect())
}

fn moved(land: &MultiPolygon<f64>, by: f64) -> MultiPolygon<f64> {
    land.map_coords(|c| geo::Coord { x: c.x + by, y: c.y })
}

#[test]
fn the_judge_sees_every_kind_of_damage() {
    type Damage = fn(&mut AsFound);
    let cases: [(&str, Damage, &[&str], &str); 10] = [
        ("a grid deleted", |f| drop(f.grids.remove(3)), &["cover"], "land-in-no-grid"),
        ("a grid deleted, its households left", |f| drop(f.grids.remove(3)), &["attached"], "entity-orphaned"),
        ("a grid moved by 20 m", |f| f.grids[3].land = moved(&f.grids[3].land, 2e-4), &["cover", "overlap"], "grids-overlap"),
        ("a grid far away", |f| f.grids[3].land = moved(&f.grids[3].land, 1.0), &["outside", "nested"], "land-outside"),
        ("an id used twice", |f| f.grids[1].grid_id = f.grids[0].grid_id.clone(), &["ids"], "id-not-unique"),
        ("a wrong load", |f| f.grids[0].households = Some(1.0), &["loads"], "load-differs"),
        ("a division that is not there", |f| f.grids[0].division_id = "nowhere".into(), &["nested"], "division-unknown"),
        ("another division", |f| f.grids[0].division_id = f.grids.last().unwrap().division_id.clone(), &["nested"], "crosses-division"),
        ("an attachment moved", |f| f.attachments.as_mut().unwrap()[40][1] = "G000029".into(), &["attached"], "entity-misplaced"),
        ("an attachment lost", |f| drop(f.attachments.as_mut().unwrap().remove(40)), &["attached"], "entity-missing"),
    ];
    for (what, damage, rules, code) in cases {
        let (names, codes) = broken(damage);
        for rule in rules {
            assert!(names.iter().any(|n| n == rule), "{what}: {rule} is not among {names:?}");
        }
        assert!(codes.iter().any(|c| c == code), "{what}: {code} is not among {codes:?}");
    }
}

#[test]
fn rings_may_run_either_way() {
    let (names, codes) = broken(|f| {
        for polygon in f.grids.iter_mut().step_by(2).flat_map(|g| &mut g.land.0) {
            polygon.exterior_mut(|ring| ring.0.reverse());
        }
    });
    let same = broken(|_| ());
    assert_eq!((names, codes), same);
}

#[test]
fn the_judge_sees_land_that_fell_apart() {
    let (names, codes) = broken(|f| {
        let far = f.grids.iter().rposition(|g| g.parts == 1).unwrap();
        let taken = f.grids[far].land.clone();
        f.grids[0].land.0.extend(taken.0);
        f.grids.remove(far);
    });
    assert!(names.iter().any(|n| n == "contiguous") && codes.iter().any(|c| c == "not-contiguous"), "{names:?} {codes:?}");
}

#[test]
fn counts_hold_or_give_way_and_the_report_says_which() {
    let drawn = |change: &dyn Fn(&mut Draft)| {
        let mut draft = Draft::from(recipe());
        change(&mut draft);
        draw(&layers(), &draft.build().unwrap(), &()).unwrap()
    };
    let told = |d: &Drawn, code: &str| -> Vec<String> {
        d.report.findings.iter().filter(|f| f.code == code).filter_map(|f| f.subject.id.clone()).collect()
    };
    let free = |z: usize| TOWN.plan.zones[z].grids.len();
    let held = drawn(&|d| (d.grid.count_min, d.grid.count_max) = (Some(2), Some(3)));
    for (i, z) in held.plan.zones.iter().enumerate() {
        assert_eq!(z.grids.len(), free(i).clamp(2, 3));
        let mean = z.bound.grids_worth / z.grids.len() as f64 - 1.0;
        let told = told(&held, "count-infeasible").contains(&z.division_id);
        assert_eq!(told, mean.abs() > 0.1 || !z.bound.count_feasible, "{} {mean}", z.division_id);
    }
    assert!(told(&held, "count-gave-way").is_empty() && !told(&held, "count-infeasible").is_empty());
    let gave = drawn(&|d| (d.grid.count_max, d.grid.count_holds) = (Some(3), Some(false)));
    for (i, z) in gave.plan.zones.iter().enumerate() {
        assert_eq!(z.grids.len(), free(i));
        assert_eq!(told(&gave, "count-gave-way").contains(&z.division_id), free(i) > 3);
    }
    let first = TOWN.plan.zones[0].division_id.clone();
    let exact = drawn(&|d| d.grid.counts = Some([(first.clone(), 5), ("nowhere".into(), 5)].into()));
    assert_eq!((exact.plan.zones[0].grids.len(), exact.plan.zones[1].grids.len()), (5, free(1)));
    assert_eq!(told(&exact, "count-for-nobody"), ["nowhere"]);
}

#[test]
fn every_grid_is_explained() {
    let plan = &TOWN.plan;
    let land = plan.grid_land();
    for (g, land) in plan.grids.iter().zip(&land) {
        let e = explain(plan, &g.grid_id).unwrap();
        assert_eq!(Some(&e), explain(plan, &g.code).as_ref());
        let round = |r: &Vec<_>| plan.provenance.plane.length_m(&[r.as_slice(), &r[..1]].concat());
        let perimeter: f64 = land.iter().flatten().map(round).sum();
        let told: f64 = e.borders.iter().map(|b| b.length_m).sum();
        assert!((perimeter - told).abs() < 1e-6 * perimeter, "{}: {perimeter} {told}", g.grid_id);
        assert!(!e.reasons.is_empty() && g.in_band == (g.standing == Standing::InBand), "{}", g.grid_id);
        assert_eq!(e.reasons.iter().any(|r| r.starts_with("Nothing forces")), g.standing == Standing::Unforced);
        for o in &e.options {
            let unit = plan.fabric.units.iter().find(|u| u.key == o.unit).unwrap();
            assert_eq!(plan.grids[unit.grid as usize].grid_id, o.from);
            assert!((o.from == g.grid_id) != (o.to == g.grid_id) && o.deviation.abs() < g.deviation.abs());
            assert!(((o.deviation - g.deviation).abs() - unit.worth).abs() < 1e-6);
        }
    }
    assert!(plan.grids.iter().any(|g| !g.in_band) && plan.grids.iter().any(|g| !explain(plan, &g.grid_id).unwrap().options.is_empty()));
    assert_eq!(explain(plan, "nobody"), None);
    for z in &plan.zones {
        let held: Vec<u32> = z.bound.relaxed.iter().map(|r| r.in_band).collect();
        assert!(held.is_sorted_by(|a, b| a < b) && held.last().is_none_or(|&n| n as usize == z.grids.len()));
    }
}
