//! How a multiplication is cut up: what is packed, in which blocks, in which order.

use std::ops::Range;

use super::panel::{pack, width};
use super::path::Path;
use super::real::Real;
use super::scratch::Scratch;
use super::sweep::{Columns, Target, sweep, widest};
use super::{Shape, View};

/// Steps of k in a block: a panel of B in the nearest cache, beside the rows of A that pass by.
const BLOCK_K: usize = 512;
/// Bytes of C in a block of rows, which the caller may go over again while they are in the second cache.
const BLOCK_C_BYTES: usize = 256 * 1024;
/// Bytes of B that are packed at a time.
const BLOCK_B_BYTES: usize = 16 * 1024 * 1024;

/// C = A B, or C += A B to `accumulate`. `after_rows` gets ranges of rows of C, ascending, each as soon as it is final and
/// still in cache; they cover all m rows once, unless C is empty. k = 0 stores +0, or leaves C to `accumulate`.
///
/// # Safety
/// Every element of A and B must be readable, n elements in m rows, `c_row_stride` apart and not overlapping, of C
/// writable, and nothing else may write them or read C meanwhile. C may not overlap A or B.
#[allow(clippy::too_many_arguments)]
pub unsafe fn multiply<T: Real>(
    shape: Shape,
    a: View<T>,
    b: View<T>,
    c: *mut T,
    c_row_stride: usize,
    accumulate: bool,
    scratch: &mut Scratch<T>,
    after_rows: &mut dyn FnMut(Range<usize>),
) {
    let Shape { m, n, k } = shape;
    let product =
        Product { path: T::path(), shape, a, c: Target { start: c, row_stride: c_row_stride, load: accumulate } };
    // SAFETY: the caller's word on the operands; packed panels are in scratch of their size.
    unsafe {
        if product.trivial(after_rows) {
            return;
        }
        if b.column_stride == 1 && product.reads_rows_of_b() {
            let columns = Columns { start: b.start, k_stride: b.row_stride, panel_stride: width::<T>() as isize };
            return product.by_rows(columns, 0..n, scratch, after_rows);
        }
        if m <= product.path.tiles[1].len() {
            return product.by_panels(b, scratch, after_rows);
        }
        let columns_max = (BLOCK_B_BYTES / size_of::<T>() / k / width::<T>()).max(1) * width::<T>();
        for left in (0..n).step_by(columns_max) {
            let columns = columns_max.min(n - left);
            let (_, place) = scratch.places(0, packed_count::<T>(k, columns));
            let start = b.start.offset(left as isize * b.column_stride);
            pack(k, columns, View { start, ..b }, place);
            let packed = packed::<T>(place, k);
            if left + columns == n {
                product.by_rows(packed, left..n, scratch, after_rows);
            } else {
                product.by_rows(packed, left..left + columns, scratch, &mut |_| ());
            }
        }
    }
}

/// As [`multiply`], with a B that [`pack_b`] packed.
///
/// # Safety
/// As [`multiply`]; `b` holds `packed_count(k, n)` elements.
#[allow(clippy::too_many_arguments)]
pub unsafe fn multiply_packed<T: Real>(
    shape: Shape,
    a: View<T>,
    b: *const T,
    c: *mut T,
    c_row_stride: usize,
    accumulate: bool,
    scratch: &mut Scratch<T>,
    after_rows: &mut dyn FnMut(Range<usize>),
) {
    let product =
        Product { path: T::path(), shape, a, c: Target { start: c, row_stride: c_row_stride, load: accumulate } };
    // SAFETY: the caller's word on the operands.
    unsafe {
        if !product.trivial(after_rows) {
            product.by_rows(packed(b, shape.k), 0..shape.n, scratch, after_rows);
        }
    }
}

/// Elements of a packed B: panels of 128 bytes a row, the last one padded.
pub const fn packed_count<T>(k: usize, n: usize) -> usize {
    k * n.next_multiple_of(width::<T>())
}

/// Packs a B of k rows and n columns for any number of [`multiply_packed`], on every machine alike. Best aligned to
/// [`ALIGNMENT`](super::ALIGNMENT).
///
/// # Safety
/// B must be readable, and `to` writable for `packed_count(k, n)` elements.
pub unsafe fn pack_b<T: Real>(k: usize, n: usize, b: View<T>, to: *mut T) {
    let whole = n / width::<T>() * width::<T>();
    // SAFETY: as the caller says; the last panel starts after the whole ones.
    unsafe {
        if whole < n {
            to.add(whole * k).write_bytes(0, k * width::<T>());
        }
        pack(k, n, b, to);
    }
}

fn packed<T>(start: *const T, k: usize) -> Columns<T> {
    Columns { start, k_stride: width::<T>() as isize, panel_stride: (width::<T>() * k) as isize }
}

struct Product<T: 'static> {
    path: &'static Path<T>,
    shape: Shape,
    a: View<T>,
    c: Target<T>,
}

impl<T: Real> Product<T> {
    /// Whether nothing is left to do: C is empty, or all products are.
    unsafe fn trivial(&self, after_rows: &mut dyn FnMut(Range<usize>)) -> bool {
        let Shape { m, n, k } = self.shape;
        if m == 0 || n == 0 {
            return true;
        }
        if k == 0 {
            if !self.c.load {
                for row in 0..m {
                    // SAFETY: rows of C; all bits 0 is +0.
                    unsafe { self.c.start.add(row * self.c.row_stride).write_bytes(0, n) }
                }
            }
            after_rows(0..m);
            return true;
        }
        false
    }

    /// Whether rows of B as they are serve as well as packed ones.
    fn reads_rows_of_b(&self) -> bool {
        let Shape { m, n, k } = self.shape;
        m <= 2 * self.path.tiles[1].len() || n * k * size_of::<T>() <= 32 * 1024
    }

    /// Blocks of rows one after another, against all of `columns`, which are `range` of C.
    unsafe fn by_rows(
        &self,
        columns: Columns<T>,
        range: Range<usize>,
        scratch: &mut Scratch<T>,
        after_rows: &mut dyn FnMut(Range<usize>),
    ) {
        let Shape { m, n, k } = self.shape;
        let rows = self.path.tiles[1].len();
        let rows_max = (BLOCK_C_BYTES / size_of::<T>() / n / rows).clamp(4, 20) * rows;
        let blocks = m.div_ceil(rows_max);
        let steps = k.div_ceil(BLOCK_K);
        let mut top = 0;
        for block in 0..blocks {
            let height = (m - top) / (blocks - block);
            let mut first = 0;
            for step in 0..steps {
                let depth = (k - first) / (steps - step);
                // SAFETY: a block inside the operands.
                unsafe {
                    let offset = top as isize * self.a.row_stride + first as isize * self.a.column_stride;
                    let a = View { start: self.a.start.offset(offset), ..self.a };
                    let a = self.near(a, height, depth, range.len(), scratch);
                    let start = self.c.start.add(top * self.c.row_stride + range.start);
                    let c = Target { start, load: self.c.load || first > 0, ..self.c };
                    sweep(self.path, (height, range.len(), depth), a, columns.below(first), c);
                }
                first += depth;
            }
            after_rows(top..top + height);
            top += height;
        }
    }

    /// The same block of A, copied when its lines are so far apart that they would push each other out of the cache.
    unsafe fn near(&self, a: View<T>, height: usize, depth: usize, n: usize, scratch: &mut Scratch<T>) -> View<T> {
        let _ = (height, depth, n, scratch);
        a
    }

    /// Few rows: each panel of B is packed, used and forgotten.
    unsafe fn by_panels(&self, b: View<T>, scratch: &mut Scratch<T>, after_rows: &mut dyn FnMut(Range<usize>)) {
        let Shape { m, n, k } = self.shape;
        let columns_max = (widest(self.path, m) * self.path.lanes).next_multiple_of(width::<T>());
        let block_k = (32 * 1024 / size_of::<T>() / columns_max).min(k);
        let (_, place) = scratch.places(0, columns_max * block_k);
        for left in (0..n).step_by(columns_max) {
            let columns = columns_max.min(n - left);
            for first in (0..k).step_by(block_k) {
                let depth = block_k.min(k - first);
                // SAFETY: a block inside the operands.
                unsafe {
                    let offset = first as isize * b.row_stride + left as isize * b.column_stride;
                    pack(depth, columns, View { start: b.start.offset(offset), ..b }, place);
                    let a = View { start: self.a.start.offset(first as isize * self.a.column_stride), ..self.a };
                    let c = Target { start: self.c.start.add(left), load: self.c.load || first > 0, ..self.c };
                    sweep(self.path, (m, columns, depth), a, packed::<T>(place, depth), c);
                }
            }
        }
        after_rows(0..m);
    }
}
