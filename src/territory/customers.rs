//! Customer classes, land use that kinds of grid are about, halls and landmarks.

use super::lattice::{Plane, Pt, ring_area2};
use super::layers::{AreaRecord, Layers, Origin, PointRecord};
use super::{Anchor, AnchorKind, Barrier, BarrierLayer, LandUse, build};
use crate::finding::{Finding, Severity, few};
use crate::measure::Load;
use crate::recipe::{AnchorRule, ClassRule, KindRule, PointLayer, Recipe, is_kind, near};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Strength of the outline of land that may become a dedicated grid: less than any street, so that other grids hardly keep to it.
pub(super) const STRENGTH: u8 = 10;

/// Finds the class of points.
pub(super) struct Classes<'a> {
    rules: &'a [ClassRule],
    of_kind: HashMap<&'a str, Option<u16>>,
    /// Classes that the recipe does not know: points, and where the first is.
    unknown: BTreeMap<&'a str, (u64, Origin, [f64; 2])>,
    without: u64,
    all: u64,
}

impl<'a> Classes<'a> {
    pub fn new(rules: &'a [ClassRule]) -> Self {
        Classes { rules, of_kind: HashMap::new(), unknown: BTreeMap::new(), without: 0, all: 0 }
    }

    /// The class that the point names, or where it names none that of its kind.
    pub fn of(&mut self, r: &'a PointRecord) -> Option<u16> {
        if self.rules.is_empty() {
            return None;
        }
        self.all += 1;
        let class = match &r.class {
            Some(name) => {
                let known = self.rules.iter().position(|rule| rule.name == *name).map(|i| i as u16);
                if known.is_none() {
                    self.unknown.entry(name).or_insert((0, r.origin, r.at)).0 += 1;
                }
                known
            }
            None => r.kind.as_deref().and_then(|kind| {
                let rules = self.rules;
                *self.of_kind.entry(kind).or_insert_with(|| of_kind(rules, kind))
            }),
        };
        self.without += u64::from(class.is_none());
        class
    }

    /// Adds what later points did not say.
    pub fn join(&mut self, later: Self) {
        for (name, (count, origin, at)) in later.unknown {
            self.unknown.entry(name).or_insert((0, origin, at)).0 += count;
        }
        self.without += later.without;
        self.all += later.all;
    }

    pub fn tell(self, layers: &Layers, findings: &mut Vec<Finding>) {
        for (name, (count, origin, at)) in self.unknown {
            let message = format!(
                "{count} points are of class '{name}', which the recipe does not have; they are no customers: add [classes.{name}], or correct the points"
            );
            let f = Finding::new(Severity::Warning, "class-unknown", message).file(layers.file(origin)).record(origin.record.into());
            findings.push(f.id(name).at(at).measured(count as f64).limit(0.0));
        }
        if self.without > 0 {
            let message = format!("{} of {} points have no customer class and are not counted as customers", self.without, self.all);
            findings.push(Finding::new(Severity::Info, "points-without-class", message).measured(self.without as f64));
        }
    }
}

/// The class with the most exact kind: `shop:bakery` before `shop`, of equal ones the first.
fn of_kind(rules: &[ClassRule], kind: &str) -> Option<u16> {
    let exact = |rule: &ClassRule| rule.kinds.iter().filter(|wanted| is_kind(kind, wanted)).map(String::len).max();
    let fits = rules.iter().enumerate().filter_map(|(i, rule)| Some((exact(rule)?, std::cmp::Reverse(i))));
    fits.max().map(|(_, i)| i.0 as u16)
}

/// Rules that carve land.
fn carving(recipe: &Recipe) -> impl Iterator<Item = &KindRule> {
    recipe.kinds.iter().filter(|k| k.carve && !k.landuse.is_empty())
}

/// Its name, if it is more than blanks.
fn name(a: &AreaRecord) -> Option<&str> {
    a.name.as_deref().map(str::trim).filter(|name| !name.is_empty())
}

/// Kinds of land use whose outlines divide.
pub(super) fn dividing<'a>(layers: &'a Layers, recipe: &'a Recipe) -> impl Iterator<Item = &'a str> {
    let carved = |kind: &str, name: Option<&str>| carving(recipe).any(|rule| rule.is_about(kind, name));
    layers.landuse.iter().filter(move |l| carved(&l.kind, name(l))).map(|l| l.kind.as_str())
}

/// Land of the uses that a rule names, as far as it is `near`.
pub(super) fn land_use(layers: &Layers, recipe: &Recipe, near: impl Fn(&[Pt]) -> bool, findings: &mut Vec<Finding>) -> Vec<LandUse> {
    let mut out = Vec::new();
    let (mut beside, mut missing): (u64, BTreeSet<&str>) = (0, recipe.kinds.iter().flat_map(|k| &k.landuse).map(String::as_str).collect());
    for a in &layers.landuse {
        if !recipe.kinds.iter().any(|rule| rule.is_about(&a.kind, name(a))) {
            continue;
        }
        missing.retain(|wanted| !is_kind(&a.kind, wanted));
        let rings = build::rings(&a.land, layers, a.origin, a.id.as_deref(), findings);
        if !rings.iter().any(|r| near(r)) {
            beside += 1;
            continue;
        }
        let expected_load = a.expected_load.and_then(Load::from_units).filter(|l| *l >= Load::ZERO);
        let (file, record) = (layers.file(a.origin).to_string(), a.origin.record.into());
        out.push(LandUse { kind: a.kind.clone(), name: name(a).map(str::to_string), rings, expected_load, file, record });
    }
    if beside > 0 {
        let message = format!("{beside} pieces of land use lie beside the land and make no grid");
        findings.push(Finding::new(Severity::Info, "landuse-outside", message).measured(beside as f64));
    }
    for kind in missing {
        let message = format!("no land use that a rule of [kinds] may take is of kind '{kind}'; correct [kinds], or the layer");
        findings.push(Finding::new(Severity::Info, "landuse-absent", message).id(kind).measured(0.0));
    }
    out
}

/// Outlines of land that may become a dedicated grid: that of one name or of none, with the area that its rule asks for.
pub(super) fn outlines(land_use: &[LandUse], recipe: &Recipe, plane: &Plane, index: &HashMap<(BarrierLayer, &str), u16>) -> Vec<Barrier> {
    let area = |l: &LandUse| plane.area_m2(l.rings.iter().map(|r| ring_area2(r).abs()).max().unwrap_or(0));
    let mut divides = vec![false; land_use.len()];
    for rule in carving(recipe) {
        let about = || land_use.iter().enumerate().filter(|(_, l)| rule.is_about(&l.kind, l.name.as_deref()));
        let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
        let mut unnamed = 0.0;
        for (_, l) in about() {
            *l.name.as_deref().map_or(&mut unnamed, |name| sums.entry(name).or_default()) += area(l);
        }
        // whether pieces without name lie side by side is seen when they are units
        about().for_each(|(i, l)| divides[i] |= l.name.as_deref().map_or(unnamed, |name| sums[name]) >= rule.min_area_m2);
    }
    let line = |ring: &Vec<Pt>| ring.iter().chain(ring.first()).copied().collect();
    let of_land = |l: &LandUse| {
        let class = index.get(&(BarrierLayer::Land, l.kind.as_str())).copied().unwrap_or(0);
        l.rings.iter().map(move |ring| Barrier { class, line: line(ring) }).collect::<Vec<_>>()
    };
    land_use.iter().zip(divides).filter(|(_, divides)| *divides).flat_map(|(l, _)| of_land(l)).collect()
}

/// Halls and landmarks with their radii.
pub(super) fn anchors(layers: &Layers, recipe: &Recipe, findings: &mut Vec<Finding>) -> Vec<Anchor> {
    let radii = layers.numbers(PointLayer::Pois, recipe.layers.pois.property("radius_m"));
    let mut out = Vec::new();
    for (kind, section, rule) in [(AnchorKind::Hall, "halls", &recipe.halls), (AnchorKind::Landmark, "landmarks", &recipe.landmarks)] {
        if rule.kinds.is_empty() {
            continue;
        }
        let before = out.len();
        let without = of_rule(layers, rule, kind, radii, &mut out, findings);
        let found = out.len() - before;
        let there: BTreeSet<&str> = layers.pois.iter().filter_map(|r| r.kind.as_deref()).collect();
        let absent = |wanted: &&String| !there.iter().any(|kind| is_kind(kind, wanted));
        let absent: Vec<String> = rule.kinds.iter().filter(absent).map(|kind| quoted(kind, &there)).collect();
        if !absent.is_empty() {
            let severity = if found == 0 { Severity::Warning } else { Severity::Info };
            let message = format!("no point of interest is of {} of [{section}] kinds; correct them, or the layer", few(&absent));
            findings.push(Finding::new(severity, "anchors-absent", message).id(section).measured(found as f64));
        }
        if without > 0 {
            let message = format!("{without} of {found} {section} have no radius_m and get {} m", rule.radius_m);
            findings.push(Finding::new(Severity::Info, "radius-missing", message).id(section).measured(without as f64));
        }
    }
    out
}

/// A kind that is not there, with those that may have been meant.
fn quoted(kind: &str, there: &BTreeSet<&str>) -> String {
    let near = near(kind, there.iter().copied());
    if near.is_empty() { format!("'{kind}'") } else { format!("'{kind}' (meant is {}?)", near.join(" or ")) }
}

/// Adds the points of a rule; returns how many say no radius.
fn of_rule(
    layers: &Layers,
    rule: &AnchorRule,
    kind: AnchorKind,
    radii: Option<&[Option<f64>]>,
    out: &mut Vec<Anchor>,
    findings: &mut Vec<Finding>,
) -> u64 {
    let (mut ids, mut without) = (build::Ids::new(), 0);
    for (i, r) in layers.pois.iter().enumerate() {
        if !r.kind.as_ref().is_some_and(|k| rule.kinds.iter().any(|wanted| is_kind(k, wanted))) {
            continue;
        }
        let own = r.id.as_deref().map_or_else(|| format!("record-{}", r.origin.record), str::to_string);
        let tell = |code: &str, message: String| {
            Finding::new(Severity::Warning, code, message).file(layers.file(r.origin)).record(r.origin.record.into()).id(&own).at(r.at)
        };
        let Some(at) = Pt::from_lon_lat(r.at[0], r.at[1]) else {
            findings.push(tell("point-dropped", "the position is no longitude and latitude; the point was dropped".into()));
            continue;
        };
        let said = radii.and_then(|column| column.get(i).copied().flatten());
        let radius_m = said.filter(|m| m.is_finite() && *m >= 0.0).unwrap_or(rule.radius_m);
        without += u64::from(said.is_none());
        if let Some(m) = said.filter(|m| *m != radius_m) {
            let message = format!("a radius of {m} m cannot be; {} m of the recipe is taken", rule.radius_m);
            findings.push(tell("radius-not-usable", message).measured(m).limit(0.0));
        }
        out.push(Anchor { id: build::unique(&own, &mut ids, layers, r.origin, findings), kind, at, radius_m });
    }
    without
}
