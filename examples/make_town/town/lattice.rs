//! The skeleton of the town: a jittered street lattice on a metric plane, its bent edges, and rings around sets of blocks.

#[path = "../../shared/plane.rs"]
mod plane;

pub use plane::{P, Rng, beside, length, lerp};
use std::collections::BTreeMap;

/// A lattice node: column line and row line.
pub type Node = (usize, usize);

/// Blocks from west to east, and from south to north.
pub const COLS: usize = 18;
/// See [`COLS`].
pub const ROWS: usize = 14;
/// The row line that runs down the middle of the river, and the one that carries the dual carriageway.
pub const RIVER: usize = 6;
/// See [`RIVER`].
pub const DUAL: usize = 10;
/// Half the distance between the two carriageways, in metres.
pub const HALF_MEDIAN: f64 = 7.5;

/// Which community each block belongs to, north at the top. `h` has an exclave inside `d`.
pub const COMMUNITY: [&str; ROWS] = [
    "hhhhhhhiiiiiijjjjj",
    "hhhhhhhiiiiiijjjjj",
    "hhhhhhhiiiiiijjjjj",
    "hhhhhhiiiiiiijjjjj",
    "ddddeeeeefffffgggg",
    "ddhdeeeeefffffgggg",
    "dddddeeeeffffggggg",
    "dddddeeeeffffggggg",
    "aaaaaabbbbbbbccccc",
    "aaaaaabbbbbbbccccc",
    "aaaaaabbbbbbcccccc",
    "aaaaabbbbbbbcccccc",
    "aaaaabbbbbbbcccccc",
    "aaaaabbbbbbbcccccc",
];

/// How each block is used: T towers, S slabs, M mixed quarter, R village, F fields, I industry, K commerce, U campus, P park, L lake,
/// O river island, W river.
pub const LAND: [&str; ROWS] = [
    "FRRFFRMMMRRFFFRRFF",
    "RMRRMMSSMMMSMRMMRF",
    "RMMRMSTSMMSMMMSMRF",
    "FMSMMSSKMMSSMMSSMR",
    "RMSSMTTKKTSMIIMSSF",
    "RMMSMTTKTTSMIIMMSR",
    "RMSMMMSPMTTMMIUMMR",
    "WWWWWWWWWWWOWWWWWW",
    "WWWWWWWWWWWWWWWWWW",
    "RMSMMSTTKTTSMMSMRF",
    "RMMSUMSTTKSSMPMSMR",
    "FRMMMMSSTMMSMRRLLF",
    "FRRMRMMSMMMMRRFLLF",
    "FFRFRRRMMRRFRFFFFF",
];

/// Looks a block up in one of the maps above.
pub fn block(map: &[&str; ROWS], i: usize, j: usize) -> char {
    map[ROWS - 1 - j].as_bytes()[i] as char
}

/// Street nodes and the bent lines between them.
pub struct Lattice {
    nodes: Vec<Vec<P>>,
    bends: BTreeMap<(Node, Node), Vec<P>>,
    /// Where the axis of the river lies without its meanders.
    river_y: f64,
    /// Where the reach with the island begins and ends.
    reach: [f64; 2],
}

impl Lattice {
    /// Lays the lattice out.
    pub fn new(rng: &mut Rng) -> Self {
        let mut xs = vec![0.0];
        for _ in 0..COLS {
            xs.push(xs[xs.len() - 1] + rng.span(125.0, 225.0));
        }
        let mut ys = vec![0.0];
        for j in 0..ROWS {
            let height = if j + 1 == RIVER || j == RIVER { 190.0 } else { rng.span(115.0, 205.0) };
            ys.push(ys[ys.len() - 1] + height);
        }
        let mut lattice = Self { nodes: Vec::new(), bends: BTreeMap::new(), river_y: ys[RIVER], reach: [xs[9] + 30.0, xs[13] - 30.0] };
        for x in &xs {
            let mut line = Vec::new();
            for (j, y) in ys.iter().enumerate() {
                let x = x + rng.span(-13.0, 13.0);
                let jitter = rng.span(-13.0, 13.0);
                line.push(if j == RIVER { lattice.channel(x) } else { [x, y + wave(x) + jitter] });
            }
            lattice.nodes.push(line);
        }
        for i in 0..=COLS {
            for j in 0..=ROWS {
                if i < COLS {
                    lattice.bend(rng, (i, j), (i + 1, j));
                }
                if j < ROWS {
                    lattice.bend(rng, (i, j), (i, j + 1));
                }
            }
        }
        lattice
    }

    fn bend(&mut self, rng: &mut Rng, a: Node, b: Node) {
        let (p, q) = (self.node(a), self.node(b));
        let points = if a.1 == RIVER && b.1 == RIVER {
            (1..6).map(|k| self.channel(p[0] + (q[0] - p[0]) * f64::from(k) / 6.0)).collect()
        } else {
            [0.25, 0.5, 0.75].map(|t| beside(p, q, length(p, q) * t, rng.span(-2.5, 2.5))).to_vec()
        };
        self.bends.insert((a, b), points);
    }

    /// Where a node lies.
    pub fn node(&self, n: Node) -> P {
        self.nodes[n.0][n.1]
    }

    /// The line of an edge in the asked direction, both ends included.
    pub fn edge(&self, a: Node, b: Node) -> Vec<P> {
        let mut line = self.bends[&(a.min(b), a.max(b))].clone();
        if b < a {
            line.reverse();
        }
        line.insert(0, self.node(a));
        line.push(self.node(b));
        line
    }

    /// The vertex in the middle of an edge.
    pub fn middle(&self, a: Node, b: Node) -> P {
        let line = self.edge(a, b);
        line[line.len() / 2]
    }

    /// Lattice coordinates (column, row) to the plane; beyond the lattice the outermost block is continued.
    pub fn at(&self, col: f64, row: f64) -> P {
        let (i, j) = ((col.max(0.0) as usize).min(COLS - 1), (row.max(0.0) as usize).min(ROWS - 1));
        let (u, v) = (col - i as f64, row - j as f64);
        let south = lerp(self.nodes[i][j], self.nodes[i + 1][j], u);
        lerp(south, lerp(self.nodes[i][j + 1], self.nodes[i + 1][j + 1], u), v)
    }

    /// The axis of the river at `x`, and how far (0 to 1) the reach with the island widens it.
    pub fn river(&self, x: f64) -> (f64, f64) {
        let t = ((x - self.reach[0]) / (self.reach[1] - self.reach[0])).clamp(0.0, 1.0);
        (self.river_y + wave(x), 0.5 - 0.5 * (std::f64::consts::TAU * t).cos())
    }

    /// The middle of the main channel at `x`: it passes south of the island.
    pub fn channel(&self, x: f64) -> P {
        let (axis, widening) = self.river(x);
        [x, axis - 72.0 * widening]
    }

    /// The ring around a point of the river axis.
    pub fn island(&self, rng: &mut Rng) -> Vec<P> {
        let x = (self.reach[0] + self.reach[1]) / 2.0;
        let y = self.river(x).0 + 28.0;
        oval(rng, [x, y], 165.0, 46.0, 28)
    }

    /// Rings around the blocks that `inside` accepts, counter-clockwise outside and clockwise for holes, as lists of nodes.
    pub fn rings(&self, inside: impl Fn(usize, usize) -> bool) -> Vec<Vec<Node>> {
        let mut next: BTreeMap<Node, Node> = BTreeMap::new();
        for i in 0..COLS {
            for j in (0..ROWS).filter(|&j| inside(i, j)) {
                let out = |di: isize, dj: isize| match (i.checked_add_signed(di), j.checked_add_signed(dj)) {
                    (Some(i), Some(j)) if i < COLS && j < ROWS => !inside(i, j),
                    _ => true,
                };
                for (outer, from, to) in [
                    (out(0, -1), (i, j), (i + 1, j)),
                    (out(1, 0), (i + 1, j), (i + 1, j + 1)),
                    (out(0, 1), (i + 1, j + 1), (i, j + 1)),
                    (out(-1, 0), (i, j + 1), (i, j)),
                ] {
                    if outer {
                        assert!(next.insert(from, to).is_none(), "blocks of one division touch in the node {from:?} only");
                    }
                }
            }
        }
        let mut rings = Vec::new();
        while let Some((&start, _)) = next.first_key_value() {
            let mut ring = vec![start];
            while let Some(to) = next.remove(&ring[ring.len() - 1]) {
                ring.push(to);
            }
            rings.push(ring);
        }
        rings
    }
}

fn wave(x: f64) -> f64 {
    70.0 * (x / 520.0).sin() + 25.0 * (x / 210.0).cos()
}

/// A closed, slightly irregular oval, counter-clockwise.
pub fn oval(rng: &mut Rng, centre: P, a: f64, b: f64, n: usize) -> Vec<P> {
    let mut ring: Vec<P> = (0..n)
        .map(|k| {
            let (s, c) = (std::f64::consts::TAU * k as f64 / n as f64).sin_cos();
            let r = rng.span(0.94, 1.06);
            [centre[0] + a * r * c, centre[1] + b * r * s]
        })
        .collect();
    ring.push(ring[0]);
    ring
}

/// Twice the signed area of a closed ring: positive when counter-clockwise.
pub fn turning(ring: &[P]) -> f64 {
    ring.windows(2).map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1]).sum()
}
