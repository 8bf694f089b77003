//! Tables of text as layers.

use crate::io::error::ReadError;
use crate::io::formats::delimited::position::{coordinate, of_text};
use crate::io::formats::delimited::read;
use crate::io::formats::delimited::rows::Rows;
use crate::io::formats::feature::{Reading, Shape};
use crate::io::testing::{Folder, Kept, names, run};
use encoding_rs::GB18030;
use geo::{Area, Coord};
use proptest::prelude::*;
use std::io::Write;

fn get(name: &str, bytes: impl AsRef<[u8]>, wanted: &[&str], how: &Reading) -> Result<(Kept, Vec<String>), ReadError> {
    let folder = Folder::new();
    folder.write(name, bytes);
    let mut kept = Kept::default();
    let read = read(&folder.path().join(name), name, &names(wanted), how, &mut kept)?;
    assert_eq!(read.features as usize, kept.features.len() + kept.malformed.len());
    Ok((kept, read.remarks))
}

fn plain(text: &str, wanted: &[&str]) -> Kept {
    get("t.csv", text, wanted, &Reading::default()).unwrap().0
}

fn at(x: f64, y: f64) -> Shape {
    Shape::points([Coord { x, y }])
}

proptest! {
    #[test]
    fn rows_come_back_in_every_dress(
        rows in prop::collection::vec(("[一-龥 ,;\t\"'\n|@é😀]{0,6}", "[0-9]{1,20}", -180.0..180.0f64, -90.0..90.0f64), 1..20),
        separator in 0usize..3, gb in any::<bool>(), mark in any::<bool>(), gzip in any::<bool>(),
    ) {
        let separator = [b',', b';', b'\t'][separator];
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(vec![]);
        writer.write_record(["名称", "code", "经度", "纬度"]).unwrap();
        rows.iter().for_each(|(n, c, x, y)| writer.write_record([n, c, &x.to_string(), &y.to_string()]).unwrap());
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let mut bytes = if gb { GB18030.encode(&text).0.into_owned() } else { text.into_bytes() };
        if mark && !gb {
            bytes.splice(0..0, *b"\xef\xbb\xbf");
        }
        let mut name = "t.csv";
        if gzip {
            name = "t.csv.gz";
            let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
            packed.write_all(&bytes).unwrap();
            bytes = packed.finish().unwrap();
        }
        let (kept, _) = get(name, &bytes, &["code", "名称", "none"], &Reading::default()).unwrap();
        prop_assert_eq!(kept.shapes(), rows.iter().map(|(_, _, x, y)| at(*x, *y)).collect::<Vec<_>>());
        let wanted: Vec<_> = rows.iter().map(|(n, c, _, _)| [c.as_str(), n.trim_ascii(), ""].map(str::to_string).to_vec()).collect();
        prop_assert_eq!(kept.texts(), wanted);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop_oneof![Just(b','), Just(b'\n'), Just(b'"'), any::<u8>()], 0..80)) {
        if let Ok((kept, _)) = get("t.csv", &bytes, &["a"], &Reading::default()) {
            let garbled = kept.head.fields.iter().any(|f| f.name.contains('\u{fffd}'));
            prop_assert!(!garbled);
        }
    }

    #[test]
    fn degrees_minutes_and_seconds(d in 0u32..180, m in 0u32..60, s in 0.0..59.99f64, west in any::<bool>()) {
        let value = f64::from(d) + f64::from(m) / 60.0 + s / 3600.0;
        let sign = if west { -1.0 } else { 1.0 };
        let letter = if west { "W" } else { "E" };
        for text in [
            format!("{}{d}°{m}'{s}\"", if west { "-" } else { "" }), format!("{d}°{m}′{s}″{letter}"), format!("{letter} {d}° {m}' {s}''"),
            format!("{}{d}度{m}分{s}秒", if west { "西经" } else { "东经" }), format!("{}", sign * value),
        ] {
            let found = coordinate(&text);
            prop_assert!(found.is_some_and(|f| (f - sign * value).abs() < 1e-12), "{}: {:?}", text, found);
        }
    }

    #[test]
    fn no_text_is_a_position_by_mistake(text in "[0-9°'\"EWNS度分秒. -]{0,12}") {
        // whatever is taken has digits, and minutes and seconds below 60
        if let Some(x) = coordinate(&text).filter(|x| x.is_finite()) {
            prop_assert!(text.bytes().any(|b| b.is_ascii_digit()));
            let first = text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find(|t| !t.is_empty()).and_then(|t| t.parse::<f64>().ok());
            prop_assert!(text.contains(['e', 'E']) || first.is_some_and(|f| x.abs() >= f && x.abs() < f + 1.02), "{}: {}", text, x);
        }
    }
}

#[test]
fn columns_of_positions_by_their_names() {
    for header in ["lon,lat", "LNG,Lat", "longitude,latitude", "经度,纬度", "X,Y", "东经,北纬"] {
        let kept = plain(&format!("id,{header}\n1,118.5,32.25\n"), &["id"]);
        assert_eq!(kept.shapes(), [at(118.5, 32.25)], "{header}");
    }
    let kept = plain("lat,lon,x,y\n32,118,5,6\n", &[]);
    assert_eq!((kept.shapes(), kept.head.remarks.len()), (vec![at(118., 32.)], 1));
    let how = Reading { x: Some("X".into()), y: Some("y".into()), ..Reading::default() };
    assert_eq!(get("t.csv", "lat,lon,x,y\n32,118,5,6\n", &[], &how).unwrap().0.shapes(), [at(5., 6.)]);
    let missing = |x: Option<&str>, y: Option<&str>| {
        let how = Reading { x: x.map(Into::into), y: y.map(Into::into), ..Reading::default() };
        get("t.csv", "lat,lon\n32,118\n", &[], &how).unwrap_err().to_string()
    };
    assert!(missing(Some("e"), Some("lat")).contains("no column e; the header has lat, lon"));
    assert!(missing(Some("lon"), None).contains("no column for y"));
    // those of another system are not taken on their own
    let kept = plain("id,百度经度,百度纬度\n1,118,32\n", &["id"]);
    assert_eq!((kept.shapes(), kept.head.remarks.len()), (vec![Shape::Missing], 1));
    assert_eq!(plain("id,name\n1,a\n", &["name"]).shapes(), [Shape::Missing]);
}

#[test]
fn damaged_rows_and_what_is_told() {
    let text = "id,lon,lat,code,,id\n1,118,32,1.10101E+14,,x\n2,abc,32,007,,y\n3,118\n4,,,2.2e+17,,z\n5,1,2,3,,w";
    let (kept, remarks) = get("t.csv", text, &["id", "code"], &Reading::default()).unwrap();
    assert_eq!(kept.malformed.iter().map(|m| m.0).collect::<Vec<_>>(), [3]);
    assert!(kept.malformed[0].1.contains("it has 2 fields where the header has 6"));
    assert_eq!(kept.texts(), [["1", "1.10101E+14"], ["2", "007"], ["4", "2.2e+17"], ["5", "3"]]);
    let missing: Vec<_> = kept.features.iter().map(|f| (f.2.shape == Shape::Missing, &*f.2.kind)).collect();
    assert_eq!(missing, [(false, "Point"), (true, "position 'abc', '32' that is no pair of numbers"), (true, ""), (false, "Point")]);
    assert!(
        remarks[0].starts_with("column 'code': 2 values") && remarks[0].contains("'1.10101E+14' (record 1)") && remarks.len() == 1,
        "{remarks:?}"
    );
    for part in ["column 5 has no name", "several columns are called 'id'", "the last line has no end"] {
        assert!(kept.head.remarks.iter().any(|r| r.contains(part)), "{part}: {:?}", kept.head.remarks);
    }
    assert!(get("t.csv", "", &[], &Reading::default()).is_err());
    assert!(matches!(get("t.csv", [0xff, 0xfe, b'i', 0], &[], &Reading::default()), Err(ReadError::NoTable { .. })));
    assert!(matches!(get("t.csv.gz", "a,b\n", &[], &Reading::default()), Err(ReadError::Gzip { .. })));
}

#[test]
fn well_known_text() {
    let kept = plain("WKT;name\nPOINT (1 2);a\nMULTIPOLYGON (((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1 2,1 1)));b\nblob;c\n;d\n", &["name"]);
    assert_eq!(kept.shapes()[0], at(1., 2.));
    assert!(matches!(&kept.shapes()[1], Shape::Areas(a) if a.unsigned_area() == 15.0));
    assert_eq!(kept.features[2].2.kind, "'blob' that is no well-known text");
    assert_eq!(kept.shapes()[2..], [Shape::Missing, Shape::Missing]);
    let deep = format!("{}POINT(1 2){}", "GEOMETRYCOLLECTION(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(of_text(&deep).shape, Shape::Other);
    assert_eq!(of_text("POLYGON Z ((0 0 5,1 0 5,1 1 5,0 0 5))").positions().count(), 4);
    assert_eq!(plain("x,y,wkt\n3,4,POINT (1 2)\n", &[]).shapes(), [at(1., 2.)]);
    // a pair of columns stands in where there is no text
    assert_eq!(plain("the_geom,x,y\n0101000020,3,4\n", &[]).shapes(), [at(3., 4.)]);
}

#[test]
fn rows_alone_serve_tables() {
    let folder = Folder::new();
    folder.write("t.csv", GB18030.encode("编码;值\n 007 ;一\n1\n").0);
    let mut rows = Rows::open(&folder.path().join("t.csv"), "t.csv", None).unwrap();
    assert_eq!((rows.names.clone(), rows.ended), (names(&["编码", "值"]), true));
    let row = rows.next().unwrap().unwrap().unwrap();
    assert_eq!((row.record, row.cell(0).unwrap().as_ref(), row.cell(1).unwrap().as_ref()), (1, "007", "一"));
    let other = rows.next().unwrap().unwrap().err().unwrap();
    assert_eq!((other.record, other.fields, other.needed), (2, 1, 2));
    assert!(rows.next().unwrap().is_none());
}

#[test]
fn tables_of_gdal() {
    let folder = Folder::new();
    folder.write(
        "in.geojson",
        r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"名称":"鼓楼,区","code":"007"},"geometry":{"type":"Point","coordinates":[118.75,32.125]}},
{"type":"Feature","properties":{"名称":null,"code":"8"},"geometry":null}]}"#,
    );
    for (layout, shape) in
        [("GEOMETRY=AS_XY", at(118.75, 32.125)), ("GEOMETRY=AS_WKT", at(118.75, 32.125)), ("GEOMETRY=NONE", Shape::Missing)]
    {
        let Some(_) = run(&folder.path(), "ogr2ogr", &["-overwrite", "-lco", layout, "-lco", "WRITE_BOM=YES", "out.csv", "in.geojson"])
        else {
            return;
        };
        let mut kept = Kept::default();
        read(&folder.path().join("out.csv"), "out.csv", &names(&["名称", "code"]), &Reading::default(), &mut kept).unwrap();
        assert_eq!(kept.texts(), [["鼓楼,区", "007"], ["", "8"]], "{layout}");
        assert_eq!(kept.shapes(), [shape, Shape::Missing], "{layout}");
        std::fs::remove_file(folder.path().join("out.csv")).unwrap();
    }
}
