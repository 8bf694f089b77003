//! Tables of text as layers: points by their coordinate columns, shapes by a column of well-known text, or cells alone.

mod position;
pub(in crate::io) mod rows;
#[cfg(test)]
mod tests;

use crate::io::error::ReadError;
use crate::io::formats::delimited::position::{of_text, pairs, point, text_column};
use crate::io::formats::delimited::rows::{Row, Rows};
use crate::io::formats::feature::{Cell, Feature, Field, FieldKind, Geometry, Head, Read, Reading, Record, Shape, Sink};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// Where a table has its positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Places {
    pair: Option<(usize, usize)>,
    text: Option<usize>,
}

/// Reads the table at `path`, called `file` in messages: comma, semicolon or tab, plain or gzip, in the encoding that
/// [`Rows::open`] finds. Cells are text, empty ones are missing. A position that is no number gives a feature without shape whose kind says
/// what stood there. Memory is that of the longest row.
pub(in crate::io) fn read(path: &Path, file: &str, wanted: &[String], how: &Reading, sink: &mut dyn Sink) -> Result<Read, ReadError> {
    let mut rows = Rows::open(path, file, how.encoding.as_deref())?;
    if rows.names.is_empty() {
        return Err(ReadError::NoTable { file: file.into(), found: "an empty file".into() });
    }
    if rows.names.first().is_some_and(|name| name.trim_start().starts_with(['{', '['])) {
        let (found, remedy) = ("it is JSON although its name says it is a table".into(), "rename it to end with .geojson".into());
        return Err(ReadError::Format { file: file.into(), found, remedy });
    }
    let mut head = Head { encoding: Some(rows.choice.how.clone()), remarks: rows.choice.remarks.clone(), ..Head::default() };
    let places = Places::of(&rows.names, file, how, &mut head.remarks)?;
    remark_names(&rows.names, &mut head.remarks);
    if !rows.ended {
        head.remarks.push("the last line has no end; if the file was cut off, its last value may be too: export it again".into());
    }
    head.position = places.columns().filter_map(|at| rows.names.get(at).cloned()).collect();
    head.fields = rows.names.iter().map(|name| Field { name: name.clone(), kind: FieldKind::Text }).collect();
    sink.head(&head)?;
    let columns: Vec<Option<usize>> = wanted.iter().map(|w| rows.names.iter().position(|n| n == w)).collect();
    let mut damage = vec![Damage::default(); wanted.len()];
    while let Some(row) = rows.next()? {
        match row {
            Ok(row) => {
                let mut cells = Vec::with_capacity(columns.len());
                for (column, damage) in columns.iter().zip(&mut damage) {
                    cells.push(match column.map(|c| row.cell(c)).transpose()? {
                        Some(text) if !text.is_empty() => {
                            damage.see(&text, row.record);
                            Cell::Text(text)
                        }
                        _ => Cell::Missing,
                    });
                }
                let geometry = places.geometry(&row)?;
                sink.record(row.record, Record::Feature(Feature { id: Cell::Missing, cells, geometry }))?;
            }
            Err(other) => sink.record(other.record, Record::Malformed(other.why))?,
        }
    }
    let remarks = wanted.iter().zip(&damage).filter_map(|(name, damage)| damage.remark(name)).collect();
    Ok(Read { features: rows.count(), digest: rows.digest, remarks })
}

impl Places {
    fn of(names: &[String], file: &str, how: &Reading, remarks: &mut Vec<String>) -> Result<Places, ReadError> {
        let no = |missing: &str| ReadError::NoColumn { file: file.into(), missing: missing.into(), there: names.join(", ") };
        let find = |wanted: &str| {
            let exact = names.iter().position(|n| n == wanted);
            exact.or_else(|| names.iter().position(|n| n.to_lowercase() == wanted.to_lowercase())).ok_or_else(|| no(wanted))
        };
        match (&how.x, &how.y) {
            (Some(x), Some(y)) => return Ok(Places { pair: Some((find(x)?, find(y)?)), text: None }),
            (Some(x), None) => return Err(no(&format!("for y, which must be named with x = '{x}'"))),
            (None, Some(y)) => return Err(no(&format!("for x, which must be named with y = '{y}'"))),
            (None, None) => {}
        }
        let (found, text) = (pairs(names), text_column(names));
        let name = |c: usize| names.get(c).map_or("", String::as_str);
        if let (Some((x, y)), Some((x2, y2))) = (found.first(), found.get(1)) {
            let [x, y, x2, y2] = [x, y, x2, y2].map(|c| name(*c));
            remarks.push(format!("positions are taken from the columns {x} and {y}; name {x2} and {y2} as x and y if those are meant"));
        }
        if found.is_empty() && text.is_none() {
            let alike = |n: &&String| ["lon", "lng", "经度", "东经", "纬度", "北纬"].iter().any(|w| n.to_lowercase().contains(w));
            let alike: Vec<&str> = names.iter().filter(alike).map(String::as_str).collect();
            if !alike.is_empty() {
                remarks.push(format!(
                    "no pair of columns has the usual names of a position; name x and y if they are among {}",
                    alike.join(", ")
                ));
            }
        }
        Ok(Places { pair: found.first().copied(), text })
    }

    fn columns(&self) -> impl Iterator<Item = usize> {
        self.pair.into_iter().flat_map(|(x, y)| [x, y]).chain(self.text)
    }

    /// Well-known text where there is some, else the pair of columns.
    fn geometry(&self, row: &Row<'_>) -> Result<Geometry, ReadError> {
        let text = self.text.map(|c| row.cell(c)).transpose()?.map(|t| of_text(&t)).unwrap_or_default();
        let Some((x, y)) = self.pair.filter(|_| text.shape == Shape::Missing) else { return Ok(text) };
        let point = point(&row.cell(x)?, &row.cell(y)?);
        Ok(if point.shape == Shape::Missing && point.kind.is_empty() { text } else { point })
    }
}

fn remark_names(names: &[String], remarks: &mut Vec<String>) {
    let unnamed: Vec<usize> = (1..).zip(names).filter(|(_, n)| n.is_empty()).map(|(at, _)| at).collect();
    match unnamed[..] {
        [] => {}
        [one] => remarks.push(format!("column {one} has no name in the header")),
        [first, ..] => remarks.push(format!("{} columns have no name in the header (first: column {first})", unnamed.len())),
    }
    let mut seen = HashSet::new();
    let twice: BTreeSet<&str> = names.iter().map(String::as_str).filter(|n| !n.is_empty() && !seen.insert(*n)).collect();
    for name in twice {
        remarks.push(format!("several columns are called '{name}'; the first is taken"));
    }
}

/// Codes of a column that a spreadsheet turned into numbers.
#[derive(Clone, Default)]
struct Damage {
    values: u64,
    first: Option<(u64, String)>,
}

impl Damage {
    fn see(&mut self, text: &str, record: u64) {
        if is_scientific(text) {
            self.values += 1;
            self.first.get_or_insert_with(|| (record, text.to_string()));
        }
    }

    fn remark(&self, name: &str) -> Option<String> {
        let (record, text) = self.first.as_ref()?;
        let n = self.values;
        Some(format!(
            "column '{name}': {n} values are in the notation of spreadsheets, such as '{text}' (record {record}); if they are codes, their last \
             digits are lost: export the table from its source with this column as text"
        ))
    }
}

/// Whether it is written as spreadsheets write numbers of twelve and more digits: `1.10101E+14`.
fn is_scientific(text: &str) -> bool {
    let Some((number, power)) = text.split_once("E+").or_else(|| text.split_once("e+")) else { return false };
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    digits(power) && digits(part) && whole.len() == 1 && digits(whole)
}
