//! What is wrong with a recipe, all of it at once.

use std::fmt;

/// One fault of a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path of the key, e.g. `grid.tolerance`; empty for the whole document.
    pub path: String,
    /// Line in the file, counted from 1, where the fault came from a text.
    pub line: Option<usize>,
    /// The value found, where there is one.
    pub value: Option<String>,
    /// What is wrong, what is expected and what to do.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match (self.path.as_str(), &self.value) {
            ("", None) => write!(f, "{}", self.message),
            ("", Some(value)) => write!(f, "{value}: {}", self.message),
            (path, None) => write!(f, "{path}: {}", self.message),
            (path, Some(value)) => write!(f, "{path} = {value}: {}", self.message),
        }
    }
}

/// All faults of a recipe, in the order of its keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RecipeErrors {
    /// The faults; never empty.
    pub faults: Vec<Fault>,
}

impl fmt::Display for RecipeErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.as_slice() {
            [one] => write!(f, "the recipe has a fault: {one}"),
            many => {
                write!(f, "the recipe has {} faults:", many.len())?;
                many.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}

/// The candidate that `word` was probably meant to be.
pub(super) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    near(word, candidates).first().copied()
}

/// Longer words are no slips of the pen.
const LONGEST: usize = 200;

/// Up to three candidates that `word` may have been meant to be, the likeliest first.
pub(crate) fn near<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let length = word.chars().count();
    if length > LONGEST {
        return Vec::new();
    }
    let limit = (length / 3).max(1);
    let mut ranked: Vec<_> = candidates.into_iter().map(|c| (distance(word, c), c)).filter(|(d, _)| *d <= limit).collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().take(3).map(|(_, c)| c).collect()
}

/// Least number of inserted, removed and replaced letters that turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
