//! Noding: turns any linework into segments that meet only in their ends.
//!
//! Iterated snap rounding on the integer lattice (Hobby 1999; Guibas & Marimont 1998): crossings are rounded
//! to the lattice, and an end nearer than one step to another segment becomes a vertex of it. Rounding may
//! move a piece by at most one step (0.1 mm) and so make a new crossing; pieces that changed are tried
//! again until nothing changes. O((n + c) log n) for n segments with c crossings.

use crate::territory::lattice::{Pt, cross};
use rayon::prelude::*;
use rstar::{AABB, RTree, RTreeObject};
use std::collections::BTreeMap;

/// A segment with what lies on it. `a != b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<T> {
    pub a: Pt,
    pub b: Pt,
    pub tag: T,
}

/// What lies on a segment; two that coincide become one.
pub(crate) trait Tag: Copy + Send + Sync + Ord {
    /// The same seen from the other end.
    fn reversed(self) -> Self;
    /// Both on one segment, same direction. Must not depend on the order.
    fn merged(self, other: Self) -> Self;
}

/// Rounds after which noding gives up; two or three are usual.
const ROUNDS: usize = 64;

#[derive(Clone, Copy)]
struct Boxed {
    min: [f64; 2],
    max: [f64; 2],
    index: usize,
}

impl RTreeObject for Boxed {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.min, self.max)
    }
}

// lattice coordinates are below 2⁵³, so floats hold them exactly
fn boxed<T>(index: usize, s: &Segment<T>) -> Boxed {
    Boxed {
        min: [s.a.x.min(s.b.x) as f64 - 1.0, s.a.y.min(s.b.y) as f64 - 1.0],
        max: [s.a.x.max(s.b.x) as f64 + 1.0, s.a.y.max(s.b.y) as f64 + 1.0],
        index,
    }
}

/// Noded, merged and sorted segments, each with `a < b`; the second value tells how many rounds it took, or `None`
/// when crossings were left after the last one.
pub(crate) fn node<T: Tag>(segments: Vec<Segment<T>>) -> (Vec<Segment<T>>, Option<usize>) {
    let (mut done, mut dirty) = (BTreeMap::new(), merge(segments));
    for round in 0..ROUNDS {
        let mut all: Vec<Segment<T>> = Vec::with_capacity(done.len() + dirty.len());
        all.extend(dirty.iter().map(|(&(a, b), &tag)| Segment { a, b, tag }));
        let fresh = all.len();
        all.extend(done.iter().map(|(&(a, b), &tag)| Segment { a, b, tag }));
        let tree = RTree::bulk_load(all.iter().enumerate().map(|(i, s)| boxed(i, s)).collect());
        let mut cuts: Vec<(usize, Pt)> = (0..fresh)
            .into_par_iter()
            .flat_map_iter(|i| {
                let s = &all[i];
                let mut found = Vec::new();
                for o in tree.locate_in_envelope_intersecting(&boxed(i, s).envelope()) {
                    // a pair of fresh segments is looked at once
                    if o.index != i && (o.index >= fresh || o.index > i) {
                        meet((i, s.a, s.b), (o.index, all[o.index].a, all[o.index].b), &mut found);
                    }
                }
                found
            })
            .collect();
        if cuts.is_empty() {
            let noded = all.into_iter().map(|s| ((s.a, s.b), s.tag)).collect::<BTreeMap<_, _>>();
            return (noded.into_iter().map(|((a, b), tag)| Segment { a, b, tag }).collect(), Some(round));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces = Vec::new();
        let mut at = 0;
        done.clear();
        for (i, s) in all.iter().enumerate() {
            let from = at;
            while at < cuts.len() && cuts[at].0 == i {
                at += 1;
            }
            if from == at {
                done.insert((s.a, s.b), s.tag);
                continue;
            }
            let mut stops: Vec<Pt> = cuts[from..at].iter().map(|c| c.1).collect();
            let along = |p: &Pt| (p.x - s.a.x) as i128 * (s.b.x - s.a.x) as i128 + (p.y - s.a.y) as i128 * (s.b.y - s.a.y) as i128;
            stops.sort_unstable_by_key(|p| (along(p), *p));
            let mut last = s.a;
            for p in stops.into_iter().chain([s.b]) {
                if p != last {
                    pieces.push(Segment { a: last, b: p, tag: s.tag });
                    last = p;
                }
            }
        }
        dirty = merge(pieces);
        // a piece that coincides with a finished segment carries its tag back in
        for (key, tag) in dirty.iter_mut() {
            if let Some(t) = done.remove(key) {
                *tag = tag.merged(t);
            }
        }
    }
    done.extend(dirty);
    (done.into_iter().map(|((a, b), tag)| Segment { a, b, tag }).collect(), None)
}

fn merge<T: Tag>(segments: Vec<Segment<T>>) -> BTreeMap<(Pt, Pt), T> {
    let mut out = BTreeMap::new();
    for s in segments {
        if s.a == s.b {
            continue;
        }
        let (key, tag) = if s.a < s.b { ((s.a, s.b), s.tag) } else { ((s.b, s.a), s.tag.reversed()) };
        out.entry(key).and_modify(|t: &mut T| *t = t.merged(tag)).or_insert(tag);
    }
    out
}

/// Records where `s` and `o` have to be split because of one another.
fn meet(s: (usize, Pt, Pt), o: (usize, Pt, Pt), found: &mut Vec<(usize, Pt)>) {
    let before = found.len();
    for (i, a, b, p) in [(s.0, s.1, s.2, o.1), (s.0, s.1, s.2, o.2), (o.0, o.1, o.2, s.1), (o.0, o.1, o.2, s.2)] {
        if p != a && p != b && touches(a, b, p) {
            found.push((i, p));
        }
    }
    if found.len() > before || s.1 == o.1 || s.1 == o.2 || s.2 == o.1 || s.2 == o.2 {
        return;
    }
    let (d1, d2) = (cross(s.1, s.2, o.1), cross(s.1, s.2, o.2));
    let (d3, d4) = (cross(o.1, o.2, s.1), cross(o.1, o.2, s.2));
    if (d1 > 0) != (d2 > 0) && (d3 > 0) != (d4 > 0) && d1 != 0 && d2 != 0 && d3 != 0 && d4 != 0 {
        let x = crossing(s.1, s.2, d3, d4);
        for (i, a, b) in [s, o] {
            if x != a && x != b {
                found.push((i, x));
            }
        }
    }
}

/// The lattice position nearest to where `a b` crosses the line that `a` and `b` lie `da` and `db` off.
fn crossing(a: Pt, b: Pt, da: i128, db: i128) -> Pt {
    // t = da / (da − db), in 2⁻⁶² steps: segments are shorter than 2³⁹ steps, so the error is far below one step
    let t = da as f64 / (da as f64 - db as f64);
    Pt { x: a.x + ((b.x - a.x) as f64 * t).round() as i64, y: a.y + ((b.y - a.y) as f64 * t).round() as i64 }
}

/// Whether `p` lies between `a` and `b` nearer to the segment than half the diagonal of a step; any farther, and the two
/// diagonals of one square of the lattice would be drawn to each other's ends for ever.
fn touches(a: Pt, b: Pt, p: Pt) -> bool {
    if p.x < a.x.min(b.x) - 1 || p.x > a.x.max(b.x) + 1 || p.y < a.y.min(b.y) - 1 || p.y > a.y.max(b.y) + 1 {
        return false;
    }
    let (dx, dy) = ((b.x - a.x) as i128, (b.y - a.y) as i128);
    let dot = dx * (p.x - a.x) as i128 + dy * (p.y - a.y) as i128;
    let len2 = dx * dx + dy * dy;
    if dot <= 0 || dot >= len2 {
        return false;
    }
    // 2·cross² < len²  ⇔  distance² < ½; near misses in floats are decided by integers
    let c = cross(a, b, p);
    let (cf, lf) = (2.0 * c as f64 * c as f64, len2 as f64);
    if cf < lf * 0.999 {
        return true;
    }
    cf < lf * 1.001 && c.unsigned_abs() < 1 << 62 && 2 * c * c < len2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Tag for u32 {
        fn reversed(self) -> Self {
            self
        }
        fn merged(self, o: Self) -> Self {
            self | o
        }
    }

    fn seg(a: (i64, i64), b: (i64, i64)) -> Segment<u32> {
        Segment { a: Pt { x: a.0, y: a.1 }, b: Pt { x: b.0, y: b.1 }, tag: 1 }
    }

    #[test]
    fn a_cross_has_four_arms() {
        let (out, rounds) = node(vec![seg((0, 0), (100, 100)), seg((0, 100), (100, 0)), seg((50, 50), (50, 90))]);
        assert_eq!(out.len(), 5);
        assert!(rounds.is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn nothing_crosses_afterwards(lines in prop::collection::vec(((0i64..60, 0i64..60), (0i64..60, 0i64..60)), 1..25), turn in 0usize..25) {
            let input: Vec<_> = lines.iter().map(|&(a, b)| seg(a, b)).collect();
            let (out, rounds) = node(input.clone());
            prop_assert!(rounds.is_some());
            for (i, s) in out.iter().enumerate() {
                for (j, o) in out.iter().enumerate().skip(i + 1) {
                    let mut found = Vec::new();
                    meet((i, s.a, s.b), (j, o.a, o.b), &mut found);
                    prop_assert!(found.is_empty(), "{s:?} {o:?}");
                }
            }
            // independent of order and direction of the input
            let mut other = input;
            let turn = turn % other.len();
            other.rotate_left(turn);
            for s in &mut other { std::mem::swap(&mut s.a, &mut s.b); }
            prop_assert_eq!(out, node(other).0);
        }
    }
}
