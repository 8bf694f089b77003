//! Laws of the partition: whatever the graph, grids are contiguous and non-empty, tallies are recounts, bounds hold and
//! the number of threads changes nothing.

use evengrid::graph::{Edge, UnitGraph};
use evengrid::io::metis;
use evengrid::measure::{Band, Load, LockKind, UnitId};
use evengrid::partition::{Assignment, Count, Effort, Locks, Outcome, PartitionError, Partitioned, Problem, Score, Standing, partition};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A graph of loads in thousandths and edges (a, b, cost).
fn graph(resources: usize, loads: &[i64], edges: &[(u32, u32, u32)]) -> UnitGraph {
    let edges: Vec<Edge> = edges.iter().map(|&(a, b, cost)| Edge { a, b, cost }).collect();
    UnitGraph::new(resources, loads.iter().map(|&l| Load(l)).collect(), &edges, None).unwrap()
}

/// A random tree with some more edges: connected, with many cut vertices.
fn connected(units: std::ops::RangeInclusive<usize>, most: i64) -> impl Strategy<Value = UnitGraph> {
    units.prop_flat_map(move |n| {
        let loads = prop::collection::vec(0..most, n);
        let up = prop::collection::vec((any::<u32>(), 1u32..50), n - 1);
        let more = prop::collection::vec((0..n as u32, 0..n as u32, 1u32..50), 0..n);
        (loads, up, more).prop_map(|(loads, up, more)| {
            let tree = up.iter().enumerate().map(|(i, &(r, c))| (i as u32 + 1, r % (i as u32 + 1), c));
            graph(1, &loads, &tree.chain(more).collect::<Vec<_>>())
        })
    })
}

/// Every border once: its units, the lower one first, and its cost.
fn edges(g: &UnitGraph) -> Vec<(u32, u32, u32)> {
    (0..g.len()).flat_map(|u| g.neighbours(u).map(move |(v, c)| (u as u32, v as u32, c))).filter(|e| e.0 < e.1).collect()
}

/// The same graph with a second resource.
fn with_second(g: &UnitGraph, second: &[i64]) -> UnitGraph {
    let loads: Vec<i64> = (0..g.len()).flat_map(|u| [g.load(u).0, second[u]]).collect();
    graph(2, &loads, &edges(g))
}

fn problem(graph: UnitGraph, target: i64, count: Count) -> Problem {
    let bands = vec![Band::around(Load(target), 0.1); graph.resources()];
    Problem { graph, bands, count, locks: Locks::default(), seed: 7, effort: Effort { starts: 3, passes: 3, windows: 4 } }
}

fn obeys(problem: &Problem) -> Partitioned {
    let plan = partition(problem, &()).unwrap();
    plan.assignment.check(&problem.graph).unwrap();
    assert_eq!(plan.assignment.score(&problem.graph, &problem.bands), plan.score);
    let sum = |r: usize| (0..plan.assignment.grids()).map(|p| plan.assignment.loads(p)[r]).sum::<Load>();
    for r in 0..problem.graph.resources() {
        assert_eq!(sum(r), (0..problem.graph.len()).map(|u| problem.graph.loads(u)[r]).sum::<Load>());
    }
    assert!(plan.score.violation >= plan.bounds.violation());
    plan
}

/// All contiguous partitions into `k` parts, by plain recursion over restricted growth strings.
fn each_partition(graph: &UnitGraph, k: usize, see: &mut dyn FnMut(&Assignment)) {
    fn go(graph: &UnitGraph, k: usize, see: &mut dyn FnMut(&Assignment), part: &mut Vec<u32>, used: usize) {
        if used + graph.len() - part.len() < k {
            return;
        }
        if part.len() == graph.len() {
            if let Ok(a) = Assignment::new(graph, part) {
                see(&a);
            }
            return;
        }
        for p in 0..(used + 1).min(k) {
            part.push(p as u32);
            go(graph, k, see, part, used.max(p + 1));
            part.pop();
        }
    }
    go(graph, k, see, &mut Vec::new(), 0);
}

/// Best score, least largest deviation and fewest grids out of band over all contiguous partitions into `k` parts; the third only
/// over those without two of `culprits` in one grid.
fn brute_force(problem: &Problem, k: usize, culprits: &[usize]) -> (Score, f64, u32) {
    let mut best = (Score { violation: i64::MAX, spread: 0, cut: 0 }, f64::MAX, u32::MAX);
    each_partition(&problem.graph, k, &mut |a| {
        let deviation = (0..k).map(|p| problem.bands[0].deviation(a.loads(p)[0]).abs()).fold(0.0, f64::max);
        best.0 = best.0.min(a.score(&problem.graph, &problem.bands));
        best.1 = best.1.min(deviation);
        let homes: BTreeSet<u32> = culprits.iter().map(|&u| a.part_of()[u]).collect();
        if homes.len() == culprits.len() {
            best.2 = best.2.min((0..k).filter(|&p| !a.in_band(p, &problem.bands)).count() as u32);
        }
    });
    best
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 550, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bounds_never_exceed_the_optimum(g in connected(2..=8, 300), target in 100i64..400) {
        let problem = problem(g, target, Count::ForBand);
        let plan = obeys(&problem);
        let component = &plan.bounds.components[0];
        prop_assert_eq!(component.grids as usize, plan.assignment.grids());
        let culprits: Vec<usize> = plan.bounds.culprits.iter().map(|c| c.unit.0 as usize).collect();
        let (score, deviation, out) = brute_force(&problem, plan.assignment.grids(), &culprits);
        prop_assert!(component.violation.value[0] <= score.violation);
        prop_assert!(component.deviation.value[0] <= deviation + 1e-9, "{} > {}", component.deviation.value[0], deviation);
        prop_assert!(component.out_of_band.value <= out);
        prop_assert!(culprits.is_empty() || out > 0);
        prop_assert_eq!(plan.score, score);
        prop_assert_eq!(plan.outcome, Outcome::Optimal);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bounds_over_two_resources_never_exceed_the_optimum(
        g in connected(3..=8, 300),
        second in prop::collection::vec(0..300i64, 8),
        target in 100i64..300,
        k in 1u32..5,
    ) {
        let mut problem = problem(with_second(&g, &second), target, Count::Exactly(k.min(g.len() as u32)));
        problem.bands[1] = problem.bands[1].weighing(0.5);
        let plan = obeys(&problem);
        let bounds = &plan.bounds.components[0];
        let heavy: Vec<usize> = (0..g.len()).filter(|&u| problem.bands.iter().zip(problem.graph.loads(u)).any(|(b, &l)| l > b.high)).collect();
        let (mut least, mut apart) = (i64::MAX, i64::MAX);
        each_partition(&problem.graph, plan.assignment.grids(), &mut |a| {
            let violation = a.score(&problem.graph, &problem.bands).violation;
            least = least.min(violation);
            if heavy.iter().map(|&u| a.part_of()[u]).collect::<BTreeSet<_>>().len() == heavy.len() {
                apart = apart.min(violation);
            }
        });
        prop_assert!(bounds.violation.value.iter().sum::<i64>() <= least);
        prop_assert!(bounds.searched.is_none_or(|v| v == least), "{:?} {}", bounds.searched, least);
        prop_assert!(bounds.relaxation.as_ref().is_none_or(|b| b.value <= apart));
        prop_assert_eq!(plan.score.violation, least);
    }
}

/// True if some contiguous partition of a connected graph into `k` parts scores less than `limit`: parts are grown around the
/// first free unit, and what costs `limit` already is not followed.
fn is_beaten(problem: &Problem, k: usize, limit: Score) -> bool {
    struct Search<'a>(&'a Problem, Score);
    impl Search<'_> {
        fn price(&self, part: u32, free: u32) -> Score {
            let (g, band) = (&self.0.graph, self.0.bands[0]);
            let inside = || (0..g.len()).filter(|u| part >> u & 1 == 1);
            let load: i64 = inside().map(|u| g.load(u).0).sum();
            let off = (band.low.0 - load).max(load - band.high.0).max(0);
            let violation = (off * 1_000_000 + band.target.0 - 1) / band.target.0;
            let cut = inside().flat_map(|u| g.neighbours(u)).filter(|(v, _)| (free & !part) >> v & 1 == 1).map(|(_, c)| i64::from(c)).sum();
            Score { violation, spread: (violation / 20_000).pow(2), cut }
        }
        /// Parts that hold `part`, none of `banned`, and of `free` whatever is reached.
        fn grow(&self, part: u32, banned: u32, free: u32, k: usize, sum: Score) -> bool {
            let total = sum + self.price(part, free);
            let rest = free & !part;
            let done = total < self.1 && if k == 1 { rest == 0 } else { rest != 0 && self.start(rest, k - 1, total) };
            let g = &self.0.graph;
            let rim = (0..g.len()).filter(|u| part >> u & 1 == 1).flat_map(|u| g.neighbours(u)).fold(0, |rim, (v, _)| rim | 1 << v);
            let mut open = rim & rest & !banned;
            let mut shut = banned;
            let mut found = done;
            while open != 0 && !found {
                let next = open & open.wrapping_neg();
                open ^= next;
                found = self.grow(part | next, shut, free, k, sum);
                shut |= next;
            }
            found
        }
        fn start(&self, free: u32, k: usize, sum: Score) -> bool {
            free.count_ones() as usize >= k && self.grow(free & free.wrapping_neg(), 0, free, k, sum)
        }
    }
    Search(problem, limit).start((1 << problem.graph.len()) - 1, k, Score::default())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn small_problems_are_solved_exactly(g in connected(2..=14, 300), target in 100i64..600) {
        let problem = problem(g, target, Count::ForBand);
        let plan = obeys(&problem);
        let k = plan.assignment.grids();
        prop_assert_eq!(plan.outcome, Outcome::Optimal);
        prop_assert!(!is_beaten(&problem, k, plan.score));
        prop_assert!(is_beaten(&problem, k, plan.score + Score { cut: 1, ..Score::default() }), "it finds what there is");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn more_effort_is_never_worse(g in connected(40..=90, 100), target in 200i64..600, second in prop::collection::vec(0..60i64, 90)) {
        let two = with_second(&g, &second);
        for g in [g, two] {
            let problem = problem(g, target, Count::ForBand);
            let at = |effort: Effort| obeys(&Problem { effort, ..problem.clone() }).score;
            let levels = ["quick", "standard"].map(|name| at(Effort::level(name).unwrap()));
            let long = at(Effort { passes: 12, windows: 40_000, ..Effort::default() });
            prop_assert!(long <= levels[1] && levels[1] <= levels[0], "{:?} {:?}", levels, long);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_graph_any_count(
        loads in prop::collection::vec(prop_oneof![3 => 0i64..200, 1 => Just(0), 1 => 200i64..2000], 2..120),
        edges in prop::collection::vec((any::<u32>(), any::<u32>(), 0u32..100), 0..300),
        resources in 1usize..3,
        k in 1u32..20,
    ) {
        let n = loads.len() / resources;
        let edges: Vec<_> = edges.into_iter().map(|(a, b, c)| (a % n as u32, b % n as u32, c)).collect();
        let g = graph(resources, &loads[..n * resources], &edges);
        let (_, components) = g.components();
        let free = obeys(&problem(g.clone(), 300, Count::ForBand)).assignment.grids() as u32;
        let held = obeys(&problem(g.clone(), 300, Count::Between(2, k.max(2)))).assignment.grids() as u32;
        prop_assert_eq!(held, free.min(k.max(2)).max(2).max(components as u32).min(n as u32));
        let exact = problem(g, 300, Count::Exactly(k));
        match partition(&exact, &()) {
            Ok(_) => prop_assert_eq!(obeys(&exact).assignment.grids(), k as usize),
            Err(PartitionError::TooFewGrids { .. }) => prop_assert!((k as usize) < components),
            Err(PartitionError::TooManyGrids { .. }) => prop_assert!(k as usize > n),
            Err(e) => prop_assert!(false, "{}", e),
        }
    }

    #[test]
    fn threads_and_reruns_change_nothing(g in connected(150..=400, 100)) {
        let problem = problem(g, 500, Count::ForBand);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| partition(&problem, &()).unwrap().assignment)
        };
        let one = on(1);
        prop_assert_eq!(&one, &on(2));
        prop_assert_eq!(&one, &on(1));
    }

    #[test]
    fn metis_text_survives_a_round_trip(g in connected(1..=40, 100)) {
        let whole: Vec<Load> = (0..g.len()).map(|u| Load(g.load(u).0 * 1000)).collect();
        let edges: Vec<Edge> = (0..g.len())
            .flat_map(|u| g.neighbours(u).map(move |(v, cost)| Edge { a: u as u32, b: v as u32, cost }))
            .filter(|e| e.a < e.b)
            .collect();
        let g = UnitGraph::new(1, whole, &edges, None).unwrap();
        prop_assert_eq!(metis::parse_graph(&metis::write_graph(&g), None).unwrap(), g);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[0-9 %\n.x-]{0,80}") {
        let _ = metis::parse_graph(&text, None);
        let _ = metis::parse_centres(&text);
    }
}

/// Random sets of units of a graph: one grown along borders to be frozen, one to be together, two to be apart.
fn locks(g: &UnitGraph, picks: [u32; 8]) -> Locks {
    let n = g.len() as u32;
    let unit = |i: usize| UnitId(picks[i] % n);
    let grown = |first: UnitId, size: usize| {
        let mut set = vec![first];
        while set.len() < size {
            let beside = |u: &UnitId| g.neighbours(u.at()).map(|(v, _)| UnitId(v as u32));
            let Some(next) = set.iter().flat_map(beside).find(|v| !set.contains(v)) else { break };
            set.push(next);
        }
        set
    };
    Locks {
        frozen: vec![grown(unit(0), picks[1] as usize % 3)].into_iter().filter(|_| !picks[1].is_multiple_of(4)).collect(),
        together: vec![grown(unit(2), 2), vec![unit(3), unit(4)]],
        apart: vec![vec![unit(5), unit(6)], vec![unit(0), unit(3), unit(7)]],
    }
}

/// Units beyond the first in each grid that are to be apart.
fn breaches(locks: &Locks, part_of: &[u32]) -> usize {
    let grids = |set: &Vec<UnitId>| set.iter().map(|u| part_of[u.at()]).collect::<BTreeSet<_>>().len();
    let units = |set: &Vec<UnitId>| set.iter().collect::<BTreeSet<_>>().len();
    locks.apart.iter().map(|set| units(set) - grids(set)).sum()
}

fn keeps(locks: &Locks, part_of: &[u32]) -> bool {
    let one = |set: &Vec<UnitId>| set.windows(2).all(|w| part_of[w[0].at()] == part_of[w[1].at()]);
    let whole = |set: &Vec<UnitId>| {
        set.first().is_none_or(|u| part_of.iter().filter(|&&p| p == part_of[u.at()]).count() == set.iter().collect::<BTreeSet<_>>().len())
    };
    locks.frozen.iter().chain(&locks.together).all(one) && locks.frozen.iter().all(whole)
}

/// Grids in each component of what is not frozen.
fn counts(problem: &Problem, part_of: &[u32]) -> Vec<usize> {
    let frozen = |u: usize| problem.locks.frozen.iter().flatten().any(|f| f.at() == u);
    let g = &problem.graph;
    let edges: Vec<Edge> =
        (0..g.len()).flat_map(|u| g.neighbours(u).map(move |(v, cost)| Edge { a: u as u32, b: v as u32, cost })).collect();
    let open: Vec<Edge> = edges.into_iter().filter(|e| !frozen(e.a as usize) && !frozen(e.b as usize)).collect();
    let (component, count) = UnitGraph::new(1, (0..g.len()).map(|u| g.load(u)).collect(), &open, None).unwrap().components();
    let grids = |c: u32| (0..g.len()).filter(|&u| component[u] == c).map(|u| part_of[u]).collect::<BTreeSet<_>>().len();
    (0..count as u32).map(grids).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn locks_are_kept_or_told(g in connected(2..=60, 300), target in 100i64..600, picks: [u32; 8], k in 1u32..9) {
        let free = problem(g, target, if k > 6 { Count::ForBand } else { Count::Exactly(k) });
        let mut locks = locks(&free.graph, picks);
        let faults = locks.faults(&free.graph);
        if let Some(&fault) = faults.first() {
            let refused = partition(&Problem { locks: locks.clone(), ..free.clone() }, &());
            prop_assert_eq!(refused.unwrap_err(), PartitionError::Lock(fault));
        }
        for fault in faults.iter().rev() {
            match fault.kind {
                LockKind::Frozen => drop(locks.frozen.remove(fault.lock)),
                LockKind::Together => drop(locks.together.remove(fault.lock)),
                LockKind::Apart => drop(locks.apart.remove(fault.lock)),
            }
        }
        prop_assert_eq!(locks.faults(&free.graph), []);
        let locked = Problem { locks, ..free };
        match partition(&locked, &()) {
            Ok(_) => {
                let plan = obeys(&locked);
                prop_assert!(keeps(&locked.locks, plan.assignment.part_of()));
                if let Count::Exactly(k) = locked.count {
                    prop_assert_eq!(plan.assignment.grids(), k as usize);
                }
            }
            Err(PartitionError::TooFewGrids { asked, components }) => prop_assert!(asked == k && components > k as usize),
            Err(PartitionError::TooManyGrids { asked, units }) => prop_assert!(asked == k && units < k as usize),
            Err(e) => prop_assert!(false, "{}", e),
        }
    }

    #[test]
    fn small_problems_with_locks_are_solved_exactly(g in connected(2..=8, 300), target in 100i64..400, picks: [u32; 8]) {
        let mut locks = locks(&g, picks);
        // units that do not touch take others along, which is a choice of ours
        locks.together.truncate(1);
        prop_assume!(locks.faults(&g).is_empty());
        let problem = Problem { locks, ..problem(g, target, Count::ForBand) };
        let plan = obeys(&problem);
        let (k, parts) = (plan.assignment.grids(), plan.assignment.part_of());
        let mut best = (usize::MAX, i64::MAX);
        each_partition(&problem.graph, k, &mut |a| {
            // the counts of components are decided before the search
            if keeps(&problem.locks, a.part_of()) && counts(&problem, a.part_of()) == counts(&problem, parts) {
                best = best.min((breaches(&problem.locks, a.part_of()), a.score(&problem.graph, &problem.bands).violation));
            }
        });
        prop_assert_eq!((breaches(&problem.locks, parts), plan.score.violation), best);
    }
}

/// A grid of streets with loads that vary by a fixed rule.
fn town(side: u32) -> UnitGraph {
    let n = side * side;
    let loads: Vec<i64> = (0..n).map(|i| i64::from(i.wrapping_mul(2_654_435_761) >> 24) * 300).collect();
    let right = (0..n).filter(|i| i % side + 1 < side).map(|i| (i, i + 1, 80 + i % 7));
    let down = (0..n - side).map(|i| (i, i + side, 90 + i % 5));
    graph(1, &loads, &right.chain(down).collect::<Vec<_>>())
}

#[test]
fn a_town_is_brought_into_band() {
    let problem = problem(town(30), 400_000, Count::ForBand);
    let plan = obeys(&problem);
    assert_eq!(plan.score.violation, 0);
    assert!(plan.assignment.grids() > 70);
}

#[test]
fn a_large_town_is_cut_in_regions_alike_on_any_number_of_threads() {
    let problem = Problem { effort: Effort::level("quick").unwrap(), ..problem(town(80), 400_000, Count::Exactly(610)) };
    let on = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| obeys(&problem));
    let (one, two) = (on(1), on(2));
    assert_eq!(one.assignment, two.assignment);
    assert_eq!(one.assignment.grids(), 610);
    let out = one.standings.iter().filter(|&&s| s != Standing::InBand).count();
    assert!(out <= 3, "{out} grids out of band");
}

#[test]
fn a_tower_gets_a_grid_of_its_own_and_nobody_suffers() {
    let town = town(20);
    let loads: Vec<i64> = (0..town.len()).map(|u| if u == 210 { 900_000 } else { town.load(u).0 }).collect();
    let problem = problem(graph(1, &loads, &edges(&town)), 400_000, Count::ForBand);
    let plan = obeys(&problem);
    assert_eq!(plan.bounds.culprits.len(), 1);
    let standings = &plan.standings;
    assert_eq!(standings.iter().filter(|&&s| s == Standing::Forced).count(), 1);
    assert!(!standings.contains(&Standing::Unforced));
    assert_eq!(plan.score.violation, plan.bounds.violation());
}

#[test]
fn where_the_count_does_not_fit_loads_are_even() {
    let loads = [36_500; 20];
    let path: Vec<_> = (0..19).map(|i| (i, i + 1, 1)).collect();
    let plan = obeys(&problem(graph(1, &loads, &path), 300_000, Count::ForBand));
    assert_eq!((0..plan.assignment.grids()).map(|g| plan.assignment.loads(g)[0].0).collect::<BTreeSet<_>>(), [219_000, 255_500].into());
    assert_eq!(plan.assignment.grids(), 3, "243 each is nearer to 300 than 365 each");
    assert_eq!(plan.bounds.components[0].feasible_counts, None);
}

#[test]
fn bad_problems_are_errors() {
    let empty = problem(graph(1, &[], &[]), 300, Count::ForBand);
    assert_eq!(partition(&empty, &()).unwrap_err(), PartitionError::Empty);
    let mut bands = problem(graph(1, &[5, 5], &[(0, 1, 1)]), 300, Count::ForBand);
    bands.bands.clear();
    assert_eq!(partition(&bands, &()).unwrap_err(), PartitionError::BandCount { bands: 0, resources: 1 });
    let huge = problem(graph(1, &[i64::MAX, i64::MAX], &[(0, 1, 1)]), 300, Count::ForBand);
    assert!(matches!(partition(&huge, &()).unwrap_err(), PartitionError::TooHeavy { .. }));
    let apart = problem(graph(1, &[5, 5], &[]), 300, Count::Exactly(1));
    assert_eq!(partition(&apart, &()).unwrap_err(), PartitionError::TooFewGrids { asked: 1, components: 2 });
    let nothing = obeys(&problem(graph(1, &[0, 0, 0], &[(0, 1, 1)]), 300, Count::ForBand));
    assert_eq!(nothing.assignment.grids(), 2);
}
