//! Cut lines through a unit that is too heavy, between its stacks: points that share a position stay together.
//!
//! The lines are the edges of a balanced power diagram ([`super::power`]). Where the unit needs more pieces than one diagram
//! holds, or none is found, it is first halved by a straight line along the best of several directions (recursive
//! bisection, Berger & Bokhari 1987) and each half goes on alone. Halving costs O(d·n log n) for d directions and n stacks
//! and O(d·n) for each further halving of a diagram's sites; diagrams have a bounded number of cells, so that the whole grows like n log n.

use super::mesh::{Divider, Parts};
use super::power::Diagram;
use crate::territory::lattice::{Plane, Pt};
use std::f64::consts::PI;
use std::ops::Range;

/// Points that share one position, in metres.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    pub at: [f64; 2],
    pub load: i64,
}

/// Cells of one diagram at most.
const MOST_CELLS: i64 = 16;
/// Directions tried for each halving.
const DIRECTIONS: usize = 12;
/// Least distance of a cut from a position, metres.
pub(crate) const CLEARANCE_M: f64 = 0.05;
/// Balance that a metre of gap makes up for, as a share of the load.
const PER_GAP_M: f64 = 0.0002;
/// Gaps count up to this width, metres.
const WIDE_M: f64 = 50.0;
/// A cut reaches this much beyond what it cuts, so that it truly meets the border; what is left over is a dangle.
const OVERSHOOT_M: f64 = 0.02;

/// Points on one side of a line: `n · p ≤ c`, metres; `n` has length 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HalfPlane {
    pub n: [f64; 2],
    pub c: f64,
}

impl HalfPlane {
    /// How deep a stack lies inside, metres.
    pub fn depth(&self, s: &Stack) -> f64 {
        self.c - (self.n[0] * s.at[0] + self.n[1] * s.at[1])
    }

    fn other(&self) -> HalfPlane {
        HalfPlane { n: [-self.n[0], -self.n[1]], c: -self.c }
    }

    /// The part of the line `n · p = c` inside the convex cell, a little longer at both ends.
    pub fn line_within<'a>(&self, cell: impl IntoIterator<Item = &'a HalfPlane>) -> Option<[[f64; 2]; 2]> {
        let (o, d) = ([self.n[0] * self.c, self.n[1] * self.c], [-self.n[1], self.n[0]]);
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
        (t1 > t0 && t0.is_finite() && t1.is_finite()).then(|| [at(t0 - OVERSHOOT_M), at(t1 + OVERSHOOT_M)])
    }
}

/// Points at one position become a stack; one that is heavier than `limit` fills a piece and counts as that much.
pub(crate) fn stacks(plane: &Plane, points: impl Iterator<Item = (Pt, i64)>, limit: i64) -> Vec<Stack> {
    let mut all: Vec<(Pt, i64)> = points.collect();
    all.sort_unstable();
    let pile = |same: &[(Pt, i64)]| Stack { at: plane.metres(same[0].0), load: same.iter().map(|p| p.1).sum::<i64>().min(limit) };
    all.chunk_by(|a, b| a.0 == b.0).map(pile).collect()
}

/// Cuts `region`, whose corners lie within `span` (metres), so that no piece is heavier than `limit` unless
/// it is a single stack.
pub(crate) fn chords(plane: &Plane, region: u32, span: [[f64; 2]; 2], stacks: &[Stack], limit: i64) -> Vec<Divider> {
    let sides = [([1.0, 0.0], span[1][0]), ([-1.0, 0.0], -span[0][0]), ([0.0, 1.0], span[1][1]), ([0.0, -1.0], -span[0][1])];
    let cell = sides.map(|(n, c)| HalfPlane { n, c: c + 1.0 });
    let divider = |l: [[f64; 2]; 2]| Divider { a: plane.lattice(l[0]), b: plane.lattice(l[1]), class: 0, parts: Parts::LAND, only: region };
    divide(stacks, limit, &cell).into_iter().map(divider).filter(|d| d.a != d.b).collect()
}

fn divide(stacks: &[Stack], limit: i64, cell: &[HalfPlane]) -> Vec<[[f64; 2]; 2]> {
    let total: i64 = stacks.iter().map(|s| s.load).sum();
    if total <= limit || stacks.len() < 2 {
        return Vec::new();
    }
    let pieces = (total + limit - 1) / limit;
    let mut sorted = Sorted::new(stacks);
    if let Some(diagram) = (pieces <= MOST_CELLS).then(|| Diagram::balanced(stacks, &sorted, limit, pieces as usize)).flatten() {
        return diagram.edges(cell);
    }
    let Some(cut) = sorted.halve(&sorted.all(), pieces as usize) else { return Vec::new() };
    let halves = sorted.split(&sorted.all(), &cut).map(|half| sorted.stacks(&half).copied().collect::<Vec<_>>());
    drop(sorted);
    let [low, high] = halves;
    let divided = |half: &[Stack], side: HalfPlane| divide(half, limit, &[cell, &[side]].concat());
    let (low, high) = rayon::join(|| divided(&low, cut), || divided(&high, cut.other()));
    cut.line_within(cell).into_iter().chain(low).chain(high).collect()
}

/// Sine and cosine of one of the [`DIRECTIONS`].
fn direction(d: usize) -> (f64, f64) {
    (PI * d as f64 / DIRECTIONS as f64).sin_cos()
}

/// How far along a direction a stack lies.
fn along(d: usize) -> impl Fn(&Stack) -> f64 {
    let (sin, cos) = direction(d);
    move |s| s.at[0] * cos + s.at[1] * sin
}

/// A table of stacks in order along every direction; it is split range by range, as a quicksort does.
#[derive(Clone)]
pub(crate) struct Sorted<'a> {
    table: &'a [Stack],
    /// Stacks, for one direction after the other.
    orders: Vec<u32>,
    /// Of every stack, where it was split last.
    is_near: Vec<bool>,
    beyond: Vec<u32>,
}

impl<'a> Sorted<'a> {
    /// O(n log n).
    pub fn new(table: &'a [Stack]) -> Sorted<'a> {
        let (mut orders, mut order) = (Vec::with_capacity(DIRECTIONS * table.len()), Vec::with_capacity(table.len()));
        for d in 0..DIRECTIONS {
            let along = along(d);
            order.clear();
            order.extend((0..).zip(table).map(|(i, s)| (along(s), i)));
            let north = |i: u32| table[i as usize].at[1];
            order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then_with(|| north(a.1).total_cmp(&north(b.1))));
            orders.extend(order.iter().map(|o| o.1));
        }
        Sorted { table, orders, is_near: vec![false; table.len()], beyond: vec![0; table.len()] }
    }

    /// All of the table.
    pub fn all(&self) -> Range<usize> {
        0..self.table.len()
    }

    /// Stacks of a range in order along the last direction.
    pub fn stacks(&self, range: &Range<usize>) -> impl Iterator<Item = &'a Stack> {
        let from = (DIRECTIONS - 1) * self.table.len();
        self.orders[from + range.start..from + range.end].iter().map(|&i| &self.table[i as usize])
    }

    /// The line that leaves half of `parts` pieces' load of a range on either side, as nearly as the stacks allow. O(n).
    pub fn halve(&self, range: &Range<usize>, parts: usize) -> Option<HalfPlane> {
        let total: i64 = self.stacks(range).map(|s| s.load).sum();
        let goal = total as f64 * ((parts / 2).max(1) as f64 / parts.max(2) as f64);
        let mut best: Option<(f64, HalfPlane)> = None;
        for d in 0..DIRECTIONS {
            let from = d * self.table.len();
            let order = &self.orders[from + range.start..from + range.end];
            let (sin, cos) = direction(d);
            let (along, stack) = (along(d), |i: u32| &self.table[i as usize]);
            let extent = along(stack(*order.last()?)) - along(stack(*order.first()?));
            let long = 0.0005 * extent.max(1.0).ln();
            let mut sum = 0;
            for w in order.windows(2) {
                sum += stack(w[0]).load;
                // balance first, then a cut across the long side through a wide gap
                let off = (sum as f64 - goal).abs() / total as f64;
                if best.is_some_and(|b| off - long - PER_GAP_M * WIDE_M >= b.0) {
                    continue;
                }
                let (lo, hi) = (along(stack(w[0])), along(stack(w[1])));
                if hi - lo < 2.0 * CLEARANCE_M {
                    continue;
                }
                let score = off - long - PER_GAP_M * (hi - lo).min(WIDE_M);
                if best.is_none_or(|b| score < b.0) {
                    best = Some((score, HalfPlane { n: [cos, sin], c: (lo + hi) / 2.0 }));
                }
            }
        }
        best.map(|b| b.1)
    }

    /// Puts stacks of a range that lie on the near side of a line before those beyond, in order; both ranges. O(n).
    pub fn split(&mut self, range: &Range<usize>, cut: &HalfPlane) -> [Range<usize>; 2] {
        for &i in &self.orders[range.clone()] {
            self.is_near[i as usize] = cut.depth(&self.table[i as usize]) >= 0.0;
        }
        let mut middle = range.end;
        for from in (0..DIRECTIONS).map(|d| d * self.table.len()) {
            let order = &mut self.orders[from + range.start..from + range.end];
            let (mut near, mut far) = (0, 0);
            for k in 0..order.len() {
                // both are written and one counts: which, nobody can foresee
                let i = order[k];
                (order[near], self.beyond[far]) = (i, i);
                let is_near = self.is_near[i as usize];
                (near, far) = (near + usize::from(is_near), far + usize::from(!is_near));
            }
            order[near..].copy_from_slice(&self.beyond[..far]);
            middle = range.start + near;
        }
        [range.start..middle, middle..range.end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cut::faces;
    use crate::territory::Barrier;
    use crate::territory::lattice::cross;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const LIMIT: i64 = 60;

    fn plane() -> Plane {
        Plane::around(10.0, 50.0)
    }

    /// Points in metres on a lattice of a centimetre, a metre or ten metres, in the open or along a line, some of them heavy.
    fn points() -> impl Strategy<Value = Vec<([f64; 2], i64)>> {
        let load = prop_oneof![8 => 1i64..6, 3 => 6i64..40, 1 => 60i64..200];
        let shape = (prop_oneof![Just(0.01), Just(1.0), Just(10.0)], prop_oneof![3 => Just(1), 1 => Just(0)]);
        (shape, prop::collection::vec((0i32..40, 0i32..40, load), 0..150)).prop_map(|((step, width), points)| {
            points.into_iter().map(|(x, y, load)| ([f64::from(x) * step, f64::from(y * width) * step], load)).collect()
        })
    }

    fn on_lattice(points: &[([f64; 2], i64)]) -> Vec<(Pt, i64)> {
        points.iter().map(|(at, load)| (plane().lattice(*at), *load)).collect()
    }

    fn lines(points: &[(Pt, i64)]) -> Vec<Divider> {
        chords(&plane(), 1, [[0.0; 2], [400.0; 2]], &stacks(&plane(), points.iter().copied(), LIMIT), LIMIT)
    }

    /// Load of every position by the face it lies in.
    fn pieces(points: &[(Pt, i64)], lines: &[Divider]) -> Vec<BTreeMap<Pt, i64>> {
        let square = [[-0.5, -0.5], [400.5, -0.5], [400.5, 400.5], [-0.5, 400.5], [-0.5, -0.5]];
        let mut linework = vec![Barrier { class: 0, line: square.iter().map(|&c| plane().lattice(c)).collect() }];
        linework.extend(lines.iter().map(|l| Barrier { class: 0, line: vec![l.a, l.b] }));
        let faces = faces(&linework, &()).unwrap();
        assert!(faces.settled);
        let mut out: BTreeMap<u32, BTreeMap<Pt, i64>> = BTreeMap::new();
        for &(p, load) in points {
            *out.entry(faces.face_at(p)).or_default().entry(p).or_default() += load;
        }
        out.into_values().collect()
    }

    /// How far the nearest end of two lines that cross lies from the other line, metres.
    fn beyond(l: &Divider, m: &Divider) -> Option<f64> {
        let apart = |l: &Divider, m: &Divider| cross(l.a, l.b, m.a).signum() * cross(l.a, l.b, m.b).signum() < 0;
        let to = |p: Pt, l: &Divider| plane().distance_to_segment_m(p, l.a, l.b);
        (apart(l, m) && apart(m, l)).then(|| to(l.a, m).min(to(l.b, m)).min(to(m.a, l)).min(to(m.b, l)))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn pieces_are_light_or_nothing_parts_them(points in points()) {
            let points = on_lattice(&points);
            for piece in pieces(&points, &lines(&points)) {
                let piece = stacks(&plane(), piece.into_iter(), LIMIT);
                let load: i64 = piece.iter().map(|s| s.load).sum();
                prop_assert!(load <= LIMIT || piece.len() == 1 || Sorted::new(&piece).halve(&(0..piece.len()), 2).is_none(), "{:?}", piece);
            }
        }

        #[test]
        fn lines_keep_clear_of_stacks_and_meet_at_ends(points in points()) {
            let points = on_lattice(&points);
            let lines = lines(&points);
            for (i, l) in lines.iter().enumerate() {
                for (p, _) in &points {
                    prop_assert!(plane().distance_to_segment_m(*p, l.a, l.b) > CLEARANCE_M - OVERSHOOT_M - 0.001);
                }
                for m in &lines[..i] {
                    prop_assert!(beyond(l, m).is_none_or(|d| d < OVERSHOOT_M + 0.001), "{:?} crosses {:?}", l, m);
                }
            }
        }

        #[test]
        fn the_order_of_points_changes_nothing(points in points(), turn in 0usize..150) {
            let mut points = on_lattice(&points);
            let table = |l: Vec<Divider>| l.into_iter().map(|d| (d.a, d.b)).collect::<Vec<_>>();
            let first = table(lines(&points));
            let n = points.len().max(1);
            points.reverse();
            points.rotate_left(turn % n);
            prop_assert_eq!(first, table(lines(&points)));
        }
    }

    #[test]
    fn as_many_pieces_as_the_load_needs() {
        let square: Vec<([f64; 2], i64)> = (0..400).map(|i| ([f64::from(i % 20) * 20.0, f64::from(i / 20) * 20.0], 3)).collect();
        let square = on_lattice(&square);
        let found = pieces(&square, &lines(&square)).len();
        assert!((20..=24).contains(&found), "{found} pieces where 20 would do");
    }

    #[test]
    fn one_position_is_no_matter_to_cut() {
        assert!(lines(&[]).is_empty());
        assert!(lines(&on_lattice(&[([5.0, 5.0], 500), ([5.0, 5.0], 500)])).is_empty());
        assert_eq!(lines(&on_lattice(&[([5.0, 5.0], 500), ([9.0, 5.0], 1)])).len(), 1);
    }
}
