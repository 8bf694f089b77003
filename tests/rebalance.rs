//! A plan adjusted to a new census: nothing changes where nothing changed, ids live on, what moves is told and no more than allowed (R31, R40).

use evengrid::io::{plan_files, read_layers};
use evengrid::pipeline::{Drawn, Rebalance, Rebalanced, draw, rebalance};
use evengrid::plan::Plan;
use evengrid::recipe::{Draft, PRESETS, Recipe};
use evengrid::territory::layers::Layers;
use std::path::Path;

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

/// The town's own recipe for a preset.
fn recipe(preset: &str) -> Recipe {
    let path = Path::new(TOWN).join("recipes").join(preset).with_extension("toml");
    Draft::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap().build().unwrap()
}

fn layers(recipe: &Recipe) -> Layers {
    read_layers(TOWN.as_ref(), &recipe.layers).unwrap()
}

fn adjusted(plan: &Plan, layers: &Layers, options: &Rebalance) -> Rebalanced {
    rebalance(plan, layers, &plan.provenance.recipe, options, &()).unwrap()
}

fn json(plan: &Plan) -> String {
    plan_files::plan_json(plan).unwrap()
}

/// R40: the same layers on a plan of them give the same bytes, for every preset.
#[test]
fn what_did_not_change_stays_byte_for_byte() {
    for (preset, _) in PRESETS.iter().chain([&("default", "")]) {
        let recipe = recipe(preset);
        let layers = layers(&recipe);
        let first: Drawn = draw(&layers, &recipe, &()).unwrap();
        let text = json(&first.plan);
        let read: Plan = serde_json::from_str(&text).unwrap();
        let again = adjusted(&read, &layers, &Rebalance { valid_from: Some("2027-01-01".into()), ..Rebalance::default() });
        let now = json(&again.drawn.plan);
        if text != now {
            let at = text.bytes().zip(now.bytes()).position(|(a, b)| a != b).unwrap_or(0);
            let part = |t: &str| String::from_utf8_lossy(&t.as_bytes()[at.saturating_sub(300)..(at + 300).min(t.len())]).into_owned();
            panic!("{preset}:\n{}\n---\n{}", part(&text), part(&now));
        }
        let c = &again.changes;
        assert!(c.moves.is_empty() && c.entities.is_empty() && c.born.is_empty() && c.retired.is_empty(), "{preset}: {c:?}");
        assert_eq!((c.moved, &c.before), (0.0, &c.after));
    }
}
