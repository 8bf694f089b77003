//! Places hubs for a table of places, or judges the facilities of a drawn plan and proposes further ones.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::finding::{Finding, Severity};
use evengrid::io::{hub_files, hub_tables, plan_read, read_layers, write_atomic};
use evengrid::measure::Load;
use evengrid::plan::Plan;
use evengrid::recipe::{Draft, HubRule, Recipe};
use evengrid::staffing::facilities::{Demand, FacilityReport, GridName, facilities};
use evengrid::staffing::hubs::{HubOutcome, HubPlan, HubProblem, HubReport, HubSite, pair_distances, place_hubs};
use evengrid::territory::{Territory, territory};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Place hubs so that the weighted distance of all places to their hub is least, or judge the facilities of a plan.
///
/// Places: a table (CSV or GeoJSON points) with id, lon, lat and weight. Sites, where other than the places: id, lon, lat, capacity,
/// pinned. Distances, where other than along the great circle: from, to, distance_km. The folder gets hubs.csv, served.csv, hubs.json and
/// hubs.geojson.
///
/// With --plan the facilities of the recipe ([facilities.<name>]) are judged for the households of a drawn plan, and the folder
/// gets deficits.csv and proposed.csv as well.
///
/// Without arguments three hubs for 22 cities of the Yangtze delta are placed.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  place_hubs                                       three hubs for the embedded cities\n  place_hubs --places cities.csv --count 4 --pin nanjing --max-distance-km 150 --out hubs\n  place_hubs --places cities.csv --distances roads.csv --sites depots.csv --count 4\n  draw_plan --preset parking --out plan && place_hubs --plan plan      e-bike parking of the embedded town\n\nExit codes: 0 done, 1 done but a capacity does not hold, a place is too far or a finding is a violation, 2 bad input or recipe."
)]
struct Args {
    /// Table of the places to be served [default: embedded cities]
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    places: Option<PathBuf>,
    /// Table of candidate sites [default: the places]
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// Table of distances, such as by road
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    distances: Option<PathBuf>,
    /// Number of hubs, the pinned ones among them [default: 3, or that of the recipe]
    #[arg(long, value_name = "P")]
    count: Option<i64>,
    /// Id of a site that is a hub in any case; may be given several times
    #[arg(long, value_name = "ID")]
    pin: Vec<String>,
    /// How far a place should be from its hub at the most, km
    #[arg(long, value_name = "F")]
    max_distance_km: Option<f64>,
    /// Weight that a hub serves at the most where its site does not say
    #[arg(long, value_name = "W")]
    capacity: Option<f64>,
    /// Recipe file with [hubs] or [facilities.<name>]; flags override it
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Folder of a drawn plan (plan.json), to judge its facilities
    #[arg(long, value_name = "DIR")]
    plan: Option<PathBuf>,
    /// Folder with the layers that the plan was drawn from [default: the embedded town]
    #[arg(long, value_name = "DIR", requires = "plan")]
    layers: Option<PathBuf>,
    /// Folder for the result [default: hubs]
    #[arg(long, value_name = "DIR", default_value = "hubs")]
    out: PathBuf,
}

const CITIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/hubs/cities.csv");
const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    match &a.plan {
        Some(plan) => of_plan(&a, &plan_read::whole(plan)?),
        None => of_table(&a),
    }
}

/// Writes files beside whatever else the folder holds.
fn write(out: &Path, files: &[(&str, String)]) -> Result<(), cli::Failure> {
    std::fs::create_dir_all(out).map_err(|e| format!("{}: {e}; name another folder with --out", out.display()))?;
    files.iter().try_for_each(|(name, text)| write_atomic(&out.join(name), text.as_bytes()).map_err(Into::into))
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// `[hubs]` of the recipe under the flags.
fn hub_rule(a: &Args) -> Result<HubRule, cli::Failure> {
    let mut flags = Draft::default();
    flags.hubs.count = a.count;
    flags.hubs.pins = (!a.pin.is_empty()).then(|| a.pin.clone());
    flags.hubs.max_distance_km = a.max_distance_km;
    flags.hubs.capacity = a.capacity;
    let recipe = a.recipe.as_deref().map_or(Ok(Draft::default()), cli::draft)?;
    Ok(flags.or(recipe).build()?.hubs)
}

/// Reads and places; what the tables tell goes to `findings`, whether that succeeds or not.
fn answer(a: &Args, findings: &mut Vec<Finding>) -> Result<(HubProblem, HubReport), cli::Failure> {
    let rule = hub_rule(a)?;
    let table = a.places.clone().unwrap_or_else(|| PathBuf::from(CITIES));
    // without a table of distances, positions are all there is
    let located = a.distances.is_none();
    let (places, told) = hub_tables::read_places(&table, &name(&table), located)?;
    findings.extend(told);
    let mut sites = match &a.sites {
        Some(path) => {
            let (sites, told) = hub_tables::read_sites(path, &name(path), located)?;
            findings.extend(told);
            sites
        }
        None => places.iter().map(|p| HubSite { id: p.id.clone(), at: p.at, capacity: None, pinned: false }).collect(),
    };
    for pin in &rule.pins {
        let site = sites.iter_mut().find(|s| s.id == *pin);
        site.ok_or_else(|| {
            format!("--pin {pin}: no site has that id; pinned hubs must be in {}", name(a.sites.as_ref().unwrap_or(&table)))
        })?
        .pinned = true;
    }
    sites.iter_mut().for_each(|s| s.capacity = s.capacity.or(rule.capacity));
    let given = match &a.distances {
        Some(path) => {
            let (given, told) = hub_tables::read_distances(path, &name(path))?;
            findings.extend(told);
            Some(given)
        }
        None => None,
    };
    let (distance_m, told) = pair_distances(&places, &sites, given.as_ref());
    findings.extend(told);
    if let Some(missing) = findings.iter().find(|f| f.code == "distance-missing") {
        return Err(missing.to_string().into());
    }
    let (count, max_distance_m) = (rule.count.unwrap_or(3) as usize, rule.max_distance_km.map(|km| 1000.0 * km));
    let problem = HubProblem { places, sites, distance_m, count, max_distance_m, split: rule.split };
    let mut report = place_hubs(&problem, &())?;
    findings.append(&mut report.findings);
    report.findings = std::mem::take(findings);
    Ok((problem, report))
}

fn of_table(a: &Args) -> Result<bool, cli::Failure> {
    let mut findings = Vec::new();
    let answer = answer(a, &mut findings);
    if answer.is_err() {
        tell_each(&findings);
    }
    let (problem, report) = answer?;
    let files = [
        ("hubs.csv", hub_files::hubs_csv(&report.plan)),
        ("served.csv", hub_files::hub_served_csv(&report.plan)),
        ("hubs.geojson", hub_files::hubs_geojson(&report.plan, &problem.places, &problem.sites)?),
        ("hubs.json", serde_json::to_string_pretty(&report)? + "\n"),
    ];
    write(&a.out, &files)?;
    tell_distances(a.distances.as_deref(), &problem, &report);
    tell_hubs(&problem, &report);
    tell_findings(&report.findings);
    cli::say!("map          {}", a.out.join("hubs.geojson").display());
    Ok(report.plan.overrun == 0.0 && report.plan.beyond_places == 0 && fine(&report.findings))
}

fn tell_distances(table: Option<&Path>, problem: &HubProblem, report: &HubReport) {
    cli::say!("read         {} places, {} sites", problem.places.len(), problem.sites.len());
    let assumed = report.findings.iter().find(|f| f.code == "distance-assumed").and_then(|f| f.measured);
    match (table.map(name), assumed) {
        (None, _) => cli::say!("distances    along the great circle"),
        (Some(table), None) => cli::say!("distances    from {table}"),
        (Some(table), Some(pairs)) => {
            cli::say!("distances    {pairs} of {} along the great circle, the others from {table}", problem.distance_m.len())
        }
    }
}

fn tell_hubs(problem: &HubProblem, report: &HubReport) {
    let line = |what: &str, plan: &HubPlan| {
        let names: Vec<&str> = plan.hubs.iter().map(|h| h.hub_id.as_str()).collect();
        let sure = match plan.outcome {
            HubOutcome::Optimal => "proven to be the least".to_string(),
            HubOutcome::WithinGap => format!("at most {:.3} % above the least", 100.0 * plan.gap),
            HubOutcome::Infeasible => {
                format!("capacities cannot hold: {:.1} over them, {:.1} at least", plan.overrun, plan.overrun_at_least)
            }
        };
        cli::say!(
            "{what:<12} {}: {:.1} weight × km, {sure}; {:.1} km without weights",
            names.join(", "),
            plan.weighted_km,
            plan.distance_km
        );
    };
    line("hubs", &report.plan);
    if let (Some(free), Some(cost)) = (&report.free, report.pins_cost_km) {
        line("free", free);
        cli::say!("pins         they cost {cost:.1} weight × km more");
    }
    for h in &report.plan.hubs {
        let of = h.capacity.map_or(String::new(), |c| format!(" of {c}"));
        let pin = if h.pinned { ", pinned" } else { "" };
        cli::say!("hub          {}{pin}: {} places, load {}{of}, farthest {:.1} km", h.hub_id, h.places, h.load, h.farthest_km);
    }
    if problem.max_distance_m.is_some() {
        let plan = &report.plan;
        let (places, weight, least) = (plan.beyond_places, plan.beyond_weight, plan.beyond_weight_at_least);
        cli::say!("beyond       {places} places with weight {weight}; with so many hubs {least} at least");
    }
}

fn fine(findings: &[Finding]) -> bool {
    findings.iter().all(|f| f.severity < Severity::Violation)
}

/// Violations, then warnings, as many as can be read on a screen.
fn tell_each(findings: &[Finding]) {
    const SHOWN: usize = 20;
    let all = [(Severity::Violation, "violation"), (Severity::Warning, "warning")];
    let lines: Vec<_> = all.iter().flat_map(|(s, word)| findings.iter().filter(|f| f.severity == *s).map(move |f| (word, f))).collect();
    lines.iter().take(SHOWN).for_each(|(word, f)| cli::say!("{word:<12} {f}"));
    if lines.len() > SHOWN {
        cli::say!("             … and {} more", lines.len() - SHOWN);
    }
}

fn tell_findings(findings: &[Finding]) {
    tell_each(findings);
    let count = |s| findings.iter().filter(|f| f.severity == s).count();
    let (violations, warnings, notes) = (count(Severity::Violation), count(Severity::Warning), count(Severity::Info));
    cli::say!("findings     {violations} violations, {warnings} warnings, {notes} notes in hubs.json");
}

/// Households of a plan: where they are from the layers, their grid from the plan.
fn demand(plan: &Plan, land: &Territory) -> Result<Vec<Demand>, cli::Failure> {
    let same = plan.attachments.len() == land.points.len() && plan.attachments.iter().zip(&land.points).all(|(a, p)| a.entity == p.id);
    if !same {
        let (attached, points) = (plan.attachments.len(), land.points.len());
        return Err(
            format!("the plan has {attached} households, the layers {points} or others; give the --layers it was drawn from").into()
        );
    }
    let one = |(a, p): (&evengrid::plan::PlanAttachment, &evengrid::territory::DemandPoint)| Demand {
        id: p.id.to_string(),
        at: p.at,
        load: p.load,
        grid: a.grid.map(|g| g as usize),
    };
    Ok(plan.attachments.iter().zip(&land.points).map(one).filter(|d| d.load > Load::ZERO).collect())
}

fn of_plan(a: &Args, plan: &Plan) -> Result<bool, cli::Failure> {
    let own = &plan.provenance.recipe;
    let recipe: Recipe = match &a.recipe {
        Some(path) => cli::draft(path)?.or(own.clone().into()).build()?,
        None => own.clone(),
    };
    if recipe.facilities.is_empty() {
        return Err("the plan's recipe has no [facilities.<name>]; give one with --recipe".into());
    }
    let folder = a.layers.clone().unwrap_or_else(|| PathBuf::from(TOWN));
    let land = territory(&read_layers(&folder, &own.layers)?, own, &())?;
    let demand = demand(plan, &land)?;
    let grids: Vec<GridName> =
        plan.grids.iter().map(|g| GridName { grid_id: g.grid_id.clone(), division_id: g.division_id.clone() }).collect();
    let mut findings = Vec::new();
    let mut candidates = Vec::new();
    if let Some(path) = &a.sites {
        let (sites, told) = hub_tables::read_sites(path, &name(path), true)?;
        findings.extend(told);
        let at = |s: HubSite| Some((s.id, evengrid::territory::lattice::Pt::from_lon_lat(s.at?[0], s.at?[1])?));
        candidates.extend(sites.into_iter().filter_map(at));
    }
    let candidates: Vec<_> = candidates.iter().map(|(id, at)| (id.as_str(), *at)).collect();
    let mut reports = Vec::new();
    for rule in &recipe.facilities {
        let (all, told) = hub_tables::read_facilities(&folder, &recipe.layers.pois, rule)?;
        findings.extend(told);
        let mut report = facilities(rule, &land.plane, &all, &demand, &grids, &candidates);
        findings.append(&mut report.findings);
        reports.push(report);
    }
    let json = serde_json::json!({"facilities": &reports, "findings": &findings});
    let files = [
        ("hubs.csv", hub_files::facilities_csv(&reports)),
        ("served.csv", hub_files::facility_served_csv(&reports)),
        ("deficits.csv", hub_files::deficits_csv(&reports)),
        ("proposed.csv", hub_files::proposed_csv(&reports)),
        ("hubs.geojson", hub_files::facilities_geojson(&reports)?),
        ("hubs.json", serde_json::to_string_pretty(&json)? + "\n"),
    ];
    write(&a.out, &files)?;
    reports.iter().for_each(tell_facilities);
    tell_findings(&findings);
    cli::say!("map          {}", a.out.join("hubs.geojson").display());
    Ok(fine(&findings))
}

fn tell_facilities(r: &FacilityReport) {
    let share = |x: f64| 100.0 * x / r.all.demand.max(f64::MIN_POSITIVE);
    let holds = r.capacity.map_or(String::new(), |c| format!(" that hold {c:.0}"));
    cli::say!("{:<12} {} facilities{holds}, demand {:.1}", r.name, r.facilities.len(), r.all.demand);
    cli::say!("reached      {:.1} % ({:.1} % with those of unknown service)", share(r.all.reached), share(r.all.reached_at_most));
    cli::say!("served       {:.1} % over {:.0} m on average; deficit {:.1}", share(r.all.served), r.mean_distance_m, r.all.deficit);
    let below = r.grids.iter().filter(|g| g.below && !g.area_id.is_empty()).count();
    cli::say!("grids        {below} of {} below the threshold", r.grids.iter().filter(|g| !g.area_id.is_empty()).count());
    if let Some(last) = r.proposed.last() {
        let more = r.all.deficit - last.deficit_after;
        let least = r.sites_at_least.map_or(String::new(), |n| format!("; the deficit needs {n} sites at the least"));
        cli::say!("proposed     {} sites that serve {more:.1} more ({:.1} % then){least}", r.proposed.len(), share(r.all.served + more));
    }
}
