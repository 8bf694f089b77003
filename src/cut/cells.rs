//! Merging of faces: slivers into neighbours, small pieces into larger ones.

use super::mesh::Edge;
use crate::territory::Territory;
use crate::territory::lattice::{Pt, cross};
use petgraph::unionfind::UnionFind;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

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
    own: Vec<Vec<u32>>,
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
    pub fn new(territory: &'a Territory, edges: Vec<Edge>, load: Vec<i64>, group: Vec<u32>) -> Cells<'a> {
        let n = load.len();
        let plane = &territory.plane;
        let (mut area2, mut perimeter_m, mut own) = (vec![0i128; n], vec![0.0; n], vec![Vec::new(); n]);
        let length: Vec<f64> = edges.iter().map(|e| plane.distance_m(e.a, e.b)).collect();
        for (i, e) in edges.iter().enumerate() {
            let c = cross(edges[0].a, e.a, e.b);
            for (side, sign) in [(e.left as usize, 1), (e.right as usize, -1)] {
                area2[side] += sign * c;
                perimeter_m[side] += length[i];
                own[side].push(i as u32);
            }
        }
        let area_m2 = area2.into_iter().map(|a| plane.area_m2(a)).collect();
        Cells { territory, edges, sets: UnionFind::new(n), area_m2, perimeter_m, load, group, rung: vec![false; length.len()], length, own }
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

    /// Neighbours by what is between.
    fn neighbours(&self, cell: u32) -> BTreeMap<u32, Between> {
        let mut out = BTreeMap::new();
        for &e in &self.own[cell as usize] {
            let edge = &self.edges[e as usize];
            let (l, r) = (self.find(edge.left), self.find(edge.right));
            if l != r {
                let between: &mut Between = out.entry(if l == cell { r } else { l }).or_default();
                between.length_m += self.length[e as usize];
                between.open_m += if self.rung[e as usize] { 0.0 } else { self.length[e as usize] };
                between.class = between.class.max(edge.class);
            }
        }
        out
    }

    fn middle(&self, cell: u32) -> Pt {
        let longest =
            self.own[cell as usize].iter().max_by(|x, y| self.length[**x as usize].total_cmp(&self.length[**y as usize]).then(y.cmp(x)));
        longest.map_or(Pt::default(), |&e| {
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
        let shared = self.neighbours(f).get(&g).map_or(0.0, |b| b.length_m);
        self.sets.union(f, g);
        let keep = self.find(f);
        let gone = if keep == f { g } else { f };
        self.area_m2[keep as usize] += self.area_m2[gone as usize];
        self.perimeter_m[keep as usize] += self.perimeter_m[gone as usize] - 2.0 * shared;
        self.load[keep as usize] += self.load[gone as usize];
        let (mut long, mut short) = (std::mem::take(&mut self.own[keep as usize]), std::mem::take(&mut self.own[gone as usize]));
        if long.len() < short.len() {
            std::mem::swap(&mut long, &mut short);
        }
        long.extend(short);
        self.own[keep as usize] = long;
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
                for i in 0..self.own[f as usize].len() {
                    let e = self.own[f as usize][i] as usize;
                    self.edges[e].class = self.edges[e].class.max(class);
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
