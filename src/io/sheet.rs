//! What the area map shows of a plan.

use super::map::{PlaceKind, Polygons, Sheet, SheetFinding, SheetGrid, SheetLine, SheetPlace, SheetResource, SheetZone};
use crate::finding::{Finding, Severity};
use crate::measure::LOAD;
use crate::plan::{Plan, PlanGrid, PlanZone, Report};
use crate::recipe::ResourceRule;
use crate::territory::lattice::Rings;
use crate::territory::{Anchor, AnchorKind, Barrier, BarrierLayer, Station, Territory};
use std::collections::BTreeMap;

/// Barriers weaker than this are left off the map; they are seen where they bound a grid.
const SHOWN: u8 = 45;

pub(super) fn ring(r: &[crate::territory::lattice::Pt]) -> Vec<[f64; 2]> {
    r.iter().chain(r.first()).map(|p| p.lon_lat()).collect()
}

fn polygons(land: &[Rings]) -> Polygons {
    land.iter().map(|rings| rings.iter().map(|r| ring(r)).collect()).collect()
}

/// The sheet of a plan.
pub fn sheet(plan: &Plan, report: &Report, territory: &Territory, title: &str) -> Sheet {
    sheet_on(plan, report, territory, title, [&plan.grid_land(), &plan.zone_land()])
}

/// The sheet of a plan with the land of its grids and of its zones.
pub(super) fn sheet_on(plan: &Plan, report: &Report, territory: &Territory, title: &str, [grids, zones]: [&[Vec<Rings>]; 2]) -> Sheet {
    let tolerance = plan.provenance.recipe.grid.tolerance;
    let names: BTreeMap<&str, &str> = plan.zones.iter().map(|z| (z.zone_id.as_str(), z.name.as_str())).collect();
    let resource = |g: &PlanGrid, name: &String, deviation: f64| {
        let amount = g.load.get(name).copied().unwrap_or(0.0);
        SheetResource { name: name.clone(), amount, deviation }
    };
    let grid = |((g, land), reasons): ((&PlanGrid, &Vec<Rings>), Vec<String>)| SheetGrid {
        id: g.grid_id.clone(),
        code: g.code.clone(),
        zone: g.zone_id.clone(),
        division: names.get(g.zone_id.as_str()).unwrap_or(&"").to_string(),
        kind: g.kind.clone(),
        name: g.name.clone().unwrap_or_default(),
        character: g.character.clone().unwrap_or_default(),
        customers: g.classes.iter().map(|(class, n)| format!("{n} {class}")).collect::<Vec<_>>().join(", "),
        settlement: g.settlement.clone().unwrap_or_default(),
        households: g.households,
        target: g.target,
        resources: g.deviations.iter().map(|(name, deviation)| resource(g, name, *deviation)).collect(),
        deviation: Some(g.deviation),
        in_band: g.in_band,
        light: g.light.clone(),
        units: g.units,
        parts: g.parts,
        area_m2: g.area_m2,
        compactness: g.compactness,
        barrier_share: g.barrier_share,
        officer: g.officer.clone(),
        backup: g.backup_grid_id.clone(),
        why: reasons.join(" "),
        polygons: polygons(land),
    };
    let zone = |(z, land): (&PlanZone, &Vec<Rings>)| SheetZone {
        id: z.zone_id.clone(),
        name: z.name.clone(),
        division: z.division_id.clone(),
        households: z.households,
        grids: z.grids.len() as u32,
        possible: format!("±{:.1} %", 100.0 * z.bound.possible_deviation),
        reached: format!("±{:.1} %", 100.0 * z.bound.reached_deviation),
        out: format!("{} / {}", z.bound.out_of_band, z.bound.forced),
        proven: z.bound.proven,
        polygons: polygons(land),
    };
    Sheet {
        title: title.to_string(),
        summary: summary(plan, report),
        tolerance,
        findings: report.findings.iter().map(finding).collect(),
        grids: plan.grids.iter().zip(grids).zip(plan.reasons()).map(grid).collect(),
        zones: plan.zones.iter().zip(zones).map(zone).collect(),
        barriers: barriers(territory),
        places: places(plan, territory),
        water: water(territory),
        before: None,
        attribution: format!("Plane: {}. Source of the data: see the layers' own licence.", plan.provenance.plane_name),
    }
}

pub(super) fn finding(f: &Finding) -> SheetFinding {
    SheetFinding {
        code: f.code.clone(),
        severity: match f.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Violation => "violation",
        }
        .into(),
        message: f.subject.id.as_ref().map_or(f.message.clone(), |id| format!("{id}: {}", f.message)),
        place: f.place,
    }
}

pub(super) fn barriers(territory: &Territory) -> Vec<SheetLine> {
    let line = |b: &Barrier| {
        let class = &territory.classes[b.class as usize];
        let name = if class.layer == BarrierLayer::Rail { "rail" } else { class.name.as_str() };
        let points = b.line.iter().map(|p| p.lon_lat()).collect();
        (class.strength >= SHOWN).then(|| SheetLine { class: name.to_string(), strength: class.strength, points })
    };
    territory.barriers.iter().chain(&territory.water_lines).filter_map(line).collect()
}

pub(super) fn water(territory: &Territory) -> Vec<Polygons> {
    territory.water.iter().map(|w| w.rings.iter().map(|r| vec![ring(r)]).collect()).collect()
}

/// Stations where zones follow them, halls and landmarks.
fn places(plan: &Plan, t: &Territory) -> Vec<SheetPlace> {
    let station = |s: &Station| SheetPlace { kind: PlaceKind::Station, name: s.name.clone(), at: s.at.lon_lat() };
    let stations = t.stations.iter().filter(|_| !plan.stations.is_empty()).map(station);
    let anchor = |a: &Anchor| {
        let kind = if a.kind == AnchorKind::Hall { PlaceKind::Hall } else { PlaceKind::Landmark };
        SheetPlace { kind, name: a.id.clone(), at: a.at.lon_lat() }
    };
    stations.chain(t.anchors.iter().map(anchor)).collect()
}

fn summary(plan: &Plan, report: &Report) -> Vec<(String, String)> {
    let rule = &plan.provenance.recipe.grid;
    let value = |name: &str| report.indicators.iter().find(|i| i.name == name).map_or(0.0, |i| i.value);
    // of nothing there is no share
    let share =
        |name: &str| report.indicators.iter().find(|i| i.name == name).map_or("none".into(), |i| format!("{:.1} %", 100.0 * i.value));
    let fixed = [
        (
            "Target",
            match rule.target_from_count {
                true => format!("mean of the division ± {} %", 100.0 * rule.tolerance),
                false => format!("{} ± {} %", rule.target.units(), 100.0 * rule.tolerance),
            },
        ),
        ("Grids", value("grids").to_string()),
        ("Zones", value("zones").to_string()),
        ("Households", value("households").to_string()),
        ("In band", share("in-band")),
        ("In band where the count allows", share("in-band-where-count-allows")),
        ("In band of grids not forced out", share("in-band-unless-forced")),
        ("Out of band, no plan can help", value("out-of-band-forced").to_string()),
        ("Out of band, left by this plan", value("out-of-band-unforced").to_string()),
        ("Zones that no plan balances better", format!("{} of {}", value("zones-proven"), value("zones"))),
        ("Largest deviation", share("largest-deviation")),
        ("Median compactness, Polsby–Popper", format!("{:.2}", value("compactness-median"))),
        ("Median compactness, moment of inertia", format!("{:.2}", value("inertia-median"))),
        ("Border along barriers", share("barrier-share-mean")),
        ("In several parts", value("in-several-parts").to_string()),
    ]
    .map(|(k, v)| (k.to_string(), v));
    let resource = |r: &ResourceRule| {
        let named = |what: &str| format!("{}:{what}", r.name);
        let band = if r.weight > 0.0 {
            format!("{} in ±{} % of the zone's mean, ", share(&named("in-band")), 100.0 * r.tolerance)
        } else {
            String::new()
        };
        let (over, variation) = (value(&named("max-over-mean")), value(&named("coefficient-of-variation")));
        (r.name.clone(), format!("{band}max/mean {over:.2}, coefficient of variation {variation:.2}"))
    };
    let balanced = plan.provenance.recipe.resources.iter().any(|r| r.weight > 0.0);
    let load = balanced.then(|| ("In band in the load alone".to_string(), share(&format!("{LOAD}:in-band"))));
    fixed.into_iter().chain(load).chain(plan.provenance.recipe.resources.iter().map(resource)).collect()
}
