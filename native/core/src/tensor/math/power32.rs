use super::exponential32::{BIAS, ROUNDER32, exponential_of_rest, scaled32};
use super::logarithm32::split_binary32;
use super::word::{constant_power2, pick, pick32, polynomial};
use std::f64::consts::LN_2;

/// log2 m = s L(s^2) with s = (m - 1) / (m + 1), within 2^-37.8; minimax by Remez' exchange.
const LOGARITHM: [f64; 5] =
    [2.885390081790142, 0.9617966732663629, 0.5770836003193857, 0.4116717462892963, 0.34074897401999976];
/// 2^52: what is added to it is rounded to an integer, ties to even.
const WHOLE: f64 = constant_power2(52);

#[inline(always)]
pub fn pow32(x: f32, y: f32) -> f32 {
    let whole = y.trunc() == y;
    let half = y * 0.5;
    let odd = whole && y.abs() < 16_777_216.0 && half.trunc() != half;
    let base = x.abs();
    let negative = x.to_bits() >> 31 != 0;
    let size = of_size(base, y);
    let value = pick32(odd && negative, -size, size);
    let undefined = x.is_nan() || y.is_nan() || (negative && base > 0.0 && base < f32::INFINITY && !whole);
    pick32(x == 1.0 || y == 0.0, 1.0, pick32(undefined, f32::NAN, value))
}

/// 2^(y log2 x), the exponent in f64.
#[inline(always)]
fn of_size(base: f32, y: f32) -> f32 {
    let (count, significand) = split_binary32(base);
    let m = significand as f64;
    let s = (m - 1.0) / (m + 1.0);
    let total = y as f64 * (count as f64 + s * polynomial(s * s, &LOGARITHM));
    let size = total.abs();
    let whole = pick(size < WHOLE, (size + WHOLE - WHOLE).copysign(total), total);
    let rest = ((total - whole) * LN_2) as f32;
    // Beyond, the result is 0 or infinite.
    let steps = pick(whole > 200.0, 200.0, pick(whole < -200.0, -200.0, whole)) as f32;
    let value = scaled32(exponential_of_rest(rest), (steps + (ROUNDER32 + 2.0 * BIAS)).to_bits());
    let limit = pick32((base > 1.0) == (y > 0.0), f32::INFINITY, 0.0);
    let special = base == 0.0 || base == f32::INFINITY || y.abs() == f32::INFINITY;
    let value = pick32(special, limit, value);
    pick32(base == 1.0 && y.abs() == f32::INFINITY, 1.0, value)
}
