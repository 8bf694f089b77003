//! Tables of places, sites, distances and facilities.

use super::error::ReadError;
use super::layers::{Located, locate};
use super::table::{Column, LAT, LON, TableRow, read_table};
use crate::finding::{Finding, Severity, few};
use crate::measure::Load;
use crate::recipe::{FacilityRule, LayerSource};
use crate::staffing::facilities::Facility;
use crate::staffing::hubs::{Distances, HubPlace, HubSite};
use crate::territory::lattice::Pt;
use std::collections::BTreeSet;
use std::path::Path;

/// What a table of places or sites holds, with what was wrong by record:
///
/// | code | meaning |
/// |---|---|
/// | `id-missing`, `id-repeated` | a row without id, or with one that stands there before; not taken |
/// | `position-missing` | no longitude and latitude that can be used; left out where positions are needed, else taken without |
/// | `value-unreadable` | a number that is none, below 0 or too large; the message says what holds instead |
/// | `weight-missing` | a place without weight counts 1 |
/// | `weights-absent` | no place has a weight, each counts 1 |
/// | `distance-repeated` | another distance between the same two; the first holds |
/// | `facilities-absent` | no point of interest has a kind of the rule |
pub type Read<T> = Result<(T, Vec<Finding>), ReadError>;

/// Rows with ids, and the findings about them.
struct Rows<'a> {
    file: &'a str,
    columns: &'a [Column],
    ids: BTreeSet<String>,
    findings: Vec<Finding>,
}

impl Rows<'_> {
    fn tell(&mut self, severity: Severity, code: &str, row: &TableRow, message: String) {
        self.findings.push(Finding::new(severity, code, message).file(self.file).record(row.record));
    }

    /// The id in the first cell, if it is new.
    fn id(&mut self, row: &TableRow) -> Option<String> {
        let id = row.cells[0].clone();
        if id.is_empty() {
            self.tell(Severity::Violation, "id-missing", row, "the row has no id and is not taken".into());
            return None;
        }
        if !self.ids.insert(id.clone()) {
            self.tell(Severity::Violation, "id-repeated", row, format!("'{id}' stands there before; this row is not taken"));
            return None;
        }
        Some(id)
    }

    /// A number of 0 or more that `take` takes; what is none is told, with what is done `instead`.
    fn amount<T>(&mut self, row: &TableRow, column: usize, instead: &str, take: impl Fn(f64) -> Option<T>) -> Option<T> {
        let cell = &row.cells[column];
        let number = cell.parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0).and_then(take);
        if number.is_none() && !cell.is_empty() {
            let message = format!("{} '{cell}' is no number of 0 or more that can be counted with; {instead}", self.columns[column].name);
            self.tell(Severity::Warning, "value-unreadable", row, message);
        }
        number
    }

    /// A load: none where the cell is empty, 0 where it cannot be read, so that a slip of the pen neither weighs nor holds anything.
    fn load_or_zero(&mut self, row: &TableRow, column: usize) -> Option<Load> {
        let zero = (!row.cells[column].is_empty()).then_some(Load::ZERO);
        self.amount(row, column, &format!("'{}' has 0", row.cells[0]), Load::from_units).or(zero)
    }

    /// Longitude and latitude in the second and third cell; a row that has and needs neither is no more than noted.
    fn position(&mut self, row: &TableRow, needed: bool, instead: &str) -> Option<Pt> {
        let [lon, lat] = [&row.cells[1], &row.cells[2]];
        let numbers = lon.parse::<f64>().ok().zip(lat.parse::<f64>().ok());
        let at = numbers.and_then(|(x, y)| Pt::from_lon_lat(x, y));
        if at.is_none() {
            let swapped = numbers.is_some_and(|(x, y)| Pt::from_lon_lat(y, x).is_some());
            let hint = if swapped { " (are they swapped?)" } else { "" };
            let message = format!("lon '{lon}', lat '{lat}' is no longitude and latitude{hint}; {instead}");
            let empty = lon.is_empty() && lat.is_empty();
            self.tell(if empty && !needed { Severity::Info } else { Severity::Warning }, "position-missing", row, message);
        }
        at
    }
}

fn rows<'a>(path: &Path, file: &'a str, columns: &'a [Column]) -> Result<(Vec<TableRow>, Rows<'a>), ReadError> {
    let (rows, findings) = read_table(path, file, columns)?;
    Ok((rows, Rows { file, columns, ids: BTreeSet::new(), findings }))
}

/// What becomes of a row without position.
fn without(located: bool) -> &'static str {
    if located { "left out" } else { "taken without, which only the table of distances can make good" }
}

/// Places from `id`, `lon`, `lat` and `weight`; `located`: what has no position is left out, as no table of distances stands in for it.
pub fn read_places(path: &Path, file: &str, located: bool) -> Read<Vec<HubPlace>> {
    let position = |name| if located { Column::needed(name) } else { Column::optional(name) };
    let columns = [Column::needed("id"), position(LON), position(LAT), Column::optional("weight")];
    let (table, mut rows) = rows(path, file, &columns)?;
    let weighed = table.iter().any(|r| !r.cells[3].is_empty());
    let mut places = Vec::new();
    for row in &table {
        let Some(id) = rows.id(row) else { continue };
        let at = rows.position(row, located, without(located)).map(Pt::lon_lat);
        if located && at.is_none() {
            continue;
        }
        let weight = rows.load_or_zero(row, 3).unwrap_or_else(|| {
            if weighed {
                rows.tell(Severity::Warning, "weight-missing", row, format!("'{id}' has no weight and counts 1"));
            }
            Load(Load::PER_UNIT)
        });
        places.push(HubPlace { id, at, weight });
    }
    if !weighed && !places.is_empty() {
        rows.findings.push(Finding::new(Severity::Info, "weights-absent", "no place has a weight; each counts 1").file(file));
    }
    Ok((places, rows.findings))
}

/// Candidate sites from `id`, `lon`, `lat`, `capacity` and `pinned` (yes, true or 1); `located` as for places.
pub fn read_sites(path: &Path, file: &str, located: bool) -> Read<Vec<HubSite>> {
    let position = |name| if located { Column::needed(name) } else { Column::optional(name) };
    let columns = [Column::needed("id"), position(LON), position(LAT), Column::optional("capacity"), Column::optional("pinned")];
    let (table, mut rows) = rows(path, file, &columns)?;
    let mut sites = Vec::new();
    for row in &table {
        let Some(id) = rows.id(row) else { continue };
        let at = rows.position(row, located, without(located)).map(Pt::lon_lat);
        if located && at.is_none() {
            continue;
        }
        let (capacity, pinned) = (rows.load_or_zero(row, 3), flag(&row.cells[4]) == Some(true));
        sites.push(HubSite { id, at, capacity, pinned });
    }
    Ok((sites, rows.findings))
}

/// Distances from `from` (place), `to` (site) and `distance_km`, in metres.
pub fn read_distances(path: &Path, file: &str) -> Read<Distances> {
    let columns = [Column::needed("from"), Column::needed("to"), Column::needed("distance_km")];
    let (table, mut rows) = rows(path, file, &columns)?;
    let mut distances = Distances::new();
    for row in &table {
        let Some(km) = rows.amount(row, 2, "the row is not taken", Some) else {
            if row.cells[2].is_empty() {
                rows.tell(Severity::Warning, "value-unreadable", row, "the row has no distance and is not taken".into());
            }
            continue;
        };
        let key = (row.cells[0].clone(), row.cells[1].clone());
        match distances.get(&key).copied() {
            None => {
                distances.insert(key, 1000.0 * km);
            }
            Some(before) if before == 1000.0 * km => {}
            Some(before) => {
                let message = format!("'{}' to '{}' was {} km before, which holds; this says {km} km", key.0, key.1, before / 1000.0);
                rows.tell(Severity::Warning, "distance-repeated", row, message);
            }
        }
    }
    Ok((distances, rows.findings))
}

/// Facilities of a rule among the points of interest of a folder of layers; none where there is no such layer.
pub fn read_facilities(folder: &Path, pois: &LayerSource, rule: &FacilityRule) -> Read<Vec<Facility>> {
    let Some(Located { path, file, .. }) = locate(folder, pois) else {
        let finding = Finding::new(Severity::Warning, "layer-absent", "no points of interest; there are no facilities").file(&pois.file);
        return Ok((Vec::new(), vec![finding]));
    };
    // a property that the recipe does not name is one that no file has
    let named = |name: &Option<String>| Column::optional(name.as_deref().unwrap_or_default());
    let columns = [
        Column::optional(pois.property("id")),
        Column::optional(LON),
        Column::optional(LAT),
        Column::optional(pois.property("kind")),
        named(&rule.capacity),
        named(&rule.in_service),
    ];
    let (table, mut rows) = rows(&path, &file, &columns)?;
    let mut facilities = Vec::new();
    for row in table.iter().filter(|r| rule.is_about(&r.cells[3])) {
        let Some(id) = rows.id(row) else { continue };
        let Some(at) = rows.position(row, true, "the facility is not taken") else { continue };
        let in_service = flag(&row.cells[5]);
        if in_service.is_none() && !row.cells[5].is_empty() {
            let message = format!("{} '{}' is neither yes nor no; taken as missing", columns[5].name, row.cells[5]);
            rows.tell(Severity::Warning, "value-unreadable", row, message);
        }
        let capacity = rows.amount(row, 4, "taken as missing", Load::from_units);
        facilities.push(Facility { id, at, capacity, in_service });
    }
    if !table.iter().any(|r| rule.is_about(&r.cells[3])) {
        let kinds: BTreeSet<&str> = table.iter().map(|r| r.cells[3].as_str()).filter(|k| !k.is_empty()).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let message = format!(
            "no point of interest is of kind {}, so that there are no facilities.{}; the kinds there are: {}",
            few(&rule.kinds),
            rule.name,
            if kinds.is_empty() { "none".into() } else { few(&kinds) }
        );
        rows.findings.push(Finding::new(Severity::Warning, "facilities-absent", message).file(&file).id(&rule.name));
    }
    Ok((facilities, rows.findings))
}

/// Yes or no.
fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Some(true),
        "false" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::testing::Folder;

    #[test]
    fn every_row_is_taken_or_told() {
        let folder = Folder::new();
        folder.write("places.csv", "id,lon,lat,weight\na,120,31,5\na,121,31,5\n,120,31,5\nb,200,31,x\nc,,,\nd,120,32,-1\n");
        let (places, findings) = read_places(&folder.path().join("places.csv"), "places.csv", false).unwrap();
        assert_eq!(
            places.iter().map(|p| (p.id.as_str(), p.weight.units())).collect::<Vec<_>>(),
            [("a", 5.0), ("b", 0.0), ("c", 1.0), ("d", 0.0)]
        );
        let told = |code: &str| findings.iter().filter(|f| f.code == code).filter_map(|f| f.subject.record).collect::<Vec<_>>();
        assert_eq!((told("id-repeated"), told("id-missing")), (vec![2], vec![3]));
        assert_eq!((told("position-missing"), told("value-unreadable"), told("weight-missing")), (vec![4, 5], vec![4, 6], vec![5]));
        folder.write("far.csv", "from;to;distance_km\r\na;b;1.5\r\na;b;2\r\na;c;\r\na;b;1.5\r\n");
        let (distances, findings) = read_distances(&folder.path().join("far.csv"), "far.csv").unwrap();
        assert_eq!(distances.into_iter().collect::<Vec<_>>(), [(("a".to_string(), "b".to_string()), 1500.0)]);
        assert_eq!(
            findings.iter().map(|f| (f.code.as_str(), f.subject.record)).collect::<Vec<_>>(),
            [("distance-repeated", Some(2)), ("value-unreadable", Some(3))]
        );
    }
}
