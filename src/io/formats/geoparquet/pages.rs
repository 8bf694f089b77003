//! Guards between the file and the decoder of the crate `parquet`, which allots what a page or a dictionary claims and, where a page
//! does not fit its column, panics.

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

/// Most bytes of an unpacked page.
const MAX_PAGE: u64 = 256 << 20;
/// A page may be as large as this whatever it is packed in.
const ANY_PAGE: u64 = 16 << 20;
/// Beyond [`ANY_PAGE`], how many times its packed bytes a page may have.
const MAX_RATIO: u64 = 64;

/// A file of which only what is there is handed out.
pub(in crate::io) struct Chunks {
    file: File,
    length: u64,
}

impl Chunks {
    pub(in crate::io) fn new(file: File) -> std::io::Result<Chunks> {
        Ok(Chunks { length: file.metadata()?.len(), file })
    }

    fn from(&self, start: u64) -> Result<File> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(file)
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<File>;

    /// Called for page headers, whose claims are checked here.
    fn get_read(&self, start: u64) -> Result<Self::T> {
        let mut reader = BufReader::with_capacity(1 << 10, self.from(start)?);
        match claims(reader.fill_buf()?) {
            Some((unpacked, packed)) if unpacked <= MAX_PAGE && unpacked <= ANY_PAGE.max(packed.saturating_mul(MAX_RATIO)) => Ok(reader),
            Some((unpacked, packed)) => Err(error(format!("a page of {packed} bytes that claims to unpack to {unpacked}"))),
            None => Err(error("a page header that is damaged")),
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(error(format!("{length} bytes at byte {start} of a file of {} bytes", self.length)));
        }
        let mut bytes = vec![0; length];
        self.from(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

fn error(detail: impl Into<String>) -> ParquetError {
    ParquetError::General(detail.into())
}

/// Unpacked and packed size by a page header: its second and third field, after the type. Each is a byte for the step in field numbers
/// and the data type (Thrift compact protocol), then a zigzag number.
fn claims(header: &[u8]) -> Option<(u64, u64)> {
    let mut bytes = header.iter();
    let mut fields = [0; 3];
    for field in &mut fields {
        if *bytes.next()? != 0x15 {
            return None;
        }
        let mut zigzag = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = *bytes.next()?;
            zigzag |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        *field = zigzag;
    }
    // negative sizes are odd
    let [_, unpacked, packed] = fields;
    (unpacked & 1 == 0 && packed & 1 == 0).then_some((unpacked / 2, packed / 2))
}

/// The pages of a column chunk, each checked before it goes to the decoder.
pub(in crate::io) struct Pages {
    inner: SerializedPageReader<Chunks>,
    dictionary: bool,
    /// Fewest bytes of a value in a dictionary.
    least: u64,
}

impl Pages {
    /// The error says what of the chunk's description cannot be.
    pub(in crate::io) fn new(chunks: &Arc<Chunks>, chunk: &ColumnChunkMetaData, rows: u64) -> Result<Pages> {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        let end = u64::try_from(start).ok().zip(u64::try_from(chunk.compressed_size()).ok()).and_then(|(s, n)| s.checked_add(n));
        if end.is_none_or(|end| end > chunks.length) {
            return Err(error("a column that lies outside the file"));
        }
        if u64::try_from(chunk.num_values()) != Ok(rows) {
            return Err(error(format!("a column of {} values in a group of {rows} rows", chunk.num_values())));
        }
        let inner = SerializedPageReader::new(Arc::clone(chunks), chunk, usize::try_from(rows)?, None)?;
        let least = match chunk.column_type() {
            Type::BOOLEAN => 1,
            Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(chunk.column_descr().type_length())?.max(1),
        };
        Ok(Pages { inner, dictionary: false, least })
    }

    fn checked(&mut self, page: Page) -> Result<Page> {
        match &page {
            Page::DictionaryPage { buf, num_values, .. } => {
                if u64::from(*num_values) * self.least > buf.len() as u64 {
                    return Err(error(format!("a dictionary of {} bytes that claims {num_values} values", buf.len())));
                }
                self.dictionary = true;
                return Ok(page);
            }
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. }
                if u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len) > buf.len() as u64 =>
            {
                return Err(error("a page shorter than its levels"));
            }
            _ => {}
        }
        match page.encoding() {
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY if !self.dictionary => {
                Err(error("a page without the dictionary that it needs"))
            }
            // the decoder allots as many lengths as these claim, and each value may repeat all of the one before
            encoding @ (Encoding::DELTA_BYTE_ARRAY | Encoding::DELTA_LENGTH_BYTE_ARRAY) => {
                Err(ParquetError::NYI(format!("its texts have the encoding {encoding}")))
            }
            _ => Ok(page),
        }
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        self.inner.get_next_page()?.map(|page| self.checked(page)).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.inner.at_record_boundary()
    }
}
