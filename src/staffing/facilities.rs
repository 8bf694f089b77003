//! Facilities: which demand is in reach of one (R36), and, where they hold only so much, which demand they serve (R38); areas that lack,
//! and where new sites would serve most.

use super::transport::{Transport, Way, outweighing};
use crate::finding::{Finding, Severity};
use crate::measure::Load;
use crate::recipe::FacilityRule;
use crate::territory::lattice::{Plane, Pt};
use rstar::RTree;
use rstar::primitives::GeomWithData;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A facility as found; missing is neither no nor zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facility {
    /// Unique id.
    pub id: String,
    /// Where it is.
    pub at: Pt,
    /// What it holds.
    pub capacity: Option<Load>,
    /// Whether it is in service.
    pub in_service: Option<bool>,
}

/// A place with demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub at: Pt,
    /// Its load, 0 or more; the recipe says what demand that makes.
    pub load: Load,
    /// Position of its grid, if any.
    pub grid: Option<usize>,
}

/// A grid and the division that it lies in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridName {
    /// Id of the grid.
    pub grid_id: String,
    /// Id of the division.
    pub division_id: String,
}

/// Demand that a facility serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Id of the place with demand.
    pub demand_id: String,
    /// Id of the facility.
    pub facility_id: String,
    /// Demand that is served.
    pub amount: f64,
    /// Distance, metres.
    pub distance_m: f64,
}

/// A facility and what it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacilityUse {
    /// Its id.
    pub facility_id: String,
    /// Longitude, latitude in degrees.
    pub place: [f64; 2],
    /// Whether it is in service; none: unknown.
    pub in_service: Option<bool>,
    /// What it holds; none: everybody in reach, or unknown where the recipe names a capacity.
    pub capacity: Option<f64>,
    /// Demand within its radius.
    pub in_reach: f64,
    /// Demand that it serves.
    pub served: f64,
}

/// How an area is provided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AreaNeed {
    /// Id of the grid or division; empty for demand in none.
    pub area_id: String,
    /// Demand.
    pub demand: f64,
    /// Demand in reach of a facility that is known to be in service.
    pub reached: f64,
    /// Demand in reach if those of which it is not known are in service as well.
    pub reached_at_most: f64,
    /// Demand that is served.
    pub served: f64,
    /// Demand that is not.
    pub deficit: f64,
    /// Share served; 1 without demand.
    pub share: f64,
    /// Less than the threshold.
    pub below: bool,
}

/// A new site and what it would add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// Rank, the one that adds most first.
    pub rank: usize,
    /// Id of the candidate.
    pub site_id: String,
    /// Longitude, latitude in degrees.
    pub place: [f64; 2],
    /// What it holds; none where there is no limit.
    pub capacity: Option<f64>,
    /// Demand that it serves and nobody served before.
    pub serves: f64,
    /// Demand that is left then.
    pub deficit_after: f64,
}

/// Facilities of one rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacilityReport {
    /// Name of the rule.
    pub name: String,
    /// All demand.
    pub all: AreaNeed,
    /// What those in service hold; none where there is no limit.
    pub capacity: Option<f64>,
    /// Mean distance of what is served, metres.
    pub mean_distance_m: f64,
    /// New sites that the deficit needs at the least, whatever their places; none where sites have no limit.
    pub sites_at_least: Option<usize>,
    /// Facilities in the order of the input.
    pub facilities: Vec<FacilityUse>,
    /// Grids in order, then what lies in none.
    pub grids: Vec<AreaNeed>,
    /// Divisions by id, then what lies in none.
    pub divisions: Vec<AreaNeed>,
    /// New sites by rank.
    pub proposed: Vec<Proposed>,
    /// By demand, then facility.
    #[serde(skip)]
    pub served: Vec<Service>,
    /// What is noteworthy:
    ///
    /// | code | meaning |
    /// |---|---|
    /// | `in-service-unknown` | facilities that do not say whether they are in service; they serve nobody (`measured`: facilities) |
    /// | `capacity-unknown` | a facility that does not say what it holds, without default; it serves nobody |
    /// | `grid-below-threshold` | a grid in which too small a share is served (`measured`, `limit`: shares) |
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// A new site that may be proposed.
pub type Candidate<'a> = (&'a str, Pt);

/// Judges facilities and proposes new sites among `candidates` (without any: the places with demand).
///
/// With a capacity, as much demand as possible is served and then the sum of distances is least, exactly, by a transport; demand may be
/// shared. Without, everybody in reach is. New sites are chosen greedily: without capacity they reach at least 1 − 1/e of what as many
/// could (Nemhauser, Wolsey & Fisher 1978), with one that is not proven. O(n log n) for n places and facilities and the pairs in reach,
/// beside the transport problem.
pub fn facilities(
    rule: &FacilityRule,
    plane: &Plane,
    facilities: &[Facility],
    demand: &[Demand],
    grids: &[GridName],
    candidates: &[Candidate<'_>],
) -> FacilityReport {
    let amounts: Vec<i64> = demand.iter().map(|d| (d.load.0.max(0) as f64 * rule.demand).round() as i64).collect();
    let limited = rule.capacity.is_some();
    let holds = |f: &Facility| if limited { f.capacity.or(rule.default_capacity) } else { None };
    let reach = Reach::of(plane, demand, rule.radius_m);
    let near: Vec<Vec<(i64, usize)>> = facilities.iter().map(|f| reach.around(plane.metres(f.at))).collect();
    let working = |f: &Facility| rule.in_service.is_none() || f.in_service == Some(true);
    let usable: Vec<usize> =
        (0..facilities.len()).filter(|&j| working(&facilities[j]) && (!limited || holds(&facilities[j]).is_some())).collect();
    let (mut known, mut perhaps) = (vec![false; demand.len()], vec![false; demand.len()]);
    for (f, near) in facilities.iter().zip(&near) {
        if working(f) {
            near.iter().for_each(|n| known[n.1] = true);
        }
        if working(f) || f.in_service.is_none() {
            near.iter().for_each(|n| perhaps[n.1] = true);
        }
    }
    let capacity: Vec<Option<i64>> = usable.iter().map(|&j| holds(&facilities[j]).map(|c| c.0)).collect();
    let flow = transport(&amounts, &usable, &near, &capacity);
    let mut left = amounts.clone();
    let mut uses: Vec<FacilityUse> = facilities
        .iter()
        .zip(&near)
        .map(|(f, near)| FacilityUse {
            facility_id: f.id.clone(),
            place: f.at.lon_lat(),
            in_service: if rule.in_service.is_some() { f.in_service } else { Some(true) },
            capacity: holds(f).map(Load::units),
            in_reach: Load(near.iter().map(|n| amounts[n.1]).sum()).units(),
            served: 0.0,
        })
        .collect();
    let (mut served, mut metres) = (Vec::new(), 0.0);
    for (&j, flow) in usable.iter().zip(&flow) {
        uses[j].served = Load(flow.values().sum()).units();
        for (&i, &amount) in flow {
            let (i, place) = (i as usize, &demand[i as usize]);
            left[i] -= amount;
            let distance_m = (plane.distance_m(place.at, facilities[j].at) * STEPS_PER_M).round() / STEPS_PER_M;
            let amount = Load(amount).units();
            metres += amount * distance_m;
            served.push((i, j, Service { demand_id: place.id.clone(), facility_id: facilities[j].id.clone(), amount, distance_m }));
        }
    }
    served.sort_by_key(|s| (s.0, s.1));
    let need = |id: &str, members: &mut dyn Iterator<Item = usize>| need(id, members, &amounts, &left, [&known, &perhaps], rule.threshold);
    let mut in_grid: Vec<Vec<usize>> = vec![Vec::new(); grids.len() + 1];
    demand.iter().enumerate().for_each(|(i, d)| in_grid[d.grid.filter(|g| *g < grids.len()).unwrap_or(grids.len())].push(i));
    let mut in_division: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    grids.iter().zip(&in_grid).for_each(|(g, own)| in_division.entry(&g.division_id).or_default().extend(own));
    let outside = in_grid.last().filter(|own| !own.is_empty()).map(|own| ("", own));
    let areas = grids.iter().map(|g| g.grid_id.as_str()).zip(&in_grid).chain(outside);
    let parts = in_division.iter().map(|(id, own)| (*id, own)).chain(outside);
    let areas: Vec<AreaNeed> = areas.map(|(id, own)| need(id, &mut own.iter().copied())).collect();
    let divisions = parts.map(|(id, own)| need(id, &mut own.iter().copied())).collect();
    let all = need("all", &mut (0..demand.len()));
    let new = limited.then(|| rule.site_capacity.or_else(|| median(capacity.iter().flatten().copied())).unwrap_or_default());
    let own: Vec<Candidate<'_>> = if candidates.is_empty() { places(demand, &left) } else { candidates.to_vec() };
    let deficit: i64 = left.iter().sum();
    let findings = findings(rule, facilities, &areas, limited);
    FacilityReport {
        name: rule.name.clone(),
        capacity: capacity.iter().copied().sum::<Option<i64>>().filter(|_| limited).map(|c| Load(c).units()),
        mean_distance_m: if all.served > 0.0 { metres / all.served } else { 0.0 },
        sites_at_least: new.filter(|c| c.0 > 0).map(|c| (deficit as u64).div_ceil(c.0 as u64) as usize),
        proposed: propose(&reach, plane, &own, left, new.map(|c| c.0), rule.sites as usize),
        facilities: uses,
        grids: areas,
        divisions,
        served: served.into_iter().map(|s| s.2).collect(),
        findings,
        all,
    }
}

/// Steps of a distance per metre.
const STEPS_PER_M: f64 = 10.0;

/// Places with demand, to be asked who is near.
struct Reach {
    tree: RTree<GeomWithData<[f64; 2], usize>>,
    radius_m: f64,
}

impl Reach {
    fn of(plane: &Plane, demand: &[Demand], radius_m: f64) -> Reach {
        let tree = RTree::bulk_load(demand.iter().enumerate().map(|(i, d)| GeomWithData::new(plane.metres(d.at), i)).collect());
        Reach { tree, radius_m }
    }

    /// Distance in steps and position of every place within the radius, by position.
    fn around(&self, at: [f64; 2]) -> Vec<(i64, usize)> {
        // a millimetre for places exactly on the rim
        let radius = self.radius_m + 1e-3;
        let steps = |p: &[f64; 2]| ((p[0] - at[0]).hypot(p[1] - at[1]) * STEPS_PER_M).round() as i64;
        let mut near: Vec<_> = self.tree.locate_within_distance(at, radius * radius).map(|p| (steps(p.geom()), p.data)).collect();
        near.sort_unstable_by_key(|n| n.1);
        near
    }
}

/// Amounts by usable facility and place.
fn transport(amounts: &[i64], usable: &[usize], near: &[Vec<(i64, usize)>], capacity: &[Option<i64>]) -> Vec<BTreeMap<u32, i64>> {
    let mut ways: Vec<Vec<Way>> = vec![Vec::new(); amounts.len()];
    for (sink, &j) in usable.iter().enumerate() {
        near[j].iter().for_each(|&(steps, i)| ways[i].push(Way { sink: sink as u32, cost: steps.into() }));
    }
    let spill = vec![outweighing(&ways, usable.len()); amounts.len()];
    Transport { supply: amounts, ways: &ways, capacity, spill: &spill }.solve()
}

fn need(
    id: &str,
    members: &mut dyn Iterator<Item = usize>,
    amounts: &[i64],
    left: &[i64],
    [known, perhaps]: [&[bool]; 2],
    threshold: f64,
) -> AreaNeed {
    let mut sums = [0i64; 4];
    for i in members {
        let counted = [true, known[i], perhaps[i]].map(|yes| if yes { amounts[i] } else { 0 });
        sums.iter_mut().zip(counted.into_iter().chain([left[i]])).for_each(|(sum, x)| *sum += x);
    }
    let [demand, reached, reached_at_most, deficit] = sums.map(|s| Load(s).units());
    let share = if demand > 0.0 { (demand - deficit) / demand } else { 1.0 };
    let below = share < threshold - 1e-9;
    AreaNeed { area_id: id.to_string(), demand, reached, reached_at_most, served: Load(sums[0] - sums[3]).units(), deficit, share, below }
}

fn median(values: impl Iterator<Item = i64>) -> Option<Load> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().map(Load)
}

/// Places with a deficit, one for each position.
fn places<'a>(demand: &'a [Demand], left: &[i64]) -> Vec<Candidate<'a>> {
    let mut seen = std::collections::BTreeSet::new();
    demand.iter().zip(left).filter(|(d, l)| **l > 0 && seen.insert(d.at)).map(|(d, _)| (d.id.as_str(), d.at)).collect()
}

/// Up to `most` sites, each where it serves most of what is left, the nearest first.
///
/// Gains only fall while sites are added, so that a gain that is still the greatest after it was computed anew need not be compared with
/// the others (Minoux 1978).
fn propose(
    reach: &Reach,
    plane: &Plane,
    candidates: &[Candidate<'_>],
    mut left: Vec<i64>,
    capacity: Option<i64>,
    most: usize,
) -> Vec<Proposed> {
    let limit = capacity.unwrap_or(i64::MAX);
    if most == 0 {
        return Vec::new();
    }
    let near: Vec<Vec<(i64, usize)>> = candidates.iter().map(|c| reach.around(plane.metres(c.1))).collect();
    let gain = |c: usize, left: &[i64]| near[c].iter().map(|n| left[n.1]).sum::<i64>().min(limit);
    let mut heap: BinaryHeap<(i64, Reverse<usize>, usize)> = (0..candidates.len()).map(|c| (gain(c, &left), Reverse(c), 0)).collect();
    let mut out: Vec<Proposed> = Vec::new();
    while let Some((value, Reverse(c), round)) = heap.pop().filter(|top| top.0 > 0 && out.len() < most) {
        if round < out.len() {
            heap.push((gain(c, &left), Reverse(c), out.len()));
            continue;
        }
        let mut own = near[c].clone();
        own.sort_unstable();
        let mut room = value;
        for (_, i) in own {
            let taken = left[i].min(room);
            left[i] -= taken;
            room -= taken;
        }
        out.push(Proposed {
            rank: out.len() + 1,
            site_id: candidates[c].0.to_string(),
            place: candidates[c].1.lon_lat(),
            capacity: capacity.map(|c| Load(c).units()),
            serves: Load(value).units(),
            deficit_after: Load(left.iter().sum()).units(),
        });
    }
    out
}

fn findings(rule: &FacilityRule, facilities: &[Facility], areas: &[AreaNeed], limited: bool) -> Vec<Finding> {
    let mut out = Vec::new();
    let unknown = facilities.iter().filter(|f| rule.in_service.is_some() && f.in_service.is_none()).count();
    if unknown > 0 {
        let message = format!(
            "{unknown} of {} facilities do not say whether they are in service and serve nobody; what they would reach is told beside",
            facilities.len()
        );
        out.push(Finding::new(Severity::Warning, "in-service-unknown", message).id(&rule.name).measured(unknown as f64));
    }
    for f in facilities.iter().filter(|f| limited && f.capacity.or(rule.default_capacity).is_none()) {
        let message =
            format!("it does not say what it holds and serves nobody; fill it in, or set facilities.{}.default_capacity", rule.name);
        out.push(Finding::new(Severity::Warning, "capacity-unknown", message).id(&f.id).at(f.at.lon_lat()));
    }
    for a in areas.iter().filter(|a| a.below && !a.area_id.is_empty()) {
        let (share, least) = (100.0 * a.share, 100.0 * rule.threshold);
        let message = format!("{}: {share:.1} % of its demand of {:.1} is served, less than {least} %", rule.name, a.demand);
        out.push(Finding::new(Severity::Warning, "grid-below-threshold", message).id(&a.area_id).measured(a.share).limit(rule.threshold));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(capacity: bool) -> FacilityRule {
        let text = format!(
            "[facilities.x]\nkinds=[\"x\"]\nradius_m=100\nsites=3\nsite_capacity=2\n{}",
            if capacity { "capacity=\"c\"" } else { "" }
        );
        crate::recipe::Draft::from_toml(&text).unwrap().build().unwrap().facilities.remove(0)
    }

    fn at(plane: &Plane, x: i32, y: i32) -> Pt {
        plane.lattice([f64::from(x), f64::from(y)])
    }

    /// Most demand that can be served and the least sum of distances then, trying every facility for every unit.
    fn brute(units: &[[i32; 2]], sites: &[[i32; 2]], room: &mut [i64], k: usize) -> (i64, i64) {
        if k == units.len() {
            return (0, 0);
        }
        let rest = brute(units, sites, room, k + 1);
        let mut best = (rest.0 + 1, rest.1);
        for j in 0..sites.len() {
            let d = f64::from(units[k][0] - sites[j][0]).hypot(f64::from(units[k][1] - sites[j][1]));
            if d <= 100.0 && room[j] > 0 {
                room[j] -= 1;
                let (unserved, steps) = brute(units, sites, room, k + 1);
                best = best.min((unserved, steps + (d * 10.0).round() as i64));
                room[j] += 1;
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn most_is_served_over_the_least_distance(
            homes in prop::collection::vec((-120i32..120, -120i32..120, 0i64..3), 1..5),
            sites in prop::collection::vec((-120i32..120, -120i32..120, 0i64..4), 0..4),
            limited in any::<bool>(),
        ) {
            let plane = Plane::around(120.0, 31.0);
            let demand: Vec<Demand> = homes.iter().enumerate().map(|(i, h)| Demand {
                id: format!("h{i}"), at: at(&plane, h.0, h.1), load: Load(h.2 * 1000), grid: Some(i % 3).filter(|g| *g < 2),
            }).collect();
            let all: Vec<Facility> = sites.iter().enumerate().map(|(j, s)| Facility {
                id: format!("f{j}"), at: at(&plane, s.0, s.1), capacity: Some(Load(s.2 * 1000)), in_service: None,
            }).collect();
            let grids = ["g0", "g1"].map(|g| GridName { grid_id: g.into(), division_id: "d".into() });
            let r = facilities(&rule(limited), &plane, &all, &demand, &grids, &[]);
            let units: Vec<[i32; 2]> = homes.iter().flat_map(|h| (0..h.2).map(|_| [h.0, h.1])).collect();
            let places: Vec<[i32; 2]> = sites.iter().map(|s| [s.0, s.1]).collect();
            let mut room: Vec<i64> = sites.iter().map(|s| if limited { s.2 } else { 99 }).collect();
            let (unserved, steps) = brute(&units, &places, &mut room, 0);
            prop_assert_eq!(r.all.deficit, unserved as f64);
            let told: f64 = r.served.iter().map(|s| s.amount * s.distance_m * 10.0).sum();
            // a place is rounded to the lattice: half a step of the distance may be rounded the other way
            prop_assert!((told - steps as f64).abs() <= 1.0 * units.len() as f64, "{} {}", told, steps);
            // parts add up to the whole
            prop_assert_eq!(r.grids.iter().map(|g| g.deficit).sum::<f64>(), r.all.deficit);
            prop_assert_eq!(r.divisions.iter().map(|g| g.served).sum::<f64>(), r.all.served);
            prop_assert_eq!(r.facilities.iter().map(|f| f.served).sum::<f64>(), r.all.served);
            prop_assert!(r.facilities.iter().all(|f| f.capacity.is_none_or(|c| f.served <= c)));
            prop_assert!(limited || r.all.reached == r.all.served);
            // proposals serve what they say
            let mut deficit = r.all.deficit;
            for p in &r.proposed {
                deficit -= p.serves;
                prop_assert_eq!(p.deficit_after, deficit);
                prop_assert!(p.serves > 0.0 && p.capacity.is_none_or(|c| p.serves <= c));
            }
            prop_assert!(deficit == 0.0 || r.proposed.len() == 3);
            prop_assert!(r.sites_at_least.is_none_or(|n| n <= r.proposed.len() || deficit > 0.0));
        }
    }

    #[test]
    fn missing_is_neither_in_service_nor_zero() {
        let plane = Plane::around(120.0, 31.0);
        let home = Demand { id: "h".into(), at: at(&plane, 0, 0), load: Load(1000), grid: Some(0) };
        let grids = [GridName { grid_id: "g".into(), division_id: "d".into() }];
        let hydrant = |in_service, capacity| Facility { id: "f".into(), at: at(&plane, 50, 0), capacity, in_service };
        let said = FacilityRule { in_service: Some("ok".into()), ..rule(false) };
        for (in_service, reached, at_most) in [(Some(true), 1.0, 1.0), (None, 0.0, 1.0), (Some(false), 0.0, 0.0)] {
            let r = facilities(&said, &plane, &[hydrant(in_service, None)], std::slice::from_ref(&home), &grids, &[]);
            assert_eq!((r.all.reached, r.all.reached_at_most, r.all.served), (reached, at_most, reached));
            assert_eq!(r.findings.iter().any(|f| f.code == "in-service-unknown"), in_service.is_none());
            assert_eq!(r.findings.iter().any(|f| f.code == "grid-below-threshold"), reached < 1.0);
        }
        let r = facilities(&rule(true), &plane, &[hydrant(None, None)], std::slice::from_ref(&home), &grids, &[]);
        assert_eq!((r.all.served, r.findings[0].code.as_str()), (0.0, "capacity-unknown"));
        let some = FacilityRule { default_capacity: Some(Load(500)), ..rule(true) };
        assert_eq!(facilities(&some, &plane, &[hydrant(None, None)], &[home], &grids, &[]).all.served, 0.5);
    }
}
