//! Adjusts a plan to a new census: a plan folder and a folder of layers in, a plan folder with what changed out.

#[path = "shared/cli.rs"]
mod cli;
#[path = "shared/folder.rs"]
mod folder;

use clap::Parser;
use evengrid::finding::Severity;
use evengrid::io::changes_files::read_grid_ids;
use evengrid::io::{plan_read, read_layers, resume};
use evengrid::pipeline::{Rebalance, Rebalanced, rebalance};
use evengrid::plan::{Changes, LeftWhy};
use evengrid::recipe::{Draft, Effort};
use evengrid::watch::Watch;
use folder::{Clock, say};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

/// Adjust a plan to a new census with as few people moved as can be.
///
/// The recipe is the one in the plan's plan.json. The folder that is written is a plan folder like that of draw_plan, with changes.json (all that changed)
/// and moved.csv (entities with their old and new grid and why). Ids of grids that live on do not change, retired ones are never used again.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  rebalance_after_census --plan plan --layers data/city2027 --valid-from 2027-01-01 --out plan2027\n  rebalance_after_census --plan plan --layers later --budget-share 0.02 --freeze keep.txt --out plan\n\nExit codes: 0 a plan was written, 2 bad input, or the budget is less than moves in any case (the message says how much)."
)]
struct Args {
    /// Folder of the plan
    #[arg(long, value_name = "DIR")]
    plan: PathBuf,
    /// Folder with the new layers
    #[arg(long, value_name = "DIR")]
    layers: PathBuf,
    /// Most of the load that may move, as a share: 0.02 = 2 % [default: as much as balance needs]
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    budget_share: Option<f64>,
    /// File with ids of grids that stay as they are: one in a line, or a table with the column grid_id
    #[arg(long, value_name = "FILE")]
    freeze: Option<PathBuf>,
    /// First day of the new plan
    #[arg(long, value_name = "YYYY-MM-DD")]
    valid_from: Option<String>,
    /// How long to search [default: that of the plan]
    #[arg(long, value_name = "LEVEL", value_parser = Effort::LEVELS.map(|(name, _)| name))]
    effort: Option<String>,
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
    let recipe = match &a.effort {
        None => plan.provenance.recipe.clone(),
        level => {
            let mut flags = Draft::default();
            flags.effort.level = level.clone();
            flags.or(plan.provenance.recipe.clone().into()).build()?
        }
    };
    let freeze = a.freeze.as_deref().map_or(Ok(BTreeSet::new()), read_grid_ids)?;
    let options = Rebalance { budget_share: a.budget_share, freeze, valid_from: a.valid_from.clone() };
    let staged = folder::begin(&a.out, &a.layers)?;
    let clock = Clock::new();
    let Rebalanced { drawn, changes } = cli::pool(a.threads)?.install(|| -> Result<_, cli::Failure> {
        clock.stage("read");
        let layers = read_layers(&a.layers, &recipe.layers)?;
        Ok(rebalance(&plan, &layers, &recipe, &options, &clock)?)
    })?;
    if folder::is_done(&plan, &drawn, &a.plan, &a.out) {
        clock.finish();
        say("unchanged", "the plan is as it was; nothing was written over it".into());
        return Ok(true);
    }
    clock.stage("write");
    folder::write(staged, &drawn, &a.layers, Some((&plan, &changes)), &clock)?;
    clock.finish();
    let before: f64 = plan.grids.iter().map(|g| g.households).sum();
    say("load", format!("{} instead of {before}, in {} grids instead of {}", changes.households, drawn.plan.grids.len(), plan.grids.len()));
    tell(&changes);
    let value = |name: &str| folder::value(&drawn, name);
    say(
        "balance",
        format!(
            "{:.1} % in band; {} grids that no plan with as many grids could bring in, {} left by this one",
            100.0 * value("in-band"),
            value("out-of-band-forced"),
            value("out-of-band-unforced")
        ),
    );
    drawn.report.findings.iter().filter(|f| f.severity == Severity::Violation).for_each(|f| say("violation", f.to_string()));
    say("time", clock.told());
    say("map", a.out.join("map.html").display().to_string());
    Ok(true)
}

fn tell(c: &Changes) {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let by: Vec<String> = c.moved_by.iter().filter(|(_, l)| **l > 0.0).map(|(why, l)| format!("{} {l}", why.name())).collect();
    let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
    say("moved", format!("{} or {} of the load{by}", c.moved, percent(c.share)));
    for b in &c.bounds {
        // a plan within a budget need not be balanced
        let ratio = if b.households > 0.0 && c.budget.is_none() {
            format!(", moved {:.2} times as much", c.moved / b.households)
        } else {
            String::new()
        };
        say("at least", format!("{} or {}{ratio}; {}: {}", b.households, percent(b.share), b.name, b.assumes));
    }
    if let Some(b) = &c.budget {
        say(
            "budget",
            format!(
                "{} or {}, {} of it moves by itself; without a budget {} would move",
                b.households,
                percent(b.share),
                b.by_itself,
                b.wanted
            ),
        );
    }
    let sum = |of: &dyn Fn(&evengrid::plan::ZoneChange) -> u32| c.zones.iter().map(of).sum::<u32>();
    let (out, back, retired) = (sum(&|z| z.out_before), sum(&|z| z.brought_back), sum(&|z| z.out_retired));
    let still = out - back - retired;
    say("brought back", format!("{back} of {out} grids out of band by these numbers; {retired} are retired, {still} still out"));
    let mut left: BTreeMap<LeftWhy, Vec<&str>> = BTreeMap::new();
    c.left_out.iter().for_each(|l| left.entry(l.why).or_default().push(&l.grid_id));
    for (why, ids) in left {
        let why = match why {
            LeftWhy::Forced => "no plan with as little violation and as many grids could help them",
            LeftWhy::Frozen => "they were to stay as they are",
            LeftWhy::Unchanged => "nothing changed in their zones",
            LeftWhy::Budget => "the budget did not suffice",
            LeftWhy::Search => "no way was found",
            LeftWhy::Edited => "a planner drew them so",
        };
        say("left out", format!("{} grids: {why} ({})", ids.len(), few(&ids)));
    }
    for b in &c.born {
        let parents: Vec<&str> = b.parents.iter().map(|p| p.grid_id.as_str()).collect();
        say("born", format!("{} from {}", b.grid_id, if parents.is_empty() { "new land".into() } else { few(&parents) }));
    }
    for r in &c.retired {
        let heirs: Vec<&str> = r.heirs.iter().map(|h| h.grid_id.as_str()).collect();
        let day = r.last_day.as_ref().map_or(String::new(), |d| format!(", last day {d}"));
        say("retired", format!("{} to {}{day}", r.grid_id, if heirs.is_empty() { "nobody".into() } else { few(&heirs) }));
    }
    for (what, zones) in [("new zones", &c.zones_born), ("zones gone", &c.zones_retired)] {
        if !zones.is_empty() {
            say(what, zones.join(", "));
        }
    }
    let (new, gone) = (c.entities.iter().filter(|e| e.from.is_none()).count(), c.entities.iter().filter(|e| e.to.is_none()).count());
    say("entities", format!("{} with another grid, {new} new, {gone} gone; moved.csv", c.entities.len() - new - gone));
}

fn few(ids: &[&str]) -> String {
    let more = if ids.len() > 8 { format!(" and {} more", ids.len() - 8) } else { String::new() };
    format!("{}{more}", ids[..ids.len().min(8)].join(", "))
}
