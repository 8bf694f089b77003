//! What a plan leaves to the one that follows on from it.

use super::{Ancestry, Plan};
use crate::cut::Fabric;
use crate::measure::{LockKind, UnitId};
use crate::recipe::Recipe;
use crate::territory::lattice::Pt;
use crate::territory::{BarrierClass, Territory};
use crate::zones::{Dedicated, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// A plan, and what of it is as it was.
#[derive(Clone, Debug)]
pub struct Past<'a> {
    /// The plan.
    pub old: &'a Plan,
    /// The old zone that every zone is, by position.
    pub zone_was: Vec<Option<u32>>,
    /// Whether nothing changed in a zone: what was proven of it stays proven.
    pub same: Vec<bool>,
}

/// A piece of border seen from its old units: left, right, barrier.
type Seen<'a> = (Option<u32>, Option<u32>, &'a BarrierClass);

impl<'a> Past<'a> {
    /// Compares zones: their units with what they carry, all borders with their barriers, the recipe and the locks. `kept` is the old grid that every
    /// unit is to have. O(n log n) for n units and pieces of border.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        old: &'a Plan,
        zone_was: Vec<Option<u32>>,
        ancestry: &Ancestry,
        kept: &[Option<u32>],
        t: &Territory,
        fabric: &Fabric,
        zones: &[Zone],
        dedicated: &[Dedicated],
        recipe: &Recipe,
    ) -> Past<'a> {
        let mut same = vec![old.provenance.recipe == *recipe; zones.len()];
        if same.contains(&true) {
            let number: BTreeMap<&str, u32> = old.zones.iter().enumerate().map(|(i, z)| (z.zone_id.as_str(), i as u32)).collect();
            let old_zone_of_grid: Vec<Option<u32>> = old.grids.iter().map(|g| number.get(g.zone_id.as_str()).copied()).collect();
            let old_zone = |u: u32| old_zone_of_grid[old.fabric.units[u as usize].grid as usize];
            let mut sizes = vec![0usize; old.zones.len()];
            (0..old.fabric.units.len() as u32).filter_map(old_zone).for_each(|z| sizes[z as usize] += 1);
            for (z, zone) in zones.iter().enumerate() {
                let units: Vec<UnitId> = zone.units(dedicated).collect();
                let known = zone_was[z].is_some_and(|was| {
                    let here = |u: &UnitId| {
                        ancestry.unit[u.at()].is_some_and(|o| {
                            old_zone(o) == Some(was)
                                && kept[u.at()] == Some(old.fabric.units[o as usize].grid)
                                && carries(old, o, t, fabric, zone, *u)
                        })
                    };
                    sizes[was as usize] == units.len() && units.iter().all(here)
                });
                same[z] &= known && locks_of(t, zone, kept) == old_locks(old, zone_was[z]);
            }
            borders(old, &zone_was, ancestry, t, fabric, zones, dedicated, &old_zone, &mut same);
        }
        Past { old, zone_was, same }
    }

    /// Gives a plan what is proven of zones in which nothing changed, and the officers of areas.
    pub fn pass_on(&self, plan: &mut Plan) {
        let standing: BTreeMap<&str, _> = self.old.grids.iter().map(|g| (g.grid_id.as_str(), g.standing)).collect();
        let mut same = BTreeSet::new();
        for (z, was) in self.zone_was.iter().enumerate().filter(|(z, _)| self.same[*z]) {
            let Some(was) = was else { continue };
            plan.zones[z].bound = self.old.zones[*was as usize].bound.clone();
            same.insert(plan.zones[z].zone_id.clone());
        }
        for g in plan.grids.iter_mut().filter(|g| same.contains(&g.zone_id)) {
            g.standing = standing.get(g.grid_id.as_str()).copied().unwrap_or(g.standing);
        }
        for level in &mut plan.levels {
            let Some(before) = self.old.levels.iter().find(|l| (&l.name, &l.by) == (&level.name, &level.by)) else { continue };
            for area in &mut level.areas {
                // areas by partition have numbers, which mean nothing by themselves
                let same = |a: &&super::PlanArea| a.area_id == area.area_id && (level.by != "partition" || a.grids == area.grids);
                area.officer = before.areas.iter().find(same).and_then(|a| a.officer.clone());
            }
        }
    }
}

/// Whether a unit carries what it did.
fn carries(old: &Plan, o: u32, t: &Territory, fabric: &Fabric, zone: &Zone, u: UnitId) -> bool {
    let (old, new) = (&old.fabric.units[o as usize], &fabric.units[u.at()]);
    let worth = super::make::round(new.balanced.0 as f64 / zone.problem.bands[0].target.0 as f64, 9);
    let resources = t.resources.iter().zip(&new.resources).all(|(r, l)| old.resources.get(&r.name) == Some(&l.units()));
    old.households == new.load.units() && old.worth == worth && resources && old.resources.len() == t.resources.len()
}

/// Locks of every old grid of a zone: whether it is frozen, and their ids.
type LocksOf = BTreeMap<u32, (bool, BTreeSet<String>)>;

fn locks_of(t: &Territory, zone: &Zone, kept: &[Option<u32>]) -> LocksOf {
    let mut out = LocksOf::new();
    for l in &zone.locks {
        for grid in l.units.iter().map(|u| kept[u.at()].unwrap_or(u32::MAX)) {
            let (frozen, ids) = out.entry(grid).or_default();
            *frozen |= t.locks[l.lock].kind == LockKind::Frozen;
            ids.insert(t.locks[l.lock].id.clone());
        }
    }
    out
}

fn old_locks(old: &Plan, zone: Option<u32>) -> LocksOf {
    let id = zone.map(|z| old.zones[z as usize].zone_id.as_str());
    let own = old.grids.iter().enumerate().filter(|(_, g)| Some(g.zone_id.as_str()) == id && (g.frozen || !g.locks.is_empty()));
    own.map(|(i, g)| (i as u32, (g.frozen, g.locks.iter().cloned().collect()))).collect()
}

/// Marks zones with a border that is not as it was.
#[allow(clippy::too_many_arguments)]
fn borders(
    old: &Plan,
    zone_was: &[Option<u32>],
    ancestry: &Ancestry,
    t: &Territory,
    fabric: &Fabric,
    zones: &[Zone],
    dedicated: &[Dedicated],
    old_zone: &dyn Fn(u32) -> Option<u32>,
    same: &mut [bool],
) {
    let mut zone_of = vec![0usize; fabric.units.len()];
    for (z, zone) in zones.iter().enumerate() {
        zone.units(dedicated).for_each(|u| zone_of[u.at()] = z);
    }
    let mut before: BTreeMap<(Pt, Pt), Seen<'_>> = BTreeMap::new();
    let mut had = vec![0usize; old.zones.len()];
    for arc in &old.fabric.arcs {
        let class = &old.fabric.classes[usize::from(arc.class)];
        for w in arc.line().windows(2) {
            let (a, b, seen) =
                if w[0] < w[1] { (w[0], w[1], (arc.left, arc.right, class)) } else { (w[1], w[0], (arc.right, arc.left, class)) };
            before.insert((a, b), seen);
            let beside: BTreeSet<u32> = [arc.left, arc.right].into_iter().flatten().filter_map(old_zone).collect();
            beside.into_iter().for_each(|z| had[z as usize] += 1);
        }
    }
    let mut has = vec![0usize; zones.len()];
    for e in &fabric.edges {
        let was = |u: Option<UnitId>| u.map(|u| ancestry.unit[u.at()]);
        let seen = match (was(e.left), was(e.right)) {
            // a unit that is new
            (Some(None), _) | (_, Some(None)) => None,
            (l, r) => Some((l.flatten(), r.flatten(), &t.classes[usize::from(e.class)])),
        };
        let kept = seen.is_some() && before.get(&(e.a, e.b)) == seen.as_ref();
        let beside: BTreeSet<usize> = [e.left, e.right].into_iter().flatten().map(|u| zone_of[u.at()]).collect();
        for z in beside {
            has[z] += 1;
            same[z] &= kept;
        }
    }
    for (z, same) in same.iter_mut().enumerate() {
        *same &= zone_was[z].is_some_and(|was| had[was as usize] == has[z]);
    }
}
