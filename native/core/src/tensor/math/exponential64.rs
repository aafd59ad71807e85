use super::word::{ROUNDER, constant_power2, halved_polynomial, pick, power2};
use std::f64::consts::LOG2_E;

/// ln 2 = the sum: 32 bits, so that products with exponents are exact, and 53 more.
pub const LN2: [f64; 2] = [0.6931471803691238, 1.9082149292705877e-10];

/// e^r = 1 + r + r^2 E(r), within 2^-61.7 for r within (ln 2)/2; minimax by Remez' exchange.
const EXPONENTIAL: [f64; 11] = [
    0.5,
    0.16666666666666677,
    0.041666666666666505,
    0.00833333333332164,
    0.001388888888896268,
    0.0001984126988611385,
    2.480158717213908e-5,
    2.755724420913283e-6,
    2.755740280430969e-7,
    2.5109041572729503e-8,
    2.0875335059774185e-9,
];

/// Beyond these the exponential is 0 or infinite.
pub const EXP_MIN: f64 = -746.0;
pub const EXP_MAX: f64 = 710.0;

/// The number of ln 2 in `x` that leaves least, and bits whose lowest are that number.
#[inline(always)]
pub fn count_ln2(x: f64) -> (f64, u64) {
    let sum = x * LOG2_E + ROUNDER;
    (sum - ROUNDER, sum.to_bits())
}

/// e^r - 1 for r within (ln 2)/2 and a little.
#[inline(always)]
pub fn expm1_of_rest(rest: f64) -> f64 {
    rest + rest * rest * halved_polynomial(rest, &EXPONENTIAL)
}

/// `x * 2^n` for |n| up to 2,000, rounded once; the lowest bits of `bits` are n, the next 30 its sign.
#[inline(always)]
pub fn scaled(x: f64, bits: u64) -> f64 {
    let biased = bits.wrapping_add(2046);
    let half = biased >> 1;
    x * power2(half) * power2(biased.wrapping_sub(half))
}

#[inline(always)]
pub fn exp64(x: f64) -> f64 {
    let bounded = pick(x > EXP_MAX, EXP_MAX, pick(x < EXP_MIN, EXP_MIN, x));
    let (count, bits) = count_ln2(bounded);
    scaled(1.0 + expm1_of_rest(bounded - count * LN2[0] - count * LN2[1]), bits)
}

#[inline(always)]
pub fn expm1_64(x: f64) -> f64 {
    let bounded = pick(x > EXP_MAX, EXP_MAX, pick(x < -40.0, -40.0, x));
    let (count, bits) = count_ln2(bounded);
    let rest = expm1_of_rest(bounded - count * LN2[0] - count * LN2[1]);
    let half = power2(bits.wrapping_add(1022));
    pick(x.abs() < constant_power2(-54), x, 2.0 * (half * rest + (half - 0.5)))
}

#[inline(always)]
pub fn logistic64(x: f64) -> f64 {
    let power = exp64(-x.abs());
    pick(x < 0.0, power, 1.0) / (1.0 + power)
}
