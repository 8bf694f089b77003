//! Display codes of grids from the recipe's template. Codes are text, and no id depends on them.

use super::{Plan, PlanGrid};
use crate::cut::Fabric;
use crate::finding::{Finding, Severity};
use crate::measure::UnitId;
use crate::recipe::{Part, Recipe};
use crate::territory::{Division, Territory};
use std::collections::BTreeMap;

/// Gives every grid its code.
///
/// Serial numbers run through a division from west to east and then from north to south, ordinary grids before dedicated ones, as in
/// DB11/T 2157-2023; where the recipe says so, a division that is one grid has serial 0, as in CJ/T 349-2010. O(n log n).
pub fn add_codes(plan: &mut Plan, territory: &Territory, fabric: &Fabric, recipe: &Recipe) -> Vec<Finding> {
    let divisions: BTreeMap<&str, &Division> = territory.divisions.iter().map(|d| (d.id.as_str(), d)).collect();
    let mut codes = vec![String::new(); plan.grids.len()];
    let mut findings = Vec::new();
    for (id, grids) in orders(plan, fabric) {
        let division = divisions.get(id.as_str()).copied();
        let code = division.and_then(|d| d.code.as_deref()).unwrap_or(&id);
        let undivided = recipe.codes.zero_if_undivided && grids.len() == 1;
        for (k, &g) in grids.iter().enumerate() {
            let serial = if undivided { 0 } else { k + 1 };
            codes[g] = recipe.codes.template.parts.iter().map(|part| field(part, &plan.grids[g], code, serial)).collect();
        }
        let first = &plan.grids[grids[0]].grid_id;
        let last = if undivided { 0 } else { grids.len() };
        for part in &recipe.codes.template.parts {
            findings.extend(fault(part, &id, division.is_some_and(|d| d.code.is_some()), code, last).map(
                |(code, message, measured, limit)| {
                    let told = if code == "code-overflow" { &plan.grids[grids[limit as usize]].grid_id } else { first };
                    let finding = Finding::new(Severity::Warning, code, message).id(told).measured(measured).limit(limit);
                    match division {
                        Some(d) => finding.file(&d.file).record(d.record),
                        None => finding,
                    }
                },
            ));
        }
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (g, code) in codes.iter().enumerate() {
        if let Some(first) = seen.insert(code, g) {
            let message = format!(
                "grid {} has the code '{code}' as well; correct [codes] template or the codes of the divisions",
                plan.grids[first].grid_id
            );
            findings.push(Finding::new(Severity::Violation, "code-duplicate", message).id(&plan.grids[g].grid_id).measured(2.0).limit(1.0));
        }
    }
    plan.grids.iter_mut().zip(codes).for_each(|(g, code)| g.code = code);
    findings
}

/// Grids of every division in the order of their numbers.
fn orders(plan: &Plan, fabric: &Fabric) -> BTreeMap<String, Vec<usize>> {
    let mut units: Vec<Vec<UnitId>> = vec![Vec::new(); plan.grids.len()];
    plan.fabric.units.iter().enumerate().for_each(|(u, unit)| units[unit.grid as usize].push(UnitId::new(u)));
    let mut own: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    plan.grids.iter().enumerate().for_each(|(g, grid)| own.entry(grid.division_id.clone()).or_default().push(g));
    for grids in own.values_mut().filter(|grids| grids.iter().any(|&g| plan.grids[g].zone_id != plan.grids[grids[0]].zone_id)) {
        // grids of one zone are in order already
        let (ordinary, dedicated): (Vec<usize>, Vec<usize>) = grids.iter().partition(|&&g| plan.grids[g].is_ordinary());
        let sorted = |grids: Vec<usize>| {
            let land: Vec<Vec<UnitId>> = grids.iter().map(|&g| units[g].clone()).collect();
            fabric.west_to_east(&land).into_iter().map(move |k| grids[k])
        };
        *grids = sorted(ordinary).chain(sorted(dedicated)).collect();
    }
    own
}

fn field(part: &Part, grid: &PlanGrid, code: &str, serial: usize) -> String {
    match part {
        Part::Text(text) => text.clone(),
        Part::Id => grid.division_id.clone(),
        Part::Code(None) => code.to_string(),
        Part::Code(Some((from, to))) => code.chars().skip(*from as usize - 1).take((to - from + 1) as usize).collect(),
        Part::Serial(width) => format!("{serial:0width$}", width = *width as usize),
        Part::Zone => grid.zone_id.clone(),
        Part::Kind => grid.kind.clone(),
    }
}

/// What a part of the template cannot hold in a division whose last serial is `last`: code and message of a finding, measured, limit.
fn fault(part: &Part, division: &str, has_code: bool, code: &str, last: usize) -> Option<(&'static str, String, f64, f64)> {
    match part {
        Part::Serial(width) if *width > 0 && last.to_string().len() > *width as usize => {
            let most = 10f64.powi(*width as i32) - 1.0;
            let message =
                format!("division {division} has {last} grids, but serials of {width} digits end at {most}; from here on codes are longer");
            Some(("code-overflow", message, last as f64, most))
        }
        Part::Code(Some((_, to))) if code.chars().count() < *to as usize => {
            let length = code.chars().count();
            let what = if has_code { format!("code '{code}'") } else { format!("no code; its id '{code}' stands in and") };
            let message = format!(
                "division {division} has {what} has {length} characters, but {{code:…-{to}}} takes {to}; its grids' codes are shorter"
            );
            Some(("code-short", message, length as f64, f64::from(*to)))
        }
        _ => None,
    }
}
