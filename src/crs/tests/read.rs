//! Texts of every kind.

use super::super::{AxisOrder, Crs, CrsError};
use super::Random;
use proptest::prelude::*;

const CODES: [u32; 26] = [
    4326, 4490, 4258, 4269, 4491, 4501, 4502, 4512, 4513, 4526, 4533, 4534, 4547, 4554, 32601, 32650, 32660, 32701, 32760, 25832, 26919,
    3857, 3395, 26986, 2249, 2056,
];

fn code(text: &str) -> Option<u32> {
    Crs::parse(text).unwrap().code()
}

#[test]
fn codes_and_names() {
    for text in [
        "EPSG:4547",
        "epsg 4547",
        "epsg:4547",
        "urn:ogc:def:crs:EPSG::4547",
        "urn:ogc:def:crs:EPSG:6.9:4547",
        "4547",
        " 4547\n",
        "http://www.opengis.net/def/crs/EPSG/0/4547",
        "https://www.opengis.net/def/crs/EPSG/0/4547",
        "http://www.opengis.net/gml/srs/epsg.xml#4547",
        "+init=epsg:4547",
    ] {
        assert_eq!(code(text), Some(4547), "{text}");
    }
    for text in
        ["CRS84", "OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84", "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "WGS 84", "EPSG:4979"]
    {
        assert_eq!(code(text), Some(4326), "{text}");
    }
    for text in ["EPSG:3857", "900913", "EPSG:3785", "ESRI:102100"] {
        assert_eq!(code(text), Some(3857), "{text}");
    }
    assert_eq!(code("EPSG:4480"), Some(4490));
    for (text, name) in [("GCJ-02", "GCJ-02"), ("gcj02", "GCJ-02"), ("BD-09", "BD-09"), ("bd09", "BD-09")] {
        assert_eq!(Crs::parse(text).unwrap().to_string(), name);
        assert!(Crs::parse(text).unwrap().wkt1().is_none());
    }
    assert_eq!("yx".parse::<AxisOrder>().unwrap().to_string(), "yx");
    assert!("north".parse::<AxisOrder>().is_err());
}

#[test]
fn refusals_say_what_is_wrong() {
    for text in [
        "EPSG:2343",
        "EPSG:4610",
        "4214",
        "EPSG:4555",
        "+proj=tmerc +lon_0=114 +x_0=500000 +ellps=krass",
        "+proj=longlat +a=6378140 +rf=298.257",
        r#"GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#,
        r#"GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#,
    ] {
        let e = Crs::parse(text).unwrap_err();
        assert!(matches!(e, CrsError::OldDatum(_)), "{text}: {e}");
        assert!(e.to_string().contains("local parameters"));
    }
    for text in [
        "EPSG:27700",
        "EPSG:99999999",
        "+proj=krovak +ellps=bessel",
        "+proj=longlat +ellps=GRS80 +pm=paris",
        "+proj=utm +zone=61",
        "+proj=utm",
        "+proj=tmerc +k=0",
        "+proj=tmerc +lon_0=x",
        "+proj=lcc +lat_1=30 +lat_2=-30",
        "+proj=tmerc +axis=neu",
        "+proj=tmerc +towgs84=1,2,3 +ellps=GRS80",
    ] {
        let e = Crs::parse(text).unwrap_err();
        assert!(e.to_string().contains("supported are: WGS 84"), "{text}: {e}");
    }
    for text in
        ["", "  ", "nonsense", "EPSG:", "EPSG:-1", "EPSG:4294967296000", "GEOGCS[", "GEOGCS", "{", "{}", "[", "+", "北京", "PROJCS[\"a\"]"]
    {
        assert!(Crs::parse(text).is_err(), "{text}");
    }
    let deep = "GEOGCS[".repeat(10_000);
    assert!(Crs::parse(&deep).is_err());
    assert!(Crs::parse(&format!("{{\"a\":{}", "[".repeat(10_000))).is_err());
}

/// As written, and by way of every text that is written here, each system stays itself.
#[test]
fn written_texts_are_read_again() {
    for code in CODES {
        let crs = Crs::from_epsg(code).unwrap();
        let wkt = crs.wkt1().unwrap();
        assert_eq!(Crs::parse(&wkt).unwrap(), crs, "{wkt}");
        match crs.projjson() {
            Some(json) => assert_eq!(Crs::parse(&json.to_string()).unwrap(), crs, "{json}"),
            None => assert_eq!(code, 4326),
        }
        assert_eq!(crs.to_string(), format!("EPSG:{code}"));
        let json = serde_json::to_string(&crs).unwrap();
        assert_eq!(serde_json::from_str::<Crs>(&json).unwrap(), crs);
        let mut text = String::new();
        let _ = std::fmt::Write::write_fmt(&mut text, format_args!("{}", Raw(&crs)));
        assert_eq!(Crs::parse(&text).unwrap().to_wgs84([4e5, 3e6]), crs.to_wgs84([4e5, 3e6]), "{text}");
    }
}

/// The PROJ string even of a system with a code.
struct Raw<'a>(&'a Crs);

impl std::fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        super::super::projstring::write(&self.0.definition, f)
    }
}

#[test]
fn definitions_of_gdal_and_esri() {
    let texts = include_str!("definitions.txt").lines().filter_map(|l| l.split_once('\t'));
    let mut n = 0;
    for (wanted, text) in texts {
        let found = Crs::parse(text).map(|c| c.to_string()).unwrap_or_else(|e| e.to_string());
        if wanted == "old" {
            assert!(found.contains("local parameters"), "{text}: {found}");
        } else {
            assert_eq!(found, format!("EPSG:{wanted}"), "{text}");
        }
        n += 1;
    }
    assert!(n > 80, "{n}");
}

#[test]
fn odd_but_legal_definitions() {
    // A local system of a city: CGCS2000 with a meridian of its own. With a shift, heights and axes in another order beside it.
    let base = r#"GEOGCS["CGCS2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]"#;
    let city = format!(
        r#"PROJCS["城市""独立""坐标系",{base},PROJECTION["Gauss_Kruger"],PARAMETER["Central_Meridian",116.35],PARAMETER["False_Easting",500],PARAMETER["False_Northing",-3000],UNIT["km",1000]]"#
    );
    let crs = Crs::parse(&city).unwrap();
    assert_eq!(crs.name(), "城市\"独立\"坐标系");
    assert_eq!(
        crs.to_string(),
        "+proj=tmerc +lat_0=0 +lon_0=116.35 +k=1 +x_0=500000 +y_0=-3000000 +ellps=GRS80 +frame=CGCS2000 +units=km +no_defs"
    );
    assert_eq!(Crs::parse(&crs.to_string()).unwrap(), crs);
    assert_eq!(Crs::parse(&crs.wkt1().unwrap()).unwrap(), crs);
    assert_eq!(Crs::parse(&crs.projjson().unwrap().to_string()).unwrap(), crs);
    assert!(crs.caveat().unwrap().contains("centimetres"));
    let compound = format!(r#"COMPD_CS["a",{city},VERT_CS["h",VERT_DATUM["h",2005],UNIT["m",1]]]"#);
    assert_eq!(Crs::parse(&compound).unwrap(), crs);
    // A code that the parameters do not have is not believed.
    let lie = city.replace("UNIT[\"km\",1000]", "UNIT[\"km\",1000],AUTHORITY[\"EPSG\",\"4547\"]");
    assert_eq!(Crs::parse(&lie).unwrap().code(), None);
    // Gauss-Krueger of six degrees is told from three by its name.
    let gk = |name: &str| {
        format!(
            r#"PROJCS["{name}",{base},PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",117],PARAMETER["false_easting",500000],UNIT["m",1]]"#
        )
    };
    assert_eq!(code(&gk("CGCS2000_GK_CM_117E")), Some(4509));
    assert_eq!(code(&gk("CGCS2000_3_Degree_GK_CM_117E")), Some(4548));
    assert_eq!(code(&gk("whatever")), Some(4548));
    // What is not meant the usual way is refused.
    for (from, to) in
        [("\"Greenwich\",0", "\"Paris\",2.33"), ("6378137,298.257222101", "6378137,300"), ("Gauss_Kruger", "Krovak"), ("116.35", "1e999")]
    {
        assert!(Crs::parse(&city.replace(from, to)).is_err(), "{from}");
    }
    let south = city.replace("UNIT[\"km\",1000]", "UNIT[\"km\",1000],AXIS[\"x\",SOUTH]");
    assert!(Crs::parse(&south).is_err());
}

proptest! {
    #[test]
    fn never_panics(text in r#"[A-Z\[\]()",.0-9 +=_{}:a-z"-]{0,60}"#) {
        let _ = Crs::parse(&text);
    }

    #[test]
    fn broken_definitions_never_panic(seed in any::<u64>()) {
        let mut random = Random(seed);
        let texts: Vec<&str> = include_str!("definitions.txt").lines().filter_map(|l| Some(l.split_once('\t')?.1)).collect();
        let mut text: Vec<char> = texts[(random.unit() * texts.len() as f64) as usize].chars().collect();
        for _ in 0..=(random.unit() * 4.0) as usize {
            let i = (random.unit() * text.len() as f64) as usize;
            match (random.unit() * 3.0) as usize {
                0 => { text.remove(i); }
                1 => text.insert(i, ['[', ']', '"', '9', '-', 'e', '\u{4e2d}'][(random.unit() * 7.0) as usize]),
                _ => text.truncate(i.max(1)),
            }
        }
        let text: String = text.into_iter().collect();
        // What still is read can be written and read again.
        if let Ok(crs) = Crs::parse(&text) {
            prop_assert_eq!(Crs::parse(&crs.to_string()).unwrap(), crs.clone(), "{} of {}", crs.to_string(), text);
            prop_assert_eq!(crs.from_wgs84([f64::NAN, 0.0]), None);
            prop_assert_eq!(crs.to_wgs84([f64::INFINITY, 0.0]), None);
        }
    }

    #[test]
    fn own_strings_are_read_again(
        method in 0..6usize, lon0 in -180.0..180.0, lat in -80.0..80.0, lat1 in 1.0..80.0, k in 0.9..1.1, x0 in -1e7..1e7, unit in 0..5usize, frame in 0..4usize
    ) {
        let method = ["tmerc", "merc", "lcc", "somerc", "webmerc", "longlat"][method];
        let unit = ["+units=m", "+units=us-ft", "+units=ft", "+to_meter=0.9144", ""][unit];
        let frame = ["+datum=WGS84", "+datum=NAD83", "+ellps=GRS80", "+ellps=GRS80 +frame=ETRS89"][frame];
        let scale = if method == "webmerc" { String::new() } else { format!("+k_0={k}") };
        let second = format!("+lat_1={lat1} +lat_2={}", lat1 + 3.0);
        let text = format!("+proj={method} +lat_0={lat} +lon_0={lon0} {second} {scale} +x_0={x0} +y_0={} {unit} {frame}", x0 / 2.0);
        let crs = Crs::parse(&text).unwrap();
        prop_assert_eq!(Crs::parse(&crs.to_string()).unwrap(), crs.clone());
        for written in [crs.wkt1(), crs.projjson().map(|j| j.to_string())].into_iter().flatten() {
            let again = Crs::parse(&written).unwrap();
            prop_assert!(again.definition.is_like(&crs.definition), "{} {}", written, crs);
        }
        // There and back.
        let at = [lon0 + 0.5, 40.0];
        if let Some(p) = crs.from_wgs84(at) {
            let back = crs.to_wgs84(p).unwrap();
            let turned = (back[0] - at[0] + 540.0).rem_euclid(360.0) - 180.0;
            prop_assert!(turned.abs() < 1e-9 && (back[1] - at[1]).abs() < 1e-9, "{back:?}");
        }
    }
}
