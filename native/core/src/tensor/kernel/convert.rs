//! Casts, choices, indices and random numbers.

use super::{map, of, to};
use crate::cpu::multiversion;
use crate::layout::{CANONICAL_NAN_F32, CANONICAL_NAN_F64_HIGH};
use crate::prng::threefry;
use crate::tensor::format::Type;

macro_rules! from {
    ($t:ty, $name:ident, $to_u8:ident, $to_i32:ident, $to_f32:ident, $to_f64:ident, $is_set:ident, $zero:expr) => {
        multiversion! {
            pub fn $is_set(a: &[$t], out: &mut [u8]) {
                map(a, out, |x| u8::from(x != $zero));
            }
        }
        multiversion! {
            pub fn $to_u8(a: &[$t], out: &mut [u8]) {
                map(a, out, |x| x as u8);
            }
        }
        multiversion! {
            pub fn $to_i32(a: &[$t], out: &mut [i32]) {
                map(a, out, |x| x as i32);
            }
        }
        multiversion! {
            pub fn $to_f32(a: &[$t], out: &mut [f32]) {
                map(a, out, |x| x as f32);
            }
        }
        multiversion! {
            pub fn $to_f64(a: &[$t], out: &mut [f64]) {
                map(a, out, |x| x as f64);
            }
        }

        /// # Safety
        /// `out` has room for as many elements of type `written`, apart from `a`.
        unsafe fn $name(a: &[$t], written: Type, out: *mut u8) {
            // SAFETY: what the caller promises.
            unsafe {
                match written {
                    Type::Bool => $is_set(a, to(out, a.len())),
                    Type::U8 => $to_u8(a, to(out, a.len())),
                    Type::I32 => $to_i32(a, to(out, a.len())),
                    Type::F32 => $to_f32(a, to(out, a.len())),
                    Type::F64 => $to_f64(a, to(out, a.len())),
                }
            }
        }
    };
}

from!(f32, from_f32, f32_to_u8, f32_to_i32, f32_to_f32, f32_to_f64, f32_is_set, 0.0);
from!(f64, from_f64, f64_to_u8, f64_to_i32, f64_to_f32, f64_to_f64, f64_is_set, 0.0);
from!(i32, from_i32, i32_to_u8, i32_to_i32, i32_to_f32, i32_to_f64, i32_is_set, 0);
from!(u8, from_u8, u8_to_u8, u8_to_i32, u8_to_f32, u8_to_f64, u8_is_set, 0);

/// Casts `count` elements of type `dtype` to type `written`: floats truncate and stay within the limits of integers,
/// integers wrap.
///
/// # Safety
/// The elements are there to read, and room for as many of the other type elsewhere.
pub unsafe fn cast(dtype: Type, a: *const u8, written: Type, out: *mut u8, count: usize) {
    // SAFETY: what the caller promises.
    unsafe {
        match dtype {
            Type::F32 => from_f32(of(a, count), written, out),
            Type::F64 => from_f64(of(a, count), written, out),
            Type::I32 => from_i32(of(a, count), written, out),
            Type::U8 | Type::Bool => from_u8(of(a, count), written, out),
        }
    }
}

macro_rules! select {
    ($name:ident, $t:ty) => {
        multiversion! {
            /// `b` where the condition is set, else `c`.
            pub fn $name(condition: &[u8], b: &[$t], c: &[$t], out: &mut [$t]) {
                for (((out, &condition), &b), &c) in out.iter_mut().zip(condition).zip(b).zip(c) {
                    *out = if condition != 0 { b } else { c };
                }
            }
        }
    };
}

select!(select_u8, u8);
select!(select_u32, u32);
select!(select_u64, u64);

multiversion! {
    /// Word `word` of the random numbers of counter (0, c) under the key (a, b).
    pub fn random(word: usize, a: &[i32], b: &[i32], c: &[i32], out: &mut [i32]) {
        for (((out, &a), &b), &c) in out.iter_mut().zip(a).zip(b).zip(c) {
            let words = threefry([a as u32, b as u32], [0, c as u32]);
            *out = (if word == 0 { words[0] } else { words[1] }) as i32;
        }
    }
}

multiversion! {
    /// Random bits as a multiple of 2^-24 in [0, 1).
    pub fn uniform_f32(bits: &[i32], out: &mut [f32]) {
        map(bits, out, |bits| (bits as u32 >> 8) as i32 as f32 * (1.0 / 16_777_216.0));
    }
}

multiversion! {
    /// Random bits as a multiple of 2^-32 in [0, 1).
    pub fn uniform_f64(bits: &[i32], out: &mut [f64]) {
        map(bits, out, |bits| f64::from(bits as u32) * (1.0 / 4_294_967_296.0));
    }
}

/// The bits of `value` cast to `dtype`, in the lower bytes.
pub fn cast_bits(value: f64, dtype: Type) -> [u8; 8] {
    let bits = match dtype {
        Type::Bool => u64::from(value != 0.0),
        Type::U8 => u64::from(value as u8),
        Type::I32 => u64::from(value as i32 as u32),
        Type::F32 if value.is_nan() => u64::from(CANONICAL_NAN_F32),
        Type::F64 if value.is_nan() => u64::from(CANONICAL_NAN_F64_HIGH) << 32,
        Type::F32 => u64::from((value as f32).to_bits()),
        Type::F64 => value.to_bits(),
    };
    bits.to_le_bytes()
}

/// Elements `start + r * row_step + c * step`, row after row of `columns` elements, as `dtype`.
///
/// # Safety
/// `out` has room for `rows * columns` elements, aligned.
pub unsafe fn iota(
    out: *mut u8,
    dtype: Type,
    start: i64,
    (rows, row_step): (usize, i64),
    (columns, step): (usize, i64),
) {
    for row in 0..rows {
        let first = start.wrapping_add(row_step.wrapping_mul(row as i64));
        let at = row * columns;
        // SAFETY: what the caller promises.
        unsafe {
            match dtype {
                Type::F32 => count(to::<f32>(out, at + columns), at, first, step, |x| x as f32),
                Type::F64 => count(to::<f64>(out, at + columns), at, first, step, |x| x as f64),
                _ => count(to::<i32>(out, at + columns), at, first, step, |x| x as i32),
            }
        }
    }
}

fn count<T>(out: &mut [T], at: usize, first: i64, step: i64, f: impl Fn(i64) -> T) {
    for (i, out) in out[at..].iter_mut().enumerate() {
        *out = f(first.wrapping_add(step.wrapping_mul(i as i64)));
    }
}
