//! evengrid
pub mod finding;
pub mod graph;
pub mod io;
pub mod measure;
pub mod partition;
