//! Rows of delimited text (comma, semicolon or tab; plain or gzip), the one reader of them for tables and layers.
//!
//! The file is gone through twice: once for its encoding and its digest, once for its rows. In UTF-8, GB18030, GBK and Big5 a separator,
//! quotation mark or line end is never part of another character, so rows are cut before they are decoded. Cells are decoded when asked for;
//! memory is that of the longest row.

use crate::io::error::ReadError;
use crate::io::formats::encoding::survey::{Choice, Survey, Trial, choose};
use crate::io::formats::encoding::{Charset, decode, named, text_error};
use crate::io::formats::stream::{Bounded, Input, MAX_VALUE_BYTES, wide};
use csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::{GB18030, UTF_8};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

const CHUNK: usize = 1 << 18;
/// The byte order mark of UTF-8.
const BOM: &[u8] = &[0xef, 0xbb, 0xbf];
/// Characters of a damaged row that a message quotes.
const QUOTED: usize = 40;

/// A table, after its header.
pub(in crate::io) struct Rows {
    path: PathBuf,
    file: String,
    gzip: bool,
    reader: Reader<Bounded<BufReader<Input>>>,
    record: ByteRecord,
    rows: u64,
    /// Names of its columns, without white space around them.
    pub names: Vec<String>,
    /// Its encoding, and what is to be told of it.
    pub choice: Choice,
    /// SHA-256 of its bytes as they are on the disk.
    pub digest: String,
    /// Whether the last line has an end. A file without may have been cut off.
    pub ended: bool,
}

/// One row.
pub(in crate::io) struct Row<'a> {
    /// Counted from 1, without the header.
    pub record: u64,
    cells: &'a ByteRecord,
    table: Names<'a>,
}

#[derive(Clone, Copy)]
struct Names<'a> {
    file: &'a str,
    names: &'a [String],
    charset: Charset,
}

/// A row with another number of fields than the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::io) struct Misshapen {
    pub record: u64,
    /// Fields it has.
    pub fields: usize,
    /// Fields the header has.
    pub needed: usize,
    /// A sentence with both, and how the row begins.
    pub why: String,
}

impl<'a> Row<'a> {
    /// Bytes of a cell, without white space around them; empty where there is no such column.
    pub(in crate::io) fn bytes(&self, column: usize) -> &'a [u8] {
        self.cells.get(column).unwrap_or_default().trim_ascii()
    }

    /// Text of a cell, without white space around it: exact, or an error that names record, field and bytes.
    pub(in crate::io) fn cell(&self, column: usize) -> Result<Cow<'a, str>, ReadError> {
        let bytes = self.bytes(column);
        decode(bytes, self.table.charset).map_err(|flaw| {
            let name = self.table.names.get(column).map_or("", String::as_str);
            text_error(flaw, bytes, self.table.charset, self.table.file, self.record, name)
        })
    }
}

impl Rows {
    /// Opens the table at `path`, called `file` in messages, and reads its header. The encoding is the one named by the user, or that of
    /// the byte order mark, or UTF-8 where all of the file is valid in it, or GB18030.
    pub(in crate::io) fn open(path: &Path, file: &str, encoding: Option<&str>) -> Result<Rows, ReadError> {
        let io = |cause| ReadError::Io { path: path.to_path_buf(), after: 0, cause };
        let user =
            encoding.map(|n| named(n).ok_or_else(|| ReadError::UnknownEncoding { file: file.into(), name: n.into() })).transpose()?;
        let open = || File::open(path).and_then(Input::open).map_err(io);
        let mut first = BufReader::with_capacity(CHUNK, open()?);
        let gzip = first.get_ref().is_gzip();
        if file.ends_with(".gz") && !gzip {
            return Err(ReadError::Gzip { file: file.into(), after: 0, detail: "it is no gzip file although its name says so".into() });
        }
        let failed = |cause: io::Error| match gzip {
            true => ReadError::Gzip { file: file.into(), after: 0, detail: cause.to_string() },
            false => io(cause),
        };
        let head = start(&mut first).map_err(failed)?;
        if let Some(found) = wide(head) {
            return Err(ReadError::NoTable { file: file.into(), found: found.into() });
        }
        let mark = head.starts_with(BOM);
        let (survey, ended) = survey(&mut first).map_err(failed)?;
        let digest = first.into_inner().digest().map_err(failed)?;
        let mut choice = choose(user, &survey, &[], &Trial::new(GB18030, ""));
        if mark && user.is_none() {
            choice = Choice { charset: UTF_8, how: "UTF-8 (byte order mark)".into(), remarks: vec![] };
        }

        let mut input = BufReader::with_capacity(CHUNK, open()?);
        start(&mut input).map_err(failed)?;
        if mark {
            input.consume(BOM.len());
        }
        let line: Vec<u8> = input.fill_buf().map_err(failed)?.iter().take_while(|b| **b != b'\n').copied().collect();
        let count = |d: u8| line.iter().filter(|b| **b == d).count();
        // of separators that occur equally often the first
        let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|d| count(*d)).unwrap_or(b',');
        let bounded = Bounded::new(input);
        let mut reader = ReaderBuilder::new().flexible(true).delimiter(delimiter).buffer_capacity(CHUNK).from_reader(bounded);
        let header = reader.byte_headers().map_err(|e| broken(path, file, gzip, 0, e))?.clone();
        let mut names = Vec::with_capacity(header.len());
        for (bytes, column) in header.iter().zip(1..) {
            let name = decode(bytes.trim_ascii(), choice.charset)
                .map_err(|flaw| text_error(flaw, bytes, choice.charset, file, 0, &format!("{column}")))?;
            names.push(name.into_owned());
        }
        let (path, file, record) = (path.to_path_buf(), file.to_string(), ByteRecord::new());
        Ok(Rows { path, file, gzip, reader, record, rows: 0, names, choice, digest, ended })
    }

    /// The next row; `Err` inside where it has another number of fields than the header. None at the end.
    #[allow(clippy::type_complexity)]
    pub(in crate::io) fn next(&mut self) -> Result<Option<Result<Row<'_>, Misshapen>>, ReadError> {
        self.reader.get_mut().renew();
        let more = self.reader.read_byte_record(&mut self.record);
        if !more.map_err(|e| broken(&self.path, &self.file, self.gzip, self.rows, e))? {
            return Ok(None);
        }
        self.rows += 1;
        let (record, cells) = (self.rows, &self.record);
        if cells.len() != self.names.len() {
            return Ok(Some(Err(self.misshapen())));
        }
        let table = Names { file: &self.file, names: &self.names, charset: self.choice.charset };
        Ok(Some(Ok(Row { record, cells, table })))
    }

    /// Rows so far, those of another width among them.
    pub(in crate::io) fn count(&self) -> u64 {
        self.rows
    }

    fn misshapen(&self) -> Misshapen {
        // shown, not taken: what cannot be decoded is escaped
        let text = match decode(self.record.as_slice(), self.choice.charset) {
            Ok(text) => text,
            Err(_) => Cow::Owned(self.record.as_slice().escape_ascii().to_string()),
        };
        let lines = text.lines().count();
        let start: String = text.lines().next().unwrap_or_default().chars().take(QUOTED).collect();
        let (fields, needed) = (self.record.len(), self.names.len());
        let over = if lines > 1 { format!(", over {lines} lines: a quotation mark is not closed before it") } else { String::new() };
        let why = format!("it has {fields} fields where the header has {needed}{over}; not taken; it begins with '{start}'");
        Misshapen { record: self.rows, fields, needed, why }
    }
}

fn broken(path: &Path, file: &str, gzip: bool, after: u64, error: csv::Error) -> ReadError {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) if cause.kind() == io::ErrorKind::FileTooLarge => {
            ReadError::TooLarge { file: file.into(), record: after + 1, limit: MAX_VALUE_BYTES }
        }
        csv::ErrorKind::Io(cause) if gzip => ReadError::Gzip { file: file.into(), after, detail: cause.to_string() },
        csv::ErrorKind::Io(cause) => ReadError::Io { path: path.to_path_buf(), after, cause },
        other => ReadError::NoTable { file: file.into(), found: format!("after record {after}: {other:?}") },
    }
}

/// The first bytes at hand; a gzip stream may give out fewer at first than a byte order mark has.
fn start(input: &mut BufReader<Input>) -> io::Result<&[u8]> {
    input.fill_buf()
}

/// What all bytes say about the encoding, and whether the last is the end of a line.
fn survey(input: &mut impl Read) -> io::Result<(Survey, bool)> {
    let (mut survey, mut buf, mut kept, mut last) = (Survey::default(), vec![0; CHUNK], 0, b'\n');
    loop {
        let room = buf.get_mut(kept..).unwrap_or_default();
        let n = match input.read(room) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        let filled = buf.get(..kept + n).unwrap_or_default();
        last = filled.last().copied().unwrap_or(last);
        if n == 0 {
            survey.add_whole(filled);
            return Ok((survey, last == b'\n'));
        }
        let rest = survey.add(filled).len();
        let from = filled.len() - rest;
        buf.copy_within(from..from + rest, 0);
        kept = rest;
    }
}
