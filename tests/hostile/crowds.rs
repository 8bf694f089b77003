//! Homes and divisions in numbers and places that no city has.

use crate::city::{City, EXTENT, collection, division, feature, good, homes, places, with};
use crate::kit::{Expect, FINE, Refused, Row, Told, Without, run};

const HOMES: &str = "households.geojson";

fn spot(id: usize, at: [f64; 2]) -> String {
    feature(&format!(r#"{{"id":"h{id}","weight":10}}"#), "Point", &format!("{at:?}"))
}

fn homes_at(places: impl Iterator<Item = [f64; 2]>) -> String {
    collection(&places.enumerate().map(|(i, at)| spot(i, at)).collect::<Vec<_>>())
}

#[test]
fn homes_in_odd_places() {
    let here = [113.0101, 30.0101];
    let one = std::iter::once(here);
    let table = |rows: usize, id: fn(usize) -> String| {
        let row = |i: usize| format!("{},113.0101,30.0101,1\n", id(i));
        format!("id,lon,lat,weight\n{}", (0..rows).map(row).collect::<String>())
    };
    let line = (0..200).map(|i| [113.0 + 0.0001 * f64::from(i), 30.0101]);
    let rows = vec![
        with(HOMES, homes_at(one)).row("one home", FINE),
        with(HOMES, homes_at(std::iter::repeat_n(here, 100))).row("a hundred homes in one place", Told("stack-heavy")),
        with(HOMES, homes_at([here, [113.0151, 30.0151]].into_iter())).row("two places", FINE),
        with(HOMES, homes_at((0..100).map(|i| [[113.0101, 30.0101], [113.0101 + 1e-9, 30.0101]][i % 2])))
            .row("two places a lattice step apart", FINE),
        with(HOMES, homes_at(line)).row("homes in a line", FINE),
        with(HOMES, homes_at((0..100).map(|_| [113.5, 30.5]))).row("all homes outside", Told("point-outside")),
        with(HOMES, homes_at((0..100).map(|i| [113.0 + 0.0002 * f64::from(i), 30.0])))
            .row("homes on the outer border", Without("point-outside")),
        with(HOMES, homes_at((0..100).map(|i| [113.0 + 0.0002 * f64::from(i), 30.005]))).row("homes on a road", Without("point-outside")),
        with("households.csv", table(50_000, |i| format!("h{i}"))).row("50,000 homes in one place", Told("stack-heavy")),
        with("households.csv", table(20_000, |_| "same".into())).row("20,000 homes of one id", Told("id-duplicate")),
        with("households.csv", table(20_000, |_| " ".into())).row("20,000 homes without id", Told("id-missing")),
        with("households.csv", table(0, |_| String::new())).row("no homes", Refused(&["households.csv", "no household point"])),
        with(HOMES, collection(&homes())).recipe("[load]\nkinds = [\"villa\"]\n").row("homes without kind where kinds are asked for", FINE),
        with(HOMES, collection(&homes()).replace("\"weight\"", "\"kind\":\"shed\",\"weight\""))
            .row("homes of a kind that is no load", Told("load-absent")),
        good()
            .only("[division]\nlevel = 9\n[grid]\ntarget = 1000000\n[effort]\nlevel = \"quick\"\n")
            .row("a target above the whole load", FINE),
        good()
            .only("[division]\nlevel = 9\n[grid]\ntarget = 0.001\n[effort]\nlevel = \"quick\"\n")
            .row("a target far below a home", Told("unit-heavier-than-grid")),
        good()
            .only("[division]\nlevel = 9\n[grid]\ntarget = 60\ntolerance = 0\n[effort]\nlevel = \"quick\"\n")
            .row("no tolerance", Refused(&["grid.tolerance", "a share above 0"])),
    ];
    run("crowds", rows);
}

fn city_of(divisions: &[String]) -> City {
    with("admin.geojson", collection(divisions))
}

#[test]
fn divisions_in_each_others_way() {
    let west = [113.0, 30.0, 113.01, 30.02];
    let east = [113.01, 30.0, 113.02, 30.02];
    let inner = [113.005, 30.005, 113.015, 30.015];
    let cell = |i: i32| {
        let (w, s) = (113.0 + 0.000625 * f64::from(i % 32), 30.0 + 0.000625 * f64::from(i / 32));
        division(&format!("c{i}"), [w, s, w + 0.000625, s + 0.000625])
    };
    let rows = vec![
        city_of(&[division("A", EXTENT), division("B", EXTENT)]).row("twice the same land", Told("division-overlap")),
        city_of(&[division("A", EXTENT), division("B", inner)]).row("one inside the other", Told("division-overlap")),
        city_of(&[division("A", west), division("B", [113.005, 30.0, 113.02, 30.02])]).row("half over the other", Told("division-overlap")),
        city_of(&[division("A", west), division("B", [113.0100001, 30.0, 113.02, 30.02])]).row("a gap of a centimetre", FINE),
        city_of(&[division("A", west), division("B", [113.03, 30.03, 113.04, 30.04])]).row("one without homes", FINE),
        city_of(&[division("A", west), division("A", east)]).row("two of one id", Told("id-duplicate")),
        city_of(&[division("", west), division(" ", east)]).row("ids of nothing", FINE),
        city_of(&(0..1024).map(cell).collect::<Vec<_>>()).row("1,024 divisions of one cell", FINE),
        city_of(&[division("A", west), division("B", east).replace(":9", ":8")]).row("one of another level", Told("point-outside")),
        city_of(&[division("A", west), division("B", east)]).only("[effort]\nlevel = \"quick\"\n").row("no level asked for", FINE),
        city_of(&[division("A", west), division("B", east).replace(":9", ":8")])
            .only("[effort]\nlevel = \"quick\"\n")
            .row("no level asked for of two", Refused(&["admin.geojson", "which divisions?"])),
        city_of(&[division("A", west).replace(":9", ":7")]).row("a level that is not there", Refused(&["admin.geojson", "9", "7"])),
        city_of(&[division("A", west).replace(":9", ":9,\"partial\":true")]).row("nothing but cut ones", Refused(&["admin.geojson"])),
        city_of(&[division("A", [113.0, 30.0, 113.02, 30.02]), division("far", [-70.0, -30.0, -69.98, -29.98])])
            .row("one on the other side of the globe", FINE),
        city_of(&[division("A", west).replace(r#""name":"A""#, r#""name":null,"parent":"A""#)]).row("its own parent", FINE),
    ];
    run("divisions", rows);
}

#[test]
fn numbers_of_grids() {
    let counts = |line: &str, expect: Expect| {
        let recipe = format!("[division]\nlevel = 9\n[grid]\ntarget = 60\ntolerance = 0.3\n{line}\n[effort]\nlevel = \"quick\"\n");
        good().only(&recipe).row(line, expect)
    };
    let rows: Vec<Row> = vec![
        counts("counts = { A = 6 }", FINE),
        counts("counts = { A = 1 }", FINE),
        counts("counts = { A = 1000 }", Told("count-gave-way")),
        counts("counts = { A = 0 }", Refused(&["grid.counts.A"])),
        counts("counts = { A = -1 }", Refused(&["grid.counts.A"])),
        counts("counts = { A = 9223372036854775807 }", Refused(&["grid.counts.A"])),
        counts("counts = { B = 2 }", Told("count-for-nobody")),
        counts("count_min = 1000", FINE),
        counts("count_max = 1", FINE),
        counts("count_min = 5\ncount_max = 2", Refused(&["grid.count_max", "count_min"])),
        counts("count_min = 1000\ncount_holds = true", FINE),
        counts("counts = { A = 36 }\ntarget_from_count = true", FINE),
    ];
    run("counts", rows);
}

#[test]
fn decisions_that_cannot_be_kept() {
    let lock = |properties: &str, at: &str| feature(properties, "MultiPoint", at);
    let square = format!("[{}]", crate::city::ring([113.0, 30.0, 113.01, 30.01]));
    let all: Vec<String> = places().map(|at| format!("{at:?}")).collect();
    let row = |name: &str, locks: &[String], expect: Expect| with("locks.geojson", collection(locks)).row(name, expect);
    let rows = vec![
        row("of no kind", &[lock("{}", "[[113.01,30.01]]")], Told("lock-unknown")),
        row("of an unknown kind", &[lock(r#"{"lock":"<glued>"}"#, "[[113.01,30.01]]")], Told("lock-unknown")),
        row("outside", &[lock(r#"{"lock":"together"}"#, "[[0,0],[1,1]]")], Told("lock-not-kept")),
        row(
            "one place apart from itself",
            &[lock(r#"{"lock":"apart"}"#, "[[113.0015,30.0015],[113.0016,30.0016]]")],
            Told("lock-not-kept"),
        ),
        row("everything together", &[lock(r#"{"lock":"together"}"#, &format!("[{}]", all.join(",")))], FINE),
        row("everything apart", &[lock(r#"{"lock":"apart"}"#, &format!("[{}]", all.join(",")))], FINE),
        row(
            "frozen twice",
            &[feature(r#"{"lock":"frozen","id":"a"}"#, "Polygon", &square), feature(r#"{"lock":"frozen","id":"b"}"#, "Polygon", &square)],
            Told("lock-not-kept"),
        ),
        row(
            "together and apart",
            &[
                lock(r#"{"lock":"together","id":"t"}"#, "[[113.0015,30.0015],[113.0181,30.0181]]"),
                lock(r#"{"lock":"apart","id":"a"}"#, "[[113.0015,30.0015],[113.0181,30.0181]]"),
            ],
            Told("lock-not-kept"),
        ),
        row("a thousand seeds", &vec![lock(r#"{"lock":"seed"}"#, "[[113.0015,30.0015]]"); 1000], Told("lock-not-kept")),
    ];
    run("locks", rows);
}
