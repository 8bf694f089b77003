//! Writes a graph of city blocks for partitioners to be compared on: the blocks between generated streets, with households.

#[path = "shared/cli.rs"]
mod cli;
#[path = "shared/plane.rs"]
mod plane;
#[path = "../benches/streets/mod.rs"]
mod streets;

use clap::Parser;
use evengrid::cut::{Faces, faces};
use evengrid::io::write_atomic;
use evengrid::territory::Barrier;
use evengrid::territory::lattice::{Plane, Pt, Rings};
use plane::Rng;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a graph of city blocks in METIS format: blocks of about a hectare between generated streets, with households.
///
/// Households are lognormal (sigma 1) with a smooth factor over the land; 6 % of the blocks are empty and one in a thousand
/// holds a tower of 500 to 1500. The weight of an edge is the length of the common border in metres, a tenth of it along a
/// trunk road (every twentieth street). Equal arguments give equal bytes.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  make_graph --units 20000 --out heavy.graph\n  make_graph --units 20000 --cap 150 --out light.graph\n\nWrites beside it the centres of the blocks, heavy.coords.csv (id,x,y in metres).\n\nExit codes: 0 written, 2 the file cannot be written."
)]
struct Args {
    /// About how many units
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    units: usize,
    /// Mean households of a unit
    #[arg(long, value_name = "N", default_value_t = 40.0)]
    mean: f64,
    /// Most households of a unit; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    cap: u64,
    /// Seed of all random choices
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// File to write
    #[arg(long, value_name = "FILE.graph")]
    out: PathBuf,
}

/// Share of the pieces of street between two crossings that are left out, so that streets end in others.
const GAPS: f64 = 0.15;
/// Every street of that number is a trunk road.
const TRUNK: usize = 20;

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let mut random = Rng(a.seed);
    let faces = faces(&blocks(a.units, &mut random), &())?;
    let plane = Plane::around(0.0, 0.0);
    let n = faces.count();
    let centres: Vec<[f64; 2]> = faces.land().iter().skip(1).map(|rings| centre(&plane, rings)).collect();
    let households = households(&a, &centres, &mut random);
    let borders = borders(&plane, &faces);
    let mut rows: Vec<Vec<(u32, u64)>> = vec![Vec::new(); n];
    for (&(u, v), &weight) in &borders {
        rows[u as usize - 1].push((v, weight));
        rows[v as usize - 1].push((u, weight));
    }
    let mut text = format!("{n} {} 011\n", borders.len());
    for (row, load) in rows.iter().zip(&households) {
        let _ = write!(text, "{load}");
        row.iter().for_each(|(v, weight)| {
            let _ = write!(text, " {v} {weight}");
        });
        text.push('\n');
    }
    write_atomic(&a.out, text.as_bytes())?;
    let mut table = String::from("id,x,y\n");
    for (i, [x, y]) in centres.iter().enumerate() {
        let _ = writeln!(table, "{},{x:.2},{y:.2}", i + 1);
    }
    write_atomic(&a.out.with_extension("coords.csv"), table.as_bytes())?;
    let (total, most) = (households.iter().sum::<u64>(), households.iter().max().copied().unwrap_or(0));
    cli::say!("{n} units with {} borders and {total} households, at most {most}, in {}", borders.len(), a.out.display());
    Ok(true)
}

/// Streets with gaps.
fn blocks(units: usize, random: &mut Rng) -> Vec<Barrier> {
    // eight segments a block; gaps join blocks, and what then ends in nothing joins more
    let streets = streets::streets((8.0 * units as f64 / (1.0 - 3.4 * GAPS)) as usize);
    let mut out = Vec::new();
    for (i, street) in streets.iter().enumerate() {
        let class = u16::from(i % TRUNK == 0) + 1;
        let last = street.line.len() - 1;
        for at in (0..last).step_by(4) {
            // trunk roads and the outer streets have no gaps
            let whole = class == 2 || i == 0 || i == streets.len() / 2 - 1 || i == streets.len() / 2 || i == streets.len() - 1;
            if whole || random.share() > GAPS {
                out.push(Barrier { class, line: street.line[at..=(at + 4).min(last)].to_vec() });
            }
        }
    }
    out
}

/// Centre of the corners of a block, metres.
fn centre(plane: &Plane, rings: &Rings) -> [f64; 2] {
    let corners: Vec<Pt> = rings.iter().flatten().copied().collect();
    let n = corners.len().max(1) as f64;
    corners.iter().map(|p| plane.metres(*p)).fold([0.0, 0.0], |s, m| [s[0] + m[0] / n, s[1] + m[1] / n])
}

/// Metres between two faces, a tenth of them along trunk roads.
fn borders(plane: &Plane, faces: &Faces) -> BTreeMap<(u32, u32), u64> {
    let mut metres: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for s in faces.sides().filter(|s| s.left != 0 && s.right != 0) {
        let share = if s.class == 2 { 0.1 } else { 1.0 };
        *metres.entry((s.left.min(s.right), s.left.max(s.right))).or_default() += share * plane.distance_m(s.a, s.b);
    }
    metres.into_iter().map(|(pair, m)| (pair, m.round().max(1.0) as u64)).collect()
}

fn households(a: &Args, centres: &[[f64; 2]], random: &mut Rng) -> Vec<u64> {
    let wave = |x: f64, y: f64| 1.0 + 0.6 * (x / 900.0).sin() * (y / 1100.0).cos();
    let raw = |c: &[f64; 2]| if random.share() < 0.06 { 0.0 } else { random.normal().exp() * wave(c[0], c[1]) };
    let raw: Vec<f64> = centres.iter().map(raw).collect();
    let scale = a.mean * raw.len() as f64 / raw.iter().sum::<f64>().max(1e-9);
    let mut load = |x: f64| {
        let tower = random.share() < 0.001;
        let households = if tower { 500 + (1000.0 * random.share()) as u64 } else { (x * scale).round() as u64 };
        if a.cap > 0 { households.min(a.cap) } else { households }
    };
    raw.into_iter().map(&mut load).collect()
}
