//! What is done with the bytes of a fuzzer, by target. Each body may refuse its input, but never panics, hangs or breaks a law.
//!
//! `fuzz/targets` hands these to libFuzzer, `tests/corpus.rs` runs them over the corpus and random changes of it.

use evengrid::cut::faces;
use evengrid::graph::{Edge, UnitGraph};
use evengrid::io::{Features, Limits, Reader, plan_files, plan_read, read_households};
use evengrid::measure::{Band, Load};
use evengrid::partition::{Count, Locks, Problem, adjust, partition};
use evengrid::recipe::{Draft, Effort, LayerSource, Recipe};
use evengrid::territory::Barrier;
use evengrid::territory::lattice::Pt;
use evengrid::watch::Guard;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A body by its name.
pub type Body = fn(&[u8]);

/// All targets.
pub const TARGETS: [(&str, Body); 13] = [
    ("geojson", |data| features("f.geojson", data)),
    ("sequence", |data| features("f.geojsonl", data)),
    ("gzip", |data| features("f.geojson.gz", data)),
    ("table", |data| features("f.csv", data)),
    ("shapefile", shapefile),
    ("geopackage", |data| features("f.gpkg", data)),
    ("flatgeobuf", |data| features("f.fgb", data)),
    ("parquet", |data| features("f.parquet", data)),
    ("kml", |data| features("f.kml", data)),
    ("recipe", recipe),
    ("cut", lines),
    ("partition", graph),
    ("plan", plan),
];

/// A folder of this process alone, in memory where there is such a place.
fn folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let above = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    let thread = format!("{:?}", std::thread::current().id());
    let number: String = thread.chars().filter(char::is_ascii_digit).collect();
    above.join(format!("evengrid-fuzz-{}-{number}", std::process::id()))
}

/// Runs with files of these names in a folder of their own.
fn with_files(files: &[(&str, &[u8])], run: impl FnOnce(&Path)) {
    let folder = folder();
    std::fs::create_dir_all(&folder).expect("a folder to work in");
    files.iter().for_each(|(name, data)| std::fs::write(folder.join(name), data).expect("room for a file"));
    run(&folder);
    std::fs::remove_dir_all(&folder).expect("the folder is still there");
}

fn as_it_says() -> LayerSource {
    Recipe::default().layers.households
}

/// Reads a file for its own sake, as households, and as a folder or as all layers; what was read can be written.
fn features(name: &str, data: &[u8]) {
    with_files(&[(name, data)], |folder| look(folder, name));
}

/// The length of the first part in two bytes, the shapes, then the table.
fn shapefile(data: &[u8]) {
    let Some((length, rest)) = data.split_first_chunk::<2>() else { return };
    let (shapes, table) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
    with_files(&[("f.shp", shapes), ("f.dbf", table)], |folder| look(folder, "f.shp"));
}

fn look(folder: &Path, name: &str) {
    let path = folder.join(name);
    let limits = Limits { features: 100_000, positions: 1_000_000 };
    let map = Recipe::default().layers;
    let _ = read_households(&path, &map);
    let _ = Reader::default().limits(limits).layers(&path, &map);
    if let Ok(read) = Features::read(&path, &as_it_says()) {
        let again = folder.join("again.geojson");
        if read.write(&again, &evengrid::crs::Crs::wgs84()).is_ok() {
            let back = Features::read(&again, &as_it_says()).expect("what was written is read");
            assert_eq!(back.len(), read.len(), "features are lost on the way");
        }
    }
}

/// A recipe that is accepted is written and accepted again, as the same.
fn recipe(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(recipe) = Draft::from_toml(text).and_then(Draft::build) {
        let written = Draft::from(recipe.clone()).to_toml().expect("a recipe is written");
        let again = Draft::from_toml(&written).and_then(Draft::build).expect("what was written is a recipe");
        assert_eq!(again, recipe, "{written}");
    }
}

/// Numbers out of bytes, zeros when they are used up.
struct Numbers<'d>(&'d [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(f, r)| (*f, r));
        self.0 = rest;
        first
    }

    fn wide(&mut self) -> i64 {
        i64::from(i16::from_le_bytes([self.next(), self.next()]))
    }
}

/// Lines on a lattice: faces obey Euler's formula.
fn lines(data: &[u8]) {
    let mut numbers = Numbers(data);
    let scale = [1, 1000, 50_000_000][usize::from(numbers.next() % 3)];
    let mut all = Vec::new();
    while !numbers.0.is_empty() && all.len() < 60 {
        let positions = 2 + usize::from(numbers.next() % 5);
        let line = (0..positions).map(|_| Pt { x: numbers.wide() * scale, y: numbers.wide() * scale }).collect();
        all.push(Barrier { class: 1, line });
    }
    let found = faces(&all, &()).expect("nobody stops it");
    let sides: Vec<_> = found.sides().collect();
    let points: BTreeSet<Pt> = sides.iter().flat_map(|s| [s.a, s.b]).collect();
    let place = |p: Pt| points.range(..p).count();
    let mut root: Vec<usize> = (0..points.len()).collect();
    fn top(root: &mut [usize], mut at: usize) -> usize {
        while root[at] != at {
            root[at] = root[root[at]];
            at = root[at];
        }
        at
    }
    for s in &sides {
        let (a, b) = (top(&mut root, place(s.a)), top(&mut root, place(s.b)));
        root[a] = b;
    }
    let pieces = (0..root.len()).filter(|&i| root[i] == i).count();
    assert_eq!(points.len() + found.count(), sides.len() + pieces, "vertices, faces, edges and pieces");
}

/// A small graph: parts are whole, in one piece each, and hold all of the load; an adjustment of them as well.
fn graph(data: &[u8]) {
    let mut numbers = Numbers(data);
    let n = 1 + usize::from(numbers.next() % 60);
    let target = Load(1 + i64::from(numbers.next()) * 20);
    let tolerance = f64::from(numbers.next() % 50) / 100.0;
    let seed = u64::from(numbers.next());
    let loads: Vec<Load> = (0..n).map(|_| Load(i64::from(numbers.next()) * 10)).collect();
    let mut edges = Vec::new();
    while !numbers.0.is_empty() && edges.len() < 400 {
        let (a, b) = (u32::from(numbers.next()) % n as u32, u32::from(numbers.next()) % n as u32);
        edges.push(Edge { a, b, cost: u32::from(numbers.next()) });
    }
    let Ok(graph) = UnitGraph::new(1, loads.clone(), &edges, None) else { return };
    let effort = Effort { starts: 2, passes: 1, windows: 20 };
    let bands = vec![Band::around(target, tolerance)];
    let problem = Problem { graph, bands, count: Count::ForBand, locks: Locks::default(), seed, effort };
    let holds = |part_of: &[u32]| {
        let parts = part_of.iter().max().map_or(0, |p| p + 1);
        let (pieces, own) = (evengrid::partition::pieces(&problem.graph, part_of), part_of.iter().collect::<BTreeSet<_>>().len());
        assert_eq!(own as u32, parts, "a part is empty");
        assert_eq!(pieces.iter().max().map_or(0, |p| p + 1), parts, "a part is in pieces");
    };
    let guard = Guard::new(&()).work(10_000_000);
    let Ok(drawn) = partition(&problem, &guard) else { return };
    holds(drawn.assignment.part_of());
    let sum = |of: &evengrid::partition::Assignment| (0..of.grids()).map(|p| of.loads(p)[0]).sum::<Load>();
    assert_eq!(sum(&drawn.assignment), loads.iter().copied().sum());
    let before: Vec<Option<u32>> = drawn.assignment.part_of().iter().enumerate().map(|(u, &p)| (u % 7 != 3).then_some(p)).collect();
    if let Ok(adjusted) = adjust(&problem, &before, None, &guard) {
        holds(adjusted.partitioned.assignment.part_of());
        assert_eq!(sum(&adjusted.partitioned.assignment), loads.iter().copied().sum());
    }
}

/// A plan that is read is written and read as the same.
fn plan(data: &[u8]) {
    with_files(&[("plan.json", data), ("grids.geojson", data)], |folder| {
        let _ = plan_read::read_plan(folder);
        let _ = plan_read::read_any(&folder.join("grids.geojson"), None);
        if let Ok(plan) = plan_read::whole(folder) {
            let written = plan_files::plan_json(&plan).expect("a plan is written");
            std::fs::write(folder.join("plan.json"), &written).expect("room for a file");
            let again = plan_read::whole(folder).expect("what was written is a plan");
            assert_eq!(plan_files::plan_json(&again).expect("a plan is written"), written);
            let _ = plan_files::grids_geojson(&plan);
        }
    });
}
