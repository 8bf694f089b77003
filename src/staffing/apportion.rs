//! Whole shares of a whole.

use crate::measure::Load;

/// Splits `total` by `weights` in multiples of `step` with an exact sum: largest remainder (Hamilton), of equal remainders the first.
///
/// Every share is within one step of its quota `total · weight / Σ weights`, and 0 for a weight of 0. `None` where no weight is above 0,
/// one is negative, they add up to more than a [`Load`] holds, or `total` is no multiple of `step`. O(n log n).
pub fn apportion(total: Load, step: Load, weights: &[Load]) -> Option<Vec<Load>> {
    let sum = weights.iter().try_fold(0i64, |sum, w| (w.0 >= 0).then(|| sum.checked_add(w.0)).flatten())?;
    if sum <= 0 || step.0 <= 0 || total.0 % step.0 != 0 {
        return None;
    }
    let steps = i128::from((total.0 / step.0).unsigned_abs());
    let of_sum = i128::from(sum);
    let quota = |w: &Load| steps * i128::from(w.0);
    let mut shares: Vec<i128> = weights.iter().map(|w| quota(w) / of_sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| (-(quota(&weights[i]) % of_sum), i));
    let left = steps - shares.iter().sum::<i128>();
    // fewer steps are left over than weights have a remainder
    order.into_iter().take(left as usize).for_each(|i| shares[i] += 1);
    let signed = |share: i128| Load(total.0.signum() * share as i64 * step.0);
    Some(shares.into_iter().map(signed).collect())
}
