//! Files that ask for more than they are worth: packed bombs, deep nesting, huge counts and lengths; and the limits of reading.

use crate::city::{City, collection, feature, good, homes, homes_and, roads, table, with};
use crate::formats::{gzip, gzip_of, homes_as};
use crate::kit::{FINE, Refused, Row, Told, run};
use std::path::PathBuf;

const HOMES: &str = "households.geojson";
const DEEP: usize = 100_000;

fn deep(begin: &str, end: &str) -> String {
    format!("{}{}", begin.repeat(DEEP), end.repeat(DEEP))
}

#[test]
fn packed_bombs_and_packed_parts() {
    const MUCH: usize = 300;
    let bomb = |layer: &'static str, begin: &str, byte: u8, end: &str| with(layer, gzip_of(begin, byte, MUCH, end));
    let packed = "households.geojson.gz";
    let half = homes_as("geojson", &PathBuf::new()).remove(0).1;
    let (first, second) = half.split_at(half.len() / 2);
    let parts = [gzip(first), gzip(second)].concat();
    let refused = Refused(&["200 times its size", "copy or compress"]);
    let rows = vec![
        bomb(packed, "", b' ', "{}").row("spaces before a collection", refused).naming(packed),
        bomb(packed, "{\"type\":\"FeatureCollection\",\"features\":[{\"id\":\"", b'x', "\"}]}")
            .row("a huge string", refused)
            .naming(packed),
        bomb(packed, "", b'[', "").row("brackets", Refused(&["FeatureCollection"])).naming(packed),
        bomb(packed, "{\"type\":\"FeatureCollection\",\"features\":[", b'[', "").row("brackets as a feature", refused).naming(packed),
        bomb(packed, "{\"a\":", b'[', "").row("brackets as a foreign member", Refused(&["record"])).naming(packed),
        bomb("households.csv.gz", "id,lon,lat\n", b' ', "").row("spaces in a table", refused).naming("households.csv.gz"),
        bomb("households.csv.gz", "id,lon,lat\n\"", b'x', "\"").row("a huge field in a table", refused).naming("households.csv.gz"),
        bomb("households.csv.gz", "", b'x', "").row("a huge header", refused).naming("households.csv.gz"),
        bomb("households.csv.gz", "id,lon,lat\n", b'\n', "").row("empty lines in a table", refused).naming("households.csv.gz"),
        with(packed, parts.clone()).row("packed in two parts", FINE),
        with(packed, [parts.clone(), gzip(b"")].concat()).row("an empty part at the end", FINE),
        with(packed, [parts.clone(), b"noise".to_vec()].concat()).row("noise after the last part", Refused(&["gzip"])).naming(packed),
        with(packed, parts[..parts.len() - 4].to_vec()).row("the last part without its end", Refused(&["gzip"])).naming(packed),
        with(packed, gzip(&gzip(&half))).row("packed twice", Refused(&["export"])).naming(packed),
    ];
    run("bombs", rows);
}

#[test]
fn deep_nesting() {
    let point = |properties: &str| homes_and(&feature(properties, "Point", "[113.01,30.01]"));
    let foreign =
        |value: &str| homes_and("").replacen("\"features\"", &format!("\"more\":{value},\"features\""), 1).replace(",\n\n]", "\n]");
    let tables = |cell: &str| format!("id,wkt\nx,\"{cell}\"\n");
    let rows = vec![
        with(HOMES, point(&format!(r#"{{"a":{}}}"#, deep("[", "]")))).row("lists in properties", FINE),
        with(HOMES, point(&format!(r#"{{"a":{}}}"#, deep("{\"a\":", "}").replace(":}", ":1}")))).row("objects in properties", FINE),
        with(HOMES, point(&format!(r#"{{"id":{}}}"#, deep("[", "]")))).row("lists as an id", FINE),
        with(HOMES, point(&format!(r#"{{"weight":{}}}"#, deep("[", "]")))).row("lists as a weight", Told("value-unreadable")),
        with(HOMES, foreign(&deep("[", "]"))).row("lists in a foreign member", FINE),
        with(HOMES, foreign(&"[".repeat(DEEP))).row("lists in a foreign member without end", Refused(&["export"])).naming(HOMES),
        with(HOMES, foreign("1").replace("\"more\"", "\"crs\""))
            .row("a number as system", Refused(&["coordinate reference system"]))
            .naming(HOMES),
        with(HOMES, foreign(&deep("[", "]")).replace("\"more\"", "\"crs\"")).row("lists as system", Refused(&["export"])).naming(HOMES),
        with("roads.geojson", collection(&[feature("{}", "LineString", &deep("[", "]"))])).row("coordinates", Told("feature-malformed")),
        with("roads.geojson", collection(&[feature("{}", &deep("[", "]"), "[]")])).row("brackets as a kind", Told("geometry-dropped")),
        with("landuse.geojson", collection(&[feature("{}", "MultiPolygon", &deep("[", "]"))]))
            .row("coordinates of areas", Told("feature-malformed")),
        with(
            "landuse.geojson",
            collection(&[format!(
                r#"{{"type":"Feature","properties":{{}},"geometry":{}}}"#,
                deep(r#"{"type":"GeometryCollection","geometries":["#, "]}")
            )]),
        )
        .row("collections of geometries", Told("geometry-dropped")),
        with("households.csv", tables(&format!("{}POINT(1 1){}", "GEOMETRYCOLLECTION(".repeat(DEEP), ")".repeat(DEEP))))
            .row("well-known text", Refused(&["record 1"]))
            .naming("households.csv"),
        with("households.csv", tables(&"(".repeat(DEEP)))
            .row("brackets as well-known text", Refused(&["record 1"]))
            .naming("households.csv"),
        with("households.kml", format!("<kml><Document>{}</Document></kml>", deep("<Folder>", "</Folder>")))
            .row("folders of KML", Refused(&["deep"]))
            .naming("households.kml"),
        with(
            "households.kml",
            format!("<kml><Document><Placemark>{}</Placemark></Document></kml>", deep("<MultiGeometry>", "</MultiGeometry>")),
        )
        .row("geometries of KML", Refused(&["deep"]))
        .naming("households.kml"),
    ];
    run("deep", rows);
}

fn shapefile(part: &str, at: usize, bytes: &[u8]) -> City {
    let mut files =
        homes_as("shp", &PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile-scratch").join(format!("claims-{part}-{at}")));
    let file = &mut files.iter_mut().find(|(name, _)| name.ends_with(part)).expect("the part").1;
    file[at..at + bytes.len()].copy_from_slice(bytes);
    good().all(files)
}

#[test]
fn huge_counts_and_lengths() {
    let most = u32::MAX.to_le_bytes();
    let scratch = |name: &str| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile-scratch").join(name);
    let fgb = |at: usize| {
        let mut files = homes_as("fgb", &scratch("claims-fgb"));
        files[0].1[at..at + 4].copy_from_slice(&most);
        good().all(files)
    };
    let parquet = |at_end: usize, with: [u8; 4]| {
        let mut files = homes_as("parquet", &scratch(&format!("claims-parquet-{at_end}-{}", with[0])));
        let at = files[0].1.len() - at_end;
        files[0].1[at..at + 4].copy_from_slice(&with);
        good().all(files)
    };
    let entities = (0..30).map(|i| format!("<!ENTITY e{} \"&e{i};&e{i};&e{i};&e{i};\">", i + 1)).collect::<String>();
    let laughs =
        format!("<!DOCTYPE kml [<!ENTITY e0 \"ha\">{entities}]><kml><Document><Placemark><name>&e30;</name></Placemark></Document></kml>");
    let wide = format!("id,lon,lat{}\nx,113.01,30.01{}\n", ",c".repeat(200_000), ",1".repeat(200_000));
    let rows = vec![
        shapefile(".shp", 24, &i32::MAX.to_be_bytes()).row("length of a .shp", FINE),
        shapefile(".shp", 24, &(-1i32).to_be_bytes()).row("negative length of a .shp", FINE),
        shapefile(".shp", 104, &i32::MAX.to_be_bytes()).row("length of a shape", Told("feature-malformed")),
        shapefile(".shp", 32, &99u32.to_le_bytes()).row("kind of shapes", FINE),
        shapefile(".dbf", 4, &most).row("records of a .dbf", Refused(&["4294967295 records", "copy all parts"])).naming("households.dbf"),
        shapefile(".dbf", 8, &[0xff, 0xff]).row("header of a .dbf", Refused(&["copy all parts"])).naming("households.dbf"),
        shapefile(".dbf", 8, &[0, 0]).row("a .dbf without header", Refused(&["copy all parts"])).naming("households.dbf"),
        shapefile(".dbf", 10, &[0xff, 0xff]).row("long records of a .dbf", Refused(&["copy all parts"])).naming("households.dbf"),
        shapefile(".dbf", 10, &[0, 0]).row("records of no length", Refused(&["copy all parts"])).naming("households.dbf"),
        shapefile(".dbf", 48, &[0xff]).row("a field of 255 bytes", Refused(&["copy all parts"])).naming("households.dbf"),
        shapefile(".shx", 24, &i32::MAX.to_be_bytes()).row("length of a .shx", FINE),
        fgb(8).row("header of a FlatGeobuf", Refused(&["4294967295 bytes"])).naming("households.fgb"),
        parquet(8, most).row("footer of a Parquet", Refused(&["export it again"])).naming("households.parquet"),
        parquet(8, [0; 4]).row("no footer of a Parquet", Refused(&["export it again"])).naming("households.parquet"),
        with("households.kml", laughs).row("entities of entities", Refused(&["households.kml"])),
        with("households.csv", wide).row("200,000 columns", FINE),
        with("households.csv", format!("{}\n\"{}", table(','), "x\n".repeat(200_000)))
            .row("a quote that never ends", Told("feature-malformed")),
        with("households.csv", format!("id,lon,lat\n{},113.01,30.01\n", "x".repeat(1 << 20))).row("an id of a megabyte", FINE),
    ];
    run("claims", rows);
}

/// Wrong shapes and blobs in a package, as a careless program may leave them.
#[cfg(feature = "geopackage")]
#[test]
fn packages_of_another_making() {
    let row = |name: &'static str, sql: &'static str, expect: crate::kit::Expect| -> Row {
        let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile-scratch").join(format!("gpkg-{}", name.replace(' ', "-")));
        let files = homes_as("gpkg", &scratch);
        std::fs::create_dir_all(&scratch).expect("a folder");
        let file = scratch.join("changed.gpkg");
        std::fs::write(&file, &files[0].1).expect("a file");
        let connection = rusqlite::Connection::open(&file).expect("a database");
        let changed = connection.execute_batch(sql);
        drop(connection);
        changed.unwrap_or_else(|e| panic!("{name}: {e}"));
        let bytes = std::fs::read(&file).expect("bytes");
        let _ = std::fs::remove_dir_all(&scratch);
        good().all(vec![("households.gpkg".into(), bytes)]).row(name, expect).naming("households.gpkg")
    };
    // a line of four thousand million positions
    let claim = "UPDATE households SET geom = x'47500001e61000000102000000ffffffff' WHERE fid = 1";
    let endless =
        "CREATE VIEW more AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, NULL AS geom FROM n;
        INSERT INTO gpkg_contents(table_name, data_type, identifier, srs_id) VALUES ('more', 'features', 'more', 4326);
        INSERT INTO gpkg_geometry_columns VALUES ('more', 'geom', 'POINT', 4326, 0, 0)";
    let rows = vec![
        row("a claim of positions", claim, Told("feature-malformed")),
        row("a text as a shape", "UPDATE households SET geom = 'POINT(1 1)' WHERE fid = 1", Told("feature-malformed")),
        row("an empty blob", "UPDATE households SET geom = x'' WHERE fid = 1", Told("feature-malformed")),
        row("an unknown envelope", "UPDATE households SET geom = x'4750000fe6100000' WHERE fid = 1", Told("feature-malformed")),
        row("no contents", "DELETE FROM gpkg_geometry_columns; DELETE FROM gpkg_contents", Refused(&["table"])),
        row("a table that is gone", "PRAGMA foreign_keys = OFF; DROP TABLE households", Refused(&["households"])),
        row("a second table that never ends", endless, FINE),
        row(
            "an unknown system",
            "PRAGMA foreign_keys = OFF; UPDATE gpkg_geometry_columns SET srs_id = 7",
            Refused(&["reference system 7", "export it again"]),
        ),
    ];
    run("packages", rows);
}

#[test]
fn limits_of_reading() {
    // one division, 36 homes, 6 roads; 5 + 36 + 12 positions
    let twice = || with("landuse.geojson", collection(&homes())).and("roads.geojson", roads());
    let rows = vec![
        good().limits(43, 53).row("just as much", FINE),
        good().limits(42, 53).row("a feature more", Refused(&["more than 42 features", "divide the layers"])).naming(".geojson"),
        good().limits(43, 52).row("a position more", Refused(&["more than 52 positions", "divide the layers"])).naming(".geojson"),
        good().limits(0, 53).row("no feature at all", Refused(&["more than 0 features"])).naming(".geojson"),
        good().limits(43, 0).row("no position at all", Refused(&["more than 0 positions"])).naming(".geojson"),
        twice().limits(78, 1000).row("features that are not used count", Refused(&["more than 78 features"])).naming(".geojson"),
        good().limits(u64::MAX, u64::MAX).row("no limit", FINE),
    ];
    run("limits", rows);
}
