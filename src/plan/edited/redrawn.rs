//! Dedicated grids with other land.

use crate::cut::Fabric;
use crate::finding::{Finding, Severity};
use crate::measure::UnitId;
use crate::plan::Plan;
use crate::zones::Dedicated;
use petgraph::unionfind::UnionFind;
use std::collections::{BTreeMap, BTreeSet};

/// Gives dedicated grids the land that their labels have now, each in its division; one without any is left out. Those that would be in more pieces than
/// before, though they are not logical, stay as they were (`not-contiguous`, a violation unless `clean`). O(n log n).
///
/// `was` is the old grid that each of them is; one that is new is as the recipe has it. `before` is the old grid of every unit.
pub fn redraw(
    old: &Plan,
    fabric: &Fabric,
    dedicated: Vec<Dedicated>,
    was: &[Option<u32>],
    label: &mut [Option<u32>],
    before: &[Option<u32>],
    clean: bool,
) -> (Vec<Dedicated>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut with: BTreeMap<u32, Vec<UnitId>> = BTreeMap::new();
    for (u, l) in label.iter().enumerate() {
        l.iter().for_each(|l| with.entry(*l).or_default().push(UnitId::new(u)));
    }
    let mut kept: Vec<Vec<UnitId>> = Vec::with_capacity(dedicated.len());
    for (d, was) in dedicated.iter().zip(was) {
        let Some(was) = was else {
            kept.push(d.units.clone());
            continue;
        };
        let own = with.get(was).into_iter().flatten().filter(|u| fabric.units[u.at()].division == d.division);
        let own: Vec<UnitId> = own.copied().collect();
        if own == d.units {
            kept.push(own);
            continue;
        }
        let id = &old.grids[*was as usize].grid_id;
        let place = |units: &[UnitId]| units.first().map(|u| fabric.units[u.at()].inner.lon_lat());
        let (parts, parts_before) = (pieces(fabric, &own), pieces(fabric, &d.units));
        if !d.logical && parts > parts_before.max(1) {
            let severity = if clean { Severity::Warning } else { Severity::Violation };
            let message =
                format!("the dedicated grid lies in {parts} parts; {}", if clean { "it stays as it was" } else { "draw it in one" });
            let finding = Finding::new(severity, "not-contiguous", message).id(id).measured(parts as f64).limit(1.0);
            findings.push(Finding { place: place(&own), ..finding });
            own.iter().for_each(|u| label[u.at()] = before[u.at()].filter(|g| g != was));
            d.units.iter().for_each(|u| label[u.at()] = Some(*was));
            kept.push(d.units.clone());
            continue;
        }
        let m2 = |units: &[UnitId]| units.iter().map(|u| fabric.units[u.at()].area_m2).sum::<f64>();
        let message = format!(
            "a dedicated grid has {:.0} m² instead of {:.0}; its kind stays with it; a re-balance takes its land from the recipe again",
            m2(&own),
            m2(&d.units)
        );
        let finding = Finding::new(Severity::Warning, "dedicated-redrawn", message).id(id).measured(m2(&own).round());
        findings.push(Finding { place: place(&d.units), ..finding.limit(m2(&d.units).round()) });
        kept.push(own);
    }
    // land that a grid kept all the same is no other's
    let mut owner: BTreeMap<UnitId, usize> = BTreeMap::new();
    for (d, units) in kept.iter().enumerate() {
        units.iter().filter(|u| was[d].is_none() || label[u.at()] == was[d]).for_each(|u| {
            owner.entry(*u).or_insert(d);
        });
    }
    let mut out = dedicated;
    for (d, (grid, units)) in out.iter_mut().zip(kept).enumerate() {
        grid.units = units.into_iter().filter(|u| owner.get(u) == Some(&d)).collect();
    }
    out.retain(|d| !d.units.is_empty());
    (out, findings)
}

/// Number of connected pieces of some units.
fn pieces(fabric: &Fabric, units: &[UnitId]) -> usize {
    let own: BTreeSet<UnitId> = units.iter().copied().collect();
    let mut sets = UnionFind::<u32>::new(fabric.units.len());
    for b in fabric.borders.iter().filter(|b| b.length_m > 0.0) {
        if let Some(o) = b.b.filter(|o| own.contains(o) && own.contains(&b.a)) {
            sets.union(b.a.0, o.0);
        }
    }
    units.iter().map(|u| sets.find(u.0)).collect::<BTreeSet<_>>().len()
}
