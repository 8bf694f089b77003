//! One layer while it is read.

use super::Taken;
use super::joined::Places;
use super::placing::Placing;
use super::spec::{Holds, Spec};
use crate::finding::{Finding, Severity};
use crate::io::error::ReadError;
use crate::io::formats::feature::{self, Cell, Feature, Geometry, Head, Record, Shape, Sink};
use crate::io::formats::{Format, read_features};
use crate::territory::layers::{
    AreaRecord, DivisionRecord, Layers, LineRecord, LockRecord, Numbers, Origin, PointRecord, Source, StationRecord,
};
use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
use geo::winding_order::{Winding, WindingOrder};
use geo::{Centroid, Coord, LineString, MultiLineString, MultiPolygon, Polygon};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Fails where a file that lists its fields has none of that name.
pub(super) fn has_field(head: &Head, name: &str, file: &str) -> Result<(), ReadError> {
    if head.fields.is_empty() || head.fields.iter().any(|f| f.name == name) {
        return Ok(());
    }
    let there: Vec<&str> = head.fields.iter().map(|f| f.name.as_str()).collect();
    Err(ReadError::NoColumn { file: file.into(), missing: name.into(), there: there.join(", ") })
}

/// Holes outside their outlines made parts of their own, as formats have it that do not say which hole is whose; and how many there were.
fn holes_apart(land: MultiPolygon<f64>) -> (MultiPolygon<f64>, usize) {
    let outside = |outline: &LineString<f64>, hole: &LineString<f64>| {
        let place = |c: &Coord<f64>| coord_pos_relative_to_ring(*c, outline);
        hole.0.iter().map(place).find(|p| *p != CoordPos::OnBoundary) == Some(CoordPos::Outside)
    };
    if land.iter().all(|p| p.interiors().iter().all(|hole| !outside(p.exterior(), hole))) {
        return (land, 0);
    }
    let (mut parts, mut loose) = (Vec::new(), 0);
    for polygon in land {
        let (outline, holes) = polygon.into_inner();
        let (apart, own): (Vec<_>, Vec<_>) = holes.into_iter().partition(|hole| outside(&outline, hole));
        loose += apart.len();
        parts.push(Polygon::new(outline, own));
        parts.extend(apart.into_iter().map(|ring| Polygon::new(ring, Vec::new())));
    }
    (MultiPolygon(parts), loose)
}

/// Outlines counter-clockwise, holes clockwise. A ring without area has no direction, and formats turn it as they like: of its two the lesser is taken.
fn oriented(land: MultiPolygon<f64>) -> MultiPolygon<f64> {
    fn turn(ring: &mut LineString<f64>, wanted: WindingOrder) {
        let turned = match ring.winding_order() {
            Some(order) => order != wanted,
            None => ring.0.iter().rev().map(|c| (c.x, c.y)).partial_cmp(ring.0.iter().map(|c| (c.x, c.y))) == Some(Ordering::Less),
        };
        if turned {
            ring.0.reverse();
        }
    }
    let one = |polygon: Polygon<f64>| {
        let (mut outline, mut holes) = polygon.into_inner();
        turn(&mut outline, WindingOrder::CounterClockwise);
        holes.iter_mut().for_each(|hole| turn(hole, WindingOrder::Clockwise));
        Polygon::new(outline, holes)
    };
    land.into_iter().map(one).collect()
}

/// Features and positions after which they are counted and the watch is asked.
const OFTEN: u64 = 1024;
/// Records for which room is made on the word of a file.
const CLAIMED: u64 = 1 << 22;

/// Features with the same remark, told once.
struct Tally {
    count: u64,
    first: Finding,
}

/// Where a field of the layer may stand: positions in what is wanted, best first.
#[derive(Clone, Default)]
struct Slot(Vec<usize>);

impl Slot {
    fn cell<'f, 'a>(&self, feature: &'f Feature<'a>) -> Option<&'f Cell<'a>> {
        self.0.iter().map(|at| &feature.cells[*at]).find(|cell| !cell.is_missing())
    }

    fn text<'f>(&self, feature: &'f Feature<'_>) -> Option<Cow<'f, str>> {
        self.cell(feature).and_then(Cell::text)
    }
}

struct PointSlots {
    kind: Slot,
    weight: Slot,
    settlement: Slot,
    class: Slot,
    visits: Slot,
}

/// One layer while it is read.
pub(super) struct Reading<'s> {
    spec: &'s Spec<'s>,
    file: &'s str,
    source: u16,
    /// Property names in the file, each once.
    wanted: Vec<String>,
    /// Per field of the layer.
    slots: Vec<(&'static str, Slot)>,
    /// The slot of ids.
    id: Slot,
    /// Of points, of which there are millions.
    of_points: PointSlots,
    /// Position in `wanted` of every further number.
    numbers: Vec<usize>,
    seen: Vec<bool>,
    tallies: BTreeMap<&'static str, Tally>,
    /// Positions of divisions without id, with a place in each.
    unnamed: Vec<(usize, Option<[f64; 2]>)>,
    placing: Placing,
    encoding: Option<String>,
    /// Whether the table has a field for ids.
    has_ids: bool,
    /// Position in `wanted` of the key of records whose places are in another file.
    key: Option<usize>,
    places: Option<Places>,
    taken: &'s Taken<'s>,
    /// Features and positions that are not counted there yet.
    waiting: (u64, u64),
    out: Layers,
}

/// A feature with what findings about it need.
struct Item<'f> {
    feature: &'f Feature<'f>,
    record: u64,
    id: Option<Cow<'f, str>>,
}

impl Sink for Reading<'_> {
    fn head(&mut self, head: &Head) -> Result<(), ReadError> {
        self.placing = Placing::new(self.spec.source, self.spec.layer, head, self.file)?;
        self.encoding.clone_from(&head.encoding);
        if self.spec.layer == "households" {
            // a file may claim any number
            self.out.households.reserve(head.features.map_or(0, |n| n.min(CLAIMED) as usize));
        }
        // a row's number is an id where the table has no other
        self.has_ids = head.fields.iter().any(|f| self.id.0.iter().any(|at| self.wanted[*at] == f.name));
        if let Some(key) = self.key {
            has_field(head, &self.wanted[key], self.file)?;
        }
        let remarks = head.remarks.iter().map(|r| Finding::new(Severity::Warning, "file-odd", r.clone()).file(self.file));
        self.out.findings.extend(remarks);
        Ok(())
    }

    fn record(&mut self, record: u64, found: Record<'_>) -> Result<(), ReadError> {
        if let Record::Feature(feature) = &found {
            self.waiting.0 += 1;
            self.waiting.1 += feature.geometry.len() as u64;
            if self.waiting.0 + self.waiting.1 >= OFTEN {
                let (features, positions) = std::mem::take(&mut self.waiting);
                self.taken.take(self.file, record, features, positions)?;
            }
        }
        match found {
            Record::Feature(mut feature) => self.feature(record, &mut feature),
            Record::Malformed(why) => {
                let finding = Finding::new(Severity::Warning, "feature-malformed", format!("skipped: {why}"));
                self.out.findings.push(finding.file(self.file).record(record));
                Ok(())
            }
        }
    }
}

impl<'s> Reading<'s> {
    pub fn new(spec: &'s Spec<'s>, file: &'s str, source: u16, taken: &'s Taken<'s>) -> Self {
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
            slots.push((ours, Slot(theirs.into_iter().map(&mut want).collect())));
        }
        let slot = |ours: &str| slots.iter().find(|(name, _)| *name == ours).map(|(_, slot)| slot.clone()).unwrap_or_default();
        let id = slot("id");
        let of_points = PointSlots {
            kind: slot("kind"),
            weight: slot("weight"),
            settlement: slot("settlement"),
            class: slot("class"),
            visits: slot("visits"),
        };
        let numbers = spec.source.numbers.iter().map(|name| want(name)).collect();
        let key = spec.source.join.as_ref().map(|join| want(&join.key));
        let seen = vec![false; wanted.len()];
        let column = |property: &String| Numbers { layer: spec.layer.into(), property: property.clone(), values: Vec::new() };
        let out = Layers { numbers: spec.source.numbers.iter().map(column).collect(), ..Layers::default() };
        Reading {
            spec,
            file,
            source,
            wanted,
            slots,
            id,
            of_points,
            numbers,
            seen,
            tallies: BTreeMap::new(),
            unnamed: Vec::new(),
            placing: Placing::default(),
            encoding: None,
            has_ids: false,
            key,
            places: None,
            taken,
            waiting: (0, 0),
            out,
        }
    }

    /// `table` is the one that is meant, where the file has several.
    pub fn run(mut self, path: &Path, table: Option<&str>) -> Result<Layers, ReadError> {
        let (file, wanted) = (self.file, self.wanted.clone());
        let mut how = feature::Reading::from(self.spec.source);
        if table.is_some() {
            how.table = table.map(str::to_string);
        }
        if let Some(join) = &self.spec.source.join {
            let mut places = Places::read(path, self.spec.source, self.spec.layer, &join.file, &join.id)?;
            self.out.findings.append(&mut places.findings);
            self.places = Some(places);
        }
        let read = read_features(path, file, &wanted, &how, &mut self)?;
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
        let (features, positions) = self.waiting;
        self.taken.take(file, read.features, features, positions)?;
        self.name_divisions();
        let tallied = std::mem::take(&mut self.tallies).into_values();
        self.out.findings.extend(tallied.map(|t| t.first.measured(t.count as f64)));
        let remarks = read.remarks.iter().map(|r| Finding::new(Severity::Warning, "file-odd", r.clone()).file(file));
        self.out.findings.extend(remarks);
        self.out.sources.push(Source {
            layer: layer.into(),
            file: file.to_string(),
            digest: read.digest,
            content: String::new(),
            features: read.features,
            format: Format::of(file).map_or("", Format::name).into(),
            crs: self.placing.declared(),
            encoding: self.encoding.clone(),
        });
        Ok(self.out)
    }

    fn feature(&mut self, record: u64, feature: &mut Feature<'_>) -> Result<(), ReadError> {
        if let (Some(key), Some(places)) = (self.key, &self.places) {
            match places.of(&feature.cells[key]) {
                Some(there) => feature.geometry = there,
                None => {
                    let kind = format!("the key {} is not in the file that it is joined with", feature.cells[key].shown()).into();
                    feature.geometry = Geometry { kind, ..Geometry::default() };
                }
            }
        }
        if self.places.is_none() {
            self.placing.place(feature, self.file, record, &mut self.out.findings)?;
        }
        for (seen, cell) in self.seen.iter_mut().zip(&feature.cells) {
            *seen |= !cell.is_missing();
        }
        let place = feature.geometry.place();
        let mut loose = 0;
        let shape = match std::mem::take(&mut feature.geometry.shape) {
            // formats turn rings either way round
            Shape::Areas(land) => {
                let (land, n) = holes_apart(land);
                loose = n;
                Shape::Areas(oriented(land))
            }
            other => other,
        };
        let feature = &*feature;
        let id = self.id.text(feature).or_else(|| if self.has_ids { None } else { feature.id.text() });
        let item = Item { feature, record, id };
        let (unclosed, empty) = (feature.geometry.unclosed, feature.geometry.empty_parts);
        if let Some(why) = self.unfit(&item, &shape, place) {
            self.tell(&item, place, Severity::Warning, "geometry-dropped", why, None);
            return Ok(());
        }
        if empty > 0 {
            let message = "empty parts of the geometry were left out; the rest is kept".to_string();
            self.tell(&item, place, Severity::Warning, "part-dropped", message, Some(empty as f64));
        }
        if unclosed > 0 {
            let message = "rings do not end where they begin; they were closed with a straight line".to_string();
            self.tell(&item, place, Severity::Warning, "ring-closed", message, Some(unclosed as f64));
        }
        if loose > 0 {
            let message = "holes lie outside their outlines; they are taken as parts of their own".to_string();
            self.tell(&item, place, Severity::Warning, "hole-outside", message, Some(loose as f64));
        }
        match shape {
            Shape::Areas(land) if self.spec.layer == "locks" => self.lock(item, Vec::new(), land),
            Shape::Points(points) if self.spec.layer == "locks" => {
                self.lock(item, points.into_iter().map(<[f64; 2]>::from).collect(), MultiPolygon(Vec::new()));
            }
            Shape::Areas(land) if self.spec.layer == "base_stations" => {
                self.columns(&item, place, 1);
                let centre = land.centroid().map(|c| [c.x(), c.y()]).or(place);
                self.stations(item, place, centre.into_iter().collect(), land);
            }
            Shape::Areas(land) => self.area(item, place, land),
            Shape::Lines(line) => self.line(item, place, line),
            Shape::Points(points) => self.points(item, &points),
            Shape::Missing | Shape::Other => {}
        }
        Ok(())
    }

    /// Why the shape cannot be taken.
    fn unfit(&mut self, item: &Item<'_>, shape: &Shape, place: Option<[f64; 2]>) -> Option<String> {
        let holds = self.spec.holds;
        match shape {
            Shape::Missing if !item.feature.geometry.kind.is_empty() => {
                return Some(format!("skipped, it has no geometry: {}", item.feature.geometry.kind));
            }
            Shape::Missing if Format::of(self.file) == Some(Format::Delimited) => {
                return Some("skipped, it has no position; name the columns that hold it (x and y of the layer), or the file that has the places (join and join_key)".to_string());
            }
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
        let name = self.text(&item, "name").map(Cow::into_owned);
        if self.spec.layer != "admin" {
            let kind = match self.spec.layer {
                "study_area" => self.text(&item, "kind").map_or_else(|| "study_area".to_string(), Cow::into_owned),
                _ => self.class(&item, place, "kind"),
            };
            let expected_load = self.number(&item, "expected_load", place, |n| n >= 0.0);
            let id = item.id.map(Cow::into_owned);
            let record = AreaRecord { origin, id, kind, name, expected_load, land };
            match self.spec.layer {
                "study_area" => self.out.study_area.push(record),
                "water" => self.out.water_areas.push(record),
                _ => self.out.landuse.push(record),
            }
            return;
        }
        let id = item.id.as_deref().unwrap_or_default().to_string();
        if item.id.is_none() {
            self.unnamed.push((self.out.divisions.len(), place));
        }
        let level = self.number(&item, "admin_level", place, |n| n.fract() == 0.0 && n.abs() < 1e6).map(|n| n as i32);
        let partial = self.flag(&item, "partial", place).unwrap_or(false);
        let [scheme, parent, code, reports_to] =
            ["scheme", "parent", "code", "reports_to"].map(|property| self.text(&item, property).map(Cow::into_owned));
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
        let name = self.text(&item, "name").map(Cow::into_owned);
        let tunnel = self.flag(&item, "tunnel", place).unwrap_or(false);
        // a line above the ground is on a bridge; one below it without a tunnel lies in a cutting, and divides
        let above = self.number(&item, "layer", place, |_| true).is_some_and(|l| l > 0.0);
        let bridge = self.flag(&item, "bridge", place).unwrap_or(above);
        let id = item.id.map(Cow::into_owned);
        let record = LineRecord { origin, id, class, name, tunnel, bridge, line };
        match self.spec.layer {
            "roads" => self.out.roads.push(record),
            "water" => self.out.water_lines.push(record),
            _ => self.out.rail.push(record),
        }
    }

    fn points(&mut self, item: Item<'_>, points: &[Coord<f64>]) {
        if !matches!(self.spec.holds, Holds::Points | Holds::PointsAndAreas) {
            return;
        }
        let origin = self.origin(&item);
        let first = points.first().copied().map(<[f64; 2]>::from);
        if points.len() > 1 {
            let message = "a MultiPoint was made one record per position, each with the whole weight".to_string();
            self.tell(&item, first, Severity::Warning, "point-split", message, Some(points.len() as f64));
        }
        self.columns(&item, first, points.len());
        if self.spec.layer == "base_stations" {
            return self.stations(item, first, points.iter().copied().map(<[f64; 2]>::from).collect(), MultiPolygon(Vec::new()));
        }
        let id = item.id.as_deref().map(SmolStr::new);
        let slots = &self.of_points;
        let text = |slot: &Slot| slot.text(item.feature).map(SmolStr::from);
        let (kind, settlement, class, visits) = (text(&slots.kind), text(&slots.settlement), text(&slots.class), text(&slots.visits));
        let weight = slots.weight.cell(item.feature).and_then(|cell| self.parsed(&item, "weight", cell, first, |n| n >= 0.0));
        let into = if self.spec.layer == "households" { &mut self.out.households } else { &mut self.out.pois };
        let first = PointRecord { origin, id, kind, weight, settlement, class, visits, at: [0.0; 2] };
        into.extend(std::iter::repeat_n(first, points.len()).zip(points).map(|(record, c)| PointRecord { at: [c.x, c.y], ..record }));
    }

    /// What every feature with places of its own has: an id, or is told of, and further numbers.
    fn columns(&mut self, item: &Item<'_>, place: Option<[f64; 2]>, records: usize) {
        if item.id.is_none() {
            self.tally(item, place, "id-missing", "features have no id and are told by record number (number of features given)");
        }
        for i in 0..self.numbers.len() {
            let cell = &item.feature.cells[self.numbers[i]];
            let number = self.parsed(item, &self.spec.source.numbers[i], cell, place, |_| true);
            self.out.numbers[i].values.extend(std::iter::repeat_n(number, records));
        }
    }

    fn stations(&mut self, item: Item<'_>, place: Option<[f64; 2]>, places: Vec<[f64; 2]>, land: MultiPolygon<f64>) {
        let (origin, name) = (self.origin(&item), self.text(&item, "name").map(Cow::into_owned));
        let [azimuth, beam_width, radius_m] = ["azimuth", "beam_width", "radius_m"].map(|n| self.number(&item, n, place, |_| true));
        let [indoor, tunnel] = ["indoor", "tunnel"].map(|flag| self.flag(&item, flag, place));
        let id = item.id.map(Cow::into_owned);
        let station = |at| {
            let (id, name, land) = (id.clone(), name.clone(), land.clone());
            StationRecord { origin, id, name, azimuth, beam_width, radius_m, indoor, tunnel, at, land }
        };
        self.out.stations.extend(places.into_iter().map(station));
    }

    fn lock(&mut self, item: Item<'_>, places: Vec<[f64; 2]>, land: MultiPolygon<f64>) {
        let (origin, kind) = (self.origin(&item), self.text(&item, "lock").map(Cow::into_owned).unwrap_or_default());
        let group = self.text(&item, "group").map(Cow::into_owned);
        let id = item.id.map(Cow::into_owned);
        self.out.locks.push(LockRecord { origin, id, kind, group, places, land });
    }

    fn origin(&self, item: &Item<'_>) -> Origin {
        Origin { source: self.source, record: u32::try_from(item.record).unwrap_or(u32::MAX) }
    }

    fn slot(&self, ours: &str) -> Option<&Slot> {
        self.slots.iter().find(|(name, _)| *name == ours).map(|(_, slot)| slot)
    }

    fn text<'f>(&self, item: &Item<'f>, ours: &str) -> Option<Cow<'f, str>> {
        self.slot(ours)?.text(item.feature)
    }

    fn class(&mut self, item: &Item<'_>, place: Option<[f64; 2]>, ours: &str) -> String {
        self.text(item, ours).map(Cow::into_owned).unwrap_or_else(|| {
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
        let cell = self.slot(ours)?.cell(item.feature)?;
        self.parsed(item, ours, cell, place, fit)
    }

    /// What is written for `name` as a number, see [`number`](Self::number).
    fn parsed(&mut self, item: &Item<'_>, name: &str, cell: &Cell<'_>, place: Option<[f64; 2]>, fit: impl Fn(f64) -> bool) -> Option<f64> {
        if cell.is_missing() || cell.is_blank() {
            return None;
        }
        let number = cell.number().filter(|n| n.is_finite() && fit(*n));
        if number.is_none() {
            let message = format!("{name} is {}, which cannot be used; taken as missing", cell.shown());
            self.tell(item, place, Severity::Warning, "value-unreadable", message, None);
        }
        number
    }

    fn flag(&mut self, item: &Item<'_>, ours: &'static str, place: Option<[f64; 2]>) -> Option<bool> {
        let written = self.text(item, ours)?.to_ascii_lowercase();
        match written.as_str() {
            "yes" | "true" | "y" | "t" | "是" | "有" => Some(true),
            "no" | "false" | "n" | "f" | "否" | "无" => Some(false),
            "culvert" | "underground" if ours == "tunnel" => Some(true),
            // on the ground, under a house
            "building_passage" if ours == "tunnel" => Some(false),
            "viaduct" | "aqueduct" | "boardwalk" | "cantilever" | "covered" | "movable" | "trestle" if ours == "bridge" => Some(true),
            number if number.parse::<f64>().is_ok() => Some(number.parse() != Ok(0.0)),
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
        finding.subject.id = item.id.as_deref().map(str::to_string);
        finding.place = place;
        finding
    }
}
