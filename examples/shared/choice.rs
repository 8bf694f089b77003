//! What a planner may choose about layers and recipe: the same flags in every example that draws.

use super::cli;
use clap::Args;
use evengrid::recipe::{Draft, Effort, PRESETS, Recipe};
use std::path::{Path, PathBuf};

/// Folder with layers, and what to make of them.
#[derive(Args)]
pub struct Choice {
    /// Folder with the layers [default: the embedded town]
    #[arg(long, value_name = "DIR")]
    layers: Option<PathBuf>,
    /// Level of the divisions that no grid may cross (admin_level)
    #[arg(long, value_name = "N")]
    level: Option<i64>,
    /// Hierarchy of divisions, where a level has several (property scheme)
    #[arg(long, value_name = "S")]
    scheme: Option<String>,
    /// Recipe file, TOML or JSON; flags override it
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Preset recipe to start from
    #[arg(long, value_name = "NAME", value_parser = PRESETS.map(|(name, _)| name))]
    preset: Option<String>,
    /// Grids of every division: a number, or the fewest and the most, such as 6-10
    #[arg(long, value_name = "N|MIN-MAX", value_parser = grids)]
    grids: Option<(i64, i64)>,
    /// Seed of every random choice
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How long to search; more effort never gives a worse plan [default: standard]
    #[arg(long, value_name = "LEVEL", value_parser = Effort::LEVELS.map(|(name, _)| name))]
    effort: Option<String>,
    /// Worker threads [default: all cores]; the plan does not depend on it
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

fn grids(text: &str) -> Result<(i64, i64), String> {
    let (fewest, most) = text.split_once('-').unwrap_or((text, text));
    let number = |t: &str| t.trim().parse().map_err(|_| "give a number such as 8, or the fewest and the most such as 6-10".to_string());
    Ok((number(fewest)?, number(most)?))
}

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

impl Choice {
    /// Preset that was chosen.
    #[allow(dead_code)]
    pub fn preset(&self) -> Option<&str> {
        self.preset.as_deref()
    }

    /// Chooses a preset where none was chosen.
    #[allow(dead_code)]
    pub fn or_preset(mut self, name: &str) -> Choice {
        self.preset.get_or_insert_with(|| name.to_string());
        self
    }

    /// Whether it is the embedded town.
    #[allow(dead_code)]
    pub fn is_town(&self) -> bool {
        self.layers.is_none()
    }

    /// Folder with the layers.
    pub fn folder(&self) -> PathBuf {
        self.layers.clone().unwrap_or_else(|| PathBuf::from(TOWN))
    }

    /// The recipe with a target and a tolerance that override all others.
    pub fn recipe(&self, target: Option<f64>, tolerance: Option<f64>) -> Result<Recipe, cli::Failure> {
        let mut flags = self.flags();
        (flags.grid.target, flags.grid.tolerance) = (target, tolerance);
        let base = match (self.layers.is_none(), self.preset.as_deref().and_then(Draft::preset)) {
            // what a preset cannot know of the town: its levels, schemes and ids
            (true, _) => cli::draft(&town(self.preset.as_deref()))?,
            (false, preset) => preset.unwrap_or_default(),
        };
        Ok(flags.or(self.file()?).or(base).build()?)
    }

    /// Flags and recipe file over `base`, the recipe of a plan.
    #[allow(dead_code)]
    pub fn over(&self, base: Draft) -> Result<Recipe, cli::Failure> {
        Ok(self.flags().or(self.file()?).or(base).build()?)
    }

    fn file(&self) -> Result<Draft, cli::Failure> {
        self.recipe.as_deref().map_or(Ok(Draft::default()), cli::draft)
    }

    fn flags(&self) -> Draft {
        let mut flags = Draft::default();
        flags.division.level = self.level;
        flags.division.scheme = self.scheme.clone();
        (flags.grid.count_min, flags.grid.count_max) = self.grids.unzip();
        flags.seed = self.seed;
        flags.effort.level = self.effort.clone();
        flags
    }
}

/// The town's own recipe for a preset.
fn town(preset: Option<&str>) -> PathBuf {
    Path::new(TOWN).join("recipes").join(preset.unwrap_or("default")).with_extension("toml")
}
