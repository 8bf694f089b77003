//! Staffing: backup pairs of adjacent grids (R29), hubs (R20), facilities (R36, R38).

pub mod facilities;
pub mod hubs;
mod transport;

use crate::measure::GridId;
use petgraph::algo::maximum_matching;
use petgraph::graph::{NodeIndex, UnGraph};
use std::collections::BTreeMap;

/// Backup of every grid: a maximum matching on `adjacent` grids of one zone; the rest have none.
///
/// `zone_of` gives the zone of each grid, `adjacent` the pairs that share a border of positive length (touching in a point
/// is not adjacent). O(V³) in the worst case per zone (Gabow's blossoms), tens of grids per zone in practice.
pub fn backup_pairs(zone_of: &[u32], adjacent: &[(GridId, GridId)]) -> Vec<Option<GridId>> {
    let mut by_zone: BTreeMap<u32, Vec<(GridId, GridId)>> = BTreeMap::new();
    for &(a, b) in adjacent {
        if zone_of[a.at()] == zone_of[b.at()] {
            by_zone.entry(zone_of[a.at()]).or_default().push((a, b));
        }
    }
    let mut backup = vec![None; zone_of.len()];
    for pairs in by_zone.into_values() {
        let mut members: Vec<GridId> = pairs.iter().flat_map(|p| [p.0, p.1]).collect();
        members.sort_unstable();
        members.dedup();
        let node = |g: GridId| NodeIndex::new(members.binary_search(&g).unwrap_or_default());
        let mut graph: UnGraph<(), ()> = UnGraph::default();
        members.iter().for_each(|_| {
            graph.add_node(());
        });
        for (a, b) in pairs {
            graph.add_edge(node(a), node(b), ());
        }
        let matching = maximum_matching(&graph);
        for (a, b) in matching.edges() {
            let (a, b) = (members[a.index()], members[b.index()]);
            (backup[a.at()], backup[b.at()]) = (Some(b), Some(a));
        }
    }
    backup
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_four_is_paired_and_zones_stay_apart() {
        let g = GridId;
        let pairs = backup_pairs(&[0, 0, 0, 0, 1], &[(g(0), g(1)), (g(1), g(2)), (g(2), g(3)), (g(3), g(4))]);
        assert_eq!(pairs, [Some(g(1)), Some(g(0)), Some(g(3)), Some(g(2)), None]);
    }
}
