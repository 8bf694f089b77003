//! The layer `households`: dwellings by kind of quarter, entities without load, and odd records.

use super::Oddities;
use super::admin::{NAMES, community};
use super::customers;
use super::feature::{Geometry, Layer};
use super::lattice::{COLS, LAND, Lattice, P, RIVER, ROWS, Rng, block};
use super::ways::{COL_NAMES, ROW_NAMES};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Ordinary load of each community; the two great towers come on top, see [`TOWERS`].
const TARGETS: [usize; 10] = [620, 1200, 610, 900, 600, 1230, 730, 620, 900, 600];
/// The community that keeps its load at every scale.
const FIXED: usize = 6;
/// Blocks with a position heavier than a grid: column, row, dwellings.
const TOWERS: [(usize, usize, usize); 2] = [(6, 4, 437), (5, 8, 520)];

const COMPOUNDS: [&str; 12] = ["锦江", "云景", "滨河", "翠竹", "金桂", "书香", "阳光", "福临", "碧水", "凤凰", "长青", "和顺"];
const ENDINGS: [&str; 5] = ["花园", "小区", "苑", "公寓", "新村"];

/// What was placed in each community.
pub struct Census {
    /// The load.
    pub load: [f64; NAMES.len()],
    /// The greatest load on one position.
    pub heaviest: [f64; NAMES.len()],
    /// The concentrations among the appended customers.
    pub concentrations: Vec<[String; 5]>,
}

/// The name of the compound on a block.
pub fn compound(i: usize, j: usize) -> String {
    let k = i * 7 + j * 5;
    format!("{}{}", COMPOUNDS[k % COMPOUNDS.len()], ENDINGS[(k / 3 + i) % ENDINGS.len()])
}

struct Places<'a> {
    lattice: &'a Lattice,
    rng: &'a mut Rng,
    /// Apart from the other one, so that classes move no household.
    classing: Rng,
    layer: Layer,
    load: [f64; NAMES.len()],
    stacks: BTreeMap<(usize, u64, u64), f64>,
}

struct Block {
    i: usize,
    j: usize,
    land: char,
}

/// The settlement class on a kind of land.
pub fn settlement(land: char) -> &'static str {
    match land {
        'T' | 'S' => "compound",
        'R' | 'F' => "rural",
        _ => "mixed",
    }
}

impl Places<'_> {
    /// Adds a record and counts its load. `kind` "" leaves the property out.
    fn add(&mut self, at: &Block, p: P, weight: Value, kind: &str, addr: &str) -> String {
        if matches!(kind, "" | "residential" | "house" | "apartments" | "mixed" | "dormitory" | "unknown") {
            let c = community(at.i, at.j);
            let load = weight.as_f64().unwrap_or(1.0);
            self.load[c] += load;
            *self.stacks.entry((c, p[0].to_bits(), p[1].to_bits())).or_default() += load;
        }
        let properties = self.properties(weight, kind, addr, at);
        self.layer.add(properties, &Geometry::Point(p))
    }

    fn properties(&mut self, weight: Value, kind: &str, addr: &str, at: &Block) -> Value {
        let class = customers::class(&mut self.classing, kind, at.land);
        let kind = if kind.is_empty() { Value::Null } else { json!(kind) };
        json!({ "weight": weight, "kind": kind, "addr": addr, "settlement": settlement(at.land), "class": class })
    }

    /// A place inside a block: well away from its edges, and from the railway.
    fn place(&mut self, at: &Block, u: [f64; 2], v: [f64; 2]) -> P {
        if at.land == 'O' {
            let middle = self.lattice.at(at.i as f64, RIVER as f64);
            let axis = self.lattice.river(middle[0]).0;
            return [middle[0] + self.rng.span(-95.0, 95.0), axis + self.rng.span(4.0, 48.0)];
        }
        loop {
            let (col, row) = (self.rng.span(u[0], u[1]), self.rng.span(v[0], v[1]));
            if at.i != 14 || (col - 0.45).abs() > 0.07 {
                return self.lattice.at(at.i as f64 + col, at.j as f64 + row);
            }
        }
    }

    fn anywhere(&mut self, at: &Block) -> P {
        self.place(at, [0.16, 0.84], [0.16, 0.84])
    }

    /// A place along one of the four streets around a block, and its address.
    fn frontage(&mut self, at: &Block) -> (P, String) {
        let (near, far, all) = ([0.13, 0.26], [0.74, 0.87], [0.14, 0.86]);
        let side = self.rng.below(4);
        let p = match side {
            0 => self.place(at, all, near),
            1 => self.place(at, all, far),
            2 => self.place(at, near, all),
            _ => self.place(at, far, all),
        };
        let name = [ROW_NAMES[at.j], ROW_NAMES[at.j + 1], COL_NAMES[at.i], COL_NAMES[at.i + 1]][side];
        let name = if name.is_empty() { "云渡镇" } else { name };
        (p, format!("{name}{}号", 1 + self.rng.below(260)))
    }

    /// Towers: each one position, either one record for the house or one record a dwelling.
    fn towers(&mut self, at: &Block, mut left: usize) {
        let slots = [[0.24, 0.24], [0.74, 0.26], [0.26, 0.74], [0.76, 0.76], [0.36, 0.5], [0.66, 0.5], [0.5, 0.2], [0.5, 0.8]];
        for (k, slot) in slots.iter().enumerate() {
            let n = if k + 1 == slots.len() { left } else { left.min(16 + self.rng.below(24)) };
            if n == 0 {
                return;
            }
            left -= n;
            let p = self.place(at, [slot[0] - 0.04, slot[0] + 0.04], [slot[1] - 0.04, slot[1] + 0.04]);
            let house = format!("{}{}栋", compound(at.i, at.j), k + 1);
            if self.rng.below(3) == 0 {
                self.add(at, p, json!(n), "apartments", &house);
            } else {
                self.stack(at, p, n, &house);
            }
        }
    }

    fn stack(&mut self, at: &Block, p: P, n: usize, house: &str) -> String {
        let ids: Vec<_> =
            (0..n).map(|k| self.add(at, p, json!(1), "residential", &format!("{house}{}室", 100 * (k / 4 + 1) + k % 4 + 1))).collect();
        format!("{}–{}", ids[0], ids[ids.len() - 1])
    }

    /// Slabs: one record for each entrance.
    fn slabs(&mut self, at: &Block, mut left: usize) {
        let mut k = 0;
        while left > 0 {
            let n = left.min(4 + self.rng.below(9));
            left -= n;
            let (u, v) = (0.17 + 0.22 * (k % 4) as f64, 0.18 + 0.16 * (k / 4 % 5) as f64);
            let p = self.place(at, [u - 0.02, u + 0.02], [v - 0.02, v + 0.02]);
            let house = format!("{}{}栋{}单元", compound(at.i, at.j), k / 4 + 1, k % 4 + 1);
            let kind = if n > 6 { "apartments" } else { "residential" };
            self.add(at, p, json!(n), kind, &house);
            k += 1;
        }
    }

    fn mixed(&mut self, at: &Block, mut left: usize) {
        while left > 0 {
            let n = left.min(self.rng.pick(&[1, 1, 1, 1, 2, 3, 6]));
            left -= n;
            let kind = match n {
                1 => self.rng.pick(&["residential", "residential", "residential", "house", "unknown", ""]),
                2 | 3 => "mixed",
                _ => "apartments",
            };
            let (p, addr) = self.frontage(at);
            self.add(at, p, json!(n), kind, &addr);
        }
    }

    fn village(&mut self, at: &Block, left: usize) {
        let hamlets = [0, 1].map(|_| [self.rng.span(0.28, 0.72), self.rng.span(0.28, 0.72)]);
        for k in 0..left {
            let [u, v] = hamlets[usize::from(k % 3 == 0)];
            let p = self.place(at, [u - 0.12, u + 0.12], [v - 0.12, v + 0.12]);
            let kind = self.rng.pick(&["house", "house", "house", "residential", "unknown"]);
            self.add(at, p, json!(1), kind, &format!("云渡镇{}组{}号", 1 + at.i / 2, 1 + k));
        }
    }

    fn dormitory(&mut self, at: &Block, mut left: usize) {
        while left > 0 {
            let n = left.min(30);
            left -= n;
            let p = self.anywhere(at);
            self.add(at, p, json!(n), "dormitory", "集体宿舍");
        }
    }

    fn entities(&mut self, at: &Block) {
        let (n, kind) = match at.land {
            'K' => (22, "commercial"),
            'I' => (7, "industrial"),
            'U' => (5, "public"),
            'M' => (3, "commercial"),
            'T' => (2, "commercial"),
            'P' => (1, "public"),
            _ => (0, ""),
        };
        for _ in 0..n {
            let (p, addr) = self.frontage(at);
            self.add(at, p, json!(1), kind, &addr);
        }
    }
}

/// How densely a kind of land is lived on.
fn density(land: char) -> f64 {
    match land {
        'T' => 100.0,
        'S' => 60.0,
        'M' => 36.0,
        'O' => 36.0,
        'I' => 24.0,
        'K' => 15.0,
        'R' | 'U' => 12.0,
        'F' => 2.0,
        _ => 0.0,
    }
}

/// The layer `households`, and what it adds up to.
pub fn households(lattice: &Lattice, rng: &mut Rng, odd: &mut Oddities, scale: f64) -> (Layer, Census) {
    let layer = Layer::new("households", "h");
    let classing = rng.apart(1);
    let mut places = Places { lattice, rng, classing, layer, load: [0.0; NAMES.len()], stacks: BTreeMap::new() };
    for (c, &target) in TARGETS.iter().enumerate() {
        let target = if c == FIXED { target } else { (target as f64 * scale).round() as usize };
        let blocks: Vec<Block> = (0..ROWS)
            .flat_map(|j| (0..COLS).map(move |i| Block { i, j, land: block(&LAND, i, j) }))
            .filter(|b| community(b.i, b.j) == c)
            .collect();
        let total: f64 = blocks.iter().map(|b| density(b.land)).sum();
        let (mut passed, mut given) = (0.0, 0);
        for b in &blocks {
            // The quotas are differences of a rounded running sum, so that they add up to the target.
            passed += density(b.land);
            let quota = (target as f64 * passed / total).round() as usize - given;
            given += quota;
            match b.land {
                'T' => places.towers(b, quota),
                'S' => places.slabs(b, quota),
                'R' | 'F' => places.village(b, quota),
                'I' | 'U' => places.dormitory(b, quota),
                _ => places.mixed(b, quota),
            }
            places.entities(b);
        }
    }
    odd_records(&mut places, odd);
    let concentrations = customers::append(lattice, &mut places.classing, &mut places.layer, odd);
    let mut heaviest = [0.0f64; NAMES.len()];
    for (&(c, ..), &load) in &places.stacks {
        heaviest[c] = heaviest[c].max(load);
    }
    (places.layer, Census { load: places.load, heaviest, concentrations })
}

fn odd_records(places: &mut Places, odd: &mut Oddities) {
    let lattice = places.lattice;
    let mut note = |what: &str, id: &str, expected: &str| odd.note(what, "households", id, expected);
    let at = |i: usize, j: usize| Block { i, j, land: block(&LAND, i, j) };
    let one = || json!(1);

    let [(i, j, n), (k, l, m)] = TOWERS;
    let p = lattice.at(i as f64 + 0.3, j as f64 + 0.38);
    let ids = places.stack(&at(i, j), p, n, "滨江一号1栋");
    note("437 dwellings as records on one position", &ids, "stay together; a grid of their own over the band, reported");
    let p = lattice.at(k as f64 + 0.33, l as f64 + 0.4);
    let id = places.add(&at(k, l), p, json!(m), "apartments", "鼓楼中心1栋");
    note("one tower of 520", &id, "cannot be split by place: a grid over the band, reported");

    for (col, row) in [(-0.8, 3.5), (18.6, 8.4), (9.5, 14.7)] {
        let p = lattice.at(col, row);
        let properties = places.properties(one(), "house", "石岭村1组", &at(0, 0));
        let id = places.layer.add(properties, &Geometry::Point(p));
        note("household outside the town", &id, "reported, left out of the load");
    }
    let p = lattice.at(2.3, 4.4);
    let id = places.add(&at(2, 4), p, one(), "residential", "青石路77号");
    note("id used twice, for two different households", &id, "reported; both are counted, the second under an id of its own");
    places.load[community(3, 4)] += 1.0;
    let p = Geometry::Point(lattice.at(3.6, 4.3));
    let properties = places.properties(one(), "residential", "青石路79号", &at(3, 4));
    places.layer.add_as(&id, properties, &p);

    let p = lattice.at(10.4, 2.35);
    let id = places.add(&at(10, 2), p, json!(4), "apartments", "南渠路18号");
    places.layer.repeat_last();
    places.layer.repeat_last();
    places.load[community(10, 2)] += 8.0;
    note("record repeated twice, letter by letter", &id, "reported; every record counts, since two households may look alike");

    let id = places.add(&at(13, 4), lattice.middle((13, 4), (13, 5)), one(), "residential", "纺织路40号");
    note("point exactly on a border of communities that is a street as well", &id, "in exactly one of c02 and c03");
    let id = places.add(&at(2, 2), lattice.node((2, 2)), one(), "residential", "杨柳路1号");
    note("point exactly on a crossing", &id, "in exactly one unit");
    for (i, u) in [(2, 0.4), (6, 0.7)] {
        let p = lattice.at(i as f64 + u, RIVER as f64 + 0.12);
        let id = places.add(&at(i, RIVER), p, one(), "residential", "水上人家");
        note(
            "household on the river (a houseboat)",
            &id,
            "attached by location to the grid the water belongs to, or the nearest; reported",
        );
    }
    let id = places.add(&at(8, 11), lattice.at(8.3, 11.42), Value::Null, "house", "新城路9号");
    note("no weight", &id, "counts 1");
    let id = places.add(&at(9, 11), lattice.at(9.4, 11.3), json!(0), "residential", "新城路11号");
    note("weight 0 (a vacant house)", &id, "load 0, still attached to a grid");
    let id = places.add(&at(2, 10), lattice.at(2.3, 10.62), json!(2.5), "mixed", "北山路5号");
    note("weight 2.5", &id, "counts 2.5");
    note("records without `kind`", "many", "count as load");
    note("kinds commercial, industrial and public", "many", "entities without load, still attached to a grid");
}
