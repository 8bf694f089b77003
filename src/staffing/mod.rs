//! Staffing: who looks after which grid, who stands in for whom, and what posts there are. All of it knows grids by their positions and
//! borders by their lengths, nothing of land.

mod area;
mod duos;
pub mod matching;
mod officers;
mod pairs;
mod posts;

pub use area::SharedBorder;
pub use duos::{Duos, duos};
pub use officers::*;
pub use pairs::{Alone, Backups, backups};
pub use posts::{Posts, largest_remainder, posts};
