//! Text that is no text, lies about its encoding, or would be more than text where it is shown.

use crate::city::{EXTENT, admin, collection, division, feature, good, homes_and, ring, table, told, with};
use crate::formats::homes_as;
use crate::kit::{Expect, FINE, Refused, Row, Told, Without, row, run};
use std::path::PathBuf;

const HOMES: &str = "households.geojson";
const TABLE: &str = "households.csv";

/// A JSON text of any text.
fn json(text: &str) -> String {
    serde_json::to_string(text).expect("text")
}

/// The table with a row whose id is these bytes.
fn table_with(id: &[u8]) -> Vec<u8> {
    [table(',').as_bytes(), id, b",113.01,30.01,10\n"].concat()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let unit = |u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() };
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
}

fn utf32(text: &str, big: bool) -> Vec<u8> {
    let unit = |c: char| if big { u32::from(c).to_be_bytes() } else { u32::from(c).to_le_bytes() };
    std::iter::once('\u{feff}').chain(text.chars()).flat_map(unit).collect()
}

#[test]
fn bytes_that_are_no_text() {
    let named = |bytes: &[u8]| {
        let text = homes_and(&feature(r#"{"id":"ODD"}"#, "Point", "[113.01,30.01]"));
        let at = text.find("ODD").expect("the id");
        [&text.as_bytes()[..at], bytes, &text.as_bytes()[at + 3..]].concat()
    };
    let gbk = "[layers.households]\nencoding = \"gbk\"\n";
    let said = |encoding: &str| format!("[layers.households]\nencoding = \"{encoding}\"\n");
    let rows = vec![
        with(HOMES, named(b"\xff")).row("FF in GeoJSON", Refused(&["record 37", "UTF-8"])).naming(HOMES),
        with(HOMES, named(b"\xc0\xaf")).row("an overlong slash in GeoJSON", Refused(&["record 37", "UTF-8"])).naming(HOMES),
        with(HOMES, named(b"\xed\xa0\x80")).row("a surrogate in GeoJSON", Refused(&["record 37", "UTF-8"])).naming(HOMES),
        with(HOMES, named(b"\xe4\xb8")).row("half a character in GeoJSON", Refused(&["record 37", "UTF-8"])).naming(HOMES),
        with(HOMES, named(b"\\ud800")).row("an escaped surrogate", Told("id-missing")),
        with(HOMES, named(b"\\udc00\\ud800")).row("escaped surrogates the wrong way round", Told("id-missing")),
        with(HOMES, named(b"\\u00")).row("half an escape", Refused(&["record 37"])).naming(HOMES),
        with(HOMES, named(b"\\x41")).row("an escape of another language", Refused(&["record 37"])).naming(HOMES),
        with(HOMES, named(b"\x00")).row("NUL in GeoJSON", Refused(&["record 37", "control character"])).naming(HOMES),
        with(HOMES, named(b"a\nb")).row("a bare line break in GeoJSON", Refused(&["record 37", "control character"])).naming(HOMES),
        with(HOMES, named(b"\\u0000")).row("an escaped NUL", FINE),
        with(HOMES, named(b"x")).recipe(gbk).row("GeoJSON said to be GBK", Refused(&["iconv"])).naming(HOMES),
        with(TABLE, table_with(b"\xff\xff")).row("FF in a table", Refused(&["record 37"])).naming(TABLE),
        with(TABLE, table_with(b"\xb4\xe5\xce\xd2")).row("GBK in a table", Without("id-missing")),
        with(TABLE, table_with("村".as_bytes())).recipe(gbk).row("UTF-8 said to be GBK", Refused(&["households.csv", "record 37"])),
        with(TABLE, table_with(b"x")).recipe(&said("klingon")).row("an unknown encoding", Refused(&["klingon", "say utf-8"])).naming(TABLE),
        with(TABLE, table_with(b"x")).recipe(&said("utf-16")).row("an encoding that is not read", Refused(&["utf-16"])).naming(TABLE),
        with(TABLE, table_with(b"x\x00y")).row("NUL in a table", FINE),
        with(TABLE, [b"\xef\xbb\xbf".as_slice(), &table_with(b"x")].concat()).row("a byte order mark", FINE),
        with(TABLE, [b"\xef\xbb\xbf\xef\xbb\xbf".as_slice(), &table_with(b"x")].concat()).row("two byte order marks", FINE),
        with(HOMES, [b"\xef\xbb\xbf".as_slice(), &named(b"x")].concat()).row("a byte order mark before GeoJSON", FINE),
    ];
    run("no-text", rows);
}

#[test]
fn wide_encodings() {
    let json = homes_and(&feature(r#"{"id":"x"}"#, "Point", "[113.01,30.01]"));
    let kml = "<kml><Document></Document></kml>";
    let mut rows = Vec::new();
    for (what, big) in [("little", false), ("big", true)] {
        for (file, text) in [(HOMES, json.as_str()), (TABLE, &table(',')), ("households.kml", kml), ("households.tsv", &table('\t'))] {
            rows.push(with(file, utf16(text, big)).row(format!("UTF-16, {what} end first, {file}"), Refused(&["UTF-16"])).naming(file));
            rows.push(with(file, utf32(text, big)).row(format!("UTF-32, {what} end first, {file}"), Refused(&["UTF-32"])).naming(file));
        }
    }
    run("wide", rows);
}

/// Attribute tables whose encoding is said wrongly.
#[test]
fn encodings_that_lie() {
    let shapefile = |name: &str, cpg: Option<&[u8]>, id: &[u8]| {
        let scratch =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile-scratch").join(format!("cpg-{}", name.replace([' ', ','], "-")));
        let mut files = homes_as("shp", &scratch);
        files.retain(|(file, _)| !file.ends_with(".cpg"));
        files.extend(cpg.map(|cpg| ("households.cpg".to_string(), cpg.to_vec())));
        let table = &mut files.iter_mut().find(|(file, _)| file.ends_with(".dbf")).expect("a table").1;
        let first = usize::from(u16::from_le_bytes([table[8], table[9]])) + 1;
        table[first..first + id.len()].copy_from_slice(id);
        good().all(files)
    };
    let mut rows = Vec::new();
    let mut add = |name: &str, cpg: Option<&[u8]>, id: &[u8], expect: Expect| {
        rows.push(shapefile(name, cpg, id).row(name, expect).naming("households."))
    };
    add("GBK said to be UTF-8", Some(b"UTF-8"), b"\xb4", Refused(&["record 1", "cut inside its last character"]));
    add("UTF-8 said to be GBK", Some(b"GBK"), "é".as_bytes(), Told("file-odd"));
    add("a .cpg of noise", Some(b"\xff\xfe\x00"), b"h", FINE);
    add("a .cpg of nothing", Some(b""), b"h", FINE);
    add("a .cpg of another program", Some(b"klingon"), "é".as_bytes(), FINE);
    add("a .cpg of a megabyte", Some(&vec![b'x'; 1 << 20]), b"h", FINE);
    add("NUL in a field", Some(b"UTF-8"), b"\x00\x00", FINE);
    add("FF in a field", None, b"\xff\xff", Refused(&["record 1"]));
    run("lies", rows);
}

/// Names of every kind, with what is wrong with each where they are shown.
fn names() -> Vec<(&'static str, String)> {
    vec![
        ("a script", "<script>alert(1)</script>".into()),
        ("the end of a script", "</script><script>alert(1)</script>".into()),
        ("the end of a script in capitals", "</SCRIPT\n><img src=x onerror=alert(1)>".into()),
        ("an image", "\"><img src=x onerror=alert(1)>".into()),
        ("an attribute", "' onmouseover='alert(1)".into()),
        ("a comment", "<!--<script>".into()),
        ("a comment's end", "-->]]>".into()),
        ("CDATA", "<![CDATA[<script>]]>".into()),
        ("a template", "${alert(1)} {{title}} `${7}`".into()),
        ("a slot of the page", "{{data}}{{script}}".into()),
        ("line separators", "a\u{2028}b\u{2029}c".into()),
        ("backslashes", "\\\"\\u003cscript\\u003e\\".into()),
        ("entities", "&lt;script&gt;&#60;&amp;".into()),
        ("an address", "javascript:alert(1)".into()),
        ("control characters", "a\u{1}b\u{8}c\u{1b}[31md\u{7f}\u{85}".into()),
        ("NUL", "a\u{0}b".into()),
        ("line breaks", "a\r\nb\nc\rd".into()),
        ("tabs", "\ta\t".into()),
        ("quotes", "\"a\" 'b' “c”".into()),
        ("commas", "a,b;c".into()),
        ("right to left", "\u{202e}abc\u{202c} שלום مرحبا".into()),
        ("combining characters", format!("Z{}", "\u{0335}\u{0489}".repeat(500))),
        ("emoji", "👩‍👩‍👧‍👦🏳️‍🌈".into()),
        ("no characters", "\u{fffe}\u{ffff}\u{fdd0}".into()),
        ("private characters", "\u{e000}\u{10ffff}".into()),
        ("invisible characters", "\u{200b}\u{feff}\u{2060}".into()),
        ("blanks", "   ".into()),
        ("a formula", "=cmd|' /C calc'!A0".into()),
        ("a sum", "=1+1".into()),
        ("plus", "+1".into()),
        ("minus", "-1+cmd()".into()),
        ("at", "@SUM(1,2)".into()),
        ("a formula in quotes", "\"=cmd()\"".into()),
        ("a folder above", "../../etc/passwd".into()),
        ("a path", "/etc/passwd".into()),
        ("a path of Windows", "C:\\con\\nul".into()),
        ("a device", "CON".into()),
        ("a query", "'; DROP TABLE grids; --".into()),
        ("a number", "1e999".into()),
        ("nothing much", "null".into()),
        ("a megabyte", "x".repeat(1 << 20)),
    ]
}

/// Names of a division, a hall and a home, which are in every file of a plan and on the map.
#[test]
fn names_of_things() {
    let city = |(what, name): (&'static str, String)| -> Row {
        let said = json(&name);
        let properties = format!(r#"{{"id":{said},"admin_level":9,"name":{said},"code":{said}}}"#);
        let land = feature(&properties, "Polygon", &format!("[{}]", ring(EXTENT)));
        let hall = feature(&format!(r#"{{"id":{said},"kind":{said}}}"#), "Point", "[113.01,30.01]");
        let home = feature(&format!(r#"{{"id":{said},"weight":10}}"#), "Point", "[113.01,30.01]");
        let city = with("admin.geojson", collection(&[land])).and("pois.geojson", collection(&[hall])).and(HOMES, homes_and(&home));
        // a recipe has no kind of nothing
        let recipe = format!("[halls]\nkinds = [{}]\n", toml::Value::String(name.clone()));
        let city = if name.trim().is_empty() { city } else { city.recipe(&recipe) };
        let expect = if name.trim().is_empty() { Told("id-missing") } else { FINE };
        row(format!("name: {what}"), expect, move |folder| {
            let drawn = city.drawn(folder)?;
            let zone = &drawn.plan.zones[0];
            assert!(zone.division_id.trim() == name.trim() || name.trim().is_empty(), "the id became {:?}", zone.division_id);
            Ok(told(&drawn.report.findings))
        })
    };
    run("names", names().into_iter().map(city).collect());
}

#[test]
fn ids_that_are_none_or_not_their_own() {
    let home = |properties: &str| with(HOMES, homes_and(&feature(properties, "Point", "[113.01,30.01]")));
    let land = |properties: &str| with("admin.geojson", collection(&[feature(properties, "Polygon", &format!("[{}]", ring(EXTENT)))]));
    let rows = vec![
        home(r#"{"weight":1}"#).row("no id", Told("id-missing")),
        home(r#"{"id":null}"#).row("null", Told("id-missing")),
        home(r#"{"id":""}"#).row("empty", Told("id-missing")),
        home(r#"{"id":"h0"}"#).row("one that is there", Told("id-duplicate")),
        home(r#"{"id":"h0 "}"#).row("one that is there but for a blank", FINE),
        home(r#"{"id":"record-38"}"#).row("one like those that are made", FINE),
        home(r#"{"id":7}"#).row("a number", FINE),
        home(r#"{"id":1e400}"#).row("a number that is none", FINE),
        home(r#"{"id":123456789012345678901234567890}"#).row("a number of thirty digits", FINE),
        home(r#"{"id":true}"#).row("true", FINE),
        home(r#"{"id":{"a":1}}"#).row("an object", FINE),
        home(r#"{"id":"a","id":"b"}"#).row("two", FINE),
        home("null").row("no properties", Told("id-missing")),
        home("[]").row("properties that are a list", Told("feature-malformed")),
        land(r#"{"admin_level":9}"#).row("land without id", Told("id-made")),
        land(r#"{"admin_level":9,"id":7}"#).row("land with a number", Without("id-made")),
        land(r#"{"admin_level":9,"id":"  "}"#).row("land with blanks", FINE),
        land(r#"{"admin_level":"九","id":"A"}"#).row("a level in characters", Refused(&["admin.geojson", "level"])),
        with("admin.geojson", admin().replace("\"name\":\"A\"", "\"name\":[1,2]")).row("a name that is a list", FINE),
        with("admin.geojson", collection(&[division("A", EXTENT).replace("\"Feature\"", "\"feature\"")]))
            .row("a feature in small letters", Refused(&["admin.geojson"])),
    ];
    run("ids", rows);
}
