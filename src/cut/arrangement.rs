//! Planar arrangement: noded segments → faces.
//!
//! Half-edges are sorted around every vertex by exact angle and walked with the face on the left (de Berg et
//! al., Computational Geometry, ch. 2). Dangles and bridges bound nothing and are dropped.
//! O(n log n).

use super::locate::Locator;
use super::noding::{Segment, Tag, sort_by};
use crate::territory::lattice::{Pt, by_angle, cross};
use petgraph::unionfind::UnionFind;
use rayon::prelude::*;

/// The face around everything.
pub(crate) const OUTSIDE: u32 = 0;

/// Edges that bound faces, with the face on either side of `a → b`.
pub(crate) struct Arrangement<T> {
    pub edges: Vec<Segment<T>>,
    pub left: Vec<u32>,
    pub right: Vec<u32>,
    /// Number of faces with [`OUTSIDE`].
    pub faces: usize,
    pub locator: Locator,
}

impl<T: Tag> Arrangement<T> {
    /// From noded segments, sorted.
    pub fn new(noded: Vec<Segment<T>>) -> Arrangement<T> {
        let (points, ends) = vertices(&noded);
        let mut spokes = Spokes::new(&points, &ends, without_dangles(points.len(), &ends));
        let mut cycles = Cycles::new(&points, &ends, &spokes);
        // a bridge has the same cycle on both sides, and joins what are two cycles without it
        let bounds = |c: &Cycles, e: usize| c.of[2 * e] != c.of[2 * e + 1];
        if spokes.rows.half.iter().any(|&h| !bounds(&cycles, h as usize / 2)) {
            spokes.retain(|h| bounds(&cycles, h as usize / 2));
            cycles = Cycles::new(&points, &ends, &spokes);
        }
        let alive: Vec<u32> = (0..noded.len() as u32).filter(|&e| bounds(&cycles, e as usize)).collect();
        let edges: Vec<Segment<T>> = alive.iter().map(|&e| noded[e as usize]).collect();
        drop(noded);

        // cycles across an edge are of one component; the outer one lies in the face just below its first vertex
        let locator = Locator::default();
        let mut component = UnionFind::<u32>::new(cycles.area2.len());
        for &e in &alive {
            component.union(cycles.of[2 * e as usize], cycles.of[2 * e as usize + 1]);
        }
        let outer: Vec<usize> = (0..cycles.area2.len()).filter(|&c| cycles.area2[c] <= 0).collect();
        let outside = cycles.area2.len() as u32;
        let mut face_of = UnionFind::<u32>::new(cycles.area2.len() + 1);
        for &c in &outer {
            let own = component.find(c as u32);
            let elsewhere = |e: usize| component.find(cycles.of[2 * alive[e] as usize]) != own;
            let start = points[cycles.lowest[c] as usize];
            let below = if outer.len() == 1 { None } else { locator.below(&edges, start, elsewhere) };
            face_of.union(c as u32, below.map_or(outside, |e| cycles.of[upper(&edges[e], alive[e] as usize)]));
        }
        let labels = face_of.into_labeling();
        let mut number = vec![u32::MAX; labels.len()];
        number[labels[outside as usize] as usize] = OUTSIDE;
        let mut faces = 1;
        let mut face = |h: usize| {
            let slot = &mut number[labels[cycles.of[h] as usize] as usize];
            if *slot == u32::MAX {
                *slot = faces;
                faces += 1;
            }
            *slot
        };
        let (mut left, mut right) = (Vec::with_capacity(edges.len()), Vec::with_capacity(edges.len()));
        for &e in &alive {
            left.push(face(2 * e as usize));
            right.push(face(2 * e as usize + 1));
        }
        Arrangement { edges, left, right, faces: faces as usize, locator }
    }

    /// Face that holds `p`. On a border the face above owns the point, on a vertical border the one to the
    /// east; where that is outside, the face on the other side.
    pub fn face_at(&self, p: Pt) -> u32 {
        let Some(e) = self.locator.below(&self.edges, p, |_| true) else { return self.east_end(p) };
        let s = &self.edges[e];
        let (up, down) = (self.left[e], self.right[e]);
        if up == OUTSIDE && cross(s.a, s.b, p) == 0 {
            return down;
        }
        if up == OUTSIDE { self.east_end(p) } else { up }
    }

    /// A point on an eastern or northern outer border belongs to the face inside.
    fn east_end(&self, p: Pt) -> u32 {
        let on = self.locator.touching(&self.edges, p);
        on.into_iter().map(|e| self.left[e].max(self.right[e])).max().unwrap_or(OUTSIDE)
    }
}

/// The half-edge of `e` whose left side is above (edges run from left to right; `a < b`).
fn upper<T>(s: &Segment<T>, e: usize) -> usize {
    debug_assert!(s.a < s.b);
    2 * e
}

/// Sorted vertices and the two vertex numbers of every edge; edges are sorted.
fn vertices<T: Sync>(edges: &[Segment<T>]) -> (Vec<Pt>, Vec<(u32, u32)>) {
    let mut heads: Vec<(Pt, u32)> = edges.par_iter().enumerate().map(|(e, s)| (s.b, e as u32)).collect();
    sort_by(&mut heads, |x, y| x.cmp(y));
    let mut points: Vec<Pt> = Vec::with_capacity(edges.len());
    let mut ends = vec![(0u32, 0u32); edges.len()];
    let (mut t, mut h) = (0, 0);
    // a merge of tails and heads, both in order
    while t < edges.len() || h < heads.len() {
        let next = match (edges.get(t), heads.get(h)) {
            (Some(s), Some(b)) => s.a.min(b.0),
            (Some(s), None) => s.a,
            (None, Some(b)) => b.0,
            (None, None) => break,
        };
        let number = points.len() as u32;
        points.push(next);
        while t < edges.len() && edges[t].a == next {
            ends[t].0 = number;
            t += 1;
        }
        while h < heads.len() && heads[h].0 == next {
            ends[heads[h].1 as usize].1 = number;
            h += 1;
        }
    }
    (points, ends)
}

/// Rows of half-edges by the vertex they leave: `2e` runs `a → b`, `2e + 1` back.
struct Rows {
    start: Vec<u32>,
    half: Vec<u32>,
}

impl Rows {
    fn new(vertices: usize, ends: &[(u32, u32)]) -> Rows {
        let mut start = vec![0u32; vertices + 1];
        for &(a, b) in ends {
            start[a as usize + 1] += 1;
            start[b as usize + 1] += 1;
        }
        for v in 0..vertices {
            start[v + 1] += start[v];
        }
        let mut fill = start.clone();
        let mut half = vec![0u32; 2 * ends.len()];
        for (e, &(a, b)) in ends.iter().enumerate() {
            for (v, h) in [(a, 2 * e), (b, 2 * e + 1)] {
                half[fill[v as usize] as usize] = h as u32;
                fill[v as usize] += 1;
            }
        }
        Rows { start, half }
    }

    fn of(&self, v: usize) -> &[u32] {
        &self.half[self.start[v] as usize..self.start[v + 1] as usize]
    }

    fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        let (mut to, mut from) = (0, 0);
        for v in 1..self.start.len() {
            for i in from..self.start[v] as usize {
                if keep(self.half[i]) {
                    self.half[to] = self.half[i];
                    to += 1;
                }
            }
            from = self.start[v] as usize;
            self.start[v] = to as u32;
        }
        self.half.truncate(to);
    }
}

/// Half-edges leaving every vertex, counter-clockwise.
struct Spokes {
    rows: Rows,
    rank: Vec<u32>,
}

impl Spokes {
    fn new(points: &[Pt], ends: &[(u32, u32)], rows: Rows) -> Spokes {
        let mut spokes = Spokes { rows, rank: vec![0; 2 * ends.len()] };
        let head = |h: u32| points[if h.is_multiple_of(2) { ends[h as usize / 2].1 } else { ends[h as usize / 2].0 } as usize];
        let mut left: &mut [u32] = &mut spokes.rows.half;
        let mut own = Vec::with_capacity(points.len());
        for (v, w) in spokes.rows.start.windows(2).enumerate() {
            let (row, rest) = left.split_at_mut((w[1] - w[0]) as usize);
            own.push((v, row));
            left = rest;
        }
        own.into_par_iter().with_min_len(1 << 12).for_each(|(v, row)| {
            let o = points[v];
            let dir = |h: &u32| (head(*h).x - o.x, head(*h).y - o.y);
            row.sort_unstable_by(|x, y| by_angle(dir(x), dir(y)));
        });
        spokes.rank();
        spokes
    }

    fn rank(&mut self) {
        for (i, &h) in self.rows.half.iter().enumerate() {
            self.rank[h as usize] = i as u32;
        }
    }

    fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.rows.retain(keep);
        self.rank();
    }

    /// The spoke clockwise of `h` at its tail `v`.
    fn before(&self, h: usize, v: usize) -> usize {
        let (lo, hi, r) = (self.rows.start[v], self.rows.start[v + 1], self.rank[h]);
        self.rows.half[if r == lo { hi - 1 } else { r - 1 } as usize] as usize
    }
}

/// Walks along half-edges with the face on the left.
struct Cycles {
    /// Cycle of every half-edge; `u32::MAX` where it is dropped.
    of: Vec<u32>,
    /// Twice the area of every cycle; an outer one is not positive.
    area2: Vec<i128>,
    /// The lowest vertex of every cycle.
    lowest: Vec<u32>,
}

impl Cycles {
    fn new(points: &[Pt], ends: &[(u32, u32)], spokes: &Spokes) -> Cycles {
        let tail = |h: usize| if h.is_multiple_of(2) { ends[h / 2].0 } else { ends[h / 2].1 };
        let mut cycles = Cycles { of: vec![u32::MAX; 2 * ends.len()], area2: Vec::new(), lowest: Vec::new() };
        for &start in &spokes.rows.half {
            if cycles.of[start as usize] != u32::MAX {
                continue;
            }
            let id = cycles.area2.len() as u32;
            let (mut h, first) = (start as usize, tail(start as usize));
            let (origin, mut from, mut sum, mut lowest) = (points[first as usize], first, 0i128, first);
            while cycles.of[h] == u32::MAX {
                cycles.of[h] = id;
                let to = tail(h ^ 1);
                sum += cross(origin, points[from as usize], points[to as usize]);
                lowest = lowest.min(to);
                // turn at the head: the spoke before the one we came along, counter-clockwise order
                h = spokes.before(h ^ 1, to as usize);
                from = to;
            }
            cycles.area2.push(sum);
            cycles.lowest.push(lowest);
        }
        cycles
    }
}

/// Rows without edges that lead nowhere: of a vertex with one edge, again and again. O(n).
fn without_dangles(vertices: usize, ends: &[(u32, u32)]) -> Rows {
    let mut rows = Rows::new(vertices, ends);
    let mut degree: Vec<u32> = rows.start.windows(2).map(|w| w[1] - w[0]).collect();
    let mut loose: Vec<u32> = (0..vertices as u32).filter(|&v| degree[v as usize] == 1).collect();
    let mut dropped = vec![false; if loose.is_empty() { 0 } else { ends.len() }];
    while let Some(v) = loose.pop() {
        let Some(&h) = rows.of(v as usize).iter().find(|&&h| !dropped[h as usize / 2]) else { continue };
        dropped[h as usize / 2] = true;
        let (a, b) = ends[h as usize / 2];
        degree[v as usize] -= 1;
        let w = if a == v { b } else { a };
        degree[w as usize] -= 1;
        if degree[w as usize] == 1 {
            loose.push(w);
        }
    }
    if !dropped.is_empty() {
        rows.retain(|h| !dropped[h as usize / 2]);
    }
    rows
}
