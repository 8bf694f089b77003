//! How much two partitions of the same load agree.

use serde::{Deserialize, Serialize};

/// Figures of agreement. Names of grids do not matter to them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Adjusted Rand index: of pairs of households, how often both plans say alike whether they share a grid, corrected for chance. 1 for equal
    /// plans, 0 on average for plans by chance.
    ///
    /// L. Hubert, P. Arabie: Comparing partitions. Journal of Classification 2 (1985) 193–218.
    pub adjusted_rand: f64,
    /// Variation of information in bits: what knowing the grid of a household in one plan leaves open about the other plan, both ways added. 0 for
    /// equal plans; a metric.
    ///
    /// M. Meilă: Comparing clusterings – an information based distance. Journal of Multivariate Analysis 98 (2007) 873–895.
    pub variation_of_information: f64,
}

/// Agreement by what pairs of groups share: `cells` are a group on either side and their common weight. `item` is the weight of one thing that
/// cannot be divided, 0 where all can (land). None where nothing is common. O(n) for n cells.
pub(super) fn agreement(cells: &[(usize, usize, f64)], rows: usize, columns: usize, item: f64) -> Option<Agreement> {
    let (mut row, mut column, mut total) = (vec![0.0; rows], vec![0.0; columns], 0.0);
    for &(i, j, w) in cells {
        row[i] += w;
        column[j] += w;
        total += w;
    }
    if total <= 0.0 {
        return None;
    }
    let pairs = |weights: &mut dyn Iterator<Item = f64>| weights.map(|w| w * (w - item).max(0.0) / 2.0).sum::<f64>();
    let together = pairs(&mut cells.iter().map(|c| c.2));
    let (in_rows, in_columns) = (pairs(&mut row.iter().copied()), pairs(&mut column.iter().copied()));
    let chance = in_rows * in_columns / pairs(&mut std::iter::once(total)).max(f64::MIN_POSITIVE);
    let best = (in_rows + in_columns) / 2.0;
    // all in one grid, or each in a grid of its own, in both plans
    let even = best - chance <= 1e-12 * best;
    let adjusted_rand = if even { 1.0 } else { (together - chance) / (best - chance) };
    let open = |&(i, j, w): &(usize, usize, f64)| if w > 0.0 { w * ((row[i] / w).log2() + (column[j] / w).log2()) } else { 0.0 };
    let variation_of_information = (cells.iter().map(open).sum::<f64>() / total).max(0.0);
    Some(Agreement { adjusted_rand, variation_of_information })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of scikit-learn's documentation of `adjusted_rand_score` and its entropies by hand.
    #[test]
    fn figures_are_those_of_the_literature() {
        // [0, 0, 1, 2] against [0, 0, 1, 1]
        let a = agreement(&[(0, 0, 2.0), (1, 1, 1.0), (2, 1, 1.0)], 3, 2, 1.0).unwrap();
        assert!((a.adjusted_rand - 4.0 / 7.0).abs() < 1e-12, "{a:?}");
        assert!((a.variation_of_information - 0.5).abs() < 1e-12, "{a:?}");
        // [0, 0, 1, 1] against [0, 1, 0, 1]: less than by chance
        let b = agreement(&[(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, 1.0)], 2, 2, 1.0).unwrap();
        assert!((b.adjusted_rand + 0.5).abs() < 1e-12 && (b.variation_of_information - 2.0).abs() < 1e-12, "{b:?}");
    }

    #[test]
    fn trivial_partitions_agree() {
        for item in [0.0, 1.0] {
            let one = agreement(&[(0, 0, 7.0)], 1, 1, item).unwrap();
            assert_eq!((one.adjusted_rand, one.variation_of_information), (1.0, 0.0));
            assert_eq!(agreement(&[], 1, 1, item), None);
        }
    }
}
