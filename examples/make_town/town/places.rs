//! What surrounds the households: land use, points of interest, base stations.

use super::Oddities;
use super::feature::{Geometry, Layer};
use super::lattice::{COLS, LAND, Lattice, P, ROWS, Rng, block};
use super::people::compound;
use serde_json::{Value, json};

/// The layer `landuse`: one piece a block, set back from the streets.
pub fn landuse(lattice: &Lattice, rng: &mut Rng) -> Layer {
    let mut layer = Layer::new("landuse", "l");
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
            layer.add(json!({ "kind": kind, "name": name }), &Geometry::Polygon(vec![ring]));
        }
    }
    layer
}

/// The layer `pois`.
pub fn pois(lattice: &Lattice, rng: &mut Rng) -> Layer {
    let mut layer = Layer::new("pois", "q");
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
        layer.add(json!({ "kind": kind, "name": name }), &Geometry::Point(lattice.at(col, row)));
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
        layer.add(json!({ "kind": kind, "name": name }), &Geometry::Point(p));
    }
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
    layer
}
