//! The tracks of a vector, one lane each, with AVX-512.

use std::arch::x86_64::*;

use super::compressed::{AXES_UNIT, Compressed, Place, ROTATIONS, TrackVector};
use super::compressed_format::LEAD_SHIFT;
use super::format::LANES;

/// Bytes that a gather reads at once: bits of at least 16 bytes are there.
const READ_BYTES: usize = 8;

/// Puts the values of all tracks into their lanes of `out`, 10 rows. False where the tracks do not lie in the clip.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
pub fn sample(clip: &Compressed<'_>, place: Place, alpha: f32, out: &mut [f32]) -> bool {
    clip.vectors(place, |vector| {
        sample_vector(vector, place, alpha, clip.stride, &mut out[clip.first_row(vector)..]);
        true
    })
}

/// The same for the tracks of a vector, whose rows are `stride` f32 apart.
///
/// # Panics
/// If `rows` ends before the last row of the vector, or the tracks are fewer than the vector says.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn sample_vector(vector: &TrackVector<'_>, place: Place, alpha: f32, stride: usize, rows: &mut [f32]) {
    let four = vector.has_four;
    let (row_count, header_bytes, constant_bytes) = match (vector.group == ROTATIONS, four) {
        (true, false) => (4, 28, 4),
        (true, true) => (4, 30, 4),
        _ => (3, 12, 16),
    };
    assert!(vector.count <= LANES && vector.header.len() >= header_bytes * vector.count);
    assert!(vector.constants.len() >= constant_bytes * vector.count && vector.bits.len() >= READ_BYTES);
    assert!(rows.len() >= (row_count - 1) * stride + LANES);
    let tracks = Tracks {
        header: vector.header.as_ptr(),
        constants: vector.constants.as_ptr(),
        bits: vector.bits.as_ptr(),
        last_byte: (vector.bits.len() - READ_BYTES).min(i32::MAX as usize) as i32,
        count: vector.count,
        lanes: ((1u32 << vector.count) - 1) as u16,
        holds: vector.holds,
        place,
        alpha,
    };
    // SAFETY: all that is read was just checked to be there.
    let values = unsafe {
        match (row_count, four) {
            (4, false) => rotations::<3>(&tracks),
            (4, true) => rotations::<4>(&tracks),
            _ => places(&tracks),
        }
    };
    for (c, value) in values.into_iter().enumerate().take(row_count) {
        // SAFETY: the rows were checked to be that long.
        unsafe {
            let row = rows.as_mut_ptr().add(c * stride);
            let old = _mm512_loadu_ps(row);
            _mm512_storeu_ps(row, _mm512_mask_expand_ps(old, vector.moving, value));
        }
    }
}

/// A vector whose lists are long enough.
struct Tracks {
    header: *const u8,
    constants: *const u8,
    bits: *const u8,
    /// Of the bits, the last that a gather may begin at.
    last_byte: i32,
    count: usize,
    lanes: u16,
    holds: u16,
    place: Place,
    alpha: f32,
}

/// # Safety
/// The lists are as long as a vector of rotations with `N` components needs.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn rotations<const N: usize>(tracks: &Tracks) -> [__m512; 4] {
    // SAFETY: as the caller says.
    unsafe {
        let keys = Keys::<N>::of(tracks);
        let step = floats(tracks, 0);
        let mut first = keys.values(tracks, keys.first);
        let mut second = keys.values(tracks, keys.second);
        for c in 0..N {
            first[c] = _mm512_mul_ps(first[c], step);
            second[c] = _mm512_mul_ps(second[c], step);
        }
        if N == 3 {
            first[3] = last_component(&first);
            second[3] = last_component(&second);
        }
        let mut values = [_mm512_setzero_ps(); 4];
        for c in 0..4 {
            values[c] = between(first[c], second[c], keys.share);
        }
        let axes = |c: usize| _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(halves(tracks, 6 + 2 * N + 2 * c)));
        let left = [axes(0), axes(1), axes(2), axes(3)];
        let right = [axes(4), axes(5), axes(6), axes(7)];
        values = multiply(&left, &multiply(&values, &right));
        for value in &mut values {
            *value = _mm512_mul_ps(*value, _mm512_set1_ps(AXES_UNIT));
        }
        values
    }
}

/// Translations or scales.
///
/// # Safety
/// The lists are as long as a vector of them needs.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn places(tracks: &Tracks) -> [__m512; 4] {
    // SAFETY: as the caller says.
    unsafe {
        let keys = Keys::<3>::of(tracks);
        let step = floats(tracks, 3);
        let first = keys.values(tracks, keys.first);
        let second = keys.values(tracks, keys.second);
        let mut values = [_mm512_setzero_ps(); 4];
        for c in 0..3 {
            let origin = floats(tracks, c);
            let a = _mm512_add_ps(origin, _mm512_mul_ps(first[c], step));
            let b = _mm512_add_ps(origin, _mm512_mul_ps(second[c], step));
            values[c] = between(a, b, keys.share);
        }
        values
    }
}

/// The two keys of each track, of `N` components.
struct Keys<const N: usize> {
    /// Their first bits.
    first: __m512i,
    second: __m512i,
    /// How far the place is from the first to the second.
    share: __m512,
    widths: [__m512i; N],
    /// Ones as wide as the components.
    masks: [__m512i; N],
    /// What the bits of the components count from.
    bases: [__m512i; N],
}

impl<const N: usize> Keys<N> {
    /// # Safety
    /// The header is as long as `N` components need.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
    unsafe fn of(tracks: &Tracks) -> Self {
        let low = |words| _mm512_and_si512(words, _mm512_set1_epi32(31));
        // SAFETY: as the caller says; what the mask leaves out is not read.
        let words = unsafe { _mm512_maskz_loadu_epi32(tracks.lanes, tracks.header.cast()) };
        let all = [
            low(words),
            low(_mm512_srli_epi32::<5>(words)),
            low(_mm512_srli_epi32::<10>(words)),
            low(_mm512_srli_epi32::<15>(words)),
        ];
        let bits = _mm512_add_epi32(_mm512_add_epi32(all[0], all[1]), _mm512_add_epi32(all[2], all[3]));
        let (one, fifteen) = (_mm512_set1_epi32(1), _mm512_set1_epi32(15));
        let spacing = _mm512_and_si512(_mm512_srli_epi32::<20>(words), fifteen);
        let shift = _mm512_and_si512(_mm512_srli_epi32::<24>(words), fifteen);
        let parts =
            _mm512_max_epi32(_mm512_sub_epi32(spacing, _mm512_set1_epi32(LEAD_SHIFT as i32)), _mm512_setzero_si512());
        let lead = _mm512_sllv_epi32(_mm512_srli_epi32::<28>(words), parts);
        let frame = _mm512_add_epi32(_mm512_set1_epi32(tracks.place.frame as i32), lead);
        let key = _mm512_srlv_epi32(frame, spacing);
        let up = _mm512_sub_epi32(_mm512_sllv_epi32(one, spacing), one);
        let last = _mm512_srlv_epi32(
            _mm512_add_epi32(_mm512_add_epi32(_mm512_set1_epi32(tracks.place.last as i32), lead), up),
            spacing,
        );
        let next = _mm512_min_epu32(_mm512_add_epi32(key, one), last);
        let after = _mm512_cvtepi32_ps(_mm512_and_si512(frame, up));
        // 1 / 2^spacing by its exponent.
        let unit = _mm512_slli_epi32::<23>(_mm512_sub_epi32(_mm512_set1_epi32(127), spacing));
        let reached = _mm512_add_ps(after, _mm512_set1_ps(tracks.alpha));
        // SAFETY: as the caller says.
        let begin = _mm512_cvtepu16_epi32(unsafe { halves(tracks, 4) });
        let mut widths = [_mm512_setzero_si512(); N];
        let (mut masks, mut bases) = (widths, widths);
        for c in 0..N {
            widths[c] = all[c];
            masks[c] = _mm512_sub_epi32(_mm512_sllv_epi32(one, all[c]), one);
            // SAFETY: as the caller says.
            let base = _mm512_cvtepi16_epi32(unsafe { halves(tracks, 6 + 2 * c) });
            bases[c] = _mm512_sllv_epi32(base, shift);
        }
        Self {
            first: _mm512_add_epi32(begin, _mm512_mullo_epi32(key, bits)),
            second: _mm512_add_epi32(begin, _mm512_mullo_epi32(next, bits)),
            share: _mm512_maskz_mul_ps(!tracks.holds, reached, _mm512_castsi512_ps(unit)),
            widths,
            masks,
            bases,
        }
    }

    /// The numbers that the keys from the bits `at` on hold.
    ///
    /// # Safety
    /// The bits are at least as many as a gather reads.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
    unsafe fn values(&self, tracks: &Tracks, at: __m512i) -> [__m512; 4] {
        // SAFETY: as the caller says.
        let (mut low, mut high) = unsafe { gather(tracks, at) };
        let mut values = [_mm512_setzero_ps(); 4];
        for c in 0..N {
            if c == 3 {
                let before = _mm512_add_epi32(_mm512_add_epi32(self.widths[0], self.widths[1]), self.widths[2]);
                // SAFETY: as the caller says.
                (low, high) = unsafe { gather(tracks, _mm512_add_epi32(at, before)) };
            } else if c > 0 {
                low = _mm512_srlv_epi64(low, low_longs(self.widths[c - 1]));
                high = _mm512_srlv_epi64(high, high_longs(self.widths[c - 1]));
            }
            let both = _mm512_inserti64x4::<1>(
                _mm512_castsi256_si512(_mm512_cvtepi64_epi32(low)),
                _mm512_cvtepi64_epi32(high),
            );
            let n = _mm512_add_epi32(self.bases[c], _mm512_and_si512(both, self.masks[c]));
            values[c] = _mm512_cvtepi32_ps(n);
        }
        values
    }
}

/// 57 bits and more from the bits `at` on: of the first eight tracks, and of the others.
///
/// # Safety
/// The bits are at least as many as a gather reads.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn gather(tracks: &Tracks, at: __m512i) -> (__m512i, __m512i) {
    let bytes = _mm512_min_epu32(_mm512_srli_epi32::<3>(at), _mm512_set1_epi32(tracks.last_byte));
    let within = _mm512_and_si512(at, _mm512_set1_epi32(7));
    let none = _mm512_setzero_si512();
    let (first, others) = (_mm512_castsi512_si256(bytes), _mm512_extracti64x4_epi64::<1>(bytes));
    let base = tracks.bits.cast();
    // SAFETY: no byte from which 8 are read is behind the last one.
    let (low, high) = unsafe {
        (
            _mm512_mask_i32gather_epi64::<1>(none, tracks.lanes as u8, first, base),
            _mm512_mask_i32gather_epi64::<1>(none, (tracks.lanes >> 8) as u8, others, base),
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

/// The halves of words behind `bytes_each` bytes a track.
///
/// # Safety
/// The header has them.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn halves(tracks: &Tracks, bytes_each: usize) -> __m256i {
    // SAFETY: as the caller says; what the mask leaves out is not read.
    unsafe { _mm256_maskz_loadu_epi16(tracks.lanes, tracks.header.add(bytes_each * tracks.count).cast()) }
}

/// The row of f32 of that number among the values for the whole clip.
///
/// # Safety
/// There is one.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn floats(tracks: &Tracks, row: usize) -> __m512 {
    // SAFETY: as the caller says; what the mask leaves out is not read.
    unsafe { _mm512_maskz_loadu_ps(tracks.lanes, tracks.constants.add(4 * row * tracks.count).cast()) }
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
