//! Judges any plan, also one that was edited by hand or made by another tool (R41), from polygons and tables alone.
//!
//! The judge shares no geometry with the maker: polygons are floating-point metres, overlaid by `i_overlay` (through
//! `geo`) and inset by Clipper (through `geo-clipper`), while the cut works on an integer lattice.

use super::boxes::Boxes;
use super::validity::flaw;
use crate::finding::{Finding, Severity};
use crate::measure::{LOAD, Load};
use crate::territory::Territory;
use crate::territory::lattice::{Plane, Pt};
use crate::watch::{Stopped, Watch};
use geo::orient::{Direction, Orient};
use geo::{Area, BooleanOps, BoundingRect, Coord, CoordsIter, Euclidean, Intersects, Length};
use geo::{Line, LineString, MapCoords, MultiLineString, MultiPolygon, Point};
use rayon::prelude::*;
use rstar::RTree;
use rstar::primitives::GeomWithData;
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// A grid as found in a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GridAsFound {
    /// Its id.
    pub grid_id: String,
    /// Its display code, empty where it has none.
    pub code: String,
    /// Division it claims to lie in.
    pub division_id: String,
    /// Load it claims to carry.
    pub households: Option<f64>,
    /// What it claims to have of further resources.
    pub load: BTreeMap<String, f64>,
    /// Target it claims.
    pub target: Option<f64>,
    /// Signed deviation it claims.
    pub deviation: Option<f64>,
    /// Parts it declares.
    pub parts: u32,
    /// Declared not to be contiguous.
    pub logical: bool,
    /// Its kind.
    pub kind: String,
    /// Share of its border along barriers that it claims.
    pub barrier_share: Option<f64>,
    /// Its area of every level, by the name of the level.
    pub areas: BTreeMap<String, String>,
    /// Its land, longitude and latitude.
    pub land: MultiPolygon<f64>,
}

/// A plan as found in a folder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AsFound {
    /// Its grids.
    pub grids: Vec<GridAsFound>,
    /// Its levels.
    pub levels: Vec<super::PlanLevel>,
    /// Entity, grid and rule of every attachment; `None` without a table.
    pub attachments: Option<Vec<[String; 3]>>,
}

/// One rule and whether the plan keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Name of the rule.
    pub name: String,
    /// Whether it is kept.
    pub ok: bool,
    /// A broken hard rule makes the plan unusable.
    pub hard: bool,
    /// What was measured, in words.
    pub figure: String,
}

/// Outcome of [`check`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// All rules.
    pub checks: Vec<Check>,
    /// Where and by how much rules are broken.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether every hard rule is kept.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|c| c.ok || !c.hard)
    }
}

/// A point this near to a border may belong to either side, m.
const BORDER_M: f64 = 0.05;
/// Share of the territory that may be missing, doubled or outside.
pub(super) const AREA_SHARE: f64 = 1e-6;
/// What may be so beside it along every metre of border, m: half of the step that coordinates have.
const BORDER_SHARE_M: f64 = 5.6e-5;
/// Parts smaller than this are no parts, m².
pub(super) const PART_M2: f64 = 1.0;
/// Barriers this strong should not run inside a grid.
const STRONG: u8 = 80;
/// A barrier this near to the border of a grid runs along it, m.
const INSET_M: f64 = 2.0;
/// Findings of one kind named one by one.
const NAMED: usize = 50;

/// Grid that a point lies in, and grids whose border is near it.
type Placed = (Option<usize>, Vec<usize>);

struct Judge<'a> {
    t: &'a Territory,
    found: &'a AsFound,
    land: Vec<MultiPolygon<f64>>,
    area: Vec<f64>,
    watch: &'a dyn Watch,
    checks: Vec<Check>,
    findings: Vec<Finding>,
}

/// Judges `found` against the territory: validity, cover, overlap, contiguity, nesting, loads, attachments and balance
/// within `tolerance`, a share of the target. O(n log n) for n positions and points. `watch` may stop it.
pub fn check(found: &AsFound, territory: &Territory, tolerance: f64, watch: &dyn Watch) -> Result<Checked, Stopped> {
    watch.stage("check");
    let _span = tracing::info_span!("check", grids = found.grids.len()).entered();
    // a GIS may write outer rings either way round
    let land = found.grids.par_iter().map(|g| metres(&g.land, &territory.plane).orient(Direction::Default));
    let land: Vec<MultiPolygon<f64>> = land.collect();
    let area = land.iter().map(|l| l.unsigned_area()).collect();
    let mut j = Judge { t: territory, found, land, area, watch, checks: Vec::new(), findings: Vec::new() };
    j.ids();
    j.shapes()?;
    let divisions = j.divisions();
    j.tiling(&divisions)?;
    j.nesting(&divisions)?;
    if let Some((rule, told)) = super::nesting::check(found) {
        j.checks.push(rule);
        j.findings.extend(told.into_iter().take(NAMED));
    }
    j.points()?;
    j.balance(tolerance);
    j.barriers()?;
    Ok(Checked { checks: j.checks, findings: j.findings })
}

pub(super) fn metres(land: &MultiPolygon<f64>, plane: &Plane) -> MultiPolygon<f64> {
    land.map_coords(|c| Coord { x: (c.x - plane.lon0) * plane.metres_per_lon, y: (c.y - plane.lat0) * plane.metres_per_lat })
}

/// Land in metres, outer rings counter-clockwise; what crosses itself becomes the union of its polygons, with the first fault in words.
pub(super) fn mended(land: &MultiPolygon<f64>, plane: &Plane) -> (MultiPolygon<f64>, Option<String>) {
    let land = metres(land, plane).orient(Direction::Default);
    let fault = flaw(&land).map(|f| f.words);
    (if fault.is_some() { geo::unary_union(land.iter()) } else { land }, fault)
}

pub(super) fn ring(line: &[Pt], plane: &Plane) -> LineString<f64> {
    LineString::new(line.iter().chain(line.first()).map(|p| plane.metres(*p).into()).collect())
}

impl Judge<'_> {
    fn say(&mut self, name: &str, ok: bool, hard: bool, figure: String) {
        self.checks.push(Check { name: name.into(), ok, hard, figure });
    }

    fn lon_lat(&self, c: Coord<f64>) -> [f64; 2] {
        let p = &self.t.plane;
        [c.x / p.metres_per_lon + p.lon0, c.y / p.metres_per_lat + p.lat0]
    }

    fn violation(&mut self, code: &str, id: Option<&str>, at: Option<Coord<f64>>, measured: f64, limit: f64, message: String) {
        if self.findings.iter().filter(|f| f.code == code).count() < NAMED {
            let mut f = Finding::new(Severity::Violation, code, message).measured(measured).limit(limit);
            f.subject.id = id.map(str::to_string);
            f.place = at.map(|c| self.lon_lat(c));
            self.findings.push(f);
        }
    }

    /// What `look` finds of the land of every grid, in order.
    fn each<T: Send>(&self, look: impl Fn(usize, &MultiPolygon<f64>) -> T + Sync) -> Result<Vec<T>, Stopped> {
        let one = |(i, land): (usize, &MultiPolygon<f64>)| {
            self.watch.go_on(land.coords_count() as u64)?;
            Ok(look(i, land))
        };
        self.land.par_iter().enumerate().map(one).collect()
    }

    fn ids(&mut self) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for g in &self.found.grids {
            *seen.entry(&g.grid_id).or_default() += 1;
        }
        let twice: Vec<(String, usize)> = seen.into_iter().filter(|s| s.1 > 1 || s.0.is_empty()).map(|(k, n)| (k.to_string(), n)).collect();
        self.say(
            "ids",
            twice.is_empty(),
            true,
            format!("{} ids missing or used twice among {} grids", twice.len(), self.found.grids.len()),
        );
        for (id, n) in twice {
            self.violation("id-not-unique", Some(&id), None, n as f64, 1.0, format!("{n} grids carry this id; give each its own"));
        }
    }

    fn shapes(&mut self) -> Result<(), Stopped> {
        let flaws = self.each(|_, land| flaw(land))?;
        let bad: Vec<_> = flaws.into_iter().enumerate().filter_map(|(i, flaw)| Some((i, flaw?))).collect();
        self.say("valid", bad.is_empty(), true, format!("{} invalid of {} grid geometries", bad.len(), self.land.len()));
        for (i, flaw) in bad {
            self.violation("geometry-invalid", Some(&self.found.grids[i].grid_id.clone()), flaw.at, 1.0, 0.0, flaw.words);
        }
        let parts = self.each(|_, land| geo::unary_union(land.iter()).iter().filter(|p| p.unsigned_area() > PART_M2).count())?;
        let mut apart = 0;
        for (i, &n) in parts.iter().enumerate() {
            let g = &self.found.grids[i];
            apart += usize::from(n > 1 && !g.logical);
            if n > 1 && !g.logical && g.parts <= 1 {
                let (id, at) = (g.grid_id.clone(), self.land[i].bounding_rect().map(|r| r.center()));
                self.violation(
                    "not-contiguous",
                    Some(&id),
                    at,
                    n as f64,
                    1.0,
                    format!("the grid lies in {n} parts and does not declare them"),
                );
            }
        }
        let silent = self.findings.iter().filter(|f| f.code == "not-contiguous").count();
        self.say("contiguous", silent == 0, true, format!("{apart} grids in several parts, {silent} of them without parts > 1"));
        Ok(())
    }

    /// m² that may be missing, doubled or outside of `all`.
    fn limit(&self, all: f64) -> f64 {
        let rings = self.land.iter().flatten().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
        AREA_SHARE * all + BORDER_SHARE_M * rings.map(|r| Euclidean.length(r)).sum::<f64>()
    }

    /// Land of divisions by id, as the even-odd rule gives it.
    fn divisions(&self) -> BTreeMap<String, MultiPolygon<f64>> {
        let one = |d: &crate::territory::Division| {
            let rings = d.rings.iter().map(|r| MultiPolygon::from(geo::Polygon::new(ring(r, &self.t.plane), vec![])));
            let land = rings.reduce(|a, b| a.xor(&b)).unwrap_or(MultiPolygon::new(vec![]));
            // a union takes rings one way round
            (d.id.clone(), land.orient(Direction::Default))
        };
        self.t.divisions.par_iter().map(one).collect::<Vec<_>>().into_iter().collect()
    }

    fn tiling(&mut self, divisions: &BTreeMap<String, MultiPolygon<f64>>) -> Result<(), Stopped> {
        let territory = united(&divisions.values().collect::<Vec<_>>());
        let positions = territory.coords_count() + self.land.iter().map(CoordsIter::coords_count).sum::<usize>();
        self.watch.go_on(positions as u64)?;
        let union = united(&self.land);
        self.watch.go_on(positions as u64)?;
        let all = territory.unsigned_area();
        let limit = self.limit(all);
        let (gap, beyond) = rayon::join(|| territory.difference(&union), || union.difference(&territory));
        let over = self.area.iter().sum::<f64>() - union.unsigned_area();
        let km2 = all / 1e6;
        self.say("cover", gap.unsigned_area() <= limit, true, format!("{:.2} m² of {km2:.3} km² in no grid", gap.unsigned_area()));
        self.say("overlap", over <= limit, true, format!("{:.2} m² in two grids", over.max(0.0)));
        self.say("outside", beyond.unsigned_area() <= limit, true, format!("{:.2} m² outside the territory", beyond.unsigned_area()));
        for (code, land, what) in [("land-in-no-grid", gap, "in no grid"), ("land-outside", beyond, "outside the territory")] {
            for p in land.iter().filter(|p| p.unsigned_area() > PART_M2) {
                let at = p.bounding_rect().map(|r| r.center());
                let a = p.unsigned_area();
                self.violation(code, None, at, a, PART_M2, format!("{a:.1} m² {what}"));
            }
        }
        if over > limit {
            self.overlaps()?;
        }
        Ok(())
    }

    /// Names pairs of grids that overlap.
    fn overlaps(&mut self) -> Result<(), Stopped> {
        let boxes = Boxes::new(self.land.iter());
        let with = |i: usize, land: &MultiPolygon<f64>| {
            let after = boxes.meeting(land.bounding_rect()).into_iter().filter(|&j| j > i);
            let both = after.map(|j| (i, j, land.intersection(&self.land[j])));
            both.filter(|(_, _, both)| both.unsigned_area() > PART_M2).collect::<Vec<_>>()
        };
        for (i, j, both) in self.each(with)?.into_iter().flatten() {
            let (a, b) = (self.found.grids[i].grid_id.clone(), self.found.grids[j].grid_id.clone());
            let (m2, at) = (both.unsigned_area(), both.bounding_rect().map(|r| r.center()));
            self.violation("grids-overlap", Some(&a), at, m2, PART_M2, format!("{m2:.1} m² belong to grid {b} as well"));
        }
        Ok(())
    }

    fn nesting(&mut self, divisions: &BTreeMap<String, MultiPolygon<f64>>) -> Result<(), Stopped> {
        let division = |i: usize| divisions.get(&self.found.grids[i].division_id);
        let leaks = self.each(|i, land| division(i).map(|d| land.difference(d).unsigned_area()))?;
        let unknown = leaks.iter().filter(|l| l.is_none()).count();
        let leak: f64 = leaks.iter().flatten().sum();
        let limit = self.limit(divisions.values().map(|d| d.unsigned_area()).sum());
        for (i, l) in leaks.iter().enumerate() {
            let (id, division) = (self.found.grids[i].grid_id.clone(), self.found.grids[i].division_id.clone());
            let at = self.land[i].bounding_rect().map(|r| r.center());
            match l {
                None => self.violation("division-unknown", Some(&id), at, 1.0, 0.0, format!("no division '{division}' was cut")),
                Some(l) if *l > limit.max(PART_M2) => {
                    self.violation("crosses-division", Some(&id), at, *l, limit, format!("{l:.1} m² lie outside division {division}"));
                }
                Some(_) => {}
            }
        }
        self.say(
            "nested",
            unknown == 0 && leak <= limit,
            true,
            format!("{unknown} grids of no known division, {leak:.2} m² across a division"),
        );
        Ok(())
    }

    /// Households in grids, loads as told, attachments.
    fn points(&mut self) -> Result<(), Stopped> {
        let boxes = Boxes::new(self.land.iter());
        let lines: Vec<GeomWithData<Line<f64>, usize>> = self
            .land
            .iter()
            .enumerate()
            .flat_map(|(i, l)| {
                l.iter()
                    .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
                    .flat_map(move |r| r.lines().map(move |s| GeomWithData::new(s, i)))
            })
            .collect();
        let borders = RTree::bulk_load(lines);
        let place = |at: Pt| {
            let m = Point::from(self.t.plane.metres(at));
            let mut near: Vec<usize> = borders.locate_within_distance(m, BORDER_M * BORDER_M).map(|l| l.data).collect();
            near.sort_unstable();
            near.dedup();
            let around = boxes.around([m.x(), m.y()]);
            self.watch.go_on(1 + around.iter().map(|&i| self.land[i].coords_count() as u64).sum::<u64>() / 16)?;
            Ok((around.into_iter().find(|&i| self.land[i].intersects(&m)), near))
        };
        let placed: Vec<Placed> = self.t.points.par_iter().map(|p| place(p.at)).collect::<Result<_, Stopped>>()?;
        let carried: Vec<Placed> = self.t.carriers.par_iter().map(|c| place(c.at)).collect::<Result<_, Stopped>>()?;
        self.recount(LOAD, self.t.points.iter().map(|p| p.load).zip(&placed), |g| Some(g.households));
        for (r, resource) in self.t.resources.iter().enumerate() {
            let own = self.t.carriers.iter().zip(&carried).filter(|(c, _)| c.resource as usize == r);
            // a plan that says nothing of a resource claims nothing
            self.recount(&resource.name, own.map(|(c, placed)| (c.amount, placed)), |g| g.load.get(&resource.name).map(|l| Some(*l)));
        }
        self.attachments(&placed);
        Ok(())
    }

    /// Holds what grids claim of a resource, where they must or do, against the points inside.
    fn recount<'p>(
        &mut self,
        name: &str,
        points: impl Iterator<Item = (Load, &'p Placed)>,
        claim: impl Fn(&GridAsFound) -> Option<Option<f64>>,
    ) {
        let n = self.land.len();
        let (mut sum, mut slack, mut lost) = (vec![0.0; n], vec![0.0; n], 0.0);
        for (load, (inside, near)) in points {
            *inside.map_or(&mut lost, |i| &mut sum[i]) += load.units();
            near.iter().for_each(|&i| slack[i] += load.units());
        }
        let mut off = 0;
        for i in 0..n {
            let Some(told) = claim(&self.found.grids[i]) else { continue };
            let wrong = told.is_none_or(|t| (t - sum[i]).abs() > slack[i] + 1e-6 * sum[i].max(1.0));
            if wrong {
                off += 1;
                let at = self.land[i].bounding_rect().map(|r| r.center());
                let message = format!("the grid says {} {name}, {} lie inside", told.map_or("no".into(), |t| t.to_string()), sum[i]);
                self.violation("load-differs", Some(&self.found.grids[i].grid_id.clone()), at, told.unwrap_or(0.0), sum[i], message);
            }
        }
        let total: f64 = sum.iter().sum();
        let figure = format!("{off} grids whose {name} differ from the points inside; {total} inside of grids, {lost} outside of all");
        let rule = if name == LOAD { "loads".to_string() } else { format!("loads:{name}") };
        self.say(&rule, off == 0, true, figure);
    }

    fn attachments(&mut self, placed: &[Placed]) {
        let Some(rows) = &self.found.attachments else {
            self.say("attached", false, true, "no attachments.csv".into());
            return;
        };
        let index: BTreeMap<&str, usize> = self.found.grids.iter().enumerate().map(|(i, g)| (g.grid_id.as_str(), i)).collect();
        let mut of: BTreeMap<&str, &[String; 3]> = BTreeMap::new();
        let mut twice = 0;
        for r in rows {
            twice += usize::from(of.insert(&r[0], r).is_some());
        }
        let (mut missing, mut wrong, mut orphaned) = (Vec::new(), Vec::new(), Vec::new());
        let (mut beyond, mut nowhere) = (0, 0);
        for (p, (inside, near)) in self.t.points.iter().zip(placed) {
            let row = of.get(p.id.as_str());
            if inside.is_none() {
                let attached = row.is_some_and(|r| index.contains_key(r[1].as_str()));
                *if attached { &mut beyond } else { &mut nowhere } += 1;
            }
            match row {
                None if inside.is_some() => missing.push(p),
                Some(r) if r[2] == "location" && near.is_empty() && inside.is_some() && index.get(r[1].as_str()) != inside.as_ref() => {
                    wrong.push(p)
                }
                Some(r) if !r[1].is_empty() && !index.contains_key(r[1].as_str()) => orphaned.push(p),
                _ => {}
            }
        }
        let figure = format!(
            "{} households missing, {twice} twice, {} attached by location to a grid they are not in, {} to a grid that is not there; \
             of those outside all grids {beyond} are attached to one and {nowhere} to none",
            missing.len(),
            wrong.len(),
            orphaned.len()
        );
        let orphan = orphaned.iter().map(|p| {
            (
                "entity-orphaned",
                p.id.to_string(),
                self.t.plane.metres(p.at).into(),
                "the entity is attached to a grid that the plan does not have",
            )
        });
        let named: Vec<(&str, String, Coord<f64>, &str)> = missing
            .iter()
            .map(|p| ("entity-missing", p.id.to_string(), self.t.plane.metres(p.at).into(), "the entity has no row in the attachments"))
            .chain(
                wrong
                    .iter()
                    .map(|p| ("entity-misplaced", p.id.to_string(), self.t.plane.metres(p.at).into(), "the entity lies in another grid")),
            )
            .chain(orphan)
            .collect();
        self.say("attached", missing.is_empty() && twice == 0 && wrong.is_empty() && orphaned.is_empty(), true, figure);
        for (code, id, at, message) in named {
            self.violation(code, Some(&id), Some(at), 1.0, 0.0, message.to_string());
        }
    }

    fn balance(&mut self, tolerance: f64) {
        let deviation = |g: &GridAsFound| g.deviation.or_else(|| Some((g.households? - g.target?) / g.target?));
        let ordinary: Vec<(String, f64)> = self
            .found
            .grids
            .iter()
            .filter(|g| g.kind.is_empty() || g.kind == "ordinary")
            .filter_map(|g| deviation(g).map(|d| (g.grid_id.clone(), d)))
            .collect();
        let n = ordinary.len().max(1) as f64;
        let inside = ordinary.iter().filter(|d| d.1.abs() <= tolerance + 1e-9).count();
        let worst = ordinary.iter().map(|d| d.1.abs()).fold(0.0, f64::max);
        let figure = format!(
            "{inside} of {} grids within {:.0} % ({:.1} %); largest deviation {:.1} %",
            ordinary.len(),
            tolerance * 100.0,
            100.0 * inside as f64 / n,
            worst * 100.0
        );
        self.say("balance", inside == ordinary.len(), false, figure);
        for (id, d) in ordinary.iter().filter(|d| d.1.abs() > tolerance + 1e-9) {
            let message = format!("{:+.1} % off its target", d * 100.0);
            if self.findings.iter().filter(|f| f.code == "grid-out-of-band").count() < NAMED {
                self.findings.push(Finding::new(Severity::Warning, "grid-out-of-band", message).id(id).measured(*d).limit(tolerance));
            }
        }
    }

    /// Strong barriers inside grids, more than [`INSET_M`] from the border.
    fn barriers(&mut self) -> Result<(), Stopped> {
        let strong = |class: u16| self.t.classes[class as usize].strength >= STRONG;
        let lines: Vec<LineString<f64>> = self
            .t
            .barriers
            .iter()
            .chain(&self.t.water_lines)
            .filter(|b| strong(b.class))
            .map(|b| LineString::new(b.line.iter().map(|p| self.t.plane.metres(*p).into()).collect()))
            .collect();
        // no lines are 0, not −0
        let total = 0.0 + lines.iter().map(|l| Euclidean.length(l)).sum::<f64>();
        let boxes = Boxes::new(lines.iter());
        let inside = |_, land: &MultiPolygon<f64>| {
            let inset = inset(land);
            let near: Vec<_> = boxes.meeting(inset.bounding_rect()).into_iter().map(|i| lines[i].clone()).collect();
            if near.is_empty() { 0.0 } else { Euclidean.length(&inset.clip(&MultiLineString::new(near), false)) }
        };
        let crossed: f64 = self.each(inside)?.iter().sum();
        let share = 100.0 * crossed / total.max(1e-9);
        self.say(
            "barriers",
            true,
            false,
            format!("{:.1} of {:.1} km of strong barriers run inside grids ({share:.1} %)", crossed / 1e3, total / 1e3),
        );
        Ok(())
    }
}

/// The land without a strip of [`INSET_M`] along its border.
fn inset(land: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    use geo_clipper::{Clipper, EndType, JoinType};
    land.offset(-INSET_M, JoinType::Miter(2.0), EndType::ClosedPolygon, 1000.0)
}

/// The union of land, by halves on all threads: borders inside are gone before the whole is looked at. O(n log n) for n positions.
pub(super) fn united(land: &[impl Borrow<MultiPolygon<f64>> + Sync]) -> MultiPolygon<f64> {
    match land {
        [] => MultiPolygon::new(Vec::new()),
        [one] => geo::unary_union(one.borrow().iter()),
        _ => {
            let (a, b) = land.split_at(land.len() / 2);
            let (a, b) = rayon::join(|| united(a), || united(b));
            geo::unary_union(a.iter().chain(&b))
        }
    }
}
