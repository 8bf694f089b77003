//! The one diverging colour ramp of page and print: indigo for underload, orange for overload, grey-green inside the band.
//! Indigo and orange stay apart for every common kind of colour blindness and in a grey print both leave the light band. Water is turquoise and so
//! is not taken for underload.

use super::SheetGrid;
use serde::Serialize;

/// Where one step gives way to the next, in multiples of the tolerance.
const EDGES: [f64; 8] = [-4.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 4.0];

const COLORS: [&str; 9] = ["#4257b2", "#7d90d4", "#b7c2ec", "#dde3ea", "#e6ebdf", "#efead2", "#fbc98c", "#f2974b", "#d65a1f"];

/// Fill of grids that have no deviation.
pub(super) const NO_LOAD: &str = "#f1f0ec";

/// Outline of grids under the band.
pub(super) const UNDER_LINE: &str = "#1c2f86";

/// Outline of grids over the band.
pub(super) const OVER_LINE: &str = "#8a2b06";

/// Land that moved: away from underload, overload and water.
pub(super) const MOVED: &str = "#a3006b";

/// Borders before, also on land that moved.
pub(super) const BEFORE: &str = "#3d0029";

/// The steps among which the band lies.
const BAND: std::ops::RangeInclusive<usize> = 3..=5;

/// The ramp for one tolerance.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Ramp {
    /// Fills from the deepest underload to the highest overload.
    pub colors: Vec<&'static str>,
    /// Deviations between the fills; one fewer than fills.
    pub edges: Vec<f64>,
    /// First and last step of the band.
    pub band: [usize; 2],
    none: &'static str,
    under: &'static str,
    over: &'static str,
    moved: &'static str,
    before: &'static str,
}

impl Ramp {
    pub fn new(tolerance: f64) -> Ramp {
        let tolerance = if tolerance.is_finite() && tolerance > 0.0 { tolerance } else { 0.1 };
        Ramp {
            colors: COLORS.to_vec(),
            edges: EDGES.iter().map(|e| (e * tolerance * 1e6).round() / 1e6).collect(),
            band: [*BAND.start(), *BAND.end()],
            none: NO_LOAD,
            under: UNDER_LINE,
            over: OVER_LINE,
            moved: MOVED,
            before: BEFORE,
        }
    }

    /// The step of a grid. A grid that is in band never looks as if it were not, whatever the rounding.
    pub fn step(&self, grid: &SheetGrid) -> Option<usize> {
        let deviation = grid.deviation.filter(|d| d.is_finite())?;
        let step = self.edges.iter().filter(|edge| deviation >= **edge).count();
        Some(if grid.in_band { step.clamp(*BAND.start(), *BAND.end()) } else { step })
    }

    pub fn fill(&self, grid: &SheetGrid) -> &'static str {
        self.step(grid).map_or(self.none, |step| self.colors[step])
    }

    /// Edge as a signed percentage, such as `−10`.
    pub fn edge_label(edge: f64) -> String {
        let percent = (edge * 1000.0).round() / 10.0;
        format!("{percent:+}").replace('-', "−")
    }
}
