//! A rule with sin, cos and exp, all three as polynomials in f32: interpolation at Chebyshev nodes over an eighth of a
//! turn, and over half of ln 2 to both sides.

use crate::version::versions;

versions! {
    swing = swing_body(x: &mut [f32], y: &mut [f32], phase: &[f32], rate: &[f32], decay: &[f32], time: f32)
}

#[inline(always)]
fn swing_body(x: &mut [f32], y: &mut [f32], phase: &[f32], rate: &[f32], decay: &[f32], time: f32) {
    let rows = x.len();
    let (y, phase, rate, decay) = (&mut y[..rows], &phase[..rows], &rate[..rows], &decay[..rows]);
    for i in 0..rows {
        let (sine, cosine) = sine_cosine(phase[i] + rate[i] * time);
        let size = exp(-decay[i] * time);
        x[i] = size * cosine;
        y[i] = size * sine;
    }
}

/// Added to and taken from a number below 2^22, it rounds it; its low bits are the whole number then.
const ROUND: f32 = 12_582_912.0;

/// For angles up to some hundreds. A quarter of a turn in three parts that lose nothing when multiplied.
#[inline(always)]
fn sine_cosine(angle: f32) -> (f32, f32) {
    let shifted = angle * std::f32::consts::FRAC_2_PI + ROUND;
    let quarter = shifted.to_bits();
    let n = shifted - ROUND;
    let r = ((angle - n * 1.570_312_5) - n * 4.837_513e-4) - n * 7.549_79e-8;
    let u = r * r;
    let s = r + r * u * (-0.166_666_51 + u * (8.332_035_8e-3 + u * -1.950_390_4e-4));
    let c = 1.0 - 0.5 * u + u * u * (4.166_666_5e-2 + u * (-1.388_830_3e-3 + u * 2.454_794_2e-5));
    let swap = quarter & 1 != 0;
    let (sine, cosine) = if swap { (c, s) } else { (s, c) };
    let sign = |value: f32, bits: u32| f32::from_bits(value.to_bits() ^ ((bits & 2) << 30));
    (sign(sine, quarter), sign(cosine, quarter.wrapping_add(1)))
}

/// For -87 to 88.
#[inline(always)]
fn exp(power: f32) -> f32 {
    let shifted = power * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (power - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let e = 0.041_917_546 + r * 8.369_154e-3;
    let e = 0.166_665_05 + r * e;
    let e = 0.499_988_7 + r * e;
    let e = 1.0 + (r + r * r * e);
    e * f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000))
}
