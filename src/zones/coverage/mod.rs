//! Coverage of the land by base stations: every place belongs to one (R1).
//!
//! - Outdoor stations within a metre of each other are one site, and land belongs to the nearest site (Voronoi). Cells at the edge reach on
//!   without bounds; stations beside the territory own what of it is nearest to them.
//! - At a site the bisectors between neighbouring azimuths, clockwise from north, part the cell into sectors. Of stations with one azimuth the
//!   first by id owns the land, an all-round one only where there are no sectors; the others are told (`station-shares-cell`).
//! - Indoor and tunnel stations own nothing.
//! - Land that stations were said to cover is theirs before it is a point's, and where it overlaps that of the nearest centre. What is in
//!   none of it falls to the nearest site, without points to the nearest centre.
//! - Radius and beam width move no border; [`CellLand::reached_m2`] tells how much of a cell they reach.
//! - The order of stations changes nothing: what is equal is decided by id.
//!
//! Distances and angles are those of the plane of the territory.

mod areas;
mod cells;
mod convex;
mod land;
mod sites;
mod voronoi;

pub use cells::CellLand;

use crate::cut::{Fabric, Unit};
use crate::finding::{Finding, Severity};
use crate::territory::lattice::Pt;
use crate::territory::{Station, Territory};
use areas::Areas;
use convex::{At, HalfPlane, area, bounds, clip, corners};
use land::{Frame, Land, less, polygons, rings, shared, union, whole};
use rayon::prelude::*;
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree, RTreeObject};
use sites::{SITE_M, Site, sites};
use voronoi::Cell;

/// Cells reach this far beyond the box around the divisions, metres.
const MARGIN_M: f64 = 1000.0;
/// Centres nearer to each other than this are one, metres; sites must be farther apart than triangulation snaps.
const SAME_M: f64 = 1e-3;
/// A lesser share of a unit is taken for rounding.
const ROUNDING: f64 = 1e-9;

/// A convex piece of land that belongs to one station, as far as no area covers it.
#[derive(Clone, Debug)]
struct Piece {
    station: u32,
    cell: Cell,
}

impl RTreeObject for Piece {
    type Envelope = AABB<At>;

    fn envelope(&self) -> AABB<At> {
        let [lo, hi] = bounds(&self.cell.ring);
        AABB::from_corners(lo, hi)
    }
}

/// Which station serves which land; stations are positions in [`Territory::stations`].
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Stations that own no land since others of their site do, by site and id (`station-shares-cell`), or that none owns any (`stations-absent`).
    pub findings: Vec<Finding>,
    frame: Frame,
    sites: Vec<Site>,
    nearest: RTree<GeomWithData<At, u32>>,
    pieces: RTree<Piece>,
    areas: Areas,
}

/// Coverage of a territory by its stations. O(n log n) for n stations, O(n²) where all share one site.
pub fn coverage(territory: &Territory) -> Coverage {
    let _span = tracing::info_span!("coverage", stations = territory.stations.len()).entered();
    let stations = &territory.stations;
    let (lo, hi) = extent(territory);
    let frame = Frame::new(&territory.plane, lo, hi);
    let mut outdoor: Vec<u32> = (0..stations.len() as u32).filter(|&s| !stations[s as usize].inside).collect();
    outdoor.sort_by(|&a, &b| stations[a as usize].id.cmp(&stations[b as usize].id));
    let (points, areas): (Vec<u32>, Vec<u32>) = outdoor.into_iter().partition(|&s| stations[s as usize].rings.is_empty());
    let at = |s: u32| frame.metres(stations[s as usize].at);
    let (sites, mut findings) = if points.is_empty() {
        // centres stand in for points; where two are one the first by id has the rest, and both have land of their own
        let centres: Vec<Station> = stations.iter().map(|s| Station { azimuth: None, rings: Vec::new(), ..s.clone() }).collect();
        (sites(&centres, &areas, at, SAME_M).0, Vec::new())
    } else {
        sites(stations, &points, at, SITE_M)
    };
    if sites.is_empty() {
        let message =
            "no station owns land, so that units can be grouped by load alone; give base_stations, or say by = \"division\" under [zones]";
        findings.push(Finding::new(Severity::Warning, "stations-absent", message).measured(stations.len() as f64));
    }
    let ([x0, y0], [x1, y1]) = (frame.metres(lo), frame.metres(hi));
    let frame_box = corners([x0 - MARGIN_M, y0 - MARGIN_M], [x1 + MARGIN_M, y1 + MARGIN_M]);
    let places: Vec<At> = sites.iter().map(|s| s.at).collect();
    let mut pieces = Vec::new();
    for (site, cell) in sites.iter().zip(voronoi::cells(&places, &frame_box)) {
        for (station, sides) in site.wedges() {
            let mut cell = cell.clone();
            sides.into_iter().flatten().for_each(|side| cell.clip(side));
            if area(&cell.ring) > 0.0 {
                pieces.push(Piece { station, cell });
            }
        }
    }
    let nearest = RTree::bulk_load(places.iter().enumerate().map(|(i, p)| GeomWithData::new(*p, i as u32)).collect());
    Coverage { findings, frame, sites, nearest, pieces: RTree::bulk_load(pieces), areas: Areas::new(stations, &areas, &frame) }
}

/// Corners of the box around the divisions.
fn extent(territory: &Territory) -> (Pt, Pt) {
    let mut all = territory.divisions.iter().flat_map(|d| d.rings.iter().flatten()).copied();
    let first = all.next().unwrap_or_default();
    all.fold((first, first), |(lo, hi), p| (Pt { x: lo.x.min(p.x), y: lo.y.min(p.y) }, Pt { x: hi.x.max(p.x), y: hi.y.max(p.y) }))
}

impl Coverage {
    /// The station that owns a place, also outside the territory; `None` where no station owns land. O(log stations).
    pub fn station_at(&self, p: Pt) -> Option<u32> {
        let at = self.frame.metres(p);
        self.areas.station(p, at).or_else(|| {
            let mut near = self.nearest.nearest_neighbor_iter_with_distance_2(&at).peekable();
            let least = near.peek()?.1;
            let site = near.take_while(|n| n.1 == least).map(|n| n.0.data).min()?;
            Some(self.sites[site as usize].station(at))
        })
    }

    /// For every unit the stations that own some of its land with their shares, which sum to 1, by falling share and then by station; empty
    /// where no station owns land. O(log stations) for a unit within one cell, and its vertices for each cell that it meets.
    pub fn shares(&self, fabric: &Fabric) -> Vec<Vec<(u32, f64)>> {
        fabric.units.par_iter().map(|u| self.shares_of(u)).collect()
    }

    fn shares_of(&self, unit: &Unit) -> Vec<(u32, f64)> {
        let rings: Vec<Vec<At>> = unit.rings.iter().map(|r| self.frame.ring(r)).collect();
        let mut owned = Vec::new();
        let within = rings.first().map_or([[0.0; 2]; 2], |r| bounds(r));
        if self.areas.is_empty() {
            self.split(&rings, &mut owned);
        } else if self.areas.parts(within) {
            let land = self.frame.polygon(&unit.rings);
            let owners: Vec<(u32, &Land)> = self.areas.owners(within).collect();
            for (station, area) in &owners {
                self.measure(&shared(&land, area), |_, m2| owned.push((*station, m2)));
            }
            self.measure(&less(land, owners.iter().map(|o| o.1)), |rings, _| self.split(rings, &mut owned));
        } else if let Some(station) = self.areas.station(unit.inner, self.frame.metres(unit.inner)) {
            owned.push((station, 1.0));
        } else {
            self.split(&rings, &mut owned);
        }
        normal(owned).or_else(|| self.station_at(unit.inner).map(|s| vec![(s, 1.0)])).unwrap_or_default()
    }

    /// Every polygon of some land with its area, m².
    fn measure(&self, land: &Land, mut each: impl FnMut(&[Vec<At>], f64)) {
        for rings in polygons(land) {
            each(&rings, net_area(&rings));
        }
    }

    /// Adds the areas of a polygon's parts in the cells of points, m².
    fn split(&self, rings: &[Vec<At>], owned: &mut Vec<(u32, f64)>) {
        let Some(outer) = rings.first() else { return };
        let [lo, hi] = bounds(outer);
        let near: Vec<&Piece> = self.pieces.locate_in_envelope_intersecting(&AABB::from_corners(lo, hi)).collect();
        let holds = |p: &Piece| p.cell.sides.iter().all(|side| outer.iter().all(|v| side.beyond(*v) <= 0.0));
        if let Some(all) = near.iter().find(|p| holds(p)) {
            return owned.push((all.station, net_area(rings)));
        }
        let (mut part, mut spare) = (Vec::new(), Vec::new());
        for piece in near {
            let mut within = |ring: &[At]| {
                part.clear();
                part.extend_from_slice(ring);
                piece.cell.sides.iter().for_each(|side| {
                    clip(&mut part, *side, &mut spare);
                });
                area(&part).abs()
            };
            let holes = |within: &mut dyn FnMut(&[At]) -> f64| rings[1..].iter().map(|h| within(h)).sum::<f64>();
            let m2 = within(outer) - holes(&mut within);
            if m2 != 0.0 {
                owned.push((piece.station, m2));
            }
        }
    }
}

/// Area of an outer ring less its holes, whichever way round they go, m².
fn net_area(rings: &[Vec<At>]) -> f64 {
    let mut areas = rings.iter().map(|r| area(r).abs());
    areas.next().unwrap_or_default() - areas.sum::<f64>()
}

/// Areas as shares, one for each station; `None` where there are none.
fn normal(mut owned: Vec<(u32, f64)>) -> Option<Vec<(u32, f64)>> {
    owned.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    owned.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    let sum = |owned: &[(u32, f64)]| owned.iter().map(|o| o.1).sum::<f64>();
    let all = sum(&owned);
    owned.retain(|o| o.1 > ROUNDING * all);
    let all = sum(&owned);
    owned.iter_mut().for_each(|o| o.1 /= all);
    owned.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    (!owned.is_empty()).then_some(owned)
}
