//! One feature, whatever file it comes from.

use crate::io::error::ReadError;
use crate::recipe::LayerSource;
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Polygon};
use smallvec::SmallVec;
use std::borrow::Cow;

/// The shape of a feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::io) enum Shape {
    /// No geometry.
    #[default]
    Missing,
    /// One point takes no memory of its own.
    Points(SmallVec<[Coord<f64>; 1]>),
    Lines(MultiLineString<f64>),
    Areas(MultiPolygon<f64>),
    /// A collection or a type that is not known.
    Other,
}

impl Shape {
    pub(in crate::io) fn points(points: impl IntoIterator<Item = Coord<f64>>) -> Shape {
        Shape::Points(points.into_iter().collect())
    }
}

/// The shape of a feature, and what was not in order with it. Positions are as the file has them: the first number east or longitude,
/// unless the file says otherwise.
#[derive(Clone, Debug, Default)]
pub(in crate::io) struct Geometry {
    /// Type as written, or as GeoJSON calls it.
    pub kind: Cow<'static, str>,
    pub shape: Shape,
    /// Rings whose last position is not their first; they were closed.
    pub unclosed: u32,
    /// Lines with fewer than two positions and polygons without outline, left out.
    pub empty_parts: u32,
}

impl Geometry {
    /// Number of positions.
    pub(in crate::io) fn len(&self) -> usize {
        match &self.shape {
            Shape::Points(p) => p.len(),
            Shape::Lines(l) => l.0.iter().map(|l| l.0.len()).sum(),
            Shape::Areas(a) => a.0.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())).map(|r| r.0.len()).sum(),
            Shape::Missing | Shape::Other => 0,
        }
    }

    /// Every position.
    pub(in crate::io) fn positions(&self) -> Box<dyn Iterator<Item = Coord<f64>> + '_> {
        match &self.shape {
            Shape::Points(p) => Box::new(p.iter().copied()),
            Shape::Lines(l) => Box::new(l.0.iter().flat_map(|l| l.0.iter().copied())),
            Shape::Areas(a) => {
                Box::new(a.0.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()).flat_map(|r| r.0.iter().copied())))
            }
            Shape::Missing | Shape::Other => Box::new(std::iter::empty()),
        }
    }

    /// Changes every position.
    pub(in crate::io) fn for_each_mut(&mut self, change: impl FnMut(&mut Coord<f64>)) {
        match &mut self.shape {
            Shape::Points(p) => p.iter_mut().for_each(change),
            Shape::Lines(l) => l.0.iter_mut().flat_map(|l| l.0.iter_mut()).for_each(change),
            Shape::Areas(a) => {
                let mut change = change;
                for p in &mut a.0 {
                    p.exterior_mut(|r| r.0.iter_mut().for_each(&mut change));
                    p.interiors_mut(|all| all.iter_mut().flat_map(|r| r.0.iter_mut()).for_each(&mut change));
                }
            }
            Shape::Missing | Shape::Other => {}
        }
    }

    /// The first position, to tell where the feature is.
    pub(in crate::io) fn place(&self) -> Option<[f64; 2]> {
        match &self.shape {
            Shape::Points(p) => p.first().map(|c| [c.x, c.y]),
            _ => self.positions().next().map(|c| [c.x, c.y]),
        }
    }

    /// Least x, least y, greatest x, greatest y of all positions; none without a position. NaN is passed over.
    pub(in crate::io) fn bounds(&self) -> Option<[f64; 4]> {
        let grown = |b: [f64; 4], c: Coord<f64>| [b[0].min(c.x), b[1].min(c.y), b[2].max(c.x), b[3].max(c.y)];
        let all = self.positions().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], grown);
        (all[0] <= all[2] && all[1] <= all[3]).then_some(all)
    }

    /// Points, each a position.
    pub(in crate::io) fn points(kind: impl Into<Cow<'static, str>>, points: impl IntoIterator<Item = Coord<f64>>) -> Geometry {
        Geometry { kind: kind.into(), shape: Shape::points(points), ..Geometry::default() }
    }

    /// Lines; those with fewer than two positions are left out and counted.
    pub(in crate::io) fn lines(kind: impl Into<Cow<'static, str>>, lines: Vec<Vec<Coord<f64>>>) -> Geometry {
        let all = lines.len();
        let lines: Vec<_> = lines.into_iter().filter(|l| l.len() >= 2).map(LineString::new).collect();
        let empty_parts = (all - lines.len()) as u32;
        Geometry { kind: kind.into(), shape: Shape::Lines(MultiLineString::new(lines)), empty_parts, ..Geometry::default() }
    }

    /// Polygons, each an outline and its holes; those without outline are left out and counted, open rings are closed and counted.
    pub(in crate::io) fn areas(kind: impl Into<Cow<'static, str>>, areas: Vec<Vec<Vec<Coord<f64>>>>) -> Geometry {
        let mut geometry = Geometry { kind: kind.into(), ..Geometry::default() };
        let mut polygons = Vec::with_capacity(areas.len());
        for rings in areas {
            let mut rings = rings.into_iter();
            let Some(outline) = rings.next().filter(|r| !r.is_empty()) else {
                geometry.empty_parts += 1;
                continue;
            };
            let holes: Vec<_> = rings.filter(|r| !r.is_empty()).collect();
            let open = |r: &Vec<Coord<f64>>| r.first() != r.last();
            geometry.unclosed += std::iter::once(&outline).chain(&holes).filter(|r| open(r)).count() as u32;
            polygons.push(Polygon::new(LineString::new(outline), holes.into_iter().map(LineString::new).collect()));
        }
        geometry.shape = Shape::Areas(MultiPolygon::new(polygons));
        geometry
    }
}

/// Characters of a value that a message shows.
const SHOWN: usize = 40;

/// What a property says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::io) enum Cell<'a> {
    /// Nothing: absent or null.
    #[default]
    Missing,
    /// JSON as written.
    Json(&'a str),
    /// Also dates, as ISO 8601.
    Text(Cow<'a, str>),
    Integer(i64),
    Real(f64),
    Flag(bool),
}

impl Cell<'_> {
    pub(in crate::io) fn is_missing(&self) -> bool {
        matches!(self, Cell::Missing)
    }

    /// A text of nothing but white space.
    pub(in crate::io) fn is_blank(&self) -> bool {
        match self {
            Cell::Json(raw) => raw.starts_with('"') && self.text().is_none(),
            Cell::Text(t) => is_blank(t),
            _ => false,
        }
    }

    /// A number, also where it is written as text.
    pub(in crate::io) fn number(&self) -> Option<f64> {
        match self {
            Cell::Integer(i) => Some(*i as f64),
            Cell::Real(x) => Some(*x),
            Cell::Missing | Cell::Flag(_) => None,
            Cell::Json(_) | Cell::Text(_) => self.text().and_then(|t| t.trim().parse().ok()),
        }
    }

    /// As a message shows it, cut short.
    pub(in crate::io) fn shown(&self) -> String {
        let whole = match self {
            Cell::Json(raw) => raw.to_string(),
            Cell::Text(t) => format!("\"{t}\""),
            _ => self.text().map_or("nothing".into(), Cow::into_owned),
        };
        whole.chars().take(SHOWN).collect()
    }

    /// Text, number (JSON digit for digit; an integer as such) or truth value as text; none for the rest and for texts of white
    /// space, which tables of fixed width do not tell from nothing.
    pub(in crate::io) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Cell::Missing => None,
            Cell::Json(raw) => match raw.as_bytes().first()? {
                // most texts stand as they are
                b'"' if !raw.contains('\\') => filled(Cow::Borrowed(raw.get(1..raw.len() - 1)?)),
                b'"' => filled(Cow::Owned(serde_json::from_str(raw).ok()?)),
                b'{' | b'[' | b'n' => None,
                _ => Some(Cow::Borrowed(raw)),
            },
            Cell::Text(t) => filled(Cow::Borrowed(&**t)),
            Cell::Integer(i) => Some(Cow::Owned(i.to_string())),
            Cell::Real(x) => Some(Cow::Owned(x.to_string())),
            Cell::Flag(b) => Some(Cow::Borrowed(if *b { "true" } else { "false" })),
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// None for white space.
fn filled(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    (!is_blank(&text)).then_some(text)
}

/// One feature; texts of JSON are decoded when asked for.
#[derive(Clone, Debug, Default)]
pub(in crate::io) struct Feature<'a> {
    /// The id of the feature itself, where the format has one beside the properties.
    pub id: Cell<'a>,
    /// By position in what was wanted.
    pub cells: Vec<Cell<'a>>,
    pub geometry: Geometry,
}

impl Feature<'_> {
    /// Fails where a position is no longitude and latitude.
    pub(in crate::io) fn on_the_globe(&self, file: &str, record: u64) -> Result<(), ReadError> {
        let off = |c: &Coord<f64>| !(c.x.abs() <= 180.0 && c.y.abs() <= 90.0);
        let found = match &self.geometry.shape {
            Shape::Points(p) => p.iter().copied().find(off),
            _ => self.geometry.positions().find(off),
        };
        found.map_or(Ok(()), |at| Err(self.off(file, record, [at.x, at.y], None)))
    }

    /// A position that leads nowhere. The id is the first of the wanted properties, or the feature's own.
    pub(in crate::io) fn off(&self, file: &str, record: u64, [x, y]: [f64; 2], crs: Option<String>) -> ReadError {
        let id = self.cells.first().and_then(Cell::text).or_else(|| self.id.text()).map(Cow::into_owned);
        ReadError::Coordinate { file: file.to_string(), record, id, x, y, crs }
    }
}

/// What a record turned out to be.
pub(in crate::io) enum Record<'a> {
    Feature(Feature<'a>),
    /// A record that can be stepped over but not read; says why.
    Malformed(String),
}

/// The reference system that a file declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::io) enum Declared {
    /// None.
    #[default]
    Nothing,
    /// A code of the EPSG registry.
    Epsg(u32),
    /// Well-known text of any version (`.prj`, GeoPackage, FlatGeobuf), or PROJJSON.
    Definition(String),
    /// A name or URN as GeoJSON has it.
    Name(String),
}

/// What kind of values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::io) enum FieldKind {
    Text,
    Integer,
    Real,
    Flag,
    Date,
    Other,
    /// A list or a struct, which is not read.
    Nested,
}

/// Kinds of the values of one field that nobody declared.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::io) struct Kinds {
    text: bool,
    real: bool,
    integer: bool,
    flag: bool,
}

impl Kinds {
    pub(in crate::io) fn add(&mut self, cell: &Cell<'_>) {
        match cell {
            Cell::Missing => {}
            Cell::Json(raw) if raw.starts_with('"') => self.text |= !cell.is_blank(),
            Cell::Json("true" | "false") | Cell::Flag(_) => self.flag = true,
            Cell::Json(raw) if raw.starts_with(['{', '[']) => self.text = true,
            Cell::Json(raw) if raw.parse::<i64>().is_ok() => self.integer = true,
            // more digits than an integer holds
            Cell::Json(raw) if !raw.contains(['.', 'e', 'E']) => self.text = true,
            Cell::Json(_) | Cell::Real(_) => self.real = true,
            Cell::Integer(_) => self.integer = true,
            Cell::Text(_) => self.text |= !cell.is_blank(),
        }
    }

    /// The kind that holds all of them; none where there was no value.
    pub(in crate::io) fn all(self) -> Option<FieldKind> {
        match (self.text, self.real || self.integer, self.flag) {
            (false, false, false) => None,
            (false, true, false) if self.real => Some(FieldKind::Real),
            (false, true, false) => Some(FieldKind::Integer),
            (false, false, true) => Some(FieldKind::Flag),
            _ => Some(FieldKind::Text),
        }
    }
}

/// A field as its file declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::io) struct Field {
    pub name: String,
    pub kind: FieldKind,
}

/// What a file says of itself before its first record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::io) struct Head {
    pub crs: Declared,
    /// How its text is written, where the format leaves that open (`UTF-8`, `GB18030`, …), and how that was found out.
    pub encoding: Option<String>,
    /// Its fields in their order; empty where the format has no list of them (GeoJSON).
    pub fields: Vec<Field>,
    /// Those of them that are nothing but the position.
    pub position: Vec<String>,
    /// Features, where the file says how many it has.
    pub features: Option<u64>,
    /// Tables of features in the file, where there can be several.
    pub tables: Vec<String>,
    /// What is noteworthy about the file as a whole, each a sentence for the user: how its encoding was found against its word,
    /// records marked as deleted, numbers that overflowed.
    pub remarks: Vec<String>,
}

/// How a file is to be read, where its own word is not enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::io) struct Reading {
    /// Encoding of its text; the user's word comes first.
    pub encoding: Option<String>,
    /// Table in a GeoPackage, layer in a KML.
    pub table: Option<String>,
    /// Columns with the position in a table of text; the usual names where none are said.
    pub x: Option<String>,
    /// See `x`.
    pub y: Option<String>,
    /// Whether text of a DBF that ends inside a character, cut at the width of its field, is taken without that character and told,
    /// instead of being an error.
    pub keep_cut_text: bool,
    /// Whether nobody asks for the file's own word on its system.
    pub crs_known: bool,
}

/// Takes what a file holds: its head once, then its records in order, numbered from 1.
pub(in crate::io) trait Sink {
    /// Nothing, where nobody asks.
    fn head(&mut self, _: &Head) -> Result<(), ReadError> {
        Ok(())
    }

    /// The text of the next record as it stands, where the format has one (GeoJSON).
    fn source_text(&mut self, _: &[u8]) {}

    fn record(&mut self, record: u64, found: Record<'_>) -> Result<(), ReadError>;
}

impl<F: FnMut(u64, Record<'_>) -> Result<(), ReadError>> Sink for F {
    fn record(&mut self, record: u64, found: Record<'_>) -> Result<(), ReadError> {
        self(record, found)
    }
}

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::io) struct Read {
    /// SHA-256 of all bytes of the file, of all its parts one after the other in the order of their names, lower-case hex.
    pub digest: String,
    pub features: u64,
    /// What turned out on the way to be noteworthy about the file as a whole (see [`Head::remarks`]).
    pub remarks: Vec<String>,
}

impl From<&LayerSource> for Reading {
    fn from(s: &LayerSource) -> Reading {
        Reading {
            encoding: s.encoding.clone(),
            table: s.table.clone(),
            x: s.x.clone(),
            y: s.y.clone(),
            keep_cut_text: s.keep_cut_text,
            crs_known: s.crs.is_some(),
        }
    }
}
