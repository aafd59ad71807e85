//! `gelu` of f32: x times the probability that a normal variate is below x.

use super::exponential32::{BIAS, LN2_32, ROUNDER32};
#[cfg(target_arch = "x86_64")]
use super::gelu32_x86 as x86;
use super::word::{pick32, polynomial};
use crate::cpu::multiversion;
use crate::layout::CANONICAL_NAN_F32;

/// Down to the negative of this by [`ROWS`].
pub const NEAR: f32 = 6.0;
/// The row for a size s is s ([`WIDEST`] + s [`NARROWING`]), rounded: intervals get narrower as the tail gets steeper.
pub const WIDEST: f32 = 3.5;
pub const NARROWING: f32 = 0.275;
/// A row of coefficients: a centre, then c[0] to c[6].
pub type Row = [f32; 8];
/// s times the probability below -s is c[0] + r c[1] + r^2 (c[2] + ... + r^4 c[6]) with r = s - centre, within 2^-26.8.
/// Centres are near the middles of intervals, but such that c[0] and c[1], value and slope there, are f32 within 2^-6 ulp (in the
/// first two 0, so that results near 0 are exact in relation to themselves). The others are the least squares of relative
/// errors at 24 Chebyshev points, weighted by the last errors until these are level, and rounded one after the other:
/// `scripts/gelu-table.ts` computes them, and `TAIL`.
#[rustfmt::skip]
pub static ROWS: [Row; 32] = [
    [0.0, 0.0, 0.5, -0.3989423, 7.054642e-7, 0.06647665, 0.00010259105, -0.010210633],
    [0.0, 0.0, 0.5, -0.39893994, -4.4880235e-5, 0.06681379, -0.0010682284, -0.008527398],
    [0.54659873, 0.15978569, 0.104524635, -0.2922577, 0.11584959, 0.028603533, -0.0230831, -0.002064847],
    [0.8053575, 0.16937208, -0.021997426, -0.1949045, 0.12975699, -0.0014372348, -0.021788895, 0.0034675463],
    [1.0552438, 0.15370356, -0.095589496, -0.10132984, 0.11605794, -0.02433656, -0.01403606, 0.006447605],
    [1.2977988, 0.12611781, -0.1258605, -0.027129566, 0.08608256, -0.0354687, -0.0043079737, 0.006507553],
    [1.5286896, 0.0965684, -0.12640372, 0.020889163, 0.052547265, -0.03563808, 0.0035155735, 0.004541427],
    [1.7556207, 0.06948149, -0.110408686, 0.04622715, 0.022942778, -0.028745294, 0.007974206, 0.0019288599],
    [1.9786586, 0.04734382, -0.08753558, 0.05394091, 0.0015774714, -0.018960226, 0.0090249255, -0.00025517796],
    [2.1919181, 0.031109257, -0.06495701, 0.050635055, -0.010612693, -0.009852496, 0.007751827, -0.0015651924],
    [2.406931, 0.019360404, -0.044968005, 0.041773077, -0.015844433, -0.0027447804, 0.0053733992, -0.0019722139],
    [2.609143, 0.011841504, -0.03006746, 0.031882573, -0.01619343, 0.0014870887, 0.0030430271, -0.0017974308],
    [2.8100781, 0.0069590844, -0.019146567, 0.0226864, -0.014042523, 0.003552128, 0.0011780655, -0.0012782731],
    [3.001554, 0.004031168, -0.011897517, 0.015459875, -0.011054383, 0.004062458, -2.4065928e-6, -0.0007653942],
    [3.1957526, 0.0022285043, -0.007025814, 0.009923943, -0.007997117, 0.0037066736, -0.00063755363, -0.00032775922],
    [3.3847256, 0.0012057992, -0.0040362854, 0.0061360076, -0.0054587284, 0.0029768413, -0.00084824243, -4.8698985e-5],
    [3.565416, 0.00064762105, -0.0022878253, 0.003709719, -0.0035857446, 0.0022109742, -0.00081742834, 9.903752e-5],
    [3.7512963, 0.000329969, -0.0012283144, 0.0021179845, -0.0022096375, 0.0015135246, -0.00067148, 0.00015399634],
    [3.9295769, 0.0001671946, -0.0006527336, 0.0011891453, -0.0013258519, 0.0009905045, -0.0005018097, 0.00015392252],
    [4.0933995, 8.7004046e-5, -0.00035414373, 0.00067661965, -0.0007980917, 0.00063995057, -0.000358225, 0.00013104726],
    [4.2655597, 4.2527994e-5, -0.00018052869, 0.00036163218, -0.00045068792, 0.00038649823, -0.00023661318, 9.908109e-5],
    [4.4394016, 2.0023774e-5, -8.852197e-5, 0.00018554808, -0.0002435629, 0.00022219754, -0.0001472252, 6.917794e-5],
    [4.6189165, 8.9087125e-6, -4.0999814e-5, 8.984764e-5, -0.00012402299, 0.00011997373, -8.548467e-5, 4.5681736e-5],
    [4.7672434, 4.4517387e-6, -2.1154205e-5, 4.8016187e-5, -6.89388e-5, 6.9780086e-5, -5.246059e-5, 2.8611568e-5],
    [4.950423, 1.8329545e-6, -9.048486e-6, 2.1410782e-5, -3.219108e-5, 3.432577e-5, -2.7458997e-5, 1.7258042e-5],
    [5.099854, 8.6675993e-7, -4.4092617e-6, 1.0778763e-5, -1.6796865e-5, 1.8646364e-5, -1.5630003e-5, 1.0046927e-5],
    [5.2450075, 4.0983429e-7, -2.1447267e-6, 5.4056627e-6, -8.709937e-6, 1.0036075e-5, -8.76603e-6, 5.6552867e-6],
    [5.41293, 1.6780551e-7, -9.0649485e-7, 2.3641035e-6, -3.9530455e-6, 4.7441113e-6, -4.3451655e-6, 3.0907665e-6],
    [5.5675883, 7.1902384e-8, -3.9959923e-7, 1.074261e-6, -1.8561594e-6, 2.3089333e-6, -2.2014713e-6, 1.6415678e-6],
    [5.723898, 2.979498e-8, -1.702656e-7, 4.7153316e-7, -8.4117045e-7, 1.0831752e-6, -1.0732305e-6, 8.556788e-7],
    [5.8663697, 1.3065577e-8, -7.653368e-8, 2.1759433e-7, -3.992383e-7, 5.3004476e-7, -5.4304707e-7, 4.3501532e-7],
    [6.013156, 5.470344e-9, -3.2849535e-8, 9.588559e-8, -1.8093648e-7, 2.4758796e-7, -2.6216654e-7, 2.1661347e-7],
];

/// The probability below -x, times x e^(x^2 / 2), by powers of 1 / x^2; within 2^-27.4 from [`NEAR`] to [`GELU_MAX`]; likewise.
const TAIL: [f32; 5] = [0.3989422, -0.39890578, 1.1906573, -5.4971976, 22.689976];
/// e^(-s / 2) = 1 - s/2 + s^2 E(s), within 2^-28.2 for s within ln 2: that of `exp` with half the variable.
const HALF_POWER: [f32; 5] = [0.124999985, -0.020833146, 0.0026042566, -0.00026153564, 2.1619919e-5];
/// Below the negative of this, x times the probability is -0.
const GELU_MAX: f32 = 15.0;
/// The upper 12 bits of an f32, whose square is exact.
const UPPER_HALF: u32 = 0xffff_f000;
/// 2^-64. Tails are multiplied by it last, so that only that step makes denormal ones.
const SMALL: f32 = 5.421010862427522e-20;
/// A sum with a count is this and the count, whose low bits hold the exponent of 2^count / [`SMALL`].
const COUNT_ZERO: f32 = ROUNDER32 + BIAS + 64.0;

/// Elements that are computed side by side where there are no wide vectors.
const GROUP: usize = 4;
/// Elements that take the slow way together when one of them has to.
const BLOCK: usize = 64;

/// Writes the values for `input`, as many as the shorter slice has. NaNs are the canonical one.
pub fn gelu(input: &[f32], out: &mut [f32]) {
    let count = input.len().min(out.len());
    let (input, out) = (&input[..count], &mut out[..count]);
    if are_near(input, out) {
        return;
    }
    for (input, out) in input.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
        if !input.iter().fold(true, |all, &x| all & (x >= -NEAR)) {
            others(input, out);
        }
    }
}

/// Writes the values from -[`NEAR`] on; whether that is all of them, without NaNs. The slices are of one length.
#[inline]
fn are_near(input: &[f32], out: &mut [f32]) -> bool {
    #[cfg(target_arch = "x86_64")]
    match crate::cpu::level() {
        // SAFETY: the level is never above what the machine was found to have.
        crate::cpu::Level::Avx512 => return unsafe { x86::near_avx512(input, out) },
        // SAFETY: as above.
        crate::cpu::Level::Avx2 => return unsafe { x86::near_avx2(input, out) },
        crate::cpu::Level::Portable => {}
    }
    near(input, out)
}

fn near(input: &[f32], out: &mut [f32]) -> bool {
    let mut all = true;
    let (groups, rest) = input.as_chunks::<GROUP>();
    let (out_groups, out_rest) = out.as_chunks_mut::<GROUP>();
    for (out, x) in out_groups.iter_mut().zip(groups) {
        *out = near_together(*x);
        all &= x.iter().fold(true, |all, &x| all & (x >= -NEAR));
    }
    for (out, &x) in out_rest.iter_mut().zip(rest) {
        *out = near32(x);
        all &= x >= -NEAR;
    }
    all
}

/// For x from -[`NEAR`] on.
#[inline(always)]
pub fn near32(x: f32) -> f32 {
    let [value] = near_together([x]);
    value
}

/// For each x from -[`NEAR`] on. Whole rows of some elements are taken at once, and turned to columns.
#[inline(always)]
fn near_together<const N: usize>(x: [f32; N]) -> [f32; N] {
    let (mut sizes, mut columns) = ([0.0; N], [[0.0; N]; 8]);
    for i in 0..N {
        sizes[i] = pick32(x[i].abs() > NEAR, NEAR, x[i].abs());
    }
    let places = sizes.map(|size| (size * (size * NARROWING + WIDEST) + ROUNDER32).to_bits() & 31);
    let rows = places.map(|place| &ROWS[place as usize]);
    for column in 0..8 {
        for i in 0..N {
            columns[column][i] = rows[i][column];
        }
    }
    let mut out = [0.0; N];
    for i in 0..N {
        let [centre, c0, c1, c2, c3, c4, c5, c6] = columns.map(|column| column[i]);
        let r = sizes[i] - centre;
        let curve = c2 + r * (c3 + r * (c4 + r * (c5 + r * c6)));
        // -0 where x is.
        out[i] = pick32(-0.0 > x[i], -0.0, x[i]) - (c0 + (r * c1 + r * r * curve));
    }
    out
}

multiversion! {
    /// Values below -[`NEAR`], and NaNs.
    pub fn others(input: &[f32], out: &mut [f32]) {
        for (out, &x) in out.iter_mut().zip(input) {
            let value = pick32(x < -NEAR, -far32(x.abs()), *out);
            *out = pick32(x.is_nan(), f32::from_bits(CANONICAL_NAN_F32), value);
        }
    }
}

/// The probability below the negative of a size from [`NEAR`] on, times the size.
#[inline(always)]
fn far32(size: f32) -> f32 {
    let size = pick32(size > GELU_MAX, GELU_MAX, size);
    let upper = f32::from_bits(size.to_bits() & UPPER_HALF);
    let square_low = (size - upper) * (size + upper);
    let square = upper * upper;
    let base = polynomial(1.0 / (size * size), &TAIL);
    // e^(-size^2 / 2) as (1 + part) 2^count.
    let sum = square * (-0.5 * std::f32::consts::LOG2_E) + COUNT_ZERO;
    let count = sum - COUNT_ZERO;
    let rest = square + count * (2.0 * LN2_32[0]) + (count * (2.0 * LN2_32[1]) + square_low);
    let part = rest * rest * polynomial(rest, &HALF_POWER) - rest * 0.5;
    (base + base * part) * f32::from_bits(sum.to_bits() << 23) * SMALL
}

#[cfg(test)]
mod tests {
    use super::{NEAR, gelu};
    use crate::tensor::math::double;

    /// The largest errors with every `step`th f32 and its negative, NaNs left out, and where: from -[`NEAR`] on, and below.
    fn worst(step: usize) -> [(f64, f32); 2] {
        let (mut out, mut exact) = ([0f32; 1024], [0f64; 1024]);
        let mut worst = [(0.0, 0.0); 2];
        for first in (0..=f32::INFINITY.to_bits()).step_by(1024 * step) {
            for sign in [0, 1 << 31] {
                let bits = |i: usize| f32::INFINITY.to_bits().min(first + (i * step) as u32) | sign;
                let input: [f32; 1024] = std::array::from_fn(|i| f32::from_bits(bits(i)));
                gelu(&input, &mut out);
                double::gelu(&input.map(f64::from), &mut exact);
                for ((&x, &found), &exact) in input.iter().zip(&out).zip(&exact) {
                    assert_eq!(found.is_sign_negative(), x.is_sign_negative(), "{x}");
                    let error = error_ulp(found, exact);
                    let worst = &mut worst[usize::from(x < -NEAR)];
                    if error.is_nan() || error > worst.0 {
                        *worst = (error, x);
                    }
                }
            }
        }
        worst
    }

    fn error_ulp(found: f32, exact: f64) -> f64 {
        let nearest = (exact as f32).abs();
        if found.abs() == nearest {
            return 0.0;
        }
        let ulp = f64::from(nearest) - f64::from(nearest.next_down());
        (f64::from(found) - exact).abs() / ulp.max(2f64.powi(-149))
    }

    fn check(step: usize) {
        let [near, far] = worst(step);
        println!("{} ulp at {}, {} ulp at {}", near.0, near.1, far.0, far.1);
        assert!(near.0 <= 1.4, "{} ulp at {}", near.0, near.1);
        assert!(far.0 <= 1.8, "{} ulp at {}", far.0, far.1);
    }

    #[test]
    fn gelu_is_within_1_8_ulp() {
        check(4999);
    }

    #[test]
    #[ignore = "looks at all f32, which takes a minute"]
    fn gelu_is_within_1_8_ulp_everywhere() {
        check(1);
    }
}
