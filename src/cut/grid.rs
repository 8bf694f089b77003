//! A uniform grid over segments: which of them pass a place. Expected O(1) per question for segments of like length.

use crate::territory::lattice::Pt;
use rayon::prelude::*;
use std::ops::{Range, RangeInclusive};

/// A segment is listed in every cell that it comes this near to, steps.
pub(crate) const MARGIN: i64 = 8;
/// Segments rasterised in one go.
const CHUNK: usize = 1 << 14;
/// Segments looked at, to see where most of them lie.
const SAMPLE: usize = 1 << 10;
/// Parts of the grid that are filled side by side.
const BANDS: usize = 32;

/// Cells with the segments near them, in rising order of their numbers.
pub(crate) struct Grid {
    origin: Pt,
    /// Side of a cell, steps.
    cell: i64,
    /// Cells in a step: a division takes longer than all else that finds a cell.
    per_step: f64,
    cols: i64,
    rows: i64,
    start: Vec<u32>,
    items: Vec<u32>,
}

impl Grid {
    /// A grid of about as many cells as segments, none smaller than the mean extent of a segment, so that both cells and
    /// entries are O(n).
    pub fn new(n: usize, ends: impl Fn(usize) -> (Pt, Pt) + Sync) -> Grid {
        let extent = |(a, b): (Pt, Pt)| ((a.x - b.x).abs() + (a.y - b.y).abs()) as f64;
        let of = |i: usize| {
            let (a, b) = ends(i);
            (Pt { x: a.x.min(b.x), y: a.y.min(b.y) }, Pt { x: a.x.max(b.x), y: a.y.max(b.y) }, extent((a, b)))
        };
        // sums of whole numbers are the same in any order
        let both = |(l, h, s): (Pt, Pt, f64), (lo, hi, sum): (Pt, Pt, f64)| {
            (Pt { x: l.x.min(lo.x), y: l.y.min(lo.y) }, Pt { x: h.x.max(hi.x), y: h.y.max(hi.y) }, s + sum)
        };
        let nothing = (Pt { x: i64::MAX, y: i64::MAX }, Pt { x: i64::MIN, y: i64::MIN }, 0.0);
        let (mut lo, mut hi, sum) = (0..n).into_par_iter().with_min_len(CHUNK).map(of).reduce(|| nothing, both);
        if n == 0 {
            (lo, hi) = (Pt::default(), Pt::default());
        }
        let middle = |i: usize| {
            let (a, b) = ends(i);
            Pt { x: a.x + (b.x - a.x) / 2, y: a.y + (b.y - a.y) / 2 }
        };
        let sample: Vec<Pt> = (0..n).step_by(n.div_ceil(SAMPLE).max(1)).map(middle).collect();
        ((lo.x, hi.x), (lo.y, hi.y)) = (without_strays(&sample, |p| p.x, (lo.x, hi.x)), without_strays(&sample, |p| p.y, (lo.y, hi.y)));
        let origin = Pt { x: lo.x - 2 * MARGIN, y: lo.y - 2 * MARGIN };
        let (width, height) = ((hi.x - lo.x + 4 * MARGIN) as f64, (hi.y - lo.y + 4 * MARGIN) as f64);
        let like = (width * height / n.max(1) as f64).sqrt();
        // a long thin strip would have more columns than segments
        let thin = width.max(height) / n.max(1) as f64;
        let cell = like.max(sum / n.max(1) as f64).max(thin).max(4.0 * MARGIN as f64).ceil() as i64;
        let (cols, rows) = (width as i64 / cell + 1, height as i64 / cell + 1);
        let mut grid = Grid { origin, cell, per_step: 1.0 / cell as f64, cols, rows, start: Vec::new(), items: Vec::new() };
        // chunks of segments hand their entries to bands of cells, each of which is sorted by counting
        let cells = grid.cells();
        let band = cells.div_ceil(BANDS).max(CHUNK);
        let bands = cells.div_ceil(band);
        let chunk = |c: usize| {
            let mut entries = vec![Vec::new(); bands];
            for i in c * CHUNK..n.min((c + 1) * CHUNK) {
                let (a, b) = ends(i);
                grid.cells_along(a, b, |cell| entries[cell as usize / band].push((cell, i as u32)));
            }
            entries
        };
        let chunks: Vec<Vec<Vec<(u32, u32)>>> = (0..n.div_ceil(CHUNK)).into_par_iter().map(chunk).collect();
        let sizes: Vec<usize> = (0..bands).map(|b| chunks.iter().map(|c| c[b].len()).sum()).collect();
        let total = sizes.iter().sum();
        let (mut start, mut items) = (vec![0u32; cells + 1], vec![0u32; total]);
        let (mut from, mut rest, mut parts) = (0, &mut items[..], Vec::with_capacity(bands));
        for (b, start) in start[..cells].chunks_mut(band).enumerate() {
            let (own, behind) = rest.split_at_mut(sizes[b]);
            parts.push((b, start, from as u32, own));
            (from, rest) = (from + sizes[b], behind);
        }
        parts.into_par_iter().for_each(|(b, start, from, items)| {
            let entries = || chunks.iter().flat_map(|c| &c[b]).map(|&(cell, i)| (cell as usize - b * band, i));
            entries().for_each(|(cell, _)| start[cell] += 1);
            let mut end = 0;
            for s in start.iter_mut() {
                end += *s;
                *s = end;
            }
            // from the end of every cell to its start
            for (cell, i) in entries().rev() {
                start[cell] -= 1;
                items[start[cell] as usize] = i;
            }
            start.iter_mut().for_each(|s| *s += from);
        });
        start[cells] = total as u32;
        drop(chunks);
        (grid.start, grid.items) = (start, items);
        grid
    }

    pub fn cells(&self) -> usize {
        (self.cols * self.rows) as usize
    }

    /// Cells of every row, from south to north.
    pub fn rows(&self) -> Vec<Range<u32>> {
        let cols = self.cols as u32;
        (0..self.rows as u32).map(|row| row * cols..(row + 1) * cols).collect()
    }

    /// The middle of a cell.
    pub fn middle(&self, cell: u32) -> Pt {
        let (row, col) = (i64::from(cell) / self.cols, i64::from(cell) % self.cols);
        Pt { x: self.origin.x + col * self.cell + self.cell / 2, y: self.origin.y + row * self.cell + self.cell / 2 }
    }

    /// Segments near a cell.
    pub fn items(&self, cell: u32) -> &[u32] {
        &self.items[self.start[cell as usize] as usize..self.start[cell as usize + 1] as usize]
    }

    fn col(&self, x: i64) -> i64 {
        (((x - self.origin.x) as f64 * self.per_step) as i64).clamp(0, self.cols - 1)
    }

    fn row(&self, y: i64) -> i64 {
        (((y - self.origin.y) as f64 * self.per_step) as i64).clamp(0, self.rows - 1)
    }

    /// The cell that holds `p`, the nearest one outside the grid.
    pub fn cell_of(&self, p: Pt) -> u32 {
        (self.row(p.y) * self.cols + self.col(p.x)) as u32
    }

    /// Cells from that of `p` downward, each with the latitude of its lower side.
    pub fn downward(&self, p: Pt) -> impl Iterator<Item = (u32, i64)> + '_ {
        let col = self.col(p.x);
        (0..=self.row(p.y)).rev().map(move |row| ((row * self.cols + col) as u32, self.origin.y + row * self.cell))
    }

    /// Where cell `k` of `cells` in a row begins and ends; what lies before the first and behind the last belongs to them.
    fn side(&self, origin: i64, k: i64, cells: RangeInclusive<i64>, (low, high): (i64, i64)) -> (i64, i64) {
        let from = if k == *cells.start() { low } else { origin + k * self.cell };
        (from, if k == *cells.end() { high } else { origin + (k + 1) * self.cell })
    }

    /// Every cell that `a b` comes near, each once.
    pub fn cells_along(&self, a: Pt, b: Pt, mut visit: impl FnMut(u32)) {
        let (low, high) = (Pt { x: a.x.min(b.x), y: a.y.min(b.y) }, Pt { x: a.x.max(b.x), y: a.y.max(b.y) });
        let (c0, c1) = (self.col(low.x - MARGIN), self.col(high.x + MARGIN));
        let (r0, r1) = (self.row(low.y - MARGIN), self.row(high.y + MARGIN));
        let mut cell = |col: i64, row: i64| visit((row * self.cols + col) as u32);
        if c0 == c1 || r0 == r1 {
            for row in r0..=r1 {
                (c0..=c1).for_each(|col| cell(col, row));
            }
        } else if high.x - low.x >= high.y - low.y {
            for col in c0..=c1 {
                let (y0, y1) = reach((a.x, a.y), (b.x, b.y), self.side(self.origin.x, col, c0..=c1, (low.x, high.x)));
                (self.row(y0).max(r0)..=self.row(y1).min(r1)).for_each(|row| cell(col, row));
            }
        } else {
            for row in r0..=r1 {
                let (x0, x1) = reach((a.y, a.x), (b.y, b.x), self.side(self.origin.y, row, r0..=r1, (low.y, high.y)));
                (self.col(x0).max(c0)..=self.col(x1).min(c1)).for_each(|col| cell(col, row));
            }
        }
    }
}

/// Where a grid may begin and end along one axis: a few positions far from all others do not widen it, as nearly everything
/// would then lie in one cell.
fn without_strays(sample: &[Pt], along: impl Fn(&Pt) -> i64, (low, high): (i64, i64)) -> (i64, i64) {
    let mut sample: Vec<i64> = sample.iter().map(along).collect();
    sample.sort_unstable();
    let trim = sample.len() / 50;
    let (Some(&first), Some(&last)) = (sample.get(trim), sample.iter().rev().nth(trim)) else { return (low, high) };
    let more = (last - first) / 2;
    (low.max(first - more), high.min(last + more))
}

/// How far `a b` reaches across while it runs between `from` and `to`, with [`MARGIN`] on all sides. Positions are
/// (along, across); the segment runs farther along than across.
fn reach(a: (i64, i64), b: (i64, i64), (from, to): (i64, i64)) -> (i64, i64) {
    let slope = (b.1 - a.1) as f64 / (b.0 - a.0) as f64;
    let (low, high) = (a.0.min(b.0), a.0.max(b.0));
    let at = |along: i64| a.1 + (slope * (along.clamp(low, high) - a.0) as f64) as i64;
    let (y0, y1) = (at(from - MARGIN), at(to + MARGIN));
    (y0.min(y1) - MARGIN - 2, y0.max(y1) + MARGIN + 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pt(c: (i64, i64)) -> Pt {
        Pt { x: c.0, y: c.1 }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_passes_a_place_is_listed_there(
            lines in prop::collection::vec(((-400i64..400, -400i64..400), (-400i64..400, -400i64..400)), 1..150),
            strays in prop::collection::vec(((-9000i64..9000, -9000i64..9000), (-9000i64..9000, -9000i64..9000)), 0..3),
            place in prop_oneof![3 => (-400i64..400, -400i64..400), 1 => (-9000i64..9000, -9000i64..9000)],
            on in prop::option::of((any::<prop::sample::Index>(), 0.0..1.0)),
        ) {
            let lines = [lines, strays].concat();
            // anywhere, or on one of the lines
            let place = on.map_or(place, |(i, t): (prop::sample::Index, f64)| {
                let ((ax, ay), (bx, by)) = lines[i.index(lines.len())];
                (ax + ((bx - ax) as f64 * t) as i64, ay + ((by - ay) as f64 * t) as i64)
            });
            let grid = Grid::new(lines.len(), |i| (pt(lines[i].0), pt(lines[i].1)));
            let p = pt(place);
            let listed = grid.items(grid.cell_of(p));
            prop_assert!(listed.windows(2).all(|w| w[0] < w[1]));
            for (i, &(a, b)) in lines.iter().enumerate() {
                let (d, q) = ([(b.0 - a.0) as f64, (b.1 - a.1) as f64], [(place.0 - a.0) as f64, (place.1 - a.1) as f64]);
                let len2 = d[0] * d[0] + d[1] * d[1];
                let t = if len2 > 0.0 { ((q[0] * d[0] + q[1] * d[1]) / len2).clamp(0.0, 1.0) } else { 0.0 };
                let distance = (q[0] - t * d[0]).hypot(q[1] - t * d[1]);
                prop_assert!(distance > MARGIN as f64 || listed.contains(&(i as u32)), "segment {} at {}", i, distance);
            }
        }
    }
}
