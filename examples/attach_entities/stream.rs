//! Entities through the attacher, in their order, in bounded memory.

use crate::cli::Failure;
use crate::ledger::{Entry, Ledger, Rows};
use crate::sources::{Cell, Sources};
use evengrid::attach::{Attacher, Overlay, Signal, Volumes, digest};
use evengrid::finding::{Finding, Severity};
use evengrid::io::ReadError;
use evengrid::io::table::{Batch, Item, each_row};
use rayon::prelude::*;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Rows read in one go.
const BATCH: usize = 1 << 14;
/// Batches read ahead.
const AHEAD: usize = 3;
/// Rows that one worker takes.
const SHARE: usize = 1 << 10;

/// What the reader hands over.
enum Next {
    Rows(Batch),
    Fault(Finding),
}

/// Everything, in one pass or in several: each takes the entities whose digest falls to it, so that only their part of the tables of
/// signals is in memory, and leaves its rows in a file of its own; at the end they are put into the order of the input.
pub fn attach_all(s: &Sources, attacher: &Attacher, overlays: &[Overlay], passes: u64, ledger: &mut Ledger) -> Result<(), Failure> {
    let names: Vec<&str> = attacher.rules().map(|r| r.name.as_str()).collect();
    let mut parts = Vec::new();
    for pass in 0..passes {
        let mine = |key: u64| key % passes == pass;
        let volumes: Vec<Volumes> =
            s.tables.iter().map(|t| t.read(|site| attacher.site(t.signal, site), mine, pass == 0, ledger)).collect::<Result<_, _>>()?;
        let mut part = if passes > 1 { Some(Part::begin(ledger, pass)?) } else { None };
        let mut seen = HashSet::new();
        let mut used = vec![0u64; volumes.len()];
        each_batch(s, |next| {
            let batch = match next {
                Next::Fault(finding) if pass == 0 => return ledger.of_entities(&finding),
                Next::Fault(_) => return Ok(()),
                Next::Rows(batch) => batch,
            };
            let keys: Vec<u64> = (0..batch.len()).into_par_iter().map(|r| digest(batch.cell(r, 0))).collect();
            let first: Vec<bool> = keys.iter().map(|k| mine(*k) && seen.insert(*k)).collect();
            let rows: Vec<usize> = (0..batch.len()).filter(|&r| mine(keys[r])).collect();
            let done = rows.par_chunks(SHARE).map(|rows| {
                let (mut found, mut out) = (vec![Vec::new(); volumes.len()], Vec::with_capacity(rows.len()));
                for &r in rows {
                    for (found, volumes) in found.iter_mut().zip(&volumes) {
                        volumes.of(keys[r], found);
                    }
                    out.push(entry(s, attacher, overlays, &batch, r, &found, first[r]));
                }
                let text = ledger.rows(&names, &out);
                (out, text)
            });
            let done: Vec<(Vec<Entry<'_>>, Rows)> = done.collect();
            for (entries, rows) in &done {
                for e in entries.iter().filter(|e| e.first) {
                    used.iter_mut().zip(&e.rows).for_each(|(sum, n)| *sum += n);
                }
                ledger.count(entries, &names)?;
                match &mut part {
                    Some(part) => rows.each().try_for_each(|row| part.write(row))?,
                    None => ledger.write(&rows.text)?,
                }
            }
            Ok(())
        })?;
        for (table, (volumes, used)) in s.tables.iter().zip(volumes.iter().zip(used)) {
            ledger.unused(&table.file, volumes.len() as u64 - used);
        }
        if let Some(part) = part {
            parts.push(part.rewind()?);
        }
    }
    if passes > 1 {
        each_batch(s, |next| {
            let Next::Rows(batch) = next else { return Ok(()) };
            for r in 0..batch.len() {
                let text = parts[(digest(batch.cell(r, 0)) % passes) as usize].next()?;
                ledger.write(&text)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Reads entities on a thread of its own.
fn each_batch(s: &Sources, mut take: impl FnMut(Next) -> Result<(), Failure>) -> Result<(), Failure> {
    let (send, receive): (SyncSender<Next>, Receiver<Next>) = sync_channel(AHEAD);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || -> Result<(), ReadError> {
            let mut batch = Batch::new(s.wanted.len());
            // a receiver that is gone has failed itself, what it is sent no longer matters
            each_row(&s.path, &s.file, &s.wanted, |item| {
                match item {
                    Item::Row(row) => batch.push(&row),
                    Item::Fault(finding) => drop(send.send(Next::Fault(finding))),
                }
                if batch.len() == BATCH {
                    let full = std::mem::replace(&mut batch, Batch::new(s.wanted.len()));
                    drop(send.send(Next::Rows(full)));
                }
                Ok(())
            })?;
            drop(send.send(Next::Rows(batch)));
            Ok(())
        });
        let taken = receive.into_iter().try_for_each(&mut take);
        let read = reader.join().map_err(|_| "the reader of entities failed")?;
        taken?;
        Ok(read?)
    })
}

/// One entity.
fn entry<'a>(
    s: &Sources,
    attacher: &Attacher,
    overlays: &'a [Overlay],
    batch: &'a Batch,
    row: usize,
    found: &[Vec<(u32, f64)>],
    first: bool,
) -> Entry<'a> {
    let cell = |c: usize| batch.cell(row, c);
    let (mut faults, mut single) = (Vec::new(), [(0u32, 1.0f64); evengrid::attach::MOST_SIGNALS]);
    let mut tell = |code, message: String| {
        let finding = Finding::new(Severity::Warning, code, message).file(&s.file).record(batch.record(row));
        faults.push(finding.id(cell(0)));
    };
    let mut place = |lon: usize, lat: usize| {
        let (x, y) = (cell(lon), cell(lat));
        if x.is_empty() && y.is_empty() {
            return None;
        }
        let on_globe = |v: &f64, limit: f64| v.abs() <= limit;
        let at = x.parse().ok().filter(|v| on_globe(v, 180.0)).zip(y.parse().ok().filter(|v| on_globe(v, 90.0)));
        if at.is_none() {
            let names = (&s.wanted[lon].name, &s.wanted[lat].name);
            tell("place-unreadable", format!("{} = '{x}', {} = '{y}' is no longitude and latitude; taken as missing", names.0, names.1));
        }
        at.map(|(x, y)| [x, y])
    };
    let places: Vec<Option<[f64; 2]>> =
        s.cells.iter().map(|c| if let Cell::Place(lon, lat) = c { place(*lon, *lat) } else { None }).collect();
    for (at, c) in s.cells.iter().enumerate() {
        if let Cell::Key(column) = c
            && !cell(*column).is_empty()
            && !attacher.knows(at, cell(*column))
        {
            tell("key-unknown", format!("{} = '{}' names no grid of the plan", s.wanted[*column].name, cell(*column)));
        }
        if let Cell::Site(column) = c
            && !cell(*column).is_empty()
        {
            match attacher.site(at, cell(*column)) {
                Some(site) => single[at].0 = site,
                None => {
                    single[at].1 = f64::NAN;
                    tell("site-unknown", format!("{} = '{}' is not among the sites of the signal", s.wanted[*column].name, cell(*column)));
                }
            }
        }
    }
    let signal = |(at, c): (usize, &Cell)| match c {
        Cell::Place(..) => places[at].map_or(Signal::Missing, Signal::Place),
        Cell::Site(column) if cell(*column).is_empty() || single[at].1.is_nan() => Signal::Missing,
        Cell::Site(_) => Signal::Seen(&single[at..=at]),
        Cell::Key(column) => Signal::Key(cell(*column)),
        Cell::Table(table) => Signal::Seen(&found[*table]),
    };
    let signals: Vec<Signal<'_>> = s.cells.iter().enumerate().map(signal).collect();
    if cell(0).is_empty() {
        tell("id-missing", "an entity without id; its row is kept".into());
    } else if !first {
        tell("id-twice", "another entity has this id; both rows are kept, counts have the first".into());
    }
    let home = s.place.and_then(|_| places.iter().flatten().next().copied());
    Entry {
        id: cell(0),
        decision: attacher.attach(&signals),
        legal: s.legal.map(cell).filter(|l| !l.is_empty()),
        owner: s.owner.map(cell).filter(|o| !o.is_empty()),
        keys: overlays.iter().map(|o| home.and_then(|h| o.find(h)).unwrap_or_default()).collect(),
        first: first || cell(0).is_empty(),
        rows: found.iter().map(|f| f.len() as u64).collect(),
        faults,
    }
}

/// Rows of one pass, each behind its length.
struct Part {
    file: BufWriter<File>,
    path: std::path::PathBuf,
}

struct Rewound {
    file: BufReader<File>,
    path: std::path::PathBuf,
}

impl Part {
    fn begin(ledger: &Ledger, pass: u64) -> Result<Part, Failure> {
        let path = ledger.folder().join(format!(".part-{}-{pass}", std::process::id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
        Ok(Part { file: BufWriter::new(file), path })
    }
    fn write(&mut self, row: &str) -> Result<(), Failure> {
        self.file.write_all(&(row.len() as u32).to_le_bytes())?;
        Ok(self.file.write_all(row.as_bytes())?)
    }
    fn rewind(self) -> Result<Rewound, Failure> {
        let mut file = self.file.into_inner()?;
        std::io::Seek::rewind(&mut file)?;
        Ok(Rewound { file: BufReader::new(file), path: self.path })
    }
}

impl Rewound {
    fn next(&mut self) -> Result<String, Failure> {
        let mut length = [0; 4];
        self.file.read_exact(&mut length)?;
        let mut text = vec![0; u32::from_le_bytes(length) as usize];
        self.file.read_exact(&mut text)?;
        Ok(String::from_utf8(text)?)
    }
}

impl Drop for Rewound {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
