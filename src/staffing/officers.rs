//! Officers from a table of staff: who looks after which grid, who fills which post (R28, R30, R33).

use super::duos::Hold;
use crate::finding::{Finding, Severity};
use crate::measure::{GridId, Load};
use crate::recipe::{OfficerRule, near};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A row of a table of staff, as found; what is empty is not said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRow {
    /// Row in the table, counted from 1.
    pub record: u64,
    /// Id of the person.
    pub officer_id: String,
    /// Name of the person.
    pub name: String,
    /// Id of the branch.
    pub branch: String,
    /// Level of staff.
    pub level: String,
    /// Id or code of a grid that is decided already.
    pub grid: String,
    /// Post that the person fills; without it the row is about the officer of a grid.
    pub post: String,
}

/// What the rows of a table refer to.
#[derive(Clone, Debug, Default)]
pub struct Places<'a> {
    /// Grids by id and by code.
    pub grids: BTreeMap<&'a str, GridId>,
    /// Numbers of branches by id.
    pub branches: BTreeMap<&'a str, u32>,
    /// Branch of every grid.
    pub branch_of: &'a [u32],
}

/// A person who can look after a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// Row in the table in which the person stands first.
    pub record: u64,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Number of the branch; none where nothing tells it.
    pub branch: Option<u32>,
    /// Place of the level, 0 is the highest; none comes last.
    pub rank: Option<usize>,
    /// Grids that the table gives the person.
    pub pins: Vec<GridId>,
}

/// The staff of a table, each person once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster {
    /// In the order of the table.
    pub officers: Vec<Officer>,
    /// How many people have each level, the highest first.
    pub levels: Vec<(String, usize)>,
    /// What is wrong with the table.
    pub findings: Vec<Finding>,
}

impl Roster {
    /// Officers of a branch.
    pub fn of(&self, branch: u32) -> usize {
        self.officers.iter().filter(|o| o.branch == Some(branch)).count()
    }
}

/// Reads people out of rows of the table `file`. Nothing is lost silently: `officer-without-id`, `officer-twice` (the rows are one person),
/// `name-twice`, `branch-unknown`, `grid-unknown`, `level-unknown` and `officer-elsewhere` (a grid in another branch) name the row,
/// `levels-incomplete` holds people with a level against those examined (R28). O(n log n).
pub fn roster(rows: &[StaffRow], file: &str, places: &Places<'_>, rule: &OfficerRule) -> Roster {
    let mut out = Roster::default();
    let names: BTreeSet<&str> = rows.iter().map(|r| r.level.as_str()).filter(|l| !l.is_empty()).collect();
    let order: Vec<&str> =
        if rule.levels.is_empty() { names.into_iter().collect() } else { rule.levels.iter().map(String::as_str).collect() };
    let mut graded: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    let mut named: BTreeMap<&str, &StaffRow> = BTreeMap::new();
    for row in rows {
        let mut tell = |code: &str, message: String| {
            out.findings.push(Finding::new(Severity::Warning, code, message).file(file).record(row.record).id(&row.officer_id));
        };
        if row.officer_id.is_empty() {
            tell("officer-without-id", "no officer_id, not taken; give every person one".into());
            continue;
        }
        let rank = order.iter().position(|l| *l == row.level);
        if rank.is_none() && !row.level.is_empty() {
            tell("level-unknown", format!("level '{}' is none of {}; the officer comes last", row.level, order.join(", ")));
        }
        if let Some(rank) = rank {
            graded.entry(&row.officer_id).or_insert(rank);
        }
        let first = *seen.entry(&row.officer_id).or_insert(row.record);
        if first == row.record
            && !row.name.is_empty()
            && let Some(other) = named.insert(&row.name, row)
        {
            let (name, id, record) = (&row.name, &other.officer_id, other.record);
            tell(
                "name-twice",
                format!("{name} is called like {id} in record {record}; if it is one person, give both rows one officer_id"),
            );
        }
        if !row.post.is_empty() {
            continue;
        }
        let pin = places.grids.get(row.grid.as_str()).copied();
        if pin.is_none() && !row.grid.is_empty() {
            let meant = near(&row.grid, places.grids.keys().copied());
            tell("grid-unknown", format!("no grid '{}'; the officer gets another one{}", row.grid, meant_to_be(&meant)));
        }
        let said = places.branches.get(row.branch.as_str()).copied();
        if said.is_none() && !row.branch.is_empty() {
            let meant = near(&row.branch, places.branches.keys().copied());
            let or = if pin.is_some() { "that of the grid is taken" } else { "the officer gets no grid" };
            tell("branch-unknown", format!("no branch '{}'; {or}{}", row.branch, meant_to_be(&meant)));
        } else if said.is_none() && pin.is_none() {
            tell("branch-unknown", "neither branch nor grid is said; the officer gets no grid".into());
        }
        let own = pin.map(|g| places.branch_of[g.at()]);
        if said.is_some() && own.is_some_and(|b| said != Some(b)) {
            tell("officer-elsewhere", format!("grid {} is in another branch than {}; it is kept", row.grid, row.branch));
        }
        if let Some(&at) = place.get(row.officer_id.as_str()) {
            let of = &mut out.officers[at];
            let second = pin.is_some_and(|g| !of.pins.contains(&g));
            of.pins.extend(pin.filter(|_| second));
            let what = if second && of.pins.len() > 1 { "the officer has several grids" } else { "the officer is counted once" };
            tell("officer-twice", format!("stands in record {first} as well; {what}"));
            continue;
        }
        place.insert(&row.officer_id, out.officers.len());
        let (id, name, pins) = (row.officer_id.clone(), row.name.clone(), pin.into_iter().collect());
        out.officers.push(Officer { record: row.record, id, name, branch: said.or(own), rank, pins });
    }
    let count = |rank: usize| graded.values().filter(|r| **r == rank).count();
    out.levels = order.iter().enumerate().map(|(rank, level)| (level.to_string(), count(rank))).collect();
    if let Some(examined) = rule.examined.filter(|n| *n as usize != graded.len()) {
        let counts: Vec<String> = out.levels.iter().map(|(_, n)| n.to_string()).collect();
        let message = format!(
            "{} = {} people have a level, but {examined} were examined: {} by {}; correct the table or the number",
            counts.join(" + "),
            graded.len(),
            if graded.len() < examined as usize { "the table is short" } else { "the table has too many" },
            graded.len().abs_diff(examined as usize)
        );
        let finding = Finding::new(Severity::Warning, "levels-incomplete", message).file(file);
        out.findings.push(finding.measured(graded.len() as f64).limit(examined.into()));
    }
    out
}

pub(super) fn meant_to_be(meant: &[&str]) -> String {
    meant.first().map_or(String::new(), |m| format!("; did you mean '{m}'?"))
}

/// Grids that the table gives somebody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pinned {
    /// Position of the officer of every grid.
    pub officer_of: Vec<Option<usize>>,
    /// What that means for pairs.
    pub holds: Vec<Hold>,
    /// Officers who take nothing but what the table gives them: grids of another branch, or several.
    pub used_up: BTreeSet<usize>,
    /// `grid-taken`: grids that the table gives to several people; the first has it.
    pub findings: Vec<Finding>,
}

/// Grids of the table `file`, decided before all else. O(n log n).
pub fn pinned(roster: &Roster, file: &str, branch_of: &[u32]) -> Pinned {
    let mut out = Pinned { officer_of: vec![None; branch_of.len()], holds: vec![Hold::Free; branch_of.len()], ..Pinned::default() };
    for (o, officer) in roster.officers.iter().enumerate() {
        let mut own = Vec::new();
        for &g in &officer.pins {
            if let Some(other) = out.officer_of[g.at()].map(|o| &roster.officers[o]) {
                let message = format!("the grid of the row has {} of record {} already", other.id, other.record);
                let finding = Finding::new(Severity::Warning, "grid-taken", message).file(file);
                out.findings.push(finding.record(officer.record).id(&officer.id));
                continue;
            }
            out.officer_of[g.at()] = Some(o);
            own.push(g);
        }
        let can_share = own.len() == 1 && own.iter().all(|g| officer.branch == Some(branch_of[g.at()]));
        if !can_share && !own.is_empty() {
            out.used_up.insert(o);
        }
        own.iter().for_each(|g| out.holds[g.at()] = if can_share { Hold::Held } else { Hold::Closed });
    }
    out
}

/// Who looks after what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assigned {
    /// Position of the officer of every task.
    pub officer_of: Vec<Option<usize>>,
    /// Tasks that somebody has, also one whom no table names.
    pub taken: Vec<bool>,
    /// Positions of officers without a task.
    pub spare: Vec<usize>,
}

/// Gives every task (one grid, or two for one officer) a person of its branch, and every person one task.
///
/// Grids that the table gives somebody come first. `stated` is how many officers a branch has, over how many the table names: what these do
/// not take has an officer without name. Then, branch by branch, the highest level takes the task of the largest need, and so on
/// down; equals keep their order. For any values of levels that fall from one to the next, this makes the sum over all
/// tasks of value · need the largest that can be (rearrangement inequality), also where people or tasks are left over: of single grids those stay
/// vacant that need least, and none of two before one of one, so that as few as can be are vacant. O(n log n).
pub fn assign(
    roster: &Roster,
    pinned: &Pinned,
    tasks: &[Vec<GridId>],
    loads: &[Load],
    branch_of: &[u32],
    stated: impl Fn(u32) -> Option<usize>,
) -> Assigned {
    let officer_of: Vec<Option<usize>> = tasks.iter().map(|grids| grids.iter().find_map(|g| pinned.officer_of[g.at()])).collect();
    let mut out = Assigned { taken: officer_of.iter().map(Option::is_some).collect(), officer_of, spare: Vec::new() };
    let busy: BTreeSet<usize> = out.officer_of.iter().flatten().copied().collect();
    let need = |t: usize| tasks[t].iter().map(|g| loads[g.at()]).sum::<Load>();
    let mut free: BTreeMap<u32, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for t in (0..tasks.len()).filter(|&t| !out.taken[t]) {
        free.entry(branch_of[tasks[t][0].at()]).or_default().0.push(t);
    }
    for (o, officer) in roster.officers.iter().enumerate().filter(|(o, _)| !busy.contains(o)) {
        match officer.branch {
            Some(branch) => free.entry(branch).or_default().1.push(o),
            None => out.spare.push(o),
        }
    }
    for (branch, (mut tasks_left, mut people)) in free {
        let hands = stated(branch).map_or(people.len(), |n| (n + people.len()).saturating_sub(roster.of(branch)));
        tasks_left.sort_by_key(|&t| Reverse((tasks[t].len(), need(t))));
        tasks_left.truncate(hands);
        tasks_left.sort_by_key(|&t| Reverse(need(t)));
        people.sort_by_key(|&o| roster.officers[o].rank.unwrap_or(usize::MAX));
        tasks_left.iter().for_each(|&t| out.taken[t] = true);
        tasks_left.iter().zip(&people).for_each(|(&t, &o)| out.officer_of[t] = Some(o));
        out.spare.extend(people.into_iter().skip(tasks_left.len()));
    }
    out.spare.sort_unstable();
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::{BRANCHES, codes, places, row};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r28_examined_and_graded_that_differ_are_a_finding() {
        let levels = [("A", 12), ("B", 27), ("C", 47), ("D", 46)];
        let rows: Vec<StaffRow> = levels
            .iter()
            .flat_map(|(l, n)| (0..*n).map(move |i| format!("{l}{i}")).map(move |id| row(1, [&id, "", "east", l, ""])))
            .enumerate()
            .map(|(i, r)| StaffRow { record: i as u64 + 1, ..r })
            .collect();
        let rule = OfficerRule { examined: Some(140), ..OfficerRule::default() };
        let found = roster(&rows, "staff.csv", &places(), &rule);
        assert_eq!(codes(&found.findings), [("levels-incomplete", None)]);
        assert_eq!((found.findings[0].measured, found.findings[0].limit), (Some(132.0), Some(140.0)));
        let message = &found.findings[0].message;
        assert!(message.contains("12 + 27 + 47 + 46 = 132") && message.contains("short by 8"), "{message}");
        let rule = OfficerRule { examined: Some(132), ..OfficerRule::default() };
        assert!(roster(&rows, "staff.csv", &places(), &rule).findings.is_empty());
    }

    #[test]
    fn oddities_of_a_table_are_told_by_record() {
        let rows = [
            row(1, ["o1", "Li", "east", "1", ""]),
            row(2, ["", "Wu", "east", "1", ""]),
            row(3, ["o1", "Li", "east", "1", ""]),
            row(4, ["o2", "Li", "wst", "2", ""]),
            row(5, ["o3", "Ma", "west", "2", "G9"]),
            row(6, ["o4", "He", "west", "2", "G1"]),
            row(7, ["o5", "Xu", "", "", ""]),
            row(8, ["o4", "He", "west", "2", "G3"]),
        ];
        let found = roster(&rows, "staff.csv", &places(), &OfficerRule::default());
        let expected = [
            ("officer-without-id", Some(2)),
            ("officer-twice", Some(3)),
            ("name-twice", Some(4)),
            ("branch-unknown", Some(4)),
            ("grid-unknown", Some(5)),
            ("officer-elsewhere", Some(6)),
            ("branch-unknown", Some(7)),
            ("officer-twice", Some(8)),
        ];
        assert_eq!(codes(&found.findings), expected);
        assert!(found.findings[3].message.contains("did you mean 'west'?"));
        assert_eq!(found.officers.iter().map(|o| o.pins.len()).collect::<Vec<_>>(), [0, 0, 0, 2, 0]);
        assert_eq!((found.of(0), found.of(1)), (1, 2));
    }

    #[test]
    fn pins_first_then_the_highest_level_to_the_largest_need() {
        let rows = [
            row(1, ["low", "a", "east", "2", ""]),
            row(2, ["high", "b", "east", "1", ""]),
            row(3, ["none", "c", "east", "", ""]),
            row(4, ["pinned", "d", "west", "2", "G4"]),
            row(5, ["late", "e", "west", "1", "G4"]),
        ];
        let found = roster(&rows, "staff.csv", &places(), &OfficerRule::default());
        let tasks: Vec<Vec<GridId>> = (0..4).map(|g| vec![GridId(g)]).collect();
        let pins = pinned(&found, "staff.csv", &BRANCHES);
        let done = assign(&found, &pins, &tasks, &[5, 9, 8, 7].map(Load), &BRANCHES, |_| None);
        assert_eq!(done.officer_of, [Some(0), Some(1), Some(4), Some(3)]);
        assert_eq!((done.spare, codes(&pins.findings)), (vec![2], vec![("grid-taken", Some(5))]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// No other way to give people tasks has a larger sum of value · need.
        #[test]
        fn no_exchange_is_better(needs in prop::collection::vec(0i64..20, 1..6), ranks in prop::collection::vec(0usize..4, 1..6)) {
            let officer = |(i, rank): (usize, &usize)| Officer {
                record: i as u64 + 1, id: i.to_string(), name: String::new(), branch: Some(0), rank: Some(*rank), pins: Vec::new(),
            };
            let roster = Roster { officers: ranks.iter().enumerate().map(officer).collect(), ..Roster::default() };
            let tasks: Vec<Vec<GridId>> = (0..needs.len()).map(|g| vec![GridId::new(g)]).collect();
            let loads: Vec<Load> = needs.iter().map(|n| Load(*n)).collect();
            let branch_of = vec![0; needs.len()];
            let done = assign(&roster, &pinned(&roster, "", &branch_of), &tasks, &loads, &branch_of, |_| None);
            let value = |o: Option<usize>| o.map_or(0, |o| 10 - ranks[o] as i64);
            let sum: i64 = done.officer_of.iter().zip(&needs).map(|(o, n)| value(*o) * n).sum();
            fn best(t: usize, used: u32, needs: &[i64], value: &dyn Fn(Option<usize>) -> i64, people: usize) -> i64 {
                if t == needs.len() {
                    return 0;
                }
                let take = |o: usize| value(Some(o)) * needs[t] + best(t + 1, used | 1 << o, needs, value, people);
                let none = best(t + 1, used, needs, value, people);
                (0..people).filter(|o| used & (1 << o) == 0).map(take).fold(none, i64::max)
            }
            prop_assert_eq!(sum, best(0, 0, &needs, &value, ranks.len()));
        }
    }
}
