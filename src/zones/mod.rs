//! Zones: groups of units inside one division; each becomes a partition problem.
//!
//! One zone per division. A division may lie in pieces (exclaves); a piece that is too light for a grid of its own is
//! tied to the nearest unit of another piece, so that the grid which takes it says so by `parts > 1`.

mod anchors;
mod dedicated;
mod hard;
mod locks;
mod remainder;

pub use anchors::pull;
pub use dedicated::{Dedicated, dedicated};
pub use locks::{ZoneLock, broken};

use crate::cut::{Border, Fabric, FabricEdge, Unit};
use crate::finding::{Finding, Severity};
use crate::graph::{Edge, GraphError, UnitGraph};
use crate::measure::{Band, DivisionId, Load, UnitId};
use crate::partition::{Bounds, Count, Locks, Problem, bounds};
use crate::recipe::Recipe;
use crate::territory::{Resource, Territory};
use rstar::RTree;
use rstar::primitives::GeomWithData;
use std::collections::{BTreeMap, BTreeSet};

/// A zone with the problem to be solved in it.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Division it lies in.
    pub division: DivisionId,
    /// Units behind every vertex of the problem's graph; more than one where a light piece is tied on.
    pub clusters: Vec<Vec<UnitId>>,
    /// Decisions that it keeps, also as locks of the problem.
    pub locks: Vec<ZoneLock>,
    /// What the partition stage solves: the load, and then the resources in `balanced`.
    pub problem: Problem,
    /// Positions in the territory's resources of those balanced beside the load: of weight, and there is some in the zone.
    pub balanced: Vec<usize>,
    /// Bounds of the load alone, where other resources are balanced with it.
    pub load_bounds: Option<Bounds>,
}

/// Band of a grid in balanced load.
pub fn band(territory: &Territory, recipe: &Recipe) -> Band {
    Band::around(territory.base, recipe.grid.tolerance)
}

/// Band of a further resource in a zone with `total` of it and so many grids: their mean, give or take the resource's tolerance.
pub fn resource_band(resource: &Resource, total: Load, grids: u32) -> Band {
    Band::around_mean(total, grids, resource.tolerance).weighing(resource.weight)
}

/// One zone per division, in division order (R24). O(n log n).
pub fn zones(territory: &Territory, fabric: &Fabric, recipe: &Recipe) -> Result<(Vec<Zone>, Vec<Finding>), GraphError> {
    let band = band(territory, recipe);
    let mut findings = Vec::new();
    let mut by_division: BTreeMap<DivisionId, Vec<UnitId>> = BTreeMap::new();
    for (i, u) in fabric.units.iter().enumerate() {
        by_division.entry(u.division).or_default().push(UnitId::new(i));
    }
    for id in recipe.grid.counts.keys().filter(|id| territory.divisions.iter().all(|d| d.id != **id)) {
        let message = "the recipe gives it a number of grids, but there is no such division; correct [grid.counts]";
        findings.push(Finding::new(Severity::Warning, "count-for-nobody", message).id(id));
    }
    let ties = ties(territory, fabric, &by_division, band, &mut findings);
    let mut cluster_of = vec![0u32; fabric.units.len()];
    let mut zones: Vec<(DivisionId, Vec<Vec<UnitId>>)> = Vec::new();
    for (division, units) in &by_division {
        let mut clusters: Vec<Vec<UnitId>> = Vec::new();
        let mut anchored: BTreeMap<UnitId, usize> = BTreeMap::new();
        for &u in units.iter().filter(|u| !ties.contains_key(&fabric.units[u.at()].piece)) {
            cluster_of[u.at()] = clusters.len() as u32;
            anchored.insert(u, clusters.len());
            clusters.push(vec![u]);
        }
        for &u in units {
            if let Some(anchor) = ties.get(&fabric.units[u.at()].piece) {
                let c = anchored[anchor];
                cluster_of[u.at()] = c as u32;
                clusters[c].push(u);
            }
        }
        zones.push((*division, clusters));
    }
    let zone_of: BTreeMap<DivisionId, usize> = zones.iter().enumerate().map(|(i, z)| (z.0, i)).collect();
    let mut borders: Vec<Vec<(&Border, Edge)>> = vec![Vec::new(); zones.len()];
    for b in &fabric.borders {
        let Some(other) = b.b else { continue };
        let (da, db) = (fabric.units[b.a.at()].division, fabric.units[other.at()].division);
        if da == db {
            let cost = b.cost.min(u32::MAX as u64) as u32;
            borders[zone_of[&da]].push((b, Edge { a: cluster_of[b.a.at()], b: cluster_of[other.at()], cost }));
        }
    }
    let mut out = Vec::with_capacity(zones.len());
    let mut edges = Vec::with_capacity(zones.len());
    for (i, ((division, clusters), borders)) in zones.into_iter().zip(borders).enumerate() {
        let open = hard::open_edges(territory, fabric, &clusters, borders, recipe.barriers.hard_from, band.low, &mut findings);
        let count = match recipe.grid.counts_of(&territory.division(division).id) {
            (fewest, most) if recipe.grid.count_holds => Count::Between(fewest, most),
            _ => Count::ForBand,
        };
        // every zone draws from its own stream, whatever the others do
        let seed = recipe.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(i as u64);
        let graph = graph(territory, fabric, &clusters, &[], &open)?;
        let problem = Problem { graph, bands: vec![band], count, locks: Locks::default(), seed, effort: recipe.effort };
        out.push(Zone { division, clusters, locks: Vec::new(), problem, balanced: Vec::new(), load_bounds: None });
        edges.push(open);
    }
    locks::lock(territory, fabric, &mut out, &mut findings);
    for (zone, edges) in out.iter_mut().zip(&edges) {
        balance_resources(territory, fabric, zone, edges)?;
    }
    Ok((out, findings))
}

/// The units of a zone with their balanced load and of the further `resources`.
fn graph(t: &Territory, fabric: &Fabric, clusters: &[Vec<UnitId>], resources: &[usize], edges: &[Edge]) -> Result<UnitGraph, GraphError> {
    let sum = |c: &[UnitId], of: &dyn Fn(&Unit) -> Load| c.iter().map(|u| of(&fabric.units[u.at()])).sum::<Load>();
    let row = |c: &Vec<UnitId>| {
        let others: Vec<Load> = resources.iter().map(|&r| sum(c, &|u| u.resources[r])).collect();
        std::iter::once(sum(c, &|u| u.balanced)).chain(others)
    };
    let centre = |c: &Vec<UnitId>| t.plane.metres(fabric.units[c[0].at()].inner).map(|m| m as f32);
    UnitGraph::new(1 + resources.len(), clusters.iter().flat_map(row).collect(), edges, Some(clusters.iter().map(centre).collect()))
}

/// Adds the resources that are to be balanced in a zone to its problem.
fn balance_resources(t: &Territory, fabric: &Fabric, zone: &mut Zone, edges: &[Edge]) -> Result<(), GraphError> {
    let total = |r: usize| zone.clusters.iter().flatten().map(|u| fabric.units[u.at()].resources[r]).sum::<Load>();
    let of_weight = (0..t.resources.len()).filter(|&r| t.resources[r].weight > 0.0);
    let totals: Vec<(usize, Load)> = of_weight.map(|r| (r, total(r))).filter(|x| x.1 > Load::ZERO).collect();
    // what is wrong with the problem is told when it is solved
    let Some(load_bounds) = bounds(&zone.problem).ok().filter(|_| !totals.is_empty()) else { return Ok(()) };
    // the load alone decides how many grids there are, and so what a grid should have of the others
    let grids = load_bounds.grids() + zone.problem.locks.frozen.len() as u32;
    zone.balanced = totals.iter().map(|x| x.0).collect();
    zone.load_bounds = Some(load_bounds);
    zone.problem.graph = graph(t, fabric, &zone.clusters, &zone.balanced, edges)?;
    zone.problem.bands.extend(totals.iter().map(|&(r, total)| resource_band(&t.resources[r], total, grids)));
    zone.problem.count = Count::Between(grids, grids);
    Ok(())
}

/// Light pieces of divisions → the unit of another piece that they go with.
fn ties(
    t: &Territory,
    fabric: &Fabric,
    by_division: &BTreeMap<DivisionId, Vec<UnitId>>,
    band: Band,
    findings: &mut Vec<Finding>,
) -> BTreeMap<u32, UnitId> {
    let mut load = vec![Load::ZERO; fabric.pieces];
    for u in &fabric.units {
        load[u.piece as usize] += u.balanced;
    }
    let mut light: BTreeSet<u32> = BTreeSet::new();
    for units in by_division.values() {
        let pieces: BTreeSet<u32> = units.iter().map(|u| fabric.units[u.at()].piece).collect();
        let heaviest = pieces.iter().copied().max_by_key(|&p| (load[p as usize], std::cmp::Reverse(p)));
        light.extend(pieces.iter().copied().filter(|&p| Some(p) != heaviest && load[p as usize] < band.low));
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
            if light.contains(&unit.piece) {
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
