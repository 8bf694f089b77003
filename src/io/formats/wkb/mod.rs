//! Well-known binary of both dialects: ISO (OGC 06-103r4, types 1000 to 3017) and EWKB (flags for Z, M and the system).
//!
//! Counts are held against the bytes that are left before anything is kept, and only multi types go one level down, so
//! time and memory are bounded by a small multiple of the bytes.

use crate::io::formats::feature::{Geometry, Shape};
use geo::{Coord, LineString, Polygon};

const Z: u32 = 0x8000_0000;
const M: u32 = 0x4000_0000;
const SYSTEM: u32 = 0x2000_0000;
/// Types by number, as GeoJSON or, for the rest, the standard calls them.
const NAMES: [&str; 18] = [
    "Geometry",
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
    "CircularString",
    "CompoundCurve",
    "CurvePolygon",
    "MultiCurve",
    "MultiSurface",
    "Curve",
    "Surface",
    "PolyhedralSurface",
    "TIN",
    "Triangle",
];

/// Reads one geometry that takes all of `bytes`; Z and M are dropped, a point whose numbers are both NaN is one without position.
/// Collections and curves become [`Shape::Other`]. The error says what is wrong.
pub(in crate::io) fn read(bytes: &[u8]) -> Result<Geometry, String> {
    let mut input = Input { bytes, big: false, stride: 16 };
    let kind = input.header()?;
    let name = NAMES.get(kind as usize).copied().unwrap_or("Geometry");
    let geometry = match kind {
        1 => Geometry::points(name, input.point()?),
        2 => Geometry::lines(name, vec![input.coords()?]),
        3 => Geometry::areas(name, vec![input.rings()?]),
        4 => Geometry::points(name, input.parts(1, Input::point)?.into_iter().flatten()),
        5 => Geometry::lines(name, input.parts(2, Input::coords)?),
        6 => Geometry::areas(name, input.parts(3, Input::rings)?),
        _ => return Ok(Geometry { kind: name.into(), shape: Shape::Other, ..Geometry::default() }),
    };
    match input.bytes.len() {
        0 => Ok(geometry),
        more => Err(format!("{more} bytes follow the end of its geometry")),
    }
}

struct Input<'a> {
    bytes: &'a [u8],
    big: bool,
    /// Bytes of a position.
    stride: usize,
}

impl<'a> Input<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (head, rest) = self.bytes.split_first_chunk::<N>().ok_or_else(cut)?;
        self.bytes = rest;
        Ok(*head)
    }

    fn number(&mut self) -> Result<u32, String> {
        let bytes = self.array()?;
        Ok(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn count(&mut self, least: usize) -> Result<usize, String> {
        let n = self.number()? as usize;
        if n > self.bytes.len() / least { Err(cut()) } else { Ok(n) }
    }

    /// Byte order, type and dimensions; gives the type without dimensions.
    fn header(&mut self) -> Result<u32, String> {
        self.big = match self.array()? {
            [0] => true,
            [1] => false,
            [other] => return Err(format!("its geometry has the byte order {other}, which is neither 0 nor 1")),
        };
        let code = self.number()?;
        if code & SYSTEM != 0 {
            self.number()?;
        }
        let code_only = code & !(Z | M | SYSTEM);
        let (dimensions, kind) = (code_only / 1000, code_only % 1000);
        if dimensions > 3 || kind as usize >= NAMES.len() {
            return Err(format!("its geometry has the type {code_only}, which is not known"));
        }
        let z = code & Z != 0 || dimensions & 1 != 0;
        let m = code & M != 0 || dimensions & 2 != 0;
        self.stride = 16 + 8 * (usize::from(z) + usize::from(m));
        Ok(kind)
    }

    fn positions(&mut self, n: usize) -> Result<impl Iterator<Item = Coord<f64>> + use<'a>, String> {
        let (head, rest) = n.checked_mul(self.stride).and_then(|length| self.bytes.split_at_checked(length)).ok_or_else(cut)?;
        self.bytes = rest;
        let big = self.big;
        Ok(head.chunks_exact(self.stride).map(move |position| {
            let (x, rest) = position.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
            let y = rest.first_chunk::<8>().unwrap_or(&[0; 8]);
            let number = |b: &[u8; 8]| if big { f64::from_be_bytes(*b) } else { f64::from_le_bytes(*b) };
            Coord { x: number(x), y: number(y) }
        }))
    }

    fn point(&mut self) -> Result<Option<Coord<f64>>, String> {
        Ok(self.positions(1)?.next().filter(|c| !(c.x.is_nan() && c.y.is_nan())))
    }

    fn coords(&mut self) -> Result<Vec<Coord<f64>>, String> {
        let n = self.count(self.stride)?;
        Ok(self.positions(n)?.collect())
    }

    /// Outline and holes; holes without positions are passed over.
    fn rings(&mut self) -> Result<Vec<Vec<Coord<f64>>>, String> {
        let mut rings = Vec::new();
        for i in 0..self.count(4)? {
            let ring = self.coords()?;
            if i == 0 || !ring.is_empty() {
                rings.push(ring);
            }
        }
        Ok(rings)
    }

    fn parts<T>(&mut self, kind: u32, part: impl Fn(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut parts = Vec::new();
        for _ in 0..self.count(9)? {
            let found = self.header()?;
            if found != kind {
                return Err(format!("its geometry has parts of the type {found} where {kind} is needed"));
            }
            parts.push(part(self)?);
        }
        Ok(parts)
    }
}

fn cut() -> String {
    "its geometry is cut off".into()
}

/// Writes a shape as little-endian 2D well-known binary; `multi` makes one part a multi type too. False, and nothing written, for
/// shapes that have no form of their own ([`Shape::Missing`], [`Shape::Other`]).
pub(in crate::io) fn write(shape: &Shape, multi: bool, out: &mut Vec<u8>) -> bool {
    match shape {
        Shape::Missing | Shape::Other => return false,
        Shape::Points(points) => match points.as_slice() {
            [point] if !multi => put_point(*point, out),
            [] if !multi => put_point(Coord { x: f64::NAN, y: f64::NAN }, out),
            points => {
                put_head(4, Some(points.len()), out);
                points.iter().for_each(|point| put_point(*point, out));
            }
        },
        Shape::Lines(lines) => put_parts(&lines.0, [2, 5], multi, out, put_coords),
        Shape::Areas(areas) => put_parts(&areas.0, [3, 6], multi, out, put_rings),
    }
    true
}

/// The type that [`write`] gives a shape, as GeoJSON calls it.
pub(in crate::io) fn name(shape: &Shape, multi: bool) -> Option<&'static str> {
    let (parts, single) = match shape {
        Shape::Missing | Shape::Other => return None,
        Shape::Points(p) => (p.len().max(1), 1),
        Shape::Lines(l) => (l.0.len(), 2),
        Shape::Areas(a) => (a.0.len(), 3),
    };
    NAMES.get(if parts == 1 && !multi { single } else { single + 3 }).copied()
}

fn put_head(kind: u32, count: Option<usize>, out: &mut Vec<u8>) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
    count.into_iter().for_each(|n| put_count(n, out));
}

/// A count; memory holds no 2³² positions.
fn put_count(n: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(n as u32).to_le_bytes());
}

fn put_coord(c: Coord<f64>, out: &mut Vec<u8>) {
    out.extend_from_slice(&c.x.to_le_bytes());
    out.extend_from_slice(&c.y.to_le_bytes());
}

fn put_point(point: Coord<f64>, out: &mut Vec<u8>) {
    put_head(1, None, out);
    put_coord(point, out);
}

fn put_coords(line: &LineString<f64>, out: &mut Vec<u8>) {
    put_count(line.0.len(), out);
    line.0.iter().for_each(|c| put_coord(*c, out));
}

fn put_rings(area: &Polygon<f64>, out: &mut Vec<u8>) {
    put_count(1 + area.interiors().len(), out);
    std::iter::once(area.exterior()).chain(area.interiors()).for_each(|ring| put_coords(ring, out));
}

fn put_parts<T>(parts: &[T], [single, several]: [u32; 2], multi: bool, out: &mut Vec<u8>, put: impl Fn(&T, &mut Vec<u8>)) {
    if multi || parts.len() != 1 {
        put_head(several, Some(parts.len()), out);
    }
    for part in parts {
        put_head(single, None, out);
        put(part, out);
    }
}

#[cfg(test)]
mod tests;
