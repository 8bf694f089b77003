//! Divisions made of others by union and difference (R32), on lattice integers: borders keep their vertices.
//!
//! The territory stays covered once. An area has its land alone: divisions that are cut and not part of it lose what they share with it,
//! and what is taken out of those it is made of goes to the divisions that the recipe names for it. Slivers, where the outlines of one level do
//! not run as those of another, go to the division that they border on most.

use super::divisions::division;
use super::lattice::{Plane, Pt, cross, ring_area2};
use super::layers::Layers;
use super::{Division, TerritoryError};
use crate::finding::{Finding, Severity};
use crate::recipe::{AreaRule, Recipe, near};
use geo::{BoundingRect, Coord, Intersects, LineString, MultiPolygon, Polygon};
use geo_clipper::{ClipperInt, EndType, JoinType};
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};
use std::collections::{BTreeMap, BTreeSet};

/// Land on the lattice: outer rings and holes turn opposite ways.
type Land = MultiPolygon<i64>;

/// Smaller land is none, m².
const LEAST_M2: f64 = 1.0;

/// A sliver touches what is this near, lattice steps: 0.1 m.
const BESIDE: f64 = 1000.0;

/// Where a part comes from: a division that is cut, by position, or another one of the file.
enum Source {
    Cut(usize),
    Other(Box<Division>),
}

impl Source {
    fn place(&self) -> Option<usize> {
        match self {
            Source::Cut(at) => Some(*at),
            Source::Other(_) => None,
        }
    }
}

struct Maker<'a> {
    layers: &'a Layers,
    recipe: &'a Recipe,
    cut: Vec<Division>,
    plane: Plane,
    /// Parts too small or narrow for a division, with the one that they were of.
    slivers: Vec<(Division, Land)>,
    findings: &'a mut Vec<Finding>,
}

/// The divisions `cut` with the areas of the recipe in the places of those they are made of.
/// O(a · n log n) for a areas and n vertices; nothing is done without areas.
pub(super) fn make(
    layers: &Layers,
    recipe: &Recipe,
    cut: Vec<Division>,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Division>, TerritoryError> {
    let first = cut.iter().flat_map(|d| d.rings.iter().flatten()).next();
    let (Some(first), false) = (first, recipe.areas.is_empty()) else { return Ok(cut) };
    let [lon, lat] = first.lon_lat();
    let mut maker = Maker { layers, recipe, cut, plane: Plane::around(lon, lat), slivers: Vec::new(), findings };
    let mut taken = Land::new(vec![]);
    let mut replaced: BTreeSet<usize> = BTreeSet::new();
    // place among the divisions, and then the order in which they were made
    let mut made: Vec<(usize, Division)> = Vec::new();
    let mut left_out: Vec<(usize, Source)> = Vec::new();
    for rule in &recipe.areas {
        let of = maker.sources(rule, "of", &rule.of)?;
        let without = maker.sources(rule, "without", &rule.without)?;
        let place = of.iter().filter_map(Source::place).min().unwrap_or(maker.cut.len());
        replaced.extend(of.iter().filter_map(Source::place));
        let (area, own) = maker.area(rule, &of, &without, &taken)?;
        taken = taken.union(&own);
        made.push((place, area));
        left_out.extend(without.into_iter().map(|s| (place, s)));
    }
    maker.shrink(&taken, &replaced);
    made.extend(maker.rest(&taken, &replaced, left_out));
    maker.join_slivers(&mut made, &replaced);
    Ok(maker.together(made, &replaced))
}

impl Maker<'_> {
    /// The divisions with these ids, first among those that are cut, then in the whole file.
    fn sources(&mut self, rule: &AreaRule, key: &'static str, ids: &[String]) -> Result<Vec<Source>, TerritoryError> {
        let (mut out, mut unknown) = (Vec::with_capacity(ids.len()), Vec::new());
        for id in ids {
            let at = self.cut.iter().position(|d| d.id == *id);
            let record = || self.layers.divisions.iter().find(|d| d.id == *id);
            match at {
                Some(at) => out.push(Source::Cut(at)),
                None => match record().and_then(|record| division(record, self.layers, self.findings)) {
                    Some(other) => out.push(Source::Other(Box::new(other))),
                    None => unknown.push(id.clone()),
                },
            }
        }
        if unknown.is_empty() { Ok(out) } else { Err(self.unknown(rule, key, unknown)) }
    }

    fn unknown(&self, rule: &AreaRule, key: &'static str, ids: Vec<String>) -> TerritoryError {
        let known = || self.layers.divisions.iter();
        let called = known().filter(|d| d.name.as_ref().is_some_and(|name| ids.contains(name))).map(|d| d.id.as_str());
        let similar = ids.iter().flat_map(|id| near(id, known().map(|d| d.id.as_str()).chain(self.cut.iter().map(|d| d.id.as_str()))));
        let mut near: Vec<String> = called.chain(similar).take(3).map(str::to_string).collect();
        near.dedup();
        let file = self.cut.first().map_or(String::new(), |d| d.file.clone());
        TerritoryError::AreaUnknown { area: rule.id.clone(), key, ids, file, near }
    }

    fn of<'s>(&'s self, source: &'s Source) -> &'s Division {
        match source {
            Source::Cut(at) => &self.cut[*at],
            Source::Other(division) => division,
        }
    }

    fn union(&self, of: &[Source]) -> Land {
        of.iter().fold(Land::new(vec![]), |all, s| all.union(&land(&self.of(s).rings)))
    }

    fn m2(&self, land: &Land) -> f64 {
        self.plane.area_m2(area2(land))
    }

    /// The area of a rule, but for what areas before it have, and its land with slivers.
    fn area(&mut self, rule: &AreaRule, of: &[Source], without: &[Source], taken: &Land) -> Result<(Division, Land), TerritoryError> {
        let whole = self.union(of).difference(&self.union(without));
        let twice = self.m2(&whole.intersection(taken));
        let own = if twice > LEAST_M2 { whole.difference(taken) } else { whole };
        let without_what = if rule.without.is_empty() { String::new() } else { format!(" without {}", rule.without.join(", ")) };
        let made_of = format!("{}{without_what}", rule.of.join(", "));
        let source: Vec<&Division> = of.iter().map(|s| self.of(s)).collect();
        let vertices = vertices(of.iter().chain(without).map(|s| self.of(s)));
        // of several parts only what they agree on holds for the whole
        let same = |get: fn(&Division) -> &Option<String>| {
            let first = get(source[0]);
            first.clone().filter(|_| source.iter().all(|d| get(d) == first))
        };
        let (level, scheme) = self.cut.first().map_or((None, None), |d| (d.level, d.scheme.clone()));
        let division = Division {
            id: rule.id.clone(),
            name: rule.name.clone().unwrap_or_else(|| rule.id.clone()),
            level,
            scheme,
            parent: rule.parent.clone().or_else(|| same(|d| &d.parent)),
            code: source[0].code.clone().filter(|_| source.len() == 1),
            reports_to: same(|d| &d.reports_to),
            rings: Vec::new(),
            area2: 0,
            crossing: None,
            file: source[0].file.clone(),
            record: source[0].record,
        };
        let (parts, slivers) = self.parts(own.clone());
        // an area that is nothing but slivers is meant to be
        let division =
            if parts.0.is_empty() { self.reshape(division, slivers, &vertices) } else { self.keep(division, parts, slivers, &vertices) };
        if division.rings.is_empty() {
            return Err(TerritoryError::AreaEmpty { area: rule.id.clone(), of: made_of });
        }
        let m2 = self.plane.area_m2(division.area2);
        let message = format!("made of {made_of}: {m2:.0} m²");
        self.tell(Severity::Info, "area-made", &division, m2, message);
        if twice > LEAST_M2 {
            let message = format!("{twice:.0} m² of it belong to areas before it in the recipe, which keep them; correct [areas]");
            self.tell(Severity::Violation, "area-overlap", &division, twice, message);
        }
        Ok((division, own))
    }

    /// Takes the land of areas from divisions that are cut beside them.
    fn shrink(&mut self, taken: &Land, replaced: &BTreeSet<usize>) {
        for at in (0..self.cut.len()).filter(|at| !replaced.contains(at)) {
            let before = land(&self.cut[at].rings);
            if !meet(&before, taken) {
                continue;
            }
            let lost = self.m2(&before.intersection(taken));
            if lost <= LEAST_M2 {
                continue;
            }
            let division = self.cut[at].clone();
            let vertices = vertices(std::iter::once(&division));
            let (parts, slivers) = self.parts(before.difference(taken));
            let division = self.keep(division, parts, slivers, &vertices);
            let told = if division.rings.is_empty() { "; nothing is left of it" } else { "" };
            let message = format!("{lost:.0} m² of it belong to an area of the recipe, which has them{told}");
            self.tell(Severity::Warning, "division-shrunk", &division, lost, message);
            self.cut[at] = division;
        }
    }

    /// What areas left over of the divisions in whose place they stand, as divisions of those that were taken out.
    fn rest(&mut self, taken: &Land, replaced: &BTreeSet<usize>, left_out: Vec<(usize, Source)>) -> Vec<(usize, Division)> {
        let all: Vec<Source> = replaced.iter().copied().map(Source::Cut).collect();
        let mut rest = self.union(&all).difference(taken);
        for (_, d) in self.cut.iter().enumerate().filter(|(at, _)| !replaced.contains(at)) {
            let own = land(&d.rings);
            if meet(&own, &rest) {
                rest = rest.difference(&own);
            }
        }
        let mut out = Vec::new();
        for (place, source) in left_out {
            let from = self.of(&source).clone();
            let part = rest.intersection(&land(&from.rings));
            if self.m2(&part) <= LEAST_M2 {
                continue;
            }
            rest = rest.difference(&part);
            let vertices = vertices(std::iter::once(&from).chain(all.iter().map(|s| self.of(s))));
            let (parts, slivers) = self.parts(part);
            let division = self.keep(from, parts, slivers, &vertices);
            if division.rings.is_empty() {
                continue;
            }
            let m2 = self.plane.area_m2(division.area2);
            let message = format!("{m2:.0} m² that the areas leave over are a division of this id, so that the land stays covered");
            self.tell(Severity::Info, "area-rest", &division, m2, message);
            out.push((place, division));
        }
        out
    }

    /// Land in parts, and those among them that the cut would take for slivers: narrower than `cut.snap_m` or smaller than `cut.min_face_m2`.
    fn parts(&self, land: Land) -> (Land, Land) {
        let (slivers, parts) = land.into_iter().partition(|p| {
            let m2 = self.m2(&Land::new(vec![p.clone()]));
            m2 >= LEAST_M2 && (m2 < self.recipe.cut.min_face_m2 || self.width_m(p, m2) < self.recipe.cut.snap_m)
        });
        (Land::new(parts), Land::new(slivers))
    }

    /// The lesser side of the rectangle with the same area and perimeter, a square at most.
    fn width_m(&self, polygon: &Polygon<i64>, m2: f64) -> f64 {
        let side = |l: geo::Line<i64>| self.plane.distance_m(Pt { x: l.start.x, y: l.start.y }, Pt { x: l.end.x, y: l.end.y });
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let quarter = rings.flat_map(|r| r.lines()).map(side).sum::<f64>() / 4.0;
        quarter - (quarter * quarter - m2).max(0.0).sqrt()
    }

    /// The division with the `parts`, `slivers` put aside.
    fn keep(&mut self, division: Division, parts: Land, slivers: Land, vertices: &Vertices) -> Division {
        if !slivers.0.is_empty() {
            self.slivers.push((division.clone(), slivers));
        }
        self.reshape(division, parts, vertices)
    }

    /// Gives every sliver to the division that it borders on most; where it borders on none, it is in none.
    fn join_slivers(&mut self, made: &mut [(usize, Division)], replaced: &BTreeSet<usize>) {
        let mut cut = std::mem::take(&mut self.cut);
        let kept = cut.iter_mut().enumerate().filter(|(at, _)| !replaced.contains(at)).map(|c| c.1);
        let mut all: Vec<&mut Division> = made.iter_mut().map(|m| &mut m.1).chain(kept).collect();
        for (from, slivers) in std::mem::take(&mut self.slivers) {
            let lands: Vec<Land> = all.iter().map(|d| land(&d.rings)).collect();
            let mut joined: BTreeMap<Option<usize>, Vec<Polygon<i64>>> = BTreeMap::new();
            for sliver in slivers {
                let grown = ClipperInt::offset(&Land::new(vec![sliver.clone()]), BESIDE, JoinType::Square, EndType::ClosedPolygon);
                let beside = |(at, land): (usize, &Land)| {
                    let shared = if meet(land, &grown) { area2(&land.intersection(&grown)) } else { 0 };
                    (shared > 0).then_some((shared, std::cmp::Reverse(at)))
                };
                let most = lands.iter().enumerate().filter_map(beside).max().map(|m| m.1.0);
                joined.entry(most).or_default().push(sliver);
            }
            for (at, slivers) in joined {
                let (n, first) = (slivers.len(), slivers[0].exterior().0[0]);
                let slivers = Land::new(slivers);
                let m2 = self.m2(&slivers);
                let what = if n == 1 { "a sliver of".to_string() } else { format!("{n} slivers,") };
                let has = format!("{what} {m2:.0} m² in all, too narrow or small for a part of a division:");
                let (severity, message) = match at {
                    None => (Severity::Warning, format!("{has} on no border of another, in no grid")),
                    Some(at) => (Severity::Info, format!("{has} goes with '{}', on which it borders most", all[at].id)),
                };
                let finding = Finding::new(severity, "area-sliver", message).file(&from.file).record(from.record).id(&from.id);
                let place = Pt { x: first.x, y: first.y }.lon_lat();
                self.findings.push(finding.at(place).measured(m2).limit(self.recipe.cut.min_face_m2));
                if let Some(at) = at {
                    let vertices = vertices([&*all[at], &from].into_iter());
                    *all[at] = self.reshape(all[at].clone(), land(&all[at].rings).union(&slivers), &vertices);
                }
            }
        }
        self.cut = cut;
    }

    /// All divisions in their order, each under an id of its own.
    fn together(mut self, made: Vec<(usize, Division)>, replaced: &BTreeSet<usize>) -> Vec<Division> {
        let mut by_place: BTreeMap<usize, Vec<Division>> = BTreeMap::new();
        made.into_iter().for_each(|(place, d)| by_place.entry(place).or_default().push(d));
        for (at, d) in std::mem::take(&mut self.cut).into_iter().enumerate() {
            if !replaced.contains(&at) && !d.rings.is_empty() {
                by_place.entry(at).or_default().push(d);
            }
        }
        let mut out: Vec<Division> = by_place.into_values().flatten().collect();
        let mut ids = BTreeSet::new();
        for d in &mut out {
            if !ids.insert(d.id.clone()) {
                let new = (2..).map(|n| format!("{}#{n}", d.id)).find(|id| !ids.contains(id)).expect("there is always another number");
                let message = format!("the id of an area is that of a division as well; this one is called '{new}', correct [areas]");
                self.tell(Severity::Violation, "id-duplicate", d, 2.0, message);
                ids.insert(new.clone());
                d.id = new;
            }
        }
        out
    }

    /// The division with other land: its borders have the vertices that the parts have along them, and what is smaller than a square
    /// metre is dropped and told.
    fn reshape(&mut self, division: Division, land: Land, vertices: &Vertices) -> Division {
        let (mut rings, mut dropped, mut lost) = (Vec::new(), 0u32, 0.0);
        for ring in land.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
            let corners: Vec<Pt> = ring.0.iter().map(|c| Pt { x: c.x, y: c.y }).collect();
            let m2 = self.plane.area_m2(ring_area2(&corners).abs());
            if m2 < LEAST_M2 {
                (dropped, lost) = (dropped + 1, lost + m2);
            } else {
                rings.push(corners.windows(2).flat_map(|side| along(side[0], side[1], vertices)).collect());
            }
        }
        let area2 = rings.iter().map(|r: &Vec<Pt>| ring_area2(r)).sum();
        let division = Division { rings, area2, crossing: None, ..division };
        if dropped > 0 {
            let message = format!("{dropped} parts or holes smaller than a square metre, {lost:.3} m² in all, were dropped");
            self.tell(Severity::Info, "area-part-dropped", &division, lost, message);
        }
        division
    }

    fn tell(&mut self, severity: Severity, code: &str, d: &Division, m2: f64, message: String) {
        self.findings.push(Finding::new(severity, code, message).file(&d.file).record(d.record).id(&d.id).measured(m2).limit(LEAST_M2));
    }
}

type Vertices = RTree<GeomWithData<[f64; 2], Pt>>;

fn vertices<'d>(parts: impl Iterator<Item = &'d Division>) -> Vertices {
    let all: BTreeSet<&Pt> = parts.flat_map(|d| d.rings.iter().flatten()).collect();
    RTree::bulk_load(all.into_iter().map(|&p| GeomWithData::new([p.x as f64, p.y as f64], p)).collect())
}

/// `a` and the vertices on the way to `b`, which a union leaves out where a border runs straight on.
fn along(a: Pt, b: Pt, vertices: &Vertices) -> Vec<Pt> {
    let low = [a.x.min(b.x) as f64, a.y.min(b.y) as f64];
    let span = AABB::from_corners(low, [a.x.max(b.x) as f64, a.y.max(b.y) as f64]);
    let on = vertices.locate_in_envelope(&span).map(|v| v.data).filter(|&p| p != a && p != b && cross(a, b, p) == 0);
    let mut line: Vec<Pt> = std::iter::once(a).chain(on).collect();
    line[1..].sort_unstable_by_key(|p| (p.x - a.x).abs() + (p.y - a.y).abs());
    line
}

/// The land inside rings by the even-odd rule.
fn land(rings: &[Vec<Pt>]) -> Land {
    let ring = |r: &Vec<Pt>| LineString(r.iter().chain(r.first()).map(|p| Coord { x: p.x, y: p.y }).collect());
    rings.iter().fold(Land::new(vec![]), |all, r| all.xor(&Land::new(vec![Polygon::new(ring(r), vec![])])))
}

/// Twice the area, steps².
fn area2(land: &Land) -> i128 {
    let one = |r: &LineString<i64>| ring_area2(&r.0.iter().map(|c| Pt { x: c.x, y: c.y }).collect::<Vec<_>>()).abs();
    land.iter().map(|p| one(p.exterior()) - p.interiors().iter().map(one).sum::<i128>()).sum()
}

/// Whether the boxes of two pieces of land meet.
fn meet(a: &Land, b: &Land) -> bool {
    a.bounding_rect().zip(b.bounding_rect()).is_some_and(|(a, b)| a.intersects(&b))
}
