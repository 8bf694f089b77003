//! Shapes that no land has: rings without area, spikes, bow ties, holes that are the whole.

use crate::city::{City, EXTENT, collection, division, feature, good, ring, with};
use crate::kit::{Expect, FINE, Refused, Row, Told, Without, run};

/// The city whose land is this polygon's rings.
fn land(kind: &str, coordinates: &str) -> City {
    with("admin.geojson", collection(&[feature(r#"{"id":"A","admin_level":9}"#, kind, coordinates)]))
}

/// The good division beside an odd one, which is dropped or repaired.
fn beside(kind: &str, coordinates: &str) -> City {
    with("admin.geojson", collection(&[division("A", EXTENT), feature(r#"{"id":"B","admin_level":9}"#, kind, coordinates)]))
}

const SQUARE: &str = "[113,30],[113.02,30],[113.02,30.02],[113,30.02]";

#[test]
fn rings_without_land() {
    let nothing = Refused(&["no land"]);
    let rows = vec![
        land("Polygon", "[]").row("no rings", Refused(&["admin.geojson"])),
        land("Polygon", "[[]]").row("an empty ring", Refused(&["admin.geojson"])),
        land("Polygon", "[[[113,30]]]").row("one position", nothing),
        land("Polygon", "[[[113,30],[113.02,30]]]").row("two positions", nothing),
        land("Polygon", "[[[113,30],[113,30],[113,30],[113,30]]]").row("one position four times", nothing),
        land("Polygon", "[[[113,30],[113.02,30],[113,30]]]").row("there and back", nothing),
        land("Polygon", "[[[113,30],[113.01,30.01],[113.02,30.02],[113,30]]]").row("three positions in line", nothing),
        land("Polygon", "null").row("null", Refused(&["admin.geojson"])),
        land("Polygon", "\"113 30\"").row("text", Refused(&["admin.geojson"])),
        land("MultiPolygon", "[]").row("no polygons", Refused(&["admin.geojson"])),
        land("MultiPolygon", "[[[]],[]]").row("empty polygons", Refused(&["admin.geojson"])),
        land("Point", "[113.01,30.01]").row("a point", Refused(&["admin.geojson"])),
        land("LineString", &format!("[{SQUARE}]")).row("a line", Refused(&["admin.geojson"])),
        beside("Polygon", "[[[113,30]]]").row("beside good land one position", Told("ring-dropped")),
        beside("Polygon", "[]").row("beside good land no rings", Told("geometry-dropped")),
        beside("Polygon", "[[[113,30],[113.02,30],[113,30]]]").row("beside good land there and back", FINE),
        beside("Point", "[113.01,30.01]").row("beside good land a point", Told("geometry-dropped")),
        beside("GeometryCollection", "[]").row("beside good land a collection", Told("geometry-dropped")),
        beside("Helix", "[[1]]").row("beside good land a helix", Told("geometry-dropped")),
    ];
    run("no-land", rows);
}

#[test]
fn rings_that_are_odd() {
    let spike = "[[[113,30],[113.02,30],[113.02,30.02],[113.05,30.05],[113.02,30.02],[113,30.02],[113,30]]]";
    let bow = "[[[113,30],[113.02,30.02],[113.02,30],[113,30.02],[113,30]]]";
    let small_bow = "[[[113,30],[113.02,30],[113.02,30.02],[113.0000001,30.02],[113,30.0199999],[113,30.0200001],[113,30]]]";
    let eight = "[[[113,30],[113.01,30.01],[113,30.02],[113.02,30.02],[113.01,30.01],[113.02,30],[113,30]]]";
    let (outline, nothing) = (ring(EXTENT), Refused(&["no land"]));
    let hole = ring([113.005, 30.005, 113.015, 30.015]);
    let rows = vec![
        land("Polygon", &format!("[[{SQUARE}]]")).row("not closed", Told("ring-closed")),
        land("Polygon", spike).row("a spike", FINE),
        land("Polygon", bow).row("a bow tie", Refused(&["admin.geojson", "record 1", "'A'", "crosses itself", "QGIS"])),
        land("Polygon", small_bow).row("a bow tie of centimetres", FINE),
        land("Polygon", eight).row("an eight that touches itself", FINE),
        land("Polygon", &format!("[{outline},{outline}]")).row("a hole as large as the land", nothing),
        land("Polygon", &format!("[{outline},{hole},{hole}]"))
            .row("one hole twice", Refused(&["admin.geojson", "record 1", "crosses itself"])),
        land("Polygon", &format!("[{outline},{hole}]")).row("a hole", FINE),
        land("Polygon", &format!("[{hole},{outline}]"))
            .row("a hole around the land", Refused(&["admin.geojson", "record 1", "crosses itself"])),
        land("Polygon", &format!("[{outline},{}]", ring([113.03, 30.03, 113.04, 30.04])))
            .row("a hole beside the land", Told("hole-outside")),
        land("Polygon", &format!("[{outline},{}]", ring([113.01, 30.01, 113.03, 30.03])))
            .row("a hole across the outline", Refused(&["admin.geojson", "record 1", "crosses itself"])),
        land("MultiPolygon", &format!("[[{outline}],[{outline}]]"))
            .row("the same land twice", Refused(&["admin.geojson", "record 1", "crosses itself"])),
        land("MultiPolygon", &format!("[[{outline}],[{hole}]]")).row("land inside the land", Refused(&["admin.geojson", "record 1"])),
        land("MultiPolygon", &format!("[[{outline}],[{}]]", ring([113.01, 30.01, 113.03, 30.03])))
            .row("parts that overlap", Refused(&["admin.geojson", "record 1", "crosses itself"])),
        land("MultiPolygon", &format!("[[{outline}],[{}]]", ring([113.02, 30.0, 113.04, 30.02])))
            .row("parts that touch along a side", FINE),
        land("MultiPolygon", &format!("[[{outline}],[{}]]", ring([113.02, 30.02, 113.04, 30.04])))
            .row("parts that touch in a corner", FINE),
        land("Polygon", &format!("[[{}[113,30]]]", "[113,30],".repeat(1000) + SQUARE + ","))
            .row("one position a thousand times", Told("vertex-repeated")),
        land("Polygon", &format!("[[{SQUARE},{SQUARE},[113,30]]]")).row("twice around", Refused(&["admin.geojson"])),
    ];
    run("odd-rings", rows);
}

/// Positions of a ring around the land, some way in and out.
fn wave(positions: usize, depth: f64) -> String {
    let at = |i: usize| {
        let (turn, radius) = (std::f64::consts::TAU * i as f64 / positions as f64, 0.01 * (1.0 - depth * (i % 2) as f64));
        format!("[{:.9},{:.9}]", 113.01 + radius * turn.cos(), 30.01 + radius * turn.sin())
    };
    let ring: Vec<String> = (0..positions).chain([0]).map(at).collect();
    format!("[[{}]]", ring.join(","))
}

#[test]
fn long_rings() {
    let many = (0..40).flat_map(|y| (0..40).map(move |x| (x, y)));
    let holes: Vec<String> = many
        .map(|(x, y)| {
            let (w, s) = (113.0001 + 0.0005 * f64::from(x), 30.0001 + 0.0005 * f64::from(y));
            ring([w, s, w + 0.0002, s + 0.0002])
        })
        .collect();
    let rows: Vec<Row> = vec![
        land("Polygon", &wave(100_000, 0.0)).row("100,000 positions in a circle", FINE),
        land("Polygon", &wave(20_000, 0.01)).row("20,000 positions in a saw", FINE),
        land("Polygon", &wave(2_000, 0.9)).row("a star of 1,000 spikes", FINE),
        with("landuse.geojson", collection(&[feature(r#"{"kind":"park"}"#, "Polygon", &wave(100_000, 0.01))]))
            .row("a park of 100,000 positions", FINE),
        land("Polygon", &format!("[{},{}]", ring(EXTENT), holes.join(","))).row("1,600 holes", FINE),
        with("roads.geojson", collection(&[feature(r#"{"class":"secondary"}"#, "Polygon", &wave(100, 0.0))]))
            .row("a road that is an area", Told("geometry-dropped")),
        with("water.geojson", collection(&[feature(r#"{"kind":"lake"}"#, "Polygon", &wave(10_000, 0.3))])).row("a lake like a star", FINE),
        with("water.geojson", collection(&[feature(r#"{"kind":"lake"}"#, "Polygon", &format!("[{}]", ring(EXTENT)))]))
            .row("all land is a lake", Told("load-on-water")),
        with("water.geojson", collection(&[feature(r#"{"kind":"lake"}"#, "Point", "[113.01,30.01]")]))
            .row("a lake that is a point", Told("water-points")),
        with("landuse.geojson", collection(&[feature(r#"{"kind":"park"}"#, "Point", "[113.01,30.01]")]))
            .row("a park that is a point", Told("geometry-dropped")),
        with("pois.geojson", collection(&[feature(r#"{"kind":"hall"}"#, "Polygon", &wave(8, 0.0))]))
            .row("a hall that is an area", Told("geometry-dropped")),
        with("households.geojson", collection(&[feature("{}", "Polygon", &wave(8, 0.0))]))
            .row("homes that are areas", Refused(&["households.geojson", "no household point", "Polygon"])),
        with("households.geojson", collection(&[feature("{}", "MultiPoint", "[[113.01,30.01],[113.011,30.01]]")]))
            .row("homes in one feature", Told("point-split")),
        with("roads.geojson", String::new()).row("roads of no bytes", Refused(&["roads.geojson", "empty"])),
        with("roads.geojson", collection(&[])).row("no roads", FINE),
        good().row("roads all there", Without("geometry-dropped")),
    ];
    run("long-rings", rows);
}

/// Roads that make cutting hard.
#[test]
fn tangles_of_roads() {
    let star = |n: i32| {
        (0..n)
            .map(|i| {
                let turn = std::f64::consts::TAU * f64::from(i) / f64::from(n);
                feature(
                    r#"{"class":"primary"}"#,
                    "LineString",
                    &format!("[[113.01,30.01],[{:.9},{:.9}]]", 113.01 + 0.02 * turn.cos(), 30.01 + 0.02 * turn.sin()),
                )
            })
            .collect::<Vec<_>>()
    };
    let near = |n: i32| {
        (0..n)
            .map(|i| {
                let y = 30.01 + 1e-9 * f64::from(i);
                feature(r#"{"class":"primary"}"#, "LineString", &format!("[[113,{y:.9}],[113.02,{:.9}]]", 60.02 - y))
            })
            .collect::<Vec<_>>()
    };
    let zigzag: Vec<String> =
        (0..2000).map(|i| format!("[{:.6},{:.6}]", 113.0 + 0.02 * f64::from(i % 2), 30.0 + 0.00001 * f64::from(i))).collect();
    let row = |name: &str, features: Vec<String>, expect: Expect| with("roads.geojson", collection(&features)).row(name, expect);
    let rows = vec![
        row("500 roads from one square", star(500), FINE),
        row("200 roads a lattice step apart", near(200), FINE),
        row(
            "one road a thousand times",
            vec![feature(r#"{"class":"primary"}"#, "LineString", "[[113,30.01],[113.02,30.01]]"); 1000],
            Told("line-duplicate"),
        ),
        row("a road to and fro", vec![feature(r#"{"class":"primary"}"#, "LineString", &format!("[{}]", zigzag.join(",")))], FINE),
        row("a class that nobody knows", vec![feature(r#"{"class":"<b>"}"#, "LineString", "[[113,30.01],[113.02,30.01]]")], FINE),
        row("a road without class", vec![feature("{}", "LineString", "[[113,30.01],[113.02,30.01]]")], Told("class-missing")),
        row(
            "a tunnel that may be one",
            vec![feature(r#"{"class":"primary","tunnel":"perhaps"}"#, "LineString", "[[113,30.01],[113.02,30.01]]")],
            Told("flag-unknown"),
        ),
    ];
    run("tangles", rows);
}
