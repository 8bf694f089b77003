//! The compact form of numbers and coordinates in the page.
//!
//! A ring or line is one flat list of integers: first vertex in 10⁻⁶ degrees, then differences. The vertex that closes
//! a ring and vertices that repeat are left out, and so are vertices that are not finite.

use super::Polygons;
use serde::ser::{Serialize, SerializeSeq, Serializer};

/// Steps per degree.
pub(super) const STEPS: f64 = 1e6;

fn flat(points: &[[f64; 2]], ring: bool) -> Vec<i64> {
    let mut fixed: Vec<[i64; 2]> =
        points.iter().filter(|p| p.iter().all(|c| c.is_finite())).map(|p| p.map(|c| (c * STEPS).round() as i64)).collect();
    fixed.dedup();
    if ring && fixed.len() > 1 && fixed.first() == fixed.last() {
        fixed.pop();
    }
    let mut last = [0, 0];
    let mut out = Vec::with_capacity(fixed.len() * 2);
    for p in fixed {
        out.extend([p[0] - last[0], p[1] - last[1]]);
        last = p;
    }
    out
}

struct Packed<'a>(&'a Polygons);

impl Serialize for Packed<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let rings = |polygon: &Vec<Vec<[f64; 2]>>| -> Vec<Vec<i64>> {
            polygon.iter().map(|ring| flat(ring, true)).filter(|ring| ring.len() >= 6).collect()
        };
        let mut list = to.serialize_seq(None)?;
        for polygon in self.0.iter().map(rings).filter(|rings| !rings.is_empty()) {
            list.serialize_element(&polygon)?;
        }
        list.end()
    }
}

pub(super) fn polygons<S: Serializer>(polygons: &Polygons, to: S) -> Result<S::Ok, S::Error> {
    Packed(polygons).serialize(to)
}

pub(super) fn areas<S: Serializer>(areas: &[Polygons], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(areas.iter().map(Packed))
}

pub(super) fn line<S: Serializer>(points: &[[f64; 2]], to: S) -> Result<S::Ok, S::Error> {
    flat(points, false).serialize(to)
}

pub(super) fn lines<S: Serializer>(lines: &[Vec<[f64; 2]>], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(lines.iter().map(|l| flat(l, false)).filter(|l| l.len() >= 4))
}

/// One position in 10⁻⁶ degrees.
pub(super) fn place<S: Serializer>(at: &[f64; 2], to: S) -> Result<S::Ok, S::Error> {
    flat(&[*at], false).serialize(to)
}

/// Four decimals; whole numbers without a fraction; what is not finite becomes `null`.
pub(super) fn number<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
    let rounded = (number * 1e4).round() / 1e4;
    if rounded.is_finite() && rounded.fract() == 0.0 && rounded.abs() < 1e15 {
        to.serialize_i64(rounded as i64)
    } else {
        to.serialize_f64(rounded)
    }
}

pub(super) fn optional_number<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => number(value, to),
        None => to.serialize_none(),
    }
}
