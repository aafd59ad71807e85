//! The job `animPoses`: `src/native/reference/anim/poses.ts` is the specification.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::blend::Stage;
use super::cast::Cast;
use super::character::{Room, evaluate, sample};
use super::wide::{Portable, Wide};
#[cfg(target_arch = "x86_64")]
use super::wide_x86::{Avx2, Avx512};
#[cfg(target_arch = "x86_64")]
use crate::cpu::{Level, level};
use crate::lanes::{Lanes, Parts};
use crate::tensor::plan::Space;
use crate::tensor::refusal::Refusal;

/// Characters that are worth a part of their own.
const CHARACTERS_MIN: usize = 48;

/// What is kept from call to call, so that a call takes no memory.
#[derive(Default)]
pub struct Poses {
    cast: Cast,
    rooms: Vec<Mutex<Vec<Line>>>,
}

#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Line {
    _floats: [f32; 16],
}

impl Poses {
    /// Evaluates `count` characters at byte offset `characters`. A refusal comes before anything is written.
    pub fn run(&mut self, space: Space, characters: u32, count: u32, lanes: &dyn Lanes) -> Result<(), Refusal> {
        let Self { cast, rooms } = self;
        cast.read(space, characters, count)?;
        let parts = Parts::new(lanes, count as usize, CHARACTERS_MIN);
        let lines = Room::bytes(cast.assets.stride_max, cast.slots_max).div_ceil(64);
        while rooms.len() < lanes.count().min(parts.count) {
            rooms.push(Mutex::default());
        }
        for room in rooms.iter_mut() {
            let room = room.get_mut().unwrap_or_else(PoisonError::into_inner);
            if room.len() < lines {
                room.resize(lines, Line::default());
            }
        }
        let (cast, rooms) = (&*cast, &*rooms);
        parts.run(lanes, |_, range| {
            let mut lines = free(rooms);
            let room = Room::new(lines.as_mut_ptr().cast(), cast.assets.stride_max);
            evaluate_all(cast, space, range, &room);
        });
        Ok(())
    }
}

/// One that nobody uses. There are as many as there are lanes, so that one is free at once, or soon.
fn free<T>(rooms: &[Mutex<T>]) -> MutexGuard<'_, T> {
    let free = rooms.iter().find_map(|room| room.try_lock().ok());
    free.unwrap_or_else(|| rooms[0].lock().unwrap_or_else(PoisonError::into_inner))
}

/// The characters in `range`, on the widest vectors that the machine has.
fn evaluate_all(cast: &Cast, space: Space, range: Range<usize>, room: &Room) {
    #[cfg(target_arch = "x86_64")]
    match level() {
        // SAFETY: the level is never above what the machine was found to have.
        Level::Avx512 => return unsafe { evaluate_avx512(cast, space, range, room) },
        // SAFETY: as above.
        Level::Avx2 => return unsafe { evaluate_avx2(cast, space, range, room) },
        Level::Portable => {}
    }
    // SAFETY: any machine will do.
    unsafe { evaluate_each::<Portable>(cast, space, range, room) };
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
fn evaluate_avx512(cast: &Cast, space: Space, range: Range<usize>, room: &Room) {
    // SAFETY: this function has the instructions.
    unsafe { evaluate_each::<Avx512>(cast, space, range, room) };
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn evaluate_avx2(cast: &Cast, space: Space, range: Range<usize>, room: &Room) {
    // SAFETY: this function has the instructions.
    unsafe { evaluate_each::<Avx2>(cast, space, range, room) };
}

/// # Safety
/// Needs the instructions of `W`.
#[inline(always)]
unsafe fn evaluate_each<W: Wide>(cast: &Cast, space: Space, range: Range<usize>, room: &Room) {
    for character in &cast.characters[range] {
        let skeleton = &cast.assets.skeletons[character.skeleton as usize];
        let stage = Stage { cast, character, skeleton, base: space.base(), samples: room.samples };
        // SAFETY: the cast was checked for this memory; what a character writes overlaps nothing else.
        unsafe {
            if cast.slots_max > 0 {
                sample(cast, &space, character, skeleton.stride as usize, room);
            }
            evaluate::<W>(stage, space.base(), room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::*;
    use super::*;
    use crate::cpu::{at_each_level, noise};
    use crate::lanes::{Backwards, Serial};

    const JOINTS: u32 = 37;
    const STRIDE: u32 = 48;
    const CHARACTERS: u32 = 100;

    /// Memory whose first byte is at an address like that of a WebAssembly memory, and where the next record goes.
    struct Scene {
        lines: Vec<Line>,
        at: u32,
    }

    impl Scene {
        fn space(&mut self) -> Space {
            // SAFETY: the lines are there, and nothing else uses them while a test does.
            unsafe { Space::new(self.lines.as_mut_ptr().cast(), self.lines.len() as u64 * 64) }
        }

        fn place(&mut self, words: &[u32]) -> u32 {
            let offset = self.at;
            let start = self.lines.as_mut_ptr().cast::<u32>().wrapping_add(offset as usize / 4);
            self.at = (offset + 4 * words.len() as u32).next_multiple_of(64);
            assert!(self.at as usize <= self.lines.len() * 64);
            // SAFETY: the words are inside the lines.
            unsafe { start.copy_from_nonoverlapping(words.as_ptr(), words.len()) };
            offset
        }

        fn floats(&mut self, count: u32, seed: usize, offset: f32) -> u32 {
            let bytes = noise(count as usize + seed);
            let value = |byte: &u8| (f32::from(*byte) / 255.0 - 0.5 + offset).to_bits();
            self.place(&bytes[seed..].iter().map(value).collect::<Vec<_>>())
        }
    }

    /// Characters that use whatever there is but inverse kinematics.
    fn scene() -> (Scene, u32) {
        let mut scene = Scene { lines: vec![Line::default(); 40_000], at: 64 };
        let rest = scene.floats(10 * STRIDE, 1, 0.5);
        let parents = scene.place(&std::array::from_fn::<u32, 48, _>(|i| (i as u32).wrapping_sub(1 + i as u32 % 3)));
        let skeleton = scene.place(&[SKELETON_MAGIC, JOINTS, STRIDE, rest, parents]);
        let table = [0, 0, NONE, 0, 48, 0xf0f0, 96, 0, 160, 0x00ff, NONE, 0, NONE, 0, 224, 1, NONE, 0];
        let (table, frames) = (scene.place(&table), scene.floats(5 * 272, 3, 0.1));
        let clip = scene.place(&[CLIP_MAGIC, CLIP_FRAMES, JOINTS, STRIDE, 5, rest, 0, table, 1088, frames]);
        let pose = scene.floats(10 * STRIDE, 7, 0.2);
        for (joint, odd) in [f32::NAN, f32::INFINITY, -f32::NAN, 1e-40, 3e38].into_iter().enumerate() {
            scene.place(&[odd.to_bits()]);
            let at = pose as usize / 4 + 5 * joint * STRIDE as usize / 4 + joint;
            // SAFETY: the place is in the pose.
            unsafe { scene.lines.as_mut_ptr().cast::<f32>().add(at).write(odd) };
        }
        let mask = scene.floats(STRIDE, 9, 0.5);
        let skin_joints = scene.place(&[3, 0, 36, 3]);
        let inverse_binds = scene.floats(48, 11, 0.0);
        let skin = scene.place(&[SKIN_MAGIC, 4, skin_joints, inverse_binds]);
        let one = 1f32.to_bits();
        let mut characters = Vec::new();
        for i in 0..CHARACTERS {
            let alpha = (i as f32 / CHARACTERS as f32).to_bits();
            let entries = scene.place(
                &[
                    [clip, SOURCE_CLIP, i % 5, alpha, one, 0],
                    [if i % 9 == 0 { pose } else { rest }, SOURCE_POSE, 0, 0, alpha, 0],
                    [clip, SOURCE_CLIP, i % 3, alpha, 0.3f32.to_bits(), 0],
                ]
                .concat(),
            );
            let layers = scene.place(
                &[
                    [entries, 3, LAYER_OVERRIDE, one, NONE, 0],
                    [entries + 24, 2, LAYER_OVERRIDE, 0.4f32.to_bits(), mask, 0],
                    [entries, 1, LAYER_ADDITIVE, alpha, if i % 2 == 0 { mask } else { NONE }, 0],
                ]
                .concat(),
            );
            let out = scene.place(&vec![0; 1000]);
            let palettes = scene.place(&[skin, out + 3840]);
            let first = i % 2;
            characters.extend([skeleton, layers + first * 24, 3 - first, out, out + 1984, palettes, 1, 0, 0, 0, 0, 0]);
        }
        let characters = scene.place(&characters);
        (scene, characters)
    }

    #[test]
    fn levels_and_lanes_agree() {
        let mut first: Option<Vec<[u32; 16]>> = None;
        at_each_level(|level| {
            for lanes in [&Serial as &dyn Lanes, &Backwards(3)] {
                let (mut scene, characters) = scene();
                let before = scene.lines.clone();
                assert_eq!(Poses::default().run(scene.space(), characters, CHARACTERS, lanes), Ok(()));
                let bits = |lines: &[Line]| lines.iter().map(|line| line._floats.map(f32::to_bits)).collect::<Vec<_>>();
                let after = bits(&scene.lines);
                assert_ne!(bits(&before), after);
                assert!(*first.get_or_insert(after.clone()) == after, "{level:?}");
            }
        });
    }
}
