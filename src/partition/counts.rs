//! How many grids: arithmetic only.

use crate::measure::Band;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The counts K with K·low ≤ `total` ≤ K·high; empty if there is none.
pub(super) fn feasible_counts(total: i64, band: &Band) -> Option<(u32, u32)> {
    let clamp = |k: i64| u32::try_from(k).unwrap_or(u32::MAX);
    let fewest = if band.high.0 > 0 { clamp(total / band.high.0 + i64::from(total % band.high.0 != 0)).max(1) } else { u32::MAX };
    let most = if band.low.0 > 0 { clamp(total / band.low.0) } else { u32::MAX };
    let some = band.high.0 > 0 || total == 0;
    (some && fewest <= most).then_some((fewest, most))
}

/// The best count for `total`: feasible and nearest to total / target, or else the one with the
/// smallest deviation of the mean. At least 1, at most `units`.
pub(super) fn best_count(total: i64, units: u32, band: &Band) -> u32 {
    let target = band.target.0.max(1);
    let nearest = (total + target / 2) / target;
    let count = match feasible_counts(total, band) {
        Some((fewest, most)) => nearest.clamp(i64::from(fewest), i64::from(most)),
        None => {
            let k = (total / target).max(1);
            let off = |k: i64| (i128::from(total) - i128::from(target) * i128::from(k)).abs() as f64 / k as f64;
            if off(k + 1) < off(k) { k + 1 } else { k }
        }
    };
    count.clamp(1, i64::from(units.max(1))) as u32
}

/// Deals `k` grids to places of (total load, units), at least one and at most as many as units to each, the next always
/// to the place that would still have the highest load per grid with one more (D'Hondt). O(k log places).
pub(super) fn deal(k: u32, places: &[(i64, u32)]) -> Vec<u32> {
    let mut counts = vec![1; places.len()];
    // Load per grid as an integer with 20 binary digits after the point; units break ties at no load.
    let key = |i: usize, c: u32| {
        let (total, units) = places[i];
        ((i128::from(total) << 20) / i128::from(c + 1), u64::from(units) * 1024 / u64::from(c + 1), Reverse(i))
    };
    let mut heap: BinaryHeap<_> = (0..places.len()).filter(|&i| places[i].1 > 1).map(|i| key(i, 1)).collect();
    for _ in places.len()..k as usize {
        let Some((.., Reverse(i))) = heap.pop() else { break };
        counts[i] += 1;
        if counts[i] < places[i].1 {
            heap.push(key(i, counts[i]));
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Load;

    #[test]
    fn counts_by_arithmetic() {
        let band = Band::around(Load(300), 0.1);
        assert_eq!(feasible_counts(730, &band), None);
        assert_eq!(best_count(730, 100, &band), 3);
        assert_eq!(feasible_counts(3000, &band), Some((10, 11)));
        assert_eq!(best_count(3000, 100, &band), 10);
        assert_eq!(best_count(0, 100, &band), 1);
        assert_eq!(best_count(140, 100, &band), 1);
        assert_eq!(best_count(10_000, 5, &band), 5);
        assert_eq!(feasible_counts(10, &Band { low: Load(0), target: Load(0), high: Load(0), weight: 1000 }), None);
    }

    #[test]
    fn deals_exactly_and_by_load() {
        assert_eq!(deal(5, &[(100, 9), (300, 9)]), [1, 4]);
        assert_eq!(deal(4, &[(100, 9), (300, 2)]), [2, 2]);
        assert_eq!(deal(5, &[(0, 2), (0, 4)]), [2, 3]);
    }
}
