//! Loops over f32.

use super::angle32::{SMALL_LONG, SMALL32};
use super::arctangent32::{atan2_32, atan32};
use super::arctangent64::{acos64, asin64};
use super::error32::erf32;
use super::error64::erfc64;
use super::exponential32::{exp32, logistic32, tanh32};
use super::exponential64::expm1_64;
pub use super::gelu32::gelu;
use super::group::{Group, LONG, SHORT};
use super::hyperbolic64::{acosh64, asinh64, atanh64, cosh64, sinh64};
use super::logarithm32::log32;
use super::logarithm64::{log1p64, log2_64, log10_64};
use super::power32::pow32;
use super::rounding::{floor_divide32, is_near32, remainder_of_rest32, remainder32, rest_near32, sign32};
use super::sine32::{cos_large32, cos_small32, sin_large32, sin_small32, tan_large32, tan_small32};
use crate::cpu::multiversion;

/// Elements that take the slow way together when one of them has to.
const BLOCK: usize = 64;

macro_rules! loops {
    ($($name:ident |$x:ident| $value:expr;)*) => {
        $(multiversion! {
            pub fn $name(input: &[f32], out: &mut [f32]) {
                for (out, &$x) in out.iter_mut().zip(input) {
                    *out = $value;
                }
            }
        })*
    };
}

loops! {
    sign |x| sign32(x);
    floor |x| x.floor();
    ceil |x| x.ceil();
    trunc |x| x.trunc();
    round |x| x.round_ties_even();
    expm1 |x| expm1_64(x as f64) as f32;
    log |x| log32(x);
    log1p |x| log1p64(x as f64) as f32;
    log2 |x| log2_64(x as f64) as f32;
    log10 |x| log10_64(x as f64) as f32;
    asin |x| asin64(x as f64) as f32;
    acos |x| acos64(x as f64) as f32;
    atan |x| atan32(x);
    sinh |x| sinh64(x as f64) as f32;
    cosh |x| cosh64(x as f64) as f32;
    tanh |x| tanh32(x);
    asinh |x| asinh64(x as f64) as f32;
    acosh |x| acosh64(x as f64) as f32;
    atanh |x| atanh64(x as f64) as f32;
    erf |x| erf32(x);
    erfc |x| erfc64(x as f64) as f32;
    logistic |x| logistic32(x);
}

/// Writes the values for `input`, as many as the shorter slice has.
pub fn exp(input: &[f32], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if crate::cpu::level() == crate::cpu::Level::Avx512 {
        // SAFETY: the level is never above what the machine was found to have.
        return unsafe { super::exponential32_x86::exp_avx512(input, out) };
    }
    exp_in_groups(input, out);
}

multiversion! {
    pub fn exp_in_groups(input: &[f32], out: &mut [f32]) {
        let count = input.len().min(out.len());
        let (input, out) = (&input[..count], &mut out[..count]);
        let (groups, rest) = input.as_chunks();
        let (out_groups, out_rest) = out.as_chunks_mut();
        for (out, group) in out_groups.iter_mut().zip(groups) {
            *out = exp32(Group::<LONG>(*group)).0;
        }
        for (out, values) in out_rest.chunks_mut(SHORT).zip(rest.chunks(SHORT)) {
            let values = exp32(Group::<SHORT>::padded(values)).0;
            for (out, value) in out.iter_mut().zip(values) {
                *out = value;
            }
        }
    }
}

/// Loops with a formula for sizes up to a limit; another for what is above it, in blocks that have
/// such.
macro_rules! limited_loops {
    ($($name:ident $limit:ident $near:ident $far:ident;)*) => {
        $(multiversion! {
            pub fn $name(input: &[f32], out: &mut [f32]) {
                for (out, &x) in out.iter_mut().zip(input) {
                    *out = $near(x);
                }
                if are_within($limit, input) {
                    return;
                }
                for (input, out) in input.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
                    if !are_within($limit, input) {
                        for (out, &x) in out.iter_mut().zip(input) {
                            *out = if x.abs() <= $limit { *out } else { $far(x) };
                        }
                    }
                }
            }
        })*
    };
}

limited_loops! {
    sin SMALL32 sin_small32 sin_large32;
    cos SMALL32 cos_small32 cos_large32;
    tan SMALL_LONG tan_small32 tan_large32;
}

#[inline(always)]
fn are_within(limit: f32, values: &[f32]) -> bool {
    let largest = values.iter().fold(0, |largest, x| (x.to_bits() & i32::MAX as u32).max(largest));
    largest <= limit.to_bits()
}

macro_rules! pair_loops {
    ($($name:ident |$a:ident, $b:ident| $value:expr;)*) => {
        $(multiversion! {
            pub fn $name(a: &[f32], b: &[f32], out: &mut [f32]) {
                for ((out, &$a), &$b) in out.iter_mut().zip(a).zip(b) {
                    *out = $value;
                }
            }
        })*
    };
}

pair_loops! {
    pow |a, b| pow32(a, b);
    atan2 |a, b| atan2_32(a, b);
}

/// Loops over remainders: `near` with those that one step gives, `any` for blocks that have others.
macro_rules! remainder_loops {
    ($($name:ident |$a:ident, $b:ident, $rest:ident| $near:expr, $any:expr;)*) => {
        $(multiversion! {
            pub fn $name(a: &[f32], b: &[f32], out: &mut [f32]) {
                for ((out, &$a), &$b) in out.iter_mut().zip(a).zip(b) {
                    let $rest = rest_near32($a, $b);
                    *out = $near;
                }
                if are_near(a, b) {
                    return;
                }
                for ((a, b), out) in a.chunks(BLOCK).zip(b.chunks(BLOCK)).zip(out.chunks_mut(BLOCK)) {
                    if !are_near(a, b) {
                        for ((out, &$a), &$b) in out.iter_mut().zip(a).zip(b) {
                            *out = $any;
                        }
                    }
                }
            }
        })*
    };
}

#[inline(always)]
fn are_near(a: &[f32], b: &[f32]) -> bool {
    a.iter().zip(b).fold(true, |all, (&a, &b)| all & is_near32(a, b))
}

remainder_loops! {
    remainder |a, b, rest| remainder_of_rest32(rest, b), remainder32(a, b);
    floor_divide |a, b, rest| floor_divide32(a, b, rest), floor_divide32(a, b, a % b);
}
