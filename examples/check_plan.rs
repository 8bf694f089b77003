//! Judges a plan folder against the layers it was drawn from.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::io::{plan_read, read_layers};
use evengrid::plan::check;
use evengrid::recipe::Draft;
use evengrid::territory::territory;
use std::path::PathBuf;
use std::process::ExitCode;

/// Judge a plan folder, also one that was edited by hand: cover, overlap, contiguity, nesting, loads, attachments, balance.
///
/// Level, scheme and tolerance are taken from plan.json where it is there; flags override them.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  check_plan --plan plan --layers data/city\n\nExit codes: 0 all hard rules kept, 1 a rule is broken, 2 bad input."
)]
struct Args {
    /// Folder of the plan (grids.geojson, attachments.csv, plan.json)
    #[arg(long, value_name = "DIR")]
    plan: PathBuf,
    /// Folder with the layers
    #[arg(long, value_name = "DIR")]
    layers: PathBuf,
    /// Level of the divisions
    #[arg(long, value_name = "N")]
    level: Option<i64>,
    /// Hierarchy of divisions
    #[arg(long, value_name = "S")]
    scheme: Option<String>,
    /// How far a grid may be off its target, as a share
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// Recipe file, where there is no plan.json
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let base = match &a.recipe {
        Some(path) => cli::draft(path)?,
        None => plan_read::recipe(&a.plan)?.unwrap_or_default(),
    };
    let mut flags = Draft::default();
    flags.division.level = a.level;
    flags.division.scheme = a.scheme;
    flags.grid.tolerance = a.tolerance;
    let recipe = flags.or(base).build()?;
    let found = plan_read::read_plan(&a.plan)?;
    let layers = read_layers(&a.layers, &recipe.layers)?;
    let judged = check(&found, &territory(&layers, &recipe, &())?, recipe.grid.tolerance, &())?;
    for c in &judged.checks {
        let mark = match (c.ok, c.hard) {
            (true, _) => "ok",
            (false, true) => "BAD",
            (false, false) => "note",
        };
        cli::say!("{mark:<4} {:<11} {}", c.name, c.figure);
    }
    for f in judged.findings.iter().take(20) {
        cli::say!("     {f}");
    }
    if judged.findings.len() > 20 {
        cli::say!("     … and {} more", judged.findings.len() - 20);
    }
    cli::say!("{}", if judged.passed() { "PASS" } else { "FAIL" });
    Ok(judged.passed())
}
