//! Gaps, overlaps, slivers and units that were cut, with place and number.

use super::features::Features;
use super::overlay::{Over, polygon};
use crate::cut::Fabric;
use crate::finding::{Finding, Severity, few};
use crate::measure::Load;
use crate::plan::Plan;
use crate::plan::check::{AREA_SHARE, PART_M2, united};
use crate::territory::Territory;
use geo::{Area, BooleanOps, Euclidean, InteriorPoint, Length, MultiPolygon, Polygon};
use std::collections::{BTreeMap, BTreeSet};

/// A border through a unit that leaves less than this share of it on one side cuts it.
const WHOLE: f64 = 0.9;
/// Land of this mean width or less is a sliver, as snapping in a GIS leaves it, m.
const SLIVER_M: f64 = 0.5;

/// Land that is told as one: its area and the place of its largest piece.
#[derive(Default)]
struct Sum {
    m2: f64,
    largest: f64,
    place: Option<[f64; 2]>,
}

impl Sum {
    fn add(&mut self, piece: &Polygon<f64>, t: &Territory) {
        let m2 = piece.unsigned_area();
        self.m2 += m2;
        if m2 > self.largest {
            self.largest = m2;
            self.place = piece.interior_point().map(|p| t.plane.lattice([p.x(), p.y()]).lon_lat());
        }
    }

    fn told(&self, finding: Finding, limit: f64) -> Finding {
        Finding { place: self.place, ..finding.measured(round(self.m2)).limit(limit) }
    }
}

fn round(m2: f64) -> f64 {
    (m2 * 100.0).round() / 100.0
}

fn is_sliver(piece: &Polygon<f64>) -> bool {
    let rings = std::iter::once(piece.exterior()).chain(piece.interiors());
    let length: f64 = rings.map(|r| Euclidean.length(r)).sum();
    let m2 = piece.unsigned_area();
    m2 <= PART_M2 || 2.0 * m2 / length <= SLIVER_M
}

/// What a file does that a plan cannot.
pub(super) fn tell(
    old: &Plan,
    features: &Features,
    t: &Territory,
    fabric: &Fabric,
    before: &[Option<u32>],
    over: &[Over],
    out: &mut Vec<Finding>,
) {
    let name = |l: u32| match old.grids.get(l as usize) {
        Some(g) => g.grid_id.as_str(),
        None => features.fresh[l as usize - old.grids.len()].as_str(),
    };
    let (mut slivers, mut strays) = (Sum::default(), Sum::default());
    let mut gaps: BTreeMap<Option<u32>, Sum> = BTreeMap::new();
    let mut overlaps: BTreeMap<(u32, u32), (Sum, BTreeSet<&str>)> = BTreeMap::new();
    for ((o, before), unit) in over.iter().zip(before).zip(&fabric.units) {
        for piece in o.gap.iter().flatten() {
            if is_sliver(piece) { &mut slivers } else { gaps.entry(*before).or_default() }.add(piece, t);
        }
        for (a, b, land) in &o.overlaps {
            for piece in land {
                if is_sliver(piece) {
                    slivers.add(piece, t);
                    continue;
                }
                let (sum, kept) = overlaps.entry((*a, *b)).or_default();
                sum.add(piece, t);
                kept.extend(o.label.map(name));
            }
        }
        match cut(o, unit.load, unit.area_m2, &name) {
            Some((share, message)) => {
                let finding = Finding::new(Severity::Warning, "unit-cut", message).id(&unit.key).at(unit.inner.lon_lat());
                out.push(finding.measured(share).limit(WHOLE));
            }
            None => {
                for piece in o.strays.iter().flatten() {
                    if is_sliver(piece) { &mut slivers } else { &mut strays }.add(piece, t);
                }
            }
        }
    }
    for (grid, sum) in &gaps {
        let (m2, id) = (sum.m2, grid.map_or("", name));
        let message = match grid {
            Some(_) => {
                format!("{m2:.1} m² are in no grid; they stay with {id}, which had them; draw them into another grid to change that")
            }
            None => format!("{m2:.1} m² are in no grid and were in none; they go to a grid beside them"),
        };
        out.push(sum.told(Finding::new(Severity::Warning, "land-in-no-grid", message).id(id), SLIVER_M));
    }
    for ((a, b), (sum, kept)) in &overlaps {
        let kept: Vec<&str> = kept.iter().copied().collect();
        let message = format!(
            "{:.1} m² are in {} as well; units there go to {}; take them out of the other to change that",
            sum.m2,
            name(*b),
            few(&kept)
        );
        out.push(sum.told(Finding::new(Severity::Warning, "grids-overlap", message).id(name(*a)), SLIVER_M));
    }
    outside(features, t, fabric, over, &name, &mut slivers, out);
    if round(slivers.m2) > 0.0 {
        let message = format!("{:.2} m² in all are slivers between grids, up to {SLIVER_M} m wide; they go with their units", slivers.m2);
        out.push(slivers.told(Finding::new(Severity::Info, "edit-slivers", message), SLIVER_M));
    }
    if round(strays.m2) > 0.0 {
        let part = 100.0 * (1.0 - WHOLE);
        let message = format!(
            "{:.2} m² in all lie across a border from the rest of their units, {part:.0} % of a unit at most; they go with it",
            strays.m2
        );
        out.push(strays.told(Finding::new(Severity::Info, "edit-strays", message), 1.0 - WHOLE));
    }
}

/// The share of a unit that is in its grid, where a border cuts the unit, and what lies on either side.
fn cut<'n>(o: &Over, load: Load, area_m2: f64, name: &impl Fn(u32) -> &'n str) -> Option<(f64, String)> {
    let share = |(l, m2): (Load, f64)| {
        let land = m2 / area_m2.max(1e-9);
        if load > Load::ZERO { land.min(l.0 as f64 / load.0 as f64) } else { land }
    };
    let own = share(*o.shares.get(&o.label?)?);
    if own >= WHOLE {
        return None;
    }
    let mut sides: Vec<(&u32, &(Load, f64))> = o.shares.iter().collect();
    sides.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(b.1.1.total_cmp(&a.1.1)));
    let side = |(l, (load, m2)): (&u32, &(Load, f64))| format!("{} has {m2:.1} m² and {load} households", name(*l));
    let sides: Vec<String> = sides.into_iter().map(side).collect();
    let message = format!("a border runs through the unit: {}; it goes to {} whole", few(&sides), name(o.label?));
    Some(((own * 1e4).round() / 1e4, message))
}

/// Grids that reach beyond the territory, and those that have most of no unit; slivers beyond are put with the others.
fn outside<'n>(
    features: &Features,
    t: &Territory,
    fabric: &Fabric,
    over: &[Over],
    name: &impl Fn(u32) -> &'n str,
    slivers: &mut Sum,
    out: &mut Vec<Finding>,
) {
    let mut inside: BTreeMap<u32, f64> = BTreeMap::new();
    over.iter().flat_map(|o| &o.claimed).for_each(|(l, m2)| *inside.entry(*l).or_default() += m2);
    let held: BTreeSet<u32> = over.iter().filter_map(|o| o.label).collect();
    for (label, land) in features.labels.iter().zip(&features.land) {
        let m2 = land.unsigned_area();
        if m2 - inside.get(label).copied().unwrap_or(0.0) > PART_M2.max(AREA_SHARE * m2) {
            let here = over.iter().zip(&fabric.units).filter(|(o, _)| o.claimed.iter().any(|c| c.0 == *label));
            let here: Vec<MultiPolygon<f64>> = here.map(|(_, unit)| polygon(unit, &t.plane)).collect();
            let (mut beyond, rest) = (Sum::default(), land.difference(&united(&here)));
            rest.iter().for_each(|p| if is_sliver(p) { &mut *slivers } else { &mut beyond }.add(p, t));
            if beyond.m2 > 0.0 {
                let message = format!("{:.1} m² of the grid lie outside the territory and are left out", beyond.m2);
                out.push(beyond.told(Finding::new(Severity::Warning, "land-outside", message).id(name(*label)), SLIVER_M));
            }
        }
        if !held.contains(label) {
            let mut all = Sum::default();
            land.iter().for_each(|p| all.add(p, t));
            let message = "no unit has most of its land in it: there is no such grid in the plan; draw it along borders of units";
            let finding = Finding::new(Severity::Warning, "grid-empty", message).id(name(*label));
            out.push(Finding { place: all.place, ..finding.measured(round(all.m2)) });
        }
    }
}
