//! Loops over f64.

use super::angle64::{SMALL, reduce_large, reduce_small};
use super::arctangent64::{acos64, asin64, atan2_64, atan64};
use super::error64::{erf64, erfc64, gelu64};
use super::exponential64::{exp64, expm1_64, logistic64};
use super::hyperbolic64::{acosh64, asinh64, atanh64, cosh64, sinh64, tanh64};
use super::logarithm64::{log1p64, log2_64, log10_64, log64};
use super::power64::pow64;
use super::rounding::{floor_divide64, remainder64, sign64};
use super::sine64::{cos64, sin64, tan64};
use crate::cpu::multiversion;

macro_rules! loops {
    ($($name:ident |$x:ident| $value:expr;)*) => {
        $(multiversion! {
            pub fn $name(input: &[f64], out: &mut [f64]) {
                for (out, &$x) in out.iter_mut().zip(input) {
                    *out = $value;
                }
            }
        })*
    };
}

loops! {
    sign |x| sign64(x);
    floor |x| x.floor();
    ceil |x| x.ceil();
    trunc |x| x.trunc();
    round |x| x.round_ties_even();
    exp |x| exp64(x);
    expm1 |x| expm1_64(x);
    log |x| log64(x);
    log1p |x| log1p64(x);
    log2 |x| log2_64(x);
    log10 |x| log10_64(x);
    asin |x| asin64(x);
    acos |x| acos64(x);
    atan |x| atan64(x);
    sinh |x| sinh64(x);
    cosh |x| cosh64(x);
    tanh |x| tanh64(x);
    asinh |x| asinh64(x);
    acosh |x| acosh64(x);
    atanh |x| atanh64(x);
    erf |x| erf64(x);
    erfc |x| erfc64(x);
    logistic |x| logistic64(x);
    gelu |x| gelu64(x);
}

macro_rules! angle_loops {
    ($($name:ident |$x:ident, $reduced:ident| $value:expr;)*) => {
        $(multiversion! {
            pub fn $name(input: &[f64], out: &mut [f64]) {
                for (out, &$x) in out.iter_mut().zip(input) {
                    let $reduced = reduce_small($x);
                    *out = $value;
                }
                if are_small(input) {
                    return;
                }
                for (out, &$x) in out.iter_mut().zip(input) {
                    if $x.abs() > SMALL {
                        let $reduced = reduce_large($x);
                        *out = $value;
                    }
                }
            }
        })*
    };
}

angle_loops! {
    sin |x, reduced| sin64(x, reduced);
    cos |x, reduced| cos64(reduced);
    tan |x, reduced| tan64(x, reduced);
}

/// Whether all angles are within [`SMALL`].
#[inline(always)]
fn are_small(angles: &[f64]) -> bool {
    let largest = angles.iter().fold(0, |largest, x| (x.to_bits() & i64::MAX as u64).max(largest));
    largest <= SMALL.to_bits()
}

macro_rules! pair_loops {
    ($($name:ident |$a:ident, $b:ident| $value:expr;)*) => {
        $(multiversion! {
            pub fn $name(a: &[f64], b: &[f64], out: &mut [f64]) {
                for ((out, &$a), &$b) in out.iter_mut().zip(a).zip(b) {
                    *out = $value;
                }
            }
        })*
    };
}

pair_loops! {
    floor_divide |a, b| floor_divide64(a, b, a % b);
    remainder |a, b| remainder64(a, b);
    pow |a, b| pow64(a, b);
    atan2 |a, b| atan2_64(a, b);
}
