//! Encodings of text in DBF and CSV: their names, and decoding that is exact or fails.

pub(in crate::io) mod survey;
#[cfg(test)]
mod tests;

use crate::io::error::ReadError;
use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, UTF_8, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252};
use std::borrow::Cow;
use std::fmt::Write as _;

/// An encoding. GBK and GB2312 decode as GB18030, which contains them.
pub(in crate::io) type Charset = &'static Encoding;

/// Most bytes that a message quotes.
const QUOTED: usize = 64;
/// What UTF-8 replacement characters become when they are read as GBK once more.
const LOST: &str = "锟斤拷";

/// The encoding of that name: a label of the WHATWG standard, a code page (`936`, `cp936`, `ANSI 936`, `OEM 936`, `windows-936`), a
/// language byte as `.cpg` files have it (`LDID/77`), or one of the spellings of GIS programs (`88591`, `UTF8`).
pub(in crate::io) fn named(name: &str) -> Option<Charset> {
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}').to_ascii_lowercase();
    if let Some(language) = name.strip_prefix("ldid/") {
        return language.parse().ok().and_then(of_language);
    }
    let page = ["ansi", "oem", "cp", "ms", "windows", "iso"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(&name);
    match page.trim_matches([' ', '-', '_']) {
        "65001" => Some(UTF_8),
        "936" | "20936" => Some(GBK),
        "54936" => Some(GB18030),
        "950" => Some(BIG5),
        "932" => Some(SHIFT_JIS),
        "949" => Some(EUC_KR),
        "1250" => Some(WINDOWS_1250),
        "1251" => Some(WINDOWS_1251),
        "1252" | "88591" | "8859_1" | "8859 1" | "28591" => Some(WINDOWS_1252),
        "euc-cn" => Some(GBK),
        _ => Encoding::for_label_no_replacement(name.as_bytes()).filter(|e| e.is_ascii_compatible()),
    }
}

/// The encoding that the language byte of a DBF header means (dBASE and ESRI lists); none for 0 and for those that are not known.
pub(in crate::io) fn of_language(byte: u8) -> Option<Charset> {
    Some(match byte {
        0x4d | 0x7a => GBK,
        0x4f | 0x78 => BIG5,
        0x03 | 0x57..=0x59 => WINDOWS_1252,
        0x13 | 0x7b => SHIFT_JIS,
        0x4e | 0x79 => EUC_KR,
        0xc8 => WINDOWS_1250,
        0xc9 => WINDOWS_1251,
        0xf0 => UTF_8,
        _ => return None,
    })
}

/// Why a text cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::io) enum Flaw {
    /// Its bytes mean nothing in this encoding.
    Invalid,
    /// It ends inside a character.
    Cut,
    /// It holds replacement characters: what stood there was lost before the file was written.
    Lost,
}

/// The text that the bytes are, exactly.
pub(in crate::io) fn decode(bytes: &[u8], charset: Charset) -> Result<Cow<'_, str>, Flaw> {
    if bytes.is_ascii() {
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Flaw::Invalid);
    }
    let Some(text) = charset.decode_without_bom_handling_and_without_replacement(bytes) else {
        return Err(if ends_inside(bytes, charset) { Flaw::Cut } else { Flaw::Invalid });
    };
    // bytes that a Windows code page leaves open become control characters
    if charset.is_single_byte() && text.chars().any(|c| ('\u{80}'..'\u{a0}').contains(&c)) {
        return Err(Flaw::Invalid);
    }
    if text.contains('\u{fffd}') || (text.contains('锟') && text.contains(LOST)) { Err(Flaw::Lost) } else { Ok(text) }
}

/// The text without the character that it ends inside.
pub(in crate::io) fn decode_whole_characters(bytes: &[u8], charset: Charset) -> Result<Cow<'_, str>, Flaw> {
    let kept = |cut| bytes.len().checked_sub(cut).and_then(|n| bytes.get(..n));
    match decode(bytes, charset) {
        Err(Flaw::Cut) => (1..=3).filter_map(kept).map(|b| decode(b, charset)).find(|d| *d != Err(Flaw::Cut)).unwrap_or(Err(Flaw::Cut)),
        other => other,
    }
}

fn ends_inside(bytes: &[u8], charset: Charset) -> bool {
    let mut decoder = charset.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0));
    matches!(decoder.decode_to_string_without_replacement(bytes, &mut text, false), (encoding_rs::DecoderResult::InputEmpty, _))
}

/// The error that names record (0 is the header), field and bytes of a text with that flaw.
pub(in crate::io) fn text_error(flaw: Flaw, bytes: &[u8], charset: Charset, file: &str, record: u64, field: &str) -> ReadError {
    let (file, field, encoding) = (file.to_string(), field.to_string(), charset.name().to_string());
    let shown = match flaw {
        Flaw::Cut => bytes.get(bytes.len().saturating_sub(QUOTED)..).unwrap_or_default(),
        _ => bytes.get(..QUOTED).unwrap_or(bytes),
    };
    let bytes = hex(shown);
    match flaw {
        Flaw::Invalid => ReadError::Undecodable { file, record, field, encoding, bytes },
        Flaw::Cut => ReadError::CutText { file, record, field, encoding, bytes },
        Flaw::Lost => ReadError::LostText { file, record, field, encoding, bytes },
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 3), |mut s, b| {
        let _ = write!(s, "{}{b:02X}", if s.is_empty() { "" } else { " " });
        s
    })
}
