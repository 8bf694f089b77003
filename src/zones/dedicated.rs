//! Dedicated grids: land set aside for one concentration of one customer class, or for one use (R5, R33).

use super::remainder;
use crate::cut::Fabric;
use crate::finding::{Finding, Severity};
use crate::measure::{DivisionId, Load, UnitId};
use crate::recipe::{KindRule, Recipe};
use crate::territory::lattice::Pt;
use crate::territory::{LandUse, Territory, Uses, covered};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A grid that is set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dedicated {
    /// Position of its rule in the recipe's kinds.
    pub rule: usize,
    /// Name of its land; of land in several parts with the number of the part.
    pub name: Option<String>,
    /// Division it lies in.
    pub division: DivisionId,
    /// Its units, sorted.
    pub units: Vec<UnitId>,
    /// Not meant to be contiguous.
    pub logical: bool,
    /// Load it will have, where all of its land says so.
    pub expected_load: Option<Load>,
}

/// Sets land aside by the rules of the recipe that carve, in their order; a unit is in one dedicated grid at most.
///
/// Land of a use: the units more than half inside, those of one name and division as one. Without land use: units whose customers are
/// of the classes by the rule's share. What is not logical is contiguous: units without load or customers between parts of it join, and
/// what is still in several parts makes several grids, west to east by their first units, each of which must meet the rule's
/// minimum. A unit on land of one name is never an alley of another. Land left over without load that is cut off from the rest of its
/// division joins the dedicated grid that it touches most. Land left over with less load than a grid may have joins one whose classes
/// still have their share of all points then, or is connected again: a dedicated grid gives back the least land that leads to the rest, if
/// it keeps more than half of its land, its minima and its contiguity. Findings:
///
/// | code | meaning |
/// |---|---|
/// | `kind-too-small` | land or customers short of the rule's minimum (`measured`: m², customers or their share) |
/// | `kind-without-land` | land that made no grid: each piece with a name, and who has the largest part of it (`measured`: m² of that part); those without as one (`measured`: pieces) |
/// | `expected-load-missing` | land of a rule of which some says no expected load (`measured`: pieces) |
/// | `remainder-joined` | land that was cut off and went with a dedicated grid (`measured`: m²) |
/// | `remainder-connected` | land that a dedicated grid gave back, so that nothing is cut off (`measured`: m²) |
/// | `remainder-parted` | load left over that is cut off from the rest of its division (`measured`: grids' worth) |
///
/// O(n log n) for n units, borders and points, and vertices of units beside land use.
pub fn dedicated(territory: &Territory, fabric: &Fabric, recipe: &Recipe) -> (Vec<Dedicated>, Vec<Finding>) {
    let (mut findings, mut out) = (Vec::new(), Vec::new());
    if !recipe.kinds.iter().any(|rule| rule.carve) {
        return (out, findings);
    }
    let mut work = Work::new(territory, fabric);
    let mut unused: Vec<(&KindRule, Vec<usize>)> = Vec::new();
    for (r, rule) in recipe.kinds.iter().enumerate().filter(|(_, rule)| rule.carve) {
        let found = if rule.landuse.is_empty() { work.by_customers(rule, recipe) } else { work.by_land(rule) };
        let kept = work.large_enough(rule, recipe, found, &mut findings);
        let (expected, without) = work.expected(rule, &kept, &mut findings);
        unused.push((rule, without));
        for (c, expected_load) in kept.into_iter().zip(expected) {
            c.units.iter().for_each(|u| work.owner[u.at()] = Some(out.len()));
            let Candidate { division, name, units, .. } = c;
            out.push(Dedicated { rule: r, name, division, units, logical: rule.logical, expected_load });
        }
    }
    remainder::settle(&mut work, recipe, &mut out, &mut findings);
    unused.iter().for_each(|(rule, lands)| work.without_grid(rule, lands, recipe, &out, &mut findings));
    out.sort_by(|a, b| (a.division, a.rule, &a.units).cmp(&(b.division, b.rule, &b.units)));
    (out, findings)
}

impl Dedicated {
    /// Its kind and name.
    pub(super) fn called(&self, recipe: &Recipe) -> String {
        let kind = &recipe.kinds[self.rule].kind;
        self.name.as_ref().map_or(kind.clone(), |name| format!("{kind} {name}"))
    }
}

/// Land that may become a dedicated grid.
struct Candidate {
    division: DivisionId,
    name: Option<String>,
    /// The whole land of that name, where this is part of it.
    part_of: Option<String>,
    units: Vec<UnitId>,
    /// Pieces of land use with their area in it, m².
    lands: BTreeMap<usize, f64>,
}

/// What rules look at.
pub(super) struct Work<'a> {
    pub t: &'a Territory,
    pub fabric: &'a Fabric,
    uses: Uses<'a>,
    /// Neighbours of every unit in its division, with the length of the border.
    pub next: Vec<Vec<(UnitId, f64)>>,
    /// Border of every unit with other divisions and the outside, m.
    edge_m: Vec<f64>,
    /// Customers of every unit by class.
    customers: Vec<BTreeMap<u16, u32>>,
    /// Points of every unit, also those of no class.
    points: Vec<u32>,
    /// Position of the dedicated grid that has the unit.
    pub owner: Vec<Option<usize>>,
}

impl<'a> Work<'a> {
    fn new(t: &'a Territory, fabric: &'a Fabric) -> Work<'a> {
        let n = fabric.units.len();
        let (mut next, mut edge_m) = (vec![Vec::new(); n], vec![0.0; n]);
        let (mut customers, mut points) = (vec![BTreeMap::new(); n], vec![0; n]);
        for b in fabric.borders.iter().filter(|b| b.length_m > 0.0) {
            match b.b.filter(|o| fabric.units[o.at()].division == fabric.units[b.a.at()].division) {
                Some(o) => {
                    next[b.a.at()].push((o, b.length_m));
                    next[o.at()].push((b.a, b.length_m));
                }
                None => [Some(b.a), b.b].into_iter().flatten().for_each(|u| edge_m[u.at()] += b.length_m),
            }
        }
        for (p, u) in t.points.iter().zip(&fabric.unit_of_point) {
            let Some(u) = u else { continue };
            points[u.at()] += 1;
            p.class.into_iter().for_each(|class| *customers[u.at()].entry(class).or_default() += 1);
        }
        Work { t, fabric, uses: Uses::new(&t.land_use), next, edge_m, customers, points, owner: vec![None; n] }
    }

    fn free(&self) -> impl Iterator<Item = UnitId> {
        (0..self.fabric.units.len()).filter(|&u| self.owner[u].is_none()).map(UnitId::new)
    }

    fn division(&self, u: UnitId) -> DivisionId {
        self.fabric.units[u.at()].division
    }

    /// Connected parts, each sorted, in the order of their first units.
    pub fn parts(&self, units: &[UnitId]) -> Vec<Vec<UnitId>> {
        let mut left: BTreeSet<UnitId> = units.iter().copied().collect();
        let mut out = Vec::new();
        while let Some(first) = left.pop_first() {
            let (mut part, mut at) = (vec![first], 0);
            while at < part.len() {
                part.extend(self.next[part[at].at()].iter().map(|n| n.0).filter(|o| left.remove(o)));
                at += 1;
            }
            part.sort_unstable();
            out.push(part);
        }
        out
    }

    pub fn place(&self, units: &[UnitId]) -> [f64; 2] {
        units.first().map_or([0.0; 2], |u| self.fabric.units[u.at()].inner.lon_lat())
    }

    /// Customers of the rule's classes, and all customers.
    fn count(&self, rule: &KindRule, recipe: &Recipe, units: &[UnitId]) -> (u32, u32) {
        let counts = || units.iter().flat_map(|u| &self.customers[u.at()]);
        let own = counts().filter(|(class, _)| rule.classes.contains(&recipe.classes[**class as usize].name));
        (own.map(|c| c.1).sum(), counts().map(|c| c.1).sum())
    }

    pub fn area_m2(&self, units: &[UnitId]) -> f64 {
        units.iter().map(|u| self.fabric.units[u.at()].area_m2).sum()
    }

    /// Whether units keep the minima of a rule that set them aside, and its contiguity.
    pub fn holds(&self, rule: &KindRule, recipe: &Recipe, units: &[UnitId]) -> bool {
        let (own, all) = self.count(rule, recipe, units);
        let enough = rule.classes.is_empty() || rule.is_concentration(own, all);
        enough && (rule.landuse.is_empty() || self.area_m2(units) >= rule.min_area_m2) && (rule.logical || self.parts(units).len() == 1)
    }

    /// Whether units and a pocket beside them are still a concentration of the rule's classes, if all points count, also those of no class.
    /// Land of a use is what it is.
    pub fn takes(&self, rule: &KindRule, recipe: &Recipe, units: &[UnitId]) -> bool {
        let points = units.iter().map(|u| self.points[u.at()]).sum();
        rule.landuse.is_empty() && rule.is_concentration(self.count(rule, recipe, units).0, points)
    }

    /// Units more than half on land of the rule's uses.
    fn by_land(&self, rule: &KindRule) -> Vec<Candidate> {
        type Claim<'l> = (Option<&'l str>, BTreeMap<usize, f64>);
        let claim = |u: UnitId| -> Option<Claim<'a>> {
            let unit = &self.fabric.units[u.at()];
            let mut by_name: BTreeMap<Option<&str>, Vec<(usize, &LandUse)>> = BTreeMap::new();
            for (i, l) in self.uses.near(&unit.rings).into_iter().filter(|(_, l)| rule.is_about(&l.kind, l.name.as_deref())) {
                by_name.entry(l.name.as_deref().filter(|_| !rule.logical)).or_default().push((i, l));
            }
            let share = |lands: &[(usize, &LandUse)]| {
                let rings: Vec<&[Vec<Pt>]> = lands.iter().map(|(_, l)| l.rings.as_slice()).collect();
                covered(&unit.rings, &rings)
            };
            let best = by_name.into_iter().map(|(name, lands)| (share(&lands), name, lands));
            let (_, name, lands) = best.filter(|b| b.0 > 0.5).max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))?;
            let area = |l: &(usize, &LandUse)| (l.0, unit.area_m2 * covered(&unit.rings, &[l.1.rings.as_slice()]));
            Some((name, lands.iter().map(area).filter(|l| l.1 > 0.0).collect()))
        };
        let units: Vec<UnitId> = self.free().collect();
        let claims: Vec<(UnitId, Claim)> = units.into_par_iter().filter_map(|u| Some((u, claim(u)?))).collect();
        let mut groups: BTreeMap<(DivisionId, Option<&str>), Vec<UnitId>> = BTreeMap::new();
        claims.iter().for_each(|(u, (name, _))| groups.entry((self.division(*u), *name)).or_default().push(*u));
        let lands: BTreeMap<UnitId, &BTreeMap<usize, f64>> = claims.iter().map(|(u, (_, lands))| (*u, lands)).collect();
        let candidates = groups.into_iter().flat_map(|((division, name), units)| {
            let lands = &lands;
            let parts = if rule.logical { vec![units] } else { self.parts(&self.with_between(units, |u| lands.contains_key(u))) };
            let several = parts.len() > 1;
            parts.into_iter().enumerate().map(move |(i, units)| {
                let mut sums = BTreeMap::new();
                units.iter().filter_map(|u| lands.get(u)).flat_map(|l| l.iter()).for_each(|(l, area)| *sums.entry(*l).or_default() += area);
                let named = name.map(|n| if several { format!("{n} {}", i + 1) } else { n.to_string() });
                let part_of = name.filter(|_| several).map(str::to_string);
                Candidate { division, name: named, part_of, units, lands: sums }
            })
        });
        candidates.collect()
    }

    /// Units whose customers are of the rule's classes.
    fn by_customers(&self, rule: &KindRule, recipe: &Recipe) -> Vec<Candidate> {
        let is_core = |u: &UnitId| {
            let (own, all) = self.count(rule, recipe, &[*u]);
            own > 0 && f64::from(own) >= rule.share * f64::from(all) - 1e-9
        };
        let mut cores: BTreeMap<DivisionId, Vec<UnitId>> = BTreeMap::new();
        self.free().filter(is_core).for_each(|u| cores.entry(self.division(u)).or_default().push(u));
        let candidates = cores.into_iter().flat_map(|(division, core)| {
            let parts = if rule.logical { vec![core] } else { self.parts(&self.with_between(core, |_| false)) };
            parts.into_iter().map(move |units| Candidate { division, name: None, part_of: None, units, lands: BTreeMap::new() })
        });
        candidates.collect()
    }

    /// Adds free land units with neither customers nor load that are enclosed by `core`, or lie between parts of it with more than half of
    /// their border along them: the alleys of an industrial park. Not those that are land of another name.
    fn with_between(&self, mut core: Vec<UnitId>, named: impl Fn(&UnitId) -> bool) -> Vec<UnitId> {
        let mut part_of: BTreeMap<UnitId, usize> = BTreeMap::new();
        for (i, part) in self.parts(&core).into_iter().enumerate() {
            part_of.extend(part.into_iter().map(|u| (u, i)));
        }
        let beside: BTreeSet<UnitId> = core.iter().flat_map(|u| &self.next[u.at()]).map(|n| n.0).collect();
        let between = |u: &UnitId| {
            let unit = &self.fabric.units[u.at()];
            let empty = unit.load == Load::ZERO && self.customers[u.at()].is_empty() && !unit.water && self.owner[u.at()].is_none();
            let (mut parts, mut along, mut all) = (BTreeSet::new(), 0.0, self.edge_m[u.at()]);
            for (n, length) in &self.next[u.at()] {
                all += length;
                if let Some(part) = part_of.get(n) {
                    parts.insert(*part);
                    along += length;
                }
            }
            empty && (along >= all - 1e-6 || (parts.len() > 1 && 2.0 * along > all))
        };
        core.extend(beside.iter().filter(|u| !part_of.contains_key(u) && !named(u) && between(u)));
        core
    }

    /// Candidates that meet the minima of their rule; the others are told.
    fn large_enough(&self, rule: &KindRule, recipe: &Recipe, found: Vec<Candidate>, findings: &mut Vec<Finding>) -> Vec<Candidate> {
        let mut small: Vec<(f64, f64, &str, Candidate)> = Vec::new();
        let mut kept = Vec::new();
        for c in found {
            let area = self.area_m2(&c.units);
            let (own, all) = self.count(rule, recipe, &c.units);
            if !rule.landuse.is_empty() && area < rule.min_area_m2 {
                small.push((area, rule.min_area_m2, "m²", c));
            } else if rule.classes.is_empty() || rule.is_concentration(own, all) {
                kept.push(c);
            } else if own < rule.min_count {
                small.push((own.into(), rule.min_count.into(), "customers", c));
            } else {
                small.push((f64::from(own) / f64::from(all.max(1)), rule.share, "of the customers", c));
            }
        }
        let (kind, shown) =
            (&rule.kind, |x: f64, unit: &str| if unit == "of the customers" { format!("{:.0} %", 100.0 * x) } else { format!("{x:.0}") });
        let (named, other): (Vec<_>, Vec<_>) = small.into_iter().partition(|s| s.3.name.is_some());
        for (measured, limit, unit, c) in &named {
            let name = c.name.as_deref().unwrap_or_default();
            let part = c.part_of.as_ref().map_or(String::new(), |whole| format!(", a part of {whole},"));
            let has = format!("{} {unit}; {} are needed", shown(*measured, unit), shown(*limit, unit));
            let f = Finding::new(Severity::Warning, "kind-too-small", format!("{name}{part} is no {kind}: it has {has}"));
            findings.push(self.about(f, c).id(name).at(self.place(&c.units)).measured(*measured).limit(*limit));
        }
        let largest = other.iter().max_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)).then(b.3.units.cmp(&a.3.units)));
        if let Some((measured, limit, unit, c)) = largest {
            let has = format!("{} {unit}; {} are needed", shown(*measured, unit), shown(*limit, unit));
            let message = format!("{} places are too small for a {kind}; the one nearest to it has {has}", other.len());
            let f = Finding::new(Severity::Info, "kind-too-small", message);
            findings.push(self.about(f, c).id(kind).at(self.place(&c.units)).measured(*measured).limit(*limit));
        }
        kept
    }

    /// Names the land that a candidate is mostly of.
    fn about(&self, f: Finding, c: &Candidate) -> Finding {
        let most = c.lands.iter().max_by(|a, b| a.1.total_cmp(b.1)).map(|(l, _)| &self.t.land_use[*l]);
        match most {
            Some(l) => f.file(&l.file).record(l.record),
            None => f,
        }
    }

    /// Expected load of every candidate; a piece of land counts for the one that has most of it. And the land that came to nothing.
    fn expected(&self, rule: &KindRule, kept: &[Candidate], findings: &mut Vec<Finding>) -> (Vec<Option<Load>>, Vec<usize>) {
        let mut most: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
        for (i, c) in kept.iter().enumerate() {
            for (&l, &area) in &c.lands {
                let best = most.entry(l).or_insert((area, i));
                if area > best.0 {
                    *best = (area, i);
                }
            }
        }
        let mut sums = vec![Some(None); kept.len()];
        for (l, (_, i)) in &most {
            let (sum, more) = (sums[*i], self.t.land_use[*l].expected_load);
            sums[*i] = sum.zip(more).map(|(sum, more)| Some(sum.unwrap_or(Load::ZERO) + more));
        }
        let about = |l: &usize| rule.is_about(&self.t.land_use[*l].kind, self.t.land_use[*l].name.as_deref());
        let (used, unused): (Vec<usize>, Vec<usize>) = (0..self.t.land_use.len()).filter(about).partition(|l| most.contains_key(l));
        // land that is no building site need not say what it will be
        let says = |l: &&usize| self.t.land_use[**l].expected_load.is_some();
        if used.iter().chain(&unused).any(|l| says(&l) || self.t.land_use[*l].kind == "construction") {
            let silent: Vec<usize> = used.iter().filter(|l| !says(l)).copied().collect();
            findings.extend(self.pieces("expected-load-missing", rule, &silent, "say no expected_load; their grids have none"));
        }
        (sums.into_iter().map(Option::flatten).collect(), unused)
    }

    /// What is told of several pieces of land as one.
    fn pieces(&self, code: &str, rule: &KindRule, lands: &[usize], what: &str) -> Option<Finding> {
        let first = &self.t.land_use[*lands.first()?];
        let message = format!("{} pieces of land for {} {what}; the first is here", lands.len(), rule.kind);
        let f = Finding::new(Severity::Info, code, message).file(&first.file).record(first.record).id(&rule.kind);
        Some(f.at(corner(first)).measured(lands.len() as f64).limit(0.0))
    }

    /// Tells land that made no grid: by name where it has one, with who has the largest part of it.
    fn without_grid(&self, rule: &KindRule, lands: &[usize], recipe: &Recipe, out: &[Dedicated], findings: &mut Vec<Finding>) {
        let (named, other): (Vec<usize>, Vec<usize>) = lands.iter().partition(|l| self.t.land_use[**l].name.is_some());
        let what = "made no grid: they hold no unit, are too small, or an earlier rule has their units";
        findings.extend(self.pieces("kind-without-land", rule, &other, what));
        let named: BTreeSet<usize> = named.into_iter().collect();
        let share = |u: usize| {
            let unit = &self.fabric.units[u];
            let near = if named.is_empty() { Vec::new() } else { self.uses.near(&unit.rings) };
            let own = near.into_iter().filter(|(l, _)| named.contains(l));
            own.map(|(l, land)| (l, unit.area_m2 * covered(&unit.rings, &[land.rings.as_slice()]), u)).collect::<Vec<_>>()
        };
        let mut most: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
        let shares: Vec<_> = (0..self.fabric.units.len()).into_par_iter().flat_map_iter(share).collect();
        for (l, m2, u) in shares.into_iter().filter(|s| s.1 > 0.0) {
            let best = most.entry(l).or_insert((m2, u));
            if m2 > best.0 {
                *best = (m2, u);
            }
        }
        for l in named {
            let (land, part) = (&self.t.land_use[l], most.get(&l));
            let who = match part.map(|(m2, u)| (m2, self.owner[*u])) {
                Some((m2, Some(d))) => format!("the largest part of it, {m2:.0} m², is in {}", out[d].called(recipe)),
                Some((m2, None)) => {
                    format!("the largest part of it, {m2:.0} m², is in ordinary grids: it is too small, or less than half of a unit")
                }
                None => "it lies beside all units".to_string(),
            };
            let name = land.name.as_deref().unwrap_or_default();
            let f = Finding::new(Severity::Info, "kind-without-land", format!("{name} has no {} of its own: {who}", rule.kind));
            let at = part.map_or(corner(land), |(_, u)| self.fabric.units[*u].inner.lon_lat());
            findings.push(f.file(&land.file).record(land.record).id(name).at(at).measured(part.map_or(0.0, |p| p.0.round())));
        }
    }
}

/// A place of a piece of land.
fn corner(land: &LandUse) -> [f64; 2] {
    land.rings.first().and_then(|r| r.first()).copied().unwrap_or_default().lon_lat()
}
