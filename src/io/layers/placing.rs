//! Positions of a file as longitude and latitude on WGS 84.

use crate::crs::{AxisOrder, Crs, CrsError, Fit};
use crate::finding::{Finding, Severity};
use crate::io::error::ReadError;
use crate::io::formats::feature::{Declared, Feature, Head};
use crate::recipe::LayerSource;

/// What the numbers of a file mean.
#[derive(Clone, Debug)]
pub(in crate::io) struct Placing {
    crs: Crs,
    axes: AxisOrder,
    /// Whether the recipe says the order of axes.
    axes_said: bool,
    /// Who says the system.
    by: By,
    /// Whether numbers were held against it.
    seen: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Recipe,
    File,
    Nobody,
}

impl Default for Placing {
    fn default() -> Placing {
        Placing { crs: Crs::wgs84(), axes: AxisOrder::Xy, axes_said: false, by: By::Nobody, seen: false }
    }
}

impl Placing {
    /// The recipe's word comes first, then the file's; without either it is WGS 84.
    pub fn new(source: &LayerSource, layer: &'static str, head: &Head, file: &str) -> Result<Placing, ReadError> {
        let (axes, axes_said) = (source.axes.unwrap_or_default(), source.axes.is_some());
        let declared = || -> Result<(Crs, By), CrsError> {
            Ok(match &head.crs {
                Declared::Nothing => (Crs::wgs84(), By::Nobody),
                Declared::Epsg(code) => (Crs::from_epsg(*code)?, By::File),
                Declared::Definition(text) | Declared::Name(text) => (Crs::parse(text)?, By::File),
            })
        };
        let said = source.crs.clone().map_or_else(declared, |crs| Ok((crs, By::Recipe)));
        let (crs, by) = said.map_err(|cause| ReadError::Crs { file: file.into(), layer, cause: cause.to_string() })?;
        Ok(Placing { crs, axes, axes_said, by, seen: false })
    }

    /// The system, as the file's numbers showed it to be.
    pub fn name(&self) -> String {
        self.crs.to_string()
    }

    /// The same, where somebody says one.
    pub fn declared(&self) -> Option<String> {
        (self.by != By::Nobody).then(|| self.name())
    }

    fn is_plain(&self) -> bool {
        self.crs.code() == Some(4326) && self.axes == AxisOrder::Xy
    }

    /// Puts a feature on the globe, in place; what the first numbers say against the system is told. A position that leads nowhere is an error.
    pub fn place(&mut self, feature: &mut Feature<'_>, file: &str, record: u64, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
        if let Some(extent) = feature.geometry.bounds().filter(|_| !self.seen) {
            self.seen = true;
            let mut told = Vec::new();
            self.hold_against(extent, &mut told);
            findings.extend(told.into_iter().map(|f| f.file(file)));
        }
        if self.is_plain() {
            return feature.on_the_globe(file, record);
        }
        let on_globe = |p: &[f64; 2]| p[0].abs() <= 180.0 && p[1].abs() <= 90.0;
        let mut lost = None;
        feature.geometry.for_each_mut(|c| {
            let found = [c.x, c.y];
            match self.crs.to_wgs84(self.axes.apply(found)).filter(on_globe) {
                Some([lon, lat]) => (c.x, c.y) = (lon, lat),
                None => {
                    lost.get_or_insert(found);
                }
            }
        });
        lost.map_or(Ok(()), |at| Err(feature.off(file, record, at, Some(self.name()))))
    }

    fn hold_against(&mut self, extent: [f64; 4], findings: &mut Vec<Finding>) {
        // what nobody declared is what GeoJSON has; numbers off the globe are an error there
        if self.by != By::Nobody {
            match self.crs.fits(self.axes.apply_extent(extent)) {
                Fit::Yes => {}
                Fit::Rather { crs, axes, why } if !(self.axes_said && axes == AxisOrder::Yx) => {
                    let message = format!("{why} It is taken so; say crs and axes of the layer in the recipe to decide otherwise");
                    findings.push(Finding::new(Severity::Warning, "crs-unlikely", message));
                    self.crs = crs;
                    if axes == AxisOrder::Yx {
                        self.axes = AxisOrder::Yx;
                    }
                }
                Fit::Rather { why, .. } | Fit::No { why } => {
                    findings.push(Finding::new(Severity::Warning, "crs-unlikely", format!("{why} It is taken as declared")));
                }
            }
        }
        if !self.is_plain() {
            let by = if self.by == By::Recipe { "the recipe" } else { "the file" };
            let swapped = if self.axes == AxisOrder::Yx { ", northing or latitude first" } else { "" };
            let caveat = self.crs.caveat().map_or(String::new(), |c| format!("; {c}"));
            let message =
                format!("positions are in {} ({}{swapped}), as {by} says, and were converted to WGS 84{caveat}", self.crs, self.crs.name());
            findings.push(Finding::new(Severity::Info, "crs-converted", message));
        }
    }
}
