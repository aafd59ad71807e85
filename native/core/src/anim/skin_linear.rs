//! Linear blend skinning. `src/native/reference/anim/skin-linear.ts` and `skin-store.ts` have the order of operations.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::format::LENGTH2_MIN;
use super::skin::{Out, Span};
#[cfg(target_arch = "x86_64")]
use super::skin_linear_x86::{Four, Two, convert_avx512};
use super::skin_step::{Kernel, Pointers, Task, each_step, task};
#[cfg(target_arch = "x86_64")]
use crate::cpu::{Level, level};
use crate::fetch::fetch_at;
use crate::layout::CANONICAL_NAN_F32;

/// A matrix, column after column: three values and a zero.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Columns(pub [f32; 16]);

impl Columns {
    pub const ZERO: Self = Self([0.0; 16]);
}

/// Writes matrices of 3 rows of 4, as many as there are places, as columns.
pub fn convert(matrices: &[[f32; 12]], places: &mut [MaybeUninit<Columns>]) {
    #[cfg(target_arch = "x86_64")]
    if level() == Level::Avx512 {
        // SAFETY: the machine has it.
        return unsafe { convert_avx512(matrices, places) };
    }
    for (&[xx, yx, zx, tx, xy, yy, zy, ty, xz, yz, zz, tz], place) in matrices.iter().zip(places) {
        place.write(Columns([xx, xy, xz, 0.0, yx, yy, yz, 0.0, zx, zy, zz, 0.0, tx, ty, tz, 0.0]));
    }
}

/// Skins the vertices of `span`, each with so many `influences` (1 to 8). The length of `palette` is a power of two.
pub fn run(palette: &[Columns], influences: usize, normalise: bool, span: &Span, out: &mut Out) {
    assert!(palette.len().is_power_of_two());
    let (task, all) = task(influences, normalise, span, out);
    // SAFETY: the level is never above what the machine was found to have; `task` checked the lengths.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        match level() {
            Level::Avx512 => return each_influences::<Four>(palette, &task, &all),
            Level::Avx2 => return each_influences::<Two>(palette, &task, &all),
            Level::Portable => {}
        }
        each_influences::<One>(palette, &task, &all);
    }
}

/// Four values of each of some vertices: a column of their matrices, or a point. Functions need what the machine must
/// have for the type, and pointers to as many values as they say for each vertex.
pub trait Lanes: Copy {
    const VERTICES: usize;
    /// Vectors of vertices in a step, at most 4.
    const VECTORS: usize;

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
    /// 3 values of each vertex of the first `VECTORS` vectors, a NaN as the canonical one.
    unsafe fn store3(vectors: [Self; 4], out: *mut f32);
    /// The same, and the last of 4 from `last`.
    unsafe fn store4(self, last: *const f32, out: *mut f32);
    /// [`vertices`] compiled for the instructions of `Self`.
    unsafe fn vertices<const K: usize, const NORMALS: bool>(palette: &[Columns], task: &Task, all: &Pointers);
}

/// Runs what is compiled for a number of influences.
unsafe fn each_influences<V: Lanes>(palette: &[Columns], task: &Task, all: &Pointers) {
    // SAFETY: as the caller says.
    unsafe {
        match (task.influences, task.normals) {
            (1, true) => V::vertices::<1, true>(palette, task, all),
            (2, true) => V::vertices::<2, true>(palette, task, all),
            (3, true) => V::vertices::<3, true>(palette, task, all),
            (4, true) => V::vertices::<4, true>(palette, task, all),
            (5, true) => V::vertices::<5, true>(palette, task, all),
            (6, true) => V::vertices::<6, true>(palette, task, all),
            (7, true) => V::vertices::<7, true>(palette, task, all),
            (_, true) => V::vertices::<8, true>(palette, task, all),
            (1, _) => V::vertices::<1, false>(palette, task, all),
            (2, _) => V::vertices::<2, false>(palette, task, all),
            (3, _) => V::vertices::<3, false>(palette, task, all),
            (4, _) => V::vertices::<4, false>(palette, task, all),
            (5, _) => V::vertices::<5, false>(palette, task, all),
            (6, _) => V::vertices::<6, false>(palette, task, all),
            (7, _) => V::vertices::<7, false>(palette, task, all),
            (_, _) => V::vertices::<8, false>(palette, task, all),
        }
    }
}

/// Runs all vertices; to be inlined where the instructions of `V` are had.
///
/// # Safety
/// As for [`each_step`].
#[inline(always)]
pub unsafe fn vertices<V: Lanes, const K: usize, const NORMALS: bool>(
    palette: &[Columns],
    task: &Task,
    all: &Pointers,
) {
    // SAFETY: as the caller says.
    unsafe { each_step(&Linear::<V, K, NORMALS>(palette, PhantomData), task, all) }
}

/// How many vertices ahead memory is asked for: what the machine fetches by itself ends with each page.
const AHEAD: usize = 192;

/// Asks for positions and normals of 16 vertices, and for where they go.
#[inline(always)]
fn fetch<const NORMALS: bool>(all: &Pointers, vertex: usize) {
    for line in 0..3 {
        let at = vertex * 3 + line * 16;
        fetch_at(all.positions.wrapping_add(at));
        fetch_at(all.to_positions.wrapping_add(at));
        if NORMALS {
            fetch_at(all.normals.wrapping_add(at));
            fetch_at(all.to_normals.wrapping_add(at));
        }
    }
}

/// `K` influences a vertex; with normals or without.
struct Linear<'a, V, const K: usize, const NORMALS: bool>(&'a [Columns], PhantomData<V>);

impl<V: Lanes, const K: usize, const NORMALS: bool> Kernel for Linear<'_, V, K, NORMALS> {
    const VERTICES: usize = V::VERTICES * V::VECTORS;

    #[inline(always)]
    unsafe fn step(&self, task: &Task, all: &Pointers, vertex: usize) {
        // SAFETY: as the caller says.
        unsafe {
            if Self::VERTICES >= 16 {
                fetch::<NORMALS>(all, vertex + AHEAD);
            }
            let [p0, n0] = self.vector(task, all, vertex);
            let [p1, n1] = if V::VECTORS > 1 { self.vector(task, all, vertex + V::VERTICES) } else { [p0, n0] };
            let [p2, n2] = if V::VECTORS > 2 { self.vector(task, all, vertex + 2 * V::VERTICES) } else { [p0, n0] };
            let [p3, n3] = if V::VECTORS > 3 { self.vector(task, all, vertex + 3 * V::VERTICES) } else { [p0, n0] };
            V::store3([p0, p1, p2, p3], all.to_positions.add(vertex * 3));
            if NORMALS {
                V::store3([n0, n1, n2, n3], all.to_normals.add(vertex * 3));
            }
        }
    }
}

impl<V: Lanes, const K: usize, const NORMALS: bool> Linear<'_, V, K, NORMALS> {
    /// Positions and normals of a vector of vertices.
    #[inline(always)]
    unsafe fn vector(&self, task: &Task, all: &Pointers, vertex: usize) -> [V; 2] {
        // SAFETY: as the caller says.
        unsafe {
            let columns = V::blend::<K>(self.0, all.joints.add(vertex * K), all.weights.add(vertex * K));
            let position = transform(columns, V::spread3(all.positions.add(vertex * 3))).add(columns[3]);
            let mut normal = position;
            if NORMALS {
                normal = transform(columns, V::spread3(all.normals.add(vertex * 3)));
                normal = scaled(normal, task.normalise);
            }
            if task.tangents {
                let tangents = all.tangents.add(vertex * 4);
                let tangent = scaled(transform(columns, V::spread4(tangents)), task.normalise);
                tangent.store4(tangents, all.to_tangents.add(vertex * 4));
            }
            [position, normal]
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
    const VECTORS: usize = 1;

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
    unsafe fn store3(vectors: [Self; 4], out: *mut f32) {
        let [x, y, z, _] = vectors[0].canonical();
        // SAFETY: as the caller says.
        unsafe { out.cast::<[f32; 3]>().write([x, y, z]) }
    }

    #[inline(always)]
    unsafe fn store4(self, last: *const f32, out: *mut f32) {
        let [x, y, z, _] = self.canonical();
        // SAFETY: as the caller says.
        unsafe { out.cast::<[f32; 4]>().write([x, y, z, canonical(*last.add(3))]) }
    }

    unsafe fn vertices<const K: usize, const NORMALS: bool>(palette: &[Columns], task: &Task, all: &Pointers) {
        // SAFETY: as the caller says.
        unsafe { vertices::<Self, K, NORMALS>(palette, task, all) }
    }
}
