//! The METIS graph format: `n m [fmt [ncon]]`, then one line per unit.
//!
//! `fmt` has up to three digits: sizes, unit weights, edge weights (1 = present). A unit's line holds its size,
//! its `ncon` weights and then its neighbours, counted from 1, each followed by the edge's weight.
//! Lines that start with `%` are comments. Sizes are read over. Without unit weights every unit weighs 1, and
//! without edge weights every border costs 1.

use crate::graph::{Edge, GraphError, UnitGraph};
use crate::measure::Load;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What is wrong with a text in METIS format, and what to do about it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetisError {
    /// No header.
    #[error("no header; the first line must be `units edges [fmt [constraints]]`")]
    NoHeader,
    /// A header that cannot be read.
    #[error("line {line}: header `{found}`; expected `units edges [fmt [constraints]]` with fmt one of 0, 1, 10, 11, 100, 101, 110, 111")]
    Header {
        /// Line, from 1.
        line: usize,
        /// The header.
        found: String,
    },
    /// More units than can be counted here.
    #[error("line {line}: {units} units; at most {most} are supported")]
    TooMany {
        /// Line, from 1.
        line: usize,
        /// Units announced.
        units: u64,
        /// Most units.
        most: u64,
    },
    /// A word that is no number of the kind expected.
    #[error("line {line}: `{found}` where {expected} was expected")]
    Number {
        /// Line, from 1.
        line: usize,
        /// The word.
        found: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// A line that ends early.
    #[error("line {line}: ends where {expected} was expected; check fmt and the number of constraints in the header")]
    Short {
        /// Line, from 1.
        line: usize,
        /// What belongs there.
        expected: &'static str,
    },
    /// A table of centres without the two columns needed.
    #[error("line {line}: the heading must name the columns x and y, separated by commas")]
    Columns {
        /// Line, from 1.
        line: usize,
    },
    /// A neighbour that does not exist.
    #[error("line {line}: neighbour {neighbour}, but units are numbered 1 to {units}")]
    Neighbour {
        /// Line, from 1.
        line: usize,
        /// The neighbour.
        neighbour: u64,
        /// Number of units.
        units: usize,
    },
    /// Not a line per unit.
    #[error("the header announces {announced} units, {found} lines follow; the file is cut off or the header wrong")]
    Units {
        /// Announced.
        announced: usize,
        /// Found.
        found: usize,
    },
    /// Not the number of edges announced.
    #[error("the header announces {announced} edges, the lines list {found} neighbours instead of twice as many; correct the header")]
    Edges {
        /// Announced.
        announced: u64,
        /// Neighbours found.
        found: u64,
    },
    /// An edge listed from one side only, or with two weights.
    #[error("unit {a} lists {b} but {b} does not list {a} with the same weight; list every edge on both lines")]
    OneSided {
        /// Unit, from 1.
        a: u32,
        /// Its neighbour, from 1.
        b: u32,
    },
    /// A graph that cannot be.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetisFileError {
    /// The file system said no.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not in METIS format.
    #[error("{}: {source}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: MetisError,
    },
}

/// Reads a graph file and, if given, the centres of its units.
pub fn read_graph(path: &Path, centres: Option<&Path>) -> Result<UnitGraph, MetisFileError> {
    let text = |path: &Path| std::fs::read_to_string(path).map_err(|source| MetisFileError::File { path: path.into(), source });
    let format = |path: &Path, source| MetisFileError::Format { path: path.into(), source };
    let points = centres.map(|path| parse_centres(&text(path)?).map_err(|e| format(path, e))).transpose()?;
    let (points_given, file) = (points.as_ref().map(Vec::len), centres.unwrap_or(path));
    parse_graph(&text(path)?, points).map_err(|e| match (&e, points_given) {
        (MetisError::Graph(GraphError::LoadCount { .. }), Some(_)) => format(file, e),
        _ => format(path, e),
    })
}

/// Reads a table of centres: a heading that names the columns `x` and `y`, then a line per unit.
pub fn parse_centres(text: &str) -> Result<Vec<[f32; 2]>, MetisError> {
    let mut lines = text.lines().enumerate().map(|(i, l)| (i + 1, l.trim())).filter(|(_, l)| !l.is_empty());
    let heading = || MetisError::Columns { line: 1 };
    let (line, names) = lines.next().ok_or_else(heading)?;
    let column = |name: &str| names.split(',').position(|n| n.trim() == name).ok_or(MetisError::Columns { line });
    let (x, y) = (column("x")?, column("y")?);
    let cell = |line: usize, row: &str, i: usize| -> Result<f32, MetisError> {
        let word = row.split(',').nth(i).ok_or(MetisError::Short { line, expected: "a coordinate" })?.trim();
        let value = word.parse().ok().filter(|v: &f32| v.is_finite());
        value.ok_or_else(|| MetisError::Number { line, found: word.chars().take(30).collect(), expected: "a coordinate" })
    };
    lines.map(|(line, row)| Ok([cell(line, row, x)?, cell(line, row, y)?])).collect()
}

/// Reads a graph with the centres given. O(text + m log m).
pub fn parse_graph(text: &str, centres: Option<Vec<[f32; 2]>>) -> Result<UnitGraph, MetisError> {
    let mut lines = text.lines().enumerate().map(|(i, l)| (i + 1, l.trim())).filter(|(_, l)| !l.starts_with('%'));
    let (line, header) = lines.by_ref().find(|(_, l)| !l.is_empty()).ok_or(MetisError::NoHeader)?;
    let head = Header::parse(line, header)?;
    let capacity = head.units.min(text.len());
    let (mut loads, mut listed) = (Vec::with_capacity(capacity * head.constraints), Vec::with_capacity(capacity * 6));
    let mut found = 0;
    for (line, content) in lines {
        if found == head.units {
            if content.is_empty() {
                continue;
            }
            return Err(MetisError::Units { announced: head.units, found: found + 1 });
        }
        let mut words = Words { line, words: content.split_ascii_whitespace() };
        if head.sizes {
            words.number("the unit's size, a whole number", u64::MAX)?;
        }
        for _ in 0..head.constraints {
            let weight = if head.weights { words.number("a unit weight, a whole number", 1 << 42)? } else { 1 };
            loads.push(Load::from_units(weight as f64).unwrap_or(Load::ZERO));
        }
        while let Some(word) = words.words.next() {
            let neighbour = words.parse(word, "a neighbour, a whole number", u64::MAX)?;
            if neighbour == 0 || neighbour > head.units as u64 {
                return Err(MetisError::Neighbour { line, neighbour, units: head.units });
            }
            let cost = if head.costs { words.number("an edge weight, a whole number", u64::from(u32::MAX))? } else { 1 };
            listed.push(Edge { a: found as u32, b: neighbour as u32 - 1, cost: cost as u32 });
        }
        found += 1;
    }
    if found != head.units {
        return Err(MetisError::Units { announced: head.units, found });
    }
    if listed.len() as u64 != head.edges.saturating_mul(2) {
        return Err(MetisError::Edges { announced: head.edges, found: listed.len() as u64 });
    }
    let edges = both_sides(listed)?;
    Ok(UnitGraph::new(head.constraints, loads, &edges, centres)?)
}

/// Each edge once; every edge must be listed from both ends with one weight.
fn both_sides(listed: Vec<Edge>) -> Result<Vec<Edge>, MetisError> {
    let key = |e: &Edge| (e.a.min(e.b), e.a.max(e.b), e.cost, e.a > e.b);
    let mut listed: Vec<Edge> = listed.into_iter().filter(|e| e.a != e.b).collect();
    listed.sort_unstable_by_key(key);
    let mut edges = Vec::with_capacity(listed.len() / 2);
    let mut rest = &listed[..];
    while let Some((first, _)) = rest.split_first() {
        let same = rest.iter().take_while(|e| key(e).0 == key(first).0 && key(e).1 == key(first).1 && e.cost == first.cost).count();
        let upward = rest[..same].iter().filter(|e| e.a < e.b).count();
        if upward * 2 != same {
            return Err(MetisError::OneSided { a: first.a + 1, b: first.b + 1 });
        }
        edges.extend(rest[..same].iter().filter(|e| e.a < e.b));
        rest = &rest[same..];
    }
    Ok(edges)
}

/// The graph in METIS format, with unit and edge weights; loads are rounded to whole units.
pub fn write_graph(graph: &UnitGraph) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} {} 011 {}", graph.len(), graph.edge_count(), graph.resources());
    for u in 0..graph.len() {
        let weights = graph.loads(u).iter().map(|l| (l.0 + Load::PER_UNIT / 2) / Load::PER_UNIT);
        let rows = graph.neighbours(u).flat_map(|(v, c)| [v as i64 + 1, i64::from(c)]);
        let line: Vec<String> = weights.chain(rows).map(|x| x.to_string()).collect();
        text.push_str(&line.join(" "));
        text.push('\n');
    }
    text
}

/// Writes one part number per line to a temporary sibling, which then takes the place of `path`.
pub fn write_parts(path: &Path, parts: &[u32]) -> Result<(), MetisFileError> {
    let mut text = String::with_capacity(parts.len() * 6);
    for p in parts {
        let _ = writeln!(text, "{p}");
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    let failed = |source| MetisFileError::File { path: path.into(), source };
    std::fs::write(&temporary, text).map_err(failed)?;
    std::fs::rename(&temporary, path).map_err(failed)
}

struct Header {
    units: usize,
    edges: u64,
    sizes: bool,
    weights: bool,
    costs: bool,
    constraints: usize,
}

impl Header {
    fn parse(line: usize, text: &str) -> Result<Header, MetisError> {
        let wrong = || MetisError::Header { line, found: text.chars().take(60).collect() };
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let number = |i: usize, default: u64| words.get(i).map_or(Ok(default), |w| w.parse().map_err(|_| wrong()));
        let (units, edges, format, constraints): (u64, u64, u64, u64) = (number(0, 0)?, number(1, 0)?, number(2, 0)?, number(3, 1)?);
        let digit = |d: u64| format / d % 10;
        if !(2..=4).contains(&words.len()) || format > 111 || [1, 10, 100].iter().any(|&d| digit(d) > 1) || !(1..=64).contains(&constraints)
        {
            return Err(wrong());
        }
        let most = u64::from(u32::MAX / 8);
        if units > most {
            return Err(MetisError::TooMany { line, units, most });
        }
        let (sizes, weights, costs) = (digit(100) == 1, digit(10) == 1, digit(1) == 1);
        Ok(Header { units: units as usize, edges, sizes, weights, costs, constraints: if weights { constraints as usize } else { 1 } })
    }
}

struct Words<'a> {
    line: usize,
    words: std::str::SplitAsciiWhitespace<'a>,
}

impl Words<'_> {
    fn number(&mut self, expected: &'static str, most: u64) -> Result<u64, MetisError> {
        let word = self.words.next().ok_or(MetisError::Short { line: self.line, expected })?;
        self.parse(word, expected, most)
    }

    fn parse(&self, word: &str, expected: &'static str, most: u64) -> Result<u64, MetisError> {
        let number = word.parse().ok().filter(|&x| x <= most);
        number.ok_or_else(|| MetisError::Number { line: self.line, found: word.chars().take(30).collect(), expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_manual_s_features() {
        let text = "% a triangle and a loner\n4 3 111 2\n9 1 2 2 5 3 6\n9 3 4 1 5 3 7\n%\n9 5 6 1 6 2 7\n9 0 0\n";
        let g = parse_graph(text, None).unwrap();
        assert_eq!((g.len(), g.edge_count(), g.resources()), (4, 3, 2));
        assert_eq!(g.loads(1), [Load(3000), Load(4000)]);
        assert_eq!(g.neighbours(2).collect::<Vec<_>>(), [(0, 6), (1, 7)]);
        let plain = parse_graph("3 2\n2\n1 3\n2\n", None).unwrap();
        assert_eq!((plain.load(0), plain.edge_count()), (Load(1000), 2));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let error = |text: &str| parse_graph(text, None).unwrap_err();
        assert_eq!(error("% nothing\n"), MetisError::NoHeader);
        assert!(matches!(error("2 x\n"), MetisError::Header { line: 1, .. }));
        assert!(matches!(error("2 1 12\n2\n1\n"), MetisError::Header { .. }));
        assert!(matches!(error("2 1\n3\n1\n"), MetisError::Neighbour { line: 2, neighbour: 3, .. }));
        assert!(matches!(error("2 1 10\n-4 2\n1 1\n"), MetisError::Number { line: 2, .. }));
        assert!(matches!(error("2 1 1\n2\n1 1\n"), MetisError::Short { line: 2, .. }));
        assert_eq!(error("2 1\n2\n"), MetisError::Units { announced: 2, found: 1 });
        assert_eq!(error("2 2\n2\n1\n"), MetisError::Edges { announced: 2, found: 2 });
        assert_eq!(error("3 1\n2\n3\n\n"), MetisError::OneSided { a: 1, b: 2 });
        assert!(matches!(error("99999999999 0\n"), MetisError::TooMany { .. }));
    }
}
