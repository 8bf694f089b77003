//! What a file and its fields seem to be, by what they are called.

use super::{FieldFound, Inspection};
use crate::io::formats::Format;
use crate::io::layers::properties;
use crate::recipe::{Draft, LayerDraft};
use std::collections::BTreeMap;

/// Words in names of files by layer, the layers that are told most surely first.
const LAYERS: [(&str, &[&str]); 10] = [
    ("locks", &["lock", "锁"]),
    ("study_area", &["study_area", "study-area", "outline", "extent", "范围"]),
    ("base_stations", &["station", "mast", "antenna", "sector", "基站", "工参", "站址"]),
    ("households", &["household", "home", "house", "customer", "住户", "客户", "家庭", "用户"]),
    ("landuse", &["landuse", "land_use", "用地", "土地"]),
    ("pois", &["poi", "兴趣点"]),
    ("rail", &["rail", "铁路", "轨道"]),
    ("water", &["water", "river", "lake", "水系", "河流", "湖"]),
    ("roads", &["road", "street", "highway", "道路", "路网", "街"]),
    ("admin", &["admin", "bound", "district", "division", "communit", "neighbo", "village", "行政", "区划", "社区", "边界", "村"]),
];

/// Our properties by other names that are common for them, lower case.
const PROPERTIES: [(&str, &[&str]); 22] = [
    (
        "id",
        &[
            "osm_id",
            "objectid",
            "fid",
            "gid",
            "uid",
            "code",
            "编号",
            "编码",
            "代码",
            "标识",
            "cgi",
            "eci",
            "cell_id",
            "cellid",
            "小区标识",
            "住户编号",
            "户编号",
            "户号",
            "客户编号",
            "用户编号",
            "基站编号",
            "站号",
            "小区编号",
        ],
    ),
    ("name", &["名称", "站名", "小区名称", "地名", "nom", "bezeichnung"]),
    ("class", &["fclass", "type", "等级", "道路等级", "类别", "客户类别"]),
    ("kind", &["fclass", "type", "类型", "类别", "种类", "用地类型"]),
    ("weight", &["households", "hh", "population", "pop", "count", "户数", "住户数", "总户数", "常住户数", "人口", "权重"]),
    ("admin_level", &["adminlevel", "lvl", "级别", "层级", "行政级别"]),
    ("scheme", &["体系"]),
    ("parent", &["parent_id", "上级", "上级编码"]),
    ("code", &["adcode", "区划代码", "行政区划代码", "区划编码"]),
    ("reports_to", &["隶属", "汇报"]),
    ("partial", &["不完整"]),
    ("settlement", &["城乡", "城乡分类", "聚落"]),
    ("visits", &["频次", "拜访频次"]),
    ("azimuth", &["方位角", "方向角", "direction", "dir"]),
    ("beam_width", &["beam", "hbw", "波束宽度", "半功率角", "水平波束宽度"]),
    ("radius_m", &["radius", "覆盖半径", "半径"]),
    ("indoor", &["室内", "室分", "是否室分"]),
    ("tunnel", &["隧道"]),
    ("bridge", &["桥", "桥梁"]),
    ("lock", &["锁定", "锁"]),
    ("group", &["组", "分组"]),
    ("expected_load", &["expected", "规划户数", "预计户数"]),
];

/// The layer that a file seems to be.
pub(super) fn layer(file: &str, table: Option<&str>, shapes: &BTreeMap<String, u64>, fields: &[FieldFound]) -> Option<&'static str> {
    let name = table.unwrap_or(file).to_lowercase();
    let most = shapes.iter().max_by_key(|s| s.1).map_or("", |s| s.0.as_str());
    let has = |names: &[&str]| fields.iter().any(|f| names.contains(&f.name.to_lowercase().as_str()));
    let fits = |layer: &str| match layer {
        _ if most.is_empty() => true,
        "roads" | "rail" => most.contains("Line"),
        // a table without places may be joined to another file
        "households" | "pois" => most.contains("Point") || most == NOWHERE,
        "admin" | "study_area" | "landuse" => most.contains("Polygon"),
        // blocks are called much alike
        "locks" => has(&["lock", "锁定", "锁"]),
        _ => most != NOWHERE,
    };
    LAYERS.iter().find(|(layer, words)| words.iter().any(|w| name.contains(w)) && fits(layer)).map(|l| l.0)
}

/// What features without a position are called among shapes.
pub(super) const NOWHERE: &str = "none";

/// Fields that seem to be our properties under another name.
pub(super) fn mapped(layer: &str, fields: &[FieldFound]) -> BTreeMap<&'static str, String> {
    let mut out: BTreeMap<&'static str, String> = BTreeMap::new();
    let has = |name: &str| fields.iter().any(|f| f.name == name && f.filled > 0);
    for known in properties(layer) {
        let ours = known[0];
        if known.iter().any(|name| has(name)) {
            continue;
        }
        let others = PROPERTIES.iter().find(|p| p.0 == ours).map_or(&[][..], |p| p.1);
        let candidates = known.iter().chain(others);
        let found = candidates.filter_map(|name| fields.iter().find(|f| f.filled > 0 && f.name.to_lowercase() == **name)).next();
        if let Some(field) = found.filter(|f| !out.values().any(|taken| *taken == f.name)) {
            out.insert(ours, field.name.clone());
        }
    }
    out
}

/// The name of the layer of which a file or table holds one kind of geometry; none for another.
fn whole(name: &str) -> Option<&str> {
    let part = ["_points", "_lines", "_areas"].iter().find_map(|kind| Format::stem(name).strip_suffix(kind));
    part.filter(|name| !name.is_empty())
}

/// A recipe to start from: files, systems and properties as they were found. The first file of a layer is taken, with all that hold another kind of its
/// geometry.
pub fn starting_recipe(files: &[Inspection]) -> Draft {
    let mut draft = Draft::default();
    for f in files {
        let Some(layer) = f.layer else { continue };
        let (file, table) = match &f.table {
            Some(table) => (f.file.as_str(), Some(whole(table).unwrap_or(table))),
            None => (whole(&f.file).unwrap_or(&f.file), None),
        };
        let own = draft.layers.entry(layer.to_string()).or_insert_with(|| LayerDraft {
            file: Some(file.to_string()),
            table: table.map(str::to_string),
            crs: f.said[0].clone(),
            encoding: f.said[1].clone(),
            ..LayerDraft::default()
        });
        if (own.file.as_deref(), own.table.as_deref()) != (Some(file), table) {
            continue;
        }
        for (ours, theirs) in &f.properties {
            own.properties.get_or_insert_default().entry(ours.to_string()).or_insert_with(|| theirs.clone());
        }
    }
    draft
}
