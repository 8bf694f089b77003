//! Cuts a territory into units: the faces between barriers and division borders.
//!
//! Refinement in five steps, each of which only divides what the one before made: division outlines, water, roads, railways
//! and outlines of land that may become a dedicated grid, minor ways inside heavy faces, balanced power diagrams over the points of faces that are still too heavy.
//!
//! Guarantees:
//!
//! - Units tile the divisions; areas are sums of integers. Each piece of border has the same vertices on both sides.
//! - A division border keeps its course. A barrier beside it, no farther than `snap_m`, snaps to it: the strip between the two joins its
//!   own division and the border inherits the barrier. So does the median of a dual carriageway, the strip between a street and the outline of land that
//!   may become a dedicated grid, and what is small and empty
//!   joins a neighbour of its division; [`Fabric::absorbed`] lists all of it.
//! - The border of two units carries the strongest barrier that runs along a quarter of it or more.
//! - Lines in tunnels and culverts do not divide. Roads and railways do not divide water; where the recipe joins banks over
//!   bridges, a bridge parts the water below it in two and takes the barrier from the banks it connects.
//! - Lines that end in nothing, and lines both of whose sides are one face, are no borders.
//! - Each demand point, and each carrier of another resource, lies in exactly one unit or is told to be outside. A point on a border belongs to the unit north of it, on a
//!   border that runs due north to the unit east of it, and at the outer edge to the unit inside.
//! - The order, direction and splitting of lines and the number of threads change nothing.

mod arrangement;
mod assemble;
mod borders;
mod cells;
mod chords;
mod divisions;
mod fabric;
mod grid;
mod locate;
mod mesh;
mod noding;
mod places;
mod planar;
mod power;
pub mod rings;
mod strips;
mod tell;

pub use fabric::{Absorbed, Border, Fabric, FabricEdge, Unit};
pub use locate::Labels;
pub use planar::{Faces, Side, faces};

use crate::finding::{Finding, Severity};
use crate::measure::{DivisionId, Load};
use crate::recipe::Recipe;
use crate::territory::lattice::{self, Pt, side_of_rings};
use crate::territory::{Barrier, Territory, Water};
use crate::watch::{Stopped, Watch};
use arrangement::OUTSIDE;
use assemble::assemble;
use cells::{Cells, Merge};
use mesh::{Divided, Divider, Edge, Lists, Mesh, NONE, Parts, areas2};
use places::{Place, places};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// Why a territory could not be cut.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CutError {
    /// The caller stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// Outlines that enclose nothing: there and back, or with a hole as large.
    #[error("{file}: no land: none of its {count} areas encloses any; the file must hold polygons in longitude and latitude")]
    NoLand {
        /// File of the divisions.
        file: String,
        /// Divisions there are.
        count: usize,
    },
    /// A division whose outline crosses itself in more than a trifle.
    #[error(
        "{file} record {record} '{id}': the polygon crosses itself near {:.6},{:.6} ({area_m2:.0} m² are ambiguous, up to {limit_m2:.0} m² would be \
         repaired); repair it in a GIS (in QGIS: Fix geometries) and try again", place[0], place[1]
    )]
    CrossesItself {
        /// File of the division.
        file: String,
        /// Record in the file.
        record: u64,
        /// Id of the division.
        id: String,
        /// Longitude, latitude of a crossing.
        place: [f64; 2],
        /// Land that is inside by one rule and outside by another, m².
        area_m2: f64,
        /// What would be repaired, m².
        limit_m2: f64,
    },
}

/// Regions with what is known of them; index 0 is outside.
struct State {
    mesh: Mesh,
    division: Vec<DivisionId>,
    piece: Vec<u32>,
    water: Vec<bool>,
    /// Whether the borders meet in nothing but their ends.
    settled: bool,
}

impl State {
    fn undivided(&self, watch: &dyn Watch) -> Result<Divided, Stopped> {
        if self.settled { Ok(self.mesh.undivided()) } else { self.mesh.divide(&[], watch) }
    }
}

/// Region of every place and of every carrier of a resource, in their order.
struct Placed {
    places: Vec<u32>,
    carriers: Vec<u32>,
}

/// Cuts `territory` into units. O(n log n) for n segments and points. `watch` may stop it.
pub fn cut(territory: &Territory, recipe: &Recipe, watch: &dyn Watch) -> Result<Fabric, CutError> {
    let _span = tracing::info_span!("cut", points = territory.points.len()).entered();
    let mut findings = Vec::new();
    let limit = (recipe.cut.split_above * territory.base.0 as f64) as i64;
    let land = || -> Result<(State, usize), CutError> {
        let first = divisions::pieces(territory, &mut findings, watch)?;
        if first.mesh.regions <= 1 {
            let file = territory.divisions.first().map_or("admin", |d| &d.file).to_string();
            return Err(CutError::NoLand { file, count: territory.divisions.len() });
        }
        let regions = first.mesh.regions;
        let (piece, water) = ((0..regions as u32).collect(), vec![false; regions]);
        let state = State { mesh: first.mesh, division: first.division, piece, water, settled: first.settled };
        Ok((by_water(territory, state, &mut findings, watch)?, regions - 1))
    };
    let (land, places) = rayon::join(land, || places(territory));
    let (state, pieces) = land?;
    let went = |state: &State| watch.go_on((state.mesh.edges.len() + territory.points.len()) as u64);
    went(&state)?;
    let (state, absorbed, mut whereabouts) = by_barriers(territory, &places, recipe, state, &mut findings, watch)?;
    went(&state)?;
    let state = by_minor_ways(territory, state, &mut whereabouts, limit, &mut findings, watch)?;
    went(&state)?;
    let (state, placed) = by_chords(territory, state, whereabouts, limit, &mut findings, watch)?;
    went(&state)?;
    Ok(assemble(territory, &places, state, &placed, absorbed, pieces, findings))
}

fn dividers(lines: &[Barrier], parts: Parts) -> Vec<Divider> {
    let pieces = |b: &Barrier| -> Vec<Divider> {
        b.line.windows(2).map(|w| Divider { a: w[0], b: w[1], class: b.class, parts, only: NONE }).collect()
    };
    lines.iter().flat_map(pieces).collect()
}

fn settle(divided: &Divided, findings: &mut Vec<Finding>) {
    if !divided.settled {
        findings.push(Finding::new(
            Severity::Warning,
            "noding-unsettled",
            "lines still cross within a lattice step; borders there may touch",
        ));
    }
}

/// Labels faces anew and carries over what is known of their regions; a region is water where most of it is. Also returns the new region of
/// every face.
fn next_state(
    before: &State,
    divided: &Divided,
    edges: Vec<Edge>,
    label: impl Fn(u32) -> u32 + Sync,
    water: impl Fn(u32) -> bool,
) -> (State, Vec<u32>) {
    let faces = divided.parent.len();
    let (area2, (mesh, number)) = rayon::join(|| areas2(&edges, faces), || Mesh::from_labels(edges.iter().copied(), &label, faces));
    let (mut division, mut piece) = (vec![DivisionId(0); mesh.regions], vec![0; mesh.regions]);
    let mut wet2 = vec![0i128; mesh.regions];
    let mut region = vec![OUTSIDE; faces];
    for f in 0..faces as u32 {
        let n = number[label(f) as usize];
        if n == NONE || n == OUTSIDE {
            continue;
        }
        region[f as usize] = n;
        let (n, parent) = (n as usize, divided.parent[f as usize] as usize);
        (division[n], piece[n]) = (before.division[parent], before.piece[parent]);
        wet2[n] += if water(f) { area2[f as usize] } else { -area2[f as usize] };
    }
    (State { mesh, division, piece, water: wet2.into_iter().map(|w| w > 0).collect(), settled: divided.settled }, region)
}

/// Water areas and lines divide land; faces inside a water area are marked.
fn by_water(t: &Territory, state: State, findings: &mut Vec<Finding>, watch: &dyn Watch) -> Result<State, Stopped> {
    let mut lines = dividers(&t.water_lines, Parts::LAND);
    for w in &t.water {
        for ring in &w.rings {
            lines.extend((0..ring.len()).map(|i| Divider {
                a: ring[i],
                b: ring[(i + 1) % ring.len()],
                class: w.class,
                parts: Parts::LAND,
                only: NONE,
            }));
        }
    }
    let divided = state.mesh.divide(&lines, watch)?;
    settle(&divided, findings);
    let edges = divided.edges();
    let sides: Vec<_> = edges.iter().map(|e| (e.a, e.b, e.left, e.right)).collect();
    let inner: Vec<Option<Pt>> = rings::polygons(&sides, divided.parent.len()).iter().map(|p| p.first().map(rings::inner_point)).collect();
    let index = water_index(&t.water);
    let wet = |p: &Option<Pt>| p.is_some_and(|p| in_water(&index, &t.water, p));
    let water: Vec<bool> = inner.par_iter().map(wet).collect();
    let label = |f: u32| if divided.parent[f as usize] == OUTSIDE { OUTSIDE } else { f };
    Ok(next_state(&state, &divided, edges, label, |f| water[f as usize]).0)
}

type Boxes = RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>;

fn span(points: impl IntoIterator<Item = Pt>) -> [[f64; 2]; 2] {
    let start = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
    points.into_iter().fold(start, |[lo, hi], p| {
        let (x, y) = (p.x as f64, p.y as f64);
        [[lo[0].min(x), lo[1].min(y)], [hi[0].max(x), hi[1].max(y)]]
    })
}

fn water_index(water: &[Water]) -> Boxes {
    let item = |(i, w): (usize, &Water)| {
        let [lo, hi] = span(w.rings.iter().flatten().copied());
        GeomWithData::new(Rectangle::from_corners(lo, hi), i)
    };
    RTree::bulk_load(water.iter().enumerate().map(item).collect())
}

fn in_water(index: &Boxes, water: &[Water], p: Pt) -> bool {
    let at = [p.x as f64, p.y as f64];
    index
        .locate_in_envelope_intersecting(&AABB::from_corners(at, at))
        .any(|b| side_of_rings(&water[b.data].rings, p) == lattice::Side::Inside)
}

/// Where places are, from one mesh to the next.
///
/// Borders move by a step or so when they are divided, and come and go between faces that are put together again. A place that is farther from
/// all of them keeps its region unless that is divided; those on borders or hard beside them are looked for among the faces of every division.
struct Whereabouts<'a> {
    places: &'a [Place],
    region: Vec<u32>,
    /// Places within some steps of a border, in order.
    beside: Vec<u32>,
    /// Those of them that lie where the land ends: on which side is told by the mesh alone, without faces beyond.
    rim: Vec<u32>,
}

/// Several regions.
const MANY: u32 = NONE - 1;

/// How near a place is to edges.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Near {
    Nothing,
    Border,
    Rim,
}

/// Finds `some` of the places among faces.
fn find(places: &[Place], divided: &Divided, some: &[u32]) -> Vec<(u32, Near)> {
    let a = &divided.arrangement;
    let outside = |face: u32| divided.parent[face as usize] == OUTSIDE;
    let one = |&p: &u32| {
        let at = places[p as usize].at;
        let near = |e: usize| if outside(a.left[e]) || outside(a.right[e]) { Near::Rim } else { Near::Border };
        (a.face_at(at), a.beside(at).map(near).max().unwrap_or(Near::Nothing))
    };
    if some.len() > LOT {
        a.open();
    }
    some.par_iter().with_min_len(LOT).map(one).collect()
}

/// Places looked for in one go.
const LOT: usize = 1 << 9;

/// Places whose loads are summed in one go.
const SUMMED: usize = 1 << 16;

/// Sums of loads by region or face.
fn sums(of: usize, loads: impl IndexedParallelIterator<Item = (u32, Load)>) -> Vec<i64> {
    let add = |mut sums: Vec<i64>, (of, load): (u32, Load)| {
        sums[of as usize] += load.0;
        sums
    };
    let join = |mut sums: Vec<i64>, more: Vec<i64>| {
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        sums
    };
    loads.with_min_len(SUMMED).fold(|| vec![0; of], add).reduce_with(join).unwrap_or_else(|| vec![0; of])
}

/// Faces of `some` places, and all faces as cells with the balanced load of these, in groups of parent regions seen through `group`, outside 0.
fn loaded<'t>(
    t: &'t Territory,
    places: &[Place],
    divided: &Divided,
    some: &[u32],
    group: impl Fn(u32) -> u32 + Sync,
) -> (Vec<(u32, Near)>, Cells<'t>) {
    let place = || {
        let faces = find(places, divided, some);
        let load = some.par_iter().zip(&faces).map(|(&p, &(f, _))| (f, places[p as usize].balanced));
        let mut sums = sums(divided.parent.len(), load);
        sums[OUTSIDE as usize] = 0;
        (faces, sums)
    };
    let group = |&p: &u32| if p == OUTSIDE { 0 } else { group(p) + 1 };
    let cells = || Cells::new(t, divided.edges(), divided.parent.iter().map(group).collect());
    let ((faces, load), mut cells) = rayon::join(place, cells);
    cells.load = load;
    (faces, cells)
}

impl Whereabouts<'_> {
    /// Looks again for places at the rim; for all where borders may cross. Returns the regions as they are where it needed them.
    fn settle(&mut self, state: &State, watch: &dyn Watch) -> Result<Option<Divided>, Stopped> {
        if !state.settled {
            self.beside = (0..self.places.len() as u32).collect();
            self.rim = self.beside.clone();
        }
        if self.rim.is_empty() {
            return Ok(None);
        }
        let whole = state.undivided(watch)?;
        let faces = find(self.places, &whole, &self.rim);
        self.rim.iter().zip(faces).for_each(|(&p, (f, _))| self.region[p as usize] = whole.parent[f as usize]);
        Ok(Some(whole))
    }

    /// Goes on to the `region`s that faces have become part of: `some` places were found in `faces`, all others are where their region is.
    fn go_on(&mut self, divided: &Divided, some: Vec<u32>, faces: Vec<(u32, Near)>, region: &[u32]) {
        let mut now = vec![NONE; divided.parent.iter().max().map_or(0, |&most| most as usize + 1)];
        for (&parent, &n) in divided.parent.iter().zip(region) {
            let slot = &mut now[parent as usize];
            *slot = if *slot == NONE || *slot == n { n } else { MANY };
        }
        // outside is one, whatever lines run there
        now[OUTSIDE as usize] = OUTSIDE;
        let mut found = vec![false; self.places.len()];
        some.iter().for_each(|&p| found[p as usize] = true);
        let mut lost = Vec::new();
        for ((p, slot), _) in (0..).zip(&mut self.region).zip(found).filter(|(_, found)| !found) {
            *slot = now[*slot as usize];
            if *slot >= MANY {
                lost.push(p);
            }
        }
        (self.beside, self.rim) = (Vec::new(), Vec::new());
        let also = find(self.places, divided, &lost);
        for (p, (f, near)) in some.into_iter().zip(faces).chain(lost.into_iter().zip(also)) {
            self.region[p as usize] = region[f as usize];
            if near > Near::Nothing {
                self.beside.push(p);
            }
            if near == Near::Rim {
                self.rim.push(p);
            }
        }
        self.beside.sort_unstable();
    }
}

/// Roads and railways divide land but not water; slivers and small empty faces join a neighbour.
fn by_barriers<'p>(
    t: &Territory,
    places: &'p [Place],
    recipe: &Recipe,
    state: State,
    findings: &mut Vec<Finding>,
    watch: &dyn Watch,
) -> Result<(State, Vec<Absorbed>, Whereabouts<'p>), Stopped> {
    let mut lines = dividers(&t.barriers, Parts::LAND);
    lines.extend(dividers(&t.bridges, Parts::WATER));
    let division = |region: u32| (region != OUTSIDE).then(|| state.division[region as usize]);
    let ends = |e: &Edge| (e.a, e.b);
    let borders = state.mesh.edges.iter().filter(|e| division(e.left) != division(e.right)).map(ends);
    // land is drawn up to the kerb or to the middle of the street: its outline snaps to all that bounds units
    let ways = t.barriers.iter().flat_map(|b| b.line.windows(2)).map(|w| (w[0], w[1]));
    let bounds = state.mesh.edges.iter().map(ends).chain(ways);
    let (along, around) = rayon::join(|| strips::rungs(t, borders, &t.barriers), || strips::rungs(t, bounds, &t.outlines));
    lines.extend(along.into_iter().chain(around));
    lines.extend(dividers(&t.outlines, Parts::LAND));
    let divided = state.mesh.divide(&lines, watch)?;
    drop(lines);
    settle(&divided, findings);
    let all: Vec<u32> = (0..places.len() as u32).collect();
    let (faces, mut cells) = loaded(t, places, &divided, &all, |p| state.division[p as usize].0);
    for e in 0..cells.edges.len() {
        let closes = [cells.edges[e].left, cells.edges[e].right].into_iter().any(|f| cells.is_strip(f));
        cells.rung[e] = closes && divided.divides(e).is_some_and(|(_, parts)| parts == Parts::NOTHING);
    }
    join(&mut cells, &divided, |region, parts| if state.water[region as usize] { parts.water } else { parts.land });
    let small = recipe.cut.min_face_m2;
    let sliver = |c: &Cells, f: u32| c.is_narrow(f) || (c.load[f as usize] == 0 && c.area_m2[f as usize] < small);
    let merges = cells.absorb(sliver, |_, _, _| true);
    let absorbed = |m: &Merge| {
        let division = state.division[divided.parent[m.cell as usize] as usize];
        Absorbed { division, at: m.at, area_m2: m.area_m2, width_m: m.width_m }
    };
    let absorbed: Vec<Absorbed> = merges.iter().map(absorbed).collect();
    tell::absorbed(t, &absorbed, small, findings);
    let (state, region) = merged_state(&state, &divided, cells);
    let mut whereabouts = Whereabouts { places, region: vec![OUTSIDE; places.len()], beside: Vec::new(), rim: Vec::new() };
    whereabouts.go_on(&divided, all, faces, &region);
    Ok((state, absorbed, whereabouts))
}

/// Merges faces of a region across every divider that is no rung of a strip and, by the region and what it parts, does not count there.
fn join(cells: &mut Cells, divided: &Divided, counts: impl Fn(u32, Parts) -> bool) {
    for e in 0..cells.edges.len() {
        let (l, r) = (cells.edges[e].left, cells.edges[e].right);
        let same = divided.parent[l as usize] == divided.parent[r as usize] && divided.parent[l as usize] != OUTSIDE;
        let border = same && divided.divides(e).is_some_and(|(region, parts)| cells.rung[e] || counts(region, parts));
        if same && !border && !divided.is_border(e) {
            cells.merge(l, r);
        }
    }
}

fn merged_state(before: &State, divided: &Divided, mut cells: Cells) -> (State, Vec<u32>) {
    let edges = std::mem::take(&mut cells.edges);
    let label = |f: u32| if divided.parent[f as usize] == OUTSIDE { OUTSIDE } else { cells.find(f) };
    next_state(before, divided, edges, label, |f| before.water[divided.parent[f as usize] as usize])
}

/// Regions heavier than a limit.
struct Heavy {
    /// By region.
    is: Vec<bool>,
    limit: i64,
}

impl Heavy {
    /// West and south, east and north of every region that is heavy, seen through `at`.
    fn spans(&self, state: &State, at: impl Fn(Pt) -> [f64; 2]) -> Vec<[[f64; 2]; 2]> {
        let mut spans = vec![[[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]]; state.mesh.regions];
        for e in &state.mesh.edges {
            for r in [e.left as usize, e.right as usize].into_iter().filter(|&r| self.is[r]) {
                for p in [at(e.a), at(e.b)] {
                    let [low, high] = &mut spans[r];
                    *low = [low[0].min(p[0]), low[1].min(p[1])];
                    *high = [high[0].max(p[0]), high[1].max(p[1])];
                }
            }
        }
        spans
    }
}

fn heavy(state: &State, whereabouts: &Whereabouts, limit: i64) -> Heavy {
    let sum = sums(state.mesh.regions, whereabouts.places.par_iter().zip(&whereabouts.region).map(|(p, &r)| (r, p.balanced)));
    Heavy { is: sum.iter().enumerate().map(|(r, &l)| r as u32 != OUTSIDE && l > limit).collect(), limit }
}

/// Divides heavy regions by `lines` and puts small pieces together again, up to the limit.
fn refine(
    t: &Territory,
    state: State,
    whereabouts: &mut Whereabouts,
    heavy: &Heavy,
    lines: Vec<Divider>,
    findings: &mut Vec<Finding>,
    watch: &dyn Watch,
) -> Result<State, Stopped> {
    if lines.is_empty() && state.settled {
        return Ok(state);
    }
    let divided = state.mesh.divide(&lines, watch)?;
    drop(lines);
    settle(&divided, findings);
    let Heavy { is: heavy, limit } = heavy;
    let mut some: Vec<u32> = (0..).zip(&whereabouts.region).filter(|(_, r)| heavy[**r as usize]).map(|(p, _)| p).collect();
    some.extend(whereabouts.beside.iter().filter(|p| !heavy[whereabouts.region[**p as usize] as usize]));
    let (faces, mut cells) = loaded(t, whereabouts.places, &divided, &some, |p| p);
    join(&mut cells, &divided, |region, _| heavy[region as usize]);
    let narrow = |c: &Cells, f: u32| c.is_narrow(f) || c.load[f as usize] == 0;
    cells.absorb(
        |c, f| heavy[c.group[f as usize].saturating_sub(1) as usize] && (narrow(c, f) || c.load[f as usize] * 2 < *limit),
        |c, f, g| c.load[f as usize] == 0 || c.load[f as usize] + c.load[g as usize] <= *limit,
    );
    let (state, region) = merged_state(&state, &divided, cells);
    whereabouts.go_on(&divided, some, faces, &region);
    Ok(state)
}

fn by_minor_ways(
    t: &Territory,
    state: State,
    whereabouts: &mut Whereabouts,
    limit: i64,
    findings: &mut Vec<Finding>,
    watch: &dyn Watch,
) -> Result<State, Stopped> {
    whereabouts.settle(&state, watch)?;
    let heavy = heavy(&state, whereabouts, limit);
    let spans = heavy.spans(&state, |p| [p.x as f64, p.y as f64]);
    let spanned = |r: &usize| spans[*r][0][0].is_finite();
    let item = |r: usize| GeomWithData::new(Rectangle::from_corners(spans[r][0], spans[r][1]), r);
    let boxes: Boxes = RTree::bulk_load((0..spans.len()).filter(spanned).map(item).collect());
    let near = |d: &Divider| {
        let [lo, hi] = span([d.a, d.b]);
        boxes.locate_in_envelope_intersecting(&AABB::from_corners(lo, hi)).next().is_some()
    };
    let lines: Vec<Divider> = dividers(&t.minor, Parts::LAND).into_par_iter().filter(near).collect();
    refine(t, state, whereabouts, &heavy, lines, findings, watch)
}

/// Cuts what is still too heavy between its points. Also returns the final regions of places and carriers.
fn by_chords(
    t: &Territory,
    state: State,
    mut whereabouts: Whereabouts,
    limit: i64,
    findings: &mut Vec<Finding>,
    watch: &dyn Watch,
) -> Result<(State, Placed), Stopped> {
    whereabouts.settle(&state, watch)?;
    let heavy = heavy(&state, &whereabouts, limit);
    let loaded = || whereabouts.places.iter().zip(&whereabouts.region).filter(|(p, r)| heavy.is[**r as usize] && p.load > Load::ZERO);
    let inside = Lists::new(state.mesh.regions, || loaded().map(|(p, &r)| (r, (p.at, p.balanced.0))));
    let spans = heavy.spans(&state, |p| t.plane.metres(p));
    let large: Vec<usize> = (1..state.mesh.regions).filter(|&r| heavy.is[r]).collect();
    // one by one: they differ much
    let lines: Vec<Divider> = large
        .into_par_iter()
        .with_max_len(1)
        .flat_map_iter(|r| {
            let stacks = chords::stacks(&t.plane, inside.of(r as u32).iter().copied(), limit);
            chords::chords(&t.plane, r as u32, spans[r], &stacks, limit)
        })
        .collect();
    drop((inside, spans));
    let pieces = refine(t, state, &mut whereabouts, &heavy, lines, findings, watch)?;
    let whole = whereabouts.settle(&pieces, watch)?;
    let carriers = if t.carriers.is_empty() {
        Vec::new()
    } else {
        let whole = whole.map_or_else(|| pieces.undivided(watch), Ok)?;
        t.carriers.par_iter().map(|c| whole.parent[whole.arrangement.face_at(c.at) as usize]).collect()
    };
    let placed = Placed { places: whereabouts.region, carriers };
    let cut = heavy.is.iter().filter(|h| **h).count();
    if cut > 0 {
        let message = format!(
            "cut into compact pieces between their points, being heavier than split_above allows even after minor ways: {cut} units"
        );
        findings.push(Finding::new(Severity::Info, "units-cut-straight", message).measured(cut as f64));
    }
    Ok((pieces, placed))
}
