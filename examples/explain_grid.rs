//! Explains a grid of a plan: why it is so big or so small, what bounds it, and what would have to give.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::io::plan_read;
use evengrid::plan::{Explanation, Plan, explain};
use evengrid::territory::BarrierLayer;
use std::path::PathBuf;
use std::process::ExitCode;

/// Explain a grid: its load and why, its borders and what made them, its neighbours, and what would have to give.
///
/// Explains the plan as it was drawn (plan.json); after an edit in a GIS check_plan tells what differs.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  explain_grid --plan plan --grid G000012\n  explain_grid --plan plan               # the grid farthest from its target\n\nExit codes: 0 explained, 2 bad input."
)]
struct Args {
    /// Folder of the plan (plan.json)
    #[arg(long, value_name = "DIR")]
    plan: PathBuf,
    /// Id or display code of the grid [default: the one farthest from its target]
    #[arg(long, value_name = "ID")]
    grid: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let plan = plan_read::whole(&a.plan)?;
    let farthest = || plan.grids.iter().max_by(|x, y| x.deviation.abs().total_cmp(&y.deviation.abs())).map(|g| g.grid_id.clone());
    let name = a.grid.or_else(farthest).ok_or("the plan has no grids")?;
    let Some(e) = explain(&plan, &name) else {
        let (first, last) = (plan.grids.first(), plan.grids.last());
        let known = first.zip(last).map_or(String::new(), |(f, l)| {
            format!("; its ids run from {} to {}, its codes from {} to {}", f.grid_id, l.grid_id, f.code, l.code)
        });
        return Err(format!("--grid {name}: the plan has no such grid{known}").into());
    };
    if a.json {
        cli::say!("{}", serde_json::to_string_pretty(&e)?);
    } else {
        tell(&plan, &e);
    }
    Ok(true)
}

fn tell(plan: &Plan, e: &Explanation) {
    let g = &e.grid;
    let percent = |x: f64| format!("{:+.1} %", 100.0 * x);
    cli::say!("{} ({}) in {}", g.grid_id, g.code, e.zone);
    cli::say!(
        "{:.0} households, target {:.0}: {}; {} unit{}, {:.3} km²\n",
        g.households,
        g.target,
        percent(g.deviation),
        g.units,
        if g.units == 1 { "" } else { "s" },
        g.area_m2 / 1e6
    );
    cli::say!("Why");
    e.reasons.iter().for_each(|r| cli::say!("  {r}"));
    cli::say!("\nBorders");
    for b in &e.borders {
        let who = match (&b.grid_id, &b.division_id, b.deviation) {
            (Some(id), Some(division), Some(d)) => format!("{id} in {division} ({})", percent(d)),
            (Some(id), None, Some(d)) => format!("{id} ({})", percent(d)),
            _ => "outside the territory".into(),
        };
        let made: Vec<String> = b.made_by.iter().map(|m| format!("{:.0} m {}", m.length_m, made_by(m.layer, &m.class))).collect();
        cli::say!("  {:>6.0} m  {who}: {}", b.length_m, made.join(", "));
    }
    cli::say!("\nWhat would have to give");
    if e.options.is_empty() {
        cli::say!("  No single unit at its border in its zone brings it nearer to its target without tearing a grid apart.");
    }
    for o in &e.options {
        let both = if o.both_in_band { ", both in band" } else { "" };
        let other = if o.from == g.grid_id { &o.to } else { &o.from };
        let (us, them) = (percent(o.deviation), percent(o.other_deviation));
        cli::say!(
            "  unit {} with {:.0} households from {} to {}: this grid at {us}, {other} at {them}{both}",
            o.unit,
            o.households,
            o.from,
            o.to
        );
    }
    if let Some(z) = plan.zones.iter().find(|z| z.zone_id == g.zone_id) {
        for r in &z.bound.relaxed {
            cli::say!("  a band of ±{:.1} % would hold {} of the {} grids of {}", 100.0 * r.tolerance, r.in_band, z.grids.len(), z.name);
        }
    }
}

fn made_by(layer: BarrierLayer, class: &str) -> String {
    match layer {
        BarrierLayer::Road => format!("{class} road"),
        BarrierLayer::Rail => format!("railway ({class})"),
        BarrierLayer::Water => format!("water ({class})"),
        BarrierLayer::Land => format!("edge of land use ({class})"),
        BarrierLayer::None if class == "cut" => "cut between points".into(),
        BarrierLayer::None => class.into(),
    }
}
