//! The town that comes with the crate is exactly what its generator makes.

#[path = "../examples/make_town/town/mod.rs"]
mod town;

use geo::{Area, Contains, Coord, InteriorPoint, LineString, MultiPolygon, Within};
use geojson::{FeatureCollection, JsonObject};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

/// Compressed layers are compared by their content: another release of the compressor may pack the same text otherwise.
#[test]
fn default_seed_reproduces_the_committed_town() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/town");
    let mut total = 0;
    for file in town::generate(town::SEED, 1.0) {
        let stored = std::fs::read(folder.join(file.name))?;
        total += stored.len();
        let text = if file.name.ends_with(".gz") { unpacked(&stored)? } else { stored };
        assert!(text == file.text.as_bytes(), "{} differs from what make_town writes: run it and commit the result", file.name);
    }
    assert!(total <= 600_000, "the town has grown to {total} bytes");
    Ok(())
}

#[test]
fn packed_layers_carry_no_time() -> Result<(), Box<dyn Error>> {
    for file in town::generate(7, 0.5).iter().filter(|file| file.name.ends_with(".gz")) {
        let packed = file.packed()?;
        assert_eq!(packed[4..8], [0; 4]);
        assert!(packed == file.packed()? && unpacked(&packed)? == file.text.as_bytes());
    }
    Ok(())
}

fn unpacked(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut text)?;
    Ok(text)
}

/// A feature of the default town.
struct Item {
    properties: JsonObject,
    shape: geo::Geometry<f64>,
}

impl Item {
    fn get(&self, name: &str) -> &Value {
        self.properties.get(name).unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).as_str().unwrap_or_default()
    }

    fn land(&self) -> MultiPolygon<f64> {
        match &self.shape {
            geo::Geometry::Polygon(p) => MultiPolygon(vec![p.clone()]),
            geo::Geometry::MultiPolygon(m) => m.clone(),
            other => panic!("{other:?} is no land"),
        }
    }
}

static TOWN: LazyLock<BTreeMap<&str, Vec<Item>>> = LazyLock::new(|| {
    let layers = town::generate(town::SEED, 1.0).into_iter().filter(|file| file.name.contains(".geojson"));
    layers.map(|file| (file.name.split('.').next().unwrap(), items(&file.text))).collect()
});

fn items(text: &str) -> Vec<Item> {
    let features: FeatureCollection = text.parse().unwrap();
    let item = |f: geojson::Feature| Item { properties: f.properties.unwrap(), shape: f.geometry.unwrap().try_into().unwrap() };
    features.features.into_iter().map(item).collect()
}

/// The divisions of a scheme and level, without pieces of neighbours.
fn divisions(scheme: &str, level: u64) -> Vec<&'static Item> {
    let of = TOWN["admin"].iter().filter(|d| d.get("partial").is_null());
    of.filter(|d| d.text("scheme") == scheme && d.get("admin_level") == level).collect()
}

fn division(id: &str) -> &'static Item {
    TOWN["admin"].iter().find(|d| d.text("id") == id).unwrap()
}

fn of_kind(layer: &str, kind: &str) -> Vec<&'static Item> {
    TOWN[layer].iter().filter(|p| p.text("kind") == kind).collect()
}

fn of_class(class: &str) -> Vec<&'static Item> {
    TOWN["households"].iter().filter(|h| h.text("class") == class).collect()
}

fn area<'a>(of: impl IntoIterator<Item = &'a Item>) -> f64 {
    of.into_iter().map(|d| d.land().unsigned_area()).sum()
}

fn community(p: &Item) -> &'static str {
    divisions("civil", 8).into_iter().find(|c| p.shape.is_within(&c.land())).map_or("", |c| c.text("id"))
}

/// Corners of a ring, wherever it begins and whichever way it runs.
fn corners(ring: &LineString<f64>) -> BTreeSet<[u64; 2]> {
    ring.coords().map(|Coord { x, y }| [x.to_bits(), y.to_bits()]).collect()
}

#[test]
fn hierarchies_have_their_numbers_and_tile_the_town() {
    let town = division("t1").land().unsigned_area();
    let counts = [("civil", 8, 10), ("police", 8, 3), ("labour", 7, 17), ("labour", 9, 254), ("market", 7, 11), ("safety", 7, 11)];
    for (scheme, level, count) in counts {
        let all = divisions(scheme, level);
        assert_eq!(all.len(), count, "{scheme} {level}");
        let twice = if scheme == "safety" { division("sb03").land().unsigned_area() } else { 0.0 };
        let off = (area(all) - twice) / town - 1.0;
        assert!(off.abs() < 1e-6, "{scheme} {level}: {off}");
    }
    let ids: Vec<_> = TOWN["admin"].iter().map(|d| d.text("id")).filter(|id| !id.is_empty()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(ids.len() + 1, TOWN["admin"].len(), "one zone has no id");
}

#[test]
fn villages_nest_in_townships() {
    let villages = divisions("labour", 9);
    let (coded, bare): (Vec<&Item>, Vec<&Item>) = villages.iter().partition(|v| !v.text("code").is_empty());
    assert_eq!((coded.len(), coded.iter().filter(|v| v.get("parent").is_null()).count()), (253, 3));
    assert_eq!(bare.len(), 1);
    assert!(bare[0].get("id").is_null() && !bare[0].text("name").is_empty() && bare[0].text("parent") == "tw06");
    for t in divisions("labour", 7) {
        let land = t.land();
        let own: Vec<&Item> = villages.iter().copied().filter(|v| land.contains(&v.land().interior_point().unwrap())).collect();
        assert!((area(own.iter().copied()) / land.unsigned_area() - 1.0).abs() < 1e-6, "{}", t.text("id"));
        for v in own {
            assert!(v.get("parent").is_null() || v.get("parent") == t.get("id"), "{}", v.text("id"));
            assert!(v.get("code").is_null() || v.text("code").starts_with(t.text("code")), "{}", v.text("id"));
        }
    }
}

#[test]
fn codes_are_text_and_unique() {
    let codes: Vec<_> = TOWN["admin"].iter().filter(|d| !d.get("code").is_null()).map(|d| (d, d.text("code"))).collect();
    for (d, code) in &codes {
        let length = if d.get("admin_level").as_u64().unwrap() < 8 { 9 } else { 12 };
        assert!(code.len() == length && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    }
    assert_eq!(codes.iter().map(|c| c.1).collect::<BTreeSet<_>>().len(), codes.len());
    assert_eq!(codes.len(), 1 + 10 + 17 + 253);
}

#[test]
fn the_enclave_fills_a_hole_of_another_township() {
    let around = division("tw16").land();
    let [shell] = &around.0[..] else { panic!("one part") };
    let [hole] = shell.interiors() else { panic!("one hole") };
    let parent = division("tw17").land();
    assert_eq!(parent.0.len(), 2);
    let part = parent.0.iter().find(|p| corners(p.exterior()) == corners(hole)).unwrap();
    let village = divisions("labour", 9).into_iter().find(|v| corners(v.land().0[0].exterior()) == corners(part.exterior())).unwrap();
    assert_eq!(village.text("parent"), "tw17");
    let parts = TOWN["admin"].iter().filter(|d| d.text("scheme") != "civil" && d.land().0.len() > 1);
    assert_eq!(parts.count(), 1, "all others are connected");
}

#[test]
fn the_safety_zone_covers_a_street() {
    let (zone, street) = (division("sb11").land(), division("sb03").land());
    let on_both = |d: &&Item| zone.contains(&d.land().interior_point().unwrap());
    assert_eq!(divisions("safety", 7).into_iter().filter(on_both).map(|d| d.text("id")).collect::<Vec<_>>(), ["sb03", "sb11"]);
    let corner = |c: &Coord<f64>| !zone.0[0].exterior().0.contains(c);
    let own: Vec<_> = street.0[0].exterior().coords().copied().filter(corner).collect();
    assert!(own.len() < street.0[0].exterior().0.len() / 2 && own.iter().all(|c| zone.contains(c)), "borders of both are shared");
    let differ = divisions("safety", 7).into_iter().filter(|d| d.get("reports_to") != d.get("parent"));
    assert_eq!(differ.map(|d| d.text("reports_to")).collect::<Vec<_>>(), ["kfq", "kfq"]);
}

#[test]
fn customers_of_one_class_concentrate() {
    let known = town::CLASSES.iter().map(|class| of_class(class).len()).sum::<usize>();
    let share = 1.0 - known as f64 / TOWN["households"].len() as f64;
    assert!((0.03..0.07).contains(&share), "{share} without class");
    let places = |class: &str| of_class(class).iter().map(|h| format!("{:?}", h.shape)).collect::<BTreeSet<_>>().len();
    assert_eq!((of_class("business-building").len(), places("business-building")), (72, 2));
    assert_eq!((of_class("professional-market").len(), places("professional-market")), (48, 48));
    let on = |kind: &str, class: &str| {
        let count = |a: &Item| of_class(class).iter().filter(|h| h.shape.is_within(&a.land())).count();
        of_kind("landuse", kind).into_iter().filter(|a| !a.text("name").is_empty()).map(count).max()
    };
    assert!(on("industrial", "industrial-park") >= Some(40));
    assert!(on("campus", "campus") >= Some(40));
    for class in ["ab-group", "cd-group"] {
        let at: BTreeSet<_> = of_class(class).into_iter().map(community).collect();
        assert!(at.len() >= 4 && of_class(class).len() < 60, "{class}: {at:?}");
    }
}

#[test]
fn enterprises_have_outlets_in_several_communities() {
    let mut outlets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for h in TOWN["households"].iter().filter(|h| !h.get("enterprise").is_null()) {
        outlets.entry(h.text("enterprise")).or_default().push(community(h));
    }
    let several = outlets.values().filter(|at| at.len() > 1);
    assert_eq!((outlets.len(), several.clone().count()), (8, 6));
    for at in several {
        assert!(at.len() <= 4 && at.iter().collect::<BTreeSet<_>>().len() == at.len(), "{at:?}");
    }
}

#[test]
fn land_use_tells_parks_sites_and_managers() {
    let industrial = of_kind("landuse", "industrial");
    let names: BTreeSet<_> = industrial.iter().map(|a| a.text("name")).filter(|n| !n.is_empty()).collect();
    assert_eq!((industrial.len(), names.len()), (9, 3));
    assert_eq!(industrial.iter().filter(|a| a.get("name").is_null()).count(), 2);
    assert!(of_kind("landuse", "campus").iter().all(|a| !a.text("name").is_empty()));
    let sites = of_kind("landuse", "construction");
    assert_eq!((sites.len(), sites.iter().filter(|a| a.get("expected_load").is_u64()).count()), (5, 4));
    let compounds = of_kind("landuse", "residential").into_iter().filter(|a| !a.text("name").is_empty());
    let (managed, not): (Vec<_>, Vec<_>) = compounds.partition(|a| !a.get("manager").is_null());
    assert_eq!((managed.len(), not.len()), (47, 7));
}

#[test]
fn services_carry_what_recipes_read() {
    let halls = of_kind("pois", "shop:mobile_phone");
    let radii: Vec<_> = halls.iter().filter_map(|h| h.get("radius_m").as_u64()).collect();
    assert_eq!((halls.len(), radii.len()), (8, 7));
    assert!(radii.iter().all(|r| (300..=700).contains(r)));
    let care: Vec<_> = ["hospital", "clinic", "pharmacy"].iter().flat_map(|k| of_kind("pois", &format!("amenity:{k}"))).collect();
    assert!(care.len() >= 24 && care.iter().all(|p| p.get("potential").as_u64() > Some(0)));
    let shops = of_kind("pois", "shop:hardware");
    assert!(shops.len() == 30 && shops.iter().all(|p| p.get("potential").is_u64() && p.get("partner").is_string()));
    let parking = of_kind("pois", "amenity:bicycle_parking");
    assert!(parking.len() == 20 && parking.iter().all(|p| p.get("capacity").as_u64() > Some(0)));
    assert!(["historic:tower", "historic:monument", "tourism:museum"].iter().all(|k| of_kind("pois", k).len() == 1));
    let station = |id: &str| TOWN["base_stations"].iter().find(|s| s.text("id") == id).unwrap();
    assert!(matches!(station("b20").shape, geo::Geometry::Polygon(_)));
    assert_eq!(station("b21").get("tunnel"), true);
}

#[test]
fn one_community_has_no_hall_in_reach() {
    let metres = [96_194.9, 110_857.5];
    let reached = |c: &&Item| {
        of_kind("pois", "shop:mobile_phone").iter().any(|hall| {
            let geo::Geometry::Point(at) = hall.shape else { panic!("a hall is a point") };
            let plane = |p: Coord<f64>| Coord { x: (p.x - at.x()) * metres[0], y: (p.y - at.y()) * metres[1] };
            let near =
                |r: &LineString<f64>| r.coords().map(|p| plane(*p)).any(|p| p.x.hypot(p.y) <= hall.get("radius_m").as_f64().unwrap_or(0.0));
            c.land().contains(&at) && hall.get("radius_m").is_u64() || c.land().iter().any(|p| near(p.exterior()))
        })
    };
    let (_, none): (Vec<_>, Vec<_>) = divisions("civil", 8).into_iter().partition(reached);
    assert_eq!(none.iter().map(|c| c.text("id")).collect::<Vec<_>>(), ["c03"]);
}

#[test]
fn other_seeds_and_scales_keep_the_hierarchies() {
    for (seed, scale) in [(7, 0.1), (8, 3.0)] {
        let files = town::generate(seed, scale);
        let admin = items(&files.iter().find(|f| f.name.starts_with("admin")).unwrap().text);
        let villages: Vec<_> = admin.iter().filter(|d| d.get("admin_level") == 9).collect();
        assert_eq!((admin.len(), villages.len()), (308, 254));
        let town = admin.iter().find(|d| d.text("id") == "t1").unwrap();
        assert!((area(villages) / area([town]) - 1.0).abs() < 1e-6);
        assert!(files == town::generate(seed, scale));
    }
}
