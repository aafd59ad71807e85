//! Separation with 16 or 8 neighbours at a time.

use std::arch::x86_64::*;

use crate::spatial::Index;
use crate::spatial_separate::{Pushes, Sum, each_row};

#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,popcnt")]
pub fn separate_avx512(index: &Index, radius: f32, out: &mut Pushes) {
    each_row(index, radius, out, #[inline(always)]
    |runs, falloff, x, y| {
        // SAFETY: this closure runs inside a function with these features.
        unsafe {
            let (x, y) = (_mm512_set1_ps(x), _mm512_set1_ps(y));
            let radius2 = _mm512_set1_ps(falloff.radius2);
            let near = _mm512_set1_ps(falloff.near);
            let slope = _mm512_set1_ps(falloff.slope);
            let (mut sum_x, mut sum_y) = (_mm512_setzero_si512(), _mm512_setzero_si512());
            let (mut count, mut same) = (0, 0);
            runs.each(#[inline(always)]
            |xs, ys| {
                let mut i = 0;
                while i < xs.len() {
                    let left = xs.len() - i;
                    let lanes = if left >= 16 { 0xffff } else { (1u16 << left) - 1 };
                    let dx = _mm512_sub_ps(x, _mm512_maskz_loadu_ps(lanes, xs.as_ptr().add(i)));
                    let dy = _mm512_sub_ps(y, _mm512_maskz_loadu_ps(lanes, ys.as_ptr().add(i)));
                    let d2 = _mm512_add_ps(_mm512_mul_ps(dx, dx), _mm512_mul_ps(dy, dy));
                    let hit = _mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(lanes, d2, radius2);
                    let zero = _mm512_mask_cmp_ps_mask::<_CMP_EQ_OQ>(lanes, d2, _mm512_setzero_ps());
                    let weight = _mm512_sub_ps(near, _mm512_mul_ps(d2, slope));
                    // Rounds to the nearest integer, ties to even.
                    let push_x = _mm512_cvtps_epi32(_mm512_mul_ps(dx, weight));
                    let push_y = _mm512_cvtps_epi32(_mm512_mul_ps(dy, weight));
                    sum_x = _mm512_mask_add_epi32(sum_x, hit, sum_x, push_x);
                    sum_y = _mm512_mask_add_epi32(sum_y, hit, sum_y, push_y);
                    count += u32::from(hit).count_ones();
                    same += u32::from(zero).count_ones();
                    i += 16;
                }
            });
            let (x, y) = fold(
                _mm256_add_epi32(_mm512_castsi512_si256(sum_x), _mm512_extracti64x4_epi64::<1>(sum_x)),
                _mm256_add_epi32(_mm512_castsi512_si256(sum_y), _mm512_extracti64x4_epi64::<1>(sum_y)),
            );
            (Sum { x, y, count }, same)
        }
    });
}

#[target_feature(enable = "avx2,popcnt")]
pub fn separate_avx2(index: &Index, radius: f32, out: &mut Pushes) {
    each_row(index, radius, out, #[inline(always)]
    |runs, falloff, x, y| {
        // SAFETY: this closure runs inside a function with these features.
        unsafe {
            let (x, y) = (_mm256_set1_ps(x), _mm256_set1_ps(y));
            let radius2 = _mm256_set1_ps(falloff.radius2);
            let near = _mm256_set1_ps(falloff.near);
            let slope = _mm256_set1_ps(falloff.slope);
            let numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let (mut sum_x, mut sum_y) = (_mm256_setzero_si256(), _mm256_setzero_si256());
            let (mut count, mut same) = (0, 0);
            runs.each(#[inline(always)]
            |xs, ys| {
                let mut i = 0;
                while i < xs.len() {
                    let left = (xs.len() - i).min(8) as i32;
                    let lanes = _mm256_cmpgt_epi32(_mm256_set1_epi32(left), numbers);
                    let dx = _mm256_sub_ps(x, _mm256_maskload_ps(xs.as_ptr().add(i), lanes));
                    let dy = _mm256_sub_ps(y, _mm256_maskload_ps(ys.as_ptr().add(i), lanes));
                    let d2 = _mm256_add_ps(_mm256_mul_ps(dx, dx), _mm256_mul_ps(dy, dy));
                    let lanes = _mm256_castsi256_ps(lanes);
                    let hit = _mm256_and_ps(lanes, _mm256_cmp_ps::<_CMP_LE_OQ>(d2, radius2));
                    let zero = _mm256_and_ps(lanes, _mm256_cmp_ps::<_CMP_EQ_OQ>(d2, _mm256_setzero_ps()));
                    let weight = _mm256_sub_ps(near, _mm256_mul_ps(d2, slope));
                    // Rounds to the nearest integer, ties to even.
                    let push_x = _mm256_cvtps_epi32(_mm256_mul_ps(dx, weight));
                    let push_y = _mm256_cvtps_epi32(_mm256_mul_ps(dy, weight));
                    let mask = _mm256_castps_si256(hit);
                    sum_x = _mm256_add_epi32(sum_x, _mm256_and_si256(mask, push_x));
                    sum_y = _mm256_add_epi32(sum_y, _mm256_and_si256(mask, push_y));
                    count += _mm256_movemask_ps(hit).count_ones();
                    same += _mm256_movemask_ps(zero).count_ones();
                    i += 8;
                }
            });
            let (x, y) = fold(sum_x, sum_y);
            (Sum { x, y, count }, same)
        }
    });
}

/// Sums of the lanes of two vectors.
#[inline(always)]
unsafe fn fold(x: __m256i, y: __m256i) -> (i32, i32) {
    // SAFETY: callers have AVX2.
    unsafe {
        let both = _mm256_add_epi32(_mm256_unpacklo_epi32(x, y), _mm256_unpackhi_epi32(x, y));
        let both = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256::<1>(both));
        let both = _mm_add_epi32(both, _mm_unpackhi_epi64(both, both));
        let pair = _mm_cvtsi128_si64(both);
        (pair as i32, (pair >> 32) as i32)
    }
}
