//! The element types that are multiplied.

use super::path::{Path, path32, path64};

/// `f32` or `f64`.
pub trait Real: Copy + PartialEq + Sync + 'static {
    const ZERO: Self;

    /// `self * by + to`, rounded once, whatever the machine has.
    fn fused(self, by: Self, to: Self) -> Self;

    /// Code for this machine.
    fn path() -> &'static Path<Self>;
}

impl Real for f32 {
    const ZERO: f32 = 0.0;

    #[inline(always)]
    fn fused(self, by: f32, to: f32) -> f32 {
        if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
            self.mul_add(by, to)
        } else {
            odd(self, by, to)
        }
    }

    fn path() -> &'static Path<f32> {
        path32()
    }
}

impl Real for f64 {
    const ZERO: f64 = 0.0;

    #[inline(always)]
    fn fused(self, by: f64, to: f64) -> f64 {
        self.mul_add(by, to)
    }

    fn path() -> &'static Path<f64> {
        path64()
    }
}

/// A fused multiply-add without the instruction. The product is exact in f64; the sum is rounded there to odd, whose
/// sticky last bit keeps the second rounding correct, since 53 bits are at least 24 + 2 (Boldo and Melquiond 2008).
#[inline(always)]
pub fn odd(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let part = sum - product;
    let lost = (product - (sum - part)) + (c - part);
    let bits = sum.to_bits();
    let inexact = lost != 0.0 && sum.is_finite() && bits & 1 == 0;
    // Away from zero when the lost part has the sign of the sum, towards it otherwise.
    let step = if (lost > 0.0) == (sum > 0.0) { 1 } else { u64::MAX };
    f64::from_bits(bits.wrapping_add(if inexact { step } else { 0 })) as f32
}
