//! Writes a city that does not exist, of any size up to ten million households, as a folder of layers.

mod city;
#[path = "../shared/cli.rs"]
mod cli;

use clap::{Parser, ValueEnum};
use evengrid::crs::Crs;
use evengrid::io::Features;
use evengrid::recipe::Recipe;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write a city that does not exist: main roads, side streets and dead ends, rivers with bridges, lakes, a railway, divisions of four levels,
/// land use, households in towers, compounds, low houses and villages, halls and base stations.
///
/// The divisions are a city (admin_level 5), districts (6), subdistricts (8) and communities (10) of about 3,000 households each. A point of
/// households is a dwelling, or one customer of another kind; a few weigh more than 1. The same number and seed give the same bytes.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  make_metropolis --households 100000 --out metropolis\n  draw_plan --layers metropolis --level 10 --target 300 --out plan\n\nTime and size of the files grow with the number of households; memory with the number of communities, but --format geoparquet holds the features\nof one layer at a time. Layers of the same names in the folder are replaced.\n\nExit codes: 0 written, 2 the folder cannot be written."
)]
struct Args {
    /// Points of the layer households
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    households: u32,
    /// Seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = "metropolis")]
    out: PathBuf,
    /// Format of the layers
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Geojson)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Geojson,
    Geoparquet,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    std::fs::create_dir_all(&a.out).map_err(|e| format!("{}: {e}; choose another folder with --out", a.out.display()))?;
    for (layer, features) in city::write(a.households as usize, a.seed, &a.out)? {
        let text = a.out.join(layer).with_extension("geojson");
        let table = text.with_extension("parquet");
        let file = if a.format == Format::Geojson { &text } else { &table };
        // a layer lies in a folder once
        if a.format == Format::Geoparquet {
            Features::read(&text, &Recipe::default().layers.households)?.write(&table, &Crs::wgs84())?;
            remove(&text)?;
        } else {
            remove(&table)?;
        }
        cli::say!("{features:>9} features in {}", file.display());
    }
    Ok(true)
}

/// Removes a file if there is one.
fn remove(path: &Path) -> std::io::Result<()> {
    std::fs::remove_file(path).or_else(|e| if e.kind() == ErrorKind::NotFound { Ok(()) } else { Err(e) })
}
