//! Imports go one way (see the front page of the crate).

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms from the bottom up: a room may import those before it.
const ROOMS: [&str; 15] = [
    "measure",
    "watch",
    "document",
    "finding",
    "crs",
    "recipe",
    "territory",
    "cut",
    "graph",
    "partition",
    "zones",
    "attach",
    "staffing",
    "plan",
    "pipeline",
];
/// What `io` may import: data, never an algorithm.
const DATA: [&str; 10] = ["measure", "watch", "document", "finding", "crs", "recipe", "territory", "graph", "staffing", "plan"];

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a readable folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Rooms named behind `crate::`, in single paths and in braces.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for at in text.match_indices("crate::").map(|m| m.0 + "crate::".len()) {
        let rest = &text[at..];
        let list = rest.strip_prefix('{').map_or(rest, |inner| {
            let mut depth = 1;
            let end = inner.find(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                depth == 0
            });
            &inner[..end.unwrap_or(inner.len())]
        });
        let items: Vec<&str> = if rest.starts_with('{') {
            let mut depth = 0;
            list.split(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                c == ',' && depth == 0
            })
            .collect()
        } else {
            vec![list]
        };
        found.extend(items.iter().map(|i| i.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()));
    }
    found
}

#[test]
fn no_room_imports_one_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > ROOMS.len());
    let mut bad = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&root).expect("under src");
        let room = inside.components().next().expect("a name").as_os_str().to_string_lossy().trim_end_matches(".rs").to_string();
        let text = fs::read_to_string(&file).expect("readable source");
        for import in imports(&text) {
            let known = |r: &str| ROOMS.iter().position(|x| *x == r);
            let ok = match (room.as_str(), known(&room), known(&import)) {
                ("lib", ..) => true,
                ("io", ..) => import == "io" || DATA.contains(&import.as_str()),
                (_, Some(own), Some(other)) => other <= own,
                (_, own, None) => own.is_none() || import != "io",
                (_, None, _) => false,
            };
            if !ok {
                bad.push(format!("{}: {room} imports {import}", inside.display()));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_braces() {
    assert_eq!(imports("use crate::{cut::rings, staffing, zones::{a, b}};"), ["cut", "staffing", "zones"]);
    assert_eq!(imports("use crate::io::x; fn f(a: crate::plan::Plan)"), ["io", "plan"]);
}
