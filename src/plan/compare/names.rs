//! Which grid of one plan is which of the other.

use super::table::Table;
use crate::staffing::matching::matching;
use crate::watch::{Stopped, Watch};
use petgraph::unionfind::UnionFind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The same land and load under the same id.
    Unchanged,
    /// The same land and load under another id.
    Renamed,
    /// More load than before; more land where neither has load.
    Grown,
    /// Less load than before; less land where neither has load.
    Shrunk,
    /// Other land, as much load.
    Shifted,
    /// One of several grids that come mostly from one grid.
    Split,
    /// It holds most of several grids.
    Merged,
    /// It goes on from no grid.
    Born,
    /// No grid goes on from it.
    Retired,
}

impl Class {
    /// In words, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Class::Unchanged => "unchanged",
            Class::Renamed => "renamed",
            Class::Grown => "grown",
            Class::Shrunk => "shrunk",
            Class::Shifted => "shifted",
            Class::Split => "split",
            Class::Merged => "merged",
            Class::Born => "born",
            Class::Retired => "retired",
        }
    }
}

/// Land may differ by this share: the same border drawn again.
const SAME_LAND: f64 = 1e-3;

/// Which grids go on as which.
pub(super) struct Names {
    /// For every grid after, the grid before that a best matching gives it.
    pub matched: Vec<Option<usize>>,
    /// The matched grid, where either has most of the other.
    pub same: Vec<Option<usize>>,
    /// Of every grid after.
    pub classes: Vec<Class>,
    /// Of every grid before that none goes on from: merged or retired.
    pub gone: BTreeMap<usize, Class>,
}

/// Matches grids so that as much load as possible stays where it was, then grids without a partner so that as much land as possible does; and
/// says what became of every grid.
///
/// Near-linear where grids of two plans are alike; else like [`matching`] in the largest group of grids that overlap one another and are not.
pub(super) fn names(t: &Table, equal_ids: impl Fn(usize, usize) -> bool, watch: &dyn Watch) -> Result<Names, Stopped> {
    let load: Vec<(usize, usize, i64)> = t.cells.iter().filter(|c| c.load.0 > 0).map(|c| (c.before, c.after, c.load.0)).collect();
    let mut matched = best(&load, t.before.len(), t.after.len(), watch)?;
    let mut taken = vec![false; t.before.len()];
    matched.iter().flatten().for_each(|&i| taken[i] = true);
    let free = t.cells.iter().filter(|c| !taken[c.before] && matched[c.after].is_none());
    let land: Vec<(usize, usize, i64)> = free.map(|c| (c.before, c.after, (c.area_m2 * 10.0) as i64)).filter(|c| c.2 > 0).collect();
    for (j, i) in best(&land, t.before.len(), t.after.len(), watch)?.into_iter().enumerate().filter(|m| m.1.is_some()) {
        matched[j] = i;
    }
    let (mut heirs, mut parents) = (vec![0; t.before.len()], vec![0; t.after.len()]);
    let (mut main, mut into, mut kin) = (vec![None; t.after.len()], vec![None; t.before.len()], BTreeMap::new());
    for (k, c) in t.cells.iter().enumerate() {
        if t.share_of_after(c) > 0.5 {
            heirs[c.before] += 1;
            main[c.after] = Some(c.before);
        }
        if t.share_of_before(c) > 0.5 {
            parents[c.after] += 1;
            into[c.before] = Some(c.after);
        }
        kin.insert((c.before, c.after), k);
    }
    let related = |i: usize, j: usize| main[j] == Some(i) || into[i] == Some(j);
    let same: Vec<Option<usize>> = matched.iter().enumerate().map(|(j, m)| m.filter(|&i| related(i, j))).collect();
    let class = |j: usize| match (main[j], same[j]) {
        (Some(i), _) if heirs[i] > 1 => Class::Split,
        _ if parents[j] > 1 => Class::Merged,
        (_, Some(i)) => alike(t, i, j, kin.get(&(i, j)).copied(), equal_ids(i, j)),
        _ => Class::Born,
    };
    let classes: Vec<Class> = (0..t.after.len()).map(class).collect();
    let mut goes_on = vec![false; t.before.len()];
    same.iter().flatten().for_each(|&i| goes_on[i] = true);
    let left = (0..t.before.len()).filter(|&i| !goes_on[i]);
    let gone = left.map(|i| (i, if into[i].is_some_and(|j| parents[j] > 1) { Class::Merged } else { Class::Retired })).collect();
    Ok(Names { matched, same, classes, gone })
}

fn alike(t: &Table, i: usize, j: usize, cell: Option<usize>, equal_ids: bool) -> Class {
    let (before, after, cell) = (&t.before[i], &t.after[j], cell.map(|k| &t.cells[k]));
    let load = cell.map_or(0, |c| c.load.0);
    let area = cell.map_or(0.0, |c| c.area_m2);
    let whole = |of: f64| of - area <= (SAME_LAND * of).max(1.0);
    if load == before.load.0 && load == after.load.0 && whole(before.area_m2) && whole(after.area_m2) {
        return if equal_ids { Class::Unchanged } else { Class::Renamed };
    }
    let more = after.load.cmp(&before.load);
    let more = if before.load.0 == 0 && after.load.0 == 0 { after.area_m2.total_cmp(&before.area_m2) } else { more };
    match more {
        std::cmp::Ordering::Greater => Class::Grown,
        std::cmp::Ordering::Less => Class::Shrunk,
        std::cmp::Ordering::Equal => Class::Shifted,
    }
}

/// For every column the row of a matching of greatest weight.
fn best(pairs: &[(usize, usize, i64)], rows: usize, columns: usize, watch: &dyn Watch) -> Result<Vec<Option<usize>>, Stopped> {
    // the two largest weights of every row and column
    let (mut row, mut column) = (vec![[0; 2]; rows], vec![[0; 2]; columns]);
    for &(i, j, w) in pairs {
        for top in [&mut row[i], &mut column[j]] {
            *top = if w > top[0] { [w, top[0]] } else { [top[0], top[1].max(w)] };
        }
    }
    let other = |top: &[i64; 2], w: i64| if w == top[0] { top[1] } else { top[0] };
    let mut out = vec![None; columns];
    let mut settled = vec![false; rows];
    // heavier than whatever two pairs it excludes: in every best matching
    for &(i, j, w) in pairs.iter().filter(|&&(i, j, w)| w > other(&row[i], w).saturating_add(other(&column[j], w))) {
        (out[j], settled[i]) = (Some(i), true);
        debug_assert!(w > 0);
    }
    let open: Vec<&(usize, usize, i64)> = pairs.iter().filter(|&&(i, j, _)| !settled[i] && out[j].is_none()).collect();
    let mut groups = UnionFind::new(rows + columns);
    for (i, j, _) in &open {
        groups.union(*i, rows + j);
    }
    let mut by_group: BTreeMap<usize, Vec<&(usize, usize, i64)>> = BTreeMap::new();
    open.into_iter().for_each(|p| by_group.entry(groups.find(p.0)).or_default().push(p));
    for group in by_group.values() {
        let numbers = |of: &dyn Fn(&(usize, usize, i64)) -> usize| {
            let mut all: Vec<usize> = group.iter().map(|p| of(p)).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let (own, others) = (numbers(&|p| p.0), numbers(&|p| p.1));
        let (r, c) = (own.len(), others.len());
        let position = |all: &[usize], x: usize| all.partition_point(|y| *y < x);
        // a row without a column has a place of its own, at no gain
        let alone = (0..r).map(|i| (i, r + c + i, 0));
        let edges = group.iter().map(|&&(i, j, w)| (position(&own, i), r + position(&others, j), -w.min(LARGEST)));
        let found = matching(2 * r + c, &edges.chain(alone).collect::<Vec<_>>(), usize::MAX, watch)?;
        for (i, partner) in found.mate.iter().take(r).enumerate() {
            if let Some(j) = partner.filter(|&j| j < r + c) {
                out[others[j - r]] = Some(own[i]);
            }
        }
    }
    Ok(out)
}

/// Weights beyond this are taken as this, as the matching asks for.
const LARGEST: i64 = 1 << 43;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exhaustive(pairs: &[(usize, usize, i64)], rows: usize, used: u32) -> i64 {
        let Some(i) = rows.checked_sub(1) else { return 0 };
        let own = pairs.iter().filter(|p| p.0 == i && used & (1 << p.1) == 0);
        own.map(|p| p.2 + exhaustive(pairs, i, used | (1 << p.1))).max().unwrap_or(0).max(exhaustive(pairs, i, used))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_matching_is_heavier(weights in proptest::collection::btree_map((0..6usize, 0..5usize), 1..20i64, 0..18)) {
            let pairs: Vec<(usize, usize, i64)> = weights.iter().map(|(&(i, j), &w)| (i, j, w)).collect();
            let found = best(&pairs, 6, 5, &()).unwrap();
            let of = |(j, i): (usize, &Option<usize>)| i.map(|i| weights[&(i, j)]);
            prop_assert_eq!(found.iter().enumerate().filter_map(of).sum::<i64>(), exhaustive(&pairs, 6, 0));
            let mut rows: Vec<usize> = found.iter().flatten().copied().collect();
            rows.sort_unstable();
            prop_assert!(rows.windows(2).all(|w| w[0] < w[1]));
        }
    }
}
