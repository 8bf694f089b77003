//! Which encoding a file is in, decided from all its text at once, never record by record.
//!
//! UTF-8 proves itself: characters of three bytes hardly ever arise by chance in text of another encoding. So a file that is UTF-8
//! but for a few places is a damaged UTF-8 file, and not a file in an encoding that happens to accept the bytes.

use crate::io::formats::encoding::{Charset, Flaw, decode};
use encoding_rs::{GB18030, UTF_8};

/// Characters that are looked at to tell Chinese from Western text.
const SAMPLE: u64 = 100_000;
/// Characters of three bytes that prove UTF-8.
const PROOF: u64 = 1000;
/// Faults after which a text is not UTF-8 if it has fewer characters of three bytes.
const ENOUGH: u64 = 10_000;

/// What all the bytes of a file say about their encoding.
#[derive(Clone, Debug, Default)]
pub(in crate::io) struct Survey {
    /// Characters of three or four bytes in UTF-8.
    wide: u64,
    /// Characters of two bytes in UTF-8.
    narrow: u64,
    /// Places that are not UTF-8.
    faults: u64,
    /// Texts that end inside a character of UTF-8.
    cut: u64,
    /// High bytes followed by another, as nearly all common Chinese characters are.
    pairs: u64,
    /// High bytes that stand alone.
    singles: u64,
}

impl Survey {
    /// Takes a text in. One that goes on in the next call may end inside a character: the bytes that then belong before it are returned.
    pub(in crate::io) fn add<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        if bytes.is_ascii() || (self.faults > ENOUGH && self.wide < self.faults) {
            return &[];
        }
        self.sample(bytes);
        let mut rest = bytes;
        loop {
            let (valid, wrong) = match std::str::from_utf8(rest) {
                Ok(all) => (all.as_bytes(), None),
                Err(e) => (rest.get(..e.valid_up_to()).unwrap_or_default(), Some(e.error_len())),
            };
            self.wide += valid.iter().filter(|b| **b >= 0xe0).count() as u64;
            self.narrow += valid.iter().filter(|b| (0xc0..0xe0).contains(*b)).count() as u64;
            let after = rest.get(valid.len()..).unwrap_or_default();
            match wrong {
                None => return &[],
                Some(None) => return after,
                Some(Some(length)) => {
                    self.faults += 1;
                    rest = after.get(length..).unwrap_or_default();
                }
            }
        }
    }

    /// Takes a text in that is whole.
    pub(in crate::io) fn add_whole(&mut self, bytes: &[u8]) {
        self.cut += u64::from(!self.add(bytes).is_empty());
    }

    fn sample(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|r| !r.is_empty() && self.pairs + self.singles < SAMPLE) {
            at += match rest {
                [0..0x80, ..] => 1,
                [_, 0x80..=0xff, ..] => {
                    self.pairs += 1;
                    2
                }
                // four bytes of GB18030
                [_, b'0'..=b'9', 0x81..=0xff, b'0'..=b'9', ..] => 4,
                _ => {
                    self.singles += 1;
                    1
                }
            };
        }
    }

    /// Whether there is nothing but ASCII.
    pub(in crate::io) fn is_ascii(&self) -> bool {
        self.wide + self.narrow + self.faults + self.cut == 0
    }

    /// Whether all is valid UTF-8.
    pub(in crate::io) fn is_utf8(&self) -> bool {
        self.faults + self.cut == 0
    }

    /// Whether it is UTF-8 with some damage: a few wrong places, or texts cut at the width of their field.
    pub(in crate::io) fn is_damaged_utf8(&self) -> bool {
        self.wide > 0 && self.wide >= 2 * self.faults
    }

    /// Whether so much is valid UTF-8, and all so far, that no other encoding need be tried.
    pub(in crate::io) fn is_proven_utf8(&self) -> bool {
        self.is_utf8() && self.wide > PROOF
    }

    /// Whether it is likelier Chinese than in a Western code page, where high bytes mostly stand alone.
    pub(in crate::io) fn looks_chinese(&self) -> bool {
        self.pairs >= self.singles
    }
}

/// How one encoding does on all texts of a file.
pub(in crate::io) struct Trial {
    charset: Charset,
    /// Who says so: `.cpg`, language byte.
    source: String,
    fits: bool,
    cut: bool,
}

impl Trial {
    pub(in crate::io) fn new(charset: Charset, source: impl Into<String>) -> Trial {
        Trial { charset, source: source.into(), fits: true, cut: false }
    }

    /// Tries one text.
    pub(in crate::io) fn add(&mut self, bytes: &[u8]) {
        if self.fits && !bytes.is_ascii() {
            match decode(bytes, self.charset) {
                Ok(_) | Err(Flaw::Lost) => {}
                Err(Flaw::Cut) => self.cut = true,
                Err(Flaw::Invalid) => self.fits = false,
            }
        }
    }
}

/// The encoding of a file.
#[derive(Clone, Debug)]
pub(in crate::io) struct Choice {
    pub charset: Charset,
    /// Its name, and how it was found out.
    pub how: String,
    /// What the user should know about it.
    pub remarks: Vec<String>,
}

/// Characters of three bytes or more that may be there by chance.
const FEW: u64 = 2;

/// The encoding of a file: the user's word, then UTF-8 where all text is valid in it (or but for a little damage), then what the file
/// says in the order of `said` (each tried on all text), then GB18030.
pub(in crate::io) fn choose(user: Option<Charset>, survey: &Survey, said: &[Trial], gb18030: &Trial) -> Choice {
    let choice = |charset: Charset, how: &str| Choice { charset, how: format!("{} ({how})", charset.name()), remarks: Vec::new() };
    if let Some(charset) = user {
        return choice(charset, "as the user says");
    }
    if survey.is_ascii() {
        return choice(UTF_8, "all text is ASCII");
    }
    let mut remarks: Vec<String> = Vec::new();
    let mut chosen = None;
    if survey.is_utf8() {
        chosen = Some(choice(UTF_8, "all text is valid in it"));
        for other in said.iter().filter(|t| t.charset != UTF_8) {
            let name = other.charset.name();
            remarks.push(match survey.wide <= FEW && other.fits && !other.cut {
                true => format!("{} says {name}, and the text is valid both in it and in UTF-8; read as UTF-8: if names look wrong, say encoding {name}", other.source),
                false => format!("{} says {name}, but all text is valid UTF-8; read as UTF-8", other.source),
            });
        }
        // Chinese in UTF-8 has characters of three bytes; without more than a few, the text may be some Chinese names in GBK that happen to fit
        if survey.wide <= FEW && remarks.is_empty() && gb18030.fits && !gb18030.cut {
            remarks.push("the text is valid both in UTF-8 and in GB18030; read as UTF-8: if names look wrong, say encoding gb18030".into());
        }
    } else if survey.is_damaged_utf8() {
        chosen = Some(choice(UTF_8, "nearly all text is valid in it"));
    }
    let clean = said.iter().map(|t| (t, t.fits && !t.cut)).chain([(gb18030, gb18030.fits && !gb18030.cut)]);
    let cut = said.iter().map(|t| (t, t.fits && t.cut)).chain([(gb18030, gb18030.fits && gb18030.cut)]);
    for (trial, fits) in clean.chain(cut) {
        if chosen.is_some() || !fits {
            continue;
        }
        // Chinese programs put the mark of the Western code page on what they write in their own
        if trial.charset.is_single_byte() && survey.looks_chinese() && gb18030.fits {
            remarks.push(format!(
                "{} says {}, but the text is Chinese in GB18030; read as such: if names look wrong, say the encoding",
                trial.source,
                trial.charset.name()
            ));
            continue;
        }
        chosen = Some(choice(trial.charset, &format!("as {} says", trial.source)));
        if std::ptr::eq(trial, gb18030) {
            chosen = Some(choice(GB18030, "all text is valid in it"));
            if !survey.looks_chinese() {
                remarks.push("no encoding is declared; the text is valid GB18030, but may be in a Western code page: if names look wrong, say the encoding".into());
            }
        }
    }
    for other in said.iter().filter(|t| !survey.is_utf8() && (!t.fits || t.charset == UTF_8)) {
        remarks.push(format!("{} says {}, but not all text is valid in it", other.source, other.charset.name()));
    }
    let mut choice = chosen.unwrap_or_else(|| match said.iter().find(|t| t.charset != UTF_8) {
        Some(t) => choice(t.charset, &format!("as {} says", t.source)),
        None => choice(GB18030, "for want of another"),
    });
    choice.remarks = remarks;
    choice
}
