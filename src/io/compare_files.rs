//! The files of a comparison of two plans.

use super::plan_files::csv_table;
use crate::plan::compare::Comparison;

/// `compare.json`.
pub fn compare_json(comparison: &Comparison) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(comparison)? + "\n")
}

/// `overlap.csv`, UTF-8 with BOM: what every grid before shares with every grid after; without an id on one side what lies in no grid of that plan.
pub fn overlap_csv(comparison: &Comparison) -> String {
    let share = |s: Option<f64>| s.map_or(String::new(), |s| format!("{s:.6}"));
    let row = |o: &crate::plan::compare::Overlap| {
        [
            o.before.clone().unwrap_or_default(),
            o.after.clone().unwrap_or_default(),
            o.households.to_string(),
            format!("{:.1}", o.area_m2),
            share(o.share_of_before),
            share(o.share_of_after),
        ]
    };
    let rows = comparison.overlap.iter().map(|o| row(o).to_vec());
    csv_table(&["before_id", "after_id", "households", "area_m2", "share_of_before", "share_of_after"], rows)
}
