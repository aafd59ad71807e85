//! 16 f32 beside one another: what the kernels of animation are written with. Each operation is rounded by itself.

use std::array::from_fn;

use super::format::LANES;

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

    /// 12 fields of the matrices of 16 joints become rows: the 4 values of row r of joint j are at `out[row_at(j, r)]`.
    /// 192 f32.
    unsafe fn turn(fields: &[Self; 12], out: *mut f32);

    /// 3 rows of 4.
    type Matrix: Copy;
    /// Which matrices were NaN somewhere, so far.
    type Seen: Copy + Default;

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
    unsafe fn look(seen: &mut Self::Seen, matrix: Self::Matrix);
    unsafe fn saw_nan(seen: Self::Seen) -> bool;
}

/// Where [`Wide::turn`] puts row `row` of joint `joint`; rows of a joint are [`ROW_STEP`] apart.
#[inline(always)]
pub fn row_at(joint: usize, row: usize) -> usize {
    row * ROW_STEP + (joint & 3) * 16 + (joint >> 2) * 4
}

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
                unsafe { out.add(row_at(joint, field / 4) + field % 4).write(value) };
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
    unsafe fn look(seen: &mut Self::Seen, matrix: Self::Matrix) {
        *seen |= matrix.iter().any(|value| value.is_nan());
    }
    #[inline(always)]
    unsafe fn saw_nan(seen: Self::Seen) -> bool {
        seen
    }
}
