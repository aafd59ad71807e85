use super::exponential64::LN2;
use super::word::{constant_power2, halved_polynomial, pick, sum_error, upper_half};

/// The bits of a number next to the root of 1/2: significands are taken from there to the root of 2.
const ROOT_HALF_BITS: u64 = 0x3fe6_a09e << 32;
const ONE_BITS: u64 = 1023 << 52;

/// ln m = 2s + s^3 L(s^2) with s = (m - 1) / (m + 1), within 2^-59.5; minimax by Remez' exchange.
const LOGARITHM: [f64; 7] = [
    0.6666666666666734,
    0.3999999999941397,
    0.28571428742561916,
    0.22222198553761713,
    0.1818356540993316,
    0.15314021025180244,
    0.1479626229421983,
];
/// 1 / ln 2 and 1 / ln 10, each as the sum of 26 bits and 53 more.
const LOG2E: [f64; 2] = [1.4426950216293335, 1.9259629911266175e-8];
const LOG10E: [f64; 2] = [0.4342944771051407, 4.798111141615973e-9];
/// log10 2 = the sum: 40 bits, so that products with exponents are exact, and 53 more.
const LOG10_2: [f64; 2] = [0.30102999566361177, 3.694239077158931e-13];

/// A positive f64 as `significand * 2^count`, the significand between the roots of 1/2 and 2: count, significand.
#[inline(always)]
pub fn split_binary(x: f64) -> (f64, f64) {
    let small = x < f64::MIN_POSITIVE;
    let bits = pick(small, x * constant_power2(54), x).to_bits();
    let biased = bits.wrapping_sub(ROOT_HALF_BITS).wrapping_add(ONE_BITS) >> 52;
    let significand = bits.wrapping_sub(biased << 52).wrapping_add(ONE_BITS);
    // 2^52 and an integer: the low bits of the sum.
    let long = f64::from_bits(constant_power2(52).to_bits() | biased);
    let zero = constant_power2(52) + 1023.0;
    (long - pick(small, zero + 54.0, zero), f64::from_bits(significand))
}

/// What ln(1 + y) is less than y, for 1 + y between the roots of 1/2 and 2.
#[inline(always)]
fn lack(y: f64) -> f64 {
    let s = y / (2.0 + y);
    let square = s * s;
    s * (y - square * halved_polynomial(square, &LOGARITHM))
}

/// `value`, but for 0, numbers below it, infinity and NaN what their logarithm is.
#[inline(always)]
fn of_positive(x: f64, value: f64) -> f64 {
    let special = pick(x == 0.0, f64::NEG_INFINITY, pick(x > 0.0, x, f64::NAN));
    pick(x > 0.0 && x < f64::INFINITY, value, special)
}

#[inline(always)]
pub fn log64(x: f64) -> f64 {
    let (count, significand) = split_binary(x);
    let y = significand - 1.0;
    of_positive(x, count * LN2[0] + (count * LN2[1] - lack(y) + y))
}

/// ln(1 + x + low), for x above -1 and below infinity and a low that is below an ulp of x or so.
#[inline(always)]
pub fn log1p_of_sum(x: f64, low: f64) -> f64 {
    let sum = 1.0 + x;
    let rest = sum_error(1.0, x, sum) + low;
    let (count, significand) = split_binary(sum);
    let y = significand - 1.0;
    count * LN2[0] + (count * LN2[1] + rest / sum - lack(y) + y)
}

#[inline(always)]
pub fn log1p64(x: f64) -> f64 {
    let value = of_positive(x + 1.0, log1p_of_sum(x, 0.0));
    pick(x.abs() < constant_power2(-54), x, value)
}

/// `upper + lower + (log(1 + y) in another base)`, of which only the last sum is rounded; `scale` is that of [`LOG2E`].
#[inline(always)]
fn in_base(upper: f64, lower: f64, y: f64, scale: [f64; 2]) -> f64 {
    let high = upper_half(y);
    let product = high * scale[0];
    let rest = (y - high) * scale[0] + y * scale[1] - lack(y) * (scale[0] + scale[1]) + lower;
    let sum = upper + product;
    sum + (product - (sum - upper) + rest)
}

#[inline(always)]
pub fn log2_64(x: f64) -> f64 {
    let (count, significand) = split_binary(x);
    of_positive(x, in_base(count, 0.0, significand - 1.0, LOG2E))
}

#[inline(always)]
pub fn log10_64(x: f64) -> f64 {
    let (count, significand) = split_binary(x);
    of_positive(x, in_base(count * LOG10_2[0], count * LOG10_2[1], significand - 1.0, LOG10E))
}
