use super::write::{Srs, Table, write_geopackage};
use super::*;
use crate::io::formats::feature::{Declared, Field, Shape};
use crate::io::formats::testing::{Folder, Kept, Seen, damaged, features, has, run, seen, typed_villages, village_fields, village_names};
use proptest::prelude::*;

const MOMENT: &str = "2000-01-01T00:00:00.000Z";
const CGCS: Srs<'static> = Srs { epsg: 4547, name: "CGCS2000 / 3-degree Gauss-Kruger CM 114E", definition: "undefined" };

fn kept(folder: &Folder, name: &str, wanted: &[String], table: Option<&str>) -> Result<Kept, ReadError> {
    let mut kept = Kept::default();
    let how = Reading { table: table.map(str::to_string), ..Reading::default() };
    let done = read(&folder.path().join(name), name, wanted, &how, &mut kept)?;
    assert_eq!(done.features, kept.records.len() as u64);
    Ok(kept)
}

fn sql(path: &Path, text: &str) {
    Connection::open(path).unwrap().execute_batch(text).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_written_is_read(first in features(), second in features()) {
        let folder = Folder::new();
        let fields = village_fields();
        let tables = [Table { name: "小区 \"a\"", fields: &fields, features: &first }, Table { name: "b", fields: &fields, features: &second }];
        write_geopackage(&folder.path().join("a.gpkg"), &tables, &CGCS, MOMENT).unwrap();
        write_geopackage(&folder.path().join("b.gpkg"), &tables, &CGCS, MOMENT).unwrap();
        prop_assert_eq!(std::fs::read(folder.path().join("a.gpkg")).unwrap(), std::fs::read(folder.path().join("b.gpkg")).unwrap());
        for table in &tables {
            let kept = kept(&folder, "a.gpkg", &village_names(), Some(table.name)).unwrap();
            // SQLite keeps no sign of nought
            let mut expected = seen(table.features);
            expected.iter_mut().filter(|(cells, _)| cells[3].as_deref() == Some("-0")).for_each(|(cells, _)| cells[3] = Some("0".into()));
            prop_assert_eq!(kept.seen(), expected);
            let ids: Vec<_> = kept.records.iter().map(|r| r.as_ref().unwrap().id.clone()).collect();
            prop_assert_eq!(ids, (1..=table.features.len() as i64).map(Cell::Integer).collect::<Vec<_>>());
            let spatial = table.features.iter().any(|f| f.geometry.shape != Shape::Missing);
            prop_assert_eq!(&kept.head().crs, &if spatial { Declared::Epsg(4547) } else { Declared::Nothing });
        }
    }
}

/// Writes the villages as a package and gives them.
fn village_package(folder: &Folder, name: &str) -> Seen {
    let (features, fields) = (typed_villages(folder), village_fields());
    write_geopackage(&folder.path().join(name), &[Table { name: "村", fields: &fields, features: &features }], &Srs::WGS84, MOMENT)
        .unwrap();
    seen(&features)
}

#[test]
fn a_package_of_gdal() {
    if !has("ogr2ogr", &["--version"]) {
        return;
    }
    let folder = Folder::new();
    let expected = seen(&typed_villages(&folder));
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    for code in [4490, 4547, 4326] {
        let name = format!("{code}.gpkg");
        run("ogr2ogr", &["-f", "GPKG", &path(&name), &path("villages.geojson"), "-a_srs", &format!("EPSG:{code}"), "-nln", "村"]);
        let kept = kept(&folder, &name, &village_names(), None).unwrap();
        assert_eq!(kept.seen(), expected);
        assert_eq!(kept.head().crs, Declared::Epsg(code));
        assert_eq!(kept.head().fields, village_fields());
        assert_eq!((kept.head().features, kept.head().tables.as_slice()), (Some(7), &["村".to_string()][..]));
    }
    // a second layer and a table without geometry
    run("ogr2ogr", &["-update", &path("4490.gpkg"), &path("villages.geojson"), "-nln", "second", "-dim", "XYZM"]);
    run("ogr2ogr", &["-update", &path("4490.gpkg"), &path("villages.geojson"), "-nln", "bare", "-nlt", "NONE"]);
    let several = kept(&folder, "4490.gpkg", &[], None).err().unwrap();
    assert!(matches!(&several, ReadError::SeveralTables { tables, .. } if tables == &["村", "second", "bare"]), "{several}");
    let second = kept(&folder, "4490.gpkg", &village_names(), Some("second")).unwrap();
    assert_eq!(second.seen(), expected);
    let bare = kept(&folder, "4490.gpkg", &village_names(), Some("bare")).unwrap();
    assert!(bare.seen().iter().zip(&expected).all(|(b, e)| b.1 == Shape::Missing && b.0.first() == e.0.first()));
    assert!(matches!(kept(&folder, "4490.gpkg", &[], Some("no")), Err(ReadError::NoSuchTable { .. })));
}

#[test]
fn gdal_reads_ours() {
    if !has("ogr2ogr", &["--version"]) {
        return;
    }
    let folder = Folder::new();
    let expected = village_package(&folder, "v.gpkg");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let info = run("ogrinfo", &["-al", "-so", &path("v.gpkg")]);
    for line in
        ["Layer name: 村", "Geometry: Unknown (any)", "Feature Count: 7", "ID[\"EPSG\",4326]", "FID Column = fid", "Geometry Column = geom"]
    {
        assert!(info.contains(line), "{line} in {info}");
    }
    for field in
        ["name: String (0.0)", "code: String (0.0)", "n: Integer64 (0.0)", "x: Real (0.0)", "ok: Integer(Boolean) (0.0)", "day: Date (0.0)"]
    {
        assert!(info.contains(field), "{field} in {info}");
    }
    // through a format that keeps every bit
    run("ogr2ogr", &["-f", "FlatGeobuf", &path("back.fgb"), &path("v.gpkg"), "-lco", "SPATIAL_INDEX=NO"]);
    let mut back = Kept::default();
    crate::io::formats::flatgeobuf::read(&folder.path().join("back.fgb"), "back.fgb", &village_names(), &Reading::default(), &mut back)
        .unwrap();
    let back: Seen = back.seen();
    for (back, expected) in back.iter().zip(&expected) {
        assert_eq!((&back.0[..5], &back.1), (&expected.0[..5], &expected.1));
        assert_eq!(back.0[5].as_ref().map(|d| &d[..10]), expected.0[5].as_deref());
    }
    assert_eq!(back.len(), 6, "all but the one without geometry, which GDAL leaves out");
}

#[test]
fn damaged_files_are_read_or_refused() {
    let folder = Folder::new();
    village_package(&folder, "v.gpkg");
    let bytes = std::fs::read(folder.path().join("v.gpkg")).unwrap();
    let mut refused = 0;
    for copy in damaged(&bytes) {
        folder.write("d.gpkg", copy);
        refused += u32::from(kept(&folder, "d.gpkg", &village_names(), None).is_err());
    }
    assert!(refused > 200, "{refused}");
}

#[test]
fn a_hostile_schema_runs_nothing() {
    let folder = Folder::new();
    village_package(&folder, "v.gpkg");
    let path = folder.path().join("v.gpkg");
    sql(
        &path,
        "CREATE VIEW endless AS WITH RECURSIVE c(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 FROM c) SELECT fid, NULL AS geom FROM c;
        INSERT INTO gpkg_contents SELECT 'endless', 'features', 'endless', '', last_change, 0, 0, 0, 0, 4326 FROM gpkg_contents;
        INSERT INTO gpkg_geometry_columns VALUES ('endless', 'geom', 'POINT', 4326, 0, 0);
        CREATE TABLE huge (fid INTEGER PRIMARY KEY, geom BLOB, t TEXT AS (hex(zeroblob(fid))) VIRTUAL);
        INSERT INTO huge VALUES (1, NULL);
        INSERT INTO gpkg_contents SELECT 'huge', 'features', 'huge', '', last_change, 0, 0, 0, 0, 4326 FROM gpkg_contents LIMIT 1;
        INSERT INTO gpkg_geometry_columns VALUES ('huge', 'geom', 'POINT', 4326, 0, 0);",
    );
    let view = kept(&folder, "v.gpkg", &[], Some("endless")).err().unwrap();
    assert!(view.to_string().contains("'endless' is a view"), "{view}");
    // a computed column is no column of values
    assert_eq!(kept(&folder, "v.gpkg", &["t".into()], Some("huge")).unwrap().seen(), [(vec![None], Shape::Missing)]);
}

#[test]
fn values_of_another_type() {
    let folder = Folder::new();
    village_package(&folder, "v.gpkg");
    let path = folder.path().join("v.gpkg");
    sql(&path, "UPDATE 村 SET geom = x'00' WHERE fid = 1; UPDATE 村 SET geom = 'text' WHERE fid = 2; UPDATE 村 SET ok = 7 WHERE fid = 3;
        UPDATE 村 SET name = x'ff' WHERE fid = 4; UPDATE 村 SET code = CAST(x'e9be' AS TEXT) WHERE fid = 4; UPDATE gpkg_geometry_columns SET srs_id = -1;
        DELETE FROM 村 WHERE fid = 5;");
    let kept = |wanted: &str| kept(&folder, "v.gpkg", &[wanted.to_string()], None);
    let ok = kept("ok").unwrap();
    assert!(ok.records[0].as_ref().err().unwrap().contains("no GeoPackage header"));
    assert!(ok.records[1].as_ref().err().unwrap().contains("no blob"));
    assert_eq!(ok.records[2].as_ref().ok().unwrap().cells, [Cell::Integer(7)]);
    assert_eq!(ok.records[4].as_ref().ok().unwrap().id, Cell::Integer(6));
    assert_eq!((&ok.head().crs, ok.head().remarks.len()), (&Declared::Nothing, 1));
    assert!(matches!(kept("name"), Err(ReadError::Value { record: 4, .. })));
    let text = kept("code").err().unwrap().to_string();
    assert!(text.contains("record 4: field 'code': the text is not valid UTF-8"), "{text}");
}

#[test]
fn other_files_are_refused() {
    let folder = Folder::new();
    folder.write(
        "text.gpkg",
        "not a database, but long enough to have a header of a hundred bytes, had it one: this is only text, text, text",
    );
    folder.write("empty.gpkg", "");
    sql(&folder.path().join("bare.gpkg"), "CREATE TABLE t (a)");
    for name in ["text.gpkg", "empty.gpkg", "bare.gpkg"] {
        assert!(matches!(kept(&folder, name, &[], None), Err(ReadError::NotFormat { .. })), "{name}");
    }
    assert!(matches!(kept(&folder, "none.gpkg", &[], None), Err(ReadError::Io { .. })));
    village_package(&folder, "a b%?#.gpkg");
    assert_eq!(kept(&folder, "a b%?#.gpkg", &[], None).unwrap().records.len(), 7);
    folder.write("a b%?#.gpkg-wal", "changes");
    assert!(kept(&folder, "a b%?#.gpkg", &[], None).err().unwrap().to_string().contains("close the program"));
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let folder = Folder::new();
    let fields = [Field { name: "x".into(), kind: FieldKind::Real }];
    let write = |cell: Cell<'static>, shape: Shape| {
        let feature = Feature { id: Cell::Missing, cells: vec![cell], geometry: Geometry { shape, ..Geometry::default() } };
        let path = folder.path().join("w.gpkg");
        let _ = std::fs::remove_file(&path);
        write_geopackage(&path, &[Table { name: "t", fields: &fields, features: &[feature] }], &Srs::WGS84, MOMENT)
    };
    let one = || Shape::points([geo::Coord { x: 1.0, y: 2.0 }]);
    assert!(write(Cell::Real(1.0), one()).is_ok());
    for (cell, shape) in [(Cell::Text("1".into()), one()), (Cell::Real(f64::NAN), one())] {
        assert!(write(cell, shape).unwrap_err().to_string().starts_with("table 't', record 1: field 'x': "));
    }
}
