//! Steps through a JSON text by the grammar of RFC 8259, as strictly as serde does.

/// Powers of ten that are exact as `f64`.
const POWERS: [f64; 23] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

/// A one in each byte.
const ONES: u64 = u64::MAX / 255;

/// A place in a JSON text. Each method begins at the next value or after white space before it, and gives none where the text is not as
/// it should be.
pub(in crate::io) struct Cursor<'a> {
    pub text: &'a [u8],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// Next byte that is no white space, not stepped over.
    pub(in crate::io) fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Steps over this very byte if it is next.
    pub(in crate::io) fn take(&mut self, byte: u8) -> bool {
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    /// Steps over white space and this byte.
    pub(in crate::io) fn expect(&mut self, byte: u8) -> Option<()> {
        self.peek()?;
        self.take(byte).then_some(())
    }

    /// What stands between brackets, separated by commas.
    fn between(&mut self, open: u8, close: u8, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(open)?;
        self.peek()?;
        if self.take(close) {
            return Some(());
        }
        loop {
            each(self)?;
            self.peek()?;
            if self.take(close) {
                return Some(());
            }
            self.take(b',').then_some(())?;
        }
    }

    /// The members of an object: `each` gets the name and reads the value.
    pub(in crate::io) fn members(&mut self, mut each: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.between(b'{', b'}', |c| {
            let name = c.name()?;
            c.expect(b':')?;
            each(c, name)
        })
    }

    /// The items of an array.
    pub(in crate::io) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut all = Vec::new();
        self.between(b'[', b']', |c| {
            all.push(item(c)?);
            Some(())
        })?;
        Some(all)
    }

    /// A string without escapes, not checked for UTF-8.
    pub(in crate::io) fn name(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        let rest = self.text.get(start..)?;
        self.at += rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..b' '))?;
        let name = self.text.get(start..self.at)?;
        self.take(b'"').then_some(name)
    }

    /// Steps over a string.
    fn string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        loop {
            self.plain();
            if self.take(b'"') {
                return Some(());
            }
            self.take(b'\\').then_some(())?;
            let escape = *self.text.get(self.at)?;
            let hex = if escape == b'u' { 4 } else { 0 };
            let digits = self.text.get(self.at + 1..)?.get(..hex)?;
            let valid =
                matches!(escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') && digits.iter().all(u8::is_ascii_hexdigit);
            valid.then_some(())?;
            self.at += 1 + hex;
        }
    }

    /// Steps to the next quote, backslash or control character, or the end; eight bytes at a time by the arithmetic of Mycroft (1987),
    /// whose lowest mark is always right.
    fn plain(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (eights, _) = rest.as_chunks::<8>();
        for eight in eights {
            let word = u64::from_le_bytes(*eight);
            let below = |word: u64, least: u8| word.wrapping_sub(ONES * u64::from(least)) & !word;
            let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
            let marks = (below(word, b' ') | is(b'"') | is(b'\\')) & (ONES << 7);
            if marks != 0 {
                self.at += marks.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        let tail = self.text.get(self.at..).unwrap_or_default();
        self.at += tail.iter().take_while(|b| !matches!(b, b'"' | b'\\' | 0..b' ')).count();
    }

    /// Steps over any value that is nested no deeper than `depth`.
    pub(in crate::io) fn skip(&mut self, depth: u32) -> Option<()> {
        let inner = depth.checked_sub(1)?;
        match self.peek()? {
            b'"' => self.string(),
            b'{' => self.members(|c, _| c.skip(inner)),
            b'[' => self.between(b'[', b']', |c| c.skip(inner)),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number().map(drop),
        }
    }

    /// Steps over this very word.
    pub(in crate::io) fn word(&mut self, word: &[u8]) -> Option<()> {
        let found = self.text.get(self.at..)?.starts_with(word);
        self.at += word.len();
        found.then_some(())
    }

    /// A finite number, correctly rounded: by one exact division where the digits are an integer up to 2^53 over a power of ten up to
    /// 10^22 (Clinger 1990), by the standard library elsewhere.
    pub(in crate::io) fn number(&mut self) -> Option<f64> {
        self.peek()?;
        let start = self.at;
        let negative = self.take(b'-');
        let zero = self.text.get(self.at) == Some(&b'0');
        let (whole, mut digits) = self.digits(0);
        let (mut decimals, mut scaled) = (0, false);
        (digits == 1 || (digits > 1 && !zero)).then_some(())?;
        let mut mantissa = whole;
        if self.take(b'.') {
            (mantissa, decimals) = self.digits(whole);
            digits += decimals;
            (decimals > 0).then_some(())?;
        }
        if self.take(b'e') || self.take(b'E') {
            scaled = true;
            let _sign = self.take(b'+') || self.take(b'-');
            (self.digits(0).1 > 0).then_some(())?;
        }
        match POWERS.get(decimals) {
            // nineteen digits do not overflow
            Some(power) if !scaled && digits <= 19 && mantissa <= 1 << 53 => {
                let x = mantissa as f64 / power;
                Some(if negative { -x } else { x })
            }
            _ => std::str::from_utf8(self.text.get(start..self.at)?).ok()?.parse().ok().filter(|x: &f64| x.is_finite()),
        }
    }

    /// Steps over digits, appends them to `value` (which wraps around), and counts them.
    fn digits(&mut self, mut value: u64) -> (u64, usize) {
        let begin = self.at;
        while let Some(digit) = self.text.get(self.at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d <= 9) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
        (value, self.at - begin)
    }
}
