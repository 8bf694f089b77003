//! Days, months and periods of the Gregorian calendar, without clock and time zone.

use crate::recipe::Period;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day of that date; `None` where the calendar has none, or before year 1 or after 9999.
    ///
    /// Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the leap day is their last.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Day> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return None;
        }
        let y = if month <= 2 { year - 1 } else { year };
        let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
        let of_year = (153 * ((month as i32 + 9) % 12) + 2) / 5 + day as i32 - 1;
        Some(Day(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468))
    }

    /// Year, month and day.
    pub fn civil(self) -> (i32, u32, u32) {
        let z = self.0 + 719_468;
        let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
        let of_era = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let of_year = doe - (365 * of_era + of_era / 4 - of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        (era * 400 + of_era + i32::from(month <= 2), month as u32, day as u32)
    }

    /// Year and number of its week after ISO 8601.
    fn week(self) -> (i32, i32) {
        let monday = monday(self);
        // a week belongs to the year of its Thursday
        let (year, ..) = Day(monday + 3).civil();
        (year, (monday - first_monday(year)) / 7 + 1)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

fn days_in(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Monday of the week of a day; 1970-01-01 was a Thursday.
fn monday(day: Day) -> i32 {
    day.0 - (day.0 + 3).rem_euclid(7)
}

/// Monday of the first week of a year, the one with 4 January.
fn first_monday(year: i32) -> i32 {
    Day::new(year, 1, 4).map_or(0, monday)
}

/// A date as a table states it: a day, or a whole month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The day, or the first of the month.
    pub from: Day,
    /// It is a whole month.
    pub month: bool,
}

impl Stamp {
    /// Reads `YYYY-MM-DD` or `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Stamp> {
        let parts: Vec<&str> = text.split('-').collect();
        let number = |at: usize, digits: usize| {
            let part = parts.get(at).filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))?;
            part.parse::<u32>().ok()
        };
        let (year, month) = (number(0, 4)? as i32, number(1, 2)?);
        match parts.len() {
            2 => Some(Stamp { from: Day::new(year, month, 1)?, month: true }),
            3 => Some(Stamp { from: Day::new(year, month, number(2, 2)?)?, month: false }),
            _ => None,
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, _) = self.from.civil();
        if self.month { write!(f, "{year:04}-{month:02}") } else { self.from.fmt(f) }
    }
}

/// One period of the calendar, such as March 2024. Of equal length they are ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Its length.
    pub period: Period,
    /// Periods since that of 1970-01-01; months, quarters and years since year 0.
    pub index: i32,
}

impl Span {
    /// The period of that length in which a date lies; `None` for a month within days or weeks.
    pub fn of(stamp: Stamp, period: Period) -> Option<Span> {
        let (year, month, _) = stamp.from.civil();
        let index = match period {
            Period::Day | Period::Week if stamp.month => return None,
            Period::Day => stamp.from.0,
            Period::Week => (monday(stamp.from) + 3) / 7,
            Period::Month => year * 12 + month as i32 - 1,
            Period::Quarter => year * 4 + (month as i32 - 1) / 3,
            Period::Year => year,
        };
        Some(Span { period, index })
    }

    /// Reads what `Display` writes: `2024-02-29`, `2024-W09`, `2024-02`, `2024-Q1`, `2024`.
    pub fn parse(text: &str) -> Option<Span> {
        if let Some(stamp) = Stamp::parse(text) {
            return Span::of(stamp, if stamp.month { Period::Month } else { Period::Day });
        }
        let (year, rest) = text.split_once('-').unwrap_or((text, ""));
        let stamp = Stamp::parse(&format!("{year}-01-04"))?;
        let (year, ..) = stamp.from.civil();
        let number = |prefix: char, digits: usize| rest.strip_prefix(prefix).filter(|r| r.len() == digits)?.parse::<i32>().ok();
        let span = if let Some(week) = number('W', 2) {
            let index = (first_monday(year) + 3) / 7 + week - 1;
            Span { period: Period::Week, index }
        } else if let Some(quarter) = number('Q', 1) {
            Span { period: Period::Quarter, index: year * 4 + quarter - 1 }
        } else if rest.is_empty() {
            Span { period: Period::Year, index: year }
        } else {
            return None;
        };
        (span.to_string() == text).then_some(span)
    }

    /// The period before.
    pub fn before(self) -> Span {
        Span { index: self.index - 1, ..self }
    }

    /// The same period of the year before: for 29 February 28 February, for week 53 week 52 where that year has no other.
    pub fn year_before(self) -> Span {
        let index = match self.period {
            Period::Day => {
                let (year, month, day) = Day(self.index).civil();
                let same = Day::new(year - 1, month, day.min(days_in(year - 1, month)));
                same.map_or(self.index - 365, |d| d.0)
            }
            Period::Week => {
                let (year, week) = Day(self.monday()).week();
                let (first, next) = (first_monday(year - 1), first_monday(year));
                (first + 7 * (week - 1).min((next - first) / 7 - 1) + 3) / 7
            }
            Period::Month => self.index - 12,
            Period::Quarter => self.index - 4,
            Period::Year => self.index - 1,
        };
        Span { index, ..self }
    }

    /// Monday of the week with that index.
    fn monday(self) -> i32 {
        7 * self.index - 3
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |parts: i32| (self.index.div_euclid(parts), self.index.rem_euclid(parts) + 1);
        match self.period {
            Period::Day => Day(self.index).fmt(f),
            Period::Week => {
                let (year, week) = Day(self.monday()).week();
                write!(f, "{year:04}-W{week:02}")
            }
            Period::Month => write!(f, "{:04}-{:02}", of(12).0, of(12).1),
            Period::Quarter => write!(f, "{:04}-Q{}", of(4).0, of(4).1),
            Period::Year => write!(f, "{:04}", self.index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        Span::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn days_count_as_a_calendar_does() {
        let (mut year, mut month, mut day) = (1, 1, 1);
        let first = Day::new(1, 1, 1).unwrap().0;
        for n in first..first + 3_652_059 {
            assert_eq!(Day(n).civil(), (year, month, day));
            assert_eq!(Day::new(year, month, day), Some(Day(n)));
            day += 1;
            if day > days_in(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!((year, month, day), (10_000, 1, 1), "year 9999 is the last");
        assert_eq!(Day::new(1970, 1, 1), Some(Day(0)));
    }

    #[test]
    fn dates_are_read_or_refused() {
        for text in ["2024-02-29", "2024-02", "1999-12-31"] {
            assert_eq!(Stamp::parse(text).unwrap().to_string(), text);
        }
        for text in ["2023-02-29", "2024-13", "2024-00-10", "24-01-01", "2024-1-1", "2024/01/01", "2024", "", "2024-01-01T00:00", "+024-01"]
        {
            assert_eq!(Stamp::parse(text), None, "{text}");
        }
        for text in ["2024-W54", "2023-W53", "2024-W00", "2024-Q5", "2024-Q0", "2024-H1", "0000", "2024-"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_year_before() {
        for (now, then) in [
            ("2024-02-29", "2023-02-28"),
            ("2025-02-28", "2024-02-28"),
            ("2024-03-01", "2023-03-01"),
            ("2020-W53", "2019-W52"),
            ("2021-W52", "2020-W52"),
            ("2024-W01", "2023-W01"),
            ("2024-02", "2023-02"),
            ("2024-Q1", "2023-Q1"),
            ("2024", "2023"),
        ] {
            assert_eq!(span(now).year_before(), span(then), "{now}");
        }
    }

    #[test]
    fn the_period_before() {
        for (now, then) in [
            ("2024-03-01", "2024-02-29"),
            ("2024-01", "2023-12"),
            ("2024-Q1", "2023-Q4"),
            ("2021-W01", "2020-W53"),
            ("2024-W01", "2023-W52"),
            ("2024", "2023"),
        ] {
            assert_eq!(span(now).before(), span(then), "{now}");
        }
    }

    #[test]
    fn weeks_follow_iso_8601() {
        for (day, week) in [
            ("2021-01-03", "2020-W53"),
            ("2021-01-04", "2021-W01"),
            ("2019-12-30", "2020-W01"),
            ("1970-01-01", "1970-W01"),
            ("1969-12-28", "1969-W52"),
        ] {
            assert_eq!(Span::of(Stamp::parse(day).unwrap(), Period::Week).unwrap().to_string(), week, "{day}");
        }
        assert_eq!(Span::of(Stamp::parse("2021-01").unwrap(), Period::Week), None, "a month is no week");
    }
}
