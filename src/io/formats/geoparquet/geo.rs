//! The `geo` metadata of GeoParquet 1.0 and 1.1, as far as the reader needs it.

use crate::io::formats::feature::Declared;
use serde_json::Value;

/// How the primary geometry column is stored.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::io) enum Encoding {
    Wkb,
    /// A struct of x and y.
    Point,
}

/// The primary geometry column.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::io) struct Geo {
    pub column: String,
    pub encoding: Encoding,
    pub crs: Declared,
    /// The file says that the system is not known.
    pub unknown: bool,
}

/// Why the metadata cannot be used.
pub(in crate::io) enum Fault {
    Damaged(String),
    /// An encoding that is not read.
    Encoding(String),
}

/// Reads the metadata.
pub(in crate::io) fn parse(text: &str) -> Result<Geo, Fault> {
    let damaged = |detail: &str| Fault::Damaged(format!("its 'geo' metadata {detail}"));
    let geo: Value = serde_json::from_str(text).map_err(|e| damaged(&format!("is no JSON: {e}")))?;
    let column = geo.get("primary_column").and_then(Value::as_str).ok_or_else(|| damaged("names no primary_column"))?;
    let about = geo.get("columns").and_then(|c| c.get(column)).ok_or_else(|| damaged(&format!("says nothing of the column '{column}'")))?;
    let encoding = match about.get("encoding").and_then(Value::as_str) {
        Some("WKB") => Encoding::Wkb,
        Some("point") => Encoding::Point,
        Some(other) => return Err(Fault::Encoding(other.to_string())),
        None => return Err(damaged(&format!("gives no encoding for '{column}'"))),
    };
    let crs = declared(about.get("crs"));
    Ok(Geo { column: column.to_string(), encoding, unknown: about.get("crs").is_some_and(Value::is_null), crs })
}

/// The system of a `crs` member: none means longitude and latitude on WGS 84 (OGC:CRS84), null means that it is not known.
fn declared(crs: Option<&Value>) -> Declared {
    let Some(crs) = crs else { return Declared::Epsg(4326) };
    if crs.is_null() {
        return Declared::Nothing;
    }
    let id = |key: &str| crs.get("id").and_then(|id| id.get(key));
    let authority = id("authority").and_then(Value::as_str).unwrap_or_default();
    let code = id("code").map(|c| c.as_str().map_or_else(|| c.to_string(), str::to_string)).unwrap_or_default();
    match (authority, code.parse()) {
        ("EPSG", Ok(code)) => Declared::Epsg(code),
        ("OGC", _) if code == "CRS84" => Declared::Epsg(4326),
        _ => Declared::Definition(crs.as_str().map_or_else(|| crs.to_string(), str::to_string)),
    }
}

/// The system of Parquet's own geometry type: `srid:CODE`, `projjson:KEY` of the file's metadata, or a name.
pub(in crate::io) fn native(crs: Option<&str>, metadata: impl Fn(&str) -> Option<String>) -> Declared {
    let Some(crs) = crs.filter(|c| !c.is_empty()) else { return Declared::Epsg(4326) };
    if let Some(text) = crs.strip_prefix("projjson:").and_then(metadata).or_else(|| crs.starts_with('{').then(|| crs.to_string())) {
        return serde_json::from_str(&text).map_or(Declared::Definition(text), |value| declared(Some(&value)));
    }
    let upper = crs.to_ascii_uppercase();
    match upper.rsplit(':').next().map(str::parse) {
        Some(Ok(0)) => Declared::Nothing,
        Some(Ok(code)) if upper.starts_with("SRID:") || upper.starts_with("EPSG:") => Declared::Epsg(code),
        _ if upper == "OGC:CRS84" => Declared::Epsg(4326),
        _ => Declared::Name(crs.to_string()),
    }
}
