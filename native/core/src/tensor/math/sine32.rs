use super::angle32::{Reduced32, reduce_large_long, reduce_small_long, reduce_small32};
use super::word::{pick, pick32, polynomial};

/// sin r = r + r^3 S(r^2), within 2^-27.9; minimax by Remez' exchange, coefficients rounded one after the other.
const SINE: [f32; 3] = [-0.16666655242443085, 0.008332189172506332, -0.00019518283079378307];
/// cos r = 1 + r^2 C(r^2), within 2^-33; likewise.
const COSINE: [f32; 5] = [1.0, -0.5, 0.04166664555668831, -0.0013887309469282627, 0.000024432327336398885];
/// tan r = r + r^3 T(r^2), within 2^-29.5; minimax by Remez' exchange.
const TANGENT: [f64; 7] = [
    0.33333349895823744,
    0.133326583108305,
    0.054060505676117476,
    0.02127904749172376,
    0.010844195604998342,
    0.00007861126922512366,
    0.004381806318711586,
];

/// The sine of an angle within [`SMALL32`](super::angle32::SMALL32).
#[inline(always)]
pub fn sin_small32(x: f32) -> f32 {
    let Reduced32 { quarter, rest, head, tail } = reduce_small32(x);
    let sine = head - (tail - sine_end(rest));
    flipped(pick32(quarter & 1 != 0, cosine_of_rest(rest), sine), quarter)
}

/// The cosine, likewise.
#[inline(always)]
pub fn cos_small32(x: f32) -> f32 {
    let Reduced32 { quarter, rest, head, tail } = reduce_small32(x);
    let sine = head - (tail - sine_end(rest));
    flipped(pick32(quarter & 1 != 0, -sine, cosine_of_rest(rest)), quarter)
}

/// The sine of a larger angle.
pub fn sin_large32(x: f32) -> f32 {
    let (quarter, rest) = reduce_large(x);
    flipped(pick32(quarter & 1 != 0, cosine_of_rest(rest), rest + sine_end(rest)), quarter)
}

/// The cosine, likewise.
pub fn cos_large32(x: f32) -> f32 {
    let (quarter, rest) = reduce_large(x);
    flipped(pick32(quarter & 1 != 0, -(rest + sine_end(rest)), cosine_of_rest(rest)), quarter)
}

/// The tangent of an angle within [`SMALL_LONG`](super::angle32::SMALL_LONG).
#[inline(always)]
pub fn tan_small32(x: f32) -> f32 {
    let (quarter, rest) = reduce_small_long(x.abs());
    tangent(x, quarter, rest)
}

/// The tangent of a larger angle.
pub fn tan_large32(x: f32) -> f32 {
    let (quarter, rest) = reduce_large_long(x.abs());
    tangent(x, quarter, rest)
}

#[inline(always)]
fn tangent(x: f32, quarter: u32, rest: f64) -> f32 {
    let square = rest * rest;
    let value = rest + rest * square * polynomial(square, &TANGENT);
    let odd = quarter & 1 != 0;
    let quotient = (pick(odd, -1.0, value) / pick(odd, value, 1.0)) as f32;
    f32::from_bits(quotient.to_bits() ^ x.to_bits() & 0x8000_0000)
}

#[inline(always)]
fn reduce_large(x: f32) -> (u32, f32) {
    let (quarter, rest) = reduce_large_long(x.abs());
    let rest = rest as f32;
    if x < 0.0 { (quarter.wrapping_neg(), -rest) } else { (quarter, rest) }
}

/// What the sine is more than the rest.
#[inline(always)]
fn sine_end(rest: f32) -> f32 {
    let square = rest * rest;
    rest * square * polynomial(square, &SINE)
}

#[inline(always)]
fn cosine_of_rest(rest: f32) -> f32 {
    polynomial(rest * rest, &COSINE)
}

/// The value with its sign changed in the second half of a turn.
#[inline(always)]
fn flipped(value: f32, quarter: u32) -> f32 {
    f32::from_bits(value.to_bits() ^ quarter << 30 & 0x8000_0000)
}
