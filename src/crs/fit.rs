//! Whether the numbers of a layer can be positions in the system that it declares, and which system they look like otherwise.

use super::datum::Datum;
use super::epsg::{self, Zone};
use super::{Crs, CrsError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Which number of a position comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AxisOrder {
    /// Longitude or easting first, as nearly all files have it.
    #[default]
    Xy,
    /// Latitude or northing first, as the EPSG registry has EPSG:4490 and others.
    Yx,
}

impl AxisOrder {
    /// The position with x first.
    pub fn apply(self, at: [f64; 2]) -> [f64; 2] {
        match self {
            AxisOrder::Xy => at,
            AxisOrder::Yx => [at[1], at[0]],
        }
    }

    /// An extent (least x, least y, greatest x, greatest y) with x first.
    pub fn apply_extent(self, e: [f64; 4]) -> [f64; 4] {
        match self {
            AxisOrder::Xy => e,
            AxisOrder::Yx => [e[1], e[0], e[3], e[2]],
        }
    }
}

impl fmt::Display for AxisOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AxisOrder::Xy => "xy",
            AxisOrder::Yx => "yx",
        })
    }
}

impl FromStr for AxisOrder {
    type Err = CrsError;

    fn from_str(text: &str) -> Result<AxisOrder, CrsError> {
        match text {
            "xy" => Ok(AxisOrder::Xy),
            "yx" => Ok(AxisOrder::Yx),
            _ => Err(CrsError::AxisOrder(text.into())),
        }
    }
}

/// How an extent fits a system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// It lies where the system is used.
    Yes,
    /// It does not, but would in another system or with its axes swapped. `why` is a sentence for a finding.
    Rather {
        /// The system that fits.
        crs: Crs,
        /// The order of axes with which it does.
        axes: AxisOrder,
        /// A sentence.
        why: String,
    },
    /// It does not, and nothing close by fits. `why` is a sentence for a finding.
    No {
        /// A sentence.
        why: String,
    },
}

/// Two digits before the last six of an easting, if the whole extent has the same.
fn prefix(x: [f64; 2]) -> Option<u32> {
    let of = |x: f64| (1e7..1e8).contains(&x).then(|| (x / 1e6) as u32);
    let (least, greatest) = (of(x[0])?, of(x[1])?);
    (least == greatest).then_some(least)
}

impl Crs {
    /// Whether an extent (least x, least y, greatest x, greatest y, as the file has them) can be in this system; if not, what it looks
    /// like: swapped axes, a Gauss-Krueger zone with or without its number before the eastings, another zone, degrees instead of metres.
    /// Nothing is changed by this: the caller reports the sentence and decides.
    pub fn fits(&self, extent: [f64; 4]) -> Fit {
        let [x0, y0, x1, y1] = extent;
        if !(extent.iter().all(|v| v.is_finite()) && x0 <= x1 && y0 <= y1) {
            return Fit::No { why: "The positions have no extent: there are none, or some are not finite.".into() };
        }
        let found = format!("x from {} to {} and y from {} to {}", shown(x0), shown(x1), shown(y0), shown(y1));
        if self.plausible(extent) {
            return Fit::Yes;
        }
        let candidates = [AxisOrder::Xy, AxisOrder::Yx].into_iter().flat_map(|axes| {
            let turned = axes.apply_extent(extent);
            let own = (self.clone(), String::new());
            std::iter::once(own).chain(self.siblings(turned)).map(move |(crs, how)| (crs, how, axes, turned))
        });
        for (crs, how, axes, turned) in candidates {
            if crs.plausible(turned) {
                let swapped = if axes == AxisOrder::Yx { "The axes look swapped (northing or latitude first)" } else { "" };
                let joined = match (swapped, how.as_str()) {
                    ("", how) => how.to_string(),
                    (swapped, "") => swapped.into(),
                    (swapped, how) => format!("{swapped}; {}{}", how[..1].to_lowercase(), &how[1..]),
                };
                let taken = if axes == AxisOrder::Yx { format!("{crs} with axes = \"yx\"") } else { crs.to_string() };
                let why = format!("{joined}: declared is {self} ({}), but {found}; {taken} would fit.", self.name());
                return Fit::Rather { crs, axes, why };
            }
        }
        let hint = if self.is_geographic() && x1.abs().max(y1.abs()) > 360.0 {
            " The numbers are no degrees: say which projected system they are in (a Gauss-Krueger zone cannot be told from six-digit eastings)."
        } else {
            ""
        };
        Fit::No { why: format!("Declared is {self} ({}), but {found}: outside where it is used.{hint}", self.name()) }
    }

    /// Whether the extent looks as if it had y first in this system: it does not fit as it is, but swapped it does.
    pub fn suspect_swapped(&self, extent: [f64; 4]) -> bool {
        !self.plausible(extent) && self.plausible(AxisOrder::Yx.apply_extent(extent))
    }

    /// Whether corners and middle of an extent lie in the area of use.
    fn plausible(&self, [x0, y0, x1, y1]: [f64; 4]) -> bool {
        let area = epsg::area(&self.definition, self.code);
        // Nobody lives north of 73 degrees between 3 and 54 degrees east but on Svalbard; swapped, it is the west of China.
        let west_of_china = self.is_geographic() && y0 >= 73.0 && (3.0..=54.0).contains(&x0) && (3.0..=54.0).contains(&x1);
        let corners = [[x0, y0], [x1, y0], [x0, y1], [x1, y1], [0.5 * (x0 + x1), 0.5 * (y0 + y1)]];
        let inside = |d: [f64; 2]| d[0] >= area[0] && d[0] <= area[2] && d[1] >= area[1] && d[1] <= area[3];
        // Metres that could all be degrees would be a spot of some hundred metres at the edge of the system.
        let degrees = !self.is_geographic() && [x0, y0, x1, y1].iter().all(|v| v.abs() <= 180.0);
        !west_of_china && !degrees && corners.iter().all(|c| self.place(*c).is_some_and(inside))
    }

    /// Longitude and latitude, continued past the antimeridian where the area of use is.
    fn place(&self, at: [f64; 2]) -> Option<[f64; 2]> {
        let [lon, lat] = self.to_wgs84(at)?;
        let middle = self.definition.plane.map_or(0.0, |p| p.lon0);
        let turn = if lon - middle > 180.0 {
            -360.0
        } else if middle - lon > 180.0 {
            360.0
        } else {
            0.0
        };
        Some([lon + turn, lat])
    }

    /// Systems that are mixed up with this one, given the numbers, each with the sentence that says so.
    fn siblings(&self, [x0, y0, x1, y1]: [f64; 4]) -> Vec<(Crs, String)> {
        let mut codes = Vec::new();
        let own = self.code.and_then(Zone::of);
        let chinese = self.definition.datum == Datum::Cgcs2000 || own.is_some() || matches!(self.code, Some(4326 | 3857));
        if let Some(zone) = prefix([x0, x1]).and_then(Zone::with_prefix).filter(|_| chinese) {
            let how = match own {
                Some(o) if o.number == zone.number && !o.prefixed => format!("Eastings begin with the number of the zone, {}", zone.number),
                Some(_) => format!("Eastings begin with {}, the number of another zone", zone.number),
                None => format!("Eastings begin with {}, the number of a {}-degree zone", zone.number, zone.width),
            };
            codes.push((zone.code(), how));
        }
        if let Some(zone) = own.filter(|z| z.prefixed) {
            codes.push((Zone { prefixed: false, ..zone }.code(), format!("Eastings lack the number of the zone, {}", zone.number)));
        }
        let degrees = [x0, y0, x1, y1].iter().all(|v| v.abs() <= 180.0);
        if let Some(code) = self.definition.datum.code().filter(|_| degrees && !self.is_geographic()) {
            codes.push((code, "The numbers look like degrees, not metres".into()));
        }
        let web = x0.abs().max(x1.abs()) <= 20_037_509.0 && x0.abs().max(y0.abs()) > 360.0;
        if web && self.is_geographic() && matches!(self.code, Some(4326)) {
            codes.push((3857, "The numbers look like web Mercator, not degrees".into()));
        }
        codes.into_iter().filter_map(|(code, how)| Some((Crs::from_epsg(code).ok()?, how))).collect()
    }
}

/// Degrees with five digits, metres with none.
fn shown(v: f64) -> String {
    if v.abs() < 1000.0 { format!("{v:.5}") } else { format!("{v:.0}") }
}
