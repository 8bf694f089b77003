//! Placemarks of a KML text, one after the other.

use crate::io::error::ReadError;
use crate::io::formats::encoding::named;
use crate::io::formats::feature::{Geometry, Shape};
use crate::io::formats::stream::{Bounded, Input, MAX_VALUE_BYTES, wide};
use encoding_rs::UTF_8;
use geo::Coord;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

const CHUNK: usize = 1 << 18;
/// Most fields; there are never so many but in a file made to do harm.
pub(in crate::io) const MAX_FIELDS: usize = 4096;
/// Elements in each other; KML needs about ten.
const MAX_DEPTH: usize = 128;

/// What a placemark says.
#[derive(Debug, Default)]
pub(in crate::io) struct Placemark {
    pub id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    /// Names of the folders around it, from the outermost, with `/` between.
    pub folder: String,
    /// Names and values of its extended data.
    pub data: Vec<(String, String)>,
    pub parts: Parts,
    /// What is wrong with it.
    pub trouble: Option<String>,
}

impl Placemark {
    /// Value of a field that every placemark may have.
    pub(in crate::io) fn own(&self, field: &str) -> Option<&str> {
        match field {
            "name" => self.name.as_deref(),
            "description" => self.description.as_deref(),
            "folder" => Some(self.folder.as_str()).filter(|f| !f.is_empty()),
            _ => None,
        }
    }

    /// Value of a field; extended data comes first.
    pub(in crate::io) fn value(&self, field: &str) -> Option<&str> {
        self.data.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str()).or_else(|| self.own(field))
    }

    /// Whether it lies in that folder, or in one inside it.
    pub(in crate::io) fn is_in(&self, folder: Option<&str>) -> bool {
        let inside = |f: &str| self.folder.strip_prefix(f).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        folder.is_none_or(|f| inside(f) || self.folder.rsplit('/').next() == Some(f))
    }
}

/// Shapes of a placemark, by kind.
#[derive(Debug, Default)]
pub(in crate::io) struct Parts {
    points: Vec<Coord<f64>>,
    lines: Vec<Vec<Coord<f64>>>,
    areas: Vec<Vec<Vec<Coord<f64>>>>,
    /// Tracks and models.
    others: u64,
}

impl Parts {
    /// All of them as one; shapes of several kinds are no shape.
    pub(in crate::io) fn geometry(self) -> Geometry {
        let kind = |n, one, many| if n == 1 { one } else { many };
        let (points, lines, areas) = (self.points.len(), self.lines.len(), self.areas.len());
        match (points > 0, lines > 0, areas > 0, self.others > 0) {
            (false, false, false, false) => Geometry::default(),
            (true, false, false, false) => Geometry::points(kind(points, "Point", "MultiPoint"), self.points),
            (false, true, false, false) => Geometry::lines(kind(lines, "LineString", "MultiLineString"), self.lines),
            (false, false, true, false) => Geometry::areas(kind(areas, "Polygon", "MultiPolygon"), self.areas),
            _ => Geometry { kind: "MultiGeometry".into(), shape: Shape::Other, ..Geometry::default() },
        }
    }
}

/// Elements that matter.
#[derive(Clone, Debug, PartialEq)]
enum Tag {
    Placemark,
    Folder,
    Name,
    Description,
    Data(String),
    Value,
    Point,
    Line,
    Ring,
    Polygon,
    Outer,
    Inner,
    Coordinates,
    Other,
}

struct Parser<'a> {
    file: &'a str,
    shapes: bool,
    records: u64,
    tags: Vec<Tag>,
    folders: Vec<String>,
    inside: Option<Placemark>,
    text: String,
}

/// Hands over the placemarks of the file in order, numbered from 1, with their shapes or without; says its digest.
pub(in crate::io) fn each_placemark(
    path: &Path,
    file: &str,
    shapes: bool,
    mut take: impl FnMut(u64, &mut Placemark) -> Result<(), ReadError>,
) -> Result<String, ReadError> {
    let io = |cause| ReadError::Io { path: path.into(), after: 0, cause };
    let input = Input::open(File::open(path).map_err(io)?).map_err(io)?;
    let gzip = input.is_gzip();
    let mut input = BufReader::with_capacity(CHUNK, Bounded::new(input));
    let head = input.fill_buf().map_err(|cause| match gzip {
        true => ReadError::Gzip { file: file.into(), after: 0, detail: cause.to_string() },
        false => io(cause),
    })?;
    let refused = |found: &str, remedy: &str| Err(ReadError::Format { file: file.into(), found: found.into(), remedy: remedy.into() });
    if head.starts_with(b"PK") {
        return refused("it is a KMZ, a packed KML", "unpack it (it is a zip) and read the .kml inside");
    }
    if let Some(found) = wide(head) {
        return refused(&format!("it is {found}"), "save it as UTF-8");
    }
    let mut reader = Reader::from_reader(input);
    reader.config_mut().expand_empty_elements = true;
    let mut parser = Parser { file, shapes, records: 0, tags: vec![], folders: vec![], inside: None, text: String::new() };
    let (mut buf, mut started) = (Vec::new(), false);
    loop {
        buf.clear();
        reader.get_mut().get_mut().renew();
        let event = reader.read_event_into(&mut buf).map_err(|e| (e, parser.records));
        let xml = |detail: String| ReadError::Xml { file: file.into(), after: parser.records, byte: reader.error_position(), detail };
        match event {
            Err((quick_xml::Error::Io(cause), after)) => {
                return Err(match cause.kind() {
                    io::ErrorKind::FileTooLarge => ReadError::TooLarge { file: file.into(), record: after + 1, limit: MAX_VALUE_BYTES },
                    _ if gzip => ReadError::Gzip { file: file.into(), after, detail: cause.to_string() },
                    kind => ReadError::Io { path: path.into(), after, cause: io::Error::new(kind, cause.to_string()) },
                });
            }
            Err((error, _)) => return Err(xml(error.to_string())),
            Ok(Event::Decl(decl)) => {
                let encoding = decl.encoding().and_then(Result::ok).map(|e| e.into_owned());
                if let Some(name) = encoding.filter(|n| named(n) != Some(UTF_8) && !n.eq_ignore_ascii_case("us-ascii")) {
                    return refused(&format!("its text is in {}", name.escape_debug()), "save it as UTF-8, in its first line too");
                }
            }
            Ok(Event::Start(start)) => {
                if !started && !matches!(start.local_name().as_ref(), "kml" | "Document" | "Folder" | "Placemark") {
                    return refused("it is XML, but no KML", "export the layer as KML, GeoJSON or GeoPackage");
                }
                started = true;
                let tag = parser.tag(&start).map_err(xml)?;
                if parser.tags.len() >= MAX_DEPTH {
                    return Err(xml(format!("elements lie more than {MAX_DEPTH} deep in each other")));
                }
                parser.begin(tag, &start);
            }
            Ok(Event::End(_)) => {
                if let Some(mut done) = parser.end() {
                    take(parser.records, &mut done)?;
                }
            }
            Ok(Event::Text(text)) => parser.add(&text.xml10_content())?,
            Ok(Event::CData(text)) => parser.add(&text.xml10_content())?,
            Ok(Event::GeneralRef(name)) => match name.resolve_char_ref() {
                Ok(Some(c)) => parser.add(c.encode_utf8(&mut [0; 4]))?,
                Ok(None) => match quick_xml::escape::resolve_predefined_entity(&name) {
                    Some(text) => parser.add(text)?,
                    // entities of other kinds stay as they are written
                    None => parser.add(&format!("&{};", &*name))?,
                },
                Err(error) => return Err(xml(error.to_string())),
            },
            Ok(Event::Eof) if !started => return refused("it is no XML", "export the layer as KML, GeoJSON or GeoPackage"),
            Ok(Event::Eof) if !parser.tags.is_empty() => return Err(xml("the file is cut off".into())),
            Ok(Event::Eof) => break,
            // `Empty` does not come: such elements are handed out as start and end
            Ok(Event::Comment(_) | Event::PI(_) | Event::DocType(_) | Event::Empty(_)) => {}
        }
    }
    reader.into_inner().into_inner().into_inner().digest().map_err(io)
}

impl Parser<'_> {
    fn tag(&self, start: &BytesStart<'_>) -> Result<Tag, String> {
        Ok(match start.local_name().as_ref() {
            "Placemark" if self.inside.is_none() => Tag::Placemark,
            "Folder" => Tag::Folder,
            "name" => Tag::Name,
            "description" => Tag::Description,
            "Data" | "SimpleData" => Tag::Data(attribute(start, "name")?.unwrap_or_default()),
            "value" => Tag::Value,
            "Point" => Tag::Point,
            "LineString" => Tag::Line,
            "LinearRing" => Tag::Ring,
            "Polygon" => Tag::Polygon,
            "outerBoundaryIs" => Tag::Outer,
            "innerBoundaryIs" => Tag::Inner,
            "coordinates" => Tag::Coordinates,
            _ => Tag::Other,
        })
    }

    fn begin(&mut self, tag: Tag, start: &BytesStart<'_>) {
        match (&tag, &mut self.inside) {
            (Tag::Placemark, _) => {
                self.records += 1;
                let names = self.folders.iter().filter(|f| !f.is_empty()).map(String::as_str).collect::<Vec<_>>();
                let id = attribute(start, "id").ok().flatten();
                self.inside = Some(Placemark { id, folder: names.join("/"), ..Placemark::default() });
            }
            (Tag::Folder, _) => self.folders.push(String::new()),
            (Tag::Polygon, Some(placemark)) => placemark.parts.areas.push(vec![vec![]]),
            (Tag::Other, Some(placemark)) if matches!(start.local_name().as_ref(), "Track" | "MultiTrack" | "Model") => {
                placemark.parts.others += 1;
            }
            _ => {}
        }
        if tag != Tag::Other {
            self.text.clear();
        }
        self.tags.push(tag);
    }

    /// Text inside an element that matters.
    fn add(&mut self, text: &str) -> Result<(), ReadError> {
        let wanted = matches!(self.tags.last(), Some(Tag::Name | Tag::Description | Tag::Data(_) | Tag::Value))
            || (self.shapes && self.tags.last() == Some(&Tag::Coordinates));
        if wanted {
            self.text.push_str(text);
        }
        if self.text.len() > MAX_VALUE_BYTES {
            return Err(ReadError::TooLarge { file: self.file.into(), record: self.records, limit: MAX_VALUE_BYTES });
        }
        Ok(())
    }

    /// Ends the innermost element; the placemark, where it was one.
    fn end(&mut self) -> Option<Placemark> {
        let tag = self.tags.pop()?;
        let parent = self.tags.last();
        let Some(placemark) = &mut self.inside else {
            match (tag, parent, self.folders.last_mut()) {
                (Tag::Folder, _, _) => drop(self.folders.pop()),
                (Tag::Name, Some(Tag::Folder), Some(name)) => *name = self.text.trim().to_string(),
                _ => {}
            }
            return None;
        };
        match (tag, parent) {
            (Tag::Placemark, _) => return self.inside.take(),
            (Tag::Folder, _) => drop(self.folders.pop()),
            (Tag::Name, Some(Tag::Placemark)) => placemark.name = Some(self.text.clone()),
            (Tag::Description, Some(Tag::Placemark)) => placemark.description = Some(self.text.clone()),
            (Tag::Value | Tag::Data(_), _) if placemark.data.len() >= MAX_FIELDS => {
                placemark.trouble = Some(format!("it has more than {MAX_FIELDS} fields"));
            }
            (Tag::Value, Some(Tag::Data(name))) => placemark.data.push((name.clone(), self.text.clone())),
            // the text of a SimpleData is its own; that of a Data is in its value
            (Tag::Data(name), _) if !placemark.data.iter().any(|(n, _)| *n == name) => placemark.data.push((name, self.text.clone())),
            (Tag::Coordinates, Some(shape)) if self.shapes => match coordinates(&self.text) {
                Ok(coords) => placemark.place(shape, coords, self.tags.iter().rev().nth(1)),
                Err(why) => placemark.trouble = Some(why),
            },
            _ => {}
        }
        self.text.clear();
        None
    }
}

impl Placemark {
    fn place(&mut self, shape: &Tag, coords: Vec<Coord<f64>>, around: Option<&Tag>) {
        match (shape, around, self.parts.areas.last_mut()) {
            (Tag::Point, _, _) => self.parts.points.extend(coords),
            (Tag::Ring, Some(Tag::Outer), Some(area)) if area.first().is_some_and(Vec::is_empty) => {
                if let Some(outline) = area.first_mut() {
                    *outline = coords;
                }
            }
            (Tag::Ring, Some(Tag::Inner | Tag::Outer), Some(area)) => area.push(coords),
            (Tag::Line | Tag::Ring, _, _) => self.parts.lines.push(coords),
            _ => self.parts.others += 1,
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let found = start.try_get_attribute(name).map_err(|e| e.to_string())?;
    let value = found.map(|a| a.normalized_value(XmlVersion::Implicit1_0).map(|v| v.into_owned()));
    value.transpose().map_err(|e| e.to_string())
}

/// Tuples `lon,lat[,height]` between white space; some programs put blanks behind the commas.
fn coordinates(text: &str) -> Result<Vec<Coord<f64>>, String> {
    let (mut coords, mut tuple) = (Vec::new(), String::new());
    let mut tokens = text.split_ascii_whitespace().peekable();
    while let Some(token) = tokens.next() {
        tuple.push_str(token);
        if tuple.ends_with(',') && tokens.peek().is_some() || tokens.peek().is_some_and(|next| next.starts_with(',')) {
            continue;
        }
        let mut numbers = tuple.split(',').map(|n| n.parse::<f64>());
        match (numbers.next(), numbers.next()) {
            (Some(Ok(x)), Some(Ok(y))) => coords.push(Coord { x, y }),
            _ => return Err(format!("'{}' is no position (longitude,latitude)", tuple.chars().take(40).collect::<String>())),
        }
        tuple.clear();
    }
    Ok(coords)
}
