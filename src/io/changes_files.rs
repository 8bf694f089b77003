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

/// Ids of grids from a file: a table with the column `grid_id`, or one id in a line, where lines that begin with # are remarks. A file without any is
/// an error.
pub fn read_grid_ids(path: &Path) -> Result<BTreeSet<String>, ReadError> {
    let file = table::file_name(path);
    if path.is_dir() {
        return Err(ReadError::NoTable { file: path.display().to_string(), found: "a folder".into() });
    }
    let ids: BTreeSet<String> = match read_table(path, &file, &[Column::needed("grid_id")]) {
        Err(ReadError::NoColumn { .. }) => {
            let text = std::fs::read_to_string(path).map_err(|cause| ReadError::Io { path: path.to_path_buf(), after: 0, cause })?;
            let lines = text.trim_start_matches('\u{feff}').lines().map(|l| l.trim().to_string());
            lines.filter(|l| !l.is_empty() && !l.starts_with('#')).collect()
        }
        Err(other) => return Err(other),
        Ok((rows, _)) => rows.into_iter().filter_map(|r| r.cells.into_iter().next()).filter(|id| !id.is_empty()).collect(),
    };
    if ids.is_empty() { Err(ReadError::NoTable { file, found: "no id of a grid".into() }) } else { Ok(ids) }
}
