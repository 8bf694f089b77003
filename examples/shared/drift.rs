//! Plausible change on a folder of layers: what a town looks like at its next census.

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// Anything that ends a run with a message.
type Failure = Box<dyn std::error::Error + Send + Sync>;
/// Longitude, latitude.
type Place = [f64; 2];

/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_320.0;
/// How far from an old house a new one stands, at most, m.
const NEAR_M: f64 = 25.0;
/// Half a side of a new estate, m.
const ESTATE_M: f64 = 70.0;
/// Half the length of the road through it, m.
const ROAD_M: f64 = 180.0;
/// How far a division border moves, at most, m.
const BORDER_M: f64 = 30.0;

/// What changes.
pub struct Drift {
    /// Seed of every random choice.
    pub seed: u64,
    /// Points at the edge that are new, as a share of all; half as many appear and disappear anywhere.
    pub growth: f64,
    /// Level of the divisions of which a border changes.
    pub level: Option<i64>,
    /// Their hierarchy.
    pub scheme: Option<String>,
}

/// Layers of a folder by name without ending, as GeoJSON.
pub struct Folder(BTreeMap<String, Value>);

/// What was done, for the screen.
#[derive(Debug, Default)]
pub struct Told {
    /// Points that are gone from one place.
    pub demolished: usize,
    /// Points of a new estate.
    pub estate: usize,
    /// Further new points.
    pub new: usize,
    /// Further points that are gone.
    pub gone: usize,
    /// Ids of the divisions between which the border moved.
    pub border: Option<[String; 2]>,
}

impl Folder {
    /// Reads all `.geojson` files of a folder, plain or `.gz`.
    pub fn read(folder: &Path) -> Result<Folder, Failure> {
        let mut layers = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(|e| format!("{}: {e}; give a folder with layers", folder.display()))? {
            let path = entry?.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let Some(layer) = name.strip_suffix(".gz").unwrap_or(&name).strip_suffix(".geojson") else { continue };
            let bytes = std::fs::read(&path)?;
            let mut text = String::new();
            match name.ends_with(".gz") {
                true => GzDecoder::new(&bytes[..]).read_to_string(&mut text).map(|_| ())?,
                false => text = String::from_utf8(bytes)?,
            }
            layers.insert(layer.to_string(), serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?);
        }
        Ok(Folder(layers))
    }

    /// Writes them, plain, into a folder that is made where there is none.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(folder)?;
        for (layer, value) in &self.0 {
            evengrid::io::write_atomic(&folder.join(layer).with_extension("geojson"), serde_json::to_string(value)?.as_bytes())?;
        }
        Ok(())
    }

    fn features(&mut self, layer: &str) -> Result<&mut Vec<Value>, Failure> {
        let found = self.0.get_mut(layer).and_then(|v| v.get_mut("features")).and_then(Value::as_array_mut);
        found.ok_or_else(|| format!("no layer {layer}.geojson with features; give a folder with one").into())
    }

    /// Lets some years pass.
    pub fn drift(&mut self, drift: &Drift) -> Result<Told, Failure> {
        let mut rng = Rng(drift.seed);
        let mut told = Told { border: border(self.features("admin")?, drift, &mut rng), ..Told::default() };
        let estate = households(self.features("households")?, drift, &mut rng, &mut told);
        if let (Some((at, turn)), Ok(roads)) = (estate, self.features("roads")) {
            let ends: Vec<Place> = [-1.0, 1.0].map(|k| moved(at, k * ROAD_M * turn.cos(), k * ROAD_M * turn.sin())).to_vec();
            roads.push(json!({"type": "Feature", "properties": {"id": format!("new-{}", drift.seed), "class": "residential"},
                "geometry": {"type": "LineString", "coordinates": ends}}));
        }
        Ok(told)
    }
}

/// Growth at the edge, in-fill and decline everywhere, a demolished block, a new estate; says where and how the estate lies.
fn households(points: &mut Vec<Value>, drift: &Drift, rng: &mut Rng, told: &mut Told) -> Option<(Place, f64)> {
    let places: Vec<Place> = points.iter().map(|p| place(p).unwrap_or_default()).collect();
    let mut sorted = [0, 1].map(|k| {
        let mut all: Vec<f64> = places.iter().map(|p| p[k]).collect();
        all.sort_by(f64::total_cmp);
        all
    });
    let (n, middle) = (places.len(), sorted.each_mut().map(|s| s.get(s.len() / 2).copied().unwrap_or_default()));
    if n == 0 {
        return None;
    }
    let mut outwards: Vec<usize> = (0..n).collect();
    outwards.sort_by(|&a, &b| distance_m(places[b], middle).total_cmp(&distance_m(places[a], middle)).then(a.cmp(&b)));
    let share = |s: f64| (s * n as f64).round() as usize;
    let (edge, rate) = (share(drift.growth), share(drift.growth / 2.0));
    let mut fresh: Vec<(usize, Place)> = Vec::new();
    for _ in 0..edge {
        let like = outwards[rng.below(n.div_ceil(5))];
        fresh.push((like, rng.near(places[like], NEAR_M)));
    }
    for _ in 0..rate {
        let like = rng.below(n);
        fresh.push((like, rng.near(places[like], NEAR_M)));
    }
    told.new = fresh.len();
    let mut gone: BTreeSet<usize> = (0..rate).map(|_| rng.below(n)).collect();
    told.gone = gone.len();
    let block = places[rng.below(n)];
    let mut around: Vec<usize> = (0..n).collect();
    around.sort_by(|&a, &b| distance_m(places[a], block).total_cmp(&distance_m(places[b], block)).then(a.cmp(&b)));
    gone.extend(&around[..share(0.008).max(5).min(n / 4)]);
    told.demolished = gone.len() - told.gone;
    let (like, turn) = (rng.below(n), rng.share() * std::f64::consts::PI);
    told.estate = share(0.02).max(10);
    fresh.extend((0..told.estate).map(|_| (like, rng.near(places[like], ESTATE_M))));
    let known: BTreeSet<String> = points.iter().filter_map(|p| Some(p["properties"]["id"].as_str()?.to_string())).collect();
    let prefix = (0..).map(|k| format!("n{}-{k}-", drift.seed)).find(|p| !known.iter().any(|id| id.starts_with(p.as_str())));
    let prefix = prefix.unwrap_or_default();
    let new: Vec<Value> = fresh.into_iter().enumerate().map(|(i, (like, at))| house(&points[like], &format!("{prefix}{i}"), at)).collect();
    let mut at = 0..;
    points.retain(|_| at.next().is_some_and(|i| !gone.contains(&i)));
    points.extend(new);
    Some((places[like], turn))
}

/// A house like another one.
fn house(like: &Value, id: &str, at: Place) -> Value {
    let mut house = like.clone();
    house["id"] = json!(id);
    house["properties"]["id"] = json!(id);
    // a tower is not built a second time beside the first
    if let Some(weight) = house["properties"]["weight"].as_f64().filter(|w| *w > 6.0) {
        house["properties"]["weight"] = json!((weight / 10.0).ceil());
    }
    house["geometry"] = json!({"type": "Point", "coordinates": at});
    house
}

/// Moves a stretch of border between two divisions of the level to one side: every vertex of it in all outlines that have it.
fn border(divisions: &mut [Value], drift: &Drift, rng: &mut Rng) -> Option<[String; 2]> {
    let wanted = |d: &Value| {
        let p = &d["properties"];
        drift.level.is_none_or(|l| p["admin_level"].as_i64() == Some(l))
            && drift.scheme.as_deref().is_none_or(|s| p["scheme"].as_str() == Some(s))
    };
    let key = |p: &Value| Some([p[0].as_f64()?.to_bits(), p[1].as_f64()?.to_bits()]);
    let mut owners: BTreeMap<[u64; 2], BTreeSet<usize>> = BTreeMap::new();
    for (i, d) in divisions.iter().enumerate().filter(|(_, d)| wanted(d)) {
        rings(&d["geometry"]).into_iter().flatten().filter_map(key).for_each(|k| {
            owners.entry(k).or_default().insert(i);
        });
    }
    // runs of vertices that the same two divisions share
    let mut runs: Vec<([usize; 2], Vec<[u64; 2]>)> = Vec::new();
    for (i, d) in divisions.iter().enumerate().filter(|(_, d)| wanted(d)) {
        for ring in rings(&d["geometry"]) {
            let mut run: Option<([usize; 2], Vec<[u64; 2]>)> = None;
            for k in ring.iter().filter_map(key) {
                let pair: Vec<usize> = owners[&k].iter().copied().collect();
                match (&mut run, <[usize; 2]>::try_from(pair)) {
                    (Some((own, run)), Ok(pair)) if *own == pair => run.push(k),
                    (_, Ok(pair)) if pair[0] == i => runs.extend(run.replace((pair, vec![k]))),
                    _ => runs.extend(run.take()),
                }
            }
            runs.extend(run);
        }
    }
    runs.retain(|r| r.1.len() >= 8);
    let (pair, run) = (!runs.is_empty()).then(|| runs.swap_remove(rng.below(runs.len())))?;
    let length = run.len().min(24);
    let first = rng.below(run.len() - length + 1);
    let side = if rng.share() < 0.5 { 1.0 } else { -1.0 };
    let at = |k: &[u64; 2]| k.map(f64::from_bits);
    let (a, b) = (at(&run[first]), at(&run[first + length - 1]));
    let (dx, dy) = ((b[0] - a[0]) * a[1].to_radians().cos(), b[1] - a[1]);
    let across = dx.hypot(dy).max(1e-12);
    let shifted: BTreeMap<[u64; 2], Place> = run[first + 1..first + length - 1]
        .iter()
        .enumerate()
        .map(|(i, k)| {
            let far = side * BORDER_M * ((i + 1) as f64 / (length - 1) as f64 * std::f64::consts::PI).sin();
            (*k, moved(at(k), -dy / across * far, dx / across * far))
        })
        .collect();
    for d in divisions.iter_mut() {
        each_position(&mut d["geometry"]["coordinates"], &mut |p| {
            if let Some(to) = key(p).and_then(|k| shifted.get(&k)) {
                *p = json!(to);
            }
        });
    }
    let name = |i: usize| divisions[i]["properties"]["id"].as_str().unwrap_or_default().to_string();
    Some(pair.map(name))
}

fn rings(geometry: &Value) -> Vec<&Vec<Value>> {
    fn collect<'a>(v: &'a Value, out: &mut Vec<&'a Vec<Value>>) {
        match v.as_array() {
            Some(list) if list.first().is_some_and(|p| p[0].is_number()) => out.push(list),
            Some(list) => list.iter().for_each(|v| collect(v, out)),
            None => {}
        }
    }
    let mut out = Vec::new();
    collect(&geometry["coordinates"], &mut out);
    out
}

fn each_position(v: &mut Value, change: &mut impl FnMut(&mut Value)) {
    if v[0].is_number() {
        change(v);
    } else if let Some(list) = v.as_array_mut() {
        list.iter_mut().for_each(|v| each_position(v, change));
    }
}

fn place(feature: &Value) -> Option<Place> {
    let at = &feature["geometry"]["coordinates"];
    Some([at[0].as_f64()?, at[1].as_f64()?])
}

fn distance_m(a: Place, b: Place) -> f64 {
    ((a[0] - b[0]) * a[1].to_radians().cos()).hypot(a[1] - b[1]) * DEGREE_M
}

/// A place so many metres to the east and north, with seven decimals.
fn moved(at: Place, east_m: f64, north_m: f64) -> Place {
    let to = [at[0] + east_m / DEGREE_M / at[1].to_radians().cos(), at[1] + north_m / DEGREE_M];
    to.map(|x| (x * 1e7).round() / 1e7)
}

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn near(&mut self, at: Place, within_m: f64) -> Place {
        let mut off = || (2.0 * self.share() - 1.0) * within_m;
        moved(at, off(), off())
    }
}
