//! Plan folders that are torn, empty, of another version, or edited into what no plan can be.

use crate::city::{collection, division, good, ring, told};
use crate::kit::{Expect, FINE, Refused, Row, Seen, Told, row, run};
use evengrid::io::{map, plan_files, plan_read};
use evengrid::pipeline::{Accept, Drawn, accept};
use evengrid::plan::{check, explain};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::OnceLock;

/// The plan of the good city as text, and what it was drawn from.
fn whole() -> &'static (Drawn, String) {
    static PLAN: OnceLock<(Drawn, String)> = OnceLock::new();
    PLAN.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-scratch").join("plan");
        std::fs::create_dir_all(&folder).expect("a folder");
        let drawn = good().drawn(&folder).expect("a good city");
        let text = std::fs::read_to_string(folder.join("plan/plan.json")).expect("its plan");
        (drawn, text)
    })
}

/// Reads a plan, and where it is one does with it what programs do.
fn used(folder: &Path) -> Seen {
    let plan = plan_read::whole(folder).map_err(|e| e.to_string())?;
    plan_files::grids_geojson(&plan).map_err(|e| e.to_string())?;
    plan_files::zones_geojson(&plan).map_err(|e| e.to_string())?;
    let names = plan.grid_names();
    assert_eq!(names.len(), plan.grids.len());
    let (land, sites) = (plan.land(), plan.station_sites());
    assert!(land.grid_at(evengrid::territory::lattice::Pt { x: 0, y: 0 }).is_none() && sites.is_empty());
    plan_files::attachments_csv(&plan);
    plan.reasons();
    Ok(Vec::new())
}

/// A plan file of these bytes.
fn file(name: &str, bytes: impl Into<Vec<u8>>, expect: Expect) -> Row {
    let bytes = bytes.into();
    row(name, expect, move |folder| {
        std::fs::write(folder.join("plan.json"), bytes).expect("a file");
        used(folder)
    })
    .naming("plan.json")
}

/// The good plan with this value at a place.
fn edited(at: &str, value: Value, expect: Expect) -> Row {
    let mut plan: Value = serde_json::from_str(&whole().1).expect("JSON");
    let shown = value.to_string();
    *plan.pointer_mut(at).unwrap_or_else(|| panic!("nothing at {at}")) = value;
    file(&format!("{at} = {}", &shown[..shown.len().min(30)]), plan.to_string(), expect)
}

#[test]
fn plan_files_that_are_none() {
    let text = &whole().1;
    let cut = |share: f64| text.as_bytes()[..(text.len() as f64 * share) as usize].to_vec();
    const ANEW: Expect = Refused(&["write it anew with draw_plan"]);
    let rows = vec![
        file("whole", text.as_str(), FINE),
        row("missing", Refused(&["name a plan folder"]), used).naming("plan.json"),
        row("a folder", Refused(&["plan.json"]), |folder| {
            std::fs::create_dir(folder.join("plan.json")).expect("a folder");
            used(folder)
        }),
        file("empty", "", ANEW),
        file("one byte", "{", ANEW),
        file("null", "null", ANEW),
        file("a list", "[]", ANEW),
        file("an empty table", "{}", ANEW),
        file("GeoJSON", collection(&[]), ANEW),
        file("noise", vec![0xff; 1000], ANEW),
        file("UTF-16", b"\xff\xfe{\0".to_vec(), ANEW),
        file("brackets", "[".repeat(100_000), ANEW),
        file("brackets in a member", format!("{{\"schema\":{}", "[".repeat(100_000)), ANEW),
        file("a quarter", cut(0.25), ANEW),
        file("a half", cut(0.5), ANEW),
        file("three quarters", cut(0.75), ANEW),
        file("all but a byte", cut(1.0 - 2.5 / text.len() as f64), ANEW),
        file("more after it", format!("{text}x"), ANEW),
        file("NaN as a load", text.replacen("\"households\":", "\"households\":NaN,\"was\":", 1), ANEW),
        file("1e999 as a load", text.replacen("\"households\":", "\"households\":1e999,\"was\":", 1), ANEW),
    ];
    run("plan-files", rows);
}

#[test]
fn plans_that_contradict_themselves() {
    const ANEW: Expect = Refused(&["write it anew with draw_plan"]);
    let far = u32::MAX;
    let mut rows = vec![
        edited("/schema", json!(2), Refused(&["schema", "2"])),
        edited("/schema", json!(0), Refused(&["schema", "0"])),
        edited("/schema", json!(-1), ANEW),
        edited("/schema", json!("1"), ANEW),
        edited("/grids", json!([]), Refused(&["refers to grids"])),
        edited("/grids", json!({}), ANEW),
        edited("/zones", json!([]), Refused(&["zone"])),
        edited("/fabric/units", json!([]), Refused(&["refers to"])),
        edited("/fabric/classes", json!([]), Refused(&["refers to"])),
        edited("/fabric/arcs", json!([]), FINE),
        edited("/fabric/units/0/grid", json!(far), Refused(&["refers to"])),
        edited("/fabric/units/0/grid", json!(-1), ANEW),
        edited("/fabric/units/0/grid", json!(0.5), ANEW),
        edited("/fabric/units/0/households", json!(null), ANEW),
        edited("/fabric/units/0/households", json!(-1e300), FINE),
        edited("/fabric/arcs/0/left", json!(far), Refused(&["refers to"])),
        edited("/fabric/arcs/0/class", json!(65535), Refused(&["refers to"])),
        edited("/fabric/arcs/0/class", json!(65536), ANEW),
        edited("/fabric/arcs/0/steps", json!([]), Refused(&["plan.json", "border", "open"])),
        edited("/fabric/arcs/0/steps", json!([1]), Refused(&["plan.json", "border", "open"])),
        edited("/fabric/arcs/0/steps", json!([i64::MAX, i64::MIN, i64::MAX, i64::MIN]), Refused(&["plan.json"])),
        edited("/fabric/arcs/0/steps", json!([1e300, 1]), ANEW),
        edited("/attachments/0/grid", json!(far), Refused(&["refers to"])),
        edited("/attachments/0/runner_up", json!(far), Refused(&["refers to"])),
        edited("/attachments/0/rule", json!("magic"), ANEW),
        edited("/grids/1/grid_id", json!(whole().0.plan.grids[0].grid_id), Refused(&["G000001", "twice"])),
        edited("/grids/0/zone_id", json!("nowhere"), Refused(&["nowhere"])),
        edited("/grids/0/standing", json!("floating"), ANEW),
        edited("/grids/0/grid_id", json!("</script><script>alert(1)</script>"), FINE),
        edited("/zones/0/grids", json!([]), FINE),
        edited("/zones/0/grids", json!(["nobody"]), FINE),
        edited("/next_serial", json!(-5), ANEW),
        edited("/next_serial", json!(far), FINE),
        edited("/provenance/recipe", json!({}), FINE),
        edited("/provenance/plane", json!({}), ANEW),
        edited("/provenance/recipe/grid/tolerance", json!("much"), ANEW),
    ];
    let served = json!([[{ "grid": far, "share": 1.0 }]]);
    let mut plan: Value = serde_json::from_str(&whole().1).expect("JSON");
    plan["served"] = served;
    rows.push(file("a station that serves a grid that is not there", plan.to_string(), Refused(&["refers to"])));
    run("contradictions", rows);
}

/// Grids as somebody may have drawn them, judged by the rules and accepted or not.
#[test]
fn edited_grids() {
    let judged = |name: &'static str, text: String, expect: Expect| -> Row {
        row(name, expect, move |folder| {
            std::fs::write(folder.join("grids.geojson"), text).expect("a file");
            let found = plan_read::read_plan(folder).map_err(|e| e.to_string())?;
            let (named, mut findings) = plan_read::read_any(folder, None).map_err(|e| e.to_string())?;
            let drawn = &whole().0;
            findings.extend(check(&found, &drawn.territory, 0.3, &()).unwrap().findings);
            findings.extend(check(&named, &drawn.territory, 0.3, &()).unwrap().findings);
            Ok(told(&findings))
        })
    };
    let grid = |id: &str, extent: [f64; 4]| division(id, extent).replace("\"id\"", "\"grid_id\"");
    let all = [113.0, 30.0, 113.02, 30.02];
    let one = |properties: &str, kind: &str, at: &str| collection(&[crate::city::feature(properties, kind, at)]);
    let square = format!("[{}]", ring(all));
    const GRIDS: &str = "grids.geojson";
    let rows = vec![
        judged("one grid of all land", collection(&[grid("a", all)]), FINE),
        judged("no file", "".into(), Refused(&["no feature"])).naming(GRIDS),
        judged("no grids", collection(&[]), Refused(&["no feature"])).naming(GRIDS),
        judged("noise", "\u{0}\u{1}".into(), Refused(&["record 1", "export it again"])).naming(GRIDS),
        judged("cut off", collection(&[grid("a", all), grid("b", all)])[..300].into(), Refused(&["cut off"])).naming(GRIDS),
        judged("two grids of one id", collection(&[grid("a", all), grid("a", all)]), Told("id-not-unique")),
        judged("no ids", one("{}", "Polygon", &square), Told("id-made")),
        judged("the same land twice", collection(&[grid("a", all), grid("b", all)]), Told("grids-overlap")),
        judged(
            "a bow tie",
            one(r#"{"grid_id":"a"}"#, "Polygon", "[[[113,30],[113.02,30.02],[113.02,30],[113,30.02],[113,30]]]"),
            Told("geometry-invalid"),
        ),
        judged("a grid of no area", one(r#"{"grid_id":"a"}"#, "Polygon", "[[[113,30],[113.02,30],[113,30]]]"), Told("geometry-invalid")),
        judged("a grid without rings", one(r#"{"grid_id":"a"}"#, "Polygon", "[]"), Told("land-in-no-grid")),
        judged("a grid of one position", one(r#"{"grid_id":"a"}"#, "Polygon", "[[[113,30]]]"), Told("geometry-invalid")),
        judged("a point", one(r#"{"grid_id":"a"}"#, "Point", "[113,30]"), Refused(&["record 1", "Polygon or MultiPolygon"])).naming(GRIDS),
        judged("no geometry", one(r#"{"grid_id":"a"}"#, "Polygon", "null"), Refused(&["record 1"])).naming(GRIDS),
        judged(
            "in metres",
            one(r#"{"grid_id":"a"}"#, "Polygon", "[[[500000,3300000],[500100,3300000],[500100,3300100],[500000,3300000]]]"),
            Refused(&["record 1", "WGS 84"]),
        )
        .naming(GRIDS),
        judged("to 1e999", one(r#"{"grid_id":"a"}"#, "Polygon", "[[[113,30],[1e999,30],[113,31],[113,30]]]"), Refused(&["record 1"]))
            .naming(GRIDS),
        judged("elsewhere", collection(&[grid("a", [0.0, 0.0, 0.01, 0.01])]), Told("land-outside")),
        judged("a load of NaN as text", one(r#"{"grid_id":"a","households":"NaN"}"#, "Polygon", &square), Told("load-differs")),
        judged(
            "a load of 1e300",
            one(r#"{"grid_id":"a","households":1e300,"target":-1e300,"deviation":1e300,"parts":-1e300}"#, "Polygon", &square),
            Told("load-differs"),
        ),
        judged("a load that is a list", one(r#"{"grid_id":"a","load":[1,2],"areas":"{","logical":"maybe"}"#, "Polygon", &square), FINE),
        judged("ids of scripts", collection(&[grid("<script>alert(1)</script>", all)]), FINE),
        judged(
            "deep properties",
            one(&format!(r#"{{"grid_id":"a","more":{}}}"#, "[".repeat(10_000)), "Polygon", &square),
            Refused(&["record 1"]),
        )
        .naming(GRIDS),
    ];
    run("edited-grids", rows);
}

/// The plan of the city accepted with other grids.
#[test]
fn accepted_grids() {
    let accepted = |name: &'static str, text: Option<String>, options: Accept, expect: Expect| -> Row {
        row(name, expect, move |folder| {
            let drawn = &whole().0;
            let own = plan_files::grids_geojson(&drawn.plan).expect("JSON");
            std::fs::write(folder.join("grids.geojson"), text.unwrap_or(own)).expect("a file");
            let found = plan_read::read_plan(folder).map_err(|e| e.to_string())?;
            let layers = good().layers(folder)?;
            let recipe = &drawn.plan.provenance.recipe;
            let accepted = accept(&drawn.plan, &found, &layers, recipe, &options, &()).map_err(|e| e.to_string())?;
            map::html(&evengrid::io::sheet::sheet(&accepted.drawn.plan, &accepted.drawn.report, &accepted.drawn.territory, name));
            Ok(told(&accepted.findings))
        })
    };
    let grid = |id: &str, extent: [f64; 4]| division(id, extent).replace("\"id\"", "\"grid_id\"");
    let all = [113.0, 30.0, 113.02, 30.02];
    let clean = Accept { clean: true, ..Accept::default() };
    let day = |day: &str| Accept { valid_from: Some(day.into()), ..Accept::default() };
    let rows = vec![
        accepted("unedited", None, Accept::default(), FINE),
        accepted("one grid of all", Some(collection(&[grid("G000001", all)])), Accept::default(), FINE),
        accepted("an id that is not there", Some(collection(&[grid("<b>", all)])), Accept::default(), FINE),
        accepted("grids elsewhere", Some(collection(&[grid("G000001", [0.0, 0.0, 0.1, 0.1])])), Accept::default(), Told("land-in-no-grid")),
        accepted("grids elsewhere, to be cleaned", Some(collection(&[grid("G000001", [0.0, 0.0, 0.1, 0.1])])), clean.clone(), FINE),
        accepted(
            "two on the same land, to be cleaned",
            Some(collection(&[grid("G000001", all), grid("G000002", all)])),
            clean,
            Told("grids-overlap"),
        ),
        accepted("a day that is none", None, day("2024-02-30"), Refused(&["2024-02-30"])),
        accepted("a day of text", None, day("<script>"), Refused(&["<script>"])),
    ];
    run("accepted", rows);
}

/// Questions about what is not there.
#[test]
fn questions_about_nobody() {
    let asked = |id: &'static str, expect: Expect| {
        row(format!("grid {id:?}"), expect, move |_| {
            let told = explain(&whole().0.plan, id).ok_or(format!("no grid {id}"))?;
            Ok(vec![format!("{told:?}")])
        })
    };
    run("questions", vec![asked("", Refused(&["no grid"])), asked("nobody", Refused(&["no grid nobody"])), asked("G000001", FINE)]);
}
