//! Constants and the final mix of the digests; the twin of `src/native/reference/mix.ts`.

pub const GOLDEN: u32 = 0x9e37_79b1;
pub const ROOT_3: u32 = 0xbb67_ae85;
pub const ROOT_5: u32 = 0x3c6e_f373;
pub const ROOT_7: u32 = 0xa54f_f53b;
pub const ROOT_2: u32 = 0x6a09_e667;
const ROOT_11: u32 = 0x510e_527f;
const ROOT_13: u32 = 0x9b05_688d;

/// A bijection of 32 bits in which every input bit reaches every output bit.
#[inline(always)]
pub fn mix(mut x: u32) -> u32 {
    x = (x ^ x >> 16).wrapping_mul(ROOT_11);
    x = (x ^ x >> 15).wrapping_mul(ROOT_13);
    x ^ x >> 16
}
