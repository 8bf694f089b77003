//! GCJ-02 and BD-09, the systems of Chinese web maps.
//!
//! GCJ-02 moves WGS 84 by 300 to 700 m in most of China (30 m in the west of Qinghai); no authority has published how. The formula here is the one that has been public since about
//! 2010 and that map software uses (Wikipedia, "Restrictions on geographic data in China", section GCJ-02; OpenStreetMap wiki, "China
//! Wikiproject"): series in longitude - 105 and latitude - 35 in metres, turned into degrees on Krasovsky's ellipsoid. BD-09 adds a
//! rotation and a stretch of some metres and a shift of about 0.0065 and 0.006 degrees.
//!
//! Both inverses are found by iteration, to about 1e-11 degrees (a micrometre); the usual single step is up to 2 m off.

use std::f64::consts::PI;

/// Krasovsky's ellipsoid: semi-major axis in metres and eccentricity squared, as the formula has them.
const A: f64 = 6_378_245.0;
const EE: f64 = 0.006_693_421_622_965_943;

/// The box of longitude and latitude in which GCJ-02 differs from WGS 84. It is a rough frame, not the border: its edges run at least a
/// degree outside China.
const BOX: [f64; 4] = [72.004, 0.8293, 137.8347, 55.8271];

/// Rounds of an inverse, of which it needs six; more only happen for positions that are not finite.
const ROUNDS: usize = 20;
/// Degrees; below, a further round changes nothing but rounding.
const CLOSE: f64 = 1e-12;

/// Whether GCJ-02 differs from WGS 84 at a place.
pub fn in_gcj02_box(at: [f64; 2]) -> bool {
    at[0] >= BOX[0] && at[0] <= BOX[2] && at[1] >= BOX[1] && at[1] <= BOX[3]
}

/// The offset of GCJ-02 from WGS 84 in degrees, as if there were no box.
fn gcj02_offset([lon, lat]: [f64; 2]) -> [f64; 2] {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let waves = |t: f64, long: [f64; 2], period: f64| {
        (20.0 * (t * PI).sin() + 40.0 * (t * PI / 3.0).sin() + long[0] * (t * PI / 12.0).sin() + long[1] * (t * PI / period).sin()) * 2.0
            / 3.0
    };
    let short = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let root = x.abs().sqrt();
    let north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + short + waves(y, [160.0, 320.0], 30.0);
    let east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + short + waves(x, [150.0, 300.0], 30.0);
    let (sin, cos) = lat.to_radians().sin_cos();
    let w = 1.0 - EE * sin * sin;
    let root_w = w.sqrt();
    let meridian = A * (1.0 - EE) / (w * root_w);
    let parallel = A / root_w * cos;
    [(east / parallel).to_degrees(), (north / meridian).to_degrees()]
}

/// Where `position + offset(position)` is `to`: the offset changes slowly, so that taking it back repeatedly closes in by a factor of
/// fifty or more each round.
fn undo(to: [f64; 2], offset: impl Fn([f64; 2]) -> [f64; 2]) -> [f64; 2] {
    let mut at = to;
    for _ in 0..ROUNDS {
        let off = offset(at);
        let next = [to[0] - off[0], to[1] - off[1]];
        let moved = (next[0] - at[0]).abs().max((next[1] - at[1]).abs());
        at = next;
        if moved <= CLOSE {
            break;
        }
    }
    at
}

/// GCJ-02 of a longitude and latitude on WGS 84, in degrees. Outside the box it is the same.
pub fn wgs84_to_gcj02(at: [f64; 2]) -> [f64; 2] {
    if !in_gcj02_box(at) {
        return at;
    }
    let off = gcj02_offset(at);
    [at[0] + off[0], at[1] + off[1]]
}

/// The longitude and latitude on WGS 84 of a GCJ-02 position, in degrees.
///
/// Along the edge of the box the forward formula jumps by some hundred metres: a strip of positions has two origins, of which the one
/// inside the box is given, and another strip has none and is given as it is. Neither lies in China.
pub fn gcj02_to_wgs84(at: [f64; 2]) -> [f64; 2] {
    // The offset is below 0.02 degrees everywhere near the box: further out there is nothing to undo.
    let margin = 0.1;
    if !(at[0] > BOX[0] - margin && at[0] < BOX[2] + margin && at[1] > BOX[1] - margin && at[1] < BOX[3] + margin) {
        return at;
    }
    let origin = undo(at, gcj02_offset);
    if in_gcj02_box(origin) { origin } else { at }
}

/// What BD-09 adds to GCJ-02, in degrees.
fn bd09_offset([lon, lat]: [f64; 2]) -> [f64; 2] {
    const TURN: f64 = PI * 3000.0 / 180.0;
    let radius = lon.hypot(lat) + 0.00002 * (lat * TURN).sin();
    let angle = lat.atan2(lon) + 0.000003 * (lon * TURN).cos();
    let (sin, cos) = angle.sin_cos();
    [radius * cos + 0.0065 - lon, radius * sin + 0.006 - lat]
}

/// BD-09 of a longitude and latitude on WGS 84, in degrees. The shift on top of GCJ-02 is applied everywhere, as the public formula does.
pub fn wgs84_to_bd09(at: [f64; 2]) -> [f64; 2] {
    let gcj = wgs84_to_gcj02(at);
    let off = bd09_offset(gcj);
    [gcj[0] + off[0], gcj[1] + off[1]]
}

/// The longitude and latitude on WGS 84 of a BD-09 position, in degrees.
pub fn bd09_to_wgs84(at: [f64; 2]) -> [f64; 2] {
    gcj02_to_wgs84(undo(at, bd09_offset))
}
