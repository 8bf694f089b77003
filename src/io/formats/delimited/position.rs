//! Positions in tables of text: which columns hold them, and how they are written.

use crate::io::formats::feature::{Geometry, Shape};
use geo::Coord;
use wkt::Wkt;
use wkt::types as w;

/// Pairs of column names that mean east and north, the likeliest first; in lower case.
const PAIRS: [(&str, &str); 11] = [
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
    ("longitude", "latitude"),
    ("经度", "纬度"),
    ("东经", "北纬"),
    ("x", "y"),
    ("point_x", "point_y"),
    ("lon", "latitude"),
    ("x坐标", "y坐标"),
    ("easting", "northing"),
];
/// Columns with a geometry as well-known text.
const TEXTS: [&str; 4] = ["wkt", "the_geom", "geometry", "geom"];
/// Longest text of a position that is quoted.
const QUOTED: usize = 40;

/// Where the header has the usual names of a position, likeliest first.
pub(in crate::io) fn pairs(names: &[String]) -> Vec<(usize, usize)> {
    let at = |wanted: &str| names.iter().position(|n| n.to_lowercase() == wanted);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for pair in PAIRS.iter().filter_map(|(x, y)| at(x).zip(at(y))) {
        if !found.contains(&pair) {
            found.push(pair);
        }
    }
    found
}

/// The column with well-known text, by its usual names.
pub(in crate::io) fn text_column(names: &[String]) -> Option<usize> {
    TEXTS.iter().find_map(|wanted| names.iter().position(|n| n.to_lowercase() == *wanted))
}

/// A number, or degrees with minutes and seconds: `118.775`, `118°46'30"`, `118°46′30.5″E`, `东经118度46分30秒`.
pub(in crate::io) fn coordinate(text: &str) -> Option<f64> {
    let text = text.trim();
    text.parse().ok().or_else(|| degrees(text))
}

fn degrees(text: &str) -> Option<f64> {
    let mut sign = 1.0;
    let mut rest = text;
    for (mark, turn) in [("东经", 1.0), ("北纬", 1.0), ("西经", -1.0), ("南纬", -1.0), ("E", 1.0), ("N", 1.0), ("W", -1.0), ("S", -1.0)]
    {
        let marked = rest.strip_prefix(mark).or_else(|| rest.strip_suffix(mark)).or_else(|| rest.strip_suffix(&mark.to_lowercase()));
        if let Some(inner) = marked {
            (rest, sign) = (inner.trim(), turn);
            break;
        }
    }
    if let Some(positive) = rest.strip_prefix('-') {
        (rest, sign) = (positive, -sign);
    }
    let plain = |s: &str| s.trim().bytes().all(|b| b.is_ascii_digit() || b == b'.').then(|| s.trim().parse::<f64>().ok()).flatten();
    let (whole, rest) = rest.split_once(['°', 'º', '度'])?;
    let (mut value, mut rest) = (plain(whole)?, rest.trim());
    for (marks, unit) in [(&['\'', '′', '’', '分'][..], 60.0), (&['"', '″', '”', '秒'][..], 3600.0)] {
        if rest.is_empty() {
            break;
        }
        // two single marks stand for a double one
        let (part, after) = if unit > 60.0 { rest.split_once("''").or_else(|| rest.split_once(marks)) } else { rest.split_once(marks) }?;
        value += plain(part).filter(|p| *p < 60.0)? / unit;
        rest = after.trim();
    }
    rest.is_empty().then_some(sign * value)
}

/// A point of two cells. Without numbers in both there is no shape; the kind then says what stood there, unless both are empty.
pub(in crate::io) fn point(x: &str, y: &str) -> Geometry {
    if x.is_empty() && y.is_empty() {
        return Geometry::default();
    }
    match (coordinate(x), coordinate(y)) {
        (Some(x), Some(y)) => Geometry::points("Point", [Coord { x, y }]),
        _ => Geometry { kind: format!("position '{}', '{}' that is no pair of numbers", short(x), short(y)).into(), ..Geometry::default() },
    }
}

fn short(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// A geometry of well-known text; no shape where it is none, the kind then says what stood there.
pub(in crate::io) fn of_text(text: &str) -> Geometry {
    let unknown = || Geometry { kind: format!("'{}' that is no well-known text", short(text)).into(), ..Geometry::default() };
    if text.is_empty() {
        return Geometry::default();
    }
    // collections nest without bound, and are of no use
    if text.get(..18).is_some_and(|t| t.eq_ignore_ascii_case("GEOMETRYCOLLECTION")) {
        return Geometry { kind: "GeometryCollection".into(), shape: Shape::Other, ..Geometry::default() };
    }
    let Ok(parsed) = text.parse::<Wkt<f64>>() else { return unknown() };
    let polygon = |p: &w::Polygon<f64>| p.rings().iter().map(line).collect::<Vec<_>>();
    match &parsed {
        Wkt::Point(p) => Geometry::points("Point", p.coord().map(coord)),
        Wkt::MultiPoint(p) => Geometry::points("MultiPoint", p.points().iter().filter_map(|p| p.coord().map(coord))),
        Wkt::LineString(l) => Geometry::lines("LineString", vec![line(l)]),
        Wkt::MultiLineString(l) => Geometry::lines("MultiLineString", l.line_strings().iter().map(line).collect()),
        Wkt::Polygon(p) => Geometry::areas("Polygon", vec![polygon(p)]),
        Wkt::MultiPolygon(p) => Geometry::areas("MultiPolygon", p.polygons().iter().map(polygon).collect()),
        _ => Geometry { kind: "GeometryCollection".into(), shape: Shape::Other, ..Geometry::default() },
    }
}

fn coord(c: &w::Coord<f64>) -> Coord<f64> {
    Coord { x: c.x, y: c.y }
}

fn line(l: &w::LineString<f64>) -> Vec<Coord<f64>> {
    l.coords().iter().map(coord).collect()
}
