//! A folder of layers as data: one record per feature, nothing dropped without a finding.

mod joined;
mod placing;
mod reading;
mod spec;
#[cfg(test)]
mod tests;

pub(super) use placing::Placing;
pub(super) use spec::properties;

use super::error::ReadError;
use super::formats::{Format, tables};
use super::table::file_name;
use crate::finding::{Finding, Severity};
use crate::recipe::{LayerMap, LayerSource};
use crate::territory::content;
use crate::territory::layers::Layers;
use rayon::prelude::*;
use reading::Reading;
use spec::{Spec, specs};
use std::path::{Path, PathBuf};

/// Names of a layer that a message shows.
const SHOWN: usize = 4;

/// Reads all layers of a folder, as `map` names them; files that are absent give empty layers.
///
/// Households and one of admin and study area must be there. Files are read in parallel and joined in a
/// fixed order, so that the result does not depend on threads. Features that cannot be taken as they are
/// become findings; `folder` may be a GeoPackage with a table for every layer:
///
/// | code | meaning |
/// |---|---|
/// | `layer-absent` | no file for an optional layer; one that the recipe calls by another name is an error |
/// | `file-shadowed` | two files for one layer; the first was read |
/// | `feature-malformed` | a record that is no feature; skipped |
/// | `file-odd` | what is noteworthy about a file as a whole: an encoding against its word, deleted records, numbers that overflowed |
/// | `crs-converted` | the system that positions are in, and who says so |
/// | `crs-unlikely` | numbers do not fit the declared system; how they are taken |
/// | `join-double` | several features with the key that a layer is joined by (`measured`: features) |
/// | `geometry-dropped` | no, an empty or an unfitting geometry; skipped |
/// | `part-dropped` | empty parts of a geometry; left out (`measured`: parts) |
/// | `hole-outside` | holes outside their outlines, taken as parts of their own (`measured`: holes) |
/// | `ring-closed` | rings whose last position was not the first (`measured`: rings) |
/// | `point-split` | a MultiPoint, made one record per position (`measured`: points) |
/// | `id-made` | a division without id is called `record-N` after its record |
/// | `id-missing` | other features without id, once per file (`measured`: features) |
/// | `class-missing` | features without class, once per file (`measured`: features) |
/// | `value-unreadable` | a weight, level, angle, radius or further number that is no number; taken as missing |
/// | `flag-unknown` | a tunnel or bridge value that is not known, taken as no, once per file (`measured`: features) |
/// | `water-points` | points in the water layer, once per file (`measured`: features) |
/// | `property-absent` | a property that the recipe names and no feature has |
pub fn read_layers(folder: &Path, map: &LayerMap) -> Result<Layers, ReadError> {
    read_folder(folder, map, true)
}

/// As [`read_layers`], for land alone: households may be absent.
pub fn read_land(folder: &Path, map: &LayerMap) -> Result<Layers, ReadError> {
    read_folder(folder, map, false)
}

fn read_folder(folder: &Path, map: &LayerMap, with_households: bool) -> Result<Layers, ReadError> {
    // one file with a table for every layer is as good as a folder
    let tables = if folder.is_file() { Some(tables(folder, &file_name(folder))?) } else { None };
    if tables.is_none() {
        std::fs::read_dir(folder).map_err(|cause| ReadError::Folder { path: folder.to_path_buf(), cause })?;
    }
    let find = |spec: &Spec<'_>| match &tables {
        None => match (locate(folder, spec.source), in_parts(folder, spec)) {
            (Some(one), Some(parts)) => Some(Located { shadowed: one.shadowed.or(parts.files.into_iter().next().map(|f| f.1)), ..one }),
            (one, parts) => one.or(parts),
        },
        Some(tables) => {
            let table = spec.source.table.as_ref().unwrap_or(&spec.source.file);
            tables.contains(table).then(|| Located { files: vec![(folder.to_path_buf(), file_name(folder))], shadowed: None })
        }
    };
    let mut found = Vec::new();
    let mut all = Layers::default();
    let specs = specs(map);
    for spec in &specs {
        match find(spec) {
            Some(there) => {
                if let Some(other) = there.shadowed {
                    let message = format!("not read, {} is taken instead; remove one of the two", there.files[0].1);
                    all.findings.push(Finding::new(Severity::Warning, "file-shadowed", message).file(other));
                }
                found.extend(there.files.into_iter().map(|(path, file)| (spec, path, file)));
            }
            None => {
                let message = format!("no {} layer ({}); taken as empty", spec.layer, tried(spec.source));
                all.findings.push(Finding::new(Severity::Info, "layer-absent", message).file(&spec.source.file));
            }
        }
    }
    let has = |layer: &str| found.iter().any(|(spec, ..)| spec.layer == layer);
    if with_households && !has("households") {
        return Err(missing(folder, "households", &[&map.households]));
    }
    if !has("admin") && !has("study_area") {
        return Err(missing(folder, "admin or study_area", &[&map.admin, &map.study_area]));
    }
    // what the recipe calls by another name is meant to be there
    let named = |spec: &&Spec<'_>| spec.source.file != spec.layer && !has(spec.layer);
    if let Some(spec) = specs.iter().filter(|s| with_households || s.layer != "households").find(named) {
        let path = folder.join(&candidates(spec.source)[0]);
        return Err(ReadError::NamedFile { path, layer: spec.layer.to_string(), file: spec.source.file.clone() });
    }
    read_files(all, &found)
}

/// Reads a boundary and any number of files of lines, whatever they are called: lines as roads, the boundary as the study area.
pub fn read_linework(lines: &[PathBuf], boundary: &Path, map: &LayerMap) -> Result<Layers, ReadError> {
    let lines = lines.iter().map(|path| ("roads", path.as_path()));
    read_as(std::iter::once(("study_area", boundary)).chain(lines), map)
}

/// Reads one file of households, whatever it is called.
pub fn read_households(path: &Path, map: &LayerMap) -> Result<Layers, ReadError> {
    read_as(std::iter::once(("households", path)), map)
}

fn read_as<'p>(files: impl Iterator<Item = (&'static str, &'p Path)>, map: &LayerMap) -> Result<Layers, ReadError> {
    let specs = specs(map);
    let spec = |(layer, path): (&str, &Path)| {
        let spec = specs.iter().find(|s| s.layer == layer)?;
        Some((spec, path.to_path_buf(), path.display().to_string()))
    };
    let found: Vec<_> = files.filter_map(spec).collect();
    read_files(Layers::default(), &found)
}

fn missing(folder: &Path, layer: &str, sources: &[&LayerSource]) -> ReadError {
    let tried = sources.iter().map(|s| tried(s)).collect();
    ReadError::MissingLayer { folder: folder.to_path_buf(), layer: layer.to_string(), tried }
}

/// Files in parallel, joined to `all` in their order.
fn read_files(mut all: Layers, found: &[(&Spec<'_>, PathBuf, String)]) -> Result<Layers, ReadError> {
    let read: Vec<Result<Layers, ReadError>> = found
        .par_iter()
        .enumerate()
        .with_max_len(1)
        .map(|(at, (spec, path, file))| Reading::new(spec, file, at as u16).run(path))
        .collect();
    for layers in read {
        join(&mut all, layers?);
    }
    let digests: Vec<String> = all.sources.par_iter().map(|s| content(&all, s.layer)).collect();
    all.sources.iter_mut().zip(digests).for_each(|(s, digest)| s.content = digest);
    if let Some(s) = all.sources.iter().find(|s| s.layer == "households" && all.households.is_empty()) {
        let first = all.findings.iter().find(|f| f.code == "geometry-dropped" && f.subject.file.as_ref() == Some(&s.file));
        let why = first.map(|f| format!("record {}: {}", f.subject.record.unwrap_or(0), f.message));
        return Err(ReadError::NoPoints { file: s.file.clone(), features: s.features, why });
    }
    Ok(all)
}

fn join(all: &mut Layers, mut one: Layers) {
    all.sources.append(&mut one.sources);
    all.divisions.append(&mut one.divisions);
    all.study_area.append(&mut one.study_area);
    all.roads.append(&mut one.roads);
    all.water_areas.append(&mut one.water_areas);
    all.water_lines.append(&mut one.water_lines);
    all.rail.append(&mut one.rail);
    all.households.append(&mut one.households);
    all.landuse.append(&mut one.landuse);
    all.pois.append(&mut one.pois);
    all.stations.append(&mut one.stations);
    all.locks.append(&mut one.locks);
    all.numbers.append(&mut one.numbers);
    all.findings.append(&mut one.findings);
}

fn candidates(source: &LayerSource) -> Vec<String> {
    let file = &source.file;
    if Format::of(file).is_some() {
        vec![file.clone()]
    } else {
        // a .txt beside the layers is more likely a note
        Format::endings().filter(|e| !e.starts_with(".txt")).map(|e| format!("{file}{e}")).collect()
    }
}

/// What a layer was looked for as, cut short.
fn tried(source: &LayerSource) -> String {
    let all = candidates(source);
    let more = if all.len() > SHOWN { format!(" and {} other endings", all.len() - SHOWN) } else { String::new() };
    format!("{}{more}", all[..all.len().min(SHOWN)].join(", "))
}

/// Files of a layer.
pub(super) struct Located {
    /// Paths and names.
    pub files: Vec<(PathBuf, String)>,
    /// Another file that could have been meant.
    pub shadowed: Option<String>,
}

/// The first candidate that exists.
pub(super) fn locate(folder: &Path, source: &LayerSource) -> Option<Located> {
    let listed = std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = listed.collect();
    names.sort();
    // endings in capitals are as good
    let found = |name: String| match folder.join(&name).is_file() {
        true => Some(name),
        false => names.iter().find(|n| n.eq_ignore_ascii_case(&name) && folder.join(n).is_file()).cloned(),
    };
    let mut there = candidates(source).into_iter().filter_map(found);
    let first = there.next()?;
    Some(Located { files: vec![(folder.join(&first), first)], shadowed: there.next() })
}

/// The files of a layer by kind of geometry, where a format holds one kind in a file: `water_lines.shp` and `water_areas.shp`.
fn in_parts(folder: &Path, spec: &Spec<'_>) -> Option<Located> {
    if Format::of(&spec.source.file).is_some() {
        return None;
    }
    let part = |kind: &str| locate(folder, &LayerSource { file: format!("{}_{kind}", spec.source.file), ..spec.source.clone() });
    let parts: Vec<Located> = ["points", "lines", "areas"].into_iter().filter_map(part).collect();
    let shadowed = parts.iter().find_map(|p| p.shadowed.clone());
    let files: Vec<_> = parts.into_iter().flat_map(|p| p.files).collect();
    (!files.is_empty()).then_some(Located { files, shadowed })
}
