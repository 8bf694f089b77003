//! The files of a plan: written for other programs, read back to be judged.

use super::rows::{array, decimal, digits, hundredths, json, rows, text};
use crate::plan::{Plan, PlanAttachment, PlanFabric, PlanGrid, PlanLevel, PlanShare, PlanStation, PlanZone, Provenance, Report};
use crate::recipe::Tree;
use crate::territory::lattice::{Pt, Rings};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write};

/// A coordinate in degrees, exact: lattice steps with the point set.
fn degrees(out: &mut String, steps: i64) {
    if steps < 0 {
        out.push('-');
    }
    decimal(out, steps.unsigned_abs(), 9, 0);
}

fn position(out: &mut String, p: Pt) {
    out.push('[');
    degrees(out, p.x);
    out.push(',');
    degrees(out, p.y);
    out.push(']');
}

fn geometry(out: &mut String, land: &[Rings]) {
    let (kind, single) = if land.len() == 1 { ("Polygon", true) } else { ("MultiPolygon", false) };
    let _ = write!(out, "{{\"type\":\"{kind}\",\"coordinates\":");
    if !single {
        out.push('[');
    }
    for (i, rings) in land.iter().enumerate() {
        out.push_str(if i > 0 { ",[" } else { "[" });
        for (k, ring) in rings.iter().enumerate() {
            out.push_str(if k > 0 { ",[" } else { "[" });
            for p in ring {
                position(out, *p);
                out.push(',');
            }
            position(out, ring[0]);
            out.push(']');
        }
        out.push(']');
    }
    if !single {
        out.push(']');
    }
    out.push('}');
}

/// A feature collection after RFC 7946, one feature per line, WGS 84: `rows` as properties, `land` as polygons (outer ring
/// counter-clockwise, then holes).
pub fn collection<P: Serialize + Sync>(
    name: &str,
    rows: &[P],
    land: &[Vec<Rings>],
    id: impl Fn(&P) -> &str + Sync,
) -> serde_json::Result<String> {
    text(|out| put_collection(out, name, rows, land, id))
}

pub(super) fn put_collection<P: Serialize + Sync>(
    out: &mut dyn Write,
    name: &str,
    all: &[P],
    land: &[Vec<Rings>],
    id: impl Fn(&P) -> &str + Sync,
) -> io::Result<()> {
    writeln!(out, "{{\"type\":\"FeatureCollection\",\"name\":\"{name}\",\"features\":[")?;
    let features = &all[..all.len().min(land.len())];
    rows(out, features, |text, i, row| {
        text.push_str("{\"type\":\"Feature\",\"id\":");
        json(text, &id(row))?;
        text.push_str(",\"properties\":");
        json(text, row)?;
        text.push_str(",\"geometry\":");
        geometry(text, &land[i]);
        text.push_str(if i + 1 < all.len() { "},\n" } else { "}\n" });
        Ok(())
    })?;
    out.write_all(b"]}\n")
}

/// `grids.geojson`.
pub fn grids_geojson(plan: &Plan) -> serde_json::Result<String> {
    collection("grids", &plan.grids, &plan.grid_land(), |g| &g.grid_id)
}

/// `zones.geojson`.
pub fn zones_geojson(plan: &Plan) -> serde_json::Result<String> {
    collection("zones", &plan.zones, &plan.zone_land(), |z| &z.zone_id)
}

/// `stations.csv`, UTF-8 with BOM: the home zone of every station and the share of what it serves that lies in it.
pub fn stations_csv(plan: &Plan) -> String {
    let mut out = String::from("\u{feff}station_id,name,zone_id,share,households,area_m2\r\n");
    for s in &plan.stations {
        for text in [&s.station_id, &s.name, s.zone_id.as_ref().unwrap_or(&String::new())] {
            csv_field(&mut out, text);
            out.push(',');
        }
        let _ = write!(out, "{},{},{}\r\n", s.share, s.households, s.area_m2);
    }
    out
}

/// `levels.csv`, UTF-8 with BOM: every area above the grids with the area that it belongs to and its sums.
pub fn levels_csv(plan: &Plan) -> String {
    let mut out = String::from("\u{feff}tree,level,area_id,code,name,parent,divisions,grids,households,area_m2\r\n");
    for level in &plan.levels {
        for a in &level.areas {
            let tree = if level.tree == Tree::Reporting { "reporting" } else { "supervision" };
            let known = |text: &Option<String>| text.clone().unwrap_or_default();
            for text in [tree, &level.name, &a.area_id, &known(&a.code), &a.name, &known(&a.parent)] {
                csv_field(&mut out, text);
                out.push(',');
            }
            let _ = write!(out, "{},{},{},{}\r\n", a.divisions.len(), a.grids.len(), a.households, a.area_m2);
        }
    }
    out
}

/// Land of one station, as a row of `coverage.geojson`.
#[derive(Serialize)]
pub struct Cell<'a> {
    /// Its home zone and how much it serves.
    #[serde(flatten)]
    pub station: &'a PlanStation,
    /// Area of it within the station's radius and beam, m².
    pub reached_m2: f64,
}

/// `coverage.geojson`: `cells` are the position of a station, its land, and the area of it within radius and beam.
pub fn coverage_geojson(plan: &Plan, cells: Vec<(u32, Vec<Rings>, f64)>) -> serde_json::Result<String> {
    let known =
        cells.into_iter().filter_map(|(s, land, reached_m2)| Some((Cell { station: plan.stations.get(s as usize)?, reached_m2 }, land)));
    let (rows, land): (Vec<Cell<'_>>, Vec<_>) = known.unzip();
    collection("coverage", &rows, &land, |c| &c.station.station_id)
}

/// `plan.json`, schema version first.
pub fn plan_json(plan: &Plan) -> serde_json::Result<String> {
    text(|out| put_plan_json(out, plan))
}

/// A [`Plan`] as it serialises, its long lists by chunks.
pub(super) fn put_plan_json(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    #[derive(Serialize)]
    struct Head<'a> {
        schema: u32,
        provenance: &'a Provenance,
        next_serial: u32,
        next_zone_serial: u32,
        zones: &'a [PlanZone],
        #[serde(skip_serializing_if = "<[PlanLevel]>::is_empty")]
        levels: &'a [PlanLevel],
        grids: &'a [PlanGrid],
        #[serde(skip_serializing_if = "<[PlanStation]>::is_empty")]
        stations: &'a [PlanStation],
        #[serde(skip_serializing_if = "<[Vec<PlanShare>]>::is_empty")]
        served: &'a [Vec<PlanShare>],
    }
    let Plan { schema, provenance, next_serial, next_zone_serial, zones, levels, grids, stations, served, fabric, attachments } = plan;
    let (schema, next_serial, next_zone_serial) = (*schema, *next_serial, *next_zone_serial);
    let head = serde_json::to_string(&Head { schema, provenance, next_serial, next_zone_serial, zones, levels, grids, stations, served })?;
    let PlanFabric { classes, units, arcs } = fabric;
    write!(out, "{},\"fabric\":{{\"classes\":{},\"units\":", head.strip_suffix('}').unwrap_or(&head), serde_json::to_string(classes)?)?;
    array(out, units, json)?;
    out.write_all(b",\"arcs\":")?;
    array(out, arcs, json)?;
    out.write_all(b"},\"attachments\":")?;
    array(out, attachments, attachment)?;
    out.write_all(b"}\n")
}

/// An attachment as it serialises: most of what a plan holds.
fn attachment(out: &mut String, a: &PlanAttachment) -> serde_json::Result<()> {
    let PlanAttachment { entity, grid, rule, distance_m, runner_up } = a;
    let number = |out: &mut String, n: Option<u32>| match n {
        Some(n) => digits(out, n.into(), 1),
        None => out.push_str("null"),
    };
    out.push_str("{\"entity\":");
    if entity.bytes().all(|b| b >= b' ' && !matches!(b, b'"' | b'\\')) {
        out.extend(["\"", entity, "\""]);
    } else {
        json(out, entity)?;
    }
    out.push_str(",\"grid\":");
    number(out, *grid);
    out.extend([",\"rule\":\"", rule.name(), "\",\"distance_m\":"]);
    match distance_m.map(|d| (d, hundredths(d))) {
        Some((_, Some(steps))) => decimal(out, steps, 2, 1),
        Some((d, None)) => json(out, &d)?,
        None => out.push_str("null"),
    }
    out.push_str(",\"runner_up\":");
    number(out, *runner_up);
    out.push('}');
    Ok(())
}

/// `report.json`.
pub fn report_json(report: &Report) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

/// One CSV field, quoted where needed.
pub fn csv_field(out: &mut String, text: &str) {
    if text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        let _ = write!(out, "\"{}\"", text.replace('"', "\"\""));
    } else {
        out.push_str(text);
    }
}

/// A row of CSV.
fn csv_row<T: AsRef<str>>(out: &mut String, cells: &[T]) {
    for (at, cell) in cells.iter().enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        csv_field(out, cell.as_ref());
    }
    out.push_str("\r\n");
}

/// A table, UTF-8 with BOM: a header and rows.
pub(super) fn csv_table<T: AsRef<str>>(header: &[&str], rows: impl IntoIterator<Item = Vec<T>>) -> String {
    let mut out = String::from('\u{feff}');
    csv_row(&mut out, header);
    rows.into_iter().for_each(|cells| csv_row(&mut out, &cells));
    out
}

/// `attachments.csv`, UTF-8 with BOM. `evidence` is the distance to the nearest border of a grid in metres,
/// `runner_up` the grid beyond it.
pub fn attachments_csv(plan: &Plan) -> String {
    // strings and numbers always make rows
    text(|out| put_attachments_csv(out, plan)).unwrap_or_default()
}

pub(super) fn put_attachments_csv(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    out.write_all("\u{feff}entity_id,grid_id,zone_id,rule,evidence,runner_up\r\n".as_bytes())?;
    // as they stand in a row of the grid
    let ids = |g: &PlanGrid| {
        let mut ids = String::new();
        csv_field(&mut ids, &g.grid_id);
        ids.push(',');
        csv_field(&mut ids, &g.zone_id);
        ids
    };
    let own: Vec<String> = plan.grids.iter().map(ids).collect();
    let beyond = |g: u32| plan.grids.get(g as usize).map(|g| g.grid_id.as_str());
    rows(out, &plan.attachments, |text, _, a| {
        csv_field(text, &a.entity);
        text.extend([",", a.grid.and_then(|g| own.get(g as usize)).map_or(",", String::as_str), ",", a.rule.name(), ","]);
        match a.distance_m.map(|d| (d, hundredths(d))) {
            Some((_, Some(steps))) => decimal(text, steps, 2, 2),
            Some((d, None)) => drop(write!(text, "{d:.2}")),
            None => {}
        }
        text.push(',');
        csv_field(text, a.runner_up.and_then(beyond).unwrap_or_default());
        text.push_str("\r\n");
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_are_written_as_they_serialise() {
        let distances = [Some(0.0), Some(0.05), Some(12.0), Some(12.3), Some(76.35), Some(1e9 / 7.0), Some(1e300), Some(-1.5), None];
        for (n, distance_m) in (0..).zip(distances) {
            for entity in ["h1", "", "路\"\\\n\u{1}", "\u{7f}/"] {
                for (rule, grid) in [("location", Some(n)), ("nearest", Some(u32::MAX)), ("unassigned", None)] {
                    let rule = serde_json::from_value(rule.into()).unwrap();
                    let a = PlanAttachment {
                        entity: entity.into(),
                        grid,
                        rule,
                        distance_m,
                        runner_up: Some(n).filter(|n| n.is_multiple_of(2)),
                    };
                    let mut text = String::new();
                    attachment(&mut text, &a).unwrap();
                    assert_eq!(text, serde_json::to_string(&a).unwrap());
                }
            }
        }
    }
}
