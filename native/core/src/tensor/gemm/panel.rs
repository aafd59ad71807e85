//! Packing B: panels of a fixed width, each k rows that lie one after another.

use super::View;
use super::lanes::Lanes;
use super::real::Real;
use super::tile::PANEL_BYTES;

/// Moves lines, with `(from, stride, lines, length, to, row)`: see [`copy`] and [`transpose`].
pub type Move<T> = unsafe fn(*const T, isize, usize, usize, *mut T, usize);

/// Lines that are copied at a time, and how many lines ahead others are fetched: their pages are too many for what the
/// machine fetches by itself.
pub const AHEAD: usize = 16;

/// Columns in a panel.
pub const fn width<T>() -> usize {
    PANEL_BYTES / size_of::<T>()
}

/// Packs n columns of k elements. The rest of the last panel is left as it is, or becomes 0.
///
/// # Safety
/// B must be readable, and `to` good for whole panels: `packed_count(k, n)` elements.
pub unsafe fn pack<T: Real>(k: usize, n: usize, b: View<T>, to: *mut T) {
    let path = T::path();
    for left in (0..n).step_by(width::<T>()) {
        let columns = width::<T>().min(n - left);
        // SAFETY: a panel of B, and of `to`, as the caller vouches.
        unsafe {
            let from = b.start.offset(left as isize * b.column_stride);
            let to = to.add(left * k);
            if b.column_stride == 1 {
                (path.copy)(from, b.row_stride, k, columns, to, width::<T>());
            } else if b.row_stride == 1 {
                (path.transpose)(from, b.column_stride, columns, k, to, width::<T>());
            } else {
                for i in 0..k {
                    for j in 0..columns {
                        let element = from.offset(i as isize * b.row_stride + j as isize * b.column_stride);
                        *to.add(i * width::<T>() + j) = *element;
                    }
                }
            }
        }
    }
}

/// Copies `lines` lines of `length` elements from `stride` apart to `row` apart.
///
/// # Safety
/// The lines must be readable, and writable in whole vectors (the last ones are filled with 0), with the instructions
/// of `L`.
#[inline(always)]
pub unsafe fn copy<L: Lanes>(
    from: *const L::Item,
    stride: isize,
    lines: usize,
    length: usize,
    to: *mut L::Item,
    row: usize,
) {
    for line in 0..lines {
        // SAFETY: inside what the caller vouches for.
        unsafe {
            let from = from.offset(line as isize * stride);
            let to = to.add(line * row);
            let whole = length / L::COUNT * L::COUNT;
            let ahead = from.wrapping_offset(AHEAD as isize * stride);
            for i in (0..length).step_by(L::COUNT) {
                L::fetch(ahead.wrapping_add(i));
            }
            for i in (0..whole).step_by(L::COUNT) {
                L::load(from.add(i)).store(to.add(i));
            }
            if whole < length {
                L::load_first(from.add(whole), length - whole).store(to.add(whole));
            }
        }
    }
}

/// Line j of `length` elements becomes element j of `length` rows, `row` apart.
///
/// # Safety
/// The lines must be readable, the rows writable in whole vectors (the last ones are filled with 0), with the
/// instructions of `L`, which has N elements.
#[inline(always)]
pub unsafe fn transpose<L: Lanes, const N: usize>(
    from: *const L::Item,
    stride: isize,
    lines: usize,
    length: usize,
    to: *mut L::Item,
    row: usize,
) {
    for left in (0..lines).step_by(N) {
        let width = N.min(lines - left);
        for top in (0..length).step_by(N) {
            let height = N.min(length - top);
            // SAFETY: inside what the caller vouches for.
            unsafe {
                let mut square = [L::zero(); N];
                for j in 0..N {
                    if j < width {
                        let ahead = top + 4 * N;
                        L::fetch(from.wrapping_offset((left + j) as isize * stride).wrapping_add(ahead));
                        square[j] = L::load_first(from.offset((left + j) as isize * stride).add(top), height);
                    }
                }
                let square = turned::<L, N>(square);
                for i in 0..N {
                    if i < height {
                        square[i].store(to.add((top + i) * row + left));
                    }
                }
            }
        }
    }
}

/// A square turned over its diagonal: log2 N rounds that each zip row i with row i + N / 2.
#[inline(always)]
unsafe fn turned<L: Lanes, const N: usize>(mut square: [L; N]) -> [L; N] {
    for _ in 0..N.trailing_zeros() {
        let before = square;
        for i in 0..N / 2 {
            // SAFETY: the caller has the instructions.
            let (low, high) = unsafe { before[i].zip(before[i + N / 2]) };
            square[2 * i] = low;
            square[2 * i + 1] = high;
        }
    }
    square
}
