//! A plan that was edited by hand (R41, R42).

use super::follow::{Decided, Follow, first_day, kept, of_this_place};
use super::{Drawn, Error, ground, or_stopped};
use crate::finding::{Finding, Severity};
use crate::measure::UnitId;
use crate::partition::Adjusted;
use crate::plan::edited::{Drawing, edited, redraw, settle, tell_born};
use crate::plan::{AsFound, Changes, Plan, Why, ancestry};
use crate::recipe::Recipe;
use crate::territory::layers::Layers;
use crate::watch::Watch;
use crate::zones::Zone;
use std::collections::{BTreeMap, BTreeSet};

/// What a planner may decide on an edited plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// First day of the new plan, `YYYY-MM-DD`.
    pub valid_from: Option<String>,
    /// Mend what no plan may have (grids across divisions or in pieces, broken locks) instead of refusing it.
    pub clean: bool,
}

/// Why an edited plan was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// It breaks rules that no plan may break.
    #[error("the edit breaks {} rules that no plan may break: {}; draw it otherwise, or have it cleaned", violations(.findings).count(), told(.findings))]
    Refused {
        /// All that was told of the edit, violations among it.
        findings: Vec<Finding>,
    },
}

fn violations(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|f| f.severity == Severity::Violation)
}

fn told(findings: &[Finding]) -> String {
    crate::finding::few(&violations(findings).map(Finding::to_string).collect::<Vec<_>>())
}

/// An edited plan that was accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The new plan with all that was made on the way.
    pub drawn: Drawn,
    /// What changed.
    pub changes: Changes,
    /// What was told of the edit; the report has it as well.
    pub findings: Vec<Finding>,
}

/// Makes a plan of the grids that a planner redrew in `edited`, a file of grids of `plan` (R41, R42).
///
/// Units go whole to the grid that has most of them. Grids keep their ids, officers and kinds; a grid that is new in the file gets a new id, one whose land
/// others have is retired. Zones and locks stay. How even the grids are is told as of a drawn plan and never refused. An unedited file gives the same
/// plan again. Runs on the current rayon pool; the result does not depend on its size. `watch` is told of progress and may stop the work.
pub fn accept(
    plan: &Plan,
    found: &AsFound,
    layers: &Layers,
    recipe: &Recipe,
    options: &Accept,
    watch: &dyn Watch,
) -> Result<Accepted, Error> {
    or_stopped(watch, || {
        let valid_from = first_day(plan, options.valid_from.as_deref())?;
        let mut ground = ground(layers, recipe, &[], watch)?;
        watch.stage("match");
        let ancestry = of_this_place(ancestry(plan, &ground.territory, &ground.fabric))?;
        let before = ancestry.grid.clone();
        let edit = edited(plan, found, &ground.territory, &ground.fabric, &before);
        let (mut label, mut findings) = (edit.label, edit.findings);
        findings.extend(other_layers(plan, layers));
        let (_, was) = kept(plan, &ground, &ancestry);
        let (dedicated, told) =
            redraw(plan, &ground.fabric, std::mem::take(&mut ground.dedicated), &was, &mut label, &before, options.clean);
        ground.dedicated = dedicated;
        findings.extend(told);
        let (kept, dedicated_was) = kept(plan, &ground, &ancestry);
        let mut follow = Follow::new(plan, ground, ancestry, kept, dedicated_was, (recipe, watch))?;
        let settled = settle(
            &Drawing {
                old: plan,
                territory: &follow.ground.territory,
                fabric: &follow.ground.fabric,
                zones: &follow.zones,
                previous: &follow.previous,
                before: &before,
                fresh: &edit.fresh,
                clean: options.clean,
            },
            &label,
        );
        findings.extend(settled.findings);
        if violations(&findings).next().is_some() {
            return Err(AcceptError::Refused { findings }.into());
        }
        let is_old = |l: &u32| (*l as usize) < plan.grids.len();
        let mut now = follow.kept.clone();
        for (zone, labels) in follow.zones.iter().zip(&settled.labels) {
            zone.clusters.iter().zip(labels).for_each(|(c, l)| c.iter().for_each(|u: &UnitId| now[u.at()] = Some(*l).filter(is_old)));
        }
        let past = follow.past(&now, recipe);
        watch.stage("partition");
        let drawn = |(zone, labels): (&Zone, &Vec<u32>)| {
            let of = || follow.ground.territory.division(zone.division).id.clone();
            let mut as_drawn = Adjusted::labelled(&zone.problem, labels).map_err(|source| Error::Partition { division: of(), source })?;
            as_drawn.was.iter_mut().for_each(|w| *w = w.filter(is_old));
            Ok(as_drawn)
        };
        let adjusted = follow.zones.iter().zip(&settled.labels).map(drawn).collect::<Result<Vec<Adjusted>, Error>>()?;
        // units by which new grids are found again once they have ids
        let mut first: BTreeMap<u32, UnitId> = BTreeMap::new();
        for (zone, labels) in follow.zones.iter().zip(&settled.labels) {
            zone.clusters.iter().zip(labels).for_each(|(c, l)| {
                first.entry(*l).or_insert(c[0]);
            });
        }
        follow.findings.extend(findings.iter().cloned());
        let budgets = vec![None; adjusted.len()];
        let decided = Decided { past, adjusted, budgets, budget: None, by: Why::Edited, valid_from };
        let (mut drawn, changes) = follow.conclude(decided, layers, recipe, watch)?;
        let id = |l: u32| Some(drawn.plan.grids[drawn.plan.fabric.units[first.get(&l)?.at()].grid as usize].grid_id.clone());
        let born = tell_born(plan, &edit.fresh, id);
        drawn.report.findings.extend(born.iter().cloned());
        findings.extend(born);
        Ok(Accepted { drawn, changes, findings })
    })
}

/// Tells layers that are not those of the plan: what changed in them moves load that nobody drew.
fn other_layers(plan: &Plan, layers: &Layers) -> Option<Finding> {
    let old: BTreeSet<(&str, &str)> = plan.provenance.inputs.iter().map(|i| (i.layer.as_str(), i.content.as_str())).collect();
    let new: BTreeSet<(&str, &str)> = layers.sources.iter().map(|s| (s.layer.as_str(), s.content.as_str())).collect();
    let differ: BTreeSet<&str> = old.symmetric_difference(&new).map(|(layer, _)| *layer).collect();
    let layers: Vec<&str> = differ.into_iter().collect();
    if layers.is_empty() {
        return None;
    }
    let message = format!(
        "the layers are not those that the plan was made from ({} differ): what changed in them is taken over as well; \
         accept the edit with the old layers first, then re-balance",
        crate::finding::few(&layers)
    );
    Some(Finding::new(Severity::Warning, "other-layers", message).measured(layers.len() as f64).limit(0.0))
}
