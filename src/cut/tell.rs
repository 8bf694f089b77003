//! Findings of the cut.

use super::arrangement::OUTSIDE;
use super::mesh::Lists;
use super::{Absorbed, Place, Unit};
use crate::finding::{Finding, Severity};
use crate::measure::{DivisionId, Load, UnitId};
use crate::territory::Territory;
use crate::territory::lattice::Pt;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What is named one by one; the rest is told in sum.
const NAMED: usize = 50;

/// A position with more than this share of a grid is told.
const HEAVY: f64 = 0.5;

/// The largest one by one, and all in sum by division.
pub(super) fn absorbed(t: &Territory, absorbed: &[Absorbed], small: f64, findings: &mut Vec<Finding>) {
    let mut largest: Vec<&Absorbed> = absorbed.iter().collect();
    largest.sort_by(|x, y| y.area_m2.total_cmp(&x.area_m2).then(x.at.cmp(&y.at)));
    for a in largest.iter().take(NAMED) {
        let message = format!("{:.0} m², {:.1} m wide, no unit of its own: it joined a neighbour of its division", a.area_m2, a.width_m);
        let finding = Finding::new(Severity::Info, "sliver-absorbed", message).id(&t.division(a.division).id).at(a.at.lon_lat());
        findings.push(finding.measured(a.area_m2).limit(small));
    }
    let mut sums: BTreeMap<DivisionId, (usize, f64, f64)> = BTreeMap::new();
    for a in absorbed {
        let s = sums.entry(a.division).or_default();
        *s = (s.0 + 1, s.1 + a.area_m2, s.2.max(a.width_m));
    }
    for (d, (count, area, width)) in sums {
        let message = format!(
            "{count} slivers and small empty faces with {area:.0} m² in all joined a neighbour of their division (widest {width:.1} m)"
        );
        findings.push(Finding::new(Severity::Info, "slivers-absorbed", message).id(&t.division(d).id).measured(area).limit(small));
    }
}

/// Points outside the territory.
pub(super) fn points(t: &Territory, unit_of_point: &[Option<UnitId>], findings: &mut Vec<Finding>) {
    let outside: Vec<_> = t.points.iter().zip(unit_of_point).filter(|(_, u)| u.is_none()).map(|(p, _)| p).collect();
    for p in outside.iter().take(NAMED) {
        let message = format!(
            "the point (load {}) lies in no division: it is in the load of no grid, and attached to the nearest one if that is within attach.nearest_m",
            p.load
        );
        findings
            .push(Finding::new(Severity::Warning, "point-outside", message).id(p.id.as_str()).at(p.at.lon_lat()).measured(p.load.units()));
    }
    let beside = outside.iter().map(|p| p.load).sum::<Load>();
    let all = if beside > Load::ZERO { t.points.iter().map(|p| p.load).sum() } else { Load::ZERO };
    if beside > Load::ZERO && beside >= all - beside {
        let message = format!(
            "{} of {} points, with a load of {beside} of {all}, lie in no division; are they of another place, or in another system than the recipe or \
             the file says?",
            outside.len(),
            t.points.len()
        );
        findings.push(Finding::new(Severity::Violation, "points-elsewhere", message).measured(beside.units()).limit(0.0));
    }
    if outside.len() > NAMED {
        let rest: Load = outside[NAMED..].iter().map(|p| p.load).sum();
        let message = format!("{} more points with load {rest} lie in no division", outside.len() - NAMED);
        findings.push(Finding::new(Severity::Warning, "point-outside", message).measured((outside.len() - NAMED) as f64));
    }
}

/// What lies outside the territory of every resource: points and their amount.
pub(super) fn carriers(t: &Territory, outside: &[(usize, Load)], findings: &mut Vec<Finding>) {
    for (r, (points, amount)) in t.resources.iter().zip(outside).filter(|(_, o)| o.0 > 0) {
        let message = format!("{points} points with {amount} of {} lie in no division and are left out of it", r.name);
        findings.push(Finding::new(Severity::Warning, "resource-outside", message).id(&r.name).measured(amount.units()));
    }
}

/// Load on water, where nobody lives: a house drawn into the river, or a boat.
pub(super) fn wet(units: &[Unit], findings: &mut Vec<Finding>) {
    for u in units.iter().filter(|u| u.water && u.load > Load::ZERO) {
        let message = format!("points with load {} lie on water; they count for the grid that gets the water", u.load);
        let finding = Finding::new(Severity::Warning, "load-on-water", message).id(&u.key).at(u.inner.lon_lat());
        findings.push(finding.measured(u.load.units()).limit(0.0));
    }
}

/// Points that share their positions.
pub(super) struct Piles {
    positions: usize,
    points: usize,
    /// Position, load, balanced load and number of points of the heavy ones.
    large: Vec<(Pt, Load, Load, usize)>,
}

/// Piles of loaded points by the `region`s that their places lie in. O(n log n) for n places in one region.
pub(super) fn piles(t: &Territory, places: &[Place], region: &[u32], regions: usize) -> Piles {
    let loaded = || (0u32..).zip(places).zip(region).filter(|((_, p), r)| p.loaded > 0 && **r != OUTSIDE);
    let mut by_region = Lists::new(regions, || loaded().map(|((i, p), &r)| (r, (p.at, i))));
    let piled = |own: &mut &mut [(Pt, u32)]| {
        own.sort_unstable();
        let mut piles = Piles { positions: 0, points: 0, large: Vec::new() };
        for pile in own.chunk_by(|p, q| p.0 == q.0) {
            let (at, pile) = (pile[0].0, || pile.iter().map(|&(_, i)| &places[i as usize]));
            let points = pile().map(|p| p.loaded as usize).sum();
            if points > 1 {
                piles.positions += 1;
                piles.points += points;
            }
            let balanced: Load = pile().map(|p| p.balanced).sum();
            if balanced.0 as f64 > HEAVY * t.base.0 as f64 {
                let load = pile().map(|p| p.load).sum();
                piles.large.push((at, load, balanced, points));
            }
        }
        piles
    };
    let piles: Vec<Piles> = by_region.split_mut().par_iter_mut().map(piled).collect();
    let (positions, points) = piles.iter().fold((0, 0), |sum, p| (sum.0 + p.positions, sum.1 + p.points));
    let mut large: Vec<_> = piles.into_iter().flat_map(|p| p.large).collect();
    large.sort_unstable_by_key(|pile| pile.0);
    Piles { positions, points, large }
}

/// Stacked points and units that nothing can split.
pub(super) fn heavy(t: &Territory, units: &[Unit], piles: Piles, findings: &mut Vec<Finding>) {
    let Piles { positions, points, large } = piles;
    if positions > 0 {
        let message = format!("points that share their position stay together: {points} points on {positions} positions");
        findings.push(Finding::new(Severity::Info, "points-stacked", message).measured(positions as f64));
    }
    for (at, load, balanced, count) in large {
        let share = balanced.0 as f64 / t.base.0 as f64;
        let message = format!(
            "{count} points with load {load} on one position, {:.0} % of a grid, cannot be cut apart; split them by entrance or floor if they must be",
            100.0 * share
        );
        findings.push(Finding::new(Severity::Warning, "stack-heavy", message).at(at.lon_lat()).measured(share).limit(HEAVY));
    }
    for u in units {
        if u.balanced > t.base {
            let message =
                format!("the unit carries {:.0} % of a grid and could not be split further", 100.0 * u.balanced.0 as f64 / t.base.0 as f64);
            findings.push(
                Finding::new(Severity::Warning, "unit-heavier-than-grid", message)
                    .id(&u.key)
                    .at(u.inner.lon_lat())
                    .measured(u.load.units()),
            );
        }
    }
}

/// What bridges that join banks did.
pub(super) fn bridges(t: &Territory, joined: usize, findings: &mut Vec<Finding>) {
    if !t.bridges.is_empty() {
        let message = format!(
            "{} pieces of bridge: {joined} borders along water count as no barrier, and water areas are parted below the bridges",
            t.bridges.len()
        );
        findings.push(Finding::new(Severity::Info, "bridges-join", message).measured(joined as f64));
    }
}
