//! Loops over all positions of a shape, with `K` operands that go along.

use super::copy::{Layout, copy};
use super::format::RANK_MAX;

/// Axes in row-major order, neighbours taken as one where all operands allow it.
#[derive(Clone, Copy, Debug)]
pub struct Nest<const K: usize> {
    /// Of axis 0 what to multiply with the rows of the block, if it has them.
    pub dims: [usize; RANK_MAX],
    pub rank: usize,
    pub has_rows: bool,
    /// In bytes.
    pub strides: [[i64; RANK_MAX]; K],
}

impl<const K: usize> Nest<K> {
    /// Of axes with these extents and strides. Axis 0 is counted in rows of a block if `has_rows`.
    pub fn of(extents: &[usize], has_rows: bool, strides: [&[i64]; K]) -> Self {
        let mut nest = Self { dims: [1; RANK_MAX], rank: 0, has_rows, strides: [[0; RANK_MAX]; K] };
        for (axis, &extent) in extents.iter().enumerate() {
            let is_rows = has_rows && axis == 0;
            if extent == 1 && !is_rows {
                continue;
            }
            let last = nest.rank.wrapping_sub(1);
            let follows = |k: usize| nest.strides[k][last] == strides[k][axis].wrapping_mul(extent as i64);
            if nest.rank > 0 && (0..K).all(follows) {
                nest.dims[last] *= extent;
            } else {
                nest.dims[nest.rank] = if is_rows { 1 } else { extent };
                nest.rank += 1;
            }
            for k in 0..K {
                nest.strides[k][nest.rank - 1] = strides[k][axis];
            }
        }
        nest
    }

    /// The same with so many rows.
    #[inline]
    pub fn with_rows(mut self, rows: usize) -> Self {
        if self.has_rows {
            self.dims[0] *= rows;
        }
        self
    }

    /// Takes away the last axis: its extent, which is not in rows, and strides; extent 1 if there is none.
    pub fn split_last(mut self) -> (Self, usize, [i64; K]) {
        if self.rank == 0 {
            return (self, 1, [0; K]);
        }
        self.rank -= 1;
        let (extent, strides) = (self.dims[self.rank], std::array::from_fn(|k| self.strides[k][self.rank]));
        self.dims[self.rank] = 1;
        (self, extent, strides)
    }

    pub fn count(&self) -> usize {
        self.dims[..self.rank].iter().product()
    }

    /// Calls `each` with the bytes from the starts of the operands to each position, in row-major order.
    #[inline]
    pub fn each(&self, each: impl FnMut([i64; K])) {
        self.each_of(self.dims, each);
    }

    /// The same with so many rows.
    #[inline]
    pub fn each_in_rows(&self, rows: usize, each: impl FnMut([i64; K])) {
        let mut dims = self.dims;
        if self.has_rows {
            dims[0] *= rows;
        }
        self.each_of(dims, each);
    }

    #[inline(always)]
    fn each_of(&self, dims: [usize; RANK_MAX], mut each: impl FnMut([i64; K])) {
        if dims[..self.rank].contains(&0) {
            return;
        }
        let mut position = [0; RANK_MAX];
        let mut at = [0i64; K];
        loop {
            each(at);
            let mut axis = self.rank;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                position[axis] += 1;
                if position[axis] < dims[axis] {
                    for k in 0..K {
                        at[k] += self.strides[k][axis];
                    }
                    break;
                }
                for k in 0..K {
                    at[k] -= self.strides[k][axis] * (position[axis] as i64 - 1);
                }
                position[axis] = 0;
            }
        }
    }
}

impl Nest<1> {
    /// Copies `count` elements of `size` bytes, from the `first` one in row-major order on, to follow each other at `to`.
    ///
    /// # Safety
    /// The elements from `from` on are readable, those at `to` writable and elsewhere.
    pub unsafe fn gather(&self, from: *const u8, first: usize, count: usize, size: usize, to: *mut u8) {
        if count == 0 {
            return;
        }
        let mut position = [0; RANK_MAX];
        let mut rest = first;
        let mut at = 0i64;
        for axis in (0..self.rank).rev() {
            position[axis] = rest % self.dims[axis];
            rest /= self.dims[axis];
            at += position[axis] as i64 * self.strides[0][axis];
        }
        let inner = self.rank.wrapping_sub(1);
        let (extent, stride) = if self.rank == 0 { (1, 0) } else { (self.dims[inner], self.strides[0][inner]) };
        let mut done = 0;
        while done < count {
            let at_inner = if self.rank == 0 { 0 } else { position[inner] };
            let length = (extent - at_inner).min(count - done);
            let layout = Layout { row: 0, column: size as i64 };
            // SAFETY: the caller's promise, for this stretch.
            unsafe {
                let source = from.wrapping_offset(at as isize);
                copy(source, Layout { row: 0, column: stride }, to.add(done * size), layout, (1, length), size);
            }
            done += length;
            if done == count {
                return;
            }
            // The stretch ended where its axis does.
            at -= at_inner as i64 * stride;
            position[inner] = 0;
            for axis in (0..inner).rev() {
                position[axis] += 1;
                at += self.strides[0][axis];
                if position[axis] < self.dims[axis] {
                    break;
                }
                at -= self.strides[0][axis] * self.dims[axis] as i64;
                position[axis] = 0;
            }
        }
    }
}
