//! One character: its pose, matrices in model space, inverse kinematics, palettes.

use super::assets::Source;
use super::blend::{Joints, Stage, rows};
use super::cast::{Cast, Character};
use super::format::{LANES, MATRIX_FLOATS, NONE, POSE_ROWS};
use super::ik;
use super::wide::{MATRIX_STEP, ROW_STEP, Step, Wide};
use crate::layout::CANONICAL_NAN_F32;
use crate::tensor::plan::Space;

/// Scratch of a lane, with room for the largest skeleton of the call.
#[derive(Clone, Copy)]
pub struct Room {
    /// 10 rows.
    pub pose: *mut f32,
    /// [`MATRIX_STEP`] f32 for each joint.
    pub models: *mut f32,
    /// 12 f32 for each joint.
    pub dense: *mut f32,
    /// 192 f32 for each 16 joints.
    pub locals: *mut f32,
    /// 10 rows for each slot of the character that has most.
    pub samples: *mut f32,
}

impl Room {
    /// Bytes for skeletons of at most so many joints, and characters with at most so many slots.
    pub fn bytes(stride: usize, slots: usize) -> usize {
        4 * (stride * (POSE_ROWS * (slots + 1) + MATRIX_STEP + 2 * MATRIX_FLOATS))
    }

    /// `start` is the first of that many bytes.
    pub fn new(start: *mut u8, stride: usize) -> Self {
        let pose = start.cast::<f32>();
        let models = pose.wrapping_add(stride * POSE_ROWS);
        let dense = models.wrapping_add(stride * MATRIX_STEP);
        let locals = dense.wrapping_add(stride * MATRIX_FLOATS);
        Self { pose, models, dense, locals, samples: locals.wrapping_add(stride * MATRIX_FLOATS) }
    }
}

/// Samples what is compressed.
///
/// # Safety
/// The room was made for the largest character of the cast.
pub unsafe fn sample(cast: &Cast, space: &Space, character: &Character, stride: usize, room: &Room) {
    let layers = character.first_layer as usize..(character.first_layer + character.layers) as usize;
    let entries = cast.layers[layers].iter().flat_map(|layer| &cast.entries[layer.entries()]);
    for entry in entries {
        if let Source::Keyed(keyed) = &entry.source
            && let Some(clip) = cast.assets.compressed(space, keyed.clip)
        {
            let first = room.samples.wrapping_add(keyed.slot as usize * POSE_ROWS * stride);
            // SAFETY: the room has that many rows for each slot, and nothing else uses it.
            let out = unsafe { std::slice::from_raw_parts_mut(first, POSE_ROWS * stride) };
            clip.sample(keyed.frame, keyed.alpha, out);
        }
    }
}

/// Evaluates the character of the stage and writes what it wants.
///
/// # Safety
/// Needs the instructions of `W`, and the memory that the cast was checked for, with what is written apart from
/// everything else.
#[inline(always)]
pub unsafe fn evaluate<W: Wide>(stage: Stage, memory: *mut u8, room: &Room) {
    let Stage { cast, character, skeleton, .. } = stage;
    let (joints, stride) = (skeleton.joints as usize, skeleton.stride as usize);
    let steps = cast.assets.steps(skeleton);
    let at = |offset: u32| memory.wrapping_add(offset as usize).cast::<f32>();
    let bends = character.iks > 0;
    let local = if bends || character.local == NONE { room.pose } else { at(character.local) };
    let dense = if bends || character.model == NONE { room.dense } else { at(character.model) };
    let keeps_local = bends || character.local != NONE;
    let mut local_nan = false;
    // SAFETY: all places were checked, or are in the room.
    unsafe {
        if let Some(layer) = stage.only_layer() {
            // First what makes rotations of all joints, then what divides them: more of each is under way at a time.
            for vector in 0..stride / LANES {
                let at = room.locals.add(vector * 3 * ROW_STEP);
                for (row, value) in stage.turns::<W>(layer, vector).into_iter().enumerate() {
                    value.store(at.add(row * LANES));
                }
            }
        }
        for vector in 0..stride / LANES {
            let at = room.locals.add(vector * 3 * ROW_STEP);
            let pose: Joints<W> = match stage.only_layer() {
                Some(layer) => stage.turned(layer, vector, rows(at, LANES)),
                None => stage.joints(vector),
            };
            if keeps_local {
                local_nan |= store_pose(&pose, local.add(vector * LANES), stride);
            }
            W::turn(&matrices(&pose), at);
        }
        let mut model_nan = W::place(steps, 0, room.locals, room.models, dense);
        if bends {
            let records = &cast.iks[character.first_ik as usize..(character.first_ik + character.iks) as usize];
            bend::<W>(records, cast.assets.parents(skeleton), steps, stride, room);
            (local_nan, model_nan) = (true, true);
            if character.local != NONE {
                at(character.local).copy_from_nonoverlapping(room.pose, stride * POSE_ROWS);
            }
            if character.model != NONE {
                at(character.model).copy_from_nonoverlapping(room.dense, joints * MATRIX_FLOATS);
            }
        }
        if local_nan && character.local != NONE {
            canonical(at(character.local), stride * POSE_ROWS);
        }
        if model_nan && character.model != NONE {
            canonical(at(character.model), joints * MATRIX_FLOATS);
        }
        let palettes = character.first_palette as usize..(character.first_palette + character.palettes) as usize;
        for palette in &cast.palettes[palettes] {
            let skin = &cast.assets.skins[palette.skin as usize];
            let (inverse_binds, out) = (at(skin.inverse_binds), at(palette.out));
            let mut seen = W::seen();
            for (k, &joint) in cast.assets.skin_joints(skin).iter().enumerate() {
                let model = W::kept(room.models.add(joint as usize * MATRIX_STEP));
                let product = W::times(model, inverse_binds.add(k * MATRIX_FLOATS), 4);
                seen = W::look(seen, product);
                W::write(product, out.add(k * MATRIX_FLOATS));
            }
            if W::saw_nan(seen) {
                canonical(out, skin.count as usize * MATRIX_FLOATS);
            }
        }
    }
}

/// Solves one record after the other in the scratch pose, and brings the matrices after it up to date.
#[inline(always)]
unsafe fn bend<W: Wide>(records: &[ik::Record], parents: &[i32], steps: &[Step], stride: usize, room: &Room) {
    for record in records {
        // SAFETY: the room is that large, and nothing else uses it.
        unsafe {
            let local = std::slice::from_raw_parts_mut(room.pose, stride * POSE_ROWS);
            let models = std::slice::from_raw_parts(room.dense, parents.len() * MATRIX_FLOATS);
            let Some(first) = ik::solve(record, parents, stride, local, models) else { continue };
            for vector in first / LANES..stride / LANES {
                let from = room.pose.add(vector * LANES);
                let row = |k: usize| W::load(from.add(k * stride));
                let pose = Joints {
                    t: [row(0), row(1), row(2)],
                    r: [row(3), row(4), row(5), row(6)],
                    s: [row(7), row(8), row(9)],
                };
                W::turn(&matrices(&pose), room.locals.add(vector * 3 * ROW_STEP));
            }
            W::place(steps, first / LANES * LANES, room.locals, room.models, room.dense);
        }
    }
}

/// Whether some value is a NaN.
#[inline(always)]
unsafe fn store_pose<W: Wide>(pose: &Joints<W>, at: *mut f32, stride: usize) -> bool {
    let mut nan = false;
    // SAFETY: the caller says that the rows are there.
    unsafe {
        for (row, value) in pose.t.iter().chain(&pose.r).chain(&pose.s).enumerate() {
            value.store(at.add(row * stride));
            nan |= value.has_nan();
        }
    }
    nan
}

/// Fields of local matrices, with the formulas of `propagate`.
#[inline(always)]
unsafe fn matrices<W: Wide>(pose: &Joints<W>) -> [W; 12] {
    let Joints { t: [tx, ty, tz], r: [x, y, z, w], s: [sx, sy, sz] } = *pose;
    // SAFETY: the caller has the instructions of `W`.
    unsafe {
        let one = W::splat(1.0);
        let (x2, y2, z2) = (x.add(x), y.add(y), z.add(z));
        let (xx, yy, zz) = (x.mul(x2), y.mul(y2), z.mul(z2));
        let (xy, xz, yz) = (x.mul(y2), x.mul(z2), y.mul(z2));
        let (wx, wy, wz) = (w.mul(x2), w.mul(y2), w.mul(z2));
        [
            one.sub(yy.add(zz)).mul(sx),
            xy.sub(wz).mul(sy),
            xz.add(wy).mul(sz),
            tx,
            xy.add(wz).mul(sx),
            one.sub(xx.add(zz)).mul(sy),
            yz.sub(wx).mul(sz),
            ty,
            xz.sub(wy).mul(sx),
            yz.add(wx).mul(sy),
            one.sub(xx.add(yy)).mul(sz),
            tz,
        ]
    }
}

/// Each NaN becomes the canonical one.
#[cold]
unsafe fn canonical(at: *mut f32, count: usize) {
    // SAFETY: the caller says that there are as many.
    for value in unsafe { std::slice::from_raw_parts_mut(at, count) } {
        if value.is_nan() {
            *value = f32::from_bits(CANONICAL_NAN_F32);
        }
    }
}
