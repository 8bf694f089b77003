//! What the values of a Parquet column mean.

use crate::io::formats::feature::FieldKind;
use crate::io::formats::typed;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::ColumnDescriptor;

/// What values mean, whatever they are stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::io) enum Meaning {
    Flag,
    Integer,
    /// An integer that is never negative, stored in as many bits.
    Unsigned,
    Real,
    /// Sixteen bits of a real number.
    Half,
    Text,
    /// Bytes of no known meaning; text, if they are.
    Bytes,
    /// Days since 1970.
    Day,
    /// Since midnight, so many a second.
    Clock(i64),
    /// Since 1970, so many a second; whether in UTC.
    Moment(i64, bool),
    /// Nanoseconds of a day, and the day.
    Int96,
    /// Digits after the point.
    Decimal(u32),
    Uuid,
}

impl Meaning {
    /// By the logical type, and for old files by the converted type.
    pub(in crate::io) fn of(column: &ColumnDescriptor) -> Meaning {
        let (converted, physical) = (column.converted_type(), column.physical_type());
        match column.logical_type_ref() {
            Some(LogicalType::Decimal(decimal)) => return Meaning::decimal(decimal.scale),
            Some(LogicalType::Time(time)) => return Meaning::Clock(per_second(&time.unit)),
            Some(LogicalType::Timestamp(stamp)) => return Meaning::Moment(per_second(&stamp.unit), stamp.is_adjusted_to_u_t_c),
            Some(LogicalType::Integer(integer)) if !integer.is_signed => return Meaning::Unsigned,
            Some(LogicalType::Date) => return Meaning::Day,
            Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => return Meaning::Text,
            Some(LogicalType::Uuid) => return Meaning::Uuid,
            Some(LogicalType::Float16) => return Meaning::Half,
            _ => {}
        }
        match converted {
            ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => return Meaning::Text,
            ConvertedType::DECIMAL => return Meaning::decimal(column.type_scale()),
            ConvertedType::DATE => return Meaning::Day,
            ConvertedType::TIME_MILLIS => return Meaning::Clock(1000),
            ConvertedType::TIME_MICROS => return Meaning::Clock(1_000_000),
            ConvertedType::TIMESTAMP_MILLIS => return Meaning::Moment(1000, true),
            ConvertedType::TIMESTAMP_MICROS => return Meaning::Moment(1_000_000, true),
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64 => return Meaning::Unsigned,
            _ => {}
        }
        match physical {
            Type::BOOLEAN => Meaning::Flag,
            Type::INT32 | Type::INT64 => Meaning::Integer,
            Type::INT96 => Meaning::Int96,
            Type::FLOAT | Type::DOUBLE => Meaning::Real,
            Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => Meaning::Bytes,
        }
    }

    fn decimal(scale: i32) -> Meaning {
        Meaning::Decimal(u32::try_from(scale).unwrap_or(0))
    }

    pub(in crate::io) fn kind(self) -> FieldKind {
        match self {
            Meaning::Flag => FieldKind::Flag,
            Meaning::Integer | Meaning::Unsigned => FieldKind::Integer,
            Meaning::Real | Meaning::Half => FieldKind::Real,
            Meaning::Text | Meaning::Decimal(_) | Meaning::Uuid => FieldKind::Text,
            Meaning::Day | Meaning::Moment(..) | Meaning::Int96 => FieldKind::Date,
            Meaning::Clock(_) | Meaning::Bytes => FieldKind::Other,
        }
    }
}

fn per_second(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    }
}

/// A decimal number of `unscaled` × 10^-`scale`, all digits.
pub(in crate::io) fn decimal(unscaled: i128, scale: u32) -> String {
    let scale = scale.min(1000) as usize;
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The number that up to 16 bytes hold, high byte first, in two's complement.
pub(in crate::io) fn big_endian(bytes: &[u8]) -> Option<i128> {
    let (first, skip) = (bytes.first()?, 16_usize.checked_sub(bytes.len())?);
    let mut all = [if first & 0x80 == 0 { 0 } else { 0xff }; 16];
    all.get_mut(skip..)?.copy_from_slice(bytes);
    Some(i128::from_be_bytes(all))
}

/// The real number in sixteen bits (IEEE 754 binary16).
pub(in crate::io) fn half(bits: u16) -> f64 {
    let (sign, exponent, fraction) = (bits >> 15, i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    };
    if sign == 1 { -size } else { size }
}

/// A moment of twelve bytes: the Julian day and the nanoseconds in it, without a zone.
pub(in crate::io) fn int96(words: &[u32]) -> Option<String> {
    let [low, high, julian] = words else { return None };
    let nanoseconds = i64::try_from(u64::from(*high) << 32 | u64::from(*low)).ok()?;
    if nanoseconds >= 86_400_000_000_000 {
        return None;
    }
    Some(format!("{}T{}", typed::day(i64::from(*julian) - 2_440_588), typed::clock(nanoseconds, 1_000_000_000)))
}

/// A UUID as text.
pub(in crate::io) fn uuid(bytes: &[u8]) -> Option<String> {
    let number = u128::from_be_bytes(*bytes.first_chunk::<16>().filter(|_| bytes.len() == 16)?);
    let hex = format!("{number:032x}");
    let parts = [hex.get(..8)?, hex.get(8..12)?, hex.get(12..16)?, hex.get(16..20)?, hex.get(20..)?];
    Some(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_text() {
        assert_eq!([decimal(-5, 3), decimal(12_345, 2), decimal(7, 0)].join(" "), "-0.005 123.45 7");
        assert_eq!(decimal(i128::MIN, 2), "-1701411834604692317316873037158841057.28");
        assert_eq!([big_endian(&[0xff, 0x38]), big_endian(&[0, 0xff]), big_endian(&[])], [Some(-200), Some(255), None]);
        assert_eq!(big_endian(&[1; 17]), None);
        assert_eq!([half(0x3c00), half(0xc000), half(0x0001), half(0x7bff)], [1.0, -2.0, 2f64.powi(-24), 65504.0]);
        assert!(half(0x7e00).is_nan() && half(0xfc00) == f64::NEG_INFINITY);
        assert_eq!(int96(&[1_000_000_000, 0, 2_440_589]).as_deref(), Some("1970-01-02T00:00:01"));
        assert_eq!(int96(&[0, u32::MAX, 0]), None);
    }
}
