//! Writes shapefiles: `.shp`, `.shx`, `.dbf` in UTF-8, `.cpg`, and `.prj` where a reference system is given.
//!
//! An own writer, because the `shapefile` crate 0.9 refuses features without geometry beside others, and lets lengths run over. The same
//! features give the same bytes.

use crate::io::error::WriteError;
use crate::io::formats::feature::{Feature, Field, Geometry, Shape};
use crate::io::formats::shapefile::dbf_write::Columns;
use geo::{Area, Coord, LineString, Polygon};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Most bytes of a part.
const LIMIT: u64 = i32::MAX as u64;
const HEADER: u64 = 100;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::io) struct Written {
    /// Each field as it was called, and as it is called in the `.dbf`.
    pub names: Vec<(String, String)>,
    /// What could not be written as it is, each a sentence for the user.
    pub remarks: Vec<String>,
}

/// Writes the features as `name.shp` and its other parts into `folder`; cells are by position in `fields`, each field as wide as its
/// longest value. Polygons are turned as the format wants it, missing geometries become null shapes, and "" cannot be told from a missing
/// value. Fails where shapes are of several kinds or a part would pass 2 GiB; then nothing is written.
pub(in crate::io) fn write_shapefile(
    folder: &Path,
    name: &str,
    features: &[Feature<'_>],
    fields: &[Field],
    crs_wkt: Option<&str>,
) -> Result<Written, WriteError> {
    let unfit = |detail: String| WriteError::Unfit { file: format!("{name}.shp"), detail };
    let kind = kind_of(features).map_err(unfit)?;
    let columns = Columns::of(fields, features).map_err(unfit)?;
    let (mut size, mut bounds, mut buf) = (HEADER, Bounds::default(), Vec::new());
    for feature in features {
        shape(kind, &feature.geometry, &mut buf);
        size += 8 + buf.len() as u64;
        feature.geometry.positions().for_each(|c| bounds.add(c));
    }
    let table = columns.size(features.len());
    let index = HEADER + 8 * features.len() as u64;
    if let Some((part, size)) = [("shp", size), ("dbf", table), ("shx", index)].into_iter().find(|(_, size)| *size > LIMIT) {
        return Err(unfit(format!(
            "its .{part} would take {size} bytes, more than the {LIMIT} of a shapefile; divide it, or write a GeoPackage"
        )));
    }

    let part = |ext: &str| folder.join(format!("{name}.{ext}"));
    let failed = |ext: &'static str| move |cause| WriteError::File { path: folder.join(format!("{name}.{ext}")), cause };
    let create = |ext: &'static str| File::create(part(ext)).map(BufWriter::new).map_err(failed(ext));
    let (mut shp, mut shx) = (create("shp")?, create("shx")?);
    let header = |length: u64| header(kind, length, &bounds);
    shp.write_all(&header(size)).map_err(failed("shp"))?;
    shx.write_all(&header(index)).map_err(failed("shx"))?;
    let mut at = HEADER;
    for (feature, number) in features.iter().zip(1u32..) {
        shape(kind, &feature.geometry, &mut buf);
        let words = (buf.len() as u32 / 2).to_be_bytes();
        let mut write = || -> io::Result<()> {
            shp.write_all(&number.to_be_bytes())?;
            shp.write_all(&words)?;
            shp.write_all(&buf)
        };
        write().map_err(failed("shp"))?;
        let offset = (at / 2) as u32;
        shx.write_all(&offset.to_be_bytes()).and_then(|()| shx.write_all(&words)).map_err(failed("shx"))?;
        at += 8 + buf.len() as u64;
    }
    shp.flush().map_err(failed("shp"))?;
    shx.flush().map_err(failed("shx"))?;
    let mut dbf = create("dbf")?;
    columns.write(features, &mut dbf).and_then(|()| dbf.flush()).map_err(failed("dbf"))?;
    fs::write(part("cpg"), "UTF-8").map_err(failed("cpg"))?;
    if let Some(wkt) = crs_wkt {
        fs::write(part("prj"), wkt).map_err(failed("prj"))?;
    }
    Ok(Written { names: columns.names(), remarks: columns.remarks() })
}

/// The type of shape that all features fit.
fn kind_of(features: &[Feature<'_>]) -> Result<u32, String> {
    let mut found = None;
    for (feature, record) in features.iter().zip(1..) {
        let kind = match &feature.geometry.shape {
            Shape::Missing => continue,
            Shape::Points(p) if p.len() <= 1 => 1,
            Shape::Points(_) => 8,
            Shape::Lines(_) => 3,
            Shape::Areas(_) => 5,
            Shape::Other => {
                return Err(format!("record {record} is a {}, which a shapefile cannot hold; leave it out", feature.geometry.kind));
            }
        };
        found = match (found, kind) {
            (None, _) => Some(kind),
            (Some(1), 8) | (Some(8), 1) => Some(8),
            (Some(before), _) if before == kind => found,
            _ => {
                return Err(format!(
                    "record {record} is of another kind of shape than those before; write points, lines and areas each into their own shapefile"
                ));
            }
        };
    }
    Ok(found.unwrap_or(0))
}

struct Bounds([f64; 4]);

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY])
    }
}

impl Bounds {
    fn add(&mut self, c: Coord<f64>) {
        let [a, b, x, y] = self.0;
        self.0 = [a.min(c.x), b.min(c.y), x.max(c.x), y.max(c.y)];
    }
    fn put(&self, out: &mut Vec<u8>) {
        self.0.iter().for_each(|n| out.extend((if n.is_finite() { *n } else { 0.0 }).to_le_bytes()));
    }
}

fn header(kind: u32, length: u64, bounds: &Bounds) -> Vec<u8> {
    let mut out = 9994u32.to_be_bytes().to_vec();
    out.extend([0; 20]);
    out.extend(((length / 2) as u32).to_be_bytes());
    out.extend(1000u32.to_le_bytes());
    out.extend(kind.to_le_bytes());
    bounds.put(&mut out);
    out.extend([0; 32]);
    out
}

/// The content of a record; a shape without positions is a null shape.
fn shape(kind: u32, geometry: &Geometry, out: &mut Vec<u8>) {
    out.clear();
    let put =
        |ring: &[Coord<f64>], out: &mut Vec<u8>| ring.iter().for_each(|c| [c.x, c.y].iter().for_each(|n| out.extend(n.to_le_bytes())));
    let mut parts: Vec<LineString> = Vec::new();
    match &geometry.shape {
        Shape::Points(points) if !points.is_empty() => {
            out.extend(kind.to_le_bytes());
            if kind == 8 {
                bounds_of(geometry).put(out);
                out.extend((points.len() as u32).to_le_bytes());
            }
            return put(points, out);
        }
        Shape::Lines(lines) => parts.extend(lines.0.iter().filter(|l| !l.0.is_empty()).cloned()),
        Shape::Areas(areas) => areas.0.iter().filter(|a| !a.exterior().0.is_empty()).for_each(|area| {
            parts.push(turned(area.exterior(), false));
            parts.extend(area.interiors().iter().map(|hole| turned(hole, true)));
        }),
        _ => {}
    }
    if parts.is_empty() {
        return out.extend(0u32.to_le_bytes());
    }
    out.extend(kind.to_le_bytes());
    bounds_of(geometry).put(out);
    out.extend((parts.len() as u32).to_le_bytes());
    out.extend((parts.iter().map(|p| p.0.len()).sum::<usize>() as u32).to_le_bytes());
    let mut start = 0u32;
    for part in &parts {
        out.extend(start.to_le_bytes());
        start = start.wrapping_add(part.0.len() as u32);
    }
    parts.iter().for_each(|p| put(&p.0, out));
}

fn bounds_of(geometry: &Geometry) -> Bounds {
    let mut bounds = Bounds::default();
    geometry.positions().for_each(|c| bounds.add(c));
    bounds
}

/// The ring, counter-clockwise or clockwise.
fn turned(ring: &LineString, counter_clockwise: bool) -> LineString {
    let area = Polygon::new(ring.clone(), vec![]).signed_area();
    let mut ring = ring.clone();
    if (area > 0.0) != counter_clockwise && area != 0.0 {
        ring.0.reverse();
    }
    ring
}
