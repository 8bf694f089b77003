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
}
