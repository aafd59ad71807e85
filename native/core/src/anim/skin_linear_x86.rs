//! Four vertices at a time with AVX-512, two with AVX2. Closures are not compiled for the instructions of the function that
//! they are in, so there are none.

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use super::format::LENGTH2_MIN;
use super::skin_linear::{Columns, Lanes, vertices};
use super::skin_step::{Pointers, Task};
use crate::layout::CANONICAL_NAN_F32;

/// Four vertices.
#[derive(Clone, Copy)]
pub struct Four(__m512);

/// Two vertices.
#[derive(Clone, Copy)]
pub struct Two(__m256);

/// # Safety
/// Needs AVX-512 F.
#[target_feature(enable = "avx512f")]
pub unsafe fn convert_avx512(matrices: &[[f32; 12]], places: &mut [MaybeUninit<Columns>]) {
    let columns = _mm512_setr_epi32(0, 4, 8, 0, 1, 5, 9, 0, 2, 6, 10, 0, 3, 7, 11, 0);
    for (matrix, place) in matrices.iter().zip(places) {
        // SAFETY: 12 values are read, and 16 written to a place of as many.
        unsafe {
            let rows = _mm512_maskz_loadu_ps(0xfff, matrix.as_ptr());
            _mm512_store_ps(place.as_mut_ptr().cast(), _mm512_maskz_permutexvar_ps(0x7777, columns, rows));
        }
    }
}

/// A matrix of the palette, and its weight. The mask keeps any joint inside: the length is a power of two.
#[inline(always)]
unsafe fn influence(palette: &[Columns], joints: *const u16, weights: *const f32, k: usize) -> (*const f32, f32) {
    // SAFETY: callers have `k + 1` joints and weights.
    unsafe {
        let joint = usize::from(*joints.add(k)) & (palette.len() - 1);
        (palette.as_ptr().add(joint).cast(), *weights.add(k))
    }
}

impl Lanes for Four {
    const VERTICES: usize = 4;
    const VECTORS: usize = 4;

    #[inline(always)]
    unsafe fn blend<const K: usize>(palette: &[Columns], joints: *const u16, weights: *const f32) -> [Self; 4] {
        #[inline(always)]
        unsafe fn sum<const K: usize>(palette: &[Columns], joints: *const u16, weights: *const f32) -> __m512 {
            // SAFETY: callers have AVX-512, `K` joints and weights.
            unsafe {
                let mut sum = _mm512_setzero_ps();
                for k in 0..K {
                    let (matrix, weight) = influence(palette, joints, weights, k);
                    let product = _mm512_mul_ps(_mm512_set1_ps(weight), _mm512_load_ps(matrix));
                    sum = if k == 0 { product } else { _mm512_add_ps(sum, product) };
                }
                sum
            }
        }
        // SAFETY: callers have AVX-512, joints and weights of four vertices.
        unsafe {
            let a = sum::<K>(palette, joints, weights);
            let b = sum::<K>(palette, joints.add(K), weights.add(K));
            let c = sum::<K>(palette, joints.add(2 * K), weights.add(2 * K));
            let d = sum::<K>(palette, joints.add(3 * K), weights.add(3 * K));
            let (ab01, ab23) = (_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b));
            let (cd01, cd23) = (_mm512_shuffle_f32x4::<0x44>(c, d), _mm512_shuffle_f32x4::<0xee>(c, d));
            [
                Self(_mm512_shuffle_f32x4::<0x88>(ab01, cd01)),
                Self(_mm512_shuffle_f32x4::<0xdd>(ab01, cd01)),
                Self(_mm512_shuffle_f32x4::<0x88>(ab23, cd23)),
                Self(_mm512_shuffle_f32x4::<0xdd>(ab23, cd23)),
            ]
        }
    }

    #[inline(always)]
    unsafe fn spread3(values: *const f32) -> [Self; 3] {
        // SAFETY: callers have AVX-512 and 12 values.
        unsafe {
            let values = _mm512_maskz_loadu_ps(0xfff, values);
            let x = _mm512_setr_epi32(0, 0, 0, 0, 3, 3, 3, 3, 6, 6, 6, 6, 9, 9, 9, 9);
            let y = _mm512_setr_epi32(1, 1, 1, 1, 4, 4, 4, 4, 7, 7, 7, 7, 10, 10, 10, 10);
            let z = _mm512_setr_epi32(2, 2, 2, 2, 5, 5, 5, 5, 8, 8, 8, 8, 11, 11, 11, 11);
            [
                Self(_mm512_permutexvar_ps(x, values)),
                Self(_mm512_permutexvar_ps(y, values)),
                Self(_mm512_permutexvar_ps(z, values)),
            ]
        }
    }

    #[inline(always)]
    unsafe fn spread4(values: *const f32) -> [Self; 3] {
        // SAFETY: callers have AVX-512 and 16 values.
        unsafe {
            let values = Self(_mm512_loadu_ps(values));
            [values.lane::<0>(), values.lane::<1>(), values.lane::<2>()]
        }
    }

    #[inline(always)]
    unsafe fn multiply(self, other: Self) -> Self {
        // SAFETY: callers have AVX-512.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: callers have AVX-512.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn scale(self) -> Self {
        // SAFETY: callers have AVX-512.
        unsafe {
            let one = _mm512_set1_ps(1.0);
            let long = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(self.0, _mm512_set1_ps(LENGTH2_MIN));
            Self(_mm512_mask_div_ps(one, long, one, _mm512_sqrt_ps(self.0)))
        }
    }

    #[inline(always)]
    unsafe fn lane<const LANE: i32>(self) -> Self {
        // SAFETY: callers have AVX-512.
        unsafe {
            Self(match LANE {
                0 => _mm512_permute_ps::<0x00>(self.0),
                1 => _mm512_permute_ps::<0x55>(self.0),
                _ => _mm512_permute_ps::<0xaa>(self.0),
            })
        }
    }

    /// Full vectors that do not touch each other: stores of 12 of 16 lanes slow the loads down that come next.
    #[inline(always)]
    unsafe fn store3([a, b, c, d]: [Self; 4], out: *mut f32) {
        // SAFETY: callers have AVX-512 and room for 48 values.
        unsafe {
            let ab = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20);
            let bc = _mm512_setr_epi32(5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25);
            let cd = _mm512_setr_epi32(10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30);
            _mm512_storeu_ps(out, canonical512(_mm512_permutex2var_ps(a.0, ab, b.0)));
            _mm512_storeu_ps(out.add(16), canonical512(_mm512_permutex2var_ps(b.0, bc, c.0)));
            _mm512_storeu_ps(out.add(32), canonical512(_mm512_permutex2var_ps(c.0, cd, d.0)));
        }
    }

    #[inline(always)]
    unsafe fn store4(self, last: *const f32, out: *mut f32) {
        // SAFETY: callers have AVX-512, and 16 values and room for them.
        unsafe {
            let values = _mm512_mask_loadu_ps(self.0, 0x8888, last);
            _mm512_storeu_ps(out, canonical512(values));
        }
    }

    unsafe fn vertices<const K: usize, const NORMALS: bool>(palette: &[Columns], task: &Task, all: &Pointers) {
        #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
        unsafe fn compiled<const K: usize, const NORMALS: bool>(palette: &[Columns], task: &Task, all: &Pointers) {
            // SAFETY: as the caller says.
            unsafe { vertices::<Four, K, NORMALS>(palette, task, all) }
        }
        // SAFETY: as the caller says.
        unsafe { compiled::<K, NORMALS>(palette, task, all) }
    }
}

#[inline(always)]
unsafe fn canonical512(values: __m512) -> __m512 {
    // SAFETY: callers have AVX-512.
    unsafe {
        let nan = _mm512_set1_ps(f32::from_bits(CANONICAL_NAN_F32));
        _mm512_mask_mov_ps(values, _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(values, values), nan)
    }
}

impl Lanes for Two {
    const VERTICES: usize = 2;
    const VECTORS: usize = 1;

    #[inline(always)]
    unsafe fn blend<const K: usize>(palette: &[Columns], joints: *const u16, weights: *const f32) -> [Self; 4] {
        /// Columns 0 and 1, 2 and 3.
        #[inline(always)]
        unsafe fn sum<const K: usize>(palette: &[Columns], joints: *const u16, weights: *const f32) -> [__m256; 2] {
            // SAFETY: callers have AVX2, `K` joints and weights.
            unsafe {
                let mut sum = [_mm256_setzero_ps(); 2];
                for k in 0..K {
                    let (matrix, weight) = influence(palette, joints, weights, k);
                    let weight = _mm256_set1_ps(weight);
                    for half in 0..2 {
                        let product = _mm256_mul_ps(weight, _mm256_load_ps(matrix.add(8 * half)));
                        sum[half] = if k == 0 { product } else { _mm256_add_ps(sum[half], product) };
                    }
                }
                sum
            }
        }
        // SAFETY: callers have AVX2, joints and weights of two vertices.
        unsafe {
            let a = sum::<K>(palette, joints, weights);
            let b = sum::<K>(palette, joints.add(K), weights.add(K));
            [
                Self(_mm256_permute2f128_ps::<0x20>(a[0], b[0])),
                Self(_mm256_permute2f128_ps::<0x31>(a[0], b[0])),
                Self(_mm256_permute2f128_ps::<0x20>(a[1], b[1])),
                Self(_mm256_permute2f128_ps::<0x31>(a[1], b[1])),
            ]
        }
    }

    #[inline(always)]
    unsafe fn spread3(values: *const f32) -> [Self; 3] {
        // SAFETY: callers have AVX2 and 6 values.
        unsafe { [Self(spread256(values)), Self(spread256(values.add(1))), Self(spread256(values.add(2)))] }
    }

    #[inline(always)]
    unsafe fn spread4(values: *const f32) -> [Self; 3] {
        // SAFETY: callers have AVX2 and 8 values.
        unsafe {
            let values = Self(_mm256_loadu_ps(values));
            [values.lane::<0>(), values.lane::<1>(), values.lane::<2>()]
        }
    }

    #[inline(always)]
    unsafe fn multiply(self, other: Self) -> Self {
        // SAFETY: callers have AVX2.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: callers have AVX2.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn scale(self) -> Self {
        // SAFETY: callers have AVX2.
        unsafe {
            let one = _mm256_set1_ps(1.0);
            let long = _mm256_cmp_ps::<_CMP_NLT_UQ>(self.0, _mm256_set1_ps(LENGTH2_MIN));
            Self(_mm256_blendv_ps(one, _mm256_div_ps(one, _mm256_sqrt_ps(self.0)), long))
        }
    }

    #[inline(always)]
    unsafe fn lane<const LANE: i32>(self) -> Self {
        // SAFETY: callers have AVX2.
        unsafe {
            Self(match LANE {
                0 => _mm256_permute_ps::<0x00>(self.0),
                1 => _mm256_permute_ps::<0x55>(self.0),
                _ => _mm256_permute_ps::<0xaa>(self.0),
            })
        }
    }

    #[inline(always)]
    unsafe fn store3([vertices, ..]: [Self; 4], out: *mut f32) {
        // SAFETY: callers have AVX2 and room for 6 values.
        unsafe {
            let places = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
            let values = _mm256_permutevar8x32_ps(canonical256(vertices.0), places);
            _mm_storeu_ps(out, _mm256_castps256_ps128(values));
            let last = _mm_castps_pd(_mm256_extractf128_ps::<1>(values));
            _mm_storel_pd(out.add(4).cast(), last);
        }
    }

    #[inline(always)]
    unsafe fn store4(self, last: *const f32, out: *mut f32) {
        // SAFETY: callers have AVX2, and 8 values and room for them.
        unsafe {
            let values = _mm256_blend_ps::<0x88>(self.0, _mm256_loadu_ps(last));
            _mm256_storeu_ps(out, canonical256(values));
        }
    }

    unsafe fn vertices<const K: usize, const NORMALS: bool>(palette: &[Columns], task: &Task, all: &Pointers) {
        #[target_feature(enable = "avx2")]
        unsafe fn compiled<const K: usize, const NORMALS: bool>(palette: &[Columns], task: &Task, all: &Pointers) {
            // SAFETY: as the caller says.
            unsafe { vertices::<Two, K, NORMALS>(palette, task, all) }
        }
        // SAFETY: as the caller says.
        unsafe { compiled::<K, NORMALS>(palette, task, all) }
    }
}

/// The first value and the fourth.
#[inline(always)]
unsafe fn spread256(values: *const f32) -> __m256 {
    // SAFETY: callers have AVX2 and 4 values.
    unsafe {
        let (a, b) = (_mm256_broadcast_ss(&*values), _mm256_broadcast_ss(&*values.add(3)));
        _mm256_blend_ps::<0xf0>(a, b)
    }
}

#[inline(always)]
unsafe fn canonical256(values: __m256) -> __m256 {
    // SAFETY: callers have AVX2.
    unsafe {
        let nan = _mm256_set1_ps(f32::from_bits(CANONICAL_NAN_F32));
        _mm256_blendv_ps(values, nan, _mm256_cmp_ps::<_CMP_UNORD_Q>(values, values))
    }
}
