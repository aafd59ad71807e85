//! Descriptor lists in parts: cut by the rows of all records together, so that neither few long records nor many short
//! ones leave a thread without work.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use worldloom_core::lanes::{Lanes, Parts};

use crate::fault::Fault;
use crate::memory::List;

/// Runs all parts. Operands were checked before, so that none of them should fail; if one does, this gives its fault.
pub fn run_parts(
    parts: &Parts,
    lanes: &dyn Lanes,
    task: impl Fn(usize, Range<usize>) -> Result<(), Fault> + Sync,
) -> Result<(), Fault> {
    let failed = Mutex::new(None);
    parts.run(lanes, |part, rows| {
        if let Err(fault) = task(part, rows) {
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Rows of one record.
pub struct Stretch<const N: usize> {
    pub record: [u32; N],
    pub index: u32,
    /// The first row, and how many follow.
    pub first: u32,
    pub count: u32,
}

impl<const N: usize> Stretch<N> {
    /// Where the stretch starts in a column with so many bytes a row.
    pub fn at(&self, column: u32, row_bytes: u32) -> u32 {
        column.wrapping_add(self.first.wrapping_mul(row_bytes))
    }
}

/// Calls `each` with the stretches that make up `rows`, counted over all records. Word `COUNT` of a record says how many
/// rows it has.
pub fn each_stretch<const N: usize, const COUNT: usize>(
    list: &List<N>,
    rows: Range<usize>,
    mut each: impl FnMut(Stretch<N>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut before = 0;
    for index in 0..list.count() {
        if before >= rows.end {
            break;
        }
        let record = list.get(index);
        let end = before + record[COUNT] as usize;
        let (from, to) = (rows.start.max(before), rows.end.min(end));
        if from < to {
            each(Stretch { record, index, first: (from - before) as u32, count: (to - from) as u32 })?;
        }
        before = end;
    }
    Ok(())
}

/// Calls `each` with the index of each record that starts in `range`. `size` is what a record counts, not 0.
pub fn each_record<const N: usize>(
    list: &List<N>,
    range: Range<usize>,
    size: impl Fn(&[u32; N]) -> usize,
    mut each: impl FnMut(u32) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut start = 0;
    for index in 0..list.count() {
        if start >= range.end {
            break;
        }
        if start >= range.start {
            each(index)?;
        }
        start += size(&list.get(index));
    }
    Ok(())
}
