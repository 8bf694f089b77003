//! Layers and territories as documents.

use super::lattice::Pt;
use super::layers::{Layers, Origin};
use super::{Barrier, Territory};
use crate::document::Document;

impl Document for Layers {
    const KIND: &'static str = "layers";

    fn consistent(&self) -> Result<(), String> {
        let origins = (self.divisions.iter().map(|r| r.origin))
            .chain(self.study_area.iter().chain(&self.water_areas).chain(&self.landuse).map(|r| r.origin))
            .chain(self.roads.iter().chain(&self.water_lines).chain(&self.rail).map(|r| r.origin))
            .chain(self.households.iter().chain(&self.pois).map(|r| r.origin))
            .chain(self.stations.iter().map(|r| r.origin))
            .chain(self.locks.iter().map(|r| r.origin));
        let known = |o: &Origin| usize::from(o.source) < self.sources.len();
        if let Some(origin) = origins.into_iter().find(|o| !known(o)) {
            return Err(format!("a record comes from source {}, and there are {}", origin.source, self.sources.len()));
        }
        for n in &self.numbers {
            let points = match n.layer.as_str() {
                "households" => self.households.len(),
                "pois" => self.pois.len(),
                "base_stations" => self.stations.len(),
                other => return Err(format!("numbers of '{other}', which is no layer of points")),
            };
            if n.values.len() != points {
                let (property, layer, values) = (&n.property, &n.layer, n.values.len());
                return Err(format!("'{property}' has {values} values for the {points} points of {layer}"));
            }
        }
        Ok(())
    }
}

impl Document for Territory {
    const KIND: &'static str = "territory";

    fn consistent(&self) -> Result<(), String> {
        let class = |c: u16| usize::from(c) < self.classes.len();
        let lines = [&self.barriers, &self.water_lines, &self.outlines, &self.minor, &self.bridges];
        let sound = |b: &Barrier| class(b.class) && b.line.len() >= 2;
        let rings = (self.divisions.iter().chain(&self.above).flat_map(|d| &d.rings))
            .chain(self.water.iter().flat_map(|w| &w.rings))
            .chain(&self.study_area)
            .chain(self.land_use.iter().flat_map(|l| &l.rings))
            .chain(self.stations.iter().flat_map(|s| &s.rings))
            .chain(self.locks.iter().flat_map(|l| &l.rings));
        let positions = (lines.into_iter().flatten().flat_map(|b| &b.line))
            .chain(rings.clone().flatten())
            .chain(self.points.iter().map(|p| &p.at))
            .chain(self.carriers.iter().map(|c| &c.at));
        let on_the_globe = |p: &Pt| Pt::from_lon_lat(p.lon_lat()[0], p.lon_lat()[1]).is_some();
        let rules = [
            (!self.classes.is_empty() && !self.settlements.is_empty(), "it has no classes of barriers or settlements"),
            (lines.into_iter().flatten().all(sound), "a line has a class that is not there, or fewer than two positions"),
            (self.water.iter().all(|w| class(w.class)), "a water area has a class that is not there"),
            (rings.clone().all(|r| r.len() >= 3), "a ring has fewer than three positions"),
            (positions.into_iter().all(on_the_globe), "a position is not on the globe"),
            (
                self.points.iter().all(|p| usize::from(p.settlement) < self.settlements.len()),
                "a point is of a settlement class that is not there",
            ),
            (self.carriers.iter().all(|c| (c.resource as usize) < self.resources.len()), "a point carries a resource that is not there"),
        ];
        rules.into_iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, broken)| Err(broken.into()))
    }
}
