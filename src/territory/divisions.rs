//! Which divisions are cut, and which stand above them.

use super::areas;
use super::build::{Ids, positions, rings, unique};
use super::layers::{AreaRecord, DivisionRecord, Layers};
use super::{Division, TerritoryError, lattice};
use crate::finding::{Finding, Severity};
use crate::recipe::{DivisionChoice, LevelBy, Recipe};
use geo::{LineString, MultiPolygon};
use std::collections::BTreeMap;

/// Divisions with a part in a plan.
pub(super) struct Chosen {
    pub divisions: Vec<Division>,
    pub above: Vec<Division>,
}

/// Divisions of the level and scheme asked for, with areas made of others in their places, and those above.
pub(super) fn choose(layers: &Layers, recipe: &Recipe, findings: &mut Vec<Finding>) -> Result<Chosen, TerritoryError> {
    let records = asked_for(layers, &recipe.division)?;
    let mut ids = Ids::new();
    let mut divisions: Vec<Division> = Vec::new();
    for record in &records {
        if let Some(mut division) = division(record, layers, findings) {
            division.id = unique(&record.id, &mut ids, layers, record.origin, findings);
            divisions.push(division);
        }
    }
    let above = above(layers, recipe, &records, findings);
    let divisions = areas::make(layers, recipe, divisions, findings)?;
    if divisions.is_empty() {
        let read = layers.sources.iter().find(|s| matches!(&*s.layer, "admin" | "study_area"));
        let file = records.first().map_or_else(|| read.map_or("study_area", |s| &s.file), |d| layers.file(d.origin)).to_string();
        let count = if records.is_empty() { read.map_or(0, |s| s.features as usize) } else { records.len() };
        return Err(TerritoryError::NoLand { file, count });
    }
    Ok(Chosen { divisions, above })
}

/// The division of a record; none where it has no land.
pub(super) fn division(record: &DivisionRecord, layers: &Layers, findings: &mut Vec<Finding>) -> Option<Division> {
    let rings = rings(&record.land, layers, record.origin, Some(&record.id), findings);
    if rings.is_empty() {
        return None;
    }
    let (file, number) = (layers.file(record.origin).to_string(), record.origin.record.into());
    let crossing = lattice::self_crossing(&rings);
    if let Some(p) = crossing {
        let message = "the outline crosses itself; what lies inside was decided by the even-odd rule";
        let finding = Finding::new(Severity::Warning, "polygon-crosses-itself", message);
        findings.push(finding.file(&file).record(number).id(&record.id).at(p.lon_lat()));
    }
    Some(Division {
        id: record.id.clone(),
        name: record.name.clone().unwrap_or_else(|| record.id.clone()),
        level: record.level,
        scheme: record.scheme.clone(),
        parent: record.parent.clone(),
        code: record.code.clone(),
        reports_to: record.reports_to.clone(),
        rings,
        area2: stated_area2(&record.land),
        crossing,
        file,
        record: number,
    })
}

/// Divisions of the levels that the recipe names, but those of the level and scheme that is cut.
fn above(layers: &Layers, recipe: &Recipe, cut: &[DivisionRecord], findings: &mut Vec<Finding>) -> Vec<Division> {
    let own = cut.first().map(|d| (d.level, d.scheme.as_deref()));
    let wanted = |d: &DivisionRecord| {
        let named = recipe.levels.iter().any(|l| match &l.by {
            LevelBy::Division { level, scheme } => d.level == Some(*level) && scheme.as_ref().is_none_or(|s| d.scheme.as_ref() == Some(s)),
            _ => false,
        });
        named && own != Some((d.level, d.scheme.as_deref()))
    };
    layers.divisions.iter().filter(|d| wanted(d)).filter_map(|d| division(d, layers, findings)).collect()
}

/// The divisions asked for; the study area where no divisions were given.
fn asked_for(layers: &Layers, choice: &DivisionChoice) -> Result<Vec<DivisionRecord>, TerritoryError> {
    if layers.divisions.is_empty() {
        let record = |(i, a): (usize, &AreaRecord)| DivisionRecord {
            origin: a.origin,
            id: a.id.clone().unwrap_or_else(|| format!("study-{}", i + 1)),
            level: None,
            scheme: None,
            name: a.name.clone(),
            parent: None,
            code: None,
            reports_to: None,
            partial: false,
            land: a.land.clone(),
        };
        return Ok(layers.study_area.iter().enumerate().map(record).collect());
    }
    let mut groups: BTreeMap<(Option<i32>, Option<&str>), Vec<&DivisionRecord>> = BTreeMap::new();
    for d in layers.divisions.iter().filter(|d| !d.partial) {
        groups.entry((d.level, d.scheme.as_deref())).or_default().push(d);
    }
    let file = || layers.file(layers.divisions[0].origin).to_string();
    let fits = |key: &(Option<i32>, Option<&str>)| {
        choice.level.is_none_or(|l| key.0 == Some(l)) && choice.scheme.as_deref().is_none_or(|s| key.1 == Some(s))
    };
    let found: Vec<_> = groups.iter().filter(|(k, _)| fits(k)).collect();
    match found.as_slice() {
        [] => {
            let wanted = format!(
                "{}{}",
                choice.level.map_or("(any)".into(), |l| l.to_string()),
                choice.scheme.as_ref().map_or(String::new(), |s| format!(" and scheme '{s}'"))
            );
            Err(TerritoryError::NoSuchDivision { file: file(), wanted, available: layers.levels() })
        }
        [(_, rows)] => Ok(rows.iter().map(|&d| d.clone()).collect()),
        _ => Err(TerritoryError::Ambiguous { file: file(), available: layers.levels() }),
    }
}

/// Twice the area of outer rings less that of holes.
fn stated_area2(land: &MultiPolygon<f64>) -> i128 {
    let area2 = |ring: &LineString<f64>| lattice::ring_area2(&positions(ring).0).abs();
    land.iter().map(|p| area2(p.exterior()) - p.interiors().iter().map(area2).sum::<i128>()).sum()
}
