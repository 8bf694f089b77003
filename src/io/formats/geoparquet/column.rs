//! A column of a Parquet file, decoded a batch of rows at a time.

use super::kinds::{self, Meaning};
use super::pages::{Chunks, Pages};
use crate::io::formats::feature::Cell;
use crate::io::formats::typed;
use parquet::basic::Type;
use parquet::column::page::PageReader;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type, Int96Type,
};
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor};
use std::borrow::Cow;
use std::sync::Arc;

/// Place of a row without a value.
const NOTHING: u32 = u32::MAX;

/// The decoder of one leaf column.
pub(in crate::io) struct Column {
    leaf: usize,
    name: Arc<str>,
    meaning: Meaning,
    /// Level of definition of a value that is there.
    full: i16,
    reader: Option<Reader>,
}

/// Some rows of a column.
pub(in crate::io) struct Batch {
    pub name: Arc<str>,
    meaning: Meaning,
    values: Values,
    /// For each row the place of its value; none where every row has one.
    places: Option<Vec<u32>>,
}

impl Column {
    pub(in crate::io) fn new(leaf: usize, column: &ColumnDescriptor) -> Column {
        Column { leaf, name: column.name().into(), meaning: Meaning::of(column), full: column.max_def_level(), reader: None }
    }

    /// Goes to the rows of a group.
    pub(in crate::io) fn start(&mut self, chunks: &Arc<Chunks>, group: &RowGroupMetaData) -> Result<()> {
        let chunk = group.columns().get(self.leaf).ok_or_else(|| ParquetError::General("a group without one of its columns".into()))?;
        let pages = Pages::new(chunks, chunk, u64::try_from(group.num_rows())?)?;
        self.reader = Some(Reader::new(chunk.column_descr_ptr(), Box::new(pages)));
        Ok(())
    }

    /// Decodes the next `rows` rows; fewer are an error.
    pub(in crate::io) fn batch(&mut self, rows: usize) -> Result<Batch> {
        let early = |left: usize| ParquetError::General(format!("column '{}' ends {left} rows too early", self.name));
        let (read, levels, values) = self.reader.as_mut().ok_or_else(|| early(rows))?.batch(rows)?;
        if read != rows {
            return Err(early(rows.saturating_sub(read)));
        }
        let mut next = 0;
        let place = |level: &i16| {
            let place = if *level < self.full { NOTHING } else { next };
            next += u32::from(place != NOTHING);
            place
        };
        let places = (self.full > 0).then(|| levels.iter().map(place).collect());
        Ok(Batch { name: Arc::clone(&self.name), meaning: self.meaning, values, places })
    }
}

impl Batch {
    fn place(&self, row: usize) -> Option<usize> {
        match &self.places {
            None => Some(row),
            Some(places) => places.get(row).filter(|p| **p != NOTHING).map(|p| *p as usize),
        }
    }

    /// The bytes in a row of the batch.
    pub(in crate::io) fn bytes(&self, row: usize) -> Option<&[u8]> {
        let place = self.place(row)?;
        match &self.values {
            Values::Bytes(v) => v.get(place).map(|b| b.data()),
            Values::Fixed(v) => v.get(place).map(|b| b.data()),
            _ => None,
        }
    }

    /// The number in a row of the batch; the error has the text that is none.
    pub(in crate::io) fn number(&self, row: usize) -> std::result::Result<Option<f64>, String> {
        if let (Values::Doubles(doubles), Some(place)) = (&self.values, self.place(row)) {
            return Ok(doubles.get(place).copied());
        }
        Ok(match self.cell(row)? {
            Cell::Missing => None,
            Cell::Integer(i) => Some(i as f64),
            Cell::Real(x) => Some(x),
            other => {
                let text = other.text().unwrap_or_default();
                Some(text.trim().parse().map_err(|_| format!("'{text}' in '{}' is no number", self.name))?)
            }
        })
    }

    /// The value in a row of the batch; the error says what is wrong with it, and what to do.
    pub(in crate::io) fn cell(&self, row: usize) -> std::result::Result<Cell<'_>, String> {
        let Some(place) = self.place(row) else { return Ok(Cell::Missing) };
        let integer = |i: i64, unsigned: u64| match self.meaning {
            Meaning::Unsigned => i64::try_from(unsigned).map_or_else(|_| text(unsigned.to_string()), Cell::Integer),
            Meaning::Day => text(typed::day(i)),
            Meaning::Clock(per_second) => text(typed::clock(i, per_second)),
            Meaning::Moment(per_second, utc) => text(typed::moment(i, per_second, utc)),
            Meaning::Decimal(scale) => text(kinds::decimal(i128::from(i), scale)),
            _ => Cell::Integer(i),
        };
        let cell = match &self.values {
            Values::Flags(v) => v.get(place).map(|b| Cell::Flag(*b)),
            Values::Ints(v) => v.get(place).map(|i| integer(i64::from(*i), u64::from(*i as u32))),
            Values::Longs(v) => v.get(place).map(|i| integer(*i, *i as u64)),
            Values::Moments(v) => v.get(place).and_then(|m| kinds::int96(m.data())).map(text),
            Values::Floats(v) => v.get(place).map(|x| Cell::Real(f64::from(*x))),
            Values::Doubles(v) => v.get(place).map(|x| Cell::Real(*x)),
            Values::Bytes(v) => v.get(place).map(|b| self.bytes_cell(b.data())).transpose()?,
            Values::Fixed(v) => v.get(place).map(|b| self.bytes_cell(b.data())).transpose()?,
        };
        cell.ok_or_else(|| "it holds no value that can be read; export the file again".into())
    }

    fn bytes_cell<'a>(&self, bytes: &'a [u8]) -> std::result::Result<Cell<'a>, String> {
        let known = match self.meaning {
            Meaning::Decimal(scale) => kinds::big_endian(bytes).map(|i| text(kinds::decimal(i, scale))),
            Meaning::Uuid => kinds::uuid(bytes).map(text),
            Meaning::Half => bytes.first_chunk().map(|b| Cell::Real(kinds::half(u16::from_le_bytes(*b)))),
            _ => return utf8(bytes, self.meaning == Meaning::Text),
        };
        known.ok_or_else(|| format!("it holds {} bytes, which is no {:?}; export the file again", bytes.len(), self.meaning))
    }
}

fn text<'a>(text: String) -> Cell<'a> {
    Cell::Text(Cow::Owned(text))
}

fn utf8(bytes: &[u8], declared: bool) -> std::result::Result<Cell<'_>, String> {
    std::str::from_utf8(bytes).map(|t| Cell::Text(Cow::Borrowed(t))).map_err(|e| match declared {
        true => format!("the text is not valid UTF-8 ({e}); export the file again with its encoding set right"),
        false => "it holds binary data; choose a field of text or numbers".into(),
    })
}

/// Values by physical type.
enum Values {
    Flags(Vec<bool>),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Moments(Vec<Int96>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

/// Decoders by physical type.
enum Reader {
    Flags(ColumnReaderImpl<BoolType>),
    Ints(ColumnReaderImpl<Int32Type>),
    Longs(ColumnReaderImpl<Int64Type>),
    Moments(ColumnReaderImpl<Int96Type>),
    Floats(ColumnReaderImpl<FloatType>),
    Doubles(ColumnReaderImpl<DoubleType>),
    Bytes(ColumnReaderImpl<ByteArrayType>),
    Fixed(ColumnReaderImpl<FixedLenByteArrayType>),
}

/// Rows read, their levels of definition where some may be missing, and the values that are there.
type Taken<V> = (usize, Vec<i16>, V);

fn take<T: DataType>(reader: &mut ColumnReaderImpl<T>, rows: usize, values: impl Fn(Vec<T::T>) -> Values) -> Result<Taken<Values>> {
    let (mut levels, mut there) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let (records, ..) = reader.read_records(rows, Some(&mut levels), None, &mut there)?;
    Ok((records, levels, values(there)))
}

impl Reader {
    fn new(column: ColumnDescPtr, pages: Box<dyn PageReader>) -> Reader {
        match column.physical_type() {
            Type::BOOLEAN => Reader::Flags(ColumnReaderImpl::new(column, pages)),
            Type::INT32 => Reader::Ints(ColumnReaderImpl::new(column, pages)),
            Type::INT64 => Reader::Longs(ColumnReaderImpl::new(column, pages)),
            Type::INT96 => Reader::Moments(ColumnReaderImpl::new(column, pages)),
            Type::FLOAT => Reader::Floats(ColumnReaderImpl::new(column, pages)),
            Type::DOUBLE => Reader::Doubles(ColumnReaderImpl::new(column, pages)),
            Type::BYTE_ARRAY => Reader::Bytes(ColumnReaderImpl::new(column, pages)),
            Type::FIXED_LEN_BYTE_ARRAY => Reader::Fixed(ColumnReaderImpl::new(column, pages)),
        }
    }

    fn batch(&mut self, rows: usize) -> Result<Taken<Values>> {
        match self {
            Reader::Flags(r) => take(r, rows, Values::Flags),
            Reader::Ints(r) => take(r, rows, Values::Ints),
            Reader::Longs(r) => take(r, rows, Values::Longs),
            Reader::Moments(r) => take(r, rows, Values::Moments),
            Reader::Floats(r) => take(r, rows, Values::Floats),
            Reader::Doubles(r) => take(r, rows, Values::Doubles),
            Reader::Bytes(r) => take(r, rows, Values::Bytes),
            Reader::Fixed(r) => take(r, rows, Values::Fixed),
        }
    }
}
