//! Display codes of grids from the recipe's template. Codes are text, and no id depends on them.

use super::{Plan, PlanGrid};
use crate::cut::Fabric;
use crate::finding::{Finding, Severity, few};
use crate::measure::UnitId;
use crate::recipe::{Part, Recipe};
use crate::territory::{Division, Territory};
use std::collections::{BTreeMap, BTreeSet};

/// Gives every grid its code.
///
/// Serial numbers run through a division from west to east and then from north to south, ordinary grids before dedicated ones, as in
/// DB11/T 2157-2023; where the recipe says so, a division that is one grid has serial 0, as in CJ/T 349-2010. A grid of the plan `before` keeps the
/// code that it had there if the template still gives it one like it; new ones go on after the highest number of their division, and take
/// free ones where the template has no more digits. O(n log n).
pub fn add_codes(plan: &mut Plan, territory: &Territory, fabric: &Fabric, before: Option<&Plan>, recipe: &Recipe) -> Vec<Finding> {
    let divisions: BTreeMap<&str, &Division> = territory.divisions.iter().map(|d| (d.id.as_str(), d)).collect();
    let mut codes = vec![String::new(); plan.grids.len()];
    let mut faults: Vec<(String, Finding)> = Vec::new();
    let before = before.map_or(&[][..], |b| &b.grids);
    let old: BTreeMap<&str, &str> = before.iter().map(|g| (g.grid_id.as_str(), g.code.as_str())).collect();
    for (id, grids) in orders(plan, fabric) {
        let division = divisions.get(id.as_str()).copied();
        let code = division.and_then(|d| d.code.as_deref()).unwrap_or(&id);
        let undivided = recipe.codes.zero_if_undivided && grids.len() == 1;
        let of = |g: &PlanGrid, old: &str| serial_of(&recipe.codes.template.parts, g, code, old).filter(|s| *s > 0);
        let kept = grids.iter().map(|&g| of(&plan.grids[g], old.get(plan.grids[g].grid_id.as_str())?));
        let highest = before.iter().filter(|g| g.division_id == id).filter_map(|g| of(g, &g.code)).max();
        let serials = if undivided { vec![0] } else { serials(kept.collect(), highest, most_serial(&recipe.codes.template.parts)) };
        for (&serial, &g) in serials.iter().zip(&grids) {
            codes[g] = render(&recipe.codes.template.parts, &plan.grids[g], code, serial);
        }
        let first = &plan.grids[grids[0]].grid_id;
        let last = serials.iter().copied().max().unwrap_or(0);
        for part in &recipe.codes.template.parts {
            faults.extend(fault(part, &id, division.is_some_and(|d| d.code.is_some()), code, last).map(
                |(code, message, measured, limit)| {
                    let over = serials.iter().position(|&s| s as f64 > limit).filter(|_| code == "code-overflow");
                    let told = over.map_or(first, |k| &plan.grids[grids[k]].grid_id);
                    let finding = Finding::new(Severity::Warning, code, message).id(told).measured(measured).limit(limit);
                    let finding = match division {
                        Some(d) => finding.file(&d.file).record(d.record),
                        None => finding,
                    };
                    (id.clone(), finding)
                },
            ));
        }
    }
    let mut findings = once_each(faults);
    let mut own: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    codes.iter().zip(&plan.grids).for_each(|(code, grid)| own.entry(code).or_default().push(&grid.grid_id));
    own.retain(|_, grids| grids.len() > 1);
    if let Some(first) = own.values().next() {
        let grids: usize = own.values().map(Vec::len).sum();
        let told: Vec<String> = own.iter().map(|(code, grids)| format!("'{code}' ({} grids, {} first)", grids.len(), grids[0])).collect();
        let message = format!(
            "{grids} grids share {} codes with another one: {}; correct [codes] template or the codes of the divisions",
            own.len(),
            few(&told)
        );
        findings.push(Finding::new(Severity::Violation, "code-duplicate", message).id(first[0]).measured(grids as f64).limit(0.0));
    }
    plan.grids.iter_mut().zip(codes).for_each(|(g, code)| g.code = code);
    findings
}

/// The first fault of every sort with the other divisions that have it.
fn once_each(faults: Vec<(String, Finding)>) -> Vec<Finding> {
    let mut out: Vec<(Finding, Vec<String>)> = Vec::new();
    for (division, fault) in faults {
        match out.iter_mut().find(|(first, _)| (&first.code, first.limit) == (&fault.code, fault.limit)) {
            Some((_, others)) => others.push(division),
            None => out.push((fault, Vec::new())),
        }
    }
    let told = |(mut first, others): (Finding, Vec<String>)| {
        if !others.is_empty() {
            first.message += &format!("; so it is in {} other divisions: {}", others.len(), few(&others));
        }
        first
    };
    out.into_iter().map(told).collect()
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

/// A number for every grid of a division: those that they have, each once, and others for the rest.
fn serials(kept: Vec<Option<usize>>, highest: Option<usize>, most: usize) -> Vec<usize> {
    let mut taken = BTreeSet::new();
    let kept: Vec<Option<usize>> = kept.into_iter().map(|s| s.filter(|s| taken.insert(*s))).collect();
    let mut next = highest.unwrap_or(0);
    let mut fresh = || {
        next += 1;
        let serial = if next <= most { next } else { (1..).find(|s| !taken.contains(s)).unwrap_or(next) };
        taken.insert(serial);
        serial
    };
    kept.into_iter().map(|s| s.unwrap_or_else(&mut fresh)).collect()
}

/// The highest number that the template has digits for.
fn most_serial(parts: &[Part]) -> usize {
    let width = |part: &Part| if let Part::Serial(width) = part { (*width > 0).then_some(*width) } else { None };
    parts.iter().filter_map(width).min().map_or(usize::MAX, |width| 10usize.saturating_pow(width) - 1)
}

fn render(parts: &[Part], grid: &PlanGrid, code: &str, serial: usize) -> String {
    parts.iter().map(|part| field(part, grid, code, serial)).collect()
}

/// The number with which the template gives a grid of a division with this `code` its `old` code.
fn serial_of(parts: &[Part], grid: &PlanGrid, code: &str, old: &str) -> Option<usize> {
    let at = parts.iter().position(|part| matches!(part, Part::Serial(_)))?;
    let rest = old.strip_prefix(render(&parts[..at], grid, code, 0).as_str())?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (1..=digits).filter_map(|n| rest[..n].parse().ok()).find(|&serial| render(parts, grid, code, serial) == old)
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
            let message = format!(
                "the grids of division {division} have serials up to {last}, but those of {width} digits end at {most}; from here on codes are longer"
            );
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
