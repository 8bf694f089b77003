//! Plans and what is told of them as documents; each says its schema among its own keys.

use super::compare::Comparison;
use super::{Changes, Plan, Report};
use crate::document::Document;
use crate::territory::lattice::Pt;
use std::collections::BTreeSet;

impl Document for Report {
    const KIND: &'static str = "report";
}

impl Document for Changes {
    const KIND: &'static str = "changes";
}

impl Document for Comparison {
    const KIND: &'static str = "comparison";
}

impl Document for Plan {
    const KIND: &'static str = "plan";

    fn consistent(&self) -> Result<(), String> {
        let (grids, units, classes) = (self.grids.len() as u32, self.fabric.units.len() as u32, self.fabric.classes.len());
        let unit = |u: Option<u32>| u.is_none_or(|u| u < units);
        let grid = |g: Option<u32>| g.is_none_or(|g| g < grids);
        let known = self.fabric.arcs.iter().all(|a| unit(a.left) && unit(a.right) && usize::from(a.class) < classes)
            && self.fabric.units.iter().all(|u| u.grid < grids)
            && self.attachments.iter().all(|a| grid(a.grid) && grid(a.runner_up))
            && self.served.iter().flatten().all(|s| s.grid < grids);
        if !known {
            return Err("it refers to grids, units or classes that it does not have".into());
        }
        let on_the_globe = |p: &Pt| Pt::from_lon_lat(p.lon_lat()[0], p.lon_lat()[1]).is_some();
        // where an arc begins a border of its units goes on from another one, and the other way round where it ends
        let mut ends: Vec<(u32, Pt, i8)> = Vec::new();
        for (at, arc) in self.fabric.arcs.iter().enumerate() {
            let line = arc.line();
            if !line.iter().all(on_the_globe) {
                return Err(format!("arc {} of its fabric leaves the globe", at + 1));
            }
            if let (Some(first), Some(last)) = (line.first(), line.last()) {
                ends.extend(arc.left.into_iter().flat_map(|u| [(u, *first, 1), (u, *last, -1)]));
                ends.extend(arc.right.into_iter().flat_map(|u| [(u, *first, -1), (u, *last, 1)]));
            }
        }
        ends.sort_unstable();
        let open = |run: &&[(u32, Pt, i8)]| run.iter().map(|e| i64::from(e.2)).sum::<i64>() != 0;
        if let Some(run) = ends.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).find(open) {
            let [lon, lat] = run[0].1.lon_lat();
            return Err(format!("the border of unit {} is open at {lon}, {lat}", run[0].0));
        }
        let zones: BTreeSet<&str> = self.zones.iter().map(|z| z.zone_id.as_str()).collect();
        let mut ids = BTreeSet::new();
        for g in &self.grids {
            if !ids.insert(&g.grid_id) {
                return Err(format!("the grid '{}' stands there twice", g.grid_id));
            }
            if !zones.contains(g.zone_id.as_str()) {
                return Err(format!("the grid '{}' is in the zone '{}', which it does not have", g.grid_id, g.zone_id));
            }
        }
        Ok(())
    }
}
