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
use crate::watch::Watch;
use rayon::prelude::*;
use reading::Reading;
use serde::{Deserialize, Serialize};
use spec::{Spec, specs};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

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
///
/// Within the default [`Limits`]; [`Reader`] takes others, and may be watched.
pub fn read_layers(folder: &Path, map: &LayerMap) -> Result<Layers, ReadError> {
    Reader::default().layers(folder, map)
}

/// As [`read_layers`], for land alone: households may be absent.
pub fn read_land(folder: &Path, map: &LayerMap) -> Result<Layers, ReadError> {
    Reader::default().folder(folder, map, false)
}

/// What a folder of layers may hold at most, all files together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Features.
    pub features: u64,
    /// Positions of their shapes.
    pub positions: u64,
}

impl Default for Limits {
    /// 100 million features and a thousand million positions, which take some 30 GB.
    fn default() -> Limits {
        Limits { features: 100_000_000, positions: 1_000_000_000 }
    }
}

/// Reads layers within limits, watched from outside.
#[derive(Clone, Copy)]
pub struct Reader<'w> {
    limits: Limits,
    watch: &'w dyn Watch,
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Reader { limits: Limits::default(), watch: &() }
    }
}

impl<'w> Reader<'w> {
    /// Within the default limits.
    pub fn new(watch: &'w dyn Watch) -> Reader<'w> {
        Reader { watch, ..Reader::default() }
    }

    /// Within these limits.
    pub fn limits(self, limits: Limits) -> Reader<'w> {
        Reader { limits, ..self }
    }

    /// See [`read_layers`].
    pub fn layers(&self, folder: &Path, map: &LayerMap) -> Result<Layers, ReadError> {
        self.folder(folder, map, true)
    }

    fn folder(&self, folder: &Path, map: &LayerMap, with_households: bool) -> Result<Layers, ReadError> {
        self.watch.stage("read");
        read_folder(folder, map, with_households, &Taken::of(self))
    }
}

/// What was read of what may be.
pub(super) struct Taken<'w> {
    reader: Reader<'w>,
    features: AtomicU64,
    positions: AtomicU64,
}

impl<'w> Taken<'w> {
    fn of(reader: &Reader<'w>) -> Taken<'w> {
        Taken { reader: *reader, features: AtomicU64::new(0), positions: AtomicU64::new(0) }
    }

    /// Counts some features of a file, the last of which is `record`, before they are kept.
    fn take(&self, file: &str, record: u64, features: u64, positions: u64) -> Result<(), ReadError> {
        let Limits { features: most, positions: most_positions } = self.reader.limits;
        let over = |count: &AtomicU64, more: u64, limit: u64| count.fetch_add(more, Ordering::Relaxed).saturating_add(more) > limit;
        let limit = |what, limit| Err(ReadError::Limit { file: file.to_string(), record, what, limit });
        if over(&self.features, features, most) {
            return limit("features", most);
        }
        if over(&self.positions, positions, most_positions) {
            return limit("positions", most_positions);
        }
        Ok(self.reader.watch.go_on(features + positions)?)
    }
}

fn read_folder(folder: &Path, map: &LayerMap, with_households: bool, taken: &Taken<'_>) -> Result<Layers, ReadError> {
    let place = Place::open(folder)?;
    let mut found = Vec::new();
    let mut all = Layers::default();
    let specs = specs(map);
    for spec in &specs {
        match place.of_layer(spec)? {
            Some(there) => {
                if let Some(other) = there.shadowed {
                    let message = format!("not read, {} is taken instead; remove one of the two", there.files[0].file);
                    all.findings.push(Finding::new(Severity::Warning, "file-shadowed", message).file(other));
                }
                found.extend(there.files.into_iter().map(|one| (spec, one)));
            }
            None => {
                let message = format!("no {} layer ({}); taken as empty", spec.layer, tried(spec.source));
                all.findings.push(Finding::new(Severity::Info, "layer-absent", message).file(&spec.source.file));
            }
        }
    }
    let has = |layer: &str| found.iter().any(|(spec, _)| spec.layer == layer);
    if with_households && !has("households") {
        return Err(missing(folder, "households", &[&map.households]));
    }
    if !has("admin") && !has("study_area") {
        return Err(missing(folder, "admin or study_area", &[&map.admin, &map.study_area]));
    }
    // what the recipe calls by another name is meant to be there
    let named = |spec: &&Spec<'_>| spec.source.file != spec.layer && !has(spec.layer);
    if let Some(spec) = specs.iter().filter(|s| with_households || s.layer != "households").find(named) {
        let path = folder.join(&candidates(&spec.source.file)[0]);
        return Err(ReadError::NamedFile { path, layer: spec.layer.to_string(), file: spec.source.file.clone() });
    }
    read_files(all, &found, taken)
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
        Some((spec, Located { path: path.to_path_buf(), file: path.display().to_string(), table: None }))
    };
    let mut found = Vec::new();
    for (spec, one) in files.filter_map(spec) {
        found.extend(in_tables(one, spec)?.into_iter().map(|one| (spec, one)));
    }
    read_files(Layers::default(), &found, &Taken::of(&Reader::default()))
}

fn missing(folder: &Path, layer: &str, sources: &[&LayerSource]) -> ReadError {
    let tried = sources.iter().map(|s| tried(s)).collect();
    ReadError::MissingLayer { folder: folder.to_path_buf(), layer: layer.to_string(), tried }
}

/// Files in parallel, joined to `all` in their order.
fn read_files(mut all: Layers, found: &[(&Spec<'_>, Located)], taken: &Taken<'_>) -> Result<Layers, ReadError> {
    let _span = tracing::info_span!("read", files = found.len()).entered();
    let read: Vec<Result<Layers, ReadError>> = found
        .par_iter()
        .enumerate()
        .with_max_len(1)
        .map(|(at, (spec, one))| Reading::new(spec, &one.file, at as u16, taken).run(&one.path, one.table.as_deref()))
        .collect();
    for layers in read {
        join(&mut all, layers?);
    }
    let digests: Vec<String> = all.sources.par_iter().map(|s| content(&all, &s.layer)).collect();
    all.sources.iter_mut().zip(digests).for_each(|(s, digest)| s.content = digest);
    if let Some(s) = all.sources.iter().find(|s| s.layer == "households" && all.households.is_empty()) {
        let left_out = ["geometry-dropped", "feature-malformed"];
        let first = all.findings.iter().find(|f| left_out.contains(&f.code.as_str()) && f.subject.file.as_ref() == Some(&s.file));
        let why = first.map(|f| format!("record {}: {}", f.subject.record.unwrap_or(0), f.message));
        return Err(ReadError::NoPoints { file: s.file.clone(), features: s.features, why });
    }
    Ok(all)
}

fn join(all: &mut Layers, one: Layers) {
    add(&mut all.sources, one.sources);
    add(&mut all.divisions, one.divisions);
    add(&mut all.study_area, one.study_area);
    add(&mut all.roads, one.roads);
    add(&mut all.water_areas, one.water_areas);
    add(&mut all.water_lines, one.water_lines);
    add(&mut all.rail, one.rail);
    add(&mut all.households, one.households);
    add(&mut all.landuse, one.landuse);
    add(&mut all.pois, one.pois);
    add(&mut all.stations, one.stations);
    add(&mut all.locks, one.locks);
    add(&mut all.numbers, one.numbers);
    add(&mut all.findings, one.findings);
}

/// The first file of a layer, which may be long, is not copied.
fn add<T>(all: &mut Vec<T>, one: Vec<T>) {
    if all.is_empty() {
        *all = one;
    } else {
        all.extend(one);
    }
}

fn candidates(file: &str) -> Vec<String> {
    if Format::of(file).is_some() {
        vec![file.to_string()]
    } else {
        // a .txt beside the layers is more likely a note
        Format::endings().filter(|e| !e.starts_with(".txt")).map(|e| format!("{file}{e}")).collect()
    }
}

/// What a layer was looked for as, cut short.
fn tried(source: &LayerSource) -> String {
    let all = candidates(&source.file);
    let more = if all.len() > SHOWN { format!(" and {} other endings", all.len() - SHOWN) } else { String::new() };
    format!("{}{more}", all[..all.len().min(SHOWN)].join(", "))
}

/// A file of a layer.
pub(super) struct Located {
    pub path: PathBuf,
    /// Its name, for messages.
    pub file: String,
    /// Table in it that is meant.
    table: Option<String>,
}

/// Files of a layer.
struct Files {
    files: Vec<Located>,
    /// Another file that could have been meant.
    shadowed: Option<String>,
}

/// Where layers are.
enum Place<'p> {
    Folder {
        path: &'p Path,
        /// Names in it, sorted.
        names: Vec<String>,
    },
    /// One file with a table for every layer is as good as a folder.
    File { path: &'p Path, tables: Vec<String> },
}

impl Place<'_> {
    fn open(path: &Path) -> Result<Place<'_>, ReadError> {
        if path.is_file() {
            return Ok(Place::File { path, tables: tables(path, &file_name(path))? });
        }
        let listed = std::fs::read_dir(path).map_err(|cause| ReadError::Folder { path: path.to_path_buf(), cause })?;
        let mut names: Vec<String> = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort_unstable();
        Ok(Place::Folder { path, names })
    }

    /// The file of that name, or with one of the endings; endings in capitals are as good.
    fn locate(&self, file: &str) -> Option<Files> {
        match self {
            Place::File { path, tables } => {
                let one = || Located { path: path.to_path_buf(), file: file_name(path), table: Some(file.to_string()) };
                tables.iter().any(|t| t == file).then(|| Files { files: vec![one()], shadowed: None })
            }
            Place::Folder { path, names } => {
                let is = |name: &&String| path.join(name).is_file();
                let exact = |wanted: &String| names.binary_search(wanted).ok().map(|at| &names[at]).filter(is);
                let alike = |wanted: &String| names.iter().find(|n| n.eq_ignore_ascii_case(wanted) && is(n));
                // a recipe may name a file in another folder
                let elsewhere = |wanted: &String| (wanted.contains(['/', '\\']) && path.join(wanted).is_file()).then(|| wanted.clone());
                let found = |wanted: String| exact(&wanted).or_else(|| alike(&wanted)).cloned().or_else(|| elsewhere(&wanted));
                let mut there = candidates(file).into_iter().filter_map(found);
                let first = there.next()?;
                let one = Located { path: path.join(&first), file: first, table: None };
                Some(Files { files: vec![one], shadowed: there.next() })
            }
        }
    }

    /// The file or table of a layer, or those by kind of geometry, where a format holds one kind in each: `water_lines.shp` and `water_areas.shp`.
    fn of_layer(&self, spec: &Spec<'_>) -> Result<Option<Files>, ReadError> {
        let source = spec.source;
        let name = match self {
            Place::File { .. } => source.table.as_ref().unwrap_or(&source.file),
            Place::Folder { .. } => &source.file,
        };
        let whole = self.locate(name);
        let part = |kind: &&str| if Format::of(name).is_some() { None } else { self.locate(&format!("{name}_{kind}")) };
        let parts: Vec<Files> = KINDS.iter().filter_map(part).collect();
        let found = match (whole, parts.is_empty()) {
            (whole, true) => whole,
            (Some(whole), false) => {
                let part = parts.into_iter().flat_map(|p| p.files).next().map(|one| one.table.unwrap_or(one.file));
                Some(Files { shadowed: whole.shadowed.or(part), ..whole })
            }
            (None, false) => {
                let shadowed = parts.iter().find_map(|p| p.shadowed.clone());
                Some(Files { files: parts.into_iter().flat_map(|p| p.files).collect(), shadowed })
            }
        };
        let Some(Files { files, shadowed }) = found else { return Ok(None) };
        let files: Vec<Vec<Located>> = files.into_iter().map(|one| in_tables(one, spec)).collect::<Result<_, _>>()?;
        Ok(Some(Files { files: files.into_iter().flatten().collect(), shadowed }))
    }
}

/// Kinds of geometry, as they end the names of what holds one of them.
pub const KINDS: [&str; 3] = ["points", "lines", "areas"];

/// Of a file with several tables those of a layer: the one that the recipe names, or that is called like the layer or the file; or those by kind of geometry.
fn in_tables(one: Located, spec: &Spec<'_>) -> Result<Vec<Located>, ReadError> {
    if one.table.is_some() {
        return Ok(vec![one]);
    }
    let there = tables(&one.path, &one.file)?;
    let wanted = match &spec.source.table {
        Some(table) => vec![table.as_str()],
        None => vec![spec.layer, &spec.source.file, Format::stem(&one.file)],
    };
    let has = |table: &String| there.contains(table);
    let of = |table: String| Located { path: one.path.clone(), file: one.file.clone(), table: Some(table) };
    for name in wanted {
        let parts: Vec<String> = KINDS.iter().map(|kind| format!("{name}_{kind}")).filter(has).collect();
        if has(&name.to_string()) {
            return Ok(vec![of(name.to_string())]);
        }
        if !parts.is_empty() {
            return Ok(parts.into_iter().map(of).collect());
        }
    }
    // what the recipe names and is not there is told when the file is read
    Ok(vec![Located { table: spec.source.table.clone(), ..one }])
}

/// The file of a layer in a folder.
pub(super) fn locate(folder: &Path, source: &LayerSource) -> Option<Located> {
    Place::open(folder).ok()?.locate(&source.file)?.files.into_iter().next()
}
