//! A plan edited by hand: accepted as it was drawn, with ids, lineage and locks, or refused with place and number (R41, R42).

mod land;

use evengrid::finding::{Finding, Severity};
use evengrid::io::{plan_files, plan_read, read_layers};
use evengrid::pipeline::{Accept, AcceptError, Accepted, Error, Rebalance, accept, draw, rebalance};
use evengrid::plan::{AsFound, Changes, Plan, Why};
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::layers::{Layers, LockRecord, Origin};
use geo::{Coord, LineString, MapCoords, MultiPolygon, Polygon};
use land::{area, blocks, blocks_recipe, config, grid};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

fn json(plan: &Plan) -> String {
    plan_files::plan_json(plan).unwrap()
}

/// The town's own recipe for a preset, with the least effort.
fn quick(preset: &str) -> Recipe {
    let path = Path::new(TOWN).join("recipes").join(preset).with_extension("toml");
    let mut flags = Draft::default();
    flags.effort.level = Some("quick".into());
    flags.or(Draft::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap()).build().unwrap()
}

/// What is read of a file with this text.
fn read(name: &str, text: &str) -> (AsFound, Vec<Finding>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edited");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name).with_extension("geojson");
    std::fs::write(&file, text).unwrap();
    plan_read::read_any(&file, Some("grid_id")).unwrap()
}

fn degrees(rings: &[Vec<evengrid::territory::lattice::Pt>]) -> Polygon<f64> {
    let mut rings = rings.iter().map(|r| LineString::from_iter(r.iter().chain(r.first()).map(|p| p.lon_lat())));
    Polygon::new(rings.next().unwrap(), rings.collect())
}

/// Names of the grids of all units, as polygons.
fn drawn(plan: &Plan, names: &[String]) -> AsFound {
    let ids: Vec<&String> = names.iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut other = plan.clone();
    other.grids = ids.iter().map(|_| plan.grids[0].clone()).collect();
    for (unit, name) in other.fabric.units.iter_mut().zip(names) {
        unit.grid = ids.binary_search(&name).unwrap() as u32;
    }
    let land = other.grid_land();
    let grids = ids.iter().zip(land).map(|(id, land)| grid(id, MultiPolygon(land.iter().map(|r| degrees(r)).collect())));
    AsFound { grids: grids.collect(), ..AsFound::default() }
}

fn names(plan: &Plan) -> Vec<String> {
    plan.fabric.units.iter().map(|u| plan.grids[u.grid as usize].grid_id.clone()).collect()
}

fn ids(plan: &Plan) -> BTreeSet<String> {
    plan.grids.iter().map(|g| g.grid_id.clone()).collect()
}

/// Units beside every unit in its zone.
fn next(plan: &Plan) -> Vec<BTreeSet<usize>> {
    let mut next = vec![BTreeSet::new(); plan.fabric.units.len()];
    let zone = |u: u32| &plan.grids[plan.fabric.units[u as usize].grid as usize].zone_id;
    for (a, b) in plan.fabric.arcs.iter().filter_map(|a| a.left.zip(a.right)).filter(|(a, b)| zone(*a) == zone(*b)) {
        next[a as usize].insert(b as usize);
        next[b as usize].insert(a as usize);
    }
    next
}

/// Whether the units of a name are one piece, or none.
fn whole(next: &[BTreeSet<usize>], names: &[String], name: &str) -> bool {
    let own: BTreeSet<usize> = (0..names.len()).filter(|&u| names[u] == name).collect();
    let mut stack: Vec<usize> = own.first().copied().into_iter().collect();
    let mut seen: BTreeSet<usize> = stack.iter().copied().collect();
    while let Some(u) = stack.pop() {
        stack.extend(next[u].iter().copied().filter(|v| own.contains(v) && seen.insert(*v)));
    }
    seen.len() == own.len()
}

/// What holds of everything that is accepted; `seen` are all ids there ever were.
fn laws(old: &Plan, a: &Accepted, seen: &mut BTreeSet<String>) {
    let (new, c): (&Plan, &Changes) = (&a.drawn.plan, &a.changes);
    assert_eq!(c.apply(&old.membership()).unwrap(), new.membership());
    let born: BTreeSet<String> = c.born.iter().map(|b| b.grid_id.clone()).collect();
    assert_eq!(born, &ids(new) - &ids(old));
    assert!(born.is_disjoint(seen), "an id was used again");
    seen.extend(born);
    assert_eq!(c.retired.iter().map(|r| r.grid_id.clone()).collect::<BTreeSet<_>>(), &ids(old) - &ids(new));
    for z in &new.zones {
        assert!(z.bound.possible_violation <= z.bound.reached_violation + 1e-6, "{:?}", z.bound);
        assert!(z.bound.possible_deviation <= z.bound.reached_deviation + 1e-6, "{:?}", z.bound);
    }
    assert_eq!(new.grids.iter().map(|g| g.units).sum::<u32>() as usize, new.fabric.units.len());
}

fn accepted(plan: &Plan, found: &AsFound, layers: &Layers, clean: bool) -> Result<Accepted, Vec<Finding>> {
    let options = Accept { valid_from: Some("2027-03-01".into()), clean };
    match accept(plan, found, layers, &plan.provenance.recipe, &options, &()) {
        Err(Error::Accept(AcceptError::Refused { findings })) => Err(findings),
        other => Ok(other.unwrap()),
    }
}

fn told<'f>(findings: &'f [Finding], code: &str) -> Vec<&'f Finding> {
    findings.iter().filter(|f| f.code == code).collect()
}

/// Twelve by four blocks of 10 households, a division for every six columns, and a plan of grids of 6 blocks.
fn small() -> (Layers, Plan) {
    let layers = blocks(&[10.0; 48], 12, 24);
    let plan = draw(&layers, &blocks_recipe(), &()).unwrap().plan;
    (layers, plan)
}

/// The text of a file as a GIS writes it: rings the other way round, every polygon a multipolygon, numbers and tables as text.
fn as_gis(text: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
    for f in value["features"].as_array_mut().unwrap() {
        let fields = f["properties"].as_object_mut().unwrap();
        for v in fields.values_mut().filter(|v| !v.is_string() && !v.is_null()) {
            *v = v.to_string().into();
        }
        let g = &mut f["geometry"];
        if g["type"] == "Polygon" {
            *g = serde_json::json!({ "type": "MultiPolygon", "coordinates": [g["coordinates"]] });
        }
        for ring in g["coordinates"].as_array_mut().unwrap().iter_mut().flat_map(|p| p.as_array_mut().unwrap()) {
            ring.as_array_mut().unwrap().reverse();
        }
    }
    value["features"].as_array_mut().unwrap().reverse();
    value.to_string()
}

/// R41: for recipes with zones by coverage, dedicated grids, fixed counts and levels.
#[test]
fn r41_an_unedited_file_gives_the_same_bytes() {
    for preset in ["default", "telecom", "market", "safety"] {
        let recipe = quick(preset);
        let layers = read_layers(TOWN.as_ref(), &recipe.layers).unwrap();
        let plan = draw(&layers, &recipe, &()).unwrap().plan;
        let text = plan_files::grids_geojson(&plan).unwrap();
        for (name, text) in [("same", text.clone()), ("gis", as_gis(&text))] {
            let (found, findings) = read(&format!("{preset}-{name}"), &text);
            assert!(findings.is_empty(), "{findings:?}");
            let a = accepted(&plan, &found, &layers, false).unwrap();
            assert!(json(&a.drawn.plan) == json(&plan), "{preset} {name}");
            assert!(
                a.findings.is_empty() && a.changes.moves.is_empty() && a.changes.entities.is_empty(),
                "{preset} {name}: {:?}",
                a.findings
            );
        }
    }
}

/// Coordinates to seven decimals, as RFC 7946 advises, leave slivers of a centimetre everywhere: one finding, and the same plan.
#[test]
fn rounded_coordinates_are_one_finding() {
    let (layers, plan) = town();
    let mut found = drawn(&plan, &names(&plan));
    let round = |x: f64| (x * 1e7).round() / 1e7;
    found.grids.iter_mut().for_each(|g| g.land = g.land.map_coords(|c| Coord { x: round(c.x), y: round(c.y) }));
    let a = accepted(&plan, &found, &layers, false).unwrap();
    assert!(json(&a.drawn.plan) == json(&plan));
    let codes: Vec<&str> = a.findings.iter().map(|f| f.code.as_str()).collect();
    assert!(
        codes.iter().all(|c| ["edit-slivers", "land-outside"].contains(c)) && told(&a.findings, "edit-slivers").len() == 1,
        "{codes:?}"
    );
}

fn town() -> (Layers, Plan) {
    let recipe = quick("default");
    let layers = read_layers(TOWN.as_ref(), &recipe.layers).unwrap();
    let plan = draw(&layers, &recipe, &()).unwrap().plan;
    (layers, plan)
}

/// A unit that goes from one grid to another, and the grid.
fn a_move(plan: &Plan) -> (usize, String) {
    let (names, next) = (names(plan), next(plan));
    let moves = (0..names.len()).flat_map(|u| next[u].iter().map(move |&v| (u, v))).filter(|(u, v)| names[*u] != names[*v]);
    let legal = moves.filter(|&(u, v)| {
        let mut after = names.clone();
        after[u] = names[v].clone();
        plan.fabric.units[u].households > 0.0 && after.contains(&names[u]) && whole(&next, &after, &names[u])
    });
    let (u, v) = legal.into_iter().next().unwrap();
    (u, names[v].clone())
}

/// In the embedded town: one unit goes to the neighbour, and a re-balance goes on from there.
#[test]
fn a_unit_goes_where_its_land_was_drawn() {
    let (layers, plan) = town();
    let (u, to) = a_move(&plan);
    let mut names = names(&plan);
    let from = std::mem::replace(&mut names[u], to.clone());
    let a = accepted(&plan, &drawn(&plan, &names), &layers, false).unwrap();
    laws(&plan, &a, &mut ids(&plan));
    assert!(a.findings.is_empty(), "{:?}", a.findings);
    let m = &a.changes.moves[0];
    assert_eq!((a.changes.moves.len(), &m.from, &m.to, m.why), (1, &from, &to, Why::Edited));
    assert!(a.changes.entities.iter().all(|e| e.why == Why::Edited) && !a.changes.entities.is_empty());
    let redrawn = |g: &&evengrid::plan::PlanGrid| g.valid_from.as_deref() == Some("2027-03-01");
    assert_eq!(a.drawn.plan.grids.iter().filter(redrawn).count(), 2);
    let again = rebalance(&a.drawn.plan, &layers, &plan.provenance.recipe, &Rebalance::default(), &()).unwrap();
    assert!(json(&again.drawn.plan) == json(&a.drawn.plan), "nothing changed since");
}

#[test]
fn grids_are_split_merged_and_renamed_with_lineage() {
    let (layers, plan) = small();
    let next = next(&plan);
    let was = names(&plan);
    let gone = plan.grids[0].grid_id.clone();
    let heir = (0..was.len()).filter(|&u| was[u] == gone).flat_map(|u| &next[u]).map(|&v| was[v].clone()).find(|n| *n != gone).unwrap();
    let split = plan.grids[7].grid_id.clone();
    let mut now: Vec<String> = was.iter().map(|n| if *n == gone { heir.clone() } else { n.clone() }).collect();
    let leaf = (0..now.len()).find(|&u| {
        let mut after = now.clone();
        after[u] = "x".into();
        now[u] == split && whole(&next, &after, &split)
    });
    now[leaf.unwrap()] = "new one".into();
    let renamed = plan.grids[4].grid_id.clone();
    now.iter_mut().filter(|n| **n == renamed).for_each(|n| *n = "G000099".into());
    let a = accepted(&plan, &drawn(&plan, &now), &layers, false).unwrap();
    laws(&plan, &a, &mut ids(&plan));
    assert_eq!(a.changes.merged.iter().map(|m| (&m.grid_id, &m.from)).collect::<Vec<_>>()[..1], [(&heir, &vec![gone.clone()])]);
    let born: BTreeMap<&str, &Vec<String>> =
        a.drawn.plan.grids.iter().filter(|g| !g.parents.is_empty()).map(|g| (g.grid_id.as_str(), &g.parents)).collect();
    assert_eq!(born.values().cloned().cloned().collect::<BTreeSet<_>>(), BTreeSet::from([vec![split.clone()], vec![renamed.clone()]]));
    assert!(a.changes.split.iter().any(|s| s.grid_id == split && s.into.len() == 1));
    let given = told(&a.findings, "id-not-given")[0];
    assert_eq!((given.measured, given.limit), (Some(99.0), Some(f64::from(plan.next_serial))));
    assert_eq!(told(&a.findings, "grid-born").len(), 1);
    // an id that is no more is not used again, however it is drawn
    let second = accepted(&a.drawn.plan, &drawn(&a.drawn.plan, &was), &layers, false).unwrap();
    laws(&a.drawn.plan, &second, &mut (&ids(&plan) | &ids(&a.drawn.plan)));
    assert!(told(&second.findings, "id-retired").iter().any(|f| f.subject.id.as_ref() == Some(&gone)), "{:?}", second.findings);
    assert!(!ids(&second.drawn.plan).contains(&gone));
}

/// Land of a block of four by four cells with this corner.
fn block(x: i32, y: i32, width: i32) -> MultiPolygon<f64> {
    area(&[(x, y), (x + width, y), (x + width, y + 4), (x, y + 4)])
}

#[test]
fn gaps_overlaps_and_cut_units_are_told_with_place_and_number() {
    use geo::BooleanOps;
    let (layers, plan) = small();
    let found = drawn(&plan, &names(&plan));
    let at = |x: f64, y: f64| {
        let p = geo::Point::from([10.0 + x * land::CELL, 50.0 + y * land::CELL]);
        found.grids.iter().position(|g| geo::Contains::contains(&g.land, &p)).unwrap()
    };
    // a hole of a block: its land stays
    let mut gap = found.clone();
    let (g, hole) = (at(2.0, 2.0), block(0, 0, 4));
    gap.grids[g].land = gap.grids[g].land.difference(&hole);
    let a = accepted(&plan, &gap, &layers, false).unwrap();
    assert!(json(&a.drawn.plan) == json(&plan));
    let f = told(&a.findings, "land-in-no-grid")[0];
    assert_eq!((a.findings.len(), f.subject.id.as_ref(), f.place.is_some(), f.limit), (1, Some(&gap.grids[g].grid_id), true, Some(0.5)));
    let block_m2 = plan.fabric.units.iter().map(|u| u.area_m2).fold(0.0, f64::max);
    assert!((f.measured.unwrap() - block_m2).abs() < 0.02 * block_m2, "{f}");
    // a block that two grids have stays with the one that had it
    let mut twice = found.clone();
    let other = (0..twice.grids.len()).find(|&o| o != g).unwrap();
    twice.grids[other].land = twice.grids[other].land.union(&hole);
    let a = accepted(&plan, &twice, &layers, false).unwrap();
    assert!(json(&a.drawn.plan) == json(&plan));
    let f = told(&a.findings, "grids-overlap")[0];
    assert!(a.findings.len() == 1 && f.place.is_some() && (f.measured.unwrap() - block_m2).abs() < 0.02 * block_m2, "{:?}", a.findings);
    // a border through a block, with 70 % of it and its household on the side that had it
    let (u, to) = a_move(&plan);
    let mut names = names(&plan);
    let from = std::mem::replace(&mut names[u], to.clone());
    let moved = drawn(&plan, &names);
    let unit = |f: &AsFound, id: &str| f.grids.iter().find(|g| g.grid_id == id).unwrap().land.clone();
    let land = unit(&found, &from).difference(&unit(&moved, &from));
    let west = geo::BoundingRect::bounding_rect(&land).unwrap();
    let cut = |share: f64| {
        let x = west.min().x + share * west.width();
        let strip = geo::Rect::new([x, west.min().y], [west.max().x, west.max().y]).to_polygon();
        let strip = land.intersection(&strip);
        let mut cut = found.clone();
        for g in &mut cut.grids {
            if g.grid_id == from {
                g.land = g.land.difference(&strip);
            } else if g.grid_id == to {
                g.land = g.land.union(&strip);
            }
        }
        accepted(&plan, &cut, &layers, false).unwrap()
    };
    let (stays, goes) = (cut(0.7), cut(0.3));
    assert!(json(&stays.drawn.plan) == json(&plan));
    assert_eq!(goes.changes.moves.len(), 1);
    for (a, to) in [(&stays, &from), (&goes, &to)] {
        let f = told(&a.findings, "unit-cut")[0];
        assert!((f.measured.unwrap() - 0.7).abs() < 0.01 && f.limit == Some(0.9) && f.place.is_some(), "{f}");
        assert!(f.message.contains("10 households") && f.message.ends_with(&format!("it goes to {to} whole")), "{f}");
    }
    // a sliver
    let a = cut(0.999);
    assert!(json(&a.drawn.plan) == json(&plan));
    let codes: Vec<&str> = a.findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["edit-slivers"]);
}

fn lock(kind: &str, places: Vec<[f64; 2]>, land: MultiPolygon<f64>) -> LockRecord {
    LockRecord { origin: Origin { source: 0, record: 1 }, id: None, kind: kind.into(), group: None, places, land }
}

/// Refused with place and number, and cleaned where that is wanted.
fn refused(plan: &Plan, found: &AsFound, layers: &Layers, code: &str) -> Accepted {
    let findings = accepted(plan, found, layers, false).unwrap_err();
    let violations: Vec<&Finding> = findings.iter().filter(|f| f.severity == Severity::Violation).collect();
    assert!(
        !violations.is_empty() && violations.iter().all(|f| f.code == code && f.place.is_some() && f.measured.is_some()),
        "{findings:?}"
    );
    let cleaned = accepted(plan, found, layers, true).unwrap();
    assert!(!told(&cleaned.findings, code).is_empty());
    assert!(cleaned.findings.iter().all(|f| f.severity != Severity::Violation));
    laws(plan, &cleaned, &mut ids(plan));
    cleaned
}

#[test]
fn a_grid_across_a_division_is_refused_or_cleaned() {
    let (layers, plan) = small();
    let division = |u: usize| &plan.grids[plan.fabric.units[u].grid as usize].division_id;
    let beside = plan.fabric.arcs.iter().filter_map(|a| a.left.zip(a.right)).map(|(a, b)| (a as usize, b as usize));
    let (u, v) = beside.into_iter().find(|(a, b)| division(*a) != division(*b)).unwrap();
    let mut names = names(&plan);
    names[u] = names[v].clone();
    let cleaned = refused(&plan, &drawn(&plan, &names), &layers, "crosses-division");
    assert!(json(&cleaned.drawn.plan) == json(&plan));
}

#[test]
fn a_grid_in_pieces_is_refused_or_cleaned() {
    let (layers, plan) = small();
    let (was, next) = (names(&plan), next(&plan));
    // an island of one grid in another of its zone
    let zone = |u: usize| &plan.grids[plan.fabric.units[u].grid as usize].zone_id;
    let pairs = (0..was.len()).flat_map(|u| (0..was.len()).map(move |v| (u, v)));
    let apart = |&(u, v): &(usize, usize)| zone(u) == zone(v) && was[u] != was[v] && next[u].iter().all(|n| was[*n] != was[v]);
    let (u, v) = pairs.into_iter().find(apart).unwrap();
    let mut now = was.clone();
    now[u] = was[v].clone();
    let cleaned = refused(&plan, &drawn(&plan, &now), &layers, "not-contiguous");
    assert!(json(&cleaned.drawn.plan) == json(&plan), "{:?}", cleaned.findings);
}

/// The land of a grid that is no longer in the file, drawn to a grid that it does not touch, is that grid again.
#[test]
fn a_deleted_grid_lives_on_where_its_land_was_torn_off() {
    let (layers, plan) = small();
    let (was, next) = (names(&plan), next(&plan));
    let touching = |a: &str, b: &str| (0..was.len()).any(|u| was[u] == a && next[u].iter().any(|v| was[*v] == b));
    let zone = |id: &str| plan.grids.iter().find(|g| g.grid_id == id).map(|g| &g.zone_id);
    let pairs = was.iter().flat_map(|a| was.iter().map(move |b| (a, b)));
    let (gone, to) = pairs.into_iter().find(|(a, b)| a != b && zone(a) == zone(b) && !touching(a, b)).unwrap();
    let now: Vec<String> = was.iter().map(|n| if n == gone { to.clone() } else { n.clone() }).collect();
    let cleaned = refused(&plan, &drawn(&plan, &now), &layers, "not-contiguous");
    assert!(json(&cleaned.drawn.plan) == json(&plan), "{:?}", cleaned.findings);
}

/// What was changed in the layers since is told, by file.
#[test]
fn layers_that_are_not_the_plans_are_told() {
    let (mut layers, plan) = town();
    let found = drawn(&plan, &names(&plan));
    let file = layers.sources.iter_mut().find(|s| s.layer == "households").unwrap();
    file.content = "another".into();
    let a = accepted(&plan, &found, &layers, false).unwrap();
    let other = told(&a.findings, "other-layers");
    assert!(other.len() == 1 && other[0].measured == Some(1.0) && other[0].message.contains("households"), "{:?}", a.findings);
}

#[test]
fn a_frozen_grid_stays_as_it_is() {
    let (mut layers, plan) = small();
    let (u, to) = a_move(&plan);
    let mut names = names(&plan);
    let from = names[u].clone();
    let found = drawn(&plan, &names);
    names[u] = to;
    let land = found.grids.iter().find(|g| g.grid_id == from).unwrap().land.clone();
    layers.locks.push(lock("frozen", Vec::new(), land));
    let plan = rebalance(&plan, &layers, &blocks_recipe(), &Rebalance::default(), &()).unwrap().drawn.plan;
    assert!(plan.grids.iter().any(|g| g.frozen && g.grid_id == from));
    let cleaned = refused(&plan, &drawn(&plan, &names), &layers, "lock-broken");
    assert!(json(&cleaned.drawn.plan) == json(&plan));
}

/// Land set aside for a kind of grid may be redrawn as well: the kind stays with the id, and the file of the new plan gives the same plan again.
#[test]
fn dedicated_grids_are_redrawn_and_keep_their_kind() {
    let recipe = quick("telecom");
    let layers = read_layers(TOWN.as_ref(), &recipe.layers).unwrap();
    let plan = draw(&layers, &recipe, &()).unwrap().plan;
    let (was, next) = (names(&plan), next(&plan));
    let grid = |u: usize| &plan.grids[plan.fabric.units[u].grid as usize];
    let pairs: Vec<(usize, usize)> = (0..was.len()).flat_map(|u| next[u].iter().map(move |&v| (u, v))).collect();
    let legal = |&(u, v): &(usize, usize)| {
        let mut after = was.clone();
        after[u] = was[v].clone();
        let left = after.contains(&was[u]) && whole(&next, &after, &was[u]);
        left && grid(u).is_ordinary() != grid(v).is_ordinary() && !grid(u).logical && !grid(v).logical
    };
    for gives in [true, false] {
        let (u, v) = pairs.iter().copied().find(|p| legal(p) && grid(p.0).is_ordinary() != gives).unwrap();
        let mut now = was.clone();
        now[u] = was[v].clone();
        let a = accepted(&plan, &drawn(&plan, &now), &layers, false).unwrap();
        laws(&plan, &a, &mut ids(&plan));
        assert_eq!(names(&a.drawn.plan), now);
        let dedicated = if gives { grid(u) } else { grid(v) };
        let f = told(&a.findings, "dedicated-redrawn");
        assert!(f.len() == 1 && f[0].subject.id.as_ref() == Some(&dedicated.grid_id) && f[0].place.is_some(), "{:?}", a.findings);
        let kind = |p: &Plan| p.grids.iter().find(|g| g.grid_id == dedicated.grid_id).map(|g| (g.kind.clone(), g.name.clone()));
        assert_eq!(kind(&a.drawn.plan), kind(&plan));
        let again = accepted(&a.drawn.plan, &drawn(&a.drawn.plan, &now), &layers, false).unwrap();
        assert!(json(&again.drawn.plan) == json(&a.drawn.plan), "{:?}", again.findings);
        rebalance(&a.drawn.plan, &layers, &recipe, &Rebalance::default(), &()).unwrap();
    }
}

/// Zones by coverage stay: a grid may not take land of another zone of its division either.
#[test]
fn a_grid_across_a_zone_is_refused_or_cleaned() {
    let recipe = quick("telecom");
    let layers = read_layers(TOWN.as_ref(), &recipe.layers).unwrap();
    let plan = draw(&layers, &recipe, &()).unwrap().plan;
    let grid = |u: u32| &plan.grids[plan.fabric.units[u as usize].grid as usize];
    let pairs = plan.fabric.arcs.iter().filter_map(|a| a.left.zip(a.right));
    let across = |&(a, b): &(u32, u32)| {
        let (a, b) = (grid(a), grid(b));
        a.division_id == b.division_id && a.zone_id != b.zone_id && a.is_ordinary() && b.is_ordinary()
    };
    let (u, v) = pairs.into_iter().find(across).unwrap();
    let mut now = names(&plan);
    now[u as usize] = grid(v).grid_id.clone();
    let cleaned = refused(&plan, &drawn(&plan, &now), &layers, "crosses-zone");
    assert!(json(&cleaned.drawn.plan) == json(&plan));
}

#[test]
fn units_together_and_apart_stay_so() {
    let (bare, first) = small();
    let inner = |plan: &Plan, u: usize| -> [f64; 2] {
        // keys end with a place inside, in millionths of a degree
        let f = drawn(plan, &(0..plan.fabric.units.len()).map(|k| k.to_string()).collect::<Vec<_>>());
        let land = &f.grids.iter().find(|g| g.grid_id == u.to_string()).unwrap().land;
        geo::InteriorPoint::interior_point(land).unwrap().into()
    };
    let (u, to) = a_move(&first);
    let (was, next) = (names(&first), next(&first));
    let mut now = was.clone();
    now[u] = to.clone();
    for (kind, with) in [("together", was[u].clone()), ("apart", to)] {
        let other = (0..was.len()).find(|&v| v != u && was[v] == with && (kind == "apart" || next[u].contains(&v))).unwrap();
        let mut layers = bare.clone();
        let places = vec![inner(&first, u), inner(&first, other)];
        layers.locks.push(lock(kind, places, MultiPolygon(vec![])));
        let plan = rebalance(&first, &layers, &blocks_recipe(), &Rebalance::default(), &()).unwrap().drawn.plan;
        assert_eq!(names(&plan), was, "{kind} is kept as it is");
        let cleaned = refused(&plan, &drawn(&plan, &now), &layers, "lock-broken");
        assert!(json(&cleaned.drawn.plan) == json(&plan), "{kind}");
    }
}

/// What a file may be besides: features without id or of one id, land outside, polygons that cross themselves, grids too small for a unit.
#[test]
fn odd_features_are_told() {
    let (layers, plan) = small();
    let was = names(&plan);
    let mut found = drawn(&plan, &was);
    let first = found.grids[0].grid_id.clone();
    // a grid in two features, one without id, one that is outside, one that is empty, one that crosses itself in a point outside of all land
    let rest = found.grids[0].land.0[0].clone();
    let (west, east) =
        (geo::Rect::new([0.0, 0.0], [10.0004, 90.0]).to_polygon(), geo::Rect::new([10.0004, 0.0], [180.0, 90.0]).to_polygon());
    found.grids[0].land = geo::BooleanOps::intersection(&rest, &west);
    found.grids.push(grid(&first, geo::BooleanOps::intersection(&rest, &east)));
    found.grids[1].grid_id = String::new();
    found.grids.push(grid("far", block(1000, 1000, 4)));
    found.grids.push(grid("small", block(1, 1, 1)));
    let bow = [[20.0, 60.0], [20.1, 60.1], [20.1, 60.0], [20.0, 60.1], [20.0, 60.0]];
    found.grids.push(grid("bow", MultiPolygon(vec![Polygon::new(LineString::from_iter(bow), vec![])])));
    let a = accepted(&plan, &found, &layers, false).unwrap();
    laws(&plan, &a, &mut ids(&plan));
    let of = |code: &str| told(&a.findings, code).iter().filter_map(|f| f.subject.id.as_deref()).collect::<Vec<_>>();
    assert_eq!((of("grid-joined"), of("grid-born"), of("geometry-invalid")), (vec![first.as_str()], vec!["record-2"], vec!["bow"]));
    assert_eq!((of("land-outside"), of("grid-empty")), (vec!["far", "bow"], vec!["far", "small", "bow"]));
    assert_eq!(a.changes.born.len(), 1);
    let date = Accept { valid_from: Some("soon".into()), ..Accept::default() };
    let error = accept(&plan, &found, &layers, &plan.provenance.recipe, &date, &()).unwrap_err();
    assert!(error.to_string().contains("'soon'"), "{error}");
}

/// An edit on layers that changed since: what the layers did is told as that, what the planner did as edited, and nothing of the former is refused.
#[test]
fn an_edit_on_later_layers() {
    let (_, plan) = small();
    let mut weights = vec![10.0; 48];
    weights[3] = 14.0;
    let layers = blocks(&weights, 12, 28);
    let a = accepted(&plan, &drawn(&plan, &names(&plan)), &layers, false).unwrap();
    laws(&plan, &a, &mut ids(&plan));
    assert!(a.changes.moved_by.contains_key(&Why::DivisionBorder) && !told(&a.findings, "crosses-division").is_empty(), "{:?}", a.findings);
}

proptest! {
    #![proptest_config(config(12))]

    /// Whatever a planner draws along units and within the rules is what comes out, edit after edit.
    #[test]
    fn what_is_drawn_is_what_is_accepted(held in any::<bool>(), weights in prop::collection::vec(1u32..20, 48), edits in prop::collection::vec(prop::collection::vec((0usize..48, 0usize..8, 0u8..10), 1..12), 1..4)) {
        let layers = blocks(&weights.into_iter().map(f64::from).collect::<Vec<_>>(), 12, 24);
        let mut flags = Draft::default();
        if held {
            (flags.grid.count_min, flags.grid.count_max, flags.grid.count_holds) = (Some(3), Some(5), Some(true));
        }
        let recipe = flags.or(blocks_recipe().into()).build().unwrap();
        let mut plan = draw(&layers, &recipe, &()).unwrap().plan;
        let mut seen = ids(&plan);
        for strokes in edits {
            let next = next(&plan);
            let mut now = names(&plan);
            for (i, (u, k, what)) in strokes.into_iter().enumerate() {
                let u = u % now.len();
                let Some(&v) = next[u].iter().nth(k % next[u].len().max(1)) else { continue };
                let mut after = now.clone();
                match what {
                    0 => after[u] = format!("new {i}"),
                    1 => after.iter_mut().filter(|n| **n == now[u]).for_each(|n| *n = now[v].clone()),
                    _ => after[u] = now[v].clone(),
                }
                if after.iter().collect::<BTreeSet<_>>().into_iter().all(|n| whole(&next, &after, n)) {
                    now = after;
                }
            }
            let a = accepted(&plan, &drawn(&plan, &now), &layers, false).unwrap();
            laws(&plan, &a, &mut seen);
            let known = ids(&plan);
            let mut called: BTreeMap<&String, String> = BTreeMap::new();
            for (drawn, got) in now.iter().zip(names(&a.drawn.plan)) {
                if known.contains(drawn) {
                    prop_assert_eq!(drawn, &got);
                }
                prop_assert_eq!(called.entry(drawn).or_insert(got.clone()), &got);
            }
            prop_assert_eq!(a.drawn.plan.grids.len(), called.len());
            plan = a.drawn.plan;
        }
        rebalance(&plan, &layers, &recipe, &Rebalance::default(), &()).unwrap();
    }

    /// Whatever is drawn, also against all rules, can be cleaned: grids are whole, in their divisions, and cover all land; a frozen one is as it was.
    #[test]
    fn whatever_is_drawn_can_be_cleaned(
        strokes in prop::collection::vec((0usize..48, 0usize..48), 1..30),
        missing in prop::option::of(0usize..48),
        frozen in prop::option::of(0usize..8),
    ) {
        let (mut layers, mut plan) = small();
        let frozen = frozen.map(|f| {
            let grids = drawn(&plan, &names(&plan)).grids;
            let grid = grids.into_iter().nth(f % plan.grids.len()).unwrap();
            layers.locks.push(lock("frozen", Vec::new(), grid.land));
            plan = rebalance(&plan, &layers, &blocks_recipe(), &Rebalance::default(), &()).unwrap().drawn.plan;
            grid.grid_id
        });
        let was = names(&plan);
        let mut now = was.clone();
        for (u, v) in strokes {
            let (u, v) = (u % now.len(), v % now.len());
            now[u] = now[v].clone();
        }
        let mut found = drawn(&plan, &now);
        if let Some(m) = missing.filter(|_| found.grids.len() > 1) {
            let m = m % found.grids.len();
            found.grids.remove(m);
        }
        let a = accepted(&plan, &found, &layers, true).unwrap();
        laws(&plan, &a, &mut ids(&plan));
        let (next, names) = (next(&a.drawn.plan), names(&a.drawn.plan));
        for name in ids(&a.drawn.plan) {
            prop_assert!(whole(&next, &names, &name));
        }
        if let Some(id) = frozen {
            prop_assert!(was.iter().zip(&names).all(|(was, now)| (*was == id) == (*now == id)));
        }
    }
}
