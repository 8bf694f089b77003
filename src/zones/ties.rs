//! Light pieces of divisions, tied to the nearest land of the same division.

use crate::cut::{Fabric, FabricEdge};
use crate::finding::{Finding, Severity};
use crate::measure::{Band, DivisionId, Load, UnitId};
use crate::territory::Territory;
use rstar::RTree;
use rstar::primitives::GeomWithData;
use std::collections::{BTreeMap, BTreeSet};

/// Light pieces of divisions → the unit of another piece that they go with. Units in dedicated grids (`taken`) are left out.
pub(super) fn ties(
    t: &Territory,
    fabric: &Fabric,
    by_division: &BTreeMap<DivisionId, Vec<UnitId>>,
    taken: &[bool],
    bands: &BTreeMap<DivisionId, Band>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<u32, UnitId> {
    let mut load = vec![Load::ZERO; fabric.pieces];
    for (u, _) in fabric.units.iter().zip(taken).filter(|(_, taken)| !**taken) {
        load[u.piece as usize] += u.balanced;
    }
    let mut light: BTreeSet<u32> = BTreeSet::new();
    for (division, units) in by_division {
        let low = bands[division].low;
        let pieces: BTreeSet<u32> = units.iter().map(|u| fabric.units[u.at()].piece).collect();
        let heaviest = pieces.iter().copied().max_by_key(|&p| (load[p as usize], std::cmp::Reverse(p)));
        light.extend(pieces.iter().copied().filter(|&p| Some(p) != heaviest && load[p as usize] < low));
        if pieces.len() > 1 {
            let division = t.division(fabric.units[units[0].at()].division);
            let tied = pieces.iter().filter(|p| light.contains(p)).count();
            let message = format!(
                "the division lies in {} pieces; {tied} too light for a grid go with the nearest grid of the division",
                pieces.len()
            );
            findings.push(
                Finding::new(Severity::Info, "division-in-pieces", message).id(&division.id).measured(pieces.len() as f64).limit(1.0),
            );
        }
    }
    if light.is_empty() {
        return BTreeMap::new();
    }
    let divisions: BTreeSet<DivisionId> = fabric.units.iter().filter(|u| light.contains(&u.piece)).map(|u| u.division).collect();
    let mut anchors: BTreeMap<DivisionId, Vec<GeomWithData<[f64; 2], UnitId>>> = BTreeMap::new();
    let mut ends: BTreeMap<u32, Vec<[f64; 2]>> = BTreeMap::new();
    let sides = |e: &FabricEdge| [e.left, e.right].into_iter().flatten();
    for e in &fabric.edges {
        for u in sides(e) {
            let unit = &fabric.units[u.at()];
            let at = t.plane.metres(e.a);
            if taken[u.at()] {
                continue;
            } else if light.contains(&unit.piece) {
                ends.entry(unit.piece).or_default().push(at);
            } else if divisions.contains(&unit.division) {
                anchors.entry(unit.division).or_default().push(GeomWithData::new(at, u));
            }
        }
    }
    let trees: BTreeMap<DivisionId, RTree<_>> = anchors.into_iter().map(|(d, a)| (d, RTree::bulk_load(a))).collect();
    let division_of = |piece: u32| fabric.units.iter().find(|u| u.piece == piece).map(|u| u.division);
    let nearest = |piece: u32| {
        let tree = trees.get(&division_of(piece)?)?;
        let found = ends.get(&piece)?.iter().filter_map(|p| {
            let (item, d2) = tree.nearest_neighbor_iter_with_distance_2(p).next()?;
            Some((d2, *item.geom(), item.data))
        });
        found.min_by(|x, y| x.0.total_cmp(&y.0).then(x.2.cmp(&y.2))).map(|x| x.2)
    };
    light.into_iter().filter_map(|p| Some((p, nearest(p)?))).collect()
}
