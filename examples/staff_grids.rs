//! Staffs the grids of a plan: officers, backups, posts, vacancies.

#[path = "shared/cli.rs"]
mod cli;
#[path = "shared/drawn.rs"]
mod drawn;

use clap::Parser;
use evengrid::io::staffing_files::{doubles_csv, posts_csv, read_officers, read_staff, staffing_csv, staffing_json, vacancies_csv};
use evengrid::io::table::file_name;
use evengrid::io::{Staged, plan_files};
use evengrid::plan::{Plan, Staff, Staffing, add_backups, staff};
use evengrid::recipe::Draft;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Staff the grids of a plan: who looks after which, who stands in for whom, which posts there are, what is vacant.
///
/// --out gets staffing.csv (every grid with officer, backups and posts), posts.csv, vacancies.csv, double_roles.csv, staffing.json (figures and
/// findings) and the plan (plan.json, grids.geojson, zones.geojson, attachments.csv) with its officers. Rules are in the
/// sections [backup], [posts.<name>] and [officers] of a recipe: that of the plan, and over it --recipe.
///
/// Without arguments the embedded town is drawn as market supervision sees it and staffed from its own table.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  staff_grids                                        the embedded town\n  staff_grids --plan plan --staff staff.csv --out staffed\n  staff_grids --plan plan --officers officers.csv    numbers of officers only (columns branch, officers)\n\nExit codes: 0 done, 1 done, but a grid or post has nobody (vacancies.csv), 2 bad input."
)]
struct Args {
    /// Folder of a drawn plan [default: the embedded town is drawn]
    #[arg(long, value_name = "DIR")]
    plan: Option<PathBuf>,
    /// Table of staff: officer_id, and name, branch, level, grid_id, post as far as they are there
    #[arg(long, value_name = "FILE")]
    staff: Option<PathBuf>,
    /// Table with the number of officers by branch: branch, officers
    #[arg(long, value_name = "FILE")]
    officers: Option<PathBuf>,
    /// People examined, to be held against how many have a level
    #[arg(long, value_name = "N")]
    examined: Option<u32>,
    /// Recipe file whose [backup], [posts] and [officers] are used over those of the plan
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Folder for the tables and the staffed plan; not the plan's own
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    if a.out.is_some() && a.out == a.plan {
        return Err("--out must be another folder than --plan: the map and report of the plan do not know the officers".into());
    }
    let mut plan = drawn::plan(a.plan.as_deref(), "market")?;
    let mut findings = Vec::new();
    if let Some(path) = &a.recipe {
        let said = cli::draft(path)?;
        let over = Draft { backup: said.backup, posts: said.posts, officers: said.officers, ..Draft::default() };
        plan.provenance.recipe = over.or(plan.provenance.recipe.clone().into()).build()?;
        findings.extend(add_backups(&mut plan, &())?);
    }
    let own = a.plan.is_none().then(|| drawn::town("staff.csv"));
    let mut known = Staff { examined: a.examined, ..Staff::default() };
    if let Some(path) = a.staff.or(own) {
        known.file = file_name(&path);
        let (rows, told) = read_staff(&path, &known.file)?;
        known.rows = rows;
        findings.extend(told);
    }
    if let Some(path) = &a.officers {
        let (officers, told) = read_officers(path, &file_name(path))?;
        known.officers = officers;
        findings.extend(told);
    }
    let mut staffed = staff(&plan, &known, &())?;
    staffed.findings.splice(0..0, findings);
    if let Some(out) = &a.out {
        write(&mut plan, &staffed, out)?;
    }
    tell(&staffed);
    Ok(staffed.is_complete())
}

fn write(plan: &mut Plan, staffed: &Staffing, out: &Path) -> Result<(), cli::Failure> {
    plan.grids.iter_mut().zip(&staffed.grids).for_each(|(grid, row)| grid.officer = row.officer.clone());
    let mut staged = Staged::begin(out)?;
    let files = [
        ("staffing.csv", staffing_csv(staffed)),
        ("posts.csv", posts_csv(staffed)),
        ("vacancies.csv", vacancies_csv(staffed)),
        ("double_roles.csv", doubles_csv(staffed)),
        ("staffing.json", staffing_json(staffed)?),
        ("grids.geojson", plan_files::grids_geojson(plan)?),
        ("zones.geojson", plan_files::zones_geojson(plan)?),
        ("attachments.csv", plan_files::attachments_csv(plan)),
        ("plan.json", plan_files::plan_json(plan)?),
    ];
    for (name, text) in &files {
        staged.write(name, text.as_bytes())?;
    }
    if !plan.levels.is_empty() {
        staged.write("levels.csv", plan_files::levels_csv(plan).as_bytes())?;
    }
    Ok(staged.commit()?)
}

fn tell(s: &Staffing) {
    let say = |name: &str, text: String| cli::say!("{name:<12} {text}");
    let figure = |name: &str| s.indicators.iter().find(|i| i.name == name).map_or(0.0, |i| i.value);
    say("officers", format!("{} people, {} without a grid", figure("officers"), figure("officers-without-grid")));
    let levels: Vec<String> =
        s.indicators.iter().filter_map(|i| Some(format!("{} of level {}", i.value, i.name.strip_prefix("level:")?))).collect();
    if !levels.is_empty() {
        say("levels", levels.join(", "));
    }
    let (all, with, shared) = (figure("grids"), figure("with-officer"), figure("sharing-officer"));
    say("grids", format!("{all}, {with} with an officer, {shared} that share one"));
    say("backups", format!("{} grids without one", figure("without-backup")));
    for post in s.indicators.iter().filter_map(|i| i.name.strip_prefix("post:")).filter(|p| !p.ends_with(":filled")) {
        say("posts", format!("{post}: {}, {} filled", figure(&format!("post:{post}")), figure(&format!("post:{post}:filled"))));
    }
    say("vacancies", figure("vacancies").to_string());
    s.doubles.iter().for_each(|d| say("double role", format!("{} {}: {}", d.officer_id, d.name, d.roles.join("; "))));
    s.findings.iter().take(20).for_each(|f| say("finding", f.to_string()));
    if s.findings.len() > 20 {
        say("", format!("… and {} more in staffing.json", s.findings.len() - 20));
    }
}
