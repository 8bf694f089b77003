//! The grid of every unit, from the polygons over it.

use super::features::Features;
use crate::cut::{Fabric, Unit};
use crate::measure::Load;
use crate::plan::check::ring;
use crate::territory::lattice::{Plane, Pt};
use crate::territory::{DemandPoint, Territory};
use geo::{Area, BooleanOps, BoundingRect, MultiPolygon, Polygon};
use rayon::prelude::*;
use rstar::primitives::Rectangle;
use rstar::{AABB, RTree};
use std::collections::BTreeMap;

/// What lies over a unit.
#[derive(Clone, Debug, Default)]
pub(super) struct Over {
    /// Label of the grid that it goes to; none where no grid is over it.
    pub label: Option<u32>,
    /// Load and land, m², of every label, gaps and overlaps settled.
    pub shares: BTreeMap<u32, (Load, f64)>,
    /// Land in no grid.
    pub gap: Vec<MultiPolygon<f64>>,
    /// Land in two grids, with their labels.
    pub overlaps: Vec<(u32, u32, MultiPolygon<f64>)>,
    /// Land in another grid than that of the unit.
    pub strays: Vec<MultiPolygon<f64>>,
    /// Land of every label that lies here, m², however often it counts.
    pub claimed: Vec<(u32, f64)>,
}

/// Less land than this is the rounding of an overlay, m².
const NOTHING_M2: f64 = 1e-3;

/// Lays the grids over all units.
pub(super) fn overlay(features: &Features, t: &Territory, fabric: &Fabric, before: &[Option<u32>]) -> Vec<Over> {
    let own: std::collections::BTreeSet<(Pt, Pt)> = fabric.edges.iter().map(|e| (e.a.min(e.b), e.a.max(e.b))).collect();
    let corner = |p: &Pt| [p.x as f64, p.y as f64];
    // borders that are none of a unit: only they can run through one
    let strange = features.borders.difference(&own).map(|(a, b)| Rectangle::from_corners(corner(a), corner(b)));
    let strange: RTree<Rectangle<[f64; 2]>> = RTree::bulk_load(strange.collect());
    let mut points: Vec<Vec<&DemandPoint>> = vec![Vec::new(); fabric.units.len()];
    for (p, u) in t.points.iter().zip(&fabric.unit_of_point) {
        u.iter().filter(|_| p.load > Load::ZERO).for_each(|u| points[u.at()].push(p));
    }
    let one = |u: usize| {
        let unit = &fabric.units[u];
        let corners: Vec<[f64; 2]> = unit.rings.iter().flatten().map(corner).collect();
        let whole = strange.locate_in_envelope_intersecting(&AABB::from_points(&corners)).next().is_none();
        let land = polygon(unit, &t.plane);
        if whole { uncut(features, unit, land, &t.plane, before[u]) } else { cut(features, &land, &points[u], &t.plane, before[u]) }
    };
    (0..fabric.units.len()).into_par_iter().map(one).collect()
}

/// Land of a unit in metres.
pub(super) fn polygon(unit: &Unit, plane: &Plane) -> MultiPolygon<f64> {
    let mut rings = unit.rings.iter().map(|r| ring(r, plane));
    let outer = rings.next().unwrap_or(geo::LineString::new(Vec::new()));
    MultiPolygon(vec![Polygon::new(outer, rings.collect())])
}

/// Which of two labels has land that both claim.
fn prior(a: (u32, f64), b: (u32, f64), before: Option<u32>) -> u32 {
    match before {
        Some(g) if g == a.0 || g == b.0 => g,
        _ if b.1 > a.1 => b.0,
        _ => a.0,
    }
}

/// A unit that is all in or all out of every grid.
fn uncut(features: &Features, unit: &Unit, land: MultiPolygon<f64>, plane: &Plane, before: Option<u32>) -> Over {
    let at = features.at(&features.near(land.bounding_rect()), plane.metres(unit.inner));
    let here: Vec<u32> = at.into_iter().map(|i| features.labels[i]).collect();
    let label = here.iter().copied().reduce(|a, b| prior((a, 0.0), (b, 0.0), before)).or(before);
    Over {
        label,
        shares: label.map(|l| (l, (unit.load, unit.area_m2))).into_iter().collect(),
        overlaps: here.windows(2).map(|w| (w[0], w[1], land.clone())).collect(),
        gap: if here.is_empty() { vec![land] } else { Vec::new() },
        strays: Vec::new(),
        claimed: here.into_iter().map(|l| (l, unit.area_m2)).collect(),
    }
}

/// A unit that a border may run through.
fn cut(features: &Features, land: &MultiPolygon<f64>, points: &[&DemandPoint], plane: &Plane, before: Option<u32>) -> Over {
    let near = features.near(land.bounding_rect());
    let mut over = Over::default();
    let mut pieces: Vec<(u32, MultiPolygon<f64>)> = Vec::new();
    let mut rest = land.clone();
    for &i in &near {
        let piece = features.land[i].intersection(land);
        if piece.unsigned_area() > NOTHING_M2 {
            rest = rest.difference(&piece);
            over.claimed.push((features.labels[i], piece.unsigned_area()));
            pieces.push((features.labels[i], piece));
        }
    }
    let mut area: BTreeMap<u32, f64> = over.claimed.iter().copied().collect();
    for (i, (a, of_a)) in pieces.iter().enumerate() {
        for (b, of_b) in &pieces[i + 1..] {
            let both = of_a.intersection(of_b);
            let m2 = both.unsigned_area();
            if m2 > NOTHING_M2 {
                let first = prior((*a, of_a.unsigned_area()), (*b, of_b.unsigned_area()), before);
                *area.entry(if first == *a { *b } else { *a }).or_default() -= m2;
                over.overlaps.push((*a, *b, both));
            }
        }
    }
    if rest.unsigned_area() > NOTHING_M2 {
        before.iter().for_each(|g| *area.entry(*g).or_default() += rest.unsigned_area());
        over.gap.push(rest);
    }
    let mut load: BTreeMap<u32, Load> = BTreeMap::new();
    for p in points {
        let here: Vec<u32> = features.at(&near, plane.metres(p.at)).into_iter().map(|i| features.labels[i]).collect();
        let m2 = |l: u32| (l, area.get(&l).copied().unwrap_or(0.0));
        let label = here.into_iter().reduce(|a, b| prior(m2(a), m2(b), before)).or(before);
        label.into_iter().for_each(|l| *load.entry(l).or_default() += p.load);
    }
    let labels = area.keys().chain(load.keys()).copied();
    over.shares = labels.map(|l| (l, (load.get(&l).copied().unwrap_or_default(), area.get(&l).copied().unwrap_or(0.0)))).collect();
    // of equal ones the grid that had it, or else the first
    let rank = |(l, (load, m2)): (&u32, &(Load, f64))| (*load, (m2 / NOTHING_M2).round() as i64, before == Some(*l), std::cmp::Reverse(*l));
    over.label = over.shares.iter().max_by_key(|s| rank(*s)).map(|s| *s.0);
    let (own, others): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|(l, _)| Some(*l) == over.label);
    over.strays = others.into_iter().map(|(_, p)| own.iter().fold(p, |p, (_, own)| p.difference(own))).collect();
    over
}
