//! Staffing of a plan: backups, posts, officers, vacancies (R7, R11, R15, R25, R28, R29, R30, R33).

use super::{Indicator, Plan, PlanGrid};
use crate::finding::{Finding, Severity};
use crate::measure::{GridId, Load};
use crate::recipe::{Count, Extent, PostRule, near};
use crate::staffing::{self, Duos, Places, Seat, SharedBorder, StaffRow};
use crate::watch::{Stopped, Watch};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Name of the post that every grid has.
pub const OFFICER: &str = "officer";

/// What is known of the people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Staff {
    /// Table they come from, for messages.
    pub file: String,
    /// Its rows.
    pub rows: Vec<StaffRow>,
    /// Officers by branch, over how many the table has.
    pub officers: BTreeMap<String, usize>,
    /// People examined, over what the recipe says (R28).
    pub examined: Option<u32>,
}

/// Who does what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Staffing {
    /// Figures.
    pub indicators: Vec<Indicator>,
    /// Kinds of post that grids have, in the order of [`GridStaff::posts`].
    pub kinds: Vec<String>,
    /// Grids in the order of the plan.
    pub grids: Vec<GridStaff>,
    /// Posts of every kind by area.
    pub posts: Vec<PostRow>,
    /// What nobody does.
    pub vacancies: Vec<Vacancy>,
    /// People who do several things, or may be one.
    pub doubles: Vec<DoubleRole>,
    /// Ids of officers without a grid.
    pub spare: Vec<String>,
    /// What is wrong or noteworthy.
    pub findings: Vec<Finding>,
}

/// Staff of a grid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GridStaff {
    /// Id of the grid.
    pub grid_id: String,
    /// Its display code.
    pub code: String,
    /// Its zone.
    pub zone_id: String,
    /// Id of the officer.
    pub officer: Option<String>,
    /// Name of the officer.
    pub officer_name: Option<String>,
    /// The grid beside it that has the same officer (R25).
    pub with_grid_id: Option<String>,
    /// The grid it is stood in by.
    pub backup: Option<String>,
    /// A second one, in the middle of a triple.
    pub second_backup: Option<String>,
    /// Posts by kind.
    pub posts: Vec<u32>,
}

/// Posts of one kind in one area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostRow {
    /// Kind.
    pub post: String,
    /// What the area is: grid, zone, division, territory or a level.
    pub extent: String,
    /// Its id.
    pub area_id: String,
    /// What was counted.
    pub amount: f64,
    /// Posts.
    pub number: u32,
    /// Posts that somebody fills.
    pub filled: u32,
}

/// A post or grid that nobody has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vacancy {
    /// Kind of post, [`OFFICER`] for a grid.
    pub post: String,
    /// Id of the grid or area.
    pub place: String,
    /// Branch of its first grid.
    pub branch: String,
    /// Load there, units of the input.
    pub households: f64,
}

/// Somebody who has several roles, or two who may be one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubleRole {
    /// Id of the person.
    pub officer_id: String,
    /// Name.
    pub name: String,
    /// Grids and posts of the person, and who else has the name.
    pub roles: Vec<String>,
}

impl Plan {
    /// Borders between grids and the length of the whole border of every grid, metres. O(n log n) for n pieces of border.
    pub fn shared_borders(&self) -> (Vec<SharedBorder>, Vec<f64>) {
        let grid = |u: Option<u32>| u.map(|u| GridId(self.fabric.units[u as usize].grid));
        let (mut lengths, mut outline) = (BTreeMap::new(), vec![0.0; self.grids.len()]);
        let between = self.fabric.arcs.par_iter().filter_map(|arc| {
            let (l, r) = (grid(arc.left), grid(arc.right));
            (l != r).then(|| (l, r, self.provenance.plane.length_m(&arc.line())))
        });
        for (l, r, length_m) in between.collect::<Vec<_>>() {
            [l, r].into_iter().flatten().for_each(|g| outline[g.at()] += length_m);
            if let (Some(l), Some(r)) = (l, r) {
                *lengths.entry((l.min(r), l.max(r))).or_insert(0.0) += length_m;
            }
        }
        let border = |((a, b), length_m)| SharedBorder { a, b, length_m };
        (lengths.into_iter().map(border).filter(|b| b.length_m > 0.0).collect(), outline)
    }

    /// Number of the area of every grid, and ids of the areas in the order of their first grids. An area of a level that a grid does not
    /// lie in has an empty id.
    pub fn areas_of(&self, extent: &Extent) -> (Vec<u32>, Vec<&str>) {
        let (mut numbers, mut ids) = (BTreeMap::new(), Vec::new());
        let of = self.grids.iter().map(|g| {
            let id = match extent {
                Extent::Grid => &g.grid_id,
                Extent::Zone => &g.zone_id,
                Extent::Division => &g.division_id,
                Extent::Level(name) => g.areas.get(name).map_or("", String::as_str),
                Extent::Territory => "territory",
            };
            *numbers.entry(id).or_insert_with(|| {
                ids.push(id);
                ids.len() as u32 - 1
            })
        });
        (of.collect(), ids)
    }

    fn loads(&self) -> Vec<Load> {
        self.grids.iter().map(|g| Load::from_units(g.households).unwrap_or_default()).collect()
    }
}

/// Gives every grid its backups by the plan's recipe (R29). Findings list triples (`backup-triple`), pairs across areas (`backup-across`) and
/// grids for which nobody stands in, with the reason (`backup-left-over`).
pub fn add_backups(plan: &mut Plan, watch: &dyn Watch) -> Result<Vec<Finding>, Stopped> {
    let rule = plan.provenance.recipe.backup.clone();
    let (borders, outline) = plan.shared_borders();
    let found = staffing::backups(&plan.areas_of(&rule.within).0, &borders, &outline, rule.leftover, watch)?;
    let id = |g: GridId| plan.grids[g.at()].grid_id.clone();
    let tell = |code: &str, g: GridId, message: String| Finding::new(Severity::Info, code, message).id(id(g));
    let left = found.left_over.iter().map(|(g, why)| tell("backup-left-over", *g, format!("no grid stands in for it: {why}")));
    let triple = |[far, middle, own]: &[GridId; 3]| {
        tell("backup-triple", *own, format!("joins {} and {}; {} stands in for both", id(*far), id(*middle), id(*middle)))
    };
    let across = |[a, b]: &[GridId; 2]| tell("backup-across", *a, format!("is paired with {} of another {}", id(*b), rule.within.name()));
    let findings = left.chain(found.triples.iter().map(triple)).chain(found.across.iter().map(across)).collect();
    let ids: Vec<String> = plan.grids.iter().map(|g| g.grid_id.clone()).collect();
    for (g, row) in plan.grids.iter_mut().enumerate() {
        row.backup_grid_id = found.backup[g].map(|b| ids[b.at()].clone());
        row.second_backup_grid_id = found.second[g].map(|b| ids[b.at()].clone());
    }
    Ok(findings)
}

/// Staff of a plan by its recipe (`[posts]`, `[officers]`): posts, officers of grids, who shares one, what is vacant, who does two things.
///
/// Where a branch has fewer officers than grids, the rest is vacant, or some take two adjacent grids (R25), as the recipe says; always the latter where the
/// numbers of officers are stated. Findings: `officers-too-few`, `officers-too-many`, `officers-share`, `pairs-too-few` by branch. Backups are those of the plan. O(n³) in the worst case for the n grids of a branch.
pub fn staff(plan: &Plan, staff: &Staff, watch: &dyn Watch) -> Result<Staffing, Stopped> {
    let _span = tracing::info_span!("staff", grids = plan.grids.len()).entered();
    let mut rule = plan.provenance.recipe.officers.clone();
    rule.examined = staff.examined.or(rule.examined);
    let (branch_of, branches) = plan.areas_of(&rule.branch);
    // an id comes before a code that reads the same
    let ids = plan.grids.iter().map(|g| g.code.as_str()).chain(plan.grids.iter().map(|g| g.grid_id.as_str()));
    let at = (0..plan.grids.len()).chain(0..plan.grids.len()).map(GridId::new);
    let places = Places {
        grids: ids.zip(at).collect(),
        branches: branches.iter().zip(0..).map(|(id, n)| (*id, n)).collect(),
        branch_of: &branch_of,
    };
    let roster = staffing::roster(&staff.rows, &staff.file, &places, &rule);
    let mut out = Staffing { findings: roster.findings.clone(), ..Staffing::default() };
    for id in staff.officers.keys().filter(|id| !places.branches.contains_key(id.as_str())) {
        out.findings
            .push(Finding::new(Severity::Warning, "branch-unknown", "no such branch has grids; its number of officers is not used").id(id));
    }
    let pinned = staffing::pinned(&roster, &staff.file, &branch_of);
    let used_up = |branch: u32| pinned.used_up.iter().filter(|&&o| roster.officers[o].branch == Some(branch)).count();
    let stated = |branch: u32| staff.officers.get(branches[branch as usize]).copied();
    let listed = |branch: u32| (!staff.rows.is_empty()).then(|| roster.of(branch));
    let officers = |branch: u32| Some(stated(branch).or(listed(branch))?.saturating_sub(used_up(branch)));
    // numbers that are stated are about sharing; a table alone only where the recipe says so
    let shares = |branch: u32| stated(branch).is_some() || rule.share;
    let sharing = |branch: u32| officers(branch).filter(|_| shares(branch)).unwrap_or(usize::MAX);
    let (loads, borders) = (plan.loads(), plan.shared_borders().0);
    let mut duos = staffing::duos(&branch_of, &borders, &loads, &pinned.holds, sharing, watch)?;
    let mut with = vec![None; plan.grids.len()];
    duos.iter().flat_map(|d| &d.pairs).for_each(|&[a, b]| (with[a.at()], with[b.at()]) = (Some(b), Some(a)));
    let first = |g: &GridId| with[g.at()].is_none_or(|other: GridId| *g < other);
    let task = |g: GridId| std::iter::once(g).chain(with[g.at()]).collect::<Vec<_>>();
    let tasks: Vec<Vec<GridId>> = (0..plan.grids.len()).map(GridId::new).filter(first).map(task).collect();
    let assigned = staffing::assign(&roster, &pinned, &tasks, &loads, &branch_of, stated);
    let vacant: BTreeSet<GridId> = tasks.iter().zip(&assigned.taken).filter(|(_, taken)| !**taken).flat_map(|(t, _)| t).copied().collect();
    // two grids without officer share none
    vacant.iter().for_each(|g| with[g.at()] = None);
    duos.iter_mut().for_each(|d| d.pairs.retain(|[a, _]| !vacant.contains(a)));
    let told = |d: &Duos| {
        let vacant = vacant.iter().filter(|g| branch_of[g.at()] == d.area).count();
        told(d, branches[d.area as usize], officers(d.area)?, vacant, shares(d.area))
    };
    out.findings.extend(duos.iter().filter_map(told));
    out.findings.extend(pinned.findings.iter().cloned());
    out.spare = assigned.spare.iter().map(|&o| roster.officers[o].id.clone()).collect();

    let id = |g: GridId| plan.grids[g.at()].grid_id.clone();
    let grid = |(g, row): (usize, &PlanGrid)| GridStaff {
        grid_id: row.grid_id.clone(),
        code: row.code.clone(),
        zone_id: row.zone_id.clone(),
        with_grid_id: with[g].map(id),
        backup: row.backup_grid_id.clone(),
        second_backup: row.second_backup_grid_id.clone(),
        ..GridStaff::default()
    };
    out.grids = plan.grids.iter().enumerate().map(grid).collect();
    let mut roles: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (task, officer) in tasks.iter().zip(&assigned.officer_of) {
        for &g in task {
            if let Some(officer) = officer.map(|o| &roster.officers[o]) {
                let row = &mut out.grids[g.at()];
                (row.officer, row.officer_name) = (Some(officer.id.clone()), Some(officer.name.clone()));
                roles.entry(&officer.id).or_default().push(format!("grid {}", row.grid_id));
            }
        }
    }
    let vacancy = |post: &str, place: String, grids: &[GridId]| Vacancy {
        post: post.into(),
        place,
        branch: grids.first().map_or("", |g| branches[branch_of[g.at()] as usize]).into(),
        households: grids.iter().map(|g| loads[g.at()]).sum::<Load>().units(),
    };
    out.vacancies = vacant.iter().map(|&g| vacancy(OFFICER, id(g), &[g])).collect();
    out.findings.extend(unknown_scales(plan));
    let (seats, row_of) = out.posts(plan);
    let (holder, findings) = staffing::fill(&seats, &staff.rows, &staff.file, &places);
    out.findings.extend(findings);
    for ((seat, post), row) in seats.iter().zip(row_of).zip(holder) {
        match row.map(|r| &staff.rows[r]) {
            Some(row) => {
                roles.entry(&row.officer_id).or_default().push(format!("{} at {}", seat.post, seat.place));
                out.posts[post].filled += 1;
            }
            None => out.vacancies.push(vacancy(&seat.post, seat.place.clone(), &seat.grids)),
        }
    }
    out.doubles = doubles(&staff.rows, roles);
    out.figures(roster.officers.len(), &roster.levels);
    Ok(out)
}

/// What is to be said of the number of officers of a branch (R25, R28), of whose grids `vacant` have none.
fn told(d: &Duos, branch: &str, officers: usize, vacant: usize, shares: bool) -> Option<Finding> {
    let (grids, pairs) = (d.grids, d.pairs.len());
    let finding = |severity, code: &str, message: String, measured: usize, limit: usize| {
        let message = format!("{officers} officers for {grids} grids: {message}");
        Some(Finding::new(severity, code, message).id(branch).measured(measured as f64).limit(limit as f64))
    };
    if officers == grids {
        None
    } else if officers > grids {
        finding(Severity::Warning, "officers-too-many", format!("{} have none", officers - grids), officers, grids)
    } else if !shares {
        let message = format!("{vacant} are vacant; [officers] share = true lets some take two");
        finding(Severity::Warning, "officers-too-few", message, officers, grids)
    } else if vacant > 0 {
        let needed = d.needed();
        let message =
            format!("{needed} pairs of adjacent grids for one officer are needed, {pairs} can be had, {vacant} grids have no officer");
        finding(Severity::Violation, "pairs-too-few", message, needed, pairs)
    } else {
        finding(Severity::Info, "officers-share", format!("{pairs} of them take two adjacent ones"), officers, grids)
    }
}

/// People with several roles, or several rows, or a name that another person has as well.
fn doubles(rows: &[StaffRow], mut roles: BTreeMap<&str, Vec<String>>) -> Vec<DoubleRole> {
    let mut records: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut name: BTreeMap<&str, &str> = BTreeMap::new();
    for row in rows.iter().filter(|r| !r.officer_id.is_empty()) {
        records.entry(&row.officer_id).or_default().push(row.record);
        name.entry(&row.officer_id).or_insert(&row.name);
        if !row.name.is_empty() {
            named.entry(&row.name).or_default().insert(&row.officer_id);
        }
    }
    let one = |(id, records): (&str, Vec<u64>)| {
        let name = name[id];
        let (mut roles, mut is_double) = (roles.remove(id).unwrap_or_default(), false);
        is_double |= roles.len() > 1;
        if records.len() > 1 {
            is_double = true;
            let records: Vec<String> = records.iter().map(u64::to_string).collect();
            roles.push(format!("records {}", records.join(", ")));
        }
        for other in named.get(name).into_iter().flatten().filter(|other| **other != id) {
            is_double = true;
            roles.push(format!("same name as {other}"));
        }
        is_double.then(|| DoubleRole { officer_id: id.into(), name: name.into(), roles })
    };
    records.into_iter().filter_map(one).collect()
}

/// What a grid has of what is counted.
fn amount(rule: &PostRule, grid: &PlanGrid, points: u32) -> Load {
    let customers = |n: u32| Load(i64::from(n) * Load::PER_UNIT);
    match &rule.count {
        Count::Points => customers(points),
        Count::Classes(classes) => customers(classes.iter().filter_map(|c| grid.classes.get(c)).sum()),
        Count::Resource(name) => grid.load.get(name).and_then(|amount| Load::from_units(*amount)).unwrap_or_default(),
    }
}

/// By what it is multiplied, in thousandths.
fn factor(rule: &PostRule, grid: &PlanGrid) -> u32 {
    let said = [&grid.grid_id, &grid.zone_id, &grid.division_id].into_iter().find_map(|id| rule.scale.get(id));
    (said.unwrap_or(&1.0) * 1000.0).round() as u32
}

/// Factors of posts for ids that no grid, zone or division has (`scale-unknown`).
fn unknown_scales(plan: &Plan) -> Vec<Finding> {
    let known: BTreeSet<&str> = plan.grids.iter().flat_map(|g| [&g.grid_id, &g.zone_id, &g.division_id]).map(String::as_str).collect();
    let tell = |(rule, id): (&PostRule, &String)| {
        let meant = near(id, known.iter().copied()).first().map_or(String::new(), |m| format!("; did you mean '{m}'?"));
        let message = format!("posts.{}.scale: no grid, zone or division '{id}'; the factor is not used{meant}", rule.name);
        Finding::new(Severity::Warning, "scale-unknown", message).id(id)
    };
    let said = plan.provenance.recipe.posts.iter().flat_map(|rule| rule.scale.keys().map(move |id| (rule, id)));
    said.filter(|(_, id)| !known.contains(id.as_str())).map(tell).collect()
}

impl Staffing {
    /// Whether every grid and every post has somebody.
    pub fn is_complete(&self) -> bool {
        self.vacancies.is_empty()
    }

    /// Counts posts of all kinds; returns the single ones, and of each the row it is counted in.
    fn posts(&mut self, plan: &Plan) -> (Vec<Seat>, Vec<usize>) {
        let mut points = vec![0; plan.grids.len()];
        plan.attachments.iter().filter_map(|a| a.grid).for_each(|g| points[g as usize] += 1);
        let (mut seats, mut row_of) = (Vec::new(), Vec::new());
        for rule in &plan.provenance.recipe.posts {
            let (area_of, ids) = plan.areas_of(&rule.area);
            // a level may leave grids out
            let area_of: Vec<Option<u32>> = area_of.iter().map(|a| (!ids[*a as usize].is_empty()).then_some(*a)).collect();
            let amounts: Vec<Load> = plan.grids.iter().zip(&points).map(|(g, points)| amount(rule, g, *points)).collect();
            let factors: Vec<u32> = plan.grids.iter().map(|g| factor(rule, g)).collect();
            let found = staffing::posts(rule, &amounts, &factors, &area_of, ids.len());
            let mut members = vec![Vec::new(); ids.len()];
            area_of.iter().enumerate().filter_map(|(g, a)| Some((g, (*a)?))).for_each(|(g, a)| members[a as usize].push(GridId::new(g)));
            let mut seat = |place: &str, grids: Vec<GridId>, row: usize, number: u32| {
                let seat = Seat { post: rule.name.clone(), place: place.into(), grids };
                seats.extend(std::iter::repeat_n(seat, number as usize));
                row_of.extend(std::iter::repeat_n(row, number as usize));
            };
            for (a, id) in ids.iter().enumerate().filter(|(_, id)| !id.is_empty()) {
                let (row, grids) = (self.posts.len(), std::mem::take(&mut members[a]));
                let (extent, number, amount) = (rule.area.name().to_string(), found.of_area[a], found.amount[a].units());
                self.posts.push(PostRow { post: rule.name.clone(), extent, area_id: id.to_string(), amount, number, filled: 0 });
                if rule.dealt {
                    grids.iter().for_each(|g| seat(&plan.grids[g.at()].grid_id, vec![*g], row, found.of_grid[g.at()]));
                } else {
                    seat(id, grids, row, number);
                }
            }
            // each grid is an area of its own then
            let of_grid = if rule.area == Extent::Grid { &found.of_area } else { &found.of_grid };
            if !of_grid.is_empty() {
                self.kinds.push(rule.name.clone());
                self.grids.iter_mut().zip(of_grid).for_each(|(row, n)| row.posts.push(*n));
            }
        }
        (seats, row_of)
    }

    fn figures(&mut self, people: usize, levels: &[(String, usize)]) {
        let grids = |what: &dyn Fn(&GridStaff) -> bool| self.grids.iter().filter(|g| what(g)).count();
        let mut figures = vec![
            ("grids".to_string(), self.grids.len(), "grids"),
            ("officers".into(), people, "people"),
            ("officers-without-grid".into(), self.spare.len(), "people"),
            ("with-officer".into(), self.grids.len() - self.vacancies.iter().filter(|v| v.post == OFFICER).count(), "grids"),
            ("sharing-officer".into(), grids(&|g| g.with_grid_id.is_some()), "grids"),
            ("without-backup".into(), grids(&|g| g.backup.is_none()), "grids"),
            ("vacancies".into(), self.vacancies.len(), "posts"),
            ("double-roles".into(), self.doubles.len(), "people"),
        ];
        figures.extend(levels.iter().map(|(level, n)| (format!("level:{level}"), *n, "people")));
        let mut of_post: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for row in &self.posts {
            let sum = of_post.entry(&row.post).or_default();
            *sum = (sum.0 + row.number, sum.1 + row.filled);
        }
        for (post, (number, filled)) in of_post {
            figures.push((format!("post:{post}"), number as usize, "posts"));
            figures.push((format!("post:{post}:filled"), filled as usize, "posts"));
        }
        let indicator =
            |(name, value, unit): (String, usize, &str)| Indicator { name, value: value as f64, unit: unit.into(), limit: None };
        self.indicators = figures.into_iter().map(indicator).collect();
    }
}
