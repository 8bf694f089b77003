//! Places of records that have none of their own, from another file by a key.

use super::placing::Placing;
use super::reading::has_field;
use crate::finding::{Finding, Severity};
use crate::io::error::ReadError;
use crate::io::formats::feature::{Cell, Geometry, Head, Reading, Record, Shape, Sink};
use crate::io::formats::read_features;
use crate::io::table::file_name;
use crate::recipe::LayerSource;
use geo::{Centroid, Coord, InteriorPoint};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

/// Places by key, longitude and latitude.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_key: HashMap<String, Coord<f64>>,
    /// What is amiss with the file they come from.
    pub findings: Vec<Finding>,
}

impl Places {
    /// Reads the file that a layer is joined with, beside that of the layer; of an area it takes a place inside, of a line the middle, of several features
    /// with one key the first (`join-double`).
    pub fn read(beside: &Path, source: &LayerSource, layer: &'static str, file: &str, id: &str) -> Result<Places, ReadError> {
        let path = beside.with_file_name(file);
        let file = file_name(&path);
        let mut gather =
            Gather { source, layer, file: &file, id, placing: Placing::default(), doubles: (0, None), places: Places::default() };
        read_features(&path, &file, &[id.to_string()], &Reading { table: None, ..Reading::from(source) }, &mut gather)?;
        let Gather { mut places, doubles, .. } = gather;
        if let (n @ 1.., Some(first)) = doubles {
            let message = format!("features have the key of another one, such as '{first}'; the first is taken (number of features given)");
            places.findings.push(Finding::new(Severity::Warning, "join-double", message).file(file).measured(n as f64));
        }
        Ok(places)
    }

    /// The place of a key.
    pub fn of(&self, key: &Cell<'_>) -> Option<Geometry> {
        let at = self.by_key.get(&*key.text()?)?;
        Some(Geometry::points("Point", [*at]))
    }
}

struct Gather<'s> {
    source: &'s LayerSource,
    layer: &'static str,
    file: &'s str,
    id: &'s str,
    placing: Placing,
    doubles: (u64, Option<String>),
    places: Places,
}

impl Sink for Gather<'_> {
    fn head(&mut self, head: &Head) -> Result<(), ReadError> {
        has_field(head, self.id, self.file)?;
        self.placing = Placing::new(self.source, self.layer, head, self.file)?;
        Ok(())
    }

    fn record(&mut self, record: u64, found: Record<'_>) -> Result<(), ReadError> {
        let Record::Feature(mut feature) = found else { return Ok(()) };
        let key = feature.cells[0].text().or_else(|| feature.id.text()).map(Cow::into_owned);
        self.placing.place(&mut feature, self.file, record, &mut self.places.findings)?;
        let place = match &feature.geometry.shape {
            Shape::Points(p) => p.first().copied(),
            Shape::Lines(l) => l.centroid().map(Into::into),
            Shape::Areas(a) => a.interior_point().map(Into::into),
            Shape::Missing | Shape::Other => None,
        };
        let Some((key, at)) = key.zip(place) else { return Ok(()) };
        match self.places.by_key.entry(key) {
            Entry::Occupied(known) => {
                self.doubles.0 += 1;
                self.doubles.1.get_or_insert_with(|| known.key().clone());
            }
            Entry::Vacant(free) => drop(free.insert(at)),
        }
        Ok(())
    }
}
