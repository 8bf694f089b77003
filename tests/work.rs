//! How much work a city takes: counted in steps, which are the same on every machine, never in seconds.

#[path = "../examples/make_metropolis/city/mod.rs"]
mod city;

use evengrid::io::read_layers;
use evengrid::pipeline::draw;
use evengrid::recipe::Draft;
use evengrid::watch::{Stopped, Watch};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Mutex;

/// Steps of every stage.
#[derive(Default)]
struct Steps(Mutex<(&'static str, BTreeMap<&'static str, u64>)>);

impl Watch for Steps {
    fn stage(&self, stage: &'static str) {
        self.0.lock().unwrap().0 = stage;
    }

    fn go_on(&self, work: u64) -> Result<(), Stopped> {
        let mut told = self.0.lock().unwrap();
        let stage = told.0;
        *told.1.entry(stage).or_default() += work;
        Ok(())
    }
}

fn steps(households: usize) -> Result<BTreeMap<&'static str, u64>, Box<dyn Error + Send + Sync>> {
    let folder = std::env::temp_dir().join(format!("evengrid-work-{}-{households}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    city::write(households, 1, &folder)?;
    let mut draft = Draft::default();
    draft.division.level = Some(10);
    let recipe = draft.build()?;
    let layers = read_layers(&folder, &recipe.layers)?;
    std::fs::remove_dir_all(folder)?;
    let steps = Steps::default();
    draw(&layers, &recipe, &steps)?;
    Ok(steps.0.into_inner()?.1)
}

/// Most steps per household that a stage takes in a city of 40,000: half as many again as were counted when this was written.
const MOST: [(&str, f64); 6] = [("territory", 1.7), ("cut", 15.4), ("zones", 0.07), ("partition", 1.8), ("attach", 1.5), ("plan", 1.7)];
/// A stage grows at most with this power of the households.
const EXPONENT: f64 = 1.1;

#[test]
fn stages_take_no_more_steps_than_they_did_and_grow_in_proportion() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (few, many) = (10_000, 40_000);
    let [small, large] = [steps(few)?, steps(many)?];
    for (stage, most) in MOST {
        let [s, l] = [small[stage], large[stage]].map(|n| n as f64);
        println!("{stage}: {s} {l}");
        assert!(l <= most * many as f64, "{stage}: {l} steps, {} per household, at most {most} are expected", l / many as f64);
        let exponent = (l / s).ln() / (many as f64 / few as f64).ln();
        assert!(exponent <= EXPONENT, "{stage}: {s} steps became {l}, an exponent of {exponent:.2}");
    }
    Ok(())
}
