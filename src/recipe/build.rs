//! From draft to recipe.

use super::checked::*;
use super::draft::*;
use super::fault::{Fault, RecipeErrors, nearest};
use super::keys::LAYERS;
use super::sections::*;
use super::staffing::{BackupRule, OfficerRule};
use super::template::{Part, Template};
use crate::crs::{AxisOrder, Crs};
use crate::measure::{LOAD, Load};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

pub(super) const MAX_LOAD: f64 = 1e9;
/// Grids of a zone by coverage, where no load is said.
const FEWEST_GRIDS: f64 = 4.0;
const MOST_GRIDS: f64 = 10.0;
/// As recipes call the service radius of a hall or landmark.
const RADIUS: &str = "radius_m";
/// As recipes call zones by coverage.
pub(super) const COVERAGE: &str = "coverage";
/// What a band can weigh, see [`Band::weighing`](crate::measure::Band::weighing).
const LEAST_WEIGHT: f64 = 0.001;
const MOST_WEIGHT: f64 = 1000.0;

impl Draft {
    /// Fills in what was not said and checks every value; reports all faults, not the first.
    pub fn build(self) -> Result<Recipe, RecipeErrors> {
        let mut check = Check::default();
        let draft = self.with_presets(&mut check);
        let schema = draft.schema.unwrap_or(SCHEMA);
        if schema != SCHEMA {
            check.fault("schema", schema, format!("this version reads schema {SCHEMA}"));
        }
        let grid = check.grid(draft.grid);
        let resources: Vec<ResourceRule> =
            draft.resources.into_iter().map(|(name, resource)| check.resource(name, resource, grid.tolerance)).collect();
        let series = check.series(draft.series);
        let by_coverage = draft.zones.by.as_deref() == Some(COVERAGE);
        let mut recipe = Recipe {
            seed: check.said("seed", draft.seed),
            division: check.division(draft.division),
            areas: draft.areas.into_iter().map(|(id, area)| check.area(id, area)).collect(),
            zones: check.zones(draft.zones, &grid),
            kinds: check.kinds(draft.kinds, &draft.classes),
            classes: draft.classes.into_iter().map(|(name, class)| check.class(name, class)).collect(),
            halls: check.anchors("halls", draft.halls),
            landmarks: check.anchors("landmarks", draft.landmarks),
            levels: check.levels(draft.levels, by_coverage),
            hubs: check.hubs(draft.hubs),
            facilities: draft.facilities.into_iter().map(|(name, facility)| check.facility(name, facility)).collect(),
            backup: BackupRule::default(),
            posts: Vec::new(),
            officers: OfficerRule::default(),
            codes: check.codes(draft.codes),
            grid,
            load: check.load(draft.load),
            cut: check.cut(draft.cut),
            barriers: check.barriers(draft.barriers),
            attach: check.attach(draft.attach, draft.signals, draft.overlays),
            thresholds: check.thresholds(draft.thresholds, series.period),
            series,
            effort: check.effort(draft.effort),
            layers: check.layers(draft.layers, &resources),
            resources,
        };
        check.staffing(&mut recipe, draft.backup, draft.posts, draft.officers);
        if !(recipe.halls.kinds.is_empty() && recipe.landmarks.kinds.is_empty()) {
            let pois = &mut recipe.layers.pois;
            let radius = pois.property(RADIUS).to_string();
            if let Err(at) = pois.numbers.binary_search(&radius) {
                pois.numbers.insert(at, radius);
            }
        }
        if check.faults.is_empty() { Ok(recipe) } else { Err(RecipeErrors { faults: check.faults }) }
    }

    /// Over the presets it extends, one after the other, and over the defaults.
    fn with_presets(mut self, check: &mut Check) -> Draft {
        for _ in 0..=PRESETS.len() {
            let Some(name) = self.extends.take() else { break };
            match Draft::preset(&name) {
                Some(preset) => self = self.or(preset),
                None => {
                    let names: Vec<&str> = PRESETS.iter().map(|(known, _)| *known).collect();
                    let meant = nearest(&name, names.iter().copied()).map_or(String::new(), |m| format!(" did you mean '{m}'?"));
                    check.fault("extends", format!("\"{name}\""), format!("no such preset; there are: {};{meant}", names.join(", ")));
                }
            }
        }
        self.or(Draft::preset("default").expect("it ships with the crate"))
    }
}

impl Default for Recipe {
    /// The preset `default`.
    fn default() -> Recipe {
        Draft::default().build().expect("the shipped defaults are tested")
    }
}

impl TryFrom<Draft> for Recipe {
    type Error = RecipeErrors;
    fn try_from(draft: Draft) -> Result<Recipe, RecipeErrors> {
        draft.build()
    }
}

#[derive(Default)]
pub(super) struct Check {
    faults: Vec<Fault>,
}

impl Check {
    pub(super) fn fault(&mut self, path: &str, value: impl Display, message: impl Into<String>) {
        let (path, value) = (path.to_string(), Some(value.to_string()));
        self.faults.push(Fault { path, line: None, value, message: message.into() });
    }

    /// The value; the defaults say every key, so that none is missing here.
    pub(super) fn said<T: Default>(&mut self, path: &str, value: Option<T>) -> T {
        value.unwrap_or_else(|| {
            let message = "neither said nor in the defaults".to_string();
            self.faults.push(Fault { path: path.to_string(), line: None, value: None, message });
            T::default()
        })
    }

    pub(super) fn number(&mut self, path: &str, value: Option<f64>, low: f64, high: f64) -> f64 {
        let Some(value) = value else { return self.said(path, value) };
        if !(low..=high).contains(&value) {
            self.fault(path, value, format!("a number from {low} to {high} is expected"));
        }
        value
    }

    pub(super) fn whole<T: TryFrom<i64> + Default>(&mut self, path: &str, value: Option<i64>, low: i64, high: i64) -> T {
        let Some(value) = value else { return self.said(path, None) };
        let fit = Some(value).filter(|v| (low..=high).contains(v)).and_then(|v| T::try_from(v).ok());
        fit.unwrap_or_else(|| {
            self.fault(path, value, format!("a whole number from {low} to {high} is expected"));
            T::default()
        })
    }

    fn target(&mut self, path: &str, value: Option<f64>) -> Load {
        let Some(value) = value else { return self.said(path, None) };
        let load = Load::from_units(value).filter(|l| *l > Load::ZERO && value <= MAX_LOAD);
        load.unwrap_or_else(|| {
            self.fault(path, value, format!("a load from 0.001 to {MAX_LOAD} is expected"));
            Load::ZERO
        })
    }

    fn tolerance(&mut self, path: &str, value: Option<f64>) -> f64 {
        let Some(tolerance) = value else { return self.said(path, value) };
        if !(tolerance > 0.0 && tolerance < 1.0) {
            self.fault(path, tolerance, "a share above 0 and below 1 is expected, e.g. 0.1 for ±10 %");
        }
        tolerance
    }

    pub(super) fn names(&mut self, path: &str, names: Option<Vec<String>>) -> Vec<String> {
        let names = self.said(path, names);
        for (at, name) in names.iter().enumerate() {
            if name.trim().is_empty() || names[..at].contains(name) {
                self.fault(path, format!("{name:?}"), "every entry must be a name, and stand there once");
            }
        }
        names
    }

    fn division(&mut self, draft: DivisionDraft) -> DivisionChoice {
        let level = draft.level.map(|level| self.whole("division.level", Some(level), 0, 1000));
        if draft.scheme.as_deref().is_some_and(|s| s.trim().is_empty()) {
            self.fault("division.scheme", "\"\"", "the name of a scheme is expected; leave the key out for the only one");
        }
        DivisionChoice { level, scheme: draft.scheme, reports_to: draft.reports_to.unwrap_or_default() }
    }

    fn grid(&mut self, draft: GridDraft) -> GridRule {
        let target = self.target("grid.target", draft.target);
        let tolerance = self.tolerance("grid.tolerance", draft.tolerance);
        let classes = self.said("grid.settlement_targets", draft.settlement_targets);
        let targets = classes.into_iter().map(|(class, target)| {
            let target = self.target(&format!("grid.settlement_targets.{class}"), Some(target));
            (class, target)
        });
        let settlement_targets = targets.collect();
        let mut count = |path: &str, value: Option<i64>| value.map(|k| self.whole(path, Some(k), 1, 1_000_000));
        let (count_min, count_max) = (count("grid.count_min", draft.count_min), count("grid.count_max", draft.count_max));
        let counts = draft.counts.unwrap_or_default().into_iter();
        let counts = counts.filter_map(|(id, k)| Some((id.clone(), count(&format!("grid.counts.{id}"), Some(k))?))).collect();
        if let (Some(min), Some(max)) = (count_min, count_max)
            && min > max
        {
            self.fault("grid.count_max", max, format!("at least grid.count_min, {min}, is expected"));
        }
        let count_holds = self.said("grid.count_holds", draft.count_holds);
        let target_from_count = self.said("grid.target_from_count", draft.target_from_count);
        GridRule { target, tolerance, settlement_targets, count_min, count_max, count_holds, counts, target_from_count }
    }

    fn area(&mut self, id: String, draft: AreaDraft) -> AreaRule {
        let path = |key: &str| format!("areas.{id}.{key}");
        let of = self.names(&path("of"), draft.of.or(Some(Vec::new())));
        let without = self.names(&path("without"), draft.without.or(Some(Vec::new())));
        if id.trim().is_empty() || of.is_empty() {
            self.fault(&path("of"), format!("{of:?}"), "an id and the ids of the divisions that it is made of are expected");
        }
        if let Some(both) = of.iter().find(|id| without.contains(id)) {
            self.fault(&path("without"), format!("\"{both}\""), "it is made of this division; it cannot be without it");
        }
        AreaRule { name: draft.name, parent: draft.parent, of, without, id }
    }

    fn zones(&mut self, draft: ZoneDraft, grid: &GridRule) -> ZoneRule {
        let by = self.said("zones.by", draft.by);
        if by == "division" {
            for (key, load) in [("zones.load_min", draft.load_min), ("zones.load_max", draft.load_max)] {
                if let Some(load) = load {
                    self.fault(
                        key,
                        load,
                        "it is for zones by coverage, but zones are divisions; say zones.by = \"coverage\", or leave it out",
                    );
                }
            }
            return ZoneRule::Division;
        } else if by != COVERAGE {
            self.fault("zones.by", format!("\"{by}\""), "division or coverage is expected");
        }
        if grid.count_min.is_some() || grid.count_max.is_some() || !grid.counts.is_empty() {
            let message = "a number of grids is that of a division, but zones by coverage are parts of one; leave out grid.count_min, count_max and counts";
            self.fault("zones.by", format!("\"{by}\""), message);
        }
        let load = |grids: f64| grid.target.units() * grids;
        let low = self.number("zones.load_min", draft.load_min.or(Some(load(FEWEST_GRIDS))), 0.0, MAX_LOAD);
        let high = self.number("zones.load_max", draft.load_max.or(Some(load(MOST_GRIDS))), 0.001, MAX_LOAD);
        if low > high {
            self.fault("zones.load_max", high, format!("at least zones.load_min, {low}, is expected"));
        }
        let load = |units: f64| Load::from_units(units).unwrap_or_default();
        ZoneRule::Coverage { low: load(low), high: load(high) }
    }

    fn class(&mut self, name: String, draft: ClassDraft) -> ClassRule {
        self.named("classes", &name);
        let kinds = self.names(&format!("classes.{name}.kinds"), draft.kinds.or(Some(Vec::new())));
        ClassRule { kinds, name }
    }

    fn kinds(&mut self, drafts: BTreeMap<String, KindDraft>, classes: &BTreeMap<String, ClassDraft>) -> Vec<KindRule> {
        let mut rules: Vec<KindRule> = drafts.into_iter().map(|(kind, draft)| self.kind(kind, draft, classes)).collect();
        rules.sort_by(|a, b| (a.rank, &a.kind).cmp(&(b.rank, &b.kind)));
        rules
    }

    fn kind(&mut self, kind: String, draft: KindDraft, known: &BTreeMap<String, ClassDraft>) -> KindRule {
        let path = |key: &str| format!("kinds.{kind}.{key}");
        let classes = self.names(&path("classes"), draft.classes.or(Some(Vec::new())));
        for class in classes.iter().filter(|c| !known.contains_key(*c)) {
            let meant = nearest(class, known.keys().map(String::as_str)).map_or(String::new(), |m| format!("; did you mean '{m}'?"));
            self.fault(&path("classes"), format!("\"{class}\""), format!("a class of [classes] is expected{meant}"));
        }
        let landuse = self.names(&path("landuse"), draft.landuse.or(Some(Vec::new())));
        if kind.trim().is_empty() || kind == ORDINARY {
            self.fault("kinds", format!("{kind:?}"), format!("a name other than {ORDINARY}, which is every other grid, is expected"));
        }
        if classes.is_empty() && landuse.is_empty() {
            self.fault(&path("classes"), "[]", "it is about nothing; name classes, landuse or both");
        }
        KindRule {
            rank: self.whole(&path("rank"), draft.rank.or(Some(1)), 1, 1_000_000),
            share: self.number(&path("share"), draft.share.or(Some(0.5)), 0.0, 1.0),
            min_count: self.whole(&path("min_count"), draft.min_count.or(Some(i64::from(!classes.is_empty()))), 0, 1_000_000_000),
            named: draft.named.unwrap_or(false),
            min_area_m2: self.number(&path("min_area_m2"), draft.min_area_m2.or(Some(0.0)), 0.0, 1e12),
            carve: draft.carve.unwrap_or(false),
            logical: draft.logical.unwrap_or(false),
            kind,
            classes,
            landuse,
        }
    }

    fn anchors(&mut self, section: &str, draft: AnchorDraft) -> AnchorRule {
        let path = |key: &str| format!("{section}.{key}");
        AnchorRule {
            kinds: self.names(&path("kinds"), draft.kinds),
            radius_m: self.number(&path("radius_m"), draft.radius_m, 0.0, 1e6),
            pull: self.number(&path("pull"), draft.pull, 0.0, 1.0),
        }
    }

    fn levels(&mut self, drafts: BTreeMap<String, LevelDraft>, by_coverage: bool) -> Vec<LevelRule> {
        let mut rules: Vec<LevelRule> = drafts.into_iter().filter_map(|(name, draft)| self.level(name, draft, by_coverage)).collect();
        rules.sort_by(|a, b| (a.tree, a.rank, &a.name).cmp(&(b.tree, b.rank, &b.name)));
        for pair in rules.windows(2).filter(|w| (w[0].tree, w[0].rank) == (w[1].tree, w[1].rank)) {
            let message = format!("{} has it as well; every level of a tree needs a rank of its own, 1 is the top", pair[0].name);
            self.fault(&format!("levels.{}.rank", pair[1].name), pair[1].rank, message);
        }
        rules
    }

    /// Fails where a table of the recipe has no name.
    fn named(&mut self, section: &str, name: &str) {
        if name.trim().is_empty() {
            self.fault(section, format!("{name:?}"), "a name is expected");
        }
    }

    fn level(&mut self, name: String, draft: LevelDraft, by_coverage: bool) -> Option<LevelRule> {
        self.named("levels", &name);
        let path = |key: &str| format!("levels.{name}.{key}");
        let tree = match draft.tree.as_deref() {
            None | Some("supervision") => Tree::Supervision,
            Some("reporting") => Tree::Reporting,
            Some(other) => {
                self.fault(&path("tree"), format!("\"{other}\""), "supervision or reporting is expected");
                Tree::Supervision
            }
        };
        let rank = self.whole(&path("rank"), draft.rank, 1, 1000);
        let by = self.said(&path("by"), draft.by);
        let by = match by.as_str() {
            "division" if draft.level.is_none() && draft.scheme.is_none() => LevelBy::Cut,
            "division" => LevelBy::Division { level: self.whole(&path("level"), draft.level, 0, 1000), scheme: draft.scheme },
            "lists" => {
                let lists = self.said(&path("lists"), draft.lists);
                let mut seen = BTreeSet::new();
                for id in lists.values().flatten().filter(|id| !seen.insert((*id).clone())) {
                    self.fault(&path("lists"), format!("\"{id}\""), "a division belongs to one area of a level; it stands there twice");
                }
                LevelBy::Lists(lists)
            }
            "partition" => {
                let target = self.target(&path("target"), draft.target);
                LevelBy::Partition { target, tolerance: self.tolerance(&path("tolerance"), draft.tolerance) }
            }
            COVERAGE if by_coverage => LevelBy::Zones,
            COVERAGE => {
                self.fault(&path("by"), "\"coverage\"", "zones are divisions in this recipe; say by = \"coverage\" under [zones] as well");
                LevelBy::Zones
            }
            "reports-to" => LevelBy::ReportsTo,
            "" => return None,
            other => {
                let message = "one of division, lists, partition, coverage, reports-to is expected";
                self.fault(&path("by"), format!("\"{other}\""), message);
                return None;
            }
        };
        Some(LevelRule { name, rank, tree, by })
    }

    fn codes(&mut self, draft: CodeDraft) -> CodeRule {
        let text = self.said("codes.template", draft.template);
        let template = Template::parse(&text).unwrap_or_else(|message| {
            self.fault("codes.template", format!("\"{text}\""), message);
            Template { parts: vec![Part::Text(text)] }
        });
        CodeRule { template, zero_if_undivided: self.said("codes.zero_if_undivided", draft.zero_if_undivided) }
    }

    fn load(&mut self, draft: LoadDraft) -> LoadRule {
        let kinds = self.names("load.kinds", draft.kinds);
        let weight = self.number("load.default_weight", draft.default_weight, 0.0, MAX_LOAD);
        let words = draft.visits.unwrap_or_default().into_iter();
        let visits = words.map(|(word, visits)| {
            let visits = self.number(&format!("load.visits.{word}"), Some(visits), 0.0, MAX_LOAD);
            (word, Load::from_units(visits).unwrap_or_default())
        });
        LoadRule { kinds, visits: visits.collect(), default_weight: Load::from_units(weight).unwrap_or_default() }
    }

    /// A resource of that name; `tolerance` is the one of the load.
    fn resource(&mut self, name: String, draft: ResourceDraft, tolerance: f64) -> ResourceRule {
        let path = |key: &str| format!("resources.{name}.{key}");
        if name.trim().is_empty() || name == LOAD {
            let message = format!("a name is expected, other than {LOAD}, which is the load itself");
            self.fault("resources", format!("{name:?}"), message);
        }
        let layer = draft.layer.map_or(Some(PointLayer::Households), |said| {
            let known = PointLayer::ALL.into_iter().find(|l| l.name() == said);
            if known.is_none() {
                let names = PointLayer::ALL.map(PointLayer::name);
                let meant = nearest(&said, names).map_or(String::new(), |m| format!("; did you mean '{m}'?"));
                self.fault(&path("layer"), format!("\"{said}\""), format!("a layer of points is expected: {}{meant}", names.join(", ")));
            }
            known
        });
        if draft.property.as_deref().is_some_and(|p| p.trim().is_empty()) {
            self.fault(&path("property"), "\"\"", "the name of a number property is expected; leave the key out to count points");
        }
        let kinds = self.names(&path("kinds"), draft.kinds.or(Some(Vec::new())));
        if layer == Some(PointLayer::BaseStations) && !kinds.is_empty() {
            self.fault(&path("kinds"), format!("{kinds:?}"), "base stations have no kinds; leave the key out");
        }
        let tolerance = draft.tolerance.map_or(tolerance, |t| self.tolerance(&path("tolerance"), Some(t)));
        let weight = draft.weight.unwrap_or(1.0);
        if weight != 0.0 && !(LEAST_WEIGHT..=MOST_WEIGHT).contains(&weight) {
            let message = format!("0 (told, not balanced) or a number from {LEAST_WEIGHT} to {MOST_WEIGHT} is expected");
            self.fault(&path("weight"), weight, message);
        }
        let layer = layer.unwrap_or(PointLayer::Households);
        ResourceRule { name, layer, property: draft.property, kinds, tolerance, weight }
    }

    fn cut(&mut self, draft: CutDraft) -> CutRule {
        let rule = CutRule {
            snap_m: self.number("cut.snap_m", draft.snap_m, 0.0, 100.0),
            min_face_m2: self.number("cut.min_face_m2", draft.min_face_m2, 0.0, 1e6),
            split_above: self.said("cut.split_above", draft.split_above),
            min_water_m2: self.number("cut.min_water_m2", draft.min_water_m2, 0.0, 1e9),
        };
        if !(rule.split_above > 0.0 && rule.split_above <= 1.0) {
            self.fault("cut.split_above", rule.split_above, "a share of the target above 0 and up to 1 is expected");
        }
        rule
    }

    fn barriers(&mut self, draft: BarrierDraft) -> BarrierRule {
        BarrierRule {
            hard_from: draft.hard_from.map(|s| self.whole("barriers.hard_from", Some(s), 1, 100)),
            bridges_join: self.said("barriers.bridges_join", draft.bridges_join),
            minor: self.names("barriers.minor", draft.minor),
            roads: self.strengths("barriers.roads", draft.roads),
            water: self.strengths("barriers.water", draft.water),
            rail: self.strengths("barriers.rail", draft.rail),
        }
    }

    fn strengths(&mut self, path: &str, classes: Option<BTreeMap<String, i64>>) -> BTreeMap<String, u8> {
        let classes = self.said(path, classes);
        let checked = classes.into_iter().map(|(class, strength)| {
            let strength = self.whole(&format!("{path}.{class}"), Some(strength), 0, 100);
            (class, strength)
        });
        checked.collect()
    }

    fn effort(&mut self, draft: EffortDraft) -> Effort {
        let name = self.said("effort.level", draft.level);
        let level = Effort::level(&name).unwrap_or_else(|| {
            let names: Vec<&str> = Effort::LEVELS.iter().map(|(known, _)| *known).collect();
            self.fault("effort.level", format!("\"{name}\""), format!("one of {} is expected", names.join(", ")));
            Effort::default()
        });
        let mut number = |path: &str, said: Option<i64>, level: u32, low, high| self.whole(path, said.or(Some(level.into())), low, high);
        Effort {
            starts: number("effort.starts", draft.starts, level.starts, 1, 1024),
            passes: number("effort.passes", draft.passes, level.passes, 0, 1000),
            windows: number("effort.windows", draft.windows, level.windows, 0, 1_000_000_000),
        }
    }

    fn layers(&mut self, mut layers: BTreeMap<String, LayerDraft>, resources: &[ResourceRule]) -> LayerMap {
        let mut layer = |name: &str| {
            let of_layer = resources.iter().filter(|r| r.layer.name() == name);
            let numbers: BTreeSet<String> = of_layer.filter_map(|r| r.property.clone()).collect();
            self.layer(name, layers.remove(name).unwrap_or_default(), numbers.into_iter().collect())
        };
        let map = LayerMap {
            admin: layer("admin"),
            study_area: layer("study_area"),
            roads: layer("roads"),
            water: layer("water"),
            rail: layer("rail"),
            households: layer("households"),
            landuse: layer("landuse"),
            pois: layer("pois"),
            base_stations: layer("base_stations"),
            locks: layer("locks"),
        };
        for name in layers.keys() {
            let known: Vec<&str> = LAYERS.iter().map(|(known, _)| *known).collect();
            let meant = nearest(name, known.iter().copied()).map_or(String::new(), |m| format!("did you mean '{m}'? "));
            self.fault("layers", name, format!("no such layer; {meant}there are: {}", known.join(", ")));
        }
        map
    }

    fn layer(&mut self, name: &str, draft: LayerDraft, numbers: Vec<String>) -> LayerSource {
        let file = self.said(&format!("layers.{name}.file"), draft.file);
        if file.trim().is_empty() {
            self.fault(&format!("layers.{name}.file"), "\"\"", "a file name is expected");
        }
        let known = LAYERS.iter().find(|(layer, _)| *layer == name).map_or(&[][..], |(_, properties)| properties);
        let mut properties = draft.properties.unwrap_or_default();
        for (ours, theirs) in &properties {
            let path = format!("layers.{name}.properties.{ours}");
            if !known.contains(&ours.as_str()) {
                let meant = nearest(ours, known.iter().copied()).map_or(String::new(), |m| format!("did you mean '{m}'? "));
                let message = format!("no property of this layer; {meant}there are: {}", known.join(", "));
                self.fault(&path, format!("\"{theirs}\""), message);
            } else if theirs.is_empty() {
                self.fault(&path, "\"\"", "the name of a property in the file is expected");
            }
        }
        properties.retain(|ours, theirs| ours != theirs);
        let mut words = |key: &str, said: Option<String>| {
            let said = said.map(|s| s.trim().to_string());
            if said.as_deref() == Some("") {
                self.fault(&format!("layers.{name}.{key}"), "\"\"", "leave the key out where the file's own word is to be taken");
            }
            said.filter(|s| !s.is_empty())
        };
        let said = [
            ("encoding", draft.encoding),
            ("table", draft.table),
            ("x", draft.x),
            ("y", draft.y),
            ("join", draft.join),
            ("join_key", draft.join_key),
        ];
        let [encoding, table, x, y, join, join_key] = said.map(|(key, said)| words(key, said));
        if join.is_some() != join_key.is_some() {
            self.fault(
                &format!("layers.{name}"),
                "join or join_key alone",
                "the file with the places and the key that both have are expected",
            );
        }
        let join = join.zip(join_key).map(|(file, key)| {
            let (here, there) = key.split_once('=').map_or((key.as_str(), key.as_str()), |(a, b)| (a.trim(), b.trim()));
            Join { file, key: here.to_string(), id: there.to_string() }
        });
        if join.as_ref().is_some_and(|join| join.key.is_empty() || join.id.is_empty()) {
            self.fault(&format!("layers.{name}.join_key"), "\"\"", "a key on both sides is expected: key here = key there");
        }
        if x.is_some() != y.is_some() {
            self.fault(&format!("layers.{name}"), "x or y alone", "the columns of both numbers of a position are expected");
        }
        let crs = draft.crs.and_then(|said| self.parsed(&format!("layers.{name}.crs"), &said, Crs::parse));
        let axes = draft.axes.and_then(|said| self.parsed(&format!("layers.{name}.axes"), &said, str::parse::<AxisOrder>));
        LayerSource {
            file,
            properties,
            numbers,
            crs,
            axes,
            encoding,
            keep_cut_text: draft.keep_cut_text.unwrap_or(false),
            table,
            x,
            y,
            join,
        }
    }

    /// What a text means; a fault where it means nothing.
    fn parsed<T, E: std::fmt::Display>(&mut self, path: &str, said: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        match parse(said) {
            Ok(meant) => Some(meant),
            Err(why) => {
                self.fault(path, format!("\"{said}\""), why.to_string());
                None
            }
        }
    }
}
