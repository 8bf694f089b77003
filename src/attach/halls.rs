//! Which halls serve a grid (R2).

use crate::cut::Fabric;
use crate::measure::{GridId, Load};
use crate::recipe::Recipe;
use crate::territory::{Anchor, AnchorKind, Territory};
use rayon::prelude::*;
use rstar::RTree;
use rstar::primitives::GeomWithData;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// Halls of a grid, measured from its points with load, or from points inside its units where it has no load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GridHalls {
    /// Halls whose radius reaches one of the points.
    pub reached: u32,
    /// Share of the load (without load: of the units) that lies within the radius of some hall.
    pub share: f64,
    /// Id of the hall nearest to one of the points; none where there are no halls at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// Its distance from there, metres, to the decimetre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// Its radius, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius_m: Option<f64>,
}

/// A sentence about a grid that no hall reaches.
impl fmt::Display for GridHalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.nearest, self.distance_m, self.radius_m) {
            (Some(id), Some(d), Some(r)) => {
                write!(f, "nobody is within the radius of a hall; the nearest, {id}, is {d:.0} m away and serves {r:.0} m")
            }
            _ => f.write_str("nobody is within the radius of a hall; there is none"),
        }
    }
}

/// What one point finds.
struct Found {
    grid: GridId,
    load: i64,
    /// Squared distance and position of the nearest hall.
    nearest: Option<(f64, u32)>,
    reached: Vec<u32>,
}

/// Halls of every grid; empty where the recipe has no halls. O(n log n) for n points and halls, and the halls in reach of a point.
pub fn halls(territory: &Territory, fabric: &Fabric, grid_of_unit: &[GridId], grids: usize, recipe: &Recipe) -> Vec<GridHalls> {
    if recipe.halls.kinds.is_empty() {
        return Vec::new();
    }
    let plane = &territory.plane;
    let all: Vec<&Anchor> = territory.anchors.iter().filter(|a| a.kind == AnchorKind::Hall).collect();
    let tree = RTree::bulk_load(all.iter().enumerate().map(|(i, a)| GeomWithData::new(plane.metres(a.at), i as u32)).collect());
    let farthest = all.iter().map(|a| a.radius_m).fold(0.0, f64::max);
    let found = |at: [f64; 2], grid: GridId, load: Load| {
        let mut near = tree.nearest_neighbor_iter_with_distance_2(&at);
        let first = near.next().map(|(a, d2)| (d2, a.data));
        // of equally near halls the first of the file, whatever the order in the tree
        let (mut nearest, mut reached) = (first, Vec::new());
        let radius = |hall: u32| all[hall as usize].radius_m;
        for (d2, hall) in first.into_iter().chain(near.map(|(a, d2)| (d2, a.data))) {
            nearest = nearest.map(|n| if (d2, hall) < n { (d2, hall) } else { n });
            if d2 > farthest * farthest && first.is_some_and(|f| d2 > f.0) {
                break;
            }
            if d2 <= radius(hall).powi(2) {
                reached.push(hall);
            }
        }
        Found { grid, load: load.0, nearest, reached }
    };
    let mut load = vec![0i64; grids];
    fabric.units.iter().zip(grid_of_unit).for_each(|(u, g)| load[g.at()] += u.load.0);
    let points = territory.points.par_iter().zip(&fabric.unit_of_point).filter(|(p, _)| p.load > Load::ZERO);
    let of_points = points.filter_map(|(p, u)| Some(found(plane.metres(p.at), grid_of_unit[u.as_ref()?.at()], p.load)));
    // land without load is served where it lies
    let empty = fabric.units.par_iter().zip(grid_of_unit).filter(|(_, g)| load[g.at()] == 0);
    let of_units = empty.map(|(u, g)| found(plane.metres(u.inner), *g, Load(1)));
    let every: Vec<Found> = of_points.chain(of_units).collect();

    let mut rows = vec![(BTreeSet::new(), 0i64, 0i64, None::<(f64, u32)>); grids];
    for f in every {
        let (reached, near, sum, nearest) = &mut rows[f.grid.at()];
        *near += if f.reached.is_empty() { 0 } else { f.load };
        *sum += f.load;
        reached.extend(f.reached);
        *nearest = match (*nearest, f.nearest) {
            (Some(x), Some(y)) => Some(if y < x { y } else { x }),
            (x, y) => x.or(y),
        };
    }
    let row = |(reached, near, sum, nearest): (BTreeSet<u32>, i64, i64, Option<(f64, u32)>)| {
        let hall = nearest.map(|n| all[n.1 as usize]);
        GridHalls {
            reached: reached.len() as u32,
            share: (near as f64 / sum.max(1) as f64 * 1e4).round() / 1e4,
            nearest: hall.map(|h| h.id.clone()),
            distance_m: nearest.map(|n| (n.0.sqrt() * 10.0).round() / 10.0),
            radius_m: hall.map(|h| h.radius_m),
        }
    };
    rows.into_iter().map(row).collect()
}
