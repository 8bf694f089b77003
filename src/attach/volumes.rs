//! Rows of entity, site and volume in memory, for look-up by entity.

use rayon::prelude::*;
use std::hash::{DefaultHasher, Hash, Hasher};

/// An id in eight bytes. Two of n ids have the same with a chance of n² / 2⁶⁵: one in a million for six million entities.
pub fn digest(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// Rows of a drawer.
const DRAWER: usize = 4;

/// Volumes of entities at the sites of one signal; 17 bytes a row. Volumes are kept to 24 bits.
#[derive(Clone, Debug, Default)]
pub struct Volumes {
    rows: Vec<(u64, u32, f32)>,
    /// Where the rows of every drawer begin, and the end of all. Digests are spread evenly: those with the same first bits share a drawer.
    drawers: Vec<u32>,
}

impl Volumes {
    /// Adds a row; `entity` is its [`digest`].
    pub fn push(&mut self, entity: u64, site: u32, volume: f64) {
        self.rows.push((entity, site, volume as f32));
        self.drawers.clear();
    }

    /// Makes rows ready to be looked up. O(n log n).
    pub fn sort(&mut self) {
        self.rows.par_sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        let bits = (self.rows.len() / DRAWER).max(2).ilog2();
        let mut drawers = vec![0u32; (1 << bits) + 1];
        self.rows.iter().for_each(|r| drawers[1 + (r.0 >> (u64::BITS - bits)) as usize] += 1);
        for d in 1..drawers.len() {
            drawers[d] += drawers[d - 1];
        }
        self.drawers = drawers;
    }

    /// Rows of an entity, sites in order, into `out`. Expected O(1); nothing before [`sort`](Self::sort).
    pub fn of(&self, entity: u64, out: &mut Vec<(u32, f64)>) {
        out.clear();
        let Some(bits) = self.drawers.len().checked_sub(1).filter(|n| *n > 0).map(usize::ilog2) else { return };
        let drawer = (entity >> (u64::BITS - bits)) as usize;
        let rows = &self.rows[self.drawers[drawer] as usize..self.drawers[drawer + 1] as usize];
        let own = rows.iter().skip_while(|r| r.0 < entity).take_while(|r| r.0 == entity);
        out.extend(own.map(|r| (r.1, f64::from(r.2))));
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
