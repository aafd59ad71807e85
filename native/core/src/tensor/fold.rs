//! Folds of many values into one, each of fixed shape: 16 lanes over at most 4,096 values.

use super::format::{REDUCE_BLOCK, REDUCE_LANES};
use crate::cpu::multiversion;
use crate::fetch::fetch_at;
use crate::layout::{CANONICAL_NAN_F32, CANONICAL_NAN_F64_HIGH};

/// How far ahead of the values whose largest is sought others are fetched. A largest value is often the first thing that is
/// asked of a row, and this far is about what comes next where rows are gone through in blocks.
const AHEAD_BYTES: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fold {
    Sum,
    Product,
    Max,
    Min,
}

/// Rows of a matrix to fold, column by column.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    start: *const u8,
    stride: i64,
    count: usize,
}

impl Rows {
    /// # Safety
    /// While it is used `count` rows, `stride` bytes apart, are readable, as far as they are asked for.
    pub unsafe fn new(start: *const u8, stride: i64, count: usize) -> Self {
        Self { start, stride, count }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// The first elements of a row.
    #[inline(always)]
    fn get<'a, T>(&self, row: usize, columns: usize) -> &'a [T] {
        let start = self.start.wrapping_offset((self.stride * row as i64) as isize);
        // SAFETY: what the maker promised.
        unsafe { std::slice::from_raw_parts(start.cast(), columns) }
    }
}

/// What values are folded by.
pub trait Value: Copy + PartialEq + 'static {
    /// What a fold of nothing is.
    fn identity(fold: Fold) -> Self;
    /// The value, a NaN as the canonical one.
    fn canonical(self) -> Self;
    /// Each of `count` rows of `columns` elements, at most a block of them, folded.
    fn across(fold: Fold, rows: Rows, columns: usize, out: &mut [Self]);
    /// At most a block of rows, folded column by column into the first row of `lanes`, which are 16 times as many elements
    /// as `columns`.
    fn along(fold: Fold, rows: Rows, columns: usize, lanes: &mut [Self]);
    /// The first place of the largest (smallest) value, or of a NaN.
    fn place(fold: Fold, values: &[Self]) -> usize;
    /// Two values folded.
    fn pair(fold: Fold, x: Self, y: Self) -> Self;
    fn is_nan(self) -> bool;
    /// Whether this one is larger (smaller).
    fn is_past(self, fold: Fold, other: Self) -> bool;
}

/// `lanes[j] = f(lanes[j], x[j])` over a block of values, then the lanes.
#[inline(always)]
fn lanes<T: Copy>(block: &[T], identity: T, f: impl Fn(T, T) -> T) -> T {
    let (chunks, rest) = block.as_chunks::<REDUCE_LANES>();
    let mut lanes = [identity; REDUCE_LANES];
    if let Some((first, chunks)) = chunks.split_first() {
        lanes = *first;
        for chunk in chunks {
            for j in 0..REDUCE_LANES {
                lanes[j] = f(lanes[j], chunk[j]);
            }
        }
        for (lane, &value) in lanes.iter_mut().zip(rest) {
            *lane = f(*lane, value);
        }
    } else {
        lanes[..rest.len()].copy_from_slice(rest);
    }
    for width in [8, 4, 2, 1] {
        for j in 0..width {
            lanes[j] = f(lanes[j], lanes[j + width]);
        }
    }
    lanes[0]
}

/// Folds each row by itself.
#[inline(always)]
fn fold_rows<T: Copy>(rows: Rows, columns: usize, out: &mut [T], identity: T, f: impl Fn(T, T) -> T + Copy) {
    for (row, out) in out.iter_mut().enumerate() {
        *out = lanes(rows.get(row, columns), identity, f);
    }
}

/// Rows into 16 rows of lanes, and these into the first.
#[inline(always)]
fn fold_columns<T: Copy>(rows: Rows, columns: usize, lanes: &mut [T], identity: T, f: impl Fn(T, T) -> T + Copy) {
    for row in 0..rows.count().min(REDUCE_BLOCK) {
        let lane = &mut lanes[row % REDUCE_LANES * columns..][..columns];
        let values = rows.get::<T>(row, columns);
        if row < REDUCE_LANES {
            lane.copy_from_slice(values);
        } else {
            for (lane, &value) in lane.iter_mut().zip(values) {
                *lane = f(*lane, value);
            }
        }
    }
    for row in rows.count()..REDUCE_LANES {
        lanes[row * columns..][..columns].fill(identity);
    }
    for width in [8, 4, 2, 1] {
        let (low, high) = lanes.split_at_mut(width * columns);
        for (low, &high) in low.iter_mut().zip(&*high) {
            *low = f(*low, high);
        }
    }
}

macro_rules! float {
    ($t:ty, $bits:ty, $nan:expr, $across:ident, $along:ident, $extreme:ident, $larger:ident, $smaller:ident) => {
        /// NaN if either is; of zeros the positive one.
        #[inline(always)]
        pub fn $larger(x: $t, y: $t) -> $t {
            let larger = if x > y { x } else { y };
            let larger = if x == y { <$t>::from_bits(x.to_bits() & y.to_bits()) } else { larger };
            if x.is_nan() | y.is_nan() { <$t>::NAN } else { larger }
        }

        /// NaN if either is; of zeros the negative one.
        #[inline(always)]
        pub fn $smaller(x: $t, y: $t) -> $t {
            let smaller = if x < y { x } else { y };
            let smaller = if x == y { <$t>::from_bits(x.to_bits() | y.to_bits()) } else { smaller };
            if x.is_nan() | y.is_nan() { <$t>::NAN } else { smaller }
        }

        multiversion! {
            /// The largest (smallest) of the values, the canonical NaN if any is one.
            pub fn $extreme(is_max: bool, values: &[$t]) -> $t {
                if values.len() < 32 {
                    let fold = if is_max { Fold::Max } else { Fold::Min };
                    let best = values.iter().fold(<$t>::identity(fold), |best, &value| <$t>::pair(fold, best, value));
                    return best.canonical();
                }
                let sign: $t = if is_max { 1.0 } else { -1.0 };
                let mut best = [<$t>::NEG_INFINITY; 32];
                let mut odd: [$bits; 32] = [0; 32];
                let (chunks, rest) = values.as_chunks::<32>();
                for chunk in chunks {
                    let ahead = chunk.as_ptr().cast::<u8>().wrapping_add(AHEAD_BYTES);
                    for line in 0..size_of_val(chunk) / 64 {
                        fetch_at(ahead.wrapping_add(64 * line));
                    }
                    for j in 0..32 {
                        let value = chunk[j] * sign;
                        best[j] = if value > best[j] { value } else { best[j] };
                        odd[j] |= <$bits>::from(value.is_nan());
                    }
                }
                for &value in rest {
                    let value = value * sign;
                    best[0] = if value > best[0] { value } else { best[0] };
                    odd[0] |= <$bits>::from(value.is_nan());
                }
                if odd.iter().any(|&odd| odd != 0) {
                    return <$t>::from_bits($nan);
                }
                let mut most = <$t>::NEG_INFINITY;
                for value in best {
                    most = if value > most { value } else { most };
                }
                // Of zeros the positive one is the larger.
                if most == 0.0 {
                    let larger = |value: &$t| (*value * sign).to_bits() == 0;
                    most = if values.iter().any(larger) { 0.0 } else { -0.0 };
                }
                most * sign
            }
        }

        multiversion! {
            pub fn $across(is_sum: bool, rows: Rows, columns: usize, out: &mut [$t]) {
                if columns == 0 {
                    out.fill(if is_sum { 0.0 } else { 1.0 });
                } else if is_sum {
                    // Nothing is changed by -0, not even -0.
                    fold_rows(rows, columns, out, -0.0, |x, y| x + y);
                } else {
                    fold_rows(rows, columns, out, 1.0, |x, y| x * y);
                }
            }
        }

        multiversion! {
            pub fn $along(fold: Fold, rows: Rows, columns: usize, lanes: &mut [$t]) {
                match fold {
                    Fold::Sum if rows.count() == 0 => lanes[..columns].fill(0.0),
                    Fold::Sum => fold_columns(rows, columns, lanes, -0.0, |x, y| x + y),
                    Fold::Product => fold_columns(rows, columns, lanes, 1.0, |x, y| x * y),
                    Fold::Max => fold_columns(rows, columns, lanes, <$t>::NEG_INFINITY, $larger),
                    Fold::Min => fold_columns(rows, columns, lanes, <$t>::INFINITY, $smaller),
                }
            }
        }

        impl Value for $t {
            fn identity(fold: Fold) -> Self {
                match fold {
                    Fold::Sum => 0.0,
                    Fold::Product => 1.0,
                    Fold::Max => <$t>::NEG_INFINITY,
                    Fold::Min => <$t>::INFINITY,
                }
            }

            fn canonical(self) -> Self {
                if self.is_nan() { <$t>::from_bits($nan) } else { self }
            }

            fn across(fold: Fold, rows: Rows, columns: usize, out: &mut [Self]) {
                match fold {
                    Fold::Sum | Fold::Product => $across(fold == Fold::Sum, rows, columns, out),
                    Fold::Max | Fold::Min => {
                        for (row, out) in out.iter_mut().enumerate() {
                            *out = $extreme(fold == Fold::Max, rows.get(row, columns));
                        }
                    }
                }
            }

            fn along(fold: Fold, rows: Rows, columns: usize, lanes: &mut [Self]) {
                $along(fold, rows, columns, lanes);
            }

            fn place(fold: Fold, values: &[Self]) -> usize {
                let best = $extreme(fold == Fold::Max, values);
                let is_best = |value: &$t| if best.is_nan() { value.is_nan() } else { *value == best };
                values.iter().position(is_best).unwrap_or(0)
            }

            fn pair(fold: Fold, x: Self, y: Self) -> Self {
                match fold {
                    Fold::Sum => x + y,
                    Fold::Product => x * y,
                    Fold::Max => $larger(x, y),
                    Fold::Min => $smaller(x, y),
                }
            }

            fn is_nan(self) -> bool {
                self != self
            }

            fn is_past(self, fold: Fold, other: Self) -> bool {
                if fold == Fold::Max { self > other } else { self < other }
            }
        }
    };
}

float!(f32, u32, CANONICAL_NAN_F32, across_f32, along_f32, extreme_f32, larger_f32, smaller_f32);
float!(f64, u64, (CANONICAL_NAN_F64_HIGH as u64) << 32, across_f64, along_f64, extreme_f64, larger_f64, smaller_f64);

macro_rules! integer {
    ($t:ty, $across:ident, $along:ident) => {
        multiversion! {
            pub fn $across(fold: Fold, rows: Rows, columns: usize, out: &mut [$t]) {
                for (row, out) in out.iter_mut().enumerate() {
                    let values = rows.get::<$t>(row, columns).iter();
                    *out = match fold {
                        Fold::Sum => values.fold(0, |x, y| x.wrapping_add(*y)),
                        Fold::Product => values.fold(1, |x, y| x.wrapping_mul(*y)),
                        Fold::Max => values.fold(<$t>::MIN, |x, y| x.max(*y)),
                        Fold::Min => values.fold(<$t>::MAX, |x, y| x.min(*y)),
                    };
                }
            }
        }

        multiversion! {
            pub fn $along(fold: Fold, rows: Rows, columns: usize, lanes: &mut [$t]) {
                match fold {
                    Fold::Sum => fold_columns(rows, columns, lanes, 0, |x, y| x.wrapping_add(y)),
                    Fold::Product => fold_columns(rows, columns, lanes, 1, |x, y| x.wrapping_mul(y)),
                    Fold::Max => fold_columns(rows, columns, lanes, <$t>::MIN, |x, y| x.max(y)),
                    Fold::Min => fold_columns(rows, columns, lanes, <$t>::MAX, |x, y| x.min(y)),
                }
            }
        }

        impl Value for $t {
            fn identity(fold: Fold) -> Self {
                match fold {
                    Fold::Sum => 0,
                    Fold::Product => 1,
                    Fold::Max => <$t>::MIN,
                    Fold::Min => <$t>::MAX,
                }
            }

            fn canonical(self) -> Self {
                self
            }

            fn across(fold: Fold, rows: Rows, columns: usize, out: &mut [Self]) {
                $across(fold, rows, columns, out);
            }

            fn along(fold: Fold, rows: Rows, columns: usize, lanes: &mut [Self]) {
                $along(fold, rows, columns, lanes);
            }

            fn place(fold: Fold, values: &[Self]) -> usize {
                let best = if fold == Fold::Max { values.iter().max() } else { values.iter().min() };
                values.iter().position(|value| Some(value) == best).unwrap_or(0)
            }

            fn pair(fold: Fold, x: Self, y: Self) -> Self {
                match fold {
                    Fold::Sum => x.wrapping_add(y),
                    Fold::Product => x.wrapping_mul(y),
                    Fold::Max => x.max(y),
                    Fold::Min => x.min(y),
                }
            }

            fn is_nan(self) -> bool {
                false
            }

            fn is_past(self, fold: Fold, other: Self) -> bool {
                if fold == Fold::Max { self > other } else { self < other }
            }
        }
    };
}

integer!(i32, across_i32, along_i32);
integer!(u8, across_u8, along_u8);
