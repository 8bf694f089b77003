//! The files of a re-balance: what changed, for programs and for offices.

use super::plan_files::csv_table;
use super::table::{Column, read_table};
use super::{ReadError, table};
use crate::plan::Changes;
use std::collections::BTreeSet;
use std::path::Path;

/// `changes.json`, schema version first.
pub fn changes_json(changes: &Changes) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(changes)? + "\n")
}

/// `moved.csv`, UTF-8 with BOM: every entity whose grid is another, and those that are new (no `from_grid`) or gone (no `to_grid`).
pub fn moved_csv(changes: &Changes) -> String {
    let known = |id: &Option<String>| id.clone().unwrap_or_default();
    let rows = changes.entities.iter().map(|e| vec![e.entity.clone(), known(&e.from), known(&e.to), e.why.name().to_string()]);
    csv_table(&["entity_id", "from_grid", "to_grid", "why"], rows)
}

/// Ids of grids from a file: a table with the column `grid_id`, or one id in a line.
pub fn read_grid_ids(path: &Path) -> Result<BTreeSet<String>, ReadError> {
    let file = table::file_name(path);
    match read_table(path, &file, &[Column::needed("grid_id")]) {
        Err(ReadError::NoColumn { .. }) => {
            let text = std::fs::read_to_string(path).map_err(|cause| ReadError::Io { path: path.to_path_buf(), after: 0, cause })?;
            let lines = text.trim_start_matches('\u{feff}').lines().map(|l| l.trim().to_string());
            Ok(lines.filter(|l| !l.is_empty()).collect())
        }
        Err(other) => Err(other),
        Ok((rows, _)) => Ok(rows.into_iter().filter_map(|r| r.cells.into_iter().next()).filter(|id| !id.is_empty()).collect()),
    }
}
