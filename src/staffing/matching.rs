//! Weighted matching in general graphs: the primal-dual blossom algorithm of Edmonds, in the form of Galil, "Efficient algorithms
//! for finding maximum matching in graphs", ACM Computing Surveys 18 (1986), with the book-keeping of van Rantwijk's `mwmatching`.
//!
//! Vertices are 0 … n − 1, blossoms n … 2n − 1. An *end* is one end of an edge: end 2k is the first vertex of edge k and end 2k + 1 the
//! second, so that `end ^ 1` is the other one. All arithmetic is on integers, and nothing depends on chance.

use crate::watch::{Stopped, Watch};
use serde::{Deserialize, Serialize};

const NONE: usize = usize::MAX;
/// Costs beyond this are taken as this, so that sums along a path stay far inside 64 bits.
const MOST_COST: i64 = 1 << 44;

/// Pairs of adjacent vertices, each vertex in one at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matching {
    /// Partner of every vertex.
    pub mate: Vec<Option<usize>>,
    /// Where no larger matching exists, the vertices that prove it (Tutte and Berge): without them at least n − 2·pairs + their
    /// number odd pieces remain, of which each leaves one over unless it has one of them to itself. Empty where `most` ended the search.
    pub between: Vec<usize>,
}

impl Matching {
    /// Number of pairs.
    pub fn pairs(&self) -> usize {
        self.mate.iter().flatten().count() / 2
    }
}

/// The cheapest of the matchings with `most` pairs, or of those with as many as there can be; of several the same one every time.
///
/// `edges` are two vertices below `n` and a cost (within ±2⁴⁴); loops are left out, of parallel edges one is taken. All free vertices
/// have the same, least dual throughout, therefore the matching after every augmentation is the cheapest of its size: the search
/// simply ends early. O(n³) time in the worst case, O(n + m) memory; on neighbourhoods, where m is about 2n, time grows with n² and more: 0.1 ms
/// for 36 vertices, 0.06 s for 900, 0.6 s for 3,000, 4 s for 6,400 (`benches/staffing.rs`). `watch` may stop it.
pub fn matching(n: usize, edges: &[(usize, usize, i64)], most: usize, watch: &dyn Watch) -> Result<Matching, Stopped> {
    let mut search = Search::new(n, edges);
    let mut between = Vec::new();
    for _ in 0..most.min(n) {
        watch.go_on(n as u64)?;
        if !search.augment() {
            between = (0..n).filter(|&v| search.label[search.top[v]] == Label::Inner).collect();
            break;
        }
    }
    Ok(Matching { mate: search.mate.iter().map(|&e| (e != NONE).then(|| search.vertex(e))).collect(), between })
}

/// Place of a vertex or blossom in the alternating trees of one stage.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Free,
    /// At even distance from a root.
    Outer,
    /// At odd distance.
    Inner,
    /// Outer, and on the path that is being traced.
    Traced,
}

struct Search {
    n: usize,
    /// Vertices and value: minus the cost.
    edges: Vec<(usize, usize, i64)>,
    /// Far ends of the edges at every vertex.
    around: Vec<Vec<usize>>,
    /// Far end of the matched edge of a vertex.
    mate: Vec<usize>,
    /// Twice the dual of vertices, the dual of blossoms.
    dual: Vec<i64>,
    /// Outermost blossom of a vertex, or itself.
    top: Vec<usize>,
    parent: Vec<usize>,
    /// Parts of a blossom around its cycle, the one with the base first.
    parts: Vec<Vec<usize>>,
    /// Ends of the edges between consecutive parts.
    joints: Vec<Vec<usize>>,
    /// The vertex of a blossom that is matched outside, a vertex's own for itself.
    base: Vec<usize>,
    unused: Vec<usize>,
    label: Vec<Label>,
    /// Far end of the edge through which it got its label.
    reached: Vec<usize>,
    /// Edge of least slack to an outer vertex (of what is free), to another outer blossom (of what is outer).
    best: Vec<usize>,
    /// Of an outer blossom the edges of least slack to each other outer blossom.
    bests: Vec<Option<Vec<usize>>>,
    /// Edges known to have no slack.
    tight: Vec<bool>,
    queue: Vec<usize>,
}

/// The way around a blossom from one of its parts to its base, over an even number of joints.
struct Round {
    start: usize,
    len: usize,
}

impl Round {
    fn forward(&self) -> bool {
        !self.start.is_multiple_of(2)
    }

    fn next(&self, at: usize) -> usize {
        (at + if self.forward() { 1 } else { self.len - 1 }) % self.len
    }

    /// End of the joint between a part and the next one on the way, that of the part itself.
    fn joint(&self, at: usize, joints: &[usize]) -> usize {
        if self.forward() { joints[at] } else { joints[(at + self.len - 1) % self.len] ^ 1 }
    }
}

/// What limits a change of duals.
enum Limit {
    /// An edge that loses its slack, from that outer vertex.
    Edge(usize, usize),
    /// A blossom whose dual comes to nothing.
    Blossom(usize),
}

impl Search {
    fn new(n: usize, edges: &[(usize, usize, i64)]) -> Search {
        let cost = |c: i64| c.clamp(-MOST_COST, MOST_COST);
        let edges: Vec<_> = edges.iter().filter(|(u, v, _)| u != v).map(|&(u, v, c)| (u, v, -cost(c))).collect();
        let mut around = vec![Vec::new(); n];
        for (k, &(u, v, _)) in edges.iter().enumerate() {
            around[u].push(2 * k + 1);
            around[v].push(2 * k);
        }
        let most = edges.iter().map(|e| e.2).max().unwrap_or(0);
        let mut dual = vec![most; n];
        dual.resize(2 * n, 0);
        Search {
            n,
            around,
            mate: vec![NONE; n],
            dual,
            top: (0..n).collect(),
            parent: vec![NONE; 2 * n],
            parts: vec![Vec::new(); 2 * n],
            joints: vec![Vec::new(); 2 * n],
            base: (0..2 * n).map(|b| if b < n { b } else { NONE }).collect(),
            unused: (n..2 * n).rev().collect(),
            label: vec![Label::Free; 2 * n],
            reached: vec![NONE; 2 * n],
            best: vec![NONE; 2 * n],
            bests: vec![None; 2 * n],
            tight: vec![false; edges.len()],
            queue: Vec::new(),
            edges,
        }
    }

    fn vertex(&self, end: usize) -> usize {
        let (u, v, _) = self.edges[end / 2];
        if end.is_multiple_of(2) { u } else { v }
    }

    /// Twice the slack of an edge between different outermost blossoms.
    fn slack(&self, edge: usize) -> i64 {
        let (u, v, value) = self.edges[edge];
        self.dual[u] + self.dual[v] - 2 * value
    }

    fn is_better(&self, edge: usize, than: usize) -> bool {
        than == NONE || self.slack(edge) < self.slack(than)
    }

    fn leaves(&self, b: usize) -> Vec<usize> {
        let (mut out, mut stack) = (Vec::new(), vec![b]);
        while let Some(b) = stack.pop() {
            if b < self.n { out.push(b) } else { stack.extend(self.parts[b].iter().rev()) }
        }
        out
    }

    /// Gives a label to the outermost blossom of `v`; the partner of what becomes inner becomes outer.
    fn assign(&mut self, v: usize, label: Label, through: usize) {
        let b = self.top[v];
        for x in [v, b] {
            (self.label[x], self.reached[x], self.best[x]) = (label, through, NONE);
        }
        if label == Label::Outer {
            let leaves = self.leaves(b);
            self.queue.extend(leaves);
        } else {
            let end = self.mate[self.base[b]];
            self.assign(self.vertex(end), Label::Outer, end ^ 1);
        }
    }

    /// One more pair, along a cheapest augmenting path; false where there is none.
    fn augment(&mut self) -> bool {
        self.label.fill(Label::Free);
        self.best.fill(NONE);
        self.bests.fill(None);
        self.tight.fill(false);
        self.queue.clear();
        for v in 0..self.n {
            if self.mate[v] == NONE && self.label[self.top[v]] == Label::Free {
                self.assign(v, Label::Outer, NONE);
            }
        }
        loop {
            while let Some(v) = self.queue.pop() {
                if self.scan(v) {
                    self.dissolve();
                    return true;
                }
            }
            let Some((delta, limit)) = self.limit() else { return false };
            self.shift(delta);
            match limit {
                Limit::Edge(edge, from) => {
                    self.tight[edge] = true;
                    self.queue.push(from);
                }
                Limit::Blossom(b) => self.expand(b, false),
            }
        }
    }

    /// Looks at the edges of an outer vertex; true where one of them completes an augmenting path.
    fn scan(&mut self, v: usize) -> bool {
        for i in 0..self.around[v].len() {
            let end = self.around[v][i];
            let (edge, w) = (end / 2, self.vertex(end));
            let (b, c) = (self.top[v], self.top[w]);
            if b == c {
                continue;
            }
            self.tight[edge] = self.tight[edge] || self.slack(edge) <= 0;
            match self.label[c] {
                Label::Free if self.tight[edge] => self.assign(w, Label::Inner, end ^ 1),
                Label::Outer if self.tight[edge] => match self.meeting(v, w) {
                    Some(base) => self.shrink(base, edge),
                    None => {
                        self.flip(edge);
                        return true;
                    }
                },
                // the way in is noted, for when the inner blossom is expanded
                _ if self.tight[edge] && self.label[w] == Label::Free => (self.label[w], self.reached[w]) = (Label::Inner, end ^ 1),
                Label::Outer if self.is_better(edge, self.best[b]) => self.best[b] = edge,
                Label::Free | Label::Inner if self.label[w] == Label::Free && self.is_better(edge, self.best[w]) => self.best[w] = edge,
                _ => {}
            }
        }
        false
    }

    /// Base of the blossom that an edge between two outer vertices closes; none where they are in different trees.
    fn meeting(&mut self, v: usize, w: usize) -> Option<usize> {
        let (mut path, mut found) = (Vec::new(), None);
        let (mut v, mut w) = (v, w);
        while v != NONE {
            let b = self.top[v];
            if self.label[b] == Label::Traced {
                found = Some(self.base[b]);
                break;
            }
            path.push(b);
            self.label[b] = Label::Traced;
            v = match self.reached[b] {
                NONE => NONE,
                end => self.vertex(self.reached[self.top[self.vertex(end)]]),
            };
            // both sides by turns
            if w != NONE {
                std::mem::swap(&mut v, &mut w);
            }
        }
        path.into_iter().for_each(|b| self.label[b] = Label::Outer);
        found
    }

    /// Makes a blossom of the cycle that `edge` closes above `base`.
    fn shrink(&mut self, base: usize, edge: usize) {
        let b = self.unused.pop().expect("there are fewer blossoms than vertices");
        let root = self.top[base];
        let (u, v, _) = self.edges[edge];
        let (mut parts, mut joints) = (Vec::new(), Vec::new());
        let mut part = self.top[u];
        while part != root {
            parts.push(part);
            joints.push(self.reached[part]);
            part = self.top[self.vertex(self.reached[part])];
        }
        parts.push(root);
        parts.reverse();
        joints.reverse();
        joints.push(2 * edge);
        part = self.top[v];
        while part != root {
            parts.push(part);
            joints.push(self.reached[part] ^ 1);
            part = self.top[self.vertex(self.reached[part])];
        }
        parts.iter().for_each(|&p| self.parent[p] = b);
        (self.base[b], self.parent[b], self.dual[b]) = (base, NONE, 0);
        (self.label[b], self.reached[b]) = (Label::Outer, self.reached[root]);
        for &p in &parts {
            let inner = self.label[p] == Label::Inner;
            for leaf in self.leaves(p) {
                if inner {
                    self.queue.push(leaf);
                }
                self.top[leaf] = b;
            }
        }
        let mut to = std::collections::BTreeMap::new();
        for &p in &parts {
            let own = self.bests[p].take();
            let own = own.unwrap_or_else(|| self.leaves(p).iter().flat_map(|&x| &self.around[x]).map(|end| end / 2).collect());
            for k in own {
                let (x, y, _) = self.edges[k];
                let other = if self.top[y] == b { self.top[x] } else { self.top[y] };
                if other != b && self.label[other] == Label::Outer && self.is_better(k, to.get(&other).copied().unwrap_or(NONE)) {
                    to.insert(other, k);
                }
            }
            self.best[p] = NONE;
        }
        self.best[b] = to.values().copied().min_by_key(|&k| self.slack(k)).unwrap_or(NONE);
        self.bests[b] = Some(to.into_values().collect());
        (self.parts[b], self.joints[b]) = (parts, joints);
    }

    /// Takes a blossom apart: an inner one during a stage, whose parts stay in the tree as far as they are on the path to its base, or at
    /// the end of a stage.
    fn expand(&mut self, b: usize, at_end: bool) {
        let (parts, joints) = (std::mem::take(&mut self.parts[b]), std::mem::take(&mut self.joints[b]));
        for &p in &parts {
            self.parent[p] = NONE;
            if p >= self.n && at_end && self.dual[p] == 0 {
                self.expand(p, true);
            } else {
                self.leaves(p).into_iter().for_each(|leaf| self.top[leaf] = p);
            }
        }
        if !at_end {
            self.relabel(b, &parts, &joints);
        }
        (self.label[b], self.reached[b], self.best[b], self.base[b]) = (Label::Free, NONE, NONE, NONE);
        self.bests[b] = None;
        self.unused.push(b);
    }

    /// Labels of the parts of an inner blossom that was taken apart.
    fn relabel(&mut self, b: usize, parts: &[usize], joints: &[usize]) {
        let mut through = self.reached[b];
        let entry = self.top[self.vertex(through ^ 1)];
        let round = Round { start: parts.iter().position(|&p| p == entry).expect("its own part"), len: parts.len() };
        let mut at = round.start;
        while at != 0 {
            // the part that is entered is inner, the next one outer
            let joint = round.joint(at, joints);
            let (inner, outer) = (self.vertex(through ^ 1), self.vertex(joint ^ 1));
            (self.label[inner], self.label[outer]) = (Label::Free, Label::Free);
            self.assign(inner, Label::Inner, through);
            self.tight[joint / 2] = true;
            at = round.next(at);
            through = round.joint(at, joints);
            self.tight[through / 2] = true;
            at = round.next(at);
        }
        let inner = self.vertex(through ^ 1);
        for x in [inner, parts[0]] {
            (self.label[x], self.reached[x]) = (Label::Inner, through);
        }
        self.best[parts[0]] = NONE;
        at = round.next(at);
        // the rest leaves the tree, but for what an outer vertex reaches
        while parts[at] != entry {
            let part = parts[at];
            if self.label[part] != Label::Outer
                && let Some(v) = self.leaves(part).into_iter().find(|&v| self.label[v] != Label::Free)
            {
                self.label[v] = Label::Free;
                let mate = self.vertex(self.mate[self.base[part]]);
                self.label[mate] = Label::Free;
                self.assign(v, Label::Inner, self.reached[v]);
            }
            at = round.next(at);
        }
    }

    /// Swaps matched and unmatched edges on the path of the two trees that `edge` joins.
    fn flip(&mut self, edge: usize) {
        let (u, v, _) = self.edges[edge];
        for (mut s, mut end) in [(u, 2 * edge + 1), (v, 2 * edge)] {
            loop {
                let b = self.top[s];
                self.rotate(b, s);
                self.mate[s] = end;
                if self.reached[b] == NONE {
                    break;
                }
                let inner = self.top[self.vertex(self.reached[b])];
                let through = self.reached[inner];
                s = self.vertex(through);
                let entry = self.vertex(through ^ 1);
                self.rotate(inner, entry);
                self.mate[entry] = through;
                end = through ^ 1;
            }
        }
    }

    /// Makes `v` the base of a blossom (nothing to do for a vertex).
    fn rotate(&mut self, b: usize, v: usize) {
        if b < self.n {
            return;
        }
        let mut part = v;
        while self.parent[part] != b {
            part = self.parent[part];
        }
        self.rotate(part, v);
        let (mut parts, mut joints) = (std::mem::take(&mut self.parts[b]), std::mem::take(&mut self.joints[b]));
        let first = parts.iter().position(|&p| p == part).expect("its own part");
        let round = Round { start: first, len: parts.len() };
        let mut at = round.start;
        while at != 0 {
            let joint = round.next(at);
            at = round.next(joint);
            for (part, end) in [(joint, round.joint(joint, &joints)), (at, round.joint(joint, &joints) ^ 1)] {
                let v = self.vertex(end);
                self.rotate(parts[part], v);
                self.mate[v] = end ^ 1;
            }
        }
        parts.rotate_left(first);
        joints.rotate_left(first);
        (self.parts[b], self.joints[b], self.base[b]) = (parts, joints, v);
    }
    /// Least change of duals that makes an edge tight or a blossom void; none where nothing limits it.
    fn limit(&self) -> Option<(i64, Limit)> {
        let (mut least, mut found) = (i64::MAX, None);
        let mut take = |delta: i64, limit: Limit| {
            if delta < least {
                (least, found) = (delta, Some(limit));
            }
        };
        for v in (0..self.n).filter(|&v| self.best[v] != NONE && self.label[self.top[v]] == Label::Free) {
            let edge = self.best[v];
            let (x, y, _) = self.edges[edge];
            take(self.slack(edge), Limit::Edge(edge, if x == v { y } else { x }));
        }
        for b in (0..2 * self.n).filter(|&b| self.parent[b] == NONE) {
            match self.label[b] {
                Label::Outer if self.best[b] != NONE => {
                    take(self.slack(self.best[b]) / 2, Limit::Edge(self.best[b], self.edges[self.best[b]].0))
                }
                Label::Inner if b >= self.n => take(self.dual[b], Limit::Blossom(b)),
                _ => {}
            }
        }
        found.map(|limit| (least, limit))
    }

    fn shift(&mut self, delta: i64) {
        for v in 0..self.n {
            match self.label[self.top[v]] {
                Label::Outer => self.dual[v] -= delta,
                Label::Inner => self.dual[v] += delta,
                _ => {}
            }
        }
        for b in (self.n..2 * self.n).filter(|&b| self.parent[b] == NONE) {
            match self.label[b] {
                Label::Outer => self.dual[b] += delta,
                Label::Inner => self.dual[b] -= delta,
                _ => {}
            }
        }
    }

    /// Blossoms whose dual is nothing do not outlive the stage.
    fn dissolve(&mut self) {
        for b in self.n..2 * self.n {
            if self.parent[b] == NONE && self.base[b] != NONE && self.label[b] == Label::Outer && self.dual[b] == 0 {
                self.expand(b, true);
            }
        }
    }
}
