//! `cut_units` as a user meets it: lines and a boundary in, a table of units and borders out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SQUARE: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"A"},
"geometry":{"type":"Polygon","coordinates":[[[10,50],[10.02,50],[10.02,50.02],[10,50.02],[10,50]]]}}]}"#;

fn lines(all: &[(&str, &str)]) -> String {
    let feature = |(class, c): &(&str, &str)| {
        format!(r#"{{"type":"Feature","properties":{{"class":"{class}"}},"geometry":{{"type":"LineString","coordinates":{c}}}}}"#)
    };
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, all.iter().map(feature).collect::<Vec<_>>().join(","))
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cut_units").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("land.geojson"), SQUARE).unwrap();
    folder
}

fn run(folder: &Path, files: &[&str], more: &[&str]) -> Output {
    let example = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join("cut_units");
    let mut command = Command::new(example);
    for file in files {
        command.arg("--lines").arg(folder.join(file));
    }
    command.arg("--out").arg(folder.join("units")).args(more).output().unwrap()
}

#[test]
fn four_blocks_and_their_borders() {
    let folder = folder("cross");
    // a dead end, a line twice, and a class that no recipe knows
    let cross = lines(&[
        ("alley, narrow", "[[9.99,50.01],[10.03,50.01]]"),
        ("primary", "[[10.01,49.99],[10.01,50.03]]"),
        ("primary", "[[10.01,50.03],[10.01,49.99]]"),
        ("primary", "[[10.005,50.005],[10.008,50.003]]"),
    ]);
    fs::write(folder.join("streets.geojson"), cross).unwrap();
    let boundary = folder.join("land.geojson");
    let done = run(&folder, &["streets.geojson"], &["--boundary", boundary.to_str().unwrap()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let table = fs::read_to_string(folder.join("units/borders.csv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|l| l.splitn(5, ',').collect()).collect();
    let between: Vec<_> = rows.iter().filter(|r| !r[1].is_empty()).collect();
    assert_eq!((between.len(), rows.len()), (4, 8), "{table}");
    assert_eq!(between.iter().filter(|r| r[4] == "primary,80").count(), 2, "{table}");
    assert_eq!(between.iter().filter(|r| r[4] == "\"alley, narrow\",50").count(), 2, "{table}");
    let units: serde_json::Value = serde_json::from_str(&fs::read_to_string(folder.join("units/units.geojson")).unwrap()).unwrap();
    let areas: Vec<f64> = units["features"].as_array().unwrap().iter().map(|f| f["properties"]["area_m2"].as_f64().unwrap()).collect();
    assert_eq!(areas.len(), 4);
    assert!(areas.iter().all(|a| (a / areas[0] - 1.0).abs() < 1e-3), "{areas:?}");
}

#[test]
fn what_is_missing_is_told() {
    let folder = folder("missing");
    let boundary = folder.join("land.geojson");
    let absent = run(&folder, &["nothing.geojson"], &["--boundary", boundary.to_str().unwrap()]);
    let message = String::from_utf8_lossy(&absent.stderr);
    assert_eq!(absent.status.code(), Some(2));
    assert!(message.contains("nothing.geojson"), "{message}");
    assert_eq!(run(&folder, &["land.geojson"], &[]).status.code(), Some(2));
}
