//! Skeletons, clips and skins that characters refer to, each checked when a call first meets it, and where their parts are.
//! `src/native/reference/anim/check.ts` has the order of the checks.

use super::check::{expect, refuse, words};
use super::compressed::Compressed;
use super::format::*;
use super::known::Known;
use super::ranges::{Ranges, Stream};
use super::wide::Step;
use crate::layout::Reason;
use crate::tensor::plan::Space;
use crate::tensor::refusal::Refusal;

/// Offsets are in bytes and were checked.
#[derive(Default)]
pub struct Assets {
    known: [Known; 3],
    pub skeletons: Vec<Skeleton>,
    pub skins: Vec<Skin>,
    clips: Vec<Clip>,
    /// Of all skeletons, for each joint.
    parents: Vec<i32>,
    steps: Vec<Step>,
    /// Of all clips: a block for each group and vector.
    tables: Vec<Block>,
    skin_joints: Vec<u32>,
    /// The largest of all skeletons.
    pub stride_max: usize,
}

#[derive(Clone, Copy)]
pub struct Skeleton {
    pub joints: u32,
    pub stride: u32,
    pub rest: u32,
    first_parent: u32,
}

/// What an entry plays.
#[derive(Clone, Copy)]
pub enum Source {
    Pose(u32),
    Frames(Frames),
    Keyed(Keyed),
}

/// A place in a compressed clip, and which of the character's samples it becomes.
#[derive(Clone, Copy)]
pub struct Keyed {
    pub clip: u32,
    pub frame: u32,
    pub alpha: f32,
    pub slot: u32,
}

/// Two frames of a clip, what does not move in it, and the first block of its table.
#[derive(Clone, Copy)]
pub struct Frames {
    pub first: u32,
    pub second: u32,
    pub constant: u32,
    pub table: u32,
    pub alpha: f32,
}

/// Float offset of 16 joints' values in a frame or `NONE`, and the lanes that do not interpolate.
#[derive(Clone, Copy)]
pub struct Block {
    pub offset: u32,
    pub steps: u32,
}

#[derive(Clone, Copy)]
pub struct Skin {
    first_joint: u32,
    pub count: u32,
    pub inverse_binds: u32,
    pub joint_max: u32,
}

#[derive(Clone, Copy)]
struct Clip {
    joints: u32,
    stride: u32,
    frames: u32,
    constant: u32,
    content: Content,
}

#[derive(Clone, Copy)]
enum Content {
    Frames {
        table: u32,
        frame_bytes: u32,
        first: u32,
    },
    /// `checked` has a bit for each of the first 64 segments.
    Tracks {
        offset: u32,
        bytes: u32,
        shift: u32,
        checked: u64,
    },
}

/// Bytes of a pose for each joint.
pub const POSE_BYTES: u32 = 4 * POSE_ROWS as u32;
pub const MATRIX_BYTES: u64 = 4 * MATRIX_FLOATS as u64;
/// f32 of a block of rows 0..3, 3..7 and 7..10.
const BLOCK_FLOATS: [u64; 3] = [3 * LANES as u64, 4 * LANES as u64, 3 * LANES as u64];
/// In [`Assets::known`].
const SKELETONS: usize = 0;
const CLIPS: usize = 1;
const SKINS: usize = 2;

impl Assets {
    pub fn clear(&mut self) {
        self.known.iter_mut().for_each(Known::clear);
        self.skeletons.clear();
        self.skins.clear();
        self.clips.clear();
        self.parents.clear();
        self.steps.clear();
        self.tables.clear();
        self.skin_joints.clear();
        self.stride_max = 0;
    }

    pub fn parents(&self, skeleton: &Skeleton) -> &[i32] {
        let first = skeleton.first_parent as usize;
        &self.parents[first..first + skeleton.joints as usize]
    }

    pub fn steps(&self, skeleton: &Skeleton) -> &[Step] {
        let first = skeleton.first_parent as usize;
        &self.steps[first..first + skeleton.joints as usize]
    }

    /// Number `index` of the table.
    #[inline(always)]
    pub fn block(&self, frames: &Frames, index: usize) -> Block {
        let nothing = Block { offset: NONE, steps: 0 };
        self.tables.get(frames.table as usize + index).copied().unwrap_or(nothing)
    }

    pub fn skin_joints(&self, skin: &Skin) -> &[u32] {
        let first = skin.first_joint as usize;
        &self.skin_joints[first..first + skin.count as usize]
    }

    /// A clip that is compressed.
    pub fn compressed<'m>(&self, space: &'m Space, clip: u32) -> Option<Compressed<'m>> {
        let &Clip { stride, frames, constant, content, .. } = self.clips.get(clip as usize)?;
        let Content::Tracks { offset, bytes, shift, .. } = content else { return None };
        let stride = stride as usize;
        let constant = space.floats(constant, stride * POSE_ROWS)?;
        Some(Compressed { stride, frames, shift, constant, tracks: space.bytes_at(offset, bytes as usize)? })
    }

    /// Whether the segment of a frame of clip `number` is as it has to be; one of the first 64 is looked at once.
    #[inline]
    fn tracks_fit(&mut self, space: Space, number: u32, frame: u32) -> bool {
        let Some(clip) = self.compressed(&space, number) else { return false };
        let bit = 1u64.checked_shl(clip.segment(frame)).unwrap_or(0);
        let Content::Tracks { checked, .. } = &mut self.clips[number as usize].content else { return false };
        if *checked & bit == 0 {
            if !clip.fits(frame) {
                return false;
            }
            *checked |= bit;
        }
        true
    }

    /// The number of the skeleton at `offset`, which character `i` has.
    #[inline]
    pub fn read_skeleton(&mut self, space: Space, ranges: &mut Ranges, i: u32, offset: u32) -> Result<u32, Refusal> {
        if let Some(known) = self.known[SKELETONS].get(offset) {
            return Ok(known);
        }
        ranges.read(Stream::Asset, "skeleton", i, offset, 4 * SKELETON_WORDS as u64, 4)?;
        let [magic, joints, stride, rest, parents] = words::<SKELETON_WORDS>(space, offset);
        expect(magic == SKELETON_MAGIC, "skeleton", i)?;
        expect((1..=JOINTS_MAX as u32).contains(&joints), "skeleton", i)?;
        expect(stride == joints.next_multiple_of(LANES as u32), "skeleton", i)?;
        ranges.read(Stream::Pose, "rest", i, rest, u64::from(stride * POSE_BYTES), 64)?;
        ranges.read(Stream::Asset, "parents", i, parents, u64::from(stride) * 4, 4)?;
        let first_parent = self.parents.len() as u32;
        for (joint, &parent) in (0..).zip(space.words(parents, joints as usize).unwrap_or_default()) {
            let parent = parent as i32;
            if parent < -1 || parent >= joint {
                return Err(refuse(Reason::Order, "parents", i));
            }
            self.parents.push(parent);
            self.steps.push(Step::new(joint as usize, parent));
        }
        let number = self.skeletons.len() as u32;
        self.skeletons.push(Skeleton { joints, stride, rest, first_parent });
        self.stride_max = self.stride_max.max(stride as usize);
        self.known[SKELETONS].set(offset, number);
        Ok(number)
    }

    /// The number of the clip at `offset`, which is one of `bones`.
    #[inline]
    pub fn read_clip(
        &mut self,
        space: Space,
        ranges: &mut Ranges,
        i: u32,
        offset: u32,
        bones: &Skeleton,
    ) -> Result<u32, Refusal> {
        let Some(known) = self.known[CLIPS].get(offset) else {
            return self.read_new_clip(space, ranges, i, offset, bones);
        };
        let clip = &self.clips[known as usize];
        expect(clip.joints == bones.joints, "clip", i)?;
        Ok(known)
    }

    fn read_new_clip(
        &mut self,
        space: Space,
        ranges: &mut Ranges,
        i: u32,
        offset: u32,
        &Skeleton { joints, stride, .. }: &Skeleton,
    ) -> Result<u32, Refusal> {
        ranges.read(Stream::Asset, "clip", i, offset, 4 * CLIP_WORDS as u64, 4)?;
        let [magic, kind, clip_joints, clip_stride, frames, constant, flags, table, frame_bytes, first] =
            words::<CLIP_WORDS>(space, offset);
        expect(magic == CLIP_MAGIC, "clip", i)?;
        expect(clip_joints == joints && clip_stride == stride, "clip", i)?;
        expect(frames >= 1 && flags <= FLAG_ADDITIVE, "clip", i)?;
        ranges.read(Stream::Pose, "constant", i, constant, u64::from(stride * POSE_BYTES), 64)?;
        expect(kind == CLIP_FRAMES || kind == CLIP_COMPRESSED, "clip", i)?;
        let content = if kind == CLIP_FRAMES {
            self.read_frames(space, ranges, i, stride, [frames, table, frame_bytes, first])?
        } else {
            let (offset, bytes, shift) = (table, frame_bytes, first);
            ranges.read(Stream::Asset, "tracks", i, offset, u64::from(bytes), 64)?;
            Content::Tracks { offset, bytes, shift, checked: 0 }
        };
        let number = self.clips.len() as u32;
        self.clips.push(Clip { joints, stride, frames, constant, content });
        self.known[CLIPS].set(offset, number);
        Ok(number)
    }

    fn read_frames(
        &mut self,
        space: Space,
        ranges: &mut Ranges,
        i: u32,
        stride: u32,
        [frames, table, frame_bytes, first]: [u32; 4],
    ) -> Result<Content, Refusal> {
        let vectors = stride as usize / LANES;
        ranges.read(Stream::Asset, "table", i, table, 24 * vectors as u64, 4)?;
        expect(frame_bytes.is_multiple_of(64), "frames", i)?;
        let all = u64::from(frame_bytes) * u64::from(frames);
        ranges.read(Stream::Asset, "frames", i, first, all, 64)?;
        let blocks = space.words(table, 6 * vectors).unwrap_or_default().as_chunks().0;
        let first_block = self.tables.len() as u32;
        for (k, &[offset, steps]) in blocks.iter().enumerate() {
            let end = (u64::from(offset) + BLOCK_FLOATS[k / vectors]) * 4;
            let fits = offset.is_multiple_of(LANES as u32) && end <= u64::from(frame_bytes);
            expect((offset == NONE || fits) && steps <= 0xffff, "table", i)?;
            self.tables.push(Block { offset, steps });
        }
        Ok(Content::Frames { table: first_block, frame_bytes, first })
    }

    /// Where frame `frame` of clip `number` is. A compressed one becomes sample `slot` of its character.
    #[inline]
    pub fn source(
        &mut self,
        space: Space,
        i: u32,
        number: u32,
        frame: u32,
        alpha: f32,
        slot: u32,
    ) -> Result<Source, Refusal> {
        let clip = &self.clips[number as usize];
        expect(frame < clip.frames, "frame", i)?;
        expect((0.0..=1.0).contains(&alpha), "alpha", i)?;
        if let Content::Frames { table, frame_bytes, first } = clip.content {
            let first = first + frame * frame_bytes;
            let second = if frame + 1 < clip.frames { first + frame_bytes } else { first };
            return Ok(Source::Frames(Frames { first, second, constant: clip.constant, table, alpha }));
        }
        expect(self.tracks_fit(space, number, frame), "tracks", i)?;
        Ok(Source::Keyed(Keyed { clip: number, frame, alpha, slot }))
    }

    /// The number of the skin at `offset`.
    pub fn read_skin(&mut self, space: Space, ranges: &mut Ranges, i: u32, offset: u32) -> Result<u32, Refusal> {
        if let Some(known) = self.known[SKINS].get(offset) {
            return Ok(known);
        }
        ranges.read(Stream::Asset, "skin", i, offset, 4 * SKIN_WORDS as u64, 4)?;
        let [magic, count, joints, inverse_binds] = words::<SKIN_WORDS>(space, offset);
        expect(magic == SKIN_MAGIC && (1..=JOINTS_MAX as u32).contains(&count), "skin", i)?;
        ranges.read(Stream::Asset, "skinJoints", i, joints, u64::from(count) * 4, 4)?;
        ranges.read(Stream::Asset, "inverseBinds", i, inverse_binds, u64::from(count) * MATRIX_BYTES, 16)?;
        let first_joint = self.skin_joints.len() as u32;
        let joints = space.words(joints, count as usize).unwrap_or_default();
        self.skin_joints.extend_from_slice(joints);
        let joint_max = self.skin_joints[first_joint as usize..].iter().copied().max().unwrap_or(u32::MAX);
        let number = self.skins.len() as u32;
        self.skins.push(Skin { first_joint, count, inverse_binds, joint_max });
        self.known[SKINS].set(offset, number);
        Ok(number)
    }
}
