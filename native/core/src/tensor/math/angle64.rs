use super::word::{ROUNDER, constant_power2, product_error};

/// An angle as `quarter * pi/2 + rest + tail`, the rest within pi/4 and a little; the tail is what the rest was rounded by.
#[derive(Clone, Copy, Debug)]
pub struct Reduced {
    /// The two lowest bits count.
    pub quarter: u64,
    pub rest: f64,
    pub tail: f64,
}

/// Angles up to this are reduced by [`reduce_small`].
pub const SMALL: f64 = constant_power2(20);
const TWO_OVER_PI: f64 = std::f64::consts::FRAC_2_PI;
/// pi/2 = the sum: 33 bits twice, so that products with numbers of quarters are exact, and 53 more.
const HALF_PI: [f64; 3] = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21];
/// pi/2 = the sum of two f64.
pub const HALF_PI_LONG: [f64; 2] = [std::f64::consts::FRAC_PI_2, 6.123233995736766e-17];

/// 1,280 bits of 2/pi, the first of which is worth 1/2.
const TWO_OVER_PI_BITS: [u64; 20] = [
    0xa2f9_836e_4e44_1529,
    0xfc27_57d1_f534_ddc0,
    0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561,
    0xb724_6e3a_424d_d2e0,
    0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484,
    0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4,
    0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f,
    0x6d36_7ecf_27cb_09b7,
    0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b,
    0x3d07_39f7_8a52_92ea,
    0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab,
    0xf0cf_bc20_9af4_361d,
];
/// Bits of 2/pi that are used at a time, in words.
const WINDOW: usize = 4;
/// Fractions of quarters have so many bits.
const FRACTION: usize = 127;

/// Cody and Waite's reduction; larger angles give anything, NaN gives NaN.
#[inline(always)]
pub fn reduce_small(angle: f64) -> Reduced {
    let sum = angle * TWO_OVER_PI + ROUNDER;
    let count = sum - ROUNDER;
    let a = angle - count * HALF_PI[0];
    let b = count * HALF_PI[1];
    let high = a - b;
    let b_rounded = high - a;
    let low = a - (high - b_rounded) - (b + b_rounded) - count * HALF_PI[2];
    let rest = high + low;
    Reduced { quarter: sum.to_bits(), rest, tail: high - rest + low }
}

/// Payne and Hanek's reduction: bits of 2/pi that would give whole turns are left out, and those that do not matter.
pub fn reduce_large(angle: f64) -> Reduced {
    if !angle.is_finite() {
        return Reduced { quarter: 0, rest: f64::NAN, tail: f64::NAN };
    }
    let bits = angle.to_bits();
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    // The angle is mantissa * 2^exponent.
    let skipped = (exponent - 2).max(0);
    let (word, bit) = (skipped as usize / 64, skipped as u32 % 64);
    // Lowest words first.
    let mut product = [0u64; WINDOW + 1];
    let mut carry = 0u128;
    for i in 0..WINDOW {
        let at = word + WINDOW - 1 - i;
        let pair = (two_over_pi(at) as u128) << 64 | two_over_pi(at + 1) as u128;
        let window = (pair << bit >> 64) as u64;
        carry += mantissa as u128 * window as u128;
        product[i] = carry as u64;
        carry >>= 64;
    }
    product[WINDOW] = carry as u64;
    let shift = (64 * WINDOW as i32 - (exponent - skipped)).max(0) as usize;
    let fraction = (bits_from(&product, shift - FRACTION) << 1) as i128 >> 1;
    let quarter = (bits_from(&product, shift) & 3) as u64 + u64::from(fraction < 0);
    let high = fraction as f64;
    let low = (fraction - high as i128) as f64 * constant_power2(-(FRACTION as i32));
    turned(quarter, high * constant_power2(-(FRACTION as i32)), low, angle < 0.0)
}

fn two_over_pi(word: usize) -> u64 {
    TWO_OVER_PI_BITS.get(word).copied().unwrap_or(0)
}

/// 128 bits of a number from bit `start` on.
fn bits_from(words: &[u64], start: usize) -> u128 {
    let word = |i: usize| words.get(start / 64 + i).copied().unwrap_or(0) as u128;
    let low = word(1) << 64 | word(0);
    match start % 64 {
        0 => low,
        bit => low >> bit | word(2) << (128 - bit),
    }
}

/// `fraction + low` quarters after `quarter`, in radians.
fn turned(quarter: u64, fraction: f64, low: f64, negative: bool) -> Reduced {
    let product = fraction * HALF_PI_LONG[0];
    let end = product_error(fraction, HALF_PI_LONG[0], product) + (fraction * HALF_PI_LONG[1] + low * HALF_PI_LONG[0]);
    let rest = product + end;
    let tail = product - rest + end;
    if negative {
        Reduced { quarter: quarter.wrapping_neg(), rest: -rest, tail: -tail }
    } else {
        Reduced { quarter, rest, tail }
    }
}
