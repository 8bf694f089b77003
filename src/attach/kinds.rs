//! Customers by class, and what kind of grid an ordinary one is like (R5).

use crate::cut::Fabric;
use crate::measure::GridId;
use crate::recipe::{KindRule, Recipe};
use crate::territory::lattice::Pt;
use crate::territory::{Territory, Uses, covered};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Customers by class of every grid: the points inside that have a class, each counting 1 whatever its load. Points without class
/// are no customers. O(n) for n points.
pub fn class_counts(
    territory: &Territory,
    fabric: &Fabric,
    grid_of_unit: &[GridId],
    grids: usize,
    recipe: &Recipe,
) -> Vec<BTreeMap<String, u32>> {
    if recipe.classes.is_empty() {
        return vec![BTreeMap::new(); grids];
    }
    let mut counts = vec![vec![0u32; recipe.classes.len()]; grids];
    for (p, u) in territory.points.iter().zip(&fabric.unit_of_point) {
        if let (Some(class), Some(u)) = (p.class, u) {
            counts[grid_of_unit[u.at()].at()][class as usize] += 1;
        }
    }
    let named = |row: Vec<u32>| recipe.classes.iter().zip(row).filter(|(_, n)| *n > 0).map(|(c, n)| (c.name.clone(), n)).collect();
    counts.into_iter().map(named).collect()
}

/// The first rule with `carve = false` that every grid is like, by its kind; none where it is like no rule.
///
/// A grid is like a rule when enough of its customers, `counts`, are of the rule's classes and enough of its land is of the rule's uses;
/// what the rule does not name is not asked for. O(n log n) for n units and vertices beside land use.
pub fn characters(
    territory: &Territory,
    fabric: &Fabric,
    grid_of_unit: &[GridId],
    counts: &[BTreeMap<String, u32>],
    recipe: &Recipe,
) -> Vec<Option<String>> {
    let (mut out, uses) = (vec![None; counts.len()], Uses::new(&territory.land_use));
    for rule in recipe.kinds.iter().filter(|rule| !rule.carve) {
        let land = (!rule.landuse.is_empty()).then(|| land_of(&uses, fabric, grid_of_unit, counts.len(), rule));
        for (g, (kind, classes)) in out.iter_mut().zip(counts).enumerate() {
            let own = classes.iter().filter(|(name, _)| rule.classes.contains(name)).map(|c| c.1).sum();
            let customers = rule.classes.is_empty() || rule.is_concentration(own, classes.values().sum());
            let area = land.as_ref().is_none_or(|l| l[g][0] >= rule.share * l[g][1] - 1e-6 && l[g][0] >= rule.min_area_m2);
            if kind.is_none() && customers && area {
                *kind = Some(rule.kind.clone());
            }
        }
    }
    out
}

/// Land of the rule's uses and all land of every grid, m².
fn land_of(uses: &Uses<'_>, fabric: &Fabric, grid_of_unit: &[GridId], grids: usize, rule: &KindRule) -> Vec<[f64; 2]> {
    let of_unit = |u: &crate::cut::Unit| {
        let lands = uses.near(&u.rings).into_iter().filter(|(_, l)| rule.is_about(&l.kind, l.name.as_deref()));
        let rings: Vec<&[Vec<Pt>]> = lands.map(|(_, l)| l.rings.as_slice()).collect();
        if rings.is_empty() { 0.0 } else { u.area_m2 * covered(&u.rings, &rings) }
    };
    let own: Vec<f64> = fabric.units.par_iter().map(of_unit).collect();
    let mut out = vec![[0.0; 2]; grids];
    for ((unit, own), g) in fabric.units.iter().zip(own).zip(grid_of_unit) {
        let sum = &mut out[g.at()];
        *sum = [sum[0] + own, sum[1] + unit.area_m2];
    }
    out
}
