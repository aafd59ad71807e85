use super::exponential32::LN2_32;
use super::word::{pick32, polynomial};

/// Bits of the f32 next to the root of 1/2: significands are taken from there to the root of 2.
const ROOT_HALF_BITS: u32 = 0x3f35_04f3;

/// ln m = 2s + s L(s^2) with s = (m - 1) / (m + 1), within 2^-30; minimax by Remez' exchange, coefficients rounded one
/// after the other.
const LOGARITHM: [f32; 3] = [0.6666677594184875, 0.3997756838798523, 0.29871460795402527];

/// A positive f32 as `significand * 2^count`, the significand between the roots of 1/2 and 2: count, significand.
#[inline(always)]
pub fn split_binary32(x: f32) -> (i32, f32) {
    let small = x < f32::MIN_POSITIVE;
    let bits = pick32(small, x * 16_777_216.0, x).to_bits();
    let count = bits.wrapping_sub(ROOT_HALF_BITS) as i32 >> 23;
    let significand = bits.wrapping_sub((count as u32) << 23);
    (if small { count - 24 } else { count }, f32::from_bits(significand))
}

#[inline(always)]
pub fn log32(x: f32) -> f32 {
    let (count, significand) = split_binary32(x);
    let count = count as f32;
    let y = significand - 1.0;
    let s = y / (y + 2.0);
    let square = s * s;
    let half = y * 0.5 * y;
    let end = s * (half + square * polynomial(square, &LOGARITHM));
    let low = half - (end + count * LN2_32[1]);
    let value = y - low + count * LN2_32[0];
    let special = pick32(x == 0.0, f32::NEG_INFINITY, pick32(x > 0.0, x, f32::NAN));
    pick32(x > 0.0 && x < f32::INFINITY, value, special)
}
