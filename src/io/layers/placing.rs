//! Positions of a file as longitude and latitude on WGS 84.

use crate::crs::{AxisOrder, Crs, CrsError, Fit};
use crate::finding::{Finding, Severity};
use crate::io::error::ReadError;
use crate::io::formats::feature::{Declared, Feature, Head};
use crate::recipe::LayerSource;

/// Features with a place that are held against the declared system.
const LOOKED_AT: u32 = 64;

/// What the numbers of a file mean.
#[derive(Clone, Debug)]
pub(in crate::io) struct Placing {
    crs: Crs,
    axes: AxisOrder,
    layer: &'static str,
    /// Who says the system.
    by: By,
    /// Whether the recipe says the order of axes.
    axes_said: bool,
    /// System and axes as declared.
    declared: (Crs, AxisOrder),
    /// Features with a place that were looked at.
    looked: u32,
    /// The first of them that fits some system.
    fitting: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Recipe,
    File,
    Nobody,
}

impl Default for Placing {
    fn default() -> Placing {
        Placing::taken(Crs::wgs84(), AxisOrder::Xy, "", By::Nobody, false)
    }
}

impl Placing {
    fn taken(crs: Crs, axes: AxisOrder, layer: &'static str, by: By, axes_said: bool) -> Placing {
        let declared = (crs.clone(), axes);
        Placing { crs, axes, layer, by, axes_said, declared, looked: 0, fitting: None }
    }

    /// The recipe's word comes first, then the file's; without either it is WGS 84.
    pub fn new(source: &LayerSource, layer: &'static str, head: &Head, file: &str) -> Result<Placing, ReadError> {
        let declared = || -> Result<(Crs, By), CrsError> {
            Ok(match &head.crs {
                Declared::Nothing => (Crs::wgs84(), By::Nobody),
                Declared::Epsg(code) => (Crs::from_epsg(*code)?, By::File),
                Declared::Definition(text) | Declared::Name(text) => (Crs::parse(text)?, By::File),
            })
        };
        let said = source.crs.clone().map_or_else(declared, |crs| Ok((crs, By::Recipe)));
        let (crs, by) = said.map_err(|cause| ReadError::Crs { file: file.into(), layer, cause: cause.to_string() })?;
        Ok(Placing::taken(crs, source.axes.unwrap_or_default(), layer, by, source.axes.is_some()))
    }

    /// The system, as the file's numbers showed it to be, where somebody says one.
    pub fn declared(&self) -> Option<String> {
        (self.by != By::Nobody).then(|| self.crs.to_string())
    }

    /// How positions are taken, for a message about one.
    fn taken_as(&self) -> String {
        let named = system(&self.crs, self.axes);
        if (&self.crs, self.axes) == (&self.declared.0, self.declared.1) {
            named
        } else {
            format!("{named} (declared is {}, but the first positions fit this)", system(&self.declared.0, self.declared.1))
        }
    }

    fn is_plain(&self) -> bool {
        self.crs.code() == Some(4326) && self.axes == AxisOrder::Xy
    }

    /// Puts a feature on the globe, in place; what the first numbers say against the system is told. A position that leads nowhere is an error.
    pub fn place(&mut self, feature: &mut Feature<'_>, file: &str, record: u64, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
        if self.looked < LOOKED_AT {
            self.look(feature.geometry.bounds(), file, record, findings)?;
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
        lost.map_or(Ok(()), |at| Err(feature.off(file, record, at, Some(self.taken_as()))))
    }

    /// Holds one of the first features against the declared system.
    fn look(&mut self, extent: Option<[f64; 4]>, file: &str, record: u64, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
        // zeros stand for a place that is not known
        let Some(extent) = extent.filter(|e| *e != [0.0; 4]) else { return Ok(()) };
        self.looked += 1;
        let (declared, order) = &self.declared;
        if self.by == By::Nobody && *order == AxisOrder::Xy {
            // what nobody declared is what GeoJSON has; numbers off the globe are an error there
            return Ok(());
        }
        let fit = declared.fits(order.apply_extent(extent));
        let (crs, axes, why) = match fit {
            Fit::Yes => (declared.clone(), *order, None),
            // turned once more, they are as they stand
            Fit::Rather { crs, axes: AxisOrder::Yx, .. } if *order == AxisOrder::Yx => {
                let cause =
                    format!("the recipe says axes = \"yx\", but record {record} fits {crs} in the order in which its numbers stand");
                return Err(ReadError::Crs { file: file.into(), layer: self.layer, cause });
            }
            Fit::Rather { axes, why, .. } if self.axes_said && (axes == AxisOrder::Yx || self.by == By::Recipe) => {
                (declared.clone(), *order, Some(format!("{why} It is taken as the recipe says")))
            }
            Fit::Rather { crs, axes, why } => {
                let why = format!("{why} It is taken so; say crs and axes of the layer in the recipe to decide otherwise");
                (crs, if axes == AxisOrder::Yx { axes } else { *order }, Some(why))
            }
            Fit::No { why } => {
                if self.looked == 1 {
                    findings.push(Finding::new(Severity::Warning, "crs-unlikely", format!("{why} It is taken as declared")).file(file));
                    self.tell_conversion(file, findings);
                }
                return Ok(());
            }
        };
        if self.looked > 1 && (&self.crs, self.axes) != (&crs, axes) {
            let (here, before) = (system(&crs, axes), system(&self.crs, self.axes));
            let cause = match self.fitting {
                Some(first) => {
                    format!("record {first} fits {before}, record {record} fits {here}; correct the records, or say crs and axes")
                }
                None => format!("record {record} fits {here}, those before it do not; correct the records, or say crs and axes"),
            };
            return Err(ReadError::Crs { file: file.into(), layer: self.layer, cause });
        }
        if self.fitting.is_some() {
            return Ok(());
        }
        if let Some(why) = why {
            findings.push(Finding::new(Severity::Warning, "crs-unlikely", why).file(file));
        }
        (self.crs, self.axes, self.fitting) = (crs, axes, Some(record));
        if self.looked == 1 {
            self.tell_conversion(file, findings);
        }
        Ok(())
    }

    fn tell_conversion(&self, file: &str, findings: &mut Vec<Finding>) {
        if self.is_plain() {
            return;
        }
        let by = if self.by == By::File { "the file" } else { "the recipe" };
        let swapped = if self.axes == AxisOrder::Yx { ", northing or latitude first" } else { "" };
        let caveat = self.crs.caveat().map_or(String::new(), |c| format!("; {c}"));
        let message =
            format!("positions are in {} ({}{swapped}), as {by} says, and were converted to WGS 84{caveat}", self.crs, self.crs.name());
        findings.push(Finding::new(Severity::Info, "crs-converted", message).file(file));
    }
}

fn system(crs: &Crs, axes: AxisOrder) -> String {
    if axes == AxisOrder::Yx { format!("{crs} with axes = \"yx\"") } else { crs.to_string() }
}
