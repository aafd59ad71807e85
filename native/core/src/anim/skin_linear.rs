//! Linear blend skinning. `src/native/reference/anim/skin-linear.ts` and `skin-store.ts` have the order of operations.

use super::format::LENGTH2_MIN;
use super::skin::{Out, Span};
#[cfg(target_arch = "x86_64")]
use super::skin_linear_x86::{Four, Two};
use crate::cpu::{Level, level};
use crate::layout::CANONICAL_NAN_F32;

/// A matrix, column after column: three values and a zero.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Columns(pub [f32; 16]);

impl Columns {
    pub const ZERO: Self = Self([0.0; 16]);
}

/// Of 3 rows of 4.
#[inline]
pub fn columns(rows: &[f32; 12]) -> Columns {
    Columns(std::array::from_fn(|i| if i % 4 == 3 { 0.0 } else { rows[i % 4 * 4 + i / 4] }))
}

/// Skins the vertices of `span`, each with so many `influences` (1 to 8). The length of `palette` is a power of two.
pub fn run(palette: &[Columns], influences: usize, normalise: bool, span: &Span, out: &mut Out) {
    assert!(palette.len().is_power_of_two());
    let count = span.count;
    assert!(span.joints.len() == count * influences && span.weights.len() == count * influences);
    assert!(span.positions.len() == count * 3 && out.positions.len() == count * 3);
    let given = |out: &[f32], values: &[f32], size: usize| {
        assert!(out.is_empty() || (out.len() == count * size && values.len() == count * size));
        !out.is_empty()
    };
    let task = Task {
        palette,
        normals: given(out.normals, span.normals, 3),
        tangents: given(out.tangents, span.tangents, 4),
        normalise,
        count,
    };
    let from = Pointers {
        joints: span.joints.as_ptr(),
        weights: span.weights.as_ptr(),
        positions: span.positions.as_ptr(),
        normals: span.normals.as_ptr(),
        tangents: span.tangents.as_ptr(),
        to_positions: out.positions.as_mut_ptr(),
        to_normals: out.normals.as_mut_ptr(),
        to_tangents: out.tangents.as_mut_ptr(),
    };
    // SAFETY: the level is never above what the machine was found to have; the lengths were checked above.
    unsafe {
        match level() {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx512(&task, influences, from),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2(&task, influences, from),
            _ => each_influences::<One>(&task, influences, from),
        }
    }
}

/// What is the same for all vertices.
struct Task<'a> {
    palette: &'a [Columns],
    normals: bool,
    tangents: bool,
    normalise: bool,
    count: usize,
}

/// The vertex at hand.
#[derive(Clone, Copy)]
struct Pointers {
    joints: *const u16,
    weights: *const f32,
    positions: *const f32,
    normals: *const f32,
    tangents: *const f32,
    to_positions: *mut f32,
    to_normals: *mut f32,
    to_tangents: *mut f32,
}

/// Four values of each of some vertices: a column of their matrices, or a point. Functions need what the machine must
/// have for the type, and pointers to as many values as they say for each vertex.
pub trait Lanes: Copy {
    const VERTICES: usize;

    /// The columns of the blended matrices; `K` joints and weights a vertex.
    unsafe fn blend<const K: usize>(palette: &[Columns], joints: *const u16, weights: *const f32) -> [Self; 4];
    /// x, y and z of each vertex in all of its lanes, from 3 values a vertex.
    unsafe fn spread3(values: *const f32) -> [Self; 3];
    /// The same from 4 values a vertex.
    unsafe fn spread4(values: *const f32) -> [Self; 3];
    unsafe fn multiply(self, other: Self) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    /// 1 / sqrt of each value, but 1 where it is below `LENGTH2_MIN`.
    unsafe fn scale(self) -> Self;
    /// Lane 0, 1 or 2 of each vertex in all of its lanes.
    unsafe fn lane<const LANE: i32>(self) -> Self;
    /// 3 values a vertex, a NaN as the canonical one.
    unsafe fn store3(self, out: *mut f32);
    /// The same, and the last of 4 from `last`.
    unsafe fn store4(self, last: *const f32, out: *mut f32);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
unsafe fn avx512(task: &Task, influences: usize, at: Pointers) {
    // SAFETY: as the caller says.
    unsafe { each_influences::<Four>(task, influences, at) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn avx2(task: &Task, influences: usize, at: Pointers) {
    // SAFETY: as the caller says.
    unsafe { each_influences::<Two>(task, influences, at) }
}

#[inline(always)]
unsafe fn each_influences<V: Lanes>(task: &Task, influences: usize, at: Pointers) {
    // SAFETY: as the caller says.
    unsafe {
        match influences {
            1 => vertices::<V, 1>(task, at),
            2 => vertices::<V, 2>(task, at),
            3 => vertices::<V, 3>(task, at),
            4 => vertices::<V, 4>(task, at),
            5 => vertices::<V, 5>(task, at),
            6 => vertices::<V, 6>(task, at),
            7 => vertices::<V, 7>(task, at),
            _ => vertices::<V, 8>(task, at),
        }
    }
}

#[inline(always)]
unsafe fn vertices<V: Lanes, const K: usize>(task: &Task, mut at: Pointers) {
    // SAFETY: steps stay within `count` vertices; the last few are put where there is room for a whole step.
    unsafe {
        let mut left = task.count;
        while left >= V::VERTICES {
            step::<V, K>(task, at);
            at = at.after(V::VERTICES, K);
            left -= V::VERTICES;
        }
        if left > 0 {
            let mut room = Rest::new();
            let inside = room.take(task, at, left, K);
            step::<V, K>(task, inside);
            room.give(task, at, left);
        }
    }
}

#[inline(always)]
unsafe fn step<V: Lanes, const K: usize>(task: &Task, at: Pointers) {
    // SAFETY: as the caller says.
    unsafe {
        let columns = V::blend::<K>(task.palette, at.joints, at.weights);
        transform(columns, V::spread3(at.positions)).add(columns[3]).store3(at.to_positions);
        if task.normals {
            let normal = transform(columns, V::spread3(at.normals));
            scaled(normal, task.normalise).store3(at.to_normals);
        }
        if task.tangents {
            let tangent = transform(columns, V::spread4(at.tangents));
            scaled(tangent, task.normalise).store4(at.tangents, at.to_tangents);
        }
    }
}

#[inline(always)]
unsafe fn transform<V: Lanes>(columns: [V; 4], [x, y, z]: [V; 3]) -> V {
    // SAFETY: as the caller says.
    unsafe { columns[0].multiply(x).add(columns[1].multiply(y)).add(columns[2].multiply(z)) }
}

#[inline(always)]
unsafe fn scaled<V: Lanes>(vector: V, normalise: bool) -> V {
    if !normalise {
        return vector;
    }
    // SAFETY: as the caller says.
    unsafe {
        let squares = vector.multiply(vector);
        let length2 = squares.lane::<0>().add(squares.lane::<1>()).add(squares.lane::<2>());
        vector.multiply(length2.scale())
    }
}

impl Pointers {
    /// `count` vertices further. An array that is not there stays where it is not.
    #[inline(always)]
    fn after(self, count: usize, influences: usize) -> Self {
        Self {
            joints: self.joints.wrapping_add(count * influences),
            weights: self.weights.wrapping_add(count * influences),
            positions: self.positions.wrapping_add(count * 3),
            normals: self.normals.wrapping_add(count * 3),
            tangents: self.tangents.wrapping_add(count * 4),
            to_positions: self.to_positions.wrapping_add(count * 3),
            to_normals: self.to_normals.wrapping_add(count * 3),
            to_tangents: self.to_tangents.wrapping_add(count * 4),
        }
    }
}

/// Most vertices of a step.
const STEP_MAX: usize = 4;

/// Room for the vertices of the last step, when they are fewer than it takes.
struct Rest {
    joints: [u16; STEP_MAX * 8],
    weights: [f32; STEP_MAX * 8],
    values: [[f32; STEP_MAX * 4]; 3],
    out: [[f32; STEP_MAX * 4]; 3],
}

impl Rest {
    fn new() -> Self {
        let zeros = [[0.0; STEP_MAX * 4]; 3];
        Self { joints: [0; STEP_MAX * 8], weights: [0.0; STEP_MAX * 8], values: zeros, out: zeros }
    }

    /// # Safety
    /// There are `count` vertices from `at` on, fewer than `STEP_MAX`.
    unsafe fn take(&mut self, task: &Task, at: Pointers, count: usize, influences: usize) -> Pointers {
        // SAFETY: as the caller says.
        unsafe {
            copy(at.joints, self.joints.as_mut_ptr(), count * influences);
            copy(at.weights, self.weights.as_mut_ptr(), count * influences);
            copy(at.positions, self.values[0].as_mut_ptr(), count * 3);
            if task.normals {
                copy(at.normals, self.values[1].as_mut_ptr(), count * 3);
            }
            if task.tangents {
                copy(at.tangents, self.values[2].as_mut_ptr(), count * 4);
            }
        }
        let [positions, normals, tangents] = &self.values;
        let [to_positions, to_normals, to_tangents] = &mut self.out;
        Pointers {
            joints: self.joints.as_ptr(),
            weights: self.weights.as_ptr(),
            positions: positions.as_ptr(),
            normals: normals.as_ptr(),
            tangents: tangents.as_ptr(),
            to_positions: to_positions.as_mut_ptr(),
            to_normals: to_normals.as_mut_ptr(),
            to_tangents: to_tangents.as_mut_ptr(),
        }
    }

    /// # Safety
    /// There is room for `count` vertices from `at` on.
    unsafe fn give(&self, task: &Task, at: Pointers, count: usize) {
        // SAFETY: as the caller says.
        unsafe {
            copy(self.out[0].as_ptr(), at.to_positions, count * 3);
            if task.normals {
                copy(self.out[1].as_ptr(), at.to_normals, count * 3);
            }
            if task.tangents {
                copy(self.out[2].as_ptr(), at.to_tangents, count * 4);
            }
        }
    }
}

unsafe fn copy<T>(from: *const T, to: *mut T, count: usize) {
    // SAFETY: as the caller says.
    unsafe { from.copy_to_nonoverlapping(to, count) }
}

/// One vertex, on any machine.
#[derive(Clone, Copy)]
struct One([f32; 4]);

impl One {
    #[inline(always)]
    fn canonical(self) -> [f32; 4] {
        self.0.map(canonical)
    }
}

#[inline(always)]
fn canonical(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(CANONICAL_NAN_F32) } else { value }
}

impl Lanes for One {
    const VERTICES: usize = 1;

    #[inline(always)]
    unsafe fn blend<const K: usize>(palette: &[Columns], joints: *const u16, weights: *const f32) -> [Self; 4] {
        let mut sum = [0.0; 16];
        for k in 0..K {
            // SAFETY: as the caller says; the mask keeps the joint inside, as the length is a power of two.
            let (matrix, weight) = unsafe {
                let joint = usize::from(*joints.add(k)) & (palette.len() - 1);
                (palette.get_unchecked(joint), *weights.add(k))
            };
            for (sum, value) in sum.iter_mut().zip(matrix.0) {
                *sum = if k == 0 { weight * value } else { *sum + weight * value };
            }
        }
        let [a, b, c, d] = *sum.as_chunks::<4>().0 else { return [Self([0.0; 4]); 4] };
        [Self(a), Self(b), Self(c), Self(d)]
    }

    #[inline(always)]
    unsafe fn spread3(values: *const f32) -> [Self; 3] {
        // SAFETY: as the caller says.
        std::array::from_fn(|i| Self([unsafe { *values.add(i) }; 4]))
    }

    #[inline(always)]
    unsafe fn spread4(values: *const f32) -> [Self; 3] {
        // SAFETY: as the caller says.
        unsafe { Self::spread3(values) }
    }

    #[inline(always)]
    unsafe fn multiply(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    unsafe fn scale(self) -> Self {
        let length2 = self.0[0];
        Self([if length2 < LENGTH2_MIN { 1.0 } else { 1.0 / length2.sqrt() }; 4])
    }

    #[inline(always)]
    unsafe fn lane<const LANE: i32>(self) -> Self {
        Self([self.0[LANE as usize]; 4])
    }

    #[inline(always)]
    unsafe fn store3(self, out: *mut f32) {
        let [x, y, z, _] = self.canonical();
        // SAFETY: as the caller says.
        unsafe { out.cast::<[f32; 3]>().write([x, y, z]) }
    }

    #[inline(always)]
    unsafe fn store4(self, last: *const f32, out: *mut f32) {
        let [x, y, z, _] = self.canonical();
        // SAFETY: as the caller says.
        unsafe { out.cast::<[f32; 4]>().write([x, y, z, canonical(*last.add(3))]) }
    }
}
