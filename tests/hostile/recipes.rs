//! Recipes that say what cannot be, or cannot be read.

use crate::city::good;
use crate::kit::{Expect, FINE, Refused, Row, Told, row, run};
use evengrid::recipe::Draft;

/// A recipe that is read and checked.
fn built(name: &str, text: impl Into<String>, expect: Expect) -> Row {
    let text = text.into();
    row(name, expect, move |_| {
        let recipe = Draft::from_toml(&text).and_then(Draft::build).map_err(|e| e.to_string())?;
        let again = Draft::from(recipe.clone()).build().map_err(|e| format!("not read again: {e}"))?;
        assert!(again == recipe, "it comes back otherwise");
        Ok(Vec::new())
    })
}

/// A recipe of one key.
fn key(table: &str, line: &str, words: &'static [&'static str]) -> Row {
    let name = line.split(' ').next().unwrap_or_default().to_string();
    built(&format!("[{table}] {}", &line[..line.len().min(60)]), format!("[{table}]\n{line}\n"), Refused(words))
        .naming(format!("{table}.{name}"))
}

#[test]
fn values_of_the_wrong_sort() {
    const LINE: &[&str] = &["line 2"];
    let rows = vec![
        key("grid", "target = \"300\"", &["line 2", "a number is expected"]),
        key("grid", "target = true", &["line 2", "a number is expected"]),
        key("grid", "target = [300]", &["line 2", "a number is expected"]),
        key("grid", "target = { a = 1 }", &["line 2", "a number is expected"]),
        key("grid", "target = 2020-01-01", LINE),
        key("grid", "target = nan", &["line 2", "a finite number"]),
        key("grid", "target = inf", &["line 2", "a finite number"]),
        key("grid", "target = -inf", &["line 2", "a finite number"]),
        key("grid", "target = 1e999", &["line 2", "a finite number"]),
        key("grid", "target = 0", &["a load from 0.001"]),
        key("grid", "target = -300", &["a load from 0.001"]),
        key("grid", "target = 1e18", &["a load from 0.001 to 1000000000"]),
        key("grid", "target = 1e-300", &["a load from 0.001"]),
        key("grid", "tolerance = -0.1", &["a share above 0"]),
        key("grid", "tolerance = 1e300", &["a share above 0"]),
        key("grid", "count_min = 1.5", &["line 2", "a whole number is expected"]),
        key("grid", "counts = 5", &["line 2", "a table is expected"]),
        key("grid", "settlement_targets = { a = -1 }", &["a load from 0.001"]),
        key("grid", "count_holds = 1", &["line 2", "true or false"]),
        key("division", "level = \"9\"", &["line 2", "a whole number is expected"]),
        built("a level of twenty digits", "[division]\nlevel = 99999999999999999999\n", Refused(&["line 2", "out of range"])),
        key("load", "kinds = \"all\"", &["line 2", "a list of texts"]),
        key("load", "kinds = [1, 2]", &["line 2", "a list of texts"]),
        key("load", "default_weight = -1", &["number from 0"]),
        key("cut", "snap_m = -1", &["a number from 0"]),
        key("cut", "snap_m = 1e300", &["a number from 0"]),
        key("cut", "split_above = 0", &["a share of the target above 0"]),
        key("barriers", "hard_from = 1000", &["a whole number from"]),
        key("barriers", "roads = { primary = 101 }", &["a whole number from 0 to 100"]),
        key("barriers", "roads = { primary = -1 }", &["a whole number from 0 to 100"]),
        key("attach", "nearest_m = -5", &["a number from 0"]),
        key("effort", "level = \"endless\"", &["quick"]),
        key("effort", "starts = 9223372036854775807", &["a whole number from"]),
        key("effort", "windows = -1", &["a whole number from"]),
        key("zones", "by = \"magic\"", &["division or coverage"]),
        key("codes", "template = \"{\"", &["template"]),
        key("codes", "template = \"{serial:99999999999}\"", &["template"]),
        key("series", "period = \"eon\"", &["month"]),
        key("hubs", "count = 0", &["a whole number from"]),
        key("kinds.ordinary", "classes = [\"a\"]", &["ordinary"]).naming("kinds"),
        key("kinds.a", "share = 2", &["a number from"]),
        key("halls", "radius_m = -3", &["a number from"]),
        key("layers.households", "crs = \"\"", &["layers.households.crs"]),
        key("layers.households", "file = 7", &["line 2", "a text in quotes"]),
        key("resources.households", "weight = 1", &["the load itself"]).naming("resources"),
        key("resources.x", "weight = 1e300", &["weight", "is expected"]),
        key("resources.x", "layer = \"roads\"", &["a layer of points is expected"]),
    ];
    // what a table is wrong about as a whole is named by the table
    run("sorts", rows);
}

#[test]
fn texts_that_are_no_recipe() {
    let nested = |n: usize| format!("a = {}{}\n", "[".repeat(n), "]".repeat(n));
    let tables = |n: usize| format!("{} = 1\n", vec!["a"; n].join("."));
    let many = |table: &str, line: &str| {
        (0..10_000).map(|i| format!("[{table}.n{i}]\n{}\n", line.replace('#', &(i + 1).to_string()))).collect::<String>()
    };
    let toml = Refused(&["not valid TOML", "line 1"]);
    let rows = vec![
        built("empty", "", FINE),
        built("one byte", "x", toml),
        built("GeoJSON", r#"{"type":"FeatureCollection","features":[]}"#, toml),
        built("NUL", "\0", toml),
        built("UTF-16 read as text", "\u{fffd}\u{fffd}g\0r\0i\0d\0", toml),
        built("a byte order mark", "\u{feff}[grid]\ntarget = 300\n", FINE),
        built("a key twice", "[grid]\ntarget = 300\ntarget = 301\n", Refused(&["not valid TOML", "line 3"])),
        built("a table twice", "[grid]\n[grid]\n", Refused(&["not valid TOML", "line 2"])),
        built("a text without end", "extends = \"community", toml),
        built("a list without end", "a = [1,", toml),
        built("200 brackets", nested(200), Refused(&["line 1"])),
        built("100,000 brackets", nested(100_000), toml),
        built("200 dots", tables(200), Refused(&["not valid TOML", "recursion"])),
        built("100,000 dots", tables(100_000), Refused(&["not valid TOML", "recursion"])),
        built("an unknown key", "tolerence = 1\n", Refused(&["line 1", "tolerence", "known here"])),
        built("an unknown table", "[grids]\ntarget = 1\n", Refused(&["grids", "did you mean 'grid'"])),
        built("an unknown key of a megabyte", format!("{} = 1\n", "k".repeat(1 << 20)), Refused(&["line 1", "unknown key"])),
        built("a megabyte of comments", format!("{}\n[grid]\ntarget = 300\n", "# x\n".repeat(1 << 18)), FINE),
        built("a megabyte of text", format!("[layers.roads]\nfile = \"{}\"\n", "x".repeat(1 << 20)), FINE),
        built("10,000 unknown keys", (0..10_000).map(|i| format!("k{i} = 1\n")).collect::<String>(), Refused(&["k9999", "line 10000"])),
        built("10,000 levels of one rank", many("levels", "by = \"division\"\nrank = 1\nlevel = 3"), Refused(&["rank of its own"])),
        built("10,000 levels", many("levels", "by = \"division\"\nrank = #\nlevel = 3"), Refused(&["a whole number from 1 to 1000"])),
        built("10,000 resources", many("resources", "weight = 0"), FINE),
        built("10,000 classes", many("classes", "kinds = [\"k#\"]"), FINE),
        built("10,000 kinds", many("kinds", "rank = #\nlanduse = [\"k#\"]"), FINE),
        built("10,000 areas", many("areas", "of = [\"a#\"]"), FINE),
        built("another version", "schema = 2\n", Refused(&["schema", "this version reads schema 1"])),
        built("no version", "schema = -9223372036854775808\n", Refused(&["schema", "this version reads schema 1"])),
        built("a negative seed", "seed = -1\n", Refused(&["seed", "a whole number, 0 or more"])),
        built("the largest seed", "seed = 9223372036854775807\n", FINE),
        built("extends nothing", "extends = \"\"\n", Refused(&["extends", "no such preset"])),
        built("extends a file", "extends = \"../city.toml\"\n", Refused(&["extends", "no such preset"])),
        built("extends itself", "extends = \"default\"\n", FINE),
        built("extends a preset in capitals", "extends = \"COMMUNITY\"\n", Refused(&["extends", "no such preset", "community"])),
        built("extends a preset that extends", "extends = \"pharma\"\n[grid]\ntarget = 5\n", FINE),
        built("an area made of itself", "[areas.a]\nof = [\"a\"]\nwithout = [\"a\"]\n", Refused(&["areas.a.without"])),
        built("a name of nothing", "[resources.\"\"]\nweight = 0\n", Refused(&["resources", "a name is expected"])),
        built("a class of nothing", "[classes.\"\"]\nkinds = [\"a\"]\n", Refused(&["classes"])),
        built("a level of nothing", "[levels.\"\"]\nrank = 1\nby = \"division\"\nlevel = 3\n", Refused(&["levels"])),
        built("a name with dots", "[resources.\"a.b\"]\nweight = 0\n", FINE),
    ];
    run("recipes", rows);
}

#[test]
fn recipes_in_json() {
    let json = |name: &str, text: &str, expect: Expect| {
        let text = text.to_string();
        row(name, expect, move |_| Draft::from_json(&text).and_then(Draft::build).map(|_| Vec::new()).map_err(|e| e.to_string()))
    };
    let rows = vec![
        json("nothing", "", Refused(&["not valid JSON"])),
        json("null", "null", Refused(&["a recipe is a table of keys"])),
        json("a list", "[]", Refused(&["a recipe is a table of keys"])),
        json("a number", "7", Refused(&["a recipe is a table of keys"])),
        json("nulls", r#"{"grid":{"target":null},"layers":null}"#, FINE),
        json("deep lists", &"[".repeat(100_000), Refused(&["not valid JSON", "recursion"])),
        json("1e999", r#"{"grid":{"target":1e999}}"#, Refused(&["not valid JSON", "line 1"])),
        json("a table as target", r#"{"grid":{"target":{}}}"#, Refused(&["grid.target", "a number is expected"])),
        json("an unknown key", r#"{"grid":{"tarket":1}}"#, Refused(&["grid.tarket", "did you mean 'target'"])),
    ];
    run("json", rows);
}

/// Files that a recipe names, outside the folder and where there can be none.
#[test]
fn files_that_recipes_name() {
    let named = |name: &str, file: &str, expect: Expect| {
        let recipe = format!("[layers.roads]\nfile = {}\n", toml::Value::String(file.into()));
        good().recipe(&recipe).row(format!("file {name}"), expect)
    };
    let gone = Refused(&["no such file", "layers.roads.file"]);
    let joined = |file: &str, key: &str, expect: Expect| {
        let recipe = format!("[layers.households]\njoin = \"{file}\"\njoin_key = \"{key}\"\n");
        good().recipe(&recipe).row(format!("join {file} by {key}"), expect)
    };
    let rows = vec![
        named("of nothing", "", Refused(&["layers.roads.file", "a file name is expected"])),
        named("of blanks", "   ", Refused(&["layers.roads.file", "a file name is expected"])),
        named("with NUL", "roads\0.geojson", gone),
        named("of a device", "CON", gone),
        named("of a null device", "/dev/null", gone),
        named("of an endless device", "/dev/zero.geojson", gone),
        named("of a folder above", "../../../etc/passwd", gone),
        named("of passwords", "/etc/passwd", gone),
        named("of a folder", ".", gone),
        named("of two dots", "..", gone),
        named("of a slash", "/", gone),
        named("of a megabyte", &"x".repeat(1 << 20), gone),
        named("by its own path", "./roads.geojson", FINE),
        named("that is another layer", "admin.geojson", Told("geometry-dropped")),
        joined("nobody.geojson", "id", Refused(&["nobody.geojson"])),
        joined("admin.geojson", "", Refused(&["layers.households.join_key"])),
        joined("admin.geojson", "=", Refused(&["layers.households.join_key"])),
        joined("admin.geojson", "nothing = nothing", Refused(&["households.geojson", "is not in the file that it is joined with"])),
        joined("households.geojson", "id", FINE),
    ];
    run("files", rows);
}
