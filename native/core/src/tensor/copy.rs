//! Copies between two layouts of one shape.

use std::mem::MaybeUninit;
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

/// Writes one element of `size` bytes (1, 4 or 8) `count` times.
///
/// # Safety
/// The element is readable, the others are writable, and all are aligned.
#[inline]
pub unsafe fn fill(from: *const u8, to: *mut u8, count: usize, size: usize) {
    // SAFETY: what the caller promises.
    unsafe {
        match size {
            1 => fill_of::<u8>(from, to, count),
            4 => fill_of::<u32>(from, to, count),
            _ => fill_of::<u64>(from, to, count),
        }
    }
}

#[inline(always)]
unsafe fn fill_of<T: Copy>(from: *const u8, to: *mut u8, count: usize) {
    // SAFETY: what the caller promises. The constant of a pin is aligned to nothing.
    unsafe {
        let value = from.cast::<T>().read_unaligned();
        std::slice::from_raw_parts_mut(to.cast::<MaybeUninit<T>>(), count).fill(MaybeUninit::new(value));
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
            if target.row == size * columns as i64 && source.row == size {
                match columns {
                    2 => return spread::<T, 2>(read(0, 0), write(0, 0), rows),
                    3 => return spread::<T, 3>(read(0, 0), write(0, 0), rows),
                    4 => return spread::<T, 4>(read(0, 0), write(0, 0), rows),
                    5 => return spread::<T, 5>(read(0, 0), write(0, 0), rows),
                    6 => return spread::<T, 6>(read(0, 0), write(0, 0), rows),
                    7 => return spread::<T, 7>(read(0, 0), write(0, 0), rows),
                    8 => return spread::<T, 8>(read(0, 0), write(0, 0), rows),
                    _ => {}
                }
            }
            for row in 0..rows {
                fill_of::<T>(read(row, 0).cast(), write(row, 0).cast(), columns);
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
        } else if source.row == size && target.column == size {
            transpose(from.cast::<T>(), source.column, to.cast::<T>(), target.row, rows, columns);
        } else {
            for column in 0..columns {
                for row in 0..rows {
                    write(row, column).write(read(row, column).read());
                }
            }
        }
    }
}

/// Writes each of `rows` elements `C` times.
unsafe fn spread<T: Copy, const C: usize>(from: *const T, to: *mut T, rows: usize) {
    let to = to.cast::<[T; C]>();
    for row in 0..rows {
        // SAFETY: what the caller of the copy promises, for a row.
        unsafe { to.add(row).write([from.add(row).read(); C]) };
    }
}

/// Copies columns, `source` bytes apart, to rows, `target` bytes apart: square by square, so that each line of the cache is
/// read and written as a whole.
unsafe fn transpose<T: Copy>(from: *const T, source: i64, to: *mut T, target: i64, rows: usize, columns: usize) {
    for row in (0..rows).step_by(SQUARE) {
        let height = SQUARE.min(rows - row);
        for column in (0..columns).step_by(SQUARE) {
            let width = SQUARE.min(columns - column);
            // SAFETY: what the caller promises, for a square.
            unsafe {
                let from = from.wrapping_byte_offset((source * column as i64) as isize).add(row);
                let to = to.wrapping_byte_offset((target * row as i64) as isize).add(column);
                let mut square = [[MaybeUninit::<T>::uninit(); SQUARE]; SQUARE];
                if height == SQUARE && width == SQUARE {
                    for (i, line) in square.iter_mut().enumerate() {
                        let from = from.wrapping_byte_offset((source * i as i64) as isize);
                        *line = from.cast::<[MaybeUninit<T>; SQUARE]>().read();
                    }
                    for i in 0..SQUARE {
                        let line: [MaybeUninit<T>; SQUARE] = std::array::from_fn(|j| square[j][i]);
                        let to = to.wrapping_byte_offset((target * i as i64) as isize);
                        to.cast::<[MaybeUninit<T>; SQUARE]>().write(line);
                    }
                    continue;
                }
                for i in 0..height {
                    let to = to.wrapping_byte_offset((target * i as i64) as isize);
                    for j in 0..width {
                        to.add(j).write(from.wrapping_byte_offset((source * j as i64) as isize).add(i).read());
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
