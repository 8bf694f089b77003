//! The home zone of every station (R1).

use super::{Dedicated, Shares, Zone};
use crate::cut::Fabric;
use crate::measure::{Load, UnitId, ZoneId};
use crate::territory::Territory;
use crate::territory::lattice::{Side, side_of_rings};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a station belongs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Home {
    /// Its one home zone; none where it stands outside the territory and serves nothing of it.
    pub zone: Option<ZoneId>,
    /// Share of what it serves that lies in this zone: of the load, of the land where there is none; 0 where it serves no land.
    pub share: f64,
    /// Load of the land it serves.
    pub load: Load,
    /// Area of the land it serves, m².
    pub area_m2: f64,
}

/// The zone in which a station serves most load, of equal ones most land; for one that serves no land the zone it stands in.
/// O(n log n) for n units and stations.
pub fn homes(t: &Territory, fabric: &Fabric, shares: &Shares, zones: &[Zone], dedicated: &[Dedicated]) -> Vec<Home> {
    let mut zone_of = vec![ZoneId(0); fabric.units.len()];
    for (z, zone) in zones.iter().enumerate() {
        zone.units(dedicated).for_each(|u| zone_of[u.at()] = ZoneId::new(z));
    }
    let mut served: Vec<BTreeMap<ZoneId, (f64, f64)>> = vec![BTreeMap::new(); t.stations.len()];
    for (u, shares) in shares.iter().enumerate() {
        for &(s, share) in shares {
            let (load, area) = served[s as usize].entry(zone_of[u]).or_default();
            *load += share * fabric.units[u].load.0 as f64;
            *area += share * fabric.units[u].area_m2;
        }
    }
    let boxes = |(i, u): (usize, &crate::cut::Unit)| {
        let corner = |pick: fn(f64, f64) -> f64, start: f64| {
            let of = |axis: fn(&crate::territory::lattice::Pt) -> i64| u.rings[0].iter().map(axis).map(|v| v as f64).fold(start, pick);
            [of(|p| p.x), of(|p| p.y)]
        };
        GeomWithData::new(Rectangle::from_corners(corner(f64::min, f64::INFINITY), corner(f64::max, f64::NEG_INFINITY)), i)
    };
    let landless = served.iter().any(BTreeMap::is_empty);
    let tree = RTree::bulk_load(if landless { fabric.units.iter().enumerate().map(boxes).collect() } else { Vec::new() });
    let stands_in = |s: usize| {
        let p = t.stations[s].at;
        let at = [p.x as f64, p.y as f64];
        let near = tree.locate_in_envelope_intersecting(&AABB::from_corners(at, at)).map(|b| b.data);
        let inside = |u: &usize| side_of_rings(&fabric.units[*u].rings, p) != Side::Outside;
        near.filter(inside).min().map(UnitId::new)
    };
    let home = |s: usize| {
        let total = served[s].values().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        let most = served[s].iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0).then(a.1.1.total_cmp(&b.1.1)).then(b.0.cmp(a.0)));
        let share = most.map_or(0.0, |(_, m)| if total.0 > 0.0 { m.0 / total.0 } else { m.1 / total.1.max(1e-9) });
        let zone = most.map(|m| *m.0).or_else(|| stands_in(s).map(|u| zone_of[u.at()]));
        Home { zone, share, load: Load(total.0.round() as i64), area_m2: total.1 }
    };
    (0..t.stations.len()).into_par_iter().map(home).collect()
}
