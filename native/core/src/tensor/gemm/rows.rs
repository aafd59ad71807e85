//! A as tiles read it, and where it is copied for that.

use super::View;
use super::path::Path;
use super::real::Real;
use super::scratch::{ALIGNMENT, Scratch};

/// A stride of so many bytes brings lines of a block into the same few places of the cache, and each to a page of its own.
const FAR_BYTES: usize = 2048;
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
) -> View<T> {
    let by_rows = a.column_stride == 1;
    let (stride, lines, length) = if by_rows { (a.row_stride, m, k) } else { (a.column_stride, k, m) };
    let far = stride.unsigned_abs() * size_of::<T>() >= FAR_BYTES;
    if !far || !(by_rows || a.row_stride == 1) || n < COLUMNS_MIN || m < ROWS_MIN {
        return a;
    }
    // 64 bytes more than needed, so that lines do not start at multiples of a page.
    let spare = ALIGNMENT / size_of::<T>();
    let line = length.next_multiple_of(spare) + spare;
    let place = scratch.a(lines * line);
    // SAFETY: lines of the block, to as many of `line` elements, which are whole vectors.
    unsafe { (path.copy)(a.start, stride, lines, length, place, line) }
    let copy = View::rows(place.cast_const(), line as isize);
    if by_rows { copy } else { copy.transposed() }
}
