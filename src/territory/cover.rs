//! How much of a piece of land others cover.

use super::LandUse;
use super::lattice::Pt;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// Scan lines through a piece of land.
const LINES: usize = 32;

/// Share of `land` that lies in one of `by` or more, 0 to 1, each inside its rings by even-odd rule.
///
/// Measured along 32 scan lines, so that outlines may cross, touch or overlap in any way; exact for what is all inside or all
/// outside. 0 for land without area. O(vertices · 32).
pub fn covered(land: &[Vec<Pt>], by: &[&[Vec<Pt>]]) -> f64 {
    let (low, high) = land.iter().flatten().fold((i64::MAX, i64::MIN), |(lo, hi), p| (lo.min(p.y), hi.max(p.y)));
    if low >= high {
        return 0.0;
    }
    let (mut all, mut inside) = (0.0, 0.0);
    for k in 0..LINES {
        let y = low as f64 + (k as f64 + 0.5) / LINES as f64 * (high - low) as f64;
        let own = stretches(land, y);
        let mut others: Vec<[f64; 2]> = by.iter().flat_map(|rings| stretches(rings, y)).collect();
        others.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        others.dedup_by(|next, kept| {
            let together = next[0] <= kept[1];
            if together {
                kept[1] = kept[1].max(next[1]);
            }
            together
        });
        all += own.iter().map(|s| s[1] - s[0]).sum::<f64>();
        let shared = |s: &[f64; 2]| others.iter().map(|o| (s[1].min(o[1]) - s[0].max(o[0])).max(0.0)).sum::<f64>();
        inside += own.iter().map(shared).sum::<f64>();
    }
    if all > 0.0 { inside / all } else { 0.0 }
}

/// Where the line at height `y` runs inside, from west to east.
fn stretches(rings: &[Vec<Pt>], y: f64) -> Vec<[f64; 2]> {
    let mut at = Vec::new();
    for ring in rings {
        let mut a = ring.last().copied().unwrap_or_default();
        for &b in ring {
            if (a.y as f64 > y) != (b.y as f64 > y) {
                // the same arithmetic whichever way the outline runs
                let (p, q) = (a.min(b), a.max(b));
                at.push(p.x as f64 + (y - p.y as f64) / (q.y - p.y) as f64 * (q.x - p.x) as f64);
            }
            a = b;
        }
    }
    at.sort_by(f64::total_cmp);
    at.chunks_exact(2).map(|s| [s[0], s[1]]).collect()
}

/// Land use by place.
pub struct Uses<'a> {
    all: &'a [LandUse],
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
}

impl<'a> Uses<'a> {
    /// O(n log n) for n pieces.
    pub fn new(all: &'a [LandUse]) -> Uses<'a> {
        let item = |(i, l): (usize, &LandUse)| GeomWithData::new(Rectangle::from_aabb(span(&l.rings)), i);
        Uses { all, boxes: RTree::bulk_load(all.iter().enumerate().map(item).collect()) }
    }

    /// Pieces that may overlap `land`, by position.
    pub fn near(&self, land: &[Vec<Pt>]) -> Vec<(usize, &'a LandUse)> {
        let mut found: Vec<usize> = self.boxes.locate_in_envelope_intersecting(&span(land)).map(|b| b.data).collect();
        found.sort_unstable();
        found.into_iter().map(|i| (i, &self.all[i])).collect()
    }
}

fn span(rings: &[Vec<Pt>]) -> AABB<[f64; 2]> {
    let corners: Vec<[f64; 2]> = rings.iter().flatten().map(|p| [p.x as f64, p.y as f64]).collect();
    AABB::from_points(&corners)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: i64, y: i64, side: i64) -> Vec<Vec<Pt>> {
        vec![[(0, 0), (side, 0), (side, side), (0, side)].map(|(a, b)| Pt { x: x + a, y: y + b }).to_vec()]
    }

    #[test]
    fn what_overlaps_counts_once() {
        let land = square(0, 0, 1000);
        let (left, whole, beside) = (square(-500, 0, 1000), square(-5, -5, 2000), square(1000, 0, 1000));
        let share = |by: &[&Vec<Vec<Pt>>]| covered(&land, &by.iter().map(|r| r.as_slice()).collect::<Vec<_>>());
        assert!((share(&[&left]) - 0.5).abs() < 1e-12);
        assert!((share(&[&left, &left, &beside]) - 0.5).abs() < 1e-12);
        assert!((share(&[&left, &whole]) - 1.0).abs() < 1e-12);
        assert_eq!(share(&[&beside]), 0.0);
        assert_eq!(share(&[]), 0.0);
        // a hole is not covered
        let hollow = [square(-5, -5, 2000).remove(0), square(0, 0, 500).remove(0)];
        assert!((covered(&land, &[&hollow]) - 0.75).abs() < 1e-12);
    }
}
