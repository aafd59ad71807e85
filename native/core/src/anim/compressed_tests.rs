use super::compressed::Compressed;
use super::compressed_format::{COMPONENT_BITS_MAX, KEY_READ_BYTES};
use super::format::LANES;
use crate::cpu::{at_each_level, noise};

const STRIDE: usize = 2 * LANES;
const FRAMES: u32 = 40;
const SHIFT: u32 = 4;

/// Tracks of noise that are as the format says: two vectors of each group, one of them of rotations stored whole.
fn tracks() -> Vec<u8> {
    let mut bytes = noise(1 << 16).into_iter().cycle();
    let mut next = || u32::from_le_bytes([0; 4].map(|_| bytes.next().unwrap_or(0)));
    let lanes = [0xffff, 0x0007_8421, 0x8001_ffff, 0x0f0f_3c3c, 0, 0x0000_8000];
    let counts = lanes.map(|lanes: u32| (lanes & 0xffff).count_ones());
    let mut out = vec![0; 4];
    lanes.iter().for_each(|lanes| out.extend(lanes.to_le_bytes()));
    for (i, count) in counts.iter().enumerate() {
        let floats = if i / 2 == 1 { *count } else { 4 * count };
        (0..floats).for_each(|_| out.extend((((next() % 2000) as f32 - 900.0) / 3e6).to_le_bytes()));
    }
    let segments = (FRAMES - 1).div_ceil(1 << SHIFT);
    let table = out.len();
    out[..4].copy_from_slice(&(table as u32).to_le_bytes());
    out.resize(table + segments as usize * 4, 0);
    for segment in 0..segments {
        let place = table + segment as usize * 4;
        let begin = (out.len() as u32).to_le_bytes();
        out[place..place + 4].copy_from_slice(&begin);
        let mut heads = Vec::new();
        for (i, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let is_whole = i == 3;
            heads.push((out.len(), is_whole, count));
            out.extend([0; 4]);
            let mut bits = 0;
            let mut begins = Vec::new();
            for _ in 0..count {
                let spacing = next() % (SHIFT + 2);
                let widths = [
                    next() % 20,
                    next() % 20,
                    next() % 18,
                    if is_whole { next() % (COMPONENT_BITS_MAX + 1) } else { 0 },
                ];
                let word = widths[0] | widths[1] << 5 | widths[2] << 10 | widths[3] << 15;
                let lead = next() % (1 << spacing.min(4));
                out.extend((word | spacing << 20 | (next() % 9) << 24 | lead << 28).to_le_bytes());
                begins.push(bits as u16);
                bits += widths.iter().sum::<u32>() * ((1 << SHIFT >> spacing) + 2);
            }
            begins.iter().for_each(|begin| out.extend(begin.to_le_bytes()));
            let halves = count * if is_whole { 4 } else { 3 } + if i / 2 == 1 { 8 * count } else { 0 };
            (0..halves).for_each(|_| out.extend((next() as u16).to_le_bytes()));
            out.resize(out.len().next_multiple_of(4), 0);
        }
        for (head, is_whole, count) in heads {
            let begin = out.len() as u32 | u32::from(is_whole);
            out[head..head + 4].copy_from_slice(&begin.to_le_bytes());
            (0..count * 60 / 2).for_each(|_| out.extend(next().to_le_bytes()));
        }
    }
    out.extend([0; KEY_READ_BYTES]);
    out
}

#[test]
fn all_levels_give_the_same_bits() {
    let tracks = tracks();
    let constant: Vec<f32> = (0..10 * STRIDE).map(|i| i as f32).collect();
    let clip = Compressed { stride: STRIDE, frames: FRAMES, shift: SHIFT, constant: &constant, tracks: &tracks };
    assert!((0..FRAMES).all(|frame| clip.fits(frame)));
    let mut expected: Vec<u32> = Vec::new();
    at_each_level(|level| {
        let mut all = Vec::new();
        for frame in 0..FRAMES {
            let mut out = vec![0.0; 10 * STRIDE];
            clip.sample(frame, [0.0, 0.3, 0.99][frame as usize % 3], &mut out);
            all.extend(out.iter().map(|value| value.to_bits()));
        }
        if expected.is_empty() {
            expected.clone_from(&all);
        }
        assert_eq!(all, expected, "{level:?}");
    });
}

#[test]
fn tracks_of_any_length_and_content_are_read_within() {
    let constant = vec![1.0; 10 * STRIDE];
    let whole = tracks();
    at_each_level(|_| {
        for cut in (0..whole.len()).step_by(37) {
            for tracks in [&whole[..cut], &noise(cut)] {
                let clip = Compressed { stride: STRIDE, frames: FRAMES, shift: SHIFT, constant: &constant, tracks };
                let mut out = vec![0.0; 10 * STRIDE];
                for frame in [0, 15, 16, FRAMES - 1] {
                    clip.fits(frame);
                    clip.sample(frame, 0.5, &mut out);
                }
            }
        }
    });
}
