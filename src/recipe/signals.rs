//! `[attach]`, `[signals.<name>]` and `[overlays.<name>]`: how entities find their grid.

use super::build::Check;
use super::sections::{AttachDraft, OverlayDraft, SignalDraft};
use std::collections::BTreeMap;

/// Attachment of entities (R4, R10, R17, R21, R26, R34, R39).
#[derive(Clone, Debug, PartialEq)]
pub struct AttachRule {
    /// Points outside the territory go to the nearest grid within this distance, metres; farther ones
    /// stay unassigned and are told.
    pub nearest_m: f64,
    /// Column with the id of an entity.
    pub entity: String,
    /// Column with the legal entity that an outlet belongs to; counted once in all (R10).
    pub legal: Option<String>,
    /// Column with who looks after an entity (R39).
    pub owner: Option<String>,
    /// Who looks after entities that name no owner or that no signal gives a grid.
    pub fallback_owner: Option<String>,
    /// Id of the grid of entities that no signal gives one; without it they have none and are told.
    pub fallback_grid: Option<String>,
    /// Signals by rank, in one rank by name; empty for the place alone.
    pub signals: Vec<SignalRule>,
    /// Second keys by name: areas that entities lie in (R17).
    pub overlays: Vec<OverlayRule>,
}

/// One sign of where an entity belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalRule {
    /// Its name; the rule that decided is called by it.
    pub name: String,
    /// Lower ranks are asked first; signals of one rank are weighed together.
    pub rank: u32,
    /// What it counts beside others of its rank; 0 switches it off.
    pub weight: f64,
    /// Where it points.
    pub by: SignalBy,
    /// Least share of its evidence that the grid must have.
    pub min_share: f64,
    /// Least evidence in all, in the unit of its volumes.
    pub min_volume: f64,
    /// What it says where two grids have the same evidence.
    pub ties: Ties,
}

impl SignalRule {
    /// What attaches entities where a recipe has no signals: the grid they lie in.
    pub fn location(nearest_m: f64) -> SignalRule {
        let by = SignalBy::Place { lon: "lon".into(), lat: "lat".into(), nearest_m };
        SignalRule { name: "location".into(), rank: 1, weight: 1.0, by, min_share: 0.0, min_volume: 0.0, ties: Ties::Pass }
    }
}

/// Where a signal points.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalBy {
    /// A place: the grid that it lies in.
    Place {
        /// Column with the longitude, degrees.
        lon: String,
        /// Column with the latitude, degrees.
        lat: String,
        /// A place outside goes to the nearest grid within this distance, metres.
        nearest_m: f64,
    },
    /// Places known by an id: stations, halls, outlets.
    Site {
        /// File with id, lon, lat of the sites; without it the stations of the plan with the land that they serve.
        sites: Option<String>,
        /// Column with the id, in that file.
        site_id: String,
        /// Which of them the entity is seen at.
        seen: Seen,
    },
    /// A key of the register.
    Key {
        /// Column with the key.
        column: String,
        /// What it names.
        names: KeyOf,
    },
}

/// Where it says at which sites an entity is seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// One, in the entity's own row.
    Column(String),
    /// Any number, each with a volume, in a table of its own.
    Table {
        /// Its file.
        file: String,
        /// Column with the id of the entity.
        entity: String,
        /// Column with the id of the site.
        site: String,
        /// Column with the volume; without it every row counts 1.
        volume: Option<String>,
        /// Column with the day, and the first and the last day that count (ISO 8601, compared as text).
        window: Option<(String, String, String)>,
    },
}

/// What a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOf {
    /// The id of a grid.
    Grid,
    /// The display code of a grid.
    Code,
    /// A zone: each of its grids.
    Zone,
    /// A division: each of its grids.
    Division,
}

/// What a signal says where two grids have the same evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// Nothing; the next signal is asked.
    Pass,
    /// The one nearest to the entity's place; nothing where it has no place.
    Nearest,
    /// The one with the lower id.
    First,
}

/// Areas whose id entities carry beside their grid.
#[derive(Clone, Debug, PartialEq)]
pub struct OverlayRule {
    /// Name of the key.
    pub name: String,
    /// GeoJSON file of areas.
    pub file: String,
    /// Property with the id of an area.
    pub id: String,
}

impl KeyOf {
    const ALL: [KeyOf; 4] = [KeyOf::Grid, KeyOf::Code, KeyOf::Zone, KeyOf::Division];

    /// As recipes call it.
    pub fn name(self) -> &'static str {
        match self {
            KeyOf::Grid => "grid",
            KeyOf::Code => "code",
            KeyOf::Zone => "zone",
            KeyOf::Division => "division",
        }
    }
}

impl Ties {
    const ALL: [Ties; 3] = [Ties::Pass, Ties::Nearest, Ties::First];

    /// As recipes call it.
    pub fn name(self) -> &'static str {
        match self {
            Ties::Pass => "pass",
            Ties::Nearest => "nearest",
            Ties::First => "first",
        }
    }
}

impl Check {
    pub(super) fn attach(
        &mut self,
        draft: AttachDraft,
        signals: BTreeMap<String, SignalDraft>,
        overlays: BTreeMap<String, OverlayDraft>,
    ) -> AttachRule {
        let nearest_m = self.number("attach.nearest_m", draft.nearest_m, 0.0, 100_000.0);
        let mut signals: Vec<SignalRule> = signals.into_iter().filter_map(|(name, s)| self.signal(name, s, nearest_m)).collect();
        signals.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
        AttachRule {
            nearest_m,
            entity: self.said("attach.entity", draft.entity),
            legal: draft.legal,
            owner: draft.owner,
            fallback_owner: draft.fallback_owner,
            fallback_grid: draft.fallback_grid,
            signals,
            overlays: overlays.into_iter().map(|(name, o)| self.overlay(name, o)).collect(),
        }
    }

    fn overlay(&mut self, name: String, draft: OverlayDraft) -> OverlayRule {
        let file = self.said(&format!("overlays.{name}.file"), draft.file);
        OverlayRule { file, id: draft.id.unwrap_or_else(|| "id".into()), name }
    }

    fn signal(&mut self, name: String, draft: SignalDraft, nearest_m: f64) -> Option<SignalRule> {
        let path = |key: &str| format!("signals.{name}.{key}");
        if ["nearest", "fallback", "unassigned", ""].contains(&name.trim()) {
            self.fault("signals", format!("{name:?}"), "another name is expected: ledgers use this one for what no signal decided");
        }
        let by = self.said(&path("by"), draft.by.clone());
        self.foreign(&name, &by, &draft);
        let by = match by.as_str() {
            "place" => SignalBy::Place {
                lon: draft.lon.unwrap_or_else(|| "lon".into()),
                lat: draft.lat.unwrap_or_else(|| "lat".into()),
                nearest_m: self.number(&path("nearest_m"), draft.nearest_m.or(Some(nearest_m)), 0.0, 100_000.0),
            },
            "site" => SignalBy::Site {
                sites: draft.sites,
                site_id: draft.site_id.unwrap_or_else(|| "id".into()),
                seen: match (draft.column, draft.table) {
                    (Some(column), None) => Seen::Column(column),
                    (None, Some(file)) => Seen::Table {
                        file,
                        entity: draft.entity.unwrap_or_else(|| "entity_id".into()),
                        site: draft.site.unwrap_or_else(|| "site".into()),
                        volume: draft.volume,
                        window: self.window(&path("day"), draft.day, draft.from, draft.to),
                    },
                    _ => {
                        let message = "either column, in the entity's own row, or table, a file of rows, is expected: where it is seen";
                        self.fault(&path("column"), "", message);
                        return None;
                    }
                },
            },
            "key" => SignalBy::Key {
                column: self.said(&path("column"), draft.column),
                names: draft.names.map_or(Some(KeyOf::Grid), |said| self.one_of(&path("names"), &said, &KeyOf::ALL, KeyOf::name))?,
            },
            "" => return None,
            other => {
                self.fault(&path("by"), format!("\"{other}\""), "one of place, site, key is expected");
                return None;
            }
        };
        Some(SignalRule {
            rank: self.whole(&path("rank"), draft.rank.or(Some(1)), 1, 1000),
            weight: self.number(&path("weight"), draft.weight.or(Some(1.0)), 0.0, 1e6),
            min_share: self.number(&path("min_share"), draft.min_share.or(Some(0.0)), 0.0, 1.0),
            min_volume: self.number(&path("min_volume"), draft.min_volume.or(Some(0.0)), 0.0, 1e15),
            ties: draft.ties.map_or(Some(Ties::Pass), |said| self.one_of(&path("ties"), &said, &Ties::ALL, Ties::name))?,
            name,
            by,
        })
    }

    /// Keys that say nothing in a signal of that kind.
    fn foreign(&mut self, name: &str, by: &str, d: &SignalDraft) {
        let said = [
            ("lon", d.lon.is_some(), "place"),
            ("lat", d.lat.is_some(), "place"),
            ("nearest_m", d.nearest_m.is_some(), "place"),
            ("sites", d.sites.is_some(), "site"),
            ("site_id", d.site_id.is_some(), "site"),
            ("table", d.table.is_some(), "site"),
            ("entity", d.entity.is_some(), "site"),
            ("site", d.site.is_some(), "site"),
            ("volume", d.volume.is_some(), "site"),
            ("day", d.day.is_some(), "site"),
            ("names", d.names.is_some(), "key"),
        ];
        for (key, _, of) in said.into_iter().filter(|(_, said, of)| *said && *of != by && ["place", "site", "key"].contains(&by)) {
            self.fault(&format!("signals.{name}.{key}"), "", format!("says nothing in a signal by = \"{by}\"; it is for by = \"{of}\""));
        }
    }

    fn window(&mut self, path: &str, day: Option<String>, from: Option<String>, to: Option<String>) -> Option<(String, String, String)> {
        match (day, from, to) {
            (None, None, None) => None,
            (Some(day), from, to) if from.is_some() || to.is_some() => {
                for said in [&from, &to].into_iter().flatten().filter(|d| !is_day(d)) {
                    self.fault(path, format!("\"{said}\""), "from and to are days such as \"2026-09-30\"");
                }
                let (from, to) = (from.unwrap_or_else(|| "0000-01-01".into()), to.unwrap_or_else(|| "9999-12-31".into()));
                if from > to {
                    self.fault(path, format!("\"{from}\" to \"{to}\""), "the window ends before it begins");
                }
                Some((day, from, to))
            }
            _ => {
                self.fault(path, "", "a window needs day, the column with the day, and from or to, such as \"2026-09-01\"");
                None
            }
        }
    }
}

/// Whether it is a day of the calendar, as ISO 8601 writes it.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let ([year, month, day], true) = (parts.as_slice(), text.len() == 10 && text.is_ascii()) else { return false };
    let (Ok(y), Ok(m), Ok(d)) = (year.parse::<u32>(), month.parse::<u32>(), day.parse::<u32>()) else { return false };
    let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let days = match m {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (year.len(), month.len()) == (4, 2) && (1..=days).contains(&d)
}

impl From<SignalRule> for SignalDraft {
    fn from(s: SignalRule) -> SignalDraft {
        let mut d = SignalDraft {
            rank: Some(s.rank.into()),
            weight: Some(s.weight),
            min_share: Some(s.min_share),
            min_volume: Some(s.min_volume),
            ties: Some(s.ties.name().into()),
            ..SignalDraft::default()
        };
        match s.by {
            SignalBy::Place { lon, lat, nearest_m } => {
                (d.by, d.lon, d.lat, d.nearest_m) = (Some("place".into()), Some(lon), Some(lat), Some(nearest_m));
            }
            SignalBy::Site { sites, site_id, seen } => {
                (d.by, d.sites, d.site_id) = (Some("site".into()), sites, Some(site_id));
                match seen {
                    Seen::Column(column) => d.column = Some(column),
                    Seen::Table { file, entity, site, volume, window } => {
                        (d.table, d.entity, d.site, d.volume) = (Some(file), Some(entity), Some(site), volume);
                        if let Some((day, from, to)) = window {
                            (d.day, d.from, d.to) = (Some(day), Some(from), Some(to));
                        }
                    }
                }
            }
            SignalBy::Key { column, names } => {
                (d.by, d.column, d.names) = (Some("key".into()), Some(column), Some(names.name().into()));
            }
        }
        d
    }
}

impl From<OverlayRule> for OverlayDraft {
    fn from(o: OverlayRule) -> OverlayDraft {
        OverlayDraft { file: Some(o.file), id: Some(o.id) }
    }
}
