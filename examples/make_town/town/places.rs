//! What surrounds the households: land use, points of interest, base stations.

use super::Oddities;
use super::feature::{Geometry, Layer};
use super::lattice::{COLS, LAND, Lattice, P, ROWS, Rng, block};
use super::people::compound;
use super::services;
use serde_json::{Value, json};

/// Who manages compounds.
const MANAGERS: [&str; 5] = ["锦江物业", "安居物业", "云景物业", "长青物业", "和顺物业"];
/// Industry on the banks, with the lattice coordinates of its south-west and north-east corners.
const QUAYS: [(Option<&str>, P, P); 4] = [
    (Some("西堤码头工业园"), [1.1, 6.5], [2.9, 6.92]),
    (Some("东港物流园"), [15.1, 6.5], [16.9, 6.92]),
    (None, [2.1, 5.08], [2.9, 5.5]),
    (None, [16.1, 5.08], [16.9, 5.5]),
];

/// The layer `landuse`: one piece a block, set back from the streets, and industry on the banks of the river.
pub fn landuse(lattice: &Lattice, rng: &mut Rng, odd: &mut Oddities) -> Layer {
    let mut layer = Layer::new("landuse", "l");
    let mut note = |what: &str, id: &str, expected: &str| odd.note(what, "landuse", id, expected);
    let (mut parks, mut unmanaged, mut sites) = (Vec::new(), Vec::new(), 0);
    for j in 0..ROWS {
        for i in 0..COLS {
            let (kind, name) = match block(&LAND, i, j) {
                'T' | 'S' => ("residential", json!(compound(i, j))),
                'M' | 'R' => ("residential", Value::Null),
                'I' => ("industrial", json!("江北工业园")),
                'K' => ("commercial", Value::Null),
                'U' => ("campus", json!("云渡学院")),
                'P' => ("park", json!("荷花公园")),
                'F' if rng.below(4) == 0 => ("construction", Value::Null),
                'F' => ("farmland", Value::Null),
                _ => continue,
            };
            let corner = |u: f64, v: f64| lattice.at(i as f64 + u, j as f64 + v);
            let ring = [(0.08, 0.08), (0.92, 0.08), (0.92, 0.92), (0.08, 0.92), (0.08, 0.08)].map(|(u, v)| corner(u, v)).to_vec();
            let compound = matches!(block(&LAND, i, j), 'T' | 'S');
            let managed = compound && (5 * i + 3 * j) % 8 != 0;
            let manager = managed.then(|| MANAGERS[(i + 2 * j) % MANAGERS.len()]);
            sites += usize::from(kind == "construction");
            let expected = (kind == "construction" && sites != 3).then(|| 120 * sites + 60);
            let properties = json!({ "kind": kind, "name": name, "manager": manager, "expected_load": expected });
            let id = layer.add(properties, &Geometry::Polygon(vec![ring]));
            match kind {
                "industrial" => parks.push(id),
                "campus" => note("campus", &id, "云渡学院; with the customers of class campus on it"),
                "construction" if expected.is_none() => {
                    note("construction site without `expected_load`", &id, "expected load unknown, not 0")
                }
                "construction" => note("construction site", &id, "no load today; `expected_load` households to come"),
                "residential" if compound && !managed => unmanaged.push(id),
                _ => {}
            }
        }
    }
    note("compound without property management (no `manager`)", &unmanaged.join(", "), "falls to the fallback owner, flagged");
    note("industrial park in several pieces of one name, 江北工业园", &parks.join(", "), "one park");
    for (name, [west, south], [east, north]) in QUAYS {
        let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]].map(|[c, r]| lattice.at(c, r)).to_vec();
        let id = layer.add(json!({ "kind": "industrial", "name": name }), &Geometry::Polygon(vec![ring]));
        match name {
            Some(name) => note(&format!("industrial park on a bank, {name}"), &id, "no customers: a park without a grid of its own"),
            None => note("industrial land without name", &id, "no park"),
        }
    }
    layer
}

/// The layer `pois`.
pub fn pois(lattice: &Lattice, rng: &mut Rng, odd: &mut Oddities) -> Layer {
    let mut layer = Layer::new("pois", "q");
    let mut figures = rng.apart(2);
    let fixed: [(&str, &str, P); 14] = [
        ("office:government", "云渡镇人民政府", [8.3, 8.6]),
        ("amenity:police", "城南派出所", [8.6, 2.2]),
        ("amenity:police", "城西派出所", [4.7, 8.3]),
        ("amenity:police", "城东派出所", [13.2, 7.7]),
        ("amenity:hospital", "云渡医院", [11.3, 8.3]),
        ("amenity:school", "云渡一中", [14.2, 7.4]),
        ("amenity:school", "南门小学", [4.4, 3.6]),
        ("amenity:university", "云渡学院", [14.7, 7.6]),
        ("shop:mobile_phone", "鼓楼营业厅", [8.2, 9.3]),
        ("shop:mobile_phone", "南门营业厅", [9.2, 3.4]),
        ("shop:mobile_phone", "新城营业厅", [7.4, 10.3]),
        ("railway:station", "云渡站", [14.5, 10.4]),
        ("railway:subway_entrance", "中山路站", [9.15, 8.5]),
        ("historic:tower", "鼓楼", [7.6, 9.7]),
    ];
    for (kind, name, [col, row]) in fixed {
        let (radius, potential) = (services::radius(name), services::potential(&mut figures, kind));
        let properties = json!({ "kind": kind, "name": name, "radius_m": radius, "potential": potential });
        layer.add(properties, &Geometry::Point(lattice.at(col, row)));
    }
    let shops = [
        ("shop:supermarket", "便民超市"),
        ("amenity:restaurant", "江鱼馆"),
        ("amenity:pharmacy", "仁和药房"),
        ("amenity:kindergarten", "幼儿园"),
    ];
    for k in 0..40 {
        let (kind, name) = shops[k % shops.len()];
        let p = lattice.at(rng.span(2.0, 16.0), rng.pick(&[1.3, 2.7, 3.2, 4.3, 7.4, 8.7, 9.2, 10.8, 11.6]) + rng.span(-0.1, 0.1));
        let name = if k % 9 == 8 { Value::Null } else { json!(name) };
        let potential = services::potential(&mut figures, kind);
        layer.add(json!({ "kind": kind, "name": name, "potential": potential }), &Geometry::Point(p));
    }
    services::append(lattice, &mut figures, &mut layer, odd);
    layer
}

/// The layer `base_stations`: sites of three sectors on one position, and simpler ones with something missing.
pub fn base_stations(lattice: &Lattice, rng: &mut Rng, odd: &mut Oddities) -> Layer {
    let mut layer = Layer::new("base_stations", "b");
    let mut note = |what: &str, id: &str, expected: &str| odd.note(what, "base_stations", id, expected);
    let mut add = |id: &str, p: P, sector: [Option<u32>; 3], indoor: Value| {
        let [azimuth, beam_width, radius] = sector;
        let properties = json!({ "azimuth": azimuth, "beam_width": beam_width, "radius_m": radius, "indoor": indoor });
        layer.add_as(id, properties, &Geometry::Point(p));
    };
    let sites = [
        [2.4, 2.6],
        [6.3, 1.4],
        [10.6, 3.4],
        [15.2, 4.3],
        [2.7, 8.2],
        [6.6, 8.7],
        [10.4, 7.6],
        [15.4, 8.3],
        [3.6, 11.5],
        [8.5, 11.4],
        [13.4, 11.7],
    ];
    for (k, [col, row]) in sites.into_iter().enumerate() {
        let (p, turn, radius) = (lattice.at(col, row), 10 * rng.below(12) as u32, 350 + 50 * rng.below(6) as u32);
        for s in 0..3u32 {
            add(&format!("b{:02}-{}", k + 1, s + 1), p, [Some(turn + 120 * s), Some(65), Some(radius)], json!(false));
        }
    }
    note("three sectors on one position (the same seed three times)", "b01-1 … b11-3", "one site for coverage by nearest station");
    add("b12", lattice.at(6.6, 8.7), [None, None, Some(400)], json!(false));
    note("a second operator on a mast that is taken", "b12", "shares the site of b06, reported");
    add("b13", lattice.at(12.4, 1.6), [None, None, Some(600)], json!(false));
    note("no azimuth, no beam width", "b13", "covers all round; missing is not 0");
    add("b14", lattice.at(0.7, 10.6), [None, None, None], json!(false));
    note("neither direction nor radius", "b14", "covers its nearest land; reported");
    add("b15", lattice.at(17.2, 11.3), [Some(0), Some(90), Some(500)], Value::Null);
    note("azimuth 0 is north, not missing; `indoor` missing", "b15", "a sector to the north, outdoors");
    for (k, [col, row]) in [[7.4, 8.6], [11.6, 8.4], [9.3, 3.5]].into_iter().enumerate() {
        add(&format!("b{}", 16 + k), lattice.at(col, row), [None, None, Some(60)], json!(true));
    }
    note("indoor stations", "b16, b17, b18", "take no land");
    add("b19", lattice.at(18.9, 4.2), [Some(270), Some(120), Some(900)], json!(false));
    note("station outside the town that covers a part of it", "b19", "used, its cell clipped to the territory");
    let ring = [[6.3, 7.2], [9.8, 7.3], [9.9, 8.6], [8.4, 9.4], [6.2, 8.8], [6.3, 7.2]].map(|[c, r]| lattice.at(c, r)).to_vec();
    layer.add_as("b20", json!({ "indoor": false }), &Geometry::Polygon(vec![ring]));
    note("station with an area as its coverage", "b20", "covers that area; it has no place");
    layer.add_as("b21", json!({ "radius_m": 120, "indoor": false, "tunnel": true }), &Geometry::Point(lattice.at(9.12, 11.5)));
    note("station in a tunnel", "b21", "takes no land");
    layer
}
