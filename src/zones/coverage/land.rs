//! Land in metres with set operations.
//!
//! Clipper works on integers, here of [`GRAIN_M`]; where borders cross, the crossing is rounded. It may give a hole that touches its outer
//! ring as a polygon of its own (and i_overlay, behind `geo`, does as well), so that no ring is taken for an outer one or a hole before
//! [`polygons`] has looked at all of them.

use super::convex::{At, area, bounds};
use crate::cut::rings::{simple, untied};
use crate::territory::lattice::{Plane, Pt, Rings, ring_area2};
use geo::{Coord, LineString, MultiPolygon, Polygon};
use geo_clipper::{Clipper, ClipperInt, PolyFillType};

/// What Clipper counts in, metres; a tenth of a lattice step.
const GRAIN_M: f64 = 1e-5;

/// What lies inside of all rings together by even-odd rule, in metres of a [`Frame`].
pub(super) type Land = MultiPolygon<f64>;

/// The metric plane around the middle of the territory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    middle: Pt,
    step: [f64; 2],
}

impl Frame {
    pub fn new(plane: &Plane, lo: Pt, hi: Pt) -> Frame {
        Frame { middle: Pt { x: lo.x + (hi.x - lo.x) / 2, y: lo.y + (hi.y - lo.y) / 2 }, step: plane.step_m() }
    }

    pub fn metres(&self, p: Pt) -> At {
        [(p.x - self.middle.x) as f64 * self.step[0], (p.y - self.middle.y) as f64 * self.step[1]]
    }

    pub fn ring(&self, ring: &[Pt]) -> Vec<At> {
        ring.iter().map(|p| self.metres(*p)).collect()
    }

    fn line(&self, ring: &[Pt]) -> LineString<f64> {
        self.ring(ring).into()
    }

    /// An outer ring and its holes as land.
    pub fn polygon(&self, rings: &[Vec<Pt>]) -> Land {
        let Some((outer, holes)) = rings.split_first() else { return none() };
        MultiPolygon(vec![Polygon::new(self.line(outer), holes.iter().map(|h| self.line(h)).collect())])
    }

    /// What lies inside of `rings` by even-odd rule.
    pub fn even_odd(&self, rings: &[Vec<Pt>]) -> Land {
        let grains = |ring: &Vec<Pt>| grains(&self.ring(ring)).0.iter().map(|c| [c.x as f64, c.y as f64]).collect();
        let all: Vec<Polygon<f64>> = rings.iter().map(|r| Polygon::new(grains(r), vec![])).collect();
        let simple = MultiPolygon(all).simplify(PolyFillType::EvenOdd, 1.0);
        simple.0.into_iter().map(|line| Polygon::new(line.0.iter().map(|c| [c.x * GRAIN_M, c.y * GRAIN_M]).collect(), vec![])).collect()
    }

    /// The polygons on the lattice, without what is less than a step wide; no ring touches itself.
    pub fn rings(&self, land: &Land) -> Vec<Rings> {
        let step = |m: f64, k: usize| (m / self.step[k]).round() as i64;
        let ring = |line: &Vec<At>, outer: bool| {
            let mut ring: Vec<Pt> =
                line.iter().map(|m| Pt { x: self.middle.x + step(m[0], 0), y: self.middle.y + step(m[1], 1) }).collect();
            ring.dedup();
            if (ring_area2(&ring) > 0) != outer {
                ring.reverse();
            }
            ring
        };
        // Clipper visits a vertex again where land touches itself, and rounding makes one of two that are near
        let polygon = |rings: Vec<Vec<At>>| rings.iter().enumerate().map(|(i, r)| ring(r, i == 0)).collect();
        polygons(land).into_iter().map(polygon).flat_map(untied).collect()
    }
}

/// A ring as land.
pub(super) fn whole(ring: &[At]) -> Land {
    if ring.len() < 3 { none() } else { MultiPolygon(vec![Polygon::new(ring.to_vec().into(), vec![])]) }
}

/// All rings, whichever way round they go.
pub(super) fn rings(land: &Land) -> impl Iterator<Item = Vec<At>> {
    let ring = |line: &LineString<f64>| line.0.split_last().map_or(Vec::new(), |x| x.1.iter().map(|c| [c.x, c.y]).collect());
    land.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())).map(ring).filter(|ring| ring.len() > 2)
}

/// Rings of every polygon: the outer one, then its holes. O(rings²).
pub(super) fn polygons(land: &Land) -> Vec<Vec<Vec<At>>> {
    let mut all: Vec<Vec<At>> = rings(land).collect();
    all.sort_by(|a, b| area(b).abs().total_cmp(&area(a).abs()));
    let boxes: Vec<[At; 2]> = all.iter().map(|r| bounds(r)).collect();
    let holds = |i: usize, p: At| (0..2).all(|k| boxes[i][0][k] <= p[k] && p[k] <= boxes[i][1][k]) && inside(&all[i], p);
    // larger rings around each
    let around = |i: usize| -> Vec<usize> {
        let p = within(&all[i]);
        (0..i).filter(|&j| holds(j, p)).collect()
    };
    let around: Vec<Vec<usize>> = (0..all.len()).map(around).collect();
    let mut out: Vec<Vec<Vec<At>>> = Vec::new();
    let mut place = vec![0; all.len()];
    for (i, ring) in all.into_iter().enumerate() {
        match around[i].last() {
            // a hole lies in the smallest of an odd number of rings
            Some(&outer) if around[i].len() % 2 == 1 => out[place[outer]].push(ring),
            _ => {
                place[i] = out.len();
                out.push(vec![ring]);
            }
        }
    }
    out
}

/// A place well inside of a ring, since rings may touch in corners and along sides.
fn within(ring: &[At]) -> At {
    let [lo, hi] = bounds(ring);
    let stretch = |k: i32| {
        let y = lo[1] + (hi[1] - lo[1]) * f64::from(k) / 8.0;
        let mut xs: Vec<f64> = crossings(ring, y).collect();
        xs.sort_by(f64::total_cmp);
        let widest = xs.chunks_exact(2).map(|x| (x[1] - x[0], [(x[0] + x[1]) / 2.0, y]));
        widest.max_by(|a, b| a.0.total_cmp(&b.0))
    };
    (1..8).filter_map(stretch).max_by(|a, b| a.0.total_cmp(&b.0)).map_or(ring[0], |x| x.1)
}

/// Where a ring crosses the parallel through `y`.
fn crossings(ring: &[At], y: f64) -> impl Iterator<Item = f64> {
    let sides = (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]));
    sides.filter(move |(a, b)| (a[1] > y) != (b[1] > y)).map(move |(a, b)| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
}

fn inside(ring: &[At], p: At) -> bool {
    crossings(ring, p[1]).filter(|x| p[0] < *x).count() % 2 == 1
}

pub(super) fn none() -> Land {
    MultiPolygon(Vec::new())
}

fn grains(ring: &[At]) -> LineString<i64> {
    ring.iter().map(|p| Coord { x: (p[0] / GRAIN_M).round() as i64, y: (p[1] / GRAIN_M).round() as i64 }).collect()
}

/// Land for Clipper, with outer rings one way round and holes the other.
fn to_clipper<'a>(lands: impl IntoIterator<Item = &'a Land>) -> MultiPolygon<i64> {
    let turned = |ring: &Vec<At>, outer: bool| {
        let mut line = grains(ring);
        if (area(ring) > 0.0) != outer {
            line.0.reverse();
        }
        line
    };
    let polygon = |rings: Vec<Vec<At>>| Polygon::new(turned(&rings[0], true), rings[1..].iter().map(|h| turned(h, false)).collect());
    lands.into_iter().flat_map(polygons).map(polygon).collect()
}

/// Rings that visit a position again are taken apart there, since either part may be land or a hole, whichever way round it goes.
fn from_clipper(land: MultiPolygon<i64>) -> Land {
    let open = |line: &LineString<i64>| line.0.split_last().map_or(Vec::new(), |x| x.1.iter().map(|c| Pt { x: c.x, y: c.y }).collect());
    let metres = |ring: Vec<Pt>| Polygon::new(ring.iter().map(|p| [p.x as f64 * GRAIN_M, p.y as f64 * GRAIN_M]).collect(), vec![]);
    let rings = land.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    rings.map(open).flat_map(simple).map(metres).collect()
}

/// Any of them.
pub(super) fn union(lands: &[Land]) -> Land {
    match lands {
        [one] => one.clone(),
        many => from_clipper(ClipperInt::union(&to_clipper(many), &MultiPolygon::<i64>(Vec::new()))),
    }
}

/// Both.
pub(super) fn shared(a: &Land, b: &Land) -> Land {
    if a.0.is_empty() || b.0.is_empty() { none() } else { from_clipper(ClipperInt::intersection(&to_clipper([a]), &to_clipper([b]))) }
}

/// `a` less all of `b`, which may touch.
pub(super) fn less<'a>(a: Land, b: impl IntoIterator<Item = &'a Land>) -> Land {
    let b = to_clipper(b);
    if a.0.is_empty() || b.0.is_empty() { a } else { from_clipper(ClipperInt::difference(&to_clipper([&a]), &b)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps2(land: &Land) -> i128 {
        let frame = Frame { middle: Pt::default(), step: [1.0; 2] };
        frame.rings(land).iter().flatten().map(|r| ring_area2(r)).sum()
    }

    #[test]
    fn inside_is_decided_by_even_and_odd() {
        let frame = Frame { middle: Pt { x: 7, y: 7 }, step: [1.0; 2] };
        let ring = |c: &[(i64, i64)]| c.iter().map(|&(x, y)| Pt { x: 1000 * x, y: 1000 * y }).collect::<Vec<_>>();
        let square = |x: i64, s: i64| ring(&[(x, x), (x + s, x), (x + s, x + s), (x, x + s)]);
        let nested = [square(0, 30), square(5, 20), square(10, 10)];
        assert_eq!(steps2(&frame.even_odd(&nested)), 2_000_000 * (900 - 400 + 100));
        let backwards: Vec<Vec<Pt>> = nested.iter().map(|r| r.iter().rev().copied().collect()).collect();
        assert_eq!(steps2(&frame.even_odd(&backwards)), 2_000_000 * (900 - 400 + 100));
        assert_eq!(steps2(&frame.even_odd(&[square(0, 30), square(10, 30)])), 2_000_000 * 2 * (900 - 400));
        // twice around: out again, and a pentagram without its middle
        let twice = [square(0, 30), square(0, 30)].concat();
        assert_eq!(steps2(&frame.even_odd(&[twice])), 0);
        let star = ring(&[(0, 100), (59, -81), (-95, 31), (95, 31), (-59, -81)]);
        let land = frame.even_odd(std::slice::from_ref(&star));
        assert!(polygons(&land).iter().map(Vec::len).eq([1; 5]));
        // a hole that touches its outer ring in a corner
        let pinched = ring(&[(26, 30), (13, 9), (6, 37), (27, 10), (0, 0), (0, 40)]);
        assert!(polygons(&frame.even_odd(&[pinched])).iter().map(Vec::len).eq([2]));
    }
}
