//! Layers that lie beside each other by as much as GCJ-02 or BD-09 is off WGS 84.
//!
//! Many boundary files that say WGS 84 are GCJ-02. With points that are known in both layers the offset tells (`shift_of_pairs`); with
//! linework of one area that has no points in common, moving one layer by the offset must bring it onto the other (`looks_shifted`).

use super::china::{bd09_to_wgs84, gcj02_to_wgs84, in_gcj02_box, wgs84_to_bd09, wgs84_to_gcj02};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Metres per degree of latitude; the offsets looked for need no better.
const DEGREE: f64 = 111_195.0;
/// Metres by which an offset may be off the one that explains it: accuracy of control points and of digitising.
const TOLERANCE: f64 = 20.0;
/// Metres below which an offset says nothing.
const LEAST_OFFSET: f64 = 60.0;
/// Positions taken of the first layer.
const SAMPLE: usize = 1000;
/// Positions that a layer must have at least for a verdict.
const FEWEST: usize = 60;
/// Distance in metres at which a position counts half as lying on the other layer.
const NEAR: f64 = 15.0;
/// Moves tried that mean nothing, and the angle between one and the next in radians, which spreads them evenly.
const MOVES: u32 = 60;
const GOLDEN_ANGLE: f64 = 2.399_963;
/// By how much of the layer a move must do better than moves that mean nothing.
const LEAST_GAIN: f64 = 0.08;

/// What the longitudes and latitudes of a layer really are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frame {
    /// WGS 84 or CGCS2000.
    Wgs84,
    /// GCJ-02.
    Gcj02,
    /// BD-09.
    Bd09,
}

/// Every way in which two layers can differ.
const DIFFERENT: [[Frame; 2]; 6] = [
    [Frame::Wgs84, Frame::Gcj02],
    [Frame::Gcj02, Frame::Wgs84],
    [Frame::Wgs84, Frame::Bd09],
    [Frame::Bd09, Frame::Wgs84],
    [Frame::Gcj02, Frame::Bd09],
    [Frame::Bd09, Frame::Gcj02],
];

impl Frame {
    fn to_wgs84(self, at: [f64; 2]) -> [f64; 2] {
        match self {
            Frame::Wgs84 => at,
            Frame::Gcj02 => gcj02_to_wgs84(at),
            Frame::Bd09 => bd09_to_wgs84(at),
        }
    }

    fn of_wgs84(self, at: [f64; 2]) -> [f64; 2] {
        match self {
            Frame::Wgs84 => at,
            Frame::Gcj02 => wgs84_to_gcj02(at),
            Frame::Bd09 => wgs84_to_bd09(at),
        }
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Frame::Wgs84 => "WGS 84",
            Frame::Gcj02 => "GCJ-02",
            Frame::Bd09 => "BD-09",
        })
    }
}

/// A shift between two layers `a` and `b` that say they are in the same system.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// What `a` and `b` look like; none where only the size of the offset is that of GCJ-02 (300 to 700 m).
    pub frames: Option<[Frame; 2]>,
    /// From `a` to `b`: metres east and north.
    pub offset: [f64; 2],
}

/// A sentence for a finding.
impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [east, north] = self.offset;
        write!(f, "The second layer lies {:.0} m ({east:+.0} east, {north:+.0} north) off the first, ", east.hypot(north))?;
        match self.frames {
            Some([a, b]) => write!(f, "as if the first were in {a} and the second in {b}."),
            None => f.write_str("which is the size of the shift of GCJ-02, but not its direction here."),
        }
    }
}

/// Metres east and north from one position in degrees to another close by.
fn metres(from: [f64; 2], to: [f64; 2]) -> [f64; 2] {
    [(to[0] - from[0]) * DEGREE * from[1].to_radians().cos(), (to[1] - from[1]) * DEGREE]
}

/// The position of a layer in one frame, had it been in the other.
fn reframed([a, b]: [Frame; 2], at: [f64; 2]) -> [f64; 2] {
    b.of_wgs84(a.to_wgs84(at))
}

/// Whether an offset in metres (east, north) from layer `a` to layer `b` at a place in China, in degrees, is the one between two of WGS
/// 84, GCJ-02 and BD-09, to 20 m; else whether it is at least of the size of GCJ-02's. None outside China or for other offsets.
pub fn shift_suspect(at: [f64; 2], offset: [f64; 2]) -> Option<Shift> {
    if !in_gcj02_box(at) || !offset.iter().all(|o| o.is_finite()) {
        return None;
    }
    let size = offset[0].hypot(offset[1]);
    // In places GCJ-02 is off by no more than layers of one system are.
    if size < LEAST_OFFSET {
        return None;
    }
    let miss = |frames: &[Frame; 2]| {
        let [east, north] = metres(at, reframed(*frames, at));
        (east - offset[0]).hypot(north - offset[1])
    };
    let best = DIFFERENT.into_iter().min_by(|x, y| miss(x).total_cmp(&miss(y)))?;
    if miss(&best) <= TOLERANCE {
        return Some(Shift { frames: Some(best), offset });
    }
    (300.0..=700.0).contains(&size).then_some(Shift { frames: None, offset })
}

/// The middle value; sorts.
fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// The positions of one point in two layers, in degrees.
pub type Pair = ([f64; 2], [f64; 2]);

/// `shift_suspect` for points known in both layers: the middle offset, if at least half of the pairs agree with it to 20 m.
pub fn shift_of_pairs(pairs: &[Pair]) -> Option<Shift> {
    let pairs = || pairs.iter().filter(|(a, b)| a.iter().chain(b).all(|v| v.is_finite()));
    let middle = |f: fn(&Pair) -> f64| median(&mut pairs().map(f).collect::<Vec<f64>>());
    let at = [middle(|p| p.0[0])?, middle(|p| p.0[1])?];
    let offset = [middle(|p| metres(p.0, p.1)[0])?, middle(|p| metres(p.0, p.1)[1])?];
    let agree = pairs().filter(|(a, b)| {
        let [east, north] = metres(*a, *b);
        (east - offset[0]).hypot(north - offset[1]) <= TOLERANCE
    });
    if 2 * agree.count() < pairs().count() {
        return None;
    }
    shift_suspect(at, offset)
}

/// A line's positions with none further than `step` metres from the next (at most 10,000 put between two): linework for `looks_shifted`
/// needs positions all along it, not at its corners only.
pub fn along(line: &[[f64; 2]], step: f64) -> Vec<[f64; 2]> {
    let mut all: Vec<[f64; 2]> = line.first().copied().into_iter().collect();
    for pair in line.windows(2) {
        let &[from, to] = pair else { continue };
        let [east, north] = metres(from, to);
        let parts = (east.hypot(north) / step).ceil().clamp(1.0, 10_000.0);
        let parts = if parts.is_nan() { 1 } else { parts as u32 };
        all.extend((1..=parts).map(|i| {
            let t = f64::from(i) / f64::from(parts);
            [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])]
        }));
    }
    all
}

/// Whether two layers of one area, given as positions along their lines (see `along`) in degrees of the same declared system, look as if
/// one were in another frame than the other: see [`Linework::looks_shifted`]. O((a + b) log b); deterministic.
pub fn looks_shifted(a: &[[f64; 2]], b: &[[f64; 2]]) -> Option<Shift> {
    Linework::new(b.to_vec()).looks_shifted(a.iter().copied())
}

/// Positions of a leaf of the tree, at most.
const LEAF: usize = 16;
/// Parts of the tree with fewer positions are made by one thread.
const ALONE: usize = 1 << 14;

/// Positions of a layer in degrees as a k-d tree: the middle one of every range parts it, by longitude and latitude in turn.
pub struct Linework(Vec<[f64; 2]>);

impl Linework {
    /// From positions along lines (see `along`); those outside China are left out. O(n log n).
    pub fn new(mut positions: Vec<[f64; 2]>) -> Linework {
        positions.retain(|p| in_gcj02_box(*p));
        sort(&mut positions, 0);
        Linework(positions)
    }

    /// Whether layer `a`, given as positions along its lines, and this one look as if one were in another frame than the other.
    ///
    /// Up to 1,000 positions of `a`, evenly over the layer, are moved by each of the six differences of frames, and it is measured how much
    /// of them then lies on this one. A difference is believed only if it does far better than no move, and than sixty moves that mean
    /// nothing: layers that have nothing to do with each other, or that lie right, give none. So do very regular street grids, where many
    /// moves fit. O(a + log b) for b positions of this one; deterministic.
    pub fn looks_shifted(&self, a: impl ExactSizeIterator<Item = [f64; 2]>) -> Option<Shift> {
        let step = a.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<[f64; 2]> = a.step_by(step).filter(|p| in_gcj02_box(*p)).collect();
        if sample.len() < FEWEST || self.0.len() < FEWEST {
            return None;
        }
        let middle = |k: usize| median(&mut sample.iter().map(|p| p[k]).collect::<Vec<_>>());
        let at = [middle(0)?, middle(1)?];
        // as `metres` has it, but for the cosine, which is the same for all
        let cos = at[1].to_radians().cos();
        let flat = |p: [f64; 2]| [(p[0] - at[0]) * DEGREE * cos, (p[1] - at[1]) * DEGREE];
        // How much of the sample lies on this layer, moved so.
        let score = |moved: &dyn Fn([f64; 2]) -> [f64; 2]| {
            let on = |p: &[f64; 2]| {
                let mut least = f64::INFINITY;
                nearest(&self.0, 0, &flat, moved(*p), &mut least);
                1.0 / (1.0 + least / (NEAR * NEAR))
            };
            sample.iter().map(on).sum::<f64>() / sample.len() as f64
        };
        let unmoved = score(&flat);
        let offsets = DIFFERENT.map(|frames| metres(at, reframed(frames, at)));
        let scores = DIFFERENT.map(|frames| score(&|p| flat(reframed(frames, p))));
        let best = (0..DIFFERENT.len()).max_by(|i, j| scores[*i].total_cmp(&scores[*j]))?;
        let (frames, offset, found) = (*DIFFERENT.get(best)?, *offsets.get(best)?, *scores.get(best)?);

        if found - unmoved <= LEAST_GAIN / 2.0 {
            return None;
        }
        // Moves that mean nothing: of all directions and of lengths up to the longest real one, but none close to a real one.
        let mut others = Vec::new();
        for i in 0..MOVES {
            let i = f64::from(i);
            let (sin, cos) = (i * GOLDEN_ANGLE).sin_cos();
            let length = 250.0 + 1000.0 * i / f64::from(MOVES);
            let aside = [length * cos, length * sin];
            if offsets.iter().all(|o| (o[0] - aside[0]).hypot(o[1] - aside[1]) > 100.0) {
                others.push(score(&|p| {
                    let [x, y] = flat(p);
                    [x + aside[0], y + aside[1]]
                }));
            }
        }
        let n = others.len().max(1) as f64;
        let mean = others.iter().sum::<f64>() / n;
        let deviation = (others.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / n).sqrt();
        let highest = others.iter().copied().fold(unmoved, f64::max);
        let gain = found - mean;
        let believed = gain > 6.0 * deviation && gain > LEAST_GAIN && found - highest > 0.6 * gain;
        believed.then_some(Shift { frames: Some(frames), offset })
    }
}

fn sort(range: &mut [[f64; 2]], axis: usize) {
    if range.len() <= LEAF {
        return;
    }
    let (low, _, high) = range.select_nth_unstable_by(range.len() / 2, |p, q| p[axis].total_cmp(&q[axis]));
    if low.len() < ALONE {
        sort(low, 1 - axis);
        sort(high, 1 - axis);
    } else {
        rayon::join(|| sort(low, 1 - axis), || sort(high, 1 - axis));
    }
}

/// Lowers `least` to the square of the distance from `p`, in metres, to the nearest position of a range. `flat` keeps the order along both axes.
fn nearest(range: &[[f64; 2]], axis: usize, flat: &impl Fn([f64; 2]) -> [f64; 2], p: [f64; 2], least: &mut f64) {
    let mut see = |q: [f64; 2]| {
        let q = flat(q);
        *least = least.min((p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2));
        p[axis] - q[axis]
    };
    if range.len() <= LEAF {
        range.iter().for_each(|q| _ = see(*q));
        return;
    }
    let middle = range.len() / 2;
    let beyond = see(range[middle]);
    let (low, high) = (&range[..middle], &range[middle + 1..]);
    let (near, far) = if beyond < 0.0 { (low, high) } else { (high, low) };
    nearest(near, 1 - axis, flat, p, least);
    if beyond * beyond <= *least {
        nearest(far, 1 - axis, flat, p, least);
    }
}
