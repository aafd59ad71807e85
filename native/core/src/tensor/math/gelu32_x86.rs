//! [`near32`] of 16 or 8 elements at once.

use std::arch::x86_64::*;

use super::exponential32::ROUNDER32;
use super::gelu32::{NARROWING, NEAR, ROWS, Row, WIDEST, near32};
use super::group_x86::{VECTORS, each, vector_loop};

/// The table by columns: a coefficient of all rows is two registers.
static COLUMNS: [[f32; 32]; 8] = {
    let mut columns = [[0.0; 32]; 8];
    let mut i = 0;
    while i < 256 {
        columns[i % 8][i / 8] = ROWS[i / 8][i % 8];
        i += 1;
    }
    columns
};

/// Writes the values from -[`NEAR`] on; whether that is all of them, without NaNs. The slices are of one length.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
pub fn near_avx512(input: &[f32], out: &mut [f32]) -> bool {
    let columns = columns();
    let mut others = 0;
    vector_loop!(input, out, |x| {
        for x in x {
            others |= others_of(x);
        }
        near16s(x, &columns)
    });
    others == 0
}

/// Those below -[`NEAR`], and NaNs.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn others_of(x: __m512) -> u16 {
    _mm512_cmp_ps_mask::<_CMP_NGE_UQ>(x, _mm512_set1_ps(-NEAR))
}

type Columns = [(__m512, __m512); 8];

#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn columns() -> Columns {
    let mut columns = [(_mm512_setzero_ps(), _mm512_setzero_ps()); 8];
    for (to, from) in columns.iter_mut().zip(&COLUMNS) {
        // SAFETY: a column has 32 elements.
        *to = unsafe { (_mm512_loadu_ps(from.as_ptr()), _mm512_loadu_ps(from.as_ptr().add(16))) };
    }
    columns
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn near16s<const COUNT: usize>(x: [__m512; COUNT], columns: &Columns) -> [__m512; COUNT] {
    let size = each!(COUNT, i _mm512_min_ps(_mm512_set1_ps(NEAR), _mm512_abs_ps(x[i])));
    let width = each!(COUNT, i _mm512_mul_ps(size[i], _mm512_set1_ps(NARROWING)));
    let width = each!(COUNT, i _mm512_add_ps(width[i], _mm512_set1_ps(WIDEST)));
    let place = each!(COUNT, i _mm512_mul_ps(size[i], width[i]));
    let place = each!(COUNT, i _mm512_add_ps(place[i], _mm512_set1_ps(ROUNDER32)));
    /// A coefficient of a vector.
    macro_rules! c {
        ($i:ident, $column:expr) => {
            _mm512_permutex2var_ps(columns[$column].0, _mm512_castps_si512(place[$i]), columns[$column].1)
        };
    }
    let r = each!(COUNT, i _mm512_sub_ps(size[i], c!(i, 0)));
    let mut curve = each!(COUNT, i c!(i, 7));
    for column in [6, 5, 4, 3] {
        curve = each!(COUNT, i _mm512_mul_ps(curve[i], r[i]));
        curve = each!(COUNT, i _mm512_add_ps(curve[i], c!(i, column)));
    }
    let slope = each!(COUNT, i _mm512_mul_ps(r[i], c!(i, 2)));
    let square = each!(COUNT, i _mm512_mul_ps(r[i], r[i]));
    let bend = each!(COUNT, i _mm512_mul_ps(square[i], curve[i]));
    let change = each!(COUNT, i _mm512_add_ps(slope[i], bend[i]));
    let tail = each!(COUNT, i _mm512_add_ps(c!(i, 1), change[i]));
    each!(COUNT, i _mm512_sub_ps(_mm512_max_ps(_mm512_set1_ps(-0.0), x[i]), tail[i]))
}

/// The same.
#[target_feature(enable = "avx2")]
pub fn near_avx2(input: &[f32], out: &mut [f32]) -> bool {
    let (groups, rest) = input.as_chunks::<8>();
    let (out_groups, out_rest) = out.as_chunks_mut::<8>();
    let mut others = 0;
    for (out, group) in out_groups.iter_mut().zip(groups) {
        // SAFETY: 8 elements are there.
        unsafe {
            let x = _mm256_loadu_ps(group.as_ptr());
            others |= _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NGE_UQ>(x, _mm256_set1_ps(-NEAR)));
            _mm256_storeu_ps(out.as_mut_ptr(), near8(x));
        }
    }
    let mut all = others == 0;
    for (out, &x) in out_rest.iter_mut().zip(rest) {
        *out = near32(x);
        all &= x >= -NEAR;
    }
    all
}

#[inline]
#[target_feature(enable = "avx2")]
fn near8(x: __m256) -> __m256 {
    let size = _mm256_min_ps(_mm256_set1_ps(NEAR), _mm256_andnot_ps(_mm256_set1_ps(-0.0), x));
    let widths = _mm256_add_ps(_mm256_mul_ps(size, _mm256_set1_ps(NARROWING)), _mm256_set1_ps(WIDEST));
    let place = _mm256_add_ps(_mm256_mul_ps(size, widths), _mm256_set1_ps(ROUNDER32));
    let mut rows = [0u32; 8];
    // SAFETY: there is room for 8.
    unsafe {
        let row = _mm256_and_si256(_mm256_castps_si256(place), _mm256_set1_epi32(31));
        _mm256_storeu_si256(rows.as_mut_ptr().cast(), row);
    }
    let c = transposed(rows);
    let r = _mm256_sub_ps(size, c[0]);
    let mut curve = c[7];
    for i in [6, 5, 4, 3] {
        curve = _mm256_add_ps(_mm256_mul_ps(curve, r), c[i]);
    }
    let bend = _mm256_mul_ps(_mm256_mul_ps(r, r), curve);
    let tail = _mm256_add_ps(c[1], _mm256_add_ps(_mm256_mul_ps(r, c[2]), bend));
    _mm256_sub_ps(_mm256_max_ps(_mm256_set1_ps(-0.0), x), tail)
}

/// The coefficients of eight rows, each coefficient in a register.
#[inline]
#[target_feature(enable = "avx2")]
fn transposed(rows: [u32; 8]) -> [__m256; 8] {
    let half = |row: u32, first: usize| {
        let row: &Row = &ROWS[(row & 31) as usize];
        // SAFETY: a row has 8 elements; `first` is 0 or 4.
        unsafe { _mm_loadu_ps(row.as_ptr().add(first)) }
    };
    let both = |i: usize, first: usize| _mm256_set_m128(half(rows[i + 4], first), half(rows[i], first));
    let four = |first: usize| {
        let rows = [both(0, first), both(1, first), both(2, first), both(3, first)];
        let low = [_mm256_unpacklo_ps(rows[0], rows[1]), _mm256_unpacklo_ps(rows[2], rows[3])];
        let high = [_mm256_unpackhi_ps(rows[0], rows[1]), _mm256_unpackhi_ps(rows[2], rows[3])];
        [
            _mm256_shuffle_ps::<0x44>(low[0], low[1]),
            _mm256_shuffle_ps::<0xee>(low[0], low[1]),
            _mm256_shuffle_ps::<0x44>(high[0], high[1]),
            _mm256_shuffle_ps::<0xee>(high[0], high[1]),
        ]
    };
    let ([c0, c1, c2, c3], [c4, c5, c6, c7]) = (four(0), four(4));
    [c0, c1, c2, c3, c4, c5, c6, c7]
}
