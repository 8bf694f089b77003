//! Says what files of layers hold, and writes a recipe to start from.

#[path = "shared/cli.rs"]
mod cli;

use clap::Parser;
use evengrid::io::inspect::{Inspection, inspect, starting_recipe, tables};
use evengrid::io::{Format, write_atomic};
use evengrid::recipe::{LayerSource, Recipe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Say what files of layers hold: format, coordinate reference system, encoding, counts, fields with samples, extent, faults.
///
/// Every file of the folder in a format that is read is looked at whole. Below stands a recipe to start from: which file seems to be which layer, and which of
/// its fields seem to be meant where they are not called as draw_plan expects them.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  inspect_layers --layers data/city\n  inspect_layers --layers 道路.shp --encoding gbk --crs EPSG:4547\n  inspect_layers --layers data/city --recipe city.toml\n\nExit codes: 0 all files were read, 1 some were not, 2 bad input."
)]
struct Args {
    /// Folder of layers, or one file
    #[arg(long, value_name = "PATH", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town"), hide_default_value = true)]
    layers: PathBuf,
    /// Encoding of text, where the file's own word is not to be taken
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// Coordinate reference system, where the file's own word is not to be taken: EPSG:4547, GCJ-02, …
    #[arg(long, value_name = "CRS")]
    crs: Option<String>,
    /// File for the recipe to start from [default: it is shown]
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::exit(run(Args::parse()))
}

fn run(a: Args) -> Result<bool, cli::Failure> {
    let how = LayerSource {
        encoding: a.encoding.clone(),
        crs: a.crs.as_deref().map(evengrid::crs::Crs::parse).transpose()?,
        ..Recipe::default().layers.admin
    };
    let (mut found, mut whole) = (Vec::new(), true);
    for path in files(&a.layers)? {
        let tables = match tables(&path) {
            Ok(tables) if tables.is_empty() => vec![None],
            Ok(tables) => tables.into_iter().map(Some).collect(),
            Err(e) => {
                whole = false;
                cli::say!("{}\n  not read     {e}\n", path.display());
                continue;
            }
        };
        for table in tables {
            match inspect(&path, &LayerSource { table, ..how.clone() }) {
                Ok(one) => {
                    tell(&one);
                    found.push(one);
                }
                Err(e) => {
                    whole = false;
                    cli::say!("{}\n  not read     {e}\n", path.display());
                }
            }
        }
    }
    let recipe = starting_recipe(&found).to_toml()?;
    match &a.recipe {
        Some(path) => {
            write_atomic(path, recipe.as_bytes())?;
            cli::say!("recipe to start from: {}", path.display());
        }
        None => cli::say!("A recipe to start from:\n\n{recipe}"),
    }
    Ok(whole)
}

/// The files of a folder in formats that are read, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, cli::Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let listed = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut files: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|f| f.is_file() && f.file_name().is_some_and(|n| Format::of(&n.to_string_lossy()).is_some()));
    files.sort();
    if files.is_empty() {
        let endings: Vec<&str> = Format::endings().collect();
        return Err(format!("{}: no file in a format that is read; their names end with {}", path.display(), endings.join(", ")).into());
    }
    Ok(files)
}

fn tell(i: &Inspection) {
    let say = |name: &str, text: String| cli::say!("  {name:<12} {text}");
    let table = i.table.as_ref().map_or(String::new(), |t| format!(", table {t}"));
    cli::say!("{}{table}", i.file);
    let layer = i.layer.map_or("no layer that is known by its name".into(), |l| format!("probably the layer {l}"));
    say("format", format!("{}; {layer}", i.format));
    say("crs", i.crs.clone().unwrap_or_else(|| "none is declared; taken as longitude and latitude on WGS 84".into()));
    if let Some(encoding) = &i.encoding {
        say("encoding", encoding.clone());
    }
    let shapes: Vec<String> = i.shapes.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    say("features", format!("{} ({})", i.features, shapes.join(", ")));
    if let Some([west, south, east, north]) = i.extent {
        say("extent", format!("{west:.6}, {south:.6} to {east:.6}, {north:.6} (longitude, latitude)"));
    }
    for f in &i.fields {
        let many = if f.different >= 200 { "200 or more".into() } else { f.different.to_string() };
        let filled = if f.filled == i.features { "all".into() } else { f.filled.to_string() };
        let ours = i.properties.iter().find(|(_, theirs)| **theirs == f.name).map_or(String::new(), |(ours, _)| format!("  → {ours}?"));
        say("field", format!("{} ({}; {filled} filled, {many} different): {}{ours}", f.name, f.kind, f.samples.join(" | ")));
    }
    i.findings.iter().for_each(|f| say("finding", f.to_string()));
    cli::say!("");
}
