//! Targets split by potential, and sales that went to somebody else's customers (R12, R21).

use super::Plan;
use super::apportion;
use super::tiers::{Tiers, ZONE};
use crate::finding::{Finding, Severity};
use crate::measure::Load;
use crate::territory::lattice::Pt;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Target of one area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Name of the level.
    pub level: String,
    /// Id of the area.
    pub area_id: String,
    /// Its potential.
    pub potential: Load,
    /// Its share of the total.
    pub target: Load,
}

/// Why nothing was split.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// No grid has any.
    #[error("no grid has a potential above 0, so that nothing says who should have how much; give another potential, or a table of it")]
    NoPotential,
    /// Not made of whole steps.
    #[error("the total {total} is no multiple of the step {step}; round one of them")]
    Step {
        /// The total.
        total: Load,
        /// The step.
        step: Load,
    },
    /// A negative potential, or one too large to be added up.
    #[error("potentials must be 0 or more and add up to less than 10¹⁵")]
    Potential,
}

/// Splits `total` in multiples of `step` over zones by potential, and what a zone has over its grids: largest remainder, of equal ones
/// the lower id first.
///
/// `potential` is that of every grid in the order of `tiers`. Sums agree exactly on every level; each zone is within one step of its quota of
/// the total, each grid within one of its quota of the zone. The territory comes first, then the levels from the top down, in each the areas
/// by id. O(n log n) for n grids.
pub fn split_target(tiers: &Tiers, potential: &[Load], total: Load, step: Load) -> Result<Vec<Target>, TargetError> {
    if step <= Load::ZERO || total.0 % step.0 != 0 {
        return Err(TargetError::Step { total, step });
    }
    let sum = potential.iter().try_fold(0i64, |sum, p| (p.0 >= 0).then(|| sum.checked_add(p.0)).flatten());
    match sum.ok_or(TargetError::Potential)? {
        0 => return Err(TargetError::NoPotential),
        sum if sum >= 1_000_000_000_000_000_000 => return Err(TargetError::Potential),
        _ => {}
    }
    let middle = tiers.level(ZONE).unwrap_or(tiers.all.len() - 1);
    let add_up = |level: usize, of_grid: &[Load]| {
        let mut sums = vec![Load::ZERO; tiers.all[level].areas.len()];
        tiers.all[level].of_grid.iter().zip(of_grid).for_each(|(&area, x)| sums[area as usize] += *x);
        sums
    };
    let zones = by_id(total, step, &add_up(middle, potential), &tiers.all[middle].areas);
    let mut of_grid = vec![Load::ZERO; tiers.grids()];
    for (zone, &share) in zones.iter().enumerate() {
        let grids = tiers.grids_of(middle, zone as u32);
        let own: Vec<Load> = grids.iter().map(|&g| potential[g as usize]).collect();
        let ids: Vec<String> = grids.iter().map(|&g| tiers.all[0].areas[g as usize].clone()).collect();
        grids.iter().zip(by_id(share, step, &own, &ids)).for_each(|(&g, share)| of_grid[g as usize] = share);
    }
    let mut out = Vec::new();
    for level in (0..tiers.all.len()).rev() {
        let tier = &tiers.all[level];
        let sums = add_up(level, potential).into_iter().zip(add_up(level, &of_grid));
        let mut targets: Vec<Target> = tier
            .areas
            .iter()
            .zip(sums)
            .map(|(id, (potential, target))| Target { level: tier.name.clone(), area_id: id.clone(), potential, target })
            .collect();
        targets.sort_by(|a, b| a.area_id.cmp(&b.area_id));
        out.extend(targets);
    }
    Ok(out)
}

/// Shares in the order of `ids`, of equal remainders that of the lower id first; nothing where there is no potential.
fn by_id(total: Load, step: Load, potential: &[Load], ids: &[String]) -> Vec<Load> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by(|a, b| ids[*a].cmp(&ids[*b]));
    let sorted: Vec<Load> = order.iter().map(|&i| potential[i]).collect();
    let mut shares = vec![Load::ZERO; ids.len()];
    let split = apportion(total, step, &sorted).unwrap_or_default();
    order.into_iter().zip(split).for_each(|(i, share)| shares[i] = share);
    shares
}

/// A row of a table of potentials, as found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Potential {
    /// Counted from 1.
    pub record: u64,
    /// Id of the grid.
    pub grid_id: String,
    /// The number; several rows of a grid add up.
    pub potential: String,
}

/// Potential of every grid from a table, and what was wrong with it by record: `grid-unknown`, `potential-unreadable`, and grids that have
/// none (`potential-missing`), which count 0.
pub fn potentials(rows: &[Potential], file: &str, tiers: &Tiers) -> (Vec<Load>, Vec<Finding>) {
    let (mut out, mut findings) = (vec![None; tiers.grids()], Vec::new());
    for row in rows {
        let mut tell = |code: &str, message: String| {
            findings.push(Finding::new(Severity::Warning, code, message).file(file).record(row.record).id(&row.grid_id));
        };
        let Some(grid) = tiers.grid(&row.grid_id) else {
            tell("grid-unknown", format!("the plan has no grid '{}'; the row was not taken", row.grid_id));
            continue;
        };
        let sum: &mut Option<Load> = &mut out[grid as usize];
        let more = Load::from_decimal(&row.potential).filter(|p| *p >= Load::ZERO);
        match more.and_then(|p| p.0.checked_add(sum.unwrap_or_default().0)) {
            Some(with) => *sum = Some(Load(with)),
            None => {
                let message = format!("'{}' is no number of 0 or more with up to three decimals; the row was not taken", row.potential);
                tell("potential-unreadable", message);
            }
        }
    }
    let without = out.iter().filter(|p| p.is_none()).count();
    if without > 0 {
        let message = format!("{without} of {} grids have no potential and get no target", out.len());
        findings.push(Finding::new(Severity::Info, "potential-missing", message).file(file).measured(without as f64).limit(0.0));
    }
    (out.into_iter().map(Option::unwrap_or_default).collect(), findings)
}

/// A row of a table of sales, as found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// Counted from 1.
    pub record: u64,
    /// Its id.
    pub sale_id: String,
    /// Who sold: id of a grid, or name of an officer with one or more grids.
    pub seller: String,
    /// Grid of the final customer; empty for that of the place.
    pub final_grid_id: String,
    /// Longitude of the final customer, degrees.
    pub lon: String,
    /// Latitude, degrees.
    pub lat: String,
    /// The amount; negative for what came back.
    pub amount: String,
}

/// A sale whose final customer lies outside the seller's territory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diverted {
    /// Record of the table, counted from 1.
    pub record: u64,
    /// Its id.
    pub sale_id: String,
    /// Who sold.
    pub seller: String,
    /// Grids of the seller.
    pub seller_grids: Vec<String>,
    /// Grid of the final customer.
    pub final_grid_id: String,
    /// The amount.
    pub amount: Load,
}

/// Sales of one seller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SellerTotal {
    /// Who sold.
    pub seller: String,
    /// Number of sales.
    pub sales: u64,
    /// Their amounts.
    pub amount: Load,
    /// Number of sales outside the own territory.
    pub diverted: u64,
    /// Their amounts.
    pub diverted_amount: Load,
    /// What others sold in the seller's territory.
    pub received_amount: Load,
}

/// Sales held against territories.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diversion {
    /// Sales outside the seller's territory, in file order.
    pub sales: Vec<Diverted>,
    /// Every seller with a sale, by name.
    pub sellers: Vec<SellerTotal>,
    /// Rows that were not taken, by record: `seller-unknown`, `grid-unknown`, `amount-unreadable`, `sale-duplicate`.
    pub findings: Vec<Finding>,
}

/// All amounts may add up to this much.
const MOST: i64 = i64::MAX / 16;

/// Finds sales whose final customer, by grid or else by place, lies outside the seller's territory (R12). O(n log n) for n sales.
pub fn diversion(sales: &[Sale], file: &str, plan: &Plan) -> Diversion {
    let mut grids_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for g in &plan.grids {
        for name in std::iter::once(g.grid_id.as_str()).chain(g.officer.as_deref()) {
            grids_of.entry(name).or_default().insert(&g.grid_id);
        }
    }
    let known: HashSet<&str> = plan.grids.iter().map(|g| g.grid_id.as_str()).collect();
    let land = sales.iter().any(|s| s.final_grid_id.is_empty()).then(|| plan.land());
    let at_place = |s: &Sale| {
        let at = Pt::from_lon_lat(s.lon.parse().ok()?, s.lat.parse().ok()?)?;
        land.as_ref()?.grid_at(at).map(|g| plan.grids[g.at()].grid_id.as_str())
    };
    let (mut out, mut seen, mut total) = (Diversion::default(), HashMap::new(), 0i64);
    let mut totals: BTreeMap<&str, SellerTotal> = BTreeMap::new();
    // amounts of others in each grid
    let mut received: BTreeMap<&str, Load> = BTreeMap::new();
    for s in sales {
        let mut tell = |code: &str, message: String| {
            out.findings.push(Finding::new(Severity::Warning, code, message).file(file).record(s.record).id(&s.sale_id));
        };
        let Some(territory) = grids_of.get(s.seller.as_str()) else {
            tell("seller-unknown", format!("'{}' is no grid and no officer of the plan; the sale was not taken", s.seller));
            continue;
        };
        let final_grid = match s.final_grid_id.as_str() {
            "" => at_place(s),
            id => known.get(id).copied(),
        };
        let Some(final_grid) = final_grid else {
            let place =
                if s.final_grid_id.is_empty() { format!("at '{}', '{}'", s.lon, s.lat) } else { format!("in '{}'", s.final_grid_id) };
            tell("grid-unknown", format!("the final customer is {place}, which is no grid of the plan; the sale was not taken"));
            continue;
        };
        let amount = Load::from_decimal(&s.amount).and_then(|a| Some((a, total.checked_add(a.0.abs()).filter(|t| *t <= MOST)?)));
        let Some((amount, sum)) = amount else {
            tell("amount-unreadable", format!("'{}' is no amount with up to three decimals; the sale was not taken", s.amount));
            continue;
        };
        if let Some(first) = seen.get(s.sale_id.as_str()).filter(|_| !s.sale_id.is_empty()) {
            tell("sale-duplicate", format!("record {first} has the same id; it counts, this one does not"));
            continue;
        }
        seen.insert(s.sale_id.as_str(), s.record);
        total = sum;
        let of_seller = totals.entry(&s.seller).or_insert_with(|| SellerTotal { seller: s.seller.clone(), ..SellerTotal::default() });
        of_seller.sales += 1;
        of_seller.amount += amount;
        if !territory.contains(final_grid) {
            of_seller.diverted += 1;
            of_seller.diverted_amount += amount;
            *received.entry(final_grid).or_default() += amount;
            out.sales.push(Diverted {
                record: s.record,
                sale_id: s.sale_id.clone(),
                seller: s.seller.clone(),
                seller_grids: territory.iter().map(|g| g.to_string()).collect(),
                final_grid_id: final_grid.to_string(),
                amount,
            });
        }
    }
    for (seller, of_seller) in &mut totals {
        of_seller.received_amount = grids_of[seller].iter().filter_map(|g| received.get(g)).copied().sum();
    }
    out.sellers = totals.into_values().collect();
    out
}
