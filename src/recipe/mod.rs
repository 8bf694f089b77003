//! The recipe: everything that differs between organisations, as data (loose [`Draft`] → checked [`Recipe`]).

mod checked;

pub use checked::*;
