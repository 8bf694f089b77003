//! Planar arrangement: noded segments → faces.
//!
//! Half-edges are sorted around every vertex by exact angle and walked with the face on the left (de Berg et
//! al., Computational Geometry, ch. 2). Dangles and bridges bound nothing and are dropped.
//! O(n log n).

use super::locate::Locator;
use super::noding::{CHUNK, Segment, Tag};
use crate::territory::lattice::{Pt, by_angle, cross};
use petgraph::unionfind::UnionFind;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

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
    /// Faces of cells of its grid, see [`Arrangement::open`].
    open: OnceLock<Vec<u32>>,
}

impl<T: Tag> Arrangement<T> {
    /// From noded segments, sorted.
    pub fn new(noded: Vec<Segment<T>>) -> Arrangement<T> {
        let mut spokes = Spokes::new(&noded);
        let mut cycles = Cycles::new(&spokes);
        // a bridge has the same cycle on both sides, and joins what are two cycles without it
        let is_bridge = |&e: &usize| cycles.of[2 * e] == cycles.of[2 * e + 1] && cycles.of[2 * e] != NONE;
        let bridges: Vec<usize> = (0..noded.len()).into_par_iter().filter(is_bridge).collect();
        if !bridges.is_empty() {
            bridges.into_iter().for_each(|e| spokes.drop_edge(2 * e as u32));
            cycles = Cycles::new(&spokes);
        }
        let outer = cycles.outer(&noded, &spokes);
        drop(spokes);
        let Cycles { mut of, first } = cycles;
        let mut edges = noded;
        let mut kept = of.iter().step_by(2).map(|&c| c != NONE);
        edges.retain(|_| kept.next() == Some(true));
        of.retain(|&c| c != NONE);

        // cycles across an edge are of one component; the outer one lies in the face just below its first vertex
        let locator = Locator::default();
        let outside = first.len() as u32;
        let mut face_of = UnionFind::<u32>::new(first.len() + 1);
        if let [(only, _)] = outer[..] {
            face_of.union(only, outside);
        } else {
            let mut component = UnionFind::<u32>::new(first.len());
            for side in of.chunks_exact(2) {
                component.union(side[0], side[1]);
            }
            for (c, start) in outer {
                let own = component.find(c);
                let below = locator.below(&edges, start, |e| component.find(of[2 * e]) != own);
                // edges run from left to right: what is above is on the left
                face_of.union(c, below.map_or(outside, |e| of[2 * e]));
            }
        }
        // faces are numbered as edges come upon them, and so are cycles
        let labels = face_of.into_labeling();
        let mut number = vec![NONE; labels.len()];
        number[labels[outside as usize] as usize] = OUTSIDE;
        let mut faces = 1;
        let mut face = |label: u32| {
            let slot = &mut number[label as usize];
            if *slot == NONE {
                *slot = faces;
                faces += 1;
            }
            *slot
        };
        let face: Vec<u32> = labels.iter().map(|&l| face(l)).collect();
        let side = |half: usize| of.par_chunks_exact(2).map(|c| face[c[half] as usize]).collect();
        let (left, right) = (side(0), side(1));
        Arrangement { edges, left, right, faces: faces as usize, locator, open: OnceLock::new() }
    }

    /// Face that holds `p`. On a border the face above owns the point, on a vertical border the one to the
    /// east; where that is outside, the face on the other side.
    pub fn face_at(&self, p: Pt) -> u32 {
        let open: &[u32] = self.open.get().map_or(&[], |open| open);
        let known = |cell: u32| open.get(cell as usize).is_some_and(|&face| face != NONE);
        let below = match self.locator.down(&self.edges, p, |_| true, known) {
            Ok(below) => below,
            Err(cell) => return open[cell as usize],
        };
        let Some(e) = below else { return self.east_end(p) };
        let s = &self.edges[e];
        let (up, down) = (self.left[e], self.right[e]);
        if up == OUTSIDE && cross(s.a, s.b, p) == 0 {
            return down;
        }
        if up == OUTSIDE { self.east_end(p) } else { up }
    }

    /// Gets ready for many questions: from now on the face of cells that no edge comes near is known. O(n).
    pub fn open(&self) {
        let grid = self.locator.grid(&self.edges);
        let row = |cells: Range<u32>| {
            let mut row: Vec<u32> = Vec::with_capacity(cells.len());
            for cell in cells {
                let open = grid.items(cell).is_empty();
                let beside = row.last().copied().filter(|&face| face != NONE);
                row.push(if open { beside.unwrap_or_else(|| self.face_at(grid.middle(cell))) } else { NONE });
            }
            row
        };
        let open = grid.rows().into_par_iter().flat_map_iter(row).collect();
        self.open.get_or_init(|| open);
    }

    /// Edges within [`MARGIN`](super::grid::MARGIN) steps of `p`, or hardly farther.
    pub fn beside(&self, p: Pt) -> impl Iterator<Item = usize> {
        self.locator.beside(&self.edges, p)
    }

    /// A point on an eastern or northern outer border belongs to the face inside.
    fn east_end(&self, p: Pt) -> u32 {
        let on = self.locator.touching(&self.edges, p);
        on.into_iter().map(|e| self.left[e].max(self.right[e])).max().unwrap_or(OUTSIDE)
    }
}

/// No half-edge, no cycle.
const NONE: u32 = u32::MAX;
/// Parts of the edges whose vertices are gone round side by side.
const BANDS: usize = 64;

/// Where an edge ends, and its number.
type Head = (Pt, u32);

/// Hands every vertex from `from` on and before `to` to `visit`: half-edges that leave it, with their direction, counter-clockwise.
/// Tails are in order; heads are so in every run.
fn rows<T>(edges: &[Segment<T>], heads: &[Vec<Head>], from: Pt, to: Option<Pt>, mut visit: impl FnMut(&[((i64, i64), u32)])) {
    let before_end = |p: Pt| to.is_none_or(|to| p < to);
    let own = |run: &Vec<Head>| run.partition_point(|h| h.0 < from)..run.partition_point(|h| before_end(h.0));
    let mut heads: Vec<Head> = heads.iter().flat_map(|run| &run[own(run)]).copied().collect();
    // the stable sort merges runs
    heads.sort();
    let mut heads = heads.into_iter().peekable();
    let mut tails = (edges.partition_point(|s| s.a < from)..edges.partition_point(|s| before_end(s.a))).peekable();
    let mut row = Vec::new();
    while let Some(v) = tails.peek().map(|&e| edges[e].a).into_iter().chain(heads.peek().map(|h| h.0)).min() {
        let mut push = |to: Pt, half: usize| row.push(((to.x - v.x, to.y - v.y), half as u32));
        while let Some((_, e)) = heads.next_if(|h| h.0 == v) {
            push(edges[e as usize].a, 2 * e as usize + 1);
        }
        while let Some(e) = tails.next_if(|&e| edges[e].a == v) {
            push(edges[e].b, 2 * e);
        }
        // two are in order either way round
        if row.len() > 2 {
            row.sort_unstable_by(|x, y| by_angle(x.0, y.0));
        }
        visit(&row);
        row.clear();
    }
}

/// Half-edges in rings around the vertices they leave: `2e` runs `a → b`, `2e + 1` back.
struct Spokes {
    /// The next one clockwise; [`NONE`] where the edge is dropped.
    before: Vec<u32>,
    /// The next one counter-clockwise.
    after: Vec<u32>,
}

impl Spokes {
    /// Of sorted edges, without those that lead nowhere. O(n log n).
    fn new<T: Tag>(edges: &[Segment<T>]) -> Spokes {
        let size = edges.len().div_ceil(BANDS).max(CHUNK);
        let sorted = |(band, edges): (usize, &[Segment<T>])| {
            let mut heads: Vec<Head> = (band * size..).zip(edges).map(|(e, s)| (s.b, e as u32)).collect();
            heads.sort_unstable();
            heads
        };
        let heads: Vec<Vec<Head>> = edges.par_chunks(size).enumerate().map(sorted).collect();
        let links = || -> Vec<AtomicU32> { rayon::iter::repeat_n(NONE, 2 * edges.len()).map(AtomicU32::new).collect() };
        let (before, after) = (links(), links());
        let go_round = |band: usize| {
            let (from, to) = (edges[band * size].a, edges.get((band + 1) * size).map(|s| s.a));
            let mut loose = Vec::new();
            rows(edges, &heads[..=band], from, to, |row| {
                let mut last = row[row.len() - 1].1;
                if row.len() == 1 {
                    loose.push(last);
                }
                for &(_, half) in row {
                    before[half as usize].store(last, Relaxed);
                    after[last as usize].store(half, Relaxed);
                    last = half;
                }
            });
            loose
        };
        let loose: Vec<u32> = (0..heads.len()).into_par_iter().flat_map_iter(go_round).collect();
        let plain = |links: Vec<AtomicU32>| links.into_iter().map(AtomicU32::into_inner).collect();
        let mut spokes = Spokes { before: plain(before), after: plain(after) };
        spokes.drop_dangles(loose);
        spokes
    }

    fn drop_edge(&mut self, half: u32) {
        for h in [half, half ^ 1] {
            let (before, after) = (self.before[h as usize], self.after[h as usize]);
            self.before[after as usize] = before;
            self.after[before as usize] = after;
            self.before[h as usize] = NONE;
        }
    }

    /// Drops `loose` half-edges that leave a vertex alone, and again those that then do. O(n).
    fn drop_dangles(&mut self, mut loose: Vec<u32>) {
        let alone = |before: &[u32], h: u32| before[h as usize] == h;
        while let Some(h) = loose.pop() {
            // both ends may have been loose
            if alone(&self.before, h) {
                let beside = self.before[h as usize ^ 1];
                self.drop_edge(h);
                if alone(&self.before, beside) {
                    loose.push(beside);
                }
            }
        }
    }
}

/// Walks along half-edges with the face on the left, numbered as half-edges come upon them.
struct Cycles {
    /// Cycle of every half-edge; [`NONE`] where it is dropped.
    of: Vec<u32>,
    /// The first half-edge of every cycle; its edge leaves the lowest vertex of the cycle.
    first: Vec<u32>,
}

impl Cycles {
    fn new(spokes: &Spokes) -> Cycles {
        let before = &spokes.before;
        let mut cycles = Cycles { of: rayon::iter::repeat_n(NONE, before.len()).collect(), first: Vec::new() };
        for start in 0..before.len() {
            if before[start] == NONE || cycles.of[start] != NONE {
                continue;
            }
            let (mut h, id) = (start, cycles.first.len() as u32);
            loop {
                cycles.of[h] = id;
                // turn at the head: the spoke before the one we came along, counter-clockwise order
                h = before[h ^ 1] as usize;
                if h == start {
                    break;
                }
            }
            cycles.first.push(start as u32);
        }
        cycles
    }

    /// Cycles around a component, each with its lowest vertex: all spokes run east there, and it goes round them by the west. O(n).
    fn outer<T: Tag>(&self, edges: &[Segment<T>], spokes: &Spokes) -> Vec<(u32, Pt)> {
        let lowest = |first: u32| edges[first as usize / 2].a;
        let round = |group: &[u32]| {
            let (first, v) = (group[0] as usize / 2, lowest(group[0]));
            let by_west = |&h: &usize| {
                let next = spokes.after[h] as usize;
                self.of[h] != NONE && next.is_multiple_of(2) && cross(v, edges[h / 2].b, edges[next / 2].b) <= 0
            };
            let fan = (first..).take_while(|&e| edges.get(e).is_some_and(|s| s.a == v));
            let cycle = self.of[fan.map(|e| 2 * e).find(by_west)?];
            // the cycle may come from a vertex still lower
            (self.first[cycle as usize] >= group[0]).then_some((cycle, v))
        };
        self.first.par_chunk_by(|&c, &d| lowest(c) == lowest(d)).filter_map(round).collect()
    }
}
