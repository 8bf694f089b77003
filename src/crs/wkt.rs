//! Well-known text of coordinate reference systems: version 1 (OGC 01-009, and as ESRI writes it) and 2 (ISO 19162).

use super::CrsError;
use super::found::{Found, Parameter, plain};

/// Deepest nesting that is read; real definitions have six levels or so.
const DEEPEST: usize = 16;

/// `KEYWORD[text, number, NODE[…], …]`.
#[derive(Debug, Default)]
struct Node {
    /// Upper case.
    key: String,
    /// Texts, numbers and bare words, in their order.
    values: Vec<String>,
    nodes: Vec<Node>,
}

impl Node {
    fn child(&self, keys: &[&str]) -> Option<&Node> {
        self.nodes.iter().find(|n| keys.contains(&n.key.as_str()))
    }

    fn text(&self, i: usize) -> &str {
        self.values.get(i).map_or("", String::as_str)
    }

    fn number(&self, i: usize) -> Option<f64> {
        self.values.get(i)?.parse().ok().filter(|v: &f64| v.is_finite())
    }

    /// Code by `AUTHORITY["EPSG","4547"]` or `ID["EPSG",4547]`.
    fn code(&self) -> Option<u32> {
        let id = self.child(&["AUTHORITY", "ID"])?;
        (["EPSG", "ESRI"].iter().any(|a| id.text(0).eq_ignore_ascii_case(a))).then(|| id.text(1).parse().ok())?
    }

    /// Whether an axis in or under this node runs west or south.
    fn reversed(&self) -> bool {
        let axis = self.key == "AXIS" && ["WEST", "SOUTH"].iter().any(|d| self.text(1).eq_ignore_ascii_case(d));
        axis || self.nodes.iter().any(Node::reversed)
    }
}

/// A reader of the text, one character at a time.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, n: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(n);
        self.rest = rest;
        taken
    }

    /// The characters up to the first that is none of a word.
    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| matches!(c, '[' | ']' | '(' | ')' | ',' | '"') || c.is_whitespace()).unwrap_or(self.rest.len());
        self.take(end)
    }

    /// A quoted text; a doubled quote stands for one.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        self.take(1);
        loop {
            let end = self.rest.find('"')?;
            text.push_str(self.take(end));
            self.take(1);
            if !self.rest.starts_with('"') {
                return Some(text);
            }
            text.push('"');
            self.take(1);
        }
    }

    /// A node whose keyword is read already; none if the text is broken.
    fn node(&mut self, key: &str, depth: usize) -> Option<Node> {
        let mut node = Node { key: key.to_ascii_uppercase(), ..Node::default() };
        self.take(1);
        if depth >= DEEPEST {
            return None;
        }
        loop {
            match self.peek()? {
                '"' => node.values.push(self.quoted()?),
                ',' => {
                    self.take(1);
                }
                ']' | ')' => {
                    self.take(1);
                    return Some(node);
                }
                '[' | '(' => return None,
                _ => {
                    let word = self.word();
                    if matches!(self.peek(), Some('[' | '(')) {
                        node.nodes.push(self.node(word, depth + 1)?);
                    } else {
                        node.values.push(word.to_string());
                    }
                }
            }
        }
    }
}

/// Degrees per unit of an angle: exactly 1 for the degree, which texts write with 15 digits.
pub(super) fn degrees_per(radians: f64) -> f64 {
    let degrees = radians.to_degrees();
    if (degrees - 1.0).abs() < 1e-9 { 1.0 } else { degrees }
}

/// Reads WKT of a geographic or projected system, or of one with heights.
pub(super) fn read(text: &str) -> Result<Found, CrsError> {
    let broken = || CrsError::not_understood(text);
    let mut parser = Parser { rest: text.trim() };
    let key = parser.word();
    if !matches!(parser.peek(), Some('[' | '(')) {
        return Err(broken());
    }
    let root = parser.node(key, 0).ok_or_else(broken)?;
    horizontal(&root, 0).ok_or_else(broken)
}

/// What the horizontal part of a system says.
fn horizontal(node: &Node, depth: usize) -> Option<Found> {
    match node.key.as_str() {
        "GEOGCS" | "GEOGCRS" | "GEOGRAPHICCRS" | "GEODCRS" | "GEODETICCRS" | "BASEGEOGCRS" | "BASEGEODCRS" => geographic(node),
        "PROJCS" | "PROJCRS" | "PROJECTEDCRS" => projected(node),
        // With heights, or with a shift beside it: the part in front is the horizontal one.
        "COMPD_CS" | "COMPOUNDCRS" | "BOUNDCRS" | "SOURCECRS" if depth < DEEPEST => {
            node.nodes.iter().find_map(|n| horizontal(n, depth + 1))
        }
        _ => None,
    }
}

const UNITS: [&str; 3] = ["UNIT", "ANGLEUNIT", "LENGTHUNIT"];

/// The unit of a coordinate system: its own or its first axis's.
fn unit(node: &Node) -> Option<f64> {
    let own = node.child(&UNITS).or_else(|| node.nodes.iter().filter(|n| n.key == "AXIS").find_map(|a| a.child(&UNITS)));
    own.and_then(|u| u.number(1)).filter(|u| *u > 0.0)
}

fn geographic(node: &Node) -> Option<Found> {
    let datum = node.child(&["DATUM", "ENSEMBLE", "GEODETICDATUM", "TRF"])?;
    let ellipsoid = datum.child(&["SPHEROID", "ELLIPSOID"])?;
    let angle = degrees_per(unit(node).unwrap_or(1f64.to_radians()));
    let metres = ellipsoid.child(&["LENGTHUNIT", "UNIT"]).and_then(|u| u.number(1)).unwrap_or(1.0);
    Some(Found {
        name: node.text(0).into(),
        code: node.code(),
        datum: datum.text(0).into(),
        semi_major: ellipsoid.number(1)? * metres,
        inverse_flattening: ellipsoid.number(2)?,
        prime_meridian: node.child(&["PRIMEM", "PRIMEMERIDIAN"]).and_then(|p| p.number(1)).unwrap_or(0.0),
        angle,
        length: 1.0,
        reversed: node.reversed(),
        ..Found::default()
    })
}

fn projected(node: &Node) -> Option<Found> {
    let base = geographic(node.child(&["GEOGCS", "BASEGEOGCRS", "BASEGEODCRS"])?)?;
    // Version 2 has the projection in a node of its own.
    let conversion = node.child(&["CONVERSION"]).unwrap_or(node);
    let method = conversion.child(&["PROJECTION", "METHOD"])?;
    let parameters = conversion.nodes.iter().filter(|n| n.key == "PARAMETER").map(|n| {
        let own = n.child(&["ANGLEUNIT"]).and_then(|u| u.number(1)).map(degrees_per);
        let unit = own.or_else(|| n.child(&["LENGTHUNIT", "SCALEUNIT"]).and_then(|u| u.number(1)));
        Some(Parameter { name: plain(n.text(0)), value: n.number(1)?, unit })
    });
    Some(Found {
        name: node.text(0).into(),
        code: node.code(),
        method: Some(method.text(0).into()),
        parameters: parameters.collect::<Option<_>>()?,
        length: unit(node).unwrap_or(1.0),
        extension: node.child(&["EXTENSION"]).map_or(String::new(), |e| e.text(1).into()),
        reversed: node.nodes.iter().any(|n| n.key != "GEOGCS" && !n.key.starts_with("BASE") && n.reversed()),
        ..base
    })
}
