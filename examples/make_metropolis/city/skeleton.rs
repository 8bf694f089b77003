//! The skeleton of the city: a warped lattice of main roads with strips for rivers and a railway, and which of its cells the city has.
//!
//! Everything here follows from the seed and the place in the lattice, so that nothing but a few numbers a cell is held in memory.

use super::plane::{P, Rng, beside, length, lerp};
use std::collections::VecDeque;
use std::f64::consts::TAU;

/// Column and row of a cell; the node of that name is its south-western corner.
pub type At = (usize, usize);

/// Metres between main roads before the warp, and between the vertices of a line.
const QUARTER: f64 = 380.0;
pub const STEP: f64 = 45.0;
/// Widths of strips, metres.
const RIVER: f64 = 170.0;
const RAIL: f64 = 50.0;
/// How much wider the outskirts are than the centre.
const STRETCH: f64 = 0.5;
/// Shears of the plane, first as wide as a quarter of town, then as the city: height of the wave, and its slope.
const WAVES: [(f64, f64); 2] = [(190.0, 0.34), (900.0, 0.3)];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Strip {
    Land,
    River,
    Rail,
}

/// The lines of one direction.
struct Axis {
    lines: Vec<f64>,
    strips: Vec<Strip>,
    classes: Vec<&'static str>,
}

impl Axis {
    fn new(count: usize, strips: &[(usize, Strip)], rng: &mut Rng) -> Axis {
        let mut axis = Axis { lines: vec![0.0], strips: Vec::new(), classes: Vec::new() };
        let phase = rng.below(5);
        for i in 0..=count {
            let class = if i % 5 == phase { "primary" } else { ["secondary", "tertiary", "tertiary"][rng.below(3)] };
            axis.classes.push(class);
            if i == count {
                break;
            }
            let strip = strips.iter().find(|s| s.0 == i).map_or(Strip::Land, |s| s.1);
            let width = match strip {
                Strip::Land => QUARTER * (0.25 * rng.normal()).exp(),
                Strip::River => RIVER,
                Strip::Rail => RAIL,
            };
            axis.strips.push(strip);
            axis.lines.push(axis.lines[i] + width);
        }
        let middle = axis.lines[count] / 2.0;
        axis.lines.iter_mut().for_each(|x| *x -= middle);
        axis
    }

    /// How far a node on the line may be moved.
    fn slack(&self, i: usize) -> f64 {
        let gap = |i: usize| self.lines.get(i + 1).map_or(QUARTER, |next| next - self.lines[i]);
        0.18 * gap(i).min(if i > 0 { gap(i - 1) } else { QUARTER })
    }
}

/// A main road between two nodes.
pub struct Road {
    pub class: &'static str,
    pub bridge: bool,
}

pub struct Skeleton {
    rng: Rng,
    x: Axis,
    y: Axis,
    radius: f64,
    phases: [f64; 7],
    kept: Vec<bool>,
}

impl Skeleton {
    /// A skeleton of about `cells` cells.
    pub fn new(cells: usize, seed: u64) -> Skeleton {
        let rng = Rng(seed);
        let mut draw = rng.apart(1);
        // a disc takes seven tenths of the square around it
        let side = ((cells as f64 / 0.7).sqrt().ceil() as usize).max(4);
        let phases = std::array::from_fn(|_| draw.span(0.0, TAU));
        let x = Axis::new(side + 2, &[(side / 4, Strip::Rail), (side * 2 / 3, Strip::River)], &mut draw);
        let y = Axis::new(side + 1, &[(side * 2 / 5, Strip::River)], &mut draw);
        let radius = 0.5 * QUARTER * side as f64;
        let mut city = Skeleton { rng, x, y, radius, phases, kept: Vec::new() };
        city.kept = city.middle_part();
        city
    }

    /// Which cells lie inside the outline and hang together with the middle.
    fn middle_part(&self) -> Vec<bool> {
        let mut kept = vec![false; self.columns() * self.rows()];
        let mut next = VecDeque::from([(self.columns() / 2, self.rows() / 2)]);
        while let Some(cell) = next.pop_front() {
            if cell.0 < self.columns() && cell.1 < self.rows() && !kept[self.index(cell)] && self.is_inside(cell) {
                kept[self.index(cell)] = true;
                next.extend([
                    (cell.0 + 1, cell.1),
                    (cell.0.wrapping_sub(1), cell.1),
                    (cell.0, cell.1 + 1),
                    (cell.0, cell.1.wrapping_sub(1)),
                ]);
            }
        }
        kept
    }

    fn is_inside(&self, cell: At) -> bool {
        let [x, y] = self.middle(cell);
        let (angle, [p2, p3, p5, ..]) = (y.atan2(x), self.phases);
        let bulge = 0.12 * (2.0 * angle + p2).sin() + 0.08 * (3.0 * angle + p3).sin() + 0.05 * (5.0 * angle + p5).sin();
        x.hypot(y) < self.radius * (1.0 + bulge)
    }

    fn columns(&self) -> usize {
        self.x.strips.len()
    }

    fn rows(&self) -> usize {
        self.y.strips.len()
    }

    /// Number of a cell.
    pub fn index(&self, cell: At) -> usize {
        cell.1 * self.columns() + cell.0
    }

    /// The cells of the city.
    pub fn cells(&self) -> impl Iterator<Item = At> {
        let all = (0..self.rows()).flat_map(|j| (0..self.columns()).map(move |i| (i, j)));
        all.filter(|cell| self.kept[self.index(*cell)])
    }

    fn has(&self, cell: At) -> bool {
        cell.0 < self.columns() && cell.1 < self.rows() && self.kept[self.index(cell)]
    }

    /// What a cell is; the second river ends in the first.
    pub fn strip(&self, (i, j): At) -> Strip {
        let mouth = self.y.strips.iter().position(|s| *s == Strip::River);
        match (self.x.strips[i], self.y.strips[j]) {
            (_, Strip::River) => Strip::River,
            (Strip::River, _) if mouth.is_some_and(|row| j > row) => Strip::Land,
            (strip, _) => strip,
        }
    }

    fn middle(&self, (i, j): At) -> P {
        [0.5 * (self.x.lines[i] + self.x.lines[i + 1]), 0.5 * (self.y.lines[j] + self.y.lines[j + 1])]
    }

    /// 0 in the middle of the city, 1 at its edge.
    pub fn remoteness(&self, cell: At) -> f64 {
        let [x, y] = self.middle(cell);
        x.hypot(y) / self.radius
    }

    /// Randomness for one purpose at one place.
    pub fn draw(&self, purpose: u64, (i, j): At) -> Rng {
        self.rng.apart(purpose << 48 | (i as u64) << 24 | j as u64)
    }

    /// A node before the warp.
    fn flat(&self, n: At) -> P {
        let mut rng = self.draw(2, n);
        let mut moved = |axis: &Axis, i: usize| axis.lines[i] + axis.slack(i) * rng.span(-1.0, 1.0);
        [moved(&self.x, n.0), moved(&self.y, n.1)]
    }

    /// From the regular plane to the real one.
    fn warp(&self, p: P) -> P {
        let stretch = 1.0 + STRETCH * (p[0].hypot(p[1]) / self.radius).powi(2);
        let [.., a, b, c, d] = self.phases;
        let shear = |across: f64, phases: [f64; 2]| -> f64 {
            WAVES.iter().zip(phases).map(|((height, slope), phase)| height * (across * slope / height + phase).sin()).sum()
        };
        [stretch * p[0] + shear(p[1], [a, b]), stretch * p[1] + shear(p[0], [c, d])]
    }

    /// A place inside a cell, from its south-western corner (0, 0) to the north-eastern one (1, 1).
    pub fn place(&self, (i, j): At, u: f64, v: f64) -> P {
        let low = lerp(self.flat((i, j)), self.flat((i + 1, j)), u);
        self.warp(lerp(low, lerp(self.flat((i, j + 1)), self.flat((i + 1, j + 1)), u), v))
    }

    /// The line between neighbouring nodes in the asked direction, both ends included.
    pub fn edge(&self, a: At, b: At) -> Vec<P> {
        if b < a {
            let mut line = self.edge(b, a);
            line.reverse();
            return line;
        }
        let (p, q) = (self.flat(a), self.flat(b));
        let pieces = (length(self.warp(p), self.warp(q)) / STEP).round().max(1.0) as usize;
        let mut rng = self.draw(if a.1 == b.1 { 3 } else { 4 }, a);
        let mut line = vec![self.warp(p)];
        line.extend((1..pieces).map(|k| self.warp(beside(p, q, length(p, q) * k as f64 / pieces as f64, rng.span(-4.0, 4.0)))));
        line.push(self.warp(q));
        line
    }

    /// The corners of a cell, counterclockwise.
    pub fn corners((i, j): At) -> [At; 4] {
        [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
    }

    /// The line around a cell, counterclockwise, without its first vertex at the end.
    pub fn around(&self, cell: At) -> Vec<P> {
        self.line(&Self::corners(cell))
    }

    /// The closed line through nodes, without its first vertex at the end.
    pub fn line(&self, nodes: &[At]) -> Vec<P> {
        let mut line = Vec::new();
        for (k, node) in nodes.iter().enumerate() {
            line.extend(self.edge(*node, nodes[(k + 1) % nodes.len()]));
            line.pop();
        }
        line
    }

    /// The neighbour over the side that begins at the corner of this number.
    pub fn over(&self, (i, j): At, side: usize) -> Option<At> {
        let cell = [(i, j.wrapping_sub(1)), (i + 1, j), (i, j + 1), (i.wrapping_sub(1), j)][side];
        self.has(cell).then_some(cell)
    }

    /// The neighbours of a cell.
    pub fn neighbours(&self, cell: At) -> impl Iterator<Item = At> {
        (0..4).filter_map(move |side| self.over(cell, side))
    }

    /// Whether people hardly get from one cell to the next: strips go with the land south or west of them.
    pub fn parts(&self, a: At, b: At) -> bool {
        let (a, b) = (a.min(b), a.max(b));
        self.strip(a) != Strip::Land && self.strip(b) == Strip::Land
    }

    /// The road on the side of a cell, where there is one.
    pub fn road(&self, cell: At, side: usize) -> Option<Road> {
        let [a, b] = self.side(cell, side);
        let is_row = a.1 == b.1;
        let mut rng = self.draw(if is_row { 5 } else { 6 }, a.min(b));
        let class = if is_row { self.y.classes[a.1] } else { self.x.classes[a.0] };
        let strips = [Some(cell), self.over(cell, side)].map(|c| c.map(|c| self.strip(c)));
        let (chance, bridge) = match strips {
            [Some(one), Some(other)] if one != Strip::Land && other != Strip::Land => (if class == "tertiary" { 0.35 } else { 1.0 }, true),
            [_, None] => (0.4, false),
            _ if class == "tertiary" => (0.85, false),
            _ => (1.0, false),
        };
        (rng.share() < chance).then_some(Road { class, bridge })
    }

    /// The nodes of a side of a cell, counterclockwise.
    pub fn side(&self, cell: At, side: usize) -> [At; 2] {
        let corners = Self::corners(cell);
        [corners[side], corners[(side + 1) % 4]]
    }

    /// The runs of cells of one strip along a row (`along_row`) or a column.
    pub fn runs(&self, strip: Strip, along_row: bool) -> Vec<Vec<At>> {
        let axis = if along_row { &self.y } else { &self.x };
        let Some(fixed) = axis.strips.iter().position(|s| *s == strip) else { return Vec::new() };
        let count = if along_row { self.columns() } else { self.rows() };
        let cells: Vec<At> = (0..count).map(|k| if along_row { (k, fixed) } else { (fixed, k) }).collect();
        let is_in = |cell: &At| self.has(*cell) && self.strip(*cell) != Strip::Land;
        cells.split(|cell| !is_in(cell)).filter(|run| !run.is_empty()).map(<[At]>::to_vec).collect()
    }
}
