//! Stations that were given with the land they cover.

use super::convex::{At, HalfPlane, bounds, clip, corners};
use super::land::{Frame, Land, less, none, rings, shared, whole};
use crate::territory::Station;
use crate::territory::lattice::{Pt, Side, side_of_rings};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// A station with land; those before it in [`Areas::all`] have lesser ids.
#[derive(Clone, Debug)]
struct Area {
    station: u32,
    centre: At,
    rings: Vec<Vec<Pt>>,
    bounds: [At; 2],
    /// Its land less what belongs to others.
    owned: Land,
}

/// Land of stations, each piece with the one of those it is in whose centre is nearest, the first by id of equally near ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Areas {
    all: Vec<Area>,
    boxes: RTree<GeomWithData<Rectangle<At>, u32>>,
    /// Borders of what they own.
    sides: RTree<Rectangle<At>>,
}

impl Areas {
    /// Areas of `members`, which are sorted by id. O(n log n) for n vertices where each area overlaps few others.
    pub fn new(stations: &[Station], members: &[u32], frame: &Frame) -> Areas {
        let area = |&station: &u32| {
            let s = &stations[station as usize];
            let bounds = bounds(&s.rings.iter().flat_map(|r| frame.ring(r)).collect::<Vec<_>>());
            Area { station, centre: frame.metres(s.at), rings: s.rings.clone(), bounds, owned: frame.even_odd(&s.rings) }
        };
        let all: Vec<Area> = members.par_iter().map(area).collect();
        let of_box = |(i, a): (usize, &Area)| GeomWithData::new(Rectangle::from_corners(a.bounds[0], a.bounds[1]), i as u32);
        let mut out = Areas { boxes: RTree::bulk_load(all.iter().enumerate().map(of_box).collect()), all, sides: RTree::new() };
        let owned: Vec<Land> = (0..out.all.len()).into_par_iter().map(|i| out.owned(i)).collect();
        out.all.iter_mut().zip(owned).for_each(|(area, owned)| area.owned = owned);
        let sides = out.all.iter().flat_map(|a| rings(&a.owned)).flat_map(|ring| {
            let side = |i: usize| Rectangle::from_corners(ring[i], ring[(i + 1) % ring.len()]);
            (0..ring.len()).map(side).collect::<Vec<_>>()
        });
        out.sides = RTree::bulk_load(sides.collect());
        out
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Areas whose box meets another, by id.
    fn near(&self, [lo, hi]: [At; 2]) -> Vec<u32> {
        let mut near: Vec<u32> = self.boxes.locate_in_envelope_intersecting(&AABB::from_corners(lo, hi)).map(|b| b.data).collect();
        near.sort_unstable();
        near
    }

    /// Land of area `i` less what lies in others with nearer centres.
    fn owned(&self, i: usize) -> Land {
        let own = &self.all[i];
        let mut land = own.owned.clone();
        for j in self.near(own.bounds).into_iter().map(|j| j as usize).filter(|&j| j != i) {
            let other = &self.all[j];
            let taken = if own.centre == other.centre {
                if j < i { other.owned.clone() } else { none() }
            } else {
                // the same line for both
                let half = HalfPlane::nearer(self.all[i.min(j)].centre, self.all[i.max(j)].centre);
                let half = if j < i { half } else { half.other() };
                let low = |k: usize| own.bounds[0][k].max(other.bounds[0][k]);
                let high = |k: usize| own.bounds[1][k].min(other.bounds[1][k]);
                let mut ring = corners([low(0), low(1)], [high(0), high(1)]);
                clip(&mut ring, half, &mut Vec::new());
                shared(&other.owned, &whole(&ring))
            };
            land = less(land, [&taken]);
        }
        land
    }

    /// The area that owns a place, with borders counting as inside.
    pub fn station(&self, p: Pt, at: At) -> Option<u32> {
        let covers = |a: &Area| side_of_rings(&a.rings, p) != Side::Outside;
        let inside = self.near([at, at]).into_iter().map(|i| &self.all[i as usize]).filter(|a| !a.owned.0.is_empty() && covers(a));
        let distance = |a: &Area| (a.centre[0] - at[0]).powi(2) + (a.centre[1] - at[1]).powi(2);
        inside.min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|a| a.station)
    }

    /// Stations with what they own within a box, by id.
    pub fn owners(&self, within: [At; 2]) -> impl Iterator<Item = (u32, &Land)> {
        self.near(within).into_iter().map(|i| &self.all[i as usize]).map(|a| (a.station, &a.owned))
    }

    /// Whether a border of what they own may run through a box.
    pub fn parts(&self, [lo, hi]: [At; 2]) -> bool {
        self.sides.locate_in_envelope_intersecting(&AABB::from_corners(lo, hi)).next().is_some()
    }
}
