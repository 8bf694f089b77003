//! Compares any two plans, also with different numbers of grids and by different tools, from polygons and points alone.
//!
//! Land is overlaid pair by pair, households are counted in the grids that they lie in; all else follows from that one table of overlaps. No
//! figure but the moved load *by ids* depends on what grids are called.

mod agreement;
mod figures;
mod land;
mod names;
mod table;
mod types;

pub use agreement::Agreement;
pub use figures::Figures;
pub use names::Class;
pub use types::*;

use super::AsFound;
use super::moved::MovedLand;
use crate::document::schema;
use crate::finding::{Finding, Severity};
use crate::measure::Load;
use crate::territory::DemandPoint;
use crate::territory::lattice::Plane;
use crate::watch::{Stopped, Watch};
use geo::{Area, BoundingRect};
use land::{Land, Place};
use rayon::prelude::*;
use std::collections::BTreeMap;
use table::{Shared, Table};

/// The share of what stays by matching that must stay by ids, for ids to mean the same.
const IDS_HOLD: f64 = 0.9;

/// Compares two plans. Loads are those of `points`; without points the entities that both plans attach count 1 each, without those land counts alone.
/// `tolerance` is the half width of the band that figures of balance use.
///
/// | finding | meaning |
/// |---|---|
/// | `geometry-invalid` | a grid whose polygons cross themselves or one another |
/// | `grids-overlap` | land of one plan in two grids (`measured`: m²) |
/// | `land-in-one-plan` | land in a grid of one plan alone (`measured`: m²) |
/// | `households-in-one-plan` | load in a grid of one plan alone (`measured`: load) |
/// | `households-in-no-plan` | load in no grid of either (`measured`: load) |
/// | `nothing-in-both` | the plans have neither land nor load in common |
/// | `households-in-two-grids` | load in several grids of one plan, counted in the first (`measured`: load) |
///
/// O(n log n) for n positions and points, with the overlay of every pair of grids whose boxes meet; naming is near-linear for plans that are alike and
/// grows with the square and more of the number of grids in one connected overlap where they are not. `watch` may stop it.
pub fn compare(
    before: &AsFound,
    after: &AsFound,
    points: &[DemandPoint],
    tolerance: f64,
    watch: &dyn Watch,
) -> Result<Comparison, Stopped> {
    let _span = tracing::info_span!("compare", before = before.grids.len(), after = after.grids.len()).entered();
    let mut findings = Vec::new();
    let plane = plane(before, after);
    let old = Land::new(&before.grids, "before", &plane, &mut findings);
    let new = Land::new(&after.grids, "after", &plane, &mut findings);
    let cells = land::overlay(&old, &new);
    let (basis, placed) = placed(before, after, &old, &new, points, &mut findings);
    let t = Table::new(&old.area_m2, &new.area_m2, &cells, &placed);

    let pairs: Vec<(usize, usize)> = cells.iter().map(|c| (c.before, c.after)).collect();
    let turned: Vec<(usize, usize)> = pairs.iter().map(|&(i, j)| (j, i)).collect();
    let mut shared = (vec![0.0; old.area_m2.len()], vec![0.0; new.area_m2.len()]);
    for c in &cells {
        shared.0[c.before] += c.area_m2;
        shared.1[c.after] += c.area_m2;
    }
    land::alone(&old, &new, &shared.0, &plane, &mut findings);
    let fresh = land::alone(&new, &old, &shared.1, &plane, &mut findings);
    land::doubled(&old, &new, &pairs, &shared.1, &plane, &mut findings);
    land::doubled(&new, &old, &turned, &shared.0, &plane, &mut findings);

    let id = (|i: usize| before.grids[i].grid_id.as_str(), |j: usize| after.grids[j].grid_id.as_str());
    let named = names::names(&t, |i, j| id.0(i) == id.1(j), watch)?;
    let moved = moved(&t, &named, |c| id.0(c.before) == id.1(c.after), before, after);
    let stays = |c: &Shared| if moved.ids_hold { id.0(c.before) == id.1(c.after) } else { named.matched[c.after] == Some(c.before) };
    let loads = |i: usize, j: usize| t.cells.binary_search_by(|c| (c.before, c.after).cmp(&(i, j))).map_or(Load::ZERO, |k| t.cells[k].load);
    let piece = |c: &land::Cell| MovedLand {
        from: Some(id.0(c.before).to_string()),
        to: id.1(c.after).to_string(),
        households: loads(c.before, c.after).units(),
        area_m2: c.area_m2,
        why: String::new(),
        land: land::degrees(&c.land, &plane),
    };
    let changed = cells.iter().filter(|c| !stays(&Shared { before: c.before, after: c.after, load: Load::ZERO, area_m2: 0.0 })).map(piece);
    let rest = t.rest();
    let added = fresh.iter().map(|(j, l)| MovedLand {
        from: None,
        to: id.1(*j).to_string(),
        households: rest.1[*j].load.units(),
        area_m2: l.unsigned_area(),
        why: String::new(),
        land: land::degrees(l, &plane),
    });
    let moved_land = changed.chain(added).collect();

    let (sums_before, sums_after) = match basis {
        Basis::Points => (figures::counted(&t.before), figures::counted(&t.after)),
        _ => (None, None),
    };
    let (loaded_before, loaded_after) = (figures::loaded(&old, sums_before), figures::loaded(&new, sums_after));
    let weight = |c: &Shared| if basis == Basis::Land { c.area_m2 } else { c.load.units() };
    let weights: Vec<(usize, usize, f64)> = t.cells.iter().map(|c| (c.before, c.after, weight(c))).collect();
    let item = if basis == Basis::Land { 0.0 } else { 1.0 };
    if t.cells.is_empty() {
        let message = "the plans have no land in common: there is nothing to compare; give two plans of one territory, both in longitude and latitude";
        findings.push(Finding::new(Severity::Warning, "nothing-in-both", message));
    }
    let (grids, gone) = changes(&t, &named, before, after, &new, (&loaded_before, &loaded_after));
    let mut classes: BTreeMap<Class, u32> = BTreeMap::new();
    for class in grids.iter().map(|g| g.class).chain(gone.iter().map(|g| g.class).filter(|c| *c == Class::Retired)) {
        *classes.entry(class).or_default() += 1;
    }
    Ok(Comparison {
        schema: schema::<Comparison>(),
        basis,
        plane,
        tolerance,
        before: figures::figures(&old, &loaded_before, tolerance),
        after: figures::figures(&new, &loaded_after, tolerance),
        moved,
        agreement: agreement::agreement(&weights, t.before.len(), t.after.len(), item),
        classes,
        grids,
        gone,
        findings,
        overlap: overlap(&t, before, after),
        moved_land,
    })
}

/// The plane around the middle of both plans.
fn plane(before: &AsFound, after: &AsFound) -> Plane {
    let boxes = before.grids.iter().chain(&after.grids).filter_map(|g| g.land.bounding_rect());
    let both = boxes.reduce(|a, b| {
        let (low, high) = (a.min(), a.max());
        geo::Rect::new((low.x.min(b.min().x), low.y.min(b.min().y)), (high.x.max(b.max().x), high.y.max(b.max().y)))
    });
    let middle = both.map_or(geo::Coord::zero(), |r| r.center());
    Plane::around(middle.x, middle.y)
}

type Placed = Vec<(Option<usize>, Option<usize>, Load)>;

/// Grids before and after of everything that is load.
fn placed(
    before: &AsFound,
    after: &AsFound,
    old: &Land<'_>,
    new: &Land<'_>,
    points: &[DemandPoint],
    findings: &mut Vec<Finding>,
) -> (Basis, Placed) {
    if points.iter().any(|p| p.load > Load::ZERO) {
        let found: Vec<(Place, Place)> = points.par_iter().map(|p| (old.at(p.at), new.at(p.at))).collect();
        let mut tell = |code: &str, message: &str, wanted: &dyn Fn(&Place, &Place) -> bool| {
            let hit = || points.iter().zip(&found).filter(|(p, (a, b))| p.load > Load::ZERO && wanted(a, b)).map(|(p, _)| p);
            let Some(first) = hit().next() else { return };
            let load: Load = hit().map(|p| p.load).sum();
            let message = format!("{} households at {} points {message}; the first is shown", load.units(), hit().count());
            let finding = Finding::new(Severity::Warning, code, message).id(first.id.as_str()).at(first.at.lon_lat());
            findings.push(finding.measured(load.units()).limit(0.0));
        };
        tell("households-in-one-plan", "lie in no grid of the plan after", &|a, b| a.grid.is_some() && b.grid.is_none());
        tell("households-in-one-plan", "lie in no grid of the plan before", &|a, b| a.grid.is_none() && b.grid.is_some());
        tell("households-in-no-plan", "lie in no grid of either plan", &|a, b| a.grid.is_none() && b.grid.is_none());
        tell("households-in-two-grids", "lie in several grids of the plan before and count in the first", &|a, _| a.doubled);
        tell("households-in-two-grids", "lie in several grids of the plan after and count in the first", &|_, b| b.doubled);
        return (Basis::Points, points.iter().zip(&found).map(|(p, (a, b))| (a.grid, b.grid, p.load)).collect());
    }
    let (Some(was), Some(is)) = (&before.attachments, &after.attachments) else { return (Basis::Land, Vec::new()) };
    let index =
        |plan: &AsFound| -> BTreeMap<String, usize> { plan.grids.iter().enumerate().map(|(i, g)| (g.grid_id.clone(), i)).collect() };
    let (old_ids, new_ids) = (index(before), index(after));
    let mut entities: BTreeMap<&str, (Option<usize>, Option<usize>)> = BTreeMap::new();
    was.iter().for_each(|[entity, grid, _]| entities.entry(entity).or_default().0 = old_ids.get(grid).copied());
    is.iter().for_each(|[entity, grid, _]| entities.entry(entity).or_default().1 = new_ids.get(grid).copied());
    let one = Load(Load::PER_UNIT);
    // who is in one plan alone came or left: no land is another grid's for that
    let both = entities.into_values().filter(|(i, j)| i.is_some() && j.is_some());
    let placed: Placed = both.map(|(i, j)| (i, j, one)).collect();
    if !placed.is_empty() { (Basis::Entities, placed) } else { (Basis::Land, Vec::new()) }
}

fn moved(t: &Table, named: &names::Names, equal_ids: impl Fn(&Shared) -> bool, before: &AsFound, after: &AsFound) -> Moved {
    let all = t.sum(|_| true);
    let share = |x: f64, of: f64| if of > 0.0 { x / of } else { 0.0 };
    let amount = |kept: table::Sum| {
        let (households, area_m2) = ((all.load - kept.load).units(), (all.area_m2 - kept.area_m2).max(0.0));
        Amount { households, share: share(households, all.load.units()), area_m2, area_share: share(area_m2, all.area_m2) }
    };
    let (by_ids, by_matching) = (t.sum(equal_ids), t.sum(|c| named.matched[c.after] == Some(c.before)));
    let known: std::collections::BTreeSet<&str> = before.grids.iter().map(|g| g.grid_id.as_str()).collect();
    let common = after.grids.iter().any(|g| known.contains(g.grid_id.as_str()));
    let kept = |s: table::Sum| if all.load > Load::ZERO { s.load.units() } else { s.area_m2 };
    Moved {
        households_in_both: all.load.units(),
        area_in_both_m2: all.area_m2,
        by_ids: common.then(|| amount(by_ids)),
        by_matching: amount(by_matching),
        ids_hold: common && kept(by_ids) >= IDS_HOLD * kept(by_matching),
    }
}

fn overlap(t: &Table, before: &AsFound, after: &AsFound) -> Vec<Overlap> {
    let pair = |c: &Shared| Overlap {
        before: Some(before.grids[c.before].grid_id.clone()),
        after: Some(after.grids[c.after].grid_id.clone()),
        households: c.load.units(),
        area_m2: c.area_m2,
        share_of_before: Some(t.share_of_before(c)),
        share_of_after: Some(t.share_of_after(c)),
    };
    let (lost, fresh) = t.rest();
    let beyond = |s: &table::Sum, of: &table::Sum| {
        let (households, area_m2) = (s.load.units(), if s.area_m2 > 1f64.max(1e-6 * of.area_m2) { s.area_m2 } else { 0.0 });
        let share = if of.load > Load::ZERO { households / of.load.units() } else { area_m2 / of.area_m2.max(f64::MIN_POSITIVE) };
        let none = Overlap { before: None, after: None, households, area_m2, share_of_before: None, share_of_after: None };
        (households > 0.0 || area_m2 > 0.0).then_some((none, share))
    };
    let lost = lost.iter().enumerate().filter_map(|(i, s)| {
        let (o, share) = beyond(s, &t.before[i])?;
        Some(Overlap { before: Some(before.grids[i].grid_id.clone()), share_of_before: Some(share), ..o })
    });
    let fresh = fresh.iter().enumerate().filter_map(|(j, s)| {
        let (o, share) = beyond(s, &t.after[j])?;
        Some(Overlap { after: Some(after.grids[j].grid_id.clone()), share_of_after: Some(share), ..o })
    });
    t.cells.iter().map(pair).chain(lost).chain(fresh).collect()
}

fn changes(
    t: &Table,
    named: &names::Names,
    before: &AsFound,
    after: &AsFound,
    new: &Land<'_>,
    loads: (&[figures::Loaded], &[figures::Loaded]),
) -> (Vec<GridChange>, Vec<GridGone>) {
    let (mut most_from, mut most_into) = (vec![(None, 0.0); t.after.len()], vec![(None, 0.0); t.before.len()]);
    for c in &t.cells {
        let (from, into) = (t.share_of_after(c), t.share_of_before(c));
        if from > most_from[c.after].1 {
            most_from[c.after] = (Some(c.before), from);
        }
        if into > most_into[c.before].1 {
            most_into[c.before] = (Some(c.after), into);
        }
    }
    let id = |i: usize| before.grids[i].grid_id.clone();
    let (shapes, parts) = (figures::compactness(new), figures::parts(new));
    let change = |j: usize| GridChange {
        grid_id: after.grids[j].grid_id.clone(),
        class: named.classes[j],
        was: named.same[j].map(id),
        mostly_from: most_from[j].0.map(id),
        share: most_from[j].1,
        households_before: named.same[j].and_then(|i| loads.0[i].load).unwrap_or(0.0),
        households: loads.1[j].load.unwrap_or(0.0),
        target: loads.1[j].target,
        deviation: loads.1[j].deviation(),
        compactness: shapes[j],
        parts: parts[j],
        area_m2: t.after[j].area_m2,
    };
    let gone = |(&i, &class): (&usize, &Class)| GridGone {
        grid_id: id(i),
        class,
        mostly_into: most_into[i].0.map(|j| after.grids[j].grid_id.clone()),
        share: most_into[i].1,
    };
    ((0..t.after.len()).map(change).collect(), named.gone.iter().map(gone).collect())
}
