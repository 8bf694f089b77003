//! Text of many rows: formatted by chunks in parallel, put out in order, a few chunks held at once.

use rayon::prelude::*;
use serde::Serialize;
use std::io::{self, Write};

/// Rows that one thread formats at a time.
const CHUNK: usize = 2048;
/// Chunks held at once.
const HELD: usize = 16;

/// Puts out the text that `row` appends for every one of `all` and its position.
pub(super) fn rows<T: Sync>(
    out: &mut dyn Write,
    all: &[T],
    row: impl Fn(&mut String, usize, &T) -> serde_json::Result<()> + Sync,
) -> io::Result<()> {
    for (n, held) in all.chunks(HELD * CHUNK).enumerate() {
        let chunk = |(k, rows): (usize, &[T])| {
            let (mut text, first) = (String::new(), n * HELD * CHUNK + k * CHUNK);
            rows.iter().enumerate().try_for_each(|(i, r)| row(&mut text, first + i, r))?;
            Ok(text)
        };
        let texts: Vec<serde_json::Result<String>> = held.par_chunks(CHUNK).enumerate().map(chunk).collect();
        for text in texts {
            out.write_all(text?.as_bytes())?;
        }
    }
    Ok(())
}

/// Puts out a JSON array of what `item` appends for every one of `all`.
pub(super) fn array<T: Sync>(
    out: &mut dyn Write,
    all: &[T],
    item: impl Fn(&mut String, &T) -> serde_json::Result<()> + Sync,
) -> io::Result<()> {
    out.write_all(b"[")?;
    rows(out, all, |text, i, row| {
        text.push_str(if i > 0 { "," } else { "" });
        item(text, row)
    })?;
    out.write_all(b"]")
}

/// Appends a value as JSON.
pub(super) fn json<T: Serialize + ?Sized>(out: &mut String, value: &T) -> serde_json::Result<()> {
    out.push_str(&serde_json::to_string(value)?);
    Ok(())
}

/// Everything that `fill` puts out.
pub(super) fn text(fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> serde_json::Result<String> {
    let mut out = Vec::new();
    fill(&mut out).and_then(|()| String::from_utf8(out).map_err(io::Error::other)).map_err(serde::ser::Error::custom)
}

/// Appends a number in digits, at least `width` of them.
pub(super) fn digits(out: &mut String, mut number: u64, width: usize) {
    let (mut places, mut at) = ([b'0'; 20], 20);
    while number > 0 || at + width > 20 {
        at -= 1;
        places[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    places[at..].iter().for_each(|&d| out.push(char::from(d)));
}

/// Appends a number given as so many units of its last of `places` decimals, without the noughts at its end but for `fewest` decimals.
pub(super) fn decimal(out: &mut String, units: u64, mut places: usize, fewest: usize) {
    let one = 10u64.pow(places as u32);
    let mut part = units % one;
    digits(out, units / one, 1);
    while places > fewest && part.is_multiple_of(10) {
        (part, places) = (part / 10, places - 1);
    }
    if places > 0 {
        out.push('.');
        digits(out, part, places);
    }
}

/// A number as hundredths, where it is exactly what so many of them read as; of most numbers that were rounded so.
pub(super) fn hundredths(number: f64) -> Option<u64> {
    let steps = (number * 100.0).round();
    (number.is_sign_positive() && steps < 1e15 && steps / 100.0 == number).then_some(steps as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_order() {
        let all: Vec<usize> = (0..3 * HELD * CHUNK + 5).collect();
        let text = text(|out| array(out, &all, json)).unwrap();
        assert_eq!(text, serde_json::to_string(&all).unwrap());
        let none: [usize; 0] = [];
        assert_eq!(super::text(|out| array(out, &none, json)).unwrap(), "[]");
    }

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for n in [0, 7, 10, 1_234_567_890, u64::MAX] {
            let mut out = String::new();
            digits(&mut out, n, 1);
            assert_eq!(out, n.to_string());
        }
        let mut out = String::new();
        digits(&mut out, 120, 9);
        assert_eq!(out, "000000120");
    }

    #[test]
    fn decimals_end_where_there_are_only_noughts() {
        for (units, places, fewest, text) in [
            (1_203_400, 4, 0, "120.34"),
            (1_200_000, 4, 0, "120"),
            (4620, 2, 1, "46.2"),
            (700, 2, 1, "7.0"),
            (7, 2, 2, "0.07"),
            (0, 9, 0, "0"),
        ] {
            let mut out = String::new();
            decimal(&mut out, units, places, fewest);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn hundredths_are_exact_or_none() {
        for (number, steps) in [(0.0, Some(0)), (0.07, Some(7)), (46.2, Some(4620)), (1e9 / 3.0, None), (-1.0, None), (-0.0, None)] {
            assert_eq!(hundredths(number), steps, "{number}");
        }
        assert_eq!([f64::NAN, f64::INFINITY, 1e300].map(hundredths), [None; 3]);
    }
}
