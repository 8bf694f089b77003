//! Land on the lattice, clipped by Clipper on integers.
//!
//! Positions count from the middle of the territory: up to a degree from it Clipper calculates with 64 bits, farther out with 128. Where
//! borders cross, the crossing is rounded to a lattice step.

use super::convex::At;
use crate::territory::lattice::{Plane, Pt, Rings, ring_area2};
use geo::{Coord, LineString, MultiPolygon, Polygon};
use geo_clipper::{Clipper, ClipperInt, PolyFillType};

/// Polygons that do not overlap, outer rings counter-clockwise, in lattice steps from the middle of a [`Frame`].
pub(super) type Land = MultiPolygon<i64>;

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

    /// A ring in metres as land.
    pub fn land(&self, ring: &[At]) -> Land {
        let coord = |p: &At| Coord { x: (p[0] / self.step[0]).round() as i64, y: (p[1] / self.step[1]).round() as i64 };
        if ring.len() < 3 { none() } else { MultiPolygon(vec![Polygon::new(ring.iter().map(coord).collect(), vec![])]) }
    }

    fn coords(&self, ring: &[Pt]) -> LineString<i64> {
        ring.iter().map(|p| Coord { x: p.x - self.middle.x, y: p.y - self.middle.y }).collect()
    }

    /// An outer ring and its holes as land.
    pub fn polygon(&self, rings: &[Vec<Pt>]) -> Land {
        let Some((outer, holes)) = rings.split_first() else { return none() };
        MultiPolygon(vec![Polygon::new(self.coords(outer), holes.iter().map(|h| self.coords(h)).collect())])
    }

    /// What lies inside of `rings` by even-odd rule.
    pub fn even_odd(&self, rings: &[Vec<Pt>]) -> Land {
        let real = |ring: &Vec<Pt>| Polygon::new(self.coords(ring).0.iter().map(|c| [c.x as f64, c.y as f64]).collect(), vec![]);
        let simple = MultiPolygon(rings.iter().map(real).collect::<Vec<Polygon<f64>>>()).simplify(PolyFillType::EvenOdd, 1.0);
        let whole = |line: LineString<f64>| Polygon::new(line.0.iter().map(|c| Coord { x: c.x as i64, y: c.y as i64 }).collect(), vec![]);
        union(&MultiPolygon(simple.into_iter().map(whole).collect()), &none())
    }

    /// Rings in metres of every polygon: the outer one, then holes.
    pub fn polygons(&self, land: &Land) -> Vec<Vec<Vec<At>>> {
        let at = |c: &Coord<i64>| [c.x as f64 * self.step[0], c.y as f64 * self.step[1]];
        let ring = |line: &LineString<i64>| open(line).iter().map(at).collect();
        land.iter().map(|p| std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect()).collect()
    }

    /// The polygons on the lattice of the globe.
    pub fn rings(&self, land: &Land) -> Vec<Rings> {
        let ring = |line: &LineString<i64>, outer: bool| {
            let mut ring: Vec<Pt> = open(line).iter().map(|c| Pt { x: c.x + self.middle.x, y: c.y + self.middle.y }).collect();
            if (ring_area2(&ring) > 0) != outer {
                ring.reverse();
            }
            ring
        };
        land.iter()
            .map(|p| std::iter::once(ring(p.exterior(), true)).chain(p.interiors().iter().map(|h| ring(h, false))).collect())
            .collect()
    }
}

fn open(line: &LineString<i64>) -> &[Coord<i64>] {
    line.0.split_last().map_or(&[], |x| x.1)
}

pub(super) fn none() -> Land {
    MultiPolygon(Vec::new())
}

pub(super) fn union(a: &Land, b: &Land) -> Land {
    ClipperInt::union(a, b)
}

/// Both.
pub(super) fn shared(a: &Land, b: &Land) -> Land {
    if a.0.is_empty() || b.0.is_empty() { none() } else { ClipperInt::intersection(a, b) }
}

/// `a` less `b`.
pub(super) fn less(a: Land, b: &Land) -> Land {
    if a.0.is_empty() || b.0.is_empty() { a } else { ClipperInt::difference(&a, b) }
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
        assert_eq!((land.0.len(), land.0.iter().map(|p| p.interiors().len()).sum::<usize>()), (5, 0));
    }
}
