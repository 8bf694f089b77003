//! A plan adjusted to new layers (R31, R40).

use super::balance::Balanced;
use super::follow::{Decided, Follow, first_day, kept, of_this_place};
use super::{Drawn, Error, ground, or_stopped};
use crate::measure::{Load, LockKind};
use crate::plan::{Changes, Plan, Why, ancestry};
use crate::recipe::Recipe;
use crate::territory::Lock;
use crate::territory::layers::Layers;
use crate::watch::Watch;
use std::collections::BTreeSet;

/// What a planner may decide on a re-balance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rebalance {
    /// Most of the load that may move in all, as a share of it.
    pub budget_share: Option<f64>,
    /// Ids of grids that stay as they are.
    pub freeze: BTreeSet<String>,
    /// First day of the new plan, `YYYY-MM-DD`.
    pub valid_from: Option<String>,
}

/// Why a plan cannot be adjusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebalanceError {
    /// A share that is none.
    #[error("a budget of {share} is no share of the load; give a number from 0 to 1")]
    Share {
        /// What was given.
        share: f64,
    },
    /// Less may move than moves whatever one does.
    #[error(
        "a load of {needed} of {total} ({:.2} %) moves in any case, {by_itself} of it by itself (land cut otherwise, division borders, kinds of \
         grid) and the rest so that grids are whole; the budget allows {budget}: raise it", 100.0 * needed.units() / total.units().max(1e-9)
    )]
    Budget {
        /// Load that moves in any case.
        needed: Load,
        /// Load among it that nobody decides on.
        by_itself: Load,
        /// Load that may move.
        budget: Load,
        /// All load.
        total: Load,
    },
    /// A grid that is not in the plan.
    #[error("grid '{grid_id}' is to stay as it is, but the plan has no such grid; give ids of the plan's grids")]
    Frozen {
        /// Its id.
        grid_id: String,
    },
}

/// A plan that was adjusted.
#[derive(Clone, Debug)]
pub struct Rebalanced {
    /// The new plan with all that was made on the way.
    pub drawn: Drawn,
    /// What changed.
    pub changes: Changes,
}

/// Adjusts `plan` to new layers with little load moved (R31, R40).
///
/// Units are matched to the land of the plan. Zones stay, a zone in which nothing changed is not touched, the others are adjusted by
/// [`adjust`](crate::partition::adjust()). The same layers and recipe give the same plan again. Runs on the current rayon pool; the result does not
/// depend on its size. `watch` is told of progress and may stop the work.
pub fn rebalance(plan: &Plan, layers: &Layers, recipe: &Recipe, options: &Rebalance, watch: &dyn Watch) -> Result<Rebalanced, Error> {
    or_stopped(watch, || {
        if let Some(share) = options.budget_share.filter(|s| !(0.0..=1.0).contains(s)) {
            return Err(RebalanceError::Share { share }.into());
        }
        let valid_from = first_day(plan, options.valid_from.as_deref())?;
        let locks = locks(plan, &options.freeze)?;
        let ground = ground(layers, recipe, &locks, watch)?;
        watch.stage("match");
        let ancestry = of_this_place(ancestry(plan, &ground.territory, &ground.fabric))?;
        let (kept, dedicated_was) = kept(plan, &ground, &ancestry);
        let follow = Follow::new(plan, ground, ancestry, kept, dedicated_was, (recipe, watch))?;
        let past = follow.past(&follow.kept, recipe);
        watch.stage("partition");
        let Balanced { adjusted, budgets, budget } = follow.work(&past.same, watch).balance(&follow.by_itself(), options.budget_share)?;
        let decided = Decided { past, adjusted, budgets, budget, by: Why::Balance, valid_from };
        let (drawn, changes) = follow.conclude(decided, layers, recipe, watch)?;
        Ok(Rebalanced { drawn, changes })
    })
}

/// Grids that stay as they are, as areas drawn by a planner; dedicated ones are as large as what they are for.
fn locks(plan: &Plan, freeze: &BTreeSet<String>) -> Result<Vec<Lock>, RebalanceError> {
    if freeze.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(id) = freeze.iter().find(|id| plan.grids.iter().all(|g| g.grid_id != **id)) {
        return Err(RebalanceError::Frozen { grid_id: id.clone() });
    }
    let frozen = plan.grids.iter().zip(plan.grid_land()).filter(|(g, _)| g.is_ordinary() && freeze.contains(&g.grid_id));
    let lock = |(record, (g, land)): (usize, (&crate::plan::PlanGrid, Vec<Vec<Vec<_>>>))| Lock {
        kind: LockKind::Frozen,
        id: g.grid_id.clone(),
        seeds: false,
        places: Vec::new(),
        rings: land.into_iter().flatten().collect(),
        file: "grids to freeze".into(),
        record: record as u64 + 1,
    };
    Ok(frozen.enumerate().map(lock).collect())
}
