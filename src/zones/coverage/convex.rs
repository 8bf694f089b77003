//! Rings in metres: clipping by lines, areas, areas within a circle.

/// Metres east and north.
pub(super) type At = [f64; 2];

/// Where `n · p ≤ c`.
#[derive(Clone, Copy, Debug)]
pub(super) struct HalfPlane {
    n: At,
    c: f64,
}

impl HalfPlane {
    /// Nearer to `a` than to `b`, which lies elsewhere.
    pub fn nearer(a: At, b: At) -> HalfPlane {
        let n = [b[0] - a[0], b[1] - a[1]];
        HalfPlane { n, c: n[0] * (a[0] + b[0]) / 2.0 + n[1] * (a[1] + b[1]) / 2.0 }
    }

    /// Clockwise, by up to half a turn, of the direction `azimuth` at `at`.
    pub fn clockwise(at: At, azimuth: f64) -> HalfPlane {
        let (sin, cos) = azimuth.to_radians().sin_cos();
        let n = [-cos, sin];
        HalfPlane { n, c: n[0] * at[0] + n[1] * at[1] }
    }

    /// The other side.
    pub fn other(self) -> HalfPlane {
        HalfPlane { n: [-self.n[0], -self.n[1]], c: -self.c }
    }

    /// More than 0 outside.
    pub fn beyond(&self, p: At) -> f64 {
        self.n[0] * p[0] + self.n[1] * p[1] - self.c
    }
}

/// The part of a ring within (Sutherland & Hodgman 1974). Of a ring that is not convex the parts stay tied together by sides there
/// and back along the line, which count nothing in areas. False where all of it is within. O(vertices).
pub(super) fn clip(ring: &mut Vec<At>, half: HalfPlane, spare: &mut Vec<At>) -> bool {
    let Some(&last) = ring.last().filter(|_| ring.iter().any(|p| half.beyond(*p) > 0.0)) else { return false };
    spare.clear();
    let (mut p, mut dp) = (last, half.beyond(last));
    for &q in ring.iter() {
        let dq = half.beyond(q);
        if (dp > 0.0) != (dq > 0.0) {
            let t = dp / (dp - dq);
            spare.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
        }
        if dq <= 0.0 {
            spare.push(q);
        }
        (p, dp) = (q, dq);
    }
    std::mem::swap(ring, spare);
    true
}

fn cross(a: At, b: At) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

fn minus(a: At, b: At) -> At {
    [a[0] - b[0], a[1] - b[1]]
}

/// Signed area, m²; positive when counter-clockwise.
pub(super) fn area(ring: &[At]) -> f64 {
    let Some(&o) = ring.first() else { return 0.0 };
    ring.windows(2).map(|w| cross(minus(w[0], o), minus(w[1], o))).sum::<f64>() / 2.0
}

/// Signed area of the part of a ring within `radius` of the origin, m²: triangles between crossings, sectors outside.
pub(super) fn area_in_disc(ring: &[At], radius: f64) -> f64 {
    let side = |i: usize| disc_side(ring[i], ring[(i + 1) % ring.len()], radius);
    (0..ring.len()).map(side).sum()
}

fn disc_side(p: At, q: At, radius: f64) -> f64 {
    let dot = |a: At, b: At| a[0] * b[0] + a[1] * b[1];
    let sector = |a: At, b: At| radius * radius / 2.0 * cross(a, b).atan2(dot(a, b));
    let d = minus(q, p);
    let (a, b, c) = (dot(d, d), dot(p, d), dot(p, p) - radius * radius);
    if a == 0.0 {
        return 0.0;
    }
    let root = (b * b - a * c).max(0.0).sqrt();
    let (t0, t1) = ((-b - root) / a, (-b + root) / a);
    if root == 0.0 || t1 <= 0.0 || t0 >= 1.0 {
        return sector(p, q);
    }
    let on = |t: f64| [p[0] + t * d[0], p[1] + t * d[1]];
    let enter = if t0 > 0.0 { on(t0) } else { p };
    let leave = if t1 < 1.0 { on(t1) } else { q };
    let outside = |a: At, b: At| if a == b { 0.0 } else { sector(a, b) };
    outside(p, enter) + cross(enter, leave) / 2.0 + outside(leave, q)
}

/// Corners of a box, counter-clockwise.
pub(super) fn corners(lo: At, hi: At) -> Vec<At> {
    vec![lo, [hi[0], lo[1]], hi, [lo[0], hi[1]]]
}

/// Lower and upper corner of what holds all of a ring.
pub(super) fn bounds(ring: &[At]) -> [At; 2] {
    let all = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
    ring.iter().fold(all, |[lo, hi], p| [[lo[0].min(p[0]), lo[1].min(p[1])], [hi[0].max(p[0]), hi[1].max(p[1])]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn square(x: f64, y: f64, s: f64) -> Vec<At> {
        corners([x, y], [x + s, y + s])
    }

    #[test]
    fn clips_and_measures() {
        let mut ring = square(0.0, 0.0, 10.0);
        clip(&mut ring, HalfPlane::nearer([2.0, 5.0], [6.0, 5.0]), &mut Vec::new());
        assert_eq!(area(&ring), 40.0);
        // a letter U: both arms are left, the bottom is gone
        let mut u = vec![[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [6.0, 9.0], [6.0, 3.0], [3.0, 3.0], [3.0, 9.0], [0.0, 9.0]];
        let upper = HalfPlane::nearer([0.0, 6.0], [0.0, 4.0]);
        assert!(clip(&mut u, upper, &mut Vec::new()) && !clip(&mut u, upper, &mut Vec::new()));
        assert_eq!(area(&u), 24.0);
        assert!(clip(&mut u, upper.other(), &mut Vec::new()));
        assert_eq!(area(&u), 0.0);
    }

    #[test]
    fn azimuths_run_clockwise_from_north() {
        for (azimuth, inside) in [(0.0, [1.0, 0.0]), (90.0, [0.0, -1.0]), (180.0, [-1.0, 0.0]), (270.0, [0.0, 1.0])] {
            let half = HalfPlane::clockwise([0.0, 0.0], azimuth);
            assert!(half.beyond(inside) < 0.0 && half.other().beyond(inside) > 0.0, "{azimuth}");
        }
    }

    #[test]
    fn areas_in_a_disc() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        near(area_in_disc(&square(-5.0, -5.0, 10.0), 1.0), PI);
        near(area_in_disc(&square(-5.0, -5.0, 10.0), 100.0), 100.0);
        near(area_in_disc(&square(0.0, 0.0, 10.0), 2.0), PI);
        near(area_in_disc(&square(3.0, 3.0, 10.0), 2.0), 0.0);
        near(area_in_disc(&square(0.0, -5.0, 10.0), 2.0), 2.0 * PI);
        // a segment of the circle: r² (acos(h / r) − h / r · √(1 − h² / r²))
        near(area_in_disc(&square(1.0, -5.0, 10.0), 2.0), 4.0 * (0.5f64.acos() - 0.5 * 0.75f64.sqrt()));
    }
}
