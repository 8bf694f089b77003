//! The example `plan_service`, as its clients meet it.

mod example;
mod http;

use evengrid::io::read_layers;
use evengrid::recipe::Recipe;
use http::Service;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read, Write};

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");
const QUICK: &str = concat!(include_str!("../testdata/town/recipes/default.toml"), "[effort]\nlevel = \"quick\"\n");
/// Takes longer than a test waits.
const LONG: &str = concat!(
    include_str!("../testdata/town/recipes/default.toml"),
    "[grid]\ntolerance = 0.005\n[effort]\nlevel = \"thorough\"\nstarts = 1024\n"
);

const ADMIN: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"A","admin_level":9,"name":"A"},
"geometry":{"type":"Polygon","coordinates":[[[10,50],[10.02,50],[10.02,50.02],[10,50.02],[10,50]]]}}]}"#;
const HOMES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"weight":100},"geometry":{"type":"Point","coordinates":[10.001,50.001]}},
{"type":"Feature","properties":{"weight":100},"geometry":{"type":"Point","coordinates":[10.011,50.002]}},
{"type":"Feature","properties":{"weight":100},"geometry":{"type":"Point","coordinates":[10.004,50.015]}}]}"#;
const SMALL: &str = "[division]\nlevel = 9\n[grid]\ntarget = 200.0\n";

fn town(recipe: &str) -> Value {
    json!({"layers": "town", "recipe": recipe})
}

fn small() -> [(&'static str, Option<&'static str>, &'static [u8]); 3] {
    [
        ("layers", Some("admin.geojson"), ADMIN.as_bytes()),
        ("layers", Some("households.geojson"), HOMES.as_bytes()),
        ("recipe", None, SMALL.as_bytes()),
    ]
}

#[test]
fn a_plan_is_drawn_followed_shown_judged_and_adjusted() {
    let s = Service::fresh("drawn", &[]);
    let id = s.accepted(s.post("/plans", &town(QUICK)));
    let early = s.get(&format!("/plans/{id}/map"));
    assert_eq!((early.status, early.text.contains("not done")), (409, true), "{}", early.text);
    let events = s.get(&format!("/jobs/{id}/events"));
    assert_eq!((events.status, events.header("content-type")), (200, "text/event-stream"));
    assert!(events.text.contains("event: progress") && events.text.contains(r#""stage":"partition""#), "{}", events.text);
    let end = events.text.split("event: end\ndata: ").nth(1).expect("the stream tells the end");
    let status: Value = serde_json::from_str(end.trim()).unwrap();
    assert_eq!(status["state"], "done", "{status}");
    let job = s.get(&format!("/jobs/{id}")).json();
    assert_eq!((&job["outcome"], &job["kind"]), (&status["outcome"], &json!("draw")));
    assert_eq!(s.get("/jobs").json()["jobs"], json!([job]));

    let page = s.get(&format!("/plans/{id}/map"));
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
    let plan = s.get(&format!("/plans/{id}/files/plan.json"));
    assert_eq!(plan.json()["grids"].as_array().map(Vec::len), job["outcome"]["grids"].as_u64().map(|n| n as usize));
    for name in ["job.json", "..%2Fjob.json", "%2Fetc%2Fpasswd", "changes.json"] {
        assert_eq!(s.get(&format!("/plans/{id}/files/{name}")).status, 404, "{name}");
    }

    let attachments = s.get(&format!("/plans/{id}/files/attachments.csv")).text;
    let homes = read_layers(TOWN.as_ref(), &Recipe::default().layers).unwrap().households;
    let mut compared = 0;
    for (row, home) in attachments.lines().skip(1).zip(&homes).step_by(97) {
        let [lon, lat] = home.at;
        let found = s.get(&format!("/plans/{id}/attach?lon={lon}&lat={lat}")).json();
        assert!(row.split(',').any(|cell| Some(cell) == found["grid_id"].as_str()), "{row}: {found}");
        compared += 1;
    }
    assert!(compared > 20);
    let outside = s.get(&format!("/plans/{id}/attach?lon=0&lat=0")).json();
    assert_eq!(outside, json!({"grid_id": null, "why": "outside"}));
    for query in ["lon=x&lat=1", "lon=1", "lon=NaN&lat=1", "lon=1&lat=90.1"] {
        assert_eq!(s.get(&format!("/plans/{id}/attach?{query}")).status, 400, "{query}");
    }

    let check = s.accepted(s.post(&format!("/plans/{id}/check"), &json!({})));
    let judged = s.wait(check, &["done"]);
    assert_eq!((&judged["outcome"]["passed"], &judged["of_plan"]), (&json!(true), &json!(id)), "{judged}");
    assert_eq!(s.get(&format!("/plans/{check}/map")).status, 404, "a judgement is no plan");
    let later = s.accepted(s.post(&format!("/plans/{id}/rebalance"), &json!({"layers": "town", "valid_from": "2030-01-01"})));
    assert_eq!(s.wait(later, &["done"])["outcome"]["moved"], json!(0.0));
    assert_eq!(s.get(&format!("/plans/{later}/files/changes.json")).json()["valid_from"], "2030-01-01");
    assert_eq!(s.stop(), Some(0));
}

#[test]
fn uploads_are_layers_and_nothing_else() {
    let s = Service::fresh("uploads", &["--max-features", "4"]);
    let id = s.accepted(s.upload("/plans", &small()));
    assert_eq!(s.wait(id, &["done"])["layers"], json!({"uploaded": id}));
    assert_eq!(s.wait(s.accepted(s.post(&format!("/plans/{id}/check"), &json!({}))), &["done"])["outcome"]["passed"], true);
    let more = s.accepted(s.post("/plans", &town(QUICK)));
    let failed = s.get(&format!("/jobs/{more}/events")).text;
    assert!(failed.contains("\"failed\"") && failed.contains("more than 4 features"), "{failed}");
    for name in ["../admin.geojson", "/tmp/admin.geojson", "admin.sh", "admin", "plan.json", ".geojson", "..", "", "Admin.geojson"] {
        let answer = s.upload("/plans", &[("layers", Some(name), ADMIN.as_bytes()), ("recipe", None, SMALL.as_bytes())]);
        assert_eq!(answer.status, 422, "{name}: {}", answer.text);
    }
    let twice = [small()[0], small()[0], small()[2]];
    assert_eq!(s.upload("/plans", &twice).status, 400);
    assert_eq!(s.upload("/plans", &small()[..2]).status, 400, "no recipe");
    assert_eq!(s.upload("/plans", &small()[2..]).status, 422, "no layers");
    assert_eq!(s.upload("/plans", &[("odd", None, b"")]).status, 400);
    assert_eq!(fs::read_dir(s.state.join("incoming")).unwrap().count(), 0, "what is refused leaves nothing");
    assert_eq!(s.get("/jobs").json()["jobs"].as_array().unwrap().len(), 3);
}

#[test]
fn files_that_the_recipe_names_are_uploaded_and_used() {
    let s = Service::fresh("joined", &[]);
    let recipe = format!("{SMALL}[layers.households]\nfile = \"住户.csv\"\njoin = \"楼栋.geojson\"\njoin_key = \"楼栋 = id\"\n");
    let places = HOMES.replace("\"weight\":100", "\"id\":\"B\"").replacen("B", "A", 1);
    let parts = [
        ("layers", Some("admin.geojson"), ADMIN.as_bytes()),
        ("layers", Some("住户.csv"), "weight,楼栋\n100,A\n100,A\n100,B\n".as_bytes()),
        ("layers", Some("楼栋.geojson"), places.as_bytes()),
        ("recipe", None, recipe.as_bytes()),
    ];
    let id = s.accepted(s.upload("/plans", &parts));
    s.wait(id, &["done"]);
    let attachments = s.get(&format!("/plans/{id}/files/attachments.csv")).text;
    assert_eq!(attachments.lines().count(), 1 + 3, "{attachments}");
    let check = s.accepted(s.upload(&format!("/plans/{id}/check"), &parts[..3]));
    assert_eq!(s.wait(check, &["done"])["outcome"]["passed"], true);
    for route in ["check", "rebalance"] {
        let answer = s.upload(&format!("/plans/{id}/{route}"), &[("layers", Some("households.csv"), b"")]);
        assert!(answer.status == 422 && answer.text.contains("is no layer"), "{}", answer.text);
    }
    for file in ["../admin.geojson", "/etc/passwd", "..", ".", "a/b.csv", "c:places.csv", &"x".repeat(300)] {
        let answer = s.upload("/plans", &[("layers", Some(file), b"")]);
        assert!(answer.status == 422 && answer.text.contains("no plain name"), "{file}: {}", answer.text);
        let recipe = recipe.replace("楼栋.geojson", file);
        let answer = s.upload("/plans", &[parts[0], parts[1], ("recipe", None, recipe.as_bytes())]);
        assert!(answer.status == 422 && answer.text.contains("only files in the folder"), "{file}: {}", answer.text);
    }
}

#[test]
fn bad_requests_are_told_what_is_wrong() {
    let s = Service::fresh("bad", &["--max-body", "5000"]);
    for name in ["..", ".", "", "a/b", "town/../town", "/etc", "town\u{0}", "tówn", "absent"] {
        let answer = s.post("/plans", &json!({"layers": name, "recipe": QUICK}));
        assert_eq!(answer.status, 422, "{name}: {}", answer.text);
    }
    let faulty = s.post("/plans", &town("[grid]\ntolerance = 7\ntargit = 3\n"));
    assert_eq!((faulty.status, faulty.json()["faults"][0]["line"].as_u64()), (422, Some(3)), "{}", faulty.text);
    for file in ["../town/roads.geojson", "/etc/passwd", "..", "c:roads"] {
        let recipe = format!("{QUICK}[layers.roads]\nfile = '{file}'\n");
        let answer = s.post("/plans", &town(&recipe));
        assert!(answer.status == 422 && answer.text.contains("only files in the folder"), "{file}: {}", answer.text);
    }
    for (body, status) in [("{", 400), ("[]", 400), ("{\"layers\": \"town\"}", 400), ("{\"recipe\": \"\", \"more\": 1}", 400)] {
        assert_eq!(s.send("POST", "/plans", "application/json", body.as_bytes()).status, status, "{body}");
    }
    assert_eq!(s.send("POST", "/plans", "text/plain", b"{}").status, 415);
    assert_eq!(s.post("/plans", &town(&"#".repeat(6000))).status, 413);
    // without a length, so that only reading shows it
    let mut stream = format!(
        "POST /plans HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\
        content-type: application/json\r\n\r\n1800\r\n{}\r\n0\r\n\r\n",
        " ".repeat(0x1800)
    );
    assert_eq!(s.raw(stream.as_bytes()).status, 413);
    stream = stream.replace("application/json", "multipart/form-data; boundary=edge");
    assert!([400, 413].contains(&s.raw(stream.as_bytes()).status));
    for path in ["/jobs/1", "/jobs/x", "/jobs/1/events", "/plans/1/map", "/plans/99999999999999999999/map", "/nothing"] {
        let answer = s.get(path);
        assert!(answer.status == 404 && answer.json()["error"].is_string(), "{path}");
    }
    assert_eq!(s.delete("/jobs/1").status, 404);
    assert_eq!(s.get("/jobs?after=x").status, 400);
    for foreign in ["host: evil.example\r\n", "host: localhost\r\norigin: http://evil.example\r\n", ""] {
        let answer = s.raw(format!("GET /jobs HTTP/1.1\r\nconnection: close\r\n{foreign}\r\n").as_bytes());
        assert!([400, 403].contains(&answer.status), "{foreign}");
    }
    assert_eq!(s.get("/healthz").json(), json!({"status": "ok"}));
    assert_eq!(s.get("/jobs").json(), json!({"jobs": []}), "nothing of this was accepted");
}

#[test]
fn a_full_queue_refuses_until_a_job_is_cancelled() {
    let s = Service::fresh("full", &["--queue", "1"]);
    let running = s.accepted(s.post("/plans", &town(LONG)));
    s.wait(running, &["running"]);
    let waiting = s.accepted(s.upload("/plans", &small()));
    let refused = s.upload("/plans", &small());
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"), "{}", refused.text);
    assert_eq!(s.delete(&format!("/jobs/{waiting}")).json()["state"], "cancelled");
    let next = s.accepted(s.upload("/plans", &small()));
    assert_eq!(s.get(&format!("/jobs/{next}")).json()["state"], "queued");
    assert_eq!(s.delete(&format!("/jobs/{running}")).json()["state"], "cancelled");
    s.wait(next, &["done"]);
    assert_eq!(s.delete(&format!("/jobs/{next}")).status, 409, "it has ended, with a plan");
    assert_eq!(s.get(&format!("/plans/{running}/map")).status, 409);
    let s = Service::start(&s.kill(), &[]);
    let state = |id: u64| s.get(&format!("/jobs/{id}")).json()["state"].clone();
    assert_eq!([running, waiting, next].map(state), ["cancelled", "cancelled", "done"]);
}

#[test]
fn a_job_has_its_time() {
    let s = Service::fresh("time", &["--job-seconds", "1"]);
    let id = s.accepted(s.post("/plans", &town(LONG)));
    let events = s.get(&format!("/jobs/{id}/events")).text;
    assert!(events.contains("stopped after 1.0 s"), "{events}");
}

#[test]
fn no_accepted_job_is_lost_by_a_kill() {
    let s = Service::fresh("killed", &[]);
    let whole = s.accepted(s.post("/plans", &town(QUICK)));
    s.wait(whole, &["done"]);
    let read = |s: &Service, id: u64| s.get(&format!("/plans/{id}/files/plan.json")).text;
    let reference = read(&s, whole);
    let [drawn, uploaded] = [s.post("/plans", &town(QUICK)), s.upload("/plans", &small())].map(|answer| s.accepted(answer));
    s.wait(drawn, &["running"]);
    let state = s.kill();
    // as if it had died while a client was sending
    fs::create_dir_all(state.join("incoming/77/layers")).unwrap();
    let s = Service::start(&state, &[]);
    for id in [drawn, uploaded] {
        s.wait(id, &["done"]);
    }
    assert!(read(&s, drawn) == reference && read(&s, whole) == reference);
    assert!(s.accepted(s.upload("/plans", &small())) > uploaded, "no id is given twice");
    assert!(!state.join("incoming/77").exists());
}

#[test]
fn what_has_ended_is_removed_once_nobody_needs_it() {
    let s = Service::fresh("removed", &[]);
    let [plan, other] = [(); 2].map(|()| s.accepted(s.upload("/plans", &small())));
    s.wait(other, &["done"]);
    let check = || s.accepted(s.post(&format!("/plans/{plan}/check"), &json!({})));
    let judged = check();
    s.wait(judged, &["done"]);
    let long = s.accepted(s.post("/plans", &town(LONG)));
    let waiting = check();
    let delete = |path: String| s.delete(&path).status;
    let refused = s.delete(&format!("/plans/{plan}"));
    assert!(refused.status == 409 && refused.text.contains("need plan"), "{}", refused.text);
    assert_eq!(delete(format!("/plans/{long}")), 409, "it is not done");
    assert_eq!(s.get(&format!("/plans/{other}/attach?lon=10.001&lat=50.001")).status, 200);
    for path in [format!("/plans/{other}"), format!("/jobs/{judged}")] {
        assert_eq!([delete(path.clone()), delete(path)], [204, 404]);
    }
    assert_eq!(s.get(&format!("/plans/{other}/attach?lon=10.001&lat=50.001")).status, 404);
    for path in [format!("/jobs/{waiting}"), format!("/jobs/{long}")] {
        assert_eq!([delete(path.clone()), delete(path.clone()), delete(path)], [200, 204, 404], "cancelled, removed, gone");
    }
    assert_eq!(delete(format!("/plans/{plan}")), 204);
    let state = s.kill();
    assert_eq!(fs::read_dir(state.join("jobs")).unwrap().count(), 0);
    // as if it had died while it removed a job
    fs::create_dir_all(state.join("removed/1/plan")).unwrap();
    let s = Service::start(&state, &[]);
    assert!(!state.join("removed/1").exists());
    assert!(s.accepted(s.upload("/plans", &small())) > waiting, "no id is given twice");
}

#[test]
fn so_many_ended_jobs_are_kept() {
    let s = Service::fresh("kept", &["--keep", "2"]);
    let draw = |s: &Service| {
        let id = s.accepted(s.upload("/plans", &small()));
        s.wait(id, &["done"]);
        id
    };
    let ids =
        |s: &Service| s.get("/jobs").json()["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_u64().unwrap()).collect::<Vec<_>>();
    let [_, second, third] = [(); 3].map(|()| draw(&s));
    assert_eq!(ids(&s), [second, third]);
    let long = s.accepted(s.post("/plans", &town(LONG)));
    let check = s.accepted(s.post(&format!("/plans/{second}/check"), &json!({})));
    let more = s.accepted(s.upload("/plans", &small()));
    s.delete(&format!("/jobs/{more}"));
    assert_eq!(ids(&s), [second, long, check, more], "a plan that is needed stays");
    s.delete(&format!("/jobs/{long}"));
    s.wait(check, &["done"]);
    let s = Service::start(&s.kill(), &["--keep", "1"]);
    assert_eq!(ids(&s), [check]);
}

#[test]
fn a_state_folder_has_one_service() {
    let s = Service::fresh("locked", &[]);
    let second = Service::command(&s.state, &[]).output().unwrap();
    let told = String::from_utf8(second.stderr).unwrap();
    assert!(told.contains(s.state.to_str().unwrap()) && told.contains("another service uses this folder"), "{told}");
    assert_eq!(second.status.code(), Some(2));
    Service::start(&s.kill(), &[]);
}

#[test]
fn a_job_that_kills_the_service_is_given_up() {
    let mut s = Service::fresh("deadly", &[]);
    let deadly = s.accepted(s.post("/plans", &town(LONG)));
    let next = s.accepted(s.upload("/plans", &small()));
    s.wait(deadly, &["running"]);
    let state = s.state.clone();
    assert_eq!(s.stop(), Some(0), "which is not the job's fault");
    for _ in 0..3 {
        s = Service::start(&state, &[]);
        s.wait(deadly, &["running"]);
        s.kill();
    }
    s = Service::start(&state, &[]);
    s.wait(next, &["done"]);
    let job = s.get(&format!("/jobs/{deadly}")).json();
    assert!(job["state"] == "failed" && job["error"].as_str().unwrap().contains("killed 3 times"), "{job}");
}

#[test]
fn silent_clients_give_way() {
    let s = Service::fresh("silent", &["--connections", "2", "--silent-seconds", "1"]);
    let [mut mute, mut halting] = [s.connect(), s.connect()];
    halting.write_all(b"GET /jobs HTTP/1.1\r\nhost: loc").unwrap();
    assert_eq!(s.get("/healthz").status, 200, "once there is room for it");
    for stream in [&mut mute, &mut halting] {
        // closed in order or reset
        let _ = stream.read_to_end(&mut Vec::new()).map_err(|e| assert_eq!(e.kind(), ErrorKind::ConnectionReset));
    }
    for kind in ["application/json", "multipart/form-data; boundary=edge"] {
        let head =
            format!("POST /plans HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: 99\r\n\r\n");
        assert_eq!(s.raw(format!("{head}--edge").as_bytes()).status, 408, "{kind}");
    }
}

#[test]
fn every_route_is_described() {
    let s = Service::fresh("described", &[]);
    let described = s.get("/openapi.json").json();
    let paths = described["paths"].as_object().unwrap();
    let routes = include_str!("../examples/plan_service/routes.rs");
    let served: BTreeSet<&str> = routes.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(paths.keys().map(String::as_str).collect::<BTreeSet<_>>(), served);
    for (path, methods) in paths {
        let path = path.replace("{id}", "1").replace("{name}", "plan.json");
        for method in ["get", "post", "put", "delete"] {
            let answer = s.send(&method.to_uppercase(), &path, "application/json", b"{}");
            let described = methods.get(method);
            assert_eq!(answer.status == 405, described.is_none(), "{method} {path}: {}", answer.status);
            let code = answer.status.to_string();
            assert!(described.is_none_or(|d| !d["responses"][&code].is_null()), "{method} {path} answers {code}, which is not described");
        }
    }
}
