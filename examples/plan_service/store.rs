//! The state folder: accepted jobs with their uploads and plans. It is whole after a kill at any moment.
//!
//! ```text
//! jobs/<id>/job.json     what was asked for and how it ended
//! jobs/<id>/layers/      what was uploaded with it
//! jobs/<id>/plan/        its plan
//! incoming/<id>/         a job that is not accepted yet
//! ```

use crate::cli::Failure;
use crate::job::Record;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const RECORD: &str = "job.json";

pub struct Store {
    jobs: PathBuf,
    incoming: PathBuf,
    next: AtomicU64,
}

impl Store {
    /// Opens a state folder, which is made where there is none, with the jobs in it by id.
    pub fn open(folder: &Path) -> Result<(Store, Vec<Record>), Failure> {
        let (jobs, incoming) = (folder.join("jobs"), folder.join("incoming"));
        let told = |e: io::Error| format!("--state {}: {e}; choose a folder you may write to", folder.display());
        if incoming.exists() {
            // nobody was told that these were accepted
            fs::remove_dir_all(&incoming).map_err(told)?;
        }
        fs::create_dir_all(&jobs).and_then(|()| fs::create_dir(&incoming)).map_err(told)?;
        let mut records = Vec::new();
        for entry in fs::read_dir(&jobs).map_err(told)? {
            let path = entry.map_err(told)?.path().join(RECORD);
            let bad = |e: &dyn std::fmt::Display| format!("{}: {e}; repair it, or move the folder of the job elsewhere", path.display());
            let text = fs::read(&path).map_err(|e| bad(&e))?;
            records.push(serde_json::from_slice::<Record>(&text).map_err(|e| bad(&e))?);
        }
        records.sort_by_key(|r| r.id);
        let next = records.last().map_or(1, |r| r.id.saturating_add(1));
        Ok((Store { jobs, incoming, next: AtomicU64::new(next) }, records))
    }

    /// Begins a job that is not accepted yet.
    pub fn begin(&self) -> io::Result<Incoming> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let folder = self.incoming.join(id.to_string());
        fs::create_dir(&folder)?;
        Ok(Incoming { id, folder })
    }

    /// Accepts it: when this returns, it outlives a kill and a loss of power.
    pub fn accept(&self, incoming: &Incoming, record: &Record) -> io::Result<()> {
        let layers = incoming.layers();
        if layers.exists() {
            sync(&layers)?;
        }
        write(&incoming.folder, record)?;
        fs::rename(&incoming.folder, self.folder(record.id))?;
        sync(&self.jobs)
    }

    /// Keeps how a job ended.
    pub fn keep(&self, record: &Record) -> io::Result<()> {
        write(&self.folder(record.id), record)
    }

    /// What was uploaded with a job.
    pub fn layers(&self, id: u64) -> PathBuf {
        self.folder(id).join("layers")
    }

    /// The plan of a job.
    pub fn plan(&self, id: u64) -> PathBuf {
        self.folder(id).join("plan")
    }

    fn folder(&self, id: u64) -> PathBuf {
        self.jobs.join(id.to_string())
    }
}

/// A job on its way in; dropped before it is accepted, it leaves nothing.
pub struct Incoming {
    pub id: u64,
    folder: PathBuf,
}

impl Incoming {
    /// Folder for what is uploaded, not made yet.
    pub fn layers(&self) -> PathBuf {
        self.folder.join("layers")
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // after it was accepted it is no longer there
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn write(folder: &Path, record: &Record) -> io::Result<()> {
    let beside = folder.join(".job.json.new");
    let mut file = File::create(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(record)?)?;
    file.sync_all()?;
    fs::rename(&beside, folder.join(RECORD))?;
    sync(folder)
}

/// Writes the names in a folder to disk.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
