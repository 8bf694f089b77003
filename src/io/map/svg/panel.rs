//! Title, summary, legend, scale bar and north arrow of the printed sheet.

use super::super::ramp::{BEFORE, NO_LOAD, OVER_LINE, Ramp, UNDER_LINE};
use super::*;

/// Writes text and boxes down a column, and goes on in the next column where one is full.
struct Flow<'a> {
    out: &'a mut String,
    panel: Rect,
    column: f64,
    x: f64,
    y: f64,
}

impl Flow<'_> {
    /// Makes room for something of this height; false where the panel is full.
    fn room(&mut self, height: f64) -> bool {
        if self.y + height > self.panel.y + self.panel.h {
            self.x += self.column + 10.0;
            self.y = self.panel.y;
        }
        self.x + self.column <= self.panel.x + self.panel.w + 0.1
    }

    fn text(&mut self, at: [f64; 2], size: f64, color: &str, more: &str, text: &str) {
        let (x, y) = (mm(at[0]), mm(at[1]));
        let _ = writeln!(self.out, "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{color}\"{more}>{}</text>", escape_text(text));
    }

    /// A paragraph, broken into at most `most` lines.
    fn paragraph(&mut self, text: &str, size: f64, color: &str, more: &str, most: usize) {
        for line in wrap(text, size, self.column, most) {
            if self.room(size * 1.3) {
                self.text([self.x, self.y + size], size, color, more, &line);
                self.y += size * 1.3;
            }
        }
    }

    /// A legend row: a sample of 10 × 4 mm, drawn by path commands relative to its corner, and its name.
    fn sample(&mut self, shapes: &str, name: &str, column: usize) {
        let x = self.x + column as f64 * self.column / 2.0;
        let _ = writeln!(self.out, "<g transform=\"translate({} {})\">{shapes}</g>", mm(x), mm(self.y));
        let name = wrap(name, 3.0, self.column / 2.0 - 13.0, 1).concat();
        self.text([x + 12.0, self.y + 3.2], 3.0, INK, "", &name);
    }
}

/// Breaks a text into lines of this width; what is beyond the last line is cut with an ellipsis.
pub(super) fn wrap(text: &str, size: f64, width: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        line.push(c);
        if text_width(&line) * size <= width || line.chars().count() == 1 {
            continue;
        }
        let cut = line.rfind(' ').filter(|&i| i > 0).unwrap_or(line.len() - c.len_utf8());
        let rest = line.split_off(cut);
        lines.push(std::mem::replace(&mut line, rest.trim_start().to_string()));
    }
    lines.push(line);
    lines.retain(|l| !l.is_empty());
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while text_width(last) * size + size > width && last.pop().is_some() {}
            last.push('…');
        }
    }
    lines
}

pub(super) fn draw(out: &mut String, sheet: &Sheet, layout: &Layout, ramp: &Ramp) {
    let panel = layout.panel;
    let mut flow = Flow { out, panel, column: PANEL.min(panel.w), x: panel.x, y: panel.y };
    flow.paragraph(&sheet.title, 6.0, INK, " font-weight=\"700\"", 3);
    flow.y += 3.0;
    legend(&mut flow, sheet, ramp);
    summary(&mut flow, sheet);
    scale_and_north(flow.out, layout);
    // At the foot of the map, inside the frame, as publishers of map data ask for.
    let (x, y) = (mm(layout.map.x + 2.0), mm(layout.map.y + layout.map.h - 2.0));
    let credit = wrap(&sheet.attribution, 2.4, layout.map.w * 0.6, 1).concat();
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{y}\" font-size=\"2.4\" fill=\"{SOFT}\" paint-order=\"stroke\" stroke=\"#fff\" stroke-width=\".6\">{}</text>",
        escape_text(&credit)
    );
}

fn heading(flow: &mut Flow, text: &str) {
    flow.paragraph(text, 3.6, INK, " font-weight=\"700\"", 1);
    flow.y += 1.5;
}

fn summary(flow: &mut Flow, sheet: &Sheet) {
    if sheet.summary.is_empty() || !flow.room(20.0) {
        return;
    }
    heading(flow, "Summary");
    for (label, value) in &sheet.summary {
        let split = flow.column * 0.45;
        let (left, right) = (wrap(label, 3.0, split - 2.0, 3), wrap(value, 3.0, flow.column - split, 3));
        let height = left.len().max(right.len()) as f64 * 4.0 + 1.2;
        if !flow.room(height) {
            return;
        }
        for (x, lines, color) in [(0.0, left, SOFT), (split, right, INK)] {
            for (i, line) in lines.iter().enumerate() {
                let at = [flow.x + x, flow.y + 3.0 + 4.0 * i as f64];
                flow.text(at, 3.0, color, "", line);
            }
        }
        flow.y += height;
    }
}

fn legend(flow: &mut Flow, sheet: &Sheet, ramp: &Ramp) {
    heading(flow, "Legend");
    flow.paragraph("Deviation of load 负荷 from target, %", 3.0, SOFT, "", 1);
    flow.y += 0.8;
    scale_of_colors(flow, ramp);
    let boxed = |fill: &str, stroke: &str, width: f64| {
        format!("<rect x=\".3\" y=\".3\" width=\"9.4\" height=\"3.6\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>")
    };
    let line = |color: &str, width: f64, more: &str| {
        format!("<path d=\"M0 2.1H10\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{}\"{more}/>", mm(width))
    };
    let plain = boxed(NO_LOAD, BORDER, 0.22);
    let mut rows: Vec<(String, String)> = vec![
        (boxed(ramp.colors[7], OVER_LINE, 0.55), "overload ▲".into()),
        (boxed(ramp.colors[1], UNDER_LINE, 0.55), "underload ▼".into()),
        (plain.clone() + &boxed("url(#hatch-mm)", BORDER, 0.22), "dedicated or empty".into()),
        (boxed(ramp.colors[4], BORDER, 0.22), "grid 网格".into()),
        (line(ZONE, 0.9, ""), "zone 片区".into()),
    ];
    if sheet.before.is_some() {
        rows.push((plain.clone() + &boxed("url(#moved-mm)", BORDER, 0.22), "moved land".into()));
        rows.push((line(BEFORE, 0.4, " stroke-dasharray=\"1.2 1.2\""), "border before".into()));
    }
    for (kind, words) in PlaceKind::ALL.into_iter().filter(|(kind, _)| sheet.places.iter().any(|p| p.kind == *kind)) {
        let (path, color) = mark(kind);
        rows.push((format!("<path d=\"{path}\" transform=\"translate(5 2.1) scale(1.4)\" fill=\"{color}\"/>"), words.into()));
    }
    if !sheet.water.is_empty() {
        rows.push((boxed(WATER, "none", 0.0), "water".into()));
    }
    let mut classes: BTreeMap<&str, (u8, Stroke)> = BTreeMap::new();
    for barrier in &sheet.barriers {
        let entry = classes.entry(&barrier.class).or_insert((barrier.strength, barrier.stroke()));
        entry.0 = entry.0.max(barrier.strength);
    }
    let mut classes: Vec<_> = classes.into_iter().collect();
    classes.sort_by_key(|(_, (strength, _))| std::cmp::Reverse(*strength));
    for (class, (strength, stroke)) in classes.into_iter().take(8) {
        let drawn = match stroke {
            Stroke::Road => line(ROAD, road_width(strength), ""),
            Stroke::Water => line(RIVER, 0.6, ""),
            Stroke::Rail => line(RAIL, 0.8, "") + &line("#fff", 0.4, " stroke-dasharray=\"2.2 2.2\""),
        };
        rows.push((drawn, class.to_string()));
    }
    for pair in rows.chunks(2) {
        if !flow.room(6.0) {
            return;
        }
        for (column, (shapes, name)) in pair.iter().enumerate() {
            flow.sample(shapes, name, column);
        }
        flow.y += 6.0;
    }
    flow.y += 1.0;
    flow.paragraph("division 行政区划 · barrier 边界要素 · officer 网格员 · backup pair AB岗", 2.6, SOFT, "", 2);
    flow.y += 5.0;
}

/// The ramp as a bar, its edges below it, and a bracket around the band.
fn scale_of_colors(flow: &mut Flow, ramp: &Ramp) {
    let step = flow.column / ramp.colors.len() as f64;
    let (x, y) = (flow.x, flow.y);
    for (i, color) in ramp.colors.iter().enumerate() {
        let swatch = rect(Rect { x: x + i as f64 * step, y, w: step, h: 5.0 });
        let _ = writeln!(flow.out, "<rect {swatch} fill=\"{color}\"/>");
    }
    let frame = rect(Rect { x, y, w: flow.column, h: 5.0 });
    let _ = writeln!(flow.out, "<rect {frame} fill=\"none\" stroke=\"{SOFT}\" stroke-width=\".25\"/>");
    let [first, last] = ramp.band;
    for (i, edge) in ramp.edges.iter().enumerate() {
        let bold = if i + 1 == first || i == last { " text-anchor=\"middle\" font-weight=\"700\"" } else { " text-anchor=\"middle\"" };
        flow.text([x + (i + 1) as f64 * step, y + 8.2], 2.7, INK, bold, &Ramp::edge_label(*edge));
    }
    let (left, right) = (x + first as f64 * step, x + (last + 1) as f64 * step);
    let bracket = format!("M{} {}v1.4H{}v-1.4", mm(left), mm(y + 9.2), mm(right));
    let _ = writeln!(flow.out, "<path d=\"{bracket}\" fill=\"none\" stroke=\"{INK}\" stroke-width=\".35\"/>");
    flow.text([(left + right) / 2.0, y + 13.6], 2.7, INK, " text-anchor=\"middle\" font-weight=\"600\"", "in band");
    flow.text([x, y + 13.6], 2.7, SOFT, "", "◀ underload");
    flow.text([x + flow.column, y + 13.6], 2.7, SOFT, " text-anchor=\"end\"", "overload ▶");
    flow.y += 17.0;
}

/// What lies above the map, so that no label runs under it: the north arrow, the scale bar.
pub(super) fn furniture(layout: &Layout) -> [Rect; 2] {
    let m = layout.map;
    let length = scale_length(layout) * layout.scale;
    let north = Rect { x: m.x + m.w - 14.0, y: m.y + 2.0, w: 12.0, h: 17.0 };
    [north, Rect { x: m.x + m.w - length - 8.0, y: m.y + m.h - 13.0, w: length + 6.0, h: 11.0 }]
}

/// Length of the scale bar in metres: 1, 2 or 5 and zeros, at most 60 mm on paper.
fn scale_length(layout: &Layout) -> f64 {
    let metres = 60.0 / layout.scale;
    let power = 10f64.powf(metres.log10().floor());
    [5.0, 2.0, 1.0].into_iter().find(|f| f * power <= metres).unwrap_or(1.0) * power
}

fn scale_and_north(out: &mut String, layout: &Layout) {
    let m = layout.map;
    for plate in furniture(layout) {
        let _ = writeln!(out, "<rect {} rx=\"1\" fill=\"#fff\" fill-opacity=\".75\"/>", rect(plate));
    }
    let round = scale_length(layout);
    let name = if round >= 1000.0 { format!("{} km", round / 1000.0) } else { format!("{round} m") };
    let (right, y) = (m.x + m.w - 5.0, m.y + m.h - 5.0);
    let left = right - round * layout.scale;
    let _ = writeln!(
        out,
        "<path d=\"M{l} {t}v2H{r}v-2\" fill=\"none\" stroke=\"{INK}\" stroke-width=\".5\"/>\
         <text x=\"{c}\" y=\"{n}\" font-size=\"3.2\" fill=\"{INK}\" text-anchor=\"middle\">{name}</text>",
        l = mm(left),
        r = mm(right),
        t = mm(y - 2.0),
        c = mm((left + right) / 2.0),
        n = mm(y - 3.0)
    );
    let _ = writeln!(
        out,
        "<g transform=\"translate({} {})\" fill=\"{INK}\"><path d=\"M4 0 7 9 4 7 1 9Z\"/>\
         <text x=\"4\" y=\"13\" font-size=\"4\" font-weight=\"700\" text-anchor=\"middle\">N</text></g>",
        mm(m.x + m.w - 12.0),
        mm(m.y + 4.0)
    );
}
