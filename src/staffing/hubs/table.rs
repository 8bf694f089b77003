//! Distances of places to sites.

use super::{HubPlace, HubSite};
use crate::finding::{Finding, Severity};
use std::collections::BTreeMap;

/// Mean radius of the earth after IUGG, metres.
const EARTH_M: f64 = 6_371_008.8;

/// Distance along the great circle of the sphere of mean radius, metres, by the haversine; up to 0.6 % off the ellipsoid. Positions are
/// longitude, latitude in degrees.
pub fn great_circle_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    let [dx, dy] = [(b[0] - a[0]).to_radians(), (b[1] - a[1]).to_radians()];
    let h = (dy / 2.0).sin().powi(2) + a[1].to_radians().cos() * b[1].to_radians().cos() * (dx / 2.0).sin().powi(2);
    2.0 * EARTH_M * h.sqrt().min(1.0).asin()
}

/// Distances that a planner gives, metres, by id of place and id of site.
pub type Distances = BTreeMap<(String, String), f64>;

/// Distances of all pairs by place and then site, metres: the given one, or the one given for the way back, or 0 to itself, or the great
/// circle. What could not be found is NaN; both are told:
///
/// | code | meaning |
/// |---|---|
/// | `distance-assumed` | pairs that the table lacks, taken along the great circle (`measured`: pairs) |
/// | `distance-missing` | pairs that the table lacks, and a position is missing too (`measured`: pairs) |
pub fn pair_distances(places: &[HubPlace], sites: &[HubSite], given: Option<&Distances>) -> (Vec<f64>, Vec<Finding>) {
    let (mut table, mut assumed, mut missing) = (Vec::with_capacity(places.len() * sites.len()), Pairs::default(), Pairs::default());
    for p in places {
        for s in sites {
            let key = |a: &str, b: &str| (a.to_string(), b.to_string());
            let known = given.and_then(|g| g.get(&key(&p.id, &s.id)).or_else(|| g.get(&key(&s.id, &p.id))).copied());
            let metres = match (known, p.at.zip(s.at)) {
                (Some(metres), _) => metres,
                (None, _) if p.id == s.id => 0.0,
                (None, Some((a, b))) => {
                    assumed.note(p, s);
                    great_circle_m(a, b)
                }
                (None, None) => {
                    missing.note(p, s);
                    f64::NAN
                }
            };
            table.push(metres);
        }
    }
    let mut findings = Vec::new();
    if given.is_some() {
        assumed.tell("distance-assumed", Severity::Warning, "taken along the great circle, which is shorter than a road", &mut findings);
    }
    missing.tell("distance-missing", Severity::Violation, "unknown as a position is missing as well; add the rows", &mut findings);
    (table, findings)
}

/// Pairs without a distance.
#[derive(Default)]
struct Pairs {
    count: usize,
    first: Option<String>,
}

impl Pairs {
    fn note(&mut self, p: &HubPlace, s: &HubSite) {
        self.count += 1;
        self.first.get_or_insert_with(|| format!("from '{}' to '{}'", p.id, s.id));
    }

    fn tell(self, code: &str, severity: Severity, what: &str, findings: &mut Vec<Finding>) {
        if let Some(first) = self.first {
            let message = format!("{} pairs are not in the table of distances, the first {first}; {what}", self.count);
            findings.push(Finding::new(severity, code, message).measured(self.count as f64));
        }
    }
}
