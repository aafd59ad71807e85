//! [`Wide`] in the registers of x86-64.

use std::arch::x86_64::*;

use super::wide::{ROW_STEP, Step, Wide, place};

/// AVX-512 F, DQ.
#[derive(Clone, Copy)]
pub struct Avx512(pub(super) __m512);

// SAFETY of all that follows: who calls has the instructions, and the memory that is asked for.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Wide for Avx512 {
    type Mask = __mmask16;

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self {
        unsafe { Self(_mm512_loadu_ps(at)) }
    }
    #[inline(always)]
    unsafe fn store(self, at: *mut f32) {
        unsafe { _mm512_storeu_ps(at, self.0) }
    }
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        unsafe { Self(_mm512_set1_ps(value)) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { Self(_mm512_add_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        unsafe { Self(_mm512_sub_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        unsafe { Self(_mm512_mul_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        unsafe { Self(_mm512_div_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        unsafe { Self(_mm512_sqrt_ps(self.0)) }
    }
    #[inline(always)]
    unsafe fn negative(self) -> Self {
        unsafe { Self(_mm512_xor_ps(self.0, _mm512_set1_ps(-0.0))) }
    }
    #[inline(always)]
    unsafe fn absolute(self) -> Self {
        unsafe { Self(_mm512_andnot_ps(_mm512_set1_ps(-0.0), self.0)) }
    }
    #[inline(always)]
    unsafe fn less(self, other: Self) -> Self::Mask {
        unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0) }
    }
    #[inline(always)]
    unsafe fn at_least(self, other: Self) -> Self::Mask {
        unsafe { _mm512_cmp_ps_mask::<_CMP_GE_OQ>(self.0, other.0) }
    }
    #[inline(always)]
    unsafe fn equal(self, other: Self) -> Self::Mask {
        unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0) }
    }
    #[inline(always)]
    unsafe fn lanes(bits: u32) -> Self::Mask {
        bits as __mmask16
    }
    #[inline(always)]
    unsafe fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        unsafe { Self(_mm512_mask_blend_ps(mask, no.0, yes.0)) }
    }
    #[inline(always)]
    unsafe fn has_nan(self) -> bool {
        unsafe { _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, self.0) != 0 }
    }

    #[inline(always)]
    unsafe fn turn(fields: &[Self; 12], out: *mut f32) {
        for row in 0..3 {
            unsafe {
                let [a, b, c, d] = [0, 1, 2, 3].map(|k| fields[row * 4 + k].0);
                let (ab0, ab1) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
                let (cd0, cd1) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
                let pairs = |low: __m512, high: __m512| {
                    let (low, high) = (_mm512_castps_pd(low), _mm512_castps_pd(high));
                    [_mm512_unpacklo_pd(low, high), _mm512_unpackhi_pd(low, high)].map(|pair| _mm512_castpd_ps(pair))
                };
                let [j0, j1] = pairs(ab0, cd0);
                let [j2, j3] = pairs(ab1, cd1);
                for (joint, values) in [j0, j1, j2, j3].into_iter().enumerate() {
                    _mm512_storeu_ps(out.add(row * ROW_STEP + joint * 16), values);
                }
            }
        }
    }

    type Matrix = __m512;
    type Seen = __m512;

    #[inline(always)]
    unsafe fn kept(at: *const f32) -> Self::Matrix {
        unsafe { _mm512_loadu_ps(at) }
    }
    #[inline(always)]
    unsafe fn matrix(rows: *const f32) -> Self::Matrix {
        unsafe {
            let [first, second, third] = [0, 1, 2].map(|row| _mm_loadu_ps(rows.add(row * ROW_STEP)));
            let two = _mm512_insertf32x4::<1>(_mm512_castps128_ps512(first), second);
            _mm512_insertf32x4::<3>(_mm512_insertf32x4::<2>(two, third), _mm_setzero_ps())
        }
    }
    #[inline(always)]
    unsafe fn times(parent: Self::Matrix, rows: *const f32, step: usize) -> Self::Matrix {
        unsafe {
            let [l0, l1, l2] = [0, 1, 2].map(|row| _mm512_broadcast_f32x4(_mm_loadu_ps(rows.add(row * step))));
            let first = _mm512_mul_ps(_mm512_permute_ps::<0x00>(parent), l0);
            let second = _mm512_mul_ps(_mm512_permute_ps::<0x55>(parent), l1);
            let third = _mm512_mul_ps(_mm512_permute_ps::<0xaa>(parent), l2);
            let sum = _mm512_add_ps(_mm512_add_ps(first, second), third);
            _mm512_mask_add_ps(sum, 0x8888, sum, parent)
        }
    }
    #[inline(always)]
    unsafe fn keep(matrix: Self::Matrix, at: *mut f32) {
        unsafe { _mm512_storeu_ps(at, matrix) }
    }
    #[inline(always)]
    unsafe fn write(matrix: Self::Matrix, at: *mut f32) {
        unsafe {
            _mm256_storeu_ps(at, _mm512_castps512_ps256(matrix));
            _mm_storeu_ps(at.add(8), _mm512_extractf32x4_ps::<2>(matrix));
        }
    }
    #[inline(always)]
    unsafe fn seen() -> Self::Seen {
        unsafe { _mm512_setzero_ps() }
    }
    /// 0 times a number is 0, but for NaNs and infinities.
    #[inline(always)]
    unsafe fn look(seen: Self::Seen, matrix: Self::Matrix) -> Self::Seen {
        unsafe { _mm512_fmadd_ps(matrix, _mm512_setzero_ps(), seen) }
    }
    #[inline(always)]
    unsafe fn saw_nan(seen: Self::Seen) -> bool {
        unsafe { Self(seen).has_nan() }
    }

    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
    unsafe fn place(steps: &[Step], from: usize, locals: *const f32, models: *mut f32, dense: *mut f32) -> bool {
        unsafe { place::<Self>(steps, from, locals, models, dense) }
    }
}

/// AVX2: two halves.
#[derive(Clone, Copy)]
pub struct Avx2(pub(super) __m256, pub(super) __m256);

#[allow(clippy::undocumented_unsafe_blocks)]
impl Wide for Avx2 {
    type Mask = (__m256, __m256);

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self {
        unsafe { Self(_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8))) }
    }
    #[inline(always)]
    unsafe fn store(self, at: *mut f32) {
        unsafe {
            _mm256_storeu_ps(at, self.0);
            _mm256_storeu_ps(at.add(8), self.1);
        }
    }
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        unsafe { Self(_mm256_set1_ps(value), _mm256_set1_ps(value)) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        unsafe { Self(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        unsafe { Self(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        unsafe { Self(_mm256_div_ps(self.0, other.0), _mm256_div_ps(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        unsafe { Self(_mm256_sqrt_ps(self.0), _mm256_sqrt_ps(self.1)) }
    }
    #[inline(always)]
    unsafe fn negative(self) -> Self {
        unsafe {
            let sign = _mm256_set1_ps(-0.0);
            Self(_mm256_xor_ps(self.0, sign), _mm256_xor_ps(self.1, sign))
        }
    }
    #[inline(always)]
    unsafe fn absolute(self) -> Self {
        unsafe {
            let sign = _mm256_set1_ps(-0.0);
            Self(_mm256_andnot_ps(sign, self.0), _mm256_andnot_ps(sign, self.1))
        }
    }
    #[inline(always)]
    unsafe fn less(self, other: Self) -> Self::Mask {
        unsafe { (_mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0), _mm256_cmp_ps::<_CMP_LT_OQ>(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn at_least(self, other: Self) -> Self::Mask {
        unsafe { (_mm256_cmp_ps::<_CMP_GE_OQ>(self.0, other.0), _mm256_cmp_ps::<_CMP_GE_OQ>(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn equal(self, other: Self) -> Self::Mask {
        unsafe { (_mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0), _mm256_cmp_ps::<_CMP_EQ_OQ>(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn lanes(bits: u32) -> Self::Mask {
        unsafe {
            let low = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            let set = |bits: __m256i| _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(bits, low), low));
            (set(_mm256_set1_epi32(bits as i32)), set(_mm256_set1_epi32((bits >> 8) as i32)))
        }
    }
    #[inline(always)]
    unsafe fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        unsafe { Self(_mm256_blendv_ps(no.0, yes.0, mask.0), _mm256_blendv_ps(no.1, yes.1, mask.1)) }
    }
    #[inline(always)]
    unsafe fn has_nan(self) -> bool {
        unsafe {
            let [a, b] = [self.0, self.1].map(|half| _mm256_cmp_ps::<_CMP_UNORD_Q>(half, half));
            _mm256_movemask_ps(_mm256_or_ps(a, b)) != 0
        }
    }

    #[inline(always)]
    unsafe fn turn(fields: &[Self; 12], out: *mut f32) {
        for row in 0..3 {
            for half in 0..2 {
                unsafe {
                    let [a, b, c, d] = [0, 1, 2, 3].map(|k| {
                        let field = fields[row * 4 + k];
                        if half == 0 { field.0 } else { field.1 }
                    });
                    let (ab0, ab1) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                    let (cd0, cd1) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                    let pairs = |low: __m256, high: __m256| {
                        let (low, high) = (_mm256_castps_pd(low), _mm256_castps_pd(high));
                        [_mm256_unpacklo_pd(low, high), _mm256_unpackhi_pd(low, high)]
                            .map(|pair| _mm256_castpd_ps(pair))
                    };
                    let [j0, j1] = pairs(ab0, cd0);
                    let [j2, j3] = pairs(ab1, cd1);
                    for (joint, values) in [j0, j1, j2, j3].into_iter().enumerate() {
                        _mm256_storeu_ps(out.add(row * ROW_STEP + joint * 16 + half * 8), values);
                    }
                }
            }
        }
    }

    /// Two rows, and one.
    type Matrix = (__m256, __m128);
    type Seen = (__m256, __m128);

    #[inline(always)]
    unsafe fn kept(at: *const f32) -> Self::Matrix {
        unsafe { (_mm256_loadu_ps(at), _mm_loadu_ps(at.add(8))) }
    }
    #[inline(always)]
    unsafe fn matrix(rows: *const f32) -> Self::Matrix {
        unsafe {
            let [first, second, third] = [0, 1, 2].map(|row| _mm_loadu_ps(rows.add(row * ROW_STEP)));
            (_mm256_insertf128_ps::<1>(_mm256_castps128_ps256(first), second), third)
        }
    }
    #[inline(always)]
    unsafe fn times((upper, last): Self::Matrix, rows: *const f32, step: usize) -> Self::Matrix {
        unsafe {
            let [l0, l1, l2] = [0, 1, 2].map(|row| _mm256_broadcast_ps(&*rows.add(row * step).cast::<__m128>()));
            let first = _mm256_mul_ps(_mm256_permute_ps::<0x00>(upper), l0);
            let second = _mm256_mul_ps(_mm256_permute_ps::<0x55>(upper), l1);
            let third = _mm256_mul_ps(_mm256_permute_ps::<0xaa>(upper), l2);
            let sum = _mm256_add_ps(_mm256_add_ps(first, second), third);
            let two = _mm256_blend_ps::<0x88>(sum, _mm256_add_ps(sum, upper));
            let first = _mm_mul_ps(_mm_permute_ps::<0x00>(last), _mm256_castps256_ps128(l0));
            let second = _mm_mul_ps(_mm_permute_ps::<0x55>(last), _mm256_castps256_ps128(l1));
            let third = _mm_mul_ps(_mm_permute_ps::<0xaa>(last), _mm256_castps256_ps128(l2));
            let sum = _mm_add_ps(_mm_add_ps(first, second), third);
            (two, _mm_blend_ps::<0x8>(sum, _mm_add_ps(sum, last)))
        }
    }
    #[inline(always)]
    unsafe fn keep(matrix: Self::Matrix, at: *mut f32) {
        unsafe { Self::write(matrix, at) }
    }
    #[inline(always)]
    unsafe fn write((upper, last): Self::Matrix, at: *mut f32) {
        unsafe {
            _mm256_storeu_ps(at, upper);
            _mm_storeu_ps(at.add(8), last);
        }
    }
    #[inline(always)]
    unsafe fn seen() -> Self::Seen {
        unsafe { (_mm256_setzero_ps(), _mm_setzero_ps()) }
    }
    #[inline(always)]
    unsafe fn look(seen: Self::Seen, (upper, last): Self::Matrix) -> Self::Seen {
        unsafe {
            let upper = _mm256_cmp_ps::<_CMP_UNORD_Q>(upper, upper);
            (_mm256_or_ps(seen.0, upper), _mm_or_ps(seen.1, _mm_cmp_ps::<_CMP_UNORD_Q>(last, last)))
        }
    }
    #[inline(always)]
    unsafe fn saw_nan(seen: Self::Seen) -> bool {
        unsafe { _mm256_movemask_ps(seen.0) | _mm_movemask_ps(seen.1) != 0 }
    }

    #[target_feature(enable = "avx2")]
    unsafe fn place(steps: &[Step], from: usize, locals: *const f32, models: *mut f32, dense: *mut f32) -> bool {
        unsafe { place::<Self>(steps, from, locals, models, dense) }
    }
}
