//! Matrix multiplication. Every element of C is one chain of correctly rounded fused multiply-adds, k ascending, from +0
//! or from the value of C: `c = fma(a[k], b[k], c)`. Blocks, tiles, instruction sets and the split of rows among threads
//! never change a bit. Only which NaN results from several differs; callers that store NaNs make them canonical.

mod lanes;
#[cfg(target_arch = "x86_64")]
mod lanes_x86;
mod multiply;
mod panel;
mod path;
mod real;
mod rows;
mod scratch;
mod sweep;
#[cfg(test)]
mod tests;
mod tile;

pub use multiply::{multiply, multiply_packed, pack_b, packed_count};
pub use real::Real;
pub use scratch::{ALIGNMENT, Scratch};

/// C has m rows and n columns; A is m by k, B is k by n. Any of them may be 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub m: usize,
    pub n: usize,
    pub k: usize,
}

/// A matrix to read. Strides are in elements and may be 0 or negative; `start` is its element (0, 0).
#[derive(Clone, Copy, Debug)]
pub struct View<T> {
    pub start: *const T,
    pub row_stride: isize,
    pub column_stride: isize,
}

impl<T> View<T> {
    /// Rows of contiguous elements.
    pub fn rows(start: *const T, row_stride: isize) -> Self {
        Self { start, row_stride, column_stride: 1 }
    }

    pub fn transposed(self) -> Self {
        Self { start: self.start, row_stride: self.column_stride, column_stride: self.row_stride }
    }
}
