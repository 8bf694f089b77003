//! A recipe as written: everything optional, nothing judged but keys and sorts of values.

use super::fault::{Fault, RecipeErrors};
use super::keys::check;
use super::sections::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Version of the recipe format.
pub const SCHEMA: i64 = 1;

/// Presets that ship with the crate: name and text. After the defaults one for each organisation, S1 to S9.
pub const PRESETS: [(&str, &str); 10] = [
    ("default", include_str!("presets/default.toml")),
    ("telecom", include_str!("presets/telecom.toml")),
    ("labour", include_str!("presets/labour.toml")),
    ("pharma", include_str!("presets/pharma.toml")),
    ("fire", include_str!("presets/fire.toml")),
    ("distribution", include_str!("presets/distribution.toml")),
    ("community", include_str!("presets/community.toml")),
    ("market", include_str!("presets/market.toml")),
    ("safety", include_str!("presets/safety.toml")),
    ("parking", include_str!("presets/parking.toml")),
];

/// A recipe as written. What is not said comes from the preset it extends and then from the preset
/// `default`. [`build`](Draft::build) checks it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Draft {
    /// Version of the format, [`SCHEMA`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<i64>,
    /// Seed of every random choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Name of the preset this one starts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// Which divisions are cut.
    #[serde(skip_serializing_if = "is_default")]
    pub division: DivisionDraft,
    /// Divisions made of others, by id; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub areas: BTreeMap<String, AreaDraft>,
    /// What a zone is.
    #[serde(skip_serializing_if = "is_default")]
    pub zones: ZoneDraft,
    /// Size of grids.
    #[serde(skip_serializing_if = "is_default")]
    pub grid: GridDraft,
    /// What counts as load.
    #[serde(skip_serializing_if = "is_default")]
    pub load: LoadDraft,
    /// Further resources by name; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, ResourceDraft>,
    /// Customer classes by name; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, ClassDraft>,
    /// Kinds of grid by name; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<String, KindDraft>,
    /// Service outlets that grids gather around.
    #[serde(skip_serializing_if = "is_default")]
    pub halls: AnchorDraft,
    /// Landmarks that grids gather around.
    #[serde(skip_serializing_if = "is_default")]
    pub landmarks: AnchorDraft,
    /// Levels above the grids by name; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, LevelDraft>,
    /// Centres from which places are served.
    #[serde(skip_serializing_if = "is_default")]
    pub hubs: HubDraft,
    /// Facilities by name; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facilities: BTreeMap<String, FacilityDraft>,
    /// Display codes of grids.
    #[serde(skip_serializing_if = "is_default")]
    pub codes: CodeDraft,
    /// How units are cut.
    #[serde(skip_serializing_if = "is_default")]
    pub cut: CutDraft,
    /// Strength of barriers.
    #[serde(skip_serializing_if = "is_default")]
    pub barriers: BarrierDraft,
    /// Attachment of entities.
    #[serde(skip_serializing_if = "is_default")]
    pub attach: AttachDraft,
    /// Signals of where entities belong by name; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub signals: BTreeMap<String, SignalDraft>,
    /// Second keys of entities by name; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub overlays: BTreeMap<String, OverlayDraft>,
    /// Series of numbers by grid and date.
    #[serde(skip_serializing_if = "is_default")]
    pub series: SeriesDraft,
    /// Limits of series by name; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub thresholds: BTreeMap<String, ThresholdDraft>,
    /// Backup pairs.
    #[serde(skip_serializing_if = "is_default")]
    pub backup: BackupDraft,
    /// Posts by name; merged one by one, key by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub posts: BTreeMap<String, PostDraft>,
    /// Officers.
    #[serde(skip_serializing_if = "is_default")]
    pub officers: OfficerDraft,
    /// Deterministic amount of search.
    #[serde(skip_serializing_if = "is_default")]
    pub effort: EffortDraft,
    /// File and property names by layer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "in_order")]
    pub layers: BTreeMap<String, LayerDraft>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Layers in the order of the format, unknown ones last.
fn in_order<S: serde::Serializer>(layers: &BTreeMap<String, LayerDraft>, s: S) -> Result<S::Ok, S::Error> {
    let place = |name: &str| super::keys::LAYERS.iter().position(|(known, _)| *known == name).unwrap_or(usize::MAX);
    let mut ordered: Vec<_> = layers.iter().collect();
    ordered.sort_by_key(|(name, _)| place(name));
    s.collect_map(ordered)
}

impl Draft {
    /// The text of a recipe file.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    /// Reads TOML. All unknown keys and values of the wrong sort are reported together, with their lines.
    pub fn from_toml(text: &str) -> Result<Draft, RecipeErrors> {
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let line_at = |offset: usize| 1 + ends.partition_point(|end| *end < offset);
        let syntax = |error: toml::de::Error| {
            let line = error.span().map(|span| line_at(span.start));
            let message = format!("not valid TOML: {}", error.message().trim_end());
            RecipeErrors { faults: vec![Fault { path: String::new(), line, value: None, message }] }
        };
        let table = toml::de::DeTable::parse(text).map_err(syntax)?;
        let (mut lines, mut faults) = (BTreeMap::new(), Vec::new());
        note_lines(table.get_ref(), "", &line_at, &mut lines, &mut faults);
        if !faults.is_empty() {
            return Err(RecipeErrors { faults });
        }
        Draft::from_value(toml::from_str(text).map_err(syntax)?, &lines)
    }

    /// Reads JSON; like [`from_toml`](Self::from_toml), without lines for what is valid JSON.
    pub fn from_json(text: &str) -> Result<Draft, RecipeErrors> {
        let value = serde_json::from_str(text).map_err(|error| {
            let line = (error.line() > 0).then(|| error.line());
            let fault = Fault { path: String::new(), line, value: None, message: format!("not valid JSON: {error}") };
            RecipeErrors { faults: vec![fault] }
        })?;
        Draft::from_value(value, &BTreeMap::new())
    }

    fn from_value(value: Value, lines: &BTreeMap<String, usize>) -> Result<Draft, RecipeErrors> {
        let faults = check(&value, lines);
        if !faults.is_empty() {
            return Err(RecipeErrors { faults });
        }
        serde_json::from_value(without_nulls(value)).map_err(|error| {
            let fault = Fault { path: String::new(), line: None, value: None, message: error.to_string() };
            RecipeErrors { faults: vec![fault] }
        })
    }

    /// The preset of that name, see [`PRESETS`].
    pub fn preset(name: &str) -> Option<Draft> {
        let (_, text) = PRESETS.iter().find(|(known, _)| *known == name)?;
        Some(Draft::from_toml(text).expect("shipped presets are tested"))
    }

    /// This draft, and `base` for what it does not say. Tables of classes, settlement targets,
    /// resources and properties are merged entry by entry.
    pub fn or(self, base: Draft) -> Draft {
        Draft {
            schema: self.schema.or(base.schema),
            seed: self.seed.or(base.seed),
            extends: self.extends.or(base.extends),
            division: self.division.or(base.division),
            areas: tables(self.areas, base.areas, AreaDraft::or),
            zones: self.zones.or(base.zones),
            grid: self.grid.or(base.grid),
            load: self.load.or(base.load),
            resources: tables(self.resources, base.resources, ResourceDraft::or),
            classes: tables(self.classes, base.classes, ClassDraft::or),
            kinds: tables(self.kinds, base.kinds, KindDraft::or),
            halls: self.halls.or(base.halls),
            landmarks: self.landmarks.or(base.landmarks),
            levels: tables(self.levels, base.levels, LevelDraft::or),
            hubs: self.hubs.or(base.hubs),
            facilities: tables(self.facilities, base.facilities, FacilityDraft::or),
            codes: self.codes.or(base.codes),
            cut: self.cut.or(base.cut),
            barriers: self.barriers.or(base.barriers),
            attach: self.attach.or(base.attach),
            signals: tables(self.signals, base.signals, SignalDraft::or),
            overlays: tables(self.overlays, base.overlays, OverlayDraft::or),
            series: self.series.or(base.series),
            thresholds: tables(self.thresholds, base.thresholds, ThresholdDraft::or),
            backup: self.backup.or(base.backup),
            posts: tables(self.posts, base.posts, PostDraft::or),
            officers: self.officers.or(base.officers),
            effort: if self.effort.level.is_some() { self.effort } else { self.effort.or(base.effort) },
            layers: tables(self.layers, base.layers, LayerDraft::or),
        }
    }
}

/// `null` in JSON says nothing.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(table) => {
            Value::Object(table.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, without_nulls(v))).collect())
        }
        other => other,
    }
}

/// Notes where every key stands; infinite numbers, which a document cannot hold, are faults.
fn note_lines(
    table: &toml::de::DeTable<'_>,
    path: &str,
    line_at: &impl Fn(usize) -> usize,
    lines: &mut BTreeMap<String, usize>,
    faults: &mut Vec<Fault>,
) {
    for (key, value) in table.iter() {
        let inner = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        if let Some(table) = value.get_ref().as_table() {
            note_lines(table, &inner, line_at, lines, faults);
        }
        let line = line_at(key.span().start);
        if let Some(number) = value.get_ref().as_float().filter(|n| n.as_str().parse::<f64>().is_ok_and(|n| !n.is_finite())) {
            let (value, message) = (Some(number.as_str().to_string()), "a finite number is expected".to_string());
            faults.push(Fault { path: inner.clone(), line: Some(line), value, message });
        }
        lines.insert(inner, line);
    }
}
