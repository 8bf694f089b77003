//! Noding: turns any linework into segments that meet only in their ends.
//!
//! Iterated snap rounding on the integer lattice (Hobby 1999; Guibas & Marimont 1998): crossings are rounded
//! to the lattice, and an end nearer than √½ step to another segment becomes a vertex of it. Rounding may
//! move a piece by less than one step (0.1 mm) and so make a new crossing; strings that came near anything are
//! looked at again until nothing changes.
//!
//! Every input segment is a string with stops. Strings are compared in the cells of a uniform grid. O((n + c) log n) for n segments of like length with c crossings.

use super::grid::Grid;
use crate::territory::lattice::{Pt, cross};
use crate::watch::{Stopped, Watch};
use rayon::prelude::*;

/// A segment with what lies on it. `a != b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<T> {
    pub a: Pt,
    pub b: Pt,
    pub tag: T,
}

impl<T> Segment<T> {
    /// Steps.
    pub fn length(&self) -> f64 {
        ((self.b.x - self.a.x) as f64).hypot((self.b.y - self.a.y) as f64)
    }
}

/// What lies on a segment; two that coincide become one.
pub(crate) trait Tag: Copy + Send + Sync + Ord {
    /// The same seen from the other end.
    fn reversed(self) -> Self;
    /// Both on one segment, same direction. Must not depend on the order.
    fn merged(self, other: Self) -> Self;
}

/// Rounds after which noding gives up; two or three are usual.
const ROUNDS: usize = 64;
/// Strings that come this near to a vertex that is not theirs are looked at again, steps. Rounding moves either side by
/// less than one.
const NEAR: i64 = 3;

/// String, piece of it, and a new stop inside that piece.
type Stop = (u32, u32, Pt);

/// What a comparison found.
#[derive(Default)]
struct Found {
    stops: Vec<Stop>,
    /// Crossings that are vertices now.
    fresh: Vec<Pt>,
    /// Strings that came near a vertex of another.
    near: Vec<u32>,
}

impl Found {
    fn join(mut self, mut other: Found) -> Found {
        self.stops.append(&mut other.stops);
        self.near.append(&mut other.near);
        self
    }
}

/// What [`node`] gives.
pub(crate) type Noded<T> = (Vec<Segment<T>>, Option<usize>);

/// Noded, merged and sorted segments, each with `a < b`; the second value tells how many rounds it took, or `None`
/// when crossings were left after the last one. `watch` is told of compared pairs.
pub(crate) fn node<T: Tag>(mut strings: Vec<Segment<T>>, watch: &dyn Watch) -> Result<Noded<T>, Stopped> {
    strings.retain(|s| s.a != s.b);
    direct(&mut strings);
    let grid = Grid::new(strings.len(), |i| (strings[i].a, strings[i].b));
    let mut found = compare_all(&strings, &grid, watch)?;
    found.near.sort_unstable();
    found.near.dedup();
    let mut stops = Stops::new(strings.len());
    let (mut rounds, mut dirty) = (usize::from(!found.stops.is_empty()), found.near);
    stops.insert(&strings, found.stops);
    while !dirty.is_empty() && rounds < ROUNDS {
        let more = compare_dirty(&strings, &grid, &stops, &dirty, watch)?;
        rounds += usize::from(!more.is_empty());
        dirty = more.iter().map(|s| s.0).collect();
        dirty.sort_unstable();
        dirty.dedup();
        stops.insert(&strings, more);
    }
    drop(grid);
    stops.cut(&mut strings);
    drop(stops);
    Ok((merge(strings), (rounds < ROUNDS).then_some(rounds)))
}

/// Cells with more strings are swept by longitude.
const CROWDED: usize = 12;
/// Strings, cells or edges handled in one go.
pub(super) const CHUNK: usize = 1 << 12;
/// Pairs after which the caller is asked whether to go on.
const ASKED: usize = 1 << 16;

/// Turns segments so that `a < b`.
fn direct<T: Tag>(segments: &mut [Segment<T>]) {
    segments.par_iter_mut().with_min_len(CHUNK).filter(|s| s.a > s.b).for_each(|s| {
        *s = Segment { a: s.b, b: s.a, tag: s.tag.reversed() };
    });
}

/// Sorted and each once.
fn merge<T: Tag>(mut segments: Vec<Segment<T>>) -> Vec<Segment<T>> {
    direct(&mut segments);
    // the stable sort makes use of what is in order: borders of a mesh
    segments.par_sort_by(|s, o| (s.a, s.b).cmp(&(o.a, o.b)).then_with(|| s.tag.cmp(&o.tag)));
    segments.dedup_by(|next, kept| {
        let same = (next.a, next.b) == (kept.a, kept.b);
        if same {
            kept.tag = kept.tag.merged(next.tag);
        }
        same
    });
    segments
}

/// Stops of every string, in order along it; no two that follow one another are the same.
struct Stops {
    at: Vec<Pt>,
    start: Vec<u32>,
}

impl Stops {
    fn new(strings: usize) -> Stops {
        Stops { at: Vec::new(), start: vec![0; strings + 1] }
    }

    fn of(&self, i: u32) -> &[Pt] {
        &self.at[self.start[i as usize] as usize..self.start[i as usize + 1] as usize]
    }

    /// Pieces of string `i`, each with its number.
    fn pieces<T: Copy>(&self, s: Segment<T>, i: u32) -> impl Iterator<Item = (u32, Pt, Pt)> {
        let (mut last, end) = (s.a, s.b);
        self.of(i).iter().copied().chain([end]).enumerate().map(move |(k, p)| {
            let piece = (k as u32, last, p);
            last = p;
            piece
        })
    }

    /// Puts new stops into their pieces.
    fn insert<T: Tag>(&mut self, strings: &[Segment<T>], mut more: Vec<Stop>) {
        if more.is_empty() {
            return;
        }
        more.par_sort();
        more.dedup();
        more.par_chunk_by_mut(|x, y| (x.0, x.1) == (y.0, y.1)).filter(|g| g.len() > 1).for_each(|group| {
            let (i, k) = (group[0].0, group[0].1);
            let Some((_, a, b)) = self.pieces(strings[i as usize], i).nth(k as usize) else { return };
            let (dx, dy) = ((b.x - a.x) as i128, (b.y - a.y) as i128);
            group.sort_unstable_by_key(|(_, _, p)| ((p.x - a.x) as i128 * dx + (p.y - a.y) as i128 * dy, *p));
        });
        let (mut at, mut from) = (Vec::with_capacity(self.at.len() + more.len()), 0);
        for &(i, k, p) in &more {
            let to = (self.start[i as usize] + k) as usize;
            at.extend_from_slice(&self.at[from..to]);
            at.push(p);
            from = to;
        }
        at.extend_from_slice(&self.at[from..]);
        self.at = at;
        self.start.par_chunks_mut(CHUNK).enumerate().for_each(|(c, chunk)| {
            let mut before = more.partition_point(|m| (m.0 as usize) < c * CHUNK);
            for (i, start) in (c * CHUNK..).zip(chunk) {
                while more.get(before).is_some_and(|m| (m.0 as usize) < i) {
                    before += 1;
                }
                *start += before as u32;
            }
        });
    }

    /// Cuts strings at their stops: each becomes its first piece, the others go behind all strings.
    fn cut<T: Tag>(&self, strings: &mut Vec<Segment<T>>) {
        let cut = |(i, s): (usize, &mut Segment<T>)| {
            let whole = *s;
            s.b = self.of(i as u32).first().copied().unwrap_or(s.b);
            self.pieces(whole, i as u32).skip(1).map(move |(_, a, b)| Segment { a, b, tag: whole.tag })
        };
        let more: Vec<_> = strings.par_iter_mut().enumerate().with_min_len(CHUNK).flat_map_iter(cut).collect();
        strings.extend(more);
    }
}

/// Compares all strings in every cell; what happens at a place is told by the cell that holds it.
fn compare_all<T: Tag>(strings: &[Segment<T>], grid: &Grid, watch: &dyn Watch) -> Result<Found, Stopped> {
    let cells = grid.cells() as u32;
    let compare = |c: u32| {
        let (mut found, mut items, mut pairs) = (Found::default(), Vec::new(), 0);
        for cell in c * CHUNK as u32..cells.min((c + 1) * CHUNK as u32) {
            items.clear();
            items.extend(grid.items(cell).iter().map(|&i| (strings[i as usize].a.x, i)));
            if items.len() > CROWDED {
                items.sort_unstable();
            }
            let sorted = items.len() > CROWDED;
            let here = |p: Pt| grid.cell_of(p) == cell;
            for (k, &(_, i)) in items.iter().enumerate() {
                let s = &strings[i as usize];
                let (low, high) = (s.a.y.min(s.b.y) - NEAR, s.a.y.max(s.b.y) + NEAR);
                pairs += items.len() - k;
                if pairs > ASKED {
                    watch.go_on(std::mem::take(&mut pairs) as u64)?;
                }
                for &(x, j) in &items[k + 1..] {
                    if x > s.b.x + NEAR {
                        if sorted {
                            break;
                        }
                        continue;
                    }
                    let o = &strings[j as usize];
                    if o.b.x + NEAR >= s.a.x && o.a.y.max(o.b.y) >= low && o.a.y.min(o.b.y) <= high {
                        meet(((i, 0), s.a, s.b), ((j, 0), o.a, o.b), here, &mut found);
                    }
                }
            }
            let mut fresh = std::mem::take(&mut found.fresh);
            fresh.sort_unstable();
            fresh.dedup();
            fresh.drain(..).for_each(|p| pass(p, grid.items(cell), strings, &mut found));
            found.fresh = fresh;
        }
        watch.go_on(pairs as u64)?;
        Ok(found)
    };
    let parts: Vec<Found> = (0..cells.div_ceil(CHUNK as u32)).into_par_iter().map(compare).collect::<Result<_, Stopped>>()?;
    Ok(parts.into_iter().fold(Found::default(), Found::join))
}

/// A crossing that is a vertex now against all strings near it.
fn pass<T>(p: Pt, near: &[u32], strings: &[Segment<T>], found: &mut Found) {
    let (from, mut is_near, mut on) = (found.near.len(), false, Vec::new());
    for &i in near {
        let s = &strings[i as usize];
        match (s.a == p || s.b == p, closeness(s.a, s.b, p)) {
            (true, _) => on.push(i),
            (_, Closeness::On) => {
                on.push(i);
                found.stops.push((i, 0, p));
            }
            (_, Closeness::Near) => {
                is_near = true;
                found.near.push(i);
            }
            (_, Closeness::Far) => {}
        }
    }
    if is_near {
        found.near.append(&mut on);
    } else {
        found.near.truncate(from);
    }
}

/// Compares the pieces of `dirty` strings with those of all strings near them.
fn compare_dirty<T: Tag>(
    strings: &[Segment<T>],
    grid: &Grid,
    stops: &Stops,
    dirty: &[u32],
    watch: &dyn Watch,
) -> Result<Vec<Stop>, Stopped> {
    let one = |&d: &u32| {
        let s = &strings[d as usize];
        let mut found = Found::default();
        let mut beside = Vec::new();
        grid.cells_along(s.a, s.b, |cell| beside.extend_from_slice(grid.items(cell)));
        beside.sort_unstable();
        beside.dedup();
        watch.go_on(beside.len() as u64)?;
        for &j in &beside {
            // two dirty strings are compared once
            if j == d || (j < d && dirty.binary_search(&j).is_ok()) {
                continue;
            }
            let o = &strings[j as usize];
            for (k, a, b) in stops.pieces(*s, d) {
                let (low, high) = (a.y.min(b.y) - NEAR, a.y.max(b.y) + NEAR);
                let (left, right) = (a.x.min(b.x) - NEAR, a.x.max(b.x) + NEAR);
                if o.b.x < left || o.a.x > right || o.a.y.max(o.b.y) < low || o.a.y.min(o.b.y) > high {
                    continue;
                }
                for (l, c, e) in stops.pieces(*o, j) {
                    if c.x.max(e.x) >= left && c.x.min(e.x) <= right && c.y.max(e.y) >= low && c.y.min(e.y) <= high {
                        meet(((d, k), a, b), ((j, l), c, e), |_| true, &mut found);
                    }
                }
            }
        }
        Ok(found.stops)
    };
    let parts: Vec<Vec<Stop>> = dirty.par_iter().map(one).collect::<Result<_, Stopped>>()?;
    Ok(parts.into_iter().flatten().collect())
}

/// A piece: string and number, and its ends.
type Piece = ((u32, u32), Pt, Pt);

/// Records where `s` and `o` have to stop because of one another, at places that are `here`.
fn meet(s: Piece, o: Piece, here: impl Fn(Pt) -> bool, found: &mut Found) {
    // the same arithmetic whichever comes first
    let (s, o) = if (s.1, s.2) <= (o.1, o.2) { (s, o) } else { (o, s) };
    match glance(s, o) {
        Glance::Apart => {}
        Glance::Cross(d3, d4) => cut_both(s, o, crossing(s.1, s.2, d3, d4), here, found),
        Glance::Unsure => look(s, o, here, found),
    }
}

/// What floating point can tell for certain.
enum Glance {
    /// Farther apart than [`NEAR`], but for an end that they share.
    Apart,
    /// They cross, all four ends farther than [`NEAR`] from the other; twice the areas from `o` to the ends of `s`.
    Cross(f64, f64),
    Unsure,
}

/// Differences of positions are exact in floats and their products off by less than 2⁻⁵¹ of the length squared, so that
/// distances are off by far less than a step.
fn glance(s: Piece, o: Piece) -> Glance {
    let vector = |a: Pt, b: Pt| ((b.x - a.x) as f64, (b.y - a.y) as f64);
    let wide = |v: (f64, f64)| (NEAR + 1) as f64 * (v.0.abs() + v.1.abs());
    let cross = |v: (f64, f64), w: (f64, f64)| v.0 * w.1 - v.1 * w.0;
    let (u, v) = (vector(s.1, s.2), vector(o.1, o.2));
    let shared = [(s.1, s.2, o.1, o.2), (s.2, s.1, o.1, o.2), (s.1, s.2, o.2, o.1), (s.2, s.1, o.2, o.1)].into_iter().find(|p| p.0 == p.2);
    if let Some((at, p, _, q)) = shared {
        let (p, q) = (vector(at, p), vector(at, q));
        let long = |v: (f64, f64)| v.0.abs().max(v.1.abs()) > (NEAR + 1) as f64;
        let behind = p.0 * q.0 + p.1 * q.1 < 0.0 && long(p) && long(q);
        return if behind || cross(p, q).abs() > wide(p).max(wide(q)) { Glance::Apart } else { Glance::Unsure };
    }
    let (d1, d2) = (cross(u, vector(s.1, o.1)), cross(u, vector(s.1, o.2)));
    let (d3, d4) = (cross(v, vector(o.1, s.1)), cross(v, vector(o.1, s.2)));
    let clear = |d: f64, e: f64, wide: f64| d.abs() > wide && e.abs() > wide;
    let (around_s, around_o) = (clear(d1, d2, wide(u)), clear(d3, d4, wide(v)));
    if (around_s && (d1 > 0.0) == (d2 > 0.0)) || (around_o && (d3 > 0.0) == (d4 > 0.0)) {
        Glance::Apart
    } else if around_s && around_o {
        Glance::Cross(d3, d4)
    } else {
        Glance::Unsure
    }
}

fn cut_both(s: Piece, o: Piece, x: Pt, here: impl Fn(Pt) -> bool, found: &mut Found) {
    if here(x) {
        found.fresh.push(x);
        for (i, a, b) in [s, o] {
            if x != a && x != b {
                found.stops.push((i.0, i.1, x));
            }
        }
    }
}

/// [`meet`] in integers.
fn look(s: Piece, o: Piece, here: impl Fn(Pt) -> bool, found: &mut Found) {
    let mut touched = s.1 == o.1 || s.1 == o.2 || s.2 == o.1 || s.2 == o.2;
    for (i, a, b, j, p) in [(s.0, s.1, s.2, o.0, o.1), (s.0, s.1, s.2, o.0, o.2), (o.0, o.1, o.2, s.0, s.1), (o.0, o.1, o.2, s.0, s.2)] {
        if p == a || p == b {
            continue;
        }
        match closeness(a, b, p) {
            Closeness::Far => {}
            Closeness::Near if here(p) => found.near.extend([i.0, j.0]),
            Closeness::Near => {}
            Closeness::On => {
                touched = true;
                if here(p) {
                    found.stops.push((i.0, i.1, p));
                    if cross(a, b, p) != 0 {
                        // the string is moved, and may cross the other one elsewhere
                        found.near.extend([i.0, j.0]);
                    }
                }
            }
        }
    }
    if touched {
        return;
    }
    let (d1, d2) = (cross(s.1, s.2, o.1), cross(s.1, s.2, o.2));
    let (d3, d4) = (cross(o.1, o.2, s.1), cross(o.1, o.2, s.2));
    if d1 != 0 && d2 != 0 && d3 != 0 && d4 != 0 && (d1 > 0) != (d2 > 0) && (d3 > 0) != (d4 > 0) {
        cut_both(s, o, crossing(s.1, s.2, d3 as f64, d4 as f64), here, found);
    }
}

/// The lattice position nearest to where `a b` crosses the line that `a` and `b` lie `da` and `db` off.
fn crossing(a: Pt, b: Pt, da: f64, db: f64) -> Pt {
    // t = da / (da − db), in 2⁻⁶² steps: segments are shorter than 2³⁹ steps, so the error is far below one step
    let t = da / (da - db);
    Pt { x: a.x + ((b.x - a.x) as f64 * t).round() as i64, y: a.y + ((b.y - a.y) as f64 * t).round() as i64 }
}

/// How a position lies to a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Closeness {
    /// Beside its inner part, nearer than half the diagonal of a step; any farther, and the two diagonals of one
    /// square of the lattice would be drawn to each other's ends for ever.
    On,
    /// Nearer than [`NEAR`].
    Near,
    Far,
}

fn closeness(a: Pt, b: Pt, p: Pt) -> Closeness {
    if p.x < a.x.min(b.x) - NEAR || p.x > a.x.max(b.x) + NEAR || p.y < a.y.min(b.y) - NEAR || p.y > a.y.max(b.y) + NEAR {
        return Closeness::Far;
    }
    const NEAR2: i128 = (NEAR * NEAR) as i128;
    let square = |x: i64, y: i64| x as i128 * x as i128 + y as i128 * y as i128;
    let ends = square(p.x - a.x, p.y - a.y).min(square(p.x - b.x, p.y - b.y));
    let (dx, dy) = ((b.x - a.x) as i128, (b.y - a.y) as i128);
    let dot = dx * (p.x - a.x) as i128 + dy * (p.y - a.y) as i128;
    let len2 = dx * dx + dy * dy;
    if dot <= 0 || dot >= len2 {
        return if ends < NEAR2 { Closeness::Near } else { Closeness::Far };
    }
    // 2·cross² < len²  ⇔  distance² < ½; near misses in floats are decided by integers
    let c = cross(a, b, p);
    let (cf, lf) = (2.0 * c as f64 * c as f64, len2 as f64);
    if cf < lf * 0.999 || (cf < lf * 1.001 && c.unsigned_abs() < 1 << 62 && 2 * c * c < len2) {
        Closeness::On
    } else if cf < 2.0 * NEAR2 as f64 * lf {
        Closeness::Near
    } else {
        Closeness::Far
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Tag for u32 {
        fn reversed(self) -> Self {
            self
        }
        fn merged(self, o: Self) -> Self {
            self | o
        }
    }

    fn seg(a: (i64, i64), b: (i64, i64)) -> Segment<u32> {
        Segment { a: Pt { x: a.0, y: a.1 }, b: Pt { x: b.0, y: b.1 }, tag: 1 }
    }

    #[test]
    fn a_cross_has_four_arms() {
        let (out, rounds) = node(vec![seg((0, 0), (100, 100)), seg((0, 100), (100, 0)), seg((50, 50), (50, 90))], &()).unwrap();
        assert_eq!(out.len(), 5);
        assert!(rounds.is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn nothing_crosses_afterwards(lines in prop::collection::vec(((0i64..60, 0i64..60), (0i64..60, 0i64..60)), 1..25), turn in 0usize..25) {
            let input: Vec<_> = lines.iter().map(|&(a, b)| seg(a, b)).collect();
            let (out, rounds) = node(input.clone(), &()).unwrap();
            prop_assert!(rounds.is_some());
            for (i, s) in out.iter().enumerate() {
                for (j, o) in out.iter().enumerate().skip(i + 1) {
                    let mut found = Found::default();
                    meet(((i as u32, 0), s.a, s.b), ((j as u32, 0), o.a, o.b), |_| true, &mut found);
                    prop_assert!(found.stops.is_empty(), "{s:?} {o:?}");
                }
            }
            // independent of order and direction of the input
            let mut other = input;
            let turn = turn % other.len();
            other.rotate_left(turn);
            for s in &mut other { std::mem::swap(&mut s.a, &mut s.b); }
            prop_assert_eq!(out, node(other, &()).unwrap().0);
        }
    }
}
