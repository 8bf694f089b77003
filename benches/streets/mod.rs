//! Streets of a town that does not exist, for benches: wavy lines that cross without common vertices.

use evengrid::territory::Barrier;
use evengrid::territory::lattice::Pt;

/// Distance of parallel streets, steps: about 110 m.
const STEP: i64 = 1_000_000;
/// Vertices of a street between two crossings.
const VERTICES: i64 = 4;

/// About `segments` segments of streets that run east and north, with jittered vertices; the same for the same number.
pub fn streets(segments: usize) -> Vec<Barrier> {
    let side = ((segments as f64 / 2.0 / VERTICES as f64).sqrt().round() as i64).max(2);
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut below = |m: i64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % m as u64) as i64
    };
    let mut out = Vec::new();
    for north in [false, true] {
        for s in 0..side {
            let mut line = Vec::new();
            for k in 0..side * VERTICES {
                let (along, across) = (k * STEP / VERTICES + below(STEP / 16), s * STEP + below(STEP / 4));
                line.push(if north { Pt { x: across, y: along } } else { Pt { x: along, y: across } });
            }
            out.push(Barrier { class: 1 + (s % 4) as u16, line });
        }
    }
    out
}
