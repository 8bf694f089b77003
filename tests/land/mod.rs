//! Land for tests: squares of a lattice of [`CELL`] degree, about 7 m by 11 m, as layers.
#![allow(dead_code, reason = "each test file uses a part")]

use evengrid::cut::{Fabric, cut};
use evengrid::plan::GridAsFound;
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::layers::{AreaRecord, DivisionRecord, Layers, LineRecord, Origin, PointRecord, StationRecord};
use evengrid::territory::{Territory, territory};
use geo::{Coord, LineString, MapCoordsInPlace, MultiLineString, MultiPolygon, Polygon};
use proptest::prelude::ProptestConfig;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Side of a cell, degree.
pub const CELL: f64 = 1e-4;

/// A corner of cells, east and north.
pub type Corner = (i32, i32);

/// As many cases as `PROPTEST_CASES` says, for a long run by hand, or `cases`.
pub fn config(cases: u32) -> ProptestConfig {
    let told = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { told } else { ProptestConfig { cases, ..told } }
}

pub fn place(c: Corner) -> [f64; 2] {
    [10.0 + f64::from(c.0) * CELL, 50.0 + f64::from(c.1) * CELL]
}

pub fn ring(corners: &[Corner]) -> LineString<f64> {
    corners.iter().chain(corners.first()).map(|&c| place(c)).collect::<Vec<_>>().into()
}

pub fn area(corners: &[Corner]) -> MultiPolygon<f64> {
    MultiPolygon(vec![Polygon::new(ring(corners), vec![])])
}

/// A grid of a plan with nothing but its id and land.
pub fn grid(id: &str, land: MultiPolygon<f64>) -> GridAsFound {
    GridAsFound {
        grid_id: id.into(),
        code: String::new(),
        division_id: "d".into(),
        households: None,
        load: Default::default(),
        target: None,
        deviation: None,
        parts: 1,
        logical: false,
        kind: String::new(),
        barrier_share: None,
        areas: Default::default(),
        land,
    }
}

fn origin(record: usize) -> Origin {
    Origin { source: 0, record: record as u32 + 1 }
}

pub fn division(k: usize, corners: &[Corner]) -> DivisionRecord {
    let (origin, id, land) = (origin(k), format!("d{k}"), area(corners));
    DivisionRecord {
        origin,
        id,
        level: Some(9),
        scheme: None,
        name: None,
        parent: None,
        code: None,
        reports_to: None,
        partial: false,
        land,
    }
}

pub fn line(i: usize, class: &str, corners: &[Corner]) -> LineRecord {
    let line = MultiLineString(vec![corners.iter().map(|&c| place(c)).collect::<Vec<_>>().into()]);
    LineRecord { origin: origin(i), id: None, class: class.into(), name: None, tunnel: false, bridge: false, line }
}

pub fn lake(i: usize, corners: &[Corner]) -> AreaRecord {
    AreaRecord { origin: origin(i), id: None, kind: "lake".into(), name: None, expected_load: None, land: area(corners) }
}

pub fn home(i: usize, at: Corner, weight: f64) -> PointRecord {
    PointRecord {
        origin: origin(i),
        id: Some(format!("h{i}").into()),
        kind: None,
        weight: Some(weight),
        settlement: None,
        class: None,
        visits: None,
        at: place(at),
    }
}

/// An outdoor station `s{i}` of which nothing more is known, at a place in degrees.
pub fn station(i: usize, at: [f64; 2]) -> StationRecord {
    StationRecord {
        origin: origin(i),
        id: Some(format!("s{i}")),
        name: None,
        azimuth: None,
        beam_width: None,
        radius_m: None,
        indoor: None,
        tunnel: None,
        at,
        land: MultiPolygon(vec![]),
    }
}

/// Moves every position by up to 0.2 m, the same one always by the same, so that borders stay shared but little is straight or in line.
pub fn jitter(layers: &mut Layers, seed: u64) {
    let moved = |c: Coord| {
        let mut hash = DefaultHasher::new();
        (c.x.to_bits(), c.y.to_bits(), seed).hash(&mut hash);
        let off = |bits: u64| (bits as i32 % 2000) as f64 * 1e-9;
        Coord { x: c.x + off(hash.finish()), y: c.y + off(hash.finish() >> 32) }
    };
    layers.divisions.iter_mut().for_each(|d| d.land.map_coords_in_place(moved));
    layers.water_areas.iter_mut().for_each(|w| w.land.map_coords_in_place(moved));
    for lines in [&mut layers.roads, &mut layers.rail, &mut layers.water_lines] {
        lines.iter_mut().for_each(|r| r.line.map_coords_in_place(moved));
    }
    for h in &mut layers.households {
        let c = moved(Coord { x: h.at[0], y: h.at[1] });
        h.at = [c.x, c.y];
    }
}

pub fn made(layers: &Layers, recipe: &Recipe) -> (Territory, Fabric) {
    let land = territory(layers, recipe, &()).unwrap();
    let fabric = cut(&land, recipe, &()).unwrap();
    (land, fabric)
}

/// Rows of blocks of 4 by 4 cells, a street between any two, a division for every six columns of them, a home of some weight in every block.
pub fn blocks(weights: &[f64], columns: i32, border: i32) -> Layers {
    let rows = weights.len() as i32 / columns;
    let (width, height) = (4 * columns, 4 * rows);
    let streets = (1..columns).map(|x| [(4 * x, 0), (4 * x, height)]).chain((1..rows).map(|y| [(0, 4 * y), (width, 4 * y)]));
    let weights = weights.iter().enumerate().filter(|(_, w)| **w > 0.0);
    Layers {
        divisions: vec![
            division(0, &[(0, 0), (border, 0), (border, height), (0, height)]),
            division(1, &[(border, 0), (width, 0), (width, height), (border, height)]),
        ],
        roads: streets.enumerate().map(|(i, s)| line(i, "secondary", &s)).collect(),
        households: weights.map(|(i, w)| home(i, (4 * (i as i32 % columns) + 2, 4 * (i as i32 / columns) + 2), *w)).collect(),
        ..Layers::default()
    }
}

/// Grids of 60 ± 10 % in divisions of [`blocks`].
pub fn blocks_recipe() -> Recipe {
    let mut draft = Draft::default();
    draft.division.level = Some(9);
    (draft.grid.target, draft.grid.tolerance) = (Some(60.0), Some(0.1));
    draft.effort.level = Some("quick".into());
    draft.build().unwrap()
}
