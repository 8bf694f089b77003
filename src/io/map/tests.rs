use super::labels::{Box2, Wish, place, text_width};
use super::*;

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>&\"']]>\u{2028}\u{1}<!--";

fn square(x: f64, y: f64, side: f64) -> Polygons {
    vec![vec![vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]]]
}

/// A block of 12 × 12 square grids with deviations from −66 % to +66 %.
fn town(name: &str) -> Sheet {
    let grid = |i: usize| SheetGrid {
        id: format!("{name}{i}"),
        code: format!("{name}-{i:03}"),
        zone: "z".into(),
        division: name.into(),
        kind: if i == 5 { "campus".into() } else { "ordinary".into() },
        households: 100.0 + i as f64,
        target: 172.0,
        resources: vec![SheetResource { name: name.into(), amount: f64::INFINITY, deviation: 0.25 }],
        deviation: (i != 7).then(|| (i as f64 - 72.0) / 109.0),
        in_band: (62..83).contains(&i),
        officer: Some(name.into()),
        why: name.into(),
        polygons: square(9.5 + (i % 12) as f64 * 0.004, 47.1 + (i / 12) as f64 * 0.003, 0.003 - (i % 3) as f64 * 0.0005),
        ..Default::default()
    };
    let zone = SheetZone { id: "z".into(), name: name.into(), polygons: square(9.49, 47.09, 0.07), ..Default::default() };
    let line = |class: &str| SheetLine { class: class.into(), strength: 80, points: vec![[9.5, 47.1], [9.53, 47.13]] };
    Sheet {
        title: name.into(),
        summary: vec![(name.into(), name.into())],
        tolerance: 0.1,
        findings: vec![SheetFinding { code: name.into(), severity: name.into(), message: name.into(), place: Some([9.5, 47.1]) }],
        grids: (0..144).map(grid).collect(),
        places: Vec::new(),
        before: None,
        zones: vec![zone],
        barriers: vec![line(name), line("rail"), line("river"), line("primary")],
        water: vec![square(9.51, 47.11, 0.01)],
        attribution: name.into(),
    }
}

/// Every start tag has its end tag, in order, and no attribute or text holds a bare `<` or `&`.
fn assert_balanced(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        assert!(rest[..start].split('&').skip(1).all(|s| s.find(';').is_some_and(|i| i < 6)), "bare &: {}", &rest[..start]);
        let end = rest[start..].find('>').expect("a tag ends") + start;
        let tag = &rest[start + 1..end];
        assert!(!tag.contains('<') && tag.matches('"').count().is_multiple_of(2), "broken tag: {tag}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    assert!(!xml.chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn hostile_names_do_not_run_in_the_page() {
    let page = html(&town(HOSTILE));
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img") && !page.contains("<!--") && !page.contains('\u{2028}'));
    let start = page.find("type=\"application/json\">").unwrap() + 24;
    let end = start + page[start..].find("</script").unwrap();
    let data: serde_json::Value = serde_json::from_str(&page[start..end]).unwrap();
    assert_eq!(data["sheet"]["title"], HOSTILE);
    let data = page[start..end].to_string();
    assert!(!page.replace(&data, "").contains("onerror=alert(1)>"), "only the data may hold the name as it stands");
}

#[test]
fn the_page_asks_the_network_for_nothing() {
    let page = html(&town("A"));
    for word in ["http:", "https:", "url(", "@import", "fetch(", "XMLHttp", " src=", "innerHTML", "document.write", "eval("] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn hostile_names_leave_the_print_valid() {
    assert_balanced(&svg(&town(HOSTILE)));
    assert_balanced(&svg(&town("Vaduz 瓦杜兹")));
}

#[test]
fn an_empty_sheet_is_drawn() {
    assert_balanced(&svg(&Sheet::default()));
    assert!(html(&Sheet::default()).contains("\"grids\":[]"));
}

#[test]
fn the_same_sheet_gives_the_same_bytes() {
    assert_eq!(html(&town("A")), html(&town("A")));
    assert_eq!(svg(&town("A")), svg(&town("A")));
}

#[test]
fn numbers_that_are_not_finite_do_not_reach_the_output() {
    let mut sheet = town("A");
    sheet.tolerance = f64::NAN;
    let grid = &mut sheet.grids[3];
    (grid.households, grid.target, grid.deviation) = (f64::NAN, f64::INFINITY, Some(f64::NAN));
    grid.polygons[0][0][1] = [f64::NAN, 47.0];
    sheet.grids[4].polygons = vec![vec![vec![[9.5, 47.1]; 4]], vec![vec![]], vec![]];
    sheet.barriers[0].points[0] = [f64::INFINITY, 0.0];
    sheet.findings[0].place = Some([f64::NAN, 0.0]);
    let print = svg(&sheet);
    assert_balanced(&print);
    assert!(!print.contains("NaN") && !print.contains("inf\""));
    let page = html(&sheet);
    let data = &page[page.find("application/json").unwrap()..page.find("</script").unwrap()];
    assert!(!data.contains("NaN") && !data.contains("inf,"));
}

#[test]
fn printed_labels_do_not_overlap() {
    let wishes: Vec<Wish> = (0..400)
        .map(|i| Wish {
            at: [(i * 37 % 101) as f64, (i * 53 % 97) as f64],
            room: 1.0 + (i % 7) as f64,
            forms: vec![[6.0, 3.0], [3.0, 1.5], [1.0, 0.8]],
        })
        .collect();
    let mut taken: Vec<Box2> = Vec::new();
    let placed = place(&wishes, &mut taken);
    assert_eq!(placed.iter().flatten().count(), taken.len());
    assert!(taken.len() > 50 && placed.contains(&None));
    for (i, a) in taken.iter().enumerate() {
        assert!(taken[i + 1..].iter().all(|b| !a.overlaps(b)));
    }
}

#[test]
fn labels_stand_inside_their_land() {
    // A U of three arms: the middle of its box lies outside.
    let u = vec![vec![vec![
        [0.0, 0.0],
        [0.03, 0.0],
        [0.03, 0.03],
        [0.025, 0.03],
        [0.025, 0.005],
        [0.005, 0.005],
        [0.005, 0.03],
        [0.0, 0.03],
        [0.0, 0.0],
    ]]];
    let plane = geometry::Plane::new(&geometry::Bounds { min: [0.0, 0.0], max: [0.03, 0.03] });
    let spot = geometry::spot(&u, &plane).unwrap();
    let [lon, lat] = plane.backward(spot.at);
    assert!(lon > 0.0 && lon < 0.03 && lat > 0.0 && (lat < 0.005 || !(0.005..=0.025).contains(&lon)));
    assert!(spot.room > 200.0 && spot.room < 300.0);
}

#[test]
fn colours_tell_over_from_underload() {
    let ramp = ramp::Ramp::new(0.1);
    let fill = |d: f64, in_band| ramp.fill(&SheetGrid { deviation: Some(d), in_band, ..Default::default() });
    assert_ne!(fill(0.15, false), fill(-0.15, false));
    assert_eq!(fill(0.1, true), fill(0.09, true), "the edge of the band belongs to the band");
    assert_eq!(fill(0.05, true), fill(0.0999, true));
    assert_ne!(fill(0.101, false), fill(0.0999, true));
}

#[test]
fn coordinates_are_differences() {
    let line = SheetLine { points: vec![[1.0, 2.0], [1.0, 2.0], [1.000003, 1.999999]], ..Default::default() };
    assert_eq!(serde_json::to_value(&line).unwrap()["points"], serde_json::json!([1_000_000, 2_000_000, 3, -1]));
    let grid = SheetGrid { polygons: square(0.0, 0.0, 1e-5), ..Default::default() };
    assert_eq!(serde_json::to_value(&grid).unwrap()["polygons"], serde_json::json!([[[0, 0, 10, 0, 0, 10, -10, 0]]]));
}

#[test]
fn short_codes_and_marks() {
    let grid = SheetGrid { code: "NH05-012".into(), deviation: Some(0.2), ..Default::default() };
    assert_eq!((grid.short_code(), grid.mark()), ("012", "▲"));
    assert_eq!(SheetGrid { id: "g7".into(), ..Default::default() }.short_code(), "g7");
    assert!(text_width("网格") > text_width("ab"));
}
