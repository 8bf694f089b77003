//! Tables of series, stated totals, targets and sales: read as found, written as CSV (UTF-8 with BOM, CRLF).

use super::error::ReadError;
use super::plan_files::csv_table;
use super::table::{Column, file_name, read_table};
use crate::finding::Finding;
use crate::measure::Load;
use crate::plan::ledger::{LedgerRow, Stated};
use crate::plan::series::{Comparison, Entry, Flag, Heir, SeriesRow};
use crate::plan::targets::{Diverted, Potential, Sale, SellerTotal, Target};
use std::path::Path;

/// Rows of a table with columns of these names, those with `?` optional; `row` takes the record and the cells in their order.
fn read<T>(path: &Path, names: &[&str], row: impl Fn(u64, [String; 6]) -> T) -> Result<(Vec<T>, Vec<Finding>), ReadError> {
    let column = |name: &&str| name.strip_suffix('?').map_or_else(|| Column::needed(name), Column::optional);
    let wanted: Vec<Column> = names.iter().map(column).collect();
    let (rows, findings) = read_table(path, &file_name(path), &wanted)?;
    let cells = |cells: Vec<String>| {
        let mut all = cells.into_iter();
        std::array::from_fn(|_| all.next().unwrap_or_default())
    };
    Ok((rows.into_iter().map(|r| row(r.record, cells(r.cells))).collect(), findings))
}

/// Numbers by grid and date: `grid_id`, `date`, `indicator`, `value`, and `level` where `grid_id` is the id of another area.
pub fn read_series(path: &Path) -> Result<(Vec<Entry>, Vec<Finding>), ReadError> {
    read(path, &["level?", "grid_id", "date", "indicator", "value"], |record, [level, area_id, date, indicator, value, _]| Entry {
        record,
        level,
        area_id,
        date,
        indicator,
        value,
    })
}

/// Stated totals: `level`, `area_id`, `indicator`, `stated`, and `period` where a total is not that of all dates.
pub fn read_stated(path: &Path) -> Result<(Vec<Stated>, Vec<Finding>), ReadError> {
    read(path, &["level", "area_id", "indicator", "period?", "stated"], |record, [level, area_id, indicator, period, stated, _]| Stated {
        record,
        level,
        area_id,
        indicator,
        period,
        stated,
    })
}

/// What new grids have of old ones: `old_grid_id`, `new_grid_id` and, where an old one went into several, `share`.
pub fn read_lineage(path: &Path) -> Result<(Vec<Heir>, Vec<Finding>), ReadError> {
    read(path, &["old_grid_id", "new_grid_id", "share?"], |record, [old, new, share, ..]| Heir { record, old, new, share })
}

/// Potentials: `grid_id`, `potential`.
pub fn read_potentials(path: &Path) -> Result<(Vec<Potential>, Vec<Finding>), ReadError> {
    read(path, &["grid_id", "potential"], |record, [grid_id, potential, ..]| Potential { record, grid_id, potential })
}

/// Sales: `sale_id`, `seller` (a grid or an officer), `amount`, and of the final customer `final_grid_id` or `lon` and `lat`.
pub fn read_sales(path: &Path) -> Result<(Vec<Sale>, Vec<Finding>), ReadError> {
    let columns = ["sale_id", "seller", "final_grid_id?", "lon?", "lat?", "amount"];
    read(path, &columns, |record, [sale_id, seller, final_grid_id, lon, lat, amount]| Sale {
        record,
        sale_id,
        seller,
        final_grid_id,
        lon,
        lat,
        amount,
    })
}

fn known<T: ToString>(value: Option<T>) -> String {
    value.map_or(String::new(), |v| v.to_string())
}

/// `series.csv`: changes are shares of the earlier number; what is not known is empty.
pub fn series_csv(rows: &[SeriesRow]) -> String {
    let compared = |c: &Comparison| [known(c.sum), known(c.change), c.comparable.name().to_string()];
    let row = |r: &SeriesRow| {
        let mut cells = vec![r.level.clone(), r.area_id.clone(), r.span.to_string(), r.indicator.clone(), r.value.to_string()];
        cells.extend(compared(&r.previous));
        cells.extend(compared(&r.year_before));
        cells.push(r.flags.join(" "));
        cells
    };
    let header = [
        "level",
        "area_id",
        "period",
        "indicator",
        "value",
        "previous",
        "change",
        "comparable",
        "year_before",
        "change_yoy",
        "comparable_yoy",
        "flags",
    ];
    csv_table(&header, rows.iter().map(row))
}

/// `flags.csv`: every limit that is passed, with the number.
pub fn flags_csv(flags: &[Flag]) -> String {
    let row = |f: &Flag| {
        let numbers = [f.limit_of.to_string(), f.number.to_string(), f.limit.to_string()];
        [&f.threshold, &f.level, &f.area_id, &f.period, &f.indicator].into_iter().cloned().chain(numbers).collect()
    };
    csv_table(&["threshold", "level", "area_id", "period", "indicator", "limit_of", "number", "limit"], flags.iter().map(row))
}

/// `ledger.csv`: stated totals beside the sum of their parts.
pub fn ledger_csv(rows: &[LedgerRow]) -> String {
    let row = |r: &LedgerRow| {
        let texts = [&r.level, &r.area_id, &r.indicator, &r.period].into_iter().cloned();
        std::iter::once(r.record.to_string()).chain(texts).chain([r.stated.to_string(), known(r.sum), known(r.difference())]).collect()
    };
    csv_table(&["record", "level", "area_id", "indicator", "period", "stated", "sum", "difference"], rows.iter().map(row))
}

/// `targets.csv`: the target of every area beside its potential.
pub fn targets_csv(targets: &[Target]) -> String {
    let row = |t: &Target| vec![t.level.clone(), t.area_id.clone(), t.potential.to_string(), t.target.to_string()];
    csv_table(&["level", "area_id", "potential", "target"], targets.iter().map(row))
}

/// `diversion.csv`: sales whose final customer lies outside the seller's territory.
pub fn diversion_csv(sales: &[Diverted]) -> String {
    let row = |d: &Diverted| {
        let grids = d.seller_grids.join(" ");
        vec![d.record.to_string(), d.sale_id.clone(), d.seller.clone(), grids, d.final_grid_id.clone(), d.amount.to_string()]
    };
    csv_table(&["record", "sale_id", "seller", "seller_grids", "final_grid_id", "amount"], sales.iter().map(row))
}

/// `sellers.csv`: what every seller sold, how much of it outside, and what others sold inside.
pub fn sellers_csv(sellers: &[SellerTotal]) -> String {
    let share = |s: &SellerTotal| match s.amount {
        Load::ZERO => String::new(),
        all => format!("{:.4}", s.diverted_amount.units() / all.units()),
    };
    let row = |s: &SellerTotal| {
        vec![
            s.seller.clone(),
            s.sales.to_string(),
            s.amount.to_string(),
            s.diverted.to_string(),
            s.diverted_amount.to_string(),
            share(s),
            s.received_amount.to_string(),
        ]
    };
    csv_table(
        &["seller", "sales", "amount", "diverted_sales", "diverted_amount", "diverted_share", "received_amount"],
        sellers.iter().map(row),
    )
}
