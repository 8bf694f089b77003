//! The area map of a plan: one offline page for the screen ([`html`]) and one sheet for print ([`svg`]).
//!
//! Both are drawn from a [`Sheet`], which holds nothing but what is shown, and both take their colours from one ramp.
//! The same sheet always yields the same bytes. Names may hold anything; they are shown as text and never run.

mod geometry;
mod html;
mod labels;
mod packed;
mod ramp;
mod svg;
#[cfg(test)]
mod tests;

pub(super) use html::html_with;
pub(super) use svg::svg_with;

use geometry::{Bounds, Plane, Spot, extent, spot};
use rayon::prelude::*;
use serde::Serialize;

/// A multipolygon: polygons of closed rings (the outer one first) of longitude, latitude in degrees.
pub type Polygons = Vec<Vec<Vec<[f64; 2]>>>;

/// Everything the area map of one plan shows.
///
/// Serialises in the compact form the page reads: coordinates as differences in 10⁻⁶ degrees, other numbers rounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sheet {
    /// Heading of the map.
    pub title: String,
    /// Facts on the whole plan, as label and value, in the order they are shown.
    pub summary: Vec<(String, String)>,
    /// Half width of the band as a share of the target: 0.1 stands for ±10 %.
    pub tolerance: f64,
    /// What the planner should know.
    pub findings: Vec<SheetFinding>,
    /// The grids.
    pub grids: Vec<SheetGrid>,
    /// The zones, or the divisions where there are no zones.
    pub zones: Vec<SheetZone>,
    /// Lines that a grid should not cross.
    pub barriers: Vec<SheetLine>,
    /// Points that shape zones and grids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<SheetPlace>,
    /// Water areas.
    #[serde(serialize_with = "packed::areas")]
    pub water: Vec<Polygons>,
    /// What changed since an earlier plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<SheetBefore>,
    /// Who made the data the map shows, and under which licence.
    pub attribution: String,
}

/// A finding as the map lists it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SheetFinding {
    /// Stable kebab-case name.
    pub code: String,
    /// `info`, `warning` or `violation`.
    pub severity: String,
    /// The sentence that is shown.
    pub message: String,
    /// Place as longitude, latitude in degrees, where there is one.
    pub place: Option<[f64; 2]>,
}

/// A grid as the map shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SheetGrid {
    /// Immutable id, as in the ledgers.
    pub id: String,
    /// Display code; the map prints its last part where room is short.
    pub code: String,
    /// Id of the zone.
    pub zone: String,
    /// Name (or id) of the division.
    pub division: String,
    /// `ordinary`, or the kind of a dedicated grid.
    pub kind: String,
    /// Name of the land it is dedicated to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The kind that an ordinary grid is like.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub character: String,
    /// Customers by class.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub customers: String,
    /// Settlement class.
    pub settlement: String,
    /// Load.
    #[serde(serialize_with = "packed::number")]
    pub households: f64,
    /// Load it should have.
    #[serde(serialize_with = "packed::number")]
    pub target: f64,
    /// What else it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<SheetResource>,
    /// Signed share of the target by which the load is off; none where there is no target.
    #[serde(serialize_with = "packed::optional_number")]
    pub deviation: Option<f64>,
    /// Whether the load is inside the band.
    pub in_band: bool,
    /// `green`, `yellow` or `red`.
    pub light: String,
    /// Number of units.
    pub units: u32,
    /// Number of separate pieces of land.
    pub parts: u32,
    /// Area in square metres.
    #[serde(serialize_with = "packed::number")]
    pub area_m2: f64,
    /// Polsby–Popper compactness, 0 to 1.
    #[serde(serialize_with = "packed::number")]
    pub compactness: f64,
    /// Share of the border that runs along barriers, 0 to 1.
    #[serde(serialize_with = "packed::number")]
    pub barrier_share: f64,
    /// Officer in charge.
    pub officer: Option<String>,
    /// Id of the grid whose officer stands in.
    pub backup: Option<String>,
    /// Why the grid is as it is, in a sentence.
    pub why: String,
    /// Its land.
    #[serde(serialize_with = "packed::polygons")]
    pub polygons: Polygons,
}

/// A further resource of a grid as the map shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SheetResource {
    /// Its name.
    pub name: String,
    /// How much of it the grid has.
    #[serde(serialize_with = "packed::number")]
    pub amount: f64,
    /// Signed share of the mean of its zone by which it is off.
    #[serde(serialize_with = "packed::number")]
    pub deviation: f64,
}

/// A zone as the map shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SheetZone {
    /// Immutable id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Name (or id) of the division it lies in.
    pub division: String,
    /// Load.
    #[serde(serialize_with = "packed::number")]
    pub households: f64,
    /// Number of grids.
    pub grids: u32,
    /// The best that any plan could reach, in words.
    pub possible: String,
    /// What this plan reached, in words.
    pub reached: String,
    /// Grids out of the band / of these, how many are forced out.
    pub out: String,
    /// Whether no plan is better balanced.
    pub proven: bool,
    /// Its land.
    #[serde(serialize_with = "packed::polygons")]
    pub polygons: Polygons,
}

/// A base station, hall or landmark as the map shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SheetPlace {
    /// What it is.
    pub kind: PlaceKind,
    /// Name, or id.
    pub name: String,
    /// Longitude, latitude in degrees.
    #[serde(serialize_with = "packed::place")]
    pub at: [f64; 2],
}

/// What a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    /// A base station.
    Station,
    /// A service outlet.
    Hall,
    /// A building that grids gather around.
    Landmark,
}

impl PlaceKind {
    /// All of them, in the order of the legend, with the words of the legend.
    const ALL: [(PlaceKind, &'static str); 3] =
        [(PlaceKind::Station, "station 基站"), (PlaceKind::Hall, "hall 营业厅"), (PlaceKind::Landmark, "landmark")];
}

/// An earlier plan as the map shows it below the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SheetBefore {
    /// Borders of its grids that are no borders any more, as longitude, latitude in degrees.
    #[serde(serialize_with = "packed::lines")]
    pub borders: Vec<Vec<[f64; 2]>>,
    /// Land whose grid is another one.
    pub moved: Vec<SheetMoved>,
}

/// Land that went from one grid to another as the map shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SheetMoved {
    /// Its grid before, as it is to be called; empty where it was in none.
    pub from: String,
    /// Id of its grid now.
    pub to: String,
    /// Load on it.
    #[serde(serialize_with = "packed::number")]
    pub households: f64,
    /// Area in square metres.
    #[serde(serialize_with = "packed::number")]
    pub area_m2: f64,
    /// Why it moved, in a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The land.
    #[serde(serialize_with = "packed::polygons")]
    pub polygons: Polygons,
}

/// A barrier as the map shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SheetLine {
    /// Class in the words of the data, such as `primary`, `rail` or `river`.
    pub class: String,
    /// How hard it is to cross, 0 to 100.
    pub strength: u8,
    /// Its course as longitude, latitude in degrees.
    #[serde(serialize_with = "packed::line")]
    pub points: Vec<[f64; 2]>,
}

/// The area map as one page that works offline in any current browser.
///
/// `#grid=ID` behind its address selects that grid and zooms to it.
pub fn html(sheet: &Sheet) -> String {
    html_with(sheet, &Spots::new(sheet))
}

/// The area map as one A3 sheet in SVG.
pub fn svg(sheet: &Sheet) -> String {
    svg_with(sheet, &Spots::new(sheet))
}

/// Where the labels of a sheet sit best, on the page as on paper.
pub(super) struct Spots {
    bounds: Bounds,
    plane: Plane,
    grids: Vec<Option<Spot>>,
    zones: Vec<Option<Spot>>,
}

impl Spots {
    pub fn new(sheet: &Sheet) -> Spots {
        let bounds = extent(sheet);
        let plane = Plane::new(&bounds);
        let grids = sheet.grids.par_iter().map(|grid| spot(&grid.polygons, &plane)).collect();
        let zones = sheet.zones.par_iter().map(|zone| spot(&zone.polygons, &plane)).collect();
        Spots { bounds, plane, grids, zones }
    }
}

impl SheetGrid {
    /// The last part of the display code, or the whole code where it has no parts.
    fn short_code(&self) -> &str {
        let whole = if self.code.is_empty() { &self.id } else { &self.code };
        whole.rsplit(['-', '/', '_', ' ']).find(|part| !part.is_empty()).unwrap_or(whole)
    }

    /// The sign that tells over- from underload without colour: nothing inside the band.
    fn mark(&self) -> &'static str {
        match self.deviation {
            Some(d) if !self.in_band && d > 0.0 => "▲",
            Some(d) if !self.in_band && d < 0.0 => "▼",
            _ => "",
        }
    }

    /// Whether the grid is drawn hatched: dedicated to something, or without load or target.
    fn hatched(&self) -> bool {
        !matches!(self.kind.as_str(), "" | "ordinary") || self.deviation.is_none() || self.households <= 0.0
    }
}

/// How a barrier is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Stroke {
    Road,
    Water,
    Rail,
}

impl SheetLine {
    fn stroke(&self) -> Stroke {
        let class = self.class.to_lowercase();
        let any = |words: &[&str]| words.iter().any(|w| class.contains(w));
        if any(&["rail", "subway", "tram", "metro"]) {
            Stroke::Rail
        } else if any(&["river", "water", "stream", "canal", "coast", "drain", "ditch"]) {
            Stroke::Water
        } else {
            Stroke::Road
        }
    }
}
