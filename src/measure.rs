//! Quantities and typed ids: the only vocabulary that every room shares.
//!
//! Loads are integers inside (thousandths of the input's unit, so that sums are exact and
//! independent of order) and become numbers only at the edges.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Name of the load among resources.
pub const LOAD: &str = "households";

/// Load in thousandths of the input's unit (households, visits, points).
///
/// Integer, so that tallies are exact, order-free and equal to a recount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Load(pub i64);

impl Load {
    /// No load.
    pub const ZERO: Load = Load(0);
    /// How many steps one unit of the input has.
    pub const PER_UNIT: i64 = 1000;

    /// Nearest load to `units`; `None` unless finite and within ±9·10¹² units.
    pub fn from_units(units: f64) -> Option<Load> {
        (units.is_finite() && units.abs() < 9e12).then(|| Load((units * Self::PER_UNIT as f64).round() as i64))
    }

    /// Reads digits with up to three places behind a point, such as `-12.5`, exactly; `None` for all else and from ±9·10¹² units on.
    pub fn from_decimal(text: &str) -> Option<Load> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, places) = digits.split_once('.').map_or((digits, "0"), |(whole, places)| (whole, places));
        let plain = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        let needed = places.trim_end_matches('0');
        if !plain(whole) || !plain(places) || needed.len() > 3 {
            return None;
        }
        let steps: i64 = format!("{whole}{needed:0<3}").parse().ok().filter(|steps| *steps < 9_000_000_000_000_000)?;
        Some(Load(if text.starts_with('-') { -steps } else { steps }))
    }

    /// In the input's unit.
    pub fn units(self) -> f64 {
        self.0 as f64 / Self::PER_UNIT as f64
    }
}

impl Add for Load {
    type Output = Load;
    fn add(self, o: Load) -> Load {
        Load(self.0 + o.0)
    }
}
impl Sub for Load {
    type Output = Load;
    fn sub(self, o: Load) -> Load {
        Load(self.0 - o.0)
    }
}
impl Neg for Load {
    type Output = Load;
    fn neg(self) -> Load {
        Load(-self.0)
    }
}
impl AddAssign for Load {
    fn add_assign(&mut self, o: Load) {
        self.0 += o.0;
    }
}
impl SubAssign for Load {
    fn sub_assign(&mut self, o: Load) {
        self.0 -= o.0;
    }
}
impl Sum for Load {
    fn sum<I: Iterator<Item = Load>>(it: I) -> Load {
        it.fold(Load::ZERO, Add::add)
    }
}
impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, steps) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", format!("{whole}.{steps:03}").trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Load bounds of one grid, both included, and how much it counts to keep them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// Least load of a grid.
    pub low: Load,
    /// What a grid should carry.
    pub target: Load,
    /// Most load of a grid.
    pub high: Load,
    /// What a violation counts beside those of other resources, in thousandths.
    pub weight: u32,
}

impl Band {
    /// `target` ± `tolerance` (a share, 0.1 = ±10 %), rounded inwards to whole steps so that a
    /// grid inside the band is inside the stated share as well.
    pub fn around(target: Load, tolerance: f64) -> Band {
        let t = target.0 as f64;
        let slack = 1e-9 * t;
        Band {
            low: Load((t * (1.0 - tolerance) - slack).ceil().max(0.0) as i64),
            target,
            high: Load((t * (1.0 + tolerance) + slack).floor() as i64),
            weight: 1000,
        }
    }

    /// The mean of `parts` that share `total`, ± `tolerance`; at least one step.
    pub fn around_mean(total: Load, parts: u32, tolerance: f64) -> Band {
        let mean = (total.0 as f64 / f64::from(parts.max(1))).round().max(1.0);
        Band::around(Load(mean as i64), tolerance)
    }

    /// The same band with a violation counting `weight` times, 0.001 to 1000.
    pub fn weighing(self, weight: f64) -> Band {
        Band { weight: (weight * 1000.0).round().clamp(1.0, 1e6) as u32, ..self }
    }

    /// Signed distance to the band: negative under it, positive over it, zero inside.
    pub fn violation(&self, load: Load) -> Load {
        if load < self.low {
            load - self.low
        } else if load > self.high {
            load - self.high
        } else {
            Load::ZERO
        }
    }

    /// Signed deviation from the target as a share of it.
    pub fn deviation(&self, load: Load) -> f64 {
        (load.0 - self.target.0) as f64 / self.target.0.max(1) as f64
    }
}

/// What a planner may decide before a plan is drawn (R42).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LockKind {
    /// A grid that stays as it is.
    Frozen,
    /// Units of one grid.
    Together,
    /// Units no two of which are in one grid.
    Apart,
}

macro_rules! index_id {
    ($(#[$m:meta])* $name:ident) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);
        impl $name {
            /// As an index into the table it counts.
            pub fn at(self) -> usize {
                self.0 as usize
            }
            /// From an index; tables hold fewer than 2³² rows by construction.
            pub fn new(i: usize) -> Self {
                debug_assert!(i < u32::MAX as usize);
                $name(i as u32)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}
index_id!(
    /// Position of a unit in its fabric.
    UnitId
);
index_id!(
    /// Position of a grid in its plan.
    GridId
);
index_id!(
    /// Position of a zone in its plan.
    ZoneId
);
index_id!(
    /// Position of a division in its territory.
    DivisionId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn band_is_rounded_inwards() {
        let b = Band::around(Load(300_000), 0.1);
        assert_eq!((b.low, b.high), (Load(270_000), Load(330_000)));
        let b = Band::around(Load(333), 0.1);
        assert_eq!((b.low, b.high), (Load(300), Load(366)));
        assert_eq!(b.violation(Load(299)), Load(-1));
        assert_eq!(b.violation(Load(370)), Load(4));
        assert_eq!(b.violation(Load(333)), Load::ZERO);
    }

    #[test]
    fn decimals_are_exact() {
        for (text, steps) in
            [("12", 12_000), ("-0.25", -250), ("+1.5000", 1500), ("8999999999999.999", 8_999_999_999_999_999), ("007", 7000)]
        {
            assert_eq!(Load::from_decimal(text), Some(Load(steps)), "{text}");
        }
        for text in ["", "-", ".5", "1.", "1.2345", "1e3", "1,659", "0x1", "9000000000000", "NaN", "--1", "1 2"] {
            assert_eq!(Load::from_decimal(text), None, "{text}");
        }
        for (steps, text) in [(0, "0"), (-1, "-0.001"), (1_500, "1.5"), (120_000, "120"), (8_999_999_999_999_999, "8999999999999.999")] {
            assert_eq!(Load(steps).to_string(), text);
        }
    }

    #[test]
    fn loads_refuse_what_is_no_number() {
        assert_eq!(Load::from_units(f64::NAN), None);
        assert_eq!(Load::from_units(1e300), None);
        assert_eq!(Load::from_units(2.5), Some(Load(2500)));
    }
}
