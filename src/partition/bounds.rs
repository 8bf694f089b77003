//! What no plan can beat, known before any search.

use super::counts::feasible_counts;
use super::net::Net;
use super::relaxation;
use super::score::Goal;
use crate::measure::{Band, Load, UnitId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a bound takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assumes {
    /// Holds for every plan of contiguous grids.
    Nothing,
    /// Holds for every plan with this number of grids in the component.
    Count,
    /// Holds for every plan in which no grid has two culprits.
    OneCulpritPerGrid,
}

impl fmt::Display for Assumes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Assumes::Nothing => "any plan of contiguous grids",
            Assumes::Count => "any plan with this number of grids",
            Assumes::OneCulpritPerGrid => "any plan without two culprits in one grid",
        })
    }
}

/// A bound with its assumption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bound<T> {
    /// No plan is better.
    pub value: T,
    /// If it keeps to this.
    pub assumes: Assumes,
}

/// A unit whose grid cannot be in band, because of itself or of what it cuts off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Culprit {
    /// The unit.
    pub unit: UnitId,
    /// Every unit that must go with it, itself included: the branches of the rest that are too light for a
    /// grid of their own.
    pub group: Vec<UnitId>,
    /// Loads of the group, one per resource.
    pub loads: Vec<Load>,
}

/// Bounds of one connected component of the graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentBounds {
    /// First unit of the component.
    pub first: UnitId,
    /// Number of units.
    pub units: u32,
    /// Loads, one per resource.
    pub loads: Vec<Load>,
    /// Grids the component was given.
    pub grids: u32,
    /// The counts K with K·low ≤ load ≤ K·high for the first resource; `None` if there are none.
    pub feasible_counts: Option<(u32, u32)>,
    /// Least possible value of the largest |deviation| from the target, as a share of it; one per resource.
    pub deviation: Bound<Vec<f64>>,
    /// Least possible [`Score::violation`](super::Score::violation), counted as there; one per resource.
    pub violation: Bound<Vec<i64>>,
    /// A bound of the violation in all by linear programming, where several resources meet units that are too heavy.
    pub relaxation: Option<Bound<i64>>,
    /// The least violation in all, where an exhaustive search came to an end or the plan reaches the bound before it; holds for any
    /// plan with this number of grids.
    pub searched: Option<i64>,
    /// Least possible number of grids out of band.
    pub out_of_band: Bound<u32>,
    /// Units heavier than the band allows, each of which puts the grid it is in out of band.
    pub heavy: u32,
    /// Their loads, one per resource.
    pub heavy_loads: Vec<Load>,
}

/// Everything known before the search.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// By first unit.
    pub components: Vec<ComponentBounds>,
    /// Units whose grid cannot be in band; their groups are disjoint. By unit.
    pub culprits: Vec<Culprit>,
}

impl ComponentBounds {
    /// Least possible violation in all for any plan with this number of grids.
    fn violation_for_count(&self) -> i64 {
        self.searched.unwrap_or(0).max(self.violation.value.iter().sum())
    }

    /// Least possible violation in all, and what that takes for granted.
    pub fn least_violation(&self) -> Bound<i64> {
        let plain = Bound { value: self.violation_for_count(), assumes: self.violation.assumes };
        self.relaxation.clone().filter(|b| b.value > plain.value).unwrap_or(plain)
    }

    /// True unless arithmetic forbids that all grids but those of heavy units are in band with this count.
    pub fn can_be_in_band(&self, bands: &[Band]) -> bool {
        let k = i64::from(self.grids);
        let light = (k - i64::from(self.heavy)).max(0);
        bands.iter().zip(self.loads.iter().zip(&self.heavy_loads)).all(|(b, (all, heavy))| {
            let enough = b.low.0.saturating_mul(light) <= all.0 - heavy.0;
            // a grid that is out of band anyway takes what is too much for the others
            enough && (self.heavy > 0 || all.0 <= b.high.0.saturating_mul(k))
        })
    }

    /// True if the load without heavy units fits the grids that are left for it. If not, some grids are out of band, or one that is so
    /// anyway takes what is too much and is still farther out.
    pub fn has_room(&self, bands: &[Band]) -> bool {
        let light = (i64::from(self.grids) - i64::from(self.heavy)).max(0);
        let rest = bands.iter().zip(self.loads.iter().zip(&self.heavy_loads)).map(|(b, (all, heavy))| (b, all.0 - heavy.0));
        light == 0 || rest.into_iter().all(|(b, rest)| (b.low.0.saturating_mul(light)..=b.high.0.saturating_mul(light)).contains(&rest))
    }
}

impl Bounds {
    /// Least possible total violation with these counts.
    pub fn violation(&self) -> i64 {
        self.components.iter().map(ComponentBounds::violation_for_count).sum()
    }

    /// Number of grids of all components.
    pub fn grids(&self) -> u32 {
        self.components.iter().map(|c| c.grids).sum()
    }

    /// Component of the graph and whether its count can be had in the band; for `grids` in all resources.
    pub(super) fn component(net: &Net, units: &[u32], grids: u32, bands: &[Band], culprits: &[Culprit]) -> ComponentBounds {
        let loads = net.sum(units.iter().map(|&u| u as usize));
        let (mut deviation, mut violation) = (vec![0.0f64; bands.len()], vec![0i64; bands.len()]);
        let k = i64::from(grids);
        let too_heavy = |&&u: &&u32| bands.iter().zip(net.loads(u as usize)).any(|(b, &l)| l > b.high.0);
        let heavy_units: Vec<usize> = units.iter().filter(too_heavy).map(|&u| u as usize).collect();
        for (i, band) in bands.iter().enumerate() {
            let (mut excess, mut heavy, mut rest) = (0i64, 0i64, loads[i]);
            for &u in units {
                let l = net.loads(u as usize)[i];
                deviation[i] = deviation[i].max(band.deviation(Load(l)));
                if l > band.high.0 {
                    (excess, heavy, rest) = (excess + l - band.high.0, heavy + 1, rest - l);
                }
            }
            let mean = loads[i] as f64 / k as f64;
            deviation[i] = deviation[i].max((mean - band.target.0 as f64).abs() / band.target.0.max(1) as f64);
            let room = band.high.0.saturating_mul(k);
            let short = if heavy <= k {
                let (room, need) = (band.high.0.saturating_mul(k - heavy), band.low.0.saturating_mul(k - heavy));
                excess + (rest.saturating_sub(room)).max(need.saturating_sub(rest)).max(0)
            } else {
                loads[i].saturating_sub(room).max(0)
            };
            violation[i] = Goal::of(band).violation(short);
        }
        for culprit in culprits {
            deviation.iter_mut().zip(culprit_deviations(net, culprit, bands)).for_each(|(all, one)| *all = all.max(one));
        }
        let heavy_loads = net.sum(heavy_units.iter().copied()).into_iter().map(Load).collect();
        let mut bounds = ComponentBounds {
            first: UnitId(units[0]),
            units: units.len() as u32,
            feasible_counts: feasible_counts(loads[0], &bands[0]),
            loads: loads.into_iter().map(Load).collect(),
            grids,
            deviation: Bound { value: deviation, assumes: Assumes::Count },
            violation: Bound { value: violation, assumes: Assumes::Count },
            relaxation: None,
            searched: None,
            out_of_band: Bound { value: culprits.len() as u32, assumes: Assumes::OneCulpritPerGrid },
            heavy: heavy_units.len() as u32,
            heavy_loads,
        };
        let goals: Vec<Goal> = bands.iter().map(Goal::of).collect();
        let relaxed = relaxation::violation(net, units, grids, &goals);
        bounds.relaxation = relaxed.map(|value| Bound { value, assumes: Assumes::OneCulpritPerGrid });
        if !bounds.can_be_in_band(bands) {
            bounds.out_of_band.value = bounds.out_of_band.value.max((bounds.heavy + 1).min(grids));
        }
        bounds
    }
}

/// By resource: either all of the group is in one grid, or one of its branches holds a whole grid.
fn culprit_deviations(net: &Net, culprit: &Culprit, bands: &[Band]) -> Vec<f64> {
    let mut least: Vec<f64> = bands.iter().zip(&culprit.loads).map(|(b, &l)| b.deviation(l).max(0.0)).collect();
    for branch in culprit.branches(net) {
        let loads = net.sum(branch.into_iter().map(|u| u as usize));
        let short = bands.iter().zip(loads).map(|(b, l)| -b.deviation(Load(l)).min(0.0));
        least.iter_mut().zip(short).for_each(|(least, short)| *least = least.min(short));
    }
    least
}

impl Culprit {
    /// The pieces into which the rest of the group falls without the unit, each in rising order. O(group · log).
    pub(super) fn branches(&self, net: &Net) -> Vec<Vec<u32>> {
        let place = |u: usize| self.group.binary_search(&UnitId(u as u32)).ok().filter(|_| u != self.unit.at());
        let mut seen = vec![false; self.group.len()];
        let mut branches = Vec::new();
        for s in 0..self.group.len() {
            if seen[s] || self.group[s] == self.unit {
                continue;
            }
            seen[s] = true;
            let mut branch = vec![self.group[s].0];
            let mut at = 0;
            while at < branch.len() {
                for (w, _) in net.neighbours(branch[at] as usize) {
                    if let Some(p) = place(w).filter(|&p| !seen[p]) {
                        seen[p] = true;
                        branch.push(w as u32);
                    }
                }
                at += 1;
            }
            branch.sort_unstable();
            branches.push(branch);
        }
        branches
    }
}

/// The culprits of a graph, by unit.
///
/// A branch of G − v that is lighter than the low end of a band holds no grid in band, so it must go with v; if v
/// and such branches exceed the high end together, the grid of v is out of band whatever one
/// does. The branches of all v come from one depth-first search (Hopcroft & Tarjan 1973), O(n + m), and
/// culprits whose group meets an earlier one's are left out.
pub(super) fn culprits(net: &Net, bands: &[Band]) -> Vec<Culprit> {
    let n = net.len();
    let r = net.resources();
    let light = |loads: &[i64]| bands.iter().zip(loads).any(|(b, &l)| l < b.low.0);
    let heavy = |loads: &[i64]| bands.iter().zip(loads).any(|(b, &l)| l > b.high.0);
    let mut dfs = Dfs::new(net);
    let mut taken = vec![false; n];
    let mut found = Vec::new();
    for root in 0..n {
        if dfs.entered[root] != u32::MAX {
            continue;
        }
        let start = dfs.order.len();
        dfs.visit(net, root);
        let end = dfs.order.len();
        let total = dfs.below[root * r..(root + 1) * r].to_vec();
        for at in start..end {
            let v = dfs.order[at] as usize;
            let mut group = net.loads(v).to_vec();
            let mut rest = total.clone();
            sub(&mut rest, net.loads(v));
            let (mut joined, mut separate) = (Vec::new(), Vec::new());
            for (c, _) in net.neighbours(v) {
                if dfs.parent[c] as usize == v && c != root && dfs.lowest[c] >= dfs.entered[v] {
                    let branch = &dfs.below[c * r..(c + 1) * r];
                    sub(&mut rest, branch);
                    separate.push(c);
                    if light(branch) {
                        add(&mut group, branch);
                        joined.push(c);
                    }
                }
            }
            let with_rest = v != root && light(&rest);
            if with_rest {
                add(&mut group, &rest);
            }
            if !heavy(&group) {
                continue;
            }
            let mut units = vec![v as u32];
            for &c in &joined {
                units.extend_from_slice(dfs.subtree(c));
            }
            if with_rest {
                let inside = |u: u32| separate.iter().any(|&c| dfs.spans(c, u as usize));
                units.extend(dfs.order[start..end].iter().copied().filter(|&u| u as usize != v && !inside(u)));
            }
            if units.iter().any(|&u| taken[u as usize]) {
                continue;
            }
            units.iter().for_each(|&u| taken[u as usize] = true);
            units.sort_unstable();
            found.push(Culprit {
                unit: UnitId(v as u32),
                group: units.into_iter().map(UnitId).collect(),
                loads: group.into_iter().map(Load).collect(),
            });
        }
    }
    found.sort_by_key(|c| c.unit);
    found
}

fn add(sum: &mut [i64], loads: &[i64]) {
    sum.iter_mut().zip(loads).for_each(|(s, l)| *s += l);
}

fn sub(sum: &mut [i64], loads: &[i64]) {
    sum.iter_mut().zip(loads).for_each(|(s, l)| *s -= l);
}

/// Depth-first search trees with the lowest entry reachable from each subtree and the loads below.
struct Dfs {
    order: Vec<u32>,
    entered: Vec<u32>,
    lowest: Vec<u32>,
    parent: Vec<u32>,
    size: Vec<u32>,
    below: Vec<i64>,
}

impl Dfs {
    fn new(net: &Net) -> Dfs {
        let n = net.len();
        Dfs {
            order: Vec::with_capacity(n),
            entered: vec![u32::MAX; n],
            lowest: vec![u32::MAX; n],
            parent: vec![u32::MAX; n],
            size: vec![1; n],
            below: (0..n).flat_map(|u| net.loads(u)).copied().collect(),
        }
    }

    fn visit(&mut self, net: &Net, root: usize) {
        let start = self.order.len();
        let mut stack = vec![(root, net.neighbours(root))];
        self.enter(root, root);
        while let Some((u, rows)) = stack.last_mut() {
            let u = *u;
            match rows.next() {
                Some((v, _)) if self.entered[v] == u32::MAX => {
                    self.enter(v, u);
                    stack.push((v, net.neighbours(v)));
                }
                Some((v, _)) => self.lowest[u] = self.lowest[u].min(self.entered[v]),
                None => {
                    stack.pop();
                }
            }
        }
        let r = net.resources();
        for at in (start + 1..self.order.len()).rev() {
            let u = self.order[at] as usize;
            let p = self.parent[u] as usize;
            self.lowest[p] = self.lowest[p].min(self.lowest[u]);
            self.size[p] += self.size[u];
            for i in 0..r {
                self.below[p * r + i] += self.below[u * r + i];
            }
        }
    }

    fn enter(&mut self, u: usize, parent: usize) {
        self.entered[u] = self.order.len() as u32;
        self.lowest[u] = self.entered[u];
        self.parent[u] = parent as u32;
        self.order.push(u as u32);
    }

    fn subtree(&self, u: usize) -> &[u32] {
        let at = self.entered[u] as usize;
        &self.order[at..at + self.size[u] as usize]
    }

    fn spans(&self, top: usize, u: usize) -> bool {
        (self.entered[top]..self.entered[top] + self.size[top]).contains(&self.entered[u])
    }
}
