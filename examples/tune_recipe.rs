//! How the outcome of a recipe moves with its target and tolerance.

#[path = "shared/choice.rs"]
mod choice;
#[path = "shared/cli.rs"]
mod cli;

use choice::Choice;
use clap::Parser;
use evengrid::io::{read_layers, write_atomic};
use evengrid::pipeline::draw;
use evengrid::plan::Report;
use evengrid::recipe::{Draft, Recipe, RecipeErrors};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Show how the outcome of a recipe moves with its target and tolerance.
///
/// Draws a plan for every target and tolerance, writes none of them, and prints what each would be like: grids, shares in band, what no
/// plan could help, the largest deviation, shape. Without arguments the embedded town is drawn.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  tune_recipe                                                 the embedded town\n  tune_recipe --preset community --tolerances 0.05,0.1,0.2\n  tune_recipe --layers data/city --level 9 --scheme neighbourhood --targets 250,300,350,400 --tolerances 0.1 --csv tuning.csv\n\nExit codes: 0 done, 2 bad input or recipe (the message says which file, feature and what to do)."
)]
struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Targets to try, separated by commas; those of settlement classes move in proportion [default: 80, 100 and 120 % of the recipe's]
    #[arg(long, value_name = "N,N…", value_delimiter = ',')]
    targets: Vec<f64>,
    /// Tolerances to try, as shares, separated by commas
    #[arg(long, value_name = "F,F…", value_delimiter = ',', default_values_t = [0.05, 0.1, 0.2])]
    tolerances: Vec<f64>,
    /// Also write the table to this file, for a spreadsheet
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

/// Columns: heading, name of the indicator, factor, decimals.
const COLUMNS: [(&str, &str, f64, usize); 8] = [
    ("grids", "grids", 1.0, 0),
    ("in band %", "in-band", 100.0, 1),
    ("of those not forced %", "in-band-unless-forced", 100.0, 1),
    ("forced out", "out-of-band-forced", 1.0, 0),
    ("left out", "out-of-band-unforced", 1.0, 0),
    ("largest deviation %", "largest-deviation", 100.0, 1),
    ("compactness", "compactness-median", 1.0, 3),
    ("along barriers %", "barrier-share-mean", 100.0, 1),
];

fn run(a: Args) -> Result<bool, cli::Failure> {
    let base = a.choice.recipe(None, None)?;
    let target = base.grid.target.units();
    let targets = if a.targets.is_empty() { [0.8, 1.0, 1.2].map(|f| (target * f).round().max(1.0)).to_vec() } else { a.targets.clone() };
    let layers = read_layers(&a.choice.folder(), &base.layers)?;
    let headings: Vec<&str> = ["target", "tolerance %"].into_iter().chain(COLUMNS.map(|c| c.0)).chain(["seconds"]).collect();
    let mut csv = format!("\u{feff}{}\r\n", headings.join(","));
    let mut told = false;
    let pool = cli::pool(a.choice.threads)?;
    for target in targets {
        for &tolerance in &a.tolerances {
            let recipe = with(&base, target, tolerance)?;
            let begun = Instant::now();
            let report = pool.install(|| draw(&layers, &recipe, &()))?.report;
            let cells = cells(target, tolerance, &report, begun.elapsed().as_secs_f64());
            // not before the first plan is drawn
            if !std::mem::replace(&mut told, true) {
                cli::say!("{}", headings.join("  "));
            }
            let aligned = |(cell, heading): (&String, &&str)| format!("{cell:>width$}", width = heading.chars().count());
            cli::say!("{}", cells.iter().zip(&headings).map(aligned).collect::<Vec<_>>().join("  "));
            let _ = write!(csv, "{}\r\n", cells.join(","));
        }
    }
    if let Some(path) = &a.csv {
        write_atomic(path, csv.as_bytes())?;
    }
    cli::say!("forced out: no plan could bring these grids in; left out: this one did not");
    Ok(true)
}

/// The recipe with another target, those of settlement classes in proportion, and another tolerance.
fn with(base: &Recipe, target: f64, tolerance: f64) -> Result<Recipe, RecipeErrors> {
    let mut draft = Draft::from(base.clone());
    let factor = target / base.grid.target.units();
    draft.grid.settlement_targets.iter_mut().flat_map(|classes| classes.values_mut()).for_each(|t| *t *= factor);
    (draft.grid.target, draft.grid.tolerance) = (Some(target), Some(tolerance));
    draft.build()
}

fn cells(target: f64, tolerance: f64, report: &Report, seconds: f64) -> Vec<String> {
    let value = |name: &str| report.indicators.iter().find(|i| i.name == name).map_or(f64::NAN, |i| i.value);
    let told = COLUMNS.map(|(_, name, factor, decimals)| format!("{:.decimals$}", factor * value(name)));
    let chosen = [format!("{target}"), format!("{}", (1000.0 * tolerance).round() / 10.0)];
    chosen.into_iter().chain(told).chain([format!("{seconds:.2}")]).collect()
}
