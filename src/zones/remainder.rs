//! What dedicated grids leave over stays in one piece, or is told (R5).

use super::band;
use super::dedicated::{Dedicated, Work};
use crate::finding::{Finding, Severity};
use crate::measure::{Band, DivisionId, Load, UnitId};
use crate::recipe::Recipe;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// Connects what is cut off with too little load for a grid, or gives it to a dedicated grid, and tells what stays cut off.
///
/// In every piece of a division the part with most load is the rest of the division; all others are cut off. O(n log n), and once more for
/// every part that is mended, in its piece.
pub(super) fn settle(work: &mut Work<'_>, recipe: &Recipe, out: &mut [Dedicated], findings: &mut Vec<Finding>) {
    let units = &work.fabric.units;
    let mut free: BTreeMap<DivisionId, Vec<Load>> = BTreeMap::new();
    for (u, _) in units.iter().zip(&work.owner).filter(|(_, owner)| owner.is_none()) {
        free.entry(u.division).or_default().push(u.balanced);
    }
    let beside = |division| out.iter().filter(|d| d.division == division).count() as u32;
    let bands: BTreeMap<DivisionId, Band> = free.into_iter().map(|(d, loads)| (d, band(work.t, recipe, d, loads, beside(d)))).collect();
    let mut pieces: BTreeMap<u32, Vec<UnitId>> = BTreeMap::new();
    units.iter().enumerate().for_each(|(u, unit)| pieces.entry(unit.piece).or_default().push(UnitId::new(u)));
    pieces.retain(|_, piece| piece.iter().any(|u| work.owner[u.at()].is_some()));
    let mut joined: BTreeMap<usize, Vec<UnitId>> = BTreeMap::new();
    for piece in pieces.values() {
        let mut parts = left(work, piece);
        while let Some(f) = mend(work, &parts, &bands, recipe, out) {
            findings.push(f);
            parts = left(work, piece);
        }
        // nothing but load makes a grid; where there never was any, the largest part stays
        let stays = usize::from(parts.first().is_some_and(|p| load(work, p) > Load::ZERO) || load(work, piece) == Load::ZERO);
        for part in parts.iter().skip(stays) {
            if load(work, part) > Load::ZERO {
                findings.push(told(work, part, &bands[&units[part[0].at()].division], recipe, out));
            } else if let Some(&d) = touched(work, part).first() {
                joined.entry(d).or_default().extend(part);
            }
        }
    }
    for (d, land) in joined {
        let area = work.area_m2(&land).round();
        let message = format!("{area} m² without load, cut off from the rest of the division, go with {}", out[d].called(recipe));
        let f = Finding::new(Severity::Info, "remainder-joined", message).at(work.place(&land));
        findings.push(f.id(&work.t.division(out[d].division).id).measured(area));
        give(work, out, &land, d);
    }
}

fn load(work: &Work<'_>, part: &[UnitId]) -> Load {
    part.iter().map(|u| work.fabric.units[u.at()].balanced).sum()
}

fn households(work: &Work<'_>, part: &[UnitId]) -> Load {
    part.iter().map(|u| work.fabric.units[u.at()].load).sum()
}

/// What dedicated grids leave of a piece: its parts, the one with most load first.
fn left(work: &Work<'_>, piece: &[UnitId]) -> Vec<Vec<UnitId>> {
    let free: Vec<UnitId> = piece.iter().copied().filter(|u| work.owner[u.at()].is_none()).collect();
    let mut parts = work.parts(&free);
    parts.sort_by_cached_key(|p| (Reverse(load(work, p)), Reverse(work.area_m2(p).to_bits()), p[0]));
    parts
}

/// Dedicated grids beside a part, the one with the longest border first.
fn touched(work: &Work<'_>, part: &[UnitId]) -> Vec<usize> {
    let mut border: BTreeMap<usize, f64> = BTreeMap::new();
    for (o, length) in part.iter().flat_map(|u| &work.next[u.at()]) {
        work.owner[o.at()].into_iter().for_each(|d| *border.entry(d).or_default() += length);
    }
    let mut all: Vec<(usize, f64)> = border.into_iter().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.into_iter().map(|d| d.0).collect()
}

/// Gives units to a dedicated grid.
fn give(work: &mut Work<'_>, out: &mut [Dedicated], land: &[UnitId], d: usize) {
    land.iter().for_each(|u| work.owner[u.at()] = Some(d));
    out[d].units.extend(land);
    out[d].units.sort_unstable();
}

/// Mends the first part that is cut off, has load, but less than a grid may have, and can be mended.
fn mend(
    work: &mut Work<'_>,
    parts: &[Vec<UnitId>],
    bands: &BTreeMap<DivisionId, Band>,
    recipe: &Recipe,
    out: &mut [Dedicated],
) -> Option<Finding> {
    let (rest, cut_off) = parts.split_first()?;
    for part in cut_off {
        let (division, load) = (work.fabric.units[part[0].at()].division, load(work, part));
        if load == Load::ZERO || load >= bands[&division].low {
            continue;
        }
        let (id, few) = (&work.t.division(division).id, households(work, part));
        let told = |code: &str, land: &[UnitId], message: String| {
            let f = Finding::new(Severity::Info, code, message).id(id).at(work.place(land));
            f.measured(work.area_m2(land).round())
        };
        let with = |d: usize| out[d].units.iter().chain(part).copied().collect::<Vec<_>>();
        let takes = |d: &usize| work.takes(&recipe.kinds[out[*d].rule], recipe, &with(*d));
        if let Some(d) = touched(work, part).into_iter().find(takes) {
            let message = format!(
                "{few} households cut off from the rest of the division, too few for a grid of their own, go with {}",
                out[d].called(recipe)
            );
            let f = told("remainder-joined", part, message);
            give(work, out, part, d);
            return Some(f);
        }
        if let Some(way) = way(work, part, rest, recipe, out) {
            let givers: BTreeSet<usize> = way.iter().filter_map(|u| work.owner[u.at()]).collect();
            let names: Vec<String> = givers.iter().map(|&d| out[d].called(recipe)).collect();
            let message = format!(
                "{:.0} m² of {} are given back, so that {few} households are not cut off from the rest of their division",
                work.area_m2(&way),
                names.join(" and ")
            );
            let f = told("remainder-connected", &way, message);
            way.iter().for_each(|u| work.owner[u.at()] = None);
            givers.into_iter().for_each(|d| out[d].units.retain(|u| !way.contains(u)));
            return Some(f);
        }
    }
    None
}

/// The least land of dedicated grids through which a part reaches the rest (Dijkstra), where they can do without it.
fn way(work: &Work<'_>, part: &[UnitId], rest: &[UnitId], recipe: &Recipe, out: &[Dedicated]) -> Option<Vec<UnitId>> {
    let rest: BTreeSet<UnitId> = rest.iter().copied().collect();
    let spares = |d: usize, land: &[UnitId]| {
        let kept: Vec<UnitId> = out[d].units.iter().copied().filter(|u| !land.contains(u)).collect();
        2.0 * work.area_m2(&kept) > work.area_m2(&out[d].units) && work.holds(&recipe.kinds[out[d].rule], recipe, &kept)
    };
    // square metres given back, and the unit before; each unit is looked at once
    let mut from: BTreeMap<UnitId, UnitId> = BTreeMap::new();
    let mut heap: BinaryHeap<Reverse<(u64, UnitId, UnitId)>> = part.iter().map(|&u| Reverse((0, u, u))).collect();
    let mut reached = None;
    while let Some(Reverse((m2, u, before))) = heap.pop() {
        if from.contains_key(&u) {
            continue;
        }
        from.insert(u, before);
        if rest.contains(&u) {
            reached = Some(u);
            break;
        }
        for &(o, _) in work.next[u.at()].iter().filter(|n| !from.contains_key(&n.0)) {
            match work.owner[o.at()] {
                Some(d) if spares(d, &[o]) => heap.push(Reverse((m2 + work.area_m2(&[o]).ceil() as u64, o, u))),
                None => heap.push(Reverse((m2, o, u))),
                Some(_) => {}
            }
        }
    }
    let mut given: BTreeMap<usize, Vec<UnitId>> = BTreeMap::new();
    let mut at = reached?;
    while from[&at] != at {
        work.owner[at.at()].into_iter().for_each(|d| given.entry(d).or_default().push(at));
        at = from[&at];
    }
    given.iter().all(|(&d, land)| spares(d, land)).then(|| given.into_values().flatten().collect())
}

fn told(work: &Work<'_>, part: &[UnitId], band: &Band, recipe: &Recipe, out: &[Dedicated]) -> Finding {
    let (t, unit, load) = (work.t, &work.fabric.units[part[0].at()], load(work, part));
    let by: Vec<String> = touched(work, part).into_iter().map(|d| out[d].called(recipe)).collect();
    let (severity, what) = if load < band.low {
        (
            Severity::Warning,
            "too few for a grid of their own, and what is dedicated can neither take them nor spare land that connects them: widen it or leave it out",
        )
    } else {
        (Severity::Info, "enough for grids of their own")
    };
    let message =
        format!("{} households are cut off from the rest of their division by {}; {what}", households(work, part), by.join(" and "));
    let worth = |l: Load| l.0 as f64 / band.target.0 as f64;
    let f = Finding::new(severity, "remainder-parted", message).id(&t.division(unit.division).id).at(unit.inner.lon_lat());
    f.measured(worth(load)).limit(worth(band.low))
}
