//! Customer classes, and the customers without load that come after the households: concentrations of one class, enterprises.

use super::Oddities;
use super::admin::{NAMES, community, id};
use super::feature::{Geometry, Layer};
use super::lattice::{LAND, Lattice, Node, P, Rng, block};
use super::people::settlement;
use serde_json::json;

/// The classes of customers.
pub const CLASSES: [&str; 8] =
    ["community-household", "individual", "ab-group", "cd-group", "professional-market", "business-building", "industrial-park", "campus"];

/// The class of a record by its kind and the land it stands on; one in twenty has none.
pub fn class(rng: &mut Rng, kind: &str, land: char) -> Option<&'static str> {
    let draw = rng.below(20);
    match (kind, land) {
        _ if draw == 0 => None,
        ("dormitory" | "public", 'U') => Some("campus"),
        ("industrial", _) => Some("industrial-park"),
        ("commercial" | "public", _) => Some(match draw {
            1 => "ab-group",
            2 | 3 => "cd-group",
            _ => "individual",
        }),
        _ if draw < 3 => Some("individual"),
        _ => Some("community-household"),
    }
}

/// A concentration of one class on a block, at the places that `spot` gives.
struct Concentration {
    block: Node,
    class: &'static str,
    kind: &'static str,
    name: &'static str,
    count: usize,
    what: &'static str,
    spot: fn(usize, &mut Rng) -> P,
}

const CONCENTRATIONS: [Concentration; 4] = [
    Concentration {
        block: (8, 4),
        class: "business-building",
        kind: "commercial",
        name: "南门大厦",
        count: 72,
        what: "business building: two positions",
        spot: |k, _| if k < 40 { [0.42, 0.55] } else { [0.6, 0.55] },
    },
    Concentration {
        block: (7, 10),
        class: "professional-market",
        kind: "commercial",
        name: "新城建材市场",
        count: 48,
        what: "professional market: four rows of twelve stalls",
        spot: |k, _| [0.32 + 0.03 * (k % 12) as f64, 0.4 + 0.06 * (k / 12) as f64],
    },
    Concentration {
        block: (12, 8),
        class: "industrial-park",
        kind: "industrial",
        name: "江北工业园",
        count: 52,
        what: "industrial park: spread over one of its polygons",
        spot: |_, rng| [rng.span(0.16, 0.84), rng.span(0.16, 0.84)],
    },
    Concentration {
        block: (14, 7),
        class: "campus",
        kind: "commercial",
        name: "云渡学院",
        count: 44,
        what: "campus: shops and canteens beside its dormitories",
        spot: |_, rng| [rng.span(0.58, 0.86), rng.span(0.16, 0.84)],
    },
];

/// Enterprises with the blocks their outlets stand on.
const ENTERPRISES: [(&str, &str, &[Node]); 8] = [
    ("便民连锁", "individual", &[(2, 3), (8, 8), (14, 12)]),
    ("云水酒家", "cd-group", &[(3, 8), (9, 3)]),
    ("江城银行", "ab-group", &[(1, 2), (7, 8), (8, 11), (15, 11)]),
    ("仁和药业", "cd-group", &[(5, 12), (15, 7), (10, 8)]),
    ("长青家电", "cd-group", &[(14, 3), (9, 11)]),
    ("石岭粮油", "ab-group", &[(3, 9), (3, 11), (14, 13), (2, 1)]),
    ("东港机械", "cd-group", &[(15, 8)]),
    ("滨河印务", "ab-group", &[(7, 3)]),
];

/// Adds the customers to `layer`; the concentrations as rows of a table: class, how many, where, ids, what.
pub fn append(lattice: &Lattice, rng: &mut Rng, layer: &mut Layer, odd: &mut Oddities) -> Vec<[String; 5]> {
    let mut add = |(i, j): Node, [u, v]: P, properties: [&str; 3], enterprise: Option<&str>| {
        let (p, [kind, addr, class]) = (lattice.at(i as f64 + u, j as f64 + v), properties);
        let settlement = settlement(block(&LAND, i, j));
        let all = json!({ "weight": 1, "kind": kind, "addr": addr, "settlement": settlement, "class": class, "enterprise": enterprise });
        layer.add(all, &Geometry::Point(p))
    };
    let span = |ids: &[String]| format!("{}–{}", ids[0], ids[ids.len() - 1]);
    let mut rows = Vec::new();
    for c in &CONCENTRATIONS {
        let mut one = |k: usize| add(c.block, (c.spot)(k, rng), [c.kind, &format!("{}{}号", c.name, k + 1), c.class], None);
        let ids: Vec<String> = (0..c.count).map(&mut one).collect();
        let k = community(c.block.0, c.block.1);
        let place = format!("{} in {} {}", c.name, id(k), NAMES[k]);
        rows.push([c.class.into(), c.count.to_string(), place, span(&ids), c.what.into()]);
    }
    let mut of = Vec::new();
    for (n, (name, class, outlets)) in ENTERPRISES.iter().enumerate() {
        for (k, block) in outlets.iter().enumerate() {
            let spot = [rng.span(0.2, 0.8), rng.span(0.2, 0.8)];
            of.push(add(*block, spot, ["commercial", &format!("{name}{}店", k + 1), class], Some(&format!("e{:02}", n + 1))));
        }
    }
    let several = ENTERPRISES.iter().filter(|e| e.2.len() > 1).count();
    let what = format!("{several} enterprises with outlets in several communities, {} with one", ENTERPRISES.len() - several);
    odd.note(&what, "households", &span(&of), "`enterprise` is the legal entity: every outlet is attached, the entity counts once");
    odd.note("records without `class`", "households", "many", "of no class; missing is not a class");
    odd.note(
        "classes ab-group and cd-group scattered over the communities",
        "households",
        "many",
        "too few in one place for a grid each; stay with the remainder",
    );
    rows
}
