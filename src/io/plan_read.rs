//! Reads a plan folder to be judged, whoever wrote it.

use super::folder::is_half;
use super::table::file_name;
use crate::document::read_flat;
use crate::finding::{Finding, Severity, few};
use crate::plan::{AsFound, GridAsFound, Plan, PlanLevel};
use crate::recipe::Draft;
use geo::CoordsIter;
use geojson::{Feature, FeatureCollection, FeatureReader};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Why a plan could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanReadError {
    /// A file that is not there or cannot be read.
    #[error("{}: {cause}; name a plan folder with that file, or a file that is there", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A feature that is no grid.
    #[error("{}{}: {cause}", path.display(), if *.record > 0 { format!(" record {record}") } else { String::new() })]
    Feature {
        /// The file.
        path: PathBuf,
        /// Feature, counted from 1; 0 where it is about the file.
        record: usize,
        /// What is wrong and what to do.
        cause: String,
    },
    /// A plan file that is not ours.
    #[error("{}: {cause}; write it anew with draw_plan", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

fn open(path: &Path) -> Result<BufReader<File>, PlanReadError> {
    File::open(path).map(BufReader::new).map_err(|cause| unreadable(path, cause))
}

fn unreadable(path: &Path, cause: std::io::Error) -> PlanReadError {
    if path.parent().is_some_and(is_half) {
        let cause = "whoever wrote this plan was killed among its last steps, which the next writer in this folder finishes (io::resume)";
        return PlanReadError::Plan { path: path.into(), cause: cause.into() };
    }
    PlanReadError::File { path: path.into(), cause }
}

/// Grids and attachments of a folder; `attachments.csv` may be missing.
pub fn read_plan(folder: &Path) -> Result<AsFound, PlanReadError> {
    let path = folder.join("grids.geojson");
    let grids = features(&path)?.into_iter().map(|(grid, _)| grid).collect();
    beside(folder, grids)
}

/// Grids with what lies beside them in their folder.
fn beside(folder: &Path, grids: Vec<GridAsFound>) -> Result<AsFound, PlanReadError> {
    let table = folder.join("attachments.csv");
    let attachments = if table.exists() { Some(attachments(&table)?) } else { None };
    Ok(AsFound { grids, levels: levels(folder)?, attachments })
}

/// Grids of a file with their features.
fn features(path: &Path) -> Result<Vec<(GridAsFound, Feature)>, PlanReadError> {
    let mut out = Vec::new();
    let none = || {
        let cause = "the file has no feature; it must be a FeatureCollection of polygons, one for each grid";
        PlanReadError::Feature { path: path.into(), record: 0, cause: cause.into() }
    };
    for (i, feature) in FeatureReader::from_reader(open(path)?).features().enumerate() {
        // the reader takes the end of an empty list for a broken record
        if i == 0 && feature.is_err() && is_bare(path)? {
            return Err(none());
        }
        let fail = |cause: String| PlanReadError::Feature { path: path.into(), record: i + 1, cause };
        let mut feature = feature.map_err(|e| fail(format!("{e}; the file is cut off or no GeoJSON, export it again")))?;
        out.push((grid(&mut feature).map_err(fail)?, feature));
    }
    if out.is_empty() { Err(none()) } else { Ok(out) }
}

/// Whether a file is empty, or a collection of nothing.
fn is_bare(path: &Path) -> Result<bool, PlanReadError> {
    let mut text = String::new();
    let read = open(path)?.read_to_string(&mut text).is_ok();
    let whole = || text.parse::<FeatureCollection>();
    Ok(read && (text.trim().is_empty() || whole().is_ok_and(|all| all.features.is_empty())))
}

/// A plan by anybody: a folder as for [`read_plan`], or one file of polygons.
///
/// The property `id` names the grids, or `grid_id` where no feature has it; without `id` the first of `grid_id`, `id`, the feature's own id and `name` that some feature has.
/// A feature without it is called `record-N` (`id-made`), features of one name are one grid (`grid-joined`).
pub fn read_any(path: &Path, id: Option<&str>) -> Result<(AsFound, Vec<Finding>), PlanReadError> {
    let file = if path.is_dir() { path.join("grids.geojson") } else { path.into() };
    let (grids, findings) = named(&file, features(&file)?, id)?;
    let found = if path.is_dir() { beside(path, grids)? } else { AsFound { grids, ..AsFound::default() } };
    Ok((found, findings))
}

/// Names grids and joins those of one name.
fn named(path: &Path, features: Vec<(GridAsFound, Feature)>, id: Option<&str>) -> Result<(Vec<GridAsFound>, Vec<Finding>), PlanReadError> {
    let own = |f: &Feature| match &f.id {
        Some(geojson::feature::Id::String(s)) => s.clone(),
        Some(geojson::feature::Id::Number(n)) => n.to_string(),
        None => String::new(),
    };
    let called = |f: &Feature, property: Option<&str>| property.map_or_else(|| own(f), |p| text(f, p));
    let choices = id.map_or(vec![Some("grid_id"), Some("id"), None, Some("name")], |id| vec![Some(id), Some("grid_id")]);
    let property = choices.into_iter().find(|p| features.iter().any(|(_, f)| !called(f, *p).is_empty()));
    if let (Some(id), None, Some((_, f))) = (id, property, features.first()) {
        let names = f.properties.iter().flatten().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        let there = if names.is_empty() { "no properties".into() } else { few(&names) };
        let cause = format!("no feature has a property '{id}'; the first has {there}");
        return Err(PlanReadError::Feature { path: path.into(), record: 1, cause });
    }
    let file = file_name(path);
    let (mut grids, mut findings): (Vec<GridAsFound>, Vec<Finding>) = (Vec::new(), Vec::new());
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (i, (mut grid, feature)) in features.into_iter().enumerate() {
        grid.grid_id = property.map_or(String::new(), |p| called(&feature, p));
        let mut tell = |code: &str, id: &str, message: String| {
            findings.push(Finding::new(Severity::Info, code, message).file(&file).record(i as u64 + 1).id(id));
        };
        if grid.grid_id.is_empty() {
            grid.grid_id = format!("record-{}", i + 1);
            tell("id-made", &grid.grid_id, "the feature has no id and is called after its record".into());
        }
        match known.get(&grid.grid_id) {
            Some(&first) => {
                tell(
                    "grid-joined",
                    &grid.grid_id,
                    "another feature has this id; both are one grid; clear the id of one if they are two".into(),
                );
                let into = &mut grids[first];
                into.land.0.extend(grid.land);
                into.households = into.households.zip(grid.households).map(|(a, b)| a + b);
            }
            None => {
                known.insert(grid.grid_id.clone(), grids.len());
                grids.push(grid);
            }
        }
    }
    Ok((grids, findings))
}

/// The levels of `plan.json`; none where there is no such file.
fn levels(folder: &Path) -> Result<Vec<PlanLevel>, PlanReadError> {
    #[derive(serde::Deserialize)]
    struct Levels {
        #[serde(default)]
        levels: Vec<PlanLevel>,
    }
    let path = folder.join("plan.json");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let read: Result<Levels, _> = serde_json::from_reader(open(&path)?);
    read.map(|l| l.levels).map_err(|e| PlanReadError::Plan { path, cause: e.to_string() })
}

/// A property as text, empty where there is none.
fn text(f: &Feature, property: &str) -> String {
    match f.property(property) {
        Some(serde_json::Value::String(s)) => s.clone(),
        Some(serde_json::Value::Null) | None => String::new(),
        Some(v) => v.to_string(),
    }
}

/// A grid and what it claims; the feature keeps all but its geometry.
fn grid(f: &mut Feature) -> Result<GridAsFound, String> {
    let text = |k: &str| text(f, k);
    let said = |k: &str| f.property(k).and_then(|v| v.as_f64().or_else(|| v.as_str()?.trim().parse().ok()));
    // NaN in a text is no claim, and would pass every comparison
    let number = |k: &str| said(k).filter(|n: &f64| n.is_finite());
    let (grid_id, code, division_id, kind) = (text("grid_id"), text("code"), text("division_id"), text("kind"));
    let (households, target, deviation) = (number("households").or(number("load")), number("target"), number("deviation"));
    // a GIS may have made text of a table
    let table = |k: &str| match f.property(k) {
        Some(serde_json::Value::String(text)) => serde_json::from_str::<serde_json::Value>(text).ok(),
        other => other.cloned(),
    };
    let entries = |k: &str| table(k).and_then(|t| t.as_object().cloned()).into_iter().flatten();
    let load = entries("load").filter_map(|(name, v)| Some((name, v.as_f64()?))).collect();
    let areas = entries("areas").filter_map(|(name, v)| Some((name, v.as_str()?.to_string()))).collect();
    let parts = number("parts").map_or(1, |p| p.max(0.0) as u32);
    let logical = f.property("logical").is_some_and(|v| v == true || v == 1 || v == "true");
    let barrier_share = number("barrier_share");
    let geometry = f.geometry.take().ok_or("the grid has no geometry; draw it or delete the row")?;
    let land = match geo::Geometry::<f64>::try_from(geometry) {
        Ok(geo::Geometry::Polygon(p)) => geo::MultiPolygon(vec![p]),
        Ok(geo::Geometry::MultiPolygon(m)) => m,
        _ => return Err("a grid must be a Polygon or MultiPolygon".into()),
    };
    if let Some(c) = land.coords_iter().find(|c| c.x.abs() > 180.0 || c.y.abs() > 90.0) {
        return Err(format!("{}, {} is no longitude and latitude; export the file in WGS 84 (EPSG:4326)", c.x, c.y));
    }
    Ok(GridAsFound { grid_id, code, division_id, households, load, target, deviation, parts, logical, kind, barrier_share, areas, land })
}

fn attachments(path: &Path) -> Result<Vec<[String; 3]>, PlanReadError> {
    // the reader skips a byte order mark
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(open(path)?);
    let fail = |record: usize, cause: String| PlanReadError::Feature { path: path.into(), record, cause };
    let header = table.headers().map_err(|e| fail(1, e.to_string()))?.clone();
    let column =
        |name: &str| header.iter().position(|h| h == name).ok_or_else(|| fail(1, format!("no column '{name}'; the header must name it")));
    let (entity, grid, rule) = (column("entity_id")?, column("grid_id")?, column("rule")?);
    let row = |(i, row): (usize, Result<csv::StringRecord, csv::Error>)| {
        let row = row.map_err(|e| fail(i + 2, e.to_string()))?;
        Ok([entity, grid, rule].map(|at| row.get(at).unwrap_or_default().to_string()))
    };
    table.records().enumerate().map(row).collect()
}

/// The whole plan of a folder, from its `plan.json` of this version of the form or an earlier one.
pub fn whole(folder: &Path) -> Result<Plan, PlanReadError> {
    let path = folder.join("plan.json");
    let bytes = std::fs::read(&path).map_err(|cause| unreadable(&path, cause))?;
    let fail = |cause: String| PlanReadError::Plan { path: path.clone(), cause };
    let text = std::str::from_utf8(&bytes).map_err(|e| fail(e.to_string()))?;
    read_flat(text).map_err(|e| fail(e.to_string()))
}

/// The recipe that `plan.json` carries, if there is one.
pub fn recipe(folder: &Path) -> Result<Option<Draft>, PlanReadError> {
    if folder.join("plan.json").exists() { Ok(Some(whole(folder)?.provenance.recipe.into())) } else { Ok(None) }
}
