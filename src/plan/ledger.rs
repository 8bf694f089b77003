//! Stated totals held against the sum of their parts (R37).

use super::series::{Area, Readings, Span, Sums};
use crate::finding::{Finding, Severity};
use crate::measure::Load;
use crate::recipe::Period;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A row of a table of stated totals, as found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// Counted from 1.
    pub record: u64,
    /// Name of the level.
    pub level: String,
    /// Id of the area; that of the territory may be empty.
    pub area_id: String,
    /// What was counted.
    pub indicator: String,
    /// `2024-03-15`, `2024-W11`, `2024-03`, `2024-Q1` or `2024`; empty for all dates together.
    pub period: String,
    /// The total, with up to three decimals.
    pub stated: String,
}

/// A stated total beside its sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// Record of the table, counted from 1.
    pub record: u64,
    /// Name of the level.
    pub level: String,
    /// Id of the area.
    pub area_id: String,
    /// What was counted.
    pub indicator: String,
    /// The period as stated.
    pub period: String,
    /// The total.
    pub stated: Load,
    /// Sum of the parts; none where there are none, which is not 0.
    pub sum: Option<Load>,
}

impl LedgerRow {
    /// Sum less total.
    pub fn difference(&self) -> Option<Load> {
        self.sum.map(|sum| sum - self.stated)
    }
}

/// Holds every total against the sum of the numbers in its area, exactly, in thousandths.
///
/// Differences are violations (`ledger-difference`), totals without parts (`ledger-no-parts`) and rows that cannot be read
/// (`stated-unreadable`, `stated-unknown`) are told, all by record. O(n log n) for n rows and numbers.
pub fn reconcile(stated: &[Stated], file: &str, readings: &Readings<'_>) -> (Vec<LedgerRow>, Vec<Finding>) {
    let (mut rows, mut findings) = (Vec::new(), Vec::new());
    let mut sums: BTreeMap<Option<Period>, Sums<'_>> = BTreeMap::new();
    for s in stated {
        let finding =
            |severity, code: &str, message: String| Finding::new(severity, code, message).file(file).record(s.record).id(&s.area_id);
        let mut unusable = |code: &str, message: String| findings.push(finding(Severity::Warning, code, message));
        let Some(total) = Load::from_decimal(&s.stated) else {
            unusable(
                "stated-unreadable",
                format!("'{}' is no number with up to three decimals; the total was not held against anything", s.stated),
            );
            continue;
        };
        let span = Span::parse(&s.period);
        if span.is_none() && !s.period.is_empty() {
            unusable("stated-unreadable", format!("'{}' is no period; write 2024-03-15, 2024-W11, 2024-03, 2024-Q1 or 2024", s.period));
            continue;
        }
        if let Some(span) = span.filter(|s| s.period < readings.period) {
            let period = readings.period.name();
            unusable("stated-unreadable", format!("{span} is shorter than a {period}, the period of the series; set [series] period"));
            continue;
        }
        let Some((level, area)) = place(readings, s) else {
            let levels = readings.tiers.names();
            unusable("stated-unknown", format!("the plan has no '{}' on a level '{}'; its levels are {levels}", s.area_id, s.level));
            continue;
        };
        let of_period = sums.entry(span.map(|s| s.period)).or_insert_with_key(|period| Sums::new(readings, *period));
        let indicator = readings.indicators.binary_search(&s.indicator).ok();
        let sum = indicator.and_then(|i| of_period.sum((i as u32, span.map_or(0, |s| s.index)), level, Area::In(area)));
        let row = LedgerRow {
            record: s.record,
            level: s.level.clone(),
            area_id: s.area_id.clone(),
            indicator: s.indicator.clone(),
            period: s.period.clone(),
            stated: total,
            sum,
        };
        match (sum, row.difference()) {
            (Some(sum), Some(difference)) if difference != Load::ZERO => {
                let message = format!("{} is stated as {total}, but its parts add up to {sum}: {difference} between them", s.indicator);
                let f = finding(Severity::Violation, "ledger-difference", message);
                findings.push(f.measured(sum.units()).limit(total.units()));
            }
            (None, _) => unusable("ledger-no-parts", format!("{} is stated as {total}, and no part of it has a number", s.indicator)),
            _ => {}
        }
        rows.push(row);
    }
    (rows, findings)
}

/// Level and area of a row.
fn place(readings: &Readings<'_>, s: &Stated) -> Option<(usize, u32)> {
    let tiers = readings.tiers;
    let level = tiers.level(&s.level)?;
    let whole = level + 1 == tiers.all.len() && s.area_id.is_empty();
    Some((level, if whole { 0 } else { tiers.all[level].area(&s.area_id)? }))
}
