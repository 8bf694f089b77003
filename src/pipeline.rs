//! All stages in order: the only module that sees them all.

use crate::attach::{Rule, attach, served};
use crate::cut::{CutError, Fabric, cut};
use crate::finding::{Finding, Severity};
use crate::measure::GridId;
use crate::partition::{PartitionError, Partitioned, partition};
use crate::plan::{LevelError, Parts, Plan, PlanShare, Report, add_backups, add_codes, add_levels, make, report};
use crate::recipe::{Recipe, ZoneRule};
use crate::territory::layers::Layers;
use crate::territory::{Territory, TerritoryError, territory};
use crate::zones::{Coverage, Zone, ZoneError, broken, coverage, dedicated, homes, zones};
use rayon::prelude::*;

/// Why no plan was drawn, and in which stage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
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
    /// Levels above the grids could not be made.
    #[error("levels: {0}")]
    Levels(#[from] LevelError),
}

/// Told of progress; a service may measure time in it.
pub trait Watch: Sync {
    /// A stage begins.
    fn stage(&self, stage: &'static str);
    /// `done` of `total` zones are partitioned.
    fn zones(&self, done: usize, total: usize) {
        let _ = (done, total);
    }
}

/// Watches nothing.
impl Watch for () {
    fn stage(&self, _: &'static str) {}
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

/// Draws a plan from layers (R6, R22, R24, R43, R44). Runs on the current rayon pool; the result does not
/// depend on its size.
pub fn draw(layers: &Layers, recipe: &Recipe, watch: &dyn Watch) -> Result<Drawn, Error> {
    watch.stage("territory");
    let territory = territory(layers, recipe)?;
    watch.stage("cut");
    let fabric = cut(&territory, recipe)?;
    watch.stage("zones");
    let (dedicated, set_aside) = dedicated(&territory, &fabric, recipe);
    let cells = (recipe.zones != ZoneRule::Division).then(|| coverage(&territory));
    let shares = cells.as_ref().map(|s| s.shares(&fabric));
    let (zones, zone_findings) = zones(&territory, &fabric, &dedicated, shares.as_deref(), recipe)?;
    let homes = shares.as_deref().map_or(Vec::new(), |s| homes(&territory, &fabric, s, &zones, &dedicated));
    watch.stage("partition");
    let solved = solve(&territory, &zones, watch)?;
    watch.stage("attach");
    let parts = Parts::new(&fabric, &zones, &dedicated, &solved);
    let attachments = attach(&territory, &fabric, &parts.grid_of_unit, recipe);
    watch.stage("plan");
    let mut plan = make(layers, &territory, &fabric, &zones, &dedicated, &homes, &solved, &parts, &attachments, recipe);
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
    let code_findings = add_codes(&mut plan, &territory, &fabric, recipe);
    let level_findings = add_levels(&mut plan, layers, &territory, &fabric, recipe)?;
    let backup_findings = add_backups(&mut plan);
    let mut findings = territory.findings.clone();
    findings.extend(fabric.findings.iter().cloned());
    findings.extend(cells.iter().flat_map(|s| s.findings.iter().cloned()));
    findings.extend(set_aside);
    findings.extend(zone_findings);
    findings.extend(code_findings);
    findings.extend(level_findings);
    findings.extend(backup_findings);
    findings.extend(broken(&territory, &fabric, &zones, &parts.grid_of_unit));
    for rule in [Rule::Nearest, Rule::Unassigned] {
        let n = attachments.iter().filter(|a| a.rule == rule).count();
        if n > 0 {
            let message = match rule {
                Rule::Nearest => format!("{n} entities outside the territory are attached to the nearest grid and are not in its load"),
                _ => format!("{n} entities lie farther than {} m from every grid and are attached to none", recipe.attach.nearest_m),
            };
            let finding = Finding::new(Severity::Warning, &format!("attached-{}", rule.name()), message).measured(n as f64);
            findings.push(finding.limit(recipe.attach.nearest_m));
        }
    }
    let report = report(&plan, findings, recipe);
    Ok(Drawn { territory, fabric, coverage: cells, plan, report })
}

/// Solves all zones in parallel, joined in zone order.
fn solve(territory: &Territory, zones: &[Zone], watch: &dyn Watch) -> Result<Vec<Partitioned>, Error> {
    let done = std::sync::atomic::AtomicUsize::new(0);
    let one = |z: &Zone| {
        let result = if z.clusters.is_empty() { Ok(Partitioned::nothing()) } else { partition(&z.problem) };
        watch.zones(1 + done.fetch_add(1, std::sync::atomic::Ordering::Relaxed), zones.len());
        result.map_err(|source| Error::Partition { division: territory.division(z.division).id.clone(), source })
    };
    zones.par_iter().map(one).collect()
}
