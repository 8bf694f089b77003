//! What attachment needs of a plan.

use super::Plan;
use crate::attach::{Border, GridNames, Land, Sites};
use crate::measure::GridId;

impl Plan {
    /// Where its grids lie.
    pub fn land(&self) -> Land {
        let own = |label: u32| label.checked_sub(1).map(GridId);
        let sides = self.sides(|u| self.fabric.units[u as usize].grid + 1);
        Land::new(self.provenance.plane, sides.into_iter().map(|(a, b, l, r)| Border { a, b, left: own(l), right: own(r) }))
    }

    /// What its grids are called.
    pub fn grid_names(&self) -> Vec<GridNames> {
        let names = |g: &super::PlanGrid| GridNames {
            grid_id: g.grid_id.clone(),
            code: g.code.clone(),
            zone_id: g.zone_id.clone(),
            division_id: g.division_id.clone(),
        };
        self.grids.iter().map(names).collect()
    }

    /// Its stations with the grids that they serve; empty where its zones do not follow coverage.
    pub fn station_sites(&self) -> Sites {
        let share = |s: &super::PlanShare| (GridId(s.grid), s.share);
        let stations = self.stations.iter().zip(&self.served);
        Sites::new(stations.map(|(s, grids)| (s.station_id.clone(), grids.iter().map(share).collect())))
    }

    /// Areas of every level from the grids up to the whole, each with the area of every grid, for roll-ups: its name, ids of its
    /// areas, and the position of the area of every grid.
    pub fn roll_up(&self) -> Vec<RollUp> {
        let by = |level: &str, ids: Vec<String>, of: &dyn Fn(&super::PlanGrid) -> Option<String>| {
            let position: std::collections::HashMap<&str, usize> = ids.iter().enumerate().map(|(i, id)| (id.as_str(), i)).collect();
            let area_of = self.grids.iter().map(|g| of(g).and_then(|id| position.get(id.as_str()).copied())).collect();
            RollUp { level: level.to_string(), area_of, ids }
        };
        let mut divisions: Vec<String> = self.zones.iter().map(|z| z.division_id.clone()).collect();
        divisions.dedup();
        let mut all = vec![
            by("grid", self.grids.iter().map(|g| g.grid_id.clone()).collect(), &|g| Some(g.grid_id.clone())),
            by("zone", self.zones.iter().map(|z| z.zone_id.clone()).collect(), &|g| Some(g.zone_id.clone())),
            by("division", divisions, &|g| Some(g.division_id.clone())),
        ];
        for level in self.levels.iter().rev() {
            let ids = level.areas.iter().map(|a| a.area_id.clone()).collect();
            all.push(by(&level.name, ids, &|g| g.areas.get(&level.name).cloned()));
        }
        all.push(RollUp { level: "territory".into(), ids: vec!["territory".into()], area_of: vec![Some(0); self.grids.len()] });
        all
    }
}

/// One level for roll-ups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollUp {
    /// Its name.
    pub level: String,
    /// Ids of its areas.
    pub ids: Vec<String>,
    /// Position of the area of every grid; none where it is in no area of this level.
    pub area_of: Vec<Option<usize>>,
}
