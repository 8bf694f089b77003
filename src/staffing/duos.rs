//! Fewer officers than grids: some take two adjacent grids (R25).

use super::area::{SharedBorder, areas};
use super::matching::matching;
use crate::measure::{GridId, Load};
use crate::watch::{Stopped, Watch};
use serde::{Deserialize, Serialize};

/// What is decided of a grid before pairs are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Nothing.
    Free,
    /// It has an officer of its area, who can take one beside it.
    Held,
    /// It has an officer who takes no other, and is in no pair.
    Closed,
}

/// How the officers of one area get by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duos {
    /// Number of the area.
    pub area: u32,
    /// Its grids, but for the closed ones.
    pub grids: usize,
    /// Its officers for these.
    pub officers: usize,
    /// Adjacent grids that one officer takes.
    pub pairs: Vec<[GridId; 2]>,
}

impl Duos {
    /// Pairs that are needed for every grid to have an officer.
    pub fn needed(&self) -> usize {
        self.grids.saturating_sub(self.officers)
    }
}

/// Makes exactly as many pairs in every area as it has officers too few, with the least sum of loads; where there cannot be so many, as
/// many as there can be, and of these as many as can be with a held grid, so that officers who hold one do not stay alone while others are
/// wanted. No pair has two held grids. `officers` says how many an area has for grids that are not closed; `borders` are those of positive length.
///
/// The sum is the least of all choices, which taking the lightest pair first does not reach. O(n³), see [`matching`].
pub fn duos(
    area_of: &[u32],
    borders: &[SharedBorder],
    loads: &[Load],
    holds: &[Hold],
    officers: impl Fn(u32) -> usize,
    watch: &dyn Watch,
) -> Result<Vec<Duos>, Stopped> {
    let held = |border: &SharedBorder| [border.a, border.b].iter().filter(|g| holds[g.at()] == Hold::Held).count();
    let open = |g: &GridId| holds[g.at()] != Hold::Closed;
    let one = |(&area, own): (&u32, &super::area::Area<'_>)| {
        let grids = own.grids.iter().filter(|g| open(g)).count();
        let mut out = Duos { area, grids, officers: officers(area), pairs: Vec::new() };
        let can_be = own.edges.iter().filter(|(_, _, border)| open(&border.a) && open(&border.b) && held(border) < 2);
        let (mut edges, free): (Vec<_>, Vec<bool>) =
            can_be.map(|&(a, b, border)| ((a, b, (loads[border.a.at()] + loads[border.b.at()]).0), held(border) == 0)).unzip();
        let mut found = matching(own.grids.len(), &edges, out.needed(), watch)?;
        if found.pairs() < out.needed() && free.contains(&false) {
            let more = 1 + edges.iter().map(|e| e.2).sum::<i64>();
            edges.iter_mut().zip(&free).filter(|(_, free)| **free).for_each(|(e, _)| e.2 += more);
            found = matching(own.grids.len(), &edges, out.needed(), watch)?;
        }
        let pair = |(a, b): (usize, &Option<usize>)| b.filter(|b| a < *b).map(|b| [own.grids[a], own.grids[b]]);
        out.pairs = found.mate.iter().enumerate().filter_map(pair).collect();
        Ok(out)
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
            let found = duos(&[0; 4], &borders, &loads, &[Hold::Free; 4], |_| officers, &()).unwrap();
            let pairs: Vec<[u32; 2]> = found[0].pairs.iter().map(|p| p.map(|g| g.0)).collect();
            assert_eq!(pairs, expected, "{officers} officers");
            assert_eq!(found[0].needed() - pairs.len(), if officers == 1 { 1 } else { 0 });
        }
    }

    #[test]
    fn areas_are_on_their_own() {
        let (borders, loads) = path(&[1, 1, 1, 1]);
        let found = duos(&[0, 1, 1, 0], &borders, &loads, &[Hold::Free; 4], |area| if area == 0 { 1 } else { 2 }, &()).unwrap();
        assert_eq!(found.iter().map(|d| (d.needed(), d.pairs.len())).collect::<Vec<_>>(), [(1, 0), (0, 0)]);
    }

    #[test]
    fn held_and_closed_grids() {
        use Hold::{Closed, Free, Held};
        let (borders, loads) = path(&[9, 1, 2, 4]);
        let pairs = |holds: &[Hold; 4], officers: usize| {
            let found = duos(&[0; 4], &borders, &loads, holds, |_| officers, &()).unwrap().remove(0);
            (found.grids, found.pairs.iter().map(|p| p.map(|g| g.0)).collect::<Vec<_>>())
        };
        assert_eq!(pairs(&[Free, Closed, Free, Free], 2), (3, vec![[2, 3]]));
        assert_eq!(pairs(&[Free, Closed, Free, Closed], 1), (2, vec![]));
        assert_eq!(pairs(&[Free, Held, Held, Free], 3), (4, vec![[2, 3]]));
        // the only officer has the first grid: a lighter pair without it would leave two vacant instead of one
        assert_eq!(pairs(&[Held, Free, Free, Closed], 1), (3, vec![[0, 1]]));
    }
}
