//! GeoParquet 1.0 and 1.1, and plain Parquet with longitude and latitude in columns.
//!
//! Of each group of rows only the wanted columns are read, a batch of rows at a time, through the column decoders of the crate
//! `parquet` without Arrow. One thread decodes while the calling one hands over. Memory is bounded by a page and a few batches of each
//! of these columns.

mod column;
mod footer;
mod geo;
mod kinds;
mod pages;
mod place;
pub(in crate::io) mod write;

use crate::io::error::ReadError;
use crate::io::formats::feature::{Cell, Feature, Field, FieldKind, Head, Read, Reading, Record, Sink};
use crate::io::formats::stream::Digesting;
use column::{Batch, Column};
use kinds::Meaning;
use pages::Chunks;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::schema::types::SchemaDescriptor;
use place::Place;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

const FORMAT: &str = "Parquet";
/// Rows decoded at a time.
const BATCH: usize = 4096;
/// Batches decoded ahead of the one that is handed over.
const AHEAD: usize = 2;

/// Reads the Parquet file at `path`, called `file` in messages, and hands over its records in order, numbered from 1. `wanted` are the
/// columns to decode. The geometry is that of the `geo` metadata, or of Parquet's own type, or a point of the columns that `how` names
/// or that have usual names.
pub(in crate::io) fn read(path: &Path, file: &str, wanted: &[String], how: &Reading, sink: &mut dyn Sink) -> Result<Read, ReadError> {
    let failed = |cause| ReadError::Io { path: path.to_path_buf(), after: 0, cause };
    let raw = File::open(path).map_err(failed)?;
    let chunks = Arc::new(Chunks::new(raw.try_clone().map_err(failed)?).map_err(failed)?);
    let source = Source { file, chunks };
    let metadata = guarded(|| footer::read(&raw)).map_err(|e| source.no_format(e))?;
    let schema = metadata.file_metadata().schema_descr();
    let found = place::find(&source, &metadata, how)?;
    let rows = u64::try_from(metadata.file_metadata().num_rows()).map_err(|e| source.no_format(e.to_string()))?;
    sink.head(&Head {
        crs: found.crs,
        fields: fields(schema, found.geometry.as_deref()),
        features: Some(rows),
        remarks: found.remarks,
        ..Head::default()
    })?;
    let columns = columns(&source, schema, wanted)?;
    let features = source.read(Decoder { place: found.place, columns }, &metadata, sink)?;
    if features != rows {
        return Err(source.damaged(features, format!("it says it has {rows} rows")));
    }
    std::io::Seek::rewind(&mut &raw).map_err(failed)?;
    let digest = Digesting::new(raw).digest().map_err(failed)?;
    Ok(Read { digest, features, ..Read::default() })
}

/// What is needed to tell of an error.
struct Source<'a> {
    file: &'a str,
    chunks: Arc<Chunks>,
}

impl Source<'_> {
    fn no_format(&self, detail: String) -> ReadError {
        ReadError::NotFormat { file: self.file.to_string(), format: FORMAT, detail }
    }

    fn damaged(&self, after: u64, detail: String) -> ReadError {
        ReadError::Damaged { file: self.file.to_string(), format: FORMAT, after, detail }
    }

    /// What the decoder says; a codec or an encoding that is left out is no damage.
    fn decoding(&self, after: u64, detail: String) -> ReadError {
        let codec =
            detail.split("Disabled feature at compile time: ").nth(1).map(|codec| format!("its columns are compressed with {codec}"));
        match codec.or_else(|| detail.strip_prefix("NYI: ").map(str::to_string)) {
            None => self.damaged(after, detail),
            Some(what) => ReadError::Unsupported {
                file: self.file.to_string(),
                what,
                remedy: "write it again with plain or dictionary encoding and with zstd, snappy or no compression",
            },
        }
    }

    fn no_column(&self, missing: String, schema: &SchemaDescriptor) -> ReadError {
        let names: Vec<_> = schema.root_schema().get_fields().iter().map(|f| f.name()).collect();
        ReadError::NoColumn { file: self.file.to_string(), missing, there: names.join(", ") }
    }
}

/// Runs the decoder. It has been seen to panic on damaged files (see `pages`); should it still do so, that is an error as well.
fn guarded<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(result) => result.map_err(|e| e.to_string()),
        Err(_) => Err("the decoder gave up".into()),
    }
}

/// Columns of the first level without the geometry; what has columns within it is of no kind that can be read.
fn fields(schema: &SchemaDescriptor, geometry: Option<&str>) -> Vec<Field> {
    let columns = schema.root_schema().get_fields().iter().filter(|f| Some(f.name()) != geometry);
    let kind = |name: &str| flat(schema, name).map_or(FieldKind::Nested, |leaf| Meaning::of(&schema.column(leaf)).kind());
    columns.map(|f| Field { name: f.name().to_string(), kind: kind(f.name()) }).collect()
}

/// The leaf of a column of the first level that has one value a row.
fn flat(schema: &SchemaDescriptor, name: &str) -> Option<usize> {
    leaf(schema, &[name])
}

fn leaf(schema: &SchemaDescriptor, path: &[&str]) -> Option<usize> {
    schema.columns().iter().position(|c| c.max_rep_level() == 0 && c.path().parts().iter().eq(path))
}

/// The wanted columns; none for a name that the file does not have.
fn columns(source: &Source<'_>, schema: &SchemaDescriptor, wanted: &[String]) -> Result<Vec<Option<Column>>, ReadError> {
    let roots = schema.root_schema().get_fields();
    let column = |name: &String| match flat(schema, name) {
        Some(leaf) => Ok(Some(Column::new(leaf, &schema.column(leaf)))),
        None if roots.iter().any(|f| f.name() == name) => Err(ReadError::Unsupported {
            file: source.file.to_string(),
            what: format!("the field '{name}' is a list or a struct"),
            remedy: "choose a field with one value a record",
        }),
        None => Ok(None),
    };
    wanted.iter().map(column).collect()
}

/// The columns that are read.
struct Decoder {
    place: Place<Column>,
    columns: Vec<Option<Column>>,
}

/// Some rows of them.
struct Rows {
    count: usize,
    place: Place<Batch>,
    columns: Vec<Option<Batch>>,
}

impl Decoder {
    /// Decodes all groups of rows into the channel, until that is closed.
    fn run(mut self, chunks: &Arc<Chunks>, metadata: &ParquetMetaData, rows: &SyncSender<Result<Rows, String>>) {
        for group in metadata.row_groups() {
            let mut left = match guarded(|| self.start(chunks, group)) {
                Ok(count) => count,
                Err(detail) => return drop(rows.send(Err(detail))),
            };
            while left > 0 {
                let batch = guarded(|| self.batch(left.min(BATCH)));
                let done = batch.is_err();
                if rows.send(batch).is_err() || done {
                    return;
                }
                left -= left.min(BATCH);
            }
        }
    }

    fn start(&mut self, chunks: &Arc<Chunks>, group: &RowGroupMetaData) -> Result<usize, ParquetError> {
        self.place.columns().chain(self.columns.iter_mut().flatten()).try_for_each(|column| column.start(chunks, group))?;
        Ok(usize::try_from(group.num_rows())?)
    }

    fn batch(&mut self, count: usize) -> Result<Rows, ParquetError> {
        let columns = self.columns.iter_mut().map(|c| c.as_mut().map(|c| c.batch(count)).transpose()).collect::<Result<_, _>>()?;
        Ok(Rows { count, place: self.place.batch(count)?, columns })
    }
}

impl Source<'_> {
    /// Decodes on a thread of its own, a few batches ahead, and hands over; gives the number of rows.
    fn read(&self, decoder: Decoder, metadata: &ParquetMetaData, sink: &mut dyn Sink) -> Result<u64, ReadError> {
        std::thread::scope(|scope| {
            let (send, receive) = sync_channel(AHEAD);
            let chunks = Arc::clone(&self.chunks);
            let thread = std::thread::Builder::new().spawn_scoped(scope, move || decoder.run(&chunks, metadata, &send));
            thread.map_err(|e| self.damaged(0, format!("no thread to decode it on: {e}")))?;
            let mut after = 0;
            for rows in receive {
                self.hand_over(&rows.map_err(|e| self.decoding(after, e))?, &mut after, sink)?;
            }
            Ok(after)
        })
    }

    fn hand_over(&self, rows: &Rows, after: &mut u64, sink: &mut dyn Sink) -> Result<(), ReadError> {
        for row in 0..rows.count {
            let record = *after + 1;
            let mut cells = Vec::with_capacity(rows.columns.len());
            for column in &rows.columns {
                cells.push(match column {
                    None => Cell::Missing,
                    Some(column) => column.cell(row).map_err(|detail| {
                        let (file, field) = (self.file.to_string(), column.name.to_string());
                        ReadError::Value { file, record, field, detail }
                    })?,
                });
            }
            let found = match rows.place.geometry(row) {
                Ok(geometry) => Record::Feature(Feature { id: Cell::Missing, cells, geometry }),
                Err(why) => Record::Malformed(why),
            };
            sink.record(record, found)?;
            *after = record;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
