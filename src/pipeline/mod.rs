//! All stages in order: the only module that sees them all.

mod accept;
mod balance;
mod follow;
mod rebalance;

pub use accept::{Accept, AcceptError, Accepted, accept};
pub use follow::FollowError;
pub use rebalance::{Rebalance, RebalanceError, Rebalanced, rebalance};

use crate::attach::{Rule, attach, served};
use crate::cut::{CutError, Fabric, cut};
use crate::finding::{Finding, Severity};
use crate::measure::GridId;
use crate::partition::{PartitionError, Partitioned, partition};
use crate::plan::{Identity, LevelError, Parts, Past, Plan, PlanShare, Report, add_backups, add_codes, add_levels, make, report};
use crate::recipe::{Recipe, ZoneRule};
use crate::territory::layers::Layers;
use crate::territory::{Lock, Territory, TerritoryError, territory};
use crate::watch::{Stopped, Watch};
use crate::zones::{Coverage, Dedicated, Zone, ZoneError, broken, coverage, dedicated, homes, zones};
use rayon::prelude::*;
use std::cmp::Reverse;

/// Why no plan was drawn, and in which stage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// Layers do not make a territory.
    #[error("territory: {0}")]
    Territory(#[from] TerritoryError),
    /// The territory could not be cut.
    #[error("cut: {0}")]
    Cut(#[from] CutError),
    /// The units could not be put into zones.
    #[error("zones: {0}")]
    Zones(#[from] ZoneError),
    /// A zone could not be partitioned.
    #[error("partition of division '{division}': {source}")]
    Partition {
        /// Id of the division.
        division: String,
        /// What went wrong.
        source: PartitionError,
    },
    /// A plan cannot follow on from another.
    #[error("after the old plan: {0}")]
    Follow(#[from] FollowError),
    /// A plan cannot be adjusted as asked for.
    #[error("rebalance: {0}")]
    Rebalance(#[from] RebalanceError),
    /// An edited plan was not accepted.
    #[error("accept: {0}")]
    Accept(#[from] AcceptError),
    /// Levels above the grids could not be made.
    #[error("levels: {0}")]
    Levels(#[from] LevelError),
}

/// Everything that a run produced.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Cleaned input.
    pub territory: Territory,
    /// Units.
    pub fabric: Fabric,
    /// Who serves which land, where zones follow it.
    pub coverage: Option<Coverage>,
    /// The plan.
    pub plan: Plan,
    /// Figures and findings; `stages` is empty.
    pub report: Report,
}

/// What the layers say before anybody decides on grids.
struct Ground {
    territory: Territory,
    fabric: Fabric,
    dedicated: Vec<Dedicated>,
    coverage: Option<Coverage>,
    /// Who serves every unit, where zones follow it.
    shares: Option<Vec<Vec<(u32, f64)>>>,
    /// What was told of dedicated land.
    findings: Vec<Finding>,
}

/// Land cut into grids, before they have names.
struct Solved {
    zones: Vec<Zone>,
    solved: Vec<Partitioned>,
    parts: Parts,
    /// What was told of zones.
    findings: Vec<Finding>,
}

/// Draws a plan from layers (R6, R22, R24, R43, R44). Runs on the current rayon pool; the result does not
/// depend on its size. `watch` is told of progress and may stop the work.
pub fn draw(layers: &Layers, recipe: &Recipe, watch: &dyn Watch) -> Result<Drawn, Error> {
    or_stopped(watch, || {
        let ground = ground(layers, recipe, &[], watch)?;
        let (zones, findings) = zones(&ground.territory, &ground.fabric, &ground.dedicated, ground.shares.as_deref(), recipe, watch)?;
        watch.stage("partition");
        let solved = solve(&ground.territory, &zones, watch, |z| drawn_zone(&zones[z], watch))?;
        let parts = Parts::new(&ground.fabric, &zones, &ground.dedicated, &solved);
        let identity = Identity::fresh(parts.zone_of_grid.len(), zones.len());
        finish(layers, ground, Solved { zones, solved, parts, findings }, &identity, None, recipe, watch)
    })
}

/// What a stage says when it was stopped is that it was.
fn or_stopped<T>(watch: &dyn Watch, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    work().map_err(|error| watch.go_on(0).err().map_or(error, Error::Stopped))
}

/// Territory, units, dedicated land and coverage; `locks` are kept beside those of the layers.
fn ground(layers: &Layers, recipe: &Recipe, locks: &[Lock], watch: &dyn Watch) -> Result<Ground, Error> {
    watch.stage("territory");
    let mut territory = territory(layers, recipe, watch)?;
    territory.locks.extend_from_slice(locks);
    watch.stage("cut");
    let fabric = cut(&territory, recipe, watch)?;
    watch.stage("zones");
    let (dedicated, findings) = dedicated(&territory, &fabric, recipe);
    let coverage = (recipe.zones != ZoneRule::Division).then(|| coverage(&territory));
    let shares = coverage.as_ref().map(|s| s.shares(&fabric));
    watch.go_on(fabric.units.len() as u64)?;
    Ok(Ground { territory, fabric, dedicated, coverage, shares, findings })
}

/// Everything after the grids are decided: attachment, figures, codes, levels, backups and the report. `past` is what a plan that is followed on from
/// leaves to this one.
fn finish(
    layers: &Layers,
    ground: Ground,
    solved: Solved,
    identity: &Identity,
    past: Option<&Past<'_>>,
    recipe: &Recipe,
    watch: &dyn Watch,
) -> Result<Drawn, Error> {
    let Ground { territory, fabric, dedicated, coverage, shares, findings: set_aside } = ground;
    let Solved { zones, solved, parts, findings: zone_findings } = solved;
    let homes = shares.as_deref().map_or(Vec::new(), |s| homes(&territory, &fabric, s, &zones, &dedicated));
    watch.stage("attach");
    let attachments = attach(&territory, &fabric, &parts.grid_of_unit, recipe, watch)?;
    watch.stage("plan");
    let mut plan = make(layers, &territory, &fabric, &zones, &dedicated, &homes, &solved, &parts, attachments, identity, recipe);
    if let Some(shares) = &shares {
        let part = |(grid, share): (GridId, f64)| PlanShare { grid: grid.0, share: (share * 1e6).round() / 1e6 };
        let mut of_stations = served(&fabric, shares, &parts.grid_of_unit, territory.stations.len());
        // one that serves no land, such as an indoor one, counts for the grid that it stands in
        if of_stations.iter().any(Vec::is_empty) {
            let land = plan.land();
            for (station, grids) in territory.stations.iter().zip(&mut of_stations).filter(|(_, grids)| grids.is_empty()) {
                grids.extend(land.grid_at(station.at).map(|g| (g, 1.0)));
            }
        }
        plan.served = of_stations.into_iter().map(|grids| grids.into_iter().map(part).collect()).collect();
    }
    let code_findings = add_codes(&mut plan, &territory, &fabric, past.map(|p| p.old), recipe);
    watch.go_on(territory.points.len() as u64)?;
    let level_findings = add_levels(&mut plan, layers, &territory, &fabric, recipe, watch)?;
    let backup_findings = add_backups(&mut plan, watch)?;
    if let Some(past) = past {
        past.pass_on(&mut plan);
    }
    watch.go_on(fabric.units.len() as u64)?;
    let mut findings = territory.findings.clone();
    findings.extend(fabric.findings.iter().cloned());
    findings.extend(coverage.iter().flat_map(|s| s.findings.iter().cloned()));
    findings.extend(set_aside);
    findings.extend(zone_findings);
    findings.extend(code_findings);
    findings.extend(level_findings);
    findings.extend(backup_findings);
    findings.extend(broken(&territory, &fabric, &zones, &parts.grid_of_unit));
    for rule in [Rule::Nearest, Rule::Unassigned] {
        let n = plan.attachments.par_iter().filter(|a| a.rule == rule).count();
        if n > 0 {
            let message = match rule {
                Rule::Nearest => format!("{n} entities outside the territory are attached to the nearest grid and are not in its load"),
                _ => format!("{n} entities lie farther than {} m from every grid and are attached to none", recipe.attach.nearest_m),
            };
            let finding = Finding::new(Severity::Warning, &format!("attached-{}", rule.name()), message).measured(n as f64);
            findings.push(finding.limit(recipe.attach.nearest_m));
        }
    }
    let report = Report { inputs: layers.sources.iter().map(Into::into).collect(), ..report(&plan, findings, recipe) };
    Ok(Drawn { territory, fabric, coverage, plan, report })
}

/// Solves all zones in parallel, joined in zone order; a zone without ordinary land has no grids.
fn solve<T: Send>(
    territory: &Territory,
    zones: &[Zone],
    watch: &dyn Watch,
    one: impl Fn(usize) -> Result<T, PartitionError> + Sync,
) -> Result<Vec<T>, Error> {
    let done = std::sync::atomic::AtomicUsize::new(0);
    let told = |z: usize| {
        let result = one(z);
        watch.zones(1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed), zones.len());
        let failed = |source| Error::Partition { division: territory.division(zones[z].division).id.clone(), source };
        result.map(|solved| (z, solved)).map_err(failed)
    };
    // large ones first, so that none is left at the end to one thread alone
    let mut order: Vec<usize> = (0..zones.len()).collect();
    order.sort_by_key(|&z| Reverse(zones[z].clusters.len()));
    let mut solved = order.into_par_iter().with_max_len(1).map(told).collect::<Result<Vec<(usize, T)>, Error>>()?;
    solved.sort_unstable_by_key(|(z, _)| *z);
    Ok(solved.into_iter().map(|(_, solved)| solved).collect())
}

/// A zone drawn from nothing.
fn drawn_zone(zone: &Zone, watch: &dyn Watch) -> Result<Partitioned, PartitionError> {
    if zone.clusters.is_empty() { Ok(Partitioned::nothing()) } else { partition(&zone.problem, watch) }
}
