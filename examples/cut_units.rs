//! Cuts linework into units: lines and a boundary in, units and their borders out.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::cut::{Fabric, cut};
use evengrid::finding::Severity;
use evengrid::io::{plan_files, read_land, read_linework, write_atomic};
use evengrid::recipe::Draft;
use evengrid::territory::{BarrierLayer, Territory, territory};
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Strength of a class of lines that the recipe does not know.
const UNKNOWN: u8 = 50;

/// Cut land into units along lines: units.geojson, borders.csv, absorbed.csv and findings.json out.
///
/// Either a folder of layers, cut as draw_plan cuts it, or any lines and a boundary. Units tile the land; every border says which two
/// units it parts, how long it is and the strongest line on it. Strips and small empty faces that are no units are listed in absorbed.csv.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  cut_units --lines streets.geojson --lines rail.geojson --boundary city.geojson --out units\n  cut_units --layers data/city --level 9 --scheme neighbourhood --whole --out units\n\nExit codes: 0 written, 2 bad input (the message says which file, record and what to do)."
)]
struct Args {
    /// File of lines (GeoJSON, plain or .gz), may be given several times
    #[arg(long, value_name = "FILE", required_unless_present = "layers", requires = "boundary")]
    lines: Vec<PathBuf>,
    /// File with the area to cut
    #[arg(long, value_name = "FILE")]
    boundary: Option<PathBuf>,
    /// Folder of layers instead of lines and boundary
    #[arg(long, value_name = "DIR", conflicts_with_all = ["lines", "boundary"])]
    layers: Option<PathBuf>,
    /// Level of the divisions that no unit may cross (admin_level)
    #[arg(long, value_name = "N")]
    level: Option<i64>,
    /// Hierarchy of divisions, where a level has several (property scheme)
    #[arg(long, value_name = "S")]
    scheme: Option<String>,
    /// Keep units whole, however heavy
    #[arg(long)]
    whole: bool,
    /// Recipe file, TOML or JSON
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Folder for the result
    #[arg(long, value_name = "DIR", default_value = "units")]
    out: PathBuf,
    /// Worker threads [default: all cores]; the result does not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

#[derive(Serialize)]
struct UnitRow<'a> {
    unit: usize,
    key: &'a str,
    division_id: &'a str,
    households: f64,
    water: bool,
    area_m2: f64,
    perimeter_m: f64,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let mut draft = match &a.recipe {
        Some(path) => cli::draft(path)?,
        None => Draft::default(),
    };
    draft.division.level = a.level.or(draft.division.level);
    draft.division.scheme = a.scheme.clone().or(draft.division.scheme);
    let mut recipe = draft.build()?;
    std::fs::create_dir_all(&a.out).map_err(|e| format!("{}: {e}; choose a folder that can be written with --out", a.out.display()))?;
    let (land, fabric, seconds) = cli::pool(a.threads)?.install(|| -> Result<_, cli::Failure> {
        let mut layers = match (&a.layers, &a.boundary) {
            (Some(folder), _) => read_land(folder, &recipe.layers)?,
            (None, Some(boundary)) => read_linework(&a.lines, boundary, &recipe.layers)?,
            (None, None) => return Err("--lines needs --boundary, the area to cut".into()),
        };
        if a.layers.is_none() {
            // whatever the lines are called, they were given to be cut along
            for r in &layers.roads {
                recipe.barriers.roads.entry(r.class.strip_suffix("_link").unwrap_or(&r.class).to_string()).or_insert(UNKNOWN);
            }
        }
        if a.whole {
            layers.households.clear();
        }
        let land = territory(&layers, &recipe, &())?;
        let begun = Instant::now();
        let fabric = cut(&land, &recipe, &())?;
        Ok((land, fabric, begun.elapsed().as_secs_f64()))
    })?;
    write_units(&a.out, &land, &fabric)?;
    write_atomic(&a.out.join("borders.csv"), borders(&land, &fabric).as_bytes())?;
    write_atomic(&a.out.join("absorbed.csv"), absorbed(&land, &fabric).as_bytes())?;
    let findings: Vec<_> = land.findings.iter().chain(&fabric.findings).collect();
    write_atomic(&a.out.join("findings.json"), serde_json::to_string_pretty(&findings)?.as_bytes())?;
    let smallest = fabric.units.iter().map(|u| u.area_m2).fold(f64::INFINITY, f64::min);
    cli::say!("units        {} in {} divisions, the smallest of {smallest:.0} m²", fabric.units.len(), land.divisions.len());
    cli::say!("borders      {} between units", fabric.borders.iter().filter(|b| b.b.is_some()).count());
    cli::say!(
        "absorbed     {} slivers and small empty faces with {:.0} m²",
        fabric.absorbed.len(),
        fabric.absorbed.iter().fold(0.0, |sum, a| sum + a.area_m2)
    );
    cli::say!("findings     {} warnings", findings.iter().filter(|f| f.severity >= Severity::Warning).count());
    cli::say!("time         cut {seconds:.2} s");
    cli::say!("written      {}", a.out.join("units.geojson").display());
    Ok(true)
}

fn write_units(out: &Path, land: &Territory, fabric: &Fabric) -> Result<(), cli::Failure> {
    let mut perimeter = vec![0.0; fabric.units.len()];
    for b in &fabric.borders {
        perimeter[b.a.at()] += b.length_m;
        if let Some(other) = b.b {
            perimeter[other.at()] += b.length_m;
        }
    }
    let rows = fabric.units.iter().enumerate().map(|(i, u)| UnitRow {
        unit: i + 1,
        key: &u.key,
        division_id: &land.division(u.division).id,
        households: u.load.units(),
        water: u.water,
        area_m2: (u.area_m2 * 100.0).round() / 100.0,
        perimeter_m: (perimeter[i] * 100.0).round() / 100.0,
    });
    let rows: Vec<UnitRow> = rows.collect();
    let polygons: Vec<_> = fabric.units.iter().map(|u| vec![u.rings.clone()]).collect();
    write_atomic(&out.join("units.geojson"), plan_files::collection("units", &rows, &polygons, |r| r.key)?.as_bytes())?;
    Ok(())
}

/// What joined a neighbour, a line each.
fn absorbed(land: &Territory, fabric: &Fabric) -> String {
    let mut text = String::from("lon,lat,area_m2,width_m,division_id\n");
    for a in &fabric.absorbed {
        let [lon, lat] = a.at.lon_lat();
        let _ = write!(text, "{lon:.7},{lat:.7},{:.2},{:.2},", a.area_m2, a.width_m);
        plan_files::csv_field(&mut text, &land.division(a.division).id);
        text.push('\n');
    }
    text
}

/// A border a line: units by their numbers, nothing for the outside.
fn borders(land: &Territory, fabric: &Fabric) -> String {
    let mut text = String::from("unit_a,unit_b,length_m,layer,class,strength\n");
    for b in &fabric.borders {
        let class = &land.classes[b.class as usize];
        let layer = match class.layer {
            BarrierLayer::Road => "road",
            BarrierLayer::Water => "water",
            BarrierLayer::Rail => "rail",
            BarrierLayer::Land => "landuse",
            BarrierLayer::None => "",
        };
        let name = if layer.is_empty() { "" } else { class.name.as_str() };
        let other = b.b.map_or(String::new(), |u| (u.at() + 1).to_string());
        let _ = write!(text, "{},{other},{:.2},{layer},", b.a.at() + 1, b.length_m);
        plan_files::csv_field(&mut text, name);
        let _ = writeln!(text, ",{}", class.strength);
    }
    text
}
