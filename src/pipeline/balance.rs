//! Zones adjusted one by one, with a budget of moved load for all together.

use super::{Error, Ground, RebalanceError, drawn_zone, solve};
use crate::measure::Load;
use crate::partition::{Adjusted, PartitionError, adjust};
use crate::plan::{Ancestry, Budget, ZoneFigures, apportion};
use crate::watch::Watch;
use crate::zones::Zone;
use std::collections::{BTreeMap, BTreeSet};

/// Zones that are to be adjusted.
pub(super) struct Work<'a> {
    pub ground: &'a Ground,
    pub zones: &'a [Zone],
    pub ancestry: &'a Ancestry,
    /// The old grid of every vertex.
    pub previous: &'a [Vec<Option<u32>>],
    /// Whether nothing changed in a zone.
    pub same: &'a [bool],
    pub watch: &'a dyn Watch,
}

/// Zones that were adjusted.
pub(super) struct Balanced {
    pub adjusted: Vec<Adjusted>,
    /// What balance may move in every zone, where that was limited.
    pub budgets: Vec<Option<Load>>,
    pub budget: Option<Budget>,
}

impl Work<'_> {
    /// Adjusts all zones; what moves in all is never more than `share` of the load. Zones get what grids need to be whole first, then parts of the rest
    /// in proportion to what they would move without a budget.
    pub fn balance(&self, by_itself: &[(Load, Load)], share: Option<f64>) -> Result<Balanced, Error> {
        let (t, zones) = (&self.ground.territory, self.zones);
        let mut adjusted = solve(t, zones, self.watch, |z| self.adjusted(z, None))?;
        let mut budgets = vec![None; zones.len()];
        let Some(share) = share else { return Ok(Balanced { adjusted, budgets, budget: None }) };
        let total: Load = self.ground.fabric.units.iter().map(|u| u.load).sum();
        let most = Load((share * total.0 as f64 + 1e-6).floor() as i64);
        let itself: Load = by_itself.iter().map(|b| b.0).sum();
        let want: Vec<Load> = (0..zones.len()).map(|z| self.moved(z, &adjusted[z])).collect();
        let wanted = (0..zones.len()).map(|z| self.in_all(z, &adjusted[z], by_itself[z])).sum::<Load>();
        let budget = Budget { share, households: most.units(), by_itself: itself.units(), wanted: wanted.units() };
        if wanted > most {
            let wants = |z: usize| want[z] > Load::ZERO;
            let mended = solve(t, zones, self.watch, |z| if wants(z) { self.mended(z) } else { Ok(adjusted[z].clone()) })?;
            let need: Vec<Load> = (0..zones.len()).map(|z| self.moved(z, &mended[z])).collect();
            let needed = itself + need.iter().copied().sum();
            if needed > most {
                return Err(RebalanceError::Budget { needed, by_itself: itself, budget: most, total }.into());
            }
            let more: Vec<Load> = want.iter().zip(&need).map(|(w, n)| (*w - *n).max(Load::ZERO)).collect();
            let parts = apportion(most - needed, Load(1), &more).unwrap_or_else(|| vec![Load::ZERO; zones.len()]);
            for z in (0..zones.len()).filter(|&z| wants(z)) {
                budgets[z] = Some(need[z] + parts[z]);
            }
            adjusted = solve(t, zones, self.watch, |z| match budgets[z] {
                Some(budget) => self.within(z, budget, &mended[z]),
                None => Ok(adjusted[z].clone()),
            })?;
        }
        Ok(Balanced { adjusted, budgets, budget: Some(budget) })
    }

    /// A zone adjusted with at most this load moved: the engine counts balanced load, of which a household has more or less by its settlement class.
    fn within(&self, z: usize, budget: Load, mended: &Adjusted) -> Result<Adjusted, PartitionError> {
        let (least, mean, _) = self.factors(z);
        let mut factors = vec![mean];
        factors.extend((least < mean).then_some(least));
        for factor in factors {
            match self.adjusted(z, Some(Load((budget.0 as f64 * factor).floor() as i64))) {
                Ok(done) if self.moved(z, &done) <= budget => return Ok(done),
                Ok(_) | Err(PartitionError::Budget { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(mended.clone())
    }

    /// A zone adjusted with as little moved as its grids need to be whole.
    fn mended(&self, z: usize) -> Result<Adjusted, PartitionError> {
        match self.adjusted(z, Some(Load::ZERO)) {
            Err(PartitionError::Budget { needed, .. }) => self.adjusted(z, Some(needed)),
            other => other,
        }
    }

    fn adjusted(&self, z: usize, budget: Option<Load>) -> Result<Adjusted, PartitionError> {
        let (zone, previous) = (&self.zones[z], &self.previous[z]);
        let mut number: BTreeMap<u32, u32> = BTreeMap::new();
        previous.iter().flatten().for_each(|g| {
            let next = number.len() as u32;
            number.entry(*g).or_insert(next);
        });
        let numbered: Vec<Option<u32>> = previous.iter().map(|g| Some(number[&(*g)?])).collect();
        let mut adjusted = match numbered.iter().copied().collect::<Option<Vec<u32>>>() {
            _ if number.is_empty() => {
                let partitioned = drawn_zone(zone, self.watch)?;
                let was = vec![None; partitioned.assignment.grids()];
                Adjusted::unmoved(partitioned, was)
            }
            Some(labels) if self.same[z] => Adjusted::labelled(&zone.problem, &labels)?,
            _ => adjust(&zone.problem, &numbered, budget, self.watch)?,
        };
        let grid: BTreeMap<u32, u32> = number.into_iter().map(|(g, n)| (n, g)).collect();
        adjusted.was.iter_mut().for_each(|w| *w = w.and_then(|n| grid.get(&n).copied()));
        Ok(adjusted)
    }

    /// Load whose grid balance changed.
    fn moved(&self, z: usize, adjusted: &Adjusted) -> Load {
        let part_of = adjusted.partitioned.assignment.part_of();
        let went = |v: &usize| self.previous[z][*v].is_some_and(|g| adjusted.was[part_of[*v] as usize] != Some(g));
        (0..part_of.len()).filter(went).map(|v| self.load(z, v)).sum()
    }

    /// Load of a zone that lies in another grid than before. Land that balance takes from the unit that keeps it may come home.
    fn in_all(&self, z: usize, adjusted: &Adjusted, by_itself: (Load, Load)) -> Load {
        let mut went = by_itself.0 - by_itself.1;
        let part_of = adjusted.partitioned.assignment.part_of();
        // units that keep no grid have moved by themselves
        for v in (0..part_of.len()).filter(|&v| self.previous[z][v].is_some()) {
            let was = adjusted.was[part_of[v] as usize];
            let lain = self.zones[z].clusters[v].iter().flat_map(|u| &self.ancestry.load[u.at()]);
            went += lain.filter(|(g, _)| was != Some(**g)).map(|(_, l)| *l).sum::<Load>();
        }
        went
    }

    fn load(&self, z: usize, v: usize) -> Load {
        self.zones[z].clusters[v].iter().map(|u| self.ground.fabric.units[u.at()].load).sum()
    }

    /// Least, mean and greatest balanced load of one household in a zone.
    fn factors(&self, z: usize) -> (f64, f64, f64) {
        let graph = &self.zones[z].problem.graph;
        let (mut least, mut most, mut load, mut balanced) = (f64::INFINITY, 0.0f64, Load::ZERO, Load::ZERO);
        for v in 0..self.zones[z].clusters.len() {
            let (own, b) = (self.load(z, v), graph.load(v));
            if own > Load::ZERO {
                let factor = b.0 as f64 / own.0 as f64;
                (least, most, load, balanced) = (least.min(factor), most.max(factor), load + own, balanced + b);
            }
        }
        if load > Load::ZERO { (least, balanced.0 as f64 / load.0 as f64, most) } else { (1.0, 1.0, 1.0) }
    }

    pub fn figures(&self, z: usize, adjusted: &Adjusted, by_itself: (Load, Load)) -> ZoneFigures {
        let (problem, previous) = (&self.zones[z].problem, &self.previous[z]);
        let assignment = &adjusted.partitioned.assignment;
        let mut loads: BTreeMap<u32, Vec<Load>> = BTreeMap::new();
        for (v, g) in previous.iter().enumerate() {
            if let Some(g) = g {
                let sums = loads.entry(*g).or_insert_with(|| vec![Load::ZERO; problem.bands.len()]);
                sums.iter_mut().zip(problem.graph.loads(v)).for_each(|(sum, l)| *sum += *l);
            }
        }
        let even = |loads: &[Load]| problem.bands.iter().zip(loads).all(|(b, l)| b.violation(*l) == Load::ZERO);
        let out: BTreeSet<u32> = loads.iter().filter(|(_, l)| !even(l)).map(|(g, _)| *g).collect();
        let now: BTreeSet<u32> = adjusted.was.iter().flatten().copied().collect();
        let back = |(part, was): (usize, &Option<u32>)| was.is_some_and(|g| out.contains(&g)) && assignment.in_band(part, &problem.bands);
        // land of other grids in the units at hand moves or stays with the unit that it is in; either way no less than this
        let own = by_itself.1;
        let (.., most) = self.factors(z);
        let least =
            |bound: Load| own.max(Load((bound.0 as f64 / most.max(1e-9)).floor() as i64) - own).units() + (by_itself.0 - own).units();
        ZoneFigures {
            by_itself: by_itself.0.units(),
            possible_any_destination: least(adjusted.bounds.any_destination),
            possible_adjacent: least(adjusted.bounds.adjacent),
            budget: None,
            grids_before: loads.len() as u32,
            out_before: out.len() as u32,
            brought_back: adjusted.was.iter().enumerate().filter(|w| back(*w)).count() as u32,
            out_retired: out.difference(&now).count() as u32,
        }
    }
}
