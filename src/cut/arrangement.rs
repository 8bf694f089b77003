//! Planar arrangement: noded segments → faces.
//!
//! Half-edges are sorted around every vertex by exact angle and walked with the face on the left (de Berg et
//! al., Computational Geometry, ch. 2). Dangles and bridges bound nothing and are dropped before.
//! O(n log n).

use super::locate::Locator;
use super::noding::{Segment, Tag};
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
    /// From noded segments.
    pub fn new(noded: Vec<Segment<T>>) -> Arrangement<T> {
        let edges = without_dangles_and_bridges(noded);
        let (points, ends) = vertices(&edges);
        let out = Spokes::new(&points, &ends);
        let half = 2 * edges.len();
        let tail = |h: usize| if h.is_multiple_of(2) { ends[h / 2].0 } else { ends[h / 2].1 } as usize;

        let mut cycle = vec![u32::MAX; half];
        let mut area2: Vec<i128> = Vec::new();
        let mut first: Vec<usize> = Vec::new();
        for start in 0..half {
            if cycle[start] != u32::MAX {
                continue;
            }
            let id = area2.len() as u32;
            let (origin, mut sum, mut h, mut lowest) = (points[tail(start)], 0i128, start, start);
            while cycle[h] == u32::MAX {
                cycle[h] = id;
                sum += cross(origin, points[tail(h)], points[tail(h ^ 1)]);
                if points[tail(h)] < points[tail(lowest)] {
                    lowest = h;
                }
                // turn at the head: the spoke before the one we came along, counter-clockwise order
                h = out.before(h ^ 1, tail(h ^ 1));
            }
            area2.push(sum);
            first.push(lowest);
        }

        // an outer cycle of a component lies in the face just below its first vertex
        let locator = Locator::default();
        let component = components(points.len(), &ends);
        // the outer cycle of the first vertex of all lies outside
        let alone = component.iter().all(|&c| c == component[0]);
        let mut face_of = UnionFind::<u32>::new(area2.len() + 1);
        let outside = area2.len() as u32;
        for (c, &sum) in area2.iter().enumerate() {
            if sum > 0 {
                continue;
            }
            let start = tail(first[c]);
            let own = component[start];
            let found = if alone { None } else { locator.below(&edges, points[start], |e| component[ends[e].0 as usize] != own) };
            face_of.union(c as u32, found.map_or(outside, |e| cycle[upper(&edges[e], e)]));
        }
        let labels = face_of.into_labeling();
        let mut number = vec![u32::MAX; labels.len()];
        number[labels[outside as usize] as usize] = OUTSIDE;
        let mut faces = 1;
        let mut face = |h: usize| {
            let slot = &mut number[labels[cycle[h] as usize] as usize];
            if *slot == u32::MAX {
                *slot = faces;
                faces += 1;
            }
            *slot
        };
        let (mut left, mut right) = (Vec::with_capacity(edges.len()), Vec::with_capacity(edges.len()));
        for e in 0..edges.len() {
            left.push(face(2 * e));
            right.push(face(2 * e + 1));
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
    heads.par_sort_unstable();
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
}

/// Half-edges leaving every vertex, counter-clockwise.
struct Spokes {
    rows: Rows,
    rank: Vec<u32>,
}

impl Spokes {
    fn new(points: &[Pt], ends: &[(u32, u32)]) -> Spokes {
        let mut rows = Rows::new(points.len(), ends);
        let head = |h: u32| points[if h.is_multiple_of(2) { ends[h as usize / 2].1 } else { ends[h as usize / 2].0 } as usize];
        let mut left: &mut [u32] = &mut rows.half;
        let mut spokes = Vec::with_capacity(points.len());
        for (v, w) in rows.start.windows(2).enumerate() {
            let (own, rest) = left.split_at_mut((w[1] - w[0]) as usize);
            spokes.push((v, own));
            left = rest;
        }
        spokes.into_par_iter().with_min_len(1 << 12).for_each(|(v, own)| {
            let o = points[v];
            let dir = |h: &u32| (head(*h).x - o.x, head(*h).y - o.y);
            own.sort_unstable_by(|x, y| by_angle(dir(x), dir(y)));
        });
        let mut rank = vec![0u32; rows.half.len()];
        for (i, &h) in rows.half.iter().enumerate() {
            rank[h as usize] = i as u32;
        }
        Spokes { rows, rank }
    }

    /// The spoke clockwise of `h` at its tail `v`.
    fn before(&self, h: usize, v: usize) -> usize {
        let (lo, hi, r) = (self.rows.start[v], self.rows.start[v + 1], self.rank[h]);
        self.rows.half[if r == lo { hi - 1 } else { r - 1 } as usize] as usize
    }
}

fn components(vertices: usize, ends: &[(u32, u32)]) -> Vec<u32> {
    let mut uf = UnionFind::<u32>::new(vertices);
    for &(a, b) in ends {
        uf.union(a, b);
    }
    uf.into_labeling()
}

/// Drops edges that have the same face on both sides. Tarjan's bridges, iterative, O(n); a dangle is a bridge.
fn without_dangles_and_bridges<T: Copy + Sync>(noded: Vec<Segment<T>>) -> Vec<Segment<T>> {
    let (points, ends) = vertices(&noded);
    let rows = Rows::new(points.len(), &ends);
    // time of the first visit and the earliest time that can be reached from below
    let mut seen = vec![(0u32, 0u32); points.len()];
    let mut bridge = vec![false; noded.len()];
    let mut time = 0;
    let mut stack: Vec<(u32, u32, u32)> = Vec::new();
    for root in 0..points.len() {
        if seen[root].0 != 0 {
            continue;
        }
        time += 1;
        seen[root] = (time, time);
        stack.push((root as u32, u32::MAX, 0));
        while let Some(top) = stack.last_mut() {
            let (v, via) = (top.0 as usize, top.1);
            if let Some(&h) = rows.of(v).get(top.2 as usize) {
                top.2 += 1;
                let e = h / 2;
                if e == via {
                    continue;
                }
                let (a, b) = ends[e as usize];
                let w = if h.is_multiple_of(2) { b } else { a };
                if seen[w as usize].0 == 0 {
                    time += 1;
                    seen[w as usize] = (time, time);
                    stack.push((w, e, 0));
                } else {
                    seen[v].1 = seen[v].1.min(seen[w as usize].0);
                }
            } else {
                stack.pop();
                if let Some(parent) = stack.last() {
                    let low = seen[v].1;
                    let up = &mut seen[parent.0 as usize];
                    up.1 = up.1.min(low);
                    if low > up.0 {
                        bridge[via as usize] = true;
                    }
                }
            }
        }
    }
    if !bridge.contains(&true) {
        return noded;
    }
    noded.into_iter().zip(bridge).filter(|&(_, b)| !b).map(|(s, _)| s).collect()
}
