//! Data of every stage is a document that is read back as it was, and damage to it is told.

mod quick_town;

use evengrid::attach::Attachment;
use evengrid::cut::{Fabric, cut};
use evengrid::document::{Document, DocumentError, read, read_flat, write};
use evengrid::io::plan_files;
use evengrid::partition::{Partitioned, Problem, partition};
use evengrid::pipeline::{Drawn, Rebalance, draw, rebalance};
use evengrid::plan::{Changes, Plan, Report};
use evengrid::territory::{Territory, territory};
use evengrid::zones::zones;
use quick_town::{LAYERS, RECIPE, later};
use serde_json::Value;
use std::sync::LazyLock;

static DRAWN: LazyLock<Drawn> = LazyLock::new(|| draw(&LAYERS, &RECIPE, &()).unwrap());

/// Written, read and written again: the same bytes.
fn back<T: Document>(data: &T) -> T {
    let text = write(data).unwrap();
    let again: T = read(&text).unwrap_or_else(|e| panic!("{}: {e}", T::KIND));
    assert!(write(&again).unwrap() == text, "{} differs when it is read back", T::KIND);
    again
}

#[test]
fn a_plan_of_documents_is_the_same_plan() {
    let layers = back(&*LAYERS);
    assert!(layers == *LAYERS);
    let drawn = draw(&layers, &RECIPE, &()).unwrap();
    assert_eq!(plan_files::plan_json(&drawn.plan).unwrap(), plan_files::plan_json(&DRAWN.plan).unwrap());
    assert!(back(&drawn.plan) == DRAWN.plan);
    assert!(back(&drawn.report) == DRAWN.report);
    // each stage alone, from what the one before wrote
    let territory: Territory = back(&territory(&layers, &RECIPE, &()).unwrap());
    let fabric: Fabric = back(&cut(&territory, &RECIPE, &()).unwrap());
    assert!(fabric.units == DRAWN.fabric.units && fabric.borders == DRAWN.fabric.borders);
    let (zones, _) = zones(&territory, &fabric, &[], None, &RECIPE, &()).unwrap();
    for zone in zones.iter().filter(|z| !z.clusters.is_empty()) {
        let problem: Problem = back(&zone.problem);
        assert!(problem.graph == zone.problem.graph);
        let (here, there) = (partition(&zone.problem, &()).unwrap(), partition(&problem, &()).unwrap());
        let solved: Partitioned = back(&there);
        assert!(solved.assignment == here.assignment && solved.bounds == here.bounds);
    }
}

#[test]
fn changes_are_a_document() {
    let later = later();
    let changes = rebalance(&DRAWN.plan, &later, &RECIPE, &Rebalance::default(), &()).unwrap().changes;
    assert!(back::<Changes>(&changes) == changes);
    assert!(read_flat::<Changes>(&evengrid::io::changes_files::changes_json(&changes).unwrap()).unwrap() == changes);
}

#[test]
fn no_distance_is_no_number() {
    let none = Attachment { grid: None, rule: evengrid::attach::Rule::Unassigned, distance_m: f64::NAN, runner_up: None };
    let text = serde_json::to_string(&none).unwrap();
    assert!(text.contains(r#""distance_m":null"#), "{text}");
    assert!(serde_json::from_str::<Attachment>(&text).unwrap().distance_m.is_nan());
}

/// Every leaf of a document, by its path.
fn leaves(value: &Value, path: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| leaves(v, &format!("{path}/{}", k.replace('~', "~0").replace('/', "~1")), out)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| leaves(v, &format!("{path}/{i}"), out)),
        _ => out.push(path.to_string()),
    }
}

/// Puts something else at places all over a document; `use_it` must not panic over what is still read.
fn damaged<T: Document>(data: &T, places: usize, use_it: impl Fn(&T)) {
    let whole: Value = serde_json::from_str(&write(data).unwrap()).unwrap();
    let mut paths = Vec::new();
    leaves(&whole, "", &mut paths);
    let step = (paths.len() / places).max(1);
    for (i, path) in paths.iter().enumerate().step_by(step) {
        let others = [Value::Null, (-1).into(), u32::MAX.into(), 1e300.into(), "x".into(), Value::Array(vec![])];
        let mut copy = whole.clone();
        *copy.pointer_mut(path).unwrap() = others[i % others.len()].clone();
        match read::<T>(&copy.to_string()) {
            Ok(data) => use_it(&data),
            Err(DocumentError::Json(_) | DocumentError::Inconsistent(_) | DocumentError::Kind { .. } | DocumentError::Schema { .. }) => {}
            Err(other) => panic!("{path}: {other}"),
        }
    }
}

#[test]
fn damage_is_told_or_harmless() {
    damaged(&*LAYERS, 18, |layers| drop(draw(layers, &RECIPE, &())));
    damaged(&DRAWN.territory, 18, |t| drop(cut(t, &RECIPE, &())));
    damaged(&DRAWN.fabric, 60, |_| ());
    damaged(&DRAWN.plan, 60, |plan: &Plan| drop(plan_files::grids_geojson(plan)));
    damaged(&DRAWN.report, 60, |_: &Report| ());
    let (zones, _) = zones(&DRAWN.territory, &DRAWN.fabric, &[], None, &RECIPE, &()).unwrap();
    let zone = zones.iter().find(|z| z.problem.graph.len() > 8).unwrap();
    damaged(&zone.problem, 200, |problem| drop(partition(problem, &())));
    let solved = partition(&zone.problem, &()).unwrap();
    damaged(&solved, 200, |p: &Partitioned| assert!(p.assignment.grids() <= p.assignment.part_of().len()));
}
