//! Files: the only room that knows formats and the file system. It fills and empties data types and
//! runs no algorithm.

pub mod changes_files;
pub mod compare_files;
mod convert;
mod error;
mod folder;
mod formats;
pub mod hub_files;
pub mod hub_tables;
pub mod inspect;
mod layers;
pub mod map;
pub mod metis;
pub mod plan_files;
mod plan_folder;
pub mod plan_read;
mod rows;
pub mod series_files;
pub mod sheet;
pub mod sheet_before;
pub mod staffing_files;
pub mod table;
#[cfg(test)]
mod testing;

pub use convert::{Features, write_all};
pub use error::{ReadError, WriteError};
pub use folder::{Aside, PLAN_FILES, Staged, resume, write_atomic};
pub use formats::Format;
pub use layers::{KINDS, Limits, Reader, read_households, read_land, read_layers, read_linework};
pub use plan_folder::PlanFolder;
