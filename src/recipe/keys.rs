//! The keys a recipe may have and the sort of value each takes.

use super::fault::{Fault, nearest};
use serde_json::Value;
use std::collections::BTreeMap;

/// Sort of value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Whole,
    Natural,
    Number,
    Flag,
    Text,
    Texts,
    /// Tables with free keys.
    Wholes,
    Numbers,
    Names,
    Lists,
}

/// Layers in the order of a recipe, with the properties that may be mapped.
pub const LAYERS: [(&str, &[&str]); 10] = [
    ("admin", &["id", "admin_level", "scheme", "name", "parent", "partial", "code", "reports_to"]),
    ("study_area", &["id", "kind", "name"]),
    ("roads", &["id", "class", "name", "tunnel", "bridge", "layer"]),
    ("water", &["id", "kind", "name", "tunnel", "bridge", "layer"]),
    ("rail", &["id", "kind", "name", "tunnel", "bridge", "layer"]),
    ("households", &["id", "kind", "weight", "settlement", "class", "visits"]),
    ("landuse", &["id", "kind", "name", "expected_load"]),
    ("pois", &["id", "kind", "weight", "settlement", "radius_m"]),
    ("base_stations", &["id", "name", "azimuth", "beam_width", "radius_m", "indoor", "tunnel"]),
    ("locks", &["id", "lock", "group"]),
];

/// Stands in a path for a name that the recipe may choose.
const ANY: &str = "<name>";

/// Every key but those of the layers.
const KEYS: &[(&str, Sort)] = &[
    ("schema", Sort::Whole),
    ("seed", Sort::Natural),
    ("extends", Sort::Text),
    ("division.level", Sort::Whole),
    ("division.scheme", Sort::Text),
    ("division.reports_to", Sort::Names),
    ("areas.<name>.of", Sort::Texts),
    ("areas.<name>.without", Sort::Texts),
    ("areas.<name>.name", Sort::Text),
    ("areas.<name>.parent", Sort::Text),
    ("zones.by", Sort::Text),
    ("zones.load_min", Sort::Number),
    ("zones.load_max", Sort::Number),
    ("grid.target", Sort::Number),
    ("grid.tolerance", Sort::Number),
    ("grid.settlement_targets", Sort::Numbers),
    ("grid.count_min", Sort::Whole),
    ("grid.count_max", Sort::Whole),
    ("grid.count_holds", Sort::Flag),
    ("grid.counts", Sort::Wholes),
    ("grid.target_from_count", Sort::Flag),
    ("load.kinds", Sort::Texts),
    ("load.default_weight", Sort::Number),
    ("load.visits", Sort::Numbers),
    ("resources.<name>.layer", Sort::Text),
    ("resources.<name>.property", Sort::Text),
    ("resources.<name>.kinds", Sort::Texts),
    ("resources.<name>.tolerance", Sort::Number),
    ("resources.<name>.weight", Sort::Number),
    ("classes.<name>.kinds", Sort::Texts),
    ("kinds.<name>.rank", Sort::Whole),
    ("kinds.<name>.classes", Sort::Texts),
    ("kinds.<name>.share", Sort::Number),
    ("kinds.<name>.min_count", Sort::Whole),
    ("kinds.<name>.landuse", Sort::Texts),
    ("kinds.<name>.named", Sort::Flag),
    ("kinds.<name>.min_area_m2", Sort::Number),
    ("kinds.<name>.carve", Sort::Flag),
    ("kinds.<name>.logical", Sort::Flag),
    ("halls.kinds", Sort::Texts),
    ("halls.radius_m", Sort::Number),
    ("halls.pull", Sort::Number),
    ("landmarks.kinds", Sort::Texts),
    ("landmarks.radius_m", Sort::Number),
    ("landmarks.pull", Sort::Number),
    ("levels.<name>.rank", Sort::Whole),
    ("levels.<name>.by", Sort::Text),
    ("levels.<name>.level", Sort::Whole),
    ("levels.<name>.scheme", Sort::Text),
    ("levels.<name>.lists", Sort::Lists),
    ("levels.<name>.target", Sort::Number),
    ("levels.<name>.tolerance", Sort::Number),
    ("levels.<name>.tree", Sort::Text),
    ("hubs.count", Sort::Whole),
    ("hubs.pins", Sort::Texts),
    ("hubs.max_distance_km", Sort::Number),
    ("hubs.capacity", Sort::Number),
    ("hubs.split", Sort::Flag),
    ("facilities.<name>.kinds", Sort::Texts),
    ("facilities.<name>.radius_m", Sort::Number),
    ("facilities.<name>.capacity", Sort::Text),
    ("facilities.<name>.default_capacity", Sort::Number),
    ("facilities.<name>.in_service", Sort::Text),
    ("facilities.<name>.demand", Sort::Number),
    ("facilities.<name>.threshold", Sort::Number),
    ("facilities.<name>.sites", Sort::Whole),
    ("facilities.<name>.site_capacity", Sort::Number),
    ("codes.template", Sort::Text),
    ("codes.zero_if_undivided", Sort::Flag),
    ("cut.snap_m", Sort::Number),
    ("cut.min_face_m2", Sort::Number),
    ("cut.split_above", Sort::Number),
    ("cut.min_water_m2", Sort::Number),
    ("barriers.hard_from", Sort::Whole),
    ("barriers.bridges_join", Sort::Flag),
    ("barriers.minor", Sort::Texts),
    ("barriers.roads", Sort::Wholes),
    ("barriers.water", Sort::Wholes),
    ("barriers.rail", Sort::Wholes),
    ("attach.nearest_m", Sort::Number),
    ("attach.entity", Sort::Text),
    ("attach.legal", Sort::Text),
    ("attach.owner", Sort::Text),
    ("attach.fallback_owner", Sort::Text),
    ("attach.fallback_grid", Sort::Text),
    ("signals.<name>.rank", Sort::Whole),
    ("signals.<name>.by", Sort::Text),
    ("signals.<name>.weight", Sort::Number),
    ("signals.<name>.min_share", Sort::Number),
    ("signals.<name>.min_volume", Sort::Number),
    ("signals.<name>.ties", Sort::Text),
    ("signals.<name>.lon", Sort::Text),
    ("signals.<name>.lat", Sort::Text),
    ("signals.<name>.nearest_m", Sort::Number),
    ("signals.<name>.column", Sort::Text),
    ("signals.<name>.sites", Sort::Text),
    ("signals.<name>.site_id", Sort::Text),
    ("signals.<name>.table", Sort::Text),
    ("signals.<name>.entity", Sort::Text),
    ("signals.<name>.site", Sort::Text),
    ("signals.<name>.volume", Sort::Text),
    ("signals.<name>.day", Sort::Text),
    ("signals.<name>.from", Sort::Text),
    ("signals.<name>.to", Sort::Text),
    ("signals.<name>.names", Sort::Text),
    ("overlays.<name>.file", Sort::Text),
    ("overlays.<name>.id", Sort::Text),
    ("series.period", Sort::Text),
    ("series.redrawn", Sort::Text),
    ("series.last", Sort::Texts),
    ("thresholds.<name>.indicator", Sort::Text),
    ("thresholds.<name>.below", Sort::Number),
    ("thresholds.<name>.above", Sort::Number),
    ("thresholds.<name>.change_below", Sort::Number),
    ("thresholds.<name>.change_above", Sort::Number),
    ("thresholds.<name>.level", Sort::Text),
    ("thresholds.<name>.per", Sort::Text),
    ("backup.within", Sort::Text),
    ("backup.leftover", Sort::Text),
    ("posts.<name>.per", Sort::Whole),
    ("posts.<name>.classes", Sort::Texts),
    ("posts.<name>.resource", Sort::Text),
    ("posts.<name>.per_area", Sort::Text),
    ("posts.<name>.number", Sort::Whole),
    ("posts.<name>.most", Sort::Whole),
    ("posts.<name>.pool", Sort::Text),
    ("posts.<name>.scale", Sort::Numbers),
    ("officers.branch", Sort::Text),
    ("officers.share", Sort::Flag),
    ("officers.levels", Sort::Texts),
    ("officers.examined", Sort::Whole),
    ("effort.level", Sort::Text),
    ("effort.starts", Sort::Whole),
    ("effort.passes", Sort::Whole),
    ("effort.windows", Sort::Whole),
];

/// Keys of every layer.
const OF_LAYER: [(&str, Sort); 11] = [
    ("file", Sort::Text),
    ("properties", Sort::Names),
    ("crs", Sort::Text),
    ("axes", Sort::Text),
    ("encoding", Sort::Text),
    ("keep_cut_text", Sort::Flag),
    ("table", Sort::Text),
    ("x", Sort::Text),
    ("y", Sort::Text),
    ("join", Sort::Text),
    ("join_key", Sort::Text),
];

/// Every key with its sort.
pub(super) fn keys() -> Vec<(String, Sort)> {
    let plain = KEYS.iter().map(|(path, sort)| (path.to_string(), *sort));
    let layers = LAYERS.iter().flat_map(|(layer, _)| OF_LAYER.iter().map(move |(key, sort)| (format!("layers.{layer}.{key}"), *sort)));
    plain.chain(layers).collect()
}

/// Faults of a document: unknown keys and values of the wrong sort. `lines` tells where a path stands.
pub(super) fn check(document: &Value, lines: &BTreeMap<String, usize>) -> Vec<Fault> {
    let mut check = Check { keys: keys(), lines, faults: Vec::new() };
    check.table(document, "", "");
    check.faults.sort_by_key(|fault| fault.line);
    check.faults
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
}

struct Check<'a> {
    keys: Vec<(String, Sort)>,
    lines: &'a BTreeMap<String, usize>,
    faults: Vec<Fault>,
}

impl Check<'_> {
    /// A table at `path`; `rule` is that path with [`ANY`] for names.
    fn table(&mut self, value: &Value, path: &str, rule: &str) {
        let Value::Object(table) = value else {
            return self.wrong(path, value, if path.is_empty() { "a recipe is a table of keys" } else { "a table of keys is expected" });
        };
        for (key, value) in table {
            let inner = join(path, key);
            if value.is_null() {
                continue;
            }
            let any = join(rule, ANY);
            let rule_inner = if self.has_below(&any) { any } else { join(rule, key) };
            if let Some((_, sort)) = self.keys.iter().find(|(known, _)| *known == rule_inner) {
                self.value(&inner, value, *sort);
            } else if self.has_below(&rule_inner) {
                self.table(value, &inner, &rule_inner);
            } else {
                self.unknown(rule, key, &inner);
            }
        }
    }

    /// Whether keys are known below `rule`.
    fn has_below(&self, rule: &str) -> bool {
        self.keys.iter().any(|(known, _)| known.strip_prefix(rule).is_some_and(|rest| rest.starts_with('.')))
    }

    fn unknown(&mut self, rule: &str, key: &str, inner: &str) {
        let prefix = join(rule, "");
        let mut here: Vec<&str> =
            self.keys.iter().filter_map(|(known, _)| known.strip_prefix(&prefix)).map(|k| k.split('.').next().unwrap_or(k)).collect();
        here.dedup();
        let elsewhere = self.keys.iter().find(|(known, _)| known.rsplit('.').next() == Some(key)).map(|(known, _)| known.as_str());
        let remedy = match (nearest(key, here.iter().copied()), elsewhere) {
            (Some(meant), _) => format!("did you mean '{meant}'?"),
            (None, Some(elsewhere)) => format!("did you mean '{elsewhere}'?"),
            (None, None) => format!("remove it; known here: {}", here.join(", ")),
        };
        self.fault(inner, None, format!("unknown key '{key}'; {remedy}"));
    }

    fn value(&mut self, path: &str, value: &Value, sort: Sort) {
        let item = match sort {
            Sort::Whole => return self.need(value.is_i64(), path, value, "a whole number is expected"),
            Sort::Natural => return self.need(value.is_u64(), path, value, "a whole number, 0 or more, is expected"),
            Sort::Number => return self.need(value.is_number(), path, value, "a number is expected"),
            Sort::Flag => return self.need(value.is_boolean(), path, value, "true or false is expected"),
            Sort::Text => return self.need(value.is_string(), path, value, "a text in quotes is expected"),
            Sort::Texts => {
                let fits = value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
                return self.need(fits, path, value, "a list of texts is expected, e.g. [\"a\", \"b\"]");
            }
            Sort::Wholes => Sort::Whole,
            Sort::Numbers => Sort::Number,
            Sort::Names => Sort::Text,
            Sort::Lists => Sort::Texts,
        };
        match value {
            Value::Object(table) => table.iter().for_each(|(key, value)| self.value(&format!("{path}.{key}"), value, item)),
            _ => self.wrong(path, value, "a table is expected"),
        }
    }

    fn need(&mut self, fits: bool, path: &str, value: &Value, expected: &str) {
        if !fits {
            self.wrong(path, value, expected);
        }
    }

    fn wrong(&mut self, path: &str, value: &Value, expected: &str) {
        self.fault(path, Some(value.to_string()), expected.to_string());
    }

    fn fault(&mut self, path: &str, value: Option<String>, message: String) {
        self.faults.push(Fault { path: path.to_string(), line: self.lines.get(path).copied(), value, message });
    }
}
