//! Tables of staff: read as the planner keeps them, written for the offices.

use super::error::ReadError;
use super::plan_files::csv_table;
use super::table::{Column, read_table};
use crate::finding::{Finding, Severity};
use crate::plan::{StaffRow, Staffing};
use std::collections::BTreeMap;
use std::path::Path;

/// Rows of a table with the columns `officer_id`, and as far as they are there `name`, `branch`, `level`, `grid_id` and `post`; and what was
/// wrong with the file.
pub fn read_staff(path: &Path, file: &str) -> Result<(Vec<StaffRow>, Vec<Finding>), ReadError> {
    let optional = ["name", "branch", "level", "grid_id", "post"].map(Column::optional);
    let wanted: Vec<Column> = std::iter::once(Column::needed("officer_id")).chain(optional).collect();
    let (rows, findings) = read_table(path, file, &wanted)?;
    let row = |r: super::table::TableRow| {
        let mut cells = r.cells.into_iter();
        let mut next = || cells.next().unwrap_or_default();
        StaffRow { record: r.record, officer_id: next(), name: next(), branch: next(), level: next(), grid: next(), post: next() }
    };
    Ok((rows.into_iter().map(row).collect(), findings))
}

/// Officers by branch, from a table with the columns `branch` and `officers`. Rows without a whole number (`number-unreadable`) and a branch that
/// stands there again (`branch-twice`) are told and not taken.
pub fn read_officers(path: &Path, file: &str) -> Result<(BTreeMap<String, usize>, Vec<Finding>), ReadError> {
    let (rows, mut findings) = read_table(path, file, &["branch", "officers"].map(Column::needed))?;
    let mut officers = BTreeMap::new();
    for row in rows {
        let [branch, number] = &row.cells[..] else { continue };
        let tell = |code: &str, message: String| Finding::new(Severity::Warning, code, message).file(file).record(row.record).id(branch);
        match number.parse() {
            Err(_) => findings.push(tell("number-unreadable", format!("'{number}' is no number of officers; not taken"))),
            Ok(_) if officers.contains_key(branch) => {
                findings.push(tell("branch-twice", "the branch stands there already; not taken".into()))
            }
            Ok(number) => {
                officers.insert(branch.clone(), number);
            }
        }
    }
    Ok((officers, findings))
}

/// `staffing.csv`: every grid with its officer, who stands in, and its posts by kind.
pub fn staffing_csv(s: &Staffing) -> String {
    let kinds: Vec<String> = s.kinds.iter().map(|k| format!("posts:{k}")).collect();
    let fixed = ["grid_id", "code", "zone_id", "officer", "officer_name", "with_grid_id", "backup", "second_backup"];
    let header: Vec<&str> = fixed.into_iter().chain(kinds.iter().map(String::as_str)).collect();
    let rows = s.grids.iter().map(|g| {
        let known = |text: &Option<String>| text.clone().unwrap_or_default();
        let fixed = [g.grid_id.clone(), g.code.clone(), g.zone_id.clone()].into_iter();
        let people = [&g.officer, &g.officer_name, &g.with_grid_id, &g.backup, &g.second_backup].map(known);
        fixed.chain(people).chain(g.posts.iter().map(u32::to_string)).collect()
    });
    csv_table(&header, rows)
}

/// `posts.csv`: posts of every kind by area, with what was counted and how many are filled.
pub fn posts_csv(s: &Staffing) -> String {
    let rows = s.posts.iter().map(|p| {
        vec![p.post.clone(), p.extent.clone(), p.area_id.clone(), p.amount.to_string(), p.number.to_string(), p.filled.to_string()]
    });
    csv_table(&["post", "extent", "area_id", "amount", "number", "filled"], rows)
}

/// `vacancies.csv`: grids and posts that nobody has.
pub fn vacancies_csv(s: &Staffing) -> String {
    let rows = s.vacancies.iter().map(|v| vec![v.post.clone(), v.place.clone(), v.branch.clone(), v.households.to_string()]);
    csv_table(&["post", "place", "branch", "households"], rows)
}

/// `double_roles.csv`: people who do several things, or two who may be one.
pub fn doubles_csv(s: &Staffing) -> String {
    let rows = s.doubles.iter().map(|d| vec![d.officer_id.clone(), d.name.clone(), d.roles.join("; ")]);
    csv_table(&["officer_id", "name", "roles"], rows)
}

/// `staffing.json`.
pub fn staffing_json(s: &Staffing) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(s)? + "\n")
}
