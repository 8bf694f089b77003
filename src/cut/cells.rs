//! Merging of faces: slivers into neighbours, small pieces into larger ones.

use super::mesh::{Edge, NONE};
use crate::territory::Territory;
use crate::territory::lattice::{Pt, cross};
use petgraph::unionfind::UnionFind;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Faces being merged. Every table is indexed by face and valid at its representative.
pub(crate) struct Cells<'a> {
    territory: &'a Territory,
    pub edges: Vec<Edge>,
    length: Vec<f64>,
    sets: UnionFind<u32>,
    pub area_m2: Vec<f64>,
    perimeter_m: Vec<f64>,
    pub load: Vec<i64>,
    /// Cells of different groups never merge; group 0 is outside.
    pub group: Vec<u32>,
    /// Edges that close a strip: a cell joins another across them only where it has no other neighbour.
    pub rung: Vec<bool>,
    /// The first and the last side of every cell: `2e` and `2e + 1` are the left and the right side of edge `e`.
    ends: Vec<Option<[u32; 2]>>,
    /// How many sides it has.
    sides: Vec<u32>,
    /// The side of the same cell that follows.
    next: Vec<u32>,
}

/// Joins the list of sides `more` to `ends`.
fn link(ends: &mut Option<[u32; 2]>, more: Option<[u32; 2]>, next: &mut [u32]) {
    *ends = match (*ends, more) {
        (Some([first, last]), Some([then, end])) => {
            next[last as usize] = then;
            Some([first, end])
        }
        (one, other) => one.or(other),
    };
}

/// One merge that was made.
pub(crate) struct Merge {
    /// The cell that is gone.
    pub cell: u32,
    /// The middle of the longest piece of its border.
    pub at: Pt,
    pub area_m2: f64,
    /// Mean width, m.
    pub width_m: f64,
}

/// What lies between two cells.
#[derive(Clone, Copy, Default)]
struct Between {
    length_m: f64,
    /// Length without rungs.
    open_m: f64,
    /// Strongest barrier.
    class: u16,
}

impl<'a> Cells<'a> {
    /// Without load.
    pub fn new(territory: &'a Territory, edges: Vec<Edge>, group: Vec<u32>) -> Cells<'a> {
        let n = group.len();
        let plane = &territory.plane;
        let (mut area2, mut perimeter_m, mut ends) = (vec![0i128; n], vec![0.0; n], vec![None; n]);
        let mut sides = vec![0; n];
        let mut next: Vec<u32> = (0..2 * edges.len() as u32).collect();
        let length: Vec<f64> = edges.iter().map(|e| plane.distance_m(e.a, e.b)).collect();
        for (i, e) in edges.iter().enumerate() {
            let c = cross(edges[0].a, e.a, e.b);
            for (side, cell, sign) in [(2 * i as u32, e.left as usize, 1), (2 * i as u32 + 1, e.right as usize, -1)] {
                area2[cell] += sign * c;
                perimeter_m[cell] += length[i];
                sides[cell] += 1;
                link(&mut ends[cell], Some([side; 2]), &mut next);
            }
        }
        let area_m2 = area2.into_iter().map(|a| plane.area_m2(a)).collect();
        let (sets, load, rung) = (UnionFind::new(n), vec![0; n], vec![false; length.len()]);
        Cells { territory, edges, sets, area_m2, perimeter_m, load, group, rung, length, ends, sides, next }
    }

    pub fn find(&self, cell: u32) -> u32 {
        self.sets.find(cell)
    }

    /// Mean width: exact for a long strip.
    pub fn width_m(&self, cell: u32) -> f64 {
        2.0 * self.area_m2[cell as usize] / self.perimeter_m[cell as usize].max(1e-9)
    }

    /// Whether it is narrower than a sliver may be.
    pub fn is_narrow(&self, cell: u32) -> bool {
        self.width_m(cell) < self.territory.snap_m
    }

    /// Narrow, and longer than four times that width.
    pub fn is_strip(&self, cell: u32) -> bool {
        self.is_narrow(cell) && self.perimeter_m[cell as usize] > 8.0 * self.territory.snap_m
    }

    /// Edges of a cell.
    fn own(&self, cell: u32) -> impl Iterator<Item = u32> {
        let ends = self.ends[cell as usize];
        let after = move |side: &u32| ends.filter(|e| e[1] != *side).map(|_| self.next[*side as usize]);
        std::iter::successors(ends.map(|e| e[0]), after).map(|side| side / 2)
    }

    /// Edges of a cell with the cell on the other side.
    fn across(&self, cell: u32) -> impl Iterator<Item = (u32, u32)> {
        self.own(cell).filter_map(move |e| {
            let edge = &self.edges[e as usize];
            let (l, r) = (self.find(edge.left), self.find(edge.right));
            (l != r).then_some((if l == cell { r } else { l }, e))
        })
    }

    /// Neighbours in order, each with what is between.
    fn neighbours(&self, cell: u32) -> Vec<(u32, Between)> {
        let mut across: Vec<(u32, u32, u32)> = (0..).zip(self.across(cell)).map(|(k, (other, e))| (other, k, e)).collect();
        across.sort_unstable();
        let between = |edges: &[(u32, u32, u32)]| {
            let mut between = Between::default();
            for e in edges.iter().map(|x| x.2 as usize) {
                between.length_m += self.length[e];
                between.open_m += if self.rung[e] { 0.0 } else { self.length[e] };
                between.class = between.class.max(self.edges[e].class);
            }
            (edges[0].0, between)
        };
        across.chunk_by(|x, y| x.0 == y.0).map(between).collect()
    }

    fn middle(&self, cell: u32) -> Pt {
        let longest = self.own(cell).max_by(|x, y| self.length[*x as usize].total_cmp(&self.length[*y as usize]).then(y.cmp(x)));
        longest.map_or(Pt::default(), |e| {
            let Edge { a, b, .. } = self.edges[e as usize];
            Pt { x: a.x + (b.x - a.x) / 2, y: a.y + (b.y - a.y) / 2 }
        })
    }

    /// Merges two cells into the one with more borders; returns it.
    pub fn merge(&mut self, f: u32, g: u32) -> u32 {
        let (f, g) = (self.find(f), self.find(g));
        if f == g {
            return f;
        }
        let shared = self.across(f).filter(|(other, _)| *other == g).fold(0.0, |sum, (_, e)| sum + self.length[e as usize]);
        self.sets.union(f, g);
        let keep = self.find(f);
        let gone = if keep == f { g } else { f };
        self.area_m2[keep as usize] += self.area_m2[gone as usize];
        self.perimeter_m[keep as usize] += self.perimeter_m[gone as usize] - 2.0 * shared;
        self.load[keep as usize] += self.load[gone as usize];
        let (long, short) = if self.sides[keep as usize] >= self.sides[gone as usize] { (keep, gone) } else { (gone, keep) };
        let mut ends = self.ends[long as usize];
        link(&mut ends, self.ends[short as usize], &mut self.next);
        self.ends[keep as usize] = ends;
        self.sides[keep as usize] += self.sides[gone as usize];
        keep
    }

    /// Merges every cell that `wants` it into the neighbour of its group that `may` take it and shares the
    /// longest weak border; smallest cells first. A sliver's barriers are inherited by the border that
    /// remains beside it. O(n log n) for borders of bounded degree.
    pub fn absorb(&mut self, wants: impl Fn(&Self, u32) -> bool, may: impl Fn(&Self, u32, u32) -> bool) -> Vec<Merge> {
        let key = |c: &Self, f: u32| (c.area_m2[f as usize].max(0.0).to_bits(), f);
        let mut heap: BinaryHeap<Reverse<(u64, u32)>> =
            (1..self.load.len() as u32).filter(|&f| self.find(f) == f && wants(self, f)).map(|f| Reverse(key(self, f))).collect();
        let mut merges = Vec::new();
        while let Some(Reverse(k)) = heap.pop() {
            let f = k.1;
            if self.find(f) != f || key(self, f) != k || !wants(self, f) {
                continue;
            }
            let strength = |class: u16| self.territory.classes[class as usize].strength as f64 / 100.0;
            let best = self
                .neighbours(f)
                .into_iter()
                .filter(|(g, _)| self.group[*g as usize] == self.group[f as usize] && self.group[f as usize] != 0 && may(self, f, *g))
                .map(|(g, b)| (b.open_m * (1.1 - strength(b.class)), b.class, g))
                .max_by(|x, y| x.0.total_cmp(&y.0).then(y.2.cmp(&x.2)));
            let Some((_, class, g)) = best else { continue };
            merges.push(Merge { cell: f, at: self.middle(f), area_m2: self.area_m2[f as usize], width_m: self.width_m(f) });
            if self.is_narrow(f) {
                let (mut side, end) = self.ends[f as usize].map_or((NONE, NONE), |e| (e[0], e[1]));
                while side != NONE {
                    let edge = &mut self.edges[side as usize / 2];
                    edge.class = edge.class.max(class);
                    side = if side == end { NONE } else { self.next[side as usize] };
                }
            }
            let kept = self.merge(f, g);
            if wants(self, kept) {
                heap.push(Reverse(key(self, kept)));
            }
        }
        merges
    }
}
