//! GeoPackage (OGC 12-128r18), read and written through SQLite.
//!
//! The file is taken for hostile: it is opened read-only and as immutable, its schema is not trusted (no triggers, no views, no
//! virtual tables), values have a largest size, and a damaged page ends the reading with an error.

mod blob;
mod catalogue;
pub(in crate::io) mod write;

use crate::io::error::ReadError;
use crate::io::formats::feature::{Cell, Feature, FieldKind, Geometry, Head, Read, Reading, Record, Sink};
use crate::io::formats::stream::{Digesting, MAX_VALUE_BYTES};
use catalogue::{Column, Layer};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek};
use std::path::Path;

const FORMAT: &str = "GeoPackage";

/// Reads the table that `how` chooses, or the only one, of the GeoPackage at `path`, called `file` in messages, and hands over its
/// records in the order of their ids, numbered from 1; the id becomes that of the feature. `wanted` are the columns to read.
/// Memory is bounded by the longest record.
pub(in crate::io) fn read(path: &Path, file: &str, wanted: &[String], how: &Reading, sink: &mut dyn Sink) -> Result<Read, ReadError> {
    let failed = |cause| ReadError::Io { path: path.to_path_buf(), after: 0, cause };
    let mut raw = File::open(path).map_err(failed)?;
    if cut_off(&mut raw).map_err(failed)? {
        let detail = "it is shorter than it says".to_string();
        return Err(ReadError::Damaged { file: file.to_string(), format: FORMAT, after: 0, detail });
    }
    no_companion(path, file)?;
    let db = open(path).map_err(|e| not_a_geopackage(file, &e))?;
    let layer = catalogue::layer(&db, file, how.table.as_deref())?;
    sink.head(&Head {
        crs: layer.crs.clone(),
        fields: layer.fields(),
        features: layer.features,
        tables: layer.tables.clone(),
        remarks: layer.remarks.clone(),
        ..Head::default()
    })?;
    let features = records(&db, file, &layer, wanted, sink)?;
    let digest = Digesting::new(raw).digest().map_err(failed)?;
    Ok(Read { digest, features, ..Read::default() })
}

/// All tables of features of the GeoPackage at `path`, then those of attributes.
pub(in crate::io) fn tables(path: &Path, file: &str) -> Result<Vec<String>, ReadError> {
    no_companion(path, file)?;
    let found = open(path).and_then(|db| catalogue::tables(&db)).map_err(|e| not_a_geopackage(file, &e))?;
    Ok(found.0.into_iter().chain(found.1).collect())
}

/// A database that cannot change, whose schema can run nothing.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(uri(path), flags)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    for off in [DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW] {
        db.set_db_config(off, false)?;
    }
    db.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(MAX_VALUE_BYTES).unwrap_or(i32::MAX))?;
    db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    db.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA query_only = ON;")?;
    Ok(db)
}

/// `immutable` keeps SQLite from looking for locks and journals, so a folder without write permission will do.
fn uri(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut uri = String::from("file:");
    let text = absolute.to_string_lossy();
    if !text.starts_with('/') {
        uri.push('/');
    }
    for byte in text.bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b':' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "?immutable=1"
}

/// Whether a database has fewer pages than its head says, where the head is up to date; SQLite reads zeros in place of what is cut off.
/// Leaves the file at its beginning.
fn cut_off(file: &mut File) -> io::Result<bool> {
    let mut head = [0u8; 100];
    let read = file.by_ref().take(100).read(&mut head)?;
    file.rewind()?;
    let word = |at: usize| u64::from(u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
    let page = match u16::from_be_bytes([head[16], head[17]]) {
        1 => 1 << 16,
        other => u64::from(other),
    };
    Ok(read == head.len() && word(24) == word(92) && file.metadata()?.len() < page * word(28))
}

/// What a program that still has the file open, or died with it, left in its journal would be missed.
fn no_companion(path: &Path, file: &str) -> Result<(), ReadError> {
    for end in ["-wal", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        if fs::metadata(name).is_ok_and(|m| m.len() > 0) {
            return Err(ReadError::Unsupported {
                file: file.to_string(),
                what: format!("{file}{end} beside it holds changes that are not yet in the file"),
                remedy: "close the program that has the file open (or open the file in it once more and close it), then try again",
            });
        }
    }
    Ok(())
}

fn not_a_geopackage(file: &str, error: &rusqlite::Error) -> ReadError {
    ReadError::NotFormat { file: file.to_string(), format: FORMAT, detail: error.to_string() }
}

/// A damaged page shows when it is read.
fn damaged(file: &str, after: u64, error: &rusqlite::Error) -> ReadError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::TooBig) => ReadError::TooLarge { file: file.to_string(), record: after + 1, limit: MAX_VALUE_BYTES },
        _ => ReadError::Damaged { file: file.to_string(), format: FORMAT, after, detail: error.to_string() },
    }
}

fn records(db: &Connection, file: &str, layer: &Layer, wanted: &[String], sink: &mut dyn Sink) -> Result<u64, ReadError> {
    let columns: Vec<Option<&Column>> = wanted.iter().map(|name| layer.columns.iter().find(|c| c.name == *name)).collect();
    let mut rows = db.prepare(&layer.query(&columns)).map_err(|e| damaged(file, 0, &e))?;
    let mut rows = rows.query([]).map_err(|e| damaged(file, 0, &e))?;
    let mut after = 0;
    while let Some(row) = rows.next().map_err(|e| damaged(file, after, &e))? {
        let record = after + 1;
        let found = match geometry(row, layer).map_err(|e| damaged(file, after, &e))? {
            Ok(geometry) => {
                let mut cells = Vec::with_capacity(columns.len());
                for (i, column) in columns.iter().enumerate() {
                    cells.push(match column {
                        None => Cell::Missing,
                        Some(column) => cell(row.get_ref(2 + i).map_err(|e| damaged(file, after, &e))?, column.kind)
                            .map_err(|detail| ReadError::Value { file: file.to_string(), record, field: column.name.clone(), detail })?,
                    });
                }
                let id = match row.get_ref(0) {
                    Ok(ValueRef::Integer(id)) => Cell::Integer(id),
                    _ => Cell::Missing,
                };
                Record::Feature(Feature { id, cells, geometry })
            }
            Err(why) => Record::Malformed(why),
        };
        sink.record(record, found)?;
        after = record;
    }
    Ok(after)
}

fn geometry(row: &Row<'_>, layer: &Layer) -> rusqlite::Result<Result<Geometry, String>> {
    Ok(match row.get_ref(1)? {
        ValueRef::Null => Ok(Geometry::default()),
        ValueRef::Blob(bytes) => blob::read(bytes, layer.srs_id),
        other => Err(format!("its geometry is no blob but {:?}", other.data_type())),
    })
}

/// SQLite columns hold values of any type; each is taken as it is.
fn cell(value: ValueRef<'_>, kind: FieldKind) -> Result<Cell<'_>, String> {
    Ok(match value {
        ValueRef::Null => Cell::Missing,
        ValueRef::Integer(i @ 0..=1) if kind == FieldKind::Flag => Cell::Flag(i == 1),
        ValueRef::Integer(i) => Cell::Integer(i),
        ValueRef::Real(x) => Cell::Real(x),
        ValueRef::Text(bytes) => Cell::Text(Cow::Borrowed(
            std::str::from_utf8(bytes)
                .map_err(|e| format!("the text is not valid UTF-8 ({e}); export the file again with its encoding set right"))?,
        )),
        ValueRef::Blob(_) => return Err("it holds binary data; choose a field of text or numbers".into()),
    })
}

#[cfg(test)]
mod tests;
