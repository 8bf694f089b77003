//! Which grids came from which, and how much of the old one each has.

use super::date::{Day, Stamp};
use crate::finding::{Finding, Severity};
use crate::measure::Load;
use crate::plan::tiers::Tiers;
use crate::plan::{Plan, PlanGrid, apportion};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A row of a table of lineage, as found: what part of an old grid a new one has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heir {
    /// Counted from 1.
    pub record: u64,
    /// Id of the old grid.
    pub old: String,
    /// Id of the new one, or of one that was redrawn itself.
    pub new: String,
    /// Load, households or percent that went over: shares of one old grid count beside each other.
    pub share: String,
}

/// The history of the grids of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// By id of an old grid: ids of those it went into, with their shares, by id.
    heirs: BTreeMap<String, Vec<(String, Load)>>,
    /// From this day on the id means the grid of the plan.
    since: BTreeMap<String, Day>,
    /// Ids of grids that are the same in both plans: all of the old one went into the one of its id, and nothing else did.
    unchanged: BTreeSet<String>,
}

impl Lineage {
    /// As the plan tells it: parents of grids, shares by their load, from their first day of validity on; a parent that is a grid of the plan
    /// itself has its own part. Load that a grid has from several parents counts for each of them; a table of shares says it better.
    pub fn of(plan: &Plan) -> Lineage {
        let mut lineage = Lineage::default();
        let load = |g: &PlanGrid| Load::from_units(g.households).unwrap_or_default();
        let own: BTreeMap<&str, &PlanGrid> = plan.grids.iter().map(|g| (g.grid_id.as_str(), g)).collect();
        for g in plan.grids.iter().filter(|g| !g.parents.is_empty()) {
            for parent in &g.parents {
                let heirs = lineage.heirs.entry(parent.clone()).or_default();
                if let Some(parent) = own.get(parent.as_str()).filter(|p| heirs.is_empty() && !p.parents.contains(parent)) {
                    heirs.push((parent.grid_id.clone(), load(parent)));
                }
                heirs.push((g.grid_id.clone(), load(g)));
            }
            if let Some(stamp) = g.valid_from.as_deref().and_then(Stamp::parse) {
                lineage.since.insert(g.grid_id.clone(), stamp.from);
            }
        }
        lineage.settled()
    }

    /// With the plan that was in force before `since`: an old grid went where its entities are now, each counting 1. What an earlier
    /// plan says of the same grids is replaced.
    pub fn after(mut self, old: &Plan, new: &Plan, since: Day) -> Lineage {
        let id = |plan: &Plan, grid: Option<u32>| plan.grids.get(grid? as usize).map(|g| g.grid_id.clone());
        let now: BTreeMap<&str, String> = new.attachments.iter().filter_map(|a| Some((a.entity.as_str(), id(new, a.grid)?))).collect();
        let mut flows: BTreeMap<String, BTreeMap<String, i64>> = old.grids.iter().map(|g| (g.grid_id.clone(), BTreeMap::new())).collect();
        for a in &old.attachments {
            if let (Some(from), Some(to)) = (id(old, a.grid), now.get(a.entity.as_str())) {
                *flows.entry(from).or_default().entry(to.clone()).or_default() += Load::PER_UNIT;
            }
        }
        self.since.extend(new.grids.iter().map(|g| (g.grid_id.clone(), since)));
        self.heirs.extend(flows.into_iter().map(|(from, to)| (from, to.into_iter().map(|(id, n)| (id, Load(n))).collect())));
        self.settled()
    }

    /// With a table of shares, which replaces all else that is known of its old grids. Shares that are no number of 0 or more and rows
    /// without ids are told (`share-unreadable`, `lineage-unnamed`) and not taken.
    pub fn shared(mut self, rows: &[Heir], file: &str) -> (Lineage, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut tell = |row: &Heir, code: &str, message: String| {
            findings.push(Finding::new(Severity::Warning, code, message).file(file).record(row.record).id(&row.old));
        };
        let mut said: BTreeMap<String, Vec<(String, Load)>> = BTreeMap::new();
        for row in rows {
            if row.old.is_empty() || row.new.is_empty() {
                tell(row, "lineage-unnamed", "the old or the new grid has no id; the row was not taken".into());
                continue;
            }
            let share = if row.share.is_empty() { Some(Load(Load::PER_UNIT)) } else { Load::from_decimal(&row.share) };
            match share.filter(|s| *s >= Load::ZERO) {
                Some(share) => said.entry(row.old.clone()).or_default().push((row.new.clone(), share)),
                None => {
                    let message =
                        format!("the share '{}' is no number of 0 or more with up to three decimals; the row was not taken", row.share);
                    tell(row, "share-unreadable", message);
                }
            }
        }
        self.heirs.extend(said);
        (self.settled(), findings)
    }

    /// Heirs by id, each once.
    fn settled(mut self) -> Lineage {
        let mut sources: BTreeMap<String, u32> = BTreeMap::new();
        for heirs in self.heirs.values_mut() {
            let mut sums: BTreeMap<String, Load> = BTreeMap::new();
            for (id, share) in heirs.drain(..) {
                let sum = sums.entry(id).or_default();
                *sum = Load(sum.0.saturating_add(share.0));
            }
            let some = sums.values().any(|share| *share > Load::ZERO);
            heirs.extend(sums.into_iter().filter(|(_, share)| !some || *share > Load::ZERO));
            heirs.iter().for_each(|(id, _)| *sources.entry(id.clone()).or_default() += 1);
        }
        let same =
            |(id, heirs): &(&String, &Vec<(String, Load)>)| matches!(heirs.as_slice(), [(heir, _)] if heir == *id) && sources[*id] == 1;
        self.unchanged = self.heirs.iter().filter(same).map(|(id, _)| id.clone()).collect();
        self
    }

    /// Whether a number of that id and date is one of an old grid, not of the plan's.
    pub(super) fn is_old(&self, tiers: &Tiers, id: &str, from: Day) -> bool {
        let known = tiers.grid(id).is_some();
        let before = self.since.get(id).is_some_and(|since| from < *since);
        self.heirs.contains_key(id) && (!known || before) && !self.unchanged.contains(id)
    }

    /// Splits the number of an old grid among grids of the plan, by position, with an exact sum; what reaches none of them is the second.
    ///
    /// Goes over grids that were redrawn several times; grids that come from each other in a circle are reached by no number.
    pub(super) fn split(&self, tiers: &Tiers, id: &str, number: Load) -> (BTreeMap<u32, Load>, Load) {
        let (mut parts, mut lost) = (BTreeMap::new(), Load::ZERO);
        let mut waiting = BTreeMap::from([(id, number)]);
        for old in self.in_order(tiers, id) {
            let (heirs, number) = (self.heirs_of(old), waiting.remove(old).unwrap_or_default());
            let shares: Vec<Load> = heirs.iter().map(|(_, share)| *share).collect();
            let even = vec![Load(1); shares.len()];
            let Some(split) = apportion(number, Load(1), &shares).or_else(|| apportion(number, Load(1), &even)) else {
                lost += number;
                continue;
            };
            for ((heir, _), part) in heirs.iter().zip(split) {
                match tiers.grid(heir) {
                    Some(grid) => *parts.entry(grid).or_default() += part,
                    None => *waiting.entry(heir.as_str()).or_default() += part,
                }
            }
        }
        (parts, lost + waiting.into_values().sum())
    }

    fn heirs_of(&self, id: &str) -> &[(String, Load)] {
        self.heirs.get(id).map_or(&[], Vec::as_slice)
    }

    /// The old grid and the redrawn ones that came from it, each after all that it came from; without those in a circle.
    fn in_order<'a>(&'a self, tiers: &Tiers, id: &'a str) -> Vec<&'a str> {
        let redrawn = |id: &str| self.heirs_of(id).iter().map(|(heir, _)| heir.as_str()).filter(|heir| tiers.grid(heir).is_none());
        let (mut found, mut into) = (vec![id], BTreeMap::from([(id, 0)]));
        let mut at = 0;
        while let Some(&old) = found.get(at) {
            at += 1;
            for heir in redrawn(old) {
                *into.entry(heir).or_insert_with(|| {
                    found.push(heir);
                    0
                }) += 1;
            }
        }
        let mut order: Vec<&str> = if into[id] == 0 { vec![id] } else { Vec::new() };
        let mut at = 0;
        while let Some(&old) = order.get(at) {
            at += 1;
            for heir in redrawn(old) {
                let left = into.get_mut(heir).expect("it was found");
                *left -= 1;
                if *left == 0 {
                    order.push(heir);
                }
            }
        }
        order
    }
}
