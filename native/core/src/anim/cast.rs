//! The characters of a call, checked: `src/native/reference/anim/check.ts` is the twin, and has the order of the checks.
//! What decides where memory is read or written is copied out of it here, and not looked at again.

use std::ops::Range;

use super::assets::{Assets, MATRIX_BYTES, POSE_BYTES, Skeleton, Skin, Source};
use super::check::{expect, refuse, words};
use super::format::*;
use super::ik;
use super::ik_format::IK_WORDS;
use super::ranges::{Ranges, Stream};
use crate::layout::Reason;
use crate::tensor::plan::Space;
use crate::tensor::refusal::Refusal;

/// Offsets are in bytes and were checked.
#[derive(Default)]
pub struct Cast {
    ranges: Ranges,
    pub assets: Assets,
    pub characters: Vec<Character>,
    pub layers: Vec<Layer>,
    pub entries: Vec<Entry>,
    pub palettes: Vec<Palette>,
    pub iks: Vec<ik::Record>,
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
pub struct Palette {
    pub skin: u32,
    pub out: u32,
}

impl Cast {
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
        self.ranges.begin(space.bytes());
        self.assets.clear();
        self.characters.clear();
        self.layers.clear();
        self.entries.clear();
        self.palettes.clear();
        self.iks.clear();
        self.slots_max = 0;
    }

    fn read_character(&mut self, space: Space, i: u32, at: u32) -> Result<(), Refusal> {
        let [skeleton, layers, layer_count, local, model, palettes, palette_count, ik, ik_count, rest @ ..] =
            words::<CHARACTER_WORDS>(space, at);
        expect(rest == [0; 3], "character", i)?;
        let skeleton = self.assets.read_skeleton(space, &mut self.ranges, i, skeleton)?;
        let bones = self.assets.skeletons[skeleton as usize];
        let Skeleton { joints, stride, .. } = bones;
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
            self.read_layer(space, i, layers + k * step, &bones)?;
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
            if let Some(operand) = ik::fault(&record, self.assets.parents(&bones)) {
                return Err(refuse(Reason::Value, operand, i));
            }
            self.iks.push(record);
        }
        self.characters.push(character);
        Ok(())
    }

    /// Keeps it unless it has no effect.
    fn read_layer(&mut self, space: Space, i: u32, at: u32, bones: &Skeleton) -> Result<(), Refusal> {
        let [entries, count, mode, weight, mask, last] = words::<LAYER_WORDS>(space, at);
        let weight = f32::from_bits(weight);
        expect(mode == LAYER_OVERRIDE || mode == LAYER_ADDITIVE, "mode", i)?;
        expect((0.0..=1.0).contains(&weight), "layerWeight", i)?;
        expect(last == 0, "layers", i)?;
        if mask != NONE {
            self.ranges.read(Stream::Mask, "mask", i, mask, u64::from(bones.stride) * 4, 64)?;
        }
        let step = self.list(Stream::Entries, "entries", i, entries, count, ENTRY_WORDS, ENTRIES_MAX)?;
        let first = self.entries.len();
        let mut total = 0.0;
        for k in 0..count {
            total += self.read_entry(space, i, entries + k * step, bones)?;
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
    fn read_entry(&mut self, space: Space, i: u32, at: u32, bones: &Skeleton) -> Result<f32, Refusal> {
        let [source, kind, frame, alpha, weight, last] = words::<ENTRY_WORDS>(space, at);
        let (alpha, weight) = (f32::from_bits(alpha), f32::from_bits(weight));
        expect(kind == SOURCE_CLIP || kind == SOURCE_POSE, "entries", i)?;
        expect((0.0..f32::INFINITY).contains(&weight), "weight", i)?;
        expect(last == 0, "entries", i)?;
        let source = if kind == SOURCE_POSE {
            self.ranges.read(Stream::Pose, "pose", i, source, u64::from(bones.stride * POSE_BYTES), 64)?;
            Source::Pose(source)
        } else {
            let clip = self.assets.read_clip(space, &mut self.ranges, i, source, bones)?;
            self.assets.source(space, i, clip, frame, alpha, self.slots)?
        };
        if weight != 0.0 {
            self.slots += u32::from(matches!(source, Source::Keyed(_)));
            self.entries.push(Entry { source, share: weight });
        }
        Ok(weight)
    }

    fn read_palette(&mut self, space: Space, i: u32, at: u32, joints: u32) -> Result<(), Refusal> {
        let [offset, out] = words::<PALETTE_WORDS>(space, at);
        let skin = self.assets.read_skin(space, &mut self.ranges, i, offset)?;
        let Skin { count, joint_max, .. } = self.assets.skins[skin as usize];
        expect(joint_max < joints, "skinJoints", i)?;
        self.ranges.write("palette", i, out, u64::from(count) * MATRIX_BYTES, 16)?;
        self.palettes.push(Palette { skin, out });
        Ok(())
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
