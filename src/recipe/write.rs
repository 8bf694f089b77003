//! From recipe back to draft, for the record.

use super::build::COVERAGE;
use super::checked::*;
use super::draft::*;
use super::facilities::{FacilityRule, HubRule};
use super::keys::LAYERS;
use super::sections::*;
use crate::measure::Load;
use std::collections::BTreeMap;

impl From<Recipe> for Draft {
    /// A draft that says everything and builds to the same recipe.
    fn from(r: Recipe) -> Draft {
        let strengths = |classes: BTreeMap<String, u8>| Some(classes.into_iter().map(|(class, s)| (class, i64::from(s))).collect());
        let resource = |r: ResourceRule| ResourceDraft {
            layer: Some(r.layer.name().to_string()),
            property: r.property,
            kinds: Some(r.kinds),
            tolerance: Some(r.tolerance),
            weight: Some(r.weight),
        };
        let layer = |s: LayerSource| LayerDraft {
            file: Some(s.file),
            properties: Some(s.properties),
            crs: s.crs.map(|c| c.to_string()),
            axes: s.axes.map(|a| a.to_string()),
            encoding: s.encoding,
            keep_cut_text: s.keep_cut_text.then_some(true),
            table: s.table,
            x: s.x,
            y: s.y,
            join: s.join.as_ref().map(|j| j.file.clone()),
            join_key: s.join.map(|j| if j.key == j.id { j.key } else { format!("{} = {}", j.key, j.id) }),
        };
        let layers = r.layers.sources().map(|source| layer(source.clone()));
        Draft {
            schema: Some(SCHEMA),
            seed: Some(r.seed),
            extends: None,
            division: DivisionDraft {
                level: r.division.level.map(i64::from),
                scheme: r.division.scheme,
                reports_to: some(r.division.reports_to),
            },
            areas: r.areas.into_iter().map(|a| (a.id.clone(), area(a))).collect(),
            zones: match r.zones {
                ZoneRule::Division => ZoneDraft { by: Some("division".into()), ..ZoneDraft::default() },
                ZoneRule::Coverage { low, high } => {
                    ZoneDraft { by: Some(COVERAGE.into()), load_min: Some(low.units()), load_max: Some(high.units()) }
                }
            },
            grid: GridDraft {
                target: Some(r.grid.target.units()),
                tolerance: Some(r.grid.tolerance),
                count_min: r.grid.count_min.map(i64::from),
                count_max: r.grid.count_max.map(i64::from),
                count_holds: Some(r.grid.count_holds),
                counts: Some(r.grid.counts.into_iter().map(|(id, k)| (id, i64::from(k))).collect()),
                target_from_count: Some(r.grid.target_from_count),
                settlement_targets: Some(r.grid.settlement_targets.into_iter().map(|(class, t)| (class, t.units())).collect()),
            },
            load: LoadDraft {
                kinds: Some(r.load.kinds),
                default_weight: Some(r.load.default_weight.units()),
                visits: some(r.load.visits.into_iter().map(|(word, visits)| (word, visits.units())).collect()),
            },
            resources: r.resources.into_iter().map(|r| (r.name.clone(), resource(r))).collect(),
            classes: r.classes.into_iter().map(|c| (c.name, ClassDraft { kinds: Some(c.kinds) })).collect(),
            kinds: r.kinds.into_iter().map(|k| (k.kind.clone(), kind(k))).collect(),
            halls: anchors(r.halls),
            landmarks: anchors(r.landmarks),
            levels: r.levels.into_iter().map(|l| (l.name.clone(), level(l))).collect(),
            hubs: hubs(r.hubs),
            facilities: r.facilities.into_iter().map(|f| (f.name.clone(), facility(f))).collect(),
            codes: CodeDraft { template: Some(r.codes.template.to_string()), zero_if_undivided: Some(r.codes.zero_if_undivided) },
            cut: CutDraft {
                snap_m: Some(r.cut.snap_m),
                min_face_m2: Some(r.cut.min_face_m2),
                split_above: Some(r.cut.split_above),
                min_water_m2: Some(r.cut.min_water_m2),
            },
            barriers: BarrierDraft {
                hard_from: r.barriers.hard_from.map(i64::from),
                bridges_join: Some(r.barriers.bridges_join),
                minor: Some(r.barriers.minor),
                roads: strengths(r.barriers.roads),
                water: strengths(r.barriers.water),
                rail: strengths(r.barriers.rail),
            },
            attach: AttachDraft {
                nearest_m: Some(r.attach.nearest_m),
                entity: Some(r.attach.entity),
                legal: r.attach.legal,
                owner: r.attach.owner,
                fallback_owner: r.attach.fallback_owner,
                fallback_grid: r.attach.fallback_grid,
            },
            signals: r.attach.signals.into_iter().map(|s| (s.name.clone(), s.into())).collect(),
            overlays: r.attach.overlays.into_iter().map(|o| (o.name.clone(), o.into())).collect(),
            series: r.series.into(),
            thresholds: r.thresholds.into_iter().map(|t| (t.name.clone(), t.into())).collect(),
            backup: r.backup.into(),
            posts: r.posts.into_iter().map(|p| (p.name.clone(), p.into())).collect(),
            officers: r.officers.into(),
            effort: match Effort::LEVELS.iter().find(|(_, effort)| *effort == r.effort) {
                Some((name, _)) => EffortDraft { level: Some(name.to_string()), ..EffortDraft::default() },
                None => EffortDraft {
                    level: None,
                    starts: Some(r.effort.starts.into()),
                    passes: Some(r.effort.passes.into()),
                    windows: Some(r.effort.windows.into()),
                },
            },
            layers: LAYERS.iter().zip(layers).map(|((name, _), source)| (name.to_string(), source)).collect(),
        }
    }
}

fn some<K: Ord, V>(table: BTreeMap<K, V>) -> Option<BTreeMap<K, V>> {
    (!table.is_empty()).then_some(table)
}

fn area(a: AreaRule) -> AreaDraft {
    AreaDraft { of: Some(a.of), without: Some(a.without), name: a.name, parent: a.parent }
}

fn kind(k: KindRule) -> KindDraft {
    KindDraft {
        rank: Some(k.rank.into()),
        classes: Some(k.classes),
        share: Some(k.share),
        min_count: Some(k.min_count.into()),
        landuse: Some(k.landuse),
        named: Some(k.named),
        min_area_m2: Some(k.min_area_m2),
        carve: Some(k.carve),
        logical: Some(k.logical),
    }
}

fn hubs(h: HubRule) -> HubDraft {
    HubDraft {
        count: h.count.map(i64::from),
        pins: (!h.pins.is_empty()).then_some(h.pins),
        max_distance_km: h.max_distance_km,
        capacity: h.capacity.map(Load::units),
        split: h.split.then_some(true),
    }
}

fn facility(f: FacilityRule) -> FacilityDraft {
    FacilityDraft {
        kinds: Some(f.kinds),
        radius_m: Some(f.radius_m),
        capacity: f.capacity,
        default_capacity: f.default_capacity.map(Load::units),
        in_service: f.in_service,
        demand: Some(f.demand),
        threshold: Some(f.threshold),
        sites: Some(f.sites.into()),
        site_capacity: f.site_capacity.map(Load::units),
    }
}

fn anchors(a: AnchorRule) -> AnchorDraft {
    AnchorDraft { kinds: Some(a.kinds), radius_m: Some(a.radius_m), pull: Some(a.pull) }
}

fn level(l: LevelRule) -> LevelDraft {
    let tree = if l.tree == Tree::Reporting { "reporting" } else { "supervision" };
    let draft = LevelDraft { rank: Some(l.rank.into()), by: Some(l.by.name().into()), tree: Some(tree.into()), ..LevelDraft::default() };
    match l.by {
        LevelBy::Division { level, scheme } => LevelDraft { level: Some(level.into()), scheme, ..draft },
        LevelBy::Lists(lists) => LevelDraft { lists: Some(lists), ..draft },
        LevelBy::Partition { target, tolerance } => LevelDraft { target: Some(target.units()), tolerance: Some(tolerance), ..draft },
        LevelBy::Cut | LevelBy::Zones | LevelBy::ReportsTo => draft,
    }
}

impl Recipe {
    /// The recipe as a document with every key, in the order of the format; it reads back as a draft.
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(Draft::from(self.clone())).expect("a draft has text keys and finite numbers")
    }
}
