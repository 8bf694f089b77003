//! One entity at a time: what its signals say, and the grid that comes of it (R4).

use super::{Land, Sites};
use crate::measure::GridId;
use crate::recipe::{SignalBy, SignalRule, Ties};
use crate::territory::lattice::Pt;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most signals of one recipe.
pub const MOST_SIGNALS: usize = 32;

/// What one signal knows of an entity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Signal<'a> {
    /// Nothing.
    Missing,
    /// A place, longitude and latitude in degrees.
    Place([f64; 2]),
    /// Sites of the signal, by position in its [`Sites`], each with a volume.
    Seen(&'a [(u32, f64)]),
    /// A key of the register.
    Key(&'a str),
}

/// Why a signal gives no grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Silence {
    /// It knows nothing of the entity.
    Missing,
    /// A key that names no grid.
    Unknown,
    /// What it points to lies outside every grid, or most of it does.
    Outside,
    /// Less evidence, or a smaller share of it, than the recipe asks for.
    Weak,
    /// Two grids have the same evidence.
    Tied,
}

impl Silence {
    /// As ledgers call it.
    pub fn name(self) -> &'static str {
        match self {
            Silence::Missing => "missing",
            Silence::Unknown => "unknown",
            Silence::Outside => "outside",
            Silence::Weak => "weak",
            Silence::Tied => "tied",
        }
    }
}

/// What a signal says by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No grid.
    Silent(Silence),
    /// A grid.
    Given(Given),
}

/// A grid, and how sure it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// The grid.
    pub grid: GridId,
    /// Share of the evidence of every grid that has any, the one above among them.
    shares: Vec<(GridId, f64)>,
    /// Evidence in all, in the unit of the volumes; 1 for a place or a key.
    pub volume: f64,
    /// The place, where it is one.
    place: Option<Pt>,
    /// A place outside, to the nearest grid.
    pub nearest: bool,
}

impl Given {
    fn sure(grid: GridId) -> Given {
        Given { grid, shares: vec![(grid, 1.0)], volume: 1.0, place: None, nearest: false }
    }

    /// Share of the evidence for a grid.
    pub fn share(&self, grid: GridId) -> f64 {
        self.shares.iter().find(|s| s.0 == grid).map_or(0.0, |s| s.1)
    }
}

/// Where an entity belongs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Its grid; none where no signal gives one.
    pub grid: Option<GridId>,
    /// Position of the signal that decided.
    pub signal: Option<usize>,
    /// A place outside, attached to the nearest grid.
    pub nearest: bool,
    /// Share of the weighed evidence of the deciding rank that the grid has.
    pub share: f64,
    /// Evidence in all of the signal that decided.
    pub volume: f64,
    /// Distance from its place to the nearest border of a grid, metres; NaN where a place did not decide.
    #[serde(with = "crate::document::or_nan")]
    pub distance_m: f64,
    /// Grid that comes next: by share, else the one that the first other signal says, else the one beyond the nearest border.
    pub runner_up: Option<GridId>,
    /// By how much of the evidence the grid is ahead of the runner-up.
    pub margin: f64,
    /// Signals, as bits by position, that by themselves say another grid.
    pub against: u32,
    /// Where there is no grid: the last reason that a signal has.
    pub why: Option<Silence>,
}

/// One signal with what it needs.
struct Prepared {
    rule: SignalRule,
    /// Of signals by site.
    sites: Sites,
}

/// Attaches entities by the signals of a recipe. `Send + Sync`; reading takes no lock.
pub struct Attacher {
    land: Land,
    signals: Vec<Prepared>,
    /// Grids by what a key may name.
    keys: Vec<HashMap<String, Vec<GridId>>>,
}

/// A grid by every name that a key may have for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridNames {
    /// Its id.
    pub grid_id: String,
    /// Display code.
    pub code: String,
    /// Zone.
    pub zone_id: String,
    /// Division.
    pub division_id: String,
}

impl Attacher {
    /// `signals` by rank with the sites of those that have some, `grids` in the order of the plan. Signals of weight 0 say nothing.
    ///
    /// O(n log n) for n borders and sites; see [`attach`](Self::attach) for the cost of an entity.
    pub fn new(land: Land, grids: &[GridNames], signals: Vec<(SignalRule, Sites)>) -> Attacher {
        let names: [fn(&GridNames) -> &String; 4] = [|g| &g.grid_id, |g| &g.code, |g| &g.zone_id, |g| &g.division_id];
        let table = |name: fn(&GridNames) -> &String| {
            let mut table: HashMap<String, Vec<GridId>> = HashMap::new();
            for (i, grid) in grids.iter().enumerate() {
                table.entry(name(grid).clone()).or_default().push(GridId::new(i));
            }
            table
        };
        let signals = signals.into_iter().take(MOST_SIGNALS).map(|(rule, sites)| Prepared { rule, sites });
        Attacher { land, signals: signals.collect(), keys: names.map(table).into() }
    }

    /// The borders.
    pub fn land(&self) -> &Land {
        &self.land
    }

    /// The signals in the order in which [`attach`](Self::attach) wants them.
    pub fn rules(&self) -> impl Iterator<Item = &SignalRule> {
        self.signals.iter().map(|s| &s.rule)
    }

    /// Position of a site among those of a signal.
    pub fn site(&self, signal: usize, id: &str) -> Option<u32> {
        self.signals.get(signal)?.sites.find(id)
    }

    /// Whether a key of a signal names some grid.
    pub fn knows(&self, signal: usize, key: &str) -> bool {
        let names = self.signals.get(signal).map(|s| &s.rule.by);
        matches!(names, Some(SignalBy::Key { names, .. }) if self.keys[*names as usize].contains_key(key))
    }

    /// The grid at a longitude and latitude in degrees. Expected O(1).
    pub fn locate(&self, place: [f64; 2]) -> Option<GridId> {
        self.land.grid_at(Pt::from_lon_lat(place[0], place[1])?)
    }

    /// What one signal says by itself; `home` is the entity's place, for ties.
    pub fn verdict(&self, signal: usize, what: Signal<'_>, home: Option<Pt>) -> Verdict {
        let Some(Prepared { rule, sites }) = self.signals.get(signal).filter(|s| s.rule.weight > 0.0) else {
            return Verdict::Silent(Silence::Missing);
        };
        match (what, &rule.by) {
            (Signal::Place(place), SignalBy::Place { nearest_m, .. }) => match Pt::from_lon_lat(place[0], place[1]) {
                Some(p) => self.at_place(p, *nearest_m),
                None => Verdict::Silent(Silence::Missing),
            },
            (Signal::Key(key), SignalBy::Key { names, .. }) => {
                let grids = self.keys[*names as usize].get(key).map_or(&[][..], Vec::as_slice);
                match grids {
                    [] if key.is_empty() => Verdict::Silent(Silence::Missing),
                    [] => Verdict::Silent(Silence::Unknown),
                    [one] => Verdict::Given(Given::sure(*one)),
                    many => self.untie(rule.ties, many, home).map_or(Verdict::Silent(Silence::Tied), |g| Verdict::Given(Given::sure(g))),
                }
            }
            (Signal::Seen(seen), SignalBy::Site { .. }) if !seen.is_empty() => self.seen(rule, sites, seen, home),
            _ => Verdict::Silent(Silence::Missing),
        }
    }

    fn at_place(&self, p: Pt, nearest_m: f64) -> Verdict {
        if let Some(grid) = self.land.grid_at(p) {
            return Verdict::Given(Given { place: Some(p), ..Given::sure(grid) });
        }
        match self.land.nearest_grid(p, nearest_m) {
            Some(grid) => Verdict::Given(Given { place: Some(p), nearest: true, ..Given::sure(grid) }),
            None => Verdict::Silent(Silence::Outside),
        }
    }

    /// Volumes go to grids by the shares of the sites; what goes to none counts in the sum.
    fn seen(&self, rule: &SignalRule, sites: &Sites, seen: &[(u32, f64)], home: Option<Pt>) -> Verdict {
        let (mut votes, mut volume): (Vec<(GridId, f64)>, f64) = (Vec::with_capacity(4), 0.0);
        for &(site, v) in seen {
            volume += v;
            for &(grid, share) in sites.grids(site) {
                match votes.iter_mut().find(|x| x.0 == grid) {
                    Some(x) => x.1 += v * share,
                    None => votes.push((grid, v * share)),
                }
            }
        }
        votes.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let inside: f64 = votes.iter().map(|v| v.1).sum();
        let Some(&(first, most)) = votes.first().filter(|v| v.1 > 0.0) else { return Verdict::Silent(Silence::Outside) };
        if volume - inside > most * (1.0 + SAME) {
            return Verdict::Silent(Silence::Outside);
        }
        if volume < rule.min_volume || most < rule.min_share * volume - SAME * volume {
            return Verdict::Silent(Silence::Weak);
        }
        let tied: Vec<GridId> = votes.iter().take_while(|v| same(v.1, most)).map(|v| v.0).collect();
        let grid = if tied.len() == 1 { Some(first) } else { self.untie(rule.ties, &tied, home) };
        let Some(grid) = grid else { return Verdict::Silent(Silence::Tied) };
        votes.iter_mut().for_each(|v| v.1 /= volume);
        Verdict::Given(Given { shares: votes, volume, ..Given::sure(grid) })
    }

    fn untie(&self, ties: Ties, tied: &[GridId], home: Option<Pt>) -> Option<GridId> {
        match ties {
            Ties::Pass => None,
            Ties::Nearest => self.land.nearest_of(home?, tied),
            Ties::First => tied.iter().min().copied(),
        }
    }

    /// The grid of an entity: of the lowest rank in which a signal gives one, that with most weighed evidence. `signals` is what is
    /// known, in the order of the rules.
    ///
    /// A signal that is silent by itself counts for nothing, so that another order of the signals can change only entities on which
    /// two of them by themselves say different grids. O(s log n) for s signals and n borders.
    pub fn attach(&self, signals: &[Signal<'_>]) -> Decision {
        let place = |s: &Signal<'_>| if let Signal::Place(p) = s { Pt::from_lon_lat(p[0], p[1]) } else { None };
        let home = signals.iter().find_map(place);
        let verdicts: Vec<Verdict> =
            (0..self.signals.len()).map(|i| self.verdict(i, signals.get(i).copied().unwrap_or(Signal::Missing), home)).collect();
        self.decide(&verdicts, home)
    }

    fn decide(&self, verdicts: &[Verdict], home: Option<Pt>) -> Decision {
        let given = |i: usize| if let Verdict::Given(g) = &verdicts[i] { Some((i, g)) } else { None };
        let (mut at, mut tied) = (0, false);
        while at < self.signals.len() {
            let rank = self.signals[at].rule.rank;
            let end = at + self.signals[at..].iter().take_while(|s| s.rule.rank == rank).count();
            let said: Vec<(usize, &Given)> = (at..end).filter_map(given).collect();
            if !said.is_empty() {
                match self.weigh(&said, home) {
                    Some(decision) => return self.beside(decision, verdicts),
                    None => tied = true,
                }
            }
            at = end;
        }
        let silence = |v: &Verdict| if let Verdict::Silent(why) = v { Some(*why) } else { None };
        let why = if tied { Some(Silence::Tied) } else { verdicts.iter().filter_map(silence).max() };
        Decision {
            grid: None,
            signal: None,
            nearest: false,
            share: 0.0,
            volume: 0.0,
            distance_m: f64::NAN,
            runner_up: None,
            margin: 0.0,
            against: 0,
            why: why.or(Some(Silence::Missing)),
        }
    }

    /// Signals of one rank together; none where two grids have the same and the first signal passes on ties.
    fn weigh(&self, said: &[(usize, &Given)], home: Option<Pt>) -> Option<Decision> {
        let weight = |i: usize| self.signals[i].rule.weight;
        let sum: f64 = said.iter().map(|(i, _)| weight(*i)).sum();
        let mut scores: Vec<(GridId, f64)> = Vec::with_capacity(4);
        for (i, given) in said {
            for &(grid, share) in &given.shares {
                let score = weight(*i) * share / sum;
                match scores.iter_mut().find(|x| x.0 == grid) {
                    Some(x) => x.1 += score,
                    None => scores.push((grid, score)),
                }
            }
        }
        scores.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let most = scores[0].1;
        let tied: Vec<GridId> = scores.iter().take_while(|s| same(s.1, most)).map(|s| s.0).collect();
        let grid = match (said, tied.len()) {
            // it has settled its own ties
            ([(_, only)], _) => only.grid,
            (_, 1) => tied[0],
            _ => self.untie(self.signals[said[0].0].rule.ties, &tied, home)?,
        };
        let part = |x: &(usize, &Given)| weight(x.0) * x.1.share(grid);
        let (signal, given) = said.iter().fold(said[0], |best, x| if part(x) > part(&best) { *x } else { best });
        let next = scores.iter().find(|s| s.0 != grid);
        Some(Decision {
            grid: Some(grid),
            signal: Some(signal),
            nearest: given.nearest,
            share: scores.iter().find(|s| s.0 == grid).map_or(0.0, |s| s.1),
            volume: given.volume,
            distance_m: f64::NAN,
            runner_up: next.map(|s| s.0),
            margin: most - next.map_or(0.0, |s| s.1),
            against: 0,
            why: None,
        })
    }

    /// What the other signals say by themselves.
    fn beside(&self, mut decision: Decision, verdicts: &[Verdict]) -> Decision {
        for (i, verdict) in verdicts.iter().enumerate() {
            if let Verdict::Given(g) = verdict
                && Some(g.grid) != decision.grid
            {
                decision.against |= 1 << i;
                decision.runner_up = decision.runner_up.or(Some(g.grid));
            }
        }
        // the nearest border is looked for only where a place decided
        if let (Some(own), Some(Verdict::Given(Given { place: Some(p), .. }))) = (decision.grid, decision.signal.map(|i| &verdicts[i]))
            && let Some(near) = self.land.nearest(*p)
        {
            decision.distance_m = near.distance_m;
            decision.runner_up = decision.runner_up.or(near.beyond(own));
        }
        decision
    }
}

/// Shares that differ by less are the same.
const SAME: f64 = 1e-9;

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a.abs().max(b.abs())
}
