//! One feature of GeoJSON from its bytes, by serde.

use super::fast::fast;
use crate::io::formats::feature::{Cell, Feature, Geometry, Shape};
use geo::Coord;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::fmt;

/// What the parser says, without its position, which counts from the start of the value.
pub(in crate::io) fn without_position(error: &serde_json::Error) -> String {
    let full = error.to_string();
    full.split(" at line ").next().unwrap_or(&full).to_string()
}

/// Why a text is no feature.
pub(in crate::io) enum Fault {
    /// Valid JSON of the wrong shape.
    Shape(String),
    /// No JSON.
    Text(serde_json::Error),
}

/// The feature that a JSON text is, with the cells of the wanted properties.
pub(in crate::io) fn decode<'a>(bytes: &'a [u8], wanted: &[String]) -> Result<Feature<'a>, Fault> {
    match fast(bytes, wanted) {
        Some((feature, length)) if length == bytes.len() => Ok(feature),
        _ => slow(bytes, wanted),
    }
}

/// The same by serde alone.
pub(in crate::io) fn slow<'a>(bytes: &'a [u8], wanted: &[String]) -> Result<Feature<'a>, Fault> {
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let decoded = FeatureSeed(wanted).deserialize(&mut parser).and_then(|feature| parser.end().map(|()| feature));
    decoded.map_err(|error| {
        if error.to_string().contains("number out of range") {
            return Fault::Text(error);
        }
        match (error.classify(), serde_json::from_slice::<&RawValue>(bytes)) {
            (Category::Data, Ok(_)) => Fault::Shape(without_position(&error)),
            (Category::Data, Err(deeper)) => Fault::Text(deeper),
            _ => Fault::Text(error),
        }
    })
}

struct FeatureSeed<'w>(&'w [String]);

impl<'de> DeserializeSeed<'de> for FeatureSeed<'_> {
    type Value = Feature<'de>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Feature<'de>, D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FeatureSeed<'_> {
    type Value = Feature<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Feature<'de>, A::Error> {
        #[derive(Deserialize)]
        #[serde(field_identifier, rename_all = "lowercase")]
        enum Key {
            Type,
            Id,
            Properties,
            Geometry,
            #[serde(other)]
            Other,
        }
        let (mut feature, mut typed) = (Feature { cells: vec![Cell::Missing; self.0.len()], ..Feature::default() }, false);
        while let Some(key) = map.next_key()? {
            match key {
                Key::Type => match map.next_value::<String>()?.as_str() {
                    "Feature" => typed = true,
                    other => return Err(A::Error::custom(format!("its type is '{other}', not 'Feature'"))),
                },
                Key::Id => feature.id = cell(map.next_value()?),
                Key::Properties => map.next_value_seed(Properties { wanted: self.0, cells: &mut feature.cells })?,
                Key::Geometry => feature.geometry = map.next_value()?,
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if typed { Ok(feature) } else { Err(A::Error::custom("it has no type 'Feature'")) }
    }
}

struct Properties<'w, 'p, 'de> {
    wanted: &'w [String],
    cells: &'p mut [Cell<'de>],
}

fn cell(raw: &RawValue) -> Cell<'_> {
    if raw.get() == "null" { Cell::Missing } else { Cell::Json(raw.get()) }
}

impl<'de> DeserializeSeed<'de> for Properties<'_, '_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Properties<'_, '_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("properties or null")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(slot) = map.next_key_seed(Slot(self.wanted))? {
            match slot {
                Some(slot) => self.cells[slot] = cell(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Position of a property name among the wanted ones.
struct Slot<'w>(&'w [String]);

impl<'de> DeserializeSeed<'de> for Slot<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Option<usize>, D::Error> {
        d.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Slot<'_> {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a property name")
    }
    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|w| w == name))
    }
}

impl<'de> Deserialize<'de> for Geometry {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Geometry, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Geometry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a geometry or null")
            }
            fn visit_unit<E>(self) -> Result<Geometry, E> {
                Ok(Geometry::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Geometry, A::Error> {
                #[derive(Deserialize)]
                #[serde(field_identifier, rename_all = "lowercase")]
                enum Key {
                    Type,
                    Coordinates,
                    #[serde(other)]
                    Other,
                }
                let (mut kind, mut waiting, mut done) = (None::<String>, None::<&RawValue>, None);
                while let Some(key) = map.next_key()? {
                    match (key, &kind) {
                        (Key::Type, _) => kind = Some(map.next_value()?),
                        (Key::Coordinates, Some(kind)) => done = Some(map.next_value_seed(Coordinates(kind))?),
                        (Key::Coordinates, None) => waiting = Some(map.next_value()?),
                        (Key::Other, _) => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                let kind = kind.ok_or_else(|| A::Error::custom("the geometry has no type"))?;
                if let (Some(raw), None) = (waiting, &done) {
                    let mut parser = serde_json::Deserializer::from_str(raw.get());
                    done = Some(Coordinates(&kind).deserialize(&mut parser).map_err(A::Error::custom)?);
                }
                let geometry = match done {
                    Some(geometry) => geometry,
                    None if is_simple(&kind) => return Err(A::Error::custom("the geometry has no coordinates")),
                    None => Geometry { shape: Shape::Other, ..Geometry::default() },
                };
                Ok(Geometry { kind: kind.into(), ..geometry })
            }
        }
        d.deserialize_any(Visit)
    }
}

fn is_simple(kind: &str) -> bool {
    matches!(kind, "Point" | "MultiPoint" | "LineString" | "MultiLineString" | "Polygon" | "MultiPolygon")
}

/// Coordinates of a geometry of the named type.
struct Coordinates<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for Coordinates<'_> {
    type Value = Geometry;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Geometry, D::Error> {
        let kind = self.0.to_string();
        Ok(match self.0 {
            "Point" => Geometry::points(kind, MaybePosition::deserialize(d)?.0),
            "MultiPoint" => Geometry::points(kind, coords(Vec::deserialize(d)?)),
            "LineString" => Geometry::lines(kind, vec![coords(Vec::deserialize(d)?)]),
            "MultiLineString" => Geometry::lines(kind, Vec::<Vec<Position>>::deserialize(d)?.into_iter().map(coords).collect()),
            "Polygon" => Geometry::areas(kind, vec![rings(Vec::deserialize(d)?)]),
            "MultiPolygon" => Geometry::areas(kind, Vec::<Vec<Vec<Position>>>::deserialize(d)?.into_iter().map(rings).collect()),
            _ => {
                IgnoredAny::deserialize(d)?;
                Geometry { shape: Shape::Other, ..Geometry::default() }
            }
        })
    }
}

fn rings(rings: Vec<Vec<Position>>) -> Vec<Vec<Coord<f64>>> {
    rings.into_iter().map(coords).collect()
}

fn coords(positions: Vec<Position>) -> Vec<Coord<f64>> {
    positions.into_iter().map(|p| p.0).collect()
}

struct Position(Coord<f64>);
/// `[]` is how some programs write a point without position.
struct MaybePosition(Option<Coord<f64>>);

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Position, D::Error> {
        MaybePosition::deserialize(d)?.0.map(Position).ok_or_else(|| D::Error::custom("a position without numbers"))
    }
}

impl<'de> Deserialize<'de> for MaybePosition {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<MaybePosition, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = MaybePosition;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a position (longitude, latitude)")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<MaybePosition, A::Error> {
                // `null` stands for NaN in what many programs write; it is told as a bad coordinate.
                let Some(x) = seq.next_element::<Option<f64>>()? else {
                    return Ok(MaybePosition(None));
                };
                let Some(y) = seq.next_element::<Option<f64>>()? else {
                    return Err(A::Error::custom("a position with one number, two are needed"));
                };
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(MaybePosition(Some(Coord { x: x.unwrap_or(f64::NAN), y: y.unwrap_or(f64::NAN) })))
            }
        }
        d.deserialize_seq(Visit)
    }
}
