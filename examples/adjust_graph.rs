//! Divides a bare graph in METIS format, pushes parts out of their band, and restores the balance with little load moved.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::graph::{Edge, UnitGraph};
use evengrid::io::metis;
use evengrid::measure::{Band, Load};
use evengrid::partition::{Count, Effort, Locks, Problem, Standing, adjust, partition};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Restore the balance of a divided graph after its loads have changed, and tell how much load that moves.
///
/// The graph is divided into parts of target ± tolerance. Then a share of the parts that are in band, chosen at random, gets loads that put
/// them out of it: by up to --by of the target, as many too heavy as too light. The plan is adjusted, and what moved is set against what
/// has to move: for any destination, and between parts that touch.
#[derive(Parser)]
#[command(after_help = "\
Example: 10,000 blocks of a town, 600 parts, 8 % of them out of band
  make_graph --units 10000 --cap 150 --out blocks.graph
  adjust_graph --graph blocks.graph --parts 600 --share 0.08

Exit codes: 0 done, 2 bad input.")]
struct Args {
    /// Graph in METIS format; the first constraint is the load
    #[arg(long, value_name = "FILE.graph")]
    graph: PathBuf,
    /// Number of parts
    #[arg(long)]
    parts: u32,
    /// Deviation allowed, as a share of the mean
    #[arg(long, default_value_t = 0.1)]
    tolerance: f64,
    /// Share of the parts to push out of band
    #[arg(long, default_value_t = 0.08)]
    share: f64,
    /// Most that a part is pushed out of its band, as a share of the mean
    #[arg(long, default_value_t = 0.25)]
    by: f64,
    /// Instead, the share of units whose load changes by up to half
    #[arg(long)]
    units: Option<f64>,
    /// Most load that may move, as a share of all
    #[arg(long, value_name = "SHARE")]
    budget: Option<f64>,
    /// Threads to use; the result is the same for any number
    #[arg(long)]
    threads: Option<usize>,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long to search
    #[arg(long, value_name = "LEVEL", value_parser = Effort::LEVELS.map(|(name, _)| name), default_value = "standard")]
    effort: String,
}

fn main() -> ExitCode {
    cli::exit(run(&Args::parse()))
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn run(a: &Args) -> Result<bool, cli::Failure> {
    if let Some(threads) = a.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let graph = metis::read_graph(&a.graph, None)?.with_resources(1);
    let n = graph.len();
    let total: Load = (0..n).map(|u| graph.load(u)).sum();
    let band = Band::around_mean(total, a.parts, a.tolerance);
    let effort = Effort::level(&a.effort).unwrap_or_default();
    let mut problem = Problem { bands: vec![band], graph, count: Count::Exactly(a.parts), locks: Locks::default(), seed: a.seed, effort };
    let before = partition(&Problem { effort: Effort::LEVELS[0].1, ..problem.clone() }, &())?;
    let part: Vec<u32> = before.assignment.part_of().to_vec();

    let mut random = Random(a.seed);
    let mut loads: Vec<f64> = (0..n).map(|u| problem.graph.load(u).0 as f64).collect();
    if let Some(share) = a.units {
        loads.iter_mut().for_each(|l| {
            if random.next() < share {
                *l *= 0.5 + random.next();
            }
        });
    } else {
        let k = before.assignment.grids();
        let mut scale = vec![1.0; k];
        let mut heavy = true;
        for p in 0..k {
            if before.standings[p] == Standing::InBand && random.next() < a.share {
                let off = (a.tolerance + 0.002 + (a.by - 0.002) * random.next()) * if heavy { 1.0 } else { -1.0 };
                heavy = !heavy;
                scale[p] = (1.0 + off) * band.target.0 as f64 / before.assignment.loads(p)[0].0.max(1) as f64;
            }
        }
        loads.iter_mut().zip(&part).for_each(|(l, &p)| *l *= scale[p as usize]);
    }
    // whole loads, as of households
    let loads: Vec<Load> = loads.into_iter().map(|l| Load((l / 1000.0).round() as i64 * 1000)).collect();
    let g = &problem.graph;
    let edges: Vec<Edge> = (0..n)
        .flat_map(|u| g.neighbours(u).filter(move |x| x.0 > u).map(move |(v, cost)| Edge { a: u as u32, b: v as u32, cost }))
        .collect();
    problem.graph = UnitGraph::new(1, loads, &edges, None)?;
    let total: Load = (0..n).map(|u| problem.graph.load(u)).sum();
    let previous: Vec<Option<u32>> = part.iter().map(|&p| Some(p)).collect();
    let out = |part: &[u32]| {
        let mut sums = vec![Load::ZERO; a.parts as usize];
        part.iter().enumerate().for_each(|(u, &p)| sums[p as usize] += problem.graph.load(u));
        sums.iter().filter(|l| band.violation(**l) != Load::ZERO).count()
    };
    let started = Instant::now();
    let done = adjust(&problem, &previous, a.budget.map(|b| Load((b * total.0 as f64) as i64)), &())?;
    let time = started.elapsed();
    let count = |s: Standing| done.partitioned.standings.iter().filter(|&&x| x == s).count();
    let share = |l: Load| 100.0 * l.0 as f64 / total.0 as f64;
    let ratio = |l: Load| done.moved.0 as f64 / l.0.max(1) as f64;
    cli::say!("units      {n}, load {total}, {} parts within {} ± {} %", a.parts, band.target, 100.0 * a.tolerance);
    cli::say!("out before {} ({:.1} %)", out(&part), 100.0 * out(&part) as f64 / f64::from(a.parts));
    let unforced = before.standings.iter().filter(|&&s| s == Standing::Unforced).count();
    cli::say!("           {unforced} of the plan before were unforced");
    cli::say!("out after  {} forced, {} unforced", count(Standing::Forced), count(Standing::Unforced));
    cli::say!("moved      {} ({:.3} %) in {} units", done.moved, share(done.moved), done.moves.len());
    cli::say!(
        "must move  {} ({:.3} %) between parts that touch: {:.2} times",
        done.bounds.adjacent,
        share(done.bounds.adjacent),
        ratio(done.bounds.adjacent)
    );
    cli::say!(
        "           {} ({:.3} %) to any destination: {:.2} times",
        done.bounds.any_destination,
        share(done.bounds.any_destination),
        ratio(done.bounds.any_destination)
    );
    cli::say!("cut        {} before, {} after", before.score.cut, done.partitioned.score.cut);
    cli::say!("time       {:.2} s", time.as_secs_f64());
    Ok(true)
}
