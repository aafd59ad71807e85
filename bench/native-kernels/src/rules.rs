//! Rules that are straight arithmetic.

use crate::version::versions;

versions! {
    /// One axis of an integration.
    advance = advance_body(p: &mut [f32], v: &[f32], dt: f32)
}

#[inline(always)]
fn advance_body(p: &mut [f32], v: &[f32], dt: f32) {
    for (p, v) in p.iter_mut().zip(v) {
        *p += v * dt;
    }
}

versions! {
    /// `uniforms`: speed, slow, force, near.
    steer = steer_body(
        vx: &mut [f32], vy: &mut [f32], px: &[f32], py: &[f32], gx: &[f32], gy: &[f32], uniforms: [f32; 4],
    )
}

#[inline(always)]
fn steer_body(
    vx: &mut [f32],
    vy: &mut [f32],
    px: &[f32],
    py: &[f32],
    gx: &[f32],
    gy: &[f32],
    [speed, slow, force, near]: [f32; 4],
) {
    let rows = vx.len();
    let (vy, px, py, gx, gy) = (&mut vy[..rows], &px[..rows], &py[..rows], &gx[..rows], &gy[..rows]);
    for i in 0..rows {
        let (dx, dy) = (gx[i] - px[i], gy[i] - py[i]);
        let distance = (dx * dx + dy * dy).sqrt();
        let scale = least(speed, distance * slow) / most(distance, near);
        vx[i] += most(-force, least(force, dx * scale - vx[i]));
        vy[i] += most(-force, least(force, dy * scale - vy[i]));
    }
}

versions! {
    /// `uniforms`: chance, strength, least.
    damage = damage_body(health: &mut [f32], armour: &[f32], luck: &[f32], uniforms: [f32; 3])
}

#[inline(always)]
fn damage_body(health: &mut [f32], armour: &[f32], luck: &[f32], [chance, strength, at_least]: [f32; 3]) {
    for ((health, armour), luck) in health.iter_mut().zip(armour).zip(luck) {
        let through = most(at_least, strength - armour);
        *health = if *luck < chance { *health - through } else { *health };
    }
}

/// The same, and a list of the entities whose health is out. Returns its length.
pub fn damage_list(
    health: &mut [f32],
    armour: &[f32],
    luck: &[f32],
    entities: &[i32],
    list: &mut [i32],
    uniforms: [f32; 3],
) -> usize {
    #[cfg(target_arch = "x86_64")]
    if crate::version::avx512() && health.len().is_multiple_of(16) {
        // SAFETY: the processor has it.
        return unsafe { damage_list_avx512(health, armour, luck, entities, list, uniforms) };
    }
    damage_list_any(health, armour, luck, entities, list, uniforms)
}

fn damage_list_any(
    health: &mut [f32],
    armour: &[f32],
    luck: &[f32],
    entities: &[i32],
    list: &mut [i32],
    [chance, strength, at_least]: [f32; 3],
) -> usize {
    let mut length = 0;
    for (i, entity) in entities.iter().enumerate() {
        let hit = luck[i] < chance;
        let left = health[i] - most(at_least, strength - armour[i]);
        health[i] = if hit { left } else { health[i] };
        list[length] = *entity;
        length += usize::from(hit & (left <= 0.0));
    }
    length
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,bmi2")]
fn damage_list_avx512(
    health: &mut [f32],
    armour: &[f32],
    luck: &[f32],
    entities: &[i32],
    list: &mut [i32],
    [chance, strength, at_least]: [f32; 3],
) -> usize {
    use std::arch::x86_64::{
        _CMP_LE_OQ, _CMP_LT_OQ, _mm512_cmp_ps_mask, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mask_cmp_ps_mask,
        _mm512_mask_sub_ps, _mm512_maskz_compress_epi32, _mm512_max_ps, _mm512_set1_ps, _mm512_setzero_ps,
        _mm512_storeu_ps, _mm512_storeu_si512, _mm512_sub_ps,
    };
    let (chance, strength, at_least) = (_mm512_set1_ps(chance), _mm512_set1_ps(strength), _mm512_set1_ps(at_least));
    let mut length = 0;
    let rows = health.chunks_exact_mut(16).zip(armour.chunks_exact(16)).zip(luck.chunks_exact(16));
    for (((health, armour), luck), entities) in rows.zip(entities.chunks_exact(16)) {
        // SAFETY: each slice has 16 elements; the list has room for 16 more than there are rows.
        unsafe {
            let hit = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(_mm512_loadu_ps(luck.as_ptr()), chance);
            let through = _mm512_max_ps(at_least, _mm512_sub_ps(strength, _mm512_loadu_ps(armour.as_ptr())));
            let before = _mm512_loadu_ps(health.as_ptr());
            let left = _mm512_mask_sub_ps(before, hit, before, through);
            _mm512_storeu_ps(health.as_mut_ptr(), left);
            let out = _mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(hit, left, _mm512_setzero_ps());
            let packed = _mm512_maskz_compress_epi32(out, _mm512_loadu_si512(entities.as_ptr().cast()));
            _mm512_storeu_si512(list.as_mut_ptr().add(length).cast(), packed);
            length += out.count_ones() as usize;
        }
    }
    length
}

#[inline(always)]
fn least(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn most(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}
