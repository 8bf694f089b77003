//! Files about hubs and facilities. Tables are UTF-8 with BOM and CRLF, maps are GeoJSON after RFC 7946.

use super::plan_files::csv_table;
use crate::staffing::facilities::{AreaNeed, FacilityReport};
use crate::staffing::hubs::{HubPlace, HubPlan, HubSite};
use serde_json::{Value, json};
use std::fmt::Write;

fn maybe(number: Option<f64>) -> String {
    number.map_or(String::new(), |x| x.to_string())
}

/// `hubs.csv`.
pub fn hubs_csv(plan: &HubPlan) -> String {
    let row = |h: &crate::staffing::hubs::Hub| {
        let (far, total) = (format!("{:.3}", h.farthest_km), format!("{:.3}", h.weighted_km));
        vec![
            h.hub_id.clone(),
            h.pinned.to_string(),
            h.places.to_string(),
            h.load.to_string(),
            maybe(h.capacity),
            h.overrun.to_string(),
            total,
            far,
        ]
    };
    csv_table(&["hub_id", "pinned", "places", "load", "capacity", "overrun", "weighted_km", "farthest_km"], plan.hubs.iter().map(row))
}

/// `served.csv` of hubs.
pub fn hub_served_csv(plan: &HubPlan) -> String {
    let row = |s: &crate::staffing::hubs::HubService| {
        vec![s.place_id.clone(), s.hub_id.clone(), s.weight.to_string(), format!("{:.3}", s.distance_km), s.beyond.to_string()]
    };
    csv_table(&["place_id", "hub_id", "weight", "distance_km", "beyond"], plan.served.iter().map(row))
}

fn feature(id: &str, properties: Value, geometry: Value) -> Value {
    json!({"type": "Feature", "id": id, "properties": properties, "geometry": geometry})
}

fn point(at: [f64; 2]) -> Value {
    json!({"type": "Point", "coordinates": at})
}

fn collection(name: &str, features: Vec<Value>) -> String {
    let mut out = format!("{{\"type\":\"FeatureCollection\",\"name\":\"{name}\",\"features\":[\n");
    for (i, f) in features.iter().enumerate() {
        let _ = writeln!(out, "{f}{}", if i + 1 < features.len() { "," } else { "" });
    }
    out + "]}\n"
}

/// `hubs.geojson`: hubs and places as points, who serves whom as lines; what has no position is left out.
pub fn hubs_geojson(plan: &HubPlan, places: &[HubPlace], sites: &[HubSite]) -> serde_json::Result<String> {
    let mut features = Vec::new();
    for h in &plan.hubs {
        if let Some(at) = sites[h.site].at {
            let mut properties = serde_json::to_value(h)?;
            properties["kind"] = "hub".into();
            features.push(feature(&format!("hub-{}", h.hub_id), properties, point(at)));
        }
    }
    for s in &plan.served {
        if let Some((from, to)) = places[s.place].at.zip(sites[s.site].at) {
            let mut properties = serde_json::to_value(s)?;
            properties["kind"] = "place".into();
            features.push(feature(&format!("place-{}-{}", s.place_id, s.hub_id), properties.clone(), point(from)));
            if from != to {
                properties["kind"] = "served".into();
                let line = json!({"type": "LineString", "coordinates": [from, to]});
                features.push(feature(&format!("served-{}-{}", s.place_id, s.hub_id), properties, line));
            }
        }
    }
    Ok(collection("hubs", features))
}

/// `hubs.csv` of facilities: what each holds and serves.
pub fn facilities_csv(reports: &[FacilityReport]) -> String {
    let row = |r: &FacilityReport, f: &crate::staffing::facilities::FacilityUse| {
        let known = f.in_service.map_or("unknown".to_string(), |yes| yes.to_string());
        vec![
            r.name.clone(),
            f.facility_id.clone(),
            f.place[0].to_string(),
            f.place[1].to_string(),
            known,
            maybe(f.capacity),
            f.in_reach.to_string(),
            f.served.to_string(),
        ]
    };
    let rows = reports.iter().flat_map(|r| r.facilities.iter().map(move |f| row(r, f)));
    csv_table(&["facilities", "facility_id", "lon", "lat", "in_service", "capacity", "in_reach", "served"], rows)
}

/// `served.csv` of facilities.
pub fn facility_served_csv(reports: &[FacilityReport]) -> String {
    let rows = reports.iter().flat_map(|r| {
        r.served
            .iter()
            .map(|s| vec![r.name.clone(), s.demand_id.clone(), s.facility_id.clone(), s.amount.to_string(), s.distance_m.to_string()])
    });
    csv_table(&["facilities", "demand_id", "facility_id", "amount", "distance_m"], rows)
}

/// `deficits.csv`: every grid and division.
pub fn deficits_csv(reports: &[FacilityReport]) -> String {
    let row = |name: &str, level: &str, a: &AreaNeed| {
        let numbers = [a.demand, a.reached, a.reached_at_most, a.served, a.deficit].map(|x| x.to_string());
        let mut row = vec![name.to_string(), level.to_string(), a.area_id.clone()];
        row.extend(numbers);
        row.extend([format!("{:.4}", a.share), a.below.to_string()]);
        row
    };
    let rows = reports.iter().flat_map(|r| {
        let grids = r.grids.iter().map(|a| row(&r.name, "grid", a));
        grids.chain(r.divisions.iter().map(|a| row(&r.name, "division", a))).collect::<Vec<_>>()
    });
    csv_table(
        &["facilities", "level", "area_id", "demand", "reached", "reached_at_most", "served", "deficit", "share", "below_threshold"],
        rows,
    )
}

/// `proposed.csv`.
pub fn proposed_csv(reports: &[FacilityReport]) -> String {
    let rows = reports.iter().flat_map(|r| {
        r.proposed.iter().map(|p| {
            let cells =
                [p.place[0].to_string(), p.place[1].to_string(), maybe(p.capacity), p.serves.to_string(), p.deficit_after.to_string()];
            [r.name.clone(), p.rank.to_string(), p.site_id.clone()].into_iter().chain(cells).collect()
        })
    });
    csv_table(&["facilities", "rank", "site_id", "lon", "lat", "capacity", "serves", "deficit_after"], rows)
}

/// `hubs.geojson` of facilities: those there are and those proposed, as points.
pub fn facilities_geojson(reports: &[FacilityReport]) -> serde_json::Result<String> {
    let mut features = Vec::new();
    for r in reports {
        for f in &r.facilities {
            let mut properties = serde_json::to_value(f)?;
            properties["kind"] = r.name.as_str().into();
            features.push(feature(&format!("{}-{}", r.name, f.facility_id), properties, point(f.place)));
        }
        for p in &r.proposed {
            let mut properties = serde_json::to_value(p)?;
            properties["kind"] = format!("{}, proposed", r.name).into();
            features.push(feature(&format!("{}-proposed-{}", r.name, p.rank), properties, point(p.place)));
        }
    }
    Ok(collection("hubs", features))
}
