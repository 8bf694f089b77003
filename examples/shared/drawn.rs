//! The plan that an example works on: a folder, or the embedded town drawn for a preset.

use super::cli;
use evengrid::io::{plan_read, read_layers};
use evengrid::plan::Plan;
use std::path::{Path, PathBuf};

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

/// The plan of a folder; without one that of the town, with the town's own recipe for the preset.
pub fn plan(folder: Option<&Path>, preset: &str) -> Result<Plan, cli::Failure> {
    if let Some(folder) = folder {
        return Ok(plan_read::whole(folder)?);
    }
    let recipe = cli::draft(&town(&format!("recipes/{preset}.toml")))?.build()?;
    let layers = read_layers(TOWN.as_ref(), &recipe.layers)?;
    Ok(evengrid::pipeline::draw(&layers, &recipe, &())?.plan)
}

/// A file of the town.
pub fn town(name: &str) -> PathBuf {
    Path::new(TOWN).join(name)
}
