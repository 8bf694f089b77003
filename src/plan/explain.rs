//! Why a grid is what it is, and what would have to give.

use super::{Arc, LOCKED, Plan, PlanGrid, PlanUnit, PlanZone, ROUNDING};
use crate::partition::Standing;
use crate::recipe::Recipe;
use crate::territory::BarrierLayer;
use petgraph::unionfind::UnionFind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A grid with its neighbours, its borders, the reasons for its load and the ways to change it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The grid.
    pub grid: PlanGrid,
    /// Name of its zone.
    pub zone: String,
    /// Why its load is what it is, most telling first.
    pub reasons: Vec<String>,
    /// What it borders on, longest border first.
    pub borders: Vec<GridBorder>,
    /// What would bring it nearer to its target, best first.
    pub options: Vec<GridOption>,
}

/// All that a grid shares with one neighbour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridBorder {
    /// The neighbour; none = the outside of the territory.
    pub grid_id: Option<String>,
    /// Division of the neighbour, where it is another one.
    pub division_id: Option<String>,
    /// Deviation of the neighbour.
    pub deviation: Option<f64>,
    /// Length in metres.
    pub length_m: f64,
    /// What made the border, longest first.
    pub made_by: Vec<MadeBy>,
}

/// Part of a border with what runs along it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MadeBy {
    /// Layer of the barrier.
    pub layer: BarrierLayer,
    /// Its class; `division border` or `cut` where no barrier is.
    pub class: String,
    /// Length in metres.
    pub length_m: f64,
}

/// A unit that could change sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridOption {
    /// The unit.
    pub unit: String,
    /// Its load, units of the input.
    pub households: f64,
    /// Grid that gives it away.
    pub from: String,
    /// Grid that takes it.
    pub to: String,
    /// Deviation of the grid asked about afterwards.
    pub deviation: f64,
    /// Deviation of the other grid afterwards.
    pub other_deviation: f64,
    /// Whether both grids are in their bands afterwards.
    pub both_in_band: bool,
}

/// Options named at most.
const OPTIONS: usize = 5;

/// Explains the grid with that id or display code; `None` where the plan has no such grid. O(n log n) for n pieces of border.
pub fn explain(plan: &Plan, name: &str) -> Option<Explanation> {
    let at = plan.grids.iter().position(|g| g.grid_id == name || g.code == name)?;
    let grid = plan.grids[at].clone();
    let zone = plan.zones.iter().find(|z| z.zone_id == grid.zone_id);
    let mut reasons = reasons(&grid, zone, &plan.provenance.recipe, &cut_off(plan)[at]);
    // no reason of its load, but what a planner asks next
    reasons.extend(grid.halls.iter().filter(|h| h.reached == 0).map(|h| format!("In it {h}.")));
    Some(Explanation {
        zone: zone.map_or_else(String::new, |z| z.name.clone()),
        reasons,
        borders: borders(plan, at),
        options: options(plan, at),
        grid,
    })
}

fn reasons(grid: &PlanGrid, zone: Option<&PlanZone>, recipe: &Recipe, cut_off_by: &[&PlanGrid]) -> Vec<String> {
    let mut out = Vec::new();
    let (tolerance, load_off) = (recipe.grid.tolerance, !grid.load_in_band(recipe));
    let percent = |x: f64| 100.0 * x;
    if !grid.is_ordinary() {
        out.push(format!("It is a dedicated grid ({}): its land is what it is for, whatever its load.", grid.kind));
    } else if grid.in_band {
        out.push(format!("It is inside the band of ±{:.1} %.", percent(tolerance)));
    }
    if load_off && grid.deviation < 0.0 && !cut_off_by.is_empty() {
        let by: Vec<String> = cut_off_by.iter().map(|d| format!("{} ({})", d.grid_id, d.name.as_ref().unwrap_or(&d.kind))).collect();
        out.push(format!("Its land is cut off from the rest of its division by what is dedicated: {}.", by.join(", ")));
    }
    if let Some(b) = zone.map(|z| &z.bound).filter(|_| !grid.in_band) {
        for (r, deviation) in grid.off(recipe) {
            let has = grid.load.get(&r.name).copied().unwrap_or(0.0);
            let (mean, possible) = b.resources.get(&r.name).map_or((0.0, 0.0), |m| (m.mean, m.possible_deviation));
            let (name, off, limit) = (&r.name, percent(deviation), percent(r.tolerance));
            let lump = format!(" A single unit of the zone has {:.0} % of that.", percent(1.0 + possible));
            out.push(format!(
                "It has {has} of {name}, {off:+.1} % beside the {mean:.1} of an average grid of its zone (±{limit:.1} % is the band).{}",
                if possible > r.tolerance { lump.as_str() } else { "" }
            ));
        }
        if !grid.locks.is_empty() {
            out.push(format!("{}: {}.", if grid.frozen { "A lock keeps it as it is" } else { "Locks shape it" }, grid.locks.join(", ")));
        }
        let locked = b.assumes.iter().any(|a| a == LOCKED);
        let told = out.len();
        for c in b.culprits.iter().filter(|c| grid.standing == Standing::Forced && c.grids.contains(&grid.grid_id)) {
            let [lon, lat] = c.place;
            let of = c.resource.as_ref().map_or("of a grid".to_string(), |r| format!("of a grid's {r}"));
            out.push(if c.units > 1 {
                format!(
                    "The unit at {lon:.5},{lat:.5} and what can be reached through it alone, {} units, carry {:.0} % {of}: no plan brings them into the band.",
                    c.units,
                    percent(c.worth)
                )
            } else {
                format!(
                    "The unit at {lon:.5},{lat:.5} carries {:.0} % {of} and cannot be cut further: split its points by entrance or floor, or let it be.",
                    percent(c.worth)
                )
            });
        }
        if let Some(z) = zone.filter(|_| load_off && !b.count_feasible) {
            let (k, worth) = (z.ordinary(), b.grids_worth);
            let heavy: Vec<f64> =
                b.culprits.iter().filter(|c| c.resource.is_none()).map(|c| c.worth).filter(|w| *w > 1.0 + tolerance).collect();
            let why = if !heavy.is_empty() && heavy.len() < k {
                let (rest, left) = (worth - heavy.iter().sum::<f64>(), k - heavy.len());
                format!(" in {k}; apart from what is too heavy for any grid, {rest:.2} of them remain for {left}")
            } else if b.some_count_fits(tolerance) {
                format!(" in {k} grids")
            } else {
                ", and no whole number of grids fits the band".into()
            };
            let best = percent(b.possible_deviation);
            out.push(format!(
                "Its zone holds {worth:.2} grids' worth of load{why}: no plan has a smaller largest deviation than {best:.1} %."
            ));
        }
        if grid.standing == Standing::Forced && out.len() == told && b.proven && !grid.frozen {
            out.push(format!(
                "The bands cannot all be kept along these units: no plan of {} grids in its zone{} violates them less.",
                zone.map_or(0, PlanZone::ordinary),
                if locked { " that keeps the locks" } else { "" }
            ));
        }
        if grid.standing == Standing::Unforced {
            let and = if out.len() == told { "" } else { " all the same" };
            let others: Vec<&str> = recipe.resources.iter().filter(|r| r.weight > 0.0).map(|r| r.name.as_str()).collect();
            let even = if others.is_empty() { String::new() } else { format!(", with {} to be even as well", others.join(", ")) };
            let but = if locked { "Nothing but the locks of its zone" } else { "Nothing" };
            out.push(format!("{but} forces it out{and}: the search found no better cut along these units{even}."));
        }
        if let Some(r) = b.relaxed.iter().find(|r| load_off && r.tolerance + 1e-9 >= grid.deviation.abs()) {
            out.push(format!("A band of ±{:.1} % would hold it, and {} of the zone's grids.", percent(r.tolerance), r.in_band));
        }
    }
    if grid.in_band && !grid.locks.is_empty() {
        out.push(format!("Locks concern it: {}.", grid.locks.join(", ")));
    }
    if grid.parts > 1 {
        let why = if grid.logical { "it is not meant to be contiguous" } else { "because its division does" };
        out.push(format!("It lies in {} parts{}{why}.", grid.parts, if grid.logical { ": " } else { " " }));
    }
    out
}

impl Plan {
    /// Why the load of each grid is what it is, in sentences, most telling first (R43). O(n log n).
    pub fn reasons(&self) -> Vec<Vec<String>> {
        let zones: BTreeMap<&str, &PlanZone> = self.zones.iter().map(|z| (z.zone_id.as_str(), z)).collect();
        let zone = |g: &PlanGrid| zones.get(g.zone_id.as_str()).copied();
        self.grids.iter().zip(cut_off(self)).map(|(g, by)| reasons(g, zone(g), &self.provenance.recipe, &by)).collect()
    }
}

/// For every grid the dedicated ones beside its land, where they cut that off from land of its division that has more load.
fn cut_off(plan: &Plan) -> Vec<Vec<&PlanGrid>> {
    if plan.grids.iter().all(PlanGrid::is_ordinary) {
        return vec![Vec::new(); plan.grids.len()];
    }
    let units = &plan.fabric.units;
    let grid = |u: u32| &plan.grids[units[u as usize].grid as usize];
    let sides = plan.fabric.arcs.iter().filter_map(|a| Some((a.left?, a.right?)));
    let sides: Vec<(u32, u32)> = sides.filter(|(l, r)| grid(*l).division_id == grid(*r).division_id).collect();
    let (mut pieces, mut lands) = (UnionFind::<u32>::new(units.len()), UnionFind::<u32>::new(units.len()));
    for &(l, r) in &sides {
        pieces.union(l, r);
        if grid(l).is_ordinary() && grid(r).is_ordinary() {
            lands.union(l, r);
        }
    }
    let mut load: BTreeMap<u32, f64> = BTreeMap::new();
    let ordinary = || (0..units.len() as u32).filter(|&u| grid(u).is_ordinary());
    ordinary().for_each(|u| *load.entry(lands.find(u)).or_default() += units[u as usize].worth);
    // land with most load of every piece of a division
    let mut main: BTreeMap<u32, u32> = BTreeMap::new();
    for &land in load.keys() {
        let most = main.entry(pieces.find(land)).or_insert(land);
        if load[&land] > load[&*most] {
            *most = land;
        }
    }
    let mut beside: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (u, other) in sides.iter().flat_map(|&(l, r)| [(l, r), (r, l)]).filter(|(u, o)| grid(*u).is_ordinary() && !grid(*o).is_ordinary()) {
        beside.entry(lands.find(u)).or_default().insert(units[other as usize].grid);
    }
    let mut out = vec![Vec::new(); plan.grids.len()];
    for u in ordinary() {
        let land = lands.find(u);
        if main[&pieces.find(u)] != land {
            out[units[u as usize].grid as usize] = beside.get(&land).into_iter().flatten().map(|d| &plan.grids[*d as usize]).collect();
        }
    }
    out
}

fn borders(plan: &Plan, at: usize) -> Vec<GridBorder> {
    let plane = &plan.provenance.plane;
    let own = plan.grids[at].division_id.as_str();
    let grid_of = |u: Option<u32>| u.map(|u| plan.fabric.units[u as usize].grid as usize);
    let mut sums: BTreeMap<Option<usize>, BTreeMap<u16, f64>> = BTreeMap::new();
    for arc in &plan.fabric.arcs {
        let (l, r) = (grid_of(arc.left), grid_of(arc.right));
        if l != r && [l, r].contains(&Some(at)) {
            let other = if l == Some(at) { r } else { l };
            *sums.entry(other).or_default().entry(arc.class).or_default() += plane.length_m(&arc.line());
        }
    }
    let border = |(other, classes): (Option<usize>, BTreeMap<u16, f64>)| {
        let grid = other.map(|g| &plan.grids[g]);
        let foreign = grid.is_none_or(|g| g.division_id != own);
        let made = |(class, length_m): (&u16, &f64)| {
            let c = &plan.fabric.classes[*class as usize];
            let nothing = if foreign { "division border" } else { "cut" };
            let class = if c.layer == BarrierLayer::None { nothing.to_string() } else { c.name.clone() };
            MadeBy { layer: c.layer, class, length_m: *length_m }
        };
        let mut made_by: Vec<MadeBy> = classes.iter().map(made).collect();
        made_by.sort_by(|x, y| y.length_m.total_cmp(&x.length_m));
        GridBorder {
            grid_id: grid.map(|g| g.grid_id.clone()),
            division_id: grid.filter(|_| foreign).map(|g| g.division_id.clone()),
            deviation: grid.map(|g| g.deviation),
            length_m: made_by.iter().map(|m| m.length_m).sum(),
            made_by,
        }
    };
    let mut out: Vec<GridBorder> = sums.into_iter().map(border).collect();
    out.sort_by(|x, y| y.length_m.total_cmp(&x.length_m).then_with(|| x.grid_id.cmp(&y.grid_id)));
    out
}

/// Units at the border that a grid that is too light could take, or one too heavy give, so that it comes nearer to its target
/// and the giver stays in one piece.
fn options(plan: &Plan, at: usize) -> Vec<GridOption> {
    let grid = &plan.grids[at];
    let recipe = &plan.provenance.recipe;
    let tolerance = recipe.grid.tolerance + ROUNDING;
    let zone = plan.zones.iter().find(|z| z.zone_id == grid.zone_id);
    // whether a grid that takes (1) or gives (-1) a unit is in band in the further resources
    let even = |g: usize, sign: f64, u: &PlanUnit| {
        recipe.resources.iter().filter(|r| r.weight > 0.0).all(|r| {
            let mean = zone.and_then(|z| z.bound.resources.get(&r.name)).map_or(0.0, |m| m.mean);
            let (before, gain) = (plan.grids[g].deviations.get(&r.name), u.resources.get(&r.name));
            mean == 0.0 || (before.unwrap_or(&0.0) + sign * gain.unwrap_or(&0.0) / mean).abs() <= r.tolerance + ROUNDING
        })
    };
    let units = &plan.fabric.units;
    let takes = grid.deviation < 0.0;
    let next = neighbours(&plan.fabric.arcs);
    let mut members = vec![BTreeSet::new(); plan.grids.len()];
    units.iter().enumerate().for_each(|(u, unit)| {
        members[unit.grid as usize].insert(u as u32);
    });
    let mut moves: BTreeSet<(u32, usize)> = BTreeSet::new();
    for (&u, others) in &next {
        for &v in others {
            let (g, h) = (units[u as usize].grid as usize, units[v as usize].grid as usize);
            if g == at && h != at && plan.grids[h].zone_id == grid.zone_id {
                moves.insert(if takes { (v, h) } else { (u, h) });
            }
        }
    }
    let option = |(unit, other): (u32, usize)| {
        let (giver, u) = (if takes { other } else { at }, &units[unit as usize]);
        let gain = if takes { u.worth } else { -u.worth };
        let (deviation, other_deviation) = (grid.deviation + gain, plan.grids[other].deviation - gain);
        let nearer = !grid.frozen && !plan.grids[other].frozen && u.worth > 0.0 && deviation.abs() < grid.deviation.abs();
        let (from, to) = if takes { (other, at) } else { (at, other) };
        (nearer && stays_whole(&next, members[giver].clone(), unit, plan.grids[giver].parts)).then(|| GridOption {
            unit: u.key.clone(),
            households: u.households,
            from: plan.grids[from].grid_id.clone(),
            to: plan.grids[to].grid_id.clone(),
            deviation,
            other_deviation,
            both_in_band: deviation.abs() <= tolerance && other_deviation.abs() <= tolerance && even(from, -1.0, u) && even(to, 1.0, u),
        })
    };
    let mut out: Vec<GridOption> = moves.into_iter().filter_map(option).collect();
    let off = |o: &GridOption| (o.deviation.abs() - tolerance).max(0.0) + (o.other_deviation.abs() - tolerance).max(0.0);
    out.sort_by(|x, y| off(x).total_cmp(&off(y)).then(x.deviation.abs().total_cmp(&y.deviation.abs())).then_with(|| x.unit.cmp(&y.unit)));
    out.truncate(OPTIONS);
    out
}

/// Units that share a border.
fn neighbours(arcs: &[Arc]) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut next: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (l, r) in arcs.iter().filter_map(|a| Some((a.left?, a.right?))) {
        next.entry(l).or_default().insert(r);
        next.entry(r).or_default().insert(l);
    }
    next
}

/// Whether a grid of units `left` has others than `unit`, and without it no more than `most` parts.
fn stays_whole(next: &BTreeMap<u32, BTreeSet<u32>>, mut left: BTreeSet<u32>, unit: u32, most: u32) -> bool {
    left.remove(&unit);
    let mut parts = 0;
    while let Some(first) = left.pop_first() {
        parts += 1;
        let mut queue = vec![first];
        while let Some(u) = queue.pop() {
            queue.extend(next.get(&u).into_iter().flatten().filter(|v| left.remove(v)));
        }
    }
    (1..=most).contains(&parts)
}
