//! The sections of a recipe as written: every key optional.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A section of a draft: optional keys that may be overlaid.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$key_doc:meta])* $key:ident: $type:ty = $merge:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$key_doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $key: Option<$type>,)*
        }
        impl $name {
            pub(super) fn or(self, base: Self) -> Self {
                $name { $($key: $merge(self.$key, base.$key),)* }
            }
        }
    };
}

fn over<T>(said: Option<T>, base: Option<T>) -> Option<T> {
    said.or(base)
}

fn entries<T>(said: Option<BTreeMap<String, T>>, base: Option<BTreeMap<String, T>>) -> Option<BTreeMap<String, T>> {
    match (said, base) {
        (Some(said), Some(mut base)) => {
            base.extend(said);
            Some(base)
        }
        (said, base) => said.or(base),
    }
}

/// Tables by name, each over the one of the same name below.
pub(super) fn tables<T: Default>(said: BTreeMap<String, T>, mut base: BTreeMap<String, T>, or: impl Fn(T, T) -> T) -> BTreeMap<String, T> {
    for (name, table) in said {
        let below = base.remove(&name).unwrap_or_default();
        base.insert(name, or(table, below));
    }
    base
}

section! {
    /// `[division]`
    DivisionDraft {
        /// Value of `admin_level`.
        level: i64 = over,
        /// Value of `scheme`.
        scheme: String = over,
        /// Whom a division reports to, by its id; merged entry by entry.
        reports_to: BTreeMap<String, String> = entries,
    }
}
section! {
    /// `[areas.<id>]`
    AreaDraft {
        /// Ids of the divisions it is made of; replaced as a whole.
        of: Vec<String> = over,
        /// Ids of the divisions whose land it does not have; replaced as a whole.
        without: Vec<String> = over,
        /// Display name.
        name: String = over,
        /// Id of the division above.
        parent: String = over,
    }
}
section! {
    /// `[zones]`
    ZoneDraft {
        /// `division` or `coverage`.
        by: String = over,
        /// Least load of a zone by coverage.
        load_min: f64 = over,
        /// Most load of a zone by coverage.
        load_max: f64 = over,
    }
}
section! {
    /// `[grid]`
    GridDraft {
        /// Load of one grid in the input's unit.
        target: f64 = over,
        /// Share of the target by which a grid may differ.
        tolerance: f64 = over,
        /// Target per settlement class; merged entry by entry.
        settlement_targets: BTreeMap<String, f64> = entries,
        /// Fewest grids of a division.
        count_min: i64 = over,
        /// Most grids of a division.
        count_max: i64 = over,
        /// Where count and size cannot both hold, whether the count does.
        count_holds: bool = over,
        /// Exact number of grids by id of the division; merged entry by entry.
        counts: BTreeMap<String, i64> = entries,
        /// Whether the mean of a division is the target where its number of grids is set.
        target_from_count: bool = over,
    }
}
section! {
    /// `[load]`
    LoadDraft {
        /// Kinds of point that are load; replaced as a whole.
        kinds: Vec<String> = over,
        /// Load of a point without weight.
        default_weight: f64 = over,
        /// Visits a year by the words of property `visits`; merged entry by entry.
        visits: BTreeMap<String, f64> = entries,
    }
}
section! {
    /// `[resources.<name>]`
    ResourceDraft {
        /// Layer whose points carry it.
        layer: String = over,
        /// Number property that is added up.
        property: String = over,
        /// Kinds of point that carry it; replaced as a whole.
        kinds: Vec<String> = over,
        /// Share of the mean of its zone by which a grid may differ.
        tolerance: f64 = over,
        /// What a violation counts beside one of the load.
        weight: f64 = over,
    }
}
section! {
    /// `[classes.<name>]`
    ClassDraft {
        /// Kinds of point that are of the class where they say none; replaced as a whole.
        kinds: Vec<String> = over,
    }
}
section! {
    /// `[kinds.<name>]`
    KindDraft {
        /// Rules of lower rank come first.
        rank: i64 = over,
        /// Customer classes it is about; replaced as a whole.
        classes: Vec<String> = over,
        /// Least share of the customers that are of these classes, or of the land that is of that use.
        share: f64 = over,
        /// Fewest customers of these classes.
        min_count: i64 = over,
        /// Kinds of land use it is about; replaced as a whole.
        landuse: Vec<String> = over,
        /// Only land use with a name.
        named: bool = over,
        /// Least area of land of that use.
        min_area_m2: f64 = over,
        /// Whether such land becomes a grid of its own.
        carve: bool = over,
        /// Whether all of it in a zone is one grid, contiguous or not.
        logical: bool = over,
    }
}
section! {
    /// `[halls]` and `[landmarks]`
    AnchorDraft {
        /// Kinds of point of interest; replaced as a whole.
        kinds: Vec<String> = over,
        /// Service radius of one that says none.
        radius_m: f64 = over,
        /// How much borders avoid parting what lies around one.
        pull: f64 = over,
    }
}
section! {
    /// `[levels.<name>]`
    LevelDraft {
        /// 1 is the top.
        rank: i64 = over,
        /// What its areas are made by.
        by: String = over,
        /// Value of `admin_level` of its divisions.
        level: i64 = over,
        /// Value of `scheme` of its divisions.
        scheme: String = over,
        /// Divisions of every area by its name; merged entry by entry.
        lists: BTreeMap<String, Vec<String>> = entries,
        /// Load of one area.
        target: f64 = over,
        /// Share of the target by which an area may differ.
        tolerance: f64 = over,
        /// `supervision` or `reporting`.
        tree: String = over,
    }
}
section! {
    /// `[hubs]`
    HubDraft {
        /// Number of hubs.
        count: i64 = over,
        /// Ids of sites that are hubs in any case; replaced as a whole.
        pins: Vec<String> = over,
        /// A place should be no farther from its hub, km.
        max_distance_km: f64 = over,
        /// Weight that a hub serves at the most where its site does not say.
        capacity: f64 = over,
        /// Whether hubs may share a place where capacities are short.
        split: bool = over,
    }
}
section! {
    /// `[facilities.<name>]`
    FacilityDraft {
        /// Kinds of point of interest; replaced as a whole.
        kinds: Vec<String> = over,
        /// How far one reaches, metres.
        radius_m: f64 = over,
        /// Number property that says what one holds.
        capacity: String = over,
        /// What one holds that does not say.
        default_capacity: f64 = over,
        /// Property that says whether one is in service.
        in_service: String = over,
        /// Demand of one unit of load.
        demand: f64 = over,
        /// Share that should be reached, or served where facilities have a capacity.
        threshold: f64 = over,
        /// Most new sites to be proposed.
        sites: i64 = over,
        /// What a new site holds.
        site_capacity: f64 = over,
    }
}
section! {
    /// `[codes]`
    CodeDraft {
        /// Text with fields in braces.
        template: String = over,
        /// Whether the serial is 0 where a division is one grid.
        zero_if_undivided: bool = over,
    }
}
section! {
    /// `[cut]`
    CutDraft {
        /// Strips narrower than this are slivers, metres.
        snap_m: f64 = over,
        /// Empty faces smaller than this join a neighbour, m².
        min_face_m2: f64 = over,
        /// Faces heavier than this share of the target are cut along minor ways.
        split_above: f64 = over,
        /// Water areas smaller than this are no barrier, m².
        min_water_m2: f64 = over,
    }
}
section! {
    /// `[barriers]`
    BarrierDraft {
        /// From this strength on no grid crosses a barrier.
        hard_from: i64 = over,
        /// Whether a road bridge joins the banks of the water below it.
        bridges_join: bool = over,
        /// Road classes that may split a heavy face; replaced as a whole.
        minor: Vec<String> = over,
        /// Strength by road class; merged entry by entry.
        roads: BTreeMap<String, i64> = entries,
        /// Strength by kind of water; merged entry by entry.
        water: BTreeMap<String, i64> = entries,
        /// Strength by kind of railway; merged entry by entry.
        rail: BTreeMap<String, i64> = entries,
    }
}
section! {
    /// `[attach]`
    AttachDraft {
        /// Points outside go to the nearest grid within this distance, metres.
        nearest_m: f64 = over,
        /// Column with the id of an entity.
        entity: String = over,
        /// Column with its legal entity.
        legal: String = over,
        /// Column with who looks after it.
        owner: String = over,
        /// Who looks after those that name nobody or find no grid.
        fallback_owner: String = over,
        /// Id of the grid of those that find none.
        fallback_grid: String = over,
    }
}
section! {
    /// `[signals.<name>]`
    SignalDraft {
        /// Lower ranks are asked first.
        rank: i64 = over,
        /// `place`, `site` or `key`.
        by: String = over,
        /// What it counts beside others of its rank.
        weight: f64 = over,
        /// Least share of its evidence for the grid.
        min_share: f64 = over,
        /// Least evidence in all.
        min_volume: f64 = over,
        /// `pass`, `nearest` or `first`.
        ties: String = over,
        /// Column with the longitude.
        lon: String = over,
        /// Column with the latitude.
        lat: String = over,
        /// A place outside goes to the nearest grid within this distance, metres.
        nearest_m: f64 = over,
        /// Column of the entity's row with the id of the site, or with the key.
        column: String = over,
        /// File with the places of the sites.
        sites: String = over,
        /// Column of that file with the id of a site.
        site_id: String = over,
        /// File with rows of entity, site and volume.
        table: String = over,
        /// Column of that table with the id of the entity.
        entity: String = over,
        /// Column of that table with the id of the site.
        site: String = over,
        /// Column of that table with the volume.
        volume: String = over,
        /// Column of that table with the day.
        day: String = over,
        /// First day that counts.
        from: String = over,
        /// Last day that counts.
        to: String = over,
        /// What a key names: `grid`, `code`, `zone` or `division`.
        names: String = over,
    }
}
section! {
    /// `[overlays.<name>]`
    OverlayDraft {
        /// File of areas.
        file: String = over,
        /// Property with the id of an area.
        id: String = over,
    }
}
section! {
    /// `[series]`
    SeriesDraft {
        /// `day`, `week`, `month`, `quarter` or `year`.
        period: String = over,
        /// `recast` or `not-comparable`.
        redrawn: String = over,
        /// Indicators whose last number of a period counts; replaced as a whole.
        last: Vec<String> = over,
    }
}
section! {
    /// `[thresholds.<name>]`
    ThresholdDraft {
        /// Indicator that it is about.
        indicator: String = over,
        /// Values below this are flagged.
        below: f64 = over,
        /// Values above this are flagged.
        above: f64 = over,
        /// Changes below this share are flagged.
        change_below: f64 = over,
        /// Changes above this share are flagged.
        change_above: f64 = over,
        /// Level whose areas are looked at.
        level: String = over,
        /// Period over which the value is taken.
        per: String = over,
    }
}
section! {
    /// `[backup]`
    BackupDraft {
        /// Where grids may be paired: `zone`, `division`, `territory` or a level.
        within: String = over,
        /// What becomes of a grid without a pair: `none`, `triple` or `across`.
        leftover: String = over,
    }
}
section! {
    /// `[posts.<name>]`
    PostDraft {
        /// Customers for one post.
        per: i64 = over,
        /// Customer classes that are counted; replaced as a whole.
        classes: Vec<String> = over,
        /// Resource that is counted instead of points.
        resource: String = over,
        /// Areas that have such posts: `grid`, `zone`, `division`, `territory` or a level.
        per_area: String = over,
        /// Fewest posts of an area.
        number: i64 = over,
        /// Most posts of an area.
        most: i64 = over,
        /// Over what is rounded once, before posts are dealt to grids.
        pool: String = over,
        /// By what customers count more or less, by id of grid, zone or division; merged entry by entry.
        scale: BTreeMap<String, f64> = entries,
    }
}
section! {
    /// `[officers]`
    OfficerDraft {
        /// What a branch is: `zone`, `division`, `territory` or a level.
        branch: String = over,
        /// Whether some take two adjacent grids where there are too few.
        share: bool = over,
        /// Levels of staff, the highest first; replaced as a whole.
        levels: Vec<String> = over,
        /// How many people were examined.
        examined: i64 = over,
    }
}
section! {
    /// `[effort]`
    EffortDraft {
        /// Name of a level, see [`Effort::LEVELS`](super::Effort::LEVELS); it replaces all that lower drafts say of effort.
        level: String = over,
        /// Random trees per bisection.
        starts: i64 = over,
        /// Most passes that draw windows of neighbouring grids anew.
        passes: i64 = over,
        /// Most windows per division that are drawn anew.
        windows: i64 = over,
    }
}
section! {
    /// `[layers.<name>]`
    LayerDraft {
        /// File name with or without ending.
        file: String = over,
        /// Our property name → the name in the file; merged entry by entry.
        properties: BTreeMap<String, String> = entries,
        /// Coordinate reference system, where the file does not say it or not rightly.
        crs: String = over,
        /// `yx` where northing or latitude comes first.
        axes: String = over,
        /// Encoding of text, where the file does not say it or not rightly.
        encoding: String = over,
        /// Whether text that is cut in the middle of its last character is taken without it.
        keep_cut_text: bool = over,
        /// Table of a GeoPackage, or folder of a KML file.
        table: String = over,
        /// Column with the easting or longitude, in a table of text.
        x: String = over,
        /// Column with the northing or latitude, in a table of text.
        y: String = over,
        /// File with the places of a table that has none, beside it.
        join: String = over,
        /// Field that both have, or its name here and there with = between them.
        join_key: String = over,
    }
}
