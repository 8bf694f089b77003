//! Folders that the tests read, and the writers that they disturb.

use crate::example;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Files of a folder by their path in it, also hidden ones.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

pub fn files(folder: &Path) -> Files {
    let mut all = Files::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(inside) = open.pop() {
        for path in fs::read_dir(&inside).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => open.push(path),
                false => drop(all.insert(path.strip_prefix(folder).unwrap().to_path_buf(), fs::read(&path).unwrap())),
            }
        }
    }
    all
}

/// The same without the seconds that stages took.
pub fn timeless(mut files: Files) -> Files {
    if let Some(report) = files.get_mut(Path::new("report.json")) {
        let mut json: serde_json::Value = serde_json::from_slice(report).unwrap();
        json["stages"] = serde_json::Value::Null;
        *report = json.to_string().into_bytes();
    }
    files
}

/// A fresh folder with these files.
pub fn folder(name: &str, files: &Files) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults").join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    for (name, bytes) in files {
        fs::create_dir_all(path.join(name).parent().unwrap()).unwrap();
        fs::write(path.join(name), bytes).unwrap();
    }
    path
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub fn stderr(output: &Output) -> Cow<'_, str> {
    String::from_utf8_lossy(&output.stderr)
}

fn succeeds(mut command: Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", stderr(&output));
}

/// A square with a road and households in rows, of which each has so many.
fn layers(weight: usize) -> Files {
    let at = |i: usize| 10.0 + 0.002 * i as f64;
    let collection = |features: Vec<String>| format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", features.join(",\n"));
    let feature = |properties: &str, kind: &str, at: &str| {
        format!(r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"{kind}","coordinates":{at}}}}}"#)
    };
    let square = "[[[9.999,49.999],[10.021,49.999],[10.021,50.021],[9.999,50.021],[9.999,49.999]]]";
    let home = |i: usize| {
        let properties = format!(r#""id":"h{i}","weight":{}"#, weight + i % 3);
        feature(&properties, "Point", &format!("[{:.4},{:.4}]", at(i % 11), 40.0 + at(i / 11)))
    };
    let admin = feature(r#""id":"A","admin_level":9,"name":"A""#, "Polygon", square);
    let road = feature(r#""id":"r","class":"primary""#, "LineString", "[[9.9,50.0105],[10.1,50.0105]]");
    let layer = |name: &str, features| (PathBuf::from(name).with_extension("geojson"), collection(features).into_bytes());
    [layer("admin", vec![admin]), layer("roads", vec![road]), layer("households", (0..121).map(home).collect())].into()
}

/// Folders that all tests read.
pub struct Land {
    pub layers: PathBuf,
    pub later: PathBuf,
    pub plan: PathBuf,
    /// One file of layers in every format that has one.
    pub converted: BTreeMap<&'static str, PathBuf>,
}

const FORMATS: [&str; 5] = ["geojson", "csv", "shp", "gpkg", "parquet"];

pub static LAND: LazyLock<Land> = LazyLock::new(|| {
    let (layers, later) = (folder("layers", &layers(5)), folder("later", &layers(6)));
    let plan = folder("plan", &Files::new());
    succeeds(draw(&layers, 60, &plan));
    let converted = |format: &'static str| {
        let out = folder(&format!("converted-{format}"), &Files::new());
        succeeds(convert(&layers.join("households.geojson"), format, &out));
        (format, out)
    };
    Land { converted: FORMATS.map(converted).into(), layers, later, plan }
});

pub fn run(example: &str, args: &[&str]) -> Command {
    let mut command = example::command(example);
    command.args(args);
    command
}

pub fn draw(layers: &Path, target: usize, out: &Path) -> Command {
    let target = target.to_string();
    run("draw_plan", &["--layers", text(layers), "--level", "9", "--effort", "quick", "--target", &target, "--out", text(out)])
}

/// Converts one file into a folder.
fn convert(file: &Path, format: &str, out: &Path) -> Command {
    let out = if format == "gpkg" { out.join("households.gpkg") } else { out.to_path_buf() };
    run("convert_layers", &["--from", text(file), "--to", format, "--out", text(&out)])
}

/// Something that writes into a folder.
pub struct Writer {
    pub name: String,
    /// What is there before.
    pub old: Files,
    /// What is there after it, but for times.
    pub new: Files,
    pub took: Duration,
    pub command: Box<dyn Fn(&Path) -> Command + Send + Sync>,
}

impl Writer {
    fn new(name: &str, old: Files, command: impl Fn(&Path) -> Command + Send + Sync + 'static) -> Writer {
        let out = folder(&format!("new-{name}"), &old);
        let since = Instant::now();
        succeeds(command(&out));
        Writer { name: name.to_string(), old, new: timeless(files(&out)), took: since.elapsed(), command: Box::new(command) }
    }

    pub fn finishes(&self, out: &Path) {
        succeeds((self.command)(out));
        let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
        let found = timeless(files(out));
        assert_eq!(names(&found), names(&self.new), "{}", self.name);
        assert!(found == self.new, "{}: the next run writes something else", self.name);
    }
}

pub static WRITERS: LazyLock<Vec<Writer>> = LazyLock::new(|| {
    let Land { layers, later, plan, .. } = &*LAND;
    let old = files(plan);
    let follow = |example: &'static str, layers: &'static Path| {
        let command = move |out: &Path| run(example, &["--plan", text(plan), "--layers", text(layers), "--out", text(out)]);
        Writer::new(example, old.clone(), command)
    };
    let mut writers = vec![
        Writer::new("draw_plan", old.clone(), |out| draw(layers, 90, out)),
        follow("rebalance_after_census", later),
        follow("accept_edits", layers),
    ];
    writers.extend(FORMATS.map(|format| {
        let converted = files(&LAND.converted[format]);
        Writer::new(&format!("convert_layers-{format}"), converted, move |out| convert(&later.join("households.geojson"), format, out))
    }));
    writers
});
