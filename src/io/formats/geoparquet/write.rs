//! GeoParquet as the library writes it: version 1.1.0, WKB, zstd, the same bytes for the same input.

use crate::io::error::WriteError;
use crate::io::formats::feature::{Feature, Field, FieldKind, Shape};
use crate::io::formats::typed::{self, Value};
use crate::io::formats::wkb;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};
use serde_json::{Map, Value as Json, json};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Rows in a group.
const GROUP: usize = 1 << 17;

/// The reference system of the positions.
pub(in crate::io) enum Crs<'a> {
    /// Longitude and latitude on WGS 84 (OGC:CRS84), which the format takes where nothing is said.
    Lonlat,
    /// PROJJSON.
    Projjson(&'a str),
}

/// Writes `features` into a new file at `path`; nothing may be there yet, and after an error what was begun is to be removed. Cells are
/// by position in `fields`. Ids are not written: what is to be kept of them is a field.
pub(in crate::io) fn write_geoparquet(path: &Path, fields: &[Field], features: &[Feature<'_>], crs: &Crs<'_>) -> Result<(), WriteError> {
    let failed = |cause: io::Error| WriteError::File { path: path.to_path_buf(), cause };
    let parquet = |e: ParquetError| failed(io::Error::other(e));
    let table = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let days: Vec<bool> = (0..fields.len()).map(|at| typed::only_days(fields, features, at)).collect();
    let geometry = free(fields);
    let schema = schema(fields, &days, &geometry).map_err(parquet)?;
    let geo = geo(features, &geometry, crs).map_err(|e| failed(io::Error::new(io::ErrorKind::InvalidInput, e)))?;
    let level = ZstdLevel::try_new(3).map_err(parquet)?;
    let properties = WriterProperties::builder()
        .set_created_by("evengrid".into())
        .set_compression(Compression::ZSTD(level))
        // no two shapes are alike
        .set_column_dictionary_enabled(ColumnPath::from(geometry.as_str()), false)
        .set_key_value_metadata(Some(vec![KeyValue::new("geo".to_string(), geo)]))
        .build();
    let file = File::create_new(path).map_err(failed)?;
    let mut writer = SerializedFileWriter::new(io::BufWriter::new(file), Arc::new(schema), Arc::new(properties)).map_err(parquet)?;
    for (n, part) in features.chunks(GROUP).enumerate() {
        let mut group = writer.next_row_group().map_err(parquet)?;
        let unfit = |row: usize, detail: String| WriteError::Value { table: table.clone(), record: (n * GROUP + row) as u64 + 1, detail };
        for (at, field) in fields.iter().enumerate() {
            let day = days.get(at).is_some_and(|d| *d);
            let value = |(row, feature)| value(feature, at, field).map_err(|e| unfit(row, e));
            let values: Vec<Value<'_>> = part.iter().enumerate().map(value).collect::<Result<_, _>>()?;
            put_field(&mut group, field.kind, day, &values).map_err(parquet)?;
        }
        let shape = |(row, feature)| shape(feature).map_err(|e| unfit(row, e));
        let shapes: Vec<Option<ByteArray>> = part.iter().enumerate().map(shape).collect::<Result<_, _>>()?;
        put::<ByteArrayType>(&mut group, shapes).map_err(parquet)?;
        group.close().map_err(parquet)?;
    }
    writer.into_inner().map_err(parquet)?.into_inner().map_err(|e| failed(e.into_error()))?.sync_all().map_err(failed)
}

/// A name for the geometry that no field has.
fn free(fields: &[Field]) -> String {
    let mut name = "geometry".to_string();
    while fields.iter().any(|f| f.name == name) {
        name.push('_');
    }
    name
}

fn schema(fields: &[Field], days: &[bool], geometry: &str) -> Result<Type, ParquetError> {
    let column = |name: &str, physical, logical| {
        let column = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL).with_logical_type(logical);
        column.build().map(Arc::new)
    };
    let mut columns = Vec::with_capacity(fields.len() + 1);
    for (field, day) in fields.iter().zip(days) {
        columns.push(match field.kind {
            FieldKind::Integer => column(&field.name, Physical::INT64, None),
            FieldKind::Real => column(&field.name, Physical::DOUBLE, None),
            FieldKind::Flag => column(&field.name, Physical::BOOLEAN, None),
            FieldKind::Date if *day => column(&field.name, Physical::INT32, Some(LogicalType::Date)),
            FieldKind::Text | FieldKind::Date | FieldKind::Other | FieldKind::Nested => {
                column(&field.name, Physical::BYTE_ARRAY, Some(LogicalType::String))
            }
        }?);
    }
    columns.push(column(geometry, Physical::BYTE_ARRAY, None)?);
    Type::group_type_builder("schema").with_fields(columns).build()
}

/// The `geo` metadata.
fn geo(features: &[Feature<'_>], geometry: &str, crs: &Crs<'_>) -> Result<String, serde_json::Error> {
    let mut kinds: Vec<&str> = features.iter().filter_map(|f| wkb::name(&f.geometry.shape, false)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut about = Map::new();
    about.insert("encoding".into(), json!("WKB"));
    about.insert("geometry_types".into(), json!(kinds));
    if let Crs::Projjson(text) = crs {
        about.insert("crs".into(), serde_json::from_str(text)?);
    }
    let all = features.iter().filter_map(|f| f.geometry.bounds());
    if let Some(all) = all.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]) {
        about.insert("bbox".into(), json!(all));
    }
    let mut columns = Map::new();
    columns.insert(geometry.to_string(), Json::Object(about));
    serde_json::to_string(&json!({ "version": "1.1.0", "primary_column": geometry, "columns": columns }))
}

fn value<'a>(feature: &'a Feature<'_>, at: usize, field: &Field) -> Result<Value<'a>, String> {
    match feature.cells.get(at) {
        None => Ok(Value::Nothing),
        Some(cell) => typed::value(cell, field.kind).map_err(|e| format!("field '{}': {e}", field.name)),
    }
}

fn shape(feature: &Feature<'_>) -> Result<Option<ByteArray>, String> {
    let mut bytes = Vec::new();
    match feature.geometry.shape {
        Shape::Other => Err(format!("a geometry of type {} cannot be written", feature.geometry.kind)),
        _ => Ok(wkb::write(&feature.geometry.shape, false, &mut bytes).then(|| ByteArray::from(bytes))),
    }
}

type Group<'a> = SerializedRowGroupWriter<'a, io::BufWriter<File>>;

fn put_field(group: &mut Group<'_>, kind: FieldKind, day: bool, values: &[Value<'_>]) -> Result<(), ParquetError> {
    let text = |v: &Value<'_>| if let Value::Text(t) = v { Some(t.to_string()) } else { None };
    let values = values.iter();
    match kind {
        FieldKind::Integer => put::<Int64Type>(group, values.map(|v| if let Value::Integer(i) = v { Some(*i) } else { None })),
        FieldKind::Real => put::<DoubleType>(group, values.map(|v| if let Value::Real(x) = v { Some(*x) } else { None })),
        FieldKind::Flag => put::<BoolType>(group, values.map(|v| if let Value::Flag(b) = v { Some(*b) } else { None })),
        FieldKind::Date if day => {
            put::<Int32Type>(group, values.map(|v| text(v).and_then(|t| typed::day_number(&t)).and_then(|d| i32::try_from(d).ok())))
        }
        _ => put::<ByteArrayType>(group, values.map(|v| text(v).map(|t| ByteArray::from(t.into_bytes())))),
    }
}

/// Writes the next column of the group.
fn put<T: DataType>(group: &mut Group<'_>, values: impl IntoIterator<Item = Option<T::T>>) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(|| ParquetError::General("more columns than the schema has".into()))?;
    let (mut there, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        there.extend(value);
    }
    column.typed::<T>().write_batch(&there, Some(&levels), None)?;
    column.close()
}
