//! Grids that are taken together, and the borders among them.

use crate::measure::GridId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A border of positive length between two grids.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharedBorder {
    /// One of them.
    pub a: GridId,
    /// The other one.
    pub b: GridId,
    /// Its length, metres.
    pub length_m: f64,
}

/// Grids of one area.
#[derive(Clone, Debug, Default)]
pub(super) struct Area<'a> {
    pub grids: Vec<GridId>,
    /// Borders among them, by position in `grids`.
    pub edges: Vec<(usize, usize, &'a SharedBorder)>,
}

/// All areas that have grids, by their numbers. O(n log n).
pub(super) fn areas<'a>(area_of: &[u32], borders: &'a [SharedBorder]) -> BTreeMap<u32, Area<'a>> {
    let mut areas: BTreeMap<u32, Area<'a>> = BTreeMap::new();
    let mut place = Vec::with_capacity(area_of.len());
    for (g, area) in area_of.iter().enumerate() {
        let grids = &mut areas.entry(*area).or_default().grids;
        place.push(grids.len());
        grids.push(GridId::new(g));
    }
    for border in borders {
        let (a, b) = (border.a.at(), border.b.at());
        if area_of[a] == area_of[b]
            && let Some(area) = areas.get_mut(&area_of[a])
        {
            area.edges.push((place[a], place[b], border));
        }
    }
    areas
}

impl Area<'_> {
    /// Number of the connected piece of every grid.
    pub fn pieces(&self) -> Vec<usize> {
        let mut next = vec![Vec::new(); self.grids.len()];
        for &(a, b, _) in &self.edges {
            next[a].push(b);
            next[b].push(a);
        }
        let mut piece = vec![usize::MAX; self.grids.len()];
        let mut pieces = 0;
        for first in 0..self.grids.len() {
            if piece[first] != usize::MAX {
                continue;
            }
            let mut queue = vec![first];
            while let Some(v) = queue.pop() {
                if piece[v] == usize::MAX {
                    piece[v] = pieces;
                    queue.extend(&next[v]);
                }
            }
            pieces += 1;
        }
        piece
    }
}
