//! New units on the land of an older plan (R40).

use super::Plan;
use crate::cut::Fabric;
use crate::measure::{DivisionId, GridId, Load};
use crate::territory::lattice::{Pt, Rings};
use crate::territory::{Territory, covered};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Less of a unit than this share is no land of another grid.
const PART: f64 = 0.01;

/// What the units of a fabric were in an older plan. Old grids and units are positions in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ancestry {
    /// The old unit of the same name and area.
    pub unit: Vec<Option<u32>>,
    /// The old grid that holds most of the load of the unit's points, most of its area where it has none; none on new land.
    pub grid: Vec<Option<u32>>,
    /// Load of every unit by the old grid in which it lies; what lies on new land is not in it.
    pub load: Vec<BTreeMap<u32, Load>>,
    /// Land of every unit by the old grid in which it lies, m²; less than a hundredth of the unit is not in it.
    pub land: Vec<BTreeMap<u32, f64>>,
    /// Division in which most of the load of every old grid lies now, of equal loads most of its land; none where nothing is left of it.
    pub home: Vec<Option<DivisionId>>,
}

/// Matches units to the land of `old`: by name where the area is the same, else by place.
///
/// O(n log n) for n units, borders and points; for units that are cut otherwise also the vertices of the old grids beside them.
pub fn ancestry(old: &Plan, territory: &Territory, fabric: &Fabric) -> Ancestry {
    let by_key: BTreeMap<&str, u32> = old.fabric.units.iter().enumerate().map(|(i, u)| (u.key.as_str(), i as u32)).collect();
    let same = |u: &crate::cut::Unit| {
        let i = *by_key.get(u.key.as_str())?;
        (old.fabric.units[i as usize].area_m2 == super::make::round(u.area_m2, 2)).then_some(i)
    };
    let unit: Vec<Option<u32>> = fabric.units.iter().map(same).collect();
    let (mut load, mut land) = (vec![BTreeMap::new(); fabric.units.len()], vec![BTreeMap::new(); fabric.units.len()]);
    let grid: Vec<Option<u32>> = unit.iter().map(|u| Some(old.fabric.units[(*u)? as usize].grid)).collect();
    for (u, g) in grid.iter().enumerate() {
        for &g in g.iter() {
            land[u].insert(g, fabric.units[u].area_m2);
            if fabric.units[u].load > Load::ZERO {
                load[u].insert(g, fabric.units[u].load);
            }
        }
    }
    let mut found = Ancestry { unit, grid, load, land, home: Vec::new() };
    if found.unit.iter().any(Option::is_none) {
        by_place(old, territory, fabric, &mut found);
    }
    found.home = homes(old, fabric, &found);
    found
}

/// Old grids of the units that have no old namesake.
fn by_place(old: &Plan, t: &Territory, fabric: &Fabric, out: &mut Ancestry) {
    let old_land = old.land();
    let points = t.points.iter().zip(&fabric.unit_of_point).filter_map(|(p, u)| Some((p, (*u)?)));
    let strange: Vec<_> = points.filter(|(p, u)| out.unit[u.at()].is_none() && p.load > Load::ZERO).collect();
    let found: Vec<Option<GridId>> = strange.par_iter().map(|(p, _)| old_land.grid_at(p.at)).collect();
    let mut fresh = vec![Load::ZERO; fabric.units.len()];
    for ((p, u), g) in strange.iter().zip(found) {
        match g {
            Some(g) => *out.load[u.at()].entry(g.0).or_default() += p.load,
            None => fresh[u.at()] += p.load,
        }
    }
    let polygons: Vec<(u32, Rings)> =
        old.grid_land().into_iter().enumerate().flat_map(|(g, land)| land.into_iter().map(move |rings| (g as u32, rings))).collect();
    let item = |(i, (_, rings)): (usize, &(u32, Rings))| GeomWithData::new(Rectangle::from_aabb(span(rings)), i);
    let boxes = RTree::bulk_load(polygons.iter().enumerate().map(item).collect());
    let shares = |u: usize| {
        let mut near: Vec<usize> = boxes.locate_in_envelope_intersecting(&span(&fabric.units[u].rings)).map(|b| b.data).collect();
        near.sort_unstable();
        let mut share: BTreeMap<u32, f64> = BTreeMap::new();
        for (g, rings) in near.into_iter().map(|i| &polygons[i]) {
            *share.entry(*g).or_default() += covered(&fabric.units[u].rings, &[rings]);
        }
        share
    };
    let most_land = |share: &BTreeMap<u32, f64>| {
        let new = 1.0 - share.values().sum::<f64>();
        let most = share.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)))?;
        (*most.1 >= new && *most.1 > 0.0).then_some(*most.0)
    };
    let most = |u: usize, share: &BTreeMap<u32, f64>| {
        let most = out.load[u].iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
        match most {
            Some((g, load)) if *load >= fresh[u] => Some(*g),
            _ if fresh[u] > Load::ZERO => None,
            _ => most_land(share),
        }
    };
    let strange = (0..out.unit.len()).into_par_iter().filter(|&u| out.unit[u].is_none());
    let one = |u: usize| {
        let mut share = shares(u);
        let grid = most(u, &share);
        share.retain(|_, s| *s >= PART);
        (u, grid, share.into_iter().map(|(g, s)| (g, s * fabric.units[u].area_m2)).collect())
    };
    let placed: Vec<(usize, Option<u32>, BTreeMap<u32, f64>)> = strange.map(one).collect();
    for (u, grid, land) in placed {
        (out.grid[u], out.land[u]) = (grid, land);
    }
}

fn span(rings: &[Vec<Pt>]) -> AABB<[f64; 2]> {
    AABB::from_points(&rings.iter().flatten().map(|p| [p.x as f64, p.y as f64]).collect::<Vec<_>>())
}

fn homes(old: &Plan, fabric: &Fabric, found: &Ancestry) -> Vec<Option<DivisionId>> {
    let mut parts: Vec<BTreeMap<DivisionId, (Load, f64)>> = vec![BTreeMap::new(); old.grids.len()];
    for (u, unit) in fabric.units.iter().enumerate() {
        found.load[u].iter().for_each(|(&g, l)| parts[g as usize].entry(unit.division).or_default().0 += *l);
        found.grid[u].iter().for_each(|&g| parts[g as usize].entry(unit.division).or_default().1 += unit.area_m2);
    }
    let most = |parts: &BTreeMap<DivisionId, (Load, f64)>| {
        parts.iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then(a.1.1.total_cmp(&b.1.1)).then(b.0.cmp(a.0))).map(|p| *p.0)
    };
    parts.iter().map(most).collect()
}

/// Pairs old and new things one to one, those with the greatest score first, of equal ones the lower; by new one. O(n log n).
pub fn matched<S: Copy + PartialOrd>(mut pairs: Vec<(S, u32, u32)>, new: usize) -> Vec<Option<u32>> {
    pairs.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(std::cmp::Ordering::Equal).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut was, mut taken) = (vec![None; new], std::collections::BTreeSet::new());
    for (_, old, new) in pairs {
        if was[new as usize].is_none() && taken.insert(old) {
            was[new as usize] = Some(old);
        }
    }
    was
}
