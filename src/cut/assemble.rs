//! The last step: regions become numbered units with their points.

use super::borders::{borders, bridged};
use super::mesh::areas2;
use super::{Absorbed, Fabric, FabricEdge, Placed, State, Unit, rings, tell};
use crate::finding::Finding;
use crate::measure::{Load, UnitId};
use crate::territory::Territory;
use crate::territory::lattice::Pt;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Numbers units, measures borders, hands points to units.
pub(super) fn assemble(
    t: &Territory,
    state: State,
    placed: &Placed,
    absorbed: Vec<Absorbed>,
    pieces: usize,
    mut findings: Vec<Finding>,
) -> Fabric {
    let sides: Vec<_> = state.mesh.edges.iter().map(|e| (e.a, e.b, e.left, e.right)).collect();
    let mut polygons = rings::polygons(&sides, state.mesh.regions);
    let areas = areas2(&state.mesh.edges, state.mesh.regions);
    let inner: Vec<Pt> = polygons.par_iter().map(|p| p.first().map_or(Pt::default(), rings::inner_point)).collect();
    let mut order: Vec<u32> = (1..state.mesh.regions as u32).collect();
    order.sort_by_key(|&r| (state.division[r as usize], inner[r as usize], r));
    let mut unit = vec![None; state.mesh.regions];
    let mut units = Vec::with_capacity(order.len());
    let mut keys: BTreeMap<String, u32> = BTreeMap::new();
    for (i, &r) in order.iter().enumerate() {
        let r = r as usize;
        unit[r] = Some(UnitId::new(i));
        let (division, p) = (state.division[r], inner[r]);
        let [lon, lat] = p.lon_lat();
        let mut key = format!("{}/{:.6},{:.6}", t.division(division).id, lon, lat);
        let twins = keys.entry(key.clone()).or_default();
        *twins += 1;
        if *twins > 1 {
            key = format!("{key}~{twins}");
        }
        // a region is connected through edges, so it has one outer ring
        let rings = polygons[r].drain(..).next().unwrap_or_default();
        let area_m2 = t.plane.area_m2(areas[r]);
        let resources = vec![Load::ZERO; t.resources.len()];
        let (piece, water) = (state.piece[r] - 1, state.water[r]);
        units.push(Unit { key, division, piece, rings, area_m2, load: Load::ZERO, water, balanced: Load::ZERO, resources, inner: p });
    }
    let unit_of_point: Vec<Option<UnitId>> = placed.points.iter().map(|&r| unit[r as usize]).collect();
    for (p, u) in t.points.iter().zip(&unit_of_point) {
        if let Some(u) = u {
            units[u.at()].load += p.load;
            units[u.at()].balanced += t.balanced(p);
        }
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
    let mut edges: Vec<FabricEdge> = state
        .mesh
        .edges
        .iter()
        .map(|e| FabricEdge { a: e.a, b: e.b, left: unit[e.left as usize], right: unit[e.right as usize], class: e.class })
        .collect();
    edges.sort_unstable_by_key(|e| (e.a, e.b));
    tell::points(t, &unit_of_point, &mut findings);
    tell::carriers(t, &outside, &mut findings);
    tell::wet(&units, &mut findings);
    tell::heavy(t, &units, &unit_of_point, &mut findings);
    let joined = bridged(t, &edges);
    tell::bridges(t, joined.len(), &mut findings);
    Fabric { borders: borders(t, &edges, &joined), units, edges, unit_of_point, absorbed, pieces, findings }
}
