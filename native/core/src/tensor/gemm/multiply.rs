//! How a multiplication is cut up: what is packed, in which blocks, in which order.

use std::ops::Range;

use super::panel::{pack, width};
use super::path::Path;
use super::real::Real;
use super::rows::near;
use super::scratch::Scratch;
use super::sweep::{Columns, Target, sweep, widest};
use super::{Shape, View};

/// Steps of k in a block. C is read and written once for each, which costs more than panels that the nearest cache does
/// not hold: they stream from the next one.
const BLOCK_K: usize = 512;
/// Bytes of B in a block, which stays in the second cache while rows pass by.
const BLOCK_B_BYTES: usize = 1024 * 1024;
/// Tiles of rows in a block, whose A is in the second cache while panels pass by.
const BLOCK_TILES: usize = 20;
/// Bytes of C in a block of rows that becomes final at once: the caller may go over it while it is in the second cache.
const BLOCK_C_BYTES: usize = 256 * 1024;
/// A B of at most so many bytes is read where it is.
const SMALL_BYTES: usize = 32 * 1024;

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
    let product = Product::new(shape, a, c, c_row_stride, accumulate);
    // SAFETY: the caller's word on the operands.
    unsafe {
        if product.trivial(after_rows) {
            return;
        }
        if shape.n == 1 && shape.m > 1 && c_row_stride == 1 {
            // A column lies as a row does: its elements are lanes then.
            let shape = Shape { m: 1, n: shape.m, k: shape.k };
            multiply(shape, b.transposed(), a.transposed(), c, shape.n, accumulate, scratch, &mut |_| ());
            return after_rows(0..shape.n);
        }
        if b.column_stride == 1 && product.reads_rows_of_b() {
            let columns = Columns { start: b.start, k_stride: b.row_stride, panel_stride: width::<T>() as isize };
            product.by_blocks(Source::Ready(columns), scratch, after_rows);
        } else if shape.m <= product.path.rows() {
            product.by_panels(b, scratch, after_rows);
        } else {
            product.by_blocks(Source::Loose(b), scratch, after_rows);
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
    let product = Product::new(shape, a, c, c_row_stride, accumulate);
    // SAFETY: the caller's word on the operands.
    unsafe {
        if !product.trivial(after_rows) {
            product.by_blocks(Source::Ready(packed(b, shape.k)), scratch, after_rows);
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

enum Source<T> {
    Ready(Columns<T>),
    Loose(View<T>),
}

impl<T: Real> Product<T> {
    fn new(shape: Shape, a: View<T>, c: *mut T, row_stride: usize, load: bool) -> Self {
        Self { path: T::path(), shape, a, c: Target { start: c, row_stride, load } }
    }

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
        }
        k == 0
    }

    /// Whether rows of B as they are serve as well as packed ones.
    fn reads_rows_of_b(&self) -> bool {
        let Shape { m, n, k } = self.shape;
        m <= 2 * self.path.rows() || n * k * size_of::<T>() <= SMALL_BYTES
    }

    /// Blocks of columns, then of k, then of rows. Rows are final in the last round.
    unsafe fn by_blocks(&self, b: Source<T>, scratch: &mut Scratch<T>, after_rows: &mut dyn FnMut(Range<usize>)) {
        let Shape { m, n, k } = self.shape;
        let (elements_of_b, elements_of_c) = (BLOCK_B_BYTES / size_of::<T>(), BLOCK_C_BYTES / size_of::<T>());
        if k <= BLOCK_K && n * k <= elements_of_b && m * n <= elements_of_c && m <= BLOCK_TILES * self.path.rows() {
            // SAFETY: all of the operands.
            unsafe {
                let b = self.block_of_b(&b, 0..k, 0..n, scratch);
                let a = near(self.path, (m, n, k), self.a, scratch);
                sweep(self.path, (m, n, k), a, b, self.c);
            }
            return after_rows(0..m);
        }
        let steps = k.div_ceil(BLOCK_K);
        let columns_max = elements_of_b / k.div_ceil(steps) / width::<T>() * width::<T>();
        let sides = n.div_ceil(columns_max);
        let tiles_max = match steps * sides {
            1 => (elements_of_c / n / self.path.rows()).clamp(4, BLOCK_TILES),
            _ => BLOCK_TILES,
        };
        let bands = m.div_ceil(tiles_max * self.path.rows());
        for (left, columns) in parts(n, sides, width::<T>()) {
            for (first, depth) in parts(k, steps, 1) {
                let last = left + columns == n && first + depth == k;
                // SAFETY: a block inside the operands.
                let b = unsafe { self.block_of_b(&b, first..first + depth, left..left + columns, scratch) };
                for (top, height) in parts(m, bands, self.path.rows()) {
                    // SAFETY: a block inside the operands.
                    unsafe {
                        let offset = top as isize * self.a.row_stride + first as isize * self.a.column_stride;
                        let a = View { start: self.a.start.offset(offset), ..self.a };
                        let block = (height, columns, depth);
                        let a = near(self.path, block, a, scratch);
                        let start = self.c.start.add(top * self.c.row_stride + left);
                        let c = Target { start, load: self.c.load || first > 0, ..self.c };
                        sweep(self.path, block, a, b, c);
                    }
                    if last {
                        after_rows(top..top + height);
                    }
                }
            }
        }
    }

    unsafe fn block_of_b(
        &self,
        b: &Source<T>,
        k: Range<usize>,
        columns: Range<usize>,
        scratch: &mut Scratch<T>,
    ) -> Columns<T> {
        // SAFETY: a block of B; its panels are in scratch of their size.
        unsafe {
            match *b {
                Source::Ready(ready) => ready.part(k.start, columns.start),
                Source::Loose(b) => {
                    let place = scratch.b(packed_count::<T>(k.len(), columns.len()));
                    let offset = k.start as isize * b.row_stride + columns.start as isize * b.column_stride;
                    pack(k.len(), columns.len(), View { start: b.start.offset(offset), ..b }, place);
                    packed(place, k.len())
                }
            }
        }
    }

    /// Few rows: each panel of B is packed, used and forgotten.
    unsafe fn by_panels(&self, b: View<T>, scratch: &mut Scratch<T>, after_rows: &mut dyn FnMut(Range<usize>)) {
        let Shape { m, n, k } = self.shape;
        let columns_max = (widest(self.path, m) * self.path.lanes).next_multiple_of(width::<T>());
        let steps_max = BLOCK_C_BYTES / size_of::<T>() / columns_max;
        for (left, columns) in parts(n, n.div_ceil(columns_max), width::<T>()) {
            for (first, depth) in parts(k, k.div_ceil(steps_max), 1) {
                // SAFETY: a block inside the operands.
                unsafe {
                    let b = Source::Loose(b);
                    let b = self.block_of_b(&b, first..first + depth, left..left + columns, scratch);
                    let start = self.a.start.offset(first as isize * self.a.column_stride);
                    let a = View { start, ..self.a };
                    let c = Target { start: self.c.start.add(left), load: self.c.load || first > 0, ..self.c };
                    sweep(self.path, (m, columns, depth), a, b, c);
                }
            }
        }
        after_rows(0..m);
    }
}

/// `total` in at most `count` parts that are as even as multiples of `unit` can be: the start and the length of each.
fn parts(total: usize, count: usize, unit: usize) -> impl Iterator<Item = (usize, usize)> {
    let length = total.div_ceil(count).next_multiple_of(unit);
    (0..total).step_by(length).map(move |start| (start, length.min(total - start)))
}
