//! Accepts a plan that was edited in a GIS: a plan folder, the edited grids and the layers in, a plan folder with what changed out.

#[path = "shared/cli.rs"]
mod cli;
#[path = "shared/folder.rs"]
mod folder;

use clap::Parser;
use evengrid::finding::{Finding, Severity};
use evengrid::io::{plan_read, read_layers, resume};
use evengrid::pipeline::{Accept, AcceptError, Accepted, Error, accept};
use evengrid::plan::Changes;
use evengrid::watch::Watch;
use folder::{Clock, say};
use std::path::PathBuf;
use std::process::ExitCode;

/// Accept grids that were redrawn in a GIS as the new plan.
///
/// Move borders, split, merge or delete grids in grids.geojson and save it: every unit goes whole to the grid that has most of it, ids live on, new grids get
/// new ids, and what happened is told. The recipe is the one in the plan's plan.json. The folder that is written is a plan folder like that of draw_plan, with
/// changes.json (all that changed) and moved.csv (entities with their old and new grid).
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  accept_edits --plan plan --layers data/city --out plan\n  accept_edits --plan plan --edited edited.geojson --layers data/city --valid-from 2027-01-01 --clean --out plan2\n\nExit codes: 0 a plan was written, 1 the edit breaks a rule that no plan may break (nothing was written), 2 bad input."
)]
struct Args {
    /// Folder of the plan that was edited
    #[arg(long, value_name = "DIR")]
    plan: PathBuf,
    /// The edited grids [default: grids.geojson of the plan]
    #[arg(long, value_name = "FILE")]
    edited: Option<PathBuf>,
    /// Folder with the layers that the plan was drawn from
    #[arg(long, value_name = "DIR")]
    layers: PathBuf,
    /// First day of the new plan
    #[arg(long, value_name = "YYYY-MM-DD")]
    valid_from: Option<String>,
    /// Mend grids across divisions or in pieces and broken locks instead of refusing the edit
    #[arg(long)]
    clean: bool,
    /// Worker threads [default: all cores]; the plan does not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Folder for the new plan; it may be that of the old one
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    resume(&a.plan)?;
    let plan = plan_read::whole(&a.plan)?;
    let file = a.edited.clone().unwrap_or_else(|| a.plan.join("grids.geojson"));
    let (found, read) = plan_read::read_any(&file, Some("grid_id"))?;
    let recipe = plan.provenance.recipe.clone();
    let options = Accept { valid_from: a.valid_from.clone(), clean: a.clean };
    let staged = folder::begin(&a.out, &a.layers)?;
    let clock = Clock::new();
    let accepted = cli::pool(a.threads)?.install(|| -> Result<_, cli::Failure> {
        clock.stage("read");
        let layers = read_layers(&a.layers, &recipe.layers)?;
        Ok(accept(&plan, &found, &layers, &recipe, &options, &clock))
    })?;
    let Accepted { mut drawn, changes, findings } = match accepted {
        Err(Error::Accept(AcceptError::Refused { findings })) => {
            clock.finish();
            tell(&read, &findings);
            say("refused", "nothing was written; draw it otherwise, or let --clean mend it".into());
            return Ok(false);
        }
        other => other?,
    };
    drawn.report.findings.extend(read.iter().cloned());
    if folder::is_done(&plan, &drawn, &a.plan, &a.out) {
        clock.finish();
        say("unchanged", "the plan is as it was; nothing was written over it".into());
        return Ok(true);
    }
    clock.stage("write");
    folder::write(staged, &drawn, &a.layers, Some((&plan, &changes)), &clock)?;
    clock.finish();
    tell(&read, &findings);
    lineage(&changes);
    say("balance", format!("{:.1} % in band", 100.0 * folder::value(&drawn, "in-band")));
    say("time", clock.told());
    say("map", a.out.join("map.html").display().to_string());
    Ok(true)
}

fn tell(read: &[Finding], findings: &[Finding]) {
    for f in read.iter().chain(findings) {
        let name = match f.severity {
            Severity::Violation => "violation",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        say(name, f.to_string());
    }
}

fn lineage(c: &Changes) {
    say("moved", format!("{} or {:.2} % of the load, {} units; moved.csv", c.moved, 100.0 * c.share, c.moves.len()));
    for b in &c.born {
        let parents: Vec<&str> = b.parents.iter().map(|p| p.grid_id.as_str()).collect();
        say("born", format!("{} from {}", b.grid_id, if parents.is_empty() { "new land".into() } else { parents.join(", ") }));
    }
    for r in &c.retired {
        let heirs: Vec<&str> = r.heirs.iter().map(|h| h.grid_id.as_str()).collect();
        say("retired", format!("{} to {}", r.grid_id, if heirs.is_empty() { "nobody".into() } else { heirs.join(", ") }));
    }
}
