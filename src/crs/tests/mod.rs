//! Tests of the coordinate reference systems.

mod against_proj;
mod fits;
mod read;
mod shifts;

use super::Crs;

/// A deterministic source of numbers in 0..1 (splitmix64).
pub(super) struct Random(pub u64);

impl Random {
    pub(super) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A normal deviate, about.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// Metres between two positions in degrees, close by.
pub(super) fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    let east = (a[0] - b[0]) * 111_320.0 * a[1].to_radians().cos();
    east.hypot((a[1] - b[1]) * 111_195.0)
}

#[test]
fn is_send_and_sync() {
    fn check<T: Send + Sync>() {}
    check::<Crs>();
}
