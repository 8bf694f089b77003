//! Masts and their sectors.

use super::convex::{At, HalfPlane};
use crate::finding::{Finding, Severity};
use crate::territory::Station;
use petgraph::unionfind::UnionFind;
use rstar::RTree;
use rstar::primitives::GeomWithData;
use std::collections::BTreeMap;

/// Stations within this distance of each other share a site, metres.
pub(super) const SITE_M: f64 = 1.0;

/// A mast: stations at one position.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Position of the first of them by id.
    pub at: At,
    /// Azimuths and the stations that own the land there, by rising azimuth; one station owns all of the cell.
    sectors: Vec<(f64, u32)>,
}

impl Site {
    /// The station whose azimuth is nearest to the direction of `p`, the lesser azimuth of two. O(sectors).
    pub fn station(&self, p: At) -> u32 {
        let direction = (p[0] - self.at[0]).atan2(p[1] - self.at[1]).to_degrees().rem_euclid(360.0);
        let turn = |azimuth: f64| {
            let d = (direction - azimuth).abs();
            d.min(360.0 - d)
        };
        let nearest = self.sectors.iter().fold((f64::INFINITY, 0), |best, &(azimuth, station)| {
            let d = turn(azimuth);
            if d < best.0 { (d, station) } else { best }
        });
        nearest.1
    }

    /// Stations with the sides of their wedges. Bisectors between neighbouring azimuths part them, so that no wedge is wider than half a turn.
    pub fn wedges(&self) -> Vec<(u32, Option<[HalfPlane; 2]>)> {
        let n = self.sectors.len();
        if n < 2 {
            return self.sectors.iter().map(|s| (s.1, None)).collect();
        }
        let azimuth = |i: usize| self.sectors[i % n].0 + 360.0 * (i / n) as f64;
        let bisector = |i: usize| HalfPlane::clockwise(self.at, (azimuth(i) + azimuth(i + 1)) / 2.0);
        (0..n).map(|i| (self.sectors[i].1, Some([bisector((i + n - 1) % n), bisector(i).other()]))).collect()
    }
}

/// Sites of `members`, which are sorted by id, in order of their first members, and findings about members without land. Chains of
/// stations less than `apart_m` from the next are one site. O(n log n).
pub(super) fn sites(stations: &[Station], members: &[u32], at: impl Fn(u32) -> At, apart_m: f64) -> (Vec<Site>, Vec<Finding>) {
    let tree = RTree::bulk_load(members.iter().enumerate().map(|(i, &s)| GeomWithData::new(at(s), i as u32)).collect());
    let mut chains = UnionFind::<u32>::new(members.len());
    for (i, &s) in members.iter().enumerate() {
        tree.locate_within_distance(at(s), apart_m * apart_m).for_each(|other| {
            chains.union(i as u32, other.data);
        });
    }
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut first: BTreeMap<u32, u32> = BTreeMap::new();
    for (i, &s) in members.iter().enumerate() {
        let leader = *first.entry(chains.find(i as u32)).or_insert(i as u32);
        groups.entry(leader).or_default().push(s);
    }
    let mut findings = Vec::new();
    let site = |group: Vec<u32>| Site { at: at(group[0]), sectors: sectors(stations, &group, &mut findings) };
    let sites = groups.into_values().map(site).collect();
    (sites, findings)
}

/// Who owns land at a site, by azimuth. Of stations of one azimuth the first by id, and an all-round one only where there are no others.
fn sectors(stations: &[Station], group: &[u32], findings: &mut Vec<Finding>) -> Vec<(f64, u32)> {
    let directed = group.iter().any(|&s| stations[s as usize].azimuth.is_some());
    let mut sectors: Vec<(f64, u32)> = Vec::new();
    for &s in group {
        let station = &stations[s as usize];
        let owner = match station.azimuth {
            None if directed => group.iter().copied().find(|&o| stations[o as usize].azimuth.is_some()),
            azimuth => sectors.iter().find(|x| azimuth.is_none_or(|a| a == x.0)).map(|x| x.1),
        };
        let Some(owner) = owner else {
            sectors.push((station.azimuth.unwrap_or(0.0), s));
            continue;
        };
        let other = &stations[owner as usize].id;
        let why = match station.azimuth {
            None if directed => format!("it is all round on the mast of '{other}', whose sectors own the land"),
            None => format!("it stands on the mast of '{other}', which owns the land"),
            Some(a) => format!("it looks {a}° from the mast of '{other}', which owns the land there"),
        };
        let finding = Finding::new(Severity::Info, "station-shares-cell", format!("{why}; this one owns none"));
        let finding = finding.file(&station.file).record(station.record).id(&station.id).at(station.at.lon_lat());
        findings.push(finding.measured(group.len() as f64).limit(1.0));
    }
    sectors.sort_by(|a, b| a.0.total_cmp(&b.0));
    sectors
}
