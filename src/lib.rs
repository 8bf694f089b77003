//! evengrid
pub mod finding;
pub mod graph;
pub mod measure;
