//! Coordinate reference systems: what a layer is given in, and the way to longitude and latitude on WGS 84 and back.
//!
//! Positions are `[x, y]` with x = longitude or easting, y = latitude or northing, as files hold them; the axis order that the EPSG
//! registry or a WKT gives is not followed (`AxisOrder` is for files that do). Degrees for geographic systems, the system's own unit for
//! planes. Heights do not take part: EPSG:4979 is EPSG:4326 here, and EPSG:4480 is EPSG:4490.
//!
//! CGCS2000 (centimetres), ETRS89 (up to a metre), NAD83 (up to two metres) and other datums on the ellipsoids GRS 80 or WGS 84 are
//! taken as equal to WGS 84: `Crs::caveat` says so. The Swiss datums are shifted by the three published translations (about a metre).
//! Older datums (Beijing 1954, Xian 1980) are refused: they need parameters that only the surveying office has.
//!
//! The map projections are those of the crate `proj4rs`, a port of PROJ.

pub mod china;
mod datum;
mod definition;
mod epsg;
mod fit;
mod found;
mod projjson;
mod projstring;
pub mod shift;
mod wkt;
mod write;

#[cfg(test)]
mod tests;

pub use fit::{AxisOrder, Fit};

use datum::Datum;
use definition::{Definition, Projector};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest definition that is read, in bytes; a registry's longest has some thousand.
const LONGEST: usize = 1 << 16;

/// What can be read, for error messages.
const SUPPORTED: &str = "WGS 84 (EPSG:4326), CGCS2000 (EPSG:4490) and its Gauss-Krueger zones (EPSG:4491 to 4554), GCJ-02, BD-09, \
     ETRS89 (EPSG:4258), NAD83 (EPSG:4269), UTM (EPSG:326xx, 327xx, 258xx, 269xx), web Mercator (EPSG:3857), World Mercator (EPSG:3395), \
     Massachusetts (EPSG:26986, 2249), Switzerland (EPSG:2056, 21781), and WKT, PROJJSON or PROJ strings of transverse Mercator, UTM, \
     Mercator, Lambert conformal conic or Swiss oblique Mercator on one of these datums";

/// Why a text is not a coordinate reference system that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrsError {
    /// A text that is no system.
    #[error("'{0}' is not understood as a coordinate reference system; supported are: {SUPPORTED}")]
    NotUnderstood(String),
    /// A code that is not known.
    #[error("EPSG:{0} is not supported; supported are: {SUPPORTED}")]
    UnknownCode(u32),
    /// A system on a datum whose shift is not public.
    #[error(
        "{0} needs a datum shift with local parameters, which are not public: transform the data to CGCS2000 (EPSG:4490 or a zone of it) \
         with the surveying office's parameters first"
    )]
    OldDatum(String),
    /// A part of a definition that is not known.
    #[error("{what} is not supported; supported are: {SUPPORTED}")]
    Unsupported {
        /// The part.
        what: String,
    },
    /// An order of axes that is none.
    #[error("'{0}' is no order of axes; it is 'xy' (longitude or easting first, the usual one) or 'yx'")]
    AxisOrder(String),
}

impl CrsError {
    fn unsupported(what: impl Into<String>) -> CrsError {
        CrsError::Unsupported { what: what.into() }
    }

    /// The text, cut to a length that a message can show.
    fn not_understood(text: &str) -> CrsError {
        CrsError::NotUnderstood(text.chars().take(80).collect())
    }
}

/// A coordinate reference system. Cheap to clone, `Send` and `Sync`. Two are equal if they have the same code and the same parameters,
/// whatever they are called.
#[derive(Clone)]
pub struct Crs {
    code: Option<u32>,
    name: Option<Arc<str>>,
    definition: Definition,
    projector: Option<Arc<Projector>>,
}

impl Crs {
    /// WGS 84 longitude and latitude, EPSG:4326 or CRS84.
    pub fn wgs84() -> Crs {
        Crs { code: Some(4326), name: None, definition: Definition::geographic(Datum::Wgs84), projector: None }
    }

    /// The system of an EPSG code (or of the codes 900913, 3785, 102100 and 102113 used for web Mercator).
    pub fn from_epsg(code: u32) -> Result<Crs, CrsError> {
        let code = epsg::alias(code);
        Crs::new(epsg::definition(code)?, Some(code), None)
    }

    /// Reads a code (`EPSG:4547`, `4547`, URN, URL), a name (`CRS84`, `GCJ-02`, `BD-09`), WKT 1 or 2, PROJJSON or a PROJ string.
    pub fn parse(text: &str) -> Result<Crs, CrsError> {
        let text = text.trim_start_matches('\u{feff}').trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if text.is_empty() || text.len() > LONGEST {
            return Err(CrsError::not_understood(text));
        }
        if text.starts_with('{') {
            return projjson::read(text)?.into_crs();
        }
        if text.starts_with('+') {
            return projstring::read(text);
        }
        if let Some(code) = epsg::code_in(text) {
            return Crs::from_epsg(code);
        }
        if let Some(datum) = epsg::named(text) {
            return Crs::new(Definition::geographic(datum), datum.code(), None);
        }
        if text.contains(['[', '(']) {
            return wkt::read(text)?.into_crs();
        }
        Err(CrsError::not_understood(text))
    }

    /// Refuses parameters out of their range.
    fn new(definition: Definition, code: Option<u32>, name: Option<&str>) -> Result<Crs, CrsError> {
        let projector = definition.projector()?.map(Arc::new);
        Ok(Crs { code, name: name.map(Arc::from), definition, projector })
    }

    /// The registered system with these parameters, exactly, or a system of its own. See `epsg::identify`.
    fn identified(definition: Definition, claimed: Option<u32>, name: &str) -> Result<Crs, CrsError> {
        let code = match (epsg::identify(&definition, claimed, name), definition) {
            // PROJ strings, and texts made from them, have no name for these datums: the ellipsoid is all that they say.
            (None, Definition { datum: Datum::Grs80, plane: plane @ Some(_) }) => {
                let named = [Datum::Cgcs2000, Datum::Etrs89].map(|datum| Definition { datum, plane });
                named.iter().find_map(|d| epsg::identify(d, claimed, name))
            }
            (code, _) => code,
        };
        let definition = code.and_then(|c| epsg::definition(c).ok()).unwrap_or(definition);
        Crs::new(definition, code, Some(name).filter(|n| !n.is_empty()))
    }

    /// EPSG code, where it has one.
    pub fn code(&self) -> Option<u32> {
        self.code
    }

    /// What people call it: the name its file or the registry gives, otherwise as `Display`.
    pub fn name(&self) -> String {
        match (&self.name, self.code.and_then(epsg::name)) {
            (_, Some(registered)) => registered,
            (Some(given), None) => given.to_string(),
            (None, None) => self.to_string(),
        }
    }

    /// Whether positions are longitude and latitude in degrees.
    pub fn is_geographic(&self) -> bool {
        self.definition.plane.is_none()
    }

    /// Metres per unit of the plane; none for degrees.
    pub fn metres_per_unit(&self) -> Option<f64> {
        self.definition.plane.map(|p| p.unit)
    }

    /// A sentence on what is taken for granted when positions are moved to WGS 84; none if nothing is.
    pub fn caveat(&self) -> Option<&'static str> {
        self.definition.datum.caveat()
    }

    /// Longitude and latitude on WGS 84 in degrees of a position; none if it is not finite or outside what the system can describe.
    pub fn to_wgs84(&self, at: [f64; 2]) -> Option<[f64; 2]> {
        let degrees = match &self.projector {
            Some(projector) => projector.inverse(at)?,
            None => at,
        };
        on_globe(degrees)?;
        match self.definition.datum {
            Datum::Gcj02 => Some(china::gcj02_to_wgs84(degrees)),
            Datum::Bd09 => Some(china::bd09_to_wgs84(degrees)),
            _ => Some(degrees),
        }
    }

    /// The position of a longitude and latitude on WGS 84 in degrees; none if not finite or outside what the system can describe.
    #[allow(clippy::wrong_self_convention)] // the counterpart of `to_wgs84`
    pub fn from_wgs84(&self, degrees: [f64; 2]) -> Option<[f64; 2]> {
        on_globe(degrees)?;
        let degrees = match self.definition.datum {
            Datum::Gcj02 => china::wgs84_to_gcj02(degrees),
            Datum::Bd09 => china::wgs84_to_bd09(degrees),
            _ => degrees,
        };
        match &self.projector {
            Some(projector) => projector.forward(degrees),
            None => Some(degrees),
        }
    }

    /// Well-known text 1 as ESRI writes it, for a `.prj` file; none for GCJ-02 and BD-09, which have none.
    pub fn wkt1(&self) -> Option<String> {
        write::wkt1(self)
    }

    /// PROJJSON for the metadata of GeoParquet; none for WGS 84 longitude and latitude, which is GeoParquet's default (CRS84), and for
    /// GCJ-02 and BD-09, which have no definition: `wkt1` tells the two cases apart.
    pub fn projjson(&self) -> Option<serde_json::Value> {
        write::projjson(self)
    }
}

/// None for a position that is no longitude and latitude in degrees.
fn on_globe(degrees: [f64; 2]) -> Option<()> {
    ((-180.0..=180.0).contains(&degrees[0]) && (-90.0..=90.0).contains(&degrees[1])).then_some(())
}

impl PartialEq for Crs {
    fn eq(&self, other: &Crs) -> bool {
        self.code == other.code && self.definition == other.definition
    }
}

impl Eq for Crs {}

impl fmt::Debug for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crs({self})")
    }
}

/// A text that `Crs::parse` reads as the same system: `EPSG:4547`, `GCJ-02`, or for one without code a PROJ string.
impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "EPSG:{code}"),
            None => projstring::write(&self.definition, f),
        }
    }
}

impl FromStr for Crs {
    type Err = CrsError;

    fn from_str(text: &str) -> Result<Crs, CrsError> {
        Crs::parse(text)
    }
}

impl serde::Serialize for Crs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Crs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Crs, D::Error> {
        let text = String::deserialize(deserializer)?;
        Crs::parse(&text).map_err(serde::de::Error::custom)
    }
}
