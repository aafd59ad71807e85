use super::angle64::Reduced;
use super::word::{constant_power2, halved_polynomial, pick, quotient};

/// sin r = r + r^3 S(r^2) within 2^-57.9, cos r = 1 - r^2/2 + r^4 C(r^2) within 2^-64, up to pi/4; minimax by Remez'
/// exchange.
const SINE: [f64; 6] = [
    -0.1666666666666663,
    0.008333333333322106,
    -0.00019841269829579884,
    2.755731361793125e-6,
    -2.5050747206274075e-8,
    1.5896197020112933e-10,
];
const COSINE: [f64; 6] = [
    0.041666666666666595,
    -0.001388888888887304,
    2.4801587288841113e-5,
    -2.755731417615881e-7,
    2.0875700405363586e-9,
    -1.1358513414062384e-11,
];
/// Up to here angles, sines and tangents have the same f64 next to them.
const TINY: f64 = constant_power2(-27);

/// The sine of an angle that was reduced.
#[inline(always)]
pub fn sin64(x: f64, reduced: Reduced) -> f64 {
    let sine = reduced.rest + sine_end(reduced);
    let value = pick(reduced.quarter & 1 != 0, cosine_of_rest(reduced), sine);
    pick(x.abs() < TINY, x, pick(reduced.quarter & 2 != 0, -value, value))
}

#[inline(always)]
pub fn cos64(reduced: Reduced) -> f64 {
    let sine = reduced.rest + sine_end(reduced);
    let value = pick(reduced.quarter & 1 != 0, -sine, cosine_of_rest(reduced));
    pick(reduced.quarter & 2 != 0, -value, value)
}

#[inline(always)]
pub fn tan64(x: f64, reduced: Reduced) -> f64 {
    let Reduced { quarter, rest, .. } = reduced;
    let sine_rest = sine_end(reduced);
    let sine = rest + sine_rest;
    let sine_low = rest - sine + sine_rest;
    let first = 1.0 - 0.5 * (rest * rest);
    let cosine_rest = cosine_end(reduced);
    let cosine = first + cosine_rest;
    let cosine_low = first - cosine + cosine_rest;
    let odd = quarter & 1 != 0;
    let value = quotient(
        pick(odd, cosine, sine),
        pick(odd, cosine_low, sine_low),
        pick(odd, sine, cosine),
        pick(odd, sine_low, cosine_low),
    );
    pick(x.abs() < TINY, x, pick(odd, -value, value))
}

/// What the sine is more than the rest.
#[inline(always)]
fn sine_end(reduced: Reduced) -> f64 {
    let Reduced { rest, tail, .. } = reduced;
    let square = rest * rest;
    rest * square * halved_polynomial(square, &SINE) + tail * (1.0 - 0.5 * square)
}

#[inline(always)]
fn cosine_of_rest(reduced: Reduced) -> f64 {
    1.0 - 0.5 * (reduced.rest * reduced.rest) + cosine_end(reduced)
}

/// What the cosine is more than `1 - rest^2 / 2`, rounded.
#[inline(always)]
fn cosine_end(reduced: Reduced) -> f64 {
    let Reduced { rest, tail, .. } = reduced;
    let square = rest * rest;
    let half = 0.5 * square;
    let first = 1.0 - half;
    1.0 - first - half + (square * square * halved_polynomial(square, &COSINE) - rest * tail)
}
