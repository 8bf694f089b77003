//! Bad input, as a user of `draw_plan` meets it: exit code 2, a message with file, feature and remedy, an older plan left whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ADMIN: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"A","admin_level":9,"name":"A"},
"geometry":{"type":"Polygon","coordinates":[[[10,50],[10.02,50],[10.02,50.02],[10,50.02],[10,50]]]}}]}"#;

fn homes(points: &[&str]) -> String {
    let feature =
        |p: &&str| format!(r#"{{"type":"Feature","properties":{{"weight":100}},"geometry":{{"type":"Point","coordinates":{p}}}}}"#);
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, points.iter().map(feature).collect::<Vec<_>>().join(","))
}

fn good_homes() -> String {
    homes(&["[10.001,50.001]", "[10.011,50.002]", "[10.004,50.015]", "[10.016,50.013]"])
}

/// A fresh folder with `layers`.
fn city(name: &str, layers: &[(&str, &str)]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bad_input").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in layers {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

fn draw(folder: &Path, out: &Path, more: &[&str]) -> Output {
    let example = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join("draw_plan");
    assert!(example.exists(), "{} is missing: run the whole of cargo test, or cargo build --examples before", example.display());
    let level = if more.contains(&"--level") { &[][..] } else { &["--level", "9"] };
    Command::new(example).args(level).args(["--target", "200", "--layers"]).arg(folder).arg("--out").arg(out).args(more).output().unwrap()
}

/// Draws a good plan, then `layers` over it, and expects a refusal that says all of `words`.
fn refused(name: &str, layers: &[(&str, &str)], more: &[&str], words: &[&str]) {
    let good = city(&format!("{name}-good"), &[("admin.geojson", ADMIN), ("households.geojson", &good_homes())]);
    let out = good.join("plan");
    let first = draw(&good, &out, &[]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let before = fs::read(out.join("plan.json")).unwrap();

    let second = draw(&city(name, layers), &out, more);
    let message = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{name}: {message}");
    for word in words {
        assert!(message.contains(word), "{name}: '{word}' is not in: {message}");
    }
    assert!(!message.contains("panicked"), "{message}");
    assert_eq!(before, fs::read(out.join("plan.json")).unwrap(), "{name}: the older plan was touched");
}

#[test]
fn a_file_that_is_cut_off() {
    let cut = &good_homes()[..300];
    refused("cut-off", &[("admin.geojson", ADMIN), ("households.geojson", cut)], &[], &["households.geojson", "cut off"]);
}

#[test]
fn coordinates_that_are_none() {
    for (name, point) in [("nan", "[NaN,50.001]"), ("range", "[10.001,95.0]"), ("huge", "[1e400,50.0]")] {
        let bad = homes(&["[10.001,50.001]", point]);
        refused(name, &[("admin.geojson", ADMIN), ("households.geojson", &bad)], &[], &["households.geojson", "record 2"]);
    }
}

#[test]
fn a_polygon_that_crosses_itself() {
    let bow = ADMIN.replace("[10.02,50],[10.02,50.02],[10,50.02]", "[10.02,50.02],[10.02,50],[10,50.02]");
    refused(
        "bow-tie",
        &[("admin.geojson", &bow), ("households.geojson", &good_homes())],
        &[],
        &["admin.geojson", "'A'", "crosses itself", "QGIS"],
    );
}

#[test]
fn no_points() {
    let none = r#"{"type":"FeatureCollection","features":[]}"#;
    refused("no-points", &[("admin.geojson", ADMIN), ("households.geojson", none)], &[], &["households"]);
}

#[test]
fn an_unknown_key_in_the_recipe() {
    let layers =
        [("admin.geojson", ADMIN), ("households.geojson", &*good_homes()), ("recipe.toml", "[grid]\ntarget = 200\ntollerance = 0.2\n")];
    let recipe = city("recipe", &layers).join("recipe.toml");
    refused("recipe-key", &layers, &["--recipe", recipe.to_str().unwrap()], &["recipe.toml", "grid.tollerance", "tolerance"]);
}

#[test]
fn a_level_that_is_not_there() {
    let layers = [("admin.geojson", ADMIN), ("households.geojson", &*good_homes())];
    refused("level", &layers, &["--level", "7"], &["7", "9"]);
}

#[test]
fn a_file_that_the_recipe_names_and_that_is_not_there() {
    let toml = "[layers.base_stations]\nfile = \"/nope/masts.geojson\"\n";
    let layers = [("admin.geojson", ADMIN), ("households.geojson", &*good_homes()), ("recipe.toml", toml)];
    let recipe = city("named", &layers).join("recipe.toml");
    let words = ["/nope/masts.geojson: no such file", "layers.base_stations.file"];
    refused("named-file", &layers, &["--recipe", recipe.to_str().unwrap()], &words);
}

#[test]
fn a_folder_that_cannot_be_written() {
    let folder = city("unwritable", &[("admin.geojson", ADMIN), ("households.geojson", &good_homes()), ("plan", "a file")]);
    let result = draw(&folder, &folder.join("plan"), &[]);
    let message = String::from_utf8_lossy(&result.stderr);
    assert_eq!(result.status.code(), Some(2), "{message}");
    assert!(message.contains("plan") && message.contains("choose a folder"), "{message}");
    assert_eq!(fs::read_to_string(folder.join("plan")).unwrap(), "a file");
}
