//! Properties of a FlatGeobuf feature: column numbers, each before its value.

use crate::io::formats::feature::{Cell, Field, FieldKind};
use flatbuffers::{ForwardsUOffset, Vector};
use flatgeobuf::{Column, ColumnType};
use std::borrow::Cow;

type Schema<'a> = Option<Vector<'a, ForwardsUOffset<Column<'a>>>>;

/// Why properties could not be read.
pub(in crate::io) enum Fault {
    Damaged(String),
    /// The field, and what is wrong with its value.
    Value(String, String),
}

/// The fields of a schema.
pub(in crate::io) fn fields(schema: Schema<'_>) -> Vec<Field> {
    schema.iter().flatten().map(|c| Field { name: c.name().to_string(), kind: kind(c.type_()) }).collect()
}

fn kind(column: ColumnType) -> FieldKind {
    match column {
        ColumnType::Bool => FieldKind::Flag,
        ColumnType::Float | ColumnType::Double => FieldKind::Real,
        ColumnType::String => FieldKind::Text,
        ColumnType::DateTime => FieldKind::Date,
        ColumnType::Json | ColumnType::Binary => FieldKind::Other,
        _ => FieldKind::Integer,
    }
}

/// Columns of a schema, each with the positions among the wanted ones that its value goes to.
pub(in crate::io) struct Columns(Vec<(ColumnType, Vec<usize>, String)>);

impl Columns {
    pub(in crate::io) fn new(schema: Schema<'_>, wanted: &[String]) -> Columns {
        let slots = |name: &str| wanted.iter().enumerate().filter(|(_, w)| *w == name).map(|(i, _)| i).collect();
        Columns(schema.iter().flatten().map(|c| (c.type_(), slots(c.name()), c.name().to_string())).collect())
    }

    /// Decodes the wanted values.
    pub(in crate::io) fn decode<'a>(&self, mut bytes: &'a [u8], cells: &mut [Cell<'a>]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            let at = u16::from_le_bytes(array(&mut bytes)?);
            let Some((column, slots, name)) = self.0.get(usize::from(at)) else {
                return Err(Fault::Damaged(format!("a value of column {at}, but there are {} columns", self.0.len())));
            };
            let value = value(*column, &mut bytes, !slots.is_empty()).map_err(|fault| match fault {
                Fault::Value(_, detail) => Fault::Value(name.clone(), detail),
                fault => fault,
            })?;
            for slot in slots {
                if let Some(cell) = cells.get_mut(*slot) {
                    cell.clone_from(&value);
                }
            }
        }
        Ok(())
    }
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Fault> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or_else(cut)?;
    *bytes = rest;
    Ok(*head)
}

fn cut() -> Fault {
    Fault::Damaged("the properties are cut off".into())
}

/// Takes one value off `bytes`; text is only decoded where it is wanted.
fn value<'a>(column: ColumnType, bytes: &mut &'a [u8], wanted: bool) -> Result<Cell<'a>, Fault> {
    Ok(match column {
        ColumnType::Byte => Cell::Integer(i8::from_le_bytes(array(bytes)?).into()),
        ColumnType::UByte => Cell::Integer(u8::from_le_bytes(array(bytes)?).into()),
        ColumnType::Bool => Cell::Flag(array::<1>(bytes)? != [0]),
        ColumnType::Short => Cell::Integer(i16::from_le_bytes(array(bytes)?).into()),
        ColumnType::UShort => Cell::Integer(u16::from_le_bytes(array(bytes)?).into()),
        ColumnType::Int => Cell::Integer(i32::from_le_bytes(array(bytes)?).into()),
        ColumnType::UInt => Cell::Integer(u32::from_le_bytes(array(bytes)?).into()),
        ColumnType::Long => Cell::Integer(i64::from_le_bytes(array(bytes)?)),
        ColumnType::ULong => {
            let n = u64::from_le_bytes(array(bytes)?);
            i64::try_from(n).map_or_else(|_| Cell::Text(Cow::Owned(n.to_string())), Cell::Integer)
        }
        ColumnType::Float => Cell::Real(f32::from_le_bytes(array(bytes)?).into()),
        ColumnType::Double => Cell::Real(f64::from_le_bytes(array(bytes)?)),
        ColumnType::String | ColumnType::Json | ColumnType::DateTime | ColumnType::Binary => {
            let length = u32::from_le_bytes(array(bytes)?) as usize;
            let (text, rest) = bytes.split_at_checked(length).ok_or_else(cut)?;
            *bytes = rest;
            match wanted {
                false => Cell::Missing,
                true if column == ColumnType::Binary => {
                    return Err(Fault::Value(String::new(), "it holds binary data; choose a field of text or numbers".into()));
                }
                true => {
                    let utf8 = std::str::from_utf8(text).map_err(|e| {
                        let detail = format!("the text is not valid UTF-8 ({e}); export the file again with its encoding set right");
                        Fault::Value(String::new(), detail)
                    })?;
                    Cell::Text(Cow::Borrowed(utf8))
                }
            }
        }
        other => return Err(Fault::Damaged(format!("a column of the type {}, which is not known", other.0))),
    })
}
