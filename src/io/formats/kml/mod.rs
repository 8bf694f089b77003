//! Placemarks of KML 2.2, read only: name, description, folder and extended data as text, shapes in longitude and latitude on WGS 84.
//!
//! The file is gone through twice: once for the names of its fields and folders, once to be read. Entities are never expanded and
//! elements never followed by recursion, so that hostile XML costs no more than its length.

mod parse;
#[cfg(test)]
mod tests;

use crate::io::error::ReadError;
use crate::io::formats::feature::{Cell, Declared, Feature, Field, FieldKind, Head, Read, Reading, Record, Sink};
use crate::io::formats::kml::parse::{MAX_FIELDS, Placemark, each_placemark};
use std::collections::HashSet;
use std::path::Path;

/// Fields that every placemark may have.
const OWN: [&str; 3] = ["name", "description", "folder"];

/// Reads the KML at `path` (plain or gzip), called `file` in messages. Folders are its tables, a folder in another is called `outer/inner`;
/// placemarks of the folder that `how.table` names are handed over, or all. Records are numbered over the whole file.
pub(in crate::io) fn read(path: &Path, file: &str, wanted: &[String], how: &Reading, sink: &mut dyn Sink) -> Result<Read, ReadError> {
    let mut head = Head { crs: Declared::Epsg(4326), encoding: Some("UTF-8 (XML)".into()), ..Head::default() };
    let (mut own, mut names, mut seen) = ([false; 3], Vec::<String>::new(), HashSet::<String>::new());
    let (mut count, mut folders) = (0, HashSet::new());
    each_placemark(path, file, false, |_, placemark| {
        for (there, name) in own.iter_mut().zip(OWN) {
            *there |= placemark.own(name).is_some();
        }
        for (name, _) in &placemark.data {
            if names.len() < MAX_FIELDS && !seen.contains(name) {
                seen.insert(name.clone());
                names.push(name.clone());
            }
        }
        if !placemark.folder.is_empty() && head.tables.len() < MAX_FIELDS && !folders.contains(&placemark.folder) {
            folders.insert(placemark.folder.clone());
            head.tables.push(placemark.folder.clone());
        }
        count += u64::from(placemark.is_in(how.table.as_deref()));
        Ok(())
    })?;
    if let Some(table) = how.table.as_ref().filter(|_| count == 0) {
        let (found, remedy) = (format!("no placemark in a folder '{table}'"), format!("its folders are {}", head.tables.join(", ")));
        return Err(ReadError::Format { file: file.into(), found, remedy });
    }
    if names.len() == MAX_FIELDS {
        head.remarks.push(format!("it has more than {MAX_FIELDS} fields; the others are not listed"));
    }
    let listed = own.iter().zip(OWN).filter(|(there, name)| **there && !names.iter().any(|n| n == name)).map(|(_, name)| name.to_string());
    head.fields = listed.chain(names.iter().cloned()).map(|name| Field { name, kind: FieldKind::Text }).collect();
    head.features = Some(count);
    sink.head(&head)?;

    let digest = each_placemark(path, file, true, |record, placemark| {
        if !placemark.is_in(how.table.as_deref()) {
            return Ok(());
        }
        if let Some(why) = &placemark.trouble {
            return sink.record(record, Record::Malformed(why.clone()));
        }
        let geometry = std::mem::take(&mut placemark.parts).geometry();
        let placemark: &Placemark = placemark;
        let cell = |name: &String| match placemark.value(name).map(str::trim) {
            Some(text) if !text.is_empty() => Cell::Text(text.into()),
            _ => Cell::Missing,
        };
        let id = placemark.id.as_deref().map_or(Cell::Missing, |id| Cell::Text(id.into()));
        sink.record(record, Record::Feature(Feature { id, cells: wanted.iter().map(cell).collect(), geometry }))
    })?;
    Ok(Read { digest, features: count, ..Read::default() })
}
