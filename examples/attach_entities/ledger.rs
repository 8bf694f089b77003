//! What is written of entities: the ledger, the faults, the counts.

use crate::cli::Failure;
use crate::sources::Sources;
use evengrid::attach::{Decision, Silence, Tally, digest};
use evengrid::finding::{Finding, Severity};
use evengrid::io::plan_files::csv_field;
use evengrid::io::{Aside, write_atomic};
use evengrid::measure::GridId;
use evengrid::plan::{Plan, Tiers};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const BOM: &str = "\u{feff}";
/// Grids that a line on the screen names.
const NAMED: usize = 5;

/// An entity with its grid.
pub struct Entry<'a> {
    pub id: &'a str,
    pub decision: Decision,
    pub legal: Option<&'a str>,
    pub owner: Option<&'a str>,
    /// Second keys, by overlay.
    pub keys: Vec<&'a str>,
    /// The first with its id.
    pub first: bool,
    /// Rows that it has in every table of signals.
    pub rows: Vec<u64>,
    pub faults: Vec<Finding>,
}

/// Rows of text, and where each ends.
#[derive(Default)]
pub struct Rows {
    pub text: String,
    pub ends: Vec<usize>,
}

impl Rows {
    /// One after the other.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        let from = std::iter::once(0).chain(self.ends.iter().copied());
        from.zip(&self.ends).map(|(from, end)| &self.text[from..*end])
    }
}

/// Ledger, faults and counts of one run.
pub struct Ledger {
    folder: PathBuf,
    rows: Aside,
    faults: Aside,
    /// Id and zone of every grid.
    grids: Vec<(String, String)>,
    fallback: Option<GridId>,
    fallback_owner: String,
    by_owner: bool,
    by_legal: bool,
    date: Option<String>,
    tally: Tally,
    entities: u64,
    /// By name of the signal that decided.
    decided: BTreeMap<String, u64>,
    flags: BTreeMap<&'static str, u64>,
    disputed: u64,
    fault_codes: BTreeMap<String, u64>,
    /// Records of the table of entities that are no rows.
    lost: u64,
    findings: Vec<Finding>,
}

/// What is said on the screen.
pub struct Told {
    pub lines: Vec<String>,
    /// Every entity is in the ledger and has a grid.
    pub whole: bool,
}

impl Ledger {
    pub fn begin(folder: &Path, plan: &Plan, s: &Sources, date: Option<&str>) -> Result<Ledger, Failure> {
        let mut rows = Aside::begin(&folder.join("attachments.csv"))?;
        let mut faults = Aside::begin(&folder.join("faults.csv"))?;
        let mut header = format!("{BOM}entity_id,grid_id,zone_id,rule,evidence,runner_up,margin,volume,against,owner,flags");
        for name in s.legal.iter().map(|_| "legal_id").chain(s.rule.overlays.iter().map(|o| o.name.as_str())).chain(date.map(|_| "date")) {
            header.push(',');
            csv_field(&mut header, name);
        }
        write!(rows, "{header}\r\n")?;
        write!(faults, "{BOM}file,record,id,code,message\r\n")?;
        let fallback = s.rule.fallback_grid.as_ref().map(|id| {
            let at = plan.grids.iter().position(|g| g.grid_id == *id);
            at.map(GridId::new).ok_or_else(|| format!("[attach] fallback_grid = \"{id}\": the plan has no such grid"))
        });
        Ok(Ledger {
            folder: folder.into(),
            rows,
            faults,
            grids: plan.grids.iter().map(|g| (g.grid_id.clone(), g.zone_id.clone())).collect(),
            fallback: fallback.transpose()?,
            fallback_owner: s.rule.fallback_owner.clone().unwrap_or_default(),
            by_owner: s.owner.is_some(),
            by_legal: s.legal.is_some(),
            date: date.map(str::to_string),
            tally: Tally::new(plan.grids.len()),
            entities: 0,
            decided: BTreeMap::new(),
            flags: BTreeMap::new(),
            disputed: 0,
            fault_codes: BTreeMap::new(),
            lost: 0,
            findings: Vec::new(),
        })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn write(&mut self, rows: &str) -> Result<(), Failure> {
        Ok(self.rows.write_all(rows.as_bytes())?)
    }

    pub fn fault(&mut self, f: &Finding) -> Result<(), Failure> {
        *self.fault_codes.entry(f.code.clone()).or_default() += 1;
        let mut row = String::new();
        csv_field(&mut row, f.subject.file.as_deref().unwrap_or_default());
        let _ = write!(row, ",{},", f.subject.record.map_or(String::new(), |r| r.to_string()));
        for text in [f.subject.id.as_deref().unwrap_or_default(), &f.code] {
            csv_field(&mut row, text);
            row.push(',');
        }
        csv_field(&mut row, &f.message);
        row.push_str("\r\n");
        Ok(self.faults.write_all(row.as_bytes())?)
    }

    /// A fault of the table of entities.
    pub fn of_entities(&mut self, f: &Finding) -> Result<(), Failure> {
        self.lost += u64::from(f.code == "row-malformed");
        self.fault(f)
    }

    /// Rows of a table of signals that no entity has.
    pub fn unused(&mut self, file: &str, rows: u64) {
        if rows > 0 {
            let message = format!("{rows} rows are about entities that the table of entities does not have");
            self.findings.push(Finding::new(Severity::Warning, "entity-unknown", message).file(file).measured(rows as f64));
        }
    }

    /// Rows of a table of signals outside the window.
    pub fn outside(&mut self, file: &str, outside: u64, rows: u64) {
        if outside > 0 {
            let severity = if outside == rows { Severity::Warning } else { Severity::Info };
            let message = format!("{outside} of {rows} rows lie outside the days that count");
            self.findings.push(Finding::new(severity, "day-outside", message).file(file).measured(outside as f64));
        }
    }

    fn grid(&self, e: &Entry<'_>) -> Option<GridId> {
        e.decision.grid.or(self.fallback)
    }

    fn owner<'e>(&'e self, e: &'e Entry<'_>) -> &'e str {
        match e.owner {
            Some(owner) if e.decision.grid.is_some() => owner,
            _ if self.by_owner || e.decision.grid.is_none() => &self.fallback_owner,
            _ => "",
        }
    }

    fn flags(&self, e: &Entry<'_>) -> impl Iterator<Item = &'static str> + use<> {
        let flags = [
            (e.decision.nearest, "nearest"),
            (e.decision.grid.is_none(), "unresolved"),
            (e.decision.against != 0, "disputed"),
            (self.by_owner && e.owner.is_none(), "no-owner"),
            (!e.first, "id-twice"),
        ];
        flags.into_iter().filter_map(|(on, name)| on.then_some(name)).chain(e.decision.why.map(Silence::name))
    }

    /// Lines of the ledger.
    pub fn rows(&self, names: &[&str], entries: &[Entry<'_>]) -> Rows {
        let mut out = Rows { text: String::with_capacity(entries.len() * 96), ends: Vec::with_capacity(entries.len()) };
        for e in entries {
            self.row(names, e, &mut out.text);
            out.ends.push(out.text.len());
        }
        out
    }

    fn row(&self, names: &[&str], e: &Entry<'_>, out: &mut String) {
        let d = &e.decision;
        let grid = self.grid(e).map(|g| &self.grids[g.at()]);
        let rule = match (d.signal, grid) {
            (Some(at), _) => names[at],
            (None, Some(_)) => "fallback",
            (None, None) => "unassigned",
        };
        for text in [e.id, grid.map_or("", |g| &g.0), grid.map_or("", |g| &g.1), rule] {
            csv_field(out, text);
            out.push(',');
        }
        let runner_up = d.runner_up.map_or("", |g| &self.grids[g.at()].0);
        let _ = match (d.signal, d.distance_m.is_nan()) {
            (None, _) => write!(out, ",,,,"),
            (_, true) => write!(out, "{:.4},{runner_up},{:.4},{},", d.share, d.margin, (d.volume * 1000.0).round() / 1000.0),
            (_, false) => write!(out, "{:.2},{runner_up},{:.4},,", d.distance_m, d.margin),
        };
        let against = names.iter().enumerate().filter(|(i, _)| d.against >> i & 1 == 1);
        join(out, against.map(|(_, name)| *name));
        out.push(',');
        csv_field(out, self.owner(e));
        out.push(',');
        join(out, self.flags(e));
        for text in
            self.by_legal.then_some(e.legal.unwrap_or_default()).into_iter().chain(e.keys.iter().copied()).chain(self.date.as_deref())
        {
            out.push(',');
            csv_field(out, text);
        }
        out.push_str("\r\n");
    }

    pub fn count(&mut self, entries: &[Entry<'_>], names: &[&str]) -> Result<(), Failure> {
        for e in entries {
            self.entities += 1;
            let grid = self.grid(e);
            let rule = e.decision.signal.map_or(if grid.is_some() { "fallback" } else { "unassigned" }, |at| names[at]);
            match self.decided.get_mut(rule) {
                Some(n) => *n += 1,
                None => drop(self.decided.insert(rule.to_string(), 1)),
            }
            self.flags(e).for_each(|flag| *self.flags.entry(flag).or_default() += 1);
            self.disputed += u64::from(e.decision.against != 0);
            if e.first {
                self.tally.add(grid, e.legal.map(digest));
            }
            e.faults.iter().try_for_each(|f| self.fault(f))?;
        }
        Ok(())
    }

    /// Puts the files in place.
    pub fn finish(mut self, plan: &Plan) -> Result<Told, Failure> {
        let mut roll_up = format!("{BOM}level,area_id,entities,legal_at_home,legal_present\r\n");
        for tier in Tiers::of(plan).all {
            let counts = self.tally.counts(tier.areas.len(), |g| Some(tier.of_grid[g.at()] as usize));
            for (id, n) in tier.areas.iter().zip(counts) {
                csv_field(&mut roll_up, &tier.name);
                roll_up.push(',');
                csv_field(&mut roll_up, id);
                let _ = write!(roll_up, ",{},{},{}\r\n", n.entities, n.legal, n.present);
            }
        }
        let _ = write!(roll_up, "territory,(none),{},,\r\n", self.tally.unassigned());
        let empty: Vec<&str> = self.tally.empty().map(|g| self.grids[g.at()].0.as_str()).collect();
        if !empty.is_empty() {
            let more = if empty.len() > NAMED { ", …" } else { "" };
            let message = format!(
                "{} grids have no entity: {}{more}; roll_up.csv has them all",
                empty.len(),
                empty[..empty.len().min(NAMED)].join(", ")
            );
            self.findings.push(Finding::new(Severity::Warning, "grid-empty", message).measured(empty.len() as f64));
        }
        let without = self.decided.get("unassigned").copied().unwrap_or(0);
        let lost = self.lost;
        if lost > 0 {
            let message = format!("{lost} records of the table of entities are no rows and are not in the ledger; faults.csv has each");
            self.findings.push(Finding::new(Severity::Warning, "entity-lost", message).measured(lost as f64));
        }
        if self.entities == 0 {
            self.findings.push(Finding::new(Severity::Warning, "entities-absent", "the table of entities has no rows"));
        }
        if without > 0 {
            let message = format!("{without} entities have no grid; attachments.csv flags them unresolved, with the reason");
            self.findings.push(Finding::new(Severity::Warning, "entity-unresolved", message).measured(without as f64));
        }
        for (code, n) in &self.fault_codes {
            let times = if *n == 1 { "once".to_string() } else { format!("{n} times") };
            let message = format!("{times}; faults.csv has each with its record");
            self.findings.push(Finding::new(Severity::Warning, code, message).measured(*n as f64));
        }
        let grids_with = self.grids.len() - empty.len();
        let report = serde_json::json!({
            "entities": self.entities,
            "grids": self.grids.len(),
            "grids_with_entities": grids_with,
            "without_grid": without,
            "lost": lost,
            "decided_by": self.decided,
            "disputed": self.disputed,
            "flags": self.flags,
            "legal_entities": if self.by_legal { Some(self.tally.legal()) } else { None },
            "faults": self.fault_codes,
            "findings": self.findings,
        });
        let list =
            |counts: &mut dyn Iterator<Item = (&str, u64)>| counts.map(|(name, n)| format!("{n} {name}")).collect::<Vec<_>>().join(", ");
        let mut lines = vec![
            format!("{:<12} {} in {grids_with} of {} grids, {without} without", "entities", self.entities, self.grids.len()),
            format!("{:<12} {}", "decided by", list(&mut self.decided.iter().map(|(k, n)| (k.as_str(), *n)))),
            format!("{:<12} {} on which signals say different grids", "disputed", self.disputed),
        ];
        if !self.flags.is_empty() {
            lines.push(format!("{:<12} {}", "flags", list(&mut self.flags.iter().map(|(k, n)| (*k, *n)))));
        }
        if self.by_legal {
            lines.push(format!("{:<12} {} legal entities, each counted once", "legal", self.tally.legal()));
        }
        lines.extend(self.findings.iter().map(|f| format!("{:<12} {f}", "finding")));
        write_atomic(&self.folder.join("roll_up.csv"), roll_up.as_bytes())?;
        write_atomic(&self.folder.join("attach.json"), (serde_json::to_string_pretty(&report)? + "\n").as_bytes())?;
        self.faults.commit()?;
        self.rows.commit()?;
        Ok(Told { lines, whole: without + lost == 0 })
    }
}

/// Words with a blank between them, one field.
fn join<'a>(out: &mut String, words: impl Iterator<Item = &'a str>) {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    csv_field(out, &text);
}
