//! Hard barriers: borders that no grid may cross, but for pieces too light for a grid of their own.

use crate::cut::{Border, Fabric};
use crate::finding::{Finding, Severity};
use crate::graph::Edge;
use crate::measure::{Load, UnitId};
use crate::territory::Territory;
use petgraph::unionfind::UnionFind;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The edges over which grids of one division may grow: all but those along barriers of strength `hard` or more.
///
/// A piece between such barriers with less load than `low` is joined to a neighbour across the weakest border along them, the longest of
/// equal ones; pieces with load are told. O(pieces · borders).
pub(super) fn open_edges(
    t: &Territory,
    fabric: &Fabric,
    clusters: &[Vec<UnitId>],
    borders: Vec<(&Border, Edge)>,
    hard: Option<u8>,
    low: Load,
    findings: &mut Vec<Finding>,
) -> Vec<Edge> {
    let strength = |b: &Border| t.classes[b.class as usize].strength;
    let (mut shut, open): (Vec<_>, Vec<_>) = borders.into_iter().partition(|(b, _)| hard.is_some_and(|h| strength(b) >= h));
    let mut open: Vec<Edge> = open.into_iter().map(|(_, e)| e).collect();
    if shut.is_empty() {
        return open;
    }
    let mut pieces = UnionFind::<u32>::new(clusters.len());
    open.iter().for_each(|e| {
        pieces.union(e.a, e.b);
    });
    let carried: Vec<Load> = clusters.iter().map(|units| units.iter().map(|u| fabric.units[u.at()].balanced).sum()).collect();
    loop {
        let mut loads: BTreeMap<u32, Load> = BTreeMap::new();
        carried.iter().enumerate().for_each(|(c, &load)| *loads.entry(pieces.find(c as u32)).or_default() += load);
        shut.retain(|(_, e)| pieces.find(e.a) != pieces.find(e.b));
        let sides = |e: &Edge| [pieces.find(e.a), pieces.find(e.b)];
        let beside = shut.iter().flat_map(|(_, e)| sides(e)).map(|p| (loads[&p], p));
        let Some((load, piece)) = beside.min().filter(|(load, _)| *load < low) else { return open };
        let ways = shut.iter().filter(|(_, e)| sides(e).contains(&piece));
        let Some((border, way)) = ways.min_by_key(|(b, e)| (strength(b), Reverse((b.length_m * 1000.0) as u64), e.a, e.b)) else {
            return open;
        };
        let way = *way;
        if load > Load::ZERO {
            let units = || clusters.iter().enumerate().filter(|(c, _)| pieces.find(*c as u32) == piece).flat_map(|(_, units)| units);
            let households = units().map(|u| fabric.units[u.at()].load).sum::<Load>();
            let Some(unit) = units().next().map(|u| &fabric.units[u.at()]) else { return open };
            let class = &t.classes[border.class as usize].name;
            let message = format!("a load of {households} between hard barriers is too light for a grid; their grid crosses the {class}");
            let f = Finding::new(Severity::Warning, "hard-barrier-crossed", message).at(unit.inner.lon_lat());
            findings
                .push(f.id(&t.division(unit.division).id).measured(load.0 as f64 / t.base.0 as f64).limit(low.0 as f64 / t.base.0 as f64));
        }
        // over this border alone, so that the piece does not become a bridge between others
        open.push(way);
        pieces.union(way.a, way.b);
    }
}
