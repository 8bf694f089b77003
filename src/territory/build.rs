use super::customers::{self, Classes};
use super::divisions::{self, Chosen};
use super::lattice::{Plane, Pt};
use super::layers::{Layers, LineRecord, Origin, PointRecord, Site};
use super::weights::Weights;
use super::*;
use crate::finding::{Finding, Severity, few};
use crate::recipe::{Recipe, ResourceRule};
use crate::watch::{Stopped, Watch};
use geo::{LineString, MultiPolygon};
use rayon::prelude::*;
use smol_str::format_smolstr;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Why no territory could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TerritoryError {
    /// The caller stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// No division has the level and scheme asked for.
    #[error(
        "{file}: no division of level {wanted}; the file has {available}; choose one of them by level and scheme under [division] of the recipe (draw_plan: --level and --scheme)"
    )]
    NoSuchDivision {
        /// File of the divisions.
        file: String,
        /// Level and scheme asked for.
        wanted: String,
        /// Levels and schemes there are, with counts.
        available: String,
    },
    /// Several levels or schemes and nothing said which.
    #[error(
        "{file}: which divisions? The file has {available}; choose one by level and scheme under [division] of the recipe (draw_plan: --level and --scheme)"
    )]
    Ambiguous {
        /// File of the divisions.
        file: String,
        /// Levels and schemes there are, with counts.
        available: String,
    },
    /// Nothing has an area.
    #[error(
        "{file}: no land: none of its {count} areas has the size of a lattice cell; the file must hold polygons in longitude and latitude"
    )]
    NoLand {
        /// File of the divisions.
        file: String,
        /// Divisions chosen.
        count: usize,
    },
    /// An area is made of a division that is not there.
    #[error("[areas.{area}] {key}: {file} has no division with the id '{}'{}", ids.join("', '"), hint(near))]
    AreaUnknown {
        /// Id of the area.
        area: String,
        /// `of` or `without`.
        key: &'static str,
        /// The ids that are not there.
        ids: Vec<String>,
        /// File of the divisions.
        file: String,
        /// Ids that may have been meant, the likeliest first.
        near: Vec<String>,
    },
    /// Nothing is left of an area.
    #[error(
        "[areas.{area}]: no land is left of {of}, or areas before it in the recipe have all of it; correct the lists or leave the area out"
    )]
    AreaEmpty {
        /// Id of the area.
        area: String,
        /// What it is made of, and without what.
        of: String,
    },
}

fn hint(near: &[String]) -> String {
    if near.is_empty() { "; ids must be written as in the file".into() } else { format!("; did you mean {}?", near.join(", ")) }
}

/// Validates and projects layers (R6, R22).
///
/// Every repair, drop and duplicate is a finding of the result. O(n log n) for n vertices and points. `watch` may stop it.
pub fn territory(layers: &Layers, recipe: &Recipe, watch: &dyn Watch) -> Result<Territory, TerritoryError> {
    let _span = tracing::info_span!("territory", points = layers.households.len()).entered();
    let mut findings = layers.findings.clone();
    let (settlements, base) = settlements(recipe);
    let classes = classes(layers, recipe);
    let index: HashMap<(BarrierLayer, &str), u16> =
        classes.iter().enumerate().map(|(i, c)| ((c.layer, c.name.as_str()), i as u16)).collect();
    // none of these needs another; their findings keep their order
    let (shifted, points, chosen, lines) = (
        || super::shifted::shifted(layers),
        || telling(|told| points(layers, recipe, &settlements, told)),
        || telling(|told| divisions::choose(layers, recipe, told)),
        || telling(|told| Sorted::new(layers, recipe, &index, told)),
    );
    let ((shifted, (points, of_points)), ((chosen, of_divisions), (lines, of_lines))) =
        rayon::join(|| rayon::join(shifted, points), || rayon::join(chosen, lines));
    findings.extend(shifted);
    findings.extend(of_divisions);
    let Chosen { divisions, above } = chosen?;
    watch.go_on(divisions.iter().flat_map(|d| &d.rings).map(|r| r.len() as u64).sum())?;
    let (mut lo, mut hi) = (Pt { x: i64::MAX, y: i64::MAX }, Pt { x: i64::MIN, y: i64::MIN });
    for p in divisions.iter().flat_map(|d| d.rings.iter().flatten()) {
        (lo.x, lo.y, hi.x, hi.y) = (lo.x.min(p.x), lo.y.min(p.y), hi.x.max(p.x), hi.y.max(p.y));
    }
    let [lon0, lat0] = Pt { x: lo.x + (hi.x - lo.x) / 2, y: lo.y + (hi.y - lo.y) / 2 }.lon_lat();
    let plane = Plane::around(lon0, lat0);

    let study_area = layers.study_area.iter().flat_map(|a| rings(&a.land, layers, a.origin, a.id.as_deref(), &mut findings)).collect();
    let within = |line: &[Pt]| {
        let span = |f: fn(&Pt) -> i64| (line.iter().map(f).min().unwrap_or(0), line.iter().map(f).max().unwrap_or(0));
        let ((x0, x1), (y0, y1)) = (span(|p| p.x), span(|p| p.y));
        x1 >= lo.x && x0 <= hi.x && y1 >= lo.y && y0 <= hi.y
    };

    findings.extend(of_lines);
    let Sorted { mut barriers, mut minor, mut water_lines, mut bridges } = lines;
    let (mut near, mut all) = (0, 0);
    for lines in [&mut barriers, &mut minor, &mut water_lines] {
        all += lines.len();
        lines.retain(|b| within(&b.line));
        near += lines.len();
    }
    bridges.retain(|b| within(&b.line));
    if near < all {
        let most = 2 * near < all;
        let (severity, rest) = if most {
            (Severity::Warning, "; are they of another place, or in another system than the recipe or the file says?")
        } else {
            (Severity::Info, "")
        };
        let message = format!("{} of {all} lines lie beside the land and divide nothing{rest}", all - near);
        findings.push(Finding::new(severity, "lines-outside", message).measured((all - near) as f64).limit(0.0));
    }
    watch.go_on((layers.roads.len() + layers.rail.len() + layers.water_lines.len()) as u64)?;
    let mut water = Vec::new();
    for a in layers.water_areas.iter().filter(|a| strength(&recipe.barriers.water, &a.kind) > 0) {
        let rings = rings(&a.land, layers, a.origin, a.id.as_deref(), &mut findings);
        let area = rings.first().map_or(0.0, |r| plane.area_m2(lattice::ring_area2(r)).abs());
        if area >= recipe.cut.min_water_m2 && rings.iter().any(|r| within(r)) {
            water.push(Water { class: index[&(BarrierLayer::Water, a.kind.as_str())], rings });
        }
    }

    watch.go_on((layers.water_areas.len() + layers.landuse.len()) as u64)?;
    let land_use = customers::land_use(layers, recipe, within, &mut findings);
    let outlines = customers::outlines(&land_use, recipe, &plane, &index);
    let anchors = customers::anchors(layers, recipe, &mut findings);
    findings.extend(of_points);
    watch.go_on(points.len() as u64)?;
    let carriers = recipe.resources.iter().enumerate().flat_map(|(i, rule)| carriers(layers, rule, i as u32, &mut findings)).collect();
    let stations = stations::stations(layers, &plane, [lo, hi], &mut findings);
    let locks = locks(layers, &mut findings);
    watch.go_on((stations.len() + locks.len()) as u64)?;
    let resource = |r: &ResourceRule| Resource { name: r.name.clone(), tolerance: r.tolerance, weight: r.weight };
    Ok(Territory {
        plane,
        divisions,
        above,
        study_area,
        classes,
        barriers,
        water_lines,
        water,
        outlines,
        minor,
        bridges,
        settlements,
        base,
        points,
        land_use,
        anchors,
        resources: recipe.resources.iter().map(resource).collect(),
        carriers,
        stations,
        locks,
        snap_m: recipe.cut.snap_m,
        findings,
    })
}

/// What `make` makes, with what it tells.
fn telling<T>(make: impl FnOnce(&mut Vec<Finding>) -> T) -> (T, Vec<Finding>) {
    let mut told = Vec::new();
    (make(&mut told), told)
}

/// The households of layers as `recipe` weighs them, with what was dropped or noticed: as in [`territory`], but no division is needed. O(n log n).
pub fn demand(layers: &Layers, recipe: &Recipe) -> (Vec<DemandPoint>, Vec<Finding>) {
    let mut findings = layers.findings.clone();
    let points = points(layers, recipe, &settlements(recipe).0, &mut findings);
    (points, findings)
}

/// Locks of the layer, those of one kind and group as one.
fn locks(layers: &Layers, findings: &mut Vec<Finding>) -> Vec<Lock> {
    let mut out: Vec<Lock> = Vec::new();
    for r in &layers.locks {
        let (kind, seed) = match r.kind.trim().to_ascii_lowercase().as_str() {
            "frozen" => (LockKind::Frozen, false),
            "together" => (LockKind::Together, false),
            "apart" => (LockKind::Apart, false),
            "seed" => (LockKind::Apart, true),
            other => {
                let message = if other.is_empty() {
                    "it has no property lock and was left out; write frozen, together, apart or seed".to_string()
                } else {
                    format!("'{other}' is no kind of lock and was left out; write frozen, together, apart or seed")
                };
                let file = layers.file(r.origin);
                let mut f = Finding::new(Severity::Violation, "lock-unknown", message).file(file).record(r.origin.record.into());
                f.subject.id = r.id.clone();
                findings.push(f);
                continue;
            }
        };
        let record = r.origin.record.into();
        // all seeds are apart from each other
        let group = if seed { Some("seeds".to_string()) } else { r.group.clone() };
        let id = group.clone().or(r.id.clone()).unwrap_or_else(|| format!("record-{record}"));
        let known = out.iter().position(|l| group.is_some() && l.kind == kind && l.id == id);
        let file = layers.file(r.origin).to_string();
        let at = known.unwrap_or(out.len());
        if known.is_none() {
            out.push(Lock { kind, id, seeds: seed, places: Vec::new(), rings: Vec::new(), file, record });
        }
        out[at].places.extend(r.places.iter().filter_map(|p| Pt::from_lon_lat(p[0], p[1])));
        out[at].rings.extend(rings(&r.land, layers, r.origin, r.id.as_deref(), findings));
    }
    out
}

fn base_class(class: &str) -> &str {
    class.strip_suffix("_link").unwrap_or(class)
}

fn strength(table: &BTreeMap<String, u8>, class: &str) -> u8 {
    table.get(class).copied().unwrap_or(0)
}

/// Rings on the lattice without repeated positions; what has no area is dropped and told.
pub(super) fn rings(
    land: &MultiPolygon<f64>,
    layers: &Layers,
    origin: Origin,
    id: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Vec<Vec<Pt>> {
    let mut out = Vec::new();
    let mut repeated = 0;
    let mut tell = |code: &str, place: Option<[f64; 2]>, measured: f64, message: &str| {
        let mut f =
            Finding::new(Severity::Warning, code, message).file(layers.file(origin)).record(origin.record as u64).measured(measured);
        f.place = place;
        f.subject.id = id.map(str::to_string);
        findings.push(f);
    };
    for ring in land.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
        let place = ring.0.first().map(|c| [c.x, c.y]);
        if ring.0.first() != ring.0.last() {
            tell("ring-closed", place, ring.0.len() as f64, "a ring did not end where it begins; it was closed");
        }
        let (mut line, doubles) = positions(ring);
        if line.len() > 1 && line.first() == line.last() {
            line.pop();
        }
        repeated += doubles;
        if line.len() < 3 {
            tell("ring-dropped", place, line.len() as f64, "a ring of fewer than three positions has no area; it was dropped");
        } else {
            out.push(line);
        }
    }
    if repeated > 0 {
        tell("vertex-repeated", None, repeated as f64, "positions that repeat the one before were dropped");
    }
    out
}

/// Lattice positions without immediate repetition, and how many were repeated.
pub(super) fn positions(line: &LineString<f64>) -> (Vec<Pt>, usize) {
    let mut out: Vec<Pt> = line.0.iter().filter_map(|c| Pt::from_lon_lat(c.x, c.y)).collect();
    let before = out.len();
    out.dedup();
    let repeated = before - out.len();
    (out, repeated)
}

/// Ids that are taken, each with the number that its next namesake may have.
pub(super) type Ids = BTreeMap<String, u32>;

pub(super) fn unique(id: &str, ids: &mut Ids, layers: &Layers, origin: Origin, findings: &mut Vec<Finding>) -> String {
    let Some(&next) = ids.get(id) else {
        ids.insert(id.to_string(), 2);
        return id.to_string();
    };
    let named = (next..).map(|n| (n, format!("{id}#{n}")));
    let (n, new) = named.into_iter().find(|(_, new)| !ids.contains_key(new)).expect("there is always another number");
    ids.insert(id.to_string(), n + 1);
    ids.insert(new.clone(), 2);
    findings.push(
        Finding::new(Severity::Warning, "id-duplicate", format!("the id occurs before; this record is called '{new}'"))
            .file(layers.file(origin))
            .record(origin.record as u64)
            .id(id),
    );
    new
}

fn classes(layers: &Layers, recipe: &Recipe) -> Vec<BarrierClass> {
    let mut found: BTreeSet<(u8, BarrierLayer, &str)> = BTreeSet::new();
    for r in &layers.roads {
        let class = base_class(&r.class);
        found.insert((strength(&recipe.barriers.roads, class), BarrierLayer::Road, class));
    }
    let water = layers.water_lines.iter().map(|r| &r.class).chain(layers.water_areas.iter().map(|a| &a.kind));
    found.extend(water.map(|k| (strength(&recipe.barriers.water, k), BarrierLayer::Water, k.as_str())));
    found.extend(layers.rail.iter().map(|r| (strength(&recipe.barriers.rail, &r.class), BarrierLayer::Rail, r.class.as_str())));
    found.extend(customers::dividing(layers, recipe).map(|kind| (customers::STRENGTH, BarrierLayer::Land, kind)));
    let none = BarrierClass { layer: BarrierLayer::None, name: "none".into(), strength: 0 };
    let class = |(strength, layer, name): (u8, BarrierLayer, &str)| BarrierClass { layer, name: name.to_string(), strength };
    std::iter::once(none).chain(found.into_iter().map(class)).collect()
}

/// Lines that divide, by what they divide for.
#[derive(Default)]
struct Sorted {
    barriers: Vec<Barrier>,
    minor: Vec<Barrier>,
    water_lines: Vec<Barrier>,
    bridges: Vec<Barrier>,
}

impl Sorted {
    fn new(layers: &Layers, recipe: &Recipe, index: &HashMap<(BarrierLayer, &str), u16>, findings: &mut Vec<Finding>) -> Sorted {
        let mut lines = Lines { layers, index, seen: HashMap::new(), findings, tunnels: BTreeMap::new() };
        let mut sorted = Sorted::default();
        for r in &layers.roads {
            let class = base_class(&r.class);
            let into = match strength(&recipe.barriers.roads, class) {
                1.. => &mut sorted.barriers,
                0 if recipe.barriers.minor.iter().any(|m| m == class) => &mut sorted.minor,
                0 => continue,
            };
            let before = into.len();
            lines.take(r, BarrierLayer::Road, class, into);
            if r.bridge && recipe.barriers.bridges_join {
                sorted.bridges.extend_from_slice(&into[before..]);
            }
        }
        for r in layers.rail.iter().filter(|r| strength(&recipe.barriers.rail, &r.class) > 0) {
            lines.take(r, BarrierLayer::Rail, &r.class, &mut sorted.barriers);
        }
        for r in layers.water_lines.iter().filter(|r| strength(&recipe.barriers.water, &r.class) > 0) {
            lines.take(r, BarrierLayer::Water, &r.class, &mut sorted.water_lines);
        }
        lines.tell_tunnels();
        sorted
    }
}

struct Lines<'a> {
    layers: &'a Layers,
    index: &'a HashMap<(BarrierLayer, &'a str), u16>,
    seen: HashMap<Vec<Pt>, u32>,
    findings: &'a mut Vec<Finding>,
    tunnels: BTreeMap<String, u64>,
}

impl Lines<'_> {
    fn take(&mut self, r: &LineRecord, layer: BarrierLayer, class: &str, into: &mut Vec<Barrier>) {
        let file = self.layers.file(r.origin);
        if r.tunnel {
            *self.tunnels.entry(file.to_string()).or_default() += 1;
            return;
        }
        for part in &r.line {
            let (line, _) = positions(part);
            let mut tell = |code: &str, message: String| {
                let mut f = Finding::new(Severity::Warning, code, message).file(file).record(r.origin.record as u64);
                f.place = part.0.first().map(|c| [c.x, c.y]);
                f.subject.id = r.id.clone();
                self.findings.push(f);
            };
            if line.len() < 2 {
                tell("line-without-length", "all positions coincide; the line was dropped".into());
                continue;
            }
            let mut key = line.clone();
            if key.last() < key.first() {
                key.reverse();
            }
            if let Some(first) = self.seen.get(&key) {
                tell("line-duplicate", format!("the same course as record {first} of its layer; it counts once, with the stronger class"));
            } else {
                self.seen.insert(key, r.origin.record);
            }
            into.push(Barrier { class: self.index[&(layer, class)], line });
        }
    }

    fn tell_tunnels(&mut self) {
        for (file, count) in std::mem::take(&mut self.tunnels) {
            let message = format!("{count} lines in tunnels or culverts do not divide the land above them");
            self.findings.push(Finding::new(Severity::Info, "tunnels", message).file(file).measured(count as f64));
        }
    }
}

/// Settlement classes with exact factors: `base` is the least common multiple of the targets, so that
/// `Σ load / target(class)` stays an integer.
fn settlements(recipe: &Recipe) -> (Vec<Settlement>, Load) {
    fn gcd(a: i64, b: i64) -> i64 {
        if b == 0 { a } else { gcd(b, a % b) }
    }
    let targets: Vec<(String, Load)> = std::iter::once((String::new(), recipe.grid.target))
        .chain(recipe.grid.settlement_targets.iter().map(|(k, v)| (k.clone(), *v)))
        .collect();
    // targets without a small common multiple are rounded to parts per million of a grid
    const LARGEST: i64 = 1_000_000_000_000;
    let common = targets.iter().try_fold(1i64, |l, (_, t)| (l / gcd(l, t.0)).checked_mul(t.0).filter(|&l| l <= LARGEST));
    let base = common.unwrap_or(LARGEST);
    let settlement = |(name, target): (String, Load)| Settlement { name, target, factor: base / target.0.max(1) };
    (targets.into_iter().map(settlement).collect(), Load(base))
}

/// Records asked in one go.
const CHUNK: usize = 1 << 13;

/// What some records say, with what is told of the record at a position.
struct Said<'a> {
    /// Load and class of every record; nothing where it has no place.
    of: Vec<(Load, Option<u16>)>,
    told: Vec<(u32, Finding)>,
    classes: Classes<'a>,
    weights: Weights<'a>,
}

fn points(layers: &Layers, recipe: &Recipe, settlements: &[Settlement], findings: &mut Vec<Finding>) -> Vec<DemandPoint> {
    let place = |r: &PointRecord| Pt::from_lon_lat(r.at[0], r.at[1]);
    let records = &layers.households;
    let ask = |start: usize| {
        let records = &records[start..records.len().min(start + CHUNK)];
        let (classes, weights) = (Classes::new(&recipe.classes), Weights::new(layers, recipe));
        let mut said = Said { of: Vec::with_capacity(records.len()), told: Vec::new(), classes, weights };
        let mut told = Vec::new();
        for (i, r) in (start as u32..).zip(records) {
            if place(r).is_some() {
                said.of.push((said.weights.of(r, &mut told), said.classes.of(r)));
            } else {
                said.of.push((Load::ZERO, None));
                let message = "the position is no longitude and latitude; the point was dropped";
                let mut f = Finding::new(Severity::Warning, "point-dropped", message).file(layers.file(r.origin));
                f = f.record(r.origin.record.into()).at(r.at);
                f.subject.id = r.id.as_deref().map(str::to_string);
                told.push(f);
            }
            said.told.extend(told.drain(..).map(|f| (i, f)));
        }
        said
    };
    let parts: Vec<Said> = (0..records.len().div_ceil(CHUNK)).into_par_iter().map(|chunk| ask(chunk * CHUNK)).collect();
    let (mut classes, mut weights) = (Classes::new(&recipe.classes), Weights::new(layers, recipe));
    let (mut said, mut told) = (Vec::with_capacity(parts.len()), Vec::new());
    for mut part in parts {
        said.push(part.of);
        told.append(&mut part.told);
        classes.join(part.classes);
        weights.join(part.weights);
    }
    let from: Vec<u32> = (0..records.len() as u32).into_par_iter().filter(|&i| place(&records[i as usize]).is_some()).collect();
    let point = |&i: &u32| {
        let (r, (load, class)) = (&records[i as usize], said[i as usize / CHUNK][i as usize % CHUNK]);
        let id = r.id.clone().unwrap_or_else(|| format_smolstr!("record-{}", r.origin.record));
        let settlement = r.settlement.as_ref().and_then(|s| settlements.iter().position(|x| x.name == *s)).unwrap_or(0) as u16;
        DemandPoint { id, at: place(r).unwrap_or_default(), load, settlement, class }
    };
    let mut out: Vec<DemandPoint> = from.par_iter().map(point).collect();
    let mut renamed = rename(&mut out, |i| (from[i], records[from[i] as usize].origin), layers);
    // of one record its id is told first
    renamed.append(&mut told);
    renamed.sort_by_key(|t| t.0);
    findings.extend(renamed.into_iter().map(|t| t.1));
    classes.tell(layers, findings);
    if out.iter().all(|p| p.load == Load::ZERO) {
        findings.extend(without_load(layers, recipe));
    }
    weights.tell_totals(findings);
    out
}

/// Gives points whose ids occur before names of their own, as [`unique`] does; `record` tells where a point comes from. O(n) where few do.
fn rename(points: &mut [DemandPoint], record: impl Fn(usize) -> (u32, Origin), layers: &Layers) -> Vec<(u32, Finding)> {
    let mut twins = twins(points);
    if twins.is_empty() {
        return Vec::new();
    }
    // only these may be what a twin would be called
    let numbered = |p: &DemandPoint| p.id.rsplit_once('#').is_some_and(|(_, n)| n.bytes().all(|b| b.is_ascii_digit()));
    twins.par_extend((0..points.len() as u32).into_par_iter().filter(|&i| numbered(&points[i as usize])));
    twins.par_sort_unstable();
    twins.dedup();
    let (mut ids, mut told, mut findings) = (Ids::new(), Vec::new(), Vec::new());
    for i in twins {
        let (number, origin) = record(i as usize);
        let id = &mut points[i as usize].id;
        let new = unique(id, &mut ids, layers, origin, &mut findings);
        if *id != new {
            *id = new.into();
        }
        told.extend(findings.drain(..).map(|f| (number, f)));
    }
    told
}

/// A quick hash; whoever makes it collide gains nothing but a longer list of [`twins`].
fn hash(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |h: u64, word: u64| {
        let h = (h ^ word).wrapping_mul(ODD);
        h ^ (h >> 32)
    };
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &b| word << 8 | u64::from(b));
    let chunks = text.chunks_exact(8);
    let last = word(chunks.remainder()) | (text.len() as u64) << 56;
    mix(chunks.fold(ODD, |h, c| mix(h, word(c))), last)
}

/// Points that share their id with another one, and those few that only seem to: all whose ids share their hash. O(n log n).
fn twins(points: &[DemandPoint]) -> Vec<u32> {
    let of = |p: &DemandPoint| hash(p.id.as_bytes());
    let mut hashes: Vec<u64> = points.par_iter().map(of).collect();
    hashes.par_sort_unstable();
    let shared: Vec<u64> = hashes.par_chunk_by(|h, g| h == g).filter(|same| same.len() > 1).map(|same| same[0]).collect();
    if shared.is_empty() {
        return Vec::new();
    }
    (0..points.len() as u32).into_par_iter().filter(|&i| shared.binary_search(&of(&points[i as usize])).is_ok()).collect()
}

/// No point is load: the kinds asked for, and those that there are.
fn without_load(layers: &Layers, recipe: &Recipe) -> Option<Finding> {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    layers.households.iter().for_each(|r| *kinds.entry(r.kind.as_deref().unwrap_or("(none)")).or_default() += 1);
    let mut kinds: Vec<(&str, u64)> = kinds.into_iter().collect();
    kinds.sort_by_key(|k| std::cmp::Reverse(k.1));
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, points)| format!("{kind} ({points})")).collect();
    let message = format!(
        "no point is load: [load] kinds asks for {}, and the layer has {}; correct the kinds, or the weights",
        few(&recipe.load.kinds),
        few(&kinds)
    );
    let file = layers.file(layers.households.first()?.origin);
    Some(Finding::new(Severity::Warning, "load-absent", message).file(file).measured(0.0))
}

/// A resource may add up to this much; it leaves room for every sum and difference of later stages.
const MOST: i64 = i64::MAX / 16;

/// What carries the resource with that rule, which is number `resource` of the recipe.
fn carriers(layers: &Layers, rule: &ResourceRule, resource: u32, findings: &mut Vec<Finding>) -> Vec<Carrier> {
    let name = &rule.name;
    let numbers = rule.property.as_ref().map(|p| layers.numbers(rule.layer, p).unwrap_or_default());
    let mut out = Vec::new();
    let (mut asked, mut missing, mut total) = (0u64, 0u64, 0i64);
    let (mut unusable, mut nowhere) = (Vec::new(), Vec::new());
    for (i, site) in layers.sites(rule.layer).enumerate().filter(|(_, site)| rule.counts(site.kind)) {
        asked += 1;
        let Some(number) = numbers.map_or(Some(1.0), |column| column.get(i).copied().flatten()) else {
            missing += 1;
            continue;
        };
        let sum = |amount: Load| total.checked_add(amount.0).filter(|sum| *sum <= MOST);
        let usable = Load::from_units(number).filter(|l| *l >= Load::ZERO).and_then(|amount| Some((amount, sum(amount)?)));
        match (usable, Pt::from_lon_lat(site.at[0], site.at[1])) {
            (None, _) => unusable.push((site, number)),
            (Some(_), None) => nowhere.push((site, number)),
            (Some((amount, sum)), Some(at)) => {
                total = sum;
                if amount > Load::ZERO {
                    out.push(Carrier { at, amount, resource });
                }
            }
        }
    }
    let file = layers.sites(rule.layer).next().map_or(rule.layer.name(), |s| layers.file(s.origin));
    if missing > 0 {
        let property = rule.property.as_deref().unwrap_or_default();
        let message = format!("{missing} of {asked} points have no '{property}' and count 0 for {name}");
        findings.push(Finding::new(Severity::Info, "resource-missing", message).file(file).id(name).measured(missing as f64));
    }
    let mut tell = |code: &str, of: &[(Site<'_>, f64)], why: &str| {
        let Some((first, number)) = of.first() else { return };
        let message = format!("{} points {why} and count 0 for {name}; the first has {number}", of.len());
        let finding = Finding::new(Severity::Warning, code, message).file(file).record(first.origin.record as u64);
        findings.push(finding.id(first.id.unwrap_or(name)).at(first.at).measured(of.len() as f64).limit(0.0));
    };
    tell("amount-not-usable", &unusable, "have a negative amount or one too large");
    tell("carrier-dropped", &nowhere, "lie at no longitude and latitude");
    if out.is_empty() {
        let message = format!("nothing carries {name}: {asked} points of the layer count; correct [resources.{name}]");
        findings.push(Finding::new(Severity::Warning, "resource-empty", message).file(file).id(name).measured(0.0));
    }
    out
}
