//! Which division of a level a division that is cut belongs to, and whom it reports to.
//!
//! What the file states holds, also for an enclave. Where it leads nowhere the land decides, then the neighbours, then the distance: every
//! division has one parent, and whatever was not stated is told.

use super::ground::Ground;
use super::{Level, Named};
use crate::cut::Unit;
use crate::finding::{Finding, Severity};
use crate::measure::DivisionId;
use crate::plan::PlanGrid;
use crate::recipe::{LevelRule, Recipe, near};
use crate::territory::Division;
use crate::territory::lattice::{Pt, Side, side_of_rings};
use crate::territory::layers::{DivisionRecord, Layers};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Where the way up from a division that is cut has come to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// The division itself, by position.
    Cut(usize),
    /// The division of that id, found for a level below.
    Of(String),
}

pub(super) struct Above<'a> {
    ground: &'a Ground<'a>,
    layers: &'a Layers,
    by_id: BTreeMap<&'a str, &'a DivisionRecord>,
    /// The largest unit of every division that is cut, with the land of them all.
    largest: Vec<(Option<&'a Unit>, f64)>,
}

/// The divisions of a level.
struct Candidates<'a> {
    all: Vec<&'a Division>,
    at: BTreeMap<&'a str, usize>,
}

impl<'a> Above<'a> {
    pub fn new(ground: &'a Ground<'a>, layers: &'a Layers) -> Above<'a> {
        let mut by_id = BTreeMap::new();
        for d in &layers.divisions {
            by_id.entry(d.id.as_str()).or_insert(d);
        }
        let mut largest: Vec<(Option<&Unit>, f64)> = vec![(None, 0.0); ground.t.divisions.len()];
        for u in &ground.fabric.units {
            let (most, sum) = &mut largest[u.division.at()];
            *sum += u.area_m2;
            if most.is_none_or(|m| u.area_m2 > m.area_m2) {
                *most = Some(u);
            }
        }
        Above { ground, layers, by_id, largest }
    }

    /// The level by divisions of `level` and `scheme`; `nodes` are moved up to it.
    pub fn divisions(&self, rule: &LevelRule, level: i32, scheme: Option<&str>, nodes: &mut [Node], findings: &mut Vec<Finding>) -> Level {
        let candidates = self.candidates(level, scheme);
        if candidates.all.is_empty() {
            let wanted = scheme.map_or(String::new(), |s| format!(" and scheme '{s}'"));
            let message = format!(
                "the file has no division of level {level}{wanted}, but {}; all grids lie in one area, correct [levels.{}]",
                self.layers.levels(),
                rule.name
            );
            findings.push(Finding::new(Severity::Violation, "level-empty", message).id(&rule.name));
            let named = Named { id: rule.name.clone(), name: rule.name.clone(), code: None };
            return Level::new(vec![named; self.ground.len()].into_iter());
        }
        let land = self.land(&candidates);
        let mut groups: BTreeMap<&Node, Vec<usize>> = BTreeMap::new();
        nodes.iter().enumerate().for_each(|(d, node)| groups.entry(node).or_default().push(d));
        let mut groups: Vec<(&Node, Vec<usize>)> = groups.into_iter().collect();
        groups.sort_by_key(|g| g.1[0]);
        let mut found: Vec<Option<usize>> = vec![None; nodes.len()];
        for (node, members) in &groups {
            let stated = self.stated(node, members, &candidates);
            let held = stated.or_else(|| {
                let (most, share) = self.holder(members, &land)?;
                let (id, percent) = (&candidates.all[most].id, 100.0 * share);
                let message = format!("no parent leads to level '{}'; '{id}' has the largest part of its land ({percent:.0} %)", rule.name);
                let finding = self.about(node, members, Severity::Info, "parent-by-land", message);
                findings.push(finding.measured(share).limit(0.5));
                Some(most)
            });
            members.iter().for_each(|&d| found[d] = held);
            let Some(held) = stated else { continue };
            for &d in members {
                findings.extend(self.enclave(rule, d, held, &land, &candidates));
                findings.extend(self.contradiction(rule, d, node, held, &candidates));
            }
        }
        let settled = found.clone();
        for (node, members) in groups.iter().filter(|(_, members)| settled[members[0]].is_none()) {
            let (beside, how) = match self.longest_border(members, &settled) {
                Some(c) => (c, "has the longest border with it"),
                None => (self.nearest(members, &candidates), "is the nearest"),
            };
            members.iter().for_each(|&d| found[d] = Some(beside));
            let message = format!(
                "no parent leads to level '{}' and none of its divisions has the land; '{}' {how}, state its parent",
                rule.name, candidates.all[beside].id
            );
            findings.push(self.about(node, members, Severity::Warning, "parent-missing", message));
        }
        let found: Vec<usize> = found.into_iter().map(Option::unwrap_or_default).collect();
        for (d, node) in nodes.iter_mut().enumerate() {
            let id = &candidates.all[found[d]].id;
            if *id != self.ground.t.divisions[d].id {
                *node = Node::Of(id.clone());
            }
        }
        let named = |c: usize| Named::of(candidates.all[c]);
        Level::new(self.ground.plan.grids.iter().map(|g| named(self.ground.position(&g.division_id).map_or(0, |d| found[d]))))
    }

    /// The level by whom divisions report to: the recipe, else the file says it; else the one above, else itself.
    pub fn reports_to(&self, rule: &LevelRule, recipe: &Recipe, nodes: &mut [Node], findings: &mut Vec<Finding>) -> Level {
        let told = &recipe.division.reports_to;
        for id in told.keys().filter(|id| self.ground.position(id).is_none()) {
            let near = near(id, self.ground.t.divisions.iter().map(|d| d.id.as_str()));
            let meant = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
            let message = format!("division.reports_to names it for level '{}', but no division of that id is cut{meant}", rule.name);
            findings.push(Finding::new(Severity::Warning, "reports-to-unknown", message).id(id));
        }
        if told.is_empty() && self.ground.t.divisions.iter().all(|d| d.reports_to.is_none()) {
            let message = format!(
                "level '{}' is by whom divisions report to, but none says so; it follows their parents: give them a property reports_to, or name them under [division] reports_to",
                rule.name
            );
            let finding = Finding::new(Severity::Warning, "reports-to-missing", message).id(&rule.name);
            findings.push(finding.measured(self.ground.t.divisions.len() as f64).limit(0.0));
        }
        let whom = |d: &'a Division| told.get(&d.id).or(d.reports_to.as_ref()).or(d.parent.as_ref()).unwrap_or(&d.id).clone();
        let whom: Vec<String> = self.ground.t.divisions.iter().map(whom).collect();
        for (d, id) in whom.iter().enumerate().filter(|(d, id)| self.ground.t.divisions[*d].id != **id) {
            if self.by_id.contains_key(id.as_str()) {
                nodes[d] = Node::Of(id.clone());
            }
        }
        let named = |id: &str| match self.by_id.get(id).filter(|_| self.ground.position(id).is_none()) {
            Some(r) => Named { id: id.into(), name: r.name.clone().unwrap_or_else(|| id.into()), code: r.code.clone() },
            None => self.ground.division(id),
        };
        let own = |g: &'a PlanGrid| self.ground.position(&g.division_id).map_or(&g.division_id, |d| &whom[d]);
        Level::new(self.ground.plan.grids.iter().map(|g| named(own(g))))
    }

    /// Divisions of a level; where no scheme is said, of that of the divisions that are cut, or else of the only one there is.
    fn candidates(&self, level: i32, scheme: Option<&str>) -> Candidates<'a> {
        let t = self.ground.t;
        let of_level = || t.divisions.iter().chain(&t.above).filter(|d| d.level == Some(level));
        let own = t.divisions.first().and_then(|d| d.scheme.as_deref());
        let schemes: BTreeSet<Option<&str>> = of_level().map(|d| d.scheme.as_deref()).collect();
        let wanted = match scheme {
            None if schemes.len() == 1 => schemes.first().copied().flatten(),
            None => own,
            said => said,
        };
        let all: Vec<&Division> = of_level().filter(|d| d.scheme.as_deref() == wanted).collect();
        let mut at = BTreeMap::new();
        all.iter().enumerate().for_each(|(i, d)| {
            at.entry(d.id.as_str()).or_insert(i);
        });
        Candidates { all, at }
    }

    /// The candidate at the end of the way up from an id.
    fn climb(&self, from: Option<&str>, candidates: &Candidates<'_>) -> Option<usize> {
        let mut seen = BTreeSet::new();
        let mut at = from?;
        // parents may go round in a circle
        while seen.insert(at) {
            if let Some(&found) = candidates.at.get(at) {
                return Some(found);
            }
            at = match self.ground.position(at) {
                Some(d) => self.ground.t.divisions[d].parent.as_deref()?,
                None => self.by_id.get(at)?.parent.as_deref()?,
            };
        }
        None
    }

    /// The candidate that the file states for divisions that have come to one node.
    fn stated(&self, node: &Node, members: &[usize], candidates: &Candidates<'_>) -> Option<usize> {
        let from = match node {
            Node::Cut(d) => &self.ground.t.divisions[*d].id,
            Node::Of(id) => id,
        };
        self.climb(Some(from), candidates).or_else(|| {
            let mut own = members.iter().map(|&d| self.climb(self.ground.t.divisions[d].parent.as_deref(), candidates));
            let first = own.next()?;
            first.filter(|_| own.all(|other| other == first))
        })
    }

    /// Land of every division that is cut inside the candidates, m².
    fn land(&self, candidates: &Candidates<'_>) -> Vec<BTreeMap<usize, f64>> {
        let boxes: Vec<[Pt; 2]> = candidates.all.iter().map(|d| bounds(d)).collect();
        let holds = |c: usize, p: Pt| {
            let [lo, hi] = boxes[c];
            (lo.x..=hi.x).contains(&p.x) && (lo.y..=hi.y).contains(&p.y) && side_of_rings(&candidates.all[c].rings, p) == Side::Inside
        };
        let units = &self.ground.fabric.units;
        let holders = units.par_iter().map(|u| (0..candidates.all.len()).filter(|&c| holds(c, u.inner)).collect::<Vec<_>>());
        let mut out = vec![BTreeMap::new(); self.largest.len()];
        for (u, holders) in units.iter().zip(holders.collect::<Vec<_>>()) {
            holders.into_iter().for_each(|c| *out[u.division.at()].entry(c).or_default() += u.area_m2);
        }
        out
    }

    /// The candidate with most of the land of divisions, and its share.
    fn holder(&self, members: &[usize], land: &[BTreeMap<usize, f64>]) -> Option<(usize, f64)> {
        let mut sum: BTreeMap<usize, f64> = BTreeMap::new();
        members.iter().flat_map(|&d| &land[d]).for_each(|(&c, m2)| *sum.entry(c).or_default() += m2);
        let all: f64 = members.iter().map(|&d| self.largest[d].1).sum();
        most(sum).map(|(c, m2)| (c, m2 / all.max(1e-9)))
    }

    /// The candidate whose divisions share the longest border with these.
    fn longest_border(&self, members: &[usize], found: &[Option<usize>]) -> Option<usize> {
        let mut sum: BTreeMap<usize, f64> = BTreeMap::new();
        for &d in members {
            let from = (DivisionId::new(d), DivisionId(0));
            for ((_, other), m) in self.ground.beside.range(from..).take_while(|((own, _), _)| own.at() == d) {
                if let Some(c) = found[other.at()] {
                    *sum.entry(c).or_default() += m;
                }
            }
        }
        most(sum).map(|m| m.0)
    }

    fn nearest(&self, members: &[usize], candidates: &Candidates<'_>) -> usize {
        let places: Vec<Pt> = members.iter().filter_map(|&d| Some(self.largest[d].0?.inner)).collect();
        let plane = &self.ground.t.plane;
        let distance = |d: &Division| {
            let side = |r: &Vec<Pt>, i: usize, p: Pt| plane.distance_to_segment_m(p, r[i], r[(i + 1) % r.len()]);
            let ring = |r: &Vec<Pt>| {
                places.iter().flat_map(|&p| (0..r.len()).map(move |i| (i, p))).map(|(i, p)| side(r, i, p)).fold(f64::MAX, f64::min)
            };
            d.rings.iter().map(ring).fold(f64::MAX, f64::min)
        };
        let distances: Vec<f64> = candidates.all.iter().map(|d| distance(d)).collect();
        (0..distances.len()).min_by(|&a, &b| distances[a].total_cmp(&distances[b])).unwrap_or(0)
    }

    /// A division whose land lies mainly inside another area than its own.
    fn enclave(
        &self,
        rule: &LevelRule,
        d: usize,
        held: usize,
        land: &[BTreeMap<usize, f64>],
        candidates: &Candidates<'_>,
    ) -> Option<Finding> {
        let (around, share) = self.holder(&[d], land)?;
        let own = land[d].get(&held).copied().unwrap_or(0.0) / self.largest[d].1.max(1e-9);
        let (held, around) = (&candidates.all[held].id, &candidates.all[around].id);
        let message = format!("it lies in '{around}' and belongs to '{held}' of level '{}', as its parent states", rule.name);
        let finding = || self.about(&Node::Cut(d), &[d], Severity::Info, "enclave", message).measured(share).limit(0.5);
        (held != around && share > 0.5 && own < 0.5).then(finding)
    }

    /// A division whose own parent leads elsewhere than the area that it belongs to.
    fn contradiction(&self, rule: &LevelRule, d: usize, node: &Node, held: usize, candidates: &Candidates<'_>) -> Option<Finding> {
        let Node::Of(id) = node else { return None };
        let own = self.climb(self.ground.t.divisions[d].parent.as_deref(), candidates).filter(|own| *own != held)?;
        let (own, held) = (&candidates.all[own].id, &candidates.all[held].id);
        let message = format!(
            "its parent leads to '{own}' of level '{}', but it belongs to '{id}', which lies in '{held}'; it follows '{id}'",
            rule.name
        );
        Some(self.about(&Node::Cut(d), &[d], Severity::Violation, "level-not-nested", message).measured(2.0).limit(1.0))
    }

    /// A finding about divisions that have come to one node.
    fn about(&self, node: &Node, members: &[usize], severity: Severity, code: &str, message: String) -> Finding {
        let first = &self.ground.t.divisions[members[0]];
        let finding = match node {
            Node::Cut(_) => Finding::new(severity, code, message).file(&first.file).record(first.record).id(&first.id),
            Node::Of(id) => Finding::new(severity, code, message).id(id),
        };
        match self.largest[members[0]].0 {
            Some(u) => finding.at(u.inner.lon_lat()),
            None => finding,
        }
    }
}

/// The largest of sums, of equal ones the first.
fn most(sums: BTreeMap<usize, f64>) -> Option<(usize, f64)> {
    sums.into_iter().max_by(|x, y| x.1.total_cmp(&y.1).then(y.0.cmp(&x.0)))
}

fn bounds(d: &Division) -> [Pt; 2] {
    let none = [Pt { x: i64::MAX, y: i64::MAX }, Pt { x: i64::MIN, y: i64::MIN }];
    d.rings
        .iter()
        .flatten()
        .fold(none, |[lo, hi], p| [Pt { x: lo.x.min(p.x), y: lo.y.min(p.y) }, Pt { x: hi.x.max(p.x), y: hi.y.max(p.y) }])
}
