//! Straight cuts through a unit that is too heavy: balanced bisection over its points.
//!
//! Recursive bisection (Berger & Bokhari 1987) along the best of several directions; positions are
//! never cut, so stacked points stay together. O(d·n log n · log k) for d directions.

use super::mesh::{Divider, Parts};
use crate::territory::lattice::{Plane, Pt};
use std::f64::consts::PI;

/// Points that share one position, in metres.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    pub at: [f64; 2],
    pub load: i64,
}

/// Directions tried for each cut.
const DIRECTIONS: usize = 12;
/// Least distance of a cut from a position, metres.
const CLEARANCE_M: f64 = 0.25;
/// A cut reaches this much beyond what it cuts, so that it truly meets the border; what is left over is a dangle.
const OVERSHOOT_M: f64 = 0.02;

/// Points on one side of a line: `n · p ≤ c`, metres.
#[derive(Clone, Copy)]
struct HalfPlane {
    n: [f64; 2],
    c: f64,
}

/// Cuts `region`, whose corners lie within `span` (metres), so that no piece is heavier than `limit`
/// unless it is a single stack.
pub(crate) fn chords(plane: &Plane, region: u32, span: [[f64; 2]; 2], stacks: &mut [Stack], limit: i64) -> Vec<Divider> {
    let mut out = Vec::new();
    let sides = [([1.0, 0.0], span[1][0]), ([-1.0, 0.0], -span[0][0]), ([0.0, 1.0], span[1][1]), ([0.0, -1.0], -span[0][1])];
    let cell = sides.map(|(n, c)| HalfPlane { n, c: c + 1.0 }).to_vec();
    bisect(plane, region, stacks, limit, cell, &mut out);
    out
}

fn bisect(plane: &Plane, region: u32, stacks: &mut [Stack], limit: i64, cell: Vec<HalfPlane>, out: &mut Vec<Divider>) {
    let total: i64 = stacks.iter().map(|s| s.load).sum();
    if total <= limit || stacks.len() < 2 {
        return;
    }
    let parts = (total + limit - 1) / limit.max(1);
    let goal = total as f64 * ((parts / 2).max(1) as f64 / parts.max(2) as f64);
    let mut best: Option<(f64, usize, HalfPlane)> = None;
    for d in 0..DIRECTIONS {
        let (sin, cos) = (PI * d as f64 / DIRECTIONS as f64).sin_cos();
        let along = |s: &Stack| s.at[0] * cos + s.at[1] * sin;
        stacks.sort_by(|a, b| along(a).total_cmp(&along(b)).then(a.at[1].total_cmp(&b.at[1])));
        let extent = along(&stacks[stacks.len() - 1]) - along(&stacks[0]);
        let mut sum = 0;
        for i in 0..stacks.len() - 1 {
            sum += stacks[i].load;
            let (lo, hi) = (along(&stacks[i]), along(&stacks[i + 1]));
            if hi - lo < 2.0 * CLEARANCE_M {
                continue;
            }
            // balance first, then a cut across the long side through a wide gap
            let off = (sum as f64 - goal).abs() / total as f64;
            let score = off - 0.0005 * extent.max(1.0).ln() - 0.0002 * (hi - lo).min(50.0);
            if best.is_none_or(|b| score < b.0) {
                best = Some((score, d, HalfPlane { n: [cos, sin], c: (lo + hi) / 2.0 }));
            }
        }
    }
    let Some((_, _, cut)) = best else { return };
    let Some((a, b)) = clipped(&cut, &cell) else { return };
    let (a, b) = (plane.lattice(a), plane.lattice(b));
    if a != b {
        out.push(Divider { a, b, class: 0, parts: Parts::LAND, only: region });
    }
    let below = |s: &Stack| s.at[0] * cut.n[0] + s.at[1] * cut.n[1] <= cut.c;
    stacks.sort_by_key(|s| !below(s));
    let at = stacks.iter().take_while(|s| below(s)).count();
    let (low, high) = stacks.split_at_mut(at);
    if low.is_empty() || high.is_empty() {
        return;
    }
    let with = |h: HalfPlane| cell.iter().copied().chain([h]).collect::<Vec<_>>();
    bisect(plane, region, low, limit, with(cut), out);
    bisect(plane, region, high, limit, with(HalfPlane { n: [-cut.n[0], -cut.n[1]], c: -cut.c }), out);
}

/// The part of the line `n · p = c` inside the convex cell, a little longer at both ends.
fn clipped(line: &HalfPlane, cell: &[HalfPlane]) -> Option<([f64; 2], [f64; 2])> {
    let (o, d) = ([line.n[0] * line.c, line.n[1] * line.c], [-line.n[1], line.n[0]]);
    let (mut t0, mut t1) = (f64::NEG_INFINITY, f64::INFINITY);
    for h in cell {
        let (speed, room) = (h.n[0] * d[0] + h.n[1] * d[1], h.c - h.n[0] * o[0] - h.n[1] * o[1]);
        if speed.abs() < 1e-12 {
            if room < 0.0 {
                return None;
            }
        } else if speed > 0.0 {
            t1 = t1.min(room / speed);
        } else {
            t0 = t0.max(room / speed);
        }
    }
    let at = |t: f64| [o[0] + t * d[0], o[1] + t * d[1]];
    (t1 > t0 && t0.is_finite() && t1.is_finite()).then(|| (at(t0 - OVERSHOOT_M), at(t1 + OVERSHOOT_M)))
}

/// Points at one position become a stack.
pub(crate) fn stacks(plane: &Plane, points: impl Iterator<Item = (Pt, i64)>) -> Vec<Stack> {
    let mut all: Vec<(Pt, i64)> = points.collect();
    all.sort_unstable();
    let mut out: Vec<(Pt, i64)> = Vec::new();
    for (p, load) in all {
        match out.last_mut() {
            Some(last) if last.0 == p => last.1 += load,
            _ => out.push((p, load)),
        }
    }
    out.into_iter().map(|(p, load)| Stack { at: plane.metres(p), load }).collect()
}
