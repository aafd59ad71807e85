use super::exponential64::{EXP_MAX, EXP_MIN, LN2, count_ln2, expm1_of_rest, scaled};
use super::logarithm64::split_binary;
use super::word::{constant_power2, halved_polynomial, pick, product_error, sum_error};

/// atanh s = s + s^3 (1/3 + s^2 A(s^2)), within 2^-66.3; minimax by Remez' exchange.
const AREA_TANGENT: [f64; 7] = [
    0.20000000000001128,
    0.14285714285049217,
    0.11111111260064165,
    0.09090892174475265,
    0.07693379089894876,
    0.06628398842722517,
    0.0659825894860621,
];
const THIRD: [f64; 2] = [0.3333333333333333, 1.850371707708594e-17];
/// Larger exponents do what this does.
const HEIGHT_MAX: f64 = constant_power2(66);

#[inline(always)]
pub fn pow64(x: f64, y: f64) -> f64 {
    let whole = y.trunc() == y;
    let half = y * 0.5;
    let odd = whole && y.abs() < constant_power2(53) && half.trunc() != half;
    let base = x.abs();
    let negative = x.to_bits() >> 63 != 0;
    let size = of_size(base, y);
    let value = pick(odd && negative, -size, size);
    let undefined = x.is_nan() || y.is_nan() || (negative && base > 0.0 && base < f64::INFINITY && !whole);
    pick(x == 1.0 || y == 0.0, 1.0, pick(undefined, f64::NAN, value))
}

#[inline(always)]
fn of_size(base: f64, y: f64) -> f64 {
    let height = pick(y > HEIGHT_MAX, HEIGHT_MAX, pick(y < -HEIGHT_MAX, -HEIGHT_MAX, y));
    let (high, low) = long_logarithm(base);
    let product = height * high;
    let error = product_error(height, high, product) + height * low;
    let beyond = !(product < EXP_MAX && product > EXP_MIN);
    let bounded = pick(beyond, pick(product > 0.0, EXP_MAX, EXP_MIN), product);
    let (count, bits) = count_ln2(bounded);
    let rest = bounded - count * LN2[0] - (count * LN2[1] - pick(beyond, 0.0, error));
    let value = scaled(1.0 + expm1_of_rest(rest), bits);
    let limit = pick((base > 1.0) == (y > 0.0), f64::INFINITY, 0.0);
    let special = base == 0.0 || base == f64::INFINITY || y.abs() == f64::INFINITY;
    pick(base == 1.0, 1.0, pick(special, limit, value))
}

/// The logarithm of a positive number as a sum, within 2^-66 of it.
#[inline(always)]
fn long_logarithm(x: f64) -> (f64, f64) {
    let (count, significand) = split_binary(x);
    // s = (m - 1) / (m + 1)
    let y = significand - 1.0;
    let d = significand + 1.0;
    let d_low = sum_error(significand, 1.0, d);
    let s = y / d;
    let sd = s * d;
    let s_low = (y - sd - product_error(s, d, sd) - s * d_low) / d;
    let z = s * s;
    let z_low = product_error(s, s, z) + 2.0 * s * s_low;
    // 1/3 + z A(z)
    let end = z * halved_polynomial(z, &AREA_TANGENT);
    let a = THIRD[0] + end;
    let a_low = THIRD[0] - a + end + THIRD[1];
    // 1 + z (...)
    let za = z * a;
    let za_low = product_error(z, a, za) + (z * a_low + z_low * a);
    let b = 1.0 + za;
    let b_low = 1.0 - b + za + za_low;
    // 2 s (...)
    let sb = s * b;
    let sb_low = product_error(s, b, sb) + (s * b_low + s_low * b);
    let upper = count * LN2[0];
    let sum = upper + 2.0 * sb;
    let sum_low = upper - sum + 2.0 * sb + (count * LN2[1] + 2.0 * sb_low);
    let high = sum + sum_low;
    (high, sum - high + sum_low)
}
