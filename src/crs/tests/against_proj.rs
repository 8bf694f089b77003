//! Positions against PROJ: a table of fixed values, and many more where `cs2cs` is installed.

use super::super::Crs;
use super::{Random, distance};
use std::io::Write;
use std::process::{Command, Stdio};

/// Metres: the millimetre that is asked for.
const MILLIMETRE: f64 = 1e-3;

#[test]
fn fixed_values_of_proj() {
    let mut n = 0;
    for line in include_str!("control.txt").lines().filter(|l| !l.starts_with('#')) {
        let v: Vec<f64> = line.split(' ').map(|t| t.parse().unwrap()).collect();
        let [code, lon, lat, x, y] = v[..] else { panic!("{line}") };
        let crs = Crs::from_epsg(code as u32).unwrap();
        let p = crs.from_wgs84([lon, lat]).unwrap_or_else(|| panic!("{line}"));
        let off = (p[0] - x).hypot(p[1] - y) * crs.metres_per_unit().unwrap();
        assert!(off < MILLIMETRE, "{line}: {p:?}, {off} m");
        let d = crs.to_wgs84([x, y]).unwrap();
        let off = distance(d, [lon, lat]);
        // A shift of datum from height 0 to height 0 and back does not quite return. At the antimeridian the two sides are one.
        let limit = if crs.definition.datum.translation().is_some() { 2.0 * MILLIMETRE } else { MILLIMETRE };
        assert!(off < limit || (d[0] - lon).abs() > 359.999, "{line}: {d:?}, {off} m");
        n += 1;
    }
    assert_eq!(n, 168);
}

/// What `cs2cs` makes of positions; none if it is not installed. Numbers are in the order of the registry's axes on both sides.
fn cs2cs(from: &str, to: &str, positions: &[[f64; 2]]) -> Option<Vec<[f64; 2]>> {
    let mut command = Command::new("cs2cs");
    command.args(["-f", "%.12f", from, to]).env("PROJ_NETWORK", "OFF").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let mut input = child.stdin.take()?;
    let text: String = positions.iter().map(|p| format!("{:?} {:?}\n", p[0], p[1])).collect();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    let numbers = |l: &str| {
        let mut v = l.split_whitespace().map(|t| t.parse().unwrap_or(f64::NAN));
        Some([v.next()?, v.next()?])
    };
    String::from_utf8(output.stdout).ok()?.lines().map(numbers).collect()
}

/// The geographic system of a code's own datum, so that PROJ does not choose a shift of its own; the box of the comparison.
fn frame(code: u32, crs: &Crs) -> (&'static str, [f64; 4]) {
    let middle = crs.definition.plane.unwrap().lon0;
    match code {
        // Beyond the 3 degrees of the widest zone.
        4491..=4554 => ("EPSG:4490", [middle - 3.5, 3.0, middle + 3.5, 54.0]),
        25828..=25838 => ("EPSG:4258", [middle - 3.5, 0.0, middle + 3.5, 84.0]),
        26901..=26923 => ("EPSG:4269", [middle - 3.5, 0.0, middle + 3.5, 84.0]),
        32701..=32760 => ("EPSG:4326", [middle - 3.5, -80.0, middle + 3.5, 0.0]),
        3857 | 3395 => ("EPSG:4326", [-179.9, -80.0, 179.9, 84.0]),
        26986 | 2249 => ("EPSG:4269", [-73.6, 41.2, -69.8, 43.0]),
        2056 | 21781 => ("EPSG:4326", [5.9, 45.8, 10.5, 47.9]),
        _ => ("EPSG:4326", [middle - 3.5, 0.0, middle + 3.5, 84.0]),
    }
}

/// The greatest differences in metres, forward and inverse, over 1,000 positions; none without `cs2cs`.
fn differences(code: u32) -> Option<[f64; 2]> {
    let crs = Crs::from_epsg(code).unwrap();
    let (datum, area) = frame(code, &crs);
    let mut random = Random(u64::from(code));
    let wrap = |lon: f64| (lon + 540.0).rem_euclid(360.0) - 180.0;
    let places: Vec<[f64; 2]> = (0..1000).map(|_| [wrap(random.between(area[0], area[2])), random.between(area[1], area[3])]).collect();
    let swap = |p: &[f64; 2]| [p[1], p[0]];
    // The registry has northing first for the zones of CGCS2000.
    let own = |p: &[f64; 2]| if (4491..=4554).contains(&code) { swap(p) } else { *p };
    let name = format!("EPSG:{code}");
    let theirs = cs2cs(datum, &name, &places.iter().map(swap).collect::<Vec<_>>())?;
    assert_eq!(theirs.len(), places.len());
    let unit = crs.metres_per_unit().unwrap();
    let worst = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |a: f64, b| if b.is_nan() { f64::INFINITY } else { a.max(b) });
    let forward = worst(&mut places.iter().zip(&theirs).map(|(d, p)| {
        let (ours, p) = (crs.from_wgs84(*d).unwrap(), own(p));
        (ours[0] - p[0]).hypot(ours[1] - p[1]) * unit
    }));
    let planes: Vec<[f64; 2]> = places.iter().map(|d| crs.from_wgs84(*d).unwrap()).collect();
    let theirs = cs2cs(&name, datum, &planes.iter().map(own).collect::<Vec<_>>())?;
    let inverse = worst(&mut planes.iter().zip(&theirs).map(|(p, d)| {
        let (ours, d) = (crs.to_wgs84(*p).unwrap(), swap(d));
        distance([wrap(ours[0] - d[0]), ours[1]], [0.0, d[1]])
    }));
    Some([forward, inverse])
}

#[test]
fn many_positions_against_cs2cs() {
    let codes =
        (4491..=4554).chain((32601..=32660).step_by(7)).chain((32701..=32760).step_by(7)).chain(25828..=25838).chain([26910, 26919]);
    for code in codes.chain([3857, 3395, 26986, 2249, 2056, 21781]) {
        let Some([forward, inverse]) = differences(code) else { return };
        assert!(forward < MILLIMETRE && inverse < MILLIMETRE, "EPSG:{code}: {forward} m, {inverse} m");
    }
}
