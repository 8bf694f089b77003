//! Writes the table of a shapefile: dBASE III in UTF-8, each field as wide as its longest value.

use crate::io::formats::feature::{Cell, Feature, Field, FieldKind};
use std::borrow::Cow;
use std::io::{self, Write};

/// Most bytes of a text.
const MAX_TEXT: usize = 254;
/// Digits of a number that every program takes for a whole one.
const MAX_DIGITS: usize = 18;
/// Bytes of the longest `f64` in exponent form.
const REAL: usize = 24;
/// Most bytes of a name.
const MAX_NAME: usize = 10;
/// From here on an `f64` is written with an exponent, so that it is not taken for digits of a code.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The fields as they are written.
pub(in crate::io) struct Columns(Vec<Column>);

struct Column {
    field: String,
    name: String,
    /// As wanted, or text where a value is of another kind.
    kind: FieldKind,
    width: usize,
    /// Whether it holds the numbers of the records, for want of another.
    counts: bool,
    remarks: Vec<String>,
}

impl Columns {
    /// Looks at all values of all fields.
    pub(in crate::io) fn of(fields: &[Field], features: &[Feature<'_>]) -> Result<Columns, String> {
        let mut columns: Vec<Column> = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            let name = short_name(&field.name, &columns);
            let mut column = Column { field: field.name.clone(), name, kind: field.kind, width: 1, counts: false, remarks: vec![] };
            column.fit(features, at)?;
            columns.push(column);
        }
        if columns.is_empty() {
            // programs refuse tables without fields
            let remarks = vec!["a field FID was added, since a shapefile needs one".to_string()];
            columns.push(Column { field: "FID".into(), name: "FID".into(), kind: FieldKind::Integer, width: 11, counts: true, remarks });
        }
        let width: usize = columns.iter().map(|c| c.width).sum();
        if columns.len() > 255 || width >= usize::from(u16::MAX) {
            let n = columns.len();
            return Err(format!(
                "{n} fields of together {width} bytes are more than a shapefile holds (255, 65,534); choose fewer, or write a GeoPackage"
            ));
        }
        Ok(Columns(columns))
    }

    /// Each field as it was called, and as it is called here.
    pub(in crate::io) fn names(&self) -> Vec<(String, String)> {
        self.0.iter().map(|c| (c.field.clone(), c.name.clone())).collect()
    }

    /// What could not be written as it is.
    pub(in crate::io) fn remarks(&self) -> Vec<String> {
        self.0.iter().flat_map(|c| c.remarks.clone()).collect()
    }

    fn width(&self) -> usize {
        1 + self.0.iter().map(|c| c.width).sum::<usize>()
    }

    /// Bytes of the table with so many records.
    pub(in crate::io) fn size(&self, rows: usize) -> u64 {
        (33 + 32 * self.0.len()) as u64 + self.width() as u64 * rows as u64 + 1
    }

    /// Writes the table.
    pub(in crate::io) fn write(&self, features: &[Feature<'_>], out: &mut impl Write) -> io::Result<()> {
        // a fixed date, so that the same table gives the same bytes
        let mut head = vec![3u8, 100, 1, 1];
        head.extend((features.len() as u32).to_le_bytes());
        head.extend(((33 + 32 * self.0.len()) as u16).to_le_bytes());
        head.extend((self.width() as u16).to_le_bytes());
        head.extend([0; 20]);
        for column in &self.0 {
            let mut name = column.name.clone().into_bytes();
            name.resize(MAX_NAME + 1, 0);
            head.extend(name);
            head.extend([column.letter(), 0, 0, 0, 0, column.width as u8, column.decimals()]);
            head.extend([0; 14]);
        }
        head.push(0x0d);
        out.write_all(&head)?;
        let mut row = Vec::with_capacity(self.width());
        for (feature, number) in features.iter().zip(1i64..) {
            row.clear();
            row.push(b' ');
            for (at, column) in self.0.iter().enumerate() {
                match feature.cells.get(at) {
                    _ if column.counts => column.put(&Cell::Integer(number), &mut row),
                    cell => column.put(cell.unwrap_or(&Cell::Missing), &mut row),
                }
            }
            out.write_all(&row)?;
        }
        out.write_all(&[0x1a])
    }
}

impl Column {
    fn letter(&self) -> u8 {
        match self.kind {
            FieldKind::Text | FieldKind::Other | FieldKind::Nested => b'C',
            FieldKind::Integer | FieldKind::Real => b'N',
            FieldKind::Flag => b'L',
            FieldKind::Date => b'D',
        }
    }

    fn decimals(&self) -> u8 {
        if self.kind == FieldKind::Real { 15 } else { 0 }
    }

    /// Finds kind and width that hold every value.
    fn fit(&mut self, features: &[Feature<'_>], at: usize) -> Result<(), String> {
        let (mut long, mut first) = (0, 0);
        let values = || features.iter().zip(1u64..).filter_map(|(f, record)| Some((record, text(f.cells.get(at)?)?)));
        if let Some((record, value)) = values().find(|(_, v)| !self.holds(v)) {
            let shown: String = value.chars().take(40).collect();
            self.remarks.push(format!(
                "field '{}' is written as text: '{shown}' (record {record}) is no such value, or has too many digits",
                self.field
            ));
            self.kind = FieldKind::Text;
        }
        for (record, value) in values() {
            if value.contains('\0') {
                return Err(format!("record {record}, field '{}': a NUL character cannot be written; take it out", self.field));
            }
            if self.letter() == b'C' && value.len() > MAX_TEXT {
                (long, first) = (long + 1, if long == 0 { record } else { first });
            }
            self.width = self.width.max(value.len().min(MAX_TEXT));
        }
        if long > 0 {
            self.remarks.push(format!(
                "field '{}': {long} texts of more than {MAX_TEXT} bytes were cut at a character (first: record {first}); write a GeoPackage to keep them",
                self.field
            ));
        }
        self.width = match self.kind {
            FieldKind::Text | FieldKind::Other | FieldKind::Nested | FieldKind::Integer => self.width,
            FieldKind::Real => REAL,
            FieldKind::Flag => 1,
            FieldKind::Date => 8,
        };
        Ok(())
    }

    /// Whether its kind keeps the value as it is.
    fn holds(&self, value: &str) -> bool {
        match self.kind {
            FieldKind::Text | FieldKind::Other | FieldKind::Nested => true,
            FieldKind::Integer => value.len() <= MAX_DIGITS && value.parse::<i64>().is_ok_and(|i| i.to_string() == value),
            FieldKind::Real => value.parse::<f64>().is_ok_and(f64::is_finite),
            FieldKind::Flag => matches!(value, "true" | "false"),
            FieldKind::Date => date(value).is_some(),
        }
    }

    fn put(&self, cell: &Cell<'_>, row: &mut Vec<u8>) {
        let value = text(cell);
        let value = value.as_deref().unwrap_or_default();
        let written: Cow<'_, str> = match self.kind {
            FieldKind::Text | FieldKind::Other | FieldKind::Nested => cut(value, MAX_TEXT).into(),
            FieldKind::Integer => value.into(),
            FieldKind::Real => value.parse().map_or_else(|_| "".into(), |x: f64| real(x).into()),
            FieldKind::Flag => match value {
                "true" => "T".into(),
                "false" => "F".into(),
                _ => "?".into(),
            },
            FieldKind::Date => date(value).unwrap_or_default().into(),
        };
        let pad = std::iter::repeat_n(b' ', self.width.saturating_sub(written.len()));
        if self.letter() == b'N' {
            row.extend(pad);
            row.extend(written.bytes());
        } else {
            row.extend(written.bytes());
            row.extend(pad);
        }
    }
}

/// The value as text; none where there is nothing to write.
fn text<'c>(cell: &'c Cell<'_>) -> Option<Cow<'c, str>> {
    match cell {
        Cell::Json(raw) if raw.starts_with(['{', '[']) => Some(Cow::Borrowed(raw)),
        other => other.text(),
    }
}

fn real(x: f64) -> String {
    let plain = x.to_string();
    if plain.len() <= REAL && x.abs() < EXACT { plain } else { format!("{x:e}") }
}

/// The eight digits of an ISO date.
fn date(value: &str) -> Option<String> {
    let digits: String = value.split('-').collect();
    let shaped = value.len() == 10 && digits.len() == 8 && value.as_bytes().get(4) == Some(&b'-') && value.as_bytes().get(7) == Some(&b'-');
    (shaped && digits != "00000000" && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

/// The name cut to ten bytes between two characters, unlike those before (whichever case they are in).
fn short_name(name: &str, before: &[Column]) -> String {
    let clean: String = name.chars().filter(|c| !c.is_control()).collect();
    let clean = if clean.trim().is_empty() { "FIELD" } else { clean.trim() };
    let taken = |n: &str| before.iter().any(|c| c.name.to_lowercase() == n.to_lowercase());
    let numbered = (1..).map(|n| format!("_{n}")).map(|end| format!("{}{end}", cut(clean, MAX_NAME.saturating_sub(end.len())).trim_end()));
    std::iter::once(cut(clean, MAX_NAME).trim_end().to_string()).chain(numbered).find(|n| !taken(n)).unwrap_or_default()
}

/// At most so many bytes of the text, whole characters only.
fn cut(text: &str, bytes: usize) -> &str {
    (0..=bytes.min(text.len())).rev().find_map(|n| text.get(..n)).unwrap_or_default()
}
