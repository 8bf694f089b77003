//! Divisions of the city, as sets of cells: each level puts together neighbours of the level below.

use super::plane::{P, Rng};
use super::skeleton::{At, Skeleton};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Which division every cell of the lattice is in; cells outside the city are in none.
pub type Level = Vec<Option<usize>>;

/// Communities: regions that grow from random cells, over water only where nothing else is left.
pub fn communities(city: &Skeleton, seats: &[At], count: usize, rng: &mut Rng) -> Level {
    let cells: Vec<At> = city.cells().collect();
    let number: BTreeMap<At, usize> = cells.iter().enumerate().map(|(k, cell)| (*cell, k)).collect();
    let neighbours: Vec<Vec<usize>> = cells.iter().map(|c| city.neighbours(*c).map(|n| number[&n]).collect()).collect();
    let near = neighbours.iter().enumerate().map(|(k, all)| all.iter().copied().filter(|n| !city.parts(cells[k], cells[*n])).collect());
    let mut of = vec![None; cells.len()];
    for (community, seat) in some(seats, count, rng).into_iter().enumerate() {
        of[number[&seat]] = Some(community);
    }
    grow(&mut of, &near.collect::<Vec<_>>());
    grow(&mut of, &neighbours);
    let mut level = vec![None; cells.iter().map(|c| city.index(*c) + 1).max().unwrap_or(0)];
    cells.iter().zip(of).for_each(|(cell, of)| level[city.index(*cell)] = of);
    level
}

/// The level above: about `size` divisions in each.
pub fn above(city: &Skeleton, below: &Level, size: f64, rng: &mut Rng) -> Level {
    let count = below.iter().flatten().max().map_or(0, |most| most + 1);
    let mut near: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
    for cell in city.cells() {
        for other in city.neighbours(cell) {
            if let (Some(a), Some(b)) = (below[city.index(cell)], below[city.index(other)]) {
                near[a].extend((a != b).then_some(b));
            }
        }
    }
    let all: Vec<usize> = (0..count).collect();
    let mut of = vec![None; count];
    for (upper, seat) in some(&all, (count as f64 / size).round() as usize, rng).into_iter().enumerate() {
        of[seat] = Some(upper);
    }
    grow(&mut of, &near.iter().map(|set| set.iter().copied().collect()).collect::<Vec<Vec<_>>>());
    below.iter().map(|one| one.and_then(|one| of[one])).collect()
}

/// `count` of them, at least one, drawn without repetition.
fn some<T: Copy>(from: &[T], count: usize, rng: &mut Rng) -> Vec<T> {
    let mut all = from.to_vec();
    let count = count.clamp(1, all.len());
    for k in 0..count {
        let other = k + rng.below(all.len() - k);
        all.swap(k, other);
    }
    all.truncate(count);
    all
}

/// Breadth first from all that are in one already.
fn grow(of: &mut [Option<usize>], near: &[Vec<usize>]) {
    let mut next: VecDeque<usize> = (0..of.len()).filter(|k| of[*k].is_some()).collect();
    while let Some(k) = next.pop_front() {
        for &n in &near[k] {
            if of[n].is_none() {
                of[n] = of[k];
                next.push_back(n);
            }
        }
    }
}

/// The rings of every division, the outer one first; neighbours have the same vertices on their common border.
pub fn areas(city: &Skeleton, level: &Level) -> Vec<Vec<Vec<P>>> {
    let mut sides: BTreeMap<usize, BTreeMap<At, Vec<At>>> = BTreeMap::new();
    for cell in city.cells() {
        let Some(of) = level[city.index(cell)] else { continue };
        for side in 0..4 {
            if city.over(cell, side).and_then(|other| level[city.index(other)]) != Some(of) {
                let [a, b] = city.side(cell, side);
                sides.entry(of).or_default().entry(a).or_default().push(b);
            }
        }
    }
    sides.into_values().map(|sides| rings(sides, city)).collect()
}

/// Sides of cells, the division on their left, put together.
fn rings(mut sides: BTreeMap<At, Vec<At>>, city: &Skeleton) -> Vec<Vec<P>> {
    let mut rings: Vec<Vec<P>> = Vec::new();
    while let Some(&start) = sides.keys().next() {
        let mut path = vec![start];
        while let Some(&at) = path.last() {
            let Some(ends) = sides.get_mut(&at) else { break };
            let next = ends.pop();
            if ends.is_empty() {
                sides.remove(&at);
            }
            let Some(next) = next else { break };
            // rings that touch in a node part there
            if let Some(begin) = path.iter().position(|n| *n == next) {
                let mut ring = city.line(&path.split_off(begin));
                path.push(next);
                ring.push(ring[0]);
                rings.push(ring);
            } else {
                path.push(next);
            }
        }
    }
    let doubled = |ring: &Vec<P>| ring.windows(2).map(|w| w[0][0] * w[1][1] - w[0][1] * w[1][0]).sum::<f64>();
    rings.sort_by(|a, b| doubled(b).total_cmp(&doubled(a)));
    rings
}
