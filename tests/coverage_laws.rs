//! Laws of coverage: cells tile the land, every place has the owner that trying all stations gives, the order of stations changes nothing.

mod land;

use evengrid::cut::Fabric;
use evengrid::io::read_layers;
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::lattice::{Pt, Rings, Side, side_of_ring};
use evengrid::territory::layers::{Layers, StationRecord};
use evengrid::territory::{Station, Territory};
use evengrid::zones::{CellLand, Coverage, coverage};
use geo::{Area, MultiPolygon, Polygon};
use geo_clipper::Clipper;
use land::{Corner, area, config, division, home, line, place, station};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::f64::consts::PI;

/// Side of the test land in cells: 430 m by 667 m.
const SIDE: i32 = 60;

#[derive(Clone, Debug)]
struct Mast {
    at: (i32, i32),
    azimuth: Option<u16>,
    beam_width: Option<f64>,
    radius_m: Option<f64>,
    indoor: Option<bool>,
    tunnel: Option<bool>,
    land: Option<Vec<(i32, i32)>>,
}

fn mast() -> impl Strategy<Value = Mast> {
    let at =
        prop_oneof![(-8..=SIDE + 8, -8..=SIDE + 8), (0..4, 0..4).prop_map(|(x, y)| (20 * x, 20 * y)), (0..6).prop_map(|i| (10 * i, 30))];
    let azimuth = prop::option::weighted(0.7, prop_oneof![0u16..360, (0u16..4).prop_map(|q| 90 * q)]);
    let flag = || prop_oneof![6 => Just(None), 6 => Just(Some(false)), 1 => Just(Some(true))];
    let beam = prop::option::of(1.0..360.0);
    (at, azimuth, beam, prop::option::of(1.0..800.0), flag(), flag()).prop_map(|(at, azimuth, beam_width, radius_m, indoor, tunnel)| Mast {
        at,
        azimuth,
        beam_width,
        radius_m,
        indoor,
        tunnel,
        land: None,
    })
}

fn masts(with_land: f64) -> impl Strategy<Value = Vec<Mast>> {
    // star-shaped: an outline that crosses itself is a fault of the data
    let corners = prop::collection::vec((-5..=SIDE + 5, -5..=SIDE + 5), 3..7).prop_map(|mut corners| {
        let n = corners.len() as f64;
        let (x, y) = corners.iter().fold((0.0, 0.0), |c, p| (c.0 + f64::from(p.0) / n, c.1 + f64::from(p.1) / n));
        corners.sort_by(|a, b| {
            let angle = |p: &(i32, i32)| (f64::from(p.1) - y).atan2(f64::from(p.0) - x);
            angle(a).total_cmp(&angle(b))
        });
        corners
    });
    let one = (mast(), corners, 0.0..1.0).prop_map(move |(m, land, dice)| Mast { land: (dice < with_land).then_some(land), ..m });
    prop::collection::vec(one, 1..25)
}

/// Ids do not run as the records do.
fn records(masts: &[Mast]) -> Vec<StationRecord> {
    let record = |(i, m): (usize, &Mast)| {
        let mut s = station(i * 37 % 101, place(m.at));
        // stations of one mast stand a little apart
        s.at[0] += f64::from(i as u32 % 3) * 3e-6;
        s.azimuth = m.azimuth.map(f64::from);
        (s.beam_width, s.radius_m, s.indoor, s.tunnel) = (m.beam_width, m.radius_m, m.indoor, m.tunnel);
        s.land = m.land.as_deref().map_or(MultiPolygon(vec![]), area);
        s
    };
    masts.iter().enumerate().map(record).collect()
}

fn layers(stations: Vec<StationRecord>) -> Layers {
    let streets = [[(0, 20), (60, 23)], [(0, 45), (60, 41)], [(15, 0), (17, 60)], [(40, 0), (38, 60)], [(0, 9), (60, 9)]];
    Layers {
        // a notch in the west, and a border that is not straight
        divisions: vec![
            division(0, &[(0, 0), (30, 0), (26, 30), (30, SIDE), (0, SIDE), (0, 40), (10, 35), (0, 30)]),
            division(1, &[(30, 0), (SIDE, 0), (SIDE, SIDE), (30, SIDE), (26, 30)]),
        ],
        roads: streets.iter().enumerate().map(|(i, s)| line(i, "primary", s)).collect(),
        households: vec![home(0, (3, 3), 1.0), home(1, (50, 50), 1.0)],
        stations,
        ..Layers::default()
    }
}

fn made(stations: Vec<StationRecord>) -> (Territory, Fabric, Coverage) {
    let (territory, fabric) = land::made(&layers(stations), &Draft::default().build().unwrap());
    let coverage = coverage(&territory);
    (territory, fabric, coverage)
}

/// Who owns a place, by trying all; `None` in the second place where it is too near to a border to say.
fn owner(t: &Territory, p: Pt) -> (Option<u32>, Option<()>) {
    let at = |p: Pt| t.plane.metres(p);
    let distance = |s: &Station| (at(s.at)[0] - at(p)[0]).hypot(at(s.at)[1] - at(p)[1]);
    let mut outdoor: Vec<(u32, &Station)> = t.stations.iter().enumerate().map(|(i, s)| (i as u32, s)).filter(|x| !x.1.inside).collect();
    outdoor.sort_by_key(|x| &x.1.id);
    let nearest = |of: &[(u32, &Station)]| {
        let mut sorted = of.to_vec();
        sorted.sort_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
        let clear = sorted.get(1).is_none_or(|b| distance(b.1) - distance(sorted[0].1) > 1e-6).then_some(());
        (sorted.first().map(|x| x.0), clear)
    };
    let covers = |s: &Station| s.rings.iter().filter(|r| side_of_ring(r, p) != Side::Outside).count() % 2 == 1;
    let covering: Vec<_> = outdoor.iter().copied().filter(|x| covers(x.1)).collect();
    if !covering.is_empty() {
        return nearest(&covering);
    }
    let points: Vec<_> = outdoor.iter().copied().filter(|x| x.1.rings.is_empty()).collect();
    // centres of areas stand in where there are no masts
    if points.is_empty() {
        return nearest(&outdoor);
    }
    // the first by id of every mast
    let mate = |a: &Station, b: &Station| t.plane.distance_m(a.at, b.at) < 1.0;
    let mut firsts: Vec<(u32, &Station)> = Vec::new();
    for &x in &points {
        if !firsts.iter().any(|f| mate(f.1, x.1)) {
            firsts.push(x);
        }
    }
    let (Some(first), clear) = nearest(&firsts) else { return (None, None) };
    let mast = &t.stations[first as usize];
    let group: Vec<_> = points.iter().filter(|x| mate(x.1, mast)).collect();
    let sectors: Vec<_> = group.iter().filter_map(|x| Some((x.0, x.1.azimuth?))).collect();
    let ([x0, y0], [x1, y1]) = (at(mast.at), at(p));
    let direction = 90.0 - (y1 - y0).atan2(x1 - x0).to_degrees();
    let turn = |azimuth: f64| {
        let d = (direction - azimuth).rem_euclid(360.0);
        d.min(360.0 - d)
    };
    let Some(least) = sectors.iter().map(|s| turn(s.1)).min_by(f64::total_cmp) else { return (Some(group[0].0), clear) };
    let best: Vec<_> = sectors.iter().filter(|s| turn(s.1) < least + 1e-5).collect();
    let one = best.iter().all(|s| s.1 == best[0].1);
    (Some(best[0].0), clear.filter(|()| one))
}

/// Places in and around the land, spread evenly and on nothing's border.
fn places() -> impl Iterator<Item = Pt> {
    let spread = |i: u64, by: f64, side: f64| (i as f64 * by).fract() * side;
    (1..400u64).filter_map(move |i| {
        let (x, y) = (spread(i, 0.754_877_666, 66.0) - 3.0, spread(i, 0.569_840_291, 66.0) - 3.0);
        Pt::from_lon_lat(10.0 + x * land::CELL, 50.0 + y * land::CELL)
    })
}

fn holds(rings: &Rings, p: Pt) -> bool {
    rings.iter().filter(|r| side_of_ring(r, p) != Side::Outside).count() % 2 == 1
}

fn polygons(t: &Territory, cell: &CellLand) -> MultiPolygon<f64> {
    let ring = |r: &Vec<Pt>| r.iter().map(|p| t.plane.metres(*p)).collect::<Vec<_>>().into();
    let polygon = |rings: &Rings| Polygon::new(ring(&rings[0]), rings[1..].iter().map(ring).collect());
    MultiPolygon(cell.land.iter().map(polygon).collect())
}

/// Stations that own land, by id.
fn areas(t: &Territory, cells: &[CellLand]) -> BTreeMap<String, f64> {
    cells.iter().map(|c| (t.stations[c.station as usize].id.clone(), c.area_m2)).collect()
}

/// Share of the land by which areas may differ: Clipper rounds crossings of outlines that stations were given with.
fn rounding(t: &Territory) -> f64 {
    if t.stations.iter().any(|s| !s.rings.is_empty()) { 1e-4 } else { 1e-6 }
}

fn total(fabric: &Fabric) -> f64 {
    fabric.units.iter().map(|u| u.area_m2).sum()
}

/// Clipper gives one ring for land and a corner beside it that it touches: both are land.
#[test]
fn land_that_touches_itself_in_a_corner_is_not_lost() {
    let given: [(Corner, bool, &[Corner]); 12] = [
        ((4, 61), false, &[(0, 0), (0, 1), (0, 2)]),
        ((0, 0), false, &[(0, 0), (0, 1), (0, 2)]),
        ((30, 30), false, &[(26, 5), (33, 52), (14, 33)]),
        ((10, 30), false, &[(-3, -4), (52, -2), (52, 22), (35, 40)]),
        ((39, 8), false, &[(13, 0), (36, 9), (17, 51)]),
        ((40, 60), false, &[(-1, 5), (61, 21), (41, 52), (43, 65)]),
        ((42, 9), true, &[(18, 11), (25, -5), (60, 26), (42, 57), (31, 42)]),
        ((0, 20), true, &[(17, 14), (36, 10), (62, 28), (0, 20)]),
        ((51, 8), false, &[(36, 42), (45, 36), (62, 39), (56, 46), (50, 65), (0, 49)]),
        ((20, 30), false, &[(24, 19), (60, -2), (61, 58), (1, 61)]),
        ((20, 30), true, &[(-3, 14), (14, -1), (60, 20), (42, 32), (60, 51), (31, 57)]),
        ((64, 67), true, &[(-3, 11), (26, 8), (34, 3), (42, 38), (20, 51)]),
    ];
    let mast = |&(at, inside, land): &(Corner, bool, &[Corner])| Mast {
        at,
        azimuth: None,
        beam_width: None,
        radius_m: None,
        indoor: Some(inside),
        tunnel: None,
        land: Some(land.to_vec()),
    };
    let (t, fabric, coverage) = made(records(&given.iter().map(mast).collect::<Vec<_>>()));
    let sum: f64 = coverage.cells(&t).iter().map(|c| c.area_m2).sum();
    assert!((sum - total(&fabric)).abs() < rounding(&t) * sum, "{sum} m² of {} m²", total(&fabric));
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn cells_tile_the_land(masts in prop_oneof![masts(0.0), masts(0.3), masts(1.0)]) {
        let (t, fabric, coverage) = made(records(&masts));
        let (cells, all) = (coverage.cells(&t), total(&fabric));
        if t.stations.iter().all(|s| s.inside) {
            prop_assert!(cells.is_empty());
            return Ok(());
        }
        let sum: f64 = cells.iter().map(|c| c.area_m2).sum();
        prop_assert!((sum - all).abs() < rounding(&t) * all, "{sum} m² of {all} m²");
        prop_assert!(cells.windows(2).all(|w| w[0].station < w[1].station));
        let land: Vec<_> = cells.iter().map(|c| polygons(&t, c)).collect();
        for (i, (a, c)) in land.iter().zip(&cells).enumerate() {
            prop_assert!((a.unsigned_area() - c.area_m2).abs() < rounding(&t) * all);
            prop_assert!(c.reached_m2 > -rounding(&t) * all && c.reached_m2 < c.area_m2 + rounding(&t) * all);
            for b in &land[i + 1..] {
                prop_assert!(Clipper::intersection(a, b, 1e5).unsigned_area() < rounding(&t) * all);
            }
        }
    }

    #[test]
    fn every_place_has_the_owner_that_trying_all_gives(masts in prop_oneof![masts(0.0), masts(0.3), masts(1.0)]) {
        let (t, _, coverage) = made(records(&masts));
        for p in places() {
            let (owner, clear) = owner(&t, p);
            if clear.is_some() {
                prop_assert_eq!(coverage.station_at(p), owner, "{:?}", p.lon_lat());
            }
        }
        let cells = coverage.cells(&t);
        let holder = |p: Pt| cells.iter().find(|c| c.land.iter().any(|rings| holds(rings, p))).map(|c| c.station);
        // one may lie within a lattice step of a border
        prop_assert!(places().filter(|p| holder(*p).is_some_and(|s| Some(s) != coverage.station_at(*p))).count() < 2);
        let owns = |s: u32| !t.stations[s as usize].inside && coverage.findings.iter().all(|f| f.subject.id.as_ref() != Some(&t.stations[s as usize].id));
        prop_assert!(cells.iter().all(|c| owns(c.station)));
    }

    #[test]
    fn shares_are_what_the_cells_hold(masts in prop_oneof![masts(0.0), masts(0.3), masts(1.0)]) {
        let (t, fabric, coverage) = made(records(&masts));
        let (shares, all) = (coverage.shares(&fabric), total(&fabric));
        let mut by_station = vec![0.0; t.stations.len()];
        for (unit, shares) in fabric.units.iter().zip(&shares) {
            if t.stations.iter().all(|s| s.inside) {
                prop_assert!(shares.is_empty());
                continue;
            }
            prop_assert!((shares.iter().map(|s| s.1).sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(shares.windows(2).all(|w| w[0].1 > w[1].1 || (w[0].1 == w[1].1 && w[0].0 < w[1].0)));
            shares.iter().for_each(|s| by_station[s.0 as usize] += s.1 * unit.area_m2);
            // about 1,600 places of the unit, each by trying all
            let (mut inside, mut found) = (0, vec![0; t.stations.len()]);
            let span = |f: fn(&Pt) -> i64| (unit.rings[0].iter().map(f).min().unwrap(), unit.rings[0].iter().map(f).max().unwrap());
            let ((x0, x1), (y0, y1)) = (span(|p| p.x), span(|p| p.y));
            for i in 0..1600 {
                let p = Pt { x: x0 + (x1 - x0) * (2 * (i % 40) + 1) / 80, y: y0 + (y1 - y0) * (2 * (i / 40) + 1) / 80 };
                if holds(&unit.rings, p) {
                    inside += 1;
                    found[owner(&t, p).0.unwrap() as usize] += 1;
                }
            }
            for (s, found) in found.into_iter().enumerate() {
                let share = shares.iter().find(|x| x.0 as usize == s).map_or(0.0, |x| x.1);
                prop_assert!((f64::from(found) / f64::from(inside) - share).abs() < 0.08, "unit {}: {share} of {s}, counted {found} of {inside}", unit.key);
            }
        }
        for c in coverage.cells(&t) {
            prop_assert!(no_ring_touches_itself(&c), "{:?}", c.land);
            let counted = std::mem::take(&mut by_station[c.station as usize]);
            prop_assert!((counted - c.area_m2).abs() < rounding(&t) * all, "{counted} m² of {} m²", c.area_m2);
        }
        prop_assert!(by_station.iter().all(|rest| *rest < rounding(&t) * all), "others have shares: {by_station:?}");
    }

    #[test]
    fn the_order_of_stations_changes_nothing(masts in prop_oneof![masts(0.0), masts(0.3), masts(1.0)], order in any::<prop::sample::Index>()) {
        let all = records(&masts);
        let mut other = all.clone();
        other.rotate_left(order.index(all.len()));
        other.reverse();
        let ((t, fabric, a), (u, _, b)) = (made(all), made(other));
        let id = |t: &Territory, s: Option<u32>| s.map(|s| t.stations[s as usize].id.clone());
        for p in places() {
            prop_assert_eq!(id(&t, a.station_at(p)), id(&u, b.station_at(p)));
        }
        let (x, y) = (areas(&t, &a.cells(&t)), areas(&u, &b.cells(&u)));
        prop_assert!(x.keys().eq(y.keys()));
        prop_assert!(x.values().zip(y.values()).all(|(x, y)| (x - y).abs() < rounding(&t) * total(&fabric)));
        let told = |c: &Coverage| c.findings.iter().map(|f| (f.subject.id.clone(), f.message.clone())).collect::<Vec<_>>();
        prop_assert_eq!(told(&a), told(&b));
    }
}

fn no_ring_touches_itself(cell: &CellLand) -> bool {
    cell.land.iter().flatten().all(|ring| ring.iter().collect::<std::collections::BTreeSet<_>>().len() == ring.len())
}

fn sector(i: usize, at: (i32, i32), azimuth: f64) -> StationRecord {
    StationRecord { azimuth: Some(azimuth), ..station(i, place(at)) }
}

fn at(x: f64, y: f64) -> Pt {
    Pt::from_lon_lat(10.0 + x * land::CELL, 50.0 + y * land::CELL).unwrap()
}

#[test]
fn azimuth_runs_clockwise_from_north() {
    let all = [0.0, 90.0, 180.0, 270.0].iter().enumerate().map(|(i, a)| sector(i, (30, 30), *a)).collect();
    let (t, fabric, coverage) = made(all);
    let owner = |x, y| coverage.station_at(at(x, y));
    assert_eq!([owner(31.0, 39.0), owner(39.0, 31.0), owner(29.0, 21.0), owner(21.0, 29.0)], [Some(0), Some(1), Some(2), Some(3)]);
    let shares = coverage.shares(&fabric);
    let of = |p: Pt| &shares[fabric.units.iter().position(|u| holds(&u.rings, p)).unwrap()];
    assert_eq!(of(at(57.0, 32.0))[0].0, 1, "due east");
    assert_eq!(of(at(32.0, 57.0))[0].0, 0, "due north");
    assert_eq!(coverage.cells(&t).len(), 4);
}

#[test]
fn sectors_of_one_azimuth_are_one_and_all_round_ones_give_way() {
    let mut all = vec![sector(4, (30, 30), 0.0), sector(2, (30, 30), 360.0), sector(3, (30, 30), 200.0), station(1, place((30, 30)))];
    all[3].at[0] += 5e-6;
    let (t, fabric, coverage) = made(all);
    let cells = areas(&t, &coverage.cells(&t));
    assert_eq!(cells.keys().collect::<Vec<_>>(), ["s2", "s3"]);
    assert!((cells.values().sum::<f64>() - total(&fabric)).abs() < 1e-6 * total(&fabric));
    let told: Vec<_> = coverage.findings.iter().map(|f| (f.code.as_str(), f.subject.id.as_deref().unwrap(), f.subject.record)).collect();
    assert_eq!(told, [("station-shares-cell", "s1", Some(2)), ("station-shares-cell", "s4", Some(5))]);
    // a metre and a half away it is a mast of its own
    let mut apart = vec![sector(4, (30, 30), 0.0), station(1, place((30, 30)))];
    apart[1].at[0] += 2.1e-5;
    assert!(made(apart).2.findings.is_empty());
}

#[test]
fn one_two_and_no_stations() {
    let (t, fabric, none) = made(vec![]);
    assert!(none.cells(&t).is_empty() && none.station_at(at(1.0, 1.0)).is_none() && none.shares(&fabric).iter().all(Vec::is_empty));
    assert_eq!(none.shares(&fabric).len(), fabric.units.len());
    let mut indoor = station(0, place((30, 30)));
    indoor.indoor = Some(true);
    let (t, fabric, none) = made(vec![indoor.clone()]);
    assert!(none.cells(&t).is_empty() && none.station_at(at(1.0, 1.0)).is_none() && none.shares(&fabric).iter().all(Vec::is_empty));
    let told = none.findings.iter().find(|f| f.code == "stations-absent").unwrap();
    assert_eq!(told.measured, Some(1.0), "one, and it is indoors");
    // far away, and the only one: all is its
    let mut far = station(1, [11.0, 51.0]);
    far.azimuth = Some(10.0);
    let (t, fabric, one) = made(vec![indoor, far]);
    assert!(one.findings.is_empty() && one.shares(&fabric).iter().all(|s| *s == [(1, 1.0)]));
    assert!((one.cells(&t)[0].area_m2 - total(&fabric)).abs() < 1e-6 * total(&fabric));
    let told = t.findings.iter().find(|f| f.code == "station-far").unwrap();
    assert!(told.subject.id.as_deref() == Some("s1") && told.measured.unwrap() > told.limit.unwrap());
    let (t, fabric, two) = made(vec![station(0, place((10, 30))), station(1, place((20, 30)))]);
    let east: f64 =
        fabric.units.iter().zip(two.shares(&fabric)).map(|(u, s)| u.area_m2 * s.iter().find(|s| s.0 == 1).map_or(0.0, |s| s.1)).sum();
    // east of 15 cells all is whole
    let want = t.plane.step_m().iter().product::<f64>() * 45.0 * 60.0 * 1e10;
    assert!((east - want).abs() < 1e-6 * want, "{east} m² of {want} m²");
}

#[test]
fn land_that_was_given_goes_first() {
    let covered = |i: usize, centre: (i32, i32), corners: &[(i32, i32)]| StationRecord { land: area(corners), ..station(i, place(centre)) };
    let (west, east) = ([(5, 5), (25, 5), (25, 25), (5, 25)], [(15, 5), (35, 5), (35, 25), (15, 25)]);
    let mut tunnel = covered(9, (50, 50), &[(45, 45), (55, 45), (55, 55), (45, 55)]);
    tunnel.tunnel = Some(true);
    let all = vec![covered(0, (15, 15), &west), covered(1, (25, 15), &east), tunnel, station(2, place((16, 15)))];
    let (t, fabric, coverage) = made(all.clone());
    let owner = |x, y| coverage.station_at(at(x, y));
    assert_eq!([owner(16.2, 15.1), owner(19.9, 15.0), owner(20.1, 15.0), owner(34.0, 6.0)], [Some(0), Some(0), Some(1), Some(1)]);
    assert_eq!([owner(4.0, 15.0), owner(50.0, 50.0), owner(36.0, 6.0)], [Some(3); 3], "the point has the rest");
    let cell = t.plane.step_m().iter().product::<f64>() * 1e10;
    let cells = areas(&t, &coverage.cells(&t));
    assert!((cells["s0"] - 300.0 * cell).abs() < 1e-6 * total(&fabric) && (cells["s1"] - 300.0 * cell).abs() < 1e-6 * total(&fabric));
    // without points the rest goes to the nearest centre
    let (t, fabric, coverage) = made(all[..3].to_vec());
    let owner = |x, y| coverage.station_at(at(x, y));
    assert_eq!([owner(4.0, 15.0), owner(50.0, 50.0), owner(19.0, 50.0)], [Some(0), Some(1), Some(0)]);
    assert!((areas(&t, &coverage.cells(&t)).values().sum::<f64>() - total(&fabric)).abs() < 1e-6 * total(&fabric));
}

#[test]
fn radius_and_beam_say_what_is_reached() {
    let reached = |azimuth: Option<f64>, beam_width: Option<f64>, radius_m: Option<f64>| {
        let (t, _, coverage) = made(vec![StationRecord { azimuth, beam_width, radius_m, ..station(0, place((30, 30))) }]);
        let cells = coverage.cells(&t);
        (cells[0].reached_m2, cells[0].area_m2)
    };
    let disc = PI * 100.0 * 100.0;
    for (azimuth, beam, share) in [
        (None, None, 1.0),
        (Some(10.0), None, 1.0),
        (None, Some(90.0), 1.0),
        (Some(10.0), Some(90.0), 0.25),
        (Some(200.0), Some(270.0), 0.75),
    ] {
        let (m2, _) = reached(azimuth, beam, Some(100.0));
        assert!((m2 - share * disc).abs() < 1e-6 * disc, "{azimuth:?} {beam:?}: {m2} m² of {disc} m²");
    }
    let (m2, all) = reached(Some(90.0), Some(180.0), None);
    assert!(m2 > 0.5 * all && m2 < 0.53 * all, "the notch is in the west");
    let (m2, all) = reached(None, None, Some(5_000.0));
    assert!((m2 - all).abs() < 1e-6 * all);
}

#[test]
fn odd_stations_are_told() {
    let mut all: Vec<StationRecord> = (0..7).map(|i| station(i, place((5 * i as i32 + 5, 30)))).collect();
    all[0].at = [200.0, 50.0];
    all[1].id = None;
    all[2].id = Some("s3".into());
    (all[2].azimuth, all[3].azimuth, all[4].azimuth) = (Some(-90.0), Some(450.0), Some(f64::NAN));
    (all[2].beam_width, all[3].beam_width) = (Some(0.0), Some(361.0));
    (all[2].radius_m, all[3].radius_m, all[4].radius_m) = (Some(0.0), Some(-4.0), Some(f64::INFINITY));
    all[5].indoor = Some(false);
    all[6].land = area(&[(1, 1), (1, 1), (2, 2)]);
    let (t, _, _) = made(all);
    let ids: Vec<_> = t.stations.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["record-2", "s3", "s3#2", "s4", "s5", "s6"]);
    assert_eq!(t.stations[1..3].iter().map(|s| s.azimuth).collect::<Vec<_>>(), [Some(270.0), Some(90.0)]);
    assert!(t.stations.iter().all(|s| s.radius_m.is_none() && s.beam_width.is_none() && !s.inside && s.rings.is_empty()));
    let count = |code: &str| t.findings.iter().filter(|f| f.code == code).count();
    let told = ["station-dropped", "id-duplicate", "azimuth-turned", "azimuth-unusable", "beam-width-unusable", "radius-unusable"];
    assert_eq!(told.map(count), [1, 1, 2, 1, 2, 3]);
    assert_eq!(["station-without-area", "station-without-reach", "indoor-missing", "station-far"].map(count), [1, 4, 1, 0]);
    assert_eq!(t.findings.iter().find(|f| f.code == "indoor-missing").unwrap().measured, Some(5.0));
}

fn town() -> (Territory, Fabric, Coverage) {
    let mut draft = Draft::default();
    (draft.division.level, draft.division.scheme) = (Some(8), Some("civil".into()));
    let recipe: Recipe = draft.build().unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");
    let mut layers = read_layers(folder.as_ref(), &recipe.layers).unwrap();
    // what it covers is its own, also around the mast of b06
    layers.stations.retain(|s| s.id.as_deref() != Some("b20"));
    let (territory, fabric) = land::made(&layers, &recipe);
    let coverage = coverage(&territory);
    (territory, fabric, coverage)
}

#[test]
fn the_town_is_covered_as_its_page_says() {
    let (t, fabric, coverage) = town();
    let all = coverage.cells(&t);
    let cells: BTreeMap<&str, &CellLand> = all.iter().map(|c| (t.stations[c.station as usize].id.as_str(), c)).collect();
    let station = |id: &str| t.stations.iter().find(|s| s.id == id).unwrap();
    let owner = |p: Pt| t.stations[coverage.station_at(p).unwrap() as usize].id.as_str();
    let beside = |id: &str, east: f64, north: f64| {
        let [x, y] = t.plane.metres(station(id).at);
        owner(t.plane.lattice([x + east, y + north]))
    };
    // a gap of 5 m² between divisions is in units, not in divisions
    assert!((all.iter().map(|c| c.area_m2).sum::<f64>() - total(&fabric)).abs() < 10.0);
    for (k, s) in (1..=11).flat_map(|k| (1..=3).map(move |s| (k, s))) {
        assert!(cells[format!("b{k:02}-{s}").as_str()].area_m2 > 1000.0);
    }
    for none in ["b12", "b16", "b17", "b18"] {
        assert!(!cells.contains_key(none), "{none} owns land");
    }
    let told = |code: &str| {
        t.findings.iter().chain(&coverage.findings).filter(|f| f.code == code).map(|f| f.subject.id.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(told("station-shares-cell"), ["b12"]);
    assert_eq!((beside("b12", 9.0, 8.0), beside("b12", 2.0, -9.0), beside("b12", -9.0, 3.0)), ("b06-1", "b06-2", "b06-3"));
    // 50°, 170° and 290° at b06: 120° each
    let count = |id: &str| {
        let owner = |degree: i32| {
            let (sin, cos) = (f64::from(degree) + 0.5).to_radians().sin_cos();
            beside("b12", 9.0 * sin, 9.0 * cos)
        };
        (0..360).filter(|degree| owner(*degree) == id).count()
    };
    assert_eq!(["b06-1", "b06-2", "b06-3"].map(count), [120; 3]);
    for (east, north) in [(9.0, 0.0), (0.0, -9.0), (-9.0, 0.0), (0.0, 9.0)] {
        assert_eq!([beside("b13", east, north), beside("b14", east, north), beside("b15", east, north)], ["b13", "b14", "b15"]);
        assert!(["b16", "b17", "b18"].iter().all(|id| beside(id, east, north) != *id));
    }
    assert_eq!(told("station-without-reach"), ["b14"]);
    assert!((cells["b14"].reached_m2 - cells["b14"].area_m2).abs() < 1.0);
    assert!(station("b15").azimuth == Some(0.0) && !station("b15").inside && cells["b15"].reached_m2 < 0.8 * cells["b15"].area_m2);
    assert_eq!(t.findings.iter().find(|f| f.code == "indoor-missing").unwrap().measured, Some(1.0));
    assert!(fabric.units.iter().all(|u| !holds(&u.rings, station("b19").at)) && cells["b19"].area_m2 > 1000.0);
    assert!(all.iter().all(no_ring_touches_itself));
    let shares = coverage.shares(&fabric);
    assert!(shares.iter().all(|s| (s.iter().map(|s| s.1).sum::<f64>() - 1.0).abs() < 1e-9));
}
