//! [`super::exponential32::exp32`] of 16 elements a vector.

use std::arch::x86_64::*;

use super::exponential32::{EXPONENTIAL, LEAST, LN2_32, ROUNDER32};
use super::group_x86::{VECTORS, each, vector_loop};

/// Writes the values for `input`, as many as the shorter slice has.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
pub fn exp_avx512(input: &[f32], out: &mut [f32]) {
    let count = input.len().min(out.len());
    let (input, out) = (&input[..count], &mut out[..count]);
    vector_loop!(input, out, |x| exps(x));
}

/// One instruction multiplies with a power of 2 and rounds once, as two products do there. The count is found with another number
/// added to it, which changes no bit of it.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn exps<const COUNT: usize>(x: [__m512; COUNT]) -> [__m512; COUNT] {
    // NaN where x is.
    let bounded = each!(COUNT, i _mm512_min_ps(_mm512_set1_ps(89.0), x[i]));
    let sum = each!(COUNT, i _mm512_mul_ps(bounded[i], _mm512_set1_ps(std::f32::consts::LOG2_E)));
    let sum = each!(COUNT, i _mm512_add_ps(sum[i], _mm512_set1_ps(ROUNDER32)));
    let count = each!(COUNT, i _mm512_sub_ps(sum[i], _mm512_set1_ps(ROUNDER32)));
    let high = each!(COUNT, i _mm512_mul_ps(count[i], _mm512_set1_ps(LN2_32[0])));
    let high = each!(COUNT, i _mm512_sub_ps(bounded[i], high[i]));
    let low = each!(COUNT, i _mm512_mul_ps(count[i], _mm512_set1_ps(LN2_32[1])));
    let rest = each!(COUNT, i _mm512_sub_ps(high[i], low[i]));
    let mut end = [_mm512_set1_ps(EXPONENTIAL[4]); COUNT];
    for c in [EXPONENTIAL[3], EXPONENTIAL[2], EXPONENTIAL[1], EXPONENTIAL[0]] {
        end = each!(COUNT, i _mm512_mul_ps(end[i], rest[i]));
        end = each!(COUNT, i _mm512_add_ps(end[i], _mm512_set1_ps(c)));
    }
    let square = each!(COUNT, i _mm512_mul_ps(rest[i], rest[i]));
    let end = each!(COUNT, i _mm512_mul_ps(square[i], end[i]));
    let value = each!(COUNT, i _mm512_add_ps(rest[i], end[i]));
    let value = each!(COUNT, i _mm512_add_ps(value[i], _mm512_set1_ps(1.0)));
    each!(COUNT, i {
        let is_any = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(x[i], _mm512_set1_ps(LEAST));
        _mm512_maskz_scalef_ps(is_any, value[i], count[i])
    })
}

#[cfg(test)]
mod tests {
    use crate::cpu::{Level, at_each_level};
    use crate::tensor::math::single;

    /// All of every `step` blocks of 1,024 f32.
    fn check(step: usize) {
        at_each_level(|level| {
            let (mut found, mut expected) = ([0f32; 1024], [0f32; 1024]);
            for first in (0..=u32::MAX).step_by(1024 * step).filter(|_| level == Level::Avx512) {
                let input: [f32; 1024] = std::array::from_fn(|i| f32::from_bits(first.wrapping_add(i as u32)));
                single::exp(&input, &mut found);
                single::exp_in_groups(&input, &mut expected);
                for ((x, found), expected) in input.iter().zip(&found).zip(&expected) {
                    assert!(found.to_bits() == expected.to_bits() || x.is_nan() && found.is_nan(), "{x}");
                }
            }
        });
    }

    #[test]
    fn bits_are_those_of_products_with_powers() {
        check(997);
    }

    #[test]
    #[ignore = "looks at all f32, which takes seconds"]
    fn all_bits_are_those_of_products_with_powers() {
        check(1);
    }
}
