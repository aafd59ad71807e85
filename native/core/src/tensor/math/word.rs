//! Bits of floats, and arithmetic that keeps what was rounded off: what all functions here are made of. Both values of a
//! choice are computed, so that loops over them become vectors.

use std::ops::{Add, Mul};

/// 1.5 * 2^52: an f64 below 2^51 that is added to it is rounded to an integer, which the low bits of the sum hold.
pub const ROUNDER: f64 = 6_755_399_441_055_744.0;

#[inline(always)]
pub fn pick(condition: bool, a: f64, b: f64) -> f64 {
    if condition { a } else { b }
}

#[inline(always)]
pub fn pick32(condition: bool, a: f32, b: f32) -> f32 {
    if condition { a } else { b }
}

/// 2^n for n from -1,022 to 1,023, from an integer whose low 11 bits are n + 1,023 and the next 0.
#[inline(always)]
pub fn power2(biased: u64) -> f64 {
    f64::from_bits(biased << 52)
}

/// 2^n, whole, as an f64 known when compiled.
pub const fn constant_power2(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// `c[0] + x * (c[1] + x * (c[2] + ...))` by Horner's rule.
#[inline(always)]
pub fn polynomial<T: Copy + Add<Output = T> + Mul<Output = T>, const N: usize>(x: T, c: &[T; N]) -> T {
    let mut sum = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = x * sum + c[i];
    }
    sum
}

/// The same polynomial as `even(x^2) + x * odd(x^2)`: half as many steps wait for one another.
#[inline(always)]
pub fn halved_polynomial<const N: usize>(x: f64, c: &[f64; N]) -> f64 {
    let square = x * x;
    let mut last = c[N - 1];
    let mut sum = c[N - 2];
    let mut i = N - 2;
    while i > 0 {
        i -= 1;
        (last, sum) = (sum, square * last + c[i]);
    }
    sum + x * last
}

/// The upper 26 bits of `x`, rounded, so that products of two such numbers are exact (Veltkamp); |x| below 2^996.
#[inline(always)]
pub fn upper_half(x: f64) -> f64 {
    let wide = 134_217_729.0 * x;
    wide - (wide - x)
}

/// What `product`, which is `a * b` rounded, lacks; exact unless something under- or overflows (Dekker).
#[inline(always)]
pub fn product_error(a: f64, b: f64, product: f64) -> f64 {
    let a_high = upper_half(a);
    let a_low = a - a_high;
    let b_high = upper_half(b);
    let b_low = b - b_high;
    a_high * b_high - product + a_high * b_low + a_low * b_high + a_low * b_low
}

/// What `sum`, which is `a + b` rounded, lacks (Knuth).
#[inline(always)]
pub fn sum_error(a: f64, b: f64, sum: f64) -> f64 {
    let b_rounded = sum - a;
    a - (sum - b_rounded) + (b - b_rounded)
}

/// `(a + a_low) / (b + b_low)`, rounded little more than once; the lows are below an ulp or so.
#[inline(always)]
pub fn quotient(a: f64, a_low: f64, b: f64, b_low: f64) -> f64 {
    let first = a / b;
    let product = first * b;
    let rest = a - product - product_error(first, b, product);
    first + (rest + a_low - first * b_low) / b
}
