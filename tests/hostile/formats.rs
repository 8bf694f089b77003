//! The homes in every format, as other programs would write them.

use crate::city::{Files, collection, homes, places, table};
use evengrid::crs::Crs;
use evengrid::io::Features;
use evengrid::recipe::Recipe;
use flate2::Compression;
use flate2::write::GzEncoder;
use flatgeobuf::geozero::error::Result;
use flatgeobuf::geozero::{ColumnValue, GeomProcessor, GeozeroGeometry, PropertyProcessor};
use flatgeobuf::{ColumnType, FgbWriter, GeometryType};
use std::io::Write;
use std::path::Path;

/// Endings of all formats that are read.
pub fn endings() -> Vec<&'static str> {
    let mut endings = vec!["geojson", "geojsonl", "geojson.gz", "csv", "tsv", "csv.gz", "shp", "fgb", "parquet", "kml"];
    if cfg!(feature = "geopackage") {
        endings.push("gpkg");
    }
    endings
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).expect("memory");
    packed.finish().expect("memory")
}

/// So many zero bytes, spaces or brackets and the like, packed without holding them.
pub fn gzip_of(begin: &str, byte: u8, megabytes: usize, end: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(begin.as_bytes()).expect("memory");
    let block = vec![byte; 1 << 20];
    (0..megabytes).for_each(|_| packed.write_all(&block).expect("memory"));
    packed.write_all(end.as_bytes()).expect("memory");
    packed.finish().expect("memory")
}

/// The homes in the format with that ending; `scratch` is a folder for what is needed on the way.
pub fn homes_as(ending: &str, scratch: &Path) -> Files {
    features_as(ending, scratch, &homes(), "households")
}

/// No homes at all in that format.
pub fn nobody_as(ending: &str, scratch: &Path) -> Files {
    features_as(ending, scratch, &[], "households")
}

fn features_as(ending: &str, scratch: &Path, features: &[String], layer: &str) -> Files {
    let name = format!("{layer}.{ending}");
    let rows = |between: char| {
        let all = table(between);
        all.lines().take(1 + features.len()).map(|l| format!("{l}\n")).collect::<String>()
    };
    let bytes = match ending {
        "geojson" => collection(features).into_bytes(),
        "geojsonl" => features.iter().map(|f| format!("{f}\n")).collect::<String>().into_bytes(),
        "geojson.gz" => gzip(collection(features).as_bytes()),
        "csv" => rows(',').into_bytes(),
        "tsv" => rows('\t').into_bytes(),
        "csv.gz" => gzip(rows(',').as_bytes()),
        "kml" => kml(features.len()),
        "fgb" => flatgeobuf(features.len()),
        _ => return converted(ending, scratch, features, layer),
    };
    vec![(name, bytes)]
}

fn kml(homes: usize) -> Vec<u8> {
    let mark = |[x, y]: [f64; 2]| format!("<Placemark><name>h</name><Point><coordinates>{x:.4},{y:.4}</coordinates></Point></Placemark>\n");
    let marks = places().take(homes).map(mark).collect::<String>();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>\n{marks}</Document></kml>\n"
    )
    .into()
}

struct Spot([f64; 2]);

impl GeozeroGeometry for Spot {
    fn process_geom<P: GeomProcessor>(&self, processor: &mut P) -> Result<()> {
        processor.point_begin(0)?;
        processor.xy(self.0[0], self.0[1], 0)?;
        processor.point_end(0)
    }
}

fn flatgeobuf(homes: usize) -> Vec<u8> {
    let mut file = FgbWriter::create("homes", GeometryType::Point).expect("a writer");
    file.add_column("id", ColumnType::String, |_, _| {});
    for (i, at) in places().take(homes).enumerate() {
        let id = format!("h{i}");
        let added = file.add_feature_geom(Spot(at), |f| f.property(0, "id", &ColumnValue::String(&id)).map(|_| ()).expect("a column"));
        added.expect("a feature");
    }
    let mut bytes = Vec::new();
    file.write(&mut bytes).expect("memory");
    bytes
}

/// Through the converter of the library.
fn converted(ending: &str, scratch: &Path, features: &[String], layer: &str) -> Files {
    let (from, into) = (scratch.join("from"), scratch.join("into"));
    let _ = std::fs::remove_dir_all(&into);
    for folder in [&from, &into] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    let text = from.join(format!("{layer}.geojson"));
    std::fs::write(&text, collection(features)).expect("a file");
    let read = Features::read(&text, &Recipe::default().layers.admin).expect("features");
    read.write(&into.join(format!("{layer}.{ending}")), &Crs::wgs84()).expect("written");
    let listed = std::fs::read_dir(&into).expect("a folder").map(|e| e.expect("an entry").path());
    let mut files: Files = listed
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read(&path).expect("bytes")))
        .collect();
    files.sort();
    let _ = std::fs::remove_dir_all(scratch);
    files
}
