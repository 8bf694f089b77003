//! Dedicated grids: land set aside for one concentration of one customer class, or for one use (R5, R33).

use super::remainder;
use crate::cut::Fabric;
use crate::finding::{Finding, Severity};
use crate::measure::{DivisionId, Load, UnitId};
use crate::recipe::{KindRule, Recipe};
use crate::territory::lattice::Pt;
use crate::territory::{LandUse, Territory, Uses, covered};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A grid that is set aside.
#[derive(Clone, Debug, PartialEq)]
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
/// minimum. Land left over without load that is cut off from the rest of its division joins the dedicated grid that it touches
/// most. Findings:
///
/// | code | meaning |
/// |---|---|
/// | `kind-too-small` | land or customers short of the rule's minimum (`measured`: m², customers or their share) |
/// | `kind-without-land` | land that holds no unit, or whose units an earlier rule has (`measured`: pieces) |
/// | `expected-load-missing` | land of a rule of which some says no expected load (`measured`: pieces) |
/// | `remainder-joined` | land without load that went with a dedicated grid (`measured`: m²) |
/// | `remainder-parted` | load left over that is cut off from the rest of its division (`measured`: grids' worth) |
///
/// O(n log n) for n units, borders and points, and vertices of units beside land use.
pub fn dedicated(territory: &Territory, fabric: &Fabric, recipe: &Recipe) -> (Vec<Dedicated>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut out: Vec<Dedicated> = Vec::new();
    let mut work = Work::new(territory, fabric);
    for (r, rule) in recipe.kinds.iter().enumerate().filter(|(_, rule)| rule.carve) {
        let found = if rule.landuse.is_empty() { work.by_customers(rule, recipe) } else { work.by_land(rule) };
        let kept = work.large_enough(rule, recipe, found, &mut findings);
        let expected = work.expected(rule, &kept, &mut findings);
        for (c, expected_load) in kept.into_iter().zip(expected) {
            c.units.iter().for_each(|u| work.taken[u.at()] = true);
            let Candidate { division, name, units, .. } = c;
            out.push(Dedicated { rule: r, name, division, units, logical: rule.logical, expected_load });
        }
    }
    remainder::settle(&work, recipe, &mut out, &mut findings);
    out.sort_by(|a, b| (a.division, a.rule, &a.units).cmp(&(b.division, b.rule, &b.units)));
    (out, findings)
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
    /// Whether a dedicated grid has the unit.
    pub taken: Vec<bool>,
}

impl<'a> Work<'a> {
    fn new(t: &'a Territory, fabric: &'a Fabric) -> Work<'a> {
        let n = fabric.units.len();
        let (mut next, mut edge_m, mut customers) = (vec![Vec::new(); n], vec![0.0; n], vec![BTreeMap::new(); n]);
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
            if let (Some(class), Some(u)) = (p.class, u) {
                *customers[u.at()].entry(class).or_default() += 1;
            }
        }
        Work { t, fabric, uses: Uses::new(&t.land_use), next, edge_m, customers, taken: vec![false; n] }
    }

    fn free(&self) -> impl Iterator<Item = UnitId> {
        (0..self.fabric.units.len()).filter(|&u| !self.taken[u]).map(UnitId::new)
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
            let parts = if rule.logical { vec![units] } else { self.parts(&self.with_between(units)) };
            let several = parts.len() > 1;
            let lands = &lands;
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
            let parts = if rule.logical { vec![core] } else { self.parts(&self.with_between(core)) };
            parts.into_iter().map(move |units| Candidate { division, name: None, part_of: None, units, lands: BTreeMap::new() })
        });
        candidates.collect()
    }

    /// Adds free land units with neither customers nor load that are enclosed by `core`, or lie between parts of it with more than half of
    /// their border along them: the alleys of an industrial park.
    fn with_between(&self, mut core: Vec<UnitId>) -> Vec<UnitId> {
        let mut part_of: BTreeMap<UnitId, usize> = BTreeMap::new();
        for (i, part) in self.parts(&core).into_iter().enumerate() {
            part_of.extend(part.into_iter().map(|u| (u, i)));
        }
        let beside: BTreeSet<UnitId> = core.iter().flat_map(|u| &self.next[u.at()]).map(|n| n.0).collect();
        let between = |u: &UnitId| {
            let unit = &self.fabric.units[u.at()];
            let empty = unit.load == Load::ZERO && self.customers[u.at()].is_empty() && !unit.water && !self.taken[u.at()];
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
        core.extend(beside.iter().filter(|u| !part_of.contains_key(u) && between(u)));
        core
    }

    /// Candidates that meet the minima of their rule; the others are told.
    fn large_enough(&self, rule: &KindRule, recipe: &Recipe, found: Vec<Candidate>, findings: &mut Vec<Finding>) -> Vec<Candidate> {
        let mut small: Vec<(f64, f64, &str, Candidate)> = Vec::new();
        let mut kept = Vec::new();
        for c in found {
            let area: f64 = c.units.iter().map(|u| self.fabric.units[u.at()].area_m2).sum();
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

    /// Expected load of every candidate; a piece of land counts for the one that has most of it. Land that came to nothing is told.
    fn expected(&self, rule: &KindRule, kept: &[Candidate], findings: &mut Vec<Finding>) -> Vec<Option<Load>> {
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
        let lands = || self.t.land_use.iter().enumerate().filter(|(_, l)| rule.is_about(&l.kind, l.name.as_deref()));
        let mut tell = |code: &str, severity: Severity, of: Vec<&LandUse>, what: &str| {
            let Some(first) = of.first() else { return };
            let message = format!("{} pieces of land for {} {what}; the first is here", of.len(), rule.kind);
            let f = Finding::new(severity, code, message).file(&first.file).record(first.record).id(&rule.kind);
            let place = first.rings.first().and_then(|r| r.first()).copied().unwrap_or_default();
            findings.push(f.at(place.lon_lat()).measured(of.len() as f64).limit(0.0));
        };
        if !rule.landuse.is_empty() {
            let unused = lands().filter(|(i, _)| !most.contains_key(i)).map(|(_, l)| l).collect();
            let what = "made no grid: they hold no unit, are too small, or an earlier rule has their units";
            tell("kind-without-land", Severity::Info, unused, what);
        }
        let silent: Vec<&LandUse> = lands().filter(|(i, l)| most.contains_key(i) && l.expected_load.is_none()).map(|(_, l)| l).collect();
        // land that is no building site need not say what it will be
        if lands().any(|(_, l)| l.expected_load.is_some() || l.kind == "construction") {
            tell("expected-load-missing", Severity::Info, silent, "say no expected_load; their grids have none");
        }
        sums.into_iter().map(Option::flatten).collect()
    }
}
