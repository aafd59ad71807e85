//! 16 f32 beside one another: what the kernels of animation are written with. Each operation is rounded by itself.

use std::array::from_fn;

use super::format::{LANES, MATRIX_FLOATS};

/// Floats from one matrix to the next in scratch: 12 of the matrix, 4 of padding.
pub const MATRIX_STEP: usize = 16;

/// # Safety
/// Functions of an implementation need the instructions that it is named after. Pointers are to as many f32 as the
/// function says, at any address.
pub trait Wide: Copy {
    type Mask: Copy;

    /// 16 f32.
    unsafe fn load(at: *const f32) -> Self;
    /// 16 f32.
    unsafe fn store(self, at: *mut f32);
    unsafe fn splat(value: f32) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    unsafe fn sqrt(self) -> Self;
    unsafe fn negative(self) -> Self;
    /// Without its sign.
    unsafe fn absolute(self) -> Self;
    /// False where one of them is a NaN.
    unsafe fn less(self, other: Self) -> Self::Mask;
    unsafe fn at_least(self, other: Self) -> Self::Mask;
    unsafe fn equal(self, other: Self) -> Self::Mask;
    /// Lane i where bit i is set.
    unsafe fn lanes(bits: u32) -> Self::Mask;
    /// `yes` where the mask is.
    unsafe fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// Whether some value is a NaN.
    unsafe fn has_nan(self) -> bool;

    /// 12 fields of the matrices of 16 joints become rows: the 4 values of row r of joint j are at
    /// `out[r * ROW_STEP + (j % 4) * 16 + (j / 4) * 4]`. 192 f32.
    unsafe fn turn(fields: &[Self; 12], out: *mut f32);

    /// 3 rows of 4.
    type Matrix: Copy;
    /// What it takes to know whether some matrix had a NaN.
    type Seen: Copy;

    /// What [`Wide::keep`] left there.
    unsafe fn kept(at: *const f32) -> Self::Matrix;
    /// Rows of 4 that are [`ROW_STEP`] f32 apart.
    unsafe fn matrix(rows: *const f32) -> Self::Matrix;
    /// `parent` times the matrix whose rows are `step` f32 apart.
    unsafe fn times(parent: Self::Matrix, rows: *const f32, step: usize) -> Self::Matrix;
    /// [`MATRIX_STEP`] f32.
    unsafe fn keep(matrix: Self::Matrix, at: *mut f32);
    /// 12 f32.
    unsafe fn write(matrix: Self::Matrix, at: *mut f32);
    unsafe fn seen() -> Self::Seen;
    unsafe fn look(seen: Self::Seen, matrix: Self::Matrix) -> Self::Seen;
    /// True if there was a NaN, and perhaps for infinities.
    unsafe fn saw_nan(seen: Self::Seen) -> bool;

    /// [`place`] compiled for the instructions of `Self`.
    unsafe fn place(steps: &[Step], from: usize, locals: *const f32, models: *mut f32, dense: *mut f32) -> bool;
}

/// Where the rows of a joint are among those that [`Wide::turn`] left, and its parent's matrix among the models, in
/// f32; below 0 without a parent.
#[derive(Clone, Copy)]
pub struct Step {
    rows: u32,
    parent: i32,
}

impl Step {
    pub fn new(joint: usize, parent: i32) -> Self {
        let rows = joint / LANES * 3 * ROW_STEP + joint % 4 * 16 + joint % LANES / 4 * 4;
        Self { rows: rows as u32, parent: if parent < 0 { -1 } else { parent * MATRIX_STEP as i32 } }
    }
}

/// Matrices in model space of the joints from `from` on, a multiple of 16, from rows at `locals` as [`Wide::turn`] left
/// them: to `models`, [`MATRIX_STEP`] f32 each, and to `dense`, 12 f32 each. Whether some may be NaN.
///
/// # Safety
/// As for [`Wide`]; parents come before their children.
#[inline(always)]
pub unsafe fn place<W: Wide>(
    steps: &[Step],
    from: usize,
    locals: *const f32,
    models: *mut f32,
    dense: *mut f32,
) -> bool {
    // SAFETY: the caller says so.
    unsafe {
        let mut seen = W::seen();
        let mut at = from * MATRIX_STEP;
        let mut last = W::kept(models.add(from.saturating_sub(1) * MATRIX_STEP));
        let mut to = dense.add(from * MATRIX_FLOATS);
        for step in &steps[from..] {
            let rows = locals.add(step.rows as usize);
            last = if step.parent < 0 {
                W::matrix(rows)
            } else if step.parent as usize + MATRIX_STEP == at {
                W::times(last, rows, ROW_STEP)
            } else {
                W::times(W::kept(models.add(step.parent as usize)), rows, ROW_STEP)
            };
            W::keep(last, models.add(at));
            W::write(last, to);
            seen = W::look(seen, last);
            at += MATRIX_STEP;
            to = to.add(MATRIX_FLOATS);
        }
        W::saw_nan(seen)
    }
}

/// Floats from one row of a joint to the next where [`Wide::turn`] puts them.
pub const ROW_STEP: usize = 64;

/// On any machine.
#[derive(Clone, Copy)]
pub struct Portable([f32; LANES]);

impl Portable {
    #[inline(always)]
    fn with(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(from_fn(|i| f(self.0[i], other.0[i])))
    }

    #[inline(always)]
    fn compare(self, other: Self, f: impl Fn(&f32, &f32) -> bool) -> [bool; LANES] {
        from_fn(|i| f(&self.0[i], &other.0[i]))
    }
}

impl Wide for Portable {
    type Mask = [bool; LANES];

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self {
        // SAFETY: the caller says that there are as many.
        Self(unsafe { at.cast::<[f32; LANES]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, at: *mut f32) {
        // SAFETY: as above.
        unsafe { at.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.with(other, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }
    #[inline(always)]
    unsafe fn negative(self) -> Self {
        Self(self.0.map(|a| -a))
    }
    #[inline(always)]
    unsafe fn absolute(self) -> Self {
        Self(self.0.map(f32::abs))
    }
    #[inline(always)]
    unsafe fn less(self, other: Self) -> Self::Mask {
        self.compare(other, f32::lt)
    }
    #[inline(always)]
    unsafe fn at_least(self, other: Self) -> Self::Mask {
        self.compare(other, f32::ge)
    }
    #[inline(always)]
    unsafe fn equal(self, other: Self) -> Self::Mask {
        self.compare(other, f32::eq)
    }
    #[inline(always)]
    unsafe fn lanes(bits: u32) -> Self::Mask {
        from_fn(|i| bits >> i & 1 == 1)
    }
    #[inline(always)]
    unsafe fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(from_fn(|i| if mask[i] { yes.0[i] } else { no.0[i] }))
    }
    #[inline(always)]
    unsafe fn has_nan(self) -> bool {
        self.0.iter().any(|value| value.is_nan())
    }

    #[inline(always)]
    unsafe fn turn(fields: &[Self; 12], out: *mut f32) {
        for (field, values) in fields.iter().enumerate() {
            for (joint, &value) in values.0.iter().enumerate() {
                // SAFETY: the place is below 192.
                unsafe { out.add(field / 4 * ROW_STEP + joint % 4 * 16 + joint / 4 * 4 + field % 4).write(value) };
            }
        }
    }

    type Matrix = [f32; 12];
    type Seen = bool;

    #[inline(always)]
    unsafe fn kept(at: *const f32) -> Self::Matrix {
        // SAFETY: the caller says that it is there.
        unsafe { at.cast::<[f32; 12]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn matrix(rows: *const f32) -> Self::Matrix {
        // SAFETY: the caller says that the rows are there.
        from_fn(|i| unsafe { rows.add(i / 4 * ROW_STEP + i % 4).read() })
    }
    #[inline(always)]
    unsafe fn times(parent: Self::Matrix, rows: *const f32, step: usize) -> Self::Matrix {
        // SAFETY: the caller says that the rows are there.
        let [l0, l1, l2] = [0, 1, 2].map(|row| unsafe { rows.add(row * step).cast::<[f32; 4]>().read_unaligned() });
        let mut product = [0.0; 12];
        for (row, p) in parent.as_chunks::<4>().0.iter().enumerate() {
            for column in 0..4 {
                product[row * 4 + column] = (p[0] * l0[column] + p[1] * l1[column]) + p[2] * l2[column];
            }
            product[row * 4 + 3] += p[3];
        }
        product
    }
    #[inline(always)]
    unsafe fn keep(matrix: Self::Matrix, at: *mut f32) {
        // SAFETY: as in `kept`.
        unsafe { at.cast::<[f32; 12]>().write_unaligned(matrix) };
    }
    #[inline(always)]
    unsafe fn write(matrix: Self::Matrix, at: *mut f32) {
        // SAFETY: as in `kept`.
        unsafe { at.cast::<[f32; 12]>().write_unaligned(matrix) };
    }
    #[inline(always)]
    unsafe fn seen() -> Self::Seen {
        false
    }
    #[inline(always)]
    unsafe fn look(seen: Self::Seen, matrix: Self::Matrix) -> Self::Seen {
        seen | matrix.iter().any(|value| value.is_nan())
    }
    #[inline(always)]
    unsafe fn saw_nan(seen: Self::Seen) -> bool {
        seen
    }

    unsafe fn place(steps: &[Step], from: usize, locals: *const f32, models: *mut f32, dense: *mut f32) -> bool {
        // SAFETY: as for `place`.
        unsafe { place::<Self>(steps, from, locals, models, dense) }
    }
}
