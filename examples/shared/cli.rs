//! What the examples share: one way to fail, to read a recipe, to make a pool.

use evengrid::recipe::Draft;
use std::path::Path;
use std::process::ExitCode;

/// `println!` that does not mind a reader who has gone.
#[allow(unused_macros)]
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}
#[allow(unused_imports)]
pub(crate) use say;

/// Anything that ends a run with a message.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// 0 when all is well, 1 when a judgement is negative, 2 with the message on standard error when the run failed.
pub fn exit(result: Result<bool, Failure>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::from(2)
        }
    }
}

/// A recipe file, TOML unless it ends in `.json`.
#[allow(dead_code)]
pub fn draft(path: &Path) -> Result<Draft, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}; give an existing recipe file with --recipe", path.display()))?;
    let json = path.extension().is_some_and(|e| e == "json");
    let draft = if json { Draft::from_json(&text) } else { Draft::from_toml(&text) };
    draft.map_err(|e| format!("{}: {e}", path.display()).into())
}

/// A pool of `threads` workers, all cores without a number.
#[allow(dead_code)]
pub fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, Failure> {
    if threads == Some(0) {
        return Err("--threads 0: at least one thread is needed".into());
    }
    Ok(rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?)
}

/// Title of a map from the folder of layers.
#[allow(dead_code)]
pub fn title(folder: &Path) -> String {
    folder.file_name().map_or("plan".into(), |n| n.to_string_lossy().replace('_', " "))
}
