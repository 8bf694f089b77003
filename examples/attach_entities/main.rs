//! Attaches entities to the grids of a plan: tables of any length in, a ledger in the same order out.

#[path = "../shared/choice.rs"]
mod choice;
#[path = "../shared/cli.rs"]
mod cli;
mod ledger;
mod sources;
mod stream;

use choice::Choice;
use clap::Parser;
use evengrid::attach::Attacher;
use evengrid::io::{plan_read, read_layers};
use evengrid::pipeline::draw;
use evengrid::plan::Plan;
use evengrid::recipe::Recipe;
use sources::Sources;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Attach every entity of a table to one grid, by the signals of a recipe.
///
/// Entities come as CSV or GeoJSON points, one a row; signals are columns of it, or tables of their own (see [signals.<name>] of a
/// recipe). Memory does not grow with the entities; --passes divides that of the tables of signals.
///
/// The folder gets attachments.csv (each entity with its grid, the signal that decided and its evidence, in the order of the input),
/// roll_up.csv (counts by area), faults.csv (what was wrong, by record) and attach.json.
///
/// Without arguments the customers of the embedded town are attached.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  attach_entities                                  the embedded town, preset telecom\n  attach_entities --plan plan --entities customers.csv --recipe signals.toml --out attached\n\nExit codes: 0 every entity has a grid, 1 some have none (flagged unresolved in attachments.csv) or are no rows (faults.csv), 2 bad input."
)]
struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Folder of a drawn plan [default: the plan is drawn anew from the layers]
    #[arg(long, value_name = "DIR")]
    plan: Option<PathBuf>,
    /// Table of entities; tables of signals lie beside it [default: that of the embedded town]
    #[arg(long, value_name = "FILE")]
    entities: Option<PathBuf>,
    /// Day of the ledger, a column of it
    #[arg(long, value_name = "DAY")]
    date: Option<String>,
    /// How often the tables are read, each time for a part of the entities, so that less memory is needed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    passes: u64,
    /// Folder for the ledgers
    #[arg(long, value_name = "DIR", default_value = "attached")]
    out: PathBuf,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(mut a: Args) -> Result<bool, cli::Failure> {
    if a.plan.is_none() && a.choice.is_town() {
        a.choice = a.choice.or_preset("telecom");
    }
    let pool = cli::pool(a.choice.threads)?;
    let start = Instant::now();
    let (plan, recipe) = pool.install(|| plan(&a))?;
    let entities = match (&a.entities, a.choice.preset()) {
        (Some(path), _) => path.clone(),
        (None, Some(preset)) if a.choice.is_town() => {
            let own = a.choice.folder().join("entities").join(preset).join("entities.csv");
            // the others attach what is among the households
            if own.exists() { own } else { a.choice.folder().join("households.geojson.gz") }
        }
        (None, _) => return Err("which entities? Name their table with --entities FILE".into()),
    };
    let sources = Sources::of(&recipe, &entities)?;
    let overlays = sources.overlays()?;
    if a.out.join("plan.json").exists() {
        let message = "the folder holds a plan, whose attachments.csv would be replaced; choose another one with --out";
        return Err(format!("{}: {message}", a.out.display()).into());
    }
    std::fs::create_dir_all(&a.out).map_err(|e| format!("{}: {e}; choose a folder you may write to", a.out.display()))?;
    let drawn = start.elapsed();
    let told = pool.install(|| -> Result<_, cli::Failure> {
        let mut ledger = ledger::Ledger::begin(&a.out, &plan, &sources, a.date.as_deref())?;
        let land = plan.land();
        let signals = sources.sites(&plan, &land, &mut ledger)?;
        let attacher = Attacher::new(land, &plan.grid_names(), signals);
        stream::attach_all(&sources, &attacher, &overlays, a.passes, &mut ledger)?;
        ledger.finish(&plan)
    })?;
    let rules: Vec<String> = sources.signals.iter().map(|s| format!("{} (rank {})", s.name, s.rank)).collect();
    cli::say!("{:<12} {}", "signals", rules.join(", "));
    told.lines.iter().for_each(|line| cli::say!("{line}"));
    let read = format!("plan {:.2} s, entities {:.2} s", drawn.as_secs_f64(), (start.elapsed() - drawn).as_secs_f64());
    cli::say!("{:<12} {read}", "time");
    cli::say!("{:<12} {}", "ledger", a.out.join("attachments.csv").display());
    Ok(told.whole)
}

/// The plan and the recipe whose signals hold.
fn plan(a: &Args) -> Result<(Plan, Recipe), cli::Failure> {
    let Some(folder) = &a.plan else {
        let recipe = a.choice.recipe(None, None)?;
        let layers = read_layers(&a.choice.folder(), &recipe.layers)?;
        return Ok((draw(&layers, &recipe, &())?.plan, recipe));
    };
    let plan = plan_read::whole(folder)?;
    let recipe = a.choice.over(plan.provenance.recipe.clone().into())?;
    Ok((plan, recipe))
}
