//! evengrid
pub mod attach;
pub mod cut;
pub mod finding;
pub mod graph;
pub mod io;
pub mod measure;
pub mod partition;
pub mod pipeline;
pub mod plan;
pub mod recipe;
pub mod staffing;
pub mod territory;
pub mod zones;
