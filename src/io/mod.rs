//! Reading layers and writing plans.
pub mod map;
