use super::*;
use crate::attach::{Attachment, characters, class_counts, halls};
use crate::cut::{Fabric, FabricEdge};
use crate::measure::{Band, GridId, LOAD, Load, LockKind, UnitId};
use crate::partition::{Culprit, Outcome, Partitioned, SOLVER, Standing};
use crate::recipe::{ORDINARY, Recipe, ZoneRule};
use crate::territory::layers::Layers;
use crate::territory::{BarrierLayer, DemandPoint, Resource, Station, Territory};
use crate::zones::{Dedicated, Home, Zone};
use crate::{cut::rings, zones};
use petgraph::unionfind::UnionFind;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::f64::consts::PI;

/// Grid of every unit and zone of every grid, from the zones' assignments. Grids of a zone are numbered from west
/// to east, then from north to south, and after them its dedicated grids likewise.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Grid of every unit.
    pub grid_of_unit: Vec<GridId>,
    /// Position of the zone of every grid.
    pub zone_of_grid: Vec<u32>,
    /// Position in the list of dedicated grids of every grid that is one.
    pub dedicated: Vec<Option<u32>>,
}

impl Parts {
    /// Joins the assignments of all zones in zone order.
    pub fn new(fabric: &Fabric, zones: &[Zone], dedicated: &[Dedicated], solved: &[Partitioned]) -> Parts {
        let mut parts = Parts { grid_of_unit: vec![GridId(0); fabric.units.len()], zone_of_grid: Vec::new(), dedicated: Vec::new() };
        for (z, (zone, done)) in zones.iter().zip(solved).enumerate() {
            let mut ordinary: Vec<Vec<UnitId>> = vec![Vec::new(); done.assignment.grids()];
            for (cluster, &part) in zone.clusters.iter().zip(done.assignment.part_of()) {
                ordinary[part as usize].extend(cluster);
            }
            let set_aside: Vec<Vec<UnitId>> = zone.dedicated.iter().map(|&d| dedicated[d as usize].units.clone()).collect();
            for g in fabric.west_to_east(&ordinary) {
                parts.push(z, None, &ordinary[g]);
            }
            for g in fabric.west_to_east(&set_aside) {
                parts.push(z, Some(zone.dedicated[g]), &set_aside[g]);
            }
        }
        parts
    }

    fn push(&mut self, zone: usize, dedicated: Option<u32>, units: &[UnitId]) {
        let grid = GridId::new(self.zone_of_grid.len());
        units.iter().for_each(|u| self.grid_of_unit[u.at()] = grid);
        self.zone_of_grid.push(zone as u32);
        self.dedicated.push(dedicated);
    }
}

#[derive(Default, Clone)]
struct Tally {
    load: Load,
    balanced: Load,
    resources: Vec<Load>,
    area_m2: f64,
    units: u32,
    perimeter_m: f64,
    along_barrier_m: f64,
    /// None of those that have no point in it.
    by_settlement: Vec<Option<Load>>,
    moments: Moments,
}

/// Moments of land, summed along its border by Green's theorem.
#[derive(Default, Clone, Copy)]
struct Moments {
    area: f64,
    first: [f64; 2],
    second: f64,
}

impl Moments {
    /// Adds a piece of border, from `a` to `b` with the land on the left, metres.
    fn add(&mut self, a: [f64; 2], b: [f64; 2]) {
        let turn = a[0] * b[1] - b[0] * a[1];
        self.area += turn / 2.0;
        for k in 0..2 {
            self.first[k] += turn * (a[k] + b[k]) / 6.0;
            self.second += turn * (a[k] * a[k] + a[k] * b[k] + b[k] * b[k]) / 12.0;
        }
    }

    fn inertia(&self) -> f64 {
        let about_centre = self.second - (self.first[0] * self.first[0] + self.first[1] * self.first[1]) / self.area;
        (self.area * self.area / (2.0 * PI * about_centre).max(1e-9)).clamp(0.0, 1.0)
    }
}

/// The plan of assignments already made, without levels, codes and backups; `identity` names every grid and zone. O(n log n).
#[allow(clippy::too_many_arguments)]
pub fn make(
    layers: &Layers,
    territory: &Territory,
    fabric: &Fabric,
    zones: &[Zone],
    dedicated: &[Dedicated],
    homes: &[Home],
    solved: &[Partitioned],
    parts: &Parts,
    attachments: Vec<Attachment>,
    identity: &Identity,
    recipe: &Recipe,
) -> Plan {
    let _span = tracing::info_span!("plan", units = fabric.units.len()).entered();
    let grids = parts.zone_of_grid.len();
    let (tally, (connected, (fabric_rows, attachments))) = rayon::join(
        || tallies(territory, fabric, parts),
        || {
            rayon::join(
                || connected_parts(fabric, &parts.grid_of_unit, grids),
                || rayon::join(|| plan_fabric(territory, fabric, zones, parts), || attached(territory, attachments)),
            )
        },
    );
    let zone_id = |z: u32| identity.zones.ids[z as usize].clone();
    let standing = standings(zones, solved, parts);
    let mut locks = locks(territory, zones, parts);
    let resource_bands: Vec<_> =
        zones.iter().zip(solved).map(|(zone, done)| resource_bands(territory, fabric, zone, done.assignment.grids() as u32)).collect();
    let mut classes = class_counts(territory, fabric, &parts.grid_of_unit, grids, recipe);
    let mut characters = characters(territory, fabric, &parts.grid_of_unit, &classes, recipe);
    let mut halls = halls(territory, fabric, &parts.grid_of_unit, grids, recipe);
    let mut rows = Vec::with_capacity(grids);
    for (g, (t, &z)) in tally.iter().zip(&parts.zone_of_grid).enumerate() {
        let division = territory.division(zones[z as usize].division);
        let band = zones[z as usize].problem.bands[0];
        let (households, worth) = (t.load.units(), t.balanced.0 as f64 / band.target.0 as f64);
        let nothing = t.balanced == Load::ZERO && band.low == Load::ZERO;
        let set_aside = parts.dedicated[g].map(|d| &dedicated[d as usize]);
        // with several classes the target is the load that makes exactly one grid of this mix; a dedicated grid is as large as it is
        let (target, deviation) = match set_aside {
            Some(_) => (households, 0.0),
            None if nothing => (0.0, 0.0),
            None if worth > 0.0 => (households / worth, band.deviation(t.balanced)),
            None => (territory.settlements[0].target.units(), band.deviation(t.balanced)),
        };
        let resources = || territory.resources.iter().zip(&resource_bands[z as usize]).zip(&t.resources).map(|((r, b), l)| (r, b, *l));
        let off = |band: &Option<Band>, load: Load| band.filter(|_| set_aside.is_none()).map_or(0.0, |b| b.deviation(load));
        let mut balanced = resources().filter(|(r, ..)| r.weight > 0.0);
        let even = |b: &Band, load: Load| b.violation(load) == Load::ZERO;
        let in_band =
            set_aside.is_some() || (even(&band, t.balanced) && balanced.clone().all(|(_, b, load)| b.is_none_or(|b| even(&b, load))));
        let light = if in_band {
            "green"
        } else if deviation.abs() <= 2.0 * recipe.grid.tolerance && balanced.all(|(r, b, load)| off(b, load).abs() <= 2.0 * r.tolerance) {
            "yellow"
        } else {
            "red"
        };
        let (id, past) = (&identity.grids.ids[g], &identity.of_grid[g]);
        // settlement 0 is none
        let settled = t.by_settlement.iter().enumerate().skip(1).filter_map(|(s, load)| Some((s, (*load)?)));
        let main = settled.max_by_key(|&(s, load)| (load, std::cmp::Reverse(s)));
        rows.push(PlanGrid {
            grid_id: id.clone(),
            code: id.clone(),
            zone_id: zone_id(z),
            division_id: division.id.clone(),
            areas: BTreeMap::new(),
            kind: set_aside.map_or(ORDINARY, |d| &recipe.kinds[d.rule].kind).into(),
            name: set_aside.and_then(|d| d.name.clone()),
            expected_load: set_aside.and_then(|d| d.expected_load).map(Load::units),
            settlement: main.map(|s| territory.settlements[s.0].name.clone()),
            households,
            load: std::iter::once((LOAD.to_string(), households)).chain(amounts(territory, &t.resources)).collect(),
            target: round(target, 6),
            deviation: round(deviation, 9),
            deviations: resources().map(|(r, b, load)| (r.name.clone(), round(off(b, load), 9))).collect(),
            character: characters[g].take().filter(|_| set_aside.is_none()),
            classes: std::mem::take(&mut classes[g]),
            halls: halls.get_mut(g).map(std::mem::take),
            in_band,
            standing: standing[g],
            frozen: locks[g].0,
            locks: std::mem::take(&mut locks[g].1),
            light: light.into(),
            units: t.units,
            parts: connected[g],
            logical: set_aside.is_some_and(|d| d.logical),
            area_m2: round(t.area_m2, 2),
            compactness: round((4.0 * PI * t.area_m2 / (t.perimeter_m * t.perimeter_m).max(1e-9)).min(1.0), 4),
            inertia: round(t.moments.inertia(), 4),
            barrier_share: round(t.along_barrier_m / t.perimeter_m.max(1e-9), 4),
            officer: past.officer.clone(),
            backup_grid_id: None,
            second_backup_grid_id: None,
            valid_from: past.valid_from.clone(),
            parents: past.parents.clone(),
        });
    }
    let mut grids_of = vec![Vec::new(); zones.len()];
    parts.zone_of_grid.iter().enumerate().for_each(|(g, &z)| grids_of[z as usize].push(g));
    let stations_of = stations_of(territory, homes, zones.len());
    let zone_rows = zones.par_iter().zip(solved).zip(&grids_of).enumerate().map(|(z, ((zone, done), own))| {
        let division = territory.division(zone.division);
        let units = || zone.units(dedicated).map(|u| &fabric.units[u.at()]);
        let stations = &stations_of[z];
        // where a division is several zones, each is called after the station that serves most of it
        let station = stations.first().filter(|_| recipe.zones != ZoneRule::Division).map(|&s| &territory.stations[s]);
        let name = match station {
            Some(s) => format!("{} · {}", division.name, s.name),
            None => division.name.clone(),
        };
        PlanZone {
            zone_id: zone_id(z as u32),
            name,
            stations: stations.iter().map(|&s| territory.stations[s].id.clone()).collect(),
            division_id: division.id.clone(),
            grids: own.iter().map(|&g| rows[g].grid_id.clone()).collect(),
            households: units().map(|u| u.load).sum::<Load>().units(),
            dedicated: own.iter().map(|&g| &rows[g]).filter(|g| !g.is_ordinary()).map(|g| g.grid_id.clone()).collect(),
            dedicated_households: own.iter().map(|&g| &rows[g]).filter(|g| !g.is_ordinary()).map(|g| g.households).sum(),
            area_m2: round(units().map(|u| u.area_m2).sum(), 2),
            bound: ZoneBound {
                resources: zone_resources(territory, fabric, zone, &resource_bands[z], own.iter().map(|&g| &rows[g])),
                relaxed: relaxed(own.iter().map(|&g| &rows[g]).filter(|g| g.is_ordinary()), recipe),
                ..bound(territory, fabric, parts, zone, done, own, &rows)
            },
        }
    });
    let zone_rows = zone_rows.collect();
    let station = |(s, h): (&Station, &Home)| PlanStation {
        station_id: s.id.clone(),
        name: s.name.clone(),
        zone_id: h.zone.map(|z| zone_id(z.0)),
        share: round(h.share, 6),
        households: round(h.load.units(), 3),
        area_m2: round(h.area_m2, 2),
    };
    let mut inputs: Vec<Input> = Vec::new();
    for s in &layers.sources {
        match inputs.iter_mut().find(|i| i.layer == s.layer) {
            Some(whole) => whole.features += s.features,
            None => inputs.push(Input { layer: s.layer.to_string(), content: s.content.clone(), features: s.features }),
        }
    }
    Plan {
        schema: SCHEMA,
        provenance: Provenance {
            engine: concat!("evengrid ", env!("CARGO_PKG_VERSION")).into(),
            solver: SOLVER.into(),
            recipe: recipe.clone(),
            inputs,
            plane_name: territory.plane.name(),
            plane: territory.plane,
        },
        next_serial: identity.grids.next,
        next_zone_serial: identity.zones.next,
        zones: zone_rows,
        levels: Vec::new(),
        grids: rows,
        stations: territory.stations.iter().zip(homes).map(station).collect(),
        served: Vec::new(),
        fabric: fabric_rows,
        attachments,
    }
}

fn attached(territory: &Territory, attachments: Vec<Attachment>) -> Vec<PlanAttachment> {
    let row = |(p, a): (&DemandPoint, Attachment)| PlanAttachment {
        entity: p.id.clone(),
        grid: a.grid.map(|g| g.0),
        rule: a.rule,
        distance_m: a.distance_m.is_finite().then(|| round(a.distance_m, 2)),
        runner_up: a.runner_up.map(|g| g.0),
    };
    territory.points.par_iter().zip(attachments).map(row).collect()
}

/// Stations by their home zone, the one that serves most of the load first.
fn stations_of(t: &Territory, homes: &[Home], zones: usize) -> Vec<Vec<usize>> {
    let mut of = vec![Vec::new(); zones];
    homes.iter().enumerate().for_each(|(s, home)| home.zone.into_iter().for_each(|z| of[z.at()].push(s)));
    for own in &mut of {
        own.sort_by(|&a, &b| (homes[b].load, &t.stations[a].id).cmp(&(homes[a].load, &t.stations[b].id)));
    }
    of
}

pub(super) fn round(x: f64, digits: i32) -> f64 {
    let p = 10f64.powi(digits);
    (x * p).round() / p
}

/// Standing of every grid.
fn standings(zones: &[Zone], solved: &[Partitioned], parts: &Parts) -> Vec<Standing> {
    let mut out = vec![Standing::InBand; parts.zone_of_grid.len()];
    for (zone, done) in zones.iter().zip(solved) {
        for (cluster, &part) in zone.clusters.iter().zip(done.assignment.part_of()) {
            out[parts.grid_of_unit[cluster[0].at()].at()] = done.standings[part as usize];
        }
    }
    out
}

/// Whether each grid is frozen, and the ids of the locks that concern it.
fn locks(t: &Territory, zones: &[Zone], parts: &Parts) -> Vec<(bool, Vec<String>)> {
    let mut out = vec![(false, Vec::new()); parts.zone_of_grid.len()];
    for l in zones.iter().flat_map(|z| &z.locks) {
        let grids: BTreeSet<GridId> = l.units.iter().map(|u| parts.grid_of_unit[u.at()]).collect();
        for g in grids {
            let (frozen, ids) = &mut out[g.at()];
            *frozen |= t.locks[l.lock].kind == LockKind::Frozen;
            ids.push(t.locks[l.lock].id.clone());
        }
    }
    out
}

/// What a unit or grid carries of every further resource.
fn amounts<'a>(t: &'a Territory, loads: &'a [Load]) -> impl Iterator<Item = (String, f64)> + 'a {
    t.resources.iter().zip(loads).map(|(r, l)| (r.name.clone(), l.units()))
}

/// Band of every further resource of the territory in a zone with so many grids; none where the zone has nothing of it.
fn resource_bands(t: &Territory, fabric: &Fabric, zone: &Zone, grids: u32) -> Vec<Option<Band>> {
    let total = |r: usize| zone.clusters.iter().flatten().map(|u| fabric.units[u.at()].resources[r]).sum::<Load>();
    let band = |(r, resource)| Some(total(r)).filter(|all| *all > Load::ZERO).map(|all| zones::resource_band(resource, all, grids));
    t.resources.iter().enumerate().map(band).collect()
}

fn zone_resources<'a>(
    t: &Territory,
    fabric: &Fabric,
    zone: &Zone,
    bands: &[Option<Band>],
    grids: impl Iterator<Item = &'a PlanGrid> + Clone,
) -> BTreeMap<String, ZoneResource> {
    let one = |(r, (resource, band)): (usize, (&Resource, &Option<Band>))| {
        let heaviest = zone.clusters.iter().map(|c| c.iter().map(|u| fabric.units[u.at()].resources[r]).sum::<Load>()).max();
        let possible = band.zip(heaviest).map_or(0.0, |(b, load)| b.deviation(load));
        let reached = grids.clone().map(|g| g.deviations[&resource.name].abs()).fold(0.0, f64::max);
        let mean = band.map_or(0.0, |b| b.target.units());
        let row = ZoneResource { mean, possible_deviation: round(possible.max(0.0), 6), reached_deviation: round(reached, 6) };
        (resource.name.clone(), row)
    };
    t.resources.iter().zip(bands).enumerate().map(one).collect()
}

/// Bounds and outcome of a zone, but for its further resources and wider bands.
fn bound(t: &Territory, fabric: &Fabric, parts: &Parts, zone: &Zone, done: &Partitioned, own: &[usize], rows: &[PlanGrid]) -> ZoneBound {
    let bands = &zone.problem.bands;
    let worth: Load = zone.clusters.iter().flatten().map(|u| fabric.units[u.at()].balanced).sum();
    // bounds of the load alone hold for the counts they were made for
    let (solved, alone) = (&done.bounds.components, zone.load_bounds.as_ref().map_or(&done.bounds, |b| b).components.iter());
    let components: Vec<_> = alone.zip(solved).filter(|(alone, solved)| alone.grids == solved.grids).map(|(alone, _)| alone).collect();
    let least: Vec<_> = solved.iter().map(|c| c.least_violation()).collect();
    let taken = components.iter().map(|c| c.deviation.assumes).chain(least.iter().map(|b| b.assumes));
    let locked = (!zone.locks.is_empty()).then(|| LOCKED.to_string());
    let assumes: BTreeSet<String> = taken.map(|a| a.to_string()).chain(locked).collect();
    let frozen = zone.problem.locks.frozen.iter().filter_map(|units| units.first());
    let frozen: i64 = frozen.map(|v| done.assignment.violation(done.assignment.part_of()[v.at()] as usize, bands)).sum();
    let culprit = |c: &Culprit| {
        let unit = &fabric.units[zone.clusters[c.unit.at()][0].at()];
        let group = || c.group.iter().flat_map(|v| &zone.clusters[v.at()]);
        // the first that is too much
        let over = (0..bands.len()).find(|&i| bands[i].violation(c.loads[i]) > Load::ZERO).unwrap_or(0);
        let grids: BTreeSet<GridId> = group().map(|u| parts.grid_of_unit[u.at()]).collect();
        PlanCulprit {
            unit: unit.key.clone(),
            place: unit.inner.lon_lat(),
            units: group().count() as u32,
            resource: over.checked_sub(1).map(|r| t.resources[zone.balanced[r]].name.clone()),
            worth: round(1.0 + bands[over].deviation(c.loads[over]), 6),
            grids: grids.into_iter().map(|g| rows[g.at()].grid_id.clone()).collect(),
        }
    };
    ZoneBound {
        grids_worth: round(worth.0 as f64 / bands[0].target.0 as f64, 6),
        count_feasible: components.iter().all(|c| c.has_room(&bands[..1])),
        possible_deviation: round(components.iter().map(|c| c.deviation.value[0]).fold(0.0, f64::max), 6),
        reached_deviation: round(own.iter().map(|&g| rows[g].deviation.abs()).fold(0.0, f64::max), 6),
        possible_violation: round((frozen + least.iter().map(|b| b.value).sum::<i64>()) as f64 / 1e6, 6),
        reached_violation: round(done.score.violation as f64 / 1e6, 6),
        proven: solved.iter().all(|c| c.searched.is_some()),
        out_of_band: own.iter().filter(|&&g| !rows[g].in_band).count() as u32,
        forced: own.iter().filter(|&&g| rows[g].standing == Standing::Forced).count() as u32,
        outcome: match done.outcome {
            Outcome::Optimal => "optimal".into(),
            Outcome::WithinGap(gap) => format!("within {:.2} % of the least possible violation", 100.0 * gap),
            _ => "work limit".into(),
        },
        assumes: assumes.into_iter().collect(),
        culprits: done.bounds.culprits.iter().map(culprit).collect(),
        resources: BTreeMap::new(),
        relaxed: Vec::new(),
    }
}

/// Wider bands of the load, each just wide enough for one more grid, in tenths of a percent rounded up.
fn relaxed<'a>(grids: impl Iterator<Item = &'a PlanGrid> + Clone, recipe: &Recipe) -> Vec<Relaxed> {
    let width = |g: &PlanGrid| (g.deviation.abs() * 1000.0 - 1e-6).ceil() as u32;
    let widths: BTreeSet<u32> = grids.clone().filter(|g| !g.load_in_band(recipe)).map(width).collect();
    let held = |w: u32| grids.clone().filter(|g| g.load_in_band(recipe) || width(g) <= w).count() as u32;
    widths.into_iter().map(|w| Relaxed { tolerance: f64::from(w) / 1000.0, in_band: held(w) }).collect()
}

fn tallies(t: &Territory, fabric: &Fabric, parts: &Parts) -> Vec<Tally> {
    let empty =
        Tally { resources: vec![Load::ZERO; t.resources.len()], by_settlement: vec![None; t.settlements.len()], ..Tally::default() };
    let mut tally = vec![empty; parts.zone_of_grid.len()];
    for (u, g) in fabric.units.iter().zip(&parts.grid_of_unit) {
        let row = &mut tally[g.at()];
        row.load += u.load;
        row.balanced += u.balanced;
        row.resources.iter_mut().zip(&u.resources).for_each(|(sum, l)| *sum += *l);
        row.area_m2 += u.area_m2;
        row.units += 1;
    }
    for (p, u) in t.points.iter().zip(&fabric.unit_of_point) {
        if let Some(u) = u {
            let sum = &mut tally[parts.grid_of_unit[u.at()].at()].by_settlement[p.settlement as usize];
            *sum = Some(sum.unwrap_or_default() + p.load);
        }
    }
    let grid = |u: Option<UnitId>| u.map(|u| parts.grid_of_unit[u.at()]);
    for e in &fabric.edges {
        let (l, r) = (grid(e.left), grid(e.right));
        if l == r {
            continue;
        }
        let length = t.plane.distance_m(e.a, e.b);
        let class = &t.classes[e.class as usize];
        let (a, b) = (t.plane.metres(e.a), t.plane.metres(e.b));
        l.iter().for_each(|g| tally[g.at()].moments.add(a, b));
        r.iter().for_each(|g| tally[g.at()].moments.add(b, a));
        for g in [l, r].into_iter().flatten() {
            tally[g.at()].perimeter_m += length;
            if class.layer != BarrierLayer::None && class.strength > 0 {
                tally[g.at()].along_barrier_m += length;
            }
        }
    }
    tally
}

/// Connected parts of every grid, over borders of positive length.
fn connected_parts(fabric: &Fabric, grid_of_unit: &[GridId], grids: usize) -> Vec<u32> {
    let mut sets = UnionFind::<u32>::new(fabric.units.len());
    for b in &fabric.borders {
        if let Some(o) = b.b
            && grid_of_unit[b.a.at()] == grid_of_unit[o.at()]
        {
            sets.union(b.a.0, o.0);
        }
    }
    let mut roots = vec![BTreeSet::new(); grids];
    for (u, g) in grid_of_unit.iter().enumerate() {
        roots[g.at()].insert(sets.find(u as u32));
    }
    roots.iter().map(|r| r.len() as u32).collect()
}

fn plan_fabric(t: &Territory, fabric: &Fabric, zones: &[Zone], parts: &Parts) -> PlanFabric {
    let target = |g: &GridId| zones[parts.zone_of_grid[g.at()] as usize].problem.bands[0].target;
    let unit = |(u, g): (&crate::cut::Unit, &GridId)| PlanUnit {
        key: u.key.clone(),
        grid: g.0,
        households: u.load.units(),
        resources: amounts(t, &u.resources).collect(),
        worth: round(u.balanced.0 as f64 / target(g).0 as f64, 9),
        area_m2: round(u.area_m2, 2),
    };
    PlanFabric {
        classes: t.classes.clone(),
        units: fabric.units.iter().zip(&parts.grid_of_unit).map(unit).collect(),
        arcs: arcs(&fabric.edges),
    }
}

/// Joins pieces of border end to end where nothing else meets them. O(n log n).
fn arcs(edges: &[FabricEdge]) -> Vec<Arc> {
    // ends of edges by place, each with twice the number of its edge, and one more where it is the second
    let mut ends: Vec<(Pt, u32)> = (0..).step_by(2).zip(edges).map(|(i, e)| (e.a, i)).collect();
    ends.extend((1..).step_by(2).zip(edges).map(|(i, e)| (e.b, i)));
    ends.par_sort_unstable();
    // the one other end at the place of each, where there is one
    let mut meets = vec![None; ends.len()];
    for here in ends.chunk_by(|x, y| x.0 == y.0) {
        if let &[(_, x), (_, y)] = here {
            (meets[x as usize], meets[y as usize]) = (Some(y), Some(x));
        }
    }
    let mut used = vec![false; edges.len()];
    // the far end of the edge that goes on from an end, the same on both sides as one seen with these sides
    let follow = |end: u32, used: &[bool], left: Option<UnitId>, right: Option<UnitId>, class: u16| {
        let near: u32 = meets[end as usize]?;
        let e = &edges[near as usize / 2];
        let (l, r) = if near.is_multiple_of(2) { (e.left, e.right) } else { (e.right, e.left) };
        (!used[near as usize / 2] && l == left && r == right && e.class == class).then_some(near ^ 1)
    };
    let at = |end: u32| if end.is_multiple_of(2) { edges[end as usize / 2].a } else { edges[end as usize / 2].b };
    let (mut out, mut line) = (Vec::new(), VecDeque::new());
    for i in 0..edges.len() {
        if used[i] {
            continue;
        }
        used[i] = true;
        let (e, mut ends) = (&edges[i], [2 * i as u32, 2 * i as u32 + 1]);
        line.extend([e.a, e.b]);
        while let Some(far) = follow(ends[1], &used, e.left, e.right, e.class) {
            used[far as usize / 2] = true;
            line.push_back(at(far));
            ends[1] = far;
        }
        while let Some(far) = follow(ends[0], &used, e.right, e.left, e.class) {
            used[far as usize / 2] = true;
            line.push_front(at(far));
            ends[0] = far;
        }
        let mut last = Pt::default();
        let mut steps = Vec::with_capacity(2 * line.len());
        for p in line.drain(..) {
            steps.extend([p.x - last.x, p.y - last.y]);
            last = p;
        }
        out.push(Arc { left: e.left.map(|u| u.0), right: e.right.map(|u| u.0), class: e.class, steps });
    }
    out
}

impl Plan {
    /// Land of every grid: polygons of outer ring and holes.
    pub fn grid_land(&self) -> Vec<Vec<crate::territory::lattice::Rings>> {
        let sides = self.sides(|u| self.fabric.units[u as usize].grid + 1);
        rings::polygons(&sides, self.grids.len() + 1).split_off(1)
    }

    /// Land of every zone.
    pub fn zone_land(&self) -> Vec<Vec<crate::territory::lattice::Rings>> {
        let index: BTreeMap<&str, u32> = self.zones.iter().enumerate().map(|(i, z)| (z.zone_id.as_str(), i as u32 + 1)).collect();
        let zone: Vec<u32> = self.grids.iter().map(|g| index.get(g.zone_id.as_str()).copied().unwrap_or(0)).collect();
        let sides = self.sides(|u| zone[self.fabric.units[u as usize].grid as usize]);
        rings::polygons(&sides, self.zones.len() + 1).split_off(1)
    }
}
