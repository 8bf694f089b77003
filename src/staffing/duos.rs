//! Fewer officers than grids: some take two adjacent grids (R25).

use super::area::{SharedBorder, areas};
use super::matching::matching;
use crate::measure::{GridId, Load};

/// How the officers of one area get by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duos {
    /// Number of the area.
    pub area: u32,
    /// Its grids.
    pub grids: usize,
    /// Its officers.
    pub officers: usize,
    /// Adjacent grids that one officer takes.
    pub pairs: Vec<[GridId; 2]>,
}

impl Duos {
    /// Pairs that are needed for every grid to have an officer.
    pub fn needed(&self) -> usize {
        self.grids.saturating_sub(self.officers)
    }

    /// Grids without officer, because no more pairs are possible.
    pub fn without(&self) -> usize {
        self.needed() - self.pairs.len()
    }
}

/// Makes exactly as many pairs in every area as it has officers too few, with the least sum of loads; where there cannot be so many, as
/// many as there can be. `officers` says how many an area has; `borders` are those of positive length.
///
/// The sum is the least of all choices, which taking the lightest pair first does not reach. O(n³), see [`matching`].
pub fn duos(area_of: &[u32], borders: &[SharedBorder], loads: &[Load], officers: impl Fn(u32) -> usize) -> Vec<Duos> {
    let one = |(&area, own): (&u32, &super::area::Area<'_>)| {
        let mut out = Duos { area, grids: own.grids.len(), officers: officers(area), pairs: Vec::new() };
        let edges: Vec<_> = own.edges.iter().map(|&(a, b, border)| (a, b, (loads[border.a.at()] + loads[border.b.at()]).0)).collect();
        let found = matching(out.grids, &edges, out.needed());
        let pair = |(a, b): (usize, &Option<usize>)| b.filter(|b| a < *b).map(|b| [own.grids[a], own.grids[b]]);
        out.pairs = found.mate.iter().enumerate().filter_map(pair).collect();
        out
    };
    areas(area_of, borders).iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(loads: &[i64]) -> (Vec<SharedBorder>, Vec<Load>) {
        let border = |g: usize| SharedBorder { a: GridId::new(g), b: GridId::new(g + 1), length_m: 1.0 };
        ((0..loads.len() - 1).map(border).collect(), loads.iter().map(|l| Load(*l)).collect())
    }

    #[test]
    fn exactly_as_many_pairs_as_officers_are_missing() {
        let (borders, loads) = path(&[5, 1, 2, 4]);
        for (officers, expected) in [(9, vec![]), (4, vec![]), (3, vec![[1, 2]]), (2, vec![[0, 1], [2, 3]]), (1, vec![[0, 1], [2, 3]])] {
            let found = duos(&[0; 4], &borders, &loads, |_| officers);
            let pairs: Vec<[u32; 2]> = found[0].pairs.iter().map(|p| p.map(|g| g.0)).collect();
            assert_eq!(pairs, expected, "{officers} officers");
            assert_eq!(found[0].without(), if officers == 1 { 1 } else { 0 });
        }
    }

    #[test]
    fn areas_are_on_their_own() {
        let (borders, loads) = path(&[1, 1, 1, 1]);
        let found = duos(&[0, 1, 1, 0], &borders, &loads, |area| if area == 0 { 1 } else { 2 });
        assert_eq!(found.iter().map(|d| (d.needed(), d.pairs.len(), d.without())).collect::<Vec<_>>(), [(1, 0, 1), (0, 0, 0)]);
    }
}
