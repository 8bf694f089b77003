//! Tables of dBASE: header, fields and records of fixed width, with the bytes of each field as they are.
//!
//! An own reader, because the encoding is to be decided from all bytes before the first text is decoded; the `dbase` crate
//! decodes while it reads and does not hand out bytes.

use crate::io::formats::encoding::{Charset, Flaw, decode};
use crate::io::formats::feature::{Cell, FieldKind};
use std::borrow::Cow;
use std::io::{self, Read};

/// Numbers from here on do not survive in an `f64` digit for digit.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A field as the header describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::io) struct Column {
    /// Bytes of its name.
    pub name: Vec<u8>,
    /// Letter of its type.
    pub letter: u8,
    at: usize,
    width: usize,
    decimals: u8,
}

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::io) struct Table {
    /// Records, by its own account.
    pub rows: u64,
    /// Its language byte.
    pub language: u8,
    /// Bytes of a record.
    pub width: usize,
    /// Its fields.
    pub columns: Vec<Column>,
}

impl Table {
    /// Reads the header; what follows are the records. Its size is at most 64 KiB, whatever the file says.
    pub(in crate::io) fn read(input: &mut impl Read) -> io::Result<Table> {
        let bad = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        let mut fixed = [0u8; 32];
        input.read_exact(&mut fixed).map_err(|_| bad("the header is cut off".into()))?;
        let [_, _, _, _, a, b, c, d, h0, h1, w0, w1, ..] = fixed;
        let (rows, size, width) = (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([h0, h1]), u16::from_le_bytes([w0, w1]));
        let mut rest = vec![0u8; usize::from(size).checked_sub(32).ok_or_else(|| bad("it is no dBASE table".into()))?];
        input.read_exact(&mut rest).map_err(|_| bad("the header is cut off".into()))?;
        let mut columns = Vec::new();
        let mut at = 1;
        for field in rest.chunks_exact(32).take_while(|f| !matches!(f.first(), Some(0x0d | 0))) {
            let (name, tail) = field.split_at(11);
            let [letter, _, _, _, _, width, decimals, ..] = *tail else { continue };
            let name = name.iter().copied().take_while(|b| *b != 0).collect();
            columns.push(Column { name, letter: letter.to_ascii_uppercase(), at, width: width.into(), decimals });
            at += usize::from(width);
        }
        let mut table = Table { rows: rows.into(), language: fixed.get(29).copied().unwrap_or(0), width: width.into(), columns };
        table.long_texts(at);
        let end = table.columns.last().map_or(1, |c| c.at + c.width);
        if end > table.width || table.width == 0 {
            return Err(bad(format!("its fields take {end} bytes, its records {}", table.width)));
        }
        Ok(table)
    }

    /// Some programs put texts of more than 255 bytes into the place of the decimals; that is so where only then the widths add up.
    fn long_texts(&mut self, plain: usize) {
        let extra = |c: &Column| if c.letter == b'C' { usize::from(c.decimals) << 8 } else { 0 };
        if plain == self.width || plain + self.columns.iter().map(extra).sum::<usize>() != self.width {
            return;
        }
        let mut at = 1;
        for column in &mut self.columns {
            column.width += extra(column);
            column.at = at;
            at += column.width;
        }
    }
}

impl Column {
    /// Its bytes in a record: of text what stands before a NUL and the blanks at the end, else without blanks around.
    pub(in crate::io) fn bytes<'r>(&self, record: &'r [u8]) -> &'r [u8] {
        let all = record.get(self.at..self.at + self.width).unwrap_or_default();
        match self.letter {
            b'C' => all.split(|b| *b == 0).next().unwrap_or_default().trim_ascii_end(),
            b'I' => all,
            _ => trim(all),
        }
    }

    /// Whether its bytes are text in the encoding of the file.
    pub(in crate::io) fn is_text(&self) -> bool {
        self.letter == b'C'
    }

    /// Whether a number was too long for the field and was written as asterisks.
    pub(in crate::io) fn overflowed(&self, record: &[u8]) -> bool {
        matches!(self.letter, b'N' | b'F') && self.bytes(record).first() == Some(&b'*')
    }

    /// The kind of its values; none where they are not read (memos, binary types).
    pub(in crate::io) fn kind(&self) -> Option<FieldKind> {
        Some(match self.letter {
            b'C' => FieldKind::Text,
            b'N' if self.decimals == 0 => FieldKind::Integer,
            b'I' => FieldKind::Integer,
            b'N' | b'F' => FieldKind::Real,
            b'L' => FieldKind::Flag,
            b'D' => FieldKind::Date,
            _ => return None,
        })
    }

    /// Its value in a record. Numbers that `i64` or `f64` would change (leading zeros, too many digits, no number at all) come as text
    /// digit for digit; asterisks and blanks are missing.
    pub(in crate::io) fn cell<'r>(&self, record: &'r [u8], charset: Charset) -> Result<Cell<'r>, Flaw> {
        let bytes = self.bytes(record);
        let ascii = || decode(bytes, charset);
        Ok(match (self.letter, bytes) {
            (_, []) => Cell::Missing,
            (b'C', _) => Cell::Text(decode(bytes, charset)?),
            (b'I', [a, b, c, d]) => Cell::Integer(i32::from_le_bytes([*a, *b, *c, *d]).into()),
            (b'N' | b'F', [b'*', ..]) => Cell::Missing,
            (b'N' | b'F', _) => number(ascii()?, self.kind() == Some(FieldKind::Integer)),
            (b'L', [b'T' | b't' | b'Y' | b'y']) => Cell::Flag(true),
            (b'L', [b'F' | b'f' | b'N' | b'n']) => Cell::Flag(false),
            (b'L', [b'?']) => Cell::Missing,
            (b'D', b"00000000") => Cell::Missing,
            (b'D', _) => date(ascii()?),
            (b'L', _) => Cell::Text(ascii()?),
            _ => Cell::Missing,
        })
    }
}

fn number(written: Cow<'_, str>, integer: bool) -> Cell<'_> {
    let digits = written.strip_prefix('-').unwrap_or(&written);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if plain && digits.len() > 1 && digits.starts_with('0') {
        return Cell::Text(written);
    }
    if integer && plain {
        return written.parse().map(Cell::Integer).unwrap_or(Cell::Text(written));
    }
    match written.parse::<f64>() {
        Ok(x) if x.is_finite() && (x.abs() < EXACT || digits.contains(['e', 'E'])) => Cell::Real(x),
        _ => Cell::Text(written),
    }
}

/// ISO 8601; as written where it is no date.
fn date(written: Cow<'_, str>) -> Cell<'_> {
    let digits = written.len() == 8 && written.bytes().all(|b| b.is_ascii_digit());
    match (written.get(..4), written.get(4..6), written.get(6..)) {
        (Some(year), Some(month), Some(day)) if digits => Cell::Text(format!("{year}-{month}-{day}").into()),
        _ => Cell::Text(written),
    }
}

/// Without NULs at the end and blanks around.
fn trim(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default().trim_ascii()
}
