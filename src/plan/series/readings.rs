//! From rows as found to checked numbers, and from these to one number of every reporter and period.

use super::date::{Span, Stamp};
use super::lineage::Lineage;
use crate::finding::{Finding, Severity};
use crate::measure::Load;
use crate::plan::tiers::{GRID, Tiers};
use crate::recipe::{Period, Redrawn, SeriesRule};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A row of a table of numbers, as found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Counted from 1.
    pub record: u64,
    /// Level of the area; empty for a grid.
    pub level: String,
    /// Id of the grid or area.
    pub area_id: String,
    /// `YYYY-MM-DD` or `YYYY-MM`.
    pub date: String,
    /// What was counted or measured.
    pub indicator: String,
    /// The number, with up to three decimals.
    pub value: String,
}

/// All numbers may add up to this much, which leaves room for every sum.
const MOST: i64 = i64::MAX / 16;

/// Who reports numbers: a grid of the plan, one that was redrawn since, or an area of a level.
pub(super) struct Leaf {
    pub id: String,
    /// Its area of every level, where there is one.
    pub areas: Vec<Option<u32>>,
    /// Grids of the plan that it consists of, or that came from it.
    pub grids: Vec<u32>,
    /// A grid that was redrawn since.
    pub old: bool,
}

struct Reading {
    leaf: u32,
    indicator: u32,
    stamp: Stamp,
    amount: Load,
}

/// Number of a reporter in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub amount: Load,
    /// Some of it comes from a grid that was redrawn since.
    pub recast: bool,
}

/// By indicator and index of the period: the number of every reporter.
pub(super) type Cells = BTreeMap<(u32, i32), BTreeMap<u32, Cell>>;

/// Checked numbers by grid and date.
pub struct Readings<'a> {
    pub(in crate::plan) tiers: &'a Tiers,
    lineage: &'a Lineage,
    redrawn: Redrawn,
    /// Every date lies in one period of this length.
    pub(in crate::plan) period: Period,
    pub(super) leaves: Vec<Leaf>,
    /// Names, sorted.
    pub(in crate::plan) indicators: Vec<String>,
    /// Which of them are stocks.
    last: Vec<bool>,
    readings: Vec<Reading>,
}

/// Findings of one sort about one id, told once.
#[derive(Default)]
struct Tallies<'a>(BTreeMap<(&'static str, &'a str, &'a str), (u64, u64)>);

impl<'a> Tallies<'a> {
    fn note(&mut self, code: &'static str, entry: &'a Entry) {
        self.0.entry((code, &entry.level, &entry.area_id)).or_insert((0, entry.record)).0 += 1;
    }

    fn tell(self, file: &str, tiers: &Tiers, findings: &mut Vec<Finding>) {
        for ((code, level, id), (count, record)) in self.0 {
            let what = if level.is_empty() { GRID } else { level };
            let message = match code {
                "level-unknown" => {
                    format!("{count} rows are of level '{level}', which the plan does not have; not taken. It has {}", tiers.names())
                }
                "grid-unknown" => {
                    format!("{count} rows are of a {what} that the plan does not have and of which nothing is known; not taken")
                }
                _ => format!("{count} rows are of an old grid that went into no grid of the plan; they count for the territory alone"),
            };
            findings.push(Finding::new(Severity::Warning, code, message).file(file).record(record).id(id).measured(count as f64));
        }
    }
}

/// Checks rows: ids, dates, numbers, and that none stands there twice. What is not taken is told by record (`level-unknown`,
/// `grid-unknown`, `date-unreadable`, `date-too-coarse`, `value-unreadable`, `row-duplicate`), as are old grids that nothing came from
/// (`lineage-ends`) and areas that are counted beside their own grids (`counted-twice`). O(n log n) for n rows.
pub fn readings<'a>(
    entries: &[Entry],
    file: &str,
    tiers: &'a Tiers,
    lineage: &'a Lineage,
    rule: &SeriesRule,
) -> (Readings<'a>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut tallies = Tallies::default();
    let mut leaves =
        Leaves { tiers, lineage, all: (0..tiers.grids() as u32).map(|g| Leaf::grid(tiers, g)).collect(), known: HashMap::new() };
    let names: BTreeSet<&str> = entries.iter().map(|e| e.indicator.as_str()).collect();
    let number: HashMap<&str, u32> = names.iter().enumerate().map(|(i, n)| (*n, i as u32)).collect();
    let mut taken: Vec<Reading> = Vec::with_capacity(entries.len());
    let (mut seen, mut total) = (HashMap::new(), 0i64);
    for e in entries {
        let mut tell = |code: &str, message: String| {
            findings.push(Finding::new(Severity::Warning, code, message).file(file).record(e.record).id(&e.area_id));
        };
        let Some(stamp) = Stamp::parse(&e.date) else {
            tell("date-unreadable", format!("'{}' is no date; write YYYY-MM-DD or YYYY-MM; the row was not taken", e.date));
            continue;
        };
        if Span::of(stamp, rule.period).is_none() {
            let period = rule.period.name();
            tell(
                "date-too-coarse",
                format!("the month {stamp} lies in no single {period}; give the day, or set [series] period; not taken"),
            );
            continue;
        }
        let Some(amount) = Load::from_decimal(&e.value) else {
            let message = format!("'{}' is no number with up to three decimals, such as 1659 or -0.5; the row was not taken", e.value);
            tell("value-unreadable", message);
            continue;
        };
        let Some(sum) = total.checked_add(amount.0.abs()).filter(|sum| *sum <= MOST) else {
            tell("value-unreadable", format!("with {amount} the numbers of the table are too large to be added up; the row was not taken"));
            continue;
        };
        let leaf = match leaves.of(e, stamp) {
            Ok(leaf) => leaf,
            Err(code) => {
                tallies.note(code, e);
                continue;
            }
        };
        let indicator = number[e.indicator.as_str()];
        let first = *seen.entry((leaf, indicator, stamp)).or_insert(e.record);
        if first != e.record {
            tell(
                "row-duplicate",
                format!("record {first} is of the same area, date and indicator '{}'; it counts, this one does not", e.indicator),
            );
            continue;
        }
        if leaves.all[leaf as usize].grids.is_empty() {
            tallies.note("lineage-ends", e);
        }
        total = sum;
        taken.push(Reading { leaf, indicator, stamp, amount });
    }
    tallies.tell(file, tiers, &mut findings);
    let leaves = leaves.all;
    let grids = tiers.grids() as u32;
    let by_grid: HashSet<(u32, u32, Stamp)> = taken.iter().filter(|r| r.leaf < grids).map(|r| (r.leaf, r.indicator, r.stamp)).collect();
    for r in taken.iter().filter(|r| r.leaf >= grids) {
        let leaf = &leaves[r.leaf as usize];
        let inside = leaf.grids.iter().filter(|&&g| !leaf.old && by_grid.contains(&(g, r.indicator, r.stamp))).count();
        if inside > 0 {
            let message = format!(
                "{inside} of its grids have numbers of {} as well, and both count; a total belongs into the table of stated totals",
                r.stamp
            );
            let record = seen[&(r.leaf, r.indicator, r.stamp)];
            findings.push(
                Finding::new(Severity::Warning, "counted-twice", message).file(file).record(record).id(&leaf.id).measured(inside as f64),
            );
        }
    }
    let indicators: Vec<String> = names.into_iter().map(str::to_string).collect();
    let last = indicators.iter().map(|name| rule.last.contains(name)).collect();
    (Readings { tiers, lineage, redrawn: rule.redrawn, period: rule.period, leaves, indicators, last, readings: taken }, findings)
}

impl Leaf {
    fn grid(tiers: &Tiers, grid: u32) -> Leaf {
        let id = tiers.all[0].areas[grid as usize].clone();
        Leaf { id, areas: tiers.around(&[grid]), grids: vec![grid], old: false }
    }

    /// Some grids in common; whatever else is not known, it is of the territory.
    fn of(tiers: &Tiers, id: String, grids: Vec<u32>, old: bool) -> Leaf {
        let mut areas = tiers.around(&grids);
        if let Some(territory) = areas.last_mut() {
            *territory = Some(0);
        }
        Leaf { id, areas, grids, old }
    }
}

/// Reporters as they turn up; the first are the grids of the plan.
struct Leaves<'a> {
    tiers: &'a Tiers,
    lineage: &'a Lineage,
    all: Vec<Leaf>,
    known: HashMap<(String, String), u32>,
}

impl Leaves<'_> {
    fn of(&mut self, e: &Entry, stamp: Stamp) -> Result<u32, &'static str> {
        let level = if e.level.is_empty() { 0 } else { self.tiers.level(&e.level).ok_or("level-unknown")? };
        let old = level == 0 && self.lineage.is_old(self.tiers, &e.area_id, stamp.from);
        let area = self.tiers.all[level].area(&e.area_id);
        if let Some(grid) = area.filter(|_| level == 0 && !old) {
            return Ok(grid);
        }
        let key = (if old { GRID.to_string() } else { e.level.clone() }, e.area_id.clone());
        if let Some(leaf) = self.known.get(&key) {
            return Ok(*leaf);
        }
        let grids = if old {
            self.lineage.split(self.tiers, &e.area_id, Load(Load::PER_UNIT)).0.into_keys().collect()
        } else {
            self.tiers.grids_of(level, area.ok_or("grid-unknown")?)
        };
        self.all.push(Leaf::of(self.tiers, e.area_id.clone(), grids, old));
        self.known.insert(key, self.all.len() as u32 - 1);
        Ok(self.all.len() as u32 - 1)
    }
}

impl Readings<'_> {
    /// Numbers by period, or without one of all dates together. Old grids are recast where the recipe says so.
    pub(super) fn cells(&self, period: Option<Period>) -> Cells {
        let mut found: BTreeMap<(u32, i32), BTreeMap<u32, (Stamp, Load)>> = BTreeMap::new();
        for r in &self.readings {
            let Some(index) = period.map_or(Some(0), |p| Span::of(r.stamp, p).map(|s| s.index)) else { continue };
            let of_period = found.entry((r.indicator, index)).or_default();
            let stock = self.last[r.indicator as usize];
            let (stamp, amount) = of_period.entry(r.leaf).or_insert((r.stamp, Load::ZERO));
            if !stock {
                *amount += r.amount;
            } else if r.stamp >= *stamp {
                (*stamp, *amount) = (r.stamp, r.amount);
            }
        }
        found.into_iter().map(|(key, of_period)| (key, self.recast(self.last[key.0 as usize], of_period))).collect()
    }

    fn recast(&self, stock: bool, of_period: BTreeMap<u32, (Stamp, Load)>) -> BTreeMap<u32, Cell> {
        let (old, own): (Vec<_>, Vec<_>) = of_period
            .into_iter()
            .map(|(leaf, (_, amount))| (leaf, amount))
            .partition(|(leaf, _)| self.redrawn == Redrawn::Recast && self.leaves[*leaf as usize].old);
        let mut cells: BTreeMap<u32, Cell> = own.into_iter().map(|(leaf, amount)| (leaf, Cell { amount, recast: false })).collect();
        let said: BTreeSet<u32> = cells.keys().copied().collect();
        for (leaf, amount) in old {
            let (parts, lost) = self.lineage.split(self.tiers, &self.leaves[leaf as usize].id, amount);
            // a stock that a grid states itself is not counted once more
            let parts = parts.into_iter().filter(|(grid, _)| !(stock && said.contains(grid)));
            for (to, part) in parts.chain((lost != Load::ZERO).then_some((leaf, lost))) {
                let cell = cells.entry(to).or_insert(Cell { amount: Load::ZERO, recast: true });
                (cell.amount, cell.recast) = (cell.amount + part, true);
            }
        }
        cells
    }
}
