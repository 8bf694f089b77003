//! What the tables `gpkg_*` say of a GeoPackage: its tables, their columns and reference systems.

use super::{FORMAT, damaged, not_a_geopackage};
use crate::io::error::ReadError;
use crate::io::formats::feature::{Declared, Field, FieldKind};
use rusqlite::{Connection, OptionalExtension};

/// A column as `CREATE TABLE` has it.
pub(in crate::io) struct Column {
    pub name: String,
    pub kind: FieldKind,
    key: bool,
}

/// The table to read.
pub(in crate::io) struct Layer {
    name: String,
    geometry: Option<String>,
    pub srs_id: Option<i32>,
    pub crs: Declared,
    pub columns: Vec<Column>,
    pub features: Option<u64>,
    /// All tables of features, then those of attributes.
    pub tables: Vec<String>,
    pub remarks: Vec<String>,
}

impl Layer {
    /// Columns of values, without the geometry and the id.
    pub(in crate::io) fn fields(&self) -> Vec<Field> {
        let value = |c: &&Column| !c.key && Some(&c.name) != self.geometry.as_ref();
        self.columns.iter().filter(value).map(|c| Field { name: c.name.clone(), kind: c.kind }).collect()
    }

    /// Id, geometry, then the wanted columns, in the order of the ids.
    pub(in crate::io) fn query(&self, wanted: &[Option<&Column>]) -> String {
        let key = self.columns.iter().find(|c| c.key).map_or("rowid".to_string(), |c| quoted(&c.name));
        let geometry = self.geometry.as_ref().map_or("NULL".to_string(), |g| quoted(g));
        let columns: String = wanted.iter().map(|c| format!(", {}", c.map_or("NULL".to_string(), |c| quoted(&c.name)))).collect();
        format!("SELECT {key}, {geometry}{columns} FROM {} ORDER BY {key}", quoted(&self.name))
    }
}

/// A name as SQL takes it.
pub(in crate::io) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Finds the table that is asked for, or the only one.
pub(in crate::io) fn layer(db: &Connection, file: &str, chosen: Option<&str>) -> Result<Layer, ReadError> {
    let (features, attributes) = tables(db).map_err(|e| not_a_geopackage(file, &e))?;
    let mut tables = features.clone();
    tables.extend(attributes.iter().cloned());
    let name = match (chosen, features.as_slice(), attributes.as_slice()) {
        (Some(name), ..) if tables.iter().any(|t| t == name) => name.to_string(),
        (Some(name), ..) => return Err(ReadError::NoSuchTable { file: file.to_string(), table: name.to_string(), there: tables }),
        (None, [only], _) | (None, [], [only]) => only.clone(),
        (None, [], []) => {
            let detail = "it has no table of features or attributes".to_string();
            return Err(ReadError::NotFormat { file: file.to_string(), format: FORMAT, detail });
        }
        _ => return Err(ReadError::SeveralTables { file: file.to_string(), tables }),
    };
    let broken = |e: rusqlite::Error| damaged(file, 0, &e);
    ordinary(db, file, &name)?;
    let mut layer = Layer {
        geometry: None,
        srs_id: None,
        crs: Declared::Nothing,
        columns: columns(db, &name).map_err(broken)?,
        features: counted(db, &name),
        tables,
        remarks: Vec::new(),
        name,
    };
    if features.contains(&layer.name) {
        let sql = "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?1";
        let (geometry, srs_id) = db.query_row(sql, [&layer.name], |r| Ok((r.get::<_, String>(0)?, r.get(1)?))).map_err(broken)?;
        if !layer.columns.iter().any(|c| c.name == geometry) {
            let detail = format!("table '{}' has no geometry column '{geometry}'", layer.name);
            return Err(ReadError::Damaged { file: file.to_string(), format: FORMAT, after: 0, detail });
        }
        let unknown = |e: rusqlite::Error| match e {
            rusqlite::Error::QueryReturnedNoRows => {
                let detail =
                    format!("table '{}' is in the reference system {srs_id}, which gpkg_spatial_ref_sys does not have", layer.name);
                ReadError::Damaged { file: file.to_string(), format: FORMAT, after: 0, detail }
            }
            e => broken(e),
        };
        let crs = system(db, srs_id).map_err(unknown)?;
        (layer.crs, layer.srs_id) = (crs, Some(srs_id));
        layer.geometry = Some(geometry);
        if layer.crs == Declared::Nothing {
            layer.remarks.push(format!("table '{}' says that its reference system is not known (srs_id {srs_id})", layer.name));
        }
    }
    Ok(layer)
}

/// Names of the tables of features and of those of attributes.
pub(in crate::io) fn tables(db: &Connection) -> rusqlite::Result<(Vec<String>, Vec<String>)> {
    let sql = "SELECT table_name, data_type FROM gpkg_contents WHERE data_type IN ('features', 'attributes', 'aspatial') ORDER BY rowid";
    let mut statement = db.prepare(sql)?;
    let rows: Vec<(String, String)> = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let (features, attributes): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, kind)| kind == "features");
    let names = |rows: Vec<(String, String)>| rows.into_iter().map(|(name, _)| name).collect();
    Ok((names(features), names(attributes)))
}

/// Views and virtual tables run code of the file.
fn ordinary(db: &Connection, file: &str, name: &str) -> Result<(), ReadError> {
    let sql = "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ?1";
    let kind: Option<String> = db.query_row(sql, [name], |r| r.get(0)).optional().map_err(|e| damaged(file, 0, &e))?;
    match kind.as_deref() {
        Some("table") => Ok(()),
        Some(kind) => Err(ReadError::Unsupported {
            file: file.to_string(),
            what: format!("'{name}' is a {kind} and no plain table"),
            remedy: "save it as a table of its own (e.g. export the layer as a new GeoPackage)",
        }),
        None => {
            let detail = format!("gpkg_contents names a table '{name}' that is not there");
            Err(ReadError::Damaged { file: file.to_string(), format: FORMAT, after: 0, detail })
        }
    }
}

fn columns(db: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let mut statement = db.prepare("SELECT name, type, pk FROM pragma_table_info(?1)")?;
    let columns = statement.query_map([table], |r| {
        let declared: String = r.get::<_, String>(1)?.to_ascii_uppercase();
        let key = r.get::<_, i64>(2)? == 1 && declared == "INTEGER";
        Ok(Column { name: r.get(0)?, kind: kind(&declared), key })
    })?;
    columns.collect()
}

/// Kind by the data types of clause 1.1.1.1.3, in upper case.
fn kind(declared: &str) -> FieldKind {
    match declared.split('(').next().unwrap_or_default().trim() {
        "BOOLEAN" => FieldKind::Flag,
        "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "INTEGER" | "BIGINT" => FieldKind::Integer,
        "FLOAT" | "DOUBLE" | "REAL" => FieldKind::Real,
        "TEXT" | "VARCHAR" | "CHAR" => FieldKind::Text,
        "DATE" | "DATETIME" => FieldKind::Date,
        _ => FieldKind::Other,
    }
}

/// The count that GDAL and QGIS keep; there is no other without reading the table.
fn counted(db: &Connection, table: &str) -> Option<u64> {
    let count: Option<i64> =
        db.query_row("SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ?1", [table], |r| r.get(0)).ok()?;
    u64::try_from(count?).ok()
}

fn system(db: &Connection, srs_id: i32) -> rusqlite::Result<Declared> {
    if srs_id <= 0 {
        return Ok(Declared::Nothing);
    }
    let sql = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1";
    let (organization, code, mut text): (String, i64, String) = db.query_row(sql, [srs_id], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    if organization.eq_ignore_ascii_case("EPSG")
        && let Some(code) = u32::try_from(code).ok().filter(|c| *c > 0)
    {
        return Ok(Declared::Epsg(code));
    }
    // the column of the extension gpkg_crs_wkt, where there is one, may say more
    let newer = db.query_row("SELECT definition_12_063 FROM gpkg_spatial_ref_sys WHERE srs_id = ?1", [srs_id], |r| r.get::<_, String>(0));
    let undefined = |text: &str| text.is_empty() || text.eq_ignore_ascii_case("undefined");
    if let Some(newer) = newer.ok().filter(|t| undefined(&text) && !undefined(t)) {
        text = newer;
    }
    Ok(if undefined(&text) { Declared::Nothing } else { Declared::Definition(text) })
}
