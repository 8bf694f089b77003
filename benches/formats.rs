//! Reading a million points in every format: `cargo bench --bench formats` writes them and reads each; `benches/formats.py` sets peak memory and GDAL beside it.
//!
//! `-- write DIR N` writes the files alone, `-- read FILE` reads one and prints features and seconds.

use evengrid::crs::Crs;
use evengrid::io::{Features, read_households};
use evengrid::recipe::Recipe;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ENDINGS: [&str; 6] = ["geojson", "geojsonl", "csv", "shp", "gpkg", "parquet"];

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", folder, n] => write(Path::new(folder), n.parse()?),
        ["read", file] => pool.install(|| read(Path::new(file))),
        _ => {
            let folder = std::env::temp_dir().join(format!("evengrid-formats-{}", std::process::id()));
            write(&folder, 1_000_000)?;
            let done = ENDINGS.iter().try_for_each(|ending| pool.install(|| read(&file(&folder, ending))));
            std::fs::remove_dir_all(&folder)?;
            done
        }
    }
}

fn file(folder: &Path, ending: &str) -> PathBuf {
    folder.join(format!("points.{ending}"))
}

/// Points on a lattice with an id, a weight, a class and a name.
fn write(folder: &Path, n: usize) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    let mut lines = String::new();
    for i in 0..n {
        let (x, y) = (100.0 + (i % 1000) as f64 * 1e-4, 30.0 + (i / 1000) as f64 * 1e-4);
        writeln!(
            lines,
            r#"{{"type":"Feature","properties":{{"id":"h{i:07}","weight":{},"kind":"apartments","name":"建设路{}号"}},"geometry":{{"type":"Point","coordinates":[{x:.7},{y:.7}]}}}}"#,
            1 + i % 7,
            i % 500
        )?;
    }
    std::fs::write(file(folder, "geojsonl"), lines)?;
    let all = Features::read(&file(folder, "geojsonl"), &Recipe::default().layers.households)?;
    for ending in ENDINGS.iter().filter(|e| **e != "geojsonl") {
        all.write(&file(folder, ending), &Crs::wgs84())?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<(), Failure> {
    let size = std::fs::metadata(file)?.len() as f64 / 1e6;
    let begun = Instant::now();
    let layers = read_households(file, &Recipe::default().layers)?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{} {} {seconds:.3} s {size:.1} MB {:.0} MB/s", file.display(), layers.households.len(), size / seconds);
    Ok(())
}
