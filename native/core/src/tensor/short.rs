//! Folds of few values each, many side by side: reductions over a small axis.

use super::fold::{Fold, Value, larger_f32, larger_f64, smaller_f32, smaller_f64};
use crate::cpu::multiversion;

/// Rows that are folded side by side.
pub const SHORT_ROWS: usize = 64;
/// Values of a row, at most: no more than there are lanes, of which each then holds one.
pub const SHORT_COLUMNS: usize = 16;

/// The first values of all rows, the second ones, and so on.
pub type Columns<T> = [[T; SHORT_ROWS]; SHORT_COLUMNS];

/// Rows of a matrix of any layout, steps in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    pub start: *const u8,
    pub row: i64,
    pub column: i64,
    pub rows: usize,
    pub columns: usize,
}

/// What rows of few values are folded by.
pub trait Short: Value {
    /// Folds each row of a grid, of at most [`SHORT_ROWS`] rows of 1 to [`SHORT_COLUMNS`] values, into the first of `columns`:
    /// in the order in which 16 lanes are folded, where those that hold nothing change nothing.
    ///
    /// # Safety
    /// All values of the grid are readable.
    unsafe fn fold_short(fold: Fold, grid: Grid, columns: &mut Columns<Self>);

    /// The place of the first of the largest (smallest) values of each row of such a grid, or of its first NaN.
    ///
    /// # Safety
    /// As for [`Short::fold_short`].
    unsafe fn place_short(fold: Fold, grid: Grid, columns: &mut Columns<Self>, places: &mut [i32; SHORT_ROWS]);
}

/// Copies the values of a grid to where those of equal columns follow each other.
///
/// # Safety
/// All values of the grid are readable.
#[inline(always)]
unsafe fn gather<T: Copy>(grid: Grid, to: &mut Columns<T>) {
    let size = size_of::<T>() as i64;
    let rows = grid.rows.min(SHORT_ROWS);
    let columns = grid.columns.min(SHORT_COLUMNS);
    let at = |row: usize, column: usize| {
        let distance = grid.row * row as i64 + grid.column * column as i64;
        grid.start.wrapping_offset(distance as isize).cast::<T>()
    };
    // SAFETY: what the caller promises; rows and columns are those of the grid at most.
    unsafe {
        if grid.row == size {
            for (column, to) in to[..columns].iter_mut().enumerate() {
                to.as_mut_ptr().copy_from_nonoverlapping(at(0, column), rows);
            }
        } else if grid.column == size && grid.row == size * columns as i64 && rows == SHORT_ROWS {
            match columns {
                2 => deal::<T, 2>(at(0, 0), to),
                3 => deal::<T, 3>(at(0, 0), to),
                4 => deal::<T, 4>(at(0, 0), to),
                5 => deal::<T, 5>(at(0, 0), to),
                6 => deal::<T, 6>(at(0, 0), to),
                7 => deal::<T, 7>(at(0, 0), to),
                8 => deal::<T, 8>(at(0, 0), to),
                _ => deal_any(at(0, 0), columns, to),
            }
        } else {
            for row in 0..rows {
                for (column, to) in to[..columns].iter_mut().enumerate() {
                    to[row] = at(row, column).read();
                }
            }
        }
    }
}

/// Deals rows without gaps to columns.
///
/// # Safety
/// [`SHORT_ROWS`] rows of `C` values are there.
#[inline(always)]
unsafe fn deal<T: Copy, const C: usize>(from: *const T, to: &mut Columns<T>) {
    // SAFETY: what the caller promises.
    let rows = unsafe { &*from.cast::<[[T; C]; SHORT_ROWS]>() };
    for (row, values) in rows.iter().enumerate() {
        for column in 0..C {
            to[column][row] = values[column];
        }
    }
}

/// # Safety
/// [`SHORT_ROWS`] rows of `columns` values are there.
#[inline(always)]
unsafe fn deal_any<T: Copy>(from: *const T, columns: usize, to: &mut Columns<T>) {
    // SAFETY: what the caller promises.
    let values = unsafe { std::slice::from_raw_parts(from, SHORT_ROWS * columns) };
    for (column, to) in to[..columns].iter_mut().enumerate() {
        for (to, &value) in to.iter_mut().zip(values[column..].iter().step_by(columns)) {
            *to = value;
        }
    }
}

/// Folds 2 to 16 columns into the first.
#[inline(always)]
fn fold_into_first<T: Copy>(columns: &mut Columns<T>, count: usize, f: impl Fn(T, T) -> T) {
    let mut present = count.min(SHORT_COLUMNS);
    for width in [8, 4, 2, 1] {
        if present <= width {
            continue;
        }
        let (low, high) = columns.split_at_mut(width);
        for (low, high) in low.iter_mut().zip(&high[..present - width]) {
            for row in 0..SHORT_ROWS {
                low[row] = f(low[row], high[row]);
            }
        }
        present = width;
    }
}

/// The place of the best value of each row: one that `is_better` than all before it.
#[inline(always)]
fn best_place<T: Copy>(
    columns: &mut Columns<T>,
    count: usize,
    places: &mut [i32; SHORT_ROWS],
    is_better: impl Fn(T, T) -> bool,
) {
    *places = [0; SHORT_ROWS];
    let [best, others @ ..] = columns;
    for (place, values) in (1..count.min(SHORT_COLUMNS) as i32).zip(others) {
        for row in 0..SHORT_ROWS {
            let better = is_better(values[row], best[row]);
            best[row] = if better { values[row] } else { best[row] };
            places[row] = if better { place } else { places[row] };
        }
    }
}

macro_rules! short {
    ($t:ty, $fold:ident, $place:ident, $add:expr, $multiply:expr, $larger:expr, $smaller:expr, $odd:expr) => {
        multiversion! {
            /// See [`Short::fold_short`], whose promise the caller makes.
            pub fn $fold(fold: Fold, grid: Grid, columns: &mut Columns<$t>) {
                // SAFETY: what the caller of the trait's function promises.
                unsafe { gather(grid, columns) };
                match fold {
                    Fold::Sum => fold_into_first(columns, grid.columns, $add),
                    Fold::Product => fold_into_first(columns, grid.columns, $multiply),
                    Fold::Max => fold_into_first(columns, grid.columns, $larger),
                    Fold::Min => fold_into_first(columns, grid.columns, $smaller),
                }
            }
        }

        multiversion! {
            /// See [`Short::place_short`], whose promise the caller makes.
            pub fn $place(fold: Fold, grid: Grid, columns: &mut Columns<$t>, places: &mut [i32; SHORT_ROWS]) {
                // SAFETY: what the caller of the trait's function promises.
                unsafe { gather(grid, columns) };
                let odd = $odd;
                if fold == Fold::Max {
                    best_place(columns, grid.columns, places, |x, best| (x > best) | (odd(x) & !odd(best)));
                } else {
                    best_place(columns, grid.columns, places, |x, best| (x < best) | (odd(x) & !odd(best)));
                }
            }
        }

        impl Short for $t {
            unsafe fn fold_short(fold: Fold, grid: Grid, columns: &mut Columns<Self>) {
                $fold(fold, grid, columns);
            }

            unsafe fn place_short(fold: Fold, grid: Grid, columns: &mut Columns<Self>, places: &mut [i32; SHORT_ROWS]) {
                $place(fold, grid, columns, places);
            }
        }
    };
}

short!(f32, fold_f32, place_f32, |x, y| x + y, |x, y| x * y, larger_f32, smaller_f32, f32::is_nan);
short!(f64, fold_f64, place_f64, |x, y| x + y, |x, y| x * y, larger_f64, smaller_f64, f64::is_nan);
short!(i32, fold_i32, place_i32, i32::wrapping_add, i32::wrapping_mul, i32::max, i32::min, |_: i32| false);
short!(u8, fold_u8, place_u8, u8::wrapping_add, u8::wrapping_mul, u8::max, u8::min, |_: u8| false);

#[cfg(test)]
mod tests {
    use super::super::fold::Rows;
    use super::{Columns, Fold, Grid, SHORT_COLUMNS, SHORT_ROWS, Short};
    use crate::cpu::{at_each_level, noise};

    const FOLDS: [Fold; 4] = [Fold::Sum, Fold::Product, Fold::Max, Fold::Min];

    /// Every grid of these values gives what one row after the other gives.
    fn folds_like_rows<T: Short + std::fmt::Debug>(values: &[T], zero: T, bits: impl Fn(T) -> u64) {
        let size = size_of::<T>() as i64;
        let mut columns: Columns<T> = [[zero; SHORT_ROWS]; SHORT_COLUMNS];
        let mut places = [0; SHORT_ROWS];
        for count in 2..=SHORT_COLUMNS {
            for (row, column) in [(count as i64, 1), (1, SHORT_ROWS as i64), (2 * count as i64, 2)] {
                for rows in [5, SHORT_ROWS] {
                    let start = values.as_ptr().cast();
                    let grid = Grid { start, row: row * size, column: column * size, rows, columns: count };
                    for fold in FOLDS {
                        // SAFETY: the grid lies inside the values.
                        unsafe { T::fold_short(fold, grid, &mut columns) };
                        let found = columns[0];
                        // SAFETY: as above.
                        unsafe { T::place_short(fold, grid, &mut columns, &mut places) };
                        for at in 0..rows {
                            let at_row = |j: usize| values[at * row as usize + j * column as usize];
                            let plain: Vec<T> = (0..count).map(at_row).collect();
                            let mut expected = [zero];
                            // SAFETY: one row of so many values.
                            let one = unsafe { Rows::new(plain.as_ptr().cast(), 0, 1) };
                            T::across(fold, one, count, &mut expected);
                            assert_eq!(
                                bits(found[at].canonical()),
                                bits(expected[0].canonical()),
                                "{fold:?} {plain:?}"
                            );
                            if matches!(fold, Fold::Max | Fold::Min) {
                                assert_eq!(places[at] as usize, T::place(fold, &plain), "{fold:?} {plain:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn short_folds_have_the_bits_of_long_ones() {
        let bytes = noise(2 * SHORT_ROWS * SHORT_COLUMNS);
        let special = [f32::NAN, 0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, 1e-42];
        let float = |byte: u8| if byte < 24 { special[usize::from(byte / 4)] } else { f32::from(byte) * 0.37 - 40.0 };
        let floats: Vec<f32> = bytes.iter().map(|&byte| float(byte)).collect();
        let doubles: Vec<f64> = bytes.iter().map(|&byte| f64::from(float(byte)) * 1.1).collect();
        let integers: Vec<i32> = bytes.iter().map(|&byte| (i32::from(byte) - 99) * 7_000_001).collect();
        at_each_level(|_| {
            folds_like_rows(&floats, 0.0, |value| u64::from(value.to_bits()));
            folds_like_rows(&doubles, 0.0, f64::to_bits);
            folds_like_rows(&integers, 0, |value| value as u64);
            folds_like_rows(&bytes, 0, u64::from);
        });
    }
}
