//! Halls and landmarks hold the land around them together (R2).

use crate::cut::Fabric;
use crate::recipe::Recipe;
use crate::territory::{AnchorKind, Territory};
use rayon::prelude::*;
use rstar::RTree;
use rstar::primitives::GeomWithData;

/// A border's own cost, in thousandths.
const ONE: f64 = 1000.0;

/// What the cost of every border of the fabric is multiplied by, in thousandths, at least 1.
///
/// A unit goes with the nearest hall whose radius reaches the centre of its load, or a point inside where it has none; likewise with the
/// nearest landmark. A border between units that go with the same one costs `1 + pull` times as much, between units of two
/// different ones `1 − pull` times; both factors count. O(n log n) for n units and points, where radii are alike.
pub fn pull(territory: &Territory, fabric: &Fabric, recipe: &Recipe) -> Vec<u32> {
    let rules = [(AnchorKind::Hall, recipe.halls.pull), (AnchorKind::Landmark, recipe.landmarks.pull)];
    let has = |kind| territory.anchors.iter().any(|a| a.kind == kind);
    let pulls = rules.iter().filter(|(kind, pull)| *pull > 0.0 && has(*kind)).map(|&(kind, pull)| (pull, home(territory, fabric, kind)));
    let pulls: Vec<(f64, Vec<Option<u32>>)> = pulls.collect();
    let factor = |b: &crate::cut::Border| {
        let of = |(pull, home): &(f64, Vec<Option<u32>>)| match (home[b.a.at()], b.b.and_then(|o| home[o.at()])) {
            (Some(x), Some(y)) if x == y => 1.0 + pull,
            (Some(_), Some(_)) => 1.0 - pull,
            _ => 1.0,
        };
        (ONE * pulls.iter().map(of).product::<f64>()).round().max(1.0) as u32
    };
    fabric.borders.par_iter().map(factor).collect()
}

/// The anchor that every unit goes with, as a position in the territory's.
fn home(t: &Territory, fabric: &Fabric, kind: AnchorKind) -> Vec<Option<u32>> {
    let own = t.anchors.iter().enumerate().filter(|(_, a)| a.kind == kind);
    let tree = RTree::bulk_load(own.map(|(i, a)| GeomWithData::new(t.plane.metres(a.at), i as u32)).collect());
    let farthest = t.anchors.iter().filter(|a| a.kind == kind).map(|a| a.radius_m).fold(0.0, f64::max);
    let mut sums = vec![[0.0; 3]; fabric.units.len()];
    for (p, u) in t.points.iter().zip(&fabric.unit_of_point) {
        if let Some(u) = u {
            let ([x, y], load) = (t.plane.metres(p.at), p.load.units());
            let sum = &mut sums[u.at()];
            *sum = [sum[0] + load * x, sum[1] + load * y, sum[2] + load];
        }
    }
    let one = |(unit, sum): (&crate::cut::Unit, &[f64; 3])| {
        let at = if sum[2] > 0.0 { [sum[0] / sum[2], sum[1] / sum[2]] } else { t.plane.metres(unit.inner) };
        let near = tree.nearest_neighbor_iter_with_distance_2(&at).take_while(|(_, d2)| *d2 <= farthest * farthest);
        let mut reached = near.filter(|(a, d2)| *d2 <= t.anchors[a.data as usize].radius_m.powi(2)).map(|(a, d2)| (d2, a.data));
        let first = reached.next()?;
        // of equally near ones the first of the file, whatever the order in the tree
        reached.take_while(|r| r.0 <= first.0).chain([first]).map(|r| r.1).min()
    };
    fabric.units.par_iter().zip(&sums).map(one).collect()
}
