//! Base stations that do not exist.

/// The stations of a mast, each with its id and the other properties of its feature: three sectors from the direction `turn` on, every
/// tenth mast is all round.
pub fn sectors(mast: usize, turn: f64, radius_m: f64) -> Vec<(String, String)> {
    let count = if mast % 10 == 9 { 1 } else { 3 };
    let sector = |k: usize| {
        let azimuth = (turn + 120.0 * k as f64) % 360.0;
        let facing = if count > 1 { format!(",\"azimuth\":{azimuth:.0},\"beam_width\":65") } else { String::new() };
        (format!("m{mast:04}-{k}"), format!("\"radius_m\":{radius_m:.0},\"indoor\":false{facing}"))
    };
    (0..count).map(sector).collect()
}
