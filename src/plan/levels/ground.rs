//! What all levels stand on: grids with their loads, their units and their borders.

use super::Named;
use crate::cut::Fabric;
use crate::measure::{DivisionId, Load, UnitId};
use crate::plan::Plan;
use crate::territory::Territory;
use crate::watch::Watch;
use std::collections::BTreeMap;

pub(super) struct Ground<'a> {
    pub plan: &'a Plan,
    pub t: &'a Territory,
    pub fabric: &'a Fabric,
    /// Load of every grid.
    pub load: Vec<Load>,
    /// Units of every grid.
    pub units: Vec<Vec<UnitId>>,
    /// Grids that share a border, the lower number first, with what it costs to part them.
    pub borders: BTreeMap<(u32, u32), u64>,
    /// Divisions that share a border, either way round, with its length in metres.
    pub beside: BTreeMap<(DivisionId, DivisionId), f64>,
    positions: BTreeMap<&'a str, usize>,
    /// Asked whether to go on.
    pub watch: &'a dyn Watch,
}

impl<'a> Ground<'a> {
    pub fn new(plan: &'a Plan, t: &'a Territory, fabric: &'a Fabric, watch: &'a dyn Watch) -> Ground<'a> {
        let grid = |u: UnitId| plan.fabric.units[u.at()].grid;
        let (mut load, mut units) = (vec![Load::ZERO; plan.grids.len()], vec![Vec::new(); plan.grids.len()]);
        for (u, unit) in fabric.units.iter().enumerate() {
            let g = grid(UnitId::new(u)) as usize;
            load[g] += unit.load;
            units[g].push(UnitId::new(u));
        }
        let (mut borders, mut beside) = (BTreeMap::new(), BTreeMap::new());
        for b in fabric.borders.iter().filter(|b| b.length_m > 0.0) {
            let Some(other) = b.b else { continue };
            let (g, h) = (grid(b.a), grid(other));
            if g != h {
                *borders.entry((g.min(h), g.max(h))).or_default() += b.cost;
            }
            let (d, e) = (fabric.units[b.a.at()].division, fabric.units[other.at()].division);
            if d != e {
                *beside.entry((d, e)).or_default() += b.length_m;
                *beside.entry((e, d)).or_default() += b.length_m;
            }
        }
        let positions = t.divisions.iter().enumerate().map(|(i, d)| (d.id.as_str(), i)).collect();
        Ground { plan, t, fabric, load, units, borders, beside, positions, watch }
    }

    /// Number of grids.
    pub fn len(&self) -> usize {
        self.load.len()
    }

    /// Position of a division that is cut.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// What a division that is cut is called.
    pub fn division(&self, id: &str) -> Named {
        match self.position(id) {
            Some(at) => Named::of(&self.t.divisions[at]),
            None => Named { id: id.to_string(), name: id.to_string(), code: None },
        }
    }
}
