//! Temporary folders, a sink that keeps everything, and outside programs for tests.

use super::error::ReadError;
use super::formats::feature::{Cell, Geometry, Head, Record, Shape, Sink};
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is removed when dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("evengrid-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a temporary folder");
        Folder(path)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.clone()
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), bytes).expect("a temporary file");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Keeps all that a reader hands over.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub head: Head,
    /// Record number, cells and geometry.
    pub features: Vec<(u64, Vec<Cell<'static>>, Geometry)>,
    pub malformed: Vec<(u64, String)>,
}

impl Sink for Kept {
    fn head(&mut self, head: &Head) -> Result<(), ReadError> {
        self.head = head.clone();
        Ok(())
    }
    fn record(&mut self, record: u64, found: Record<'_>) -> Result<(), ReadError> {
        match found {
            Record::Feature(f) => self.features.push((record, f.cells.into_iter().map(owned).collect(), f.geometry)),
            Record::Malformed(why) => self.malformed.push((record, why)),
        }
        Ok(())
    }
}

impl Kept {
    /// Texts of the cells, "" where they say nothing.
    pub(super) fn texts(&self) -> Vec<Vec<String>> {
        let text = |c: &Cell<'_>| c.text().map(|t| t.into_owned()).unwrap_or_default();
        self.features.iter().map(|(_, cells, _)| cells.iter().map(text).collect()).collect()
    }

    pub(super) fn shapes(&self) -> Vec<Shape> {
        self.features.iter().map(|(_, _, g)| g.shape.clone()).collect()
    }
}

/// A cell that lives on; JSON as its text.
pub(super) fn owned(cell: Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Text(t) => Cell::Text(Cow::Owned(t.into_owned())),
        Cell::Json(raw) => Cell::Json(raw).text().map_or(Cell::Missing, |t| Cell::Text(Cow::Owned(t.into_owned()))),
        Cell::Integer(i) => Cell::Integer(i),
        Cell::Real(x) => Cell::Real(x),
        Cell::Flag(b) => Cell::Flag(b),
        Cell::Missing => Cell::Missing,
    }
}

/// Names as a reader wants them.
pub(super) fn names(wanted: &[&str]) -> Vec<String> {
    wanted.iter().map(|w| w.to_string()).collect()
}

/// Runs an outside program in a folder; none where it is not installed.
pub(super) fn run(folder: &Path, program: &str, args: &[&str]) -> Option<String> {
    let done = Command::new(program).args(args).current_dir(folder).output().ok()?;
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}
