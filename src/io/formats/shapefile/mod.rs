//! Shapefiles: shapes of the `.shp`, fields of the `.dbf`, encoding after [`survey`](crate::io::formats::encoding::survey), reference system
//! of the `.prj`.
//!
//! The table is gone through twice: once for its encoding and for what is to be told of it as a whole, once to be read. Memory is that of
//! one record and of four bytes for each shape. The digest is that over the bytes of `.cpg`, `.dbf`, `.prj`, `.shp` and `.shx`, those
//! that there are, one after the other.

mod dbf;
mod dbf_write;
mod shp;
#[cfg(test)]
mod tests;
pub(in crate::io) mod write;

use crate::io::error::ReadError;
use crate::io::formats::encoding::survey::{Choice, Survey, Trial, choose};
use crate::io::formats::encoding::{Charset, Flaw, decode, decode_whole_characters, named, of_language, text_error};
use crate::io::formats::feature::{Cell, Declared, Feature, Field, FieldKind, Head, Read, Reading, Record, Sink};
use crate::io::formats::shapefile::dbf::Table;
use crate::io::formats::shapefile::shp::Shapes;
use crate::io::formats::stream::{Digesting, hex};
use encoding_rs::{GB18030, UTF_8};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};

const CHUNK: usize = 1 << 18;
/// Most bytes of a `.cpg` or `.prj` that are looked at.
const SMALL: u64 = 1 << 20;
/// Mark of a deleted record.
const DELETED: u8 = b'*';

/// The column that a name means: that of the same name, or of as much of it as a `.dbf` holds, or of the same letters in another case.
fn column(names: &[String], wanted: &str) -> Option<usize> {
    let cut = wanted.char_indices().take_while(|(at, c)| at + c.len_utf8() <= 10).last().map_or("", |(at, c)| &wanted[..at + c.len_utf8()]);
    let named = |name: &str| names.iter().position(|n| n == name);
    let alike = |name: &str| names.iter().position(|n| n.to_lowercase() == name.to_lowercase());
    named(wanted).or_else(|| named(cut)).or_else(|| alike(wanted)).or_else(|| alike(cut))
}

/// Reads the shapefile whose `.shp` is at `path`, called `file` in messages. `wanted` are names of fields as the `.dbf` has them, cut at
/// ten bytes. Records marked as deleted keep their number but are not handed over.
pub(in crate::io) fn read(path: &Path, file: &str, wanted: &[String], how: &Reading, sink: &mut dyn Sink) -> Result<Read, ReadError> {
    let parts = Parts::beside(path);
    let user =
        how.encoding.as_deref().map(|name| named(name).ok_or_else(|| ReadError::UnknownEncoding { file: file.into(), name: name.into() }));
    let user = user.transpose()?;
    let mut remarks = Vec::new();
    let mut hash = Sha256::new();
    let cpg = parts.start_of("cpg", SMALL, &mut hash)?.map(|b| String::from_utf8_lossy(&b).trim().to_string());
    let said = cpg.filter(|n| !n.is_empty()).and_then(|name| {
        let found = named(&name).map(|c| Trial::new(c, format!("the .cpg ('{name}')")));
        if found.is_none() {
            remarks.push(format!("the encoding '{name}' of the .cpg is not known; it is not used"));
        }
        found
    });
    let dbf = parts.get("dbf").map(|p| Rows::survey(p, file, user, said, how.keep_cut_text, &mut hash)).transpose()?;
    let prj = parts.start_of("prj", SMALL, &mut hash)?;
    Parts::start(path, 0, &mut hash)?;
    let shx = parts.start_of("shx", u64::MAX, &mut hash)?;

    let failed = |e| damaged(path, file, e);
    let (mut shapes, remark) = Shapes::open(File::open(path).map_err(failed)?, shx.as_deref()).map_err(failed)?;
    remarks.extend(remark);
    let mut head = Head { crs: definition(prj, &mut remarks), ..Head::default() };
    let mut rows = match dbf {
        Some((rows, told)) => {
            if rows.table.rows != shapes.count() {
                return Err(ReadError::Counts { file: file.into(), shapes: shapes.count(), rows: rows.table.rows });
            }
            head.encoding = Some(rows.choice.how.clone());
            head.fields = rows.fields();
            head.features = Some(rows.table.rows - rows.deleted);
            remarks.extend(told);
            Some(rows)
        }
        None => {
            head.features = Some(shapes.count());
            remarks.push("there is no .dbf: the shapes have no properties".into());
            None
        }
    };
    head.remarks = remarks;
    sink.head(&head)?;

    let columns: Vec<Option<usize>> = wanted.iter().map(|w| rows.as_ref().and_then(|r| column(&r.names, w))).collect();
    let (mut features, mut misturned) = (0, (0u64, 0u64));
    for record in 1..=shapes.count() {
        let cells = match &mut rows {
            Some(rows) => match rows.next(&columns, record)? {
                Some(cells) => cells,
                None => continue,
            },
            None => vec![Cell::Missing; wanted.len()],
        };
        features += 1;
        match shapes.shape(record as usize - 1).map_err(failed)? {
            Ok(found) => {
                if found.misturned {
                    misturned = (misturned.0 + 1, if misturned.0 == 0 { record } else { misturned.1 });
                }
                sink.record(record, Record::Feature(Feature { id: Cell::Missing, cells, geometry: found.geometry }))?;
            }
            Err(why) => sink.record(record, Record::Malformed(why))?,
        }
    }
    let mut remarks: Vec<String> = rows.iter().flat_map(Rows::cut_texts).collect();
    if let (n @ 1.., first) = misturned {
        remarks.push(format!(
            "{n} polygons (first: record {first}) have rings that turn the wrong way; holes were told by which ring lies in which"
        ));
    }
    Ok(Read { digest: hex(hash), features, remarks })
}

fn damaged(path: &Path, file: &str, cause: io::Error) -> ReadError {
    match cause.kind() {
        io::ErrorKind::InvalidData => ReadError::Shapefile { file: file.into(), detail: cause.to_string() },
        io::ErrorKind::UnexpectedEof => ReadError::Shapefile { file: file.into(), detail: "it ends too early".into() },
        _ => ReadError::Io { path: path.into(), after: 0, cause },
    }
}

fn definition(prj: Option<Vec<u8>>, remarks: &mut Vec<String>) -> Declared {
    let Some(bytes) = prj else { return Declared::Nothing };
    match decode(&bytes, UTF_8).or_else(|_| decode(&bytes, GB18030)) {
        Ok(text) if text.trim().is_empty() => Declared::Nothing,
        Ok(text) => Declared::Definition(text.trim_start_matches('\u{feff}').trim().to_string()),
        Err(_) => {
            remarks.push("the .prj is no text; it is not used".into());
            Declared::Nothing
        }
    }
}

/// The files of a shapefile.
struct Parts(Vec<(String, PathBuf)>);

impl Parts {
    /// Files beside the `.shp` of the same name, whichever case their extensions have.
    fn beside(path: &Path) -> Parts {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
        let mut all: Vec<_> = entries
            .filter(|p| p.file_stem() == path.file_stem())
            .filter_map(|p| Some((p.extension()?.to_str()?.to_ascii_lowercase(), p)))
            .filter(|(ext, _)| ["cpg", "dbf", "prj", "shx"].contains(&ext.as_str()))
            .collect();
        all.sort();
        Parts(all)
    }

    fn get(&self, ext: &str) -> Option<&Path> {
        self.0.iter().find(|(e, _)| e == ext).map(|(_, p)| p.as_path())
    }

    /// At most so many bytes of a part; the hash takes all.
    fn start_of(&self, ext: &str, most: u64, hash: &mut Sha256) -> Result<Option<Vec<u8>>, ReadError> {
        self.get(ext).map(|p| Parts::start(p, most, hash)).transpose()
    }

    fn start(path: &Path, most: u64, hash: &mut Sha256) -> Result<Vec<u8>, ReadError> {
        let mut read = || {
            let mut input = BufReader::with_capacity(CHUNK, Digesting::resume(File::open(path)?, hash.clone()));
            let mut bytes = Vec::new();
            input.by_ref().take(most).read_to_end(&mut bytes)?;
            io::copy(&mut input, &mut io::sink())?;
            *hash = input.into_inner().finish()?;
            Ok(bytes)
        };
        read().map_err(|cause| ReadError::Io { path: path.into(), after: 0, cause })
    }
}

/// The records of the table, in order.
struct Rows {
    path: PathBuf,
    file: String,
    input: BufReader<File>,
    table: Table,
    choice: Choice,
    names: Vec<String>,
    keep_cut: bool,
    deleted: u64,
    record: Vec<u8>,
    /// For each field how many texts were taken although cut, and the first record.
    cut: Vec<(u64, u64)>,
}

impl Rows {
    /// Goes through the whole table to decide its encoding; says what is noteworthy.
    fn survey(
        path: &Path,
        file: &str,
        user: Option<Charset>,
        cpg: Option<Trial>,
        keep_cut: bool,
        hash: &mut Sha256,
    ) -> Result<(Rows, Vec<String>), ReadError> {
        let file = path.file_name().map_or_else(|| file.to_string(), |n| n.to_string_lossy().into_owned());
        let failed = |e| damaged(path, &file, e);
        let opened = File::open(path).map_err(failed)?;
        let mut input = BufReader::with_capacity(CHUNK, Digesting::resume(opened, std::mem::take(hash)));
        let table = Table::read(&mut input).map_err(failed)?;
        let mut said: Vec<Trial> = cpg.into_iter().collect();
        said.extend(of_language(table.language).map(|c| Trial::new(c, format!("the language byte 0x{:02X} of the .dbf", table.language))));
        let (mut survey, mut gb18030) = (Survey::default(), Trial::new(GB18030, "trial"));
        let mut add = |bytes: &[u8]| {
            if bytes.is_ascii() {
                return;
            }
            survey.add_whole(bytes);
            if !survey.is_proven_utf8() {
                said.iter_mut().chain([&mut gb18030]).for_each(|t| t.add(bytes));
            }
        };
        for column in &table.columns {
            // a name may be cut inside a character: that is no sign of anything
            let name = &column.name;
            add(name.get(..name.len().saturating_sub(usize::from(name.len() >= 10) * 2)).unwrap_or_default());
        }
        let mut overflowed = vec![(0, 0); table.columns.len()];
        let (mut deleted, mut record) = (0, vec![0; table.width]);
        for row in 1..=table.rows {
            if let Err(e) = input.read_exact(&mut record) {
                let detail = format!("its header says {} records, it ends after {}", table.rows, row - 1);
                return Err(match e.kind() {
                    io::ErrorKind::UnexpectedEof => ReadError::Shapefile { file, detail },
                    _ => failed(e),
                });
            }
            if record.first() == Some(&DELETED) {
                deleted += 1;
                continue;
            }
            for (column, told) in table.columns.iter().zip(&mut overflowed) {
                if column.is_text() {
                    add(column.bytes(&record));
                } else if column.overflowed(&record) {
                    *told = (told.0 + 1, if told.0 == 0 { row } else { told.1 });
                }
            }
        }
        io::copy(&mut input, &mut io::sink()).map_err(failed)?;
        *hash = input.into_inner().finish().map_err(failed)?;
        let choice = choose(user, &survey, &said, &gb18030);
        let mut remarks = choice.remarks.clone();
        let mut rows = Rows {
            input: BufReader::with_capacity(CHUNK, File::open(path).map_err(failed)?),
            path: path.into(),
            names: vec![],
            cut: vec![(0, 0); table.columns.len()],
            keep_cut,
            deleted,
            record,
            file: file.clone(),
            choice,
            table,
        };
        Table::read(&mut rows.input).map_err(failed)?;
        rows.name_columns(&mut remarks)?;
        rows.tell(&overflowed, &mut remarks);
        Ok((rows, remarks))
    }

    fn name_columns(&mut self, remarks: &mut Vec<String>) -> Result<(), ReadError> {
        for (i, column) in self.table.columns.iter().enumerate() {
            let whole = decode(&column.name, self.choice.charset);
            let name = decode_whole_characters(&column.name, self.choice.charset)
                .map_err(|f| text_error(f, &column.name, self.choice.charset, &self.file, 0, &format!("{}", i + 1)))?;
            if whole.is_err() {
                remarks.push(format!("the name of field {} is cut inside a character; read as '{name}'", i + 1));
            }
            if self.names.iter().any(|n| *n == name) {
                remarks.push(format!("two fields are called '{name}'; the first is taken"));
            }
            self.names.push(name.into_owned());
        }
        Ok(())
    }

    fn tell(&self, overflowed: &[(u64, u64)], remarks: &mut Vec<String>) {
        if self.deleted > 0 {
            remarks.push(format!("{} records are marked as deleted; they are not read", self.deleted));
        }
        for ((column, name), (n, first)) in self.table.columns.iter().zip(&self.names).zip(overflowed) {
            if column.kind().is_none() {
                let letter = char::from(column.letter).escape_default();
                remarks.push(format!("field '{name}' has the type '{letter}', which is not read; its values are taken as missing"));
            }
            if *n > 0 {
                remarks.push(format!(
                    "field '{name}': {n} numbers are asterisks (first: record {first}), as some programs write what is empty and others what is too long for the field; they are missing"
                ));
            }
        }
    }

    fn fields(&self) -> Vec<Field> {
        let kinds = self.table.columns.iter().map(|c| c.kind().unwrap_or(FieldKind::Other));
        self.names.iter().cloned().zip(kinds).map(|(name, kind)| Field { name, kind }).collect()
    }

    /// Cells of the next record; none where it is marked as deleted.
    fn next(&mut self, columns: &[Option<usize>], record: u64) -> Result<Option<Vec<Cell<'_>>>, ReadError> {
        self.input.read_exact(&mut self.record).map_err(|e| damaged(&self.path, &self.file, e))?;
        if self.record.first() == Some(&DELETED) {
            return Ok(None);
        }
        let Rows { table, record: bytes, names, cut, choice, keep_cut, file, .. } = self;
        let charset = choice.charset;
        let mut cell = |column: &Option<usize>| {
            let Some((column, at)) = column.and_then(|at| Some((table.columns.get(at)?, at))) else { return Ok(Cell::Missing) };
            let text = column.bytes(bytes);
            match (column.cell(bytes, charset), cut.get_mut(at)) {
                (Err(Flaw::Cut), Some(cut)) if *keep_cut => {
                    cut.1 = if cut.0 == 0 { record } else { cut.1 };
                    cut.0 += 1;
                    decode_whole_characters(text, charset).map(Cell::Text)
                }
                (other, _) => other,
            }
            .map_err(|flaw| text_error(flaw, text, charset, file, record, names.get(at).map_or("", String::as_str)))
        };
        columns.iter().map(&mut cell).collect::<Result<_, _>>().map(Some)
    }

    /// Texts that were taken although cut.
    fn cut_texts(&self) -> impl Iterator<Item = String> {
        let told = self.names.iter().zip(&self.cut).filter(|(_, (n, _))| *n > 0);
        told.map(|(name, (n, first))| {
            format!("field '{name}': {n} texts are cut inside their last character (first: record {first}); taken without it")
        })
    }
}
