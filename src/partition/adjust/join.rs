//! Land without a grid joins those beside it.

use super::super::aim::Aim;
use super::super::net::Net;
use super::super::score::penalty;
use super::NONE;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Gives every free unit of `units` to a part beside it, one after the other: the one that it puts least out of band, and then over
/// the dearest border. `units` are a component or border on parts. O(n log n).
pub(super) fn join(net: &Net, aim: &Aim, part: &mut [u32], parts: usize, units: &[u32]) {
    let r = net.resources();
    if !units.iter().any(|&u| part[u as usize] == NONE) {
        return;
    }
    let mut loads = vec![0i64; parts * r];
    for (u, &p) in part.iter().enumerate().filter(|(_, p)| **p != NONE) {
        loads[p as usize * r..].iter_mut().zip(net.loads(u)).for_each(|(sum, l)| *sum += l);
    }
    let cost = |loads: &[i64], u: usize, p: u32| {
        let own = &loads[p as usize * r..(p as usize + 1) * r];
        let with: Vec<i64> = own.iter().zip(net.loads(u)).map(|(a, b)| a + b).collect();
        penalty(&aim.goals, &with).violation - penalty(&aim.goals, own).violation
    };
    let mut heap = BinaryHeap::new();
    let offer = |heap: &mut BinaryHeap<_>, loads: &[i64], u: usize, p: u32, border: i64| {
        heap.push(Reverse((cost(loads, u, p), -border, u as u32, p)));
    };
    for &u in units.iter().filter(|&&u| part[u as usize] == NONE) {
        for (v, c) in net.neighbours(u as usize).filter(|(v, _)| part[*v] != NONE) {
            offer(&mut heap, &loads, u as usize, part[v], c);
        }
    }
    while let Some(Reverse((told, border, u, p))) = heap.pop() {
        let u = u as usize;
        if part[u] != NONE {
            continue;
        }
        if cost(&loads, u, p) > told {
            offer(&mut heap, &loads, u, p, -border);
            continue;
        }
        part[u] = p;
        loads[p as usize * r..].iter_mut().zip(net.loads(u)).for_each(|(sum, l)| *sum += l);
        for (v, c) in net.neighbours(u).filter(|(v, _)| part[*v] == NONE) {
            offer(&mut heap, &loads, v, p, c);
        }
    }
}
