//! Plans held in memory for look-ups: the ones used last.

use crate::queue::locked;
use crate::refusal::Refusal;
use evengrid::attach::{Attacher, GridNames, Signal, Sites};
use evengrid::io::plan_read;
use evengrid::measure::GridId;
use evengrid::recipe::SignalRule;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::{OnceCell, Semaphore};

/// Plans that are read at the same time.
const READ_AT_ONCE: usize = 2;

/// A plan that answers look-ups.
pub struct Located {
    attacher: Attacher,
    grids: Vec<GridNames>,
}

impl Located {
    fn read(folder: &Path) -> Result<Located, Refusal> {
        let plan = plan_read::whole(folder).map_err(Refusal::ours)?;
        let grids = plan.grid_names();
        let rule = SignalRule::location(plan.provenance.recipe.attach.nearest_m);
        let attacher = Attacher::new(plan.land(), &grids, vec![(rule, Sites::default())]);
        Ok(Located { attacher, grids })
    }

    /// The grid of a place.
    pub fn attach(&self, place: [f64; 2]) -> Value {
        let decision = self.attacher.attach(&[Signal::Place(place)]);
        let names = |grid: GridId| self.grids.get(grid.at());
        let Some(grid) = decision.grid.and_then(names) else {
            return json!({"grid_id": null, "why": decision.why.map(|why| why.name())});
        };
        json!({
            "grid_id": grid.grid_id,
            "code": grid.code,
            "zone_id": grid.zone_id,
            "division_id": grid.division_id,
            "rule": if decision.nearest { "nearest" } else { "location" },
            "distance_m": decision.distance_m,
            "runner_up": decision.runner_up.and_then(names).map(|g| &g.grid_id),
        })
    }
}

/// A plan is there once, however many ask for it while it is read.
type Cell = Arc<OnceCell<Located>>;

pub struct Held {
    most: usize,
    /// The one used last is last.
    plans: Mutex<Vec<(u64, Cell)>>,
    reading: Semaphore,
}

impl Held {
    pub fn new(most: usize) -> Held {
        Held { most, plans: Mutex::default(), reading: Semaphore::new(READ_AT_ONCE) }
    }

    /// The grid of a place in the plan of a folder.
    pub async fn attach(&self, id: u64, folder: PathBuf, place: [f64; 2]) -> Result<Value, Refusal> {
        let cell = self.cell(id);
        let read = || async move {
            let _permit = self.reading.acquire().await.map_err(Refusal::ours)?;
            tokio::task::spawn_blocking(move || Located::read(&folder)).await.map_err(Refusal::ours)?
        };
        Ok(cell.get_or_try_init(read).await?.attach(place))
    }

    /// Drops a plan that is no longer there.
    pub fn forget(&self, id: u64) {
        locked(&self.plans).retain(|(held, _)| *held != id);
    }

    fn cell(&self, id: u64) -> Cell {
        let mut plans = locked(&self.plans);
        let cell = match plans.iter().position(|(held, _)| *held == id) {
            Some(at) => plans.remove(at).1,
            None => Cell::default(),
        };
        if plans.len() >= self.most {
            plans.remove(0);
        }
        plans.push((id, cell.clone()));
        cell
    }
}
