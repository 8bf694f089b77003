//! The last step: regions become numbered units with their points.

use super::borders::{borders, bridged};
use super::mesh::{Edge, areas2};
use super::{Absorbed, Fabric, FabricEdge, Place, Placed, State, Unit, rings, sums, tell};
use crate::finding::Finding;
use crate::measure::{Load, UnitId};
use crate::territory::Territory;
use crate::territory::lattice::Pt;
use rayon::prelude::*;
use std::collections::HashMap;

/// Numbers units, measures borders, hands points to units.
pub(super) fn assemble(
    t: &Territory,
    places: &[Place],
    state: State,
    placed: &Placed,
    absorbed: Vec<Absorbed>,
    pieces: usize,
    mut findings: Vec<Finding>,
) -> Fabric {
    let land = || {
        let (units, unit) = units(t, &state);
        let of = |region: u32| unit[region as usize];
        let edge = |e: &Edge| FabricEdge { a: e.a, b: e.b, left: of(e.left), right: of(e.right), class: e.class };
        let mut edges: Vec<FabricEdge> = state.mesh.edges.par_iter().map(edge).collect();
        edges.sort_unstable_by_key(|e| (e.a, e.b));
        let joined = bridged(t, &edges);
        (units, unit, borders(t, &edges, &joined), edges, joined.len())
    };
    let demand = || {
        let (regions, found) = (state.mesh.regions, || places.par_iter().zip(&placed.places));
        let load = sums(regions, found().map(|(p, &r)| (r, p.load)));
        let balanced = sums(regions, found().map(|(p, &r)| (r, p.balanced)));
        (load, balanced, tell::piles(t, places, &placed.places, regions))
    };
    let ((mut units, unit, borders, edges, joined), (load, balanced, piles)) = rayon::join(land, demand);
    for ((u, load), balanced) in unit.iter().zip(load).zip(balanced) {
        if let Some(u) = u {
            (units[u.at()].load, units[u.at()].balanced) = (Load(load), Load(balanced));
        }
    }
    let mut unit_of_point = Vec::with_capacity(t.points.len());
    for (p, &r) in places.iter().zip(&placed.places) {
        unit_of_point.extend(std::iter::repeat_n(unit[r as usize], p.points as usize));
    }
    let mut outside = vec![(0, Load::ZERO); t.resources.len()];
    for (c, &r) in t.carriers.iter().zip(&placed.carriers) {
        match unit[r as usize] {
            Some(u) => units[u.at()].resources[c.resource as usize] += c.amount,
            None => {
                let (points, amount) = &mut outside[c.resource as usize];
                *points += 1;
                *amount += c.amount;
            }
        }
    }
    tell::points(t, &unit_of_point, &mut findings);
    tell::carriers(t, &outside, &mut findings);
    tell::wet(&units, &mut findings);
    tell::heavy(t, &units, piles, &mut findings);
    tell::bridges(t, joined, &mut findings);
    Fabric { borders, units, edges, unit_of_point, absorbed, pieces, findings }
}

/// Units without load, and the unit of every region.
fn units(t: &Territory, state: &State) -> (Vec<Unit>, Vec<Option<UnitId>>) {
    let sides: Vec<_> = state.mesh.edges.iter().map(|e| (e.a, e.b, e.left, e.right)).collect();
    let mut polygons = rings::polygons(&sides, state.mesh.regions);
    drop(sides);
    let areas = areas2(&state.mesh.edges, state.mesh.regions);
    let inner: Vec<Pt> = polygons.par_iter().map(|p| p.first().map_or(Pt::default(), rings::inner_point)).collect();
    let mut order: Vec<u32> = (1..state.mesh.regions as u32).collect();
    order.par_sort_unstable_by_key(|&r| (state.division[r as usize], inner[r as usize], r));
    let key = |&r: &u32| {
        let [lon, lat] = inner[r as usize].lon_lat();
        format!("{}/{:.6},{:.6}", t.division(state.division[r as usize]).id, lon, lat)
    };
    let keys: Vec<String> = order.par_iter().map(key).collect();
    let mut twins: HashMap<&str, u32> = HashMap::with_capacity(keys.len());
    let mut numbers = Vec::with_capacity(keys.len());
    for key in &keys {
        let before = twins.entry(key).or_default();
        *before += 1;
        numbers.push(*before);
    }
    drop(twins);
    let mut unit = vec![None; state.mesh.regions];
    let mut units = Vec::with_capacity(order.len());
    for (i, (&r, (mut key, number))) in order.iter().zip(keys.into_iter().zip(numbers)).enumerate() {
        let r = r as usize;
        unit[r] = Some(UnitId::new(i));
        if number > 1 {
            key = format!("{key}~{number}");
        }
        // a region is connected through edges, so it has one outer ring
        let rings = std::mem::take(&mut polygons[r]).into_iter().next().unwrap_or_default();
        let area_m2 = t.plane.area_m2(areas[r]);
        let resources = vec![Load::ZERO; t.resources.len()];
        let (division, piece, water, inner) = (state.division[r], state.piece[r] - 1, state.water[r], inner[r]);
        units.push(Unit { key, division, piece, rings, area_m2, load: Load::ZERO, water, balanced: Load::ZERO, resources, inner });
    }
    (units, unit)
}
