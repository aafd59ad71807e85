//! The axes of a fused loop: in the order of its first output, neighbours taken as one where all operands allow it, and cut
//! into tiles.

use super::format::{RANK_MAX, TILE};
use super::fuse_plan::{Kind, Pin};

/// The axes of a loop, and which axes of the operands are in each of them.
pub struct Axes {
    pub dims: [usize; RANK_MAX],
    pub rank: usize,
    /// [`RANK_MAX`] if there is none.
    pub rows_axis: usize,
    /// Of each axis of the loop the innermost axis of the operands in it.
    inner: [usize; RANK_MAX],
}

impl Axes {
    pub fn of(extents: &[usize], has_rows: bool, pins: &[Pin], first_output: usize) -> Self {
        let mut order = [0; RANK_MAX];
        let mut count = 0;
        for (axis, &extent) in extents.iter().enumerate() {
            if extent != 1 {
                order[count] = axis;
                count += 1;
            }
        }
        let order = &mut order[..count];
        let output = &pins[first_output];
        order.sort_by_key(|&axis| std::cmp::Reverse(output.strides[axis].unsigned_abs()));
        let mut axes = Self { dims: [1; RANK_MAX], rank: 0, rows_axis: RANK_MAX, inner: [RANK_MAX; RANK_MAX] };
        for &axis in &*order {
            let is_rows = has_rows && axis == 0;
            let extent = extents[axis];
            let follows =
                |pin: &Pin, before: usize| pin.strides[before] == pin.strides[axis].wrapping_mul(extent as i64);
            let last = axes.rank.wrapping_sub(1);
            let merges = axes.rank > 0 && !is_rows && pins.iter().all(|pin| follows(pin, axes.inner[last]));
            if merges {
                axes.dims[last] *= extent;
                axes.inner[last] = axis;
                continue;
            }
            if is_rows {
                axes.rows_axis = axes.rank;
            }
            axes.dims[axes.rank] = if is_rows { 1 } else { extent };
            axes.inner[axes.rank] = axis;
            axes.rank += 1;
        }
        axes.rank = axes.rank.max(1);
        axes
    }

    /// The strides of an operand along the axes of the loop.
    pub fn strides(&self, pin: &Pin) -> [i64; RANK_MAX] {
        let mut strides = [0; RANK_MAX];
        for (stride, &axis) in strides.iter_mut().zip(&self.inner[..self.rank]) {
            // The one axis of a loop over a single element is as good as contiguous.
            *stride = if axis == RANK_MAX { pin.dtype.bytes() as i64 } else { pin.strides[axis] };
        }
        strides
    }

    /// Extent and stride of the second last axis.
    fn row_of(&self, pin: &Pin) -> (usize, i64) {
        if self.rank < 2 { (1, 0) } else { (self.dims[self.rank - 2], pin.strides[self.rank - 2]) }
    }

    /// Whether the elements of each tile follow each other in the operand.
    pub fn is_direct(&self, pin: &Pin, tile: (usize, usize)) -> bool {
        let (size, column) = (pin.dtype.bytes() as i64, pin.strides[self.rank - 1]);
        let columns = self.dims[self.rank - 1];
        column == size && (tile.0 == 1 || (tile.1 == columns && self.row_of(pin).1 == size * columns as i64))
    }

    /// Whether each tile has one value of the operand, and not all the same.
    pub fn is_one(&self, pin: &Pin, tile: (usize, usize)) -> bool {
        tile.0 == 1 && pin.strides[self.rank - 1] == 0 && !self.is_fixed(pin, tile)
    }

    /// Whether all tiles have the same elements, but for what is cut off the last ones.
    pub fn is_fixed(&self, pin: &Pin, tile: (usize, usize)) -> bool {
        let outer = self.rank.saturating_sub(2);
        let (columns, column) = (self.dims[self.rank - 1], pin.strides[self.rank - 1]);
        let has_rows_last = self.rows_axis == self.rank - 1;
        pin.kind == Kind::Constant
            || (pin.strides[..outer].iter().all(|&stride| stride == 0)
                && self.row_of(pin).1 == 0
                && pin.row_step == 0
                && (column == 0 || (tile.1 == columns && tile.0 > 1 && !has_rows_last)))
    }
}

/// What a tile has of the last two axes: whole rows where they are short, squares where an operand is transposed.
pub fn tile_of(axes: &Axes, pins: &[Pin]) -> (usize, usize) {
    let columns = axes.dims[axes.rank - 1];
    let has_rows_last = axes.rows_axis == axes.rank - 1;
    if axes.rank < 2 || has_rows_last {
        return (1, TILE);
    }
    let is_transposed = |pin: &Pin| {
        let (rows, row) = axes.row_of(pin);
        let column = pin.strides[axes.rank - 1].unsigned_abs();
        let has_many = rows >= SQUARE.0 || axes.rows_axis == axes.rank - 2;
        pin.kind == Kind::Input && has_many && columns >= SQUARE.0 && row != 0 && row.unsigned_abs() < column
    };
    match () {
        () if pins.iter().any(is_transposed) => SQUARE,
        () if columns >= TILE / 2 => (1, TILE),
        () => (TILE / columns.max(1), columns),
    }
}

/// A tile where an operand is transposed: lines of the cache are used up in both directions.
const SQUARE: (usize, usize) = (16, 32);
