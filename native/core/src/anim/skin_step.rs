//! Steps of a fixed number of vertices over a span, the last of which may have fewer.

use super::skin::{Out, Span};
use super::skin_format::INFLUENCES_MAX;

/// What is asked for, the same for all vertices.
#[derive(Clone, Copy)]
pub struct Task {
    pub influences: usize,
    pub normals: bool,
    pub tangents: bool,
    /// Whether normals and tangents get length 1.
    pub normalise: bool,
    pub count: usize,
}

/// The first vertex. What is not asked for points nowhere.
#[derive(Clone, Copy)]
pub struct Pointers {
    pub joints: *const u16,
    pub weights: *const f32,
    pub positions: *const f32,
    pub normals: *const f32,
    pub tangents: *const f32,
    pub to_positions: *mut f32,
    pub to_normals: *mut f32,
    pub to_tangents: *mut f32,
}

/// What is done with some vertices.
pub trait Kernel {
    const VERTICES: usize;

    /// # Safety
    /// There are as many vertices from `vertex` on, of what `task` asks for, and the machine has what the kernel is made
    /// for.
    unsafe fn step(&self, task: &Task, all: &Pointers, vertex: usize);
}

/// A span and where it goes, checked: what is asked for is there.
pub fn task(influences: usize, normalise: bool, span: &Span, out: &mut Out) -> (Task, Pointers) {
    let count = span.count;
    assert!((1..=INFLUENCES_MAX).contains(&influences));
    assert!(span.joints.len() == count * influences && span.weights.len() == count * influences);
    assert!(span.positions.len() == count * 3 && out.positions.len() == count * 3);
    let asked = |out: &[f32], values: &[f32], size: usize| {
        assert!(out.is_empty() || (out.len() == count * size && values.len() == count * size));
        !out.is_empty()
    };
    let normals = asked(out.normals, span.normals, 3);
    let tangents = asked(out.tangents, span.tangents, 4);
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
    (Task { influences, normals, tangents, normalise, count }, from)
}

/// Runs all vertices of a task.
///
/// # Safety
/// They are there, and the machine has what the kernel is made for.
#[inline(always)]
pub unsafe fn each_step<K: Kernel>(kernel: &K, task: &Task, all: &Pointers) {
    let whole = task.count - task.count % K::VERTICES;
    // SAFETY: steps stay within `count` vertices, or are put where there is room for a whole step.
    unsafe {
        for vertex in (0..whole).step_by(K::VERTICES) {
            kernel.step(task, all, vertex);
        }
        if task.count == whole {
            return;
        }
        if whole > 0 {
            // Some vertices for a second time, with the same result.
            kernel.step(task, all, task.count - K::VERTICES);
        } else {
            let mut room = Rest::new();
            let inside = room.take(task, all);
            kernel.step(task, &inside, 0);
            room.give(task, all);
        }
    }
}

/// Most vertices of a step.
const STEP_MAX: usize = 16;

/// Room for the vertices of a step, where there are fewer than it takes.
struct Rest {
    joints: [u16; STEP_MAX * INFLUENCES_MAX],
    weights: [f32; STEP_MAX * INFLUENCES_MAX],
    values: [[f32; STEP_MAX * 4]; 3],
    out: [[f32; STEP_MAX * 4]; 3],
}

impl Rest {
    fn new() -> Self {
        let zeros = [[0.0; STEP_MAX * 4]; 3];
        Self {
            joints: [0; STEP_MAX * INFLUENCES_MAX],
            weights: [0.0; STEP_MAX * INFLUENCES_MAX],
            values: zeros,
            out: zeros,
        }
    }

    /// # Safety
    /// There are fewer than `STEP_MAX` vertices.
    unsafe fn take(&mut self, task: &Task, all: &Pointers) -> Pointers {
        let (count, influences) = (task.count, task.influences);
        // SAFETY: as the caller says.
        unsafe {
            copy(all.joints, self.joints.as_mut_ptr(), count * influences);
            copy(all.weights, self.weights.as_mut_ptr(), count * influences);
            copy(all.positions, self.values[0].as_mut_ptr(), count * 3);
            if task.normals {
                copy(all.normals, self.values[1].as_mut_ptr(), count * 3);
            }
            if task.tangents {
                copy(all.tangents, self.values[2].as_mut_ptr(), count * 4);
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
    /// There are fewer than `STEP_MAX` vertices.
    unsafe fn give(&self, task: &Task, all: &Pointers) {
        let count = task.count;
        // SAFETY: as the caller says.
        unsafe {
            copy(self.out[0].as_ptr(), all.to_positions, count * 3);
            if task.normals {
                copy(self.out[1].as_ptr(), all.to_normals, count * 3);
            }
            if task.tangents {
                copy(self.out[2].as_ptr(), all.to_tangents, count * 4);
            }
        }
    }
}

unsafe fn copy<T>(from: *const T, to: *mut T, count: usize) {
    // SAFETY: as the caller says.
    unsafe { from.copy_to_nonoverlapping(to, count) }
}
