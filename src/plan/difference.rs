//! Two plans of the same land, the second made from the first: what changed (R40).

use super::*;
use crate::cut::Fabric;
use crate::measure::{Load, UnitId};
use crate::territory::Territory;
use crate::territory::lattice::Pt;
use series::Day;
use std::collections::{BTreeMap, BTreeSet};

/// What a comparison stands on. Old grids are positions in `old`.
pub struct Difference<'a> {
    /// The plan before.
    pub old: &'a Plan,
    /// The plan after.
    pub new: &'a Plan,
    /// What the new plan was made from.
    pub territory: &'a Territory,
    /// Its units.
    pub fabric: &'a Fabric,
    /// What they were before.
    pub ancestry: &'a Ancestry,
    /// The old grid that every unit was to keep.
    pub kept: &'a [Option<u32>],
    /// The old grid that every new one is.
    pub grid_was: &'a [Option<u32>],
    /// First day of the new plan.
    pub valid_from: Option<Day>,
    /// How much may move.
    pub budget: Option<Budget>,
    /// Why land moved that nothing forced to: [`Why::Balance`] or [`Why::Edited`].
    pub by: Why,
    /// Whether nothing changed in a zone.
    pub same: &'a [bool],
    /// What was adjusted in every zone of the new plan.
    pub zones: Vec<ZoneFigures>,
}

/// What is known of the adjustment of a zone. Loads in units of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ZoneFigures {
    /// Load that moved by itself.
    pub by_itself: f64,
    /// Least load moved, whatever grid a unit may go to.
    pub possible_any_destination: f64,
    /// Least load moved between grids that touch.
    pub possible_adjacent: f64,
    /// What balance may move, where that was limited.
    pub budget: Option<f64>,
    /// Ordinary grids before.
    pub grids_before: u32,
    /// Those among them out of band by the new numbers.
    pub out_before: u32,
    /// Those among these that are in band now.
    pub brought_back: u32,
    /// Those that are no more.
    pub out_retired: u32,
}

/// Load and land, m², that went from an old grid to a new one.
pub type Flows = BTreeMap<(u32, u32), (Load, f64)>;

/// What went from which old grid to which new one, both by position.
pub fn flows(ancestry: &Ancestry, fabric: &Fabric, grid_of_unit: impl Fn(usize) -> u32) -> Flows {
    let mut flows = Flows::new();
    for u in 0..fabric.units.len() {
        let to = grid_of_unit(u);
        ancestry.load[u].iter().for_each(|(&from, l)| flows.entry((from, to)).or_default().0 += *l);
        ancestry.land[u].iter().for_each(|(&from, m2)| flows.entry((from, to)).or_default().1 += m2);
    }
    flows
}

/// Everything that changed. O(n log n).
pub fn changes(c: &Difference<'_>) -> Changes {
    let id = |g: u32| c.old.grids[g as usize].grid_id.clone();
    let total: Load = c.fabric.units.iter().map(|u| u.load).sum();
    let (moves, sums) = moves(c);
    let moved: Load = moves.iter().map(|m| m.1).sum();
    let share = |l: f64| if total > Load::ZERO { l / total.units() } else { 0.0 };
    let mut moved_by: BTreeMap<Why, Load> = BTreeMap::new();
    moves.iter().for_each(|(m, load)| *moved_by.entry(m.why).or_default() += *load);
    let (before, after) = (c.old.membership(), c.new.membership());
    let only = |a: &Membership, b: &Membership| {
        let missing = a.units.iter().filter(|(unit, _)| !b.units.contains_key(*unit));
        missing.map(|(unit, grid)| UnitAt { unit: unit.clone(), grid: grid.clone() }).collect::<Vec<_>>()
    };
    let flows = flows(c.ancestry, c.fabric, |u| c.new.fabric.units[u].grid);
    let kin = |side: &dyn Fn(&(u32, u32)) -> Option<String>| {
        let mut kin: Vec<Kin> = Vec::new();
        for (way, (load, area)) in &flows {
            kin.extend(side(way).map(|grid_id| Kin { grid_id, households: load.units(), area_m2: make::round(*area, 2) }));
        }
        kin.sort_by(|a, b| b.households.total_cmp(&a.households).then(b.area_m2.total_cmp(&a.area_m2)));
        kin
    };
    let new_id = |g: u32| c.new.grids[g as usize].grid_id.clone();
    let born = (0..c.new.grids.len() as u32).filter(|&g| c.grid_was[g as usize].is_none());
    let born: Vec<Born> = born.map(|g| Born { grid_id: new_id(g), parents: kin(&|(from, to)| (*to == g).then(|| id(*from))) }).collect();
    let survivors: BTreeSet<u32> = c.grid_was.iter().flatten().copied().collect();
    let retired = (0..c.old.grids.len() as u32).filter(|g| !survivors.contains(g));
    let retired: Vec<Retired> = retired
        .map(|g| Retired {
            grid_id: id(g),
            heirs: kin(&|(from, to)| (*from == g).then(|| new_id(*to))),
            last_day: c.valid_from.map(|d| Day(d.0 - 1).to_string()),
            officer: c.old.grids[g as usize].officer.clone(),
        })
        .collect();
    let (mut split, mut merged): (BTreeMap<String, Vec<String>>, BTreeMap<String, Vec<String>>) = Default::default();
    for b in &born {
        if let Some(parent) = b.parents.first().filter(|p| after.grids.contains(&p.grid_id)) {
            split.entry(parent.grid_id.clone()).or_default().push(b.grid_id.clone());
        }
    }
    for r in &retired {
        r.heirs.first().into_iter().for_each(|heir| merged.entry(heir.grid_id.clone()).or_default().push(r.grid_id.clone()));
    }
    let zone_ids = |p: &Plan| p.zones.iter().map(|z| z.zone_id.clone()).collect::<BTreeSet<_>>();
    let (old_zones, new_zones) = (zone_ids(c.old), zone_ids(c.new));
    let sum = |of: &dyn Fn(&ZoneFigures) -> f64| c.zones.iter().map(of).sum::<f64>();
    // where a planner decides, nothing has to move
    let bounds = [
        ("any-destination", sum(&|z| z.possible_any_destination), "land may go to any grid of its zone"),
        ("adjacent", sum(&|z| z.possible_adjacent), "load passes only between grids that touch, and counts at every border it passes"),
    ];
    let bound = |(name, households, assumes): (&str, f64, &str)| {
        let assumes = format!(
            "{assumes}; units as they are cut, as many grids as in this plan, every grid as near to its band as load can bring it that is divided at will"
        );
        MovedBound { name: name.into(), households: make::round(households, 3), share: share(households), assumes }
    };
    Changes {
        schema: CHANGES_SCHEMA,
        before: before.digest(),
        after: after.digest(),
        valid_from: c.valid_from.map(|d| d.to_string()),
        households: total.units(),
        moved: moved.units(),
        share: share(moved.units()),
        moved_by: moved_by.into_iter().map(|(why, l)| (why, l.units())).collect(),
        bounds: bounds.into_iter().filter(|_| c.by != Why::Edited).map(bound).collect(),
        budget: c.budget,
        moves: moves.into_iter().map(|m| m.0).collect(),
        gone: only(&before, &after),
        new: only(&after, &before),
        born,
        retired,
        split: split.into_iter().map(|(grid_id, into)| Split { grid_id, into }).collect(),
        merged: merged.into_iter().map(|(grid_id, from)| Merged { grid_id, from }).collect(),
        zones_born: new_zones.difference(&old_zones).cloned().collect(),
        zones_retired: old_zones.difference(&new_zones).cloned().collect(),
        zones: zones(c, &sums),
        left_out: left_out(c),
        entities: entities(c),
    }
}

/// Why land of an old grid is no longer in it.
fn why(c: &Difference<'_>, u: usize, from: u32) -> Why {
    let dedicated = |g: &PlanGrid| !g.is_ordinary();
    if c.ancestry.home[from as usize] != Some(c.fabric.units[u].division) {
        Why::DivisionBorder
    } else if c.kept[u] == Some(from) {
        c.by
    } else if dedicated(&c.old.grids[from as usize]) || dedicated(&c.new.grids[c.new.fabric.units[u].grid as usize]) {
        Why::Kind
    } else {
        Why::ReCut
    }
}

/// Moves with their loads, and the load that came into every new grid.
fn moves(c: &Difference<'_>) -> (Vec<(UnitMove, Load)>, Vec<Load>) {
    let known: BTreeMap<&str, u32> = c.old.fabric.units.iter().map(|u| (u.key.as_str(), u.grid)).collect();
    let (mut moves, mut sums) = (Vec::new(), vec![Load::ZERO; c.new.grids.len()]);
    for (u, unit) in c.new.fabric.units.iter().enumerate() {
        let (to, was) = (&c.new.grids[unit.grid as usize], c.grid_was[unit.grid as usize]);
        let mut from: BTreeMap<u32, Load> = c.ancestry.load[u].clone();
        // land without load, and units that only have an old name
        c.ancestry.grid[u].iter().chain(known.get(unit.key.as_str())).for_each(|g| {
            from.entry(*g).or_default();
        });
        for (from, load) in from.into_iter().filter(|(from, _)| Some(*from) != was) {
            sums[unit.grid as usize] += load;
            let (from_id, to) = (c.old.grids[from as usize].grid_id.clone(), to.grid_id.clone());
            moves.push((UnitMove { unit: unit.key.clone(), from: from_id, to, households: load.units(), why: why(c, u, from) }, load));
        }
    }
    (moves, sums)
}

fn zones(c: &Difference<'_>, came: &[Load]) -> Vec<ZoneChange> {
    let mut by_zone: BTreeMap<&str, (Load, Vec<&PlanGrid>)> = BTreeMap::new();
    for (g, load) in c.new.grids.iter().zip(came) {
        let (sum, grids) = by_zone.entry(&g.zone_id).or_default();
        *sum += *load;
        grids.push(g);
    }
    let one = |(zone, f): (&PlanZone, &ZoneFigures)| {
        let (moved, grids) = &by_zone[zone.zone_id.as_str()];
        let ordinary = || grids.iter().filter(|g| g.is_ordinary());
        ZoneChange {
            zone_id: zone.zone_id.clone(),
            division_id: zone.division_id.clone(),
            households: zone.households,
            moved: moved.units(),
            by_itself: f.by_itself,
            possible_any_destination: make::round(f.possible_any_destination, 3),
            possible_adjacent: make::round(f.possible_adjacent, 3),
            budget: f.budget,
            grids_before: f.grids_before,
            grids: ordinary().count() as u32,
            out_before: f.out_before,
            brought_back: f.brought_back,
            out_retired: f.out_retired,
            out_of_band: ordinary().filter(|g| !g.in_band).count() as u32,
        }
    };
    c.new.zones.iter().zip(&c.zones).map(one).collect()
}

fn left_out(c: &Difference<'_>) -> Vec<LeftOut> {
    let number: BTreeMap<&str, usize> = c.new.zones.iter().enumerate().map(|(i, z)| (z.zone_id.as_str(), i)).collect();
    let out = c.new.grids.iter().filter(|g| g.is_ordinary() && !g.in_band);
    let one = |g: &PlanGrid| {
        let zone = number[g.zone_id.as_str()];
        let why = match g.standing {
            _ if g.frozen => LeftWhy::Frozen,
            Standing::Forced => LeftWhy::Forced,
            _ if c.same[zone] => LeftWhy::Unchanged,
            _ if c.by == Why::Edited => LeftWhy::Edited,
            _ if c.zones[zone].budget.is_some() => LeftWhy::Budget,
            _ => LeftWhy::Search,
        };
        LeftOut { grid_id: g.grid_id.clone(), households: g.households, target: g.target, deviation: g.deviation, why }
    };
    out.map(one).collect()
}

fn entities(c: &Difference<'_>) -> Vec<EntityChange> {
    let old: BTreeMap<&str, Option<u32>> = c.old.attachments.iter().map(|a| (a.entity.as_str(), a.grid)).collect();
    let now: BTreeSet<&str> = c.new.attachments.iter().map(|a| a.entity.as_str()).collect();
    let old_id = |g: Option<u32>| c.old.grids.get(g? as usize).map(|g| g.grid_id.clone());
    let mut out: Vec<EntityChange> = Vec::new();
    let mut land = None;
    let mut lay_in = |u: UnitId, at: Pt| match c.ancestry.unit[u.at()] {
        Some(o) => Some(c.old.fabric.units[o as usize].grid),
        None => land.get_or_insert_with(|| c.old.land()).grid_at(at).map(|g| g.0),
    };
    for ((a, point), unit) in c.new.attachments.iter().zip(&c.territory.points).zip(&c.fabric.unit_of_point) {
        let to = a.grid.map(|g| c.new.grids[g as usize].grid_id.clone());
        let Some(&before) = old.get(a.entity.as_str()) else {
            out.push(EntityChange { entity: a.entity.to_string(), from: None, to, why: Why::New });
            continue;
        };
        let from = old_id(before);
        if from == to {
            continue;
        }
        let why = match (unit, before) {
            (Some(u), Some(g)) if lay_in(*u, point.at) == Some(g) => why(c, u.at(), g),
            (Some(_), Some(_)) => Why::Relocated,
            _ => Why::Attachment,
        };
        out.push(EntityChange { entity: a.entity.to_string(), from, to, why });
    }
    let gone = old.iter().filter(|(entity, _)| !now.contains(*entity));
    out.extend(gone.map(|(entity, g)| EntityChange { entity: entity.to_string(), from: old_id(*g), to: None, why: Why::Gone }));
    out.sort_by(|a, b| a.entity.cmp(&b.entity));
    out
}
