//! A flat plane for drawing, and the point of a polygon where a label sits best.

use super::{Polygons, Sheet};
use std::collections::BinaryHeap;

/// Metres per degree of latitude on a sphere of the mean earth radius.
pub(super) const METRES_PER_DEGREE: f64 = 111_195.08;

/// Labels are wider than high: the free room around a label's point is an ellipse with this ratio of height to width.
pub(super) const LABEL_ASPECT: f64 = 0.6;

/// Local equirectangular projection: metres east and metres south of the middle of the map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane {
    lon: f64,
    lat: f64,
    cos: f64,
}

/// Lowest and highest x and y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub min: [f64; 2],
    pub max: [f64; 2],
}

impl Bounds {
    pub fn of(points: impl Iterator<Item = [f64; 2]>) -> Option<Bounds> {
        points.filter(|p| p.iter().all(|c| c.is_finite())).fold(None, |bounds, p| {
            let b = bounds.unwrap_or(Bounds { min: p, max: p });
            Some(Bounds { min: [b.min[0].min(p[0]), b.min[1].min(p[1])], max: [b.max[0].max(p[0]), b.max[1].max(p[1])] })
        })
    }
    pub fn size(&self) -> [f64; 2] {
        [self.max[0] - self.min[0], self.max[1] - self.min[1]]
    }
}

/// Bounds in degrees of what the plan covers; a place in the sea for an empty sheet.
pub(super) fn extent(sheet: &Sheet) -> Bounds {
    let grids = sheet.grids.iter().map(|g| &g.polygons);
    let zones = sheet.zones.iter().map(|z| &z.polygons);
    let points = grids.chain(zones).flatten().flatten().flatten().copied();
    Bounds::of(points).unwrap_or(Bounds { min: [0.0, 0.0], max: [0.01, 0.01] })
}

impl Plane {
    pub fn new(extent: &Bounds) -> Plane {
        let lat = (extent.min[1] + extent.max[1]) / 2.0;
        Plane { lon: (extent.min[0] + extent.max[0]) / 2.0, lat, cos: lat.to_radians().cos().max(0.01) }
    }
    pub fn forward(&self, p: [f64; 2]) -> [f64; 2] {
        [(p[0] - self.lon) * self.cos * METRES_PER_DEGREE, (self.lat - p[1]) * METRES_PER_DEGREE]
    }
    pub fn backward(&self, p: [f64; 2]) -> [f64; 2] {
        [self.lon + p[0] / (self.cos * METRES_PER_DEGREE), self.lat - p[1] / METRES_PER_DEGREE]
    }
}

/// Where a label sits best, on the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot {
    /// Middle of the label.
    pub at: [f64; 2],
    /// Free half height in metres; the free half width is this divided by [`LABEL_ASPECT`].
    pub room: f64,
}

/// The pole of inaccessibility of the largest polygon, after the plane was squeezed by [`LABEL_ASPECT`].
pub(super) fn spot(polygons: &Polygons, plane: &Plane) -> Option<Spot> {
    let squeezed = |p: &[f64; 2]| {
        let [x, y] = plane.forward(*p);
        [x * LABEL_ASPECT, y]
    };
    let finite =
        |ring: &Vec<[f64; 2]>| -> Vec<[f64; 2]> { ring.iter().map(squeezed).filter(|p| p[0].is_finite() && p[1].is_finite()).collect() };
    let largest = polygons
        .iter()
        .map(|polygon| polygon.iter().map(finite).filter(|ring| ring.len() > 3).collect::<Vec<_>>())
        .filter(|rings| !rings.is_empty())
        .map(|rings| (doubled_area(&rings[0]).abs(), rings))
        .reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    let (at, room) = pole(&largest.1)?;
    Some(Spot { at: [at[0] / LABEL_ASPECT, at[1]], room: room.max(0.0) })
}

fn doubled_area(ring: &[[f64; 2]]) -> f64 {
    ring.windows(2).map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1]).sum()
}

/// More than distances on the plane are off by rounding, metres.
const ROUNDING: f64 = 1e-3;

/// Distance to the nearest border, negative outside.
fn clearance(p: [f64; 2], rings: &[Vec<[f64; 2]>]) -> f64 {
    let (mut inside, mut nearest) = (false, f64::INFINITY);
    for [a, b] in rings.iter().flat_map(|ring| ring.windows(2)).map(|w| [w[0], w[1]]) {
        if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0] {
            inside = !inside;
        }
        // most pieces are seen to be farther than the nearest so far, whatever rounding does
        let gap = |k: usize| (a[k].min(b[k]) - p[k]).max(p[k] - a[k].max(b[k]));
        let least = gap(0).max(gap(1)) - ROUNDING;
        if least > 0.0 && least * least > nearest {
            continue;
        }
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = dx * dx + dy * dy;
        let t = if length > 0.0 { (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
        let (ex, ey) = (a[0] + t * dx - p[0], a[1] + t * dy - p[1]);
        nearest = nearest.min(ex * ex + ey * ey);
    }
    if inside { nearest.sqrt() } else { -nearest.sqrt() }
}

/// A square that may hold a better point; the one with the highest hope comes first.
struct Cell {
    middle: [f64; 2],
    half: f64,
    clear: f64,
}

impl Cell {
    fn new(middle: [f64; 2], half: f64, rings: &[Vec<[f64; 2]>]) -> Cell {
        Cell { middle, half, clear: clearance(middle, rings) }
    }
    fn hope(&self) -> f64 {
        self.clear + self.half * std::f64::consts::SQRT_2
    }
}

impl Ord for Cell {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.hope()
            .total_cmp(&other.hope())
            .then_with(|| self.middle[0].total_cmp(&other.middle[0]))
            .then_with(|| self.middle[1].total_cmp(&other.middle[1]))
    }
}
impl PartialOrd for Cell {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Cell {}

/// Pole of inaccessibility by quadtree search with bounds, to 3 % of the smaller side. A label needs no more, and 400
/// cells bound the work on shapes without an inside.
fn pole(rings: &[Vec<[f64; 2]>]) -> Option<([f64; 2], f64)> {
    let bounds = Bounds::of(rings[0].iter().copied())?;
    let [width, height] = bounds.size();
    let side = width.min(height);
    if side <= 0.0 {
        return None;
    }
    let half = (side / 2.0).max(width.max(height) / 40.0);
    let mut best = Cell::new([bounds.min[0] + width / 2.0, bounds.min[1] + height / 2.0], 0.0, rings);
    let mut heap = BinaryHeap::new();
    for column in 0..(width / (2.0 * half)).ceil() as usize {
        for row in 0..(height / (2.0 * half)).ceil() as usize {
            let middle = [bounds.min[0] + (2 * column + 1) as f64 * half, bounds.min[1] + (2 * row + 1) as f64 * half];
            heap.push(Cell::new(middle, half, rings));
        }
    }
    for _ in 0..400 {
        let Some(cell) = heap.pop().filter(|cell| cell.hope() > best.clear + side * 0.03) else {
            break;
        };
        let h = cell.half / 2.0;
        for [dx, dy] in [[-h, -h], [h, -h], [-h, h], [h, h]] {
            heap.push(Cell::new([cell.middle[0] + dx, cell.middle[1] + dy], h, rings));
        }
        if cell.clear > best.clear {
            best = cell;
        }
    }
    Some((best.middle, best.clear))
}
