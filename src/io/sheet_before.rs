//! What the area map shows of an earlier plan below the plan.

use super::map::{Polygons, Sheet, SheetBefore, SheetGrid, SheetMoved, SheetZone};
use super::sheet::{barriers, finding, ring, water};
use crate::finding::Finding;
use crate::plan::compare::{Agreement, Amount, Comparison, Figures, GridChange};
use crate::plan::{AsFound, GridAsFound, MovedLand, Plan, former_borders};
use crate::territory::lattice::Pt;
use crate::territory::{Division, Territory};
use geo::MultiPolygon;
use std::collections::BTreeMap;

fn polygons(land: &MultiPolygon<f64>) -> Polygons {
    let ring = |r: &geo::LineString<f64>| r.0.iter().map(|c| [c.x, c.y]).collect();
    land.iter().map(|p| std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect()).collect()
}

/// `codes` are those of the grids before, by their ids; where ids do not mean the same in both plans, grids before are called old.
fn shown(borders: Vec<Vec<Pt>>, moved: &[MovedLand], codes: &BTreeMap<&str, &str>, ids_hold: bool) -> SheetBefore {
    let old = if ids_hold { "" } else { "old " };
    let called = |id: &String| match codes.get(id.as_str()) {
        Some(code) if !code.is_empty() && *code != *id => format!("{old}{code} ({id})"),
        _ => format!("{old}{id}"),
    };
    let piece = |m: &MovedLand| SheetMoved {
        from: m.from.as_ref().map(called).unwrap_or_default(),
        to: m.to.clone(),
        households: m.households,
        area_m2: m.area_m2,
        why: m.why.clone(),
        polygons: polygons(&m.land),
    };
    let borders = borders.iter().map(|line| line.iter().map(|p| p.lon_lat()).collect()).collect();
    SheetBefore { borders, moved: moved.iter().map(piece).collect() }
}

/// The earlier plan below a later one, for [`Sheet::before`]; `moved` as [`crate::plan::moved_land`] gives it.
pub fn before(old: &Plan, new: &Plan, moved: &[MovedLand]) -> SheetBefore {
    let codes = old.grids.iter().map(|g| (g.grid_id.as_str(), g.code.as_str())).collect();
    shown(former_borders(old.grid_borders(), new.grid_borders(), &new.provenance.plane), moved, &codes, true)
}

/// Pieces of the borders of grids as found.
fn pieces(found: &AsFound) -> Vec<(Pt, Pt)> {
    let rings = found.grids.iter().flat_map(|g| &g.land).flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let ends = |l: geo::Line<f64>| Some((Pt::from_lon_lat(l.start.x, l.start.y)?, Pt::from_lon_lat(l.end.x, l.end.y)?));
    rings.flat_map(|r| r.lines().filter_map(ends)).collect()
}

/// The sheet of two plans as found, by whoever made them: the later one with the earlier one below it. Barriers and water are shown where there is a territory.
pub fn compared(
    before: &AsFound,
    after: &AsFound,
    c: &Comparison,
    findings: &[Finding],
    territory: Option<&Territory>,
    title: &str,
) -> Sheet {
    let grid = |(g, change): (&GridAsFound, &GridChange)| SheetGrid {
        id: g.grid_id.clone(),
        code: g.code.clone(),
        zone: g.division_id.clone(),
        division: g.division_id.clone(),
        kind: if g.kind.is_empty() { crate::recipe::ORDINARY.into() } else { g.kind.clone() },
        households: change.households,
        target: change.target.unwrap_or(f64::NAN),
        deviation: change.deviation,
        in_band: change.deviation.is_some_and(|d| d.abs() <= c.tolerance + 1e-9),
        parts: change.parts,
        area_m2: change.area_m2,
        compactness: change.compactness,
        barrier_share: g.barrier_share.unwrap_or(f64::NAN),
        why: what_became(change),
        polygons: polygons(&g.land),
        ..SheetGrid::default()
    };
    let codes = before.grids.iter().map(|g| (g.grid_id.as_str(), g.code.as_str())).collect();
    let borders = former_borders(pieces(before), pieces(after), &c.plane);
    Sheet {
        title: title.to_string(),
        summary: summary(c),
        tolerance: c.tolerance,
        findings: findings.iter().map(finding).collect(),
        grids: after.grids.iter().zip(&c.grids).map(grid).collect(),
        zones: territory.map_or(Vec::new(), |t| divisions(t, after, c)),
        barriers: territory.map_or(Vec::new(), barriers),
        water: territory.map_or(Vec::new(), water),
        before: Some(shown(borders, &c.moved_land, &codes, c.moved.ids_hold)),
        attribution: "Source of the data: see the layers' own licence.".into(),
        ..Sheet::default()
    }
}

/// Divisions in the place of zones, which plans as found do not have.
fn divisions(territory: &Territory, after: &AsFound, c: &Comparison) -> Vec<SheetZone> {
    let zone = |d: &Division| {
        let own = || after.grids.iter().zip(&c.grids).filter(|(g, _)| g.division_id == d.id);
        SheetZone {
            id: d.id.clone(),
            name: d.name.clone(),
            division: d.id.clone(),
            households: own().map(|(_, change)| change.households).sum(),
            grids: own().count() as u32,
            polygons: d.rings.iter().map(|r| vec![ring(r)]).collect(),
            ..SheetZone::default()
        }
    };
    territory.divisions.iter().map(zone).collect()
}

fn what_became(change: &GridChange) -> String {
    let from = change.mostly_from.as_ref().map_or("Nothing of it was in a grid before".to_string(), |from| {
        format!("{:.1} % of it come from grid {from} of the plan before", 100.0 * change.share)
    });
    format!("{}. {from}.", change.class.name())
}

fn summary(c: &Comparison) -> Vec<(String, String)> {
    let amount = |a: &Amount| match c.moved.households_in_both > 0.0 {
        true => format!("{} ({:.1} %), {:.2} km²", a.households, 100.0 * a.share, a.area_m2 / 1e6),
        false => format!("{:.2} km² ({:.1} %)", a.area_m2 / 1e6, 100.0 * a.area_share),
    };
    let both = |of: &dyn Fn(&Figures) -> String| format!("{} → {}", of(&c.before), of(&c.after));
    let share = |x: Option<f64>| x.map_or("unknown".into(), |x| format!("{:.1} %", 100.0 * x));
    let agreement = |of: fn(&Agreement) -> String| c.agreement.as_ref().map_or("unknown".into(), of);
    let in_band = |f: &Figures| f.in_band.map(|n| f64::from(n) / f64::from(f.ordinary.max(1)));
    let rows = [
        ("Moved, by ids", c.moved.by_ids.as_ref().map_or("no id is in both plans".into(), amount)),
        ("Moved, by best matching", amount(&c.moved.by_matching)),
        ("Hatched on the map", if c.moved.ids_hold { "by ids" } else { "by best matching" }.to_string()),
        ("Adjusted Rand index", agreement(|a| format!("{:.3}", a.adjusted_rand))),
        ("Variation of information", agreement(|a| format!("{:.3} bits", a.variation_of_information))),
        ("Grids", both(&|f| f.grids.to_string())),
        ("Households", both(&|f| f.households.to_string())),
        ("In band", both(&|f| share(in_band(f)))),
        ("Largest deviation", both(&|f| share(f.largest_deviation))),
        ("Coefficient of variation", both(&|f| f.coefficient_of_variation.map_or("unknown".into(), |x| format!("{x:.3}")))),
        ("Median compactness, Polsby–Popper", both(&|f| format!("{:.2}", f.compactness_median))),
        ("In several parts", both(&|f| f.in_several_parts.to_string())),
        ("Border along barriers", both(&|f| share(f.barrier_share_mean))),
    ];
    let classes = c.classes.iter().map(|(class, n)| (format!("Grids {}", class.name()), n.to_string()));
    rows.into_iter().map(|(k, v)| (k.to_string(), v)).chain(classes).collect()
}
