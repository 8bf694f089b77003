//! The state folder: accepted jobs with their uploads and plans. It is whole after a kill at any moment.
//!
//! ```text
//! jobs/<id>/job.json     what was asked for and how it ended
//! jobs/<id>/layers/      what was uploaded with it
//! jobs/<id>/plan/        its plan
//! jobs/<id>/begun        a byte for every time that it was begun
//! incoming/<id>/         a job that is not accepted yet
//! removed/<id>/          a job that is being removed
//! last                   the greatest id that was given when a job was removed
//! lock                   locked by the service that uses the folder
//! ```

use crate::cli::Failure;
use crate::job::Record;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const RECORD: &str = "job.json";
const BEGUN: &str = "begun";
const LAST: &str = "last";

pub struct Store {
    folder: PathBuf,
    jobs: PathBuf,
    incoming: PathBuf,
    removed: PathBuf,
    next: AtomicU64,
    /// Held open, as the lock goes with it.
    _lock: File,
}

impl Store {
    /// Opens a state folder, which is made where there is none, with the jobs in it by id.
    pub fn open(folder: &Path) -> Result<(Store, Vec<Record>), Failure> {
        let (jobs, incoming, removed) = (folder.join("jobs"), folder.join("incoming"), folder.join("removed"));
        let told = |e: io::Error| format!("--state {}: {e}; choose a folder you may write to", folder.display());
        fs::create_dir_all(&jobs).map_err(told)?;
        let lock = File::create(folder.join("lock")).map_err(told)?;
        fs4::FileExt::try_lock(&lock).map_err(|e| match e {
            fs4::TryLockError::WouldBlock => {
                format!("--state {}: another service uses this folder; stop it, or choose another folder", folder.display())
            }
            fs4::TryLockError::Error(e) => told(e),
        })?;
        // nobody was told that the ones were accepted, and the others are not wanted
        for begun in [&incoming, &removed] {
            if begun.exists() {
                fs::remove_dir_all(begun).map_err(told)?;
            }
            fs::create_dir(begun).map_err(told)?;
        }
        let mut records = Vec::new();
        for entry in fs::read_dir(&jobs).map_err(told)? {
            let path = entry.map_err(told)?.path().join(RECORD);
            let bad = |e: &dyn std::fmt::Display| format!("{}: {e}; repair it, or move the folder of the job elsewhere", path.display());
            let text = fs::read(&path).map_err(|e| bad(&e))?;
            records.push(serde_json::from_slice::<Record>(&text).map_err(|e| bad(&e))?);
        }
        records.sort_by_key(|r| r.id);
        let last = folder.join(LAST);
        let bad = |e: &dyn std::fmt::Display| format!("{}: {e}; write the greatest id that a job ever had into it", last.display());
        let removed_last = match fs::read_to_string(&last) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
            text => text.map_err(|e| bad(&e))?.parse().map_err(|e| bad(&e))?,
        };
        let next = records.last().map_or(0, |r| r.id).max(removed_last).saturating_add(1);
        let store = Store { folder: folder.to_path_buf(), jobs, incoming, removed, next: AtomicU64::new(next), _lock: lock };
        Ok((store, records))
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
        keep(&incoming.folder, record)?;
        fs::rename(&incoming.folder, self.folder(record.id))?;
        sync(&self.jobs)
    }

    /// Keeps how a job ended.
    pub fn keep(&self, record: &Record) -> io::Result<()> {
        keep(&self.folder(record.id), record)
    }

    /// Counts a start of a job, before it: the number of starts with this one.
    pub fn count_start(&self, id: u64) -> io::Result<u64> {
        let folder = self.folder(id);
        let mut file = File::options().create(true).append(true).open(folder.join(BEGUN))?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        sync(&folder)?;
        Ok(file.metadata()?.len())
    }

    /// Forgets the starts of a job that was left for a good reason.
    pub fn forget_starts(&self, id: u64) -> io::Result<()> {
        fs::remove_file(self.folder(id).join(BEGUN))
    }

    /// Removes a job with all that it has: when this returns, it does not come back, and nor does its id.
    pub fn remove(&self, id: u64) -> io::Result<()> {
        let last = self.next.load(Ordering::Relaxed) - 1;
        write(&self.folder, LAST, last.to_string().as_bytes())?;
        let removed = self.removed.join(id.to_string());
        fs::rename(self.folder(id), &removed)?;
        sync(&self.jobs)?;
        // what is left is removed with the next start
        let _ = fs::remove_dir_all(removed);
        Ok(())
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

fn keep(folder: &Path, record: &Record) -> io::Result<()> {
    write(folder, RECORD, &serde_json::to_vec_pretty(record)?)
}

/// Writes a file whole.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let beside = folder.join(format!(".{name}.new"));
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, folder.join(name))?;
    sync(folder)
}

/// Writes the names in a folder to disk.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
