//! A made city is the same for the same seed, and whole: its divisions tile it and hold every household.

#[path = "../examples/make_metropolis/city/mod.rs"]
mod city;

use evengrid::finding::Severity;
use evengrid::io::read_layers;
use evengrid::recipe::Draft;
use evengrid::territory::territory;
use std::error::Error;
use std::path::PathBuf;

const HOUSEHOLDS: usize = 20_000;

fn made(name: &str, seed: u64) -> Result<PathBuf, city::Failure> {
    let folder = std::env::temp_dir().join(format!("evengrid-metropolis-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    city::write(HOUSEHOLDS, seed, &folder)?;
    Ok(folder)
}

#[test]
fn same_seed_same_bytes() -> Result<(), Box<dyn Error + Send + Sync>> {
    let [one, again, other] = [made("one", 1)?, made("again", 1)?, made("other", 2)?];
    for entry in std::fs::read_dir(&one)? {
        let name = entry?.file_name();
        let text = std::fs::read(one.join(&name))?;
        assert!(text == std::fs::read(again.join(&name))?, "{} differs", name.display());
        assert!(text != std::fs::read(other.join(&name))?, "{} does not", name.display());
    }
    for folder in [one, again, other] {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}

#[test]
fn every_level_is_whole() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = made("whole", 3)?;
    for level in [5, 6, 8, 10] {
        let mut draft = Draft::default();
        draft.division.level = Some(level);
        let recipe = draft.build()?;
        let found = territory(&read_layers(&folder, &recipe.layers)?, &recipe, &())?;
        let amiss: Vec<String> = found.findings.iter().filter(|f| f.severity != Severity::Info).map(|f| f.to_string()).collect();
        assert!(amiss.is_empty(), "level {level}: {amiss:?}");
        assert_eq!(found.points.len(), HOUSEHOLDS, "level {level}");
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
