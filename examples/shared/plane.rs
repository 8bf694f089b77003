//! The plane that generated places lie on, and the randomness they are made of.

#![allow(dead_code)]

use std::f64::consts::TAU;

/// Metres east and north of the reference point.
pub type P = [f64; 2];

/// The splitmix64 generator: tiny, seeded, the same on every machine.
pub struct Rng(pub u64);

impl Rng {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A generator of its own, which leaves this one where it is.
    pub fn apart(&self, stream: u64) -> Rng {
        Rng(Rng(self.0 ^ stream).bits())
    }

    /// A number in `0..1`.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `lo..hi`.
    pub fn span(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.share()
    }

    /// A number of the standard normal distribution.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.share()).ln()).sqrt() * (TAU * self.share()).cos()
    }

    /// An integer in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// One of the given values.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// `a + t (b - a)`.
pub fn lerp(a: P, b: P, t: f64) -> P {
    [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]
}

/// The point `along` metres from `a` towards `b`, and `left` metres to the left of that line.
pub fn beside(a: P, b: P, along: f64, left: f64) -> P {
    let d = [b[0] - a[0], b[1] - a[1]];
    let len = length(a, b);
    [a[0] + (d[0] * along - d[1] * left) / len, a[1] + (d[1] * along + d[0] * left) / len]
}

/// The distance of two points.
pub fn length(a: P, b: P) -> f64 {
    ((b[0] - a[0]).powi(2) + (b[1] - a[1]).powi(2)).sqrt()
}
