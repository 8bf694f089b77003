//! Staffing as a recipe says it: backup pairs, posts, officers.

use super::build::Check;
use super::checked::Recipe;
use super::fault::nearest;
use super::sections::{BackupDraft, OfficerDraft, PostDraft};
use crate::measure::LOAD;
use std::collections::BTreeMap;

/// Grids that are taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Each by itself.
    Grid,
    /// Those of a zone.
    #[default]
    Zone,
    /// Those of a division.
    Division,
    /// Those of an area of that level.
    Level(String),
    /// All.
    Territory,
}

impl Extent {
    /// As a recipe calls it.
    pub fn name(&self) -> &str {
        match self {
            Extent::Grid => "grid",
            Extent::Zone => "zone",
            Extent::Division => "division",
            Extent::Level(name) => name,
            Extent::Territory => "territory",
        }
    }
}

/// What becomes of a grid that is left over when pairs are made (R29).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leftover {
    /// It has no backup.
    #[default]
    None,
    /// It joins a pair beside it.
    Triple,
    /// It is paired with one of another area.
    Across,
}

impl Leftover {
    const ALL: [(&str, Leftover); 3] = [("none", Leftover::None), ("triple", Leftover::Triple), ("across", Leftover::Across)];
}

/// Backup pairs (R29).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupRule {
    /// Both grids of a pair lie in one of these.
    pub within: Extent,
    /// What becomes of the rest.
    pub leftover: Leftover,
}

/// What a post is counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// Entities attached to a grid.
    Points,
    /// Customers of these classes.
    Classes(Vec<String>),
    /// A resource, or the load.
    Resource(String),
}

/// A kind of post and how many there are (R7, R11, R15).
#[derive(Clone, Debug, PartialEq)]
pub struct PostRule {
    /// Its name.
    pub name: String,
    /// What is counted.
    pub count: Count,
    /// So many of them make one post, rounded up; none: every area has [`number`](Self::number).
    pub per: Option<u32>,
    /// What has such posts, or over what is rounded once.
    pub area: Extent,
    /// Posts of an area are dealt to its grids.
    pub dealt: bool,
    /// Fewest posts of an area.
    pub number: u32,
    /// Most posts of an area.
    pub most: u32,
    /// By what the customers of a grid count more or less (size, competition): by its id, else that of its zone, else of its division; else 1.
    pub scale: BTreeMap<String, f64>,
}

/// Officers (R28, R30).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerRule {
    /// What a branch is; officers look after grids of their own.
    pub branch: Extent,
    /// Where a branch has fewer officers than grids, some take two adjacent ones; otherwise grids are vacant (R25).
    pub share: bool,
    /// Levels of staff, the highest first; none: in the order of their names.
    pub levels: Vec<String>,
    /// How many people were examined, to be held against how many have a level.
    pub examined: Option<u32>,
}

impl Default for OfficerRule {
    fn default() -> Self {
        OfficerRule { branch: Extent::Division, share: false, levels: Vec::new(), examined: None }
    }
}

/// A factor is taken in whole thousandths.
const MOST_SCALE: f64 = 1000.0;
const MOST_POSTS: i64 = 1_000_000;

impl Check {
    /// The sections about staff, once classes, resources and levels are known.
    pub(super) fn staffing(
        &mut self,
        recipe: &mut Recipe,
        backup: BackupDraft,
        posts: BTreeMap<String, PostDraft>,
        officers: OfficerDraft,
    ) {
        let within = self.extent("backup.within", backup.within, Extent::Zone, recipe);
        self.of_several("backup.within", &within);
        let said = backup.leftover.as_deref().unwrap_or("none");
        let leftover = Leftover::ALL.iter().find(|(name, _)| *name == said).map(|(_, l)| *l).unwrap_or_else(|| {
            self.fault("backup.leftover", format!("\"{said}\""), "one of none, triple, across is expected");
            Leftover::None
        });
        recipe.backup = BackupRule { within, leftover };
        recipe.posts = posts.into_iter().map(|(name, draft)| self.post(name, draft, recipe)).collect();
        let branch = self.extent("officers.branch", officers.branch, Extent::Division, recipe);
        self.of_several("officers.branch", &branch);
        recipe.officers = OfficerRule {
            branch,
            share: officers.share.unwrap_or(false),
            levels: self.names("officers.levels", officers.levels.or(Some(Vec::new()))),
            examined: officers.examined.map(|n| self.whole("officers.examined", Some(n), 0, 1_000_000_000)),
        };
    }

    fn extent(&mut self, path: &str, said: Option<String>, otherwise: Extent, recipe: &Recipe) -> Extent {
        let Some(said) = said else { return otherwise };
        let fixed = [Extent::Grid, Extent::Zone, Extent::Division, Extent::Territory];
        let levels = recipe.levels.iter().map(|l| l.name.as_str());
        if let Some(extent) = fixed.iter().find(|e| e.name() == said) {
            return extent.clone();
        }
        if !levels.clone().any(|l| l == said) {
            let names: Vec<&str> = fixed.iter().map(Extent::name).chain(levels).collect();
            let meant = nearest(&said, names.iter().copied()).map_or(String::new(), |m| format!("; did you mean '{m}'?"));
            self.fault(path, format!("\"{said}\""), format!("one of {} is expected{meant}", names.join(", ")));
        }
        Extent::Level(said)
    }

    fn of_several(&mut self, path: &str, extent: &Extent) {
        if *extent == Extent::Grid {
            self.fault(path, "\"grid\"", "what holds several grids is expected: zone, division, territory or a level");
        }
    }

    fn post(&mut self, name: String, draft: PostDraft, recipe: &Recipe) -> PostRule {
        let path = |key: &str| format!("posts.{name}.{key}");
        if name.trim().is_empty() {
            self.fault("posts", format!("{name:?}"), "a name is expected");
        }
        if draft.per.is_none() && draft.per_area.is_none() {
            self.fault(&path("per"), "none", "how many customers make a post is expected, or per_area, the areas that have it");
        }
        if draft.per_area.is_some() && draft.pool.is_some() {
            self.fault(&path("pool"), "said", "posts of an area are not dealt to grids; leave out pool or per_area");
        }
        let dealt = draft.per_area.is_none();
        let area = match dealt {
            true => self.extent(&path("pool"), draft.pool, Extent::Grid, recipe),
            false => self.extent(&path("per_area"), draft.per_area, Extent::Grid, recipe),
        };
        let classes = self.names(&path("classes"), draft.classes.clone().or(Some(Vec::new())));
        for class in classes.iter().filter(|c| !recipe.classes.iter().any(|known| known.name == **c)) {
            self.fault(&path("classes"), format!("\"{class}\""), "a class of [classes] is expected");
        }
        let count = match (draft.resource, draft.classes) {
            (Some(resource), classes) => {
                if resource != LOAD && !recipe.resources.iter().any(|r| r.name == resource) {
                    let message = format!("{LOAD} or a resource of [resources] is expected");
                    self.fault(&path("resource"), format!("\"{resource}\""), message);
                } else if classes.is_some() {
                    self.fault(&path("classes"), "said", "either customers of classes or a resource is counted; leave one out");
                }
                Count::Resource(resource)
            }
            (None, Some(_)) => Count::Classes(classes),
            (None, None) => Count::Points,
        };
        let number = self.whole(&path("number"), draft.number.or(Some(i64::from(!dealt))), 0, MOST_POSTS);
        let most = draft.most.map_or(u32::MAX, |m| self.whole(&path("most"), Some(m), 0, MOST_POSTS));
        if most < number {
            self.fault(&path("most"), most, format!("at least number, {number}, is expected"));
        }
        let scale = draft.scale.unwrap_or_default();
        for (id, factor) in scale.iter().filter(|(_, f)| !(0.0..=MOST_SCALE).contains(*f)) {
            self.fault(&path(&format!("scale.{id}")), factor, format!("a factor from 0 to {MOST_SCALE} is expected"));
        }
        let per = draft.per.map(|per| self.whole(&path("per"), Some(per), 1, 1_000_000_000));
        PostRule { count, per, area, dealt, number, most, scale, name }
    }
}

impl From<BackupRule> for BackupDraft {
    fn from(rule: BackupRule) -> Self {
        let said = |rule: &BackupRule| {
            let leftover = Leftover::ALL.iter().find(|(_, l)| *l == rule.leftover).map(|(name, _)| name.to_string());
            BackupDraft { within: Some(rule.within.name().into()), leftover }
        };
        // what is not said stays so
        if rule == BackupRule::default() { BackupDraft::default() } else { said(&rule) }
    }
}

impl From<PostRule> for PostDraft {
    fn from(p: PostRule) -> Self {
        let area = Some(p.area.name().to_string());
        let (pool, per_area) = if p.dealt { (area, None) } else { (None, area) };
        let (classes, resource) = match p.count {
            Count::Points => (None, None),
            Count::Classes(classes) => (Some(classes), None),
            Count::Resource(resource) => (None, Some(resource)),
        };
        let most = (p.most != u32::MAX).then_some(i64::from(p.most));
        let scale = (!p.scale.is_empty()).then_some(p.scale);
        PostDraft { per: p.per.map(i64::from), classes, resource, per_area, number: Some(p.number.into()), most, pool, scale }
    }
}

impl From<OfficerRule> for OfficerDraft {
    fn from(o: OfficerRule) -> Self {
        if o == OfficerRule::default() {
            return OfficerDraft::default();
        }
        let levels = (!o.levels.is_empty()).then_some(o.levels);
        OfficerDraft { branch: Some(o.branch.name().into()), share: Some(o.share), levels, examined: o.examined.map(i64::from) }
    }
}
