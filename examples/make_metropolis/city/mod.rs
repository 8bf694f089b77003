//! The layers of the city, written cell by cell.

mod divisions;
mod land;
mod layer;
#[path = "../../shared/plane.rs"]
mod plane;
mod quarter;
mod skeleton;
#[path = "../../shared/stations.rs"]
mod stations;

use divisions::Level;
use land::{Use, settle};
use layer::{Geometry, Layer};
use plane::{P, Rng, lerp};
use quarter::{Block, divide};
use skeleton::{At, Skeleton, Strip};
use stations::sectors;
use std::path::Path;

/// What ends the writing.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Mean households of a cell, and of a community.
const CELL: f64 = 900.0;
const COMMUNITY: f64 = 3_000.0;
/// Communities of a subdistrict, and subdistricts of a district.
const SUBDISTRICT: f64 = 9.0;
const DISTRICT: f64 = 7.0;
/// Median m² of a block in the middle of the city, and how many times that is added at the edge.
const BLOCK_M2: f64 = 9_000.0;
const LOOSER: f64 = 2.5;
/// Households of a hall and of a mast, and how far a mast reaches.
const HALL: f64 = 2_500.0;
const MAST: f64 = 600.0;
const MAST_M: f64 = 500.0;
/// A park of this size has a lake.
const LAKE_M2: f64 = 15_000.0;

/// Purposes of random choices, beside those of the skeleton.
const SEATS: u64 = 16;
const WEIGHT: u64 = 17;
const STREETS: u64 = 18;
const PEOPLE: u64 = 19;

/// Writes all layers; their names with the number of features. Time is O(households); what is held is O(cells).
pub fn write(households: usize, seed: u64, folder: &Path) -> Result<Vec<(&'static str, usize)>, Failure> {
    let city = Skeleton::new((households as f64 / CELL).ceil() as usize, seed);
    let people = people(&city, households);
    let mut done = admin(&city, people.iter().map(|p| p.0).collect(), households, folder)?;
    let (water, rail) = strips(&city, folder)?;
    done.push(rail);
    done.extend(quarters(&city, &people, water, folder)?);
    Ok(done)
}

/// The inhabited cells with their households.
fn people(city: &Skeleton, households: usize) -> Vec<(At, usize)> {
    let cells: Vec<At> = city.cells().filter(|c| city.strip(*c) == Strip::Land).collect();
    let weight = |cell: &At| (0.5 * city.draw(WEIGHT, *cell).normal() - 1.1 * city.remoteness(*cell).powi(2)).exp();
    let shares = share_out(households, &cells.iter().map(weight).collect::<Vec<_>>());
    cells.into_iter().zip(shares).collect()
}

/// A number in shares by weight, which add up to it.
fn share_out(total: usize, weights: &[f64]) -> Vec<usize> {
    let all: f64 = weights.iter().sum();
    let (mut sum, mut given) = (0.0, 0);
    let mut share = |weight: &f64| {
        sum += weight;
        let until = (total as f64 * (sum / all)).round() as usize;
        let share = until - given;
        given = until;
        share
    };
    weights.iter().map(&mut share).collect()
}

fn admin(city: &Skeleton, seats: Vec<At>, households: usize, folder: &Path) -> Result<Vec<(&'static str, usize)>, Failure> {
    let mut rng = city.draw(SEATS, (0, 0));
    let communities = divisions::communities(city, &seats, (households as f64 / COMMUNITY).round() as usize, &mut rng);
    let subdistricts = divisions::above(city, &communities, SUBDISTRICT, &mut rng);
    let districts = divisions::above(city, &subdistricts, DISTRICT, &mut rng);
    let whole = communities.iter().map(|of| of.map(|_| 0)).collect();
    let levels: [(i64, &str, &str, &Level); 4] = [
        (5, "c", "City", &whole),
        (6, "d", "District", &districts),
        (8, "s", "Subdistrict", &subdistricts),
        (10, "k", "Community", &communities),
    ];
    let mut layer = Layer::begin(folder, "admin", "")?;
    for (rank, (level, prefix, name, of)) in levels.iter().enumerate() {
        let mut parents = std::collections::BTreeMap::new();
        if rank > 0 {
            let (_, above, _, upper) = levels[rank - 1];
            of.iter().zip(upper).filter_map(|(of, upper)| of.zip(*upper)).for_each(|(of, upper)| {
                parents.insert(of, format!(r#","parent":"{above}{}""#, upper + 1));
            });
        }
        for (number, rings) in divisions::areas(city, of).into_iter().enumerate() {
            let parent = parents.get(&number).map_or("", String::as_str);
            let n = number + 1;
            let properties = format_args!(r#""admin_level":{level},"scheme":"civil","name":"{name} {n}"{parent}"#);
            layer.add_as(&format!("{prefix}{n}"), properties, &Geometry::Polygon(rings))?;
        }
    }
    let mut study = Layer::begin(folder, "study_area", "study")?;
    for rings in divisions::areas(city, &whole) {
        study.add(format_args!(r#""name":"the whole city""#), &Geometry::Polygon(rings))?;
    }
    Ok(vec![layer.end()?, study.end()?])
}

/// The rivers, in a layer that takes the lakes as well, and the railway with its bridges.
fn strips(city: &Skeleton, folder: &Path) -> Result<(Layer, (&'static str, usize)), Failure> {
    let mut water = Layer::begin(folder, "water", "w")?;
    for along_row in [true, false] {
        for run in city.runs(Strip::River, along_row) {
            let bank = |share: f64| course(city, &run, along_row, share);
            let (mut ring, mut back) = (bank(0.1), bank(0.9));
            back.reverse();
            ring.extend(back);
            if !along_row {
                ring.reverse();
            }
            ring.push(ring[0]);
            water.add(format_args!(r#""kind":"river","name":"River {}""#, 1 + usize::from(!along_row)), &Geometry::Polygon(vec![ring]))?;
        }
    }
    let mut rail = Layer::begin(folder, "rail", "t")?;
    for run in city.runs(Strip::Rail, false) {
        for piece in run.chunk_by(|a, b| city.strip(*a) == city.strip(*b)) {
            let bridge = if city.strip(piece[0]) == Strip::River { r#","bridge":"yes","layer":1"# } else { "" };
            rail.add(format_args!(r#""kind":"rail"{bridge}"#), &Geometry::Line(course(city, piece, false, 0.5)))?;
        }
    }
    Ok((water, rail.end()?))
}

/// A line along a strip, at a share of its width.
fn course(city: &Skeleton, run: &[At], along_row: bool, across: f64) -> Vec<P> {
    const PIECES: usize = 6;
    let place = |cell: At, along: f64| if along_row { city.place(cell, along, across) } else { city.place(cell, across, along) };
    let mut line: Vec<P> = run.iter().flat_map(|cell| (0..PIECES).map(|k| place(*cell, k as f64 / PIECES as f64))).collect();
    line.extend(run.last().map(|cell| place(*cell, 1.0)));
    line
}

/// The layers that are written cell by cell.
struct Layers {
    roads: Layer,
    water: Layer,
    landuse: Layer,
    households: Layer,
    pois: Layer,
    stations: Layer,
    masts: usize,
}

fn quarters(city: &Skeleton, people: &[(At, usize)], water: Layer, folder: &Path) -> Result<Vec<(&'static str, usize)>, Failure> {
    let begin = |name, prefix| Layer::begin(folder, name, prefix);
    let mut layers = Layers {
        roads: begin("roads", "r")?,
        water,
        landuse: begin("landuse", "l")?,
        households: begin("households", "h")?,
        pois: begin("pois", "q")?,
        stations: begin("base_stations", "")?,
        masts: 0,
    };
    for cell in city.cells() {
        layers.main_roads(city, cell)?;
    }
    for (cell, households) in people {
        layers.quarter(city, *cell, *households)?;
    }
    [layers.roads, layers.water, layers.landuse, layers.households, layers.pois, layers.stations].into_iter().map(Layer::end).collect()
}

impl Layers {
    /// The roads on the sides of a cell, each once: those to the south and west, and those at the edge of the city.
    fn main_roads(&mut self, city: &Skeleton, cell: At) -> Result<(), Failure> {
        for side in 0..4 {
            let is_own = side == 0 || side == 3 || city.over(cell, side).is_none();
            if let Some(road) = city.road(cell, side).filter(|_| is_own) {
                let [a, b] = city.side(cell, side);
                let bridge = if road.bridge { r#","bridge":"yes","layer":1"# } else { "" };
                self.roads.add(format_args!(r#""class":"{}"{bridge}"#, road.class), &Geometry::Line(city.edge(a, b)))?;
            }
        }
        Ok(())
    }

    /// What lies between the main roads.
    fn quarter(&mut self, city: &Skeleton, cell: At, households: usize) -> Result<(), Failure> {
        let remoteness = city.remoteness(cell);
        let mut rng = city.draw(STREETS, cell);
        let quarter = divide(city.around(cell), BLOCK_M2 * (1.0 + LOOSER * remoteness.powi(2)), &mut rng);
        for street in quarter.streets {
            self.roads.add(format_args!(r#""class":"{}""#, street.class), &Geometry::Line(street.line))?;
        }
        let mut rng = city.draw(PEOPLE, cell);
        let uses: Vec<Use> = quarter.blocks.iter().map(|block| Use::of(block, remoteness, &mut rng)).collect();
        // a quarter where nobody would live is no better than low houses
        let mut points: Vec<f64> = quarter.blocks.iter().zip(&uses).map(|(block, of)| of.points(block.area(), &mut rng)).collect();
        if points.iter().sum::<f64>() == 0.0 {
            points.fill(1.0);
        }
        for ((block, used), n) in quarter.blocks.iter().zip(uses).zip(share_out(households, &points)) {
            self.block(block, used, n, &mut rng)?;
        }
        self.masts(&quarter.blocks, households, &mut rng)
    }

    fn block(&mut self, block: &Block, used: Use, n: usize, rng: &mut Rng) -> Result<(), Failure> {
        let mut ring = block.0.clone();
        ring.push(ring[0]);
        let name = if used.is_named() { format!(r#","name":"{used:?} {}""#, self.landuse.count() + 1) } else { String::new() };
        self.landuse.add(format_args!(r#""kind":"{}"{name}"#, used.kind()), &Geometry::Polygon(vec![ring]))?;
        match used {
            Use::Compound => {
                // from the gate to the towers
                let gate = rng.below(block.0.len());
                let way = vec![block.0[gate], lerp(block.0[gate], block.inside(20.0, rng), 0.8)];
                self.roads.add(format_args!(r#""class":"service""#), &Geometry::Line(way))?;
            }
            Use::Park if block.area() > LAKE_M2 => {
                let mut shore = block.shrunk(rng.span(0.4, 0.7));
                shore.push(shore[0]);
                self.water.add(format_args!(r#""kind":"lake""#), &Geometry::Polygon(vec![shore]))?;
            }
            _ => (),
        }
        for one in settle(block, used, n, rng) {
            let properties = format_args!(r#""weight":{},"kind":"{}""#, one.weight, one.kind);
            self.households.add(properties, &Geometry::Point(one.at))?;
        }
        self.services(block, used, n, rng)
    }

    /// Points of interest: halls by number of households, the rest by use.
    fn services(&mut self, block: &Block, used: Use, n: usize, rng: &mut Rng) -> Result<(), Failure> {
        let often: &[(&str, f64)] = match used {
            Use::Offices => &[("amenity:restaurant", 0.5), ("amenity:bank", 0.3), ("tourism:hotel", 0.1)],
            Use::Campus => &[("amenity:school", 1.0)],
            Use::Park | Use::Field | Use::Industry => &[],
            _ => &[("shop:supermarket", n as f64 / 500.0), ("amenity:kindergarten", n as f64 / 1500.0)],
        };
        if rng.share() < n as f64 / HALL {
            self.pois.add(format_args!(r#""kind":"shop:mobile_phone","radius_m":500"#), &Geometry::Point(block.at_street(rng)))?;
        }
        for (kind, chance) in often {
            if rng.share() < *chance {
                self.pois.add(format_args!(r#""kind":"{kind}""#), &Geometry::Point(block.at_street(rng)))?;
            }
        }
        Ok(())
    }

    fn masts(&mut self, blocks: &[Block], households: usize, rng: &mut Rng) -> Result<(), Failure> {
        for _ in 0..(households as f64 / MAST).ceil() as usize {
            let at = blocks[rng.below(blocks.len())].inside(10.0, rng);
            for (id, properties) in sectors(self.masts, rng.span(0.0, 120.0).round(), MAST_M) {
                self.stations.add_as(&id, format_args!("{properties}"), &Geometry::Point(at))?;
            }
            self.masts += 1;
        }
        Ok(())
    }
}
