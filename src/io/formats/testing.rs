//! For tests of typed formats: a sink that keeps everything, and data.

use super::feature::{Cell, Feature, Field, FieldKind, Geometry, Head, Reading, Record, Shape, Sink};
use super::{geojson, typed};
use crate::io::error::ReadError;
pub(in crate::io) use crate::io::testing::Folder;
use crate::io::testing::owned;
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Polygon};
use proptest::collection::vec;
use proptest::prelude::*;
use std::borrow::Cow;
use std::process::Command;

/// Keeps all that a reader hands over.
#[derive(Default)]
pub(in crate::io) struct Kept {
    pub head: Option<Head>,
    pub records: Vec<Result<Feature<'static>, String>>,
}

impl Sink for Kept {
    fn head(&mut self, head: &Head) -> Result<(), ReadError> {
        assert!(self.head.replace(head.clone()).is_none() && self.records.is_empty(), "one head before all records");
        Ok(())
    }

    fn record(&mut self, record: u64, found: Record<'_>) -> Result<(), ReadError> {
        self.records.push(match found {
            Record::Feature(f) => Ok(Feature { id: owned(f.id), cells: f.cells.into_iter().map(owned).collect(), geometry: f.geometry }),
            Record::Malformed(why) => Err(why),
        });
        assert_eq!(record, self.records.len() as u64, "records are numbered from 1");
        Ok(())
    }
}

impl Kept {
    pub(in crate::io) fn head(&self) -> &Head {
        self.head.as_ref().expect("a head")
    }

    /// Texts of the cells and the shape of each feature.
    pub(in crate::io) fn seen(&self) -> Seen {
        self.records.iter().flat_map(|r| seen(std::slice::from_ref(r.as_ref().expect("a feature")))).collect()
    }
}

/// Texts and shapes as [`Kept::seen`] has them.
pub(in crate::io) type Seen = Vec<(Vec<Option<String>>, Shape)>;

/// Texts of the cells and the shape of each feature.
pub(in crate::io) fn seen(features: &[Feature<'_>]) -> Seen {
    features.iter().map(|f| (f.cells.iter().map(|c| c.text().map(Cow::into_owned)).collect(), f.geometry.shape.clone())).collect()
}

/// [`VILLAGES`] with each cell of the kind of its field.
pub(in crate::io) fn typed_villages(folder: &Folder) -> Vec<Feature<'static>> {
    let cell = |(c, field): (&Cell<'static>, &Field)| match (c.text(), field.kind) {
        (Some(t), FieldKind::Integer) => Cell::Integer(t.parse().expect("an integer")),
        (Some(t), FieldKind::Real) => Cell::Real(t.parse().expect("a number")),
        (Some(t), FieldKind::Flag) => Cell::Flag(t == "true"),
        _ => c.clone(),
    };
    let typed = |f: &Feature<'static>| {
        let cells = f.cells.iter().zip(&village_fields()).map(cell).collect();
        Feature { id: Cell::Missing, cells, geometry: f.geometry.clone() }
    };
    villages(folder).records.iter().map(|r| typed(r.as_ref().expect("a feature"))).collect()
}

/// Whether an outside program is there; tests that need one are passed over where it is not.
pub(in crate::io) fn has(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|o| o.status.success())
}

/// Runs an outside program and gives what it printed.
pub(in crate::io) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect(program);
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Features in many shapes, with Chinese names, holes, parts, and values that are missing.
pub(in crate::io) const VILLAGES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"name":"龙泉村","code":"007","n":12,"x":2.5,"ok":true,"day":"2024-02-29"},"geometry":{"type":"Polygon","coordinates":[[[100,20],[140,20],[140,60],[100,60],[100,20]],[[110,30],[120,30],[120,40],[110,30]]]}},
{"type":"Feature","properties":{"name":"𠮷野 \"里\"","code":"0","n":-3000000000,"x":-0.1,"ok":false,"day":"1969-12-31"},"geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[9,0],[9,9],[0,0]]],[[[20,20],[29,20],[29,29],[20,20]],[[23,21],[26,21],[26,24],[23,21]]]]}},
{"type":"Feature","properties":{"name":null,"code":null,"n":null,"x":null,"ok":null,"day":null},"geometry":{"type":"Point","coordinates":[113.25,23.125]}},
{"type":"Feature","properties":{"name":"河","code":"١٢","n":9007199254740993,"x":1e300,"ok":true,"day":"2000-01-01"},"geometry":{"type":"LineString","coordinates":[[1,2],[3,4],[5,7]]}},
{"type":"Feature","properties":{"name":"é","code":"-","n":0,"x":0.30000000000000004,"ok":false,"day":"1900-03-01"},"geometry":{"type":"MultiPoint","coordinates":[[1.5,2],[3,4]]}},
{"type":"Feature","properties":{"name":"路","code":"z","n":1,"x":7.0625,"ok":true,"day":"2038-01-20"},"geometry":{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8],[9,9.5]]]}},
{"type":"Feature","properties":{"name":"无","code":"n","n":5,"x":5.5,"ok":true,"day":"2001-02-03"},"geometry":null}]}"#;

/// Fields of [`VILLAGES`].
pub(in crate::io) fn village_fields() -> Vec<Field> {
    let kinds = [FieldKind::Text, FieldKind::Text, FieldKind::Integer, FieldKind::Real, FieldKind::Flag, FieldKind::Date];
    let names = ["name", "code", "n", "x", "ok", "day"];
    names.iter().zip(kinds).map(|(name, kind)| Field { name: name.to_string(), kind }).collect()
}

/// Names of the fields of [`VILLAGES`].
pub(in crate::io) fn village_names() -> Vec<String> {
    village_fields().into_iter().map(|f| f.name).collect()
}

/// [`VILLAGES`] as the reader of GeoJSON has them.
pub(in crate::io) fn villages(folder: &Folder) -> Kept {
    folder.write("villages.geojson", VILLAGES);
    let mut kept = Kept::default();
    geojson::each_feature(&folder.path().join("villages.geojson"), "villages.geojson", &village_names(), &Reading::default(), &mut kept)
        .expect("readable");
    kept
}

fn position() -> impl Strategy<Value = Coord<f64>> {
    let number = prop_oneof![-180.0..180.0f64, -1e7..1e7f64, any::<f64>().prop_filter("finite", |x| x.is_finite())];
    (number.clone(), number).prop_map(|(x, y)| Coord { x, y })
}

fn ring() -> impl Strategy<Value = LineString<f64>> {
    vec(position(), 3..6).prop_map(|mut r| {
        r.extend(r.first().copied());
        LineString::new(r)
    })
}

/// Shapes of every kind, valid in form but not always on the ground.
pub(in crate::io) fn shape() -> impl Strategy<Value = Shape> {
    let area = (ring(), vec(ring(), 0..3)).prop_map(|(outline, holes)| Polygon::new(outline, holes));
    prop_oneof![
        vec(position(), 0..4).prop_map(Shape::points),
        vec(vec(position(), 2..5).prop_map(LineString::new), 1..4).prop_map(|l| Shape::Lines(MultiLineString::new(l))),
        vec(area, 1..4).prop_map(|a| Shape::Areas(MultiPolygon::new(a))),
    ]
}

/// Features with the fields of [`VILLAGES`].
pub(in crate::io) fn features() -> impl Strategy<Value = Vec<Feature<'static>>> {
    let maybe = |cell: BoxedStrategy<Cell<'static>>| prop_oneof![1 => Just(Cell::Missing), 3 => cell];
    let text = || any::<String>().prop_map(|t| Cell::Text(Cow::Owned(t)));
    let real = any::<f64>().prop_filter("a number", |x| !x.is_nan());
    let day = (-700_000i64..2_000_000).prop_map(|n| Cell::Text(Cow::Owned(typed::day(n))));
    let cells = (
        maybe(text().boxed()),
        maybe(text().boxed()),
        maybe(any::<i64>().prop_map(Cell::Integer).boxed()),
        maybe(real.prop_map(Cell::Real).boxed()),
        maybe(any::<bool>().prop_map(Cell::Flag).boxed()),
        maybe(day.boxed()),
    );
    let cells = cells.prop_map(|(a, b, c, d, e, f)| vec![a, b, c, d, e, f]);
    let shape = prop_oneof![1 => Just(Shape::Missing), 4 => shape()];
    let feature = (cells, shape).prop_map(|(cells, shape)| {
        let geometry = Geometry { kind: Default::default(), shape, ..Geometry::default() };
        Feature { id: Cell::Missing, cells, geometry }
    });
    vec(feature, 0..12)
}

/// Damaged copies of a file: cut off at many places, and with one to eight bytes changed at random.
pub(in crate::io) fn damaged(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    const CUTS: usize = 200;
    const CHANGES: u64 = 600;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let cuts = (0..CUTS).map(|i| bytes[..bytes.len() * i / CUTS].to_vec());
    cuts.chain((0..CHANGES).map(move |i| {
        let mut copy = bytes.to_vec();
        for _ in 0..=random() % 8 {
            // the ends of a file say most of what is in it
            let span = if i % 2 == 0 { copy.len() } else { copy.len().min(1500) };
            let at = random() as usize % span;
            let at = if i % 4 == 1 { copy.len() - 1 - at } else { at };
            copy[at] = random() as u8;
        }
        copy
    }))
}
