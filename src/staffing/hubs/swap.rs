//! Vertex substitution: a hub gives way to another site as long as that shortens the weighted distance (Teitz & Bart 1968), all exchanges
//! for one new site weighed in a single pass over the places (Whitaker 1983; Resende & Werneck 2003). Capacities play no part here.

use super::costs::Costs;
use rayon::prelude::*;

/// More than any cost, and twice of it fits.
const FAR: i128 = i128::MAX / 4;

/// Cost of the nearest hub of every place, its position among the hubs, and the cost of the second.
fn nearest(costs: &Costs, open: &[usize]) -> Vec<(i128, u32, i128)> {
    let mut two = vec![(FAR, 0, FAR); costs.places];
    for (at, &site) in open.iter().enumerate() {
        for (two, &c) in two.iter_mut().zip(costs.of_site(site)) {
            if c < two.0 {
                *two = (c, at as u32, two.0);
            } else if c < two.2 {
                two.2 = c;
            }
        }
    }
    two
}

/// Adds the site that saves most until there are `count`. O(count · places · sites).
pub(super) fn fill(costs: &Costs, open: &mut Vec<usize>, count: usize) {
    let mut least = vec![FAR; costs.places];
    let cover = |least: &mut Vec<i128>, site: usize| least.iter_mut().zip(costs.of_site(site)).for_each(|(l, c)| *l = (*l).min(*c));
    open.iter().for_each(|&site| cover(&mut least, site));
    while open.len() < count && costs.goes_on() {
        let value = |site: usize| -> i128 { least.iter().zip(costs.of_site(site)).map(|(l, c)| (*l).min(*c)).sum() };
        let free: Vec<usize> = (0..costs.sites).filter(|s| !open.contains(s)).collect();
        let Some((_, site)) = free.into_par_iter().map(|s| (value(s), s)).min() else { return };
        cover(&mut least, site);
        open.push(site);
    }
}

/// Exchanges hubs, but for the first `kept` of `open`, until no exchange gains. O(places · sites) per exchange.
pub(super) fn interchange(costs: &Costs, open: &mut [usize], kept: usize) {
    while let Some((site, at)) = best_exchange(costs, open, kept).filter(|_| costs.goes_on()) {
        open[at] = site;
    }
}

fn best_exchange(costs: &Costs, open: &[usize], kept: usize) -> Option<(usize, usize)> {
    let two = nearest(costs, open);
    let free: Vec<usize> = (0..costs.sites).filter(|s| !open.contains(s)).collect();
    let best = |site: usize| {
        let (mut gain, mut loss) = (0i128, vec![0i128; open.len()]);
        for (&(first, at, second), &c) in two.iter().zip(costs.of_site(site)) {
            if c < first {
                gain += first - c;
            } else {
                // its hub may be the one that closes
                loss[at as usize] += c.min(second) - first;
            }
        }
        let (loss, at) = loss.into_iter().enumerate().skip(kept).map(|(at, l)| (l, at)).min()?;
        Some((loss - gain, site, at))
    };
    let (change, site, at) = free.into_par_iter().filter_map(best).min()?;
    (change < 0).then_some((site, at))
}
