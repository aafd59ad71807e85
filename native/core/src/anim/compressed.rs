//! Samples of compressed clips. `src/native/anim/compressed-format.ts` has their layout,
//! `src/native/reference/anim/compressed.ts` the order of operations.

use super::compressed_format::{
    AXES_ONE, BASE_SHIFT_MAX, COMPONENT_BITS_MAX, KEY_BITS_MAX, KEY_READ_BYTES, LEAD_SHIFT, SEGMENT_SHIFT_MAX,
    VECTOR_FOUR,
};
use super::format::LANES;
use crate::cpu::multiversion;
#[cfg(target_arch = "x86_64")]
use crate::cpu::{Level, level};

/// Of the product of two quaternions of a track.
pub(super) const AXES_UNIT: f32 = 1.0 / (AXES_ONE * AXES_ONE) as f32;
/// First row of each group of a pose.
const GROUP_ROWS: [usize; 3] = [0, 3, 7];
pub(super) const ROTATIONS: usize = 1;

/// A clip of the kind `CLIP_COMPRESSED`. Whatever its tracks hold, nothing outside of them is read.
#[derive(Clone, Copy)]
pub struct Compressed<'a> {
    /// A multiple of [`LANES`].
    pub stride: usize,
    /// At least 1.
    pub frames: u32,
    /// Log2 of the frames of a segment.
    pub shift: u32,
    /// 10 rows of `stride`.
    pub constant: &'a [f32],
    pub tracks: &'a [u8],
}

/// Joints of which some have a track.
pub struct TrackVector<'a> {
    pub group: usize,
    /// The first joint.
    pub lane: usize,
    pub moving: u16,
    /// Tracks, by their number, that hold their keys.
    pub holds: u16,
    pub count: usize,
    /// Values for the whole clip: 16 bytes a track, 4 for rotations.
    pub constants: &'a [u8],
    /// Its part of the segment behind the offset of its bits: for each track 6 bytes, 2 a component, 16 for rotations.
    pub header: &'a [u8],
    /// At least [`KEY_READ_BYTES`].
    pub bits: &'a [u8],
    pub has_four: bool,
}

/// The frame at hand in its segment.
#[derive(Clone, Copy)]
pub struct Place {
    segment: u32,
    pub frame: u32,
    /// The last frame of the segment.
    pub last: u32,
    pub has_next: bool,
}

impl<'a> Compressed<'a> {
    /// Whether all that a sample at `frame` reads is as the format says. `frame` is below `frames`.
    pub fn fits(&self, frame: u32) -> bool {
        if self.shift > SEGMENT_SHIFT_MAX {
            return false;
        }
        let place = self.place(frame);
        self.vectors(place, |vector| tracks_fit(place.last, vector))
    }

    /// The segment that a sample at `frame` reads: if one of its frames [fits](Self::fits), all do.
    pub fn segment(&self, frame: u32) -> u32 {
        if self.shift > SEGMENT_SHIFT_MAX { 0 } else { self.place(frame).segment }
    }

    /// The pose between `frame`, which is below `frames`, and the one after it: `out` is 10 rows of `stride`. The constant
    /// pose where the tracks do not [fit](Self::fits).
    pub fn sample(&self, frame: u32, alpha: f32, out: &mut [f32]) {
        if self.shift > SEGMENT_SHIFT_MAX || out.len() != 10 * self.stride || self.constant.len() != out.len() {
            return;
        }
        out.copy_from_slice(self.constant);
        let place = self.place(frame);
        let alpha = if place.has_next { alpha } else { 0.0 };
        #[cfg(target_arch = "x86_64")]
        if level() == Level::Avx512 {
            // SAFETY: the level is never above what the machine was found to have.
            let fits = unsafe { super::compressed_x86::sample(self, place, alpha, out) };
            if !fits {
                out.copy_from_slice(self.constant);
            }
            return;
        }
        let fits = self.vectors(place, |vector| {
            let rows = &mut out[self.first_row(vector)..];
            super::compressed_lanes::sample(vector, place, alpha, self.stride, rows);
            true
        });
        if !fits {
            out.copy_from_slice(self.constant);
        }
    }

    /// Where the first row of a vector begins in a pose.
    #[inline(always)]
    pub(super) fn first_row(&self, vector: &TrackVector<'_>) -> usize {
        GROUP_ROWS[vector.group] * self.stride + vector.lane
    }

    fn place(&self, frame: u32) -> Place {
        let length = 1 << self.shift;
        let segments = (self.frames - 1).div_ceil(length).max(1);
        let segment = (frame >> self.shift).min(segments - 1);
        let start = segment << self.shift;
        Place {
            segment,
            frame: frame.wrapping_sub(start),
            last: length.min((self.frames - 1).wrapping_sub(start)),
            has_next: frame.wrapping_add(1) < self.frames,
        }
    }

    /// Visits the vectors with tracks until one says `false`. False if one did, or does not lie in the tracks.
    #[inline(always)]
    pub(super) fn vectors(&self, place: Place, mut visit: impl FnMut(&TrackVector<'a>) -> bool) -> bool {
        let vectors = self.stride / LANES;
        let Some((table, _)) = self.tracks.split_at_checked(4 + 3 * vectors * 4) else { return false };
        let segments = word(table, 0) as usize;
        let at = segments + place.segment as usize * 4;
        if at + 4 > self.tracks.len() {
            return false;
        }
        let mut header = word(self.tracks, at) as usize;
        if !(segments | header).is_multiple_of(4) {
            return false;
        }
        let mut constants = table.len();
        let mut lanes = table[4..].as_chunks::<4>().0.iter();
        for group in 0..3 {
            let (constant_bytes, turn_bytes) = if group == ROTATIONS { (4, 16) } else { (16, 0) };
            for (i, &lanes) in lanes.by_ref().take(vectors).enumerate() {
                let lanes = u32::from_le_bytes(lanes);
                let (moving, steps) = (lanes as u16, (lanes >> 16) as u16);
                if moving == 0 {
                    continue;
                }
                let count = moving.count_ones() as usize;
                let first = word(self.tracks, header);
                let (bits, flags) = (first & !3, first & 3);
                if flags > if group == ROTATIONS { VECTOR_FOUR } else { 0 } {
                    return false;
                }
                let track_bytes = turn_bytes + if flags == 0 { 12 } else { 14 };
                let header_end = header + 4 + (count * track_bytes).next_multiple_of(4);
                let constants_end = constants + count * constant_bytes;
                let (Some(own), Some(values), Some(bits)) = (
                    self.tracks.get(header + 4..header_end),
                    self.tracks.get(constants..constants_end),
                    self.tracks.get(bits as usize..),
                ) else {
                    return false;
                };
                if bits.len() < KEY_READ_BYTES {
                    return false;
                }
                let vector = TrackVector {
                    group,
                    lane: i * LANES,
                    moving,
                    holds: if steps & moving == 0 { 0 } else { tracks_of(steps, moving) },
                    count,
                    constants: values,
                    header: own,
                    bits,
                    has_four: flags != 0,
                };
                if !visit(&vector) {
                    return false;
                }
                (constants, header) = (constants_end, header_end);
            }
        }
        true
    }
}

/// The lanes `of` as tracks: those that move, counted.
#[cold]
fn tracks_of(of: u16, moving: u16) -> u16 {
    let mut tracks = 0;
    let mut track = 0;
    for lane in 0..LANES {
        if moving >> lane & 1 == 1 {
            tracks |= (of >> lane & 1) << track;
            track += 1;
        }
    }
    tracks
}

#[inline(always)]
pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    }
}

#[inline(always)]
pub(super) fn half(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..at + 2) {
        Some(&[a, b]) => u16::from_le_bytes([a, b]),
        _ => 0,
    }
}

multiversion! {
    /// Whether all tracks are stored as the format says, and all keys of the segment lie in the bits.
    pub fn tracks_fit(last: u32, vector: &TrackVector<'_>) -> bool {
        let mut words = [0; LANES];
        let mut begins = [0; LANES];
        for (i, (word_at, begin)) in words.iter_mut().zip(&mut begins).enumerate().take(vector.count) {
            *word_at = word(vector.header, 4 * i);
            *begin = u32::from(half(vector.header, 4 * vector.count + 2 * i));
        }
        let fourth = if vector.has_four { COMPONENT_BITS_MAX } else { 0 };
        let mut bad = 0;
        let mut end = 0;
        for (&word, &begin) in words.iter().zip(&begins) {
            let bits = [word & 31, word >> 5 & 31, word >> 10 & 31, word >> 15 & 31];
            let spacing = word >> 20 & 15;
            let key_bits = bits[0] + bits[1] + bits[2] + bits[3];
            bad |= u32::from(spacing > SEGMENT_SHIFT_MAX) | u32::from(word >> 24 & 15 > BASE_SHIFT_MAX);
            let lead = word >> 28 << spacing.saturating_sub(LEAD_SHIFT);
            bad |= u32::from(lead >= 1 << spacing);
            bad |= u32::from(bits[0] > COMPONENT_BITS_MAX) | u32::from(bits[1] > COMPONENT_BITS_MAX);
            bad |= u32::from(bits[2] > COMPONENT_BITS_MAX) | u32::from(bits[3] > fourth);
            bad |= u32::from(key_bits - bits[3] > KEY_BITS_MAX);
            let key = (last + lead + (1 << spacing) - 1) >> spacing;
            end = end.max((begin + key_bits * key) >> 3);
        }
        bad == 0 && end as usize + KEY_READ_BYTES <= vector.bits.len()
    }
}
