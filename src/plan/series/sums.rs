//! Numbers added up over areas, and held against those of other periods.

use super::date::Span;
use super::readings::{Cells, Readings};
use crate::measure::Load;
use crate::recipe::Period;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a number belongs to on one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) enum Area {
    /// An area of the level, by position.
    In(u32),
    /// On the level of grids: an old grid, as a reporter.
    Old(u32),
    /// No single area: what it belongs to lies in several.
    None,
}

/// Id of what belongs to no single area of a level.
pub const NO_AREA: &str = "(none)";

/// How two periods of an area compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparable {
    /// The same grids have numbers in both.
    Yes,
    /// Some grids have a number in one of them only; the change is that of the others.
    LikeForLike,
    /// Numbers of grids that were redrawn in between were recast over their lineage; the change is that of grids with numbers in both.
    Recast,
    /// The grids were redrawn in between.
    NotComparable,
    /// The other period has no number; missing is not zero.
    Missing,
}

impl Comparable {
    /// As tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Comparable::Yes => "yes",
            Comparable::LikeForLike => "like-for-like",
            Comparable::Recast => "recast",
            Comparable::NotComparable => "not-comparable",
            Comparable::Missing => "missing",
        }
    }
}

/// Number of an area in another period, and the change since.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Sum of that period.
    pub sum: Option<Load>,
    /// Change since as a share of it, over the grids that have numbers in both; none where these have 0, or there are none.
    pub change: Option<f64>,
    /// What the change is worth.
    pub comparable: Comparable,
}

/// Reporters of every area of a level.
type Groups = BTreeMap<Area, Vec<u32>>;

/// Cells of one length of period, grouped by area on every level.
pub(in crate::plan) struct Sums<'a> {
    readings: &'a Readings<'a>,
    cells: Cells,
    /// By level.
    pub groups: BTreeMap<(u32, i32), Vec<Groups>>,
}

impl<'a> Sums<'a> {
    pub fn new(readings: &'a Readings<'a>, period: Option<Period>) -> Sums<'a> {
        let cells = readings.cells(period);
        let levels = readings.tiers.all.len();
        let group = |level: usize, leaves: &[u32]| {
            let mut areas = Groups::new();
            leaves.iter().for_each(|&leaf| areas.entry(readings.area(level, leaf)).or_default().push(leaf));
            areas
        };
        let groups = cells.iter().map(|(key, of_period)| {
            let leaves: Vec<u32> = of_period.keys().copied().collect();
            (*key, (0..levels).map(|level| group(level, &leaves)).collect())
        });
        Sums { readings, groups: groups.collect(), cells }
    }

    /// Sum of an area; none without numbers.
    pub fn sum(&self, key: (u32, i32), level: usize, area: Area) -> Option<Load> {
        let leaves = self.leaves(key, level, area);
        (!leaves.is_empty()).then(|| self.of(key, leaves.iter()))
    }

    fn leaves(&self, key: (u32, i32), level: usize, area: Area) -> &[u32] {
        self.groups.get(&key).and_then(|levels| levels[level].get(&area)).map_or(&[], Vec::as_slice)
    }

    fn of<'l>(&self, key: (u32, i32), leaves: impl Iterator<Item = &'l u32>) -> Load {
        leaves.map(|leaf| self.cells[&key][leaf].amount).sum()
    }

    /// An area in the period with index `then`, as seen from that of `key`.
    pub fn compare(&self, key: (u32, i32), then: Span, level: usize, area: Area) -> Comparison {
        let before = (key.0, then.index);
        let (now, ago) = (self.leaves(key, level, area), self.leaves(before, level, area));
        let both: Vec<u32> = now.iter().filter(|leaf| ago.binary_search(leaf).is_ok()).copied().collect();
        let sum = self.sum(before, level, area);
        if both.is_empty() {
            let comparable = if sum.is_none() && !self.is_redrawn(before, now) { Comparable::Missing } else { Comparable::NotComparable };
            return Comparison { sum, change: None, comparable };
        }
        let (new, old) = (self.of(key, both.iter()), self.of(before, both.iter()));
        let share = (new - old).units() / old.units().abs();
        let recast = |key| both.iter().any(|leaf| self.cells[&key][leaf].recast);
        let comparable = if recast(key) || recast(before) {
            Comparable::Recast
        } else if both.len() == now.len() && both.len() == ago.len() {
            Comparable::Yes
        } else {
            Comparable::LikeForLike
        };
        Comparison { sum, change: (old != Load::ZERO).then(|| (share * 1e6).round() / 1e6), comparable }
    }

    /// Whether grids of these reporters were others in that period.
    fn is_redrawn(&self, before: (u32, i32), now: &[u32]) -> bool {
        let leaf = |l: &u32| &self.readings.leaves[*l as usize];
        let grids: BTreeSet<u32> = now.iter().flat_map(|l| leaf(l).grids.iter().copied()).collect();
        let mut old = self.cells.get(&before).into_iter().flat_map(|c| c.keys()).map(leaf).filter(|l| l.old);
        old.any(|l| l.grids.iter().any(|g| grids.contains(g)))
    }
}

impl Readings<'_> {
    /// What the numbers of a reporter belong to on a level.
    pub(super) fn area(&self, level: usize, leaf: u32) -> Area {
        let of = &self.leaves[leaf as usize];
        match of.areas[level] {
            _ if level == 0 && of.old => Area::Old(leaf),
            Some(area) => Area::In(area),
            None => Area::None,
        }
    }

    /// Its id; that of an old grid whose id lives on says so.
    pub(super) fn label(&self, level: usize, area: Area) -> String {
        match area {
            Area::In(at) => self.tiers.all[level].areas[at as usize].clone(),
            Area::Old(leaf) => {
                let id = &self.leaves[leaf as usize].id;
                if self.tiers.grid(id).is_some() { format!("{id} (old)") } else { id.clone() }
            }
            Area::None => NO_AREA.into(),
        }
    }
}
