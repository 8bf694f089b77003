//! What a point weighs: its weight, or the visits a year that a word stands for (R19).

use super::layers::{Layers, PointRecord};
use crate::finding::{Finding, Severity};
use crate::measure::Load;
use crate::recipe::{LoadRule, Recipe, near};

/// Weighs points and remembers what they did not say.
pub(super) struct Weights<'a> {
    rule: &'a LoadRule,
    layers: &'a Layers,
    /// The property of visits, as the file calls it.
    visits: &'a str,
    unweighted: u64,
    entities: u64,
}

impl<'a> Weights<'a> {
    pub fn new(layers: &'a Layers, recipe: &'a Recipe) -> Self {
        let visits = recipe.layers.households.property("visits");
        Weights { rule: &recipe.load, layers, visits, unweighted: 0, entities: 0 }
    }

    /// Load of the point, 0 where its kind is none.
    pub fn of(&mut self, r: &PointRecord, findings: &mut Vec<Finding>) -> Load {
        let is_load = r.kind.as_ref().is_none_or(|k| self.rule.kinds.iter().any(|l| l == k || l == "all"));
        let weight = if self.rule.visits.is_empty() { self.weight(r, findings) } else { self.visits(r, is_load, findings) };
        self.entities += u64::from(!is_load);
        if is_load { weight } else { Load::ZERO }
    }

    /// Adds what later points did not say.
    pub fn join(&mut self, later: Self) {
        self.unweighted += later.unweighted;
        self.entities += later.entities;
    }

    fn tell(&self, r: &PointRecord, code: &str, message: String) -> Finding {
        let file = self.layers.file(r.origin);
        let mut f = Finding::new(Severity::Warning, code, message).file(file).record(r.origin.record.into()).at(r.at);
        f.subject.id = r.id.as_deref().map(str::to_string);
        f
    }

    fn unsaid(&mut self) -> Load {
        self.unweighted += 1;
        self.rule.default_weight
    }

    fn weight(&mut self, r: &PointRecord, findings: &mut Vec<Finding>) -> Load {
        let Some(weight) = r.weight else { return self.unsaid() };
        Load::from_units(weight).filter(|load| *load >= Load::ZERO).unwrap_or_else(|| {
            let message = "the weight is negative or no number; the point counts as load 0".to_string();
            findings.push(self.tell(r, "weight-not-usable", message).measured(weight).limit(0.0));
            Load::ZERO
        })
    }

    fn visits(&mut self, r: &PointRecord, is_load: bool, findings: &mut Vec<Finding>) -> Load {
        let word = r.visits.as_deref().map(str::trim).filter(|word| !word.is_empty());
        let Some(word) = word else { return self.unsaid() };
        if let Some(visits) = self.rule.visits.get(word) {
            return *visits;
        }
        let default = self.rule.default_weight;
        if is_load {
            let meant = near(word, self.rule.visits.keys().map(String::as_str));
            let hint = meant.first().map_or(String::new(), |m| format!("; did you mean '{m}'?"));
            let message = format!("'{}' is '{word}', which [load.visits] does not have, and the point counts {default}{hint}", self.visits);
            findings.push(self.tell(r, "visits-unknown", message).measured(default.units()));
        }
        default
    }

    /// Tells how many said nothing, and how many are no load.
    pub fn tell_totals(self, findings: &mut Vec<Finding>) {
        let file = self.layers.households.first().map_or("households", |r| self.layers.file(r.origin));
        let mut total = |code: &str, n: u64, message: String| {
            if n > 0 {
                findings.push(Finding::new(Severity::Info, code, message).file(file).measured(n as f64));
            }
        };
        let (n, default) = (self.unweighted, self.rule.default_weight);
        let (code, what) = if self.rule.visits.is_empty() { ("weight-missing", "weight") } else { ("visits-missing", self.visits) };
        total(code, n, format!("{n} points have no {what} and count {default} each"));
        let n = self.entities;
        total("entities-without-load", n, format!("{n} points are of a kind that is no load; they are attached but not balanced"));
    }
}
