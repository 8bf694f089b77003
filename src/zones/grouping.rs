//! Units of one division grouped by the station that serves most of their land, under a range of load (R1).
//!
//! What one station serves in one piece of land is a patch; patches are put together by the partition engine. A patch with more load than
//! a zone may have is given up, its units are put together one by one. Where there were zones before, they stay.

use super::{Before, Dedicated, Ground, Shares, ZoneError};
use crate::cut::Fabric;
use crate::finding::{Finding, Severity};
use crate::graph::{Edge, UnitGraph};
use crate::measure::{Band, Load, UnitId};
use crate::partition::{Count, Known, Locks, Problem, partition_freely};
use crate::recipe::Recipe;
use crate::territory::Territory;
use crate::watch::Watch;
use petgraph::unionfind::UnionFind;
use std::collections::{BTreeMap, BTreeSet};

/// Vertices of every zone of a division, zones from west to east, and what is told of them.
pub(super) fn group(
    t: &Territory,
    fabric: &Fabric,
    ground: &Ground,
    dedicated: &[Dedicated],
    shares: Option<&Shares>,
    range: Band,
    (recipe, watch): (&Recipe, &dyn Watch),
) -> Result<(Vec<Vec<usize>>, Vec<Finding>), ZoneError> {
    let mut findings = Vec::new();
    let own = ground.clusters.len();
    if own == 0 {
        return Ok((vec![(0..ground.dedicated.len()).collect()], findings));
    }
    let load: Vec<Load> = ground.clusters.iter().map(|c| c.iter().map(|u| fabric.units[u.at()].load).sum()).collect();
    let (patch, patches) = patches(t, fabric, ground, shares, &load, range.high, &mut findings);
    let mut loads = vec![Load::ZERO; patches as usize];
    patch.iter().zip(&load).for_each(|(&p, &l)| loads[p as usize] += l);
    let over = |e: &Edge| Edge { a: patch[e.a as usize], b: patch[e.b as usize], cost: e.cost };
    let problem = Problem {
        graph: UnitGraph::new(1, loads, &ground.open.iter().map(over).collect::<Vec<_>>(), None)?,
        bands: vec![range],
        count: Count::ForBand,
        locks: Locks::default(),
        seed: recipe.seed,
        effort: recipe.effort,
    };
    let division = &t.division(ground.division).id;
    let solved = partition_freely(&problem, watch).map_err(|source| ZoneError::Grouping { division: division.clone(), source })?;
    let zone_of: Vec<usize> = patch.iter().map(|&p| solved.part_of[p as usize] as usize).collect();
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); solved.parts.len()];
    zone_of.iter().enumerate().for_each(|(v, &z)| groups[z].push(v));
    for (d, zone) in join(ground, &zone_of, groups.len()).into_iter().enumerate() {
        groups[zone].push(own + d);
    }
    for (group, known) in groups.iter().zip(&solved.parts) {
        let out = (*known != Known::InBand).then(|| known.told("pieces of land of one station each", "zones"));
        findings.extend(out_of_range(t, fabric, ground, dedicated, group, &range, out));
    }
    Ok((west_to_east(fabric, ground, dedicated, groups), findings))
}

/// Vertices of every zone of a division, as its zones were before, zones from west to east; what had no zone joins the one with which it has most
/// border. None where nothing had a zone.
pub(super) fn regroup(
    t: &Territory,
    fabric: &Fabric,
    ground: &Ground,
    dedicated: &[Dedicated],
    before: &Before<'_>,
    range: &Band,
) -> Option<(Vec<Vec<usize>>, Vec<Finding>)> {
    let zone_of_grid = |g: Option<u32>| Some(before.zone_of_grid[g? as usize]);
    let old: Vec<Option<u32>> = ground.clusters.iter().map(|c| zone_of_grid(before.grid_of(fabric, c))).collect();
    let own = old.len();
    let numbers: BTreeMap<u32, usize> =
        old.iter().flatten().collect::<BTreeSet<_>>().into_iter().enumerate().map(|(i, z)| (*z, i)).collect();
    if numbers.is_empty() {
        return None;
    }
    let number = |z: Option<u32>| numbers.get(&z?).copied();
    let mut zone: Vec<Option<usize>> = old.into_iter().map(number).collect();
    spread(&mut zone, &ground.open, numbers.len());
    // what nothing leads to
    zone.iter_mut().for_each(|z| *z = z.or(Some(0)));
    zone.extend(ground.dedicated.iter().map(|&d| number(zone_of_grid(before.grid_of_dedicated[d as usize]))));
    spread(&mut zone, &ground.beside, numbers.len());
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); numbers.len()];
    zone.iter().enumerate().for_each(|(v, z)| groups[z.unwrap_or(0)].push(v));
    let ordinary = |group: &[usize]| group.iter().filter(|v| **v < own).flat_map(|v| &ground.clusters[*v]).copied().collect::<Vec<_>>();
    let out = |group: &Vec<usize>| {
        let load: Load = ordinary(group).iter().map(|u| fabric.units[u.at()].load).sum();
        (range.violation(load) != Load::ZERO).then(|| "; zones stay as they are when a plan is adjusted".to_string())
    };
    let findings = groups.iter().filter_map(|g| out_of_range(t, fabric, ground, dedicated, g, range, Some(out(g)?))).collect();
    Some((west_to_east(fabric, ground, dedicated, groups), findings))
}

/// Units behind a vertex of a division.
fn units<'a>(ground: &'a Ground, dedicated: &'a [Dedicated], v: usize) -> &'a [UnitId] {
    let own = ground.clusters.len();
    if v < own { &ground.clusters[v] } else { &dedicated[ground.dedicated[v - own] as usize].units }
}

fn west_to_east(fabric: &Fabric, ground: &Ground, dedicated: &[Dedicated], mut groups: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let land = |g: &Vec<usize>| g.iter().flat_map(|&v| units(ground, dedicated, v)).copied().collect::<Vec<UnitId>>();
    let order = fabric.west_to_east(&groups.iter().map(land).collect::<Vec<_>>());
    order.into_iter().map(|g| std::mem::take(&mut groups[g])).collect()
}

/// What is to be said of the load of a zone; `out` tells why it is out of its range, where it is.
fn out_of_range(
    t: &Territory,
    fabric: &Fabric,
    ground: &Ground,
    dedicated: &[Dedicated],
    group: &[usize],
    range: &Band,
    out: Option<String>,
) -> Option<Finding> {
    let load =
        |vertices: &[usize]| vertices.iter().flat_map(|&v| units(ground, dedicated, v)).map(|u| fabric.units[u.at()].load).sum::<Load>();
    let (ordinary, set_aside) = group.split_at(group.partition_point(|v| *v < ground.clusters.len()));
    let (sum, beside) = (load(ordinary), load(set_aside));
    if out.is_none() && (beside == Load::ZERO || sum + beside <= range.high) {
        return None;
    }
    let has = match beside {
        Load::ZERO => format!("{sum}"),
        _ => format!("{}, {beside} of it in dedicated grids, so {sum}", sum + beside),
    };
    let (severity, code) = match out {
        Some(_) => (Severity::Warning, "zone-out-of-range"),
        None => (Severity::Info, "zone-range-without-dedicated"),
    };
    let (measured, limit) = if sum < range.low { (sum, range.low) } else { (if out.is_some() { sum } else { sum + beside }, range.high) };
    let why = out.unwrap_or_default();
    let message = format!("a zone of load {has} in ordinary grids, of which zones are to have {} to {}{why}", range.low, range.high);
    let at = fabric.units[ground.clusters[group[0]][0].at()].inner.lon_lat();
    let finding = Finding::new(severity, code, message).id(&t.division(ground.division).id).at(at);
    Some(finding.measured(measured.units()).limit(limit.units()))
}

/// Zone of every dedicated grid: the one with which it has most border, also through other dedicated grids; the first where there is none.
fn join(ground: &Ground, zone_of: &[usize], zones: usize) -> Vec<usize> {
    let own = zone_of.len();
    let mut zone: Vec<Option<usize>> = zone_of.iter().map(|&z| Some(z)).chain(ground.dedicated.iter().map(|_| None)).collect();
    spread(&mut zone, &ground.beside, zones);
    zone[own..].iter().map(|z| z.unwrap_or(0)).collect()
}

/// Gives vertices without a zone the one with which they have most border, also through each other, as far as edges lead.
fn spread(zone: &mut [Option<usize>], edges: &[Edge], zones: usize) {
    loop {
        let mut touched: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for e in edges {
            for (v, o) in [(e.a as usize, e.b as usize), (e.b as usize, e.a as usize)] {
                if let (None, Some(z)) = (zone[v], zone[o]) {
                    touched.entry(v).or_insert_with(|| vec![0; zones])[z] += u64::from(e.cost) + 1;
                }
            }
        }
        if touched.is_empty() {
            return;
        }
        let most = |t: &Vec<u64>| (0..t.len()).max_by_key(|&z| (t[z], std::cmp::Reverse(z)));
        touched.iter().for_each(|(&v, t)| zone[v] = most(t));
    }
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
        let message = format!("it serves a load of {load} in one piece, more than a zone may have; its land may be divided among zones");
        let at = fabric.units[ground.clusters[root as usize][0].at()].inner.lon_lat();
        let finding = Finding::new(Severity::Info, "station-divided", message).file(&s.file).record(s.record).id(&s.id).at(at);
        findings.push(finding.measured(load.units()).limit(most.units()));
    }
    (patch, next)
}
