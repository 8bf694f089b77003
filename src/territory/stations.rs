//! Base stations from their records.

use super::Station;
use super::build::{Ids, rings, unique};
use super::lattice::{Plane, Pt};
use super::layers::{Layers, StationRecord};
use crate::finding::{Finding, Severity};

/// A station farther than this from the box around the land is told, metres.
const FAR_M: f64 = 10_000.0;

/// Stations in file order, with what was odd:
///
/// | code | meaning |
/// |---|---|
/// | `station-dropped` | no position on the globe; left out |
/// | `station-without-area` | polygons without area; taken as the point at their centre |
/// | `azimuth-turned` | an azimuth outside 0 … 360, taken modulo 360 |
/// | `azimuth-unusable` | an azimuth that is no number; taken as missing |
/// | `beam-width-unusable` | a beam width not above 0 and up to 360; taken as missing |
/// | `radius-unusable` | a radius not above 0; taken as missing |
/// | `station-without-reach` | neither direction nor radius: covers the land nearest to it all round |
/// | `station-far` | more than 10 km from the box around the land; used |
/// | `indoor-missing` | neither indoor nor tunnel, taken as outdoors, once (`measured`: stations) |
pub(super) fn stations(layers: &Layers, plane: &Plane, land: [Pt; 2], findings: &mut Vec<Finding>) -> Vec<Station> {
    let mut ids = Ids::new();
    let mut out = Vec::with_capacity(layers.stations.len());
    let (mut outdoors, mut first) = (0u64, None);
    for r in &layers.stations {
        let Some(at) = Pt::from_lon_lat(r.at[0], r.at[1]) else {
            let message = "the position is no longitude and latitude; the station was dropped";
            findings.push(about(layers, r, Severity::Warning, "station-dropped", message));
            continue;
        };
        let id = r.id.clone().unwrap_or_else(|| format!("record-{}", r.origin.record));
        let id = unique(&id, &mut ids, layers, r.origin, findings);
        let rings = rings(&r.land, layers, r.origin, Some(&id), findings);
        let mut tell = |severity, code: &str, message: &str, measured: Option<f64>, limit: Option<f64>| {
            let mut finding = about(layers, r, severity, code, message).id(&id).at(at.lon_lat());
            (finding.measured, finding.limit) = (measured, limit);
            findings.push(finding);
        };
        if rings.is_empty() && !r.land.0.is_empty() {
            let message = "its polygons have no area; taken as a point at their centre";
            tell(Severity::Warning, "station-without-area", message, None, None);
        }
        let azimuth = match r.azimuth {
            Some(a) if !a.is_finite() => {
                tell(Severity::Warning, "azimuth-unusable", "its azimuth is no number; taken as missing", None, None);
                None
            }
            Some(a) => {
                if !(0.0..=360.0).contains(&a) {
                    let message = "its azimuth is not in 0 to 360 degrees; taken modulo 360";
                    tell(Severity::Warning, "azimuth-turned", message, Some(a), Some(360.0));
                }
                // a hair below 0 is rounded to 360
                Some(a.rem_euclid(360.0)).map(|a| if a == 360.0 { 0.0 } else { a })
            }
            None => None,
        };
        let beam_width = r.beam_width.filter(|w| *w > 0.0 && *w <= 360.0);
        if beam_width.is_none() && r.beam_width.is_some() {
            let message = "its beam width is not above 0 and up to 360 degrees; taken as missing";
            tell(Severity::Warning, "beam-width-unusable", message, r.beam_width, Some(360.0));
        }
        let radius_m = r.radius_m.filter(|m| *m > 0.0 && m.is_finite());
        if radius_m.is_none() && r.radius_m.is_some() {
            let message = "its radius is not above 0 metres; taken as missing";
            tell(Severity::Warning, "radius-unusable", message, r.radius_m, Some(0.0));
        }
        let inside = r.indoor == Some(true) || r.tunnel == Some(true);
        if !inside && rings.is_empty() && azimuth.is_none() && radius_m.is_none() {
            let message = "neither direction nor radius; it covers the land nearest to it all round";
            tell(Severity::Info, "station-without-reach", message, None, None);
        }
        let far = plane.distance_m(at, Pt { x: at.x.clamp(land[0].x, land[1].x), y: at.y.clamp(land[0].y, land[1].y) });
        if far > FAR_M {
            let message = "it stands far from the land and is used; if it is of another place, remove it";
            tell(Severity::Warning, "station-far", message, Some(far), Some(FAR_M));
        }
        if r.indoor.is_none() && r.tunnel.is_none() {
            outdoors += 1;
            first = first.or(Some(r));
        }
        let (name, file, record) =
            (r.name.clone().unwrap_or_else(|| id.clone()), layers.file(r.origin).to_string(), r.origin.record.into());
        out.push(Station { id, name, at, azimuth, beam_width, radius_m, inside, rings, file, record });
    }
    if let Some(r) = first {
        let message = "stations do not say whether they are indoors and are taken as outdoors (number of stations given)";
        findings.push(about(layers, r, Severity::Info, "indoor-missing", message).at(r.at).measured(outdoors as f64));
    }
    out
}

fn about(layers: &Layers, r: &StationRecord, severity: Severity, code: &str, message: &str) -> Finding {
    let mut finding = Finding::new(severity, code, message).file(layers.file(r.origin)).record(r.origin.record.into());
    finding.subject.id = r.id.clone();
    finding
}
