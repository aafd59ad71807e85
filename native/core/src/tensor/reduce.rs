//! Reductions over some axes: along rows of memory, down its columns, or through a copy.

use super::fold::{Fold, Rows, Value};
use super::format::{REDUCE_BLOCK, REDUCE_LANES, Reduction, Type};
use super::lane::Lane;
use super::nest::Nest;
use super::operand::View;
use super::short::{Columns, Grid, SHORT_COLUMNS, SHORT_ROWS, Short};

/// A reduction that is ready to run.
#[derive(Clone, Copy, Debug)]
pub struct Reduce {
    kind: Reduction,
    /// Input and output over the axes that stay.
    kept: Nest<2>,
    /// The same without the last axis, and that: its extent, or what to multiply with the rows of the block, and strides.
    outer: Nest<2>,
    last: usize,
    is_last_rows: bool,
    steps: [i64; 2],
    reduced: Nest<1>,
    input: View,
    output: View,
}

impl Reduce {
    pub fn of(kind: Reduction, mask: u32, input: &View, output: &View) -> Self {
        let (mut extents, mut strides) = ([[1; 8]; 2], [[0; 8]; 2]);
        let mut counts = [0; 2];
        for axis in 0..input.rank() {
            let which = (mask >> axis & 1) as usize;
            extents[which][counts[which]] = input.extents[axis];
            strides[which][counts[which]] = input.strides[axis];
            counts[which] += 1;
        }
        let kept = &extents[0][..counts[0]];
        let kept = Nest::of(kept, input.has_rows, [&strides[0], output.strides()]);
        let (mut outer, last, steps) = kept.split_last();
        let is_last_rows = kept.has_rows && kept.rank == 1;
        outer.has_rows &= !is_last_rows;
        Self {
            kind,
            kept,
            outer,
            last,
            is_last_rows,
            steps,
            reduced: Nest::of(&extents[1][..counts[1]], false, [&strides[1]]),
            input: *input,
            output: *output,
        }
    }

    /// # Safety
    /// Both operands were checked to lie inside memory that the lane's bases lead to, and nothing else writes there.
    pub unsafe fn run(&self, lane: &mut Lane) {
        // SAFETY: what the caller promises.
        unsafe {
            match self.input.dtype {
                Type::F32 => self.run_as::<f32>(lane),
                Type::F64 => self.run_as::<f64>(lane),
                Type::I32 => self.run_as::<i32>(lane),
                Type::U8 | Type::Bool => self.run_as::<u8>(lane),
            }
        }
    }

    unsafe fn run_as<T: Short>(&self, lane: &mut Lane) {
        let fold = match self.kind {
            Reduction::Sum => Fold::Sum,
            Reduction::Prod => Fold::Product,
            Reduction::Max | Reduction::Any | Reduction::Argmax => Fold::Max,
            Reduction::Min | Reduction::All | Reduction::Argmin => Fold::Min,
        };
        let (input, output) = (lane.at(&self.input).cast_const(), lane.at(&self.output));
        let outer = &self.outer;
        let block = lane.rows;
        let rows = if self.is_last_rows { self.last * block } else { self.last };
        let [row, out] = self.steps;
        let size = size_of::<T>() as i64;
        let count = self.reduced.count();
        let stride = if self.reduced.rank == 0 { size } else { self.reduced.strides[0][self.reduced.rank - 1] };
        let is_one = self.reduced.rank <= 1;
        let is_place = matches!(self.kind, Reduction::Argmax | Reduction::Argmin);
        let is_bool = self.input.dtype == Type::Bool;
        let store = |at: *mut u8, value: T| {
            // SAFETY: an element of the output, by the caller's promise.
            unsafe {
                if is_bool {
                    at.write(u8::from(value != T::identity(Fold::Max)));
                } else {
                    at.cast::<T>().write(value.canonical());
                }
            }
        };
        if is_one && (2..=SHORT_COLUMNS).contains(&count) && rows >= COLUMNS_MIN {
            let grid = Grid { start: input, row, column: stride, rows, columns: count };
            // SAFETY: what the caller promises; the spare room is for the columns, whose values may be any bits.
            unsafe {
                let columns = &mut *lane.spare.room(size_of::<Columns<T>>()).cast::<Columns<T>>();
                outer.each_in_rows(block, |[from, to]| {
                    let grid = Grid { start: input.wrapping_offset(from as isize), ..grid };
                    let output = output.wrapping_offset(to as isize);
                    if is_place {
                        short_places(fold, grid, columns, output, out);
                    } else {
                        short_values(fold, grid, columns, |i, value| {
                            store(output.wrapping_offset((out * i as i64) as isize), value);
                        });
                    }
                });
            }
        } else if is_place {
            self.kept.each_in_rows(block, |[from, to]| {
                // SAFETY: what the caller promises.
                unsafe {
                    let place = self.place::<T>(fold, lane, input.wrapping_offset(from as isize), count);
                    output.wrapping_offset(to as isize).cast::<i32>().write(place as i32);
                }
            });
        } else if is_one && stride == size && count <= REDUCE_BLOCK {
            outer.each_in_rows(block, |[from, to]| {
                let mut results = [T::identity(fold); ROWS];
                for first in (0..rows).step_by(ROWS) {
                    let some = ROWS.min(rows - first);
                    let start = input.wrapping_offset((from + row * first as i64) as isize);
                    // SAFETY: rows of the input, by the caller's promise.
                    let block = unsafe { Rows::new(start, row, some) };
                    T::across(fold, block, count, &mut results[..some]);
                    for (i, &value) in results[..some].iter().enumerate() {
                        store(output.wrapping_offset((to + out * (first + i) as i64) as isize), value);
                    }
                }
            });
        } else if is_one && row == size && rows >= COLUMNS_MIN {
            outer.each_in_rows(block, |[from, to]| {
                for first in (0..rows).step_by(COLUMNS) {
                    let columns = COLUMNS.min(rows - first);
                    let start = input.wrapping_offset((from + row * first as i64) as isize);
                    // SAFETY: columns of the input, by the caller's promise.
                    let values = unsafe { down::<T>(fold, lane, start, stride, count, columns) };
                    for (i, &value) in values.iter().enumerate() {
                        store(output.wrapping_offset((to + out * (first + i) as i64) as isize), value);
                    }
                }
            });
        } else {
            self.kept.each_in_rows(block, |[from, to]| {
                // SAFETY: what the caller promises.
                let value = unsafe { self.whole::<T>(fold, lane, input.wrapping_offset(from as isize), count) };
                store(output.wrapping_offset(to as isize), value);
            });
        }
    }

    /// One result, from any layout: block by block, then the blocks.
    unsafe fn whole<T: Value>(&self, fold: Fold, lane: &mut Lane, from: *const u8, count: usize) -> T {
        let blocks = count.div_ceil(REDUCE_BLOCK).max(1);
        let size = size_of::<T>();
        let spare = lane.spare.room((REDUCE_BLOCK + blocks) * size);
        let results = spare.wrapping_add(REDUCE_BLOCK * size).cast::<T>();
        let is_direct = self.is_direct(size);
        for block in 0..blocks {
            let first = block * REDUCE_BLOCK;
            let some = REDUCE_BLOCK.min(count - first);
            let mut value = [T::identity(fold)];
            // SAFETY: elements of the input; the spare room is for a block and the results.
            unsafe {
                let start = if is_direct {
                    from.wrapping_add(first * size)
                } else {
                    self.reduced.gather(from, first, some, size, spare);
                    spare.cast_const()
                };
                T::across(fold, Rows::new(start, 0, 1), some, &mut value);
                results.add(block).write(value[0]);
            }
        }
        // SAFETY: as many results were written.
        unsafe { again(fold, results, blocks) }
    }

    /// Whether what is reduced to one result is without gaps.
    fn is_direct(&self, size: usize) -> bool {
        self.reduced.rank == 0 || (self.reduced.rank == 1 && self.reduced.strides[0][0] == size as i64)
    }

    /// The place of the largest or smallest value, or of the first NaN.
    unsafe fn place<T: Value>(&self, fold: Fold, lane: &mut Lane, from: *const u8, count: usize) -> usize {
        let size = size_of::<T>();
        let spare = lane.spare.room(REDUCE_BLOCK * size);
        let is_direct = self.is_direct(size);
        let mut best: Option<(usize, T)> = None;
        for first in (0..count).step_by(REDUCE_BLOCK) {
            let some = REDUCE_BLOCK.min(count - first);
            // SAFETY: elements of the input; the spare room is for a block.
            let values = unsafe {
                let start = if is_direct {
                    from.wrapping_add(first * size)
                } else {
                    self.reduced.gather(from, first, some, size, spare);
                    spare.cast_const()
                };
                std::slice::from_raw_parts(start.cast::<T>(), some)
            };
            let at = T::place(fold, values);
            let Some(&value) = values.get(at) else { break };
            if best.is_none_or(|(_, best)| value.is_nan() || value.is_past(fold, best)) {
                best = Some((first + at, value));
            }
            if value.is_nan() {
                break;
            }
        }
        best.map_or(0, |(at, _)| at)
    }
}

/// Rows that are folded at a time.
const ROWS: usize = 64;
/// Columns that are folded at a time, and how many are worth it.
const COLUMNS: usize = 256;
const COLUMNS_MIN: usize = 4;

/// Folds each row of a grid and gives the result with its number.
///
/// # Safety
/// All values of the grid are readable.
#[inline(always)]
unsafe fn short_values<T: Short>(fold: Fold, grid: Grid, columns: &mut Columns<T>, mut each: impl FnMut(usize, T)) {
    for first in (0..grid.rows).step_by(SHORT_ROWS) {
        let rows = SHORT_ROWS.min(grid.rows - first);
        let start = grid.start.wrapping_offset((grid.row * first as i64) as isize);
        // SAFETY: rows of the grid.
        unsafe { T::fold_short(fold, Grid { start, rows, ..grid }, columns) };
        for (i, &value) in columns[0][..rows].iter().enumerate() {
            each(first + i, value);
        }
    }
}

/// Writes for each row of a grid the place of its largest (smallest) value, `step` bytes apart.
///
/// # Safety
/// All values of the grid are readable, all places writable and elsewhere.
unsafe fn short_places<T: Short>(fold: Fold, grid: Grid, columns: &mut Columns<T>, output: *mut u8, step: i64) {
    let mut places = [0; SHORT_ROWS];
    for first in (0..grid.rows).step_by(SHORT_ROWS) {
        let rows = SHORT_ROWS.min(grid.rows - first);
        let start = grid.start.wrapping_offset((grid.row * first as i64) as isize);
        // SAFETY: rows of the grid and what they have in the output.
        unsafe {
            T::place_short(fold, Grid { start, rows, ..grid }, columns, &mut places);
            for (i, &place) in places[..rows].iter().enumerate() {
                output.wrapping_offset((step * (first + i) as i64) as isize).cast::<i32>().write(place);
            }
        }
    }
}

/// Folds results of blocks until one is left.
unsafe fn again<T: Value>(fold: Fold, results: *mut T, mut count: usize) -> T {
    while count > 1 {
        let blocks = count.div_ceil(REDUCE_BLOCK);
        for block in 0..blocks {
            let first = block * REDUCE_BLOCK;
            let mut value = [T::identity(fold)];
            // SAFETY: `count` results are there; one is written behind those that are still to be read.
            unsafe {
                let rows = Rows::new(results.add(first).cast(), 0, 1);
                T::across(fold, rows, REDUCE_BLOCK.min(count - first), &mut value);
                results.add(block).write(value[0]);
            }
        }
        count = blocks;
    }
    // SAFETY: at least one result is there.
    unsafe { results.read() }
}

/// Folds `count` rows, `stride` bytes apart, column by column.
unsafe fn down<T: Value>(
    fold: Fold,
    lane: &mut Lane,
    start: *const u8,
    stride: i64,
    mut count: usize,
    columns: usize,
) -> &[T] {
    let blocks = count.div_ceil(REDUCE_BLOCK).max(1);
    let lanes_count = REDUCE_LANES * columns;
    let spare = lane.spare.room((lanes_count + blocks * columns) * size_of::<T>()).cast::<T>();
    // SAFETY: the room is for the lanes and the results of all blocks, apart from each other; rows are those of the input,
    // then the results.
    unsafe {
        let lanes = std::slice::from_raw_parts_mut(spare, lanes_count);
        lanes.fill(T::identity(fold));
        let results = spare.add(lanes_count);
        let (mut from, mut step) = (start, stride);
        loop {
            let blocks = count.div_ceil(REDUCE_BLOCK).max(1);
            for block in 0..blocks {
                let first = block * REDUCE_BLOCK;
                let some = REDUCE_BLOCK.min(count - first);
                let rows = Rows::new(from.wrapping_offset((step * first as i64) as isize), step, some);
                T::along(fold, rows, columns, lanes);
                results.add(block * columns).copy_from_nonoverlapping(lanes.as_ptr(), columns);
            }
            if blocks == 1 {
                break;
            }
            (from, step, count) = (results.cast_const().cast(), (columns * size_of::<T>()) as i64, blocks);
        }
        std::slice::from_raw_parts(results.cast_const(), columns)
    }
}
