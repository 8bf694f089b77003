//! Definitions as other programs read them: WKT 1 of ESRI's kind, and PROJJSON.

use super::Crs;
use super::datum::Datum;
use super::definition::{Method, Plane};
use serde_json::{Map, Value, json};

/// A number as WKT has it, with a point.
fn number(v: f64) -> String {
    format!("{v:?}")
}

/// A parameter's name in ESRI's WKT, in EPSG's registry, and its value in degrees, metres or as a ratio.
type Parameter = (&'static str, &'static str, f64, Kind);

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Angle,
    Length,
    Ratio,
}

/// The method's name in ESRI's WKT and in EPSG's registry, and the parameters.
fn projection(p: &Plane) -> (&'static str, &'static str, Vec<Parameter>) {
    use Kind::{Angle, Length, Ratio};
    let k = ("Scale_Factor", "Scale factor at natural origin", p.k, Ratio);
    let x0 = ("False_Easting", "False easting", p.x0, Length);
    let y0 = ("False_Northing", "False northing", p.y0, Length);
    let lon0 = ("Central_Meridian", "Longitude of natural origin", p.lon0, Angle);
    let lat0 = ("Latitude_Of_Origin", "Latitude of natural origin", p.lat0, Angle);
    match p.method {
        // GDAL and ESRI read this name for both; ESRI's own Gauss_Kruger means the same.
        Method::TransverseMercator => ("Transverse_Mercator", "Transverse Mercator", vec![x0, y0, lon0, k, lat0]),
        Method::WebMercator => {
            let sphere = ("Auxiliary_Sphere_Type", "", 0.0, Ratio);
            let parallel = ("Standard_Parallel_1", "", 0.0, Angle);
            let lat0 = ("", "Latitude of natural origin", 0.0, Angle);
            ("Mercator_Auxiliary_Sphere", "Popular Visualisation Pseudo Mercator", vec![x0, y0, lon0, parallel, sphere, lat0])
        }
        Method::Mercator if p.lat1 != 0.0 || p.k == 1.0 => {
            let parallel = ("Standard_Parallel_1", "Latitude of 1st standard parallel", p.lat1, Angle);
            ("Mercator", "Mercator (variant B)", vec![x0, y0, lon0, parallel])
        }
        Method::Mercator => ("Mercator_1SP", "Mercator (variant A)", vec![x0, y0, lon0, k, lat0]),
        Method::LambertConic if p.lat1 == p.lat2 && p.lat1 == p.lat0 => {
            let parallel = ("Standard_Parallel_1", "", p.lat1, Angle);
            ("Lambert_Conformal_Conic", "Lambert Conic Conformal (1SP)", vec![x0, y0, lon0, parallel, k, lat0])
        }
        Method::LambertConic => {
            let parameters = vec![
                ("False_Easting", "Easting at false origin", p.x0, Length),
                ("False_Northing", "Northing at false origin", p.y0, Length),
                ("Central_Meridian", "Longitude of false origin", p.lon0, Angle),
                ("Standard_Parallel_1", "Latitude of 1st standard parallel", p.lat1, Angle),
                ("Standard_Parallel_2", "Latitude of 2nd standard parallel", p.lat2, Angle),
                ("Latitude_Of_Origin", "Latitude of false origin", p.lat0, Angle),
            ];
            ("Lambert_Conformal_Conic", "Lambert Conic Conformal (2SP)", parameters)
        }
        Method::SwissOblique => {
            let parameters = vec![
                ("False_Easting", "Easting at projection centre", p.x0, Length),
                ("False_Northing", "Northing at projection centre", p.y0, Length),
                ("Scale_Factor", "Scale factor at projection centre", p.k, Ratio),
                ("Azimuth", "Azimuth at projection centre", 90.0, Angle),
                ("", "Angle from Rectified to Skew Grid", 90.0, Angle),
                ("Longitude_Of_Center", "Longitude of projection centre", p.lon0, Angle),
                ("Latitude_Of_Center", "Latitude of projection centre", p.lat0, Angle),
            ];
            ("Hotine_Oblique_Mercator_Azimuth_Center", "Hotine Oblique Mercator (variant B)", parameters)
        }
    }
}

/// The unit's name in ESRI's WKT and in PROJJSON.
fn unit(metres: f64) -> (&'static str, &'static str) {
    let is = |m: f64| (metres - m).abs() < 1e-13;
    if is(1.0) {
        ("Meter", "metre")
    } else if is(1200.0 / 3937.0) {
        ("Foot_US", "US survey foot")
    } else if is(0.3048) {
        ("Foot", "foot")
    } else {
        ("Unit", "unit")
    }
}

/// A scale other than 1 with two standard parallels has no name outside PROJ.
fn has_no_name(p: &Plane) -> bool {
    p.method == Method::LambertConic && p.k != 1.0 && !(p.lat1 == p.lat2 && p.lat1 == p.lat0)
}

/// See `Crs::wkt1`.
pub(super) fn wkt1(crs: &Crs) -> Option<String> {
    let datum = crs.definition.datum;
    if matches!(datum, Datum::Gcj02 | Datum::Bd09) {
        return None;
    }
    let ([system, name, ..], ellipsoid) = (datum.names(), datum.ellipsoid());
    let geographic = format!(
        "GEOGCS[\"{system}\",DATUM[\"{name}\",SPHEROID[\"{}\",{},{}]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]",
        ellipsoid.names[0],
        number(ellipsoid.a),
        number(ellipsoid.rf)
    );
    let Some(p) = crs.definition.plane else { return Some(geographic) };
    if has_no_name(&p) {
        return None;
    }
    let (method, _, parameters) = projection(&p);
    let parameters: String = parameters
        .iter()
        .filter(|q| !q.0.is_empty())
        .map(|(name, _, value, kind)| {
            let value = if *kind == Kind::Length { value / p.unit } else { *value };
            format!("PARAMETER[\"{name}\",{}],", number(value))
        })
        .collect();
    let title: String = crs.name().replace(" / ", "_").replace(' ', "_").replace('"', "\"\"");
    let unit = (unit(p.unit).0, number(p.unit));
    Some(format!("PROJCS[\"{title}\",{geographic},PROJECTION[\"{method}\"],{parameters}UNIT[\"{}\",{}]]", unit.0, unit.1))
}

/// See `Crs::projjson`.
pub(super) fn projjson(crs: &Crs) -> Option<Value> {
    let datum = crs.definition.datum;
    if matches!(datum, Datum::Gcj02 | Datum::Bd09) {
        return None;
    }
    let ([_, _, system, name], ellipsoid) = (datum.names(), datum.ellipsoid());
    let axis = |name: &str, short: &str, direction: &str, unit: &Value| json!({"name": name, "abbreviation": short, "direction": direction, "unit": unit});
    let degree = json!("degree");
    let mut geographic = json!({
        "type": "GeographicCRS",
        "name": system,
        "datum": {
            "type": "GeodeticReferenceFrame",
            "name": name,
            "ellipsoid": {"name": ellipsoid.names[1], "semi_major_axis": ellipsoid.a, "inverse_flattening": ellipsoid.rf},
        },
        "coordinate_system": {
            "subtype": "ellipsoidal",
            "axis": [axis("Geodetic longitude", "Lon", "east", &degree), axis("Geodetic latitude", "Lat", "north", &degree)],
        },
    });
    let id = |code: Option<u32>, value: &mut Value| {
        if let (Some(code), Some(object)) = (code, value.as_object_mut()) {
            object.insert("id".into(), json!({"authority": "EPSG", "code": code}));
        }
    };
    let Some(p) = crs.definition.plane else {
        if datum == Datum::Wgs84 {
            return None;
        }
        id(datum.code(), &mut geographic);
        return Some(geographic);
    };
    if has_no_name(&p) {
        return None;
    }
    id(datum.code(), &mut geographic);
    let (_, method, parameters) = projection(&p);
    let metres = match unit(p.unit).1 {
        "metre" => json!("metre"),
        name => json!({"type": "LinearUnit", "name": name, "conversion_factor": p.unit}),
    };
    let parameters: Vec<Value> = parameters
        .iter()
        .filter(|q| !q.1.is_empty())
        .map(|(_, name, value, kind)| match kind {
            Kind::Angle => json!({"name": name, "value": value, "unit": "degree"}),
            Kind::Length => json!({"name": name, "value": value / p.unit, "unit": metres}),
            Kind::Ratio => json!({"name": name, "value": value, "unit": "unity"}),
        })
        .collect();
    let mut root = Map::new();
    root.insert("$schema".into(), json!("https://proj.org/schemas/v0.7/projjson.schema.json"));
    root.insert("type".into(), json!("ProjectedCRS"));
    root.insert("name".into(), json!(crs.name()));
    root.insert("base_crs".into(), geographic);
    root.insert("conversion".into(), json!({"name": "unnamed", "method": {"name": method}, "parameters": parameters}));
    let axes = [axis("Easting", "E", "east", &metres), axis("Northing", "N", "north", &metres)];
    root.insert("coordinate_system".into(), json!({"subtype": "Cartesian", "axis": axes}));
    let mut root = Value::Object(root);
    id(crs.code, &mut root);
    Some(root)
}
