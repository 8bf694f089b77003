//! What it costs to serve a place from a site, in integers: sums are exact, independent of order and of the number of threads.
//!
//! Three aims are one number, the first outweighing all of the second and so on: no hub over its capacity, nobody beyond the maximum
//! distance, least weighted distance.

use super::{HubError, HubProblem};
use crate::watch::Watch;

/// Steps of a distance per metre.
pub(super) const STEPS_PER_M: f64 = 10.0;
/// Most pairs of place and site.
pub(super) const PAIRS: usize = 100_000_000;

/// Costs of all pairs.
pub(super) struct Costs<'w> {
    /// Number of places.
    pub places: usize,
    /// Number of sites.
    pub sites: usize,
    /// Weight of every place in multiples of `grain`.
    pub weight: Vec<i64>,
    /// Thousandths of a unit of weight: the greatest common divisor of weights and capacities.
    pub grain: i64,
    /// Most weight of every site; none where it has no limit.
    pub capacity: Vec<Option<i64>>,
    /// Whether places may be shared by hubs.
    pub split: bool,
    /// What a grain beyond the maximum distance costs beside its distance.
    pub beyond: i128,
    /// What a grain over a capacity costs beside the rest.
    pub over: i128,
    limit: i64,
    /// By site, then place.
    distance: Vec<i64>,
    cost: Vec<i128>,
    watch: &'w dyn Watch,
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl<'w> Costs<'w> {
    pub fn of(p: &HubProblem, watch: &'w dyn Watch) -> Result<Costs<'w>, HubError> {
        let (places, sites) = (p.places.len(), p.sites.len());
        let amounts = p.places.iter().map(|place| place.weight.0).chain(p.sites.iter().filter_map(|s| Some(s.capacity?.0)));
        let grain = amounts.fold(0, gcd).max(1);
        let weight: Vec<i64> = p.places.iter().map(|place| place.weight.0 / grain).collect();
        let capacity = p.sites.iter().map(|s| s.capacity.map(|c| c.0 / grain)).collect();
        let steps = |m: f64| (m * STEPS_PER_M).round() as i64;
        let distance: Vec<i64> = (0..sites).flat_map(|j| (0..places).map(move |i| steps(p.distance_m[i * sites + j]))).collect();
        let all: i128 = weight.iter().map(|w| i128::from(*w)).sum::<i128>().max(1);
        let farthest = i128::from(distance.iter().copied().max().unwrap_or(0)).max(1);
        let limited = p.sites.iter().any(|s| s.capacity.is_some());
        // four times the greatest sum must fit, for differences of sums
        let levels = 1 + u32::from(p.max_distance_m.is_some()) + u32::from(limited);
        let too_large = || HubError::TooLarge { weight: all as f64, distance_m: farthest as f64 / STEPS_PER_M };
        let greatest = (all + 2).checked_pow(levels).and_then(|x| x.checked_mul(farthest + 1)).and_then(|x| x.checked_mul(16));
        greatest.filter(|_| all <= i128::from(i64::MAX)).ok_or_else(too_large)?;
        let beyond = if p.max_distance_m.is_some() { all * farthest + 1 } else { 0 };
        let over = if limited { all * (farthest + beyond) + 1 } else { 0 };
        let limit = p.max_distance_m.map_or(i64::MAX, |m| (m * STEPS_PER_M).floor() as i64);
        let mut costs =
            Costs { places, sites, weight, grain, capacity, split: p.split, beyond, over, limit, distance, cost: Vec::new(), watch };
        costs.cost = (0..sites)
            .flat_map(|j| (0..places).map(move |i| (i, j)))
            .map(|(i, j)| costs.unit(i, j) * i128::from(costs.weight[i]))
            .collect();
        Ok(costs)
    }

    /// Whether to go on, after a look at all pairs; whoever is told not to ends with any choice, which nobody will see.
    pub fn goes_on(&self) -> bool {
        self.watch.go_on((self.places * self.sites) as u64).is_ok()
    }

    /// Distance in steps.
    pub fn distance(&self, place: usize, site: usize) -> i64 {
        self.distance[site * self.places + place]
    }

    /// Whether the site is farther than the maximum.
    pub fn is_beyond(&self, place: usize, site: usize) -> bool {
        self.distance(place, site) > self.limit
    }

    /// Cost of one grain.
    pub fn unit(&self, place: usize, site: usize) -> i128 {
        i128::from(self.distance(place, site)) + if self.is_beyond(place, site) { self.beyond } else { 0 }
    }

    /// Cost of all places at a site.
    pub fn of_site(&self, site: usize) -> &[i128] {
        &self.cost[site * self.places..][..self.places]
    }

    /// Weight in all.
    pub fn weight(&self) -> i64 {
        self.weight.iter().sum()
    }

    /// Whether some site has a capacity.
    pub fn limited(&self) -> bool {
        self.over > 0
    }

    /// Weight that a site takes, with that much on it, over its capacity.
    pub fn overrun(&self, site: usize, load: i64) -> i64 {
        self.capacity[site].map_or(0, |c| (load - c).max(0))
    }

    /// The same costs with the distance as the only aim.
    pub fn plain(&self) -> Costs<'w> {
        let mut plain = Costs {
            weight: self.weight.clone(),
            capacity: vec![None; self.sites],
            beyond: 0,
            over: 0,
            limit: i64::MAX,
            distance: self.distance.clone(),
            cost: Vec::new(),
            ..*self
        };
        plain.cost =
            plain.distance.iter().enumerate().map(|(at, &d)| i128::from(d) * i128::from(plain.weight[at % plain.places])).collect();
        plain
    }
}
