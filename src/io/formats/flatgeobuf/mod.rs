//! FlatGeobuf (version 3), front to back.
//!
//! The crate `flatgeobuf` gives the tables of the schema and their verifier. Its own reader is not used, because that allots what a
//! length in the file claims (up to 4 GiB) and takes a read error for the end of the file; here each length is held against the bytes
//! that are left.

mod properties;
mod shape;

use crate::io::error::ReadError;
use crate::io::formats::feature::{Cell, Declared, Feature, Head, Read, Reading, Record, Sink};
use crate::io::formats::stream::{Digesting, MAX_VALUE_BYTES};
use ::flatgeobuf::{Crs, Header, size_prefixed_root_as_feature_with_opts, size_prefixed_root_as_header_with_opts};
use flatbuffers::VerifierOptions;
use properties::Columns;
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

const FORMAT: &str = "FlatGeobuf";
/// Bytes of a node of the index: four numbers and an offset.
const NODE: u64 = 40;

/// Reads the FlatGeobuf at `path`, called `file` in messages, and hands over its records in the order of the file, numbered from 1.
/// `wanted` are the columns to decode. Memory is bounded by the longest record.
pub(in crate::io) fn read(path: &Path, file: &str, wanted: &[String], _how: &Reading, sink: &mut dyn Sink) -> Result<Read, ReadError> {
    let failed = |cause| ReadError::Io { path: path.to_path_buf(), after: 0, cause };
    let raw = File::open(path).map_err(failed)?;
    let left = raw.metadata().map_err(failed)?.len();
    let input = BufReader::with_capacity(1 << 17, Digesting::new(raw));
    let mut source = Source { path, file, input, left, after: 0, buffer: Vec::new() };
    let bytes = source.header()?;
    let header = size_prefixed_root_as_header_with_opts(&limits(bytes.len()), &bytes).map_err(|e| source.no_format(e.to_string()))?;
    let columns = Columns::new(header.columns(), wanted);
    let count = header.features_count();
    sink.head(&Head {
        crs: declared(header.crs()),
        fields: properties::fields(header.columns()),
        features: (count > 0).then_some(count),
        ..Head::default()
    })?;
    source.skip_index(&header)?;
    while count == 0 || source.after < count {
        if !source.next()? {
            break;
        }
        let record = source.after + 1;
        let found = decode(&source, &header, &columns, wanted)?;
        sink.record(record, found)?;
        source.after = record;
    }
    match (count, source.left) {
        (0, _) | (_, 0) if count <= source.after => {}
        (_, 0) => return Err(source.damaged(format!("the file ends, but it says it has {count} features"))),
        (_, more) => return Err(source.damaged(format!("{more} bytes follow the last of {count} features"))),
    }
    let after = source.after;
    let digest = source.input.into_inner().digest().map_err(|cause| ReadError::Io { path: path.to_path_buf(), after, cause })?;
    Ok(Read { digest, features: after, ..Read::default() })
}

/// Shared parts may be visited more than once, but not so often that a small record grows without bound.
fn limits(length: usize) -> VerifierOptions {
    VerifierOptions {
        max_depth: 16,
        max_tables: 1 + length / 4,
        max_apparent_size: 4 * length + 1024,
        ignore_missing_null_terminator: false,
    }
}

struct Source<'a> {
    path: &'a Path,
    file: &'a str,
    input: BufReader<Digesting<File>>,
    /// Bytes not yet read.
    left: u64,
    /// Whole features before.
    after: u64,
    /// The record at hand with its length before it.
    buffer: Vec<u8>,
}

impl Source<'_> {
    fn exact(&mut self, bytes: &mut [u8]) -> Result<(), ReadError> {
        self.left = self.left.saturating_sub(bytes.len() as u64);
        self.input.read_exact(bytes).map_err(|cause| match cause.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged("the file is cut off"),
            _ => ReadError::Io { path: self.path.to_path_buf(), after: self.after, cause },
        })
    }

    /// Reads a length and so many bytes after it; all of it is then in the buffer.
    fn prefixed(&mut self) -> Result<(), ReadError> {
        let mut size = [0; 4];
        self.exact(&mut size)?;
        let length = u32::from_le_bytes(size) as usize;
        if length as u64 > self.left {
            return Err(self.damaged(format!("a length of {length} bytes where {} are left", self.left)));
        }
        if length > MAX_VALUE_BYTES {
            return Err(ReadError::TooLarge { file: self.file.to_string(), record: self.after + 1, limit: MAX_VALUE_BYTES });
        }
        // less than eight bytes hold no table, and the verifier needs them
        if length < 8 {
            return Err(self.damaged(format!("a length of {length} bytes")));
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(4 + length, 0);
        let (head, body) = buffer.split_at_mut(4);
        head.copy_from_slice(&size);
        self.exact(body)?;
        self.buffer = buffer;
        Ok(())
    }

    fn header(&mut self) -> Result<Vec<u8>, ReadError> {
        let mut magic = [0; 8];
        self.exact(&mut magic).map_err(|_| self.no_format("it is shorter than its first eight bytes"))?;
        match magic {
            [b'f', b'g', b'b', 3, b'f', b'g', b'b', _] => {}
            [b'f', b'g', b'b', version, ..] => return Err(self.no_format(format!("its version is {version}, only 3 is read"))),
            _ => return Err(self.no_format("its first bytes are not those of the format")),
        }
        self.prefixed()?;
        Ok(std::mem::take(&mut self.buffer))
    }

    /// Steps over the index, a packed tree with `index_node_size` children in a node.
    fn skip_index(&mut self, header: &Header<'_>) -> Result<(), ReadError> {
        let (mut level, size) = (header.features_count(), u64::from(header.index_node_size()));
        if level == 0 || size == 0 {
            return Ok(());
        }
        if level > self.left / NODE {
            return Err(self.damaged(format!("it says it has {level} features, which its size cannot hold")));
        }
        let mut nodes = level;
        loop {
            level = level.div_ceil(size.max(2));
            nodes += level;
            if level == 1 {
                break;
            }
        }
        let length = nodes * NODE;
        let skipped = io::copy(&mut (&mut self.input).take(length), &mut io::sink());
        let skipped = skipped.map_err(|cause| ReadError::Io { path: self.path.to_path_buf(), after: 0, cause })?;
        self.left = self.left.saturating_sub(skipped);
        if skipped < length { Err(self.damaged("its index is cut off")) } else { Ok(()) }
    }

    /// Reads the next record into the buffer; false at the end of the file.
    fn next(&mut self) -> Result<bool, ReadError> {
        if self.left == 0 {
            return Ok(false);
        }
        self.prefixed().map(|()| true)
    }

    fn damaged(&self, detail: impl Into<String>) -> ReadError {
        ReadError::Damaged { file: self.file.to_string(), format: FORMAT, after: self.after, detail: detail.into() }
    }

    fn no_format(&self, detail: impl Into<String>) -> ReadError {
        ReadError::NotFormat { file: self.file.to_string(), format: FORMAT, detail: detail.into() }
    }
}

fn decode<'a>(source: &'a Source<'_>, header: &Header<'_>, columns: &Columns, wanted: &[String]) -> Result<Record<'a>, ReadError> {
    let bytes = source.buffer.as_slice();
    let feature = size_prefixed_root_as_feature_with_opts(&limits(bytes.len()), bytes).map_err(|e| source.damaged(e.to_string()))?;
    let own = feature.columns().map(|own| Columns::new(Some(own), wanted));
    let mut cells = vec![Cell::Missing; wanted.len()];
    if let Some(properties) = feature.properties() {
        own.as_ref().unwrap_or(columns).decode(properties.bytes(), &mut cells).map_err(|fault| match fault {
            properties::Fault::Damaged(detail) => source.damaged(detail),
            properties::Fault::Value(field, detail) => {
                ReadError::Value { file: source.file.to_string(), record: source.after + 1, field, detail }
            }
        })?;
    }
    Ok(match shape::geometry(feature.geometry(), header.geometry_type()) {
        Ok(geometry) => Record::Feature(Feature { id: Cell::Missing, cells, geometry }),
        Err(why) => Record::Malformed(why),
    })
}

fn declared(crs: Option<Crs<'_>>) -> Declared {
    let Some(crs) = crs else { return Declared::Nothing };
    let epsg = crs.org().is_none_or(|org| org.eq_ignore_ascii_case("EPSG"));
    match (u32::try_from(crs.code()), crs.wkt().filter(|w| !w.is_empty())) {
        (Ok(code), _) if epsg && code > 0 => Declared::Epsg(code),
        (_, Some(wkt)) => Declared::Definition(wkt.to_string()),
        _ => crs.code_string().or(crs.name()).filter(|n| !n.is_empty()).map_or(Declared::Nothing, |n| Declared::Name(n.to_string())),
    }
}

#[cfg(test)]
mod tests;
