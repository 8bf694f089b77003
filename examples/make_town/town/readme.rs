//! The page beside the layers: counts, hierarchies, customers, and the oddities planted.

use super::{Oddities, admin, people, schemes};

/// What the page tells.
pub struct Page<'a> {
    pub seed: u64,
    pub scale: f64,
    /// Layers and how many features they have.
    pub counts: &'a [(&'static str, usize)],
    pub census: &'a people::Census,
    pub hierarchies: &'a [schemes::Row],
    /// Customer classes and how many records have them; "" is none.
    pub classes: &'a [(&'static str, usize)],
    pub odd: &'a Oddities,
}

impl Page<'_> {
    /// The page as Markdown.
    pub fn text(&self) -> String {
        [self.head(), self.loads(), self.hierarchies(), self.customers(), self.oddities()].join("\n")
    }

    fn head(&self) -> String {
        let mut text = format!(
            "# 云渡镇 Yundu\n\n\
             A town that does not exist, on a river that does not exist, written by `cargo run --example make_town` (seed {}, scale {});\n\
             this page is written with it. Coordinates are WGS 84 longitude and latitude with seven decimals, one feature a line.\n\n\
             | layer | features |\n|---|---:|\n",
            self.seed, self.scale
        );
        for (name, count) in self.counts {
            text += &format!("| `{name}` | {count} |\n");
        }
        text
    }

    fn loads(&self) -> String {
        let mut text = "The load counts a missing weight as 1 and every record, also copies; records of kinds other than residential,\n\
             house, apartments, mixed, dormitory and unknown are entities without load. The point exactly on the border of c02 and c03 (see\n\
             the oddities) counts for c03 here; a plan may as well give it to c02, which then has 1 more and c03 1 less.\n\n\
             | community | name | load | load of its heaviest position |\n|---|---|---:|---:|\n"
            .to_string();
        for (k, name) in admin::NAMES.iter().enumerate() {
            text += &format!("| `{}` | {name} | {} | {} |\n", admin::id(k), self.census.load[k], self.census.heaviest[k]);
        }
        text + &format!("| | whole town | {} | |\n", self.census.load.iter().sum::<f64>())
    }

    fn hierarchies(&self) -> String {
        let mut text = "## Hierarchies\n\n\
             All in `admin`, told apart by `scheme` and `admin_level`; each tiles the land of the town t1 but for what is told as an oddity.\n\n\
             | scheme | level | divisions | ids | what |\n|---|---:|---:|---|---|\n"
            .to_string();
        for row in self.hierarchies {
            text += &format!("| {} |\n", row.join(" | "));
        }
        text
    }

    fn customers(&self) -> String {
        let mut text = "## Customers\n\n\
             `class` of records in `households`; the concentrations carry no load.\n\n\
             | class | records |\n|---|---:|\n"
            .to_string();
        for (class, count) in self.classes {
            text += &format!("| {} | {count} |\n", if class.is_empty() { "(none)" } else { class });
        }
        text += "\n| concentration | customers | where | records | what |\n|---|---:|---|---|---|\n";
        for row in &self.census.concentrations {
            text += &format!("| {} |\n", row.join(" | "));
        }
        text += "\n| layer | property | what |\n|---|---|---|\n";
        for (layer, property, what) in PROPERTIES {
            text += &format!("| {layer} | `{property}` | {what} |\n");
        }
        text
    }

    fn oddities(&self) -> String {
        let mut text =
            "## Oddities planted\n\n| oddity | layer | feature | what the engine does with it |\n|---|---|---|---|\n".to_string();
        for [what, layer, id, expected] in &self.odd.0 {
            text += &format!("| {what} | {layer} | {id} | {expected} |\n");
        }
        text
    }
}

const PROPERTIES: [(&str, &str, &str); 9] = [
    ("households", "enterprise", "legal entity that an outlet belongs to"),
    ("landuse", "manager", "property management of a compound"),
    ("landuse", "expected_load", "households to come on a construction site"),
    ("pois", "radius_m", "service radius of a hall (`shop:mobile_phone`)"),
    ("pois", "potential", "yearly sales in thousands, of hospitals, clinics, pharmacies and hardware shops"),
    ("pois", "partner", "channel partner of a hardware shop"),
    ("pois", "capacity", "places of a bike park (`amenity:bicycle_parking`)"),
    ("admin", "code", "code of a division, text of 9 or 12 digits"),
    ("admin", "reports_to", "office that a board reports to"),
];
