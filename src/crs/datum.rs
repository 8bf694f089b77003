//! The datums that are known, and what is taken for granted about them.

/// A reference ellipsoid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ellipsoid {
    /// Name in PROJ strings.
    pub key: &'static str,
    /// Name as ESRI and as EPSG write it.
    pub names: [&'static str; 2],
    /// Semi-major axis in metres.
    pub a: f64,
    /// Inverse flattening.
    pub rf: f64,
}

const WGS84: Ellipsoid = Ellipsoid { key: "WGS84", names: ["WGS_1984", "WGS 84"], a: 6_378_137.0, rf: 298.257_223_563 };
const GRS80: Ellipsoid = Ellipsoid { key: "GRS80", names: ["GRS_1980", "GRS 1980"], a: 6_378_137.0, rf: 298.257_222_101 };
const BESSEL: Ellipsoid = Ellipsoid { key: "bessel", names: ["Bessel_1841", "Bessel 1841"], a: 6_377_397.155, rf: 299.152_812_8 };

impl Ellipsoid {
    /// Whether axis and flattening are this ellipsoid's, as far as files round them.
    fn is(&self, a: f64, rf: f64) -> bool {
        (a - self.a).abs() < 1e-3 && (rf - self.rf).abs() < 1e-6
    }
}

/// A geodetic datum, or one of the two obfuscated systems of Chinese web maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Datum {
    Wgs84,
    Cgcs2000,
    Etrs89,
    Nad83,
    /// Any other on the ellipsoid GRS 80.
    Grs80,
    Ch1903,
    Ch1903Plus,
    Gcj02,
    Bd09,
}

impl Datum {
    pub(super) const ALL: [Datum; 9] = [
        Datum::Wgs84,
        Datum::Cgcs2000,
        Datum::Etrs89,
        Datum::Nad83,
        Datum::Grs80,
        Datum::Ch1903,
        Datum::Ch1903Plus,
        Datum::Gcj02,
        Datum::Bd09,
    ];

    /// Its ellipsoid; that of WGS 84 for GCJ-02 and BD-09.
    pub(super) fn ellipsoid(self) -> Ellipsoid {
        match self {
            Datum::Wgs84 | Datum::Gcj02 | Datum::Bd09 => WGS84,
            Datum::Cgcs2000 => Ellipsoid { names: ["CGCS2000", "CGCS2000"], ..GRS80 },
            Datum::Etrs89 | Datum::Nad83 | Datum::Grs80 => GRS80,
            Datum::Ch1903 | Datum::Ch1903Plus => BESSEL,
        }
    }

    /// EPSG code of its longitude and latitude.
    pub(super) fn code(self) -> Option<u32> {
        match self {
            Datum::Wgs84 => Some(4326),
            Datum::Cgcs2000 => Some(4490),
            Datum::Etrs89 => Some(4258),
            Datum::Nad83 => Some(4269),
            Datum::Ch1903 => Some(4149),
            Datum::Ch1903Plus => Some(4150),
            Datum::Grs80 | Datum::Gcj02 | Datum::Bd09 => None,
        }
    }

    /// Short name, also the value of `+frame` in the PROJ strings written here.
    pub(super) fn key(self) -> &'static str {
        match self {
            Datum::Wgs84 => "WGS84",
            Datum::Cgcs2000 => "CGCS2000",
            Datum::Etrs89 => "ETRS89",
            Datum::Nad83 => "NAD83",
            Datum::Grs80 => "GRS80",
            Datum::Ch1903 => "CH1903",
            Datum::Ch1903Plus => "CH1903+",
            Datum::Gcj02 => "GCJ-02",
            Datum::Bd09 => "BD-09",
        }
    }

    /// Names of its geographic system and of itself: as ESRI writes them, then as EPSG does.
    pub(super) fn names(self) -> [&'static str; 4] {
        match self {
            Datum::Wgs84 | Datum::Gcj02 | Datum::Bd09 => ["GCS_WGS_1984", "D_WGS_1984", "WGS 84", "World Geodetic System 1984"],
            Datum::Cgcs2000 => {
                ["GCS_China_Geodetic_Coordinate_System_2000", "D_China_2000", "China Geodetic Coordinate System 2000", "China 2000"]
            }
            Datum::Etrs89 => ["GCS_ETRS_1989", "D_ETRS_1989", "ETRS89", "European Terrestrial Reference System 1989"],
            Datum::Nad83 => ["GCS_North_American_1983", "D_North_American_1983", "NAD83", "North American Datum 1983"],
            Datum::Grs80 => ["GCS_unknown", "D_unknown", "unknown", "unknown"],
            Datum::Ch1903 => ["GCS_CH1903", "D_CH1903", "CH1903", "CH1903"],
            Datum::Ch1903Plus => ["GCS_CH1903+", "D_CH1903+", "CH1903+", "CH1903+"],
        }
    }

    /// Translations in metres to WGS 84 (EPSG operations 1676 and 1766); none where it is taken as equal.
    pub(super) fn translation(self) -> Option<[f64; 3]> {
        matches!(self, Datum::Ch1903 | Datum::Ch1903Plus).then_some([674.374, 15.056, 405.346])
    }

    /// What is taken for granted on the way to WGS 84.
    pub(super) fn caveat(self) -> Option<&'static str> {
        match self {
            Datum::Wgs84 => None,
            Datum::Cgcs2000 => Some("CGCS2000 is taken as equal to WGS 84; the two differ by centimetres."),
            Datum::Etrs89 => Some("ETRS89 is taken as equal to WGS 84; the two differ by up to a metre."),
            Datum::Nad83 => Some("NAD83 is taken as equal to WGS 84; the two differ by up to two metres."),
            Datum::Grs80 => Some("A datum on the ellipsoid GRS 80 is taken as equal to WGS 84; the two may differ by some metres."),
            Datum::Ch1903 | Datum::Ch1903Plus => Some("The Swiss datum is shifted to WGS 84 by three translations, good to about a metre."),
            Datum::Gcj02 => Some("GCJ-02 is converted by the formula that became public, which no authority vouches for."),
            Datum::Bd09 => Some("BD-09 is converted by the formulas that became public, which no authority vouches for."),
        }
    }

    /// The datum that a definition means by a name and the shape of its ellipsoid; the error says what it is instead.
    pub(super) fn identify(name: &str, a: f64, rf: f64) -> Result<Datum, Unidentified> {
        let plain: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == '+').collect();
        let any = |parts: &[&str]| parts.iter().any(|p| plain.contains(p));
        let named = if any(&["china2000", "cgcs2000", "chinageodeticcoordinatesystem2000"]) {
            Some(Datum::Cgcs2000)
        } else if any(&["wgs1984", "wgs84", "worldgeodeticsystem1984"]) {
            Some(Datum::Wgs84)
        } else if any(&["etrs1989", "etrs89", "europeanterrestrialreferencesystem1989"]) {
            Some(Datum::Etrs89)
        } else if ["northamericandatum1983", "dnorthamerican1983", "northamerican1983", "nad83"].contains(&plain.as_str()) {
            Some(Datum::Nad83)
        } else if plain.contains("ch1903+") {
            Some(Datum::Ch1903Plus)
        } else if plain.contains("ch1903") {
            Some(Datum::Ch1903)
        } else {
            None
        };
        match named {
            // GRS 80 and WGS 84 differ by 0.1 mm at the poles and are mixed up in files: the one stated decides nothing.
            Some(d) if d.ellipsoid().is(a, rf) || (d.ellipsoid().a == WGS84.a && (WGS84.is(a, rf) || GRS80.is(a, rf))) => Ok(d),
            Some(_) => Err(Unidentified::Other),
            None if (a - 6_378_245.0).abs() < 0.5 || any(&["beijing1954", "beijing54"]) => Err(Unidentified::Beijing1954),
            None if (a - 6_378_140.0).abs() < 0.5 || any(&["xian1980", "xian80"]) => Err(Unidentified::Xian1980),
            None if WGS84.is(a, rf) => Ok(Datum::Wgs84),
            None if GRS80.is(a, rf) => Ok(Datum::Grs80),
            None => Err(Unidentified::Other),
        }
    }
}

/// Why a datum is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unidentified {
    Beijing1954,
    Xian1980,
    Other,
}
