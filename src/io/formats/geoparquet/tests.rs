use super::write::{Crs, write_geoparquet};
use super::*;
use crate::io::formats::feature::{Declared, Shape};
use crate::io::formats::testing::{Folder, Kept, Seen, damaged, features, has, run, seen, typed_villages, village_fields, village_names};
use crate::io::formats::wkb;
use proptest::prelude::*;

fn kept_as(folder: &Folder, name: &str, wanted: &[String], how: &Reading) -> Result<Kept, ReadError> {
    let mut kept = Kept::default();
    let done = read(&folder.path().join(name), name, wanted, how, &mut kept)?;
    assert_eq!(done.features, kept.records.len() as u64);
    Ok(kept)
}

fn kept(folder: &Folder, name: &str, wanted: &[String]) -> Result<Kept, ReadError> {
    kept_as(folder, name, wanted, &Reading::default())
}

fn names(names: &str) -> Vec<String> {
    names.split(' ').map(str::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_written_is_read(features in features()) {
        let folder = Folder::new();
        let fields = village_fields();
        for name in ["a.parquet", "b.parquet"] {
            write_geoparquet(&folder.path().join(name), &fields, &features, &Crs::Lonlat).unwrap();
        }
        prop_assert_eq!(std::fs::read(folder.path().join("a.parquet")).unwrap(), std::fs::read(folder.path().join("b.parquet")).unwrap());
        let kept = kept(&folder, "a.parquet", &village_names()).unwrap();
        prop_assert_eq!(kept.seen(), seen(&features));
        prop_assert_eq!(kept.head(), &Head { crs: Declared::Epsg(4326), fields, features: Some(features.len() as u64), ..Head::default() });
    }
}

/// Runs Python with geopandas; false where that is not installed.
fn python(folder: &Folder, script: &str) -> Option<String> {
    let head = "import sys, json, datetime, decimal, uuid, numpy, pandas, geopandas, shapely, pyarrow, pyarrow.parquet as pq\n";
    has("python3", &["-c", head]).then(|| {
        let head = format!("{head}import os\nos.chdir(sys.argv[1])\n");
        run("python3", &["-c", &(head + script), &folder.path().to_string_lossy()])
    })
}

const GEODATAFRAME: &str = "
f = json.load(open('villages.geojson'))['features']
d = pandas.DataFrame([x['properties'] for x in f])
d['n'] = pandas.array([None if x['properties']['n'] is None else x['properties']['n'] for x in f], dtype='Int64')
d['ok'] = d['ok'].astype('boolean')
d['day'] = [None if pandas.isna(x) else datetime.date.fromisoformat(x) for x in d['day']]
d['code'] = d['code'].astype('category')
g = geopandas.GeoDataFrame(d, geometry=[None if x['geometry'] is None else shapely.geometry.shape(x['geometry']) for x in f], crs=4490)
";

#[test]
fn files_of_geopandas() {
    let folder = Folder::new();
    let expected = seen(&typed_villages(&folder));
    let script = format!("{GEODATAFRAME}
g.to_parquet('snappy.parquet')
g.to_parquet('v2.parquet', compression='zstd', row_group_size=2, data_page_version='2.0', write_covering_bbox=True, schema_version='1.1.0')
g.set_crs(4547, allow_override=True).to_parquet('plain.parquet', compression=None, use_dictionary=False)
g.set_crs(4326, allow_override=True).to_parquet('delta.parquet', use_dictionary=False, column_encoding={{'n': 'DELTA_BINARY_PACKED', 'x': 'BYTE_STREAM_SPLIT'}})
g.set_crs(None, allow_override=True).to_parquet('none.parquet')
g.to_parquet('gzip.parquet', compression='gzip')
g.to_parquet('length.parquet', use_dictionary=False, column_encoding={{'geometry': 'DELTA_LENGTH_BYTE_ARRAY'}})
g.to_parquet('prefix.parquet', use_dictionary=False, column_encoding={{'name': 'DELTA_BYTE_ARRAY'}})");
    if python(&folder, &script).is_none() {
        return;
    }
    for (name, crs) in [
        ("snappy", Declared::Epsg(4490)),
        ("v2", Declared::Epsg(4490)),
        ("plain", Declared::Epsg(4547)),
        ("delta", Declared::Epsg(4326)),
        ("none", Declared::Nothing),
    ] {
        let kept = kept(&folder, &format!("{name}.parquet"), &village_names()).unwrap();
        assert_eq!(kept.seen(), expected, "{name}");
        assert_eq!(kept.head().crs, crs, "{name}");
        assert_eq!(kept.head().remarks.len(), usize::from(name == "none"));
        assert_eq!(kept.head().fields[..6], village_fields(), "{name}");
    }
    for (name, what) in
        [("gzip", "compressed with flate2"), ("length", "encoding DELTA_LENGTH_BYTE_ARRAY"), ("prefix", "encoding DELTA_BYTE_ARRAY")]
    {
        let error = kept(&folder, &format!("{name}.parquet"), &village_names()).err().unwrap().to_string();
        assert!(error.contains(what) && error.contains("write it again"), "{error}");
    }
    let error = kept(&folder, "v2.parquet", &names("bbox")).err().unwrap().to_string();
    assert!(error.contains("'bbox' is a list or a struct"), "{error}");
}

#[test]
fn geopandas_reads_ours() {
    let folder = Folder::new();
    let features = typed_villages(&folder);
    let crs = python(&folder, "import pyproj; print(pyproj.CRS(4547).to_json())");
    let Some(crs) = crs else { return };
    write_geoparquet(&folder.path().join("ours.parquet"), &village_fields(), &features, &Crs::Projjson(&crs)).unwrap();
    write_geoparquet(&folder.path().join("lonlat.parquet"), &village_fields(), &features, &Crs::Lonlat).unwrap();
    let back = python(&folder, "
g = geopandas.read_parquet('ours.parquet')
print(g.crs.to_epsg(), geopandas.read_parquet('lonlat.parquet').crs.to_authority(), list(g.columns))
print(json.loads(pq.read_metadata('ours.parquet').metadata[b'geo'])['version'], *g.total_bounds, sorted(json.loads(pq.read_metadata('ours.parquet').metadata[b'geo'])['columns']['geometry']['bbox']))
t = pq.read_table('ours.parquet').to_pylist()
for r, s in zip(t, g.geometry):
    assert (r['geometry'] is None) == (s is None) and (s is None or s.wkb == r['geometry'])
    print('|'.join('-' if v is None else v.hex() if isinstance(v, bytes) else str(v).lower() if isinstance(v, bool) else str(v) for v in r.values()))");
    let back = back.unwrap();
    let mut lines = back.lines();
    assert_eq!(lines.next().unwrap(), "4547 ('OGC', 'CRS84') ['name', 'code', 'n', 'x', 'ok', 'day', 'geometry']");
    assert_eq!(lines.next().unwrap(), "1.1.0 0.0 0.0 140.0 60.0 [0.0, 0.0, 60.0, 140.0]");
    for (line, (cells, shape)) in lines.zip(seen(&features)) {
        let mut bytes = Vec::new();
        let there = wkb::write(&shape, false, &mut bytes);
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let cells = cells.into_iter().map(|c| c.map_or("-".into(), |c| if c.len() == 301 { "1e+300".into() } else { c }));
        let wanted: Vec<String> = cells.chain([if there { hex } else { "-".into() }]).collect();
        assert_eq!(line, wanted.join("|"));
    }
}

#[test]
fn points_of_every_form() {
    let folder = Folder::new();
    let script = "
p = [shapely.Point(113.5, 23.25), None, shapely.Point(-1, 0)]
g = geopandas.GeoDataFrame({'名': ['一', None, '三']}, geometry=p, crs='OGC:CRS84')
g.to_parquet('native.parquet', geometry_encoding='geoarrow', schema_version='1.1.0')
g.to_parquet('wkb.parquet')
t = pyarrow.table({'名': ['一', None, '三'], 'LON': [113.5, None, -1], 'Lat': [23.25, None, 0], 'e': ['1.5', None, ' 7'], 'n': [decimal.Decimal('2.50'), None, None]})
pq.write_table(t, 'columns.parquet')
geopandas.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])]).to_parquet('lines.parquet', geometry_encoding='geoarrow', schema_version='1.1.0')
pq.write_table(t.drop(['LON']), 'bare.parquet')";
    if python(&folder, script).is_none() {
        return;
    }
    let point = |x, y| Shape::points([::geo::Coord { x, y }]);
    let expected: Seen =
        vec![(vec![Some("一".into())], point(113.5, 23.25)), (vec![None], Shape::Missing), (vec![Some("三".into())], point(-1.0, 0.0))];
    for (name, crs) in [("native", Declared::Epsg(4326)), ("wkb", Declared::Epsg(4326)), ("columns", Declared::Nothing)] {
        let kept = kept(&folder, &format!("{name}.parquet"), &names("名")).unwrap();
        assert_eq!(kept.seen(), expected, "{name}");
        assert_eq!(kept.head().crs, crs);
        assert_eq!(kept.head().fields.len(), if name == "columns" { 5 } else { 1 });
    }
    let named = |x: Option<&str>, y: Option<&str>| Reading { x: x.map(str::to_string), y: y.map(str::to_string), ..Reading::default() };
    let kept = kept_as(&folder, "columns.parquet", &[], &named(Some("e"), Some("n"))).unwrap();
    assert_eq!((kept.seen()[0].1.clone(), kept.seen()[1].1.clone()), (point(1.5, 2.5), Shape::Missing));
    let half = kept.records[2].as_ref().ok().unwrap().geometry.place().unwrap();
    assert!(half[0] == 7.0 && half[1].is_nan());
    let words = kept_as(&folder, "columns.parquet", &[], &named(Some("名"), Some("n"))).unwrap();
    assert!(words.records[0].as_ref().err().unwrap().contains("'一' in '名' is no number"));
    for how in [named(Some("LON"), None), named(Some("LON"), Some("no"))] {
        assert!(matches!(kept_as(&folder, "columns.parquet", &[], &how), Err(ReadError::NoColumn { .. })));
    }
    assert_eq!(self::kept(&folder, "bare.parquet", &names("名")).unwrap().seen()[0].1, Shape::Missing);
    let lines = self::kept(&folder, "lines.parquet", &[]).err().unwrap().to_string();
    assert!(lines.contains("encoding 'linestring'"), "{lines}");
}

#[test]
fn columns_of_all_types() {
    let folder = Folder::new();
    let script = "
u, when = uuid.UUID('12345678-1234-5678-1234-567812345678'), datetime.datetime(2024, 2, 29, 1, 2, 3, 4000)
c = {t: pyarrow.array([1, None], type=getattr(pyarrow, t)()) for t in 'int8 uint8 int16 uint16 int32 uint32 int64 uint64'.split()}
c |= {'big': pyarrow.array([2**64 - 1, None], type=pyarrow.uint64()), 'f16': pyarrow.array([numpy.float16(1.5), None]), 'f32': pyarrow.array([0.5, None], type=pyarrow.float32()),
 'dec': pyarrow.array([decimal.Decimal('-12.340'), None]), 'wide': pyarrow.array([decimal.Decimal('123456789012345678901234567890.5'), None]),
 'dict': pyarrow.array(['007', None]).dictionary_encode(), 'large': pyarrow.array(['大', None], type=pyarrow.large_string()), 'date': pyarrow.array([when.date(), None]),
 'time': pyarrow.array([when.time(), None]), 'utc': pyarrow.array([when, None], type=pyarrow.timestamp('ms', tz='UTC')), 'ns': pyarrow.array([when, None], type=pyarrow.timestamp('ns')),
 'bin': pyarrow.array([b'\\xff', None]), 'null': pyarrow.nulls(2)}
pq.write_table(pyarrow.table(c), 'types.parquet', store_decimal_as_integer=False)
pq.write_table(pyarrow.table({'dec': c['dec'], 'ns': c['ns']}), 'old.parquet', use_deprecated_int96_timestamps=True, store_decimal_as_integer=True)
pq.write_table(pyarrow.table({'id': ['a'], 'list': [[1, 2]], 'struct': [{'x': 1}]}), 'nested.parquet')";
    if python(&folder, script).is_none() {
        return;
    }
    let wanted = names("int8 uint8 int16 uint16 int32 uint32 int64 uint64 big f16 f32 dec wide dict large date time utc ns null");
    let text = |kept: &Kept| kept.seen()[0].0.iter().map(|c| c.clone().unwrap_or("-".into())).collect::<Vec<_>>().join(" ");
    let types = kept(&folder, "types.parquet", &wanted).unwrap();
    assert_eq!(
        text(&types),
        "1 1 1 1 1 1 1 1 18446744073709551615 1.5 0.5 -12.340 123456789012345678901234567890.5 007 大 2024-02-29 01:02:03.004 2024-02-29T01:02:03.004Z 2024-02-29T01:02:03.004 -"
    );
    assert!(types.seen()[1].0.iter().all(Option::is_none));
    assert_eq!(text(&kept(&folder, "old.parquet", &names("dec ns")).unwrap()), "-12.340 2024-02-29T01:02:03.004");
    assert!(matches!(kept(&folder, "types.parquet", &names("bin")), Err(ReadError::Value { record: 1, .. })));
    let fields = crate::io::formats::field_names(&folder.path().join("nested.parquet"), "nested.parquet", &Reading::default());
    assert_eq!(fields.unwrap(), ["id"]);
}

#[test]
fn damaged_files_are_read_or_refused() {
    let folder = Folder::new();
    let features = typed_villages(&folder);
    write_geoparquet(&folder.path().join("v.parquet"), &village_fields(), &features, &Crs::Lonlat).unwrap();
    let mut files = vec!["v.parquet"];
    let script = format!("{GEODATAFRAME}
g.to_parquet('a.parquet')
g.to_parquet('b.parquet', compression=None, row_group_size=2, data_page_version='2.0')
g.to_parquet('c.parquet', compression=None, use_dictionary=False, column_encoding={{'n': 'DELTA_BINARY_PACKED', 'x': 'BYTE_STREAM_SPLIT'}})");
    if python(&folder, &script).is_some() {
        files.extend(["a.parquet", "b.parquet", "c.parquet"]);
    }
    for name in files {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        let (mut refused, mut gave_up) = (0, 0);
        for copy in damaged(&bytes) {
            folder.write("d.parquet", copy);
            if let Err(error) = kept(&folder, "d.parquet", &village_names()) {
                refused += 1;
                gave_up += u32::from(error.to_string().contains("gave up"));
            }
        }
        assert!(refused > 250 && gave_up < refused / 20, "{name}: {refused} {gave_up}");
    }
}

/// A footer with groups within groups, `depth` of them.
#[test]
fn a_deep_schema_is_refused() {
    let folder = Folder::new();
    for depth in [10u32, 1000, 300_000] {
        // fields 1 (version 1) and 2 (a list of structs, its length as a variable-length number)
        let mut footer = vec![0x15, 2, 0x19, 0xfc];
        let mut length = depth + 1;
        while length > 0x7f {
            footer.push(length as u8 | 0x80);
            length >>= 7;
        }
        footer.push(length as u8);
        // each a name and one child; then a leaf; no rows, no groups
        (0..depth).for_each(|_| footer.extend([0x35, 0, 0x18, 1, b'a', 0x15, 2, 0]));
        footer.extend([0x15, 0, 0x25, 0, 0x18, 1, b'a', 0, 0x16, 0, 0x19, 0x0c, 0]);
        let size = (footer.len() as u32).to_le_bytes();
        folder.write("deep.parquet", [b"PAR1", footer.as_slice(), &size, b"PAR1"].concat());
        let read = kept(&folder, "deep.parquet", &[]);
        match (depth, read) {
            (10, read) => assert_eq!(read.unwrap().head().fields.len(), 1),
            (_, read) => assert!(read.err().unwrap().to_string().contains("nested more than 64 deep")),
        }
    }
}

#[test]
fn other_files_are_refused() {
    let folder = Folder::new();
    for (name, text) in [("empty.parquet", ""), ("text.parquet", "PAR1 and no more than that PAR1"), ("short.parquet", "PAR1")] {
        folder.write(name, text);
        assert!(matches!(kept(&folder, name, &[]), Err(ReadError::NotFormat { .. })), "{name}");
    }
    assert!(matches!(kept(&folder, "none.parquet", &[]), Err(ReadError::Io { .. })));
}
