//! Shapes of a `.shp` (ESRI Shapefile Technical Description, 1998), found by their index and decoded one at a time.
//!
//! An own reader, because the `shapefile` crate 0.9 reserves what a record claims, wants exact record lengths, and cannot go on behind
//! a damaged record; of each shape only x and y are needed.

use crate::io::formats::feature::{Geometry, Shape};
use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
use geo::{Area, BoundingRect, Coord, LineString, Polygon};
use rstar::RTree;
use rstar::primitives::{GeomWithData, Rectangle};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

const CHUNK: usize = 1 << 18;
const HEADER: u64 = 100;
const MAGIC: [u8; 4] = [0, 0, 0x27, 0x0a];

/// The shapes of a file.
pub(in crate::io) struct Shapes {
    input: BufReader<File>,
    length: u64,
    at: u64,
    /// Offsets of the records in words of two bytes.
    index: Vec<u32>,
    record: Vec<u8>,
}

/// A shape, and whether its rings were not turned as they should be.
#[derive(Debug, Default)]
pub(in crate::io) struct Found {
    pub geometry: Geometry,
    /// Holes outside every outline: outlines and holes were told by which ring lies in which.
    pub misturned: bool,
}

fn bad(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

impl Shapes {
    /// Opens a `.shp` with the bytes of its `.shx`; without one, or with one that is damaged (then says so), shapes are taken in their
    /// order in the file.
    pub(in crate::io) fn open(file: File, shx: Option<&[u8]>) -> io::Result<(Shapes, Option<String>)> {
        let length = file.metadata()?.len();
        let mut input = BufReader::with_capacity(CHUNK, file);
        let mut header = [0u8; HEADER as usize];
        input.read_exact(&mut header).map_err(|_| bad("it is too short for a .shp"))?;
        if !header.starts_with(&MAGIC) {
            return Err(bad("it is no .shp"));
        }
        let mut shapes = Shapes { input, length, at: HEADER, index: Vec::new(), record: Vec::new() };
        let index = shx.map(|b| read_index(b, length));
        let remark = match index {
            Some(Some(index)) => {
                shapes.index = index;
                return Ok((shapes, None));
            }
            Some(None) => "the .shx is damaged: shapes are taken in their order in the .shp",
            None => "there is no .shx: shapes are taken in their order in the .shp",
        };
        shapes.find()?;
        Ok((shapes, Some(remark.into())))
    }

    /// How many there are.
    pub(in crate::io) fn count(&self) -> u64 {
        self.index.len() as u64
    }

    /// Goes from record to record.
    fn find(&mut self) -> io::Result<()> {
        let mut at = HEADER;
        while at + 8 <= self.length {
            let mut head = [0u8; 8];
            self.seek(at)?;
            self.input.read_exact(&mut head)?;
            let [_, _, _, _, size @ ..] = head;
            let next = at + 8 + 2 * u64::from(u32::from_be_bytes(size));
            if next > self.length {
                return Err(bad(format!("it is cut off or damaged at byte {at}, after {} shapes", self.index.len())));
            }
            self.index.push(u32::try_from(at / 2).map_err(|_| bad("it is larger than a .shp can be"))?);
            self.at = at + 8;
            at = next;
        }
        Ok(())
    }

    fn seek(&mut self, to: u64) -> io::Result<()> {
        match i64::try_from(i128::from(to) - i128::from(self.at)) {
            Ok(by) => self.input.seek_relative(by)?,
            Err(_) => drop(self.input.seek(SeekFrom::Start(to))?),
        }
        self.at = to;
        Ok(())
    }

    /// The shape at that position, counted from 0; or what is wrong with it.
    pub(in crate::io) fn shape(&mut self, position: usize) -> io::Result<Result<Found, String>> {
        let Some(at) = self.index.get(position).map(|words| u64::from(*words) * 2) else {
            return Ok(Err("there is no such shape".into()));
        };
        self.seek(at)?;
        let mut head = [0u8; 8];
        self.input.read_exact(&mut head)?;
        self.at = at + 8;
        let [_, _, _, _, size @ ..] = head;
        let size = 2 * u64::from(u32::from_be_bytes(size));
        if size > self.length - self.at {
            return Ok(Err(format!("its shape claims {size} bytes, the .shp ends after {}", self.length - self.at)));
        }
        self.record.resize(size as usize, 0);
        self.input.read_exact(&mut self.record)?;
        self.at += size;
        Ok(decode(&self.record))
    }
}

/// Offsets of the records; none where the index is damaged.
fn read_index(bytes: &[u8], length: u64) -> Option<Vec<u32>> {
    let entries = bytes.strip_prefix(&MAGIC).and_then(|b| b.get(HEADER as usize - 4..))?;
    let offset = |e: &[u8]| Some(u32::from_be_bytes(e.first_chunk::<4>().copied()?));
    let index: Vec<u32> = entries.chunks_exact(8).filter_map(offset).collect();
    index.iter().all(|o| (HEADER..=length.saturating_sub(8)).contains(&(u64::from(*o) * 2))).then_some(index)
}

/// A cursor over little-endian numbers that ends when they do.
struct Numbers<'b>(&'b [u8]);

impl<'b> Numbers<'b> {
    fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }
    fn u32(&mut self) -> Option<u32> {
        self.take(4).and_then(|b| b.first_chunk()).map(|b| u32::from_le_bytes(*b))
    }
    fn count(&mut self) -> Option<usize> {
        self.u32().and_then(|n| usize::try_from(n).ok())
    }
    /// So many positions; none where there are fewer, so that a claim costs no memory.
    fn coords(&mut self, n: usize) -> Option<Vec<Coord<f64>>> {
        let bytes = self.take(n.checked_mul(16)?)?;
        let number = |b: &[u8]| b.first_chunk().map_or(f64::NAN, |b| f64::from_le_bytes(*b));
        Some(bytes.chunks_exact(16).map(|c| Coord { x: number(c), y: number(c.get(8..).unwrap_or_default()) }).collect())
    }
}

/// Decodes the content of a record.
pub(in crate::io) fn decode(content: &[u8]) -> Result<Found, String> {
    let mut numbers = Numbers(content);
    let kind = numbers.u32().ok_or("its shape has no type")?;
    let short = || format!("its shape of type {kind} is damaged: {} bytes do not hold what it claims", content.len());
    let geometry = match kind {
        0 => Geometry::default(),
        1 | 11 | 21 => Geometry::points("Point", numbers.coords(1).ok_or_else(short)?),
        8 | 18 | 28 => {
            numbers.take(32).ok_or_else(short)?;
            let n = numbers.count().ok_or_else(short)?;
            Geometry::points("MultiPoint", numbers.coords(n).ok_or_else(short)?)
        }
        3 | 13 | 23 => {
            let parts = parts(&mut numbers).ok_or_else(short)?;
            Geometry::lines(if parts.len() == 1 { "LineString" } else { "MultiLineString" }, parts)
        }
        5 | 15 | 25 => {
            let (areas, misturned) = areas(parts(&mut numbers).ok_or_else(short)?);
            let geometry = Geometry::areas(if areas.len() == 1 { "Polygon" } else { "MultiPolygon" }, areas);
            return Ok(Found { geometry, misturned });
        }
        31 => Geometry { kind: "MultiPatch".into(), shape: Shape::Other, ..Geometry::default() },
        _ => return Err(format!("its shape has the unknown type {kind}")),
    };
    Ok(Found { geometry, misturned: false })
}

fn parts(numbers: &mut Numbers<'_>) -> Option<Vec<Vec<Coord<f64>>>> {
    numbers.take(32)?;
    let (parts, points) = (numbers.count()?, numbers.count()?);
    let mut starts = Numbers(numbers.take(parts.checked_mul(4)?)?);
    let mut points = Numbers(numbers.take(points.checked_mul(16)?)?);
    let all = points.0.len() / 16;
    let mut start = starts.count().unwrap_or(all);
    points.take(start.checked_mul(16)?)?;
    let mut found = Vec::with_capacity(parts);
    for _ in 0..parts {
        let end = if starts.0.is_empty() { all } else { starts.count()? };
        found.push(points.coords(end.checked_sub(start)?)?);
        start = end;
    }
    Some(found)
}

type Ring = Vec<Coord<f64>>;

/// Outlines, each with its holes. Outlines turn clockwise and holes counter-clockwise; where that would leave a hole outside every
/// outline, rings were turned wrongly, and those that lie in an odd number of others are the holes.
fn areas(rings: Vec<Ring>) -> (Vec<Vec<Ring>>, bool) {
    // nothing to sort out, whichever way it turns
    if rings.len() <= 1 {
        return (rings.into_iter().map(|r| vec![r]).collect(), false);
    }
    let nest = Nest::new(&rings);
    let in_another = |i: usize| nest.around(i).count() % 2 == 1;
    // a ring without area turns neither way
    let flat = |i: usize| nest.sizes.get(i) == Some(&0.0);
    let mut hole: Vec<bool> = nest.rings.iter().enumerate().map(|(i, r)| r.signed_area() > 0.0 || (flat(i) && in_another(i))).collect();
    let mut owners = nest.owners(&hole);
    let misturned = hole.iter().zip(&owners).any(|(hole, owner)| *hole && owner.is_none());
    if misturned {
        hole = (0..rings.len()).map(in_another).collect();
        owners = nest.owners(&hole);
    }
    let mut areas: Vec<Vec<Ring>> = Vec::new();
    let mut place = vec![None; rings.len()];
    let mut inner = Vec::new();
    for ((ring, owner), place) in rings.into_iter().zip(owners).zip(&mut place) {
        match owner {
            Some(owner) => inner.push((owner, ring)),
            None => {
                *place = Some(areas.len());
                areas.push(vec![ring]);
            }
        }
    }
    for (owner, ring) in inner {
        match place.get(owner).copied().flatten().and_then(|a| areas.get_mut(a)) {
            Some(area) => area.push(ring),
            None => areas.push(vec![ring]),
        }
    }
    (areas, misturned)
}

type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// Rings, to ask which lies in which.
struct Nest {
    rings: Vec<Polygon>,
    sizes: Vec<f64>,
    tree: RTree<Boxed>,
}

impl Nest {
    fn new(rings: &[Ring]) -> Nest {
        let rings: Vec<Polygon> = rings.iter().map(|r| Polygon::new(LineString(r.clone()), vec![])).collect();
        let boxed = |(i, r): (usize, &Polygon)| {
            let (min, max) = r.bounding_rect().map(|b| (b.min(), b.max()))?;
            let finite = [min.x, min.y, max.x, max.y].iter().all(|n| n.is_finite());
            finite.then(|| Boxed::new(Rectangle::from_corners([min.x, min.y], [max.x, max.y]), i))
        };
        let tree = RTree::bulk_load(rings.iter().enumerate().filter_map(boxed).collect());
        Nest { sizes: rings.iter().map(Area::unsigned_area).collect(), rings, tree }
    }

    /// The rings around that one.
    fn around(&self, ring: usize) -> impl Iterator<Item = usize> {
        let inner = self.rings.get(ring);
        let first = inner.and_then(|r| r.exterior().0.first()).filter(|c| c.x.is_finite() && c.y.is_finite());
        let near = first.into_iter().flat_map(|c| self.tree.locate_all_at_point(&[c.x, c.y])).map(|b| b.data);
        near.filter(move |o| *o != ring && self.rings.get(*o).zip(inner).is_some_and(|(o, i)| surrounds(o, i)))
    }

    /// For each hole the smallest outline around it.
    fn owners(&self, hole: &[bool]) -> Vec<Option<usize>> {
        let size = |i: &usize| self.sizes.get(*i).copied().unwrap_or(f64::NAN);
        let outline = |i: &usize| hole.get(*i) == Some(&false);
        let owner = |i| self.around(i).filter(outline).min_by(|a, b| size(a).total_cmp(&size(b)));
        hole.iter().enumerate().map(|(i, hole)| if *hole { owner(i) } else { None }).collect()
    }
}

/// Whether a ring lies in another, by its first position that is not on the other's line.
fn surrounds(outer: &Polygon, inner: &Polygon) -> bool {
    let place = |c: &Coord<f64>| coord_pos_relative_to_ring(*c, outer.exterior());
    inner.exterior().0.iter().map(place).find(|p| *p != CoordPos::OnBoundary) != Some(CoordPos::Outside)
}
