//! Successive refinement of land: a border once made stays; new lines divide only the regions they run in.

use super::arrangement::{Arrangement, OUTSIDE};
use super::noding::{Segment, Tag, node};
use crate::territory::lattice::{Pt, cross};
use crate::watch::{Stopped, Watch};
use std::collections::{BTreeMap, VecDeque};

/// No region, or any region.
pub(crate) const NONE: u32 = u32::MAX;

/// A piece of border between two regions ([`OUTSIDE`] = not ours). `a < b`, `left != right`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub a: Pt,
    pub b: Pt,
    pub left: u32,
    pub right: u32,
    /// Strongest barrier on it, as an index into the territory's classes; 0 = none.
    pub class: u16,
}

/// Regions by their borders. Regions count from 1.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mesh {
    /// Sorted by their ends.
    pub edges: Vec<Edge>,
    /// Number of regions with [`OUTSIDE`].
    pub regions: usize,
}

/// A line that divides regions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Divider {
    pub a: Pt,
    pub b: Pt,
    pub class: u16,
    /// Which regions it divides.
    pub parts: Parts,
    /// Divides this region only; [`NONE`] = every region.
    pub only: u32,
}

/// Sorts of region that a divider parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Parts {
    pub land: bool,
    pub water: bool,
}

impl Parts {
    /// A rung, see [`super::strips`].
    pub const NOTHING: Parts = Parts { land: false, water: false };
    pub const LAND: Parts = Parts { land: true, water: false };
    pub const WATER: Parts = Parts { land: false, water: true };

    fn or(self, o: Parts) -> Parts {
        Parts { land: self.land || o.land, water: self.water || o.water }
    }
}

/// What lies on a segment: a border between regions, or a divider, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct On {
    left: u32,
    right: u32,
    class: u16,
    parts: Parts,
    only: u32,
}

impl On {
    fn is_border(&self) -> bool {
        self.left != NONE
    }
}

impl Tag for On {
    fn reversed(self) -> Self {
        On { left: self.right, right: self.left, ..self }
    }

    fn merged(self, o: Self) -> Self {
        let class = self.class.max(o.class);
        let (left, right) = match (self.is_border(), o.is_border()) {
            (true, false) => (self.left, self.right),
            (false, true) => (o.left, o.right),
            (false, false) => (NONE, NONE),
            // a region squeezed out between two borders
            (true, true) if self == o => (self.left, self.right),
            (true, true) if self.right == o.left && self.left == o.right => (self.left.min(o.left), self.left.min(o.left)),
            (true, true) if self.right == o.left => (self.left, o.right),
            (true, true) if self.left == o.right => (o.left, self.right),
            (true, true) => (self.left.min(o.left), self.right.min(o.right)),
        };
        let only = if self.only == o.only { self.only } else { NONE };
        On { left, right, class, parts: self.parts.or(o.parts), only }
    }
}

/// Pieces that a line and what it crosses are cut into, as a rule no more.
const PIECES: usize = 4;

/// Faces made by dividing a mesh, each inside one region.
pub(crate) struct Divided {
    pub arrangement: Arrangement<On>,
    /// Region of every face.
    pub parent: Vec<u32>,
    /// Whether noding came to rest.
    pub settled: bool,
}

impl Edge {
    fn segment(&self) -> Segment<On> {
        let tag = On { left: self.left, right: self.right, class: self.class, parts: Parts::NOTHING, only: NONE };
        Segment { a: self.a, b: self.b, tag }
    }
}

impl Mesh {
    /// Divides regions by `lines`.
    pub fn divide(&self, lines: &[Divider], watch: &dyn Watch) -> Result<Divided, Stopped> {
        let line =
            |d: &Divider| Segment { a: d.a, b: d.b, tag: On { left: NONE, right: NONE, class: d.class, parts: d.parts, only: d.only } };
        // with room for the pieces that they will be cut into
        let mut strings = Vec::with_capacity(self.edges.len() + PIECES * lines.len());
        strings.extend(self.edges.iter().map(Edge::segment));
        strings.extend(lines.iter().map(line));
        let (noded, rounds) = node(strings, watch)?;
        let arrangement = Arrangement::new(noded);
        let parent = parents(&arrangement);
        Ok(Divided { arrangement, parent, settled: rounds.is_some() })
    }

    /// Regions as they are, of a mesh whose borders meet in nothing but their ends: that of a division that came to rest.
    pub fn undivided(&self) -> Divided {
        let arrangement = Arrangement::new(self.edges.iter().map(Edge::segment).collect());
        let parent = parents(&arrangement);
        Divided { arrangement, parent, settled: true }
    }
}

/// Region of every face: told by the borders around it, and across dividers by the neighbour. Where borders have moved onto each other
/// by a lattice step, some around one face may tell of different regions: it is the one that most of their length tells of.
fn parents(a: &Arrangement<On>) -> Vec<u32> {
    let mut parent = vec![NONE; a.faces];
    parent[OUTSIDE as usize] = OUTSIDE;
    let sides = || {
        let borders = a.edges.iter().zip(&a.left).zip(&a.right).filter(|((s, _), _)| s.tag.is_border());
        borders.flat_map(|((s, &l), &r)| [(l, s.tag.left, s), (r, s.tag.right, s)]).filter(|&(face, ..)| face != OUTSIDE)
    };
    let mut torn = BTreeMap::new();
    for (face, region, _) in sides() {
        let known = &mut parent[face as usize];
        if *known == NONE || *known == OUTSIDE {
            *known = region;
        } else if region != OUTSIDE && region != *known {
            torn.insert(face, BTreeMap::new());
        }
    }
    if !torn.is_empty() {
        for (face, region, s) in sides().filter(|&(_, region, _)| region != OUTSIDE) {
            if let Some(told) = torn.get_mut(&face) {
                *told.entry(region).or_insert(0.0) += s.length();
            }
        }
        for (face, told) in torn {
            let most = told.into_iter().max_by(|(r, x), (q, y)| x.total_cmp(y).then(q.cmp(r)));
            parent[face as usize] = most.map_or(OUTSIDE, |(region, _)| region);
        }
    }
    if !parent.contains(&NONE) {
        return parent;
    }
    let dividers =
        || a.edges.iter().zip(&a.left).zip(&a.right).filter(|((s, _), _)| !s.tag.is_border()).map(|((_, &l), &r)| [(l, r), (r, l)]);
    let across = Lists::new(a.faces, || dividers().flatten());
    let mut queue: VecDeque<u32> = (0..a.faces as u32).filter(|&f| parent[f as usize] != NONE).collect();
    while let Some(f) = queue.pop_front() {
        for &g in across.of(f) {
            if parent[g as usize] == NONE {
                parent[g as usize] = parent[f as usize];
                queue.push_back(g);
            }
        }
    }
    parent.iter_mut().for_each(|p| *p = if *p == NONE { OUTSIDE } else { *p });
    parent
}

/// A list for every number, all in one table.
pub(crate) struct Lists<T> {
    start: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// From pairs of a list below `lists` and an item, which keep their order; `pairs` gives the same ones twice. O(n).
    pub fn new<I: Iterator<Item = (u32, T)>>(lists: usize, pairs: impl Fn() -> I) -> Lists<T> {
        let mut start = vec![0u32; lists + 1];
        pairs().for_each(|(list, _)| start[list as usize] += 1);
        let mut sum = 0;
        for s in &mut start {
            (*s, sum) = (sum, sum + *s);
        }
        // each start moves to its end, which is where the next list starts
        let mut items = vec![T::default(); sum as usize];
        for (list, item) in pairs() {
            items[start[list as usize] as usize] = item;
            start[list as usize] += 1;
        }
        start.rotate_right(1);
        start[0] = 0;
        Lists { start, items }
    }

    pub fn of(&self, list: u32) -> &[T] {
        &self.items[self.start[list as usize] as usize..self.start[list as usize + 1] as usize]
    }

    /// All lists in order.
    pub fn split_mut(&mut self) -> Vec<&mut [T]> {
        let mut rest = &mut self.items[..];
        let mut cut = |w: &[u32]| rest.split_off_mut(..(w[1] - w[0]) as usize).unwrap_or_default();
        self.start.windows(2).map(&mut cut).collect()
    }
}

impl Divided {
    /// Borders and dividers with the faces on both sides, as a table that can be merged.
    pub fn edges(&self) -> Vec<Edge> {
        let a = &self.arrangement;
        let edge = |(e, s): (usize, &Segment<On>)| Edge { a: s.a, b: s.b, left: a.left[e], right: a.right[e], class: s.tag.class };
        a.edges.iter().enumerate().map(edge).collect()
    }

    /// Whether edge `e` is a border between regions.
    pub fn is_border(&self, e: usize) -> bool {
        self.arrangement.edges[e].tag.is_border()
    }

    /// Region that edge `e` divides and how, where it is a divider of that region and no border.
    pub fn divides(&self, e: usize) -> Option<(u32, Parts)> {
        let (a, tag) = (&self.arrangement, self.arrangement.edges[e].tag);
        let region = self.parent[a.left[e] as usize];
        (!tag.is_border() && region == self.parent[a.right[e] as usize] && (tag.only == NONE || tag.only == region))
            .then_some((region, tag.parts))
    }
}

impl Mesh {
    /// Regions from a table of edges and a label for every face; label [`OUTSIDE`] is not ours. Regions are
    /// numbered by their first edge; the second value gives the new number of every label.
    pub fn from_labels(edges: impl IntoIterator<Item = Edge>, label: impl Fn(u32) -> u32, labels: usize) -> (Mesh, Vec<u32>) {
        let mut number = vec![NONE; labels.max(1)];
        number[OUTSIDE as usize] = OUTSIDE;
        let mut regions = 1u32;
        let edges = edges.into_iter();
        let mut kept = Vec::with_capacity(edges.size_hint().0);
        for e in edges {
            let (l, r) = (label(e.left), label(e.right));
            if l == r {
                continue;
            }
            let mut of = |x: u32| {
                let n = &mut number[x as usize];
                if *n == NONE {
                    *n = regions;
                    regions += 1;
                }
                *n
            };
            kept.push(Edge { left: of(l), right: of(r), ..e });
        }
        (Mesh { edges: kept, regions: regions as usize }, number)
    }
}

/// Twice the area of regions 1 … in steps², exact.
pub(crate) fn areas2(edges: &[Edge], regions: usize) -> Vec<i128> {
    let mut area = vec![0i128; regions];
    let Some(first) = edges.first() else { return area };
    for e in edges {
        let c = cross(first.a, e.a, e.b);
        area[e.left as usize] += c;
        area[e.right as usize] -= c;
    }
    area[OUTSIDE as usize] = 0;
    area
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Steps by which a border may move.
    const STEPS: f64 = 1.0;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Where a line runs within a step or so of a border, noding lays them onto each other; regions keep their land all the same.
        #[test]
        fn lines_hard_beside_a_border_leave_regions_their_land(
            middle in prop::collection::vec(-6i64..=6, 11),
            line in prop::collection::vec((-7i64..=7, -2i64..=2), 11),
        ) {
            let pt = |x: i64, y: i64| Pt { x, y };
            let shared: Vec<Pt> = (0..).zip(&middle).map(|(i, &x)| pt(100 + x, 20 * i)).collect();
            let (bottom, top) = (shared[0], shared[10]);
            let round = |path: &[Pt], left: u32, right: u32| -> Vec<Edge> {
                let edge = |w: &[Pt]| match w[0] < w[1] {
                    true => Edge { a: w[0], b: w[1], left, right, class: 0 },
                    false => Edge { a: w[1], b: w[0], left: right, right: left, class: 0 },
                };
                path.windows(2).map(edge).collect()
            };
            let mut edges = round(&shared, 1, 2);
            edges.extend(round(&[bottom, pt(200, 0), pt(200, 200), top], 2, OUTSIDE));
            edges.extend(round(&[top, pt(0, 200), pt(0, 0), bottom], 1, OUTSIDE));
            edges.sort_unstable_by_key(|e| (e.a, e.b));
            let mesh = Mesh { edges, regions: 3 };
            let way: Vec<Pt> = (0..).zip(&line).map(|(i, &(dx, dy))| pt(100 + dx, 20 * i + dy)).collect();
            let divider = |w: &[Pt]| Divider { a: w[0], b: w[1], class: 1, parts: Parts::LAND, only: NONE };
            let lines: Vec<Divider> = way.windows(2).map(divider).collect();
            let divided = mesh.divide(&lines, &()).unwrap();
            let before = areas2(&mesh.edges, mesh.regions);
            let mut after = [0i128; 3];
            let faces = areas2(&divided.edges(), divided.parent.len());
            divided.parent.iter().zip(faces).for_each(|(&region, area2)| after[region as usize] += area2);
            let length: f64 = divided.arrangement.edges.iter().map(Segment::length).sum();
            for region in [1, 2] {
                let moved = (after[region] - before[region]).abs() as f64 / 2.0;
                prop_assert!(moved <= STEPS * length, "region {region} of {} changed by {moved}", before[region] / 2);
            }
        }
    }
}
