//! Polygons of labelled regions: traced along borders, so that neighbours share every vertex.

use super::mesh::Lists;
use crate::territory::lattice::{Pt, Rings, Side, by_angle, ring_area2, side_of_ring};
use rayon::prelude::*;
use std::collections::HashMap;

/// Polygons (outer ring, then holes) of every label. `edges` gives the border pieces with the label left and right
/// of `a → b`; 0 means nobody. A ring never touches itself: pinches become rings of their own.
/// O(n log n) plus a containment test per hole.
pub fn polygons(edges: &[(Pt, Pt, u32, u32)], labels: usize) -> Vec<Vec<Rings>> {
    // directed so that the label is on the left
    let sides = |&(a, b, left, right): &(Pt, Pt, u32, u32)| [(left, (a, b)), (right, (b, a))];
    let mut half = Lists::new(labels, || edges.iter().filter(|e| e.2 != e.3).flat_map(sides).filter(|h| h.0 != 0));
    half.split_mut().into_par_iter().map(one_label).collect()
}

fn one_label(half: &mut [(Pt, Pt)]) -> Vec<Rings> {
    half.sort_unstable();
    let pinched = half.windows(2).any(|w| w[0].0 == w[1].0);
    let mut used = vec![false; half.len()];
    let mut left = half.len();
    let (mut outers, mut holes): (Vec<Vec<Pt>>, Vec<Vec<Pt>>) = (Vec::new(), Vec::new());
    for start in 0..half.len() {
        if used[start] {
            continue;
        }
        let mut walk = Vec::with_capacity(left);
        let mut h = start;
        while !used[h] {
            used[h] = true;
            walk.push(half[h].0);
            h = turn(half, half[h]);
        }
        left -= walk.len();
        // a walk that passes no vertex of several ways visits none again
        let rings = if pinched { simple(walk) } else { vec![walk] };
        for mut ring in rings.into_iter().filter(|r| r.len() > 2) {
            ring.shrink_to_fit();
            if ring_area2(&ring) > 0 { outers.push(ring) } else { holes.push(ring) }
        }
    }
    nested(outers, holes)
}

/// The rings of one polygon, which may visit a vertex again, as polygons whose rings do not: the same area, whatever lies where. Loops
/// without area vanish. O(n log n) plus a containment test per hole and outer ring.
pub(crate) fn untied(polygon: Rings) -> Vec<Rings> {
    let rings = polygon.into_iter().flat_map(simple).filter(|r| ring_area2(r) != 0);
    let (outers, holes) = rings.partition(|r| ring_area2(r) > 0);
    nested(outers, holes)
}

/// Every hole with the smallest outer ring around it; where rounding has put it beside all of them, with the largest.
fn nested(mut outers: Vec<Vec<Pt>>, mut holes: Vec<Vec<Pt>>) -> Vec<Rings> {
    outers.sort_by_key(|r| (std::cmp::Reverse(ring_area2(r)), r.iter().min().copied()));
    let mut out: Vec<Rings> = outers.into_iter().map(|r| vec![r]).collect();
    let boxes: Vec<_> = out.iter().map(|r| bounds(&r[0])).collect();
    holes.sort_by_key(|r| r.iter().min().copied());
    for hole in holes {
        let b = bounds(&hole);
        let inside = |i: usize| {
            let o = boxes[i];
            o.0.x <= b.0.x && o.0.y <= b.0.y && o.1.x >= b.1.x && o.1.y >= b.1.y && contains(&out[i][0], &hole)
        };
        // outers are sorted by falling area: the last that contains it is the smallest
        let around = (0..out.len()).rev().find(|&i| inside(i)).unwrap_or(0);
        if let Some(polygon) = out.get_mut(around) {
            polygon.push(hole);
        }
    }
    out
}

/// The half-edge that goes on from `came` with the label still on the left: the first one clockwise from the way back.
fn turn(half: &[(Pt, Pt)], came: (Pt, Pt)) -> usize {
    let (from, at) = came;
    let lo = half.partition_point(|h| h.0 < at);
    let hi = lo + half[lo..].iter().take_while(|h| h.0 == at).count();
    if hi - lo == 1 {
        return lo;
    }
    let dir = |p: Pt| (p.x - at.x, p.y - at.y);
    let back = dir(from);
    // largest angle below that of the way back, going round
    let key = |i: &usize| dir(half[*i].1);
    let below = (lo..hi).filter(|i| by_angle(key(i), back).is_lt()).max_by(|i, j| by_angle(key(i), key(j)));
    below.or_else(|| (lo..hi).max_by(|i, j| by_angle(key(i), key(j)))).unwrap_or(lo)
}

/// Splits a closed walk where it visits a vertex again. O(n).
pub(crate) fn simple(walk: Vec<Pt>) -> Vec<Vec<Pt>> {
    let mut out = Vec::new();
    let mut stack: Vec<Pt> = Vec::with_capacity(walk.len());
    let mut place: HashMap<Pt, usize> = HashMap::with_capacity(walk.len());
    for p in walk {
        if let Some(&i) = place.get(&p) {
            let ring: Vec<Pt> = stack.drain(i..).collect();
            for q in &ring {
                place.remove(q);
            }
            out.push(ring);
        }
        place.insert(p, stack.len());
        stack.push(p);
    }
    out.push(stack);
    out.retain(|r| r.len() > 2);
    out
}

fn bounds(ring: &[Pt]) -> (Pt, Pt) {
    ring.iter()
        .fold((ring[0], ring[0]), |(lo, hi), p| (Pt { x: lo.x.min(p.x), y: lo.y.min(p.y) }, Pt { x: hi.x.max(p.x), y: hi.y.max(p.y) }))
}

/// Whether `hole` lies in `outer`; both may touch in vertices.
fn contains(outer: &[Pt], hole: &[Pt]) -> bool {
    for &p in hole {
        match side_of_ring(outer, p) {
            Side::Inside => return true,
            Side::Outside => return false,
            Side::On => {}
        }
    }
    // every vertex touches: the middle of a side decides, on a lattice twice as fine
    let twice: Vec<Pt> = outer.iter().map(|p| Pt { x: 2 * p.x, y: 2 * p.y }).collect();
    let mid = Pt { x: hole[0].x + hole[1].x, y: hole[0].y + hole[1].y };
    side_of_ring(&twice, mid) == Side::Inside
}

/// A position well inside a polygon, for labels and keys: the middle of the widest stretch along one of a few
/// horizontal lines. O(vertices).
pub fn inner_point(rings: &Rings) -> Pt {
    let outer = &rings[0];
    let (lo, hi) = bounds(outer);
    let (mut best, mut xs) = ((-1i64, outer[0]), Vec::new());
    for k in 1..8i64 {
        let y = lo.y + (hi.y - lo.y) / 8 * k;
        xs.clear();
        for ring in rings {
            for i in 0..ring.len() {
                let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
                if (a.y > y) != (b.y > y) {
                    let t = (y - a.y) as f64 / (b.y - a.y) as f64;
                    xs.push(a.x + ((b.x - a.x) as f64 * t).round() as i64);
                }
            }
        }
        xs.sort_unstable();
        for pair in xs.chunks_exact(2) {
            if pair[1] - pair[0] > best.0 {
                best = (pair[1] - pair[0], Pt { x: pair[0] + (pair[1] - pair[0]) / 2, y });
            }
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(x: i64, y: i64) -> Pt {
        Pt { x, y }
    }

    fn square(x: i64, y: i64, s: i64, inside: u32, outside: u32) -> Vec<(Pt, Pt, u32, u32)> {
        let c = [p(x, y), p(x + s, y), p(x + s, y + s), p(x, y + s)];
        (0..4).map(|i| (c[i], c[(i + 1) % 4], inside, outside)).collect()
    }

    #[test]
    fn a_hole_belongs_to_its_outer_ring() {
        let mut edges = square(0, 0, 100, 1, 0);
        edges.extend(square(10, 10, 20, 2, 1));
        let out = polygons(&edges, 3);
        assert_eq!((out[1].len(), out[1][0].len(), out[2].len(), out[2][0].len()), (1, 2, 1, 1));
    }

    #[test]
    fn walks_that_touch_themselves_become_rings_that_do_not() {
        let hole = vec![p(0, 0), p(20, 0), p(20, 20), p(0, 20), p(0, 0), p(5, 10), p(10, 5)];
        let eight = vec![p(30, 0), p(40, 0), p(35, 5), p(40, 10), p(30, 10), p(35, 5)];
        let spike = vec![p(50, 0), p(60, 0), p(60, 10), p(70, 20), p(60, 10), p(50, 10)];
        // its hole is beside it by rounding: the area stays
        let beside = vec![p(80, 0), p(79, 5), p(80, 10)];
        let area2 = |rings: &[Vec<Pt>]| rings.iter().map(|r| ring_area2(r)).sum::<i128>();
        let square = vec![p(80, 0), p(90, 0), p(90, 10), p(80, 10)];
        for (walks, lens) in [(vec![hole], vec![2]), (vec![eight], vec![1, 1]), (vec![spike], vec![1]), (vec![square, beside], vec![2])] {
            let out = untied(walks.clone());
            assert_eq!(out.iter().map(Vec::len).collect::<Vec<_>>(), lens);
            assert_eq!(area2(&out.concat()), area2(&walks));
            for ring in out.iter().flatten() {
                assert_eq!(ring.iter().collect::<std::collections::BTreeSet<_>>().len(), ring.len());
            }
        }
    }

    #[test]
    fn squares_that_touch_in_a_corner_are_two_polygons_and_a_pinch_is_a_hole() {
        let mut edges = square(0, 0, 10, 1, 0);
        edges.extend(square(10, 10, 10, 1, 0));
        assert_eq!(polygons(&edges, 2)[1].len(), 2);
        // hole touching the outer ring in a vertex
        let outer = [p(0, 0), p(20, 0), p(20, 20), p(0, 20)];
        let hole = [p(0, 0), p(10, 5), p(5, 10)];
        let ring = |c: &[Pt], l, r| (0..c.len()).map(|i| (c[i], c[(i + 1) % c.len()], l, r)).collect::<Vec<_>>();
        let mut edges = ring(&outer, 1, 0);
        edges.extend(ring(&hole, 0, 1));
        let out = polygons(&edges, 2);
        assert_eq!((out[1].len(), out[1][0].len()), (1, 2));
    }
}
