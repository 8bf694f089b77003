//! Writes the streets that `benches/cut.rs` cuts, for other engines to be measured on.

#[path = "shared/cli.rs"]
mod cli;
#[path = "../benches/streets/mod.rs"]
mod streets;

use clap::Parser;
use evengrid::io::write_atomic;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write generated streets as GeoJSON lines: the lines that benches/cut.rs cuts, for other engines to be measured on.
#[derive(Parser)]
#[command(
    version,
    after_help = "Example:\n  make_streets --segments 100000 --out streets.geojson\n\nExit codes: 0 written, 2 the file cannot be written."
)]
struct Args {
    /// About how many segments
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    segments: usize,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let lines = streets::streets(a.segments);
    let mut text = String::from("{\"type\":\"FeatureCollection\",\"features\":[\n");
    for (i, l) in lines.iter().enumerate() {
        let comma = if i > 0 { ",\n" } else { "" };
        let _ = write!(
            text,
            "{comma}{{\"type\":\"Feature\",\"properties\":{{\"id\":\"s{i}\",\"class\":\"class{}\"}},\"geometry\":{{\"type\":\"LineString\",\"coordinates\":[",
            l.class
        );
        for (k, p) in l.line.iter().enumerate() {
            let [lon, lat] = p.lon_lat();
            let _ = write!(text, "{}[{lon},{lat}]", if k > 0 { "," } else { "" });
        }
        text.push_str("]}}");
    }
    text.push_str("\n]}\n");
    write_atomic(&a.out, text.as_bytes())?;
    cli::say!("{} lines with {} segments in {}", lines.len(), lines.iter().map(|l| l.line.len() - 1).sum::<usize>(), a.out.display());
    Ok(true)
}
