//! evengrid
pub mod cut;
pub mod finding;
pub mod graph;
pub mod measure;
pub mod recipe;
pub mod territory;
