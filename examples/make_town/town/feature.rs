//! Layers as GeoJSON text: one feature a line, WGS 84, seven decimals.

use super::lattice::P;
use serde_json::{Value, json};

/// The reference point of the plane, and the metres in a degree around it.
const ORIGIN: P = [113.2, 30.3];
const METRES_PER_DEGREE: P = [96_194.9, 110_857.5];

/// A geometry on the plane.
pub enum Geometry {
    Point(P),
    Line(Vec<P>),
    Polygon(Vec<Vec<P>>),
    MultiPolygon(Vec<Vec<Vec<P>>>),
}

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
        let (kind, coordinates) = match geometry {
            Geometry::Point(p) => ("Point", point(p)),
            Geometry::Line(l) => ("LineString", line(l)),
            Geometry::Polygon(p) => ("Polygon", list(p, |r| line(r))),
            Geometry::MultiPolygon(m) => ("MultiPolygon", list(m, |p| list(p, |r| line(r)))),
        };
        let own = id.map_or(String::new(), |id| format!(r#""id":"{id}","#));
        self.lines
            .push(format!(r#"{{"type":"Feature",{own}"properties":{all},"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}"#));
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
        format!("{{\"type\":\"FeatureCollection\",\"name\":\"{}\",\"features\":[\n{}\n]}}\n", self.name, self.lines.join(",\n"))
    }
}

/// Longitude and latitude of a place on the plane.
pub fn degrees(p: &P) -> P {
    [ORIGIN[0] + p[0] / METRES_PER_DEGREE[0], ORIGIN[1] + p[1] / METRES_PER_DEGREE[1]]
}

fn point(p: &P) -> String {
    let [lon, lat] = degrees(p);
    format!("[{lon:.7},{lat:.7}]")
}

fn line(points: &[P]) -> String {
    list(points, point)
}

fn list<T>(items: &[T], one: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(one).collect::<Vec<_>>().join(","))
}
