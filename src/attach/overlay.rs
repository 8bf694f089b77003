//! Second keys: the area that a place lies in (R17).

use crate::territory::lattice::{Pt, Side, side_of_rings};
use geo::MultiPolygon;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// Areas by place.
pub struct Overlay {
    ids: Vec<String>,
    rings: Vec<Vec<Vec<Pt>>>,
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
}

impl Overlay {
    /// Indexes areas in degrees. O(n log n) for n areas.
    pub fn new(areas: Vec<(String, MultiPolygon<f64>)>) -> Overlay {
        let (mut ids, mut rings, mut boxes) = (Vec::new(), Vec::new(), Vec::new());
        for (id, land) in areas {
            let lines = land.0.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
            let own: Vec<Vec<Pt>> = lines.map(|r| r.0.iter().filter_map(|c| Pt::from_lon_lat(c.x, c.y)).collect()).collect();
            let mut corners = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
            for p in own.iter().flatten() {
                for (axis, v) in [p.x as f64, p.y as f64].into_iter().enumerate() {
                    (corners[0][axis], corners[1][axis]) = (corners[0][axis].min(v), corners[1][axis].max(v));
                }
            }
            if corners[0][0].is_finite() {
                boxes.push(GeomWithData::new(Rectangle::from_corners(corners[0], corners[1]), ids.len() as u32));
                ids.push(id);
                rings.push(own);
            }
        }
        Overlay { ids, rings, tree: RTree::bulk_load(boxes) }
    }

    /// Id of the area that a place in degrees lies in or on; of several the first. O(log n) and the vertices of the areas around it.
    pub fn find(&self, place: [f64; 2]) -> Option<&str> {
        let p = Pt::from_lon_lat(place[0], place[1])?;
        let at = [p.x as f64, p.y as f64];
        let near = self.tree.locate_in_envelope_intersecting(&AABB::from_corners(at, at)).map(|b| b.data as usize);
        let inside = near.filter(|&a| side_of_rings(&self.rings[a], p) != Side::Outside);
        inside.min().map(|a| self.ids[a].as_str())
    }
}
