//! Splits a target over the zones and grids of a plan by potential, and lists sales that went to somebody else's customers.

#[path = "shared/cli.rs"]
mod cli;
#[path = "shared/drawn.rs"]
mod drawn;

use clap::Parser;
use evengrid::finding::Finding;
use evengrid::io::{Staged, series_files as files, table};
use evengrid::measure::{LOAD, Load};
use evengrid::plan::targets::{Diversion, Target, diversion, potentials, split_target};
use evengrid::plan::{Plan, Tiers};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Split a target over zones and grids by potential, with exact sums on every level.
///
/// The folder gets targets.csv; with --sales also diversion.csv (sales whose final customer lies outside the seller's territory) and
/// sellers.csv (totals of every seller); and targets.json (figures and findings).
///
/// Without arguments the sales region of the embedded town gets a target of 10,000.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  split_target                                   the embedded town\n  split_target --plan plan --total 120000 --out targets\n  split_target --plan plan --total 120000 --step 100 --potential hospitals.csv --sales sales.csv --out targets\n\nExit codes: 0 done, 2 bad input."
)]
struct Args {
    /// Folder of the plan [default: the embedded town, drawn for its sales force]
    #[arg(long, value_name = "DIR", requires = "total")]
    plan: Option<PathBuf>,
    /// The target in all, with up to three decimals
    #[arg(long, value_name = "N", default_value = "10000")]
    total: String,
    /// Targets are multiples of this
    #[arg(long, value_name = "N", default_value = "1")]
    step: String,
    /// Resource of the plan, or table with grid_id and potential [default: the load]
    #[arg(long, value_name = "RESOURCE|FILE")]
    potential: Option<String>,
    /// Table of sales: sale_id, seller (a grid or an officer), amount, and final_grid_id or lon and lat of the final customer
    #[arg(long, value_name = "FILE")]
    sales: Option<PathBuf>,
    /// Folder for the tables [default: targets]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

/// What `targets.json` holds.
#[derive(Serialize)]
struct Report<'a> {
    total: f64,
    step: f64,
    grids: usize,
    sales_diverted: usize,
    sellers: usize,
    findings: &'a [Finding],
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let number = |flag: &str, text: &str| {
        Load::from_decimal(text).ok_or_else(|| format!("{flag} {text}: a number with up to three decimals is needed, such as 120000"))
    };
    let (total, step) = (number("--total", &a.total)?, number("--step", &a.step)?);
    let plan = drawn::plan(a.plan.as_deref(), "pharma")?;
    let tiers = Tiers::of(&plan);
    let mut findings = Vec::new();
    let potential = potential(a.potential.as_deref(), &plan, &tiers, &mut findings)?;
    let targets = split_target(&tiers, &potential, total, step)?;
    let sales = a.sales.clone().or_else(|| a.plan.is_none().then(|| drawn::town("sales.csv")));
    let diverted = sales.as_deref().map(|path| diverted(path, &plan, &mut findings)).transpose()?;
    let out = a.out.clone().unwrap_or_else(|| PathBuf::from("targets"));
    let mut staged = Staged::begin(&out)?;
    staged.write("targets.csv", files::targets_csv(&targets).as_bytes())?;
    if let Some(d) = &diverted {
        staged.write("diversion.csv", files::diversion_csv(&d.sales).as_bytes())?;
        staged.write("sellers.csv", files::sellers_csv(&d.sellers).as_bytes())?;
    }
    let report = Report {
        total: total.units(),
        step: step.units(),
        grids: tiers.grids(),
        sales_diverted: diverted.as_ref().map_or(0, |d| d.sales.len()),
        sellers: diverted.as_ref().map_or(0, |d| d.sellers.len()),
        findings: &findings,
    };
    staged.write("targets.json", (serde_json::to_string_pretty(&report)? + "\n").as_bytes())?;
    staged.commit()?;
    tell(&targets, total, diverted.as_ref(), &findings, &out);
    Ok(true)
}

/// Potential of every grid: a resource of the plan, or a table.
fn potential(said: Option<&str>, plan: &Plan, tiers: &Tiers, findings: &mut Vec<Finding>) -> Result<Vec<Load>, cli::Failure> {
    let name = said.unwrap_or(LOAD);
    let of_grids = |amount: &dyn Fn(usize) -> f64| (0..plan.grids.len()).map(|g| Load::from_units(amount(g)).unwrap_or_default()).collect();
    if name == LOAD {
        return Ok(of_grids(&|g| plan.grids[g].households));
    }
    let resources: Vec<&str> = plan.provenance.recipe.resources.iter().map(|r| r.name.as_str()).collect();
    if resources.contains(&name) {
        return Ok(of_grids(&|g| plan.grids[g].load.get(name).copied().unwrap_or_default()));
    }
    let path = Path::new(name);
    if !path.exists() {
        let known = std::iter::once(LOAD).chain(resources).collect::<Vec<_>>().join(", ");
        return Err(format!("--potential {name}: neither a file nor a resource of the plan; it has {known}").into());
    }
    let (rows, told) = files::read_potentials(path)?;
    let (found, more) = potentials(&rows, &table::file_name(path), tiers);
    findings.extend(told.into_iter().chain(more));
    Ok(found)
}

fn diverted(path: &Path, plan: &Plan, findings: &mut Vec<Finding>) -> Result<Diversion, cli::Failure> {
    let (rows, told) = files::read_sales(path)?;
    let found = diversion(&rows, &table::file_name(path), plan);
    findings.extend(told.into_iter().chain(found.findings.iter().cloned()));
    Ok(found)
}

fn tell(targets: &[Target], total: Load, diverted: Option<&Diversion>, findings: &[Finding], out: &Path) {
    let grids: Vec<&Target> = targets.iter().filter(|t| t.level == evengrid::plan::GRID).collect();
    let (low, high) = (grids.iter().map(|t| t.target).min().unwrap_or_default(), grids.iter().map(|t| t.target).max().unwrap_or_default());
    cli::say!("targets      {total} over {} grids, {low} to {high} each", grids.len());
    if let Some(d) = diverted {
        let (sales, amount) = d.sellers.iter().fold((0, Load::ZERO), |(n, sum), s| (n + s.sales, sum + s.amount));
        let outside: Load = d.sales.iter().map(|s| s.amount).sum();
        cli::say!("sales        {sales} of {} sellers, {amount} in all", d.sellers.len());
        cli::say!("diverted     {} to customers of others, {outside} in all", d.sales.len());
    }
    findings.iter().for_each(|f| cli::say!("finding      {f}"));
    cli::say!("tables       {}", out.display());
}
