//! Writes the fictitious river town that examples and tests draw their plans in.

#[path = "town/mod.rs"]
mod town;

use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Writes a fictitious Chinese river town: nine layers of GeoJSON with every oddity that real layers have.
#[derive(Parser)]
#[command(after_help = "\
The town has 10 communities (admin level 8, scheme civil), 3 police precincts that cut across them (scheme police), 17
townships with 253 villages (levels 7 and 9, scheme labour), 11 market branches and 11 safety boards (level 7), about 9,000
households and customers of eight classes, a river with an inhabited island, a dual carriageway, bridges, tunnels, a railway,
halls and other services, and base stations. Its
README.md, written beside the layers, lists every oddity that was planted: what, in which layer and feature, and what a
plan should make of it. The same seed and scale give the same bytes.

Examples:
  cargo run --example make_town                                    the town that comes with the crate
  cargo run --example make_town -- --out /tmp/other --seed 7       another town on the same map
  cargo run --example make_town -- --out /tmp/dense --scale 3      three times the households, on the same land

Exit codes: 0 written, 2 the folder could not be written or an option is wrong.")]
struct Options {
    /// Folder to write to; it is made if need be, files of the same names are replaced
    #[arg(long, value_name = "DIR", default_value = "testdata/town")]
    out: PathBuf,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = town::SEED)]
    seed: u64,
    /// Multiplies the households, 0.1 to 50; planted towers and the community of 730 stay as they are
    #[arg(long, value_name = "F", default_value_t = 1.0, value_parser = scale)]
    scale: f64,
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if (0.1..=50.0).contains(&scale) => Ok(scale),
        _ => Err("a number from 0.1 to 50 is needed".into()),
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    match write(&options) {
        Ok(bytes) => {
            println!("{}: {} kB written; README.md there lists what is odd in it", options.out.display(), bytes.div_ceil(1000));
            ExitCode::SUCCESS
        }
        Err((path, error)) => {
            eprintln!("{}: {error}; choose another folder with --out", path.display());
            ExitCode::from(2)
        }
    }
}

fn write(options: &Options) -> Result<usize, (PathBuf, std::io::Error)> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |error| (path, error)
    };
    std::fs::create_dir_all(&options.out).map_err(failed(&options.out))?;
    let mut total = 0;
    for file in town::generate(options.seed, options.scale) {
        let path = options.out.join(file.name);
        std::fs::create_dir_all(path.parent().unwrap_or(&options.out)).map_err(failed(&path))?;
        let bytes = file.packed().map_err(failed(&path))?;
        std::fs::write(&path, &bytes).map_err(failed(&path))?;
        total += bytes.len();
    }
    Ok(total)
}
