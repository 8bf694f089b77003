//! Where a Parquet file has its geometry.

use super::column::{Batch, Column};
use super::geo::{self, Encoding, Fault};
use super::{Source, flat, leaf};
use crate::io::error::ReadError;
use crate::io::formats::feature::{Declared, Geometry, Reading};
use crate::io::formats::wkb;
use ::geo::Coord;
use parquet::basic::{LogicalType, Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::SchemaDescriptor;

/// Usual names of columns with the position, in lower case: east, north.
const USUAL: [(&str, &str); 7] =
    [("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"), ("x", "y"), ("long", "lat"), ("经度", "纬度"), ("point_x", "point_y")];

/// Columns that make up the geometry, or batches of them.
pub(in crate::io) enum Place<C> {
    Nowhere,
    Wkb(C),
    Xy(C, C),
}

impl Place<Column> {
    pub(in crate::io) fn columns(&mut self) -> impl Iterator<Item = &mut Column> {
        let (first, second) = match self {
            Place::Nowhere => (None, None),
            Place::Wkb(column) => (Some(column), None),
            Place::Xy(x, y) => (Some(x), Some(y)),
        };
        first.into_iter().chain(second)
    }

    /// Decodes the next `rows` rows.
    pub(in crate::io) fn batch(&mut self, rows: usize) -> Result<Place<Batch>, ParquetError> {
        Ok(match self {
            Place::Nowhere => Place::Nowhere,
            Place::Wkb(column) => Place::Wkb(column.batch(rows)?),
            Place::Xy(x, y) => Place::Xy(x.batch(rows)?, y.batch(rows)?),
        })
    }
}

impl Place<Batch> {
    /// The geometry in a row of the batch; the error says what is wrong.
    pub(in crate::io) fn geometry(&self, row: usize) -> Result<Geometry, String> {
        match self {
            Place::Nowhere => Ok(Geometry::default()),
            Place::Wkb(column) => column.bytes(row).map_or(Ok(Geometry::default()), wkb::read),
            Place::Xy(x, y) => Ok(match (x.number(row)?, y.number(row)?) {
                (None, None) => Geometry::default(),
                (Some(x), Some(y)) if x.is_nan() && y.is_nan() => Geometry::points("Point", []),
                // half a position is handed over as a bad one
                (x, y) => Geometry::points("Point", [Coord { x: x.unwrap_or(f64::NAN), y: y.unwrap_or(f64::NAN) }]),
            }),
        }
    }
}

/// What is known of the geometry before the first row.
pub(in crate::io) struct Found {
    pub place: Place<Column>,
    pub crs: Declared,
    /// Column of the first level that is nothing but geometry.
    pub geometry: Option<String>,
    pub remarks: Vec<String>,
}

/// Finds the geometry: columns that the user names, the `geo` metadata, Parquet's own type, columns with usual names, or nowhere.
pub(in crate::io) fn find(source: &Source<'_>, metadata: &ParquetMetaData, how: &Reading) -> Result<Found, ReadError> {
    let schema = metadata.file_metadata().schema_descr();
    let about = |key: &str| {
        let pairs = metadata.file_metadata().key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone())
    };
    if how.x.is_some() || how.y.is_some() {
        let (Some(x), Some(y)) = (&how.x, &how.y) else {
            let missing = if how.x.is_none() { "for x, although one is named for y" } else { "for y, although one is named for x" };
            return Err(source.no_column(missing.to_string(), schema));
        };
        let column = |name: &str| flat(schema, name).ok_or_else(|| source.no_column(format!("'{name}'"), schema));
        return Ok(Found::bare(xy(schema, column(x)?, column(y)?)));
    }
    if let Some(text) = about("geo") {
        return described(source, schema, &text);
    }
    let own = schema.columns().iter().position(|c| {
        let geometry = matches!(c.logical_type_ref(), Some(LogicalType::Geometry(_) | LogicalType::Geography(_)));
        geometry && c.path().parts().len() == 1 && c.max_rep_level() == 0
    });
    if let Some(at) = own {
        let column = schema.column(at);
        let crs = match column.logical_type_ref() {
            Some(LogicalType::Geometry(geometry)) => geometry.crs.as_deref(),
            Some(LogicalType::Geography(geography)) => geography.crs.as_deref(),
            _ => None,
        };
        let name = column.name().to_string();
        return Ok(Found { crs: geo::native(crs, about), geometry: Some(name), ..Found::bare(Place::Wkb(Column::new(at, &column))) });
    }
    let named = |wish: &str| {
        schema.columns().iter().position(|c| c.path().parts().len() == 1 && c.max_rep_level() == 0 && c.name().to_lowercase() == wish)
    };
    let usual = USUAL.iter().find_map(|(x, y)| Some((named(x)?, named(y)?)));
    Ok(Found::bare(usual.map_or(Place::Nowhere, |(x, y)| xy(schema, x, y))))
}

impl Found {
    fn bare(place: Place<Column>) -> Found {
        Found { place, crs: Declared::Nothing, geometry: None, remarks: Vec::new() }
    }
}

fn xy(schema: &SchemaDescriptor, x: usize, y: usize) -> Place<Column> {
    Place::Xy(Column::new(x, &schema.column(x)), Column::new(y, &schema.column(y)))
}

fn described(source: &Source<'_>, schema: &SchemaDescriptor, text: &str) -> Result<Found, ReadError> {
    let found = geo::parse(text).map_err(|fault| match fault {
        Fault::Damaged(detail) => source.no_format(detail),
        Fault::Encoding(name) => ReadError::Unsupported {
            file: source.file.to_string(),
            what: format!("its geometry has the encoding '{name}'"),
            remedy: "write it again with the encoding WKB",
        },
    })?;
    let missing = || source.no_format(format!("its 'geo' metadata names a geometry column '{}' that is not there", found.column));
    let column = |path: &[&str], kind: Type| {
        let at = leaf(schema, path).filter(|at| schema.column(*at).physical_type() == kind);
        at.ok_or_else(missing)
    };
    let place = match found.encoding {
        Encoding::Wkb => {
            let at = column(&[&found.column], Type::BYTE_ARRAY)?;
            Place::Wkb(Column::new(at, &schema.column(at)))
        }
        Encoding::Point => xy(schema, column(&[&found.column, "x"], Type::DOUBLE)?, column(&[&found.column, "y"], Type::DOUBLE)?),
    };
    let unknown = format!("column '{}' says that its reference system is not known (crs is null)", found.column);
    let remarks = if found.unknown { vec![unknown] } else { Vec::new() };
    Ok(Found { place, crs: found.crs, geometry: Some(found.column), remarks })
}
