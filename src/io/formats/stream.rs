//! Bytes of a file as a stream: digest on the way, gunzip, and one JSON value at a time.

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

const CHUNK: usize = 1 << 17;
/// Most bytes of one JSON value, so that a damaged file cannot take all memory.
pub(in crate::io) const MAX_VALUE_BYTES: usize = 256 << 20;

/// From so many unpacked bytes on a packed file is held to [`MOST_PACKED`].
const LARGE: u64 = 1 << 28;
/// Most bytes that one packed byte may stand for: layers pack to a twentieth at best, and what packs to a thousandth was made to fill memory and time.
const MOST_PACKED: u64 = 200;

/// Hashes and counts the raw bytes that pass.
pub(in crate::io) struct Digesting<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Digesting<R> {
    pub(in crate::io) fn new(inner: R) -> Self {
        Digesting::resume(inner, Sha256::new())
    }

    /// Digest of all bytes up to the end, lower-case hex.
    pub(in crate::io) fn digest(self) -> io::Result<String> {
        self.finish().map(hex)
    }

    /// Reads bytes of which the caller owes the hash, see [`hash`](Self::hash).
    fn read_unhashed(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.bytes += n as u64;
        Ok(n)
    }

    /// Hashes bytes that were read and not hashed; they come before all that is read later.
    fn hash(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// Goes on with a hash that other bytes went into.
    pub(in crate::io) fn resume(inner: R, hash: Sha256) -> Self {
        Digesting { inner, hash, bytes: 0 }
    }

    /// The hash with all bytes to the end.
    pub(in crate::io) fn finish(mut self) -> io::Result<Sha256> {
        io::copy(&mut BufReader::with_capacity(CHUNK, &mut self), &mut io::sink())?;
        Ok(self.hash)
    }
}

/// Lower-case hexadecimal form of a digest.
pub(in crate::io) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.read_unhashed(buf)?;
        self.hash(&buf[..n]);
        Ok(n)
    }
}

/// A file, unpacked where it is gzip (told by its first bytes, not by its name).
pub(in crate::io) enum Input {
    Plain(BufReader<Digesting<File>>),
    /// With the number of bytes that it gave out.
    Gzip(MultiGzDecoder<BufReader<Digesting<File>>>, u64),
}

impl Input {
    pub(in crate::io) fn open(file: File) -> io::Result<Input> {
        let mut raw = BufReader::with_capacity(CHUNK, Digesting::new(file));
        let gzip = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        Ok(if gzip { Input::Gzip(MultiGzDecoder::new(raw), 0) } else { Input::Plain(raw) })
    }

    pub(in crate::io) fn is_gzip(&self) -> bool {
        matches!(self, Input::Gzip(..))
    }

    /// Reads bytes of which the caller owes the hash; those of a packed file, and what was buffered, are hashed already. Says how many, and how many of
    /// them are to be hashed.
    fn read_unhashed(&mut self, buf: &mut [u8]) -> io::Result<(usize, usize)> {
        match self {
            Input::Plain(raw) if raw.buffer().is_empty() => raw.get_mut().read_unhashed(buf).map(|n| (n, n)),
            _ => self.read(buf).map(|n| (n, 0)),
        }
    }

    /// Hashes what [`read_unhashed`](Self::read_unhashed) did not.
    pub(in crate::io) fn hash(&mut self, bytes: &[u8]) {
        if let Input::Plain(raw) = self {
            raw.get_mut().hash(bytes);
        }
    }

    /// Digest of the whole file, lower-case hex.
    pub(in crate::io) fn digest(self) -> io::Result<String> {
        // what is buffered was hashed when it was read
        let raw = match self {
            Input::Plain(raw) => raw,
            Input::Gzip(unpack, _) => unpack.into_inner(),
        };
        raw.into_inner().digest()
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Input::Plain(raw) => raw.read(buf),
            Input::Gzip(unpack, out) => {
                let n = unpack.read(buf)?;
                *out += n as u64;
                if *out > LARGE && *out / MOST_PACKED > unpack.get_ref().get_ref().bytes {
                    let detail = format!("it unpacks to more than {MOST_PACKED} times its size, which no layer does");
                    return Err(io::Error::new(io::ErrorKind::InvalidData, detail));
                }
                Ok(n)
            }
        }
    }
}

/// What text of wider characters than UTF-8 is called, by the byte order mark that it begins with.
pub(in crate::io) fn wide(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32 text"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16 text"),
        _ => None,
    }
}

/// Stops a value that takes more memory than can be meant: after [`MAX_VALUE_BYTES`] without [`renew`](Self::renew) reading fails
/// with [`io::ErrorKind::FileTooLarge`].
pub(in crate::io) struct Bounded<R> {
    input: R,
    left: usize,
}

impl<R> Bounded<R> {
    pub(in crate::io) fn new(input: R) -> Self {
        Bounded { input, left: MAX_VALUE_BYTES }
    }

    /// Begins a new value.
    pub(in crate::io) fn renew(&mut self) {
        self.left = MAX_VALUE_BYTES;
    }

    pub(in crate::io) fn into_inner(self) -> R {
        self.input
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let n = self.input.read(buf)?;
        self.left = self.left.saturating_sub(n);
        Ok(n)
    }
}

/// Why there is no next value.
pub(in crate::io) enum Stop {
    Io(io::Error),
    /// The text ends inside the value.
    End,
    TooLarge,
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Stop {
        Stop::Io(e)
    }
}

impl Scanner<Input> {
    /// Reads until so many bytes are at hand or the text ends; what goes wrong is told by the next [`fill`](Self::fill). Of the last of these bytes,
    /// so many as it says, the caller owes [`Input::hash`].
    pub(in crate::io) fn fill_to(&mut self, bytes: usize) -> usize {
        self.buf.resize(self.buf.len().max(bytes), 0);
        let mut owed = 0;
        while self.failed.is_none() && self.rest().len() < bytes {
            match self.fill_by(Input::read_unhashed) {
                Ok((0, _)) => break,
                Ok((_, unhashed)) => owed += unhashed,
                Err(e) => self.failed = Some(e),
            }
        }
        owed
    }

    /// Unread bytes at hand, and where they come from.
    pub(in crate::io) fn at_hand(&mut self) -> (&[u8], &mut Input) {
        (&self.buf[self.start..self.end], &mut self.input)
    }
}

/// Cuts a JSON text into values by brackets and quotes alone; what is inside is judged by the parser.
pub(in crate::io) struct Scanner<R> {
    input: R,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    /// Line and byte at which the buffer begins.
    line: u64,
    byte: u64,
    limit: usize,
    /// What went wrong ahead of those who read.
    failed: Option<io::Error>,
}

impl<R: Read> Scanner<R> {
    pub(in crate::io) fn new(input: R) -> Self {
        Scanner { input, buf: vec![0; CHUNK], start: 0, end: 0, byte: 0, line: 1, limit: MAX_VALUE_BYTES, failed: None }
    }

    /// Line and byte of the next unread byte. Lines are counted when asked for and when bytes are let go, not at each small step.
    pub(in crate::io) fn position(&self) -> (u64, u64) {
        let read = &self.buf[..self.start];
        (self.line + memchr::memchr_iter(b'\n', read).count() as u64, self.byte + read.len() as u64)
    }

    /// Unread bytes at hand.
    pub(in crate::io) fn rest(&self) -> &[u8] {
        &self.buf[self.start..self.end]
    }

    pub(in crate::io) fn into_input(self) -> R {
        self.input
    }

    /// Reads more; false at the end of the text.
    pub(in crate::io) fn fill(&mut self) -> io::Result<bool> {
        if let Some(e) = self.failed.take() {
            return Err(e);
        }
        Ok(self.fill_by(|input, room| Ok((input.read(room)?, 0)))?.0 > 0)
    }

    /// Reads more by `read`, which is given room.
    fn fill_by(&mut self, mut read: impl FnMut(&mut R, &mut [u8]) -> io::Result<(usize, usize)>) -> io::Result<(usize, usize)> {
        if self.start > 0 {
            (self.line, self.byte) = self.position();
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buf.len() {
            self.buf.resize(self.buf.len() * 2, 0);
        }
        loop {
            match read(&mut self.input, &mut self.buf[self.end..]) {
                Ok(n) => {
                    self.end += n.0;
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Steps over `n` bytes that are at hand.
    pub(in crate::io) fn advance(&mut self, n: usize) {
        self.start += n;
    }

    /// Next byte that is no white space, not stepped over; `None` at the end.
    pub(in crate::io) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let rest = self.rest();
            let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
            let next = rest.get(blank).copied();
            self.advance(blank);
            if next.is_some() || !self.fill()? {
                return Ok(next);
            }
        }
    }

    /// Length of the value that starts at the next byte; its bytes are then at hand in [`rest`](Self::rest).
    pub(super) fn value(&mut self) -> Result<usize, Stop> {
        let (mut i, mut depth, mut text, mut escaped) = (0usize, 0u64, false, false);
        loop {
            let rest = &self.buf[self.start..self.end];
            while i < rest.len() {
                if text {
                    if escaped {
                        (escaped, i) = (false, i + 1);
                        continue;
                    }
                    let Some(found) = memchr::memchr2(b'"', b'\\', &rest[i..]) else {
                        i = rest.len();
                        break;
                    };
                    escaped = rest[i + found] == b'\\';
                    text = escaped;
                    i += found + 1;
                    if !text && depth == 0 {
                        return Ok(i);
                    }
                    continue;
                }
                match rest[i] {
                    b'"' if depth == 0 && i > 0 => return Ok(i),
                    b'"' => text = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth == 0 => return Ok(i),
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Ok(i + 1);
                        }
                    }
                    b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return Ok(i),
                    _ => {}
                }
                i += 1;
            }
            if i > self.limit {
                return Err(Stop::TooLarge);
            }
            if !self.fill()? {
                return Err(Stop::End);
            }
        }
    }
}
