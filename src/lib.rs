//! Cuts territory into evenly loaded grids: contiguous, compact, bounded by real barriers, inside one community, covering
//! everything once; and says how close to the best possible the plan is.
//!
//! ```text
//!  files ──io──▶ Layers ──territory──▶ Territory ──cut──▶ Fabric ──zones──▶ Problem (one per zone)
//!  (any CRS,     as found              valid, projected    units that           │ topology and integer loads only
//!   encoding)                                              tile the land        ▼ partition
//!  files ◀──io── Plan + Report ◀──plan── attachments, backup pairs ◀──attach── Assignment + Bounds
//!            │       └── plan::check judges anybody's plan
//!            ├── pipeline::rebalance: Plan + new Layers → Plan + Changes
//!            └── pipeline::accept: Plan + its grids redrawn in a GIS → Plan + Changes
//! ```
//!
//! # Rooms
//!
//! Imports go one way: `measure ← watch ← document ← finding ← crs ← recipe ← territory ← cut ← graph ← partition ← zones ← attach ← staffing ← plan ←
//! pipeline`; `io` uses data types and never an algorithm. Each stage is a free function from data to data.
//!
//! # Units of measure
//!
//! Loads are integers, thousandths of the unit of the input ([`measure::Load`]). Positions are integers, 10⁻⁹ degree of WGS 84
//! ([`territory::lattice::Pt`]); lengths and areas are taken in one metric plane, metres and m². Deviations are signed shares of the target.
//!
//! # What always holds
//!
//! - Units tile the divisions: shared borders have the same vertices on both sides, areas are sums of integers.
//! - Each demand point, and each point that carries another resource, lies in exactly one unit or is told to be outside. Nothing is dropped without a [`finding::Finding`].
//! - Grids and zones do not cross divisions; a grid in several parts exists only where its division is in pieces or a recipe asks for a logical
//!   grid, and says so.
//! - Topology (`graph`, `partition`) never sees coordinates, geometry never sees files.
//! - Ids of grids and zones that outlive a re-balance never change, those of the retired are never used again.
//! - Equal layers, recipe and seed give equal bytes on any number of threads; no stage reads the clock or the environment or prints.
//!
//! # Example
//!
//! ```
//! use evengrid::{io::read_layers, pipeline, recipe::Draft};
//!
//! let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/town");
//! let mut draft = Draft::default();
//! (draft.division.level, draft.division.scheme) = (Some(8), Some("civil".into()));
//! let recipe = draft.build()?;
//! let drawn = pipeline::draw(&read_layers(folder.as_ref(), &recipe.layers)?, &recipe, &())?;
//! assert!(drawn.plan.grids.iter().any(|g| g.in_band));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Words
//!
//! | here | in the field |
//! |---|---|
//! | unit | basic spatial unit, block, 基本单元 |
//! | grid | micro-grid, district, territory of one person, 网格 / 微格 |
//! | zone | group of units inside one division, 片区 |
//! | load, band | activity measure; range of loads that is as good as the target |
//! | barrier | road, river, railway that a grid should not cross, 边界要素 |
//! | dedicated grid | grid set aside for one concentration of a customer class or one use of land, 专属网格 |
//! | hall | service outlet with a service radius, 营业厅 |
//! | culprit | unit that no grid in band can hold |

pub mod attach;
pub mod crs;
pub mod cut;
pub mod document;
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
pub mod watch;
pub mod zones;

/// The Rust examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
