//! Components, their counts, and what is set aside before the search.

use super::PartitionError;
use super::bounds::{Bounds, Culprit, culprits};
use super::contiguity::pieces;
use super::counts::{best_count, deal};
use super::exact::{TINY, enumerate};
use super::net::Net;
use super::problem::{Count, Problem};
use super::split::{Aim, split};
use rayon::prelude::*;

/// A contiguous set of units that is to become so many grids.
struct Region {
    units: Vec<u32>,
    grids: u32,
}

/// The graph taken apart: regions are split independently.
pub(super) struct Regions {
    regions: Vec<Region>,
    pub bounds: Bounds,
    /// True if every region is small enough to be solved by enumeration.
    pub optimal: bool,
}

impl Regions {
    /// Finds components, bounds and counts. O(n + m + K log components).
    pub fn of(net: &Net, problem: &Problem) -> Result<Regions, PartitionError> {
        let (component, count) = pieces(net, &vec![0; net.len()]);
        let mut members = vec![Vec::new(); count];
        component.iter().enumerate().for_each(|(u, &c)| members[c as usize].push(u as u32));
        let mut culprits_of = vec![Vec::new(); count];
        culprits(net, &problem.bands)
            .into_iter()
            .for_each(|c| culprits_of[component[c.unit.at()] as usize].push(c));

        let mut carved: Vec<Vec<Region>> = members
            .iter()
            .zip(&culprits_of)
            .map(|(units, c)| carve(net, units, c, problem))
            .collect();
        let counts: Vec<u32> = match problem.count {
            Count::ForBand => carved.iter().map(|regions| regions.iter().map(|r| r.grids).sum()).collect(),
            Count::Exactly(asked) if (asked as usize) < count => return Err(PartitionError::TooFewGrids { asked, components: count }),
            Count::Exactly(asked) if asked as usize > net.len() => return Err(PartitionError::TooManyGrids { asked, units: net.len() }),
            Count::Exactly(asked) => deal(asked, &weigh(net, &members)),
        };
        let (mut regions, mut components, mut optimal) = (Vec::new(), Vec::new(), true);
        for (c, units) in members.into_iter().enumerate() {
            components.push(Bounds::component(net, &units, counts[c], &problem.bands, &culprits_of[c]));
            let tiny = units.len() <= TINY;
            optimal &= tiny || counts[c] == 1 || counts[c] as usize == units.len();
            let mut parts = std::mem::take(&mut carved[c]);
            let free: Vec<usize> = (0..parts.len()).filter(|&i| !parts[i].is_culprit(&culprits_of[c])).collect();
            let fixed = (parts.len() - free.len()) as u32;
            let left = counts[c].saturating_sub(fixed);
            let room: u32 = free.iter().map(|&i| parts[i].units.len() as u32).sum();
            if tiny || parts.len() < 2 || (left as usize) < free.len() || left > room {
                regions.push(Region { units, grids: counts[c] });
                continue;
            }
            if matches!(problem.count, Count::Exactly(_)) {
                let sizes: Vec<Vec<u32>> = free.iter().map(|&i| parts[i].units.clone()).collect();
                for (&i, k) in free.iter().zip(deal(left, &weigh(net, &sizes))) {
                    parts[i].grids = k;
                }
            }
            regions.append(&mut parts);
        }
        let culprits = culprits_of.into_iter().flatten().collect();
        Ok(Regions {
            regions,
            bounds: Bounds { components, culprits },
            optimal,
        })
    }

    /// First partition of every region, in parallel; grids are numbered region by region.
    pub fn split(&self, net: &Net, aim: &Aim) -> (Vec<u32>, usize) {
        let mut place = vec![(u32::MAX, 0); net.len()];
        for (i, region) in self.regions.iter().enumerate() {
            for (at, &u) in region.units.iter().enumerate() {
                place[u as usize] = (i as u32, at as u32);
            }
        }
        let solve = |(i, region): (usize, &Region)| {
            if region.grids == 1 {
                return vec![0; region.units.len()];
            }
            let sub = net.induced(&region.units, |v| (place[v].0 == i as u32).then_some(place[v].1));
            let seed = aim.seed.wrapping_add(u64::from(region.units[0]).wrapping_mul(0x9e37_79b9));
            enumerate(&sub, region.grids, &aim.goals).unwrap_or_else(|| split(&sub, region.grids, &Aim { seed, ..aim.clone() }))
        };
        let solved: Vec<Vec<u32>> = self.regions.par_iter().enumerate().map(solve).collect();
        let (mut part, mut base) = (vec![0; net.len()], 0);
        for (region, labels) in self.regions.iter().zip(solved) {
            for (&u, l) in region.units.iter().zip(labels) {
                part[u as usize] = base + l;
            }
            base += region.grids;
        }
        (part, base as usize)
    }
}

impl Region {
    fn is_culprit(&self, culprits: &[Culprit]) -> bool {
        culprits.iter().any(|c| self.units.binary_search(&c.unit.0).is_ok())
    }
}

/// (load, units) of sets of units.
fn weigh(net: &Net, sets: &[Vec<u32>]) -> Vec<(i64, u32)> {
    sets.iter()
        .map(|units| (net.sum(units.iter().map(|&u| u as usize))[0], units.len() as u32))
        .collect()
}

/// Takes each culprit with its group out of a component as a grid of its own; of what is left, pieces
/// too light for a grid go with the culprit they border most, the others are regions.
fn carve(net: &Net, units: &[u32], culprits: &[Culprit], problem: &Problem) -> Vec<Region> {
    let band = &problem.bands[0];
    let whole = |units: Vec<u32>| {
        let total = net.sum(units.iter().map(|&u| u as usize))[0];
        let grids = best_count(total, units.len() as u32, band);
        Region { units, grids }
    };
    if culprits.is_empty() {
        return vec![whole(units.to_vec())];
    }
    let at = |u: usize| units.binary_search(&(u as u32)).expect("neighbours are in the component");
    let free = culprits.len() as u32;
    let mut owner = vec![free; units.len()];
    for (i, c) in culprits.iter().enumerate() {
        c.group.iter().for_each(|u| owner[at(u.at())] = i as u32);
    }
    let sub = net.induced(units, |v| Some(at(v) as u32));
    let (piece, count) = pieces(&sub, &owner);
    let mut members = vec![Vec::new(); count];
    piece.iter().enumerate().for_each(|(u, &p)| members[p as usize].push(u));
    let mut regions = Vec::new();
    let mut groups = vec![Vec::new(); culprits.len()];
    for list in members {
        let o = owner[list[0]];
        let mut home = o;
        if o == free {
            let total = sub.sum(list.iter().copied())[0];
            let mut touch = vec![0; culprits.len()];
            let across = list.iter().flat_map(|&u| sub.neighbours(u)).filter(|&(v, _)| owner[v] != free);
            across.for_each(|(v, c)| touch[owner[v] as usize] += c.max(0) + 1);
            if total < band.low.0 {
                home = (0..free).max_by_key(|&g| (touch[g as usize], std::cmp::Reverse(g))).unwrap_or(free);
            }
        }
        let list = list.into_iter().map(|u| units[u]);
        if home == free {
            regions.push(whole(list.collect()));
        } else {
            groups[home as usize].extend(list);
        }
    }
    for mut group in groups {
        group.sort_unstable();
        regions.push(Region { units: group, grids: 1 });
    }
    regions
}
