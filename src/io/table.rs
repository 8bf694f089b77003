//! Tables row by row: CSV in UTF-8 or GB18030 (comma, semicolon or tab, with or without byte order mark, plain or .gz), or GeoJSON points.

use super::error::ReadError;
use super::formats::delimited::rows::{self, Rows};
use super::formats::feature::{Cell, Feature, Reading, Record, Shape};
use super::formats::geojson::each_feature;
use crate::finding::{Finding, Severity};
use geo::MultiPolygon;
use std::borrow::Cow;
use std::path::Path;

/// Columns that GeoJSON has in its geometry.
pub const LON: &str = "lon";
/// See [`LON`].
pub const LAT: &str = "lat";

/// Name of a file, for messages.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

/// One row; cells are decoded when asked for.
pub struct Row<'a> {
    /// Counted from 1, without the header.
    pub record: u64,
    cells: Cells<'a>,
}

enum Cells<'a> {
    Text(&'a rows::Row<'a>, &'a [Option<usize>]),
    Feature(&'a Feature<'a>, &'a [Field]),
}

/// Where GeoJSON has a column.
enum Field {
    Property(usize),
    Lon,
    Lat,
}

impl Row<'_> {
    /// Text of the wanted column at that position, without white space around it; empty where it says nothing.
    pub fn cell(&self, wanted: usize) -> Cow<'_, str> {
        match &self.cells {
            // decoded once before it was handed over
            Cells::Text(row, columns) => columns.get(wanted).copied().flatten().and_then(|c| row.cell(c).ok()).unwrap_or_default(),
            Cells::Feature(feature, fields) => {
                let place = || feature.geometry.place();
                let found = match fields.get(wanted) {
                    Some(Field::Property(at)) => {
                        let own = || if *at == 0 { feature.id.text() } else { None };
                        feature.cells.get(*at).and_then(Cell::text).or_else(own).map(Cow::into_owned)
                    }
                    Some(Field::Lon) => place().map(|p| p[0].to_string()),
                    Some(Field::Lat) => place().map(|p| p[1].to_string()),
                    None => None,
                };
                found.map_or(Cow::Borrowed(""), |t| Cow::Owned(t.trim().to_string()))
            }
        }
    }
}

/// A column that a table may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header, or of the property.
    pub name: String,
    /// Whether a table without it is of no use.
    pub needed: bool,
}

impl Column {
    /// A column that must be there.
    pub fn needed(name: &str) -> Column {
        Column { name: name.into(), needed: true }
    }
    /// A column that may be there.
    pub fn optional(name: &str) -> Column {
        Column { name: name.into(), needed: false }
    }
}

/// What a table has next.
pub enum Item<'a> {
    /// A row.
    Row(Row<'a>),
    /// What is wrong with a record: `row-malformed` (another number of fields than the header, or a feature that is no point; its row is
    /// not handed over), `text-garbled` (bytes that are no text; its row is not handed over) or `end-missing` (the last line has no end).
    Fault(Finding),
}

/// Reads the table at `path`, called `file` in messages, and hands over its rows and faults in order; says how many records there were.
/// Cells are asked for by position in `wanted`.
///
/// Memory is that of the longest row. GeoJSON is told by its name (`.geojson`, `.json`, with or without `.gz`); its properties are
/// columns, and `lon` and `lat` those of its points.
pub fn each_row(path: &Path, file: &str, wanted: &[Column], take: impl FnMut(Item<'_>) -> Result<(), ReadError>) -> Result<u64, ReadError> {
    let plain = file.strip_suffix(".gz").unwrap_or(file).to_ascii_lowercase();
    if plain.ends_with(".json") || plain.ends_with(".geojson") {
        of_features(path, file, wanted, take)
    } else {
        of_text(path, file, wanted, take)
    }
}

/// A whole table in memory, for those that are small.
pub fn read_table(path: &Path, file: &str, wanted: &[Column]) -> Result<(Vec<TableRow>, Vec<Finding>), ReadError> {
    let (mut rows, mut findings) = (Vec::new(), Vec::new());
    each_row(path, file, wanted, |item| {
        match item {
            Item::Row(row) => {
                rows.push(TableRow { record: row.record, cells: (0..wanted.len()).map(|c| row.cell(c).into_owned()).collect() });
            }
            Item::Fault(finding) => findings.push(finding),
        }
        Ok(())
    })?;
    Ok((rows, findings))
}

/// A row of [`read_table`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// Counted from 1, without the header.
    pub record: u64,
    /// By position in what was wanted; empty where it says nothing.
    pub cells: Vec<String>,
}

fn malformed(file: &str, record: u64, message: String) -> Finding {
    Finding::new(Severity::Warning, "row-malformed", message).file(file).record(record)
}

fn of_text(path: &Path, file: &str, wanted: &[Column], mut take: impl FnMut(Item<'_>) -> Result<(), ReadError>) -> Result<u64, ReadError> {
    let mut rows = Rows::open(path, file, None)?;
    let columns: Vec<Option<usize>> = wanted.iter().map(|w| rows.names.iter().position(|n| *n == w.name)).collect();
    absent(file, wanted, &columns, &rows.names)?;
    while let Some(next) = rows.next()? {
        match next {
            Err(bad) => {
                let finding = malformed(file, bad.record, bad.why).measured(bad.fields as f64);
                take(Item::Fault(finding.limit(bad.needed as f64)))?;
            }
            Ok(row) => match columns.iter().flatten().find_map(|c| row.cell(*c).err()) {
                Some(garbled) => {
                    let message = format!("{garbled}; the row is not taken");
                    take(Item::Fault(Finding::new(Severity::Warning, "text-garbled", message).file(file).record(row.record)))?;
                }
                None => take(Item::Row(Row { record: row.record, cells: Cells::Text(&row, &columns) }))?,
            },
        }
    }
    if !rows.ended && rows.count() > 0 {
        let message = "the last line has no end; if the file was cut off, its last value may be too: export it again";
        take(Item::Fault(Finding::new(Severity::Info, "end-missing", message).file(file).record(rows.count())))?;
    }
    Ok(rows.count())
}

/// Fails where a needed column is not there.
fn absent(file: &str, wanted: &[Column], columns: &[Option<usize>], names: &[String]) -> Result<(), ReadError> {
    let missing: Vec<&str> = wanted.iter().zip(columns).filter(|(w, c)| w.needed && c.is_none()).map(|(w, _)| w.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(ReadError::NoColumn { file: file.into(), missing: missing.join(", "), there: names.join(", ") })
}

fn of_features(
    path: &Path,
    file: &str,
    wanted: &[Column],
    mut take: impl FnMut(Item<'_>) -> Result<(), ReadError>,
) -> Result<u64, ReadError> {
    let mut names: Vec<String> = Vec::new();
    let mut field = |column: &Column| match column.name.as_str() {
        LON => Field::Lon,
        LAT => Field::Lat,
        name => {
            names.push(name.to_string());
            Field::Property(names.len() - 1)
        }
    };
    let fields: Vec<Field> = wanted.iter().map(&mut field).collect();
    let read = each_feature(path, file, &names, &Reading::default(), &mut |record, what: Record<'_>| match what {
        Record::Feature(feature) if feature.on_the_globe(file, record).is_err() => feature.on_the_globe(file, record),
        Record::Feature(feature) if !matches!(feature.geometry.shape, Shape::Points(_) | Shape::Missing) => {
            take(Item::Fault(malformed(file, record, format!("a {} where a point is needed; not taken", feature.geometry.kind))))
        }
        Record::Feature(feature) => take(Item::Row(Row { record, cells: Cells::Feature(&feature, &fields) })),
        Record::Malformed(why) => take(Item::Fault(malformed(file, record, format!("no feature ({why}); not taken")))),
    })?;
    Ok(read.features)
}

/// Rows in one piece of memory, to be worked on side by side.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    text: String,
    ends: Vec<usize>,
    records: Vec<u64>,
    width: usize,
}

impl Batch {
    /// For rows of that many cells.
    pub fn new(width: usize) -> Batch {
        Batch { width: width.max(1), ..Batch::default() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: &Row<'_>) {
        self.records.push(row.record);
        for c in 0..self.width {
            self.text.push_str(&row.cell(c));
            self.ends.push(self.text.len());
        }
    }

    /// Rows in it.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Number of the record that a row was.
    pub fn record(&self, row: usize) -> u64 {
        self.records[row]
    }

    /// A cell.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        let at = row * self.width + column;
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[from..self.ends[at]]
    }
}

/// An id, and the land of that id in degrees.
pub type NamedArea = (String, MultiPolygon<f64>);

/// Areas of a GeoJSON file with their ids, and `area-dropped` for features that are no areas or have no id.
pub fn read_areas(path: &Path, file: &str, id: &str) -> Result<(Vec<NamedArea>, Vec<Finding>), ReadError> {
    let (mut areas, mut findings) = (Vec::new(), Vec::new());
    each_feature(path, file, &[id.to_string()], &Reading::default(), &mut |record, what: Record<'_>| {
        let (why, feature) = match what {
            Record::Feature(feature) => {
                feature.on_the_globe(file, record)?;
                (String::new(), Some(feature))
            }
            Record::Malformed(why) => (why, None),
        };
        let named = feature.as_ref().and_then(|f| f.cells[0].text().or_else(|| f.id.text()).map(Cow::into_owned));
        match (named, feature.map(|f| f.geometry.shape)) {
            (Some(name), Some(Shape::Areas(land))) => areas.push((name, land)),
            (name, _) => {
                let message = format!("no area with a property {id}{}; left out", if why.is_empty() { why } else { format!(" ({why})") });
                let finding = Finding::new(Severity::Warning, "area-dropped", message).file(file).record(record);
                findings.push(match name {
                    Some(name) => finding.id(name),
                    None => finding,
                });
            }
        }
        Ok(())
    })?;
    Ok((areas, findings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::testing::Folder;
    use std::io::Write;

    fn read(name: &str, bytes: &[u8], wanted: &[&str]) -> Result<(Vec<TableRow>, Vec<Finding>), ReadError> {
        let folder = Folder::new();
        folder.write(name, bytes);
        read_table(&folder.path().join(name), name, &wanted.iter().map(|w| Column::needed(w)).collect::<Vec<_>>())
    }

    fn cells(rows: &[TableRow]) -> Vec<Vec<&str>> {
        rows.iter().map(|r| r.cells.iter().map(String::as_str).collect()).collect()
    }

    #[test]
    fn separators_marks_quotes_and_the_order_of_columns() {
        for (name, text) in [
            ("comma.csv", "\u{feff}b,a,c\r\n2,\"one, \"\"1\"\"\",3\r\n"),
            ("semicolon.csv", "b;a;c\n2;\"one, \"\"1\"\"\";3\n"),
            ("tab.tsv", "b\ta\tc\n2\t\"one, \"\"1\"\"\"\t 3 \n"),
        ] {
            let (rows, findings) = read(name, text.as_bytes(), &["a", "b"]).unwrap();
            assert_eq!(cells(&rows), [["one, \"1\"", "2"]], "{name}");
            assert!(findings.is_empty(), "{findings:?}");
        }
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"a,b\n1,2\n").unwrap();
        let packed = gz.finish().unwrap();
        assert_eq!(cells(&read("t.csv.gz", &packed, &["a", "b"]).unwrap().0), [["1", "2"]]);
        assert!(matches!(read("u.csv.gz", &packed[..packed.len() - 9], &["a"]), Err(ReadError::Gzip { .. })));
    }

    #[test]
    fn damaged_rows_are_told_by_record_and_the_rest_is_kept() {
        let (rows, findings) = read("cut.csv", b"a,b\n1,2\n3\n4,\xff\n5,6,7\n8,", &["a", "b"]).unwrap();
        assert_eq!(cells(&rows), [["1", "2"], ["8", ""]]);
        assert_eq!(rows.iter().map(|r| r.record).collect::<Vec<_>>(), [1, 5]);
        let told: Vec<_> = findings.iter().map(|f| (f.code.as_str(), f.subject.record.unwrap())).collect();
        assert_eq!(told, [("row-malformed", 2), ("text-garbled", 3), ("row-malformed", 4), ("end-missing", 5)]);
    }

    #[test]
    fn what_is_no_table_or_lacks_a_column_is_refused() {
        let refused = |name: &str, bytes: &[u8]| read(name, bytes, &["id", "lon"]).unwrap_err().to_string();
        assert!(refused("n.csv", b"id,x\n").contains("no column lon; the header has id, x"));
        assert!(refused("u16.csv", &[0xff, 0xfe, b'i', 0]).contains("UTF-16"));
        assert!(refused("e.csv", b"").contains("no column id, lon"));
    }

    #[test]
    fn points_of_geojson_are_rows() {
        let text = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a","n":5},"geometry":{"type":"Point","coordinates":[113.5,30.25]}},
{"type":"Feature","id":"b","properties":{"n":null},"geometry":null},
{"type":"Feature","properties":{"id":"c"},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}]}"#;
        let (rows, findings) = read("p.geojson", text.as_bytes(), &["id", "lon", "lat", "n"]).unwrap();
        assert_eq!(cells(&rows), [["a", "113.5", "30.25", "5"], ["b", "", "", ""]]);
        assert_eq!(findings.iter().map(|f| f.subject.record).collect::<Vec<_>>(), [Some(3)]);
    }

    #[test]
    fn a_batch_holds_rows_as_they_were() {
        let folder = Folder::new();
        folder.write("batch.csv", "a,b\n1,\n,2\n");
        let wanted = [Column::needed("a"), Column::needed("b")];
        let mut batch = Batch::new(2);
        let read = each_row(&folder.path().join("batch.csv"), "batch.csv", &wanted, |item| {
            if let Item::Row(row) = item {
                batch.push(&row);
            }
            Ok(())
        });
        assert_eq!((read.unwrap(), batch.len()), (2, 2));
        let all: Vec<_> = (0..2).map(|r| (batch.record(r), batch.cell(r, 0), batch.cell(r, 1))).collect();
        assert_eq!(all, [(1, "1", ""), (2, "", "2")]);
    }
}
