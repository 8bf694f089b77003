use super::draft::Draft;
use super::facilities::{FacilityRule, HubRule};
use super::series::{SeriesRule, ThresholdRule};
use super::signals::AttachRule;
use super::staffing::{BackupRule, OfficerRule, PostRule};
use super::template::Template;
use crate::crs::{AxisOrder, Crs};
use crate::measure::Load;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Kind of a grid that no rule gives another.
pub const ORDINARY: &str = "ordinary";

/// A checked recipe: every stage reads it, none changes it. Made by [`Draft::build`](super::Draft::build).
///
/// Serialised it is a draft that says every key and builds to the same recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Draft", try_from = "Draft")]
pub struct Recipe {
    /// Which divisions are cut.
    pub division: DivisionChoice,
    /// Divisions made of others, by id.
    pub areas: Vec<AreaRule>,
    /// What a zone is.
    pub zones: ZoneRule,
    /// Size of grids.
    pub grid: GridRule,
    /// What counts as load.
    pub load: LoadRule,
    /// Further resources that are balanced or told beside the load, by name.
    pub resources: Vec<ResourceRule>,
    /// Customer classes by name.
    pub classes: Vec<ClassRule>,
    /// Kinds of grid in the order in which they are tried.
    pub kinds: Vec<KindRule>,
    /// Service outlets that grids gather around (R2).
    pub halls: AnchorRule,
    /// Landmarks that grids gather around (R2).
    pub landmarks: AnchorRule,
    /// Levels above the grids, the top first (R13).
    pub levels: Vec<LevelRule>,
    /// Centres from which places are served (R20).
    pub hubs: HubRule,
    /// Facilities by name (R36, R38).
    pub facilities: Vec<FacilityRule>,
    /// Backup pairs (R29).
    pub backup: BackupRule,
    /// Posts by name (R7, R11, R15).
    pub posts: Vec<PostRule>,
    /// Officers (R28, R30).
    pub officers: OfficerRule,
    /// Display codes of grids.
    pub codes: CodeRule,
    /// How units are cut.
    pub cut: CutRule,
    /// Strength of barriers by class.
    pub barriers: BarrierRule,
    /// Attachment of entities.
    pub attach: AttachRule,
    /// Series of numbers by grid and date (R8).
    pub series: SeriesRule,
    /// Limits of series by name (R35).
    pub thresholds: Vec<ThresholdRule>,
    /// Deterministic amount of search.
    pub effort: Effort,
    /// Names of files and properties.
    pub layers: LayerMap,
    /// Seed of every random choice.
    pub seed: u64,
}

/// Which divisions are cut into grids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DivisionChoice {
    /// Value of `admin_level`; without it the only level of the file.
    pub level: Option<i32>,
    /// Value of `scheme`; without it the only scheme of the level.
    pub scheme: Option<String>,
    /// Whom a division reports to, by its id; over what the file says (R32).
    pub reports_to: BTreeMap<String, String>,
}

/// A division made of others by union and difference (R32). It takes the place of those it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaRule {
    /// Its id.
    pub id: String,
    /// Display name, the id where none was given.
    pub name: Option<String>,
    /// Id of the division above.
    pub parent: Option<String>,
    /// Ids of the divisions it is made of, of any level and scheme; one or more.
    pub of: Vec<String>,
    /// Ids of the divisions whose land it does not have.
    pub without: Vec<String>,
}

/// What a zone is (R1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneRule {
    /// A division.
    Division,
    /// Units of one division grouped by the station that serves them, contiguous, with a load in this range as far as possible.
    Coverage {
        /// Least load.
        low: Load,
        /// Most load.
        high: Load,
    },
}

/// A customer class (R5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassRule {
    /// Its name, as in the points' property `class`.
    pub name: String,
    /// Kinds of point that are of the class where they say none; `shop` stands for `shop:bakery` as well.
    pub kinds: Vec<String>,
}

/// A kind of grid: what makes it (R5, R33).
#[derive(Clone, Debug, PartialEq)]
pub struct KindRule {
    /// The kind.
    pub kind: String,
    /// Rules of lower rank come first, of one rank by name.
    pub rank: u32,
    /// Customer classes it is about; names of [`Recipe::classes`].
    pub classes: Vec<String>,
    /// Least share of the customers that are of these classes, or of the land that is of that use.
    pub share: f64,
    /// Fewest customers of these classes.
    pub min_count: u32,
    /// Kinds of land use it is about.
    pub landuse: Vec<String>,
    /// Only land use with a name.
    pub named: bool,
    /// Least area of land of that use, m².
    pub min_area_m2: f64,
    /// Such land becomes a dedicated grid; otherwise grids that are like it are only called so.
    pub carve: bool,
    /// All of it in a division is one grid, contiguous or not.
    pub logical: bool,
}

impl KindRule {
    /// Whether it is about land of that kind and name, whatever its area.
    pub fn is_about(&self, kind: &str, name: Option<&str>) -> bool {
        (name.is_some() || !self.named) && self.landuse.iter().any(|wanted| is_kind(kind, wanted))
    }

    /// Whether `own` customers of its classes among `all` are enough.
    pub fn is_concentration(&self, own: u32, all: u32) -> bool {
        own >= self.min_count && f64::from(own) >= self.share * f64::from(all) - 1e-9
    }
}

/// Points of interest that grids gather around (R2).
#[derive(Clone, Debug, PartialEq)]
pub struct AnchorRule {
    /// Kinds of point; none: there are no such points.
    pub kinds: Vec<String>,
    /// Service radius of a point that says none, metres.
    pub radius_m: f64,
    /// Share by which a border costs more where it parts land around one point, and less between two of them; 0 to 1.
    pub pull: f64,
}

/// A level above the grids (R9, R13, R32).
#[derive(Clone, Debug, PartialEq)]
pub struct LevelRule {
    /// Its name.
    pub name: String,
    /// 1 is the top.
    pub rank: u32,
    /// The tree it belongs to.
    pub tree: Tree,
    /// What its areas are made by.
    pub by: LevelBy,
}

/// Which way areas answer to each other (R32).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tree {
    /// Who looks after whom.
    Supervision,
    /// Who reports to whom.
    Reporting,
}

/// What the areas of a level are made by.
#[derive(Clone, Debug, PartialEq)]
pub enum LevelBy {
    /// Divisions of a level and scheme of the file.
    Division {
        /// Value of `admin_level`.
        level: i32,
        /// Value of `scheme`; without it the scheme of the divisions that are cut.
        scheme: Option<String>,
    },
    /// The divisions that are cut.
    Cut,
    /// Lists of divisions that are cut, by name of the area.
    Lists(BTreeMap<String, Vec<String>>),
    /// Neighbouring areas of the level below, put together by load.
    Partition {
        /// Load of one area.
        target: Load,
        /// Share of the target by which it may differ.
        tolerance: f64,
    },
    /// The zones.
    Zones,
    /// Whom divisions report to.
    ReportsTo,
}

impl LevelBy {
    /// As a recipe calls it.
    pub fn name(&self) -> &'static str {
        match self {
            LevelBy::Division { .. } | LevelBy::Cut => "division",
            LevelBy::Lists(_) => "lists",
            LevelBy::Partition { .. } => "partition",
            LevelBy::Zones => "coverage",
            LevelBy::ReportsTo => "reports-to",
        }
    }
}

/// Display codes of grids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRule {
    /// Text with fields in braces.
    pub template: Template,
    /// The serial is 0 where a division is one grid.
    pub zero_if_undivided: bool,
}

/// Size of grids (R22).
#[derive(Clone, Debug, PartialEq)]
pub struct GridRule {
    /// Load of a grid where no settlement class says otherwise.
    pub target: Load,
    /// Share of the target by which a grid may differ, 0.1 = ±10 %.
    pub tolerance: f64,
    /// Target per settlement class.
    pub settlement_targets: BTreeMap<String, Load>,
    /// Fewest grids of a division.
    pub count_min: Option<u32>,
    /// Most grids of a division.
    pub count_max: Option<u32>,
    /// Where count and size cannot both hold: the count does and the size gives way, or the other way round.
    pub count_holds: bool,
    /// Exact number of grids by id of the division.
    pub counts: BTreeMap<String, u32>,
    /// Where the number of grids of a division is set, its mean is the target.
    pub target_from_count: bool,
}

impl GridRule {
    /// Target for a settlement class, the general one where the class has none.
    pub fn target_of(&self, settlement: Option<&str>) -> Load {
        settlement.and_then(|s| self.settlement_targets.get(s)).copied().unwrap_or(self.target)
    }

    /// Fewest and most grids that a division may have (R23, R28).
    pub fn counts_of(&self, division: &str) -> (u32, u32) {
        let any = (self.count_min.unwrap_or(1), self.count_max.unwrap_or(u32::MAX));
        self.counts.get(division).map_or(any, |&k| (k, k))
    }
}

/// What counts as load.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadRule {
    /// Kinds of point that are load; a point without kind always is.
    pub kinds: Vec<String>,
    /// Load of a point without weight.
    pub default_weight: Load,
    /// Where there are any, points weigh the visits a year that the word in their property `visits` stands for (R19).
    pub visits: BTreeMap<String, Load>,
}

/// A resource beside the load: what counts, and how even grids should be in it (R3).
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceRule {
    /// Its name, as in plans and reports.
    pub name: String,
    /// Layer whose points carry it.
    pub layer: PointLayer,
    /// Number property that is added up, as the file calls it; without it every point counts 1.
    pub property: Option<String>,
    /// Kinds of point that carry it; none = all. `shop` stands for `shop:bakery` as well.
    pub kinds: Vec<String>,
    /// Share of the mean of its zone by which a grid may differ, 0.2 = ±20 %.
    pub tolerance: f64,
    /// What a violation counts beside one of the load: 0 (told, not balanced), or 0.001 to 1000.
    pub weight: f64,
}

impl ResourceRule {
    /// Whether a point of that kind carries it.
    pub fn counts(&self, kind: Option<&str>) -> bool {
        self.kinds.is_empty() || kind.is_some_and(|k| self.kinds.iter().any(|wanted| is_kind(k, wanted)))
    }
}

/// Whether a point or land of `kind` is meant by `wanted`: `shop` stands for `shop:bakery` as well.
pub fn is_kind(kind: &str, wanted: &str) -> bool {
    kind.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// A layer of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PointLayer {
    /// Households and other entities.
    Households,
    /// Points of interest.
    Pois,
    /// Base stations.
    BaseStations,
}

impl PointLayer {
    /// All of them.
    pub const ALL: [PointLayer; 3] = [PointLayer::Households, PointLayer::Pois, PointLayer::BaseStations];

    /// As a recipe calls it.
    pub fn name(self) -> &'static str {
        match self {
            PointLayer::Households => "households",
            PointLayer::Pois => "pois",
            PointLayer::BaseStations => "base_stations",
        }
    }
}

/// How units are cut.
#[derive(Clone, Debug, PartialEq)]
pub struct CutRule {
    /// Faces narrower than this between a division border and a barrier, or between two barriers, are
    /// slivers, metres.
    pub snap_m: f64,
    /// Faces smaller than this without load join a neighbour, m².
    pub min_face_m2: f64,
    /// A face heavier than this share of the target is cut along minor ways inside it.
    pub split_above: f64,
    /// Water areas smaller than this are no barrier, m².
    pub min_water_m2: f64,
}

/// Strength of barriers by class, 0 (none) … 100 (never cross if it can be helped).
#[derive(Clone, Debug, PartialEq)]
pub struct BarrierRule {
    /// From this strength on no grid crosses a barrier, but for land too light for a grid of its own; none if not said.
    pub hard_from: Option<u8>,
    /// Water counts as no barrier where a road bridge crosses it.
    pub bridges_join: bool,
    /// Roads by `class`; `_link` counts as its class. Classes of strength 0 are minor ways.
    pub roads: BTreeMap<String, u8>,
    /// Water lines and areas by `kind`.
    pub water: BTreeMap<String, u8>,
    /// Railways by `kind`.
    pub rail: BTreeMap<String, u8>,
    /// Road classes that may split a face that is too heavy; all others of strength 0 are ignored.
    pub minor: Vec<String>,
}

/// Deterministic amount of search: work, not time.
///
/// With equal `starts` a search with less of the others is the beginning of one with more, so that each level of
/// [`LEVELS`](Effort::LEVELS) gives a plan that is never worse than the one below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Most random trees per bisection, ≥ 1.
    pub starts: u32,
    /// Most passes that draw windows of neighbouring grids anew.
    pub passes: u32,
    /// Most windows drawn anew in all passes of a partition: one drawn several times counts as often.
    pub windows: u32,
}

impl Effort {
    /// The levels by name, least effort first.
    pub const LEVELS: [(&str, Effort); 3] = [
        ("quick", Effort { starts: 8, passes: 0, windows: 0 }),
        ("standard", Effort { starts: 8, passes: 8, windows: 20_000 }),
        ("thorough", Effort { starts: 8, passes: 64, windows: 1_000_000 }),
    ];

    /// The level of that name.
    pub fn level(name: &str) -> Option<Effort> {
        Effort::LEVELS.iter().find(|(known, _)| *known == name).map(|(_, effort)| *effort)
    }
}

impl Default for Effort {
    /// The level `standard`.
    fn default() -> Effort {
        Effort::LEVELS[1].1
    }
}

/// File and property names of the layers, so that a folder with other names can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerMap {
    /// Divisions.
    pub admin: LayerSource,
    /// Outline of the whole area.
    pub study_area: LayerSource,
    /// Roads.
    pub roads: LayerSource,
    /// Water lines and areas.
    pub water: LayerSource,
    /// Railways.
    pub rail: LayerSource,
    /// Households and other entities.
    pub households: LayerSource,
    /// Land use.
    pub landuse: LayerSource,
    /// Points of interest.
    pub pois: LayerSource,
    /// Base stations.
    pub base_stations: LayerSource,
    /// Grids and units that a planner has decided on.
    pub locks: LayerSource,
}

impl LayerMap {
    /// All layers in the order of [`LAYERS`](super::LAYERS).
    pub fn sources(&self) -> [&LayerSource; 10] {
        let LayerMap { admin, study_area, roads, water, rail, households, landuse, pois, base_stations, locks } = self;
        [admin, study_area, roads, water, rail, households, landuse, pois, base_stations, locks]
    }
}

/// One layer: where it is and what its properties are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerSource {
    /// File name without ending (`roads` finds `roads.geojson` and `roads.geojson.gz`), or a whole
    /// file name, relative to the folder.
    pub file: String,
    /// Our property name → the name in the file; only names that differ.
    pub properties: BTreeMap<String, String>,
    /// Further number properties to be read, as the file calls them, sorted; those of the recipe's resources, and the radius of halls.
    pub numbers: Vec<String>,
    /// Coordinate reference system, whatever the file says; none where the file's word is taken, and WGS 84 where it says nothing.
    pub crs: Option<Crs>,
    /// Order of the two numbers of a position; none where it is longitude or easting first, unless the numbers say otherwise.
    pub axes: Option<AxisOrder>,
    /// Encoding of text, whatever the file says.
    pub encoding: Option<String>,
    /// Whether text that is cut in the middle of its last character is taken without it, and told, instead of being an error.
    pub keep_cut_text: bool,
    /// Table of a GeoPackage, or folder of a KML file; none where there is one alone, or one that is called like the layer.
    pub table: Option<String>,
    /// Column with the easting or longitude, in a table of text; none for the usual names.
    pub x: Option<String>,
    /// Column with the northing or latitude, see `x`.
    pub y: Option<String>,
    /// Where records without a place of their own have one.
    pub join: Option<Join>,
}

/// Another file that has the places of a layer's records, by a key that both have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The file, relative to the folder of the layer's own.
    pub file: String,
    /// Field with the key in the layer's file.
    pub key: String,
    /// Field with the key in the other file.
    pub id: String,
}

impl LayerSource {
    /// The file's name for one of our properties.
    pub fn property<'a>(&'a self, ours: &'a str) -> &'a str {
        self.properties.get(ours).map_or(ours, String::as_str)
    }
}
