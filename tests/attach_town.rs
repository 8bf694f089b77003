//! `attach_entities` on the tables of the embedded town, as a planner runs it; requirements by number.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("attach_town").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(args: &[&str], out: &Path) -> Output {
    let example = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join("attach_entities");
    assert!(example.exists(), "{} is missing: run the whole of cargo test, or cargo build --examples before", example.display());
    Command::new(example).args(args).arg("--out").arg(out).output().unwrap()
}

type Row = BTreeMap<String, String>;

fn rows(path: &Path) -> Vec<Row> {
    let text = fs::read(path).unwrap();
    assert!(text.starts_with(&[0xef, 0xbb, 0xbf]), "{} has a byte order mark", path.display());
    let mut reader = csv::Reader::from_reader(&text[3..]);
    let header = reader.headers().unwrap().clone();
    let row = |r: csv::StringRecord| header.iter().map(str::to_string).zip(r.iter().map(str::to_string)).collect();
    reader.records().map(|r| row(r.unwrap())).collect()
}

/// Ledger of a preset that must end with that code.
fn ledger(name: &str, code: i32, args: &[&str]) -> (Vec<Row>, PathBuf) {
    let out = folder(name);
    let ran = run(args, &out);
    assert_eq!(ran.status.code(), Some(code), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    (rows(&out.join("attachments.csv")), out)
}

fn of<'a>(rows: &'a [Row], id: &str) -> &'a Row {
    rows.iter().find(|r| r["entity_id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

fn has(row: &Row, flag: &str) -> bool {
    row["flags"].split(' ').any(|f| f == flag)
}

#[test]
fn r4_customers_by_traffic_place_and_hall() {
    let (rows, out) = ledger("telecom", 1, &["--preset", "telecom"]);
    // 300 customers and one id twice, in the order of the table; the row that was cut off is told
    assert_eq!(rows.len(), 301);
    let ids: Vec<&str> = rows.iter().map(|r| r["entity_id"].as_str()).collect();
    assert!(ids[..300].windows(2).all(|w| w[0] < w[1]) && ids[300] == "u0010");
    for row in &rows {
        assert_eq!(row["grid_id"].is_empty(), row["rule"] == "unassigned", "{row:?}");
        assert_eq!(row["grid_id"].is_empty(), has(row, "unresolved"), "{row:?}");
    }
    let because = |id: &str, rule: &str, flags: &[&str]| {
        let row = of(&rows, id);
        assert_eq!(row["rule"], rule, "{row:?}");
        flags.iter().for_each(|f| assert!(has(row, f), "{row:?}"));
    };
    because("u0001", "unassigned", &["missing"]);
    because("u0002", "unassigned", &["weak"]);
    because("u0003", "joined", &[]);
    because("u0005", "unassigned", &["outside"]);
    assert!(has(&rows[300], "id-twice"));
    let rules: BTreeSet<&str> = rows.iter().map(|r| r["rule"].as_str()).collect();
    assert_eq!(rules, ["home", "joined", "traffic", "unassigned"].into());

    let faults = self::rows(&out.join("faults.csv"));
    let told = |file: &str, code: &str| faults.iter().filter(|f| f["file"] == file && f["code"] == code).count();
    assert_eq!(told("entities.csv", "row-malformed"), 1);
    assert_eq!(told("entities.csv", "id-twice"), 1);
    assert_eq!(told("entities.csv", "place-unreadable"), 1);
    assert_eq!(told("entities.csv", "site-unknown"), 1);
    assert_eq!(told("traffic.csv", "site-unknown"), 1);
    assert_eq!(told("traffic.csv", "volume-unreadable"), 1);
    assert!(faults.iter().all(|f| f["record"].parse::<u64>().is_ok_and(|r| r > 0)));

    // sums agree on every level; each of the 300 ids counts once
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for row in self::rows(&out.join("roll_up.csv")).into_iter().filter(|r| r["area_id"] != "(none)") {
        *sums.entry(row["level"].clone()).or_default() += row["entities"].parse::<u64>().unwrap();
    }
    let attached = rows.iter().filter(|r| !r["grid_id"].is_empty() && !has(r, "id-twice")).count() as u64;
    assert!(sums.len() >= 5 && sums.values().all(|s| *s == attached), "{sums:?} {attached}");
}

#[test]
fn r4_another_order_changes_only_the_disputed() {
    let (first, _) = ledger("order-1", 1, &["--preset", "telecom"]);
    let recipe = folder("order-recipe").join("order.toml");
    fs::write(&recipe, "[signals.traffic]\nrank = 3\n[signals.joined]\nrank = 1\n").unwrap();
    let (other, _) = ledger("order-2", 1, &["--preset", "telecom", "--recipe", recipe.to_str().unwrap()]);
    let mut changed = 0;
    for (a, b) in first.iter().zip(&other) {
        if a["grid_id"] != b["grid_id"] {
            changed += 1;
            assert!(has(a, "disputed") && has(b, "disputed"), "{a:?} {b:?}");
        }
    }
    assert!(changed > 10, "{changed}");
}

#[test]
fn passes_and_threads_change_no_byte() {
    let bytes = |name: &str, more: &[&str]| {
        let (_, out) = ledger(name, 1, &[&["--preset", "telecom"], more].concat());
        let left: Vec<_> = fs::read_dir(&out).unwrap().flatten().map(|f| f.file_name()).collect();
        assert_eq!(left.len(), 4, "{left:?}");
        ["attachments.csv", "faults.csv", "roll_up.csv", "attach.json"].map(|f| fs::read(out.join(f)).unwrap())
    };
    let one = bytes("passes-1", &["--threads", "1"]);
    let three = bytes("passes-3", &["--passes", "3"]);
    assert!(one[0] == three[0] && one[2] == three[2]);
}

#[test]
fn r10_outlets_are_attached_and_the_legal_entity_counts_once() {
    let (rows, out) = ledger("labour", 1, &["--preset", "labour", "--entities", &format!("{TOWN}/households.geojson.gz")]);
    let outlets: Vec<&Row> = rows.iter().filter(|r| !r["legal_id"].is_empty()).collect();
    let legal: BTreeSet<&str> = outlets.iter().map(|r| r["legal_id"].as_str()).collect();
    assert_eq!((outlets.len(), legal.len()), (20, 8));
    assert!(outlets.iter().all(|r| !r["grid_id"].is_empty()));
    let rolled: Vec<Row> = self::rows(&out.join("roll_up.csv")).into_iter().filter(|r| r["area_id"] != "(none)").collect();
    for level in ["grid", "township", "territory"] {
        let of = |key: &str| rolled.iter().filter(|r| r["level"] == level).map(|r| r[key].parse::<usize>().unwrap()).sum::<usize>();
        assert_eq!(of("legal_at_home"), 8, "{level}");
        assert!(of("legal_present") >= 8);
    }
}

#[test]
fn r14_r17_key_units_keep_the_police_station_and_the_far_one_is_told() {
    let (rows, _) = ledger("fire", 0, &["--preset", "fire"]);
    assert_eq!(rows.len(), 30);
    assert!(rows.iter().all(|r| !r["grid_id"].is_empty()));
    let far = of(&rows, "k30");
    assert!(has(far, "nearest") && far["evidence"].parse::<f64>().unwrap() > 100.0, "{far:?}");
    assert!(rows.iter().filter(|r| !has(r, "nearest")).all(|r| ["p1", "p2", "p3"].contains(&r["police"].as_str())));
    assert_eq!(far["police"], "");
}

#[test]
fn r21_a_sale_belongs_to_the_grid_of_its_final_customer() {
    let (rows, _) = ledger("distribution", 0, &["--preset", "distribution"]);
    assert_eq!(rows.len(), 60);
    assert!(rows.iter().all(|r| r["rule"] == "customer" && r["owner"].starts_with("manager ")));
    // by the reseller's place they would belong elsewhere
    let recipe = folder("reseller-recipe").join("reseller.toml");
    fs::write(&recipe, "[signals.customer]\nlon = \"reseller_lon\"\nlat = \"reseller_lat\"\n").unwrap();
    let (other, _) = ledger("reseller", 0, &["--preset", "distribution", "--recipe", recipe.to_str().unwrap()]);
    assert!(rows.iter().zip(&other).filter(|(a, b)| a["grid_id"] != b["grid_id"]).count() > 30);
}

#[test]
fn r26_the_table_for_others_carries_its_day() {
    let households = format!("{TOWN}/households.geojson.gz");
    let (rows, _) = ledger("community", 1, &["--preset", "community", "--entities", &households, "--date", "2026-11-25"]);
    assert!(rows.len() > 4500 && rows.iter().all(|r| r["date"] == "2026-11-25"));
}

#[test]
fn r34_register_against_land_both_ways() {
    let (rows, out) = ledger("safety", 1, &["--preset", "safety"]);
    assert_eq!(rows.len(), 80);
    // a firm without a place goes by its board where that is one grid; else it is told
    let placeless: Vec<&Row> = rows.iter().filter(|r| r["rule"] != "place").collect();
    assert_eq!(placeless.len(), 8);
    assert!(placeless.iter().any(|r| r["rule"] == "board") && placeless.iter().any(|r| has(r, "tied")));
    assert!(placeless.iter().filter(|r| r["grid_id"].is_empty()).all(|r| r["owner"] == "work safety office"));
    let report: serde_json::Value = serde_json::from_slice(&fs::read(out.join("attach.json")).unwrap()).unwrap();
    let empty = rows_of(&out, "grid").iter().filter(|r| r["entities"] == "0").count();
    let told = report["findings"].as_array().unwrap().iter().find(|f| f["code"] == "grid-empty").map(|f| f["measured"].as_f64().unwrap());
    assert_eq!(told.unwrap_or(0.0), empty as f64);
}

fn rows_of(out: &Path, level: &str) -> Vec<Row> {
    rows(&out.join("roll_up.csv")).into_iter().filter(|r| r["level"] == level).collect()
}

#[test]
fn r39_compounds_without_management_fall_to_the_fallback_owner() {
    let (rows, _) = ledger("parking", 0, &["--preset", "parking"]);
    assert_eq!(rows.len(), 24);
    for (k, row) in rows.iter().enumerate() {
        assert_eq!(has(row, "no-owner"), (k + 1) % 4 == 0, "{row:?}");
        assert_eq!(row["owner"] == "township office", (k + 1) % 4 == 0, "{row:?}");
        assert!(!row["grid_id"].is_empty());
    }
}

#[test]
fn nothing_is_lost_without_a_word() {
    let dir = folder("lost");
    let table = dir.join("t.csv");
    let read = |text: &str, recipe: &str| {
        fs::write(&table, text).unwrap();
        fs::write(dir.join("r.toml"), recipe).unwrap();
        let args = ["--preset", "parking", "--entities", table.to_str().unwrap(), "--recipe", dir.join("r.toml").to_str().unwrap()]
            .map(str::to_string);
        let ran = run(&args.each_ref().map(String::as_str), &dir.join("out"));
        (ran.status.code(), String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr))
    };
    let row = |k: usize| format!("w{k},113.2123,30.3046,b\r\n");
    let good: String = (0..5).map(row).collect();
    let header = "compound,lon,lat,management\r\n";
    assert_eq!(read(&format!("{header}{good}"), "").0, Some(0));
    // a quotation mark that is not closed takes the rest of the file with it
    let (code, told) = read(&format!("{header}{}\"w9,113.2,30.3,b\r\n{good}", row(9)), "");
    assert!(code == Some(1) && told.contains("1 records of the table of entities"), "{told}");
    assert!(rows(&dir.join("out/faults.csv"))[0]["message"].contains("over 6 lines: a quotation mark is not closed"));
    assert!(read(header, "").1.contains("entities-absent"));
    // keys and days that say nothing
    let key = "[signals.register]\nby = \"key\"\ncolumn = \"management\"\nnames = \"zone\"\n";
    let (code, _) = read(&format!("{header}{good}"), key);
    assert_eq!(code, Some(1));
    assert_eq!(rows(&dir.join("out/faults.csv")).iter().filter(|f| f["code"] == "key-unknown").count(), 5);
    fs::write(dir.join("seen.csv"), "entity_id,site,day\nw1,s1,2025-05-01\n").unwrap();
    fs::write(dir.join("sites.csv"), "id,lon,lat\ns1,113.2123,30.3046\n").unwrap();
    let seen = |from: &str, to: &str| {
        format!(
            "[signals.seen]\nby = \"site\"\ntable = \"seen.csv\"\nsites = \"sites.csv\"\nday = \"day\"\nfrom = \"{from}\"\nto = \"{to}\"\n"
        )
    };
    assert!(read(&format!("{header}{good}"), &seen("2026-09-01", "2026-09-30")).1.contains("1 of 1 rows lie outside the days"));
    for (from, to, word) in [
        ("2026-09-31", "2026-10-01", "are days such as"),
        ("2026-09-01", "2026-01-01", "ends before it begins"),
        ("September", "2026-09-30", "are days"),
    ] {
        let (code, told) = read(&format!("{header}{good}"), &seen(from, to));
        assert!(code == Some(2) && told.contains(word), "{told}");
    }
    // a plan is not written over
    fs::write(dir.join("out/plan.json"), "{}").unwrap();
    assert!(read(&format!("{header}{good}"), "").1.contains("holds a plan"));
}

#[test]
fn bad_tables_are_refused_with_a_remedy() {
    let dir = folder("bad");
    let refused = |args: &[&str], words: &[&str]| {
        let ran = run(args, &dir.join("out"));
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(2), "{told}");
        words.iter().for_each(|w| assert!(told.contains(w), "{w}: {told}"));
        assert!(!dir.join("out/attachments.csv").exists());
    };
    let table = dir.join("t.csv");
    fs::write(&table, "id;lon;lat\r\na;113.2;30.3\r\n").unwrap();
    let path = table.to_str().unwrap();
    refused(&["--preset", "parking", "--entities", path], &["t.csv", "compound", "id, lon, lat"]);
    refused(&["--preset", "parking", "--entities", "nowhere.csv"], &["nowhere.csv", "no such file"]);
    fs::write(dir.join("r.toml"), "[attach]\nfallback_grid = \"G9\"\n").unwrap();
    fs::write(&table, "compound,lon,lat,management\r\na,113.2,30.3,b\r\n").unwrap();
    let recipe = dir.join("r.toml");
    refused(&["--preset", "parking", "--entities", path, "--recipe", recipe.to_str().unwrap()], &["fallback_grid", "G9"]);
}
