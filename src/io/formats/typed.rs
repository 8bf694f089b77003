//! Values for tables with typed columns: days, moments, and cells brought to the kind of their field.

use crate::io::formats::feature::{Cell, Feature, Field, FieldKind};
use std::borrow::Cow;

/// A value that a typed column holds.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::io) enum Value<'a> {
    Nothing,
    Text(Cow<'a, str>),
    Integer(i64),
    Real(f64),
    Flag(bool),
}

/// The value of `cell` in a column of `kind`; the error says what does not fit. Nothing is rounded or cut.
pub(in crate::io) fn value<'a>(cell: &'a Cell<'_>, kind: FieldKind) -> Result<Value<'a>, String> {
    let unfit = || format!("{cell:?} does not fit a column of kind {kind:?}");
    if cell.is_missing() {
        return Ok(Value::Nothing);
    }
    let parsed = || cell.text().ok_or_else(unfit);
    Ok(match (kind, cell) {
        (FieldKind::Integer, Cell::Integer(i)) => Value::Integer(*i),
        (FieldKind::Integer, Cell::Json(_)) => Value::Integer(parsed()?.parse().map_err(|_| unfit())?),
        (FieldKind::Real, Cell::Real(x)) => Value::Real(*x),
        // beyond 2^53 a real number no longer holds every integer
        (FieldKind::Real, Cell::Integer(i)) if i.unsigned_abs() <= 1 << 53 => Value::Real(*i as f64),
        (FieldKind::Real, Cell::Json(_)) => Value::Real(parsed()?.parse().map_err(|_| unfit())?),
        (FieldKind::Flag, Cell::Flag(b)) => Value::Flag(*b),
        (FieldKind::Flag, Cell::Json("true")) => Value::Flag(true),
        (FieldKind::Flag, Cell::Json("false")) => Value::Flag(false),
        (FieldKind::Text | FieldKind::Date | FieldKind::Other | FieldKind::Nested, Cell::Json(raw)) => {
            Value::Text(cell.text().unwrap_or(Cow::Borrowed(raw)))
        }
        (FieldKind::Text | FieldKind::Date | FieldKind::Other | FieldKind::Nested, Cell::Text(t)) => Value::Text(Cow::Borrowed(t)),
        (FieldKind::Text | FieldKind::Date | FieldKind::Other | FieldKind::Nested, _) => Value::Text(parsed()?),
        _ => return Err(unfit()),
    })
}

/// Whether the field at `at` is a date, and each of its values a day and nothing finer.
pub(in crate::io) fn only_days(fields: &[Field], features: &[Feature<'_>], at: usize) -> bool {
    let days = |f: &Feature<'_>| f.cells.get(at).is_none_or(|c| c.is_missing() || c.text().is_some_and(|t| day_number(&t).is_some()));
    fields.get(at).is_some_and(|f| f.kind == FieldKind::Date) && features.iter().all(days)
}

/// The ISO 8601 day so many days after 1970-01-01 in the Gregorian calendar (counting from March in eras of 400 years, after
/// H. Hinnant, "chrono-compatible low-level date algorithms").
pub(in crate::io) fn day(number: i64) -> String {
    let shifted = number.saturating_add(719_468);
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The inverse of [`day`] for the years 0000 to 9999; none for other text.
pub(in crate::io) fn day_number(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut next = |length: usize| {
        let part = parts.next().filter(|p| p.len() == length && p.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<i64>().ok()
    };
    let (year, month, of_month) = (next(4)?, next(2)?, next(2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&of_month) {
        return None;
    }
    let year_from_march = year - i64::from(month <= 2);
    let (era, year_of_era) = (year_from_march.div_euclid(400), year_from_march.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + of_month - 1;
    let number = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468;
    (day(number) == text).then_some(number)
}

/// Time of day as ISO 8601 from `units` since midnight, `per_second` of them a second; the fraction as far as it is not nought.
pub(in crate::io) fn clock(units: i64, per_second: i64) -> String {
    let (seconds, rest) = (units.div_euclid(per_second), units.rem_euclid(per_second));
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest > 0 {
        let digits = per_second.ilog10() as usize;
        let fraction = format!("{rest:0digits$}");
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text
}

/// Moment as ISO 8601 from `units` since 1970, `per_second` of them a second; `utc` adds the `Z`.
pub(in crate::io) fn moment(units: i64, per_second: i64, utc: bool) -> String {
    let per_day = 86_400 * per_second;
    let zone = if utc { "Z" } else { "" };
    format!("{}T{}{zone}", day(units.div_euclid(per_day)), clock(units.rem_euclid(per_day), per_second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days_and_moments() {
        assert_eq!([day(0), day(-1), day(19_782), day(-719_468)].join(" "), "1970-01-01 1969-12-31 2024-02-29 0000-03-01");
        assert_eq!(day_number("2023-02-29"), None);
        assert_eq!(day_number("2023-2-09"), None);
        assert_eq!(moment(-1, 1000, true), "1969-12-31T23:59:59.999Z");
        assert_eq!(moment(1_700_000_000_120_000, 1_000_000, false), "2023-11-14T22:13:20.12");
        assert_eq!(moment(i64::MIN, 1_000_000_000, false), "1677-09-21T00:12:43.145224192");
    }

    proptest! {
        #[test]
        fn days_go_there_and_back(n in -719_528i64..2_932_897) {
            prop_assert_eq!(day_number(&day(n)), Some(n));
        }

        #[test]
        fn days_follow_one_another(n in any::<i32>()) {
            prop_assert_ne!(day(i64::from(n)), day(i64::from(n) + 1));
        }

        #[test]
        fn numbers_keep_their_value(i in any::<i64>(), x in any::<f64>()) {
            let (integer, real) = (Cell::Integer(i), Cell::Real(x));
            prop_assert_eq!(value(&integer, FieldKind::Integer), Ok(Value::Integer(i)));
            match value(&integer, FieldKind::Real) {
                Ok(Value::Real(y)) => prop_assert_eq!(y as i64, i),
                refused => prop_assert!(refused.is_err() && i.unsigned_abs() > 1 << 53),
            }
            prop_assert!(value(&real, FieldKind::Integer).is_err());
        }
    }
}
