//! Hubs: the p-median with pins, capacities and a maximum distance (R20).
//!
//! Wanted are `count` of the sites, the pinned ones among them, and a hub for every place. In this order: as little weight as possible over
//! capacities, as little as possible beyond the maximum distance, least weighted distance. A place beyond it is served nevertheless and told.
//!
//! Hubs are found by greedy choice and vertex substitution, bounded by a Lagrangean, and settled by a depth-first search that the bound
//! prunes; it gives up after a fixed amount of work. Without capacities that settles nearly every table of up to some hundred places and
//! sites. What is not settled has a bound beside it. All arithmetic that decides is in integers; the result does not depend on threads.

mod assign;
mod bound;
mod costs;
mod solve;
mod swap;
mod table;
#[cfg(test)]
mod tests;

pub use table::{Distances, great_circle_m, pair_distances};

use crate::finding::{Finding, Severity};
use crate::measure::Load;
use crate::watch::{Stopped, Watch};
use costs::{Costs, PAIRS, STEPS_PER_M};
use serde::{Deserialize, Serialize};
use solve::{Found, search};

/// A place that is to be served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HubPlace {
    /// Unique id.
    pub id: String,
    /// Longitude, latitude in degrees, where known.
    pub at: Option<[f64; 2]>,
    /// Its weight, 0 or more.
    pub weight: Load,
}

/// Where a hub may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HubSite {
    /// Unique id.
    pub id: String,
    /// Longitude, latitude in degrees, where known.
    pub at: Option<[f64; 2]>,
    /// Most weight that a hub there serves; none where there is no limit.
    pub capacity: Option<Load>,
    /// A hub by decision of the planner.
    pub pinned: bool,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct HubProblem {
    /// Places to be served.
    pub places: Vec<HubPlace>,
    /// Candidates, and pinned hubs.
    pub sites: Vec<HubSite>,
    /// Distance of every place to every site, metres, by place and then site; taken to the decimetre.
    pub distance_m: Vec<f64>,
    /// Number of hubs, the pinned ones among them.
    pub count: usize,
    /// A place should be no farther from its hub, metres.
    pub max_distance_m: Option<f64>,
    /// Whether a place may be shared by hubs where capacities are short.
    pub split: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The caller stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// Nothing to serve or to serve from.
    #[error("there are {places} places and {sites} sites; at least one of each is needed")]
    Empty {
        /// Places.
        places: usize,
        /// Sites.
        sites: usize,
    },
    /// A number of hubs that cannot be.
    #[error("{count} hubs are asked for, with {pinned} pinned among {sites} sites; ask for {least} to {sites}", least = (*pinned).max(1))]
    Count {
        /// Hubs asked for.
        count: usize,
        /// Pinned sites.
        pinned: usize,
        /// Sites.
        sites: usize,
    },
    /// More pairs than memory should hold.
    #[error("{places} places and {sites} sites are more than {limit} pairs; name fewer candidate sites")]
    Pairs {
        /// Places.
        places: usize,
        /// Sites.
        sites: usize,
        /// Most pairs.
        limit: usize,
    },
    /// A weight or capacity below zero.
    #[error("'{id}' has {value}; weights and capacities must be 0 or more")]
    Negative {
        /// Place or site.
        id: String,
        /// Its weight or capacity.
        value: Load,
    },
    /// A distance that is none.
    #[error("the distance from '{place}' to '{site}' is {metres} m; a number from 0 to 10⁹ is needed")]
    Distance {
        /// Place.
        place: String,
        /// Site.
        site: String,
        /// What was found.
        metres: f64,
    },
    /// A greatest distance that is none.
    #[error("the maximum distance is {metres} m; a number of 0 or more is needed")]
    Farthest {
        /// What was asked for.
        metres: f64,
    },
    /// A table of another size.
    #[error("{found} distances are given for {expected} pairs of place and site")]
    TableSize {
        /// Distances given.
        found: usize,
        /// Pairs.
        expected: usize,
    },
    /// Sums beyond exact arithmetic.
    #[error("weights add up to {weight} steps over {distance_m} m, too much for exact sums; give weights with fewer digits")]
    TooLarge {
        /// Sum of the weights in multiples of their greatest common divisor.
        weight: f64,
        /// Greatest distance, metres.
        distance_m: f64,
    },
}

/// How sure the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HubOutcome {
    /// Proven: no choice of hubs is better.
    Optimal,
    /// Within the gap to the bound beside it.
    WithinGap,
    /// The capacities cannot hold the weight, proven; what is over them is as little as is proven or within the gap.
    Infeasible,
}

/// A chosen hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hub {
    /// Position of its site.
    #[serde(skip)]
    pub site: usize,
    /// Id of its site.
    pub hub_id: String,
    /// By decision of the planner.
    pub pinned: bool,
    /// Places that it serves, in whole or in part.
    pub places: usize,
    /// Weight that it serves.
    pub load: f64,
    /// Most that it should serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<f64>,
    /// Weight over its capacity.
    pub overrun: f64,
    /// Weight times distance, units of weight × km.
    pub weighted_km: f64,
    /// Its farthest place, km.
    pub farthest_km: f64,
}

/// A place, or the part of it, that a hub serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HubService {
    /// Position of the place.
    #[serde(skip)]
    pub place: usize,
    /// Position of the site.
    #[serde(skip)]
    pub site: usize,
    /// Id of the place.
    pub place_id: String,
    /// Id of the hub's site.
    pub hub_id: String,
    /// Weight that is served.
    pub weight: f64,
    /// Distance, km.
    pub distance_km: f64,
    /// Farther than the maximum.
    pub beyond: bool,
}

/// Hubs and whom they serve, beside what is the best possible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HubPlan {
    /// How sure it is.
    pub outcome: HubOutcome,
    /// Weight times distance in all, units of weight × km.
    pub weighted_km: f64,
    /// No choice with as little over capacities and beyond the maximum has less.
    pub weighted_km_at_least: f64,
    /// (`weighted_km` − `weighted_km_at_least`) / `weighted_km`; 0 where that is 0.
    pub gap: f64,
    /// Distances added up without weights, km.
    pub distance_km: f64,
    /// Places beyond the maximum distance.
    pub beyond_places: usize,
    /// Their weight.
    pub beyond_weight: f64,
    /// No choice with as little over capacities has less weight beyond the maximum.
    pub beyond_weight_at_least: f64,
    /// Weight over capacities.
    pub overrun: f64,
    /// No choice has less.
    pub overrun_at_least: f64,
    /// Hubs in the order of the sites.
    pub hubs: Vec<Hub>,
    /// In the order of the places.
    pub served: Vec<HubService>,
}

/// The answer, and what the pins cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HubReport {
    /// With the pinned hubs.
    pub plan: HubPlan,
    /// Without pins, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<HubPlan>,
    /// What the pins cost, units of weight × km.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pins_cost_km: Option<f64>,
    /// What is noteworthy:
    ///
    /// | code | meaning |
    /// |---|---|
    /// | `hubs-infeasible` | capacities cannot hold the weight (`measured`: weight in all, `limit`: capacity in all of the hubs that hold most) |
    /// | `place-too-heavy` | a whole place weighs more than any site holds (`measured`, `limit`) |
    /// | `hub-overrun` | a hub serves more than its capacity (`measured`: load, `limit`: capacity) |
    /// | `place-beyond` | a place is farther than the maximum from its hub (`measured`, `limit`: km) |
    /// | `pins-cost` | what the pinned hubs cost beside free ones (`measured`: with pins, `limit`: without, weight × km) |
    pub findings: Vec<Finding>,
}

/// Chooses hubs; with pins also the choice without them.
///
/// Greedy choice and each exchange take O(places · sites), the bound up to 600 times that, the depth-first search as much as a fixed limit. `watch` may stop it.
pub fn place_hubs(problem: &HubProblem, watch: &dyn Watch) -> Result<HubReport, HubError> {
    let _span = tracing::info_span!("hubs", places = problem.places.len(), sites = problem.sites.len()).entered();
    let pinned: Vec<bool> = problem.sites.iter().map(|s| s.pinned).collect();
    check(problem, pinned.iter().filter(|p| **p).count())?;
    let costs = Costs::of(problem, watch)?;
    let found = search(&costs, &pinned, problem.count);
    watch.go_on(0)?;
    let plan = told(problem, &costs, &pinned, &found);
    let mut report = HubReport { findings: findings(problem, &costs, &pinned, &plan), plan, free: None, pins_cost_km: None };
    if pinned.contains(&true) {
        let none = vec![false; pinned.len()];
        let mut other = search(&costs, &none, problem.count);
        watch.go_on(0)?;
        if found.value < other.value {
            // a choice with pins is one without
            other = Found { least: other.least, proven: false, ..found };
        }
        let free = told(problem, &costs, &none, &other);
        let cost = report.plan.weighted_km - free.weighted_km;
        let names = |p: &HubPlan| p.hubs.iter().map(|h| h.hub_id.as_str()).collect::<Vec<_>>().join(", ");
        let message = format!(
            "with the pinned hubs ({}) the weighted distance is {:.1} km in all, without pins {:.1} km ({}): the pins cost {cost:.1} km more",
            names(&report.plan),
            report.plan.weighted_km,
            free.weighted_km,
            names(&free)
        );
        let finding = Finding::new(Severity::Info, "pins-cost", message).measured(report.plan.weighted_km).limit(free.weighted_km);
        report.findings.push(finding);
        (report.pins_cost_km, report.free) = (Some(cost), Some(free));
    }
    Ok(report)
}

fn check(p: &HubProblem, pinned: usize) -> Result<(), HubError> {
    let (places, sites) = (p.places.len(), p.sites.len());
    if places == 0 || sites == 0 {
        return Err(HubError::Empty { places, sites });
    }
    if p.count == 0 || p.count > sites || pinned > p.count {
        return Err(HubError::Count { count: p.count, pinned, sites });
    }
    if places.saturating_mul(sites) > PAIRS {
        return Err(HubError::Pairs { places, sites, limit: PAIRS });
    }
    if p.distance_m.len() != places * sites {
        return Err(HubError::TableSize { found: p.distance_m.len(), expected: places * sites });
    }
    let amounts = p.places.iter().map(|x| (&x.id, x.weight)).chain(p.sites.iter().filter_map(|s| Some((&s.id, s.capacity?))));
    if let Some((id, value)) = amounts.into_iter().find(|(_, v)| *v < Load::ZERO) {
        return Err(HubError::Negative { id: id.clone(), value });
    }
    if let Some(metres) = p.max_distance_m.filter(|m| m.is_nan() || *m < 0.0) {
        return Err(HubError::Farthest { metres });
    }
    match p.distance_m.iter().position(|m| !(0.0..=1e9).contains(m)) {
        Some(at) => {
            let (place, site) = (p.places[at / sites].id.clone(), p.sites[at % sites].id.clone());
            Err(HubError::Distance { place, site, metres: p.distance_m[at] })
        }
        None => Ok(()),
    }
}

/// In the units of the problem.
fn told(p: &HubProblem, costs: &Costs, pinned: &[bool], found: &Found) -> HubPlan {
    let units = |grains: i64| grains as f64 * costs.grain as f64 / Load::PER_UNIT as f64;
    let km = |steps: i64| steps as f64 / STEPS_PER_M / 1000.0;
    let unit_km = |x: i128| x as f64 * costs.grain as f64 / Load::PER_UNIT as f64 / STEPS_PER_M / 1000.0;
    let service = |&(i, s, amount): &(u32, u32, i64)| {
        let (place, site) = (i as usize, s as usize);
        let (place_id, hub_id) = (p.places[place].id.clone(), p.sites[site].id.clone());
        let distance_km = km(costs.distance(place, site));
        HubService { place, site, place_id, hub_id, weight: units(amount), distance_km, beyond: costs.is_beyond(place, site) }
    };
    let served: Vec<HubService> = found.shares.iter().map(service).collect();
    let hub = |&site: &usize| {
        let own = || found.shares.iter().filter(|s| s.1 as usize == site);
        let load: i64 = own().map(|s| s.2).sum();
        Hub {
            site,
            hub_id: p.sites[site].id.clone(),
            pinned: pinned[site],
            places: own().count(),
            load: units(load),
            capacity: p.sites[site].capacity.map(Load::units),
            overrun: (units(load) - p.sites[site].capacity.map_or(f64::MAX, Load::units)).max(0.0),
            weighted_km: unit_km(own().map(|s| i128::from(costs.distance(s.0 as usize, site)) * i128::from(s.2)).sum()),
            farthest_km: own().map(|s| km(costs.distance(s.0 as usize, site))).fold(0.0, f64::max),
        }
    };
    let hubs: Vec<Hub> = found.open.iter().map(hub).collect();
    let beyond_places = {
        let mut places: Vec<usize> = served.iter().filter(|s| s.beyond).map(|s| s.place).collect();
        places.dedup();
        places.len()
    };
    let (value, least) = (found.value, found.least);
    let outcome = match () {
        () if least.over > 0 || (found.proven && value.over > 0) => HubOutcome::Infeasible,
        () if found.proven => HubOutcome::Optimal,
        () => HubOutcome::WithinGap,
    };
    HubPlan {
        outcome,
        weighted_km: unit_km(value.distance),
        weighted_km_at_least: unit_km(least.distance),
        gap: if value.distance > 0 { (value.distance - least.distance) as f64 / value.distance as f64 } else { 0.0 },
        distance_km: served.iter().map(|s| s.distance_km).sum(),
        beyond_places,
        beyond_weight: units(value.beyond),
        beyond_weight_at_least: units(least.beyond),
        overrun: hubs.iter().map(|h| h.overrun).sum(),
        overrun_at_least: units(least.over),
        hubs,
        served,
    }
}

fn findings(p: &HubProblem, costs: &Costs, pinned: &[bool], plan: &HubPlan) -> Vec<Finding> {
    let mut out = Vec::new();
    let units = |grains: i64| grains as f64 * costs.grain as f64 / Load::PER_UNIT as f64;
    let placed = |finding: Finding, at: Option<[f64; 2]>| at.map_or(finding.clone(), |at| finding.at(at));
    if let Some(room) = bound::room(costs, pinned, p.count).filter(|room| *room < costs.weight()) {
        let (all, room) = (units(costs.weight()), units(room));
        let message = format!(
            "the places weigh {all} in all, {} hubs hold {room} at the most, so that {} of capacity lacks in all; allow more or larger hubs",
            p.count,
            all - room
        );
        out.push(Finding::new(Severity::Violation, "hubs-infeasible", message).measured(all).limit(room));
    }
    let largest = costs.capacity.iter().copied().try_fold(0, |most, c| Some(most.max(c?)));
    if let Some(largest) = largest.filter(|_| !p.split) {
        for (i, place) in p.places.iter().enumerate().filter(|(i, _)| costs.weight[*i] > largest) {
            let (weight, most) = (units(costs.weight[i]), units(largest));
            let message = format!("it weighs {weight}, no site holds more than {most}; share it (split = true) or allow a larger hub");
            let finding = Finding::new(Severity::Violation, "place-too-heavy", message).id(&place.id).measured(weight).limit(most);
            out.push(placed(finding, place.at));
        }
    }
    for h in plan.hubs.iter().filter(|h| h.overrun > 0.0) {
        let capacity = h.capacity.unwrap_or_default();
        let message = format!(
            "the hub serves {} with a capacity of {capacity}; hubs are {} over in all, and distances alone decide which of them",
            h.load, plan.overrun
        );
        let finding = Finding::new(Severity::Violation, "hub-overrun", message).id(&h.hub_id).measured(h.load).limit(capacity);
        out.push(placed(finding, p.sites[h.site].at));
    }
    let limit = p.max_distance_m.unwrap_or(f64::MAX) / 1000.0;
    for s in plan.served.iter().filter(|s| s.beyond) {
        let message = format!("it is {:.1} km from its hub {}, more than {limit} km", s.distance_km, s.hub_id);
        let finding = Finding::new(Severity::Warning, "place-beyond", message).id(&s.place_id).measured(s.distance_km).limit(limit);
        out.push(placed(finding, p.places[s.place].at));
    }
    out
}
