//! Extents against declared systems.

use super::super::{AxisOrder, Crs, Fit};
use super::Random;

fn crs(code: u32) -> Crs {
    Crs::from_epsg(code).unwrap()
}

/// The extent of a county around a place, in a system.
fn county(code: u32, at: [f64; 2]) -> [f64; 4] {
    let c = crs(code);
    let p = [[-0.2, -0.15], [0.2, 0.15]].map(|d| c.from_wgs84([at[0] + d[0], at[1] + d[1]]).unwrap());
    [p[0][0], p[0][1], p[1][0], p[1][1]]
}

#[track_caller]
fn rather(declared: u32, extent: [f64; 4], code: u32, axes: AxisOrder, words: &str) {
    match crs(declared).fits(extent) {
        Fit::Rather { crs, axes: a, why } => {
            assert_eq!((crs.code(), a), (Some(code), axes), "{why}");
            assert!(why.contains(words), "{why}");
        }
        other => panic!("{declared} {extent:?}: {other:?}"),
    }
}

#[test]
fn zone_prefix_is_told_from_plain_eastings() {
    let wuhan = [114.3, 30.6];
    for (prefixed, plain) in [(4526, 4547), (4497, 4508)] {
        let at = if prefixed == 4526 { wuhan } else { [111.5, 30.6] };
        assert_eq!(crs(prefixed).fits(county(prefixed, at)), Fit::Yes);
        assert_eq!(crs(plain).fits(county(plain, at)), Fit::Yes);
        rather(prefixed, county(plain, at), plain, AxisOrder::Xy, "lack the number");
        rather(plain, county(prefixed, at), prefixed, AxisOrder::Xy, "begin with the number");
    }
    // Declared zone 38, eastings of zone 39; and degrees declared, eastings with zone.
    rather(4526, county(4527, [117.0, 31.0]), 4527, AxisOrder::Xy, "another zone");
    rather(4547, county(4527, [117.0, 31.0]), 4527, AxisOrder::Xy, "another zone");
    rather(4490, county(4526, wuhan), 4526, AxisOrder::Xy, "3-degree zone");
    rather(4490, county(4497, [111.5, 30.6]), 4497, AxisOrder::Xy, "6-degree zone");
}

#[test]
fn swapped_axes_are_told() {
    let swap = |e| AxisOrder::Yx.apply_extent(e);
    let wuhan = [114.3, 30.6];
    for code in [4326, 4490, 4526, 4547, 32650] {
        let at = if code == 32650 { [117.0, 31.0] } else { wuhan };
        rather(code, swap(county(code, at)), code, AxisOrder::Yx, "swapped");
        assert!(crs(code).suspect_swapped(swap(county(code, at))));
        assert!(!crs(code).suspect_swapped(county(code, at)));
    }
    // The west of China, whose longitudes could be latitudes.
    rather(4326, swap(county(4326, [80.0, 41.0])), 4326, AxisOrder::Yx, "swapped");
    rather(4490, swap(county(4490, [80.0, 41.0])), 4490, AxisOrder::Yx, "swapped");
    // Both at once.
    rather(4526, swap(county(4547, wuhan)), 4547, AxisOrder::Yx, "swapped");
    // Elsewhere.
    assert_eq!(crs(4326).fits(county(4326, [-71.1, 42.4])), Fit::Yes);
    assert_eq!(crs(4326).fits(county(4326, [9.5, 47.1])), Fit::Yes);
}

#[test]
fn degrees_and_metres_are_told() {
    let boston = [-71.1, 42.4];
    rather(26986, county(4326, boston), 4269, AxisOrder::Xy, "degrees");
    rather(4547, county(4490, [114.3, 30.6]), 4490, AxisOrder::Xy, "degrees");
    rather(4326, county(3857, boston), 3857, AxisOrder::Xy, "Mercator");
    let Fit::No { why } = crs(4490).fits(county(4547, [114.3, 30.6])) else { panic!() };
    assert!(why.contains("which projected system"), "{why}");
    for bad in [[f64::NAN, 0.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0], [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, 0.0]] {
        assert!(matches!(crs(4490).fits(bad), Fit::No { .. }));
    }
}

#[test]
fn every_zone_fits_its_own_middle_and_neighbours_are_told_by_their_prefix() {
    let mut random = Random(1);
    for code in (4491..=4554).chain(32601..=32660).chain(32701..=32760).chain([3857, 3395, 2249, 26986, 2056, 21781]) {
        let c = crs(code);
        let middle = match code {
            2056 | 21781 => [8.2, 46.9],
            2249 | 26986 => [-71.5, 42.2],
            3857 | 3395 => [random.between(-170.0, 170.0), random.between(-70.0, 70.0)],
            32701..=32760 => [f64::from(code - 32700) * 6.0 - 183.0 + random.between(-2.0, 2.0), random.between(-70.0, -2.0)],
            32601..=32660 => [f64::from(code - 32600) * 6.0 - 183.0 + random.between(-2.0, 2.0), random.between(2.0, 70.0)],
            _ => [c.definition.plane.unwrap().lon0 + random.between(-1.0, 1.0), random.between(4.0, 53.0)],
        };
        assert_eq!(c.fits(county(code, middle)), Fit::Yes, "{code}");
    }
}
