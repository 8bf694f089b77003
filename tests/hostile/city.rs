//! A small city as files, of which a row replaces some, and the whole way from them to a plan with its files.

use crate::kit::{Expect, Row, row};
use evengrid::finding::Finding;
use evengrid::io::{Limits, Reader, Staged, map, plan_files, plan_read, sheet};
use evengrid::pipeline::{Drawn, draw};
use evengrid::plan::{Plan, check};
use evengrid::recipe::{Draft, Recipe};
use evengrid::territory::layers::Layers;
use std::path::Path;

/// Files by name.
pub type Files = Vec<(String, Vec<u8>)>;

/// What every recipe of these rows begins with; a row's own goes before it.
const RECIPE: &str = "[division]\nlevel = 9\n[grid]\ntarget = 60\ntolerance = 0.3\n[effort]\nlevel = \"quick\"\n";

pub fn feature(properties: &str, kind: &str, coordinates: &str) -> String {
    format!(r#"{{"type":"Feature","properties":{properties},"geometry":{{"type":"{kind}","coordinates":{coordinates}}}}}"#)
}

pub fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", features.join(",\n"))
}

/// A closed ring of a rectangle.
pub fn ring([west, south, east, north]: [f64; 4]) -> String {
    format!("[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]")
}

/// A division of level 9.
pub fn division(id: &str, extent: [f64; 4]) -> String {
    feature(&format!(r#"{{"id":"{id}","admin_level":9,"name":"{id}"}}"#), "Polygon", &format!("[{}]", ring(extent)))
}

/// The land of the city.
pub const EXTENT: [f64; 4] = [113.0, 30.0, 113.02, 30.02];

/// Places of homes, six by six.
pub fn places() -> impl Iterator<Item = [f64; 2]> {
    (0..36).map(|i| [113.0015 + 0.0033 * f64::from(i % 6), 30.0015 + 0.0033 * f64::from(i / 6)])
}

pub fn homes() -> Vec<String> {
    let home = |(i, [x, y]): (usize, [f64; 2])| feature(&format!(r#"{{"id":"h{i}","weight":10}}"#), "Point", &format!("[{x:.4},{y:.4}]"));
    places().enumerate().map(home).collect()
}

/// The homes with one more.
pub fn homes_and(one: &str) -> String {
    collection(&homes().into_iter().chain([one.to_string()]).collect::<Vec<_>>())
}

/// The homes as text with this between the fields.
pub fn table(between: char) -> String {
    let rows = places().enumerate().map(|(i, [x, y])| format!("h{i},{x:.4},{y:.4},10\n")).collect::<String>();
    format!("id,lon,lat,weight\n{rows}").replace(',', &between.to_string())
}

pub fn admin() -> String {
    collection(&[division("A", EXTENT)])
}

pub fn roads() -> String {
    let across = (1..4).flat_map(|i| {
        let at = 0.005 * f64::from(i);
        let (x, y) = (113.0 + at, 30.0 + at);
        [format!("[[113,{y:.4}],[113.02,{y:.4}]]"), format!("[[{x:.4},30],[{x:.4},30.02]]")]
    });
    collection(&across.map(|line| feature(r#"{"class":"secondary"}"#, "LineString", &line)).collect::<Vec<_>>())
}

/// A city before it is read.
pub struct City {
    files: Files,
    recipe: String,
    limits: Limits,
}

/// A city that nothing is wrong with.
pub fn good() -> City {
    let files = [("admin.geojson", admin()), ("households.geojson", homes_text()), ("roads.geojson", roads())];
    let files = files.map(|(name, text)| (name.to_string(), text.into_bytes()));
    City { files: files.into(), recipe: RECIPE.into(), limits: Limits::default() }
}

fn homes_text() -> String {
    collection(&homes())
}

/// A city in which this file is the layer of its name.
pub fn with(name: &str, bytes: impl Into<Vec<u8>>) -> City {
    good().and(name, bytes)
}

impl City {
    /// Puts a file in the place of those of its layer.
    pub fn and(self, name: &str, bytes: impl Into<Vec<u8>>) -> City {
        self.all(vec![(name.to_string(), bytes.into())])
    }

    /// Puts the files of one layer in the place of those that there are.
    pub fn all(mut self, files: Files) -> City {
        let layer = |name: &str| name.split('.').next().unwrap_or_default().to_string();
        self.files.retain(|(old, _)| files.iter().all(|(new, _)| layer(old) != layer(new)));
        self.files.extend(files);
        self
    }

    /// Says more in the recipe, before what it says anyhow.
    pub fn recipe(mut self, toml: &str) -> City {
        self.recipe = format!("{toml}\n{}", self.recipe);
        self
    }

    /// Says this alone in the recipe.
    pub fn only(mut self, toml: &str) -> City {
        self.recipe = toml.into();
        self
    }

    pub fn limits(mut self, features: u64, positions: u64) -> City {
        self.limits = Limits { features, positions };
        self
    }

    /// A row that draws this city.
    pub fn row(self, name: impl Into<String>, expect: Expect) -> Row {
        row(name, expect, move |folder| self.drawn(folder).map(|drawn| told(&drawn.report.findings)))
    }

    /// The layers alone.
    pub fn layers(&self, folder: &Path) -> Result<Layers, String> {
        for (name, bytes) in &self.files {
            std::fs::write(folder.join(name), bytes).expect("a writable folder");
        }
        let recipe = self.built()?;
        Reader::default().limits(self.limits).layers(folder, &recipe.layers).map_err(|e| e.to_string())
    }

    fn built(&self) -> Result<Recipe, String> {
        Draft::from_toml(&self.recipe).and_then(Draft::build).map_err(|e| e.to_string())
    }

    /// Reads, draws, writes all files of the plan to `plan` beside the layers, and reads them again.
    pub fn drawn(&self, folder: &Path) -> Result<Drawn, String> {
        let (layers, recipe) = (self.layers(folder)?, self.built()?);
        let drawn = draw(&layers, &recipe, &()).map_err(|e| e.to_string())?;
        written(&drawn, &folder.join("plan"));
        Ok(drawn)
    }
}

pub fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{}: {}", f.code, f.message)).collect()
}

/// Writes the plan and holds what is there against what always holds.
fn written(drawn: &Drawn, out: &Path) {
    let plan = &drawn.plan;
    let sheet = sheet::sheet(plan, &drawn.report, &drawn.territory, plan.zones.first().map_or("", |z| &z.name));
    let (page, print) = (map::html(&sheet), map::svg(&sheet));
    let attachments = plan_files::attachments_csv(plan);
    let files = [
        ("zones.geojson", plan_files::zones_geojson(plan).expect("JSON")),
        ("grids.geojson", plan_files::grids_geojson(plan).expect("JSON")),
        ("attachments.csv", attachments.clone()),
        ("stations.csv", plan_files::stations_csv(plan)),
        ("levels.csv", plan_files::levels_csv(plan)),
        ("report.json", plan_files::report_json(&drawn.report).expect("JSON")),
        ("map.html", page.clone()),
        ("map.svg", print.clone()),
        ("plan.json", plan_files::plan_json(plan).expect("JSON")),
    ];
    let mut staged = Staged::begin(out).expect("a folder");
    files.iter().for_each(|(name, text)| staged.write(name, text.as_bytes()).expect("a plain file"));
    staged.commit().expect("a plan folder");

    assert!(plan_read::whole(out).expect("a plan") == *plan, "the plan comes back otherwise");
    let found = plan_read::read_plan(out).expect("a plan folder");
    let checked = check(&found, &drawn.territory, plan.provenance.recipe.grid.tolerance, &()).unwrap();
    let broken: Vec<String> = checked.checks.iter().filter(|c| c.hard && !c.ok).map(|c| format!("{c:?}")).collect();
    assert!(checked.passed(), "the plan breaks its own rules: {}", broken.join("; "));
    harmless(&page, &print);
    rows(plan, &attachments);
}

/// The page holds no mark-up but its own, whatever names say.
fn harmless(page: &str, print: &str) {
    let marks = |text: &str| text.matches('<').count();
    let own = marks(&map::html(&map::Sheet::default()));
    assert_eq!(marks(page), own, "map.html has mark-up from names");
    let mut reader = quick_xml::Reader::from_str(print);
    loop {
        match reader.read_event().expect("map.svg is XML") {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(e) => {
                assert!(!matches!(e.name().as_ref(), "script" | "img"), "map.svg has mark-up from names")
            }
            _ => {}
        }
    }
}

/// Every entity is one row of the table, with its id as it is.
fn rows(plan: &Plan, attachments: &str) {
    let text = attachments.trim_start_matches('\u{feff}');
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let ids: Vec<String> = table.records().map(|r| r.expect("six fields")[0].to_string()).collect();
    assert!(ids.iter().eq(plan.attachments.iter().map(|a| a.entity.as_str())), "ids are torn or changed in attachments.csv");
}
