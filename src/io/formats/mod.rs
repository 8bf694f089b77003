//! Formats of files of features: one reader each, all of which hand over the same [`Feature`](feature::Feature)s, and writers.

pub(super) mod delimited;
pub(super) mod encoding;
pub(super) mod feature;
mod flatgeobuf;
pub(super) mod geojson;
#[cfg(feature = "geopackage")]
mod geopackage;
mod geoparquet;
mod kml;
mod shapefile;
pub(super) mod stream;
#[cfg(test)]
mod testing;
mod typed;
mod wkb;
mod write;

pub(super) use write::{Table, write};

use super::error::ReadError;
use feature::{FieldKind, Head, Read, Reading, Record, Sink};
use std::path::Path;

/// A format of files of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A feature collection or a sequence of features.
    GeoJson,
    /// `.shp` with its `.dbf` and others beside it.
    Shapefile,
    /// Tables in one SQLite file.
    GeoPackage,
    /// FlatGeobuf.
    FlatGeobuf,
    /// Parquet, with or without the metadata of GeoParquet.
    GeoParquet,
    /// KML 2.2.
    Kml,
    /// A table of text with a header.
    Delimited,
}

/// Endings of names by format; where a layer has several files the first is read.
const ENDINGS: [(&str, Format); 21] = [
    (".geojson", Format::GeoJson),
    (".geojson.gz", Format::GeoJson),
    (".json", Format::GeoJson),
    (".json.gz", Format::GeoJson),
    (".geojsonl", Format::GeoJson),
    (".geojsonl.gz", Format::GeoJson),
    (".geojsons", Format::GeoJson),
    (".ndjson", Format::GeoJson),
    (".ndjson.gz", Format::GeoJson),
    (".parquet", Format::GeoParquet),
    (".geoparquet", Format::GeoParquet),
    (".fgb", Format::FlatGeobuf),
    (".gpkg", Format::GeoPackage),
    (".shp", Format::Shapefile),
    (".kml", Format::Kml),
    (".csv", Format::Delimited),
    (".csv.gz", Format::Delimited),
    (".tsv", Format::Delimited),
    (".tsv.gz", Format::Delimited),
    (".txt", Format::Delimited),
    (".txt.gz", Format::Delimited),
];

impl Format {
    /// The format of a file by the ending of its name.
    pub fn of(file: &str) -> Option<Format> {
        let name = file.to_ascii_lowercase();
        ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|e| e.1)
    }

    /// Endings of names of all formats, the first the likeliest.
    pub fn endings() -> impl Iterator<Item = &'static str> {
        ENDINGS.iter().map(|e| e.0)
    }

    /// A file's name without its folder and ending.
    pub fn stem(file: &str) -> &str {
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let lower = name.to_ascii_lowercase();
        let ending = ENDINGS.iter().map(|e| e.0).filter(|e| lower.ends_with(e)).map(str::len).max().unwrap_or(0);
        name.get(..name.len() - ending).unwrap_or(name)
    }

    /// Its name in words.
    pub fn name(self) -> &'static str {
        match self {
            Format::GeoJson => "GeoJSON",
            Format::Shapefile => "shapefile",
            Format::GeoPackage => "GeoPackage",
            Format::FlatGeobuf => "FlatGeobuf",
            Format::GeoParquet => "GeoParquet",
            Format::Kml => "KML",
            Format::Delimited => "table",
        }
    }

    /// Whether it is written as well.
    pub fn is_written(self) -> bool {
        !matches!(self, Format::FlatGeobuf | Format::Kml)
    }

    /// Endings of what is written, for messages.
    pub fn written() -> String {
        [".geojson", ".shp", ".gpkg", ".parquet", ".csv"].join(", ")
    }
}

/// Reads the file at `path`, called `file` in messages, in the format of its name; see [`Sink`] for what it hands over.
pub(super) fn read_features(path: &Path, file: &str, wanted: &[String], how: &Reading, sink: &mut dyn Sink) -> Result<Read, ReadError> {
    match Format::of(file) {
        Some(Format::GeoJson) if how.encoding.as_deref().is_some_and(|e| !matches!(e.to_ascii_lowercase().as_str(), "utf-8" | "utf8")) => {
            let found = format!("the encoding {} is asked for", how.encoding.as_deref().unwrap_or_default());
            Err(ReadError::Format { file: file.into(), found, remedy: geojson::TO_UTF8.into() })
        }
        Some(Format::GeoJson) => geojson::each_feature(path, file, wanted, how, sink),
        Some(Format::Shapefile) => shapefile::read(path, file, wanted, how, sink),
        Some(Format::Kml) => kml::read(path, file, wanted, how, sink),
        Some(Format::Delimited) => delimited::read(path, file, wanted, how, sink),
        Some(Format::FlatGeobuf) => flatgeobuf::read(path, file, wanted, how, sink),
        Some(Format::GeoParquet) => geoparquet::read(path, file, wanted, how, sink),
        #[cfg(feature = "geopackage")]
        Some(Format::GeoPackage) => geopackage::read(path, file, wanted, how, sink),
        #[cfg(not(feature = "geopackage"))]
        Some(Format::GeoPackage) => Err(ReadError::Unsupported {
            file: file.into(),
            what: "a GeoPackage, which this build does not read".into(),
            remedy: "build with the feature 'geopackage', or export it in another format",
        }),
        None if !path.exists() => Err(ReadError::Io { path: path.to_path_buf(), after: 0, cause: std::io::ErrorKind::NotFound.into() }),
        None => Err(unknown(file)),
    }
}

fn unknown(file: &str) -> ReadError {
    let endings: Vec<&str> = Format::endings().filter(|e| !e.ends_with(".gz")).collect();
    ReadError::Format {
        file: file.into(),
        found: "its name has the ending of no format that is read".into(),
        remedy: format!("there are {}", endings.join(", ")),
    }
}

/// The names of the fields of a file; those of GeoJSON as its features have them. Lists and structs are no fields.
pub(super) fn field_names(path: &Path, file: &str, how: &Reading) -> Result<Vec<String>, ReadError> {
    if Format::of(file) == Some(Format::GeoJson) {
        return geojson::field_names(path, file);
    }
    let mut names = Names::default();
    match read_features(path, file, &[], how, &mut names) {
        Err(_) if names.done => Ok(names.fields),
        other => other.map(|_| names.fields),
    }
}

/// Takes the fields and stops.
#[derive(Default)]
struct Names {
    fields: Vec<String>,
    done: bool,
}

impl Sink for Names {
    fn head(&mut self, head: &Head) -> Result<(), ReadError> {
        self.fields = head.fields.iter().filter(|f| f.kind != FieldKind::Nested).map(|f| f.name.clone()).collect();
        self.done = true;
        Ok(())
    }

    fn record(&mut self, _: u64, _: Record<'_>) -> Result<(), ReadError> {
        // nobody sees this: the head is all that is wanted
        Err(ReadError::Format { file: String::new(), found: String::new(), remedy: String::new() })
    }
}

/// Tables of features in a file; none where the format has one alone.
pub(super) fn tables(path: &Path, file: &str) -> Result<Vec<String>, ReadError> {
    #[cfg(feature = "geopackage")]
    if Format::of(file) == Some(Format::GeoPackage) {
        return geopackage::tables(path, file);
    }
    let _ = (path, file);
    Ok(Vec::new())
}
