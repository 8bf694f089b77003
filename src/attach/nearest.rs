//! The nearest of many sides: sides that lie close together stand close together, with boxes around every few of them, level by level.

use crate::measure::GridId;

/// Sides, or boxes of the level below, in one box.
const FAN: usize = 8;
/// By so much, m², a box may be computed too far away for the sides in it; of the distance and at least.
const ROUNDING: f64 = 1e-9;
/// More than rounding takes from a distance, m.
const SLACK: f64 = 1e-6;
/// Places for which one search around them is less than one for each.
const FEW: usize = 4;
/// Sides that are not worth to be looked at for every place.
const MANY: usize = 256;

/// A border in metres.
#[derive(Clone, Copy)]
pub(super) struct Side {
    pub a: [f64; 2],
    pub b: [f64; 2],
    pub grids: [Option<GridId>; 2],
}

impl Side {
    /// Squared distance of a place.
    pub fn distance_2(&self, p: [f64; 2]) -> f64 {
        let d = [self.b[0] - self.a[0], self.b[1] - self.a[1]];
        let q = [p[0] - self.a[0], p[1] - self.a[1]];
        let len2 = d[0] * d[0] + d[1] * d[1];
        let t = if len2 > 0.0 { ((q[0] * d[0] + q[1] * d[1]) / len2).clamp(0.0, 1.0) } else { 0.0 };
        (q[0] - t * d[0]).powi(2) + (q[1] - t * d[1]).powi(2)
    }
}

#[derive(Clone, Copy)]
struct Bounds {
    min: [f64; 2],
    max: [f64; 2],
}

impl Bounds {
    fn of(side: &Side) -> Bounds {
        let corner = |pick: fn(f64, f64) -> f64| [pick(side.a[0], side.b[0]), pick(side.a[1], side.b[1])];
        Bounds { min: corner(f64::min), max: corner(f64::max) }
    }

    fn and(self, o: Bounds) -> Bounds {
        let corner = |a: [f64; 2], b: [f64; 2], pick: fn(f64, f64) -> f64| [pick(a[0], b[0]), pick(a[1], b[1])];
        Bounds { min: corner(self.min, o.min, f64::min), max: corner(self.max, o.max, f64::max) }
    }

    fn distance_2(&self, p: [f64; 2]) -> f64 {
        let off = |k: usize| (self.min[k] - p[k]).max(p[k] - self.max[k]).max(0.0);
        off(0) * off(0) + off(1) * off(1)
    }
}

/// Sides by place.
pub(super) struct Sides {
    sides: Vec<Side>,
    /// Boxes around sides, around boxes of these, and so on up to the one around all.
    levels: Vec<Vec<Bounds>>,
}

impl Sides {
    /// O(n log n).
    pub fn new(mut sides: Vec<Side>) -> Sides {
        let all = sides.iter().map(Bounds::of).reduce(Bounds::and).unwrap_or(Bounds { min: [0.0; 2], max: [0.0; 2] });
        let place = |s: &Side| {
            let share = |k: usize| ((s.a[k] + s.b[k]) / 2.0 - all.min[k]) / (all.max[k] - all.min[k]).max(1e-9);
            along([0, 1].map(|k| (share(k) * f64::from(u16::MAX)) as u16))
        };
        sides.sort_by_cached_key(place);
        let mut levels = vec![boxes(&sides.iter().map(Bounds::of).collect::<Vec<_>>())];
        while let Some(below) = levels.last().filter(|l| l.len() > 1) {
            let above = boxes(below);
            levels.push(above);
        }
        Sides { sides, levels }
    }

    /// Of the sides of which `of` says something the nearest, of equally near ones that of which it says least: its squared distance and what
    /// it says. `near` is a side that is likely to be near, such as the one found for a place beside, and is set to the one found. O(log n).
    pub fn nearest<K: Ord + Copy>(&self, p: [f64; 2], near: &mut usize, of: impl Fn(&Side) -> Option<K>) -> Option<(f64, K)> {
        let mut search = Search { sides: self, p, of, best: None, at: *near };
        search.take(*near);
        search.open(self.levels.len() - 1, 0);
        *near = search.at;
        search.best
    }

    /// The same for every one of some places that are best close together: one search around them all is enough then.
    pub fn nearest_each<K: Ord + Copy>(
        &self,
        places: &[[f64; 2]],
        near: &mut usize,
        of: impl Fn(&Side) -> Option<K>,
    ) -> Vec<Option<(f64, K)>> {
        let spot = |p: &[f64; 2]| Bounds { min: *p, max: *p };
        let bounds = places.iter().map(spot).reduce(Bounds::and).filter(|_| places.len() >= FEW);
        let middle = bounds.map(|b| [0, 1].map(|k| (b.min[k] + b.max[k]) / 2.0)).unwrap_or_default();
        let around = bounds.zip(self.nearest(middle, near, &of)).and_then(|(b, (d2, _))| {
            let mut around = Vec::new();
            // whoever is nearest to a place is no farther from it than what is nearest to the middle
            let reach = d2.sqrt() + 2.0 * far([b.max[0] - middle[0], b.max[1] - middle[1]]);
            self.within(self.levels.len() - 1, 0, middle, reach, &mut around).then_some(around)
        });
        let Some(mut around) = around else { return places.iter().map(|p| self.nearest(*p, near, &of)).collect() };
        around.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
        let one = |p: &[f64; 2]| {
            let (off, mut reach, mut best) = (far([p[0] - middle[0], p[1] - middle[1]]), f64::INFINITY, None);
            for &(distance, at) in &around {
                if distance > reach {
                    break;
                }
                let side = &self.sides[at];
                let d2 = side.distance_2(*p);
                let found = of(side).map(|key| (d2, key));
                if found.is_some() && (best.is_none() || found < best) {
                    (best, reach) = (found, d2.sqrt() + off);
                }
            }
            best
        };
        places.iter().map(one).collect()
    }

    /// Sides in a box that are within `reach` of a place, with their distance; false where they are too many.
    fn within(&self, level: usize, at: usize, p: [f64; 2], reach: f64, found: &mut Vec<(f64, usize)>) -> bool {
        let Some(below) = level.checked_sub(1) else {
            let near = (at * FAN..self.sides.len().min((at + 1) * FAN)).map(|side| (self.sides[side].distance_2(p).sqrt(), side));
            found.extend(near.filter(|s| s.0 <= reach));
            return found.len() <= MANY;
        };
        let boxes = &self.levels[below];
        (at * FAN..boxes.len().min((at + 1) * FAN))
            .all(|at| boxes[at].distance_2(p).sqrt() > reach || self.within(below, at, p, reach, found))
    }
}

/// A distance, and a little more than rounding can take from it.
fn far([x, y]: [f64; 2]) -> f64 {
    x.hypot(y) + SLACK
}

/// Boxes around every so many others.
fn boxes(below: &[Bounds]) -> Vec<Bounds> {
    below.chunks(FAN).filter_map(|some| some.iter().copied().reduce(Bounds::and)).collect()
}

/// How far along a curve that fills the square (Hilbert's) a place of it lies: places near one another on the curve are near one another.
fn along([mut x, mut y]: [u16; 2]) -> u32 {
    let mut far = 0;
    for bit in (0..u16::BITS).rev() {
        let (right, up) = (x >> bit & 1, y >> bit & 1);
        far = far << 2 | u32::from((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                (x, y) = (!x, !y);
            }
            (x, y) = (y, x);
        }
    }
    far
}

struct Search<'a, K, F> {
    sides: &'a Sides,
    p: [f64; 2],
    of: F,
    best: Option<(f64, K)>,
    at: usize,
}

impl<K: Ord + Copy, F: Fn(&Side) -> Option<K>> Search<'_, K, F> {
    fn take(&mut self, at: usize) {
        let Some(side) = self.sides.sides.get(at) else { return };
        let d2 = side.distance_2(self.p);
        if self.best.is_none_or(|(best, _)| d2 <= best)
            && let Some(key) = (self.of)(side)
            && self.best.is_none_or(|best| (d2, key) < best)
        {
            (self.best, self.at) = (Some((d2, key)), at);
        }
    }

    /// Looks into a box; of what may hold something nearer at what is nearest first.
    fn open(&mut self, level: usize, at: usize) {
        let Some(below) = level.checked_sub(1) else {
            return (at * FAN..self.sides.sides.len().min((at + 1) * FAN)).for_each(|side| self.take(side));
        };
        let boxes = &self.sides.levels[below];
        let (mut found, mut n) = ([(0.0, 0); FAN], 0);
        for at in at * FAN..boxes.len().min((at + 1) * FAN) {
            let d2 = boxes[at].distance_2(self.p);
            if self.may_hold(d2) {
                found[n] = (d2, at);
                n += 1;
            }
        }
        found[..n].sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        for &(d2, at) in &found[..n] {
            if self.may_hold(d2) {
                self.open(below, at);
            }
        }
    }

    /// Whether what is so far away may hold something as near as the best.
    fn may_hold(&self, d2: f64) -> bool {
        self.best.is_none_or(|(best, _)| d2 <= best + best.max(1.0) * ROUNDING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_that_of_all() {
        let mut state = 7u64;
        let mut number = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f64 / 1000.0
        };
        for n in [0, 1, 8, 9, 500] {
            let all: Vec<Side> = (0..n)
                .map(|i| {
                    let a = [number(), number() / 10.0];
                    Side { a, b: [a[0] + number() / 100.0, a[1]], grids: [Some(GridId(i / 3)), None] }
                })
                .collect();
            let sides = Sides::new(all.clone());
            let mut near = 0;
            for _ in 0..200 {
                let p = [number(), number() / 10.0];
                let least = |of: &dyn Fn(&Side) -> Option<GridId>| {
                    all.iter().filter_map(|s| Some((s.distance_2(p), of(s)?))).min_by(|x, y| x.partial_cmp(y).unwrap())
                };
                let odd = |s: &Side| s.grids[0].filter(|g| g.0 % 2 == 1);
                assert_eq!(sides.nearest(p, &mut near, |s| s.grids[0]), least(&|s| s.grids[0]));
                assert_eq!(sides.nearest(p, &mut 3, odd), least(&odd));
                let places = [p, [p[0] + 0.5, p[1]], p, [p[0], p[1] - number() / 1e4]];
                let each: Vec<_> = places.iter().map(|p| sides.nearest(*p, &mut 0, odd)).collect();
                assert_eq!(sides.nearest_each(&places, &mut near, odd), each);
            }
        }
    }
}
