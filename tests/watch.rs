//! Long work is told of, stops where it is told to, and limits change nothing but whether there is a result.

mod quick_town;

use evengrid::graph::{Edge, UnitGraph};
use evengrid::io::{Limits, ReadError, Reader, plan_files, plan_read};
use evengrid::measure::{Band, Load};
use evengrid::partition::{Count, Locks, PartitionError, Problem, adjust, partition};
use evengrid::pipeline::{Accept, Error, Rebalance, accept, draw, rebalance};
use evengrid::plan::Plan;
use evengrid::recipe::Effort;
use evengrid::watch::{Guard, Stopped, Watch};
use quick_town::{LAYERS, RECIPE, TOWN, later};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

static PLAN: LazyLock<Plan> = LazyLock::new(|| draw(&LAYERS, &RECIPE, &()).unwrap().plan);

fn bytes(plan: &Plan) -> String {
    plan_files::plan_json(plan).unwrap()
}

/// Budgets of work up to a whole: none, all but one step, and some between.
fn budgets(all: u64) -> impl Iterator<Item = u64> {
    (0..12).map(move |i| all * i / 12).chain([1, all - 1])
}

#[test]
fn a_draw_stops_at_any_step_and_is_the_same_within_its_budget() {
    let count = Guard::new(&());
    let whole = draw(&LAYERS, &RECIPE, &count).unwrap().plan;
    assert_eq!(bytes(&whole), bytes(&PLAN));
    let all = count.spent();
    for limit in budgets(all) {
        match draw(&LAYERS, &RECIPE, &Guard::new(&()).work(limit)) {
            Err(Error::Stopped(stopped)) => assert_eq!(stopped, Stopped::Work { limit }),
            other => panic!("{limit} of {all}: {:?}", other.map(|d| d.plan.grids.len())),
        }
    }
    let again = draw(&LAYERS, &RECIPE, &Guard::new(&()).work(all).time(Duration::from_secs(3600))).unwrap().plan;
    assert_eq!(bytes(&again), bytes(&whole));
}

#[test]
fn a_rebalance_and_an_acceptance_stop_at_any_step() {
    let later = later();
    let run = |watch: &dyn Watch| rebalance(&PLAN, &later, &RECIPE, &Rebalance::default(), watch).map(|r| bytes(&r.drawn.plan));
    let count = Guard::new(&());
    let whole = run(&count).unwrap();
    for limit in budgets(count.spent()) {
        let stopped = run(&Guard::new(&()).work(limit)).unwrap_err();
        assert!(matches!(stopped, Error::Stopped(Stopped::Work { .. })), "{limit}: {stopped}");
    }
    assert_eq!(run(&Guard::new(&()).work(count.spent())).unwrap(), whole);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("watch-grids.geojson");
    std::fs::write(&file, plan_files::grids_geojson(&PLAN).unwrap()).unwrap();
    let found = plan_read::read_any(&file, Some("grid_id")).unwrap().0;
    let run = |watch: &dyn Watch| accept(&PLAN, &found, &LAYERS, &RECIPE, &Accept::default(), watch).map(|a| bytes(&a.drawn.plan));
    let count = Guard::new(&());
    let whole = run(&count).unwrap();
    for limit in budgets(count.spent()) {
        assert!(matches!(run(&Guard::new(&()).work(limit)), Err(Error::Stopped(Stopped::Work { .. }))), "{limit}");
    }
    assert_eq!(run(&()).unwrap(), whole);
}

/// A lattice of `side` × `side` units in about one part for every twelve.
fn lattice(side: u32) -> Problem {
    let at = |x: u32, y: u32| x + y * side;
    let right = (0..side).flat_map(|y| (1..side).map(move |x| (x - 1, y, x, y)));
    let down = (1..side).flat_map(|y| (0..side).map(move |x| (x, y - 1, x, y)));
    let edges: Vec<_> = right.chain(down).map(|(a, b, c, d)| Edge { a: at(a, b), b: at(c, d), cost: 10 }).collect();
    let loads = (0..side * side).map(|i| Load(1000 * i64::from(20 + i * 7 % 17))).collect();
    Problem {
        graph: UnitGraph::new(1, loads, &edges, None).unwrap(),
        bands: vec![Band::around(Load(336_000), 0.05)],
        count: Count::ForBand,
        locks: Locks::default(),
        seed: 1,
        effort: Effort::level("standard").unwrap(),
    }
}

/// Sets a flag some time after it was made.
fn after(time: Duration, run: impl FnOnce(&AtomicBool) -> bool) -> Duration {
    let (flag, set) = (AtomicBool::new(false), Mutex::new(None));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(time);
            *set.lock().unwrap() = Some(Instant::now());
            flag.store(true, Ordering::Relaxed);
        });
        assert!(run(&flag), "it ended before it was cancelled");
    });
    set.into_inner().unwrap().map_or(Duration::ZERO, |at| at.elapsed())
}

#[test]
fn the_engine_is_cancelled_while_it_works() {
    let mut problem = lattice(160);
    problem.effort = Effort::level("thorough").unwrap();
    let cancelled = |result: Result<(), PartitionError>| matches!(result, Err(PartitionError::Stopped(Stopped::Cancelled)));
    let wait = after(Duration::from_millis(300), |flag| cancelled(partition(&problem, &Guard::new(&()).cancelled_by(flag)).map(drop)));
    assert!(wait < Duration::from_secs(10), "{wait:?}");
    let stripes: Vec<Option<u32>> = (0..160 * 160).map(|u| Some(u / 12)).collect();
    after(Duration::from_millis(50), |flag| cancelled(adjust(&problem, &stripes, None, &Guard::new(&()).cancelled_by(flag)).map(drop)));
}

/// Remembers what it was told.
#[derive(Default)]
struct Told {
    stages: Mutex<Vec<&'static str>>,
    zones: Mutex<Vec<(usize, usize)>>,
}

impl Watch for Told {
    fn stage(&self, stage: &'static str) {
        self.stages.lock().unwrap().push(stage);
    }
    fn zones(&self, done: usize, total: usize) {
        self.zones.lock().unwrap().push((done, total));
    }
}

#[test]
fn stages_and_zones_are_told_through_a_guard() {
    let told = Told::default();
    let guard = Guard::new(&told);
    let layers = Reader::new(&guard).layers(TOWN.as_ref(), &RECIPE.layers).unwrap();
    let drawn = draw(&layers, &RECIPE, &guard).unwrap();
    assert_eq!(*told.stages.lock().unwrap(), ["read", "territory", "cut", "zones", "partition", "attach", "plan"]);
    let mut zones = told.zones.into_inner().unwrap();
    zones.sort_unstable();
    let n = drawn.plan.zones.len();
    assert_eq!(zones, (1..=n).map(|done| (done, n)).collect::<Vec<_>>());
}

#[test]
fn reading_keeps_to_its_limits() {
    let read = |limits| Reader::default().limits(limits).layers(TOWN.as_ref(), &RECIPE.layers);
    let features = LAYERS.sources.iter().map(|s| s.features).sum();
    let enough = Limits { features, ..Limits::default() };
    assert_eq!(read(enough).unwrap(), *LAYERS);
    for (limits, words) in [
        (Limits { features: features - 1, ..enough }, "features"),
        (Limits { features: 0, ..enough }, "features"),
        (Limits { positions: 1000, ..enough }, "positions"),
    ] {
        let error = read(limits).unwrap_err();
        assert!(matches!(error, ReadError::Limit { what, .. } if what == words), "{error}");
        assert!(error.to_string().contains(": record "), "{error}");
    }
    let stopped = Reader::new(&Guard::new(&()).work(5000)).layers(TOWN.as_ref(), &RECIPE.layers).unwrap_err();
    assert!(matches!(stopped, ReadError::Stopped(Stopped::Work { limit: 5000 })), "{stopped}");
}
