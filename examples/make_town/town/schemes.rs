//! Further hierarchies on the town's land: labour townships with their villages, market branches, safety boards.

use super::Oddities;
use super::admin::shape;
use super::feature::{Geometry, Layer};
use super::lattice::{COLS, LAND, Lattice, Node, RIVER, ROWS, block, length, turning};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The labour township of each block, north at the top. `q` has an enclave inside `p`.
const TOWNSHIP: [&str; ROWS] = [
    "aaaaaabbbbbbcccccc",
    "aaaaaabbbbbbcccccc",
    "aaaaabbbbbbbbccccc",
    "dddddeeeeefffffggg",
    "dddddeeeeefffffggg",
    "hhhhhiiiiifffffggg",
    "hhhhhiiiiiijjjjjjj",
    "hhhhhiiiiiijjjjjjj",
    "kkkkklllllmmmmnnnn",
    "kkkkklllllmmmmnnnn",
    "kkkkllllllmmmmmnnn",
    "oooooopppppqqqqqqq",
    "ooooooppqppqqqqqqq",
    "ooooopppppppqqqqqq",
];
const ENCLAVE: Node = (8, 1);
/// The blocks of the development zone, which is no village.
const ZONE: [Node; 4] = [(12, 8), (13, 8), (12, 9), (13, 9)];
const VILLAGES: usize = 253;
/// The township whose first villages do not say that they are its own, and how many these are.
const SILENT: (usize, usize) = (4, 3);

/// The market branch of each block.
const BRANCH: [&str; ROWS] = [
    "aaaaabbbbbbbcccccc",
    "aaaaabbbbbbbcccccc",
    "aaaaabbbbbbbcccccc",
    "aaaaabbbbbbbcccccc",
    "ddddeeeeeffffffggg",
    "ddddeeeeeffffffggg",
    "dddddeeeeffffggggg",
    "dddddeeeeffffggggg",
    "hhhhhhiiiiiijjjjjj",
    "hhhhhhiiiiiijjjjjj",
    "hhhhhhiiiiiijjjjjj",
    "hhhhhkkkkkkkkjjjjj",
    "hhhhhkkkkkkkkjjjjj",
    "hhhhhkkkkkkkkjjjjj",
];

/// The safety board of each block; the polygon of `k` is drawn over the land of `c` as well.
const BOARD: [&str; ROWS] = [
    "aaaaaaabbbbbbccccc",
    "aaaaaaabbbbbbccccc",
    "aaaaaaabbbbbbccccc",
    "aaaaaabbbbbbbccccc",
    "dddddeeeeeekkkkfff",
    "dddddeeeeeekkkkfff",
    "dddddeeeeeekkkkfff",
    "dddddeeeeeeeefffff",
    "ggggghhhhhhhiiiiii",
    "ggggghhhhhhhiiiiii",
    "ggggghhhhhhhiiiiii",
    "ggggghhhhhhiiiiiii",
    "jjjjjjjjjiiiiiiiii",
    "jjjjjjjjjiiiiiiiii",
];

const TOWNSHIPS: [&str; 17] = [
    "望云乡 Wangyun",
    "新城乡 Xincheng",
    "石岭乡 Shiling",
    "北溪乡 Beixi",
    "大道镇 Dadao",
    "江北镇 Jiangbei",
    "东环乡 Donghuan",
    "西关镇 Xiguan",
    "鼓楼镇 Gulou",
    "东港镇 Donggang",
    "石桥镇 Shiqiao",
    "南门镇 Nanmen",
    "纺织镇 Fangzhi",
    "湖滨乡 Hubin",
    "南渠乡 Nanqu",
    "建设乡 Jianshe",
    "东湖乡 Donghu",
];
const BRANCHES: [&str; 11] = [
    "北山所 Beishan",
    "新城所 Xincheng",
    "望云所 Wangyun",
    "西关所 Xiguan",
    "鼓楼所 Gulou",
    "东风所 Dongfeng",
    "东港所 Donggang",
    "临江所 Linjiang",
    "南门所 Nanmen",
    "湖滨所 Hubin",
    "南渠所 Nanqu",
];
const BOARDS: [&str; 11] = [
    "北山街道 Beishan",
    "新城街道 Xincheng",
    "北桥街道 Beiqiao",
    "西关街道 Xiguan",
    "鼓楼街道 Gulou",
    "东港街道 Donggang",
    "临江街道 Linjiang",
    "南门街道 Nanmen",
    "东湖镇 Donghu",
    "南渠镇 Nanqu",
    "云渡开发区 Development zone",
];
/// The office that boards in and around the development zone report to.
const COMMITTEE: &str = "kfq";
const FIRST: [&str; 23] = [
    "东", "西", "南", "北", "上", "下", "前", "后", "大", "小", "新", "老", "高", "青", "白", "红", "长", "双", "三", "五", "龙", "凤",
    "金",
];
const SECOND: [&str; 11] = ["湾", "塘", "桥", "岗", "垸", "畈", "井", "坪", "渡", "店", "墩"];

/// A row of the table of hierarchies: scheme, level, how many, ids, remark.
pub type Row = [String; 5];

/// See [`Row`].
pub fn row(scheme: &str, level: u8, count: usize, ids: &str, remark: &str) -> Row {
    [scheme, &level.to_string(), &count.to_string(), ids, remark].map(String::from)
}

/// The code of the town, or of a township of it: county and street.
pub fn code(street: usize) -> String {
    format!("4290051{street:02}")
}

fn township(n: usize) -> String {
    format!("tw{:02}", n + 1)
}

/// Adds the hierarchies to `admin`.
pub fn append(lattice: &Lattice, admin: &mut Layer, odd: &mut Oddities) -> Vec<Row> {
    for (n, name) in TOWNSHIPS.iter().enumerate() {
        let properties = json!({ "admin_level": 7, "scheme": "labour", "name": name, "parent": "t1", "code": code(n + 1) });
        admin.add_as(&township(n), properties, &part(lattice, &TOWNSHIP, &[letter(n)]));
    }
    let villages = villages(lattice, admin, odd);
    for (n, name) in BRANCHES.iter().enumerate() {
        let properties = json!({ "admin_level": 7, "scheme": "market", "name": name, "parent": "t1" });
        admin.add_as(&format!("br{:02}", n + 1), properties, &part(lattice, &BRANCH, &[letter(n)]));
    }
    boards(lattice, admin, odd);
    vec![
        row("labour", 7, TOWNSHIPS.len(), "tw01–tw17", "townships, 9-digit `code`"),
        row(
            "labour",
            9,
            villages,
            "v001–v253, one without id",
            "villages, 12-digit `code`, and a development zone; `parent` is the township",
        ),
        row("market", 7, BRANCHES.len(), "br01–br11", "branches"),
        row("safety", 7, BOARDS.len(), "sb01–sb11", "boards; `reports_to` beside `parent`; sb11 overlaps sb03"),
    ]
}

fn letter(n: usize) -> char {
    char::from(b'a' + n as u8)
}

fn part(lattice: &Lattice, map: &[&str; ROWS], letters: &[char]) -> Geometry {
    shape(lattice, |i, j| letters.contains(&block(map, i, j)), |a, b| lattice.edge(a, b))
}

fn blocks(lattice: &Lattice, blocks: &[Node]) -> Geometry {
    shape(lattice, |i, j| blocks.contains(&(i, j)), |a, b| lattice.edge(a, b))
}

/// Villages by township, from south to north, and the zone; how many areas that are.
fn villages(lattice: &Lattice, admin: &mut Layer, odd: &mut Oddities) -> usize {
    let areas = areas(lattice);
    let mut total = 0;
    for (n, name) in TOWNSHIPS.iter().enumerate() {
        let own: Vec<_> = areas.iter().filter(|((i, j), _)| block(&TOWNSHIP, *i, *j) == letter(n)).collect();
        let mut serials = [0, 0];
        for (at, (node, geometry)) in own.iter().enumerate() {
            let rural = matches!(block(&LAND, node.0, node.1), 'R' | 'F' | 'L' | 'W');
            let serial = &mut serials[usize::from(rural)];
            *serial += 1;
            let number = *serial + if rural { 200 } else { 0 };
            let called = format!("{}{}{}", FIRST[total % FIRST.len()], SECOND[total / FIRST.len()], if rural { "村" } else { "社区" });
            let parent = if n == SILENT.0 && at < SILENT.1 { Value::Null } else { json!(township(n)) };
            let code = format!("{}{number:03}", code(n + 1));
            let properties = json!({ "admin_level": 9, "scheme": "labour", "name": called, "parent": parent, "code": code });
            total += 1;
            let id = format!("v{total:03}");
            admin.add_as(&id, properties, geometry);
            if *node == ENCLAVE {
                let around = township((block(&TOWNSHIP, node.0 + 1, node.1) as u8 - b'a') as usize);
                let ids = format!("{id}, {}, {around}", township(n));
                odd.note(
                    &format!("village as an enclave: a part of {name} in a hole of another township"),
                    "admin",
                    &ids,
                    "belongs to its parent, not to the township around it",
                );
            }
            if parent.is_null() {
                odd.note("village that names no parent", "admin", &id, &format!("containment gives {}", township(n)));
            }
        }
    }
    let zone = (block(&TOWNSHIP, ZONE[0].0, ZONE[0].1) as u8 - b'a') as usize;
    let properties = json!({ "admin_level": 9, "scheme": "labour", "name": "江北开发区 Jiangbei zone", "parent": township(zone) });
    admin.add_bare(properties, &blocks(lattice, &ZONE));
    let what = format!("development zone without id and code, {} blocks of {}", ZONE.len(), township(zone));
    odd.note(&what, "admin", "江北开发区", "told; an area of its own beside the villages, none of whose codes it gets");
    total + 1
}

/// The land of every village, with the block it is told by: banks with their half of the river, and big blocks in halves.
fn areas(lattice: &Lattice) -> Vec<(Node, Geometry)> {
    let land = (0..ROWS).flat_map(|j| (0..COLS).map(move |i| (i, j)));
    let whole: Vec<Node> = land.filter(|n| n.1 != RIVER - 1 && n.1 != RIVER && !ZONE.contains(n)).collect();
    let bank = |n: &Node| n.1 == RIVER - 2 || n.1 == RIVER + 1;
    let mut big: Vec<Node> = whole.iter().copied().filter(|n| !bank(n) && *n != ENCLAVE).collect();
    big.sort_by(|a, b| size(lattice, *b).total_cmp(&size(lattice, *a)));
    let big: BTreeSet<Node> = big[..VILLAGES - whole.len()].iter().copied().collect();
    let area = |n: Node| match n {
        (i, j) if j == RIVER - 2 => vec![(n, blocks(lattice, &[n, (i, j + 1)]))],
        (i, j) if j == RIVER + 1 => vec![(n, blocks(lattice, &[n, (i, j - 1)]))],
        _ if big.contains(&n) => Vec::from(halves(lattice, n).map(|half| (n, half))),
        _ => vec![(n, blocks(lattice, &[n]))],
    };
    whole.into_iter().flat_map(area).collect()
}

fn corners((i, j): Node) -> [Node; 4] {
    [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
}

fn size(lattice: &Lattice, n: Node) -> f64 {
    let [a, b, c, d] = corners(n).map(|n| lattice.node(n));
    turning(&[a, b, c, d, a])
}

/// A block cut between the middles of its longer sides.
fn halves(lattice: &Lattice, n: Node) -> [Geometry; 2] {
    let side = |k: usize| (corners(n)[k % 4], corners(n)[(k + 1) % 4]);
    let long = |k: usize| length(lattice.node(side(k).0), lattice.node(side(k).1));
    let first = usize::from(long(1) + long(3) > long(0) + long(2));
    [first, first + 2].map(|from| {
        let [start, around, end] = [from, from + 1, from + 2].map(|k| lattice.edge(side(k).0, side(k).1));
        let mut ring = start[start.len() / 2..].to_vec();
        ring.extend(&around[1..]);
        ring.extend(&end[1..=end.len() / 2]);
        ring.push(ring[0]);
        Geometry::Polygon(vec![ring])
    })
}

fn boards(lattice: &Lattice, admin: &mut Layer, odd: &mut Oddities) {
    let (street, zone) = (2, BOARDS.len() - 1);
    for (n, name) in BOARDS.iter().enumerate() {
        let office = if n == street || n == zone { COMMITTEE } else { "t1" };
        let properties = json!({ "admin_level": 7, "scheme": "safety", "name": name, "parent": "t1", "reports_to": office });
        let letters = if n == zone { vec![letter(zone), letter(street)] } else { vec![letter(n)] };
        admin.add_as(&format!("sb{:02}", n + 1), properties, &part(lattice, &BOARD, &letters));
    }
    odd.note("zone drawn over the whole of a street that is a board itself", "admin", "sb11, sb03", "sb11 without sb03 by set difference");
    odd.note("reporting tree apart from the supervision tree", "admin", "sb03, sb11", "`parent` is t1, `reports_to` the committee kfq");
}
