//! The levels over which numbers of a plan add up: grids, zones, divisions, the plan's levels, and the whole territory.

use super::Plan;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Name of the level of grids.
pub const GRID: &str = "grid";
/// Name of the level of zones.
pub const ZONE: &str = "zone";
/// Name of the level of divisions that are cut.
pub const DIVISION: &str = "division";
/// Name of the top level, and id of its only area.
pub const TERRITORY: &str = "territory";

/// One level: areas, and the area in which every grid lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Its name.
    pub name: String,
    /// Ids of its areas, in the order of their first grids.
    pub areas: Vec<String>,
    /// Position among them of the area of every grid.
    pub of_grid: Vec<u32>,
    index: HashMap<String, u32>,
}

impl Tier {
    /// From the id of the area of every grid.
    pub fn new(name: &str, of_grid: impl IntoIterator<Item = String>) -> Tier {
        let mut tier = Tier { name: name.into(), areas: Vec::new(), of_grid: Vec::new(), index: HashMap::new() };
        for id in of_grid {
            let area = *tier.index.entry(id).or_insert_with_key(|id| {
                tier.areas.push(id.clone());
                tier.areas.len() as u32 - 1
            });
            tier.of_grid.push(area);
        }
        tier
    }

    /// Position of the area with that id.
    pub fn area(&self, id: &str) -> Option<u32> {
        self.index.get(id).copied()
    }
}

/// All levels of a plan, grids first and the territory last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tiers {
    /// The levels; the first has every grid as an area, at its own position, the last one area.
    pub all: Vec<Tier>,
}

impl Tiers {
    /// From ids of grids, which must be unique, and of the areas of further levels that each lies in.
    pub fn new(grids: Vec<String>, above: Vec<Tier>) -> Tiers {
        let whole = Tier::new(TERRITORY, grids.iter().map(|_| TERRITORY.into()));
        let mut all = vec![Tier::new(GRID, grids)];
        all.extend(above);
        all.push(whole);
        Tiers { all }
    }

    /// Those of a plan: zones, divisions and its levels in the order of the plan. A level with the name of one of the others is called
    /// `levels.<name>`; a grid in no area of a level lies in one without id.
    pub fn of(plan: &Plan) -> Tiers {
        let grids = || plan.grids.iter();
        let mut above =
            vec![Tier::new(ZONE, grids().map(|g| g.zone_id.clone())), Tier::new(DIVISION, grids().map(|g| g.division_id.clone()))];
        for level in &plan.levels {
            let taken = [GRID, ZONE, DIVISION, TERRITORY].contains(&level.name.as_str());
            let name = if taken { format!("levels.{}", level.name) } else { level.name.clone() };
            above.push(Tier::new(&name, grids().map(|g| g.areas.get(&level.name).cloned().unwrap_or_default())));
        }
        Tiers::new(grids().map(|g| g.grid_id.clone()).collect(), above)
    }

    /// Number of grids.
    pub fn grids(&self) -> usize {
        self.all[0].of_grid.len()
    }

    /// Position of the grid with that id.
    pub fn grid(&self, id: &str) -> Option<u32> {
        self.all[0].area(id)
    }

    /// Position of the level of that name.
    pub fn level(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|t| t.name == name)
    }

    /// Names of all levels, for messages.
    pub fn names(&self) -> String {
        self.all.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The area of every level that holds all of these grids, none where there is no single one.
    pub fn around(&self, grids: &[u32]) -> Vec<Option<u32>> {
        let of = |tier: &Tier| {
            let mut areas = grids.iter().map(|&g| tier.of_grid[g as usize]);
            let first = areas.next()?;
            areas.all(|a| a == first).then_some(first)
        };
        self.all.iter().map(of).collect()
    }

    /// Grids of an area.
    pub fn grids_of(&self, level: usize, area: u32) -> Vec<u32> {
        let of_grid = self.all[level].of_grid.iter().enumerate();
        of_grid.filter(|(_, a)| **a == area).map(|(g, _)| g as u32).collect()
    }
}
