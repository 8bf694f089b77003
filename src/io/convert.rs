//! Files of features from one format and coordinate reference system into another.

use super::error::{ReadError, WriteError};
use super::formats::feature::{Cell, Feature, Field, FieldKind, Geometry, Head, Kinds, Reading, Record, Shape, Sink};
use super::formats::{self, Format, field_names, read_features};
use super::layers::Placing;
use super::table::file_name;
use crate::crs::Crs;
use crate::recipe::LayerSource;
use std::borrow::Cow;
use std::path::Path;

/// Features of one file, as many as memory holds.
#[derive(Clone, Debug, Default)]
pub struct Features {
    name: String,
    fields: Vec<Field>,
    features: Vec<Feature<'static>>,
    /// What was amiss, each a sentence.
    pub remarks: Vec<String>,
}

impl Features {
    /// Reads all features of a file with all their fields, in longitude and latitude on WGS 84; `source` says how, where the file's own word is not
    /// enough. O(n) for n bytes.
    pub fn read(path: &Path, source: &LayerSource) -> Result<Features, ReadError> {
        let file = file_name(path);
        let how = Reading::from(source);
        let wanted = field_names(path, &file, &how)?;
        let name = how.table.clone().unwrap_or_else(|| Format::stem(&file).to_string());
        let all = Features { name, ..Features::default() };
        let mut gather = Gather {
            source,
            file: &file,
            placing: Placing::default(),
            declared: Vec::new(),
            kinds: vec![Kinds::default(); wanted.len()],
            position: Vec::new(),
            all,
        };
        let read = read_features(path, &file, &wanted, &how, &mut gather)?;
        let Gather { declared, kinds, position, mut all, .. } = gather;
        all.remarks.extend(read.remarks);
        let kind = |(at, name): (usize, &String)| {
            let said = declared.iter().find(|f| f.name == *name).map(|f| f.kind);
            said.or_else(|| kinds.get(at)?.all()).unwrap_or(FieldKind::Text)
        };
        all.fields = wanted.iter().enumerate().map(|(at, name)| Field { name: name.clone(), kind: kind((at, name)) }).collect();
        // written once more they would be a second, stale position; where some row has none that can be read, its text is kept
        if all.features.iter().all(|f| f.geometry.kind.is_empty() || f.geometry.bounds().is_some()) {
            let kept: Vec<bool> = all.fields.iter().map(|f| !position.contains(&f.name)).collect();
            let keep = |cells: &mut Vec<Cell<'static>>| {
                let mut kept = kept.iter();
                cells.retain(|_| kept.next() != Some(&false));
            };
            all.features.iter_mut().for_each(|f| keep(&mut f.cells));
            all.fields.retain(|f| !position.contains(&f.name));
        }
        // what JSON says as its kind has it
        for f in &mut all.features {
            f.cells.iter_mut().zip(&all.fields).for_each(|(cell, field)| *cell = typed(std::mem::take(cell), field.kind));
        }
        Ok(all)
    }

    /// Name of the file, without its ending, or of the table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether any of them has a position.
    pub fn is_located(&self) -> bool {
        self.features.iter().any(|f| f.geometry.bounds().is_some())
    }

    /// Features there are.
    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// Writes them to `path`, in the format of its ending and in `crs`; what could not be written as it is comes back, each a sentence.
    ///
    /// A position that the system does not describe is an error. Files are written beside their place and put there when they are whole.
    pub fn write(&self, path: &Path, crs: &Crs) -> Result<Vec<String>, WriteError> {
        write_all(std::slice::from_ref(self), path, crs)
    }
}

/// Writes several of them into one file; only GeoPackage has several tables, see [`Features::write`].
pub fn write_all(all: &[Features], path: &Path, crs: &Crs) -> Result<Vec<String>, WriteError> {
    let file = file_name(path);
    let refused = |detail: String| WriteError::Unfit { file: file.clone(), detail };
    let format = Format::of(&file).filter(|f| f.is_written());
    let format = format.ok_or_else(|| refused(format!("no format that is written has this ending; there are {}", Format::written())))?;
    let mut placed = Vec::with_capacity(all.len());
    for one in all {
        let mut features = Cow::Borrowed(one.features.as_slice());
        if crs.code() != Some(4326) {
            for (i, f) in features.to_mut().iter_mut().enumerate() {
                place(&mut f.geometry, crs).map_err(|at| {
                    refused(format!("record {} of {}: the position {}, {} is outside what {crs} describes", i + 1, one.name, at[0], at[1]))
                })?;
            }
        }
        placed.push(formats::Table { name: &one.name, fields: &one.fields, features });
    }
    formats::write(format, path, &placed, crs)
}

/// From longitude and latitude into a system; the position that it does not describe otherwise.
fn place(geometry: &mut Geometry, crs: &Crs) -> Result<(), [f64; 2]> {
    let mut lost = None;
    geometry.for_each_mut(|c| match crs.from_wgs84([c.x, c.y]) {
        Some([x, y]) => (c.x, c.y) = (x, y),
        None => {
            lost.get_or_insert([c.x, c.y]);
        }
    });
    lost.map_or(Ok(()), Err)
}

/// A value as the kind of its field has it.
fn typed(cell: Cell<'static>, kind: FieldKind) -> Cell<'static> {
    match (cell, kind) {
        (Cell::Integer(i), FieldKind::Real) => Cell::Real(i as f64),
        (cell @ (Cell::Integer(_) | Cell::Real(_) | Cell::Flag(_)), FieldKind::Text) => {
            cell.text().map_or(Cell::Missing, |t| Cell::Text(Cow::Owned(t.into_owned())))
        }
        (cell, _) => cell,
    }
}

/// A cell that outlives its file; lists and tables of JSON are text.
fn owned(cell: &Cell<'_>) -> Cell<'static> {
    let text = |t: String| Cell::Text(Cow::Owned(t));
    match cell {
        Cell::Missing => Cell::Missing,
        Cell::Integer(i) => Cell::Integer(*i),
        Cell::Real(x) => Cell::Real(*x),
        Cell::Flag(b) => Cell::Flag(*b),
        Cell::Text(t) => text(t.to_string()),
        Cell::Json(raw @ ("true" | "false")) => Cell::Flag(*raw == "true"),
        Cell::Json(raw) if raw.starts_with('"') => cell.text().map_or(Cell::Missing, |t| text(t.into_owned())),
        Cell::Json(raw) => match (raw.parse::<i64>(), raw.parse::<f64>()) {
            (Ok(i), _) => Cell::Integer(i),
            (_, Ok(x)) if raw.contains(['.', 'e', 'E']) => Cell::Real(x),
            // more digits than an integer holds
            _ => text(raw.to_string()),
        },
    }
}

struct Gather<'s> {
    source: &'s LayerSource,
    file: &'s str,
    placing: Placing,
    declared: Vec<Field>,
    kinds: Vec<Kinds>,
    /// Fields that are nothing but the position.
    position: Vec<String>,
    all: Features,
}

impl Sink for Gather<'_> {
    fn head(&mut self, head: &Head) -> Result<(), ReadError> {
        self.placing = Placing::new(self.source, "…", head, self.file)?;
        self.declared.clone_from(&head.fields);
        self.position.clone_from(&head.position);
        self.all.remarks.extend(head.remarks.iter().cloned());
        let nested = head.fields.iter().filter(|f| f.kind == FieldKind::Nested);
        self.all.remarks.extend(nested.map(|f| format!("the field '{}' is a list or a struct and is left out", f.name)));
        Ok(())
    }

    fn record(&mut self, record: u64, found: Record<'_>) -> Result<(), ReadError> {
        let mut feature = match found {
            Record::Feature(feature) => feature,
            Record::Malformed(why) => {
                self.all.remarks.push(format!("record {record} was left out: {why}"));
                return Ok(());
            }
        };
        let mut findings = Vec::new();
        self.placing.place(&mut feature, self.file, record, &mut findings)?;
        self.all.remarks.extend(findings.into_iter().map(|f| f.message));
        if feature.geometry.shape == Shape::Missing && !feature.geometry.kind.is_empty() {
            self.all.remarks.push(format!("record {record} has no geometry: {}", feature.geometry.kind));
        }
        if feature.geometry.shape == Shape::Other {
            self.all.remarks.push(format!("record {record} has a {}, which is left out", feature.geometry.kind));
        }
        self.kinds.iter_mut().zip(&feature.cells).for_each(|(kinds, cell)| kinds.add(cell));
        let cells = feature.cells.iter().map(owned).collect();
        self.all.features.push(Feature { id: owned(&feature.id), cells, geometry: feature.geometry });
        Ok(())
    }
}
