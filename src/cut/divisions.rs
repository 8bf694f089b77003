//! The first cut: division outlines → pieces of divisions, with overlaps and gaps told.

use super::CutError;
use super::arrangement::{Arrangement, OUTSIDE};
use super::mesh::{Edge, Mesh};
use super::noding::{Segment, Tag, node};
use crate::finding::{Finding, Severity};
use crate::measure::DivisionId;
use crate::territory::Territory;
use crate::territory::lattice::{Pt, cross};
use crate::watch::Watch;
use petgraph::unionfind::UnionFind;
use std::collections::{BTreeMap, VecDeque};

/// Outlines that run along a segment an odd number of times. More than four on one segment cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Outlines([u32; 4]);

const FREE: u32 = u32::MAX;

impl Outlines {
    fn one(id: u32) -> Outlines {
        Outlines([id, FREE, FREE, FREE])
    }
    fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied().filter(|&x| x != FREE)
    }
}

impl Tag for Outlines {
    fn reversed(self) -> Self {
        self
    }
    fn merged(self, other: Self) -> Self {
        let mut all: Vec<u32> = self.iter().chain(other.iter()).collect();
        all.sort_unstable();
        let mut out = [FREE; 4];
        let mut n = 0;
        for run in all.chunk_by(|a, b| a == b) {
            if run.len() % 2 == 1 && n < 4 {
                out[n] = run[0];
                n += 1;
            }
        }
        Outlines(out)
    }
}

/// A polygon that crosses itself is repaired by the even-odd rule up to this area, m².
const REPAIR_M2: f64 = 100.0;
/// Overlaps and gaps named one by one; the rest are told in sum.
const NAMED: usize = 20;

/// Connected pieces of divisions.
pub(crate) struct Pieces {
    pub mesh: Mesh,
    /// Division of every region; index 0 is outside and meaningless.
    pub division: Vec<DivisionId>,
    /// Whether noding came to rest.
    pub settled: bool,
}

/// Divides the plane by division outlines. Land of two divisions goes to the one it shares more border with, land of
/// none stays outside; both are told.
pub(crate) fn pieces(t: &Territory, findings: &mut Vec<Finding>, watch: &dyn Watch) -> Result<Pieces, CutError> {
    let study = t.divisions.len() as u32;
    let outlines = t.divisions.iter().enumerate().map(|(i, d)| (i as u32, &d.rings)).chain([(study, &t.study_area)]);
    let mut segments = Vec::new();
    for (id, rings) in outlines {
        for ring in rings {
            let mut a = ring[ring.len() - 1];
            for &b in ring {
                segments.push(Segment { a, b, tag: Outlines::one(id) });
                a = b;
            }
        }
    }
    let (mut noded, rounds) = node(segments, watch)?;
    if rounds.is_none() {
        findings.push(Finding::new(Severity::Warning, "noding-unsettled", "division outlines still cross within a lattice step"));
    }
    noded.retain(|s| s.tag.0[0] != FREE);
    let a = Arrangement::new(noded);
    let members = members(&a);

    let mut area2 = vec![0i128; a.faces];
    let mut place: Vec<Option<Pt>> = vec![None; a.faces];
    for (e, s) in a.edges.iter().enumerate() {
        let c = cross(a.edges[0].a, s.a, s.b);
        area2[a.left[e] as usize] += c;
        area2[a.right[e] as usize] -= c;
        place[a.left[e] as usize].get_or_insert(s.a);
        place[a.right[e] as usize].get_or_insert(s.a);
    }
    let area_m2 = |f: usize| t.plane.area_m2(area2[f]);
    crossing_itself(t, &members, &area2)?;

    let owner = owners(t, &a, &members);
    tell(t, &members, &place, &area_m2, study, findings);

    let mut sets = UnionFind::<u32>::new(a.faces);
    for e in 0..a.edges.len() {
        let (l, r) = (a.left[e], a.right[e]);
        if owner[l as usize] == owner[r as usize] {
            sets.union(l, r);
        }
    }
    let label = |f: u32| if owner[f as usize].is_none() { OUTSIDE } else { sets.find(f) };
    let edge = |(e, s): (usize, &Segment<Outlines>)| Edge { a: s.a, b: s.b, left: a.left[e], right: a.right[e], class: 0 };
    let (mesh, number) = Mesh::from_labels(a.edges.iter().enumerate().map(edge), label, a.faces);
    let mut division = vec![DivisionId(0); mesh.regions];
    for (f, o) in owner.iter().enumerate() {
        if let Some(d) = o
            && number[sets.find(f as u32) as usize] != u32::MAX
        {
            division[number[sets.find(f as u32) as usize] as usize] = *d;
        }
    }
    Ok(Pieces { mesh, division, settled: rounds.is_some() })
}

/// Outlines around every face, by walking across edges from the outside.
fn members(a: &Arrangement<Outlines>) -> Vec<Vec<u32>> {
    let mut across: Vec<Vec<(u32, u32)>> = vec![Vec::new(); a.faces];
    for e in 0..a.edges.len() {
        across[a.left[e] as usize].push((a.right[e], e as u32));
        across[a.right[e] as usize].push((a.left[e], e as u32));
    }
    let mut members: Vec<Option<Vec<u32>>> = vec![None; a.faces];
    members[OUTSIDE as usize] = Some(Vec::new());
    let mut queue = VecDeque::from([OUTSIDE]);
    while let Some(f) = queue.pop_front() {
        let here = members[f as usize].clone().unwrap_or_default();
        for &(g, e) in &across[f as usize] {
            if members[g as usize].is_none() {
                let mut there = here.clone();
                for id in a.edges[e as usize].tag.iter() {
                    match there.binary_search(&id) {
                        Ok(i) => {
                            there.remove(i);
                        }
                        Err(i) => there.insert(i, id),
                    }
                }
                members[g as usize] = Some(there);
                queue.push_back(g);
            }
        }
    }
    members.into_iter().map(Option::unwrap_or_default).collect()
}

/// Refuses divisions whose land is not what their outline encloses.
fn crossing_itself(t: &Territory, members: &[Vec<u32>], area2: &[i128]) -> Result<(), CutError> {
    let mut found = vec![0i128; t.divisions.len() + 1];
    for (f, set) in members.iter().enumerate() {
        for &d in set {
            found[d as usize] += area2[f];
        }
    }
    for (d, division) in t.divisions.iter().enumerate() {
        let off = t.plane.area_m2((found[d] - division.area2).abs());
        let perimeter: f64 = division.rings.iter().map(|r| t.plane.length_m(r)).sum();
        // noding moves borders by a tenth of a millimetre
        if off > REPAIR_M2 + 2e-4 * perimeter {
            let at = division.crossing.or(division.rings.first().and_then(|r| r.first().copied())).unwrap_or_default();
            return Err(CutError::CrossesItself {
                file: division.file.clone(),
                record: division.record,
                id: division.id.clone(),
                place: at.lon_lat(),
                area_m2: off,
                limit_m2: REPAIR_M2,
            });
        }
    }
    Ok(())
}

/// The division that a face goes to.
fn owners(t: &Territory, a: &Arrangement<Outlines>, members: &[Vec<u32>]) -> Vec<Option<DivisionId>> {
    let study = t.divisions.len() as u32;
    let single = |f: u32| match members[f as usize].as_slice() {
        [d] if *d != study => Some(*d),
        [d, s] if *s == study => Some(*d),
        _ => None,
    };
    let mut shared: BTreeMap<u32, BTreeMap<u32, f64>> = BTreeMap::new();
    for (e, s) in a.edges.iter().enumerate() {
        for (f, g) in [(a.left[e], a.right[e]), (a.right[e], a.left[e])] {
            if let (None, Some(d)) = (single(f), single(g))
                && members[f as usize].contains(&d)
            {
                *shared.entry(f).or_default().entry(d).or_default() += t.plane.distance_m(s.a, s.b);
            }
        }
    }
    let longest = |f: u32| {
        shared
            .get(&f)
            .and_then(|m| m.iter().max_by(|x, y| x.1.total_cmp(y.1).then(y.0.cmp(x.0))))
            .map(|(d, _)| *d)
            .or_else(|| members[f as usize].iter().copied().find(|&d| d != study))
    };
    (0..a.faces as u32).map(|f| single(f).or_else(|| longest(f)).map(DivisionId)).collect()
}

fn tell(
    t: &Territory,
    members: &[Vec<u32>],
    place: &[Option<Pt>],
    area_m2: &dyn Fn(usize) -> f64,
    study: u32,
    findings: &mut Vec<Finding>,
) {
    let has_study = !t.study_area.is_empty();
    let divisions = |f: usize| members[f].iter().filter(|&&d| d != study).copied().collect::<Vec<_>>();
    let in_study = |f: usize| members[f].contains(&study);
    let mut report = |code: &str, faces: Vec<usize>, message: &dyn Fn(usize) -> String| {
        let mut faces = faces;
        faces.sort_by(|x, y| area_m2(*y).total_cmp(&area_m2(*x)).then(x.cmp(y)));
        for &f in faces.iter().take(NAMED) {
            let mut finding = Finding::new(Severity::Warning, code, message(f)).measured(area_m2(f)).limit(0.0);
            finding.place = place[f].map(Pt::lon_lat);
            findings.push(finding);
        }
        if faces.len() > NAMED {
            let rest: f64 = faces[NAMED..].iter().map(|&f| area_m2(f)).sum();
            let message = format!("{} more of them with {rest:.2} m² in all", faces.len() - NAMED);
            findings.push(Finding::new(Severity::Warning, code, message).measured(rest).limit(0.0));
        }
    };
    let all = 1..members.len();
    let names = |f: usize| divisions(f).iter().map(|&d| t.divisions[d as usize].id.clone()).collect::<Vec<_>>().join(", ");
    report("division-overlap", all.clone().filter(|&f| divisions(f).len() > 1).collect(), &|f| {
        format!("{:.2} m² belong to divisions {}; the one with the longer border there keeps them", area_m2(f), names(f))
    });
    report("division-gap", all.clone().filter(|&f| divisions(f).is_empty() && (in_study(f) || !has_study)).collect(), &|f| {
        format!("{:.2} m² between divisions belong to none; they are not part of the plan", area_m2(f))
    });
    if has_study {
        report("outside-study-area", all.filter(|&f| !divisions(f).is_empty() && !in_study(f)).collect(), &|f| {
            format!("{:.2} m² of division {} lie outside the study area; they stay in the plan", area_m2(f), names(f))
        });
    }
}
