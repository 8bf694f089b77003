//! Draws the grids of a city: a folder of layers in, a plan folder out.

#[path = "shared/choice.rs"]
mod choice;
#[path = "shared/cli.rs"]
mod cli;
#[path = "shared/folder.rs"]
mod folder;

use choice::Choice;
use clap::Parser;
use evengrid::finding::Finding;
use evengrid::io::read_layers;
use evengrid::pipeline::{Drawn, draw};
use evengrid::plan::{PlanArea, PlanLevel};
use evengrid::territory::AnchorKind;
use evengrid::watch::Watch;
use folder::{Clock, say};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// Draw the grids of a city: layers in, plan out.
///
/// The folder, or GeoPackage, holds layers in any format that is read (README): admin, households, and as far as you have them study_area, roads, water,
/// rail, landuse, pois, base_stations. The plan folder gets plan.json, grids.geojson, zones.geojson, attachments.csv,
/// report.json, map.html (open it in a browser) and map.svg (print it). An older plan in it is replaced only when the new one is whole.
///
/// Without arguments the embedded town is drawn.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  draw_plan                                      the embedded town\n  draw_plan --layers data/city --level 9 --scheme neighbourhood --target 300 --tolerance 0.1 --out plan\n  draw_plan --layers data/city --recipe ours.toml --seed 7 --out plan\n\nExit codes: 0 a plan was written, 2 bad input or recipe (the message says which file, feature and what to do)."
)]
struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Households (or other load) per grid
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    target: Option<f64>,
    /// How far a grid may be off its target, as a share: 0.1 = ±10 %
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// Folder for the plan [default: plan]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let recipe = a.choice.recipe(a.target, a.tolerance)?;
    let layers = a.choice.folder();
    let out = a.out.clone().unwrap_or_else(|| PathBuf::from("plan"));
    let staged = folder::begin(&out, &layers)?;
    let clock = Clock::new();
    let (drawn, sources) = cli::pool(a.choice.threads)?.install(|| -> Result<_, cli::Failure> {
        clock.stage("read");
        let read = read_layers(&layers, &recipe.layers)?;
        let (drawn, sources) = (draw(&read, &recipe, &clock)?, read.sources.len());
        clock.stage("write");
        rayon::join(|| folder::write(staged, &drawn, &layers, None, &clock), || drop(read)).0?;
        Ok((drawn, sources))
    })?;
    clock.finish();
    tell(&drawn, sources, &out, &clock);
    // the process ends, and all of its memory with it
    std::mem::forget(drawn);
    Ok(true)
}

/// One line about a level.
fn levels(level: &PlanLevel) -> String {
    let thousands = |x: f64| {
        let digits = format!("{x:.0}");
        let group = |(i, c): (usize, char)| if i > 0 && (digits.len() - i) % 3 == 0 { format!(",{c}") } else { c.to_string() };
        digits.chars().enumerate().map(group).collect::<String>()
    };
    let span = |of: &dyn Fn(&PlanArea) -> f64| {
        let (low, high) = level.areas.iter().map(of).fold((f64::MAX, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
        let (low, high) = (thousands(low), thousands(high));
        if low == high { low } else { format!("{low}–{high}") }
    };
    let (grids, households) = (span(&|a| a.grids.len() as f64), span(&|a| a.households));
    let word = if grids == "1" { "grid" } else { "grids" };
    format!("{}: {} areas of {grids} {word}, load {households}", level.name, level.areas.len())
}

fn tell(d: &Drawn, sources: usize, out: &std::path::Path, clock: &Clock) {
    let value = |name: &str| folder::value(d, name);
    // of nothing there is no share
    let share =
        |name: &str| d.report.indicators.iter().find(|i| i.name == name).map_or("none".into(), |i| format!("{:.1} %", 100.0 * i.value));
    let p = &d.plan;
    say("read", format!("{sources} layers, {} points, {} divisions", d.territory.points.len(), d.territory.divisions.len()));
    say("plane", d.territory.plane.name());
    say(
        "cut",
        format!("{} units, {} borders between them", d.fabric.units.len(), d.fabric.borders.iter().filter(|b| b.b.is_some()).count()),
    );
    say("grids", format!("{} in {} zones, load {}", p.grids.len(), p.zones.len(), value("households")));
    if !p.stations.is_empty() {
        let (homeless, widest) = (value("stations-without-zone"), p.zones.iter().map(|z| z.stations.len()).max().unwrap_or(0));
        say("stations", format!("{}, up to {widest} with one home zone in common, {homeless} that serve nothing here", p.stations.len()));
    }
    say(
        "balance",
        format!(
            "{:.1} % in band ({} where the count allows it, {} of those not forced out); largest deviation {:.1} %",
            100.0 * value("in-band"),
            share("in-band-where-count-allows"),
            share("in-band-unless-forced"),
            100.0 * value("largest-deviation")
        ),
    );
    let resources = &p.provenance.recipe.resources;
    if resources.iter().any(|r| r.weight > 0.0) {
        say("load", format!("{:.1} % in band, however even they are in the resources", 100.0 * value("households:in-band")));
    }
    for r in resources {
        let of = |what: &str| value(&format!("{}:{what}", r.name));
        let told = if r.weight > 0.0 { "" } else { " (told, not balanced)" };
        say(
            "resource",
            format!(
                "{}: {:.1} % within ±{} % of the mean of their zone, max/mean {:.2}, coefficient of variation {:.2}{told}",
                r.name,
                100.0 * of("in-band"),
                100.0 * r.tolerance,
                of("max-over-mean"),
                of("coefficient-of-variation")
            ),
        );
    }
    for level in &p.levels {
        say("level", levels(level));
    }
    say(
        "out of band",
        format!("{} grids no plan could bring in, {} left by this one", value("out-of-band-forced"), value("out-of-band-unforced")),
    );
    say(
        "proof",
        format!(
            "in {} of {} zones no plan is better balanced; loads are {:.2} grids' worth out of their bands in all, {:.2} at least",
            value("zones-proven"),
            p.zones.len(),
            value("violation-reached"),
            value("violation-possible")
        ),
    );
    say(
        "shape",
        format!(
            "median compactness {:.2} (Polsby-Popper) and {:.2} (moment of inertia), {:.0} % of borders along barriers, {} grids in several parts",
            value("compactness-median"),
            value("inertia-median"),
            100.0 * value("barrier-share-mean"),
            value("in-several-parts")
        ),
    );
    let recipe = &p.provenance.recipe;
    if !recipe.kinds.is_empty() {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        p.grids.iter().for_each(|g| *kinds.entry(g.called()).or_default() += 1);
        say("kinds", kinds.into_iter().map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join(", "));
    }
    if !recipe.halls.kinds.is_empty() {
        let halls = d.territory.anchors.iter().filter(|a| a.kind == AnchorKind::Hall).count();
        let (share, without) = (100.0 * value("hall-share"), value("without-hall"));
        say("halls", format!("{halls} halls with {share:.1} % of the load in their radii, {without} grids without one"));
    }
    let counts = d.report.findings.iter().filter(|f| f.code.starts_with("count-")).count();
    if counts > 0 {
        say("counts", format!("{counts} divisions whose load and number of grids do not agree; report.json says why (count-…)"));
    }
    let count = |s| d.report.findings.iter().filter(|f| f.severity == s).count();
    use evengrid::finding::Severity::*;
    d.report.findings.iter().filter(|f| f.severity == Violation).for_each(|f| say("violation", f.to_string()));
    let mut warnings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    d.report.findings.iter().filter(|f| f.severity == Warning).for_each(|f| warnings.entry(&f.code).or_default().push(f));
    // what is told once is about a whole file or the recipe
    warnings.values().filter(|all| all.len() == 1).for_each(|all| say("warning", all[0].to_string()));
    let many: Vec<String> = warnings.iter().filter(|(_, all)| all.len() > 1).map(|(code, all)| format!("{} {code}", all.len())).collect();
    if !many.is_empty() {
        say("warnings", many.join(", "));
    }
    say("findings", format!("{} violations, {} warnings, {} notes in report.json", count(Violation), count(Warning), count(Info)));
    say("time", clock.told());
    say("map", format!("{}", out.join("map.html").display()));
}
