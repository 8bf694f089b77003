//! The land of every station.

use super::convex::area_in_disc;
use super::*;
use crate::territory::lattice::{Rings, ring_area2};
use serde::{Deserialize, Serialize};

/// Land of one station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellLand {
    /// Position in [`Territory::stations`].
    pub station: u32,
    /// Polygons, each an outer ring and holes.
    pub land: Vec<Rings>,
    /// Area of its land, m².
    pub area_m2: f64,
    /// Area of its land within radius and beam, m²; without radius all is near enough, without azimuth or beam width every direction is met.
    pub reached_m2: f64,
}

impl Coverage {
    /// The land of every station that owns some of the territory, by station. Together they are the territory, to a lattice step or two along
    /// their borders. O(n log n) for n vertices and stations.
    pub fn cells(&self, territory: &Territory) -> Vec<CellLand> {
        let divisions: Vec<Land> = territory.divisions.par_iter().map(|d| self.frame.even_odd(&d.rings)).collect();
        let all = union(&divisions);
        let everywhere = [[f64::NEG_INFINITY; 2], [f64::INFINITY; 2]];
        let owned = self.areas.owners(everywhere).filter_map(|(s, land)| Shape::new(s, land.clone()));
        let cells = self.pieces.iter().filter_map(|p| Shape::new(p.station, whole(&p.cell.ring)));
        let mut found = share_out(&all, &mut owned.collect::<Vec<_>>());
        let rest = share_out(&all, &mut cells.collect::<Vec<_>>());
        let uncovered = |(station, land): (u32, Land)| {
            let taken = self.areas.owners(around(&land)).map(|o| o.1);
            (station, less(land, taken))
        };
        found.par_extend(rest.into_par_iter().map(uncovered).filter(|x| !x.1.0.is_empty()));
        found.sort_by_key(|f| f.0);
        let row = |lands: &[(u32, Land)]| {
            let all: Vec<Land> = lands.iter().map(|l| l.1.clone()).collect();
            self.row(territory, lands[0].0, &union(&all))
        };
        found.chunk_by(|a, b| a.0 == b.0).collect::<Vec<_>>().into_par_iter().map(row).collect()
    }

    fn row(&self, territory: &Territory, station: u32, land: &Land) -> CellLand {
        let s = &territory.stations[station as usize];
        let at = self.frame.metres(s.at);
        let polygons = polygons(land).into_iter();
        let reached_m2 = polygons.flat_map(|rings| rings.into_iter().enumerate()).map(|(i, ring)| {
            let m2 = reached(ring, at, s).abs();
            if i == 0 { m2 } else { -m2 }
        });
        let reached_m2 = reached_m2.sum();
        let land = self.frame.rings(land);
        let area_m2 = territory.plane.area_m2(land.iter().flatten().map(|r| ring_area2(r)).sum());
        CellLand { station, land, area_m2, reached_m2 }
    }
}

/// Signed area of a ring within radius and beam of a station at `at`, m².
fn reached(mut ring: Vec<At>, at: At, station: &Station) -> f64 {
    ring.iter_mut().for_each(|p| *p = [p[0] - at[0], p[1] - at[1]]);
    let near = |ring: &[At]| station.radius_m.map_or_else(|| area(ring), |r| area_in_disc(ring, r));
    let Some((azimuth, width)) = station.azimuth.zip(station.beam_width).filter(|b| b.1 < 360.0) else { return near(&ring) };
    // two halves of the beam, none wider than half a turn
    let wedge = |from: f64, to: f64| {
        let mut part = ring.clone();
        for side in [HalfPlane::clockwise([0.0; 2], from), HalfPlane::clockwise([0.0; 2], to).other()] {
            clip(&mut part, side, &mut Vec::new());
        }
        near(&part)
    };
    wedge(azimuth - width / 2.0, azimuth) + wedge(azimuth, azimuth + width / 2.0)
}

/// Land that a station would have if the territory were everywhere.
struct Shape {
    station: u32,
    land: Land,
    bounds: [At; 2],
}

impl Shape {
    fn new(station: u32, land: Land) -> Option<Shape> {
        (!land.0.is_empty()).then(|| Shape { station, bounds: around(&land), land })
    }
}

/// Shares of `shapes` in some land. The land is halved with them, so that each meets what is near to it alone.
fn share_out(land: &Land, shapes: &mut [Shape]) -> Vec<(u32, Land)> {
    if land.0.is_empty() {
        return Vec::new();
    }
    match shapes {
        [] => Vec::new(),
        [one] => Some((one.station, shared(land, &one.land))).filter(|x| !x.1.0.is_empty()).into_iter().collect(),
        many => {
            let [lo, hi] = around_all(many);
            let axis = usize::from(hi[1] - lo[1] > hi[0] - lo[0]);
            let middle = |s: &Shape| s.bounds[0][axis] + s.bounds[1][axis];
            many.sort_by(|a, b| middle(a).total_cmp(&middle(b)).then(a.station.cmp(&b.station)));
            let (low, high) = many.split_at_mut(many.len() / 2);
            let half = |shapes: &mut [Shape]| {
                let [lo, hi] = around_all(shapes);
                // a metre more, so that its border cuts none of them
                let frame_box = corners([lo[0] - 1.0, lo[1] - 1.0], [hi[0] + 1.0, hi[1] + 1.0]);
                share_out(&shared(land, &whole(&frame_box)), shapes)
            };
            let (mut a, b) = rayon::join(|| half(low), || half(high));
            a.extend(b);
            a
        }
    }
}

fn around(land: &Land) -> [At; 2] {
    bounds(&rings(land).flatten().collect::<Vec<_>>())
}

fn around_all(shapes: &[Shape]) -> [At; 2] {
    bounds(&shapes.iter().flat_map(|s| s.bounds).collect::<Vec<_>>())
}
