//! The examples as programs.

use std::process::Command;

/// One of them, built with the tests.
pub fn command(name: &str) -> Command {
    let path = std::env::current_exe().unwrap().parent().unwrap().with_file_name("examples").join(name);
    assert!(path.exists(), "{} is missing: run the whole of cargo test, or cargo build --examples before", path.display());
    Command::new(path)
}
