//! What a definition (WKT or PROJJSON) says, in common terms, and the system that it means.

use super::datum::{Datum, Unidentified};
use super::definition::{Definition, Method, Plane, exact_unit};
use super::{Crs, CrsError};

/// A parameter of a map projection, its name in lower case with letters and digits only.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub name: String,
    pub value: f64,
    /// Degrees, metres or one per unit, where the parameter says so itself.
    pub unit: Option<f64>,
}

/// What a definition says.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub name: String,
    /// The EPSG code it claims.
    pub code: Option<u32>,
    pub datum: String,
    /// Metres.
    pub semi_major: f64,
    pub inverse_flattening: f64,
    /// Degrees.
    pub prime_meridian: f64,
    /// Method of the map projection as written; none for longitude and latitude.
    pub method: Option<String>,
    pub parameters: Vec<Parameter>,
    /// Degrees per angular unit and metres per unit of the plane.
    pub angle: f64,
    pub length: f64,
    /// The PROJ string that GDAL hides in its WKT 1.
    pub extension: String,
    /// Axes that run west or south.
    pub reversed: bool,
}

/// Letters and digits in lower case, as names are compared.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Found {
    /// The system meant, with the code that has its parameters.
    pub(super) fn into_crs(self) -> Result<Crs, CrsError> {
        Crs::identified(self.definition()?, self.code, &self.name)
    }

    fn definition(&self) -> Result<Definition, CrsError> {
        let named = |part: &str| [&self.name, &self.datum].iter().any(|n| plain(n).contains(part));
        let datum = match Datum::identify(&self.datum, self.semi_major, self.inverse_flattening) {
            _ if named("gcj02") => Datum::Gcj02,
            _ if named("bd09") => Datum::Bd09,
            Ok(datum) => datum,
            Err(Unidentified::Beijing1954) => return Err(CrsError::OldDatum(format!("'{}' (Beijing 1954)", self.name))),
            Err(Unidentified::Xian1980) => return Err(CrsError::OldDatum(format!("'{}' (Xian 1980)", self.name))),
            Err(Unidentified::Other) => {
                let Found { name, datum, semi_major: a, inverse_flattening: rf, .. } = self;
                return Err(CrsError::unsupported(format!("'{name}', which is on the datum '{datum}' (a = {a} m, 1/f = {rf}),")));
            }
        };
        if self.prime_meridian != 0.0 {
            return Err(CrsError::unsupported(format!("'{}', whose longitudes do not count from Greenwich,", self.name)));
        }
        if self.reversed {
            return Err(CrsError::unsupported(format!("'{}', whose axes run west or south,", self.name)));
        }
        let plane = match &self.method {
            Some(method) => Some(self.plane(method)?),
            None if (self.angle - 1.0).abs() > 1e-9 => {
                return Err(CrsError::unsupported(format!("'{}', whose angles are not in degrees,", self.name)));
            }
            None => None,
        };
        Ok(Definition { datum, plane })
    }

    /// The first of the names that is given, in degrees, metres or as it is, by the unit's default.
    fn get(&self, names: &[&str], default_unit: f64) -> Option<f64> {
        let found = self.parameters.iter().find(|p| names.contains(&p.name.as_str()))?;
        Some(found.value * exact_unit(found.unit.unwrap_or(default_unit)))
    }

    fn plane(&self, method: &str) -> Result<Plane, CrsError> {
        let angle = |names: &[&str]| self.get(names, self.angle);
        let length = |names: &[&str]| self.get(names, self.length);
        let lat1 = angle(&["standardparallel1", "latitudeof1ststandardparallel", "latitudeofstandardparallel", "pseudostandardparallel1"]);
        let lat2 = angle(&["standardparallel2", "latitudeof2ndstandardparallel"]);
        let lat0 = angle(&[
            "latitudeoforigin",
            "latitudeofcenter",
            "latitudeofnaturalorigin",
            "latitudeoffalseorigin",
            "latitudeofprojectioncentre",
        ]);
        let k = self.get(&["scalefactor", "scalefactoratnaturalorigin", "scalefactoratprojectioncentre", "scalefactoroninitialline"], 1.0);
        let rotation = angle(&["azimuth", "azimuthofinitialline", "azimuthatprojectioncentre"]);
        let rectified = angle(&["rectifiedgridangle", "anglefromrectifiedtoskewgrid", "xyplanerotation"]);
        let common = Plane {
            lon0: angle(&[
                "centralmeridian",
                "longitudeofcenter",
                "longitudeofnaturalorigin",
                "longitudeoffalseorigin",
                "longitudeofprojectioncentre",
                "longitudeoforigin",
            ])
            .unwrap_or(0.0),
            lat0: lat0.unwrap_or(0.0),
            k: k.unwrap_or(1.0),
            x0: length(&["falseeasting", "eastingatfalseorigin", "eastingatprojectioncentre"]).unwrap_or(0.0),
            y0: length(&["falsenorthing", "northingatfalseorigin", "northingatprojectioncentre"]).unwrap_or(0.0),
            unit: exact_unit(self.length),
            ..Plane::new(Method::TransverseMercator)
        };
        let refuse = |why: &str| Err(CrsError::unsupported(format!("'{}' with the projection '{method}'{why}", self.name)));
        let method_name = plain(method);
        Ok(match method_name.as_str() {
            _ if self.extension.contains("+a=6378137 +b=6378137") => Plane { method: Method::WebMercator, ..common },
            "transversemercator" | "gausskruger" | "gausskrueger" => common,
            "popularvisualisationpseudomercator" | "mercatorauxiliarysphere" | "googlemaps" => {
                if common.lat0 != 0.0 || lat1.unwrap_or(0.0) != 0.0 || common.k != 1.0 {
                    return refuse(" and parameters that web Mercator does not have");
                }
                Plane { method: Method::WebMercator, ..common }
            }
            "mercator" | "mercator1sp" | "mercator2sp" | "mercatorvarianta" | "mercatorvariantb" => {
                if common.lat0 != 0.0 || (common.k != 1.0 && lat1.unwrap_or(0.0) != 0.0) {
                    return refuse(" and a latitude of origin, or a scale beside a standard parallel,");
                }
                Plane { method: Method::Mercator, lat1: lat1.unwrap_or(0.0), ..common }
            }
            "lambertconformalconic"
            | "lambertconformalconic1sp"
            | "lambertconicconformal1sp"
            | "lambertconformalconic2sp"
            | "lambertconicconformal2sp" => {
                let lat1 = lat1.unwrap_or(common.lat0);
                Plane { method: Method::LambertConic, lat1, lat2: lat2.unwrap_or(lat1), ..common }
            }
            "swissobliquecylindrical"
            | "swissobliquemercator"
            | "hotineobliquemercatorazimuthcenter"
            | "hotineobliquemercatorvariantb"
            | "obliquemercator" => {
                if [rotation, rectified].iter().flatten().any(|a| (a - 90.0).abs() > 1e-9) || lat0.is_none() {
                    return refuse(" and an azimuth other than 90 degrees or no latitude of its centre");
                }
                Plane { method: Method::SwissOblique, ..common }
            }
            _ => return refuse(""),
        })
    }
}
