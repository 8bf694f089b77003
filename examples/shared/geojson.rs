//! Generated places as GeoJSON text: one feature a line, WGS 84, seven decimals.

#![allow(dead_code)]

use super::P;
use std::fmt::Display;

/// The reference point of the plane, and the metres in a degree around it.
const ORIGIN: P = [113.2, 30.3];
const METRES_PER_DEGREE: P = [96_194.9, 110_857.5];

/// A geometry on the plane.
pub enum Geometry {
    Point(P),
    Line(Vec<P>),
    Polygon(Vec<Vec<P>>),
    MultiPolygon(Vec<Vec<Vec<P>>>),
}

impl Geometry {
    fn text(&self) -> String {
        let (kind, coordinates) = match self {
            Geometry::Point(p) => ("Point", point(p)),
            Geometry::Line(l) => ("LineString", line(l)),
            Geometry::Polygon(p) => ("Polygon", list(p, |r| line(r))),
            Geometry::MultiPolygon(m) => ("MultiPolygon", list(m, |p| list(p, |r| line(r)))),
        };
        format!(r#"{{"type":"{kind}","coordinates":{coordinates}}}"#)
    }
}

/// A feature with its properties, a JSON object.
pub fn feature(id: Option<&str>, properties: impl Display, geometry: &Geometry) -> String {
    let own = id.map_or(String::new(), |id| format!(r#""id":"{id}","#));
    format!(r#"{{"type":"Feature",{own}"properties":{properties},"geometry":{}}}"#, geometry.text())
}

/// What stands before the features of a collection, which commas and line ends part, …
pub fn head(name: &str) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"name\":\"{name}\",\"features\":[\n")
}

/// … and what stands after them.
pub const TAIL: &str = "\n]}\n";

/// Longitude and latitude of a place on the plane.
pub fn degrees(p: &P) -> P {
    [ORIGIN[0] + p[0] / METRES_PER_DEGREE[0], ORIGIN[1] + p[1] / METRES_PER_DEGREE[1]]
}

fn point(p: &P) -> String {
    let [lon, lat] = degrees(p);
    format!("[{lon:.7},{lat:.7}]")
}

fn line(points: &[P]) -> String {
    list(points, point)
}

fn list<T>(items: &[T], one: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(one).collect::<Vec<_>>().join(","))
}
