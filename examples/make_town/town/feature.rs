//! Layers as GeoJSON text: one feature a line, WGS 84, seven decimals.

#[path = "../../shared/geojson.rs"]
mod geojson;

use super::lattice::P;
pub use geojson::{Geometry, degrees};
use serde_json::{Value, json};

/// One layer under construction.
pub struct Layer {
    name: &'static str,
    prefix: &'static str,
    lines: Vec<String>,
}

impl Layer {
    /// An empty layer; features without an id of their own are numbered after `prefix`.
    pub fn new(name: &'static str, prefix: &'static str) -> Self {
        Self { name, prefix, lines: Vec::new() }
    }

    /// Adds a feature under the next free id, which is returned.
    pub fn add(&mut self, properties: Value, geometry: &Geometry) -> String {
        let id = format!("{}{:04}", self.prefix, self.lines.len() + 1);
        self.add_as(&id, properties, geometry);
        id
    }

    /// Adds a feature. Properties that are null are left out.
    pub fn add_as(&mut self, id: &str, properties: Value, geometry: &Geometry) {
        self.push(Some(id), properties, geometry);
    }

    /// Adds a feature without id.
    pub fn add_bare(&mut self, properties: Value, geometry: &Geometry) {
        self.push(None, properties, geometry);
    }

    fn push(&mut self, id: Option<&str>, properties: Value, geometry: &Geometry) {
        let mut all = json!({});
        if let (Some(all), Value::Object(more)) = (all.as_object_mut(), properties) {
            all.extend(id.map(|id| ("id".to_string(), json!(id))));
            all.extend(more.into_iter().filter(|(_, v)| !v.is_null()));
        }
        self.lines.push(geojson::feature(id, all, geometry));
    }

    /// Repeats the feature that was added last, letter by letter.
    pub fn repeat_last(&mut self) {
        let last = self.lines[self.lines.len() - 1].clone();
        self.lines.push(last);
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// How many features have a property of this text.
    pub fn with(&self, name: &str, text: &str) -> usize {
        let property = format!(r#""{name}":"{text}""#);
        self.lines.iter().filter(|line| line.contains(&property)).count()
    }

    /// The features.
    pub fn features(&self) -> Vec<Value> {
        self.lines.iter().map(|line| serde_json::from_str(line).expect("written here")).collect()
    }

    /// A collection of the features that have this property.
    pub fn only(&self, name: &'static str, property: &str) -> String {
        let lines = self.lines.iter().filter(|line| line.contains(property)).cloned().collect();
        Layer { name, prefix: self.prefix, lines }.text()
    }

    /// The finished collection.
    pub fn text(&self) -> String {
        format!("{}{}{}", geojson::head(self.name), self.lines.join(",\n"), geojson::TAIL)
    }
}
