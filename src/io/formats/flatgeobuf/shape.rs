//! Geometries of FlatGeobuf: flat arrays of numbers, cut by the positions at which parts end.

use crate::io::formats::feature::{Geometry, Shape};
use flatgeobuf::{Geometry as Table, GeometryType};
use geo::Coord;

type Coords = Vec<Coord<f64>>;

/// Decodes a geometry of the type `declared` in the header, or of its own where the header leaves it open; Z and M are dropped.
pub(in crate::io) fn geometry(table: Option<Table<'_>>, declared: GeometryType) -> Result<Geometry, String> {
    let Some(table) = table else { return Ok(Geometry::default()) };
    let kind = if declared == GeometryType::Unknown { table.type_() } else { declared };
    let name = kind.variant_name().unwrap_or("Unknown");
    Ok(match kind {
        GeometryType::Point => {
            let empty = |c: &Coord<f64>| c.x.is_nan() && c.y.is_nan();
            Geometry::points(name, coords(&table)?.into_iter().filter(|c| !empty(c)))
        }
        GeometryType::MultiPoint => Geometry::points(name, coords(&table)?),
        GeometryType::LineString => Geometry::lines(name, vec![coords(&table)?]),
        GeometryType::MultiLineString => Geometry::lines(name, parts(&table)?),
        GeometryType::Polygon => Geometry::areas(name, vec![parts(&table)?]),
        // one part may be written as a plain polygon
        GeometryType::MultiPolygon => match table.parts() {
            Some(areas) => Geometry::areas(name, areas.iter().map(|area| parts(&area)).collect::<Result<_, _>>()?),
            None => Geometry::areas(name, vec![parts(&table)?]),
        },
        _ => Geometry { kind: name.into(), shape: Shape::Other, ..Geometry::default() },
    })
}

fn coords(table: &Table<'_>) -> Result<Coords, String> {
    let numbers = table.xy().map(|xy| xy.bytes()).unwrap_or_default();
    let (pairs, rest) = numbers.as_chunks::<16>();
    if !rest.is_empty() {
        return Err("its geometry has an odd count of numbers".into());
    }
    let number = |bytes: &[u8]| bytes.first_chunk().map_or(f64::NAN, |b| f64::from_le_bytes(*b));
    Ok(pairs.iter().map(|pair| Coord { x: number(&pair[..8]), y: number(&pair[8..]) }).collect())
}

/// Parts by their ends; all positions are one part where there are none.
fn parts(table: &Table<'_>) -> Result<Vec<Coords>, String> {
    let all = coords(table)?;
    let Some(ends) = table.ends().filter(|ends| !ends.is_empty()) else { return Ok(vec![all]) };
    let (mut parts, mut start) = (Vec::new(), 0);
    for end in ends.iter() {
        let part = all.get(start..end as usize).ok_or("its geometry has parts that end before they begin, or after all numbers")?;
        parts.push(part.to_vec());
        start = end as usize;
    }
    if start < all.len() {
        return Err("its geometry has positions after the end of its last part".into());
    }
    Ok(parts)
}
