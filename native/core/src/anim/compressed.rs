//! Samples of compressed clips. `src/native/anim/compressed-format.ts` has their layout,
//! `src/native/reference/anim/compressed.ts` the order of operations.

use super::compressed_format::{
    BASE_SHIFT_MAX, COMPONENT_BITS_MAX, FRAME_ONE, KEY_BITS_MAX, KEY_READ_BYTES, SEGMENT_SHIFT_MAX, VECTOR_FOUR,
};
use super::format::LANES;
use crate::cpu::{Level, level, multiversion};

pub(super) const FRAME_UNIT: f32 = 1.0 / FRAME_ONE as f32;
/// First row of each group of a pose, and how many it has.
const GROUPS: [(usize, usize); 3] = [(0, 3), (3, 4), (7, 3)];
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
    segment: usize,
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
        self.vectors(place, |_, vector| vector.is_none_or(|vector| tracks_fit(place.last, &vector)))
    }

    /// The pose between `frame`, which is below `frames`, and the one after it: `out` is 10 rows of `stride`. The constant
    /// pose where the tracks do not [fit](Self::fits).
    pub fn sample(&self, frame: u32, alpha: f32, out: &mut [f32]) {
        if self.shift > SEGMENT_SHIFT_MAX || out.len() != 10 * self.stride || self.constant.len() != out.len() {
            return;
        }
        let place = self.place(frame);
        let alpha = if place.has_next { alpha } else { 0.0 };
        let stride = self.stride;
        let wide = level() == Level::Avx512;
        let fits = self.vectors(place, |at, vector| {
            let (row, rows) = GROUPS[at / stride];
            let lane = at % stride;
            let Some(vector) = vector else {
                for row in row..row + rows {
                    let place = row * stride + lane..row * stride + lane + LANES;
                    out[place.clone()].copy_from_slice(&self.constant[place]);
                }
                return true;
            };
            #[cfg(target_arch = "x86_64")]
            if wide {
                // SAFETY: the level is never above what the machine was found to have.
                unsafe {
                    super::compressed_x86::sample(
                        &vector,
                        place,
                        alpha,
                        &self.constant[row * stride + lane..],
                        stride,
                        &mut out[row * stride + lane..],
                    );
                }
                return true;
            }
            let _ = wide;
            let mut values = [[0.0; LANES]; 4];
            super::compressed_lanes::sample(&vector, place, alpha, &mut values);
            for (row, values) in (row..row + rows).zip(&values) {
                let place = row * stride + lane..row * stride + lane + LANES;
                let mut track = 0;
                for (i, (out, constant)) in out[place.clone()].iter_mut().zip(&self.constant[place]).enumerate() {
                    let moves = vector.moving >> i & 1 == 1;
                    *out = if moves { values[track & (LANES - 1)] } else { *constant };
                    track += usize::from(moves);
                }
            }
            true
        });
        if !fits {
            out.copy_from_slice(self.constant);
        }
    }

    fn place(&self, frame: u32) -> Place {
        let length = 1 << self.shift;
        let segments = (self.frames - 1).div_ceil(length).max(1);
        let segment = (frame >> self.shift).min(segments - 1);
        let start = segment << self.shift;
        Place {
            segment: segment as usize,
            frame: frame.wrapping_sub(start),
            last: length.min((self.frames - 1).wrapping_sub(start)),
            has_next: frame.wrapping_add(1) < self.frames,
        }
    }

    /// Visits all vectors with the number of their first value among 3 x stride, those without tracks as `None`, until
    /// one says `false`. False if one did, or does not lie in the tracks.
    #[inline(always)]
    fn vectors(&self, place: Place, mut visit: impl FnMut(usize, Option<TrackVector<'a>>) -> bool) -> bool {
        let vectors = self.stride / LANES;
        let Some((table, _)) = self.tracks.split_at_checked(3 * vectors * 4) else { return false };
        let lanes = |i: usize| word(table, i * 4);
        let mut at = table.len();
        for i in 0..3 * vectors {
            let is_rotation = i / vectors == ROTATIONS;
            at += (lanes(i) & 0xffff).count_ones() as usize * if is_rotation { 4 } else { 16 };
        }
        let Some(segment) = self.tracks.get(at + place.segment * 4..).filter(|rest| rest.len() >= 4) else {
            return false;
        };
        let mut header = word(segment, 0) as usize;
        if !header.is_multiple_of(4) {
            return false;
        }
        let mut constants = table.len();
        for i in 0..3 * vectors {
            let (moving, steps) = (lanes(i) as u16, (lanes(i) >> 16) as u16);
            let count = moving.count_ones() as usize;
            let vector = if count == 0 {
                None
            } else {
                let group = i / vectors;
                let (constant_bytes, turn_bytes) = if group == ROTATIONS { (4, 16) } else { (16, 0) };
                let constants_end = constants + count * constant_bytes;
                let first = word(self.tracks, header);
                let (bits, flags) = (first & !3, first & 3);
                if flags > if group == ROTATIONS { VECTOR_FOUR } else { 0 } {
                    return false;
                }
                let track_bytes = turn_bytes + if flags == 0 { 12 } else { 14 };
                let header_end = header + 4 + (count * track_bytes).next_multiple_of(4);
                let Some(own) = self.tracks.get(header..header_end) else { return false };
                let bits = match self.tracks.get(bits as usize..) {
                    Some(bits) if bits.len() >= KEY_READ_BYTES => bits,
                    _ => return false,
                };
                let vector = TrackVector {
                    group,
                    moving,
                    holds: if steps & moving == 0 { 0 } else { tracks_of(steps, moving) },
                    count,
                    constants: &self.tracks[constants..constants_end],
                    header: &own[4..],
                    bits,
                    has_four: flags != 0,
                };
                constants = constants_end;
                header = header_end;
                Some(vector)
            };
            if !visit(i * LANES, vector) {
                return false;
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
            bad |= u32::from(spacing > SEGMENT_SHIFT_MAX) | u32::from(word >> 24 > BASE_SHIFT_MAX);
            bad |= u32::from(bits[0] > COMPONENT_BITS_MAX) | u32::from(bits[1] > COMPONENT_BITS_MAX);
            bad |= u32::from(bits[2] > COMPONENT_BITS_MAX) | u32::from(bits[3] > fourth);
            bad |= u32::from(key_bits - bits[3] > KEY_BITS_MAX);
            let key = (last + (1 << spacing) - 1) >> spacing;
            end = end.max((begin + key_bits * key) >> 3);
        }
        bad == 0 && end as usize + KEY_READ_BYTES <= vector.bits.len()
    }
}
