//! EPSG codes: zones by rule, the others from a small table. Parameters and areas are those of the EPSG registry.

use super::CrsError;
use super::datum::Datum;
use super::definition::{Definition, Method, Plane};

/// A zone of the Gauss-Krueger systems of CGCS2000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    /// Width in degrees, 3 or 6.
    pub width: u32,
    /// 25 to 45 for 3 degrees, 13 to 23 for 6.
    pub number: u32,
    /// Whether eastings begin with its number.
    pub prefixed: bool,
}

impl Zone {
    /// The zone of a code from 4491 to 4554.
    pub(super) fn of(code: u32) -> Option<Zone> {
        let zone = |width, first: u32, number, prefixed| Zone { width, number: code - first + number, prefixed };
        match code {
            4491..=4501 => Some(zone(6, 4491, 13, true)),
            4502..=4512 => Some(zone(6, 4502, 13, false)),
            4513..=4533 => Some(zone(3, 4513, 25, true)),
            4534..=4554 => Some(zone(3, 4534, 25, false)),
            _ => None,
        }
    }

    /// The zone whose eastings begin with these two digits, of either width; none if there is no such zone in China.
    pub(super) fn with_prefix(number: u32) -> Option<Zone> {
        let width = match number {
            13..=23 => 6,
            25..=45 => 3,
            _ => return None,
        };
        Some(Zone { width, number, prefixed: true })
    }

    /// Its EPSG code.
    pub(super) fn code(self) -> u32 {
        match (self.width, self.prefixed) {
            (6, true) => 4491 + self.number - 13,
            (6, false) => 4502 + self.number - 13,
            (_, true) => 4513 + self.number - 25,
            (_, false) => 4534 + self.number - 25,
        }
    }

    /// Central meridian in degrees.
    pub(super) fn meridian(self) -> u32 {
        if self.width == 6 { 6 * self.number - 3 } else { 3 * self.number }
    }

    fn definition(self) -> Definition {
        let x0 = if self.prefixed { f64::from(self.number) * 1e6 + 5e5 } else { 5e5 };
        let plane = Plane { lon0: f64::from(self.meridian()), x0, ..Plane::new(Method::TransverseMercator) };
        Definition { datum: Datum::Cgcs2000, plane: Some(plane) }
    }

    fn name(self) -> String {
        let width = if self.width == 3 { "3-degree " } else { "" };
        if self.prefixed {
            format!("CGCS2000 / {width}Gauss-Kruger zone {}", self.number)
        } else {
            format!("CGCS2000 / {width}Gauss-Kruger CM {}E", self.meridian())
        }
    }
}

/// The datum and zone of a UTM code, south as a negative number.
fn utm(code: u32) -> Option<(Datum, i32)> {
    match code {
        32601..=32660 => Some((Datum::Wgs84, code as i32 - 32600)),
        32701..=32760 => Some((Datum::Wgs84, 32700 - code as i32)),
        25828..=25838 => Some((Datum::Etrs89, code as i32 - 25800)),
        26901..=26923 => Some((Datum::Nad83, code as i32 - 26900)),
        _ => None,
    }
}

/// The plane of a UTM zone, 1 to 60.
pub(super) fn utm_plane(zone: u32, south: bool) -> Plane {
    let y0 = if south { 1e7 } else { 0.0 };
    Plane { lon0: 6.0 * f64::from(zone) - 183.0, k: 0.9996, x0: 5e5, y0, ..Plane::new(Method::TransverseMercator) }
}

/// Where a system with none of the rules above is used: a box in degrees, a good degree wider than the registry's.
type Area = [f64; 4];
const MASSACHUSETTS: Area = [-75.0, 40.0, -68.5, 44.5];
const SWITZERLAND: Area = [4.5, 44.5, 12.0, 49.0];
const MERCATOR: Area = [-180.0, -85.06, 180.0, 85.06];

/// Planes with neither zone nor rule.
fn single(code: u32) -> Option<(&'static str, Datum, Plane, Area)> {
    let degrees = |d: f64, m: f64, s: f64| d + m / 60.0 + s / 3600.0;
    let massachusetts = Plane {
        lon0: -71.5,
        lat0: 41.0,
        lat1: degrees(42.0, 41.0, 0.0),
        lat2: degrees(41.0, 43.0, 0.0),
        x0: 200_000.0,
        y0: 750_000.0,
        ..Plane::new(Method::LambertConic)
    };
    let bern = Plane { lon0: degrees(7.0, 26.0, 22.5), lat0: degrees(46.0, 57.0, 8.66), ..Plane::new(Method::SwissOblique) };
    // The registry has 656166.667 ft, which is not 200,000 m to the last micrometre.
    let feet = Plane { x0: 656_166.667 * 1200.0 / 3937.0, unit: 1200.0 / 3937.0, ..massachusetts };
    Some(match code {
        3857 => ("WGS 84 / Pseudo-Mercator", Datum::Wgs84, Plane::new(Method::WebMercator), MERCATOR),
        3395 => ("WGS 84 / World Mercator", Datum::Wgs84, Plane::new(Method::Mercator), MERCATOR),
        26986 => ("NAD83 / Massachusetts Mainland", Datum::Nad83, massachusetts, MASSACHUSETTS),
        2249 => ("NAD83 / Massachusetts Mainland (ftUS)", Datum::Nad83, feet, MASSACHUSETTS),
        2056 => ("CH1903+ / LV95", Datum::Ch1903Plus, Plane { x0: 2_600_000.0, y0: 1_200_000.0, ..bern }, SWITZERLAND),
        21781 => ("CH1903 / LV03", Datum::Ch1903, Plane { x0: 600_000.0, y0: 200_000.0, ..bern }, SWITZERLAND),
        _ => return None,
    })
}

/// The code that stands for one: its own name for web Mercator, the two-dimensional one for heights on the ellipsoid.
pub(super) fn alias(code: u32) -> u32 {
    match code {
        900_913 | 3785 | 102_100 | 102_113 => 3857,
        4979 => 4326,
        4480 => 4490,
        4937 => 4258,
        _ => code,
    }
}

/// What a code (after `alias`) means.
pub(super) fn definition(code: u32) -> Result<Definition, CrsError> {
    if let Some(zone) = Zone::of(code) {
        return Ok(zone.definition());
    }
    if let Some((datum, zone)) = utm(code) {
        return Ok(Definition { datum, plane: Some(utm_plane(zone.unsigned_abs(), zone < 0)) });
    }
    if let Some((_, datum, plane, _)) = single(code) {
        return Ok(Definition { datum, plane: Some(plane) });
    }
    if let Some(datum) = Datum::ALL.into_iter().find(|d| d.code() == Some(code)) {
        return Ok(Definition::geographic(datum));
    }
    let old = |name: &str| Err(CrsError::OldDatum(format!("EPSG:{code} ({name})")));
    match code {
        4214 | 2401..=2442 | 21413..=21423 | 21453..=21463 => old("Beijing 1954"),
        4610 | 2327..=2390 => old("Xian 1980"),
        4555 | 4568..=4589 | 4652..=4656 | 4766..=4800 | 4812 | 4822 => old("New Beijing"),
        _ => Err(CrsError::UnknownCode(code)),
    }
}

/// The registry's name of a supported code.
pub(super) fn name(code: u32) -> Option<String> {
    if let Some(zone) = Zone::of(code) {
        return Some(zone.name());
    }
    if let Some((datum, zone)) = utm(code) {
        let datum = if datum == Datum::Wgs84 { "WGS 84" } else { datum.key() };
        return Some(format!("{datum} / UTM zone {}{}", zone.abs(), if zone < 0 { 'S' } else { 'N' }));
    }
    if let Some((name, ..)) = single(code) {
        return Some(name.into());
    }
    Datum::ALL.into_iter().find(|d| d.code() == Some(code)).map(|d| d.names()[2].into())
}

/// The code that has the given parameters. Several may: the code that the definition claims is taken first, then what its name says of
/// the width of its zone, then three degrees.
pub(super) fn identify(definition: &Definition, claimed: Option<u32>, name: &str) -> Option<u32> {
    let plain: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let six_degrees = plain.contains("gk") | plain.contains("gausskru") && !plain.contains("3degree");
    let zones = if six_degrees { [4491..4513, 4513..4555] } else { [4513..4555, 4491..4513] }.into_iter().flatten();
    let codes = claimed.map(alias).into_iter().chain(Datum::ALL.into_iter().filter_map(Datum::code));
    let mut codes = codes.chain(zones).chain([3857, 3395, 26986, 2249, 2056, 21781]).chain(32601..=32660).chain(32701..=32760);
    codes.by_ref().chain(25828..=25838).chain(26901..=26923).find(|c| self::definition(*c).is_ok_and(|d| d.is_like(definition)))
}

/// The box in degrees outside which positions in this system are not what they say: its area of use and as much again where data goes on
/// beyond its zone.
pub(super) fn area(definition: &Definition, code: Option<u32>) -> Area {
    const WORLD: Area = [-180.0, -90.0, 180.0, 90.0];
    /// With the sea that is claimed and the neighbours in reach.
    const CHINA: Area = [70.0, 0.0, 140.0, 56.0];
    match (definition.plane, code.and_then(Zone::of), code.and_then(single)) {
        (None, ..) if matches!(definition.datum, Datum::Cgcs2000 | Datum::Gcj02 | Datum::Bd09) => CHINA,
        (None, ..) if matches!(definition.datum, Datum::Ch1903 | Datum::Ch1903Plus) => SWITZERLAND,
        (None, ..) => WORLD,
        (_, Some(zone), _) => {
            // A whole prefecture is often kept in the zone of its middle.
            let (middle, half) = (f64::from(zone.meridian()), f64::from(zone.width) * 0.5 + 3.0);
            [middle - half, CHINA[1], middle + half, CHINA[3]]
        }
        (_, _, Some((.., area))) => area,
        (Some(p), ..) if p.method == Method::TransverseMercator => [p.lon0 - 6.0, -84.0, p.lon0 + 6.0, 84.0],
        _ => WORLD,
    }
}

/// The code in `EPSG:4547`, `epsg 4547`, a URN, a URL, or a number alone; none for anything else.
pub(super) fn code_in(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let rest = match lower.strip_prefix("urn:ogc:def:crs:").or_else(|| lower.split_once("opengis.net/def/crs/").map(|(_, r)| r)) {
        // Authority, version (may be empty), code.
        Some(rest) => rest.strip_prefix("epsg").or_else(|| rest.strip_prefix("esri"))?.rsplit([':', '/']).next()?,
        None => match lower.split_once("gml/srs/epsg.xml#") {
            Some((_, code)) => code,
            None => lower.strip_prefix("epsg").or_else(|| lower.strip_prefix("esri")).unwrap_or(&lower).trim_start_matches([':', ' ', '_']),
        },
    };
    let rest = rest.trim();
    (!rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())).then(|| rest.parse().ok())?
}

/// The datum that a name alone means, longitude first.
pub(super) fn named(text: &str) -> Option<Datum> {
    let plain: String = text.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.as_str() {
        "crs84" | "ogccrs84" | "urnogcdefcrsogc13crs84" | "urnogcdefcrsogccrs84" | "wgs84" | "wgs1984" | "ogc84" => Some(Datum::Wgs84),
        "crs84h" | "ogccrs84h" | "httpwwwopengisnetdefcrsogc13crs84" | "httpswwwopengisnetdefcrsogc13crs84" => Some(Datum::Wgs84),
        "httpwwwopengisnetdefcrsogc0crs84" | "urnogcdefcrsogc20crs84" => Some(Datum::Wgs84),
        "cgcs2000" | "china2000" => Some(Datum::Cgcs2000),
        "etrs89" => Some(Datum::Etrs89),
        "nad83" | "crs83" | "ogccrs83" => Some(Datum::Nad83),
        "gcj02" | "gcj" => Some(Datum::Gcj02),
        "bd09" | "bd09ll" => Some(Datum::Bd09),
        _ => None,
    }
}
