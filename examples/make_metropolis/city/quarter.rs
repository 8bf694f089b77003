//! The streets inside a cell: it is divided from street to street until blocks are small enough.

use super::plane::{P, Rng, beside, length, lerp};
use super::skeleton::STEP;

/// Shares of the land that either side of a new street gets at least.
const LEAST: f64 = 0.14;
/// Chords that are tried, the best first, before a block stays whole.
const TRIES: usize = 12;
/// How many blocks have a street that ends in them.
const DEAD_ENDS: f64 = 0.36;
/// Spread of the areas that are small enough, σ of their logarithm.
const SPREAD: f64 = 1.2;

pub struct Street {
    pub class: &'static str,
    pub line: Vec<P>,
}

/// Land between streets: its ring, counterclockwise, without the first vertex at the end.
pub struct Block(pub Vec<P>);

#[derive(Default)]
pub struct Quarter {
    pub streets: Vec<Street>,
    pub blocks: Vec<Block>,
}

/// Divides land into blocks of about `m2`, lognormally spread. O(blocks · v²) for rings of v vertices.
pub fn divide(ring: Vec<P>, m2: f64, rng: &mut Rng) -> Quarter {
    let mut quarter = Quarter::default();
    let mut open = vec![(Block(ring), 0)];
    while let Some((block, depth)) = open.pop() {
        let enough = m2 * (SPREAD * rng.normal()).exp();
        let is_small = block.area() < enough;
        if is_small && rng.share() > DEAD_ENDS {
            quarter.blocks.push(block);
            continue;
        }
        let Some((a, b, line)) = street(&block, rng) else {
            quarter.blocks.push(block);
            continue;
        };
        if is_small {
            let line = line[..(line.len() * 3).div_ceil(5).max(2)].to_vec();
            // a street that ends would otherwise reach the other side
            if line.len() < 3 || length(line[0], line[line.len() - 1]) > 40.0 {
                quarter.streets.push(Street { class: "residential", line });
            }
            quarter.blocks.push(block);
            continue;
        }
        let halves = block.halves(a, b, &line);
        quarter.streets.push(Street { class: if depth == 0 { "unclassified" } else { "residential" }, line });
        open.extend(halves.map(|half| (half, depth + 1)));
    }
    quarter
}

/// The short way across a block that divides it evenly, from vertex to vertex, with the numbers of both.
fn street(block: &Block, rng: &mut Rng) -> Option<(usize, usize, Vec<P>)> {
    let ring = &block.0;
    let (n, area) = (ring.len(), block.area());
    let mut swept = vec![0.0; n + 1];
    for k in 0..n {
        swept[k + 1] = swept[k] + 0.5 * cross(ring[k], ring[(k + 1) % n]);
    }
    let mut chords = Vec::new();
    for a in 0..n {
        for b in a + 2..n {
            let share = (swept[b] - swept[a] + 0.5 * cross(ring[b], ring[a])) / area;
            if (LEAST..=1.0 - LEAST).contains(&share) && block.is_steep(a, b) && block.is_steep(b, a) {
                let uneven = 1.0 + 6.0 * (share - 0.5).powi(2);
                chords.push((length(ring[a], ring[b]) * uneven * rng.span(0.7, 1.4), a, b));
            }
        }
    }
    chords.sort_by(|a, b| a.0.total_cmp(&b.0));
    chords.into_iter().take(TRIES).find_map(|(_, a, b)| {
        let line = bent(ring[a], ring[b], rng);
        block.holds(a, b, &line).then_some((a, b, line))
    })
}

/// A line with a slight bow.
fn bent(a: P, b: P, rng: &mut Rng) -> Vec<P> {
    let metres = length(a, b);
    let pieces = (metres / STEP).round().max(2.0) as usize;
    let bow = 0.05 * metres * rng.normal();
    let inner = |k: usize, rng: &mut Rng| {
        let t = k as f64 / pieces as f64;
        beside(a, b, metres * t, bow * 4.0 * t * (1.0 - t) + rng.span(-2.0, 2.0))
    };
    let mut line = vec![a];
    line.extend((1..pieces).map(|k| inner(k, rng)));
    line.push(b);
    line
}

fn cross(a: P, b: P) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

/// Twice the area of a triangle, positive where it turns left.
fn turn(a: P, b: P, c: P) -> f64 {
    cross([b[0] - a[0], b[1] - a[1]], [c[0] - a[0], c[1] - a[1]])
}

impl Block {
    /// m².
    pub fn area(&self) -> f64 {
        self.sides().map(|(a, b)| 0.5 * cross(a, b)).sum()
    }

    /// The pieces of its ring.
    pub fn sides(&self) -> impl Iterator<Item = (P, P)> {
        let ring = &self.0;
        (0..ring.len()).map(|k| (ring[k], ring[(k + 1) % ring.len()]))
    }

    /// Whether a chord leaves the vertex `a` well apart from the ring.
    fn is_steep(&self, a: usize, b: usize) -> bool {
        let (ring, n) = (&self.0, self.0.len());
        let apart = |c: usize| {
            let sine = turn(ring[a], ring[b], ring[c]).abs() / (length(ring[a], ring[b]) * length(ring[a], ring[c])).max(1e-9);
            sine > 0.6 || length(ring[b], ring[c]) > length(ring[a], ring[b])
        };
        apart((a + 1) % n) && apart((a + n - 1) % n)
    }

    /// Whether a line from vertex to vertex runs inside.
    fn holds(&self, a: usize, b: usize, line: &[P]) -> bool {
        let ends = [self.0[a], self.0[b]];
        let meets = |p: P, q: P| {
            self.sides().any(|(r, s)| {
                // the sides at its ends it meets there
                let is_end = ends.iter().any(|e| *e == r || *e == s) && (ends.contains(&p) || ends.contains(&q));
                !is_end && turn(p, q, r) * turn(p, q, s) <= 0.0 && turn(r, s, p) * turn(r, s, q) <= 0.0
            })
        };
        line[1..line.len() - 1].iter().all(|p| self.contains(*p)) && line.windows(2).all(|w| !meets(w[0], w[1]))
    }

    fn halves(&self, a: usize, b: usize, line: &[P]) -> [Block; 2] {
        let inner = &line[1..line.len() - 1];
        let left: Vec<P> = self.0[a..=b].iter().copied().chain(inner.iter().rev().copied()).collect();
        let right: Vec<P> = self.0[b..].iter().chain(&self.0[..=a]).chain(inner).copied().collect();
        [Block(left), Block(right)]
    }

    pub fn contains(&self, p: P) -> bool {
        let over = |(a, b): &(P, P)| (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0] + (p[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
        self.sides().filter(over).count() % 2 == 1
    }

    /// Metres from the ring.
    pub fn depth(&self, p: P) -> f64 {
        let from = |(a, b): (P, P)| {
            let along = ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / length(a, b).powi(2).max(1e-9);
            length(p, lerp(a, b, along.clamp(0.0, 1.0)))
        };
        self.sides().map(from).fold(f64::INFINITY, f64::min)
    }

    /// A ring about its middle, smaller by a factor.
    pub fn shrunk(&self, factor: f64) -> Vec<P> {
        let n = self.0.len() as f64;
        let middle = self.0.iter().fold([0.0, 0.0], |m, p| [m[0] + p[0] / n, m[1] + p[1] / n]);
        self.0.iter().map(|p| lerp(middle, *p, factor)).collect()
    }

    /// A place inside, `metres` or more from the ring if there soon is one.
    pub fn inside(&self, metres: f64, rng: &mut Rng) -> P {
        let span = |axis: usize| self.0.iter().fold((f64::MAX, f64::MIN), |s, p| (s.0.min(p[axis]), s.1.max(p[axis])));
        let (x, y) = (span(0), span(1));
        let mut draws = (0..400).map(|_| [rng.span(x.0, x.1), rng.span(y.0, y.1)]).filter(|p| self.contains(*p));
        let first = draws.next().unwrap_or(self.0[0]);
        std::iter::once(first).chain(draws.take(12)).find(|p| self.depth(*p) >= metres).unwrap_or(first)
    }

    /// A place behind the street.
    pub fn at_street(&self, rng: &mut Rng) -> P {
        let whole: f64 = self.sides().map(|(a, b)| length(a, b)).sum();
        for _ in 0..8 {
            let mut along = rng.span(0.0, whole);
            let behind = rng.span(9.0, 26.0);
            let side = self.sides().find(|(a, b)| {
                let here = along < length(*a, *b);
                along -= if here { 0.0 } else { length(*a, *b) };
                here
            });
            let place = side.map(|(a, b)| beside(a, b, along, behind)).filter(|p| self.contains(*p));
            if let Some(place) = place {
                return place;
            }
        }
        self.inside(3.0, rng)
    }
}
