//! Levels above the grids (R9, R13, R32): every grid lies in one area of each, and the areas of a tree are nested.

mod above;
mod gather;
mod ground;

use super::Plan;
use crate::cut::Fabric;
use crate::finding::{Finding, Severity, few};
use crate::graph::GraphError;
use crate::measure::Load;
use crate::partition::PartitionError;
use crate::recipe::{LevelBy, LevelRule, Recipe, Tree};
use crate::territory::layers::Layers;
use crate::territory::{Division, Territory};
use crate::watch::Watch;
use above::{Above, Node};
use ground::Ground;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A level above the grids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanLevel {
    /// Its name.
    pub name: String,
    /// The tree it belongs to.
    pub tree: Tree,
    /// What its areas are made by, as in a recipe.
    pub by: String,
    /// Its areas, in the order of their first grids.
    pub areas: Vec<PlanArea>,
}

/// An area of a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanArea {
    /// Its id, unique in its level.
    pub area_id: String,
    /// Official code of the division that it is.
    pub code: Option<String>,
    /// Display name.
    pub name: String,
    /// Id of the area above, of the next level up in the same tree; none at the top.
    pub parent: Option<String>,
    /// Ids of the divisions in which its grids lie.
    pub divisions: Vec<String>,
    /// Ids of its grids.
    pub grids: Vec<String>,
    /// Load, units of the input.
    pub households: f64,
    /// Area in m².
    pub area_m2: f64,
    /// Person in charge.
    pub officer: Option<String>,
}

/// Why a level could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LevelError {
    /// Areas could not be put together.
    #[error("level '{level}' in '{within}': {source}")]
    Partition {
        /// Its name.
        level: String,
        /// Name of the area that was divided.
        within: String,
        /// What went wrong.
        source: PartitionError,
    },
    /// Areas make no graph.
    #[error("level '{level}': {source}")]
    Graph {
        /// Its name.
        level: String,
        /// What went wrong.
        source: GraphError,
    },
}

/// A level while it is made.
struct Level {
    areas: Vec<Named>,
    /// Area of every grid.
    of_grid: Vec<u32>,
}

/// What an area is called.
#[derive(Clone, Debug)]
struct Named {
    id: String,
    name: String,
    code: Option<String>,
}

impl Named {
    fn of(d: &Division) -> Named {
        Named { id: d.id.clone(), name: d.name.clone(), code: d.code.clone() }
    }
}

impl Level {
    /// From a name of every grid, areas in the order of their first grids.
    fn new(of_grid: impl Iterator<Item = Named>) -> Level {
        let (mut areas, mut known) = (Vec::new(), BTreeMap::new());
        let number = |named: Named| {
            *known.entry(named.id.clone()).or_insert_with(|| {
                areas.push(named);
                areas.len() as u32 - 1
            })
        };
        let of_grid = of_grid.map(number).collect();
        Level { areas, of_grid }
    }

    fn grids(&self) -> Vec<Vec<usize>> {
        let mut out = vec![Vec::new(); self.areas.len()];
        self.of_grid.iter().enumerate().for_each(|(g, &a)| out[a as usize].push(g));
        out
    }
}

/// Adds the levels of the recipe to a plan (R9, R13, R32).
///
/// Levels of a tree are made from the bottom up: a division that was found for one level is followed on from there, so that levels by
/// division are nested. Partitions come last, the lowest first. O(units × vertices of the outlines above) and a partition of every area.
pub fn add_levels(
    plan: &mut Plan,
    layers: &Layers,
    territory: &Territory,
    fabric: &Fabric,
    recipe: &Recipe,
    watch: &dyn Watch,
) -> Result<Vec<Finding>, LevelError> {
    let mut findings = Vec::new();
    let mut rows = Vec::with_capacity(recipe.levels.len());
    if !recipe.levels.is_empty() {
        let ground = Ground::new(plan, territory, fabric, watch);
        for tree in recipe.levels.chunk_by(|a, b| a.tree == b.tree) {
            let levels = tree_of(tree, &ground, layers, recipe, &mut findings)?;
            rows.extend(nested(tree, &levels, &ground, &mut findings));
        }
    }
    for level in &rows {
        let areas = level.areas.iter().flat_map(|a| a.grids.iter().map(move |g| (g.as_str(), &a.area_id)));
        let area: BTreeMap<&str, &String> = areas.collect();
        plan.grids.iter_mut().for_each(|g| {
            g.areas.insert(level.name.clone(), area[g.grid_id.as_str()].clone());
        });
    }
    plan.levels = rows;
    Ok(findings)
}

/// The levels of one tree, the top first.
fn tree_of(
    tree: &[LevelRule],
    ground: &Ground<'_>,
    layers: &Layers,
    recipe: &Recipe,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Level>, LevelError> {
    let above = Above::new(ground, layers);
    let mut nodes: Vec<Node> = (0..ground.t.divisions.len()).map(Node::Cut).collect();
    let mut levels: Vec<Option<Level>> = tree.iter().map(|_| None).collect();
    for (rule, level) in tree.iter().zip(&mut levels).rev() {
        *level = match &rule.by {
            LevelBy::Division { level, scheme } => Some(above.divisions(rule, *level, scheme.as_deref(), &mut nodes, findings)),
            LevelBy::ReportsTo => Some(above.reports_to(rule, recipe, &mut nodes, findings)),
            LevelBy::Lists(lists) => Some(by_lists(rule, lists, ground, recipe, findings)),
            LevelBy::Cut => Some(Level::new(ground.plan.grids.iter().map(|g| ground.division(&g.division_id)))),
            LevelBy::Zones => {
                let names: BTreeMap<&str, &str> = ground.plan.zones.iter().map(|z| (z.zone_id.as_str(), z.name.as_str())).collect();
                let named = |id: &String| Named { id: id.clone(), name: names.get(id.as_str()).unwrap_or(&"").to_string(), code: None };
                Some(Level::new(ground.plan.grids.iter().map(|g| named(&g.zone_id))))
            }
            LevelBy::Partition { .. } => None,
        };
    }
    for at in (0..tree.len()).rev() {
        if let LevelBy::Partition { target, tolerance } = tree[at].by {
            let band = crate::measure::Band::around(target, tolerance);
            let fixed = |at: &usize| !matches!(tree[*at].by, LevelBy::Partition { .. });
            let up = (0..at).rev().find(fixed).and_then(|up| levels[up].as_ref());
            let within: Vec<Named> = match up {
                Some(level) => level.of_grid.iter().map(|&a| level.areas[a as usize].clone()).collect(),
                None => vec![Named { id: String::new(), name: String::new(), code: None }; ground.len()],
            };
            let below = levels.get(at + 1).and_then(Option::as_ref);
            let level = gather::gather(&tree[at], band, ground, below, Level::new(within.into_iter()), recipe, findings)?;
            if !(0..at).any(|up| fixed(&up)) {
                findings.extend(across(&tree[at], &level, ground));
            }
            levels[at] = Some(level);
        }
    }
    Ok(levels.into_iter().flatten().collect())
}

/// Areas by partition that lie in several divisions, where no level above keeps them apart.
fn across(rule: &LevelRule, level: &Level, ground: &Ground<'_>) -> Option<Finding> {
    let divisions = |grids: Vec<usize>| grids.into_iter().map(|g| &ground.plan.grids[g].division_id).collect::<BTreeSet<_>>().len();
    let crossing = level.grids().into_iter().filter(|grids| divisions(grids.clone()) > 1).count();
    let message = format!(
        "{crossing} of {} areas of level '{}' lie in several divisions, as no level above keeps them apart; set one up to keep them inside, such as by = \"division\"",
        level.areas.len(),
        rule.name
    );
    let finding = Finding::new(Severity::Info, "level-across-divisions", message).id(&rule.name);
    (crossing > 0).then(|| finding.measured(crossing as f64).limit(0.0))
}

/// Areas that the recipe lists; a division in no list is one of its own.
fn by_lists(
    rule: &LevelRule,
    lists: &BTreeMap<String, Vec<String>>,
    ground: &Ground<'_>,
    recipe: &Recipe,
    findings: &mut Vec<Finding>,
) -> Level {
    let list_of: BTreeMap<&str, &String> = lists.iter().flat_map(|(name, ids)| ids.iter().map(move |id| (id.as_str(), name))).collect();
    let known = || ground.t.divisions.iter().map(|d| d.id.as_str());
    let meant = |(id, list): (&&str, &&String)| {
        let part_of = recipe.areas.iter().find(|a| a.of.iter().any(|of| of == id)).map(|a| a.id.as_str());
        let near: Vec<&str> = part_of.into_iter().chain(crate::recipe::near(id, known())).collect();
        let meant = if near.is_empty() { String::new() } else { format!(", meant is {}?", near.join(" or ")) };
        format!("'{id}' (list '{list}'{meant})")
    };
    let unknown: Vec<String> = list_of.iter().filter(|(id, _)| !known().any(|k| k == **id)).map(meant).collect();
    if !unknown.is_empty() {
        let message = format!("{} ids of [levels.{}] lists are of no division that is cut: {}", unknown.len(), rule.name, few(&unknown));
        let finding = Finding::new(Severity::Violation, "level-list-unknown", message).id(&rule.name);
        findings.push(finding.measured(unknown.len() as f64).limit(0.0));
    }
    let missing: Vec<&Division> = ground.t.divisions.iter().filter(|d| !list_of.contains_key(d.id.as_str())).collect();
    if let Some(first) = missing.first() {
        let ids: Vec<&str> = missing.iter().map(|d| d.id.as_str()).collect();
        let message = format!(
            "{} of {} divisions stand in no list of [levels.{}] and are areas of their own there: {}; add them to one",
            missing.len(),
            ground.t.divisions.len(),
            rule.name,
            few(&ids)
        );
        let finding = Finding::new(Severity::Violation, "level-list-missing", message).file(&first.file).record(first.record);
        findings.push(finding.id(&rule.name).measured(missing.len() as f64).limit(0.0));
    }
    Level::new(ground.plan.grids.iter().map(|g| match list_of.get(g.division_id.as_str()) {
        Some(list) => Named { id: (*list).clone(), name: (*list).clone(), code: None },
        // not the list that may have its name
        None => {
            let own = ground.division(&g.division_id);
            let id = if lists.contains_key(&own.id) { format!("{}#2", own.id) } else { own.id };
            Named { id, ..own }
        }
    }))
}

/// Rows of a tree with the links between its levels; an area whose grids lie in several areas above is told.
fn nested(tree: &[LevelRule], levels: &[Level], ground: &Ground<'_>, findings: &mut Vec<Finding>) -> Vec<PlanLevel> {
    let grids = &ground.plan.grids;
    let mut rows = Vec::with_capacity(levels.len());
    for (at, (rule, level)) in tree.iter().zip(levels).enumerate() {
        let upper = at.checked_sub(1).map(|up| (&tree[up].name, &levels[up]));
        let area = |(own, named): (Vec<usize>, &Named)| {
            let parent = upper.map(|(name, upper)| {
                let mut land: BTreeMap<u32, f64> = BTreeMap::new();
                own.iter().for_each(|&g| *land.entry(upper.of_grid[g]).or_default() += grids[g].area_m2);
                if land.len() > 1 {
                    let split = land.keys().map(|&a| {
                        let inside = own.iter().filter(|g| upper.of_grid[**g] == a);
                        let divisions: BTreeSet<&str> = inside.map(|g| grids[*g].division_id.as_str()).collect();
                        format!("'{}' ({})", upper.areas[a as usize].id, divisions.into_iter().collect::<Vec<_>>().join(", "))
                    });
                    let split = split.collect::<Vec<_>>().join(" and ");
                    let message = format!(
                        "an area of level '{}' lies in several of level '{name}': {split}; it follows the one with the largest part of its land",
                        rule.name
                    );
                    let finding = Finding::new(Severity::Violation, "level-not-nested", message).id(&named.id);
                    findings.push(finding.measured(land.len() as f64).limit(1.0));
                }
                let most = land.iter().max_by(|x, y| x.1.total_cmp(y.1).then(y.0.cmp(x.0))).map_or(0, |m| *m.0);
                upper.areas[most as usize].id.clone()
            });
            let mut divisions: Vec<String> = own.iter().map(|&g| grids[g].division_id.clone()).collect();
            let mut seen = BTreeSet::new();
            divisions.retain(|d| seen.insert(d.clone()));
            PlanArea {
                area_id: named.id.clone(),
                code: named.code.clone(),
                name: named.name.clone(),
                parent,
                divisions,
                grids: own.iter().map(|&g| grids[g].grid_id.clone()).collect(),
                households: own.iter().map(|&g| ground.load[g]).sum::<Load>().units(),
                area_m2: super::make::round(own.iter().map(|&g| grids[g].area_m2).sum(), 2),
                officer: None,
            }
        };
        let areas = level.grids().into_iter().zip(&level.areas).map(area).collect();
        rows.push(PlanLevel { name: rule.name.clone(), tree: rule.tree, by: rule.by.name().to_string(), areas });
    }
    rows
}
