//! A bound by linear programming where several resources meet units that are too heavy for a grid.
//!
//! Each heavy unit h has a grid of its own, and the K − H others are alike. Of every other unit u a share z goes to the grid of h:
//!
//! ```text
//! min  Σᵣ wᵣ (oᵣ + uᵣ + Σₕ (oₕᵣ + uₕᵣ))                       in targets
//! lowᵣ − uₕᵣ ≤ lₕᵣ + Σᵤ zₕᵤ lᵤᵣ ≤ highᵣ + oₕᵣ                   for every h and resource r
//! (K − H) lowᵣ − uᵣ ≤ Σᵤ (1 − Σₕ zₕᵤ) lᵤᵣ ≤ (K − H) highᵣ + oᵣ   for every r
//! Σₕ zₕᵤ ≤ 1 (= 1 where K = H),  z, o, u ≥ 0
//! ```
//!
//! Contiguity and whole units are given up, so that no plan without two heavy units in one grid is below it. What brings a grid up in one
//! resource weighs on it in the others: that is what the bounds of single resources do not see. Sets of like grids count by their sum
//! because violation is convex (Hess 1965 for the transport part; Zoltners & Sinha 1983 for several resources).

use super::net::Net;
use super::recombine::solver;
use super::score::Goal;
use good_lp::{Expression, Solution, SolverModel, Variable, constraint, variable, variables};

/// Larger problems, counted in heavy units times others, are not solved.
const LARGEST: usize = 2000;

/// The bound for `grids` grids of `units`, of which some are too heavy in a resource; `None` with one resource, without heavy
/// units or with too many.
pub(super) fn violation(net: &Net, units: &[u32], grids: u32, goals: &[Goal]) -> Option<i64> {
    let is_heavy = |u: &u32| net.loads(*u as usize).iter().zip(goals).any(|(&l, g)| l > g.high);
    let (heavy, light): (Vec<u32>, Vec<u32>) = units.iter().partition(|u| is_heavy(u));
    let others = f64::from(grids) - heavy.len() as f64;
    if goals.len() < 2 || heavy.is_empty() || others < 0.0 || heavy.len() * light.len() > LARGEST {
        return None;
    }
    let load = |u: u32, r: usize| net.loads(u as usize)[r] as f64 / goals[r].scale as f64;
    let mut vars = variables!();
    let mut cost = Expression::from(0.0);
    let z: Vec<Vec<Variable>> = heavy.iter().map(|_| vars.add_vector(variable().min(0.0).max(1.0), light.len())).collect();
    let mut rows = Vec::new();
    for (r, g) in goals.iter().enumerate() {
        let (low, high) = (g.low as f64 / g.scale as f64, g.high as f64 / g.scale as f64);
        let mut rest: Expression = light.iter().map(|&u| load(u, r)).sum::<f64>().into();
        let mut held = |own: Expression, grids: f64, rows: &mut Vec<_>| {
            let (over, under) = (vars.add(variable().min(0.0)), vars.add(variable().min(0.0)));
            cost += (over + under) * (g.weight as f64 / 1000.0);
            rows.push(constraint!(own.clone() - over <= high * grids));
            rows.push(constraint!(own + under >= low * grids));
        };
        for (h, z) in heavy.iter().zip(&z) {
            let taken: Expression = light.iter().zip(z).map(|(&u, &z)| load(u, r) * z).sum();
            rest -= taken.clone();
            held(taken + load(*h, r), 1.0, &mut rows);
        }
        held(rest, others, &mut rows);
    }
    for u in 0..light.len() {
        let given: Expression = z.iter().map(|z| z[u]).sum();
        rows.push(if others == 0.0 { constraint!(given == 1.0) } else { constraint!(given <= 1.0) });
    }
    let mut model = vars.minimise(cost.clone()).using(solver);
    rows.into_iter().for_each(|row| {
        model.add_constraint(row);
    });
    // the solver works in floating point
    let least = model.solve().ok()?.eval(cost) * (1.0 - 1e-6) * 1e6 - 1.0;
    Some(least.max(0.0) as i64)
}
