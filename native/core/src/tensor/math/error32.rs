use super::word::{ROUNDER, halved_polynomial, pick, power2};
use std::f64::consts::{LN_2, LOG2_E};

/// erf x = x E(x^2), within 2^-26.9 up to [`ERF_MAX`]; minimax by Remez' exchange.
const ERROR: [f64; 17] = [
    1.1283791580469487,
    -0.376126094173064,
    0.11283626452934803,
    -0.02686240960062594,
    0.005219373004714536,
    -0.0008513444384812458,
    0.00011877614670551994,
    -1.428256479465848e-5,
    1.474479489136812e-6,
    -1.2883265102483313e-7,
    9.318625765097909e-9,
    -5.425759766143852e-10,
    2.457523189919212e-11,
    -8.280777029384776e-13,
    1.942729547282681e-14,
    -2.8206693196760485e-16,
    1.902992486581304e-18,
];
/// From here on the nearest f32 is 1.
const ERF_MAX: f64 = 4.0;

/// The probability that a normal variate is below x: 1/2 + x P(x^2), within 2^-26.4 from -3.5 to 3.5; minimax by Remez'
/// exchange.
const PROBABILITY: [f64; 13] = [
    0.39894225496279206,
    -0.06649024059565367,
    0.009973294407470518,
    -0.0011870760983032354,
    0.0001152889490684365,
    -9.389215342187463e-6,
    6.513384655118009e-7,
    -3.8459645216682494e-8,
    1.8909350095769004e-9,
    -7.385975322938443e-11,
    2.1203535096434117e-12,
    -3.9200356299315125e-14,
    3.45962722476798e-16,
];
/// The same from -14.6 to -3.5: e^(-x^2 / 2) T(1 / x^2) / |x|, within 2^-26.4; likewise.
const TAIL: [f64; 7] = [
    0.3989421990406957,
    -0.39891153332544715,
    1.192697471746905,
    -5.714016537912213,
    31.908812299885632,
    -145.77036485162276,
    344.21445604527923,
];
/// e^r within 2^-29.0 for r within (ln 2)/2; likewise.
const EXPONENTIAL: [f64; 7] = [
    1.0000000005568597,
    1.0000000364628654,
    0.4999999204979265,
    0.16666419532919946,
    0.04166822950105271,
    0.008374869645883257,
    0.0013836784346619852,
];
/// Up to here by [`PROBABILITY`].
pub const GELU_NEAR: f32 = 3.5;
/// Below the negative of this, x times the probability is -0.
const GELU_MAX: f64 = 15.0;

#[inline(always)]
pub fn erf32(x: f32) -> f32 {
    let x = x as f64;
    let bounded = pick(x > ERF_MAX, ERF_MAX, pick(x < -ERF_MAX, -ERF_MAX, x));
    (bounded * halved_polynomial(bounded * bounded, &ERROR)) as f32
}

/// For x within [`GELU_NEAR`].
#[inline(always)]
pub fn gelu_near32(x: f32) -> f32 {
    let x = x as f64;
    (x * (0.5 + x * halved_polynomial(x * x, &PROBABILITY))) as f32
}

/// For any other x.
#[inline(always)]
pub fn gelu_far32(x: f32) -> f32 {
    let x = x as f64;
    let size = x.abs();
    let bounded = pick(size > GELU_MAX, GELU_MAX, size);
    let power = -0.5 * (bounded * bounded);
    let sum = power * LOG2_E + ROUNDER;
    let value = halved_polynomial(power - (sum - ROUNDER) * LN_2, &EXPONENTIAL);
    let inverse = 1.0 / bounded;
    let end = halved_polynomial(inverse * inverse, &TAIL) * inverse;
    let tail = value * end * power2(sum.to_bits().wrapping_add(1023));
    pick(x > 0.0, x * (1.0 - tail), -bounded * tail) as f32
}
