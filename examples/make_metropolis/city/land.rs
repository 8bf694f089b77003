//! What blocks are used for, and who lives on them.

use super::plane::{P, Rng, length};
use super::quarter::Block;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Compound,
    Towers,
    LowRise,
    Village,
    Offices,
    Campus,
    Industry,
    Park,
    Field,
}

use Use::{Campus, Compound, Field, Industry, LowRise, Offices, Park, Towers, Village};

/// Uses with their shares of the blocks in the middle and at the edge of the city, points per hectare, and what the layer calls them.
const USES: [(Use, [f64; 2], f64, &str); 9] = [
    (Compound, [0.26, 0.08], 100.0, "residential"),
    (Towers, [0.18, 0.02], 110.0, "residential"),
    (LowRise, [0.33, 0.24], 60.0, "residential"),
    (Village, [0.0, 0.25], 14.0, "residential"),
    (Offices, [0.08, 0.03], 10.0, "commercial"),
    (Campus, [0.03, 0.02], 3.0, "campus"),
    (Industry, [0.03, 0.08], 3.0, "industrial"),
    (Park, [0.08, 0.05], 0.0, "park"),
    (Field, [0.0, 0.23], 0.0, "farmland"),
];

/// A compound needs room for its towers, m².
const COMPOUND_M2: f64 = 9_000.0;

impl Use {
    /// A use for a block, by how far out it lies (0 to 1).
    pub fn of(block: &Block, remoteness: f64, rng: &mut Rng) -> Use {
        let out = remoteness.min(1.0).powi(2);
        let chance = |shares: [f64; 2]| shares[0] + (shares[1] - shares[0]) * out;
        let mut left = rng.share() * USES.iter().map(|u| chance(u.1)).sum::<f64>();
        let drawn = USES.iter().find(|u| {
            left -= chance(u.1);
            left < 0.0
        });
        match drawn.map_or(LowRise, |u| u.0) {
            Compound if block.area() < COMPOUND_M2 => Towers,
            drawn => drawn,
        }
    }

    fn row(self) -> (f64, &'static str) {
        USES.iter().find(|u| u.0 == self).map_or((0.0, ""), |u| (u.2, u.3))
    }

    /// Points that so much land draws, before chance.
    pub fn points(self, m2: f64, rng: &mut Rng) -> f64 {
        m2 / 1e4 * self.row().0 * (0.45 * rng.normal()).exp()
    }

    /// As the layer of land use calls it.
    pub fn kind(self) -> &'static str {
        self.row().1
    }

    /// Whether such land has a name of its own.
    pub fn is_named(self) -> bool {
        matches!(self, Compound | Campus | Industry | Park)
    }
}

/// One household, or another customer.
pub struct Household {
    pub at: P,
    pub kind: &'static str,
    pub weight: u32,
}

/// `n` customers on a block.
pub fn settle(block: &Block, used: Use, n: usize, rng: &mut Rng) -> Vec<Household> {
    let mut all = Vec::with_capacity(n);
    match used {
        Compound => towers(block, n, 96.0, rng, &mut all),
        Towers => {
            let high = n * 3 / 5;
            towers(block, high, 40.0, rng, &mut all);
            streets(block, n - high, rng, &mut all);
        }
        LowRise | Park | Field => streets(block, n, rng, &mut all),
        Village => all.extend((0..n).map(|_| Household { at: block.inside(6.0, rng), kind: "house", weight: 1 })),
        Offices => singles(block, n, &["commercial", "commercial", "mixed", "public"], rng, &mut all),
        Campus => {
            let halls =
                (0..n).map(|_| Household { at: block.inside(12.0, rng), kind: "dormitory", weight: lognormal(25.0, 0.8, rng) as u32 });
            all.extend(halls);
        }
        Industry => singles(block, n, &["industrial", "industrial", "commercial"], rng, &mut all),
    }
    all
}

fn lognormal(median: f64, sigma: f64, rng: &mut Rng) -> usize {
    (median * (sigma * rng.normal()).exp()).round().clamp(1.0, 450.0) as usize
}

/// Stacks apart from one another: all households of a tower are at one position.
fn towers(block: &Block, n: usize, median: f64, rng: &mut Rng, all: &mut Vec<Household>) {
    let mut sites: Vec<P> = Vec::new();
    let mut left = n;
    while left > 0 {
        let stack = lognormal(median, 0.5, rng).min(left);
        let mut at = block.inside(14.0, rng);
        for _ in 0..5 {
            if sites.iter().all(|s| length(*s, at) > 28.0) {
                break;
            }
            at = block.inside(14.0, rng);
        }
        sites.push(at);
        all.extend((0..stack).map(|_| Household { at, kind: "apartments", weight: 1 }));
        left -= stack;
    }
}

/// Houses and small blocks of flats behind the street, a shop among them.
fn streets(block: &Block, n: usize, rng: &mut Rng, all: &mut Vec<Household>) {
    let mut left = n;
    while left > 0 {
        let stack = match rng.share() {
            s if s < 0.8 => 1,
            s if s < 0.95 => 2 + rng.below(4),
            _ => 6 + rng.below(15),
        };
        let stack = stack.min(left);
        let at = block.at_street(rng);
        let kind = match (stack, rng.share()) {
            (1, s) if s < 0.07 => "commercial",
            (1, s) if s < 0.08 => "mixed",
            (1, _) => "house",
            _ => "apartments",
        };
        // houses of two and three families
        let weight = if kind == "house" { [1, 1, 1, 1, 1, 1, 1, 1, 2, 3][rng.below(10)] } else { 1 };
        all.extend((0..stack).map(|_| Household { at, kind, weight }));
        left -= stack;
    }
}

fn singles(block: &Block, n: usize, kinds: &[&'static str], rng: &mut Rng, all: &mut Vec<Household>) {
    all.extend((0..n).map(|_| Household { at: block.at_street(rng), kind: rng.pick(kinds), weight: 1 }));
}
