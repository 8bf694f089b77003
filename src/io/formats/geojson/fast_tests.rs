//! The law of the fast path: where it gives a feature, serde gives the same.

use super::decode::slow;
use super::fast::fast;
use crate::io::formats::stream::Scanner;
use proptest::collection::vec;
use proptest::prelude::*;

fn wanted() -> Vec<String> {
    ["id", "名称", "n", "type"].map(String::from).to_vec()
}

/// Whether the fast path takes what `text` begins with; fails where serde sees anything else in it, or the scanner cuts it elsewhere.
fn lawful(text: &[u8], wanted: &[String]) -> Result<bool, TestCaseError> {
    let Some((feature, length)) = fast(text, wanted) else { return Ok(false) };
    let Ok(other) = slow(&text[..length], wanted) else {
        return Err(TestCaseError::fail(format!("serde refuses {}", String::from_utf8_lossy(text))));
    };
    // the shortest decimal of a number is that of no other number, and -0 is not 0
    prop_assert_eq!(format!("{feature:?}"), format!("{other:?}"));
    let mut scan = Scanner::new(text);
    scan.peek().unwrap();
    let blank = scan.position().1 as usize;
    prop_assert_eq!(scan.value().ok(), Some(length - blank));
    Ok(true)
}

fn blank() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\n\t\r ")]
}

fn string() -> impl Strategy<Value = String> {
    let plain = prop_oneof![any::<String>(), "[ -~]{0,20}", "[一-龥]{0,6}", Just("龙泉\u{10ffff}é\u{7f}\"\\/\u{1}".to_string())];
    let escape = |c: char, buffer: &mut [u16; 2]| c.encode_utf16(buffer).iter().map(|u| format!("\\u{u:04x}")).collect::<String>();
    let ascii =
        move |t: String| t.chars().map(|c| if c.is_ascii_alphanumeric() { c.into() } else { escape(c, &mut [0; 2]) }).collect::<String>();
    prop_oneof![
        6 => plain.clone().prop_map(|t| serde_json::to_string(&t).unwrap()),
        2 => plain.prop_map(move |t| format!("\"{}\"", ascii(t))),
        1 => prop::sample::select(vec![r#""\ud800""#, r#""\u12G4""#, r#""\x""#, r#""\"\\\/\b\f\n\r\t""#, "\"\t\"", "\"\u{7f}\""]).prop_map(String::from),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-1_800_000_000i64..1_800_000_000, 0usize..9).prop_map(|(n, d)| format!("{:.d$}", n as f64 / 1e7)),
        2 => any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| serde_json::to_string(&x).unwrap()),
        2 => any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| x.to_string()),
        4 => "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?",
        1 => prop::sample::select(vec!["-0", "-0.0", "0e0", "1E400", "-1e-400", "01", "1.", "+1", ".5", "-", "1e", "1e+", "NaN", "Infinity",
            "9007199254740993", "9007199254740992.5", "900719925474099.3", "18446744073709551616", "0.30000000000000004", "0x1", "1_0"]).prop_map(String::from),
    ]
}

fn brackets(open: char, close: char, items: &[(&'static str, String)]) -> String {
    let inner: Vec<String> = items.iter().map(|(blank, item)| format!("{blank}{item}{blank}")).collect();
    format!("{open}{}{close}", inner.join(","))
}

fn value() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["null", "true", "false", "nul", "True", ""]).prop_map(String::from);
    let word = prop_oneof![8 => prop::sample::select(vec!["null", "true", "false"]).prop_map(String::from), 1 => word];
    prop_oneof![3 => string(), 3 => number(), 1 => word].prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec((blank(), inner.clone()), 0..4).prop_map(|items| brackets('[', ']', &items)),
            vec((blank(), (string(), inner).prop_map(|(n, v)| format!("{n}:{v}"))), 0..4).prop_map(|items| brackets('{', '}', &items)),
        ]
    })
}

/// Arrays of arrays of positions.
fn nested(depth: u32) -> BoxedStrategy<String> {
    let ordinary = (-180.0..180.0f64, -90.0..90.0f64).prop_map(|(x, y)| [x, y].map(|c| c.to_string()).to_vec());
    let position = prop_oneof![9 => ordinary, 3 => vec(number(), 2..4), 1 => vec(prop_oneof![number(), value()], 0..4)];
    let position = position.prop_map(|p| format!("[{}]", p.join(", ")));
    let ring = vec((blank(), position.clone()), 0..5).prop_map(|mut items| {
        items.extend((items.len() > 2).then(|| items[0].clone()));
        brackets('[', ']', &items)
    });
    match depth {
        0 => position.boxed(),
        1 => ring.boxed(),
        _ => vec((blank(), nested(depth - 1)), 0..3).prop_map(|items| brackets('[', ']', &items)).boxed(),
    }
}

fn members(items: Vec<(&'static str, String, String)>) -> String {
    let items: Vec<_> = items.into_iter().map(|(blank, name, value)| (blank, format!("{name}{blank}:{blank}{value}"))).collect();
    brackets('{', '}', &items)
}

fn geometry() -> impl Strategy<Value = String> {
    let kinds = [("Point", 0), ("MultiPoint", 1), ("LineString", 1), ("MultiLineString", 2), ("Polygon", 2), ("MultiPolygon", 3)];
    let known = prop::sample::select(kinds.to_vec()).prop_flat_map(|(kind, depth)| {
        let depth = prop_oneof![15 => Just(depth), 1 => 0u32..4];
        (Just(kind), depth.prop_flat_map(nested))
    });
    let other = Just(("GeometryCollection", "[]".to_string()));
    let all = prop_oneof![15 => known, 1 => other].prop_flat_map(|(kind, coordinates)| {
        let kind = (blank(), Just("\"type\"".to_string()), Just(format!("\"{kind}\"")));
        let coordinates = (blank(), Just("\"coordinates\"".to_string()), Just(coordinates));
        let extra = (
            blank(),
            prop_oneof![Just("\"bbox\"".to_string()), string(), Just("\"type\"".to_string()), Just("\"coordinates\"".to_string())],
            value(),
        );
        let lists = (kind, coordinates, vec(extra, 0..2)).prop_map(|(a, b, c)| [vec![a, b], c].concat()).boxed();
        prop_oneof![2 => lists.clone(), 1 => lists.prop_shuffle(), 1 => vec((blank(), string(), value()), 0..2)]
    });
    prop_oneof![6 => all.prop_map(members), 1 => Just("null".to_string())]
}

fn properties() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        prop::sample::select(vec!["\"id\"", "\"名称\"", "\"n\"", "\"i\\u0064\"", "\"type\"", "\"\""]).prop_map(String::from),
        string()
    ];
    prop_oneof![6 => vec((blank(), name, value()), 0..5).prop_map(members), 1 => Just("null".to_string())]
}

fn feature() -> impl Strategy<Value = String> {
    let named = |name: &str, value: BoxedStrategy<String>| (blank(), Just(format!("\"{name}\"")), value);
    let kind = named("type", Just("\"Feature\"".to_string()).boxed());
    let extra = prop_oneof![
        named("id", value().boxed()),
        named("bbox", value().boxed()),
        named("geometry", geometry().boxed()),
        named("properties", properties().boxed()),
        named("type", Just("\"Feature\"".to_string()).boxed()),
        (blank(), string(), value().boxed()),
    ];
    let all = (kind, named("properties", properties().boxed()), named("geometry", geometry().boxed()), vec(extra, 0..3));
    let all = all.prop_map(|(a, b, c, d)| [vec![a, b, c], d].concat()).boxed();
    prop_oneof![all.clone(), all.prop_shuffle()].prop_map(members)
}

/// One change of a byte: another in its place, one less, one more.
fn damage() -> impl Strategy<Value = (prop::sample::Index, u8, u8)> {
    let telling = prop::sample::select(b"\"\\{}[],:0123456789.-+eEntu \n\x00\x1f\x7f\x80\xbf\xc3\xe9\xff".to_vec());
    (any::<prop::sample::Index>(), 0u8..3, prop_oneof![3 => telling, 1 => any::<u8>()])
}

fn damaged(text: &str, changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (at, kind, byte) in changes.iter().filter(|_| !text.is_empty()) {
        let at = at.index(bytes.len().max(1));
        match kind {
            0 if at < bytes.len() => bytes[at] = *byte,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            _ => bytes.insert(at, *byte),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(500), ..ProptestConfig::default() })]

    #[test]
    fn where_the_fast_path_gives_a_feature_serde_gives_the_same(text in feature(), changes in vec(damage(), 0..3), tail in "[,\\]} \n]{0,3}") {
        lawful(&[&damaged(&text, &changes), tail.as_bytes()].concat(), &wanted())?;
    }
}

#[test]
fn every_byte_of_a_feature_may_be_damaged() {
    const TEXT: &str = r#" {"type":"Feature","id":-1.5e3,"bbox":[1,2.50],"properties":{"名称":"里\n\u9f99","n":null,"x":{"é":[true,false]},"id":"0"}, "geometry":{"type":"Polygon","coordinates":[[[0,-0.0,7],[1,1e2],[12345678.12345678901,5],[0,0]]]}}"#;
    let wanted = wanted();
    let (mut taken, mut tried) = (0, 0);
    assert!(lawful(TEXT.as_bytes(), &wanted).unwrap());
    for at in 0..TEXT.len() {
        for byte in 0..=u8::MAX {
            let mut bytes = TEXT.as_bytes().to_vec();
            bytes[at] = byte;
            taken += u32::from(lawful(&bytes, &wanted).unwrap());
            tried += 1;
        }
        assert!(!lawful(&TEXT.as_bytes()[..at], &wanted).unwrap(), "cut off at {at}");
    }
    assert!(taken > tried / 20 && taken < tried / 2, "{taken} of {tried}");
}

#[test]
fn the_usual_form_is_taken_and_the_unusual_left() {
    let with = |geometry: &str, properties: &str| format!(r#"{{"geometry":{geometry},"properties":{properties},"type":"Feature"}}"#);
    let usual = [
        with(r#"{"type":"Point","coordinates":[1,2]}"#, r#"{"id":"\u9f99","n":[[],{}]}"#),
        with(r#"{"coordinates":[[[1,2,3],[3,4,5],[1,2,9]],[]],"type":"Polygon"}"#, "null"),
        with(r#"{"type":"MultiPolygon","coordinates":[[[[1,2],[3,4],[5,6]]],[]]}"#, "{}"),
        with("null", r#"{"id":1,"id":null,"name":"é"}"#),
        with(r#"{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[1,2]]],"bbox":[1]}"#, "{}"),
        with(r#"{"type":"MultiPoint","coordinates":[]}"#, "{}"),
        with(r#"{"type":"LineString","coordinates":[[12345678901234567890.5,1e-7],[-0,0.1]]}"#, "{}"),
    ];
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(99), "]".repeat(99));
    let unusual = [
        with(r#"{"type":"Point","coordinates":[]}"#, "{}"),
        with(r#"{"type":"Point","coordinates":[null,1]}"#, "{}"),
        with(r#"{"type":"GeometryCollection","geometries":[]}"#, "{}"),
        with("null", r#"{"i\u0064":1}"#),
        with("null", &deep),
        with(r#"{"type":"Point","coordinates":[1,2],"type":"LineString"}"#, "{}"),
    ];
    for text in &usual {
        assert!(lawful(text.as_bytes(), &wanted()).unwrap(), "{text}");
    }
    for text in &unusual {
        assert!(!lawful(text.as_bytes(), &wanted()).unwrap() && slow(text.as_bytes(), &wanted()).is_ok(), "{text}");
    }
}

/// `EVENGRID_FILES=a.geojson,b.geojson cargo test every_feature_of -- --ignored --nocapture` tells how many take the fast path.
#[test]
#[ignore = "needs files"]
fn every_feature_of_real_files_is_the_same() {
    for path in std::env::var("EVENGRID_FILES").unwrap_or_default().split(',').filter(|p| !p.is_empty()) {
        let text = std::fs::read(path).unwrap();
        let all: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let features = all["features"].as_array().unwrap();
        let mut wanted: Vec<String> = features.iter().filter_map(|f| f["properties"].as_object()).flat_map(|p| p.keys().cloned()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut scan = Scanner::new(&text[text.windows(10).position(|w| w == b"\"features\"").unwrap() + 10..]);
        let (mut taken, mut count) = (0, 0);
        while let Some(b) = scan.peek().unwrap().filter(|b| *b != b']') {
            if matches!(b, b',' | b':' | b'[') {
                scan.advance(1);
                continue;
            }
            let Ok(length) = scan.value() else { panic!("{path}") };
            count += 1;
            taken += usize::from(lawful(&scan.rest()[..length], &wanted).unwrap());
            assert!(lawful(&scan.rest()[..length], &[]).is_ok());
            scan.advance(length);
        }
        println!("{path}: {taken} of {count}");
        assert_eq!(count, features.len());
    }
}
