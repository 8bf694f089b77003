//! Officers and places for tests.

use super::officers::{Places, StaffRow};
use crate::finding::Finding;
use crate::measure::GridId;

pub(super) fn row(record: u64, text: [&str; 5]) -> StaffRow {
    let [officer_id, name, branch, level, grid] = text.map(String::from);
    StaffRow { record, officer_id, name, branch, level, grid, post: String::new() }
}

pub(super) const BRANCHES: [u32; 4] = [0, 0, 1, 1];

pub(super) fn places() -> Places<'static> {
    let grids = ["G1", "G2", "G3", "G4"].into_iter().enumerate().map(|(i, id)| (id, GridId::new(i))).collect();
    Places { grids, branches: [("east", 0), ("west", 1)].into(), branch_of: &BRANCHES }
}

pub(super) fn codes(findings: &[Finding]) -> Vec<(&str, Option<u64>)> {
    findings.iter().map(|f| (f.code.as_str(), f.subject.record)).collect()
}
