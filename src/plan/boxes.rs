//! Polygons by their boxes.

use geo::{BoundingRect, MultiPolygon, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// Boxes of land by position.
pub(super) struct Boxes(RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>);

impl Boxes {
    /// O(n log n).
    pub fn new<'l>(land: impl Iterator<Item = &'l MultiPolygon<f64>>) -> Boxes {
        let item =
            |(i, r): (usize, Option<Rect<f64>>)| r.map(|r| GeomWithData::new(Rectangle::from_corners(r.min().into(), r.max().into()), i));
        Boxes(RTree::bulk_load(land.map(|l| l.bounding_rect()).enumerate().filter_map(item).collect()))
    }

    /// Positions of boxes that meet this one, in order; nothing meets none.
    pub fn meeting(&self, r: Option<Rect<f64>>) -> Vec<usize> {
        let Some(r) = r else { return Vec::new() };
        let near = self.0.locate_in_envelope_intersecting(&AABB::from_corners(r.min().into(), r.max().into()));
        let mut near: Vec<usize> = near.map(|b| b.data).collect();
        near.sort_unstable();
        near
    }

    /// Positions of boxes around a place, in order.
    pub fn around(&self, at: [f64; 2]) -> Vec<usize> {
        self.meeting(Some(Rect::new(at, at)))
    }
}
