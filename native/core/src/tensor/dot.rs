//! Products of matrices, with what follows them done while their rows are in cache.

use std::cell::UnsafeCell;
use std::ops::Range;

use super::copy::{Layout, copy};
use super::format::{RANK_MAX, Type};
use super::fuse;
use super::fuse_plan::{Kind, Loops, Pin};
use super::gemm::{Real, Scratch, Shape, View as Matrix, multiply, multiply_packed, pack_b, packed_count};
use super::lane::{Aligned, Lane};
use super::operand::View;

/// A product that is ready to run.
pub struct Dot {
    pub a: View,
    pub b: View,
    pub result: View,
    pub adds: bool,
    /// The loop that follows, if there is one.
    pub epilogue: Option<usize>,
    /// The second operand never changes.
    pub is_constant: bool,
    /// The second operand is one matrix for all blocks of rows.
    is_whole: bool,
    packed: UnsafeCell<Packed>,
}

/// A second operand in the order that suits products, and where it lay then.
struct Packed {
    room: Aligned,
    from: *const u8,
}

// SAFETY: the pointer is only compared.
unsafe impl Send for Dot {}
// SAFETY: what is packed is written only while nobody else has the product: see `prepare` and `begin_rows`.
unsafe impl Sync for Dot {}

impl Dot {
    pub fn of([a, b, result]: [View; 3], flags: u32, epilogue: Option<usize>) -> Self {
        let is_shared = b.strides[..b.rank() - 2].iter().all(|&stride| stride == 0);
        let is_whole = is_shared && b.row_step == 0 && b.base != super::operand::LOCAL;
        Self {
            a,
            b,
            result,
            adds: flags & 2 != 0,
            epilogue,
            is_constant: flags & 1 != 0 && is_whole,
            is_whole,
            packed: UnsafeCell::new(Packed { room: Aligned::default(), from: std::ptr::null() }),
        }
    }

    /// Puts a constant second operand in order unless it is the one of the last time.
    ///
    /// # Safety
    /// It was checked to lie inside memory that the lane's bases lead to.
    pub unsafe fn prepare(&mut self, lane: &Lane) {
        if !self.is_constant {
            return;
        }
        let from = lane.at(&self.b).cast_const();
        if from != self.packed.get_mut().from {
            // SAFETY: what the caller promises; nobody else has the product.
            unsafe { self.pack(from) }
        }
    }

    /// Puts a second operand that all blocks of a `rows` have in common in order.
    ///
    /// # Safety
    /// It was checked to lie inside memory that the lane's bases lead to. Nothing writes there and nobody else uses the
    /// product until this returns; from then on nothing writes there until [`Dot::end_rows`].
    pub unsafe fn begin_rows(&self, lane: &Lane) {
        if self.is_whole && !self.is_constant {
            // SAFETY: what the caller promises.
            unsafe { self.pack(lane.at(&self.b)) }
        }
    }

    /// Forgets what [`Dot::begin_rows`] put in order.
    ///
    /// # Safety
    /// Nobody else uses the product until this returns.
    pub unsafe fn end_rows(&self) {
        if !self.is_constant {
            // SAFETY: what the caller promises.
            unsafe { (*self.packed.get()).from = std::ptr::null() }
        }
    }

    unsafe fn pack(&self, from: *const u8) {
        // SAFETY: the callers' promises.
        unsafe {
            match self.b.dtype {
                Type::F64 => self.pack_as::<f64>(from),
                _ => self.pack_as::<f32>(from),
            }
        }
    }

    unsafe fn pack_as<T: Real>(&self, from: *const u8) {
        let axis = self.b.rank() - 2;
        let (k, n) = (self.b.extents[axis], self.b.extents[axis + 1]);
        // SAFETY: the callers' promises; the room is as large as the packed matrix.
        unsafe {
            let packed = &mut *self.packed.get();
            let to = packed.room.room(packed_count::<T>(k, n) * size_of::<T>());
            pack_b(k, n, matrix::<T>(from, &self.b, axis), to.cast());
            packed.from = from;
        }
    }

    /// Products, and rows of each: what can be done apart.
    pub fn extent(&self, lane: &Lane) -> (usize, usize) {
        let axis = self.a.rank() - 2;
        let extents = lane.extents(&self.result);
        (extents[..axis].iter().product(), extents[axis])
    }

    /// Some of the products, or some rows of each.
    ///
    /// # Safety
    /// All operands, those of the epilogue too, were checked to lie inside memory that the lane's bases lead to, and
    /// nothing else writes there.
    pub unsafe fn run(&self, loops: &Loops, lane: &mut Lane, products: Range<usize>, rows: Range<usize>) {
        // SAFETY: what the caller promises.
        unsafe {
            match self.a.dtype {
                Type::F64 => {
                    let mut scratch = std::mem::take(&mut lane.double);
                    self.run_as::<f64>(loops, lane, &mut scratch, products, rows);
                    lane.double = scratch;
                }
                _ => {
                    let mut scratch = std::mem::take(&mut lane.single);
                    self.run_as::<f32>(loops, lane, &mut scratch, products, rows);
                    lane.single = scratch;
                }
            }
        }
    }

    unsafe fn run_as<T: Real>(
        &self,
        loops: &Loops,
        lane: &mut Lane,
        scratch: &mut Scratch<T>,
        products: Range<usize>,
        rows: Range<usize>,
    ) {
        let axis = self.a.rank() - 2;
        let extents = lane.extents(&self.result);
        let views = [&self.a, &self.b, &self.result];
        let starts = views.map(|view| lane.at(view));
        let mut batch = [0usize; RANK_MAX];
        for product in products {
            let mut rest = product;
            for d in (0..axis).rev() {
                batch[d] = rest % extents[d];
                rest /= extents[d];
            }
            let at = |i: usize| {
                let distance: i64 = (0..axis).map(|d| views[i].strides[d] * batch[d] as i64).sum();
                starts[i].wrapping_offset(distance as isize)
            };
            // SAFETY: what the caller promises, for one product.
            unsafe { self.one::<T>(loops, lane, scratch, [at(0), at(1), at(2)], &batch[..axis], rows.clone()) };
        }
    }

    /// Rows of one product of two matrices.
    unsafe fn one<T: Real>(
        &self,
        loops: &Loops,
        lane: &mut Lane,
        scratch: &mut Scratch<T>,
        [a, b, c]: [*mut u8; 3],
        batch: &[usize],
        rows: Range<usize>,
    ) {
        let axis = self.a.rank() - 2;
        let (n, k) = (self.result.extents[axis + 1], self.a.extents[axis + 1]);
        let shape = Shape { m: rows.len(), n, k };
        let first = rows.start;
        let below = |start: *mut u8, view: &View| start.wrapping_offset((view.strides[axis] * first as i64) as isize);
        let (a, c) = (below(a, &self.a), below(c, &self.result));
        let size = size_of::<T>() as i64;
        let (row, column) = (self.result.strides[axis], self.result.strides[axis + 1]);
        let is_plain = (column == size || shape.n == 1) && (row >= size * shape.n as i64 || shape.m <= 1);
        // SAFETY: what the caller promises.
        unsafe {
            let (a, b) = (matrix::<T>(a, &self.a, axis), matrix::<T>(b, &self.b, axis));
            if is_plain {
                let stride = if shape.m <= 1 { shape.n } else { (row / size) as usize };
                let mut after = |rows: Range<usize>| self.after::<T>(loops, lane, c, (row, first), n, batch, rows);
                self.multiply(shape, a, b, c.cast(), stride, scratch, &mut after);
                return;
            }
            let mut own = std::mem::take(&mut lane.spare);
            let to = own.room(shape.m * shape.n * size_of::<T>());
            let (packed, target) = (Layout { row: size * shape.n as i64, column: size }, Layout { row, column });
            if self.adds {
                copy(c, target, to, packed, (shape.m, shape.n), size as usize);
            }
            self.multiply(shape, a, b, to.cast(), shape.n, scratch, &mut |_| ());
            canonical::<T>(to.cast(), shape.m * shape.n);
            copy(to, packed, c, target, (shape.m, shape.n), size as usize);
            lane.spare = own;
            if shape.m > 0 && shape.n > 0 {
                self.follow(loops, lane, batch, first..first + shape.m);
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    unsafe fn multiply<T: Real>(
        &self,
        shape: Shape,
        a: Matrix<T>,
        b: Matrix<T>,
        c: *mut T,
        stride: usize,
        scratch: &mut Scratch<T>,
        after: &mut dyn FnMut(Range<usize>),
    ) {
        // SAFETY: what the caller promises; what is packed was packed from this operand.
        unsafe {
            let packed = &*self.packed.get();
            if packed.from.is_null() {
                multiply(shape, a, b, c, stride, self.adds, scratch, after);
            } else {
                multiply_packed(shape, a, packed.room.start().cast(), c, stride, self.adds, scratch, after);
            }
        }
    }

    /// What is done with rows that are ready, counted from row `first` of the product, which begins at `c`.
    #[allow(clippy::too_many_arguments)]
    unsafe fn after<T: Real>(
        &self,
        loops: &Loops,
        lane: &mut Lane,
        c: *mut u8,
        (row, first): (i64, usize),
        columns: usize,
        batch: &[usize],
        rows: Range<usize>,
    ) {
        // SAFETY: rows of the result.
        unsafe {
            if row == (columns * size_of::<T>()) as i64 {
                let start = c.wrapping_offset((row * rows.start as i64) as isize);
                canonical::<T>(start.cast(), columns * rows.len());
            } else {
                for i in rows.clone() {
                    canonical::<T>(c.wrapping_offset((row * i as i64) as isize).cast(), columns);
                }
            }
            self.follow(loops, lane, batch, first + rows.start..first + rows.end);
        }
    }

    /// The epilogue over some rows.
    unsafe fn follow(&self, loops: &Loops, lane: &mut Lane, batch: &[usize], rows: Range<usize>) {
        let Some(epilogue) = self.epilogue else { return };
        let fused = &loops.loops[epilogue];
        let mut dims = fused.dims;
        if fused.rows_axis < RANK_MAX {
            dims[fused.rows_axis] *= rows.len();
        }
        let strides = &loops.strides[fused.stride..];
        let axis = batch.len();
        let start = |lane: &Lane, index: usize, pin: &Pin| {
            let along = &strides[index];
            let mut offset = pin.offset + pin.row_step * lane.first as i64 + along[axis] * rows.start as i64;
            for (&stride, &at) in along.iter().zip(batch) {
                offset += stride * at as i64;
            }
            if pin.kind == Kind::Index {
                std::ptr::without_provenance_mut(offset as usize)
            } else {
                lane.from(pin.base, offset)
            }
        };
        // SAFETY: what the caller promises.
        unsafe { fuse::run_over(loops, fused, dims, lane, start) }
    }
}

fn matrix<T>(start: *const u8, view: &View, axis: usize) -> Matrix<T> {
    let size = size_of::<T>() as i64;
    let (row, column) = (view.strides[axis] / size, view.strides[axis + 1] / size);
    Matrix { start: start.cast(), row_stride: row as isize, column_stride: column as isize }
}

/// Makes NaNs the canonical one.
unsafe fn canonical<T: Real>(start: *mut T, count: usize) {
    // SAFETY: the caller has so many elements there.
    unsafe {
        if size_of::<T>() == 8 {
            super::kernel::canonical_f64(std::slice::from_raw_parts_mut(start.cast(), count));
        } else {
            super::kernel::canonical_f32(std::slice::from_raw_parts_mut(start.cast(), count));
        }
    }
}
