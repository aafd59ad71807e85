use super::group::Group;
use super::word::{pick32, polynomial};

/// 1.5 * 2^23: an f32 below 2^22 that is added to it is rounded to an integer, which the low bits of the sum hold.
pub const ROUNDER32: f32 = 12_582_912.0;
/// Of the exponent of an f32.
pub const BIAS: f32 = 127.0;
/// ln 2 = the sum: 15 bits, so that products with exponents are exact, and 24 more.
pub const LN2_32: [f32; 2] = [0.693145751953125, 0.000001428606765330187];

/// e^r = 1 + r + r^2 E(r), within 2^-28.2 for r within (ln 2)/2; minimax by Remez' exchange, coefficients rounded one
/// after the other.
pub const EXPONENTIAL: [f32; 5] =
    [0.4999999403953552, 0.16666516661643982, 0.041668105870485306, 0.008369140326976776, 0.0013836747966706753];
/// Below this the nearest f32 to the exponential is 0.
pub const LEAST: f32 = -104.0;
/// tanh x = x + x^3 T(x^2), within 2^-28.4 up to [`SMALL`]; likewise.
const TANGENT: [f32; 5] =
    [-0.33333298563957214, 0.13331936299800873, -0.05378471687436104, 0.02079862542450428, -0.005897966679185629];
const SMALL: f32 = 0.6;
/// From here on the nearest f32 to the hyperbolic tangent is 1.
const LARGE: f32 = 9.5;

#[inline(always)]
pub fn exp32<const SIZE: usize>(x: Group<SIZE>) -> Group<SIZE> {
    // Beyond, the result is 0 or infinite. What is masked out is far below: nothing is made denormal on the way to 0.
    let bounded = x.map(|x| pick32(x > 89.0, 89.0, pick32(x < LEAST, 0.0, x)));
    let sum = bounded * std::f32::consts::LOG2_E + (ROUNDER32 + 2.0 * BIAS);
    let count = sum - (ROUNDER32 + 2.0 * BIAS);
    let rest = bounded - count * LN2_32[0] - count * LN2_32[1];
    let end = rest * rest * rest.polynomial(&EXPONENTIAL);
    let value = (rest + end + 1.0).with(sum, |value, sum| scaled32(value, sum.to_bits()));
    x.with(value, |x, value| pick32(x < LEAST, 0.0, value))
}

#[inline(always)]
fn rest_of(x: f32, count: f32) -> f32 {
    x - count * LN2_32[0] - count * LN2_32[1]
}

/// e^r for r within (ln 2)/2 and a little.
#[inline(always)]
pub fn exponential_of_rest(rest: f32) -> f32 {
    let end = rest * rest * polynomial(rest, &EXPONENTIAL);
    rest + end + 1.0
}

/// An f32 times 2^n, in two steps that are rounded once, for |n| up to 250: `bits` is n + 2 * [`BIAS`] plus a number whose
/// lowest ten bits are 0, such as the bits of [`ROUNDER32`].
#[inline(always)]
pub fn scaled32(value: f32, bits: u32) -> f32 {
    let half = bits >> 1;
    value * f32::from_bits(half << 23) * f32::from_bits(bits.wrapping_sub(half) << 23)
}

#[inline(always)]
pub fn tanh32(x: f32) -> f32 {
    let size = x.abs();
    let square = size * size;
    let near = size + size * square * polynomial(square, &TANGENT);
    // 1 - 2 / (e^2x + 1)
    let twice = size + size;
    let bounded = pick32(twice > 2.0 * LARGE, 2.0 * LARGE, twice);
    let sum = bounded * std::f32::consts::LOG2_E + (ROUNDER32 + BIAS);
    let rest = rest_of(bounded, sum - (ROUNDER32 + BIAS));
    let power = exponential_of_rest(rest) * f32::from_bits(sum.to_bits() << 23);
    pick32(size < SMALL, near, 1.0 - 2.0 / (power + 1.0)).copysign(x)
}

/// 1/d for d from 1 to 2 is this less d/2, within 0.043.
const INVERSE: f32 = 1.457_106_8;

#[inline(always)]
pub fn logistic32(x: f32) -> f32 {
    // n / d with d = 1 + e^-|x|, the exponential as a sum.
    let size = x.abs();
    let bounded = pick32(size > 104.0, -104.0, -size);
    let sum = bounded * std::f32::consts::LOG2_E + (ROUNDER32 + 2.0 * BIAS);
    let rest = rest_of(bounded, sum - (ROUNDER32 + 2.0 * BIAS));
    let part = rest + rest * rest * polynomial(rest, &EXPONENTIAL);
    let value = 1.0 + part;
    let power = scaled32(value, sum.to_bits());
    let power_low = scaled32(1.0 - value + part, sum.to_bits());
    let d = 1.0 + power;
    let d_low = 1.0 - d + power + power_low;
    let ratio = pick32(x < 0.0, power, 1.0) / d;
    ratio + (pick32(x < 0.0, power_low, 0.0) - ratio * d_low) * (INVERSE - 0.5 * d)
}
