//! What a file holds, for somebody who is about to write a recipe for it.

mod guess;

pub use guess::starting_recipe;

use super::error::ReadError;
use super::formats::feature::{Cell, Field, FieldKind, Head, Kinds, Reading, Record, Shape, Sink};
use super::formats::{self, Format, field_names, read_features};
use super::layers::Placing;
use super::table::file_name;
use crate::finding::{Finding, Severity};
use crate::recipe::LayerSource;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Different values of a field that are remembered, to count and to show.
const VALUES: usize = 200;
/// Values that are shown.
const SAMPLES: usize = 5;
/// Findings of one kind that are told one by one.
const TOLD: u64 = 3;

/// A file as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// Its name.
    pub file: String,
    /// The table in it, where the format has several.
    pub table: Option<String>,
    /// Its format, in words.
    pub format: &'static str,
    /// The layer that it seems to be, by its name and its shapes.
    pub layer: Option<&'static str>,
    /// The system of its positions, as the recipe or the file says or the numbers showed.
    pub crs: Option<String>,
    /// Encoding of its text and how it was found, where the format leaves that open.
    pub encoding: Option<String>,
    /// What it was read with against its own word: system and encoding.
    pub said: [Option<String>; 2],
    /// Features.
    pub features: u64,
    /// Features by kind of geometry, as GeoJSON calls it.
    pub shapes: BTreeMap<String, u64>,
    /// Least longitude and latitude, greatest longitude and latitude; none without a position.
    pub extent: Option<[f64; 4]>,
    /// Its fields in their order.
    pub fields: Vec<FieldFound>,
    /// Our property names → the fields that seem to be meant, where they are not called so.
    pub properties: BTreeMap<&'static str, String>,
    /// What is amiss.
    pub findings: Vec<Finding>,
}

/// A field of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFound {
    /// Its name.
    pub name: String,
    /// What kind of values it has, in words.
    pub kind: &'static str,
    /// Features in which it says something.
    pub filled: u64,
    /// Different values, at most 200.
    pub different: usize,
    /// Some of them, in their order.
    pub samples: Vec<String>,
}

/// Reads a whole file and says what it holds; `source` tells how where the file's own word is not enough. O(n) for n bytes.
pub fn inspect(path: &Path, source: &LayerSource) -> Result<Inspection, ReadError> {
    let file = file_name(path);
    let how = Reading::from(source);
    let wanted = field_names(path, &file, &how)?;
    let mut look = Look {
        source,
        file: file.clone(),
        wanted: wanted.clone(),
        placing: Placing::default(),
        encoding: None,
        shapes: BTreeMap::new(),
        extent: None,
        fields: Vec::new(),
        nested: Vec::new(),
        findings: Vec::new(),
        times: BTreeMap::new(),
    };
    let read = read_features(path, &file, &wanted, &how, &mut look)?;
    look.told(read.remarks);
    let mut fields: Vec<FieldFound> = wanted.into_iter().zip(look.fields).map(|(name, f)| f.found(name)).collect();
    fields.extend(look.nested.into_iter().map(|f| Values { declared: Some(f.kind), ..Values::default() }.found(f.name)));
    let layer = guess::layer(&file, how.table.as_deref(), &look.shapes, &fields);
    if matches!(layer, Some("households" | "pois")) && read.features > 0 && look.shapes.get(guess::NOWHERE) == Some(&read.features) {
        let message = "no record has a position; name the columns that hold it (x and y of the layer in the recipe), or the file that has the places and \
                       the field that both have (join and join_key)";
        look.findings.push(Finding::new(Severity::Warning, "join-needed", message).file(&file));
    }
    let properties = layer.map_or_else(BTreeMap::new, |layer| guess::mapped(layer, &fields));
    Ok(Inspection {
        table: how.table,
        format: Format::of(&file).map_or("", Format::name),
        layer,
        crs: look.placing.declared(),
        encoding: look.encoding,
        said: [source.crs.as_ref().map(|c| c.to_string()), source.encoding.clone()],
        features: read.features,
        shapes: look.shapes,
        extent: look.extent,
        fields,
        properties,
        findings: look.findings,
        file,
    })
}

/// Values of one field.
#[derive(Clone, Debug, Default)]
struct Values {
    declared: Option<FieldKind>,
    filled: u64,
    seen: BTreeSet<String>,
    samples: Vec<String>,
    kinds: Kinds,
}

impl Values {
    fn add(&mut self, cell: &Cell<'_>) {
        self.kinds.add(cell);
        let Some(text) = cell.text() else { return };
        self.filled += 1;
        if self.seen.len() < VALUES && !self.seen.contains(&*text) {
            if self.samples.len() < SAMPLES {
                self.samples.push(text.chars().take(40).collect());
            }
            self.seen.insert(text.into_owned());
        }
    }

    fn found(self, name: String) -> FieldFound {
        let kind = match self.declared.or(self.kinds.all()) {
            Some(FieldKind::Text) => "text",
            Some(FieldKind::Integer) => "integer",
            Some(FieldKind::Real) => "number",
            Some(FieldKind::Flag) => "yes/no",
            Some(FieldKind::Date) => "date",
            Some(FieldKind::Other) => "other",
            Some(FieldKind::Nested) => "list or struct, not read",
            None => "empty",
        };
        FieldFound { name, kind, filled: self.filled, different: self.seen.len(), samples: self.samples }
    }
}

struct Look<'s> {
    source: &'s LayerSource,
    file: String,
    wanted: Vec<String>,
    placing: Placing,
    encoding: Option<String>,
    shapes: BTreeMap<String, u64>,
    extent: Option<[f64; 4]>,
    fields: Vec<Values>,
    /// Fields that are not read.
    nested: Vec<Field>,
    findings: Vec<Finding>,
    times: BTreeMap<&'static str, u64>,
}

impl Look<'_> {
    fn told(&mut self, remarks: Vec<String>) {
        let told = |r| Finding::new(Severity::Warning, "file-odd", r).file(&self.file);
        self.findings.extend(remarks.into_iter().map(told));
    }

    /// Tells the first few faults of a kind; how many there are stands in the last of them.
    fn fault(&mut self, code: &'static str, record: u64, message: String) {
        let times = self.times.entry(code).or_default();
        *times += 1;
        if *times <= TOLD {
            self.findings.push(Finding::new(Severity::Warning, code, message).file(&self.file).record(record));
        } else if let Some(last) = self.findings.iter_mut().rev().find(|f| f.code == code) {
            last.measured = Some(*times as f64);
        }
    }
}

impl Sink for Look<'_> {
    fn head(&mut self, head: &Head) -> Result<(), ReadError> {
        self.placing = Placing::new(self.source, "…", head, &self.file)?;
        self.encoding.clone_from(&head.encoding);
        self.told(head.remarks.clone());
        self.nested = head.fields.iter().filter(|f| f.kind == FieldKind::Nested).cloned().collect();
        let declared = |name: &String| head.fields.iter().find(|f: &&Field| f.name == *name).map(|f| f.kind);
        self.fields = self.wanted.iter().map(|name| Values { declared: declared(name), ..Values::default() }).collect();
        Ok(())
    }

    fn record(&mut self, record: u64, found: Record<'_>) -> Result<(), ReadError> {
        let mut feature = match found {
            Record::Feature(feature) => feature,
            Record::Malformed(why) => {
                self.fault("feature-malformed", record, why);
                return Ok(());
            }
        };
        self.fields.iter_mut().zip(&feature.cells).for_each(|(f, cell)| f.add(cell));
        if feature.geometry.shape == Shape::Missing && !feature.geometry.kind.is_empty() {
            self.fault("geometry-missing", record, feature.geometry.kind.to_string());
        }
        let kind = match feature.geometry.shape {
            Shape::Missing => guess::NOWHERE,
            _ => &feature.geometry.kind,
        };
        *self.shapes.entry(kind.to_string()).or_default() += 1;
        if let Err(off) = self.placing.place(&mut feature, &self.file, record, &mut self.findings) {
            self.fault("position-off", record, off.to_string());
            return Ok(());
        }
        if let Some(b) = feature.geometry.bounds() {
            let a = self.extent.unwrap_or(b);
            self.extent = Some([a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
        }
        if feature.geometry.unclosed > 0 {
            self.fault("ring-closed", record, "rings do not end where they begin".into());
        }
        if feature.geometry.empty_parts > 0 {
            self.fault("part-dropped", record, "empty parts of a geometry".into());
        }
        Ok(())
    }
}

/// The tables of features in a file; none where the format has one alone.
pub fn tables(path: &Path) -> Result<Vec<String>, ReadError> {
    formats::tables(path, &file_name(path))
}
