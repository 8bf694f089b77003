//! A fictitious Chinese river town, made from a seed: every layer a plan is drawn from, and every oddity real layers have.
//!
//! Nothing here reads a clock or a file: the same seed and scale give the same bytes.

mod admin;
mod customers;
mod entities;
mod feature;
mod lattice;
mod people;
mod places;
mod readme;
mod schemes;
mod services;
mod ways;

pub use customers::CLASSES;
use flate2::{Compression, GzBuilder};
use lattice::{Lattice, Rng};
use readme::Page;
use std::io::Write;

/// The seed of the town that comes with the crate.
pub const SEED: u64 = 20_260_301;

/// One finished file, before compression.
#[derive(PartialEq)]
pub struct File {
    /// Its name in the town's folder; `.gz` at the end asks for compression.
    pub name: &'static str,
    /// Its content.
    pub text: String,
}

impl File {
    /// The bytes as they are stored. The gzip header carries neither time nor name.
    pub fn packed(&self) -> std::io::Result<Vec<u8>> {
        if !self.name.ends_with(".gz") {
            return Ok(self.text.clone().into_bytes());
        }
        let mut gz = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
        gz.write_all(self.text.as_bytes())?;
        gz.finish()
    }
}

/// What is odd on purpose, and what the engine should make of it.
#[derive(Default)]
struct Oddities(Vec<[String; 4]>);

impl Oddities {
    fn note(&mut self, what: &str, layer: &str, id: &str, expected: &str) {
        self.0.push([what, layer, id, expected].map(String::from));
    }
}

/// Makes the town: nine layers and the README that tells what was planted in them.
pub fn generate(seed: u64, scale: f64) -> Vec<File> {
    let mut rng = Rng(seed);
    let mut odd = Oddities::default();
    let lattice = Lattice::new(&mut rng);
    let (study_area, admin, hierarchies) = admin::layers(&lattice, &mut rng, &mut odd);
    let roads = ways::roads(&lattice, &mut rng, &mut odd);
    let rail = ways::rail(&lattice, &mut odd);
    let water = ways::water(&lattice, &mut rng, &mut odd);
    let (households, census) = people::households(&lattice, &mut rng, &mut odd, scale);
    let landuse = places::landuse(&lattice, &mut rng, &mut odd);
    let pois = places::pois(&lattice, &mut rng, &mut odd);
    let base_stations = places::base_stations(&lattice, &mut rng, &mut odd);

    let mut classes = CLASSES.map(|class| (class, households.with("class", class))).to_vec();
    classes.push(("", households.len() - classes.iter().map(|c| c.1).sum::<usize>()));
    let entities = entities::files(&lattice, seed, &pois, &base_stations, &admin);
    let layers = [
        ("study_area.geojson", study_area),
        ("admin.geojson.gz", admin),
        ("roads.geojson", roads),
        ("water.geojson", water),
        ("rail.geojson", rail),
        ("households.geojson.gz", households),
        ("landuse.geojson", landuse),
        ("pois.geojson", pois),
        ("base_stations.geojson", base_stations),
    ];
    let counts: Vec<_> = layers.iter().map(|(name, layer)| (*name, layer.len())).collect();
    let mut files: Vec<File> = layers.into_iter().map(|(name, layer)| File { name, text: layer.text() }).collect();
    let page = Page { seed, scale, counts: &counts, census: &census, hierarchies: &hierarchies, classes: &classes, odd: &odd };
    files.push(File { name: "README.md", text: page.text() });
    files.extend(entities);
    files
}
