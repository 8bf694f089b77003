//! Sequences of features: one per line (NDJSON, GeoJSONSeq), or each after a record separator (RFC 8142).

use super::Document;
use super::decode::{Fault, decode, without_position};
use crate::io::error::ReadError;
use crate::io::formats::feature::{Head, Record, Sink};
use crate::io::formats::stream::MAX_VALUE_BYTES;
use serde::de::IgnoredAny;
use serde_json::error::Category;

/// The record separator of RFC 8142.
const SEPARATOR: u8 = 0x1e;

impl Document<'_> {
    /// Whether the first value of the file is a feature, or a record separator stands before it. What goes wrong here goes wrong again, and
    /// is told, when the file is read.
    pub(in crate::io) fn starts_with_feature(mut self) -> bool {
        self.look().unwrap_or(false)
    }

    fn look(&mut self) -> Result<bool, ReadError> {
        self.byte_order_mark()?;
        match self.peek()? {
            Some(SEPARATOR) => return Ok(true),
            Some(b'{') => self.scan.advance(1),
            _ => return Ok(false),
        }
        while self.need()? != b'}' {
            let key = self.member::<String>()?;
            self.expect(b':', "':'")?;
            match key.as_str() {
                "type" => return Ok(self.member::<String>()? == "Feature"),
                "features" => return Ok(false),
                _ => drop(self.member::<IgnoredAny>()?),
            }
            if self.need()? == b',' {
                self.scan.advance(1);
            }
        }
        Ok(false)
    }

    /// Reads a sequence of features. A line, or what stands between two separators, that is no feature is malformed, and the next is
    /// read; only where features span lines without separators, one that is no JSON ends the reading.
    pub(in crate::io) fn sequence(&mut self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        self.byte_order_mark()?;
        sink.head(&Head::default())?;
        if self.peek()? == Some(SEPARATOR) {
            return self.pieces(SEPARATOR, sink);
        }
        let (length, _) = self.piece(b'\n')?;
        let line = self.scan.rest().get(..length).unwrap_or_default();
        // a feature over several lines does not have its last bracket on the first
        if line.trim_ascii_end().ends_with(b"}") { self.pieces(b'\n', sink) } else { self.values(sink) }
    }

    /// Length of what is before the next such byte or the end, and whether the byte is there; it is then all at hand.
    fn piece(&mut self, end: u8) -> Result<(usize, bool), ReadError> {
        let mut seen = 0;
        loop {
            let rest = self.scan.rest();
            if let Some(more) = rest.get(seen..).and_then(|r| memchr::memchr(end, r)) {
                return Ok((seen + more, true));
            }
            seen = rest.len();
            if seen > MAX_VALUE_BYTES {
                return Err(ReadError::TooLarge { file: self.file.to_string(), record: self.records + 1, limit: MAX_VALUE_BYTES });
            }
            if !self.scan.fill().map_err(|e| self.io(e))? {
                return Ok((seen, false));
            }
        }
    }

    fn pieces(&mut self, end: u8, sink: &mut dyn Sink) -> Result<(), ReadError> {
        loop {
            let (length, ended) = self.piece(end)?;
            let all = self.scan.rest().get(..length).unwrap_or_default();
            let text = all.trim_ascii();
            let text = text.strip_prefix(&[SEPARATOR]).unwrap_or(text);
            if !text.is_empty() {
                sink.source_text(text);
                match decode(text, self.wanted) {
                    Ok(feature) => sink.record(self.records + 1, Record::Feature(feature))?,
                    Err(Fault::Text(error)) if !ended && error.classify() == Category::Eof => return Err(self.truncated()),
                    Err(Fault::Text(error)) => {
                        let why = format!("not valid JSON at its byte {}: {}", error.column(), without_position(&error));
                        sink.record(self.records + 1, Record::Malformed(why))?;
                    }
                    Err(Fault::Shape(why)) => sink.record(self.records + 1, Record::Malformed(why))?,
                }
                self.records += 1;
            }
            self.scan.advance(length + usize::from(ended));
            if !ended {
                return Ok(());
            }
        }
    }

    fn values(&mut self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        while self.peek()?.is_some() {
            self.next_value(sink)?;
        }
        Ok(())
    }
}
