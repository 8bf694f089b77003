//! Series of numbers by grid and date: rolled up over the levels of a plan, held against the period and the year before, flagged
//! where they pass a limit (R8, R35).
//!
//! - Sums agree: on every level the areas of a period add up to the territory. What lies in no single area of a level, such as the number of
//!   an office above it, is there under [`NO_AREA`].
//! - Missing is not zero: changes are those of the grids that have numbers in both periods.
//! - Numbers of grids that were redrawn since are recast over their [`Lineage`] with exact sums, or stay with the old grid.

mod date;
mod lineage;
mod readings;
mod sums;

pub use date::{Day, Span, Stamp};
pub use lineage::{Heir, Lineage};
pub use readings::{Entry, Readings, readings};
pub(super) use sums::{Area, Sums};
pub use sums::{Comparable, Comparison, NO_AREA};

use crate::finding::{Finding, Severity};
use crate::measure::Load;
use crate::recipe::{Period, Recipe, ThresholdRule};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Ids that a finding names.
const NAMED: usize = 5;

/// Number of an area in a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesRow {
    /// Name of the level.
    pub level: String,
    /// Id of the area.
    pub area_id: String,
    /// The period.
    pub span: Span,
    /// What was counted.
    pub indicator: String,
    /// Sum of the area.
    pub value: Load,
    /// The period before.
    pub previous: Comparison,
    /// The same period of the year before.
    pub year_before: Comparison,
    /// Names of the limits of its period that it passes.
    pub flags: Vec<String>,
}

/// A limit that is passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    /// Name of the limit.
    pub threshold: String,
    /// Name of the level.
    pub level: String,
    /// Id of the grid or area.
    pub area_id: String,
    /// The period.
    pub period: String,
    /// What was counted.
    pub indicator: String,
    /// `below`, `above`, `change_below` or `change_above`.
    pub limit_of: SmolStr,
    /// The number: a value, or a change as a share.
    pub number: f64,
    /// The limit that it passes.
    pub limit: f64,
}

/// A series, made up as a recipe says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// By level, area, indicator and time.
    pub rows: Vec<SeriesRow>,
    /// By limit, then as the rows.
    pub flags: Vec<Flag>,
    /// `series-missing`, `threshold-level-unknown`, `threshold-indicator-absent`.
    pub findings: Vec<Finding>,
}

/// Rolls numbers up, compares periods and raises flags. O(r · l · log r) for r numbers and l levels.
pub fn series(readings: &Readings<'_>, recipe: &Recipe) -> Series {
    let period = recipe.series.period;
    let mut rows = rows(readings, period);
    let mut findings = missing(readings, period);
    let mut others: BTreeMap<Period, Vec<SeriesRow>> = BTreeMap::new();
    let mut flags = Vec::new();
    for t in &recipe.thresholds {
        if !usable(readings, t, &mut findings) {
            continue;
        }
        let of_period = match t.per {
            per if per == period => &mut rows,
            per => others.entry(per).or_insert_with(|| self::rows(readings, per)),
        };
        for row in of_period.iter_mut().filter(|row| row.level == t.level && row.indicator == t.indicator) {
            let passed: Vec<Flag> = passed(t, row).collect();
            if !passed.is_empty() {
                row.flags.push(t.name.clone());
            }
            flags.extend(passed);
        }
    }
    Series { rows, flags, findings }
}

fn rows(readings: &Readings<'_>, period: Period) -> Vec<SeriesRow> {
    let sums = Sums::new(readings, Some(period));
    let mut found = Vec::new();
    for (&key, levels) in &sums.groups {
        let span = Span { period, index: key.1 };
        for (level, areas) in levels.iter().enumerate() {
            found.extend(areas.keys().map(|area| (level, *area, key.0, span)));
        }
    }
    found.sort_unstable();
    let row = |(level, area, indicator, span): (usize, Area, u32, Span)| {
        let key = (indicator, span.index);
        SeriesRow {
            level: readings.tiers.all[level].name.clone(),
            area_id: readings.label(level, area),
            span,
            indicator: readings.indicators[indicator as usize].clone(),
            value: sums.sum(key, level, area).unwrap_or_default(),
            previous: sums.compare(key, span.before(), level, area),
            year_before: sums.compare(key, span.year_before(), level, area),
            flags: Vec::new(),
        }
    };
    found.into_iter().map(row).collect()
}

/// Whether there is anything that the limit could hold for.
fn usable(readings: &Readings<'_>, t: &ThresholdRule, findings: &mut Vec<Finding>) -> bool {
    let mut tell = |code: &str, message: String| findings.push(Finding::new(Severity::Warning, code, message).id(&t.name));
    let level = readings.tiers.level(&t.level).is_some();
    if !level {
        let message = format!("[thresholds.{}] level: the plan has no level '{}', only {}", t.name, t.level, readings.tiers.names());
        tell("threshold-level-unknown", message);
    }
    let indicator = readings.indicators.contains(&t.indicator);
    if !indicator {
        let message =
            format!("[thresholds.{}] indicator: no row is of '{}', only of {}", t.name, t.indicator, readings.indicators.join(", "));
        tell("threshold-indicator-absent", message);
    }
    level && indicator
}

/// Limits that a row passes. What is missing passes none.
fn passed<'a>(t: &'a ThresholdRule, row: &'a SeriesRow) -> impl Iterator<Item = Flag> + 'a {
    let value = row.value;
    let of_value = [("below", t.below.filter(|l| value < *l)), ("above", t.above.filter(|l| value > *l))];
    let change = row.previous.change;
    let of_change = [
        ("change_below", t.change_below.filter(|l| change.is_some_and(|c| c < *l))),
        ("change_above", t.change_above.filter(|l| change.is_some_and(|c| c > *l))),
    ];
    let of_value = of_value.into_iter().filter_map(move |(name, limit)| Some((name, value.units(), limit?.units())));
    let of_change = of_change.into_iter().filter_map(move |(name, limit)| Some((name, change?, limit?)));
    of_value.chain(of_change).map(|(limit_of, number, limit)| Flag {
        threshold: t.name.clone(),
        level: row.level.clone(),
        area_id: row.area_id.clone(),
        period: row.span.to_string(),
        indicator: row.indicator.clone(),
        limit_of: SmolStr::new_static(limit_of),
        number,
        limit,
    })
}

/// Tells who had numbers before and has none in a period in which others have.
fn missing(readings: &Readings<'_>, period: Period) -> Vec<Finding> {
    let (mut findings, mut known): (_, BTreeMap<u32, BTreeSet<u32>>) = (Vec::new(), BTreeMap::new());
    for ((indicator, index), of_period) in readings.cells(Some(period)) {
        let known = known.entry(indicator).or_default();
        let absent: Vec<&str> = known
            .iter()
            .map(|l| (l, &readings.leaves[*l as usize]))
            .filter(|(l, leaf)| !leaf.old && !of_period.contains_key(l))
            .map(|(_, leaf)| leaf.id.as_str())
            .collect();
        if !absent.is_empty() {
            let (span, n) = (Span { period, index }, absent.len());
            let more = if n > NAMED { ", …" } else { "" };
            let (name, ids) = (&readings.indicators[indicator as usize], absent[..n.min(NAMED)].join(", "));
            let message = format!("{n} that had {name} before have none in {span}, which is missing and not 0: {ids}{more}");
            findings.push(Finding::new(Severity::Info, "series-missing", message).id(span.to_string()).measured(n as f64).limit(0.0));
        }
        known.extend(of_period.keys());
    }
    findings
}
