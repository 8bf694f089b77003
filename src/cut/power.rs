//! A balanced power diagram over stacks of points.
//!
//! Every cell has a site and a weight; a stack belongs to the cell with the least power, its squared distance to the site less the
//! weight, so that cells are convex and parted by straight lines. Weights fall until no cell is too heavy and sites move to the
//! middle of their stacks, in turn: k-means under a capacity, whose dual variables are the weights (Cohen-Addad, Klein & Young
//! 2018). Weights are found by an auction (Bertsekas 1988): it moves whole stacks, where a flow would have to be rounded.
//!
//! An auction ends for certain where k cells less the heaviest stack each would hold all: a cell that has shed stays fuller than
//! that, so that some cell never sheds. Tighter ones mostly end, too, and are given up after a number of steps that grows with k:
//! a diagram costs O(k·n) for n stacks, up to that constant, and O(k³) for its edges.

use super::chords::{CLEARANCE_M, HalfPlane, Sorted, Stack};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, binary_heap::PeekMut};
use std::ops::Range;

/// Numbers of cells tried.
const TRIES: usize = 4;
/// Turns of balancing and of moving sites.
const TURNS: usize = 6;
/// Times that stacks are shed in one auction, for each cell.
const SHEDS: usize = 32;
/// Turns of moving weights to the middle of their range.
const SWEEPS: usize = 8;
/// How far weights of cells are apart at first, m²: stacks on one bisector all go to the same side.
const TIE: f64 = 1e-6;

/// Takes the stacks that have less power here than in any other cell; none with weight −∞.
#[derive(Clone, Copy, Debug)]
struct Cell {
    site: [f64; 2],
    weight: f64,
}

impl Cell {
    fn square(&self, s: &Stack) -> f64 {
        (self.site[0] - s.at[0]).powi(2) + (self.site[1] - s.at[1]).powi(2)
    }

    fn power(&self, s: &Stack) -> f64 {
        self.square(s) - self.weight
    }

    /// Where this cell has no more power than `other`; `None` where there is no line between them.
    fn before(&self, other: &Cell) -> Option<HalfPlane> {
        let d = [other.site[0] - self.site[0], other.site[1] - self.site[1]];
        let length = d[0].hypot(d[1]);
        let n = [d[0] / length, d[1] / length];
        let middle = [(self.site[0] + other.site[0]) / 2.0, (self.site[1] + other.site[1]) / 2.0];
        let c = n[0] * middle[0] + n[1] * middle[1] + (self.weight - other.weight) / (2.0 * length);
        c.is_finite().then_some(HalfPlane { n, c })
    }
}

/// Least power of a stack in a cell other than `but`, and that cell.
fn least(cells: &[Cell], s: &Stack, but: Option<u32>) -> (f64, u32) {
    let powers = (0..).zip(cells).map(|(j, cell)| (cell.power(s), j));
    powers.fold((f64::INFINITY, 0), |a, (power, j)| if power < a.0 && Some(j) != but { (power, j) } else { a })
}

/// A stack that a cell may shed; the greatest one is the first to go.
#[derive(Clone, Copy)]
struct Leaving {
    /// How much more power it has in the next best cell; no more than that where the cell is not known.
    margin: f64,
    stack: u32,
    next: Option<u32>,
}

impl Ord for Leaving {
    fn cmp(&self, o: &Self) -> Ordering {
        o.margin.total_cmp(&self.margin).then(o.stack.cmp(&self.stack))
    }
}

impl PartialOrd for Leaving {
    fn partial_cmp(&self, o: &Self) -> Option<Ordering> {
        Some(self.cmp(o))
    }
}

impl PartialEq for Leaving {
    fn eq(&self, o: &Self) -> bool {
        self.cmp(o).is_eq()
    }
}

impl Eq for Leaving {}

/// Cells and the cell of every stack.
#[derive(Clone, Debug)]
pub(crate) struct Diagram {
    cells: Vec<Cell>,
    of: Vec<u32>,
}

impl Diagram {
    /// A diagram of `pieces` cells or a few more for stacks, which are also given in order, that keeps clear of all of them and has no cell
    /// heavier than `limit`, which no stack may be; `None` when none was found.
    pub fn balanced(stacks: &[Stack], sorted: &Sorted<'_>, limit: i64, pieces: usize) -> Option<Diagram> {
        (pieces..pieces + TRIES).find_map(|k| {
            let mut sites = Vec::with_capacity(k);
            seed(&mut sorted.clone(), &sorted.all(), k, &mut sites);
            Diagram::from_sites(stacks, limit, sites)
        })
    }

    fn from_sites(stacks: &[Stack], limit: i64, mut sites: Vec<[f64; 2]>) -> Option<Diagram> {
        let mut turns: Vec<Diagram> = Vec::with_capacity(TURNS);
        while turns.len() < TURNS {
            let mut diagram = Diagram::nearest(stacks, &sites);
            if !diagram.balance(stacks, limit) || turns.last().is_some_and(|before| before.of == diagram.of) {
                break;
            }
            diagram.recentre(stacks, &mut sites);
            turns.push(diagram);
        }
        turns.into_iter().rev().find_map(|mut diagram| {
            diagram.ease(stacks);
            diagram.keeps_clear(stacks).then_some(diagram)
        })
    }

    fn nearest(stacks: &[Stack], sites: &[[f64; 2]]) -> Diagram {
        let cells: Vec<Cell> = sites.iter().enumerate().map(|(j, &site)| Cell { site, weight: -TIE * j as f64 }).collect();
        let of = stacks.iter().map(|s| least(&cells, s, None).1).collect();
        Diagram { cells, of }
    }

    /// Lowers the weight of the heaviest cell until it has shed what is too much to the cells that are next best, again and
    /// again. Only full cells give way, so that the sum of squared distances stays least. False when given up.
    fn balance(&mut self, stacks: &[Stack], limit: i64) -> bool {
        let Diagram { cells, of } = self;
        let mut load = vec![0; cells.len()];
        let mut members: Vec<Vec<u32>> = cells.iter().map(|_| Vec::with_capacity(2 * stacks.len() / cells.len())).collect();
        for (i, (s, &j)) in (0..).zip(stacks.iter().zip(&*of)) {
            load[j as usize] += s.load;
            members[j as usize].push(i);
        }
        // power in the next best cell when a stack was last looked at; as weights fall it only grows
        let mut second = vec![f64::NEG_INFINITY; stacks.len()];
        let mut all = Vec::new();
        for _ in 0..SHEDS * cells.len() {
            let heaviest = (0..load.len()).max_by_key(|&j| load[j]).filter(|&j| load[j] > limit);
            let Some(j) = heaviest else { return true };
            if cells.len() == 1 {
                return false;
            }
            let own = cells[j];
            let look = |stack: u32, second: &mut [f64]| {
                let s = &stacks[stack as usize];
                let (power, next) = least(cells, s, Some(j as u32));
                second[stack as usize] = power;
                Leaving { margin: power - own.power(s), stack, next: Some(next) }
            };
            all.extend(members[j].drain(..).map(|stack| match second[stack as usize] {
                f64::NEG_INFINITY => look(stack, &mut second),
                power => Leaving { margin: power - own.power(&stacks[stack as usize]), stack, next: None },
            }));
            let mut leaving = BinaryHeap::from(all);
            let (mut last, mut kept) = (0.0, None);
            while let Some(mut first) = leaving.peek_mut() {
                let Leaving { margin, stack, next } = *first;
                let Some(next) = next else {
                    *first = look(stack, &mut second);
                    continue;
                };
                if load[j] <= limit && margin - last >= TIE {
                    kept = Some(margin);
                    break;
                }
                PeekMut::pop(first);
                let s = stack as usize;
                load[j] -= stacks[s].load;
                load[next as usize] += stacks[s].load;
                members[next as usize].push(stack);
                (of[s], second[s], last) = (next, f64::NEG_INFINITY, margin);
            }
            all = leaving.into_vec();
            members[j].extend(all.drain(..).map(|l| l.stack));
            cells[j].weight -= kept.map_or(last + TIE, |kept| (last + kept) / 2.0);
        }
        false
    }

    /// Moves sites to the middle of their stacks, by load. A cell without stacks is given up.
    fn recentre(&mut self, stacks: &[Stack], sites: &mut [[f64; 2]]) {
        let mut sums = vec![Sum::default(); sites.len()];
        stacks.iter().zip(&self.of).for_each(|(s, &own)| sums[own as usize].add(s));
        for ((site, cell), sum) in sites.iter_mut().zip(&mut self.cells).zip(sums) {
            match sum.middle() {
                Some(m) => *site = m,
                None => cell.weight = f64::NEG_INFINITY,
            }
        }
    }

    /// Moves each weight to the middle of the range in which no stack changes its cell.
    fn ease(&mut self, stacks: &[Stack]) {
        let k = self.cells.len();
        // how much farther the stacks of the first cell are from the site of the second one than from their own, at least
        let mut farther = vec![f64::INFINITY; k * k];
        for (s, &own) in stacks.iter().zip(&self.of) {
            let own = own as usize;
            let near = self.cells[own].square(s);
            for (least, cell) in farther[own * k..(own + 1) * k].iter_mut().zip(&self.cells) {
                *least = least.min(cell.square(s) - near);
            }
        }
        for j in (0..k).cycle().take(SWEEPS * k) {
            let (mut down, mut up) = (f64::INFINITY, f64::INFINITY);
            for l in (0..k).filter(|&l| l != j && self.cells[l].weight.is_finite()) {
                let less = self.cells[j].weight - self.cells[l].weight;
                down = down.min(farther[j * k + l] + less);
                up = up.min(farther[l * k + j] - less);
            }
            if down.is_finite() && up.is_finite() {
                self.cells[j].weight += (up - down) / 2.0;
            }
        }
    }

    /// Lines between every cell and each of the others.
    fn lines(&self) -> Vec<Vec<(usize, HalfPlane)>> {
        let of = |a: &Cell| self.cells.iter().enumerate().filter_map(|(j, b)| Some((j, a.before(b)?))).collect();
        self.cells.iter().map(of).collect()
    }

    fn keeps_clear(&self, stacks: &[Stack]) -> bool {
        let lines = self.lines();
        stacks.iter().zip(&self.of).all(|(s, &own)| lines[own as usize].iter().all(|(_, l)| l.depth(s) >= CLEARANCE_M))
    }

    /// Edges of the diagram inside a convex cell.
    pub fn edges(&self, within: &[HalfPlane]) -> Vec<[[f64; 2]; 2]> {
        let mut out = Vec::new();
        for (i, own) in self.lines().iter().enumerate() {
            for (j, line) in own.iter().filter(|(j, _)| *j > i) {
                let others = own.iter().filter(|(l, _)| l != j).map(|(_, l)| l);
                out.extend(line.line_within(within.iter().chain(others)));
            }
        }
        out
    }
}

/// Load of stacks, and the sum of their positions by load.
#[derive(Clone, Copy, Default)]
struct Sum {
    at: [f64; 2],
    load: f64,
}

impl Sum {
    fn add(&mut self, s: &Stack) {
        let w = s.load as f64;
        *self = Sum { at: [self.at[0] + w * s.at[0], self.at[1] + w * s.at[1]], load: self.load + w };
    }

    fn middle(&self) -> Option<[f64; 2]> {
        (self.load > 0.0).then(|| self.at.map(|x| x / self.load))
    }
}

/// Middles of the parts of a straight bisection.
fn seed(stacks: &mut Sorted<'_>, range: &Range<usize>, k: usize, out: &mut Vec<[f64; 2]>) {
    let cut = if k > 1 { stacks.halve(range, k) } else { None };
    let Some(cut) = cut else {
        let mut sum = Sum::default();
        stacks.stacks(range).for_each(|s| sum.add(s));
        return out.extend(sum.middle());
    };
    let [low, high] = stacks.split(range, &cut);
    seed(stacks, &low, k / 2, out);
    seed(stacks, &high, k - k / 2, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(stacks: &[Stack], sites: &[[f64; 2]], of: impl Iterator<Item = usize>) -> f64 {
        stacks.iter().zip(of).map(|(s, j)| Cell { site: sites[j], weight: 0.0 }.square(s)).sum()
    }

    fn balanced(stacks: &[Stack], limit: i64, pieces: usize) -> Option<Diagram> {
        Diagram::balanced(stacks, &Sorted::new(stacks), limit, pieces)
    }

    fn place() -> impl Strategy<Value = [f64; 2]> {
        (0.0..1000.0, 0.0..1000.0).prop_map(|(x, y)| [x, y])
    }

    fn towns() -> impl Strategy<Value = Vec<Vec<Stack>>> {
        let town = prop::collection::vec((0.0..30.0, 0.0..30.0, 15i64..=20), 5);
        let stack = |town: usize, (x, y, load): (f64, f64, i64)| {
            let [far, up] = [(town % 3) as f64 * 900.0, (town / 3) as f64 * 700.0];
            Stack { at: [x + far, y + up], load }
        };
        prop::collection::vec(town, 2..6)
            .prop_map(move |t| t.into_iter().enumerate().map(|(i, s)| s.into_iter().map(|s| stack(i, s)).collect()).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn auction_of_equal_stacks_is_as_good_as_any_assignment(
            places in prop::collection::vec(place(), 4..9), sites in prop::collection::vec(place(), 2..4), room in 0usize..2
        ) {
            let stacks: Vec<Stack> = places.into_iter().map(|at| Stack { at, load: 1 }).collect();
            let (n, k) = (stacks.len(), sites.len());
            let limit = n.div_ceil(k) + room;
            let mut diagram = Diagram::nearest(&stacks, &sites);
            if !diagram.balance(&stacks, limit as i64) {
                // tight ones may be given up
                prop_assert!(k * (limit - 1) < n);
                return Ok(());
            }
            let found = cost(&stacks, &sites, diagram.of.iter().map(|&j| j as usize));
            for code in 0..k.pow(n as u32) {
                let cell = |i: usize| code / k.pow(i as u32) % k;
                let fits = (0..k).all(|j| (0..n).filter(|&i| cell(i) == j).count() <= limit);
                prop_assert!(!fits || found <= cost(&stacks, &sites, (0..n).map(cell)) + 1e-3);
            }
            diagram.ease(&stacks);
            for (s, &own) in stacks.iter().zip(&diagram.of) {
                prop_assert_eq!(least(&diagram.cells, s, None).1, own);
            }
        }

        #[test]
        fn towns_far_apart_are_a_cell_each(towns in towns()) {
            let stacks = towns.concat();
            let diagram = balanced(&stacks, 100, towns.len()).unwrap();
            prop_assert_eq!(diagram.cells.len(), towns.len());
            for town in diagram.of.chunks(towns[0].len()) {
                prop_assert!(town.iter().all(|&j| j == town[0]));
            }
        }
    }

    #[test]
    fn what_no_line_parts_has_no_diagram() {
        let at = |x: f64, load: i64| Stack { at: [x, 5.0], load };
        assert!(balanced(&[at(0.0, 60), at(0.01, 60)], 60, 2).is_none());
        assert!(balanced(&[at(0.0, 60)], 50, 2).is_none());
        assert_eq!(balanced(&[at(0.0, 60), at(9.0, 60)], 60, 2).unwrap().of.len(), 2);
    }
}
