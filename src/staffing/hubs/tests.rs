use super::assign::assign;
use super::bound::Dual;
use super::costs::Costs;
use super::swap::{fill, interchange};
use super::*;
use proptest::prelude::*;

/// Combinations of `count` sites with all pinned ones.
fn choices(sites: &[HubSite], count: usize) -> Vec<Vec<usize>> {
    let all = (0u32..1 << sites.len()).filter(|m| m.count_ones() as usize == count);
    let set = |m: u32| (0..sites.len()).filter(|s| m >> s & 1 == 1).collect::<Vec<_>>();
    all.map(set).filter(|set| sites.iter().enumerate().all(|(s, site)| !site.pinned || set.contains(&s))).collect()
}

/// The aims of every way to serve whole places, by trying all: weight over, weight beyond, weight × decimetres.
fn brute(p: &HubProblem) -> (i64, i64, i64) {
    let mut best = (i64::MAX, 0, 0);
    for open in choices(&p.sites, p.count) {
        let ways = open.len().pow(p.places.len() as u32);
        for way in 0..ways {
            let mut load = vec![0i64; open.len()];
            let (mut beyond, mut total, mut rest) = (0, 0, way);
            for (i, place) in p.places.iter().enumerate() {
                let at = rest % open.len();
                rest /= open.len();
                let metres = p.distance_m[i * p.sites.len() + open[at]];
                load[at] += place.weight.0;
                beyond += if p.max_distance_m.is_some_and(|m| metres > m) { place.weight.0 } else { 0 };
                total += place.weight.0 * (metres * 10.0).round() as i64;
            }
            let over = load.iter().zip(&open).map(|(l, s)| p.sites[*s].capacity.map_or(0, |c| (l - c.0).max(0))).sum();
            best = best.min((over, beyond, total));
        }
    }
    best
}

fn problem(limited: bool) -> impl Strategy<Value = HubProblem> {
    let place = (0i64..20, 0.0..100.0f64, 0.0..100.0f64);
    let site = (prop::option::of(10i64..40), prop::bool::weighted(0.2), 0.0..100.0f64, 0.0..100.0f64);
    (prop::collection::vec(place, 1..7), prop::collection::vec(site, 1..6), 1usize..4, prop::option::of(10.0..80.0f64), any::<bool>())
        .prop_map(move |(places, sites, count, max, coarse)| {
            let at = |x: f64| if coarse { (x / 10.0).round() * 10.0 } else { x };
            let distance = |p: &(i64, f64, f64), s: &(Option<i64>, bool, f64, f64)| {
                let metres = (at(p.1) - at(s.2)).hypot(at(p.2) - at(s.3));
                (metres * 10.0).round() / 10.0
            };
            let distance_m = places.iter().flat_map(|p| sites.iter().map(move |s| (p, s))).map(|(p, s)| distance(p, s)).collect();
            let count = count.min(sites.len());
            let mut pins = count;
            let mut pinned = |wanted: bool| {
                let pin = wanted && pins > 0;
                pins -= usize::from(pin);
                pin
            };
            HubProblem {
                places: places
                    .iter()
                    .enumerate()
                    .map(|(i, p)| HubPlace { id: format!("p{i}"), at: None, weight: Load(p.0 * 500) })
                    .collect(),
                sites: sites
                    .iter()
                    .enumerate()
                    .map(|(i, s)| HubSite {
                        id: format!("s{i}"),
                        at: None,
                        capacity: s.0.filter(|_| limited).map(|c| Load(c * 500 + 7)),
                        pinned: pinned(s.1),
                    })
                    .collect(),
                distance_m,
                count,
                max_distance_m: max.map(|m| (m * 10.0).round() / 10.0),
                split: false,
            }
        })
}

/// In the units of `brute`.
fn aims(p: &HubPlan) -> (i64, i64, i64) {
    let thousandths = |x: f64| (x * 1000.0).round() as i64;
    (thousandths(p.overrun), thousandths(p.beyond_weight), (p.weighted_km * 1e7).round() as i64)
}

/// Whether what a plan says of itself adds up.
fn adds_up(p: &HubProblem, plan: &HubPlan) -> Result<(), TestCaseError> {
    prop_assert_eq!(plan.hubs.len(), p.count);
    prop_assert!(p.sites.iter().enumerate().all(|(s, site)| !site.pinned || plan.hubs.iter().any(|h| h.site == s)));
    for (i, place) in p.places.iter().enumerate() {
        let own: Vec<&HubService> = plan.served.iter().filter(|s| s.place == i).collect();
        prop_assert!(!own.is_empty() && (p.split || own.len() == 1));
        prop_assert!((own.iter().map(|s| s.weight).sum::<f64>() - place.weight.units()).abs() < 1e-9);
        prop_assert!(own.iter().all(|s| plan.hubs.iter().any(|h| h.site == s.site)));
    }
    let total: f64 = plan.served.iter().map(|s| s.weight * s.distance_km).sum();
    prop_assert!((total - plan.weighted_km).abs() < 1e-9);
    prop_assert!((plan.hubs.iter().map(|h| h.weighted_km).sum::<f64>() - total).abs() < 1e-9);
    for h in &plan.hubs {
        let load: f64 = plan.served.iter().filter(|s| s.site == h.site).map(|s| s.weight).sum();
        prop_assert!((load - h.load).abs() < 1e-9);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hubs_with_capacities_are_those_of_brute_force(p in problem(true)) {
        let report = place_hubs(&p, &()).unwrap();
        adds_up(&p, &report.plan)?;
        let best = brute(&p);
        prop_assert_ne!(report.plan.outcome, HubOutcome::WithinGap);
        prop_assert_eq!(aims(&report.plan), best);
        prop_assert_eq!(report.plan.outcome == HubOutcome::Infeasible, best.0 > 0);
        if best.0 > 0 {
            prop_assert!(report.findings.iter().any(|f| f.code == "hub-overrun"));
        }
    }

    #[test]
    fn hubs_without_capacities_are_those_of_brute_force(p in problem(false)) {
        let report = place_hubs(&p, &()).unwrap();
        adds_up(&p, &report.plan)?;
        prop_assert_eq!(aims(&report.plan), brute(&p));
        prop_assert_eq!(report.plan.outcome, HubOutcome::Optimal);
        if let Some(free) = &report.free {
            let unpinned = HubProblem { sites: p.sites.iter().map(|s| HubSite { pinned: false, ..s.clone() }).collect(), ..p.clone() };
            prop_assert_eq!(aims(free), brute(&unpinned));
        }
        // rounds of exchange alone never go below the bound
        let costs = Costs::of(&p, &()).unwrap();
        let pinned: Vec<bool> = p.sites.iter().map(|s| s.pinned).collect();
        let mut open: Vec<usize> = (0..pinned.len()).filter(|&s| pinned[s]).collect();
        let kept = open.len();
        fill(&costs, &mut open, p.count);
        interchange(&costs, &mut open, kept);
        let heuristic = assign(&costs, &open, false);
        let served: Vec<i128> = heuristic.shares.iter().map(|s| costs.unit(s.0 as usize, s.1 as usize) * i128::from(s.2)).collect();
        let dual = Dual::of(&costs, &pinned, p.count, i128::MAX / 64, &served);
        let best = brute(&p);
        let optimum = (i128::from(best.1) * costs.beyond + i128::from(best.2)) / i128::from(costs.grain);
        prop_assert!(dual.value <= optimum && optimum <= heuristic.value, "{} {} {}", dual.value, optimum, heuristic.value);
    }

    #[test]
    fn shared_places_cost_no_more_than_whole_ones(p in problem(true)) {
        let whole = place_hubs(&p, &()).unwrap().plan;
        let shared = HubProblem { split: true, ..p };
        let plan = place_hubs(&shared, &()).unwrap().plan;
        adds_up(&shared, &plan)?;
        prop_assert_ne!(plan.outcome, HubOutcome::WithinGap);
        prop_assert!((plan.overrun - whole.overrun) < 1e-9);
        if (plan.overrun - whole.overrun).abs() < 1e-9 && plan.beyond_weight == whole.beyond_weight {
            prop_assert!(plan.weighted_km <= whole.weighted_km + 1e-9);
        }
        if plan.overrun > 0.01 {
            // shared places are over only where all is full
            prop_assert!(plan.hubs.iter().all(|h| h.capacity.is_some_and(|c| h.load > c - 0.5)));
        }
    }
}
