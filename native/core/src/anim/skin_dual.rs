//! Dual quaternion skinning. `src/native/reference/anim/skin-dual.ts` has the formulas and the order of operations.

use super::skin::{Out, Span};
use super::skin_format::RIGID_ERROR;
#[cfg(target_arch = "x86_64")]
use super::skin_step::{Pointers, Task};
use super::skin_step::{each_step, task};
use super::skin_turn::Dual;
use super::wide::Portable;
#[cfg(target_arch = "x86_64")]
use super::wide_x86::{Avx2, Avx512};
#[cfg(target_arch = "x86_64")]
use crate::cpu::{Level, level};

/// A dual quaternion: the real part x y z w, then the dual part.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(32))]
pub struct Motion(pub [f32; 8]);

impl Motion {
    pub const ZERO: Self = Self([0.0; 8]);
}

/// Whether a matrix (3 rows of 4) turns and moves but does nothing else.
pub fn is_rigid(m: &[f32; 12]) -> bool {
    let m: [f64; 12] = std::array::from_fn(|i| f64::from(m[i]));
    for a in 0..3 {
        for b in a..3 {
            let product = m[a] * m[b] + m[4 + a] * m[4 + b] + m[8 + a] * m[8 + b];
            let wanted = if a == b { 1.0 } else { 0.0 };
            if (product - wanted).abs() > RIGID_ERROR {
                return false;
            }
        }
    }
    let x = m[4] * m[9] - m[8] * m[5];
    let y = m[8] * m[1] - m[0] * m[9];
    let z = m[0] * m[5] - m[4] * m[1];
    let determinant = x * m[2] + y * m[6] + z * m[10];
    // A NaN counts as rigid.
    !matches!(determinant.partial_cmp(&0.0), Some(std::cmp::Ordering::Less))
}

/// The motion that a rigid matrix is.
pub fn motion(m: &[f32; 12]) -> Motion {
    let &[m00, m01, m02, tx, m10, m11, m12, ty, m20, m21, m22, tz] = m;
    let sum = |a: f32, b: f32, c: f32| 1.0 + a + b + c;
    let t;
    let q = if m22 < 0.0 {
        if m00 > m11 {
            t = sum(m00, -m11, -m22);
            [t, m10 + m01, m02 + m20, m21 - m12]
        } else {
            t = sum(-m00, m11, -m22);
            [m10 + m01, t, m21 + m12, m02 - m20]
        }
    } else if m00 < -m11 {
        t = sum(-m00, -m11, m22);
        [m02 + m20, m21 + m12, t, m10 - m01]
    } else {
        t = sum(m00, m11, m22);
        [m21 - m12, m02 - m20, m10 - m01, t]
    };
    let scale = 0.5 / t.sqrt();
    let [x, y, z, w] = q.map(|value| value * scale);
    Motion([
        x,
        y,
        z,
        w,
        0.5 * (tx * w + ty * z - tz * y),
        0.5 * (ty * w + tz * x - tx * z),
        0.5 * (tz * w + tx * y - ty * x),
        -0.5 * (tx * x + ty * y + tz * z),
    ])
}

/// Skins the vertices of `span`, each with so many `influences` (1 to 8). The length of `palette` is a power of two.
pub fn run(palette: &[Motion], influences: usize, normalise: bool, span: &Span, out: &mut Out) {
    assert!(palette.len().is_power_of_two());
    let (task, all) = task(influences, normalise, span, out);
    // SAFETY: the level is never above what the machine was found to have; `task` checked the lengths.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        match level() {
            Level::Avx512 => return avx512(palette, &task, &all),
            Level::Avx2 => return avx2(palette, &task, &all),
            Level::Portable => {}
        }
        each_step(&Dual::<Portable>::new(palette), &task, &all);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn avx512(palette: &[Motion], task: &Task, all: &Pointers) {
    // SAFETY: as the caller says.
    unsafe { each_step(&Dual::<Avx512>::new(palette), task, all) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn avx2(palette: &[Motion], task: &Task, all: &Pointers) {
    // SAFETY: as the caller says.
    unsafe { each_step(&Dual::<Avx2>::new(palette), task, all) }
}
