//! A rule that looks at other entities.

use crate::rules;

const INDEX_BITS: u32 = 20;
const INDEX_MASK: i32 = (1 << INDEX_BITS) - 1;

pub fn head(x: &mut [f32], y: &mut [f32], px: &[f32], py: &[f32], of: &[i32], row: &[i32], generation: &[u16]) {
    #[cfg(target_arch = "x86_64")]
    if crate::version::avx512() && x.len().is_multiple_of(16) && x.len() > 16 {
        // SAFETY: the processor has it.
        return unsafe { head_avx512(x, y, px, py, of, row, generation) };
    }
    for i in 0..x.len() {
        let index = (of[i] & INDEX_MASK) as usize;
        let found = generation.get(index).is_some_and(|&of_index| i32::from(of_index) == of[i] >> INDEX_BITS);
        let other = if found { row[index] as usize } else { i };
        x[i] = if found { px[other] } else { 0.0 } - px[i];
        y[i] = if found { py[other] } else { 0.0 } - py[i];
    }
}

/// Sixteen at once. What does not exist is not fetched.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,bmi2")]
fn head_avx512(x: &mut [f32], y: &mut [f32], px: &[f32], py: &[f32], of: &[i32], row: &[i32], generation: &[u16]) {
    use std::arch::x86_64::{
        _mm512_and_si512, _mm512_cmpgt_epi32_mask, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mask_cmpeq_epi32_mask,
        _mm512_mask_i32gather_epi32, _mm512_mask_i32gather_ps, _mm512_max_epi32, _mm512_set1_epi32, _mm512_setzero_ps,
        _mm512_setzero_si512, _mm512_slli_epi32, _mm512_srli_epi32, _mm512_srlv_epi32, _mm512_storeu_ps,
        _mm512_sub_epi32, _mm512_sub_ps,
    };
    let rows = _mm512_set1_epi32(x.len() as i32);
    let one = _mm512_set1_epi32(1);
    let zero = _mm512_setzero_si512();
    let low = _mm512_set1_epi32(0xffff);
    for i in (0..x.len()).step_by(16) {
        // SAFETY: the number of rows is divisible by 16 and all columns have so many; indices are compared with it, and so
        // are rows. A generation is read with the one before it, the first with the one after it.
        unsafe {
            let target = _mm512_loadu_si512(of.as_ptr().add(i).cast());
            let index = _mm512_and_si512(target, _mm512_set1_epi32(INDEX_MASK));
            let inside = _mm512_cmpgt_epi32_mask(rows, index);
            let before = _mm512_max_epi32(_mm512_sub_epi32(index, one), zero);
            let pair = _mm512_mask_i32gather_epi32::<2>(zero, inside, before, generation.as_ptr().cast());
            let upper = _mm512_slli_epi32::<4>(_mm512_sub_epi32(index, before));
            let found = _mm512_and_si512(_mm512_srlv_epi32(pair, upper), low);
            let alive = _mm512_mask_cmpeq_epi32_mask(inside, found, _mm512_srli_epi32::<INDEX_BITS>(target));
            let other = _mm512_mask_i32gather_epi32::<4>(zero, alive, index, row.as_ptr().cast());
            let alive = alive & _mm512_cmpgt_epi32_mask(rows, other);
            let [there_x, there_y] = [px, py]
                .map(|column| _mm512_mask_i32gather_ps::<4>(_mm512_setzero_ps(), alive, other, column.as_ptr().cast()));
            let (here_x, here_y) = (_mm512_loadu_ps(px.as_ptr().add(i)), _mm512_loadu_ps(py.as_ptr().add(i)));
            _mm512_storeu_ps(x.as_mut_ptr().add(i), _mm512_sub_ps(there_x, here_x));
            _mm512_storeu_ps(y.as_mut_ptr().add(i), _mm512_sub_ps(there_y, here_y));
        }
    }
}

/// Rows whose targets are looked up before they steer.
const BLOCK: usize = 256;

/// The steering rule towards other entities: a block of lookups, then the arithmetic on it.
pub fn pursue(
    [vx, vy]: [&mut [f32]; 2],
    [px, py]: [&[f32]; 2],
    of: &[i32],
    row: &[i32],
    generation: &[u16],
    uniforms: [f32; 4],
) {
    let (mut goal_x, mut goal_y) = ([0.0; BLOCK], [0.0; BLOCK]);
    for start in (0..vx.len()).step_by(BLOCK) {
        let end = vx.len().min(start + BLOCK);
        for (i, target) in of[start..end].iter().enumerate() {
            let index = (target & INDEX_MASK) as usize;
            let found = generation.get(index).is_some_and(|&of_index| i32::from(of_index) == target >> INDEX_BITS);
            let other = if found { row[index] as usize } else { start + i };
            goal_x[i] = if found { px[other] } else { 0.0 };
            goal_y[i] = if found { py[other] } else { 0.0 };
        }
        let rows = start..end;
        let (px, py) = (&px[rows.clone()], &py[rows.clone()]);
        let (vx, vy) = (&mut vx[rows.clone()], &mut vy[rows]);
        rules::steer(vx, vy, px, py, &goal_x, &goal_y, uniforms);
    }
}
