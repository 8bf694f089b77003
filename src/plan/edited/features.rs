//! Which grid every polygon of a file is.

use crate::finding::{Finding, Severity};
use crate::plan::boxes::Boxes;
use crate::plan::check::{mended, united};
use crate::plan::{AsFound, GridAsFound, Plan};
use crate::territory::lattice::{Plane, Pt};
use geo::orient::{Direction, Orient};
use geo::{BoundingRect, Intersects, MultiPolygon, Point, Polygon, Rect};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The grids of a file by label.
pub(super) struct Features {
    /// Names of those that are new, in order of their labels.
    pub fresh: Vec<String>,
    /// Labels of the file, rising.
    pub labels: Vec<u32>,
    /// Their land in metres, valid.
    pub land: Vec<MultiPolygon<f64>>,
    /// Pieces of their borders on the lattice, each once, with the lower end first.
    pub borders: BTreeSet<(Pt, Pt)>,
    boxes: Boxes,
}

impl Features {
    /// Joins what has one id. O(n log n) for n positions.
    pub fn new(old: &Plan, found: &AsFound, plane: &Plane, findings: &mut Vec<Finding>) -> Features {
        let known: BTreeMap<&str, u32> = old.grids.iter().enumerate().map(|(i, g)| (g.grid_id.as_str(), i as u32)).collect();
        let (mut fresh, mut named): (Vec<String>, BTreeMap<&str, u32>) = (Vec::new(), BTreeMap::new());
        let mut by_label: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (i, g) in found.grids.iter().enumerate() {
            let new = |fresh: &mut Vec<String>, name: String| {
                fresh.push(name);
                (old.grids.len() + fresh.len() - 1) as u32
            };
            let label = match (g.grid_id.as_str(), known.get(g.grid_id.as_str())) {
                (_, Some(label)) => *label,
                // features without id are not one grid
                ("", None) => new(&mut fresh, format!("record-{}", i + 1)),
                (id, None) => *named.entry(id).or_insert_with(|| new(&mut fresh, id.to_string())),
            };
            by_label.entry(label).or_default().push(i);
        }
        for own in by_label.values().filter(|own| own.len() > 1) {
            let message = format!("{} features have this id and are one grid; to split it, clear the id of the others", own.len());
            let finding = Finding::new(Severity::Warning, "grid-joined", message).id(&found.grids[own[0]].grid_id);
            findings.push(finding.measured(own.len() as f64).limit(1.0));
        }
        let mend = |g: &GridAsFound| {
            let (land, fault) = mended(&g.land, plane);
            // parts of one grid may touch
            let alone = |p: &Polygon<f64>| mended(&MultiPolygon(vec![p.clone()]), plane).1;
            (land, fault.and_then(|_| g.land.iter().find_map(alone)))
        };
        let whole: Vec<(MultiPolygon<f64>, Option<String>)> = found.grids.par_iter().map(mend).collect();
        for (g, (_, fault)) in found.grids.iter().zip(&whole) {
            let Some(fault) = fault else { continue };
            let message = format!("{fault}; the grid was taken as the union of its polygons");
            let finding = Finding::new(Severity::Warning, "geometry-invalid", message).id(&g.grid_id);
            findings.push(Finding { place: g.land.bounding_rect().map(|r| r.center().into()), ..finding });
        }
        let joined = |own: &Vec<usize>| match own[..] {
            [one] => whole[one].0.clone(),
            _ => united(&own.iter().map(|&i| &whole[i].0).collect::<Vec<_>>()).orient(Direction::Default),
        };
        let land: Vec<MultiPolygon<f64>> = by_label.par_iter().map(|(_, own)| joined(own)).collect();
        let boxes = Boxes::new(land.iter());
        let borders = found.grids.iter().flat_map(|g| &g.land).flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        let piece = |l: geo::Line<f64>| {
            let (a, b) = (Pt::from_lon_lat(l.start.x, l.start.y)?, Pt::from_lon_lat(l.end.x, l.end.y)?);
            (a != b).then(|| (a.min(b), a.max(b)))
        };
        let borders = borders.flat_map(|r| r.lines().filter_map(piece)).collect();
        Features { fresh, labels: by_label.into_keys().collect(), land, borders, boxes }
    }

    /// Positions of grids whose boxes meet this one.
    pub fn near(&self, of: Option<Rect<f64>>) -> Vec<usize> {
        self.boxes.meeting(of)
    }

    /// Positions of grids at a place in metres, among those at `near`; on a border all that touch it.
    pub fn at(&self, near: &[usize], at: [f64; 2]) -> Vec<usize> {
        near.iter().copied().filter(|&i| self.land[i].intersects(&Point::from(at))).collect()
    }
}
