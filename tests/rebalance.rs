//! A plan adjusted to a new census: nothing changes where nothing changed, ids live on, what moves is told and no more than allowed (R31, R40).

#[allow(dead_code, reason = "the example writes what the tests keep in memory")]
#[path = "../examples/shared/drift.rs"]
mod drift;
mod land;

use drift::{Drift, Folder};
use evengrid::io::changes_files::{changes_json, moved_csv};
use evengrid::io::{Staged, plan_files, plan_read, read_layers};
use evengrid::pipeline::{Drawn, Error, FollowError, Rebalance, RebalanceError, Rebalanced, draw, rebalance};
use evengrid::plan::{Changes, ChangesError, IdOf, Ids, LeftWhy, Plan, PlanGrid, Why, check};
use evengrid::recipe::{Draft, PRESETS, Recipe};
use evengrid::territory::layers::Layers;
use geo::MapCoordsInPlace;
use land::{blocks as town, blocks_recipe as small_recipe, config};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const TOWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");

/// The town's own recipe for a preset.
fn recipe(preset: &str) -> Recipe {
    let path = Path::new(TOWN).join("recipes").join(preset).with_extension("toml");
    Draft::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap().build().unwrap()
}

/// It with the least effort, where the balance does not matter.
fn quick(preset: &str) -> Recipe {
    let mut flags = Draft::default();
    flags.effort.level = Some("quick".into());
    flags.or(recipe(preset).into()).build().unwrap()
}

fn layers(recipe: &Recipe) -> Layers {
    read_layers(TOWN.as_ref(), &recipe.layers).unwrap()
}

fn adjusted(plan: &Plan, layers: &Layers, options: &Rebalance) -> Rebalanced {
    rebalance(plan, layers, &plan.provenance.recipe, options, &()).unwrap()
}

fn json(plan: &Plan) -> String {
    plan_files::plan_json(plan).unwrap()
}

/// R40: the same layers on a plan of them give the same bytes, for every preset.
#[test]
fn what_did_not_change_stays_byte_for_byte() {
    for (preset, _) in PRESETS.iter().chain([&("default", "")]) {
        let recipe = recipe(preset);
        let layers = layers(&recipe);
        let first: Drawn = draw(&layers, &recipe, &()).unwrap();
        let text = json(&first.plan);
        let read: Plan = serde_json::from_str(&text).unwrap();
        let again = adjusted(&read, &layers, &Rebalance { valid_from: Some("2027-01-01".into()), ..Rebalance::default() });
        let now = json(&again.drawn.plan);
        if text != now {
            let at = text.bytes().zip(now.bytes()).position(|(a, b)| a != b).unwrap_or(0);
            let part = |t: &str| String::from_utf8_lossy(&t.as_bytes()[at.saturating_sub(300)..(at + 300).min(t.len())]).into_owned();
            panic!("{preset}:\n{}\n---\n{}", part(&text), part(&now));
        }
        let c = &again.changes;
        assert!(c.moves.is_empty() && c.entities.is_empty() && c.born.is_empty() && c.retired.is_empty(), "{preset}: {c:?}");
        assert_eq!((c.moved, &c.before), (0.0, &c.after));
    }
}

/// The town as censuses with these seeds find it, one after the other.
fn later(name: &str, seeds: &[u64]) -> Vec<PathBuf> {
    let mut folder = Folder::read(TOWN.as_ref()).unwrap();
    let census = |seed: &u64| {
        let told = folder.drift(&Drift { seed: *seed, growth: 0.03, level: Some(8), scheme: Some("civil".into()) }).unwrap();
        assert!(told.border.is_some() && told.demolished > 0 && told.estate > 0);
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebalance").join(format!("{name}{seed}"));
        folder.write(&out).unwrap();
        out
    };
    seeds.iter().map(census).collect()
}

fn ids(plan: &Plan) -> BTreeSet<String> {
    plan.grids.iter().map(|g| g.grid_id.clone()).collect()
}

/// What holds of every re-balance; `seen` are all ids there ever were.
fn laws(old: &Plan, new: &Plan, c: &Changes, seen: &mut BTreeSet<String>) {
    let (before, after) = (ids(old), ids(new));
    let set = |ids: Vec<&String>| ids.into_iter().cloned().collect::<BTreeSet<String>>();
    let born = set(c.born.iter().map(|b| &b.grid_id).collect());
    let retired = set(c.retired.iter().map(|r| &r.grid_id).collect());
    assert_eq!(after.len(), new.grids.len(), "an id is that of one grid");
    assert_eq!(born, &after - &before);
    assert_eq!(retired, &before - &after);
    assert!(born.is_disjoint(seen), "an id was used again");
    seen.extend(born.iter().cloned());
    assert_eq!(new.next_serial - old.next_serial, born.len() as u32);
    assert!(new.next_zone_serial >= old.next_zone_serial);
    for g in new.grids.iter().filter(|g| born.contains(&g.grid_id)) {
        assert!(g.parents.iter().all(|p| before.contains(p)), "{:?}", g.parents);
    }
    for r in &c.retired {
        assert!(r.heirs.iter().all(|h| after.contains(&h.grid_id)));
    }
    // codes: of survivors as they were, of all others new
    let divided = |p: &Plan, g: &PlanGrid| p.grids.iter().filter(|o| o.division_id == g.division_id).count() > 1;
    let was: BTreeMap<&str, &PlanGrid> = old.grids.iter().map(|g| (g.grid_id.as_str(), g)).collect();
    for g in &new.grids {
        let like = |o: &&&PlanGrid| (&o.division_id, &o.kind, &o.zone_id) == (&g.division_id, &g.kind, &g.zone_id);
        match was.get(g.grid_id.as_str()).filter(like) {
            Some(o) if divided(old, o) == divided(new, g) => assert_eq!(o.code, g.code, "{}", g.grid_id),
            Some(_) => {}
            None => assert!(
                old.grids.iter().all(|o| o.code != g.code || o.grid_id == g.grid_id) || !divided(old, g) || !divided(new, g),
                "{}",
                g.code
            ),
        }
    }
    assert_eq!(c.apply(&old.membership()).unwrap(), new.membership());
    // load is where it was, moved or not
    let sum = |loads: &mut dyn Iterator<Item = f64>| loads.sum::<f64>();
    assert!((sum(&mut new.grids.iter().map(|g| g.households)) - c.households).abs() < 1e-6);
    assert!((sum(&mut c.moves.iter().map(|m| m.households)) - c.moved).abs() < 1e-6);
    assert!((sum(&mut c.zones.iter().map(|z| z.moved)) - c.moved).abs() < 1e-6);
    assert!((sum(&mut c.moved_by.values().copied()) - c.moved).abs() < 1e-6);
    assert!(c.moves.iter().all(|m| m.from != m.to && before.contains(&m.from) && after.contains(&m.to)));
    assert!(c.budget.is_none_or(|b| c.moved <= b.households + 1e-9), "{:?}: {}", c.budget, c.moved);
    if c.budget.is_none() && c.left_out.is_empty() {
        assert!(c.bounds[0].households <= c.moved + 1e-6, "{:?}: {}", c.bounds, c.moved);
    }
    // entities
    let of = |p: &Plan| {
        let id = |g: Option<u32>| g.map(|g| p.grids[g as usize].grid_id.clone());
        p.attachments.iter().map(|a| (a.entity.to_string(), id(a.grid))).collect::<BTreeMap<_, _>>()
    };
    let mut entities = of(old);
    for e in &c.entities {
        let from = if e.why == Why::Gone { entities.remove(&e.entity) } else { entities.insert(e.entity.clone(), e.to.clone()) };
        assert_eq!(from.flatten(), e.from, "{}", e.entity);
    }
    assert_eq!(entities, of(new));
}

fn judged(d: &Drawn, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebalance").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut staged = Staged::begin(&folder).unwrap();
    staged.write("grids.geojson", plan_files::grids_geojson(&d.plan).unwrap().as_bytes()).unwrap();
    staged.write("attachments.csv", plan_files::attachments_csv(&d.plan).as_bytes()).unwrap();
    staged.write("plan.json", json(&d.plan).as_bytes()).unwrap();
    staged.commit().unwrap();
    let judged = check(&plan_read::read_plan(&folder).unwrap(), &d.territory, d.plan.provenance.recipe.grid.tolerance, &()).unwrap();
    assert!(judged.passed(), "{name}: {:?}", judged.checks.iter().filter(|c| !c.ok).collect::<Vec<_>>());
}

/// R40: three censuses with a new road, an estate, a demolished block and a division border that moved, for recipes with zones by coverage, dedicated
/// grids, fixed counts, several targets and levels.
#[test]
fn r40_histories_of_the_town_keep_all_laws() {
    let censuses = later("", &[1, 2, 3]);
    for preset in ["default", "telecom", "market", "safety"] {
        let recipe = quick(preset);
        let mut plan = draw(&layers(&recipe), &recipe, &()).unwrap().plan;
        let mut seen = ids(&plan);
        for (k, census) in censuses.iter().enumerate() {
            let layers = read_layers(census, &recipe.layers).unwrap();
            let day = format!("{}-07-01", 2027 + k);
            let r = adjusted(&plan, &layers, &Rebalance { valid_from: Some(day.clone()), ..Rebalance::default() });
            laws(&plan, &r.drawn.plan, &r.changes, &mut seen);
            for g in r.drawn.plan.grids.iter().filter(|g| !ids(&plan).contains(&g.grid_id)) {
                assert_eq!(g.valid_from.as_deref(), Some(day.as_str()));
            }
            if k + 1 == censuses.len() {
                judged(&r.drawn, preset);
                // and the new plan stays as it is on its own layers
                let again = adjusted(&r.drawn.plan, &layers, &Rebalance::default());
                assert!(json(&again.drawn.plan) == json(&r.drawn.plan), "{preset}");
            }
            plan = r.drawn.plan;
        }
    }
}

#[test]
fn a_budget_is_kept_and_one_that_is_too_small_is_told_with_both_numbers() {
    let census = later("budget", &[5]).remove(0);
    for preset in ["default", "community"] {
        let recipe = quick(preset);
        let plan = draw(&layers(&recipe), &recipe, &()).unwrap().plan;
        let layers = read_layers(&census, &recipe.layers).unwrap();
        let free = adjusted(&plan, &layers, &Rebalance::default()).changes;
        assert!(free.moved > 0.0);
        for part in [0.3, 0.7] {
            let share = part * free.share;
            let options = Rebalance { budget_share: Some(share), ..Rebalance::default() };
            match rebalance(&plan, &layers, &recipe, &options, &()) {
                Ok(r) => {
                    assert!(r.changes.moved <= share * r.changes.households, "{preset} {part}");
                    laws(&plan, &r.drawn.plan, &r.changes, &mut ids(&plan));
                }
                Err(Error::Rebalance(RebalanceError::Budget { needed, budget, .. })) => assert!(needed > budget),
                Err(other) => panic!("{preset} {part}: {other}"),
            }
        }
    }
    let (recipe, nothing) = (quick("default"), Rebalance { budget_share: Some(0.0), ..Rebalance::default() });
    let plan = draw(&layers(&recipe), &recipe, &()).unwrap().plan;
    let error = rebalance(&plan, &read_layers(&census, &recipe.layers).unwrap(), &recipe, &nothing, &()).unwrap_err();
    assert!(error.to_string().contains("moves in any case"), "{error}");
}

#[test]
fn what_is_to_stay_stays_and_what_is_wrong_is_told() {
    let census = later("freeze", &[6]).remove(0);
    let recipe = quick("default");
    let plan = draw(&layers(&recipe), &recipe, &()).unwrap().plan;
    let layers = read_layers(&census, &recipe.layers).unwrap();
    let free = adjusted(&plan, &layers, &Rebalance::default()).changes;
    let gave = free.moves.iter().find(|m| m.why == Why::Balance && m.households > 0.0).expect("something moved").from.clone();
    let frozen = adjusted(&plan, &layers, &Rebalance { freeze: BTreeSet::from([gave.clone()]), ..Rebalance::default() });
    laws(&plan, &frozen.drawn.plan, &frozen.changes, &mut ids(&plan));
    let touched = |m: &&evengrid::plan::UnitMove| m.why == Why::Balance && (m.from == gave || m.to == gave);
    assert_eq!(frozen.changes.moves.iter().find(touched), None);
    assert!(frozen.drawn.plan.grids.iter().any(|g| g.grid_id == gave && g.frozen));
    let wrong = |options: Rebalance| rebalance(&plan, &layers, &recipe, &options, &()).unwrap_err().to_string();
    assert!(wrong(Rebalance { freeze: BTreeSet::from(["nobody".into()]), ..Rebalance::default() }).contains("'nobody'"));
    let dated = adjusted(&plan, &layers, &Rebalance { valid_from: Some("2027-03-01".into()), ..Rebalance::default() }).drawn.plan;
    let early = Rebalance { valid_from: Some("2027-02-28".into()), ..Rebalance::default() };
    let early = rebalance(&dated, &layers, &recipe, &early, &()).unwrap_err().to_string();
    assert!(early.contains("2027-02-28") && early.contains("2027-03-01"), "{early}");
    assert!(wrong(Rebalance { valid_from: Some("soon".into()), ..Rebalance::default() }).contains("'soon'"));
    assert!(wrong(Rebalance { budget_share: Some(2.0), ..Rebalance::default() }).contains('2'));
}

/// A strip that changes sides goes to grids beside it, whose load is told as moved for that reason; the grids on either side keep their ids.
#[test]
fn land_that_changes_division_moves_for_that_reason() {
    let (recipe, weights) = (small_recipe(), vec![10.0; 48]);
    let plan = draw(&town(&weights, 12, 24), &recipe, &()).unwrap().plan;
    let r = adjusted(&plan, &town(&weights, 12, 28), &Rebalance::default());
    laws(&plan, &r.drawn.plan, &r.changes, &mut ids(&plan));
    assert_eq!(r.changes.moved_by.get(&Why::DivisionBorder), Some(&40.0), "{:?}", r.changes.moved_by);
    assert!(r.changes.entities.iter().any(|e| e.why == Why::DivisionBorder));
    let table = moved_csv(&r.changes);
    assert!(table.starts_with("\u{feff}entity_id,from_grid,to_grid,why\r\n") && table.contains("division-border"), "{table}");
}

/// Houses are torn down and their grid with them: heirs have its land, and what is told adds up.
#[test]
fn a_grid_whose_houses_are_gone_has_heirs() {
    let (recipe, full) = (small_recipe(), vec![10.0; 48]);
    let plan = draw(&town(&full, 12, 24), &recipe, &()).unwrap().plan;
    // the western half of the first division falls empty
    let weights: Vec<f64> = (0..48).map(|i| if i % 12 < 3 { 0.0 } else { 10.0 }).collect();
    let r = adjusted(&plan, &town(&weights, 12, 24), &Rebalance::default());
    laws(&plan, &r.drawn.plan, &r.changes, &mut ids(&plan));
    assert!(!r.changes.retired.is_empty());
    for gone in &r.changes.retired {
        assert!(gone.heirs.iter().map(|h| h.area_m2).sum::<f64>() > 100.0, "{gone:?}");
    }
    for z in &r.changes.zones {
        let was_out = z.brought_back + z.out_retired;
        assert!(was_out <= z.out_before && z.out_before - was_out <= z.out_of_band, "{z:?}");
    }
}

/// A grid that is to stay as it is and lost its houses is left out for that reason.
#[test]
fn a_frozen_grid_out_of_band_is_told_as_frozen() {
    let (recipe, full) = (small_recipe(), vec![10.0; 48]);
    let plan = draw(&town(&full, 12, 24), &recipe, &()).unwrap().plan;
    let weights: Vec<f64> = (0..48).map(|i| if i % 12 < 2 { 0.0 } else { 10.0 }).collect();
    let layers = town(&weights, 12, 24);
    let lost = |g: &&evengrid::plan::PlanGrid| g.division_id == plan.grids[0].division_id;
    let freeze: BTreeSet<String> = plan.grids.iter().filter(lost).map(|g| g.grid_id.clone()).collect();
    let r = adjusted(&plan, &layers, &Rebalance { freeze: freeze.clone(), ..Rebalance::default() });
    let told: Vec<_> = r.changes.left_out.iter().filter(|l| freeze.contains(&l.grid_id)).collect();
    assert!(!told.is_empty() && told.iter().all(|l| l.why == LeftWhy::Frozen), "{told:?}");
}

/// Layers that have nothing in common with the plan would retire all of it.
#[test]
fn layers_of_another_place_are_refused() {
    let (recipe, weights) = (small_recipe(), vec![10.0; 48]);
    let mut layers = town(&weights, 12, 24);
    let plan = draw(&layers, &recipe, &()).unwrap().plan;
    layers.divisions.iter_mut().for_each(|d| d.land.map_coords_in_place(|c| geo::Coord { x: c.x + 1.0, ..c }));
    layers.households.iter_mut().for_each(|h| h.at[0] += 1.0);
    let refused = rebalance(&plan, &layers, &recipe, &Rebalance::default(), &()).unwrap_err();
    assert!(matches!(refused, Error::Follow(FollowError::Elsewhere)), "{refused}");
}

/// A division that is called otherwise is the same land.
#[test]
fn a_division_of_another_name_keeps_its_grids() {
    let (recipe, weights) = (small_recipe(), vec![10.0; 48]);
    let before = town(&weights, 12, 24);
    let plan = draw(&before, &recipe, &()).unwrap().plan;
    let mut after = before;
    after.divisions[0].id = "renamed".into();
    let r = adjusted(&plan, &after, &Rebalance::default());
    assert_eq!((ids(&r.drawn.plan), r.changes.moved), (ids(&plan), 0.0));
    assert_eq!(
        r.drawn.plan.zones.iter().map(|z| &z.zone_id).collect::<Vec<_>>(),
        plan.zones.iter().map(|z| &z.zone_id).collect::<Vec<_>>()
    );
    laws(&plan, &r.drawn.plan, &r.changes, &mut ids(&plan));
}

#[test]
fn changes_survive_their_file_and_apply_to_no_other_plan() {
    let recipe = small_recipe();
    let weights: Vec<f64> = (0..48).map(|i| if i % 12 < 6 { 10.0 } else { 14.0 }).collect();
    let plan = draw(&town(&[10.0; 48], 12, 24), &recipe, &()).unwrap().plan;
    let r = adjusted(&plan, &town(&weights, 12, 24), &Rebalance { valid_from: Some("2027-03-01".into()), ..Rebalance::default() });
    let text = changes_json(&r.changes).unwrap();
    let read: Changes = serde_json::from_str(&text).unwrap();
    assert!(read == r.changes && text.trim_start_matches(['{', '\n', ' ']).starts_with("\"schema\""));
    assert!(matches!(read.apply(&r.drawn.plan.membership()), Err(ChangesError::OtherPlan { .. })) || r.changes.before == r.changes.after);
    let mut altered = read;
    altered.new.push(evengrid::plan::UnitAt { unit: "x".into(), grid: "y".into() });
    assert!(matches!(altered.apply(&plan.membership()), Err(ChangesError::Altered { .. })));
    assert!(r.changes.retired.iter().all(|x| x.last_day.as_deref() == Some("2027-02-28")));
}

proptest! {
    #![proptest_config(config(6))]

    /// Histories of ten censuses of a small town: houses come and go, blocks fall empty, the division border moves.
    #[test]
    fn histories_keep_all_laws(
        start in prop::collection::vec(1u32..20, 48),
        years in prop::collection::vec((prop::collection::vec((0usize..48, 0u32..40), 1..8), prop::option::weighted(0.3, 5i32..8), any::<bool>()), 10),
    ) {
        let recipe = small_recipe();
        let mut weights: Vec<f64> = start.into_iter().map(f64::from).collect();
        let mut border = 24;
        let mut plan = draw(&town(&weights, 12, border), &recipe, &()).unwrap().plan;
        let mut seen = ids(&plan);
        for (changed, moved, limited) in years {
            changed.into_iter().for_each(|(i, w)| weights[i] = f64::from(w));
            border = moved.map_or(border, |b| 4 * b);
            let layers = town(&weights, 12, border);
            let options = |share| Rebalance { budget_share: share, ..Rebalance::default() };
            let r = match rebalance(&plan, &layers, &recipe, &options(limited.then_some(0.05)), &()) {
                Err(Error::Rebalance(RebalanceError::Budget { needed, budget, .. })) => {
                    prop_assert!(needed > budget);
                    adjusted(&plan, &layers, &options(None))
                }
                other => other.unwrap(),
            };
            laws(&plan, &r.drawn.plan, &r.changes, &mut seen);
            plan = r.drawn.plan;
        }
    }
}

proptest! {
    #![proptest_config(config(1000))]

    /// Whatever an adjustment does for ten censuses, ids of survivors stay and those of the retired do not come back.
    #[test]
    fn ids_are_never_used_again(first in 1usize..30, years in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.8, 0u32..40), 0..40), 10)) {
        for of in [IdOf::Grid, IdOf::Zone] {
            let mut now = Ids::fresh(of, first);
            let mut seen: BTreeSet<String> = now.ids.iter().cloned().collect();
            for was in &years {
                let next = now.after(of, was);
                prop_assert_eq!(next.ids.iter().collect::<BTreeSet<_>>().len(), was.len());
                let mut taken = BTreeSet::new();
                for (id, was) in next.ids.iter().zip(was) {
                    match was.and_then(|w| now.ids.get(w as usize)).filter(|id| taken.insert(*id)) {
                        Some(old) => prop_assert_eq!(id, old),
                        None => prop_assert!(seen.insert(id.clone()), "{} was used again", id),
                    }
                }
                prop_assert!(next.next >= now.next);
                now = next;
            }
        }
    }
}
