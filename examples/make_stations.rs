//! Writes base stations for a city that has none, to try zones by coverage.

#[path = "shared/choice.rs"]
mod choice;
#[path = "shared/cli.rs"]
mod cli;
#[path = "shared/plane.rs"]
mod plane;
#[path = "shared/stations.rs"]
mod stations;

use choice::Choice;
use clap::Parser;
use evengrid::io::{read_layers, write_atomic};
use evengrid::territory::lattice::{Pt, Side, side_of_rings};
use evengrid::territory::{Territory, territory};
use plane::Rng;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write base stations that do not exist for a city: masts on a jittered honeycomb over its divisions, with three sectors each.
///
/// Every tenth mast is all round. The same seed gives the same stations.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  make_stations --layers data/city --level 9 --scheme neighbourhood --spacing 500 --out stations.geojson\n\nThen name the file in a recipe: [layers.base_stations] file = \"/where/it/is/stations.geojson\"\n\nExit codes: 0 written, 2 bad input or recipe."
)]
struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Distance of neighbouring masts in metres
    #[arg(long, value_name = "M", default_value_t = 500.0, value_parser = spacing)]
    spacing: f64,
    /// File to write
    #[arg(long, value_name = "FILE", default_value = "stations.geojson")]
    out: PathBuf,
}

fn spacing(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|m| (50.0..=50_000.0).contains(m)).ok_or_else(|| "a number of metres from 50 to 50000 is needed".into())
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let recipe = a.choice.recipe(None, None)?;
    let t = territory(&read_layers(&a.choice.folder(), &recipe.layers)?, &recipe, &())?;
    let masts = masts(&t, a.spacing, recipe.seed);
    let mut out = String::from("{\"type\":\"FeatureCollection\",\"name\":\"base_stations\",\"features\":[\n");
    let mut count = 0;
    for (m, (at, turn)) in masts.iter().enumerate() {
        let [lon, lat] = at.lon_lat();
        for (id, properties) in stations::sectors(m, *turn, a.spacing) {
            let comma = if count > 0 { ",\n" } else { "" };
            let _ = write!(
                out,
                "{comma}{{\"type\":\"Feature\",\"properties\":{{\"id\":\"{id}\",{properties}}},\
                 \"geometry\":{{\"type\":\"Point\",\"coordinates\":[{lon:.7},{lat:.7}]}}}}"
            );
            count += 1;
        }
    }
    out.push_str("\n]}\n");
    write_atomic(&a.out, out.as_bytes())?;
    cli::say!("{count} stations on {} masts in {}", masts.len(), a.out.display());
    Ok(true)
}

/// Places in the divisions, each with the direction of its first sector.
fn masts(t: &Territory, spacing: f64, seed: u64) -> Vec<(Pt, f64)> {
    let mut rng = Rng(seed);
    let corners = || t.divisions.iter().flat_map(|d| d.rings.iter().flatten()).map(|p| t.plane.metres(*p));
    let span = |axis: usize| corners().fold((f64::INFINITY, f64::NEG_INFINITY), |s, p| (s.0.min(p[axis]), s.1.max(p[axis])));
    let ((x0, x1), (y0, y1)) = (span(0), span(1));
    let inside = |p: Pt| t.divisions.iter().any(|d| side_of_rings(&d.rings, p) == Side::Inside);
    let mut out = Vec::new();
    let height = spacing * 0.75f64.sqrt();
    let (rows, columns) = (((y1 - y0) / height) as usize + 1, ((x1 - x0) / spacing) as usize + 2);
    for row in 0..rows {
        for column in 0..columns {
            let jitter = [rng.share() - 0.5, rng.share() - 0.5].map(|j| 0.5 * spacing * j);
            let turn = (120.0 * rng.share()).round();
            let x = x0 + spacing * (column as f64 + 0.5 * (row % 2) as f64) + jitter[0];
            let p = t.plane.lattice([x, y0 + height * (row as f64 + 0.5) + jitter[1]]);
            if inside(p) {
                out.push((p, turn));
            }
        }
    }
    out
}
