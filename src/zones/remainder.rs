//! What dedicated grids leave over stays in one piece, or is told (R5).

use super::band;
use super::dedicated::{Dedicated, Work};
use crate::finding::{Finding, Severity};
use crate::measure::{Band, DivisionId, Load, UnitId};
use crate::recipe::Recipe;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Gives land without load that is cut off to the dedicated grid it touches most, and tells land with load that is.
///
/// In every piece of a division the part with most load is the rest of the division; all others are cut off. O(n log n).
pub(super) fn settle(work: &Work<'_>, recipe: &Recipe, out: &mut [Dedicated], findings: &mut Vec<Finding>) {
    let units = &work.fabric.units;
    let mut owner: Vec<Option<usize>> = vec![None; units.len()];
    out.iter().enumerate().for_each(|(i, d)| d.units.iter().for_each(|u| owner[u.at()] = Some(i)));
    let mut free: BTreeMap<DivisionId, Vec<Load>> = BTreeMap::new();
    for (u, _) in units.iter().zip(&owner).filter(|(_, owner)| owner.is_none()) {
        free.entry(u.division).or_default().push(u.balanced);
    }
    let beside = |division| out.iter().filter(|d| d.division == division).count() as u32;
    let bands: BTreeMap<DivisionId, Band> = free.into_iter().map(|(d, loads)| (d, band(work.t, recipe, d, loads, beside(d)))).collect();
    let mut pieces: BTreeMap<u32, Vec<UnitId>> = BTreeMap::new();
    units.iter().enumerate().for_each(|(u, unit)| pieces.entry(unit.piece).or_default().push(UnitId::new(u)));
    let mut joined: BTreeMap<usize, Vec<UnitId>> = BTreeMap::new();
    for piece in pieces.values() {
        let left: Vec<UnitId> = piece.iter().copied().filter(|u| owner[u.at()].is_none()).collect();
        if left.len() == piece.len() {
            continue;
        }
        let load = |part: &[UnitId]| part.iter().map(|u| units[u.at()].balanced).sum::<Load>();
        let area = |part: &[UnitId]| part.iter().map(|u| units[u.at()].area_m2).sum::<f64>();
        let mut parts = work.parts(&left);
        parts.sort_by_cached_key(|p| (Reverse(load(p)), Reverse(area(p).to_bits()), p[0]));
        // nothing but load makes a grid; where there never was any, the largest part stays
        let stays = usize::from(parts.first().is_some_and(|p| load(p) > Load::ZERO) || load(piece) == Load::ZERO);
        for part in parts.iter().skip(stays) {
            if load(part) > Load::ZERO {
                findings.push(told(work, part, load(part), &bands[&units[part[0].at()].division]));
                continue;
            }
            let mut touched: BTreeMap<usize, f64> = BTreeMap::new();
            for (o, length) in part.iter().flat_map(|u| &work.next[u.at()]) {
                owner[o.at()].into_iter().for_each(|d| *touched.entry(d).or_default() += length);
            }
            let most = touched.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            if let Some((d, _)) = most {
                joined.entry(d).or_default().extend(part.iter().copied());
            }
        }
    }
    for (d, land) in joined {
        let area = land.iter().map(|u| units[u.at()].area_m2).sum::<f64>().round();
        let (kind, dedicated) = (&recipe.kinds[out[d].rule].kind, &mut out[d]);
        let message = format!(
            "{area} m² without load, cut off from the rest of the division, go with {kind} {}",
            dedicated.name.as_deref().unwrap_or_default()
        );
        let f = Finding::new(Severity::Info, "remainder-joined", message.trim_end()).at(work.place(&land));
        findings.push(f.id(&work.t.division(dedicated.division).id).measured(area));
        dedicated.units.extend(land);
        dedicated.units.sort_unstable();
    }
}

fn told(work: &Work<'_>, part: &[UnitId], load: Load, band: &Band) -> Finding {
    let (t, unit) = (work.t, &work.fabric.units[part[0].at()]);
    let households = part.iter().map(|u| work.fabric.units[u.at()].load).sum::<Load>();
    let (severity, what) = if load < band.low {
        (Severity::Warning, "too few for a grid of their own: widen or leave out the dedicated grids beside them")
    } else {
        (Severity::Info, "enough for grids of their own")
    };
    let message = format!("{households} households beside dedicated grids are cut off from the rest of their division, {what}");
    let worth = |l: Load| l.0 as f64 / band.target.0 as f64;
    let f = Finding::new(severity, "remainder-parted", message).id(&t.division(unit.division).id).at(unit.inner.lon_lat());
    f.measured(worth(load)).limit(worth(band.low))
}
