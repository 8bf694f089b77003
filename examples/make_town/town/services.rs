//! Points of interest that recipes count, weigh or reach: halls, hospitals and pharmacies, hardware shops, bike parking, landmarks.

use super::Oddities;
use super::feature::{Geometry, Layer};
use super::lattice::{Lattice, P, Rng};
use serde_json::{Value, json};

const HALLS: [(&str, P, Option<u32>); 5] = [
    ("临江营业厅", [2.5, 2.6], Some(500)),
    ("西关营业厅", [2.3, 8.4], Some(600)),
    ("东港营业厅", [14.6, 8.7], Some(350)),
    ("望云营业厅", [15.4, 11.6], Some(650)),
    ("北山营业厅", [3.5, 11.5], Some(700)),
];

/// The radius of a hall that has one from the start; the third is left without.
pub fn radius(name: &str) -> Option<u32> {
    match name {
        "鼓楼营业厅" => Some(550),
        "南门营业厅" => Some(300),
        _ => None,
    }
}

/// What is sold at a hospital, clinic or pharmacy in a year, in thousands.
pub fn potential(rng: &mut Rng, kind: &str) -> Option<u32> {
    let [low, high] = match kind {
        "amenity:hospital" => [900.0, 4000.0],
        "amenity:clinic" => [120.0, 700.0],
        "amenity:pharmacy" => [30.0, 260.0],
        "shop:hardware" => [20.0, 400.0],
        _ => return None,
    };
    Some(rng.span(low, high) as u32)
}

/// Adds the services to `layer`.
pub fn append(lattice: &Lattice, rng: &mut Rng, layer: &mut Layer, odd: &mut Oddities) {
    let mut add = |kind: &str, name: &str, [col, row]: P, more: Value| {
        let mut all = json!({ "kind": kind, "name": name });
        if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
            all.extend(more);
        }
        layer.add(all, &Geometry::Point(lattice.at(col, row)))
    };
    for (name, place, radius) in HALLS {
        add("shop:mobile_phone", name, place, json!({ "radius_m": radius }));
    }
    let care = [("amenity:hospital", "医院", 3), ("amenity:clinic", "卫生服务站", 8), ("amenity:pharmacy", "百草药房", 6)];
    for (kind, name, count) in care {
        for k in 0..count {
            let name = format!("{}{name}", ["南门", "北山", "东港", "西关", "新城", "望云", "东湖", "临江"][k]);
            let potential = potential(rng, kind);
            add(kind, &name, somewhere(rng), json!({ "potential": potential }));
        }
    }
    for k in 0..30 {
        let (potential, partner) = (potential(rng, "shop:hardware"), format!("kp{:02}", 1 + rng.below(6)));
        add("shop:hardware", &format!("五金店{}", k + 1), somewhere(rng), json!({ "potential": potential, "partner": partner }));
    }
    for k in 0..20 {
        let capacity = 10 * (2 + rng.below(9));
        add("amenity:bicycle_parking", &format!("停车点{}", k + 1), somewhere(rng), json!({ "capacity": capacity }));
    }
    add("historic:monument", "云渡纪念碑", [5.5, 3.5], Value::Null);
    add("tourism:museum", "云渡博物馆", [10.5, 8.5], Value::Null);
    let mut note = |what: &str, id: &str, expected: &str| odd.note(what, "pois", id, expected);
    note("hall without a radius", "q0011", "reaches nothing that is known; missing is not 0");
    note("community that no hall reaches", "c03", "its grids are told to have no hall in reach");
}

/// A place beside a street, on either bank.
fn somewhere(rng: &mut Rng) -> P {
    [rng.span(1.0, 17.0), rng.pick(&[1.3, 2.3, 2.7, 3.2, 4.3, 7.4, 8.3, 8.7, 9.2, 10.8, 11.6, 12.4])]
}
