//! Rungs: short dividers from a way to the division border (or from the outline of land to the street) it runs beside, where the two part.
//!
//! A border digitised beside its street leaves a strip between the two. Where the street turns away the strip opens into
//! the face behind it; a rung closes it there, so that the strip is a face of its own and is absorbed as any sliver, and the border
//! inherits the class of the street. Borders keep their course: what snaps to them is the barrier, and no point changes its
//! division. Rungs that close no strip are dissolved.

use super::mesh::{Divider, NONE, Parts};
use crate::territory::lattice::{Plane, Pt};
use crate::territory::{Barrier, Territory};
use rayon::prelude::*;
use rstar::primitives::Line;
use rstar::{AABB, PointDistance, RTree};

/// A rung reaches this much beyond its ends, so that it truly meets both lines; what is left over is a dangle.
const OVERSHOOT_M: f64 = 0.02;
/// Ways are handled in lots of this many.
const LOT: usize = 64;

/// Borders are looked for in so many trees, which are made side by side.
const TREES: usize = 8;

type Borders = RTree<Line<[f64; 2]>>;

/// Rungs between `ways` and `borders` no farther apart than the territory's `snap_m`. O((n + m) log m) for n segments of ways and m of borders.
pub(super) fn rungs(t: &Territory, borders: impl Iterator<Item = (Pt, Pt)>, ways: &[Barrier]) -> Vec<Divider> {
    let (plane, reach) = (&t.plane, t.snap_m);
    if reach <= 0.0 || ways.is_empty() {
        return Vec::new();
    }
    let borders: Vec<Line<[f64; 2]>> = borders.map(|(a, b)| Line::new(plane.metres(a), plane.metres(b))).collect();
    let trees = borders.par_chunks(borders.len().div_ceil(TREES).max(LOT)).map(|some| RTree::bulk_load(some.to_vec()));
    let borders: Vec<Borders> = trees.collect();
    let along = |way: &Barrier| {
        let mut out = Vec::new();
        for w in way.line.windows(2) {
            // the same arithmetic whichever way the line runs
            part(plane, &borders, reach, (w[0].min(w[1]), w[0].max(w[1])), &mut out);
        }
        out
    };
    ways.par_chunks(LOT).flat_map_iter(|lot| lot.iter().flat_map(along)).collect()
}

/// Rungs where the segment `a b` comes within `reach` of a border or leaves it.
fn part(plane: &Plane, borders: &[Borders], reach: f64, (a, b): (Pt, Pt), out: &mut Vec<Divider>) {
    let (p, q) = (plane.metres(a), plane.metres(b));
    let low = [p[0].min(q[0]) - reach, p[1].min(q[1]) - reach];
    let high = [p[0].max(q[0]) + reach, p[1].max(q[1]) + reach];
    let around = AABB::from_corners(low, high);
    let near: Vec<&Line<[f64; 2]>> = borders.iter().flat_map(|tree| tree.locate_in_envelope_intersecting(&around)).collect();
    let mut stretches: Vec<(f64, f64)> = near.iter().filter_map(|border| within(p, q, border, reach)).collect();
    stretches.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)));
    stretches.dedup_by(|next, kept| {
        let together = next.0 <= kept.1;
        if together {
            kept.1 = kept.1.max(next.1);
        }
        together
    });
    for at in stretches.iter().flat_map(|s| [s.0, s.1]).filter(|at| (1e-9..1.0 - 1e-9).contains(at)) {
        let from = [p[0] + at * (q[0] - p[0]), p[1] + at * (q[1] - p[1])];
        let feet = near.iter().map(|border| (border.distance_2(&from), border.nearest_point(&from)));
        let foot = feet.min_by(|x, y| x.0.total_cmp(&y.0).then(x.1[0].total_cmp(&y.1[0])).then(x.1[1].total_cmp(&y.1[1])));
        let Some((_, foot)) = foot else { continue };
        let way = [foot[0] - from[0], foot[1] - from[1]];
        let more = OVERSHOOT_M / way[0].hypot(way[1]).max(OVERSHOOT_M);
        let end = |o: [f64; 2], by: f64| plane.lattice([o[0] + by * way[0], o[1] + by * way[1]]);
        out.push(Divider { a: end(from, -more), b: end(foot, more), class: 0, parts: Parts::NOTHING, only: NONE });
    }
}

/// Stretch of `p q`, as shares of its length, that lies within `reach` of a segment. A segment widened on all sides is
/// convex, so there is one stretch: the hull of those within two circles and a rectangle.
fn within(p: [f64; 2], q: [f64; 2], border: &Line<[f64; 2]>, reach: f64) -> Option<(f64, f64)> {
    let (a, b) = (border.from, border.to);
    let minus = |x: [f64; 2], y: [f64; 2]| [x[0] - y[0], x[1] - y[1]];
    let dot = |x: [f64; 2], y: [f64; 2]| x[0] * y[0] + x[1] * y[1];
    let (run, side) = (minus(q, p), minus(b, a));
    let length = dot(side, side).sqrt();
    let circle = |centre: [f64; 2]| {
        let off = minus(p, centre);
        let (square, half, rest) = (dot(run, run), dot(run, off), dot(off, off) - reach * reach);
        let root = half * half - square * rest;
        (square > 0.0 && root >= 0.0).then(|| ((-half - root.sqrt()) / square, (-half + root.sqrt()) / square))
    };
    // where a value that runs from `start` by `speed` is between `low` and `high`
    let between = |start: f64, speed: f64, low: f64, high: f64| {
        if speed == 0.0 {
            return (low..=high).contains(&start).then_some((0.0, 1.0));
        }
        let (x, y) = ((low - start) / speed, (high - start) / speed);
        Some((x.min(y), x.max(y)))
    };
    let rectangle = || {
        let unit = [side[0] / length, side[1] / length];
        let normal = [-unit[1], unit[0]];
        let off = minus(p, a);
        let (s, d) = (between(dot(off, unit), dot(run, unit), 0.0, length)?, between(dot(off, normal), dot(run, normal), -reach, reach)?);
        Some((s.0.max(d.0), s.1.min(d.1))).filter(|i| i.0 <= i.1)
    };
    let rectangle = if length > 0.0 { rectangle() } else { None };
    let hull = [circle(a), circle(b), rectangle].into_iter().flatten().reduce(|x, y| (x.0.min(y.0), x.1.max(y.1)))?;
    let clipped = (hull.0.max(0.0), hull.1.min(1.0));
    (clipped.0 < clipped.1).then_some(clipped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place() -> impl Strategy<Value = [f64; 2]> {
        (-40.0..40.0, -40.0..40.0).prop_map(|(x, y)| [x, y])
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_stretch_is_what_lies_within_reach(p in place(), q in place(), a in place(), b in place(), reach in 1.0..20.0) {
            let border = Line::new(a, b);
            let stretch = within(p, q, &border, reach);
            for k in 0..=200 {
                let at = f64::from(k) / 200.0;
                let d = border.distance_2(&[p[0] + at * (q[0] - p[0]), p[1] + at * (q[1] - p[1])]).sqrt();
                let inside = stretch.is_some_and(|s| (s.0..=s.1).contains(&at));
                prop_assert!(inside == (d <= reach) || (d - reach).abs() < 1e-6, "at {} distance {}", at, d);
            }
        }
    }
}
