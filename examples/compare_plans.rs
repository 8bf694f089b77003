//! Compares two plans, by whoever made them, and draws what moved.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::finding::Finding;
use evengrid::io::{Staged, compare_files, map, plan_read, read_households, read_layers, sheet_before};
use evengrid::plan::compare::{Amount, Basis, Comparison, Figures, compare};
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::{DemandPoint, Territory, demand, territory};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Compare two plans: what they share, which grid is which, what moved, which is better balanced and shaped.
///
/// A plan is a folder with grids.geojson, or any GeoJSON file of polygons in longitude and latitude. Loads are those of the households in --layers (as the
/// recipe of plan.json weighs them) or --households; without them every entity that attachments.csv of both plans names counts 1, and without those land
/// alone is compared. The folder gets compare.json, overlap.csv, map.html (moved land hatched over the later plan) and map.svg.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  compare_plans --before plan --after plan2 --layers data/city --out compared\n  compare_plans --before districts.geojson --id NAME --after plan --households homes.geojson --out compared\n\nExit codes: 0 compared, 2 bad input."
)]
struct Args {
    /// The earlier plan: a folder or a GeoJSON file
    #[arg(long, value_name = "PLAN")]
    before: PathBuf,
    /// The later plan: a folder or a GeoJSON file
    #[arg(long, value_name = "PLAN")]
    after: PathBuf,
    /// Folder with the layers, for loads and for what the map shows
    #[arg(long, value_name = "DIR", conflicts_with = "households")]
    layers: Option<PathBuf>,
    /// File of points with weights, for loads
    #[arg(long, value_name = "FILE")]
    households: Option<PathBuf>,
    /// Property that names the grids of a plan without grid_id [default: id or name]
    #[arg(long, value_name = "PROPERTY")]
    id: Option<String>,
    /// How far a grid may be off its target, as a share [default: that of the plan's recipe, else 0.1]
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// Folder for the comparison
    #[arg(long, value_name = "DIR", default_value = "compared")]
    out: PathBuf,
    /// Worker threads [default: all cores]; the outcome does not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    cli::exit(cli::pool(args.threads).and_then(|pool| pool.install(|| run(args))))
}

/// What loads are counted from, and what else is known of the land.
struct Ground {
    points: Vec<DemandPoint>,
    territory: Option<Territory>,
    findings: Vec<Finding>,
}

/// Households of layers or a file. The territory asks for divisions, which only a recipe of a plan names.
fn ground(a: &Args, recipe: &Recipe, own_recipe: bool) -> Result<Ground, cli::Failure> {
    let layers = match (&a.layers, &a.households) {
        (Some(folder), _) => read_layers(folder, &recipe.layers)?,
        (None, Some(file)) => read_households(file, &recipe.layers)?,
        (None, None) => return Ok(Ground { points: Vec::new(), territory: None, findings: Vec::new() }),
    };
    if a.layers.is_some() && own_recipe {
        let t = territory(&layers, recipe, &())?;
        return Ok(Ground { points: t.points.clone(), findings: t.findings.clone(), territory: Some(t) });
    }
    let (points, findings) = demand(&layers, recipe);
    Ok(Ground { points, territory: None, findings })
}

fn recipe_of(plan: &Path) -> Result<Option<Draft>, cli::Failure> {
    if plan.is_dir() { Ok(plan_read::recipe(plan)?) } else { Ok(None) }
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    if a.out.join("plan.json").exists() {
        return Err(format!("{}: a plan lies here, whose map would be replaced; give another folder with --out", a.out.display()).into());
    }
    let own = recipe_of(&a.after)?.map_or_else(|| recipe_of(&a.before), |r| Ok(Some(r)))?;
    let mut flags = Draft::default();
    flags.grid.tolerance = a.tolerance;
    let own_recipe = own.is_some();
    let recipe = flags.or(own.unwrap_or_default()).build()?;
    let (before, mut findings) = plan_read::read_any(&a.before, a.id.as_deref())?;
    let (after, more) = plan_read::read_any(&a.after, a.id.as_deref())?;
    findings.extend(more);
    let ground = ground(&a, &recipe, own_recipe)?;
    findings.extend(ground.findings);
    let c = compare(&before, &after, &ground.points, recipe.grid.tolerance, &())?;
    findings.extend(c.findings.iter().cloned());
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    let title = format!("{} and {}", cli::title(&a.before), cli::title(&a.after));
    let sheet = sheet_before::compared(&before, &after, &c, &findings, ground.territory.as_ref(), &title);
    let mut staged = Staged::begin(&a.out)?;
    let files = [
        ("compare.json", compare_files::compare_json(&Comparison { findings, ..c.clone() })?),
        ("overlap.csv", compare_files::overlap_csv(&c)),
        ("map.html", map::html(&sheet)),
        ("map.svg", map::svg(&sheet)),
    ];
    for (name, text) in &files {
        staged.write(name, text.as_bytes())?;
    }
    staged.commit()?;
    tell(&c, &a.out);
    Ok(true)
}

fn tell(c: &Comparison, out: &Path) {
    let say = |name: &str, text: String| cli::say!("{name:<12} {text}");
    let plan = |f: &Figures| {
        let share = |x: Option<f64>| x.map_or("unknown".into(), |x| format!("{:.1} %", 100.0 * x));
        let in_band = f.in_band.map(|n| f64::from(n) / f64::from(f.ordinary.max(1)));
        format!(
            "{} grids, {} households; {} in band, largest deviation {}, coefficient of variation {}; median Polsby-Popper {:.2}, {} grids in several parts, {} of borders along barriers",
            f.grids,
            f.households + 0.0,
            share(in_band),
            share(f.largest_deviation),
            f.coefficient_of_variation.map_or("unknown".into(), |x| format!("{x:.3}")),
            f.compactness_median,
            f.in_several_parts,
            share(f.barrier_share_mean)
        )
    };
    say("before", plan(&c.before));
    say("after", plan(&c.after));
    say(
        "load",
        match c.basis {
            Basis::Points => format!("{} households in both plans", c.moved.households_in_both),
            Basis::Entities => format!("{} entities in both plans, each counting 1", c.moved.households_in_both),
            Basis::Land => "unknown; land alone is compared (give --layers or --households)".into(),
        },
    );
    let amount = |a: &Amount| {
        let land = format!("{:.2} km² ({:.1} %)", a.area_m2 / 1e6, 100.0 * a.area_share);
        let what = if c.basis == Basis::Points { "households" } else { "entities" };
        if c.basis == Basis::Land { land } else { format!("{} {what} ({:.1} %), {land}", a.households, 100.0 * a.share) }
    };
    let by_ids = c.moved.by_ids.as_ref().map_or("no id is in both plans".into(), amount);
    let hold = if c.moved.ids_hold { "" } else { "; ids do not mean the same" };
    say("moved", format!("by ids {by_ids}{hold}"));
    say("", format!("by best matching {}", amount(&c.moved.by_matching)));
    let agreement = c.agreement.map_or("unknown, nothing is in both plans".into(), |a| {
        let (rand, information) = (a.adjusted_rand, a.variation_of_information);
        format!("adjusted Rand index {rand:.3}, variation of information {information:.3} bits")
    });
    say("agreement", agreement);
    say("grids", c.classes.iter().map(|(class, n)| format!("{n} {}", class.name())).collect::<Vec<_>>().join(", "));
    for f in c.findings.iter().take(10) {
        say("finding", f.to_string());
    }
    if c.findings.len() > 10 {
        say("", format!("… and {} more in compare.json", c.findings.len() - 10));
    }
    say("map", format!("{}", out.join("map.html").display()));
}
