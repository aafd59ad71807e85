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
        let lines = Room::bytes(cast.stride_max, cast.slots_max).div_ceil(64);
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
            let room = Room::new(lines.as_mut_ptr().cast(), cast.stride_max);
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
        let skeleton = &cast.skeletons[character.skeleton as usize];
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
