//! Separation with 16 or 8 neighbours at a time.

use std::arch::x86_64::*;
use std::mem::MaybeUninit;
use std::ops::Range;

use crate::lanes::Split;
use crate::spatial::{Index, Window};
use crate::spatial_separate::{Falloff, Record, Sum, Walk, Writer, each_cell, each_run};

/// # Safety
/// Needs AVX-512 F, VL, BW, DQ.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,popcnt")]
pub unsafe fn separate_avx512(index: &Index, walk: &Walk, out: Split<Record>) {
    let lanes = Lanes16::new(walk.plan.falloff);
    // SAFETY: this function has the features that the closures need.
    let whole_cell = |window, rows, writer: &Writer| unsafe { whole_cell(index, &lanes, window, rows, writer) };
    let gather = |window, x, y| {
        // SAFETY: as above; loads are masked to the runs.
        unsafe {
            let (x, y) = (_mm512_set1_ps(x), _mm512_set1_ps(y));
            let mut sum = Sum16::new();
            let mut same = 0;
            each_run(index, window, |xs, ys| {
                for i in (0..xs.len()).step_by(16) {
                    let left = xs.len() - i;
                    let inside = if left >= 16 { 0xffff } else { (1u16 << left) - 1 };
                    let xs = _mm512_mask_loadu_ps(lanes.nan, inside, xs.as_ptr().add(i));
                    let ys = _mm512_mask_loadu_ps(lanes.nan, inside, ys.as_ptr().add(i));
                    let [hit, zero] = lanes.add(&mut sum, x, y, xs, ys);
                    sum.count += hit.count_ones();
                    same += zero.count_ones();
                }
            });
            (sum.fold(), same)
        }
    };
    each_cell(index, walk, out, whole_cell, gather);
}

/// Neighbours that a crowded cell may have.
const CROWD: usize = 1024;

/// A cell whose rows have their neighbours in at most three runs: these are packed once for all rows of the cell,
/// up to 48 neighbours in registers, up to [`CROWD`] on the stack.
#[inline(always)]
unsafe fn whole_cell(index: &Index, lanes: &Lanes16, window: Window, rows: Range<usize>, writer: &Writer) -> bool {
    if window.bottom - window.top > 2 {
        return false;
    }
    let run = |row: u32| if row <= window.bottom { index.run(row, window.left, window.right) } else { (0, 0) };
    let runs = [run(window.top), run(window.top + 1), run(window.top + 2)];
    let total: usize = runs.iter().map(|(start, end)| end - start).sum();
    // SAFETY: callers have AVX-512.
    unsafe {
        if total <= 16 {
            few::<1>(index, lanes, runs, window, rows, writer);
        } else if total <= 32 {
            few::<2>(index, lanes, runs, window, rows, writer);
        } else if total <= 48 {
            few::<3>(index, lanes, runs, window, rows, writer);
        } else if total <= CROWD {
            many(index, lanes, runs, window, rows, writer);
        } else {
            return false;
        }
    }
    true
}

/// Neighbours in `V` vectors.
#[inline(always)]
unsafe fn few<const V: usize>(
    index: &Index,
    lanes: &Lanes16,
    runs: [(usize, usize); 3],
    window: Window,
    rows: Range<usize>,
    writer: &Writer,
) {
    // SAFETY: callers have AVX-512; masks keep the loads within the runs, which lie within the columns.
    unsafe {
        let mut xs = [lanes.nan; V];
        let mut ys = [lanes.nan; V];
        let mut before = 0;
        for (start, end) in runs {
            let inside = ((1u64 << (end - start)) - 1) << before;
            // Lane 0 of the first vector would be here; pointers before the column are not read from.
            let x = index.x.as_ptr().wrapping_add(start).wrapping_sub(before);
            let y = index.y.as_ptr().wrapping_add(start).wrapping_sub(before);
            for v in 0..V {
                let inside = (inside >> (16 * v)) as u16;
                xs[v] = _mm512_mask_loadu_ps(xs[v], inside, x.wrapping_add(16 * v));
                ys[v] = _mm512_mask_loadu_ps(ys[v], inside, y.wrapping_add(16 * v));
            }
            before += end - start;
        }
        for row in rows {
            let x = _mm512_set1_ps(*index.x.get_unchecked(row));
            let y = _mm512_set1_ps(*index.y.get_unchecked(row));
            let mut sum = Sum16::new();
            let (mut hits, mut zeros) = (0u64, 0u64);
            for v in 0..V {
                let [hit, zero] = lanes.add(&mut sum, x, y, xs[v], ys[v]);
                hits |= u64::from(hit) << (16 * v);
                zeros |= u64::from(zero) << (16 * v);
            }
            sum.count = hits.count_ones();
            writer.write(row, window, sum.fold(), zeros.count_ones());
        }
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,popcnt")]
unsafe fn many(
    index: &Index,
    lanes: &Lanes16,
    runs: [(usize, usize); 3],
    window: Window,
    rows: Range<usize>,
    writer: &Writer,
) {
    // A stretch of a run is stored with lanes of NaN behind it, which the next one overwrites.
    let mut xs = [MaybeUninit::<f32>::uninit(); CROWD + 16];
    let mut ys = [MaybeUninit::<f32>::uninit(); CROWD + 16];
    let mut total = 0;
    // SAFETY: runs lie within the columns and have at most `CROWD` rows together; what is read of the arrays
    // was stored before.
    unsafe {
        for (start, end) in runs {
            for i in (start..end).step_by(16) {
                let left = end - i;
                let inside = if left >= 16 { 0xffff } else { (1u16 << left) - 1 };
                let x = _mm512_mask_loadu_ps(lanes.nan, inside, index.x.as_ptr().add(i));
                let y = _mm512_mask_loadu_ps(lanes.nan, inside, index.y.as_ptr().add(i));
                _mm512_storeu_ps(xs.as_mut_ptr().add(total).cast(), x);
                _mm512_storeu_ps(ys.as_mut_ptr().add(total).cast(), y);
                total += left.min(16);
            }
        }
        _mm512_storeu_ps(xs.as_mut_ptr().add(total).cast(), lanes.nan);
        _mm512_storeu_ps(ys.as_mut_ptr().add(total).cast(), lanes.nan);
        for row in rows {
            let x = _mm512_set1_ps(*index.x.get_unchecked(row));
            let y = _mm512_set1_ps(*index.y.get_unchecked(row));
            let mut sum = Sum16::new();
            let mut same = 0;
            for i in (0..total).step_by(16) {
                let to_x = _mm512_loadu_ps(xs.as_ptr().add(i).cast());
                let to_y = _mm512_loadu_ps(ys.as_ptr().add(i).cast());
                let [hit, zero] = lanes.add(&mut sum, x, y, to_x, to_y);
                sum.count += hit.count_ones();
                same += zero.count_ones();
            }
            writer.write(row, window, sum.fold(), same);
        }
    }
}

/// The constants, in all lanes.
struct Lanes16 {
    radius2: __m512,
    near: __m512,
    slope: __m512,
    /// At no distance from anything.
    nan: __m512,
}

struct Sum16 {
    x: __m512i,
    y: __m512i,
    count: u32,
}

impl Lanes16 {
    #[target_feature(enable = "avx512f")]
    fn new(falloff: Falloff) -> Self {
        Self {
            radius2: _mm512_set1_ps(falloff.radius2),
            near: _mm512_set1_ps(falloff.near),
            slope: _mm512_set1_ps(falloff.slope),
            nan: _mm512_set1_ps(f32::NAN),
        }
    }

    /// Adds 16 pushes; tells which lanes are neighbours, and which have a squared distance of 0.
    #[inline(always)]
    unsafe fn add(&self, sum: &mut Sum16, x: __m512, y: __m512, xs: __m512, ys: __m512) -> [u16; 2] {
        // SAFETY: callers have AVX-512.
        unsafe {
            let (dx, dy) = (_mm512_sub_ps(x, xs), _mm512_sub_ps(y, ys));
            let d2 = _mm512_add_ps(_mm512_mul_ps(dx, dx), _mm512_mul_ps(dy, dy));
            let hit = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(d2, self.radius2);
            let zero = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(d2, _mm512_setzero_ps());
            let weight = _mm512_sub_ps(self.near, _mm512_mul_ps(d2, self.slope));
            // Rounds to the nearest integer, ties to even.
            let push_x = _mm512_cvtps_epi32(_mm512_mul_ps(dx, weight));
            let push_y = _mm512_cvtps_epi32(_mm512_mul_ps(dy, weight));
            sum.x = _mm512_mask_add_epi32(sum.x, hit, sum.x, push_x);
            sum.y = _mm512_mask_add_epi32(sum.y, hit, sum.y, push_y);
            [hit, zero]
        }
    }
}

impl Sum16 {
    #[inline(always)]
    unsafe fn new() -> Self {
        // SAFETY: callers have AVX-512.
        unsafe { Self { x: _mm512_setzero_si512(), y: _mm512_setzero_si512(), count: 0 } }
    }

    #[inline(always)]
    unsafe fn fold(&self) -> Sum {
        // SAFETY: callers have AVX-512.
        unsafe {
            let x = _mm256_add_epi32(_mm512_castsi512_si256(self.x), _mm512_extracti64x4_epi64::<1>(self.x));
            let y = _mm256_add_epi32(_mm512_castsi512_si256(self.y), _mm512_extracti64x4_epi64::<1>(self.y));
            let (x, y) = fold8(x, y);
            Sum { x, y, count: self.count }
        }
    }
}

/// # Safety
/// Needs AVX2.
#[target_feature(enable = "avx2,popcnt")]
pub unsafe fn separate_avx2(index: &Index, walk: &Walk, out: Split<Record>) {
    let radius2 = _mm256_set1_ps(walk.plan.falloff.radius2);
    let near = _mm256_set1_ps(walk.plan.falloff.near);
    let slope = _mm256_set1_ps(walk.plan.falloff.slope);
    let numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let gather = |window, x, y| {
        // SAFETY: this function has the features that the closure needs; loads are masked to the runs.
        unsafe {
            let (x, y) = (_mm256_set1_ps(x), _mm256_set1_ps(y));
            let (mut sum_x, mut sum_y) = (_mm256_setzero_si256(), _mm256_setzero_si256());
            let (mut count, mut same) = (0, 0);
            each_run(index, window, |xs, ys| {
                for i in (0..xs.len()).step_by(8) {
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
                }
            });
            let (x, y) = fold8(sum_x, sum_y);
            (Sum { x, y, count }, same)
        }
    };
    each_cell(index, walk, out, |_, _, _| false, gather);
}

/// Sums of the lanes of two vectors.
#[inline(always)]
unsafe fn fold8(x: __m256i, y: __m256i) -> (i32, i32) {
    // SAFETY: callers have AVX2.
    unsafe {
        let both = _mm256_add_epi32(_mm256_unpacklo_epi32(x, y), _mm256_unpackhi_epi32(x, y));
        let both = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256::<1>(both));
        let both = _mm_add_epi32(both, _mm_unpackhi_epi64(both, both));
        let pair = _mm_cvtsi128_si64(both);
        (pair as i32, (pair >> 32) as i32)
    }
}
