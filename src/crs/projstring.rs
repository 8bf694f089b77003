//! PROJ strings, in both directions.

use super::datum::{Datum, Unidentified};
use super::definition::{Definition, Method, Plane, UNITS, exact_unit};
use super::{Crs, CrsError, epsg};
use std::collections::BTreeMap;
use std::fmt;

/// Reads a PROJ string.
pub(super) fn read(text: &str) -> Result<Crs, CrsError> {
    let pairs = text.split_whitespace().filter_map(|p| p.strip_prefix('+'));
    let values: BTreeMap<&str, &str> = pairs.map(|p| p.split_once('=').unwrap_or((p, ""))).collect();
    let refuse = |what: &str| CrsError::unsupported(format!("'{}' ({what})", text.chars().take(120).collect::<String>()));
    if let Some(code) = values.get("init").and_then(|i| epsg::code_in(i)) {
        return Crs::from_epsg(code);
    }
    let number = |key: &str| match values.get(key) {
        Some(v) => v.parse().ok().filter(|v: &f64| v.is_finite()).map(Some).ok_or_else(|| refuse(&format!("+{key} is no number"))),
        None => Ok(None),
    };
    if number("pm").map_or(!matches!(values.get("pm"), Some(&"greenwich")), |v| v.unwrap_or(0.0) != 0.0) {
        return Err(refuse("longitudes do not count from Greenwich"));
    }
    if values.get("axis").is_some_and(|a| !a.starts_with("en")) {
        return Err(refuse("axes are not east, north"));
    }
    let shift = values.get("towgs84").is_some_and(|s| s.split(',').any(|n| n.trim().parse() != Ok(0.0)));
    let web = number("a")? == Some(6_378_137.0) && number("b")? == Some(6_378_137.0);
    let datum = datum(&values, &number, web).map_err(|e| match e {
        Unidentified::Beijing1954 => CrsError::OldDatum(format!("'{text}' (Krasovsky's ellipsoid, as of Beijing 1954)")),
        Unidentified::Xian1980 => CrsError::OldDatum(format!("'{text}' (the ellipsoid of Xian 1980)")),
        Unidentified::Other => refuse("datum or ellipsoid"),
    })?;
    if shift && datum.translation().is_none() {
        return Err(refuse("+towgs84"));
    }
    let unit = match (number("to_meter")?, values.get("units")) {
        (Some(unit), _) => exact_unit(unit),
        (None, None) => 1.0,
        (None, Some(name)) => UNITS.iter().find(|u| u.0 == *name).ok_or_else(|| refuse("+units"))?.1,
    };
    let or = |key: &str, default: f64| number(key).map(|v| v.unwrap_or(default));
    let k = number("k_0")?.or(number("k")?).unwrap_or(1.0);
    let lat1 = or("lat_1", or("lat_0", 0.0)?)?;
    let common = Plane {
        lon0: or("lon_0", 0.0)?,
        lat0: or("lat_0", 0.0)?,
        k,
        x0: or("x_0", 0.0)?,
        y0: or("y_0", 0.0)?,
        unit,
        ..Plane::new(Method::TransverseMercator)
    };
    let plane = match values.get("proj").copied().unwrap_or_default() {
        "longlat" | "latlong" | "lonlat" | "latlon" => None,
        "tmerc" | "etmerc" | "gauss" => Some(common),
        "utm" => {
            let zone = number("zone")?.filter(|z| (1.0..=60.0).contains(z) && z.fract() == 0.0).ok_or_else(|| refuse("+zone"))?;
            Some(Plane { unit, ..epsg::utm_plane(zone as u32, values.contains_key("south")) })
        }
        "webmerc" => Some(Plane { lat0: 0.0, k: 1.0, method: Method::WebMercator, ..common }),
        "merc" if web => Some(Plane { lat0: 0.0, method: Method::WebMercator, ..common }),
        "merc" => Some(Plane { lat0: 0.0, lat1: or("lat_ts", 0.0)?, method: Method::Mercator, ..common }),
        "lcc" => {
            // With one parallel alone it is the latitude of origin as well.
            let lat0 = if values.contains_key("lat_2") { common.lat0 } else { or("lat_0", lat1)? };
            Some(Plane { lat0, lat1, lat2: or("lat_2", lat1)?, method: Method::LambertConic, ..common })
        }
        "somerc" => Some(Plane { method: Method::SwissOblique, ..common }),
        other => return Err(refuse(&format!("the projection '{other}'"))),
    };
    if plane.is_some_and(|p| p.k != 1.0 && (p.method == Method::WebMercator || p.method == Method::Mercator && p.lat1 != 0.0)) {
        return Err(refuse("a scale that the projection does not have"));
    }
    Crs::identified(Definition { datum, plane }, None, "")
}

/// The datum by `+frame` (ours, PROJ leaves it alone), `+datum`, `+ellps`, or the shape of the ellipsoid.
fn datum(values: &BTreeMap<&str, &str>, number: &dyn Fn(&str) -> Result<Option<f64>, CrsError>, web: bool) -> Result<Datum, Unidentified> {
    if let Some(frame) = values.get("frame") {
        return Datum::ALL.into_iter().find(|d| d.key() == *frame).ok_or(Unidentified::Other);
    }
    if web || values.get("proj") == Some(&"webmerc") {
        return Ok(Datum::Wgs84);
    }
    match values.get("datum").or(values.get("ellps")).copied() {
        Some("WGS84") => Ok(Datum::Wgs84),
        Some("NAD83") => Ok(Datum::Nad83),
        Some("GRS80") => Ok(Datum::Grs80),
        Some("krass") => Err(Unidentified::Beijing1954),
        Some("IAU76") => Err(Unidentified::Xian1980),
        // The Swiss strings name the ellipsoid only, which others have as well.
        Some("bessel") if values.get("proj") == Some(&"somerc") => Ok(Datum::Ch1903Plus),
        Some(_) => Err(Unidentified::Other),
        None => match (number("a"), number("rf"), number("b")) {
            (Ok(Some(a)), Ok(Some(rf)), _) => Datum::identify("", a, rf),
            (Ok(Some(a)), _, Ok(Some(b))) => Datum::identify("", a, a / (a - b)),
            // PROJ's own default.
            (Ok(None), ..) => Ok(Datum::Wgs84),
            _ => Err(Unidentified::Other),
        },
    }
}

/// The PROJ string of a definition, or `GCJ-02` and `BD-09`. `+frame` names a datum for which PROJ has no word.
pub(super) fn write(definition: &Definition, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let datum = definition.datum;
    let ellipsoid = match datum {
        Datum::Wgs84 | Datum::Nad83 => format!("+datum={}", datum.key()),
        Datum::Grs80 => "+ellps=GRS80".into(),
        _ => format!("+ellps={} +frame={}", datum.ellipsoid().key, datum.key()),
    };
    let Some(p) = definition.plane else {
        return match datum {
            Datum::Gcj02 | Datum::Bd09 => f.write_str(datum.key()),
            _ => write!(f, "+proj=longlat {ellipsoid} +no_defs"),
        };
    };
    match p.method {
        Method::TransverseMercator => write!(f, "+proj=tmerc +lat_0={} +lon_0={} +k={}", p.lat0, p.lon0, p.k)?,
        Method::SwissOblique => write!(f, "+proj=somerc +lat_0={} +lon_0={} +k_0={}", p.lat0, p.lon0, p.k)?,
        Method::Mercator if p.lat1 != 0.0 => write!(f, "+proj=merc +lon_0={} +lat_ts={}", p.lon0, p.lat1)?,
        Method::Mercator => write!(f, "+proj=merc +lon_0={} +k={}", p.lon0, p.k)?,
        Method::WebMercator => write!(f, "+proj=webmerc +lon_0={}", p.lon0)?,
        Method::LambertConic => {
            write!(f, "+proj=lcc +lat_0={} +lon_0={} +lat_1={} +lat_2={} +k_0={}", p.lat0, p.lon0, p.lat1, p.lat2, p.k)?;
        }
    }
    write!(f, " +x_0={} +y_0={} {ellipsoid}", p.x0, p.y0)?;
    match UNITS.iter().find(|u| u.1 == p.unit) {
        Some((name, _)) => write!(f, " +units={name} +no_defs"),
        None => write!(f, " +to_meter={} +no_defs", p.unit),
    }
}
