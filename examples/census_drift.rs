//! Writes the layers of a city as a census some years later might find them.

#[path = "shared/cli.rs"]
mod cli;
#[path = "shared/drift.rs"]
mod drift;

use clap::Parser;
use drift::{Drift, Folder};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write layers of a city as a later census might find them, to try a re-balance.
///
/// The town grows at its edge, houses appear and disappear everywhere, a block is demolished, an estate is built with a road through it, and a strip
/// of land changes sides between two neighbouring divisions. The same seed gives the same bytes.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  census_drift --out later                              the embedded town\n  census_drift --layers data/city --level 9 --scheme neighbourhood --seed 3 --growth 0.05 --out later\n\nExit codes: 0 written, 2 bad input."
)]
struct Args {
    /// Folder with the layers [default: the embedded town]
    #[arg(long, value_name = "DIR")]
    layers: Option<PathBuf>,
    /// Level of the divisions of which a border changes (admin_level) [default: any; of the town 8]
    #[arg(long, value_name = "N")]
    level: Option<i64>,
    /// Their hierarchy (property scheme) [default: any; of the town civil]
    #[arg(long, value_name = "S")]
    scheme: Option<String>,
    /// Seed of every random choice
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// New houses at the edge, as a share of all; half as many appear and disappear anywhere
    #[arg(long, value_name = "F", default_value_t = 0.02, value_parser = share)]
    growth: f64,
    /// Folder to write
    #[arg(long, value_name = "DIR", default_value = "later")]
    out: PathBuf,
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|f| (0.0..=1.0).contains(f)).ok_or_else(|| "a share from 0 to 1 is needed".into())
}

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let town = a.layers.is_none();
    let drift =
        Drift { seed: a.seed, growth: a.growth, level: a.level.or(town.then_some(8)), scheme: a.scheme.or(town.then(|| "civil".into())) };
    let mut folder = Folder::read(&a.layers.unwrap_or_else(|| TOWN.into()))?;
    let told = folder.drift(&drift)?;
    folder.write(&a.out)?;
    cli::say!("{:<12} {} at the edge and anywhere, {} in an estate with a new road", "new", told.new, told.estate);
    cli::say!("{:<12} {} anywhere, {} of a demolished block", "gone", told.gone, told.demolished);
    match told.border {
        Some([a, b]) => cli::say!("{:<12} between {a} and {b} moved", "border"),
        None => cli::say!("{:<12} none moved: no two divisions share eight vertices in a row", "border"),
    }
    cli::say!("{:<12} {}", "layers", a.out.display());
    Ok(true)
}
