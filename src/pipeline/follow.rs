//! What a plan that follows on from another needs, whoever decides on its grids: old grids of units, zones as they were, ids, changes (R40).

use super::balance::Work;
use super::{Drawn, Error, Ground, Solved, finish};
use crate::finding::Finding;
use crate::measure::{Load, UnitId};
use crate::partition::{Adjusted, Partitioned};
use crate::plan::series::{Day, Stamp};
use crate::plan::{
    Ancestry, Budget, Changes, Difference, GridPast, IdOf, Identity, Ids, Parts, Past, Plan, Why, ZoneFigures, changes, flows, matched,
};
use crate::recipe::Recipe;
use crate::territory::layers::Layers;
use crate::watch::Watch;
use crate::zones::{Before, Zone, kept_zones};
use std::collections::{BTreeMap, BTreeSet};

/// A plan on new ground.
pub(super) struct Follow<'a> {
    pub plan: &'a Plan,
    pub ground: Ground,
    pub ancestry: Ancestry,
    /// The old grid that every dedicated one is.
    pub dedicated_was: Vec<Option<u32>>,
    /// Zones as they were.
    pub zones: Vec<Zone>,
    /// What was told of zones.
    pub findings: Vec<Finding>,
    /// The old grid that every unit is to keep.
    pub kept: Vec<Option<u32>>,
    /// The old grid of every vertex of every zone.
    pub previous: Vec<Vec<Option<u32>>>,
    zone_was: Vec<Option<u32>>,
}

/// What was decided on the grids of a plan.
pub(super) struct Decided<'a> {
    pub past: Past<'a>,
    /// Zones with their grids.
    pub adjusted: Vec<Adjusted>,
    /// What may move in every zone, where that was limited.
    pub budgets: Vec<Option<Load>>,
    pub budget: Option<Budget>,
    /// Why land moved that nothing forced to.
    pub by: Why,
    /// First day of the new plan.
    pub valid_from: Option<Day>,
}

impl<'a> Follow<'a> {
    /// Zones and old grids of the units, from what [`kept`] says.
    pub fn new(
        plan: &'a Plan,
        ground: Ground,
        ancestry: Ancestry,
        kept: Vec<Option<u32>>,
        dedicated_was: Vec<Option<u32>>,
        (recipe, watch): (&Recipe, &dyn Watch),
    ) -> Result<Follow<'a>, Error> {
        let (zones, findings, mut kept) = zones(plan, &ground, kept, &dedicated_was, (recipe, watch))?;
        let zone_was = zone_was(plan, &ground, &zones, &kept);
        let previous = zones.iter().map(|z| previous(z, &mut kept)).collect();
        Ok(Follow { plan, ground, ancestry, dedicated_was, zones, findings, kept, previous, zone_was })
    }

    /// What of the plan is as it was, where every unit is to have the grid in `kept`.
    pub fn past(&self, kept: &[Option<u32>], recipe: &Recipe) -> Past<'a> {
        let Ground { territory, fabric, dedicated, .. } = &self.ground;
        Past::new(self.plan, self.zone_was.clone(), &self.ancestry, kept, territory, fabric, &self.zones, dedicated, recipe)
    }

    /// Load of every zone that moves without a decision.
    pub fn by_itself(&self) -> Vec<(Load, Load)> {
        by_itself(&self.ground, &self.zones, &self.ancestry, &self.kept)
    }

    /// The work in the zones, of which `same` did not change.
    pub fn work<'w>(&'w self, same: &'w [bool], watch: &'w dyn Watch) -> Work<'w> {
        Work { ground: &self.ground, zones: &self.zones, ancestry: &self.ancestry, previous: &self.previous, same, watch }
    }

    /// The plan with these grids, and what changed.
    pub fn conclude(self, decided: Decided<'a>, layers: &Layers, recipe: &Recipe, watch: &dyn Watch) -> Result<(Drawn, Changes), Error> {
        let Decided { past, adjusted, budgets, budget, by, valid_from } = decided;
        let (work, by_itself) = (self.work(&past.same, watch), self.by_itself());
        let figures = |z: usize| ZoneFigures { budget: budgets[z].map(Load::units), ..work.figures(z, &adjusted[z], by_itself[z]) };
        let figures: Vec<ZoneFigures> = (0..self.zones.len()).map(figures).collect();
        let Follow { plan, ground, ancestry, dedicated_was, zones, findings, kept, .. } = self;
        let (solved, was): (Vec<Partitioned>, Vec<Vec<Option<u32>>>) = adjusted.into_iter().map(|a| (a.partitioned, a.was)).unzip();
        let parts = Parts::new(&ground.fabric, &zones, &ground.dedicated, &solved);
        let grid_was = grid_was(&zones, &solved, &was, &parts, &dedicated_was);
        let identity = identity(plan, &ground, &ancestry, &parts, &grid_was, &past.zone_was, valid_from.map(|d| d.to_string()));
        let drawn = finish(layers, ground, Solved { zones, solved, parts, findings }, &identity, Some(&past), recipe, watch)?;
        let changes = changes(&Difference {
            old: plan,
            new: &drawn.plan,
            territory: &drawn.territory,
            fabric: &drawn.fabric,
            ancestry: &ancestry,
            kept: &kept,
            grid_was: &grid_was,
            valid_from,
            budget,
            by,
            same: &past.same,
            zones: figures,
        });
        Ok((drawn, changes))
    }
}

/// Why a plan cannot follow on from another.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// Layers of another place.
    #[error("no land of the new layers lies in a grid of the plan: these are layers of another place; give those of the plan's territory")]
    Elsewhere,
    /// A date that is none.
    #[error("'{date}' is no day; write 2026-07-01")]
    Date {
        /// What was given.
        date: String,
    },
    /// A date before the plan.
    #[error("the new plan cannot be valid from {date}: grids of the old one are valid from {before}; give that day or a later one")]
    Early {
        /// What was given.
        date: String,
        /// Latest first day of a grid of the plan.
        before: String,
    },
}

/// The first day of a new plan, none where none is given.
pub(super) fn first_day(plan: &Plan, date: Option<&str>) -> Result<Option<Day>, FollowError> {
    let day = |date: &str| Stamp::parse(date).filter(|s| !s.month).map(|s| s.from);
    let Some(date) = date else { return Ok(None) };
    let first = day(date).ok_or_else(|| FollowError::Date { date: date.into() })?;
    let latest = plan.grids.iter().filter_map(|g| day(g.valid_from.as_deref()?)).max();
    match latest.filter(|latest| first < *latest) {
        Some(latest) => Err(FollowError::Early { date: date.into(), before: latest.to_string() }),
        None => Ok(Some(first)),
    }
}

/// Refuses land that is none of the plan's.
pub(super) fn of_this_place(ancestry: Ancestry) -> Result<Ancestry, FollowError> {
    if ancestry.grid.iter().all(Option::is_none) { Err(FollowError::Elsewhere) } else { Ok(ancestry) }
}

/// The old grid that every unit of ordinary land keeps, and the one that every dedicated grid is: the one with which it has most land in common.
pub(super) fn kept(plan: &Plan, ground: &Ground, ancestry: &Ancestry) -> (Vec<Option<u32>>, Vec<Option<u32>>) {
    let units = &ground.fabric.units;
    let stays = |u: usize, ordinary: bool| {
        let here = |g: &u32| ancestry.home[*g as usize] == Some(units[u].division) && plan.grids[*g as usize].is_ordinary() == ordinary;
        ancestry.grid[u].filter(here)
    };
    let mut kept: Vec<Option<u32>> = (0..units.len()).map(|u| stays(u, true)).collect();
    let mut common: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for (d, dedicated) in ground.dedicated.iter().enumerate() {
        for u in &dedicated.units {
            kept[u.at()] = None;
            stays(u.at(), false).into_iter().for_each(|g| *common.entry((g, d as u32)).or_default() += units[u.at()].area_m2);
        }
    }
    (kept, matched(common.into_iter().map(|((g, d), area)| (area, g, d)).collect(), ground.dedicated.len()))
}

type Kept = (Vec<Zone>, Vec<Finding>, Vec<Option<u32>>);

/// Zones as they were, and the old grid that every unit is to keep, now also of dedicated land.
fn zones(
    plan: &Plan,
    ground: &Ground,
    mut kept: Vec<Option<u32>>,
    dedicated_was: &[Option<u32>],
    (recipe, watch): (&Recipe, &dyn Watch),
) -> Result<Kept, Error> {
    let number: BTreeMap<&str, u32> = plan.zones.iter().enumerate().map(|(i, z)| (z.zone_id.as_str(), i as u32)).collect();
    let zone_of_grid: Vec<u32> = plan.grids.iter().map(|g| number.get(g.zone_id.as_str()).copied().unwrap_or(0)).collect();
    let before = Before { grid_of_unit: &kept, grid_of_dedicated: dedicated_was, zone_of_grid: &zone_of_grid };
    let (t, fabric) = (&ground.territory, &ground.fabric);
    let (zones, findings) = kept_zones(t, fabric, &ground.dedicated, ground.shares.as_deref(), &before, recipe, watch)?;
    let labels: Vec<Vec<Option<u32>>> = zones.iter().map(|z| z.clusters.iter().map(|c| before.grid_of(fabric, c)).collect()).collect();
    for (zone, labels) in zones.iter().zip(labels) {
        zone.clusters.iter().zip(labels).for_each(|(c, label)| c.iter().for_each(|u| kept[u.at()] = label));
    }
    for (d, was) in ground.dedicated.iter().zip(dedicated_was) {
        d.units.iter().for_each(|u| kept[u.at()] = *was);
    }
    Ok((zones, findings, kept))
}

/// The old zone that every zone is: the one with which it has most load in common, or land where there is none.
fn zone_was(plan: &Plan, ground: &Ground, zones: &[Zone], kept: &[Option<u32>]) -> Vec<Option<u32>> {
    let number: BTreeMap<&str, u32> = plan.zones.iter().enumerate().map(|(i, z)| (z.zone_id.as_str(), i as u32)).collect();
    let mut common: BTreeMap<(u32, u32), (Load, f64)> = BTreeMap::new();
    for (z, zone) in zones.iter().enumerate() {
        for u in zone.units(&ground.dedicated) {
            let old = kept[u.at()].and_then(|g| number.get(plan.grids[g as usize].zone_id.as_str()));
            let (unit, Some(old)) = (&ground.fabric.units[u.at()], old) else { continue };
            let (load, area) = common.entry((*old, z as u32)).or_default();
            (*load, *area) = (*load + unit.load, *area + unit.area_m2);
        }
    }
    matched(common.into_iter().map(|((old, new), score)| (score, old, new)).collect(), zones.len())
}

/// The old grid of every vertex of a zone. A frozen grid is the one that most of its load was in, and nothing else is.
fn previous(zone: &Zone, kept: &mut [Option<u32>]) -> Vec<Option<u32>> {
    let mut labels: Vec<Option<u32>> = zone.clusters.iter().map(|c| kept[c[0].at()]).collect();
    let mut taken: BTreeMap<u32, usize> = BTreeMap::new();
    let mut lock_of = vec![None; labels.len()];
    for (lock, vertices) in zone.problem.locks.frozen.iter().enumerate() {
        let mut sums: BTreeMap<u32, (Load, usize)> = BTreeMap::new();
        for v in vertices {
            lock_of[v.at()] = Some(lock);
            let Some(g) = labels[v.at()] else { continue };
            let (load, units) = sums.entry(g).or_default();
            (*load, *units) = (*load + zone.problem.graph.load(v.at()), *units + 1);
        }
        let most = sums.into_iter().filter(|(g, _)| !taken.contains_key(g)).max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
        most.iter().for_each(|(g, _)| {
            taken.insert(*g, lock);
        });
        vertices.iter().for_each(|v| labels[v.at()] = most.map(|m| m.0));
    }
    for (v, label) in labels.iter_mut().enumerate() {
        *label = label.filter(|g| taken.get(g).is_none_or(|lock| lock_of[v] == Some(*lock)));
        zone.clusters[v].iter().for_each(|u: &UnitId| kept[u.at()] = *label);
    }
    labels
}

/// Load of every zone that lay in a grid which its unit does not keep, and that part of it which is in units that keep another.
fn by_itself(ground: &Ground, zones: &[Zone], ancestry: &Ancestry, kept: &[Option<u32>]) -> Vec<(Load, Load)> {
    let of_unit = |u: &UnitId| ancestry.load[u.at()].iter().filter(|(g, _)| kept[u.at()] != Some(**g)).map(|(_, l)| *l).sum::<Load>();
    let of_zone = |z: &Zone| {
        let free = z.clusters.iter().flatten().filter(|u| kept[u.at()].is_some());
        (z.units(&ground.dedicated).map(|u| of_unit(&u)).sum(), free.map(of_unit).sum())
    };
    zones.iter().map(of_zone).collect()
}

/// The old grid that every grid is.
fn grid_was(
    zones: &[Zone],
    solved: &[Partitioned],
    was: &[Vec<Option<u32>>],
    parts: &Parts,
    dedicated_was: &[Option<u32>],
) -> Vec<Option<u32>> {
    let mut out: Vec<Option<u32>> = parts.dedicated.iter().map(|d| dedicated_was[(*d)? as usize]).collect();
    for ((zone, done), was) in zones.iter().zip(solved).zip(was) {
        for (cluster, &part) in zone.clusters.iter().zip(done.assignment.part_of()) {
            out[parts.grid_of_unit[cluster[0].at()].at()] = was[part as usize];
        }
    }
    // a grid is one grid
    let mut seen = BTreeSet::new();
    out.into_iter().map(|g| g.filter(|g| seen.insert(*g))).collect()
}

/// Land that a grid may gain or lose without being another one, m².
const SAME_M2: f64 = 1.0;

fn identity(
    plan: &Plan,
    ground: &Ground,
    ancestry: &Ancestry,
    parts: &Parts,
    grid_was: &[Option<u32>],
    zone_was: &[Option<u32>],
    valid_from: Option<String>,
) -> Identity {
    let (fabric, old) = (&ground.fabric, &plan.grids);
    let flows = flows(ancestry, fabric, |u| parts.grid_of_unit[u].0);
    let mut redrawn = vec![false; grid_was.len()];
    let mut area = vec![0.0; grid_was.len()];
    for (u, g) in parts.grid_of_unit.iter().enumerate() {
        area[g.at()] += fabric.units[u].area_m2;
        redrawn[g.at()] |= ancestry.grid[u].is_none();
    }
    let now: BTreeMap<u32, usize> = grid_was.iter().enumerate().filter_map(|(g, was)| Some(((*was)?, g))).collect();
    let mut parents: Vec<Vec<(Load, f64, u32)>> = vec![Vec::new(); grid_was.len()];
    for (&(from, to), &(load, m2)) in &flows {
        parents[to as usize].push((load, m2, from));
        if grid_was[to as usize] != Some(from) {
            redrawn[to as usize] = true;
            now.get(&from).into_iter().for_each(|&g| redrawn[g] = true);
        }
    }
    let past = |g: usize| match grid_was[g].map(|w| &old[w as usize]) {
        Some(was) => GridPast {
            officer: was.officer.clone(),
            valid_from: if redrawn[g] || (area[g] - was.area_m2).abs() > SAME_M2 { valid_from.clone() } else { was.valid_from.clone() },
            parents: was.parents.clone(),
        },
        None => {
            let mut from = parents[g].clone();
            from.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
            let parents = from.into_iter().map(|(.., g)| old[g as usize].grid_id.clone()).collect();
            GridPast { officer: None, valid_from: valid_from.clone(), parents }
        }
    };
    let grids = Ids { ids: old.iter().map(|g| g.grid_id.clone()).collect(), next: plan.next_serial };
    let zones = Ids { ids: plan.zones.iter().map(|z| z.zone_id.clone()).collect(), next: plan.next_zone_serial };
    Identity {
        grids: grids.after(IdOf::Grid, grid_was),
        zones: zones.after(IdOf::Zone, zone_was),
        of_grid: (0..grid_was.len()).map(past).collect(),
    }
}
