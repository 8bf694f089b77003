//! The footer of a Parquet file, looked through before the crate `parquet` decodes it: that recurses as deep as groups are nested, and
//! a stack that overflows ends the process.

use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Most levels of groups within groups; real files have a handful.
const MAX_DEPTH: usize = 64;
/// Most bytes of a footer.
const MAX_FOOTER: u64 = 256 << 20;

/// Reads the description of the file.
pub(in crate::io) fn read(mut file: &File) -> Result<ParquetMetaData> {
    let end = file.seek(SeekFrom::End(0))?;
    let tail = end.checked_sub(8).filter(|at| *at >= 4).ok_or_else(|| error("it is shorter than its own frame"))?;
    let mut frame = [0; 8];
    file.seek(SeekFrom::Start(tail))?;
    file.read_exact(&mut frame)?;
    let [a, b, c, d, magic @ ..] = frame;
    match &magic {
        b"PAR1" => {}
        b"PARE" => return Err(error("it is encrypted")),
        _ => return Err(error("its last bytes are not those of the format")),
    }
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    if length > (tail - 4).min(MAX_FOOTER) {
        return Err(error(format!("a footer of {length} bytes in a file of {end}")));
    }
    let mut footer = vec![0; length as usize];
    file.seek(SeekFrom::Start(tail - length))?;
    file.read_exact(&mut footer)?;
    match (Walk { bytes: &footer, children: Vec::new() }.footer()) {
        Some(true) => ParquetMetaDataReader::decode_metadata(&footer),
        Some(false) => Err(error(format!("its columns are nested more than {MAX_DEPTH} deep"))),
        None => Err(error("its footer is damaged")),
    }
}

fn error(detail: impl Into<String>) -> ParquetError {
    ParquetError::General(detail.into())
}

/// A walk through the Thrift compact protocol, as far as the depth of the schema needs it. `None` where the bytes end or make no sense.
struct Walk<'a> {
    bytes: &'a [u8],
    /// Children that are still to come, of each group that is open.
    children: Vec<u64>,
}

// types of the protocol
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I8: u8 = 3;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;

impl Walk<'_> {
    /// Whether groups are nested no deeper than they may.
    fn footer(mut self) -> Option<bool> {
        let mut id = 0;
        while let Some(kind) = self.field(&mut id)? {
            if id == 2 && kind == LIST {
                self.children.clear();
                let (element, count) = self.list()?;
                for _ in 0..count {
                    if element != STRUCT {
                        return None;
                    }
                    self.element()?;
                    if self.children.len() > MAX_DEPTH {
                        return Some(false);
                    }
                }
            } else {
                self.skip(kind, 0)?;
            }
        }
        Some(true)
    }

    /// An element of the schema, whose fifth field is the number of its children.
    fn element(&mut self) -> Option<()> {
        while self.children.last() == Some(&0) {
            self.children.pop();
        }
        if let Some(left) = self.children.last_mut() {
            *left -= 1;
        }
        let (mut id, mut children) = (0, 0);
        while let Some(kind) = self.field(&mut id)? {
            match (id, kind) {
                (5, I32) => children = self.varint()? / 2,
                _ => self.skip(kind, 0)?,
            }
        }
        if children > 0 {
            self.children.push(children);
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn jump(&mut self, length: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(length).ok()?..)?;
        Some(())
    }

    /// Type of the next field, whose number goes to `id`; `Some(None)` at the end of the struct.
    fn field(&mut self, id: &mut u64) -> Option<Option<u8>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        match head >> 4 {
            0 => *id = self.varint()? / 2,
            step => *id = (*id).checked_add(u64::from(step))?,
        }
        Some(Some(head & 0x0f))
    }

    fn list(&mut self) -> Option<(u8, u64)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        // an element takes a byte at least
        (count <= self.bytes.len() as u64).then_some((head & 0x0f, count))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match kind {
            TRUE | FALSE => Some(()),
            I8 => self.jump(1),
            4..=I64 => self.varint().map(drop),
            DOUBLE => self.jump(8),
            BINARY => {
                let length = self.varint()?;
                self.jump(length)
            }
            LIST | SET => {
                let (element, count) = self.list()?;
                (0..count).try_for_each(|_| if matches!(element, TRUE | FALSE) { self.jump(1) } else { self.skip(element, depth + 1) })
            }
            STRUCT => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}
