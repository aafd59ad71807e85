use super::exponential64::{LN2, count_ln2, expm1_of_rest, scaled};
use super::word::{halved_polynomial, pick, product_error, quotient};
use std::f64::consts::FRAC_1_SQRT_2;

/// erf b = b + b E(b^2), within 2^-57.8 up to 1/2; minimax by Remez' exchange.
const ERROR: [f64; 9] = [
    0.12837916709551256,
    -0.37612638903183465,
    0.11283791670924728,
    -0.026866170632686336,
    0.005223977369823511,
    -0.0008548297478090887,
    0.00012053321964606211,
    -1.4845521977930644e-5,
    1.472255838539554e-6,
];
/// erfc b = e^(-b^2) W(t) / (1 + 2b), W = [`TAIL_MEAN`] + t times this, with t = (b - 3.5) / (b + 3.5), within 2^-60.2
/// from 1/2 to 27.4; likewise.
const TAIL: [f64; 21] = [
    -0.14000918013761943,
    -0.010555596332218326,
    0.09751909515325845,
    -0.11508959816018965,
    0.08798315382487076,
    -0.04882332582795303,
    0.01909933094235697,
    -0.004215019907302759,
    -0.0003022678777599289,
    0.0005643844158977254,
    -0.00012151241334674237,
    -4.2782232310103735e-5,
    2.4260881254546402e-5,
    2.328335500206896e-6,
    -3.814226304566098e-6,
    -4.431106678702094e-8,
    5.998930603543623e-7,
    -7.845997244946285e-9,
    -9.279083357597345e-8,
    5.370107515999372e-10,
    1.0317620323488946e-8,
];
const TAIL_MEAN: f64 = 1.2423492448711544;
const TAIL_CENTER: f64 = 3.5;
/// What the f64 next to the root of 1/2 lacks.
const ROOT_HALF_LOW: f64 = -4.833646656726457e-17;
/// From here on by [`TAIL`].
const NEAR: f64 = 0.5;
const FAR: f64 = 27.5;

#[inline(always)]
pub fn erf64(x: f64) -> f64 {
    let size = x.abs();
    let bounded = pick(size > 6.0, 6.0, size);
    let square = bounded * bounded;
    let rest = tail(square, product_error(bounded, bounded, square), bounded, 0.0, 1.0);
    let rest = pick(size > 6.0, 0.0, rest);
    pick(size < NEAR, near_zero(x), pick(x < 0.0, rest - 1.0, 1.0 - rest))
}

#[inline(always)]
pub fn erfc64(x: f64) -> f64 {
    let size = x.abs();
    let bounded = pick(size > FAR, FAR, size);
    let square = bounded * bounded;
    let rest = tail(square, product_error(bounded, bounded, square), bounded, 0.0, 1.0);
    pick(size < NEAR, 1.0 - near_zero(x), pick(x < 0.0, 2.0 - rest, rest))
}

#[inline(always)]
pub fn gelu64(x: f64) -> f64 {
    let bounded = pick(x < -40.0, -40.0, pick(x > 40.0, 40.0, x));
    let root = bounded.abs() * FRAC_1_SQRT_2;
    let root_low = product_error(bounded.abs(), FRAC_1_SQRT_2, root) + bounded.abs() * ROOT_HALF_LOW;
    let near = x * (0.5 + 0.5 * near_zero(bounded * FRAC_1_SQRT_2));
    let square = bounded * bounded;
    let factor = pick(x < 0.0, 0.5 * bounded, 0.5);
    let rest = tail(0.5 * square, 0.5 * product_error(bounded, bounded, square), root, root_low, factor);
    pick(root < NEAR, near, pick(x < 0.0, rest, x * (1.0 - rest)))
}

/// The error function up to 1/2.
#[inline(always)]
fn near_zero(b: f64) -> f64 {
    b + b * halved_polynomial(b * b, &ERROR)
}

/// `factor` erfc b for b from 1/2, given b and its square as sums.
#[inline(always)]
fn tail(square: f64, square_low: f64, b: f64, b_low: f64, factor: f64) -> f64 {
    let (count, bits) = count_ln2(-square);
    let rest = expm1_of_rest(-square - count * LN2[0] - (count * LN2[1] + square_low));
    let power = 1.0 + rest;
    let power_low = 1.0 - power + rest;
    let t = (b - TAIL_CENTER) / (b + TAIL_CENTER);
    let end = t * halved_polynomial(t, &TAIL);
    let w = TAIL_MEAN + end;
    let w_low = TAIL_MEAN - w + end;
    let below = 1.0 + 2.0 * b;
    // W hardly changes with the lower part.
    let below_low = 2.0 * b - below + 1.0 + 2.0 * b_low;
    let product = power * w;
    let product_low = product_error(power, w, product) + (power_low * w + power * w_low);
    scaled(factor * quotient(product, product_low, below, below_low), bits)
}
