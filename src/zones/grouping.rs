//! Units of one division grouped by the station that serves most of their land, under a range of load (R1).
//!
//! What one station serves in one piece of land is a patch; patches are put together by the partition engine. A patch with more load than
//! a zone may have is given up, its units are put together one by one.

use super::{Dedicated, Ground, Shares, ZoneError};
use crate::cut::Fabric;
use crate::finding::{Finding, Severity};
use crate::graph::{Edge, UnitGraph};
use crate::measure::{Band, Load, UnitId};
use crate::partition::{Count, Locks, Problem, Standing, partition};
use crate::recipe::Recipe;
use crate::territory::Territory;
use petgraph::unionfind::UnionFind;
use std::collections::BTreeMap;

/// Vertices of every zone of a division, zones from west to east, and what is told of them.
pub(super) fn group(
    t: &Territory,
    fabric: &Fabric,
    ground: &Ground,
    dedicated: &[Dedicated],
    shares: Option<&Shares>,
    range: Band,
    recipe: &Recipe,
) -> Result<(Vec<Vec<usize>>, Vec<Finding>), ZoneError> {
    let mut findings = Vec::new();
    let own = ground.clusters.len();
    let set_aside = |v: usize| &dedicated[ground.dedicated[v - own] as usize];
    let units = |v: usize| if v < own { &ground.clusters[v] } else { &set_aside(v).units };
    // what is not meant to be contiguous joins a zone afterwards
    let (vertices, logical): (Vec<usize>, Vec<usize>) = (0..own + ground.dedicated.len()).partition(|&v| v < own || !set_aside(v).logical);
    if vertices.is_empty() {
        return Ok((vec![logical], findings));
    }
    let load: Vec<Load> = (0..own + ground.dedicated.len()).map(|v| units(v).iter().map(|u| fabric.units[u.at()].load).sum()).collect();
    let (patch, patches) = patches(t, fabric, ground, shares, &load, range.high, &mut findings);
    let mut number = vec![u32::MAX; own + ground.dedicated.len()];
    vertices.iter().for_each(|&v| number[v] = if v < own { patch[v] } else { 0 });
    let set_apart = vertices.iter().filter(|v| **v >= own);
    set_apart.enumerate().for_each(|(k, &v)| number[v] = patches + k as u32);
    let count = vertices.iter().map(|&v| number[v] as usize + 1).max().unwrap_or(0);
    let mut loads = vec![Load::ZERO; count];
    vertices.iter().for_each(|&v| loads[number[v] as usize] += load[v]);
    let over = |e: &Edge| Edge { a: number[e.a as usize], b: number[e.b as usize], cost: e.cost };
    let edges: Vec<Edge> = ground.open.iter().chain(&ground.beside).map(over).filter(|e| e.a != u32::MAX && e.b != u32::MAX).collect();
    let problem = Problem {
        graph: UnitGraph::new(1, loads, &edges, None)?,
        bands: vec![range],
        count: Count::ForBand,
        locks: Locks::default(),
        seed: recipe.seed,
        effort: recipe.effort,
    };
    let division = &t.division(ground.division).id;
    let solved = partition(&problem).map_err(|source| ZoneError::Grouping { division: division.clone(), source })?;
    let part_of = solved.assignment.part_of();
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); solved.assignment.grids()];
    vertices.iter().for_each(|&v| groups[part_of[number[v] as usize] as usize].push(v));
    for (group, standing) in groups.iter().zip(&solved.standings).filter(|(_, standing)| **standing != Standing::InBand) {
        let sum = group.iter().map(|&v| load[v]).sum::<Load>();
        let limit = if sum < range.low { range.low } else { range.high };
        let why = if *standing == Standing::Forced { "; no grouping of whole stations does better here" } else { "" };
        let message = format!("a zone of {sum} households where zones are to have {} to {}{why}", range.low, range.high);
        let finding = Finding::new(Severity::Warning, "zone-out-of-range", message).id(division).measured(sum.units()).limit(limit.units());
        findings.push(match units(group[0]).first() {
            Some(u) => finding.at(fabric.units[u.at()].inner.lon_lat()),
            None => finding,
        });
    }
    for v in logical {
        let beside = |g: &Vec<usize>| {
            let common =
                |e: &&Edge| (e.a as usize == v && g.contains(&(e.b as usize))) || (e.b as usize == v && g.contains(&(e.a as usize)));
            ground.beside.iter().filter(common).map(|e| u64::from(e.cost)).sum::<u64>()
        };
        let most = (0..groups.len()).max_by_key(|&g| (beside(&groups[g]), std::cmp::Reverse(g))).unwrap_or(0);
        groups[most].push(v);
    }
    let land = |g: &Vec<usize>| g.iter().flat_map(|&v| units(v)).copied().collect::<Vec<UnitId>>();
    let order = fabric.west_to_east(&groups.iter().map(land).collect::<Vec<_>>());
    groups.iter_mut().for_each(|g| g.sort_unstable());
    Ok((order.into_iter().map(|g| std::mem::take(&mut groups[g])).collect(), findings))
}

/// Patch of every cluster, and how many there are.
fn patches(
    t: &Territory,
    fabric: &Fabric,
    ground: &Ground,
    shares: Option<&Shares>,
    load: &[Load],
    most: Load,
    findings: &mut Vec<Finding>,
) -> (Vec<u32>, u32) {
    let station = |v: usize| Some(shares?[ground.clusters[v][0].at()].first()?.0);
    let mut sets = UnionFind::<u32>::new(ground.clusters.len());
    for e in &ground.open {
        if station(e.a as usize).is_some_and(|s| station(e.b as usize) == Some(s)) {
            sets.union(e.a, e.b);
        }
    }
    let mut sum: BTreeMap<u32, Load> = BTreeMap::new();
    (0..ground.clusters.len()).for_each(|v| *sum.entry(sets.find(v as u32)).or_default() += load[v]);
    let mut number: BTreeMap<u32, u32> = BTreeMap::new();
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        next - 1
    };
    let mut patch = Vec::with_capacity(ground.clusters.len());
    for v in 0..ground.clusters.len() {
        let root = sets.find(v as u32);
        patch.push(if sum[&root] > most { fresh() } else { *number.entry(root).or_insert_with(&mut fresh) });
    }
    for (&root, &load) in sum.iter().filter(|(_, load)| **load > most) {
        let Some(s) = station(root as usize) else { continue };
        let s = &t.stations[s as usize];
        let message = format!("it serves {load} households in one piece, more than a zone may have; its land may be divided among zones");
        let at = fabric.units[ground.clusters[root as usize][0].at()].inner.lon_lat();
        let finding = Finding::new(Severity::Info, "station-divided", message).file(&s.file).record(s.record).id(&s.id).at(at);
        findings.push(finding.measured(load.units()).limit(most.units()));
    }
    (patch, next)
}
