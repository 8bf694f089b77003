//! Staff of the embedded town, from drawn plans to written tables.

use evengrid::finding::{Finding, Severity};
use evengrid::io::staffing_files::{doubles_csv, posts_csv, read_officers, read_staff, staffing_csv, staffing_json, vacancies_csv};
use evengrid::io::{Staged, plan_files, plan_read, read_layers};
use evengrid::measure::Load;
use evengrid::pipeline::{Drawn, draw};
use evengrid::plan::{OFFICER, Plan, Staff, StaffRow, Staffing, add_backups, check, staff};
use evengrid::recipe::{BackupRule, Draft, Extent, Leftover, Recipe};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

fn drawn(preset: &str, more: &str) -> Drawn {
    let path = Path::new(TOWN).join("recipes").join(preset).with_extension("toml");
    let own = Draft::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap();
    let recipe = Draft::from_toml(more).unwrap().or(own).build().unwrap();
    draw(&read_layers(TOWN.as_ref(), &recipe.layers).unwrap(), &recipe, &()).unwrap()
}

static MARKET: LazyLock<Drawn> = LazyLock::new(|| drawn("market", ""));

/// Grids that share a border of positive length, as the cut has it.
fn beside(d: &Drawn) -> BTreeSet<(String, String)> {
    let id = |u: u32| d.plan.grids[d.plan.fabric.units[u as usize].grid as usize].grid_id.clone();
    let borders = d.fabric.borders.iter().filter(|b| b.length_m > 0.0);
    borders
        .filter_map(|b| Some((id(b.a.0), id(b.b?.0))))
        .flat_map(|(x, y)| [(x.clone(), y.clone()), (y, x)])
        .filter(|p| p.0 != p.1)
        .collect()
}

fn town_staff() -> Staff {
    let (rows, findings) = read_staff(&Path::new(TOWN).join("staff.csv"), "staff.csv").unwrap();
    assert!(findings.is_empty());
    Staff { file: "staff.csv".into(), rows, ..Staff::default() }
}

fn codes(findings: &[Finding]) -> Vec<(&str, Option<u64>)> {
    findings.iter().map(|f| (f.code.as_str(), f.subject.record)).collect()
}

fn figure(s: &Staffing, name: &str) -> f64 {
    s.indicators.iter().find(|i| i.name == name).unwrap_or_else(|| panic!("no {name}")).value
}

#[test]
fn r28_r30_r33_the_town_is_staffed_branch_by_branch() {
    let (plan, known) = (&MARKET.plan, town_staff());
    let s = staff(plan, &known, &()).unwrap();
    assert_eq!((known.rows.len(), figure(&s, "officers"), figure(&s, "grids")), (113, 112.0, 112.0));
    // told: the row that stands there again, the branch that is none, the branch with a vacancy
    assert_eq!(codes(&s.findings), [("officer-twice", Some(71)), ("branch-unknown", Some(113)), ("officers-too-few", None)]);
    assert_eq!((s.findings[2].subject.id.as_deref(), s.findings[2].measured, s.findings[2].limit), (Some("br02"), Some(18.0), Some(19.0)));
    // one person one grid, exactly as many grids as a branch has people
    let by_id: BTreeMap<&str, &StaffRow> = known.rows.iter().map(|r| (r.officer_id.as_str(), r)).collect();
    let mut busy: BTreeMap<&str, u32> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (row, grid) in s.grids.iter().zip(&plan.grids) {
        let Some(officer) = &row.officer else { continue };
        assert!(seen.insert(officer), "{officer} has several grids");
        assert_eq!(by_id[officer.as_str()].branch, grid.division_id);
        *busy.entry(&grid.division_id).or_default() += 1;
    }
    let counts = &plan.provenance.recipe.grid.counts;
    assert_eq!((counts.len(), counts.values().sum::<u32>()), (11, 112));
    for (branch, k) in counts {
        assert_eq!(busy[branch.as_str()], if branch == "br02" { k - 1 } else { *k }, "{branch}");
    }
    // the vacancy is the lightest grid of its branch
    assert_eq!(s.vacancies.len(), 1);
    let vacant = &s.vacancies[0];
    assert_eq!((vacant.post.as_str(), vacant.branch.as_str()), (OFFICER, "br02"));
    let own = plan.grids.iter().filter(|g| g.division_id == "br02");
    assert_eq!(own.map(|g| g.households).fold(f64::MAX, f64::min), vacant.households);
    // what is decided holds; for the rest higher levels have the larger needs
    assert_eq!(s.grids.iter().find(|g| g.grid_id == "G000002").unwrap().officer.as_deref(), Some("s001"));
    for (x, gx) in s.grids.iter().zip(&plan.grids).filter(|(r, _)| r.officer.as_deref() != Some("s001")) {
        for (y, gy) in
            s.grids.iter().zip(&plan.grids).filter(|(r, g)| r.officer.as_deref() != Some("s001") && g.division_id == gx.division_id)
        {
            if let (Some(a), Some(b)) = (&x.officer, &y.officer) {
                let (a, b) = (&by_id[a.as_str()].level, &by_id[b.as_str()].level);
                assert!(gx.households <= gy.households || a <= b, "{} {a} {} {b}", gx.grid_id, gy.grid_id);
            }
        }
    }
    assert_eq!(["1", "2", "3", "4"].map(|l| figure(&s, &format!("level:{l}"))), [10.0, 23.0, 40.0, 39.0]);
    assert_eq!((s.spare.as_slice(), s.doubles.len()), (["s112".to_string()].as_slice(), 1));
    assert_eq!((s.doubles[0].officer_id.as_str(), s.doubles[0].roles.last().unwrap().as_str()), ("s040", "records 40, 71"));
}

#[test]
fn r28_140_examined_but_132_graded() {
    let row = |level: &'static str| {
        move |i: u64| StaffRow {
            record: i + 1,
            officer_id: format!("{level}{i}"),
            level: level.into(),
            branch: "br01".into(),
            ..StaffRow::default()
        }
    };
    let rows = (0..12).map(row("1")).chain((0..27).map(row("2"))).chain((0..47).map(row("3"))).chain((0..46).map(row("4"))).collect();
    let known = Staff { file: "staff.csv".into(), rows, examined: Some(140), ..Staff::default() };
    let s = staff(&MARKET.plan, &known, &()).unwrap();
    let told = s.findings.iter().find(|f| f.code == "levels-incomplete").unwrap();
    assert_eq!((told.measured, told.limit), (Some(132.0), Some(140.0)));
    assert!(told.message.contains("12 + 27 + 47 + 46 = 132"), "{}", told.message);
    assert_eq!(figure(&s, "with-officer"), 4.0, "br01 has four grids");
}

#[test]
fn r29_backups_are_a_maximum_matching_and_the_rest_is_told() {
    let d = &*MARKET;
    let beside = beside(d);
    let zone: BTreeMap<&str, &str> = d.plan.grids.iter().map(|g| (g.grid_id.as_str(), g.zone_id.as_str())).collect();
    let with = |within: Extent, leftover: Leftover| {
        let mut plan = d.plan.clone();
        plan.provenance.recipe.backup = BackupRule { within, leftover };
        let findings = add_backups(&mut plan, &()).unwrap();
        for g in &plan.grids {
            for other in g.backup_grid_id.iter().chain(&g.second_backup_grid_id) {
                assert!(beside.contains(&(g.grid_id.clone(), other.clone())), "{} {other}", g.grid_id);
            }
        }
        (plan, findings)
    };
    let alone = |p: &Plan| p.grids.iter().filter(|g| g.backup_grid_id.is_none()).count();
    let (zones, findings) = with(Extent::Zone, Leftover::None);
    assert_eq!(zones.grids, d.plan.grids, "what a plan has by default");
    assert_eq!(findings.len(), alone(&zones));
    let told: Vec<&Finding> = d.report.findings.iter().filter(|f| f.code == "backup-left-over").collect();
    assert_eq!(told.len(), alone(&zones));
    // each branch with an odd number has one over, others none here
    let odd = d.plan.zones.iter().filter(|z| z.grids.len() % 2 == 1).count();
    assert!(alone(&zones) >= odd && alone(&zones) % 2 == 0);
    let (triples, listed) = with(Extent::Zone, Leftover::Triple);
    assert!(alone(&triples) < alone(&zones));
    assert_eq!(listed.iter().filter(|f| f.code == "backup-triple").count(), alone(&zones) - alone(&triples));
    let (across, listed) = with(Extent::Zone, Leftover::Across);
    let pairs = listed.iter().filter(|f| f.code == "backup-across").count();
    assert!(pairs > 0);
    assert_eq!(alone(&zones) - alone(&across), 2 * pairs);
    let differ = across.grids.iter().filter(|g| g.backup_grid_id.as_ref().is_some_and(|b| zone[b.as_str()] != g.zone_id));
    assert_eq!(differ.count(), 2 * pairs);
    let (whole, _) = with(Extent::Territory, Leftover::None);
    assert!(alone(&whole) == alone(&across) && alone(&across) < alone(&zones));
}

#[test]
fn r25_too_few_officers_take_adjacent_grids_of_the_least_load() {
    let d = &*MARKET;
    let beside = beside(d);
    let counts = &d.plan.provenance.recipe.grid.counts;
    let officers: BTreeMap<String, usize> = counts.iter().map(|(id, k)| (id.clone(), (*k as usize * 3).div_ceil(4))).collect();
    let s = staff(&d.plan, &Staff { officers: officers.clone(), ..Staff::default() }, &()).unwrap();
    for (branch, m) in &officers {
        let own = || s.grids.iter().zip(&d.plan.grids).filter(|(_, g)| g.division_id == *branch);
        let shared: Vec<_> = own().filter_map(|(r, _)| Some((r.grid_id.clone(), r.with_grid_id.clone()?))).collect();
        assert_eq!(shared.len(), 2 * (counts[branch] as usize - m), "{branch}");
        assert!(shared.iter().all(|(a, b)| beside.contains(&(a.clone(), b.clone())) && shared.contains(&(b.clone(), a.clone()))));
        // where one pair is needed it is the lightest one
        if shared.len() == 2 {
            let load = |id: &String| Load::from_units(d.plan.grids.iter().find(|g| g.grid_id == *id).unwrap().households).unwrap();
            let inside = |id: &String| own().any(|(r, _)| r.grid_id == *id);
            let least = beside.iter().filter(|(a, b)| inside(a) && inside(b)).map(|(a, b)| load(a) + load(b)).min();
            assert_eq!(Some(load(&shared[0].0) + load(&shared[0].1)), least, "{branch}");
        }
    }
    assert!(s.findings.iter().all(|f| f.code == "officers-share"), "{:?}", codes(&s.findings));
    // more pairs than there can be
    let s = staff(&d.plan, &Staff { officers: [("br01".into(), 1), ("nowhere".into(), 3)].into(), ..Staff::default() }, &()).unwrap();
    let told = s.findings.iter().find(|f| f.code == "pairs-too-few").unwrap();
    assert_eq!((told.severity, told.measured, told.limit), (Severity::Violation, Some(3.0), Some(1.0)));
    assert!(s.findings.iter().any(|f| f.code == "branch-unknown" && f.subject.id.as_deref() == Some("nowhere")));
    // a table makes people share only where the recipe says so
    let mut plan = d.plan.clone();
    plan.provenance.recipe.officers.share = true;
    let s = staff(&plan, &town_staff(), &()).unwrap();
    assert_eq!((figure(&s, "sharing-officer"), s.vacancies.len()), (2.0, 0));
}

/// The town by the default recipe, with sharing, and a table of officers: id, branch, grid.
fn shared(people: &[[&str; 3]]) -> (&'static Plan, Staffing) {
    static PLAN: LazyLock<Plan> = LazyLock::new(|| drawn("default", "[officers]\nshare = true").plan);
    let row = |(i, [id, branch, grid]): (usize, &[&str; 3])| StaffRow {
        record: i as u64 + 1,
        officer_id: id.to_string(),
        branch: branch.to_string(),
        grid: grid.to_string(),
        ..StaffRow::default()
    };
    let rows = people.iter().enumerate().map(row).collect();
    let s = staff(&PLAN, &Staff { file: "staff.csv".into(), rows, ..Staff::default() }, &()).unwrap();
    // screen, tables and findings tell the same
    let with = s.grids.iter().filter(|g| g.officer.is_some()).count();
    let vacant: BTreeMap<&str, usize> = s.vacancies.iter().fold(BTreeMap::new(), |mut sum, v| {
        *sum.entry(v.branch.as_str()).or_default() += 1;
        sum
    });
    assert_eq!((figure(&s, "with-officer"), figure(&s, "vacancies")), (with as f64, (s.grids.len() - with) as f64));
    let officer: BTreeMap<&str, &Option<String>> = s.grids.iter().map(|g| (g.grid_id.as_str(), &g.officer)).collect();
    for g in &s.grids {
        assert!(g.with_grid_id.as_ref().is_none_or(|other| g.officer.is_some() && *officer[other.as_str()] == g.officer), "{}", g.grid_id);
    }
    assert_eq!(figure(&s, "sharing-officer"), s.grids.iter().filter(|g| g.with_grid_id.is_some()).count() as f64);
    for (branch, n) in vacant {
        let told = s.findings.iter().find(|f| f.code == "pairs-too-few" && f.subject.id.as_deref() == Some(branch)).unwrap();
        assert!(told.message.contains(&format!(", {n} grids have no officer")), "{n} in {branch}: {}", told.message);
    }
    (&PLAN, s)
}

#[test]
fn r25_who_has_a_grid_of_another_branch_takes_no_other() {
    let (_, s) = shared(&[["o1", "c01", ""], ["o9", "c08", "G000001"]]);
    let of = |id: &str| s.grids.iter().find(|g| g.grid_id == id).unwrap().officer.as_deref();
    assert_eq!((of("G000001"), of("G000002")), (Some("o9"), Some("o1")));
    assert_eq!((figure(&s, "with-officer"), figure(&s, "sharing-officer"), s.spare.len()), (2.0, 0.0, 0));
    let told = s.findings.iter().find(|f| f.subject.id.as_deref() == Some("c08")).unwrap();
    assert!(told.code == "pairs-too-few" && told.message.starts_with("0 officers for 2 grids"), "{}", told.message);
}

#[test]
fn r25_grids_without_officer_share_none() {
    let (plan, s) = shared(&[["o1", "c03", ""], ["o2", "c02", ""]]);
    assert_eq!((figure(&s, "with-officer"), figure(&s, "sharing-officer")), (4.0, 4.0));
    let grids = |branch: &str| plan.grids.iter().filter(|g| g.division_id == branch).count();
    let vacant = |branch: &str| s.vacancies.iter().filter(|v| v.branch == branch).count();
    assert_eq!((vacant("c01"), vacant("c02")), (grids("c01"), grids("c02") - 2));
    assert!(!s.is_complete());
}

#[test]
fn a_staffing_is_complete_when_nothing_is_vacant() {
    let plan = &MARKET.plan;
    let s = staff(plan, &town_staff(), &()).unwrap();
    assert!(!s.is_complete() && s.findings.iter().all(|f| f.severity != Severity::Violation), "one is vacant, and nobody shares");
    // officers without name fill grids as well
    let officers = plan.provenance.recipe.grid.counts.iter().map(|(id, k)| (id.clone(), *k as usize)).collect();
    let s = staff(plan, &Staff { officers, ..Staff::default() }, &()).unwrap();
    assert!(s.is_complete() && figure(&s, "with-officer") == 112.0);
    let few = staff(plan, &Staff { officers: [("br01".into(), 3)].into(), ..town_staff() }, &()).unwrap();
    let own: Vec<_> = few.grids.iter().zip(&plan.grids).filter(|(_, g)| g.division_id == "br01").map(|(r, _)| r).collect();
    assert!(own.iter().all(|r| r.officer.is_some()) && own.iter().filter(|r| r.with_grid_id.is_some()).count() == 2);
    assert_eq!(few.spare.len(), 2, "who is over what is stated, and who has no branch");
}

#[test]
fn factors_for_ids_that_are_nowhere_are_told() {
    let mut plan = MARKET.plan.clone();
    let said = "[posts.m]\nper = 10\nscale = { G999999 = 2.0, G000001 = 2.0, Z0001 = 2.0, br01 = 2.0 }";
    plan.provenance.recipe.posts = Draft::from_toml(said).unwrap().build().unwrap().posts;
    let s = staff(&plan, &town_staff(), &()).unwrap();
    let told: Vec<_> = s.findings.iter().filter(|f| f.code == "scale-unknown").collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].message.starts_with("posts.m.scale: no grid, zone or division 'G999999'"), "{}", told[0].message);
}

#[test]
fn r7_managers_by_customers_pooled_and_dealt() {
    let d =
        drawn("telecom", "[posts.alone]\nper = 10\nclasses = [\"industrial-park\"]\n[posts.scaled]\nper = 100\nscale = { Z0001 = 2.0 }");
    let s = staff(&d.plan, &Staff::default(), &()).unwrap();
    let per_grid = |post: &str, g: usize| s.grids[g].posts[s.kinds.iter().position(|k| k == post).unwrap()];
    let mut attached = vec![0u32; d.plan.grids.len()];
    d.plan.attachments.iter().filter_map(|a| a.grid).for_each(|g| attached[g as usize] += 1);
    let business = ["ab-group", "cd-group", "professional-market", "business-building", "industrial-park"];
    let mut zones: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for (g, grid) in d.plan.grids.iter().enumerate() {
        let of = |class: &str| grid.classes.get(class).copied().unwrap_or(0);
        assert_eq!(per_grid("alone", g), of("industrial-park").div_ceil(10));
        assert_eq!(per_grid("community-manager", g), attached[g].div_ceil(100));
        let factor = if grid.zone_id == "Z0001" { 2 } else { 1 };
        assert_eq!(per_grid("scaled", g), (attached[g] * factor).div_ceil(100));
        let zone = zones.entry(&grid.zone_id).or_default();
        *zone = (zone.0 + business.map(of).iter().sum::<u32>(), zone.1 + per_grid("cluster-manager", g));
    }
    assert!(zones.values().any(|z| z.0 > 10) && zones.values().any(|z| z.0 == 0));
    for (customers, managers) in zones.values() {
        assert_eq!(*managers, customers.div_ceil(10), "rounded once");
    }
    assert!(posts_csv(&s).contains("\r\ncluster-manager,zone,Z0001,"));
}

#[test]
fn r11_a_post_for_every_township_and_village_with_its_vacancies() {
    let d = drawn("labour", "");
    let row = |record, id: &str, branch: &str, post: &str| StaffRow {
        record,
        officer_id: id.into(),
        branch: branch.into(),
        post: post.into(),
        ..StaffRow::default()
    };
    let village = d.plan.grids[5].division_id.clone();
    let rows = vec![
        row(1, "p1", "tw01", "assistant-inspector"),
        row(2, "p2", "tw01", "assistant-inspector"),
        row(3, "p3", &village, "information-officer"),
        row(4, "p1", "tw02", "assistant-inspector"),
    ];
    let s = staff(&d.plan, &Staff { file: "staff.csv".into(), rows, ..Staff::default() }, &()).unwrap();
    let divisions = d.plan.grids.iter().map(|g| &g.division_id).collect::<BTreeSet<_>>().len() as f64;
    assert_eq!((figure(&s, "post:assistant-inspector"), figure(&s, "post:information-officer")), (17.0, divisions));
    assert_eq!((figure(&s, "post:assistant-inspector:filled"), figure(&s, "post:information-officer:filled")), (2.0, 1.0));
    let vacant = |post: &str| s.vacancies.iter().filter(|v| v.post == post).count() as f64;
    assert_eq!((vacant("assistant-inspector"), vacant("information-officer")), (15.0, divisions - 1.0));
    let told: Vec<_> = codes(&s.findings).into_iter().filter(|f| f.0.starts_with("post")).collect();
    assert_eq!(told, [("post-full", Some(2))]);
    assert_eq!(s.doubles.len(), 1);
    assert_eq!(s.doubles[0].roles, ["assistant-inspector at tw01", "assistant-inspector at tw02", "records 1, 4"]);
}

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("staffing").join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn a_staffed_plan_still_passes_the_judge_and_tables_hold_everything() {
    let d = &*MARKET;
    let s = staff(&d.plan, &town_staff(), &()).unwrap();
    let mut plan = d.plan.clone();
    plan.grids.iter_mut().zip(&s.grids).for_each(|(g, row)| g.officer = row.officer.clone());
    let folder = folder("judged");
    let mut staged = Staged::begin(&folder).unwrap();
    for (name, text) in [
        ("grids.geojson", plan_files::grids_geojson(&plan).unwrap()),
        ("attachments.csv", plan_files::attachments_csv(&plan)),
        ("plan.json", plan_files::plan_json(&plan).unwrap()),
    ] {
        staged.write(name, text.as_bytes()).unwrap();
    }
    staged.commit().unwrap();
    assert!(check(&plan_read::read_plan(&folder).unwrap(), &d.territory, plan.provenance.recipe.grid.tolerance, &()).unwrap().passed());
    assert_eq!(plan_read::whole(&folder).unwrap().grids.iter().filter(|g| g.officer.is_some()).count(), 111);
    let table = staffing_csv(&s);
    assert!(table.starts_with("\u{feff}grid_id,code,zone_id,officer,officer_name,with_grid_id,backup,second_backup\r\n"));
    assert_eq!((table.lines().count(), vacancies_csv(&s).lines().count(), doubles_csv(&s).lines().count()), (113, 2, 2));
    assert!(vacancies_csv(&s).contains(",br02,"));
    assert!(staffing_json(&s).unwrap().contains("\"branch-unknown\""));
}

#[test]
fn numbers_of_officers_are_read_with_what_is_wrong() {
    let path = folder("numbers").join("officers.csv");
    std::fs::write(&path, "\u{feff}branch;officers\r\nbr01;3\r\nbr02;many\r\nbr01;4\r\n").unwrap();
    let (officers, findings) = read_officers(&path, "officers.csv").unwrap();
    assert_eq!(officers, BTreeMap::from([("br01".to_string(), 3)]));
    assert_eq!(codes(&findings), [("number-unreadable", Some(2)), ("branch-twice", Some(3))]);
}

#[test]
fn a_recipe_that_says_nothing_of_staff_writes_nothing_of_it() {
    let text = serde_json::to_string(&Recipe::default()).unwrap();
    assert!(["backup", "posts", "officers"].iter().all(|section| !text.contains(section)), "{text}");
    let said = "[classes.a]\n[levels.town]\nrank = 1\nby = \"division\"\n[backup]\nwithin = \"town\"\nleftover = \"triple\"\n\
                [posts.x]\nper = 10\nclasses = [\"a\"]\npool = \"zone\"\nscale = { Z0001 = 1.5 }\n[posts.y]\nper_area = \"town\"\nmost = 2\nper = 5\n\
                resource = \"households\"\n[officers]\nbranch = \"town\"\nlevels = [\"A\", \"B\"]\nexamined = 140\nshare = true";
    let recipe = Draft::from_toml(said).unwrap().build().unwrap();
    assert_eq!(serde_json::from_str::<Recipe>(&serde_json::to_string(&recipe).unwrap()).unwrap(), recipe);
}

#[test]
fn faults_of_the_sections_name_key_and_remedy() {
    let faults = Draft::from_toml(
        "[backup]\nwithin = \"grid\"\nleftover = \"tripel\"\n[posts.a]\n[posts.b]\nper = 0\npool = \"zones\"\nclasses = [\"x\"]\n\
         [posts.c]\nper_area = \"zone\"\npool = \"zone\"\nnumber = 3\nmost = 2\nresource = \"value\"\nscale = { G1 = -1 }\n[officers]\nbranch = \"grid\"",
    )
    .unwrap()
    .build()
    .unwrap_err();
    let told: Vec<String> = faults.faults.iter().map(ToString::to_string).collect();
    let expected = [
        "backup.within = \"grid\": what holds several grids",
        "backup.leftover = \"tripel\": one of none, triple, across",
        "posts.a.per = none: how many customers",
        "posts.b.pool = \"zones\": one of grid, zone, division, territory is expected; did you mean 'zone'?",
        "posts.b.classes = \"x\": a class of [classes]",
        "posts.b.per = 0",
        "posts.c.pool = said",
        "posts.c.resource = \"value\": households or a resource",
        "posts.c.most = 2: at least number, 3",
        "posts.c.scale.G1 = -1: a factor from 0 to 1000",
        "officers.branch = \"grid\"",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for part in expected {
        assert!(told.iter().any(|fault| fault.starts_with(part)), "'{part}' is not in {told:#?}");
    }
}
