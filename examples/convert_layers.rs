//! Converts files of features, a folder of layers or a plan into another format and coordinate reference system.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::crs::Crs;
use evengrid::io::inspect::tables;
use evengrid::io::{Features, Format, write_all};
use evengrid::recipe::{LayerSource, Recipe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Convert files of features into another format and coordinate reference system: a plan for a GIS, or layers.
///
/// --to gpkg makes one file with a table for every file; the other formats make a file for every file. Positions that the system does not describe are an error.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  convert_layers --from plan --to gpkg --crs EPSG:4547 --out plan.gpkg\n  convert_layers --from data/city --to shp --out shapes\n  convert_layers --from homes.csv --to parquet --out .\n\nExit codes: 0 written, 2 bad input."
)]
struct Args {
    /// A folder (of layers, or a plan), or one file
    #[arg(long, value_name = "PATH")]
    from: PathBuf,
    /// Format: gpkg, shp, parquet, geojson or csv
    #[arg(long, value_name = "FORMAT")]
    to: String,
    /// Coordinate reference system of what is written [default: longitude and latitude on WGS 84]
    #[arg(long, value_name = "CRS")]
    crs: Option<String>,
    /// Coordinate reference system of what is read, where the files' own word is not to be taken
    #[arg(long, value_name = "CRS")]
    from_crs: Option<String>,
    /// Encoding of text that is read, where the files' own word is not to be taken
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Folder for the files, or the .gpkg file
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let crs = a.crs.as_deref().map_or_else(|| Ok(Crs::wgs84()), Crs::parse)?;
    let how = LayerSource {
        encoding: a.encoding.clone(),
        crs: a.from_crs.as_deref().map(Crs::parse).transpose()?,
        ..Recipe::default().layers.admin
    };
    let mut all = Vec::new();
    for path in files(&a.from)? {
        let tables = tables(&path)?;
        let tables: Vec<Option<String>> = if tables.is_empty() { vec![None] } else { tables.into_iter().map(Some).collect() };
        for table in tables {
            let features = Features::read(&path, &LayerSource { table, ..how.clone() })?;
            if a.from.is_dir() && !features.is_empty() && !features.is_located() {
                cli::say!("{:<12} {} has no positions and is left out; give it by itself to convert it", "remark", path.display());
                continue;
            }
            cli::say!("{:<12} {} features", features.name(), features.len());
            features.remarks.iter().for_each(|r| cli::say!("{:<12} {r}", "remark"));
            all.push(features);
        }
    }
    let ending = a.to.trim_start_matches('.');
    let mut remarks = Vec::new();
    if a.out.canonicalize().is_ok_and(|out| a.from.canonicalize().is_ok_and(|from| from == out || from.parent() == Some(&out))) {
        return Err(format!("{}: what is read lies here and could be replaced; give another place with --out", a.out.display()).into());
    }
    if ending == "gpkg" {
        remarks.extend(write_all(&all, &a.out, &crs)?);
    } else {
        std::fs::create_dir_all(&a.out).map_err(|e| format!("{}: {e}", a.out.display()))?;
        for features in &all {
            remarks.extend(features.write(&a.out.join(format!("{}.{ending}", features.name())), &crs)?);
        }
    }
    remarks.iter().for_each(|r| cli::say!("{:<12} {r}", "remark"));
    cli::say!("{:<12} {} in {crs}", "written", a.out.display());
    Ok(true)
}

/// The files of a folder in formats that are read, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, cli::Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let format = |f: &Path| f.file_name().and_then(|n| Format::of(&n.to_string_lossy()));
    // a plan has files of both names, and its report is no layer
    let is_layer = |f: &PathBuf| f.is_file() && format(f).is_some() && f.extension().is_none_or(|e| e != "json" && e != "txt");
    let listed = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut files: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).filter(is_layer).collect();
    files.sort();
    if files.is_empty() { Err(format!("{}: no file of features", path.display()).into()) } else { Ok(files) }
}
