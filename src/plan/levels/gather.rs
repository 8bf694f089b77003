//! Neighbouring areas of the level below put together by load.

use super::ground::Ground;
use super::{Level, LevelError, Named};
use crate::finding::{Finding, Severity};
use crate::graph::{Edge, UnitGraph};
use crate::measure::{Band, Load, UnitId};
use crate::partition::{Count, Freely, Known, Locks, Problem, partition_freely};
use crate::recipe::{LevelRule, Recipe};
use crate::watch::Watch;
use petgraph::unionfind::UnionFind;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What is put together: an area of the level below, or a grid.
struct Piece {
    grids: Vec<usize>,
    load: Load,
    /// Metres.
    centre: [f64; 2],
}

/// The level by partition of every area of `within` on its own; areas are numbered through from west to east in each.
pub(super) fn gather(
    rule: &LevelRule,
    band: Band,
    ground: &Ground<'_>,
    below: Option<&Level>,
    within: Level,
    recipe: &Recipe,
    findings: &mut Vec<Finding>,
) -> Result<Level, LevelError> {
    let pieces: Vec<Piece> = match below {
        Some(level) => level.grids().into_iter().map(|grids| piece(ground, grids)).collect(),
        None => (0..ground.len()).map(|g| piece(ground, vec![g])).collect(),
    };
    let mut piece_of = vec![0u32; ground.len()];
    pieces.iter().enumerate().for_each(|(i, p)| p.grids.iter().for_each(|&g| piece_of[g] = i as u32));
    let mut inside: Vec<Vec<usize>> = vec![Vec::new(); within.areas.len()];
    for (i, p) in pieces.iter().enumerate() {
        let mut land: BTreeMap<u32, f64> = BTreeMap::new();
        p.grids.iter().for_each(|&g| *land.entry(within.of_grid[g]).or_default() += ground.plan.grids[g].area_m2);
        let most = land.into_iter().max_by(|x, y| x.1.total_cmp(&y.1).then(y.0.cmp(&x.0))).map_or(0, |m| m.0);
        inside[most as usize].push(i);
    }
    let mut borders: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for (&(g, h), cost) in &ground.borders {
        let (a, b) = (piece_of[g as usize], piece_of[h as usize]);
        if a != b {
            *borders.entry((a.min(b), a.max(b))).or_default() += cost;
        }
    }
    let one = |(w, members): (usize, &Vec<usize>)| {
        let seed = recipe.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(rule.rank) << 32).wrapping_add(w as u64);
        join(rule, band, &within.areas[w], &pieces, members, &borders, (seed, recipe, ground.watch))
    };
    let done: Vec<_> = inside.par_iter().enumerate().map(one).collect();
    let mut named: Vec<Option<Named>> = vec![None; ground.len()];
    let mut number = 0;
    for ((members, done), area) in inside.iter().zip(done).zip(&within.areas) {
        let Some((solved, ties)) = done? else { continue };
        findings.extend(ties);
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); solved.parts.len()];
        members.iter().zip(&solved.part_of).for_each(|(&i, &p)| groups[p as usize].push(i));
        let grids = |group: &[usize]| group.iter().flat_map(|&i| &pieces[i].grids).copied().collect::<Vec<usize>>();
        let land: Vec<Vec<UnitId>> =
            groups.iter().map(|group| grids(group).iter().flat_map(|&g| &ground.units[g]).copied().collect()).collect();
        for (k, p) in ground.fabric.west_to_east(&land).into_iter().enumerate() {
            number += 1;
            let id = format!("{}-{number:03}", rule.name);
            let name =
                if area.name.is_empty() { format!("{} {}", rule.name, k + 1) } else { format!("{} · {} {}", area.name, rule.name, k + 1) };
            let load: Load = groups[p].iter().map(|&i| pieces[i].load).sum();
            if solved.parts[p] != Known::InBand {
                let limit = if load < band.low { band.low } else { band.high };
                let message = format!(
                    "an area of load {load} where those of level '{}' are to have {} to {}{}",
                    rule.name,
                    band.low,
                    band.high,
                    solved.parts[p].told(if below.is_some() { "areas below" } else { "grids" }, "areas")
                );
                let finding = Finding::new(Severity::Warning, "level-out-of-band", message).id(&id);
                findings.push(finding.measured(load.units()).limit(limit.units()));
            }
            for g in grids(&groups[p]) {
                named[g] = Some(Named { id: id.clone(), name: name.clone(), code: None });
            }
        }
    }
    // every grid is in a piece, every piece in an area
    Ok(Level::new(named.into_iter().flatten()))
}

fn piece(ground: &Ground<'_>, grids: Vec<usize>) -> Piece {
    let units = grids.iter().flat_map(|&g| &ground.units[g]).map(|u| &ground.fabric.units[u.at()]);
    let sum = units.fold([0.0, 0.0, 0.0], |[x, y, m2], u| {
        let [e, n] = ground.t.plane.metres(u.inner);
        [x + e * u.area_m2, y + n * u.area_m2, m2 + u.area_m2]
    });
    let centre = [sum[0] / sum[2].max(1e-9), sum[1] / sum[2].max(1e-9)];
    Piece { load: grids.iter().map(|&g| ground.load[g]).sum(), grids, centre }
}

/// The pieces of one area put together, with what was joined over a gap; none where there are no pieces.
fn join(
    rule: &LevelRule,
    band: Band,
    area: &Named,
    pieces: &[Piece],
    members: &[usize],
    borders: &BTreeMap<(u32, u32), u64>,
    (seed, recipe, watch): (u64, &Recipe, &dyn Watch),
) -> Result<Option<(Freely, Vec<Finding>)>, LevelError> {
    if members.is_empty() {
        return Ok(None);
    }
    let vertex: BTreeMap<u32, u32> = members.iter().enumerate().map(|(v, &i)| (i as u32, v as u32)).collect();
    let mut edges: Vec<Edge> = Vec::new();
    for (&i, &a) in &vertex {
        let own = borders.range((i, 0)..(i + 1, 0));
        edges.extend(own.filter_map(|((_, j), cost)| Some(Edge { a, b: *vertex.get(j)?, cost: (*cost).min(u64::from(u32::MAX)) as u32 })));
    }
    let ties = ties(rule, band, area, pieces, members, &mut edges);
    let centres = members.iter().map(|&i| pieces[i].centre.map(|m| m as f32)).collect();
    let loads = members.iter().map(|&i| pieces[i].load).collect();
    let graph = UnitGraph::new(1, loads, &edges, Some(centres)).map_err(|source| LevelError::Graph { level: rule.name.clone(), source })?;
    let problem = Problem { graph, bands: vec![band], count: Count::ForBand, locks: Locks::default(), seed, effort: recipe.effort };
    let told = |source| LevelError::Partition { level: rule.name.clone(), within: area.name.clone(), source };
    Ok(Some((partition_freely(&problem, watch).map_err(told)?, ties)))
}

/// Joins land that lies apart and is too light for an area of its own to what is nearest, the lightest first.
fn ties(rule: &LevelRule, band: Band, area: &Named, pieces: &[Piece], members: &[usize], edges: &mut Vec<Edge>) -> Vec<Finding> {
    let mut sets = UnionFind::<u32>::new(members.len());
    edges.iter().for_each(|e| {
        sets.union(e.a, e.b);
    });
    let mut findings = Vec::new();
    loop {
        let mut apart: BTreeMap<u32, (Load, Vec<usize>)> = BTreeMap::new();
        for (v, &i) in members.iter().enumerate() {
            let (load, own) = apart.entry(sets.find(v as u32)).or_default();
            *load += pieces[i].load;
            own.push(v);
        }
        let light = apart.values().filter(|(load, _)| *load < band.low).min_by_key(|(load, own)| (*load, own[0]));
        let Some((load, own)) = light.filter(|_| apart.len() > 1) else { return findings };
        let distance = |v: usize, w: usize| {
            let (a, b) = (pieces[members[v]].centre, pieces[members[w]].centre);
            (a[0] - b[0]).hypot(a[1] - b[1])
        };
        let root = sets.find(own[0] as u32);
        let pairs = own.iter().flat_map(|&v| (0..members.len()).map(move |w| (v, w))).filter(|(_, w)| sets.find(*w as u32) != root);
        let Some((v, w)) = pairs.min_by(|x, y| distance(x.0, x.1).total_cmp(&distance(y.0, y.1))) else { return findings };
        let place = if area.name.is_empty() { String::new() } else { format!(" in '{}'", area.name) };
        let message =
            format!("land of load {load}{place} lies apart and is too light for an area of level '{}'; it joins the nearest", rule.name);
        findings.push(Finding::new(Severity::Info, "level-tied", message).id(&rule.name).measured(load.units()).limit(band.low.units()));
        edges.push(Edge { a: v as u32, b: w as u32, cost: 0 });
        sets.union(v as u32, w as u32);
    }
}
