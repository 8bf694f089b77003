//! The files of a plan: written for other programs, read back to be judged.

use crate::plan::{Plan, PlanStation, Report};
use crate::recipe::Tree;
use crate::territory::lattice::{Pt, Rings};
use serde::Serialize;
use std::fmt::Write;

/// A coordinate in degrees, exact: lattice steps with the point set.
fn degrees(out: &mut String, steps: i64) {
    let (whole, part) = (steps.unsigned_abs() / 1_000_000_000, steps.unsigned_abs() % 1_000_000_000);
    if steps < 0 {
        out.push('-');
    }
    let _ = write!(out, "{whole}");
    if part > 0 {
        let digits = format!("{part:09}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
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
pub fn collection<P: Serialize>(name: &str, rows: &[P], land: &[Vec<Rings>], id: impl Fn(&P) -> &str) -> serde_json::Result<String> {
    let mut out = format!("{{\"type\":\"FeatureCollection\",\"name\":\"{name}\",\"features\":[\n");
    for (i, (row, land)) in rows.iter().zip(land).enumerate() {
        let _ = write!(
            out,
            "{{\"type\":\"Feature\",\"id\":{},\"properties\":{},\"geometry\":",
            serde_json::to_string(id(row))?,
            serde_json::to_string(row)?
        );
        geometry(&mut out, land);
        out.push_str(if i + 1 < rows.len() { "},\n" } else { "}\n" });
    }
    out.push_str("]}\n");
    Ok(out)
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
    Ok(serde_json::to_string(plan)? + "\n")
}

/// `report.json`.
pub fn report_json(report: &Report) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

/// One CSV field, quoted where needed.
pub fn csv_field(out: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
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
    let mut out = String::from("\u{feff}entity_id,grid_id,zone_id,rule,evidence,runner_up\r\n");
    let grid = |g: Option<u32>| g.and_then(|g| plan.grids.get(g as usize));
    for a in &plan.attachments {
        let own = grid(a.grid);
        csv_field(&mut out, &a.entity);
        for text in [own.map_or("", |g| &g.grid_id), own.map_or("", |g| &g.zone_id), a.rule.name()] {
            out.push(',');
            csv_field(&mut out, text);
        }
        let _ = write!(out, ",{},", a.distance_m.map_or(String::new(), |d| format!("{d:.2}")));
        csv_field(&mut out, grid(a.runner_up).map_or("", |g| &g.grid_id));
        out.push_str("\r\n");
    }
    out
}
