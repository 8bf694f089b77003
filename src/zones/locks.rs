//! Locks of the territory as units of zones (R42).

use super::Zone;
use crate::cut::Fabric;
use crate::finding::{Finding, Severity};
use crate::measure::{GridId, LockKind, UnitId};
use crate::partition::{Locks, Problem, bounds};
use crate::territory::lattice::{Pt, Side, ring_area2, side_of_rings};
use crate::territory::{Lock, Territory};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A lock in one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneLock {
    /// Position in the territory's locks.
    pub lock: usize,
    /// Its units in the zone.
    pub units: BTreeSet<UnitId>,
}

/// Land of a lock that may lie beside the units it is taken for, as a share of it.
const REDRAWN: f64 = 0.01;

/// Gives every zone the locks that concern it; what cannot be kept is told and left out. O(locks · vertices).
pub(super) fn lock(t: &Territory, fabric: &Fabric, zones: &mut [Zone], findings: &mut Vec<Finding>) {
    // units of dedicated grids are in the problem of no zone
    let mut zone_of: Vec<Option<usize>> = vec![None; fabric.units.len()];
    for (i, zone) in zones.iter().enumerate() {
        zone.clusters.iter().flatten().for_each(|u| zone_of[u.at()] = Some(i));
    }
    for (i, lock) in t.locks.iter().enumerate() {
        let units = meant(t, fabric, lock, findings);
        let mut by_zone: BTreeMap<usize, BTreeSet<UnitId>> = BTreeMap::new();
        let mut set_aside = None;
        for u in units {
            match zone_of[u.at()] {
                Some(z) => {
                    by_zone.entry(z).or_default().insert(u);
                }
                None => set_aside = set_aside.or(Some(u)),
            }
        }
        let place = |u: Option<&UnitId>| u.map_or([0.0; 2], |u| fabric.units[u.at()].inner.lon_lat());
        if let Some(u) = set_aside {
            findings.push(left_out(lock, "the unit here belongs to a dedicated grid".into()).at(place(Some(&u))));
            if lock.kind != LockKind::Apart {
                continue;
            }
        }
        if by_zone.len() > 1 && lock.kind != LockKind::Apart {
            let divisions: BTreeSet<&str> = by_zone.keys().map(|&z| t.division(zones[z].division).id.as_str()).collect();
            let why = if divisions.len() > 1 {
                let divisions: Vec<&str> = divisions.into_iter().collect();
                format!("no grid may cross from one division into another; it touches {}", divisions.join(", "))
            } else {
                format!("no grid may cross from one zone into another; it touches {} zones", by_zone.len())
            };
            findings.push(left_out(lock, why).at(place(by_zone.values().flatten().next())));
            continue;
        }
        by_zone.into_iter().for_each(|(z, units)| zones[z].locks.push(ZoneLock { lock: i, units }));
    }
    zones.iter_mut().filter(|z| !z.locks.is_empty()).for_each(|z| settle(t, fabric, z, findings));
}

/// Turns units into vertices, and leaves out what contradicts.
fn settle(t: &Territory, fabric: &Fabric, zone: &mut Zone, findings: &mut Vec<Finding>) {
    let vertex: BTreeMap<UnitId, UnitId> =
        zone.clusters.iter().enumerate().flat_map(|(v, units)| units.iter().map(move |&u| (u, UnitId::new(v)))).collect();
    let kind = |l: &ZoneLock| t.locks[l.lock].kind;
    let mut locks = Locks::default();
    let mut of_kind: BTreeMap<LockKind, Vec<usize>> = BTreeMap::new();
    for (i, l) in zone.locks.iter().enumerate() {
        let vertices: BTreeSet<UnitId> = l.units.iter().map(|u| vertex[u]).collect();
        of_kind.entry(kind(l)).or_default().push(i);
        list(&mut locks, kind(l)).push(vertices.into_iter().collect());
    }
    let mut out = BTreeSet::new();
    for fault in locks.faults(&zone.problem.graph).iter().rev() {
        let i = of_kind[&fault.kind][fault.lock];
        let place = fabric.units[zone.clusters[fault.unit.at()][0].at()].inner;
        findings.push(left_out(&t.locks[zone.locks[i].lock], format!("the unit here {}", fault.why)).at(place.lon_lat()));
        list(&mut locks, fault.kind).remove(fault.lock);
        out.insert(i);
    }
    // seeds and units that are to be apart need as many grids
    let count = |locks: Locks| {
        let frozen = locks.frozen.len() as u32;
        bounds(&Problem { locks, ..zone.problem.clone() }).map_or(0, |b| b.grids() + frozen)
    };
    let raised = (!locks.apart.is_empty()).then(|| (count(locks.clone()), count(Locks { apart: Vec::new(), ..locks.clone() })));
    if let Some((with, without)) = raised.filter(|(with, without)| with > without) {
        let message = format!("{with} grids instead of {without}, so that what is to be apart can be; they are lighter than asked for");
        let f = Finding::new(Severity::Warning, "count-raised", message).id(&t.division(zone.division).id);
        findings.push(f.measured(with.into()).limit(without.into()));
    }
    let mut at = 0..;
    zone.locks.retain(|_| at.next().is_some_and(|i| !out.contains(&i)));
    zone.problem.locks = locks;
}

fn list(locks: &mut Locks, kind: LockKind) -> &mut Vec<Vec<UnitId>> {
    match kind {
        LockKind::Frozen => &mut locks.frozen,
        LockKind::Together => &mut locks.together,
        LockKind::Apart => &mut locks.apart,
    }
}

/// Units at the places and in the areas of a lock.
fn meant(t: &Territory, fabric: &Fabric, lock: &Lock, findings: &mut Vec<Finding>) -> BTreeSet<UnitId> {
    let within = |rings: &[Vec<Pt>], p: Pt| side_of_rings(rings, p) != Side::Outside;
    let mut units = BTreeSet::new();
    for &p in &lock.places {
        match fabric.units.iter().position(|u| within(&u.rings, p)) {
            Some(u) if units.insert(UnitId::new(u)) || lock.kind != LockKind::Apart => {}
            Some(_) => findings.push(left_out(lock, "this place lies in the same unit as another one of these".into()).at(p.lon_lat())),
            None => findings.push(left_out(lock, "this place lies outside the territory; the others are kept".into()).at(p.lon_lat())),
        }
    }
    if !lock.rings.is_empty() {
        let inside = (0..fabric.units.len()).filter(|&u| within(&lock.rings, fabric.units[u].inner));
        let inside: Vec<UnitId> = inside.map(UnitId::new).collect();
        let area = |ring: &Vec<Pt>| t.plane.area_m2(ring_area2(ring)).abs();
        let (drawn, taken) = (lock.rings.iter().map(area).sum::<f64>(), inside.iter().map(|u| fabric.units[u.at()].area_m2).sum::<f64>());
        if lock.kind == LockKind::Frozen && (drawn - taken).abs() > REDRAWN * drawn {
            let message = format!(
                "the frozen grid was drawn with {drawn:.0} m², the {} units inside have {taken:.0}: its border does not run along units",
                inside.len()
            );
            let f = Finding::new(Severity::Warning, "lock-redrawn", message).file(&lock.file).record(lock.record).id(&lock.id);
            findings.push(f.measured(taken).limit(drawn));
        }
        if inside.is_empty() {
            let place = lock.rings[0].first().copied().unwrap_or_default();
            findings.push(left_out(lock, "no unit lies inside".into()).at(place.lon_lat()));
        }
        units.extend(inside);
    }
    if lock.kind != LockKind::Frozen && !lock.seeds && units.len() == 1 {
        let place = units.first().map_or([0.0; 2], |u| fabric.units[u.at()].inner.lon_lat());
        findings.push(left_out(lock, "it means one unit only; give those that belong to it the same group".into()).at(place));
    }
    units
}

fn left_out(lock: &Lock, why: String) -> Finding {
    Finding::new(Severity::Violation, "lock-not-kept", why).file(&lock.file).record(lock.record).id(&lock.id)
}

/// Units that are to be apart and came into one grid all the same, because there are fewer grids than units.
pub fn broken(t: &Territory, fabric: &Fabric, zones: &[Zone], grid_of_unit: &[GridId]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let apart = zones.iter().flat_map(|z| &z.locks).filter(|l| t.locks[l.lock].kind == LockKind::Apart);
    for l in apart {
        let mut first: BTreeMap<GridId, UnitId> = BTreeMap::new();
        for &u in &l.units {
            if first.insert(grid_of_unit[u.at()], u).is_some() {
                let why = "the unit here is in one grid with another that it is to be apart from: there are not enough grids".to_string();
                findings.push(left_out(&t.locks[l.lock], why).at(fabric.units[u.at()].inner.lon_lat()));
            }
        }
    }
    findings
}
