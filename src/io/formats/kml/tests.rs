//! KML, of GDAL and of those who mean harm.

use crate::io::error::ReadError;
use crate::io::formats::feature::{Declared, Reading, Shape};
use crate::io::formats::kml::read;
use crate::io::testing::{Folder, Kept, names, run};
use geo::Coord;
use proptest::prelude::*;

fn get(text: impl AsRef<[u8]>, wanted: &[&str], how: &Reading) -> Result<Kept, ReadError> {
    let folder = Folder::new();
    folder.write("t.kml", text);
    let mut kept = Kept::default();
    let read = read(&folder.path().join("t.kml"), "t.kml", &names(wanted), how, &mut kept)?;
    assert_eq!(read.features as usize, kept.features.len() + kept.malformed.len());
    Ok(kept)
}

fn kml(inside: &str) -> String {
    format!(r#"<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inside}</Document></kml>"#)
}

const RING: &str = "<LinearRing><coordinates>0,0 4,0,7 4,4 0,4 0,0</coordinates></LinearRing>";
const HOLE: &str = "<innerBoundaryIs><LinearRing><coordinates>1,1\n2,1\t2,2 1,2 1,1</coordinates></LinearRing></innerBoundaryIs>";

#[test]
fn placemarks_with_their_fields_folders_and_shapes() {
    let text = kml(&format!(
        r#"<name>doc</name><Folder><name>辖区</name>
<Placemark id="p1"><name>鼓楼 &amp; &#29572;武</name><description><![CDATA[<b>x</b>]]></description>
<ExtendedData><Data name="code"><displayName>Code</displayName><value>007</value></Data><SchemaData><SimpleData name="n">5</SimpleData><SimpleData name="empty"/></SchemaData></ExtendedData>
<MultiGeometry><Polygon><outerBoundaryIs>{RING}</outerBoundaryIs>{HOLE}</Polygon><MultiGeometry><Polygon><outerBoundaryIs>{RING}</outerBoundaryIs></Polygon></MultiGeometry></MultiGeometry></Placemark>
<Folder><name>站</name><Placemark><name>s</name><Point><coordinates> 118.5, 32.25, 0 </coordinates></Point></Placemark></Folder></Folder>
<Placemark><LineString><coordinates>0,0 1,1</coordinates></LineString></Placemark>
<Placemark><MultiGeometry><Point><coordinates>0,0</coordinates></Point><LineString><coordinates>0,0 1,1</coordinates></LineString></MultiGeometry></Placemark>
<Placemark><name>bad</name><Point><coordinates>118;32</coordinates></Point></Placemark>
<Placemark/>"#
    ));
    let kept = get(&text, &["name", "code", "n", "empty", "description", "folder"], &Reading::default()).unwrap();
    assert_eq!(
        kept.head.fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(),
        ["name", "description", "folder", "code", "n", "empty"]
    );
    assert_eq!((&kept.head.crs, kept.head.features, &kept.head.tables), (&Declared::Epsg(4326), Some(6), &names(&["辖区", "辖区/站"])));
    assert_eq!(kept.texts()[0], ["鼓楼 & 玄武", "007", "5", "", "<b>x</b>", "辖区"]);
    assert_eq!(kept.texts()[1], ["s", "", "", "", "", "辖区/站"]);
    let Shape::Areas(land) = &kept.shapes()[0] else { panic!("{kept:?}") };
    assert_eq!(land.0.iter().map(|p| (p.exterior().0.len(), p.interiors().len())).collect::<Vec<_>>(), [(5, 1), (5, 0)]);
    assert_eq!(kept.shapes()[1], Shape::points([Coord { x: 118.5, y: 32.25 }]));
    assert!(matches!(kept.shapes()[2], Shape::Lines(_)));
    assert_eq!(kept.shapes()[3..], [Shape::Other, Shape::Missing]);
    assert_eq!(kept.malformed, [(5, "'118;32' is no position (longitude,latitude)".to_string())]);
    let table = |t: &str| Reading { table: Some(t.into()), ..Reading::default() };
    assert_eq!(get(&text, &["name"], &table("站")).unwrap().features.iter().map(|f| f.0).collect::<Vec<_>>(), [2]);
    assert_eq!(get(&text, &["name"], &table("辖区")).unwrap().features.len(), 2);
    let error = get(&text, &["name"], &table("x")).unwrap_err().to_string();
    assert!(error.contains("no placemark in a folder 'x'; its folders are 辖区, 辖区/站"), "{error}");
}

#[test]
fn hostile_or_other_files_are_refused() {
    let refused = |text: &[u8]| get(text, &["name"], &Reading::default()).unwrap_err().to_string();
    assert!(refused(b"PK\x03\x04....").contains("KMZ"));
    assert!(refused(b"\xff\xfe<\0").contains("UTF-16"));
    assert!(refused(b"{\"type\":1}").contains("no XML"));
    assert!(refused(b"<gpx><Placemark/></gpx>").contains("no KML"));
    assert!(refused(br#"<?xml version="1.0" encoding="GB2312"?><kml/>"#).contains("its text is in GB2312"));
    assert!(refused(kml("<Placemark><name>\u{4e2d}").replace("</Document></kml>", "").as_bytes()).contains("cut off"));
    assert!(refused(kml("<Placemark></Folder>").as_bytes()).contains("not valid XML"));
    assert!(refused(kml(&"<Folder>".repeat(100_000)).as_bytes()).contains("deep"));
    let mut broken = kml("<Placemark><name>x</name></Placemark>").into_bytes();
    let at = broken.windows(3).position(|w| w == b">x<").unwrap();
    broken[at + 1] = 0xd6;
    assert!(refused(&broken).contains("not valid XML"));
    // entities are not expanded, so a bomb is a short text
    let mut bomb = String::from(r#"<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "ha">"#);
    "abcdefgh".chars().zip("bcdefghi".chars()).for_each(|(a, b)| bomb += &format!("<!ENTITY {b} \"{}\">", format!("&{a};").repeat(100)));
    bomb += "]><kml><Placemark><name>&i;</name></Placemark></kml>";
    assert_eq!(get(&bomb, &["name"], &Reading::default()).unwrap().texts(), [["&i;"]]);
}

proptest! {
    #[test]
    fn damaged_text_never_panics(at in 0usize..600, byte in any::<u8>(), cut in 0usize..600) {
        let folder = "<Folder><name>f</name><Placemark><name>a&amp;b</name><Polygon><outerBoundaryIs>";
        let mut text = kml(&format!("{folder}{RING}</outerBoundaryIs>{HOLE}</Polygon></Placemark></Folder>")).into_bytes();
        let n = text.len();
        text[at % n] = byte;
        text.truncate(n - cut % n);
        let _ = get(&text, &["name"], &Reading::default());
    }
}

#[test]
fn kml_of_gdal() {
    let folder = Folder::new();
    folder.write(
        "in.geojson",
        r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"Name":"鼓楼区","code":"007"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[1,1],[1,3],[3,3],[3,1],[1,1]]]}},
{"type":"Feature","properties":{"Name":"两块","code":null},"geometry":{"type":"MultiPolygon","coordinates":[[[[20,0],[30,0],[30,10],[20,0]]],[[[40,2],[44,2],[44,4],[40,2]]]]}},
{"type":"Feature","properties":{"Name":"none","code":"9"},"geometry":null}]}"#,
    );
    for driver in ["KML", "LIBKML"] {
        if run(&folder.path(), "ogrinfo", &["--formats"]).is_none_or(|all| !all.contains(&format!("  {driver} "))) {
            continue;
        }
        run(&folder.path(), "ogr2ogr", &["-overwrite", "-f", driver, "out.kml", "in.geojson"]);
        let mut kept = Kept::default();
        read(&folder.path().join("out.kml"), "out.kml", &names(&["name", "code"]), &Reading::default(), &mut kept).unwrap();
        assert_eq!(kept.texts(), [["鼓楼区", "007"], ["两块", ""], ["none", "9"]], "{driver} {:?}", kept.head);
        let sizes: Vec<_> = kept
            .shapes()
            .iter()
            .map(|s| match s {
                Shape::Areas(a) => a.0.iter().map(|p| p.interiors().len()).collect(),
                _ => vec![],
            })
            .collect();
        assert_eq!(sizes, [vec![1], vec![0, 0], vec![]], "{driver}");
    }
}
