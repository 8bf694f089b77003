//! Rows of entity, site and volume in memory, for look-up by entity.

use rayon::prelude::*;
use std::hash::{DefaultHasher, Hash, Hasher};

/// An id in eight bytes. Two of n ids have the same with a chance of n² / 2⁶⁵: one in a million for six million entities.
pub fn digest(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// Volumes of entities at the sites of one signal; 16 bytes a row. Volumes are kept to 24 bits.
#[derive(Clone, Debug, Default)]
pub struct Volumes {
    rows: Vec<(u64, u32, f32)>,
    sorted: bool,
}

impl Volumes {
    /// Adds a row; `entity` is its [`digest`].
    pub fn push(&mut self, entity: u64, site: u32, volume: f64) {
        self.rows.push((entity, site, volume as f32));
        self.sorted = false;
    }

    /// Makes rows ready to be looked up. O(n log n).
    pub fn sort(&mut self) {
        self.rows.par_sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        self.sorted = true;
    }

    /// Rows of an entity, sites in order, into `out`. O(log n); nothing before [`sort`](Self::sort).
    pub fn of(&self, entity: u64, out: &mut Vec<(u32, f64)>) {
        out.clear();
        if self.sorted {
            let from = self.rows.partition_point(|r| r.0 < entity);
            let own = self.rows[from..].iter().take_while(|r| r.0 == entity);
            out.extend(own.map(|r| (r.1, f64::from(r.2))));
        }
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
