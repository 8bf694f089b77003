//! Systems of coordinates that are unknown, wrong, mixed or said twice, and axes the wrong way round.

use crate::city::{City, admin, collection, homes, table, with};
use crate::kit::{Expect, FINE, Refused, Told, Without, run};

const HOMES: &str = "households.geojson";

fn declared(crs: &str) -> City {
    with(HOMES, collection(&homes()).replacen("\"features\"", &format!("\"crs\":{crs},\"features\""), 1))
}

fn called(name: &str) -> City {
    declared(&format!(r#"{{"type":"name","properties":{{"name":{name}}}}}"#))
}

#[test]
fn what_files_declare() {
    let refused = Refused(&["coordinate reference system", "under [layers.households]"]);
    let row = |name: &str, expect: Expect| called(name).row(format!("declared {name}"), expect);
    let mut rows = vec![
        row(r#""urn:ogc:def:crs:EPSG::4610""#, refused).naming("households.geojson"),
        row(r#""EPSG:0""#, refused).naming("households.geojson"),
        row(r#""EPSG:-1""#, refused).naming("households.geojson"),
        row(r#""EPSG:99999999999999999999""#, refused).naming("households.geojson"),
        row(r#""EPSG:""#, refused).naming("households.geojson"),
        row(r#""<script>alert(1)</script>""#, refused).naming("households.geojson"),
        row(r#""""#, refused).naming("households.geojson"),
        row("7", refused).naming("households.geojson"),
        row("null", refused).naming("households.geojson"),
        row(r#""EPSG:4326""#, FINE),
        row(r#""EPSG:4547""#, Told("crs-unlikely")),
        row(r#""EPSG:3857""#, Told("crs-unlikely")),
        declared("[]").row("a list as system", refused).naming("households.geojson"),
        declared("\"EPSG:4326\"").row("text as system", FINE),
        declared("null").row("no system", FINE),
        declared("{}").row("an empty system", refused).naming("households.geojson"),
        declared(r#"{"type":"link","properties":{"href":"file:///etc/passwd"}}"#)
            .row("a link as system", refused)
            .naming("households.geojson"),
    ];
    let late = collection(&homes()).replace("]}\n", r#"],"crs":{"type":"name","properties":{"name":"EPSG:4547"}}}"#);
    rows.push(with(HOMES, late).row("a system at the end", Refused(&["declared after the features"])).naming("households.geojson"));
    run("declared", rows);
}

#[test]
fn what_recipes_say() {
    let said = |crs: &str, expect: Expect| {
        let recipe = format!("[layers.households]\ncrs = {crs}\n");
        with(HOMES, collection(&homes())).recipe(&recipe).row(format!("said {}", &crs[..crs.len().min(40)]), expect)
    };
    let deep = format!("'''{}'''", "PROJCS[\"x\",".repeat(50_000));
    let projection = |text: &str| format!("\"+proj=tmerc {text} +ellps=GRS80\"");
    let rows = vec![
        said("\"\"", Refused(&["layers.households.crs"])),
        said("\"EPSG:2327\"", Refused(&["layers.households.crs", "shift"])),
        said("\"GCJ-02\"", Told("crs-converted")),
        said("\"nonsense\"", Refused(&["layers.households.crs"])),
        said("\"PROJCS[\"", Refused(&["recipe"])),
        said("'PROJCS['", Refused(&["layers.households.crs"])),
        said(&deep, Refused(&["layers.households.crs"])),
        said("'{\"type\":\"ProjectedCRS\"}'", Refused(&["layers.households.crs"])),
        said(&format!("'{}'", "{\"a\":".repeat(5000)), Refused(&["layers.households.crs"])),
        said(&projection("+lon_0=NaN"), Refused(&["layers.households.crs"])),
        said(&projection("+lon_0=1e300"), Refused(&["layers.households.crs"])),
        said(&projection("+k=0"), Refused(&["layers.households.crs"])),
        said(&projection("+k=-1"), Refused(&["layers.households.crs"])),
        said("\"+proj=tmerc +a=0 +b=0\"", Refused(&["layers.households.crs"])),
        said("\"+proj=lcc +lat_1=90 +lat_2=-90 +ellps=GRS80\"", Refused(&["layers.households.crs"])),
        said("4326", Refused(&["layers.households.crs", "text"])),
    ];
    run("said", rows);
}

#[test]
fn axes_and_mixed_systems() {
    let swapped = table(',').replace("lon,lat", "lat,lon");
    let metres = |rows: &str| format!("id,x,y\n{rows}");
    let axes = |said: &str| format!("[layers.households]\naxes = \"{said}\"\n");
    let gk = "[layers.households]\ncrs = \"EPSG:4547\"\n";
    let many = |one: &str, n: usize| (0..n).map(|i| format!("m{i},{one}\n")).collect::<String>();
    let rows = vec![
        with("households.csv", swapped)
            .row("columns the wrong way round", Refused(&["record 1", "axes = \"yx\""]))
            .naming("households.csv"),
        with(HOMES, collection(&homes()))
            .recipe(&axes("yx"))
            .row("axes the wrong way round", Refused(&["in the order in which its numbers stand"]))
            .naming(HOMES),
        with(HOMES, collection(&homes())).recipe(&axes("xyz")).row("axes of three", Refused(&["layers.households.axes"])),
        with(HOMES, collection(&homes())).recipe(&axes("")).row("axes of none", Refused(&["layers.households.axes"])),
        with("households.csv", metres(&many("403384,3321000", 20))).recipe(gk).row("metres of the right zone", Told("crs-converted")),
        with("households.csv", metres(&many("3321000,403384", 20))).recipe(gk).row("northing first", Told("crs-unlikely")),
        with("households.csv", metres(&many("38403384,3321000", 20))).recipe(gk).row("eastings with a zone", Told("crs-unlikely")),
        with("households.csv", metres(&format!("{}{}", many("403384,3321000", 20), "odd,113.01,30.01\n")))
            .recipe(gk)
            .row("degrees among metres", Refused(&["record 21 fits", "correct the records"]))
            .naming("households.csv"),
        with("households.csv", metres(&format!("{}{}", many("403384,3321000", 20), "odd,1e30,1e30\n")))
            .recipe(gk)
            .row("a position outside a projection", Refused(&["record 21", "outside what"]))
            .naming("households.csv"),
        with("households.csv", metres(&format!("{}{}", many("403384,3321000", 20), "odd,NaN,3321000\n")))
            .recipe(gk)
            .row("NaN in a projection", Refused(&["record 21", "NaN"]))
            .naming("households.csv"),
        with("households.csv", metres(&many("403384,3321000", 20)))
            .row("metres and no system", Refused(&["record 1", "projected metres"]))
            .naming("households.csv"),
        with("households.csv", metres(&many("0,0", 20))).row("nothing but zeros", Told("point-outside")),
        with("households.csv", "id,x,y,lon,lat\na,1,2,113.01,30.01\n").row("two pairs of columns", FINE),
        with("households.csv", "id,lon\na,113.01\n").row("half a pair of columns", Refused(&["column"])).naming("households.csv"),
        with("households.csv", "id,lon,lat,lon\na,113.01,30.01,114\n").row("a column twice", Without("point-outside")),
        with("households.csv", "id,lon,lat\na,113°0′36″E,30°0′36″N\n").row("degrees, minutes and seconds", Without("point-outside")),
        with("households.csv", "id,lon,lat\na,113°70′36″,30°0′99″\n")
            .row("seventy minutes", Refused(&["record 1"]))
            .naming("households.csv"),
        with("households.csv", "id,lon,lat\na,113 0 36,30 0 36\n")
            .row("degrees with blanks", Refused(&["record 1", "113 0 36"]))
            .naming("households.csv"),
        with("households.csv", "id,lon,lat\na,\"113,01\",\"30,01\"\n")
            .row("decimal commas", Refused(&["record 1", "113,01"]))
            .naming("households.csv"),
        with("admin.geojson", admin().replacen("\"features\"", r#""crs":{"type":"name","properties":{"name":"EPSG:4547"}},"features""#, 1))
            .row("land said to be in metres", Told("crs-unlikely")),
    ];
    run("axes", rows);
}
