//! The recipe: everything that differs between organisations, as data (loose [`Draft`] → checked [`Recipe`]).
//!
//! ```
//! use evengrid::recipe::Draft;
//!
//! let recipe = Draft::from_toml("extends = \"community\"\n[grid]\ntolerance = 0.05").unwrap().build().unwrap();
//! assert_eq!(recipe.grid.target_of(Some("rural")).units(), 400.0);
//!
//! let faults = Draft::from_toml("[grid]\ntarget = 300\ntolerence = 0.05").unwrap_err();
//! assert!(faults.to_string().contains("did you mean 'tolerance'?"));
//! ```

mod build;
mod checked;
mod draft;
mod facilities;
mod fault;
mod keys;
mod sections;
mod series;
mod signals;
mod staffing;
mod template;
#[cfg(test)]
mod tests;
mod write;

pub use checked::*;
pub use draft::*;
pub use facilities::{FacilityRule, HubRule};
pub(crate) use fault::near;
pub use fault::{Fault, RecipeErrors};
pub use keys::LAYERS;
pub use sections::*;
pub use series::{Period, Redrawn, SeriesRule, ThresholdRule};
pub use signals::*;
pub use staffing::*;
pub use template::{Part, Template};
