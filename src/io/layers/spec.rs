//! The layers there are, and what each may hold.

use crate::io::formats::feature::Shape;
use crate::recipe::{LayerMap, LayerSource};

/// What a layer may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Areas,
    Lines,
    LinesAndAreas,
    Points,
    PointsAndAreas,
}

impl Holds {
    pub fn takes(self, shape: &Shape) -> bool {
        match shape {
            Shape::Areas(_) => matches!(self, Holds::Areas | Holds::LinesAndAreas | Holds::PointsAndAreas),
            Shape::Lines(_) => matches!(self, Holds::Lines | Holds::LinesAndAreas),
            Shape::Points(_) => matches!(self, Holds::Points | Holds::PointsAndAreas),
            Shape::Missing | Shape::Other => false,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Holds::Areas => "polygons",
            Holds::Lines => "lines",
            Holds::LinesAndAreas => "lines and polygons",
            Holds::Points => "points",
            Holds::PointsAndAreas => "points and polygons",
        }
    }
}

/// A layer: what it holds, and for each of our properties the names it may have where the recipe does
/// not name it. The first of them is the one a recipe uses.
pub(super) struct Spec<'m> {
    pub layer: &'static str,
    pub source: &'m LayerSource,
    pub holds: Holds,
    pub fields: &'static [&'static [&'static str]],
}

pub(super) fn specs(map: &LayerMap) -> [Spec<'_>; 10] {
    const CLASS: &[&str] = &["class", "kind", "highway"];
    const WATER: &[&str] = &["kind", "waterway", "water", "natural", "class"];
    const RAIL: &[&str] = &["kind", "railway", "class"];
    // the last is what a shapefile keeps of the first
    const LEVEL: &[&str] = &["admin_level", "level", "admin_leve"];
    const POI: &[&[&str]] = &[&["id"], &["kind"], &["weight"], &["settlement"], &["radius_m"]];
    const CUSTOMER: &[&[&str]] = &[&["id"], &["kind"], &["weight"], &["settlement"], &["class"], &["visits"]];
    let spec = |layer, source, holds, fields| Spec { layer, source, holds, fields };
    [
        spec(
            "admin",
            &map.admin,
            Holds::Areas,
            &[&["id"], LEVEL, &["scheme"], &["name"], &["parent"], &["partial"], &["code"], &["reports_to"]],
        ),
        spec("study_area", &map.study_area, Holds::Areas, &[&["id"], &["kind"], &["name"]]),
        spec("roads", &map.roads, Holds::Lines, &[&["id"], CLASS, &["name"], &["tunnel"], &["bridge"], &["layer"]]),
        spec("water", &map.water, Holds::LinesAndAreas, &[&["id"], WATER, &["name"], &["tunnel"], &["bridge"], &["layer"]]),
        spec("rail", &map.rail, Holds::Lines, &[&["id"], RAIL, &["name"], &["tunnel"], &["bridge"], &["layer"]]),
        spec("households", &map.households, Holds::Points, CUSTOMER),
        spec("landuse", &map.landuse, Holds::Areas, &[&["id"], &["kind", "landuse", "class"], &["name"], &["expected_load", "expected_l"]]),
        spec("pois", &map.pois, Holds::Points, POI),
        spec(
            "base_stations",
            &map.base_stations,
            Holds::PointsAndAreas,
            &[&["id"], &["name"], &["azimuth"], &["beam_width", "beamwidth"], &["radius_m"], &["indoor"], &["tunnel"]],
        ),
        spec("locks", &map.locks, Holds::PointsAndAreas, &[&["id"], &["lock", "kind"], &["group"]]),
    ]
}

/// Properties of a layer with the names that they may have, ours first.
pub(in crate::io) fn properties(layer: &str) -> &'static [&'static [&'static str]] {
    let map = crate::recipe::Recipe::default().layers;
    specs(&map).iter().find(|s| s.layer == layer).map_or(&[], |s| s.fields)
}

/// Our property names of a layer, the ones a recipe may map.
#[cfg(test)]
pub(in crate::io) fn property_names(map: &LayerMap) -> Vec<(&'static str, Vec<&'static str>)> {
    specs(map).iter().map(|s| (s.layer, s.fields.iter().map(|names| names[0]).collect())).collect()
}
