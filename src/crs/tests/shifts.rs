//! GCJ-02, BD-09, and layers that lie beside each other.

use super::super::china::*;
use super::super::shift::*;
use super::{Random, distance};
use proptest::prelude::*;

/// Where the public formula puts some cities, worked out with a separate program from its published text.
const GCJ: &[([f64; 2], [f64; 2])] = include!("gcj02.in");

#[test]
fn gcj02_and_bd09_have_known_values() {
    assert!(!GCJ.is_empty());
    for &(wgs, gcj) in GCJ {
        assert!(distance(wgs84_to_gcj02(wgs), gcj) < 1e-6, "{wgs:?}");
        let off = distance(wgs, gcj);
        assert!((200.0..=800.0).contains(&off), "{off}");
    }
}

#[test]
fn inverses_undo_the_forward_formulas() {
    let mut random = Random(7);
    let (mut worst, mut worst_degrees) = ([0f64; 2], 0f64);
    for _ in 0..200_000 {
        let at = [random.between(73.0, 136.0), random.between(3.0, 54.0)];
        let gcj = gcj02_to_wgs84(wgs84_to_gcj02(at));
        worst_degrees = worst_degrees.max((gcj[0] - at[0]).abs()).max((gcj[1] - at[1]).abs());
        worst[0] = worst[0].max(distance(at, gcj));
        worst[1] = worst[1].max(distance(at, bd09_to_wgs84(wgs84_to_bd09(at))));
    }
    // Metres: 0.001 mm. Rounding of a longitude alone is 1e-9 m.
    assert!(worst[0] < 1e-6 && worst[1] < 1e-6 && worst_degrees < 1e-10, "{worst:?} m, {worst_degrees} degrees");
    assert!(worst[0] > 0.0);
}

#[test]
fn edge_of_the_box_is_settled() {
    // Inside: comes back, although forward may lead out of the box.
    for at in [[72.0041, 30.0], [137.8346, 40.0], [100.0, 0.8294], [100.0, 55.827]] {
        assert!(in_gcj02_box(at));
        assert!(distance(gcj02_to_wgs84(wgs84_to_gcj02(at)), at) < 1e-6, "{at:?}");
    }
    // Far outside: the same.
    for at in [[-71.1, 42.37], [9.5, 47.1], [72.0, -10.0], [180.0, 90.0], [f64::NAN, 30.0], [f64::INFINITY, 30.0]] {
        assert_eq!(wgs84_to_gcj02(at).map(f64::to_bits), at.map(f64::to_bits));
        assert_eq!(gcj02_to_wgs84(at).map(f64::to_bits), at.map(f64::to_bits));
    }
}

proptest! {
    /// Everywhere: an origin, where there is one, leads back; finite stays finite.
    #[test]
    fn inverse_ends_and_is_an_origin(lon in -180.0..180.0, lat in -90.0..90.0) {
        let at = [lon, lat];
        let origin = gcj02_to_wgs84(at);
        prop_assert!(origin.iter().all(|v| v.is_finite()));
        let again = wgs84_to_gcj02(origin);
        // A strip beside the edge has no origin: it is left as it is.
        prop_assert!(distance(again, at) < 1e-5 || origin == at);
        prop_assert!(bd09_to_wgs84(at).iter().all(|v| v.is_finite()));
    }
}

#[test]
fn offsets_are_explained() {
    let at = [116.39, 39.91];
    let to = |p: [f64; 2]| [(p[0] - at[0]) * 111_195.0 * at[1].to_radians().cos(), (p[1] - at[1]) * 111_195.0];
    let gcj = to(wgs84_to_gcj02(at));
    let found = shift_suspect(at, [gcj[0] + 6.0, gcj[1] - 6.0]).unwrap();
    assert_eq!(found.frames, Some([Frame::Wgs84, Frame::Gcj02]));
    let bd = to(wgs84_to_bd09(at));
    assert_eq!(shift_suspect(at, bd).unwrap().frames, Some([Frame::Wgs84, Frame::Bd09]));
    assert_eq!(shift_suspect(at, [-gcj[0], -gcj[1]]).unwrap().frames, Some([Frame::Gcj02, Frame::Wgs84]));
    // Of the size only; too small; not in China.
    assert_eq!(shift_suspect(at, [-gcj[1], gcj[0]]).unwrap().frames, None);
    assert_eq!(shift_suspect(at, [30.0, 10.0]), None);
    assert_eq!(shift_suspect([9.5, 47.1], gcj), None);
    // Where GCJ-02 is off by 30 m only.
    assert_eq!(shift_suspect([97.9, 37.2], [25.0, 15.0]), None);
    assert_eq!(shift_suspect(at, [f64::NAN, 0.0]), None);
}

#[test]
fn pairs_give_their_middle_offset() {
    let mut random = Random(3);
    let mut pairs: Vec<_> = (0..40)
        .map(|_| {
            let at = [random.between(113.9, 114.2), random.between(22.4, 22.7)];
            (at, wgs84_to_gcj02(at))
        })
        .collect();
    // A few are wrong, one is broken.
    for p in pairs.iter_mut().take(8) {
        p.1[0] += 0.05;
    }
    pairs.push(([f64::NAN; 2], [114.0, 22.5]));
    assert_eq!(shift_of_pairs(&pairs).unwrap().frames, Some([Frame::Wgs84, Frame::Gcj02]));
    let same: Vec<_> = pairs.iter().map(|p| (p.0, p.0)).collect();
    assert_eq!(shift_of_pairs(&same), None);
    assert_eq!(shift_of_pairs(&[]), None);
    // No two agree.
    let scattered: Vec<_> =
        pairs.iter().map(|p| (p.0, [p.0[0] + random.between(-0.01, 0.01), p.0[1] + random.between(-0.01, 0.01)])).collect();
    assert_eq!(shift_of_pairs(&scattered), None);
}

/// A town of about 5 km: streets that bend, at uneven distances, some missing. Positions every 25 m, in WGS 84.
fn streets(random: &mut Random, town: [f64; 2]) -> Vec<Vec<[f64; 2]>> {
    let cos = town[1].to_radians().cos();
    let turn = random.between(0.0, 1.57);
    let half = random.between(1500.0, 3000.0);
    let mut lines = Vec::new();
    for across in [false, true] {
        let mut off = -half;
        while off < half {
            off += random.between(60.0, 350.0);
            let (start, end) = (random.between(-half, 0.0), random.between(0.0, half));
            let (mut drift, mut bend) = (0.0, random.between(-0.1, 0.1));
            let mut line = Vec::new();
            let mut t = start;
            while t < end {
                bend += random.between(-0.02, 0.02);
                drift += 25.0 * bend;
                let (x, y) = if across { (off + drift, t) } else { (t, off + drift) };
                let (x, y) = (x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos());
                line.push([town[0] + x / 111_195.0 / cos, town[1] + y / 111_195.0]);
                t += 25.0;
            }
            lines.push(line);
        }
    }
    lines
}

fn town(random: &mut Random) -> [f64; 2] {
    [random.between(87.0, 126.0), random.between(21.0, 46.0)]
}

/// Division borders: follow some of the streets for a part, drawn anew with an error of some metres, and some lines of their own.
fn borders(random: &mut Random, streets: &[Vec<[f64; 2]>], own: f64) -> Vec<[f64; 2]> {
    let mut all = Vec::new();
    for line in streets {
        if random.unit() < 0.4 {
            let aside = if random.unit() < own { random.between(60.0, 400.0) } else { 0.0 };
            all.extend(line.iter().map(|p| [p[0] + (aside + 5.0 * random.normal()) / 1e5, p[1] + 5.0 * random.normal() / 1e5]));
        }
    }
    all
}

/// Households: along the streets, 8 to 40 m off.
fn households(random: &mut Random, streets: &[Vec<[f64; 2]>]) -> Vec<[f64; 2]> {
    let at = |random: &mut Random, p: [f64; 2]| {
        let (sin, cos) = random.between(0.0, std::f64::consts::TAU).sin_cos();
        let off = random.between(8.0, 40.0) / 1e5;
        [p[0] + off * cos, p[1] + off * sin]
    };
    streets.iter().flatten().step_by(2).map(|p| at(random, *p)).collect()
}

#[test]
fn shifted_linework_is_found_and_right_linework_never() {
    let mut random = Random(11);
    let mut found = [0usize; 3];
    // The search takes its time only where something is wrong.
    let (rounds, shifted) = (40, 12usize);
    for i in 0..rounds {
        let at = town(&mut random);
        let lines = streets(&mut random, at);
        let roads: Vec<[f64; 2]> = lines.concat();
        let border = borders(&mut random, &lines, 0.3);
        let houses = households(&mut random, &lines);
        assert_eq!(looks_shifted(&border, &roads), None, "round {i}");
        assert_eq!(looks_shifted(&roads, &border), None, "round {i}");
        assert_eq!(looks_shifted(&houses, &roads), None, "round {i}");
        if i >= shifted {
            continue;
        }
        let moved: Vec<_> = border.iter().map(|p| wgs84_to_gcj02(*p)).collect();
        let is = |s: Option<Shift>, frames| {
            // The wrong way round or another frame would be worse than nothing.
            assert!(s.is_none_or(|s| s.frames == Some(frames)), "round {i}: {s:?}");
            usize::from(s.is_some())
        };
        found[0] += is(looks_shifted(&moved, &roads), [Frame::Gcj02, Frame::Wgs84]);
        let bd: Vec<_> = roads.iter().map(|p| wgs84_to_bd09(*p)).collect();
        found[1] += is(looks_shifted(&border, &bd), [Frame::Wgs84, Frame::Bd09]);
        let moved: Vec<_> = houses.iter().map(|p| wgs84_to_gcj02(*p)).collect();
        found[2] += is(looks_shifted(&moved, &roads), [Frame::Gcj02, Frame::Wgs84]);
    }
    assert!([8, 8, 5].iter().zip(found).all(|(tenths, n)| 10 * n >= tenths * shifted), "of {shifted}: {found:?}");
}

#[test]
fn unrelated_linework_gives_no_alarm() {
    let mut random = Random(5);
    for i in 0..40 {
        let at = town(&mut random);
        let a = streets(&mut random, at).concat();
        let b = streets(&mut random, at).concat();
        assert_eq!(looks_shifted(&a, &b), None, "round {i}");
        // Households anywhere, with no street near.
        let loose: Vec<_> = (0..3000).map(|_| [at[0] + random.between(-0.02, 0.02), at[1] + random.between(-0.02, 0.02)]).collect();
        assert_eq!(looks_shifted(&loose, &b), None, "round {i}");
    }
}

#[test]
fn regular_grids_and_odd_input_give_no_alarm() {
    let mut random = Random(6);
    for i in 0..15 {
        let at = town(&mut random);
        let step = random.between(60.0, 400.0) / 111_195.0;
        let phase = [random.between(0.0, step), random.between(0.0, step)];
        let grid = |phase: [f64; 2]| -> Vec<[f64; 2]> {
            let line = |k: i32| f64::from(k) * step;
            let lines = (-12..=12).flat_map(|k| [[[line(k), line(-12)], [line(k), line(12)]], [[line(-12), line(k)], [line(12), line(k)]]]);
            let put = |p: [f64; 2]| [at[0] + phase[0] + p[0] / at[1].to_radians().cos(), at[1] + phase[1] + p[1]];
            lines.flat_map(|l| along(&l.map(put), 20.0)).collect()
        };
        assert_eq!(looks_shifted(&grid([0.0; 2]), &grid([0.0; 2])), None, "round {i}");
        assert_eq!(looks_shifted(&grid(phase), &grid([0.0; 2])), None, "round {i}");
    }
    let nan = vec![[f64::NAN; 2]; 100];
    assert_eq!(looks_shifted(&nan, &nan), None);
    assert_eq!(looks_shifted(&[], &[]), None);
    let same = vec![[116.0, 40.0]; 500];
    assert_eq!(looks_shifted(&same, &same), None);
    assert_eq!(along(&[[0.0, 0.0], [f64::NAN, 1.0]], 10.0).len(), 2);
    assert_eq!(along(&[[0.0, 0.0], [0.001, 0.0]], 0.0).len(), 10_001);
    assert_eq!(along(&[], 10.0).len(), 0);
}
