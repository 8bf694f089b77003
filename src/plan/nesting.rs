//! Whether the levels of a plan as found are nested (R9, R13, R41).

use super::check::{AsFound, Check};
use crate::finding::{Finding, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// The rule `levels`: every grid lies in one area of every level, and in the parent of that area one level up. None without levels.
///
/// What grids say of themselves counts, and the parents that `plan.json` states.
pub(super) fn check(found: &AsFound) -> Option<(Check, Vec<Finding>)> {
    let mut findings = Vec::new();
    let mut tell = |code: &str, id: &str, measured: usize, limit: usize, message: String| {
        let finding = Finding::new(Severity::Violation, code, message).id(id);
        findings.push(finding.measured(measured as f64).limit(limit as f64));
    };
    let mut areas = 0;
    for (at, level) in found.levels.iter().enumerate() {
        let known: BTreeMap<&str, Option<&str>> = level.areas.iter().map(|a| (a.area_id.as_str(), a.parent.as_deref())).collect();
        areas += known.len();
        let upper = at.checked_sub(1).map(|up| &found.levels[up]).filter(|up| up.tree == level.tree);
        let above_known: BTreeSet<&str> = upper.iter().flat_map(|up| up.areas.iter().map(|a| a.area_id.as_str())).collect();
        let mut wrong: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for g in &found.grids {
            let own = g.areas.get(&level.name).map(String::as_str);
            let Some((own, parent)) = own.and_then(|own| Some((own, *known.get(own)?))) else {
                let message = match own {
                    Some(own) => format!("it says area '{own}' of level '{}', which the plan does not have", level.name),
                    None => format!("it says no area of level '{}'; give it one", level.name),
                };
                tell("level-unassigned", &g.grid_id, 0, 1, message);
                continue;
            };
            // an area above that is not there was told at its own level
            let above = upper.and_then(|up| g.areas.get(&up.name)).map(String::as_str).filter(|above| above_known.contains(above));
            if above.is_some() && parent != above {
                wrong.entry(own).or_default().insert(&g.grid_id);
            }
        }
        for (area, grids) in wrong {
            let parent = known[area].unwrap_or("none");
            let named = grids.iter().take(5).copied().collect::<Vec<_>>().join(", ");
            let message = format!(
                "its parent is '{parent}', but {} of its grids lie in another area above ({named}); level '{}'",
                grids.len(),
                level.name
            );
            tell("level-not-nested", area, grids.len(), 0, message);
        }
    }
    let figure = format!("{} levels, {areas} areas, {} grids or areas out of place", found.levels.len(), findings.len());
    let check = Check { name: "levels".into(), ok: findings.is_empty(), hard: true, figure };
    (!found.levels.is_empty()).then_some((check, findings))
}
