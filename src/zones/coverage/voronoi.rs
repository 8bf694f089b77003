//! Voronoi cells of sites in a box.
//!
//! A cell is the box within the bisectors to all Delaunay neighbours. It is empty where the box is nearer to others.

use super::convex::{At, HalfPlane, clip};
use geo::{Coord, MultiPoint, TriangulateDelaunayUnconstrained};
use std::collections::HashMap;

/// A convex cell.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// Its corners, counter-clockwise; two of them may be as good as one.
    pub ring: Vec<At>,
    /// Its sides within the box. They are not taken from corners, since corners close together have no direction.
    pub sides: Vec<HalfPlane>,
}

impl Cell {
    /// Takes away what is beyond a side.
    pub fn clip(&mut self, side: HalfPlane) {
        if clip(&mut self.ring, side, &mut Vec::new()) {
            self.sides.push(side);
        }
    }
}

/// Cells of `sites`, all of different positions, in their order. O(n log n).
pub(super) fn cells(sites: &[At], frame: &[At]) -> Vec<Cell> {
    let cell = |(i, others): (usize, Vec<u32>)| {
        let mut cell = Cell { ring: frame.to_vec(), sides: Vec::new() };
        others.into_iter().for_each(|j| cell.clip(HalfPlane::nearer(sites[i], sites[j as usize])));
        cell
    };
    neighbours(sites).into_iter().enumerate().map(cell).collect()
}

/// Delaunay neighbours of every site, sorted.
fn neighbours(sites: &[At]) -> Vec<Vec<u32>> {
    // −0 is 0
    let key = |c: [f64; 2]| c.map(|v| (v + 0.0).to_bits());
    let number: HashMap<[u64; 2], u32> = sites.iter().enumerate().map(|(i, s)| (key(*s), i as u32)).collect();
    let points: MultiPoint<f64> = sites.iter().copied().map(geo::Point::from).collect();
    let mut out = vec![Vec::new(); sites.len()];
    let mut join = |a: u32, b: u32| {
        out[a as usize].push(b);
        out[b as usize].push(a);
    };
    let in_line = in_line(sites);
    let triangles = if in_line { Vec::new() } else { points.unconstrained_triangulation().unwrap_or_default() };
    for t in &triangles {
        let corner = |c: Coord<f64>| number.get(&key([c.x, c.y])).copied();
        if let (Some(a), Some(b), Some(c)) = (corner(t.v1()), corner(t.v2()), corner(t.v3())) {
            [(a, b), (b, c), (c, a)].into_iter().for_each(|(a, b)| join(a, b));
        }
    }
    if in_line {
        let mut along: Vec<u32> = (0..sites.len() as u32).collect();
        along.sort_by(|&a, &b| {
            let (a, b) = (sites[a as usize], sites[b as usize]);
            a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))
        });
        along.windows(2).for_each(|w| join(w[0], w[1]));
    }
    for row in &mut out {
        row.sort_unstable();
        row.dedup();
    }
    out
}

/// Whether there are no triangles; looked at first, since the triangulation takes a time that is quadratic to find out.
fn in_line(sites: &[At]) -> bool {
    let ends =
        sites.iter().copied().reduce(|a, b| if b < a { b } else { a }).zip(sites.iter().copied().reduce(|a, b| if b > a { b } else { a }));
    let Some((a, b)) = ends else { return true };
    sites.iter().all(|p| (b[0] - a[0]) * (p[1] - a[1]) == (b[1] - a[1]) * (p[0] - a[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zones::coverage::convex::{area, corners};

    fn areas(sites: &[At]) -> Vec<f64> {
        cells(sites, &corners([0.0, 0.0], [100.0, 100.0])).iter().map(|c| area(&c.ring)).collect()
    }

    #[test]
    fn few_sites_and_sites_in_line() {
        assert!(areas(&[]).is_empty());
        assert_eq!(areas(&[[500.0, 3.0]]), [10_000.0]);
        assert_eq!(areas(&[[20.0, 50.0], [40.0, 50.0]]), [3_000.0, 7_000.0]);
        assert_eq!(areas(&[[80.0, 7.0], [20.0, 7.0], [40.0, 7.0]]), [4_000.0, 3_000.0, 3_000.0]);
        assert_eq!(areas(&[[10.0, 10.0], [10.0, 30.0], [10.0, 190.0]]), [2_000.0, 8_000.0, 0.0]);
    }

    #[test]
    fn cells_tile_the_box() {
        // a square lattice, where four cells meet in every corner, and a crowd beside it
        let mut sites: Vec<At> = (0..100).map(|i| [(i % 10) as f64 * 10.0 + 5.0, (i / 10) as f64 * 10.0 + 5.0]).collect();
        assert!(areas(&sites).iter().all(|a| (a - 100.0).abs() < 1e-9));
        sites.extend((1..50).map(|i| [200.0 + (i as f64 * 7.3) % 11.0, (i as f64 * 3.7) % 101.0]));
        let all = areas(&sites);
        assert!((all.iter().sum::<f64>() - 10_000.0).abs() < 1e-8);
    }
}
