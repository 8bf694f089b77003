//! Series of numbers by grid and date: periods, grids that were redrawn, thresholds (R8, R35).

use super::build::Check;
use super::sections::{SeriesDraft, ThresholdDraft};
use crate::measure::Load;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most that a limit can be, units of the indicator.
const MOST: f64 = 1e12;

/// Length of a period of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// A day.
    Day,
    /// A week of ISO 8601, Monday to Sunday.
    Week,
    /// A month.
    Month,
    /// Three months, from January on.
    Quarter,
    /// A year.
    Year,
}

impl Period {
    /// All of them, the shortest first.
    pub const ALL: [Period; 5] = [Period::Day, Period::Week, Period::Month, Period::Quarter, Period::Year];

    /// As a recipe calls it.
    pub fn name(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
            Period::Quarter => "quarter",
            Period::Year => "year",
        }
    }
}

/// What becomes of numbers of grids that were redrawn since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redrawn {
    /// They are split among the grids that came from them.
    Recast,
    /// They stay with the old grid and are compared with nothing.
    NotComparable,
}

impl Redrawn {
    /// Both.
    pub const ALL: [Redrawn; 2] = [Redrawn::Recast, Redrawn::NotComparable];

    /// As a recipe calls it.
    pub fn name(self) -> &'static str {
        match self {
            Redrawn::Recast => "recast",
            Redrawn::NotComparable => "not-comparable",
        }
    }
}

/// How a series is made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesRule {
    /// Numbers are added up over periods of this length.
    pub period: Period,
    /// Numbers of grids that were redrawn since.
    pub redrawn: Redrawn,
    /// Indicators that are stocks (customers, shops): the last number of a period counts, not the sum.
    pub last: Vec<String>,
}

impl Default for SeriesRule {
    /// Months, recast, no stocks.
    fn default() -> SeriesRule {
        SeriesRule { period: Period::Month, redrawn: Redrawn::Recast, last: Vec::new() }
    }
}

/// Limits whose passing raises a flag (R35).
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdRule {
    /// Its name.
    pub name: String,
    /// Indicator that it is about.
    pub indicator: String,
    /// Level whose areas are looked at: `grid`, `zone`, `division`, `territory` or one of the recipe's levels.
    pub level: String,
    /// Period over which the value is taken.
    pub per: Period,
    /// Values below this are flagged.
    pub below: Option<Load>,
    /// Values above this are flagged.
    pub above: Option<Load>,
    /// Changes against the period before below this share are flagged, -0.2 = a fall by more than 20 %.
    pub change_below: Option<f64>,
    /// Changes above this share are flagged.
    pub change_above: Option<f64>,
}

impl Check {
    pub(super) fn series(&mut self, draft: SeriesDraft) -> SeriesRule {
        let default = SeriesRule::default();
        let redrawn = draft.redrawn.map(|said| self.one_of("series.redrawn", &said, &Redrawn::ALL, Redrawn::name));
        SeriesRule {
            period: self.period("series.period", draft.period, default.period),
            redrawn: redrawn.flatten().unwrap_or(default.redrawn),
            last: self.names("series.last", draft.last.or(Some(Vec::new()))),
        }
    }

    fn period(&mut self, path: &str, said: Option<String>, default: Period) -> Period {
        said.and_then(|said| self.one_of(path, &said, &Period::ALL, Period::name)).unwrap_or(default)
    }

    /// The one of `all` with that name.
    pub(super) fn one_of<T: Copy>(&mut self, path: &str, said: &str, all: &[T], name: fn(T) -> &'static str) -> Option<T> {
        let found = all.iter().copied().find(|t| name(*t) == said);
        if found.is_none() {
            let names: Vec<&str> = all.iter().map(|t| name(*t)).collect();
            self.fault(path, format!("\"{said}\""), format!("one of {} is expected", names.join(", ")));
        }
        found
    }

    pub(super) fn thresholds(&mut self, drafts: BTreeMap<String, ThresholdDraft>, period: Period) -> Vec<ThresholdRule> {
        drafts.into_iter().map(|(name, draft)| self.threshold(name, draft, period)).collect()
    }

    fn threshold(&mut self, name: String, draft: ThresholdDraft, period: Period) -> ThresholdRule {
        let path = |key: &str| format!("thresholds.{name}.{key}");
        let indicator = draft.indicator.unwrap_or_default();
        if indicator.trim().is_empty() {
            self.fault(&path("indicator"), format!("{indicator:?}"), "the name of an indicator of the series is expected");
        }
        if draft.below.or(draft.above).or(draft.change_below).or(draft.change_above).is_none() {
            self.fault(&path("below"), "nothing", "a limit is expected: below, above, change_below or change_above");
        }
        let mut number = |key: &str, said: Option<f64>| said.map(|x| self.number(&path(key), Some(x), -MOST, MOST));
        let (below, above) = (number("below", draft.below), number("above", draft.above));
        let (change_below, change_above) = (number("change_below", draft.change_below), number("change_above", draft.change_above));
        let per = self.period(&path("per"), draft.per, period);
        if per < period {
            let message = format!("{}, the period of the series, or a longer one is expected", period.name());
            self.fault(&path("per"), format!("\"{}\"", per.name()), message);
        }
        ThresholdRule {
            per,
            indicator,
            level: draft.level.unwrap_or_else(|| "grid".into()),
            below: below.and_then(Load::from_units),
            above: above.and_then(Load::from_units),
            change_below,
            change_above,
            name,
        }
    }
}

impl From<SeriesRule> for SeriesDraft {
    /// Says nothing where nothing differs, so that recipes without series stay as they are.
    fn from(rule: SeriesRule) -> SeriesDraft {
        if rule == SeriesRule::default() {
            return SeriesDraft::default();
        }
        SeriesDraft { period: Some(rule.period.name().into()), redrawn: Some(rule.redrawn.name().into()), last: Some(rule.last) }
    }
}

impl From<ThresholdRule> for ThresholdDraft {
    fn from(t: ThresholdRule) -> ThresholdDraft {
        ThresholdDraft {
            indicator: Some(t.indicator),
            level: Some(t.level),
            per: Some(t.per.name().into()),
            below: t.below.map(Load::units),
            above: t.above.map(Load::units),
            change_below: t.change_below,
            change_above: t.change_above,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::recipe::{Draft, Period, Recipe, Redrawn};

    #[test]
    fn series_and_thresholds_survive_writing_and_reading() {
        let toml = "[series]\nperiod = \"week\"\nredrawn = \"not-comparable\"\nlast = [\"shops\"]\n\
                    [thresholds.few]\nindicator = \"visits\"\nbelow = 10\nlevel = \"zone\"\n[thresholds.fall]\nindicator = \"visits\"\nchange_below = -0.2\nper = \"year\"";
        let recipe = Draft::from_toml(toml).unwrap().build().unwrap();
        assert_eq!((recipe.series.period, recipe.series.redrawn), (Period::Week, Redrawn::NotComparable));
        let [fall, few] = recipe.thresholds.as_slice() else { panic!("{:?}", recipe.thresholds) };
        assert_eq!((few.per, few.level.as_str(), few.below.map(|l| l.0)), (Period::Week, "zone", Some(10_000)));
        assert_eq!((fall.per, fall.level.as_str(), fall.change_below), (Period::Year, "grid", Some(-0.2)));
        assert_eq!(serde_json::from_str::<Recipe>(&serde_json::to_string(&recipe).unwrap()).unwrap(), recipe);
    }

    #[test]
    fn recipes_without_series_are_written_as_before() {
        let text = serde_json::to_string(&Recipe::default()).unwrap();
        assert!(["series", "thresholds", "visits"].iter().all(|key| !text.contains(&format!("\"{key}\""))), "{text}");
    }

    #[test]
    fn faults_of_series_are_told() {
        let toml = "[series]\nperiod = \"fortnight\"\n[thresholds.a]\nindicator = \"\"\n[thresholds.b]\nindicator = \"x\"\nabove = 1e13\nper = \"day\"";
        let told = Draft::from_toml(toml).unwrap().build().unwrap_err().to_string();
        for expected in [
            "series.period = \"fortnight\": one of day, week",
            "thresholds.a.indicator",
            "thresholds.a.below",
            "thresholds.b.above",
            "thresholds.b.per = \"day\": month",
        ] {
            assert!(told.contains(expected), "{expected} in {told}");
        }
    }
}
