//! The only room that touches files and formats.

pub mod metis;
