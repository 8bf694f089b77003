//! Location of points among edges that do not cross.

use super::grid::{Grid, MARGIN};
use super::noding::Segment;
use crate::territory::lattice::{Pt, cross};
use std::cmp::Ordering;
use std::sync::OnceLock;

/// A grid over edges, made when it is first asked; finds the edge under a point. Expected O(1) for edges of like length.
#[derive(Default)]
pub(crate) struct Locator(OnceLock<Grid>);

impl Locator {
    pub fn grid<T: Sync>(&self, edges: &[Segment<T>]) -> &Grid {
        // made outside the lock: a thread that waits for others of the pool may be handed work that asks for the grid
        self.0.get().unwrap_or_else(|| {
            let grid = Grid::new(edges.len(), |i| (edges[i].a, edges[i].b));
            self.0.get_or_init(|| grid)
        })
    }

    /// The topmost edge at or below `p`, looking just east of it, among edges that `wanted` admits.
    pub fn below<T: Sync>(&self, edges: &[Segment<T>], p: Pt, wanted: impl Fn(usize) -> bool) -> Option<usize> {
        self.down(edges, p, wanted, |_| false).ok().flatten()
    }

    /// The same, unless a cell that is `known` comes first; that cell then.
    pub fn down<T: Sync>(
        &self,
        edges: &[Segment<T>],
        p: Pt,
        wanted: impl Fn(usize) -> bool,
        known: impl Fn(u32) -> bool,
    ) -> Result<Option<usize>, u32> {
        let grid = self.grid(edges);
        let mut best: Option<(usize, f64)> = None;
        for (cell, bottom) in grid.downward(p) {
            if best.is_none() && known(cell) {
                return Err(cell);
            }
            for &e in grid.items(cell) {
                let (e, s) = (e as usize, &edges[e as usize]);
                let spans = s.a.x <= p.x && p.x < s.b.x;
                if spans && cross(s.a, s.b, p) >= 0 && wanted(e) {
                    let height = height_at(s, p.x);
                    // heights are off by far less than a step
                    let above = |(b, h): (usize, f64)| height > h + 1.0 || (height > h - 1.0 && higher(s, &edges[b], p.x).is_gt());
                    if best.is_none_or(above) {
                        best = Some((e, height));
                    }
                }
            }
            // an edge listed here may pass the column below this cell, with another one between
            if best.is_some_and(|(_, height)| height >= bottom as f64 + 1.0) {
                break;
            }
        }
        Ok(best.map(|b| b.0))
    }

    /// Edges within [`MARGIN`] steps of `p`, or hardly farther, in order.
    pub fn beside<T: Sync>(&self, edges: &[Segment<T>], p: Pt) -> impl Iterator<Item = usize> {
        let near = move |&e: &usize| {
            let s = &edges[e];
            let (low, high) = (s.a.y.min(s.b.y), s.a.y.max(s.b.y));
            let in_box = s.a.x - MARGIN <= p.x && p.x <= s.b.x + MARGIN && low - MARGIN <= p.y && p.y <= high + MARGIN;
            in_box && cross(s.a, s.b, p).abs() <= MARGIN as i128 * (s.b.x - s.a.x + high - low) as i128
        };
        let grid = self.grid(edges);
        grid.items(grid.cell_of(p)).iter().map(|&e| e as usize).filter(near)
    }

    /// Edges that pass through `p`, in order.
    pub fn touching<T: Sync>(&self, edges: &[Segment<T>], p: Pt) -> Vec<usize> {
        let through = |s: &Segment<T>| {
            let (low, high) = (s.a.y.min(s.b.y), s.a.y.max(s.b.y));
            s.a.x <= p.x && p.x <= s.b.x && low <= p.y && p.y <= high && cross(s.a, s.b, p) == 0
        };
        let grid = self.grid(edges);
        let near = grid.items(grid.cell_of(p)).iter().map(|&e| e as usize);
        near.filter(|&e| through(&edges[e])).collect()
    }
}

/// Land told apart by its borders: which label holds a place.
pub struct Labels<L> {
    edges: Vec<Segment<[Option<L>; 2]>>,
    locator: Locator,
}

impl<L: Copy + Ord + Sync> Labels<L> {
    /// From borders that do not cross, each with its ends and the labels left and right of the way from the first to the second. O(n).
    pub fn new(borders: impl Iterator<Item = (Pt, Pt, [Option<L>; 2])>) -> Labels<L> {
        let direct = |(a, b, [left, right]): (Pt, Pt, [Option<L>; 2])| {
            if a < b { Segment { a, b, tag: [left, right] } } else { Segment { a: b, b: a, tag: [right, left] } }
        };
        let labels = Labels { edges: borders.map(direct).collect(), locator: Locator::default() };
        // now, so that nobody waits for it later
        labels.locator.grid(&labels.edges);
        labels
    }

    /// The label that holds `p`. On a border it is the one above, on a vertical one that to the east; where that is outside, the
    /// one on the other side. Expected O(1) for borders of like length.
    pub fn at(&self, p: Pt) -> Option<L> {
        let east_end = || self.locator.touching(&self.edges, p).into_iter().filter_map(|e| self.edges[e].tag.into_iter().max()?).max();
        let Some(e) = self.locator.below(&self.edges, p, |_| true) else { return east_end() };
        let s = &self.edges[e];
        match s.tag {
            [Some(up), _] => Some(up),
            [None, down] if cross(s.a, s.b, p) == 0 => down,
            [None, _] => east_end(),
        }
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
