//! Writes customers with three signals each for a plan: a place, a hall and traffic at stations.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::io::{Aside, plan_read};
use evengrid::measure::GridId;
use evengrid::territory::lattice::Pt;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write customers for a plan: customers.csv (customer, lon, lat, joined_at), traffic.csv (customer, station, day, megabytes), halls.csv and
/// stations.csv (id, lon, lat), to try and to time attach_entities with.
///
/// Most live within a kilometre of the hall they joined at and of the stations they use; one in twenty joined online, one in twenty has no
/// place, one in fifty most of its traffic elsewhere.
#[derive(Parser)]
#[command(after_help = "Example:\n  make_customers --plan plan --count 6000000 --out customers\n\nExit codes: 0 written, 2 bad input.")]
struct Args {
    /// Folder of a drawn plan
    #[arg(long, value_name = "DIR")]
    plan: PathBuf,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    count: u64,
    /// Stations of the whole territory
    #[arg(long, value_name = "N", default_value_t = 3000)]
    stations: usize,
    /// Seed
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = "customers")]
    out: PathBuf,
}

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let plan = plan_read::whole(&a.plan)?;
    let land = plan.land();
    let corners: Vec<Pt> = plan.fabric.arcs.iter().flat_map(|arc| arc.line()).collect();
    let fold = |pick: fn(i64, i64) -> i64, of: fn(&Pt) -> i64| corners.iter().map(of).reduce(pick).unwrap_or(0);
    let (low, high) = ([fold(i64::min, |p| p.x), fold(i64::min, |p| p.y)], [fold(i64::max, |p| p.x), fold(i64::max, |p| p.y)]);
    let mut rng = Rng(a.seed);
    let on_land = |p: Pt| -> Option<GridId> { land.grid_at(p) };
    let somewhere = |rng: &mut Rng| {
        for _ in 0..10_000 {
            let at = |axis: usize, share: f64| low[axis] + ((high[axis] - low[axis]) as f64 * share) as i64;
            let p = Pt { x: at(0, rng.share()), y: at(1, rng.share()) };
            if on_land(p).is_some() {
                return p;
            }
        }
        Pt { x: low[0], y: low[1] }
    };
    std::fs::create_dir_all(&a.out)?;
    let table = |name: &str, header: &str| -> Result<Aside, cli::Failure> {
        let mut file = Aside::begin(&a.out.join(name))?;
        write!(file, "{header}\r\n")?;
        Ok(file)
    };
    // stations in cells of a raster, so that those around a home are near at hand
    let side = ((a.stations as f64).sqrt().ceil() as usize).max(1);
    let mut cells: Vec<Vec<usize>> = vec![Vec::new(); side * side];
    let cell = |p: Pt| {
        let along = |axis: usize, v: i64| ((v - low[axis]) as usize * side / (high[axis] - low[axis] + 1).max(1) as usize).min(side - 1);
        (along(0, p.x), along(1, p.y))
    };
    let mut stations_csv = table("stations.csv", "id,lon,lat")?;
    for s in 0..a.stations {
        let p = somewhere(&mut rng);
        let (x, y) = cell(p);
        cells[y * side + x].push(s);
        let [lon, lat] = p.lon_lat();
        write!(stations_csv, "b{s},{lon:.7},{lat:.7}\r\n")?;
    }
    let halls = (a.stations / 10).max(1);
    let mut halls_csv = table("halls.csv", "id,lon,lat")?;
    for h in 0..halls {
        let [lon, lat] = somewhere(&mut rng).lon_lat();
        write!(halls_csv, "q{h},{lon:.7},{lat:.7}\r\n")?;
    }
    let mut customers = table("customers.csv", "customer,lon,lat,joined_at")?;
    let mut traffic = table("traffic.csv", "customer,station,day,megabytes")?;
    for k in 0..a.count {
        let home = somewhere(&mut rng);
        let [lon, lat] = home.lon_lat();
        let place = if rng.below(20) == 0 { ",".to_string() } else { format!("{lon:.6},{lat:.6}") };
        let hall = if rng.below(20) == 0 { String::new() } else { format!("q{}", rng.below(halls)) };
        write!(customers, "c{k:08},{place},{hall}\r\n")?;
        let (x, y) = if rng.below(50) == 0 { (rng.below(side), rng.below(side)) } else { cell(home) };
        for n in 0..1 + rng.below(3) {
            let near = |v: usize, step: usize| (v + step).saturating_sub(1).min(side - 1);
            let around = &cells[near(y, rng.below(3)) * side + near(x, rng.below(3))];
            let own = &cells[y * side + x];
            let of = if n == 0 && !own.is_empty() { own } else { around };
            if of.is_empty() {
                continue;
            }
            let (station, day) = (of[rng.below(of.len())], 1 + rng.below(28));
            let volume = 400.0 * rng.share() / (1 + 3 * n) as f64;
            write!(traffic, "c{k:08},b{station},2026-09-{day:02},{volume:.1}\r\n")?;
        }
    }
    for file in [stations_csv, halls_csv, customers, traffic] {
        file.commit()?;
    }
    cli::say!("{} customers, {} stations, {halls} halls in {}", a.count, a.stations, a.out.display());
    Ok(true)
}
