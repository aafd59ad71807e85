//! A as tiles read it, and where it is copied for that.

use super::View;
use super::panel::AHEAD;
use super::path::Path;
use super::real::Real;
use super::scratch::{ALIGNMENT, Scratch};
use super::sweep::Rows;

/// A stride of so many bytes brings lines of a block into the same few places of the cache, and each to a page of its own.
const FAR_BYTES: usize = 1024;
/// With fewer columns of C, or fewer rows, a copy is not read often enough.
const COLUMNS_MIN: usize = 64;
const ROWS_MIN: usize = 24;

/// A block of A, m rows and k columns, for n columns of C: as it is, or a copy where it is far apart.
///
/// # Safety
/// The block must be readable.
pub unsafe fn near<T: Real>(
    path: &Path<T>,
    (m, n, k): (usize, usize, usize),
    a: View<T>,
    scratch: &mut Scratch<T>,
) -> Rows<T> {
    let plain = Rows { start: a.start, row_stride: a.row_stride, k_stride: a.column_stride, group_stride: None };
    let stride = if a.column_stride == 1 { a.row_stride } else { a.column_stride };
    let far = stride.unsigned_abs() * size_of::<T>() >= FAR_BYTES;
    if !far || n < COLUMNS_MIN || m < ROWS_MIN {
        return plain;
    }
    if a.column_stride == 1 {
        // A line more than needed, so that rows do not start at multiples of a page.
        let line = ALIGNMENT / size_of::<T>();
        let row = k.next_multiple_of(line) + line;
        let place = scratch.a(m * row);
        // SAFETY: rows of the block, to as many of `row` elements, which are whole vectors.
        unsafe { (path.copy)(a.start, a.row_stride, m, k, place, row) }
        return Rows { start: place, row_stride: row as isize, ..plain };
    }
    if a.row_stride == 1 {
        let rows = path.rows();
        let step = rows.next_multiple_of(path.lanes);
        let place = scratch.a(m.div_ceil(rows) * k * step);
        for first in (0..k).step_by(AHEAD) {
            let steps = AHEAD.min(k - first);
            for top in (0..m).step_by(rows) {
                // SAFETY: a part of the block, to its place in the group, in whole vectors.
                unsafe {
                    let from = a.start.offset(first as isize * a.column_stride).add(top);
                    let to = place.add((top / rows * k + first) * step);
                    (path.copy)(from, a.column_stride, steps, rows.min(m - top), to, step);
                }
            }
        }
        return Rows { start: place, row_stride: 1, k_stride: step as isize, group_stride: Some(k * step) };
    }
    plain
}
