//! [`Vertices`] in the registers of x86-64.

use std::arch::x86_64::*;

use super::skin_dual::Motion;
use super::skin_turn::{Vertices, influence};
use super::wide_x86::{Avx2, Avx512};

/// `weight * motion` of one influence.
#[inline(always)]
unsafe fn term(palette: &[Motion], joints: *const u16, weights: *const f32, at: usize) -> __m256 {
    // SAFETY: callers have AVX, and `at + 1` joints and weights; motions are aligned to 32 bytes.
    unsafe {
        let (motion, weight) = influence(palette, joints, weights, at);
        _mm256_mul_ps(_mm256_broadcast_ss(&*weight), _mm256_load_ps(motion))
    }
}

/// Lanes of the first two vectors, then of those and the third.
#[inline(always)]
unsafe fn pick([a, b, c]: [__m512; 3], two: __m512i, three: __m512i) -> __m512 {
    // SAFETY: callers have AVX-512.
    unsafe { _mm512_permutex2var_ps(_mm512_permutex2var_ps(a, two, b), three, c) }
}

impl Vertices for Avx512 {
    #[inline(always)]
    unsafe fn terms(palette: &[Motion], joints: *const u16, weights: *const f32, step: usize) -> [Self; 8] {
        #[inline(always)]
        unsafe fn pair(palette: &[Motion], joints: *const u16, weights: *const f32, low: usize, high: usize) -> __m512 {
            // SAFETY: callers have AVX-512, joints and weights.
            unsafe {
                let low = _mm512_castps256_ps512(term(palette, joints, weights, low));
                _mm512_insertf32x8::<1>(low, term(palette, joints, weights, high))
            }
        }
        #[inline(always)]
        unsafe fn quads(rows: [__m512; 4]) -> [__m512; 4] {
            // SAFETY: callers have AVX-512.
            unsafe {
                let (ab0, ab1) = (_mm512_unpacklo_ps(rows[0], rows[1]), _mm512_unpackhi_ps(rows[0], rows[1]));
                let (cd0, cd1) = (_mm512_unpacklo_ps(rows[2], rows[3]), _mm512_unpackhi_ps(rows[2], rows[3]));
                let [ab0, ab1, cd0, cd1] =
                    [_mm512_castps_pd(ab0), _mm512_castps_pd(ab1), _mm512_castps_pd(cd0), _mm512_castps_pd(cd1)];
                [
                    _mm512_castpd_ps(_mm512_unpacklo_pd(ab0, cd0)),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(ab0, cd0)),
                    _mm512_castpd_ps(_mm512_unpacklo_pd(ab1, cd1)),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(ab1, cd1)),
                ]
            }
        }
        // SAFETY: callers have AVX-512, joints and weights.
        unsafe {
            // Value c and c + 4 of vertices 0 to 3 and 4 to 7, of 8 to 11 and 12 to 15.
            let a = quads([
                pair(palette, joints, weights, 0, 4 * step),
                pair(palette, joints, weights, step, 5 * step),
                pair(palette, joints, weights, 2 * step, 6 * step),
                pair(palette, joints, weights, 3 * step, 7 * step),
            ]);
            let b = quads([
                pair(palette, joints, weights, 8 * step, 12 * step),
                pair(palette, joints, weights, 9 * step, 13 * step),
                pair(palette, joints, weights, 10 * step, 14 * step),
                pair(palette, joints, weights, 11 * step, 15 * step),
            ]);
            [
                Self(_mm512_shuffle_f32x4::<0x88>(a[0], b[0])),
                Self(_mm512_shuffle_f32x4::<0x88>(a[1], b[1])),
                Self(_mm512_shuffle_f32x4::<0x88>(a[2], b[2])),
                Self(_mm512_shuffle_f32x4::<0x88>(a[3], b[3])),
                Self(_mm512_shuffle_f32x4::<0xdd>(a[0], b[0])),
                Self(_mm512_shuffle_f32x4::<0xdd>(a[1], b[1])),
                Self(_mm512_shuffle_f32x4::<0xdd>(a[2], b[2])),
                Self(_mm512_shuffle_f32x4::<0xdd>(a[3], b[3])),
            ]
        }
    }

    #[inline(always)]
    unsafe fn load3(values: *const f32) -> [Self; 3] {
        // SAFETY: callers have AVX-512 and 48 values.
        unsafe {
            let [a, b, c] = [_mm512_loadu_ps(values), _mm512_loadu_ps(values.add(16)), _mm512_loadu_ps(values.add(32))];
            let x = _mm512_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0);
            let y = _mm512_setr_epi32(1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0);
            let z = _mm512_setr_epi32(2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0);
            let x2 = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29);
            let y2 = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30);
            let z2 = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31);
            [Self(pick([a, b, c], x, x2)), Self(pick([a, b, c], y, y2)), Self(pick([a, b, c], z, z2))]
        }
    }

    #[inline(always)]
    unsafe fn store3([x, y, z]: [Self; 3], out: *mut f32) {
        // SAFETY: callers have AVX-512 and room for 48 values.
        unsafe {
            let a = _mm512_setr_epi32(0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
            let b = _mm512_setr_epi32(21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
            let c = _mm512_setr_epi32(0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
            let a2 = _mm512_setr_epi32(0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
            let b2 = _mm512_setr_epi32(0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
            let c2 = _mm512_setr_epi32(26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
            let values = [x.0, y.0, z.0];
            _mm512_storeu_ps(out, pick(values, a, a2));
            _mm512_storeu_ps(out.add(16), pick(values, b, b2));
            _mm512_storeu_ps(out.add(32), pick(values, c, c2));
        }
    }
}

impl Vertices for Avx2 {
    #[inline(always)]
    unsafe fn terms(palette: &[Motion], joints: *const u16, weights: *const f32, step: usize) -> [Self; 8] {
        #[inline(always)]
        unsafe fn quads(rows: [__m256; 4]) -> [__m256; 4] {
            // SAFETY: callers have AVX.
            unsafe {
                let (ab0, ab1) = (_mm256_unpacklo_ps(rows[0], rows[1]), _mm256_unpackhi_ps(rows[0], rows[1]));
                let (cd0, cd1) = (_mm256_unpacklo_ps(rows[2], rows[3]), _mm256_unpackhi_ps(rows[2], rows[3]));
                let [ab0, ab1, cd0, cd1] =
                    [_mm256_castps_pd(ab0), _mm256_castps_pd(ab1), _mm256_castps_pd(cd0), _mm256_castps_pd(cd1)];
                [
                    _mm256_castpd_ps(_mm256_unpacklo_pd(ab0, cd0)),
                    _mm256_castpd_ps(_mm256_unpackhi_pd(ab0, cd0)),
                    _mm256_castpd_ps(_mm256_unpacklo_pd(ab1, cd1)),
                    _mm256_castpd_ps(_mm256_unpackhi_pd(ab1, cd1)),
                ]
            }
        }
        /// Values of 8 vertices.
        #[inline(always)]
        unsafe fn eight(palette: &[Motion], joints: *const u16, weights: *const f32, step: usize) -> [__m256; 8] {
            // SAFETY: callers have AVX, joints and weights.
            unsafe {
                let a = quads([
                    term(palette, joints, weights, 0),
                    term(palette, joints, weights, step),
                    term(palette, joints, weights, 2 * step),
                    term(palette, joints, weights, 3 * step),
                ]);
                let b = quads([
                    term(palette, joints, weights, 4 * step),
                    term(palette, joints, weights, 5 * step),
                    term(palette, joints, weights, 6 * step),
                    term(palette, joints, weights, 7 * step),
                ]);
                [
                    _mm256_permute2f128_ps::<0x20>(a[0], b[0]),
                    _mm256_permute2f128_ps::<0x20>(a[1], b[1]),
                    _mm256_permute2f128_ps::<0x20>(a[2], b[2]),
                    _mm256_permute2f128_ps::<0x20>(a[3], b[3]),
                    _mm256_permute2f128_ps::<0x31>(a[0], b[0]),
                    _mm256_permute2f128_ps::<0x31>(a[1], b[1]),
                    _mm256_permute2f128_ps::<0x31>(a[2], b[2]),
                    _mm256_permute2f128_ps::<0x31>(a[3], b[3]),
                ]
            }
        }
        // SAFETY: callers have AVX2, joints and weights.
        unsafe {
            let low = eight(palette, joints, weights, step);
            let high = eight(palette, joints.add(8 * step), weights.add(8 * step), step);
            let mut both = [Self(low[0], high[0]); 8];
            for c in 1..8 {
                both[c] = Self(low[c], high[c]);
            }
            both
        }
    }

    #[inline(always)]
    unsafe fn load3(values: *const f32) -> [Self; 3] {
        #[inline(always)]
        unsafe fn eight(values: *const f32) -> [__m256; 3] {
            // SAFETY: callers have AVX2 and 24 values.
            unsafe {
                let [a, b, c] =
                    [_mm256_loadu_ps(values), _mm256_loadu_ps(values.add(8)), _mm256_loadu_ps(values.add(16))];
                let x = _mm256_blend_ps::<0b1001_0010>(_mm256_blend_ps::<0b0010_0100>(a, c), b);
                let y = _mm256_blend_ps::<0b0010_0100>(_mm256_blend_ps::<0b0100_1001>(a, c), b);
                let z = _mm256_blend_ps::<0b0100_1001>(_mm256_blend_ps::<0b1001_0010>(a, c), b);
                [
                    _mm256_permutevar8x32_ps(x, _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5)),
                    _mm256_permutevar8x32_ps(y, _mm256_setr_epi32(1, 4, 7, 2, 5, 0, 3, 6)),
                    _mm256_permutevar8x32_ps(z, _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7)),
                ]
            }
        }
        // SAFETY: callers have AVX2 and 48 values.
        unsafe {
            let (low, high) = (eight(values), eight(values.add(24)));
            [Self(low[0], high[0]), Self(low[1], high[1]), Self(low[2], high[2])]
        }
    }

    #[inline(always)]
    unsafe fn store3([x, y, z]: [Self; 3], out: *mut f32) {
        #[inline(always)]
        unsafe fn eight([x, y, z]: [__m256; 3], out: *mut f32) {
            // SAFETY: callers have AVX2 and room for 24 values.
            unsafe {
                let x = _mm256_permutevar8x32_ps(x, _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5));
                let y = _mm256_permutevar8x32_ps(y, _mm256_setr_epi32(5, 0, 3, 6, 1, 4, 7, 2));
                let z = _mm256_permutevar8x32_ps(z, _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7));
                let a = _mm256_blend_ps::<0b0010_0100>(_mm256_blend_ps::<0b1001_0010>(x, y), z);
                let b = _mm256_blend_ps::<0b0100_1001>(_mm256_blend_ps::<0b0010_0100>(x, y), z);
                let c = _mm256_blend_ps::<0b1001_0010>(_mm256_blend_ps::<0b0100_1001>(x, y), z);
                _mm256_storeu_ps(out, a);
                _mm256_storeu_ps(out.add(8), b);
                _mm256_storeu_ps(out.add(16), c);
            }
        }
        // SAFETY: callers have AVX2 and room for 48 values.
        unsafe {
            eight([x.0, y.0, z.0], out);
            eight([x.1, y.1, z.1], out.add(24));
        }
    }
}
