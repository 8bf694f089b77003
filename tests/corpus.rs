//! Every input that a fuzzer once found, and random changes of small good files, go through the bodies of `fuzz`: none may panic or break a law.
//!
//! `EVENGRID_ROUNDS=100000 cargo test --release --test corpus` looks for longer. What is found stands in `target/tmp/corpus`; put it into
//! `testdata/corpus` under the name of its target. `cargo test --test corpus -- --ignored` writes the seeds there for libFuzzer.

#[path = "../fuzz/bodies.rs"]
mod bodies;

use bodies::TARGETS;
use evengrid::crs::Crs;
use evengrid::io::{Features, plan_files, read_layers};
use evengrid::pipeline::draw;
use evengrid::recipe::{Draft, Recipe};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Changes of every seed, unless the environment says more.
const ROUNDS: usize = 60;

const FEATURES: &str = concat!(
    r#"{"type":"FeatureCollection","features":["#,
    r#"{"type":"Feature","id":7,"properties":{"id":"a","weight":1.5,"name":"建设路","ok":true},"geometry":{"type":"Point","coordinates":[113.2,30.3]}},"#,
    r#"{"type":"Feature","properties":{"id":"b","weight":2,"name":null,"ok":false},"geometry":{"type":"Point","coordinates":[113.21,30.31]}}]}"#
);
const AREAS: &str = concat!(
    r#"{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}}"#,
    "\n",
    r#"{"type":"Feature","properties":{"id":"b"},"geometry":{"type":"MultiPolygon","coordinates":[[[[20,0],[21,0],[21,1],[20,0]]]]}}"#,
    "\n"
);
const KML: &str = r#"<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark id="a"><name>x</name><ExtendedData><Data name="w"><value>1</value></Data></ExtendedData><Point><coordinates>113.2,30.3</coordinates></Point></Placemark></Document></kml>"#;
const TABLE: &str = "id,lon,lat,weight,name\na,113.2,30.3,1,\"x, y\"\nb,113.21,30.31,2,建设路\n";

fn place(target: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The features of a text in the format of another name.
fn written(target: &str, from: (&str, &str), name: &str) -> Vec<u8> {
    let folder = place(target).join("made");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(from.0), from.1).unwrap();
    let features = Features::read(&folder.join(from.0), &Recipe::default().layers.households).unwrap();
    features.write(&folder.join(name), &Crs::wgs84()).unwrap();
    fs::read(folder.join(name)).unwrap()
}

fn both_files(from: (&str, &str)) -> Vec<u8> {
    let shapes = written("shapefile", from, "f.shp");
    let table = fs::read(place("shapefile").join("made/f.dbf")).unwrap();
    [&(shapes.len() as u16).to_le_bytes(), &shapes[..], &table].concat()
}

fn packed(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

/// A plan of one division and a few grids.
fn small_plan() -> Vec<u8> {
    let mut draft = Draft::default();
    (draft.division.level, draft.division.scheme) = (Some(8), Some("civil".into()));
    draft.grid.target = Some(2000.0);
    draft.effort.level = Some("quick".into());
    let recipe = draft.build().unwrap();
    let town = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");
    let drawn = draw(&read_layers(town.as_ref(), &recipe.layers).unwrap(), &recipe, &()).unwrap();
    plan_files::plan_json(&drawn.plan).unwrap().into_bytes()
}

/// Small good inputs of a target, and what its corpus holds.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let (points, areas) = (("f.geojson", FEATURES), ("f.geojsonl", AREAS));
    let mut seeds = match target {
        "geojson" => vec![FEATURES.into()],
        "sequence" => vec![AREAS.into(), AREAS.replace("{\"type\":\"Feature\"", "\u{1e}{\"type\":\"Feature\"").into()],
        "gzip" => vec![packed(FEATURES)],
        "table" => vec![TABLE.into(), TABLE.replace(',', ";").into(), "WKT,id\n\"POINT (1 2)\",a\n".into()],
        "shapefile" => vec![both_files(points), both_files(areas)],
        #[cfg(feature = "geopackage")]
        "geopackage" => vec![written(target, points, "f.gpkg")],
        "parquet" => vec![written(target, points, "f.parquet"), written(target, areas, "f.parquet")],
        "kml" => vec![KML.into()],
        "recipe" => vec![include_str!("../src/recipe/presets/default.toml").into(), "extends = \"telecom\"\n[grid]\ntarget = 9".into()],
        "cut" => vec![(0..120).map(|i| (i * 37 % 251) as u8).collect()],
        "partition" => vec![(0..200).map(|i| (i * 91 % 241) as u8).collect(), vec![30, 9, 20, 3]],
        "plan" => vec![small_plan()],
        _ => Vec::new(),
    };
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(own).into_iter().flatten().map(|e| e.unwrap().path()).collect();
    files.sort();
    seeds.extend(files.into_iter().map(|f| fs::read(f).unwrap()));
    seeds
}

/// Some bytes changed, cut off, put in, doubled or replaced by those of another seed.
fn changed(seed: &[u8], other: &[u8], rng: &mut TestRng) -> Vec<u8> {
    let mut out = seed.to_vec();
    let below = |rng: &mut TestRng, n: usize| (rng.next_u64() % n.max(1) as u64) as usize;
    for _ in 0..1 + below(rng, 4) {
        let (at, length) = (below(rng, out.len()), 1 + below(rng, 40));
        let end = (at + length).min(out.len());
        match below(rng, 8) {
            0 if !out.is_empty() => out[at] ^= 1 << below(rng, 8),
            1 if !out.is_empty() => out[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'-'][below(rng, 8)],
            2 => out.truncate(at),
            3 => drop(out.drain(at..end)),
            4 => {
                let again = out[at..end].to_vec();
                out.splice(at..at, again);
            }
            5 => {
                let value = [0u32, 1, u32::MAX, 1 << 31, 1 << 20][below(rng, 5)].to_le_bytes();
                out.iter_mut().skip(at).zip(value).for_each(|(o, v)| *o = v);
            }
            6 if !other.is_empty() => {
                let from = below(rng, other.len());
                let part = other[from..(from + length).min(other.len())].to_vec();
                out.splice(at..end, part);
            }
            _ => out.splice(at..at, (0..length).map(|_| 0x20 + (length as u8) % 0x5e).collect::<Vec<_>>()).for_each(drop),
        }
    }
    out
}

fn hunt(target: &str) {
    let body = TARGETS.iter().find(|t| t.0 == target).unwrap().1;
    let rounds = std::env::var("EVENGRID_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let seeds = seeds(target);
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let run = |input: &[u8]| {
        if catch_unwind(AssertUnwindSafe(|| body(input))).is_err() {
            let file = place(target).join(format!("found-{}", input.len()));
            fs::write(&file, input).unwrap();
            panic!("{target}: see {}", file.display());
        }
    };
    seeds.iter().for_each(|s| run(s));
    for round in 0..rounds {
        for (i, seed) in seeds.iter().enumerate() {
            // plans are large, and their text alone is looked at
            if seed.len() < 100_000 || round % 10 == 0 {
                run(&changed(seed, &seeds[(i + 1) % seeds.len()], &mut rng));
            }
        }
    }
}

macro_rules! hunts {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            hunt(stringify!($name));
        })*

        #[test]
        fn all_targets_are_run() {
            assert_eq!([$(stringify!($name)),*], TARGETS.map(|t| t.0));
        }
    };
}

hunts!(geojson, sequence, gzip, table, shapefile, geopackage, flatgeobuf, parquet, kml, recipe, cut, partition, plan);

#[test]
#[ignore = "writes seeds for a fuzzer"]
fn seeds_are_written() {
    for (target, _) in TARGETS {
        for (i, seed) in seeds(target).iter().enumerate() {
            fs::write(place(target).join(format!("seed-{i}")), seed).unwrap();
        }
    }
}
