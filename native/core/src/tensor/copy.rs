//! Copies between two layouts of one shape.

use std::ptr;

/// Rows and columns of a copy, and the bytes from one to the next.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub row: i64,
    pub column: i64,
}

/// Copies `rows * columns` elements of `size` bytes (1, 4 or 8).
///
/// # Safety
/// All elements are inside readable and writable memory and aligned. What is written is no other element that is read.
pub unsafe fn copy(
    from: *const u8,
    source: Layout,
    to: *mut u8,
    target: Layout,
    (rows, columns): (usize, usize),
    size: usize,
) {
    // SAFETY: what the caller promises.
    unsafe {
        match size {
            1 => copy_of::<u8>(from, source, to, target, rows, columns),
            4 => copy_of::<u32>(from, source, to, target, rows, columns),
            _ => copy_of::<u64>(from, source, to, target, rows, columns),
        }
    }
}

/// Elements on a side of the squares that a transposed copy goes through.
const SQUARE: usize = 16;

unsafe fn copy_of<T: Copy>(from: *const u8, source: Layout, to: *mut u8, target: Layout, rows: usize, columns: usize) {
    let size = size_of::<T>() as i64;
    let at = |start: *const u8, layout: Layout, row: usize, column: usize| {
        start.wrapping_offset((layout.row * row as i64 + layout.column * column as i64) as isize)
    };
    let read = |row, column| at(from, source, row, column).cast::<T>();
    let write = |row, column| at(to, target, row, column).cast_mut().cast::<T>();
    // SAFETY: what the caller promises.
    unsafe {
        if source.column == size && target.column == size {
            let whole = size * columns as i64;
            if rows == 1 || (source.row == whole && target.row == whole) {
                return ptr::copy(read(0, 0), write(0, 0), rows * columns);
            }
            for row in 0..rows {
                short_copy(read(row, 0), write(row, 0), columns);
            }
        } else if source.column == 0 && target.column == size {
            for row in 0..rows {
                let (value, start) = (read(row, 0).read(), write(row, 0));
                for column in 0..columns {
                    start.add(column).write(value);
                }
            }
        } else if source.row.abs() >= source.column.abs() || rows == 1 {
            for row in 0..rows {
                let (mut source_at, mut target_at) = (read(row, 0), write(row, 0));
                for _ in 0..columns {
                    target_at.write(source_at.read());
                    source_at = source_at.wrapping_byte_offset(source.column as isize);
                    target_at = target_at.wrapping_byte_offset(target.column as isize);
                }
            }
        } else {
            for row in (0..rows).step_by(SQUARE) {
                let row_end = rows.min(row + SQUARE);
                for column in (0..columns).step_by(SQUARE) {
                    let column_end = columns.min(column + SQUARE);
                    for row in row..row_end {
                        for column in column..column_end {
                            write(row, column).write(read(row, column).read());
                        }
                    }
                }
            }
        }
    }
}

/// A copy that is quick for few elements.
#[inline(always)]
unsafe fn short_copy<T: Copy>(from: *const T, to: *mut T, count: usize) {
    // SAFETY: what the caller promises.
    unsafe {
        if count > 32 {
            return ptr::copy(from, to, count);
        }
        for i in 0..count {
            to.add(i).write(from.add(i).read());
        }
    }
}
