use super::*;
use crate::io::formats::feature::{FieldKind, Shape};
use crate::io::formats::testing::{Folder, Kept, Seen, damaged, has, run, seen, typed_villages, village_fields, village_names};

fn kept(folder: &Folder, name: &str, wanted: &[String]) -> Result<Kept, ReadError> {
    let mut kept = Kept::default();
    let done = read(&folder.path().join(name), name, wanted, &Reading::default(), &mut kept)?;
    assert_eq!(done.features, kept.records.len() as u64);
    Ok(kept)
}

/// The villages in the file that `ogr2ogr` makes of them; none where it is not installed.
fn converted(folder: &Folder, name: &str, more: &[&str]) -> Option<Seen> {
    if !has("ogr2ogr", &["--version"]) {
        return None;
    }
    // GDAL 3.6 leaves out what has no geometry
    let features = seen(&typed_villages(folder)).into_iter().filter(|(_, shape)| *shape != Shape::Missing).collect();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    run("ogr2ogr", &[&["-f", "FlatGeobuf", &path(name), &path("villages.geojson")], more].concat());
    Some(features)
}

/// Days as GDAL writes them here.
fn days(mut seen: Seen) -> Seen {
    for (cells, _) in &mut seen {
        cells[5] = cells[5].take().map(|day| day.replace("T00:00:00", ""));
    }
    seen
}

#[test]
fn a_file_of_gdal() {
    let folder = Folder::new();
    let Some(expected) = converted(&folder, "plain.fgb", &["-lco", "SPATIAL_INDEX=NO", "-a_srs", "EPSG:4547"]) else { return };
    let plain = kept(&folder, "plain.fgb", &village_names()).unwrap();
    assert_eq!(days(plain.seen()), expected);
    assert_eq!(plain.head().crs, Declared::Epsg(4547));
    assert_eq!(plain.head().fields, village_fields());
    assert_eq!(plain.head().features, Some(6));
    assert!(plain.head().fields.iter().any(|f| f.kind == FieldKind::Date));
    // with Z and M, and in the order of the index
    let Some(mut expected) = converted(&folder, "tree.fgb", &["-dim", "XYZM", "-a_srs", "EPSG:4490"]) else { return };
    let tree = kept(&folder, "tree.fgb", &village_names()).unwrap();
    let mut found = days(tree.seen());
    let by_name = |a: &(Vec<Option<String>>, Shape), b: &(Vec<Option<String>>, Shape)| a.0.cmp(&b.0);
    found.sort_by(by_name);
    expected.sort_by(by_name);
    assert_eq!(found, expected);
    assert_eq!(tree.head().crs, Declared::Epsg(4490));
}

#[test]
fn columns_of_all_types() {
    if !has("python3", &["-c", "import pyogrio, geopandas"]) {
        return;
    }
    let folder = Folder::new();
    let script = "
import sys, numpy, pandas, geopandas, shapely
t = {'i8': 'int8', 'u8': 'uint8', 'i16': 'int16', 'u16': 'uint16', 'i32': 'int32', 'u32': 'uint32', 'i64': 'int64', 'f32': 'float32', 'f64': 'float64', 'b': 'bool'}
d = pandas.DataFrame({k: numpy.array([1, 0], dtype=v) for k, v in t.items()})
d['s'] = ['中', None]
d['m'] = pandas.to_datetime(['2024-02-29T01:02:03.004Z', None])
geopandas.GeoDataFrame(d, geometry=[shapely.Point(1, 2), None], crs=None).to_file(sys.argv[1], driver='FlatGeobuf', SPATIAL_INDEX='NO')";
    run("python3", &["-c", script, &folder.path().join("t.fgb").to_string_lossy()]);
    let names: Vec<String> = "i8 u8 i16 u16 i32 u32 i64 f32 f64 b s m no".split(' ').map(str::to_string).collect();
    let kept = kept(&folder, "t.fgb", &names).unwrap();
    let text = |i: usize| kept.seen()[i].0.iter().map(|c| c.clone().unwrap_or("-".into())).collect::<Vec<_>>().join(" ");
    assert_eq!(
        [text(0).as_str(), text(1).as_str()],
        ["1 1 1 1 1 1 1 1 1 true 中 2024-02-29T01:02:03.004Z -", "0 0 0 0 0 0 0 0 0 false - - -"]
    );
    assert_eq!(kept.head().crs, Declared::Nothing);
    assert_eq!(kept.seen()[1].1, Shape::Missing);
}

#[test]
fn damaged_files_are_read_or_refused() {
    for more in [&["-lco", "SPATIAL_INDEX=NO"][..], &[]] {
        let folder = Folder::new();
        if converted(&folder, "v.fgb", more).is_none() {
            return;
        }
        let bytes = std::fs::read(folder.path().join("v.fgb")).unwrap();
        let mut refused = 0;
        for copy in damaged(&bytes) {
            folder.write("d.fgb", copy);
            refused += u32::from(kept(&folder, "d.fgb", &village_names()).is_err());
        }
        assert!(refused > 300, "{refused}");
    }
}

#[test]
fn lengths_that_are_claimed_take_no_memory() {
    let folder = Folder::new();
    folder.write("huge.fgb", [&b"fgb\x03fgb\x01"[..], &u32::MAX.to_le_bytes(), b"12345678"].concat());
    let error = kept(&folder, "huge.fgb", &[]).err().unwrap().to_string();
    assert!(error.contains("a length of 4294967295 bytes where 8 are left"), "{error}");
    for bytes in [&b""[..], b"fgb\x03fg", b"PK345678", b"fgb\x02fgb\x01rest"] {
        folder.write("no.fgb", bytes);
        assert!(matches!(kept(&folder, "no.fgb", &[]), Err(ReadError::NotFormat { .. })));
    }
    assert!(matches!(kept(&folder, "none.fgb", &[]), Err(ReadError::Io { .. })));
}
