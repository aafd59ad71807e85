//! The characters of a call, checked: `src/native/reference/anim/check.ts` is the twin, and has the order of the checks.
//! What decides where memory is read or written is copied out of it here, and not looked at again.

use std::ops::Range;

use super::compressed::Compressed;
use super::format::*;
use super::ik;
use super::ik_format::IK_WORDS;
use super::known::Known;
use super::ranges::{Ranges, Stream};
use super::wide::Step;
use crate::layout::Reason;
use crate::tensor::plan::Space;
use crate::tensor::refusal::Refusal;

/// Offsets are in bytes and were checked.
#[derive(Default)]
pub struct Cast {
    ranges: Ranges,
    known: [Known; 3],
    pub characters: Vec<Character>,
    pub skeletons: Vec<Skeleton>,
    pub layers: Vec<Layer>,
    pub entries: Vec<Entry>,
    pub palettes: Vec<Palette>,
    pub skins: Vec<Skin>,
    pub iks: Vec<ik::Record>,
    clips: Vec<Clip>,
    /// Of all skeletons: stride numbers each.
    parents: Vec<i32>,
    steps: Vec<Step>,
    /// Of all clips: block and steps for each group and vector.
    tables: Vec<Block>,
    skin_joints: Vec<u32>,
    pub joints_max: usize,
    pub stride_max: usize,
    /// Samples of compressed clips that a character needs at most.
    pub slots_max: usize,
    slots: u32,
}

#[derive(Clone, Copy)]
pub struct Character {
    pub skeleton: u32,
    pub first_layer: u32,
    pub layers: u32,
    /// `NONE` if they are not wanted.
    pub local: u32,
    pub model: u32,
    pub first_palette: u32,
    pub palettes: u32,
    pub first_ik: u32,
    pub iks: u32,
    /// The first layer replaces whatever was before it.
    pub is_covered: bool,
}

#[derive(Clone, Copy)]
pub struct Skeleton {
    pub joints: u32,
    pub stride: u32,
    pub rest: u32,
    first_parent: u32,
}

#[derive(Clone, Copy)]
pub struct Layer {
    pub first: u32,
    /// At least 1.
    pub count: u32,
    pub is_additive: bool,
    /// Not 0.
    pub weight: f32,
    pub mask: u32,
}

impl Layer {
    /// Places of its entries.
    pub fn entries(&self) -> Range<usize> {
        self.first as usize..(self.first + self.count) as usize
    }

    pub fn replaces(&self) -> bool {
        !self.is_additive && self.weight == 1.0 && self.mask == NONE
    }
}

#[derive(Clone, Copy)]
pub struct Entry {
    pub source: Source,
    /// Of the layer's weight; not 0 before rounding.
    pub share: f32,
}

#[derive(Clone, Copy)]
pub enum Source {
    Pose(u32),
    Frames(Frames),
    Keyed(Keyed),
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

/// A place in a compressed clip, and which of the character's samples it becomes.
#[derive(Clone, Copy)]
pub struct Keyed {
    pub clip: u32,
    pub frame: u32,
    pub alpha: f32,
    pub slot: u32,
}

/// Float offset of 16 joints' values in a frame or `NONE`, and the lanes that do not interpolate.
#[derive(Clone, Copy)]
pub struct Block {
    pub offset: u32,
    pub steps: u32,
}

#[derive(Clone, Copy)]
pub struct Palette {
    pub skin: u32,
    pub out: u32,
}

#[derive(Clone, Copy)]
pub struct Skin {
    first_joint: u32,
    pub count: u32,
    pub inverse_binds: u32,
    joint_max: u32,
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

const POSE_BYTES: u32 = 4 * POSE_ROWS as u32;
const MATRIX_BYTES: u64 = 4 * MATRIX_FLOATS as u64;
/// f32 of a block of rows 0..3, 3..7 and 7..10.
const BLOCK_FLOATS: [u64; 3] = [3 * LANES as u64, 4 * LANES as u64, 3 * LANES as u64];
/// In [`Cast::known`].
const SKELETONS: usize = 0;
const CLIPS: usize = 1;
const SKINS: usize = 2;

impl Cast {
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

    /// Reads and checks `count` characters, forgetting those before.
    pub fn read(&mut self, space: Space, characters: u32, count: u32) -> Result<(), Refusal> {
        self.clear(space);
        let bytes = u64::from(count) * 4 * CHARACTER_WORDS as u64;
        self.ranges.read(Stream::Asset, "characters", u32::MAX, characters, bytes, 4)?;
        for i in 0..count {
            self.read_character(space, i, characters + i * 4 * CHARACTER_WORDS as u32)?;
        }
        self.ranges.apart()
    }

    fn clear(&mut self, space: Space) {
        self.ranges.begin(space);
        self.known.iter_mut().for_each(Known::clear);
        self.characters.clear();
        self.skeletons.clear();
        self.layers.clear();
        self.entries.clear();
        self.palettes.clear();
        self.skins.clear();
        self.iks.clear();
        self.clips.clear();
        self.parents.clear();
        self.steps.clear();
        self.tables.clear();
        self.skin_joints.clear();
        (self.joints_max, self.stride_max, self.slots_max) = (0, 0, 0);
    }

    fn read_character(&mut self, space: Space, i: u32, at: u32) -> Result<(), Refusal> {
        let [skeleton, layers, layer_count, local, model, palettes, palette_count, ik, ik_count, rest @ ..] =
            words::<CHARACTER_WORDS>(space, at);
        expect(rest == [0; 3], "character", i)?;
        let skeleton = self.read_skeleton(space, i, skeleton)?;
        let Skeleton { joints, stride, .. } = self.skeletons[skeleton as usize];
        let mut character = Character {
            skeleton,
            first_layer: self.layers.len() as u32,
            layers: 0,
            local,
            model,
            first_palette: self.palettes.len() as u32,
            palettes: palette_count,
            first_ik: self.iks.len() as u32,
            iks: ik_count,
            is_covered: false,
        };
        self.slots = 0;
        let step = self.list(Stream::Layers, "layers", i, layers, layer_count, LAYER_WORDS, LAYERS_MAX)?;
        for k in 0..layer_count {
            self.read_layer(space, i, layers + k * step, joints, stride)?;
            if self.layers.last().is_some_and(Layer::replaces) && self.layers.len() > character.first_layer as usize {
                character.first_layer = self.layers.len() as u32 - 1;
                character.is_covered = true;
            }
        }
        self.slots_max = self.slots_max.max(self.slots as usize);
        character.layers = self.layers.len() as u32 - character.first_layer;
        if local != NONE {
            self.ranges.write("local", i, local, u64::from(stride * POSE_BYTES), 64)?;
        }
        if model != NONE {
            self.ranges.write("model", i, model, u64::from(joints) * MATRIX_BYTES, 16)?;
        }
        let step = self.list(Stream::Palettes, "palettes", i, palettes, palette_count, PALETTE_WORDS, PALETTES_MAX)?;
        for k in 0..palette_count {
            self.read_palette(space, i, palettes + k * step, joints)?;
        }
        let step = self.list(Stream::Ik, "ik", i, ik, ik_count, IK_WORDS, IK_MAX)?;
        for k in 0..ik_count {
            let record = words(space, ik + k * step);
            if let Some(operand) = ik::fault(&record, self.parents(&self.skeletons[skeleton as usize])) {
                return Err(refuse(Reason::Value, operand, i));
            }
            self.iks.push(record);
        }
        self.characters.push(character);
        Ok(())
    }

    /// Its number.
    fn read_skeleton(&mut self, space: Space, i: u32, offset: u32) -> Result<u32, Refusal> {
        if let Some(known) = self.known[SKELETONS].get(offset) {
            return Ok(known);
        }
        self.ranges.read(Stream::Asset, "skeleton", i, offset, 4 * SKELETON_WORDS as u64, 4)?;
        let [magic, joints, stride, rest, parents] = words::<SKELETON_WORDS>(space, offset);
        expect(magic == SKELETON_MAGIC, "skeleton", i)?;
        expect((1..=JOINTS_MAX as u32).contains(&joints), "skeleton", i)?;
        expect(stride == joints.next_multiple_of(LANES as u32), "skeleton", i)?;
        self.ranges.read(Stream::Pose, "rest", i, rest, u64::from(stride * POSE_BYTES), 64)?;
        self.ranges.read(Stream::Asset, "parents", i, parents, u64::from(stride) * 4, 4)?;
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
        self.joints_max = self.joints_max.max(joints as usize);
        self.stride_max = self.stride_max.max(stride as usize);
        self.known[SKELETONS].set(offset, number);
        Ok(number)
    }

    /// Keeps it unless it has no effect.
    fn read_layer(&mut self, space: Space, i: u32, at: u32, joints: u32, stride: u32) -> Result<(), Refusal> {
        let [entries, count, mode, weight, mask, last] = words::<LAYER_WORDS>(space, at);
        let weight = f32::from_bits(weight);
        expect(mode == LAYER_OVERRIDE || mode == LAYER_ADDITIVE, "mode", i)?;
        expect((0.0..=1.0).contains(&weight), "layerWeight", i)?;
        expect(last == 0, "layers", i)?;
        if mask != NONE {
            self.ranges.read(Stream::Mask, "mask", i, mask, u64::from(stride) * 4, 64)?;
        }
        let step = self.list(Stream::Entries, "entries", i, entries, count, ENTRY_WORDS, ENTRIES_MAX)?;
        let first = self.entries.len();
        let mut total = 0.0;
        for k in 0..count {
            total += self.read_entry(space, i, entries + k * step, joints, stride)?;
        }
        if weight == 0.0 || total == 0.0 {
            self.entries.truncate(first);
            return Ok(());
        }
        for entry in &mut self.entries[first..] {
            entry.share /= total;
        }
        let (is_additive, count) = (mode == LAYER_ADDITIVE, (self.entries.len() - first) as u32);
        self.layers.push(Layer { first: first as u32, count, is_additive, weight, mask });
        Ok(())
    }

    /// Keeps it unless its weight is 0; gives the weight.
    #[inline]
    fn read_entry(&mut self, space: Space, i: u32, at: u32, joints: u32, stride: u32) -> Result<f32, Refusal> {
        let [source, kind, frame, alpha, weight, last] = words::<ENTRY_WORDS>(space, at);
        let (alpha, weight) = (f32::from_bits(alpha), f32::from_bits(weight));
        expect(kind == SOURCE_CLIP || kind == SOURCE_POSE, "entries", i)?;
        expect((0.0..f32::INFINITY).contains(&weight), "weight", i)?;
        expect(last == 0, "entries", i)?;
        let source = if kind == SOURCE_POSE {
            self.ranges.read(Stream::Pose, "pose", i, source, u64::from(stride * POSE_BYTES), 64)?;
            Source::Pose(source)
        } else {
            let number = self.read_clip(space, i, source, joints, stride)?;
            let clip = &self.clips[number as usize];
            expect(frame < clip.frames, "frame", i)?;
            expect((0.0..=1.0).contains(&alpha), "alpha", i)?;
            match clip.content {
                Content::Frames { table, frame_bytes, first } => {
                    let first = first + frame * frame_bytes;
                    let second = if frame + 1 < clip.frames { first + frame_bytes } else { first };
                    Source::Frames(Frames { first, second, constant: clip.constant, table, alpha })
                }
                Content::Tracks { .. } => {
                    expect(self.tracks_fit(space, number, frame), "tracks", i)?;
                    let slot = self.slots;
                    self.slots += u32::from(weight != 0.0);
                    Source::Keyed(Keyed { clip: number, frame, alpha, slot })
                }
            }
        };
        if weight != 0.0 {
            self.entries.push(Entry { source, share: weight });
        }
        Ok(weight)
    }

    /// Its number.
    #[inline]
    fn read_clip(&mut self, space: Space, i: u32, offset: u32, joints: u32, stride: u32) -> Result<u32, Refusal> {
        let Some(known) = self.known[CLIPS].get(offset) else {
            return self.read_new_clip(space, i, offset, joints, stride);
        };
        let clip = &self.clips[known as usize];
        expect(clip.joints == joints && clip.stride == stride, "clip", i)?;
        Ok(known)
    }

    fn read_new_clip(&mut self, space: Space, i: u32, offset: u32, joints: u32, stride: u32) -> Result<u32, Refusal> {
        self.ranges.read(Stream::Asset, "clip", i, offset, 4 * CLIP_WORDS as u64, 4)?;
        let [magic, kind, clip_joints, clip_stride, frames, constant, flags, table, frame_bytes, first] =
            words::<CLIP_WORDS>(space, offset);
        expect(magic == CLIP_MAGIC, "clip", i)?;
        expect(clip_joints == joints && clip_stride == stride, "clip", i)?;
        expect(frames >= 1 && flags <= FLAG_ADDITIVE, "clip", i)?;
        self.ranges.read(Stream::Pose, "constant", i, constant, u64::from(stride * POSE_BYTES), 64)?;
        expect(kind == CLIP_FRAMES || kind == CLIP_COMPRESSED, "clip", i)?;
        let content = if kind == CLIP_FRAMES {
            self.read_frames(space, i, stride, frames, [table, frame_bytes, first])?
        } else {
            let (offset, bytes, shift) = (table, frame_bytes, first);
            self.ranges.read(Stream::Asset, "tracks", i, offset, u64::from(bytes), 64)?;
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
        i: u32,
        stride: u32,
        frames: u32,
        [table, frame_bytes, first]: [u32; 3],
    ) -> Result<Content, Refusal> {
        let vectors = stride as usize / LANES;
        self.ranges.read(Stream::Asset, "table", i, table, 24 * vectors as u64, 4)?;
        expect(frame_bytes.is_multiple_of(64), "frames", i)?;
        let all = u64::from(frame_bytes) * u64::from(frames);
        self.ranges.read(Stream::Asset, "frames", i, first, all, 64)?;
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

    fn read_palette(&mut self, space: Space, i: u32, at: u32, joints: u32) -> Result<(), Refusal> {
        let [offset, out] = words::<PALETTE_WORDS>(space, at);
        let skin = match self.known[SKINS].get(offset) {
            Some(known) => known,
            None => self.read_skin(space, i, offset)?,
        };
        let Skin { count, joint_max, .. } = self.skins[skin as usize];
        expect(joint_max < joints, "skinJoints", i)?;
        self.ranges.write("palette", i, out, u64::from(count) * MATRIX_BYTES, 16)?;
        self.palettes.push(Palette { skin, out });
        Ok(())
    }

    /// Its number.
    fn read_skin(&mut self, space: Space, i: u32, offset: u32) -> Result<u32, Refusal> {
        self.ranges.read(Stream::Asset, "skin", i, offset, 4 * SKIN_WORDS as u64, 4)?;
        let [magic, count, joints, inverse_binds] = words::<SKIN_WORDS>(space, offset);
        expect(magic == SKIN_MAGIC && (1..=JOINTS_MAX as u32).contains(&count), "skin", i)?;
        self.ranges.read(Stream::Asset, "skinJoints", i, joints, u64::from(count) * 4, 4)?;
        self.ranges.read(Stream::Asset, "inverseBinds", i, inverse_binds, u64::from(count) * MATRIX_BYTES, 16)?;
        let first_joint = self.skin_joints.len() as u32;
        let joints = space.words(joints, count as usize).unwrap_or_default();
        self.skin_joints.extend_from_slice(joints);
        let joint_max = self.skin_joints[first_joint as usize..].iter().copied().max().unwrap_or(u32::MAX);
        let number = self.skins.len() as u32;
        self.skins.push(Skin { first_joint, count, inverse_binds, joint_max });
        self.known[SKINS].set(offset, number);
        Ok(number)
    }

    /// A list of `count` records of `words` words; gives the bytes of one.
    #[inline]
    #[allow(clippy::too_many_arguments)]
    fn list(
        &mut self,
        stream: Stream,
        operand: &'static str,
        i: u32,
        offset: u32,
        count: u32,
        words: usize,
        most: usize,
    ) -> Result<u32, Refusal> {
        if count as usize > most {
            return Err(refuse(Reason::Capacity, operand, i));
        }
        let bytes = 4 * words as u32;
        self.ranges.read(stream, operand, i, offset, u64::from(count * bytes), 4)?;
        Ok(bytes)
    }
}

/// Words that were checked to be inside.
#[inline]
fn words<const N: usize>(space: Space, offset: u32) -> [u32; N] {
    space.words(offset, N).and_then(|words| words.first_chunk()).copied().unwrap_or([0; N])
}

#[inline]
fn expect(holds: bool, operand: &'static str, i: u32) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refuse(Reason::Value, operand, i)) }
}

#[cold]
fn refuse(reason: Reason, operand: &'static str, i: u32) -> Refusal {
    Refusal { reason, operand, record: Some(i) }
}
