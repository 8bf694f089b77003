//! Shapefiles written and read, by this library and by GDAL.

use crate::io::error::ReadError;
use crate::io::formats::feature::{Cell, Declared, Feature, Field, FieldKind, Geometry, Read, Reading, Shape};
use crate::io::formats::shapefile::read;
use crate::io::formats::shapefile::write::{Written, write_shapefile};
use crate::io::testing::{Folder, Kept, names, run};
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Polygon};
use proptest::prelude::*;
use std::fs;

fn get(folder: &Folder, name: &str, wanted: &[&str], how: &Reading) -> Result<(Kept, Read), ReadError> {
    let mut kept = Kept::default();
    let read = read(&folder.path().join(name), name, &names(wanted), how, &mut kept)?;
    Ok((kept, read))
}

fn plain(folder: &Folder, name: &str, wanted: &[&str]) -> Kept {
    get(folder, name, wanted, &Reading::default()).unwrap().0
}

fn field(name: &str, kind: FieldKind) -> Field {
    Field { name: name.into(), kind }
}

fn feature(cells: Vec<Cell<'static>>, shape: Shape) -> Feature<'static> {
    Feature { id: Cell::Missing, cells, geometry: Geometry { shape, ..Geometry::default() } }
}

fn write(folder: &Folder, features: &[Feature<'_>], fields: &[Field]) -> Written {
    write_shapefile(&folder.path(), "t", features, fields, None).unwrap()
}

/// A rectangle, clockwise or not.
fn ring(x: f64, y: f64, size: f64, clockwise: bool) -> LineString {
    let mut ring: Vec<_> =
        [(0., 0.), (0., 1.), (1., 1.), (1., 0.), (0., 0.)].map(|(a, b)| Coord { x: x + a * size, y: y + b * size }).to_vec();
    if !clockwise {
        ring.reverse();
    }
    LineString(ring)
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let coord = || (-180.0..180.0f64, -90.0..90.0f64).prop_map(|(x, y)| Coord { x, y });
    let line = || prop::collection::vec(coord(), 2..5).prop_map(LineString);
    // islands side by side, each with up to two holes
    let area = prop::collection::vec((0usize..3, -50.0..50.0f64), 1..4).prop_map(|islands| {
        let island = |(i, (holes, y)): (usize, (usize, f64))| {
            let x = i as f64 * 10.0;
            Polygon::new(ring(x, y, 8.0, true), (0..holes).map(|h| ring(x + 1.0 + 3.0 * h as f64, y + 1.0, 2.0, false)).collect())
        };
        Shape::Areas(MultiPolygon(islands.into_iter().enumerate().map(island).collect()))
    });
    let some = |shape: BoxedStrategy<Shape>| prop::collection::vec(prop_oneof![4 => shape, 1 => Just(Shape::Missing)], 0..8);
    prop_oneof![
        some(coord().prop_map(|c| Shape::points([c])).boxed()),
        some(prop::collection::vec(coord(), 1..4).prop_map(Shape::points).boxed()),
        some(prop::collection::vec(line(), 1..4).prop_map(|l| Shape::Lines(MultiLineString(l))).boxed()),
        some(area.boxed()),
    ]
}

fn cells() -> impl Strategy<Value = Vec<Cell<'static>>> {
    let or_missing = |s: BoxedStrategy<Cell<'static>>| prop_oneof![3 => s, 1 => Just(Cell::Missing)];
    // a text without blanks or NUL at its end, no longer than the format holds
    let text = "[一-龥a-z0-9é😀]{1,12}".prop_map(|t| Cell::Text(t.into()));
    let real = any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Cell::Real);
    (
        or_missing(text.boxed()),
        or_missing((-999_999_999_999_999i64..=999_999_999_999_999_999).prop_map(Cell::Integer).boxed()),
        or_missing(real.boxed()),
        or_missing(any::<bool>().prop_map(Cell::Flag).boxed()),
        or_missing((1900..2100u32, 1..13u32, 1..29u32).prop_map(|(y, m, d)| Cell::Text(format!("{y}-{m:02}-{d:02}").into())).boxed()),
    )
        .prop_map(|(a, b, c, d, e)| vec![a, b, c, d, e])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn what_is_written_is_read(shapes in shapes(), rows in prop::collection::vec(cells(), 8)) {
        let fields = [
            field("名称", FieldKind::Text), field("人口数", FieldKind::Integer), field("load", FieldKind::Real),
            field("flag", FieldKind::Flag), field("日期", FieldKind::Date),
        ];
        let features: Vec<_> = shapes.iter().cloned().zip(rows.iter().cloned()).map(|(s, c)| feature(c, s)).collect();
        let folder = Folder::new();
        let written = write(&folder, &features, &fields);
        prop_assert!(written.remarks.is_empty(), "{:?}", written.remarks);
        let kept = plain(&folder, "t.shp", &["名称", "人口数", "load", "flag", "日期"]);
        prop_assert!(kept.head.remarks.is_empty() && kept.malformed.is_empty(), "{:?}", kept.head);
        prop_assert_eq!(kept.shapes(), shapes.clone());
        prop_assert_eq!(&kept.head.fields, &fields.to_vec());
        prop_assert_eq!(kept.features.iter().map(|f| f.1.clone()).collect::<Vec<_>>(), rows[..shapes.len()].to_vec());
        if let Some(told) = run(&folder.path(), "ogrinfo", &["-so", "-al", "t.shp"]) {
            let count = format!("Feature Count: {}", shapes.len());
            prop_assert!(told.contains(&count), "{}", told);
        }
    }

    #[test]
    fn damaged_parts_never_panic(at in 0usize..2000, byte in any::<u8>(), cut in 0usize..2000, part in 0usize..3, truncate in any::<bool>()) {
        let folder = Folder::new();
        let area = MultiPolygon(vec![Polygon::new(ring(0., 0., 8., true), vec![ring(1., 1., 2., false)])]);
        let cells = || vec![Cell::Text("中文".into()), Cell::Integer(5)];
        let features: Vec<_> = (0..4).map(|_| feature(cells(), Shape::Areas(area.clone()))).collect();
        write(&folder, &features, &[field("a", FieldKind::Text), field("b", FieldKind::Integer)]);
        let path = folder.path().join(["t.shp", "t.shx", "t.dbf"][part]);
        let mut bytes = fs::read(&path).unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        if truncate {
            bytes.truncate(cut % bytes.len());
        }
        fs::write(&path, bytes).unwrap();
        if let Ok((kept, _)) = get(&folder, "t.shp", &["a", "b"], &Reading::default()) {
            let garbled = kept.texts().iter().flatten().any(|t| t.contains('\u{fffd}'));
            prop_assert!(!garbled);
        }
    }
}

#[test]
fn names_are_cut_to_ten_bytes_and_stay_apart() {
    let folder = Folder::new();
    let fields = ["社区编码甲", "社区编码乙", "population_total", "population_TOTAL2", "a", ""].map(|n| field(n, FieldKind::Text));
    let written = write(&folder, &[feature(vec![Cell::Text("007".into())], Shape::Missing)], &fields);
    let short: Vec<&str> = written.names.iter().map(|(_, n)| n.as_str()).collect();
    assert_eq!(short, ["社区编", "社区_1", "population", "populati_1", "a", "FIELD"]);
    let kept = plain(&folder, "t.shp", &["社区编"]);
    assert_eq!(kept.head.fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), short);
    assert_eq!(kept.texts(), [["007"]]);
}

#[test]
fn what_does_not_fit_is_told_or_refused() {
    let folder = Folder::new();
    let long = "测".repeat(90);
    let rows = vec![
        feature(vec![Cell::Text(long.into()), Cell::Json("1234567890123456789"), Cell::Text("2024".into())], Shape::Missing),
        feature(vec![Cell::Missing, Cell::Json("007"), Cell::Missing], Shape::Missing),
    ];
    let fields = [field("t", FieldKind::Text), field("code", FieldKind::Integer), field("day", FieldKind::Date)];
    let written = write(&folder, &rows, &fields);
    assert_eq!(written.remarks.len(), 3, "{:?}", written.remarks);
    let texts = plain(&folder, "t.shp", &["t", "code", "day"]).texts();
    assert_eq!((texts[0][0].chars().count(), texts[0][1].as_str(), texts[1][1].as_str()), (84, "1234567890123456789", "007"));
    let mixed = [feature(vec![], Shape::points([Coord { x: 0., y: 0. }])), feature(vec![], Shape::Lines(MultiLineString(vec![])))];
    assert!(write_shapefile(&folder.path(), "m", &mixed, &[], None).unwrap_err().to_string().contains("record 2"));
    assert!(!folder.path().join("m.shp").exists());
}

#[test]
fn parts_that_are_missing_or_do_not_belong_together() {
    let folder = Folder::new();
    let at = |x: f64| Shape::points([Coord { x, y: 1. }]);
    let rows: Vec<_> = (0..3).map(|i| feature(vec![Cell::Integer(i)], at(i as f64))).collect();
    write(&folder, &rows, &[field("i", FieldKind::Integer)]);
    let whole = plain(&folder, "t.shp", &["i"]);
    fs::remove_file(folder.path().join("t.shx")).unwrap();
    let kept = plain(&folder, "t.shp", &["i"]);
    assert_eq!((kept.shapes(), kept.head.remarks.len()), (whole.shapes(), 1));
    let dbf = fs::read(folder.path().join("t.dbf")).unwrap();
    // the second record deleted
    let mut deleted = dbf.clone();
    deleted[65 + 2] = b'*';
    folder.write("t.dbf", &deleted);
    let kept = plain(&folder, "t.shp", &["i"]);
    assert_eq!(kept.features.iter().map(|f| f.0).collect::<Vec<_>>(), [1, 3]);
    assert!(kept.head.remarks.iter().any(|r| r.starts_with("1 records are marked as deleted")), "{:?}", kept.head.remarks);
    let mut fewer = dbf.clone();
    fewer[4] = 2;
    folder.write("t.dbf", &fewer);
    let error = get(&folder, "t.shp", &["i"], &Reading::default()).unwrap_err();
    assert!(matches!(error, ReadError::Counts { shapes: 3, rows: 2, .. }), "{error}");
    fewer[4] = 200;
    folder.write("t.dbf", &fewer);
    let error = get(&folder, "t.shp", &["i"], &Reading::default()).unwrap_err().to_string();
    assert!(error.contains("its header says 200 records, it ends after 3"), "{error}");
    fs::remove_file(folder.path().join("t.dbf")).unwrap();
    let kept = plain(&folder, "t.shp", &["i"]);
    assert_eq!((kept.shapes(), kept.texts()), (whole.shapes(), vec![vec![String::new()]; 3]));
    assert!(kept.head.remarks.iter().any(|r| r.contains("no .dbf")));
}

#[test]
fn numbers_that_overflowed_and_codes_in_number_fields() {
    let folder = Folder::new();
    let rows: Vec<_> = (0..3).map(|_| feature(vec![Cell::Integer(123)], Shape::Missing)).collect();
    write(&folder, &rows, &[field("n", FieldKind::Integer)]);
    let mut dbf = fs::read(folder.path().join("t.dbf")).unwrap();
    dbf[65..77].copy_from_slice(b" *** 007 1,5");
    folder.write("t.dbf", &dbf);
    let kept = plain(&folder, "t.shp", &["n"]);
    assert_eq!(
        kept.features.iter().map(|f| f.1[0].clone()).collect::<Vec<_>>(),
        [Cell::Missing, Cell::Text("007".into()), Cell::Text("1,5".into())]
    );
    assert!(kept.head.remarks[0].contains("field 'n': 1 numbers are asterisks"), "{:?}", kept.head.remarks);
}

const LAYER: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"名称":"鼓楼区","code":"007","n":12,"r":1.5,"day":"2024-05-06"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[1,1],[1,3],[3,3],[3,1],[1,1]],[[5,5],[5,6],[6,6],[6,5],[5,5]]]}},
{"type":"Feature","properties":{"名称":"朱镕基村","code":"12345678901234567890","n":null,"r":null,"day":null},"geometry":{"type":"MultiPolygon","coordinates":[[[[20,0],[30,0],[30,10],[20,10],[20,0]],[[21,1],[21,9],[29,9],[29,1],[21,1]]],[[[22,2],[24,2],[24,4],[22,4],[22,2]]]]}},
{"type":"Feature","properties":{"名称":null,"code":"","n":-3,"r":-0.25,"day":"1999-12-31"},"geometry":null}]}"#;

/// The same land, whichever way rings turn and wherever they begin.
fn land(kept: &Kept) -> Vec<Vec<(f64, Vec<f64>)>> {
    use geo::Area;
    let size = |r: &LineString| Polygon::new(r.clone(), vec![]).unsigned_area();
    let area = |p: &Polygon| (size(p.exterior()), p.interiors().iter().map(size).collect());
    kept.shapes().iter().map(|s| if let Shape::Areas(a) = s { a.0.iter().map(area).collect() } else { vec![] }).collect()
}

#[test]
fn shapefiles_of_gdal_in_utf8_and_gbk() {
    let folder = Folder::new();
    folder.write("in.geojson", LAYER);
    for encoding in ["UTF-8", "GBK", "GB18030"] {
        let option = format!("ENCODING={encoding}");
        if run(&folder.path(), "ogr2ogr", &["-overwrite", "-lco", &option, "out.shp", "in.geojson"]).is_none() {
            return;
        }
        let (kept, _) = get(&folder, "out.shp", &["名称", "code", "n", "r", "day"], &Reading::default()).unwrap();
        let texts = kept.texts();
        assert_eq!(texts[0], ["鼓楼区", "007", "12", "1.5", "2024-05-06"], "{encoding}: {:?}", kept.head);
        assert_eq!(texts[1], ["朱镕基村", "12345678901234567890", "", "", ""], "{encoding}");
        assert_eq!(texts[2], ["", "", "-3", "-0.25", "1999-12-31"], "{encoding}");
        assert_eq!(land(&kept), [vec![(100., vec![4., 1.])], vec![(100., vec![64.]), (4., vec![])], vec![]]);
        assert_eq!(kept.shapes()[2], Shape::Missing);
        assert!(matches!(&kept.head.crs, Declared::Definition(wkt) if wkt.contains("WGS_1984")));
    }
}

#[test]
fn gdal_reads_what_is_written() {
    let folder = Folder::new();
    let area = MultiPolygon(vec![
        Polygon::new(ring(0., 0., 8., false), vec![ring(1., 1., 2., true)]),
        Polygon::new(ring(20., 0., 8., true), vec![]),
    ]);
    let rows = [
        feature(
            vec![Cell::Text("镕基村😀".into()), Cell::Integer(-5), Cell::Real(0.1), Cell::Text("2024-05-06".into())],
            Shape::Areas(area),
        ),
        feature(vec![Cell::Missing, Cell::Missing, Cell::Missing, Cell::Missing], Shape::Missing),
    ];
    let fields =
        [field("社区名称", FieldKind::Text), field("n", FieldKind::Integer), field("r", FieldKind::Real), field("day", FieldKind::Date)];
    let wkt = r#"GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    write_shapefile(&folder.path(), "t", &rows, &fields, Some(wkt)).unwrap();
    let Some(told) = run(&folder.path(), "ogrinfo", &["-al", "t.shp"]) else { return };
    let encoding = run(&folder.path(), "ogrinfo", &["-al", "-so", "-mdd", "all", "t.shp"]).unwrap_or_default();
    assert!(encoding.contains("SOURCE_ENCODING=UTF-8"), "{encoding}");
    for part in [
        "Feature Count: 2",
        "Geometry: Polygon",
        "社区名: String",
        "n: Integer",
        "r: Real (24.15)",
        "day: Date",
        "社区名 (String) = 镕基村😀",
        "n (Integer) = -5",
        "r (Real) = 0.100000000000000",
        "day (Date) = 2024/05/06",
        "社区名 (String) = (null)",
        "MULTIPOLYGON (((0 0,0 8,8 8,8 0,0 0),(1 1,3 1,3 3,1 3,1 1)),((20 0,20 8,28 8,28 0,20 0)))",
        "China",
    ] {
        assert!(told.contains(part), "no '{part}' in\n{told}");
    }
}

#[test]
fn rings_that_turn_the_wrong_way_keep_their_holes() {
    use crate::io::formats::shapefile::shp::decode;
    let content = |rings: &[LineString]| {
        let mut bytes = 5u32.to_le_bytes().to_vec();
        bytes.extend([0; 32]);
        bytes.extend((rings.len() as u32).to_le_bytes());
        bytes.extend((rings.len() as u32 * 5).to_le_bytes());
        (0..rings.len() as u32).for_each(|i| bytes.extend((i * 5).to_le_bytes()));
        rings.iter().flat_map(|r| &r.0).for_each(|c| bytes.extend([c.x.to_le_bytes(), c.y.to_le_bytes()].concat()));
        bytes
    };
    let sizes = |rings: &[LineString]| match decode(&content(rings)).map(|f| (f.geometry.shape, f.misturned)) {
        Ok((Shape::Areas(a), turned)) => (a.0.iter().map(|p| p.interiors().len()).collect::<Vec<_>>(), turned),
        other => panic!("{other:?}"),
    };
    let (outer, hole, island) = (|cw| ring(0., 0., 9., cw), |cw| ring(1., 1., 6., cw), |cw| ring(2., 2., 2., cw));
    assert_eq!(sizes(&[hole(false), outer(true), island(true)]), (vec![1, 0], false));
    let lake = |cw| ring(2.5, 2.5, 1., cw);
    assert_eq!(sizes(&[lake(false), outer(true), hole(false), island(true)]), (vec![1, 1], false));
    assert_eq!(sizes(&[outer(false), hole(true), island(false)]), (vec![1, 0], true));
    assert_eq!(sizes(&[outer(false), hole(false)]), (vec![1], true));
    assert_eq!(sizes(&[outer(true), ring(50., 0., 1., false)]), (vec![0, 0], true));
    assert_eq!(sizes(&[outer(false)]), (vec![0], false));
    // a line there and back has no area and turns neither way
    let flat: LineString = vec![(1., 1.), (1., 1.), (2., 2.), (2., 2.), (1., 1.)].into();
    assert_eq!(sizes(&[outer(true), flat]), (vec![1], false));
    // counts that no bytes stand behind
    let mut huge = content(&[outer(true)]);
    huge[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(decode(&huge).is_err());
    huge[36..40].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(decode(&huge).is_err());
}

#[test]
fn heights_and_measures_are_left_out() {
    let folder = Folder::new();
    let collection = |shape: &str| {
        format!(r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"a":1}},"geometry":{shape}}}]}}"#)
    };
    for shape in [
        r#"{"type":"Point","coordinates":[1,2,3]}"#,
        r#"{"type":"MultiPoint","coordinates":[[1,2,3],[4,5,6]]}"#,
        r#"{"type":"MultiLineString","coordinates":[[[1,2,3],[4,5,6]],[[7,8,9],[1,1,1]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0,5],[0,8,5],[8,8,5],[8,0,5],[0,0,5]],[[1,1,5],[3,1,5],[3,3,5],[1,1,5]]]}"#,
    ] {
        folder.write("in.geojson", collection(shape));
        let mut read = vec![];
        for dim in ["XY", "XYZ", "XYM", "XYZM"] {
            if run(&folder.path(), "ogr2ogr", &["-overwrite", "-dim", dim, "out.shp", "in.geojson"]).is_none() {
                return;
            }
            read.push(plain(&folder, "out.shp", &[]).shapes());
        }
        assert!(read[0][0] != Shape::Missing && read.iter().all(|r| *r == read[0]), "{read:?}");
    }
}

#[test]
fn the_index_decides_the_order_and_the_digest_covers_all_parts() {
    use sha2::{Digest, Sha256};
    let folder = Folder::new();
    let rows: Vec<_> = (0..3).map(|i| feature(vec![Cell::Integer(i)], Shape::points([Coord { x: i as f64, y: 1. }]))).collect();
    write(&folder, &rows, &[field("i", FieldKind::Integer)]);
    let mut shx = fs::read(folder.path().join("t.shx")).unwrap();
    let (first, last) = (shx[100..108].to_vec(), shx[116..124].to_vec());
    shx[100..108].copy_from_slice(&last);
    shx[116..124].copy_from_slice(&first);
    folder.write("t.shx", &shx);
    fs::rename(folder.path().join("t.dbf"), folder.path().join("t.DBF")).unwrap();
    let (kept, read) = get(&folder, "t.shp", &["i"], &Reading::default()).unwrap();
    assert_eq!(kept.shapes(), [2., 1., 0.].map(|x| Shape::points([Coord { x, y: 1. }])));
    assert_eq!(kept.texts().concat(), ["0", "1", "2"]);
    let all: Vec<u8> = ["cpg", "DBF", "shp", "shx"].iter().flat_map(|e| fs::read(folder.path().join(format!("t.{e}"))).unwrap()).collect();
    assert_eq!(read.digest, Sha256::digest(&all).iter().map(|b| format!("{b:02x}")).collect::<String>());
    // an index that points outside the file
    shx[100..104].copy_from_slice(&[0x7f; 4]);
    folder.write("t.shx", &shx);
    let kept = plain(&folder, "t.shp", &["i"]);
    assert_eq!(kept.shapes()[0], Shape::points([Coord { x: 0., y: 1. }]));
    assert!(kept.head.remarks[0].contains(".shx is damaged"));
}
