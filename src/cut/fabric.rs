use crate::document::Document;
use crate::finding::Finding;
use crate::measure::{DivisionId, Load, UnitId};
use crate::territory::lattice::{Pt, Rings};
use serde::{Deserialize, Serialize};

/// Smallest indivisible piece of land.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Name that survives a re-cut: division and an inner point in 10⁻⁶ degree.
    pub key: String,
    /// Division it lies in.
    pub division: DivisionId,
    /// Connected piece of the division, numbered through the territory.
    pub piece: u32,
    /// Its land: outer ring and holes.
    pub rings: Rings,
    /// Area in m².
    pub area_m2: f64,
    /// Load of its points.
    pub load: Load,
    /// Water: no barrier divides it, and it is not meant to carry load.
    pub water: bool,
    /// Balanced load: Σ load × factor of the settlement class.
    pub balanced: Load,
    /// Its part of every resource of the territory.
    pub resources: Vec<Load>,
    /// A point inside.
    pub inner: Pt,
}

/// A piece of border, `a < b`; `None` = outside the territory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FabricEdge {
    /// One end.
    pub a: Pt,
    /// The other end.
    pub b: Pt,
    /// Unit on the left of `a → b`.
    pub left: Option<UnitId>,
    /// Unit on the right of `a → b`.
    pub right: Option<UnitId>,
    /// Strongest barrier on it, as an index into the territory's classes; 0 = none.
    pub class: u16,
}

/// Everything two units (or a unit and the outside) share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Border {
    /// The unit with the lower number.
    pub a: UnitId,
    /// The other unit; `None` = outside the territory.
    pub b: Option<UnitId>,
    /// Length in metres.
    pub length_m: f64,
    /// Strongest barrier along a quarter of it or more, as an index into the territory's classes; single pieces are in [`Fabric::edges`].
    pub class: u16,
    /// Cost of a grid border here, millimetres discounted along barriers.
    pub cost: u64,
}

/// A sliver or small empty face that joined a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Absorbed {
    /// Its division.
    pub division: DivisionId,
    /// A place on its border.
    pub at: Pt,
    /// Its area in m².
    pub area_m2: f64,
    /// Its mean width in metres.
    pub width_m: f64,
}

/// Units that tile the territory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fabric {
    /// Units by division, then from west to east.
    pub units: Vec<Unit>,
    /// Pieces of border, sorted.
    pub edges: Vec<FabricEdge>,
    /// Borders, sorted by their units.
    pub borders: Vec<Border>,
    /// Unit of every demand point of the territory; `None` = outside.
    pub unit_of_point: Vec<Option<UnitId>>,
    /// Slivers and small empty faces that are no units, in the order in which they joined a neighbour.
    pub absorbed: Vec<Absorbed>,
    /// Number of connected pieces of divisions.
    pub pieces: usize,
    /// What was absorbed, split, left out or could not be split.
    pub findings: Vec<Finding>,
}

impl Document for Fabric {
    const KIND: &'static str = "fabric";

    fn consistent(&self) -> Result<(), String> {
        let known = |u: Option<UnitId>| u.is_none_or(|u| u.at() < self.units.len());
        let rules = [
            (self.edges.iter().all(|e| known(e.left) && known(e.right)), "a piece of border has a unit that is not there"),
            (self.borders.iter().all(|b| known(Some(b.a)) && known(b.b)), "a border has a unit that is not there"),
            (self.unit_of_point.iter().all(|u| known(*u)), "a point is in a unit that is not there"),
        ];
        rules.into_iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, broken)| Err(broken.into()))
    }
}

impl Fabric {
    /// Order of groups of units by their centre from west to east and then from north to south. O(n log n).
    pub fn west_to_east(&self, groups: &[Vec<UnitId>]) -> Vec<usize> {
        let centre = |group: &Vec<UnitId>| {
            let sum = group
                .iter()
                .map(|u| &self.units[u.at()])
                .fold((0.0, 0.0, 0.0), |c, u| (c.0 + u.inner.x as f64 * u.area_m2, c.1 + u.inner.y as f64 * u.area_m2, c.2 + u.area_m2));
            (sum.0 / sum.2, -sum.1 / sum.2)
        };
        let centres: Vec<(f64, f64)> = groups.iter().map(centre).collect();
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by(|&a, &b| centres[a].0.total_cmp(&centres[b].0).then(centres[a].1.total_cmp(&centres[b].1)));
        order
    }
}
