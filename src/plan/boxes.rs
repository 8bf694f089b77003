//! Shapes by their boxes.

use geo::{BoundingRect, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// Boxes of shapes by position.
pub(super) struct Boxes(RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>);

impl Boxes {
    /// O(n log n).
    pub fn new<'l, S: BoundingRect<f64> + 'l>(shapes: impl Iterator<Item = &'l S>) -> Boxes {
        let item = |(i, shape): (usize, &S)| {
            let r = shape.bounding_rect().into()?;
            Some(GeomWithData::new(Rectangle::from_corners(r.min().into(), r.max().into()), i))
        };
        Boxes(RTree::bulk_load(shapes.enumerate().filter_map(item).collect()))
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
