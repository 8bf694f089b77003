//! Rules of hubs and facilities.

use super::build::{Check, MAX_LOAD};
use super::checked::is_kind;
use super::sections::{FacilityDraft, HubDraft};
use crate::measure::Load;

/// Centres from which places are served (R20).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HubRule {
    /// Number of hubs, the pinned ones among them.
    pub count: Option<u32>,
    /// Ids of sites that are hubs in any case.
    pub pins: Vec<String>,
    /// A place should be no farther from its hub, km.
    pub max_distance_km: Option<f64>,
    /// Weight that a hub serves at the most where its site does not say.
    pub capacity: Option<Load>,
    /// Hubs may share a place where capacities are short.
    pub split: bool,
}

/// Facilities that demand should have in reach, and that may hold only so much (R36, R38).
#[derive(Clone, Debug, PartialEq)]
pub struct FacilityRule {
    /// Its name.
    pub name: String,
    /// Kinds of point of interest; `shop` stands for `shop:bakery` as well.
    pub kinds: Vec<String>,
    /// How far one reaches, metres.
    pub radius_m: f64,
    /// Number property that says what one holds; without it everybody in reach is served.
    pub capacity: Option<String>,
    /// What one holds that does not say.
    pub default_capacity: Option<Load>,
    /// Property that says whether one is in service; without it all are.
    pub in_service: Option<String>,
    /// Demand of one unit of load.
    pub demand: f64,
    /// Share that should be served, or reached where there is no capacity.
    pub threshold: f64,
    /// Most new sites to be proposed.
    pub sites: u32,
    /// What a new site holds; without it the median of those there are.
    pub site_capacity: Option<Load>,
}

impl FacilityRule {
    /// Whether a point of that kind is one.
    pub fn is_about(&self, kind: &str) -> bool {
        self.kinds.iter().any(|wanted| is_kind(kind, wanted))
    }
}

/// A demand of one unit of load, at the most.
const MOST_DEMAND: f64 = 1e6;

impl Check {
    pub(super) fn hubs(&mut self, draft: HubDraft) -> HubRule {
        let count = draft.count.map(|k| self.whole("hubs.count", Some(k), 1, 1_000_000));
        let pins = self.names("hubs.pins", draft.pins.or(Some(Vec::new())));
        if let Some(count) = count.filter(|k| (*k as usize) < pins.len()) {
            self.fault("hubs.count", count, format!("at least the number of hubs.pins, {}, is expected", pins.len()));
        }
        HubRule {
            count,
            pins,
            max_distance_km: draft.max_distance_km.map(|km| self.number("hubs.max_distance_km", Some(km), 0.0, 1e5)),
            capacity: draft.capacity.map(|c| self.amount("hubs.capacity", c)),
            split: draft.split.unwrap_or(false),
        }
    }

    pub(super) fn facility(&mut self, name: String, draft: FacilityDraft) -> FacilityRule {
        let path = |key: &str| format!("facilities.{name}.{key}");
        let kinds = self.names(&path("kinds"), draft.kinds.or(Some(Vec::new())));
        if name.trim().is_empty() || kinds.is_empty() {
            self.fault(&path("kinds"), format!("{kinds:?}"), "a name and the kinds of point of interest that it is about are expected");
        }
        for (key, said) in [("capacity", &draft.capacity), ("in_service", &draft.in_service)] {
            if said.as_deref().is_some_and(|p| p.trim().is_empty()) {
                self.fault(&path(key), "\"\"", "the name of a property is expected; leave the key out where there is none");
            }
        }
        FacilityRule {
            radius_m: self.number(&path("radius_m"), draft.radius_m.or(Some(500.0)), 0.0, 1e6),
            default_capacity: draft.default_capacity.map(|c| self.amount(&path("default_capacity"), c)),
            demand: self.number(&path("demand"), draft.demand.or(Some(1.0)), 0.0, MOST_DEMAND),
            threshold: self.number(&path("threshold"), draft.threshold.or(Some(0.8)), 0.0, 1.0),
            sites: self.whole(&path("sites"), draft.sites.or(Some(0)), 0, 1_000_000),
            site_capacity: draft.site_capacity.map(|c| self.amount(&path("site_capacity"), c)),
            capacity: draft.capacity,
            in_service: draft.in_service,
            kinds,
            name,
        }
    }

    /// What something holds, 0 or more.
    fn amount(&mut self, path: &str, value: f64) -> Load {
        Load::from_units(self.number(path, Some(value), 0.0, MAX_LOAD)).unwrap_or_default()
    }
}
