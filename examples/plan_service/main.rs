//! A service over HTTP that draws plans, judges and adjusts them, and tells the grid of a place.

#[path = "../shared/cli.rs"]
mod cli;
mod held;
mod intake;
mod job;
#[path = "../shared/plan_folder.rs"]
mod plan_folder;
mod plans;
mod queue;
mod refusal;
mod routes;
mod server;
mod service;
mod store;
mod work;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use evengrid::io::Limits;
use service::{Service, Settings};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Serve plans over HTTP on this machine: draw, check, rebalance, look up places.
///
/// Jobs are on disk before they are accepted. After a kill, those that had not ended begin anew when the service is started
/// again with the same state folder, which only one service may use at a time.
///
/// GET /openapi.json describes the interface.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  plan_service --layers-root testdata --state state\n  curl -d '{\"layers\": \"town\", \"recipe\": \"[division]\\nlevel = 8\\nscheme = \\\"civil\\\"\"}' -H 'content-type: application/json' http://127.0.0.1:8080/plans\n  curl -F layers=@admin.geojson -F layers=@households.csv -F recipe=@ours.toml http://127.0.0.1:8080/plans\n\nExit codes: 0 stopped by SIGINT or SIGTERM, 2 it could not start."
)]
struct Args {
    /// Folder that keeps jobs, uploads and plans
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Folder whose folders of layers may be named in requests [default: layers are uploaded]
    #[arg(long, value_name = "DIR")]
    layers_root: Option<PathBuf>,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    /// Jobs that are done at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    workers: usize,
    /// Threads of each job [default: the cores, shared among the workers]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    threads: Option<usize>,
    /// Jobs that may wait
    #[arg(long, value_name = "N", default_value_t = 64)]
    queue: usize,
    /// Most bytes of a request
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 28)]
    max_body: usize,
    /// Most features of a job's layers
    #[arg(long, value_name = "N", default_value_t = 5_000_000)]
    max_features: u64,
    /// Most positions of a job's layers
    #[arg(long, value_name = "N", default_value_t = 50_000_000)]
    max_positions: u64,
    /// Longest time of a job
    #[arg(long, value_name = "S", default_value_t = 3600)]
    job_seconds: u64,
    /// Plans held in memory for look-ups
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    plans: usize,
    /// Jobs that have ended, and plans, that are kept; the oldest are removed
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    keep: usize,
    /// Connections at the same time; further ones wait
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = RangedU64ValueParser::<usize>::new().range(1..=65536))]
    connections: usize,
    /// Longest time that a client may be silent while it sends a request, or take for the head of one
    #[arg(long, value_name = "S", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300))]
    silent_seconds: u64,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    if let Some(root) = a.layers_root.as_ref().filter(|root| !root.is_dir()) {
        return Err(format!("--layers-root {}: no such folder", root.display()).into());
    }
    let settings = Settings {
        layers_root: a.layers_root,
        limits: Limits { features: a.max_features, positions: a.max_positions },
        job_time: Duration::from_secs(a.job_seconds),
        max_body: a.max_body,
        queue: a.queue,
        held: a.plans,
        keep: a.keep,
        patience: Duration::from_secs(a.silent_seconds),
    };
    let service = Arc::new(Service::open(&a.state, settings)?);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = a.threads.unwrap_or((cores / a.workers).max(1));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).max_blocking_threads(32).enable_all().build()?;
    let served = runtime.block_on(async {
        let taken = |e| format!("--port {}: {e}; choose another one, or 0 for any", a.port);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, a.port)).await.map_err(taken)?;
        for _ in 0..a.workers {
            work::start(service.clone(), threads)?;
        }
        cli::say!("listening on http://{}", listener.local_addr()?);
        server::serve(listener, service.clone(), a.connections).await
    });
    service.leave();
    // jobs that are not done are on disk, and begin anew with the next start
    runtime.shutdown_background();
    served.map(|()| true)
}
