//! A coarser picture of a net: heavy-edge matching (Karypis & Kumar 1998).

use super::net::Net;
use super::rng::Rng;

/// Contracts each vertex with the unmatched neighbour of highest border cost for its load, unless the pair
/// would exceed `heaviest` in a resource. Returns the coarser net and where each vertex
/// went. O(n + m).
pub(super) fn coarsen(net: &Net, heaviest: &[i64], rng: &mut Rng) -> (Net, Vec<u32>) {
    let n = net.len();
    let mut order: Vec<u32> = (0..n as u32).collect();
    rng.shuffle(&mut order);
    let mut mate: Vec<u32> = vec![u32::MAX; n];
    for &u in &order {
        let u = u as usize;
        if mate[u] != u32::MAX {
            continue;
        }
        let fits = |v: usize| net.loads(u).iter().zip(net.loads(v)).zip(heaviest).all(|((a, b), &h)| a + b <= h);
        let fit = net.neighbours(u).filter(|&(v, _)| mate[v] == u32::MAX && fits(v));
        let v = fit.max_by_key(|&(v, c)| (c / i64::from(net.units(v)), v)).map_or(u, |(v, _)| v);
        mate[u] = v as u32;
        mate[v] = u as u32;
    }
    let (mut place, mut count) = (vec![u32::MAX; n], 0);
    for u in 0..n {
        if place[u] == u32::MAX {
            place[u] = count;
            place[mate[u] as usize] = count;
            count += 1;
        }
    }
    let mut coarse = Net::with_capacity(count as usize, n * 4, net.resources());
    let mut slot = vec![usize::MAX; count as usize];
    let mut row: Vec<(u32, i64)> = Vec::new();
    for u in 0..n {
        let v = mate[u] as usize;
        if v < u {
            continue;
        }
        let pair = if v == u { &[u][..] } else { &[u, v][..] };
        row.clear();
        for &x in pair {
            for (y, c) in net.neighbours(x) {
                let p = place[y];
                if p == place[u] {
                    continue;
                }
                if slot[p as usize] < row.len() && row[slot[p as usize]].0 == p {
                    row[slot[p as usize]].1 += c;
                } else {
                    slot[p as usize] = row.len();
                    row.push((p, c));
                }
            }
        }
        let units = pair.iter().map(|&x| net.units(x)).sum();
        coarse.push(net.sum(pair.iter().copied()).into_iter(), units, row.iter().copied());
    }
    (coarse, place)
}
