//! From layers as found to a valid territory on one metric plane.

pub mod layers;
