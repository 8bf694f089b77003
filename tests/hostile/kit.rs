//! Rows and how they are run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Longest that a row may take: a second or two, or a hang, and time for a busy machine between the two. `EVENGRID_DEADLINE` sets other seconds.
static DEADLINE: LazyLock<Duration> = LazyLock::new(|| {
    let told = std::env::var("EVENGRID_DEADLINE").ok().and_then(|s| s.parse().ok());
    Duration::from_secs(told.unwrap_or(60))
});
/// Most memory of the whole process, kB.
const MOST_MEMORY_KB: u64 = 1 << 20;

/// What came of a row: what was told, each as `code: message`, or why there is nothing.
pub type Seen = Result<Vec<String>, String>;

/// What has to come of a row.
#[derive(Clone, Copy)]
pub enum Expect {
    /// A result without a word of this kind; `""` where nothing more is asked.
    Without(&'static str),
    /// A result, and a finding of this code.
    Told(&'static str),
    /// A message with all of these words.
    Refused(&'static [&'static str]),
}

pub use Expect::{Refused, Told, Without};

/// A valid result, whatever is told of it.
pub const FINE: Expect = Without("nothing");

/// One hostile input.
pub struct Row {
    name: String,
    expect: Expect,
    /// Further word that a refusal has to say, such as the file.
    names: String,
    run: Box<dyn FnOnce(&Path) -> Seen + Send>,
}

/// A row; `run` gets an empty folder of its own.
pub fn row(name: impl Into<String>, expect: Expect, run: impl FnOnce(&Path) -> Seen + Send + 'static) -> Row {
    Row { name: name.into(), expect, names: String::new(), run: Box::new(run) }
}

impl Row {
    /// Asks a refusal to name this.
    pub fn naming(self, what: impl Into<String>) -> Row {
        Row { names: what.into(), ..self }
    }

    /// What is wrong with what came of it.
    fn fault(self, folder: PathBuf) -> Option<String> {
        let Row { name, expect, names, run } = self;
        let (done, wait) = channel();
        let inside = folder.clone();
        let thread = std::thread::Builder::new().name(name.clone()).spawn(move || {
            // threads of its own, so that a row that hangs holds up no other
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
            let seen = pool.install(|| run(&inside));
            // nobody listens after the deadline
            let _ = done.send(seen);
        });
        let thread = thread.expect("a thread");
        let seen = match wait.recv_timeout(*DEADLINE) {
            Ok(seen) => seen,
            Err(RecvTimeoutError::Timeout) => return Some(format!("{name}: not done after {} s", DEADLINE.as_secs())),
            Err(RecvTimeoutError::Disconnected) => {
                let panic = thread.join().expect_err("a thread that ends without a word has panicked");
                let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
                return Some(format!("{name}: panicked: {}", text.unwrap_or("without a message")));
            }
        };
        let _ = std::fs::remove_dir_all(folder);
        let peak = peak_kb();
        if peak > MOST_MEMORY_KB {
            return Some(format!("{name}: memory grew to {peak} kB"));
        }
        expect.fault(&seen, &names).map(|why| format!("{name}: {why}"))
    }
}

impl Expect {
    fn fault(self, seen: &Seen, names: &str) -> Option<String> {
        match (self, seen) {
            (Without(code), Ok(told)) => {
                let bad = told.iter().find(|t| t.split(": ").next() == Some(code));
                bad.map(|bad| format!("told {bad}"))
            }
            (Told(code), Ok(told)) => {
                let is = told.iter().any(|t| t.split(": ").next() == Some(code));
                (!is).then(|| format!("no {code} among {}", listed(told)))
            }
            (Refused(words), Err(message)) => {
                let missing: Vec<&str> = words.iter().copied().chain([names]).filter(|w| !message.contains(w)).collect();
                (!missing.is_empty()).then(|| format!("{missing:?} not in: {}", shown(message)))
            }
            (Refused(_), Ok(told)) => Some(format!("not refused, told {}", listed(told))),
            (_, Err(message)) => Some(format!("refused: {}", shown(message))),
        }
    }
}

/// Findings but those that every small city has.
fn listed(told: &[String]) -> String {
    let all: Vec<&str> = told.iter().map(String::as_str).filter(|t| !t.starts_with("layer-absent")).collect();
    shown(&all.join("\n  "))
}

/// The beginning of a long text.
fn shown(text: &str) -> String {
    text.chars().take(600).collect()
}

/// Most memory that the process ever had; 0 where the system does not say.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

/// Runs all rows of a theme and fails with all that went wrong.
pub fn run(theme: &str, rows: Vec<Row>) {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile").join(theme);
    let _ = std::fs::remove_dir_all(&root);
    let (count, mut names, mut faults) = (rows.len(), BTreeSet::new(), Vec::new());
    for (i, row) in rows.into_iter().enumerate() {
        assert!(names.insert(row.name.clone()), "two rows are called {}", row.name);
        let folder = root.join(i.to_string());
        std::fs::create_dir_all(&folder).expect("a folder");
        faults.extend(row.fault(folder));
    }
    assert!(faults.is_empty(), "{} of {count} rows of {theme}:\n{}", faults.len(), faults.join("\n"));
}
