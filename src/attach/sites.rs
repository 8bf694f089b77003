//! Stations, halls and outlets: what a volume at one of them says of grids.

use super::Land;
use crate::cut::Fabric;
use crate::measure::GridId;
use crate::territory::lattice::Pt;
use std::collections::{BTreeMap, HashMap};

/// Sites of one signal by id, each with the grids that a volume there counts for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sites {
    position: HashMap<String, u32>,
    /// Shares of grids; they sum to 1, or to less for a site some of whose places lie outside.
    grids: Vec<Vec<(GridId, f64)>>,
}

impl Sites {
    /// Sites with the grids that they count for, by shares.
    pub fn new(shares: impl Iterator<Item = (String, Vec<(GridId, f64)>)>) -> Sites {
        let mut sites = Sites::default();
        for (id, shares) in shares {
            sites.position.entry(id).or_insert(sites.grids.len() as u32);
            sites.grids.push(shares);
        }
        sites
    }

    /// Sites by their places in degrees. An id with several places, such as a legal entity with its outlets, counts for each of them
    /// alike. A place outside goes to the nearest grid within `nearest_m`, or counts for no grid. O(n log m) for m borders.
    pub fn at_places<'a>(places: impl Iterator<Item = (&'a str, [f64; 2])>, land: &Land, nearest_m: f64) -> Sites {
        let mut found: BTreeMap<&str, Vec<Option<GridId>>> = BTreeMap::new();
        for (id, [lon, lat]) in places {
            let at = Pt::from_lon_lat(lon, lat);
            found.entry(id).or_default().push(at.and_then(|p| land.grid_at(p).or_else(|| land.nearest_grid(p, nearest_m))));
        }
        let shares = |places: Vec<Option<GridId>>| {
            let mut shares: BTreeMap<GridId, f64> = BTreeMap::new();
            let each = 1.0 / places.len() as f64;
            places.into_iter().flatten().for_each(|g| *shares.entry(g).or_default() += each);
            shares.into_iter().collect()
        };
        Sites::new(found.into_iter().map(|(id, places)| (id.to_string(), shares(places))))
    }

    /// Position of a site.
    pub fn find(&self, id: &str) -> Option<u32> {
        self.position.get(id).copied()
    }

    /// Grids of the site at that position.
    pub fn grids(&self, site: u32) -> &[(GridId, f64)] {
        self.grids.get(site as usize).map_or(&[], Vec::as_slice)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.grids.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.grids.is_empty()
    }
}

/// Grids that every station serves, with the share of its load in each, of its land where it serves no load. `shares` are the stations
/// of every unit, each with a share of it. O(n) for n entries.
pub fn served(fabric: &Fabric, shares: &[Vec<(u32, f64)>], grid_of_unit: &[GridId], stations: usize) -> Vec<Vec<(GridId, f64)>> {
    let mut of: Vec<BTreeMap<GridId, [f64; 2]>> = vec![BTreeMap::new(); stations];
    for ((unit, shares), &grid) in fabric.units.iter().zip(shares).zip(grid_of_unit) {
        for &(station, share) in shares {
            let sum = of[station as usize].entry(grid).or_default();
            *sum = [sum[0] + share * unit.load.units(), sum[1] + share * unit.area_m2];
        }
    }
    let part = |grids: BTreeMap<GridId, [f64; 2]>| {
        let total = grids.values().fold([0.0, 0.0], |a, v| [a[0] + v[0], a[1] + v[1]]);
        let by = usize::from(total[0] <= 0.0);
        grids.into_iter().map(|(g, v)| (g, v[by] / total[by].max(f64::MIN_POSITIVE))).filter(|s| s.1 > 0.0).collect()
    };
    of.into_iter().map(part).collect()
}
