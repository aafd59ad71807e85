//! The kernel of dual quaternions: 16 vertices at a time, each value of them in a vector of its own.

use std::array::from_fn;
use std::marker::PhantomData;

use super::format::{LANES, LENGTH2_MIN};
use super::skin_dual::Motion;
use super::skin_step::{Kernel, Pointers, Task};
use super::wide::{Portable, Wide};
use crate::layout::CANONICAL_NAN_F32;

/// How values of 16 vertices come into vectors and out of them.
///
/// # Safety
/// As for [`Wide`].
pub trait Vertices: Wide {
    /// `weight * motion` of influence 0 of each vertex, of which there is one at every `step` joints and weights.
    unsafe fn terms(palette: &[Motion], joints: *const u16, weights: *const f32, step: usize) -> [Self; 8];
    /// 3 values a vertex.
    unsafe fn load3(values: *const f32) -> [Self; 3];
    /// 3 values a vertex.
    unsafe fn store3(values: [Self; 3], out: *mut f32);
}

/// The motion of an influence, and its weight. The mask keeps any joint inside: the length is a power of two.
///
/// # Safety
/// There are `at + 1` joints and weights.
#[inline(always)]
pub unsafe fn influence(
    palette: &[Motion],
    joints: *const u16,
    weights: *const f32,
    at: usize,
) -> (*const f32, *const f32) {
    // SAFETY: as the caller says.
    unsafe {
        let joint = usize::from(*joints.add(at)) & (palette.len() - 1);
        (palette.as_ptr().add(joint).cast(), weights.add(at))
    }
}

/// Skins with what the instructions of `W` can do.
pub struct Dual<'a, W> {
    palette: &'a [Motion],
    vectors: PhantomData<W>,
}

impl<'a, W> Dual<'a, W> {
    /// The length of `palette` is a power of two.
    #[inline(always)]
    pub fn new(palette: &'a [Motion]) -> Self {
        Self { palette, vectors: PhantomData }
    }
}

impl<W: Vertices> Kernel for Dual<'_, W> {
    const VERTICES: usize = LANES;

    #[inline(always)]
    unsafe fn step(&self, task: &Task, all: &Pointers, vertex: usize) {
        // SAFETY: as the caller says.
        unsafe {
            let motion = blend::<W>(self.palette, task.influences, all, vertex);
            let turned = turn(&motion, W::load3(all.positions.add(vertex * 3)));
            W::store3(canonical(displace(&motion, turned)), all.to_positions.add(vertex * 3));
            if task.normals {
                let normals = turn(&motion, W::load3(all.normals.add(vertex * 3)));
                W::store3(canonical(lengthen(normals, task.normalise)), all.to_normals.add(vertex * 3));
            }
            if task.tangents {
                let (tangents, to) = (all.tangents.add(vertex * 4), all.to_tangents.add(vertex * 4));
                let mut packed = [0.0; LANES * 3];
                for i in 0..LANES * 3 {
                    packed[i] = *tangents.add(i / 3 * 4 + i % 3);
                }
                let turned = turn(&motion, W::load3(packed.as_ptr()));
                W::store3(canonical(lengthen(turned, task.normalise)), packed.as_mut_ptr());
                for i in 0..LANES {
                    let last = *tangents.add(i * 4 + 3);
                    let last = if last.is_nan() { f32::from_bits(CANONICAL_NAN_F32) } else { last };
                    let values = [packed[i * 3], packed[i * 3 + 1], packed[i * 3 + 2], last];
                    to.add(i * 4).cast::<[f32; 4]>().write(values);
                }
            }
        }
    }
}

/// The sum of the terms of each vertex, made as long as 1.
#[inline(always)]
unsafe fn blend<W: Vertices>(palette: &[Motion], influences: usize, all: &Pointers, vertex: usize) -> [W; 8] {
    // A closure would not be compiled for the instructions of `W`.
    // SAFETY: as the caller says.
    unsafe {
        let at = vertex * influences;
        let (joints, weights) = (all.joints.add(at), all.weights.add(at));
        let first = W::terms(palette, joints, weights, influences);
        let mut sum = first;
        let zero = W::splat(0.0);
        for k in 1..influences {
            let terms = W::terms(palette, joints.add(k), weights.add(k), influences);
            let away = dot(&first, &terms).less(zero);
            for c in 0..8 {
                sum[c] = sum[c].add(W::select(away, terms[c].negative(), terms[c]));
            }
        }
        let length2 = dot(&sum, &sum);
        let short = length2.less(W::splat(LENGTH2_MIN));
        let scale = W::splat(1.0).div(length2.sqrt());
        for c in 0..8 {
            let none = W::splat(if c == 3 { 1.0 } else { 0.0 });
            sum[c] = W::select(short, none, sum[c].mul(scale));
        }
        sum
    }
}

/// Of the real parts.
#[inline(always)]
unsafe fn dot<W: Wide>(a: &[W; 8], b: &[W; 8]) -> W {
    // SAFETY: as the caller says.
    unsafe { a[0].mul(b[0]).add(a[1].mul(b[1])).add(a[2].mul(b[2])).add(a[3].mul(b[3])) }
}

#[inline(always)]
unsafe fn cross<W: Wide>(a: &[W], b: &[W]) -> [W; 3] {
    // SAFETY: as the caller says.
    unsafe {
        [a[1].mul(b[2]).sub(a[2].mul(b[1])), a[2].mul(b[0]).sub(a[0].mul(b[2])), a[0].mul(b[1]).sub(a[1].mul(b[0]))]
    }
}

#[inline(always)]
unsafe fn turn<W: Wide>(motion: &[W; 8], v: [W; 3]) -> [W; 3] {
    // SAFETY: as the caller says.
    unsafe {
        let [x, y, z] = cross(motion, &v);
        let u = [x.add(motion[3].mul(v[0])), y.add(motion[3].mul(v[1])), z.add(motion[3].mul(v[2]))];
        let [x, y, z] = cross(motion, &u);
        [v[0].add(x.add(x)), v[1].add(y.add(y)), v[2].add(z.add(z))]
    }
}

#[inline(always)]
unsafe fn displace<W: Wide>(motion: &[W; 8], v: [W; 3]) -> [W; 3] {
    // SAFETY: as the caller says.
    unsafe {
        let crossed = cross(motion, &motion[4..]);
        let mut moved = v;
        for c in 0..3 {
            let half = motion[3].mul(motion[4 + c]).sub(motion[7].mul(motion[c])).add(crossed[c]);
            moved[c] = v[c].add(half.add(half));
        }
        moved
    }
}

#[inline(always)]
unsafe fn lengthen<W: Wide>(v: [W; 3], normalise: bool) -> [W; 3] {
    if !normalise {
        return v;
    }
    // SAFETY: as the caller says.
    unsafe {
        let length2 = v[0].mul(v[0]).add(v[1].mul(v[1])).add(v[2].mul(v[2]));
        let one = W::splat(1.0);
        let scale = W::select(length2.less(W::splat(LENGTH2_MIN)), one, one.div(length2.sqrt()));
        [v[0].mul(scale), v[1].mul(scale), v[2].mul(scale)]
    }
}

#[inline(always)]
unsafe fn canonical<W: Wide>(v: [W; 3]) -> [W; 3] {
    // SAFETY: as the caller says.
    unsafe {
        let nan = W::splat(f32::from_bits(CANONICAL_NAN_F32));
        [
            W::select(v[0].equal(v[0]), v[0], nan),
            W::select(v[1].equal(v[1]), v[1], nan),
            W::select(v[2].equal(v[2]), v[2], nan),
        ]
    }
}

impl Vertices for Portable {
    #[inline(always)]
    unsafe fn terms(palette: &[Motion], joints: *const u16, weights: *const f32, step: usize) -> [Self; 8] {
        let mut terms = [[0.0; LANES]; 8];
        for i in 0..LANES {
            // SAFETY: as the caller says.
            let (motion, weight) = unsafe {
                let (motion, weight) = influence(palette, joints, weights, i * step);
                (motion.cast::<[f32; 8]>().read(), *weight)
            };
            for c in 0..8 {
                terms[c][i] = weight * motion[c];
            }
        }
        // SAFETY: there are as many values.
        terms.map(|values| unsafe { Self::load(values.as_ptr()) })
    }

    #[inline(always)]
    unsafe fn load3(values: *const f32) -> [Self; 3] {
        // SAFETY: as the caller says.
        from_fn(|c| unsafe {
            let lanes: [f32; LANES] = from_fn(|i| *values.add(i * 3 + c));
            Self::load(lanes.as_ptr())
        })
    }

    #[inline(always)]
    unsafe fn store3(values: [Self; 3], out: *mut f32) {
        for (c, values) in values.into_iter().enumerate() {
            let mut lanes = [0.0; LANES];
            // SAFETY: as the caller says.
            unsafe {
                values.store(lanes.as_mut_ptr());
                for (i, value) in lanes.into_iter().enumerate() {
                    out.add(i * 3 + c).write(value);
                }
            }
        }
    }
}
