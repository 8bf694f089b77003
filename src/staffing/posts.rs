//! Posts: how many there are of a kind and where (R7, R11, R15).

use super::apportion;
use crate::measure::{GridId, Load};
use crate::recipe::PostRule;

/// What the count of a grid is multiplied by, in thousandths.
const WHOLE: i128 = 1000;

/// Posts of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posts {
    /// Posts of every area.
    pub of_area: Vec<u32>,
    /// What was counted in every area, before factors.
    pub amount: Vec<Load>,
    /// Posts of every grid; empty where they belong to areas.
    pub of_grid: Vec<u32>,
}

/// Posts by a rule: `amounts` is what every grid has of what is counted (customers in whole units), `factors` what it is multiplied by in
/// thousandths, `area_of` the area of every grid, if any, below `areas`.
///
/// An area has amount · factor / `per` posts, rounded up on integers (0 → 0, 10 → 1, 11 → 2 at 10 per post), but `number` at least and `most` at
/// most. Posts that are dealt go to its grids in proportion to what these have, by largest remainder. O(n log n).
pub fn posts(rule: &PostRule, amounts: &[Load], factors: &[u32], area_of: &[Option<u32>], areas: usize) -> Posts {
    let weighed: Vec<i128> = amounts.iter().zip(factors).map(|(a, f)| i128::from(a.0.max(0)) * i128::from(*f)).collect();
    let mut members = vec![Vec::new(); areas];
    for (g, area) in area_of.iter().enumerate() {
        if let Some(a) = area {
            members[*a as usize].push(GridId::new(g));
        }
    }
    let number = |grids: &Vec<GridId>| {
        let sum: i128 = grids.iter().map(|g| weighed[g.at()]).sum();
        let per = rule.per.map(|per| i128::from(per) * i128::from(Load::PER_UNIT) * WHOLE);
        let asked = per.map_or(0, |per| (sum + per - 1) / per);
        (asked.min(i128::from(u32::MAX)) as u32).clamp(rule.number, rule.most)
    };
    let of_area: Vec<u32> = members.iter().map(number).collect();
    let amount = members.iter().map(|grids| grids.iter().map(|g| amounts[g.at()]).sum()).collect();
    let mut of_grid = Vec::new();
    if rule.dealt {
        of_grid = vec![0; amounts.len()];
        for (grids, &n) in members.iter().zip(&of_area) {
            let own: Vec<Load> = grids.iter().map(|g| Load(i64::try_from(weighed[g.at()]).unwrap_or(i64::MAX))).collect();
            let even = vec![Load(1); own.len()];
            let split = [&own, &even].into_iter().find_map(|w| apportion(Load(n.into()), Load(1), w)).unwrap_or_default();
            grids.iter().zip(split).for_each(|(g, n)| of_grid[g.at()] = n.0 as u32);
        }
    }
    Posts { of_area, amount, of_grid }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Count, Extent};

    fn rule(per: Option<u32>, number: u32, most: u32, dealt: bool) -> PostRule {
        let (name, scale) = ("manager".into(), Default::default());
        PostRule { name, count: Count::Points, per, area: Extent::Grid, dealt, number, most, scale }
    }

    fn of(rule: &PostRule, customers: i64) -> u32 {
        posts(rule, &[Load(customers * Load::PER_UNIT)], &[1000], &[Some(0)], 1).of_area[0]
    }

    #[test]
    fn r7_ratios_are_rounded_up_exactly() {
        let (tens, hundreds) = (rule(Some(10), 0, u32::MAX, true), rule(Some(100), 0, u32::MAX, true));
        assert_eq!([0, 1, 10, 11].map(|n| of(&tens, n)), [0, 1, 1, 2]);
        assert_eq!([0, 100, 101].map(|n| of(&hundreds, n)), [0, 1, 2]);
    }

    #[test]
    fn a_pool_is_rounded_once_and_dealt_out() {
        let amounts = [6, 6, 0].map(|n| Load(n * Load::PER_UNIT));
        let found = posts(&rule(Some(10), 0, u32::MAX, true), &amounts, &[1000; 3], &[Some(0); 3], 1);
        assert_eq!((found.of_area, found.of_grid), (vec![2], vec![1, 1, 0]));
        let apart = posts(&rule(Some(5), 0, u32::MAX, true), &amounts, &[1000; 3], &[Some(0), Some(1), Some(2)], 3);
        assert_eq!(apart.of_grid, [2, 2, 0]);
    }

    #[test]
    fn factors_scale_and_areas_have_their_number() {
        let amounts = [Load(10_000), Load(10_000)];
        let found = posts(&rule(Some(10), 0, u32::MAX, true), &amounts, &[1500, 500], &[Some(0), Some(1)], 2);
        assert_eq!(found.of_grid, [2, 1]);
        let middle = rule(Some(10), 1, 2, false);
        assert_eq!([0, 11, 999].map(|n| of(&middle, n)), [1, 2, 2]);
        let inspector = posts(&rule(None, 1, u32::MAX, false), &amounts, &[1000; 2], &[Some(1), None], 3);
        assert_eq!((inspector.of_area, inspector.of_grid), (vec![1, 1, 1], vec![]));
    }
}
