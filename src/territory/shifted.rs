//! Layers that lie beside the roads by as much as GCJ-02 or BD-09 is off WGS 84.

use super::layers::{Layers, LineRecord, Origin};
use crate::crs::china::in_gcj02_box;
use crate::crs::shift::{Linework, along};
use crate::finding::{Finding, Severity};
use geo::{CoordsIter, LineString, MultiPolygon};
use rayon::prelude::*;

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
    let roads = Linework::new(points_along(&lines(&layers.roads)));
    let others = [
        (layers.divisions.first().map(|d| d.origin), rings(layers.divisions.iter().map(|d| &d.land))),
        (layers.water_lines.first().map(|l| l.origin), lines(&layers.water_lines)),
        (layers.rail.first().map(|l| l.origin), lines(&layers.rail)),
        (layers.landuse.first().map(|a| a.origin), rings(layers.landuse.iter().map(|a| &a.land))),
    ];
    let along = others.par_iter().map(|(origin, lines)| Some(((*origin)?, roads.looks_shifted(points_along(lines).into_iter())?)));
    let mut found: Vec<_> = along.collect();
    let houses = || Some((layers.households.first()?.origin, roads.looks_shifted(layers.households.iter().map(|h| h.at))?));
    found.push(houses());
    found.into_iter().flatten().map(|(origin, shift)| told(layers, origin, &shift)).collect()
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

fn lines(records: &[LineRecord]) -> Vec<&LineString<f64>> {
    records.iter().flat_map(|r| r.line.iter()).collect()
}

fn rings<'a>(land: impl Iterator<Item = &'a MultiPolygon<f64>>) -> Vec<&'a LineString<f64>> {
    land.flatten().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())).collect()
}

fn points_along(lines: &[&LineString<f64>]) -> Vec<[f64; 2]> {
    let metres = |l: geo::Line<f64>| (l.dx() * l.start.y.to_radians().cos()).hypot(l.dy()) * DEGREE_M;
    let lengths: Vec<f64> = lines.par_iter().map(|l| l.lines().map(metres).sum()).collect();
    let step = STEP_M.max(lengths.iter().sum::<f64>() / MOST);
    lines.par_iter().flat_map_iter(|l| along(&l.0.iter().map(|c| [c.x, c.y]).collect::<Vec<_>>(), step)).collect()
}
