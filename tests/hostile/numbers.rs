//! Numbers that are none, are too large, or lie at the edge of what can be: positions, weights, angles.

use crate::city::{City, admin, collection, division, feature, good, homes, homes_and, table, with};
use crate::kit::{Expect, FINE, Refused, Row, Told, Without, run};

const HOMES: &str = "households.geojson";

/// The homes and one at this place.
fn home_at(position: &str) -> City {
    with(HOMES, homes_and(&feature(r#"{"id":"odd","weight":10}"#, "Point", position)))
}

#[test]
fn positions_of_homes() {
    let refused = |name: &str, position: &str, words: &'static [&'static str]| {
        home_at(position).row(format!("position {name}"), Refused(words)).naming("households.geojson: record 37")
    };
    let read = |name: &str, position: &str, expect: Expect| home_at(position).row(format!("position {name}"), expect);
    let rows = vec![
        refused("NaN", "[NaN,30.01]", &["NaN", "real position"]),
        refused("nan", "[113.01,nan]", &["nan", "real position"]),
        refused("Infinity", "[Infinity,30.01]", &["Infinity", "real position"]),
        refused("-Infinity", "[113.01,-Infinity]", &["-Infinity", "real position"]),
        refused("1e999", "[1e999,30.01]", &["too large"]),
        refused("-1e999", "[113.01,-1e999]", &["too large"]),
        refused("null", "[null,30.01]", &["missing"]),
        refused("1e300", "[1e300,30.01]", &["±180"]),
        refused("91 degrees north", "[113.01,91]", &["±90"]),
        refused("past 180", "[180.0000001,30.01]", &["±180"]),
        refused("just past 90", "[113.01,90.0000001]", &["±90"]),
        refused("in metres", "[11300000,3500000]", &["projected metres", "crs of the layer"]),
        refused("in metres, small", "[500000,30.01]", &["projected metres"]),
        refused("swapped", "[30.01,113.01]", &["swapped", "axes = \"yx\""]),
        refused("+1", "[+113.01,30.01]", &["not valid JSON"]),
        refused("01", "[0113.01,30.01]", &["not valid JSON"]),
        refused("hexadecimal", "[0x71,30.01]", &["not valid JSON"]),
        refused("with a comma", "[113,01,30,01,]", &["not valid JSON"]),
        read("text", "[\"113.01\",\"30.01\"]", Told("feature-malformed")),
        read("true", "[true,false]", Told("feature-malformed")),
        read("one number", "[113.01]", Told("feature-malformed")),
        read("none", "[]", Told("geometry-dropped")),
        read("an object", "{}", Told("feature-malformed")),
        read("with height", "[113.01,30.01,1e300]", FINE),
        read("with five numbers", "[113.01,30.01,1,2,3]", FINE),
        read("-0", "[-0,-0.0]", Told("point-outside")),
        read("denormal", "[5e-324,1e-320]", Told("point-outside")),
        read("underflow", "[1e-999,1e-400]", Told("point-outside")),
        read("many digits", &format!("[113.01{},30.01]", "0".repeat(5000)), Without("point-outside")),
        read("an exponent of many digits", "[1130100e-00000000000000000000004,30.01]", Without("point-outside")),
        read("180", "[180,30.01]", Told("point-outside")),
        read("-180", "[-180,30.01]", Told("point-outside")),
        read("north pole", "[0,90]", Told("point-outside")),
        read("south pole", "[0,-90]", Told("point-outside")),
        read("a corner of the land", "[113,30]", Without("point-outside")),
        read("the other corner", "[113.02,30.02]", Without("point-outside")),
        read("a step beside the land", "[113.020000001,30.01]", Told("point-outside")),
    ];
    run("positions", rows);
}

/// Cities at places where degrees are odd.
#[test]
fn land_at_the_edges_of_the_globe() {
    let city = |name: &str, [west, south, east, north]: [f64; 4], expect: Expect| {
        let at = |i: i32| [west + (east - west) * (f64::from(i % 6) + 0.5) / 6.0, south + (north - south) * (f64::from(i / 6) + 0.5) / 6.0];
        let homes =
            (0..36).map(|i| feature(&format!(r#"{{"id":"h{i}","weight":10}}"#), "Point", &format!("{:?}", at(i)))).collect::<Vec<_>>();
        let land = collection(&[division("A", [west, south, east, north])]);
        with("admin.geojson", land).and(HOMES, collection(&homes)).and("roads.geojson", collection(&[])).row(name, expect)
    };
    let rows = vec![
        city("at 180", [179.98, 0.0, 180.0, 0.02], FINE),
        city("at -180", [-180.0, 0.0, -179.98, 0.02], FINE),
        city("at the equator and the meridian of Greenwich", [-0.01, -0.01, 0.01, 0.01], FINE),
        city("at the north pole", [-180.0, 89.99, 180.0, 90.0], FINE),
        city("by the south pole", [10.0, -89.9, 14.0, -89.8], FINE),
        city("all the globe", [-180.0, -90.0, 180.0, 90.0], FINE),
        city("a hemisphere", [0.0, -90.0, 180.0, 90.0], FINE),
        city("across 180 the long way", [-179.99, 10.0, 179.99, 10.02], FINE),
        city("a metre wide", [113.0, 30.0, 113.00001, 30.00001], FINE),
        city("some lattice steps wide", [113.0, 30.0, 113.000000006, 30.000000006], FINE),
        city("a lattice step wide", [113.0, 30.0, 113.000000001, 30.000000001], FINE),
        city("less than a lattice step", [113.0, 30.0, 113.0000000001, 30.0000000001], Refused(&["admin.geojson", "no land"])),
        city("a strip", [113.0, 30.0, 113.02, 30.00001], FINE),
    ];
    run("edges", rows);
}

#[test]
fn weights() {
    let one = |weight: &str, expect: Expect| {
        let home = feature(&format!(r#"{{"id":"odd","weight":{weight}}}"#), "Point", "[113.01,30.01]");
        with(HOMES, homes_and(&home)).row(format!("weight {weight}"), expect)
    };
    let all = |weight: &str, expect: Expect| {
        let text = collection(&homes()).replace("\"weight\":10", &format!("\"weight\":{weight}"));
        with(HOMES, text).row(format!("all weights {weight}"), expect)
    };
    let cell = |weight: &str, expect: Expect| {
        let text = format!("{}odd,113.01,30.01,{weight}\n", table(','));
        with("households.csv", text).row(format!("weight {weight} of a table"), expect)
    };
    let rows: Vec<Row> = vec![
        one("-1", Told("value-unreadable")),
        one("-0.0", Without("weight-not-usable")),
        one("-1e300", Told("value-unreadable")),
        one("1e300", Told("weight-not-usable")),
        one("9e12", Told("weight-not-usable")),
        one("8.9e12", Told("unit-heavier-than-grid")),
        one("5e-324", Without("weight-not-usable")),
        one("0.0004", Without("weight-not-usable")),
        one("1e999", Told("value-unreadable")),
        one("NaN", Refused(&["households.geojson", "record 37", "NaN"])),
        one("null", Told("weight-missing")),
        one("\"\"", Told("weight-missing")),
        one("\"ten\"", Told("value-unreadable")),
        one("\"NaN\"", Told("value-unreadable")),
        one("\"inf\"", Told("value-unreadable")),
        one("\" 10 \"", Without("value-unreadable")),
        one("\"1,5\"", Told("value-unreadable")),
        one("[10]", Told("value-unreadable")),
        one("true", Told("value-unreadable")),
        all("0", FINE),
        all("-5", Told("value-unreadable")),
        all("1e300", Told("weight-not-usable")),
        all("5e-324", FINE),
        all("0.001", FINE),
        all("8.9e12", Told("stack-heavy")),
        all("1e12", Told("unit-heavier-than-grid")),
        all("\"x\"", Told("value-unreadable")),
        cell("NaN", Told("value-unreadable")),
        cell("nan", Told("value-unreadable")),
        cell("inf", Told("value-unreadable")),
        cell("-infinity", Told("value-unreadable")),
        cell("1e999", Told("value-unreadable")),
        cell("1e300", Told("weight-not-usable")),
        cell("0x10", Told("value-unreadable")),
        cell("１０", Told("value-unreadable")),
        cell("\"1.000,5\"", Told("value-unreadable")),
        cell("=1+1", Told("value-unreadable")),
    ];
    run("weights", rows);
}

#[test]
fn further_numbers_of_resources() {
    let row = |value: &str, expect: Expect| {
        let home = feature(&format!(r#"{{"id":"odd","weight":10,"revenue":{value}}}"#), "Point", "[113.01,30.01]");
        let recipe = "[resources.value]\nproperty = \"revenue\"\nweight = 1\n";
        with(HOMES, homes_and(&home)).recipe(recipe).row(format!("revenue {value}"), expect)
    };
    let rows = vec![
        row("-1", Told("amount-not-usable")),
        row("1e300", Told("amount-not-usable")),
        row("5e15", Told("amount-not-usable")),
        row("8e11", Told("resource-missing")),
        row("0", Told("resource-empty")),
        row("\"much\"", Told("value-unreadable")),
    ];
    run("resources", rows);
}

/// Stations that face nowhere.
#[test]
fn angles_and_radii() {
    let row = |what: &str, value: &str, expect: Expect| {
        let mast = |i: i32, own: &str| {
            feature(&format!(r#"{{"id":"s{i}","indoor":false{own}}}"#), "Point", &format!("[{:.3},30.01]", 113.0 + 0.004 * f64::from(i)))
        };
        let masts = collection(&[
            mast(1, &format!(",\"{what}\":{value}")),
            mast(2, ""),
            mast(4, ",\"azimuth\":90,\"beam_width\":65,\"radius_m\":500"),
        ]);
        let recipe = "[zones]\nby = \"coverage\"\nload_min = 100\nload_max = 200\n";
        with("base_stations.geojson", masts).recipe(recipe).row(format!("{what} {value}"), expect)
    };
    let rows = vec![
        row("azimuth", "360", Without("azimuth-unusable")),
        row("azimuth", "361", Told("azimuth-turned")),
        row("azimuth", "-90", Told("azimuth-turned")),
        row("azimuth", "1e300", Told("azimuth-turned")),
        row("azimuth", "-1e-320", Told("azimuth-turned")),
        row("azimuth", "\"north\"", Told("value-unreadable")),
        row("azimuth", "\"NaN\"", Told("value-unreadable")),
        row("beam_width", "0", Told("beam-width-unusable")),
        row("beam_width", "-1", Told("beam-width-unusable")),
        row("beam_width", "360", Without("beam-width-unusable")),
        row("beam_width", "361", Told("beam-width-unusable")),
        row("beam_width", "1e-300", Without("beam-width-unusable")),
        row("radius_m", "0", Told("radius-unusable")),
        row("radius_m", "-1", Told("radius-unusable")),
        row("radius_m", "1e300", Without("radius-unusable")),
        row("radius_m", "5e-324", Without("radius-unusable")),
        row("indoor", "\"perhaps\"", Told("flag-unknown")),
        row("id", "\"s2\"", Told("id-duplicate")),
    ];
    run("angles", rows);
}

/// A land that is whole, and layers beside it that are not on the globe.
#[test]
fn positions_of_other_layers() {
    let line = |at: &str| collection(&[feature(r#"{"class":"secondary"}"#, "LineString", at)]);
    let rows = vec![
        with("roads.geojson", line("[[113,30],[NaN,30.01]]")).row("a road to NaN", Refused(&["record 1", "NaN"])).naming("roads.geojson"),
        with("roads.geojson", line("[[113,30],[1e300,30.01]]"))
            .row("a road to 1e300", Refused(&["record 1", "±180"]))
            .naming("roads.geojson"),
        with("roads.geojson", line("[[-180,-90],[180,90]]")).row("a road around the globe", FINE),
        with("roads.geojson", line("[[113,30],[113,30]]")).row("a road of no length", Told("line-without-length")),
        with("roads.geojson", line("[[113,30]]")).row("a road of one position", Told("geometry-dropped")),
        with("admin.geojson", admin().replacen("113.02", "1e999", 1))
            .row("land to 1e999", Refused(&["record 1", "too large"]))
            .naming("admin.geojson"),
        with("admin.geojson", admin().replacen("113.02", "null", 1))
            .row("land to nowhere", Refused(&["record 1", "missing"]))
            .naming("admin.geojson"),
        with("admin.geojson", admin().replace(":9,", ":1e300,")).row("level 1e300", Refused(&["admin.geojson", "level"])),
        with("admin.geojson", admin().replace(":9,", ":9.5,")).row("level 9.5", Refused(&["admin.geojson", "level"])),
        with("admin.geojson", admin().replace(":9,", ":\"9\",")).row("level as text", FINE),
        with("pois.geojson", collection(&[feature(r#"{"id":"hall","kind":"hall","radius_m":-3}"#, "Point", "[113.01,30.01]")]))
            .recipe("[halls]\nkinds = [\"hall\"]\n")
            .row("a hall of -3 m", Told("radius-not-usable")),
        with(
            "landuse.geojson",
            collection(&[feature(
                r#"{"kind":"construction","expected_load":-3}"#,
                "Polygon",
                "[[[113,30],[113.01,30],[113.01,30.01],[113,30]]]",
            )]),
        )
        .row("an expected load of -3", Told("value-unreadable")),
        good().row("nothing wrong", Without("value-unreadable")),
    ];
    run("other-positions", rows);
}
