//! Backup pairs of adjacent grids (R29).

use super::area::{Area, SharedBorder, areas};
use super::matching::{Matching, matching};
use crate::measure::GridId;
use crate::recipe::Leftover;
use crate::watch::{Stopped, Watch};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Cost of a pair whose common border is next to nothing.
const MOST: i64 = 10_000;

/// Who stands in for whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Backups {
    /// Who stands in for a grid.
    pub backup: Vec<Option<GridId>>,
    /// A second one for whom it stands in, and who stands in for it: the end of a triple, for the grid in its middle.
    pub second: Vec<Option<GridId>>,
    /// Ends and middle of every triple; the last joined the pair of the others.
    pub triples: Vec<[GridId; 3]>,
    /// Pairs across areas.
    pub across: Vec<[GridId; 2]>,
    /// Grids for which nobody stands in, and why.
    pub left_over: Vec<(GridId, Alone)>,
}

/// Why a grid is left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alone {
    /// It shares no border with a grid that it could be paired with.
    NoNeighbour,
    /// It hangs together with others, and they are an odd number.
    Odd {
        /// How many there are.
        grids: usize,
    },
    /// All its neighbours are paired, and no pairing leaves fewer.
    Most {
        /// Grids that hang together.
        grids: usize,
        /// How many of them every pairing leaves over (Tutte and Berge).
        least: usize,
        /// Without so many of them …
        between: usize,
        /// … so many odd pieces remain, each of which needs one of those.
        pieces: usize,
    },
}

impl fmt::Display for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Alone::NoNeighbour => write!(f, "it shares no border with a grid that it could be paired with"),
            Alone::Odd { grids } => write!(f, "the {grids} grids that hang together here are an odd number"),
            Alone::Most { grids, least, between, pieces } => write!(
                f,
                "all its neighbours are paired, and every pairing of the {grids} grids that hang together here leaves {least} over or more: \
                 {pieces} odd pieces of them meet only in {between} grids between"
            ),
        }
    }
}

/// Pairs as many grids as can be paired inside their areas, and of all ways to do so takes the one with the least sum of costs.
///
/// `borders` are those of positive length, at most one for two grids (touching in a point is not adjacent); `outline_m` is the length of
/// the whole border of every grid. A pair costs the less, the larger the share of the shorter of both outlines is that they have in
/// common: who stands in for another should mostly walk on across the street. A share, because of lengths a few large grids would decide.
///
/// With [`Leftover::Triple`] what remains joins pairs beside it, each of which takes one, again as many as can be and at the least cost. With
/// [`Leftover::Across`] as many grids as can be are paired wherever they lie, of such ways with as few pairs across areas as can be, and of
/// those the one with the least sum. O(n³) in the worst case for the n grids of an area, or of all areas if pairs may be across; see [`matching`].
pub fn backups(
    area_of: &[u32],
    borders: &[SharedBorder],
    outline_m: &[f64],
    leftover: Leftover,
    watch: &dyn Watch,
) -> Result<Backups, Stopped> {
    let anywhere = vec![0; area_of.len()];
    let joined = if leftover == Leftover::Across { &anywhere } else { area_of };
    let is_across = |a: GridId, b: GridId| area_of[a.at()] != area_of[b.at()];
    let cost = |b: &SharedBorder| {
        let outline = outline_m[b.a.at()].min(outline_m[b.b.at()]).max(b.length_m).max(1e-9);
        let apart = if is_across(b.a, b.b) { (MOST + 1) * area_of.len() as i64 } else { 0 };
        apart + (MOST as f64 * (1.0 - b.length_m / outline)).round() as i64
    };
    let nobody = vec![None; area_of.len()];
    let mut out = Backups { backup: nobody.clone(), second: nobody, ..Backups::default() };
    for area in areas(joined, borders).values() {
        let edges: Vec<_> = area.edges.iter().map(|&(a, b, border)| (a, b, cost(border))).collect();
        let found = matching(area.grids.len(), &edges, usize::MAX, watch)?;
        for (v, mate) in found.mate.iter().enumerate() {
            out.backup[area.grids[v].at()] = mate.map(|m| area.grids[m]);
        }
        out.left_over.extend(alone(area, &found));
    }
    out.left_over.sort_unstable_by_key(|l| l.0);
    if leftover == Leftover::Triple {
        out.join_pairs(area_of, borders, cost, watch)?;
    }
    let backup = &out.backup;
    out.left_over.retain(|l| backup[l.0.at()].is_none());
    let pairs = (0..area_of.len()).map(GridId::new).filter_map(|a| Some([a, backup[a.at()].filter(|b| a < *b)?]));
    out.across = pairs.filter(|&[a, b]| is_across(a, b)).collect();
    Ok(out)
}

/// Grids of an area that are left over, and why.
fn alone(area: &Area<'_>, found: &Matching) -> Vec<(GridId, Alone)> {
    let piece = area.pieces();
    let pieces = piece.iter().max().map_or(0, |p| p + 1);
    let (mut grids, mut free, mut between) = (vec![0; pieces], vec![0; pieces], vec![0; pieces]);
    piece.iter().for_each(|&p| grids[p] += 1);
    (0..area.grids.len()).filter(|&v| found.mate[v].is_none()).for_each(|v| free[piece[v]] += 1);
    found.between.iter().for_each(|&v| between[piece[v]] += 1);
    let why = |p: usize| match (grids[p], free[p]) {
        (1, _) => Alone::NoNeighbour,
        (grids, 1) => Alone::Odd { grids },
        (grids, least) => Alone::Most { grids, least, between: between[p], pieces: between[p] + least },
    };
    (0..area.grids.len()).filter(|&v| found.mate[v].is_none()).map(|v| (area.grids[v], why(piece[v]))).collect()
}

impl Backups {
    /// Left-over grids join pairs of their area.
    fn join_pairs(
        &mut self,
        area_of: &[u32],
        borders: &[SharedBorder],
        cost: impl Fn(&SharedBorder) -> i64,
        watch: &dyn Watch,
    ) -> Result<(), Stopped> {
        let pairs: Vec<[GridId; 2]> =
            (0..area_of.len()).map(GridId::new).filter_map(|a| self.backup[a.at()].filter(|b| a < *b).map(|b| [a, b])).collect();
        let pair_of: BTreeMap<GridId, usize> = pairs.iter().enumerate().flat_map(|(i, p)| p.map(|g| (g, i))).collect();
        let free: BTreeMap<GridId, usize> = self.left_over.iter().enumerate().map(|(i, l)| (l.0, i)).collect();
        // of both members of a pair the one that it joins more cheaply
        let mut ways: BTreeMap<(usize, usize), (i64, GridId)> = BTreeMap::new();
        for border in borders.iter().filter(|b| area_of[b.a.at()] == area_of[b.b.at()]) {
            for (one, other) in [(border.a, border.b), (border.b, border.a)] {
                if let (Some(&i), Some(&p)) = (free.get(&one), pair_of.get(&other)) {
                    let way = (cost(border), other);
                    let known = ways.entry((i, free.len() + p)).or_insert(way);
                    *known = way.min(*known);
                }
            }
        }
        let edges: Vec<_> = ways.iter().map(|(&(i, p), &(cost, _))| (i, p, cost)).collect();
        let found = matching(free.len() + pairs.len(), &edges, usize::MAX, watch)?;
        for (i, p) in (0..free.len()).filter_map(|i| Some((i, found.mate[i]?))) {
            let (own, middle) = (self.left_over[i].0, ways[&(i, p)].1);
            let far = self.backup[middle.at()].expect("one of a pair");
            self.triples.push([far, middle, own]);
            (self.backup[own.at()], self.second[middle.at()]) = (Some(middle), Some(own));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(pairs: &[(u32, u32, f64)]) -> Vec<SharedBorder> {
        pairs.iter().map(|&(a, b, length_m)| SharedBorder { a: GridId(a), b: GridId(b), length_m }).collect()
    }

    fn by_number(backup: &[Option<GridId>]) -> Vec<Option<u32>> {
        backup.iter().map(|g| g.map(|g| g.0)).collect()
    }

    #[test]
    fn a_path_of_four_is_paired_and_areas_stay_apart() {
        let borders = beside(&[(0, 1, 1.0), (1, 2, 9.0), (2, 3, 1.0), (3, 4, 9.0)]);
        let found = backups(&[0, 0, 0, 0, 1], &borders, &[20.0; 5], Leftover::None, &()).unwrap();
        assert_eq!(by_number(&found.backup), [Some(1), Some(0), Some(3), Some(2), None]);
        assert_eq!(found.left_over, [(GridId(4), Alone::NoNeighbour)]);
    }

    #[test]
    fn of_all_pairings_the_one_with_the_longest_shares() {
        // a ring of four: two ways to pair it
        let borders = beside(&[(0, 1, 1.0), (1, 2, 5.0), (2, 3, 1.0), (3, 0, 5.0)]);
        assert_eq!(
            by_number(&backups(&[0; 4], &borders, &[20.0; 4], Leftover::None, &()).unwrap().backup),
            [Some(3), Some(2), Some(1), Some(0)]
        );
        // short borders of small grids count more than longer ones of large grids
        let borders = beside(&[(0, 1, 8.0), (1, 2, 9.0)]);
        let found = backups(&[0; 3], &borders, &[20.0, 100.0, 100.0], Leftover::None, &()).unwrap();
        assert_eq!(by_number(&found.backup), [Some(1), Some(0), None]);
        assert_eq!(found.left_over, [(GridId(2), Alone::Odd { grids: 3 })]);
    }

    /// A star: its centre is paired with one leaf, and nobody can do better.
    const STAR: [(u32, u32, f64); 3] = [(0, 1, 2.0), (0, 2, 3.0), (0, 3, 4.0)];

    #[test]
    fn a_star_leaves_two_over() {
        let found = backups(&[0; 4], &beside(&STAR), &[20.0; 4], Leftover::None, &()).unwrap();
        assert_eq!(by_number(&found.backup), [Some(3), None, None, Some(0)]);
        let why = Alone::Most { grids: 4, least: 2, between: 1, pieces: 3 };
        assert_eq!(found.left_over, [(GridId(1), why), (GridId(2), why)]);
        assert!(why.to_string().contains("leaves 2 over or more: 3 odd pieces of them meet only in 1 grids between"));
    }

    #[test]
    fn one_of_them_makes_a_triple_in_which_everybody_has_a_stand_in() {
        let found = backups(&[0; 4], &beside(&STAR), &[20.0; 4], Leftover::Triple, &()).unwrap();
        assert_eq!(by_number(&found.backup), [Some(3), None, Some(0), Some(0)]);
        assert_eq!(by_number(&found.second), [Some(2), None, None, None]);
        assert_eq!((found.triples.as_slice(), found.left_over.len()), ([[GridId(3), GridId(0), GridId(2)]].as_slice(), 1));
    }

    #[test]
    fn left_overs_of_two_areas_are_paired_and_listed() {
        let borders = beside(&[(0, 1, 5.0), (1, 2, 1.0), (2, 3, 1.0), (3, 4, 1.0), (4, 5, 5.0)]);
        let found = backups(&[0, 0, 0, 1, 1, 1], &borders, &[20.0; 6], Leftover::Across, &()).unwrap();
        assert_eq!(by_number(&found.backup), [Some(1), Some(0), Some(3), Some(2), Some(5), Some(4)]);
        assert_eq!((found.across, found.left_over), (vec![[GridId(2), GridId(3)]], vec![]));
    }
}
