//! Layers as found: nothing dropped, nothing repaired, coordinates as longitude and latitude in degrees.

use crate::recipe::PointLayer;
use geo::{MultiLineString, MultiPolygon};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// One file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Layer it is (`roads`, `admin`, …).
    pub layer: SmolStr,
    /// File name.
    pub file: String,
    /// SHA-256 of the bytes of the file, lower-case hex.
    pub digest: String,
    /// [`content`](super::content()) of the layer, which may have come from several files.
    pub content: String,
    /// Features read.
    pub features: u64,
    /// Format, in words.
    pub format: SmolStr,
    /// Coordinate reference system of its positions, where the recipe or the file says one.
    pub crs: Option<String>,
    /// Encoding of its text and how it was found, where the format leaves that open.
    pub encoding: Option<String>,
}

/// Where a feature comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Position in [`Layers::sources`].
    pub source: u16,
    /// Record in the file, counted from 1.
    pub record: u32,
}

/// A division as found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DivisionRecord {
    /// Where it comes from.
    pub origin: Origin,
    /// Its id.
    pub id: String,
    /// Administrative level.
    pub level: Option<i32>,
    /// Hierarchy it belongs to.
    pub scheme: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Id of the division above.
    pub parent: Option<String>,
    /// Its official code.
    pub code: Option<String>,
    /// Id of the division or office that it reports to, where that is not the one above.
    pub reports_to: Option<String>,
    /// Cut at the edge of the data: not part of the territory.
    pub partial: bool,
    /// Its land.
    pub land: MultiPolygon<f64>,
}

/// A water area, a piece of land use or the study area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaRecord {
    /// Where it comes from.
    pub origin: Origin,
    /// Its id.
    pub id: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Display name.
    pub name: Option<String>,
    /// Load that it will have once it is built.
    pub expected_load: Option<f64>,
    /// Its land.
    pub land: MultiPolygon<f64>,
}

/// A road, railway or water line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineRecord {
    /// Where it comes from.
    pub origin: Origin,
    /// Its id.
    pub id: Option<String>,
    /// Its class (roads) or kind (water, rail).
    pub class: String,
    /// Display name.
    pub name: Option<String>,
    /// In a tunnel or culvert.
    pub tunnel: bool,
    /// On a bridge.
    pub bridge: bool,
    /// Its course.
    pub line: MultiLineString<f64>,
}

/// A household, customer, shop or point of interest. There are millions, so that their short texts take no memory of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointRecord {
    /// Where it comes from.
    pub origin: Origin,
    /// Its id.
    pub id: Option<SmolStr>,
    /// Its kind.
    pub kind: Option<SmolStr>,
    /// Its weight.
    pub weight: Option<f64>,
    /// Settlement class of its surroundings.
    pub settlement: Option<SmolStr>,
    /// Customer class.
    pub class: Option<SmolStr>,
    /// How often it is visited, in words of the recipe.
    pub visits: Option<SmolStr>,
    /// Longitude, latitude.
    pub at: [f64; 2],
}

/// A number property that was read beside what every point has, for a resource.
///
/// Kept as a column, so that points without further numbers take no room for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// Layer of the points.
    pub layer: SmolStr,
    /// The property as the file calls it.
    pub property: String,
    /// Its value for every point of the layer, in their order; missing is not zero.
    pub values: Vec<Option<f64>>,
}

/// A base station or one of its sectors as found, at a point or with the land that it covers; missing is not zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StationRecord {
    /// Where it comes from.
    pub origin: Origin,
    /// Its id.
    pub id: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Degrees clockwise from north.
    pub azimuth: Option<f64>,
    /// Beam width in degrees.
    pub beam_width: Option<f64>,
    /// Radius in metres.
    pub radius_m: Option<f64>,
    /// Serves the inside of a building only.
    pub indoor: Option<bool>,
    /// Serves a tunnel only.
    pub tunnel: Option<bool>,
    /// Longitude, latitude; the centroid where land was given.
    pub at: [f64; 2],
    /// Land that it covers; empty where a point was given.
    pub land: MultiPolygon<f64>,
}

/// What all points have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site<'a> {
    /// Where it comes from.
    pub origin: Origin,
    /// Its id.
    pub id: Option<&'a str>,
    /// Its kind; stations have none.
    pub kind: Option<&'a str>,
    /// Longitude, latitude.
    pub at: [f64; 2],
}

/// A decision on grids or units, drawn by a planner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LockRecord {
    /// Where it comes from.
    pub origin: Origin,
    /// Its id.
    pub id: Option<String>,
    /// Property `lock`: `frozen`, `together`, `apart` or `seed`.
    pub kind: String,
    /// Records of one kind and group are one lock.
    pub group: Option<String>,
    /// Places, longitude and latitude.
    pub places: Vec<[f64; 2]>,
    /// Land.
    pub land: MultiPolygon<f64>,
}

/// Everything that was read from a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layers {
    /// Files in the order of reading.
    pub sources: Vec<Source>,
    /// Divisions of all levels and schemes.
    pub divisions: Vec<DivisionRecord>,
    /// Outline of the whole area.
    pub study_area: Vec<AreaRecord>,
    /// Roads.
    pub roads: Vec<LineRecord>,
    /// Water areas.
    pub water_areas: Vec<AreaRecord>,
    /// Water lines.
    pub water_lines: Vec<LineRecord>,
    /// Railways.
    pub rail: Vec<LineRecord>,
    /// Households and other entities.
    pub households: Vec<PointRecord>,
    /// Land use.
    pub landuse: Vec<AreaRecord>,
    /// Points of interest.
    pub pois: Vec<PointRecord>,
    /// Base stations.
    pub stations: Vec<StationRecord>,
    /// Locks.
    pub locks: Vec<LockRecord>,
    /// Further numbers of households, points of interest and stations.
    pub numbers: Vec<Numbers>,
    /// Features that could not be taken as they are.
    pub findings: Vec<crate::finding::Finding>,
}

impl Layers {
    /// File name behind an origin.
    pub fn file(&self, origin: Origin) -> &str {
        self.sources.get(origin.source as usize).map_or("", |s| s.file.as_str())
    }

    /// Levels and schemes of the divisions, each with their number, but for those cut at the edge of the data.
    pub fn levels(&self) -> String {
        let mut numbers: BTreeMap<(Option<i32>, Option<&str>), u64> = BTreeMap::new();
        for d in self.divisions.iter().filter(|d| !d.partial) {
            *numbers.entry((d.level, d.scheme.as_deref())).or_default() += 1;
        }
        let one = |((level, scheme), number): ((Option<i32>, Option<&str>), u64)| {
            let level = level.map_or("no level".to_string(), |l| format!("level {l}"));
            let scheme = scheme.map_or(String::new(), |s| format!(" scheme {s}"));
            format!("{level}{scheme} ({number})")
        };
        numbers.into_iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// The points of a layer.
    pub fn sites(&self, layer: PointLayer) -> Box<dyn ExactSizeIterator<Item = Site<'_>> + '_> {
        fn site(r: &PointRecord) -> Site<'_> {
            Site { origin: r.origin, id: r.id.as_deref(), kind: r.kind.as_deref(), at: r.at }
        }
        match layer {
            PointLayer::Households => Box::new(self.households.iter().map(site)),
            PointLayer::Pois => Box::new(self.pois.iter().map(site)),
            PointLayer::BaseStations => {
                Box::new(self.stations.iter().map(|r| Site { origin: r.origin, id: r.id.as_deref(), kind: None, at: r.at }))
            }
        }
    }

    /// A further number of every point of a layer; none where it was not read, or points were added or taken away since.
    pub fn numbers(&self, layer: PointLayer, property: &str) -> Option<&[Option<f64>]> {
        let column = self.numbers.iter().find(|n| n.layer == layer.name() && n.property == property)?;
        (column.values.len() == self.sites(layer).len()).then_some(&column.values)
    }
}
