//! Location of points among edges that do not cross.

use super::noding::Segment;
use crate::territory::lattice::{Pt, cross};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::cmp::Ordering;

type Item = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// R-tree over edges; finds the edge under a point. O(log n) for edges of like length.
pub(crate) struct Locator {
    tree: RTree<Item>,
    bottom: f64,
    step: f64,
}

impl Locator {
    pub fn new<T>(edges: &[Segment<T>]) -> Locator {
        let items = edges
            .iter()
            .enumerate()
            .map(|(i, s)| {
                let corners = ([s.a.x as f64, s.a.y.min(s.b.y) as f64], [s.b.x as f64, s.a.y.max(s.b.y) as f64]);
                GeomWithData::new(Rectangle::from_corners(corners.0, corners.1), i as u32)
            })
            .collect();
        let tree: RTree<Item> = RTree::bulk_load(items);
        let hull = tree.root().envelope();
        let height = (hull.upper()[1] - hull.lower()[1]).max(1.0);
        Locator { bottom: hull.lower()[1], step: (height / (edges.len() as f64).sqrt().max(1.0)).max(1.0), tree }
    }

    /// The topmost edge at or below `p`, looking just east of it, among edges that `wanted` admits.
    pub fn below<T>(&self, edges: &[Segment<T>], p: Pt, wanted: impl Fn(usize) -> bool) -> Option<usize> {
        if !self.bottom.is_finite() {
            return None;
        }
        let (x, y) = (p.x as f64, p.y as f64);
        let mut reach = self.step;
        loop {
            let low = y - reach;
            let mut best: Option<usize> = None;
            for item in self.tree.locate_in_envelope_intersecting(&AABB::from_corners([x, low], [x, y])) {
                let e = item.data as usize;
                let s = &edges[e];
                let spans = s.a.x <= p.x && p.x < s.b.x;
                if spans && cross(s.a, s.b, p) >= 0 && wanted(e) && best.is_none_or(|b| higher(s, &edges[b], p.x) == Ordering::Greater) {
                    best = Some(e);
                }
            }
            // an edge found by its box may meet the column below the part looked at, with another one between
            if let Some(b) = best
                && height_at(&edges[b], p.x) >= low
            {
                return Some(b);
            }
            if low < self.bottom {
                return best;
            }
            reach *= 4.0;
        }
    }

    /// Edges that pass through `p`.
    pub fn touching<T>(&self, edges: &[Segment<T>], p: Pt) -> Vec<usize> {
        let at = [p.x as f64, p.y as f64];
        let mut on: Vec<usize> = self
            .tree
            .locate_in_envelope_intersecting(&AABB::from_corners(at, at))
            .map(|i| i.data as usize)
            .filter(|&e| cross(edges[e].a, edges[e].b, p) == 0)
            .collect();
        on.sort_unstable();
        on
    }
}

fn height_at<T>(s: &Segment<T>, x: i64) -> f64 {
    s.a.y as f64 + (s.b.y - s.a.y) as f64 * ((x - s.a.x) as f64 / (s.b.x - s.a.x) as f64)
}

/// Whether `s` runs above `o` just east of `x`; both span it. Exact.
fn higher<T>(s: &Segment<T>, o: &Segment<T>, x: i64) -> Ordering {
    let d = |s: &Segment<T>| ((s.b.x - s.a.x) as i128, (s.b.y - s.a.y) as i128);
    let ((sx, sy), (ox, oy)) = (d(s), d(o));
    let left = (s.a.y - o.a.y) as i128 * sx * ox + sy * (x - s.a.x) as i128 * ox;
    let right = oy * (x - o.a.x) as i128 * sx;
    left.cmp(&right).then_with(|| (sy * ox).cmp(&(oy * sx)))
}
