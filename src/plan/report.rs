use super::{Plan, PlanZone, ROUNDING};
use crate::document::schema;
use crate::finding::{Finding, Severity};
use crate::measure::LOAD;
use crate::recipe::{Recipe, ResourceRule, ZoneRule};
use crate::territory::layers::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Numbers that a planner can act on, as written to `report.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of the format.
    pub schema: u32,
    /// Figures over the whole plan.
    pub indicators: Vec<Indicator>,
    /// The best possible beside the reached, by zone.
    pub bounds: Vec<super::PlanZone>,
    /// Everything that was repaired, dropped, noticed or could not be reached.
    pub findings: Vec<Finding>,
    /// Files that the layers came from.
    #[serde(default)]
    pub inputs: Vec<InputFile>,
    /// Stages with how they ended and how long they took; filled by whoever has a clock.
    pub stages: Vec<StageRecord>,
}

/// A file that a layer came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Layer it was read as.
    pub layer: String,
    /// Its name.
    pub file: String,
    /// Its format, in words.
    pub format: String,
    /// Coordinate reference system of its positions, where the recipe or the file says one.
    pub crs: Option<String>,
    /// Encoding of its text, where the format leaves that open.
    pub encoding: Option<String>,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Features read.
    pub features: u64,
}

impl From<&Source> for InputFile {
    fn from(s: &Source) -> InputFile {
        InputFile {
            layer: s.layer.to_string(),
            file: s.file.clone(),
            format: s.format.to_string(),
            crs: s.crs.clone(),
            encoding: s.encoding.clone(),
            sha256: s.digest.clone(),
            features: s.features,
        }
    }
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Indicator {
    /// Name.
    pub name: String,
    /// Value in `unit`.
    pub value: f64,
    /// Unit, `share` for 0 … 1.
    pub unit: String,
    /// The limit it is held against, where there is one.
    pub limit: Option<f64>,
}

/// One stage of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    /// Name of the stage.
    pub stage: String,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// Figures of a plan, with findings of the stages before and one for every grid out of its band (R23, R43).
pub fn report(plan: &Plan, mut findings: Vec<Finding>, recipe: &Recipe) -> Report {
    let grids = &plan.grids;
    let count = |f: &dyn Fn(&super::PlanGrid) -> bool| grids.iter().filter(|g| f(g)).count() as f64;
    // dedicated grids are as large as what they are for
    let balanced = || grids.iter().filter(|g| g.is_ordinary());
    let even = |f: &dyn Fn(&super::PlanGrid) -> bool| balanced().filter(|g| f(g)).count() as f64;
    let (n, all) = (even(&|_| true).max(1.0), grids.len().max(1) as f64);
    let dev: Vec<f64> = balanced().map(|g| g.deviation.abs()).collect();
    let median = |of: &dyn Fn(&super::PlanGrid) -> f64| {
        let mut values: Vec<f64> = grids.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    let feasible: std::collections::BTreeSet<&str> =
        plan.zones.iter().filter(|z| z.bound.count_feasible).map(|z| z.zone_id.as_str()).collect();
    let in_feasible = even(&|g| feasible.contains(g.zone_id.as_str()));
    let out: u32 = plan.zones.iter().map(|z| z.bound.out_of_band).sum();
    let forced: u32 = plan.zones.iter().map(|z| z.bound.forced.min(z.bound.out_of_band)).sum();
    let mut indicators = Vec::new();
    let mut say = |name: &str, value: f64, unit: &str, limit: Option<f64>| {
        indicators.push(Indicator { name: name.into(), value, unit: unit.into(), limit });
    };
    say("grids", grids.len() as f64, "grids", None);
    say("zones", plan.zones.len() as f64, "zones", None);
    say("dedicated", count(&|g| !g.is_ordinary()), "grids", None);
    say("stations-without-zone", plan.stations.iter().filter(|s| s.zone_id.is_none()).count() as f64, "stations", None);
    say("households", grids.iter().map(|g| g.households).sum(), "households", None);
    say("in-band", even(&|g| g.in_band) / n, "share", None);
    let good = even(&|g| g.in_band && feasible.contains(g.zone_id.as_str()));
    // of nothing there is no share
    if in_feasible > 0.0 {
        say("in-band-where-count-allows", good / in_feasible, "share", Some(0.97));
    }
    let free = n - f64::from(forced);
    if free > 0.0 {
        say("in-band-unless-forced", even(&|g| g.in_band) / free, "share", Some(0.97));
    }
    say("out-of-band", out as f64, "grids", None);
    say("out-of-band-forced", forced as f64, "grids", None);
    say("out-of-band-unforced", (out - forced) as f64, "grids", Some(0.0));
    say("zones-proven", plan.zones.iter().filter(|z| z.bound.proven).count() as f64, "zones", None);
    let violation = |of: &dyn Fn(&super::ZoneBound) -> f64| plan.zones.iter().map(|z| of(&z.bound)).sum::<f64>();
    say("violation-possible", violation(&|b| b.possible_violation), "grids' worth", None);
    say("violation-reached", violation(&|b| b.reached_violation), "grids' worth", None);
    say("largest-deviation", dev.iter().copied().fold(0.0, f64::max), "share", Some(recipe.grid.tolerance));
    say("mean-deviation", dev.iter().sum::<f64>() / n, "share", None);
    let (over_mean, variation) = spread(&balanced().map(|g| g.households).collect::<Vec<_>>());
    say("max-over-mean", over_mean, "ratio", None);
    say("coefficient-of-variation", variation, "ratio", None);
    say("in-several-parts", count(&|g| g.parts > 1), "grids", None);
    say("compactness-median", median(&|g| g.compactness), "Polsby-Popper", None);
    say("inertia-median", median(&|g| g.inertia), "moment of inertia", None);
    say("barrier-share-mean", grids.iter().map(|g| g.barrier_share).sum::<f64>() / all, "share", None);
    say("without-backup", count(&|g| g.backup_grid_id.is_none()), "grids", None);
    if !recipe.halls.kinds.is_empty() {
        let near = |g: &super::PlanGrid| g.halls.as_ref().map_or(0.0, |h| h.share * g.households);
        let all: f64 = grids.iter().map(|g| g.households).sum();
        say("without-hall", count(&|g| g.halls.as_ref().is_some_and(|h| h.reached == 0)), "grids", None);
        say("hall-share", if all > 0.0 { grids.iter().map(near).sum::<f64>() / all } else { 0.0 }, "share", None);
    }
    for level in &plan.levels {
        say(&format!("level:{}:areas", level.name), level.areas.len() as f64, "areas", None);
    }
    if recipe.resources.iter().any(|r| r.weight > 0.0) {
        // `in-band` is about all of them
        let value = even(&|g| g.load_in_band(recipe)) / n;
        say(&format!("{LOAD}:in-band"), value, "share", None);
    }
    for r in &recipe.resources {
        let of = |table: &BTreeMap<String, f64>| table.get(&r.name).copied().unwrap_or(0.0);
        let loads: Vec<f64> = balanced().map(|g| of(&g.load)).collect();
        let off: Vec<f64> = balanced().map(|g| of(&g.deviations).abs()).collect();
        let (over_mean, variation) = spread(&loads);
        let limit = (r.weight > 0.0).then_some(r.tolerance);
        let mut say = |what: &str, value: f64, unit: &str, limit| say(&format!("{}:{what}", r.name), value, unit, limit);
        say("total", grids.iter().map(|g| of(&g.load)).sum(), &r.name, None);
        say("in-band", off.iter().filter(|d| **d <= r.tolerance + ROUNDING).count() as f64 / n, "share", None);
        say("max-over-mean", over_mean, "ratio", None);
        say("coefficient-of-variation", variation, "ratio", None);
        say("largest-deviation", off.iter().copied().fold(0.0, f64::max), "share", limit);
    }

    findings.extend(plan.zones.iter().flat_map(|z| counts(z, recipe)));
    for (g, reasons) in grids.iter().zip(plan.reasons()).filter(|(g, _)| !g.in_band) {
        let message = format!("load {} of {:.0}, {:+.1} %. {}", g.households, g.target, g.deviation * 100.0, reasons.join(" "));
        let f = Finding::new(Severity::Warning, "grid-out-of-band", message).id(&g.grid_id);
        let load = Some((recipe.grid.tolerance, g.deviation)).filter(|_| !g.load_in_band(recipe));
        let (limit, deviation) = load.or_else(|| farthest(g.off(recipe))).unwrap_or_default();
        findings.push(f.measured(deviation).limit(limit));
    }
    for (g, h) in grids.iter().filter_map(|g| Some((g, g.halls.as_ref().filter(|h| h.reached == 0)?))) {
        let severity = if g.households > 0.0 { Severity::Warning } else { Severity::Info };
        let mut f = Finding::new(severity, "grid-without-hall", h.to_string()).id(&g.grid_id);
        (f.measured, f.limit) = (h.distance_m, h.radius_m);
        findings.push(f);
    }
    for g in grids.iter().filter(|g| g.parts > 1 && !g.logical) {
        let message = format!("the grid lies in {} parts because its division does", g.parts);
        findings.push(Finding::new(Severity::Info, "grid-in-parts", message).id(&g.grid_id).measured(g.parts as f64).limit(1.0));
    }
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    Report { schema: schema::<Report>(), indicators, bounds: plan.zones.clone(), findings, inputs: Vec::new(), stages: Vec::new() }
}

/// Largest value over the mean, and coefficient of variation.
fn spread(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (values.iter().copied().fold(0.0, f64::max) / mean.max(1e-9), variance.sqrt() / mean.max(1e-9))
}

/// Tolerance and deviation of the resource that is farthest out for its tolerance.
fn farthest<'a>(off: impl Iterator<Item = (&'a ResourceRule, f64)>) -> Option<(f64, f64)> {
    off.map(|(r, d)| (r.tolerance, d)).max_by(|x, y| (x.1.abs() / x.0).total_cmp(&(y.1.abs() / y.0)))
}

/// Where the number of grids and their size do not both hold: which gave way, and by how much (R23, R28).
fn counts(z: &PlanZone, recipe: &Recipe) -> Vec<Finding> {
    let (b, k) = (&z.bound, z.ordinary() as u32);
    if k == 0 {
        // all land is dedicated
        return Vec::new();
    }
    let (fewest, most) = recipe.grid.counts_of(&z.division_id);
    let asked = match (fewest, most) {
        (_, u32::MAX) => format!("{fewest} grids or more"),
        _ if fewest == most => format!("{fewest} grids"),
        _ => format!("{fewest} to {most} grids"),
    };
    let households = z.households - z.dedicated_households;
    let place = if recipe.zones == ZoneRule::Division { String::new() } else { format!("zone {} of it: ", z.zone_id) };
    let (load, percent) = (format!("{place}a load of {households} makes {:.2} grids", b.grids_worth), |x: f64| 100.0 * x);
    let mut out = Vec::new();
    let made = z.grids.len() as u32;
    if !(fewest..=most).contains(&made) {
        let message = format!("{load}; {asked} were asked for, and the count gives way: there are {made}");
        let limit = if made < fewest { fewest } else { most };
        out.push(Finding::new(Severity::Warning, "count-gave-way", message).id(&z.division_id).measured(made.into()).limit(limit.into()));
    }
    let mean = b.grids_worth / f64::from(k) - 1.0;
    let even = b.grids_worth == 0.0 && b.reached_deviation == 0.0;
    if !even && (!b.count_feasible || mean.abs() > recipe.grid.tolerance + 1e-9) {
        let why = if mean.abs() <= recipe.grid.tolerance + 1e-9 {
            format!("{k} would do, but not with how the load lies: it is heavy in places, or parted by hard barriers or locks")
        } else if b.some_count_fits(recipe.grid.tolerance) {
            let gives_way = match (fewest, most) {
                (1, u32::MAX) => "the load lies so that another number came out".to_string(),
                _ => format!("{asked} were asked for, and the size gives way"),
            };
            format!("{gives_way}: {k} have {:.0} on average, {:+.1} %", households / f64::from(k), percent(mean))
        } else {
            format!("no whole number of grids fits ±{:.0} %", percent(recipe.grid.tolerance))
        };
        let (best, reached) = (percent(b.possible_deviation), percent(b.reached_deviation));
        // two measures: the sum decides
        let sum = if b.proven && reached > best + 0.05 { ", and none is less out of its bands in sum" } else { "" };
        let message = format!("{load}; {why}: the best possible largest deviation is {best:.1} %, this plan reaches {reached:.1} %{sum}");
        let f = Finding::new(Severity::Warning, "count-infeasible", message).id(&z.division_id);
        out.push(f.measured(b.possible_deviation).limit(recipe.grid.tolerance));
    }
    out
}
