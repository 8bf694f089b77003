//! Tables of good and bad files.

use super::read_layers;
use super::spec::property_names;
use crate::finding::Severity;
use crate::io::ReadError;
use crate::io::testing::Folder;
use crate::recipe::{Draft, LayerMap, PointLayer, Recipe};
use crate::territory::layers::Layers;
use proptest::prelude::*;
use std::io::Write;

const SQUARE: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"s"},"geometry":{"type":"Polygon","coordinates":[[[9,47],[9.1,47],[9.1,47.1],[9,47]]]}}]}"#;
const POINT: &str = r#"{"type":"Feature","properties":{"id":"h"},"geometry":{"type":"Point","coordinates":[9.05,47.05]}}"#;

fn map() -> LayerMap {
    Recipe::default().layers
}

fn collection(features: &[&str]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}", features.join(",\n"))
}

fn feature(properties: &str, geometry: &str) -> String {
    format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)
}

fn at(kind: &str, coordinates: &str) -> String {
    format!(r#"{{"type":"{kind}","coordinates":{coordinates}}}"#)
}

/// A folder with a study area, one household and the given file.
fn with(name: &str, bytes: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::new();
    folder.write("study_area.geojson", SQUARE);
    folder.write("households.geojson", collection(&[POINT]));
    folder.write(name, bytes);
    folder
}

fn read(folder: &Folder) -> Result<Layers, ReadError> {
    read_layers(&folder.path(), &map())
}

fn good(name: &str, bytes: impl AsRef<[u8]>) -> Layers {
    read(&with(name, bytes)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn codes(layers: &Layers) -> Vec<&str> {
    layers.findings.iter().map(|f| f.code.as_str()).filter(|c| *c != "layer-absent").collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

#[test]
fn every_layer_is_read_and_absent_ones_are_told() {
    let line = at("LineString", "[[9,47],[9.1,47.1]]");
    let area = at("Polygon", "[[[9,47],[9.1,47],[9.1,47.1],[9,47]]]");
    let folder = with("roads.geojson", collection(&[&feature(r#"{"id":"r1","highway":"primary","tunnel":"yes","layer":"-1"}"#, &line)]));
    let admin = feature(r#"{"id":"a","admin_level":"9","scheme":"x","name":"A","parent":"c","partial":false}"#, &area);
    folder.write("admin.geojson.gz", gzip(collection(&[&admin]).as_bytes()));
    let waters = [feature(r#"{"waterway":"river","layer":-1}"#, &line), feature(r#"{"natural":"wetland"}"#, &area)];
    folder.write("water.json", collection(&[&waters[0], &waters[1], &feature("{}", &at("Point", "[9,47]"))]));
    folder.write("rail.json.gz", gzip(collection(&[&feature(r#"{"railway":"tram","bridge":"viaduct"}"#, &line)]).as_bytes()));
    folder.write("landuse.geojson", collection(&[&feature(r#"{"id":1,"kind":"park"}"#, &area)]));
    let stations = [
        feature(r#"{"azimuth":"120","beam_width":65,"indoor":false}"#, &at("Point", "[9,47]")),
        feature(r#"{"id":"t","name":"T","tunnel":true,"radius_m":-1}"#, &area),
    ];
    folder.write("base_stations.geojson", collection(&[&stations[0], &stations[1]]));
    let layers = read(&folder).unwrap();
    let division = &layers.divisions[0];
    assert_eq!((division.id.as_str(), division.level, division.partial), ("a", Some(9), false));
    assert_eq!((division.scheme.as_deref(), division.parent.as_deref()), (Some("x"), Some("c")));
    assert_eq!((layers.roads[0].class.as_str(), layers.roads[0].tunnel, layers.roads[0].bridge), ("primary", true, false));
    assert_eq!((layers.water_lines[0].class.as_str(), layers.water_lines[0].tunnel), ("river", false));
    assert_eq!(layers.water_areas[0].kind, "wetland");
    assert_eq!((layers.rail[0].class.as_str(), layers.rail[0].bridge), ("tram", true));
    assert_eq!((layers.landuse[0].id.as_deref(), layers.landuse[0].kind.as_str()), (Some("1"), "park"));
    let station = &layers.stations[0];
    assert_eq!((station.azimuth, station.beam_width, station.radius_m, station.indoor), (Some(120.0), Some(65.0), None, Some(false)));
    assert_eq!((station.tunnel, &station.name, station.land.0.len()), (None, &None, 0));
    let covered = &layers.stations[1];
    assert_eq!((covered.name.as_deref(), covered.tunnel, covered.indoor, covered.radius_m), (Some("T"), Some(true), None, Some(-1.0)));
    assert!(covered.land.0.len() == 1 && (covered.at[0] - 9.0667).abs() < 1e-3 && (covered.at[1] - 47.0333).abs() < 1e-3);
    let order: Vec<_> = layers.sources.iter().map(|s| s.layer.as_str()).collect();
    assert_eq!(order, ["admin", "study_area", "roads", "water", "rail", "households", "landuse", "base_stations"]);
    assert_eq!(layers.file(layers.rail[0].origin), "rail.json.gz");
    assert_eq!(layers.sources[3].features, 3);
    let absent = layers.findings.iter().find(|f| f.code == "layer-absent").unwrap();
    assert_eq!((absent.severity, absent.subject.file.as_deref()), (Severity::Info, Some("pois")));
    assert!(codes(&layers).contains(&"water-points"));
}

#[test]
fn the_digest_is_that_of_the_file() {
    let layers = good("study_area.geojson", SQUARE);
    use sha2::Digest;
    let expected: String = sha2::Sha256::digest(SQUARE).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(layers.sources[0].digest, expected);
    let packed = gzip(collection(&[POINT]).as_bytes());
    let folder = Folder::new();
    folder.write("study_area.geojson", SQUARE);
    folder.write("households.geojson.gz", &packed);
    let expected: String = sha2::Sha256::digest(&packed).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(read(&folder).unwrap().sources[1].digest, expected);
}

#[test]
fn ids_weights_and_flags_are_taken_as_written() {
    let cases = [
        (r#"{"id":"a b"}"#, "", Some("a b"), None),
        (r#"{"id":12345678901234567890123}"#, "", Some("12345678901234567890123"), None),
        (r#"{"id":7.0,"weight":2.5}"#, "", Some("7.0"), Some(2.5)),
        (r#"{"id":null,"weight":"3"}"#, r#""id":42,"#, Some("42"), Some(3.0)),
        (r#"{"weight":null}"#, r#""id":"f","#, Some("f"), None),
        (r#"{"id":"\u00fc\"","weight":" 4 "}"#, "", Some("ü\""), Some(4.0)),
        ("null", "", None, None),
        (r#"{"id":"x","weight":"many"}"#, "", Some("x"), None),
        (r#"{"id":"x","weight":-1}"#, "", Some("x"), None),
    ];
    for (properties, own, id, weight) in cases {
        let text = format!(r#"{{"type":"Feature",{own}"properties":{properties},"geometry":{}}}"#, at("Point", "[9,47,412.5]"));
        let layers = good("households.geojson", collection(&[&text]));
        let household = &layers.households[0];
        assert_eq!((household.id.as_deref(), household.weight, household.at), (id, weight, [9.0, 47.0]), "{properties}");
        let told = properties.contains("many") || properties.contains("-1");
        assert_eq!(codes(&layers).contains(&"value-unreadable"), told, "{properties}");
        assert_eq!(codes(&layers).contains(&"id-missing"), id.is_none(), "{properties}");
    }
    let line = at("LineString", "[[9,47],[9.1,47.1]]");
    for (value, tunnel) in
        [("\"yes\"", true), ("true", true), ("1", true), ("\"culvert\"", true), ("\"no\"", false), ("0", false), ("null", false)]
    {
        let layers = good("rail.geojson", collection(&[&feature(&format!(r#"{{"id":1,"kind":"rail","tunnel":{value}}}"#), &line)]));
        assert_eq!(layers.rail[0].tunnel, tunnel, "{value}");
        assert!(codes(&layers).is_empty(), "{value}: {:?}", layers.findings);
    }
    let layers = good("rail.geojson", collection(&[&feature(r#"{"tunnel":"maybe"}"#, &line)]));
    assert_eq!(codes(&layers), ["class-missing", "flag-unknown"]);
}

#[test]
fn other_names_come_from_the_recipe() {
    let toml = "[layers.households]\nfile = \"people\"\nproperties = { weight = \"pop\", id = \"code\", kind = \"code\", settlement = \"nowhere\" }";
    let map = Draft::from_toml(toml).unwrap().build().unwrap().layers;
    let folder = with("people.geojson", collection(&[&feature(r#"{"weight":9,"pop":4,"code":"z"}"#, &at("Point", "[9,47]"))]));
    let layers = read_layers(&folder.path(), &map).unwrap();
    let person = &layers.households[0];
    assert_eq!((person.weight, person.id.as_deref(), person.kind.as_deref()), (Some(4.0), Some("z"), Some("z")));
    let absent = layers.findings.iter().find(|f| f.code == "property-absent").unwrap();
    assert!(absent.message.contains("'nowhere'"), "{absent}");
}

#[test]
fn the_recipe_knows_the_properties_that_are_read() {
    let read = property_names(&map());
    assert_eq!(read.len(), crate::recipe::LAYERS.len());
    for ((layer, properties), (known_layer, known)) in read.iter().zip(crate::recipe::LAYERS) {
        let sorted = |names: &[&str]| {
            let mut names: Vec<String> = names.iter().map(|n| n.to_string()).collect();
            names.sort();
            names
        };
        assert_eq!((*layer, sorted(properties)), (known_layer, sorted(known)));
    }
}

#[test]
fn divisions_without_id_are_called_after_their_records() {
    let area = at("Polygon", "[[[9,47],[9.1,47],[9.1,47.1],[9,47]]]");
    let taken = feature(r#"{"id":"record-3","code":"110108001201","reports_to":"office"}"#, &area);
    let layers = good("admin.geojson", collection(&[&feature(r#"{"name":"Zone"}"#, &area), &taken, &feature("{}", &area)]));
    let ids: Vec<_> = layers.divisions.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["record-1", "record-3", "record-3#2"]);
    let code = (layers.divisions[1].code.as_deref(), layers.divisions[1].reports_to.as_deref());
    assert_eq!((code, layers.divisions[0].code.as_deref()), ((Some("110108001201"), Some("office")), None));
    assert_eq!(codes(&layers), ["id-made", "id-made"]);
    let made = layers.findings.iter().rfind(|f| f.code == "id-made").unwrap();
    assert_eq!((made.severity, made.subject.record, made.subject.id.as_deref()), (Severity::Info, Some(3), Some("record-3#2")));
    assert!(made.place.is_some() && made.subject.file.as_deref() == Some("admin.geojson"));
}

#[test]
fn what_cannot_be_taken_is_a_finding() {
    let point = at("Point", "[9,47]");
    let cases = [
        ("roads", feature(r#"{"id":"x"}"#, &point), "geometry-dropped"),
        ("roads", feature(r#"{"id":"x"}"#, "null"), "geometry-dropped"),
        ("roads", feature(r#"{"id":"x"}"#, r#"{"type":"GeometryCollection","geometries":[]}"#), "geometry-dropped"),
        ("roads", feature(r#"{"id":"x"}"#, &at("Helix", "[[[[9]]]]")), "geometry-dropped"),
        ("roads", feature(r#"{"id":"x"}"#, &at("LineString", "[]")), "geometry-dropped"),
        ("roads", feature(r#"{"id":"x"}"#, &at("LineString", "[[9,47]]")), "geometry-dropped"),
        ("roads", r#"{"type":"Feature","id":"x","properties":null}"#.into(), "geometry-dropped"),
        ("landuse", feature(r#"{"id":"x"}"#, &at("MultiPolygon", "[]")), "geometry-dropped"),
        ("landuse", feature(r#"{"id":"x"}"#, &at("Polygon", "[[]]")), "geometry-dropped"),
        ("pois", feature(r#"{"id":"x"}"#, &at("Point", "[]")), "geometry-dropped"),
        ("roads", feature(r#"{"id":"x"}"#, &at("LineString", "[[9,47],[9]]")), "feature-malformed"),
        ("roads", feature(r#"{"id":"x"}"#, &at("LineString", "[9,47]")), "feature-malformed"),
        ("roads", feature(r#"{"id":"x"}"#, r#"{"type":"LineString"}"#), "feature-malformed"),
        ("roads", feature("[1]", &point), "feature-malformed"),
        ("roads", "null".into(), "feature-malformed"),
        ("roads", "7".into(), "feature-malformed"),
        ("roads", point.clone(), "feature-malformed"),
    ];
    for (layer, text, code) in cases {
        let layers = good(&format!("{layer}.geojson"), collection(&[POINT, &text]));
        let finding = layers.findings.iter().find(|f| f.code == code && f.subject.record == Some(2));
        let finding = finding.unwrap_or_else(|| panic!("{text}: {:?}", layers.findings));
        assert_eq!(finding.severity, Severity::Warning);
        assert_eq!(finding.subject.file.as_deref(), Some(format!("{layer}.geojson").as_str()));
        assert!(layers.roads.is_empty() && layers.landuse.is_empty() && layers.divisions.is_empty());
    }
}

#[test]
fn what_is_bent_into_shape_is_told() {
    let ring = feature(r#"{"id":"x","kind":"park"}"#, &at("Polygon", "[[[9,47],[9.1,47],[9.1,47.1]]]"));
    let layers = good("landuse.geojson", collection(&[&ring]));
    assert_eq!(codes(&layers), ["ring-closed"]);
    let parts = feature(r#"{"id":"x","class":"path"}"#, &at("MultiLineString", "[[[9,47]],[[9,47],[9.1,47]]]"));
    let layers = good("roads.geojson", collection(&[&parts]));
    assert_eq!((codes(&layers), layers.roads[0].line.0.len()), (vec!["part-dropped"], 1));
    let many = feature(r#"{"id":"x","weight":2}"#, &at("MultiPoint", "[[9,47],[9.01,47]]"));
    let layers = good("households.geojson", collection(&[&many]));
    assert_eq!((codes(&layers), layers.households.len()), (vec!["point-split"], 2));
    let folder = with("households.geojson.gz", gzip(b"?"));
    assert_eq!(codes(&read(&folder).unwrap()), ["file-shadowed"]);
}

#[test]
fn further_numbers_are_columns_and_missing_is_not_zero() {
    let toml = "[layers.households]\nproperties = { weight = \"pop\" }\n[resources.a]\nproperty = \"weight\"\n[resources.b]\nproperty = \"revenue\"\n\
                [resources.c]\nlayer = \"base_stations\"\nproperty = \"radius_m\"\n[resources.d]\nlayer = \"pois\"\nproperty = \"seats\"";
    let map = Draft::from_toml(toml).unwrap().build().unwrap().layers;
    let spot = at("Point", "[9,47]");
    let homes = [
        feature(r#"{"id":"1","pop":2,"weight":7,"revenue":" 1.5 "}"#, &spot),
        feature(r#"{"id":"2","revenue":"much"}"#, &at("MultiPoint", "[[9,47],[9.01,47]]")),
        feature(r#"{"id":"3","revenue":-4}"#, &spot),
        feature(r#"{"id":"4","revenue":null}"#, &spot),
        feature(r#"{"id":"5","revenue":0}"#, "null"),
    ];
    let folder = with("pois.geojson", collection(&[POINT]));
    folder.write("households.geojson", collection(&homes.each_ref().map(String::as_str)));
    folder.write("base_stations.geojson", collection(&[&feature(r#"{"id":"s","radius_m":300}"#, &spot)]));
    let layers = read_layers(&folder.path(), &map).unwrap();
    let column = |layer, name: &str| layers.numbers(layer, name).unwrap().to_vec();
    assert_eq!(column(PointLayer::Households, "weight"), [Some(7.0), None, None, None, None]);
    assert_eq!(column(PointLayer::Households, "revenue"), [Some(1.5), None, None, Some(-4.0), None]);
    assert_eq!(column(PointLayer::BaseStations, "radius_m"), [Some(300.0)]);
    assert_eq!((column(PointLayer::Pois, "seats"), layers.stations[0].radius_m), (vec![None], Some(300.0)));
    assert_eq!(layers.households[0].weight, Some(2.0));
    assert_eq!((layers.numbers(PointLayer::Pois, "revenue"), layers.numbers.len()), (None, 4));
    let told = |code: &str| layers.findings.iter().filter(|f| f.code == code).map(|f| f.message.as_str()).collect::<Vec<_>>();
    assert_eq!(told("value-unreadable"), ["revenue is \"much\", which cannot be used; taken as missing"]);
    assert_eq!(
        told("property-absent"),
        ["no feature has the property 'seats' that the recipe adds up for a resource; correct [resources]"]
    );
    let mut fewer = layers.clone();
    fewer.households.pop();
    assert_eq!(fewer.numbers(PointLayer::Households, "revenue"), None);
}

#[test]
fn order_of_members_white_space_and_crs84_do_not_matter() {
    let text = format!(
        "\u{feff} \r\n{{\"crs\" : {{\"type\":\"name\",\"properties\":{{\"name\":\"urn:ogc:def:crs:OGC:1.3:CRS84\"}}}} , \"n\\\"}}\" : [ {{}} , \"]}}\" ],\n\
         \"features\" : [ {} , {} ] , \"bbox\":[1,2,3,4], \"type\":\"FeatureCollection\" }}\n\n",
        POINT,
        r#"{"geometry":{"coordinates":[9.5,47.5],"bbox":[],"type":"Point"},"properties":{"deep":{"er":[1,"}"]},"id":"2"},"type":"Feature"}"#
    );
    let layers = good("households.geojson", text);
    let ids: Vec<_> = layers.households.iter().map(|h| (h.id.as_deref().unwrap(), h.at)).collect();
    assert_eq!(ids, [("h", [9.05, 47.05]), ("2", [9.5, 47.5])]);
    for crs in [
        "null",
        r#"{"type":"name","properties":{"name":"EPSG:4326"}}"#,
        r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4326"}}"#,
    ] {
        good("roads.geojson", format!(r#"{{"type":"FeatureCollection","crs":{crs},"features":[]}}"#));
    }
}

/// Reads the file as households (or the named layer) and gives the message.
fn bad(name: &str, bytes: impl AsRef<[u8]>) -> String {
    match read(&with(name, bytes)) {
        Err(error) => error.to_string(),
        Ok(layers) => panic!("{name} was read: {:?}", layers.findings),
    }
}

#[test]
fn every_failure_names_file_record_and_remedy() {
    let h = "households.geojson";
    let whole = collection(&[POINT, POINT]);
    let put = |coordinates: &str| collection(&[POINT, &feature(r#"{"id":"p7"}"#, &at("Point", coordinates))]);
    let crs = r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4610"}},"features":[]}"#;
    let mut flipped = gzip(whole.as_bytes());
    let checksum = flipped.len() - 6;
    flipped[checksum] ^= 1;
    let cases: Vec<(&str, Vec<u8>, Vec<&str>)> = vec![
        (h, whole.as_bytes()[..whole.len() - 20].into(), vec![h, "cut off after record 1", "line 3", "export it again"]),
        (h, whole.as_bytes()[..whole.len() - 1].into(), vec!["cut off after record 2"]),
        (h, b"{\"type\":\"FeatureCollection\",\"fea".into(), vec!["cut off after record 0"]),
        (h, b"".into(), vec![h, "empty", "FeatureCollection"]),
        (h, put("[NaN,47]").into(), vec![h, "record 2", "NaN", "line 3", "real position"]),
        (h, put("[9, NaN]").into(), vec!["record 2", "NaN"]),
        (h, put("[9,nan]").into(), vec!["record 2", "nan"]),
        (h, put("[-Infinity,47]").into(), vec!["record 2", "-Infinity"]),
        (h, put("[Infinity,47]").into(), vec!["record 2", "Infinity"]),
        (h, put("[1e999,47]").into(), vec!["record 2", "too large"]),
        (h, put("[null,47]").into(), vec!["record 2", "'p7'", "NaN", "missing"]),
        (h, put("[47,1234567.5]").into(), vec![h, "record 2", "'p7'", "1234567.5", "±90", "projected metres", "EPSG:4326"]),
        (h, put("[47,100]").into(), vec!["record 2", "'p7'", "47, 100", "swapped"]),
        (h, put("[200,47]").into(), vec!["200, 47", "±180"]),
        (h, collection(&[POINT, r#"{"type":"Feature" "id":1}"#]).into(), vec![h, "record 2", "not valid JSON", "line 3"]),
        (h, collection(&[POINT, r#"{"type":"Feature,"id":1}"#]).into(), vec![h, "record 2", "not valid JSON"]),
        (h, collection(&[POINT, "{\"type\":\"Feature\",\"a\":[1}"]).into(), vec![h, "record 2", "not valid JSON"]),
        (h, format!("{whole} x").into(), vec![h, "after the end"]),
        (h, whole.replace(",\n", "\n").into(), vec!["',' or ']'"]),
        (h, b"[1,2]".into(), vec![h, "FeatureCollection"]),
        (h, r#"{"type":"Point","coordinates":[9,47]}"#.into(), vec!["type 'Point'", "RFC 7946"]),
        (h, b"{}".into(), vec!["without type"]),
        (h, b"{\"type\":\"FeatureCollection\",\"features\":{}}".into(), vec!["without an array of features"]),
        (h, b"\xff\xfe{\0".into(), vec!["UTF-16"]),
        (h, collection(&[]).into(), vec![h, "no household point", "0 features"]),
        (h, collection(&[&feature("{}", "null")]).into(), vec![h, "no household point", "1 features"]),
        ("roads.geojson", crs.into(), vec!["roads.geojson", "EPSG:4610", "datum shift", "crs and axes under [layers.roads]"]),
        ("roads.geojson.gz", gzip(whole.as_bytes())[..40].into(), vec!["roads.geojson.gz", "gzip", "cut off"]),
        ("roads.geojson.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff\xff\xff and more of it".into(), vec!["roads.geojson.gz", "gzip", "again"]),
        ("roads.geojson.gz", whole.clone().into(), vec!["no gzip file although its name says so"]),
        ("roads.geojson.gz", flipped, vec!["roads.geojson.gz", "gzip data is damaged after record 2"]),
    ];
    for (name, bytes, expected) in cases {
        let message = bad(name, &bytes);
        for part in expected {
            assert!(message.contains(part), "'{part}' is not in: {message}");
        }
    }
}

#[test]
fn what_must_be_there_is_asked_for() {
    let folder = Folder::new();
    let gone = read_layers(&folder.path().join("gone"), &map()).unwrap_err().to_string();
    assert!(gone.contains("gone") && gone.contains("existing folder"), "{gone}");
    let none = read(&folder).unwrap_err().to_string();
    assert!(none.contains("households.geojson.gz") && none.contains("[layers.households]"), "{none}");
    folder.write("households.geojson", collection(&[POINT]));
    let none = read(&folder).unwrap_err().to_string();
    assert!(none.contains("admin or study_area") && none.contains("[layers.admin]"), "{none}");
}

#[test]
fn deep_nesting_and_long_records_do_no_harm() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let layers =
        good("roads.geojson", collection(&[&feature(&format!(r#"{{"id":"x","deep":{deep}}}"#), &at("LineString", "[[9,47],[9,48]]"))]));
    assert_eq!(layers.roads.len(), 1);
    let layers = good("roads.geojson", collection(&[&feature("{}", &at("LineString", &deep))]));
    assert_eq!(codes(&layers), ["feature-malformed"]);
    let long: Vec<String> = (0..60_000).map(|i| format!("[9.{i:05},47]")).collect();
    let layers = good("roads.geojson", collection(&[&feature("{}", &at("LineString", &format!("[{}]", long.join(","))))]));
    assert_eq!(layers.roads[0].line.0[0].0.len(), 60_000);
}

#[test]
fn locks_are_points_or_areas_with_a_kind_and_a_group() {
    let square = at("Polygon", "[[[9,47],[9.1,47],[9.1,47.1],[9,47]]]");
    // a grid copied from a plan keeps its own kind
    let grid = feature(r#"{"kind":"ordinary","lock":"frozen","id":"G000003"}"#, &square);
    let pair = feature(r#"{"lock":"together","group":"school"}"#, &at("MultiPoint", "[[9,47],[9.1,47.1]]"));
    let layers = good("locks.geojson", collection(&[&grid, &pair, &feature("{}", &at("LineString", "[[9,47],[9.1,47.1]]"))]));
    let told: Vec<_> = layers.locks.iter().map(|l| (l.kind.as_str(), l.group.as_deref(), l.places.len(), l.land.0.len())).collect();
    assert_eq!(told, [("frozen", None, 0, 1), ("together", Some("school"), 2, 0)]);
    assert_eq!(layers.locks[0].id.as_deref(), Some("G000003"));
    assert_eq!(layers.findings.iter().filter(|f| f.code == "geometry-dropped").count(), 1);
}

/// Reads it as every kind of layer; only the absence of a panic is asked for.
fn survives(bytes: &[u8]) {
    for layer in ["households", "admin", "water", "base_stations", "locks"] {
        let _ = read(&with(&format!("{layer}.geojson"), bytes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn damaged_files_are_refused_or_read(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), prop::sample::select(b"{}[]\",:0-.eN\\ ".to_vec())]), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        packed in any::<bool>(),
    ) {
        let line = feature(r#"{"id":3,"kind":"river","tunnel":"culvert"}"#, &at("LineString", "[[9,47],[9.1,47.1]]"));
        let mut bytes = collection(&[POINT, &line, &feature("null", &at("MultiPolygon", "[[[[9,47],[9.1,47],[9.1,47.1],[9,47]]]]"))]).into_bytes();
        if packed {
            bytes = gzip(&bytes);
        }
        for (index, byte) in edits {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        survives(&bytes);
    }
}
