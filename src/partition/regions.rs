//! Components, their counts, and what is set aside before the search.

use super::PartitionError;
use super::aim::Aim;
use super::bounds::{Bounds, Culprit, culprits};
use super::contiguity::pieces;
use super::counts::{best_count, deal};
use super::exact::{TINY, enumerate};
use super::net::Net;
use super::problem::{Count, Problem};
use super::score::{Goal, excess, penalty};
use super::split::{each, split};
use std::collections::{BTreeMap, BTreeSet};

/// A contiguous set of units that is to become so many grids.
struct Region {
    units: Vec<u32>,
    grids: u32,
    /// One grid, whatever the others get.
    fixed: bool,
}

/// The graph taken apart: regions are split independently.
pub(super) struct Regions {
    regions: Vec<Region>,
    pub bounds: Bounds,
    /// Violation that the grid of a culprit has at least, by unit.
    pub floors: BTreeMap<u32, i64>,
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
        culprits(net, &problem.bands).into_iter().for_each(|c| culprits_of[component[c.unit.at()] as usize].push(c));

        let mut floors = BTreeMap::new();
        let mut carved: Vec<Vec<Region>> =
            members.iter().zip(&culprits_of).map(|(units, c)| carve(net, units, c, problem, &mut floors)).collect();
        let for_band: Vec<u32> = carved.iter().map(|regions| regions.iter().map(|r| r.grids).sum()).collect();
        let asked = match problem.count {
            Count::Between(fewest, most) => {
                let free: u32 = for_band.iter().sum();
                let held = free.min(most).max(fewest).max(count as u32).min(net.len() as u32);
                if held == free { Count::ForBand } else { Count::Exactly(held) }
            }
            other => other,
        };
        let counts: Vec<u32> = match asked {
            Count::ForBand | Count::Between(..) => for_band,
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
            let free: Vec<usize> = (0..parts.len()).filter(|&i| !parts[i].fixed).collect();
            let fixed = (parts.len() - free.len()) as u32;
            let left = counts[c].saturating_sub(fixed);
            let crowded = fixed > counts[c] || (left as usize) < free.len();
            let room: u32 = free.iter().map(|&i| parts[i].units.len() as u32).sum();
            if tiny || parts.len() < 2 || crowded || left > room {
                regions.push(Region { units, grids: counts[c], fixed: false });
                continue;
            }
            if matches!(asked, Count::Exactly(_)) {
                let sizes: Vec<Vec<u32>> = free.iter().map(|&i| parts[i].units.clone()).collect();
                for (&i, k) in free.iter().zip(deal(left, &weigh(net, &sizes))) {
                    parts[i].grids = k;
                }
            }
            regions.append(&mut parts);
        }
        let culprits = culprits_of.into_iter().flatten().collect();
        Ok(Regions { regions, bounds: Bounds { components, culprits }, floors, optimal })
    }

    /// First partition of every region, in parallel; grids are numbered region by region.
    pub fn split(&self, net: &Net, aim: &Aim) -> (Vec<u32>, usize) {
        let mut region = vec![0; net.len()];
        for (i, r) in self.regions.iter().enumerate() {
            r.units.iter().for_each(|&u| region[u as usize] = i as u32);
        }
        let grids: Vec<u32> = self.regions.iter().map(|r| r.grids).collect();
        let (part, grids) = each(net, &region, &grids, |i, sub| {
            let seed = aim.seed.wrapping_add(u64::from(self.regions[i].units[0]).wrapping_mul(0x9e37_79b9));
            let part = enumerate(sub, grids[i], &aim.goals).unwrap_or_else(|| split(sub, grids[i], &Aim { seed, ..aim.clone() }));
            (part, vec![1; grids[i] as usize])
        });
        (part, grids.len())
    }
}

/// (load, units) of sets of units.
fn weigh(net: &Net, sets: &[Vec<u32>]) -> Vec<(i64, u32)> {
    sets.iter().map(|units| (net.sum(units.iter().map(|&u| u as usize))[0], units.len() as u32)).collect()
}

/// Takes each culprit out of a component as a grid of its own, with its branches as far as that harms the balance less than
/// making grids of them; of what is left, pieces too light for a grid go with the culprit they border most, the others are regions.
fn carve(net: &Net, units: &[u32], culprits: &[Culprit], problem: &Problem, floors: &mut BTreeMap<u32, i64>) -> Vec<Region> {
    let band = &problem.bands[0];
    let whole = |units: Vec<u32>| {
        let total = net.sum(units.iter().map(|&u| u as usize))[0];
        let grids = best_count(total, units.len() as u32, band);
        Region { units, grids, fixed: false }
    };
    if culprits.is_empty() {
        return vec![whole(units.to_vec())];
    }
    let at = |u: usize| units.binary_search(&(u as u32)).expect("neighbours are in the component");
    let goals: Vec<Goal> = problem.bands.iter().map(Goal::of).collect();
    let (mut regions, mut together) = (Vec::new(), Vec::new());
    for c in culprits {
        let mut loads: Vec<i64> = c.loads.iter().map(|l| l.0).collect();
        let mut group: BTreeSet<u32> = c.group.iter().map(|u| u.0).collect();
        let mut branches: Vec<(Vec<i64>, Vec<u32>)> =
            c.branches(net).into_iter().map(|b| (net.sum(b.iter().map(|&u| u as usize)), b)).collect();
        branches.sort_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(&y.1)));
        for (branch, units) in branches {
            let rest: Vec<i64> = loads.iter().zip(&branch).map(|(l, b)| l - b).collect();
            if penalty(&goals, &rest).violation + penalty(&goals, &branch).violation < penalty(&goals, &loads).violation {
                units.iter().for_each(|u| {
                    group.remove(u);
                });
                regions.push(Region { units, grids: 1, fixed: true });
                loads = rest;
            }
        }
        floors.insert(c.unit.0, excess(&goals, &loads));
        // what fits into the deciding band without its heaviest branches is left to the search
        if loads[0] > goals[0].high {
            together.push(group);
        }
    }
    let free = together.len() as u32;
    let mut owner = vec![free; units.len()];
    for (i, group) in together.iter().enumerate() {
        group.iter().for_each(|&u| owner[at(u as usize)] = i as u32);
    }
    let taken = free + 1;
    regions.iter().flat_map(|r: &Region| &r.units).for_each(|&u| owner[at(u as usize)] = taken);
    let sub = net.induced(units, |v| Some(at(v) as u32));
    let (piece, count) = pieces(&sub, &owner);
    let mut members = vec![Vec::new(); count];
    piece.iter().enumerate().for_each(|(u, &p)| members[p as usize].push(u));
    let mut groups = vec![Vec::new(); together.len()];
    for list in members {
        let mut home = owner[list[0]];
        if home == taken {
            continue;
        }
        if home == free && sub.sum(list.iter().copied())[0] < band.low.0 {
            let mut touch = vec![0; together.len()];
            let across = list.iter().flat_map(|&u| sub.neighbours(u)).filter(|&(v, _)| owner[v] < free);
            across.for_each(|(v, c)| touch[owner[v] as usize] += c.max(0) + 1);
            home = (0..free).filter(|&g| touch[g as usize] > 0).max_by_key(|&g| (touch[g as usize], std::cmp::Reverse(g))).unwrap_or(free);
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
        regions.push(Region { units: group, grids: 1, fixed: true });
    }
    regions
}
