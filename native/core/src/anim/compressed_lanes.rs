//! The tracks of a vector, one lane each, without vector instructions of our own.

use super::compressed::{AXES_UNIT, Place, ROTATIONS, TrackVector, half, word};
use super::compressed_format::LEAD_SHIFT;
use super::format::LANES;
use crate::cpu::multiversion;

type Row = [f32; LANES];

/// Bytes that are read at once: bits of at least 16 bytes are there.
const READ_BYTES: usize = size_of::<u64>();

multiversion! {
    /// Puts the values of the tracks into their lanes of the vector's rows, which are `stride` f32 apart.
    pub fn sample(vector: &TrackVector<'_>, place: Place, alpha: f32, stride: usize, rows: &mut [f32]) {
        let mut out = [[0.0; LANES]; 4];
        let mut first = [[0.0; LANES]; 4];
        let mut second = [[0.0; LANES]; 4];
        let mut shares = [0.0; LANES];
        for (i, share) in shares.iter_mut().enumerate().take(vector.count) {
            let stored = word(vector.header, 4 * i);
            let spacing = stored >> 20 & 15;
            let lead = stored >> 28 << spacing.saturating_sub(LEAD_SHIFT);
            let frame = place.frame + lead;
            let key = frame >> spacing;
            let next = (key + 1).min((place.last + lead + (1 << spacing) - 1) >> spacing);
            read(vector, i, key, stored, &mut first);
            read(vector, i, next, stored, &mut second);
            let after = (frame - (key << spacing)) as f32 + alpha;
            *share = if vector.holds >> i & 1 == 1 { 0.0 } else { after * (1.0 / (1 << spacing) as f32) };
        }
        let is_rotation = vector.group == ROTATIONS;
        if is_rotation && !vector.has_four {
            last_component(&mut first);
            last_component(&mut second);
        }
        for (out, (first, second)) in out.iter_mut().zip(first.iter().zip(&second)) {
            for i in 0..LANES {
                out[i] = first[i] + (second[i] - first[i]) * shares[i];
            }
        }
        if is_rotation {
            let (left, right) = axes(vector);
            out = multiply(&left, &multiply(&out, &right));
            out.as_flattened_mut().iter_mut().for_each(|value| *value *= AXES_UNIT);
        }
        for (values, row) in out.iter().take(if is_rotation { 4 } else { 3 }).zip(rows.chunks_mut(stride)) {
            let mut values = values.iter();
            for (lane, place) in row.iter_mut().enumerate().take(LANES) {
                if vector.moving >> lane & 1 == 1
                    && let Some(value) = values.next()
                {
                    *place = *value;
                }
            }
        }
    }
}

/// The components of key `key` of track `i` that are stored.
#[inline(always)]
fn read(vector: &TrackVector<'_>, i: usize, key: u32, stored: u32, out: &mut [Row; 4]) {
    let &TrackVector { group, count, constants, header, bits, has_four, .. } = vector;
    let widths = [stored & 31, stored >> 5 & 31, stored >> 10 & 31, stored >> 15 & 31];
    let key_bits: u32 = widths.iter().sum();
    let begin = u32::from(half(header, 4 * count + 2 * i)) + key * key_bits;
    let mut rest = bits_at(bits, begin);
    let shift = stored >> 24 & 15;
    let is_rotation = group == ROTATIONS;
    let step = f32::from_bits(word(constants, if is_rotation { 4 * i } else { 4 * (3 * count + i) }));
    let components = if has_four { 4 } else { 3 };
    for (c, (out, width)) in out.iter_mut().zip(widths).enumerate().take(components) {
        if c == 3 {
            rest = bits_at(bits, begin + key_bits - width);
        }
        let base = i32::from(half(header, 2 * ((3 + c) * count + i)) as i16) << shift;
        let n = base + (rest as u32 & ((1 << width) - 1)) as i32;
        let value = n as f32 * step;
        out[i] = if is_rotation { value } else { f32::from_bits(word(constants, 4 * (c * count + i))) + value };
        rest >>= width;
    }
}

/// 57 bits and more from `at` on, the lowest first.
#[inline(always)]
fn bits_at(bits: &[u8], at: u32) -> u64 {
    let byte = (at as usize >> 3).min(bits.len() - READ_BYTES);
    let bytes = bits.get(byte..).and_then(|bytes| bytes.first_chunk());
    bytes.map_or(0, |&bytes| u64::from_le_bytes(bytes) >> (at & 7))
}

#[inline(always)]
fn last_component([x, y, z, w]: &mut [Row; 4]) {
    for i in 0..LANES {
        let rest = 1.0 - (x[i] * x[i] + y[i] * y[i] + z[i] * z[i]);
        w[i] = if rest > 0.0 { rest.sqrt() } else { 0.0 };
    }
}

/// The quaternions that rotations are turned by.
#[inline(always)]
fn axes(vector: &TrackVector<'_>) -> ([Row; 4], [Row; 4]) {
    let mut both = [[[0.0; LANES]; 4]; 2];
    let components = if vector.has_four { 4 } else { 3 };
    for (c, row) in both.iter_mut().flatten().enumerate() {
        for (i, value) in row.iter_mut().enumerate().take(vector.count) {
            *value = f32::from(half(vector.header, 2 * ((3 + components + c) * vector.count + i)) as i16);
        }
    }
    let [left, right] = both;
    (left, right)
}

#[inline(always)]
fn multiply(a: &[Row; 4], b: &[Row; 4]) -> [Row; 4] {
    let ([ax, ay, az, aw], [bx, by, bz, bw]) = (a, b);
    let mut out = [[0.0; LANES]; 4];
    for i in 0..LANES {
        out[0][i] = aw[i] * bx[i] + ax[i] * bw[i] + ay[i] * bz[i] - az[i] * by[i];
        out[1][i] = aw[i] * by[i] - ax[i] * bz[i] + ay[i] * bw[i] + az[i] * bx[i];
        out[2][i] = aw[i] * bz[i] + ax[i] * by[i] - ay[i] * bx[i] + az[i] * bw[i];
        out[3][i] = aw[i] * bw[i] - ax[i] * bx[i] - ay[i] * by[i] - az[i] * bz[i];
    }
    out
}
