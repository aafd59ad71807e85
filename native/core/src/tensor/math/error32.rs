use super::exponential32::{BIAS, LN2_32, ROUNDER32};
use super::group::Group;
use super::word::{halved_polynomial, pick, pick32};

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

/// The probability that a normal variate is below x: 1/2 + x P(x^2), within 2^-24.9 up to [`GELU_NEAR`]; minimax, coefficients
/// rounded one after the other.
const PROBABILITY: [f32; 5] =
    [0.3989422917366028, -0.0664905235171318, 0.009973467327654362, -0.001183224725537002, 0.00010397872392786667];
const GELU_NEAR: f32 = 0.78;
/// The probability below -x, times x e^(x^2 / 2): [`TAIL_START`] and a polynomial of (x - 1) / (x + [`TAIL_FAR`]) times that
/// quotient, within 2^-27.4 from 0.77 to 13.8; likewise.
const TAIL_START: f32 = 0.2615782916545868;
const TAIL_CHANGE: [f32; 8] = [
    0.49879804253578186,
    -0.7147358655929565,
    0.46898433566093445,
    -0.06648725271224976,
    -0.07667636126279831,
    0.005452206823974848,
    0.03618669509887695,
    -0.01418390404433012,
];
const TAIL_FAR: f32 = 3.015625;
/// e^(-s / 2) = 1 - s/2 + s^2 E(s), within 2^-28.2 for s within ln 2: that of `exp` with half the variable.
const HALF_POWER: [f32; 5] =
    [0.1249999850988388, -0.020833145827054977, 0.0026042566169053316, -0.00026153563521802425, 2.16199186979793e-05];
/// Below the negative of this, x times the probability is -0.
const GELU_MAX: f32 = 15.0;
/// The upper 12 bits of an f32, whose square is exact.
const UPPER_HALF: u32 = 0xffff_f000;
/// 2^-64. Tails are multiplied by it last, so that only that step makes denormal ones.
const SMALL: f32 = 5.421010862427522e-20;
/// A sum with a count is this and the count, whose low bits hold the exponent of 2^count / [`SMALL`].
const COUNT_ZERO: f32 = ROUNDER32 + BIAS + 64.0;

#[inline(always)]
pub fn erf32(x: f32) -> f32 {
    let x = x as f64;
    let bounded = pick(x > ERF_MAX, ERF_MAX, pick(x < -ERF_MAX, -ERF_MAX, x));
    (bounded * halved_polynomial(bounded * bounded, &ERROR)) as f32
}

/// x times the probability that a normal variate is below x.
#[inline(always)]
pub fn gelu32<const SIZE: usize>(x: Group<SIZE>) -> Group<SIZE> {
    let size = x.map(|x| pick32(x.abs() > GELU_MAX, GELU_MAX, x.abs()));
    let place = size.map(|x| (x - 1.0) / (x + TAIL_FAR));
    let change = place * place.polynomial(&TAIL_CHANGE);
    // size^2 as a sum, and e^(-size^2 / 2) as (1 + part) 2^count.
    let upper = size.map(|x| f32::from_bits(x.to_bits() & UPPER_HALF));
    let square_low = (size - upper) * (size + upper);
    let square = upper * upper;
    let sum = square * (-0.5 * std::f32::consts::LOG2_E) + COUNT_ZERO;
    let count = sum - COUNT_ZERO;
    let rest = square + count * (2.0 * LN2_32[0]) + (count * (2.0 * LN2_32[1]) + square_low);
    let part = rest * rest * rest.polynomial(&HALF_POWER) - rest * 0.5;
    let scaled = change + (change + TAIL_START) * part + TAIL_START;
    let tail = scaled.with(sum, |scaled, sum| scaled * f32::from_bits(sum.to_bits() << 23) * SMALL);
    let near = x * x * (x * x).polynomial(&PROBABILITY);
    let mut out = [0.0; SIZE];
    for (i, out) in out.iter_mut().enumerate() {
        let x = x.0[i];
        let is_near = x.abs() < GELU_NEAR;
        let most = pick32(is_near, 0.5 * x, pick32(x > 0.0, x, 0.0));
        *out = (most + pick32(is_near, near.0[i], -tail.0[i])).copysign(x);
    }
    Group(out)
}
