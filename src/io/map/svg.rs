//! The sheet for print: A3, landscape or portrait by the shape of the territory, in millimetres.

mod panel;

use super::geometry::{Bounds, Plane, Spot};
use super::html::escape_text;
use super::labels::{Box2, Placed, Wish, place, text_width};
use super::ramp::{BEFORE, MOVED, OVER_LINE, Ramp, UNDER_LINE};
use super::{PlaceKind, Polygons, Sheet, SheetGrid, Spots, Stroke};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

const LONG: f64 = 420.0;
const SHORT: f64 = 297.0;
const MARGIN: f64 = 10.0;
/// Room for title, summary and legend: beside the map in landscape, below it in portrait.
const PANEL: f64 = 84.0;
/// Drawing steps per millimetre. Borders are rounded to them on both sides alike, so neighbours stay neighbours, and
/// no border moves by more than half of 0.1 mm.
const FINE: f64 = 20.0;

const WATER: &str = "#b9e0ea";
const RIVER: &str = "#1f93b5";
const RAIL: &str = "#4b4f54";
const ROAD: &str = "#80868c";
const BORDER: &str = "#66717b";
const ZONE: &str = "#20262b";
const INK: &str = "#1f2a33";
const SOFT: &str = "#5d6a75";

/// A rectangle on paper: left, top, width, height in millimetres.
#[derive(Clone, Copy, Debug)]
struct Rect {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

/// Where things are on paper.
struct Layout {
    page: [f64; 2],
    map: Rect,
    panel: Rect,
    plane: Plane,
    /// Middle of the map on the plane.
    middle: [f64; 2],
    /// Millimetres on paper per metre.
    scale: f64,
}

impl Layout {
    fn new(&Spots { bounds, plane, .. }: &Spots) -> Layout {
        let corners = [plane.forward(bounds.min), plane.forward(bounds.max)];
        let flat = Bounds::of(corners.into_iter()).unwrap_or(Bounds { min: [0.0; 2], max: [1.0; 2] });
        let [width, height] = flat.size().map(|s| s.max(1.0));
        let inner = |side: f64| side - 2.0 * MARGIN;
        let (page, map, panel) = if width >= height {
            let map = Rect { x: MARGIN, y: MARGIN, w: inner(LONG) - PANEL - 6.0, h: inner(SHORT) };
            ([LONG, SHORT], map, Rect { x: LONG - MARGIN - PANEL, y: MARGIN, w: PANEL, h: inner(SHORT) })
        } else {
            let map = Rect { x: MARGIN, y: MARGIN, w: inner(SHORT), h: inner(LONG) - PANEL - 16.0 };
            ([SHORT, LONG], map, Rect { x: MARGIN, y: LONG - MARGIN - PANEL - 10.0, w: inner(SHORT), h: PANEL + 10.0 })
        };
        let scale = (map.w / width).min(map.h / height) * 0.97;
        let middle = [(flat.min[0] + flat.max[0]) / 2.0, (flat.min[1] + flat.max[1]) / 2.0];
        Layout { page, map, panel, plane, middle, scale }
    }

    /// Plane to millimetres on paper.
    fn paper(&self, p: [f64; 2]) -> [f64; 2] {
        let m = &self.map;
        [m.x + m.w / 2.0 + (p[0] - self.middle[0]) * self.scale, m.y + m.h / 2.0 + (p[1] - self.middle[1]) * self.scale]
    }

    /// Degrees to fine steps on paper; none for what is not finite or far off the sheet.
    fn fine(&self, p: [f64; 2]) -> Option<[i64; 2]> {
        let [x, y] = self.paper(self.plane.forward(p));
        (x.abs() < 1e4 && y.abs() < 1e4).then(|| [x, y].map(|c| (c * FINE).round() as i64))
    }
}

/// The sheet for print with the spots of its labels.
pub fn svg_with(sheet: &Sheet, spots: &Spots) -> String {
    let layout = Layout::new(spots);
    // each grid's path is written once and used again for hatching and borders
    let paths: Vec<String> = sheet.grids.par_iter().map(|grid| outline(&grid.polygons, &layout)).collect();
    let ramp = Ramp::new(sheet.tolerance);
    let [w, h] = layout.page;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}mm\" height=\"{h}mm\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"'Noto Sans','Segoe UI',Helvetica,Arial,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif\">\n\
         <title>{}</title>\n<rect width=\"{w}\" height=\"{h}\" fill=\"#fff\"/>\n",
        escape_text(&sheet.title)
    );
    defs(&mut out, &layout);
    let m = layout.map;
    let _ = writeln!(out, "<rect {} fill=\"#f6f5f1\"/>", rect(m));
    let _ = writeln!(out, "<g clip-path=\"url(#frame)\"><g transform=\"scale({})\" stroke-linejoin=\"round\">", 1.0 / FINE);
    areas(&mut out, sheet, &paths, &layout, &ramp);
    lines(&mut out, sheet, &layout);
    borders(&mut out, sheet, &paths, &layout);
    out.push_str("</g>\n");
    places(&mut out, sheet, &layout);
    labels(&mut out, sheet, spots, &layout);
    out.push_str("</g>\n");
    let _ = writeln!(out, "<rect {} fill=\"none\" stroke=\"{SOFT}\" stroke-width=\".3\"/>", rect(m));
    panel::draw(&mut out, sheet, &layout, &ramp);
    out.push_str("</svg>\n");
    out
}

fn rect(r: Rect) -> String {
    format!("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", mm(r.x), mm(r.y), mm(r.w), mm(r.h))
}

/// Millimetres with at most two decimals.
fn mm(v: f64) -> String {
    let rounded = (v * 100.0).round() / 100.0;
    format!("{}", rounded + 0.0)
}

fn defs(out: &mut String, layout: &Layout) {
    let _ = writeln!(
        out,
        "<defs><clipPath id=\"frame\"><rect {}/></clipPath>\
         <pattern id=\"hatch\" width=\"{t}\" height=\"{t}\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
         <path d=\"M0 0H{t}\" stroke=\"#4a545c\" stroke-opacity=\".6\" stroke-width=\"5\"/></pattern>\
         <pattern id=\"hatch-mm\" width=\"1.6\" height=\"1.6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
         <path d=\"M0 0H1.6\" stroke=\"#4a545c\" stroke-opacity=\".6\" stroke-width=\".25\"/></pattern>\
         <pattern id=\"moved\" width=\"{t}\" height=\"{t}\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <path d=\"M0 0H{t}\" stroke=\"{MOVED}\" stroke-width=\"14\"/></pattern>\
         <pattern id=\"moved-mm\" width=\"1.6\" height=\"1.6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <path d=\"M0 0H1.6\" stroke=\"{MOVED}\" stroke-width=\".7\"/></pattern></defs>",
        rect(layout.map),
        t = 1.6 * FINE
    );
}

/// One ring or line as path commands; corners that lie on a straight line or repeat are left out.
fn trace(points: &[[f64; 2]], ring: bool, layout: &Layout, path: &mut String) {
    let mut kept: Vec<[i64; 2]> = Vec::new();
    for p in points.iter().filter_map(|p| layout.fine(*p)) {
        if kept.last() == Some(&p) {
            continue;
        }
        if let [.., a, b] = kept[..] {
            let (u, v) = ([b[0] - a[0], b[1] - a[1]], [p[0] - b[0], p[1] - b[1]]);
            if u[0] * v[1] == u[1] * v[0] && u[0] * v[0] + u[1] * v[1] > 0 {
                kept.pop();
            }
        }
        kept.push(p);
    }
    if ring && kept.len() > 1 && kept.first() == kept.last() {
        kept.pop();
    }
    if kept.len() < if ring { 3 } else { 2 } {
        return;
    }
    let _ = write!(path, "M{} {}l", kept[0][0], kept[0][1]);
    for (i, w) in kept.windows(2).enumerate() {
        for (j, d) in [w[1][0] - w[0][0], w[1][1] - w[0][1]].into_iter().enumerate() {
            let gap = if d < 0 || (i == 0 && j == 0) { "" } else { " " };
            let _ = write!(path, "{gap}{d}");
        }
    }
    if ring {
        path.push('Z');
    }
}

fn outline(polygons: &Polygons, layout: &Layout) -> String {
    let mut path = String::new();
    polygons.iter().flatten().for_each(|ring| trace(ring, true, layout, &mut path));
    path
}

/// Water, fills and hatching.
fn areas(out: &mut String, sheet: &Sheet, paths: &[String], layout: &Layout, ramp: &Ramp) {
    let water: String = sheet.water.iter().map(|w| outline(w, layout)).collect();
    let _ = writeln!(out, "<path d=\"{water}\" fill=\"{WATER}\" fill-rule=\"evenodd\"/>");
    out.push_str("<g fill-opacity=\".8\" fill-rule=\"evenodd\">\n");
    for (i, (grid, path)) in sheet.grids.iter().zip(paths).enumerate() {
        let _ = writeln!(out, "<path id=\"g{i}\" d=\"{path}\" fill=\"{}\"/>", ramp.fill(grid));
    }
    out.push_str("</g>\n<g fill=\"url(#hatch)\" fill-rule=\"evenodd\">\n");
    for (_, path) in sheet.grids.iter().zip(paths).filter(|(g, _)| g.hatched()) {
        let _ = writeln!(out, "<path d=\"{path}\"/>");
    }
    out.push_str("</g>\n");
    if let Some(before) = &sheet.before {
        let moved: String = before.moved.iter().map(|m| outline(&m.polygons, layout)).collect();
        let _ = writeln!(out, "<path d=\"{moved}\" fill=\"url(#moved)\" fill-rule=\"evenodd\"/>");
    }
}

/// Width of a road on paper in millimetres.
fn road_width(strength: u8) -> f64 {
    0.15 + 0.75 * f64::from(strength.min(100)) / 100.0
}

fn lines(out: &mut String, sheet: &Sheet, layout: &Layout) {
    let mut groups: BTreeMap<(Stroke, u8), String> = BTreeMap::new();
    for line in &sheet.barriers {
        trace(&line.points, false, layout, groups.entry((line.stroke(), line.strength)).or_default());
    }
    out.push_str("<g fill=\"none\">\n");
    for ((stroke, strength), path) in groups.iter().filter(|(_, path)| !path.is_empty()) {
        let mut line = |color: &str, width: f64, more: &str| {
            let _ = writeln!(out, "<path d=\"{path}\" stroke=\"{color}\" stroke-width=\"{}\"{more}/>", mm(width * FINE));
        };
        match stroke {
            Stroke::Road => line(ROAD, road_width(*strength), ""),
            Stroke::Water => line(RIVER, 0.6, ""),
            Stroke::Rail => {
                line(RAIL, 0.8, "");
                line("#fff", 0.4, &format!(" stroke-dasharray=\"{d} {d}\"", d = 2.2 * FINE));
            }
        }
    }
    out.push_str("</g>\n");
}

fn borders(out: &mut String, sheet: &Sheet, paths: &[String], layout: &Layout) {
    if let Some(before) = &sheet.before {
        let mut path = String::new();
        before.borders.iter().for_each(|line| trace(line, false, layout, &mut path));
        let (width, dash) = (mm(0.4 * FINE), mm(1.2 * FINE));
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{BEFORE}\" stroke-width=\"{width}\" stroke-dasharray=\"{dash} {dash}\"/>"
        );
    }
    // Thinner lines where grids are less than a centimetre wide on paper.
    let side = (layout.map.w * layout.map.h / sheet.grids.len().max(1) as f64).sqrt();
    let weight = (side / 10.0).clamp(0.45, 1.0);
    let mut group = |color: &str, width: f64, chosen: &dyn Fn(&SheetGrid) -> bool| {
        let path: String = sheet.grids.iter().zip(paths).filter(|(g, _)| chosen(g)).map(|(_, path)| path.as_str()).collect();
        let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{}\"/>", mm(width * weight * FINE));
    };
    group(BORDER, 0.22, &|g| g.mark().is_empty());
    group(UNDER_LINE, 0.55, &|g| g.mark() == "▼");
    group(OVER_LINE, 0.55, &|g| g.mark() == "▲");
    let zones: String = sheet.zones.iter().map(|z| outline(&z.polygons, layout)).collect();
    let _ = writeln!(out, "<path d=\"{zones}\" fill=\"none\" stroke=\"{ZONE}\" stroke-width=\"{}\"/>", mm(0.9 * weight * FINE));
}

/// Path of a mark of half a size of 1, and its colour: a triangle, a square, a diamond.
fn mark(kind: PlaceKind) -> (&'static str, &'static str) {
    match kind {
        PlaceKind::Station => ("M0-1.2 1.1.9-1.1.9Z", "#6a1b9a"),
        PlaceKind::Hall => ("M-.9-.9H.9V.9H-.9Z", "#00695c"),
        PlaceKind::Landmark => ("M0-1.2 1.2 0 0 1.2-1.2 0Z", "#5d4037"),
    }
}

fn places(out: &mut String, sheet: &Sheet, layout: &Layout) {
    for p in sheet.places.iter().filter(|p| p.at.iter().all(|c| c.is_finite())) {
        let [x, y] = layout.paper(layout.plane.forward(p.at)).map(mm);
        let (path, color) = mark(p.kind);
        let _ =
            writeln!(out, "<path d=\"{path}\" transform=\"translate({x} {y})\" fill=\"{color}\" stroke=\"#fff\" stroke-width=\".25\"/>");
    }
}

/// A line of a label with its size in millimetres.
#[derive(Clone)]
struct Line {
    text: String,
    size: f64,
}

/// The forms a grid's label may take, the fullest first.
fn forms(grid: &SheetGrid) -> Vec<Vec<Line>> {
    let mark = grid.mark();
    let code = if mark.is_empty() { grid.short_code().to_string() } else { format!("{} {mark}", grid.short_code()) };
    let load = if grid.households.is_finite() { format!("{:.0}", grid.households) } else { "–".to_string() };
    let line = |text: &str, size: f64| Line { text: text.to_string(), size };
    let mut forms: Vec<Vec<Line>> = [3.0, 2.3].map(|size| vec![line(&code, size), line(&load, size)]).into();
    forms.extend([2.3, 1.8].map(|size| vec![line(&code, size)]));
    if !mark.is_empty() {
        forms.push(vec![line(mark, 1.8)]);
    }
    forms
}

/// Half width and half height of a label.
fn half(lines: &[Line]) -> [f64; 2] {
    let width = lines.iter().map(|l| text_width(&l.text) * l.size).fold(0.0, f64::max);
    [width / 2.0 + 0.4, lines.iter().map(|l| l.size * 1.15).sum::<f64>() / 2.0 + 0.2]
}

fn labels(out: &mut String, sheet: &Sheet, spots: &Spots, layout: &Layout) {
    type Entry<'a> = (Wish, Vec<Vec<Line>>, &'a str);
    let wish = |spot: &Option<Spot>, forms: &[Vec<Line>]| -> Option<Wish> {
        let spot = spot.as_ref()?;
        Some(Wish { at: layout.paper(spot.at), room: spot.room * layout.scale, forms: forms.iter().map(|f| half(f)).collect() })
    };
    let mut entries: Vec<Entry> = Vec::new();
    for (grid, spot) in sheet.grids.iter().zip(&spots.grids) {
        let forms = forms(grid);
        let color = match grid.mark() {
            "▲" => OVER_LINE,
            "▼" => UNDER_LINE,
            _ => INK,
        };
        entries.extend(wish(spot, &forms).map(|wish| (wish, forms, color)));
    }
    let names = sheet.zones.iter().zip(&spots.zones).filter_map(|(zone, spot)| {
        let text = if zone.name.is_empty() { &zone.id } else { &zone.name };
        let forms: Vec<Vec<Line>> = [3.8, 3.0, 2.3].map(|size| vec![Line { text: text.clone(), size }]).into();
        wish(spot, &forms).map(|wish| (wish, forms, "#3b2a55"))
    });
    // The names of the zones come first: on paper a short code means nothing without its zone.
    let mut names: Vec<Entry> = names.collect();
    for list in [&mut names, &mut entries] {
        list.sort_by(|a, b| b.0.room.total_cmp(&a.0.room));
    }
    let entries = [names, entries].concat();

    let wishes: Vec<Wish> = entries.iter().map(|e| e.0.clone()).collect();
    let mut taken =
        panel::furniture(layout).map(|r| Box2 { at: [r.x + r.w / 2.0, r.y + r.h / 2.0], half: [r.w / 2.0, r.h / 2.0] }).to_vec();
    out.push_str("<g text-anchor=\"middle\" paint-order=\"stroke\" stroke=\"#fff\" stroke-opacity=\".85\" stroke-width=\".7\" stroke-linejoin=\"round\">\n");
    for ((_, forms, color), placed) in entries.iter().zip(place(&wishes, &mut taken)) {
        let Some(Placed { form, at }) = placed else { continue };
        let mut y = at[1] - half(&forms[form])[1] + 0.2;
        for (i, line) in forms[form].iter().enumerate() {
            let weight = if i == 0 { " font-weight=\"600\"" } else { "" };
            let (x, base, size) = (mm(at[0]), mm(y + line.size * 0.9), line.size);
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{base}\" font-size=\"{size}\" fill=\"{color}\"{weight}>{}</text>",
                escape_text(&line.text)
            );
            y += line.size * 1.15;
        }
    }
    out.push_str("</g>\n");
}
