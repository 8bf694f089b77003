//! The offline page: data as escaped JSON, style and script from `page/`.

use super::geometry::{LABEL_ASPECT, METRES_PER_DEGREE, Plane, Spot};
use super::packed::STEPS;
use super::{Sheet, Spots, Stroke, ramp::Ramp};
use serde::Serialize;

const FRAME: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPTS: [&str; 5] = [
    include_str!("page/data.js"),
    include_str!("page/view.js"),
    include_str!("page/draw.js"),
    include_str!("page/panel.js"),
    include_str!("page/start.js"),
];

/// What the page reads.
#[derive(Serialize)]
struct Page<'a> {
    sheet: &'a Sheet,
    ramp: Ramp,
    /// Degrees: west, south, east, north.
    extent: [f64; 4],
    steps: f64,
    metres_per_degree: f64,
    label_aspect: f64,
    /// How each grid is drawn, in the order of the grids.
    looks: Vec<Look<'a>>,
    zone_spots: Vec<Option<[i64; 3]>>,
    strokes: Vec<Stroke>,
}

#[derive(Serialize)]
struct Look<'a> {
    short: &'a str,
    mark: &'static str,
    step: Option<usize>,
    hatched: bool,
    spot: Option<[i64; 3]>,
}

/// The page of a sheet with the spots of its labels.
pub fn html_with(sheet: &Sheet, spots: &Spots) -> String {
    let Spots { bounds, plane, grids, zones } = spots;
    let ramp = Ramp::new(sheet.tolerance);
    let looks = sheet.grids.iter().zip(grids).map(|(grid, spot)| Look {
        short: grid.short_code(),
        mark: grid.mark(),
        step: ramp.step(grid),
        hatched: grid.hatched(),
        spot: packed_spot(spot, plane),
    });
    let page = Page {
        looks: looks.collect(),
        sheet,
        extent: [bounds.min[0], bounds.min[1], bounds.max[0], bounds.max[1]],
        steps: STEPS,
        metres_per_degree: METRES_PER_DEGREE,
        label_aspect: LABEL_ASPECT,
        zone_spots: zones.iter().map(|spot| packed_spot(spot, plane)).collect(),
        strokes: sheet.barriers.iter().map(|line| line.stroke()).collect(),
        ramp,
    };
    let data = serde_json::to_string(&page).expect("strings, numbers and lists always serialise");
    fill(&[("title", &escape_text(&sheet.title)), ("style", STYLE), ("data", &escape_json(&data)), ("script", &SCRIPTS.concat())])
}

/// Longitude and latitude in steps, and the free room in decimetres.
fn packed_spot(spot: &Option<Spot>, plane: &Plane) -> Option<[i64; 3]> {
    let spot = spot.as_ref()?;
    let [lon, lat] = plane.backward(spot.at).map(|c| (c * STEPS).round() as i64);
    Some([lon, lat, (spot.room * 10.0) as i64])
}

/// The frame with its slots filled in the order they occur. What is filled in is not searched for slots.
fn fill(slots: &[(&str, &str)]) -> String {
    let mut page = String::new();
    let mut rest = FRAME;
    for (name, text) in slots {
        let (before, after) = rest.split_once(&format!("{{{{{name}}}}}")).expect("the frame has every slot in this order");
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page + rest
}

/// JSON that can stand in a script element: no character of it can end the element or a line.
fn escape_json(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Text that can stand in HTML or XML, in content and in attributes; control characters and line separators become spaces.
pub(super) fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
