//! A folder of layers as data: one record per feature, nothing dropped without a finding.

use super::error::ReadError;
use super::geojson::{Feature, Record, Shape, each_feature, text};
use crate::finding::{Finding, Severity};
use crate::recipe::{LayerMap, LayerSource};
use crate::territory::layers::{
    AreaRecord, DivisionRecord, Layers, LineRecord, LockRecord, Numbers, Origin, PointRecord, Source, StationRecord,
};
use geo::{Centroid, MultiLineString, MultiPolygon};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const ENDINGS: [&str; 4] = [".geojson", ".geojson.gz", ".json", ".json.gz"];

/// Reads all layers of a folder, as `map` names them; files that are absent give empty layers.
///
/// Households and one of admin and study area must be there. Files are read in parallel and joined in a
/// fixed order, so that the result does not depend on threads. Features that cannot be taken as they are
/// become findings:
///
/// | code | meaning |
/// |---|---|
/// | `layer-absent` | no file for an optional layer; one that the recipe calls by another name is an error |
/// | `file-shadowed` | two files for one layer; the first was read |
/// | `feature-malformed` | valid JSON that is no feature; skipped |
/// | `geometry-dropped` | no, an empty or an unfitting geometry; skipped |
/// | `part-dropped` | empty parts of a geometry; left out (`measured`: parts) |
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
    let listing = std::fs::read_dir(folder).map_err(|cause| ReadError::Folder { path: folder.to_path_buf(), cause })?;
    drop(listing);
    let mut found = Vec::new();
    let mut all = Layers::default();
    let specs = specs(map);
    for spec in &specs {
        match locate(folder, spec.source) {
            Some((path, file, shadowed)) => {
                if let Some(other) = shadowed {
                    let message = format!("not read, {file} is taken instead; remove one of the two");
                    all.findings.push(Finding::new(Severity::Warning, "file-shadowed", message).file(other));
                }
                found.push((spec, path, file));
            }
            None => {
                let message = format!("no {} layer ({}); taken as empty", spec.layer, candidates(spec.source).join(", "));
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
    let tried = sources.iter().flat_map(|s| candidates(s)).collect();
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
    if ENDINGS.iter().any(|e| file.ends_with(e)) { vec![file.clone()] } else { ENDINGS.iter().map(|e| format!("{file}{e}")).collect() }
}

/// Path and name of the first candidate that exists, and the name of another one that does.
pub(super) fn locate(folder: &Path, source: &LayerSource) -> Option<(PathBuf, String, Option<String>)> {
    let mut there = candidates(source).into_iter().filter(|name| folder.join(name).is_file());
    let first = there.next()?;
    Some((folder.join(&first), first, there.next()))
}

/// What a layer may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Areas,
    Lines,
    LinesAndAreas,
    Points,
    PointsAndAreas,
}

impl Holds {
    fn takes(self, shape: &Shape) -> bool {
        match shape {
            Shape::Areas(_) => matches!(self, Holds::Areas | Holds::LinesAndAreas | Holds::PointsAndAreas),
            Shape::Lines(_) => matches!(self, Holds::Lines | Holds::LinesAndAreas),
            Shape::Points(_) => matches!(self, Holds::Points | Holds::PointsAndAreas),
            Shape::Missing | Shape::Other => false,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Holds::Areas => "polygons",
            Holds::Lines => "lines",
            Holds::LinesAndAreas => "lines and polygons",
            Holds::Points => "points",
            Holds::PointsAndAreas => "points and polygons",
        }
    }
}

/// A layer: what it holds, and for each of our properties the names it may have where the recipe does
/// not name it. The first of them is the one a recipe uses.
struct Spec<'m> {
    layer: &'static str,
    source: &'m LayerSource,
    holds: Holds,
    fields: &'static [&'static [&'static str]],
}

fn specs(map: &LayerMap) -> [Spec<'_>; 10] {
    const CLASS: &[&str] = &["class", "kind", "highway"];
    const WATER: &[&str] = &["kind", "waterway", "water", "natural", "class"];
    const RAIL: &[&str] = &["kind", "railway", "class"];
    const LEVEL: &[&str] = &["admin_level", "level"];
    const POI: &[&[&str]] = &[&["id"], &["kind"], &["weight"], &["settlement"], &["radius_m"]];
    const CUSTOMER: &[&[&str]] = &[&["id"], &["kind"], &["weight"], &["settlement"], &["class"], &["visits"]];
    let spec = |layer, source, holds, fields| Spec { layer, source, holds, fields };
    [
        spec(
            "admin",
            &map.admin,
            Holds::Areas,
            &[&["id"], LEVEL, &["scheme"], &["name"], &["parent"], &["partial"], &["code"], &["reports_to"]],
        ),
        spec("study_area", &map.study_area, Holds::Areas, &[&["id"], &["kind"], &["name"]]),
        spec("roads", &map.roads, Holds::Lines, &[&["id"], CLASS, &["name"], &["tunnel"], &["bridge"], &["layer"]]),
        spec("water", &map.water, Holds::LinesAndAreas, &[&["id"], WATER, &["name"], &["tunnel"], &["bridge"], &["layer"]]),
        spec("rail", &map.rail, Holds::Lines, &[&["id"], RAIL, &["name"], &["tunnel"], &["bridge"], &["layer"]]),
        spec("households", &map.households, Holds::Points, CUSTOMER),
        spec("landuse", &map.landuse, Holds::Areas, &[&["id"], &["kind", "landuse", "class"], &["name"], &["expected_load"]]),
        spec("pois", &map.pois, Holds::Points, POI),
        spec(
            "base_stations",
            &map.base_stations,
            Holds::PointsAndAreas,
            &[&["id"], &["name"], &["azimuth"], &["beam_width", "beamwidth"], &["radius_m"], &["indoor"], &["tunnel"]],
        ),
        spec("locks", &map.locks, Holds::PointsAndAreas, &[&["id"], &["lock", "kind"], &["group"]]),
    ]
}

/// Features with the same remark, told once.
struct Tally {
    count: u64,
    first: Finding,
}

/// One layer while it is read.
struct Reading<'s> {
    spec: &'s Spec<'s>,
    file: &'s str,
    source: u16,
    /// Property names in the file, each once.
    wanted: Vec<String>,
    /// Per field of the layer: positions in `wanted`, best first.
    slots: Vec<(&'static str, Vec<usize>)>,
    /// Position in `wanted` of every further number.
    numbers: Vec<usize>,
    seen: Vec<bool>,
    tallies: BTreeMap<&'static str, Tally>,
    /// Positions of divisions without id, with a place in each.
    unnamed: Vec<(usize, Option<[f64; 2]>)>,
    out: Layers,
}

/// A feature with what findings about it need.
struct Item<'f> {
    feature: &'f Feature<'f>,
    record: u64,
    id: Option<String>,
}

impl<'s> Reading<'s> {
    fn new(spec: &'s Spec<'s>, file: &'s str, source: u16) -> Self {
        let mut wanted: Vec<String> = Vec::new();
        let mut want = |name: &str| {
            wanted.iter().position(|w| w == name).unwrap_or_else(|| {
                wanted.push(name.to_string());
                wanted.len() - 1
            })
        };
        let mut slots = Vec::new();
        for names in spec.fields {
            let ours = names[0];
            let theirs: Vec<&str> = match spec.source.properties.get(ours) {
                Some(name) => vec![name.as_str()],
                None => names.to_vec(),
            };
            slots.push((ours, theirs.into_iter().map(&mut want).collect()));
        }
        let numbers = spec.source.numbers.iter().map(|name| want(name)).collect();
        let seen = vec![false; wanted.len()];
        let column = |property: &String| Numbers { layer: spec.layer, property: property.clone(), values: Vec::new() };
        let out = Layers { numbers: spec.source.numbers.iter().map(column).collect(), ..Layers::default() };
        Reading { spec, file, source, wanted, slots, numbers, seen, tallies: BTreeMap::new(), unnamed: Vec::new(), out }
    }

    fn run(mut self, path: &Path) -> Result<Layers, ReadError> {
        let (file, wanted) = (self.file, self.wanted.clone());
        let read = each_feature(path, file, &wanted, |record, found| {
            match found {
                Record::Feature(mut feature) => self.feature(record, &mut feature),
                Record::Malformed(why) => {
                    let message = format!("skipped, it is no GeoJSON feature: {why}");
                    let finding = Finding::new(Severity::Warning, "feature-malformed", message);
                    self.out.findings.push(finding.file(file).record(record));
                }
            }
            Ok(())
        })?;
        if self.spec.layer == "households" && self.out.households.is_empty() {
            return Err(ReadError::NoPoints { file: file.to_string(), features: read.features });
        }
        let source = self.spec.source;
        let layer = self.spec.layer;
        let named = source.properties.iter().map(|(ours, theirs)| (theirs, format!("names for '{ours}'; correct [layers.{layer}]")));
        // points of interest need no radius: the recipe has one
        let added = source
            .numbers
            .iter()
            .filter(|n| n.as_str() != source.property("radius_m") || layer != "pois")
            .map(|theirs| (theirs, "adds up for a resource; correct [resources]".to_string()));
        for (theirs, what) in named.chain(added) {
            let absent = self.wanted.iter().position(|w| w == theirs).is_some_and(|at| !self.seen[at]);
            if absent && read.features > 0 {
                let message = format!("no feature has the property '{theirs}' that the recipe {what}");
                self.out.findings.push(Finding::new(Severity::Warning, "property-absent", message).file(file));
            }
        }
        self.name_divisions();
        let tallied = std::mem::take(&mut self.tallies).into_values();
        self.out.findings.extend(tallied.map(|t| t.first.measured(t.count as f64)));
        self.out.sources.push(Source { layer, file: file.to_string(), digest: read.digest, features: read.features });
        Ok(self.out)
    }

    fn feature(&mut self, record: u64, feature: &mut Feature<'_>) {
        for at in 0..self.wanted.len() {
            self.seen[at] |= feature.raw(at).is_some();
        }
        let place = feature.geometry.place();
        let shape = std::mem::take(&mut feature.geometry.shape);
        let feature = &*feature;
        let id = self.raw(feature, "id").and_then(text).or_else(|| feature.own_id());
        let item = Item { feature, record, id };
        let (unclosed, empty) = (feature.geometry.unclosed, feature.geometry.empty_parts);
        if let Some(why) = self.unfit(&item, &shape, place) {
            self.tell(&item, place, Severity::Warning, "geometry-dropped", why, None);
            return;
        }
        if empty > 0 {
            let message = "empty parts of the geometry were left out; the rest is kept".to_string();
            self.tell(&item, place, Severity::Warning, "part-dropped", message, Some(empty as f64));
        }
        if unclosed > 0 {
            let message = "rings do not end where they begin; they were closed with a straight line".to_string();
            self.tell(&item, place, Severity::Warning, "ring-closed", message, Some(unclosed as f64));
        }
        match shape {
            Shape::Areas(land) if self.spec.layer == "locks" => self.lock(item, Vec::new(), land),
            Shape::Points(points) if self.spec.layer == "locks" => {
                self.lock(item, points.into_iter().map(|c| [c.x, c.y]).collect(), MultiPolygon(Vec::new()));
            }
            Shape::Areas(land) if self.spec.layer == "base_stations" => {
                self.columns(&item, place, 1);
                let centre = land.centroid().map(|c| [c.x(), c.y()]).or(place);
                self.stations(item, place, centre.into_iter().collect(), land);
            }
            Shape::Areas(land) => self.area(item, place, land),
            Shape::Lines(line) => self.line(item, place, line),
            Shape::Points(points) => self.points(item, points.into_iter().map(|c| [c.x, c.y]).collect()),
            Shape::Missing | Shape::Other => {}
        }
    }

    /// Why the shape cannot be taken.
    fn unfit(&mut self, item: &Item<'_>, shape: &Shape, place: Option<[f64; 2]>) -> Option<String> {
        let holds = self.spec.holds;
        match shape {
            Shape::Missing => return Some("skipped, it has no geometry".to_string()),
            Shape::Points(_) if holds == Holds::LinesAndAreas && place.is_some() => {
                self.tally(item, place, "water-points", "points in the water layer are no barrier; not used (number of features given)");
                return None;
            }
            _ if !holds.takes(shape) => {
                let kind = &item.feature.geometry.kind;
                return Some(format!("skipped, its geometry is a {kind}; this layer holds {}", holds.name()));
            }
            _ => {}
        }
        place.is_none().then(|| format!("skipped, its {} is empty", item.feature.geometry.kind))
    }

    fn area(&mut self, item: Item<'_>, place: Option<[f64; 2]>, land: MultiPolygon<f64>) {
        let origin = self.origin(&item);
        let name = self.text(&item, "name");
        if self.spec.layer != "admin" {
            let kind = match self.spec.layer {
                "study_area" => self.text(&item, "kind").unwrap_or_else(|| "study_area".to_string()),
                _ => self.class(&item, place, "kind"),
            };
            let expected_load = self.number(&item, "expected_load", place, |n| n >= 0.0);
            let record = AreaRecord { origin, id: item.id, kind, name, expected_load, land };
            match self.spec.layer {
                "study_area" => self.out.study_area.push(record),
                "water" => self.out.water_areas.push(record),
                _ => self.out.landuse.push(record),
            }
            return;
        }
        let id = item.id.clone().unwrap_or_default();
        if item.id.is_none() {
            self.unnamed.push((self.out.divisions.len(), place));
        }
        let level = self.number(&item, "admin_level", place, |n| n.fract() == 0.0 && n.abs() < 1e6).map(|n| n as i32);
        let partial = self.flag(&item, "partial", place).unwrap_or(false);
        let [scheme, parent, code, reports_to] = ["scheme", "parent", "code", "reports_to"].map(|property| self.text(&item, property));
        self.out.divisions.push(DivisionRecord { origin, id, level, scheme, name, parent, code, reports_to, partial, land });
    }

    /// Gives divisions without id one that no other has.
    fn name_divisions(&mut self) {
        let mut ids: BTreeSet<String> = self.out.divisions.iter().map(|d| d.id.clone()).collect();
        for (at, place) in std::mem::take(&mut self.unnamed) {
            let record = self.out.divisions[at].origin.record;
            let id = (1..)
                .map(|n| if n == 1 { format!("record-{record}") } else { format!("record-{record}#{n}") })
                .find(|id| ids.insert(id.clone()))
                .expect("there is always another number");
            let message = format!(
                "the division has no id and is called '{id}'; give it one that stays when records move, \
                 or name its property under [layers.admin] properties = {{ id = \"…\" }}"
            );
            let mut finding = Finding::new(Severity::Info, "id-made", message).file(self.file).record(record.into()).id(&id);
            finding.place = place;
            self.out.findings.push(finding);
            self.out.divisions[at].id = id;
        }
    }

    fn line(&mut self, item: Item<'_>, place: Option<[f64; 2]>, line: MultiLineString<f64>) {
        let origin = self.origin(&item);
        let class = self.class(&item, place, if self.spec.layer == "roads" { "class" } else { "kind" });
        let name = self.text(&item, "name");
        let tunnel = self.flag(&item, "tunnel", place).unwrap_or(false);
        // a line above the ground is on a bridge; one below it without a tunnel lies in a cutting, and divides
        let above = self.number(&item, "layer", place, |_| true).is_some_and(|l| l > 0.0);
        let bridge = self.flag(&item, "bridge", place).unwrap_or(above);
        let record = LineRecord { origin, id: item.id, class, name, tunnel, bridge, line };
        match self.spec.layer {
            "roads" => self.out.roads.push(record),
            "water" => self.out.water_lines.push(record),
            _ => self.out.rail.push(record),
        }
    }

    fn points(&mut self, item: Item<'_>, points: Vec<[f64; 2]>) {
        if !matches!(self.spec.holds, Holds::Points | Holds::PointsAndAreas) {
            return;
        }
        let origin = self.origin(&item);
        let first = points.first().copied();
        if points.len() > 1 {
            let message = "a MultiPoint was made one record per position, each with the whole weight".to_string();
            self.tell(&item, first, Severity::Warning, "point-split", message, Some(points.len() as f64));
        }
        self.columns(&item, first, points.len());
        if self.spec.layer == "base_stations" {
            return self.stations(item, first, points, MultiPolygon(Vec::new()));
        }
        let kind = self.text(&item, "kind");
        let weight = self.number(&item, "weight", first, |n| n >= 0.0);
        let [settlement, class, visits] = ["settlement", "class", "visits"].map(|property| self.text(&item, property));
        let into = if self.spec.layer == "households" { &mut self.out.households } else { &mut self.out.pois };
        let (last, others) = points.split_last().expect("a geometry without position is dropped before");
        for at in others {
            let (kind, settlement, class, visits) = (kind.clone(), settlement.clone(), class.clone(), visits.clone());
            into.push(PointRecord { origin, id: item.id.clone(), kind, weight, settlement, class, visits, at: *at });
        }
        into.push(PointRecord { origin, id: item.id, kind, weight, settlement, class, visits, at: *last });
    }

    /// What every feature with places of its own has: an id, or is told of, and further numbers.
    fn columns(&mut self, item: &Item<'_>, place: Option<[f64; 2]>, records: usize) {
        if item.id.is_none() {
            self.tally(item, place, "id-missing", "features have no id and are told by record number (number of features given)");
        }
        for i in 0..self.numbers.len() {
            let raw = item.feature.raw(self.numbers[i]);
            let number = raw.and_then(|raw| self.parsed(item, &self.spec.source.numbers[i], raw, place, |_| true));
            self.out.numbers[i].values.extend(std::iter::repeat_n(number, records));
        }
    }

    fn stations(&mut self, item: Item<'_>, place: Option<[f64; 2]>, places: Vec<[f64; 2]>, land: MultiPolygon<f64>) {
        let (origin, name) = (self.origin(&item), self.text(&item, "name"));
        let [azimuth, beam_width, radius_m] = ["azimuth", "beam_width", "radius_m"].map(|n| self.number(&item, n, place, |_| true));
        let [indoor, tunnel] = ["indoor", "tunnel"].map(|flag| self.flag(&item, flag, place));
        let id = item.id;
        let station = |at| {
            let (id, name, land) = (id.clone(), name.clone(), land.clone());
            StationRecord { origin, id, name, azimuth, beam_width, radius_m, indoor, tunnel, at, land }
        };
        self.out.stations.extend(places.into_iter().map(station));
    }

    fn lock(&mut self, item: Item<'_>, places: Vec<[f64; 2]>, land: MultiPolygon<f64>) {
        let (origin, kind) = (self.origin(&item), self.text(&item, "lock").unwrap_or_default());
        let group = self.text(&item, "group");
        self.out.locks.push(LockRecord { origin, id: item.id, kind, group, places, land });
    }

    fn origin(&self, item: &Item<'_>) -> Origin {
        Origin { source: self.source, record: u32::try_from(item.record).unwrap_or(u32::MAX) }
    }

    fn raw<'f>(&self, feature: &'f Feature<'_>, ours: &str) -> Option<&'f str> {
        let (_, at) = self.slots.iter().find(|(name, _)| *name == ours)?;
        at.iter().find_map(|at| feature.raw(*at))
    }

    fn text(&self, item: &Item<'_>, ours: &str) -> Option<String> {
        self.raw(item.feature, ours).and_then(text)
    }

    fn class(&mut self, item: &Item<'_>, place: Option<[f64; 2]>, ours: &str) -> String {
        self.text(item, ours).unwrap_or_else(|| {
            let (stand_in, message) = match self.spec.layer {
                "roads" => ("road", "roads have no class and are taken as 'road' (number of features given)"),
                "water" => ("water", "water features have no kind and are taken as 'water' (number of features given)"),
                "rail" => ("rail", "railways have no kind and are taken as 'rail' (number of features given)"),
                _ => ("unknown", "features have no kind and are taken as 'unknown' (number of features given)"),
            };
            self.tally(item, place, "class-missing", message);
            stand_in.to_string()
        })
    }

    /// A number, also where it is written as text; what is no number or not `fit` is told and missing.
    fn number(&mut self, item: &Item<'_>, ours: &'static str, place: Option<[f64; 2]>, fit: impl Fn(f64) -> bool) -> Option<f64> {
        let raw = self.raw(item.feature, ours)?;
        self.parsed(item, ours, raw, place, fit)
    }

    /// What is written for `name` as a number, see [`number`](Self::number).
    fn parsed(&mut self, item: &Item<'_>, name: &str, raw: &str, place: Option<[f64; 2]>, fit: impl Fn(f64) -> bool) -> Option<f64> {
        let written = text(raw);
        if written.is_none() && raw == "\"\"" {
            return None;
        }
        let number = written.as_deref().and_then(|t| t.trim().parse::<f64>().ok()).filter(|n| n.is_finite() && fit(*n));
        if number.is_none() {
            let shown: String = raw.chars().take(40).collect();
            let message = format!("{name} is {shown}, which cannot be used; taken as missing");
            self.tell(item, place, Severity::Warning, "value-unreadable", message, None);
        }
        number
    }

    fn flag(&mut self, item: &Item<'_>, ours: &'static str, place: Option<[f64; 2]>) -> Option<bool> {
        let written = self.text(item, ours)?.to_ascii_lowercase();
        match written.as_str() {
            "yes" | "true" | "1" | "y" | "t" => Some(true),
            "no" | "false" | "0" | "n" | "f" => Some(false),
            "culvert" | "underground" if ours == "tunnel" => Some(true),
            // on the ground, under a house
            "building_passage" if ours == "tunnel" => Some(false),
            "viaduct" | "aqueduct" | "boardwalk" | "cantilever" | "covered" | "movable" | "trestle" if ours == "bridge" => Some(true),
            _ => {
                self.tally(item, place, "flag-unknown", format!("'{written}' for {ours} and the like is not known and taken as no"));
                Some(false)
            }
        }
    }

    fn tell(
        &mut self,
        item: &Item<'_>,
        place: Option<[f64; 2]>,
        severity: Severity,
        code: &'static str,
        message: String,
        measured: Option<f64>,
    ) {
        let mut finding = self.about(item, place, severity, code, message);
        finding.measured = measured;
        self.out.findings.push(finding);
    }

    fn tally(&mut self, item: &Item<'_>, place: Option<[f64; 2]>, code: &'static str, message: impl Into<String>) {
        if let Some(tally) = self.tallies.get_mut(code) {
            tally.count += 1;
            return;
        }
        let first = self.about(item, place, Severity::Info, code, message.into());
        self.tallies.insert(code, Tally { count: 1, first });
    }

    fn about(&self, item: &Item<'_>, place: Option<[f64; 2]>, severity: Severity, code: &str, message: String) -> Finding {
        let mut finding = Finding::new(severity, code, message).file(self.file).record(item.record);
        finding.subject.id = item.id.clone();
        finding.place = place;
        finding
    }
}

/// Our property names of a layer, the ones a recipe may map.
#[cfg(test)]
pub(super) fn property_names(map: &LayerMap) -> Vec<(&'static str, Vec<&'static str>)> {
    specs(map).iter().map(|s| (s.layer, s.fields.iter().map(|names| names[0]).collect())).collect()
}
