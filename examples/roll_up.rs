//! Rolls numbers by grid and date up over the levels of a plan, compares periods, raises flags, and checks stated totals.

#[path = "shared/cli.rs"]
mod cli;
#[path = "shared/drawn.rs"]
mod drawn;

use clap::Parser;
use evengrid::finding::{Finding, Severity};
use evengrid::io::{Staged, plan_read, series_files as files, table};
use evengrid::plan::Tiers;
use evengrid::plan::ledger::{LedgerRow, Stated, reconcile};
use evengrid::plan::series::{Flag, Lineage, Readings, Series, Stamp, readings, series};
use evengrid::recipe::{Draft, Recipe};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Roll numbers by grid and date up over zones, divisions, the plan's levels and the territory.
///
/// The series is a table with the columns grid_id, date (2024-03-15 or 2024-03), indicator and value, and level where grid_id is the id of
/// another area. [series] and [thresholds] of the recipe say how long a period is and what is flagged. The folder gets series.csv (every
/// area and period with its change), flags.csv, ledger.csv (stated totals beside their sums) and series.json (figures and findings).
///
/// Without arguments the uploads of the embedded town's safety boards are rolled up.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  roll_up                                        the embedded town\n  roll_up --plan plan --series visits.csv --recipe ours.toml --out series\n  roll_up --plan plan --series visits.csv --stated totals.csv --check\n  roll_up --plan plan --series visits.csv --old-plan last-year --since 2024-07-01\n\nExit codes: 0 done, 1 a limit is passed or a total is not the sum of its parts (with --check), 2 bad input."
)]
struct Args {
    /// Folder of the plan [default: the embedded town, drawn for its safety boards]
    #[arg(long, value_name = "DIR", requires = "series")]
    plan: Option<PathBuf>,
    /// Table of numbers
    #[arg(long, value_name = "FILE")]
    series: Option<PathBuf>,
    /// Table of stated totals: level, area_id, indicator, stated, and period where it is not all dates
    #[arg(long, value_name = "FILE")]
    stated: Option<PathBuf>,
    /// Recipe whose [series] and [thresholds] go over those of the plan
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Folder of the plan that was in force before --since; numbers follow its entities
    #[arg(long, value_name = "DIR", requires = "since")]
    old_plan: Option<PathBuf>,
    /// First day of the plan, where there is an older one
    #[arg(long, value_name = "DATE", requires = "old_plan")]
    since: Option<String>,
    /// Table of what new grids have of old ones: old_grid_id, new_grid_id, share
    #[arg(long, value_name = "FILE")]
    shares: Option<PathBuf>,
    /// Folder for the tables [default: series]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Exit with 1 where a limit is passed or a total is not the sum of its parts
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

/// What `series.json` holds.
#[derive(Serialize)]
struct Report<'a> {
    grids: usize,
    period: &'static str,
    numbers: usize,
    rows: usize,
    stated: usize,
    flags: &'a [Flag],
    findings: &'a [Finding],
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let plan = drawn::plan(a.plan.as_deref(), "safety")?;
    let recipe = recipe(&plan.provenance.recipe, a.recipe.as_deref())?;
    let tiers = Tiers::of(&plan);
    let path = a.series.clone().unwrap_or_else(|| drawn::town("uploads.csv"));
    let (entries, mut findings) = files::read_series(&path)?;
    let mut lineage = Lineage::of(&plan);
    if let (Some(folder), Some(since)) = (&a.old_plan, &a.since) {
        let day = Stamp::parse(since).ok_or_else(|| format!("--since {since}: give a day such as 2024-07-01"))?;
        lineage = lineage.after(&plan_read::whole(folder)?, &plan, day.from);
    }
    if let Some(path) = &a.shares {
        let (rows, told) = files::read_lineage(path)?;
        let (shared, more) = lineage.shared(&rows, &table::file_name(path));
        lineage = shared;
        findings.extend(told.into_iter().chain(more));
    }
    let (numbers, told) = readings(&entries, &table::file_name(&path), &tiers, &lineage, &recipe.series);
    findings.extend(told);
    let rolled = series(&numbers, &recipe);
    findings.extend(rolled.findings.iter().cloned());
    let stated = a.stated.clone().or_else(|| a.series.is_none().then(|| drawn::town("stated.csv")));
    let ledger = ledger(stated.as_deref(), &numbers, &mut findings)?;
    let out = a.out.clone().unwrap_or_else(|| PathBuf::from("series"));
    let report = Report {
        grids: plan.grids.len(),
        period: recipe.series.period.name(),
        numbers: entries.len(),
        rows: rolled.rows.len(),
        stated: ledger.len(),
        flags: &rolled.flags,
        findings: &findings,
    };
    let tables = [
        ("series.csv", files::series_csv(&rolled.rows)),
        ("flags.csv", files::flags_csv(&rolled.flags)),
        ("ledger.csv", files::ledger_csv(&ledger)),
        ("series.json", serde_json::to_string_pretty(&report)? + "\n"),
    ];
    let mut staged = Staged::begin(&out)?;
    tables.iter().try_for_each(|(name, text)| staged.write(name, text.as_bytes()))?;
    staged.commit()?;
    tell(&entries.len(), &rolled, &ledger, &findings, &out);
    let broken = findings.iter().any(|f| f.severity == Severity::Violation);
    Ok(!(a.check && (broken || !rolled.flags.is_empty())))
}

/// The plan's recipe under that of a file.
fn recipe(of_plan: &Recipe, file: Option<&Path>) -> Result<Recipe, cli::Failure> {
    let Some(file) = file else { return Ok(of_plan.clone()) };
    Ok(cli::draft(file)?.or(Draft::from(of_plan.clone())).build()?)
}

fn ledger(path: Option<&Path>, numbers: &Readings<'_>, findings: &mut Vec<Finding>) -> Result<Vec<LedgerRow>, cli::Failure> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let (stated, told): (Vec<Stated>, _) = files::read_stated(path)?;
    let (rows, more) = reconcile(&stated, &table::file_name(path), numbers);
    findings.extend(told.into_iter().chain(more));
    Ok(rows)
}

fn tell(numbers: &usize, rolled: &Series, ledger: &[LedgerRow], findings: &[Finding], out: &Path) {
    cli::say!("read         {numbers} numbers");
    cli::say!("rolled up    {} numbers of areas and periods", rolled.rows.len());
    for f in &rolled.flags {
        cli::say!(
            "flag         {}: {} {} has {} {} in {}, {} {}",
            f.threshold,
            f.level,
            f.area_id,
            f.number,
            f.indicator,
            f.period,
            f.limit_of,
            f.limit
        );
    }
    let differ = ledger.iter().filter(|r| r.difference().is_none_or(|d| d.0 != 0)).count();
    cli::say!("ledger       {} stated totals, {differ} that their parts do not confirm", ledger.len());
    findings.iter().for_each(|f| cli::say!("finding      {f}"));
    cli::say!("tables       {}", out.display());
}
