//! The tracks of a vector, one lane each, with AVX-512.

use std::arch::x86_64::*;

use super::compressed::{FRAME_UNIT, Place, ROTATIONS, TrackVector};
use super::format::LANES;

/// Bytes that a gather reads at once: bits of at least 16 bytes are there.
const READ_BYTES: usize = 8;

/// Writes the vector's rows, `stride` f32 apart: the values of its tracks, and `constant`, which has the same rows, where
/// there is none.
///
/// # Panics
/// If `constant` or `out` ends before the last row does.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
pub fn sample(vector: &TrackVector<'_>, place: Place, alpha: f32, constant: &[f32], stride: usize, out: &mut [f32]) {
    let keys = Keys::of(vector, place);
    let after = _mm512_add_ps(_mm512_cvtepi32_ps(keys.after), _mm512_set1_ps(alpha));
    // 1 / 2^spacing by its exponent.
    let unit = _mm512_slli_epi32::<23>(_mm512_sub_epi32(_mm512_set1_epi32(127), keys.spacing));
    let share = _mm512_maskz_mul_ps(!vector.holds, after, _mm512_castsi512_ps(unit));
    let mut rows = [_mm512_setzero_ps(); 4];
    let mut count = 3;
    if vector.group == ROTATIONS {
        count = 4;
        let step = floats(vector, 0);
        let components = if vector.has_four { 4 } else { 3 };
        let mut first = keys.read(vector, keys.first, components);
        let mut second = keys.read(vector, keys.second, components);
        for c in 0..components {
            first[c] = _mm512_mul_ps(first[c], step);
            second[c] = _mm512_mul_ps(second[c], step);
        }
        if !vector.has_four {
            first[3] = last_component(&first);
            second[3] = last_component(&second);
        }
        for c in 0..4 {
            rows[c] = between(first[c], second[c], share);
        }
        let axes = |c| frame(vector, components + c);
        let left = [axes(0), axes(1), axes(2), axes(3)];
        let right = [axes(4), axes(5), axes(6), axes(7)];
        rows = multiply(&left, &multiply(&rows, &right));
    } else {
        let step = floats(vector, 3);
        let first = keys.read(vector, keys.first, 3);
        let second = keys.read(vector, keys.second, 3);
        for c in 0..3 {
            let origin = floats(vector, c);
            let a = _mm512_add_ps(origin, _mm512_mul_ps(first[c], step));
            let b = _mm512_add_ps(origin, _mm512_mul_ps(second[c], step));
            rows[c] = between(a, b, share);
        }
    }
    for (c, row) in rows.into_iter().enumerate().take(count) {
        let constant = &constant[c * stride..c * stride + LANES];
        let out = &mut out[c * stride..c * stride + LANES];
        // SAFETY: both are 16 f32 long.
        unsafe {
            let constant = _mm512_loadu_ps(constant.as_ptr());
            _mm512_storeu_ps(out.as_mut_ptr(), _mm512_mask_expand_ps(constant, vector.moving, row));
        }
    }
}

/// The two keys of each track.
struct Keys {
    spacing: __m512i,
    /// Frames since the first key.
    after: __m512i,
    /// Their first bits.
    first: __m512i,
    second: __m512i,
    widths: [__m512i; 4],
    shift: __m512i,
}

impl Keys {
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
    fn of(vector: &TrackVector<'_>, place: Place) -> Self {
        let low = |words| _mm512_and_si512(words, _mm512_set1_epi32(31));
        let words = words(vector.header, 0, vector.count);
        let widths = [
            low(words),
            low(_mm512_srli_epi32::<5>(words)),
            low(_mm512_srli_epi32::<10>(words)),
            low(_mm512_srli_epi32::<15>(words)),
        ];
        let bits = _mm512_add_epi32(_mm512_add_epi32(widths[0], widths[1]), _mm512_add_epi32(widths[2], widths[3]));
        let fifteen = _mm512_set1_epi32(15);
        let spacing = _mm512_and_si512(_mm512_srli_epi32::<20>(words), fifteen);
        let shift = _mm512_and_si512(_mm512_srli_epi32::<24>(words), fifteen);
        let one = _mm512_set1_epi32(1);
        let frame = _mm512_set1_epi32(place.frame as i32);
        let key = _mm512_srlv_epi32(frame, spacing);
        let up = _mm512_sub_epi32(_mm512_sllv_epi32(one, spacing), one);
        let last = _mm512_srlv_epi32(_mm512_add_epi32(_mm512_set1_epi32(place.last as i32), up), spacing);
        let next = _mm512_min_epu32(_mm512_add_epi32(key, one), last);
        let begin = _mm512_cvtepu16_epi32(halves(vector.header, 4 * vector.count, vector.count));
        Self {
            spacing,
            after: _mm512_and_si512(frame, up),
            first: _mm512_add_epi32(begin, _mm512_mullo_epi32(key, bits)),
            second: _mm512_add_epi32(begin, _mm512_mullo_epi32(next, bits)),
            widths,
            shift,
        }
    }

    /// The numbers that the keys from the bits `at` on hold.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
    fn read(&self, vector: &TrackVector<'_>, at: __m512i, components: usize) -> [__m512; 4] {
        let (mut low, mut high) = gather(vector, at);
        let mut values = [_mm512_setzero_ps(); 4];
        for c in 0..components {
            if c == 3 {
                let before = _mm512_add_epi32(_mm512_add_epi32(self.widths[0], self.widths[1]), self.widths[2]);
                (low, high) = gather(vector, _mm512_add_epi32(at, before));
            } else if c > 0 {
                low = _mm512_srlv_epi64(low, low_longs(self.widths[c - 1]));
                high = _mm512_srlv_epi64(high, high_longs(self.widths[c - 1]));
            }
            let both = _mm512_inserti64x4::<1>(
                _mm512_castsi256_si512(_mm512_cvtepi64_epi32(low)),
                _mm512_cvtepi64_epi32(high),
            );
            let one = _mm512_set1_epi32(1);
            let mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, self.widths[c]), one);
            let base = _mm512_cvtepi16_epi32(halves(vector.header, (6 + 2 * c) * vector.count, vector.count));
            let n = _mm512_add_epi32(_mm512_sllv_epi32(base, self.shift), _mm512_and_si512(both, mask));
            values[c] = _mm512_cvtepi32_ps(n);
        }
        values
    }
}

/// 57 bits and more from the bits `at` on: of the first eight tracks, and of the others.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn gather(vector: &TrackVector<'_>, at: __m512i) -> (__m512i, __m512i) {
    let most = (vector.bits.len() - READ_BYTES).min(i32::MAX as usize);
    let bytes = _mm512_min_epu32(_mm512_srli_epi32::<3>(at), _mm512_set1_epi32(most as i32));
    let within = _mm512_and_si512(at, _mm512_set1_epi32(7));
    let tracks = (1u32 << vector.count) - 1;
    let base = vector.bits.as_ptr().cast();
    let none = _mm512_setzero_si512();
    let (first, others) = (_mm512_castsi512_si256(bytes), _mm512_extracti64x4_epi64::<1>(bytes));
    // SAFETY: no byte from which 8 are read is above `most`.
    let (low, high) = unsafe {
        (
            _mm512_mask_i32gather_epi64::<1>(none, tracks as u8, first, base),
            _mm512_mask_i32gather_epi64::<1>(none, (tracks >> 8) as u8, others, base),
        )
    };
    (_mm512_srlv_epi64(low, low_longs(within)), _mm512_srlv_epi64(high, high_longs(within)))
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn low_longs(words: __m512i) -> __m512i {
    _mm512_cvtepu32_epi64(_mm512_castsi512_si256(words))
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn high_longs(words: __m512i) -> __m512i {
    _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64::<1>(words))
}

/// `count` words, at most 16.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn words(bytes: &[u8], at: usize, count: usize) -> __m512i {
    let bytes = &bytes[at..at + 4 * count];
    // SAFETY: what the mask leaves out is not read.
    unsafe { _mm512_maskz_loadu_epi32(((1u32 << count) - 1) as u16, bytes.as_ptr().cast()) }
}

/// `count` halves of words, at most 16.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn halves(bytes: &[u8], at: usize, count: usize) -> __m256i {
    let bytes = &bytes[at..at + 2 * count];
    // SAFETY: what the mask leaves out is not read.
    unsafe { _mm256_maskz_loadu_epi16(((1u32 << count) - 1) as u16, bytes.as_ptr().cast()) }
}

/// The row of f32 of that number among the values for the whole clip.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn floats(vector: &TrackVector<'_>, row: usize) -> __m512 {
    _mm512_castsi512_ps(words(vector.constants, 4 * row * vector.count, vector.count))
}

/// Row `c` of what is behind the words and offsets, in units of the quaternions A and C.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn frame(vector: &TrackVector<'_>, c: usize) -> __m512 {
    let numbers = _mm512_cvtepi16_epi32(halves(vector.header, (6 + 2 * c) * vector.count, vector.count));
    _mm512_mul_ps(_mm512_cvtepi32_ps(numbers), _mm512_set1_ps(FRAME_UNIT))
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn last_component(v: &[__m512; 4]) -> __m512 {
    let square =
        _mm512_add_ps(_mm512_add_ps(_mm512_mul_ps(v[0], v[0]), _mm512_mul_ps(v[1], v[1])), _mm512_mul_ps(v[2], v[2]));
    let rest = _mm512_sub_ps(_mm512_set1_ps(1.0), square);
    let some = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(rest, _mm512_setzero_ps());
    _mm512_maskz_sqrt_ps(some, rest)
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn between(a: __m512, b: __m512, share: __m512) -> __m512 {
    _mm512_add_ps(a, _mm512_mul_ps(_mm512_sub_ps(b, a), share))
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn multiply(a: &[__m512; 4], b: &[__m512; 4]) -> [__m512; 4] {
    let add = |a, b| _mm512_add_ps(a, b);
    let sub = |a, b| _mm512_sub_ps(a, b);
    let mul = |a, b| _mm512_mul_ps(a, b);
    let ([ax, ay, az, aw], [bx, by, bz, bw]) = (*a, *b);
    [
        sub(add(add(mul(aw, bx), mul(ax, bw)), mul(ay, bz)), mul(az, by)),
        add(add(sub(mul(aw, by), mul(ax, bz)), mul(ay, bw)), mul(az, bx)),
        add(sub(add(mul(aw, bz), mul(ax, by)), mul(ay, bx)), mul(az, bw)),
        sub(sub(sub(mul(aw, bw), mul(ax, bx)), mul(ay, by)), mul(az, bz)),
    ]
}
