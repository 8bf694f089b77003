//! Staffing: who looks after which grid, who stands in for whom, and what posts there are (R7, R25, R28–R30); hubs (R20) and facilities
//! (R36, R38). Officers and pairs know grids by their positions and borders by their lengths, nothing of land.

mod apportion;
mod area;
mod duos;
pub mod facilities;
pub mod hubs;
pub mod matching;
mod officers;
mod pairs;
mod posts;
mod seats;
#[cfg(test)]
mod testing;
mod transport;

pub use apportion::apportion;
pub use area::SharedBorder;
pub use duos::{Duos, Hold, duos};
pub use officers::*;
pub use pairs::{Alone, Backups, backups};
pub use posts::{Posts, posts};
pub use seats::{Seat, fill};
