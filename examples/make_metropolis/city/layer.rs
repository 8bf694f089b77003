//! A layer that is written feature by feature.

use super::Failure;
use super::plane::P;
use evengrid::io::Aside;
use std::fmt::Arguments;
use std::io::Write;
use std::path::Path;

#[path = "../../shared/geojson.rs"]
mod geojson;

pub use geojson::Geometry;

pub struct Layer {
    file: Aside,
    name: &'static str,
    prefix: &'static str,
    count: usize,
}

impl Layer {
    /// Begins `name`.geojson in a folder, with ids of a prefix and a number.
    pub fn begin(folder: &Path, name: &'static str, prefix: &'static str) -> Result<Layer, Failure> {
        let mut file = Aside::begin(&folder.join(name).with_extension("geojson"))?;
        file.write_all(geojson::head(name).as_bytes())?;
        Ok(Layer { file, name, prefix, count: 0 })
    }

    /// Adds a feature; `properties` are the members of an object, without an id.
    pub fn add(&mut self, properties: Arguments<'_>, geometry: &Geometry) -> Result<(), Failure> {
        let id = format!("{}{}", self.prefix, self.count + 1);
        self.add_as(&id, properties, geometry)
    }

    /// Adds a feature with an id of its own.
    pub fn add_as(&mut self, id: &str, properties: Arguments<'_>, geometry: &Geometry) -> Result<(), Failure> {
        let comma = if self.count > 0 { ",\n" } else { "" };
        let properties = format_args!(r#"{{"id":"{id}",{properties}}}"#);
        write!(self.file, "{comma}{}", geojson::feature(None, properties, geometry))?;
        self.count += 1;
        Ok(())
    }

    /// Features so far.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Puts the file in place; its name, and how many features it has.
    pub fn end(mut self) -> Result<(&'static str, usize), Failure> {
        self.file.write_all(geojson::TAIL.as_bytes())?;
        self.file.commit()?;
        Ok((self.name, self.count))
    }
}
