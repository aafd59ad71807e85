use super::exponential64::{LN2, count_ln2};
use super::logarithm64::{log1p_of_sum, log64};
use super::word::{constant_power2, pick, polynomial, power2, product_error, quotient, sum_error};
use std::f64::consts::LN_2;

/// sinh r = r + r^3 S(r^2), within 2^-61.7, and cosh r = 1 + r^2 C(r^2), within 2^-70, up to (ln 2)/2; minimax by Remez'
/// exchange.
const SINE: [f64; 5] =
    [0.16666666666666677, 0.008333333333321563, 0.0001984126988631004, 2.7557244013403095e-6, 2.510910872825577e-8];
const COSINE: [f64; 6] = [
    0.5,
    0.04166666666666671,
    0.001388888888886382,
    2.480158736361132e-5,
    2.7557241644822946e-7,
    2.0924480844099996e-9,
];
/// Up to here all odd functions have the same f64 next to them as their argument.
const TINY: f64 = constant_power2(-28);
/// From here on 1 makes no difference to the square.
const LARGE: f64 = constant_power2(28);
/// Beyond this, sine and cosine are infinite.
const SIZE_MAX: f64 = 710.8;

/// Halves of the sine and cosine of a size, each as a sum whose second part is the smaller.
struct Halves {
    sine: f64,
    sine_end: f64,
    cosine: f64,
    cosine_end: f64,
}

/// From sines and cosines of `n ln 2`, which are nearly exact, and of the rest.
#[inline(always)]
fn halves(size: f64) -> Halves {
    let (count, bits) = count_ln2(size);
    let first = size - count * LN2[0];
    let rest = first - count * LN2[1];
    let tail = first - rest - count * LN2[1];
    let square = rest * rest;
    let sine_rest = rest * square * polynomial(square, &SINE) + tail;
    let cosine_rest = square * polynomial(square, &COSINE);
    let power = power2(bits.wrapping_add(1021));
    let inverse = 0.0625 / power;
    let sine = power - inverse;
    let cosine = power + inverse;
    Halves {
        sine,
        sine_end: cosine * rest + (cosine * sine_rest + sine * cosine_rest),
        cosine,
        cosine_end: sine * rest + (sine * sine_rest + cosine * cosine_rest),
    }
}

#[inline(always)]
pub fn sinh64(x: f64) -> f64 {
    let size = x.abs();
    let Halves { sine, sine_end, .. } = halves(pick(size > SIZE_MAX, SIZE_MAX, size));
    pick(size < TINY, x, (2.0 * (sine + sine_end)).copysign(x))
}

#[inline(always)]
pub fn cosh64(x: f64) -> f64 {
    let size = x.abs();
    let Halves { cosine, cosine_end, .. } = halves(pick(size > SIZE_MAX, SIZE_MAX, size));
    2.0 * (cosine + cosine_end)
}

#[inline(always)]
pub fn tanh64(x: f64) -> f64 {
    let size = x.abs();
    let Halves { sine, sine_end, cosine, cosine_end } = halves(pick(size > 22.0, 22.0, size));
    let above = sine + sine_end;
    let below = cosine + cosine_end;
    let value = quotient(above, sine - above + sine_end, below, cosine - below + cosine_end);
    pick(size < TINY, x, value.copysign(x))
}

#[inline(always)]
pub fn asinh64(x: f64) -> f64 {
    let size = x.abs();
    let square = size * size;
    // ln(1 + a + a^2 / (1 + root))
    let more = square / (1.0 + (1.0 + square).sqrt());
    let sum = size + more;
    let small = log1p_of_sum(sum, size - sum + more);
    let value = pick(size < LARGE, small, log64(size) + LN_2);
    pick(size < TINY, x, value.copysign(x))
}

#[inline(always)]
pub fn acosh64(x: f64) -> f64 {
    // ln(1 + t + root(2t + t^2)) with t = x - 1
    let t = x - 1.0;
    let low = x - t - 1.0;
    let product = t * t;
    let square = 2.0 * t + product;
    let square_low = sum_error(2.0 * t, product, square) + product_error(t, t, product);
    let root = square.sqrt();
    let root_square = root * root;
    let root_rest = (square - root_square - product_error(root, root, root_square) + square_low) / (2.0 * root);
    let sum = root + t;
    let small = pick(t > 0.0, log1p_of_sum(sum, root - sum + t + root_rest + 2.0 * low), 0.0);
    pick(x >= 1.0, pick(x < LARGE, small, log64(x) + LN_2), f64::NAN)
}

#[inline(always)]
pub fn atanh64(x: f64) -> f64 {
    let size = x.abs();
    // ln(1 + 2a / (1 - a)) / 2
    let d = 1.0 - size;
    let d_low = 1.0 - d - size;
    let ratio = 2.0 * size / d;
    let product = ratio * d;
    let rest = 2.0 * size - product - product_error(ratio, d, product) - ratio * d_low;
    let value = (0.5 * log1p_of_sum(ratio, rest / d)).copysign(x);
    let limit = pick(size == 1.0, f64::INFINITY.copysign(x), f64::NAN);
    pick(size < TINY, x, pick(size < 1.0, value, limit))
}
