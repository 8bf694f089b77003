//! Tables of entities for the presets, each with the troubles that real ones have. They have a random source of their own, so that the
//! layers do not depend on them.

use super::File;
use super::feature::{Layer, degrees};
use super::lattice::{Lattice, P, Rng};
use serde_json::Value;
use std::fmt::Write;

const CUSTOMERS: usize = 300;
/// Days of the traffic; the recipe counts September.
const DAYS: [&str; 3] = ["2026-08-28", "2026-09-10", "2026-09-24"];

/// A named place in degrees.
struct Site {
    id: String,
    at: P,
}

/// Points of a layer of that kind, all of it where there are no kinds.
fn sites(layer: &Layer, kind: Option<&str>) -> Vec<Site> {
    let site = |v: &Value| {
        let (id, at) = (v["id"].as_str()?, &v["geometry"]["coordinates"]);
        Some(Site { id: id.into(), at: [at[0].as_f64()?, at[1].as_f64()?] })
    };
    let features = layer.features();
    features.iter().filter(|v| kind.is_none_or(|k| v["properties"]["kind"] == k)).filter_map(site).collect()
}

/// The nearest sites, up to three.
fn nearest(sites: &[Site], at: P) -> Vec<&Site> {
    let mut all: Vec<&Site> = sites.iter().collect();
    let d2 = |s: &Site| ((s.at[0] - at[0]) * 0.87).powi(2) + (s.at[1] - at[1]).powi(2);
    all.sort_by(|a, b| d2(a).total_cmp(&d2(b)).then_with(|| a.id.cmp(&b.id)));
    all.truncate(3);
    all
}

/// A place on land that people live on.
fn somewhere(lattice: &Lattice, rng: &mut Rng) -> P {
    let row = rng.pick(&[1.4, 2.3, 2.7, 3.2, 4.3, 7.4, 8.3, 8.7, 9.2, 10.8, 11.6, 12.4]) + rng.span(-0.1, 0.1);
    degrees(&lattice.at(rng.span(1.0, 17.0), row))
}

/// All tables.
pub fn files(lattice: &Lattice, seed: u64, pois: &Layer, stations: &Layer, admin: &Layer) -> Vec<File> {
    let mut rng = Rng(seed ^ 0x656e_7469);
    let mut files = telecom(lattice, &mut rng, pois, stations);
    files.push(File { name: "entities/distribution/entities.csv", text: sales(lattice, &mut rng) });
    files.push(File { name: "entities/parking/entities.csv", text: compounds(lattice, &mut rng) });
    files.push(File { name: "entities/safety/entities.csv", text: register(lattice, &mut rng) });
    files.push(File { name: "entities/fire/entities.csv", text: key_units(lattice, &mut rng) });
    files.push(File { name: "entities/fire/police.geojson", text: admin.only("police", r#""scheme":"police""#) });
    files
}

/// Customers with place, hall and traffic (R4).
fn telecom(lattice: &Lattice, rng: &mut Rng, pois: &Layer, stations: &Layer) -> Vec<File> {
    let (halls, stations) = (sites(pois, Some("shop:mobile_phone")), sites(stations, None));
    let mut customers = String::from("customer,lon,lat,joined_at\r\n");
    let mut traffic = String::from("customer,station,day,megabytes\r\n");
    let mut use_of = |customer: &str, station: &str, day: &str, volume: String| {
        let _ = write!(traffic, "{customer},{station},{day},{volume}\r\n");
    };
    for k in 1..=CUSTOMERS {
        let (id, home) = (format!("u{k:04}"), somewhere(lattice, rng));
        let (near, hall) = (nearest(&stations, home), &nearest(&halls, home)[rng.below(2)].id);
        let (mut place, mut joined) = (format!("{:.7},{:.7}", home[0], home[1]), hall.clone());
        match k {
            // no signal at all
            1 => (place, joined) = (",".into(), String::new()),
            // joined online, hardly any traffic, no place: nothing decides
            2 => {
                (place, joined) = (",".into(), String::new());
                use_of(&id, &near[0].id, DAYS[1], "4".into());
            }
            // hardly any traffic, but a hall
            3 => {
                place = ",".into();
                use_of(&id, &near[0].id, DAYS[1], "4".into());
            }
            // roams: most traffic at a station of another town
            4 => {
                use_of(&id, "z77-1", DAYS[1], "900".into());
                use_of(&id, &near[0].id, DAYS[2], "30".into());
            }
            // lives far outside
            5 => (place, joined) = ("114.9000000,30.9000000".into(), String::new()),
            // a place that is none, a volume that is none
            6 => {
                place = "113.21E,30.3N".into();
                use_of(&id, &near[0].id, DAYS[1], "n/a".into());
            }
            // the hall it joined at is not known
            7 => joined = "q9999".into(),
            // home, hall and traffic in three places
            8 => {
                joined = halls[0].id.clone();
                use_of(&id, &stations[stations.len() - 1].id, DAYS[2], "400".into());
            }
            // a little traffic at home, much of it in August, which does not count
            9 => {
                use_of(&id, &stations[0].id, DAYS[0], "5000".into());
                near.iter().for_each(|s| use_of(&id, &s.id, DAYS[1], "50".into()));
            }
            _ => {
                if rng.below(6) == 0 {
                    joined = String::new();
                }
                if rng.below(3) == 0 {
                    place = ",".into();
                }
                for (n, s) in near.iter().enumerate().take(1 + rng.below(3)) {
                    let volume = rng.span(20.0, 400.0) / (1 + n * n) as f64;
                    use_of(&id, &s.id, DAYS[1 + rng.below(2)], format!("{volume:.1}"));
                }
            }
        }
        let _ = write!(customers, "{id},{place},{joined}\r\n");
    }
    // an id that is there already, and a row that was cut off
    customers += "u0010,113.2400000,30.3200000,\r\nu03";
    vec![File { name: "entities/telecom/entities.csv", text: customers }, File { name: "entities/telecom/traffic.csv", text: traffic }]
}

/// Sales of resellers with the place of the final customer (R21).
fn sales(lattice: &Lattice, rng: &mut Rng) -> String {
    let mut text = String::from("sale,partner,manager,reseller_lon,reseller_lat,customer_lon,customer_lat,amount\r\n");
    let shops: Vec<P> = (0..6).map(|_| somewhere(lattice, rng)).collect();
    for k in 1..=60 {
        let (partner, customer) = (rng.below(shops.len()), somewhere(lattice, rng));
        let [x, y] = shops[partner];
        let amount = 10 * (1 + rng.below(90));
        let manager = format!("manager {}", 1 + partner / 2);
        let _ = write!(text, "s{k:03},kp{:02},{manager},{x:.7},{y:.7},{:.7},{:.7},{amount}\r\n", partner + 1, customer[0], customer[1]);
    }
    text
}

/// Compounds, every fourth without property management (R39).
fn compounds(lattice: &Lattice, rng: &mut Rng) -> String {
    let mut text = String::from("compound,lon,lat,management\r\n");
    for k in 1..=24 {
        let [x, y] = somewhere(lattice, rng);
        let management = if k % 4 == 0 { String::new() } else { format!("物业{}", 1 + k % 5) };
        let _ = write!(text, "w{k:02},{x:.7},{y:.7},{management}\r\n");
    }
    text
}

/// The register of firms: board, and where the firm says it is (R34).
fn register(lattice: &Lattice, rng: &mut Rng) -> String {
    let mut text = String::from("firm,board,lon,lat\r\n");
    for k in 1..=80 {
        let [x, y] = somewhere(lattice, rng);
        // some have no place, one a board that is not there
        let place = if k % 10 == 3 { ",".to_string() } else { format!("{x:.7},{y:.7}") };
        let board = match k {
            7 => "sb99".to_string(),
            // the board with one grid
            _ if k % 20 == 3 => "sb10".to_string(),
            _ => format!("sb{:02}", 1 + rng.below(11)),
        };
        let _ = write!(text, "f{k:03},{board},{place}\r\n");
    }
    text
}

/// Key units of fire safety (R14, R17); the last one lies in the mountains.
fn key_units(lattice: &Lattice, rng: &mut Rng) -> String {
    let mut text = String::from("unit,lon,lat\r\n");
    for k in 1..=30 {
        let [x, y] = if k == 30 { degrees(&lattice.at(9.0, 16.5)) } else { somewhere(lattice, rng) };
        let _ = write!(text, "k{k:02},{x:.7},{y:.7}\r\n");
    }
    text
}
