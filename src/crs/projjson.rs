//! PROJJSON (version 0.7 of its schema and before): geographic, projected, compound and bound systems.

use super::CrsError;
use super::found::{Found, Parameter, plain};
use super::wkt::degrees_per;
use serde_json::Value;

/// Reads PROJJSON.
pub(super) fn read(text: &str) -> Result<Found, CrsError> {
    let broken = || CrsError::not_understood(text);
    let value: Value = serde_json::from_str(text).map_err(|_| broken())?;
    horizontal(&value, 0).ok_or_else(broken)
}

/// What the horizontal part of a system says.
fn horizontal(value: &Value, depth: usize) -> Option<Found> {
    match value["type"].as_str()? {
        "GeographicCRS" | "GeodeticCRS" => geographic(value),
        "ProjectedCRS" => projected(value),
        "CompoundCRS" if depth < 8 => horizontal(value["components"].get(0)?, depth + 1),
        "BoundCRS" if depth < 8 => horizontal(&value["source_crs"], depth + 1),
        _ => None,
    }
}

/// Degrees or metres per unit: a name or an object with the factor to radians or metres.
fn unit(value: &Value) -> Option<f64> {
    match value {
        Value::String(name) => matches!(name.as_str(), "degree" | "metre" | "unity").then_some(1.0),
        Value::Object(_) => {
            let factor = value["conversion_factor"].as_f64().filter(|f| *f > 0.0)?;
            Some(if value["type"] == "AngularUnit" { degrees_per(factor) } else { factor })
        }
        _ => None,
    }
}

/// A number alone or with its unit, in metres or degrees.
fn measure(value: &Value) -> Option<f64> {
    match value {
        Value::Object(_) => Some(value["value"].as_f64()? * unit(&value["unit"])?),
        _ => value.as_f64(),
    }
}

fn code(value: &Value) -> Option<u32> {
    let id = value.get("id").or_else(|| value["ids"].get(0))?;
    if id["authority"] != "EPSG" && id["authority"] != "ESRI" {
        return None;
    }
    id["code"].as_u64().and_then(|c| u32::try_from(c).ok()).or_else(|| id["code"].as_str()?.parse().ok())
}

fn name(value: &Value) -> String {
    value["name"].as_str().unwrap_or_default().into()
}

fn axes(value: &Value) -> &[Value] {
    value["coordinate_system"]["axis"].as_array().map_or(&[], Vec::as_slice)
}

fn geographic(value: &Value) -> Option<Found> {
    let datum = value.get("datum").or_else(|| value.get("datum_ensemble"))?;
    let ellipsoid = &datum["ellipsoid"];
    let semi_major = measure(&ellipsoid["semi_major_axis"])?;
    let from_minor = || measure(&ellipsoid["semi_minor_axis"]).map(|b| semi_major / (semi_major - b));
    Some(Found {
        name: name(value),
        code: code(value),
        datum: name(datum),
        semi_major,
        inverse_flattening: ellipsoid["inverse_flattening"].as_f64().or_else(from_minor)?,
        prime_meridian: datum.get("prime_meridian").and_then(|p| measure(&p["longitude"])).unwrap_or(0.0),
        angle: axes(value).first().map_or(Some(1.0), |a| unit(&a["unit"]))?,
        length: 1.0,
        reversed: reversed(value),
        ..Found::default()
    })
}

fn reversed(value: &Value) -> bool {
    axes(value).iter().any(|a| a["direction"] == "west" || a["direction"] == "south")
}

fn projected(value: &Value) -> Option<Found> {
    let base = geographic(&value["base_crs"])?;
    let conversion = &value["conversion"];
    let parameters = conversion["parameters"].as_array()?.iter().map(|p| {
        let own = p.get("unit").map(unit);
        // A unit that is there but unknown must not be read as the default.
        let unit = own.map_or(Some(None), |u| u.map(Some))?;
        Some(Parameter { name: plain(p["name"].as_str()?), value: p["value"].as_f64()?, unit })
    });
    Some(Found {
        name: name(value),
        code: code(value),
        method: Some(name(&conversion["method"])),
        parameters: parameters.collect::<Option<_>>()?,
        length: axes(value).first().map_or(Some(1.0), |a| unit(&a["unit"]))?,
        reversed: reversed(value),
        ..base
    })
}
