//! What layers say, as a digest: the same for the same features in whatever file format they came.

use super::lattice::Pt;
use super::layers::Layers;
use geo::{LineString, MultiPolygon};
use sha2::{Digest, Sha256};

/// SHA-256 over all records of a layer in their order (stations and locks in any), lower-case hex: texts, numbers, and positions on the lattice; not record numbers, file names and
/// findings.
///
/// O(n) for n positions.
pub fn content(layers: &Layers, layer: &str) -> String {
    let mut sha = Content::default();
    fn of<T>(is: bool, records: &[T]) -> &[T] {
        if is { records } else { &[] }
    }
    for d in of(layer == "admin", &layers.divisions) {
        sha.texts(&[Some(&d.id), d.scheme.as_deref(), d.name.as_deref(), d.parent.as_deref(), d.code.as_deref(), d.reports_to.as_deref()]);
        sha.number(d.level.map(f64::from));
        sha.flag(Some(d.partial));
        sha.land(&d.land);
    }
    for (name, areas) in [("study_area", &layers.study_area), ("water", &layers.water_areas), ("landuse", &layers.landuse)] {
        for a in of(layer == name, areas) {
            sha.texts(&[a.id.as_deref(), Some(&a.kind), a.name.as_deref()]);
            sha.number(a.expected_load);
            sha.land(&a.land);
        }
    }
    for (name, lines) in [("roads", &layers.roads), ("water", &layers.water_lines), ("rail", &layers.rail)] {
        for l in of(layer == name, lines) {
            sha.texts(&[l.id.as_deref(), Some(&l.class), l.name.as_deref()]);
            sha.flag(Some(l.tunnel));
            sha.flag(Some(l.bridge));
            sha.count(l.line.0.len());
            l.line.iter().for_each(|l| sha.line(l));
        }
    }
    for (name, points) in [("households", &layers.households), ("pois", &layers.pois)] {
        for p in of(layer == name, points) {
            sha.texts(&[p.id.as_deref(), p.kind.as_deref(), p.settlement.as_deref(), p.class.as_deref(), p.visits.as_deref()]);
            sha.number(p.weight);
            sha.place(p.at);
        }
    }
    // where points and areas lie in files of their own their order is lost, and nothing depends on it
    let mut loose: Vec<[u8; 32]> = Vec::new();
    for s in of(layer == "base_stations", &layers.stations) {
        let mut one = Content::default();
        one.texts(&[s.id.as_deref(), s.name.as_deref()]);
        [s.azimuth, s.beam_width, s.radius_m].into_iter().for_each(|n| one.number(n));
        [s.indoor, s.tunnel].into_iter().for_each(|f| one.flag(f));
        one.place(s.at);
        one.land(&s.land);
        loose.push(one.done());
    }
    for l in of(layer == "locks", &layers.locks) {
        let mut one = Content::default();
        one.texts(&[l.id.as_deref(), Some(&l.kind), l.group.as_deref()]);
        one.count(l.places.len());
        l.places.iter().for_each(|p| one.place(*p));
        one.land(&l.land);
        loose.push(one.done());
    }
    loose.sort_unstable();
    loose.iter().for_each(|digest| sha.put(digest));
    for n in layers.numbers.iter().filter(|n| n.layer == layer) {
        sha.texts(&[Some(&n.property)]);
        n.values.iter().for_each(|v| sha.number(*v));
    }
    sha.done().iter().map(|b| format!("{b:02x}")).collect()
}

/// Bytes that are hashed together: a call for each few is slower than the hash.
const CHUNK: usize = 1 << 14;

#[derive(Default)]
struct Content {
    sha: Sha256,
    waiting: Vec<u8>,
}

impl Content {
    fn put(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK {
            self.sha.update(&self.waiting);
            self.waiting.clear();
        }
    }

    fn done(mut self) -> [u8; 32] {
        self.sha.update(&self.waiting);
        self.sha.finalize().into()
    }

    fn tag(&mut self, tag: u8) {
        self.put(&[tag]);
    }

    fn count(&mut self, n: usize) {
        self.put(&(n as u64).to_le_bytes());
    }

    fn texts(&mut self, texts: &[Option<&str>]) {
        for text in texts {
            // tables of fixed width do not keep blanks at the end; no text has the length of a missing one
            let text = text.map(str::trim_end);
            self.put(&text.map_or(u32::MAX, |t| t.len() as u32).to_le_bytes());
            text.iter().for_each(|t| self.put(t.as_bytes()));
        }
    }

    fn number(&mut self, n: Option<f64>) {
        self.tag(n.is_some().into());
        self.put(&n.map_or(0, |n| (n + 0.0).to_bits()).to_le_bytes());
    }

    fn flag(&mut self, flag: Option<bool>) {
        self.tag(flag.map_or(2, u8::from));
    }

    fn place(&mut self, [lon, lat]: [f64; 2]) {
        let at = Pt::from_lon_lat(lon, lat).unwrap_or(Pt { x: i64::MAX, y: i64::MAX });
        self.put(&at.x.to_le_bytes());
        self.put(&at.y.to_le_bytes());
    }

    fn line(&mut self, line: &LineString<f64>) {
        self.count(line.0.len());
        line.0.iter().for_each(|c| self.place([c.x, c.y]));
    }

    fn land(&mut self, land: &MultiPolygon<f64>) {
        self.count(land.0.len());
        for p in land {
            self.count(p.interiors().len() + 1);
            self.line(p.exterior());
            p.interiors().iter().for_each(|r| self.line(r));
        }
    }
}
