use super::exponential32::ROUNDER32;
use super::word::constant_power2;

/// An angle as `quarter * pi/2 + head - tail`, within pi/4 and a little.
#[derive(Clone, Copy, Debug)]
pub struct Reduced32 {
    /// The two lowest bits count.
    pub quarter: u32,
    /// The head less the tail, rounded.
    pub rest: f32,
    pub head: f32,
    pub tail: f32,
}

/// Angles up to this are reduced by [`reduce_small32`]: 2^11 quarters.
pub const SMALL32: f32 = 3216.0;
/// Likewise by [`reduce_small_long`]: 2^13 quarters.
pub const SMALL_LONG: f32 = 12_867.0;

const TWO_OVER_PI: f32 = std::f32::consts::FRAC_2_PI;
/// pi/2 = the sum: parts of 12 and 13 bits, so that products with numbers of quarters are exact, and one of 24 bits that is
/// below 2^-33.
const HALF_PI: [f32; 3] = [1.57080078125, -0.000004454515874385834, 6.07710062827671e-11];
/// pi/2 = the sum: 40 bits, and 53 more.
const HALF_PI_LONG: [f64; 2] = [1.5707963267941523, 7.443547480486623e-13];
/// Bits of 2/pi, the first of which is worth 1/2; 32 zeros before them.
const TWO_OVER_PI_BITS: [u32; 8] =
    [0, 0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041, 0xfe51_63ab];

/// Cody and Waite's reduction of an f32 within [`SMALL32`].
#[inline(always)]
pub fn reduce_small32(angle: f32) -> Reduced32 {
    let sum = angle * TWO_OVER_PI + ROUNDER32;
    let count = sum - ROUNDER32;
    // Where there are none, +0 is subtracted and then -0 added: so an angle of -0 stays one.
    let opposite = ROUNDER32 - sum;
    let head = angle - count * HALF_PI[0] + opposite * HALF_PI[1];
    let tail = count * HALF_PI[2];
    Reduced32 { quarter: sum.to_bits(), rest: head - tail, head, tail }
}

/// The same within [`SMALL_LONG`]: the quarter, and the rest in f64, exact to 2^-60 or so.
#[inline(always)]
pub fn reduce_small_long(angle: f32) -> (u32, f64) {
    let sum = angle * TWO_OVER_PI + ROUNDER32;
    let count = (sum - ROUNDER32) as f64;
    (sum.to_bits(), angle as f64 - count * HALF_PI_LONG[0] - count * HALF_PI_LONG[1])
}

/// Payne and Hanek's reduction of an f32 of at least 2^-7: of the product of its 24 bits with 2/pi only what can change the
/// result is computed, three words. The quarter and the rest in f64; infinity and NaN give a NaN.
pub fn reduce_large_long(angle: f32) -> (u32, f64) {
    if !angle.is_finite() {
        return (0, f64::NAN);
    }
    let bits = angle.to_bits();
    let mantissa = bits & 0x7f_ffff | 0x80_0000;
    // angle = mantissa * 2^exponent; bit `exponent + 30` of the words is worth two quarters in the product with the mantissa.
    let start = (bits >> 23).saturating_sub(120);
    let shift = start & 31;
    let word = |i: u32| {
        let at = |i: u32| TWO_OVER_PI_BITS.get(i as usize).copied().unwrap_or(0);
        let first = (start >> 5) + i;
        at(first) << shift | at(first + 1) >> 1 >> (31 - shift)
    };
    let long = mantissa as f64;
    // In units of 2^-30 quarters. Whole turns fall out of the first product at its upper end.
    let fraction = long * word(1) as f64 * constant_power2(-32);
    let whole = fraction.floor();
    let sum = mantissa.wrapping_mul(word(0)).wrapping_add(whole as u32);
    let quarter = sum.wrapping_add(1 << 29) >> 30;
    let rest = sum.wrapping_sub(quarter << 30) as i32;
    let units = rest as f64 + (fraction - whole) + long * word(2) as f64 * constant_power2(-64);
    (quarter, units * (std::f64::consts::FRAC_PI_2 * constant_power2(-30)))
}
