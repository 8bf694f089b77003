//! Writing so that a crash, a full disk or a folder without permission leaves what was there whole.

use super::error::WriteError;
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// Files a plan consists of. A new plan replaces or removes exactly these in its folder; whatever else
/// lies there is the user's and is not touched. `plan.json` comes last: where it is, the rest is.
pub const PLAN_FILES: [&str; 12] = [
    "zones.geojson",
    "grids.geojson",
    "attachments.csv",
    "stations.csv",
    "coverage.geojson",
    "levels.csv",
    "report.json",
    "map.html",
    "map.svg",
    "changes.json",
    "moved.csv",
    "plan.json",
];

const STAGING: &str = ".evengrid-staging";
const NEW: &str = "new";
const OLD: &str = "old";
const READY: &str = "ready";

const RESTORED: &str = "the old plan was put back whole; check the permissions of the folder and try again";
const HALF: &str =
    "the new files are complete under .evengrid-staging/new in the folder and are put in place when the next plan is written there";

/// Writes `bytes` to `path`: first beside it under another name, then renamed, so that nobody ever sees
/// half a file.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let mut file = Aside::begin(path)?;
    file.write_all(bytes).map_err(|cause| WriteError::File { path: path.to_path_buf(), cause })?;
    file.commit()
}

/// The name under which a file is written until it is whole; what a killed writer left there is written over by the next.
pub(super) fn beside(path: &Path) -> Result<PathBuf, WriteError> {
    let name = path.file_name().ok_or_else(|| WriteError::Name { name: path.display().to_string() })?;
    Ok(path.with_file_name(format!(".{}.evengrid-new", name.to_string_lossy())))
}

/// Puts a whole file in place, once it is on disk.
pub(super) fn put(from: &Path, to: &Path) -> io::Result<()> {
    File::open(from)?.sync_data()?;
    fs::rename(from, to)
}

/// A file that is written bit by bit beside its place and put there when it is whole; dropped before, it leaves no trace.
#[derive(Debug)]
pub struct Aside {
    file: BufWriter<File>,
    beside: PathBuf,
    path: PathBuf,
}

impl Aside {
    /// Begins a file that will be at `path`.
    pub fn begin(path: &Path) -> Result<Aside, WriteError> {
        let beside = beside(path)?;
        let file = File::create(&beside).map_err(|cause| WriteError::File { path: path.to_path_buf(), cause })?;
        Ok(Aside { file: BufWriter::with_capacity(1 << 20, file), beside, path: path.to_path_buf() })
    }

    /// Puts it in place.
    pub fn commit(mut self) -> Result<(), WriteError> {
        let done = self.file.flush().and_then(|()| self.file.get_ref().sync_data()).and_then(|()| fs::rename(&self.beside, &self.path));
        done.map_err(|cause| WriteError::File { path: self.path.clone(), cause })
    }
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // after a commit it is no longer there
        let _ = fs::remove_file(&self.beside);
    }
}

/// A plan that is being written: all files are finished aside before the first one is put in place.
///
/// The staging folder `.evengrid-staging` lies inside the target folder, so that renames never cross file
/// systems (the target may be a mount point) and nothing but the target needs to be writable.
///
/// - Until [`commit`](Self::commit), and whenever it fails, the old plan is whole: a file that cannot be
///   put in place makes all earlier renames be taken back.
/// - `commit` first leaves a mark that all new files are complete. A process that is killed among the few
///   renames after it is finished by the next [`begin`](Self::begin) on the same folder.
/// - Files that are not part of a plan are never touched; files of the old plan that the new one does not
///   have are removed.
/// - One writer at a time per folder: the last `begin` wins, the other one's `commit` fails.
#[derive(Debug)]
pub struct Staged {
    out: PathBuf,
    staging: PathBuf,
    names: Vec<String>,
    /// Files that are whole on their way to the disk, which takes them while the next ones are made.
    leaving: Vec<(String, Leaving)>,
    made_out: bool,
}

/// What puts a file out, see [`Staged::fill`].
pub(super) type Fill<'a> = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'a>;

/// A whole file that a thread of its own puts on the disk.
type Leaving = JoinHandle<io::Result<()>>;

impl Staged {
    /// Begins a plan in the folder `out`, which is made where it does not exist.
    pub fn begin(out: &Path) -> Result<Staged, WriteError> {
        let folder_error = |cause| WriteError::Folder { path: out.to_path_buf(), cause };
        let made_out = !out.exists();
        fs::create_dir_all(out).map_err(folder_error)?;
        resume(out)?;
        let staging = out.join(STAGING);
        if staging.exists() {
            fs::remove_dir_all(&staging).map_err(folder_error)?;
        }
        let staged = Staged { out: out.to_path_buf(), staging, names: Vec::new(), leaving: Vec::new(), made_out };
        fs::create_dir(&staged.staging).map_err(folder_error)?;
        fs::create_dir(staged.staging.join(NEW)).map_err(folder_error)?;
        fs::create_dir(staged.staging.join(OLD)).map_err(folder_error)?;
        Ok(staged)
    }

    /// Writes one file aside; a later write of the same name replaces it.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), WriteError> {
        self.fill(vec![(name, Box::new(|out: &mut dyn Write| out.write_all(bytes)))])
    }

    /// Writes files aside, each bit by bit and several at once.
    pub(super) fn fill(&mut self, files: Vec<(&str, Fill<'_>)>) -> Result<(), WriteError> {
        for (name, _) in &files {
            let plain = Path::new(name).file_name().is_some_and(|n| n == *name) && !name.contains(['/', '\\', ':']);
            if !plain || *name == STAGING {
                return Err(WriteError::Name { name: name.to_string() });
            }
        }
        let one = |(name, fill): (&str, Fill<'_>)| {
            let failed = |cause: io::Error| match cause.downcast::<serde_json::Error>() {
                Ok(unfit) => WriteError::Unfit { file: name.to_string(), detail: unfit.to_string() },
                Err(cause) => WriteError::File { path: self.out.join(name), cause },
            };
            let file = File::create(self.staging.join(NEW).join(name)).map_err(failed)?;
            let mut out = BufWriter::with_capacity(1 << 18, file);
            fill(&mut out).map_err(failed)?;
            let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
            Ok((name.to_string(), leave(file).map_err(failed)?))
        };
        let whole: Vec<Result<_, WriteError>> = files.into_par_iter().with_max_len(1).map(one).collect();
        for file in whole {
            let (name, leaving) = file?;
            if !self.names.contains(&name) {
                self.names.push(name.clone());
            }
            self.leaving.extend(leaving.map(|leaving| (name, leaving)));
        }
        Ok(())
    }

    /// Waits until all files are on the disk.
    fn arrive(&mut self) -> Result<(), WriteError> {
        let arrived: Vec<_> = self.leaving.drain(..).map(|(name, leaving)| (name, leaving.join())).collect();
        for (name, result) in arrived {
            let result = result.unwrap_or_else(|_| Err(io::Error::other("it could not be put on the disk")));
            result.map_err(|cause| WriteError::File { path: self.out.join(name), cause })?;
        }
        Ok(())
    }

    /// Puts all files in place, `plan.json` last. Where it is among them they are a plan, and files of an old plan that are not are removed;
    /// otherwise they are something beside a plan, which stays.
    pub fn commit(mut self) -> Result<(), WriteError> {
        self.arrive()?;
        self.names.sort_by_key(|n| n == "plan.json");
        let replaced = stale(&self.names);
        let there = PLAN_FILES.into_iter().rev().filter(|n| replaced.contains(n) || self.names.iter().any(|own| own == n));
        let stale: Vec<&str> = there.filter(|n| self.out.join(n).symlink_metadata().is_ok()).collect();
        // plan.json goes first and comes last: while it is there, all files beside it belong to it.
        let mut aside: Vec<String> = stale.iter().map(|n| n.to_string()).collect();
        let others = self.names.iter().filter(|n| !PLAN_FILES.contains(&n.as_str()) && self.out.join(n).symlink_metadata().is_ok());
        aside.extend(others.cloned());
        for name in aside.iter().chain(&self.names) {
            let path = self.out.join(name);
            if path.is_dir() {
                return Err(WriteError::InTheWay { path });
            }
        }
        let ready = self.staging.join(READY);
        write_atomic(&ready, self.names.join("\n").as_bytes())?;
        let old = self.staging.join(OLD);
        let away = aside.iter().map(|name| (self.out.join(name), old.join(name)));
        let here = self.names.iter().map(|name| (self.staging.join(NEW).join(name), self.out.join(name)));
        let steps: Vec<(PathBuf, PathBuf)> = away.chain(here).collect();
        for (done, (from, to)) in steps.iter().enumerate() {
            if let Err(cause) = fs::rename(from, to) {
                let back = steps[..done].iter().rev().try_for_each(|(from, to)| fs::rename(to, from));
                let path = self.out.join(from.file_name().unwrap_or_default());
                let state = if back.is_ok() {
                    RESTORED
                } else {
                    // Keeps the staging folder, from which the next begin finishes.
                    self.staging = PathBuf::new();
                    HALF
                };
                return Err(WriteError::Replace { path, cause, state });
            }
        }
        self.made_out = false;
        if let Ok(folder) = File::open(&self.out) {
            // Not every system can sync a folder; the files themselves are on disk already.
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// Lets a thread put a file on the disk, or does so itself where there can be no more threads.
fn leave(file: File) -> io::Result<Option<Leaving>> {
    let file = Arc::new(file);
    let leaving = Arc::clone(&file);
    match thread::Builder::new().spawn(move || leaving.sync_data()) {
        Ok(leaving) => Ok(Some(leaving)),
        Err(_) => file.sync_data().map(|()| None),
    }
}

/// Files of an old plan that new ones of these names put out of force: all but these, if they are a plan.
fn stale<T: AsRef<str>>(names: &[T]) -> Vec<&'static str> {
    let own = |n: &str| names.iter().any(|own| own.as_ref() == n);
    PLAN_FILES.into_iter().filter(|n| own("plan.json") && !own(n)).collect()
}

/// Whether a writer was killed while it put the files of a plan in place.
pub(super) fn is_half(out: &Path) -> bool {
    out.join(STAGING).join(READY).exists()
}

/// Finishes what a killed writer had begun to put in place in a folder; the plan there is then its new one. Whoever reads a plan in order to write the next
/// one into the same folder calls it first. Does nothing to any other folder.
pub fn resume(out: &Path) -> Result<(), WriteError> {
    if !is_half(out) {
        return Ok(());
    }
    let staging = out.join(STAGING);
    let done = finish(out, &staging).and_then(|()| fs::remove_dir_all(&staging));
    done.map_err(|cause| WriteError::Folder { path: out.to_path_buf(), cause })
}

/// Puts what is still staged in place.
fn finish(out: &Path, staging: &Path) -> io::Result<()> {
    let names = fs::read_to_string(staging.join(READY))?;
    let names: Vec<&str> = names.lines().collect();
    for name in stale(&names) {
        if out.join(name).is_file() {
            fs::remove_file(out.join(name))?;
        }
    }
    for name in names {
        let from = staging.join(NEW).join(name);
        if from.exists() {
            fs::rename(from, out.join(name))?;
        }
    }
    Ok(())
}

impl Drop for Staged {
    /// Removes what was staged and not put in place.
    fn drop(&mut self) {
        let _ = self.arrive();
        if !self.staging.as_os_str().is_empty() {
            let _ = fs::remove_dir_all(&self.staging);
            if self.made_out {
                let _ = fs::remove_dir(&self.out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Folder;
    use super::*;

    fn read(folder: &Folder, name: &str) -> Option<String> {
        fs::read_to_string(folder.path().join(name)).ok()
    }

    fn plan(folder: &Folder, files: &[(&str, &str)]) -> Result<(), WriteError> {
        let mut staged = Staged::begin(&folder.path())?;
        for (name, text) in files {
            staged.write(name, text.as_bytes())?;
        }
        staged.commit()
    }

    #[test]
    fn a_new_plan_replaces_the_old_one_and_keeps_foreign_files() {
        let folder = Folder::new();
        folder.write("notes.txt", "mine");
        plan(&folder, &[("plan.json", "1"), ("changes.json", "c"), ("grids.geojson", "g1")]).unwrap();
        plan(&folder, &[("plan.json", "2"), ("grids.geojson", "g2")]).unwrap();
        assert_eq!(read(&folder, "plan.json").as_deref(), Some("2"));
        assert_eq!(read(&folder, "grids.geojson").as_deref(), Some("g2"));
        assert_eq!(read(&folder, "changes.json"), None, "of the old plan");
        assert_eq!(read(&folder, "notes.txt").as_deref(), Some("mine"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no staging left");
    }

    #[test]
    fn a_plan_that_is_given_up_leaves_the_old_one() {
        let folder = Folder::new();
        plan(&folder, &[("plan.json", "1")]).unwrap();
        let mut staged = Staged::begin(&folder.path()).unwrap();
        staged.write("plan.json", b"2").unwrap();
        drop(staged);
        assert_eq!(read(&folder, "plan.json").as_deref(), Some("1"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_plan_leaves_a_plan_where_it_is() {
        let folder = Folder::new();
        plan(&folder, &[("plan.json", "1"), ("map.svg", "s")]).unwrap();
        plan(&folder, &[("targets.csv", "t")]).unwrap();
        plan(&folder, &[("targets.csv", "u")]).unwrap();
        assert_eq!(
            ["plan.json", "map.svg", "targets.csv"].map(|n| read(&folder, n)),
            [Some("1".into()), Some("s".into()), Some("u".into())]
        );
    }

    #[test]
    fn a_folder_in_the_way_is_told_and_changes_nothing() {
        let folder = Folder::new();
        plan(&folder, &[("plan.json", "1"), ("map.svg", "s")]).unwrap();
        fs::create_dir(folder.path().join("map.html")).unwrap();
        let error = plan(&folder, &[("plan.json", "2"), ("map.html", "h")]).unwrap_err();
        assert!(matches!(error, WriteError::InTheWay { .. }), "{error}");
        assert!(error.to_string().contains("map.html"));
        assert_eq!(read(&folder, "plan.json").as_deref(), Some("1"));
        assert_eq!(read(&folder, "map.svg").as_deref(), Some("s"));
    }

    #[test]
    fn a_rename_that_fails_is_taken_back() {
        let folder = Folder::new();
        plan(&folder, &[("plan.json", "1"), ("map.svg", "s")]).unwrap();
        let mut staged = Staged::begin(&folder.path()).unwrap();
        staged.write("map.svg", b"s2").unwrap();
        staged.write("plan.json", b"2").unwrap();
        fs::remove_file(folder.path().join(STAGING).join(NEW).join("plan.json")).unwrap();
        let error = staged.commit().unwrap_err();
        assert!(error.to_string().contains("put back whole"), "{error}");
        assert_eq!(read(&folder, "plan.json").as_deref(), Some("1"));
        assert_eq!(read(&folder, "map.svg").as_deref(), Some("s"));
    }

    #[test]
    fn a_killed_commit_is_finished_by_the_next_writer() {
        let folder = Folder::new();
        plan(&folder, &[("plan.json", "1"), ("map.svg", "s"), ("moved.csv", "m")]).unwrap();
        let mut staged = Staged::begin(&folder.path()).unwrap();
        staged.write("map.svg", b"s2").unwrap();
        staged.write("plan.json", b"2").unwrap();
        let staging = folder.path().join(STAGING);
        fs::write(staging.join(READY), "map.svg\nplan.json").unwrap();
        fs::rename(folder.path().join("plan.json"), staging.join(OLD).join("plan.json")).unwrap();
        fs::rename(staging.join(NEW).join("map.svg"), folder.path().join("map.svg")).unwrap();
        std::mem::forget(staged);
        assert!(is_half(&folder.path()));
        resume(&folder.path()).unwrap();
        resume(&folder.path()).unwrap();
        assert!(!is_half(&folder.path()));
        assert_eq!(read(&folder, "plan.json").as_deref(), Some("2"));
        assert_eq!(read(&folder, "map.svg").as_deref(), Some("s2"));
        assert_eq!(read(&folder, "moved.csv"), None);
    }

    #[test]
    fn targets_that_cannot_be_written_are_named() {
        let folder = Folder::new();
        folder.write("file", "");
        let error = Staged::begin(&folder.path().join("file")).unwrap_err();
        assert!(matches!(&error, WriteError::Folder { .. }), "{error}");
        let error = write_atomic(&folder.path().join("no/such/file.part"), b"").unwrap_err();
        assert!(error.to_string().contains("file.part"), "{error}");
        let mut staged = Staged::begin(&folder.path().join("plan")).unwrap();
        for name in ["", "..", "a/b", "/etc/x"] {
            assert!(matches!(staged.write(name, b""), Err(WriteError::Name { .. })), "{name}");
        }
        drop(staged);
        assert!(!folder.path().join("plan").exists());
    }

    #[test]
    fn one_file_is_replaced_at_once() {
        let folder = Folder::new();
        let path = folder.path().join("x.part");
        write_atomic(&path, b"1").unwrap();
        write_atomic(&path, b"2").unwrap();
        assert_eq!(read(&folder, "x.part").as_deref(), Some("2"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
