//! The same city in every format that holds it gives the same plan; what is written comes back.

use evengrid::crs::Crs;
use evengrid::io::inspect::{inspect, starting_recipe};
use evengrid::io::{Features, Format, plan_files, read_layers, write_all};
use evengrid::pipeline::draw;
use evengrid::recipe::{Draft, LayerSource, Recipe};
use std::path::{Path, PathBuf};

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formats").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// How a file is read whose own word is enough.
fn as_it_says() -> LayerSource {
    Recipe::default().layers.admin
}

fn quick() -> Recipe {
    let mut flags = Draft::default();
    flags.effort.level = Some("quick".into());
    let text = std::fs::read_to_string(Path::new(TOWN).join("recipes/default.toml")).unwrap();
    flags.or(Draft::from_toml(&text).unwrap()).build().unwrap()
}

/// The layers of the town.
fn town() -> Vec<Features> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(TOWN).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| Format::of(&f.to_string_lossy()) == Some(Format::GeoJson));
    files.sort();
    files.iter().map(|f| Features::read(f, &as_it_says()).unwrap()).collect()
}

fn plan(layers: &Path) -> String {
    let recipe = quick();
    plan_files::plan_json(&draw(&read_layers(layers, &recipe.layers).unwrap(), &recipe, &()).unwrap().plan).unwrap()
}

/// Fails with what stands around the first difference.
fn same(found: &str, expected: &str, what: &str) {
    let at = found.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(120)..text.len().min(at + 120)]).into_owned();
    assert!(found == expected, "{what}:\n{}\n{}", around(found), around(expected));
}

#[test]
fn the_same_city_in_any_format_gives_the_same_plan() {
    let (layers, crs) = (town(), Crs::wgs84());
    let expected = plan(Path::new(TOWN));
    for ending in ["geojson", "shp", "parquet"] {
        let into = folder(&format!("same-{ending}"));
        layers.iter().for_each(|f| drop(f.write(&into.join(format!("{}.{ending}", f.name())), &crs).unwrap()));
        same(&plan(&into), &expected, ending);
    }
    if cfg!(feature = "geopackage") {
        let file = folder("same-gpkg").join("town.gpkg");
        write_all(&layers, &file, &crs).unwrap();
        same(&plan(&file), &expected, "gpkg");
    }
}

/// In a projected system positions come back to a tenth of a millimetre.
#[test]
fn layers_in_a_projected_system_come_back() {
    let into = folder("projected");
    let crs = Crs::parse("EPSG:4547").unwrap();
    for f in town() {
        f.write(&into.join(format!("{}.shp", f.name())), &crs).unwrap();
    }
    let (recipe, mut moved) = (quick(), 0.0f64);
    let (before, after) = (read_layers(TOWN.as_ref(), &recipe.layers).unwrap(), read_layers(&into, &recipe.layers).unwrap());
    assert_eq!(before.households.len(), after.households.len());
    for (a, b) in before.households.iter().zip(&after.households) {
        assert_eq!((&a.id, &a.weight, &a.kind), (&b.id, &b.weight, &b.kind));
        moved = moved.max((a.at[0] - b.at[0]).hypot(a.at[1] - b.at[1]) * 111_195.0);
    }
    assert!(moved < 1e-4, "{moved} m");
    let told: Vec<_> = after.findings.iter().filter(|f| f.code == "crs-converted").collect();
    assert!(told.len() == after.sources.len() && told[0].message.contains("EPSG:4547"), "{told:?}");
}

/// Positions in GCJ-02 are read as such where the recipe says it, and told where it does not.
#[test]
fn gcj02_is_said_by_the_recipe() {
    let into = folder("gcj02");
    let text = |at: [f64; 2]| format!("id,经度,纬度\nh1,{},{}\n", at[0], at[1]);
    let at = [116.391, 39.907];
    std::fs::write(into.join("households.csv"), text(evengrid::crs::china::wgs84_to_gcj02(at))).unwrap();
    let mut how = as_it_says();
    how.crs = Some(Crs::parse("GCJ-02").unwrap());
    let seen = inspect(&into.join("households.csv"), &how).unwrap();
    let extent = seen.extent.unwrap();
    assert!((extent[0] - at[0]).abs() < 1e-9 && (extent[1] - at[1]).abs() < 1e-9, "{extent:?}");
    assert!(seen.findings.iter().any(|f| f.code == "crs-converted" && f.message.contains("GCJ-02")), "{:?}", seen.findings);
}

/// Households of a table lie in the building that they name; who names none that is there is told.
#[test]
fn a_table_without_places_is_joined_by_a_key() {
    let into = folder("join");
    let square = |x: f64| format!("[[[{x},30],[{},30],[{},30.001],[{x},30.001],[{x},30]]]", x + 0.001, x + 0.001);
    let building = |id: &str, x: f64| {
        format!(r#"{{"type":"Feature","properties":{{"id":"{id}"}},"geometry":{{"type":"Polygon","coordinates":{}}}}}"#, square(x))
    };
    std::fs::write(into.join("buildings.ndjson"), format!("{}\n{}\n", building("b1", 113.0), building("b2", 113.1))).unwrap();
    std::fs::write(into.join("study_area.ndjson"), building("s", 113.0)).unwrap();
    std::fs::write(into.join("households.csv"), "id,楼栋,weight\nh1,b2,3\nh2,b1,2\nh3,b9,1\n").unwrap();
    let draft = Draft::from_toml("[layers.households]\njoin = \"buildings.ndjson\"\njoin_key = \"楼栋 = id\"").unwrap();
    let recipe = draft.build().unwrap();
    assert_eq!(Draft::from(recipe.clone()).build().unwrap(), recipe);
    let layers = read_layers(&into, &recipe.layers).unwrap();
    let at: Vec<_> = layers.households.iter().map(|h| (h.id.as_deref().unwrap(), h.at[0] > 113.05, h.weight)).collect();
    assert_eq!(at, [("h1", true, Some(3.0)), ("h2", false, Some(2.0))]);
    let told: Vec<_> = layers.findings.iter().filter(|f| f.code == "geometry-dropped").collect();
    assert!(told.len() == 1 && told[0].message.contains("b9") && told[0].subject.record == Some(3), "{told:?}");
}

/// Every key of a layer is known, and what makes no sense is told.
#[test]
fn keys_of_layers_are_checked() {
    let toml =
        "[layers.roads]\ncrs = \"epsg 4547\"\naxes = \"yx\"\nencoding = \"gbk\"\nkeep_cut_text = true\ntable = \"t\"\nx = \"e\"\ny = \"n\"";
    let recipe = Draft::from_toml(toml).unwrap().build().unwrap();
    let roads = &recipe.layers.roads;
    assert_eq!(roads.crs.as_ref().map(|c| c.to_string()).as_deref(), Some("EPSG:4547"));
    assert!(roads.axes.is_some() && roads.keep_cut_text && roads.table.as_deref() == Some("t") && roads.y.as_deref() == Some("n"));
    assert_eq!(Draft::from(recipe.clone()).build().unwrap(), recipe);
    let wrong = "[layers.roads]\ncrs = \"EPSG:4610\"\naxes = \"zy\"\nx = \"e\"\njoin = \"f.csv\"\nencoding = \"\"";
    let told = Draft::from_toml(wrong).unwrap().build().unwrap_err().to_string();
    for part in ["layers.roads.crs", "datum shift", "layers.roads.axes", "x or y alone", "join or join_key alone", "layers.roads.encoding"]
    {
        assert!(told.contains(part), "'{part}' is not in: {told}");
    }
}

/// What is found out of files is a recipe with which they are read.
#[test]
fn a_starting_recipe_reads_files_with_other_names() {
    let into = folder("inspect");
    for f in town() {
        let called = match f.name() {
            "roads" => "道路",
            "households" => "住户",
            "admin" => "行政区划",
            other => other,
        };
        f.write(&into.join(format!("{called}.shp")), &Crs::wgs84()).unwrap();
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(&into).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "shp"));
    files.sort();
    let found: Vec<_> = files.iter().map(|f| inspect(f, &as_it_says()).unwrap()).collect();
    let text = starting_recipe(&found).to_toml().unwrap();
    let recipe = Draft::from_toml(&text).unwrap().build().unwrap();
    let (expected, read) = (read_layers(TOWN.as_ref(), &quick().layers).unwrap(), read_layers(&into, &recipe.layers).unwrap());
    assert_eq!(read.roads.len(), expected.roads.len(), "{text}");
    assert_eq!(read.households.len(), expected.households.len());
    assert_eq!(read.divisions.len(), expected.divisions.len());
    assert!(read.divisions.iter().zip(&expected.divisions).all(|(a, b)| (&a.id, a.level) == (&b.id, b.level)), "{text}");
}

/// Files of layers are found by name in any case of their ending, and by kind of geometry; what lies beside and is not read is told.
#[test]
fn files_are_found_by_name() {
    let into = folder("names");
    let write = |name: &str, geometry: &str| {
        let text = format!(r#"{{"type":"Feature","properties":{{"id":"x"}},"geometry":{geometry}}}"#);
        std::fs::write(into.join(name), text).unwrap();
    };
    let square = r#"{"type":"Polygon","coordinates":[[[113,30],[113.01,30],[113.01,30.01],[113,30.01],[113,30]]]}"#;
    let line = r#"{"type":"LineString","coordinates":[[113,30],[113.01,30.01]]}"#;
    write("STUDY_AREA.GEOJSON", square);
    write("households.NDJSON", r#"{"type":"Point","coordinates":[113.005,30.005]}"#);
    write("roads_lines.geojson", line);
    write("water.geojson", line);
    write("water_areas.geojson", square);
    let layers = read_layers(&into, &Recipe::default().layers).unwrap();
    assert_eq!((layers.study_area.len(), layers.households.len(), layers.roads.len()), (1, 1, 1));
    assert_eq!((layers.water_lines.len(), layers.water_areas.len()), (1, 0));
    let shadowed: Vec<_> = layers.findings.iter().filter(|f| f.code == "file-shadowed").collect();
    assert!(shadowed.len() == 1 && shadowed[0].subject.file.as_deref() == Some("water_areas.geojson"), "{shadowed:?}");
}

/// What cannot be read as it is says so, with what to do about it.
#[test]
fn reasons_are_told() {
    let into = folder("reasons");
    // 村 in GB18030
    let garbled = [&br#"{"type":"Feature","properties":{"id":"a","name":""#[..], &[0xb4, 0xe5], &br#""},"geometry":null}"#[..]].concat();
    std::fs::write(into.join("admin.geojson"), garbled).unwrap();
    let told = Features::read(&into.join("admin.geojson"), &as_it_says()).unwrap_err().to_string();
    assert!(told.contains("UTF-8") && told.contains("iconv"), "{told}");
    let gbk = LayerSource { encoding: Some("gbk".into()), ..as_it_says() };
    assert!(inspect(&into.join("admin.geojson"), &gbk).unwrap_err().to_string().contains("iconv"));
    let gone = inspect(&into.join("nobody"), &as_it_says()).unwrap_err().to_string();
    assert!(gone.contains("no such file"), "{gone}");
    std::fs::write(into.join("homes.csv"), "id,lon,lat\nh1,113 12 2.9,30 1 2\n").unwrap();
    let map = Draft::from_toml("[layers.households]\nfile = \"homes.csv\"").unwrap().build().unwrap().layers;
    std::fs::write(into.join("study_area.ndjson"), r#"{"type":"Feature","properties":{},"geometry":null}"#).unwrap();
    std::fs::remove_file(into.join("admin.geojson")).unwrap();
    let told = read_layers(&into, &map).unwrap_err().to_string();
    assert!(told.contains("homes.csv") && told.contains("record 1") && told.contains("113 12 2.9"), "{told}");
}

/// A system declared after the features comes too late, unless the recipe says one.
#[test]
fn a_late_system_needs_the_recipe() {
    let into = folder("late");
    let feature = r#"{"type":"Feature","properties":{"id":"x"},"geometry":{"type":"Point","coordinates":[423228,3353790]}}"#;
    let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4547"}}"#;
    let file = into.join("households.geojson");
    std::fs::write(&file, format!(r#"{{"type":"FeatureCollection","features":[{feature}],{crs}}}"#)).unwrap();
    let said = LayerSource { crs: Some(Crs::parse("EPSG:4547").unwrap()), ..as_it_says() };
    let extent = inspect(&file, &said).unwrap().extent.unwrap();
    assert!((extent[0] - 113.2).abs() < 0.1 && (extent[1] - 30.3).abs() < 0.1, "{extent:?}");
    let late = inspect(&file, &as_it_says()).unwrap_err().to_string();
    assert!(late.contains("recipe") && late.contains("crs"), "{late}");
}

/// The system is not judged by one odd record, and two systems in one file are an error.
#[test]
fn a_file_has_one_system() {
    let into = folder("one-system");
    let file = into.join("households.csv");
    let look = |rows: &str, crs: &str, axes: Option<&str>| {
        std::fs::write(&file, format!("id,x,y\n{rows}")).unwrap();
        let how = LayerSource {
            crs: (!crs.is_empty()).then(|| Crs::parse(crs).unwrap()),
            axes: axes.map(|a| a.parse().unwrap()),
            ..as_it_says()
        };
        inspect(&file, &how).unwrap()
    };
    let told = |i: &evengrid::io::inspect::Inspection| {
        i.findings.iter().map(|f| format!("{} {}", f.code, f.message)).collect::<Vec<_>>().join("\n")
    };
    let near = |i: &evengrid::io::inspect::Inspection| i.extent.is_some_and(|e| (e[2] - 113.2).abs() < 0.1 && (e[3] - 30.3).abs() < 0.1);
    // a place that is not known comes first
    let zeros = look("a,0,0\nb,423228,3353790\nc,423300,3353800\n", "EPSG:4547", None);
    assert!(near(&zeros) && !told(&zeros).contains("crs-unlikely"), "{}", told(&zeros));
    let mixed = look("a,423228,3353790\nb,113.2,30.3\n", "EPSG:4547", None);
    assert!(told(&mixed).contains("record 1 fits EPSG:4547, record 2 fits EPSG:4490"), "{}", told(&mixed));
    // swapped throughout: taken so, unless the recipe says otherwise
    let swapped = look("a,3353790,423228\nb,3353800,423300\n", "EPSG:4547", None);
    assert!(near(&swapped) && told(&swapped).contains("axes = \"yx\" would fit"), "{}", told(&swapped));
    let decided = look("a,113.2,30.3\nb,113.3,30.4\n", "EPSG:4547", Some("xy"));
    assert!(told(&decided).contains("taken as the recipe says") && decided.extent.is_none_or(|e| e[3] < 1.0), "{}", told(&decided));
    let turned = look("a,113.2,30.3\n", "", Some("yx"));
    assert!(told(&turned).contains("in the order in which its numbers stand"), "{}", told(&turned));
}

/// Tables by kind of geometry are one layer, fields that differ in case alone are kept apart, and JSON under the name of a table is called so.
#[test]
fn tables_and_names_of_other_programs() {
    let into = folder("other-names");
    std::fs::write(into.join("households.csv"), "{\"type\":\"FeatureCollection\",\n\"features\":[]}\n").unwrap();
    let told = inspect(&into.join("households.csv"), &as_it_says()).unwrap_err().to_string();
    assert!(told.contains("JSON") && told.contains(".geojson"), "{told}");
    if !cfg!(feature = "geopackage") {
        return;
    }
    let read = |name: &str, properties: &str, geometry: &str| {
        let text = format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#);
        std::fs::write(into.join(format!("{name}.geojsonl")), text).unwrap();
        Features::read(&into.join(format!("{name}.geojsonl")), &as_it_says()).unwrap()
    };
    let square = r#"{"type":"Polygon","coordinates":[[[113,30],[113.01,30],[113.01,30.01],[113,30.01],[113,30]]]}"#;
    let line = r#"{"type":"LineString","coordinates":[[113,30],[113.01,30.01]]}"#;
    let all = [
        read("study_area", "{}", square),
        read("households", r#"{"id":"a","ID":"b","id_2":"c"}"#, r#"{"type":"Point","coordinates":[113.005,30.005]}"#),
        read("water_lines", "{}", line),
        read("water_areas", "{}", square),
    ];
    let file = into.join("all.gpkg");
    let remarks = write_all(&all, &file, &Crs::wgs84()).unwrap();
    assert!(remarks.len() == 1 && remarks[0].contains("'ID' is called 'ID_3'"), "{remarks:?}");
    let layers = read_layers(&file, &Recipe::default().layers).unwrap();
    assert_eq!((layers.water_lines.len(), layers.water_areas.len(), layers.households[0].id.as_deref()), (1, 1, Some("a")));
}

/// A recipe to start from names tables and files by kind of geometry once, with the fields of all of them; a block is no lock.
#[test]
fn a_starting_recipe_takes_the_parts_of_a_layer() {
    let into = folder("parts");
    let write = |name: &str, properties: &str, geometry: &str| {
        std::fs::write(into.join(name), format!(r#"{{"type":"Feature","properties":{properties},"geometry":{geometry}}}"#)).unwrap();
        inspect(&into.join(name), &as_it_says()).unwrap()
    };
    let square = r#"{"type":"Polygon","coordinates":[[[113,30],[113.01,30],[113.01,30.01],[113,30.01],[113,30]]]}"#;
    let point = r#"{"type":"Point","coordinates":[113.005,30.005]}"#;
    let found = [
        write("工参_areas.geojsonl", r#"{"编号":"s1"}"#, square),
        write("工参_points.geojsonl", r#"{"编号":"s2","方位角":30}"#, point),
        write("blocks.geojsonl", r#"{"kind":"x"}"#, square),
        write("住户.csv.geojsonl", r#"{"住户编号":"h1"}"#, "null"),
    ];
    let recipe = starting_recipe(&found).to_toml().unwrap();
    let stations = &Draft::from_toml(&recipe).unwrap().build().unwrap().layers.base_stations;
    assert_eq!((stations.file.as_str(), stations.property("id"), stations.property("azimuth")), ("工参", "编号", "方位角"), "{recipe}");
    assert!(!recipe.contains("locks"), "{recipe}");
    assert_eq!((found[3].layer, found[3].properties["id"].as_str()), (Some("households"), "住户编号"));
    assert!(found[3].findings.iter().any(|f| f.code == "join-needed" && f.message.contains("join_key")));
}

/// A table of text that is written again has its position once.
#[test]
fn tables_of_text_are_converted_again_and_again() {
    let into = folder("again");
    std::fs::write(into.join("a.csv"), "id,经度,纬度\nh1,113.2,30.3\nh2,,\n").unwrap();
    let mut before = Features::read(&into.join("a.csv"), &as_it_says()).unwrap();
    for name in ["b.csv", "c.csv", "d.csv"] {
        before.write(&into.join(name), &Crs::wgs84()).unwrap();
        before = Features::read(&into.join(name), &as_it_says()).unwrap();
    }
    let text = |name: &str| std::fs::read_to_string(into.join(name)).unwrap();
    assert_eq!((text("c.csv"), text("d.csv").lines().count()), (text("b.csv"), 3));
    // where a row says no position that can be read, its text is kept
    std::fs::write(into.join("e.csv"), "id,lon,lat\nh1,113.2,30.3\nh2,nowhere,30\n").unwrap();
    Features::read(&into.join("e.csv"), &as_it_says()).unwrap().write(&into.join("f.geojson"), &Crs::wgs84()).unwrap();
    assert!(text("f.geojson").contains("nowhere"));
}
