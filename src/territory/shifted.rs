//! Layers that lie beside the roads by as much as GCJ-02 or BD-09 is off WGS 84.

use super::layers::{Layers, LineRecord, Origin};
use crate::crs::china::in_gcj02_box;
use crate::crs::shift::{along, looks_shifted};
use crate::finding::{Finding, Severity};
use geo::{CoordsIter, LineString, MultiPolygon};

/// Positions are taken along lines at this distance, m.
const STEP_M: f64 = 10.0;
/// Positions of the roads that are looked at, at most; beyond, they are farther apart.
const MOST: f64 = 400_000.0;
/// Metres of a degree of latitude, about.
const DEGREE_M: f64 = 111_195.0;

/// One finding (`layers-apart`) for every layer that would lie on the roads, or beside them as houses do, if it were in another of these systems.
///
/// O(n log n) for n positions along lines, which are some 400,000 at most; nothing where the roads are not in China.
pub(super) fn shifted(layers: &Layers) -> Vec<Finding> {
    let in_china = layers.roads.iter().flat_map(|r| r.line.coords_iter()).next().is_some_and(|c| in_gcj02_box([c.x, c.y]));
    if !in_china {
        return Vec::new();
    }
    let roads = points_along(lines(&layers.roads).collect());
    let areas = |land: &MultiPolygon<f64>| {
        land.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())).cloned().collect::<Vec<_>>()
    };
    let rings = |all: &mut dyn Iterator<Item = &MultiPolygon<f64>>| points_along(all.flat_map(areas).collect::<Vec<_>>().iter().collect());
    let others = [
        (layers.divisions.first().map(|d| d.origin), rings(&mut layers.divisions.iter().map(|d| &d.land))),
        (layers.water_lines.first().map(|l| l.origin), points_along(lines(&layers.water_lines).collect())),
        (layers.rail.first().map(|l| l.origin), points_along(lines(&layers.rail).collect())),
        (layers.landuse.first().map(|a| a.origin), rings(&mut layers.landuse.iter().map(|a| &a.land))),
        (layers.households.first().map(|h| h.origin), layers.households.iter().map(|h| h.at).collect()),
    ];
    let found = others.into_iter().filter_map(|(origin, points)| Some((origin?, looks_shifted(&points, &roads)?)));
    found.map(|(origin, shift)| told(layers, origin, &shift)).collect()
}

fn told(layers: &Layers, origin: Origin, shift: &crate::crs::shift::Shift) -> Finding {
    let message = format!(
        "beside the roads ({}), which are the second layer here: {shift} Say the crs of the one that is not WGS 84 in the recipe, such as crs = \"GCJ-02\"",
        layers.roads.first().map_or("", |r| layers.file(r.origin))
    );
    let [east, north] = shift.offset;
    let finding = Finding::new(Severity::Warning, "layers-apart", message).file(layers.file(origin));
    finding.measured(east.hypot(north).round()).limit(0.0)
}

fn lines(records: &[LineRecord]) -> impl Iterator<Item = &LineString<f64>> {
    records.iter().flat_map(|r| r.line.iter())
}

fn points_along(lines: Vec<&LineString<f64>>) -> Vec<[f64; 2]> {
    let metres = |l: geo::Line<f64>| (l.dx() * l.start.y.to_radians().cos()).hypot(l.dy()) * DEGREE_M;
    let length: f64 = lines.iter().flat_map(|l| l.lines()).map(metres).sum();
    let step = STEP_M.max(length / MOST);
    lines.into_iter().flat_map(|l| along(&l.0.iter().map(|c| [c.x, c.y]).collect::<Vec<_>>(), step)).collect()
}
