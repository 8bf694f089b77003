//! Counts of entities by grid and by area; legal entities counted once (R10, R34).

use crate::measure::GridId;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Entities by grid, and the grids of every legal entity.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Entities of every grid.
    grids: Vec<u64>,
    unassigned: u64,
    /// Outlets of a legal entity by grid, in the order in which they come: its digest → grids with their numbers.
    legal: HashMap<u64, Vec<(GridId, u32)>>,
    /// Legal entities none of whose outlets has a grid.
    adrift: HashMap<u64, ()>,
}

/// What one area has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Entities attached to its grids.
    pub entities: u64,
    /// Legal entities whose most outlets lie in it; these add up.
    pub legal: u64,
    /// Legal entities with an outlet in it, each once; these do not add up where one has outlets in two areas.
    pub present: u64,
}

impl Tally {
    /// For a plan of that many grids.
    pub fn new(grids: usize) -> Tally {
        Tally { grids: vec![0; grids], ..Tally::default() }
    }

    /// Counts one entity; `legal` is the digest of its legal entity.
    pub fn add(&mut self, grid: Option<GridId>, legal: Option<u64>) {
        match grid {
            Some(g) => self.grids[g.at()] += 1,
            None => self.unassigned += 1,
        }
        let Some(legal) = legal else { return };
        let Some(g) = grid else {
            self.adrift.insert(legal, ());
            return;
        };
        let own = self.legal.entry(legal).or_default();
        match own.iter_mut().find(|o| o.0 == g) {
            Some(o) => o.1 += 1,
            None => own.push((g, 1)),
        }
    }

    /// Entities without a grid.
    pub fn unassigned(&self) -> u64 {
        self.unassigned
    }

    /// Legal entities, those without a grid included.
    pub fn legal(&self) -> u64 {
        (self.legal.len() + self.adrift.keys().filter(|k| !self.legal.contains_key(k)).count()) as u64
    }

    /// Grids with no entity (R34).
    pub fn empty(&self) -> impl Iterator<Item = GridId> + '_ {
        self.grids.iter().enumerate().filter(|(_, n)| **n == 0).map(|(g, _)| GridId::new(g))
    }

    /// Counts of `areas` areas; `area_of` gives that of every grid, which may be none.
    ///
    /// A legal entity is at home in the grid with most of its outlets, of equally many the one with the lowest id, and its home is
    /// the area of that grid: entities and homes of a level add up to those of any other that has all grids. O(n).
    pub fn counts(&self, areas: usize, area_of: impl Fn(GridId) -> Option<usize>) -> Vec<Counted> {
        let mut out = vec![Counted::default(); areas];
        for (g, n) in self.grids.iter().enumerate() {
            if let Some(a) = area_of(GridId::new(g)) {
                out[a].entities += n;
            }
        }
        for grids in self.legal.values() {
            let home = grids.iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|g| g.0);
            if let Some(a) = home.and_then(&area_of) {
                out[a].legal += 1;
            }
            let mut present: Vec<usize> = grids.iter().filter_map(|g| area_of(g.0)).collect();
            present.sort_unstable();
            present.dedup();
            present.into_iter().for_each(|a| out[a].present += 1);
        }
        out
    }
}
