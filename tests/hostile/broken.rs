//! Files of every format that are empty, cut off, scrambled or something else than their name says.

use crate::city::{Files, good};
use crate::formats::{endings, homes_as, nobody_as};
use crate::kit::{Expect, FINE, Refused, Row, Told, run};
use std::path::PathBuf;

fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile-scratch").join(name)
}

/// The main file of a layer.
fn main_file<'f>(files: &'f mut Files, ending: &str) -> &'f mut Vec<u8> {
    &mut files.iter_mut().find(|(name, _)| name.ends_with(ending)).expect("the file itself").1
}

/// The homes of a format with its main file changed.
fn changed(name: &str, ending: &str, expect: Expect, change: impl FnOnce(&mut Vec<u8>)) -> Row {
    let mut files = homes_as(ending, &scratch(&format!("{ending}-{}", name.replace(' ', "-"))));
    change(main_file(&mut files, ending));
    good().all(files).row(format!("{ending}: {name}"), expect).naming("households")
}

/// Bytes without any order, the same every time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let byte = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(byte).collect()
}

#[test]
fn whole_files_are_read() {
    run("whole", endings().into_iter().map(|ending| changed("whole", ending, FINE, |_| {})).collect());
}

#[test]
fn empty_files_and_single_bytes() {
    let empty = |ending: &str| match ending {
        "geojson" | "geojsonl" => Refused(&["empty", "FeatureCollection"]),
        "csv" | "tsv" => Refused(&["an empty file", "header"]),
        "geojson.gz" | "csv.gz" => Refused(&["gzip"]),
        "shp" => Refused(&["copy all parts of the shapefile"]),
        "kml" => Refused(&["no XML"]),
        _ => Refused(&["file that can be read", "export it again"]),
    };
    let byte = |ending: &str| match ending {
        "geojson" | "geojsonl" => Refused(&["text that starts with 'x'", "export the layer"]),
        "csv" | "tsv" => Refused(&["no household point"]),
        other => empty(other),
    };
    let rows = endings()
        .into_iter()
        .flat_map(|e| [changed("empty", e, empty(e), |b| b.clear()), changed("one byte", e, byte(e), |b| *b = b"x".to_vec())]);
    run("empty", rows.collect());
}

#[test]
fn cut_off_files() {
    let quarter = |ending: &str| match ending {
        "csv" | "tsv" => Told("file-odd"),
        "geojson" | "geojson.gz" => Refused(&["cut off"]),
        "csv.gz" => Refused(&["gzip data is damaged", "compress the file again"]),
        "kml" => Refused(&["after record", "export"]),
        "geojsonl" => Refused(&["cut off after record"]),
        "shp" => Refused(&["copy all parts of the shapefile"]),
        _ => Refused(&["export it again"]),
    };
    let byte = |ending: &str| match ending {
        // what is missing says nothing
        "geojson" | "geojsonl" | "kml" => FINE,
        "gpkg" => Refused(&["shorter than it says"]),
        "shp" => Told("feature-malformed"),
        other => quarter(other),
    };
    let parts = [("a quarter", 1), ("a half", 2), ("three quarters", 3)];
    let mut rows = Vec::new();
    for ending in endings() {
        for (name, quarters) in parts {
            rows.push(changed(name, ending, quarter(ending), |b| b.truncate(b.len() * quarters / 4)));
        }
        rows.push(changed("all but one byte", ending, byte(ending), |b| b.truncate(b.len() - 1)));
    }
    run("cut-off", rows);
}

#[test]
fn wrong_beginnings_and_noise() {
    let wrong = |ending: &str| match ending {
        "geojson" | "geojsonl" => Refused(&["export"]),
        "csv" | "tsv" => Refused(&["header"]),
        "geojson.gz" | "csv.gz" => Refused(&["no gzip file although its name says so"]),
        "shp" => Refused(&["copy all parts of the shapefile"]),
        "kml" => Refused(&["XML"]),
        _ => Refused(&["file that can be read", "export it again"]),
    };
    let first = |ending: &str| match ending {
        "csv" | "tsv" => Refused(&["record 1", "fields where the header has"]),
        // its end says where everything is
        "parquet" => FINE,
        other => wrong(other),
    };
    let zeros = |ending: &str| if matches!(ending, "csv" | "tsv") { Refused(&["no household point"]) } else { wrong(ending) };
    let rows = endings().into_iter().flat_map(|e| {
        [
            changed("wrong first bytes", e, first(e), |b| b.iter_mut().take(4).for_each(|b| *b ^= 0xff)),
            changed("noise", e, wrong(e), |b| *b = noise(1000)),
            changed("zeros", e, zeros(e), |b| *b = vec![0; 1000]),
        ]
    });
    run("wrong", rows.collect());
}

/// Each format under the name of the next.
#[test]
fn files_under_the_name_of_another_format() {
    let plain = ["geojson", "csv", "shp", "fgb", "parquet", "kml"];
    let mut rows = Vec::new();
    for is in plain {
        for called in endings().into_iter().filter(|c| *c != is) {
            let expect = match (is, called) {
                ("geojson", "geojsonl") => FINE,
                ("csv", "tsv") => FINE,
                ("geojson", "csv" | "tsv") => Refused(&["JSON", ".geojson"]),
                ("shp" | "kml", "csv" | "tsv") => Refused(&["no position", "x and y of the layer"]),
                (_, "csv" | "tsv") => Refused(&["header"]),
                (_, "geojson.gz" | "csv.gz") => Refused(&["no gzip file although its name says so"]),
                (_, "shp") => Refused(&["copy all parts of the shapefile"]),
                (_, "kml") => Refused(&["XML"]),
                (_, "geojson" | "geojsonl") => Refused(&["export"]),
                _ => Refused(&["file that can be read", "export it again"]),
            };
            let mut other = homes_as(is, &scratch(&format!("{is}-as-{called}")));
            let bytes = std::mem::take(main_file(&mut other, is));
            rows.push(changed(&format!("is a {is}"), called, expect, |b| *b = bytes));
        }
    }
    run("other-format", rows);
}

#[test]
fn files_without_features() {
    let row = |ending: &'static str| {
        let files = nobody_as(ending, &scratch(&format!("{ending}-nobody")));
        let words: &[&str] = if ending == "geojsonl" { &["the file is empty"] } else { &["no household point among 0 features"] };
        let expect = Refused(words);
        good().all(files).row(format!("{ending}: nobody"), expect).naming(format!("households.{ending}"))
    };
    run("nobody", endings().into_iter().map(row).collect());
}
