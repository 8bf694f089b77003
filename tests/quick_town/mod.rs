//! The bundled town, searched as little as can be, and a later census of it.
#![allow(dead_code, reason = "each test file uses a part")]

use evengrid::io::read_layers;
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::layers::Layers;
use std::path::Path;
use std::sync::LazyLock;

pub const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

pub static RECIPE: LazyLock<Recipe> = LazyLock::new(|| {
    let text = std::fs::read_to_string(Path::new(TOWN).join("recipes/telecom.toml")).unwrap();
    let mut quick = Draft::default();
    quick.effort.level = Some("quick".into());
    quick.or(Draft::from_toml(&text).unwrap()).build().unwrap()
});
pub static LAYERS: LazyLock<Layers> = LazyLock::new(|| read_layers(TOWN.as_ref(), &RECIPE.layers).unwrap());

/// Every third household weighs three times as much.
pub fn later() -> Layers {
    let mut later = LAYERS.clone();
    later.households.iter_mut().filter(|h| h.origin.record % 3 == 0).for_each(|h| h.weight = h.weight.map(|w| w * 3.0));
    later
}
