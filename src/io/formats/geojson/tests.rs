//! Sequences of features, and what must not be taken for one.

use super::each_feature;
use crate::io::error::ReadError;
use crate::io::formats::feature::Reading;
use crate::io::testing::{Folder, Kept, names, run};
use proptest::prelude::*;
use std::io::Write;

fn get(name: &str, bytes: impl AsRef<[u8]>) -> Result<Kept, ReadError> {
    let folder = Folder::new();
    folder.write(name, bytes);
    let mut kept = Kept::default();
    let read = each_feature(&folder.path().join(name), name, &names(&["id"]), &Reading::default(), &mut kept)?;
    assert_eq!(read.features as usize, kept.features.len() + kept.malformed.len());
    Ok(kept)
}

fn feature(id: &str) -> String {
    format!(r#"{{"geometry":{{"type":"Point","coordinates":[118.5,32.25]}},"type":"Feature","properties":{{"id":"{id}"}}}}"#)
}

fn pretty(id: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&feature(id)).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn every_dress_of_a_sequence_and_of_a_collection(ids in prop::collection::vec("[a-z一-龥]{1,6}", 1..12), dress in 0usize..7, gzip in any::<bool>()) {
        let compact: Vec<_> = ids.iter().map(|i| feature(i)).collect();
        let spread: Vec<_> = ids.iter().map(|i| pretty(i)).collect();
        let text = match dress {
            0 => compact.join("\n"),
            1 => format!("\u{feff}{}\r\n\r\n", compact.join("\r\n\r\n")),
            2 => compact.iter().map(|f| format!("\u{1e}{f}\n")).collect(),
            3 => spread.iter().map(|f| format!("\u{1e}{f}\n")).collect(),
            4 => spread.join("\n"),
            5 => format!("{{\"type\": \"FeatureCollection\",\n\"features\": [\n{}\n]}}", spread.join(",\n")),
            _ => format!("{{\"features\": [\n{}\n], \"type\": \"FeatureCollection\"}}", compact.join(",\n")),
        };
        let mut bytes = text.into_bytes();
        if gzip {
            let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
            packed.write_all(&bytes).unwrap();
            bytes = packed.finish().unwrap();
        }
        let kept = get("t.geojsonl", &bytes).unwrap();
        prop_assert_eq!(kept.texts().concat(), ids);
        prop_assert!(kept.malformed.is_empty());
    }

    #[test]
    fn a_damaged_line_costs_no_other(damage in 1usize..4, at in 0usize..80, byte in any::<u8>()) {
        prop_assume!(byte != b'\n');
        let mut lines: Vec<_> = ["a", "b", "c", "d"].map(|i| feature(i).into_bytes()).to_vec();
        let line = &mut lines[damage];
        let n = line.len();
        line[at % n] = byte;
        let kept = get("t.ndjson", lines.iter().flat_map(|l| [l.as_slice(), b"\n"].concat()).collect::<Vec<u8>>()).unwrap();
        let whole: Vec<u64> = kept.features.iter().map(|f| f.0).filter(|r| *r != damage as u64 + 1).collect();
        prop_assert_eq!(whole, [1, 2, 3, 4].into_iter().filter(|r| *r != damage as u64 + 1).collect::<Vec<_>>());
    }
}

#[test]
fn lines_that_are_no_feature() {
    let text = [feature("a").as_str(), r#"{"type":"Point","coordinates":[1,2]}"#, "{\"type\":\"Feature\"", "17", feature("b").as_str(), ""]
        .join("\n");
    let kept = get("t.geojsons", text).unwrap();
    assert_eq!(kept.texts().concat(), ["a", "b"]);
    assert_eq!(kept.malformed.iter().map(|m| m.0).collect::<Vec<_>>(), [2, 3, 4]);
    // the last line ends inside a feature
    let cut = format!("{}\n{}", feature("a"), &feature("b")[..30]);
    assert!(matches!(get("t.geojsons", cut), Err(ReadError::Truncated { after: 1, .. })));
    assert_eq!(get("one.geojson", pretty("x")).unwrap().texts().concat(), ["x"]);
    assert!(matches!(get("t.geojson", r#"{"type":"Point","coordinates":[1,2]}"#), Err(ReadError::NotFeatureCollection { .. })));
    assert!(matches!(get("t.geojson", ""), Err(ReadError::NotFeatureCollection { .. })));
    assert!(matches!(get("t.geojson", &pretty("x")[..40]), Err(ReadError::Truncated { .. })));
}

#[test]
fn sequences_of_gdal() {
    let folder = Folder::new();
    folder.write("in.geojson", format!("{{\"type\":\"FeatureCollection\",\"features\":[{},{}]}}", feature("鼓楼"), feature("007")));
    for option in ["RS=YES", "RS=NO"] {
        let Some(_) = run(&folder.path(), "ogr2ogr", &["-overwrite", "-f", "GeoJSONSeq", "-lco", option, "out.geojsonl", "in.geojson"])
        else {
            return;
        };
        let mut kept = Kept::default();
        each_feature(&folder.path().join("out.geojsonl"), "out.geojsonl", &names(&["id"]), &Reading::default(), &mut kept).unwrap();
        assert_eq!(kept.texts().concat(), ["鼓楼", "007"], "{option}");
        assert_eq!(kept.features[0].2.place(), Some([118.5, 32.25]));
        std::fs::remove_file(folder.path().join("out.geojsonl")).unwrap();
    }
}

/// A collection that takes several blocks: most features as usual, some not, with texts in them that look like the beginning of another.
#[test]
fn threads_that_read_ahead_find_the_same() {
    let decoy = r#"{"x":{"type":"Feature","n":[{"type":"Feature"}]},"id":"d"}"#;
    let text = |every: usize, damage: Option<usize>| {
        let one = |i: usize| match i {
            _ if Some(i) == damage => r#"{"type":"Feature","properties":nan}"#.to_string(),
            _ if i % every == 1 => format!(r#"{{"type":"Feature","properties":{decoy},"geometry":null}}"#),
            _ if i % every == 2 => r#"{"type":"Feature","properties":{"\u0069d":"escaped"},"geometry":null}"#.to_string(),
            _ if i % every == 3 => r#"{"type":"Point"}"#.to_string(),
            _ => feature(&i.to_string()),
        };
        let all: Vec<String> = (0..20_000).map(one).collect();
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", all.join(if every.is_multiple_of(2) { ",\n" } else { "," }))
    };
    let with = |threads: usize, text: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let read = |text: &str| get("t.geojson", text).map(|kept| (kept.texts(), format!("{:?}", kept.malformed)));
        pool.install(|| read(text)).map_err(|e| e.to_string())
    };
    for (every, damage) in [(4, None), (601, None), (5000, None), (20_001, None), (20_000, Some(19_000)), (7001, Some(3))] {
        let text = text(every, damage);
        assert!(text.len() > 1 << 20);
        let alone = with(1, &text);
        assert_eq!(alone.is_err(), damage.is_some());
        for threads in [2, 3] {
            assert!(with(threads, &text) == alone, "{every} {damage:?}");
        }
    }
}
