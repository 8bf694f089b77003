//! What no plan may have: grids across zones, in pieces, against locks.

use super::mend::Ground;
use crate::cut::Fabric;
use crate::finding::{Finding, Severity};
use crate::measure::{Load, LockKind, UnitId};
use crate::plan::Plan;
use crate::territory::Territory;
use crate::zones::{Zone, ZoneLock};
use std::collections::{BTreeMap, BTreeSet};

/// Labels that zones can have.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Label of every vertex of every zone; each label is contiguous in one zone.
    pub labels: Vec<Vec<u32>>,
    /// What was amiss: violations, or warnings where they were cleaned.
    pub findings: Vec<Finding>,
}

/// What labels are put on.
pub struct Drawing<'a> {
    /// The plan before.
    pub old: &'a Plan,
    /// The land.
    pub territory: &'a Territory,
    /// Its units.
    pub fabric: &'a Fabric,
    /// Zones as they were.
    pub zones: &'a [Zone],
    /// The old grid of every vertex of every zone.
    pub previous: &'a [Vec<Option<u32>>],
    /// The old grid in which every unit lies, whoever is to keep it.
    pub before: &'a [Option<u32>],
    /// What new grids are called in the file.
    pub fresh: &'a [String],
    /// Whether what is amiss is mended instead of refused.
    pub clean: bool,
}

impl Drawing<'_> {
    fn name(&self, label: u32) -> String {
        let (old, fresh) = (self.old.grids.get(label as usize), |l: u32| self.fresh.get((l as usize).checked_sub(self.old.grids.len())?));
        old.map(|g| &g.grid_id).or_else(|| fresh(label)).cloned().unwrap_or_else(|| "a new grid".into())
    }

    fn severity(&self, by_planner: bool) -> Severity {
        if by_planner && !self.clean { Severity::Violation } else { Severity::Warning }
    }

    fn units(&self, z: usize, vertices: &[usize]) -> Vec<UnitId> {
        vertices.iter().flat_map(|&v| &self.zones[z].clusters[v]).copied().collect()
    }

    /// Land and load of some vertices, and a place in the heaviest of their units.
    fn sums(&self, z: usize, vertices: &[usize]) -> (f64, Load, Option<[f64; 2]>) {
        let units: Vec<_> = self.units(z, vertices).into_iter().map(|u| &self.fabric.units[u.at()]).collect();
        let heaviest = units.iter().max_by(|a, b| a.load.cmp(&b.load).then(a.area_m2.total_cmp(&b.area_m2)));
        (units.iter().map(|u| u.area_m2).sum(), units.iter().map(|u| u.load).sum(), heaviest.map(|u| u.inner.lon_lat()))
    }
}

/// Puts the labels of units on the vertices of zones and judges them. A part of a grid in another zone than the grid's returns to the grid that it had, and so
/// do units that a lock holds and the lighter pieces of a grid that is not contiguous, or else they join the neighbour with which they have most border.
///
/// Each of these is a violation where the planner drew it and the drawing is not `clean`; what the new layers did is mended and told. A zone without an
/// edit is not looked at beyond O(n log n); a mended piece costs O(n + m) of its zone. Findings:
///
/// | code | measured | limit |
/// |---|---|---|
/// | `crosses-division`, `crosses-zone`: part of a grid lies in another division or zone | m² | 0 |
/// | `not-contiguous`: a grid lies in pieces, also on both sides of a hard barrier | pieces | 1 |
/// | `lock-broken`: a lock that was kept is not | grids | grids that the lock asks for |
/// | `units-tied`: units that are too light for a grid and belong together were drawn apart | m² | 0 |
pub fn settle(d: &Drawing<'_>, label: &[Option<u32>]) -> Settled {
    let mut findings = Vec::new();
    let mut labels: Vec<Vec<Option<u32>>> = (0..d.zones.len()).map(|z| vertices(d, z, label, &mut findings)).collect();
    let home = homes(d, &labels);
    let mut next = (d.old.grids.len() + d.fresh.len()) as u32;
    let mut out = Vec::with_capacity(labels.len());
    for (z, own) in labels.iter_mut().enumerate() {
        foreign(d, z, own, &home, &mut findings);
        let frozen = locks(d, z, own, &mut findings);
        let zone = &d.zones[z];
        let area = zone.clusters.iter().map(|c| c.iter().map(|u| d.fabric.units[u.at()].area_m2).sum()).collect();
        let mut ground = Ground { graph: &zone.problem.graph, area, previous: &d.previous[z], frozen, next };
        let mut own = ground.filled(own);
        for (label, parts) in ground.torn(&own) {
            let changed = (0..own.len()).any(|v| (own[v] == label) != (d.previous[z][v] == Some(label)));
            let lighter: Vec<usize> = parts[1..].concat();
            let (m2, load, place) = d.sums(z, &lighter);
            let message = format!(
                "the grid lies in {} pieces; {m2:.1} m² and {load} households are apart from the rest{}",
                parts.len(),
                if d.clean || !changed { " and go to where they were, or to a neighbour" } else { "; draw it in one piece" }
            );
            let finding = Finding::new(d.severity(changed), "not-contiguous", message).id(d.name(label));
            findings.push(Finding { place, ..finding.measured(parts.len() as f64).limit(1.0) });
        }
        ground.mend(&mut own);
        next = ground.next;
        // what is whole may be against a lock again
        let now: Vec<Option<u32>> = own.iter().copied().map(Some).collect();
        for lock in broken(d, z, &now).into_iter().filter(|b| d.clean && b.kept_before) {
            findings.push(told(
                d,
                z,
                &lock,
                Severity::Violation,
                "cannot be kept with grids in one piece; draw the grids around it otherwise",
            ));
        }
        out.push(own);
    }
    Settled { labels: out, findings }
}

/// The label of every vertex: that of most of its load.
fn vertices(d: &Drawing<'_>, z: usize, label: &[Option<u32>], findings: &mut Vec<Finding>) -> Vec<Option<u32>> {
    let one = |units: &Vec<UnitId>| {
        let mut sums: BTreeMap<Option<u32>, (Load, f64)> = BTreeMap::new();
        for u in units {
            let (load, m2) = sums.entry(label[u.at()]).or_default();
            (*load, *m2) = (*load + d.fabric.units[u.at()].balanced, *m2 + d.fabric.units[u.at()].area_m2);
        }
        let most = sums.iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then(a.1.1.total_cmp(&b.1.1)).then(b.0.cmp(a.0))).and_then(|m| *m.0);
        if sums.len() > 1 {
            let m2 = sums.iter().filter(|s| *s.0 != most).map(|s| s.1.1).sum::<f64>();
            let name = most.map_or(String::new(), |l| d.name(l));
            let message = format!("{m2:.1} m² are too light for a grid and belong to other land, with which they go to {name}");
            let place = units.iter().find(|u| label[u.at()] != most).map(|u| d.fabric.units[u.at()].inner.lon_lat());
            let finding = Finding::new(Severity::Warning, "units-tied", message).id(name).measured(m2).limit(0.0);
            findings.push(Finding { place, ..finding });
        }
        most
    };
    d.zones[z].clusters.iter().map(one).collect()
}

/// The zone of every label: the one that has most of the old grid, of a new grid the one with most of what was drawn.
fn homes(d: &Drawing<'_>, labels: &[Vec<Option<u32>>]) -> BTreeMap<u32, usize> {
    let mut sums: BTreeMap<u32, BTreeMap<usize, (Load, f64)>> = BTreeMap::new();
    let is_old = |l: &u32| (*l as usize) < d.old.grids.len();
    for (z, zone) in d.zones.iter().enumerate() {
        for (v, cluster) in zone.clusters.iter().enumerate() {
            let old = d.previous[z][v].filter(|l| is_old(l));
            for label in old.into_iter().chain(labels[z][v].filter(|l| !is_old(l))) {
                let (load, m2) = sums.entry(label).or_default().entry(z).or_default();
                *load += zone.problem.graph.load(v);
                *m2 += cluster.iter().map(|u| d.fabric.units[u.at()].area_m2).sum::<f64>();
            }
        }
    }
    let most = |zones: BTreeMap<usize, (Load, f64)>| {
        zones.into_iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then(a.1.1.total_cmp(&b.1.1)).then(b.0.cmp(&a.0))).map_or(usize::MAX, |m| m.0)
    };
    sums.into_iter().map(|(l, zones)| (l, most(zones))).collect()
}

/// Tells land of grids of other zones, and takes it from them.
fn foreign(d: &Drawing<'_>, z: usize, own: &mut [Option<u32>], home: &BTreeMap<u32, usize>, findings: &mut Vec<Finding>) {
    let mut parts: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (v, l) in own.iter().enumerate() {
        l.iter().filter(|l| home.get(l) != Some(&z)).for_each(|l| parts.entry(*l).or_default().push(v));
    }
    for (label, part) in parts {
        let (m2, load, place) = d.sums(z, &part);
        let division = |z: usize| d.territory.division(d.zones[z].division).id.as_str();
        let (here, there) =
            (division(z), home.get(&label).and_then(|h| d.zones.get(*h)).map(|h| d.territory.division(h.division).id.as_str()));
        let (code, message) = match there {
            Some(there) if there != here => {
                ("crosses-division", format!("{m2:.1} m² and {load} households lie in division {here}, the grid in {there}"))
            }
            Some(_) => ("crosses-zone", format!("{m2:.1} m² and {load} households lie in another zone of division {here} than the grid")),
            None => (
                "crosses-zone",
                format!("{m2:.1} m² and {load} households of ordinary land of division {here} were given to a grid that has none"),
            ),
        };
        let what = if d.clean {
            "they return to the grid that they had, or go to one beside them"
        } else {
            "no grid may do so; leave them to the grid that they had"
        };
        let by_planner = d.units(z, &part).iter().any(|u| d.before[u.at()] != Some(label));
        let finding = Finding::new(d.severity(by_planner), code, format!("{message}; {what}")).id(d.name(label)).measured(m2).limit(0.0);
        findings.push(Finding { place, ..finding });
        part.into_iter().for_each(|v| own[v] = d.previous[z][v].filter(|p| home.get(p) == Some(&z)));
    }
}

/// A lock that is not kept.
struct Broken<'a> {
    lock: &'a ZoneLock,
    vertices: Vec<usize>,
    grids: usize,
    asked: usize,
    kept_before: bool,
}

fn broken<'a>(d: &Drawing<'a>, z: usize, own: &[Option<u32>]) -> Vec<Broken<'a>> {
    let zone = &d.zones[z];
    let one = |lock: &'a ZoneLock| {
        let kind = d.territory.locks[lock.lock].kind;
        let vertices: Vec<usize> = (0..own.len()).filter(|&v| zone.clusters[v].iter().any(|u| lock.units.contains(u))).collect();
        let asked = if kind == LockKind::Apart { vertices.len() } else { 1 };
        let grids = |labels: &[Option<u32>]| {
            let held: BTreeSet<Option<u32>> = vertices.iter().map(|&v| labels[v]).collect();
            let alone = kind != LockKind::Frozen || labels.iter().filter(|l| held.contains(*l)).count() == vertices.len();
            (held.len(), alone)
        };
        let (now, before) = (grids(own), grids(&d.previous[z]));
        let kept_before = before == (asked, true) && vertices.iter().all(|&v| d.previous[z][v].is_some());
        (now != (asked, true)).then_some(Broken { lock, grids: now.0, asked, kept_before, vertices })
    };
    zone.locks.iter().filter_map(one).collect()
}

fn told(d: &Drawing<'_>, z: usize, b: &Broken<'_>, severity: Severity, what: &str) -> Finding {
    let lock = &d.territory.locks[b.lock.lock];
    let is = match lock.kind {
        LockKind::Frozen => "the frozen grid has other land",
        LockKind::Together => "units that stay together are in several grids",
        LockKind::Apart => "units that are to be apart are in one grid",
    };
    let finding = Finding::new(severity, "lock-broken", format!("{is}: the lock {what}")).file(&lock.file).record(lock.record).id(&lock.id);
    Finding { place: d.sums(z, &b.vertices).2, ..finding.measured(b.grids as f64).limit(b.asked as f64) }
}

/// Puts back what locks hold, and tells it; the labels of frozen grids with their vertices.
fn locks(d: &Drawing<'_>, z: usize, own: &mut [Option<u32>], findings: &mut Vec<Finding>) -> BTreeSet<u32> {
    let previous = &d.previous[z];
    for b in broken(d, z, own) {
        if !b.kept_before {
            findings.push(told(d, z, &b, Severity::Warning, "was not kept before either; it stays as it is drawn"));
            continue;
        }
        let what = if d.clean {
            "is kept, these units return to the grids that they had"
        } else {
            "holds; leave these units where they were, or take it out of the locks"
        };
        findings.push(told(d, z, &b, d.severity(true), what));
        b.vertices.iter().for_each(|&v| own[v] = previous[v]);
        if d.territory.locks[b.lock.lock].kind == LockKind::Frozen {
            let grid = previous[b.vertices[0]];
            let others = (0..own.len()).filter(|v| own[*v] == grid && b.vertices.binary_search(v).is_err()).collect::<Vec<_>>();
            others.into_iter().for_each(|v| own[v] = previous[v].filter(|p| Some(*p) != grid));
        }
    }
    let frozen = d.zones[z].locks.iter().filter(|l| d.territory.locks[l.lock].kind == LockKind::Frozen);
    let vertex = |l: &ZoneLock| (0..own.len()).find(|&v| d.zones[z].clusters[v].iter().any(|u| l.units.contains(u)));
    frozen.filter_map(|l| own[vertex(l)?]).collect()
}
