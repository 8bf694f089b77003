//! A plan adjusted to new layers (R31, R40).

use super::balance::{Balanced, Work};
use super::{Drawn, Error, Ground, Solved, Watch, finish, ground};
use crate::measure::{Load, LockKind, UnitId};
use crate::partition::Partitioned;
use crate::plan::series::{Day, Stamp};
use crate::plan::{
    Ancestry, Changes, Difference, GridPast, IdOf, Identity, Ids, Parts, Past, Plan, ZoneFigures, ancestry, changes, flows, matched,
};
use crate::recipe::Recipe;
use crate::territory::Lock;
use crate::territory::layers::Layers;
use crate::zones::{Before, Zone, kept_zones};
use std::collections::{BTreeMap, BTreeSet};

/// What a planner may decide on a re-balance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rebalance {
    /// Most of the load that may move in all, as a share of it.
    pub budget_share: Option<f64>,
    /// Ids of grids that stay as they are.
    pub freeze: BTreeSet<String>,
    /// First day of the new plan, `YYYY-MM-DD`.
    pub valid_from: Option<String>,
}

/// Why a plan cannot be adjusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebalanceError {
    /// A share that is none.
    #[error("a budget of {share} is no share of the load; give a number from 0 to 1")]
    Share {
        /// What was given.
        share: f64,
    },
    /// Less may move than moves whatever one does.
    #[error(
        "a load of {needed} of {total} ({:.2} %) moves in any case, {by_itself} of it by itself (land cut otherwise, division borders, kinds of \
         grid) and the rest so that grids are whole; the budget allows {budget}: raise it", 100.0 * needed.units() / total.units().max(1e-9)
    )]
    Budget {
        /// Load that moves in any case.
        needed: Load,
        /// Load among it that nobody decides on.
        by_itself: Load,
        /// Load that may move.
        budget: Load,
        /// All load.
        total: Load,
    },
    /// A grid that is not in the plan.
    #[error("grid '{grid_id}' is to stay as it is, but the plan has no such grid; give ids of the plan's grids")]
    Frozen {
        /// Its id.
        grid_id: String,
    },
    /// A date that is none.
    #[error("'{date}' is no day; write 2026-07-01")]
    Date {
        /// What was given.
        date: String,
    },
}

/// A plan that was adjusted.
#[derive(Clone, Debug)]
pub struct Rebalanced {
    /// The new plan with all that was made on the way.
    pub drawn: Drawn,
    /// What changed.
    pub changes: Changes,
}

/// Adjusts `plan` to new layers with little load moved (R31, R40).
///
/// Units are matched to the land of the plan. Zones stay, a zone in which nothing changed is not touched, the others are adjusted by
/// [`adjust`](crate::partition::adjust()). The same layers and recipe give the same plan again. Runs on the current rayon pool; the result does not
/// depend on its size.
pub fn rebalance(plan: &Plan, layers: &Layers, recipe: &Recipe, options: &Rebalance, watch: &dyn Watch) -> Result<Rebalanced, Error> {
    let (share, day) = checked(options)?;
    let locks = locks(plan, &options.freeze)?;
    let ground = ground(layers, recipe, &locks, watch)?;
    watch.stage("match");
    let ancestry = ancestry(plan, &ground.territory, &ground.fabric);
    let (kept, dedicated_was) = kept(plan, &ground, &ancestry);
    let (zones, findings, mut kept) = zones(plan, &ground, kept, &dedicated_was, recipe)?;
    let zone_was = zone_was(plan, &ground, &zones, &kept);
    let previous: Vec<Vec<Option<u32>>> = zones.iter().map(|z| previous(z, &mut kept)).collect();
    let (t, fabric) = (&ground.territory, &ground.fabric);
    let past = Past::new(plan, zone_was, &ancestry, &kept, t, fabric, &zones, &ground.dedicated, recipe);
    watch.stage("partition");
    let work = Work { ground: &ground, zones: &zones, previous: &previous, same: &past.same, watch };
    let by_itself = by_itself(&ground, &zones, &ancestry, &kept);
    let Balanced { adjusted, budgets, budget } = work.balance(&by_itself, share)?;
    let figures: Vec<ZoneFigures> = (0..zones.len())
        .map(|z| ZoneFigures { budget: budgets[z].map(Load::units), ..work.figures(z, &adjusted[z], by_itself[z]) })
        .collect();
    let (solved, was): (Vec<Partitioned>, Vec<Vec<Option<u32>>>) = adjusted.into_iter().map(|a| (a.partitioned, a.was)).unzip();
    let parts = Parts::new(fabric, &zones, &ground.dedicated, &solved);
    let grid_was = grid_was(&zones, &solved, &was, &parts, &dedicated_was);
    let valid_from = options.valid_from.clone();
    let identity = identity(plan, &ground, &ancestry, &parts, &grid_was, &past.zone_was, valid_from);
    let drawn = finish(layers, ground, Solved { zones, solved, parts, findings }, &identity, Some(&past), recipe, watch)?;
    let changes = changes(&Difference {
        old: plan,
        new: &drawn.plan,
        territory: &drawn.territory,
        fabric: &drawn.fabric,
        ancestry: &ancestry,
        kept: &kept,
        grid_was: &grid_was,
        valid_from: day,
        budget,
        same: &past.same,
        zones: figures,
    });
    Ok(Rebalanced { drawn, changes })
}

fn checked(options: &Rebalance) -> Result<(Option<f64>, Option<Day>), RebalanceError> {
    if let Some(share) = options.budget_share.filter(|s| !(0.0..=1.0).contains(s)) {
        return Err(RebalanceError::Share { share });
    }
    let day = |date: &String| {
        let stamp = Stamp::parse(date).filter(|s| !s.month);
        stamp.map(|s| s.from).ok_or_else(|| RebalanceError::Date { date: date.clone() })
    };
    Ok((options.budget_share, options.valid_from.as_ref().map(day).transpose()?))
}

/// Grids that stay as they are, as areas drawn by a planner; dedicated ones are as large as what they are for.
fn locks(plan: &Plan, freeze: &BTreeSet<String>) -> Result<Vec<Lock>, RebalanceError> {
    if freeze.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(id) = freeze.iter().find(|id| plan.grids.iter().all(|g| g.grid_id != **id)) {
        return Err(RebalanceError::Frozen { grid_id: id.clone() });
    }
    let frozen = plan.grids.iter().zip(plan.grid_land()).filter(|(g, _)| g.is_ordinary() && freeze.contains(&g.grid_id));
    let lock = |(record, (g, land)): (usize, (&crate::plan::PlanGrid, Vec<Vec<Vec<_>>>))| Lock {
        kind: LockKind::Frozen,
        id: g.grid_id.clone(),
        seeds: false,
        places: Vec::new(),
        rings: land.into_iter().flatten().collect(),
        file: "grids to freeze".into(),
        record: record as u64 + 1,
    };
    Ok(frozen.enumerate().map(lock).collect())
}

/// The old grid that every unit of ordinary land keeps, and the one that every dedicated grid is: the one with which it has most land in common.
fn kept(plan: &Plan, ground: &Ground, ancestry: &Ancestry) -> (Vec<Option<u32>>, Vec<Option<u32>>) {
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

type Kept = (Vec<Zone>, Vec<crate::finding::Finding>, Vec<Option<u32>>);

/// Zones as they were, and the old grid that every unit is to keep, now also of dedicated land.
fn zones(plan: &Plan, ground: &Ground, mut kept: Vec<Option<u32>>, dedicated_was: &[Option<u32>], recipe: &Recipe) -> Result<Kept, Error> {
    let number: BTreeMap<&str, u32> = plan.zones.iter().enumerate().map(|(i, z)| (z.zone_id.as_str(), i as u32)).collect();
    let zone_of_grid: Vec<u32> = plan.grids.iter().map(|g| number.get(g.zone_id.as_str()).copied().unwrap_or(0)).collect();
    let before = Before { grid_of_unit: &kept, grid_of_dedicated: dedicated_was, zone_of_grid: &zone_of_grid };
    let (t, fabric) = (&ground.territory, &ground.fabric);
    let (zones, findings) = kept_zones(t, fabric, &ground.dedicated, ground.shares.as_deref(), &before, recipe)?;
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
