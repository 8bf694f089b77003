//! One feature of GeoJSON in its usual form, by hand in one pass; whatever is unusual or not in order is left to serde, which also words
//! the messages.
//!
//! The law: where [`fast`] gives a feature, serde gives the same. So the grammar of JSON is checked throughout, and UTF-8 in all that is
//! kept or compared, which is what serde checks.

use super::cursor::Cursor;
use crate::io::formats::feature::{Cell, Feature, Geometry};
use geo::Coord;

/// Depth to which values that are stepped over may be nested.
const DEPTH: u32 = 32;

/// The feature at the beginning of `text` and the length of its text; `text` may go on after it. None where the feature is not all there,
/// is no valid JSON, or has anything that is not usual: a geometry of another type than the six simple ones, a position without two
/// numbers, an escape in a name, a number that is too large. Linear in the length of the feature.
pub(in crate::io) fn fast<'a>(text: &'a [u8], wanted: &[String]) -> Option<(Feature<'a>, usize)> {
    let mut cells = Vec::with_capacity(wanted.len());
    let (feature, length) = bare(text, wanted, &mut cells)?;
    Some((Feature { cells, ..feature }, length))
}

/// The same without cells of its own: they go behind those in `cells`. What it leaves there when it gives none means nothing.
pub(super) fn bare<'a>(text: &'a [u8], wanted: &[String], cells: &mut Vec<Cell<'a>>) -> Option<(Feature<'a>, usize)> {
    let (mut feature, mut cursor, mut typed) = (Feature::default(), Cursor { text, at: 0 }, false);
    let own = cells.len();
    cells.resize(own + wanted.len(), Cell::Missing);
    cursor.members(|c, name| {
        match name {
            b"type" if c.name()? == b"Feature" => typed = true,
            b"type" => return None,
            b"id" => feature.id = c.cell()?,
            b"properties" => c.properties(wanted, &mut cells[own..])?,
            b"geometry" => feature.geometry = c.geometry()?,
            _ => c.other(name)?,
        }
        Some(())
    })?;
    typed.then_some((feature, cursor.at))
}

impl<'a> Cursor<'a> {
    /// Steps over the value of a member that is not asked for; its name may not be text.
    fn other(&mut self, name: &[u8]) -> Option<()> {
        std::str::from_utf8(name).ok()?;
        self.skip(DEPTH)
    }

    /// A value as written.
    fn cell(&mut self) -> Option<Cell<'a>> {
        self.peek()?;
        let start = self.at;
        self.skip(DEPTH)?;
        match self.text.get(start..self.at)? {
            b"null" => Some(Cell::Missing),
            raw => std::str::from_utf8(raw).ok().map(Cell::Json),
        }
    }

    fn properties(&mut self, wanted: &[String], cells: &mut [Cell<'a>]) -> Option<()> {
        if self.peek()? == b'n' {
            return self.word(b"null");
        }
        self.members(|c, name| {
            match wanted.iter().zip(&mut *cells).find(|(w, _)| w.as_bytes() == name) {
                Some((_, cell)) => *cell = c.cell()?,
                None => c.other(name)?,
            }
            Some(())
        })
    }

    fn geometry(&mut self) -> Option<Geometry> {
        if self.peek()? == b'n' {
            return self.word(b"null").map(|()| Geometry::default());
        }
        let (mut kind, mut waiting, mut found) = (None, None, None);
        self.members(|c, name| {
            match (name, kind) {
                // said twice, it is left to serde which counts
                (b"type", Some(_)) => return None,
                (b"type", None) => kind = Some(c.name()?),
                (b"coordinates", _) if waiting.is_some() || found.is_some() => return None,
                (b"coordinates", Some(kind)) => found = Some(c.coordinates(kind)?),
                (b"coordinates", None) => {
                    waiting = Some(c.at);
                    c.skip(DEPTH)?;
                }
                _ => c.other(name)?,
            }
            Some(())
        })?;
        match (found, waiting) {
            (None, Some(at)) => Cursor { at, ..*self }.coordinates(kind?),
            (found, _) => found,
        }
    }

    fn coordinates(&mut self, kind: &[u8]) -> Option<Geometry> {
        let line = |c: &mut Self| c.list(Self::position);
        let lines = |c: &mut Self| c.list(line);
        Some(match kind {
            b"Point" => Geometry::points("Point", [self.position()?]),
            b"MultiPoint" => Geometry::points("MultiPoint", line(self)?),
            b"LineString" => Geometry::lines("LineString", vec![line(self)?]),
            b"MultiLineString" => Geometry::lines("MultiLineString", lines(self)?),
            b"Polygon" => Geometry::areas("Polygon", vec![lines(self)?]),
            b"MultiPolygon" => Geometry::areas("MultiPolygon", self.list(lines)?),
            _ => return None,
        })
    }

    /// Two numbers; what follows them is dropped.
    fn position(&mut self) -> Option<Coord<f64>> {
        self.expect(b'[')?;
        let x = self.number()?;
        self.expect(b',')?;
        let y = self.number()?;
        while self.peek()? == b',' {
            self.at += 1;
            self.skip(DEPTH)?;
        }
        self.expect(b']')?;
        Some(Coord { x, y })
    }
}
