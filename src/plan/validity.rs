//! Whether land is valid by the rules of simple features (OGC 06-103r4, 6.1.11 and 6.1.14), in near-linear time.

use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Coord, GeoNum, Kernel, Line, LineString, MultiPolygon, Orientation, Point};
use petgraph::unionfind::UnionFind;
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with land, and where.
pub(super) struct Flaw {
    /// In words.
    pub words: String,
    /// A place where it shows; `None` where a position is not a number.
    pub at: Option<Coord<f64>>,
}

/// A ring as a closed chain of positions, no two that follow one another the same.
struct Ring {
    polygon: usize,
    /// Hole of its polygon.
    hole: bool,
    line: Vec<Coord<f64>>,
}

/// A side of a ring: index among all sides.
type Side = GeomWithData<Line<f64>, usize>;

struct Land {
    rings: Vec<Ring>,
    /// First side of every ring, and of one behind the last.
    first: Vec<usize>,
    sides: Vec<Line<f64>>,
    tree: RTree<Side>,
}

/// The first flaw of `land`; `None` when it is valid. O((n + k) log n) for n positions with k pairs of sides whose boxes meet.
pub(super) fn flaw(land: &MultiPolygon<f64>) -> Option<Flaw> {
    let mut rings = Vec::new();
    for (polygon, p) in land.iter().enumerate().filter(|(_, p)| !p.exterior().0.is_empty()) {
        rings.push(ring(p.exterior(), polygon, false));
        rings.extend(p.interiors().iter().filter(|r| !r.0.is_empty()).map(|r| ring(r, polygon, true)));
    }
    for r in &rings {
        let of = r.name();
        if !r.line.iter().all(finite) {
            return Some(Flaw { words: format!("{of} has a position that is not a number"), at: None });
        }
        let distinct: BTreeSet<(u64, u64)> = r.line.iter().map(key).take(3).collect();
        if r.line.len() < 4 || distinct.len() < 3 {
            return Some(Flaw { words: format!("{of} has fewer than three different positions"), at: r.line.first().copied() });
        }
    }
    let land = Land::new(rings);
    let touches = match land.meetings() {
        Ok(touches) => touches,
        Err(flaw) => return Some(flaw),
    };
    if land.rings.len() < 2 {
        return None;
    }
    land.knots(&touches).or_else(|| land.nesting(&touches))
}

fn finite(c: &Coord<f64>) -> bool {
    c.x.is_finite() && c.y.is_finite()
}

/// −0 and 0 are one position.
fn key(c: &Coord<f64>) -> (u64, u64) {
    ((c.x + 0.0).to_bits(), (c.y + 0.0).to_bits())
}

/// How far along a side a place on it lies, on the axis that the side runs along most.
fn along(side: &Line<f64>, at: &Coord<f64>) -> f64 {
    let (dx, dy) = (side.dx(), side.dy());
    if dx.abs() > dy.abs() { (at.x - side.start.x) * dx.signum() } else { (at.y - side.start.y) * dy.signum() }
}

fn ring(line: &LineString<f64>, polygon: usize, hole: bool) -> Ring {
    let mut line: Vec<Coord<f64>> = line.0.clone();
    line.dedup();
    Ring { polygon, hole, line }
}

impl Ring {
    fn name(&self) -> String {
        format!("the {} of polygon {}", if self.hole { "border of a hole" } else { "border" }, self.polygon + 1)
    }
}

/// Places where rings touch one another: side and place.
type Touches = Vec<(usize, Coord<f64>)>;

impl Land {
    fn new(rings: Vec<Ring>) -> Land {
        let (mut first, mut sides) = (vec![0], Vec::new());
        for r in &rings {
            sides.extend(r.line.windows(2).map(|w| Line::new(w[0], w[1])));
            first.push(sides.len());
        }
        let tree = RTree::bulk_load(sides.iter().enumerate().map(|(i, s)| Side::new(*s, i)).collect());
        Land { rings, first, sides, tree }
    }

    fn ring_of(&self, side: usize) -> usize {
        self.first.partition_point(|f| *f <= side) - 1
    }

    /// Compares all sides that come near one another.
    fn meetings(&self) -> Result<Touches, Flaw> {
        let mut touches = Touches::new();
        for (i, side) in self.sides.iter().enumerate() {
            let own = self.ring_of(i);
            let around = AABB::from_corners(side.start_point(), side.end_point());
            let near = self.tree.locate_in_envelope_intersecting(&around).map(|s| s.data);
            let mut near: Vec<usize> = near.filter(|&j| j > i).collect();
            near.sort_unstable();
            for j in near {
                let Some(meeting) = line_intersection(*side, self.sides[j]) else { continue };
                let (other, last) = (self.ring_of(j), self.first[own + 1] - 1);
                let follows = own == other && (j == i + 1 || (i == self.first[own] && j == last));
                let flaw = |words: String, at| Err(Flaw { words, at: Some(at) });
                match meeting {
                    LineIntersection::Collinear { intersection } if own == other => {
                        return flaw(format!("{} runs back on itself", self.rings[own].name()), intersection.start);
                    }
                    LineIntersection::Collinear { intersection } => {
                        let (a, b) = (self.rings[own].name(), self.rings[other].name());
                        return flaw(format!("{a} and {b} share a line"), intersection.start);
                    }
                    LineIntersection::SinglePoint { .. } if follows => {}
                    LineIntersection::SinglePoint { intersection, .. } if own == other => {
                        return flaw(format!("{} meets itself", self.rings[own].name()), intersection);
                    }
                    LineIntersection::SinglePoint { intersection, is_proper: true } => {
                        let (a, b) = (self.rings[own].name(), self.rings[other].name());
                        return flaw(format!("{a} and {b} cross"), intersection);
                    }
                    LineIntersection::SinglePoint { intersection, is_proper: false } => {
                        touches.extend([(i, intersection), (j, intersection)])
                    }
                }
            }
        }
        Ok(touches)
    }

    /// Rings of one polygon that touch all around a part of it and so cut it off.
    fn knots(&self, touches: &Touches) -> Option<Flaw> {
        let mut places: BTreeMap<(usize, u64, u64), usize> = BTreeMap::new();
        let mut links: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut at = Vec::new();
        for (side, p) in touches {
            let ring = self.ring_of(*side);
            let (x, y) = key(p);
            let next = places.len();
            let place = *places.entry((self.rings[ring].polygon, x, y)).or_insert(next);
            if place == at.len() {
                at.push(*p);
            }
            links.insert((ring, place));
        }
        let mut joined: UnionFind<usize> = UnionFind::new(self.rings.len() + places.len());
        let (ring, place) = links.into_iter().find(|&(ring, place)| !joined.union(ring, self.rings.len() + place))?;
        let words = format!("polygon {} is cut in two where its borders touch", self.rings[ring].polygon + 1);
        Some(Flaw { words, at: Some(at[place]) })
    }

    /// Rings in places where they may not be. None cross, so that one place of each piece between touches tells of all of it.
    fn nesting(&self, touches: &Touches) -> Option<Flaw> {
        let mut stops: BTreeMap<usize, Vec<Coord<f64>>> = BTreeMap::new();
        touches.iter().for_each(|(side, p)| stops.entry(*side).or_default().push(*p));
        let whole = (0..self.rings.len()).map(|r| self.first[r]).filter(|side| !stops.contains_key(side)).map(|side| (side, &[][..]));
        let pieces = whole.chain(stops.iter().map(|(side, at)| (*side, &at[..])));
        for (side, at) in pieces {
            let (line, ring) = (self.sides[side], self.ring_of(side));
            let mut ends: Vec<Coord<f64>> = at.iter().copied().chain([line.start, line.end]).collect();
            ends.sort_by(|a, b| along(&line, a).total_cmp(&along(&line, b)));
            for piece in ends.windows(2).filter(|w| w[0] != w[1]) {
                let at = (piece[0] + piece[1]) / 2.0;
                if let Some(words) = self.misplaced(ring, &self.around(at, ring)) {
                    return Some(Flaw { words, at: Some(at) });
                }
            }
        }
        None
    }

    /// What is wrong with a piece of `ring` that lies inside of the rings `around`.
    fn misplaced(&self, ring: usize, around: &BTreeSet<usize>) -> Option<String> {
        let own = &self.rings[ring];
        let mut of: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
        for r in around {
            let (border, hole) = of.entry(self.rings[*r].polygon).or_default();
            *if self.rings[*r].hole { hole } else { border } = true;
        }
        let (within, in_hole) = of.remove(&own.polygon).unwrap_or_default();
        if own.hole && !within {
            return Some(format!("a hole of polygon {} lies outside of it", own.polygon + 1));
        }
        if own.hole && in_hole {
            return Some(format!("two holes of polygon {} overlap", own.polygon + 1));
        }
        let other = of.into_iter().find(|(_, (border, hole))| *border && !hole)?.0;
        Some(format!("polygons {} and {} overlap", own.polygon + 1, other + 1))
    }

    /// Rings other than `own` that `at` lies inside of, by the even-odd rule on a ray to the east.
    fn around(&self, at: Coord<f64>, own: usize) -> BTreeSet<usize> {
        let east = self.tree.root().envelope().upper().x().max(at.x);
        let ray = AABB::from_corners(Point::new(at.x, at.y), Point::new(east, at.y));
        let mut odd = BTreeSet::new();
        for side in self.tree.locate_in_envelope_intersecting(&ray) {
            let (ring, line) = (self.ring_of(side.data), side.geom());
            let (low, high) = if line.start.y <= line.end.y { (line.start, line.end) } else { (line.end, line.start) };
            let beside = low.y <= at.y && at.y < high.y && <f64 as GeoNum>::Ker::orient2d(low, high, at) == Orientation::CounterClockwise;
            if ring != own && beside && !odd.remove(&ring) {
                odd.insert(ring);
            }
        }
        odd
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::dimensions::{Dimensions, HasDimensions};
    use geo::{Polygon, Validation};
    use proptest::prelude::*;

    fn land(text: &str) -> MultiPolygon<f64> {
        let geometry: wkt::Wkt<f64> = text.parse().unwrap();
        MultiPolygon::try_from(geometry).unwrap()
    }

    #[test]
    fn flaws_are_told_with_their_place() {
        let square = "(0 0,9 0,9 9,0 9,0 0)";
        let rows = [
            (format!("({square})"), "", [0.0; 2]),
            ("((0 0,9 9,9 0,0 9,0 0))".into(), "the border of polygon 1 meets itself", [4.5, 4.5]),
            ("((0 0,9 0,9 9,4 0,0 9,0 0))".into(), "the border of polygon 1 meets itself", [4.0, 0.0]),
            ("((0 0,9 0,9 9,9 4,0 9,0 0))".into(), "the border of polygon 1 runs back on itself", [9.0, 9.0]),
            ("((0 0,9 0,0 0,0 0))".into(), "the border of polygon 1 has fewer than three different positions", [0.0, 0.0]),
            (format!("({square},(2 2,3 2,3 3,2 2))"), "", [0.0; 2]),
            (format!("({square},(0 0,3 2,3 3,0 0))"), "", [0.0; 2]),
            (format!("({square},(8 2,12 2,12 3,8 2))"), "the border of polygon 1 and the border of a hole of polygon 1 cross", [9.0, 2.0]),
            (format!("({square},(12 2,13 2,13 3,12 2))"), "a hole of polygon 1 lies outside of it", [12.5, 2.0]),
            (format!("({square},(1 1,8 1,8 8,1 1),(3 2,4 2,4 3,3 2))"), "two holes of polygon 1 overlap", [3.5, 2.0]),
            (format!("({square},(4 0,6 4,4 9,2 4,4 0))"), "polygon 1 is cut in two where its borders touch", [4.0, 9.0]),
            (
                format!("({square}),((9 0,12 0,12 9,9 9,9 0))"),
                "the border of polygon 1 and the border of polygon 2 share a line",
                [9.0, 9.0],
            ),
            (format!("({square}),((9 9,12 9,12 12,9 9))"), "", [0.0; 2]),
            (format!("({square}),((2 2,3 2,3 3,2 2))"), "polygons 2 and 1 overlap", [2.5, 2.0]),
        ];
        for (text, words, at) in &rows {
            let found = flaw(&land(&format!("MULTIPOLYGON({text})")));
            assert_eq!(found.as_ref().map_or("", |f| &f.words), *words, "{text}");
            if let Some(f) = found {
                assert_eq!(f.at.map(|c| [c.x, c.y]), Some(*at), "{text}");
            }
        }
        let nowhere = Polygon::new(vec![(0.0, 0.0), (f64::NAN, 1.0), (2.0, 2.0)].into(), vec![]);
        assert!(flaw(&MultiPolygon(vec![nowhere])).unwrap().words.contains("not a number"));
        assert!(flaw(&MultiPolygon(vec![])).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
        /// geo compares all pairs; it overlooks borders that run back on themselves and land that is cut in two.
        #[test]
        fn as_geo_finds_by_comparing_all(
            rings in prop::collection::vec((any::<bool>(), (0i32..9, 0i32..9), 1i32..6, prop::collection::vec((0i32..5, 0i32..5), 3..6)), 1..4)
        ) {
            let mut land = MultiPolygon(vec![]);
            for (hole, (x, y), size, at) in rings {
                let line: LineString<f64> = at.iter().map(|(dx, dy)| (f64::from(x + dx * size), f64::from(y + dy * size))).collect();
                match land.0.last_mut() {
                    Some(p) if hole => p.interiors_push(line),
                    _ => land.0.push(Polygon::new(line, vec![])),
                }
            }
            let found = flaw(&land).map(|f| f.words);
            if land.iter().any(|p| p.dimensions() == Dimensions::ZeroDimensional) {
                // geo asserts that no outline is a single position
                prop_assert!(found.is_some());
                return Ok(());
            }
            let known = found.as_ref().is_some_and(|w| w.contains("runs back") || w.contains("cut in two"));
            prop_assert!(known || found.is_some() != land.is_valid(), "{found:?} {:?}", land.validation_errors());
        }
    }
}
