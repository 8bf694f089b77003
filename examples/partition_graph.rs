//! Divides a bare graph in METIS format into evenly loaded, contiguous parts.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::io::metis;
use evengrid::measure::{Band, Load};
use evengrid::partition::{Count, Effort, Locks, Outcome, Problem, Standing, bounds, partition};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Divide a graph into evenly loaded, contiguous parts.
///
/// Reads a graph in METIS format and writes one part number per line, unit by unit. Every part is connected
/// and non-empty; loads are brought into target ± tolerance wherever possible, and then the weight of
/// the edges between parts is made small.
#[derive(Parser)]
#[command(after_help = "\
Example: six units in a ring, loads 5 4 3 3 4 5, into parts of 8 ± 12.5 %
  printf '6 6 011\\n5 2 1 6 1\\n4 1 1 3 1\\n3 2 1 4 1\\n3 3 1 5 1\\n4 4 1 6 1\\n5 5 1 1 1\\n' > ring.graph
  partition_graph --graph ring.graph --target 8 --tolerance 0.125 --out ring.part

Exit codes: 0 done, 2 bad input or output that cannot be written.")]
struct Args {
    /// Graph in METIS format: header `units edges [fmt [constraints]]`, then a line per unit
    #[arg(long, value_name = "FILE.graph")]
    graph: PathBuf,
    /// Centres of the units: CSV with columns x and y in metres (or id,x,y,…), a line per unit after the heading
    #[arg(long, value_name = "FILE.csv")]
    coords: Option<PathBuf>,
    /// Load that a part should carry, in the first constraint; further constraints aim at total / parts
    #[arg(long, allow_negative_numbers = true)]
    target: f64,
    /// Deviation allowed, as a share of the target: 0.1 is ±10 %
    #[arg(long, allow_negative_numbers = true)]
    tolerance: f64,
    /// Where to write the part numbers
    #[arg(long, value_name = "FILE.part")]
    out: PathBuf,
    /// Exactly this many parts; otherwise as many as the target asks for
    #[arg(long)]
    parts: Option<u32>,
    /// Threads to use; the result is the same for any number
    #[arg(long)]
    threads: Option<usize>,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long to search; more effort never gives a worse score
    #[arg(long, value_name = "LEVEL", value_parser = Effort::LEVELS.map(|(name, _)| name), default_value = "standard")]
    effort: String,
}

fn main() -> ExitCode {
    cli::exit(run(&Args::parse()))
}

fn run(args: &Args) -> Result<bool, cli::Failure> {
    if !(args.tolerance >= 0.0 && args.tolerance < 1.0) {
        return Err(format!("--tolerance {}: give a share from 0 up to 1, such as 0.1 for ±10 %", args.tolerance).into());
    }
    let target = Load::from_units(args.target).filter(|t| t.0 > 0);
    let target = target.ok_or_else(|| format!("--target {}: give a positive load, such as 400", args.target))?;
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let started = Instant::now();
    let graph = metis::read_graph(&args.graph, args.coords.as_deref())?;
    let read = started.elapsed();

    let mut problem = Problem {
        bands: vec![Band::around(target, args.tolerance)],
        graph: graph.with_resources(1),
        count: args.parts.map_or(Count::ForBand, Count::Exactly),
        locks: Locks::default(),
        seed: args.seed,
        effort: Effort::level(&args.effort).unwrap_or_default(),
    };
    if graph.resources() > 1 {
        // the first resource decides how many parts there are, and so what a part should have of the others
        let parts = bounds(&problem)?.grids();
        let total = |r: usize| (0..graph.len()).map(|u| graph.loads(u)[r]).sum::<Load>();
        // what nobody has is even
        let band =
            |total: Load| if total > Load::ZERO { Band::around_mean(total, parts, args.tolerance) } else { Band::around(Load(1), 1.0) };
        problem.bands.extend((1..graph.resources()).map(total).map(band));
        problem.count = Count::Between(parts, parts);
        problem.graph = graph;
    }
    let started = Instant::now();
    let plan = partition(&problem, &())?;
    let searched = started.elapsed();
    metis::write_parts(&args.out, plan.assignment.part_of())?;

    let standings = &plan.standings;
    let count = |s: Standing| standings.iter().filter(|&&x| x == s).count();
    let percent = 100.0 * count(Standing::InBand) as f64 / standings.len() as f64;
    cli::say!("units      {} with {} borders", problem.graph.len(), problem.graph.edge_count());
    cli::say!("grids      {}", standings.len());
    cli::say!("in band    {percent:.2} % within {} ± {} %", args.target, 100.0 * args.tolerance);
    cli::say!("out        {} forced, {} unforced", count(Standing::Forced), count(Standing::Unforced));
    cli::say!("cut        {}", plan.score.cut);
    match plan.outcome {
        Outcome::Optimal => cli::say!("outcome    optimal"),
        Outcome::WithinGap(gap) => cli::say!("outcome    search complete, balance within {:.3} % of the bound", 100.0 * gap),
        _ => cli::say!("outcome    work limit"),
    }
    cli::say!("time       {:.2} s (and {:.2} s to read)", searched.as_secs_f64(), read.as_secs_f64());
    Ok(true)
}
