//! Findings: bad or noteworthy data as a value that names file, record, place, number and limit.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Told for completeness; nothing was changed.
    Info,
    /// Repaired, dropped or not reachable; the plan stands.
    Warning,
    /// A rule of the plan is broken.
    Violation,
}

/// What a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// File or layer, where one is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Record number in the file, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// Id of the feature, division, zone or grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// One noteworthy fact about input or plan. Numbers are in the unit that `code` documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable kebab-case name, e.g. `point-outside`.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// Place as longitude, latitude in degrees, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<[f64; 2]>,
    /// The number that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
    /// The limit it is held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// One English sentence with what was done and what the user can do.
    pub message: String,
}

/// The first five names, and how many more there are.
pub(crate) fn few<T: AsRef<str>>(names: &[T]) -> String {
    const NAMED: usize = 5;
    let first = names.iter().take(NAMED).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

impl Finding {
    /// A finding without subject or numbers; see the `with`-style methods.
    pub fn new(severity: Severity, code: &str, message: impl Into<String>) -> Finding {
        Finding {
            code: code.to_string(),
            severity,
            subject: Subject::default(),
            place: None,
            measured: None,
            limit: None,
            message: message.into(),
        }
    }
    /// Names the file.
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.subject.file = Some(file.into());
        self
    }
    /// Names the record, counted from 1.
    pub fn record(mut self, record: u64) -> Self {
        self.subject.record = Some(record);
        self
    }
    /// Names the feature, division or grid.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.subject.id = Some(id.into());
        self
    }
    /// Names the place (longitude, latitude in degrees).
    pub fn at(mut self, place: [f64; 2]) -> Self {
        self.place = Some(place);
        self
    }
    /// States the number.
    pub fn measured(mut self, number: f64) -> Self {
        self.measured = Some(number);
        self
    }
    /// States the limit.
    pub fn limit(mut self, limit: f64) -> Self {
        self.limit = Some(limit);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if self.place.is_some() || self.subject != Subject::default() {
            f.write_str(":")?;
        }
        if let Some(file) = &self.subject.file {
            write!(f, " {file}")?;
        }
        if let Some(r) = self.subject.record {
            write!(f, " record {r}")?;
        }
        if let Some(id) = &self.subject.id {
            write!(f, " '{id}'")?;
        }
        if let Some([lon, lat]) = self.place {
            write!(f, " at {lon:.6},{lat:.6}")?;
        }
        write!(f, ": {}", self.message)
    }
}
