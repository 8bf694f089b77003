//! What two units share: length, strongest barrier, and what a grid border costs there.

use super::{Border, FabricEdge, span};
use crate::measure::UnitId;
use crate::territory::{BarrierLayer, Territory};
use rayon::prelude::*;
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// Share of its length that a border costs: 0.15 along the strongest barrier, about all of it along a weak one, more where nothing is.
///
/// The square of the strength keeps weak barriers from drawing borders out of shape.
fn discount(t: &Territory, class: u16) -> f64 {
    let c = &t.classes[class as usize];
    let strength = f64::from(c.strength) / 100.0;
    if c.layer == BarrierLayer::None { 1.25 } else { 1.0 - 0.85 * strength * strength }
}

/// A barrier is that of a whole border when it runs along this share of it: at a corner a border touches the stronger street it ends in.
const ALONG: f64 = 0.25;

/// The units that a piece of border parts, the lower number first.
fn parted(e: &FabricEdge) -> Option<Pair> {
    match (e.left, e.right) {
        (Some(l), Some(r)) => Some((l.min(r), Some(l.max(r)))),
        (Some(u), None) | (None, Some(u)) => Some((u, None)),
        (None, None) => None,
    }
}

/// Units that share a border.
pub(super) type Pair = (UnitId, Option<UnitId>);

/// Borders, sorted by their units; water between those that are `joined` counts as no barrier.
pub(super) fn borders(t: &Territory, edges: &[FabricEdge], joined: &BTreeSet<Pair>) -> Vec<Border> {
    let mut pieces: Vec<(Pair, u32)> = Vec::with_capacity(edges.len());
    pieces.extend((0..).zip(edges).filter_map(|(i, e)| Some((parted(e)?, i))));
    pieces.par_sort_unstable();
    let border = |pieces: &[(Pair, u32)]| {
        let (a, b) = pieces[0].0;
        let (mut cost, mut along) = (0.0, SmallVec::<[(u16, f64); 4]>::new());
        for e in pieces.iter().map(|p| &edges[p.1 as usize]) {
            let length = t.plane.distance_m(e.a, e.b);
            cost += length * discount(t, if joined.contains(&(a, b)) && is_water(t, e) { 0 } else { e.class });
            match along.iter_mut().find(|l| l.0 == e.class) {
                Some((_, sum)) => *sum += length,
                None => along.push((e.class, length)),
            }
        }
        along.sort_unstable_by_key(|l| l.0);
        let length_m: f64 = along.iter().map(|l| l.1).sum();
        let strong = along.iter().rev().find(|(_, l)| *l >= ALONG * length_m);
        Border { a, b, length_m, class: strong.map_or(0, |(c, _)| *c), cost: (cost * 1000.0).round().max(1.0) as u64 }
    };
    let groups: Vec<&[(Pair, u32)]> = pieces.chunk_by(|x, y| x.0 == y.0).collect();
    groups.into_par_iter().map(border).collect()
}

fn is_water(t: &Territory, e: &FabricEdge) -> bool {
    t.classes[e.class as usize].layer == BarrierLayer::Water
}

/// A vertex this near to a bridge is where the bridge crosses a border: noding moves either by less than a millimetre.
const AT_BRIDGE_M: f64 = 1e-3;

/// Units parted by water that a joining bridge crosses.
pub(super) fn bridged(t: &Territory, edges: &[FabricEdge]) -> BTreeSet<Pair> {
    if t.bridges.is_empty() {
        return BTreeSet::new();
    }
    let ends = |(i, e): (usize, &FabricEdge)| [e.a, e.b].map(|p| GeomWithData::new([p.x as f64, p.y as f64], (p, i)));
    let banks = RTree::bulk_load(edges.iter().enumerate().filter(|(_, e)| is_water(t, e)).flat_map(ends).collect());
    let spans = t.bridges.iter().flat_map(|b| b.line.windows(2));
    let crossed = spans.flat_map(|w| {
        let [lo, hi] = span([w[0], w[1]]);
        let near = banks.locate_in_envelope(&AABB::from_corners(lo.map(|x| x - 10.0), hi.map(|x| x + 10.0)));
        near.map(|v| v.data).filter(|(p, _)| t.plane.distance_to_segment_m(*p, w[0], w[1]) < AT_BRIDGE_M)
    });
    crossed.filter_map(|(_, i)| parted(&edges[i])).collect()
}
