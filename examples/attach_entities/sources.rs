//! Which files and columns the signals of a recipe need.

use crate::cli::Failure;
use crate::ledger::Ledger;
use evengrid::attach::{Land, Overlay, Sites, Volumes, digest};
use evengrid::finding::{Finding, Severity};
use evengrid::io::table::{Column, Item, LAT, LON, each_row, file_name, read_areas, read_table};
use evengrid::plan::Plan;
use evengrid::recipe::{AttachRule, Recipe, Seen, SignalBy, SignalRule};
use std::path::{Path, PathBuf};

/// Where a signal finds what it knows of an entity.
pub enum Cell {
    /// Columns of longitude and latitude.
    Place(usize, usize),
    /// Column with the id of a site.
    Site(usize),
    /// Column with a key.
    Key(usize),
    /// A table of its own, by position in [`Sources::tables`].
    Table(usize),
}

/// A table of entity, site and volume.
pub struct Table {
    pub signal: usize,
    pub path: PathBuf,
    pub file: String,
    pub wanted: Vec<Column>,
    /// First and last day, where days count.
    pub window: Option<(String, String)>,
}

/// Files and columns.
pub struct Sources {
    pub path: PathBuf,
    pub file: String,
    /// Columns of the entities' table: the id, then the rest.
    pub wanted: Vec<Column>,
    pub legal: Option<usize>,
    pub owner: Option<usize>,
    pub place: Option<(usize, usize)>,
    pub cells: Vec<Cell>,
    pub tables: Vec<Table>,
    pub rule: AttachRule,
    pub signals: Vec<SignalRule>,
}

impl Sources {
    pub fn of(recipe: &Recipe, entities: &Path) -> Result<Sources, Failure> {
        let rule = recipe.attach.clone();
        let signals = if rule.signals.is_empty() { vec![SignalRule::location(rule.nearest_m)] } else { rule.signals.clone() };
        if signals.len() > evengrid::attach::MOST_SIGNALS {
            return Err(format!("{} signals; at most {} are taken", signals.len(), evengrid::attach::MOST_SIGNALS).into());
        }
        let folder = entities.parent().unwrap_or(Path::new("."));
        let mut wanted = vec![Column::needed(&rule.entity)];
        let mut column = |name: &str| match wanted.iter().position(|w| w.name == name) {
            Some(at) => at,
            None => {
                wanted.push(Column::needed(name));
                wanted.len() - 1
            }
        };
        let legal = rule.legal.as_deref().map(&mut column);
        let owner = rule.owner.as_deref().map(&mut column);
        let (mut cells, mut tables) = (Vec::new(), Vec::new());
        for (at, signal) in signals.iter().enumerate() {
            cells.push(match &signal.by {
                SignalBy::Place { lon, lat, .. } => Cell::Place(column(lon), column(lat)),
                SignalBy::Key { column: name, .. } => Cell::Key(column(name)),
                SignalBy::Site { seen: Seen::Column(name), .. } => Cell::Site(column(name)),
                SignalBy::Site { seen: Seen::Table { file, entity, site, volume, window }, .. } => {
                    let mut wanted = vec![Column::needed(entity), Column::needed(site)];
                    wanted.extend(volume.iter().map(|v| Column::needed(v)));
                    wanted.extend(window.iter().map(|w| Column::needed(&w.0)));
                    let window = window.as_ref().map(|w| (w.1.clone(), w.2.clone()));
                    tables.push(Table { signal: at, path: folder.join(file), file: file.clone(), wanted, window });
                    Cell::Table(tables.len() - 1)
                }
            });
        }
        let place = cells.iter().find_map(|c| if let Cell::Place(lon, lat) = c { Some((*lon, *lat)) } else { None });
        Ok(Sources { path: entities.into(), file: file_name(entities), wanted, legal, owner, place, cells, tables, rule, signals })
    }

    fn beside(&self, file: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(file)
    }

    /// Second keys.
    pub fn overlays(&self) -> Result<Vec<Overlay>, Failure> {
        if !self.rule.overlays.is_empty() && self.place.is_none() {
            return Err("[overlays] need a signal by = \"place\": the area of an entity is that of its place".into());
        }
        let read = |o: &evengrid::recipe::OverlayRule| -> Result<Overlay, Failure> {
            let (areas, findings) = read_areas(&self.beside(&o.file), &o.file, &o.id)?;
            match findings.first() {
                Some(f) => Err(f.to_string().into()),
                None => Ok(Overlay::new(areas)),
            }
        };
        self.rule.overlays.iter().map(read).collect()
    }

    /// Signals with their sites.
    pub fn sites(&self, plan: &Plan, land: &Land, ledger: &mut Ledger) -> Result<Vec<(SignalRule, Sites)>, Failure> {
        let mut out = Vec::new();
        for signal in &self.signals {
            let sites = match &signal.by {
                SignalBy::Site { sites: None, .. } if plan.served.is_empty() => {
                    let message = "the plan knows no stations; draw it with [zones] by = \"coverage\", or name a file of places";
                    return Err(format!("[signals.{}] sites: {message}", signal.name).into());
                }
                SignalBy::Site { sites: None, .. } => plan.station_sites(),
                SignalBy::Site { sites: Some(file), site_id, .. } => {
                    let wanted = [Column::needed(site_id), Column::needed(LON), Column::needed(LAT)];
                    let named = |e| format!("[signals.{}] sites = \"{file}\": {e}", signal.name);
                    let (rows, findings) = read_table(&self.beside(file), file, &wanted).map_err(named)?;
                    findings.iter().try_for_each(|f| ledger.fault(f))?;
                    let mut places = Vec::new();
                    for row in &rows {
                        match (row.cells[1].parse(), row.cells[2].parse()) {
                            (Ok(lon), Ok(lat)) => places.push((row.cells[0].as_str(), [lon, lat])),
                            _ => {
                                let message =
                                    format!("'{}', '{}' is no longitude and latitude; the site is left out", row.cells[1], row.cells[2]);
                                let finding = Finding::new(Severity::Warning, "place-unreadable", message).file(file);
                                ledger.fault(&finding.record(row.record).id(&row.cells[0]))?;
                            }
                        }
                    }
                    Sites::at_places(places.into_iter(), land, self.rule.nearest_m)
                }
                _ => Sites::default(),
            };
            out.push((signal.clone(), sites));
        }
        Ok(out)
    }
}

impl Table {
    /// Rows of the entities of one pass. Faults are told in the first pass.
    pub fn read(
        &self,
        find: impl Fn(&str) -> Option<u32>,
        wanted: impl Fn(u64) -> bool,
        tell: bool,
        ledger: &mut Ledger,
    ) -> Result<Volumes, Failure> {
        let mut volumes = Volumes::default();
        let (mut failed, mut outside) = (None, 0u64);
        let (volume_at, day_at) = (2, self.wanted.len() - 1);
        let by_volume = self.wanted.len() > 2 + usize::from(self.window.is_some());
        let rows = each_row(&self.path, &self.file, &self.wanted, |item| {
            let mut fault = |finding: Finding| {
                if tell && failed.is_none() {
                    failed = ledger.fault(&finding).err();
                }
            };
            let row = match item {
                Item::Row(row) => row,
                Item::Fault(finding) => {
                    fault(finding);
                    return Ok(());
                }
            };
            let entity = row.cell(0);
            let of = |code: &str, message: String| {
                Finding::new(Severity::Warning, code, message).file(&self.file).record(row.record).id(entity.as_ref())
            };
            if let Some((from, to)) = &self.window {
                let day = row.cell(day_at);
                if day.len() < 10 || !day.is_ascii() {
                    fault(of("day-unreadable", format!("'{day}' is no day such as 2026-09-30; the row is left out")));
                    return Ok(());
                }
                if !(from.as_str()..=to.as_str()).contains(&&day[..10]) {
                    outside += 1;
                    return Ok(());
                }
            }
            let text = row.cell(volume_at);
            let volume = if by_volume { text.parse::<f64>().ok().filter(|v| v.is_finite() && *v >= 0.0) } else { Some(1.0) };
            let Some(volume) = volume else {
                fault(of("volume-unreadable", format!("'{text}' is no volume, a number of 0 or more; the row is left out")));
                return Ok(());
            };
            let site = row.cell(1);
            match find(&site) {
                Some(site) => {
                    let key = digest(&entity);
                    if wanted(key) {
                        volumes.push(key, site, volume);
                    }
                }
                None => fault(of("site-unknown", format!("'{site}' is not among the sites of the signal; the row is left out"))),
            }
            Ok(())
        })?;
        if let Some(failure) = failed {
            return Err(failure);
        }
        if tell {
            ledger.outside(&self.file, outside, rows);
        }
        volumes.sort();
        Ok(volumes)
    }
}
