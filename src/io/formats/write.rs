//! Features into files, in the format of a name's ending.

use super::Format;
use super::feature::{Cell, Feature, Field, Geometry, Shape};
use crate::crs::Crs;
use crate::io::error::WriteError;
use crate::io::folder::{beside, put};
use crate::io::{Aside, write_atomic};
use geo::{Coord, LineString, Polygon};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Features of one table, to be written.
pub(in crate::io) struct Table<'t> {
    pub name: &'t str,
    pub fields: &'t [Field],
    pub features: Cow<'t, [Feature<'static>]>,
}

/// Moment that a GeoPackage gives as that of its last change: no clock is read.
#[cfg(feature = "geopackage")]
const NO_CLOCK: &str = "1970-01-01T00:00:00.000Z";

/// Writes tables to `path`; what could not be written as it is comes back, each a sentence. Positions are written as they are, `crs` says what they mean.
pub(in crate::io) fn write(format: Format, path: &Path, tables: &[Table<'_>], crs: &Crs) -> Result<Vec<String>, WriteError> {
    if format == Format::GeoPackage {
        return geopackage(path, tables, crs);
    }
    let [table] = tables else {
        return Err(unfit(path, format!("a {} holds one table, there are {}", format.name(), tables.len())));
    };
    match format {
        Format::Shapefile => shapefiles(path, table, crs),
        Format::GeoParquet => geoparquet(path, table, crs).map(|()| Vec::new()),
        Format::GeoJson => geojson(path, table, crs).map(|()| Vec::new()),
        Format::Delimited => delimited(path, table).map(|()| undeclared(path, crs, crs.code() == Some(4326))),
        Format::GeoPackage | Format::FlatGeobuf | Format::Kml => Err(unfit(path, format!("{} is not written", format.name()))),
    }
}

/// What a reader of a file has to be told that cannot say its system.
fn undeclared(path: &Path, crs: &Crs, said: bool) -> Vec<String> {
    let name = path.file_name().map_or_else(Default::default, |n| n.to_string_lossy().into_owned());
    if said { Vec::new() } else { vec![format!("{name} cannot say that its positions are in {crs}; say crs = \"{crs}\" where it is read")] }
}

fn unfit(path: &Path, detail: String) -> WriteError {
    WriteError::Unfit { file: path.display().to_string(), detail }
}

/// Has a file written beside its place and puts it there when it is whole.
fn aside(path: &Path, write: impl FnOnce(&Path) -> Result<(), WriteError>) -> Result<(), WriteError> {
    let temporary = beside(path)?;
    let _ = fs::remove_file(&temporary);
    let done = write(&temporary).and_then(|()| put(&temporary, path).map_err(|cause| WriteError::File { path: path.to_path_buf(), cause }));
    if done.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    done
}

#[cfg(not(feature = "geopackage"))]
fn geopackage(path: &Path, _: &[Table<'_>], _: &Crs) -> Result<Vec<String>, WriteError> {
    Err(unfit(path, "this build does not write GeoPackage; build with the feature 'geopackage'".into()))
}

#[cfg(feature = "geopackage")]
fn geopackage(path: &Path, tables: &[Table<'_>], crs: &Crs) -> Result<Vec<String>, WriteError> {
    use super::geopackage::write::{Srs, Table as Sheet, write_geopackage};
    let mut remarks = Vec::new();
    let fields: Vec<Vec<Field>> = tables.iter().map(|t| apart(t, &mut remarks)).collect();
    let sheets: Vec<Sheet<'_>> =
        tables.iter().zip(&fields).map(|(t, fields)| Sheet { name: t.name, fields, features: &t.features }).collect();
    let (name, definition) = (crs.name(), crs.wkt1());
    let srs = match (crs.code(), &definition) {
        (Some(4326), _) => Srs::WGS84,
        (Some(epsg), Some(definition)) => Srs { epsg, name: &name, definition },
        _ => return Err(unfit(path, format!("a GeoPackage needs a system with an EPSG code, which {crs} has not"))),
    };
    aside(path, |temporary| write_geopackage(temporary, &sheets, &srs, NO_CLOCK))?;
    Ok(remarks)
}

/// Fields whose names differ in more than upper and lower case, which columns of SQLite do not tell apart.
#[cfg(feature = "geopackage")]
fn apart(table: &Table<'_>, remarks: &mut Vec<String>) -> Vec<Field> {
    let is = |fields: &[Field], name: &str| fields.iter().any(|f| f.name.to_lowercase() == name.to_lowercase());
    let mut out: Vec<Field> = Vec::with_capacity(table.fields.len());
    for field in table.fields {
        let name = match is(&out, &field.name) {
            false => field.name.clone(),
            true => {
                let free = |name: &String| !is(&out, name) && !is(table.fields, name);
                let name = (2..).map(|n| format!("{}_{n}", field.name)).find(free).unwrap_or_default();
                let Table { name: table, .. } = table;
                remarks.push(format!(
                    "{table}: the field '{}' is called '{name}': a GeoPackage does not tell it from another one",
                    field.name
                ));
                name
            }
        };
        out.push(Field { name, kind: field.kind });
    }
    out
}

fn geoparquet(path: &Path, table: &Table<'_>, crs: &Crs) -> Result<(), WriteError> {
    use super::geoparquet::write::{Crs as Declared, write_geoparquet};
    let definition = crs.projjson().map(|json| json.to_string());
    let declared = match (crs.code(), &definition) {
        (Some(4326), _) => Declared::Lonlat,
        (_, Some(definition)) => Declared::Projjson(definition),
        _ => return Err(unfit(path, format!("GeoParquet cannot say {crs}"))),
    };
    aside(path, |temporary| write_geoparquet(temporary, table.fields, &table.features, &declared))
}

/// A shapefile holds one kind of geometry: several kinds become several files, `water_lines.shp` and `water_areas.shp`. What has no geometry goes with
/// the first.
fn shapefiles(path: &Path, table: &Table<'_>, crs: &Crs) -> Result<Vec<String>, WriteError> {
    let kind = |f: &Feature<'_>| match f.geometry.shape {
        Shape::Points(_) => Some("points"),
        Shape::Lines(_) => Some("lines"),
        Shape::Areas(_) => Some("areas"),
        Shape::Missing | Shape::Other => None,
    };
    let kinds: BTreeSet<&str> = table.features.iter().filter_map(kind).collect();
    if kinds.len() < 2 {
        return shapefile(path, table, crs);
    }
    let (name, into) = (Format::stem(&path.to_string_lossy()).to_string(), path.parent().unwrap_or(Path::new("")));
    let mut remarks = Vec::new();
    for (at, part) in kinds.iter().enumerate() {
        let here = |f: &&Feature<'static>| kind(f).map_or(at == 0, |k| k == *part);
        let features: Vec<Feature<'static>> = table.features.iter().filter(here).cloned().collect();
        let called = format!("{name}_{part}");
        remarks.push(format!("{name}: a shapefile holds one kind of geometry; {} features are in {called}.shp", features.len()));
        remarks.extend(shapefile(
            &into.join(format!("{called}.shp")),
            &Table { name: &called, fields: table.fields, features: features.into() },
            crs,
        )?);
    }
    Ok(remarks)
}

/// All parts of a shapefile are written into a folder of their own and put in place one by one, the `.shp` last.
fn shapefile(path: &Path, table: &Table<'_>, crs: &Crs) -> Result<Vec<String>, WriteError> {
    let staging = beside(path)?;
    let failed = |cause| WriteError::File { path: path.to_path_buf(), cause };
    let name = Format::stem(&path.to_string_lossy()).to_string();
    let into = path.parent().unwrap_or(Path::new(""));
    let _ = fs::remove_dir_all(&staging);
    let write = || -> Result<Vec<String>, WriteError> {
        fs::create_dir_all(&staging).map_err(failed)?;
        let written = super::shapefile::write::write_shapefile(&staging, &name, &table.features, table.fields, crs.wkt1().as_deref())?;
        for part in ["cpg", "dbf", "prj", "shx", "shp"].map(|ending| format!("{name}.{ending}")) {
            if staging.join(&part).exists() {
                put(&staging.join(&part), &into.join(&part)).map_err(failed)?;
            }
        }
        let renamed = written.names.iter().filter(|(ours, theirs)| ours != theirs);
        let renamed = renamed.map(|(ours, theirs)| format!("{name}.shp: the field '{ours}' is called '{theirs}', names have 10 bytes"));
        let silent = undeclared(path, crs, crs.wkt1().is_some());
        Ok(renamed.chain(written.remarks).chain(silent).collect())
    };
    let done = write();
    let _ = fs::remove_dir_all(&staging);
    done
}

/// RFC 7946; another system than WGS 84 is declared in a `crs` member, as GeoJSON of 2008 has it.
fn geojson(path: &Path, table: &Table<'_>, crs: &Crs) -> Result<(), WriteError> {
    use std::io::Write;
    let failed = |cause| WriteError::File { path: path.to_path_buf(), cause };
    let mut out = Aside::begin(path)?;
    let crs = match crs.code() {
        Some(4326) => String::new(),
        Some(code) => format!("\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"urn:ogc:def:crs:EPSG::{code}\"}}}},\n"),
        None => format!("\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":{}}}}},\n", Value::from(crs.to_string())),
    };
    write!(out, "{{\"type\":\"FeatureCollection\",\n{crs}\"features\":[\n").map_err(failed)?;
    for (i, f) in table.features.iter().enumerate() {
        let properties: Map<String, Value> =
            table.fields.iter().zip(&f.cells).map(|(field, cell)| (field.name.clone(), value(cell))).collect();
        let mut feature = Map::from_iter([("type".to_string(), Value::from("Feature"))]);
        if !f.id.is_missing() {
            feature.insert("id".into(), value(&f.id));
        }
        feature.insert("properties".into(), Value::Object(properties));
        feature.insert("geometry".into(), shape(&f.geometry));
        let comma = if i + 1 < table.features.len() { "," } else { "" };
        writeln!(out, "{}{comma}", Value::Object(feature)).map_err(failed)?;
    }
    writeln!(out, "]}}").map_err(failed)?;
    out.commit()
}

fn value(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Missing => Value::Null,
        Cell::Integer(i) => Value::from(*i),
        Cell::Real(x) => Value::from(*x),
        Cell::Flag(b) => Value::from(*b),
        Cell::Text(t) => Value::from(t.as_ref()),
        Cell::Json(raw) => serde_json::from_str(raw).unwrap_or(Value::Null),
    }
}

fn shape(g: &Geometry) -> Value {
    let at = |c: &Coord<f64>| json!([c.x, c.y]);
    let line = |l: &LineString<f64>| Value::from(l.0.iter().map(at).collect::<Vec<_>>());
    let area = |p: &Polygon<f64>| Value::from(std::iter::once(p.exterior()).chain(p.interiors()).map(line).collect::<Vec<_>>());
    let (kind, coordinates) = match &g.shape {
        Shape::Points(p) if p.len() == 1 => ("Point", at(&p[0])),
        Shape::Points(p) => ("MultiPoint", Value::from(p.iter().map(at).collect::<Vec<_>>())),
        Shape::Lines(l) if l.0.len() == 1 => ("LineString", line(&l.0[0])),
        Shape::Lines(l) => ("MultiLineString", Value::from(l.iter().map(line).collect::<Vec<_>>())),
        Shape::Areas(a) if a.0.len() == 1 => ("Polygon", area(&a.0[0])),
        Shape::Areas(a) => ("MultiPolygon", Value::from(a.iter().map(area).collect::<Vec<_>>())),
        Shape::Missing | Shape::Other => return Value::Null,
    };
    json!({ "type": kind, "coordinates": coordinates })
}

/// A table in UTF-8 with a byte order mark: points as columns `x` and `y`, other shapes as well-known text in `wkt`.
fn delimited(path: &Path, table: &Table<'_>) -> Result<(), WriteError> {
    let points = table.features.iter().all(|f| matches!(&f.geometry.shape, Shape::Missing | Shape::Points(_)));
    let several = table.features.iter().any(|f| matches!(&f.geometry.shape, Shape::Points(p) if p.len() > 1));
    let own: &[&str] = if points && !several { &["x", "y"] } else { &["wkt"] };
    if let Some(taken) = table.fields.iter().find(|f| own.contains(&f.name.as_str())) {
        return Err(unfit(path, format!("the field '{}' has the name of the column for positions; rename it", taken.name)));
    }
    let mut out = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    let failed = |e: csv::Error| unfit(path, e.to_string());
    out.write_record(table.fields.iter().map(|f| f.name.as_str()).chain(own.iter().copied())).map_err(failed)?;
    for f in table.features.iter() {
        let mut row: Vec<String> = f.cells.iter().map(|c| c.text().unwrap_or_default().into_owned()).collect();
        match (own.len(), &f.geometry.shape) {
            (2, Shape::Points(p)) if p.len() == 1 => row.extend([p[0].x.to_string(), p[0].y.to_string()]),
            (2, _) => row.extend([String::new(), String::new()]),
            (_, shape) => row.push(well_known(shape)),
        }
        out.write_record(&row).map_err(failed)?;
    }
    let bytes = out.into_inner().map_err(|e| unfit(path, e.to_string()))?;
    write_atomic(path, &bytes)
}

fn well_known(shape: &Shape) -> String {
    use wkt::ToWkt;
    match shape {
        Shape::Points(p) => geo::MultiPoint::from_iter(p.iter().copied()).wkt_string(),
        Shape::Lines(l) => l.wkt_string(),
        Shape::Areas(a) => a.wkt_string(),
        Shape::Missing | Shape::Other => String::new(),
    }
}
