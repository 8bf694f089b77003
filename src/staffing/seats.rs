//! Posts and the rows of a table of staff that fill them (R11, R33).

use super::officers::{Places, StaffRow, meant_to_be};
use crate::finding::{Finding, Severity};
use crate::measure::GridId;
use crate::recipe::near;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A post somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Name of the post.
    pub post: String,
    /// Id of the grid or area that has it.
    pub place: String,
    /// Grids that belong to it.
    pub grids: Vec<GridId>,
}

/// Row that fills every seat: rows about a post go to a free seat of the place or grid they name, else to one whose grids are all of the branch they
/// name. `post-unknown` and `post-full` tell the rows that fill none. O(rows · seats) in the worst case.
pub fn fill(seats: &[Seat], rows: &[StaffRow], file: &str, places: &Places<'_>) -> (Vec<Option<usize>>, Vec<Finding>) {
    let (mut holder, mut findings) = (vec![None; seats.len()], Vec::new());
    let mut of_post: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    seats.iter().enumerate().for_each(|(s, seat)| of_post.entry(&seat.post).or_default().push(s));
    for (r, row) in rows.iter().enumerate().filter(|(_, r)| !r.post.is_empty() && !r.officer_id.is_empty()) {
        let tell =
            |code: &str, message: String| Finding::new(Severity::Warning, code, message).file(file).record(row.record).id(&row.officer_id);
        let Some(own) = of_post.get(row.post.as_str()) else {
            let meant = near(&row.post, of_post.keys().copied());
            findings.push(tell("post-unknown", format!("no post '{}'{}", row.post, meant_to_be(&meant))));
            continue;
        };
        let (grid, branch) = (places.grids.get(row.grid.as_str()), places.branches.get(row.branch.as_str()));
        let named = |s: &Seat| if row.grid.is_empty() { s.place == row.branch } else { grid.is_some_and(|g| s.grids.contains(g)) };
        let inside = |s: &Seat| row.grid.is_empty() && s.grids.iter().all(|g| Some(&places.branch_of[g.at()]) == branch);
        let free = |fits: &dyn Fn(&Seat) -> bool| own.iter().copied().find(|&s| holder[s].is_none() && fits(&seats[s]));
        match free(&named).or_else(|| free(&inside)) {
            Some(s) => holder[s] = Some(r),
            None => {
                let at = if row.grid.is_empty() { &row.branch } else { &row.grid };
                findings.push(tell("post-full", format!("no free post '{}' at '{at}'", row.post)));
            }
        }
    }
    (holder, findings)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{codes, places, row};
    use super::*;

    #[test]
    fn seats_are_filled_by_place_and_then_by_branch() {
        let seat = |post: &str, place: &str, grids: &[u32]| Seat {
            post: post.into(),
            place: place.into(),
            grids: grids.iter().map(|g| GridId(*g)).collect(),
        };
        let seats = [seat("inspector", "t1", &[0, 1]), seat("clerk", "G1", &[0]), seat("clerk", "G2", &[1]), seat("clerk", "G3", &[2])];
        let post = |r: StaffRow, post: &str| StaffRow { post: post.into(), ..r };
        let rows = [
            post(row(1, ["a", "", "t1", "", ""]), "inspector"),
            post(row(2, ["b", "", "t1", "", ""]), "inspector"),
            post(row(3, ["c", "", "", "", "G2"]), "clerk"),
            post(row(4, ["d", "", "east", "", ""]), "clerk"),
            post(row(5, ["e", "", "west", "", ""]), "clrk"),
            row(6, ["f", "", "east", "", ""]),
        ];
        let (holder, findings) = fill(&seats, &rows, "staff.csv", &places());
        assert_eq!(holder, [Some(0), Some(3), Some(2), None]);
        assert_eq!(codes(&findings), [("post-full", Some(2)), ("post-unknown", Some(5))]);
    }
}
