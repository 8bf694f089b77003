//! GeoPackages as the library writes them: version 1.3, several tables in one file, the same bytes for the same input.

use super::blob;
use super::catalogue::quoted;
use crate::io::error::WriteError;
use crate::io::formats::feature::{Cell, Feature, Field, FieldKind, Shape};
use crate::io::formats::typed::{self, Value};
use crate::io::formats::wkb;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, params, params_from_iter};
use std::io;
use std::path::Path;

/// A table to write. Where no feature has a geometry it becomes one of attributes.
pub(in crate::io) struct Table<'a> {
    pub name: &'a str,
    pub fields: &'a [Field],
    /// Cells by position in `fields`. Ids that are whole numbers in all features become those of the rows.
    pub features: &'a [Feature<'a>],
}

/// The reference system of the tables. Positions are written as they are, east first.
pub(in crate::io) struct Srs<'a> {
    /// Code of the EPSG registry.
    pub epsg: u32,
    pub name: &'a str,
    /// Well-known text (OGC 01-009).
    pub definition: &'a str,
}

impl Srs<'static> {
    /// Longitude and latitude on WGS 84.
    pub(in crate::io) const WGS84: Srs<'static> = Srs {
        epsg: 4326,
        name: "WGS 84",
        definition: r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]"#,
    };
}

/// The tables that every GeoPackage has, as the standard spells them (annex C).
const SCHEMA: &str = "
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name), CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system');";

/// Writes all `tables` into a new file at `path`, in one transaction; nothing may be there yet, and after an error what was begun is to
/// be removed. `changed` is the moment (ISO 8601, UTC) that the file gives as that of the last change, as no clock is read.
pub(in crate::io) fn write_geopackage(path: &Path, tables: &[Table<'_>], srs: &Srs<'_>, changed: &str) -> Result<(), WriteError> {
    let failed = |cause: io::Error| WriteError::File { path: path.to_path_buf(), cause };
    std::fs::File::create_new(path).map_err(failed)?;
    let sql = |e: rusqlite::Error| failed(io::Error::other(e));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags).map_err(sql)?;
    // the file is new, so that a journal has nothing to restore
    db.execute_batch(
        "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA application_id = 0x47504B47; PRAGMA user_version = 10300;",
    )
    .map_err(sql)?;
    let transaction = db.transaction().map_err(sql)?;
    transaction.execute_batch(SCHEMA).map_err(sql)?;
    system(&transaction, &Srs::WGS84).map_err(sql)?;
    if srs.epsg != Srs::WGS84.epsg {
        system(&transaction, srs).map_err(sql)?;
    }
    for table in tables {
        self::table(&transaction, table, srs, changed, &sql)?;
    }
    transaction.commit().map_err(sql)?;
    db.close().map_err(|(_, e)| sql(e))
}

fn system(db: &Connection, srs: &Srs<'_>) -> rusqlite::Result<()> {
    let sql = "INSERT INTO gpkg_spatial_ref_sys VALUES (?1, ?2, 'EPSG', ?2, ?3, NULL)";
    db.execute(sql, params![srs.name, srs.epsg, srs.definition]).map(drop)
}

/// How a table stores its shapes.
struct Form {
    kind: &'static str,
    multi: bool,
}

/// The narrowest type for all features; none where none has a shape. One part is written as a multi type where others have several.
fn form(features: &[Feature<'_>]) -> Option<Form> {
    let mut names: Vec<&str> = features.iter().filter_map(|f| wkb::name(&f.geometry.shape, false)).collect();
    names.sort_unstable();
    names.dedup();
    Some(match names.as_slice() {
        [] => return None,
        ["Point"] => Form { kind: "POINT", multi: false },
        ["LineString"] => Form { kind: "LINESTRING", multi: false },
        ["Polygon"] => Form { kind: "POLYGON", multi: false },
        [.., last] if names.iter().all(|n| n.trim_start_matches("Multi") == last.trim_start_matches("Multi")) => Form {
            kind: match *last {
                "MultiPoint" | "Point" => "MULTIPOINT",
                "MultiLineString" => "MULTILINESTRING",
                _ => "MULTIPOLYGON",
            },
            multi: true,
        },
        _ => Form { kind: "GEOMETRY", multi: false },
    })
}

fn table(
    db: &Connection,
    table: &Table<'_>,
    srs: &Srs<'_>,
    changed: &str,
    sql: &impl Fn(rusqlite::Error) -> WriteError,
) -> Result<(), WriteError> {
    let Table { name, fields, features } = table;
    let form = form(features);
    let free = |wish: &str| {
        let names = (0..).map(|n| if n == 0 { wish.to_string() } else { format!("{wish}_{n}") });
        names.into_iter().find(|n| !fields.iter().any(|f| f.name.eq_ignore_ascii_case(n))).unwrap_or_else(|| wish.to_string())
    };
    let (key, geometry) = (free("fid"), free("geom"));
    let mut columns = format!("{} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", quoted(&key));
    if let Some(form) = &form {
        columns += &format!(", {} {}", quoted(&geometry), form.kind);
    }
    for (i, field) in fields.iter().enumerate() {
        let kind = match field.kind {
            FieldKind::Text | FieldKind::Other | FieldKind::Nested => "TEXT",
            FieldKind::Integer => "INTEGER",
            FieldKind::Real => "REAL",
            FieldKind::Flag => "BOOLEAN",
            FieldKind::Date if typed::only_days(fields, features, i) => "DATE",
            FieldKind::Date => "TEXT",
        };
        columns += &format!(", {} {kind}", quoted(&field.name));
    }
    db.execute(&format!("CREATE TABLE {} ({columns})", quoted(name)), []).map_err(sql)?;
    rows(db, table, form.as_ref(), srs, sql)?;

    let srs_id = form.as_ref().map(|_| srs.epsg);
    let kind = if form.is_some() { "features" } else { "attributes" };
    let all = features.iter().filter_map(|f| f.geometry.bounds());
    let all = all.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    let [west, south, east, north] = all.map_or([None; 4], |b| b.map(Some));
    let contents = "INSERT INTO gpkg_contents VALUES (?1, ?2, ?1, '', ?3, ?4, ?5, ?6, ?7, ?8)";
    db.execute(contents, params![name, kind, changed, west, south, east, north, srs_id]).map_err(sql)?;
    if let Some(form) = &form {
        let sql_text = "INSERT INTO gpkg_geometry_columns VALUES (?1, ?2, ?3, ?4, 0, 0)";
        db.execute(sql_text, params![name, geometry, form.kind, srs.epsg]).map_err(sql)?;
    }
    Ok(())
}

fn rows(
    db: &Connection,
    table: &Table<'_>,
    form: Option<&Form>,
    srs: &Srs<'_>,
    sql: &impl Fn(rusqlite::Error) -> WriteError,
) -> Result<(), WriteError> {
    let unfit = |record: usize, detail: String| WriteError::Value { table: table.name.to_string(), record: record as u64 + 1, detail };
    let places = vec!["?"; 1 + usize::from(form.is_some()) + table.fields.len()].join(", ");
    let mut insert = db.prepare(&format!("INSERT INTO {} VALUES ({places})", quoted(table.name))).map_err(sql)?;
    let numbered = table.features.iter().all(|f| matches!(f.id, Cell::Integer(_)));
    for (i, feature) in table.features.iter().enumerate() {
        let mut row = Vec::with_capacity(2 + table.fields.len());
        row.push(Bound(match feature.id {
            Cell::Integer(id) if numbered => Stored::Value(Value::Integer(id)),
            _ => Stored::Value(Value::Integer(i as i64 + 1)),
        }));
        if let Some(form) = form {
            if feature.geometry.shape == Shape::Other {
                return Err(unfit(i, format!("a geometry of type {} cannot be written", feature.geometry.kind)));
            }
            let bytes = blob::write(&feature.geometry, form.multi, srs.epsg as i32);
            row.push(Bound(bytes.map_or(Stored::Value(Value::Nothing), Stored::Bytes)));
        }
        for (at, field) in table.fields.iter().enumerate() {
            let cell = feature.cells.get(at).unwrap_or(&Cell::Missing);
            let value = typed::value(cell, field.kind).map_err(|e| unfit(i, format!("field '{}': {e}", field.name)))?;
            // SQLite would make it NULL
            if matches!(value, Value::Real(x) if x.is_nan()) {
                return Err(unfit(i, format!("field '{}': the format has no NaN", field.name)));
            }
            row.push(Bound(Stored::Value(value)));
        }
        insert.execute(params_from_iter(row)).map_err(sql)?;
    }
    Ok(())
}

enum Stored<'a> {
    Value(Value<'a>),
    Bytes(Vec<u8>),
}

struct Bound<'a>(Stored<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match &self.0 {
            Stored::Bytes(bytes) => ValueRef::Blob(bytes),
            Stored::Value(Value::Nothing) => ValueRef::Null,
            Stored::Value(Value::Text(text)) => ValueRef::Text(text.as_bytes()),
            Stored::Value(Value::Integer(i)) => ValueRef::Integer(*i),
            Stored::Value(Value::Real(x)) => ValueRef::Real(*x),
            Stored::Value(Value::Flag(b)) => ValueRef::Integer(i64::from(*b)),
        }))
    }
}
