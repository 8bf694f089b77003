//! Why a file could not be read or written: each message names file, record, number and remedy.

use crate::watch::Stopped;
use std::io;
use std::path::PathBuf;

/// Why layers could not be read. Records count from 1; lines and bytes are those of the unpacked text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The folder is missing or is no folder.
    #[error("{}: the folder of layers cannot be opened ({cause}); name an existing folder that holds households.geojson and admin.geojson", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A layer that must be there is not.
    #[error("{}: no {layer} layer (looked for {}); add the file, or name it in the recipe under [layers.{first}] file = \"…\"", folder.display(), tried.join(", "), first = layer.split(' ').next().unwrap_or(layer))]
    MissingLayer {
        /// The folder.
        folder: PathBuf,
        /// Layer or layers of which one is needed.
        layer: String,
        /// File names that were looked for.
        tried: Vec<String>,
    },
    /// A file that the recipe names is not there.
    #[error("{}: no such file, but the recipe says layers.{layer}.file = \"{file}\"; correct it, or leave the key out (a path is relative to the folder of layers)", path.display())]
    NamedFile {
        /// Where it was looked for.
        path: PathBuf,
        /// The layer.
        layer: String,
        /// The file as the recipe names it.
        file: String,
    },
    /// The system failed while reading.
    #[error("{}: {}", path.display(), reading_failed(*after, cause))]
    Io {
        /// The file.
        path: PathBuf,
        /// Features read before.
        after: u64,
        /// What the system says.
        cause: io::Error,
    },
    /// The gzip wrapping is damaged.
    #[error("{file}: the gzip data is damaged after record {after} ({detail}); copy or compress the file again")]
    Gzip {
        /// The file.
        file: String,
        /// Features read before.
        after: u64,
        /// What is wrong.
        detail: String,
    },
    /// The file ends too early.
    #[error("{file}: the file is cut off after record {after} (it ends at line {line}, byte {byte}); export it again")]
    Truncated {
        /// The file.
        file: String,
        /// Whole features before the end.
        after: u64,
        /// Line at which it ends.
        line: u64,
        /// Bytes there are.
        byte: u64,
    },
    /// The text is no JSON.
    #[error("{file}: record {record}: not valid JSON at line {line}, byte {byte}: {detail}; repair this record or export the file again")]
    Syntax {
        /// The file.
        file: String,
        /// Record in which it breaks, the one after the last good one.
        record: u64,
        /// Line.
        line: u64,
        /// Byte.
        byte: u64,
        /// What was found.
        detail: String,
    },
    /// A number that is none.
    #[error(
        "{file}: record {record}: {token} where a number is needed (line {line}, byte {byte}); GeoJSON has finite numbers only: give the feature a real position or leave it out, and export the file again"
    )]
    NotANumber {
        /// The file.
        file: String,
        /// Record.
        record: u64,
        /// What stands there.
        token: String,
        /// Line.
        line: u64,
        /// Byte.
        byte: u64,
    },
    /// A position outside the globe.
    #[error("{file}: record {record}{}: {}", id.as_deref().map_or(String::new(), |id| format!(" '{id}'")), off(*x, *y, crs.as_deref()))]
    Coordinate {
        /// The file.
        file: String,
        /// Record.
        record: u64,
        /// Id of the feature.
        id: Option<String>,
        /// First number of the position.
        x: f64,
        /// Second number of the position.
        y: f64,
        /// The system in which they are taken; none for longitude and latitude on WGS 84.
        crs: Option<String>,
    },
    /// Another document than a feature collection.
    #[error("{file}: {found} where a GeoJSON FeatureCollection is needed; export the layer as GeoJSON (RFC 7946)")]
    NotFeatureCollection {
        /// The file.
        file: String,
        /// What it is.
        found: String,
    },
    /// A system declared too late.
    #[error(
        "{file}: the coordinate reference system is declared after the features, where it is read too late; say it in the recipe (crs of the layer), or move the member 'crs' before 'features'"
    )]
    LateCrs {
        /// The file.
        file: String,
    },
    /// A coordinate reference system that cannot be used.
    #[error(
        "{file}: the coordinate reference system cannot be used: {cause}. Say in the recipe what the positions are in, crs and axes under [layers.{layer}], or export the file in another system"
    )]
    Crs {
        /// The file.
        file: String,
        /// Its layer.
        layer: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// One value takes more memory than can be meant.
    #[error("{file}: record {record} is longer than {limit} bytes; split it into several features")]
    TooLarge {
        /// The file.
        file: String,
        /// Record.
        record: u64,
        /// Most bytes of one record.
        limit: usize,
    },
    /// More than the caller allows to be read.
    #[error("{file}: record {record}: more than {limit} {what}, the most that is allowed here; divide the layers, or allow more")]
    Limit {
        /// The file.
        file: String,
        /// Record with which it is too much.
        record: u64,
        /// What is too many.
        what: &'static str,
        /// The most of all files together.
        limit: u64,
    },
    /// The caller stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// A file that is no table.
    #[error("{file}: {found} where a table is needed; export it as CSV in UTF-8 with a header")]
    NoTable {
        /// The file.
        file: String,
        /// What it is.
        found: String,
    },
    /// A table without a column that must be there.
    #[error("{file}: no column {missing}; the header has {there}. Add it, or name the right one in the recipe")]
    NoColumn {
        /// The file.
        file: String,
        /// Names of the columns.
        missing: String,
        /// Columns there are.
        there: String,
    },
    /// An encoding that is not known.
    #[error("{file}: the encoding '{name}' is not known; say utf-8, gbk, gb18030, big5 or windows-1252")]
    UnknownEncoding {
        /// The file.
        file: String,
        /// What was said.
        name: String,
    },
    /// Bytes that are no text.
    #[error("{file}: {}, field '{field}': the bytes {bytes} are no text in {encoding}; say the encoding that the file is in, or export it again as UTF-8", place(*record))]
    Undecodable {
        /// The file.
        file: String,
        /// Record; 0 is the header.
        record: u64,
        /// Field.
        field: String,
        /// Encoding that was tried.
        encoding: String,
        /// The first of its bytes in hexadecimal.
        bytes: String,
    },
    /// A text that ends inside a character.
    #[error("{file}: {}, field '{field}': the text is cut inside its last character (it ends with the bytes {bytes}, in {encoding}); make the field wider and export the file again, or say keep_cut_text = true for the layer to read it without that character", place(*record))]
    CutText {
        /// The file.
        file: String,
        /// Record; 0 is the header.
        record: u64,
        /// Field.
        field: String,
        /// Its encoding.
        encoding: String,
        /// The last of its bytes in hexadecimal.
        bytes: String,
    },
    /// A text whose characters were replaced when the file was written.
    #[error("{file}: {}, field '{field}': the text was destroyed before the file was written (replacement characters in {encoding}: {bytes}); export it again from its source with the right encoding", place(*record))]
    LostText {
        /// The file.
        file: String,
        /// Record; 0 is the header.
        record: u64,
        /// Field.
        field: String,
        /// Its encoding.
        encoding: String,
        /// The first of its bytes in hexadecimal.
        bytes: String,
    },
    /// A part of a shapefile that cannot be read.
    #[error("{file}: {detail}; copy all parts of the shapefile again (.shp, .shx, .dbf, .prj, .cpg) or export it again")]
    Shapefile {
        /// The part.
        file: String,
        /// What is wrong.
        detail: String,
    },
    /// A shapefile whose parts do not belong together.
    #[error(
        "{file}: {shapes} shapes in the .shp but {rows} records in the .dbf; the two do not belong together: copy all parts of the shapefile again or export it again"
    )]
    Counts {
        /// The file.
        file: String,
        /// Shapes.
        shapes: u64,
        /// Records.
        rows: u64,
    },
    /// A file in another format than its name says.
    #[error("{file}: {found}; {remedy}")]
    Format {
        /// The file.
        file: String,
        /// What it is.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// A text that is no XML.
    #[error("{file}: after record {after}: not valid XML at byte {byte}: {detail}; repair it or export the file again")]
    Xml {
        /// The file.
        file: String,
        /// Records read before.
        after: u64,
        /// Byte.
        byte: u64,
        /// What was found.
        detail: String,
    },
    /// No file of the format that its name or its first bytes say.
    #[error("{file}: no {format} file that can be read ({detail}); check that it is the right file, or export it again")]
    NotFormat {
        /// The file.
        file: String,
        /// The format.
        format: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// The inside of the file is damaged.
    #[error("{file}: the {format} file is damaged after record {after} ({detail}); copy it or export it again")]
    Damaged {
        /// The file.
        file: String,
        /// The format.
        format: &'static str,
        /// Whole features before.
        after: u64,
        /// What is wrong.
        detail: String,
    },
    /// A value that cannot be read.
    #[error("{file}: record {record}: field '{field}': {detail}")]
    Value {
        /// The file.
        file: String,
        /// Record.
        record: u64,
        /// Field.
        field: String,
        /// What is wrong, and what to do.
        detail: String,
    },
    /// Several tables, none of them chosen.
    #[error("{file}: it holds several tables ({}); say which one to read: table = \"…\"", tables.join(", "))]
    SeveralTables {
        /// The file.
        file: String,
        /// Names of the tables.
        tables: Vec<String>,
    },
    /// The chosen table is not there.
    #[error("{file}: no table '{table}'; the file has {}. Correct table = \"…\"", if there.is_empty() { "none".to_string() } else { there.join(", ") })]
    NoSuchTable {
        /// The file.
        file: String,
        /// The table that was asked for.
        table: String,
        /// Tables there are.
        there: Vec<String>,
    },
    /// Valid, but of a kind that is not read.
    #[error("{file}: {what}; {remedy}")]
    Unsupported {
        /// The file.
        file: String,
        /// What it has.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Nothing to divide.
    #[error(
        "{file}: no household point among {features} features; the layer must hold Point features (centroids, if it holds buildings){}",
        why.as_ref().map_or(String::new(), |why| format!(". The first was left out: {why}"))
    )]
    NoPoints {
        /// The file.
        file: String,
        /// Features there are.
        features: u64,
        /// Why the first of them was left out.
        why: Option<String>,
    },
}

fn place(record: u64) -> String {
    if record == 0 { "the header".into() } else { format!("record {record}") }
}

fn off(x: f64, y: f64, crs: Option<&str>) -> String {
    match crs {
        None => format!("the position {x}, {y} is no longitude and latitude (limits ±180 and ±90 degrees){}", remedy(x, y)),
        Some(_) if !x.is_finite() || !y.is_finite() => {
            format!("the position {x}, {y} is none: a number is missing: give the feature a real position or leave it out")
        }
        Some(crs) => format!(
            "the position {x}, {y} is outside what {crs} describes; correct the feature or leave it out, or name the right system in the recipe \
             (crs and axes of the layer)"
        ),
    }
}

fn remedy(lon: f64, lat: f64) -> &'static str {
    if !lon.is_finite() || !lat.is_finite() {
        "; a number is missing: give the feature a real position or leave it out"
    } else if lon.abs() > 1000.0 || lat.abs() > 1000.0 {
        "; the file seems to be in projected metres: name its system in the recipe (crs of the layer) or export it as WGS 84 (EPSG:4326)"
    } else if lon.abs() <= 90.0 && lat.abs() <= 180.0 {
        "; the two seem to be swapped, longitude comes first: write axes = \"yx\" for the layer in the recipe"
    } else {
        "; correct the feature or leave it out; if the file is in projected metres, name its system in the recipe (crs of the layer)"
    }
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The folder cannot be made or written to.
    #[error("{}: cannot write into this folder ({cause}); choose a folder you may write to, or change its permissions; nothing was changed", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file cannot be written.
    #[error("{}: cannot be written ({cause}); check free space and permissions; what was there before is unchanged", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The finished files cannot be put in place.
    #[error("{}: the finished file cannot be put in place ({cause}); {state}", path.display())]
    Replace {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
        /// What stands in the folder now, and what to do.
        state: &'static str,
    },
    /// Something else than a file has the name of a file of the plan.
    #[error("{}: is no plain file, but a file of the plan has this name; move it away or choose another folder; nothing was changed", path.display())]
    InTheWay {
        /// The path.
        path: PathBuf,
    },
    /// A value that its column cannot hold.
    #[error("table '{table}', record {record}: {detail}; nothing was written")]
    Value {
        /// Table or file.
        table: String,
        /// Record.
        record: u64,
        /// What is wrong.
        detail: String,
    },
    /// A layer that the format cannot hold.
    #[error("{file}: {detail}")]
    Unfit {
        /// The file.
        file: String,
        /// What does not fit, and what to do.
        detail: String,
    },
    /// A name with a folder in it, or none.
    #[error("'{name}' is no plain file name; files of a plan lie directly in its folder")]
    Name {
        /// The name.
        name: String,
    },
}

fn reading_failed(after: u64, cause: &std::io::Error) -> String {
    if cause.kind() == std::io::ErrorKind::NotFound {
        return "there is no such file; check the name and the folder".into();
    }
    format!("reading failed after record {after} ({cause}); check the disk and the permissions of the file")
}
