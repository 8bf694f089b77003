//! Ids that outlive a plan: those of survivors never change, those of the retired never come back (R40).

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What carries an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdOf {
    /// A grid: `G` and six digits.
    Grid,
    /// A zone: `Z` and four digits.
    Zone,
}

impl IdOf {
    fn id(self, serial: u32) -> String {
        match self {
            IdOf::Grid => format!("G{serial:06}"),
            IdOf::Zone => format!("Z{serial:04}"),
        }
    }

    /// The number in an id of this engine.
    pub(super) fn serial(self, id: &str) -> Option<u32> {
        let serial = id.get(1..)?.parse().ok()?;
        (self.id(serial) == id).then_some(serial)
    }
}

/// Ids by position, and the number of the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// Ids by position.
    pub ids: Vec<String>,
    /// Number of the next new one; numbers are never reused.
    pub next: u32,
}

impl Ids {
    /// Those of a first plan.
    pub fn fresh(of: IdOf, count: usize) -> Ids {
        Ids::default().after(of, &vec![None; count])
    }

    /// Those of the next plan, from the position that each had before; none, one that is not there, and one that is taken already, mean a new
    /// id. O(n log n).
    pub fn after(&self, of: IdOf, was: &[Option<u32>]) -> Ids {
        // ids of other makers stay as they are, and numbers in them are not given again
        let highest = self.ids.iter().filter_map(|id| of.serial(id)).max().unwrap_or(0);
        let mut next = self.next.max(1).max(highest.saturating_add(1));
        let known: BTreeSet<&String> = self.ids.iter().collect();
        let mut taken = BTreeSet::new();
        let mut name = |was: &Option<u32>| {
            if let Some(id) = was.and_then(|w| self.ids.get(w as usize)).filter(|id| taken.insert(*id)) {
                return id.clone();
            }
            while next < u32::MAX && known.contains(&of.id(next)) {
                next += 1;
            }
            let id = of.id(next);
            next = next.saturating_add(1);
            id
        };
        let ids = was.iter().map(&mut name).collect();
        Ids { ids, next }
    }
}

/// Who the grids and zones of a plan are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Ids of grids.
    pub grids: Ids,
    /// Ids of zones.
    pub zones: Ids,
    /// What else is known of every grid.
    pub of_grid: Vec<GridPast>,
}

/// What a grid brings along.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridPast {
    /// Person in charge.
    pub officer: Option<String>,
    /// First day of validity.
    pub valid_from: Option<String>,
    /// Grids that it comes from.
    pub parents: Vec<String>,
}

impl Identity {
    /// That of a first plan, with so many grids and zones.
    pub fn fresh(grids: usize, zones: usize) -> Identity {
        Identity { grids: Ids::fresh(IdOf::Grid, grids), zones: Ids::fresh(IdOf::Zone, zones), of_grid: vec![GridPast::default(); grids] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survivors_keep_ids_and_retired_ones_stay_retired() {
        let first = Ids::fresh(IdOf::Grid, 3);
        assert_eq!((first.ids.join(" ").as_str(), first.next), ("G000001 G000002 G000003", 4));
        let second = first.after(IdOf::Grid, &[Some(2), None, Some(0), Some(2), Some(9)]);
        assert_eq!((second.ids.join(" ").as_str(), second.next), ("G000003 G000004 G000001 G000005 G000006", 7));
        // G000006 retires, and nobody is called so again
        let third = second.after(IdOf::Grid, &[Some(0)]).after(IdOf::Grid, &[Some(0), None]);
        assert_eq!(third.ids.join(" "), "G000003 G000007");
    }

    #[test]
    fn ids_of_others_are_respected() {
        let before = Ids { ids: vec!["north".into(), "Z0007".into(), "Z007".into(), "Ü".into()], next: 0 };
        let after = before.after(IdOf::Zone, &[Some(0), None, Some(3)]);
        assert_eq!((after.ids.join(" ").as_str(), after.next), ("north Z0008 Ü", 9));
    }
}
