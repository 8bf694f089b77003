//! Zones: groups of units inside one division; each becomes a partition problem.
//!
//! A zone is a whole division, or units of one division grouped by the station that serves them. A division may lie in pieces
//! (exclaves); a piece that is too light for a grid of its own is tied to the nearest unit of another piece, so that the grid which
//! takes it says so by `parts > 1`. Dedicated grids are set aside before.

mod anchors;
mod coverage;
mod dedicated;
mod grouping;
mod hard;
mod locks;
mod remainder;
mod stations;
mod ties;

pub use anchors::pull;
pub use coverage::{CellLand, Coverage, coverage};
pub use dedicated::{Dedicated, dedicated};
pub use locks::{ZoneLock, broken};
pub use stations::{Home, homes};

use crate::cut::{Border, Fabric, Unit};
use crate::finding::{Finding, Severity};
use crate::graph::{Edge, GraphError, UnitGraph};
use crate::measure::{Band, DivisionId, Load, UnitId};
use crate::partition::{Bounds, Count, Locks, PartitionError, Problem, bounds};
use crate::recipe::{Recipe, ZoneRule};
use crate::territory::{Resource, Territory};
use crate::watch::Watch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A zone with the problem to be solved in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Zone {
    /// Division it lies in.
    pub division: DivisionId,
    /// Units behind every vertex of the problem's graph; more than one where a light piece is tied on. Empty where all land is dedicated.
    pub clusters: Vec<Vec<UnitId>>,
    /// Grids that are set aside, as positions in the list that was given.
    pub dedicated: Vec<u32>,
    /// Decisions that it keeps, also as locks of the problem.
    pub locks: Vec<ZoneLock>,
    /// What the partition stage solves: the load, and then the resources in `balanced`.
    pub problem: Problem,
    /// Positions in the territory's resources of those balanced beside the load: of weight, and there is some in the zone.
    pub balanced: Vec<usize>,
    /// Bounds of the load alone, where other resources are balanced with it.
    pub load_bounds: Option<Bounds>,
}

impl Zone {
    /// All its units, also those of the grids that are set aside.
    pub fn units<'a>(&'a self, dedicated: &'a [Dedicated]) -> impl Iterator<Item = UnitId> + 'a {
        self.clusters.iter().flatten().chain(self.dedicated.iter().flat_map(|d| &dedicated[*d as usize].units)).copied()
    }
}

/// Why there are no zones.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneError {
    /// The units make no graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Units of a division could not be grouped.
    #[error("division '{division}' cannot be grouped into zones: {source}")]
    Grouping {
        /// Id of the division.
        division: String,
        /// What went wrong.
        source: PartitionError,
    },
}

/// Stations of every unit with the share of its land that each serves, the largest first.
pub type Shares = [Vec<(u32, f64)>];

/// Grids and zones of a plan that is adjusted, by position in it.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// Grid of every unit of ordinary land that stays in its division; none for land that is new to it.
    pub grid_of_unit: &'a [Option<u32>],
    /// The old grid that every dedicated one is.
    pub grid_of_dedicated: &'a [Option<u32>],
    /// Zone of every old grid.
    pub zone_of_grid: &'a [u32],
}

impl Before<'_> {
    /// The grid that most of the load of some units had, most of the land where they have none.
    pub fn grid_of(&self, fabric: &Fabric, units: &[UnitId]) -> Option<u32> {
        let mut sums: BTreeMap<u32, (Load, f64)> = BTreeMap::new();
        for u in units {
            let Some(g) = self.grid_of_unit[u.at()] else { continue };
            let (load, area) = sums.entry(g).or_default();
            (*load, *area) = (*load + fabric.units[u.at()].balanced, *area + fabric.units[u.at()].area_m2);
        }
        let most = sums.into_iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then(a.1.1.total_cmp(&b.1.1)).then(b.0.cmp(&a.0)));
        most.map(|m| m.0)
    }
}

/// Band of a grid in balanced load, in a division with these `loads` of units and so many dedicated grids beside. O(n log n).
fn band(territory: &Territory, recipe: &Recipe, division: DivisionId, mut loads: Vec<Load>, dedicated: u32) -> Band {
    let (fewest, most) = ordinary_counts(territory, recipe, division, dedicated);
    let tolerance = recipe.grid.tolerance;
    if !recipe.grid.target_from_count || fewest != most {
        return Band::around(territory.base, tolerance);
    }
    loads.sort_unstable();
    let (mut grids, mut total) = (fewest, loads.iter().copied().sum::<Load>());
    loop {
        if total == Load::ZERO {
            return Band { low: Load::ZERO, ..Band::around(Load(1), tolerance) };
        }
        let band = Band::around_mean(total, grids, tolerance);
        // a unit that is too heavy takes a grid of its own, and the mean is that of the others
        match loads.pop().filter(|heaviest| *heaviest > band.high && grids > 1) {
            Some(heaviest) => (grids, total) = (grids - 1, total - heaviest),
            None => return band,
        }
    }
}

/// Fewest and most grids that are not dedicated: those that are count as well.
fn ordinary_counts(territory: &Territory, recipe: &Recipe, division: DivisionId, dedicated: u32) -> (u32, u32) {
    let (fewest, most) = recipe.grid.counts_of(&territory.division(division).id);
    let left = |k: u32| if k == u32::MAX { k } else { k.saturating_sub(dedicated).max(1) };
    (left(fewest), left(most))
}

/// Band of a further resource in a zone with `total` of it and so many grids: their mean, give or take the resource's tolerance.
pub fn resource_band(resource: &Resource, total: Load, grids: u32) -> Band {
    Band::around_mean(total, grids, resource.tolerance).weighing(resource.weight)
}

/// Land of one division on its way to zones: vertices are clusters of units, and after them its dedicated grids.
struct Ground {
    division: DivisionId,
    band: Band,
    clusters: Vec<Vec<UnitId>>,
    dedicated: Vec<u32>,
    /// Borders between clusters over which grids may grow.
    open: Vec<Edge>,
    /// Borders with or between dedicated grids.
    beside: Vec<Edge>,
}

/// Zones of all divisions, in division order and in each from west to east; no zone crosses a division (R1, R24).
///
/// `shares` tells who serves the units, for zones by coverage; without it the units of a division are grouped by load alone. O(n log n), and
/// where units are grouped a partition of each division's stations.
pub fn zones(
    territory: &Territory,
    fabric: &Fabric,
    dedicated: &[Dedicated],
    shares: Option<&Shares>,
    recipe: &Recipe,
    watch: &dyn Watch,
) -> Result<(Vec<Zone>, Vec<Finding>), ZoneError> {
    all(territory, fabric, dedicated, shares, None, (recipe, watch))
}

/// Zones of a plan that is adjusted: the units of a division grouped by the zone that their old grids were in; land that is new to it joins the zone
/// beside it, a division without old land is grouped as [`zones`] does. O(n log n) besides.
pub fn kept_zones(
    territory: &Territory,
    fabric: &Fabric,
    dedicated: &[Dedicated],
    shares: Option<&Shares>,
    before: &Before<'_>,
    recipe: &Recipe,
    watch: &dyn Watch,
) -> Result<(Vec<Zone>, Vec<Finding>), ZoneError> {
    all(territory, fabric, dedicated, shares, Some(before), (recipe, watch))
}

fn all(
    territory: &Territory,
    fabric: &Fabric,
    dedicated: &[Dedicated],
    shares: Option<&Shares>,
    before: Option<&Before<'_>>,
    (recipe, watch): (&Recipe, &dyn Watch),
) -> Result<(Vec<Zone>, Vec<Finding>), ZoneError> {
    let _span = tracing::info_span!("zones", units = fabric.units.len()).entered();
    let mut findings = Vec::new();
    for id in recipe.grid.counts.keys().filter(|id| territory.divisions.iter().all(|d| d.id != **id)) {
        let message = "the recipe gives it a number of grids, but there is no such division; correct [grid.counts]";
        findings.push(Finding::new(Severity::Warning, "count-for-nobody", message).id(id));
    }
    let mut grounds = grounds(territory, fabric, dedicated, recipe, &mut findings);
    let grouped = |ground: &Ground| match recipe.zones {
        ZoneRule::Division => Ok((vec![(0..ground.clusters.len() + ground.dedicated.len()).collect()], Vec::new())),
        ZoneRule::Coverage { low, high } => {
            let range = Band { low, target: Load((low.0 + high.0) / 2).max(Load(1)), high, weight: 1000 };
            let kept = before.and_then(|b| grouping::regroup(territory, fabric, ground, dedicated, b, &range));
            kept.map_or_else(|| grouping::group(territory, fabric, ground, dedicated, shares, range, (recipe, watch)), Ok)
        }
    };
    let grouped: Vec<Result<_, ZoneError>> = grounds.par_iter().map(grouped).collect();
    let mut parts = Vec::with_capacity(grounds.len());
    for (at, (ground, grouped)) in grounds.iter_mut().zip(grouped).enumerate() {
        let (groups, told) = grouped?;
        findings.extend(told);
        parts.extend(ground.parts(groups).into_iter().map(|part| (at, part)));
    }
    let made = parts.into_par_iter().enumerate().map(|(number, (at, part))| zone(territory, fabric, &grounds[at], part, recipe, number));
    let made: Vec<Result<_, GraphError>> = made.collect();
    let (mut zones, edges): (Vec<Zone>, Vec<_>) = made.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    locks::lock(territory, fabric, &mut zones, &mut findings);
    for (zone, edges) in zones.iter_mut().zip(&edges) {
        let grids = before.map_or(0, |b| zone.clusters.iter().filter_map(|c| b.grid_of(fabric, c)).collect::<BTreeSet<_>>().len());
        balance_resources(territory, fabric, zone, edges, grids as u32)?;
    }
    Ok((zones, findings))
}

/// What becomes one zone.
struct Part {
    clusters: Vec<Vec<UnitId>>,
    dedicated: Vec<u32>,
    /// Borders between its clusters, over which grids may grow.
    open: Vec<Edge>,
}

impl Ground {
    /// Takes groups of vertices apart. O(n) for n vertices and borders.
    fn parts(&mut self, groups: Vec<Vec<usize>>) -> Vec<Part> {
        let own = self.clusters.len();
        let nowhere = (usize::MAX, 0);
        // the part of every cluster, and its place there
        let mut at = vec![nowhere; own];
        let mut parts = Vec::with_capacity(groups.len());
        for group in groups {
            let mut part = Part { clusters: Vec::with_capacity(group.len()), dedicated: Vec::new(), open: Vec::new() };
            for v in group {
                if v < own {
                    at[v] = (parts.len(), part.clusters.len() as u32);
                    part.clusters.push(std::mem::take(&mut self.clusters[v]));
                } else {
                    part.dedicated.push(self.dedicated[v - own]);
                }
            }
            parts.push(part);
        }
        for e in std::mem::take(&mut self.open) {
            let (a, b) = (at[e.a as usize], at[e.b as usize]);
            if a.0 == b.0 && a != nowhere {
                parts[a.0].open.push(Edge { a: a.1, b: b.1, cost: e.cost });
            }
        }
        parts
    }
}

/// Clusters and borders of every division.
fn grounds(t: &Territory, fabric: &Fabric, dedicated: &[Dedicated], recipe: &Recipe, findings: &mut Vec<Finding>) -> Vec<Ground> {
    let mut taken = vec![false; fabric.units.len()];
    let mut own: BTreeMap<DivisionId, Vec<u32>> = BTreeMap::new();
    for (i, d) in dedicated.iter().enumerate() {
        d.units.iter().for_each(|u| taken[u.at()] = true);
        own.entry(d.division).or_default().push(i as u32);
    }
    let count = |division| own.get(division).map_or(0, Vec::len) as u32;
    let mut by_division: BTreeMap<DivisionId, Vec<UnitId>> = BTreeMap::new();
    for (i, u) in fabric.units.iter().enumerate() {
        by_division.entry(u.division).or_default().push(UnitId::new(i));
    }
    let loads = |units: &[UnitId]| units.iter().filter(|u| !taken[u.at()]).map(|u| fabric.units[u.at()].balanced).collect();
    let bands: BTreeMap<DivisionId, Band> =
        by_division.iter().map(|(d, units)| (*d, band(t, recipe, *d, loads(units), count(d)))).collect();
    let ties = ties::ties(t, fabric, &by_division, &taken, &bands, findings);
    let mut vertex_of = vec![0u32; fabric.units.len()];
    let mut grounds: Vec<Ground> = Vec::new();
    for (division, units) in &by_division {
        let mut clusters: Vec<Vec<UnitId>> = Vec::new();
        let free = || units.iter().filter(|u| !taken[u.at()]);
        for &u in free().filter(|u| !ties.contains_key(&fabric.units[u.at()].piece)) {
            vertex_of[u.at()] = clusters.len() as u32;
            clusters.push(vec![u]);
        }
        for &u in free() {
            if let Some(anchor) = ties.get(&fabric.units[u.at()].piece) {
                let c = vertex_of[anchor.at()];
                vertex_of[u.at()] = c;
                clusters[c as usize].push(u);
            }
        }
        let own = own.get(division).cloned().unwrap_or_default();
        for (k, &d) in own.iter().enumerate() {
            dedicated[d as usize].units.iter().for_each(|u| vertex_of[u.at()] = (clusters.len() + k) as u32);
        }
        grounds.push(Ground { division: *division, band: bands[division], clusters, dedicated: own, open: Vec::new(), beside: Vec::new() });
    }
    let mut ground_of = vec![0; t.divisions.len()];
    grounds.iter().enumerate().for_each(|(i, g)| ground_of[g.division.at()] = i);
    let pull = anchors::pull(t, fabric, recipe);
    let mut borders: Vec<Vec<(&Border, Edge)>> = vec![Vec::new(); grounds.len()];
    for (b, pull) in fabric.borders.iter().zip(pull) {
        let Some(other) = b.b else { continue };
        let (da, db) = (fabric.units[b.a.at()].division, fabric.units[other.at()].division);
        if da != db {
            continue;
        }
        let cost = (u128::from(b.cost) * u128::from(pull) / 1000).clamp(b.cost.min(1).into(), u32::MAX.into()) as u32;
        let edge = Edge { a: vertex_of[b.a.at()], b: vertex_of[other.at()], cost };
        let at = ground_of[da.at()];
        if taken[b.a.at()] || taken[other.at()] {
            grounds[at].beside.push(edge);
        } else {
            borders[at].push((b, edge));
        }
    }
    for (ground, borders) in grounds.iter_mut().zip(borders) {
        ground.open = hard::open_edges(t, fabric, &ground.clusters, borders, recipe.barriers.hard_from, ground.band.low, findings);
    }
    grounds
}

/// The zone of a part, the `number`th of all, and its open edges.
fn zone(
    t: &Territory,
    fabric: &Fabric,
    ground: &Ground,
    Part { clusters, dedicated, open }: Part,
    recipe: &Recipe,
    number: usize,
) -> Result<(Zone, Vec<Edge>), GraphError> {
    let count = match ordinary_counts(t, recipe, ground.division, ground.dedicated.len() as u32) {
        (fewest, most) if recipe.grid.count_holds => Count::Between(fewest, most),
        _ => Count::ForBand,
    };
    // every zone draws from its own stream, whatever the others do
    let seed = recipe.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number as u64);
    let graph = graph(t, fabric, &clusters, &[], &open)?;
    let problem = Problem { graph, bands: vec![ground.band], count, locks: Locks::default(), seed, effort: recipe.effort };
    let zone = Zone { division: ground.division, clusters, dedicated, locks: Vec::new(), problem, balanced: Vec::new(), load_bounds: None };
    Ok((zone, open))
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

/// Adds the resources that are to be balanced in a zone to its problem; it had `before` grids, which is as good a number as any if the load fits it.
fn balance_resources(t: &Territory, fabric: &Fabric, zone: &mut Zone, edges: &[Edge], before: u32) -> Result<(), GraphError> {
    let total = |r: usize| zone.clusters.iter().flatten().map(|u| fabric.units[u.at()].resources[r]).sum::<Load>();
    let of_weight = (0..t.resources.len()).filter(|&r| t.resources[r].weight > 0.0);
    let totals: Vec<(usize, Load)> = of_weight.map(|r| (r, total(r))).filter(|x| x.1 > Load::ZERO).collect();
    if totals.is_empty() {
        return Ok(());
    }
    // what is wrong with the problem is told when it is solved
    let Ok(load_bounds) = bounds(&zone.problem) else { return Ok(()) };
    let load_bounds = as_before(&zone.problem, before).unwrap_or(load_bounds);
    // the load alone decides how many grids there are, and so what a grid should have of the others
    let grids = load_bounds.grids() + zone.problem.locks.frozen.len() as u32;
    zone.balanced = totals.iter().map(|x| x.0).collect();
    zone.load_bounds = Some(load_bounds);
    zone.problem.graph = graph(t, fabric, &zone.clusters, &zone.balanced, edges)?;
    zone.problem.bands.extend(totals.iter().map(|&(r, total)| resource_band(&t.resources[r], total, grids)));
    zone.problem.count = Count::Between(grids, grids);
    Ok(())
}

/// Bounds with so many grids, where the recipe allows as many and the load fits them in every connected piece.
fn as_before(problem: &Problem, grids: u32) -> Option<Bounds> {
    let (fewest, most) = match problem.count {
        Count::ForBand => (1, u32::MAX),
        Count::Between(fewest, most) => (fewest, most),
        Count::Exactly(k) => (k, k),
    };
    let kept = Problem { count: Count::Between(grids, grids), ..problem.clone() };
    let bounds = bounds(&kept).ok().filter(|_| (fewest.max(1)..=most).contains(&grids))?;
    let fits = bounds.components.iter().all(|c| c.has_room(&problem.bands[..1]));
    (fits && bounds.grids() + problem.locks.frozen.len() as u32 == grids).then_some(bounds)
}
