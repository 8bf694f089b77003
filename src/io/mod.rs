//! Files and formats: the only room that touches them.
//!
//! It turns files into data types and data types into files, and runs no algorithm of the other rooms.

pub mod folder;
pub mod geojson;
pub mod layers;
pub mod map;
pub mod plan_files;
pub mod plan_read;
pub mod sheet;
